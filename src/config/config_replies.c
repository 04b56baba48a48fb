/*
 * config_replies.c - reads the saved replies: replies_dir/NAME.md, NAME.it.md, and the articles of kb_dir as kb/NAME.
 *
 * A head between lines of --- may say queue, state, tag (or tags) and language; the first "# " heading is the title and is not sent; part-NAME.md is
 * what others put in by {>part-NAME}; the files of a folder NAME/ beside it go along. Read anew when an agent asks for one, so that a file that was just written is there.
 * May not judge the words: desk_check_saved() does. What cannot be read is said and left out.
 */
#include "config_private.h"

#include "limits.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REPLY_BYTES ((size_t)64 * 1024)  /* of a file: an answer of more nobody reads */
#define REPLIES_MOST 500                 /* files of a folder */

static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

static int is_markdown(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 3 && !strcmp(entry->d_name + length - 3, ".md");
}

static void complain(struct arena *arena, struct config_problems *problems, const char *file, const char *key, const char *text)
{
	if (problems)
		*ARENA_PUSH(arena, problems) = (struct config_problem){ arena_string(arena, file), 0, arena_string(arena, key), arena_string(arena, text), false };
}

/* "vpn.it.md" -> "vpn", "it" */
static void read_name(struct arena *arena, const char *prefix, const char *file_name, struct saved_reply *reply)
{
	char *name = arena_copy(arena, file_name, strlen(file_name) - 3), *dot = strrchr(name, '.');

	reply->language = "";
	if (dot && !config_check_language(dot + 1)) {
		*dot = '\0';
		reply->language = text_lower(arena, dot + 1);
	}
	reply->name = arena_printf(arena, "%s%s", prefix, name);
}

static void add_words(struct arena *arena, struct strings *list, char *value)
{
	for (char *word; (word = strsep(&value, ", []"));)
		if (*text_trim(word))
			strings_add(arena, list, text_trim(word));
}

/* NULL, or what is wrong. */
static const char *read_key(struct arena *arena, const char *key, char *value, bool article, struct saved_reply *reply)
{
	if (article)
		return NULL;                     /* its head is for the articles */
	if (!strcmp(key, "queue"))
		reply->queue = value;
	else if (!strcmp(key, "state"))
		reply->state = text_lower(arena, value);
	else if (!strcmp(key, "tag") || !strcmp(key, "tags"))
		add_words(arena, &reply->tags, value);
	else if (!strcmp(key, "language"))
		reply->language = text_lower(arena, value);
	else
		return arena_printf(arena, "\"%s\" in the head is not known; there are queue, state, tag and language", key);
	return NULL;
}

/* What stands in NAME/ beside NAME.md, and beside NAME.it.md. */
static void read_files(struct arena *arena, const char *directory, struct saved_reply *reply, struct config_problems *problems)
{
	struct dirent **entries = NULL;
	const char *folder = arena_printf(arena, "%s/%s", directory, reply->name);
	int count = scandir(folder, &entries, NULL, by_name);

	for (int i = 0; i < count; i++) {
		const char *path = arena_printf(arena, "%s/%s", folder, entries[i]->d_name);
		struct stat is;
		bool hidden = entries[i]->d_name[0] == '.';

		free(entries[i]);
		if (hidden || reply->files.count > LIMIT_SAVED_FILES)
			continue;
		if (stat(path, &is) || !S_ISREG(is.st_mode) || access(path, R_OK) || strpbrk(path, "\r\n") || !utf8_valid(path, strlen(path)))
			complain(arena, problems, reply->file, "", arena_printf(arena, "\"%s\" is no file that can be read: it is not sent", path));
		else
			*ARENA_PUSH(arena, &reply->files) = (struct saved_file){ path, strrchr(path, '/') + 1, (uint64_t)is.st_size };
	}
	free(entries);
}

/* Past the head, if there is one. */
static char *read_head(struct arena *arena, char *text, bool article, struct saved_reply *reply, struct config_problems *problems)
{
	char *end = !strncmp(text, "---\n", 4) ? strstr(text + 3, "\n---") : NULL;
	char *lines = text + 4;

	if (!end)
		return text;
	*end = '\0';
	for (char *line; (line = strsep(&lines, "\n"));) {
		char *colon = strchr(line, ':');
		const char *problem;

		if (!*text_trim(line))
			continue;
		if (!colon) {
			complain(arena, problems, reply->file, "", arena_printf(arena, "\"%s\" in the head is no \"key: value\"", line));
			continue;
		}
		*colon = '\0';
		if ((problem = read_key(arena, text_trim(line), text_trim(colon + 1), article, reply)))
			complain(arena, problems, reply->file, "", problem);
	}
	text = end + 4;
	return text + strspn(text, "-\r\n");
}

/* The title goes; so does nothing else. */
static char *read_title(struct arena *arena, char *text, struct saved_reply *reply)
{
	text += strspn(text, " \t\r\n");
	if (strncmp(text, "# ", 2))
		return text;
	size_t length = strcspn(text, "\n");
	reply->title = text_trim(arena_copy(arena, text + 2, length - 2));
	return text + length;
}

static void read_file(struct arena *arena, const char *path, const char *prefix, const char *file_name, struct saved_replies *replies,
                      struct config_problems *problems)
{
	CLEANUP_BUFFER struct buffer text = { 0 };
	struct saved_reply reply = { .title = "", .queue = "", .state = "", .file = path };
	struct error error;

