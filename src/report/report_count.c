/*
 * report_count.c - tells the history of a ticket once more and counts what happened in the span of the report.
 *
 * At each line the ticket is what it was then. It is in the backlog of the rows whose keys it has; what changes that is counted with its cause, so that no
 * change of a backlog is without one. A clock set back does not undo what was: a line is never earlier than the one before it.
 */
#include "report_private.h"

#include <stdlib.h>
#include <string.h>

struct mark { int64_t second; const struct sla_clock *run; };    /* when a clock's run is counted */
struct place { bool open, in; struct strings keys; };            /* in: of the backlog that the report is about; and the rows that it is in */
struct telling {
	struct report *report;
	struct arena *scratch;
	const struct ticket_row *row;
	struct ticket_facts facts;               /* as they were at the line that is told */
	bool merged, was_open, started, ended;
	int64_t at;
	struct place place;
	struct { struct mark *at; size_t count; } marks;
	size_t marked;                           /* that are counted */
	int stars;                               /* the newest rating before the end; 0: none */
	int64_t rated_at, solved_at;             /* within the span, the last time; 0: not */
	struct ticket_facts rated, solved;       /* the ticket then */
};

/* ---- which rows ---- */

static bool is_value(void *context, enum query_key key, const char *value)
{
	const struct ticket_facts *facts = context;
	const struct desk_field *field = desk_field_asked(query_key_name(key));

	return key == QUERY_CUSTOMER ? text_equal_nocase(facts->customer.address, value) : field && desk_field_is(facts, field, value);
}

static int64_t moment_of(void *context, enum query_key key)
{
	return key == QUERY_CREATED ? ((const struct ticket_facts *)context)->created : 0;
}

static bool is_wanted(const struct telling *t, const struct ticket_facts *facts)
{
	const struct report_ask *ask = &t->report->ask;

	return !ask->where || query_holds(ask->where, ask->now, &(struct query_values){ is_value, moment_of, (void *)facts });
}

static void add_key(struct telling *t, struct strings *keys, const char *key)
{
	key = key && *key ? key : NO_KEY;
	if (!strings_have(keys, key))
		strings_add(t->scratch, keys, key);
}

/* who: whose doing it was, where that is an agent's; NULL: what the ticket says. */
static struct strings keys_of(struct telling *t, const struct ticket_facts *facts, const char *who)
{
	struct strings keys = { 0 };

	switch (t->report->ask.by) {
	case BY_QUEUE: add_key(t, &keys, facts->queue); break;
	case BY_AGENT: add_key(t, &keys, who ? who : facts->agent); break;
	case BY_CUSTOMER: add_key(t, &keys, text_lower(t->scratch, facts->customer.address)); break;
	case BY_LANGUAGE: add_key(t, &keys, facts->language); break;
	case BY_ORGANISATION: add_key(t, &keys, facts->organisation); break;
	case BY_TAG:
		for (size_t i = 0; i < facts->tags.count; i++)
			add_key(t, &keys, facts->tags.at[i]);
		if (!facts->tags.count)
			add_key(t, &keys, "");
		break;
	default: break;
	}
	return keys;
}

/* ---- counting ---- */

static void list(struct telling *t, enum report_count count)
{
	struct report *report = t->report;

	if (report->ask.list && report->ask.list->lists == count)
		*ARENA_PUSH(report->arena, &report->listed) = t->row->facts.id;
}

static bool within(const struct telling *t, int64_t at)
{
	return at >= t->report->ask.from && at < t->report->ask.to;
}

/* In all rows with these keys, in that of its time, and in the total. */
static void bump(struct telling *t, int64_t at, enum report_count count, const struct strings *keys)
{
	struct report *report = t->report;

	report_row_bump(report, &report->total, count);
	list(t, count);
	for (size_t i = 0; i < keys->count; i++)
		report_row_bump(report, report_row_of(report, keys->at[i]), count);
	if (report_by_is_time(report->ask.by) && count != COUNT_START && count != COUNT_END)
		report_row_bump(report, report_row_of(report, report_bucket_of(t->scratch, &report->ask, at)), count);
}

static void add_value(struct telling *t, int64_t at, enum report_value value, double number, const struct strings *keys)
{
	struct report *report = t->report;

	report_row_value(report, &report->total, value, number);
	for (size_t i = 0; i < keys->count; i++)
		report_row_value(report, report_row_of(report, keys->at[i]), value, number);
	if (report_by_is_time(report->ask.by))
		report_row_value(report, report_row_of(report, report_bucket_of(t->scratch, &report->ask, at)), value, number);
}

