/*
 * engine_schema.c - the tables, as commented SQL, and the steps from each version of them to the next, for all engines.
 *
 * In SQLite's dialect; src/postgres/postgres_schema.c reads the same list in its own. To change the schema: never edit a step that was released; append one,
 * count SCHEMA_VERSION up, and freeze a database of it by tests/tools/schema_fixture.py, which tests/blackbox/test_upgrade.py then opens for ever.
 */
#include "schema.h"

#include <stddef.h>
/* Times are milliseconds since 1970 UTC, 0 is never. States, kinds and dispositions are the words of the contract, so that
 * the sqlite3 shell shows them. Nothing that came or went is deleted; ids run from 1 without a gap (but those of timers).
 *
 * What makes the millionth ticket as cheap as the first: a mail only appends to these tables, so a commit writes the last page
 * of each and nothing in the middle. The two random lookups that a mail needs (Message-ID, address) have tables of their own
 * (mailbox_key, contact_key), which are filled later, in sorted order: see sqlite_deferred.c.
 * There are no foreign keys: `sportello fsck` checks what they would. Words are checked one by one with OR: for IN with three or more
 * SQLite makes a table, with a cache and a page of its own, at each insert. */
static const char *const version_1[] = {
/* Small facts about the database itself: how far the deferred indexes are filled, and (in a backup only) the secret key. */
"CREATE TABLE meta(\n"
"  key   TEXT PRIMARY KEY,\n"
"  value ANY\n"
") STRICT, WITHOUT ROWID",

/* A mail byte for byte as it came over LMTP. Small ones are here, large ones in a file under mails/, which is written and
 * synced before the row. In a backup all of them are here. bytes stays the last column: a blob is then written in place. */
"CREATE TABLE raw(\n"
"  id     INTEGER PRIMARY KEY,\n"
"  size   INTEGER NOT NULL,\n"
"  digest BLOB NOT NULL,                -- SHA-256 of the bytes\n"
"  file   TEXT,                         -- 'ab/ab01...' under mails/, or NULL\n"
"  bytes  BLOB                          -- NULL if in a file\n"
") STRICT",
"CREATE INDEX raw_file ON raw(file) WHERE file IS NOT NULL",

/* Every delivery ever accepted (one mail to one recipient), each with its one disposition. */
"CREATE TABLE mailbox(\n"
"  id            INTEGER PRIMARY KEY,\n"
"  received      INTEGER NOT NULL,\n"
"  recipient     TEXT NOT NULL,\n"
"  envelope_from TEXT NOT NULL,\n"
"  sender        TEXT NOT NULL,         -- address of From\n"
"  subject       TEXT NOT NULL,\n"
"  message_id    TEXT,\n"
"  kind          TEXT NOT NULL,         -- as finally judged: request, reply, auto-reply ...\n"
"  disposition   TEXT NOT NULL CHECK(disposition<>''),\n"
"  detail        TEXT NOT NULL,\n"
"  ticket        INTEGER NOT NULL,      -- 0: none\n"
"  seq           INTEGER NOT NULL,      -- message of that ticket, 0: none\n"
"  raw           INTEGER NOT NULL,\n"
"  size          INTEGER NOT NULL,\n"
"  claim         BLOB NOT NULL,         -- 16 bytes: the same mail to the same recipient\n"
"  mail_digest   BLOB NOT NULL,         -- 16 bytes: the same mail, whoever it was for\n"
"  trace         TEXT NOT NULL,\n"
"  duplicates    INTEGER NOT NULL DEFAULT 0   -- how often it was delivered again\n"
") STRICT",
"CREATE INDEX mailbox_duplicates ON mailbox(duplicates) WHERE duplicates>0",

/* Deferred index: hash of the Message-ID (or of mail_digest, where there is none) -> mailbox.id; tag: part of the claim. */
"CREATE TABLE mailbox_key(\n"
"  hash INTEGER NOT NULL,\n"
"  row  INTEGER NOT NULL,\n"
"  tag  INTEGER NOT NULL,\n"
"  PRIMARY KEY(hash, row)\n"
") STRICT, WITHOUT ROWID",

/* People who wrote to us, by address. person and organisation are for people with several addresses. */
"CREATE TABLE contact(\n"
"  id             INTEGER PRIMARY KEY,\n"
"  address        TEXT NOT NULL,        -- lower case; once\n"
"  name           TEXT NOT NULL,\n"
"  language       TEXT NOT NULL,\n"
"  first_seen     INTEGER NOT NULL,\n"
"  last_seen      INTEGER NOT NULL,\n"
"  written        INTEGER NOT NULL,     -- mails of theirs that were kept on a ticket\n"
"  bounced_at     INTEGER NOT NULL DEFAULT 0,   -- when mail to it last came back; 0: never, or it arrives again\n"
"  bounce_reason  TEXT NOT NULL DEFAULT '',\n"
"  window_start   INTEGER NOT NULL DEFAULT 0,   -- acknowledgements: start of the hour that is counted\n"
"  window_count   INTEGER NOT NULL DEFAULT 0,\n"
"  proved_at      INTEGER NOT NULL DEFAULT 0,   -- when its owner first surely wrote; 0: never\n"
"  last_agent     TEXT NOT NULL DEFAULT '',     -- who had this person's newest ticket\n"
"  refused_at     INTEGER NOT NULL DEFAULT 0,   -- when this person last said that a suggestion did not help\n"
"  person         INTEGER,\n"
"  organisation   INTEGER\n"
") STRICT",

/* Deferred index: hash of the address -> contact.id; tag unused. */
"CREATE TABLE contact_key(\n"
"  hash INTEGER NOT NULL,\n"
"  row  INTEGER NOT NULL,\n"
"  tag  INTEGER NOT NULL,\n"
"  PRIMARY KEY(hash, row)\n"
") STRICT, WITHOUT ROWID",

"CREATE TABLE ticket(\n"
"  id            INTEGER PRIMARY KEY,\n"
"  state         TEXT NOT NULL,\n"
"  queue         TEXT NOT NULL,\n"
"  agent         TEXT NOT NULL,         -- '': nobody\n"
"  priority      TEXT NOT NULL,\n"
"  subject       TEXT NOT NULL,\n"
"  language      TEXT NOT NULL,         -- '': not known\n"
"  customer      TEXT NOT NULL,\n"
"  customer_name TEXT NOT NULL,\n"
"  created       INTEGER NOT NULL,\n"
"  updated       INTEGER NOT NULL,\n"
"  closed_at     INTEGER NOT NULL,\n"
"  pending_until INTEGER NOT NULL DEFAULT 0,\n"
"  merged_into   INTEGER NOT NULL DEFAULT 0,\n"
"  resolved_at   INTEGER NOT NULL DEFAULT 0     -- when it last became resolved\n"
") STRICT",
"CREATE INDEX ticket_state ON ticket(state, queue)",
/* How much each agent has: small, since most tickets are closed or nobody's. */
"CREATE INDEX ticket_load ON ticket(agent, priority) WHERE agent<>'' AND (state='new' OR state='open' OR state='pending')",

/* Whom a queue gave its last ticket: the number of that ticket. */
"CREATE TABLE assigned(\n"
"  queue  TEXT NOT NULL,\n"
"  agent  TEXT NOT NULL,\n"
"  ticket INTEGER NOT NULL,\n"
"  PRIMARY KEY(queue, agent)\n"
") STRICT, WITHOUT ROWID",

/* The conversation. Of a mail that came in, text stays NULL: it is derived from its raw mail when shown. id gives the order
 * in which messages came, over all tickets: the search index follows it. */
"CREATE TABLE message(\n"
"  id           INTEGER PRIMARY KEY,\n"
"  ticket       INTEGER NOT NULL,\n"
"  seq          INTEGER NOT NULL,       -- 1, 2, 3 ... within the ticket\n"
"  kind         TEXT NOT NULL,\n"
"  out          INTEGER NOT NULL,       -- 1: from us\n"
"  raw          INTEGER NOT NULL,       -- 0: none\n"
"  from_address TEXT NOT NULL,\n"
"  from_name    TEXT NOT NULL,\n"
"  recipients   TEXT NOT NULL,          -- an address a line\n"
"  date         INTEGER NOT NULL,\n"
"  message_id   TEXT,\n"
"  text         TEXT,\n"
"  agent        TEXT NOT NULL,\n"
"  flags        TEXT NOT NULL,\n"
"  outbox       INTEGER NOT NULL        -- 0: none\n"
") STRICT",
"CREATE UNIQUE INDEX message_ticket ON message(ticket, seq)",

/* Who may join a ticket beside its customer (who stands in the ticket). */
"CREATE TABLE participant(\n"
"  ticket  INTEGER NOT NULL,\n"
"  address TEXT NOT NULL COLLATE NOCASE,\n"
"  name    TEXT NOT NULL,\n"
"  role    TEXT NOT NULL,               -- customer, cc\n"
"  PRIMARY KEY(ticket, address)\n"
") STRICT, WITHOUT ROWID",

/* Every change of a ticket: when, who, what, why. `what` can be replayed (store_history.c). */
"CREATE TABLE history(\n"
"  ticket INTEGER NOT NULL,\n"
"  n      INTEGER NOT NULL,\n"
"  at     INTEGER NOT NULL,\n"
"  who    TEXT NOT NULL,\n"
"  what   TEXT NOT NULL,\n"
"  why    TEXT NOT NULL,\n"
"  PRIMARY KEY(ticket, n)\n"
") STRICT, WITHOUT ROWID",

/* Both ways: a row for each of the two. */
"CREATE TABLE link(\n"
"  ticket INTEGER NOT NULL,\n"
"  other  INTEGER NOT NULL,\n"
"  PRIMARY KEY(ticket, other)\n"
") STRICT, WITHOUT ROWID",

"CREATE TABLE tag(\n"
"  ticket INTEGER NOT NULL,\n"
"  tag    TEXT NOT NULL,\n"
"  PRIMARY KEY(ticket, tag)\n"
") STRICT, WITHOUT ROWID",
"CREATE INDEX tag_tickets ON tag(tag, ticket)",

/* Mails that go out, written in the transaction that caused them. recipients is NULL until the first result: then those of
 * the record, all waiting. */
"CREATE TABLE outbox(\n"
"  id         INTEGER PRIMARY KEY,\n"
"  ticket     INTEGER NOT NULL,         -- 0: none\n"
"  created    INTEGER NOT NULL,\n"
"  next_try   INTEGER NOT NULL,\n"
"  state      TEXT NOT NULL DEFAULT 'waiting' CHECK(state='waiting' OR state='sent' OR state='failed'),\n"
"  attempts   INTEGER NOT NULL DEFAULT 0,\n"
"  last_reply TEXT NOT NULL DEFAULT '',\n"
"  recipients TEXT,                     -- lines: state TAB address TAB reply\n"
"  record     TEXT NOT NULL             -- outgoing_write()\n"
") STRICT",
"CREATE INDEX outbox_due ON outbox(next_try) WHERE state='waiting'",
"CREATE INDEX outbox_failed ON outbox(id) WHERE state='failed'",

/* What is due later: reminders, service levels, the end of a pending time. */
"CREATE TABLE timer(\n"
"  id     INTEGER PRIMARY KEY AUTOINCREMENT,    -- never given twice: who saw an old one due must not take a new one\n"
"  due    INTEGER NOT NULL,\n"
"  ticket INTEGER NOT NULL,\n"
"  kind   TEXT NOT NULL\n"
") STRICT",
"CREATE INDEX timer_due ON timer(due)",
"CREATE INDEX timer_ticket ON timer(ticket)",

/* What the customer thought of it: 1 to 5, and words. The newest counts. */
"CREATE TABLE rating(\n"
"  ticket INTEGER PRIMARY KEY,\n"
"  at     INTEGER NOT NULL,\n"
"  stars  INTEGER NOT NULL CHECK(stars BETWEEN 1 AND 5),\n"
"  words  TEXT NOT NULL\n"
") STRICT",

/* Where agents showed that a ticket belongs: they moved it there, or answered it there. What the classifier learns from. */
"CREATE TABLE confirmed(\n"
"  ticket INTEGER PRIMARY KEY,\n"
"  queue  TEXT NOT NULL,\n"
"  at     INTEGER NOT NULL\n"
") STRICT",
"CREATE INDEX confirmed_at ON confirmed(at)",

/* Tickets that the classifier put into a queue by itself, and when an agent moved one elsewhere. */
"CREATE TABLE routed(\n"
"  ticket     INTEGER PRIMARY KEY,\n"
"  queue      TEXT NOT NULL,\n"
"  confidence INTEGER NOT NULL,         -- of 10,000\n"
"  at         INTEGER NOT NULL,\n"
"  model      INTEGER NOT NULL,         -- version\n"
"  corrected  INTEGER NOT NULL DEFAULT 0        -- when; 0: never\n"
") STRICT",
"CREATE INDEX routed_corrected ON routed(ticket) WHERE corrected<>0",

/* Requests that the articles were asked about. What was shown for it, and what came of that; a request that no article was good enough
 * for has no row in suggested. */
"CREATE TABLE asked(\n"
"  ticket   INTEGER PRIMARY KEY,\n"
"  at       INTEGER NOT NULL,\n"
"  shown    TEXT NOT NULL CHECK(shown='nothing' OR shown='acknowledgement' OR shown='held'),\n"
"  said     TEXT NOT NULL DEFAULT '' CHECK(said='' OR said='solved' OR said='refused' OR said='returned' OR said='taken' OR said='silence'),\n"
"  said_at  INTEGER NOT NULL DEFAULT 0,\n"
"  language TEXT NOT NULL,\n"
"  stranger INTEGER NOT NULL,           -- 1: nothing of the mail may be repeated to its sender\n"
"  question TEXT NOT NULL               -- subject, newline, what the sender wrote; cut\n"
") STRICT",
"CREATE INDEX asked_at ON asked(at)",

/* The articles that were shown, and the customer's word on each: what the ranking learns from. */
"CREATE TABLE suggested(\n"
"  ticket   INTEGER NOT NULL,\n"
"  rank     INTEGER NOT NULL,           -- 1, 2, 3\n"
"  article  TEXT NOT NULL,\n"
"  language TEXT NOT NULL,\n"
"  score    INTEGER NOT NULL,           -- of 10,000\n"
"  title    TEXT NOT NULL,              -- as they were shown\n"
"  excerpt  TEXT NOT NULL,\n"
"  outcome  TEXT NOT NULL DEFAULT '' CHECK(outcome='' OR outcome='solved' OR outcome='refused'),\n"
"  said     INTEGER NOT NULL DEFAULT 0, -- grows with each word of a customer over the whole desk; 0: no word yet\n"
"  PRIMARY KEY(ticket, rank)\n"
") STRICT, WITHOUT ROWID",
"CREATE INDEX suggested_said ON suggested(said) WHERE said>0",

/* Tags and priorities that the classifier gave to new tickets, and when somebody gave another priority, or took the tag away. */
"CREATE TABLE learned(\n"
"  ticket     INTEGER NOT NULL,\n"
"  kind       TEXT NOT NULL CHECK(kind IN ('tag','priority')),\n"
"  value      TEXT NOT NULL,\n"
"  confidence INTEGER NOT NULL,         -- of 10,000\n"
"  at         INTEGER NOT NULL,\n"
"  corrected  INTEGER NOT NULL DEFAULT 0,       -- when; 0: never\n"
"  PRIMARY KEY(ticket, kind)\n"
") STRICT, WITHOUT ROWID",

/* What the classifier learned: the newest, and the one before it, which serves if the newest is damaged. */
"CREATE TABLE model(\n"
"  version  INTEGER PRIMARY KEY,\n"
"  created  INTEGER NOT NULL,\n"
"  note     TEXT NOT NULL,              -- of whoever trained it\n"
"  checksum BLOB NOT NULL,              -- SHA-256 of the bytes\n"
"  bytes    BLOB NOT NULL\n"
") STRICT",

"INSERT INTO meta(key,value) VALUES('mailbox_key',0),('contact_key',0)",
NULL
};

