/*
 * report_shape.c - what a ticket is at a moment (queue, agent, language, tags and its fields of one word), as bytes that are the same for the same; and what a report
 * makes of it, once for all tickets that were so: whether it is wanted, and which rows it counts in.
 */
#include "report_private.h"

#include <string.h>

/* ---- as bytes ---- */

static void write_word(struct buffer *out, const char *word)
{
	size_t length = word ? strlen(word) : 0;

	bytes_add(out, length);
	buffer_add(out, word ? word : "", length);
}

void report_shape_write(struct buffer *out, const struct ticket_facts *facts)
{
	write_word(out, facts->queue);
	write_word(out, facts->agent);
	write_word(out, facts->language);
#define FIELD(member, NAME, history) write_word(out, facts->member);
	TICKET_FIELDS(FIELD)
#undef FIELD
	for (size_t i = 0; i < facts->tags.count; i++)
		write_word(out, facts->tags.at[i]);
}

/* ---- what decides ---- */

/* The words of a shape in their order; behind them stands each tag. */
enum {
	WORD_QUEUE, WORD_AGENT, WORD_LANGUAGE,
#define FIELD(member, NAME, history) WORD_##NAME,
	TICKET_FIELDS(FIELD)
#undef FIELD
	WORD_TAGS, WORDS
};
#define BIT(word) (1u << (word))
#define ALL_WORDS (BIT(WORDS) - 1)

static const struct { enum query_key key; unsigned words; } asked[] = {
	{ QUERY_QUEUE, BIT(WORD_QUEUE) }, { QUERY_AGENT, BIT(WORD_AGENT) }, { QUERY_LANGUAGE, BIT(WORD_LANGUAGE) }, { QUERY_TAG, BIT(WORD_TAGS) },
#define FIELD(member, NAME, history) { QUERY_##NAME, BIT(WORD_##NAME) },
	TICKET_FIELDS(FIELD)
#undef FIELD
	{ QUERY_CUSTOMER, 0 }, { QUERY_CREATED, 0 }
};

static unsigned words_of_key(enum query_key key)
{
	for (size_t i = 0; i < COUNT_OF(asked); i++)
		if (asked[i].key == key)
			return asked[i].words;
	return ALL_WORDS;
}

/* Of most reports few words decide, and there are few different ones: the others are not looked at. */
unsigned report_shape_words(const struct report_ask *ask)
{
	static const unsigned by[REPORT_BYS] = {
		[BY_QUEUE] = BIT(WORD_QUEUE), [BY_AGENT] = BIT(WORD_AGENT), [BY_ORGANISATION] = BIT(WORD_ORGANISATION), [BY_TAG] = BIT(WORD_TAGS), [BY_LANGUAGE] = BIT(WORD_LANGUAGE),
	};
	unsigned words = by[ask->by];

	if (ask->kind == REPORT_SATISFACTION)
		words |= BIT(WORD_QUEUE);        /* it may not ask for ratings */
	for (size_t i = 0; ask->where && i < ask->where->terms.count; i++)
		words |= words_of_key(ask->where->terms.at[i].key);
	return words;
}

/* Copies the words that are wanted, and leaves the others empty. False: torn. */
static bool keep_words(unsigned wanted, const char *at, size_t length, char *kept, size_t *kept_length)
{
	struct bytes bytes = { (const unsigned char *)at, (const unsigned char *)at + length, false };
	char *end = kept;

	for (unsigned word = 0; word < WORD_TAGS && wanted >> word; word++) {
		const unsigned char *begin = bytes.at;
		uint64_t size = bytes_read(&bytes);

		if (bytes.torn || size > (size_t)(bytes.end - bytes.at))
			return false;
		bytes.at += size;
		if (wanted & BIT(word))
			end = mempcpy(end, begin, (size_t)(bytes.at - begin));
		else
			*end++ = 0;
	}
	if (wanted & BIT(WORD_TAGS))
		end = mempcpy(end, bytes.at, (size_t)(bytes.end - bytes.at));
	*kept_length = (size_t)(end - kept);
	return true;
}

/* Words that are not there are empty. */
static const char *read_word(struct arena *arena, struct bytes *bytes)
{
	if (bytes->at == bytes->end)
		return "";
	uint64_t length = bytes_read(bytes);

	if (bytes->torn || length > (size_t)(bytes->end - bytes->at)) {
		bytes->torn = true;
		return "";
	}
	bytes->at += length;
	return arena_copy(arena, bytes->at - length, (size_t)length);
}

