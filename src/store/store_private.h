/*
 * store_private.h - what the files of the store share and no other room sees. The only header that names SQLite.
 *
 * A connection (struct store) keeps every statement it ever prepared; store_statements.h lists them all. Files work through
 * the helpers of store_sql.c, which bind, step, reset and translate SQLite's result codes into our statuses in one place.
 * Nothing here allocates a row: values go into the caller's arena, or are bound where they stand (SQLITE_STATIC), so what is
 * bound must live until the statement was reset, which every helper does before it returns.
 */
#ifndef SPORTELLO_STORE_PRIVATE_H
#define SPORTELLO_STORE_PRIVATE_H

#include "limits.h"
#include "store.h"

#include <sqlite3.h>

#include "store_statements.h"

#define APPLICATION_ID 0x53504f52       /* "SPOR": what `file` and we know our databases by */
#define SCHEMA_VERSION 2
#define BUSY_TIMEOUT_MS 5000            /* how long another program may hold the lock before a mail is put off */
#define WRITER_CACHE_KIB 1024           /* the hot pages are few (right edges of B-trees); the kernel keeps the rest */
#define READER_CACHE_KIB 128            /* there are a dozen of them, and what they miss is a read from the kernel's cache */
#define MAIL_DIGEST_SIZE 16             /* bytes of the SHA-256 that says two deliveries carry the very same mail */

void store_forget_lookups(struct store *store);          /* between jobs of one transaction; rolling back does it, too */

/* ---------------------------------------------------------------- late index: see store_late.c */
struct late_entry { uint64_t hash; int64_t row; uint32_t tag, next; };
struct late_key { uint64_t hash; int64_t row; uint32_t tag; };
struct late_mark { uint32_t count, position; int64_t loaded; };
enum late_kind { LATE_MAILBOX, LATE_CONTACT };
struct late {
	enum late_kind kind;
	struct late_entry *at;                  /* entries of the rows after `merged`, oldest first */
	uint32_t count, room;
	uint32_t *buckets, bucket_count;        /* index + 1 of the newest entry of each chain; a power of two */
	int64_t loaded;                         /* rows up to this one are in `at` or in the table */
	int64_t merged;                         /* rows up to this one are in the table */
	struct late_key *sorted;                /* the merge that is going on; NULL: none */
	uint32_t sorted_count, position;
	int64_t sorted_upto;
	struct late_mark at_begin, at_savepoint;
};
struct late_hit { int64_t row; uint32_t tag; };
#define LATE_SCAN 4096          /* entries of one hash that are looked at: a sender with one Message-ID for all costs no more */

void late_init(struct late *late, enum late_kind kind);
void late_fini(struct late *late);
void late_begin(struct late *late);
void late_savepoint(struct late *late);
void late_back_to(struct late *late, const struct late_mark *mark);
uint64_t late_hash(const char *text);
void late_add(struct late *late, uint64_t hash, int64_t row, uint32_t tag);
/* Reads what others added, once a transaction. Before a row of mailbox or contact is added, so that a rollback finds its way. */
enum status late_ready(struct store *store, struct error *error);
/* After a commit of ours: memory has what it wrote, until somebody else writes. */
void late_settled(struct store *store);
/* The newest rows with this hash (and tag, if it is not NULL), newest first, at most `room`. */
enum status late_find_newest(struct store *store, struct late *late, uint64_t hash, const uint32_t *tag,
                             struct late_hit *hits, size_t room, size_t *count, struct error *error);
/* The oldest rows with this hash, oldest first, at most `room`. */
enum status late_find_oldest(struct store *store, struct late *late, uint64_t hash,
                             struct late_hit *hits, size_t room, size_t *count, struct error *error);
/* The columns of SQL_MAILBOX_SINCE or SQL_CONTACT_SINCE, as a key. */
void late_key_of_row(const struct late *late, sqlite3_stmt *statement, struct late_key *key);
enum status late_has(struct store *store, const struct late *late, const struct late_key *key, bool *there, struct error *error);
/* Inside the writer's transaction: moves up to `budget` keys into the table, if enough wait. */
enum status late_merge_step(struct store *store, struct late *late, size_t budget, struct error *error);
extern uint32_t late_least, late_most;          /* bounds of how many rows wait before a merge; tests make them small */

/* ---------------------------------------------------------------- connection */
struct store {
	sqlite3 *db;
	char *state_dir;
	sqlite3_stmt *statements[SQL_COUNT];
	struct late mailbox_keys, contact_keys;
	bool caught_up;                         /* the late indexes are those of the running transaction */
	struct { bool known, moved; unsigned int version; } late;        /* when they last were, see late_settled() */
	struct { bool nothing; uint64_t hash; } claimed;         /* store_claim() has seen: no mail with this Message-ID */
	struct { int64_t contact; uint64_t hash; } met;          /* the last contact found in this transaction; 0: none */
	struct { int64_t upto, disposed, routed_upto, routed; } counted;         /* store_totals(): rows of mailbox, and of routed, counted so far */
	struct budget *budget;                  /* two; NULL until it is asked for */
	sqlite3 *search;                        /* search.db; NULL until it is asked for */
};

