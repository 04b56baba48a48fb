/*
 * learn_model.c - a model as bytes and back.
 *
 * "SPLEARN" and a version byte; then numbers: whole ones seven bits a byte (least first), reals as the eight bytes of IEEE 754, least first;
 * at the end SHA-256 of all before. What is read is checked twice: the checksum for accidents, and every count, index and order
 * for what no accident explains, so that no blob can lead outside an array. The version changes with the layout and with
 * anything that changes what a feature is (tokens, hashes, kinds): an older model is then refused, and training makes a new one.
 * Diagnostics: STATUS_BROKEN, saying which of these it was.
 */
#include "learn_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char magic[8] = "SPLEARN\3";

/* ---------------------------------------------------------------- writing */

static void put(struct buffer *out, uint64_t number)
{
	for (; number >= 0x80; number >>= 7)
		buffer_add_char(out, (char)(0x80 | (number & 0x7F)));
	buffer_add_char(out, (char)number);
}

static void put_real(struct buffer *out, double real)
{
	uint64_t bits;

	memcpy(&bits, &real, sizeof bits);
	for (int i = 0; i < 8; i++)
		buffer_add_char(out, (char)(bits >> 8 * i & 0xFF));
}

static void put_vocabulary(struct buffer *out, const struct vocabulary *vocabulary)
{
	put(out, vocabulary->only_names);
	put(out, vocabulary->rarest);
	for (size_t i = 0; i < BUCKETS / 8; i++)
		buffer_add_char(out, (char)(vocabulary->known.at[i / 4].has >> 8 * (i % 4) & 0xFF));
	buffer_add(out, vocabulary->rarity, vocabulary->known.count);
}

static void put_weights(struct buffer *out, const struct weights *weights)
{
	uint16_t cells[LEARN_CLASSES_MAX];
	int8_t values[LEARN_CLASSES_MAX];

	for (size_t class = 0; class < weights->classes; class++) {
		put_real(out, weights->scale[class]);
		put_real(out, weights->bias[class]);
	}
	put(out, weights->cells);
	for (uint32_t number = 0; number < weights->known; number++) {
		size_t count = learn_weights_cells(weights, number, cells, values);

		put(out, count);
		for (size_t i = 0; i < count; i++)
			put(out, cells[i]);
		buffer_add(out, values, count);
	}
}

static void put_nearest(struct buffer *out, const struct nearest *nearest)
{
	put(out, nearest->mails);
	for (size_t i = 0; i < nearest->mails; i++)
		put(out, nearest->class[i]);
	put(out, nearest->words.count);
	for (size_t number = 0, before = 0, at = 0; number < nearest->words.among; number++) {
		if (!numbered_has(&nearest->words, number))
			continue;
		put(out, number - before);
		put(out, nearest->start[at + 1] - nearest->start[at]);
		before = number;
		at++;
	}
	put(out, nearest->postings);
	buffer_add(out, nearest->posting, POSTING_BYTES * nearest->postings);
}

static void put_gate(struct buffer *out, const struct gate *gate, const struct promise *promise)
{
	put_real(out, gate->temperature);
	for (size_t i = 0; i < GATE_TERMS; i++) {
		put_real(out, gate->mean[i]);
		put_real(out, gate->deviation[i]);
	}
	for (size_t i = 0; i <= GATE_TERMS; i++)
		put_real(out, gate->weight[i]);
	put_real(out, promise->asked);
	put_real(out, promise->threshold);
	put_real(out, promise->accuracy);
	put_real(out, promise->precision);
	put_real(out, promise->share);
	put(out, promise->held_out);
}

void learn_save(const struct learn_model *model, struct buffer *out)
{
	unsigned char digest[SHA256_SIZE];
	size_t start = out->length;

	buffer_add(out, magic, sizeof magic);
	put(out, model->texts);
	put(out, model->quiet == NO_CLASS ? 0 : model->quiet + 1);
	put(out, model->learner.classes);
	for (size_t class = 0; class < model->learner.classes; class++) {
		put(out, strlen(model->labels[class]));
		buffer_add_string(out, model->labels[class]);
	}
	put_gate(out, &model->gate, &model->promise);
	put_vocabulary(out, &model->learner.vocabulary);
	put_weights(out, &model->learner.weights);
	put_nearest(out, &model->learner.nearest);
	sha256_of(out->at + start, out->length - start, digest);
	buffer_add(out, digest, sizeof digest);
}

/* ---------------------------------------------------------------- reading */

struct reader { const unsigned char *at; size_t left; bool bad; struct arena *arena; };

