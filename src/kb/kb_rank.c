/*
 * kb_rank.c - which articles answer a question best.
 *
 * The score is a weighted sum of: BM25F over stems, with what means the same counting less; the cosine of character n-grams with the
 * whole article and with its title; words that stand side by side in both; likeness to questions that the article solved before
 * (and, against it, to questions that it did not). All but the last in proportion to the best of this question.
 * Words and past questions are looked at for all articles, titles for the best TITLES by these, the rest for the best CANDIDATES.
 * May not allocate from the caller's arena: what it needs for a question is given back at the end.
 */
#include "kb_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TITLES       1000                /* articles whose titles are looked at */
#define CANDIDATES   200                 /* and whose whole text */
#define PAIRS        128

/* Tuned together on several public sets; all of them stand on a plateau. */
#define W_WORDS      0.50f
#define W_SAME       0.40f               /* of a word that means the same, against the word itself */
#define W_GRAMS      0.42f
#define W_TITLE      0.15f
#define W_NEIGHBOURS 0.14f
#define W_PAST       0.70f               /* likeness to the nearest past question of the article */
#define W_OTHER_PAST 0.30f               /* and to its others */
#define W_PAST_FIELD 3.00f               /* of the question, what the words of all of them cover */
#define PAST_HALF    3.00f               /* how often a word must stand in them for half of its weight */
#define W_REFUSED    0.50f

struct work {
	const struct kb_snapshot *snapshot;
	const struct kb_learned *learned;
	const struct kb_words *words;
	const struct kb_without *without;
	bool *allowed;                   /* by slot */
	float *word, *same, *title, *past, *past_sum, *grams, *neighbours, *score;
	uint32_t *candidate; size_t candidates;
	struct kb_gram_question question, title_question;
	/* what means the same as a word of the question */
	struct { uint32_t term; float weight; } other[KB_TERMS]; size_t others;
	float other_weight;
};

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static float share(float value, float most)
{
	return most > 0 ? value / most : 0;
}

static void work_init(struct work *work, const struct kb_view *view, const struct kb_words *words, const struct kb_without *without)
{
	size_t n = view->snapshot->count + 1;

	memset(work, 0, sizeof *work);
	work->snapshot = view->snapshot;
	work->learned = view->learned;
	work->words = words;
	work->without = without;
	work->allowed = must(calloc(n, sizeof *work->allowed));
	work->word = must(calloc(n * 8, sizeof *work->word));
	work->same = work->word + n;
	work->title = work->word + 2 * n;
	work->past = work->word + 3 * n;
	work->past_sum = work->word + 4 * n;
	work->grams = work->word + 5 * n;
	work->neighbours = work->word + 6 * n;
	work->score = work->word + 7 * n;
	work->candidate = must(malloc(n * sizeof *work->candidate));
	for (int i = 0; i < 2; i++) {
		struct kb_gram_question *question = i ? &work->title_question : &work->question;

		question->weight = must(calloc(KB_GRAMS, sizeof *question->weight));
		question->set = must(calloc(KB_GRAMS / 64, sizeof *question->set));
	}
}

static void work_fini(struct work *work)
{
	free(work->allowed);
	free(work->word);
	free(work->candidate);
	free(work->question.weight);
	free(work->question.set);
	free(work->title_question.weight);
	free(work->title_question.set);
}

bool kb_entry_is_for(const struct kb_entry *entry, const char *queue)
{
	return entry && !entry->article.hidden && (!queue || !*queue || !entry->article.queues.count || strings_have(&entry->article.queues, queue));
}

static void allow(struct work *work, const char *queue)
{
	for (size_t i = 0; i < work->snapshot->count; i++) {
		const struct kb_entry *entry = work->snapshot->at[i];

		work->allowed[i] = kb_entry_is_for(entry, queue) && !(work->without && work->without->article && !strcmp(entry->article.id, work->without->article));
	}
}

/* ---- words ---- */

static void add_postings(const struct work *work, uint32_t term, float weight, float *to)
{
	const struct kb_snapshot *snapshot = work->snapshot;

	if (term >= snapshot->term_count)
		return;
	weight *= kb_idf(snapshot, term);
	for (uint32_t i = snapshot->offset[term]; i < snapshot->offset[term + 1]; i++)
		to[snapshot->postings[i].article] += weight * snapshot->postings[i].part;
}

