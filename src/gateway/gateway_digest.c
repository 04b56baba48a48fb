/*
 * gateway_digest.c - the lines of an agent's daily digest: by whose turn it is, what is due first on top, then the oldest; each with its state, age, due time and
 * customer, aligned, in the agent's language. Nothing where nothing waits for him.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway.h"

#define LINES_MOST 100                           /* of one turn */
#define HOUR_MS (60LL * 60 * 1000)

enum { CELLS = 5 };
struct line { const char *cell[CELLS]; };
struct lines { struct line *at; size_t count, beyond; };

static const char *const headings[2][DESK_LANGUAGES] = {
	{"Waiting for us:", "In attesa di noi:", "Warten auf uns:", "En attente de notre part :", "Pendientes de nosotros:"},
	{"Waiting for others:", "In attesa di altri:", "Warten auf andere:", "En attente d’autres personnes :", "Pendientes de otros:"},
};
static const char *const nobody[DESK_LANGUAGES] = {"nobody's", "di nessuno", "ohne Zuständigen", "à personne", "de nadie"};
static const char *const days[DESK_LANGUAGES] = {"d", "g", "T", "j", "d"};
static const char *const due_by[DESK_LANGUAGES] = {"by", "entro:", "bis", "pour le", "hasta el"};

static const char *const late_since[DESK_LANGUAGES] = {"late since", "in ritardo dal", "überfällig seit", "en retard depuis le", "con retraso desde el"};

static size_t columns(const char *text)
{
	size_t count = 0;
	for (; *text; text++)
		count += ((unsigned char)*text & 0xC0) != 0x80;
	return count;
}

static const char *age(struct arena *arena, int64_t ms, size_t language)
{
	int64_t hours = ms / HOUR_MS;
	return hours < 48 ? arena_printf(arena, "%lld h", (long long)(hours < 0 ? 0 : hours)) : arena_printf(arena, "%lld %s", (long long)hours / 24, days[language]);
}

static const char *one_line(struct arena *arena, const char *text, size_t bytes)
{
	char *line = utf8_cut(arena, text, bytes);
	for (char *at = line; *at; at++)
		if ((unsigned char)*at < 32)
			*at = ' ';
	return line;
}

/* ---- which ---- */

struct digested { struct ticket_facts facts; int64_t due; };     /* due: ms; PROMISE_NEVER: at no time */
struct turn { struct digested *at; size_t count, all; };

/* When its first clock is due; a queue's hours go by a timer where no promise is kept yet. */
static int64_t due_of(struct store *store, const struct desk_policy *policy, const struct ticket_facts *ticket)
{
	const struct desk_queue *queue = desk_queue_named(policy, ticket->queue);
	struct promise_row row = {0};
	struct error error;
	int64_t due = 0;
	if (store_promise_get(store, ticket->id, &row, &error) == STATUS_OK && row.due)
		return row.due < PROMISE_NEVER ? row.due : PROMISE_NEVER;
	if (queue && queue->answer_hours && store_timer_due(store, ticket->id, TIMER_ANSWER, &due, &error) == STATUS_OK && due)
		return due;
	return PROMISE_NEVER;
}

/* Of all that the query finds, those that may be among the first ones shown. */
static void find(struct store *store, struct arena *arena, const struct desk_policy *policy, struct query *query, int64_t now, struct turn *turn)
{
	struct ticket_ids ids = {0};
	struct error error;
	*ARENA_PUSH(arena, &query->sorts) = (struct query_sort){.key = QUERY_DUE};
	*ARENA_PUSH(arena, &query->sorts) = (struct query_sort){.key = QUERY_CREATED};
	if (store_ticket_ids(store, arena, query, now, 0, &ids, &error) != STATUS_OK)
		return;
	turn->all += ids.count;
	for (size_t i = 0; i < ids.count && i < LINES_MOST; i++) {
		struct ticket_row row;
		if (store_ticket_head(store, arena, ids.at[i], &row, &error) == STATUS_OK)
			*ARENA_PUSH(arena, turn) = (struct digested){row.facts, due_of(store, policy, &row.facts)};
	}
}

static void begin_query(struct arena *arena, struct query *query, const char *turn, const char *agent)
{
	*query = (struct query){.words = ""};
	query_add(arena, query, QUERY_WAITING, turn);
	query_add(arena, query, QUERY_AGENT, agent);
	for (size_t k = 0; k < 3; k++)
		query_add(arena, query, QUERY_STATE, (const char *const[]){"new", "open", "pending"}[k]);
}

