/*
 * kb_private.h - inside the knowledge base: words and terms, an article with what the index needs of it, and a snapshot.
 *
 * A snapshot is immutable once it is published, and counted: an answer is made on one snapshot, while the writer makes the next. Articles,
 * the dictionary of terms and what was learned are counted too and shared between snapshots, so that one changed file costs one
 * article and a copy of the postings.
 */
#ifndef SPORTELLO_KB_PRIVATE_H
#define SPORTELLO_KB_PRIVATE_H

#include "kb.h"
#include "words.h"

#include <pthread.h>
#include <stdatomic.h>

#define KB_QUESTION_WORDS 400            /* of a question that count */
#define KB_CHOSEN       36               /* different words of a question that are looked for, the most telling ones */
#define KB_TERMS        (KB_CHOSEN * WORDS_STEMMERS)        /* different terms of a question */
#define KB_GRAM_BITS    18
#define KB_GRAMS        (1u << KB_GRAM_BITS)     /* buckets of character n-grams */
#define KB_GRAM_TF      ((1u << (32 - KB_GRAM_BITS)) - 1)
#define KB_NO_TERM      UINT32_MAX
#define KB_PAST         40               /* past questions kept of an article, the newest */
#define KB_STOP_WEIGHT  0.3f           /* of a word that says little */

/* ---- kb_same.c: words for the same thing ---- */
#define KB_SAME_ROWS 256                 /* at most */
/* The rows that this stem stands in. */
size_t kb_same_rows_of(const char *stem, const uint16_t **rows);
struct kb_dict;
/* The terms of the dictionary that stand in each row: row i has terms[offset[i]] to terms[offset[i + 1]]. */
struct kb_same { uint32_t offset[KB_SAME_ROWS + 1], *terms; };
void kb_same_index(struct kb_same *same, const struct kb_dict *dict);

/* ---- kb_dict.c: terms and their numbers ---- */
struct kb_pool { atomic_int refs; struct arena arena; };         /* owns the bytes of the terms of a dictionary and its copies */
struct kb_dict { atomic_int refs; struct kb_pool *pool; const char **term; uint64_t *spelling; uint32_t *slot; size_t count, room, slots; };
struct kb_dict *kb_dict_new(void);
struct kb_dict *kb_dict_copy(const struct kb_dict *dict);
void kb_dict_drop(struct kb_dict **dict);
uint32_t kb_dict_find(const struct kb_dict *dict, const char *term);             /* KB_NO_TERM */
uint32_t kb_dict_find_hashed(const struct kb_dict *dict, const char *term, uint32_t hash);       /* kb_stem_hash() of it */
uint32_t kb_dict_add(struct kb_dict *dict, const char *term);   /* the writer alone */
uint64_t kb_spelling(const char *term);                          /* its groups of three letters as a set of 64; kept for each term */

/* ---- an article ---- */
struct kb_term { uint32_t term; uint16_t body; uint8_t title, keywords; };       /* how often, by field */
/* at: in the body. start: of its words; one more sentence than there are has where the last ones end. end: the first sentence that does not fit into an
 * excerpt with this one. */
struct kb_sentence { uint32_t at, length, start; uint16_t end; };
struct kb_entry {
	atomic_int refs;
	struct arena arena;              /* owns the texts that follow */
	void *index;                     /* what was counted in them, in one block */
	struct kb_article article;
	bool declared;                   /* the language was said, not guessed */
	const char *body;                /* plain text without the title */
	unsigned hits[16], own[16];      /* by language: small words; those of no other language */
	int64_t mtime_ns; uint64_t size; /* of the file */
	struct kb_term *terms; size_t term_count;        /* by number */
	uint32_t *sequence[WORDS_STEMMERS]; size_t sequence_count;  /* terms in order, title first; as each language stems them */
	char stemmed[WORDS_STEMMERS][4]; size_t stemmed_count;      /* these languages */
	uint32_t *grams; size_t gram_count;              /* bucket << bits | how often; of an article that is measured, its number in the snapshot's table << bits */
	uint32_t gram_often;                             /* the most of them */
	uint32_t *title_grams; size_t title_gram_count;
	float gram_norm, title_gram_norm;
	struct kb_sentence *sentence; size_t sentence_count;
	struct { uint32_t *at; size_t count; } starts;   /* of its words: where to look in the body << bits | kb_letters() */
	unsigned words_title, words_keywords, words_body;
};
void kb_entry_drop(struct kb_entry **entry);

