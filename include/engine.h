/*
 * engine.h - what the store asks of a database, whichever it is. Behind this door: src/engine, which hands on to src/sqlite. Only src/store opens it.
 *
 * Allowed to include: base, query, limits, fields. A statement goes by its name: `enum sql` says what is asked, the engine alone has the words
 * of its dialect. Values go in by letters, rows come out of a cursor, in the columns that stand beside the name. What an engine may do
 * with that, so that one that is a network away can be as good as one in this process:
 * - Cursors that are opened one after the other are read in that order, each to its end or closed, before anything else is asked: an
 *   engine may send all of them when the first one is read. What was bound lives until then.
 * - engine_run() inside a transaction may be told of a failure by a later call, at the latest by engine_commit(), unless
 *   engine_changes() or engine_last_row() is asked.
 * - The numbers of SQL_NEXT_NUMBERS are free in this transaction. An engine with several writers may leave gaps.
 * Every function that can fail returns: STATUS_TRY_LATER locked, full, read-only, gone: nothing is half done; STATUS_BROKEN damaged, or
 * a statement that does not fit the schema. An engine belongs to one thread at a time; open one for each.
 */
#ifndef SPORTELLO_ENGINE_H
#define SPORTELLO_ENGINE_H

#include "base.h"
#include "fields.h"
#include "limits.h"
#include "query.h"

#include <string.h>

struct engine;

/* ---------------------------------------------------------------- the statements */
/* Columns that several of them give, in this order; who changes the list changes its reader:
 * TICKET   id, state, queue, agent, subject, language, customer, customer_name, created, updated, closed_at, pending_until,
 *          merged_into, resolved_at, voice, answer_to, waiting, each of TICKET_FIELDS, language_kept       store_read_ticket_columns()
 * MESSAGE  seq, kind, out, raw, from_address, from_name, recipients, date, message_id, text, agent, flags, outbox, proved, side
 *                                                                                                 store_read_message_columns()
 * HISTORY  what, kind, number, was, now                                                         store_history_read_columns()
 * OUTBOX   id, ticket, created, next_try, state, attempts, last_reply, recipients, record         store_outbox.c:read_row() */
