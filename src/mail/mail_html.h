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

/* Begins with this element a mail that is answered? *history: all that follows belongs to it. */
bool mail_html_begins_quote(const char *name, const char *const *attributes, bool *history);

bool mail_html_style_hides(const char *style);
bool mail_html_style_is_outlook_border(const char *style);

#endif
