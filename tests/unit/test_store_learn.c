/*
 * test_store_learn.c - what the classifier learns from, learned and did: confirmations follow the plans, two models are kept, a damaged one
 * is known, corrections count and can be taken back.
 */
#include "test_store.h"

#include <sqlite3.h>

static void apply(struct fixture *f, struct plan *plan, int64_t raw, const struct parcel *parcel)
{
	struct delivery_record record = { parcel ? &parcel->incoming : NULL, parcel ? parcel->claim : NULL, raw };

	OK(store_begin(f->store, &f->error));
	OK(store_apply(f->store, plan, parcel ? &record : NULL, &f->error));
	OK(store_commit(f->store, &f->error));
}

/* A ticket of a mail, in queue support. */
static void new_ticket(struct fixture *f, int64_t ticket)
{
	struct parcel parcel;
	struct plan plan;
	char body[40], id[60];
	int64_t raw;

	snprintf(body, sizeof body, "Subject: %d\r\n\r\nHelp\r\n", (int)ticket);
	snprintf(id, sizeof id, "<%d@example.com>", (int)ticket);
	parcel_init(&parcel, "ann@example.com", id, "support@example.org", body);
	parcel.spool = spool_of(f->dir, body, strlen(body));
	desk_plan_init(&plan, &f->arena, "ann@example.com");
	plan.kind = MAIL_REQUEST;
	add_create(&plan, ticket, "ann@example.com");
	add_message(&plan, ticket, 1, MESSAGE_REQUEST, false, true, "ann@example.com", parcel.message_id);
	struct effect *end = add_effect(&plan, EFFECT_DISPOSITION, ticket);
	end->to = DISPOSITION_TICKET;
	end->number = 1;
	OK(store_begin(f->store, &f->error));
	OK(store_keep_raw(f->store, parcel.spool, &raw, &f->error));
	OK(store_commit(f->store, &f->error));
	apply(f, &plan, raw, &parcel);
	store_spool_free(&parcel.spool);
}

static void move(struct fixture *f, int64_t ticket, const char *queue)
{
	struct plan plan;

	desk_plan_init(&plan, &f->arena, "bob");
	add_effect(&plan, EFFECT_SET_QUEUE, ticket)->to = queue;
	apply(f, &plan, 0, NULL);
}

static void route(struct fixture *f, int64_t ticket, const char *queue)
{
	struct plan plan;
	struct effect *effect;

	desk_plan_init(&plan, &f->arena, "ann@example.com");
	effect = add_effect(&plan, EFFECT_ROUTED, ticket);
	effect->to = queue;
	effect->number = 9750;
	apply(f, &plan, 0, NULL);
}

static void agents_confirm_by_moving_and_answering(void **state)
{
	struct fixture *f = *state;
	struct confirmed_rows rows;
	struct plan plan;
	int64_t count;

	for (int64_t ticket = 1; ticket <= 4; ticket++)
		new_ticket(f, ticket);
	move(f, 2, "network");
	desk_plan_init(&plan, &f->arena, "bob");
	add_message(&plan, 1, 2, MESSAGE_REPLY, true, false, "support@example.org", NULL)->agent = "bob";
	add_message(&plan, 3, 2, MESSAGE_NOTE, false, false, "bob@example.org", NULL)->agent = "bob";
	apply(f, &plan, 0, NULL);
	OK(store_confirmed_tickets(f->store, &f->arena, 10, &rows, &f->error));
	assert_int_equal(rows.count, 2);
	for (size_t i = 0; i < rows.count; i++) {
		assert_string_equal(rows.at[i].queue, rows.at[i].ticket == 1 ? "support" : "network");
		assert_true(rows.at[i].raw > 0 && rows.at[i].at > 0);
	}
	move(f, 1, "network");
	OK(store_confirmed_since(f->store, 0, &count, &f->error));
	assert_int_equal(count, 2);
	OK(store_confirmed_tickets(f->store, &f->arena, 1, &rows, &f->error));
	assert_int_equal(rows.count, 1);
}

static void corrections_count_and_can_be_taken_back(void **state)
{
	struct fixture *f = *state;
	struct routed_rows rows;
	int64_t judged, right;

	for (int64_t ticket = 1; ticket <= 3; ticket++) {
		new_ticket(f, ticket);
		route(f, ticket, "support");
	}
	OK(store_routed_judged(f->store, -1, 0, 10, &judged, &right, &f->error));
	assert_int_equal(judged, 0);                             /* nobody looked yet */
	move(f, 1, "network");
	move(f, 2, "network");
	move(f, 2, "support");
	OK(store_routed_judged(f->store, -1, clock_now() + 1000, 10, &judged, &right, &f->error));
	assert_int_equal(judged, 3);
	assert_int_equal(right, 2);
	OK(store_routed_report(f->store, &f->arena, &rows, &f->error));
	assert_int_equal(rows.count, 1);
	assert_string_equal(rows.at[0].queue, "support");
	assert_int_equal(rows.at[0].routed, 3);
	assert_int_equal(rows.at[0].corrected, 1);
	assert_true(rows.at[0].confidence > 0.974 && rows.at[0].confidence < 0.976);
}

struct offers { int64_t versions[4]; bool whole[4]; size_t count; };

static bool take_whole(void *context, const struct model_row *row)
{
	struct offers *offers = context;

	offers->versions[offers->count] = row->version;
	assert_string_equal(row->configuration, "of this");
	offers->whole[offers->count++] = row->whole;
	return row->whole;
}

static void put(struct fixture *f, int64_t began, const char *bytes, int64_t expected)
{
	int64_t version;

	OK(store_begin(f->store, &f->error));
	OK(store_model_put(f->store, began, "of this", "a note", bytes, strlen(bytes), &version, &f->error));
	OK(store_commit(f->store, &f->error));
	assert_int_equal(version, expected);
}

static void two_models_are_kept_and_a_damaged_one_is_known(void **state)
{
	struct fixture *f = *state;
	struct offers offers = { 0 };
	char path[100];
	int64_t version;
	sqlite3 *db;

	OK(store_model_get(f->store, take_whole, &offers, &version, &f->error));
	assert_int_equal(version, 0);
	put(f, 10, "first", 1);
	put(f, 20, "second", 2);
	put(f, 30, "third", 3);
	put(f, 25, "read before the third was", 3);
	OK(store_model_get(f->store, take_whole, &offers, &version, &f->error));
	assert_int_equal(version, 3);
	snprintf(path, sizeof path, "%s/sportello.db", f->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "UPDATE model SET bytes=x'7468697264ff' WHERE version=3", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	offers.count = 0;
	OK(store_model_get(f->store, take_whole, &offers, &version, &f->error));
	assert_int_equal(version, 2);
	assert_int_equal(offers.count, 2);
	assert_false(offers.whole[0]);
	OK(store_model_newest(f->store, &version, &f->error));
	assert_int_equal(version, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(agents_confirm_by_moving_and_answering), TEST(corrections_count_and_can_be_taken_back),
		TEST(two_models_are_kept_and_a_damaged_one_is_known),
	};

	return cmocka_run_group_tests_name("store learn", tests, NULL, NULL);
}
