/*
 * config_private.h - inside the config room: the table of parameters and the state of one reading.
 *
 * The table (config_table.c) is the only list of parameters there is. config_walk.c puts values where a row says they
 * belong, config_print.c makes sample file and manual page of the rows, config_values.c judges single values,
 * config_finish.c what only shows when all of them are there.
 * Nobody outside src/config includes this file.
 */
#ifndef SPORTELLO_CONFIG_PRIVATE_H
#define SPORTELLO_CONFIG_PRIVATE_H

#include "config.h"

#include <libconfig.h>

enum parameter_type {
	P_GROUP,        /* { ... }                                        */
	P_LIST,         /* ( { ... }, { ... } ), rows "name[].key" inside */
	P_STRING,       /* const char *                                   */
	P_WORD,         /* const char *, one of `choices`                 */
	P_CHOICE,       /* int, the index in `choices`                    */
	P_INTEGER,      /* int                                            */
	P_BYTES,        /* uint64_t                                       */
	P_REAL,         /* double                                         */
	P_STRINGS       /* struct strings; a lone string will do          */
};

/* Where the value goes, with an offset: the config itself, the texts that are understood at the end, the item of a list. */
enum parameter_home { HOME_NONE, HOME_CONFIG, HOME_TEXTS, HOME_ITEM };

struct config_parameter {
	const char *path;                /* "desk.name", "agents[].email" */
	enum parameter_type type;
	enum parameter_home home;
	size_t offset;                   /* P_LIST: of the { at, count } */
	size_t item_size;                /* P_LIST */
	double least, most;              /* P_INTEGER, P_BYTES, P_REAL */
	const char *unit;                /* "" if none */
	const char *standard;            /* default, as text; NULL: must be set */
	const char *choices;             /* "a|b|c" */
	const char *(*check)(const char *value);         /* of each string: NULL, or what was expected */
	const char *sample;              /* as the sample file sets it; NULL: shows the default behind a # */
	const char *text;                /* the paragraph of manual page and sample file */
	bool may_be_empty;               /* "" switches off what has a default */
};
extern const struct config_parameter config_parameters[];        /* ends with a NULL path */
extern const char config_more_agents[], config_more_queues[], config_more_keywords[];    /* further items of the sample */

/* Values that are understood when all are there. */
struct config_texts {
	struct strings lmtp_listen;
	const char *web_listen, *admin_listen, *socket_mode, *relay_url, *password_file, *backup_at, *retention_at, *canary_every, *alarm_relay;
};

struct loader {
	const char *file;
	const char *directory;           /* of the file, for includes */
	struct arena *arena;             /* the caller's: problems live here */
	struct config_problems *problems;
	struct config *config;
	struct config_texts texts;
	config_t tree;
};

/* ---- config_complain.c ---- */
void config_complain(struct loader *loader, const config_setting_t *at, const char *key, const char *format, ...) PRINTF_LIKE(4, 5);
void config_complain_at(struct loader *loader, bool warning, const char *file, int line, const char *key, const char *format, ...) PRINTF_LIKE(6, 7);
const char *config_file_path(const struct loader *loader, const char *source_file);

/* ---- config_syntax.c: of a text that libconfig refused. NULL: nothing that is known; else the hint, and its line. ---- */
const char *config_syntax_hint(struct arena *arena, const char *text, size_t length, int *line);
const char *config_syntax_name(struct arena *arena, const char *text, size_t length, int line);

/* ---- config_scan.c: what libconfig swallows in silence. False: do not parse. ---- */
bool config_scan(struct loader *loader, const char *file, const char *text, size_t length, int depth);

/* ---- config_promises.c: after config_time.c, whose calendars they count by ---- */
void config_finish_promises(struct loader *loader);

/* ---- config_time.c ---- */
/* "": the machine's own. */
enum status config_zone_read(struct arena *arena, const char *name, struct zone *zone, struct error *error);

/* ---- config_retention.c ---- */
void config_finish_retention(struct loader *loader);

/* ---- config_walk.c ---- */
void config_walk(struct loader *loader);
bool config_parameter_inside(const struct config_parameter *row, const char *prefix);    /* directly inside "desk", "agents[]" or "" */
const char *config_parameter_key(const struct config_parameter *row);    /* its last name */

/* ---- config_values.c ---- */
const char *config_check_line(const char *value);
const char *config_check_zone(const char *value);
const char *config_check_promise(const char *value);
bool config_step_read(const char *value, int64_t *seconds);
const char *config_check_step(const char *value);
const char *config_check_reader(const char *value);
const char *config_check_pause(const char *value);
const char *config_check_colour(const char *value);
const char *config_check_name(const char *value);
const char *config_check_domain(const char *value);
const char *config_check_leave(const char *value);
const char *config_check_colleague(const char *value);
const char *config_check_hours(const char *value);
const char *config_check_address(const char *value);
const char *config_check_queue_address(const char *value);
const char *config_check_path(const char *value);
const char *config_check_store(const char *value);
const char *config_check_separator(const char *value);
const char *config_check_mode(const char *value);
const char *config_check_user(const char *value);
const char *config_check_group(const char *value);
const char *config_check_base_url(const char *value);
const char *config_check_word(const char *value);
const char *config_check_language(const char *value);
const char *config_check_listen(const char *value);
const char *config_check_relay(const char *value);
const char *config_check_minute(const char *value);
const char *config_check_every(const char *value);
/* "03:00": minutes of the day; -1: it is no time. */
int config_minute_parse(const char *text);
const char *config_listen_parse(struct arena *arena, const char *text, struct config_listen *listen);
const char *config_relay_parse(struct arena *arena, const char *text, struct config_relay *relay);

/* ---- config_finish.c, config_templates.c ---- */
void config_finish(struct loader *loader);
/* Of a configuration that is only looked at: list items without a name are gone, an address that is not there is "". */
void config_drop_nameless(struct config *config);
void config_brand(struct loader *loader);
void config_templates(struct loader *loader);
/* ---- config_time.c ---- */
void config_finish_time(struct loader *loader);

/* config_digest.c: adds what this setting says, with where it stands. */
void config_digest_add(uint64_t *sum, const char *path, const config_setting_t *setting);

#endif