enum sql {
	/* small facts under a name */
	SQL_META_GET, SQL_META_SET, SQL_META_DELETE,
	/* raw mails */
	SQL_RAW_ADD, SQL_RAW_SAME, SQL_RAW_GET, SQL_RAW_BYTES, SQL_RAW_OF_FILE, SQL_RAW_DIGEST, SQL_RAW_IN_FILES, SQL_RAW_MAKE_ROOM,
	SQL_RAW_ALL,
	/* what was made of them */
	SQL_DERIVED_PUT, SQL_DERIVED_LAST, SQL_DERIVED_FIND, SQL_DERIVED_REST,
	/* deliveries */
	SQL_MAILBOX_ADD, SQL_MAILBOX_CLAIM, SQL_MAILBOX_AGAIN, SQL_MAILBOX_SAME_MAIL, SQL_MAILBOX_TICKET_OF_MESSAGE_ID,
	SQL_MAILBOX_NEWEST, SQL_MAILBOX_RAW, SQL_MAILBOX_LAST, SQL_MAILBOX_LAST_TIME, SQL_MAILBOX_DISPOSED_SINCE, SQL_MAILBOX_DUPLICATES,
	/* contacts */
	SQL_CONTACT_GET, SQL_CONTACT_ADD, SQL_CONTACT_WROTE, SQL_REFERRED_SET, SQL_REFERRED_GET, SQL_TICKET_KNOWS_ADDRESS,
	SQL_TICKET_BESIDE, SQL_CONTACT_BOUNCED, SQL_CONTACT_ARRIVES, SQL_CONTACT_PROVED, SQL_CONTACT_WINDOW, SQL_CONTACT_REFUSED,
	SQL_CONTACT_ASKED, SQL_CONTACT_SPAM, SQL_CONTACT_AGENT,
	/* customers and organisations */
	SQL_CONTACT_LAST_TICKET, SQL_CONTACT_PERSON, SQL_CONTACT_SHARED, SQL_CONTACT_IDENTITY, SQL_CONTACT_MOVE, SQL_CONTACT_VOID, SQL_CUSTOMER_CONTACTS, SQL_CUSTOMER_GET,
	SQL_CUSTOMER_PUT, SQL_CUSTOMER_DELETE, SQL_CUSTOMER_EXTERNAL, SQL_CUSTOMERS_EXTERNAL, SQL_CUSTOMERS, SQL_CUSTOMER_TICKETS, SQL_CUSTOMER_TICKET_IDS, SQL_CUSTOMER_CHAIN, SQL_CUSTOMER_LAST_TICKETS, SQL_CUSTOMER_EVENT_ADD,
	SQL_CUSTOMER_EVENT_SET, SQL_CUSTOMER_MERGED, SQL_CUSTOMER_MERGED_CONTACT, SQL_CUSTOMER_CREATED, SQL_CUSTOMER_OTHERS, SQL_MESSAGES_FROM_ELSEWHERE, SQL_CUSTOMER_EVENTS, SQL_TICKETS_WRITTEN_IN, SQL_TICKETS_OF_PLACE, SQL_ORGANISATION_GET, SQL_ORGANISATION_NAMED, SQL_ORGANISATION_PUT, SQL_ORGANISATION_DELETE,
	SQL_ORGANISATION_PEOPLE_LEAVE, SQL_ORGANISATION_SHARED_LEAVE, SQL_ORGANISATIONS, SQL_ORGANISATIONS_ENDING, SQL_DOMAIN_ANY, SQL_DOMAIN_OWNER, SQL_DOMAIN_ADD, SQL_DOMAINS_OF, SQL_DOMAINS_CLEAR, SQL_SHARED_OF,
	SQL_ORGANISATION_TICKETS,
	/* what is erased */
	SQL_ERASING_ADD, SQL_ERASING_CLEAR, SQL_ERASING_REMOVE, SQL_ERASING_LIST, SQL_ERASING_ADDRESSES, SQL_ERASING_TICKETS_OF,
	SQL_ERASING_MESSAGES, SQL_ERASING_MESSAGES_FROM, SQL_ERASING_MESSAGE, SQL_ERASING_NEAR_PEOPLE, SQL_ERASING_NEAR_SIDES,
	SQL_ERASING_NEAR_MESSAGES, SQL_ERASING_MAILBOX, SQL_ERASING_MAILBOX_FROM, SQL_ERASING_RAWS, SQL_ERASING_SHARED, SQL_ERASING_SUBJECTS, SQL_ERASING_OUTBOX,
	SQL_ERASING_OUTBOX_OF_TICKET, SQL_ERASING_OUTBOX_WORDS, SQL_ERASING_NEXT_OF, SQL_ERASING_OUTBOX_BESIDE, SQL_ERASING_FILES, SQL_ERASE_DERIVED, SQL_ERASE_RAW, SQL_ERASE_MAILBOX,
	SQL_ERASE_ASKED, SQL_ERASE_SUGGESTED, SQL_ERASE_SUBJECT, SQL_ERASE_HISTORY_WORDS, SQL_ERASE_HISTORY_FIRST, SQL_ERASE_PARTICIPANT,
	SQL_ERASE_SIDE, SQL_ERASE_RATING, SQL_ERASE_TIMER, SQL_ERASE_REFERRED, SQL_ERASE_ANSWER_TO, SQL_ERASE_TICKET, SQL_ERASE_MESSAGE,
	SQL_ERASE_MESSAGE_WORDS, SQL_ERASE_MODELS, SQL_ERASE_OUTBOX, SQL_ERASE_EVENTS, SQL_NEAR_HISTORY, SQL_NEAR_HISTORY_SET, SQL_NEAR_MESSAGES,
	SQL_NEAR_MESSAGE_SET, SQL_RAW_REWRITE, SQL_TICKETS_OF_RAW, SQL_OUTBOX_NAMING, SQL_ERASURE_ADD, SQL_ERASURES_OPEN, SQL_ERASURES, SQL_ERASURES_COUNT, SQL_ERASURES_DONE, SQL_CONTACTS_ALL,
	SQL_CHECK_ERASURE,
	/* what is let go because it is old; RETENTION_SHARED gives tickets, and 1 where the rule is for them, too */
	SQL_RETENTION_DUE, SQL_RETENTION_STILL, SQL_RETENTION_SHARED, SQL_RETENTION_LOOSE, SQL_RAW_ON_TICKET, SQL_RETAINED_SET, SQL_RAW_LET_GO, SQL_OUTBOX_OF_TICKET, SQL_OUTBOX_SENT_SINCE, SQL_MESSAGE_SAID, SQL_CONFIRMED_HAS,
	/* where something stands: columns id, number, number, address, address; and kind, key, id */
	SQL_PLACES_OF_MAILBOX, SQL_PLACES_OF_MESSAGES, SQL_PLACES_OF_OUTBOX, SQL_PLACES_OF_TICKETS, SQL_PLACE_ADD, SQL_PLACE_FORGET, SQL_ERASING_PLACES, SQL_ERASING_MESSAGES_PART, SQL_ERASING_MAILBOX_PART, SQL_ERASING_OUTBOX_PART, SQL_PLACES_NEXT, SQL_ERASING_NEAR_FROM, SQL_TICKETS_TAKEN_PART_IN,
	/* who gets the next ticket */
	SQL_AGENT_LOADS, SQL_ASSIGNED_SET, SQL_TICKET_QUEUE_CUSTOMER,
	/* tickets */
	SQL_NEXT_NUMBERS, SQL_TICKET_ADD, SQL_TICKET_VOICE, SQL_TICKET_GET, SQL_TICKET_TOUCH, SQL_TICKET_STATE, SQL_TICKET_QUEUE,
	SQL_TICKET_AGENT, SQL_TICKET_LANGUAGE, SQL_TICKET_PENDING, SQL_TICKET_MERGE, SQL_TICKET_STATE_NOW,
	SQL_TICKET_QUEUE_NOW, SQL_TICKET_AGENT_NOW, SQL_TICKET_MERGED_INTO, SQL_TICKET_CUSTOMER,
	SQL_TICKETS_BY_STATE, SQL_TICKET_COUNT, SQL_TICKET_LAST, SQL_TICKETS_SINCE, SQL_TALLY, SQL_TALLY_TICKETS, SQL_TALLY_ROUTED,
#define SQL_OF_FIELD(member, NAME, history) SQL_TICKET_##NAME, SQL_TICKET_##NAME##_NOW,
	TICKET_FIELDS(SQL_OF_FIELD)
#undef SQL_OF_FIELD
	/* what is due, and what happened since */
	SQL_PROMISE_SET, SQL_PROMISE_REMOVE, SQL_PROMISE_REMOVE_ALL, SQL_PROMISE_GET, SQL_PROMISE_DUE, SQL_PROMISES_LATE, SQL_PROMISE_STEPS, SQL_VERSION_ADD, SQL_VERSION_TEXT, SQL_VERSIONS, SQL_VERSION_LAST, SQL_PROMISES_ALL, SQL_CHANGED_SINCE, SQL_CREATED_SINCE, SQL_TICKET_CREATED, SQL_MAILBOX_RECEIVED, SQL_OPEN_SINCE,
	/* what happened, for reports */
	SQL_EVENTS_PUT, SQL_EVENTS_GET, SQL_EVENTS_BETWEEN, SQL_EVENTS_IDS, SQL_EVENTS_CLEAR, SQL_EVENT_GAP_ADD, SQL_EVENT_GAPS_OF_ERASED, SQL_EVENT_GAPS_OF_OPEN, SQL_EVENTS_OF_GAPS,
	SQL_EVENT_GAPS, SQL_EVENT_GAP_FILLED, SQL_EVENT_GAPS_CLEAR, SQL_TICKETS_WHOSE, SQL_CONTACTS_JOINED, SQL_MERGES_OF, SQL_ASKED_OF,
	SQL_STORIES, SQL_STORY_MESSAGES, SQL_MAIL_BETWEEN, SQL_LOOKED_ADD, SQL_LOOKED,
	/* what hangs on a ticket */
	SQL_MESSAGE_ADD, SQL_MESSAGES, SQL_MESSAGE, SQL_MESSAGE_SAYS, SQL_MESSAGES_PUBLIC, SQL_MESSAGE_LAST_OUT,
	SQL_MESSAGES_PUBLIC_COUNT, SQL_MESSAGE_RAW, SQL_MESSAGE_SEQ_AT, SQL_MESSAGES_OF_AGENTS, SQL_DRAFTS, SQL_MESSAGE_PROVED, SQL_MESSAGES_COUNT, SQL_MESSAGE_LAST_SEQ,
	SQL_MESSAGE_RUSH, SQL_MESSAGES_FROM, SQL_MESSAGE_IDS, SQL_MESSAGE_OF_ID, SQL_MESSAGE_SET_TEXT, SQL_TICKET_PLACES, SQL_MESSAGES_SINCE,
	SQL_MESSAGE_LAST_ID, SQL_MESSAGE_TICKET, SQL_PARTICIPANTS, SQL_PARTICIPANT_ADD, SQL_PARTICIPANT_ANSWER_TO, SQL_TICKET_ANSWER_TO,
	SQL_PARTICIPANT_LEAVES, SQL_PARTICIPANT_REMOVE, SQL_MESSAGE_COPY, SQL_TIMER_ADD, SQL_TIMERS_CLEAR, SQL_TIMER_GATHERING, SQL_TIMER_DUE, SQL_TIMERS_COLLEAGUES, SQL_HISTORY_WHO, SQL_AGENTS_WITH_TICKETS, SQL_TICKET_IN_LINE, SQL_CUSTOMER_LAST_OF_EACH,
	SQL_TIMERS_DUE, SQL_TIMER_TAKE, SQL_RATING_SET, SQL_RATING_GET, SQL_TAGS, SQL_TAG_REMOVE, SQL_TAG_ADD, SQL_SIDES, SQL_SIDE_ADD, SQL_AWAY, SQL_AWAY_SET, SQL_AWAY_END, SQL_WATCHERS, SQL_WATCHER_ADD, SQL_WATCHER_REMOVE, SQL_LINKS, SQL_LINK_ADD,
	SQL_HISTORY_ADD, SQL_HISTORY_LAST, SQL_HISTORY,
	/* what the classifier learns from, learned and did */
	SQL_CONFIRM, SQL_CONFIRM_ANSWERED, SQL_CONFIRMED_NEWEST, SQL_CONFIRMED_SINCE, SQL_ROUTED_ADD, SQL_ROUTED_MOVED,
	SQL_ROUTED_JUDGED, SQL_ROUTED_REPORT, SQL_LEARNED_ADD, SQL_LEARNED_UNTAGGED, SQL_LEARNED_CHANGED, SQL_LEARNED_REPORT,
	SQL_MODEL_NEWEST, SQL_MODELS_LATER, SQL_ROUTED_LAST, SQL_ROUTED_SINCE, SQL_ROUTED_CORRECTED, SQL_MODELS, SQL_MODEL_ADD,
	SQL_MODEL_FORGET,
	/* what was suggested, and said to it */
	SQL_TICKET_LAST_WORDS, SQL_TICKET_TOLD, SQL_SUGGESTION_ADD, SQL_SUGGESTION_GET, SQL_SUGGESTION_OUTCOME, SQL_SUGGESTIONS_SINCE, SQL_SUGGESTED_ADD,
	SQL_SUGGESTED_GET, SQL_SUGGESTED_SAID, SQL_SUGGESTED_TAKE_BACK, SQL_OUTCOME_LAST, SQL_FEEDBACK,
	/* outbox */
	SQL_OUTBOX_LAST, SQL_OUTBOX_NEWEST, SQL_OUTBOX_ADD, SQL_OUTBOX_DUE, SQL_OUTBOX_AFTER, SQL_OUTBOX_EARLIER, SQL_OUTBOX_WAITING_ALL, SQL_OUTBOX_ALL, SQL_OUTBOX_GET,
	SQL_OUTBOX_RESULT, SQL_OUTBOX_RECORD, SQL_OUTBOX_RETRY_NOW, SQL_OUTBOX_WAITING, SQL_OUTBOX_FAILED, SQL_OUTBOX_COUNT, SQL_OUTBOX_NEXT_DUE, SQL_OUTBOX_WAITS, SQL_OUTBOX_TRIED, SQL_OUTBOX_OLDEST,
	/* fsck: each gives the rows that should not be there */
	SQL_CHECK_GAP_MAILBOX, SQL_CHECK_GAP_RAW, SQL_CHECK_GAP_CONTACT, SQL_CHECK_GAP_TICKET, SQL_CHECK_GAP_MESSAGE,
	SQL_CHECK_GAP_OUTBOX, SQL_CHECK_MAILBOX_DISPOSITION, SQL_CHECK_MAILBOX_ON_NONE, SQL_CHECK_MAILBOX_TICKET,
	SQL_CHECK_MAILBOX_MESSAGE, SQL_CHECK_MAILBOX_RAW, SQL_CHECK_MAILBOX_TWICE, SQL_CHECK_RAW_UNNAMED, SQL_CHECK_DERIVED_RAW,
	SQL_CHECK_RAW_NOWHERE, SQL_CHECK_RAW_SIZE, SQL_CHECK_MESSAGE_GAP, SQL_CHECK_HISTORY_GAP, SQL_CHECK_TICKET_HISTORY,
	SQL_CHECK_MESSAGE_RAW, SQL_CHECK_MESSAGE_OUTBOX, SQL_CHECK_TICKET_OF_MESSAGE, SQL_CHECK_TICKET_OF_HISTORY,
	SQL_CHECK_TICKET_OF_PARTICIPANT, SQL_CHECK_TICKET_OF_LINK, SQL_CHECK_TICKET_OF_WATCHER, SQL_CHECK_TICKET_OF_SIDE, SQL_CHECK_SIDE_GAP,
	SQL_CHECK_SIDE_EMPTY, SQL_CHECK_MESSAGE_SIDE, SQL_CHECK_MESSAGE_SIDE_KIND, SQL_CHECK_TICKET_OF_TAG, SQL_CHECK_TICKET_OF_TIMER,
	SQL_CHECK_TICKET_OF_CONFIRMED, SQL_CHECK_TICKET_OF_ROUTED, SQL_CHECK_TICKET_OF_LEARNED, SQL_CHECK_TICKET_OF_SUGGESTION,
	SQL_CHECK_SUGGESTED_SUGGESTION, SQL_CHECK_SUGGESTION_SHOWN, SQL_CHECK_SUGGESTED_GAP, SQL_CHECK_SUGGESTION_OUTCOME, SQL_CHECK_SUGGESTED_NUMBER,
	SQL_CHECK_SUGGESTED_SOLVED, SQL_CHECK_TICKET_HELD, SQL_CHECK_LINK_ONE_WAY, SQL_CHECK_TICKET_MERGED, SQL_CHECK_OUTBOX_TICKET,
	SQL_CHECK_OUTBOX_FAILED, SQL_CHECK_CONTACT_TWICE, SQL_CHECK_CONTACT_PERSON, SQL_CHECK_CUSTOMER, SQL_CHECK_DOMAIN, SQL_CHECK_CONTACT_SHARED,
	 SQL_CHECK_HISTORIES, SQL_CHECK_LOADS, SQL_CHECK_TALLY_TICKETS, SQL_CHECK_TALLY_OUTBOX, SQL_CHECK_RECORDS,
	SQL_COUNT
};

