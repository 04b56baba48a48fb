/*
 * sqlite_words.c - full text, in a database of its own (STATE_DIR/search.db) that can be thrown away.
 *
 * The tickets' database is never written for it. It is kept without the texts themselves. WAL with synchronous=NORMAL: a
 * power cut loses the last additions together with the mark how far it got, so they are simply made again. A damaged index, or one
 * of another edition, is removed and built anew.
 * Diagnostics: log event store.search.rebuilt. STATUS_TRY_LATER: locked, disk full.
 */
#include "sqlite_private.h"
#include "limits.h"

#include <stdio.h>
#include <unistd.h>

#define MATCH_BYTES 4096         /* of the words of one search: LIMIT_QUERY_TERMS of forty bytes; each is looked for in the whole index */
#define DATA_VERSION "PRAGMA data_version"       /* another number once another connection has committed */
#define WORDS_CACHE "PRAGMA cache_size=-512"

static const char *const words_schema[] = {
	/* The rows are messages: rowid is message.id. */
	"CREATE VIRTUAL TABLE words USING fts5(subject, text, people, content='', tokenize='sportello')",
	/* Eight pieces of the index become one, not four: each word is written again half as often, and who looks for one asks a few more pieces. */
	"INSERT INTO words(words, rank) VALUES('automerge', 8)",
	"CREATE TABLE progress(message INTEGER NOT NULL)",
	"INSERT INTO progress VALUES(0)",
};

static void close_words(struct engine *engine)
{
	sqlite3_finalize(engine->add_words);
	engine->add_words = NULL;
	sqlite3_close(engine->words);
	engine->words = NULL;
}

static char *words_path(struct arena *arena, const struct engine *engine)
{
	return arena_printf(arena, "%s/search.db", engine->state_dir);
}

void sqlite_words_forget(struct engine *engine)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	CLEANUP_ARENA struct arena arena = { 0 };

	close_words(engine);
	for (size_t i = 0; i < COUNT_OF(suffixes); i++)
		unlink(arena_printf(&arena, "%s%s", words_path(&arena, engine), suffixes[i]));
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

static int create_schema(sqlite3 *db, int edition)
{
	int code = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	int64_t version = 0;
	char sql[48];

	if (code != SQLITE_OK)
		return code;
	code = number_of(db, "PRAGMA user_version", &version);      /* another program may have been faster */
	for (size_t i = 0; i < COUNT_OF(words_schema) && code == SQLITE_OK && version == 0; i++)
		code = sqlite3_exec(db, words_schema[i], NULL, NULL, NULL);
	snprintf(sql, sizeof sql, "PRAGMA user_version=%d", edition);
	if (code == SQLITE_OK && version == 0)
		code = sqlite3_exec(db, sql, NULL, NULL, NULL);
	if (code == SQLITE_OK)
		return sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return code;
}

static int open_file(struct engine *engine, int edition)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	int64_t version = 0;
	int code = sqlite3_open_v2(words_path(&arena, engine), &engine->words,
	                           SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);

	if (code != SQLITE_OK)
		return code;
	sqlite3_busy_timeout(engine->words, BUSY_TIMEOUT_MS);
	code = sqlite_tokens_register(engine->words);
	if (code == SQLITE_OK)
		code = sqlite3_exec(engine->words, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; " WORDS_CACHE, NULL, NULL, NULL);
	if (code == SQLITE_OK)
		code = number_of(engine->words, "PRAGMA user_version", &version);
	if (code == SQLITE_OK && version == 0)
		code = create_schema(engine->words, edition);
	else if (code == SQLITE_OK && version != edition)
		code = SQLITE_NOTADB;
	return code;
}

static bool damaged(int code)
{
	return sqlite_status(code) == STATUS_BROKEN;
}

/* Opens it if it is not; rebuilds it once if it is no good. */
static enum status open_words(struct engine *engine, int edition, struct error *error)
{
	int code;
	enum status status;

	if (engine->words)
		return STATUS_OK;
	code = open_file(engine, edition);
	if (damaged(code)) {
		log_event(LOG_NOTICE, "store.search.rebuilt", "reason", sqlite3_errstr(code), NULL);
		sqlite_words_forget(engine);
		code = open_file(engine, edition);
	}
	if (code == SQLITE_OK)
		return STATUS_OK;
	status = sqlite_failed(engine->words, code, "opening the search index", error);
	close_words(engine);
	return status;
}

static enum status words_failed(struct engine *engine, int code, struct error *error)
{
	enum status status = sqlite_failed(engine->words, code, "writing the search index", error);

	if (damaged(code)) {
		log_event(LOG_NOTICE, "store.search.rebuilt", "reason", sqlite3_errstr(code), NULL);
		sqlite_words_forget(engine);
		return STATUS_TRY_LATER;
	}
	return status;
}

enum status sqlite_words_open(struct engine *engine, int edition, int64_t *upto, struct error *error)
{
	enum status status = open_words(engine, edition, error);
	int code;

	*upto = 0;
	if (status != STATUS_OK)
		return status;
	code = number_of(engine->words, DATA_VERSION, &engine->words_version);
	if (code == SQLITE_OK)
		code = number_of(engine->words, "SELECT message FROM progress", upto);
	return code == SQLITE_OK ? STATUS_OK : words_failed(engine, code, error);
}

