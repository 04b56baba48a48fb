/*
 * learn_corpus.c - all texts of one training, counted and numbered, with what their age makes of their weight.
 *
 * First the classes' own names and descriptions, then the mails, oldest first, at most the newest LEARN_TEXTS_MAX, and of long
 * ones as many as LEARN_BYTES_MAX allow. A label that is only
 * in mails is a class, too, described by its name. Names are taken apart: "AddToPlaylist", "add_to_playlist" and "add to
 * playlist" are the same words. A mail that is HALF_LIFE older than the newest counts half, down to a quarter.
 * Diagnostics: STATUS_BAD_INPUT with the label that cannot be used.
 */
#include "learn_private.h"

#include <math.h>
#include <string.h>

#define HALF_LIFE_MS (180.0 * 24 * 3600 * 1000)
#define SLOTS 8192                               /* of the table of labels; a power of two, well above LEARN_CLASSES_MAX */

struct label_table { uint16_t slot[SLOTS]; };    /* class + 1; 0: free */

static enum status check_label(const char *label, struct error *error)
{
	if (!label || !*label)
		return error_set(error, STATUS_BAD_INPUT, "a label is empty; every text needs one");
	if (strnlen(label, LEARN_LABEL_BYTES + 1) > LEARN_LABEL_BYTES)
		return error_set(error, STATUS_BAD_INPUT, "the label \"%.40s...\" is longer than %d bytes", label, LEARN_LABEL_BYTES);
	return STATUS_OK;
}

static enum status class_named(struct arena *arena, struct corpus *corpus, struct label_table *table, const char *label, uint16_t *class, struct error *error)
{
	enum status status = check_label(label, error);
	uint32_t at;

	if (status != STATUS_OK)
		return status;
	for (at = hash_text(label) % SLOTS; table->slot[at]; at = (at + 1) % SLOTS)
		if (!strcmp(corpus->labels[table->slot[at] - 1], label)) {
			*class = (uint16_t)(table->slot[at] - 1);
			return STATUS_OK;
		}
	if (corpus->classes == LEARN_CLASSES_MAX)
		return error_set(error, STATUS_BAD_INPUT, "more than %d different labels", LEARN_CLASSES_MAX);
	*class = (uint16_t)corpus->classes;
	corpus->labels[corpus->classes++] = arena_string(arena, label);
	table->slot[at] = (uint16_t)corpus->classes;
	return STATUS_OK;
}

static bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
static bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

/* "AddToPlaylist" -> "Add To Playlist"; all else that separates is no letter anyway. */
static const char *words_of_name(struct arena *arena, const char *name)
{
	size_t length = strlen(name), count = 0;
	char *words = arena_alloc(arena, 2 * length + 1);

	for (size_t i = 0; i < length; i++) {
		if (i && is_upper(name[i]) && is_lower(name[i - 1]))
			words[count++] = ' ';
		words[count++] = name[i];
	}
	return words;
}

static void describe(struct arena *arena, struct corpus *corpus, uint16_t class, const char *description)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	const char *name = words_of_name(&scratch, corpus->labels[class]);
	struct document *document = &corpus->at[corpus->count++];
	bool says_more = description && strcmp(description, corpus->labels[class]) != 0;

	*document = (struct document){ .class = class, .copies = 1, .describes = true };
	learn_features_of(arena, says_more ? arena_printf(&scratch, "%s\n%s", name, words_of_name(&scratch, description)) : name, &document->features);
}

/* What a mail weighs before it is made a whole number; at least a quarter of the newest. */
static double weight_of(const struct learn_text *text, int64_t newest)
{
	double weight = text->weight > 0 ? fmin(text->weight, COPIES_MOST) : 1;

	if (text->at > 0 && text->at < newest)
		weight *= fmax(1.0 / COPIES_MOST, exp2(-(double)(newest - text->at) / HALF_LIFE_MS));
	return weight;
}

static void add_texts(struct arena *arena, const struct learn_input *input, size_t first, const uint16_t *class_of, struct corpus *corpus)
{
	int64_t newest = 0;
	double least = COPIES_MOST;

	for (size_t i = first; i < input->text_count; i++)
		newest = input->texts[i].at > newest ? input->texts[i].at : newest;
	for (size_t i = first; i < input->text_count; i++)
		least = fmin(least, weight_of(&input->texts[i], newest));
	for (size_t i = first; i < input->text_count && learn_patience_lasts(corpus->patience); i++) {
		struct document *document = &corpus->at[corpus->count++];
		double copies = fmin(COPIES_MOST, fmax(1, round(weight_of(&input->texts[i], newest) / least)));

		*document = (struct document){ .class = class_of[i - first], .copies = (uint8_t)copies };
		learn_features_of(arena, input->texts[i].text ? input->texts[i].text : "", &document->features);
	}
}

bool learn_patience_lasts(struct patience *patience)
{
	patience->over = patience->over || (patience->go_on && !patience->go_on(patience->context));
	return !patience->over;
}

/* The oldest text that counts. */
static size_t first_text(const struct learn_input *input)
{
	size_t first = input->text_count, bytes = 0;

	while (first > 0 && input->text_count - first < LEARN_TEXTS_MAX) {
		const char *text = input->texts[first - 1].text;

		bytes += text ? strnlen(text, LEARN_TEXT_BYTES) : 0;
		if (bytes > LEARN_BYTES_MAX)
			break;
		first--;
	}
	return first;
}

enum status learn_corpus_make(struct arena *arena, const struct learn_input *input, struct corpus *corpus, struct error *error)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	struct label_table *table = ARENA_NEW(&scratch, struct label_table);
	size_t first = first_text(input);
	uint16_t *class_of = ARENA_ARRAY(&scratch, uint16_t, input->text_count - first + 1), class;
	enum status status = STATUS_OK;

	*corpus = (struct corpus){ .labels = ARENA_ARRAY(arena, const char *, LEARN_CLASSES_MAX), .quiet = NO_CLASS };
	corpus->patience = ARENA_NEW(arena, struct patience);
	*corpus->patience = (struct patience){ input->go_on, input->context, false };
	corpus->at = ARENA_ARRAY(arena, struct document, LEARN_CLASSES_MAX + input->text_count - first);
	for (size_t i = 0; status == STATUS_OK && i < input->class_count; i++) {
		status = class_named(arena, corpus, table, input->classes[i].label, &class, error);
		if (status == STATUS_OK && class == corpus->count)       /* the first of that label */
			describe(arena, corpus, class, input->classes[i].description);
	}
	for (size_t i = first; status == STATUS_OK && i < input->text_count; i++) {
		status = class_named(arena, corpus, table, input->texts[i].label, &class_of[i - first], error);
		if (status == STATUS_OK && class_of[i - first] == corpus->count)
			describe(arena, corpus, class_of[i - first], NULL);
	}
	if (status == STATUS_OK && !corpus->classes)
		status = error_set(error, STATUS_BAD_INPUT, "there is nothing to learn from: no class and no text");
	for (size_t i = 0; status == STATUS_OK && input->quiet && i < corpus->classes; i++)
		if (!strcmp(corpus->labels[i], input->quiet))
			corpus->quiet = i;
	if (status == STATUS_OK)
		add_texts(arena, input, first, class_of, corpus);
	return status;
}
