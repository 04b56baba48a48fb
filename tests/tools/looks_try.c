/*
 * looks_try.c - every mail and every page as a reader would have it, with likely values, for tests that look at them.
 *
 * looks_try LANGUAGE [COLOUR LOGO]: prints "mail NAME LENGTH\n" or "page NAME LENGTH\n" and so many bytes of HTML, one after the other. COLOUR
 * and LOGO (an address of a picture) are the brand's; without them there is none. The mails are those of desk_notice_table.c, all of them.
 */
#include "web/web_private.h"

#include <stdio.h>
#include <string.h>

static struct arena arena;

struct value { const char *key, *english, *italian; };
static const struct value values[] = {
	{"desk", "Acme Support", "Assistenza Acme"}, {"ticket", "128", "128"}, {"subject", "Printer on the second floor", "Stampante del secondo piano"},
	{"subject_line", "Re: Printer on the second floor [#128]", "Re: Stampante del secondo piano [#128]"}, {"queue", "support", "assistenza"},
	{"customer", "Anna Bianchi", "Anna Bianchi"}, {"customer_address", "anna@example.com", "anna@example.com"}, {"agent", "bob", "bob"},
	{"agent_name", "Bob Rossi", "Bob Rossi"}, {"link_status", "https://help.example.org/l/sahikeapx2vgce5sb2xx3wfwdcgn74", "https://help.example.org/l/sahikeapx2vgce5sb2xx3wfwdcgn74"},
	{"readers", "Anna Bianchi <anna@example.com>, Carl Verdi <carl@example.com>", "Anna Bianchi <anna@example.com>, Carl Verdi <carl@example.com>"},
	{"text", "Good morning,\n\nthe printer on the second floor prints nothing but grey stripes since Monday. I have switched it off and on, and changed the toner.\n\nAnna",
	 "Buongiorno,\n\nda lunedì la stampante del secondo piano stampa solo strisce grigie. L’ho spenta e riaccesa e ho cambiato il toner.\n\nAnna"},
	{"words", "Good morning,\n\nplease print the page that you find here: https://kb.example.org/test-page and tell us what you see.\n\nBob",
	 "Buongiorno,\n\nstampi la pagina che trova qui: https://kb.example.org/test-page e ci dica che cosa vede.\n\nBob"},
	{"date", "8 December 2026 at 10:00 (UTC+1)", "8 dicembre 2026 alle 10:00 (UTC+1)"}, {"due", "8 December 2026 at 10:00 (UTC+1)", "8 dicembre 2026 alle 10:00 (UTC+1)"},
	{"attachments", "stripes.jpg, IMG_2041.heic", "strisce.jpg, IMG_2041.heic"}, {"files_left", "video.mp4 (48 MB)", "video.mp4 (48 MB)"},
	{"link_confirm", "https://help.example.org/l/yabc", "https://help.example.org/l/yabc"}, {"link_refuse", "https://help.example.org/l/zabc", "https://help.example.org/l/zabc"},
	{"link_help", "https://help.example.org/l/habc", "https://help.example.org/l/habc"}, {"link_solved", "https://help.example.org/l/kabc", "https://help.example.org/l/kabc"},
	{"link_rate", "https://help.example.org/l/sabc", "https://help.example.org/l/sabc"}, {"days", "14", "14"}, {"stars", "2", "2"},
	{"article_first", "The printer prints stripes", "La stampante fa le strisce"}, {"excerpt_first", "Dust on the drum makes grey stripes. Open the front, take out the drum and wipe it with a dry cloth.",
	 "La polvere sul tamburo lascia strisce grigie. Apra lo sportello, estragga il tamburo e lo pulisca con un panno asciutto."},
	{"link_first", "https://help.example.org/kb/stripes?t=r1", "https://help.example.org/kb/stripes.it?t=r1"}, {"article_second", "Ordering toner", "Ordinare il toner"},
	{"excerpt_second", "Toner is in the cabinet beside the copy room.", "Il toner è nell’armadio accanto alla sala fotocopie."}, {"link_second", "https://help.example.org/kb/toner?t=r2", "https://help.example.org/kb/toner.it?t=r2"},
	{"note_address", "support+xabcdefghijklmnop@example.org", "assistenza+xabcdefghijklmnop@example.org"}, {"hint", "network (82 %), support (11 %)", "rete (82 %), assistenza (11 %)"}, {"hint_queue", "network", "rete"},
	{"commands", "/assign AGENT\n/queue QUEUE\n/pending 3d\n/note\n/resolve\n/close\n/help", "/assign AGENT\n/queue QUEUE\n/pending 3d\n/note\n/resolve\n/close\n/help"},
	{"history", "\xE2\x80\x94 Bob Rossi, 28 November 2026 16:20\nWhich printer is it?\n\n\xE2\x80\x94 Anna Bianchi, 28 November 2026 15:02\nThe printer does not work.",
	 "\xE2\x80\x94 Bob Rossi, 28 novembre 2026 16:20\nDi quale stampante si tratta?\n\n\xE2\x80\x94 Anna Bianchi, 28 novembre 2026 15:02\nLa stampante non funziona."},
	{"others", "#97  closed  Toner for room 12\n#64  closed  New laptop", "#97  chiusa  Toner per la stanza 12\n#64  chiusa  Nuovo portatile"}, {"articles", "The printer prints stripes", "La stampante fa le strisce"},
	{"owner", "Bob Rossi", "Bob Rossi"}, {"fields", "Priority: high", "Priorità: alta"}, {"colleague", "Carla Neri", "Carla Neri"}, {"answered", "yes", "yes"},
	{"problem", "/asign bob: \"/asign\" is not a command", "/asign bob: \"/asign\" non è un comando"}, {"recipient", "anna@example.com", "anna@example.com"},
	{"reply", "550 5.1.1 <anna@example.com>: Recipient address rejected: User unknown", "550 5.1.1 <anna@example.com>: Recipient address rejected: User unknown"},
	{"original_subject", "Re: Printer on the second floor [#128]", "Re: Stampante del secondo piano [#128]"}, {"done", "#128: bob has it\n#128: priority: high", "#128: ora è di bob\n#128: priorità: alta"},
	{"list", "#128  open  3 h  Anna Bianchi  Printer on the second floor\n#131  new   1 h  Carl Verdi    VPN", "#128  aperta  3 h  Anna Bianchi  Stampante del secondo piano\n#131  nuova   1 h  Carl Verdi    VPN"},
	{"list_alone", "yes", "yes"}, {"files_sent", "stripes.jpg (240 KB), Anna Bianchi, 29 November 2026 09:12", "strisce.jpg (240 KB), Anna Bianchi, 29 novembre 2026 09:12"},
	{"third", "Printer Service Ltd", "Servizio Stampanti Srl"}, {"side_subject", "Request [#128]", "Richiesta [#128]"}, {"state", "open", "aperta"}, {"tags", "printer, floor-2", "stampante, piano-2"},
	{"created", "28 November 2026 15:02", "28 novembre 2026 15:02"}, {"suggested", "The printer prints stripes", "La stampante fa le strisce"},
	{"address", "Acme S.p.A., Via Roma 1, 20121 Milano", "Acme S.p.A., Via Roma 1, 20121 Milano"},
};

