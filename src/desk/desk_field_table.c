/*
 * desk_field_table.c - the fields of a ticket that are one value each: JSON, the page of a ticket, the evaluator of queries and the printed
 * plan are made from these rows. What has parts of its own (customer, people, articles, rating) is written by hand where it is shown.
 *
 * A new field is a row here, its member in struct ticket_facts and its effect (desk.h), its column (sqlite's schema and statements, what
 * store_read.c and store_apply_ticket.c do with it) and, if it is asked for, its key in query.c.
 */
#include <string.h>

#include "desk_private.h"

#define AT(member) offsetof(struct ticket_facts, member)
const struct desk_field desk_fields[] = {
	{"state", "state", NULL, FIELD_STATE, AT(state), NULL, false, EFFECT_SET_STATE},
	{"queue", "queue", "Queue", FIELD_WORD, AT(queue), NULL, false, EFFECT_SET_QUEUE},
	{"agent", "agent", "Agent", FIELD_WORD, AT(agent), "nobody", true, EFFECT_SET_AGENT},
	{"priority", "priority", "Priority", FIELD_WORD, AT(priority), NULL, false, EFFECT_SET_PRIORITY},
	{"tags", "tag", NULL, FIELD_WORDS, AT(tags), NULL, false, EFFECT_ADD_TAG},
	{"subject", NULL, NULL, FIELD_WORD, AT(subject), NULL, false, EFFECT_CREATE_TICKET},
	{"language", "language", NULL, FIELD_WORD, AT(language), NULL, true, EFFECT_SET_LANGUAGE},
	{"created", "created", NULL, FIELD_TIME, AT(created), NULL, true, EFFECT_CREATE_TICKET},
	{"updated", "updated", NULL, FIELD_TIME, AT(updated), NULL, true, EFFECT_CREATE_TICKET},
	{"closed", NULL, NULL, FIELD_TIME, AT(closed_at), NULL, true, EFFECT_SET_STATE},
	{"pending_until", NULL, NULL, FIELD_TIME, AT(pending_until), NULL, true, EFFECT_SET_PENDING},
	{NULL, NULL, NULL, FIELD_WORD, 0, NULL, false, EFFECT_CREATE_TICKET}
};

const struct desk_field *desk_field_asked(const char *key)
{
	for (const struct desk_field *field = desk_fields; field->name; field++)
		if (field->query && strcmp(field->query, key) == 0)
			return field;
	return NULL;
}

const struct desk_field *desk_field_changed(enum effect_kind effect)
{
	for (const struct desk_field *field = desk_fields; field->name; field++)
		if (field->effect == effect)
			return field;
	return NULL;
}

static const void *place(const struct ticket_facts *facts, const struct desk_field *field)
{
	return (const char *)facts + field->offset;
}

const char *desk_field_word(const struct ticket_facts *facts, const struct desk_field *field)
{
	if (field->type == FIELD_STATE)
		return ticket_state_name(*(const enum ticket_state *)place(facts, field));
	const char *word = *(const char *const *)place(facts, field);
	return word ? word : "";
}

const struct strings *desk_field_words(const struct ticket_facts *facts, const struct desk_field *field)
{
	return place(facts, field);
}

int64_t desk_field_time(const struct ticket_facts *facts, const struct desk_field *field)
{
	return *(const int64_t *)place(facts, field);
}

bool desk_field_is(const struct ticket_facts *facts, const struct desk_field *field, const char *value)
{
	if (field->type == FIELD_WORDS)
		return strings_have(desk_field_words(facts, field), value);
	return field->type != FIELD_TIME && strcmp(desk_field_word(facts, field), value) == 0;
}
