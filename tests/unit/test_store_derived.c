/*
 * test_store_derived.c - what was made of a mail is kept: it serves whom it can serve, by today's parser, and in pieces.
 */
#include "test_store.h"

#define HEAD "From: ann@customer.example\nTo: support@example.org\nSubject: it\nMIME-Version: 1.0\n"

static int start(void **state)
{
	(void)state;
	mail_init();
	return 0;
}

/* A raw mail alone: what fsck says of it is not asked. */
static int64_t put(struct fixture *f, const char *bytes)
{
	struct store_spool *spool = spool_of(f->dir, bytes, strlen(bytes));
	int64_t raw;

	OK(store_begin(f->store, &f->error));
	OK(store_keep_raw(f->store, spool, &raw, &f->error));
	OK(store_commit(f->store, &f->error));
	store_spool_kept(spool);
	store_spool_free(&spool);
	return raw;
}

static struct mail get(struct fixture *f, int64_t raw, const struct mail_options *options)
{
	struct mail mail;

	OK(store_mail(f->store, &f->arena, raw, options, &mail, &f->error));
	return mail;
}

static void keep(struct fixture *f, int64_t raw, const struct mail *mail, bool whole)
{
	OK(store_begin(f->store, &f->error));
	OK(store_keep_derived(f->store, raw, mail, whole, &f->error));
	OK(store_commit(f->store, &f->error));
}

static const struct mail_options light = { .light = true }, whole = { 0 };

static void what_was_kept_is_read_instead_of_the_mail(void **state)
{
	struct fixture *f = *state;
	int64_t raw = put(f, HEAD "\nMy words.\n\nOn Monday, Bob wrote:\n> his\n");
	struct mail mail = get(f, raw, &whole);

	assert_string_equal(mail.reply_text, "My words.");
	mail.reply_text = "Kept words.";         /* so that it shows where they come from */
	keep(f, raw, &mail, true);
	assert_true(store_has_derived(f->store, raw));
	assert_string_equal(get(f, raw, &whole).reply_text, "Kept words.");
	assert_string_equal(get(f, raw, &light).subject, "it");
	assert_string_equal(get(f, raw, &whole).text, mail.text);
}

static void what_intake_saw_serves_only_who_asks_for_no_more(void **state)
{
	struct fixture *f = *state;
	int64_t raw = put(f, HEAD "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nWords.\n--b\nContent-Disposition: attachment; filename=a\n\nbytes\n--b--\n");
	struct mail mail = get(f, raw, &light);

	mail.reply_text = "Kept words.";
	keep(f, raw, &mail, false);
	assert_string_equal(get(f, raw, &light).reply_text, "Kept words.");
	assert_string_equal(get(f, raw, &whole).reply_text, "Words.");
	assert_true(*get(f, raw, &whole).attachments.at[0].sha256);
	assert_false(store_has_derived(f->store, raw));
	/* The whole takes its place, and is not replaced by a part. */
	mail = get(f, raw, &whole);
	keep(f, raw, &mail, true);
	mail.reply_text = "a part";
	keep(f, raw, &mail, false);
	assert_string_equal(get(f, raw, &light).reply_text, "Words.");
}

static void a_better_parser_derives_again(void **state)
{
	struct fixture *f = *state;
	int64_t raw = put(f, HEAD "\nWords.\n");
	struct mail mail = get(f, raw, &whole);

	mail.reply_text = "Older words.";
	keep(f, raw, &mail, true);
	run_sql(f, "UPDATE derived SET parser=parser-1");
	assert_string_equal(get(f, raw, &whole).reply_text, "Words.");
	mail.reply_text = "Newer words.";
	keep(f, raw, &mail, false);
	assert_string_equal(get(f, raw, &light).reply_text, "Newer words.");
}

static void what_is_damaged_is_derived_again(void **state)
{
	struct fixture *f = *state;
	int64_t raw = put(f, HEAD "\nWords.\n");
	struct mail mail = get(f, raw, &whole);

	mail.reply_text = "Kept words.";
	keep(f, raw, &mail, true);
	run_sql(f, "UPDATE derived SET rest=substr(rest,1,40)");
	assert_string_equal(get(f, raw, &whole).reply_text, "Words.");
}

/* Put together again, the pieces are the words, however many bytes each character has. */
static void pieces_hold_each_character_once(void **state)
{
	static const char text[] = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z\xf0\x9f\x98\x80\xc3\xa4";
	struct fixture *f = *state;
	int64_t raw = put(f, arena_printf(&f->arena, HEAD "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n%s\n", text));
	struct message_row said = { .text = text }, mailed = { .raw = raw };
	struct mail mail = get(f, raw, &whole);
	struct words words;

	for (int round = 0; round < 3; round++) {                /* of a kept text, of a mail that is read, of what was derived */
		const struct message_row *message = round == 0 ? &said : &mailed;

		if (round == 2)
			keep(f, raw, &mail, true);
		for (size_t most = 1; most < sizeof text; most++) {
			const char *all = "";

			for (size_t at = 0; at < sizeof text; at += most) {
				OK(store_words(f->store, &f->arena, message, NULL, at, most, &words, &f->error));
				assert_true(utf8_valid(words.text, strlen(words.text)) && strlen(words.text) <= most + 3);
				assert_int_equal(words.left > 0, at + most < strlen(text));
				all = arena_printf(&f->arena, "%s%s", all, words.text);
			}
			assert_string_equal(all, text);
		}
	}
}

