/*
 * rules_private.h - inside the rules: tokens, tree, program, keyword sets, frames, workers.
 *
 * A script's way: rules_lex cuts it into tokens, rules_parse makes the tree (RFC 5228 section 8.2), rules_check says what is wrong with
 * it, rules_emit writes from the tree of all scripts one program for libsieve. In that program actions are
 * `fileinto "FIRST.COUNT"` and every header name is "TEST.KEY": libsieve decides only which tests are true and which commands
 * are reached. Never a byte of a user's script reaches it but checked strings, and what an action means is decided
 * here, from the numbers it names. So its faults with flags, reject and state have nothing to hold on to.
 */
#ifndef RULES_PRIVATE_H
#define RULES_PRIVATE_H

#include "limits.h"
#include "rules.h"
#include "words.h"

/* ---- bounds; scripts are the sysadmin's, mails a stranger's ---- */
#define RULES_SCRIPT_BYTES   (64 * 1024)  /* one script */
#define RULES_SCRIPTS        200          /* a folder */
#define RULES_PROGRAM_BYTES  (512 * 1024) /* what all scripts come to; libsieve reads it again for each mail */
#define RULES_NESTING        15           /* blocks in blocks, tests in tests; RFC 5228 section 2.10.5 asks for 15 at least */
#define RULES_COMMANDS       8000         /* all scripts; libsieve's parser ends at 9998 commands */
#define RULES_LIST           1000         /* strings of one list; libsieve's parser ends near 10,000 */
#define RULES_STRING_BYTES   500          /* a string of a test */
#define RULES_REJECT_BYTES   400          /* words of a reject: they must fit an SMTP reply line of 512 */
#define RULES_WILDCARDS      2            /* '*' before a literal in :matches: libsieve's time grows with that power */
#define RULES_VALUE_BYTES    2000         /* of one header value that a test sees: two wildcards on it take 10 ms */
#define RULES_VALUES         50           /* fields of one name that a test sees */
#define RULES_ADDRESSES      200          /* addresses of one field that a test sees */
#define RULES_TEXT_BYTES     (256 * 1024) /* text of a mail that keyword sets look at */
#define RULES_REGEX_STEPS    20000        /* PCRE2's match limit, counted for each place where a match may begin */
#define RULES_REGEX_US       50000        /* microseconds all patterns of one mail may take together */
#define RULES_WORKERS        16           /* processes at most */
#define RULES_WORKER_LIFE    400          /* evaluations of one worker: libsieve's leaks end with it */
#define RULES_WORKER_MEMORY  (192 * 1024 * 1024)
#define RULES_WORKER_MS      200          /* CPU time of one evaluation; the worker's own timer ends it */
#define RULES_WAIT_MS        2000         /* until the parent kills a worker that says nothing: a busy machine is no hang */

/* ---- rules_problem.c ---- */
struct report { struct arena *arena; struct config_problems *problems; const char *file, *key; size_t errors; };   /* key NULL: none */
void rules_report_error(struct report *report, int line, const char *format, ...) PRINTF_LIKE(3, 4);
void rules_report_warning(struct report *report, int line, const char *format, ...) PRINTF_LIKE(3, 4);
/* "a, b, c" for "there is: ..."; at most twelve. */
const char *rules_report_list(struct arena *arena, const char *const *names, size_t count, size_t stride);
/* The name of the list that is most like `word`, or NULL. */
const char *rules_report_nearest(const char *word, const char *const *names, size_t count, size_t stride);

/* ---- rules_lex.c ---- */
enum token_type { LEX_END, LEX_NAME, LEX_TAG, LEX_NUMBER, LEX_STRING, LEX_TEXT, LEX_MARK, LEX_BROKEN };
struct lex_token { enum token_type type; int line; char mark; const char *text; int64_t number; };
struct lexer { struct report *report; const char *at, *end; int line; };
void rules_lex_init(struct lexer *lexer, struct report *report, const char *text, size_t length);
/* LEX_BROKEN has been reported. Text of names and tags is in lower case (capitals have been reported), that of LEX_TEXT is a text: block. */
struct lex_token rules_lex_next(struct lexer *lexer);

/* ---- rules_parse.c: the tree; commands and tests have the same shape ---- */
struct word { const char *text; int line; bool block; };         /* block: written as text: */
enum argument_type { ARGUMENT_TAG, ARGUMENT_NUMBER, ARGUMENT_STRINGS };
struct argument {
	enum argument_type type;
	int line;
	const char *tag;
	int64_t number;
	struct { struct word *at; size_t count; } strings;
	bool list;                       /* written in brackets */
};
struct node {
	const char *name;
	int line;
	struct { struct argument *at; size_t count; } arguments;
	struct { struct node **at; size_t count; } tests;
	bool has_block;
	struct node *block, *next;       /* commands */
	const struct check_command *row; /* set by rules_check; NULL: unknown */
	const struct node *parent;       /* the if, elsif or else around it */
};
struct node *rules_parse_script(struct report *report, const char *text, size_t length);

