/*
 * learn_nearest.c - the known mail that is most like this one: cosine over words and pairs of words.
 *
 * The linear model says which class fits best, not whether anything fits. That a mail much like this one was seen, and that it was in the
 * same class, is the plainest reason to believe it. An inverted index: for each bucket the mails that have it. Only the newest
 * NEAREST_MAILS are kept. Values are kept in 255ths; a posting takes three bytes.
 */
#include "learn_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NEAREST_MAILS 12000
#define LEAST_OUTCOME_BY_ALL 50
#define OUTCOME_BY_ALL 20                        /* what is in more than one of so many mails is not indexed: it is slow and says little */

#define LOOKED_AT 10000                          /* postings for one mail: of a long one the words that fewest mails have */

static void count_postings(struct arena *arena, const struct vector *vectors, size_t count, size_t known, struct nearest *nearest)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	uint32_t *seen = ARENA_ARRAY(&scratch, uint32_t, known + 1);

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < vectors[i].count; k++)
			seen[vectors[i].at[k].number] += vectors[i].at[k].kind == KIND_WORD;
	learn_numbered_make(arena, &nearest->words, known);
	for (size_t number = 0; number < known; number++) {
		if (seen[number] > LEAST_OUTCOME_BY_ALL + count / OUTCOME_BY_ALL)
			seen[number] = 0;
		if (seen[number])
			learn_numbered_put(&nearest->words, number);
	}
	learn_numbered_done(&nearest->words);
	nearest->start = ARENA_ARRAY(arena, uint32_t, nearest->words.count + 1);
	for (size_t number = 0, at = 0; number < known; number++)
		if (seen[number]) {
			nearest->start[at + 1] = nearest->start[at] + seen[number];
			at++;
		}
	nearest->postings = nearest->start[nearest->words.count];
	nearest->posting = ARENA_ARRAY(arena, uint8_t, POSTING_BYTES * nearest->postings + 1);
}

static bool is_word(const struct nearest *nearest, const struct vector_item *item)
{
	return item->kind == KIND_WORD && numbered_has(&nearest->words, item->number);
}

void learn_nearest_make(struct arena *arena, const struct corpus *corpus, const struct rows *rows, const struct vector *vectors, size_t known,
                        struct nearest *nearest)
{
	size_t skipped = rows->count > NEAREST_MAILS ? rows->count - NEAREST_MAILS : 0;
	CLEANUP_ARENA struct arena scratch = { 0 };
	uint32_t *next;

	*nearest = (struct nearest){ .mails = rows->count - skipped };
	vectors += skipped;
	count_postings(arena, vectors, nearest->mails, known, nearest);
	nearest->class = ARENA_ARRAY(arena, uint16_t, nearest->mails + 1);
	next = ARENA_ARRAY(&scratch, uint32_t, nearest->words.count + 1);
	memcpy(next, nearest->start, nearest->words.count * sizeof *next);
	for (size_t i = 0; i < nearest->mails; i++) {
		nearest->class[i] = corpus->at[rows->at[skipped + i]].class;
		for (size_t k = 0; k < vectors[i].count; k++) {
			const struct vector_item *item = &vectors[i].at[k];
			uint8_t *posting;

			if (!is_word(nearest, item))
				continue;
			posting = nearest->posting + POSTING_BYTES * next[numbered_before(&nearest->words, item->number)]++;
			posting[0] = i & 0xFF;
			posting[1] = (uint8_t)(i >> 8);
			posting[2] = (uint8_t)lround(255 * fmin(1, item->value));
		}
	}
}

/* Of each word of a text that is indexed: its postings. */
struct looked_up { struct list { uint32_t start, length; float value; } *at; size_t count; };

/* In three rounds, each of which fetches what the next one reads: all of it is far apart in memory. */
ALSO_FOR_NEWER static void look_up(struct arena *arena, const struct nearest *nearest, const struct vector *vector, struct looked_up *found)
{
	const struct vector_item **word = (const struct vector_item **)arena_room(arena, (vector->count + 1) * sizeof *word);
	size_t words = 0;

	for (size_t i = 0; i < vector->count; i++) {
		word[words] = &vector->at[i];
		words += vector->at[i].kind == KIND_WORD;        /* no branch: nobody could foretell it */
	}
	found->at = (struct list *)arena_room(arena, (words + 1) * sizeof *found->at);
	found->count = 0;
	for (size_t i = 0; i < words; i++) {
		uint32_t at = numbered_before(&nearest->words, word[i]->number);

		found->at[found->count] = (struct list){ .start = at, .value = word[i]->value };
		__builtin_prefetch(&nearest->start[at]);
		found->count += numbered_has(&nearest->words, word[i]->number);
	}
	for (size_t i = 0; i < found->count; i++) {
		struct list *list = &found->at[i];
		const uint32_t *start = &nearest->start[list->start];

		list->start = start[0];
		list->length = start[1] - start[0];
		__builtin_prefetch(nearest->posting + POSTING_BYTES * list->start);
	}
}

/* The longest list that is looked at, so that all of them together stay within bounds. */
static uint32_t longest_list(const struct looked_up *found)
{
	uint32_t of_length[LEAST_OUTCOME_BY_ALL + NEAREST_MAILS / OUTCOME_BY_ALL + 1] = { 0 }, most = COUNT_OF(of_length) - 1, sum = 0, longest;

	for (size_t i = 0; i < found->count; i++)
		of_length[found->at[i].length < most ? found->at[i].length : most] += found->at[i].length;
	for (longest = 0; longest <= most && (sum += of_length[longest]) <= LOOKED_AT; longest++)
		;
	return longest > most ? UINT32_MAX : longest ? longest - 1 : 0;
}

void learn_nearest_find(struct arena *arena, const struct nearest *nearest, const struct vector *vector, size_t class, double *own, double *other)
{
	float *likeness = ARENA_ARRAY(arena, float, nearest->mails + 1), same = 0, different = 0;
	struct looked_up found;
	uint32_t longest;

	look_up(arena, nearest, vector, &found);
	longest = longest_list(&found);
	for (size_t i = 0; i < found.count; i++) {
		const uint8_t *posting = nearest->posting + POSTING_BYTES * found.at[i].start;
		uint32_t length = found.at[i].length <= longest ? found.at[i].length : 0;

		for (uint32_t k = 0; k < length; k++, posting += POSTING_BYTES)
			likeness[posting[0] | posting[1] << 8] += found.at[i].value * posting[2];
	}
	for (size_t i = 0; i < nearest->mails; i++) {
		float *best = likeness[i] <= same && likeness[i] <= different ? NULL : nearest->class[i] == class ? &same : &different;

		if (best && likeness[i] > *best)
			*best = likeness[i];
	}
	*own = fmin(1, same / 255);
	*other = fmin(1, different / 255);
}
