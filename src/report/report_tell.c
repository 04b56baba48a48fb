/*
 * report_tell.c - tells the history of a ticket and writes down what counts in reports: when it was open and as what, who wrote, which clock stopped, what was promised.
 *
 * Knows nothing of what will be asked (from when, by what, of which). A clock set back does not undo what was: a line is never earlier than the one before it.
 */
#include "report_private.h"

#include <stdlib.h>
#include <string.h>

struct mark { int64_t second; enum report_family family; struct report_event event; };   /* something about a clock */
struct telling {
	struct report_page *pages;
	struct arena *scratch;
	const struct ticket_row *row;
	const struct asked_row *asked;           /* NULL: the articles were not */
	struct ticket_facts facts;               /* as they were at the line that is told */
	bool merged, begun;
	int64_t at;
	unsigned place;                          /* flags of the last EVENT_PLACE */
	struct buffer shape;                     /* of the facts */
	struct buffer chunks[REPORT_TICKET_FAMILIES];
	int64_t before[REPORT_TICKET_FAMILIES];
	struct { struct mark *at; size_t count; } marks;
	size_t marked;                           /* that are written */
};

static void write_event(struct telling *t, enum report_family family, const struct report_event *event)
{
	struct report_event whole = *event;

	whole.shape = t->shape.at;
	whole.shape_length = t->shape.length;
	whole.name = whole.name ? whole.name : "";
	report_event_write(&t->pages[family], family, &t->chunks[family], &t->before[family], &whole);
}

/* ---- clocks ---- */

static void mark(struct telling *t, enum report_family family, int64_t second, const struct report_event *event)
{
	struct mark *at = ARENA_PUSH(t->scratch, &t->marks);

	*at = (struct mark){ second, family, *event };
	at->event.at = second * 1000;
}

/* Who stopped a clock, where that is one of us: a customer who closed it, or a time that came, leaves it with whose ticket it is. */
static const char *agent_of(const struct sla_clock *run)
{
	static const char *const others[] = { "timer", "desk", "customer", "unknown sender" };
	const char *who = run->by ? run->by : "";

	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (!strcmp(who, others[i]))
			return "";
	return strchr(who, '@') || *who == '[' ? "" : who;
}

static void mark_stop(struct telling *t, const struct sla_clock *run)
{
	static const enum report_event_kind kinds[SLA_KINDS] = { [SLA_FIRST] = EVENT_FIRST, [SLA_NEXT] = EVENT_NEXT, [SLA_RESOLUTION] = EVENT_SOLVED };

	mark(t, run->kind == SLA_RESOLUTION ? FAMILY_SOLVED : FAMILY_ANSWERS, run->stopped,
	     &(struct report_event){ .kind = kinds[run->kind], .flags = (run->due ? EVENT_PROMISED : 0) | (run->missed ? EVENT_MISSED : 0), .name = agent_of(run),
	                             .used = run->used, .elapsed = run->stopped - run->started });
}

/* Kept when it stopped; missed from its due moment on, which may be still to come, or apart where only a change of what was promised made it late. */
static void mark_promise(struct telling *t, const struct sla_clock *run, bool over)
{
	bool waits = !run->over && !run->paused && !run->missed && run->due < PROMISE_NEVER / 1000, missed = run->missed || waits;

	if (run->due && (over || missed) && !run->missed_elsewhere)
		mark(t, FAMILY_PROMISES, run->retargeted ? run->changed : missed ? run->due : run->stopped,
		     &(struct report_event){ .kind = EVENT_PROMISE, .flags = (missed ? EVENT_MISSED : 0) | (run->retargeted ? EVENT_RETARGETED : 0),
		                             .name = arena_printf(t->scratch, "%s %s", run->policy->name, sla_kind_name(run->kind)) });
}

static int by_second(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;

	return (x->second > y->second) - (x->second < y->second);
}

static void find_marks(struct telling *t, const struct sla_clocks *runs)
{
	for (size_t i = 0; runs && i < runs->count; i++) {
		const struct sla_clock *run = &runs->at[i];
		bool over = run->over && !run->gone;

		if (over && (run->answered || run->kind == SLA_RESOLUTION))
			mark_stop(t, run);
		mark_promise(t, run, over);
	}
	if (t->marks.count)
		qsort(t->marks.at, t->marks.count, sizeof *t->marks.at, by_second);
}

static void write_marks(struct telling *t, int64_t before)
{
	for (; t->marked < t->marks.count && t->marks.at[t->marked].second < before; t->marked++)
		write_event(t, t->marks.at[t->marked].family, &t->marks.at[t->marked].event);
}

