/*
 * cli_private.h - inside the command line: one run of `sportello`, its options, its tables.
 *
 * A command is a row of cli_commands and a function that fills cli->out; cli_main.c prints that at the end, and nothing else
 * ever writes to standard output, cli_output() (but the bytes of `raw` and `attachment`; explain and `ticket show` flush as they go).
 * With --json the output is one JSON value. Errors are one sentence on standard error and an exit code of sysexits(3).
 */
#ifndef SPORTELLO_CLI_PRIVATE_H
#define SPORTELLO_CLI_PRIVATE_H

#include "base.h"
#include "calendar.h"
#include "config.h"
#include "desk.h"
#include "gateway.h"
#include "mail.h"
#include "store.h"

#define CLI_CONFIG_FILE "/etc/sportello/sportello.conf"

enum cli_option {
	O_CONFIG, O_JSON, O_HELP, O_VERSION,     /* everywhere */
	O_QUEUE, O_STATE, O_AGENT, O_CUSTOMER, O_TAG, O_LIMIT, O_AS, O_NO_TEXT, O_UNTIL, O_WAITING, O_SINCE, O_TO, O_FROM, O_SUBJECT,
	O_ENVELOPE_FROM, O_RCPT, O_ALL, O_LMTP, O_TRAIN, O_TEST, O_CLASSES, O_PRECISION, O_FILE, O_FEEDBACK, O_WHY,
	O_DOMAIN, O_NAME, O_RELAY, O_POSTFIX, O_WEB, O_URL, O_APPLY, O_UNDO, O_WITHIN, O_VIA, O_WAIT, O_WHERE, O_YES, O_BY, O_LIST, O_CSV, O_SVG,
	O_LANGUAGE, O_VIP, O_ORGANISATION, O_NOTE, O_EXTERNAL_ID, O_PRIMARY, O_LEVEL, O_SEES_ALL, O_SHARED, O_DRY_RUN, O_PRUNE, O_LEDGER, O_ATTACHMENT, O_SEND, O_END, O_COUNT
};
#define OPT(option) (UINT64_C(1) << (option))

struct cli {
	struct arena arena;
	struct buffer out;
	bool kept_back;                          /* it is for a file: nothing of it is written out meanwhile */
	bool out_lost;                           /* a part of it could not be written */
	const char *option[O_COUNT];             /* NULL: not given; "" for those without a value */
	struct strings to;                       /* all of --to */
	struct strings all[O_COUNT];             /* every value of an option, in order */
	const char **words; size_t count;        /* what is left behind the command's own words */
	const struct cli_command *commands;      /* all that there are; ends with a NULL name */
	const struct cli_command *command;
	bool json;
	int exit_code;                           /* where a command succeeds in finding something wrong */
	struct config *config;
	struct desk_policy policy;               /* of the configuration, with keys */
	struct store *store;
	struct ruleset *rules;                   /* of cli_need_rules() */
	struct learned *learned;                 /* NULL: nothing was learned, or the command does not ask */
	struct kb *kb;                           /* of explain; NULL: none */
	struct promise_book *book;               /* of cli_book() */
};

struct cli_command {
	const char *name;                        /* "ticket list" */
	enum status (*run)(struct cli *cli, struct error *error);
	int least, most;                         /* words behind it; most -1: any number */
	const char *synopsis;                    /* "N MESSAGE" */
	uint64_t options;
	const char *summary;                     /* one line of --help; NULL: hidden */
	const char *details;                     /* more for `help COMMAND`, "" */
};
extern const struct cli_command cli_commands[];  /* as they are written down; cli->commands has all. Ends with a NULL name */
extern const struct cli_many { const char *command; uint64_t options; } cli_many[];       /* options that it takes several times; ends with NULL */
#define CLI_OTHER_ACTS "ticket *"                /* a row that stands for the acts of the desk's table that have none of their own */
enum status cli_book(struct cli *cli, struct promise_book **book, struct error *error);  /* what was promised at each time; cli->store is there */
enum status cli_follow_promises(struct cli *cli, struct error *error);   /* brings what is due beside the tickets up to now (cli_query.c) */
/* ---- cli_acts.c ---- */
const struct cli_command *cli_all_commands(struct arena *arena);

