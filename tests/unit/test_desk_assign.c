/*
 * test_desk_assign.c - who gets a new ticket: fairness, leave, hours, limits and skills over streams of 10,000 tickets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "desk.h"

#define AGENTS 7
#define TICKETS 10000
#define HOUR (60LL * 60 * 1000)

static struct desk_agent agents[AGENTS];
static const char *names[AGENTS] = {"a", "b", "c", "d", "e", "f", "g"};
static struct desk_queue queue = {.name = "q", .address = "q@example.org", .agents = {names, AGENTS}};
static struct agent_load loads[AGENTS];
static int given[AGENTS];

static struct desk_policy setup(struct facts *facts, enum desk_assign how)
{
	struct desk_policy policy = {0};
	memset(loads, 0, sizeof loads);
	memset(given, 0, sizeof given);
	for (int i = 0; i < AGENTS; i++) {
		agents[i] = (struct desk_agent){.name = names[i], .email = names[i], .display = "", .hours = ""};
		loads[i].agent = names[i];
	}
	policy.agents.at = agents;
	policy.agents.count = AGENTS;
	queue.assign = how;
	*facts = (struct facts){.now = 1795000000000, .last_agent = ""};
	facts->loads.at = loads;
	facts->loads.count = AGENTS;
	return policy;
}

static int give(struct arena *arena, const struct desk_policy *policy, const struct facts *facts, const struct strings *tags, int64_t ticket)
{
	const char *why;
	const struct desk_agent *agent = desk_assign(arena, policy, &queue, facts, tags, &why);
	assert_non_null(why);
	if (!agent)
		return -1;
	int i = (int)(agent - agents);
	given[i]++;
	loads[i].open++;
	loads[i].weight += 2;
	loads[i].last_assigned = ticket;
	return i;
}

static void spread(int *least, int *most, int from)
{
	*least = *most = given[from];
	for (int i = from; i < AGENTS; i++) {
		*least = given[i] < *least ? given[i] : *least;
		*most = given[i] > *most ? given[i] : *most;
	}
}

static void nobody_is_more_than_one_ticket_from_fair(void **state)
{
	enum desk_assign ways[] = {ASSIGN_ROUND_ROBIN, ASSIGN_LEAST_LOADED};
	for (size_t w = 0; w < 2; w++) {
		CLEANUP_ARENA struct arena arena;
		struct facts facts;
		arena_init(&arena);
		struct desk_policy policy = setup(&facts, ways[w]);
		for (int64_t ticket = 1; ticket <= TICKETS; ticket++) {
			int least, most;
			give(&arena, &policy, &facts, NULL, ticket);
			spread(&least, &most, 0);
			assert_true(most - least <= 1);
		}
	}
}

/* Tickets are closed at random: the load evens out, round robin does not care. */
static void least_loaded_evens_out_what_is_open(void **state)
{
	CLEANUP_ARENA struct arena arena;
	struct facts facts;
	arena_init(&arena);
	srand(3);
	struct desk_policy policy = setup(&facts, ASSIGN_LEAST_LOADED);
	for (int64_t ticket = 1; ticket <= TICKETS; ticket++) {
		int before = 1 << 30;
		for (int i = 0; i < AGENTS; i++)
			before = loads[i].weight < before ? loads[i].weight : before;
		int i = give(&arena, &policy, &facts, NULL, ticket);
		assert_int_equal(loads[i].weight - 2, before);
		int closing = rand() % AGENTS;
		if (loads[closing].open) {
			loads[closing].open--;
			loads[closing].weight -= 2;
		}
	}
}

static void leave_hours_and_limits_hold(void **state)
{
	static const char *leave[] = {"2026-11-18..2026-11-20"};
	CLEANUP_ARENA struct arena arena;
	struct facts facts;
	arena_init(&arena);
	struct desk_policy policy = setup(&facts, ASSIGN_ROUND_ROBIN);
	agents[0].leave = (struct strings){leave, 1};
	agents[1].hours = "mon-fri 08:00-17:30";
	agents[2].limit = 40;
	facts.now = 1794873600000;               /* Tuesday 2026-11-17 00:00 UTC */
	for (int64_t ticket = 1; ticket <= TICKETS; ticket++, facts.now += HOUR / 40) {
		int64_t day = facts.now / (24 * HOUR) - 1794873600000 / (24 * HOUR);       /* 0: Tuesday the 17th */
		int minute = (int)(facts.now % (24 * HOUR) / 60000);
		int i = give(&arena, &policy, &facts, NULL, ticket);
		assert_true(i >= 0);
		if (i == 0)
			assert_false(day >= 1 && day <= 3);
		if (i == 1) {
			int weekday = (int)((day + 1) % 7);    /* 0: Monday */
			assert_true(weekday < 5 && minute >= 480 && minute < 1050);
		}
		assert_true(loads[2].open <= 40);
		int least, most;
		spread(&least, &most, 3);        /* those who are always free stay fair among themselves */
		assert_true(most - least <= 1);
	}
	assert_true(given[0] > 0 && given[1] > 0 && given[2] == 40);
}

static void a_tag_that_is_a_skill_narrows(void **state)
{
	static const char *vpn[] = {"vpn"}, *nothing[] = {"nothing"};
	CLEANUP_ARENA struct arena arena;
	struct facts facts;
	arena_init(&arena);
	struct desk_policy policy = setup(&facts, ASSIGN_ROUND_ROBIN);
	agents[4].skills = agents[5].skills = (struct strings){vpn, 1};
	struct strings tags = {vpn, 1}, others = {nothing, 1};
	for (int64_t ticket = 1; ticket <= 100; ticket++)
		assert_in_range(give(&arena, &policy, &facts, &tags, ticket), 4, 5);
	assert_int_equal(given[4], 50);
	agents[4].limit = agents[5].limit = 1;
	assert_int_equal(give(&arena, &policy, &facts, &tags, 101), -1);
	assert_in_range(give(&arena, &policy, &facts, &others, 102), 0, 3);
}

static void dates_and_hours_are_checked(void **state)
{
	const char *problem;
	const char *good_leave[] = {"2026-12-24", "2026-12-24..2027-01-06"}, *bad_leave[] = {"", "24.12.2026", "2026-13-01", "2026-12-24..2026-12-01", "2026-12-24x"};
	const char *good_hours[] = {"", "mon-fri 08:00-17:30", "mon 08:00-12:00, tue-sun 00:00-24:00"}, *bad_hours[] = {"always", "mon 17:00-08:00", "fri-mon 08:00-09:00", "mon 8-9", "mon 08:00-09:00 x"};
	for (size_t i = 0; i < COUNT_OF(good_leave); i++) assert_true(desk_check_leave(good_leave[i], &problem));
	for (size_t i = 0; i < COUNT_OF(bad_leave); i++) assert_false(desk_check_leave(bad_leave[i], &problem));
	for (size_t i = 0; i < COUNT_OF(good_hours); i++) assert_true(desk_check_hours(good_hours[i], &problem));
	for (size_t i = 0; i < COUNT_OF(bad_hours); i++) assert_false(desk_check_hours(bad_hours[i], &problem));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_more_than_one_ticket_from_fair), cmocka_unit_test(least_loaded_evens_out_what_is_open),
		cmocka_unit_test(leave_hours_and_limits_hold), cmocka_unit_test(a_tag_that_is_a_skill_narrows),
		cmocka_unit_test(dates_and_hours_are_checked),
	};
	return cmocka_run_group_tests_name("desk assign", tests, NULL, NULL);
}