/* A whole number of at most `most`; 0 and bad if it is not one. */
static size_t get(struct reader *reader, size_t most)
{
	uint64_t number = 0;

	for (int shift = 0; shift < 63 && reader->left && !reader->bad; shift += 7) {
		unsigned char byte = *reader->at++;

		reader->left--;
		number |= (uint64_t)(byte & 0x7F) << shift;
		if (!(byte & 0x80)) {
			if (number <= most)
				return (size_t)number;
			break;
		}
	}
	reader->bad = true;
	return 0;
}

/* A count of things that take at least a byte each: no small blob can ask for much memory. */
static size_t get_count(struct reader *reader, size_t most)
{
	return get(reader, most < reader->left ? most : reader->left);
}

static double get_real(struct reader *reader)
{
	uint64_t bits = 0;
	double real;

	if (reader->left < 8) {
		reader->bad = true;
		return 0;
	}
	for (int i = 0; i < 8; i++)
		bits |= (uint64_t)reader->at[i] << 8 * i;
	reader->at += 8;
	reader->left -= 8;
	memcpy(&real, &bits, sizeof real);
	if (!isfinite(real) || fabs(real) > 1e9) {
		reader->bad = true;
		return 0;
	}
	return real;
}

static const void *get_bytes(struct reader *reader, size_t length)
{
	const void *bytes = reader->at;

	if (reader->bad || reader->left < length) {
		reader->bad = true;
		return NULL;
	}
	reader->at += length;
	reader->left -= length;
	return bytes;
}

static void *copy_bytes(struct reader *reader, size_t length)
{
	const void *bytes = get_bytes(reader, length);
	unsigned char *copy = bytes ? arena_alloc(reader->arena, length + 1) : NULL;

	if (copy)
		memcpy(copy, bytes, length);
	return copy;
}

static void get_labels(struct reader *reader, struct learn_model *model)
{
	size_t classes = get_count(reader, LEARN_CLASSES_MAX);

	model->learner.classes = classes;
	model->labels = ARENA_ARRAY(reader->arena, const char *, classes + 1);
	if (!classes)
		reader->bad = true;
	for (size_t class = 0; class < classes && !reader->bad; class++) {
		size_t length = get_count(reader, LEARN_LABEL_BYTES);

		model->labels[class] = copy_bytes(reader, length);
		if (!length || reader->bad || memchr(model->labels[class], '\0', length))
			reader->bad = true;
	}
}

static void get_gate(struct reader *reader, struct gate *gate, struct promise *promise)
{
	gate->temperature = get_real(reader);
	for (size_t i = 0; i < GATE_TERMS; i++) {
		gate->mean[i] = get_real(reader);
		gate->deviation[i] = get_real(reader);
		reader->bad |= !(gate->deviation[i] > 0);
	}
	for (size_t i = 0; i <= GATE_TERMS; i++)
		gate->weight[i] = get_real(reader);
	promise->asked = get_real(reader);
	promise->threshold = get_real(reader);
	promise->accuracy = get_real(reader);
	promise->precision = get_real(reader);
	promise->share = get_real(reader);
	promise->held_out = (uint32_t)get(reader, UINT32_MAX);
	reader->bad |= !(gate->temperature > 0);
}

static void get_vocabulary(struct reader *reader, struct vocabulary *vocabulary)
{
	vocabulary->only_names = get(reader, 1);
	vocabulary->rarest = (uint8_t)get(reader, UINT8_MAX);
	const unsigned char *has = get_bytes(reader, BUCKETS / 8);

	learn_numbered_make(reader->arena, &vocabulary->known, BUCKETS);
	for (size_t i = 0; has && i < BUCKETS / 8; i++)
		vocabulary->known.at[i / 4].has |= (uint32_t)has[i] << 8 * (i % 4);
	learn_numbered_done(&vocabulary->known);
	vocabulary->rarity = copy_bytes(reader, vocabulary->known.count);
	reader->bad |= !vocabulary->rarest;
	for (size_t i = 0; i < vocabulary->known.count && !reader->bad; i++)
		reader->bad |= !vocabulary->rarity[i];
}

/* The cells of one bucket; the classes stand in order. */
static void get_cells(struct reader *reader, uint32_t number, size_t *left, struct weights *weights)
{
	uint16_t cells[LEARN_CLASSES_MAX];
	size_t classes = weights->classes, count = get_count(reader, *left < classes ? *left : classes);
	const int8_t *values;

	for (size_t i = 0; i < count && !reader->bad; i++) {
		cells[i] = (uint16_t)get(reader, classes - 1);
		reader->bad |= i && cells[i] <= cells[i - 1];
	}
	values = get_bytes(reader, count);
	for (size_t i = 0; i < count && !reader->bad; i++)
		reader->bad |= !values[i] || values[i] == INT8_MIN;
	if (reader->bad)
		return;
	learn_weights_put(weights, number, cells, values, count);
	*left -= count;
}