/* ---------------------------------------------------------------- a connection */
/* url: "sqlite:" is STATE_DIR/sportello.db. STATUS_BAD_CONFIG: no engine of ours. `create` makes what is not there; what is of an older version
 * is brought up to date, and STATUS_BAD_INPUT says that it is of another program, or of a newer one; STATUS_NOT_FOUND: there is none. Who opens it to
 * write all day (ENGINE_WRITES) keeps more in memory, and his process ends if the disk cannot say what it kept. */
enum engine_use { ENGINE_READS, ENGINE_WRITES };
/* `before` (may be NULL) is called before a database is brought up to date, and may ask what the older version had; not STATUS_OK: it stays as it is. */
typedef enum status (*engine_before_upgrade)(struct engine *engine, const char *state_dir, int from, struct error *error);
enum status engine_open(const char *url, const char *state_dir, bool create, enum engine_use use, engine_before_upgrade before, struct engine **engine,
                        struct error *error);
/* Surely none there: engine_open() without `create` would say STATUS_NOT_FOUND. */
bool engine_missing(const char *url, const char *state_dir);
char *engine_place(struct arena *arena, const char *url, const char *state_dir);         /* where it is, for people */
/* TCP ports that it is reached by, for who lets nothing else out; how many. */
#define ENGINE_PORTS 8
size_t engine_ports(const char *url, int ports[ENGINE_PORTS]);
/* Large mails stand in files of the state directory, which who writes names in their rows; else in the database. */
bool engine_keeps_files(const struct engine *engine);
enum status engine_close(struct engine **engine, struct error *error);
/* Before the first write of the day: what others left half done is settled, what the first lookup would wait for is read. */
enum status engine_make_ready(struct engine *engine, struct error *error);

