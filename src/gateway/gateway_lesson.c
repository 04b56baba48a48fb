/*
 * gateway_lesson.c - the models of one training as the bytes of one row, and back: what serves is always of one and the same lesson.
 *
 * Each model has its length before it, in four bytes, least first; a length of nothing is no model. The first, of the queues, is always there. The
 * row has a checksum, and so has each model.
 */
#include "gateway.h"

#define LENGTH_BYTES 4

void gateway_lesson_add(struct lesson *lesson, const struct learn_model *model)
{
	size_t start = lesson->bytes.length;
	buffer_add(&lesson->bytes, "\0\0\0\0", LENGTH_BYTES);
	if (model)
		learn_save(model, &lesson->bytes);
	for (size_t i = 0; i < LENGTH_BYTES; i++)
		lesson->bytes.at[start + i] = (char)((lesson->bytes.length - start - LENGTH_BYTES) >> 8 * i & 0xFF);
}

struct part { const unsigned char *at; size_t left; };

static bool take(struct part *rest, struct learn_model **model, struct error *error)
{
	size_t length = 0;
	for (size_t i = 0; i < LENGTH_BYTES && rest->left >= LENGTH_BYTES; i++)
		length |= (size_t)rest->at[i] << 8 * i;
	if (rest->left < LENGTH_BYTES || rest->left - LENGTH_BYTES < length) {
		error_set(error, STATUS_BROKEN, "a model of it is not whole");
		return false;
	}
	const unsigned char *bytes = rest->at + LENGTH_BYTES;
	*rest = (struct part){bytes + length, rest->left - LENGTH_BYTES - length};
	return !length || learn_load(bytes, length, model, error) == STATUS_OK;
}

bool gateway_lesson_open(const void *bytes, size_t length, struct learned *learned, struct error *error)
{
	struct part rest = {bytes, length};
	bool good = take(&rest, &learned->model, error) && take(&rest, &learned->tags, error) && take(&rest, &learned->priority, error);
	if (good && (!learned->model || rest.left)) {
		error_set(error, STATUS_BROKEN, learned->model ? "something stands behind its models" : "there is no model in it");
		good = false;
	}
	if (!good) {
		learn_free(&learned->model);
		learn_free(&learned->tags);
		learn_free(&learned->priority);
	}
	return good;
}

void gateway_lesson_fini(struct lesson *lesson)
{
	buffer_fini(&lesson->bytes);
	buffer_fini(&lesson->note);
}
