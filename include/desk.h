/*
 * desk.h - the domain, pure: which ticket a mail belongs to, who may do what, the life of a ticket, what is told to whom.
 *
 * Allowed to include: base, mail.h (values only), limits, fields. Touches nothing: no file, no socket, no database, no clock, no
 * randomness. Everything it needs to know comes in as values (policy, facts), everything it wants comes out as a
 * `struct plan`: an ordered, printable list of effects, which the store applies in one transaction.
 */
#ifndef SPORTELLO_DESK_H
#define SPORTELLO_DESK_H

#include "base.h"
#include "fields.h"
#include "limits.h"
#include "mail.h"

/* ================================================================ policy: what the configuration says, as values */

enum desk_assign { ASSIGN_NONE, ASSIGN_ROUND_ROBIN, ASSIGN_LEAST_LOADED, ASSIGN_STICKY };
enum desk_kb { KB_OFF, KB_WITH_ACKNOWLEDGEMENT, KB_BEFORE_TICKET };
enum desk_prove { PROVE_WHERE_CHECKED, PROVE_ALWAYS };    /* when agents' mail must be authenticated: where our mail server checked it, or always */
enum desk_role { AGENT_PLAIN, AGENT_SUPERVISOR, AGENT_READER, AGENT_ADMIN };      /* a reader only reads, and may leave notes */
enum desk_silence { SILENCE_CREATE, SILENCE_EXPIRE };     /* what becomes of a held request whose customer never answers */

struct desk_agent {
	const char *name, *email, *display;      /* email in lower case */
	struct strings also;                     /* further addresses of the same agent, in lower case */
	struct strings skills;                   /* tags that this agent may be given tickets with; see desk_assign() */
	struct strings leave;                    /* "2026-12-24..2027-01-06" or "2026-12-24": whole days away */
	const char *hours;                       /* "mon-fri 08:00-17:30", several with commas; "": always */
	int limit;                               /* open tickets at most; 0: any number */
	enum desk_role role;
	const char *language;                    /* of the mails to this agent; NULL or "": the desk's */
	struct strings signature_lines;
	const char *signature;                   /* the same as one text, for below answers that come without one; NULL or "": none */
};

struct desk_queue {
	const char *name, *address, *description;        /* address in lower case */
	struct strings also;                     /* further addresses of it, in lower case: nobody's but ours */
	struct strings agents;                   /* names */
	struct strings notices;                  /* which notices go out; empty: all */
	struct strings colleagues;               /* which of "taken", "answered", "note", "closed" colleagues hear of */
	enum desk_assign assign;
	enum desk_kb kb;
	int rating;                              /* 1: its customers are asked how good the help was */
	int answer_hours;                        /* a customer who wrote hears from an agent within them; 0: nothing is promised */
};

/* Keys that sign tokens: the first signs, all verify (so that the key can be rotated without breaking what is in flight). */
#define DESK_KEY_SIZE 32
#define DESK_KEYS 8
struct desk_keys {
	unsigned char key[DESK_KEYS][DESK_KEY_SIZE]; size_t count;
	int64_t below[DESK_KEYS];                /* it speaks for tickets below that number alone, since a backup was restored; 0: for all */
};

/* The colours of mails and pages, "#rrggbb": of the button and its words, of links; the same on a dark ground (desk_brand.c). */
#define DESK_COLOUR 8
struct desk_colours { char button[DESK_COLOUR], text[DESK_COLOUR], link[DESK_COLOUR], dark_button[DESK_COLOUR], dark_text[DESK_COLOUR], dark_link[DESK_COLOUR]; };
/* From brand.colour; NULL or "": from the usual one. False: it is no "#rrggbb". */
bool desk_brand_colours(const char *text, struct desk_colours *colours);
double desk_contrast(const char *one, const char *other);        /* 1..21, as WCAG reckons it */

/* How the desk looks: the configuration's brand. */
struct desk_brand {
	const char *colour, *address, *logo_file;        /* "": none */
	const char *logo; size_t logo_size;      /* the picture's bytes; NULL: none */
	const char *logo_type;                   /* "image/png" ... */
	int logo_width, logo_height;             /* as it is shown */
};

struct ticket_facts;
struct desk_policy {
	const char *name, *domain, *language, *base_url;
	const char *separators;                  /* bytes that may stand between local part and token; the first is written */
	struct { struct desk_agent *at; size_t count; } agents;
	struct { struct desk_queue *at; size_t count; } queues;          /* the first is the triage queue */
	struct desk_keys keys;
	int reopen_days;                         /* a reply to a closed ticket within them reopens it */
	int remind_days, close_days;             /* of silence after "resolved": one reminder, then closed; 0: never */
	int link_days;                           /* links in mails are good that long */
	int thanks_hours;                        /* after "resolved", a mere thank-you leaves it so */
	int digest_hour;                         /* UTC hour of the agents' daily digest; -1: none */
	int acknowledgements_per_hour;           /* to one address */
	/* To addresses that proved nothing yet: to one within an hour, to one domain within an hour, to all within a minute. */
	int stranger_acknowledgements_per_day;   /* to one address that the mail in question did not prove */
	int stranger_acknowledgements_per_hour, stranger_acknowledgements_per_domain, stranger_acknowledgements_per_minute;
	int give_up_hours;                       /* outgoing mail is tried that long */
	int learn_tags, learn_priority;          /* 1: the classifier may give them to a new ticket */
	int kb_remind_hours, kb_end_hours;       /* of silence on a held request: one reminder (0: none), then `kb_silence` (0: never) */
	enum desk_silence kb_silence;
	enum desk_prove agents_prove;
	uint64_t attachment_bytes, attachments_bytes;    /* of a customer's files that come along with a notice: each, and all */
	int event_in_subject;                    /* 1: what happened stands before a notice's Subject, not in its From */
	int (*zone_offset)(const void *zone, int64_t ms);        /* seconds east of UTC, of the desk's zone then; NULL: UTC */
	const void *zone;
	/* By when a customer who writes at `from` is to hear from an agent, ms; 0: nothing is promised. NULL: queues[].answer_hours says it. */
	int64_t (*answer_due)(const void *promises, const struct ticket_facts *ticket, int64_t from);
	const void *promises;
	struct desk_brand brand;
	int kb_quiet_hours;                      /* who said that a suggestion did not help gets none that long */
};

const struct desk_agent *desk_agent_named(const struct desk_policy *policy, const char *name);       /* NULL: none */
const struct desk_agent *desk_agent_with_address(const struct desk_policy *policy, const char *address);
const struct desk_queue *desk_queue_named(const struct desk_policy *policy, const char *name);
const struct desk_queue *desk_queue_with_address(const struct desk_policy *policy, const char *address);
/* The same moment as a clock on the desk's wall shows it, counted as if it were UTC: what desk_date() is given. */
int64_t desk_local(const struct desk_policy *policy, int64_t ms);
/* "25 November 2026 10:31", in the desk's zone and one of the languages of the notices. */
const char *desk_time(struct arena *arena, const struct desk_policy *policy, int64_t ms, const char *language);
const char *desk_agents_language(const struct desk_policy *policy, const struct desk_agent *agent);       /* agent NULL: the desk's */
/* May this agent act on the ticket, and read it? Not of a list's row alone, which names no watchers. */
struct ticket_facts;
bool desk_may_act(const struct desk_policy *policy, const struct ticket_facts *ticket, const struct desk_agent *agent);
/* True for every address that leads to us: queues, their ticket and bounce addresses. */
bool desk_address_is_ours(const struct desk_policy *policy, const char *address);

/* ================================================================ tokens: who may speak on which ticket, signed */