/* ---------------------------------------------------------------- transactions */
enum status engine_begin(struct engine *engine, struct error *error);            /* to write: waits for others, but not for ever */
enum status engine_begin_read(struct engine *engine, struct error *error);       /* one snapshot for several reads */
void engine_end_read(struct engine *engine);
enum status engine_commit(struct engine *engine, struct error *error);           /* not OK: rolled back. On disk, otherwise */
void engine_rollback(struct engine *engine);
enum status engine_savepoint(struct engine *engine, struct error *error);
enum status engine_release(struct engine *engine, struct error *error);
bool engine_rollback_to(struct engine *engine);          /* the savepoint, and releases it. False: all of the transaction is rolled back */
bool engine_in_transaction(const struct engine *engine);         /* it may have been lost: a full disk, a broken connection */
/* What engine_run() has not told yet: all that was sent is done. */
enum status engine_settle(struct engine *engine, struct error *error);
/* How often something could not be asked since it was opened, whoever was told: for who goes on without what he does not get. */
uint64_t engine_troubles(const struct engine *engine);
/* What others committed, and was read here, is on disk: to be asked before anything leaves the house on account of it. Outside of a transaction. */
enum status engine_durable(struct engine *engine, struct error *error);
/* True: let all jobs of the transaction read as they will, before the first of them runs, and ask again. What they ask is noted, what they write is not done; a job whose
 * question has no answer yet is told STATUS_TRY_LATER. False: all that they asked is at hand, or it would gain nothing. Before the first write of a transaction. */
