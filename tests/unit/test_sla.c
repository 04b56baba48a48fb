/* test_sla.c - clocks of promises: stories with known ends, and laws over random ones. */
#include "sla.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define HOUR 3600
#define MON (1767571200LL)               /* Monday 2026-01-05 00:00 UTC */
#define AT(day, hour) (MON + (day) * CALENDAR_DAY + (int64_t)((hour) * HOUR))

static struct arena arena;
static struct zone zone;
static struct calendar office, always;
static struct sla_policy gold, slow;
static struct sla_events events;
static struct sla_clocks clocks;

static int up(void **state)
{
	arena_init(&arena);
	calendar_zone_utc(&arena, &zone);
	office = (struct calendar){ .name = "office", .zone = &zone };
	always = (struct calendar){ .name = "always", .zone = &zone };
	for (int day = 0; day < 5; day++)
		calendar_pieces_add(&arena, &office.week[day], 9 * HOUR, 17 * HOUR);
	for (int day = 0; day < 7; day++)
		calendar_pieces_add(&arena, &always.week[day], 0, CALENDAR_DAY);
	gold = (struct sla_policy){ .name = "gold", .calendar = &office, .pauses = SLA_ON_CUSTOMER,
	                            .target = { [SLA_FIRST] = { HOUR, 0 }, [SLA_NEXT] = { 4 * HOUR, 0 }, [SLA_RESOLUTION] = { 0, 2 } } };
	slow = gold;
	slow.name = "slow";
	slow.target[SLA_FIRST].seconds = 8 * HOUR;
	slow.target[SLA_RESOLUTION] = (struct calendar_length){ 40 * HOUR, 0 };
	events = (struct sla_events){ 0 };
	return 0;
}

static int down(void **state)
{
	arena_fini(&arena);
	return 0;
}

static void happens(int64_t at, enum sla_event_kind kind)
{
	*ARENA_PUSH(&arena, &events) = (struct sla_event){ .at = at, .kind = kind };
}

static void stage(int64_t at, enum sla_stage to, enum sla_waiting waiting)
{
	*ARENA_PUSH(&arena, &events) = (struct sla_event){ .at = at, .kind = SLA_STAGE, .stage = to, .waiting = waiting };
}

static void promise(int64_t at, const struct sla_policy *policy)
{
	*ARENA_PUSH(&arena, &events) = (struct sla_event){ .at = at, .kind = SLA_POLICY, .policy = policy };
}

static void opened(int64_t at)
{
	promise(at, &gold);
	stage(at, SLA_WORK, SLA_ON_NOBODY);
	happens(at, SLA_CUSTOMER_WROTE);
}

/* The clock of that kind at `now`; NULL: there is none. */
static const struct sla_clock *clock_at(enum sla_kind kind, int64_t now)
{
	sla_clocks(&arena, &events, now, &clocks);
	for (size_t i = 0; i < clocks.count; i++)
		if (clocks.at[i].kind == kind)
			return &clocks.at[i];
	return NULL;
}

static void is(const struct sla_clock *clock, const char *state, int64_t due, int64_t used, int64_t left)
{
	assert_non_null(clock);
	assert_string_equal(sla_state_name(clock), state);
	assert_int_equal(clock->due, due);
	assert_int_equal(clock->used, used);
	assert_int_equal(clock->left, left);
	int64_t sum = 0;
	for (size_t i = 0; i < clock->segments.count; i++)
		sum += clock->segments.at[i].seconds;
	assert_int_equal(sum, used);
}

static void a_first_answer_is_due_in_open_hours(void **state)
{
	opened(AT(0, 16.5));
	is(clock_at(SLA_FIRST, AT(0, 20)), "running", AT(1, 9.5), HOUR / 2, HOUR / 2);
	is(clock_at(SLA_FIRST, AT(1, 9.5) - 1), "running", AT(1, 9.5), HOUR - 1, 1);
	is(clock_at(SLA_FIRST, AT(1, 9.5)), "missed", AT(1, 9.5), HOUR, 0);
	is(clock_at(SLA_FIRST, AT(1, 10)), "missed", AT(1, 9.5), HOUR * 3 / 2, -HOUR / 2);
	happens(AT(1, 9.25), SLA_AGENT_WROTE);
	is(clock_at(SLA_FIRST, AT(4, 9)), "met", AT(1, 9.5), HOUR * 3 / 4, HOUR / 4);
	assert_int_equal(clock_at(SLA_FIRST, AT(4, 9))->stopped, AT(1, 9.25));
}