/* What a mail has besides `always`. "words" stands for {text} of the desk's own. */
static const char always[] = " desk ticket subject subject_line queue ";
static const struct { const char *name, *keys; } mails[] = {
	{"received", " link_status date article_first excerpt_first link_first article_second excerpt_second link_second link_solved "},
	{"held", " date article_first excerpt_first link_first article_second excerpt_second link_second link_solved link_help "},
	{"held-reminder", " date article_first excerpt_first link_first link_solved link_help "}, {"taken", " agent_name date link_status "}, {"reply", " words "}, {"side", " words "}, {"opened", " words "},
	{"details", " words "}, {"resolved", " words link_confirm link_refuse date "}, {"reminder", " link_confirm link_refuse date "}, {"closed", " link_rate link_status days "},
	{"reopened", " link_status "}, {"expired", " link_help "},
	{"agent-new", " customer customer_address text attachments files_left note_address hint hint_queue commands history others articles readers due fields suggested "},
	{"agent-command-error", " problem text readers commands "}, {"agent-done", " done list_alone list readers "}, {"agent-digest", " list date "}, {"agent-files", " files_sent customer readers "},
	{"agent-bounced", " recipient reply original_subject readers "}, {"agent-undeliverable", " recipient reply original_subject readers "}, {"agent-side", " third side_subject text note_address "},
	{"agent-shown", " customer customer_address state owner tags created readers history fields "}, {"agent-rated", " customer customer_address stars text "},
};
static const char of_agents[] = " customer customer_address text attachments readers owner due note_address history colleague answered date ";

