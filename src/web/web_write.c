/*
 * web_write.c - the small parts that pages are written with. Every value is escaped here and nowhere else.
 */
#include "web_private.h"

void web_raw(struct writer *w, const char *html)
{
	buffer_add_string(w->out, html);
}

void web_text(struct writer *w, const char *value)
{
	mail_html_escape(w->out, value ? value : "");
}

void web_linked(struct writer *w, const char *words)
{
	desk_linked_html(w->out, words ? words : "");
}

void web_say(struct writer *w, enum web_word which)
{
	web_text(w, web_word(w, which));
}

void web_element(struct writer *w, const char *tag, enum web_word which)
{
	buffer_printf(w->out, "<%s>", tag);
	web_say(w, which);
	buffer_printf(w->out, "</%s>\n", tag);
}

void web_form(struct writer *w, const char *action)
{
	web_raw(w, "<form method=\"post\" action=\"");
	web_text(w, action);
	web_raw(w, "\">\n");
}

void web_words_field(struct writer *w, const char *id)
{
	buffer_printf(w->out, "<label for=\"%s\">", id);
	web_say(w, WORD_YOUR_WORDS);
	buffer_printf(w->out, "</label>\n<textarea id=\"%s\" name=\"words\" maxlength=\"4000\"></textarea>\n", id);
}

void web_button(struct writer *w, const char *name, const char *class, enum web_word which)
{
	buffer_printf(w->out, "<button type=\"submit\" name=\"do\" value=\"%s\"%s>", name, class);
	web_say(w, which);
	web_raw(w, "</button>\n</form>\n");
}

void web_card(struct writer *w, const char *class)
{
	buffer_printf(w->out, "<section class=\"card%s\">\n", class);
}

void web_to_status(struct writer *w)
{
	web_raw(w, "<p><a href=\"");
	web_text(w, w->page->link_status);
	web_raw(w, "\">");
	web_say(w, WORD_HOW_IT_STANDS);
	web_raw(w, "</a></p>\n");
}

void web_message_card(struct writer *w, const char *class, enum web_word title, enum web_word more)
{
	web_card(w, class);
	web_element(w, "h1", title);
	web_element(w, "p", more);
}
