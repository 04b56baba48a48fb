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

#define ALL_WORDS SIZE_MAX

/* Of most reports few words decide, and there are few different ones: what stands behind them is not looked at. */
size_t report_shape_words(const struct report_ask *ask)
{
	size_t rated = ask->kind == REPORT_SATISFACTION;         /* a queue may not ask for ratings */

	if (ask->where || ask->by == BY_TAG || ask->by == BY_ORGANISATION)
		return ALL_WORDS;
	return ask->by == BY_QUEUE ? 1 : ask->by == BY_AGENT ? 2 : ask->by == BY_LANGUAGE ? 3 : rated;
}

/* How long the first words are. */
static size_t length_of(const char *at, size_t length, size_t words)
{
	struct bytes bytes = { (const unsigned char *)at, (const unsigned char *)at + length, false };

	if (words == ALL_WORDS)
		return length;
	for (; words; words--) {
		uint64_t word = bytes_read(&bytes);

		if (bytes.torn || word > (size_t)(bytes.end - bytes.at))
			return length;
		bytes.at += word;
	}
	return length - (size_t)(bytes.end - bytes.at);
}

/* Where only the first words were kept, the others are empty. */
static const char *read_word(struct arena *arena, struct bytes *bytes, size_t *words)
{
	if (!*words)
		return "";
	--*words;
	uint64_t length = bytes_read(bytes);

	if (bytes->torn || length > (size_t)(bytes->end - bytes->at)) {
		bytes->torn = true;
		return "";
	}
	bytes->at += length;
	return arena_copy(arena, bytes->at - length, (size_t)length);
}

static bool read_facts(struct arena *arena, const char *at, size_t length, size_t words, struct ticket_facts *facts)
{
	struct bytes bytes = { (const unsigned char *)at, (const unsigned char *)at + length, false };

	facts->queue = read_word(arena, &bytes, &words);
	facts->agent = read_word(arena, &bytes, &words);
	facts->language = read_word(arena, &bytes, &words);
#define FIELD(member, NAME, history) facts->member = read_word(arena, &bytes, &words);
	TICKET_FIELDS(FIELD)
#undef FIELD
	while (bytes.at < bytes.end && !bytes.torn)
		*ARENA_PUSH(arena, &facts->tags) = read_word(arena, &bytes, &words);
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

struct report_shape *report_shape_of(struct report *report, const char *bytes, size_t length)
{
	widen(report);
	length = length_of(bytes, length, report->shape_words);
	size_t hash = bytes_hash(bytes, length), slot = slot_of(report, hash, bytes, length);

	if (report->shapes.at[slot].shape)
		return report->shapes.at[slot].shape;
	struct report_shape *shape = ARENA_NEW(report->arena, struct report_shape);

	shape->bytes = arena_copy(report->arena, bytes, length);
	shape->length = length;
	shape->facts.customer.address = "";
	if (!read_facts(report->arena, bytes, length, report->shape_words, &shape->facts))
		return NULL;
	shape->wanted = holds(report, &shape->facts);
	report->shapes.count++;
	report->shapes.at[slot].hash = hash;
	report->shapes.at[slot].shape = shape;
	return shape;
}
