/*
 * mail_html.h - what mail_html.c needs of its helpers: a page made safe for libxml2 and led through it, and styles read.
 */
#ifndef SPORTELLO_MAIL_HTML_H
#define SPORTELLO_MAIL_HTML_H

#include "mail_private.h"

struct span mail_html_make_safe(struct arena *arena, struct span html, struct strings *problems);

struct html_reader {                     /* who is told of a page */
	void (*start)(void *context, const char *name, const char *const *attributes);   /* name, value (NULL: none) ..., NULL; NULL: none at all */
	void (*end)(void *context);      /* of the element that was begun last */
	void (*text)(void *context, const char *text, size_t length);
	bool (*hidden)(void *context);   /* nothing is shown at present: what is open stays open, however much it is */
	bool (*full)(void *context);     /* no more is wanted */
	void *context;
};
/* A page of mail_html_make_safe(). */
void mail_html_feed(const struct html_reader *reader, struct span page);

/* ---- mail_html_marks.c: an element's name (small letters) and attributes; attributes NULL: none ---- */
bool mail_html_has(const char *value, const char *word);         /* value NULL: no */
const char *mail_html_attribute(const char *const *attributes, const char *name);        /* "": without a value; NULL: not there */
bool mail_html_is_among(const char *name, const char *words);    /* " one two " */
bool mail_html_is_hidden(const char *name, const char *const *attributes);
/* Elements by which clients mark what follows as the mail that they answer: this one, or all to the end of the page (history). */
bool mail_html_begins_history(const char *name, const char *const *attributes);
bool mail_html_is_marked_quote(const char *const *attributes);
bool mail_html_is_client_quote(const char *const *attributes, bool inside);      /* of a <blockquote>; inside: of a quote already */
bool mail_html_begins_quote(const char *name, const char *const *attributes, bool *history);     /* any of them; *history is only set */
bool mail_html_is_signature(const char *const *attributes);
bool mail_html_draws_edge(const char *name, const char *const *attributes);
bool mail_html_style_hides(const char *style);
bool mail_html_style_is_outlook_border(const char *style);

#endif