static void add_other(void *context, const char *stem)
{
	struct work *work = context;
	uint32_t term = kb_dict_find(work->snapshot->dict, stem);

	if (term == KB_NO_TERM)
		return;
	for (size_t i = 0; i < work->words->count; i++)
		if (work->words->at[i].term == term)
			return;
	for (size_t i = 0; i < work->others; i++)
		if (work->other[i].term == term) {
			if (work->other[i].weight < work->other_weight)
				work->other[i].weight = work->other_weight;
			return;
		}
	if (work->others < COUNT_OF(work->other)) {
		work->other[work->others].term = term;
		work->other[work->others++].weight = work->other_weight;
	}
}

static void score_words(struct work *work)
{
	for (size_t i = 0; i < work->words->count; i++) {
		const struct kb_word *word = &work->words->at[i];

		add_postings(work, word->term, word->weight, work->word);
		work->other_weight = word->weight;
		kb_same(word->stem, add_other, work);
	}
	for (size_t i = 0; i < work->others; i++)
		add_postings(work, work->other[i].term, work->other[i].weight, work->same);
}

/* ---- n-grams ---- */

struct spread { float *tf; float weight; uint32_t *seen; size_t count, room; };

static void spread_gram(void *context, uint32_t bucket)
{
	struct spread *spread = context;

	if (spread->tf[bucket] == 0) {
		if (spread->count == spread->room)
			return;
		spread->seen[spread->count++] = bucket;
	}
	spread->tf[bucket] += spread->weight;
}

/* Small words weigh little here, too. The norm is 1 afterwards. */
static void weigh_question(struct work *work)
{
	struct spread spread = { .tf = work->question.weight, .room = 16384 };
	char word[KB_WORD], folded[KB_WORD];
	const char *at = work->words->clean;
	float sum = 0, title_sum = 0;

	spread.seen = must(malloc(spread.room * sizeof *spread.seen));
	for (size_t i = 0; i < KB_QUESTION_WORDS && kb_next_word(&at, word, folded); i++) {
		spread.weight = kb_small_word(folded, work->words->language) ? KB_STOP_WEIGHT : 1;
		kb_grams_of_word(folded, spread_gram, &spread);
	}
	for (size_t i = 0; i < spread.count; i++) {
		uint32_t bucket = spread.seen[i];
		float tf = spread.tf[bucket], log_tf = tf < 1 ? tf : 1 + logf(tf);

		work->question.weight[bucket] = log_tf * work->snapshot->gram_idf[bucket];
		work->title_question.weight[bucket] = log_tf * work->snapshot->title_gram_idf[bucket];
		sum += work->question.weight[bucket] * work->question.weight[bucket];
		title_sum += work->title_question.weight[bucket] * work->title_question.weight[bucket];
	}
	for (size_t i = 0; i < spread.count; i++) {
		uint32_t bucket = spread.seen[i];

		work->question.weight[bucket] *= work->snapshot->gram_idf[bucket] / (sum > 0 ? sqrtf(sum) : 1);
		work->title_question.weight[bucket] *= work->snapshot->title_gram_idf[bucket] / (title_sum > 0 ? sqrtf(title_sum) : 1);
		if (work->question.weight[bucket] > 0)
			work->question.set[bucket / 64] |= 1ULL << (bucket % 64);
		if (work->title_question.weight[bucket] > 0)
			work->title_question.set[bucket / 64] |= 1ULL << (bucket % 64);
	}
	free(spread.seen);
}

static void score_titles(struct work *work)
{
	for (size_t k = 0; k < work->candidates; k++) {
		uint32_t i = work->candidate[k];
		const struct kb_entry *entry = work->snapshot->at[i];

		if (entry->title_gram_norm > 0)
			work->title[i] = kb_gram_dot(&work->title_question, entry->title_grams, entry->title_gram_count) / entry->title_gram_norm;
	}
}

static void score_grams(struct work *work)
{
	for (size_t k = 0; k < work->candidates; k++) {
		uint32_t i = work->candidate[k];
		const struct kb_entry *entry = work->snapshot->at[i];

		if (entry->gram_norm > 0)
			work->grams[i] = kb_gram_dot(&work->question, entry->grams, entry->gram_count) / entry->gram_norm;
	}
}

/* ---- past questions ---- */

/* The past questions of one article as one more field of it: how much of the question their words cover. */
struct field { uint32_t hash[KB_TERMS * 2]; uint16_t word[KB_TERMS * 2]; uint8_t often[KB_TERMS]; uint16_t touched[KB_TERMS]; size_t count; };

