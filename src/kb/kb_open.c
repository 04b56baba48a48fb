/*
 * kb_open.c - the knowledge base as a whole: opening, looking for changes, and who holds what.
 *
 * One mutex guards two pointers (snapshot, learned) for the moment it takes to count a reference; another one lets one writer at a time work.
 * A refresh compares the folder with the snapshot by name, size and time of change, and reads what differs. Up to a quarter of the
 * articles is patched into the index; more makes it anew.
 * Diagnostics: problems of files; the folder itself that cannot be read is an error, and the articles stay what they were.
 */
#include "kb_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct kb {
	pthread_mutex_t lock, writer;
	_Atomic int refs;
	char *dir;
	struct kb_snapshot *snapshot;
	struct kb_learned *learned;      /* NULL: nothing yet */
	size_t patched;                  /* articles since the index was made whole */
};

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

void kb_view_take(struct kb *kb, struct kb_view *view)
{
	pthread_mutex_lock(&kb->lock);
	view->snapshot = kb->snapshot;
	view->learned = kb->learned;
	atomic_fetch_add(&view->snapshot->refs, 1);
	if (view->learned)
		atomic_fetch_add(&view->learned->refs, 1);
	pthread_mutex_unlock(&kb->lock);
}

void kb_view_drop(struct kb_view *view)
{
	kb_snapshot_drop(&view->snapshot);
	kb_learned_drop(&view->learned);
}

/* Takes what is not NULL. */
static void publish(struct kb *kb, struct kb_snapshot *snapshot, struct kb_learned *learned)
{
	struct kb_view old = { NULL, NULL };

	pthread_mutex_lock(&kb->lock);
	if (snapshot) {
		old.snapshot = kb->snapshot;
		kb->snapshot = snapshot;
	}
	if (learned) {
		old.learned = kb->learned;
		kb->learned = learned;
	}
	pthread_mutex_unlock(&kb->lock);
	kb_view_drop(&old);
}

/* ---- the folder ---- */

struct file { char *name; int64_t mtime_ns; uint64_t size; };
struct files { struct file *at; size_t count, room; };

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

static void list_file(struct arena *arena, struct files *files, int folder, const char *name)
{
	struct stat about;
	char language[4];
	size_t length;

	if (!kb_file_name(name, &length, language) || fstatat(folder, name, &about, 0) < 0 || files->count == KB_ARTICLES)
		return;
	if (files->count == files->room) {
		files->room = files->room ? files->room * 2 : 256;
		files->at = must(realloc(files->at, files->room * sizeof *files->at));
	}
	files->at[files->count++] = (struct file){ arena_string(arena, name), (int64_t)about.st_mtim.tv_sec * 1000000000 + about.st_mtim.tv_nsec,
	                                           (uint64_t)about.st_size };
}

/* STATUS_NOT_FOUND: there is no such folder. */
static enum status list_folder(const char *dir, struct arena *arena, struct files *files, struct error *error)
{
	DIR *folder = opendir(dir);
	struct dirent *item;

	if (!folder)
		return error_set(error, errno == ENOENT ? STATUS_NOT_FOUND : STATUS_BAD_INPUT, "%s: %s", dir, strerror(errno));
	while ((item = readdir(folder)))
		list_file(arena, files, dirfd(folder), item->d_name);
	closedir(folder);
	if (files->count)
		qsort(files->at, files->count, sizeof *files->at, by_name);
	return STATUS_OK;
}

static struct kb_snapshot *read_all(const char *dir, const struct files *files, struct arena *arena, struct kb_problems *problems)
{
	struct kb_entry **entries = must(malloc((files->count + 1) * sizeof *entries));
	struct kb_snapshot *snapshot;
	CLEANUP_ARENA struct arena own;
	size_t count = 0;

	arena_init(&own);
	for (size_t i = 0; i < files->count; i++)
		if ((entries[count] = kb_entry_read(dir, files->at[i].name, arena ? arena : &own, problems)))
			count++;
	snapshot = kb_snapshot_build(entries, count);
	free(entries);
	return snapshot;
}

enum status kb_open(const char *dir, struct kb **opened, struct arena *arena, struct kb_problems *problems, struct error *error)
{
	struct files files = { NULL, 0, 0 };
	CLEANUP_ARENA struct arena names;
	enum status status;
	struct kb *kb;

	*opened = NULL;
	arena_init(&names);
	status = list_folder(dir, &names, &files, error);
	if (status == STATUS_NOT_FOUND)
		kb_problem_add(arena, problems, dir, 0, true, "there is no such folder; no articles will be suggested");
	else if (status != STATUS_OK)
		return status;
	kb = must(calloc(1, sizeof *kb));
	kb->refs = 1;
	pthread_mutex_init(&kb->lock, NULL);
	pthread_mutex_init(&kb->writer, NULL);
	kb->dir = must(strdup(dir));
	kb->snapshot = read_all(dir, &files, arena, problems);
	free(files.at);
	*opened = kb;
	return STATUS_OK;
}

