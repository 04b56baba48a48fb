/*
 * test_kb.c - the knowledge base: heads, hostile Markdown, ranking in several languages, silence, changes on disk, learning, lint.
 *
 * Articles are made up here and written to a folder of their own under TMPDIR, which is removed again.
 */
#include "kb/kb_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[200];
static struct arena arena;

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(arena_printf(&arena, "%s/%s", folder, name), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void remove_file(const char *name)
{
	unlink(arena_printf(&arena, "%s/%s", folder, name));
}

static const struct { const char *name, *text; } articles[] = {
	{ "vpn-setup.md", "---\nkeywords: tunnel, anyconnect\nqueues: network\n---\n# Set up the VPN\n\nInstall the client, then enter the gateway and your certificate.\n\nThe connection to the company network is then made by itself.\n" },
	{ "vpn-setup.it.md", "# Configurare la VPN\n\nInstallare il programma, poi inserire il gateway e il certificato per collegarsi alla rete aziendale da casa.\n" },
	{ "password.md", "# Change your password\n\nOpen the account page, choose *Password* and type the new one twice. A forgotten password is reset by mail.\n" },
	{ "printer-jam.md", "# Clear a paper jam\n\nOpen the cover of the printer, pull the sheet out slowly and close it again. If the orange light stays on, switch it off and on.\n" },
	{ "invoice.md", "# Where to find your invoices\n\nAll invoices are in the customer portal under *Billing*. A copy is sent by mail every month. See [the password page](password.md) to log in.\n" },
	{ "drucker.de.md", "# Papierstau im Drucker beheben\n\n\xC3\x96""ffnen Sie die Klappe des Druckers und ziehen Sie das Blatt langsam heraus. Schlie\xC3\x9F""en Sie die Klappe wieder.\n" },
	{ "rechnung.de.md", "# Wo finde ich meine Rechnungen\n\nAlle Rechnungen stehen im Kundenportal unter Abrechnung. Eine Kopie kommt jeden Monat mit der Post.\n" },
	{ "secret.md", "---\nhidden: yes\n---\n# Internal zebra procedure\n\nThe zebra procedure is for agents only and must not be shown.\n" },
};

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena);
	snprintf(folder, sizeof folder, "%s/sportello-kb-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < COUNT_OF(articles); i++)
		write_file(articles[i].name, articles[i].text);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(articles); i++)
		remove_file(articles[i].name);
	rmdir(folder);
	arena_fini(&arena);
	return 0;
}

static struct kb *open_it(struct kb_problems *problems)
{
	struct error error;
	struct kb *kb = NULL;

	assert_int_equal(kb_open(folder, &kb, &arena, problems, &error), STATUS_OK);
	return kb;
}

static struct kb_answer ask(struct kb *kb, const char *subject, const char *text, const char *queue)
{
	struct kb_question question = { .subject = subject, .text = text, .queue = queue };
	struct kb_answer answer;

	kb_suggest(kb, &question, &arena, &answer);
	return answer;
}

static const char *best(struct kb *kb, const char *text)
{
	struct kb_answer answer = ask(kb, NULL, text, NULL);

	return answer.ranking.count ? answer.ranking.at[0].article : "";
}

static void test_names(void **state)
{
	char language[4];
	size_t length;

	(void)state;
	assert_true(kb_file_name("vpn-setup.it.md", &length, language));
	assert_int_equal(length, 9);
	assert_string_equal(language, "it");
	assert_true(kb_file_name("net.vpn.md", &length, language));
	assert_int_equal(length, 7);
	assert_string_equal(language, "");
	assert_false(kb_file_name(".hidden.md", &length, language));
	assert_false(kb_file_name("_draft.md", &length, language));
	assert_false(kb_file_name("a\"b.md", &length, language));
	assert_false(kb_file_name("notes.txt", &length, language));
}