bool engine_rehearse(struct engine *engine);
/* In a transaction, before its commit: a piece of what was put off, bounded by the number of jobs that it made. */
enum status engine_catch_up(struct engine *engine, size_t jobs, struct error *error);

/* ---------------------------------------------------------------- several machines */
/* This machine is all there is: nobody else's gateway works on it. */
bool engine_alone(const struct engine *engine);
/* Takes, or keeps, what only one may have, for so many seconds of the database's clock; 0: gives it back. *ours: `holder` has it. Outside of a transaction. */
enum status engine_lease(struct engine *engine, const char *name, const char *holder, int seconds, bool *ours, struct error *error);
/* Tells the others' engine_hear() that something waits in the database: a hint, which may be lost. engine_hear() waits for one, at most so long, on a connection that does
 * nothing else; false: none came, or none can (it waited all the same). */
enum status engine_hint(struct engine *engine, struct error *error);
bool engine_hear(struct engine *engine, int ms);

/* ---------------------------------------------------------------- statements */
/* Arguments by letter of `format`: i int64_t, d int, t const char * (NULL: null), b const void * and size_t (blob). */
enum status engine_run(struct engine *engine, struct error *error, enum sql id, const char *format, ...);
/* The one integer a statement gives; `otherwise` if there is no row or it is null. */
enum status engine_number(struct engine *engine, struct error *error, int64_t *value, int64_t otherwise, enum sql id, const char *format, ...);
int64_t engine_changes(struct engine *engine);           /* rows that the last engine_run() changed */
int64_t engine_last_row(struct engine *engine);          /* id of the row that it added */