struct kb *kb_ref(struct kb *kb)
{
	if (kb)
		kb->refs++;
	return kb;
}

void kb_close(struct kb **closed)
{
	struct kb *kb = *closed;

	*closed = NULL;
	if (!kb || --kb->refs > 0)
		return;
	kb_snapshot_drop(&kb->snapshot);
	kb_learned_drop(&kb->learned);
	pthread_mutex_destroy(&kb->lock);
	pthread_mutex_destroy(&kb->writer);
	free(kb->dir);
	free(kb);
}

/* ---- changes ---- */

struct changes { struct kb_change *at; size_t count, room, slots; };

static void change(struct changes *changes, size_t slot, struct kb_entry *entry)
{
	if (changes->count == changes->room) {
		changes->room = changes->room ? changes->room * 2 : 16;
		changes->at = must(realloc(changes->at, changes->room * sizeof *changes->at));
	}
	changes->at[changes->count++] = (struct kb_change){ slot, entry };
}

/* *next is where it stands if both are in the same order, as after opening. */
static struct file *find_file(const struct files *files, const char *name, size_t *next)
{
	struct file key = { (char *)(uintptr_t)name, 0, 0 };

	if (*next < files->count && !strcmp(files->at[*next].name, name))
		return &files->at[(*next)++];
	return files->count ? bsearch(&key, files->at, files->count, sizeof *files->at, by_name) : NULL;
}

/* What is there already: unchanged ones are marked in the list by a size that no file has. */
#define DONE UINT64_MAX

static void compare_slots(struct kb *kb, struct files *files, struct changes *changes, struct arena *arena, struct kb_problems *problems)
{
	for (size_t slot = 0, next = 0; slot < kb->snapshot->count; slot++) {
		const struct kb_entry *entry = kb->snapshot->at[slot];
		struct file *file = entry ? find_file(files, entry->article.file, &next) : NULL;

		if (!entry)
			continue;
		if (!file)
			change(changes, slot, NULL);
		else if (file->mtime_ns != entry->mtime_ns || file->size != entry->size)
			change(changes, slot, kb_entry_read(kb->dir, file->name, arena, problems));
		if (file)
			file->size = DONE;
	}
}

static void add_new(struct kb *kb, const struct files *files, struct changes *changes, struct arena *arena, struct kb_problems *problems)
{
	size_t slot = kb->snapshot->count;

	for (size_t i = 0; i < files->count; i++) {
		struct kb_entry *entry;

		if (files->at[i].size != DONE && (entry = kb_entry_read(kb->dir, files->at[i].name, arena, problems)))
			change(changes, slot++, entry);
	}
}

static void apply(struct kb *kb, const struct files *files, struct changes *changes)
{
	struct kb_snapshot *snapshot;

	kb->patched += changes->count;
	if (kb->patched > 16 && kb->patched * 4 > kb->snapshot->live) {
		for (size_t i = 0; i < changes->count; i++)
			kb_entry_drop(&changes->at[i].entry);
		snapshot = read_all(kb->dir, files, NULL, NULL);
		kb->patched = 0;
	} else
		snapshot = kb_snapshot_change(kb->snapshot, changes->at, changes->count);
	publish(kb, snapshot, NULL);
}

enum status kb_refresh(struct kb *kb, struct arena *arena, struct kb_problems *problems, size_t *changed, struct error *error)
{
	struct files files = { NULL, 0, 0 };
	struct changes changes = { NULL, 0, 0, 0 };
	CLEANUP_ARENA struct arena own;
	enum status status;

	arena_init(&own);
	pthread_mutex_lock(&kb->writer);
	status = list_folder(kb->dir, &own, &files, error);
	if (status == STATUS_OK) {
		compare_slots(kb, &files, &changes, arena ? arena : &own, problems);
		add_new(kb, &files, &changes, arena ? arena : &own, problems);
		if (changes.count)
			apply(kb, &files, &changes);
	}
	if (changed)
		*changed = changes.count;
	pthread_mutex_unlock(&kb->writer);
	free(files.at);
	free(changes.at);
	return status;
}

void kb_learn(struct kb *kb, const struct kb_feedback *at, size_t count, bool forget)
{
	struct kb_view view;

	pthread_mutex_lock(&kb->writer);
	view.snapshot = kb->snapshot;
	view.learned = kb_learned_make(kb->snapshot, kb->learned, at, count, forget);
	kb_gate_learn(&view, kb->learned);
	publish(kb, NULL, view.learned);
	pthread_mutex_unlock(&kb->writer);
}