struct cli_option_row { enum cli_option option; const char *name, *value, *text; };      /* value NULL: takes none */
extern const struct cli_option_row cli_options[];        /* ends with a NULL name */

/* ---- cli_help.c ---- */
void cli_help(struct buffer *out, const struct cli_command *commands);
void cli_help_command(struct buffer *out, const struct cli_command *command);
enum status cli_run_help(struct cli *cli, struct error *error);

/* ---- cli_query.c ---- */
/* Indexes what the daemon has not got to yet. */
void cli_search_catch_up(struct cli *cli);

/* ---- cli_open.c ---- */
void cli_warn(const char *format, ...) PRINTF_LIKE(1, 2);
/* --config, else the environment's SPORTELLO_CONFIG, else the one of the system. */
const char *cli_config_file(const struct cli *cli);
enum status cli_need_config(struct cli *cli, struct error *error);
/* The rules of the configuration, or all their errors. */
enum status cli_need_rules(struct cli *cli, struct error *error);
/* With the configuration, the store and the keys. `create`: makes what is not there. */
enum status cli_need_store(struct cli *cli, bool create, struct error *error);
enum status cli_number(const char *text, const char *what, int64_t *number, struct error *error);
/* Whom a mail in a file was for: --rcpt, or the first address of ours in its header, or the first queue's. */
const char *cli_recipient(struct cli *cli, const struct mail *mail);
enum status cli_limit(struct cli *cli, size_t *limit, struct error *error);
/* Text on standard input: "" if there is none. `needed`: a terminal is asked, too. */
enum status cli_text(struct cli *cli, bool needed, const char **text, struct error *error);

/* ---- cli_output.c ---- */
/* The real standard output. A library that prints gets standard error for it: cli_output_keep() comes first. */
void cli_output_keep(void);
int cli_output(void);
bool cli_flush(struct cli *cli);                 /* false: standard output is gone, or nobody looks any more */
void cli_output_end(void);                       /* waits for who looks at it in a pager */
bool cli_seen_enough(void);                      /* it went into a pager, which may be gone */
bool cli_terminal(void);
bool cli_colours(void);
int cli_columns(void), cli_lines(void);          /* of the terminal; 0: no terminal, no limit */

/* ---- cli_print.c ---- */
/* A copy that a terminal shows and does not obey: no control characters, no direction overrides. `lines`: newline and tab stay. */
const char *cli_safe(struct arena *arena, const char *text, bool lines);
int cli_width(const char *text);                 /* columns on a terminal */
const char *cli_time(struct arena *arena, int64_t ms);           /* "2026-11-22 05:12 UTC" */
const char *cli_time_in(struct arena *arena, const struct zone *zone, int64_t ms);     /* "2026-11-22 06:12", as clocks there show it */
const char *cli_age(struct arena *arena, int64_t ms);            /* "3 hours" */
const char *cli_short_age(struct arena *arena, int64_t ms);      /* "3h" */
const char *cli_size(struct arena *arena, uint64_t bytes);       /* "12 KiB" */
const char *cli_person(struct arena *arena, const char *address, const char *name);
const char *cli_join(struct arena *arena, const struct strings *list, const char *between);
/* Lines of at most so many columns (0: as long as they are), cut between words, each behind a lead. */
void cli_wrap(struct buffer *out, const char *text, int columns, const char *first, const char *others);
void cli_indent(struct buffer *out, const char *text, const char *lead);         /* wrapped on a terminal */
const char *cli_colour(const char *word);        /* an escape for a state or priority; "" for none */
#define CLI_BOLD "\033[1m"
#define CLI_DIM "\033[2m"
#define CLI_PLAIN "\033[0m"

/* ---- cli_zip.c: begins as zeroes; `out` is it when it is finished, and the caller's to free ---- */
struct cli_zip { struct buffer out, list; unsigned count; };
void cli_zip_add(struct cli_zip *zip, const char *name, const void *bytes, size_t length, int64_t date);
void cli_zip_finish(struct cli_zip *zip);