/* Version 0.2. Only what costs the same for ten tickets and for a hundred thousand: new tables, and columns with a constant default. */
/* What a ticket weighs with its agent, in SQL; `row` is the name of the row. */
#define IS_OPEN(row) "(" row ".state IN ('new','open','pending'))"
#define WEIGHT(row) "CASE WHEN " IS_OPEN(row) " THEN CASE " row ".priority WHEN 'urgent' THEN 8 WHEN 'high' THEN 4 WHEN 'normal' THEN 2 ELSE 1 END ELSE 0 END"
#define LOAD_CHANGES(row, sign) \
	"INSERT INTO agent_load SELECT " row ".agent, " sign IS_OPEN(row) ", " sign WEIGHT(row) " WHERE " row ".agent<>''" \
	" ON CONFLICT(agent) DO UPDATE SET open=open+excluded.open, weight=weight+excluded.weight;"

static const char *const version_2[] = {
/* What mails that opened tickets referred to, by their sender: later ones of the same sender that refer to it belong to that ticket. key: hash
 * of a Message-ID and the sender's address. */
"CREATE TABLE referred(\n"
"  key    INTEGER PRIMARY KEY,\n"
"  ticket INTEGER NOT NULL\n"
") STRICT",

/* What was made of a mail that is costly to read: see store_derived.c. It may be missing, and is made again by a newer parser. The texts
 * stand in columns of their own, so that a part of one can be read without the rest. */
"CREATE TABLE derived(\n"
"  raw        INTEGER PRIMARY KEY,      -- raw.id\n"
"  parser     INTEGER NOT NULL,         -- MAIL_PARSER_VERSION of who made it\n"
"  whole      INTEGER NOT NULL,         -- 1: with sizes and digests of the attachments; 0: as intake saw it\n"
"  text       BLOB NOT NULL,            -- UTF-8\n"
"  reply_text BLOB,                     -- UTF-8; NULL: the same as text\n"
"  rest       BLOB NOT NULL             -- mail_pack(): everything else of struct mail\n"
") STRICT",

/* What automatic mail the customer of a ticket may be sent: '' any, 'neutral' such as repeats nothing of his, else why none. */
"ALTER TABLE ticket ADD COLUMN voice TEXT NOT NULL DEFAULT ''",
/* By what the sender of a message proved to be himself; '': by nothing. */
"ALTER TABLE message ADD COLUMN proved TEXT NOT NULL DEFAULT ''",
/* Acknowledgements: start of the day that is counted. */
"ALTER TABLE contact ADD COLUMN day_start INTEGER NOT NULL DEFAULT 0",
"ALTER TABLE contact ADD COLUMN day_count INTEGER NOT NULL DEFAULT 0",
/* Where the customer, and who else takes part, wants answers by his newest Reply-To; '': at his address. */
"ALTER TABLE ticket ADD COLUMN answer_to TEXT NOT NULL DEFAULT ''",
"ALTER TABLE participant ADD COLUMN answer_to TEXT NOT NULL DEFAULT ''",
/* What a row of the history says, as values: kind is one of enum history_kind, and what its number, was and now are stands there. 0, and in `what`
 * its words: of the first version, which store_history.c reads. */
"ALTER TABLE history ADD COLUMN kind INTEGER NOT NULL DEFAULT 0",
"ALTER TABLE history ADD COLUMN number INTEGER NOT NULL DEFAULT 0",
"ALTER TABLE history ADD COLUMN was TEXT NOT NULL DEFAULT ''",
"ALTER TABLE history ADD COLUMN now TEXT NOT NULL DEFAULT ''",
/* 1: it is as old as its ticket. */
"ALTER TABLE history ADD COLUMN opening INTEGER NOT NULL DEFAULT 0",
/* What of the configuration the classifier learned for, in one word; '': of the first version, which did not keep it. */
"ALTER TABLE model ADD COLUMN configuration TEXT NOT NULL DEFAULT ''",
/* A customer's requests, from the newest back: the last one of a contact, and the one before each. 0: none, or it is older than this. */
"ALTER TABLE contact ADD COLUMN last_ticket INTEGER NOT NULL DEFAULT 0",
"ALTER TABLE ticket ADD COLUMN previous INTEGER NOT NULL DEFAULT 0",
/* Agents who hear of all that happens to a ticket, beside those who work on it. */
"CREATE TABLE watcher(\n"
"  ticket INTEGER NOT NULL,\n"
"  agent  TEXT NOT NULL,\n"
"  PRIMARY KEY(ticket, agent)\n"
") STRICT, WITHOUT ROWID",
/* For whom a pending ticket waits; '': of the first version, or it is not pending. */
"ALTER TABLE ticket ADD COLUMN waiting TEXT NOT NULL DEFAULT ''",
/* Side conversations of a ticket, each with one third party; and of a message, which it is in; 0: none. */
"CREATE TABLE side(\n"
"  ticket  INTEGER NOT NULL,\n"
"  number  INTEGER NOT NULL,            -- 1, 2, 3 ... within the ticket\n"
"  address TEXT NOT NULL,\n"
"  subject TEXT NOT NULL,\n"
"  PRIMARY KEY(ticket, number)\n"
") STRICT, WITHOUT ROWID",
"ALTER TABLE message ADD COLUMN side INTEGER NOT NULL DEFAULT 0",
/* How much each agent has: tickets new, open or pending, and the same by priority (low 1, normal 2, high 4, urgent 8). Kept by what changes a
 * ticket, so that giving one out costs the same however many are open. An agent who ever had one keeps his row. */
"CREATE TABLE agent_load(\n"
"  agent  TEXT PRIMARY KEY,\n"
"  open   INTEGER NOT NULL,\n"
"  weight INTEGER NOT NULL\n"
") STRICT, WITHOUT ROWID",
"INSERT INTO agent_load SELECT agent, count(*) FILTER (WHERE " IS_OPEN("ticket") "), sum(" WEIGHT("ticket") ") FROM ticket WHERE agent<>'' GROUP BY agent",
"INSERT OR IGNORE INTO agent_load SELECT DISTINCT agent, 0, 0 FROM assigned",
"CREATE TRIGGER load_of_new_ticket AFTER INSERT ON ticket WHEN new.agent<>'' BEGIN " LOAD_CHANGES("new", "+") " END",
"CREATE TRIGGER load_of_ticket AFTER UPDATE OF agent, state, priority ON ticket"
" WHEN old.agent<>new.agent OR old.state<>new.state OR old.priority<>new.priority BEGIN " LOAD_CHANGES("old", "-") " " LOAD_CHANGES("new", "+") " END",
"DROP INDEX ticket_load",
/* 1: its language was asked for, by the customer or an agent, and does not follow what the customer writes. */
"ALTER TABLE ticket ADD COLUMN language_kept INTEGER NOT NULL DEFAULT 0",
/* Mails of this sender are kept, and told to nobody: 1 unless they prove him, 2 these, too; 0: told. */
"ALTER TABLE contact ADD COLUMN spam INTEGER NOT NULL DEFAULT 0",
/* Answers to commands in this address's name that nothing proved: start of the hour that is counted. */
"ALTER TABLE contact ADD COLUMN asked_start INTEGER NOT NULL DEFAULT 0",
"ALTER TABLE contact ADD COLUMN asked_count INTEGER NOT NULL DEFAULT 0",
/* Agents who said that they are away. */
"CREATE TABLE away(\n"
"  agent TEXT PRIMARY KEY,\n"
"  until INTEGER NOT NULL               -- ms; the largest: until he is back\n"
") STRICT, WITHOUT ROWID",
/* How many there are, kept, for /metrics (store_figures.c): tickets by queue and state, those of them up to meta's counted_tickets; outgoing mails by
 * state, but those that wait; tickets that the classifier put somewhere ('': all, up to the same), and those of them that people moved. */
"CREATE TABLE tally(\n"
"  what  TEXT NOT NULL CHECK(what IN ('ticket','outbox','routed')),\n"
"  queue TEXT NOT NULL,\n"
"  state TEXT NOT NULL,\n"
"  count INTEGER NOT NULL,\n"
"  PRIMARY KEY(what, queue, state)\n"
") STRICT, WITHOUT ROWID",
"INSERT INTO tally SELECT 'ticket', queue, state, count(*) FROM ticket GROUP BY queue, state",
"INSERT INTO meta SELECT 'counted_tickets', coalesce(max(id),0) FROM ticket",
"INSERT INTO tally SELECT 'outbox', '', 'failed', count(*) FROM outbox WHERE state='failed'",
"INSERT INTO tally SELECT 'outbox', '', 'sent', (SELECT coalesce(max(id),0) FROM outbox) - (SELECT count(*) FROM outbox WHERE state='failed')"
" - (SELECT count(*) FROM outbox WHERE state='waiting')",
"INSERT INTO tally SELECT 'routed', '', '', count(*) FROM routed",
"INSERT INTO tally SELECT 'routed', '', 'corrected', count(*) FROM routed WHERE corrected<>0",
"CREATE TRIGGER tally_of_ticket AFTER UPDATE OF queue, state ON ticket WHEN (old.queue<>new.queue OR old.state<>new.state)"
" AND old.id<=(SELECT value FROM meta WHERE key='counted_tickets') BEGIN"
" UPDATE tally SET count=count-1 WHERE what='ticket' AND queue=old.queue AND state=old.state;"
" INSERT INTO tally VALUES('ticket', new.queue, new.state, 1) ON CONFLICT(what,queue,state) DO UPDATE SET count=count+1; END",
"CREATE TRIGGER tally_of_outbox AFTER UPDATE OF state ON outbox WHEN old.state<>new.state BEGIN"
" UPDATE tally SET count=count+(state=new.state)-(state=old.state) WHERE what='outbox' AND queue=''; END",
"CREATE TRIGGER tally_of_routed AFTER UPDATE OF corrected ON routed WHEN (old.corrected<>0)<>(new.corrected<>0) BEGIN"
" UPDATE tally SET count=count+(new.corrected<>0)-(old.corrected<>0) WHERE what='routed' AND queue='' AND state='corrected'; END",
/* When the first of the clocks that run for a ticket is due (what it was promised, gateway_promises.c): made of its history, off the commit path, and made
 * again at will. Only tickets that have such a clock. */
"CREATE TABLE promise(\n"
"  ticket INTEGER PRIMARY KEY,\n"
"  due    INTEGER NOT NULL,             -- ms; in the past: it is overdue; the largest: it stands still\n"
"  step   INTEGER NOT NULL              -- ms: when somebody is to be told; 0: nobody is\n"
") STRICT",
"CREATE INDEX promise_due ON promise(due)",
"CREATE INDEX promise_step ON promise(step) WHERE step>0",
/* What the configuration promised at each time, as text (config_write_promises()): a change of the file rewrites nothing of what was. */
"CREATE TABLE promise_version(\n"
"  id      INTEGER PRIMARY KEY,\n"
"  at      INTEGER NOT NULL,            -- ms: what begins from then on has it; 0: from ever\n"
"  applied INTEGER NOT NULL,            -- 1: and what runs then\n"
"  who     TEXT NOT NULL,               -- who applied it; '': nobody\n"
"  text    TEXT NOT NULL\n"
") STRICT",
/* What happened to tickets that are there, in order of time: for promises and reports. A ticket's first lines are as old as it is, and tickets, as mails,
 * are numbered in the order of time (store_moment.c): a mail that opens one adds nothing. Of lines that do not say whether they are of its opening, the third is
 * the acknowledgement (kind 2: a message); where none was sent, it is a second message, and the state that an answer changes is a line of its own. */
"CREATE INDEX history_late ON history(at) WHERE n>2 AND (n>3 OR kind<>2) AND opening=0",
"CREATE INDEX ticket_agent ON ticket(agent) WHERE agent<>''",
/* What was asked is as old as its ticket. */
"DROP INDEX asked_at",
/* What the history of tickets says to reports (src/report/report_page.c), of many tickets in a row: made of it off the commit path, and made again at will. */
"CREATE TABLE event_page(\n"
"  id    INTEGER PRIMARY KEY,           -- of a family (enum report_family), times 2 to the 32nd, and of the page\n"
"  first INTEGER NOT NULL,              -- ms: of its events; last: the largest number where a ticket is still open\n"
"  last  INTEGER NOT NULL,\n"
"  bytes BLOB NOT NULL\n"
") STRICT",
/* Pages that were taken away, and are to be made again. */
"CREATE TABLE event_gap(\n"
"  page INTEGER PRIMARY KEY\n"
") STRICT",
/* Who looked at figures of single agents. */
"CREATE TABLE looked(\n"
"  id   INTEGER PRIMARY KEY,\n"
"  at   INTEGER NOT NULL,\n"
"  who  TEXT NOT NULL,\n"
"  what TEXT NOT NULL\n"
") STRICT",
/* Whom a ticket is from, as its mail proved it when it was made; '': anybody. */
"ALTER TABLE ticket ADD COLUMN vip TEXT NOT NULL DEFAULT ''",
"ALTER TABLE ticket ADD COLUMN organisation TEXT NOT NULL DEFAULT ''",
"ALTER TABLE ticket ADD COLUMN level TEXT NOT NULL DEFAULT ''",
"CREATE INDEX ticket_organisation ON ticket(organisation COLLATE NOCASE) WHERE organisation<>''",
"CREATE INDEX ticket_vip ON ticket(id) WHERE vip<>''",
/* What is known of a customer beside his mails. id is the number of a contact: every contact is a customer with that number, whether he has a row here or
 * not, until contact.person says that his address is another customer's. main: the contact with his first address; 0: the oldest. */
"CREATE TABLE customer(\n"
"  id           INTEGER PRIMARY KEY,\n"
"  name         TEXT NOT NULL DEFAULT '',\n"
"  language     TEXT NOT NULL DEFAULT '',\n"
"  vip          INTEGER NOT NULL DEFAULT 0,\n"
"  organisation INTEGER NOT NULL DEFAULT 0,      -- 0: by the domain of his address\n"
"  note         TEXT NOT NULL DEFAULT '',\n"
"  external_id  TEXT NOT NULL DEFAULT '',\n"
"  main         INTEGER NOT NULL DEFAULT 0,\n"
"  created      INTEGER NOT NULL\n"
") STRICT",
"CREATE UNIQUE INDEX customer_external ON customer(external_id) WHERE external_id<>''",
"CREATE INDEX customer_organisation ON customer(organisation) WHERE organisation<>0",
"CREATE INDEX contact_person ON contact(person) WHERE person IS NOT NULL",
/* contact.organisation: the address is shared, of that organisation, and nobody's own. */
"CREATE INDEX contact_organisation ON contact(organisation) WHERE organisation IS NOT NULL",
"CREATE TABLE organisation(\n"
"  id       INTEGER PRIMARY KEY,\n"
"  name     TEXT NOT NULL COLLATE NOCASE UNIQUE,\n"
"  level    TEXT NOT NULL DEFAULT '',\n"
"  vip      INTEGER NOT NULL DEFAULT 0,\n"
"  until    INTEGER NOT NULL DEFAULT 0,  -- ms, end of its contract; 0: none\n"
"  sees_all INTEGER NOT NULL DEFAULT 0,  -- 1: its people may see each other's requests\n"
"  note     TEXT NOT NULL DEFAULT '',\n"
"  created  INTEGER NOT NULL\n"
") STRICT",
/* 'example.org', or '.example.org': all below it. Lower case, A-labels. */
"CREATE TABLE organisation_domain(\n"
"  domain       TEXT PRIMARY KEY,\n"
"  organisation INTEGER NOT NULL\n"
") STRICT, WITHOUT ROWID",
"CREATE INDEX organisation_domain_of ON organisation_domain(organisation)",
/* What was done to a customer: the history of customers, and of what was erased (then without a word of it). */
"CREATE TABLE customer_event(\n"
"  id       INTEGER PRIMARY KEY,\n"
"  at       INTEGER NOT NULL,\n"
"  customer INTEGER NOT NULL,\n"
"  who      TEXT NOT NULL,\n"
"  kind     TEXT NOT NULL,\n"
"  what     TEXT NOT NULL\n"
") STRICT",
"CREATE INDEX customer_event_of ON customer_event(customer)",
/* What was erased, without a word of it: see store_erasures.c. a, b, c: ticket, message and attachment, or 0; done: also beside the tables. */
"CREATE TABLE erasure(\n"
"  id     INTEGER PRIMARY KEY,\n"
"  at     INTEGER NOT NULL,\n"
"  kind   TEXT NOT NULL,\n"
"  a      INTEGER NOT NULL,\n"
"  b      INTEGER NOT NULL,\n"
"  digest TEXT NOT NULL,                -- keyed by the ledger\n"
"  c      INTEGER NOT NULL,\n"
"  done   INTEGER NOT NULL DEFAULT 0\n"
") STRICT",
"CREATE INDEX erasure_open ON erasure(id) WHERE done=0",
/* What an erasure has gathered; empty but while one goes on. */
"CREATE TABLE erasing(\n"
"  kind TEXT NOT NULL,\n"
"  id   INTEGER NOT NULL,\n"
"  word TEXT NOT NULL,\n"
"  PRIMARY KEY(kind, id, word)\n"
") STRICT, WITHOUT ROWID",
/* Where something stands, for who erases: see store_places.c. kind: enum store_place; key: a ticket, a raw mail, or the hash of an address. */
"CREATE TABLE place(\n"
"  kind INTEGER NOT NULL,\n"
"  key  INTEGER NOT NULL,\n"
"  id   INTEGER NOT NULL,\n"
"  PRIMARY KEY(kind, key, id)\n"
") STRICT, WITHOUT ROWID",
/* Tickets of which something was let go because it was old (store_retention.c). what: enum retention_what, the most that went; updated: of the ticket then. */
"CREATE TABLE retained(\n"
"  ticket  INTEGER PRIMARY KEY,\n"
"  what    INTEGER NOT NULL,\n"
"  updated INTEGER NOT NULL\n"
") STRICT",
"CREATE INDEX referred_ticket ON referred(ticket)",
"CREATE INDEX participant_address ON participant(address)",
"CREATE INDEX side_address ON side(address COLLATE NOCASE)",
/* Requests up to this one may be missing in the lines of ticket.previous: they are chained when somebody first asks for it (store_customer_chain()). */
"INSERT INTO meta(key,value) SELECT 'unchained', max(id) FROM ticket HAVING count(*)>0",
/* participant.role may now be "proposed" or "left", too: who is so reads nothing. */
NULL
};

const struct migration engine_migrations[] = { { 1, version_1 }, { 2, version_2 } };
const size_t engine_migration_count = COUNT_OF(engine_migrations);
