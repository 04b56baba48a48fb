/*
 * web_page.c - the pages a customer's link opens, as HTML from values. No script, no cookie, nothing from elsewhere.
 *
 * Every value is escaped (web_write.c); only an article's HTML comes clean from its maker. A page shows what is so; only a form's POST asks for a change. Labels belong to
 * their fields, colours keep a contrast of 4.5 and more in light and dark, everything works by keyboard and at 320 pixels.
 */
#include <string.h>

#include "web_private.h"

static const char style[] =
	"*{box-sizing:border-box}"
	"body{margin:0;font:1.0625rem/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;background:#f3f4f6;color:#1b1f24}"
	"main{max-width:38rem;margin:0 auto;padding:1.25rem 1rem 3rem}"
	"header{color:#57606a;font-size:.95rem;margin:.5rem 0 1rem;overflow-wrap:anywhere}"
	".card{background:#fff;border:1px solid #d6dae0;border-radius:.75rem;padding:1.25rem;margin:0 0 1rem}"
	"h1{font-size:1.5rem;line-height:1.25;margin:0 0 .5rem}h2{font-size:1.1rem;margin:0 0 .75rem}p{margin:0 0 1rem}"
	"label{display:block;font-weight:600;margin:0 0 .35rem}"
	"textarea{width:100%;min-height:7rem;font:inherit;padding:.6rem;border:1px solid #848d97;border-radius:.5rem;background:#fff;color:inherit;margin:0 0 1rem}"
	"button,a.button{font:inherit;font-weight:600;width:100%;padding:.85rem 1rem;border:0;border-radius:.5rem;background:var(--b);color:var(--t);cursor:pointer}"
	"a.button{display:block;text-align:center;text-decoration:none}.card>p:last-child{margin-bottom:0}form+p,ul+p{margin-top:1rem}"
	"button.next{margin-top:.75rem}button.quiet{background:#fff;color:var(--l);border:1px solid var(--l);margin-top:.75rem}"
	"button:focus-visible,textarea:focus-visible,a:focus-visible,input:focus-visible{outline:3px solid #f0a020;outline-offset:2px}"
	"a:not(.button){color:var(--l)}fieldset{border:0;margin:0 0 1rem;padding:0}legend{font-weight:600;padding:0;margin:0 0 .35rem}"
	".stars{display:flex;gap:.5rem}.stars label{flex:1;text-align:center;font-weight:400;border:1px solid #848d97;border-radius:.5rem;padding:.6rem 0;cursor:pointer}"
	".good{border-left:.35rem solid #1a7f37}.said{border-top:1px solid #d6dae0;padding:.9rem 0 0;margin:.9rem 0 0}"
	".said:first-of-type{border:0;padding:0;margin:0}.who{font-weight:600}.when{color:#57606a;font-size:.9rem}"
	".files{list-style:none;margin:.5rem 0 0;padding:0}.files li{margin:.25rem 0;overflow-wrap:anywhere}"
	".part{margin:.9rem 0 0}.text{white-space:pre-wrap;overflow-wrap:anywhere;margin:.25rem 0 0}footer{color:#57606a;font-size:.9rem;text-align:center}"
	".logo{display:block;margin:0 0 1rem;border-radius:.25rem;background:#fff}.languages{display:flex;flex-wrap:wrap;gap:.25rem;justify-content:center;margin:0 0 1rem}"
	".languages button{width:auto;background:none;color:var(--l);font-weight:400;padding:.5rem;text-decoration:underline}"
	".article{overflow-wrap:anywhere}.article pre{white-space:pre-wrap;padding:.75rem;border:1px solid #d6dae0;border-radius:.5rem}"
	".article img{max-width:100%}.article h2,.article h3{margin:1.25rem 0 .5rem}.article ul,.article ol{margin:0 0 1rem;padding:0 0 0 1.4rem}"
	"@media(prefers-color-scheme:dark){body{background:#15181c;color:#e6e9ed}header,footer,.when{color:#a3acb7}"
	".card,textarea,button.quiet{background:#1f2429}.card,textarea{border-color:#3c444d}.said,.article pre{border-color:#3c444d}.good{border-left-color:#3fb950}"
	".stars label{border-color:#6e7781}}";

