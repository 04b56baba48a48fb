/*
 * desk_field_table.c - the fields of a ticket that are one value each: JSON, the page of a ticket, the evaluator of queries and the printed
 * plan are made from these rows. What has parts of its own (customer, people, articles, rating) is written by hand where it is shown.
 *
 * A new field of one word is its line in include/fields.h, a row here (SIMPLE) and its column in src/engine/engine_schema.c; the command that sets it
 * is a row in desk_command_table.c. Any other is a row here, its member in struct ticket_facts and its effect (desk.h), its column (sqlite's schema
 * and statements, what store_read.c and store_apply_ticket.c do with it) and, if it is asked for, its key in query.c.
 */
#include <string.h>

#include "desk_private.h"

#define AT(member) offsetof(struct ticket_facts, member)
#define SIMPLE(member, NAME) .effect = EFFECT_SET_FIELD, .simple = TICKET_FIELD_##NAME, .ruled = offsetof(struct verdict, member)
#define ONE_WORD "one word of at most 60 bytes without blank, comma or quote"
#define ONE_WORD_MOST 60                         /* bytes, as a tag's */

static const char *const yes_no[] = {"no", "yes"};

const struct desk_field desk_fields[] = {
	{"state", "state", NULL, FIELD_STATE, AT(state), NULL, false, .effect = EFFECT_SET_STATE},
	{"queue", "queue", "Queue", FIELD_WORD, AT(queue), NULL, false, .effect = EFFECT_SET_QUEUE},
	{"agent", "agent", "Agent", FIELD_WORD, AT(agent), "nobody", true, .effect = EFFECT_SET_AGENT},
	{"priority", "priority", "Priority", FIELD_WORD, AT(priority), NULL, false, SIMPLE(priority, PRIORITY), .words = desk_priority_names, .count = PRIORITY_COUNT,
	 .wanted = PRIORITY_NAMES},
	{"vip", "vip", NULL, FIELD_FLAG, AT(vip), NULL, false, SIMPLE(vip, VIP), .words = yes_no, .count = 2, .wanted = "yes or no", .proved = true,
	 .labels = {"VIP", "VIP", "VIP", "VIP", "VIP"}},
	{"organisation", "organisation", "Organisation", FIELD_WORD, AT(organisation), NULL, true, SIMPLE(organisation, ORGANISATION), .wanted = "the name of an organisation", .proved = true,
	 .labels = {"Organisation", "Organizzazione", "Organisation", "Organisation", "Organizaci\xC3\xB3n"}},
	{"level", "level", "Level", FIELD_WORD, AT(level), NULL, true, SIMPLE(level, LEVEL), .wanted = ONE_WORD, .proved = true,
	 .labels = {"Level", "Livello", "Stufe", "Niveau", "Nivel"}},
	{"tags", "tag", NULL, FIELD_WORDS, AT(tags), NULL, false, .effect = EFFECT_ADD_TAG},
	{"watchers", NULL, NULL, FIELD_WORDS, AT(watchers), NULL, false, .effect = EFFECT_WATCH},
	{"subject", NULL, NULL, FIELD_WORD, AT(subject), NULL, false, .effect = EFFECT_CREATE_TICKET},
	{"language", "language", NULL, FIELD_WORD, AT(language), NULL, true, .effect = EFFECT_SET_LANGUAGE},
	{"created", "created", NULL, FIELD_TIME, AT(created), NULL, true, .effect = EFFECT_CREATE_TICKET},
	{"updated", "updated", NULL, FIELD_TIME, AT(updated), NULL, true, .effect = EFFECT_CREATE_TICKET},
	{"closed", NULL, NULL, FIELD_TIME, AT(closed_at), NULL, true, .effect = EFFECT_SET_STATE},
	{"waiting", NULL, NULL, FIELD_WORD, AT(waiting), NULL, true, .effect = EFFECT_SET_PENDING},
	{"pending_until", NULL, NULL, FIELD_TIME, AT(pending_until), NULL, true, .effect = EFFECT_SET_PENDING},
	{NULL, NULL, NULL, FIELD_WORD, 0, NULL, false, .effect = EFFECT_CREATE_TICKET}
};