/* Something that happened, to a ticket as it was. */
static void count(struct telling *t, int64_t at, const struct ticket_facts *facts, enum report_count what, const char *who)
{
	struct strings keys = keys_of(t, facts, who);

	if (within(t, at) && is_wanted(t, facts))
		bump(t, at, what, &keys);
}

/* ---- the backlog ---- */

static struct place place_of(struct telling *t)
{
	enum ticket_state state = t->facts.state;
	struct place place = { .open = (state == STATE_NEW || state == STATE_OPEN || state == STATE_PENDING) && !t->merged };

	place.in = place.open && is_wanted(t, &t->facts);
	if (place.in)
		place.keys = keys_of(t, &t->facts, NULL);
	return place;
}

static void move(struct telling *t, const struct strings *from, const struct strings *to, enum report_count count)
{
	for (size_t i = 0; i < from->count; i++)
		if (!strings_have(to, from->at[i]))
			report_row_bump(t->report, report_row_of(t->report, from->at[i]), count), list(t, count);
}

static void follow(struct telling *t)
{
	struct place old = t->place, new = t->place = place_of(t);

	if (!within(t, t->at))
		;
	else if (!old.in && new.in)
		bump(t, t->at, old.open ? COUNT_MOVED_IN : t->was_open ? COUNT_REOPENED : COUNT_NEW, &new.keys);
	else if (old.in && !new.in)
		bump(t, t->at, new.open ? COUNT_MOVED_OUT : t->merged ? COUNT_MERGED : COUNT_RESOLVED, &old.keys);
	else if (old.in) {
		move(t, &new.keys, &old.keys, COUNT_MOVED_IN);
		move(t, &old.keys, &new.keys, COUNT_MOVED_OUT);
	}
	if (old.open && !new.open && !t->merged && within(t, t->at)) {
		t->solved_at = t->at;
		t->solved = t->facts;
	}
	t->was_open |= new.open;
}

/* The backlog as it was at the ends, before anything that happened then. */
static void look_at_ends(struct telling *t, int64_t at)
{
	const struct report_ask *ask = &t->report->ask;

	if (!t->started && at >= ask->from) {
		t->started = true;
		if (t->place.in)
			bump(t, ask->from, COUNT_START, &t->place.keys);
	}
	if (!t->ended && at >= ask->to) {
		t->ended = true;
		if (t->place.in)
			bump(t, ask->to, COUNT_END, &t->place.keys);
	}
}

/* ---- clocks ---- */

static void count_answer(struct telling *t, int64_t at, const struct sla_clock *run)
{
	static const struct { enum report_count n, promised, in_time; enum report_value used, elapsed; } of[SLA_KINDS] = {
		[SLA_FIRST] = { COUNT_FIRST, COUNT_FIRST_PROMISED, COUNT_FIRST_IN_TIME, VALUE_FIRST, VALUE_FIRST_ELAPSED },
		[SLA_NEXT] = { COUNT_NEXT, COUNT_NEXT_PROMISED, COUNT_NEXT_IN_TIME, VALUE_NEXT, VALUE_NEXT_ELAPSED },
		[SLA_RESOLUTION] = { COUNT_SOLVED, COUNT_SOLVED_PROMISED, COUNT_SOLVED_IN_TIME, VALUE_SOLVED, VALUE_SOLVED_ELAPSED },
	};
	struct strings keys = keys_of(t, &t->facts, run->by && *run->by ? run->by : NULL);

	if (!within(t, at) || !is_wanted(t, &t->facts))
		return;
	bump(t, at, of[run->kind].n, &keys);
	if (run->due)
		bump(t, at, of[run->kind].promised, &keys);
	if (run->due && !run->missed)
		bump(t, at, of[run->kind].in_time, &keys);
	add_value(t, at, of[run->kind].used, (double)run->used, &keys);
	add_value(t, at, of[run->kind].elapsed, (double)(run->stopped - run->started), &keys);
}

/* Kept when it stopped; missed from its due moment on, or apart where only a change of what was promised made it late. */
static void count_promise(struct telling *t, int64_t at, const struct sla_clock *run)
{
	struct strings keys = keys_of(t, &t->facts, NULL);

	if (!within(t, at) || !is_wanted(t, &t->facts))
		return;
	if (t->report->ask.by == BY_NOTHING)
		strings_add(t->scratch, &keys, arena_printf(t->scratch, "%s %s", run->policy->name, sla_kind_name(run->kind)));
	if (run->retargeted) {
		bump(t, at, COUNT_RETARGETED, &keys);
		return;
	}
	bump(t, at, COUNT_PROMISED, &keys);
	bump(t, at, run->missed ? COUNT_MISSED : COUNT_KEPT, &keys);
}