enum status store_open_file(const char *state_dir, bool create, int cache_kib, struct store **store, struct error *error);
/* ---- store_keys.c: the lines of secret.key ---- */
struct key_line { unsigned char key[DESK_KEY_SIZE]; int64_t made; };     /* made 0: not known */
struct key_lines { struct key_line at[DESK_KEYS]; size_t count; };
enum status keys_read(const char *state_dir, struct key_lines *lines, struct error *error);
char *keys_line(struct arena *arena, const struct key_line *line);
/* The whole file, crash-safe. Without `replace` only if there is none: whoever comes second keeps the first one's. */
enum status keys_write(const char *state_dir, const char *text, bool replace, struct error *error);

/* Of a restored backup: the secret key goes from the database to its file. */
enum status keys_restore(struct store *store, struct error *error);
#define META_SECRET_KEY "secret_key"
void search_close(struct store *store);
void search_remove(struct store *store);         /* it will be built anew */
/* After SQL_COMMIT: what goes with it, or with its failure. */
enum status store_committed(struct store *store, enum status status);
/* A read transaction around several reads, unless one is open already. */
enum status read_begin(struct store *store, bool *began, struct error *error);
void read_end(struct store *store, bool began);

/* store_vfs.c: once a process, before a connection is opened. */
void vfs_register(void);

/* ---------------------------------------------------------------- schema */
struct migration { int to; const char *const *sql; };   /* sql ends with NULL */
extern const struct migration schema_migrations[];
extern const size_t schema_migration_count;
enum status schema_bring_up(sqlite3 *db, const char *path, bool create, const struct migration *steps, size_t count, struct error *error);

/* ---------------------------------------------------------------- SQL helpers */
enum status sql_status(int code);
enum status sql_failed(sqlite3 *db, int code, const char *doing, struct error *error);
enum status sql_exec(sqlite3 *db, const char *sql, struct error *error);
/* Ends the process if what failed was a sync: see store_sync.c. For the daemon's own threads. */
void end_if_sync_failed(sqlite3 *db, const char *doing);
/* All of the log into the database, synced, and the log empty: nothing that the kernel only believes to be on disk is built upon. */
enum status log_settle(struct store *store, struct error *error);

/* Arguments by letter of `format`: i int64_t, d int, t const char * (NULL: null), b const void * and size_t (blob). */
enum status sql_run(struct store *store, struct error *error, enum sql id, const char *format, ...);
/* The one integer a statement gives; `otherwise` if there is no row or it is null. */
enum status sql_number(struct store *store, struct error *error, int64_t *value, int64_t otherwise, enum sql id, const char *format, ...);

struct cursor { struct store *store; sqlite3_stmt *statement; struct error *error; enum status status; };
void cursor_open(struct cursor *cursor, struct store *store, struct error *error, enum sql id, const char *format, ...);
bool cursor_next(struct cursor *cursor);                /* false: at its end, or cursor.status says why */
enum status cursor_close(struct cursor *cursor);
const char *cursor_text(struct cursor *cursor, struct arena *arena, int column);          /* "" for null */
const char *cursor_text_or_null(struct cursor *cursor, struct arena *arena, int column);
int64_t cursor_number(struct cursor *cursor, int column);

/* ---------------------------------------------------------------- parts used across files */
void mail_digest(const struct incoming *incoming, unsigned char out[MAIL_DIGEST_SIZE]);
uint64_t mail_key(const char *message_id, const unsigned char digest[MAIL_DIGEST_SIZE]);
uint32_t claim_tag(const unsigned char claim[CLAIM_SIZE]);
/* Deliveries of the very mail `incoming` (claim without recipient) that led to a ticket. */
struct same_mail { int64_t ticket; int seq; };
struct same_mails { struct same_mail *at; size_t count; };
enum status find_same_mail(struct store *store, struct arena *arena, const struct incoming *incoming, struct same_mails *same, struct error *error);
/* ---- store_referred.c ---- */
enum status referred_find(struct store *store, struct arena *arena, const char *message_id, const char *sender, int64_t *ticket, struct error *error);
enum status referred_remember(struct store *store, struct arena *arena, const struct mail *mail, int64_t ticket, struct error *error);

enum status find_message_id(struct store *store, const char *message_id, int64_t *ticket, struct error *error);

struct contact { int64_t id; int64_t written, bounced_at, refused_at, proved_at, window_start, day_start; int window_count, day_count; const char *language, *last_agent; };
/* contact.id is 0 if nobody of that address is known. arena NULL: without language. */
enum status contact_find(struct store *store, struct arena *arena, const char *address, struct contact *contact, struct error *error);
/* Somebody wrote: makes or refreshes the contact. */
enum status contact_wrote(struct store *store, const struct mail_address *who, const char *language, bool sure, int64_t now, struct error *error);
enum status contact_had_agent(struct store *store, const char *address, const char *agent, struct error *error);
enum status contact_bounced(struct store *store, const char *address, const char *reason, int64_t now, struct error *error);
enum status contact_arrives(struct store *store, const char *address, struct error *error);      /* mail to it does not come back any more */
bool contact_within(int64_t start, int64_t now, int64_t length);          /* of what is counted from `start` on */
enum status contact_acknowledged(struct store *store, const char *address, int64_t now, struct error *error);
enum status contact_proved(struct store *store, const char *address, int64_t now, struct error *error);