static void field_init(struct field *field, const struct kb_words *words)
{
	memset(field, 0, sizeof *field);
	for (size_t i = 0; i < words->count; i++) {
		uint32_t hash = kb_stem_hash(words->at[i].stem);
		size_t at = hash % COUNT_OF(field->hash);

		while (field->word[at])
			at = (at + 1) % COUNT_OF(field->hash);
		field->hash[at] = hash;
		field->word[at] = (uint16_t)(i + 1);
	}
}

static void field_add(struct field *field, const struct kb_past *past)
{
	for (size_t i = 0; i < past->stem_count; i++)
		for (size_t at = past->stems[i] % COUNT_OF(field->hash); field->word[at]; at = (at + 1) % COUNT_OF(field->hash))
			if (field->hash[at] == past->stems[i]) {
				size_t word = field->word[at] - 1U;

				if (!field->often[word])
					field->touched[field->count++] = (uint16_t)word;
				field->often[word] += field->often[word] < UINT8_MAX;
				break;
			}
}

/* And empties it for the next article. */
static float field_take(struct field *field, const struct kb_words *words)
{
	float sum = 0;

	for (size_t i = 0; i < field->count; i++) {
		const struct kb_word *word = &words->at[field->touched[i]];
		float often = field->often[field->touched[i]];

		sum += word->weight * word->idf * often / (often + PAST_HALF);
		field->often[field->touched[i]] = 0;
	}
	field->count = 0;
	return share(sum, words->mass);
}

static void like_past(struct work *work, const struct kb_past *past, uint32_t slot)
{
	float like = past->norm > 0 ? kb_gram_dot(&work->question, past->grams, past->gram_count) / past->norm : 0;

	if (!past->solved)
		work->past_sum[slot] -= W_REFUSED * like * like;
	else if (like > work->past[slot]) {
		work->past_sum[slot] += W_OTHER_PAST * work->past[slot] * work->past[slot];
		work->past[slot] = like;
	} else
		work->past_sum[slot] += W_OTHER_PAST * like * like;
}

static void score_past(struct work *work)
{
	const struct kb_learned *learned = work->learned;
	struct field field;
	size_t end;

	if (!learned || !learned->count)
		return;
	field_init(&field, work->words);
	for (size_t i = 0; i < learned->count; i = end) {
		uint32_t slot = kb_ids_find(work->snapshot, learned->at[i].article);

		for (end = i; end < learned->count && (end == i || !strcmp(learned->at[end].article, learned->at[i].article)); end++) {
			if (slot == KB_NO_TERM || (work->without && work->without->past == (long)end))
				continue;
			like_past(work, &learned->at[end], slot);
			if (learned->at[end].solved)
				field_add(&field, &learned->at[end]);
		}
		if (slot != KB_NO_TERM)
			work->past_sum[slot] += W_PAST_FIELD * field_take(&field, work->words);
	}
	for (size_t i = 0; i < work->snapshot->count; i++)       /* a translation solves what the original solved */
		if (work->snapshot->first_of[i] != i) {
			work->past[i] = work->past[work->snapshot->first_of[i]];
			work->past_sum[i] = work->past_sum[work->snapshot->first_of[i]];
		}
}

/* ---- neighbours ---- */

struct pairs { uint32_t first[PAIRS], second[PAIRS]; float weight[PAIRS]; size_t count; uint64_t firsts; };

static void list_pairs(const struct kb_words *words, struct pairs *pairs)
{
	pairs->count = 0;
	pairs->firsts = 0;
	for (size_t i = 0; i + 1 < words->order_count && pairs->count < PAIRS; i++) {
		const struct kb_word *a = &words->at[words->order[i]], *b = &words->at[words->order[i + 1]];

		if (a->term == KB_NO_TERM || b->term == KB_NO_TERM || a == b)
			continue;
		pairs->first[pairs->count] = a->term;
		pairs->second[pairs->count] = b->term;
		pairs->weight[pairs->count++] = (a->weight < b->weight ? a->weight : b->weight) * (a->idf + b->idf) / 2;
		pairs->firsts |= 1ULL << (a->term % 64);
	}
}

static float neighbours_of(const struct pairs *pairs, const uint32_t *sequence, size_t count)
{
	bool found[PAIRS] = { false };
	float sum = 0;

	for (size_t i = 0; i + 1 < count; i++) {
		if (!(pairs->firsts >> (sequence[i] % 64) & 1))
			continue;
		for (size_t k = 0; k < pairs->count; k++)
			if (pairs->first[k] == sequence[i] && !found[k] &&
			    (pairs->second[k] == sequence[i + 1] || (i + 2 < count && pairs->second[k] == sequence[i + 2]))) {
				found[k] = true;
				sum += pairs->weight[k];
			}
	}
	return sum;
}