struct cursor { struct engine *engine; void *statement; struct error *error; enum status status; bool once; };
void cursor_open(struct cursor *cursor, struct engine *engine, struct error *error, enum sql id, const char *format, ...);
/* Tickets (columns TICKET) that hold for all terms of a query (its words are not looked at), in its order; then the newest first. limit 0: all. */
void cursor_open_query(struct cursor *cursor, struct engine *engine, struct error *error, const struct query *query, int64_t now, size_t limit);
/* The same, of each its number alone. */
void cursor_open_query_ids(struct cursor *cursor, struct engine *engine, struct error *error, const struct query *query, int64_t now, size_t limit);
bool cursor_next(struct cursor *cursor);                /* false: at its end, or cursor.status says why */
enum status cursor_close(struct cursor *cursor);
const char *cursor_text(struct cursor *cursor, struct arena *arena, int column);          /* "" for null */
const char *cursor_text_or_null(struct cursor *cursor, struct arena *arena, int column);
const void *cursor_blob(struct cursor *cursor, int column, size_t *length);               /* where it stands, until the next row; NULL: none */
int64_t cursor_number(struct cursor *cursor, int column);

/* ---------------------------------------------------------------- large values, a piece at a time */
enum engine_value { ENGINE_RAW_BYTES, ENGINE_DERIVED_TEXT, ENGINE_DERIVED_REPLY };
struct engine_blob;
enum status engine_blob_open(struct engine *engine, enum engine_value value, int64_t row, bool write, struct engine_blob **blob, struct error *error);
size_t engine_blob_size(struct engine_blob *blob);
enum status engine_blob_read(struct engine_blob *blob, void *bytes, size_t length, size_t offset, struct error *error);
enum status engine_blob_write(struct engine_blob *blob, const void *bytes, size_t length, size_t offset, struct error *error);
void engine_blob_close(struct engine_blob **blob);