static bool has(const char *keys, const char *key)
{
	return strstr(keys, arena_printf(&arena, " %s ", key)) != NULL;
}

static const char *record_for(const char *name, bool italian, const char *colour, const char *logo)
{
	struct buffer out CLEANUP_BUFFER;
	const char *keys = of_agents;
	struct desk_colours c;
	buffer_init(&out);
	for (size_t i = 0; i < COUNT_OF(mails); i++)
		if (strcmp(mails[i].name, name) == 0)
			keys = mails[i].keys;
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		const char *key = values[i].key, *value = italian ? values[i].italian : values[i].english;
		if (has(always, key) || has(keys, key) || (strcmp(key, "address") == 0 && colour && strncmp(name, "agent-", 6) != 0))
			record_add(&out, strcmp(key, "words") == 0 || (strcmp(key, "list") == 0 && strcmp(name, "agent-digest") == 0) ? "text" : key, value);
	}
	if (colour && desk_brand_colours(colour, &c)) {
		record_add(&out, "colour", c.button);
		record_add(&out, "colour_text", c.text);
		record_add(&out, "colour_link", c.link);
		record_add(&out, "dark_colour", c.dark_button);
		record_add(&out, "dark_text", c.dark_text);
		record_add(&out, "dark_link", c.dark_link);
	}
	if (logo && strncmp(name, "agent-", 6) != 0) {
		record_add(&out, "logo", logo);
		record_add(&out, "logo_width", "120");
		record_add(&out, "logo_height", "40");
	}
	return arena_string(&arena, buffer_string(&out));
}

static void print(const char *what, const char *name, const char *html, size_t length)
{
	printf("%s %s %zu\n", what, name, length);
	fwrite(html, 1, length, stdout);
}

static void print_mails(const char *language, const char *colour, const char *logo)
{
	for (const struct desk_notice *notice = desk_notices; notice->name; notice++) {
		struct rendered mail;
		struct error error;
		if (desk_render(&arena, NULL, notice->name, language, "en", record_for(notice->name, strcmp(language, "it") == 0, colour, logo), &mail, &error) == STATUS_OK)
			print("mail", notice->name, mail.html, strlen(mail.html));
	}
}

static const char *value_of(const char *key, const char *language)
{
	for (size_t i = 0; i < COUNT_OF(values); i++)
		if (strcmp(values[i].key, key) == 0)
			return strcmp(language, "it") == 0 ? values[i].italian : values[i].english;
	return "";
}

static void print_page(const char *name, struct web_page page)
{
	struct web_response response;
	web_page(&arena, &page, &response);
	print("page", name, response.body, response.length);
}