static bool read_facts(struct arena *arena, const char *at, size_t length, struct ticket_facts *facts)
{
	struct bytes bytes = { (const unsigned char *)at, (const unsigned char *)at + length, false };

	facts->queue = read_word(arena, &bytes);
	facts->agent = read_word(arena, &bytes);
	facts->language = read_word(arena, &bytes);
#define FIELD(member, NAME, history) facts->member = read_word(arena, &bytes);
	TICKET_FIELDS(FIELD)
#undef FIELD
	while (bytes.at < bytes.end && !bytes.torn)
		*ARENA_PUSH(arena, &facts->tags) = read_word(arena, &bytes);
	return !bytes.torn;
}

/* ---- wanted ---- */

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

static bool holds(const struct report *report, const struct ticket_facts *facts)
{
	const struct report_ask *ask = &report->ask;

	return !ask->where || query_holds(ask->where, ask->now, &(struct query_values){ is_value, moment_of, (void *)facts });
}

bool report_is_wanted(const struct report *report, const struct report_shape *shape, const struct report_whose *whose)
{
	if (!whose || !report->ask.where)
		return shape->wanted;
	struct ticket_facts facts = shape->facts;

	facts.customer.address = whose->customer;
	facts.created = whose->created;
	return holds(report, &facts);
}

/* ---- rows ---- */

static void add_row(struct report *report, struct report_shape *shape, const char *key)
{
	struct report_row *row = report_row_of(report, key, key ? strlen(key) : 0);

	for (size_t i = 0; i < shape->rows.count; i++)
		if (shape->rows.at[i] == row)
			return;
	*ARENA_PUSH(report->arena, &shape->rows) = row;
}

/* Looked for when something is counted in them: a row in which nothing is would be one too many. */
void report_shape_rows(struct report *report, struct report_shape *shape)
{
	const struct ticket_facts *facts = &shape->facts;

	if (shape->rows.count)
		return;
	switch (report->ask.by) {
	case BY_QUEUE: add_row(report, shape, facts->queue); break;
	case BY_AGENT: add_row(report, shape, facts->agent); break;
	case BY_LANGUAGE: add_row(report, shape, facts->language); break;
	case BY_ORGANISATION: add_row(report, shape, facts->organisation); break;
	case BY_TAG:
		for (size_t i = 0; i < facts->tags.count; i++)
			add_row(report, shape, facts->tags.at[i]);
		if (!facts->tags.count)
			add_row(report, shape, "");
		break;
	default: break;
	}
}

/* ---- once ---- */

static bool is_shape(const struct report_shape *shape, const char *bytes, size_t length)
{
	return shape->length == length && memcmp(shape->bytes, bytes, length) == 0;
}

static size_t slot_of(const struct report *report, size_t hash, const char *bytes, size_t length)
{
	size_t slot = hash & (report->shapes.size - 1);

	while (report->shapes.at[slot].shape && (report->shapes.at[slot].hash != hash || !is_shape(report->shapes.at[slot].shape, bytes, length)))
		slot = (slot + 1) & (report->shapes.size - 1);
	return slot;
}

static void widen(struct report *report)
{
	typeof(report->shapes) old = report->shapes;

	if (old.size && old.count * 2 < old.size)
		return;
	report->shapes.size = old.size ? old.size * 2 : 256;
	report->shapes.at = arena_alloc(report->arena, report->shapes.size * sizeof *report->shapes.at);
	for (size_t i = 0; i < old.size; i++)
		if (old.at[i].shape)
			report->shapes.at[slot_of(report, old.at[i].hash, old.at[i].shape->bytes, old.at[i].shape->length)] = old.at[i];
}

static char *room_for(struct report *report, size_t length)
{
	if (report->shape_room.size <= length) {
		report->shape_room.size = 2 * length + 1;
		report->shape_room.at = arena_room(report->arena, report->shape_room.size);
	}
	return report->shape_room.at;
}

struct report_shape *report_shape_of(struct report *report, const char *bytes, size_t length)
{
	char *kept = room_for(report, length);

	widen(report);
	if (!keep_words(report->shape_words, bytes, length, kept, &length))
		return NULL;
	size_t hash = bytes_hash(kept, length), slot = slot_of(report, hash, kept, length);

	if (report->shapes.at[slot].shape)
		return report->shapes.at[slot].shape;
	struct report_shape *shape = ARENA_NEW(report->arena, struct report_shape);

	shape->bytes = arena_copy(report->arena, kept, length);
	shape->length = length;
	shape->facts.customer.address = "";
	if (!read_facts(report->arena, shape->bytes, length, &shape->facts))
		return NULL;
	const struct desk_queue *queue = desk_queue_named(report->ask.policy, shape->facts.queue);

	shape->wanted = holds(report, &shape->facts);
	shape->rated = !queue || queue->rating;
	report->shapes.count++;
	report->shapes.at[slot].hash = hash;
	report->shapes.at[slot].shape = shape;
	return shape;
}