static void count_marks(struct telling *t, int64_t before)
{
	for (; t->marked < t->marks.count && t->marks.at[t->marked].second < before; t->marked++) {
		const struct mark *mark = &t->marks.at[t->marked];

		if (t->report->ask.kind == REPORT_PROMISES)
			count_promise(t, mark->second * 1000, mark->run);
		else
			count_answer(t, mark->second * 1000, mark->run);
	}
}

static int by_second(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;

	return (x->second > y->second) - (x->second < y->second);
}

static void find_marks(struct telling *t, const struct sla_clocks *runs)
{
	enum report_kind kind = t->report->ask.kind;

	for (size_t i = 0; runs && i < runs->count; i++) {
		const struct sla_clock *run = &runs->at[i];
		bool over = run->over && !run->gone, decided = run->due && (over || run->missed) && !run->missed_elsewhere;
		bool answer = over && run->answered && run->kind != SLA_RESOLUTION;

		if (kind == REPORT_PROMISES && decided)
			*ARENA_PUSH(t->scratch, &t->marks) = (struct mark){ run->retargeted ? run->changed : run->missed ? run->due : run->stopped, run };
		else if ((kind == REPORT_ANSWERS && answer) || (kind == REPORT_RESOLUTION && over && run->kind == SLA_RESOLUTION))
			*ARENA_PUSH(t->scratch, &t->marks) = (struct mark){ run->stopped, run };
	}
	if (t->marks.count)
		qsort(t->marks.at, t->marks.count, sizeof *t->marks.at, by_second);
}

/* ---- the lines ---- */

static int by_ticket(const void *ticket, const void *row)
{
	int64_t a = *(const int64_t *)ticket, b = ((const struct suggestion_row *)row)->ticket;

	return (a > b) - (a < b);
}

static void count_suggestion(struct telling *t)
{
	const struct suggestion_rows *all = t->report->suggestions;
	const struct suggestion_row *row = all && all->count ? bsearch(&t->row->facts.id, all->at, all->count, sizeof *all->at, by_ticket) : NULL;

	if (!row)
		return;
	count(t, row->at, &t->facts, COUNT_ASKED, NULL);
	if (row->shown == SUGGESTION_NOTHING)
		return;
	count(t, row->at, &t->facts, COUNT_SUGGESTED, NULL);
	if (row->said_at < t->report->ask.to && !strcmp(row->outcome, OUTCOME_SOLVED))
		count(t, row->at, &t->facts, COUNT_DEFLECTED, NULL);
	if (row->said_at < t->report->ask.to && !strcmp(row->outcome, OUTCOME_REFUSED))
		count(t, row->at, &t->facts, COUNT_REFUSED, NULL);
}

static const struct message_row *message_of(const struct telling *t, int64_t seq)
{
	const struct message_row *message = seq > 0 && seq <= (int64_t)t->row->messages.count ? &t->row->messages.at[seq - 1] : NULL;

	return message && message->seq == seq ? message : NULL;
}

static bool is_words(const struct message_row *message)
{
	return strcmp(message->flags, "commands only") != 0 && strncmp(message->flags, "not sent: ", 10) != 0;
}

static void count_message(struct telling *t, const struct history_row *line)
{
	const struct message_row *message = message_of(t, line->number);

	if (!message)
		return;
	if (!message->out && (message->kind == MESSAGE_REQUEST || message->kind == MESSAGE_REPLY))
		count(t, t->at, &t->facts, COUNT_WRITTEN, NULL);
	if (message->out && message->kind == MESSAGE_REPLY && *message->agent)
		count(t, t->at, &t->facts, COUNT_ANSWERED, message->agent);
	if (message->kind == MESSAGE_NOTE && *message->agent && is_words(message))
		count(t, t->at, &t->facts, COUNT_NOTED, message->agent);
}

static void rate(struct telling *t, const struct history_row *line)
{
	if (t->at >= t->report->ask.to)
		return;
	t->stars = (int)line->number;
	if (!within(t, t->at))
		return;
	t->rated_at = t->at;
	t->rated = t->facts;
}