/* kb_head.c: the lines between --- and ---. Returns where the Markdown begins. */
const char *kb_head_read(struct kb_entry *entry, const char *text, struct arena *arena, struct kb_problems *problems);
void kb_problem_add(struct arena *arena, struct kb_problems *problems, const char *file, int line, bool warning, const char *format, ...)
	PRINTF_LIKE(6, 7);
/* kb_html.c: title ("" if there is none) and plain text; links to other articles if `links` is not NULL. */
void kb_plain(struct arena *arena, const char *markdown, const char **title, const char **body, struct strings *links);
/* kb_articles.c: one file. NULL and a problem: it cannot be used. */
struct kb_entry *kb_entry_read(const char *dir, const char *name, struct arena *arena, struct kb_problems *problems);
void kb_entry_text(struct kb_entry *entry, const char *text, struct arena *arena, struct kb_problems *problems);  /* head, title, body, language */
bool kb_file_name(const char *name, size_t *id_length, char language[4]);        /* "vpn.it.md"; false: no article */

/* ---- kb_sentences.c ---- */
#define KB_EXCERPT       260             /* bytes, about three lines */
#define KB_SENTENCES     400             /* of an article that are looked at */
#define KB_LETTERS_BITS  12
#define KB_START_BYTES   (1u << (32 - KB_LETTERS_BITS))          /* of a body; the text of one is a small part of it */
void kb_sentences_index(struct kb_entry *entry, struct arena *arena);    /* fills sentence and starts */
/* A number of the first three letters of a folded word; other letters may have the same. */
static inline uint32_t kb_letters(const char *folded)
{
	uint32_t letters = (unsigned char)folded[0];

	for (int i = 1; i < 3 && folded[i - 1]; i++)
		letters = letters << 8 | (unsigned char)folded[i];
	return letters * 2654435761u >> (32 - KB_LETTERS_BITS);
}

/* ---- kb_ngram.c ---- */
struct kb_gram_counter { uint16_t *tf; uint32_t *seen; size_t count; };          /* tf[KB_GRAMS], seen[KB_GRAMS] */
#define KB_GRAMS_OF(length) (3 * ((length) + 2))                  /* n-grams of a word, at most */
#define KB_WORD_GRAMS KB_GRAMS_OF(WORDS_BYTES)
size_t kb_grams_of_word(const char *folded, uint32_t bucket[KB_WORD_GRAMS]);     /* how many, in order */
void kb_gram_counter_init(struct kb_gram_counter *counter);
void kb_gram_counter_fini(struct kb_gram_counter *counter);
void kb_gram_count(struct kb_gram_counter *counter, const char *folded);         /* those of a word */
uint32_t *kb_gram_take(struct kb_gram_counter *counter, struct arena *arena, size_t *count);     /* and empties the counter */
/* The n-grams of a question, by bucket: what each weighs against whole articles and against titles. */
struct kb_gram_weight { uint32_t bucket, next, number, title; float weight, title_weight, idf, title_idf; };     /* number: as in kb_known_gram; title: its postings in kb_titles */
#define KB_GRAM_HEADS 4096u
#define KB_GRAM_SET_BITS 14              /* a set is sixteen buckets: what an article's n-grams are first looked up in */
/* at[0] is none, and weighs nothing. Zeroed: not yet cleared. */
struct kb_gram_question {
	uint8_t set[1 << KB_GRAM_SET_BITS];      /* 1: the question has one of it */
	uint16_t head[KB_GRAM_HEADS];
	struct kb_gram_weight *at; size_t count, room;
};
void kb_gram_question_clear(struct kb_gram_question *question, size_t most);    /* before the first n-gram; up to `most` different ones */
struct kb_gram_weight *kb_gram_weight(struct kb_gram_question *question, uint32_t bucket);       /* adds it if it is not there */
float kb_gram_dot(const struct kb_gram_question *question, const uint32_t *grams, size_t count);
float kb_gram_log(uint32_t tf);                                  /* 1 + ln tf */
#define KB_GRAM_LOGS 256
const float *kb_gram_logs(void);                                 /* the same for tf below KB_GRAM_LOGS */