static int due_first(const void *a, const void *b)
{
	const struct digested *x = a, *y = b;
	if (x->due != y->due)
		return x->due < y->due ? -1 : 1;
	return x->facts.created != y->facts.created ? (x->facts.created > y->facts.created) - (x->facts.created < y->facts.created) : (x->facts.id > y->facts.id) - (x->facts.id < y->facts.id);
}

/* What he has, and what nobody has in his queues. */
static void find_turn(struct store *store, struct arena *arena, const struct desk_policy *policy, const struct desk_agent *agent, const char *name, int64_t now, struct turn *turn)
{
	struct query query;
	bool any = false;
	begin_query(arena, &query, name, agent->name);
	find(store, arena, policy, &query, now, turn);
	begin_query(arena, &query, name, "");
	for (size_t i = 0; i < policy->queues.count; i++)
		if (strings_have(&policy->queues.at[i].agents, agent->name)) {
			query_add(arena, &query, QUERY_QUEUE, policy->queues.at[i].name);
			any = true;
		}
	if (any)
		find(store, arena, policy, &query, now, turn);
	if (turn->count)
		qsort(turn->at, turn->count, sizeof *turn->at, due_first);
}

/* ---- how they are said ---- */

static const char *due_words(struct arena *arena, const struct desk_policy *policy, const struct digested *ticket, const char *language, int64_t now)
{
	size_t number = desk_language_number(language);
	int64_t due = ticket->facts.state == STATE_PENDING ? ticket->facts.pending_until : ticket->due < PROMISE_NEVER ? ticket->due : 0;
	if (!due)
		return "";
	return arena_printf(arena, " (%s %s)", due <= now && ticket->facts.state != STATE_PENDING ? late_since[number] : due_by[number], desk_time(arena, policy, due, language));
}

static void add_line(struct arena *arena, const struct desk_policy *policy, const struct digested *one, const char *language, int64_t now, struct lines *lines)
{
	size_t number = desk_language_number(language);
	const struct ticket_facts *ticket = &one->facts;
	const struct participant *customer = &ticket->customer;
	const char *name = customer->name && *customer->name ? customer->name : customer->address;
	*ARENA_PUSH(arena, lines) = (struct line){{
		arena_printf(arena, "#%lld", (long long)ticket->id), desk_state_word(ticket->state, language), age(arena, now - ticket->created, number),
		one_line(arena, name, 30),
		arena_printf(arena, "%s%s%s%s", one_line(arena, ticket->subject, 90), due_words(arena, policy, one, language, now), *ticket->agent ? "" : ", ",
		             *ticket->agent ? "" : nobody[number])}};
}

static void write_lines(struct buffer *out, const struct lines *lines, const char *heading)
{
	size_t widths[CELLS] = {0};
	for (size_t i = 0; i < lines->count; i++)
		for (size_t k = 0; k + 1 < CELLS; k++)
			if (columns(lines->at[i].cell[k]) > widths[k])
				widths[k] = columns(lines->at[i].cell[k]);
	if (lines->count)
		buffer_printf(out, "%s%s\n", out->length ? "\n\n" : "", heading);
	for (size_t i = 0; i < lines->count; i++) {
		buffer_add_string(out, "\n");
		for (size_t k = 0; k + 1 < CELLS; k++)
			buffer_printf(out, "%s%*s", lines->at[i].cell[k], (int)(widths[k] - columns(lines->at[i].cell[k])) + 2, "");
		buffer_add_string(out, lines->at[i].cell[CELLS - 1]);
	}
	if (lines->beyond)
		buffer_printf(out, "\n... (+%zu)", lines->beyond);
}

const char *gateway_digest_lines(struct store *store, struct arena *arena, const struct desk_policy *policy, const struct desk_agent *agent, int64_t now)
{
	CLEANUP_BUFFER struct buffer out = {0};
	const char *language = desk_agents_language(policy, agent);
	static const char *const turns[2] = {"us", "them"};
	for (size_t t = 0; t < COUNT_OF(turns); t++) {
		struct lines lines = {0};
		struct turn turn = {0};
		find_turn(store, arena, policy, agent, turns[t], now, &turn);
		for (size_t i = 0; i < turn.count && i < LINES_MOST; i++)
			add_line(arena, policy, &turn.at[i], language, now, &lines);
		lines.beyond = turn.all - lines.count;
		if (!t && !lines.count)
			return "";
		write_lines(&out, &lines, headings[t][desk_language_number(language)]);
	}
	return arena_string(arena, buffer_string(&out));
}
