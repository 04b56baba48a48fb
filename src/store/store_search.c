/*
 * store_search.c - full text: what of each message goes into the engine's words, and what is found by them.
 *
 * The words follow message.id: what is not in them yet is read, its text asked from the caller (who can parse mails), and
 * added. Where they are ahead of the messages (a backup was restored), they are thrown away and made anew.
 * Diagnostics: STATUS_TRY_LATER: locked, disk full.
 */
#include "store_private.h"

#include <string.h>

#define WORDS_EDITION (200 + MAIL_PARSER_VERSION)       /* a better parser finds other words, and keeps anew what it derived; 200: words as src/words has them */
#define AT_ONCE 256              /* messages between two looks at the list, and in one transaction of the index: each becomes a piece of it, which is merged with others later */
#define SNAPSHOT_US 20000        /* one snapshot for the reads of several messages saves its locks; a longer one would keep the log from being reused */
#define BEST_MESSAGES 200        /* of a search */
#define BEST_TICKETS 50

/* ---- indexing ---- */

struct to_index { int64_t id, ticket; struct message_row message; };
struct batch { struct to_index *at; size_t count; };

static enum status read_batch(struct store *store, struct arena *arena, int64_t after, size_t limit, struct batch *batch, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_MESSAGES_SINCE, "ii", after, (int64_t)limit);
	while (cursor_next(&cursor)) {
		struct to_index *item = ARENA_PUSH(arena, batch);

		store_read_message_columns(&cursor, arena, &item->message);
		item->id = cursor_number(&cursor, 15);
		item->ticket = cursor_number(&cursor, 16);
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
	cursor_open(&cursor, store->engine, NULL, SQL_TICKET_GET, "i", item->ticket);
	if (cursor_next(&cursor))
		store_read_ticket_columns(&cursor, arena, &facts);
	cursor_close(&cursor);
	return facts.subject;
}

/* At most `limit` bytes of it, and no part of a character. */
static size_t text_length(const char *text)
{
	size_t length = strnlen(text, LIMIT_SEARCH_BYTES);

	if (length == LIMIT_SEARCH_BYTES)
		while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
			length--;
	return length;
}

static enum status add_message(struct store *store, const struct to_index *item, store_text_of text_of, void *context, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	const char *subject = subject_of(store, &arena, item), *text = NULL;

	/* What the desk says by itself nobody looks for; and whether it was rendered before we came here is chance. */
	if (item->message.kind != MESSAGE_NOTICE)
		text = text_of(context, &arena, store, &item->message);
	text = text ? text : "";
	return engine_words_add(store->engine, item->id, subject, text, text_length(text), people_of(&arena, &item->message), error);
}

struct snapshot { bool began; int64_t since; };

static enum status look_anew(struct store *store, struct snapshot *snapshot, struct error *error)
{
	int64_t now = clock_monotonic_us();

	if (snapshot->began && now - snapshot->since < SNAPSHOT_US)
		return STATUS_OK;
	store_read_end(store, snapshot->began);
	snapshot->since = now;
	return store_read_begin(store, &snapshot->began, error);
}

static enum status add_batch(struct store *store, const struct batch *batch, store_text_of text_of, void *context, struct error *error)
{
	struct snapshot snapshot = { 0 };
	enum status status = engine_words_begin(store->engine, error);

	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < batch->count && status == STATUS_OK; i++)
		if ((status = look_anew(store, &snapshot, error)) == STATUS_OK)
			status = add_message(store, &batch->at[i], text_of, context, error);
	store_read_end(store, snapshot.began);
	return engine_words_end(store->engine, batch->at[batch->count - 1].id, status, error);
}

/* How far the words are. Ahead of the messages: the database was restored from a backup. */
static enum status words_upto(struct store *store, int64_t *upto, struct error *error)
{
	int64_t last = 0;
	enum status status = engine_words_open(store->engine, WORDS_EDITION, upto, error);

	if (status == STATUS_OK)
		status = engine_number(store->engine, error, &last, 0, SQL_MESSAGE_LAST_ID, "");
	if (status != STATUS_OK || *upto <= last)
		return status;
	engine_words_forget(store->engine);
	return engine_words_open(store->engine, WORDS_EDITION, upto, error);
}

enum status store_search_index(struct store *store, size_t limit, store_text_of text_of, void *context, size_t *done, struct error *error)
{
	enum status status = STATUS_OK;

	for (*done = 0; *done < limit && status == STATUS_OK;) {
		CLEANUP_ARENA struct arena arena = { 0 };
		struct batch batch = { 0 };
		int64_t upto;

		status = words_upto(store, &upto, error);
		if (status == STATUS_OK)
			status = read_batch(store, &arena, upto, limit - *done < AT_ONCE ? limit - *done : AT_ONCE, &batch, error);
		if (status != STATUS_OK || batch.count == 0)
			break;
		if ((status = add_batch(store, &batch, text_of, context, error)) == STATUS_OK)
			*done += batch.count;
	}
	return status;
}

enum status store_search_forget(struct store *store, struct error *error)
{
	int64_t upto;
	enum status status = engine_words_open(store->engine, WORDS_EDITION, &upto, error);

	return status == STATUS_OK ? engine_words_clear(store->engine, error) : status;
}

/* ---- searching ---- */

static bool have_ticket(const struct ticket_rows *rows, int64_t ticket)
{
	for (size_t i = 0; i < rows->count; i++)
		if (rows->at[i].facts.id == ticket)
			return true;
	return false;
}

enum status store_search_wanted(struct store *store, struct arena *arena, const char *words, size_t looked_at, size_t most, ticket_wanted wanted, void *context,
                                struct ticket_rows *rows, struct error *error)
{
	struct engine_found found = { 0 };
	int64_t upto;
	enum status status = engine_words_open(store->engine, WORDS_EDITION, &upto, error);

	*rows = (struct ticket_rows){ 0 };
	if (status == STATUS_OK)
		status = engine_words_find(store->engine, arena, words, looked_at, &found, error);
	for (size_t i = 0; i < found.count && rows->count < most && status == STATUS_OK; i++) {
		struct ticket_facts *facts = NULL;
		int64_t ticket;

		status = engine_number(store->engine, error, &ticket, 0, SQL_MESSAGE_TICKET, "i", found.at[i]);
		if (status == STATUS_OK && ticket && !have_ticket(rows, ticket))
			status = store_read_ticket_facts(store, arena, ticket, &facts, error);
		if (status == STATUS_OK && facts && (!wanted || wanted(store, facts, context, &status, error)))
			ARENA_PUSH(arena, rows)->facts = *facts;
	}
	return status;
}

enum status store_search(struct store *store, struct arena *arena, const char *words, struct ticket_rows *rows, struct error *error)
{
	return store_search_wanted(store, arena, words, BEST_MESSAGES, BEST_TICKETS, NULL, NULL, rows, error);
}
