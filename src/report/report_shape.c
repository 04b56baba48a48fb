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

static const char *read_word(struct arena *arena, struct bytes *bytes)
{
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
	struct report_row *row = report_row_of(report, key && *key ? key : NO_KEY);

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

static size_t slot_of(const struct report *report, const char *bytes, size_t length)
{
	size_t slot = hash_spread(hash_bytes(bytes, length)) & (report->shapes.size - 1);
	const struct report_shape *shape;

	while ((shape = report->shapes.at[slot]) && (shape->length != length || memcmp(shape->bytes, bytes, length) != 0))
		slot = (slot + 1) & (report->shapes.size - 1);
	return slot;
}

static void widen(struct report *report)
{
	struct report_shape **old = report->shapes.at;
	size_t size = report->shapes.size;

	if (size && report->shapes.count * 2 < size)
		return;
	report->shapes.size = size ? size * 2 : 256;
	report->shapes.at = ARENA_ARRAY(report->arena, struct report_shape *, report->shapes.size);
	for (size_t i = 0; i < size; i++)
		if (old[i])
			report->shapes.at[slot_of(report, old[i]->bytes, old[i]->length)] = old[i];
}

struct report_shape *report_shape_of(struct report *report, const char *bytes, size_t length)
{
	widen(report);
	size_t slot = slot_of(report, bytes, length);

	if (report->shapes.at[slot])
		return report->shapes.at[slot];
	struct report_shape *shape = ARENA_NEW(report->arena, struct report_shape);

	shape->bytes = arena_copy(report->arena, bytes, length);
	shape->length = length;
	shape->facts.customer.address = "";
	if (!read_facts(report->arena, bytes, length, &shape->facts))
		return NULL;
	shape->wanted = holds(report, &shape->facts);
	report->shapes.count++;
	report->shapes.at[slot] = shape;
	return shape;
}