/* ---- where it is ---- */

/* Of what the ticket was when it came. */
static void write_asked(struct telling *t)
{
	const struct asked_row *asked = t->asked;

	write_event(t, FAMILY_ASKED, &(struct report_event){ .at = asked->at, .kind = EVENT_ASKED,
		.flags = (asked->shown ? EVENT_SHOWN : 0) | (asked->solved ? EVENT_HELPED : 0) | (asked->refused ? EVENT_REFUSED : 0), .used = asked->said_at ? asked->said_at - asked->at : 0 });
}

static void follow(struct telling *t)
{
	enum ticket_state state = t->facts.state;
	bool open = (state == STATE_NEW || state == STATE_OPEN || state == STATE_PENDING) && !t->merged;
	unsigned place = (open ? EVENT_OPEN : 0) | (t->merged ? EVENT_MERGED : 0);
	CLEANUP_BUFFER struct buffer shape = { 0 };

	report_shape_write(&shape, &t->facts);
	bool same = t->begun && place == t->place && shape.length == t->shape.length && memcmp(shape.at, t->shape.at, shape.length) == 0;

	buffer_reset(&t->shape);
	buffer_add(&t->shape, shape.at, shape.length);
	t->place = place;
	if (!t->begun && t->asked)
		write_asked(t);
	t->begun = true;
	if (!same)
		write_event(t, FAMILY_PLACES, &(struct report_event){ .at = t->at, .kind = EVENT_PLACE, .flags = place });
}

/* ---- words ---- */

static const struct message_row *message_of(const struct telling *t, int64_t seq)
{
	const struct message_row *message = seq > 0 && seq <= (int64_t)t->row->messages.count ? &t->row->messages.at[seq - 1] : NULL;

	return message && message->seq == seq ? message : NULL;
}

static bool is_words(const struct message_row *message)
{
	return strcmp(message->flags, "commands only") != 0 && strncmp(message->flags, "not sent: ", 10) != 0;
}

static void write_message(struct telling *t, const struct history_row *line)
{
	const struct message_row *message = message_of(t, line->number);

	if (!message)
		return;
	if (!message->out && (message->kind == MESSAGE_REQUEST || message->kind == MESSAGE_REPLY))
		write_event(t, FAMILY_WORDS, &(struct report_event){ .at = t->at, .kind = EVENT_WRITTEN });
	if (message->out && message->kind == MESSAGE_REPLY && *message->agent)
		write_event(t, FAMILY_WORDS, &(struct report_event){ .at = t->at, .kind = EVENT_ANSWERED, .name = message->agent });
	if (message->kind == MESSAGE_NOTE && *message->agent && is_words(message))
		write_event(t, FAMILY_WORDS, &(struct report_event){ .at = t->at, .kind = EVENT_NOTED, .name = message->agent });
}

/* ---- the lines ---- */

static void tell(struct telling *t, const struct history_row *line)
{
	t->at = line->at > t->at ? line->at : t->at;
	write_marks(t, t->at / 1000);
	switch (line->kind) {
	case HISTORY_MESSAGE: write_message(t, line); return;
	case HISTORY_RATED: write_event(t, FAMILY_PLACES, &(struct report_event){ .at = t->at, .kind = EVENT_RATED, .used = line->number }); return;
	case HISTORY_MERGED: case HISTORY_UNMERGED: t->merged = line->kind == HISTORY_MERGED; break;
	default:
		if (!store_history_tell(t->scratch, line, &t->facts))
			return;
	}
	follow(t);
}

static void tell_all(struct telling *t, const struct sla_clocks *runs)
{
	t->facts = t->row->facts;
	t->facts.tags = (struct strings){ 0 };
	report_shape_write(&t->shape, &t->facts);
	find_marks(t, runs);
	for (size_t i = 0; i < t->row->history.count; i++)
		tell(t, &t->row->history.at[i]);
	write_marks(t, INT64_MAX);
}

void report_tell(struct report_page pages[REPORT_TICKET_FAMILIES], size_t slot, struct arena *scratch, const struct ticket_row *row, const struct sla_clocks *runs,
                 const struct asked_row *asked)
{
	struct telling t = { .pages = pages, .scratch = scratch, .row = row, .asked = asked };

	if (row)
		tell_all(&t, runs);
	for (int family = 0; family < REPORT_TICKET_FAMILIES; family++) {
		report_page_set(&pages[family], slot, &t.chunks[family]);
		buffer_fini(&t.chunks[family]);
	}
	buffer_fini(&t.shape);
}