/* ---- rules_check.c ---- */
enum command_kind {
	COMMAND_REQUIRE, COMMAND_IF, COMMAND_ELSIF, COMMAND_ELSE, COMMAND_STOP, COMMAND_KEEP, COMMAND_DISCARD, COMMAND_REDIRECT,
	COMMAND_FILEINTO, COMMAND_REJECT, COMMAND_ADDFLAG, COMMAND_SETFLAG, COMMAND_REMOVEFLAG, COMMAND_NOTIFY, COMMAND_VACATION
};
struct check {
	struct report *report;
	const struct config *config;
	struct strings required;
	int depth;
	size_t commands;                 /* of all scripts */
};
struct check_command {
	const char *name, *extension;    /* extension NULL: none needed */
	enum command_kind kind;
	bool block, test;
	void (*check)(struct check *check, const struct node *node);
};
extern const struct check_command rules_check_commands[];              /* ends with a NULL name; rules_check_action.c */
void rules_check_script(struct check *check, struct node *script);
void rules_check_flow(struct check *check, const struct node *script);
bool rules_check_always_stops(const struct node *commands);
void rules_check_test(struct check *check, const struct node *test);
void rules_check_require(struct check *check, const struct node *node);
void rules_check_needs(struct check *check, int line, const char *what, const char *extension);
/* Every string but text: blocks: UTF-8, no backslash. */
void rules_check_strings(struct check *check, const struct argument *argument);
/* "agent:bob", "bob", "mailto:bob@example.org", "bob@example.org": the agent, or NULL. */
const struct desk_agent *rules_check_agent(const struct config *config, const char *text);

/* ---- rules_emit.c: the program ---- */
struct program_action {
	enum command_kind kind;
	uint16_t script; int line;
	const char *text;                /* "line 12: addflag tag:vpn, priority:high" */
	struct strings words;            /* queue, flags, address, words, agents */
	struct strings keywords;         /* sets named in the tests that led here */
};
struct program_test { uint16_t script; int line; };
struct program_key { bool address; const char *name; };
/* What can be said of a test without libsieve, see rules_reduce.c. */
struct filter {
	enum { FILTER_PERHAPS, FILTER_TRUE, FILTER_FALSE, FILTER_ALL, FILTER_ANY, FILTER_NOT, FILTER_EXISTS, FILTER_IS, FILTER_HAS, FILTER_OVER, FILTER_UNDER } kind;
	struct { const struct filter **at; size_t count; } tests;
	struct { uint32_t *at; size_t count; } keys;
	bool envelope, address;          /* keys are 0 for from and 1 for to; values are addresses */
	bool whole;                      /* HAS: a value that has one of the needles is enough */
	struct { struct strings *at; size_t count; } needles;    /* small letters; each a list of pieces that follow each other */
	int64_t size;
};
/* The commands of the program, as slices of its text. */
struct step {
	enum command_kind kind;          /* IF, ELSIF, ELSE, STOP; FILEINTO for all actions */
	size_t from, to;                 /* IF and ELSIF: of the test */
	size_t first, count;             /* FILEINTO: the actions */
	const struct filter *filter;
	struct step *block, *next;
};
struct program {
	struct arena *arena;
	struct buffer text;
	struct step *steps, **last_step;
	struct { struct program_action *at; size_t count; } actions;
	struct { struct program_test *at; size_t count; } tests;
	struct { struct program_key *at; size_t count; } keys;
	struct { const char **at; size_t count; } scripts;       /* file names without folder */
	bool asks_known;                 /* some test may see known:yes|no */
	bool asks_standing;              /* the same of vip:, level:, org: */
	int lines;                       /* of text */
	struct { int *at; size_t count; } first_line;    /* of each script in text */
};
void rules_program_begin(struct program *program, struct arena *arena);
void rules_program_add(struct program *program, const struct config *config, const char *file, const struct node *script);
#define PROGRAM_HEAD "require [\"fileinto\", \"envelope\", \"relational\", \"subaddress\"];\n"
/* Number of the key: a name, read as text or as addresses. */
size_t rules_program_key(struct program *program, const char *name, bool address);

/* ---- rules_fold.c ---- */
struct token_word {
	uint32_t start, length;          /* in the text */
	uint32_t folded, lower;          /* offsets in forms, NUL-terminated; lower keeps accents */
	uint32_t hash;                   /* of folded */
	bool folds;                      /* folded, lower and hash are there: it is not only known to stand here */
};
struct words {
	const char *text;
	const uint64_t *wanted;
	struct { struct token_word *at; size_t count, room; } tokens;
	struct buffer forms;
};
void rules_words_init(struct words *words);
void rules_words_fini(struct words *words);
/* wanted: a bit for each pair of letters that a word is looked for by (rules_words_pair()); of other ASCII words only the place is found. NULL: all. */
#define RULES_PAIRS (65536 / 64)
static inline size_t rules_words_pair(unsigned char first, unsigned char second) { return (size_t)first << 8 | second; }
void rules_words_cut(struct words *words, const char *text, size_t length, const uint64_t wanted[RULES_PAIRS]);
/* Of a word whose place alone was found, the rest. Moves no form that was there before. */
void rules_words_complete(struct words *words, struct token_word *word);
uint32_t rules_words_hash(const char *text);
/* A character of `word` that can be in no word, "" if there is none. */
const char *rules_words_stranger(const char *word);
/* `out` gets the folded form of what a stemmer gave. */
void rules_words_fold(struct buffer *out, const char *text, size_t length);