/* One letter says what a token is good for. A token of one kind is never taken for another: the kind is signed too. */
enum token_kind {
	TOKEN_CUSTOMER = 'c',            /* ticket address of the customer's side: public text, customer's role */
	TOKEN_AGENT = 'a',               /* ticket address of one agent: answers the customer, commands */
	TOKEN_NOTE = 'n',                /* note address of one agent: never leaves the house */
	TOKEN_HOUSE = 'g',               /* ticket address of the mirror: any agent of its queue, from his own proved address, as TOKEN_AGENT */
	TOKEN_BOUNCE = 'b',              /* envelope sender of one outgoing mail */
	TOKEN_SELFTEST = 't',            /* a mail of `sportello selftest`: in its subject, its recipient, or its envelope sender; number says which */
	TOKEN_MAIL_TO_CUSTOMER = 'm',    /* Message-ID of a mail to the customer's side */
	TOKEN_MAIL_TO_AGENT = 'q',       /* Message-ID of a mail to one agent */
	TOKEN_SIDE = 'd',                /* address of a third party in a side conversation: number says which; nobody else's */
	TOKEN_SIDE_AGENT = 'f',          /* the same thread's address of one agent: what he writes goes to the third party */
	TOKEN_MAIL_TO_SIDE = 'e',        /* Message-ID of a mail to a third party */
	TOKEN_LINK_STATUS = 's',         /* page of the customer's side: state, public messages, words, rating */
	TOKEN_LINK_CONFIRM = 'y',        /* page "yes, it is solved" */
	TOKEN_LINK_REFUSE = 'z',         /* page "no, not yet" */
	TOKEN_LINK_HELP = 'h',           /* page "I still need help" */
	TOKEN_LINK_SOLVED = 'k',         /* page "this solved it" */
	TOKEN_LINK_ARTICLE = 'r'         /* an article as it was suggested for a request: reads, and shows the two buttons */
};
/* Where a kind stands, and whether no customer is to see it (desk_token.c has the table). */
enum { TOKEN_IN_ADDRESS = 1, TOKEN_IN_BOUNCE = 2, TOKEN_IN_MESSAGE_ID = 4, TOKEN_IN_LINK = 8, TOKEN_ANYWHERE = 15, TOKEN_OF_HOUSE = 16 };
bool desk_token_is(enum token_kind kind, unsigned what); /* any of these */
struct token {
	enum token_kind kind;
	int64_t ticket;
	int64_t number;                  /* outbox number, 0 where none belongs to the kind */
	uint32_t who;                    /* desk_who() of the agent or of the address it was made for; 0: all of that side */
};
/* Kind letter + base32 of (varint ticket, varint number, 4 bytes who, first 10 bytes of HMAC-SHA256): at most 41 characters. */
char *desk_token(struct arena *arena, const struct desk_keys *keys, const struct token *token);
bool desk_token_read(const struct desk_keys *keys, const char *text, size_t length, struct token *token);
uint32_t desk_who(const char *name_or_address);

/* What the subject of a mail of `sportello selftest` begins with; its token follows. */
#define SELFTEST_SUBJECT "Sportello selftest "
bool desk_selftest_read(const struct desk_policy *policy, const char *subject, struct token *token);

/* support@example.org + token -> support+TOKEN@example.org */
char *desk_token_address(struct arena *arena, const struct desk_policy *policy, const char *queue_address, const struct token *token);
/* <TICKET.TOKEN@domain>: plain, and dotted so that SpamAssassin's MSGID_RANDY does not match */
char *desk_message_id(struct arena *arena, const struct desk_policy *policy, const struct token *token);
bool desk_message_id_read(const struct desk_policy *policy, const char *message_id, struct token *token);

/* BASE_URL/l/TOKEN; number is the day (since 1970) after which it is too old. NULL: the desk has no base_url. */
char *desk_link(struct arena *arena, const struct desk_policy *policy, enum token_kind kind, int64_t ticket, const char *customer, int64_t now);
char *desk_link_token(struct arena *arena, const struct desk_policy *policy, enum token_kind kind, int64_t ticket, const char *customer, int64_t now);
enum link_class { LINK_UNKNOWN, LINK_TOO_OLD, LINK_GOOD };
enum link_class desk_link_read(const struct desk_policy *policy, const char *text, int64_t now, struct token *token);

/* A text, and the signature of its agent below it. */
#define DESK_SIGNED "%s\n\n-- \n%s"

enum address_class {
	ADDRESS_UNKNOWN,                 /* not ours: 550 5.1.1 */
	ADDRESS_QUEUE,                   /* a queue's own address, or with a detail that is no token */
	ADDRESS_TICKET,                  /* token of kind customer, agent or note */
	ADDRESS_BOUNCE
};
struct address_facts {
	enum address_class class;
	const struct desk_queue *queue;
	struct token token;
	bool bad_token;                  /* it looks like a token, but is not ours: taken as the queue's address, and said */
};
void desk_address(const struct desk_policy *policy, const char *address, struct address_facts *facts);

/* ================================================================ life of a ticket */

enum ticket_state { STATE_HELD, STATE_EXPIRED, STATE_NEW, STATE_OPEN, STATE_PENDING, STATE_RESOLVED, STATE_CLOSED, STATE_COUNT };
#define STATE_NAMES "held, expired, new, open, pending, resolved or closed"
const char *desk_ticket_state_name(enum ticket_state state);
const char *desk_state_word(enum ticket_state state, const char *language);   /* for a reader of one of the languages of the notices */
bool desk_ticket_state_parse(const char *name, enum ticket_state *state);

/* For whom a pending ticket waits. */
#define WAITING_CUSTOMER "customer"
#define WAITING_THIRD    "third-party"
#define WAITING_OURSELVES "ourselves"
#define WAITING_NAMES "customer, third-party or ourselves"
const char *desk_waiting_named(const char *name);        /* the name as it is kept; NULL: it is none */

/* The priorities, the lowest first. */
#define PRIORITY_COUNT 4
extern const char *const desk_priority_names[PRIORITY_COUNT];
#define PRIORITY_NAMES "low, normal, high or urgent"

enum ticket_event {
	EVENT_CUSTOMER_MAIL,             /* a person of the customer's side wrote */
	EVENT_AUTOMATIC_MAIL,            /* never changes anything */
	EVENT_AGENT_REPLY, EVENT_AGENT_NOTE, EVENT_ASSIGN, EVENT_PEND, EVENT_RESOLVE, EVENT_CLOSE, EVENT_REOPEN,
	EVENT_TIME_COME,                 /* pending time reached */
	EVENT_CONFIRMED, EVENT_NOT_SOLVED, EVENT_SILENCE,        /* of a resolved ticket */
	EVENT_STILL_NEED_HELP, EVENT_KB_SOLVED, EVENT_HELD_EXPIRED, EVENT_HELD_CREATE,
	EVENT_DONE,                      /* the customer says that it is solved, before anybody of ours does */
	EVENT_COUNT
};
const char *desk_ticket_event_name(enum ticket_event event);
/* The complete table. False: the event may not happen in that state (*next is the state itself). */
bool desk_ticket_transition(enum ticket_state state, enum ticket_event event, enum ticket_state *next);

/* ================================================================ evidence: which tickets a mail may belong to */

enum evidence_kind {                     /* in the order of their weight */
	EVIDENCE_NONE,
	EVIDENCE_ADDRESS_TOKEN,          /* signed ticket address in the envelope, To, Cc, Delivered-To */
	EVIDENCE_BOUNCE_ADDRESS,         /* the bounce address of one of our mails */
	EVIDENCE_MESSAGE_TOKEN,          /* a Message-ID that we signed */
	EVIDENCE_MESSAGE_ID,             /* a Message-ID that the store knows */
	EVIDENCE_SUBJECT_TOKEN,          /* [#12]: a hint only */
	EVIDENCE_MENTION                 /* named in an agent's command: looked up, never joined */
};
const char *desk_evidence_name(enum evidence_kind kind); /* "address-token", "message-id", "subject-token" ... */

