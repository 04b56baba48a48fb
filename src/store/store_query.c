/*
 * store_query.c - the tickets that a query wants: a statement made of its terms, or, where it has words, what is found by them and holds.
 *
 * The statement is put together from the fixed pieces of this file; what a person wrote is only ever bound.
 * Both ways say the same of every ticket (tests/unit/test_query.c compares them).
 */
#include "store_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_LOOKED_AT 5000     /* messages with the words, the best first, whose tickets are looked at */

/* Our word is the last one of the conversation. */
#define OUR_WORD_LAST "(SELECT out FROM message WHERE message.ticket=ticket.id AND kind IN ('request','reply') ORDER BY seq DESC LIMIT 1)=1"
#define WAITS_FOR_THEM "(state='pending' OR state='resolved' OR (state='open' AND " OUR_WORD_LAST "))"
#define WAITS_AT_ALL "state IN ('new','open','pending','resolved')"
#define PRIORITY_ORDER "CASE priority WHEN 'urgent' THEN 3 WHEN 'high' THEN 2 WHEN 'normal' THEN 1 ELSE 0 END"

/* ?N is the value. */
static const char *const column_tests[QUERY_KEYS] = {
	[QUERY_QUEUE] = "queue=?%d",
	[QUERY_STATE] = "state=?%d",
	[QUERY_AGENT] = "agent=?%d",
	[QUERY_TAG] = "id IN (SELECT ticket FROM tag WHERE tag=?%d)",
	[QUERY_PRIORITY] = "priority=?%d",
	[QUERY_CUSTOMER] = "customer=?%d COLLATE NOCASE",
	[QUERY_LANGUAGE] = "language=?%d",
	[QUERY_WAITING] = "?%d=CASE WHEN " WAITS_FOR_THEM " THEN 'them' WHEN " WAITS_AT_ALL " THEN 'us' ELSE '' END",
	[QUERY_CREATED] = "created",
	[QUERY_UPDATED] = "updated",
};

static bool is_time(enum query_key key)
{
	return key == QUERY_CREATED || key == QUERY_UPDATED;
}

/* The term's test; *number: of the next value to bind. */
static void add_test(struct buffer *sql, const struct query_term *term, int *number)
{
	buffer_printf(sql, " AND %s(", term->negated ? "NOT " : "");
	if (is_time(term->key))
		buffer_printf(sql, "%s%s?%d", column_tests[term->key], term->longer ? "<" : ">=", (*number)++);
	for (size_t i = 0; i < term->values.count; i++) {
		const char *test = column_tests[term->key], *place = strstr(test, "%d");

		buffer_printf(sql, "%s%.*s%d%s", i ? " OR " : "", (int)(place - test), test, (*number)++, place + 2);
	}
	buffer_add_char(sql, ')');
}

static void add_order(struct buffer *sql, const struct query *query)
{
	buffer_add_string(sql, " ORDER BY ");
	for (size_t i = 0; i < query->sorts.count; i++)
		buffer_printf(sql, "%s%s, ", query->sorts.at[i].key == QUERY_PRIORITY ? PRIORITY_ORDER : column_tests[query->sorts.at[i].key],
		              query->sorts.at[i].descending ? " DESC" : "");
	buffer_add_string(sql, "id DESC");
}

static void bind_values(sqlite3_stmt *statement, const struct query *query, int64_t now)
{
	int number = 1;

	for (size_t i = 0; i < query->terms.count; i++) {
		const struct query_term *term = &query->terms.at[i];

		if (is_time(term->key))
			sqlite3_bind_int64(statement, number++, now - term->ms);
		for (size_t k = 0; k < term->values.count; k++)
			sqlite3_bind_text(statement, number++, term->values.at[k], -1, SQLITE_STATIC);
	}
}

static enum status prepare(struct store *store, const struct query *query, int64_t now, size_t limit, sqlite3_stmt **statement, struct error *error)
{
	CLEANUP_BUFFER struct buffer sql = { 0 };
	int number = 1, code;

	buffer_add_string(&sql, "SELECT " TICKET_COLUMNS " FROM ticket WHERE 1");
	for (size_t i = 0; i < query->terms.count; i++)
		add_test(&sql, &query->terms.at[i], &number);
	add_order(&sql, query);
	if (limit)
		buffer_printf(&sql, " LIMIT %zu", limit);
	errno = 0;
	code = sqlite3_prepare_v2(store->db, buffer_string(&sql), -1, statement, NULL);
	if (code != SQLITE_OK)
		return sql_failed(store->db, code, "listing tickets", error);
	bind_values(*statement, query, now);
	return STATUS_OK;
}

static enum status select_tickets(struct store *store, struct arena *arena, const struct query *query, int64_t now, size_t limit, struct ticket_rows *rows,
                                  struct error *error)
{
	struct cursor cursor = { .store = store, .error = error };
	sqlite3_stmt *statement = NULL;
	enum status status = prepare(store, query, now, limit, &statement, error);

