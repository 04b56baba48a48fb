/*
 * store_fsck.c - is everything there, and does it fit together? Each complaint is one line.
 *
 * First SQLite's own check of the file, then ours: each query of the table below gives the rows that should not be there,
 * then what SQL cannot see: histories replayed to the ticket's state, the records of outgoing mails, the late indexes, the
 * bytes of each raw mail against their digest, files that no row names. Changes nothing. The queries see one snapshot and
 * may run beside a working daemon, which then cannot shorten its log until they end.
 * Diagnostics: the findings; a status only where the check itself could not be made.
 */
#include "store_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FINDINGS_A_CHECK 20      /* of the same sort; then "and more" */

struct fsck {
	struct store *store;
	struct arena *arena;
	struct strings *findings;
	struct error *error;
};

/* The first column of each row goes to the %lld of the complaint, further text follows it. */
struct check { const char *sql, *complaint; };

#define GAP(table) { "SELECT max(id) FROM " table " HAVING max(id)<>count(*)", table ": rows are missing below number %lld" }
#define NO_TICKET(table) { "SELECT ticket FROM " table " WHERE ticket NOT IN (SELECT id FROM ticket) GROUP BY ticket", \
	table ": names ticket %lld, which is not there" }

static const struct check checks[] = {
	GAP("mailbox"), GAP("raw"), GAP("contact"), GAP("ticket"), GAP("message"), GAP("outbox"),
	{ "SELECT id FROM mailbox WHERE disposition NOT IN ('" DISPOSITION_TICKET "','" DISPOSITION_JOINED "','" DISPOSITION_AUTOMATIC
		"','" DISPOSITION_BOUNCE "','" DISPOSITION_LOOP "','" DISPOSITION_COMMAND_ERROR "','" DISPOSITION_REJECTED "','"
		DISPOSITION_DISCARDED "','" DISPOSITION_REDIRECTED "')", "mailbox %lld: has no disposition that we know" },
	{ "SELECT id FROM mailbox WHERE ticket=0 AND disposition IN ('" DISPOSITION_TICKET "','" DISPOSITION_JOINED "')",
		"mailbox %lld: is on a ticket, but on none" },
	{ "SELECT id FROM mailbox WHERE ticket<>0 AND ticket NOT IN (SELECT id FROM ticket)", "mailbox %lld: its ticket is not there" },
	{ "SELECT id FROM mailbox m WHERE seq<>0 AND NOT EXISTS (SELECT 1 FROM message WHERE ticket=m.ticket AND seq=m.seq)",
		"mailbox %lld: its message is not there" },
	{ "SELECT id FROM mailbox WHERE raw NOT IN (SELECT id FROM raw)", "mailbox %lld: its raw mail is not there" },
	{ "SELECT min(id) FROM mailbox GROUP BY claim HAVING count(*)>1", "mailbox %lld: the same delivery is there twice" },
	{ "SELECT id FROM raw WHERE id NOT IN (SELECT raw FROM mailbox)", "raw mail %lld: no delivery names it" },
	{ "SELECT raw FROM derived WHERE raw NOT IN (SELECT id FROM raw)", "derived %lld: its raw mail is not there" },
	{ "SELECT id FROM raw WHERE bytes IS NULL AND file IS NULL", "raw mail %lld: neither bytes nor file" },
	{ "SELECT id FROM raw WHERE bytes IS NOT NULL AND length(bytes)<>size", "raw mail %lld: not of its size" },
	{ "SELECT ticket FROM message GROUP BY ticket HAVING max(seq)<>count(*) OR min(seq)<>1", "ticket %lld: its messages have a gap" },
	{ "SELECT ticket FROM history GROUP BY ticket HAVING max(n)<>count(*) OR min(n)<>1", "ticket %lld: its history has a gap" },
	{ "SELECT id FROM ticket WHERE id NOT IN (SELECT ticket FROM history)", "ticket %lld: has no history" },
	{ "SELECT id FROM message WHERE raw<>0 AND raw NOT IN (SELECT id FROM raw)", "message %lld: its raw mail is not there" },
	{ "SELECT id FROM message WHERE outbox<>0 AND outbox NOT IN (SELECT id FROM outbox)", "message %lld: its outgoing mail is not there" },
	NO_TICKET("message"), NO_TICKET("history"), NO_TICKET("participant"), NO_TICKET("link"), NO_TICKET("tag"), NO_TICKET("timer"), NO_TICKET("confirmed"),
	NO_TICKET("routed"), NO_TICKET("learned"), NO_TICKET("asked"),
	{ "SELECT ticket FROM suggested WHERE ticket NOT IN (SELECT ticket FROM asked) GROUP BY ticket", "ticket %lld: articles were suggested, but never asked about" },
	{ "SELECT ticket FROM asked a WHERE (shown='nothing')<>(NOT EXISTS (SELECT 1 FROM suggested WHERE ticket=a.ticket))",
		"ticket %lld: what was suggested is not what was shown" },
	{ "SELECT ticket FROM suggested GROUP BY ticket HAVING max(rank)<>count(*) OR min(rank)<>1 OR count(DISTINCT article)<>count(*)",
		"ticket %lld: its suggestions have a gap" },
	{ "SELECT ticket FROM asked WHERE (said='')<>(said_at=0) OR (shown='nothing' AND said<>'')", "ticket %lld: a word on its suggestions that nobody can have said" },
	{ "SELECT ticket FROM suggested WHERE outcome<>'' AND said=0 GROUP BY ticket", "ticket %lld: a word on a suggestion without its number" },
	{ "SELECT s.ticket FROM suggested s JOIN asked a ON a.ticket=s.ticket WHERE s.outcome='solved' AND a.said<>'solved' GROUP BY s.ticket",
		"ticket %lld: an article solved it, but the customer did not say so" },
	{ "SELECT id FROM ticket t WHERE state IN ('held','expired') AND NOT EXISTS (SELECT 1 FROM asked WHERE ticket=t.id AND shown='held')",
		"ticket %lld: is held, but nothing was suggested" },
	{ "SELECT ticket FROM link l WHERE NOT EXISTS (SELECT 1 FROM link WHERE ticket=l.other AND other=l.ticket)",
		"ticket %lld: is linked one way only" },
	{ "SELECT id FROM ticket t WHERE merged_into<>0 AND (merged_into=id OR merged_into NOT IN (SELECT id FROM ticket))",
		"ticket %lld: is merged into one that is not there" },
	{ "SELECT id FROM outbox WHERE ticket<>0 AND ticket NOT IN (SELECT id FROM ticket)", "outgoing mail %lld: its ticket is not there" },
	{ "SELECT id FROM outbox WHERE state='failed' AND last_reply=''", "outgoing mail %lld: failed, and nothing says why" },
	{ "SELECT min(id) FROM contact GROUP BY address HAVING count(*)>1", "contact %lld: the address is there twice" },
};

