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

static void adds_up(const struct report *report, const struct report_row *row)
{
	int64_t n[REPORT_COUNTS];

	for (int count = 0; count < REPORT_COUNTS; count++)
		n[count] = report_counted(report, row, (enum report_count)count);
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
		report_tell(pages, i, &arena, &rows[i], NULL, NULL);
		numbers[i] = rows[i].facts.id;
		whose[i] = (struct report_whose){ rows[i].facts.customer.address, rows[i].facts.created, 0 };
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
			assert_int_equal(report.listed.count, report_counted(made, made->total, (enum report_count)figure->of));
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
		adds_up(&report, report.total);
		for (size_t i = 0; i < report.rows.count; i++)
			adds_up(&report, report.rows.at[i]);
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
			assert_int_equal(report_counted(&whole, whole.total, (enum report_count)count), report_counted(&first, first.total, (enum report_count)count) + report_counted(&second, second.total, (enum report_count)count));
		assert_int_equal(report_counted(&first, first.total, (enum report_count)COUNT_END), report_counted(&second, second.total, (enum report_count)COUNT_START));
		assert_int_equal(report_counted(&whole, whole.total, (enum report_count)COUNT_START), report_counted(&first, first.total, (enum report_count)COUNT_START));
		assert_int_equal(report_counted(&whole, whole.total, (enum report_count)COUNT_END), report_counted(&second, second.total, (enum report_count)COUNT_END));
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

/* ---- pages ---- */

static struct sla_clocks random_runs(const struct ticket_row *row)
{
	static const struct sla_policy policies[] = { { .name = "gold" }, { .name = "silver" } };
	struct sla_clocks runs = { 0 };

	for (int i = rand() % 5; i > 0; i--) {
		int64_t started = row->history.at[0].at / 1000 + rand() % 200000, stopped = started + rand() % 400000;
		bool over = rand() % 3, missed = rand() % 3 == 0;

		*ARENA_PUSH(&arena, &runs) = (struct sla_clock){ .kind = (enum sla_kind)(rand() % SLA_KINDS), .policy = &policies[rand() % 2], .over = over, .paused = !over && rand() % 2, .started = started,
			.stopped = over ? stopped : 0, .due = rand() % 4 ? started + rand() % 300000 : 0, .missed = missed, .retargeted = missed && rand() % 4 == 0, .changed = started + rand() % 100000,
			.answered = rand() % 4 != 0, .gone = over && rand() % 8 == 0, .missed_elsewhere = rand() % 8 == 0, .used = rand() % 400000, .by = ANY(agents) };
	}
	return runs;
}

static void count_pages(struct report *report, const struct report_ask *ask, struct report_page *pages, struct ticket_row *rows)
{
	int64_t numbers[TICKETS];
	struct report_whose whose[TICKETS];

	for (size_t i = 0; i < TICKETS; i++) {
		numbers[i] = rows[i].facts.id;
		whose[i] = (struct report_whose){ "anna@example.com", 0, 0 };
	}
	report_begin(report, &arena, ask);
	for (int family = 0; family < REPORT_TICKET_FAMILIES; family++)
		if (report_needs(ask, family))
			assert_true(report_count(report, family, &pages[family], numbers, report->whose ? whose : NULL));
	report_end(report);
}

static void through_bytes(struct report_page *pages)
{
	for (int family = 0; family < REPORT_TICKET_FAMILIES; family++) {
		struct buffer bytes = { 0 };

		report_page_write(&pages[family], &bytes);
		assert_true(report_page_read(&pages[family], &arena, arena_copy(&arena, bytes.at, bytes.length), bytes.length));
		buffer_fini(&bytes);
	}
}

/* A page whose tickets were told one by one, again and again, says what one says that was told at once: each report, by everything. */
static void a_page_that_was_mended_says_what_a_fresh_one_says(void **state)
{
	srand(20261201);
	for (int64_t n = 0; n < HISTORIES / 5; n += TICKETS) {
		struct ticket_row rows[TICKETS];
		struct sla_clocks runs[TICKETS];
		struct report_page fresh[REPORT_TICKET_FAMILIES], mended[REPORT_TICKET_FAMILIES];
		struct report_ask ask = random_ask();

		for (int family = 0; family < REPORT_TICKET_FAMILIES; family++) {
			report_page_init(&fresh[family], &arena);
			report_page_init(&mended[family], &arena);
		}
		for (size_t i = 0; i < TICKETS; i++) {
			random_ticket(&rows[i], n + (int64_t)i + 1);
			runs[i] = random_runs(&rows[i]);
			struct ticket_row young = rows[i];
			young.history.count = 1 + (size_t)rand() % rows[i].history.count;
			report_tell(mended, i, &arena, &young, NULL, NULL);
			report_tell(fresh, i, &arena, &rows[i], &runs[i], NULL);
		}
		for (size_t k = 0; k < 2 * TICKETS; k++) {
			size_t i = k < TICKETS ? k : (size_t)rand() % TICKETS;
			through_bytes(mended);
			report_tell(mended, i, &arena, &rows[i], &runs[i], NULL);
		}
		for (size_t i = 0; i < TICKETS; i++)
			for (int family = 0; family < REPORT_TICKET_FAMILIES; family++)
				assert_true(report_page_same(&fresh[family], &mended[family], family, i));
		for (int kind = 0; kind < REPORT_MAIL; kind++) {
			struct report a, b;
			struct buffer x = { 0 }, y = { 0 };

			ask.kind = (enum report_kind)kind;
			ask.by = (enum report_by)(rand() % REPORT_BYS);
			count_pages(&a, &ask, fresh, rows);
			count_pages(&b, &ask, mended, rows);
			report_json(&a, &x, NULL, NULL);
			report_json(&b, &y, NULL, NULL);
			assert_string_equal(buffer_string(&x), buffer_string(&y));
			buffer_fini(&x);
			buffer_fini(&y);
		}
		arena_reset(&arena);
		calendar_zone_utc(&arena, &zone);
	}
}

/* Numbers only save looking for him: who has several is one, and who has none goes by his address. */
static void a_customer_is_found_by_number_as_by_address(void **state)
{
	static const char *const people[] = { "anna@example.com", "Ugo@Example.com", "a-very-long-address-of-somebody-1@example.com", "a-very-long-address-of-somebody-2@example.com", "" };

	srand(20261203);
	for (int64_t n = 0; n < HISTORIES / 10; n += TICKETS) {
		struct report_page pages[REPORT_TICKET_FAMILIES];
		struct report_whose by_address[TICKETS], by_number[TICKETS];
		struct report_ask ask = random_ask();
		struct report report[2];
		int64_t numbers[TICKETS];
		struct buffer out[2] = { { 0 }, { 0 } };

		ask.by = BY_CUSTOMER;
		for (int family = 0; family < REPORT_TICKET_FAMILIES; family++)
			report_page_init(&pages[family], &arena);
		for (size_t i = 0; i < TICKETS; i++) {
			struct ticket_row row;
			size_t who = (size_t)rand() % COUNT_OF(people);

			random_ticket(&row, n + (int64_t)i + 1);
			report_tell(pages, i, &arena, &row, NULL, NULL);
			numbers[i] = row.facts.id;
			by_address[i] = by_number[i] = (struct report_whose){ people[who], 0, 0 };
			by_number[i].number = rand() % 4 ? 1 + who + COUNT_OF(people) * (size_t)(rand() % 900) : 0;
		}
		for (int k = 0; k < 2; k++) {
			report_begin(&report[k], &arena, &ask);
			assert_true(report_count(&report[k], FAMILY_PLACES, &pages[FAMILY_PLACES], numbers, k ? by_number : by_address));
			report_end(&report[k]);
			report_json(&report[k], &out[k], NULL, NULL);
		}
		assert_string_equal(buffer_string(&out[0]), buffer_string(&out[1]));
		for (size_t i = 1; i < report[0].rows.count; i++)
			assert_true(strcmp(report[0].rows.at[i - 1]->key, report[0].rows.at[i]->key) < 0 || !strcmp(report[0].rows.at[i]->key, "none"));
		buffer_fini(&out[0]);
		buffer_fini(&out[1]);
		arena_reset(&arena);
		calendar_zone_utc(&arena, &zone);
	}
}

static void who_asked_is_told_and_read_again(void **state)
{
	const struct report_asker askers[] = { { 7, BEGIN_MS }, { REPORT_NOBODY, 0 }, { REPORT_ASK_TICKET, BEGIN_MS }, { INT64_MAX, -1 } };
	struct report_page page, read;
	struct buffer bytes = { 0 };

	report_page_init(&page, &arena);
	for (size_t i = COUNT_OF(askers); i-- > 0;)
		report_tell_asker(&page, i, askers[i]);
	report_page_write(&page, &bytes);
	assert_true(report_page_read(&read, &arena, bytes.at, bytes.length));
	for (size_t i = 0; i < COUNT_OF(askers); i++) {
		struct report_asker asker = report_asker_of(&read, i);

		assert_int_equal(asker.contact, askers[i].contact);
		assert_int_equal(asker.created, askers[i].created);
	}
	assert_int_equal(report_asker_of(&read, COUNT_OF(askers)).contact, REPORT_ASK_TICKET);
	report_page_init(&read, &arena);
	assert_int_equal(report_asker_of(&read, 0).contact, REPORT_ASK_TICKET);
	buffer_fini(&bytes);
}

/* Bytes of a page that are cut off, or of which one is another, are read to their end, or said to be torn; nothing is read behind them. */
static void a_damaged_page_is_torn_or_counted(void **state)
{
	srand(7);
	for (int n = 0; n < 3000; n++) {
		struct report_page pages[REPORT_TICKET_FAMILIES], read;
		struct ticket_row row;
		struct report report;
		struct report_ask ask = random_ask();
		struct buffer bytes = { 0 };
		int64_t number = 1, first, last;
		struct report_whose whose = { "", 0, 0 };

		for (int family = 0; family < REPORT_TICKET_FAMILIES; family++)
			report_page_init(&pages[family], &arena);
		random_ticket(&row, 1);
		struct sla_clocks runs = random_runs(&row);
		report_tell(pages, 0, &arena, &row, &runs, NULL);
		enum report_family family = (enum report_family)(rand() % REPORT_TICKET_FAMILIES);
		report_page_write(&pages[family], &bytes);
		size_t length = rand() % 2 ? (size_t)rand() % bytes.length : bytes.length;
		char *exact = malloc(length ? length : 1);
		memcpy(exact, bytes.at, length);
		if (length && rand() % 2)
			exact[(size_t)rand() % length] ^= (char)(1 << rand() % 8);
		report_begin(&report, &arena, &ask);
		if (report_page_read(&read, &arena, exact, length) && read.chunks.count <= 1) {
			report_page_span(&read, family, &first, &last);
			report_count(&report, family, &read, &number, &whose);
		}
		free(exact);
		buffer_fini(&bytes);
		arena_reset(&arena);
		calendar_zone_utc(&arena, &zone);
	}
}

/* ---- values ---- */

#define PAGES 900

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void is_ordered(struct report_numbers values)
{
	for (size_t i = 1; i < values.count; i++)
		assert_true(values.at[i - 1] <= values.at[i]);
}

/* Few in a row, some, and many: each is put in order in another way. */
static void what_was_measured_stands_in_its_row_and_in_the_total_by_size(void **state)
{
	struct report report;
	struct report_ask ask = { .kind = REPORT_ANSWERS, .by = BY_AGENT, .from = BEGIN_MS, .to = BEGIN_MS + 100 * DAY_MS, .now = BEGIN_MS + 100 * DAY_MS, .zone = &zone, .policy = &policy };
	int64_t numbers[TICKETS] = { 1, 2, 3, 4, 5 };

	srand(20261203);
	report_begin(&report, &arena, &ask);
	for (int n = 0; n < PAGES; n++) {
		struct report_page pages[REPORT_TICKET_FAMILIES];

		for (int family = 0; family < REPORT_TICKET_FAMILIES; family++)
			report_page_init(&pages[family], &arena);
		for (size_t i = 0; i < TICKETS; i++) {
			struct ticket_row row;

			random_ticket(&row, (int64_t)i + 1);
			row.facts.agent = "";
			struct sla_clocks runs = random_runs(&row);

			for (size_t k = 0; k < runs.count; k++)          /* some answer hardly ever */
				runs.at[k].by = rand() % 100 ? "bob" : rand() % 10 ? "eva" : "cid";
			report_tell(pages, i, &arena, &row, &runs, NULL);
		}
		assert_true(report_count(&report, FAMILY_ANSWERS, &pages[FAMILY_ANSWERS], numbers, NULL));
	}
	report_end(&report);
	assert_true(report.rows.count >= 3);
	for (int value = VALUE_FIRST; value <= VALUE_NEXT_ELAPSED; value++) {
		struct report_numbers total = report_values_of(&report, report.total, (enum report_value)value);
		uint32_t *all = ARENA_ARRAY(&arena, uint32_t, total.count + 1);
		size_t count = 0;

		for (size_t i = 0; i < report.rows.count; i++) {
			struct report_numbers own = report_values_of(&report, report.rows.at[i], (enum report_value)value);

			assert_int_equal(own.count, report_counted(&report, report.rows.at[i], value <= VALUE_FIRST_ELAPSED ? COUNT_FIRST : COUNT_NEXT));
			is_ordered(own);
			for (size_t k = 0; k < own.count; k++)
				all[count++] = own.at[k];
		}
		is_ordered(total);
		assert_int_equal(count, total.count);
		qsort(all, count, sizeof *all, by_size);
		assert_memory_equal(all, total.at, count * sizeof *all);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_measured_stands_in_its_row_and_in_the_total_by_size),
		cmocka_unit_test(what_is_open_is_what_came_minus_what_went_in_each_row_of_10000_histories), cmocka_unit_test(spans_add_up), cmocka_unit_test(a_page_that_was_mended_says_what_a_fresh_one_says), cmocka_unit_test(a_damaged_page_is_torn_or_counted),
		cmocka_unit_test(a_customer_is_found_by_number_as_by_address), cmocka_unit_test(who_asked_is_told_and_read_again),
	};
	return cmocka_run_group_tests(tests, up, down);
}
