/* test_report.c - numbers of random histories: what came, minus what went, is what is there, in each row and in the total; each figure opens as many tickets as it says. */
#include "report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define HISTORIES 10000
#define TICKETS 5                        /* of one report */
#define DAY_MS 86400000LL
#define BEGIN_MS 1767571200000LL         /* Monday 2026-01-05 00:00 UTC */

static const char *const states[] = { "new", "open", "pending", "resolved", "closed", "held", "expired" };
static const char *const queues[] = { "support", "sales", "repairs" };
static const char *const agents[] = { "", "bob", "eva" };
static const char *const tags[] = { "vpn", "printer" };
static const char *const languages[] = { "", "en", "it" };

static struct arena arena;
static struct zone zone;
static struct desk_policy policy;

#define ANY(list) list[(size_t)rand() % COUNT_OF(list)]

static void add(struct ticket_row *row, int64_t at, enum history_kind kind, const char *now)
{
	*ARENA_PUSH(&arena, &row->history) = (struct history_row){ .at = at, .who = "", .what = "", .why = "", .kind = kind, .was = "", .now = now, .number = 1 };
}

/* Everything that moves a ticket about, in any order, also what no desk would do. */
static void random_ticket(struct ticket_row *row, int64_t number)
{
	int64_t at = BEGIN_MS + rand() % 20 * DAY_MS + rand() % DAY_MS;

	*row = (struct ticket_row){ .facts = { .id = number, .queue = "support", .agent = "", .language = "en", .priority = "normal", .subject = "", .vip = "", .organisation = "", .level = "",
	                                       .customer = { "anna@example.com", "", ROLE_CUSTOMER, NULL } } };
	add(row, at, HISTORY_CREATED, arena_printf(&arena, "%s\nnormal\n%s\n%s", ANY(states), ANY(queues), ANY(agents)));
	for (int i = rand() % 12; i > 0; i--) {
		at += rand() % 4 ? rand() % (3 * DAY_MS) : 0;
		switch (rand() % 8) {
		case 0: case 1: case 2: add(row, at, HISTORY_STATE, ANY(states)); break;
		case 3: add(row, at, HISTORY_QUEUE, ANY(queues)); break;
		case 4: add(row, at, HISTORY_AGENT, ANY(agents)); break;
		case 5: add(row, at, rand() % 2 ? HISTORY_TAG : HISTORY_UNTAG, ANY(tags)); break;
		case 6: add(row, at, rand() % 2 ? HISTORY_MERGED : HISTORY_UNMERGED, ""); break;
		default: add(row, at, HISTORY_LANGUAGE, ANY(languages)); break;
		}
	}
}

static void adds_up(const struct report_row *row)
{
	const int64_t *n = row->counts;

	if (n[COUNT_END] != n[COUNT_START] + n[COUNT_NEW] + n[COUNT_REOPENED] - n[COUNT_RESOLVED] - n[COUNT_MERGED] + n[COUNT_MOVED_IN] - n[COUNT_MOVED_OUT])
		fail_msg("row %s: %d at the end, %d at the start, +%d +%d -%d -%d +%d -%d", row->key, (int)n[COUNT_END], (int)n[COUNT_START], (int)n[COUNT_NEW], (int)n[COUNT_REOPENED],
		         (int)n[COUNT_RESOLVED], (int)n[COUNT_MERGED], (int)n[COUNT_MOVED_IN], (int)n[COUNT_MOVED_OUT]);
}

/* What their histories say goes through bytes, as it does in the database. */
static void tell(struct report *report, struct ticket_row *rows)
{
	struct report_page pages[REPORT_TICKET_FAMILIES];
	struct report_whose whose[TICKETS];
	int64_t numbers[TICKETS];

	for (int family = 0; family < REPORT_TICKET_FAMILIES; family++)
		report_page_init(&pages[family], &arena);
	for (size_t i = 0; i < TICKETS; i++) {
		report_tell(pages, i, &arena, &rows[i], NULL);
		numbers[i] = rows[i].facts.id;
		whose[i] = (struct report_whose){ rows[i].facts.customer.address, rows[i].facts.created };
	}
	for (int family = 0; family < REPORT_TICKET_FAMILIES; family++) {
		struct buffer bytes = { 0 };
		struct report_page read;

		report_page_write(&pages[family], &bytes);
		assert_true(report_page_read(&read, &arena, bytes.at, bytes.length));
		if (report_needs(&report->ask, family))
			assert_true(report_count(report, family, &read, numbers, report->whose ? whose : NULL));
		buffer_fini(&bytes);
	}
	report_end(report);
}

