/*
 * config_time.c - the zone of the desk and the calendars: names and hours of the file become what the calendar room reckons with.
 *
 * Zones come from the machine's zone files (TZDIR, /usr/share/zoneinfo), the machine's own from /etc/localtime; holidays from the
 * named .ics file. All of it is read with the configuration, never later: a wrong file is an error of `check` and of a reload.
 * Diagnostics: "there is no zone ...", "expected hours such as ...", "line N: ... is no date", "has no hours at all".
 */
#include "config_private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ZONE_BYTES (256 * 1024)          /* of a zone file; real ones have below 4 KiB */
#define HOLIDAY_BYTES (4 * 1024 * 1024)  /* of an .ics file */
#define HOLIDAYS_END_DAYS 60             /* warned when the last holiday is not further away */

static const char *const day_keys[7] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

static const char *zone_folder(void)
{
	const char *folder = getenv("TZDIR");

	return folder && *folder == '/' ? folder : "/usr/share/zoneinfo";
}

/* What the machine calls its zone: by the link that /etc/localtime is, else as Debian writes it down; NULL: nowhere. */
static const char *machines_zone(struct arena *arena)
{
	char target[512];
	CLEANUP_BUFFER struct buffer text = { 0 };
	struct error error;
	ssize_t length = readlink("/etc/localtime", target, sizeof target - 1);

	if (length > 0) {
		target[length] = '\0';
		const char *name = strstr(target, "/zoneinfo/");
		if (name && calendar_zone_name_usable(name + 10))
			return arena_string(arena, name + 10);
	}
	if (file_read_all("/etc/timezone", sizeof target, &text, &error) != STATUS_OK)
		return NULL;
	const char *name = arena_copy(arena, text.at, strcspn(buffer_string(&text), "\r\n"));
	return calendar_zone_name_usable(name) ? name : NULL;
}

/* Where it has no name, the letters that its clock has now. */
static void name_machines_zone(struct arena *arena, struct zone *zone)
{
	const char *name = machines_zone(arena);

	zone->name = name ? name : calendar_zone_span_at(zone, clock_now() / 1000)->abbreviation;
}

enum status config_zone_read(struct arena *arena, const char *name, struct zone *zone, struct error *error)
{
	CLEANUP_BUFFER struct buffer bytes;
	const char *path = *name ? arena_printf(arena, "%s/%s", zone_folder(), name) : "/etc/localtime";

	buffer_init(&bytes);
	if (*name && !calendar_zone_name_usable(name))
		return error_set(error, STATUS_BAD_INPUT, "\"%s\": expected the name of a zone such as \"Europe/Rome\"", name);
	if (file_read_all(path, ZONE_BYTES, &bytes, error) != STATUS_OK) {
		if (!*name || !strcmp(name, "UTC")) {    /* a machine without any zone runs in UTC */
			calendar_zone_utc(arena, zone);
			return STATUS_OK;
		}
		return error_set(error, STATUS_BAD_INPUT, "there is no zone \"%s\" (%s); expected one such as \"Europe/Rome\"", name, path);
	}
	enum status status = calendar_zone_read(arena, *name ? name : "UTC", bytes.at, bytes.length, zone, error);
	if (status == STATUS_OK && !*name)
		name_machines_zone(arena, zone);
	return status;
}

static const struct zone *zone_named(struct loader *loader, const config_setting_t *at, const char *key, const char *name)
{
	struct zone *zone = ARENA_NEW(&loader->config->arena, struct zone);
	struct error error;

	if (config_zone_read(&loader->config->arena, name, zone, &error) != STATUS_OK) {
		config_complain(loader, at, key, "%s", error.text);
		calendar_zone_utc(&loader->config->arena, zone);
	}
	return zone;
}

/* The setting of a calendar's key, or the calendar. */
static const config_setting_t *setting_of(struct loader *loader, size_t number, const char *key)
{
	const config_setting_t *all = config_lookup(&loader->tree, "calendars");
	const config_setting_t *group = all ? config_setting_get_elem(all, (unsigned)number) : NULL;
	const config_setting_t *found = group && config_setting_is_group(group) ? config_setting_get_member(group, key) : NULL;

	return found ? found : group;
}

static void take_hours(struct loader *loader, size_t number, const struct strings *hours, int day, struct calendar *calendar)
{
	for (size_t i = 0; i < hours->count; i++) {
		struct calendar_piece piece;

		if (calendar_hours_read(hours->at[i], &piece))
			calendar_pieces_add(&loader->config->arena, &calendar->week[day], piece.from, piece.to);
		else
			config_complain(loader, setting_of(loader, number, day_keys[day]), arena_printf(loader->arena, "calendars[].%s", day_keys[day]),
			                "\"%s\": expected hours such as \"09:00-13:00\"; the end of a day is 24:00", hours->at[i]);
	}
}

static void take_holidays(struct loader *loader, size_t number, const char *path, struct calendar *calendar)
{
	const config_setting_t *at = setting_of(loader, number, "holidays");
	CLEANUP_BUFFER struct buffer text;
	struct error error;

	buffer_init(&text);
	if (file_read_all(path, HOLIDAY_BYTES, &text, &error) != STATUS_OK)
		config_complain(loader, at, "calendars[].holidays", "cannot be read: %s", error.text);
	else if (calendar_holidays_read(&loader->config->arena, calendar, text.at, text.length, &error) != STATUS_OK)
		config_complain(loader, at, "calendars[].holidays", "%s: %s", path, error.text);
	else if (!calendar->closed.count || calendar->closed.at[calendar->closed.count - 1].to < clock_now() / 1000 + HOLIDAYS_END_DAYS * CALENDAR_DAY)
		config_complain_at(loader, true, config_file_path(loader, config_setting_source_file(at)), (int)config_setting_source_line(at),
		                   "calendars[].holidays", "%s has no holiday later than %d days from now; get a newer file", path, HOLIDAYS_END_DAYS);
}

static void finish_calendar(struct loader *loader, size_t number)
{
	const struct config_calendar *from = &loader->config->calendar_texts.at[number];
	struct calendar *calendar = ARENA_PUSH(&loader->config->arena, &loader->config->calendars);

	*calendar = (struct calendar){ .name = from->name ? from->name : "", .zone = loader->config->zone };
	if (*from->zone)
		calendar->zone = zone_named(loader, setting_of(loader, number, "zone"), "calendars[].zone", from->zone);
	for (int day = 0; day < 7; day++)
		take_hours(loader, number, &from->hours[day], day, calendar);
	if (!calendar_ever_open(calendar))
		config_complain(loader, setting_of(loader, number, "name"), "calendars[]", "has no hours at all; set mon to sun, such as mon = [ \"09:00-17:00\" ]");
	if (*from->holidays)
		take_holidays(loader, number, from->holidays, calendar);
}

/* For the desk, which knows no zones. */
static int offset_at(const void *zone, int64_t ms)
{
	return calendar_zone_span_at(zone, ms / 1000)->offset;
}

void config_finish_time(struct loader *loader)
{
	struct config *config = loader->config;

	config->zone = zone_named(loader, config_lookup(&loader->tree, "desk.time_zone"), "desk.time_zone", config->time_zone);
	config->policy.zone = config->zone;
	config->policy.zone_offset = offset_at;
	for (size_t i = 0; i < config->calendar_texts.count; i++)
		finish_calendar(loader, i);
}

const struct calendar *config_calendar_named(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->calendars.count; i++)
		if (!strcmp(config->calendars.at[i].name, name))
			return &config->calendars.at[i];
	return NULL;
}