static void test_head(void **state)
{
	struct kb_problems problems = { NULL, 0 };
	struct kb_article article;
	struct error error;
	struct kb *kb;

	(void)state;
	write_file("head.md", "---\r\nkeywords: [ \"one two\", three ]\r\nlanguage: IT-it\r\nqueues: network, support\r\nhidden: maybe\r\ncolour: red\r\n---\r\n# Title *here*\r\n\r\nText.\r\n");
	write_file("open.md", "---\nkeywords: x\n# No end\n");
	kb = open_it(&problems);
	assert_int_equal(kb_article(kb, &arena, "head", NULL, "en", &article, &error), STATUS_OK);
	assert_string_equal(article.title, "Title here");
	assert_string_equal(article.language, "it");
	assert_int_equal(article.keywords.count, 2);
	assert_string_equal(article.keywords.at[0], "one two");
	assert_int_equal(article.queues.count, 2);
	assert_false(article.hidden);
	assert_non_null(strstr(article.markdown, "# Title"));
	assert_int_equal(problems.count, 3);     /* maybe, colour, the open head */
	for (size_t i = 0; i < problems.count; i++)
		assert_true(problems.at[i].line > 0);
	assert_int_equal(kb_article(kb, &arena, "nobody", NULL, NULL, &article, &error), STATUS_NOT_FOUND);
	kb_close(&kb);
	remove_file("head.md");
	remove_file("open.md");
}

static void test_files_that_cannot_be_used(void **state)
{
	struct kb_problems problems = { NULL, 0 };
	char *large = arena_alloc(&arena, KB_ARTICLE_BYTES + 10);
	struct kb *kb;

	(void)state;
	memset(large, 'a', KB_ARTICLE_BYTES + 2);
	write_file("large.md", large);
	write_file("latin.md", "# caff\xE8\n");
	mkdir(arena_printf(&arena, "%s/folder.md", folder), 0700);
	kb = open_it(&problems);
	assert_int_equal(problems.count, 3);
	for (size_t i = 0; i < problems.count; i++)
		assert_false(problems.at[i].warning);
	assert_string_equal(best(kb, "I forgot my password"), "password");
	kb_close(&kb);
	remove_file("large.md");
	remove_file("latin.md");
	rmdir(arena_printf(&arena, "%s/folder.md", folder));
}

static void test_ranking(void **state)
{
	struct kb *kb = open_it(NULL);

	(void)state;
	assert_string_equal(best(kb, "how can I change my passwords"), "password");
	assert_string_equal(best(kb, "a sheet of paper is stuck in the printer"), "printer-jam");
	assert_string_equal(best(kb, "the anyconnect tunnel does not come up"), "vpn-setup");
	assert_string_equal(best(kb, "Ich suche die Rechnung vom letzten Monat"), "rechnung");
	assert_string_equal(best(kb, "Der Drucker hat einen Papierstau"), "drucker");
	assert_string_equal(best(kb, "Come mi collego alla rete aziendale con la vpn da casa?"), "vpn-setup");
	assert_string_equal(best(kb, "printre papr jamm"), "printer-jam");
	kb_close(&kb);
}

static void test_language_of_what_is_shown(void **state)
{
	struct kb *kb = open_it(NULL);
	struct kb_answer answer = ask(kb, "vpn", "Buongiorno, come si configura la vpn per lavorare da casa? Grazie, Anna", NULL);
	struct kb_article article;
	struct error error;

	(void)state;
	assert_string_equal(answer.language, "it");
	assert_string_equal(answer.ranking.at[0].article, "vpn-setup");
	assert_string_equal(answer.ranking.at[0].language, "it");
	for (size_t i = 1; i < answer.ranking.count; i++)
		assert_string_not_equal(answer.ranking.at[i].article, "vpn-setup");     /* once only */
	assert_int_equal(kb_article(kb, &arena, "vpn-setup", "it", "en", &article, &error), STATUS_OK);
	assert_string_equal(article.title, "Configurare la VPN");
	assert_int_equal(kb_article(kb, &arena, "vpn-setup", "fr", "en", &article, &error), STATUS_OK);
	assert_string_equal(article.language, "en");
	kb_close(&kb);
}