	if (file_read_all(path, REPLY_BYTES, &text, &error) != STATUS_OK) {
		complain(arena, problems, path, "", arena_printf(arena, "cannot be read: %s", error.text));
		return;
	}
	if (!utf8_valid(text.at ? text.at : "", text.length) || memchr(text.at ? text.at : "", 0, text.length)) {
		complain(arena, problems, path, "", "it is not UTF-8");
		return;
	}
	read_name(arena, prefix, file_name, &reply);
	reply.text = read_title(arena, read_head(arena, arena_copy(arena, buffer_string(&text), text.length), *prefix, &reply, problems), &reply);
	if (!strncmp(reply.name, "part-", 5)) {
		struct { struct template_file *at; size_t count; } parts = { replies->parts, replies->part_count };

		*ARENA_PUSH(arena, &parts) = (struct template_file){ *reply.language ? reply.language : "en", reply.name, "txt", reply.text };
		replies->parts = parts.at;
		replies->part_count = parts.count;
	} else {
		if (!*prefix)
			read_files(arena, arena_copy(arena, path, (size_t)(strrchr(path, '/') - path)), &reply, problems);
		*ARENA_PUSH(arena, replies) = reply;
	}
}

static void read_folder(struct arena *arena, const char *directory, const char *prefix, struct saved_replies *replies, struct config_problems *problems)
{
	struct dirent **entries = NULL;
	int count = *directory ? scandir(directory, &entries, is_markdown, by_name) : 0;

	for (int i = 0; i < count; i++) {
		if (i < REPLIES_MOST)
			read_file(arena, arena_printf(arena, "%s/%s", directory, entries[i]->d_name), prefix, entries[i]->d_name, replies, problems);
		free(entries[i]);
	}
	free(entries);
	if (count > REPLIES_MOST)
		complain(arena, problems, directory, "", arena_printf(arena, "has more than %d files; those behind them are not read", REPLIES_MOST));
}

void config_replies(const struct config *config, struct arena *arena, struct saved_replies *replies, struct config_problems *problems)
{
	*replies = (struct saved_replies){ .count = 0 };
	read_folder(arena, config->replies_dir, "", replies, problems);
	read_folder(arena, config->kb_dir, "kb/", replies, NULL);
}

/* ---- dead links ---- */

static bool has_article(const struct saved_replies *replies, const char *name)
{
	for (size_t i = 0; i < replies->count; i++)
		if (!strncmp(replies->at[i].name, "kb/", 3) && !strcmp(replies->at[i].name + 3, name))
			return true;
	return false;
}

/* NULL, or what is wrong with this address of a link: of others' pages nobody can say. */
static const char *dead(const struct config *config, struct arena *arena, const struct saved_replies *replies, const char *address)
{
	size_t base = strlen(config->policy.base_url);
	const char *article = !strncmp(address, "kb/", 3) ? address + 3 : NULL;

	if (base && !strncmp(address, config->policy.base_url, base) && !strncmp(address + base + strspn(address + base, "/"), "kb/", 3))
		article = address + base + strspn(address + base, "/") + 3;
	if (article) {
		char *name = arena_copy(arena, article, strcspn(article, "?#")), *dot = strrchr(name, '.');

		if (dot && !config_check_language(dot + 1))
			*dot = '\0';
		return has_article(replies, name) ? NULL : arena_printf(arena, "a dead link: there is no article \"%s\"", name);
	}
	if (strchr(address, '{') || !strncmp(address, "mailto:", 7) || !strncmp(address, "tel:", 4) || strstr(address, "://"))
		return NULL;
	return arena_printf(arena, "a dead link: \"%s\" is no address of a page", address);
}

static void check_links(const struct config *config, struct arena *arena, const struct saved_replies *replies, const struct saved_reply *reply,
                        struct config_problems *problems)
{
	for (const char *at = reply->text; (at = strstr(at, "](")); at++) {
		const char *problem = dead(config, arena, replies, arena_copy(arena, at + 2, strcspn(at + 2, ") \n")));

		if (problem)
			complain(arena, problems, reply->file, "", problem);
	}
	size_t base = strlen(config->policy.base_url);
	for (const char *at = base ? strstr(reply->text, config->policy.base_url) : NULL; at; at = strstr(at + base, config->policy.base_url)) {
		bool in_link = at - reply->text >= 2 && at[-1] == '(' && at[-2] == ']';
		const char *problem = in_link ? NULL : dead(config, arena, replies, arena_copy(arena, at, strcspn(at, " \n)>")));

		if (problem)
			complain(arena, problems, reply->file, "", problem);
	}
}

void config_check_replies(const struct config *config, struct arena *arena, struct config_problems *problems, size_t *count)
{
	struct saved_replies replies;
	struct error error;

	config_replies(config, arena, &replies, problems);
	*count = 0;
	for (size_t i = 0; i < replies.count; i++) {
		const struct saved_reply *reply = &replies.at[i];

		if (!strncmp(reply->name, "kb/", 3))
			continue;                        /* `kb lint` speaks of articles */
		++*count;
		if (!desk_check_saved(arena, &config->policy, &replies, reply, &error))
			complain(arena, problems, reply->file, "", error.text);
		check_links(config, arena, &replies, reply, problems);
	}
}
