/*
 * kb_work.h - inside the ranking: what one question needs while it is ranked, and the steps that fill it.
 *
 * A value for each article and each kind of likeness, and the question's n-grams. The memory is kept from
 * question to question: to take and clear it costs less than the question itself. Words and past questions are looked at for all
 * articles; the rest only for candidates.
 */
#ifndef SPORTELLO_KB_WORK_H
#define SPORTELLO_KB_WORK_H

#include "kb_private.h"

#define KB_UNASKED (KB_NO_TERM - 1)      /* in group_slot */

/* A word of the question (1 + its index) in an article: its place there. */
struct kb_place { uint32_t at; uint8_t word; };
/* Words that stand side by side in the question: by the first one, 1 + index; 0: none. second: as in kb_place. */
#define KB_PAIRS 128
struct kb_pair { float weight; uint8_t second, next; };
struct kb_pairs { struct kb_pair at[KB_PAIRS]; uint8_t head[KB_TERMS]; size_t count; };

struct kb_work {
	struct kb_work *next;            /* while nobody uses it */
	size_t room;                     /* articles */
	const struct kb_snapshot *snapshot;
	const struct kb_learned *learned;
	const struct kb_words *words;
	const struct kb_without *without;
	bool *allowed;                   /* by slot, like those that follow */
	float *word, *title, *past, *past_sum, *grams, *neighbours, *passage, *score;
	float most_word, most_title, most_grams, most_neighbours, most_passage;
	uint32_t *candidate; size_t candidates;
	struct kb_gram_question question;
	struct kb_numbered numbered;     /* the same by number; empty between two questions */
	uint8_t *mark; size_t mark_room; /* by term: 1 + index of the question's word; all 0 between two questions */
	struct kb_place *place; size_t places, place_room;           /* of the article that is looked at */
	struct kb_pairs pairs;
	size_t past_room;
	float *past_like;                /* by past question: weight of the words in common */
	uint32_t *group_slot;            /* by kb_past.group: the slot of its article */
};

/* kb_work.c */
struct kb_work *kb_work_take(const struct kb_view *view, const struct kb_words *words, const struct kb_without *without);
void kb_work_give(struct kb_work *work);
void kb_work_places(struct kb_work *work, size_t words);         /* room for those of an article of so many words, and one more */
/* How much of the most; 0 if there is none. */
static inline float kb_share(float value, float most)
{
	return most > 0 ? value / most : 0;
}

void kb_score_words(struct kb_work *work);       /* kb_score_words.c: word */
void kb_score_places(struct kb_work *work);      /* kb_score_places.c, of candidates: neighbours, passage */
void kb_list_pairs(struct kb_work *work);        /* kb_score_neighbours.c: pairs */
float kb_neighbours(const struct kb_work *work); /* of the article whose places are there */
float kb_passage(const struct kb_work *work);    /* kb_score_passage.c: the same */
void kb_weigh_grams(struct kb_work *work);       /* kb_score_grams.c: question */
void kb_score_titles(struct kb_work *work);      /* title */
void kb_score_grams(struct kb_work *work);       /* of candidates: grams */
void kb_score_past(struct kb_work *work);        /* kb_score_past.c: past, past_sum */
void kb_judge(const struct kb_work *work, struct kb_ranked *ranked);     /* kb_judge.c: what the gate judges by */

/* Weights of the sum (kb_rank.c). Tuned together on several public sets; all of them stand on a plateau. */
#define W_WORDS      0.50f
#define W_GRAMS      0.42f
#define W_TITLE      0.20f
#define W_NEIGHBOURS 0.14f
#define W_PASSAGE    0.20f
#define W_PAST       0.70f               /* likeness to the nearest past question of the article */

#endif
