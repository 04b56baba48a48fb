/*
 * desk_notice_table.c - the mails that the desk sends, all of them: name, to whom, and what is particular about each.
 *
 * The name is that of its templates, and what queues[].notices switches it by. A new notice is a row here, its templates
 * (conf/templates/LANGUAGE/NAME.txt and .html), a line in doc/templates.md, and the call that sends it. tests/unit/test_desk_template.c
 * compares rows and templates, tests/manual_names.py rows and documentation.
 */
#include <string.h>

#include "desk_private.h"

const struct desk_notice desk_notices[] = {
	{"received", NOTICE_TO_CUSTOMER, NOTICE_ANSWERS_MAIL | NOTICE_OWN_SUBJECT | NOTICE_PROMISES},
	{"agent-new", NOTICE_TO_AGENT, NOTICE_HANDS_OVER | NOTICE_CARRIES_FILES},
	{"agent-answered", NOTICE_TO_AGENT, NOTICE_COPY_WILL_DO | NOTICE_CARRIES_FILES | NOTICE_HANDS_OVER},
	{"reply", NOTICE_TO_CUSTOMER, NOTICE_AGENTS_WORDS},
	{"side", NOTICE_TO_CUSTOMER, 0},
	{"opened", NOTICE_TO_CUSTOMER, NOTICE_AGENTS_WORDS},
	{"details", NOTICE_TO_CUSTOMER, NOTICE_AGENTS_WORDS},
	{"resolved", NOTICE_TO_CUSTOMER, NOTICE_AGENTS_WORDS | NOTICE_ASKS_IF_SOLVED},
	{"reminder", NOTICE_TO_CUSTOMER, NOTICE_ASKS_IF_SOLVED},
	{"closed", NOTICE_TO_CUSTOMER, NOTICE_AGENTS_WORDS | NOTICE_ASKS_RATING},
	{"held", NOTICE_TO_CUSTOMER, NOTICE_ANSWERS_MAIL | NOTICE_OWN_SUBJECT | NOTICE_OF_HELD | NOTICE_TELLS_END},
	{"held-reminder", NOTICE_TO_CUSTOMER, NOTICE_OF_HELD | NOTICE_TELLS_END},
	{"expired", NOTICE_TO_CUSTOMER, NOTICE_OF_HELD | NOTICE_OFFERS_HELP},
	{"taken", NOTICE_TO_CUSTOMER, NOTICE_IF_NAMED},
	{"reopened", NOTICE_TO_CUSTOMER, NOTICE_IF_NAMED | NOTICE_ANSWERS_MAIL},
	{"export", NOTICE_TO_CUSTOMER, NOTICE_OF_NO_TICKET},
	{"agent-assigned", NOTICE_TO_AGENT, NOTICE_HANDS_OVER | NOTICE_CARRIES_FILES},
	{"agent-colleague", NOTICE_TO_AGENT, NOTICE_HANDS_OVER | NOTICE_CARRIES_FILES},
	{"agent-confirmed", NOTICE_TO_AGENT, NOTICE_HANDS_OVER},
	{"agent-refused", NOTICE_TO_AGENT, NOTICE_HANDS_OVER},
	{"agent-rated", NOTICE_TO_AGENT, NOTICE_HANDS_OVER},
	{"agent-bounced", NOTICE_TO_AGENT, 0},
	{"agent-undeliverable", NOTICE_TO_AGENT, 0},
	{"agent-side", NOTICE_TO_AGENT, NOTICE_CARRIES_FILES},
	{"agent-pending", NOTICE_TO_AGENT, NOTICE_HANDS_OVER},
	{"agent-overdue", NOTICE_TO_AGENT, NOTICE_HANDS_OVER},
	{"agent-due", NOTICE_TO_AGENT, NOTICE_HANDS_OVER},
	{"agent-promises", NOTICE_TO_AGENT, NOTICE_OF_NO_TICKET},
	{"agent-report", NOTICE_TO_AGENT, NOTICE_OF_NO_TICKET},
	{"agent-contracts", NOTICE_TO_AGENT, NOTICE_OF_NO_TICKET},
	{"agent-command-error", NOTICE_TO_AGENT, NOTICE_EXPLAINS_COMMANDS},
	{"agent-done", NOTICE_TO_AGENT, NOTICE_ANSWERS_COMMANDS},
	{"agent-shown", NOTICE_TO_AGENT, NOTICE_ANSWERS_COMMANDS},
	{"agent-files", NOTICE_TO_AGENT, NOTICE_ANSWERS_COMMANDS | NOTICE_BRINGS_FILES},
	{"agent-digest", NOTICE_TO_AGENT, NOTICE_OF_NO_TICKET},
	{NULL, NOTICE_TO_AGENT, 0}
};

const struct desk_notice *desk_notice_named(const char *name)
{
	for (const struct desk_notice *notice = desk_notices; notice->name; notice++)
		if (strcmp(notice->name, name) == 0)
			return notice;
	return NULL;
}

bool desk_notice_is(const char *name, unsigned what)
{
	const struct desk_notice *notice = desk_notice_named(name);
	return notice && (notice->what & what);
}
