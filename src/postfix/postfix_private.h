/*
 * postfix_private.h - inside the room: one reading of a Postfix configuration, programs that are run, tables that are asked.
 *
 * From the lowest up: postfix_run.c (programs), postfix_read.c (parameters), postfix_tables.c (lists and tables), postfix_route.c (an address),
 * postfix_look.c (what is wrong), postfix_plan.c (what must change), postfix_apply.c (changing it, and back).
 */
#ifndef SPORTELLO_POSTFIX_PRIVATE_H
#define SPORTELLO_POSTFIX_PRIVATE_H

#include "postfix.h"

struct postfix_parameter { const char *name, *value; };
struct postfix_parameters { struct postfix_parameter *at; size_t count; };

struct postfix {
	struct arena *arena;
	const char *directory, *main_cf;
	struct postfix_parameters raw, expanded, written;        /* all; all with $names replaced; those of main.cf */
	struct strings services;                                 /* lines of master.cf as postconf -M prints them */
	const char *text;                                        /* of main.cf */
};

#define POSTFIX_TRANSPORTS "sportello_transport"         /* the desk's own tables and its record, below the directory */
#define POSTFIX_RECIPIENTS "sportello_recipients"
#define POSTFIX_ALIASES    "sportello_aliases"
#define POSTFIX_RECORD     "sportello_setup"
#define POSTFIX_BEFORE     "sportello_main.cf.before"

/* ---- postfix_run.c ---- */
/* Runs it with `input` and gathers what it says on both outputs; its exit code, or -1: it could not be run. */
int postfix_run(const char *const *words, const char *input, struct buffer *said);
bool postfix_program_is_there(const char *name);

/* ---- postfix_read.c ---- */
const char *postfix_raw(const struct postfix *postfix, const char *name);        /* defaults, too, $names as they are; "": none */
const char *postfix_path(const struct postfix *postfix, const char *name);       /* below its directory */

/* ---- postfix_tables.c ---- */
/* The items of a list, tables with braces whole. */
void postfix_items(struct arena *arena, const char *list, struct strings *items);
bool postfix_domain_in(struct postfix *postfix, const char *parameter, const char *domain);
/* What a list of tables says to a key; NULL: nothing. *table: which of them. `part`: the key is only a part of an address: no patterns. */
const char *postfix_ask(struct postfix *postfix, const char *parameter, const char *key, bool part, const char **table);
/* The same for an address as Postfix looks it up: whole, without its extension, and (whole_domain) "@domain". */
const char *postfix_ask_address(struct postfix *postfix, const char *parameter, const char *address, bool whole_domain, const char **table);
const char *postfix_without_extension(const struct postfix *postfix, const char *address);       /* the same pointer: it has none */
/* "hash:/etc/postfix/NAME": a table of ours, of the kind that this Postfix makes. */
const char *postfix_own_table(const struct postfix *postfix, const char *name);

#endif
