/*
 * store_upgrade.c - before a database of an earlier version is brought up to date: who may do it, and a backup first.
 *
 * The daemon does it at its start; a command does it where no daemon works, since the one that works may be of the earlier version, too (a package is
 * installed, and not everything restarted yet).
 * The backup is STATE_DIR/before-schema-N-WHEN.db, for the daemon's user whoever makes it.
 * Diagnostics: "is of an older version": no room for the backup, or restart sportellod.
 */
#include "store_private.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of a database that is itself a backup, put there by hand or by store_restore(): there is one already. */
static enum status is_backup(struct store *store, bool *is, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_META_GET, "t", META_SECRET_KEY);
	*is = cursor_next(&cursor);
	return cursor_close(&cursor);
}

static void give_to_owner(const char *state_dir, const char *file)
{
	struct stat owner;

	if (geteuid() == 0 && (stat(state_dir, &owner) < 0 || chown(file, owner.st_uid, owner.st_gid) < 0))
		log_event(LOG_WARNING, "store.trouble", "why", file, NULL);
}

enum status store_backup_before_upgrade(struct engine *engine, const char *state_dir, int from, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct store store = { .engine = engine, .state_dir = arena_string(&arena, state_dir) };
	char *file = arena_printf(&arena, "%s/before-schema-%d-%.19s.db", state_dir, from + 1, time_rfc3339(&arena, clock_now()));
	bool known = false;
	enum status status;

	if (!engine_alone(engine))               /* the server's backups are its administrator's */
		return STATUS_OK;
	status = is_backup(&store, &known, error);
	if (status != STATUS_OK || known)
		return status;
	log_event(LOG_NOTICE, "store.upgrading", "from", LOG_NUMBER(from), "backup", file, NULL);
	status = store_backup(&store, file, error);
	if (status == STATUS_OK || status == STATUS_BROKEN)      /* made, and as whole as what it is of */
		give_to_owner(state_dir, file);
	if (status == STATUS_BROKEN)
		return STATUS_OK;
	if (status == STATUS_TRY_LATER) {
		bool full = error->full;
		char *why = arena_string(&arena, error->text);

		error_set(error, STATUS_TRY_LATER, "the database is of an older version, and no backup can be made of it before it is brought up to date: %s; make room in %s", why, state_dir);
		error->full = full;
	}
	return status;
}

enum status store_upgrade_by_command(struct engine *engine, const char *state_dir, int from, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	CLEANUP_FD int fd = -1;

	if (!engine_alone(engine))               /* the engine looks itself whether a gateway works */
		return STATUS_OK;
	fd = open(arena_printf(&arena, "%s/sportellod.lock", state_dir), O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0)
		return error_set(error, STATUS_TRY_LATER, "the database is of an older version (schema %d), and so is the sportellod that works in %s: restart it (systemctl restart sportellod)", from, state_dir);
	return store_backup_before_upgrade(engine, state_dir, from, error);
}
