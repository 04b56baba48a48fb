/*
 * query.c - reads a query into its terms, and says whether they hold.
 *
 * May not know what a queue, a state or an agent is called: the callers have these lists.
 * Diagnostics (STATUS_USAGE): "there is no key", "needs a value", "is no time", "cannot be sorted by", "cannot be negated", "at most".
 */
#include "query.h"
#include "limits.h"

#include <stdlib.h>
#include <string.h>

enum kind { KIND_WORD, KIND_TIME, KIND_SORT };

static const struct { const char *name; enum kind kind; bool sorts; } query_keys[QUERY_KEYS] = {
	[QUERY_QUEUE] = { "queue", KIND_WORD, false },
	[QUERY_STATE] = { "state", KIND_WORD, false },
	[QUERY_AGENT] = { "agent", KIND_WORD, false },
	[QUERY_TAG] = { "tag", KIND_WORD, false },
#define FIELD(member, NAME, history) [QUERY_##NAME] = { #member, KIND_WORD, true },
	TICKET_FIELDS(FIELD)
#undef FIELD
	[QUERY_CUSTOMER] = { "customer", KIND_WORD, false },
	[QUERY_LANGUAGE] = { "language", KIND_WORD, false },
	[QUERY_WAITING] = { "waiting", KIND_WORD, false },
	[QUERY_OVERDUE] = { "overdue", KIND_WORD, false },
	[QUERY_DUE] = { "due", KIND_TIME, true },
	[QUERY_CREATED] = { "created", KIND_TIME, true },
	[QUERY_UPDATED] = { "updated", KIND_TIME, true },
	[QUERY_SORT] = { "sort", KIND_SORT, false },
};

const char *query_key_name(enum query_key key)
{
	return query_keys[key].name;
}

static bool key_named(const char *name, size_t length, enum query_key *key)
{
	for (int i = 0; i < QUERY_KEYS; i++)
		if (strlen(query_keys[i].name) == length && !strncmp(query_keys[i].name, name, length)) {
			*key = (enum query_key)i;
			return true;
		}
	return false;
}

/* How many letters stand before the colon; 0: it is no key at all. */
static size_t key_length(const char *word)
{
	size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyz_");

	return word[length] == ':' ? length : 0;
}

bool query_is_term(const char *word)
{
	enum query_key key;

	word += *word == '-';
	return key_named(word, key_length(word), &key);
}

static const char *known_keys(struct arena *arena, bool sorts)
{
	CLEANUP_BUFFER struct buffer out = { 0 };

	for (int i = 0; i < QUERY_KEYS; i++)
		if (!sorts || query_keys[i].sorts)
			buffer_printf(&out, "%s%s", out.length ? ", " : "", query_keys[i].name);
	return arena_string(arena, buffer_string(&out));
}

/* "7d", "90m": milliseconds; 0: it is none. */
static int64_t time_length(const char *text)
{
	static const struct { char letter; int64_t ms; } units[] = { { 'm', 60000 }, { 'h', 3600000 }, { 'd', 86400000 }, { 'w', 604800000 } };
	char *end;
	long count = strtol(text, &end, 10);

	if (end == text || *text == '-' || *text == '+' || count <= 0 || count > 100000)
		return 0;
	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (*end == units[i].letter && !end[1])
			return count * units[i].ms;
	return 0;
}

static struct query_term *term_of(struct arena *arena, struct query *query, enum query_key key, bool negated)
{
	for (size_t i = 0; i < query->terms.count; i++)
		if (query->terms.at[i].key == key && query->terms.at[i].negated == negated)
			return &query->terms.at[i];
	struct query_term *term = ARENA_PUSH(arena, &query->terms);
	*term = (struct query_term){ .key = key, .negated = negated };
	return term;
}

static void add_word(struct arena *arena, struct query *query, enum query_key key, bool negated, const char *value)
{
	strings_add(arena, &term_of(arena, query, key, negated)->values, key == QUERY_AGENT && !strcmp(value, "none") ? "" : value);
}

void query_add(struct arena *arena, struct query *query, enum query_key key, const char *value)
{
	strings_add(arena, &term_of(arena, query, key, false)->values, value);
}

/* Two times of one key are a span of time: both must hold. */
static enum status add_time(struct arena *arena, struct query *query, enum query_key key, bool negated, const char *value, struct error *error)
{
	bool longer = *value == '>';
	int64_t ms = time_length(value + (*value == '<' || *value == '>'));

	if (!ms && key == QUERY_DUE)
		return error_set(error, STATUS_USAGE, "\"due:%s\" is no time: 30m, 2h or 3d from now; <2h the same, >2h later than that", value);
	if (!ms)
		return error_set(error, STATUS_USAGE, "\"%s:%s\" is no time: 30m, 12h, 7d or 2w back from now; <7d the same, >7d longer ago", query_keys[key].name, value);
	*ARENA_PUSH(arena, &query->terms) = (struct query_term){ .key = key, .negated = negated, .ms = ms, .longer = longer };
	return STATUS_OK;
}

