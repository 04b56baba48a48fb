/*
 * store_private.h - what the files of the store share and no other room sees.
 *
 * A connection (struct store) is an engine and what is remembered beside it for the length of a transaction. What is asked of the
 * engine is asked by name (engine.h): no file of the store knows its dialect, and none but store_open.c how it is opened.
 */
#ifndef SPORTELLO_STORE_PRIVATE_H
#define SPORTELLO_STORE_PRIVATE_H

#include "engine.h"
#include "limits.h"
#include "store.h"

#define MAIL_DIGEST_SIZE ENGINE_DIGEST_SIZE      /* bytes of the SHA-256 that says two deliveries carry the very same mail */

/* A reading connection to a server (not NULL only there), without a store: for who only asks it something. The caller closes it. */
enum status store_look_at_server(const char *state_dir, const char *url, struct engine **engine, struct error *error);
void store_forget_lookups(struct store *store);          /* between jobs of one transaction; rolling back does it, too */

/* ---------------------------------------------------------------- connection */
struct contact { int64_t id; int64_t last_ticket, written, bounced_at, refused_at, proved_at, window_start, day_start, asked_start; int window_count, day_count, spam, asked_count; const char *language, *last_agent;
                 int64_t customer, shared, organisation, kept; bool vip; };      /* customer: whose address it is; shared, organisation: numbers, 0: none; kept: he has a row of his own */
struct met { bool known; char address[256]; uint64_t hash; struct contact is; };        /* is.id 0: he is not there; texts are not kept */
struct store {
	struct engine *engine;
	char *state_dir;
	bool copied;                            /* a fresh copy, to which nobody has written: the first transaction says that it is one no longer */
	char *moved;                            /* of a source: when it was copied, and where the desk is since; NULL: it is here */
	uint64_t place;                         /* a digest of it: which store this is, among those of the process */
	struct { const struct incoming *of; uint64_t hash; bool nothing; } claimed;      /* store_claim() has looked for it; nothing: no mail with this Message-ID */
	struct { bool known, none; unsigned long seen; } domains;        /* has any organisation one? */
	struct { bool known; unsigned long seen; } nobody_away;          /* of the agents */
	struct met met;                         /* the last contact that was looked for in this transaction */
	struct { int64_t upto, disposed, routed_upto, routed, oldest; } counted; /* store_totals(): rows of mailbox, and of routed, counted so far; oldest: outgoing mail
	                                                                          * that waited when store_figures() last looked */
	struct budget *budget;                  /* two; NULL until it is asked for */
	int64_t outbox_added;                   /* the last row of the outbox that this transaction added */
};

/* ---- store_upgrade.c: STATE_DIR/before-schema-N-WHEN.db, before the steps to version N are taken; by a command where no daemon works ---- */
enum status store_backup_before_upgrade(struct engine *engine, const char *state_dir, int from, struct error *error);
enum status store_upgrade_by_command(struct engine *engine, const char *state_dir, int from, struct error *error);

enum status store_open_with(const char *state_dir, const char *url, bool create, enum engine_use use, engine_before_upgrade before, struct store **store, struct error *error);
enum status store_open_for(const char *state_dir, const char *url, bool create, enum engine_use use, struct store **store, struct error *error);
/* ---- store_keys.c: the lines of secret.key ---- */
struct key_line { unsigned char key[DESK_KEY_SIZE]; int64_t made, below; };      /* made 0: not known; below: as in struct desk_keys */
struct key_lines { struct key_line at[DESK_KEYS]; size_t count; int64_t number; };        /* number: of the change of a shared ring; 0: it never was one */
enum status store_keys_read(const char *state_dir, struct key_lines *lines, struct error *error);
enum status store_keys_parse(const char *path, const char *text, struct key_lines *lines, struct error *error);  /* path: for what is said of it */
char *store_keys_text(struct arena *arena, const struct key_lines *lines);       /* as store_keys_parse() reads it */
char *store_keys_path(struct arena *arena, const char *state_dir);
char *store_keys_line(struct arena *arena, const struct key_line *line);
/* The whole file, crash-safe. Without `replace` only if there is none: whoever comes second keeps the first one's. */
enum status store_keys_write(const char *state_dir, const char *text, bool replace, struct error *error);

