/*
 * web_words.c - which sentence of LANGUAGE/pages.txt a page says where, and in which language.
 *
 * The words themselves are templates (desk_pages.c): whoever wants others writes them, and changes no program.
 */
#include <string.h>

#include "web_private.h"

/* clang-format off */
static const char *const names[WORD_COUNT] = {
	[WORD_REQUEST] = "request",
	[WORD_STATUS] = "status",
	[WORD_ASK_SOLVED] = "ask-solved",
	[WORD_ASK_SOLVED_MORE] = "ask-solved-more",
	[WORD_YES] = "yes",
	[WORD_ASK_REFUSE] = "ask-refuse",
	[WORD_ASK_REFUSE_MORE] = "ask-refuse-more",
	[WORD_NO] = "no",
	[WORD_YOUR_WORDS] = "your-words",
	[WORD_CLOSED_NOW] = "closed-now",
	[WORD_CLOSED_MORE] = "closed-more",
	[WORD_OPEN_NOW] = "open-now",
	[WORD_BEING_WORKED_ON] = "being-worked-on",
	[WORD_STATE_HELD] = "state-held",
	[WORD_STATE_EXPIRED] = "state-expired",
	[WORD_STATE_NEW] = "state-new",
	[WORD_STATE_OPEN] = "state-open",
	[WORD_STATE_PENDING] = "state-pending",
	[WORD_STATE_RESOLVED] = "state-resolved",
	[WORD_STATE_CLOSED] = "state-closed",
	[WORD_SAID] = "said",
	[WORD_YOU] = "you",
	[WORD_SOMEBODY_ELSE] = "somebody-else",
	[WORD_NOT_SHOWN] = "not-shown",
	[WORD_WRITE_MORE] = "write-more",
	[WORD_SEND] = "send",
	[WORD_SENT] = "sent",
	[WORD_RATE] = "rate",
	[WORD_RATE_MORE] = "rate-more",
	[WORD_RATED] = "rated",
	[WORD_TOO_OLD] = "too-old",
	[WORD_TOO_OLD_MORE] = "too-old-more",
	[WORD_UNKNOWN] = "unknown",
	[WORD_UNKNOWN_MORE] = "unknown-more",
	[WORD_TROUBLE] = "trouble",
	[WORD_TROUBLE_MORE] = "trouble-more",
	[WORD_HOW_IT_STANDS] = "how-it-stands",
	[WORD_ASK_KB_SOLVED] = "ask-kb-solved",
	[WORD_ASK_KB_WHICH] = "ask-kb-which",
	[WORD_KB_SOLVED] = "kb-solved",
	[WORD_KB_OTHER] = "kb-other",
	[WORD_ASK_HELP] = "ask-help",
	[WORD_ASK_HELP_MORE] = "ask-help-more",
	[WORD_HELP] = "help",
	[WORD_HELP_NOW] = "help-now",
	[WORD_HELP_NOW_MORE] = "help-now-more",
	[WORD_ASK_KB_MORE] = "ask-kb-more",
	[WORD_SUGGESTED] = "suggested",
	[WORD_EMPTY] = "empty",
	[WORD_DONE] = "done",
	[WORD_DONE_ASK] = "done-ask",
	[WORD_PENDING_OTHERS] = "pending-others",
	[WORD_LANGUAGE] = "language",
	[WORD_HERE] = "here",
	[WORD_HERE_MORE] = "here-more",
	[WORD_EARLIER] = "earlier",
	[WORD_LATER] = "later",
	[WORD_READ_ON] = "read-on",
	[WORD_READ_BACK] = "read-back",
	[WORD_FILES] = "files",
	[WORD_OWN_NAME] = "own-name",
};
/* clang-format on */

const char *web_word_name(enum web_word word)
{
	return names[word];
}

/* What a sentence may name. */
static const char *variables_of(struct writer *w)
{
	CLEANUP_BUFFER struct buffer out;
	buffer_init(&out);
	record_add(&out, "desk", w->page->desk_name ? w->page->desk_name : "");
	if (w->page->ticket) {
		record_add(&out, "ticket", arena_printf(w->arena, "%lld", (long long)w->page->ticket));
		record_add(&out, "subject", w->page->subject ? w->page->subject : "");
	}
	if (w->page->address)
		record_add(&out, "address", w->page->address);
	return arena_string(w->arena, buffer_string(&out));
}

const char *web_word_in(struct writer *w, enum web_word word, const char *language)
{
	if (!w->variables)
		w->variables = variables_of(w);
	return desk_page_words(w->arena, w->page->words, language, w->page->fallback, names[word], w->variables);
}

const char *web_word(struct writer *w, enum web_word word)
{
	return web_word_in(w, word, w->language);
}

const char *web_page_language(const struct web_page *page)
{
	const char *language = desk_page_language_of(page->words, page->language);
	if (!language)
		language = desk_page_language_of(page->words, page->fallback);
	return language ? language : "en";
}

/* The first wanted language that is one of ours; quality values are in descending order in every browser we know. */
const char *web_language(const struct template_set *own, const char *accept_language, const char *otherwise)
{
	for (const char *at = accept_language; *at;) {
		char tag[4] = {0};
		at += strspn(at, " ,\t");
		size_t length = strcspn(at, "-;, \t");
		for (size_t i = 0; i < length && length < sizeof tag; i++)
			tag[i] = (char)(at[i] | 32);
		const char *language = *tag ? desk_page_language_of(own, tag) : NULL;
		if (language)
			return language;
		at += strcspn(at, ",");
	}
	return otherwise && *otherwise ? otherwise : "en";
}
