/*
 * kb_ids.c - from the id of an article to its slots, one for each language it is there in.
 *
 * Made for each snapshot: a table of the first slot of each id, and for each slot which is the first of the same article.
 */
#include "kb_private.h"

#include <stdlib.h>
#include <string.h>

static size_t place_of(const struct kb_snapshot *snapshot, const char *id)
{
	size_t at = hash_spread(hash_text(id)) & (snapshot->id_slots - 1);

	while (snapshot->id_slot[at] != KB_NO_TERM && strcmp(snapshot->at[snapshot->id_slot[at]]->article.id, id) != 0)
		at = (at + 1) & (snapshot->id_slots - 1);
	return at;
}

void kb_ids_index(struct kb_snapshot *snapshot)
{
	snapshot->id_slots = 64;
	while (snapshot->id_slots < snapshot->count * 2)
		snapshot->id_slots *= 2;
	snapshot->id_slot = malloc(snapshot->id_slots * sizeof *snapshot->id_slot);
	snapshot->first_of = malloc((snapshot->count + 1) * sizeof *snapshot->first_of);
	if (!snapshot->id_slot || !snapshot->first_of)
		abort();
	memset(snapshot->id_slot, 0xFF, snapshot->id_slots * sizeof *snapshot->id_slot);
	for (size_t i = 0; i < snapshot->count; i++) {
		size_t at;

		snapshot->first_of[i] = (uint32_t)i;
		if (!snapshot->at[i])
			continue;
		at = place_of(snapshot, snapshot->at[i]->article.id);
		if (snapshot->id_slot[at] == KB_NO_TERM)
			snapshot->id_slot[at] = (uint32_t)i;
		snapshot->first_of[i] = snapshot->id_slot[at];
	}
}

uint32_t kb_ids_find(const struct kb_snapshot *snapshot, const char *id)
{
	return snapshot->id_slot[place_of(snapshot, id)];
}

uint32_t kb_ids_in_language(const struct kb_snapshot *snapshot, uint32_t slot, const char *language)
{
	uint32_t first = snapshot->first_of[slot];

	if (!language || !*language || !strcmp(snapshot->at[slot]->article.language, language))
		return slot;
	for (size_t i = first; i < snapshot->count; i++)
		if (snapshot->at[i] && snapshot->first_of[i] == first && !strcmp(snapshot->at[i]->article.language, language))
			return (uint32_t)i;
	return slot;
}
