/*
 * store_erasures.c - the log of erasures, what follows after each, and the ledger that tells a restored backup what is not to be in it.
 *
 * The log is a table and has no word of what was erased: numbers, and keyed digests of addresses. Its rows are `done` when files, full text and the
 * database's own log are clean, too, and the ledger has them: a power cut leaves them to whoever comes next. The ledger is STATE_DIR/erasures, a file
 * of its own that no restore replaces: a head with its key, and a line an erasure, "WHEN KIND NUMBERS DIGEST". An entry is known again by its
 * digest over the address, or over number and date of the ticket, so that another ticket of that number stays.
 * Diagnostics: STATUS_BAD_INPUT "is no ledger".
 */
#include "store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEDGER_BYTES ((size_t)256 * 1024 * 1024)
#define HEAD "sportello erasures 1 "
#define KEY_SIZE 32
#define DIGEST_HEX 32            /* digits of it that are kept: 128 bits */

struct ledger { unsigned char key[KEY_SIZE]; bool known; const char *lines; };

static char *usual_path(struct arena *arena, const struct store *store)
{
	return arena_printf(arena, "%s/erasures", store->state_dir);
}

static int digit(char byte)
{
	return byte >= '0' && byte <= '9' ? byte - '0' : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static bool read_key(const char *hex, unsigned char key[KEY_SIZE])
{
	for (int i = 0; i < KEY_SIZE; i++) {
		int high = digit(hex[2 * i]), low = high < 0 ? -1 : digit(hex[2 * i + 1]);

		if (low < 0)
			return false;
		key[i] = (unsigned char)(high << 4 | low);
	}
	return hex[2 * KEY_SIZE] == '\n';
}

static enum status read_ledger(struct arena *arena, const char *path, struct ledger *ledger, struct error *error)
{
	CLEANUP_BUFFER struct buffer file = { 0 };
	enum status status;

	*ledger = (struct ledger){ .lines = "" };
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return STATUS_OK;
	if ((status = file_read_all(path, LEDGER_BYTES, &file, error)) != STATUS_OK)
		return status;
	const char *text = arena_string(arena, buffer_string(&file));

	if (strncmp(text, HEAD, strlen(HEAD)) != 0 || !read_key(text + strlen(HEAD), ledger->key))
		return error_set(error, STATUS_BAD_INPUT, "%s is no ledger of erasures", path);
	ledger->known = true;
	ledger->lines = strchr(text, '\n') + 1;
	return STATUS_OK;
}

static const char *digest_of(struct arena *arena, const unsigned char key[KEY_SIZE], const char *what)
{
	unsigned char digest[SHA256_SIZE];

	hmac_sha256(key, KEY_SIZE, what, strlen(what), digest);
	return arena_copy(arena, hex_encode(arena, digest, sizeof digest), DIGEST_HEX);
}

/* ---- the log ---- */

/* The key is the ledger's; where there is none, it begins with this. */
static enum status find_key(struct store *store, struct arena *arena, unsigned char key[KEY_SIZE], struct error *error)
{
	struct ledger ledger;
	enum status status = read_ledger(arena, usual_path(arena, store), &ledger, error);
	char *head, *path = usual_path(arena, store);

	if (status != STATUS_OK || ledger.known) {
		memcpy(key, ledger.key, KEY_SIZE);
		return status;
	}
	random_bytes(key, KEY_SIZE);
	head = arena_printf(arena, HEAD "%s\n", hex_encode(arena, key, KEY_SIZE));
	CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || !write_all(fd, head, strlen(head)) || fsync(fd) < 0 || !directory_sync(store->state_dir))
		return error_set(error, STATUS_TRY_LATER, "%s: %s", path, strerror(errno));
	return STATUS_OK;
}

static enum status note(struct store *store, int64_t now, const char *kind, int64_t a, int64_t b, const char *digest, struct error *error)
{
	return engine_run(store->engine, error, SQL_ERASURE_ADD, "itiit", now, kind, a, b, digest);
}

static const char *identity(struct arena *arena, int64_t ticket, int64_t created)
{
	return arena_printf(arena, "ticket %lld %lld", (long long)ticket, (long long)created);
}

enum status store_erasures_note(struct store *store, struct arena *arena, const struct erase_order *order, int64_t now, struct error *error)
{
	unsigned char key[KEY_SIZE];
	struct { const char **at; size_t count; } addresses = { 0 };
	struct ticket_facts *facts = NULL;
	struct cursor cursor;
	enum status status = find_key(store, arena, key, error);