struct clue {
	enum evidence_kind kind;
	struct token token;              /* for the signed kinds */
	const char *message_id;          /* EVIDENCE_MESSAGE_ID: to be looked up */
	int64_t ticket;                  /* 0: the store has to find it (message_id; outbox number for bounces) */
};
struct evidence {
	struct clue *at; size_t count;
	const char *answer_to;           /* whom an automatic answer would go to: From, or who stands in Reply-To; "": nobody */
	bool past;                       /* commands of an agent ask what was before: history and side conversations of the tickets are needed */
};

/* A text that agents send with /use, as its file says it: the words with variables and parts of templates, and what is done beside. */
struct saved_reply {
	const char *name, *language, *title;     /* language "": any; title "": none */
	const char *file, *text;
	const char *queue, *state;       /* "": stays; state "resolved", "closed", "pending" or "pending 3d" */
	struct strings tags;
	struct { struct saved_file *at; size_t count; } files;   /* of the folder of its name beside it: they go along */
};
struct saved_file { const char *path, *name; uint64_t size; };
#define SAVED_FILES "saved_files"        /* of a row that they go with: path and name, each on a line */
struct saved_replies {
	struct saved_reply *at; size_t count;
	struct template_file *parts; size_t part_count;      /* part-NAME.md beside them */
};
/* In that language, else in the desk's, else in any. NULL: there is none of that name. */
const struct saved_reply *desk_saved_reply(const struct saved_replies *replies, const char *name, const char *language, const char *fallback);
/* What is wrong with it: an unknown variable, a part that is not there, a queue, a state or a tag that cannot be. False: *error says it. */
bool desk_check_saved(struct arena *arena, const struct desk_policy *policy, const struct saved_replies *replies, const struct saved_reply *reply, struct error *error);
/* Markdown as one reads it: without its marks, the address of a link behind its words. */
char *desk_plain_markdown(struct arena *arena, const char *markdown);
/* Does the mail ask for one ("/use"), or for words that may have ("/send")? */
bool desk_asks_for_saved(struct arena *arena, const char *text);
/* Does it ask a third party (/ask)? */
bool desk_asks_third_party(struct arena *arena, const char *text);

/* Is it of an address at which agents write, and none of customers? */
bool desk_token_is_agents(enum token_kind kind);
/* The newest message that the notice with this token (agent, note, house) showed; 0: none, or the notice is of an older program. */
int desk_shown_seq(const struct token *token);
int desk_shown_side(const struct token *token);                          /* of TOKEN_SIDE_AGENT: the conversation */

/* One delivery of one mail to one recipient. */
struct incoming {
	const char *trace;               /* id that follows the mail in the log, [a-z0-9], at most 16 */
	const char *envelope_from;       /* "" for the null sender */
	const char *recipient;           /* as given, lower-cased */
	struct address_facts address;    /* of the recipient */
	const struct mail *mail;
	uint64_t size;
	int64_t received;                /* ms */
	struct strings known;            /* of an agent's mail: texts of the notices that it may quote, as they were sent */
	const struct saved_replies *replies;     /* of an agent's mail that asks for one; NULL: of any other */
	const char *house_file;          /* of an agent's mail: a file in it that holds an address which opens the house, or could not be looked through; NULL: none */
};
/* Does a text, or the bytes of a file, hold a signed address or Message-ID that is an agent's, or another ticket's? */
bool desk_holds_house_token(const struct desk_policy *policy, int64_t ticket, const char *text);
void desk_evidence(struct arena *arena, const struct desk_policy *policy, const struct incoming *incoming, struct evidence *evidence);
/* What makes two deliveries the same: 16 bytes over recipient, Message-ID and mail.body_digest. */
#define CLAIM_SIZE 16
void desk_claim(const struct incoming *incoming, unsigned char claim[CLAIM_SIZE]);

/* ================================================================ verdict: what the rules and the model say of a mail */

struct verdict_reason { const char *by, *what, *detail; };       /* by "rule", "keyword", "model", "address"; detail may be NULL */
struct verdict {
	const char *queue;               /* NULL: what the address says */
	const char *agent;               /* NULL: nothing said */
	TICKET_FIELDS(TICKET_FIELD_MEMBER)       /* the same */
	struct strings tags, notify;     /* notify: agents to be told at once */
	struct strings redirects;        /* passed on to these, no ticket */
	const char *reject;              /* NULL, or the words of 550 5.7.1 */
	bool discard;
	double confidence;               /* of the model, 0..1; negative: no model was asked */
	bool by_model;                   /* the queue is the model's, no rule's */
	const char *learned_tag, *learned_priority;      /* the model's, where no rule said any; NULL: none */
	double tag_confidence, priority_confidence;
	const char *hint, *hint_queue;   /* where the model did not decide: its best guesses for the agents' notice, and the first of them; or NULL */
	struct { struct verdict_reason *at; size_t count; } because;
	const char *trouble;             /* NULL, or why the rules could not be run: the mail goes where its address says, and it is noted */
};

/* ================================================================ facts: what the store knows, asked inside the write transaction */

enum participant_role {
	ROLE_CUSTOMER, ROLE_CC,          /* read what agents answer */
	ROLE_PROPOSED,                   /* was copied in a mail that proves no such right: an agent may let him in */
	ROLE_LEFT                        /* wants to hear no more: only his own mail, or an agent, brings him back */
};
const char *desk_participant_role_name(enum participant_role role);      /* "customer", "cc", "proposed", "left" */
struct participant {
	const char *address, *name;
	enum participant_role role;
	const char *answer_to;           /* where he wants answers, by the newest Reply-To that could speak for him; NULL or "": at his address */
};
const char *desk_answers_at(const struct participant *person);

/* What the knowledge base would suggest for a mail, the best first. */
#define DESK_ARTICLES 3
struct desk_article { const char *id, *language, *title, *excerpt; double score; };     /* language, excerpt "": none */
struct desk_articles { struct desk_article *at; size_t count; };
/* BASE_URL/kb/ARTICLE.LANGUAGE: the page of an article. NULL: the desk has no base_url. */
char *desk_article_link(struct arena *arena, const struct desk_policy *policy, const struct desk_article *article);

/* A request that the articles were asked about: what the customer was shown, and said to it. */
enum suggestion_shown {
	SUGGESTION_NEVER,                /* they were not asked, or there was nobody to be told */
	SUGGESTION_NOTHING,              /* no article was good enough: the desk kept silent */
	SUGGESTION_ACKNOWLEDGED,         /* shown with the acknowledgement */
	SUGGESTION_HELD                  /* shown before there was a ticket */
};
const char *desk_suggestion_shown_name(enum suggestion_shown shown); /* "nothing", "acknowledgement", "held" */
/* The last word about it; "" while there is none. */
#define OUTCOME_SOLVED   "solved"        /* the customer: this solved it */
#define OUTCOME_REFUSED  "refused"       /* the customer: I still need help */
#define OUTCOME_RETURNED "returned"      /* the customer came back without a word on the articles: no success, and no refusal */
#define OUTCOME_TAKEN    "taken"         /* held, and an agent took it first */
#define OUTCOME_SILENCE  "silence"       /* held, and the customer never answered: it became a ticket or expired */
struct suggestion {
	enum suggestion_shown shown;
	const char *outcome;
	bool stranger;                   /* nothing of the mail may be repeated to its sender: it may be forged */
	const char *question;            /* subject, newline, what the sender wrote; at most SUGGESTION_BYTES. Only in a plan */
	const char *language;            /* of the question; "": not known */
	struct desk_articles articles;   /* that were shown */
};
#define SUGGESTION_BYTES 4000            /* of a question that is kept: longer ones teach nothing more */

/* What a mail that proved nothing may cost its alleged sender: automatic mail of ours that repeats nothing of it. An agent's answer, and
 * a mail that proves its sender, free it; what is neither is the reason why no automatic mail may go out at all. */
#define VOICE_FREE    ""
#define VOICE_NEUTRAL "neutral"