/* ---- store_budget.c: acknowledgements to strangers, by domain and over all ---- */
struct budget;
void budget_settle(struct store *store);         /* after each commit */
void budget_undo(struct store *store);           /* after each rollback */
enum status budget_facts(struct store *store, const char *address, struct facts *facts, struct error *error);
enum status budget_spend(struct store *store, const char *address, int64_t now, struct error *error);
enum status contact_refused(struct store *store, const char *address, int64_t now, struct error *error);
#define ACKNOWLEDGEMENT_WINDOW_MS (60 * 60 * 1000)
#define ACKNOWLEDGEMENT_DAY_MS (24 * 60 * 60 * 1000)
#define BOUNCED_MS (7LL * 24 * 60 * 60 * 1000)   /* how long an address to which mail came back gets no automatic mail */

enum status read_ticket_facts(struct store *store, struct arena *arena, int64_t id, struct ticket_facts **facts, struct error *error);
enum status resolve_merged(struct store *store, int64_t *ticket, struct error *error);
/* What a list shows of a ticket beside its columns; `facts`: its people and tags were not read yet. */
enum status complete_row(struct store *store, struct arena *arena, struct ticket_row *row, bool facts, struct error *error);
/* The tickets of the `looked_at` messages that fit the words best, at most `most` of them that are wanted. */
typedef bool (*ticket_wanted)(struct store *store, const struct ticket_facts *facts, void *context, enum status *status, struct error *error);
enum status search_wanted(struct store *store, struct arena *arena, const char *words, size_t looked_at, size_t most, ticket_wanted wanted, void *context,
                          struct ticket_rows *rows, struct error *error);
void read_ticket_columns(struct cursor *cursor, struct arena *arena, struct ticket_facts *facts);
void read_message_columns(struct cursor *cursor, struct arena *arena, struct message_row *message);
void read_lines(struct arena *arena, const char *text, struct strings *list);

/* What was suggested for a ticket, and said to it (store_asked.c). */
enum status asked_add(struct store *store, int64_t ticket, const struct asked *asked, int64_t now, struct error *error);
enum status asked_said(struct store *store, int64_t ticket, const char *said, const char *article, int64_t now, struct error *error);
enum status read_asked(struct store *store, struct arena *arena, int64_t ticket, struct asked *asked, struct error *error);

/* Words of the history, read back by replay_ticket(): one file (store_history.c) knows both. */
#define NOBODY "nobody"
char *history_created(struct arena *arena, const struct new_ticket *create);
char *history_change(struct arena *arena, const char *field, const char *from, const char *to);
/* Replays the rows of one ticket; *complaint NULL: they lead to what the ticket is. */
struct replay { bool created; char state[16]; char *queue, *agent, *priority; int64_t merged_into; int last_seq; };
void replay_init(struct replay *replay, struct arena *arena);
const char *replay_step(struct replay *replay, struct arena *arena, const char *what);    /* NULL: fine; else a complaint */

/* Recipients of an outbox row as lines "state TAB address TAB reply". */
void recipients_write(struct buffer *out, const struct outbox_row *row);
/* The mail did not reach that recipient; what the row is then. */
void outbox_row_failed(struct outbox_row *row, const char *address, const char *reply);
void recipients_read(struct arena *arena, const char *lines, struct outbox_row *row);

/* ---------------------------------------------------------------- raw mails as files */
enum status raw_digest(const struct mail_source *source, unsigned char out[SHA256_SIZE]);  /* not OK: cannot be read to its end */
char *raw_path(struct arena *arena, const char *state_dir, const char *file);    /* file: "ab/ab12..." as in raw.file */
/* Calls visit for every file under mails; false stops. */
enum status raw_files_each(const char *state_dir, bool (*visit)(void *context, const char *file, int64_t modified_ms, uint64_t size),
                           void *context, struct error *error);

/* Files older than an hour that no row names. */
struct strays {
	struct store *store;
	struct error *error;
	void (*found)(struct strays *strays, const char *file);
	void *context;
	int64_t now, count;
	enum status status;
};
enum status find_strays(struct strays *strays);
void store_sweep(struct store *store);
int64_t files_now(const char *state_dir);

/* ---------------------------------------------------------------- writer's housekeeping, see store_wal.c */
struct wal_keeper;
enum status wal_keeper_start(struct store *writer, struct wal_keeper **keeper, struct error *error);
void wal_keeper_stop(struct wal_keeper **keeper);
void wal_keeper_after_commit(struct wal_keeper *keeper);         /* on the writer thread, after it answered */
bool wal_keeper_wants(struct wal_keeper *keeper);                 /* is there anything for that to do? */


#endif
