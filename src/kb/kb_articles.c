/*
 * kb_articles.c - one file of the folder: its name, its head, its text, its language.
 *
 * NAME.md is the article NAME; NAME.LL.md is the same article in language LL (two letters). Names that begin with a dot or an underscore
 * are not ours (editors' files, drafts). A file that is no UTF-8, too long, no plain file or a link out of the folder is a problem, and no
 * article.
 * The language is what the head says, else the name, else what the small words of the text tell.
 */
#include "kb_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_ROOM 512                    /* bytes: lists of keywords and queues, the file's name */

void kb_entry_drop(struct kb_entry **entry)
{
	if (*entry && atomic_fetch_sub(&(*entry)->refs, 1) == 1) {
		arena_fini(&(*entry)->arena);
		free((*entry)->index);
		free(*entry);
	}
	*entry = NULL;
}

static bool read_file(const char *dir, const char *name, struct stat *about, struct buffer *out, struct error *error)
{
	CLEANUP_FD int fd = file_open_below(dir, name);
	char piece[16384];
	ssize_t got;

	if (fd < 0 && errno == EXDEV)            /* else who writes articles could publish any file that the daemon can read */
		return error_set(error, STATUS_BAD_INPUT, "is a link that leads out of the folder"), false;
	if (fd < 0 || fstat(fd, about) < 0)
		return error_set(error, STATUS_NOT_FOUND, "%s", strerror(errno)), false;
	if (!S_ISREG(about->st_mode))
		return error_set(error, STATUS_BAD_INPUT, "is no plain file"), false;
	while ((got = read(fd, piece, sizeof piece)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set(error, STATUS_BAD_INPUT, "%s", strerror(errno)), false;
		buffer_add(out, piece, (size_t)got);
		if (out->length > KB_ARTICLE_BYTES)
			return error_set(error, STATUS_BAD_INPUT, "is longer than %d bytes; make two articles of it", KB_ARTICLE_BYTES), false;
	}
	if (out->length && !utf8_valid(out->at, out->length))
		return error_set(error, STATUS_BAD_INPUT, "is not UTF-8; convert it, for example with iconv(1)"), false;
	return true;
}

/* The text is kept twice, as it was written and plain; there is some room for the head. */
static struct kb_entry *entry_new(const char *name, size_t length)
{
	struct kb_entry *entry = calloc(1, sizeof *entry);
	char language[4];
	size_t id_length = 0;

	if (!entry)
		abort();
	entry->refs = 1;
	arena_begin(&entry->arena, 2 * length + HEAD_ROOM);
	kb_file_name(name, &id_length, language);
	entry->article.file = arena_string(&entry->arena, name);
	entry->article.id = arena_copy(&entry->arena, name, id_length);
	entry->article.language = arena_string(&entry->arena, language);
	entry->declared = *language != '\0';
	return entry;
}

static void tell_language(struct kb_entry *entry)
{
	const char *told;

	words_count_language(entry->article.title, entry->hits, entry->own);
	words_count_language(entry->body, entry->hits, entry->own);
	if (!entry->declared && (told = words_tell_language(entry->hits)))
		entry->article.language = told;
}

void kb_entry_text(struct kb_entry *entry, const char *text, struct arena *arena, struct kb_problems *problems)
{
	if (!strncmp(text, "\xEF\xBB\xBF", 3))
		text += 3;
	entry->article.markdown = kb_head_read(entry, text, arena, problems);
	kb_plain(&entry->arena, entry->article.markdown, &entry->article.title, &entry->body, NULL);
	if (!*entry->article.title)
		entry->article.title = entry->article.id;       /* kb_lint says it */
	tell_language(entry);
}

struct kb_entry *kb_entry_read(const char *dir, const char *name, struct arena *arena, struct kb_problems *problems)
{
	CLEANUP_BUFFER struct buffer text;
	struct kb_entry *entry;
	struct error error;
	struct stat about;

	buffer_init(&text);
	if (!read_file(dir, name, &about, &text, &error)) {
		kb_problem_add(arena, problems, name, 0, false, "%s", error.text);
		return NULL;
	}
	entry = entry_new(name, text.length);
	entry->mtime_ns = (int64_t)about.st_mtim.tv_sec * 1000000000 + about.st_mtim.tv_nsec;
	entry->size = (uint64_t)about.st_size;
	entry->article.changed = entry->mtime_ns / 1000000;
	kb_entry_text(entry, utf8_clean(&entry->arena, text.length ? text.at : "", text.length), arena, problems);
	return entry;
}