static void complain(struct fsck *fsck, const char *format, ...) PRINTF_LIKE(2, 3);
static void complain(struct fsck *fsck, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	strings_add(fsck->arena, fsck->findings, arena_vprintf(fsck->arena, format, arguments));
	va_end(arguments);
}

/* A statement that cannot be run on a damaged file is a finding; one that cannot be run now ends the check. */
static enum status finished(struct fsck *fsck, int code, const char *doing)
{
	struct error own;

	if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW)
		return STATUS_OK;
	if (sql_failed(fsck->store->db, code, doing, &own) != STATUS_BROKEN) {
		if (fsck->error)
			*fsck->error = own;
		return own.status;
	}
	complain(fsck, "%s", own.text);
	return STATUS_OK;
}

/* ---- SQLite's own ---- */

static enum status check_file(struct fsck *fsck, const char *sql, bool *clean)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(fsck->store->db, sql, -1, &statement, NULL);

	*clean = true;
	while (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(statement, 0);

		if (text && strcmp(text, "ok") != 0) {
			complain(fsck, "database file: %s", text);
			*clean = false;
		}
		code = SQLITE_OK;
	}
	sqlite3_finalize(statement);
	*clean = *clean && code == SQLITE_DONE;
	return finished(fsck, code, sql);
}

/* ---- the table of queries ---- */

static void complain_of_row(struct fsck *fsck, const struct check *check, int64_t number)
{
	const char *mark = strstr(check->complaint, "%lld");

	complain(fsck, "%.*s%lld%s", (int)(mark - check->complaint), check->complaint, (long long)number, mark + strlen("%lld"));
}

static enum status run_check(struct fsck *fsck, const struct check *check)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(fsck->store->db, check->sql, -1, &statement, NULL);
	int found = 0;

	while (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		if (found++ == FINDINGS_A_CHECK) {
			complain(fsck, "... and more of these");
			break;
		}
		complain_of_row(fsck, check, sqlite3_column_int64(statement, 0));
		code = SQLITE_OK;
	}
	sqlite3_finalize(statement);
	return finished(fsck, code, "checking");
}