static enum status add_sort(struct arena *arena, struct query *query, const char *value, struct error *error)
{
	bool descending = *value == '-';
	enum query_key key;

	if (!key_named(value + descending, strlen(value + descending), &key) || !query_keys[key].sorts)
		return error_set(error, STATUS_USAGE, "tickets cannot be sorted by \"%s\"; by %s, with - before it the other way round", value, known_keys(arena, true));
	*ARENA_PUSH(arena, &query->sorts) = (struct query_sort){ key, descending };
	return STATUS_OK;
}

static enum status add_term(struct arena *arena, struct query *query, const char *word, struct error *error)
{
	bool negated = *word == '-';
	const char *name = word + negated;
	size_t length = key_length(name);
	enum query_key key;

	if (!key_named(name, length, &key))
		return error_set(error, STATUS_USAGE, "there is no key \"%.*s\"; %s; put what is to be searched as it stands in \"quotes\"", (int)length, name,
		                 known_keys(arena, false));
	if (!name[length + 1])
		return error_set(error, STATUS_USAGE, "\"%s\" needs a value behind the colon", word);
	if (query_keys[key].kind == KIND_SORT && negated)
		return error_set(error, STATUS_USAGE, "\"%s\" cannot be negated; the other way round is sort:-%s", word, name + length + 1);
	if (query_keys[key].kind == KIND_SORT)
		return add_sort(arena, query, name + length + 1, error);
	if (query_keys[key].kind == KIND_TIME)
		return add_time(arena, query, key, negated, name + length + 1, error);
	add_word(arena, query, key, negated, name + length + 1);
	return STATUS_OK;
}

/* The next word, its quotes taken off; *quoted: it began with one, so it is no term. NULL: there is none. */
static const char *next_word(struct arena *arena, const char **at, bool *quoted)
{
	CLEANUP_BUFFER struct buffer word = { 0 };
	bool inside = false;

	*at += strspn(*at, " \t\r\n");
	if (!**at)
		return NULL;
	*quoted = **at == '"';
	for (; **at && (inside || !strchr(" \t\r\n", **at)); ++*at)
		if (**at == '"')
			inside = !inside;
		else
			buffer_add_char(&word, **at);
	return arena_string(arena, buffer_string(&word));
}

enum status query_read(struct arena *arena, const char *text, struct query *query, struct error *error)
{
	CLEANUP_BUFFER struct buffer words = { 0 };
	enum status status = STATUS_OK;
	const char *word;
	size_t count = 0;
	bool quoted;

	*query = (struct query){ .words = "" };
	while (status == STATUS_OK && (word = next_word(arena, &text, &quoted)))
		if (++count > LIMIT_QUERY_TERMS)
			status = error_set(error, STATUS_USAGE, "a query has at most %d words", LIMIT_QUERY_TERMS);
		else if (!quoted && key_length(word + (*word == '-')))
			status = add_term(arena, query, word, error);
		else if (!quoted && *word == '-' && word[1])
			status = error_set(error, STATUS_USAGE, "\"%s\": only what has a key can be negated, as in -tag:vpn", word);
		else
			buffer_printf(&words, "%s%s", words.length ? " " : "", word);
	query->words = arena_string(arena, buffer_string(&words));
	return status;
}

/* A ticket without a promise is due at no time. */
static bool moment_holds(const struct query_term *term, int64_t now, int64_t moment)
{
	if (term->key == QUERY_DUE)
		return moment && (moment > now + term->ms) == term->longer;
	return (moment < now - term->ms) == term->longer;
}

static bool term_holds(const struct query_term *term, int64_t now, const struct query_values *values)
{
	if (query_keys[term->key].kind == KIND_TIME)
		return moment_holds(term, now, values->at(values->context, term->key));
	for (size_t i = 0; i < term->values.count; i++)
		if (values->is(values->context, term->key, term->values.at[i]))
			return true;
	return false;
}

bool query_holds(const struct query *query, int64_t now, const struct query_values *values)
{
	for (size_t i = 0; i < query->terms.count; i++)
		if (term_holds(&query->terms.at[i], now, values) == query->terms.at[i].negated)
			return false;
	return true;
}

bool query_uses(const struct query *query, enum query_key key)
{
	for (size_t i = 0; i < query->terms.count; i++)
		if (query->terms.at[i].key == key)
			return true;
	for (size_t i = 0; i < query->sorts.count; i++)
		if (query->sorts.at[i].key == key)
			return true;
	return false;
}

const char *query_changes_by_itself(const struct query *query)
{
	static const enum query_key keys[] = { QUERY_CREATED, QUERY_UPDATED, QUERY_WAITING, QUERY_STATE, QUERY_OVERDUE, QUERY_DUE };

	if (*query->words)
		return "words of the text";
	if (query->sorts.count)
		return "sort";
	for (size_t i = 0; i < query->terms.count; i++)
		for (size_t k = 0; k < COUNT_OF(keys); k++)
			if (query->terms.at[i].key == keys[k])
				return query_keys[keys[k]].name;
	return NULL;
}
