/*
 * store_sweep.c - files under mails that no row names: left by a crash between writing a large mail and its commit.
 *
 * A file younger than an hour may belong to a mail that is just arriving and is left alone. Its age is taken from the
 * file system's own clock, not from ours, which tests move. Diagnostics: log event store.swept with the count.
 */
#define _GNU_SOURCE        /* O_TMPFILE */
#include "store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define ARRIVING_MS (60 * 60 * 1000)     /* no mail takes longer to arrive */

static int64_t files_now(const char *state_dir)
{
	CLEANUP_FD int fd = open(state_dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	struct stat about;

	return fd >= 0 && fstat(fd, &about) == 0 ? (int64_t)about.st_mtim.tv_sec * 1000 : 0;
}

static bool visit(void *context, const char *file, int64_t modified_ms, uint64_t size)
{
	struct strays *strays = context;
	int64_t row;

	(void)size;
	if (modified_ms + ARRIVING_MS >= strays->now)
		return true;
	strays->status = engine_number(strays->engine, strays->error, &row, 0, SQL_RAW_OF_FILE, "t", file);
	if (strays->status == STATUS_OK && !row)
		strays->found(strays, file);
	return strays->status == STATUS_OK;
}

enum status store_find_strays(struct strays *strays)
{
	enum status status;

	strays->now = files_now(strays->state_dir);
	strays->status = STATUS_OK;
	status = store_raw_files_each(strays->state_dir, visit, strays, strays->error);
	return status == STATUS_OK ? strays->status : status;
}

static void remove_stray(struct strays *strays, const char *file)
{
	CLEANUP_ARENA struct arena arena = { 0 };

	if (unlink(store_raw_path(&arena, strays->state_dir, file)) == 0)
		strays->count++;
}

/* What other machines erased since. */
static void share_ledger(struct engine *engine, char *state_dir)
{
	struct store store = { .engine = engine, .state_dir = state_dir };
	struct error error = { 0 };

	if (store_ledger_share(&store, &error) != STATUS_OK)
		log_event(LOG_WARNING, "store.trouble", "why", error.text, NULL);
}

void store_sweep(struct engine *engine, void *state_dir)
{
	struct strays strays = { .engine = engine, .state_dir = state_dir, .found = remove_stray };

	store_find_strays(&strays);
	if (strays.count > 0)
		log_event(LOG_NOTICE, "store.swept", "files", LOG_NUMBER(strays.count), NULL);
	share_ledger(engine, state_dir);
}