/* ---- histories ---- */

struct replaying {
	struct replay replay;
	int64_t ticket;
	const char *complaint;           /* the first one of this ticket */
	struct arena arena;              /* of this ticket */
};

static const char *compare(const struct replay *replay, const sqlite3_stmt *row, struct arena *arena)
{
	sqlite3_stmt *statement = (sqlite3_stmt *)row;
	struct { int column; const char *name, *value; } fields[] = {
		{ 3, "state", replay->state }, { 4, "queue", replay->queue }, { 5, "agent", replay->agent }, { 6, "priority", replay->priority },
	};

	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		const char *is = (const char *)sqlite3_column_text(statement, fields[i].column);

		if (strcmp(is ? is : "", fields[i].value) != 0)
			return arena_printf(arena, "its %s is \"%s\", its history says \"%s\"", fields[i].name, is ? is : "", fields[i].value);
	}
	if (sqlite3_column_int64(statement, 7) != replay->merged_into)
		return "its history does not say what it is merged into";
	if (sqlite3_column_int64(statement, 8) != replay->last_seq)
		return "its history does not tell of all its messages";
	return NULL;
}

/* One row for each row of history; the last one of a ticket carries the comparison. */
static void replay_row(struct fsck *fsck, struct replaying *replaying, sqlite3_stmt *row)
{
	int64_t ticket = sqlite3_column_int64(row, 0);
	const char *what = (const char *)sqlite3_column_text(row, 1), *complaint;

	if (ticket != replaying->ticket) {
		arena_fini(&replaying->arena);
		arena_init(&replaying->arena);
		replay_init(&replaying->replay, &replaying->arena);
		replaying->ticket = ticket;
		replaying->complaint = NULL;
	}
	complaint = replay_step(&replaying->replay, &replaying->arena, what ? what : "");
	if (!complaint && sqlite3_column_int64(row, 2))
		complaint = compare(&replaying->replay, row, &replaying->arena);
	if (complaint && !replaying->complaint)
		complain(fsck, "ticket %lld: %s", (long long)ticket, complaint);
	if (complaint)
		replaying->complaint = complaint;
}

static enum status check_histories(struct fsck *fsck)
{
	static const char sql[] =
		"SELECT h.ticket, h.what, h.n=(SELECT max(n) FROM history WHERE ticket=h.ticket), t.state, t.queue, t.agent, t.priority,"
		" t.merged_into, (SELECT coalesce(max(seq),0) FROM message WHERE ticket=h.ticket)"
		" FROM history h JOIN ticket t ON t.id=h.ticket ORDER BY h.ticket, h.n";
	struct replaying replaying = { 0 };
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(fsck->store->db, sql, -1, &statement, NULL);

	arena_init(&replaying.arena);
	while (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		replay_row(fsck, &replaying, statement);
		code = SQLITE_OK;
	}
	sqlite3_finalize(statement);
	arena_fini(&replaying.arena);
	return finished(fsck, code, "replaying the histories");
}

/* ---- outgoing mails ---- */

static void check_outbox_row(struct fsck *fsck, sqlite3_stmt *row)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	const char *record = (const char *)sqlite3_column_text(row, 1);
	long long id = (long long)sqlite3_column_int64(row, 0);
	struct outgoing outgoing = { 0 };

	if (!record || outgoing_read(&arena, record, &outgoing) != STATUS_OK)
		complain(fsck, "outgoing mail %lld: cannot be read", id);
	else if (outgoing.id != id)
		complain(fsck, "outgoing mail %lld: is the record of %lld", id, (long long)outgoing.id);
	else if (outgoing.to.count + outgoing.cc.count == 0)
		complain(fsck, "outgoing mail %lld: has no recipient", id);
}

static enum status check_outbox(struct fsck *fsck)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(fsck->store->db, "SELECT id, record FROM outbox ORDER BY id", -1, &statement, NULL);

	while (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		check_outbox_row(fsck, statement);
		code = SQLITE_OK;
	}
	sqlite3_finalize(statement);
	return finished(fsck, code, "reading the outgoing mails");
}

/* ---- late indexes ---- */

static enum status check_late(struct fsck *fsck, struct late *late, const char *rows, const char *name)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(fsck->store->db, rows, -1, &statement, NULL);
	enum status status = STATUS_OK;
	int found = 0;

	while (code == SQLITE_OK && status == STATUS_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		struct late_key key;
		bool there = false;

		late_key_of_row(late, statement, &key);
		status = late_has(fsck->store, late, &key, &there, fsck->error);
		if (status == STATUS_OK && !there && found++ < FINDINGS_A_CHECK)
			complain(fsck, "%s %lld: cannot be found by its key", name, (long long)key.row);
		code = SQLITE_OK;
	}
	sqlite3_finalize(statement);
	return status == STATUS_OK ? finished(fsck, code, "reading the late indexes") : status;
}