/* ---- kb_gram_table.c: in how many articles an n-gram stands, and what that weighs ---- */
struct kb_gram { uint32_t key, articles; float idf; uint32_t number; };          /* key: bucket + 1; 0: free. number: as they came, the same in all later copies */
struct kb_gram_table { struct kb_gram *slot; size_t slots, count; uint32_t *bucket; size_t room; };       /* bucket: by number; room of them */
void kb_gram_table_init(struct kb_gram_table *table);
void kb_gram_table_fini(struct kb_gram_table *table);
void kb_gram_table_copy(struct kb_gram_table *table, const struct kb_gram_table *from);
void kb_gram_table_count(struct kb_gram_table *table, const uint32_t *grams, size_t count, int by);
void kb_gram_table_weigh(struct kb_gram_table *table, size_t live);              /* all of them */
void kb_gram_table_weigh_these(struct kb_gram_table *table, const uint32_t *grams, size_t count, size_t live);
/* Where it is, or would be: then its key is 0. */
static inline size_t kb_gram_slot(const struct kb_gram_table *table, uint32_t bucket)
{
	size_t at = bucket & (table->slots - 1);

	while (table->slots < KB_GRAMS && table->slot[at].key && table->slot[at].key != bucket + 1)
		at = (at + 1) & (table->slots - 1);
	return at;
}
/* 0: it stands in no article. */
static inline float kb_gram_idf(const struct kb_gram_table *table, uint32_t bucket)
{
	return table->slot[kb_gram_slot(table, bucket)].idf;
}
float kb_gram_norm(const struct kb_gram_table *table, const uint32_t *grams, size_t count);

/* ---- kb_numbered.c: n-grams by their numbers in the table ---- */
void kb_gram_table_number(const struct kb_gram_table *table, uint32_t *grams, size_t count);     /* that were counted: from now on by number */
void kb_gram_table_uncount(struct kb_gram_table *table, const uint32_t *numbered, size_t count);
/* Those of a question; weight only where it has one. Zeroed: none. */
struct kb_numbered { uint8_t *has; float *weight; size_t room; };
void kb_numbered_make_room(struct kb_numbered *question, size_t numbers);        /* none may be in it */
void kb_numbered_fini(struct kb_numbered *question);
void kb_numbered_put(struct kb_numbered *question, uint32_t number, float weight);
void kb_numbered_take_out(struct kb_numbered *question, uint32_t number);
float kb_numbered_dot(const struct kb_numbered *question, const struct kb_entry *entry);

/* ---- kb_titles.c ---- */
struct kb_entry;
struct kb_titles { struct kb_gram_table grams; uint32_t *first, *postings; };    /* first: by slot of grams; a posting of 0 ends them */
void kb_titles_fini(struct kb_titles *titles);
void kb_titles_index(struct kb_titles *titles, struct kb_entry *const *at, size_t count);        /* of counted grams: first and postings */
/* To the sum of each article that has it. logs: kb_gram_logs() */
void kb_titles_add(const struct kb_titles *titles, uint32_t first, float weight, const float *logs, float *sum);

/* ---- what was learned ---- */
struct kb_learned;
void kb_learned_drop(struct kb_learned **learned);

/* ---- a snapshot ---- */
struct kb_posting { uint32_t article; float part; };             /* part: saturated weighted frequency, 0..1 */
struct kb_snapshot {
	atomic_int refs;
	struct kb_entry **at; size_t count;      /* slots; NULL: free */
	size_t live;
	uint32_t *id_slot; size_t id_slots;      /* the first slot of each article, by hash of its id */
	uint32_t *first_of;              /* [count]: the first slot with the same id; the others are other languages */
	struct kb_dict *dict;
	size_t term_count;               /* of dict when this was made */
	uint32_t *offset;                /* [term_count + 1] into postings; their difference is the document frequency */
	struct kb_posting *postings;
	struct kb_gram_table grams;      /* of whole articles */
	struct kb_titles titles;
	enum kb_open { KB_OPEN_NEVER, KB_OPEN_IN_SOME, KB_OPEN } *open;  /* [count]: to which queues */
	struct kb_same same;
	float mean_title, mean_keywords, mean_body;      /* words; kept over small changes */
	char languages[WORDS_STEMMERS][4]; size_t language_count;   /* most of the articles */
	uint64_t edition;                /* no other snapshot has or had it */
};
/* kb_open.c: what an answer is made of, both counted. */
struct kb_view { struct kb_snapshot *snapshot; struct kb_learned *learned; };
void kb_view_take(struct kb *kb, struct kb_view *view);
void kb_view_drop(struct kb_view *view);
void kb_snapshot_drop(struct kb_snapshot **snapshot);
struct kb_snapshot *kb_snapshot_build(struct kb_entry **entries, size_t count); /* takes the entries' references; they must be fresh */
/* The same with some slots changed: what[i].entry goes to what[i].slot (NULL: that slot gets free; slots by number, a new one at the
 * end). Takes the entries' references; they must be fresh. */
