/*
 * rules_check_words.c - the linter's look at what stands everywhere in a script: extensions that are required, or should be, and strings.
 */
#include <string.h>

#include "rules_private.h"

struct extension { const char *name, *instead; };        /* instead NULL: it is there */
static const struct extension extensions[] = {
	{"fileinto", NULL}, {"envelope", NULL}, {"reject", NULL}, {"imap4flags", NULL}, {"relational", NULL}, {"subaddress", NULL},
	{"notify", NULL}, {"vacation", NULL}, {"comparator-i;ascii-casemap", NULL}, {"comparator-i;octet", NULL},
	{"comparator-i;ascii-numeric", NULL},
	{"regex", "write :matches, or a keyword set with regex in the configuration and test header :is \"X-Sportello\" \"kw:NAME\""},
	{"body", "write a keyword set in the configuration and test header :is \"X-Sportello\" \"kw:NAME\""},
	{"imapflags", "write \"imap4flags\""},
	{"enotify", "write \"notify\""},
	{"ereject", "write \"reject\""},
	{"copy", "a redirected mail makes no ticket; leave it out"},
	{"variables", "write the value itself"},
	{"include", "leave it out: all scripts of the folder run, in the order of their names"},
	{"editheader", "leave it out: a mail is kept as it came"},
	{"encoded-character", "write the character itself, in UTF-8"},
	{"mailbox", "leave it out: queues are in the configuration"},
	{"date", "leave it out: times of day are no matter of rules"},
	{"index", "leave it out"},
	{"ihave", "leave it out"},
	{"duplicate", "leave it out: a mail that comes twice is taken once"},
	{"spamtest", "test the header that your filter writes: header :is \"X-Spam-Flag\" \"YES\""},
	{"virustest", "test the header that your filter writes"},
};

static void require_one(struct check *check, const struct word *word)
{
	size_t i = 0;
	while (i < COUNT_OF(extensions) && strcmp(extensions[i].name, word->text) != 0)
		i++;
	if (i == COUNT_OF(extensions)) {
		const char *near = rules_report_nearest(text_lower(check->report->arena, word->text), &extensions[0].name, COUNT_OF(extensions), sizeof *extensions);
		rules_report_error(check->report, word->line, "unknown extension \"%s\"%s%s%s", word->text, near ? ": write \"" : "", near ? near : "",
		                   near ? "\"" : ": there are fileinto, envelope, reject, imap4flags, relational, subaddress, notify, vacation");
	} else if (extensions[i].instead) {
		rules_report_error(check->report, word->line, "there is no extension \"%s\" here: %s", word->text, extensions[i].instead);
	}
	strings_add(check->report->arena, &check->required, word->text);
}

void rules_check_require(struct check *check, const struct node *node)
{
	if (node->arguments.count != 1 || node->arguments.at[0].type != ARGUMENT_STRINGS) {
		rules_report_error(check->report, node->line, "require needs extensions: write require [\"fileinto\", \"imap4flags\"];");
		return;
	}
	for (size_t i = 0; i < node->arguments.at[0].strings.count; i++)
		require_one(check, &node->arguments.at[0].strings.at[i]);
}

/* Says it once a script: what was missing counts as required afterwards. */
void rules_check_needs(struct check *check, int line, const char *what, const char *extension)
{
	if (strings_have(&check->required, extension))
		return;
	rules_report_error(check->report, line, "%s needs require \"%s\"; at the top of the script", what, extension);
	strings_add(check->report->arena, &check->required, extension);
}

void rules_check_strings(struct check *check, const struct argument *argument)
{
	for (size_t i = 0; i < argument->strings.count; i++) {
		const struct word *word = &argument->strings.at[i];
		if (!utf8_valid(word->text, strlen(word->text)))
			rules_report_error(check->report, word->line, "this string is not UTF-8: save the script as UTF-8");
		if (!word->block && strchr(word->text, '\\'))
			rules_report_error(check->report, word->line, "a backslash in a string is not understood: leave it out; for a quotation mark in a text "
			                   "write text:, for a pattern a keyword set with regex");
	}
}