/* ---- raw mails ---- */

static enum status check_raw(struct fsck *fsck, int64_t id, int64_t size, const unsigned char *digest)
{
	unsigned char found[SHA256_SIZE] = { 0 };
	struct store_raw raw;
	struct error error = { 0 };
	enum status status = store_raw_open(fsck->store, id, &raw, &error);

	if (status == STATUS_TRY_LATER) {
		if (fsck->error)
			*fsck->error = error;
		return status;
	}
	if (status != STATUS_OK)
		complain(fsck, "raw mail %lld: cannot be opened: %s", (long long)id, error.text);
	else if ((int64_t)raw.source.size != size)
		complain(fsck, "raw mail %lld: has %llu bytes, not %lld", (long long)id, (unsigned long long)raw.source.size, (long long)size);
	else if (raw_digest(&raw.source, found) == STATUS_TRY_LATER)
		complain(fsck, "raw mail %lld: cannot be read: %s", (long long)id, strerror(errno));
	else if (memcmp(found, digest, sizeof found) != 0)
		complain(fsck, "raw mail %lld: its bytes are not those that came", (long long)id);
	if (status == STATUS_OK)
		store_raw_close(&raw);
	return STATUS_OK;
}

static enum status check_raws(struct fsck *fsck)
{
	struct cursor cursor;
	enum status status = STATUS_OK;

	cursor_open(&cursor, fsck->store, fsck->error, SQL_RAW_ALL, "");
	while (status == STATUS_OK && cursor_next(&cursor)) {
		unsigned char digest[SHA256_SIZE] = { 0 };

		if (sqlite3_column_bytes(cursor.statement, 2) == SHA256_SIZE)
			memcpy(digest, sqlite3_column_blob(cursor.statement, 2), SHA256_SIZE);
		status = check_raw(fsck, cursor_number(&cursor, 0), cursor_number(&cursor, 1), digest);
	}
	if (cursor_close(&cursor) == STATUS_BROKEN) {
		complain(fsck, "the raw mails cannot be read to their end");
		return status;
	}
	return status == STATUS_OK ? cursor.status : status;
}

static void complain_of_stray(struct strays *strays, const char *file)
{
	if (strays->count++ < FINDINGS_A_CHECK)
		complain(strays->context, "mails/%s: no row names this file", file);
}

static enum status check_files(struct fsck *fsck)
{
	struct strays strays = { .store = fsck->store, .error = fsck->error, .found = complain_of_stray, .context = fsck };

	return find_strays(&strays);
}

/* ---- all ---- */

static enum status check_snapshot(struct fsck *fsck)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < COUNT_OF(checks) && status == STATUS_OK; i++)
		status = run_check(fsck, &checks[i]);
	if (status == STATUS_OK)
		status = check_histories(fsck);
	if (status == STATUS_OK)
		status = check_outbox(fsck);
	if (status == STATUS_OK)
		status = check_late(fsck, &fsck->store->mailbox_keys,
		                    "SELECT id, message_id, mail_digest, claim FROM mailbox"
		                    " WHERE id<=(SELECT value FROM meta WHERE key='mailbox_key')", "mailbox");
	if (status == STATUS_OK)
		status = check_late(fsck, &fsck->store->contact_keys,
		                    "SELECT id, address FROM contact WHERE id<=(SELECT value FROM meta WHERE key='contact_key')", "contact");
	return status;
}

enum status store_fsck(struct store *store, struct arena *arena, struct strings *findings, struct error *error)
{
	struct fsck fsck = { .store = store, .arena = arena, .findings = findings, .error = error };
	bool clean, began = false;
	enum status status = check_file(&fsck, "PRAGMA quick_check(20)", &clean);

	if (status == STATUS_OK && clean)
		status = check_file(&fsck, "PRAGMA integrity_check(20)", &clean);
	if (status == STATUS_OK)
		status = read_begin(store, &began, error);
	if (status == STATUS_OK)
		status = check_snapshot(&fsck);
	read_end(store, began);
	if (status == STATUS_OK)
		status = check_raws(&fsck);
	return status == STATUS_OK ? check_files(&fsck) : status;
}