static void an_answer_of_the_due_moment_is_late(void **state)
{
	opened(AT(0, 10));
	happens(AT(0, 11), SLA_AGENT_WROTE);
	is(clock_at(SLA_FIRST, AT(0, 12)), "missed", AT(0, 11), HOUR, 0);
}

static void next_begins_with_the_oldest_words_that_wait_and_only_after_an_answer(void **state)
{
	opened(AT(0, 9));
	happens(AT(0, 9.5), SLA_CUSTOMER_WROTE);
	assert_null(clock_at(SLA_NEXT, AT(0, 9.6)));
	happens(AT(0, 9.75), SLA_AGENT_WROTE);
	assert_null(clock_at(SLA_NEXT, AT(0, 10)));
	happens(AT(0, 10), SLA_CUSTOMER_WROTE);
	happens(AT(0, 12), SLA_CUSTOMER_WROTE);
	is(clock_at(SLA_NEXT, AT(0, 13)), "running", AT(0, 14), 3 * HOUR, HOUR);
	happens(AT(0, 13), SLA_AGENT_WROTE);
	happens(AT(0, 13.5), SLA_AGENT_WROTE);
	is(clock_at(SLA_NEXT, AT(1, 13)), "met", AT(0, 14), 3 * HOUR, HOUR);
	happens(AT(2, 9), SLA_CUSTOMER_WROTE);
	is(clock_at(SLA_NEXT, AT(2, 10)), "running", AT(2, 13), HOUR, 3 * HOUR);
}

static void resolution_stands_still_while_the_customer_is_waited_for_and_others_do_not_stop_it(void **state)
{
	opened(AT(0, 9));
	stage(AT(0, 11), SLA_PENDING, SLA_ON_CUSTOMER);
	is(clock_at(SLA_RESOLUTION, AT(0, 16)), "paused", AT(3, 14), 2 * HOUR, 22 * HOUR);
	stage(AT(1, 9), SLA_WORK, SLA_ON_NOBODY);
	is(clock_at(SLA_RESOLUTION, AT(1, 10)), "running", AT(3, 15), 3 * HOUR, 21 * HOUR);
	stage(AT(1, 10), SLA_PENDING, SLA_ON_THIRD);
	is(clock_at(SLA_RESOLUTION, AT(1, 12)), "running", AT(3, 15), 5 * HOUR, 19 * HOUR);
}

static void a_missed_clock_that_stands_still_does_not_grow(void **state)
{
	opened(AT(0, 9));
	stage(AT(4, 16), SLA_PENDING, SLA_ON_CUSTOMER);
	int64_t left = clock_at(SLA_RESOLUTION, AT(7, 10))->left;
	assert_true(left < 0);
	assert_int_equal(clock_at(SLA_RESOLUTION, AT(11, 10))->left, left);
	assert_string_equal(sla_state_name(clock_at(SLA_RESOLUTION, AT(11, 10))), "missed");
}

static void resolving_stops_all_and_opening_again_goes_on_with_what_had_run(void **state)
{
	opened(AT(0, 9));
	stage(AT(0, 9.5), SLA_OVER, SLA_ON_NOBODY);
	is(clock_at(SLA_FIRST, AT(1, 9)), "met", AT(0, 10), HOUR / 2, HOUR / 2);
	assert_string_equal(sla_state_name(clock_at(SLA_RESOLUTION, AT(3, 9))), "met");
	happens(AT(2, 10), SLA_CUSTOMER_WROTE);          /* mere thanks: it stays as it is */
	assert_null(clock_at(SLA_NEXT, AT(2, 11)));
	stage(AT(2, 12), SLA_WORK, SLA_ON_NOBODY);       /* an agent's doing: nobody waits for words */
	assert_null(clock_at(SLA_NEXT, AT(2, 13)));
	stage(AT(2, 13), SLA_OVER, SLA_ON_NOBODY);
	happens(AT(3, 10), SLA_CUSTOMER_WROTE);
	stage(AT(3, 10), SLA_WORK, SLA_ON_NOBODY);
	is(clock_at(SLA_NEXT, AT(3, 11)), "running", AT(3, 14), HOUR, 3 * HOUR);
	assert_int_equal(clock_at(SLA_RESOLUTION, AT(3, 11))->used, HOUR / 2 + HOUR + HOUR);
}

