/*
 * store_query.c - the tickets that a query wants: those that the engine finds, or, where it has words, what is found by them and holds.
 *
 * Both ways say the same of every ticket (tests/unit/test_query.c compares them).
 */
#include "store_private.h"

#include <stdlib.h>
#include <string.h>

#define FEW_TICKETS 20000        /* that a time is about: what happened to them is looked for first */
#define WORDS_LOOKED_AT 5000     /* messages with the words, the best first, whose tickets are looked at */

/* What a person wrote as a customer, as his number: that is what the engine looks for. 0: nobody. */
static enum status resolve_customers(struct store *store, struct arena *arena, struct query *query, struct error *error)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < query->terms.count && status == STATUS_OK; i++) {
		struct query_term *term = &query->terms.at[i];
		struct strings numbers = { 0 };

		for (size_t k = 0; term->key == QUERY_CUSTOMER && k < term->values.count && status == STATUS_OK; k++) {
			const char *whom = term->values.at[k];
			struct contact contact = { .customer = strchr(whom, '@') ? 0 : atoll(whom) };

			if (strchr(whom, '@'))
				status = store_contact_find(store, NULL, whom, &contact, error);
			/* A shared address is nobody's: its own requests. */
			strings_add(arena, &numbers, arena_printf(arena, "%lld", (long long)contact.customer));
		}
		if (term->key == QUERY_CUSTOMER)
			term->values = numbers;
	}
	return status;
}

/* Which of its times are about the last few tickets alone. */
static enum status resolve_times(struct store *store, struct query *query, int64_t now, struct error *error)
{
	int64_t last = 0;
	enum status status = STATUS_OK;

	for (size_t i = 0; i < query->terms.count && status == STATUS_OK; i++) {
		struct query_term *term = &query->terms.at[i];

		if (term->key != QUERY_CREATED && term->key != QUERY_UPDATED)
			continue;
		status = store_first_ticket_since(store, now - term->ms, &term->first, error);
		if (status == STATUS_OK && !last)
			status = store_ticket_last(store, &last, error);
		if (last - term->first > FEW_TICKETS)
			term->first = 0;
	}
	return status;
}

/* What the engine needs to know beforehand. The terms are the caller's copy. */
static enum status resolve(struct store *store, struct arena *arena, struct query *query, int64_t now, struct error *error)
{
	enum status status = resolve_customers(store, arena, query, error);

	return status == STATUS_OK ? resolve_times(store, query, now, error) : status;
}

static enum status select_tickets(struct store *store, struct arena *arena, const struct query *query, int64_t now, size_t limit, struct ticket_rows *rows,
                                  struct error *error)
{
	struct cursor cursor;

	cursor_open_query(&cursor, store->engine, error, query, now, limit);
	while (cursor_next(&cursor))
		store_read_ticket_columns(&cursor, arena, &ARENA_PUSH(arena, rows)->facts);
	return cursor_close(&cursor);
}

/* ---- with words ---- */

struct asked_ticket { struct store *store; const struct ticket_facts *facts; int64_t customer; /* of the ticket; -1: not asked yet */ enum status status; struct error *error; int64_t now; };

static const char *waits_for(struct asked_ticket *asked)
{
	int64_t out = 0;

	switch (asked->facts->state) {
	case STATE_PENDING: case STATE_RESOLVED:
		return "them";
	case STATE_NEW:
		return "us";
	case STATE_OPEN:
		asked->status = engine_number(asked->store->engine, asked->error, &out, 0, SQL_MESSAGE_LAST_OUT, "i", asked->facts->id);
		return out ? "them" : "us";
	default:
		return "";
	}
}

static int64_t due_of(struct asked_ticket *asked)
{
	int64_t due = 0;
	enum status status = engine_number(asked->store->engine, asked->error, &due, 0, SQL_PROMISE_DUE, "i", asked->facts->id);

	if (status != STATUS_OK)
		asked->status = status;
	return due;
}

static bool is_of_customer(struct asked_ticket *asked, const char *number)
{
	struct contact contact = { 0 };

	if (asked->customer < 0) {
		asked->status = store_contact_find(asked->store, NULL, asked->facts->customer.address, &contact, asked->error);
		asked->customer = contact.customer;
	}
	return asked->customer && asked->customer == atoll(number);
}

static bool ticket_is(void *context, enum query_key key, const char *value)
{
	struct asked_ticket *asked = context;
	const struct ticket_facts *facts = asked->facts;

	switch (key) {
	case QUERY_CUSTOMER: return is_of_customer(asked, value);
	case QUERY_WAITING: return !strcmp(waits_for(asked), value);
	case QUERY_OVERDUE: return (due_of(asked) && due_of(asked) <= asked->now) == !strcmp(value, "yes");
	default: {
		const struct desk_field *field = desk_field_asked(query_key_name(key));

		return field && desk_field_is(facts, field, value);
	}
	}
}

static int64_t ticket_at(void *context, enum query_key key)
{
	struct asked_ticket *asked = context;

	return key == QUERY_DUE ? due_of(asked) : key == QUERY_CREATED ? asked->facts->created : asked->facts->updated;
}

struct wanted { const struct query *query; int64_t now; };

