/*
 * engine_query.c - the tickets that a query wants, as a statement made of its terms, for all engines.
 *
 * It is put together from the fixed pieces of this file; what a person wrote is only ever bound. store_query.c says the same of a
 * ticket in C: tests/unit/test_query.c compares the two.
 */
#include "engine_kind.h"

#include <string.h>

/* Our word is the last one of the conversation. */
#define OUR_WORD_LAST "(SELECT out FROM message WHERE message.ticket=ticket.id AND kind IN ('request','reply') ORDER BY seq DESC LIMIT 1)=1"
#define WAITS_FOR_THEM "(state='pending' OR state='resolved' OR (state='open' AND " OUR_WORD_LAST "))"
#define WAITS_AT_ALL "state IN ('new','open','pending','resolved')"
#define PRIORITY_ORDER "CASE priority WHEN 'urgent' THEN 3 WHEN 'high' THEN 2 WHEN 'normal' THEN 1 ELSE 0 END"

#define NOW 1                            /* what ?1 is */

/* ?N is the value. Of a key without a row, "KEY=?N": the column bears its name. A dialect may have rows of its own. */
static const char *const common_tests[QUERY_KEYS] = {
	[QUERY_TAG] = "id IN (SELECT ticket FROM tag WHERE tag=?%d)",
	[QUERY_OVERDUE] = "(?%d='yes')=(id IN (SELECT ticket FROM promise WHERE due<=?1))",
	/* The number of a customer, which the store made of what a person wrote: his requests from the newest back, of all his addresses. */
	[QUERY_CUSTOMER] = "id IN (WITH RECURSIVE who(id) AS (SELECT CAST(?%d AS BIGINT)), asked(id) AS (SELECT last_ticket FROM contact, who WHERE contact.id=who.id AND coalesce(person,contact.id)=contact.id"
		" UNION SELECT last_ticket FROM contact, who WHERE person=who.id UNION SELECT previous FROM asked JOIN ticket t ON t.id=asked.id) SELECT id FROM asked"
		" UNION SELECT id FROM ticket WHERE id<=(SELECT coalesce(max(CAST(value AS BIGINT)),0) FROM meta WHERE key='unchained') AND lower(customer) IN"
		" (SELECT address FROM contact, who WHERE contact.id=who.id AND coalesce(person,contact.id)=contact.id UNION SELECT address FROM contact, who WHERE person=who.id))",
	[QUERY_VIP] = "vip=CASE ?%d WHEN 'yes' THEN 'yes' ELSE '' END",
	[QUERY_ORGANISATION] = "(organisation=?%d COLLATE NOCASE AND organisation<>'')",
	[QUERY_LEVEL] = "level=?%d COLLATE NOCASE",
	[QUERY_WAITING] = "?%d=CASE WHEN " WAITS_FOR_THEM " THEN 'them' WHEN " WAITS_AT_ALL " THEN 'us' ELSE '' END",
};

static bool is_time(enum query_key key)
{
	return key == QUERY_CREATED || key == QUERY_UPDATED || key == QUERY_DUE;
}

/* Has a second value: term->first. Tickets are numbered in the order of time, and no index says when each was made. */
static bool is_recent(const struct query_term *term)
{
	return (term->key == QUERY_CREATED || term->key == QUERY_UPDATED) && !term->longer && term->first;
}

/* What was touched stands in the history: later lines in order of time (history_late), and those of its opening are as old as the ticket. Where much was, looking at all
 * tickets is faster. */
static void add_time(struct buffer *sql, const struct query_term *term, int number)
{
	if (term->key == QUERY_DUE)
		buffer_printf(sql, "id IN (SELECT ticket FROM promise WHERE due%s?%d)", term->longer ? ">" : "<=", number);
	else if (is_recent(term) && term->key == QUERY_UPDATED)
		buffer_printf(sql, "updated>=?%d AND id IN (SELECT ticket FROM history WHERE n>2 AND (n>3 OR kind<>2) AND opening=0 AND at>=?%d UNION ALL SELECT id FROM ticket WHERE id>=?%d)",
		              number, number, number + 1);
	else if (is_recent(term))
		buffer_printf(sql, "id>=?%d AND created>=?%d", number + 1, number);
	else
		buffer_printf(sql, "%s%s?%d", query_key_name(term->key), term->longer ? "<" : ">=", number);
}