static void test_gate(void **state)
{
	struct kb *kb = open_it(NULL);
	struct kb_answer answer = ask(kb, "paper jam", "Hello support,\nthe printer has a paper jam, how do I clear it and get the sheet out?\n\nThanks\nPaul", NULL);

	(void)state;
	assert_true(answer.suggest.count >= 1 && answer.suggest.count <= KB_SUGGESTED);
	assert_string_equal(answer.suggest.at[0].article, "printer-jam");
	assert_true(answer.suggest.at[0].score > 0 && answer.suggest.at[0].score <= 1);
	assert_non_null(strstr(answer.suggest.at[0].excerpt, "sheet"));
	assert_int_equal(ask(kb, NULL, "xyzzy plugh frobozz qwrtz", NULL).suggest.count, 0);
	assert_int_equal(ask(kb, NULL, "Are there free parking lots near the river on Sunday?", NULL).suggest.count, 0);
	assert_int_equal(ask(kb, NULL, "", NULL).ranking.count, 0);
	assert_int_equal(ask(kb, NULL, NULL, NULL).ranking.count, 0);
	assert_int_equal(ask(kb, NULL, "\xFF\xFE\x80 \xF0\x9F\x98\x80", NULL).suggest.count, 0);
	kb_close(&kb);
}

/* Every word of a body is found again at its place, in its sentence. */
static void test_sentences(void **state)
{
	struct kb *kb = open_it(NULL);
	struct kb_view view;

	(void)state;
	kb_view_take(kb, &view);
	for (size_t i = 0; i < view.snapshot->count; i++) {
		const struct kb_entry *entry = view.snapshot->at[i];

		assert_int_equal(entry->starts.count, entry->words_body);
		for (size_t k = 0; k < entry->sentence_count; k++) {
			const struct kb_sentence *sentence = &entry->sentence[k];
			const char *end = entry->body + sentence->at + sentence->length;

			assert_true(sentence->end > k && sentence->end <= entry->sentence_count);
			for (uint32_t word = sentence->start; word < sentence[1].start; word++) {
				const char *at = entry->body + (entry->starts.at[word] >> KB_LETTERS_BITS);
				char as_written[WORDS_BYTES], folded[WORDS_BYTES];

				assert_true(words_next(&at, as_written, folded) && at <= end);
				assert_int_equal(entry->starts.at[word] & ((1 << KB_LETTERS_BITS) - 1), kb_letters(folded));
			}
		}
	}
	kb_view_drop(&view);
	kb_close(&kb);
}

static const char *excerpt_of(const char *article, const char *subject)
{
	struct kb *kb;
	struct kb_answer answer;

	write_file("long.md", article);
	kb = open_it(NULL);
	answer = ask(kb, subject, subject, NULL);
	remove_file("long.md");
	kb_close(&kb);
	assert_true(answer.suggest.count > 0);
	return answer.suggest.at[0].excerpt;
}

/* The place that has the question's words: inflected, in capitals, with accents, as one letter, at the end of a sentence or of the text. */
static void test_excerpts(void **state)
{
	static const char filler[] = "The old manual of the house lies in the cellar, where nobody reads it, and that is how it should stay for ever. "
	                             "Whoever comes along may look at the wall, which is grey, and think about the weather of that day for a while.\n\n";
	const char *head = "# Toner of the colour printer: cartridges, drum, tray B\n\n";

	(void)state;
	for (int place = 0; place < 3; place++) {
		const char *wanted = "Replacing the TONER CARTRIDGES: lift tray B, then t\303\266ner.";
		const char *text = arena_printf(&arena, "%s%s%s%s%s%s%s", head, place > 0 ? filler : "", place > 1 ? filler : "", wanted, place < 2 ? "\n\n" : "",
		                                place < 2 ? filler : "", place < 1 ? filler : "");

		assert_non_null(strstr(excerpt_of(text, "replace a toner cartridge of the colour printer, tray B"), "CARTRIDGES: lift tray B"));
	}
}

static void test_queue_and_hidden(void **state)
{
	struct kb *kb = open_it(NULL);
	struct kb_answer answer = ask(kb, NULL, "where do I enter gateway and certificate, install the client", "billing");

	(void)state;
	for (size_t i = 0; i < answer.ranking.count; i++)
		assert_false(!strcmp(answer.ranking.at[i].article, "vpn-setup") && !strcmp(answer.ranking.at[i].language, "en"));
	answer = ask(kb, NULL, "internal zebra procedure", NULL);
	for (size_t i = 0; i < answer.ranking.count; i++)
		assert_string_not_equal(answer.ranking.at[i].article, "secret");
	kb_close(&kb);
}

