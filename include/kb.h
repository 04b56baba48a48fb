/*
 * kb.h - the knowledge base: articles in a folder, and which of them answers a question, if any does.
 *
 * Allowed to include: base, limits, libstemmer, cmark. Knows nothing of tickets, of the store or of the configuration; makes no mail and
 * no page. Texts are UTF-8; results live in the arena that the caller gave. All functions may be called from any thread; readers
 * work on an immutable snapshot and never wait for a writer. A kb is counted: whoever works with it holds a reference.
 *
 * How the rooms above use it:
 *
 *   daemon    kb_open() at start and at SIGHUP if kb_dir changed; then kb_learn() with all that the store has (what customers confirmed and
 *             refused, oldest first). Every few seconds, in the keeper thread, kb_refresh(): it reads the folder's entries and only the
 *             changed files. Problems go to the log and to `check`.
 *   gateway   before the write transaction, for a request (never a reply, automatic or list mail, a queue with kb = "off", an urgent or
 *             VIP verdict, a customer who just refused): kb_suggest() with subject, reply_text, language and queue of the mail. suggest.count == 0:
 *             say nothing. Else the plan holds the ticket (before-ticket) or puts the articles into the acknowledgement, and stores
 *             question and suggested ids beside the ticket, for learning and for `kb report`.
 *   button    "this solved it" -> one kb_feedback { question, article, solved = true }; "I still need help" -> one per suggested article
 *             with solved = false; stored by the store, and told to kb_learn() after the commit.
 *   report    kb_group() over the questions that no article answered: the articles worth writing.
 *   web       /kb/ARTICLE: kb_article() by id and the reader's language, kb_article_html() for its text; hidden articles are 404.
 */
#ifndef SPORTELLO_KB_H
#define SPORTELLO_KB_H

#include "base.h"

/* Bounds of an article: what is over them is a problem of that file, and the rest of the folder works. */
#define KB_ARTICLE_BYTES    (64 * 1024)          /* of one file: cmark's worst case is quadratic; 64 KiB of it take 0.5 s */
#define KB_HTML_BYTES       (512 * 1024)         /* of the HTML made from it */
#define KB_ARTICLES         100000
#define KB_SUGGESTED        5                    /* at most */
#define KB_RANKED           10

struct kb;

struct kb_problem { const char *file; int line; const char *text; bool warning; };   /* line 0: the file as a whole */
struct kb_problems { struct kb_problem *at; size_t count; };

/* Reads DIR/NAME.md and DIR/NAME.LANGUAGE.md. A folder that is not there is an empty kb and a warning: the desk works without one.
 * `problems` (may be NULL) in `arena`. STATUS_BAD_INPUT: DIR is there but no folder. */
enum status kb_open(const char *dir, struct kb **kb, struct arena *arena, struct kb_problems *problems, struct error *error);
/* Looks for new, changed and gone files, by size and time of change. *changed (may be NULL): how many. */
enum status kb_refresh(struct kb *kb, struct arena *arena, struct kb_problems *problems, size_t *changed, struct error *error);
struct kb *kb_ref(struct kb *kb);                 /* thread-safe; NULL stays NULL */
void kb_close(struct kb **kb);                   /* gives one reference back; the last one closes */

/* ---- asking ---- */
struct kb_question {
	const char *subject;             /* NULL or "": none */
	const char *text;                /* greetings, signatures and quotes in it are left out here */
	const char *language;            /* "it"; NULL or "": told from the text, as far as it can be */
	const char *queue;               /* NULL or "": articles of all queues */
};
/* Score, 0..1. That of the first article is the confidence that one of the articles suggested solves it; the others follow in
 * proportion to their rank. */
struct kb_scored { const char *article, *language, *title, *excerpt; double score; };
struct kb_scores { struct kb_scored *at; size_t count; };
struct kb_answer {
	struct kb_scores suggest;        /* what a customer should be shown; empty: be silent */
	struct kb_scores ranking;        /* the best, at most KB_RANKED, with no regard to the gate; without excerpts */
	double confidence;               /* that one of `suggest`, or of those that would be suggested, is right */
	double threshold;                /* what the confidence had to reach */
	const char *language;            /* of the question, as it was understood; "": not clear */
};
/* Never fails: an empty kb, or a question without words, gives empty lists. */
void kb_suggest(struct kb *kb, const struct kb_question *question, struct arena *arena, struct kb_answer *answer);

/* ---- learning ---- */
struct kb_feedback { const char *question, *article; bool solved; };     /* question: subject and text, " \u2022 " or newline between them */
/* Adds what was learned, oldest first; `forget` drops all that was learned before. Feedback on articles that are not there is kept
 * for when they come back. Bounded: the newest of each article count. */
void kb_learn(struct kb *kb, const struct kb_feedback *at, size_t count, bool forget);

/* ---- what no article answers ---- */
#define KB_GROUPED 2000                  /* questions that are compared with each other, the last ones */
/* at: which questions, the most typical first. words: what tells most of them, as it was written. */
struct kb_group { size_t *at; size_t count; struct strings words; };
struct kb_groups { struct kb_group *at; size_t count; };
/* Questions (subject, newline, text) by likeness, over languages too; the largest group first. Each of the last KB_GROUPED is in one group, if
 * need be alone. Knows no kb: the same questions always make the same groups. */
void kb_group(struct arena *arena, const char *const *questions, size_t count, struct kb_groups *groups);

/* ---- reading ---- */
struct kb_article {
	const char *id, *language;       /* language "": not known */
	const char *title, *file, *markdown;     /* markdown: without the head */
	struct strings keywords, queues; /* queues empty: all */
	bool hidden;                     /* neither suggested nor listed for customers */
	int64_t changed;                 /* ms */
	size_t learned;                  /* past questions it solved */
};
struct kb_articles { struct kb_article *at; size_t count; };
/* The article in this language, else in the desk's (`fallback`), else in any. STATUS_NOT_FOUND: there is none. */
enum status kb_article(struct kb *kb, struct arena *arena, const char *id, const char *language, const char *fallback,
                       struct kb_article *article, struct error *error);
bool kb_is_empty(struct kb *kb);                         /* at the cost of one article, however many there are */
void kb_list(struct kb *kb, struct arena *arena, struct kb_articles *articles);      /* by id, then language; markdown NULL */

/* HTML of an article's Markdown, without its title. Raw HTML is dropped; links and images only to http, https, mailto, tel and what is
 * relative; a link to another article (other.md, other) leads to `link_prefix` + its id. At most KB_HTML_BYTES, else STATUS_BAD_INPUT. */
enum status kb_article_html(struct arena *arena, const char *markdown, const char *link_prefix, const char **html, struct error *error);

/* What is doubtful in the articles that were read: no title, dead links between articles, articles alike, no language, an empty text, a
 * translation missing where most have one. Adds to what kb_open() said of heads and files. */
void kb_lint(struct kb *kb, struct arena *arena, struct kb_problems *problems);

#endif
