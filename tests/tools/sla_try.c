/*
 * sla_try.c - clocks of promises for tests/clock_laws.py, which has the same computed a second time, by Python alone.
 *
 * Reads commands, one a line: a calendar (calendar_words.h); "P NUMBER FIRST NEXT RESOLUTION PAUSES": a promise by it,
 * seconds, or business days below 0. What happens, in its order: "c AT" the customer writes, "a AT" an agent, "s AT STAGE WAITING", "p AT VERSION PROMISE" (-1: none),
 * "v AT VERSION APPLIED", "g AT" and "b AT" the ticket goes into another and comes back, "j AT" what happened until now was another ticket, which comes at AT into the
 * one whose story begins now. "n AT" prints the clocks at that time, and all their runs. "r" is the next ticket.
 */
#include "calendar_words.h"
#include "sla.h"

#define PROMISES 8

static struct arena story;
static struct sla_policy promises[PROMISES];
static struct sla_events events, *other;
static int64_t joins;

static void set_promise(const int64_t *numbers)
{
	static const char *const names[PROMISES] = { "0", "1", "2", "3", "4", "5", "6", "7" };
	struct sla_policy *policy = &promises[numbers[0] % PROMISES];

	*policy = (struct sla_policy){ .name = names[numbers[0] % PROMISES], .calendar = &calendar, .pauses = (unsigned)numbers[4] };
	for (int kind = 0; kind < SLA_KINDS; kind++)
		policy->target[kind] = numbers[kind + 1] < 0 ? (struct calendar_length){ 0, (int)-numbers[kind + 1] } : (struct calendar_length){ numbers[kind + 1], 0 };
}

static void come_in(void)
{
	if (other)
		*ARENA_PUSH(&story, &events) = (struct sla_event){ .at = joins, .kind = SLA_JOINED, .other = other };
	other = NULL;
}

static void push(struct sla_event event)
{
	if (event.at >= joins)
		come_in();
	*ARENA_PUSH(&story, &events) = event;
}

/* The story so far is another ticket's: it comes in before what happens at `at` or later. */
static void join(int64_t at)
{
	other = ARENA_NEW(&story, struct sla_events);
	*other = events;
	events = (struct sla_events){ 0 };
	joins = at;
}

static void print_clock(const struct sla_clock *clock)
{
	printf(" %s %s %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %zu %d%d", sla_kind_name(clock->kind), sla_state_name(clock), clock->started, clock->due,
	       clock->stopped, clock->used, clock->left, clock->version, (int)clock->retargeted, (int)clock->missed_elsewhere);
	int64_t sum = 0;
	for (size_t i = 0; i < clock->segments.count; i++)
		sum += clock->segments.at[i].seconds;
	if (sum != clock->used)
		printf(" SUM %" PRId64, sum);
}

static void print_clocks(int64_t now)
{
	struct sla_clocks clocks;

	come_in();
	sla_clocks(&story, &events, now, &clocks);
	for (size_t i = 0; i < clocks.count; i++)
		print_clock(&clocks.at[i]);
	sla_runs(&story, &events, now, &clocks);
	printf(" /");
	for (size_t i = 0; i < clocks.count; i++)
		if (clocks.at[i].policy && clocks.at[i].over)
			printf(" %s %" PRId64 "%s%s", sla_kind_name(clocks.at[i].kind), clocks.at[i].stopped, clocks.at[i].gone ? "g" : "", clocks.at[i].missed ? "m" : "");
	putchar('\n');
}

static void answer(char what, const int64_t *numbers)
{
	int64_t at = numbers[0];

	switch (what) {
	case 'P': set_promise(numbers); break;
	case 'c': push((struct sla_event){ .at = at, .kind = SLA_CUSTOMER_WROTE }); break;
	case 'a': push((struct sla_event){ .at = at, .kind = SLA_AGENT_WROTE, .by = "bob" }); break;
	case 's': push((struct sla_event){ .at = at, .kind = SLA_STAGE, .stage = (enum sla_stage)numbers[1], .waiting = (enum sla_waiting)numbers[2] }); break;
	case 'p': push((struct sla_event){ .at = at, .kind = SLA_POLICY, .version = (size_t)numbers[1], .policy = numbers[2] < 0 ? NULL : &promises[numbers[2]] }); break;
	case 'v': push((struct sla_event){ .at = at, .kind = SLA_VERSION, .version = (size_t)numbers[1], .applied = numbers[2] != 0 }); break;
	case 'g': push((struct sla_event){ .at = at, .kind = SLA_GONE }); break;
	case 'b': push((struct sla_event){ .at = at, .kind = SLA_BACK }); break;
	case 'j': join(at); break;
	case 'n': print_clocks(at); break;
	case 'r':
		arena_reset(&story);
		events = (struct sla_events){ 0 };
		other = NULL;
		break;
	default: break;
	}
}

int main(void)
{
	read_lines(answer);
	arena_fini(&story);
	return 0;
}