static void test_question(void **state)
{
	static const struct { const char *greeting, *closing; } polite[] = {
		{ "HELLO support", "THANKS" }, { "hi", "mfg" }, { "Gr\xC3\xBC\xC3\x9F Gott", "Viele Gr\xC3\xBC\xC3\x9F""e" }, { "Ch\xC3\xA8re Madame", "Merci" },
		{ "Ciao", "Un saluto" }, { "Estimados", "Enviado desde mi m\xC3\xB3vil" }, { "Moin", "LG" },
	};
	const char *clean;

	(void)state;
	clean = kb_question_clean(&arena, "Re: AW: printer", "Hello dear team,\n\nit is stuck.\n> old words\n\nKind regards\nPaul Smith\nSales");
	assert_non_null(strstr(clean, "it is stuck"));
	assert_null(strstr(clean, "team"));
	assert_null(strstr(clean, "old words"));
	assert_null(strstr(clean, "Paul"));
	assert_null(strstr(clean, "Re:"));
	clean = kb_question_clean(&arena, NULL, "Hi, my screen is black. What can I do? Jan");
	assert_null(strstr(clean, "Jan"));
	assert_non_null(strstr(clean, "black"));
	clean = kb_question_clean(&arena, NULL, "Hello");
	assert_non_null(strstr(clean, "Hello"));
	clean = kb_question_clean(&arena, NULL, "text\n-- \nsignature");
	assert_null(strstr(clean, "signature"));
	for (size_t i = 0; i < COUNT_OF(polite); i++) {         /* in whatever case, and of two letters, too */
		clean = kb_question_clean(&arena, NULL, arena_printf(&arena, "%s,\nit is stuck.\n%s\nPaul", polite[i].greeting, polite[i].closing));
		assert_string_equal(clean, "\nit is stuck.\n");
	}
	clean = kb_question_clean(&arena, NULL, "Heliport,\nit is stuck.\nThan it was\nPaul and all the others, too.");
	assert_string_equal(clean, "\nHeliport,\nit is stuck.\nThan it was\nPaul and all the others, too.\n");
}

static const char *html_of(const char *markdown)
{
	struct error error;
	const char *html;

	assert_int_equal(kb_article_html(&arena, markdown, "/kb/", &html, &error), STATUS_OK);
	return html;
}

static void test_html(void **state)
{
	char *deep = arena_alloc(&arena, KB_ARTICLE_BYTES + 2);
	struct error error;
	const char *html;

	(void)state;
	assert_string_equal(html_of("# Title\n\nText *here*.\n"), "<p>Text <em>here</em>.</p>\n");
	assert_null(strstr(html_of("a <script>alert(1)</script> <img src=x onerror=y>\n\n<iframe src=x></iframe>\n"), "<script"));
	assert_null(strstr(html_of("[a](javascript:alert(1)) [b](JaVaScRiPt:x) [c](data:text/html,x) [d](vbscript:x) [e](file:///etc/passwd)"), "href=\"j"));
	assert_null(strstr(html_of("[a](java&#10;script:alert(1))"), "script"));
	assert_null(strstr(html_of("![a](data:image/svg+xml,x)"), "data:"));
	assert_non_null(strstr(html_of("[a](password.it.md) [b](https://example.org/) [c](mailto:x@example.org)"), "href=\"/kb/password\""));
	assert_non_null(strstr(html_of("[b](https://example.org/)"), "href=\"https://example.org/\""));
	assert_null(strstr(html_of("[a](\"><script>)"), "<script"));
	for (size_t i = 0; i + 6 < KB_ARTICLE_BYTES; i += 6)
		memcpy(deep + i, "![[]()", 6);
	assert_non_null(html_of(deep));
	memset(deep, '>', KB_ARTICLE_BYTES);
	kb_article_html(&arena, deep, "/kb/", &html, &error);
	memset(deep, 'x', KB_ARTICLE_BYTES + 1);
	assert_int_equal(kb_article_html(&arena, deep, "/kb/", &html, &error), STATUS_BAD_INPUT);
}

