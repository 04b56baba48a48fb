/*
 * sqlite_query.c - the tickets that a query wants, as a statement made of its terms.
 *
 * It is put together from the fixed pieces of this file; what a person wrote is only ever bound. store_query.c says the same of a
 * ticket in C: tests/unit/test_query.c compares the two.
 */
#include "sqlite_private.h"

#include <errno.h>

/* Our word is the last one of the conversation. */
#define OUR_WORD_LAST "(SELECT out FROM message WHERE message.ticket=ticket.id AND kind IN ('request','reply') ORDER BY seq DESC LIMIT 1)=1"
#define WAITS_FOR_THEM "(state='pending' OR state='resolved' OR (state='open' AND " OUR_WORD_LAST "))"
#define WAITS_AT_ALL "state IN ('new','open','pending','resolved')"
#define PRIORITY_ORDER "CASE priority WHEN 'urgent' THEN 3 WHEN 'high' THEN 2 WHEN 'normal' THEN 1 ELSE 0 END"

/* ?N is the value. Of a key without a row, "KEY=?N": the column bears its name. */
static const char *const column_tests[QUERY_KEYS] = {
	[QUERY_TAG] = "id IN (SELECT ticket FROM tag WHERE tag=?%d)",
	[QUERY_CUSTOMER] = "customer=?%d COLLATE NOCASE",
	[QUERY_WAITING] = "?%d=CASE WHEN " WAITS_FOR_THEM " THEN 'them' WHEN " WAITS_AT_ALL " THEN 'us' ELSE '' END",
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
		buffer_printf(sql, "%s%s?%d", query_key_name(term->key), term->longer ? "<" : ">=", (*number)++);
	for (size_t i = 0; i < term->values.count; i++) {
		const char *test = column_tests[term->key], *place = test ? strstr(test, "%d") : NULL;

		if (place)
			buffer_printf(sql, "%s%.*s%d%s", i ? " OR " : "", (int)(place - test), test, (*number)++, place + 2);
		else
			buffer_printf(sql, "%s%s=?%d", i ? " OR " : "", query_key_name(term->key), (*number)++);
	}
	buffer_add_char(sql, ')');
}

static void add_order(struct buffer *sql, const struct query *query)
{
	buffer_add_string(sql, " ORDER BY ");
	for (size_t i = 0; i < query->sorts.count; i++)
		buffer_printf(sql, "%s%s, ", query->sorts.at[i].key == QUERY_PRIORITY ? PRIORITY_ORDER : query_key_name(query->sorts.at[i].key),
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

static enum status prepare(struct engine *engine, const struct query *query, int64_t now, size_t limit, sqlite3_stmt **statement, struct error *error)
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
	code = sqlite3_prepare_v2(engine->db, buffer_string(&sql), -1, statement, NULL);
	if (code != SQLITE_OK)
		return sqlite_failed(engine->db, code, "listing tickets", error);
	bind_values(*statement, query, now);
	return STATUS_OK;
}

void cursor_open_query(struct cursor *cursor, struct engine *engine, struct error *error, const struct query *query, int64_t now, size_t limit)
{
	sqlite3_stmt *statement = NULL;

	*cursor = (struct cursor){ .engine = engine, .error = error, .once = true };
	cursor->status = prepare(engine, query, now, limit, &statement, error);
	cursor->statement = statement;
}
