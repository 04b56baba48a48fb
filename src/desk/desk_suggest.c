/*
 * desk_suggest.c - articles in the acknowledgement: title, excerpt and link of each, as variables of its template.
 *
 * The words are the desk's own, from its knowledge base; nothing of the mail gets in, since an acknowledgement may go to a forged sender.
 * Never for an urgent ticket: who is in need is not sent reading.
 */
#include <string.h>

#include "desk_private.h"

static void add_percent(struct buffer *out, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
	for (; *text; text++) {
		if (strchr(plain, *text))
			buffer_add_char(out, *text);
		else
			buffer_printf(out, "%%%02X", (unsigned char)*text);
	}
}

char *desk_article_link(struct arena *arena, const struct desk_policy *policy, const struct desk_article *article)
{
	CLEANUP_BUFFER struct buffer out;
	buffer_init(&out);
	if (!policy->base_url || !*policy->base_url)
		return NULL;
	buffer_add_string(&out, policy->base_url);
	buffer_add_string(&out, out.at[out.length - 1] == '/' ? "kb/" : "/kb/");
	add_percent(&out, article->id);
	if (*article->language) {
		buffer_add_char(&out, '.');
		add_percent(&out, article->language);
	}
	return arena_string(arena, buffer_string(&out));
}

/* What was asked, and what was shown of the answer: for learning and reports. */
static void remember_asked(struct decision *d, const struct ticket_facts *ticket, enum asked_shown shown)
{
	struct asked *asked = ARENA_NEW(d->arena, struct asked);
	*asked = d->facts->asked;
	asked->shown = shown;
	plan_add(d, EFFECT_ASKED, ticket->id)->asked = asked;
}

void desk_suggest(struct decision *d, const struct ticket_facts *ticket, struct outgoing *notice)
{
	static const char *const names[DESK_ARTICLES][3] = {{"article_first", "excerpt_first", "link_first"},
	                                                   {"article_second", "excerpt_second", "link_second"},
	                                                   {"article_third", "excerpt_third", "link_third"}};
	CLEANUP_BUFFER struct buffer variables, said;
	buffer_init(&variables);
	buffer_init(&said);
	const struct desk_articles *articles = &d->facts->asked.articles;
	if (d->facts->asked.shown == ASKED_NEVER || strcmp(ticket->priority, "urgent") == 0)
		return;
	if (d->facts->asked.shown == ASKED_NOTHING || !articles->count) {
		remember_asked(d, ticket, ASKED_NOTHING);
		return;
	}
	buffer_add_string(&variables, notice->variables);
	for (size_t i = 0; i < articles->count && i < DESK_ARTICLES; i++) {
		const struct desk_article *article = &articles->at[i];
		const char *link = desk_article_link(d->arena, d->policy, article);
		record_add(&variables, names[i][0], article->title);
		record_add(&variables, names[i][1], article->excerpt);
		if (link)
			record_add(&variables, names[i][2], link);
		buffer_printf(&said, "%s%s", i ? ", " : "", article->id);
	}
	notice->variables = arena_string(d->arena, buffer_string(&variables));
	plan_remark(d, ticket->id, arena_printf(d->arena, "suggested articles: %s", buffer_string(&said)), NULL);
	remember_asked(d, ticket, ASKED_ACKNOWLEDGED);
}
