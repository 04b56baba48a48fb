/*
 * config.h - sportello.conf, read by libconfig through one table of parameters.
 *
 * Allowed to include: base, calendar.h, desk.h, limits. The table (config_table.c) holds name, type, range, unit, default and text of each
 * parameter; parser, `sportello check`, conf/sportello.conf and sportello.conf(5) are all made from it.
 */
#ifndef SPORTELLO_CONFIG_H
#define SPORTELLO_CONFIG_H

#include "base.h"
#include "calendar.h"
#include "desk.h"
#include "sla.h"

struct config_listen {                   /* "127.0.0.1:2424", "[::1]:2424", "unix:/path" */
	const char *text;
	bool is_unix;
	const char *host, *port;         /* TCP */
	const char *path;                /* unix */
};

enum relay_kind { RELAY_SMTP, RELAY_SMTPS, RELAY_STARTTLS, RELAY_MAILDIR };
struct config_relay {
	const char *url;
	enum relay_kind kind;            /* smtp://, smtps://, smtp+starttls://, maildir:/path */
	const char *host; int port;
	const char *user, *password;     /* user from the URL; password from relay.password_file; "" if none */
	const char *password_file;       /* "" if none */
	const char *path;                /* maildir */
	int senders;                     /* parallel connections */
	int timeout_seconds;             /* for one reply */
	int give_up_hours;
};

/* A set of words that rules see as kw:NAME. Plain values; who uses them compiles them. */
enum keyword_in { KEYWORD_IN_SUBJECT, KEYWORD_IN_TEXT, KEYWORD_IN_BOTH };
struct config_keyword {
	const char *name;
	struct strings any;              /* whole words, any case, accents folded */
	const char *regex;               /* PCRE2, "" if none */
	enum keyword_in in;
	const char *language;            /* only in mails of this language; "": in all */
	const char *file;                /* where it stands, for who says what is wrong with it; NULL: not from a file */
	int any_line, regex_line;        /* of its words and its pattern; 0: not there */
};

/* A calendar as it is written; who reckons with it takes config.calendars. */
struct config_calendar {
	const char *name, *zone;         /* zone "": the desk's */
	struct strings hours[7];         /* "09:00-13:00", of Monday ... Sunday */
	const char *holidays;            /* an .ics file, "" if none */
};

/* A step of a promise as the file has it (sla[].steps[]). */
struct config_step { const char *at; int tell; const char *priority; };

/* A promise as the file has it (sla[]). */
struct config_promise {
	const char *name, *when, *calendar;      /* when "": every ticket; calendar "": around the clock */
	const char *targets[SLA_KINDS];          /* "1h", "2bd"; "": none */
	struct strings pauses;
	struct { struct config_step *at; size_t count; } steps;
};

struct promise_list { struct sla_policy *at; size_t count; };

/* What is let go when (retention[]). */
struct config_retention { int what; const char *queue, *state; int days; };      /* what: in the order attachments, raw, words; queue "": of all */

