/*
 * store_search.c - full text, in a database of its own (STATE_DIR/search.db) that can be thrown away.
 *
 * The index follows message.id: what was not indexed yet is read, its text asked from the caller (who can parse mails), and
 * added; the tickets' database is never written for it. It is kept without the texts themselves. WAL with synchronous=NORMAL: a
 * power cut loses the last additions together with the mark how far it got, so they are simply made again. A damaged index, one
 * of another version, or one that is ahead of the messages (a backup was restored) is removed and built anew.
 * Diagnostics: log event store.search.rebuilt. STATUS_TRY_LATER: locked, disk full.
 */
#include "store_private.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SEARCH_VERSION (100 + MAIL_PARSER_VERSION)       /* a better parser finds other words, and keeps anew what it derived */
#define SEARCH_CACHE "PRAGMA cache_size=-512"
#define AT_ONCE 64               /* messages between two looks at the list */
#define BEST_MESSAGES 200        /* of a search */
#define BEST_TICKETS 50

static const char *const search_schema[] = {
	/* The rows are messages: rowid is message.id. */
	"CREATE VIRTUAL TABLE words USING fts5(subject, text, people, content='', tokenize='unicode61 remove_diacritics 2')",
	"CREATE TABLE progress(message INTEGER NOT NULL)",
	"INSERT INTO progress VALUES(0)",
};

void search_close(struct store *store)
{
	sqlite3_close(store->search);
	store->search = NULL;
}

static char *search_path(struct arena *arena, struct store *store)
{
	return arena_printf(arena, "%s/search.db", store->state_dir);
}

void search_remove(struct store *store)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	CLEANUP_ARENA struct arena arena = { 0 };

	search_close(store);
	for (size_t i = 0; i < COUNT_OF(suffixes); i++)
		unlink(arena_printf(&arena, "%s%s", search_path(&arena, store), suffixes[i]));
}

/* ---- small statements: this is not the hot path ---- */

static int number_of(sqlite3 *db, const char *sql, int64_t *value)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

	*value = 0;
	if (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		*value = sqlite3_column_int64(statement, 0);
		code = SQLITE_OK;
	}
	sqlite3_finalize(statement);
	return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int create_schema(sqlite3 *db)
{
	int code = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	int64_t version = 0;
	char sql[48];

	if (code != SQLITE_OK)
		return code;
	code = number_of(db, "PRAGMA user_version", &version);      /* another program may have been faster */
	for (size_t i = 0; i < COUNT_OF(search_schema) && code == SQLITE_OK && version == 0; i++)
		code = sqlite3_exec(db, search_schema[i], NULL, NULL, NULL);
	snprintf(sql, sizeof sql, "PRAGMA user_version=%d", SEARCH_VERSION);
	if (code == SQLITE_OK && version == 0)
		code = sqlite3_exec(db, sql, NULL, NULL, NULL);
	if (code == SQLITE_OK)
		return sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return code;
}

static int open_index(struct store *store)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	int64_t version = 0;
	int code = sqlite3_open_v2(search_path(&arena, store), &store->search,
	                           SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);

	if (code != SQLITE_OK)
		return code;
	sqlite3_busy_timeout(store->search, BUSY_TIMEOUT_MS);
	code = sqlite3_exec(store->search, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; " SEARCH_CACHE, NULL, NULL, NULL);
	if (code == SQLITE_OK)
		code = number_of(store->search, "PRAGMA user_version", &version);
	if (code == SQLITE_OK && version == 0)
		code = create_schema(store->search);
	else if (code == SQLITE_OK && version != SEARCH_VERSION)
		code = SQLITE_NOTADB;
	return code;
}

static bool damaged(int code)
{
	return sql_status(code) == STATUS_BROKEN;
}

/* Opens it if it is not; rebuilds it once if it is no good. */
static enum status search_open(struct store *store, struct error *error)
{
	int code;
	enum status status;

	if (store->search)
		return STATUS_OK;
	code = open_index(store);
	if (damaged(code)) {
		log_event(LOG_NOTICE, "store.search.rebuilt", "reason", sqlite3_errstr(code), NULL);
		search_remove(store);
		code = open_index(store);
	}
	if (code == SQLITE_OK)
		return STATUS_OK;
	status = sql_failed(store->search, code, "opening the search index", error);
	search_close(store);
	return status;
}