/* ---- rules_keywords.c, rules_regex.c ---- */
struct keyword_sets;
struct keyword_sets *rules_keyword_sets_new(struct arena *arena, const struct config *config, struct report *report);
void rules_keyword_sets_fini(struct keyword_sets *sets);
void rules_keyword_sets_match(const struct keyword_sets *sets, const struct mail *mail, struct arena *arena, struct rules_keywords *found);
struct regex;
struct regex *rules_regex_new(const char *pattern, int *offset, char why[128]);
void rules_regex_free(struct regex **regex);
enum regex_result { REGEX_NO, REGEX_YES, REGEX_GIVEN_UP };
enum regex_result rules_regex_match(const struct regex *regex, const char *text, size_t length, int64_t deadline_us, size_t *start, size_t *end);

/* ---- rules_load.c ---- */
struct ruleset {
	struct arena arena;
	_Atomic int refs;
	struct program program;
	const char *separators;
	struct keyword_sets *keywords;
};

/* ---- rules_facts.c: what the tests see of one mail ---- */
struct mail_facts {
	uint32_t size;
	const char *from, *to;
	struct strings *values; size_t count;    /* of each key of the program */
};
void rules_facts_gather(const struct ruleset *ruleset, const struct rules_input *input, const struct rules_keywords *keywords,
                        struct arena *arena, struct mail_facts *facts);
/* The frame of one evaluation, of this program. */
void rules_facts_write(const struct ruleset *ruleset, const struct mail_facts *facts, const struct buffer *program, struct buffer *frame);

/* ---- rules_reduce.c ---- */
struct answer {
	uint16_t *actions; size_t count; /* in the arena */
	const char *trouble;             /* NULL: fine */
};
const struct filter *rules_filter_make(struct program *program, const struct node *test);
/* The actions, where every test on the way is sure to be true or false. False: libsieve is to be asked. */
bool rules_program_decide(const struct program *program, const struct mail_facts *facts, struct arena *arena, struct answer *answer);
/* `out` gets the program without what cannot happen to a mail with these facts; false: then no action is left. */
bool rules_program_reduce(const struct program *program, const struct mail_facts *facts, struct arena *arena, struct buffer *out);

/* ---- rules_wire.c: frames between us and a worker: u32 length of what follows, a letter, the rest ---- */
#define WIRE_FRAME_BYTES (4 * 1024 * 1024)
enum wire_letter { WIRE_EVALUATE = 'E', WIRE_ACTIONS = 'A', WIRE_TROUBLE = 'T' };
void rules_wire_begin(struct buffer *frame, enum wire_letter letter);
void rules_wire_number(struct buffer *frame, uint32_t number);
void rules_wire_string(struct buffer *frame, const char *text);
void rules_wire_bytes(struct buffer *frame, const char *text, size_t length);  /* a string of that length */
void rules_wire_end(struct buffer *frame, size_t begin);
enum wire_state { WIRE_PARTIAL, WIRE_WHOLE, WIRE_BAD };
enum wire_state rules_wire_state(const struct buffer *frame);  /* of what has been received so far; more than one frame is bad */
struct wire_reader { const char *at, *end; bool bad; };

struct value_list { char **at; };        /* NULL-terminated, as libsieve wants them */
struct question {
	const char *program, *separators, *from, *to;
	int size;
	struct value_list *keys; size_t key_count;
};
/* Of a whole frame. False: bad; to be freed all the same. Points into the frame. */
bool rules_question_read(const struct buffer *frame, struct question *question);
void rules_question_free(struct question *question);
/* Of a whole frame, whatever is in it. */
void rules_answer_read(const struct buffer *frame, size_t action_count, struct arena *arena, struct answer *answer);

/* ---- rules_zygote.c, rules_worker.c ---- */
enum worker_end { WORKER_RUNS, WORKER_OUT_OF_TIME };
/* What a worker is at, in memory that we share with it: a hint for messages, never believed. */
struct worker_place { _Atomic uint32_t script, test, end; };
_Noreturn void rules_worker_main(int fd, struct worker_place *place);
struct worker { int fd, pidfd, pid; uint32_t life; struct worker_place *place; };
bool rules_zygote_start(struct error *error);
void rules_zygote_stop(void);
void rules_zygote_look_after(void);
bool rules_zygote_make_worker(struct worker *worker, size_t slot);
void rules_worker_close(struct worker *worker, bool kill);
size_t rules_zygote_pids(int pids[2]);                 /* the one that works, the spare */

/* ---- rules_pool.c ---- */
void rules_pool_ask(const struct ruleset *ruleset, const struct buffer *frame, struct arena *arena, struct answer *answer);
void rules_pool_count_trouble(void);
size_t rules_pool_pids(int *pids, size_t room);        /* for tests that kill them */
size_t rules_pool_makers(int pids[2]);                 /* the zygotes, for the same */

#endif