static struct report_ask random_ask(void)
{
	struct report_ask ask = { .kind = REPORT_VOLUME, .by = (enum report_by)(rand() % BY_HOUR), .zone = &zone, .policy = &policy, .now = BEGIN_MS + 60 * DAY_MS };
	struct query *where = ARENA_NEW(&arena, struct query);

	ask.from = BEGIN_MS + rand() % 25 * DAY_MS + (rand() % 2 ? rand() % DAY_MS : 0);
	ask.to = ask.from + (1 + rand() % 20) * DAY_MS;
	*where = (struct query){ .words = "" };
	if (rand() % 4 == 0) {
		query_add(&arena, where, QUERY_QUEUE, ANY(queues));
		ask.where = where;
	}
	return ask;
}

static void opens_as_many_as_it_says(const struct report *made, struct ticket_row *rows)
{
	for (const struct report_figure *figure = report_figures; figure->name; figure++) {
		struct report report;
		struct report_ask ask = made->ask;

		if (figure->kind != REPORT_VOLUME || ask.by == BY_TAG)   /* a ticket with two tags moves in two rows */
			continue;
		ask.list = figure;
		report_begin(&report, &arena, &ask);
		tell(&report, rows);
		int64_t moved = figure->of == COUNT_MOVED_IN || figure->of == COUNT_MOVED_OUT;
		if (!moved)
			assert_int_equal(report.listed.count, made->total.counts[figure->of]);
	}
}

static void what_is_open_is_what_came_minus_what_went_in_each_row_of_10000_histories(void **state)
{
	srand(20261129);
	for (int64_t n = 0; n < HISTORIES; n += TICKETS) {
		struct ticket_row rows[TICKETS];
		struct report report;
		struct report_ask ask = random_ask();

		for (int i = 0; i < TICKETS; i++)
			random_ticket(&rows[i], n + i + 1);
		report_begin(&report, &arena, &ask);
		tell(&report, rows);
		adds_up(&report.total);
		for (size_t i = 0; i < report.rows.count; i++)
			adds_up(report.rows.at[i]);
		opens_as_many_as_it_says(&report, rows);
		arena_reset(&arena);
		calendar_zone_utc(&arena, &zone);
	}
}

/* Two spans that follow each other are together the whole one, and the end of the one is the beginning of the other. */
static void spans_add_up(void **state)
{
	srand(20261130);
	for (int64_t n = 0; n < HISTORIES; n += TICKETS) {
		struct ticket_row rows[TICKETS];
		struct report whole, first, second;
		struct report_ask ask = random_ask();
		int64_t middle = ask.from + (ask.to - ask.from) / 3;

		ask.by = BY_NOTHING;
		for (int i = 0; i < TICKETS; i++)
			random_ticket(&rows[i], n + i + 1);
		report_begin(&whole, &arena, &ask);
		tell(&whole, rows);
		struct report_ask part = ask;
		part.to = middle;
		report_begin(&first, &arena, &part);
		tell(&first, rows);
		part = ask;
		part.from = middle;
		report_begin(&second, &arena, &part);
		tell(&second, rows);
		for (int count = COUNT_NEW; count <= COUNT_MOVED_OUT; count++)
			assert_int_equal(whole.total.counts[count], first.total.counts[count] + second.total.counts[count]);
		assert_int_equal(first.total.counts[COUNT_END], second.total.counts[COUNT_START]);
		assert_int_equal(whole.total.counts[COUNT_START], first.total.counts[COUNT_START]);
		assert_int_equal(whole.total.counts[COUNT_END], second.total.counts[COUNT_END]);
		arena_reset(&arena);
		calendar_zone_utc(&arena, &zone);
	}
}

static int up(void **state)
{
	arena_init(&arena);
	calendar_zone_utc(&arena, &zone);
	return 0;
}

static int down(void **state)
{
	arena_fini(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_open_is_what_came_minus_what_went_in_each_row_of_10000_histories), cmocka_unit_test(spans_add_up),
	};
	return cmocka_run_group_tests(tests, up, down);
}
