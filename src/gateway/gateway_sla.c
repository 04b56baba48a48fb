/*
 * gateway_sla.c - what the history of a ticket says to its clocks: who wrote when, in which stage it was, and which promise held at each time.
 *
 * The history is told again from its first line; queue, agent, priority and tags are what they were then, so that a promise is chosen by them and
 * not by what they became. An answer that came back from its customer is no answer: his clock runs on from its old start.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway.h"

#define MERGED_DEPTH 16                          /* tickets that came into tickets that came into one */

struct telling {
	struct arena *arena;
	const struct promise_book *book;
	struct store *store;
	const struct ticket_row *row;
	const struct sla_policy *otherwise;      /* where nothing is promised; NULL: none */
	int depth;
	size_t lowest, versions;                 /* the version that is in force when it begins, or older ones of what comes into it; how many came by now */
	struct ticket_facts facts;               /* as they were at the line that is told */
	struct sla_events *events;
	struct { int64_t *at; size_t count; } returned;  /* sorted */
};

static void add(struct telling *t, int64_t at, struct sla_event event)
{
	event.at = at / 1000;
	*ARENA_PUSH(t->arena, t->events) = event;
}

/* ---- promises ---- */

static void choose_of(struct telling *t, int64_t at, size_t version)
{
	const struct sla_policy *policy = config_promise_of(&t->book->at[version].promises, &t->facts);
	add(t, at, (struct sla_event){.kind = SLA_POLICY, .version = version, .policy = policy ? policy : t->otherwise});
}

static void choose(struct telling *t, int64_t at)
{
	for (size_t i = t->lowest; i < t->versions; i++)
		choose_of(t, at, i);
}

static bool takes_others_in(const struct ticket_row *row)
{
	for (size_t i = 0; i < row->history.count; i++)
		if (row->history.at[i].kind == HISTORY_MERGED_FROM)
			return true;
	return false;
}

/* The versions that were in force before the ticket was. */
static void begin_versions(struct telling *t, int64_t at)
{
	while (t->versions < t->book->count && t->book->at[t->versions].at <= at)
		t->versions++;
	t->lowest = takes_others_in(t->row) || !t->versions ? 0 : t->versions - 1;
	choose(t, at);
	if (t->versions)
		add(t, at, (struct sla_event){.kind = SLA_VERSION, .version = t->versions - 1});
}

/* Those that came since, up to `at`, ms. */
static void follow_versions(struct telling *t, int64_t at)
{
	for (; t->versions < t->book->count && t->book->at[t->versions].at <= at; t->versions++) {
		const struct promise_version *version = &t->book->at[t->versions];
		choose_of(t, version->at, t->versions);
		add(t, version->at, (struct sla_event){.kind = SLA_VERSION, .version = t->versions, .applied = version->applied});
	}
}

/* ---- stages and words ---- */

static enum sla_waiting waiting_of(const char *name)
{
	const char *kept = *name ? desk_waiting_named(name) : WAITING_CUSTOMER;
	return !kept || !strcmp(kept, WAITING_CUSTOMER) ? SLA_ON_CUSTOMER : !strcmp(kept, WAITING_THIRD) ? SLA_ON_THIRD : SLA_ON_OURSELVES;
}

static enum sla_stage stage_of(enum ticket_state state)
{
	switch (state) {
	case STATE_HELD: case STATE_EXPIRED: return SLA_UNSEEN;
	case STATE_NEW: case STATE_OPEN: return SLA_WORK;
	case STATE_PENDING: return SLA_PENDING;
	default: return SLA_OVER;
	}
}

/* For whom a ticket waits says a line of its own behind this one, and again when it waits for somebody else. */
static void enter(struct telling *t, int64_t at, const char *name, const char *by)
{
	enum ticket_state state;
	if (desk_ticket_state_parse(name, &state))
		add(t, at, (struct sla_event){.kind = SLA_STAGE, .stage = stage_of(state), .waiting = SLA_ON_CUSTOMER, .by = by});
}

static void wait(struct telling *t, const struct history_row *line)
{
	add(t, line->at, (struct sla_event){.kind = SLA_STAGE, .stage = SLA_PENDING, .waiting = waiting_of(line->now)});
}

static int by_seq(const void *seq, const void *message)
{
	int64_t a = *(const int64_t *)seq, b = ((const struct message_row *)message)->seq;
	return (a > b) - (a < b);
}

/* They come in the order of their numbers. */
static const struct message_row *message_of(const struct telling *t, int64_t seq)
{
	return t->row->messages.count ? bsearch(&seq, t->row->messages.at, t->row->messages.count, sizeof *t->row->messages.at, by_seq) : NULL;
}

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static bool is_of_customer(const struct participant *customer, const char *address)
{
	return text_equal_nocase(address, customer->address) || (customer->answer_to && text_equal_nocase(address, customer->answer_to)) || !strcmp(address, ERASED_CUSTOMER);
}

/* The mails that came back from the customer, by their numbers in the outbox. */
static void find_returned(struct telling *t)
{
	for (size_t i = 0; i < t->row->history.count; i++) {
		const struct history_row *line = &t->row->history.at[i];
		if (line->kind == HISTORY_BOUNCED && is_of_customer(&t->row->facts.customer, line->now))
			*ARENA_PUSH(t->arena, &t->returned) = line->number;
	}
	if (t->returned.count)
		qsort(t->returned.at, t->returned.count, sizeof *t->returned.at, by_number);
}

