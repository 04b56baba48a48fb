/*
 * mail_html.h - what mail_html.c needs of its helpers: a page made safe for libxml2, and styles read.
 */
#ifndef SPORTELLO_MAIL_HTML_H
#define SPORTELLO_MAIL_HTML_H

#include "mail_private.h"

struct span html_make_safe(struct arena *arena, struct span html, struct strings *problems);
bool html_style_hides(const char *style);
bool html_style_is_outlook_border(const char *style);

#endif