	if (status != STATUS_OK)
		return status;
	if (order->what != ERASE_CUSTOMER) {
		status = store_read_ticket_facts(store, arena, order->ticket, &facts, error);
		return status != STATUS_OK || !facts ? status : note(store, now, order->what == ERASE_TICKET ? "ticket" : "message", order->ticket, order->seq,
		                                                     digest_of(arena, key, identity(arena, facts->id, facts->created)), error);
	}
	cursor_open(&cursor, store->engine, error, SQL_ERASING_LIST, "t", "address");
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, &addresses) = cursor_text(&cursor, arena, 1);
	status = cursor_close(&cursor);
	for (size_t i = 0; i < addresses.count && status == STATUS_OK; i++)
		status = note(store, now, "customer", 0, 0, digest_of(arena, key, addresses.at[i]), error);
	return status;
}

/* ---- what follows ---- */

static enum status remove_files(struct store *store, struct arena *arena, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_ERASING_LIST, "t", "file");
	while (cursor_next(&cursor)) {
		const char *path = store_raw_path(arena, store->state_dir, cursor_text(&cursor, arena, 1));

		if (unlink(path) < 0 && errno != ENOENT && cursor.status == STATUS_OK)
			cursor.status = error_set(error, STATUS_TRY_LATER, "%s: %s; it is erased at the next try", path, strerror(errno));
	}
	return cursor_close(&cursor);
}

/* Lines that are there already are written once more: that harms nobody. */
static enum status write_ledger(struct store *store, struct arena *arena, struct error *error)
{
	CLEANUP_BUFFER struct buffer lines = { 0 };
	char *path = usual_path(arena, store);
	struct cursor cursor;
	enum status status;

	cursor_open(&cursor, store->engine, error, SQL_ERASURES_OPEN, "");
	while (cursor_next(&cursor))
		buffer_printf(&lines, "%s %s %lld %lld %s\n", time_rfc3339(arena, cursor_number(&cursor, 1)), cursor_text(&cursor, arena, 2), (long long)cursor_number(&cursor, 3),
		              (long long)cursor_number(&cursor, 4), cursor_text(&cursor, arena, 5));
	if ((status = cursor_close(&cursor)) != STATUS_OK || !lines.length)
		return status;
	CLEANUP_FD int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0 || !write_all(fd, lines.at, lines.length) || fsync(fd) < 0)
		return error_set(error, STATUS_TRY_LATER, "%s: %s; the erasure is not in the ledger yet", path, strerror(errno));
	return STATUS_OK;
}

static enum status is_done(struct store *store, struct error *error)
{
	enum status status = store_begin(store, error);

	if (status == STATUS_OK)
		status = engine_run(store->engine, error, SQL_ERASING_CLEAR, "");
	if (status == STATUS_OK)
		status = engine_run(store->engine, error, SQL_ERASURES_DONE, "");
	if (status == STATUS_OK)
		return store_commit(store, error);
	store_rollback(store);
	return status;
}

static enum status finish(struct store *store, struct arena *arena, bool ledger, struct error *error)
{
	struct strings words = { 0 };
	struct cursor cursor;
	enum status status = remove_files(store, arena, error);

	cursor_open(&cursor, store->engine, error, SQL_ERASING_LIST, "t", "address");
	while (cursor_next(&cursor))
		strings_add(arena, &words, cursor_text(&cursor, arena, 1));
	if (cursor_close(&cursor) != STATUS_OK)
		return cursor.status;
	cursor_open(&cursor, store->engine, error, SQL_ERASING_LIST, "t", "subject");
	while (cursor_next(&cursor))
		strings_add(arena, &words, cursor_text(&cursor, arena, 1));
	if (cursor_close(&cursor) != STATUS_OK)
		return cursor.status;
	if (status == STATUS_OK)
		status = store_search_forget(store, error);
	if (status == STATUS_OK && ledger)
		status = write_ledger(store, arena, error);
	if (status == STATUS_OK)
		status = is_done(store, error);
	return status == STATUS_OK ? engine_scrub(store->engine, &words, error) : status;
}

enum status store_erase_finish(struct store *store, struct arena *arena, bool *any, struct error *error)
{
	int64_t open = 0;
	enum status status = engine_number(store->engine, error, &open, 0, SQL_ERASURES_COUNT, "");

	*any = open > 0;
	if (status != STATUS_OK || !open)
		return status;
	return (status = engine_forgets(store->engine, error)) == STATUS_OK ? finish(store, arena, true, error) : status;
}