static void a_held_request_has_no_clock_until_the_agents_have_it(void **state)
{
	promise(AT(0, 9), &gold);
	stage(AT(0, 9), SLA_UNSEEN, SLA_ON_NOBODY);
	happens(AT(0, 9), SLA_CUSTOMER_WROTE);
	assert_null(clock_at(SLA_FIRST, AT(0, 12)));
	assert_null(clock_at(SLA_RESOLUTION, AT(0, 12)));
	stage(AT(1, 10), SLA_WORK, SLA_ON_NOBODY);
	is(clock_at(SLA_FIRST, AT(1, 10.5)), "running", AT(1, 11), HOUR / 2, HOUR / 2);
}

static void a_ticket_that_an_agent_began_waits_for_the_customer(void **state)
{
	promise(AT(0, 9), &gold);
	stage(AT(0, 9), SLA_WORK, SLA_ON_NOBODY);
	happens(AT(0, 9), SLA_AGENT_WROTE);
	assert_null(clock_at(SLA_FIRST, AT(0, 12)));
	happens(AT(0, 12), SLA_CUSTOMER_WROTE);
	is(clock_at(SLA_FIRST, AT(0, 12.5)), "running", AT(0, 13), HOUR / 2, HOUR / 2);
}

static void a_changed_promise_counts_from_the_old_start_with_its_pauses(void **state)
{
	opened(AT(0, 9));
	stage(AT(0, 11), SLA_PENDING, SLA_ON_CUSTOMER);
	stage(AT(0, 13), SLA_WORK, SLA_ON_NOBODY);
	promise(AT(0, 15), &slow);
	is(clock_at(SLA_RESOLUTION, AT(0, 16)), "running", AT(7, 11), 5 * HOUR, 35 * HOUR);
	promise(AT(0, 16), NULL);
	assert_null(clock_at(SLA_RESOLUTION, AT(0, 17)));
}

static void what_stopped_keeps_the_promise_of_then(void **state)
{
	opened(AT(0, 9));
	happens(AT(0, 9.5), SLA_AGENT_WROTE);
	promise(AT(0, 10), &slow);
	assert_string_equal(clock_at(SLA_FIRST, AT(0, 11))->policy->name, "gold");
}

static void version(int64_t at, size_t number, const struct sla_policy *policy, bool applied)
{
	*ARENA_PUSH(&arena, &events) = (struct sla_event){ .at = at, .kind = SLA_POLICY, .version = number, .policy = policy };
	*ARENA_PUSH(&arena, &events) = (struct sla_event){ .at = at, .kind = SLA_VERSION, .version = number, .applied = applied };
}

static void a_clock_keeps_the_version_it_began_with_until_another_is_applied(void **state)
{
	opened(AT(0, 9));
	version(AT(0, 9.5), 1, &slow, false);
	is(clock_at(SLA_FIRST, AT(0, 10.5)), "missed", AT(0, 10), HOUR * 3 / 2, -HOUR / 2);
	assert_int_equal(clock_at(SLA_FIRST, AT(0, 10.5))->version, 0);
	version(AT(0, 11), 2, &slow, true);
	is(clock_at(SLA_FIRST, AT(0, 12)), "running", AT(0, 17), 3 * HOUR, 5 * HOUR);
	assert_int_equal(clock_at(SLA_FIRST, AT(0, 12))->version, 2);
	happens(AT(0, 12), SLA_AGENT_WROTE);
	version(AT(0, 13), 3, &gold, true);
	is(clock_at(SLA_FIRST, AT(0, 14)), "met", AT(0, 17), 3 * HOUR, 5 * HOUR);         /* it had stopped */
	happens(AT(0, 14), SLA_CUSTOMER_WROTE);
	assert_int_equal(clock_at(SLA_NEXT, AT(0, 15))->version, 3);
}