/* ---------------------------------------------------------------- rows by a key that is like no other row's */
/* Deliveries by Message-ID (by their mail's digest, where there is none), contacts by address. A hash is a hint: who looks up compares the row. */
enum engine_key { ENGINE_MAILBOX, ENGINE_CONTACT, ENGINE_KEYS };
struct engine_hit { int64_t row; uint32_t tag; };
/* Before a row of these tables is added, once a transaction; and after it was. */
enum status engine_keys_ready(struct engine *engine, struct error *error);
/* Another number than before: somebody else may have written since. What this connection itself wrote does not count. */
unsigned long engine_changes_seen(struct engine *engine);
void engine_key_added(struct engine *engine, enum engine_key key, uint64_t hash, int64_t row, uint32_t tag);
/* The newest rows with this hash (and tag, if it is not NULL), newest first, at most `room`. */
enum status engine_find_newest(struct engine *engine, enum engine_key key, uint64_t hash, const uint32_t *tag,
                               struct engine_hit *hits, size_t room, size_t *count, struct error *error);
/* The row is no longer found by it: it was erased. In the transaction. */
enum status engine_key_forget(struct engine *engine, enum engine_key key, uint64_t hash, int64_t row, struct error *error);
/* The oldest rows with this hash, oldest first, at most `room`. */
enum status engine_find_oldest(struct engine *engine, enum engine_key key, uint64_t hash,
                               struct engine_hit *hits, size_t room, size_t *count, struct error *error);

#define ENGINE_DIGEST_SIZE 16    /* bytes of mailbox.mail_digest, and of mailbox.claim */

/* The start of a SHA-256: nobody makes his mails collide with those of others. */
static inline uint64_t engine_hash(const char *text)
{
	unsigned char digest[SHA256_SIZE];
	uint64_t hash;

	sha256_of(text, strlen(text), digest);
	memcpy(&hash, digest, sizeof hash);
	return hash;
}