	cursor.statement = statement;
	cursor.status = status;
	while (cursor_next(&cursor))
		read_ticket_columns(&cursor, arena, &ARENA_PUSH(arena, rows)->facts);
	if (status == STATUS_OK)
		status = cursor_close(&cursor);
	sqlite3_finalize(statement);
	return status;
}

/* ---- with words ---- */

struct asked_ticket { struct store *store; const struct ticket_facts *facts; enum status status; struct error *error; };

static const char *waits_for(struct asked_ticket *asked)
{
	int64_t out = 0;

	switch (asked->facts->state) {
	case STATE_PENDING: case STATE_RESOLVED:
		return "them";
	case STATE_NEW:
		return "us";
	case STATE_OPEN:
		asked->status = sql_number(asked->store, asked->error, &out, 0, SQL_MESSAGE_LAST_OUT, "i", asked->facts->id);
		return out ? "them" : "us";
	default:
		return "";
	}
}

static bool ticket_is(void *context, enum query_key key, const char *value)
{
	struct asked_ticket *asked = context;
	const struct ticket_facts *facts = asked->facts;

	switch (key) {
	case QUERY_QUEUE: return !strcmp(facts->queue, value);
	case QUERY_STATE: return !strcmp(ticket_state_name(facts->state), value);
	case QUERY_AGENT: return !strcmp(facts->agent, value);
	case QUERY_TAG: return strings_have(&facts->tags, value);
	case QUERY_PRIORITY: return !strcmp(facts->priority, value);
	case QUERY_CUSTOMER: return text_equal_nocase(facts->customer.address, value);
	case QUERY_LANGUAGE: return !strcmp(facts->language, value);
	case QUERY_WAITING: return !strcmp(waits_for(asked), value);
	default: return false;
	}
}

static int64_t ticket_at(void *context, enum query_key key)
{
	const struct asked_ticket *asked = context;

	return key == QUERY_CREATED ? asked->facts->created : asked->facts->updated;
}

struct wanted { const struct query *query; int64_t now; };

static bool is_wanted(struct store *store, const struct ticket_facts *facts, void *context, enum status *status, struct error *error)
{
	const struct wanted *wanted = context;
	struct asked_ticket asked = { store, facts, STATUS_OK, error };
	bool holds = query_holds(wanted->query, wanted->now, &(struct query_values){ ticket_is, ticket_at, &asked });

	*status = asked.status;
	return holds;
}

static int compare_by(const struct query_sort *sort, const struct ticket_facts *a, const struct ticket_facts *b)
{
	int64_t x = sort->key == QUERY_PRIORITY ? priority_rank(a->priority) : sort->key == QUERY_CREATED ? a->created : a->updated;
	int64_t y = sort->key == QUERY_PRIORITY ? priority_rank(b->priority) : sort->key == QUERY_CREATED ? b->created : b->updated;

	return x == y ? 0 : (x < y) != sort->descending ? -1 : 1;
}

static int compare(const void *left, const void *right, void *context)
{
	const struct ticket_facts *a = &((const struct ticket_row *)left)->facts, *b = &((const struct ticket_row *)right)->facts;
	const struct query *query = context;
	int order = 0;

	for (size_t i = 0; i < query->sorts.count && !order; i++)
		order = compare_by(&query->sorts.at[i], a, b);
	return order ? order : (a->id < b->id) - (a->id > b->id);
}

static enum status search_tickets(struct store *store, struct arena *arena, const struct query *query, int64_t now, size_t limit, struct ticket_rows *rows,
                                  struct error *error)
{
	struct wanted wanted = { query, now };
	size_t most = query->sorts.count || !limit ? SIZE_MAX : limit;
	enum status status = search_wanted(store, arena, query->words, WORDS_LOOKED_AT, most, is_wanted, &wanted, rows, error);

	if (query->sorts.count && rows->count)
		qsort_r(rows->at, rows->count, sizeof *rows->at, compare, (void *)query);
	if (limit && rows->count > limit)
		rows->count = limit;
	return status;
}

enum status store_tickets(struct store *store, struct arena *arena, const struct query *query, int64_t now, size_t limit, struct ticket_rows *rows,
                          struct error *error)
{
	bool words = query->words && *query->words, began;
	enum status status = read_begin(store, &began, error);

	*rows = (struct ticket_rows){ 0 };
	if (status != STATUS_OK)
		return status;
	status = words ? search_tickets(store, arena, query, now, limit, rows, error) : select_tickets(store, arena, query, now, limit, rows, error);
	for (size_t i = 0; i < rows->count && status == STATUS_OK; i++)
		status = complete_row(store, arena, &rows->at[i], !words, error);
	read_end(store, began);
	return status;
}
