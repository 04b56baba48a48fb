/*
 * web_article.c - an article as a page, and the pages on which a customer says whether it helped: "this solved it", "I still need help".
 *
 * Both are good while the request waits for that word, and say what is so when it was given. Where several articles were suggested, the
 * customer is asked which one it was: the ranking learns from the answer. Only an article's HTML comes clean from its maker.
 */
#include "web_private.h"

/* Is there anything that the customer's word would still change? */
static bool waits(const struct web_page *page)
{
	return page->state == STATE_HELD || page->state == STATE_EXPIRED || (page->state == STATE_NEW && !page->judged);
}

static void state_card(struct writer *w)
{
	web_message_card(w, "", WORD_STATUS, (enum web_word)(WORD_STATE_HELD + (int)w->page->state));
	web_to_status(w);
	web_raw(w, "</section>\n");
}

/* ---- this solved it ---- */

static void article_button(struct writer *w, const char *id, const char *class)
{
	web_raw(w, "<button type=\"submit\" name=\"article\" value=\"");
	web_text(w, id);
	web_raw(w, "\"");
	web_raw(w, class);
	web_raw(w, ">");
}

static void choice(struct writer *w)
{
	const struct web_page *page = w->page;
	bool one = page->suggested.count == 1;
	web_message_card(w, "", one ? WORD_ASK_KB_SOLVED : WORD_ASK_KB_WHICH, WORD_ASK_KB_MORE);
	web_form(w, page->link_solved);
	for (size_t i = 0; i < page->suggested.count; i++) {
		article_button(w, page->suggested.at[i].id, i ? " class=\"next\"" : "");
		web_text(w, one ? web_word(w, WORD_KB_SOLVED) : page->suggested.at[i].title);
		web_raw(w, "</button>\n");
	}
	if (!one) {
		article_button(w, "", " class=\"quiet\"");
		web_say(w, WORD_KB_OTHER);
		web_raw(w, "</button>\n");
	}
	web_raw(w, "</form>\n");
	web_to_status(w);
	web_raw(w, "</section>\n");
}

void web_solved_page(struct writer *w)
{
	const struct web_page *page = w->page;
	if (page->state == STATE_CLOSED) {
		web_message_card(w, " good", WORD_CLOSED_NOW, WORD_CLOSED_MORE);
		web_to_status(w);
		web_raw(w, "</section>\n");
	} else if (page->state == STATE_OPEN || page->state == STATE_PENDING) {
		state_card(w);
	} else {
		choice(w);
	}
}

/* ---- I still need help ---- */

void web_help_page(struct writer *w)
{
	const struct web_page *page = w->page;
	bool at_work = page->state == STATE_OPEN || page->state == STATE_NEW;
	if (page->done && at_work) {
		web_message_card(w, " good", WORD_HELP_NOW, WORD_HELP_NOW_MORE);
		web_to_status(w);
		web_raw(w, "</section>\n");
	} else if (at_work && !waits(page)) {
		state_card(w);
	} else {
		web_message_card(w, "", WORD_ASK_HELP, WORD_ASK_HELP_MORE);
		web_form(w, page->link_help);
		web_words_field(w, "words");
		web_button(w, "help", "", WORD_HELP);
		web_to_status(w);
		web_raw(w, "</section>\n");
	}
}

/* ---- the article ---- */

static void article_text(struct writer *w)
{
	const struct web_page *page = w->page;
	web_raw(w, "<article class=\"card article\"");
	if (*page->article.language) {
		web_raw(w, " lang=\"");
		web_text(w, page->article.language);
		web_raw(w, "\"");
	}
	web_raw(w, ">\n<h1>");
	web_text(w, page->article.title);
	web_raw(w, "</h1>\n");
	web_raw(w, page->article.html);
	web_raw(w, "</article>\n");
}

static void buttons(struct writer *w)
{
	web_card(w, "");
	web_element(w, "h2", WORD_ASK_KB_SOLVED);
	web_form(w, w->page->link_solved);
	article_button(w, w->page->article.id, "");
	web_say(w, WORD_KB_SOLVED);
	web_raw(w, "</button>\n</form>\n");
	web_form(w, w->page->link_help);
	web_button(w, "help", " class=\"quiet\"", WORD_HELP);
	web_raw(w, "</section>\n");
}

void web_article_page(struct writer *w)
{
	const struct web_page *page = w->page;
	article_text(w);
	if (page->too_old) {
		web_card(w, "");
		web_element(w, "h2", WORD_TOO_OLD);
		web_element(w, "p", WORD_TOO_OLD_MORE);
		web_raw(w, "</section>\n");
	} else if (page->ticket && waits(page)) {
		buttons(w);
	} else if (page->ticket) {
		state_card(w);
	}
}

/* ---- a held request's status ---- */

void web_waits_for_word(struct writer *w)
{
	const struct web_page *page = w->page;
	web_element(w, "h2", WORD_SUGGESTED);
	web_raw(w, "<ul>\n");
	for (size_t i = 0; i < page->suggested.count; i++) {
		web_raw(w, "<li><a href=\"");
		web_text(w, page->suggested.at[i].link);
		web_raw(w, "\">");
		web_text(w, page->suggested.at[i].title);
		web_raw(w, "</a></li>\n");
	}
	web_raw(w, "</ul>\n<a class=\"button\" href=\"");
	web_text(w, page->link_solved);
	web_raw(w, "\">");
	web_say(w, WORD_KB_SOLVED);
	web_raw(w, "</a>\n");
	web_form(w, page->link_help);
	web_button(w, "help", " class=\"quiet\"", WORD_HELP);
}