static void tell(struct telling *t, const struct history_row *line)
{
	t->at = line->at > t->at ? line->at : t->at;
	count_marks(t, t->at / 1000);
	look_at_ends(t, t->at);
	switch (line->kind) {
	case HISTORY_MESSAGE: count_message(t, line); return;
	case HISTORY_RATED: rate(t, line); return;
	case HISTORY_MERGED: case HISTORY_UNMERGED: t->merged = line->kind == HISTORY_MERGED; break;
	default:
		if (!store_history_tell(t->scratch, line, &t->facts))
			return;
	}
	if (line->kind == HISTORY_CREATED)
		count_suggestion(t);
	follow(t);
}

/* ---- what only the end of the story shows ---- */

static bool could_rate(const struct telling *t)
{
	const struct desk_queue *queue = t->solved_at ? desk_queue_named(t->report->ask.policy, t->solved.queue) : NULL;

	return t->solved_at && !t->merged && (!queue || queue->rating);
}

static void count_satisfaction(struct telling *t)
{
	if (t->rated_at && is_wanted(t, &t->rated)) {
		struct strings keys = keys_of(t, &t->rated, NULL);

		bump(t, t->rated_at, COUNT_RATED, &keys);
		add_value(t, t->rated_at, VALUE_STARS, t->stars, &keys);
	}
	if (!could_rate(t))
		return;
	count(t, t->solved_at, &t->solved, COUNT_COULD_RATE, NULL);
	if (t->stars)
		count(t, t->solved_at, &t->solved, COUNT_RESPONDED, NULL);
}

void report_ticket(struct report *report, struct arena *scratch, const struct ticket_row *row, const struct sla_clocks *runs)
{
	struct telling t = { .report = report, .scratch = scratch, .row = row, .facts = row->facts };

	t.facts.tags = (struct strings){ 0 };
	find_marks(&t, runs);
	for (size_t i = 0; i < row->history.count; i++)
		tell(&t, &row->history.at[i]);
	count_marks(&t, INT64_MAX);
	look_at_ends(&t, INT64_MAX);
	count_satisfaction(&t);
}

void report_mail(struct report *report, int64_t received, const char *disposition, int64_t ticket, const char *recipient)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	struct ticket_row row = { .facts = { .id = ticket } };
	struct telling t = { .report = report, .scratch = &scratch, .row = &row };
	struct strings keys = { 0 };

	if (report->ask.by == BY_NOTHING)
		add_key(&t, &keys, disposition);
	else if (report->ask.by == BY_QUEUE) {
		struct address_facts address;

		desk_address(report->ask.policy, recipient, &address);
		add_key(&t, &keys, address.queue ? address.queue->name : "");
	}
	if (within(&t, received))
		bump(&t, received, COUNT_MAIL, &keys);
}

/* ---- around all tickets ---- */

void report_begin(struct report *report, struct arena *arena, const struct report_ask *ask)
{
	*report = (struct report){ .arena = arena, .ask = *ask, .total = { .key = "total" } };
	report_buckets(report);
}

/* From one span of time to the next: what was there at the end of the one is there at the start of the other. */
static void chain(struct report *report)
{
	int64_t open = report->total.counts[COUNT_START];

	for (size_t i = 0; i < report->rows.count && report_by_is_time(report->ask.by); i++) {
		int64_t *counts = report->rows.at[i]->counts;

		counts[COUNT_START] = open;
		open += counts[COUNT_NEW] + counts[COUNT_REOPENED] + counts[COUNT_MOVED_IN] - counts[COUNT_RESOLVED] - counts[COUNT_MERGED] - counts[COUNT_MOVED_OUT];
		counts[COUNT_END] = open;
	}
}

void report_end(struct report *report)
{
	report_order(report);
	chain(report);
}

const char *report_refused(struct arena *arena, const struct report_ask *ask)
{
	const char *changes = ask->where ? query_changes_by_itself(ask->where) : NULL;

	if (ask->from >= ask->to)
		return "the report would end before it begins";
	if (ask->by == BY_HOUR && ask->to - ask->from > 92 * 86400000LL)
		return "by hour a report is of 92 days at most";
	if (ask->kind == REPORT_MAIL && ask->by != BY_NOTHING && ask->by != BY_QUEUE && !report_by_is_time(ask->by))
		return "mails are counted by disposition, or by queue, day, week, month or hour";
	if (ask->kind == REPORT_MAIL && ask->where)
		return "--where is about tickets, and this report about mails";
	if (changes && strcmp(changes, query_key_name(QUERY_CREATED)) != 0)
		return arena_printf(arena, "%s is not what it was then: a report counts by queue, agent, priority, tag, customer, language or created", changes);
	return NULL;
}
