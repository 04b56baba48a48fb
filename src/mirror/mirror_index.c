/*
 * mirror_index.c - which files of ours are in the tree: by ticket and message, with folder and name.
 *
 * A name is "SECONDS.tTICKETmMESSAGE.sportello" and what an IMAP server put behind it. Servers rename files at any time (a flag, new to cur): who does not find one
 * under its name reads the tree again. Some hundred bytes a message; one is found at once, however many its ticket has.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mirror_private.h"

void mirror_base(char out[128], int64_t date, int64_t ticket, int seq)
{
	snprintf(out, 128, "%lld.t%lldm%d.sportello", (long long)(date / 1000), (long long)ticket, seq);
}

static size_t slot_of(const struct index *index, int64_t ticket)
{
	uint64_t hash = (uint64_t)ticket * 0x9E3779B97F4A7C15u;
	return (size_t)(hash >> 32) & index->mask;
}

static size_t slot_of_message(const struct index *index, int64_t ticket, int seq)
{
	return slot_of(index, ticket * 0x10001 + (int64_t)seq * 0x2545F491);
}

/* Before the others of its ticket, and of its hash. */
static void link_entry(struct index *index, int number)
{
	struct entry *entry = &index->at[number];
	int *first = &index->first[slot_of(index, entry->ticket)], *found = &index->found[slot_of_message(index, entry->ticket, entry->seq)];
	entry->next = *first;
	entry->same = *found;
	*first = *found = number;
}

static void grow(struct index *index)
{
	size_t room = index->room ? index->room * 2 : 1024;
	struct entry *at = realloc(index->at, room * sizeof *at);
	int *first = realloc(index->first, room * sizeof *first), *found = realloc(index->found, room * sizeof *found);
	if (!at || !first || !found)
		abort();
	*index = (struct index){at, index->count, room, first, found, room - 1};
	memset(first, 0xff, room * sizeof *first);
	memset(found, 0xff, room * sizeof *found);
	for (size_t i = 0; i < index->count; i++)
		link_entry(index, (int)i);
}

void mirror_index_init(struct index *index)
{
	*index = (struct index){.count = 0};
}

void mirror_index_fini(struct index *index)
{
	for (size_t i = 0; i < index->count; i++)
		free(index->at[i].name);
	free(index->at);
	free(index->first);
	free(index->found);
	mirror_index_init(index);
}

struct entry *mirror_index_of(struct index *index, int64_t ticket, const struct entry *after)
{
	int i = after ? after->next : index->room ? index->first[slot_of(index, ticket)] : -1;
	while (i >= 0 && index->at[i].ticket != ticket)
		i = index->at[i].next;
	return i >= 0 ? &index->at[i] : NULL;
}

struct entry *mirror_index_find(struct index *index, int64_t ticket, int seq)
{
	int i = index->room ? index->found[slot_of_message(index, ticket, seq)] : -1;
	while (i >= 0 && (index->at[i].ticket != ticket || index->at[i].seq != seq))
		i = index->at[i].same;
	return i >= 0 ? &index->at[i] : NULL;
}

struct entry *mirror_index_add(struct index *index, int64_t ticket, int seq, int folder, bool fresh, const char *name)
{
	if (index->count == index->room)
		grow(index);
	struct entry *entry = &index->at[index->count];
	*entry = (struct entry){ticket, seq, (short)folder, fresh, -1, -1, strdup(name)};
	link_entry(index, (int)index->count++);
	return entry;
}

void mirror_index_rename(struct entry *entry, int folder, bool fresh, const char *name)
{
	char *copy = strdup(name);
	free(entry->name);
	entry->name = copy;
	entry->folder = (short)folder;
	entry->fresh = fresh;
}

void mirror_index_drop(struct entry *entry)
{
	entry->seq = -1;                         /* it stays in its chains */
	free(entry->name);
	entry->name = NULL;
}

/* ---- what is there ---- */

static bool is_ours(const char *name, int64_t *ticket, int *seq)
{
	long long at, number;
	int end = 0;
	if (sscanf(name, "%lld.t%lldm%d.sportello%n", &at, &number, seq, &end) < 3 || !end || (name[end] && name[end] != ':' && name[end] != ','))
		return false;
	*ticket = number;
	return true;
}

struct reading { struct index *index; const char *root; void (*twice)(void *, const char *); void *context; };

static void take(const struct reading *r, const char *folder_path, int folder, bool fresh, const char *name)
{
	char path[MIRROR_PATH + 300];
	int64_t ticket;
	int seq;
	if (!is_ours(name, &ticket, &seq))
		return;
	struct entry *known = mirror_index_find(r->index, ticket, seq);
	snprintf(path, sizeof path, "%s/%s", folder_path, name);
	if (known && r->twice)
		r->twice(r->context, path);
	if (!known)
		mirror_index_add(r->index, ticket, seq, folder, fresh, name);
}

static void read_folder(const struct reading *r, const char *folder, int number)
{
	for (int fresh = 0; fresh < 2; fresh++) {
		char path[MIRROR_PATH];
		snprintf(path, sizeof path, "%s/%s/%s", r->root, folder, fresh ? "new" : "cur");
		DIR *directory = opendir(path);
		for (struct dirent *one; directory && (one = readdir(directory)) != NULL;)
			take(r, path, number, fresh, one->d_name);
		if (directory)
			closedir(directory);
	}
}

bool mirror_index_read(struct index *index, struct folders *folders, const char *root, void (*twice)(void *context, const char *path), void *context)
{
	const struct reading reading = {index, root, twice, context};
	DIR *directory = opendir(root);
	if (!directory)
		return false;
	mirror_index_fini(index);
	for (struct dirent *one; (one = readdir(directory)) != NULL;) {
		bool is_folder = one->d_name[0] == '.' && one->d_name[1] && strcmp(one->d_name, "..") != 0;
		int number = is_folder ? mirror_folder_known(folders, root, one->d_name) : -1;
		if (number >= 0)
			read_folder(&reading, one->d_name, number);
	}
	closedir(directory);
	return true;
}
