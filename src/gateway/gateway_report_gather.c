/*
 * gateway_report_gather.c - keeps the bytes of pages in memory until they are counted, so that nobody counts while the database waits for him.
 *
 * In batches of some megabytes, each of which goes back to the system as soon as it was counted. Of large pages of memory where there are any: some machines take longer to
 * find fifteen thousand small ones than the report takes to count.
 */
#include "gateway_report_private.h"

#include <string.h>
#include <sys/mman.h>

#define BATCH_BYTES ((size_t)8 * 1024 * 1024)
#define LARGE_PAGE ((size_t)2 * 1024 * 1024)

static struct gathered_batch *batch_new(struct arena *arena, size_t length)
{
	struct gathered_batch *batch = ARENA_NEW(arena, struct gathered_batch);
	size_t room = (length > BATCH_BYTES ? length : BATCH_BYTES) + LARGE_PAGE;
	void *at = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	madvise(at, room, MADV_HUGEPAGE);
	batch->mapped = at;
	batch->mapped_bytes = room;
	batch->at = (char *)(((uintptr_t)at + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1));
	batch->room = room - LARGE_PAGE;
	return batch;
}

static struct gathered_batch *batch_for(struct gathered *gathered, struct arena *arena, size_t length)
{
	struct gathered_batch *last = gathered->last, *batch;

	if (last && last->room - last->used >= length)
		return last;
	if (!(batch = batch_new(arena, length)))
		return NULL;
	if (last)
		last->next = batch;
	else
		gathered->first = batch;
	return gathered->last = batch;
}

bool gateway_gather(struct gathered *gathered, struct arena *arena, int family, int64_t page, const void *bytes, size_t length)
{
	struct gathered_batch *batch = batch_for(gathered, arena, length);

	if (!batch)
		return false;
	*ARENA_PUSH(arena, &batch->pages) = (struct gathered_page){ family, page, batch->used, length };
	if (length)
		memcpy(batch->at + batch->used, bytes, length);
	batch->used += length;
	gathered->bytes += length;
	return true;
}

static void give_back(struct gathered_batch *batch)
{
	if (batch->mapped)
		munmap(batch->mapped, batch->mapped_bytes);
	batch->mapped = NULL;
}

static bool use_batch(const struct gathered_batch *batch, gathered_use use, void *context)
{
	for (size_t i = 0; i < batch->pages.count; i++) {
		const struct gathered_page *page = &batch->pages.at[i];

		if (!use(context, page->family, page->page, batch->at + page->offset, page->length))
			return false;
	}
	return true;
}

bool gateway_gathered_use(struct gathered *gathered, gathered_use use, void *context)
{
	bool wanted = true;

	for (struct gathered_batch *batch = gathered->first; batch && wanted; batch = batch->next) {
		wanted = use_batch(batch, use, context);
		give_back(batch);
	}
	gateway_gathered_fini(gathered);
	return wanted;
}

void gateway_gathered_fini(struct gathered *gathered)
{
	for (struct gathered_batch *batch = gathered->first; batch; batch = batch->next)
		give_back(batch);
	*gathered = (struct gathered){ 0 };
}