static size_t sequence_in(const struct kb_entry *entry, const char *language)
{
	for (size_t i = 0; language && i < entry->stemmed_count; i++)
		if (!strcmp(entry->stemmed[i], language))
			return i;
	return 0;
}

static void score_neighbours(struct work *work)
{
	struct pairs pairs;

	list_pairs(work->words, &pairs);
	for (size_t k = 0; k < work->candidates; k++) {
		const struct kb_entry *entry = work->snapshot->at[work->candidate[k]];

		work->neighbours[work->candidate[k]] =
			neighbours_of(&pairs, entry->sequence[sequence_in(entry, work->words->language)], entry->sequence_count);
	}
}

/* ---- together ---- */

static float largest(const struct work *work, const float *of)
{
	float most = 0;

	for (size_t i = 0; i < work->snapshot->count; i++)
		if (work->allowed[i] && of[i] > most)
			most = of[i];
	return most;
}

static int by_score_down(const void *a, const void *b, void *context)
{
	const float *score = context;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	if (score[x] != score[y])
		return score[x] > score[y] ? -1 : 1;
	return (x > y) - (x < y);
}

/* The best by score, about `wanted` of them: all, if there are not more. */
static void take_candidates(struct work *work, size_t wanted)
{
	float most = largest(work, work->score), least;
	uint32_t histogram[256] = { 0 };
	size_t count = 0, bin = 256;

	for (size_t i = 0; i < work->snapshot->count; i++)
		if (work->allowed[i])
			histogram[(size_t)(share(work->score[i], most) * 255)]++;
	while (bin > 0 && count + histogram[bin - 1] <= wanted)
		count += histogram[--bin];
	least = bin >= 255 ? most : most * (float)bin / 255;
	work->candidates = 0;
	for (size_t i = 0; i < work->snapshot->count && work->candidates < 2 * wanted; i++)
		if (work->allowed[i] && work->score[i] >= least)
			work->candidate[work->candidates++] = (uint32_t)i;
}

/* The articles that are looked at closely, in two steps: by words and past questions; then by titles, too. */
static void choose_candidates(struct work *work)
{
	float words = largest(work, work->word), title;

	for (size_t i = 0; i < work->snapshot->count; i++)
		if (work->allowed[i])
			work->score[i] = share(work->word[i], words) + work->past[i];
	take_candidates(work, TITLES);
	score_titles(work);
	title = largest(work, work->title);
	for (size_t k = 0; k < work->candidates; k++)
		work->score[work->candidate[k]] += 0.3f * share(work->title[work->candidate[k]], title);
	if (work->candidates > CANDIDATES)
		take_candidates(work, CANDIDATES);
}

static void mix(struct work *work)
{
	float words, grams = largest(work, work->grams), title = largest(work, work->title), neighbours = largest(work, work->neighbours);

	for (size_t i = 0; i < work->snapshot->count; i++)
		work->score[i] = 0;
	words = largest(work, work->word);
	for (size_t k = 0; k < work->candidates; k++) {
		uint32_t i = work->candidate[k];

		work->score[i] = W_WORDS * share(work->word[i], words) + W_GRAMS * share(work->grams[i], grams) + W_TITLE * share(work->title[i], title) +
		                 W_NEIGHBOURS * share(work->neighbours[i], neighbours) + W_PAST * work->past[i] + work->past_sum[i];
	}
	qsort_r(work->candidate, work->candidates, sizeof *work->candidate, by_score_down, work->score);
}

/* ---- what the gate judges by ---- */

static uint64_t spelling(const char *stem)
{
	size_t length = strlen(stem);
	uint64_t set = 0;

	for (size_t i = 0; i < length + 1; i++) {
		uint32_t a = i ? (unsigned char)stem[i - 1] : ' ', b = i < length ? (unsigned char)stem[i] : ' ', c = i + 1 < length ? (unsigned char)stem[i + 1] : ' ';

		if (length > 1 || i == 0)
			set |= 1ULL << ((a * 961 + b * 31 + c) * 2654435761u >> 26);
	}
	return set;
}

static float softly(const struct work *work, const struct kb_entry *entry)
{
	float sum = 0;

	for (size_t i = 0; i < work->words->count; i++) {
		const struct kb_word *word = &work->words->at[i];
		uint64_t set = spelling(word->stem);
		float best = 0;

		for (size_t k = 0; k < entry->term_count && best < 1; k++) {
			uint64_t other;
			float like;

			if (entry->terms[k].term == word->term)
				best = 1;
			else {
				other = spelling(work->snapshot->dict->term[entry->terms[k].term]);
				like = (float)__builtin_popcountll(set & other) / (float)__builtin_popcountll(set | other);
				best = like > best ? like : best;
			}
		}
		sum += word->weight * word->idf * best;
	}
	return share(sum, work->words->mass);
}