/* ---- store_keys_shared.c: the ring of several machines on one database; a store that is alone has none ---- */
/* The newer ring that the database has, in the place of *lines, if it has one. Inside a transaction, or not. */
enum status store_keys_take(struct store *store, struct key_lines *lines, struct error *error);
/* Puts them there as the next change, for whoever has one of these or of those that were. Inside a transaction. */
enum status store_keys_put(struct store *store, const struct key_lines *were, struct key_lines *lines, struct error *error);
/* Is one of these of this desk? The first ring is. And: from now on they are; inside a transaction. */
enum status store_keys_known(struct store *store, const struct store_keyring *ring, bool *known, struct error *error);
enum status store_keys_note(struct store *store, const struct store_keyring *ring, struct error *error);

/* ---- store_keyring.c ---- */
/* Of a backup whose files lie `aside` and are to go to state_dir: the keys that are here already, where the backup is of the same desk (so that what
 * was revoked since stays so), else those of the backup; for tickets below that number alone, and a new one that signs. */
enum status store_keys_of_restored(const char *state_dir, const char *aside, int64_t below, struct error *error);
/* Of a restored backup: the secret key goes from the database to its file. */
enum status store_keys_restore(struct store *store, struct error *error);
#define META_SECRET_KEY "secret_key"
#define META_COPIED "copy_id"
#define META_MOVED "copy_moved"
#define META_NOTING "copy_watch"
#define COPIED_BESIDE "beside"           /* of a copy, with engine_bulk_mark(): 1, a daemon worked on the source when it was made */
#define META_COPIED_BESIDE "copy_at_" COPIED_BESIDE
#define META_LEDGER_KEY "ledger_key"      /* where several machines have one database */

/* ---------------------------------------------------------------- parts used across files */
void store_mail_digest(const struct incoming *incoming, unsigned char out[MAIL_DIGEST_SIZE]);
uint64_t store_mail_hash(const struct store *store, const struct incoming *incoming); /* its key in the engine's lookup */
/* Deliveries of the very mail `incoming` (claim without recipient) that led to a ticket. */
struct same_mail { int64_t ticket; int seq; };
struct same_mails { struct same_mail *at; size_t count; bool ordered; };
enum status store_find_same_mail(struct store *store, struct arena *arena, const struct incoming *incoming, struct same_mails *same, struct error *error);
/* ---- store_referred.c ---- */
enum status store_referred_find(struct store *store, struct arena *arena, const char *message_id, const char *sender, int64_t *ticket, struct error *error);
enum status store_referred_remember(struct store *store, struct arena *arena, const struct mail *mail, int64_t ticket, struct error *error);

enum status store_find_message_id(struct store *store, const char *message_id, int64_t *ticket, struct error *error);

/* contact.id is 0 if nobody of that address is known. arena NULL: without language. */
enum status store_contact_find(struct store *store, struct arena *arena, const char *address, struct contact *contact, struct error *error);
/* Somebody wrote: makes or refreshes the contact. opened: a ticket of his that the mail opened; 0: none. */
enum status store_contact_wrote(struct store *store, const struct mail_address *who, const char *language, bool sure, bool acknowledged, int64_t opened,
                                int64_t now, struct error *error);
/* The contact of an address that did not write itself. */
enum status store_contact_find_or_add(struct store *store, const char *address, int64_t now, struct contact *contact, struct error *error);
/* As addresses are compared: lower case, the domain in A-labels. */
const char *store_contact_key(struct arena *arena, const char *address);
enum status store_contact_opened(struct store *store, const char *address, int64_t ticket, int64_t now, struct error *error);     /* a ticket of his that no mail of his opened */
/* ---- store_organisation.c ---- */
enum status store_standing_of(struct store *store, struct arena *arena, const char *address, const struct contact *contact, int64_t now, struct standing *standing,
                              struct error *error);