static bool is_wanted(struct store *store, const struct ticket_facts *facts, void *context, enum status *status, struct error *error)
{
	const struct wanted *wanted = context;
	struct asked_ticket asked = { store, facts, -1, STATUS_OK, error, wanted->now };
	bool holds = query_holds(wanted->query, wanted->now, &(struct query_values){ ticket_is, ticket_at, &asked });

	*status = asked.status;
	return holds;
}

/* What is due at no time comes last, whichever way. */
static int compare_due(const struct query_sort *sort, int64_t a, int64_t b)
{
	return a == b ? 0 : !a || !b ? (!a) - (!b) : (a < b) != sort->descending ? -1 : 1;
}

static int compare_by(const struct query_sort *sort, const struct ticket_facts *a, const struct ticket_facts *b)
{
	const struct desk_field *field = desk_field_asked(query_key_name(sort->key));
	int64_t x = field->type == FIELD_TIME ? desk_field_time(a, field) : desk_field_compare(field, a, b);
	int64_t y = field->type == FIELD_TIME ? desk_field_time(b, field) : 0;

	return x == y ? 0 : (x < y) != sort->descending ? -1 : 1;
}

static int compare(const void *left, const void *right, void *context)
{
	const struct ticket_row *one = left, *other = right;
	const struct ticket_facts *a = &one->facts, *b = &other->facts;
	const struct query *query = context;
	int order = 0;

	for (size_t i = 0; i < query->sorts.count && !order; i++)
		order = query->sorts.at[i].key == QUERY_DUE ? compare_due(&query->sorts.at[i], one->due, other->due) : compare_by(&query->sorts.at[i], a, b);
	return order ? order : (a->id < b->id) - (a->id > b->id);
}

static enum status search_tickets(struct store *store, struct arena *arena, const struct query *query, int64_t now, size_t limit, struct ticket_rows *rows,
                                  struct error *error)
{
	struct wanted wanted = { query, now };
	size_t most = query->sorts.count || !limit ? SIZE_MAX : limit;
	enum status status = store_search_wanted(store, arena, query->words, WORDS_LOOKED_AT, most, is_wanted, &wanted, rows, error);

	for (size_t i = 0; i < rows->count && status == STATUS_OK && query_uses(query, QUERY_DUE); i++)
		status = engine_number(store->engine, error, &rows->at[i].due, 0, SQL_PROMISE_DUE, "i", rows->at[i].facts.id);
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
	struct query resolved = { .sorts = { query->sorts.at, query->sorts.count }, .words = query->words };
	enum status status = store_read_begin(store, &began, error);

	*rows = (struct ticket_rows){ 0 };
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < query->terms.count; i++)
		*ARENA_PUSH(arena, &resolved.terms) = query->terms.at[i];
	status = resolve(store, arena, &resolved, now, error);
	query = &resolved;
	if (status == STATUS_OK)
		status = words ? search_tickets(store, arena, query, now, limit, rows, error) : select_tickets(store, arena, query, now, limit, rows, error);
	for (size_t i = 0; i < rows->count && status == STATUS_OK; i++)
		status = store_complete_row(store, arena, &rows->at[i], !words, error);
	store_read_end(store, began);
	return status;
}

enum status store_ticket_ids(struct store *store, struct arena *arena, const struct query *query, int64_t now, size_t limit, struct ticket_ids *ids, struct error *error)
{
	CLEANUP_ARENA struct arena rows_arena = { 0 };
	struct ticket_rows rows = { 0 };
	struct cursor cursor;
	enum status status;

	struct query resolved = { .sorts = { query->sorts.at, query->sorts.count }, .words = query->words };

	*ids = (struct ticket_ids){ 0 };
	if (!query->words || !*query->words) {
		for (size_t i = 0; i < query->terms.count; i++)
			*ARENA_PUSH(arena, &resolved.terms) = query->terms.at[i];
		if ((status = resolve(store, arena, &resolved, now, error)) != STATUS_OK)
			return status;
		cursor_open_query_ids(&cursor, store->engine, error, &resolved, now, limit);
		while (cursor_next(&cursor))
			*ARENA_PUSH(arena, ids) = cursor_number(&cursor, 0);
		return cursor_close(&cursor);
	}
	status = store_tickets(store, &rows_arena, query, now, limit, &rows, error);
	for (size_t i = 0; i < rows.count && status == STATUS_OK; i++)
		*ARENA_PUSH(arena, ids) = rows.at[i].facts.id;
	return status;
}

enum status store_ticket_holds(struct store *store, struct arena *arena, int64_t ticket, const struct query *query, int64_t now, bool *holds, struct error *error)
{
	struct query resolved = { .words = "" };
	struct ticket_facts *facts = NULL;
	enum status status = store_read_ticket_facts(store, arena, ticket, &facts, error);

	*holds = false;
	for (size_t i = 0; i < query->terms.count; i++)
		*ARENA_PUSH(arena, &resolved.terms) = query->terms.at[i];
	if (status == STATUS_OK)
		status = resolve(store, arena, &resolved, now, error);
	if (status == STATUS_OK && facts)
		*holds = is_wanted(store, facts, &(struct wanted){ &resolved, now }, &status, error);
	return status;
}