/* ---- cli_table.c ---- */
/* cut: may be shortened to fit; CUT_LAST: only when the others have given what they can */
enum cli_cut { CUT_NEVER, CUT_FIRST, CUT_LAST };
struct cli_column { const char *title; bool right; enum cli_cut cut; bool coloured; };
#define CLI_COLUMNS_MOST 16
struct cli_table { const struct cli_column *columns; size_t width; struct strings cells; int widths[CLI_COLUMNS_MOST]; bool begun; };
#define CLI_NARROW 100                           /* columns of a terminal below which tables say less */
bool cli_is_narrow(void);
void cli_table_cell(struct cli *cli, struct cli_table *table, const char *text);
/* The rows so far; called again for more of the same table: without a heading then, and as wide as before. */
void cli_table_print(struct cli *cli, struct cli_table *table);
/* A list that may be long, as a table or a JSON array: rows are written as they come, so that a million of them take no more memory than some
 * hundred. Between begin and end cli->arena is one of the list's own. */
struct cli_list { struct cli_table table; struct json json; struct arena whole; size_t rows, gathered; const char *nothing; };
void cli_list_begin(struct cli *cli, struct cli_list *list, const struct cli_column *columns, size_t width, const char *nothing);
bool cli_list_next(struct cli *cli, struct cli_list *list);      /* a row is complete. False: nobody reads any more */
void cli_list_end(struct cli *cli, struct cli_list *list);

/* ---- cli_ticket_json.c, cli_ticket_words.c ---- */
struct cli_message { const char *text, *reply_text; const struct mail *mail; };  /* mail NULL: it did not come by mail */
struct arena cli_message_begin(struct cli *cli);         /* around each message of a ticket: cli->arena is one of its own, */
void cli_message_end(struct cli *cli, struct arena *whole);      /* what is said of it is written out */
void cli_message_words(struct cli *cli, const struct message_row *row, struct cli_message *words);
/* Why a message is on its ticket, or on one of its own: by what it joined, what its ticket is linked to and why it did not join that. */
void cli_message_why(struct cli *cli, const struct ticket_row *row, int seq, struct strings *why);
void cli_ticket_json(struct cli *cli, struct json *json, const struct ticket_row *row, bool whole);
void cli_sla_json(struct cli *cli, struct json *json, const struct ticket_row *row);     /* "sla": its clocks (cli_sla.c) */
void cli_ticket_page(struct cli *cli, const struct ticket_row *row);
/* Before a query is asked: what it looks at is brought up to what happened last. */
enum status cli_query_ready(struct cli *cli, const struct query *query, struct error *error);
/* A query, with its words checked. */
enum status cli_query_check(struct cli *cli, const struct query *query, struct error *error);
enum status cli_query(struct cli *cli, const char *text, struct query *query, struct error *error);
/* ---- cli_ticket_many.c: an act on all tickets that --where finds, but `except`; cli->words has the number of each before the others ---- */
typedef enum status (*cli_ticket_act)(struct cli *cli, void *context, struct error *error);
enum status cli_ticket_many(struct cli *cli, int64_t except, cli_ticket_act act, void *context, struct error *error);
void cli_ticket_rows(struct cli *cli, const struct ticket_rows *rows);   /* a table, or a JSON array */
void cli_ticket_list_begin(struct cli *cli, struct cli_list *list);
bool cli_ticket_list_row(struct cli *cli, struct cli_list *list, const struct ticket_row *row);

/* ---- cli_ask.c ---- */
/* NULL: connected (to NULL: and closed again); else why not. */
const char *cli_connect(const char *host, const char *port, int *to);
/* A page over plain HTTP; site is what the request calls the server. NULL: *code and *body; else why not. */
const char *cli_ask(struct arena *arena, const char *host, const char *port, const char *site, const char *path, int *code, const char **body);
enum status cli_run_health(struct cli *cli, struct error *error);