/* ---- indexing ---- */

struct to_index { int64_t id, ticket; struct message_row message; };
struct batch { struct to_index *at; size_t count; };

static enum status read_batch(struct store *store, struct arena *arena, int64_t after, size_t limit, struct batch *batch, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store, error, SQL_MESSAGES_SINCE, "ii", after, (int64_t)limit);
	while (cursor_next(&cursor)) {
		struct to_index *item = ARENA_PUSH(arena, batch);

		read_message_columns(&cursor, arena, &item->message);
		item->id = cursor_number(&cursor, 14);
		item->ticket = cursor_number(&cursor, 15);
	}
	return cursor_close(&cursor);
}

static const char *people_of(struct arena *arena, const struct message_row *message)
{
	const char *people = arena_printf(arena, "%s %s", message->from.name, message->from.address);

	for (size_t i = 0; i < message->to.count; i++)
		people = arena_printf(arena, "%s %s", people, message->to.at[i]);
	return people;
}

/* The subject counts once a ticket. */
static const char *subject_of(struct store *store, struct arena *arena, const struct to_index *item)
{
	struct cursor cursor;
	struct ticket_facts facts = { .subject = "" };

	if (item->message.seq != 1)
		return "";
	cursor_open(&cursor, store, NULL, SQL_TICKET_GET, "i", item->ticket);
	if (cursor_next(&cursor))
		read_ticket_columns(&cursor, arena, &facts);
	cursor_close(&cursor);
	return facts.subject;
}