enum status store_organisation_of(struct store *store, struct arena *arena, const char *address, const struct contact *contact, int64_t *organisation, struct error *error);
/* ---- store_erasures.c ---- */
#define LEDGER_KEY_SIZE 32
#define LEDGER_DIGEST_HEX 32     /* digits of a digest that are kept: 128 bits */
struct ledger { unsigned char key[LEDGER_KEY_SIZE]; bool known; const char *lines; };
/* A ledger with that key (in hex), where there is none. */
enum status store_ledger_begin(struct store *store, const char *key, struct error *error);
/* One erasure, as a line of it, without its end. */
char *store_ledger_line(struct arena *arena, int64_t at, const char *kind, int64_t a, int64_t b, const char *digest, int64_t attachment);
/* Machines on one database have one ledger: this one's file has what the others erased. Harmless anywhere. */
enum status store_ledger_share(struct store *store, struct error *error);
char *store_ledger_path(struct arena *arena, const struct store *store);
enum status store_ledger_read(struct arena *arena, const char *path, struct ledger *ledger, struct error *error);
const char *store_ledger_digest(struct arena *arena, const unsigned char key[LEDGER_KEY_SIZE], const char *what);
const char *store_ledger_identity(struct arena *arena, int64_t ticket, int64_t created);
enum status store_erase_follow(struct store *store, struct arena *arena, bool ledger, struct error *error);      /* what stands beside the tables */
enum status store_erasures_note(struct store *store, struct arena *arena, const struct erase_order *order, int64_t now, struct error *error);
/* ---- store_derived.c: before the bytes of a mail go; of `mail` text, reply_text and attachments ---- */
enum status store_keep_last(struct store *store, int64_t raw, const struct mail *mail, struct error *error);
/* ---- store_erase.c: a ticket's words, in the caller's transaction. *files: those to be removed after it (store_raw_path()) ---- */
enum status store_erase_words(struct store *store, struct arena *arena, int64_t ticket, const char *who, struct strings *files, struct error *error);
/* How far a ticket with very many messages was erased before the rest of it, or NULL: the last of its messages and lines of history by their numbers there, of deliveries and outgoing mails
 * by their own. */
enum erase_thin { THIN_MESSAGES, THIN_DELIVERIES, THIN_OUTGOING, THIN_LINES, ERASE_THINS };
struct erase_thinned { int64_t upto[ERASE_THINS]; };
/* Some more of a kind, in the caller's transaction (`dry`: which he rolls back). *more false: that was the last. */
enum status store_erase_thin(struct store *store, struct arena *arena, const struct erase_order *order, int64_t ticket, enum erase_thin what, bool dry, struct erase_thinned *thinned, bool *more,
                             struct erased *erased, struct error *error);
/* One transaction of an order (`dry`: rolled back); parted: his tickets that went in parts before it. */
enum status store_erase_whole(struct store *store, struct arena *arena, const struct erase_order *order, const struct customer_ids *parted, const struct erase_thinned *thinned, bool dry,
                              struct erased *erased, struct error *error);