enum status store_erasures(struct store *store, struct arena *arena, struct erasure_rows *rows, struct error *error)
{
	struct cursor cursor;

	*rows = (struct erasure_rows){ 0 };
	cursor_open(&cursor, store->engine, error, SQL_ERASURES, "");
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, rows) = (struct erasure_row){ cursor_number(&cursor, 0), cursor_number(&cursor, 1), cursor_number(&cursor, 3), (int)cursor_number(&cursor, 4), cursor_text(&cursor, arena, 2),
		                                                 cursor_number(&cursor, 6) != 0 };
	return cursor_close(&cursor);
}

/* ---- replay ---- */

struct replaying { struct store *store; struct arena *arena; struct ledger ledger; size_t erased; struct error *error; };

static bool has_digest(const struct replaying *r, const char *kind, const char *digest)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	const char *words = arena_printf(&arena, " %s 0 0 %s\n", kind, digest);

	return strstr(r->ledger.lines, words) != NULL;
}

static enum status erase_again(struct replaying *r, const struct erase_order *order)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct erased erased;
	enum status status = store_erase(r->store, &arena, order, false, &erased, r->error);

	r->erased += status == STATUS_OK;
	return status;
}

static enum status replay_customers(struct replaying *r)
{
	struct { struct { int64_t id; const char *address; } *at; size_t count; } contacts = { 0 };
	struct cursor cursor;
	enum status status;

	if (!strstr(r->ledger.lines, " customer 0 0 "))
		return STATUS_OK;
	cursor_open(&cursor, r->store->engine, r->error, SQL_CONTACTS_ALL, "");
	while (cursor_next(&cursor)) {
		CLEANUP_ARENA struct arena arena = { 0 };
		const char *address = cursor_text(&cursor, &arena, 1);

		if (!has_digest(r, "customer", digest_of(&arena, r->ledger.key, address)))
			continue;
		ARENA_PUSH(r->arena, &contacts)->id = cursor_number(&cursor, 0);
		contacts.at[contacts.count - 1].address = arena_string(r->arena, address);
	}
	status = cursor_close(&cursor);
	for (size_t i = 0; i < contacts.count && status == STATUS_OK; i++) {
		struct contact contact;

		status = store_contact_find(r->store, r->arena, contacts.at[i].address, &contact, r->error);
		if (status == STATUS_OK && contact.id)
			status = erase_again(r, &(struct erase_order){ .what = ERASE_CUSTOMER, .customer = contact.customer, .who = "ledger" });
	}
	return status;
}

static enum status replay_line(struct replaying *r, const char *line)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	char when[32], kind[16], digest[DIGEST_HEX + 1];
	long long ticket, seq;
	struct ticket_facts *facts = NULL;
	enum status status;

	if (sscanf(line, "%31s %15s %lld %lld %32s", when, kind, &ticket, &seq, digest) != 5 || (strcmp(kind, "ticket") != 0 && strcmp(kind, "message") != 0))
		return STATUS_OK;
	status = store_read_ticket_facts(r->store, &arena, ticket, &facts, r->error);
	if (status != STATUS_OK || !facts || strcmp(digest_of(&arena, r->ledger.key, identity(&arena, facts->id, facts->created)), digest) != 0)
		return status;
	status = erase_again(r, &(struct erase_order){ .what = strcmp(kind, "ticket") == 0 ? ERASE_TICKET : ERASE_MESSAGE, .ticket = ticket, .seq = (int)seq, .who = "ledger" });
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status replay_lines(struct replaying *r)
{
	enum status status = STATUS_OK;

	for (const char *line = r->ledger.lines; *line && status == STATUS_OK; line += strcspn(line, "\n"), line += *line == '\n')
		status = replay_line(r, line);
	return status;
}

enum status store_erasures_replay(struct store *store, struct arena *arena, const char *ledger, size_t *erased, struct error *error)
{
	struct replaying r = { .store = store, .arena = arena, .error = error };
	enum status status = read_ledger(arena, ledger ? ledger : usual_path(arena, store), &r.ledger, error);

	*erased = 0;
	if (status == STATUS_OK && ledger && !r.ledger.known)
		return error_set(error, STATUS_NOT_FOUND, "%s: there is no ledger", ledger);
	if (status == STATUS_OK && r.ledger.known)
		status = replay_customers(&r);
	if (status == STATUS_OK && r.ledger.known)
		status = replay_lines(&r);
	*erased = r.erased;
	return status == STATUS_OK && r.erased ? finish(store, arena, false, error) : status;
}
