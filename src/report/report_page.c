/*
 * report_page.c - many tickets' events in few bytes, and back: a list of words, and of each ticket a piece that names them by number.
 *
 * The bytes come from the database, and may be damaged: whoever reads them looks for torn.
 */
#include "report_private.h"

#include <string.h>

/* ---- words ---- */

static size_t slot_of(const struct report_words *words, const char *at, size_t length)
{
	size_t slot = bytes_hash(at, length) & (words->table.size - 1);

	while (words->table.at[slot] && (words->at[words->table.at[slot] - 1].length != length || memcmp(words->at[words->table.at[slot] - 1].at, at, length) != 0))
		slot = (slot + 1) & (words->table.size - 1);
	return slot;
}

static void widen(struct report_page *page, struct report_words *words)
{
	if (words->table.size && words->count * 2 < words->table.size)
		return;
	size_t size = 64;

	while (size <= words->count * 2)
		size *= 2;
	words->table.size = size;
	words->table.at = ARENA_ARRAY(page->arena, uint32_t, size);
	for (size_t i = 0; i < words->count; i++)
		words->table.at[slot_of(words, words->at[i].at, words->at[i].length)] = (uint32_t)i + 1;
}

size_t report_word(struct report_page *page, struct report_words *words, const char *at, size_t length)
{
	widen(page, words);
	size_t slot = slot_of(words, at, length);

	if (!words->table.at[slot]) {
		ARENA_PUSH(page->arena, words)->at = arena_copy(page->arena, at, length);
		words->at[words->count - 1].length = length;
		words->table.at[slot] = (uint32_t)words->count;
	}
	return words->table.at[slot] - 1;
}

/* Of what takes a byte each at least. */
static size_t read_count(struct bytes *bytes)
{
	uint64_t count = bytes_read(bytes);

	bytes->torn |= count > (size_t)(bytes->end - bytes->at);
	return bytes->torn ? 0 : (size_t)count;
}

static void read_words(struct report_page *page, struct report_words *words, struct bytes *bytes)
{
	size_t count = read_count(bytes);

	ARENA_LIST(page->arena, words, count);
	for (size_t i = 0; i < count; i++) {
		uint64_t length = bytes_read(bytes);

		bytes->torn |= length > (size_t)(bytes->end - bytes->at);
		words->at[i].length = bytes->torn ? 0 : (size_t)length;
		words->at[i].at = (const char *)bytes->at;
		bytes->at += words->at[i].length;
	}
}

static void write_words(const struct report_words *words, struct buffer *out)
{
	bytes_add(out, words->count);
	for (size_t i = 0; i < words->count; i++) {
		bytes_add(out, words->at[i].length);
		buffer_add(out, words->at[i].at, words->at[i].length);
	}
}

/* ---- the page ---- */

void report_page_init(struct report_page *page, struct arena *arena)
{
	*page = (struct report_page){ .arena = arena };
}

bool report_page_read(struct report_page *page, struct arena *arena, const void *at, size_t length)
{
	struct bytes bytes = { at, (const unsigned char *)at + length, false };

	report_page_init(page, arena);
	read_words(page, &page->shapes, &bytes);
	read_words(page, &page->names, &bytes);
	size_t count = read_count(&bytes);

	ARENA_LIST(arena, &page->chunks, count);
	for (size_t i = 0; i < count; i++) {
		uint64_t size = bytes_read(&bytes);

		if (bytes.torn || size > (size_t)(bytes.end - bytes.at))
			return false;
		page->chunks.at[i] = (struct report_chunk){ bytes.at, (size_t)size };
		bytes.at += size;
	}
	return !bytes.torn && bytes.at == bytes.end;
}

void report_page_write(const struct report_page *page, struct buffer *out)
{
	write_words(&page->shapes, out);
	write_words(&page->names, out);
	bytes_add(out, page->chunks.count);
	for (size_t i = 0; i < page->chunks.count; i++) {
		bytes_add(out, page->chunks.at[i].length);
		buffer_add(out, page->chunks.at[i].at, page->chunks.at[i].length);
	}
}

void report_page_set(struct report_page *page, size_t slot, const struct buffer *chunk)
{
	while (page->chunks.count <= slot)
		*ARENA_PUSH(page->arena, &page->chunks) = (struct report_chunk){ NULL, 0 };
	page->chunks.at[slot] = (struct report_chunk){ (const unsigned char *)arena_copy(page->arena, chunk->at, chunk->length), chunk->length };
}

/* ---- events ---- */

void report_event_write(struct report_page *page, enum report_family family, struct buffer *chunk, int64_t *before, const struct report_event *event)
{
	int64_t at = event->at / report_family_unit(family);

	bytes_add(chunk, (uint64_t)event->kind << EVENT_FLAG_BITS | event->flags);
	bytes_add_signed(chunk, at - *before);
	*before = at;
	bytes_add(chunk, report_word(page, &page->shapes, event->shape, event->shape_length));
	if (report_event_is_named(event->kind))
		bytes_add(chunk, report_word(page, &page->names, event->name, strlen(event->name)));
	if (report_event_is_used(event->kind))
		bytes_add_signed(chunk, event->used);
	if (family == FAMILY_ANSWERS || family == FAMILY_SOLVED) {
		bytes_add_signed(chunk, event->used);
		bytes_add_signed(chunk, event->elapsed);
	}
}

