/*
 * web_file.c - the files of a message: their list on a page, and the name under which a browser keeps one.
 *
 * A link says the message and which of its files; what the page's own token shows is all that it opens. Names are a stranger's words:
 * in the header only what RFC 6266 and RFC 8187 let through as it is, all else as percent signs.
 */
#include <string.h>

#include "web_private.h"

#define SAFE "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&+-.^_`|~"   /* attr-char of RFC 8187 */

/* For clients that know the plain form alone: what is no plain ASCII letter or would end the name is "_", once a character. */
static void plain_name(struct buffer *out, const char *name)
{
	uint32_t code;
	for (size_t step; *name && (step = utf8_decode(name, strlen(name), &code)) > 0; name += step)
		buffer_add_char(out, code >= ' ' && code < 0x7f && !strchr("\"\\%", (int)code) ? (char)code : '_');
}

void web_disposition(struct buffer *out, const char *name)
{
	static const char digits[] = "0123456789ABCDEF";
	buffer_add_string(out, "attachment; filename=\"");
	plain_name(out, name);
	buffer_add_string(out, "\"; filename*=UTF-8''");
	for (const unsigned char *at = (const unsigned char *)name; *at; at++) {
		if (strchr(SAFE, *at)) {
			buffer_add_char(out, (char)*at);
			continue;
		}
		buffer_add_char(out, '%');
		buffer_add_char(out, digits[*at >> 4]);
		buffer_add_char(out, digits[*at & 15]);
	}
}

/* French counts in octets, and puts a blank that does not break before the unit. */
static void size_words(struct writer *w, uint64_t size)
{
	static const char *const units[] = {"", "K", "M"};
	size_t unit = 0;
	for (; size >= 1024 && unit + 1 < COUNT_OF(units); unit++)
		size = (size + 512) / 1024;
	buffer_printf(w->out, " <span class=\"when\">(%llu\xC2\xA0%s%s)</span>", (unsigned long long)size, units[unit],
	              strcmp(w->language, "fr") == 0 ? "o" : "B");
}

void web_files(struct writer *w, const struct web_said *said)
{
	if (!said->files.count)
		return;
	web_raw(w, "<ul class=\"files\" aria-label=\"");
	web_say(w, WORD_FILES);
	web_raw(w, "\">\n");
	for (size_t i = 0; i < said->files.count; i++) {
		web_raw(w, "<li><a href=\"");
		web_text(w, w->page->action);
		buffer_printf(w->out, "?m=%d&amp;f=%d\" download>", said->seq, said->files.at[i].number);
		web_text(w, said->files.at[i].name);
		web_raw(w, "</a>");
		if (said->files.at[i].size)
			size_words(w, said->files.at[i].size);
		web_raw(w, "</li>\n");
	}
	web_raw(w, "</ul>\n");
}
