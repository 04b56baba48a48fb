/*
 * test_gateway_report.c - a report reads in one snapshot and counts when it is gone: from memory, and, what is too much for it, while it reads.
 */
#include "gateway.h"
#include "limits.h"
#include "test_store.h"

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

static void test_no_snapshot_is_held_while_it_counts(void **state)
{
	struct fixture *f = *state;
	struct gateway_reading *reading;
	struct report report;
	bool began;

	make_desk(f);
	struct report_ask ask = ask_for(REPORT_VOLUME, BY_CUSTOMER);

	OK(gateway_report_read(config, f->store, &f->arena, &ask, LIMIT_REPORT_GATHERED, &report, &reading, &f->error));
	OK(store_read_begin(f->store, &began, &f->error));
	assert_true(began);                      /* there was none */
	store_read_end(f->store, began);
	assert_int_equal(report_counted(&report, report.total, COUNT_NEW), 0);     /* nothing was counted in it */
	make_ticket(f, "late@example.com", "<late@example.com>");
	OK(gateway_report_count(reading, &f->error));
	assert_int_equal(report_counted(&report, report.total, COUNT_NEW), TICKETS);       /* as they were in the snapshot */
	assert_int_equal(report.rows.count, 50);
}

static void test_what_is_too_much_for_memory_is_counted_while_it_reads(void **state)
{
	static const enum report_by bys[] = { BY_NOTHING, BY_QUEUE, BY_CUSTOMER, BY_TAG };
	struct fixture *f = *state;

	make_desk(f);
	for (int kind = 0; kind < REPORT_KINDS; kind++)
		for (size_t i = 0; i < COUNT_OF(bys) && (kind != REPORT_MAIL || i < 2); i++) {
			struct report_ask ask = ask_for((enum report_kind)kind, bys[i]);
			struct report all, one_by_one;
			struct gateway_reading *reading;

			OK(gateway_report(config, f->store, &f->arena, &ask, &all, &f->error));
			OK(gateway_report_read(config, f->store, &f->arena, &ask, 1, &one_by_one, &reading, &f->error));
			OK(gateway_report_count(reading, &f->error));
			assert_string_equal(text_of(f, &all), text_of(f, &one_by_one));
		}
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
		cmocka_unit_test_setup_teardown(test_no_snapshot_is_held_while_it_counts, set_up, forget),
		cmocka_unit_test_setup_teardown(test_what_is_too_much_for_memory_is_counted_while_it_reads, set_up, forget),
		cmocka_unit_test_setup_teardown(test_a_damaged_page_is_said, set_up, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
