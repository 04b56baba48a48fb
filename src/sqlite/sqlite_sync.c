/*
 * sqlite_sync.c - what is done when the disk cannot say whether it kept something.
 *
 * After a sync that failed the kernel takes the unwritten pages for clean: the next sync succeeds and means nothing. So the daemon never
 * syncs again what failed once. It ends at once, without a checkpoint, without an answer to the mails of that commit, and begins again from
 * the log: every frame that was promised was synced before, and recovery writes all of them to the database anew (SQLite itself would go on
 * from the page that it reached). The same settling after a kill -9: what is only in the page cache is on disk before anything is built upon it.
 * Log: store.sync.failed. Exit status 74 (EX_IOERR); systemd starts us again.
 */
#include "sqlite_private.h"

#include <sysexits.h>
#include <unistd.h>

static bool sync_failed(int code)
{
	return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
}

void sqlite_end_if_sync_failed(sqlite3 *db, const char *doing)
{
	if (!sync_failed(sqlite3_extended_errcode(db)))
		return;
	log_event(LOG_ERROR, "store.sync.failed", "doing", doing, "error", sqlite3_errmsg(db), "result",
	          "what the disk holds is unknown: ending at once, to begin again from the log; look at the kernel log", NULL);
	_exit(EX_IOERR);
}

enum status sqlite_settle_log(struct engine *engine, struct error *error)
{
	int code = sqlite3_wal_checkpoint_v2(engine->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);

	/* Another program (a backup) reads from the log: it did not begin with us, so nothing was recovered that could be doubted. */
	if (code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED)
		return STATUS_OK;
	return sqlite_failed(engine->db, code, "bringing the log into the database", error);
}
