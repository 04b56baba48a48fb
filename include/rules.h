/*
 * rules.h - Sieve scripts and keyword sets of a desk: a mail in, a verdict out. No effects.
 *
 * Allowed to include: base, mail.h, desk.h, config.h (values). Alone in touching libsieve and PCRE2. RFC 5228 (Sieve),
 * 5231 (relational), 5232 (imap4flags), 5233 (subaddress), 5429 (reject).
 *
 * How to use it, in this order:
 *   1. rules_init() first thing in main(), before any thread, any secret and any descriptor that matters: it forks the small
 *      process from which the workers are made, and a second one that stands in when that is killed. They ignore TERM, INT
 *      and HUP and end when this process ends. Nothing is forked or executed by this process later on.
 *   2. rules_load(config, ...) at the start, at each reload and in `check`: STATUS_BAD_CONFIG and all problems if one script or
 *      keyword set has an error; then the old ruleset stays. A ruleset is immutable; hold it with rules_ref() for as long
 *      as a mail needs it (from MAIL to the end, like the configuration) and let it go with rules_unref().
 *   3. rules_evaluate() for each recipient, on any thread, after mail_parse() and before the write transaction. It always
 *      fills the verdict. `input.keywords` may carry rules_match()'s result from one recipient to the next.
 *   4. What is in the verdict:
 *      reject       550 5.7.1 with these words for this recipient alone, recorded as rejected; nothing else is set
 *      redirects    pass the mail on to each, recorded as redirected, no ticket; reject is NULL then
 *      discard      no ticket and no answer, recorded as discarded
 *      otherwise    a ticket (or what it joins): queue (NULL: what the address says), agent, priority, tags, notify (agents)
 *      trouble      the rules could not be run: the mail goes where its address says, and this goes to the history
 *      because      which script and line did what, and which word made a keyword set match
 *      confidence   -1: the rules ask no model
 *      Mails that join a ticket should keep its queue: the desk decides whether a verdict counts there.
 *   5. rules_care() each second or so, in what runs long: a killed process is seen before the other one is killed, too.
 *   6. rules_counters() for /metrics. rules_fini() only where a leak checker looks: the workers end by themselves.
 *
 * What the scripts mean (contract, section 8), where Sieve leaves it open because it knows no tickets:
 *   - scripts run in the order of their names until one says stop; the flags that stand at the end are the ticket's;
 *   - the last fileinto names the queue; keep does not undo it; keep or fileinto undo discard;
 *   - reject wins over all else, redirect over ticket and discard; of several agents or priorities the last counts.
 *
 * Log: rules.trouble (script, line, why), rules.worker (a worker was lost or could not be made).
 */
#ifndef SPORTELLO_RULES_H
#define SPORTELLO_RULES_H

#include "base.h"
#include "config.h"
#include "desk.h"
#include "mail.h"

/* STATUS_BROKEN: no process could be made; every evaluation with scripts then has trouble. Twice is once. */
enum status rules_init(struct error *error);
void rules_fini(void);                           /* ends all workers; nobody may be evaluating */
void rules_care(void);                           /* makes another spare if one was killed; thread-safe */

struct ruleset;
/* Reads config->rules_dir (*.sieve, order of their names) and config->keywords. "" and a folder that is
 * not there have no scripts. Every problem, warnings too, comes in *problems (in `arena`) with file, line and what to
 * write instead. STATUS_BAD_CONFIG and *ruleset NULL if one of them is an error. */
enum status rules_load(const struct config *config, struct arena *arena, struct config_problems *problems, struct ruleset **ruleset);
/* The same for these files, in this order. */
enum status rules_load_files(const struct config *config, const struct strings *files, struct arena *arena,
                             struct config_problems *problems, struct ruleset **ruleset);
struct ruleset *rules_ref(struct ruleset *ruleset);              /* thread-safe */
void rules_unref(struct ruleset **ruleset);
size_t rules_script_count(const struct ruleset *ruleset);
bool rules_ask_standing(const struct ruleset *ruleset);          /* the same of input.standing */
bool rules_ask_known(const struct ruleset *ruleset);             /* is input.known worth a question to the store? */

/* A keyword set that a mail matches. */
struct rules_keyword {
	const char *name;
	const char *word;                /* the word as it stands in the mail, at most 60 bytes */
	const char *where;               /* "subject" or "text" */
};
struct rules_keywords {
	struct rules_keyword *at; size_t count;
	struct strings given_up;         /* sets whose pattern went over its limit and counts as not matching */
};
/* Over mail->subject and mail->reply_text: what is quoted or a signature does not count. At most 256 KiB of text are looked at. */
void rules_match(const struct ruleset *ruleset, const struct mail *mail, struct arena *arena, struct rules_keywords *found);

struct rules_input {
	const struct mail *mail;
	const struct mail_source *source;        /* for header fields that struct mail does not hold, and the size */
	const char *envelope_from;       /* "": the null sender; NULL: not known, taken as "" */
	const char *recipient;
	const char *queue;               /* name of the queue whose address this is: to:QUEUE */
	bool known;                      /* the sender has written before: known:yes */
	const struct standing *standing; /* what the mail proved: vip:yes, level:gold, org:acme; NULL: nothing */
	const char *trace;               /* for the log; may be NULL */
	const struct rules_keywords *keywords;   /* NULL: rules_match() is asked here */
};
/* Everything in *verdict lives in `arena`. Costs one round trip to a worker; none where no test that leads
 * to an action can be true of this mail, which is seen here. */
void rules_evaluate(struct ruleset *ruleset, const struct rules_input *input, struct arena *arena, struct verdict *verdict);

struct rules_counters {
	int64_t evaluations;             /* round trips to a worker */
	int64_t troubles;                /* mails that lost their rules */
	int64_t workers_started, workers_lost;   /* lost: died or were killed, not recycled */
	int64_t microseconds_sum;        /* of all round trips */
};
void rules_counters(struct rules_counters *counters);

#endif