static void what_is_opened_again_takes_what_was_applied_meanwhile(void **state)
{
	opened(AT(0, 9));
	stage(AT(0, 11), SLA_OVER, SLA_ON_NOBODY);
	version(AT(0, 12), 1, &slow, true);
	is(clock_at(SLA_RESOLUTION, AT(0, 13)), "met", AT(2, 17), 2 * HOUR, 22 * HOUR);
	stage(AT(1, 9), SLA_WORK, SLA_ON_NOBODY);
	is(clock_at(SLA_RESOLUTION, AT(1, 10)), "running", AT(7, 15), 3 * HOUR, 37 * HOUR);
}

static void what_only_another_promise_made_late_is_said_to_be_so(void **state)
{
	opened(AT(0, 9));
	promise(AT(0, 9), &slow);
	promise(AT(0, 15), &gold);
	is(clock_at(SLA_FIRST, AT(0, 15.5)), "missed", AT(0, 10), HOUR * 13 / 2, -HOUR * 11 / 2);
	assert_true(clock_at(SLA_FIRST, AT(0, 15.5))->retargeted);
	assert_int_equal(clock_at(SLA_FIRST, AT(0, 15.5))->changed, AT(0, 15));
	assert_false(clock_at(SLA_RESOLUTION, AT(0, 15.5))->retargeted);
	events.count = 0;
	opened(AT(0, 9));
	promise(AT(0, 9.5), &slow);
	promise(AT(0, 9.75), &gold);
	assert_false(clock_at(SLA_FIRST, AT(0, 12))->retargeted);                /* there was time left */
	events.count = 0;
	opened(AT(0, 9));
	promise(AT(2, 9), &slow);
	assert_true(clock_at(SLA_FIRST, AT(3, 9))->missed);
	assert_false(clock_at(SLA_FIRST, AT(3, 9))->retargeted);         /* it had been late before */
}

/* The events until now become those of another ticket, which comes into this one. */
static struct sla_events other;
static void of_another(void)
{
	other = events;
	events = (struct sla_events){ 0 };
}

static void joins(int64_t at)
{
	*ARENA_PUSH(&arena, &events) = (struct sla_event){ .at = at, .kind = SLA_JOINED, .other = &other };
}

static void clocks_go_on_from_the_earlier_start_of_two_tickets_that_become_one(void **state)
{
	opened(AT(0, 9));
	of_another();
	opened(AT(0, 9.5));
	joins(AT(0, 9.75));
	is(clock_at(SLA_FIRST, AT(0, 9.8)), "running", AT(0, 10), HOUR * 8 / 10, HOUR * 2 / 10);
	assert_int_equal(clock_at(SLA_RESOLUTION, AT(0, 10))->started, AT(0, 9));
	assert_int_equal(clock_at(SLA_RESOLUTION, AT(0, 10))->used, HOUR);
	assert_false(clock_at(SLA_FIRST, AT(0, 11))->missed_elsewhere);
}

static void words_that_wait_in_the_one_wait_in_the_other(void **state)
{
	opened(AT(0, 9));
	happens(AT(0, 9.25), SLA_AGENT_WROTE);
	happens(AT(0, 10), SLA_CUSTOMER_WROTE);
	of_another();
	opened(AT(0, 9));
	happens(AT(0, 9.5), SLA_AGENT_WROTE);
	joins(AT(0, 11));
	is(clock_at(SLA_NEXT, AT(0, 12)), "running", AT(0, 14), 2 * HOUR, 2 * HOUR);
	happens(AT(0, 13), SLA_AGENT_WROTE);
	is(clock_at(SLA_NEXT, AT(0, 15)), "met", AT(0, 14), 3 * HOUR, HOUR);
}

static void what_was_answered_or_pending_there_adds_no_clock_here(void **state)
{
	opened(AT(0, 9));
	happens(AT(0, 9.25), SLA_AGENT_WROTE);
	stage(AT(0, 10), SLA_PENDING, SLA_ON_CUSTOMER);
	of_another();
	opened(AT(0, 12));
	joins(AT(0, 12.5));
	assert_int_equal(clock_at(SLA_FIRST, AT(0, 12.75))->started, AT(0, 12));
	is(clock_at(SLA_RESOLUTION, AT(0, 13)), "running", AT(3, 11), 2 * HOUR, 22 * HOUR);     /* it stood still there from 10 to 12 */
}