static inline uint64_t engine_mail_hash(const char *message_id, const unsigned char digest[ENGINE_DIGEST_SIZE])
{
	uint64_t hash;

	if (message_id && *message_id)
		return engine_hash(message_id);
	memcpy(&hash, digest, sizeof hash);
	return hash;
}

static inline uint32_t engine_claim_tag(const unsigned char claim[ENGINE_DIGEST_SIZE])
{
	uint32_t tag;

	memcpy(&tag, claim, sizeof tag);
	return tag;
}

/* ---------------------------------------------------------------- full text: the words of messages, beside the tables, and made again at will */
/* `edition`: of who made the words; those of another are thrown away. *upto: messages up to this id are in. */
enum status engine_words_open(struct engine *engine, int edition, int64_t *upto, struct error *error);
enum status engine_words_begin(struct engine *engine, struct error *error);
enum status engine_words_add(struct engine *engine, int64_t message, const char *subject, const char *text, size_t length, const char *people,
                             struct error *error);
/* Keeps what was added if status is STATUS_OK, else undoes it; STATUS_TRY_LATER: they were damaged, and are thrown away. Where somebody cleared them since engine_words_open(), nothing
 * is kept either (STATUS_OK): what was read before may be what was to go, and what stood before it is not there any more. Ask again how far they are. */
enum status engine_words_end(struct engine *engine, int64_t upto, enum status status, struct error *error);
void engine_words_forget(struct engine *engine);
/* All words, overwritten, for whoever else has them open, too: they are made again from the first message on. */
enum status engine_words_clear(struct engine *engine, struct error *error);
/* Messages that have all of the words (as a person typed them), what fits best first. */
struct engine_found { int64_t *at; size_t count; };
enum status engine_words_find(struct engine *engine, struct arena *arena, const char *words, size_t limit, struct engine_found *found, struct error *error);

/* ---------------------------------------------------------------- upkeep */
/* What must be done beside, while others write: on a thread of its own, with an engine of its own, which `hourly` is called with, too. */
struct engine_upkeep;
typedef void (*engine_hourly)(struct engine *engine, void *context);
enum status engine_upkeep_start(struct engine *writer, engine_hourly hourly, void *context, struct engine_upkeep **upkeep, struct error *error);
void engine_upkeep_stop(struct engine_upkeep **upkeep);
void engine_upkeep_after_commit(struct engine_upkeep *upkeep);   /* by whoever wrote, after he answered */
bool engine_upkeep_wanted(struct engine_upkeep *upkeep);         /* is there anything for that to do? */
enum status engine_checkpoint(struct engine *engine);            /* a bit of it, for who has no writer */
void engine_size(const struct engine *engine, int64_t *bytes, int64_t *log);     /* what it takes on the disk, and its log of changes; 0: cannot be told */

/* A consistent copy of all tables while everything runs, in a file of its own (which is there, empty). The copy is written without a sync: who
 * made it syncs the file when it is complete. */
enum status engine_copy(struct engine *engine, const char *file, struct engine **copy, struct error *error);
void engine_give_up_when(struct engine *engine, const _Atomic bool *told);       /* it is broken off then: STATUS_TRY_LATER */

/* From now on what this engine deletes is overwritten. */
enum status engine_forgets(struct engine *engine, struct error *error);
/* After the commit of an erasure: nothing of it stays in logs or in free room. Others may write meanwhile. */
enum status engine_scrub(struct engine *engine, struct error *error);

/* Is the database whole? `complain` is called for each finding. A status only where the check itself could not be made. */
struct engine_findings { void (*complain)(void *context, const char *text); void *context; };
enum status engine_check(struct engine *engine, const struct engine_findings *findings, struct error *error);
/* What the database's own settings promise less than 250 says: `complain` is called for each. */
enum status engine_advise(struct engine *engine, const struct engine_findings *findings, struct error *error);
enum status engine_check_keys(struct engine *engine, const struct engine_findings *findings, struct error *error);       /* in one snapshot with others */

#endif
