/*
 * gateway_article.c - an article of the knowledge base as a page. GET reads; there is nothing to press on it.
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

void gateway_article_page(const struct config *config, struct kb *kb, const struct web_request *request, struct web_response *response)
{
	struct kb_article article;
	struct error error;
	const char *name = request->path + strlen("/kb/");
	const char *reader = web_language(request->accept_language, config->policy.language);
	struct web_page page = {.kind = PAGE_VIEW_UNKNOWN, .language = reader, .desk_name = config->policy.name, .subject = "", .action = "",
	                        .link_status = "", .link_confirm = "", .link_refuse = ""};
	if (request->post) {
		static const char words[] = "an article is read with GET or HEAD\n";
		*response = (struct web_response){405, "text/plain; charset=utf-8", words, sizeof words - 1};
		return;
	}
	if (kb && find(kb, request->arena, name, reader, config->policy.language, &article)) {
		if (kb_article_html(request->arena, article.markdown, "", &page.article.html, &error) == STATUS_OK) {
			page.kind = PAGE_VIEW_ARTICLE;
			page.article.title = article.title;
			page.article.language = article.language;
		} else
			log_event(LOG_WARNING, "kb.problem", "file", article.file, "text", error.text, NULL);
	}
	web_page(request->arena, &page, response);
}