static void what_was_late_before_it_came_is_counted_there(void **state)
{
	opened(AT(0, 9));
	of_another();
	opened(AT(0, 12));
	joins(AT(0, 12.25));
	assert_true(clock_at(SLA_FIRST, AT(0, 12.5))->missed && clock_at(SLA_FIRST, AT(0, 12.5))->missed_elsewhere);
}

static void a_ticket_that_goes_into_another_stops_no_clock_and_goes_on_when_it_comes_back(void **state)
{
	opened(AT(0, 9));
	happens(AT(0, 9.5), SLA_GONE);
	stage(AT(0, 9.5), SLA_OVER, SLA_ON_NOBODY);
	assert_null(clock_at(SLA_FIRST, AT(0, 12)));
	assert_null(clock_at(SLA_RESOLUTION, AT(0, 12)));
	happens(AT(0, 13), SLA_BACK);
	stage(AT(0, 13), SLA_WORK, SLA_ON_NOBODY);
	is(clock_at(SLA_FIRST, AT(0, 14)), "missed", AT(0, 10), 5 * HOUR, -4 * HOUR);
	assert_int_equal(clock_at(SLA_RESOLUTION, AT(0, 14))->used, HOUR * 3 / 2);
}

/* A pause and its end move what is due by their length, wherever they stand; more time is never less used. */
static void laws_hold_over_random_stories(void **state)
{
	srand(20260105);
	for (int round = 0; round < 2000; round++) {
		int64_t start = AT(0, 0) + rand() % (14 * CALENDAR_DAY), at = start, paused = 0, before = 0;

		events = (struct sla_events){ 0 };
		slow.calendar = &always;
		promise(start, &slow);
		stage(start, SLA_WORK, SLA_ON_NOBODY);
		happens(start, SLA_CUSTOMER_WROTE);
		for (int i = rand() % 4; i > 0; i--) {
			int64_t from = at + rand() % (3 * HOUR), to = from + rand() % (9 * HOUR);

			stage(from, SLA_PENDING, SLA_ON_CUSTOMER);
			stage(to, SLA_WORK, SLA_ON_NOBODY);
			paused += to - from;
			at = to;
		}
		assert_int_equal(clock_at(SLA_RESOLUTION, at)->due, start + 40 * HOUR + paused);
		for (int64_t now = at; now < at + 50 * HOUR; now += 7 * HOUR) {
			const struct sla_clock *clock = clock_at(SLA_RESOLUTION, now);

			assert_true(clock->used >= before && clock->used + clock->left == 40 * HOUR);
			assert_int_equal(clock->missed, now >= clock->due);
			before = clock->used;
		}
	}
	slow.calendar = &office;
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, up, down)
	const struct CMUnitTest tests[] = {
		STORY(a_first_answer_is_due_in_open_hours), STORY(an_answer_of_the_due_moment_is_late),
		STORY(next_begins_with_the_oldest_words_that_wait_and_only_after_an_answer),
		STORY(resolution_stands_still_while_the_customer_is_waited_for_and_others_do_not_stop_it),
		STORY(a_missed_clock_that_stands_still_does_not_grow), STORY(resolving_stops_all_and_opening_again_goes_on_with_what_had_run),
		STORY(a_held_request_has_no_clock_until_the_agents_have_it), STORY(a_ticket_that_an_agent_began_waits_for_the_customer),
		STORY(a_changed_promise_counts_from_the_old_start_with_its_pauses), STORY(what_stopped_keeps_the_promise_of_then),
		STORY(a_clock_keeps_the_version_it_began_with_until_another_is_applied), STORY(what_is_opened_again_takes_what_was_applied_meanwhile),
		STORY(what_only_another_promise_made_late_is_said_to_be_so), STORY(clocks_go_on_from_the_earlier_start_of_two_tickets_that_become_one),
		STORY(words_that_wait_in_the_one_wait_in_the_other), STORY(what_was_answered_or_pending_there_adds_no_clock_here),
		STORY(what_was_late_before_it_came_is_counted_there), STORY(a_ticket_that_goes_into_another_stops_no_clock_and_goes_on_when_it_comes_back),
		STORY(laws_hold_over_random_stories),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