struct config {
	struct arena arena;              /* owns everything */
	const char *file;
	uint64_t digest;                 /* of its settings, but for a machine's own (config_digest.c) */
	const char *state_dir, *store_url;
	int sandbox;                     /* 1: on */
	int clock_doubt_seconds;         /* timers wait that long when the clock jumped forward */
	struct desk_policy policy;       /* without keys: store_keys() fills them */
	struct { struct config_listen *at; size_t count; } lmtp_listen;
	const char *lmtp_socket_owner, *lmtp_socket_group; int lmtp_socket_mode;
	uint64_t lmtp_message_bytes;     /* largest mail */
	int lmtp_connections;            /* at most, in parallel */
	int lmtp_idle_seconds, lmtp_total_seconds;
	struct config_listen web_listen; /* text "": no web */
	struct config_listen admin_listen;       /* for /metrics and /healthz alone; text "": they are on web_listen */
	int web_request_seconds;
	struct config_relay relay;
	const char *rules_dir, *kb_dir, *templates_dir, *replies_dir, *authserv_id;
	const char *mirror_maildir;      /* "": none */
	const char *backup_dir;          /* "": none are made */
	int backup_minute, backup_keep;  /* of the local day; files that are kept */
	int canary_seconds;              /* between two mails round trip; 0: none */
	const char *alarm_to;            /* address that hears of those that are lost; "": nobody */
	struct config_relay alarm_relay; /* url "": the desk's own */
	const char *retention_hold;      /* a query: what is never erased; "": nothing */
	const struct query *retention_held;      /* the same, read; NULL: nothing is held */
	struct { struct config_retention *at; size_t count; } retention;
	int retention_minute, retention_sent_days;       /* of the local day; 0: outgoing mails keep their words */
	const char *public_suffixes, *free_mail;         /* files; "": the lists that are built in */
	struct template_set templates;   /* read from templates_dir */
	double learn_precision;
	const char *time_zone;           /* its name; "": the machine's */
	const struct zone *zone;         /* in which people see times; never NULL */
	struct { struct config_calendar *at; size_t count; } calendar_texts;
	struct { struct calendar *at; size_t count; } calendars;
	struct { struct config_promise *at; size_t count; } promise_texts;
	struct promise_list promises;    /* the first that holds is a ticket's; queues[].answer_hours stand behind */
	struct strings reports_mail_to; int reports_mail_on;     /* 0: Monday ... 6: Sunday */
	int reports_per_agent;           /* 1: figures of single agents may be looked at */
	struct sla_policy no_promise;    /* what is not promised is measured by: around the clock, waiting for the customer does not count */
	struct { struct config_keyword *at; size_t count; } keywords;
	enum log_level log_level;
	int log_addresses;               /* enum log_addresses */
	int64_t made;                    /* a number of its own: grows with each reading in this process */
	int64_t read_at;                 /* when it was read, ms */
	int refs;                        /* of config_ref/config_unref */
};

/* file NULL never; line 0: the file as a whole; key "": none; text: what was expected and what to do, without newline. */
struct config_problem { const char *file; int line; const char *key; const char *text; bool warning; };
struct config_problems { struct config_problem *at; size_t count; };

/* Reads the file. All problems at once in *problems (in `arena`), also for a good file (warnings). STATUS_BAD_CONFIG and *config NULL if
 * one of them is an error. */
enum status config_load(const char *file, struct arena *arena, struct config **config, struct config_problems *problems);
/* The same, to look for more that is wrong: where only values are, *config has all that is right, and defaults. Never run on it. */
enum status config_load_for_check(const char *file, struct arena *arena, struct config **config, struct config_problems *problems);
const struct calendar *config_calendar_named(const struct config *config, const char *name);      /* NULL: none */
/* The promise that holds for a ticket as it is; NULL: none. */
const struct sla_policy *config_promise_of(const struct promise_list *promises, const struct ticket_facts *facts);
/* All that promises are reckoned by, as text: the same text, the same clocks. "" where nothing is promised. And back (config_versions.c); a zone that the machine has
 * no more is the desk's. */
void config_write_promises(const struct config *config, struct buffer *out);
enum status config_read_promises(struct arena *arena, const char *text, const struct zone *desk, struct promise_list *promises, struct error *error);
struct config *config_ref(struct config *config);                /* thread-safe */
void config_unref(struct config **config);

/* From the table: the commented sample file, and the mdoc body of sportello.conf(5). */
void config_write_sample(struct buffer *out);
void config_write_mdoc(struct buffer *out);

/* The saved replies that there are now, and the articles as kb/NAME. problems NULL: nobody asks what cannot be read. */
/* Can this domain (lower case, A-labels) be an organisation's? Reads files: for the command line. config_free_mail(): the provider's domain, NULL: it is none. */
bool config_is_public_suffix(const struct config *config, const char *domain);
const char *config_free_mail(const struct config *config, const char *domain);
/* Of what all gateways of a desk must have alike, by these names: settings, and the files of its folders as they are now. */
enum { CONFIG_DIGESTS = 4 };
extern const char *const config_digest_names[CONFIG_DIGESTS];
void config_digests(const struct config *config, uint64_t sums[CONFIG_DIGESTS]);
void config_replies(const struct config *config, struct arena *arena, struct saved_replies *replies, struct config_problems *problems);
/* What is wrong in those of replies_dir, errors all; *count: how many there are. */
void config_check_replies(const struct config *config, struct arena *arena, struct config_problems *problems, size_t *count);

#endif