static void get_weights(struct reader *reader, size_t known, size_t classes, struct weights *weights)
{
	size_t left;

	weights->known = known;
	weights->classes = classes;
	weights->scale = ARENA_ARRAY(reader->arena, float, classes + 1);
	weights->bias = ARENA_ARRAY(reader->arena, float, classes + 1);
	for (size_t class = 0; class < classes; class++) {
		weights->scale[class] = (float)get_real(reader);
		weights->bias[class] = (float)get_real(reader);
	}
	weights->cells = left = get_count(reader, known * classes);
	learn_weights_room(reader->arena, weights);
	for (uint32_t number = 0; number < known && !reader->bad; number++)
		get_cells(reader, number, &left, weights);
	reader->bad |= left != 0;
}

static void get_words(struct reader *reader, size_t known, struct nearest *nearest)
{
	size_t count = get_count(reader, known), number = 0;

	learn_numbered_make(reader->arena, &nearest->words, known);
	nearest->start = ARENA_ARRAY(reader->arena, uint32_t, count + 1);
	for (size_t i = 0; i < count && !reader->bad; i++) {
		size_t step = get(reader, known - 1 - number);

		reader->bad |= i && !step;
		number += step;
		learn_numbered_put(&nearest->words, number);
		nearest->start[i + 1] = nearest->start[i] + (uint32_t)get_count(reader, UINT32_MAX - nearest->start[i]);
	}
	learn_numbered_done(&nearest->words);
	reader->bad |= nearest->words.count != count;
}

static void get_nearest(struct reader *reader, size_t known, size_t classes, struct nearest *nearest)
{
	nearest->mails = get_count(reader, UINT16_MAX);
	nearest->class = ARENA_ARRAY(reader->arena, uint16_t, nearest->mails + 1);
	for (size_t i = 0; i < nearest->mails && !reader->bad; i++)
		nearest->class[i] = (uint16_t)get(reader, classes - 1);
	get_words(reader, known, nearest);
	nearest->postings = get_count(reader, UINT32_MAX);
	reader->bad |= reader->bad || nearest->postings != nearest->start[nearest->words.count];
	if (reader->bad)
		return;
	nearest->posting = copy_bytes(reader, POSTING_BYTES * nearest->postings);
	for (size_t i = 0; i < nearest->postings && !reader->bad; i++) {
		const uint8_t *posting = nearest->posting + POSTING_BYTES * i;

		reader->bad |= (size_t)(posting[0] | posting[1] << 8) >= nearest->mails;
	}
}

static void get_model(struct reader *reader, struct learn_model *model)
{
	struct learner *learner = &model->learner;

	model->texts = (uint32_t)get(reader, UINT32_MAX);
	model->quiet = get(reader, LEARN_CLASSES_MAX) - 1;       /* 0: NO_CLASS */
	get_labels(reader, model);
	if (!reader->bad)
		get_gate(reader, &model->gate, &model->promise);
	if (!reader->bad)
		get_vocabulary(reader, &learner->vocabulary);
	if (!reader->bad)
		get_weights(reader, learner->vocabulary.known.count, learner->classes, &learner->weights);
	if (!reader->bad)
		get_nearest(reader, learner->vocabulary.known.count, learner->classes, &learner->nearest);
	reader->bad |= reader->left != 0;
}

enum status learn_load(const void *bytes, size_t length, struct learn_model **model, struct error *error)
{
	unsigned char digest[SHA256_SIZE];
	struct reader reader = { .at = bytes };

	*model = NULL;
	if (length < sizeof magic + SHA256_SIZE || memcmp(bytes, magic, sizeof magic - 1) != 0)
		return error_set(error, STATUS_BROKEN, "these %zu bytes are no model of the classifier", length);
	if (memcmp(bytes, magic, sizeof magic) != 0)
		return error_set(error, STATUS_BROKEN, "the model is of another version of Sportello; train again");
	reader.left = length - SHA256_SIZE;
	sha256_of(bytes, reader.left, digest);
	if (memcmp(digest, (const unsigned char *)bytes + reader.left, SHA256_SIZE) != 0)
		return error_set(error, STATUS_BROKEN, "the model is damaged: its checksum does not match");
	*model = calloc(1, sizeof **model);
	if (!*model)
		abort();
	reader.arena = &(*model)->arena;
	reader.at += sizeof magic;
	reader.left -= sizeof magic;
	get_model(&reader, *model);
	if (!reader.bad)
		return STATUS_OK;
	learn_free(model);
	return error_set(error, STATUS_BROKEN, "the model contradicts itself; train again");
}