/* ---- cli_setup_config.c ---- */
struct cli_setup { const char *name, *domain, *relay, *url; struct strings queues, agents; uint64_t message_bytes; const char *separator; };
/* The configuration of a new desk as text; each agent is NAME=ADDRESS. */
enum status cli_setup_text(struct cli *cli, const struct cli_setup *setup, const char **text, struct error *error);
/* Is the file not there, or nobody's yet: the sample as it is installed? */
bool cli_setup_is_free(struct cli *cli, const char *file);
/* Judges a text as a configuration; *config NULL and all errors told where it is none. */
enum status cli_setup_try(struct cli *cli, const char *text, struct config **config, struct error *error);
enum status cli_setup_write(const char *file, const char *text, bool secret, struct error *error);     /* secret: for root and the daemon alone */

/* ---- cli_check_system.c ---- */
struct cli_finding { const char *level, *file; int line; const char *what, *what_to_do; };       /* level: "error", "warning", "note" */
struct cli_findings { struct cli_finding *at; size_t count; };
/* Of a configuration without errors: ports, relay, pages, disk, Postfix. */
void cli_check_system(struct cli *cli, struct cli_findings *findings);
/* ---- cli_check_around.c ---- */
void cli_check_around(struct cli *cli, struct cli_findings *findings);

/* ---- cli_postfix.c ---- */
struct postfix;
struct postfix_desk;
/* The Postfix that --postfix names, or the one that the relay is: *postfix NULL where it is none of this machine's. */
enum status cli_postfix(struct cli *cli, const struct config *config, struct postfix **postfix, struct error *error);
void cli_postfix_desk(struct arena *arena, const struct config *config, struct postfix_desk *desk);

/* ---- cli_setup_web.c ---- */
/* What this web server needs to pass the customers' pages on, and where Debian keeps it; false: there is no such server. */
bool cli_setup_web(struct arena *arena, const char *server, const char *host, const char *pages, const char **path, const char **text, const char **then);
/* Removes what setup wrote, where it still says what that would be for these; host NULL: not known. */
enum status cli_setup_web_undo(struct arena *arena, const char *host, const char *pages, struct strings *did, struct error *error);

/* ---- cli_customer.c ---- */
const char *cli_acting(const struct cli *cli);   /* who acts: --as, or "admin" */
void cli_customer_json(struct json *json, const struct customer_row *row);       /* the members of a customer's object */
enum status cli_yes_no(struct cli *cli, enum cli_option option, struct error *error);

/* ---- cli_when.c ---- */
enum status cli_when(const char *text, int64_t now, int64_t *ms, struct error *error);
/* "30d" back from now, or a date: alone it is its beginning in the zone. */
enum status cli_since(const char *text, const struct zone *zone, int64_t now, int64_t *since, struct error *error);

bool cli_instant(const char *text, int64_t *seconds);     /* RFC 3339 with a zone; false: it is none */

