/*
 * test_store_suggestion.c - what was suggested and said to it: kept with the plan, read back in the order of the words, taken back by a later
 * word, counted for reports; fsck sees what does not fit together.
 */
#include "test_store.h"

static struct desk_article shown[] = {
	{ "vpn", "en", "Connect to the VPN", "Install the client", 0.83 }, { "password", "en", "Change a password", "", 0.4 },
};

static void ask(struct fixture *f, int64_t ticket, enum suggestion_shown how, size_t articles, const char *question)
{
	struct plan plan;
	struct suggestion *suggestion = ARENA_NEW(&f->arena, struct suggestion);

	*suggestion = (struct suggestion){ .shown = how, .question = question, .language = "en" };
	suggestion->articles.at = shown;
	suggestion->articles.count = articles;
	desk_plan_init(&plan, &f->arena, "ann@example.com");
	add_effect(&plan, EFFECT_SUGGESTION, ticket)->suggestion = suggestion;
	apply_alone(f, &plan);
}

static void say(struct fixture *f, int64_t ticket, const char *said, const char *article)
{
	struct plan plan;
	struct effect *effect;

	desk_plan_init(&plan, &f->arena, "ann@example.com");
	effect = add_effect(&plan, EFFECT_OUTCOME, ticket);
	effect->to = said;
	effect->from = article;
	apply_alone(f, &plan);
}

static int64_t ticket(struct fixture *f, int number)
{
	return make_ticket(f, "ann@example.com", arena_printf(&f->arena, "<%d@example.com>", number));
}

static struct feedback_rows feedback(struct fixture *f)
{
	struct feedback_rows rows;

	OK(store_kb_feedback(f->store, &f->arena, 100, &rows, &f->error));
	return rows;
}

static void words_come_back_in_their_order(void **state)
{
	struct fixture *f = *state;
	struct feedback_rows rows;
	int64_t before, after;

	for (int i = 1; i <= 4; i++)
		ask(f, ticket(f, i), SUGGESTION_HELD, 2, arena_printf(&f->arena, "VPN\nquestion %d", i));
	OK(store_kb_said(f->store, &before, &f->error));
	assert_int_equal(before, 0);
	assert_int_equal(feedback(f).count, 0);
	say(f, 3, OUTCOME_SOLVED, "password");
	say(f, 1, OUTCOME_REFUSED, "");
	say(f, 2, OUTCOME_SOLVED, "");           /* something solved it: nothing to learn */
	say(f, 4, OUTCOME_TAKEN, "");
	rows = feedback(f);
	assert_int_equal(rows.count, 3);
	assert_int_equal(rows.at[0].ticket, 3);
	assert_true(rows.at[0].solved);
	assert_string_equal(rows.at[0].article, "password");
	assert_string_equal(rows.at[0].question, "VPN\nquestion 3");
	assert_int_equal(rows.at[1].ticket, 1);
	assert_false(rows.at[1].solved || rows.at[2].solved);
	assert_string_equal(rows.at[1].article, "vpn");
	assert_string_equal(rows.at[2].article, "password");
	OK(store_kb_said(f->store, &after, &f->error));
	assert_true(after > before);
	OK(store_kb_feedback(f->store, &f->arena, 2, &rows, &f->error));
	assert_int_equal(rows.count, 2);
	assert_int_equal(rows.at[1].ticket, 1);  /* the newest stay */
	assert_clean(f);
}

static void a_later_word_takes_the_earlier_ones_place(void **state)
{
	struct fixture *f = *state;
	struct feedback_rows rows;
	int64_t before, after;

	ask(f, ticket(f, 1), SUGGESTION_HELD, 2, "VPN\nhelp");
	say(f, 1, OUTCOME_SOLVED, "vpn");
	OK(store_kb_said(f->store, &before, &f->error));
	say(f, 1, OUTCOME_RETURNED, "");
	OK(store_kb_said(f->store, &after, &f->error));
	assert_true(after > before);             /* who learns must see that it is gone */
	assert_int_equal(feedback(f).count, 0);
	say(f, 1, OUTCOME_REFUSED, "");
	rows = feedback(f);
	assert_int_equal(rows.count, 2);
	assert_false(rows.at[0].solved || rows.at[1].solved);
	assert_clean(f);
}

static void reports_tell_all_that_was_asked(void **state)
{
	struct fixture *f = *state;
	struct suggestion_rows rows;
	char *longest = arena_alloc(&f->arena, SUGGESTION_BYTES + 100);
	int64_t start = clock_now();

	memset(longest, 'x', SUGGESTION_BYTES + 99);
	longest[SUGGESTION_BYTES + 99] = 0;
	ask(f, ticket(f, 1), SUGGESTION_NOTHING, 0, "Parking\nwhere?");
	ask(f, ticket(f, 2), SUGGESTION_ACKNOWLEDGED, 2, longest);
	say(f, 2, OUTCOME_SOLVED, "vpn");
	OK(store_suggestions_since(f->store, &f->arena, start, &rows, &f->error));
	assert_int_equal(rows.count, 2);
	assert_int_equal(rows.at[0].shown, SUGGESTION_NOTHING);
	assert_int_equal(rows.at[0].articles.count, 0);
	assert_string_equal(rows.at[0].question, "Parking\nwhere?");
	assert_string_equal(rows.at[0].queue, "support");
	assert_int_equal(rows.at[0].state, STATE_NEW);
	assert_int_equal(strlen(rows.at[1].question), SUGGESTION_BYTES);
	assert_string_equal(rows.at[1].outcome, OUTCOME_SOLVED);
	assert_true(rows.at[1].said_at >= start);
	assert_int_equal(rows.at[1].articles.count, 2);
	assert_string_equal(rows.at[1].articles.at[0].article, "vpn");
	assert_string_equal(rows.at[1].articles.at[0].title, "Connect to the VPN");
	assert_string_equal(rows.at[1].articles.at[0].outcome, "solved");
	assert_string_equal(rows.at[1].articles.at[1].outcome, "");
	assert_true(rows.at[1].articles.at[0].score > 0.829 && rows.at[1].articles.at[0].score < 0.831);
	OK(store_suggestions_since(f->store, &f->arena, clock_now() + 1000, &rows, &f->error));
	assert_int_equal(rows.count, 0);
	assert_clean(f);
}