const struct desk_field *desk_field_asked(const char *key)
{
	for (const struct desk_field *field = desk_fields; field->name; field++)
		if (field->query && strcmp(field->query, key) == 0)
			return field;
	return NULL;
}

const struct desk_field *desk_field_named(const char *name, size_t length)
{
	for (const struct desk_field *field = desk_fields; field->name; field++)
		if (field->simple && !field->proved && strlen(field->name) == length && strncmp(field->name, name, length) == 0)
			return field;
	return NULL;
}

const struct desk_field *desk_field_simple(enum ticket_field simple)
{
	for (const struct desk_field *field = desk_fields; field->name; field++)
		if (field->simple == simple)
			return field;
	return NULL;
}

const struct desk_field *desk_field_changed(const struct effect *effect)
{
	for (const struct desk_field *field = desk_fields; field->name; field++)
		if (field->effect == effect->kind && (!effect->field || field == effect->field))
			return field;
	return NULL;
}

static int rank(const struct desk_field *field, const char *word)
{
	for (size_t i = 0; i < field->count; i++)
		if (strcmp(field->words[i], word) == 0)
			return (int)i;
	return -1;
}

const char *desk_field_kept(const struct desk_field *field, const char *word)
{
	if (!field->words)
		return *word && strlen(word) <= ONE_WORD_MOST && !strpbrk(word, " \t\r\n,;\"'<>\\") ? word : NULL;
	for (size_t i = 0; i < field->count; i++)
		if (text_equal_nocase(field->words[i], word))
			return field->words[i];
	return NULL;
}

const char **desk_field_ruled(struct verdict *verdict, const struct desk_field *field)
{
	return (const char **)((char *)verdict + field->ruled);
}

static const void *place(const struct ticket_facts *facts, const struct desk_field *field)
{
	return (const char *)facts + field->offset;
}

const char *desk_field_word(const struct ticket_facts *facts, const struct desk_field *field)
{
	if (field->type == FIELD_STATE)
		return desk_ticket_state_name(*(const enum ticket_state *)place(facts, field));
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
	if (field->type == FIELD_FLAG)
		return strcmp(*desk_field_word(facts, field) ? "yes" : "no", value) == 0;
	if (field->proved)                       /* names of people's own making */
		return text_equal_nocase(desk_field_word(facts, field), value);
	return field->type != FIELD_TIME && strcmp(desk_field_word(facts, field), value) == 0;
}

int desk_field_compare(const struct desk_field *field, const struct ticket_facts *a, const struct ticket_facts *b)
{
	const char *x = desk_field_word(a, field), *y = desk_field_word(b, field);
	return field->words ? rank(field, x) - rank(field, y) : strcmp(x, y);
}

static const char *const languages[DESK_LANGUAGES] = {"en", "it", "de", "fr", "es"};

bool desk_is_language(const char *language)
{
	for (size_t i = 0; i < DESK_LANGUAGES; i++)
		if (strcmp(languages[i], language) == 0)
			return true;
	return false;
}

size_t desk_language_number(const char *language)
{
	for (size_t i = 0; i < COUNT_OF(languages); i++)
		if (strcmp(languages[i], language) == 0)
			return i;
	return 0;
}

const char *desk_field_lines(struct arena *arena, const struct desk_field *fields, const struct ticket_facts *facts, const char *language)
{
	const char *lines = "";
	for (const struct desk_field *field = fields; field->name; field++) {
		const char *label = field->labels[desk_language_number(language)], *word = label ? desk_field_word(facts, field) : "";
		if (*word)
			lines = arena_printf(arena, "%s%s%s: %s", lines, *lines ? "; " : "", label, word);
	}
	return lines;
}
