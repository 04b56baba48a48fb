/*
 * kb_dict.c - every term has a number.
 *
 * A dictionary is immutable once a snapshot holds it; the writer copies it when new terms come. The bytes of the terms live in a
 * pool that the copies share: a copy costs three arrays.
 * May not forget a term: numbers stay what they are until everything is built anew.
 */
#include "kb_private.h"

#include <stdlib.h>
#include <string.h>

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

struct kb_dict *kb_dict_new(void)
{
	struct kb_dict *dict = must(calloc(1, sizeof *dict));

	dict->refs = 1;
	dict->pool = must(calloc(1, sizeof *dict->pool));
	dict->pool->refs = 1;
	arena_init(&dict->pool->arena);
	dict->room = 1024;
	dict->slots = 4096;
	dict->term = must(malloc(dict->room * sizeof *dict->term));
	dict->spelling = must(malloc(dict->room * sizeof *dict->spelling));
	dict->slot = must(malloc(dict->slots * sizeof *dict->slot));
	memset(dict->slot, 0xFF, dict->slots * sizeof *dict->slot);
	return dict;
}

struct kb_dict *kb_dict_copy(const struct kb_dict *from)
{
	struct kb_dict *dict = must(calloc(1, sizeof *dict));

	dict->refs = 1;
	dict->pool = from->pool;
	atomic_fetch_add(&dict->pool->refs, 1);
	dict->count = from->count;
	dict->room = from->room;
	dict->slots = from->slots;
	dict->term = must(malloc(dict->room * sizeof *dict->term));
	dict->spelling = must(malloc(dict->room * sizeof *dict->spelling));
	dict->slot = must(malloc(dict->slots * sizeof *dict->slot));
	memcpy(dict->term, from->term, from->count * sizeof *dict->term);
	memcpy(dict->spelling, from->spelling, from->count * sizeof *dict->spelling);
	memcpy(dict->slot, from->slot, from->slots * sizeof *dict->slot);
	return dict;
}

void kb_dict_drop(struct kb_dict **dict)
{
	if (*dict && atomic_fetch_sub(&(*dict)->refs, 1) == 1) {
		if (atomic_fetch_sub(&(*dict)->pool->refs, 1) == 1) {
			arena_fini(&(*dict)->pool->arena);
			free((*dict)->pool);
		}
		free((*dict)->term);
		free((*dict)->spelling);
		free((*dict)->slot);
		free(*dict);
	}
	*dict = NULL;
}

static size_t slot_of(const struct kb_dict *dict, const char *term, uint32_t hash)
{
	size_t at = hash & (dict->slots - 1);

	while (dict->slot[at] != KB_NO_TERM && strcmp(dict->term[dict->slot[at]], term) != 0)
		at = (at + 1) & (dict->slots - 1);
	return at;
}

uint32_t kb_dict_find(const struct kb_dict *dict, const char *term)
{
	return kb_dict_find_hashed(dict, term, kb_stem_hash(term));
}

uint32_t kb_dict_find_hashed(const struct kb_dict *dict, const char *term, uint32_t hash)
{
	return dict->slot[slot_of(dict, term, hash)];
}

static void grow(struct kb_dict *dict)
{
	dict->room *= 2;
	dict->slots *= 2;
	dict->term = must(realloc(dict->term, dict->room * sizeof *dict->term));
	dict->spelling = must(realloc(dict->spelling, dict->room * sizeof *dict->spelling));
	dict->slot = must(realloc(dict->slot, dict->slots * sizeof *dict->slot));
	memset(dict->slot, 0xFF, dict->slots * sizeof *dict->slot);
	for (size_t i = 0; i < dict->count; i++)
		dict->slot[slot_of(dict, dict->term[i], kb_stem_hash(dict->term[i]))] = (uint32_t)i;
}

uint64_t kb_spelling(const char *term)
{
	size_t length = strlen(term);
	uint64_t set = 0;

	for (size_t i = 0; i < length + 1; i++) {
		uint32_t a = i ? (unsigned char)term[i - 1] : ' ', b = i < length ? (unsigned char)term[i] : ' ';
		uint32_t c = i + 1 < length ? (unsigned char)term[i + 1] : ' ';

		if (length > 1 || i == 0)
			set |= 1ULL << ((a * 961 + b * 31 + c) * 2654435761u >> 26);
	}
	return set;
}

uint32_t kb_dict_add(struct kb_dict *dict, const char *term)
{
	size_t at = slot_of(dict, term, kb_stem_hash(term));

	if (dict->slot[at] != KB_NO_TERM)
		return dict->slot[at];
	if (dict->count == dict->room) {
		grow(dict);
		at = slot_of(dict, term, kb_stem_hash(term));
	}
	dict->slot[at] = (uint32_t)dict->count;
	dict->term[dict->count] = arena_string(&dict->pool->arena, term);
	dict->spelling[dict->count] = kb_spelling(term);
	return (uint32_t)dict->count++;
}
