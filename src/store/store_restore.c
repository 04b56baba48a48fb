/*
 * store_restore.c - a backup takes the place of what is in a state directory: `sportello restore`.
 *
 * The new files are made complete beside the old ones first (STATE_DIR/restore.new): copied, opened, brought up to date, examined. Only then they
 * change places, the database by one rename, so that there is one at every moment; the old ones are kept in STATE_DIR/replaced-WHEN. What is not
 * named in moved[] stays: the mirror's and the mail server's business, and what must outlive a restore.
 * While they do, STATE_DIR/restore.new/changing is there: a power cut may leave the old database without its log, so nobody opens it (store_open.c) until
 * the restore was run again, which then keeps the rest of it in the same directory. What is kept is on the disk before something takes its place.
 * After a restore the numbers of tickets that are not in the backup are given again, and people still have addresses and links of the lost ones. So
 * a new key signs from now on, and the older ones speak for the tickets of the backup alone.
 * May only be called while nobody works in the directory. Diagnostics: STATUS_TRY_LATER a daemon works there, or no room; STATUS_BAD_INPUT no
 * backup of ours, damaged, or of a newer version; STATUS_NOT_FOUND no such file.
 */
#include "store_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t)1024 * 1024)

struct restore {
	struct arena *arena;
	const char *state_dir, *file, *ledger, *aside;    /* aside: where the new files are made */
	bool changing; /* files change places: what fails now is done again */
	struct stat owner;                       /* of the state directory: whoever restores, the daemon must be able to read */
	struct store_restored *out;
	struct error *error;
};

static char *within(const struct restore *restore, const char *directory, const char *name)
{
	return arena_printf(restore->arena, "%s/%s", directory, name);
}

static enum status failed(struct restore *restore, const char *path)
{
	bool full = errno == ENOSPC || errno == EDQUOT;

	error_set(restore->error, STATUS_TRY_LATER, "%s: %s; %s", path, strerror(errno),
	          restore->changing ? "run it again, with the same backup, when that is mended"
	                            : "nothing was changed");
	restore->error->full = full;
	return STATUS_TRY_LATER;
}

/* Root restores, and the daemon is somebody else. */
static void give_to_owner(const struct restore *restore, int fd)
{
	if (geteuid() == 0 && fchown(fd, restore->owner.st_uid, restore->owner.st_gid) < 0)
		log_event(LOG_WARNING, "store.trouble", "why", strerror(errno), NULL);
}

static int make_file(const struct restore *restore, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd >= 0)
		give_to_owner(restore, fd);
	return fd;
}

/* ---- nobody else works there ---- */

static enum status lock(struct restore *restore, int *fd)
{
	char *path = within(restore, restore->state_dir, "sportellod.lock");
	bool there = access(path, F_OK) == 0;

	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*fd < 0)
		return failed(restore, path);
	if (!there)
		give_to_owner(restore, *fd);
	if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
		return STATUS_OK;
	return error_set(restore->error, STATUS_TRY_LATER, "sportellod works in %s; stop it first (systemctl stop sportellod)", restore->state_dir);
}

/* ---- the new files, aside ---- */

static enum status copy_backup(struct restore *restore, const char *to)
{
	CLEANUP_FREE char *piece = malloc(PIECE);
	CLEANUP_FD int in = open(restore->file, O_RDONLY | O_CLOEXEC), out = make_file(restore, to);
	ssize_t got = 0;

	if (in < 0)
		return error_set(restore->error, errno == ENOENT ? STATUS_NOT_FOUND : STATUS_BAD_INPUT, "%s: %s", restore->file, strerror(errno));
	if (out < 0 || !piece)
		return failed(restore, to);
	while ((got = read(in, piece, PIECE)) > 0)
		if (!write_all(out, piece, (size_t)got))
			return failed(restore, to);
	if (got < 0)
		return error_set(restore->error, STATUS_BAD_INPUT, "%s: %s", restore->file, strerror(errno));
	return fsync(out) == 0 ? STATUS_OK : failed(restore, to);
}

struct complaints { struct arena *arena; const char *first; };

static void complain(void *context, const char *text)
{
	struct complaints *complaints = context;

	if (!complaints->first)
		complaints->first = arena_string(complaints->arena, text);
}

/* All of a backup is in its one file. */
static enum status examine(struct restore *restore, struct store *store)
{
	struct complaints complaints = { restore->arena, NULL };
	struct engine_findings findings = { complain, &complaints };
	struct cursor cursor;
	bool elsewhere;
	enum status status = engine_check(store->engine, &findings, restore->error);