struct kb_change { size_t slot; struct kb_entry *entry; };
struct kb_snapshot *kb_snapshot_change(const struct kb_snapshot *old, const struct kb_change *what, size_t count);
/* kb_index.c, of both ways to make one: */
float kb_part_of(const struct kb_snapshot *snapshot, const struct kb_entry *entry, const struct kb_term *term);         /* kb_posting.part */
void kb_count_grams(struct kb_snapshot *snapshot, const struct kb_entry *entry); /* before it is measured */
void kb_measure_entry(const struct kb_snapshot *snapshot, struct kb_entry *entry);               /* fills its norms, and numbers its n-grams: they are counted */
void kb_snapshot_finish(struct kb_snapshot *snapshot);           /* the last step */
/* kb_terms.c: fills terms, sequence and grams of a fresh entry. */
void kb_entry_index(struct kb_entry *entry, struct kb_dict *dict, const struct kb_snapshot *snapshot, struct kb_gram_counter *counter);
void kb_ids_index(struct kb_snapshot *snapshot);                 /* kb_ids.c: fills id_slot and first_of */
uint32_t kb_ids_find(const struct kb_snapshot *snapshot, const char *id);        /* KB_NO_TERM */
/* The slot of the same article in this language, or `slot`. */
uint32_t kb_ids_in_language(const struct kb_snapshot *snapshot, uint32_t slot, const char *language);
float kb_idf(const struct kb_snapshot *snapshot, uint32_t term); /* of an unknown term: the largest */

/* ---- kb_known.c: what a snapshot says of words that came lately ---- */
#define KB_KNOWN_BYTES 30                /* of a word, with its NUL */
struct kb_known_gram { uint32_t bucket, number, title; float idf, title_idf; };  /* number: KB_NO_TERM where no article has it; title: its postings in kb_titles */
struct kb_known {
	uint32_t hash, question;         /* question: the last that had it */
	uint16_t small_in, grams;
	char language[4], stem[KB_KNOWN_BYTES];  /* stem "": not asked for */
	uint32_t stem_hash, term;
	float idf;                       /* of the term */
	struct kb_known_gram *gram;      /* NULL: not asked for */
	char word[KB_KNOWN_BYTES], folded[KB_KNOWN_BYTES];
};
struct kb_memory;
struct kb_memory *kb_memory_take(const struct kb_snapshot *snapshot);            /* NULL: none is free; one goes without */
void kb_memory_give(struct kb_memory *memory);
/* What they return stays until the memory is given back. NULL: it is not there, or not remembered. hash: kb_stem_hash() of the word. */
struct kb_known *kb_known_find(struct kb_memory *memory, const char *word, uint32_t hash);
struct kb_known *kb_known_add(struct kb_memory *memory, const char *word, const char *folded, uint32_t hash);
bool kb_known_stem_is(const struct kb_known *known, const char *language);
void kb_known_stem(struct kb_known *known, const char *language, const char *stem, uint32_t hash, uint32_t term, float idf);
const struct kb_known_gram *kb_known_grams(const struct kb_snapshot *snapshot, struct kb_known *known, const char *folded, struct kb_known_gram room[KB_WORD_GRAMS], size_t *count);

/* ---- kb_question.c, kb_words.c ---- */
char *kb_question_clean(struct arena *arena, const char *subject, const char *text);
struct kb_word { uint32_t term; float weight, idf; const char *stem, *folded; };
struct kb_token {                        /* a different word, as it is written */
	const char *word, *folded, *stem[WORDS_STEMMERS];           /* stem: of those that were chosen */
	uint32_t hash[WORDS_STEMMERS], term[WORDS_STEMMERS];        /* of each stem */
	float idf[WORDS_STEMMERS];
	unsigned often, small_in;
	float weight, value;
	bool chosen;
	struct kb_known *known;          /* NULL: it is not remembered */
};
#define KB_GAP UINT32_MAX                /* in order[]: words that were not chosen */
struct kb_words {
	struct kb_word *at; size_t count;        /* different terms, of the words that were chosen */
	uint32_t *order; size_t order_count;     /* which of them, as they stand */
	struct kb_token *token; size_t token_count;
	float mass;                      /* sum of weight * idf, of known and unknown */
	float words;                     /* sum of weights */
	const char *language;            /* NULL: not clear */
};
/* memory: may be NULL; what is in `words` stays until it is given back. */
void kb_question_words(const struct kb_snapshot *snapshot, struct kb_memory *memory, const struct kb_question *question, struct arena *arena, struct kb_words *words);

