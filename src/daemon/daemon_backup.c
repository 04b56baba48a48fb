/*
 * daemon_backup.c - a backup each day into backup.dir, and the oldest ones away.
 *
 * What there is in the directory is all that is remembered: a backup is due while the newest of our names there is older than the last time of the
 * day that backup.at names. So one that was missed is made up for, and a directory that is new gets its first at once. Files of other names are
 * nobody's business. An older one goes only after a newer one is complete and whole: a backup that lacks a damaged mail pushes nothing out.
 * Log: backup.made, backup.trouble.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon_private.h"

#define ROUND_MS 5000
#define REST_US (600 * 1000000LL)                /* after one that failed */
#define DAY_MS (24LL * 60 * 60 * 1000)
#define NAME "sportello-%4d-%2d-%2dT%2d%2d%2dZ.db"
#define NAME_LENGTH (sizeof "sportello-2026-11-29T030000Z.db" - 1)

static const char *name_of(struct arena *arena, int64_t ms)
{
	const char *at = time_rfc3339(arena, ms);
	return arena_printf(arena, "sportello-%.13s%.2s%.2sZ.db", at, at + 14, at + 17);
}

/* 0: it is none of ours. */
static int64_t time_of(const char *name)
{
	struct tm tm = {0};
	if (strlen(name) != NAME_LENGTH || sscanf(name, NAME, &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return (int64_t)timegm(&tm) * 1000;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The oldest first. */
static enum status list(struct arena *arena, const char *dir, struct strings *names, struct error *error)
{
	DIR *directory = opendir(dir);
	if (!directory)
		return error_set(error, STATUS_TRY_LATER, "backup.dir %s: %s", dir, strerror(errno));
	for (struct dirent *entry; (entry = readdir(directory));)
		if (time_of(entry->d_name))
			strings_add(arena, names, entry->d_name);
	closedir(directory);
	if (names->count)
		qsort(names->at, names->count, sizeof *names->at, by_name);
	return STATUS_OK;
}

static int64_t last_due(const struct config *config, int64_t now)
{
	int64_t local = desk_local(&config->policy, now), due = local / DAY_MS * DAY_MS + config->backup_minute * 60000LL;
	if (due > local)
		due -= DAY_MS;
	return now - (local - due);
}

static void remove_old(struct arena *arena, const struct config *config)
{
	struct strings names = {NULL, 0};
	struct error error;
	if (list(arena, config->backup_dir, &names, &error) != STATUS_OK)
		return;
	for (size_t i = 0; i + (size_t)config->backup_keep < names.count; i++)
		if (unlink(arena_printf(arena, "%s/%s", config->backup_dir, names.at[i])) != 0)
			log_event(LOG_WARNING, "backup.trouble", "file", names.at[i], "why", strerror(errno), NULL);
}

/* The store is open for as long as that takes, once a day. */
static enum status write_file(struct daemon *daemon, const struct config *config, const char *file, struct error *error)
{
	struct store *store = NULL;
	enum status status = store_open(config->state_dir, config->store_url, false, &store, error);
	if (status != STATUS_OK)
		return status;
	store_give_up_when(store, &daemon->stopping);
	status = store_backup(store, file, error);
	store_close(&store);
	return status;
}

static enum status make(struct daemon *daemon, struct arena *arena, const struct config *config, struct error *error)
{
	const char *file = arena_printf(arena, "%s/%s", config->backup_dir, name_of(arena, clock_now()));
	int64_t began = clock_monotonic_us();
	struct stat about;
	enum status status = write_file(daemon, config, file, error);
	if (status != STATUS_OK && status != STATUS_BROKEN)
		return status;
	daemon->backup.bytes = stat(file, &about) == 0 ? (int64_t)about.st_size : 0;
	log_event(LOG_NOTICE, "backup.made", "file", file, "bytes", LOG_NUMBER(daemon->backup.bytes), "ms", LOG_NUMBER((clock_monotonic_us() - began) / 1000), NULL);
	if (status == STATUS_OK)
		remove_old(arena, config);
	return status;
}

static enum status look(struct daemon *daemon, struct arena *arena, const struct config *config, struct error *error)
{
	struct strings names = {NULL, 0};
	enum status status = list(arena, config->backup_dir, &names, error);
	if (status != STATUS_OK)
		return status;
	int64_t now = clock_now(), newest = names.count ? time_of(names.at[names.count - 1]) : 0;
	daemon->backup.newest = newest;
	if (newest >= last_due(config, now) || clock_doubted())
		return STATUS_OK;
	status = make(daemon, arena, config, error);
	if (status == STATUS_OK)
		daemon->backup.newest = now;
	return status;
}

int daemon_backup_round(struct daemon *daemon, struct store *none)
{
	CLEANUP_ARENA struct arena arena;
	struct config *config = daemon_config(daemon);
	struct error error;
	(void)none;
	arena_init(&arena);
	if (*config->backup_dir && clock_monotonic_us() >= daemon->backup.rest_until) {
		enum status status = look(daemon, &arena, config, &error);
		if (status != STATUS_OK && !daemon->stopping) {
			daemon->backup.failures++;
			daemon->backup.rest_until = clock_monotonic_us() + REST_US;
			log_event(LOG_ERROR, "backup.trouble", "why", error.text, NULL);
		}
	}
	config_unref(&config);
	return ROUND_MS;
}