static void print_pages(const char *language, const char *colour, const char *logo)
{
	struct web_article articles[] = {{"stripes", value_of("article_first", language), "../kb/stripes"}, {"toner", value_of("article_second", language), "../kb/toner"}};
	static struct web_file files[] = {{1, "IMG_2041.jpg", 245760}, {2, "A very long name of a picture that somebody took with his telephone on the second floor.jpeg", 5242880}};
	bool italian = strcmp(language, "it") == 0;
	const char *when[] = {italian ? "28 novembre 2026 15:02" : "28 November 2026 15:02", italian ? "28 novembre 2026 16:20" : "28 November 2026 16:20", italian ? "29 novembre 2026 09:12" : "29 November 2026 09:12"};
	struct web_said said[] = {{.by = OUTCOME_BY_READER, .text = value_of("text", language), .when = when[0], .seq = 1, .files = {files, COUNT_OF(files)}},
	                          {.by = OUTCOME_BY_DESK, .who = "Bob Rossi", .text = value_of("words", language), .when = when[1], .seq = 2, .more = true},
	                          {.by = OUTCOME_BY_OTHER, .when = when[2], .seq = 3}};
	static const char *const states[STATE_COUNT] = {"status-held", "status-expired", "status-new", "status-open", "status-pending", "status-resolved", "status-closed"};
	struct web_page page = {.kind = PAGE_VIEW_STATUS, .language = language, .desk_name = value_of("desk", language), .address = colour ? value_of("address", language) : "", .write_to = "support@example.org",
	                        .logo = logo, .logo_width = 120, .logo_height = 40, .ticket = 128, .subject = value_of("subject", language), .action = "s", .link_status = "s", .link_confirm = "y", .link_refuse = "z",
	                        .link_help = "h", .link_solved = "k", .may_rate = true, .suggested = {articles, COUNT_OF(articles)}, .said = {said, COUNT_OF(said)}, .more = true,
	                        .article = {"stripes", "The printer prints stripes", "en", "<p>Dust on the drum makes <b>grey stripes</b>.</p><h2>What to do</h2><ol><li>Open the front.</li><li>Take out the drum.</li></ol><pre>lpstat -p printer-second-floor --long-option-that-does-not-fit</pre>"}};
	desk_brand_colours(colour, &page.colours);
	for (int state = 0; state < STATE_COUNT; state++) {
		page.state = (enum ticket_state)state;
		print_page(states[state], page);
	}
	page.stars = 4;
	print_page("status-rated", page);
	page.stars = 0, page.state = STATE_PENDING, page.waiting = "third-party";
	print_page("status-third-party", page);
	page.waiting = "customer", page.state = STATE_OPEN, page.done = true;
	print_page("status-sent", page);
	page.done = false, page.empty = true;
	print_page("status-empty", page);
	page.empty = false, page.single = true, page.message = 2;
	page.said.count = 1;
	print_page("status-message", page);
	page.single = false;
	page.state = STATE_RESOLVED;
	static const struct { const char *name; enum web_page_kind kind; enum ticket_state state; bool done; } others[] = {
		{"confirm", PAGE_VIEW_CONFIRM, STATE_RESOLVED, false}, {"confirmed", PAGE_VIEW_CONFIRM, STATE_CLOSED, true}, {"confirm-open", PAGE_VIEW_CONFIRM, STATE_OPEN, false},
		{"refuse", PAGE_VIEW_REFUSE, STATE_RESOLVED, false}, {"refused", PAGE_VIEW_REFUSE, STATE_OPEN, true}, {"help", PAGE_VIEW_HELP, STATE_HELD, false}, {"helped", PAGE_VIEW_HELP, STATE_NEW, true},
		{"solved", PAGE_VIEW_SOLVED, STATE_HELD, false}, {"solved-done", PAGE_VIEW_SOLVED, STATE_CLOSED, true}, {"article", PAGE_VIEW_ARTICLE, STATE_HELD, false},
	};
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		page.kind = others[i].kind, page.state = others[i].state, page.done = others[i].done;
		print_page(others[i].name, page);
	}
	page.ticket = 0;
	print_page("article-alone", page);
	page.too_old = true;
	print_page("article-too-old", page);
	static const struct { const char *name; enum web_page_kind kind; } wrong[] = {{"too-old", PAGE_VIEW_TOO_OLD}, {"unknown", PAGE_VIEW_UNKNOWN}, {"trouble", PAGE_VIEW_TROUBLE}, {"here", PAGE_VIEW_HERE}};
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		page.kind = wrong[i].kind;
		print_page(wrong[i].name, page);
	}
}

int main(int argc, char **argv)
{
	const char *language = argc > 1 ? argv[1] : "en", *colour = argc > 2 ? argv[2] : NULL, *logo = argc > 3 ? argv[3] : NULL;
	arena_init(&arena);
	print_mails(language, colour, logo);
	print_pages(language, colour, logo);
	arena_fini(&arena);
	return 0;
}