static void a_mail_that_just_came_in_is_read_from_memory_as_often_as_was_awaited(void **state)
{
	struct fixture *f = *state;
	int64_t raw = put(f, HEAD "\nMy words.\n");
	struct mail mail = get(f, raw, &light), found;
	struct store other = { .place = f->store->place + 1 };
	const struct mail_options little = { .light = true, .text_most = 4 };
	char *long_text = arena_room(&f->arena, 20001);

	mail.text = "From memory.";              /* so that it shows where they come from */
	store_recent_keep(f->store, raw, &mail, 2);
	assert_false(store_recent_mail(&other, &f->arena, raw, &light, &found));
	assert_false(store_recent_mail(f->store, &f->arena, raw + 4096, &light, &found));
	assert_false(store_recent_mail(f->store, &f->arena, raw, &little, &found));
	assert_string_equal(get(f, raw, &whole).text, "From memory.");
	assert_true(store_recent_mail(f->store, &f->arena, raw, &light, &found));
	assert_string_equal(found.subject, "it");
	assert_string_equal(found.reply_text, "My words.");
	assert_string_equal(get(f, raw, &light).text, "My words.");
	/* A reply that the text begins with, or is; and one that it does not. */
	static const struct { const char *text, *reply; } both[] = { { "Yes.\n> No?", "Yes." }, { "Yes.", "Yes." }, { "> No?\nYes.", "Yes." }, { "Yes", "Yes." }, { "Yes.", "" }, { "", "" } };
	for (size_t i = 0; i < COUNT_OF(both); i++) {
		mail.text = both[i].text;
		mail.reply_text = both[i].reply;
		store_recent_keep(f->store, raw, &mail, 1);
		assert_true(store_recent_mail(f->store, &f->arena, raw, &light, &found));
		assert_string_equal(found.text, both[i].text);
		assert_string_equal(found.reply_text, both[i].reply);
		assert_string_equal(found.subject, "it");
	}
	/* What is long is not kept; who has the place keeps it. */
	memset(long_text, 'x', 20000);
	long_text[20000] = '\0';
	mail.text = long_text;
	store_recent_keep(f->store, raw, &mail, 1);
	assert_false(store_recent_mail(f->store, &f->arena, raw, &light, &found));
	mail.text = "The first.";
	store_recent_keep(f->store, raw, &mail, 1);
	store_recent_keep(f->store, raw + 4096, &mail, 1);
	assert_false(store_recent_mail(f->store, &f->arena, raw + 4096, &light, &found));
	store_recent_tidy();
	assert_true(store_recent_mail(f->store, &f->arena, raw, &light, &found));
	assert_string_equal(found.text, "The first.");
}

/* So many that they do not all find a place, of which each is awaited by two. Returns whether the last one was kept. */
static bool the_last_of_many_is_kept(struct fixture *f, int64_t raw, struct mail *mail, bool asked)
{
	struct mail found;
	int64_t many = 300;

	for (int64_t i = 0; i < many; i++) {
		store_recent_keep(f->store, raw + i, mail, 2);
		if (asked && i + 1 < many)
			store_recent_mail(f->store, &f->arena, raw + i, &light, &found);
	}
	assert_int_equal(store_recent_mail(f->store, &f->arena, raw, &light, &found), !asked);           /* the oldest stays until it was asked for */
	return store_recent_mail(f->store, &f->arena, raw + many - 1, &light, &found);
}

static void what_was_asked_for_gives_way_where_there_is_no_more_place(void **state)
{
	struct fixture *f = *state;
	int64_t raw = put(f, HEAD "\nMy words.\n");
	struct mail mail = get(f, raw, &light), found;
	char *text = arena_room(&f->arena, 12001);

	memset(text, 'x', 12000);
	text[12000] = '\0';
	mail.text = text;
	assert_true(the_last_of_many_is_kept(f, raw + 10000, &mail, true));
	for (int64_t i = 0; i < 300; i++)        /* their senders come at last */
		while (store_recent_mail(f->store, &f->arena, raw + 10000 + i, &light, &found))
			;
	assert_false(the_last_of_many_is_kept(f, raw + 20000, &mail, false));
}

static void fsck_sees_words_without_a_mail(void **state)
{
	struct fixture *f = *state;
	struct strings findings = { 0 };
	bool told = false;

	run_sql(f, "INSERT INTO derived VALUES(77,1,1,x'',NULL,x'')");
	OK(store_fsck(f->store, &f->arena, &findings, &f->error));
	for (size_t i = 0; i < findings.count; i++)
		told |= strstr(findings.at[i], "derived 77") != NULL;
	assert_true(told);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_kept_is_read_instead_of_the_mail), TEST(what_intake_saw_serves_only_who_asks_for_no_more), TEST(a_better_parser_derives_again),
		TEST(what_is_damaged_is_derived_again), TEST(pieces_hold_each_character_once), TEST(fsck_sees_words_without_a_mail),
		TEST(a_mail_that_just_came_in_is_read_from_memory_as_often_as_was_awaited), TEST(what_was_asked_for_gives_way_where_there_is_no_more_place),
	};

	return cmocka_run_group_tests_name("store derived", tests, start, NULL);
}