/* Of a customer, for store_erase_parts.c: all his tickets in order; in the caller's transaction that it begins, and some of them. */
enum status store_erase_tickets_of(struct store *store, struct arena *arena, int64_t customer, struct strings *addresses, struct customer_ids *tickets, struct error *error);
enum status store_erase_begin(struct store *store, struct arena *arena, const struct erase_order *order, struct error *error);
/* Tickets of others in which he takes part, in order. */
enum status store_erase_near_of(struct store *store, struct arena *arena, const struct strings *addresses, const struct customer_ids *his, struct customer_ids *near, struct error *error);
/* thinned: of the only ticket. */
struct erase_part { const struct customer_ids *all; const struct strings *addresses; const int64_t *tickets; size_t count; const struct erase_thinned *thinned; };
enum status store_erase_part(struct store *store, struct arena *arena, const struct erase_order *order, const struct erase_part *part, struct erased *erased, struct error *error);
enum status store_erase_files(struct store *store, struct arena *arena, struct error *error);     /* store_erasures.c: of the last transaction */
void store_erased_add(struct arena *arena, struct erased *all, const struct erased *more);
/* The same of tickets of others: what he wrote there, and wherever he is named. */
enum status store_erase_near_part(struct store *store, struct arena *arena, const struct erase_order *order, const struct erase_part *part, struct erased *erased, struct error *error);
#define STORE_ERASING "erasing"          /* numbers in meta: of which customer (a ticket: below 0) an erasure in parts has begun; when somebody worked at it; up to which ticket */
#define STORE_ERASING_AT "erasing_at"
#define STORE_ERASING_UPTO "erasing_upto"
/* ---- store_erase_outgoing.c: its row stays, without a word ---- */
enum status store_erase_outgoing(struct store *store, int64_t id, struct error *error);
/* ---- store_erase_attachment.c ---- */
enum status store_erase_attachment(struct store *store, struct arena *arena, const struct erase_order *order, bool dry, struct erased *erased, struct error *error);
/* ---- store_places.c ---- */
enum store_place {               /* the statements of the engine name these numbers */
	PLACE_MAILBOX_OF_TICKET = 1, PLACE_MAILBOX_OF_RAW, PLACE_MAILBOX_FROM, PLACE_MESSAGE_OF_RAW, PLACE_OUTBOX_OF_TICKET, PLACE_MESSAGE_FROM, PLACE_TICKET_OF_CUSTOMER
};
int64_t store_place_of_address(const char *address);
enum status store_places_catch_up(struct store *store, struct error *error);             /* in small transactions of its own, with rests */
enum status store_places_finish(struct store *store, struct error *error);               /* all that is left of it, in the caller's */
enum status store_places_forget(struct store *store, const char *address, struct error *error);
/* Of the tickets, messages and deliveries that were gathered to be erased. */
enum status store_places_forget_part(struct store *store, const char *address, struct error *error);
/* ---- store_search.c ---- */
enum status store_search_forget(struct store *store, struct error *error);
/* ---- store_query.c: does the query, which has no words, hold for the ticket? ---- */
enum status store_ticket_holds(struct store *store, struct arena *arena, int64_t ticket, const struct query *query, int64_t now, bool *holds, struct error *error);
/* ---- store_customer.c, store_customer_change.c, store_customer_merge.c ---- */
/* What is kept of him, which is not what is shown: that has names of his mails, too. */
struct customer_kept { const char *name, *language, *note, *external_id; bool vip, there; int64_t organisation, main, created; };
enum status store_customer_kept(struct store *store, struct arena *arena, int64_t id, struct customer_kept *kept, struct error *error);
enum status store_customer_keep(struct store *store, int64_t id, const struct customer_kept *kept, struct error *error);
enum status store_customer_row(struct store *store, struct arena *arena, int64_t id, struct customer_row *row, struct error *error);
bool store_customer_is_number(const char *text);
/* Has he anything that makes a customer of an address, which may stand there only because mail to it came back? */
bool store_contact_is_customer(const struct contact *contact);
/* Refuses it: STATUS_BAD_INPUT. */
enum status store_customer_shared_by(struct store *store, const char *address, int64_t organisation, struct error *error);
enum status store_customer_event(struct store *store, int64_t customer, const char *who, const char *kind, const char *what, struct error *error);
enum status store_contact_had_agent(struct store *store, const char *address, const char *agent, struct error *error);
enum status store_contact_bounced(struct store *store, const char *address, const char *reason, int64_t now, struct error *error);
enum status store_contact_arrives(struct store *store, const char *address, struct error *error); /* mail to it does not come back any more */
bool store_contact_within(int64_t start, int64_t now, int64_t length);    /* of what is counted from `start` on */
enum status store_contact_acknowledged(struct store *store, const char *address, int64_t now, struct error *error);
enum status store_contact_proved(struct store *store, const char *address, int64_t now, struct error *error);

/* ---- store_budget.c: acknowledgements to strangers, by domain and over all ---- */
struct budget;
void store_budget_settle(struct store *store);   /* after each commit */
void store_budget_undo(struct store *store);     /* after each rollback */
enum status store_budget_facts(struct store *store, const char *address, struct facts *facts, struct error *error);
void store_budget_row(struct store *store, int64_t outbox);      /* one that this connection adds, and counts itself */
enum status store_budget_spend(struct store *store, const char *address, int64_t now, struct error *error);
enum status store_contact_asked(struct store *store, const char *address, int answers, int64_t now, struct error *error);
enum status store_contact_spam(struct store *store, const char *address, int spam, int64_t now, struct error *error);
enum status store_contact_refused(struct store *store, const char *address, int64_t now, struct error *error);
#define ACKNOWLEDGEMENT_WINDOW_MS (60 * 60 * 1000)
#define ACKNOWLEDGEMENT_DAY_MS (24 * 60 * 60 * 1000)
#define BOUNCED_MS (7LL * 24 * 60 * 60 * 1000)   /* how long an address to which mail came back gets no automatic mail */

