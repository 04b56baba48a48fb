/*
 * web_page.c - the pages a customer's link opens, as HTML from values. No script, no cookie, nothing from elsewhere.
 *
 * Every value is escaped (web_write.c); only an article's HTML comes clean from its maker. A page shows what is so; only a form's POST asks for a change. Labels belong to
 * their fields, colours keep a contrast of 4.5 and more in light and dark, everything works by keyboard and at 320 pixels.
 */
#include <string.h>

#include "web_private.h"

static const char style[] =
	":root{color-scheme:light dark}*{box-sizing:border-box}"
	"body{margin:0;font:1.0625rem/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;background:#f3f4f6;color:#1b1f24}"
	"main{max-width:38rem;margin:0 auto;padding:1.25rem 1rem 3rem}"
	"header{color:#57606a;font-size:.95rem;margin:.5rem 0 1rem;overflow-wrap:anywhere}"
	".card{background:#fff;border:1px solid #d6dae0;border-radius:.75rem;padding:1.25rem;margin:0 0 1rem}"
	"h1{font-size:1.5rem;line-height:1.25;margin:0 0 .5rem}h2{font-size:1.1rem;margin:0 0 .75rem}p{margin:0 0 1rem}"
	"label{display:block;font-weight:600;margin:0 0 .35rem}"
	"textarea{width:100%;min-height:7rem;font:inherit;padding:.6rem;border:1px solid #848d97;border-radius:.5rem;background:#fff;color:inherit;margin:0 0 1rem}"
	"button{font:inherit;font-weight:600;width:100%;padding:.85rem 1rem;border:0;border-radius:.5rem;background:#0b5cad;color:#fff;cursor:pointer}"
	"button.next{margin-top:.75rem}button.quiet{background:#fff;color:#0b5cad;border:1px solid #0b5cad;margin-top:.75rem}"
	"button:focus-visible,textarea:focus-visible,a:focus-visible,input:focus-visible{outline:3px solid #f0a020;outline-offset:2px}"
	"a{color:#0b5cad}fieldset{border:0;margin:0 0 1rem;padding:0}legend{font-weight:600;padding:0;margin:0 0 .35rem}"
	".stars{display:flex;gap:.5rem}.stars label{flex:1;text-align:center;font-weight:400;border:1px solid #848d97;border-radius:.5rem;padding:.6rem 0;cursor:pointer}"
	".good{border-left:.35rem solid #1a7f37}.said{border-top:1px solid #d6dae0;padding:.9rem 0 0;margin:.9rem 0 0}"
	".said:first-of-type{border:0;padding:0;margin:0}.who{font-weight:600}.when{color:#57606a;font-size:.9rem}"
	".part{margin:.9rem 0 0}.text{white-space:pre-wrap;overflow-wrap:anywhere;margin:.25rem 0 0}footer{color:#57606a;font-size:.9rem;text-align:center}"
	".article{overflow-wrap:anywhere}.article pre{overflow-x:auto;padding:.75rem;border:1px solid #d6dae0;border-radius:.5rem}"
	".article img{max-width:100%}.article h2,.article h3{margin:1.25rem 0 .5rem}.article ul,.article ol{margin:0 0 1rem;padding:0 0 0 1.4rem}"
	"@media(prefers-color-scheme:dark){body{background:#15181c;color:#e6e9ed}header,footer,.when{color:#a3acb7}"
	".card,textarea,button.quiet{background:#1f2429;border-color:#3c444d}.said,.article pre{border-color:#3c444d}a,button.quiet{color:#79b8ff}"
	"button{background:#1f6fc4}.stars label{border-color:#6e7781}}";

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

/* Only our own style, by its digest: nothing that came from a mail can bring another. Called once, before the first request. */
const char *web_page_policy(void)
{
	static char policy[400];
	CLEANUP_BUFFER struct buffer out;
	unsigned char digest[SHA256_SIZE];
	buffer_init(&out);
	if (*policy)
		return policy;
	sha256_of(style, sizeof style - 1, digest);
	buffer_add_string(&out, "default-src 'none'; style-src 'sha256-");
	base64(&out, digest, sizeof digest);
	buffer_add_string(&out, "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
	memcpy(policy, buffer_string(&out), out.length < sizeof policy ? out.length + 1 : sizeof policy - 1);
	return policy;
}

static void rating(struct writer *w)
{
	const struct web_page *page = w->page;
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
	CLEANUP_ARENA struct arena arena;
	arena_init(&arena);
	web_raw(w, "<article class=\"said\"><span class=\"who\">");
	web_text(w, said->by == OUTCOME_BY_DESK ? said->who : web_word(said->by == OUTCOME_BY_READER ? WORD_YOU : WORD_SOMEBODY_ELSE, w->language));
	web_raw(w, "</span> <span class=\"when\">");
	web_text(w, desk_date(&arena, said->date, web_language_name(w->language)));
	web_raw(w, "</span>\n<div class=\"text\">");
	web_text(w, said->by == OUTCOME_BY_OTHER ? web_word(WORD_NOT_SHOWN, w->language) : said->text);
	web_raw(w, "</div></article>\n");
	if (w->page->single && w->page->part > 0)
		part_link(w, said->seq, w->page->part - 1, WORD_READ_BACK);
	if (said->more)
		part_link(w, said->seq, w->page->single ? w->page->part + 1 : 0, WORD_READ_ON);
}

static void conversation(struct writer *w)
{
	const struct web_page *page = w->page;
	web_card(w, "");
	web_element(w, "h2", WORD_SAID);
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

static void status_page(struct writer *w)
{
	const struct web_page *page = w->page;
	if (page->single) {
		conversation(w);
		return;
	}
	web_card(w, page->done ? " good" : "");
	web_element(w, "h1", page->done ? WORD_SENT : WORD_STATUS);
	web_element(w, "p", (enum web_word)(WORD_STATE_HELD + (int)page->state));
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
}

static void trouble(struct writer *w, enum web_word title, enum web_word more)
{
	web_message_card(w, "", title, more);
	web_raw(w, "</section>\n");
}

static void head(struct writer *w)
{
	const struct web_page *page = w->page;
	buffer_printf(w->out, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n", web_language_name(w->language));
	web_raw(w, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"robots\" content=\"noindex, nofollow\">\n<title>");
	web_text(w, page->desk_name);
	if (page->ticket)
		buffer_printf(w->out, " · #%lld", (long long)page->ticket);
	if (page->kind == PAGE_VIEW_ARTICLE) {
		web_raw(w, " · ");
		web_text(w, page->article.title);
	}
	web_raw(w, "</title>\n<style>");
	web_raw(w, style);
	web_raw(w, "</style>\n</head>\n<body>\n<main>\n");
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
	case PAGE_VIEW_SOLVED:  web_solved_page(w); break;
	}
}

void web_page(struct arena *arena, const struct web_page *page, struct web_response *response)
{
	static const int statuses[] = {200, 200, 200, 410, 404, 503, 200, 200, 200};
	bool too_old = page->kind == PAGE_VIEW_ARTICLE && page->too_old;
	CLEANUP_BUFFER struct buffer out;
	buffer_init(&out);
	struct writer w = {&out, web_language_index(page->language), page};
	head(&w);
	body(&w);
	web_raw(&w, "<footer>");
	web_text(&w, page->desk_name);
	web_raw(&w, "</footer>\n</main>\n</body>\n</html>\n");
	*response = (struct web_response){too_old ? 410 : statuses[page->kind], "text/html; charset=utf-8", arena_copy(arena, out.at, out.length),
	                                   out.length, NULL};
}
