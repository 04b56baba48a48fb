/*
 * mail_html_escape.c - text into HTML. Pure: the desk links it for its templates.
 *
 * Enough for text between tags and for attribute values in double quotes, nothing else: not for scripts, styles or
 * attributes in single quotes. Whether a URL may stand in an href is the caller's question.
 */
#include "mail.h"

#include <string.h>

void mail_html_escape(struct buffer *out, const char *text)
{
	for (;;) {
		size_t run = strcspn(text, "&<>\"");

		buffer_add(out, text, run);
		text += run;
		switch (*text++) {
		case '&': buffer_add_string(out, "&amp;"); break;
		case '<': buffer_add_string(out, "&lt;"); break;
		case '>': buffer_add_string(out, "&gt;"); break;
		case '"': buffer_add_string(out, "&quot;"); break;
		default: return;
		}
	}
}