	if (status == STATUS_OK && complaints.first)
		status = error_set(restore->error, STATUS_BAD_INPUT, "%s is damaged: %s; take another backup", restore->file, complaints.first);
	if (status != STATUS_OK)
		return status;
	cursor_open(&cursor, store->engine, restore->error, SQL_RAW_IN_FILES, "");
	elsewhere = cursor_next(&cursor);
	status = cursor_close(&cursor);
	if (status == STATUS_OK && elsewhere)
		return error_set(restore->error, STATUS_BAD_INPUT, "%s was not made by `sportello backup`: large mails are not in it; copy the whole state directory in place of it", restore->file);
	return status;
}

static enum status count(struct restore *restore, struct store *store)
{
	struct store_restored *out = restore->out;
	struct store_totals totals;
	enum status status = store_totals(store, &totals, restore->error);

	if (status != STATUS_OK)
		return status;
	out->tickets = totals.tickets;
	out->mails = totals.accepted;
	out->waiting = totals.outbox[OUTBOX_WAITING];
	return engine_number(store->engine, restore->error, &out->newest, 0, SQL_MAILBOX_LAST_TIME, "");
}

/* What was erased since the backup was made is not in it again. */
static enum status forget_again(struct restore *restore, struct store *store)
{
	const char *usual = within(restore, restore->state_dir, "erasures"), *ledger = restore->ledger ? restore->ledger : access(usual, F_OK) == 0 ? usual : NULL;

	return ledger ? store_erasures_replay(store, restore->arena, ledger, &restore->out->erased, restore->error) : STATUS_OK;
}

/* What makes the new database as it shall be, before anybody sees it. */
static enum status prepare(struct restore *restore)
{
	struct store *store = NULL;
	char *keys;
	enum status status = copy_backup(restore, within(restore, restore->aside, "sportello.db"));

	if (status == STATUS_OK)
		status = store_open_for(restore->aside, STORE_URL, false, ENGINE_READS, &store, restore->error);
	if (status == STATUS_NOT_FOUND)          /* an empty file */
		status = error_set(restore->error, STATUS_BAD_INPUT, "%s: not a Sportello database", restore->file);
	if (status == STATUS_BROKEN)
		status = error_set(restore->error, STATUS_BAD_INPUT, "%s is damaged, or no Sportello database; take another backup", restore->file);
	if (status == STATUS_OK)
		status = examine(restore, store);
	if (status == STATUS_OK)
		status = count(restore, store);
	if (status == STATUS_OK)
		status = store_keys_of_restored(restore->state_dir, restore->aside, restore->out->tickets + 1, restore->error);
	if (status == STATUS_OK)
		status = forget_again(restore, store);
	store_close(&store);                     /* the last one: its log goes into the database, and away */
	if (status == STATUS_OK)                 /* of a copy that was going on when the backup was made */
		status = store_copy_end(restore->aside, STORE_URL, restore->error);
	keys = store_keys_path(restore->arena, restore->aside);
	if (status == STATUS_OK && geteuid() == 0 && access(keys, F_OK) == 0 && chown(keys, restore->owner.st_uid, restore->owner.st_gid) < 0)
		status = failed(restore, keys);
	return status;
}

/* ---- the change ---- */

/* What goes with a database, and would be another one's. The database itself and the key are replaced by a rename. */
static const char *const moved[] = { "sportello.db-wal", "sportello.db-shm", "mails" };
static const char *const made_again[] = { "search.db", "search.db-wal", "search.db-shm" };

/* Also a log without its database must go: it would be played into the new one. */
static bool is_empty(struct restore *restore)
{
	for (size_t i = 0; i < COUNT_OF(moved); i++)
		if (access(within(restore, restore->state_dir, moved[i]), F_OK) == 0)
			return false;
	return access(within(restore, restore->state_dir, "sportello.db"), F_OK) < 0;
}

