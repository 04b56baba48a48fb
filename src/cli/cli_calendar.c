/*
 * cli_calendar.c - `calendar show`, `between`, `add`: what a calendar of the configuration says, to look at and to check.
 *
 * Times come and go as RFC 3339; what is printed is in the calendar's zone.
 * May not reckon: that is the calendar room's.
 */
#include "cli_private.h"

#include <string.h>

#define HOLIDAYS_SHOWN 10

static const char *const day_names[7] = { "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday" };
static const char *const day_keys[7] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

static const char *date_text(struct arena *arena, int64_t day)
{
	int64_t year;
	int month, of_month;

	calendar_date_of(day, &year, &month, &of_month);
	return arena_printf(arena, "%04lld-%02d-%02d", (long long)year, month, of_month);
}

static const char *clock_text(struct arena *arena, int64_t seconds)
{
	return arena_printf(arena, "%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60));
}

/* 2026-11-25T09:00:00+01:00 */
static const char *instant_text(struct arena *arena, const struct zone *zone, int64_t instant)
{
	int offset = calendar_zone_span_at(zone, instant)->offset, minutes = (offset < 0 ? -offset : offset) / 60;
	int64_t local = instant + offset, day = (local >= 0 ? local : local - (CALENDAR_DAY - 1)) / CALENDAR_DAY, clock = local - day * CALENDAR_DAY;

	return arena_printf(arena, "%sT%s:%02d%c%02d:%02d", date_text(arena, day), clock_text(arena, clock), (int)(clock % 60), offset < 0 ? '-' : '+',
	                    minutes / 60, minutes % 60);
}

static const char *piece_text(struct arena *arena, const struct calendar_piece *piece)
{
	return arena_printf(arena, "%s-%s", clock_text(arena, piece->from), clock_text(arena, piece->to));
}

/* A whole day by its date, several with the last one, a part of a day with its hours. */
static const char *holiday_text(struct arena *arena, const struct calendar_piece *closed)
{
	int64_t first = closed->from / CALENDAR_DAY, last = (closed->to - 1) / CALENDAR_DAY;
	bool whole = closed->from % CALENDAR_DAY == 0 && closed->to % CALENDAR_DAY == 0;

	if (whole && first == last)
		return date_text(arena, first);
	if (whole)
		return arena_printf(arena, "%s to %s", date_text(arena, first), date_text(arena, last));
	return arena_printf(arena, "%s %s to %s%s%s", date_text(arena, first), clock_text(arena, closed->from % CALENDAR_DAY),
	                    first == last ? "" : date_text(arena, last), first == last ? "" : " ",
	                    closed->to % CALENDAR_DAY ? clock_text(arena, closed->to % CALENDAR_DAY) : "24:00");
}

static void next_holidays(struct cli *cli, const struct calendar *calendar, struct strings *out)
{
	int64_t now = clock_now() / 1000;

	for (size_t i = 0; i < calendar->closed.count && out->count < HOLIDAYS_SHOWN; i++)
		if (calendar->closed.at[i].to > now + calendar_zone_span_at(calendar->zone, now)->offset)
			strings_add(&cli->arena, out, holiday_text(&cli->arena, &calendar->closed.at[i]));
}

static void show_json(struct cli *cli, const struct calendar *calendar, const struct strings *holidays)
{
	struct json json;

	json_init(&json, &cli->out);
	json_object(&json, NULL);
	json_string(&json, "name", calendar->name);
	json_string(&json, "zone", calendar->zone->name);
	for (int day = 0; day < 7; day++) {
		json_array(&json, day_keys[day]);
		for (size_t i = 0; i < calendar->week[day].count; i++)
			json_string(&json, NULL, piece_text(&cli->arena, &calendar->week[day].at[i]));
		json_array_end(&json);
	}
	json_strings(&json, "holidays", holidays);
	json_object_end(&json);
	buffer_add_char(&cli->out, '\n');
}

static void show(struct cli *cli, const struct calendar *calendar)
{
	struct strings holidays = { 0 };

	next_holidays(cli, calendar, &holidays);
	if (cli->json) {
		show_json(cli, calendar, &holidays);
		return;
	}
	buffer_printf(&cli->out, "%s, %s\n", calendar->name, calendar->zone->name);
	for (int day = 0; day < 7; day++) {
		struct strings hours = { 0 };

		for (size_t i = 0; i < calendar->week[day].count; i++)
			strings_add(&cli->arena, &hours, piece_text(&cli->arena, &calendar->week[day].at[i]));
		buffer_printf(&cli->out, "  %-10s %s\n", day_names[day], hours.count ? cli_join(&cli->arena, &hours, ", ") : "closed");
	}
	buffer_add_string(&cli->out, holidays.count ? "Next holidays\n" : "No holidays\n");
	for (size_t i = 0; i < holidays.count; i++)
		buffer_printf(&cli->out, "  %s\n", holidays.at[i]);
}

static enum status take_instant(const char *text, int64_t *seconds, struct error *error)
{
	return cli_instant(text, seconds) ? STATUS_OK
	                                  : error_set(error, STATUS_BAD_INPUT, "\"%s\" is no time with a zone; write 2026-11-25T09:00:00+01:00", text);
}

static enum status between(struct cli *cli, const struct calendar *calendar, int64_t from, struct error *error)
{
	struct json json;
	int64_t to;
	enum status status = take_instant(cli->words[2], &to, error);

	if (status != STATUS_OK)
		return status;
	int64_t seconds = calendar_between(calendar, from, to);
	if (!cli->json) {
		buffer_printf(&cli->out, "%lld seconds (%lld:%02d:%02d)\n", (long long)seconds, (long long)(seconds / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60));
		return STATUS_OK;
	}
	json_init(&json, &cli->out);
	json_object(&json, NULL);
	json_number(&json, "seconds", seconds);
	json_object_end(&json);
	buffer_add_char(&cli->out, '\n');
	return STATUS_OK;
}

static enum status add(struct cli *cli, const struct calendar *calendar, int64_t from, struct error *error)
{
	struct calendar_length length;
	struct json json;
	int64_t instant;

	if (!calendar_length_read(cli->words[2], &length))
		return error_set(error, STATUS_BAD_INPUT, "\"%s\" is no duration; write 30m, 4h, 1h30m or 2bd (business days)", cli->words[2]);
	enum status status = calendar_add_length(calendar, from, &length, &instant, error);
	if (status != STATUS_OK)
		return status;
	const char *at = instant_text(&cli->arena, calendar->zone, instant);
	if (!cli->json) {
		buffer_printf(&cli->out, "%s\n", at);
		return STATUS_OK;
	}
	json_init(&json, &cli->out);
	json_object(&json, NULL);
	json_string(&json, "at", at);
	json_object_end(&json);
	buffer_add_char(&cli->out, '\n');
	return STATUS_OK;
}

enum status cli_run_calendar(struct cli *cli, struct error *error)
{
	enum status status = cli_need_config(cli, error);
	int64_t from = 0;

	if (status != STATUS_OK)
		return status;
	const struct calendar *calendar = config_calendar_named(cli->config, cli->words[0]);
	if (!calendar) {
		const char *best = NULL;

		for (size_t i = 0; i < cli->config->calendars.count; i++)
			best = text_closest(cli->words[0], best, cli->config->calendars.at[i].name);
		return error_set(error, STATUS_NOT_FOUND, "there is no calendar \"%s\" in the configuration%s%s%s", cli->words[0], best ? "; did you mean \"" : "",
		                 best ? best : "", best ? "\"?" : "");
	}
	if (cli->count == 1) {
		show(cli, calendar);
		return STATUS_OK;
	}
	if ((status = take_instant(cli->words[1], &from, error)) != STATUS_OK)
		return status;
	return strstr(cli->command->name, "add") ? add(cli, calendar, from, error) : between(cli, calendar, from, error);
}
