/* web_private.h - the words of the pages, and the parts that they are written with. */
#ifndef SPORTELLO_WEB_PRIVATE_H
#define SPORTELLO_WEB_PRIVATE_H

#include "web.h"

/* Each is a line of LANGUAGE/pages.txt, by its name in small letters: WORD_STATE_NEW is "state-new". */
enum web_word {
	WORD_REQUEST, WORD_STATUS, WORD_ASK_SOLVED, WORD_ASK_SOLVED_MORE, WORD_YES, WORD_ASK_REFUSE, WORD_ASK_REFUSE_MORE, WORD_NO,
	WORD_YOUR_WORDS, WORD_CLOSED_NOW, WORD_CLOSED_MORE, WORD_OPEN_NOW, WORD_BEING_WORKED_ON,
	/* in the order of enum ticket_state */
	WORD_STATE_HELD, WORD_STATE_EXPIRED, WORD_STATE_NEW, WORD_STATE_OPEN, WORD_STATE_PENDING, WORD_STATE_RESOLVED, WORD_STATE_CLOSED,
	WORD_SAID, WORD_YOU, WORD_SOMEBODY_ELSE, WORD_NOT_SHOWN, WORD_WRITE_MORE, WORD_SEND, WORD_SENT, WORD_RATE, WORD_RATE_MORE, WORD_RATED,
	WORD_TOO_OLD, WORD_TOO_OLD_MORE, WORD_UNKNOWN, WORD_UNKNOWN_MORE, WORD_TROUBLE, WORD_TROUBLE_MORE, WORD_HOW_IT_STANDS,
	WORD_ASK_KB_SOLVED, WORD_ASK_KB_WHICH, WORD_KB_SOLVED, WORD_KB_OTHER, WORD_ASK_HELP, WORD_ASK_HELP_MORE, WORD_HELP, WORD_HELP_NOW, WORD_HELP_NOW_MORE,
	WORD_ASK_KB_MORE, WORD_SUGGESTED,
	WORD_EMPTY, WORD_DONE, WORD_DONE_ASK, WORD_PENDING_OTHERS, WORD_LANGUAGE, WORD_HERE, WORD_HERE_MORE,
	WORD_EARLIER, WORD_LATER, WORD_READ_ON, WORD_READ_BACK, WORD_FILES, WORD_OWN_NAME,
	WORD_COUNT
};
/* A page while it is written. */
struct writer { struct buffer *out; struct arena *arena; const char *language; const struct web_page *page; const char *variables; };
const char *web_word_name(enum web_word word);
const char *web_word(struct writer *w, enum web_word word);
const char *web_word_in(struct writer *w, enum web_word word, const char *language);
const char *web_page_language(const struct web_page *page);
void web_raw(struct writer *w, const char *html);
void web_text(struct writer *w, const char *value);
void web_linked(struct writer *w, const char *words);    /* http, https and mailto addresses in it can be followed */
void web_element(struct writer *w, const char *tag, enum web_word which);
void web_say(struct writer *w, enum web_word which);
void web_form(struct writer *w, const char *action);
void web_words_field(struct writer *w, const char *id);
/* The last of its form: ends it. */
void web_button(struct writer *w, const char *name, const char *class, enum web_word which);
void web_card(struct writer *w, const char *class);
void web_to_status(struct writer *w);
void web_message_card(struct writer *w, const char *class, enum web_word title, enum web_word more);      /* left open */

/* ---- files of a message (web_file.c) ---- */
void web_files(struct writer *w, const struct web_said *said);
void web_disposition(struct buffer *out, const char *name);      /* Content-Disposition of a file to be kept under that name */

/* ---- of suggested articles (web_article.c) ---- */
void web_article_page(struct writer *w);
void web_help_page(struct writer *w);
void web_solved_page(struct writer *w);
void web_waits_for_word(struct writer *w);       /* on the status page of a held request */

#endif