static int insert_message(sqlite3_stmt *insert, int64_t id, const char *subject, const char *text, const char *people)
{
	size_t length = strnlen(text ? text : "", LIMIT_SEARCH_BYTES);
	int code;

	if (length == LIMIT_SEARCH_BYTES)
		while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
			length--;
	sqlite3_bind_int64(insert, 1, id);
	sqlite3_bind_text(insert, 2, subject, -1, SQLITE_STATIC);
	sqlite3_bind_text(insert, 3, text ? text : "", (int)length, SQLITE_STATIC);
	sqlite3_bind_text(insert, 4, people, -1, SQLITE_STATIC);
	code = sqlite3_step(insert);
	sqlite3_reset(insert);
	return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int insert_batch(struct store *store, const struct batch *batch, store_text_of text_of, void *context)
{
	sqlite3_stmt *insert = NULL;
	char sql[64];
	int code = sqlite3_exec(store->search, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	if (code != SQLITE_OK)
		return code;
	code = sqlite3_prepare_v2(store->search, "INSERT INTO words(rowid,subject,text,people) VALUES(?1,?2,?3,?4)", -1, &insert, NULL);
	for (size_t i = 0; i < batch->count && code == SQLITE_OK; i++) {
		CLEANUP_ARENA struct arena arena = { 0 };
		const struct to_index *item = &batch->at[i];

		code = insert_message(insert, item->id, subject_of(store, &arena, item),
		                      text_of(context, &arena, store, &item->message), people_of(&arena, &item->message));
	}
	sqlite3_finalize(insert);
	snprintf(sql, sizeof sql, "UPDATE progress SET message=%lld", (long long)batch->at[batch->count - 1].id);
	if (code == SQLITE_OK)
		code = sqlite3_exec(store->search, sql, NULL, NULL, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_exec(store->search, "COMMIT", NULL, NULL, NULL);
	if (code != SQLITE_OK)
		sqlite3_exec(store->search, "ROLLBACK", NULL, NULL, NULL);
	return code;
}

static enum status index_failed(struct store *store, int code, struct error *error)
{
	enum status status = sql_failed(store->search, code, "writing the search index", error);

	if (damaged(code)) {
		log_event(LOG_NOTICE, "store.search.rebuilt", "reason", sqlite3_errstr(code), NULL);
		search_remove(store);
		return STATUS_TRY_LATER;
	}
	return status;
}

/* Ahead of the messages: the database was restored from a backup. */
static enum status check_progress(struct store *store, int64_t progress, bool *ahead, struct error *error)
{
	int64_t last;
	enum status status = sql_number(store, error, &last, 0, SQL_MESSAGE_LAST_ID, "");

	*ahead = status == STATUS_OK && progress > last;
	return status;
}

enum status store_search_index(struct store *store, size_t limit, store_text_of text_of, void *context, size_t *done, struct error *error)
{
	enum status status = search_open(store, error);
	bool ahead = false;

	for (*done = 0; *done < limit && status == STATUS_OK;) {
		CLEANUP_ARENA struct arena arena = { 0 };
		struct batch batch = { 0 };
		int64_t progress;
		int code = number_of(store->search, "SELECT message FROM progress", &progress);

		if (code != SQLITE_OK)
			return index_failed(store, code, error);
		if ((status = check_progress(store, progress, &ahead, error)) == STATUS_OK && ahead) {
			search_remove(store);
			status = search_open(store, error);
			progress = 0;
		}
		if (status == STATUS_OK)
			status = read_batch(store, &arena, progress, limit - *done < AT_ONCE ? limit - *done : AT_ONCE, &batch, error);
		if (status != STATUS_OK || batch.count == 0)
			break;
		code = insert_batch(store, &batch, text_of, context);
		if (code != SQLITE_OK)
			return index_failed(store, code, error);
		*done += batch.count;
	}
	return status;
}

/* ---- searching ---- */

static bool has_letters(const char *word, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)word[i];

		if (byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z'))
			return true;
	}
	return false;
}

/* Each word in quotes, so that nothing in it is an operator. */
static const char *match_of(struct arena *arena, const char *words)
{
	CLEANUP_BUFFER struct buffer match = { 0 };

	while (*words) {
		size_t length = strcspn(words, " \t\r\n");

		if (has_letters(words, length)) {
			buffer_add_char(&match, '"');
			for (size_t i = 0; i < length; i++) {
				if (words[i] == '"')
					buffer_add_char(&match, '"');
				buffer_add_char(&match, words[i]);
			}
			buffer_add_string(&match, "\" ");
		}
		words += length + (words[length] != '\0');
	}
	return arena_string(arena, buffer_string(&match));
}

struct found { int64_t *at; size_t count; };

static int find_messages(struct store *store, struct arena *arena, const char *match, size_t limit, struct found *found)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(store->search, "SELECT rowid FROM words WHERE words MATCH ?1 ORDER BY rank LIMIT ?2", -1, &statement, NULL);

	if (code == SQLITE_OK) {
		sqlite3_bind_text(statement, 1, match, -1, SQLITE_STATIC);
		sqlite3_bind_int64(statement, 2, (sqlite3_int64)limit);
		while ((code = sqlite3_step(statement)) == SQLITE_ROW)
			*ARENA_PUSH(arena, found) = sqlite3_column_int64(statement, 0);
	}
	sqlite3_finalize(statement);
	return code == SQLITE_DONE ? SQLITE_OK : code;
}

static bool have_ticket(const struct ticket_rows *rows, int64_t ticket)
{
	for (size_t i = 0; i < rows->count; i++)
		if (rows->at[i].facts.id == ticket)
			return true;
	return false;
}

enum status search_wanted(struct store *store, struct arena *arena, const char *words, size_t looked_at, size_t most, ticket_wanted wanted, void *context,
                          struct ticket_rows *rows, struct error *error)
{
	const char *match = match_of(arena, words);
	struct found found = { 0 };
	enum status status = search_open(store, error);
	int code = SQLITE_OK;

	*rows = (struct ticket_rows){ 0 };
	if (status != STATUS_OK || !*match)
		return status;
	if ((code = find_messages(store, arena, match, looked_at, &found)) != SQLITE_OK)
		return index_failed(store, code, error);
	for (size_t i = 0; i < found.count && rows->count < most && status == STATUS_OK; i++) {
		struct ticket_facts *facts = NULL;
		int64_t ticket;

		status = sql_number(store, error, &ticket, 0, SQL_MESSAGE_TICKET, "i", found.at[i]);
		if (status == STATUS_OK && ticket && !have_ticket(rows, ticket))
			status = read_ticket_facts(store, arena, ticket, &facts, error);
		if (status == STATUS_OK && facts && (!wanted || wanted(store, facts, context, &status, error)))
			ARENA_PUSH(arena, rows)->facts = *facts;
	}
	return status;
}

enum status store_search(struct store *store, struct arena *arena, const char *words, struct ticket_rows *rows, struct error *error)
{
	return search_wanted(store, arena, words, BEST_MESSAGES, BEST_TICKETS, NULL, NULL, rows, error);
}