bool report_mail_read(struct bytes *bytes, struct report_mail *mail)
{
	mail->at = bytes_read_signed(bytes);
	mail->disposition = (size_t)bytes_read(bytes);
	mail->queue = (size_t)bytes_read(bytes);
	mail->ticket = (int64_t)bytes_read(bytes);
	return !bytes->torn;
}

void report_tell_mail(struct report_page *page, int64_t received, const char *disposition, const char *queue, int64_t ticket)
{
	CLEANUP_BUFFER struct buffer chunk = { 0 };

	bytes_add_signed(&chunk, received);
	bytes_add(&chunk, report_word(page, &page->names, disposition, strlen(disposition)));
	bytes_add(&chunk, report_word(page, &page->names, queue, strlen(queue)));
	bytes_add(&chunk, (uint64_t)ticket);
	report_page_set(page, page->chunks.count, &chunk);
}

void report_tell_asker(struct report_page *page, size_t slot, struct report_asker asker)
{
	CLEANUP_BUFFER struct buffer chunk = { 0 };

	bytes_add_signed(&chunk, asker.contact);
	bytes_add_signed(&chunk, asker.created);
	report_page_set(page, slot, &chunk);
}

static struct bytes chunk_of(const struct report_page *page, size_t slot)
{
	struct report_chunk chunk = slot < page->chunks.count ? page->chunks.at[slot] : (struct report_chunk){ NULL, 0 };

	return (struct bytes){ chunk.at, chunk.at + chunk.length, false };
}

struct report_asker report_asker_of(const struct report_page *page, size_t slot)
{
	struct bytes bytes = chunk_of(page, slot);
	int64_t contact = bytes_read_signed(&bytes), created = bytes_read_signed(&bytes);

	return bytes.torn ? (struct report_asker){ REPORT_ASK_TICKET, 0 } : (struct report_asker){ contact, created };
}

void report_tell_shapes(struct report_page *page, const struct report_page *places)
{
	page->shapes = places->shapes;
}

static bool span_of_chunk(const struct report_chunk *chunk, enum report_family family, int64_t *first, int64_t *last)
{
	struct bytes bytes = { chunk->at, chunk->at + chunk->length, false };
	struct report_read event;
	struct report_mail mail;
	int64_t before = 0;
	bool open = false;

	if (family == FAMILY_MAILS && report_mail_read(&bytes, &mail)) {
		*first = mail.at < *first ? mail.at : *first;
		*last = mail.at > *last ? mail.at : *last;
	}
	while (family != FAMILY_MAILS && report_event_read(&bytes, family, &before, &event)) {
		*first = event.at < *first ? event.at : *first;
		*last = event.at > *last ? event.at : *last;
		open = event.kind == EVENT_PLACE ? event.flags & EVENT_OPEN : open;
	}
	if (open)
		*last = INT64_MAX;
	return !bytes.torn;
}

bool report_page_span(const struct report_page *page, enum report_family family, int64_t *first, int64_t *last)
{
	bool whole = true;

	*first = INT64_MAX;
	*last = INT64_MIN;
	if (family == FAMILY_WHOSE)
		return true;
	for (size_t i = 0; i < page->chunks.count; i++)
		if (page->chunks.at[i].length)
			whole &= span_of_chunk(&page->chunks.at[i], family, first, last);
	return whole;
}

/* ---- the same ---- */

static bool same_word(const struct report_words *a, size_t i, const struct report_words *b, size_t k)
{
	return i < a->count && k < b->count && a->at[i].length == b->at[k].length && memcmp(a->at[i].at, b->at[k].at, a->at[i].length) == 0;
}

bool report_page_same(const struct report_page *a, const struct report_page *b, enum report_family family, size_t slot)
{
	struct bytes left = chunk_of(a, slot), right = chunk_of(b, slot);
	struct report_read x = { 0 }, y = { 0 };
	int64_t before = 0, before_too = 0;

	for (;;) {
		bool more = report_event_read(&left, family, &before, &x), more_too = report_event_read(&right, family, &before_too, &y);

		if (!more || !more_too)
			return more == more_too && !left.torn && !right.torn;
		bool named = report_event_is_named(x.kind);

		if (x.at != y.at || x.kind != y.kind || x.flags != y.flags || x.used != y.used || x.elapsed != y.elapsed || !same_word(&a->shapes, x.shape, &b->shapes, y.shape)
		    || (named && !same_word(&a->names, x.name, &b->names, y.name)))
			return false;
	}
}

bool report_shapes_same(const struct report_page *page, const struct report_page *places)
{
	bool same = page->shapes.count == places->shapes.count;

	for (size_t i = 0; i < page->shapes.count && same; i++)
		same = same_word(&page->shapes, i, &places->shapes, i);
	return same;
}
