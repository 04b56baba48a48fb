/*
 * postfix.h - the Postfix of this machine: what it does with the desk's mail, what must change in its configuration, and how that is undone.
 *
 * Allowed to include: base. Postfix's own programs (postconf, postmap, postfix) read and write its files, so that what is said here is what Postfix
 * would do. Nothing is written but by postfix_apply() and postfix_undo(), and never a line of somebody else's: lists are made longer, tables of the
 * desk's own are added, and what was there is kept for the way back.
 * For the command line alone: it starts programs and waits for them.
 */
#ifndef SPORTELLO_POSTFIX_H
#define SPORTELLO_POSTFIX_H

#include "base.h"

struct postfix;                          /* one reading of a configuration; lives in an arena */

/* directory NULL: the one that Postfix takes by itself (MAIL_CONFIG, else /etc/postfix). STATUS_NOT_FOUND: no Postfix, or none that is set up. */
enum status postfix_open(struct arena *arena, const char *directory, struct postfix **out, struct error *error);
const char *postfix_directory(const struct postfix *postfix);
const char *postfix_value(const struct postfix *postfix, const char *name);      /* as Postfix takes it, $names replaced; "": none */
const char *postfix_written(const struct postfix *postfix, const char *name);    /* as main.cf has it; NULL: it stands there not */
int postfix_port(const struct postfix *postfix);                 /* where it takes mail from this machine by SMTP; 0: nowhere */

/* What the desk is, as far as Postfix is concerned. */
struct postfix_desk {
	struct strings addresses;        /* of the queues, their further ones too */
	const char *separators;          /* of desk.separator: the first is written */
	const char *listen;              /* "127.0.0.1:2424", "unix:/path" */
	uint64_t message_bytes;          /* the largest mail that it takes */
};

/* What becomes of a mail to an address. */
enum postfix_class { POSTFIX_OTHER, POSTFIX_LOCAL, POSTFIX_ALIAS, POSTFIX_MAILBOX, POSTFIX_RELAY };
struct postfix_route {
	enum postfix_class class;        /* of its domain */
	bool known;                      /* strangers may write to it */
	const char *becomes, *by;        /* the address it is changed into, and the parameter that does it; NULL: it stays */
	const char *transport;           /* of a table; NULL: none */
	const char *table;               /* the table that has it, or the parameter that lists recipients and does not know it */
};
void postfix_route(struct postfix *postfix, const char *address, struct postfix_route *route);
/* "lmtp:inet:127.0.0.1:2424", as a table of transports has to say it; NULL: Postfix cannot reach that socket, and *why says so. */
const char *postfix_transport(const struct postfix *postfix, const char *listen, const char **why);

/* What is wrong for this desk: `what` is so, `key` is the parameter ("" for none), `line` is what to write. */
struct postfix_finding { const char *key, *what, *line; bool certain; };         /* not certain: it may be meant so */
struct postfix_findings { struct postfix_finding *at; size_t count; };
void postfix_look(struct postfix *postfix, const struct postfix_desk *desk, struct postfix_findings *findings);
/* main.cf for a message: "/etc/postfix/main.cf", and the line where a parameter stands; 0: nowhere. */
const char *postfix_main_cf(const struct postfix *postfix);
int postfix_line(const struct postfix *postfix, const char *name);

/* Why a mail with this envelope sender waits in Postfix's queue; NULL: it does not, or that cannot be seen. */
const char *postfix_waiting(struct postfix *postfix, const char *sender);

struct postfix_change { const char *name, *old, *new; };         /* a parameter; old NULL: main.cf did not have it */
struct postfix_file { const char *name, *text; };                /* a table of ours, below the directory */
struct postfix_plan {
	struct { struct postfix_change *at; size_t count; } changes;
	struct { struct postfix_file *at; size_t count; } files;
	struct strings problems;         /* what somebody else's lines do: they must be changed by hand first */
	struct strings notes;            /* what should be known */
};
void postfix_plan(struct postfix *postfix, const struct postfix_desk *desk, struct postfix_plan *plan);
bool postfix_plan_is_done(const struct postfix *postfix, const struct postfix_plan *plan);       /* nothing is left to change */
enum status postfix_diff(const struct postfix *postfix, const struct postfix_plan *plan, struct buffer *out, struct error *error);
/* Tables first, main.cf last; if Postfix then finds a fault, all of it is undone. *did: what was done, a sentence each. */
enum status postfix_apply(struct postfix *postfix, const struct postfix_plan *plan, struct strings *did, struct error *error);
/* Byte for byte if nobody changed main.cf since; else only what was added. STATUS_NOT_FOUND: nothing was applied here. */
enum status postfix_undo(struct postfix *postfix, struct strings *did, struct error *error);

#endif
