/*
 * gateway_article.c - an article of the knowledge base as a page. GET reads. Where it was suggested for a request, and the link in the mail
 * brings that request's token along, the page has its customer's two buttons: they post to the request's own pages (gateway_page.c).
 *
 * /kb/ARTICLE is shown in the reader's language where it is there in it, /kb/ARTICLE.LANGUAGE in that one; else in the desk's, else in any.
 * Hidden, unknown and unusable ones are 404 alike, so that nobody learns what is hidden.
 */
#include <string.h>

#include "gateway.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyz"

/* "vpn.it" -> "vpn" and "it"; false: no language at its end. */
static bool split_language(struct arena *arena, const char *name, const char **id, const char **language)
{
	const char *dot = strrchr(name, '.');
	size_t length = dot ? strspn(dot + 1, LETTERS) : 0;
	if (dot == name || (length != 2 && length != 3) || dot[1 + length])
		return false;
	*id = arena_copy(arena, name, (size_t)(dot - name));
	*language = dot + 1;
	return true;
}

static bool find(struct kb *kb, struct arena *arena, const char *name, const char *wanted, const char *fallback, struct kb_article *article)
{
	const char *id, *language;
	struct error error;
	if (kb_article(kb, arena, name, wanted, fallback, article, &error) == STATUS_OK)
		return !article->hidden;
	return split_language(arena, name, &id, &language) && kb_article(kb, arena, id, language, fallback, article, &error) == STATUS_OK && !article->hidden;
}

/* The buttons of the request that it was suggested for. False: the token is none of ours, or no longer that customer's. */
static bool add_buttons(const struct config *config, struct store *store, const struct web_request *request, struct web_page *page)
{
	struct token token;
	enum link_class class = desk_link_read(&config->policy, request->token, clock_now(), &token);
	if (class == LINK_UNKNOWN || token.kind != TOKEN_LINK_ARTICLE)
		return false;
	page->too_old = class == LINK_TOO_OLD;
	return page->too_old || gateway_fill_page(request->arena, store, config, &token, "../l/", page);
}

void gateway_article_page(const struct config *config, struct kb *kb, struct store *store, const struct web_request *request,
                          struct web_response *response)
{
	struct kb_article article;
	struct error error;
	const char *name = request->path + strlen("/kb/");
	const char *reader = web_language(&config->templates, request->accept_language, config->policy.language);
	struct web_page page = gateway_start_page(config, request, PAGE_VIEW_UNKNOWN);
	if (*request->token && !add_buttons(config, store, request, &page)) {
		web_page(request->arena, &page, response);
		return;
	}
	if (kb && find(kb, request->arena, name, reader, config->policy.language, &article)) {
		if (kb_article_html(request->arena, article.markdown, "", &page.article.html, &error) == STATUS_OK) {
			page.kind = PAGE_VIEW_ARTICLE;
			page.article.id = article.id;
			page.article.title = article.title;
			page.article.language = article.language;
		} else
			log_event(LOG_WARNING, "kb.problem", "file", article.file, "text", error.text, NULL);
	}
	web_page(request->arena, &page, response);
}