static const char *test_of(const char *const *tests, enum query_key key, const char *value)
{
	if (tests && tests[key])
		return tests[key];
	return key == QUERY_AGENT ? *value ? "(agent<>'' AND agent=?%d)" : "agent=?%d" : common_tests[key];
}

/* The term's test; *number: of the next value to bind. */
static void add_test(struct buffer *sql, const char *const *tests, const struct query_term *term, int *number)
{
	buffer_printf(sql, " AND %s(", term->negated ? "NOT " : "");
	if (is_time(term->key))
		add_time(sql, term, (*number)++);
	*number += is_recent(term);
	for (size_t i = 0; i < term->values.count; i++) {
		const char *test = test_of(tests, term->key, term->values.at[i]), *place = test ? strstr(test, "%d") : NULL;

		if (place)
			buffer_printf(sql, "%s%.*s%d%s", i ? " OR " : "", (int)(place - test), test, (*number)++, place + 2);
		else
			buffer_printf(sql, "%s%s=?%d", i ? " OR " : "", query_key_name(term->key), (*number)++);
	}
	buffer_add_char(sql, ')');
}

/* Of two tickets that are due at no time neither comes first. */
static const char *sort_of(const struct query_sort *sort)
{
	return sort->key == QUERY_PRIORITY ? PRIORITY_ORDER : sort->key == QUERY_DUE ? "(SELECT due FROM promise WHERE promise.ticket=id)" : query_key_name(sort->key);
}

static void add_order(struct buffer *sql, const struct query *query)
{
	buffer_add_string(sql, " ORDER BY ");
	for (size_t i = 0; i < query->sorts.count; i++)
		buffer_printf(sql, "%s%s%s, ", sort_of(&query->sorts.at[i]), query->sorts.at[i].descending ? " DESC" : "",
		              query->sorts.at[i].key == QUERY_DUE ? " NULLS LAST" : "");
	buffer_add_string(sql, "id DESC");
}

static void add_select(struct buffer *sql, const char *const *tests, const char *columns, const char *from, const struct query *query)
{
	int number = NOW + 1;

	buffer_printf(sql, "SELECT %s FROM %s", columns, from);
	for (size_t i = 0; i < query->terms.count; i++)
		add_test(sql, tests, &query->terms.at[i], &number);
}

/* Sorted by what is due first: the index has that order, and what is due at no time comes behind. */
static void add_by_due(struct buffer *sql, const char *const *tests, const char *columns, const struct query *query, size_t limit)
{
	buffer_add_string(sql, "SELECT * FROM (");
	add_select(sql, tests, columns, "promise CROSS JOIN ticket WHERE id=promise.ticket", query);
	buffer_printf(sql, " ORDER BY due, id DESC LIMIT %zu) AS due UNION ALL SELECT * FROM (", limit);
	add_select(sql, tests, columns, "ticket WHERE id NOT IN (SELECT ticket FROM promise)", query);
	buffer_printf(sql, " ORDER BY id DESC LIMIT %zu) AS never", limit);
}

void engine_query_text(struct buffer *sql, const char *const *tests, const char *columns, const struct query *query, size_t limit)
{
	bool by_due = limit && query->sorts.count == 1 && query->sorts.at[0].key == QUERY_DUE && !query->sorts.at[0].descending;

	if (by_due)
		add_by_due(sql, tests, columns, query, limit);
	else {
		add_select(sql, tests, columns, "ticket WHERE true", query);
		add_order(sql, query);
	}
	if (limit)
		buffer_printf(sql, " LIMIT %zu", limit);
}

void engine_query_values(const struct query *query, int64_t now, void (*value)(void *context, int number, int64_t is, const char *text), void *context)
{
	int number = NOW;

	value(context, number++, now, NULL);
	for (size_t i = 0; i < query->terms.count; i++) {
		const struct query_term *term = &query->terms.at[i];

		if (is_time(term->key))
			value(context, number++, term->key == QUERY_DUE ? now + term->ms : now - term->ms, NULL);
		if (is_recent(term))
			value(context, number++, term->first, NULL);
		for (size_t k = 0; k < term->values.count; k++)
			value(context, number++, 0, term->values.at[k]);
	}
}