/* What was before: newest first; and who ever had the ticket, and in which queues it was: they were told of it. */
struct past_change {
	int64_t at;
	const char *who, *why;
	enum past_kind { PAST_OTHER, PAST_REPLY, PAST_STATE, PAST_QUEUE, PAST_AGENT, PAST_FIELD, PAST_TAG, PAST_UNTAG, PAST_PENDING, PAST_CC, PAST_UNCC, PAST_LANGUAGE,
	       PAST_WATCH, PAST_UNWATCH } what;
	enum ticket_field field;
	const char *was, *now;
};
struct ticket_past {
	struct { struct past_change *at; size_t count; } changes;
	struct strings agents, queues;
};

/* A side conversation of a ticket: with one third party, whose address it is known by. */
struct side {
	int number;                      /* from 1, within the ticket */
	const char *address, *subject;   /* subject with its [#12]: never the customer's */
	const char *last_id;             /* Message-ID of the newest mail in it; "" */
};

struct ticket_facts {
	int64_t id;
	enum ticket_state state;
	const char *queue, *agent, *subject, *language;  /* agent "": none; language "": not known */
	bool language_kept;              /* somebody asked for that language: it does not follow what the customer writes */
	TICKET_FIELDS(TICKET_FIELD_MEMBER)       /* "" or NULL: not set */
	struct participant customer;
	struct { struct participant *at; size_t count; } participants;   /* with the customer; who reads, and may write */
	struct { struct participant *at; size_t count; } outside;        /* proposed, or left: named, but no readers */
	const char *voice;               /* what automatic mail its customer may be sent: VOICE_*, or why none; NULL as "" */
	int beyond;                      /* people whom the mail being decided on copied in beyond LIMIT_PARTICIPANTS */
	struct strings tags;
	struct strings watchers;         /* agents who hear of all that happens to it */
	int64_t created, updated, closed_at, pending_until;
	const char *waiting;             /* of a pending ticket, for whom: WAITING_*; "" or NULL: it is not pending */
	int next_seq;                    /* number of its next message */
	const char *last_customer_message_id;    /* for In-Reply-To; "" if none */
	struct strings message_ids;      /* the first and the newest, newest last, at most 10, for References */
	int64_t merged_into;             /* always resolved by the store: 0 in facts of a mail */
	int64_t resolved_at;             /* when it last became resolved; 0: never */
	bool queue_is_new;               /* the mail came to the own address of a queue that never had to do with this ticket */
	struct ticket_facts *beside;     /* a ticket linked with this one, in the queue that the mail was addressed to; NULL: none */
	int same_mail_seq;               /* message of this ticket that is the very mail being delivered (claim without recipient); 0: none */
	struct suggestion suggestion;    /* what was suggested, and said to it */
	int64_t rush_since;              /* when the customer's side wrote the tenth message from the end, ms; 0: fewer in the newest of all */
	struct strings told;             /* kinds of TIMER_COLLEAGUES that run */
	bool gathering;                  /* a timer will tell agents of what the customer's side writes */
	struct { struct side *at; size_t count; } sides;         /* the same */
	struct ticket_past past;         /* only where the evidence asks for it */
};

/* Who gets the next answer of an agent, the customer first: the one place that says so. */
struct ticket_reader {
	const char *address, *name, *why;        /* why: "customer", "takes part" ... */
	const struct participant *person;        /* whose address that is, or where he wants answers */
};
struct readers { struct ticket_reader *at; size_t count; };
void desk_readers(struct arena *arena, const struct ticket_facts *ticket, struct readers *readers);
/* The address of the house for message `seq` of a ticket, as the mirror shows it: an answer to it is one to a notice of that message. */
char *desk_house_address(struct arena *arena, const struct desk_policy *policy, const struct ticket_facts *ticket, int seq);
/* The same of a message of a side conversation: what an agent writes there goes to the third party, never to the customer. */
char *desk_side_house_address(struct arena *arena, const struct desk_policy *policy, const struct ticket_facts *ticket, int side, int seq);

/* What proves that the owner of From wrote a mail: what our own mail server found. Only PROOF_PASS proves anything. */
enum proof_kind {
	PROOF_SILENT,                    /* our mail server put no result, or none is configured to be believed */
	PROOF_NONE,                      /* it has looked, and the domain of From says nothing of itself, nor does anything else */
	PROOF_ALIGNED,                   /* no DMARC record, but DKIM or SPF of From's own domain, or the submission's login, passed */
	PROOF_PASS,                      /* DMARC pass of the domain of the one and only From */
	PROOF_FAILED                     /* anything else: fail, permerror, temperror, several From, results that contradict each other */
};
struct proof { enum proof_kind kind; const char *why; };         /* why: in words, "" for PROOF_SILENT */
struct proof desk_proof(struct arena *arena, const struct mail *mail);
/* May an agent's mail with this proof count, together with the agent's own token and address? NULL: yes; else why not. */
const char *desk_agent_not_proved(struct arena *arena, const struct desk_policy *policy, const struct mail *mail);

struct agent_load {
	const char *agent;
	int open;                        /* tickets new, open or pending */
	int weight;                      /* the same, by priority: low 1, normal 2, high 4, urgent 8 */
	int64_t last_assigned;           /* number that grows with each assignment of the desk; 0: never */
};
struct agent_loads { struct agent_load *at; size_t count; };

struct clue_facts { const struct clue *clue; struct ticket_facts *ticket; };     /* ticket NULL: leads nowhere */

struct bounced_mail {                    /* the outgoing mail a bounce address belongs to */
	int64_t outbox; int64_t ticket;
	const char *template;            /* which notice it was */
	const char *to;                  /* its first recipient */
	struct strings recipients;       /* all of them */
	const char *subject;
	bool proved;                     /* the report came to this mail's own bounce address; else it only quotes its Message-ID, as anybody can who saw it */
	bool to_agent, known;            /* known: it is marked as bounced already */
	const char *agent, *variables;
	int about_seq;
};

/* What a mail to an agent's own address has to reckon with. */
struct later_words { int seq; bool answer; const char *agent, *text; };  /* an answer or note that came after the message shown; text bounded */
struct draft {                           /* an agent's words that came back to him */
	int64_t ticket; int seq;
	const char *agent, *text;        /* text with commands; NULL: none was kept */
	bool sent;                       /* by a later /send */
};
#define FLAGS_COMMANDS "commands only"
#define FLAGS_NOT_SENT "not sent: "
#define FLAGS_SENT_DRAFT "with /send, the words of message "     /* then its number */

struct sibling { int64_t ticket; const char *queue; };

/* What becomes of mails of a sender whom an agent marked as spam: kept, told to nobody; those that prove him, too, only if the marked one did. */
enum { SPAM_NOT, SPAM_UNLESS_PROVED, SPAM_EVEN_PROVED };
#define SPAM_TAG "spam"          /* of tickets that were marked so, or came so */

/* An agent who said that he is away. */
#define AWAY_OPEN INT64_MAX      /* until he is back */
struct away { const char *agent; int64_t until; };

/* What an address would be, if a mail proved that it is from there. */
struct standing {
	int64_t customer;                /* 0: nobody is known there */
	bool vip;                        /* he is, or his organisation is while its contract lasts */
	const char *organisation, *level;        /* ""; level "": none, or the contract is over */
	int64_t ended;                   /* when the contract of the organisation was over, ms; 0: it is not */
};
bool desk_has_standing(const struct standing *standing);         /* is there anything in it? */
/* Does this mail prove that its From may have what its address has? found: the clue that it joined by; NULL: none. */
bool desk_proves_standing(struct arena *arena, const struct mail *mail, const struct clue_facts *found);

