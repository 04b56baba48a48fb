/*
 * test_gateway_report.c - a report reads in pieces: however large they are, and whatever is taken away between them, it counts the same.
 */
#include "gateway.h"
#include "test_store.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#define TICKETS 600                      /* of three pages, the last of which is not full */
#define EVERYTHING INT64_MAX / 2

static struct config *config;

static void load(struct fixture *f)
{
	struct config_problems problems;
	const char *path = arena_printf(&f->arena, "%s/sportello.conf", f->dir);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fprintf(file, "desk: { name = \"Desk\"; domain = \"example.org\"; state_dir = \"%s\"; };\nrelay: { url = \"smtp://127.0.0.1:9\"; };\n"
	        "agents: ( { name = \"bob\"; email = \"bob@example.net\"; } );\nqueues: ( { name = \"support\"; address = \"support@example.org\"; agents = [ \"bob\" ]; } );\n", f->dir);
	fclose(file);
	assert_int_equal(config_load(path, &f->arena, &config, &problems), STATUS_OK);
}

/* A desk whose histories stand in pages, as the daemon makes them. */
static void make_desk(struct fixture *f)
{
	struct gateway gateway = { 0 };

	load(f);
	for (int i = 0; i < TICKETS; i++) {
		char sender[40], id[40];

		snprintf(sender, sizeof sender, "customer%d@example.com", i % 50);
		snprintf(id, sizeof id, "<%d@example.com>", i);
		make_ticket(f, sender, id);
	}
	OK(store_writer_start(f->dir, NULL, &gateway.writer, &f->error));
	for (int go = 0; go < 20 && gateway_events_go(&gateway, config, f->store); go++)
		continue;
	store_writer_stop(&gateway.writer);
}

static int forget(void **state)
{
	config_unref(&config);
	return tear_down(state);
}

static struct report_ask ask_for(enum report_kind kind, enum report_by by)
{
	return (struct report_ask){ .kind = kind, .by = by, .from = 0, .to = EVERYTHING, .now = clock_now(), .zone = config->zone, .policy = &config->policy };
}

/* As JSON. */
static char *text_of(struct fixture *f, const struct report *report)
{
	CLEANUP_BUFFER struct buffer out = { 0 };

	report_json(report, &out, NULL, NULL);
	return arena_string(&f->arena, buffer_string(&out));
}

static void test_pieces_of_any_size_make_the_same_report(void **state)
{
	static const enum report_by bys[] = { BY_NOTHING, BY_QUEUE, BY_CUSTOMER, BY_TAG };
	struct fixture *f = *state;

	make_desk(f);
	for (int kind = 0; kind < REPORT_KINDS; kind++)
		for (size_t i = 0; i < COUNT_OF(bys) && (kind != REPORT_MAIL || i < 2); i++) {
			struct report_ask ask = ask_for((enum report_kind)kind, bys[i]);
			struct report all, one_by_one;

			OK(gateway_report(config, f->store, &f->arena, &ask, &all, &f->error));
			OK(gateway_report_in_pieces(config, f->store, &f->arena, &ask, 1, &one_by_one, &f->error));
			assert_string_equal(text_of(f, &all), text_of(f, &one_by_one));
		}
}

static void test_no_snapshot_is_held_afterwards(void **state)
{
	struct fixture *f = *state;
	struct report report;
	bool began;

	make_desk(f);
	struct report_ask ask = ask_for(REPORT_VOLUME, BY_CUSTOMER);

	OK(gateway_report_in_pieces(config, f->store, &f->arena, &ask, 1, &report, &f->error));
	OK(store_read_begin(f->store, &began, &f->error));
	assert_true(began);                      /* there was none */
	store_read_end(f->store, began);
	assert_int_equal(report_counted(&report, report.total, COUNT_NEW), TICKETS);
	assert_int_equal(report.rows.count, 50);
}

/* What an erasure does to a page, and who makes it again: at any moment, over and over. */
struct taking { char *path; atomic_bool stop; atomic_int times; };

static void *take_away_and_put_back(void *context)
{
	struct taking *taking = context;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(taking->path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 10000);
	sqlite3_exec(db, "CREATE TEMP TABLE kept AS SELECT * FROM event_page WHERE (id & 4294967295)=2", NULL, NULL, NULL);
	while (!taking->stop) {
		sqlite3_exec(db, "BEGIN IMMEDIATE; DELETE FROM event_page WHERE (id & 4294967295)=2; UPDATE meta SET value=value+1 WHERE key='events_taken'; COMMIT", NULL, NULL, NULL);
		sqlite3_exec(db, "INSERT INTO event_page SELECT * FROM kept", NULL, NULL, NULL);
		taking->times++;
	}
	sqlite3_close(db);
	return NULL;
}

static void test_what_is_taken_away_between_two_pieces_is_counted(void **state)
{
	struct fixture *f = *state;
	struct taking taking = { 0 };
	pthread_t thread;

	make_desk(f);
	run_sql(f, "INSERT INTO meta(key,value) SELECT 'events_taken',0 WHERE NOT EXISTS(SELECT 1 FROM meta WHERE key='events_taken')");
	taking.path = arena_printf(&f->arena, "%s/sportello.db", f->dir);
	assert_int_equal(pthread_create(&thread, NULL, take_away_and_put_back, &taking), 0);
	for (int i = 0; i < 300 || taking.times < 300; i++) {
		CLEANUP_ARENA struct arena arena = { 0 };
		struct report_ask ask = ask_for(REPORT_VOLUME, BY_QUEUE);
		struct report report;

		OK(gateway_report_in_pieces(config, f->store, &arena, &ask, 1, &report, &f->error));
		assert_int_equal(report_counted(&report, report.total, COUNT_NEW), TICKETS);
	}
	taking.stop = true;
	pthread_join(thread, NULL);
}

static void test_a_damaged_page_is_said(void **state)
{
	struct fixture *f = *state;
	struct report report;

	make_desk(f);
	struct report_ask ask = ask_for(REPORT_VOLUME, BY_NOTHING);

	run_sql(f, "UPDATE event_page SET bytes=x'ffff' WHERE id=2");
	assert_int_equal(gateway_report(config, f->store, &f->arena, &ask, &report, &f->error), STATUS_BROKEN);
	assert_non_null(strstr(f->error.text, "a page of events for reports is damaged"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pieces_of_any_size_make_the_same_report, set_up, forget),
		cmocka_unit_test_setup_teardown(test_no_snapshot_is_held_afterwards, set_up, forget),
		cmocka_unit_test_setup_teardown(test_what_is_taken_away_between_two_pieces_is_counted, set_up, forget),
		cmocka_unit_test_setup_teardown(test_a_damaged_page_is_said, set_up, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