/* ---- the commands ---- */
enum status cli_run_check(struct cli *cli, struct error *error);
enum status cli_run_setup(struct cli *cli, struct error *error);
enum status cli_run_selftest(struct cli *cli, struct error *error);
enum status cli_run_config_sample(struct cli *cli, struct error *error);
enum status cli_run_config_mdoc(struct cli *cli, struct error *error);
enum status cli_run_explain(struct cli *cli, struct error *error);
enum status cli_run_ticket_list(struct cli *cli, struct error *error);
enum status cli_run_ticket_show(struct cli *cli, struct error *error);
enum status cli_run_ticket_raw(struct cli *cli, struct error *error);
enum status cli_run_ticket_attachment(struct cli *cli, struct error *error);
enum status cli_run_ticket_search(struct cli *cli, struct error *error);
enum status cli_run_ticket_act(struct cli *cli, struct error *error);
enum status cli_run_customer_list(struct cli *cli, struct error *error);
enum status cli_run_customer_show(struct cli *cli, struct error *error);
enum status cli_run_customer_set(struct cli *cli, struct error *error);
enum status cli_run_customer_add_address(struct cli *cli, struct error *error);
enum status cli_run_customer_remove_address(struct cli *cli, struct error *error);
enum status cli_run_customer_merge(struct cli *cli, struct error *error);
enum status cli_run_customer_unmerge(struct cli *cli, struct error *error);
enum status cli_run_customer_suggestions(struct cli *cli, struct error *error);
enum status cli_run_customer_import(struct cli *cli, struct error *error);
enum status cli_run_customer_export(struct cli *cli, struct error *error);
enum status cli_run_erase_customer(struct cli *cli, struct error *error);
enum status cli_run_erase_ticket(struct cli *cli, struct error *error);
enum status cli_run_erase_message(struct cli *cli, struct error *error);
enum status cli_run_erase_finish(struct cli *cli, struct error *error);
enum status cli_run_erase_replay(struct cli *cli, struct error *error);
enum status cli_run_erase_list(struct cli *cli, struct error *error);
enum status cli_run_retention(struct cli *cli, struct error *error);
enum status cli_run_organisation_list(struct cli *cli, struct error *error);
enum status cli_run_organisation_show(struct cli *cli, struct error *error);
enum status cli_run_organisation_set(struct cli *cli, struct error *error);
enum status cli_run_organisation_remove(struct cli *cli, struct error *error);
enum status cli_run_outbox_list(struct cli *cli, struct error *error);
enum status cli_run_outbox_retry(struct cli *cli, struct error *error);
enum status cli_run_mailbox_list(struct cli *cli, struct error *error);
enum status cli_run_mailbox_raw(struct cli *cli, struct error *error);
enum status cli_run_complete(struct cli *cli, struct error *error);
enum status cli_run_completion(struct cli *cli, struct error *error);
enum status cli_run_agents_mdoc(struct cli *cli, struct error *error);
enum status cli_run_top(struct cli *cli, struct error *error);
enum status cli_run_backup(struct cli *cli, struct error *error);
enum status cli_run_restore(struct cli *cli, struct error *error);
enum status cli_run_store_copy(struct cli *cli, struct error *error);
enum status cli_run_fsck(struct cli *cli, struct error *error);
enum status cli_run_mirror(struct cli *cli, struct error *error);
enum status cli_run_rules_lint(struct cli *cli, struct error *error);
enum status cli_run_rules_test(struct cli *cli, struct error *error);
enum status cli_run_rules_replay(struct cli *cli, struct error *error);
enum status cli_run_deliver(struct cli *cli, struct error *error);
enum status cli_run_learn(struct cli *cli, struct error *error);
enum status cli_run_learn_report(struct cli *cli, struct error *error);
enum status cli_run_learn_try(struct cli *cli, struct error *error);
enum status cli_run_kb_list(struct cli *cli, struct error *error);
enum status cli_run_kb_ask(struct cli *cli, struct error *error);
enum status cli_run_kb_lint(struct cli *cli, struct error *error);
enum status cli_run_reply(struct cli *cli, struct error *error);
enum status cli_run_sla(struct cli *cli, struct error *error);
enum status cli_run_sla_apply(struct cli *cli, struct error *error);
enum status cli_run_statement(struct cli *cli, struct error *error);
enum status cli_run_sla_versions(struct cli *cli, struct error *error);
enum status cli_run_report(struct cli *cli, struct error *error);
enum status cli_run_report_looked(struct cli *cli, struct error *error);
/* Somebody looks at figures of single agents: kept, for `report looked` (cli_looked.c). */
const char *cli_who(struct arena *arena);        /* the user of the system */
enum status cli_note_looked(struct cli *cli, const char *what, struct error *error);
enum status cli_run_calendar(struct cli *cli, struct error *error);
enum status cli_run_key_list(struct cli *cli, struct error *error);
enum status cli_run_key_rotate(struct cli *cli, struct error *error);
enum status cli_run_key_revoke(struct cli *cli, struct error *error);
enum status cli_run_kb_report(struct cli *cli, struct error *error);
/* Copies a kept mail to standard output. */
enum status cli_print_raw(struct cli *cli, int64_t raw, struct error *error);

/* ---- cli_csv.c ---- */
struct csv {
	const char *at, *end;
	int line, row_line;                      /* that is read; where the row began */
	char between;                            /* what parts cells: a comma, a semicolon or a tab, whichever the first line uses */
	const char *broken;                      /* what is wrong with the row; NULL: nothing */
};
struct csv cli_csv_of(const char *bytes, size_t length);
void cli_csv_row(struct csv *csv, struct arena *arena, struct strings *cells);

#endif