/* What a report knows of it. */
static void what_was_asked_of_a_ticket(void **state)
{
	struct fixture *f = *state;
	struct asked_row row;
	int64_t start = clock_now(), tickets[3];

	for (int i = 0; i < 3; i++)
		tickets[i] = ticket(f, i + 1);
	for (int i = 1; i >= 0; i--)
		ask(f, tickets[i], i % 2 ? SUGGESTION_ACKNOWLEDGED : SUGGESTION_NOTHING, i % 2 ? 2 : 0, "VPN");
	say(f, tickets[1], OUTCOME_SOLVED, "vpn");
	OK(store_asked_of(f->store, tickets[0], &row, &f->error));
	assert_true(row.there && row.at >= start && !row.shown && !row.solved && !row.said_at);
	OK(store_asked_of(f->store, tickets[1], &row, &f->error));
	assert_true(row.there && row.shown && row.solved && !row.refused && row.said_at >= row.at);
	OK(store_asked_of(f->store, tickets[2], &row, &f->error));
	assert_false(row.there);
	say(f, tickets[1], OUTCOME_RETURNED, "");
	OK(store_asked_of(f->store, tickets[1], &row, &f->error));
	assert_true(row.shown && !row.solved && !row.refused && !row.said_at);
	assert_clean(f);
}

static void facts_of_ticket_and_sender(void **state)
{
	struct fixture *f = *state;
	struct parcel parcel;
	struct evidence evidence = { 0 };
	struct facts facts;
	int64_t start = clock_now();

	ask(f, ticket(f, 1), SUGGESTION_HELD, 2, "VPN\nhelp");
	ticket(f, 2);
	OK(store_facts_of_ticket(f->store, &f->arena, 1, &facts, &f->error));
	assert_int_equal(facts.ticket->suggestion.shown, SUGGESTION_HELD);
	assert_string_equal(facts.ticket->suggestion.outcome, "");
	assert_int_equal(facts.ticket->suggestion.articles.count, 2);
	assert_string_equal(facts.ticket->suggestion.articles.at[0].excerpt, "Install the client");
	OK(store_facts_of_ticket(f->store, &f->arena, 2, &facts, &f->error));
	assert_int_equal(facts.ticket->suggestion.shown, SUGGESTION_NEVER);
	parcel_init(&parcel, "Ann@example.com", "<9@example.com>", "support@example.org", "again");
	OK(store_facts_of_mail(f->store, &f->arena, &parcel.incoming, &evidence, &facts, &f->error));
	assert_int_equal(facts.sender_refused_at, 0);
	say(f, 1, OUTCOME_SOLVED, "vpn");
	OK(store_facts_of_mail(f->store, &f->arena, &parcel.incoming, &evidence, &facts, &f->error));
	assert_int_equal(facts.sender_refused_at, 0);
	say(f, 1, OUTCOME_REFUSED, "");
	OK(store_facts_of_mail(f->store, &f->arena, &parcel.incoming, &evidence, &facts, &f->error));
	assert_true(facts.sender_refused_at >= start);
}

static void fsck_sees_what_does_not_fit(void **state)
{
	static const char *const breaks[][2] = {
		{ "INSERT INTO asked VALUES(99,1,'nothing','',0,'',0,'')", "names ticket 99" },
		{ "DELETE FROM suggested WHERE ticket=1", "what was suggested is not what was shown" },
		{ "DELETE FROM suggested WHERE ticket=1 AND rank=1", "have a gap" },
		{ "DELETE FROM asked WHERE ticket=1", "never asked" },
		{ "UPDATE asked SET said='solved' WHERE ticket=1", "nobody can have said" },
		{ "UPDATE suggested SET outcome='refused' WHERE ticket=1", "without its number" },
		{ "UPDATE suggested SET outcome='solved', said=1 WHERE ticket=1", "did not say so" },
		{ "UPDATE ticket SET state='held' WHERE id=2", "is held, but nothing" },
	};
	struct fixture *f = *state;
	struct strings findings;

	ask(f, ticket(f, 1), SUGGESTION_ACKNOWLEDGED, 2, "VPN\nhelp");
	ticket(f, 2);
	assert_clean(f);
	for (size_t i = 0; i < COUNT_OF(breaks); i++) {
		bool told = false;

		run_sql(f, "BEGIN");
		run_sql(f, breaks[i][0]);
		fsck_findings(f, &findings);
		for (size_t k = 0; k < findings.count; k++)
			told |= strstr(findings.at[k], breaks[i][1]) != NULL;
		if (!told)
			fail_msg("fsck does not see: %s", breaks[i][0]);
		run_sql(f, "ROLLBACK");
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(words_come_back_in_their_order), TEST(a_later_word_takes_the_earlier_ones_place), TEST(reports_tell_all_that_was_asked), TEST(what_was_asked_of_a_ticket),
		TEST(facts_of_ticket_and_sender), TEST(fsck_sees_what_does_not_fit),
	};

	return cmocka_run_group_tests_name("store asked", tests, NULL, NULL);
}