struct facts {
	int64_t now;                     /* ms */
	int64_t next_ticket, next_outbox;        /* numbers that will be given */
	struct { struct clue_facts *at; size_t count; } clues;   /* as evidence, same order */
	struct { struct later_words *at; size_t count; } later;  /* for an agent's token: the newest of each writer, newest first */
	struct { struct draft *at; size_t count; } drafts;       /* for an agent's token: that of the message shown, else the newest since; one an agent */
	struct bounced_mail *bounced;    /* NULL: none */
	struct side *side;               /* that the mail's signed address is of; NULL: none. Its ticket may have been merged since */
	struct ticket_facts *ticket;     /* for actions: the ticket they are about; NULL: no such ticket */
	struct ticket_facts *other;      /* for merge: the ticket to merge into; NULL: no such ticket */
	struct new_message *message;     /* for split: the message that is taken out; NULL: no such message */
	bool customer_told;              /* for timers: a mail of ours on this ticket has reached the customer's mail server */
	int last_words;                  /* for timers: the newest message that the customer's side wrote; 0: none */
	const char *closed_by, *taken_by;        /* for TIMER_COLLEAGUES: who last changed the state, and the agent; NULL: nobody did */
	int gathered;                    /* for TIMER_GATHERED: messages of the customer's side from its number on */
	int stars;                       /* for pages: the rating that there is; 0: none */
	bool words_known;                /* for pages: these very words are a message of the ticket already */
	struct { struct sibling *at; size_t count; } siblings;   /* tickets made of this very mail for other recipients, each once */
	bool ordered;                    /* this very mail came by another address of ours, and its commands were carried out, or refused */
	int sender_spam;                 /* SPAM_* of From */
	int asked_last_hour;             /* answers to unproved commands in From's name, and such mails that had none */
	int asked_before;                /* the same of the last hour in which there were any, if that is over */
	struct { struct away *at; size_t count; } away;          /* agents who are, or were */
	struct standing standing;        /* of From, proved or not */
	bool sender_known;               /* has written before */
	bool answer_proved;              /* who reads mail at evidence.answer_to has written to us: authenticated once, or with a token of ours */
	bool sender_bouncing;            /* mail to evidence.answer_to (for actions, pages: to the customer) came back within a week */
	const char *sender_language;     /* remembered; "" */
	int acknowledgements_last_hour;  /* to evidence.answer_to */
	int acknowledgements_last_day;   /* to evidence.answer_to */
	int acknowledgements_domain;     /* to strangers of its domain, within the hour */
	int acknowledgements_minute;     /* to strangers at all, within the minute */
	const struct verdict *verdict;   /* of rules and model; NULL: none was asked */
	struct agent_loads loads;                        /* of the queue's agents, where the queue assigns; else empty */
	const char *last_agent;          /* who had this customer's newest ticket; "" */
	int64_t sender_refused_at;       /* when the reader of evidence.answer_to last said that a suggestion did not help, ms; 0: never */
	int utc_offset;                  /* minutes east, of the desk's local time: for working hours */
	struct suggestion suggestion;    /* what the articles say to a mail: shown SUGGESTION_NEVER, SUGGESTION_NOTHING, or as its queue wants it */
};

/* ================================================================ plan: what is to be done, in order */

struct new_ticket {
	enum ticket_state state;
	const char *queue, *agent, *priority, *subject, *language;
	const char *voice;               /* as in ticket_facts; NULL as "" */
	const char *vip, *organisation, *level;  /* what its mail proved; NULL as "" */
	struct participant customer;
};

enum message_kind { MESSAGE_REQUEST, MESSAGE_REPLY, MESSAGE_NOTE, MESSAGE_AUTO_REPLY, MESSAGE_BOUNCE, MESSAGE_NOTICE,
                    MESSAGE_SIDE_OUT, MESSAGE_SIDE_IN /* between us and a third party: no customer reads them */ };
const char *desk_message_kind_name(enum message_kind kind);
/* No customer reads it: a note, and whatever stands behind the notices (what is said beside the customer's conversation). */
static inline bool message_kind_is_inside(enum message_kind kind) { return kind == MESSAGE_NOTE || kind > MESSAGE_NOTICE; }
bool desk_message_kind_parse(const char *name, enum message_kind *kind);

struct new_message {
	int seq;                         /* within the ticket, from 1 */
	enum message_kind kind;
	bool out;                        /* direction */
	bool raw;                        /* the mail being delivered is its raw mail; text and attachments are derived from that */
	struct mail_address from;
	struct strings to;
	int64_t date;                    /* ms */
	const char *message_id;          /* NULL: none */
	const char *text;                /* where there is no raw; for notices NULL: rendered from the outbox row */
	const char *agent;               /* who of us wrote it; "" */
	const char *proved;              /* by what its sender proved to be himself: "DMARC pass", "the ticket's address"; NULL or "": by nothing */
	const char *flags;               /* words for the reader: "from another address", "sender not authenticated"; "" */
	int64_t outbox;                  /* for kind notice and replies that go out; 0 */
	int side;                        /* of MESSAGE_SIDE_*: which conversation */
	int64_t raw_ticket; int raw_seq; /* its raw mail is that of this message; 0: none */
	int64_t copy_ticket; int copy_seq;       /* split: raw mail, sender and date are those of that message; 0: none */
};

/* A mail to be sent. Rendered to bytes when it is sent, always to the same bytes: everything that varies is in here. */
struct outgoing {
	int64_t id;                      /* facts.next_outbox, and up */
	const char *trace;               /* of the mail that caused it */
	int64_t ticket;
	const char *template;            /* "received", "new", "answered", "reply" ... the file name in conf/templates */
	const char *language;
	const char *queue;
	const char *agent;               /* whom it is for (to_agent) or who writes (reply) */
	bool to_agent;
	bool automatic;                  /* Auto-Submitted and no vacation loops; false: an agent's words */
	bool stranger;                   /* counted in the budgets of strangers; set by the store */
	struct mail_address from;
	struct mail_addresses to, cc;
	const char *reply_to;
	const char *envelope_from;       /* bounce address */
	const char *message_id, *in_reply_to;
	struct strings references;
	const char *subject;             /* the ticket's subject with its [#12], "Re: " where fitting */
	int64_t date;
	int seq;                         /* its own message in the ticket; 0: none (agents' notices) */
	int about_seq;                   /* message of the ticket whose text or attachments it carries; 0: none */
	int64_t raw;                     /* template "redirect": the raw mail that is passed on as it is; set by the store */
	const char *variables;           /* record (base.h) of further template variables */
};
void desk_outgoing_write(struct buffer *out, const struct outgoing *outgoing);   /* as a record, for one database column */
enum status desk_outgoing_read(struct arena *arena, const char *record, struct outgoing *outgoing);

enum effect_kind {
	EFFECT_CREATE_TICKET,            /* ticket, create */
	EFFECT_APPEND_MESSAGE,           /* ticket, message */
	EFFECT_SET_STATE,                /* ticket, from -> to */
	EFFECT_SET_QUEUE, EFFECT_SET_AGENT,      /* ticket, from -> to ("" for nobody); number 1: the queue's turn */
	EFFECT_SET_FIELD,                /* ticket, field: a simple one, from -> to */
	EFFECT_ADD_TAG,                  /* ticket, to */
	EFFECT_REMOVE_TAG,               /* ticket, to */
	EFFECT_WATCH, EFFECT_UNWATCH,    /* ticket, to: an agent */
	EFFECT_SET_PENDING,              /* ticket, number: ms; to: WAITING_* */
	EFFECT_LINK,                     /* ticket <-> number, both ways */
	EFFECT_MERGE,                    /* ticket into number; 0: no longer into any */
	EFFECT_SIDE,                     /* ticket, number: a side conversation begins, to: with whom, from: its subject */
	EFFECT_ADD_PARTICIPANT,          /* ticket, participant */
	EFFECT_REMOVE_PARTICIPANT,       /* ticket, to: address */
	EFFECT_ANSWER_TO,                /* ticket, from: who takes part, to: where he wants answers from now on */
	EFFECT_SET_TIMER,                /* ticket, to: kind (TIMER_*), number: due, ms; one of that kind that runs stays as it is */
	EFFECT_CLEAR_TIMERS,             /* ticket: all of it */
	EFFECT_RATE,                     /* ticket, number: 1..5, to: words */
	EFFECT_ROUTED,                   /* ticket, to: queue that the model chose, number: its confidence, of 10,000 */
	EFFECT_SUGGESTION,               /* ticket, asked: articles were looked for, and shown or not */
	EFFECT_OUTCOME,                  /* ticket, to: OUTCOME_*; from: the article it is about, "" for all that were shown, or none in particular */
	EFFECT_LEARNED,                  /* ticket, from: "tag" or a simple field ("priority"), to: what the model gave it, number: its confidence, of 10,000 */
	EFFECT_SET_LANGUAGE,             /* ticket, from -> to */
	EFFECT_SET_VOICE,                /* ticket, to: what automatic mail its customer may be sent from now on */
	EFFECT_WARNED,                   /* ticket, from: a clock of its promise, number: when that began, seconds; to: the step that is taken */
	EFFECT_REMARK,                   /* ticket, to: a line of history that changes nothing else */
	EFFECT_ENQUEUE,                  /* outgoing */
	EFFECT_MAIL_BOUNCED,             /* number: outbox, to: recipient, why: diagnostic. Marks row and address */
	EFFECT_SPAM,                     /* ticket, to: its sender ("": nobody is marked), number: SPAM_* from now on */
	EFFECT_AWAY,                     /* to: an agent; number: until when, ms, AWAY_OPEN, or 0: he is back */
	EFFECT_COUNT_ASKED,              /* to: address; number: answers to commands in its name that nothing proved, or 1 for none */
	EFFECT_COUNT_ACKNOWLEDGEMENT,    /* to: address; number 1: a stranger, who counts for all others too */
	EFFECT_PROVE_ADDRESS,            /* to: address. Its owner wrote this very mail */
	EFFECT_MAIL_ARRIVES,             /* to: address. Its owner has mail of ours, so it does not come back any more */
	EFFECT_DISPOSITION               /* to: its name; ticket, number: message seq; exactly one in the plan of a mail */
};

