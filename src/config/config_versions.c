/*
 * config_versions.c - the promises of a configuration as text, and back: so that what was promised can be kept when the file says something else.
 *
 * A line for each thing: a calendar with its zone, hours and holidays, then the promises that count by it. Holidays stand in it as the times that they close, so that
 * a newer .ics file changes nothing of what was. Zones go by their names: who corrects a zone corrects what it was.
 * Diagnostics: "line N of a kept version of the promises is not understood".
 */
#include "config_private.h"

#include <stdlib.h>
#include <string.h>

static const char *const days[7] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

/* ---- writing ---- */

static void write_pieces(struct buffer *out, const char *what, const struct calendar_pieces *pieces)
{
	for (size_t i = 0; i < pieces->count; i++)
		buffer_printf(out, "%s %lld %lld\n", what, (long long)pieces->at[i].from, (long long)pieces->at[i].to);
}

static void write_calendar(struct buffer *out, const struct calendar *calendar)
{
	buffer_printf(out, "calendar %s\nzone %s\n", calendar->name, calendar->zone->name);
	for (size_t day = 0; day < COUNT_OF(days); day++)
		write_pieces(out, days[day], &calendar->week[day]);
	write_pieces(out, "closed", &calendar->closed);
}

/* A query may stand on several lines; blanks mean the same. */
static void write_line(struct buffer *out, const char *key, const char *text)
{
	buffer_printf(out, "%s ", key);
	for (; *text; text++)
		buffer_add_char(out, *text == '\n' || *text == '\r' ? ' ' : *text);
	buffer_add_char(out, '\n');
}

static void write_promise(struct buffer *out, const struct sla_policy *policy)
{
	buffer_printf(out, "promise %s\n", policy->name);
	write_line(out, "when", policy->text);
	buffer_printf(out, "pauses %u\n", policy->pauses);
	for (int kind = 0; kind < SLA_KINDS; kind++)
		buffer_printf(out, "%s %lld %d\n", sla_kind_name((enum sla_kind)kind), (long long)policy->target[kind].seconds, policy->target[kind].days);
	for (size_t i = 0; i < policy->steps.count; i++) {
		const struct sla_step *step = &policy->steps.at[i];

		buffer_printf(out, "step %lld %d %s %s\n", (long long)step->at, (int)step->tell, *step->priority ? step->priority : "-", step->text);
	}
}

void config_write_promises(const struct config *config, struct buffer *out)
{
	for (size_t i = 0; i < config->promises.count; i++) {
		const struct sla_policy *policy = &config->promises.at[i];

		if (!i || policy->calendar != policy[-1].calendar)
			write_calendar(out, policy->calendar);
		write_promise(out, policy);
	}
}

/* ---- reading ---- */

struct reading { struct arena *arena; const struct zone *desk; struct calendar *calendar; struct sla_policy *policy; struct promise_list *promises; };

static bool is_word(const char *line, const char *word, const char **rest)
{
	size_t length = strlen(word);

	if (strncmp(line, word, length) != 0 || line[length] != ' ')
		return false;
	*rest = line + length + 1;
	return true;
}

static bool two_numbers(const char *text, int64_t *a, int64_t *b)
{
	char *end;

	*a = strtoll(text, &end, 10);
	if (end == text || *end != ' ')
		return false;
	text = end + 1;
	*b = strtoll(text, &end, 10);
	return end != text && !*end;
}

static bool read_zone(struct reading *r, const char *name)
{
	struct zone *zone = ARENA_NEW(r->arena, struct zone);
	struct error error;

	r->calendar->zone = !strcmp(name, r->desk->name) || config_zone_read(r->arena, name, zone, &error) != STATUS_OK ? r->desk : zone;
	return true;
}

static bool read_hours(struct reading *r, const char *line)
{
	const char *rest;
	int64_t from, to;

	if (is_word(line, "closed", &rest) && two_numbers(rest, &from, &to)) {
		calendar_pieces_add(r->arena, &r->calendar->closed, from, to);
		return true;
	}
	for (size_t day = 0; day < COUNT_OF(days); day++)
		if (is_word(line, days[day], &rest) && two_numbers(rest, &from, &to)) {
			calendar_pieces_add(r->arena, &r->calendar->week[day], from, to);
			return true;
		}
	return false;
}

static bool read_when(struct reading *r, const char *text)
{
	struct query *query = ARENA_NEW(r->arena, struct query);
	struct error error;

	r->policy->text = text;
	r->policy->when = *text ? query : NULL;
	return !*text || query_read(r->arena, text, query, &error) == STATUS_OK;
}

static bool read_step(struct reading *r, const char *rest)
{
	struct sla_step *step = ARENA_PUSH(r->arena, &r->policy->steps);
	char *end;

	*step = (struct sla_step){ .at = strtoll(rest, &end, 10), .priority = "" };
	if (*end != ' ')
		return false;
	step->tell = (enum sla_tell)strtol(end + 1, &end, 10);
	const char *priority = *end == ' ' ? end + 1 : NULL, *text = priority ? strchr(priority, ' ') : NULL;
	if (!text || step->tell > SLA_TELL_SUPERVISOR)
		return false;
	if (*priority != '-')
		step->priority = arena_copy(r->arena, priority, (size_t)(text - priority));
	step->text = text + 1;
	return true;
}

static bool read_target(struct reading *r, const char *line)
{
	const char *rest;
	int64_t seconds, number;

	for (int kind = 0; kind < SLA_KINDS; kind++)
		if (is_word(line, sla_kind_name((enum sla_kind)kind), &rest) && two_numbers(rest, &seconds, &number)) {
			r->policy->target[kind] = (struct calendar_length){ seconds, (int)number };
			return true;
		}
	return false;
}

static bool read_line(struct reading *r, const char *line)
{
	const char *rest;

	if (is_word(line, "calendar", &rest)) {
		r->calendar = ARENA_NEW(r->arena, struct calendar);
		*r->calendar = (struct calendar){ .name = rest, .zone = r->desk };
		r->policy = NULL;
		return true;
	}
	if (!r->calendar)
		return false;
	if (is_word(line, "promise", &rest)) {
		r->policy = ARENA_PUSH(r->arena, r->promises);
		*r->policy = (struct sla_policy){ .name = rest, .text = "", .calendar = r->calendar };
		return true;
	}
	if (!r->policy)
		return is_word(line, "zone", &rest) ? read_zone(r, rest) : read_hours(r, line);
	if (is_word(line, "when", &rest))
		return read_when(r, rest);
	if (is_word(line, "pauses", &rest)) {
		r->policy->pauses = (unsigned)strtoul(rest, NULL, 10);
		return true;
	}
	return is_word(line, "step", &rest) ? read_step(r, rest) : read_target(r, line);
}

enum status config_read_promises(struct arena *arena, const char *text, const struct zone *desk, struct promise_list *promises, struct error *error)
{
	struct reading reading = { .arena = arena, .desk = desk, .promises = promises };
	int number = 1;

	*promises = (struct promise_list){ 0 };
	for (const char *end; *text; text = end + 1, number++) {
		if (!(end = strchr(text, '\n')) || !read_line(&reading, arena_copy(arena, text, (size_t)(end - text))))
			return error_set(error, STATUS_BROKEN, "line %d of a kept version of the promises is not understood", number);
	}
	return STATUS_OK;
}
