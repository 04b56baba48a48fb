/*
 * sqlite_copy.c - one snapshot of the database, copied into a file while others write, and opened to be completed.
 *
 * What is copied is synced piece by piece, and after each the disk is left to others for as long as that took: gigabytes that the kernel holds back
 * until the end would make every commit beside it wait for all of them.
 */
#include "sqlite_private.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define PAGES_AT_ONCE 1024       /* all of them in one snapshot: the step below never lets go of it */
#define REST_MOST_US 200000

/* What was written so far. A failed sync is told once only, so it ends the copy. */
static int sync_and_rest(sqlite3 *copy)
{
	sqlite3_file *file = NULL;
	int64_t began = clock_monotonic_us(), took;
	int code = SQLITE_OK;

	sqlite3_file_control(copy, "main", SQLITE_FCNTL_FILE_POINTER, &file);
	if (file && file->pMethods)
		code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
	took = clock_monotonic_us() - began;
	usleep((useconds_t)(took < REST_MOST_US ? took : REST_MOST_US));
	return code;
}

static enum status copy_pages(struct engine *engine, sqlite3 *copy, struct error *error)
{
	sqlite3_backup *pages = sqlite3_backup_init(copy, "main", engine->db, "main");
	int code;

	if (!pages)
		return sqlite_failed(copy, sqlite3_errcode(copy), "starting the backup", error);
	/* Our own read transaction pins the snapshot, so the steps between do not start again. */
	errno = 0;
	while ((code = sqlite3_backup_step(pages, PAGES_AT_ONCE)) == SQLITE_OK && !(engine->give_up && *engine->give_up))
		if ((code = sync_and_rest(copy)) != SQLITE_OK)
			break;
	if (code == SQLITE_OK) {
		sqlite3_backup_finish(pages);
		return error_set(error, STATUS_TRY_LATER, "the backup was broken off");
	}
	if (code != SQLITE_DONE) {
		sqlite3_backup_finish(pages);
		return sqlite_failed(NULL, code, "copying the database", error);
	}
	code = sqlite3_backup_finish(pages);
	return code == SQLITE_OK ? STATUS_OK : sqlite_failed(copy, code, "copying the database", error);
}

void sqlite_give_up_when(struct engine *engine, const _Atomic bool *told)
{
	engine->give_up = told;
}

static enum status copy_snapshot(struct engine *engine, sqlite3 *copy, struct error *error)
{
	int64_t last;
	enum status status = sqlite_begin_read(engine, error);

	if (status != STATUS_OK)
		return status;
	/* BEGIN alone takes no snapshot: the first read does. */
	status = engine_number(engine, error, &last, 0, SQL_MAILBOX_LAST, "");
	if (status == STATUS_OK)
		status = copy_pages(engine, copy, error);
	sqlite_end_read(engine);
	return status;
}

enum status sqlite_copy(struct engine *engine, const char *file, struct engine **copy, struct error *error)
{
	struct engine *it = *copy = calloc(1, sizeof *it);
	enum status status;
	int code;

	if (!it)
		return error_set(error, STATUS_TRY_LATER, "%s: out of memory", file);
	it->kind = engine->kind;
	code = sqlite3_open_v2(file, &it->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	status = code == SQLITE_OK ? copy_snapshot(engine, it->db, error) : sqlite_failed(it->db, code, file, error);
	/* One file, no log beside it; synced as a whole at the end. */
	if (status == STATUS_OK)
		status = sqlite_exec(it->db, "PRAGMA synchronous=OFF; PRAGMA journal_mode=DELETE; PRAGMA journal_mode=OFF", error);
	return status;
}
