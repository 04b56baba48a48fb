/*
 * query.h - the query language: which tickets somebody wants. "queue:support state:open state:pending -tag:vpn created:7d invoice".
 *
 * Allowed to include: base, limits, fields. Pure: touches no clock, no file and no database. A query is read once into a checked list of terms; who holds
 * tickets asks query_holds() with their values, and the store makes a statement of the same terms.
 *
 * All terms must hold. The same key again means "or"; "-key:value" means none of these. Words without a key are searched in the text.
 * A simple field (fields.h) is a key. To add another: a row in query_keys (query.c), its test in sqlite_query.c if that is not "the column of its name is
 * the value", and its value: of a ticket's field, the row in desk_field_table.c names the key; else where query_holds() is called.
 */
#ifndef SPORTELLO_QUERY_H
#define SPORTELLO_QUERY_H

#include "base.h"
#include "fields.h"

#define QUERY_FIELD(member, NAME, history) QUERY_##NAME,
enum query_key { QUERY_QUEUE, QUERY_STATE, QUERY_AGENT, QUERY_TAG, TICKET_FIELDS(QUERY_FIELD) QUERY_CUSTOMER, QUERY_LANGUAGE, QUERY_WAITING, QUERY_OVERDUE, QUERY_DUE,
                 QUERY_CREATED, QUERY_UPDATED, QUERY_SORT, QUERY_KEYS };
#undef QUERY_FIELD
struct query_term {
	enum query_key key;
	bool negated;
	struct strings values;           /* of a word: one of them, or (negated) none. agent: "" is nobody */
	int64_t ms;                      /* of a time: within so many milliseconds from now backwards; of `due`: from now on; */
	bool longer;                     /* or longer ago than that; of `due`: later than that */
	int64_t first;                   /* of created and updated: no earlier ticket was made since, and there are not many; 0: unknown */
};
struct query_sort { enum query_key key; bool descending; };      /* created, updated, due or a simple field */
struct query {
	struct { struct query_term *at; size_t count; } terms;
	struct { struct query_sort *at; size_t count; } sorts;   /* none: the newest first, or what fits the words best */
	const char *words;               /* to be searched in the text; "" if none */
};

/* Reads `text` into the arena. STATUS_USAGE: *error says which word, what is wrong with it, and what there is; or more than LIMIT_QUERY_TERMS. */
enum status query_read(struct arena *arena, const char *text, struct query *query, struct error *error);
/* One more term "key:value", as an option of the command line gives it. Unchecked: who has the closed list of values checks them. */
void query_add(struct arena *arena, struct query *query, enum query_key key, const char *value);
/* "-state:open" is a term and no option. */
bool query_is_term(const char *word);
const char *query_key_name(enum query_key key);
/* The first key (or "words", "sort") of the query whose answer changes though nothing is done to the ticket; NULL: it has none. */
const char *query_changes_by_itself(const struct query *query);
/* Is `key` asked for, or sorted by? */
bool query_uses(const struct query *query, enum query_key key);

/* The ticket's value of a word key is (or, tag: its list has) `value`; and its moment of a time key, ms since 1970; 0: it has none. */
struct query_values {
	bool (*is)(void *context, enum query_key key, const char *value);
	int64_t (*at)(void *context, enum query_key key);
	void *context;
};
/* Do all terms hold? now: ms since 1970. Words and sorts are not looked at. */
bool query_holds(const struct query *query, int64_t now, const struct query_values *values);

#endif