/* The languages that the desk itself speaks, English first. */
#define DESK_LANGUAGES 5
bool desk_is_language(const char *language);      /* one of ours */
size_t desk_language_number(const char *language);       /* 0 also for others */

/* The fields of a ticket that are one value each (desk_field_table.c). */
struct effect;
enum field_type { FIELD_WORD, FIELD_STATE, FIELD_WORDS, FIELD_TIME, FIELD_FLAG /* "yes" or "" */ };
struct query;
struct desk_field {
	const char *name;                /* in JSON, and in the plan */
	const char *query;               /* its key in a query; NULL: it is not asked for */
	const char *label;               /* on the ticket's page; NULL: it has no line of its own there */
	enum field_type type;
	size_t offset;                   /* in struct ticket_facts */
	const char *nobody;              /* what a person reads where it is empty; NULL: nothing */
	bool null;                       /* in JSON, if it is empty */
	enum effect_kind effect;         /* what changes it; EFFECT_CREATE_TICKET: nothing does after that */
	/* of the simple ones (fields.h), EFFECT_SET_FIELD; of others nothing: */
	enum ticket_field simple;
	size_t ruled;                    /* offset in struct verdict */
	const char *const *words;        /* all that it may be, the least first, which is their order; NULL: any one word */
	size_t count;
	const char *wanted;              /* the same, for people */
	bool proved;                     /* it says what a mail proved: no rule and no command sets it */
	const char *labels[DESK_LANGUAGES];      /* in the agents' notices; NULL: those are silent about it */
};
extern const struct desk_field desk_fields[];    /* ends with a NULL name */
const struct desk_field *desk_field_asked(const char *key);      /* NULL: none has this key in a query */
/* What is wrong with the values of a query that was read: a state that is none, and what there is; NULL: nothing (desk_query.c). */
const char *desk_query_problem(struct arena *arena, const struct query *query);
const struct desk_field *desk_field_named(const char *name, size_t length);      /* a simple one; NULL: none is called so */
const struct desk_field *desk_field_simple(enum ticket_field field);
const struct desk_field *desk_field_changed(const struct effect *effect);
/* `word` as a simple field keeps it; NULL: it does not take it. */
const char *desk_field_kept(const struct desk_field *field, const char *word);
/* Its place in the order of tickets: of closed words as they stand, else as the alphabet has it. Below 0: a comes first. */
int desk_field_compare(const struct desk_field *field, const struct ticket_facts *a, const struct ticket_facts *b);
const char **desk_field_ruled(struct verdict *verdict, const struct desk_field *field);        /* what rules say of a simple one */
/* "Label: value; Label: value" of those simple fields that notices tell of and that are set; "": none is. */
const char *desk_field_lines(struct arena *arena, const struct desk_field *fields, const struct ticket_facts *facts, const char *language);
const char *desk_field_word(const struct ticket_facts *facts, const struct desk_field *field);           /* FIELD_WORD, FIELD_FLAG, FIELD_STATE */
const struct strings *desk_field_words(const struct ticket_facts *facts, const struct desk_field *field);        /* FIELD_WORDS */
int64_t desk_field_time(const struct ticket_facts *facts, const struct desk_field *field);               /* FIELD_TIME */
bool desk_field_is(const struct ticket_facts *facts, const struct desk_field *field, const char *value);

struct effect {
	enum effect_kind kind;
	int64_t ticket;
	int64_t number;
	const struct desk_field *field;
	const char *from, *to;
	const char *why;                 /* goes to the history */
	struct new_ticket *create;
	struct new_message *message;
	struct outgoing *outgoing;
	struct participant *participant;
	struct suggestion *suggestion;
};

/* What came of one clue of a mail, in words. */
struct clue_word { const struct clue *clue; int64_t ticket /* 0: none */; bool joined; const char *why; };

struct plan {
	struct arena *arena;
	const char *who;                 /* address, agent name, "desk", "timer": who of the history */
	struct effect *at; size_t count;
	enum evidence_kind evidence;     /* how the ticket was found */
	struct { struct clue_word *at; size_t count; } clues;    /* of a mail: each clue, and why it joined or not */
	int64_t ticket;                  /* the ticket it is about; 0: none */
	enum mail_kind kind;             /* of the mail, as finally judged */
	bool over_budget;                /* an acknowledgement was withheld because there were too many */
};
void desk_plan_init(struct plan *plan, struct arena *arena, const char *who);
bool desk_plan_has(const struct plan *plan, enum effect_kind kind);
/* The clue that the mail joined by, else the first that led to a ticket; NULL: none did. */
const struct clue_word *desk_plan_clue(const struct plan *plan);
/* One line an effect, as `explain`, the log and the golden tests show it. */
void desk_plan_print(const struct plan *plan, struct strings *lines);

/* The remark of a ticket whose mail got no acknowledgement; `why` says why. */
#define REMARK_UNACKNOWLEDGED "no acknowledgement"

/* The dispositions, all of them. */
#define DISPOSITION_TICKET   "ticket"            /* opened a ticket */
#define DISPOSITION_JOINED   "joined"            /* a message of an existing ticket */
#define DISPOSITION_AUTOMATIC "automatic"        /* automatic mail kept on its ticket, or on one of its own */
#define DISPOSITION_BOUNCE   "bounce"            /* a bounce kept on the ticket of the mail that bounced */
#define DISPOSITION_LOOP     "loop"              /* our own mail coming back: kept, nothing done */
#define DISPOSITION_COMMAND_ERROR "command-error"        /* an agent's mail with a wrong command: answered, nothing sent on */
#define DISPOSITION_COMMANDS "commands"          /* an agent's mail of commands alone: carried out, and answered */
#define DISPOSITION_REJECTED "rejected"
#define DISPOSITION_DISCARDED "discarded"
#define DISPOSITION_REDIRECTED "redirected"
#define DISPOSITION_SELFTEST "selftest"          /* a mail of `sportello selftest`: kept, nothing done */
#define DISPOSITIONS 11
enum { DISPOSITION_KEEPS_OUT = 1 };      /* a rule's: no ticket has it, and none is opened */
struct desk_disposition { const char *name; unsigned what; };
extern const struct desk_disposition desk_dispositions[DISPOSITIONS];
int desk_disposition_named(const char *name);    /* DISPOSITIONS: there is none */
/* All of them, with a blank on each side, for a statement of the store. */
#define DISPOSITION_WORDS " " DISPOSITION_TICKET " " DISPOSITION_JOINED " " DISPOSITION_AUTOMATIC " " DISPOSITION_BOUNCE " " DISPOSITION_LOOP " " \
	DISPOSITION_COMMAND_ERROR " " DISPOSITION_COMMANDS " " DISPOSITION_REJECTED " " DISPOSITION_DISCARDED " " DISPOSITION_REDIRECTED " " DISPOSITION_SELFTEST " "