static void test_changes(void **state)
{
	struct kb *kb = open_it(NULL);
	struct kb_articles list;
	struct error error;
	size_t changed;

	(void)state;
	assert_int_equal(kb_refresh(kb, &arena, NULL, &changed, &error), STATUS_OK);
	assert_int_equal(changed, 0);
	write_file("badge.md", "# Your door badge is lost\n\nTell reception at once; the badge is blocked and you get another one.\n");
	assert_int_equal(kb_refresh(kb, &arena, NULL, &changed, &error), STATUS_OK);
	assert_int_equal(changed, 1);
	assert_string_equal(best(kb, "I lost my badge for the door"), "badge");
	write_file("badge.md", "# Holidays\n\nAsk your manager for holidays, at least two weeks before they begin.\n");
	kb_refresh(kb, &arena, NULL, &changed, &error);
	assert_int_equal(changed, 1);
	assert_string_equal(best(kb, "when must holidays be asked for"), "badge");
	assert_string_not_equal(best(kb, "lost the door badge, reception"), "badge");
	remove_file("badge.md");
	kb_refresh(kb, &arena, NULL, &changed, &error);
	assert_int_equal(changed, 1);
	kb_list(kb, &arena, &list);
	assert_false(kb_is_empty(kb));
	assert_int_equal(list.count, COUNT_OF(articles));
	for (int i = 0; i < 40; i++) {           /* far beyond a quarter: the index is made anew */
		write_file("badge.md", arena_printf(&arena, "# Number %d\n\nThe walrus number %d sings.\n", i, i));
		kb_refresh(kb, &arena, NULL, &changed, &error);
		assert_string_equal(best(kb, "which walrus sings"), "badge");
	}
	remove_file("badge.md");
	kb_refresh(kb, &arena, NULL, &changed, &error);
	assert_string_not_equal(best(kb, "which walrus sings"), "badge");
	kb_close(&kb);
}

/* Patched and made anew must be the same index. */
static void test_patched_is_whole(void **state)
{
	struct kb *kb = open_it(NULL), *fresh;
	struct kb_answer a, b;
	struct error error;

	(void)state;
	write_file("badge.md", "# Badge\n\nThe printer prints badges for the gateway.\n");
	kb_refresh(kb, &arena, NULL, NULL, &error);
	fresh = open_it(NULL);
	a = ask(kb, NULL, "printer badge gateway password", NULL);
	b = ask(fresh, NULL, "printer badge gateway password", NULL);
	assert_int_equal(a.ranking.count, b.ranking.count);
	assert_string_equal(a.ranking.at[0].article, b.ranking.at[0].article);
	kb_close(&kb);
	kb_close(&fresh);
	remove_file("badge.md");
}

static void test_learning(void **state)
{
	static const struct kb_feedback solved[] = { { "My gizmo is grumpy", "password", true }, { "the gizmo grumbles at me", "password", true }, { "gizmo", "gone", true } };
	static const struct kb_feedback refused[] = { { "My gizmo is grumpy again", "password", false } };
	struct kb *kb = open_it(NULL);
	struct kb_article article;
	struct error error;
	double before;

	(void)state;
	assert_string_not_equal(best(kb, "Why is the gizmo so grumpy?"), "password");
	kb_learn(kb, solved, COUNT_OF(solved), false);
	assert_string_equal(best(kb, "Why is the gizmo so grumpy?"), "password");
	assert_int_equal(kb_article(kb, &arena, "password", NULL, NULL, &article, &error), STATUS_OK);
	assert_int_equal(article.learned, 2);
	before = ask(kb, NULL, "Why is the gizmo so grumpy?", NULL).confidence;
	kb_learn(kb, refused, 1, false);
	assert_true(ask(kb, NULL, "Why is the gizmo so grumpy?", NULL).confidence <= before);
	kb_learn(kb, NULL, 0, true);
	assert_string_not_equal(best(kb, "Why is the gizmo so grumpy?"), "password");
	kb_close(&kb);
}

/* Enough of it, and the gate fits itself: confident where it was right, silent as before on nonsense. */
static void test_gate_learns(void **state)
{
	static const struct { const char *question, *article; } known[] = {
		{ "I cannot remember my password number %d", "password" }, { "paper jam in printer %d again", "printer-jam" },
		{ "where is invoice %d to be found", "invoice" }, { "vpn client %d asks for a gateway", "vpn-setup" },
	};
	struct kb_feedback feedback[80];
	struct kb *kb = open_it(NULL);
	struct kb_answer answer;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(feedback); i++) {
		char *text = arena_string(&arena, known[i % 4].question), *place = strstr(text, "%d");

		place[0] = (char)('a' + i / 26);
		place[1] = (char)('a' + i % 26);
		feedback[i] = (struct kb_feedback){ text, known[i % 4].article, true };
	}
	kb_learn(kb, feedback, COUNT_OF(feedback), true);
	answer = ask(kb, NULL, "I cannot remember my password", NULL);
	assert_true(answer.suggest.count > 0);
	assert_string_equal(answer.suggest.at[0].article, "password");
	assert_int_equal(ask(kb, NULL, "xyzzy plugh frobozz", NULL).suggest.count, 0);
	kb_close(&kb);
}