static bool only_in_left_out(const struct work *work, uint32_t term)
{
	const struct kb_snapshot *snapshot = work->snapshot;

	if (term >= snapshot->term_count || snapshot->offset[term] == snapshot->offset[term + 1])
		return true;
	if (!work->without || !work->without->article || snapshot->offset[term + 1] - snapshot->offset[term] > 4)
		return false;
	for (uint32_t i = snapshot->offset[term]; i < snapshot->offset[term + 1]; i++)
		if (strcmp(snapshot->at[snapshot->postings[i].article]->article.id, work->without->article) != 0)
			return false;
	return true;
}

static float unknown(const struct work *work)
{
	float sum = 0;

	for (size_t i = 0; i < work->words->count; i++)
		if (only_in_left_out(work, work->words->at[i].term))
			sum += work->words->at[i].weight * work->words->at[i].idf;
	return share(sum, work->words->mass);
}

static bool is_best(const struct work *work, const float *of, uint32_t slot)
{
	return of[slot] > 0 && of[slot] >= largest(work, of);
}

static float fourth(const struct work *work, const float *of)
{
	float top[4] = { 0 };

	for (size_t k = 0; k < work->candidates; k++) {
		float value = of[work->candidate[k]];

		for (size_t i = 0; i < 4; i++)
			if (value > top[i]) {
				float next = top[i];

				top[i] = value;
				value = next;
			}
	}
	return top[3];
}

static void judge(const struct work *work, struct kb_ranked *ranked)
{
	uint32_t best = ranked->at[0].slot;
	const struct kb_entry *entry = work->snapshot->at[best];
	float *feature = ranked->feature;

	feature[F_COVERED] = share(work->word[best], work->words->mass);
	feature[F_SOFT] = softly(work, entry);
	feature[F_TITLE] = work->title[best];
	feature[F_GRAMS] = work->grams[best];
	feature[F_UNKNOWN] = unknown(work);
	feature[F_LENGTH] = logf(1 + work->words->words);
	feature[F_LEAD] = ranked->at[0].score - (ranked->count > 3 ? ranked->at[3].score : 0);
	feature[F_SCORE] = ranked->at[0].score - W_PAST * work->past[best] - work->past_sum[best];
	feature[F_AGREE] = (float)(is_best(work, work->word, best) + is_best(work, work->grams, best) + is_best(work, work->title, best));
	feature[F_NEIGHBOURS] = work->words->words > 0 ? work->neighbours[best] / (3 * work->words->words) : 0;
	feature[F_WORD_LEAD] = share(work->word[best] - fourth(work, work->word), work->words->mass);
	feature[F_EVIDENCE] = logf(1 + work->word[best]);
	for (size_t i = 0; i < ranked->count && i < 3; i++)
		feature[F_PAST] = work->past[ranked->at[i].slot] > feature[F_PAST] ? work->past[ranked->at[i].slot] : feature[F_PAST];
}

/* The best, each article once, in whatever language it matched best. */
static void take_best(const struct work *work, struct kb_ranked *ranked)
{
	for (size_t k = 0; k < work->candidates && ranked->count < KB_RANKED; k++) {
		uint32_t slot = work->candidate[k];
		bool known = false;

		if (work->score[slot] <= 0)
			break;
		for (size_t i = 0; i < ranked->count; i++)
			known |= !strcmp(work->snapshot->at[ranked->at[i].slot]->article.id, work->snapshot->at[slot]->article.id);
		if (!known)
			ranked->at[ranked->count++] = (struct kb_hit){ slot, work->score[slot] };
	}
}

void kb_rank(const struct kb_view *view, const struct kb_words *words, const char *queue, const struct kb_without *without, struct kb_ranked *ranked)
{
	struct work work;

	memset(ranked, 0, sizeof *ranked);
	if (!words->count || !view->snapshot->live)
		return;
	work_init(&work, view, words, without);
	allow(&work, queue);
	score_words(&work);
	for (size_t i = 0; i < view->snapshot->count; i++)
		work.word[i] += W_SAME * work.same[i];
	weigh_question(&work);
	score_past(&work);
	choose_candidates(&work);
	score_grams(&work);
	score_neighbours(&work);
	mix(&work);
	take_best(&work, ranked);
	if (ranked->count)
		judge(&work, ranked);
	work_fini(&work);
}