/* The clue of a mail to an agent's own address: by the envelope, or by the header where the mail server cut the token off. NULL: none. */
const struct clue_facts *desk_agents_clue(const struct facts *facts);

/* True while no agent was ever told of the ticket: it is held, was, or was solved by an article. When it comes to them it is given out, and
 * facts.loads are needed. */
bool desk_is_unseen(const struct ticket_facts *ticket);

/* ================================================================ decisions */

/* The whole of what happens to one delivery. Never fails: the worst mail becomes a ticket. */
void desk_decide_mail(const struct desk_policy *policy, const struct incoming *incoming, const struct facts *facts, struct plan *plan);

/* What an agent (command line, mail command) or a page asks for. */
enum action_kind {
	ACTION_REPLY, ACTION_NOTE, ACTION_NEW, ACTION_ASSIGN, ACTION_QUEUE, ACTION_SET_FIELD, ACTION_TAG, ACTION_UNTAG, ACTION_PEND,
	ACTION_CC, ACTION_UNCC, ACTION_WATCH, ACTION_UNWATCH, ACTION_LANGUAGE, ACTION_UNDO,
	ACTION_USE, ACTION_ASK, ACTION_SHOW, ACTION_LIST, ACTION_SEARCH, ACTION_FILES, ACTION_HELP,    /* an agent's mail alone: they change nothing, and are answered */
	ACTION_AWAY,                     /* of no ticket */
	ACTION_RESOLVE, ACTION_CLOSE, ACTION_REOPEN, ACTION_SPAM, ACTION_MERGE, ACTION_SPLIT
};
struct action {
	enum action_kind kind;
	const char *who;                 /* agent name, or "admin" for the command line without --as */
	const char *argument;            /* agent, queue, tag, address, language, a field's word; "" */
	const struct desk_field *field;  /* ACTION_SET_FIELD */
	const char *waiting;             /* ACTION_PEND: WAITING_*; NULL: the customer */
	int64_t until;                   /* ACTION_PEND: ms; ACTION_AWAY: ms, AWAY_OPEN, 0 for back; ACTION_MERGE: ticket to merge into; ACTION_SPLIT: message number */
	const char *text;                /* words for the customer (or of the note); "" */
	const char *to, *to_name, *subject;      /* ACTION_NEW; queue in argument; to_name NULL: none */
	const char *trace;
	int64_t ticket;                  /* that an agent's mail names behind the command; 0: the one that the mail is about */
	const char *line;                /* of that mail */
	bool raw;                        /* ACTION_ASK: the words came by that mail, whose files go along */
	const char *undone;              /* ACTION_UNDO, ACTION_AWAY, once it is done: what was taken back, or is so now */
};
/* STATUS_NOT_FOUND: no such ticket, agent, queue. STATUS_REFUSED: not in this state. STATUS_BAD_INPUT: unusable text or address. */
enum status desk_decide_action(const struct desk_policy *policy, const struct action *action, const struct facts *facts,
                               struct plan *plan, struct error *error);

/* The commands of agents (desk_command_table.c): of their mails, and those of the command line that do the same. */
enum {
	COMMAND_IN_NOTICES = 1,          /* named below each notice; the others by /help */
	COMMAND_TELLS = 2,               /* changes nothing: is answered */
	COMMAND_OF_NO_TICKET = 4,        /* acts on none */
	COMMAND_ARGUMENT_IS_TICKET = 8,  /* the number of the one it is about, which may be left out where the mail is about one */
	COMMAND_MAY_STAND_ALONE = 16,    /* its argument may be left out */
	COMMAND_BARE_NUMBER = 32,        /* a number behind it is a ticket's without its mark, too */
	COMMAND_NEEDS_PROOF = 64,        /* tells more than a forged mail may bring an agent: only to who is proved */
	COMMAND_WITH_ANSWER = 128        /* above an answer it is a part of it: nothing is said of it then */
};
struct desk_command {
	const char *name, *argument;     /* argument NULL: it stands alone */
	enum action_kind kind;
	unsigned what;
	const char *help[DESK_LANGUAGES];
	const char *done[DESK_LANGUAGES];        /* what the writer hears when it is done; {1}: the argument. NULL: nothing */
	const char *line;                /* what the command line calls it, if not the same; "": nothing, it is for mails alone */
};
const struct desk_command *desk_command_at(size_t number);       /* from 0; NULL: there are no more */
const char *desk_command_line_name(const struct desk_command *command);
/* The simple field that a command of ACTION_SET_FIELD sets: its name is the command's. NULL: it is another command. */
const struct desk_field *desk_command_field(const struct desk_command *command);
/* The commands of agents' mails, one a line: the usual ones as they are written; with a language, all of them, and what each does. */
const char *desk_command_lines(struct arena *arena, const char *language);

/* What a customer did on a page. */
enum page_kind { PAGE_CONFIRM, PAGE_REFUSE, PAGE_WORDS, PAGE_RATE, PAGE_HELP, PAGE_SOLVED, PAGE_DONE, PAGE_LANGUAGE };
struct page_act {
	enum page_kind kind;
	const char *words;               /* "" if none; bounded by the caller */
	int stars;                       /* PAGE_RATE: 1..5 */
	const char *article;             /* PAGE_SOLVED: which one solved it; "" none in particular */
	const char *language;            /* PAGE_LANGUAGE: the one that is asked for, of those that the pages speak; NULL: none of them */
	const char *trace;
};
/* STATUS_OK with an empty plan: it is so already. STATUS_REFUSED: no longer possible in this state. */
enum status desk_decide_page(const struct desk_policy *policy, const struct page_act *act, const struct facts *facts,
                             struct plan *plan, struct error *error);

/* Timers: one row each in the store, set and cleared by plans, fired once. */
#define TIMER_PENDING "pending"                  /* pending time reached */
#define TIMER_ANSWER  "answer"                   /* a customer wrote, and nobody answered within queue.answer_hours */
#define TIMER_REMIND  "remind"                   /* resolved, and silence */
#define TIMER_CLOSE   "close"                    /* ... and still silence */
#define TIMER_HELD_REMIND "held-remind"          /* held, and silence */
#define TIMER_HELD_END "held-end"                /* ... and still silence */
#define TIMER_GATHERED "gathered "               /* with the number of the first message that agents were not told of at once */
#define TIMER_COLLEAGUES "colleagues "           /* with an agent who was told of colleagues, the newest message then, the state and the ticket's agent: for
                                                  * a minute he is not told again, then of all that happened at once */
/* That newest message, of a timer's kind; -1: it is another timer. */
int desk_told_until(const char *timer);
/* That message, of a timer's kind; 0: it is another timer. */
int desk_gathered_from(const char *timer);
void desk_decide_timer(const struct desk_policy *policy, const char *timer, const struct facts *facts, struct plan *plan);

/* The ticket's agent is no longer in the configuration: it goes back to its queue, which is told. */
void desk_decide_gone(const struct desk_policy *policy, const struct facts *facts, struct plan *plan);

/* The daily digest for one agent: lines of open and waiting tickets, made by the caller from the store. */
void desk_decide_digest(const struct desk_policy *policy, const struct desk_agent *agent, const char *lines, const struct facts *facts,
                        struct plan *plan);