/* ---- adding ---- */

/* Where another added or cleared since we asked how far they are, what we add does not follow what is there: sqlite_words_end() then lets it go. */
enum status sqlite_words_begin(struct engine *engine, struct error *error)
{
	int64_t version = 0;
	int code = sqlite3_exec(engine->words, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	if (code == SQLITE_OK)
		code = number_of(engine->words, DATA_VERSION, &version);
	engine->words_changed = version != engine->words_version;
	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(engine->words, "INSERT INTO words(rowid,subject,text,people) VALUES(?1,?2,?3,?4)", -1, &engine->add_words, NULL);
	return code == SQLITE_OK ? STATUS_OK : sqlite_words_end(engine, 0, words_failed(engine, code, error), error);
}

enum status sqlite_words_add(struct engine *engine, int64_t message, const char *subject, const char *text, size_t length, const char *people,
                             struct error *error)
{
	int code;

	if (engine->words_changed)
		return STATUS_OK;
	sqlite3_bind_int64(engine->add_words, 1, message);
	sqlite3_bind_text(engine->add_words, 2, subject, -1, SQLITE_STATIC);
	sqlite3_bind_text(engine->add_words, 3, text, (int)length, SQLITE_STATIC);
	sqlite3_bind_text(engine->add_words, 4, people, -1, SQLITE_STATIC);
	code = sqlite3_step(engine->add_words);
	sqlite3_reset(engine->add_words);
	return code == SQLITE_DONE ? STATUS_OK : words_failed(engine, code, error);
}

enum status sqlite_words_end(struct engine *engine, int64_t upto, enum status status, struct error *error)
{
	char sql[64];
	int code = SQLITE_OK;

	if (!engine->words)              /* they were damaged, and are gone */
		return status;
	sqlite3_finalize(engine->add_words);
	engine->add_words = NULL;
	snprintf(sql, sizeof sql, "UPDATE progress SET message=%lld", (long long)upto);
	if (status == STATUS_OK && !engine->words_changed)
		code = sqlite3_exec(engine->words, sql, NULL, NULL, NULL);
	if (status == STATUS_OK && code == SQLITE_OK)
		code = sqlite3_exec(engine->words, "COMMIT", NULL, NULL, NULL);
	if (code != SQLITE_OK)
		status = words_failed(engine, code, error);
	if (status != STATUS_OK && engine->words && !sqlite3_get_autocommit(engine->words))
		sqlite3_exec(engine->words, "ROLLBACK", NULL, NULL, NULL);
	return status;
}

/* FTS5 leaves what it deletes in its own pages until they are merged, and SQLite in free ones until they are overwritten. */
enum status sqlite_words_clear(struct engine *engine, struct error *error)
{
	static const char *const steps[] = { "PRAGMA secure_delete=ON", "BEGIN IMMEDIATE", "INSERT INTO words(words) VALUES('delete-all')", "UPDATE progress SET message=0", "COMMIT",
	                                     "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)" };
	int code = SQLITE_OK;

	for (size_t i = 0; i < COUNT_OF(steps) && code == SQLITE_OK; i++)
		code = sqlite3_exec(engine->words, steps[i], NULL, NULL, NULL);
	if (code != SQLITE_OK && !sqlite3_get_autocommit(engine->words))
		sqlite3_exec(engine->words, "ROLLBACK", NULL, NULL, NULL);
	return code == SQLITE_OK ? STATUS_OK : words_failed(engine, code, error);
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

/* Each word in quotes, so that nothing in it is an operator. Who brings more words than a query may have is answered by the first. */
static const char *match_of(struct arena *arena, const char *words)
{
	CLEANUP_BUFFER struct buffer match = { 0 };
	size_t count = 0;

	while (*words && count < LIMIT_QUERY_TERMS) {
		size_t length = strcspn(words, " \t\r\n");

		if (match.length + length > MATCH_BYTES)
			break;
		if (has_letters(words, length)) {
			count++;
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

enum status sqlite_words_find(struct engine *engine, struct arena *arena, const char *words, size_t limit, struct engine_found *found, struct error *error)
{
	const char *match = match_of(arena, words);
	sqlite3_stmt *statement = NULL;
	int code;

	*found = (struct engine_found){ 0 };
	if (!*match)
		return STATUS_OK;
	code = sqlite3_prepare_v2(engine->words, "SELECT rowid FROM words WHERE words MATCH ?1 ORDER BY rank LIMIT ?2", -1, &statement, NULL);
	if (code == SQLITE_OK) {
		sqlite3_bind_text(statement, 1, match, -1, SQLITE_STATIC);
		sqlite3_bind_int64(statement, 2, (sqlite3_int64)limit);
		while ((code = sqlite3_step(statement)) == SQLITE_ROW)
			*ARENA_PUSH(arena, found) = sqlite3_column_int64(statement, 0);
	}
	sqlite3_finalize(statement);
	return code == SQLITE_DONE ? STATUS_OK : words_failed(engine, code, error);
}