static bool is_same_file(const char *a, const char *b)
{
	struct stat one, other;

	return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

#define KEPT "replaced-"

/* Where a restore that was broken off began to keep this very database: its log may be there already, and without it the database is none. NULL: nowhere. */
static char *begun(struct restore *restore)
{
	const char *database = within(restore, restore->state_dir, "sportello.db");
	DIR *directory = opendir(restore->state_dir);
	char *found = NULL;

	for (struct dirent *entry; directory && !found && (entry = readdir(directory));) {
		char *kept = within(restore, restore->state_dir, entry->d_name);

		if (strncmp(entry->d_name, KEPT, sizeof KEPT - 1) == 0 && is_same_file(database, within(restore, kept, "sportello.db")))
			found = kept;
	}
	if (directory)
		closedir(directory);
	return found;
}

/* One that is there already was linked by the restore that was broken off. */
static bool link_kept(const char *from, const char *to)
{
	return link(from, to) == 0 || errno == ENOENT || is_same_file(from, to) || access(to, F_OK) == 0;
}

static enum status keep_old(struct restore *restore)
{
	CLEANUP_FD int fd = -1;
	const char *when = time_rfc3339(restore->arena, clock_now());
	char *to = begun(restore);

	if (is_empty(restore))
		return STATUS_OK;
	if (!to && mkdir(to = within(restore, restore->state_dir, arena_printf(restore->arena, KEPT "%.19s", when)), 0700) < 0)
		return failed(restore, to);
	if ((fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return failed(restore, to);
	give_to_owner(restore, fd);
	if (!link_kept(within(restore, restore->state_dir, "sportello.db"), within(restore, to, "sportello.db")))
		return failed(restore, to);
	if (!link_kept(store_keys_path(restore->arena, restore->state_dir), store_keys_path(restore->arena, to)))
		return failed(restore, to);
	restore->out->replaced = to;
	return directory_sync(to) ? STATUS_OK : failed(restore, to);
}

/* On the disk before anything moves. */
static enum status say_changing(struct restore *restore)
{
	char *path = within(restore, restore->aside, "changing");
	CLEANUP_FD int fd = make_file(restore, path);

	if (fd < 0 || fsync(fd) < 0 || !directory_sync(restore->aside) ||
	    !directory_sync(restore->state_dir))
		return failed(restore, path);
	restore->changing = true;
	return STATUS_OK;
}

static enum status change_places(struct restore *restore)
{
	static const char *const replaced[] = { "secret.key", "sportello.db" };
	enum status status = keep_old(restore);

	if (status == STATUS_OK)
		status = say_changing(restore);

	for (size_t i = 0; i < COUNT_OF(moved) && status == STATUS_OK && restore->out->replaced; i++)
		if (rename(within(restore, restore->state_dir, moved[i]), within(restore, restore->out->replaced, moved[i])) < 0 && errno != ENOENT)
			status = failed(restore, moved[i]);
	if (status == STATUS_OK && restore->out->replaced &&
	    !directory_sync(restore->out->replaced))
		status = failed(restore, restore->out->replaced);
	for (size_t i = 0; i < COUNT_OF(replaced) && status == STATUS_OK; i++)
		if (rename(within(restore, restore->aside, replaced[i]), within(restore, restore->state_dir, replaced[i])) < 0 && errno != ENOENT)
			status = failed(restore, replaced[i]);
	for (size_t i = 0; i < COUNT_OF(made_again) && status == STATUS_OK; i++)
		unlink(within(restore, restore->state_dir, made_again[i]));
	return status == STATUS_OK && (!directory_sync(restore->aside) ||
	                               !directory_sync(restore->state_dir))
	               ? failed(restore, restore->state_dir)
	               : status;
}

/* What says that places are changing stays until they have; and does not come back after a day's work. */
static void clean_up(const struct restore *restore, bool done)
{
	DIR *directory = opendir(restore->aside);

	for (struct dirent *entry; directory && (entry = readdir(directory));)
		if (entry->d_name[0] != '.' && (done || strcmp(entry->d_name, "changing") != 0))
			unlink(within(restore, restore->aside, entry->d_name));
	if (directory)
		closedir(directory);
	if (rmdir(restore->aside) == 0 && done && !directory_sync(restore->state_dir))
		log_event(LOG_WARNING, "store.trouble", "why", strerror(errno), NULL);
}

enum status store_restore(const char *state_dir, const char *file, const char *ledger, struct arena *arena, struct store_restored *out, struct error *error)
{
	struct restore restore = { .arena = arena, .state_dir = state_dir, .file = file, .ledger = ledger, .out = out, .error = error };
	CLEANUP_FD int locked = -1;
	enum status status;

	*out = (struct store_restored){ 0 };
	restore.aside = within(&restore, state_dir, "restore.new");
	if (access(file, R_OK) < 0)
		return error_set(error, errno == ENOENT || errno == ENOTDIR ? STATUS_NOT_FOUND : STATUS_BAD_INPUT, "%s: %s", file, strerror(errno));
	if (is_same_file(file, within(&restore, state_dir, "sportello.db")))
		return error_set(error, STATUS_BAD_INPUT, "%s is the database in use; give a file of `sportello backup`", file);
	if (!directory_make(state_dir, 0700) || stat(state_dir, &restore.owner) < 0)
		return failed(&restore, state_dir);
	if ((status = lock(&restore, &locked)) != STATUS_OK)
		return status;
	clean_up(&restore, false);               /* of one that was broken off */
	if (mkdir(restore.aside, 0700) < 0 && errno != EEXIST)
		return failed(&restore, restore.aside);
	status = prepare(&restore);
	if (status == STATUS_OK)
		status = change_places(&restore);
	clean_up(&restore, status == STATUS_OK);
	if (status == STATUS_OK)
		log_event(LOG_NOTICE, "store.restored", "state_dir", state_dir, "from", file, NULL);
	return status;
}
