/*
 * kb_score_grams.c - the cosine of the question's character n-grams with an article's, and with its title's alone.
 *
 * Finds compounds, inflections that no stemmer knows, and misspellings. Small words weigh little here, too; words that were not chosen
 * (kb_words.c) weigh nothing.
 */
#include "kb_work.h"

#include <math.h>
#include <string.h>

static void spread_words(const struct kb_snapshot *snapshot, struct kb_gram_question *question, const struct kb_words *words)
{
	struct kb_known_gram room[KB_WORD_GRAMS];
	size_t most = 0;

	for (size_t i = 0; i < words->token_count; i++)
		if (words->token[i].chosen)
			most += KB_GRAMS_OF(strlen(words->token[i].folded));
	kb_gram_question_clear(question, most);
	for (size_t i = 0; i < words->token_count; i++) {
		const struct kb_token *token = &words->token[i];
		size_t grams = 0;
		const struct kb_known_gram *gram = token->chosen ? kb_known_grams(snapshot, token->known, token->folded, room, &grams) : NULL;

		for (size_t k = 0; k < grams; k++) {
			struct kb_gram_weight *weight = kb_gram_weight(question, gram[k].bucket);

			weight->weight += token->weight * (float)token->often;
			weight->number = gram[k].number;
			weight->title = gram[k].title;
			weight->idf = gram[k].idf;
			weight->title_idf = gram[k].title_idf;
		}
	}
}

#define WHOLE 16

/* 1 + ln tf, where small words make it less than one. Most are whole numbers, whose logarithms are there. */
static float log_of(const float *logs, float tf)
{
	if (tf <= 1)
		return tf;
	return tf < WHOLE && tf == (float)(int)tf ? logs[(int)tf] : 1 + logf(tf);
}

static float norm_of(float square)
{
	return square > 0 ? sqrtf(square) : 1;
}

void kb_weigh_grams(struct kb_work *work)
{
	struct kb_gram_question *question = &work->question;
	const float *logs = kb_gram_logs();
	float square = 0, title_square = 0;

	spread_words(work->snapshot, question, work->words);
	for (size_t i = 1; i < question->count; i++) {
		struct kb_gram_weight *gram = &question->at[i];
		float log_tf = log_of(logs, gram->weight), idf = gram->idf, title_idf = gram->title_idf;

		square += log_tf * idf * log_tf * idf;
		title_square += log_tf * title_idf * log_tf * title_idf;
		gram->weight = log_tf * idf * idf;
		gram->title_weight = log_tf * title_idf * title_idf;
	}
	square = norm_of(square);
	title_square = norm_of(title_square);
	kb_numbered_make_room(&work->numbered, work->snapshot->grams.count);
	for (size_t i = 1; i < question->count; i++) {
		struct kb_gram_weight *gram = &question->at[i];

		gram->weight /= square;
		gram->title_weight /= title_square;
		if (gram->number != KB_NO_TERM)
			kb_numbered_put(&work->numbered, gram->number, gram->weight);
	}
}

void kb_score_titles(struct kb_work *work)
{
	const float *logs = kb_gram_logs();

	for (size_t i = 1; i < work->question.count; i++)
		if (work->question.at[i].title_weight > 0)
			kb_titles_add(&work->snapshot->titles, work->question.at[i].title, work->question.at[i].title_weight, logs, work->title);
	for (size_t i = 0; i < work->snapshot->count; i++)
		if (work->allowed[i] && work->title[i] > 0) {
			work->title[i] /= work->snapshot->at[i]->title_gram_norm;
			if (work->title[i] > work->most_title)
				work->most_title = work->title[i];
		}
}

void kb_score_grams(struct kb_work *work)
{
	for (size_t k = 0; k < work->candidates; k++) {
		uint32_t i = work->candidate[k];
		const struct kb_entry *entry = work->snapshot->at[i];

		if (entry->gram_norm > 0)
			work->grams[i] = kb_numbered_dot(&work->numbered, entry) / entry->gram_norm;
		if (work->grams[i] > work->most_grams)
			work->most_grams = work->grams[i];
	}
	for (size_t i = 1; i < work->question.count; i++)
		if (work->question.at[i].number != KB_NO_TERM)
			kb_numbered_take_out(&work->numbered, work->question.at[i].number);
}