static bool came_back(const struct telling *t, const struct message_row *message)
{
	return t->returned.count && message->outbox && bsearch(&message->outbox, t->returned.at, t->returned.count, sizeof *t->returned.at, by_number);
}

static void tell_of_message(struct telling *t, const struct history_row *line)
{
	const struct message_row *message = message_of(t, line->number);
	if (!message)
		return;
	if (message->out && message->kind == MESSAGE_REPLY && *message->agent && !came_back(t, message))
		add(t, line->at, (struct sla_event){.kind = SLA_AGENT_WROTE, .by = message->agent});
	if (!message->out && (message->kind == MESSAGE_REQUEST || message->kind == MESSAGE_REPLY))
		add(t, message->seq == 1 && message->date > 0 && message->date < line->at ? message->date : line->at, (struct sla_event){.kind = SLA_CUSTOMER_WROTE});
}

/* A ticket that was split off began when its words came. */
static int64_t began(const struct telling *t, const struct history_row *line)
{
	const struct message_row *first = t->row->messages.count ? &t->row->messages.at[0] : NULL;
	return first && !first->out && first->date > 0 && first->date < line->at ? first->date : line->at;
}

static void begin(struct telling *t, const struct history_row *line)
{
	int64_t at = began(t, line);
	t->facts.tags = (struct strings){0};
	store_history_tell(t->arena, line, &t->facts);
	begin_versions(t, at);
	enter(t, at, store_history_created(t->arena, line, HISTORY_CREATED_STATE), line->who);
}

static void tell_lines(struct telling *t, size_t count);

/* The line of a ticket by which it went into that one, then; its history's length: it did not, or that was undone. */
static size_t line_of_merge(const struct ticket_row *gone, int64_t into, int64_t at)
{
	for (size_t i = 0; i < gone->history.count; i++) {
		const struct history_row *line = &gone->history.at[i];
		if (line->kind != HISTORY_MERGED || line->number != into || line->at != at)
			continue;
		for (size_t k = i + 1; k < gone->history.count && gone->history.at[k].kind != HISTORY_MERGED; k++)
			if (gone->history.at[k].kind == HISTORY_UNMERGED)
				return gone->history.count;
		return i;
	}
	return gone->history.count;
}

/* Another ticket came into this one, with its story until then. */
static void take_in(struct telling *t, const struct history_row *line)
{
	struct ticket_row *gone = ARENA_NEW(t->arena, struct ticket_row);
	struct sla_events *events = ARENA_NEW(t->arena, struct sla_events);
	struct error error;
	*events = (struct sla_events){0};
	if (t->depth >= MERGED_DEPTH || store_story_of(t->store, t->arena, line->number, gone, &error) != STATUS_OK)
		return;
	size_t lines = line_of_merge(gone, t->row->facts.id, line->at);
	if (lines == gone->history.count)
		return;
	struct telling other = {.arena = t->arena, .book = t->book, .store = t->store, .row = gone, .otherwise = t->otherwise, .depth = t->depth + 1, .facts = gone->facts, .events = events};
	tell_lines(&other, lines);
	add(t, line->at, (struct sla_event){.kind = SLA_JOINED, .other = events});
}

static void tell_of(struct telling *t, const struct history_row *line)
{
	if (line->kind != HISTORY_CREATED)
		follow_versions(t, line->at);
	switch (line->kind) {
	case HISTORY_MERGED: add(t, line->at, (struct sla_event){.kind = SLA_GONE}); return;
	case HISTORY_UNMERGED: add(t, line->at, (struct sla_event){.kind = SLA_BACK}); return;
	case HISTORY_MERGED_FROM: take_in(t, line); return;
	case HISTORY_CREATED: begin(t, line); return;
	case HISTORY_MESSAGE: tell_of_message(t, line); return;
	case HISTORY_PENDING: wait(t, line); return;
	default: break;
	}
	if (store_history_tell(t->arena, line, &t->facts))
		choose(t, line->at);
	if (line->kind == HISTORY_STATE)
		enter(t, line->at, line->now, line->who);
}

static void tell_lines(struct telling *t, size_t count)
{
	find_returned(t);
	for (size_t i = 0; i < count; i++)
		tell_of(t, &t->row->history.at[i]);
}

static void tell_all(struct telling *t, int64_t now)
{
	tell_lines(t, t->row->history.count);
	follow_versions(t, now);
}

void gateway_clocks_of(struct arena *arena, const struct promise_book *book, struct store *store, const struct ticket_row *row, int64_t now, struct sla_clocks *clocks)
{
	struct sla_events events = {0};
	struct telling telling = {.arena = arena, .book = book, .store = store, .row = row, .facts = row->facts, .events = &events};
	*clocks = (struct sla_clocks){0};
	if (!book->promises)
		return;
	tell_all(&telling, now);
	sla_clocks(arena, &events, now / 1000, clocks);
}

void gateway_runs_of(struct arena *arena, const struct promise_book *book, struct store *store, const struct ticket_row *row, int64_t now, struct sla_clocks *runs)
{
	struct sla_events events = {0};
	struct telling telling = {.arena = arena, .book = book, .store = store, .row = row, .facts = row->facts, .otherwise = book->otherwise, .events = &events};
	tell_all(&telling, now);
	sla_runs(arena, &events, now / 1000, runs);
}
