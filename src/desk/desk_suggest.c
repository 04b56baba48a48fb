/*
 * desk_suggest.c - articles in the mail that answers a request: title, excerpt and link of each, as variables of its template.
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

/* The page of the article as it was suggested for this request: with the buttons of its customer. */
static const char *link_for(struct decision *d, const struct ticket_facts *ticket, const struct desk_article *article)
{
	const char *link = desk_article_link(d->arena, d->policy, article);
	if (!link)
		return NULL;
	return arena_printf(d->arena, "%s?t=%s", link, desk_link_token(d->arena, d->policy, TOKEN_LINK_ARTICLE, ticket->id, ticket->customer.address, d->facts->now));
}

static void add_button(struct decision *d, struct buffer *out, const char *name, enum token_kind kind, const struct ticket_facts *ticket)
{
	const char *link = desk_link(d->arena, d->policy, kind, ticket->id, ticket->customer.address, d->facts->now);
	if (link)
		record_add(out, name, link);
}

void desk_show_articles(struct decision *d, const struct ticket_facts *ticket, const struct desk_articles *articles, struct outgoing *notice)
{
	static const char *const names[DESK_ARTICLES][3] = {{"article_first", "excerpt_first", "link_first"},
	                                                   {"article_second", "excerpt_second", "link_second"},
	                                                   {"article_third", "excerpt_third", "link_third"}};
	CLEANUP_BUFFER struct buffer variables;
	buffer_init(&variables);
	buffer_add_string(&variables, notice->variables);
	for (size_t i = 0; i < articles->count && i < DESK_ARTICLES; i++) {
		const struct desk_article *article = &articles->at[i];
		const char *link = link_for(d, ticket, article);
		record_add(&variables, names[i][0], article->title);
		record_add(&variables, names[i][1], article->excerpt);
		if (link)
			record_add(&variables, names[i][2], link);
	}
	add_button(d, &variables, "link_solved", TOKEN_LINK_SOLVED, ticket);
	add_button(d, &variables, "link_help", TOKEN_LINK_HELP, ticket);
	notice->variables = arena_string(d->arena, buffer_string(&variables));
}

/* ---- what was asked, and what was shown of the answer: for learning and reports ---- */

static void remember_asked(struct decision *d, const struct ticket_facts *ticket, enum suggestion_shown shown, bool stranger)
{
	struct suggestion *suggestion = ARENA_NEW(d->arena, struct suggestion);
	*suggestion = d->facts->suggestion;
	suggestion->shown = shown;
	suggestion->stranger = stranger;
	desk_plan_add(d, EFFECT_SUGGESTION, ticket->id)->suggestion = suggestion;
}

void desk_note_unanswered(struct decision *d, const struct ticket_facts *ticket)
{
	if (d->facts->suggestion.shown == SUGGESTION_NOTHING)
		remember_asked(d, ticket, SUGGESTION_NOTHING, false);
}

/* Who is in need is not sent reading; who said lately that it did not help is not sent reading again. */
static bool may_suggest(const struct decision *d, const struct ticket_facts *ticket)
{
	return strcmp(ticket->priority, "urgent") != 0 && !strings_have(&ticket->tags, "vip")
	    && (!d->facts->sender_refused_at || d->facts->now - d->facts->sender_refused_at >= d->policy->kb_quiet_hours * HOUR_MS);
}

void desk_suggest(struct decision *d, struct ticket_facts *ticket, struct outgoing *notice, bool stranger)
{
	const struct desk_articles *articles = &d->facts->suggestion.articles;
	CLEANUP_BUFFER struct buffer said;
	buffer_init(&said);
	desk_note_unanswered(d, ticket);
	if (d->facts->suggestion.shown <= SUGGESTION_NOTHING || !articles->count || (ticket->state != STATE_HELD && !may_suggest(d, ticket)))
		return;
	for (size_t i = 0; i < articles->count && i < DESK_ARTICLES; i++)
		buffer_printf(&said, "%s%s", i ? ", " : "", articles->at[i].id);
	desk_show_articles(d, ticket, articles, notice);
	desk_plan_remark(d, ticket->id, arena_printf(d->arena, "suggested articles: %s", buffer_string(&said)), NULL);
	remember_asked(d, ticket, ticket->state == STATE_HELD ? SUGGESTION_HELD : SUGGESTION_ACKNOWLEDGED, stranger);
	if (ticket->state == STATE_HELD)
		desk_set_held_timers(d, ticket);
}