/* A step of a promise that is taken now (desk_promise.c). */
enum desk_tell { DESK_TELL_AGENT, DESK_TELL_QUEUE, DESK_TELL_SUPERVISOR };        /* as enum sla_tell */
struct desk_step { const char *clock, *text; int64_t started, due; enum desk_tell tell; const char *priority; bool late; };      /* started: seconds; due: ms */
struct desk_steps { struct desk_step *at; size_t count; };
/* Who is told of them, each once. */
void desk_step_agents(const struct desk_policy *policy, const struct facts *facts, const struct desk_steps *steps, struct arena *arena, struct strings *names);
/* Those in `listed` are told in another way (desk_decide_list), together with other tickets. */
void desk_decide_steps(const struct desk_policy *policy, const struct desk_steps *steps, const struct strings *listed, const struct facts *facts, struct plan *plan);
/* A mail of lines to one agent, of no ticket: "agent-digest", "agent-promises", "agent-report", "agent-contracts". */
void desk_decide_list(const struct desk_policy *policy, const char *template, const struct desk_agent *agent, const char *lines, const struct facts *facts, struct plan *plan);

/* An outgoing mail was refused for good or given up: who is to be told. */
void desk_decide_undeliverable(const struct desk_policy *policy, const struct outgoing *outgoing, const char *recipient,
                               const char *reply, const struct facts *facts, struct plan *plan);

/* A mail that brought an agent files of a ticket was sent, and there are more than it holds: the next one, as long as there may be one. */
void desk_decide_more_files(const struct desk_policy *policy, const struct outgoing *outgoing, const struct facts *facts, struct plan *plan);

/* "25 November 2026 at 18:00 (UTC+1)", as a customer may be promised it. */
const char *desk_moment(struct arena *arena, const struct desk_policy *policy, int64_t ms, const char *language);
/* "25 November 2026" of desk_local(), in one of the languages of the notices (English for others). */
const char *desk_date(struct arena *arena, int64_t ms, const char *language);

/* Who gets a new ticket of the queue. NULL: nobody (the agents take it themselves); *why says how it came, for the history.
 * Agents on leave, out of hours or at their limit are passed over; where a tag of the ticket is a skill that somebody in the queue has,
 * only those who have it count. Round robin: who was given none the longest. Least loaded: least weight, then round robin. Sticky:
 * who had this customer last, else least loaded. */
const struct desk_agent *desk_assign(struct arena *arena, const struct desk_policy *policy, const struct desk_queue *queue,
                                     const struct facts *facts, const struct strings *tags, const char **why);
/* For the configuration: false and *problem if it cannot be understood. */
bool desk_check_leave(const char *leave, const char **problem);
bool desk_check_hours(const char *hours, const char **problem);

/* ================================================================ retry policy of the outbox */

/* ms to wait after the n-th failed attempt (from 1): 1 min, doubling to 1 h at most, with up to a tenth of spread made from `seed`. */
int64_t desk_retry_delay(int attempts, uint64_t seed);

/* ================================================================ notices: words around a ticket, from templates */

/* The mails that the desk sends, all of them (desk_notice_table.c). */
enum notice_reader { NOTICE_TO_CUSTOMER, NOTICE_TO_AGENT };
enum {
	NOTICE_IF_NAMED = 1,             /* only queues that name it send it */
	NOTICE_AGENTS_WORDS = 2,         /* carries what an agent wrote */
	NOTICE_ANSWERS_MAIL = 4,         /* answers a mail that just came (RFC 3834: auto-replied) */
	NOTICE_OWN_SUBJECT = 8,          /* has a Subject of its own, with nothing of the ticket's in it */
	NOTICE_ASKS_IF_SOLVED = 16,      /* has the two links of it */
	NOTICE_PROMISES = 32,            /* says by when an agent will answer */
	NOTICE_OF_HELD = 64,             /* about the articles that a held request was answered with */
	NOTICE_TELLS_END = 128,          /* ... says what becomes of it without a word */
	NOTICE_OFFERS_HELP = 256,        /* ... has the link "I still need help" */
	NOTICE_HANDS_OVER = 512,         /* shows the ticket's earlier messages */
	NOTICE_COPY_WILL_DO = 1024,      /* an agent who surely had a copy of the mail that it is about needs none */
	NOTICE_EXPLAINS_COMMANDS = 2048,
	NOTICE_OF_NO_TICKET = 4096,
	NOTICE_ANSWERS_COMMANDS = 8192,  /* what an agent asked for: no queue switches it off */
	NOTICE_CARRIES_FILES = 16384,    /* the files of the message that it is about come along */
	NOTICE_BRINGS_FILES = 32768,     /* is there for a ticket's files, which an agent asked for; the next brings the rest */
	NOTICE_ASKS_RATING = 65536       /* of a request that is over: asks how good the help was */
};
#define HISTORY_DASH "\xE2\x80\x94 "            /* begins the line that says who wrote an earlier message, and when */
struct desk_notice { const char *name; enum notice_reader to; unsigned what; };
extern const struct desk_notice desk_notices[];          /* ends with a NULL name */
/* What a mail to an agent tells of: for its header, and in the languages of the desk (desk_news.c). NULL: it has no word for it. */
struct desk_news { const char *event, *words[DESK_LANGUAGES]; };
const struct desk_news *desk_news(struct arena *arena, const char *template, const char *variables);
const struct desk_notice *desk_notice_named(const char *name);   /* NULL: there is none */
bool desk_notice_is(const char *name, unsigned what);    /* any of these; false: or there is none of that name */

struct template_file { const char *language, *name, *format; const char *text; };        /* format "txt" or "html" */
/* ready: what desk_templates_ready() found out about each; NULL: nobody did, and each mail does anew. */
struct template_set { const struct template_file *at; size_t count; const struct template_ready *ready; };
struct template_set desk_templates_ready(struct arena *arena, const struct template_file *at, size_t count);
extern const struct template_file builtin_templates[];           /* generated from conf/templates; ends with a NULL language */

/* Looks in `own` (may be NULL) first, then in the built-in ones; language, then `fallback`, then "en". Variables come as a
 * record. Text: lines; the first line of a .txt is "Subject: ...". html is "" if there is no html template. A value text_html
 * (mail_html_clean()) stands for {text} there, as it is. */
struct rendered { const char *subject, *text, *html; const char *heading; };       /* heading: words that html alone shows, or hides, above the others */
/* `text` with its variables and parts filled in, of `own` and the built-in ones: no mail, a piece of one. */
const char *desk_fill(struct arena *arena, const struct template_set *own, const char *language, const char *fallback, const char *text, const char *variables);
enum status desk_render(struct arena *arena, const struct template_set *own, const char *name, const char *language,
                        const char *fallback, const char *variables, struct rendered *rendered, struct error *error);
/* A stranger's words as HTML: all escaped, http, https and mailto addresses as links. Line ends stay as they are. */
void desk_linked_html(struct buffer *out, const char *words);
/* Problems of one template file: unknown variable, missing Subject, unclosed section. False and *error: broken. */
bool desk_template_check(const struct template_file *file, struct error *error);
/* "part-...": what other templates put in by {>part-...}; it has no Subject and is no mail of its own. */
bool desk_template_is_part(const char *name);

/* ---- what the customers' pages say: LANGUAGE/pages.txt, a sentence a line (desk_pages.c) ---- */
#define DESK_PAGES "pages"
/* A sentence by its name, with its variables filled in: of `own` (may be NULL), else the built-in one; in that language, else in `fallback`, else in English. */
const char *desk_page_words(struct arena *arena, const struct template_set *own, const char *language, const char *fallback, const char *name,
                            const char *variables);
/* What is wrong with the next line behind *number (0: the first) that is; that line's number. False: nothing more. */
bool desk_pages_problem(struct arena *arena, const struct template_file *file, int *number, struct error *error);
/* The languages that they speak, one after the other (NULL: no more); and the one for a tag such as "it-CH" (NULL: none). */
const char *desk_page_language(const struct template_set *own, size_t index);
const char *desk_page_language_of(const struct template_set *own, const char *tag);

#endif