/* ---- kb_rank.c ---- */
enum kb_feature {
	F_COVERED,       /* of the question's weight, what the best article's words reach */
	F_SOFT,          /* the same, with likeness of spelling */
	F_TITLE,         /* n-gram cosine with the best article's title */
	F_GRAMS,         /* with all of it */
	F_UNKNOWN,       /* of the question's weight, what stands in no article */
	F_LENGTH,        /* ln(1 + words) */
	F_LEAD,          /* score above the fourth */
	F_SCORE,         /* rank score of the best */
	F_AGREE,         /* how many of words, grams and title have the same best */
	F_NEIGHBOURS,    /* words that stand side by side in both */
	F_WORD_LEAD,     /* covered, above the fourth */
	F_PAST,          /* likeness to the nearest past question of one of the first three */
	F_EVIDENCE,      /* ln(1 + weight of the question's words in the best article): not in proportion to the question */
	KB_FEATURES
};
struct kb_hit { uint32_t slot; float score; };
struct kb_ranked {
	struct kb_hit at[KB_RANKED]; size_t count;
	float feature[KB_FEATURES];      /* what the gate judges by */
};
/* For learning from itself: an article or a past question that is looked away from. NULL / -1: none. */
struct kb_without { const char *article; long past; };
bool kb_entry_is_for(const struct kb_entry *entry, const char *queue);     /* may be suggested there; NULL or "": anywhere */
void kb_rank(const struct kb_view *view, const struct kb_words *words, const char *queue, const struct kb_without *without, struct kb_ranked *ranked);

/* kb_feedback.c: what was learned, by article, oldest first. Immutable when it is published. */
#define KB_PAST_ALL 20000
struct kb_past_text {                    /* a past question, read once and shared by all that is learned later */
	atomic_int refs;
	struct arena arena;
	const char *article, *question;          /* what it was read for */
	uint32_t *grams; size_t gram_count;
	uint32_t *stems; size_t stem_count;      /* hashes of its different stems, without small words */
};
struct kb_past { const char *article; bool solved; uint32_t group; float norm; struct kb_past_text *text; };
struct kb_past_stem { uint32_t hash, past; };
static inline uint32_t kb_stem_hash(const char *stem) { return hash_spread(hash_text(stem)); }
struct kb_learned {
	atomic_int refs;
	struct arena arena;
	struct kb_past *at; size_t count;
	size_t groups;                           /* different articles; kb_past.group counts them */
	struct kb_past_stem *stem; uint32_t *stem_offset;        /* by the hash modulo KB_PAST_SLOTS; in each the past questions in order */
	float weight[KB_FEATURES], bias; bool own_gate;          /* of a gate that was learned here */
	float threshold;
	size_t fresh;                            /* past questions that the gate has not seen yet */
};
#define KB_PAST_SLOTS 16384u
/* All of `before` (may be NULL; `forget`: none of it) and the new ones. What `before` has read is not read again. */
struct kb_learned *kb_learned_make(const struct kb_snapshot *snapshot, const struct kb_learned *before, const struct kb_feedback *at, size_t count,
                                   bool forget);

/* ---- kb_suggest.c ---- */
void kb_answer_from(const struct kb_view *view, const struct kb_question *question, struct arena *arena, struct kb_answer *answer);

/* ---- kb_gate.c, kb_excerpt.c ---- */
float kb_gate_confidence(const struct kb_learned *learned, const struct kb_ranked *ranked);
float kb_gate_threshold(const struct kb_learned *learned);
size_t kb_gate_count(const struct kb_ranked *ranked);            /* how many would be shown */
void kb_gate_learn(const struct kb_view *view, const struct kb_learned *before);         /* fills view->learned, which nobody else has yet */
struct kb_finder;
struct kb_finder *kb_finder_new(struct arena *arena, const struct kb_words *words);             /* for all excerpts of an answer */
const char *kb_excerpt(struct arena *arena, const struct kb_entry *entry, const struct kb_finder *finder);

#endif