static bool said(const struct kb_problems *problems, const char *file, const char *text)
{
	for (size_t i = 0; i < problems->count; i++)
		if (!strcmp(problems->at[i].file, file) && strstr(problems->at[i].text, text))
			return true;
	return false;
}

static void test_lint(void **state)
{
	struct kb_problems problems = { NULL, 0 };
	struct kb *kb;

	(void)state;
	write_file("untitled.md", "Some text with no heading at all and it goes on for a while.\n");
	write_file("links.md", "# Links that lead\n\nSee [there](nowhere.md), [here](password.md#top), [web](https://example.org/x.md) and you will find it.\n");
	write_file("twin.md", articles[3].text);
	write_file("short.md", "# Short\n");
	kb = open_it(&problems);
	kb_lint(kb, &arena, &problems);
	assert_true(said(&problems, "untitled.md", "no title"));
	assert_true(said(&problems, "links.md", "nowhere.md"));
	assert_false(said(&problems, "links.md", "password.md"));
	assert_true(said(&problems, "printer-jam.md", "twin.md") || said(&problems, "twin.md", "printer-jam.md"));
	assert_true(said(&problems, "short.md", "no text"));
	kb_close(&kb);
	remove_file("untitled.md");
	remove_file("links.md");
	remove_file("twin.md");
	remove_file("short.md");
}

static void test_no_folder(void **state)
{
	struct kb_problems problems = { NULL, 0 };
	struct kb *kb;
	struct error error;

	(void)state;
	assert_int_equal(kb_open("/nonexistent/kb", &kb, &arena, &problems, &error), STATUS_OK);
	assert_int_equal(problems.count, 1);
	assert_string_equal(best(kb, "anything at all"), "");
	assert_int_equal(kb_refresh(kb, &arena, NULL, NULL, &error), STATUS_NOT_FOUND);
	kb_close(&kb);
	assert_int_equal(kb_open("/dev/null", &kb, &arena, &problems, &error), STATUS_BAD_INPUT);
	assert_null(kb);
}

static atomic_bool stop;

static void *reader(void *context)
{
	struct kb *kb = context;

	while (!atomic_load(&stop)) {
		CLEANUP_ARENA struct arena own;
		struct kb_question question = { .text = "the printer has a paper jam" };
		struct kb_answer answer;

		arena_init(&own);
		kb_suggest(kb, &question, &own, &answer);
		assert_true(answer.ranking.count > 0);
	}
	return NULL;
}

static void test_threads(void **state)
{
	static const struct kb_feedback feedback = { "paper", "printer-jam", true };
	struct kb *kb = open_it(NULL);
	struct error error;
	pthread_t thread[2];

	(void)state;
	atomic_store(&stop, false);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, reader, kb), 0);
	for (int i = 0; i < 25; i++) {
		write_file("badge.md", arena_printf(&arena, "# Badge %d\n\nText of number %d that changes.\n", i, i));
		kb_refresh(kb, &arena, NULL, NULL, &error);
		kb_learn(kb, &feedback, 1, i % 5 == 0);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	kb_close(&kb);
	remove_file("badge.md");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names), cmocka_unit_test(test_head), cmocka_unit_test(test_files_that_cannot_be_used), cmocka_unit_test(test_ranking),
		cmocka_unit_test(test_language_of_what_is_shown), cmocka_unit_test(test_gate),
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_excerpts), cmocka_unit_test(test_queue_and_hidden),
		cmocka_unit_test(test_question), cmocka_unit_test(test_html), cmocka_unit_test(test_changes), cmocka_unit_test(test_patched_is_whole),
		cmocka_unit_test(test_learning), cmocka_unit_test(test_gate_learns), cmocka_unit_test(test_lint), cmocka_unit_test(test_no_folder),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