static void base64(struct buffer *out, const unsigned char *bytes, size_t length)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < length; i += 3) {
		uint32_t group = (uint32_t)bytes[i] << 16 | (uint32_t)(i + 1 < length ? bytes[i + 1] : 0) << 8 | (i + 2 < length ? bytes[i + 2] : 0);
		buffer_add_char(out, alphabet[group >> 18]);
		buffer_add_char(out, alphabet[group >> 12 & 63]);
		buffer_add_char(out, i + 1 < length ? alphabet[group >> 6 & 63] : '=');
		buffer_add_char(out, i + 2 < length ? alphabet[group & 63] : '=');
	}
}

/* The brand's colours, and all that does not change with it. */
static const char *style_of(struct arena *arena, const struct desk_colours *c)
{
	return arena_printf(arena, ":root{color-scheme:light dark;--b:%s;--t:%s;--l:%s}@media(prefers-color-scheme:dark){:root{--b:%s;--t:%s;--l:%s}}%s", c->button, c->text,
	                    c->link, c->dark_button, c->dark_text, c->dark_link, style);
}

/* Only our own style, by its digest: nothing that came from a mail can bring another. */
static const char *policy_of(struct arena *arena, const char *css)
{
	CLEANUP_BUFFER struct buffer out;
	unsigned char digest[SHA256_SIZE];
	buffer_init(&out);
	sha256_of(css, strlen(css), digest);
	buffer_add_string(&out, "default-src 'none'; img-src 'self'; style-src 'sha256-");
	base64(&out, digest, sizeof digest);
	buffer_add_string(&out, "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
	return arena_string(arena, buffer_string(&out));
}

static void rating(struct writer *w)
{
	const struct web_page *page = w->page;
	if (!page->may_rate && !page->stars)
		return;
	web_card(w, "");
	if (page->stars) {
		web_raw(w, "<p>");
		web_say(w, WORD_RATED);
		buffer_printf(w->out, " <strong>%d / 5</strong></p>\n</section>\n", page->stars);
		return;
	}
	web_form(w, page->link_status);
	web_raw(w, "<fieldset><legend>");
	web_say(w, WORD_RATE);
	web_raw(w, "</legend>\n<p class=\"when\">");
	web_say(w, WORD_RATE_MORE);
	web_raw(w, "</p>\n<div class=\"stars\">");
	for (int i = 1; i <= 5; i++)
		buffer_printf(w->out, "<label><input type=\"radio\" name=\"stars\" value=\"%d\" required> %d</label>", i, i);
	web_raw(w, "</div></fieldset>\n");
	web_words_field(w, "rating-words");
	web_button(w, "rate", "", WORD_SEND);
	web_raw(w, "</section>\n");
}

static void closed(struct writer *w)
{
	web_message_card(w, " good", WORD_CLOSED_NOW, WORD_CLOSED_MORE);
	web_to_status(w);
	web_raw(w, "</section>\n");
	rating(w);
}

static void confirm_page(struct writer *w)
{
	if (w->page->state == STATE_CLOSED) {
		closed(w);
		return;
	}
	if (w->page->state != STATE_RESOLVED) {
		web_message_card(w, "", WORD_STATUS, WORD_BEING_WORKED_ON);
		web_to_status(w);
		web_raw(w, "</section>\n");
		return;
	}
	web_message_card(w, "", WORD_ASK_SOLVED, WORD_ASK_SOLVED_MORE);
	web_form(w, w->page->action);
	web_button(w, "confirm", "", WORD_YES);
	web_raw(w, "</section>\n");
}

static void refuse_page(struct writer *w)
{
	bool can = w->page->state == STATE_RESOLVED || w->page->state == STATE_CLOSED;
	if (!can) {
		web_card(w, w->page->done ? " good" : "");
		web_element(w, "h1", w->page->done ? WORD_OPEN_NOW : WORD_BEING_WORKED_ON);
		web_to_status(w);
		web_raw(w, "</section>\n");
		return;
	}
	web_message_card(w, "", WORD_ASK_REFUSE, WORD_ASK_REFUSE_MORE);
	web_form(w, w->page->action);
	web_words_field(w, "words");
	web_button(w, "refuse", "", WORD_NO);
	web_raw(w, "</section>\n");
}

/* To another part: GET, as every link. */
static void part_link(struct writer *w, int message, int part, enum web_word which)
{
	web_raw(w, "<p class=\"part\"><a href=\"");
	web_text(w, w->page->action);
	if (message)
		buffer_printf(w->out, "?m=%d&amp;p=%d\">", message, part);
	else
		buffer_printf(w->out, "?p=%d\">", part);
	web_say(w, which);
	web_raw(w, "</a></p>\n");
}

static void said(struct writer *w, const struct web_said *said)
{
	web_raw(w, "<article class=\"said\"><span class=\"who\">");
	web_text(w, said->by == OUTCOME_BY_DESK ? said->who : web_word(w, said->by == OUTCOME_BY_READER ? WORD_YOU : WORD_SOMEBODY_ELSE));
	web_raw(w, "</span> <span class=\"when\">");
	web_text(w, said->when);
	web_raw(w, "</span>\n<div class=\"text\">");
	web_linked(w, said->by == OUTCOME_BY_OTHER ? web_word(w, WORD_NOT_SHOWN) : said->text);
	web_raw(w, "</div>\n");
	web_files(w, said);
	web_raw(w, "</article>\n");
	if (w->page->single && w->page->part > 0)
		part_link(w, said->seq, w->page->part - 1, WORD_READ_BACK);
	if (said->more)
		part_link(w, said->seq, w->page->single ? w->page->part + 1 : 0, WORD_READ_ON);
}

static void conversation(struct writer *w)
{
	const struct web_page *page = w->page;
	web_card(w, "");
	web_element(w, page->single ? "h1" : "h2", WORD_SAID);
	if (page->more)
		part_link(w, 0, page->part + 1, WORD_EARLIER);
	for (size_t i = 0; i < page->said.count; i++)
		said(w, &page->said.at[i]);
	if (page->part > 0 && !page->single)
		part_link(w, 0, page->part - 1, WORD_LATER);
	if (page->single)
		web_to_status(w);
	web_raw(w, "</section>\n");
}

static bool waits_for_others(const struct web_page *page)
{
	return page->state == STATE_PENDING && page->waiting && *page->waiting && strcmp(page->waiting, WAITING_CUSTOMER) != 0;
}

/* Before anybody of ours asked. */
static void done_form(struct writer *w)
{
	web_card(w, "");
	web_element(w, "h2", WORD_DONE_ASK);
	web_form(w, w->page->link_status);
	web_button(w, "done", " class=\"quiet\"", WORD_DONE);
	web_raw(w, "</section>\n");
}

static void languages(struct writer *w)
{
	web_raw(w, "<form class=\"languages\" method=\"post\" action=\"");
	web_text(w, w->page->link_status);
	web_raw(w, "\" aria-label=\"");
	web_say(w, WORD_LANGUAGE);
	web_raw(w, "\">\n");
	const char *language;
	for (size_t i = 0; (language = desk_page_language(w->page->words, i)); i++) {
		if (strcmp(language, w->language) == 0)
			continue;
		buffer_printf(w->out, "<button type=\"submit\" name=\"language\" value=\"%s\" lang=\"%s\">", language, language);
		web_text(w, web_word_in(w, WORD_OWN_NAME, language));
		web_raw(w, "</button>\n");
	}
	web_raw(w, "</form>\n");
}

static void here_page(struct writer *w)
{
	web_card(w, "");
	web_raw(w, "<h1>");
	web_say(w, WORD_HERE);
	web_raw(w, "</h1>\n<p>");
	web_say(w, WORD_HERE_MORE);
	web_raw(w, " <a href=\"mailto:");
	web_text(w, w->page->write_to);
	web_raw(w, "\">");
	web_text(w, w->page->write_to);
	web_raw(w, "</a>.</p>\n</section>\n");
}

static void status_page(struct writer *w)
{
	const struct web_page *page = w->page;
	if (page->single) {
		conversation(w);
		return;
	}
	web_card(w, page->done ? " good" : "");
	web_element(w, "h1", page->done ? WORD_SENT : WORD_STATUS);
	if (page->empty)
		web_element(w, "p", WORD_EMPTY);
	web_element(w, "p", waits_for_others(page) ? WORD_PENDING_OTHERS : (enum web_word)(WORD_STATE_HELD + (int)page->state));
	if ((page->state == STATE_HELD || page->state == STATE_EXPIRED) && page->suggested.count)
		web_waits_for_word(w);
	if (page->state == STATE_RESOLVED) {
		web_form(w, page->link_confirm);
		web_button(w, "confirm", "", WORD_YES);
		web_form(w, page->link_refuse);
		web_button(w, "refuse", " class=\"quiet\"", WORD_NO);
	}
	web_raw(w, "</section>\n");
	if (page->state == STATE_CLOSED)
		rating(w);
	conversation(w);
	web_card(w, "");
	web_element(w, "h2", WORD_WRITE_MORE);
	web_form(w, page->link_status);
	web_words_field(w, "words");
	web_button(w, "words", "", WORD_SEND);
	web_raw(w, "</section>\n");
	if (page->state == STATE_NEW || page->state == STATE_OPEN || page->state == STATE_PENDING)
		done_form(w);
	languages(w);
}

static void trouble(struct writer *w, enum web_word title, enum web_word more)
{
	web_message_card(w, "", title, more);
	web_raw(w, "</section>\n");
}

static void head(struct writer *w, const char *css)
{
	const struct web_page *page = w->page;
	buffer_printf(w->out, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n", w->language);
	web_raw(w, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"robots\" content=\"noindex, nofollow\">\n<title>");
	web_text(w, page->desk_name);
	if (page->ticket)
		buffer_printf(w->out, " · #%lld", (long long)page->ticket);
	if (page->kind == PAGE_VIEW_ARTICLE) {
		web_raw(w, " · ");
		web_text(w, page->article.title);
	}
	web_raw(w, "</title>\n<style>");
	web_raw(w, css);
	web_raw(w, "</style>\n</head>\n<body>\n<main>\n");
	if (page->logo) {
		buffer_printf(w->out, "<img class=\"logo\" src=\"%s\" width=\"%d\" height=\"%d\" alt=\"", page->logo, page->logo_width, page->logo_height);
		web_text(w, page->desk_name);
		web_raw(w, "\">\n");
	}
	if (page->ticket) {
		web_raw(w, "<header>");
		web_say(w, WORD_REQUEST);
		buffer_printf(w->out, " #%lld · ", (long long)page->ticket);
		web_text(w, page->subject);
		web_raw(w, "</header>\n");
	}
}

static void body(struct writer *w)
{
	switch (w->page->kind) {
	case PAGE_VIEW_STATUS:  status_page(w); break;
	case PAGE_VIEW_CONFIRM: confirm_page(w); break;
	case PAGE_VIEW_REFUSE:  refuse_page(w); break;
	case PAGE_VIEW_TOO_OLD: trouble(w, WORD_TOO_OLD, WORD_TOO_OLD_MORE); break;
	case PAGE_VIEW_UNKNOWN: trouble(w, WORD_UNKNOWN, WORD_UNKNOWN_MORE); break;
	case PAGE_VIEW_TROUBLE: trouble(w, WORD_TROUBLE, WORD_TROUBLE_MORE); break;
	case PAGE_VIEW_ARTICLE: web_article_page(w); break;
	case PAGE_VIEW_HELP:    web_help_page(w); break;
	case PAGE_VIEW_HERE:    here_page(w); break;
	case PAGE_VIEW_SOLVED:  web_solved_page(w); break;
	}
}

void web_page(struct arena *arena, const struct web_page *page, struct web_response *response)
{
	static const int statuses[] = {200, 200, 200, 410, 404, 503, 200, 200, 200, 200};
	bool too_old = page->kind == PAGE_VIEW_ARTICLE && page->too_old;
	CLEANUP_BUFFER struct buffer out;
	buffer_init(&out);
	struct writer w = {&out, arena, web_page_language(page), page, NULL};
	struct desk_colours usual;
	desk_brand_colours(NULL, &usual);
	const char *css = style_of(arena, *page->colours.button ? &page->colours : &usual);
	head(&w, css);
	body(&w);
	web_raw(&w, "<footer>");
	web_text(&w, page->desk_name);
	if (page->address && *page->address) {
		web_raw(&w, "<br>");
		web_text(&w, page->address);
	}
	web_raw(&w, "</footer>\n</main>\n</body>\n</html>\n");
	*response = (struct web_response){.status = too_old ? 410 : statuses[page->kind], .content_type = "text/html; charset=utf-8",
	                                  .body = arena_copy(arena, out.at, out.length), .length = out.length, .policy = policy_of(arena, css)};
}