enum status store_read_ticket_facts(struct store *store, struct arena *arena, int64_t id, struct ticket_facts **facts, struct error *error);
/* ---- store_facts_past.c, store_facts_later.c: parts of the facts of a mail ---- */
enum status store_read_sides(struct store *store, struct arena *arena, int64_t ticket, struct ticket_facts *facts, struct error *error);
enum status store_read_side(struct store *store, struct arena *arena, struct facts *facts, struct error *error);
enum status store_read_pasts(struct store *store, struct arena *arena, struct facts *facts, struct error *error);
enum status store_read_news(struct store *store, struct arena *arena, struct facts *facts, struct error *error);
enum status store_resolve_merged(struct store *store, int64_t *ticket, struct error *error);
/* What a list shows of a ticket beside its columns; `facts`: its people and tags were not read yet. */
enum status store_complete_row(struct store *store, struct arena *arena, struct ticket_row *row, bool facts, struct error *error);
/* The tickets of the `looked_at` messages that fit the words best, at most `most` of them that are wanted. */
typedef bool (*ticket_wanted)(struct store *store, const struct ticket_facts *facts, void *context, enum status *status, struct error *error);
enum status store_search_wanted(struct store *store, struct arena *arena, const char *words, size_t looked_at, size_t most, ticket_wanted wanted, void *context,
                                struct ticket_rows *rows, struct error *error);
void store_read_ticket_columns(struct cursor *cursor, struct arena *arena, struct ticket_facts *facts);
void store_read_message_columns(struct cursor *cursor, struct arena *arena, struct message_row *message);

/* What was suggested for a ticket, and said to it (store_suggestion.c). */
enum status store_suggestion_add(struct store *store, int64_t ticket, const struct suggestion *suggestion, int64_t now, struct error *error);
enum status store_suggestion_outcome(struct store *store, int64_t ticket, const char *said, const char *article, int64_t now, struct error *error);

/* ---- store_history.c ---- */
#define NOBODY "nobody"
char *store_history_of_created(struct arena *arena, const struct new_ticket *create);
/* The columns HISTORY: kind, number, was and now, also of a row of the first version, and its words. Those of a message are told by it (NULL: it is not
 * there), whose number is known once the row is read. */
void store_history_read_columns(struct cursor *cursor, struct arena *arena, struct history_row *row);
const char *store_history_words(struct arena *arena, const struct history_row *row, const struct message_row *message);
/* Replays the rows of one ticket; NULL: fine; else a complaint. */
struct replay { bool created; char state[16]; const char *queue, *agent; TICKET_FIELDS(TICKET_FIELD_MEMBER) int64_t merged_into; int last_seq; };
void store_replay_init(struct replay *replay);
const char *store_replay_step(struct replay *replay, struct arena *arena, const struct history_row *row);

/* The mail did not reach that recipient; what the row is then. */
void store_outbox_row_failed(struct outbox_row *row, const char *address, const char *reply);

/* ---------------------------------------------------------------- raw mails as files */
enum status store_raw_digest(const struct mail_source *source, unsigned char out[SHA256_SIZE]); /* not OK: cannot be read to its end */
void store_raw_kept_digest(struct cursor *cursor, int column, unsigned char out[SHA256_SIZE]);
char *store_raw_path(struct arena *arena, const char *state_dir, const char *file); /* file: "ab/ab12..." as in raw.file */
/* Calls visit for every file under mails; false stops. */
enum status store_raw_files_each(const char *state_dir, bool (*visit)(void *context, const char *file, int64_t modified_ms, uint64_t size),
                                 void *context, struct error *error);

/* Files older than an hour that no row names. */
struct strays {
	struct engine *engine;
	const char *state_dir;
	struct error *error;
	void (*found)(struct strays *strays, const char *file);
	void *context;
	int64_t now, count;
	enum status status;
};
enum status store_find_strays(struct strays *strays);
void store_sweep(struct engine *engine, void *state_dir);         /* an engine_hourly */

/* ---- store_moment.c: numbers that follow the clock ---- */
#define STORE_SET_BACK_MS (25 * 60 * 60 * (int64_t)1000)         /* a clock that was set back further is not reckoned with */
/* The first that may be of that moment or later; one more than the last: none is. */
enum status store_events_moved(struct store *store, struct error *error);        /* from one ticket to another */
enum status store_events_forget(struct store *store, struct error *error);       /* pages of the tickets that are being erased */
enum status store_first_ticket_since(struct store *store, int64_t moment, int64_t *number, struct error *error);
enum status store_first_mail_since(struct store *store, int64_t moment, int64_t *number, struct error *error);

#endif
