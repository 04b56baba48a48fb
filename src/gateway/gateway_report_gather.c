/*
 * gateway_report_gather.c - keeps the bytes of pages in memory until they are counted, so that nobody counts while the database waits for him.
 *
 * In batches of about a megabyte, each of which is freed as soon as it was counted.
 */
#include "gateway_report_private.h"

#define BATCH_BYTES ((size_t)1024 * 1024)

static struct gathered_batch *batch_for(struct gathered *gathered, struct arena *arena, size_t length)
{
	struct gathered_batch *last = gathered->last;

	if (last && last->bytes.length + length <= BATCH_BYTES)
		return last;
	struct gathered_batch *batch = ARENA_NEW(arena, struct gathered_batch);

	buffer_reserve(&batch->bytes, length > BATCH_BYTES ? length : BATCH_BYTES);
	if (last)
		last->next = batch;
	else
		gathered->first = batch;
	return gathered->last = batch;
}

void gateway_gather(struct gathered *gathered, struct arena *arena, int family, int64_t page, const void *bytes, size_t length)
{
	struct gathered_batch *batch = batch_for(gathered, arena, length);

	*ARENA_PUSH(arena, &batch->pages) = (struct gathered_page){ family, page, batch->bytes.length, length };
	buffer_add(&batch->bytes, bytes, length);
	gathered->bytes += length;
}

static bool use_batch(const struct gathered_batch *batch, gathered_use use, void *context)
{
	for (size_t i = 0; i < batch->pages.count; i++) {
		const struct gathered_page *page = &batch->pages.at[i];

		if (!use(context, page->family, page->page, batch->bytes.at + page->offset, page->length))
			return false;
	}
	return true;
}

bool gateway_gathered_use(struct gathered *gathered, gathered_use use, void *context)
{
	bool wanted = true;

	for (struct gathered_batch *batch = gathered->first; batch && wanted; batch = batch->next) {
		wanted = use_batch(batch, use, context);
		buffer_fini(&batch->bytes);
	}
	gateway_gathered_fini(gathered);
	return wanted;
}

void gateway_gathered_fini(struct gathered *gathered)
{
	for (struct gathered_batch *batch = gathered->first; batch; batch = batch->next)
		buffer_fini(&batch->bytes);
	*gathered = (struct gathered){ 0 };
}
