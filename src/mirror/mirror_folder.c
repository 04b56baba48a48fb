/*
 * mirror_folder.c - the folders of the tree, one a queue (Maildir++: ".support" beside the inbox), and the letters of their keywords.
 *
 * dovecot-keywords says which letter of a file's flags stands for which keyword, folder by folder; there are 26. What an IMAP server wrote there
 * stays, ours are added. Names keep to letters, digits, "-", "_" and blanks: others would have to be written in IMAP's own UTF-7.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mirror_private.h"

/* The IMAP server is another user of the folder's group: it renames files, and writes its own beside them. */
bool mirror_share(int fd)
{
	struct stat about;
	if (fstat(fd, &about) != 0 || about.st_uid != geteuid())
		return true;
	mode_t wanted = (about.st_mode & 07777) | (S_ISDIR(about.st_mode) ? 0770 : 0660);
	return wanted == (about.st_mode & 07777) || fchmod(fd, wanted) == 0;
}

bool mirror_make(const char *path)
{
	if (mkdir(path, 0770) != 0)
		return errno == EEXIST;
	CLEANUP_FD int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 && mirror_share(fd);
}

static const char *keyword(size_t i)
{
	return i < STATE_COUNT ? desk_ticket_state_name((enum ticket_state)i) : desk_priority_names[i - STATE_COUNT];
}

static bool write_file(const char *path, const char *text, int flags)
{
	CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0660);
	return fd >= 0 && mirror_share(fd) && write_all(fd, text, strlen(text));
}

/* ---- keywords ---- */

/* "3 open" of the file into the letters; *next: the first number that is free. */
static void read_keywords(struct folder *folder, const char *text, int *next)
{
	while (*text) {
		char *name;
		long number = strtol(text, &name, 10);
		size_t length = strcspn(text, "\n");
		size_t word = (size_t)(text + length - name);
		for (size_t i = 0; i < MIRROR_KEYWORDS && *name == ' ' && number >= 0 && number < 26; i++)
			if (strlen(keyword(i)) == word - 1 && strncmp(name + 1, keyword(i), word - 1) == 0)
				folder->letter[i] = (char)('a' + number);
		if (number >= *next)
			*next = (int)number + 1;
		text += length + (text[length] == '\n');
	}
}

static bool set_keywords(struct folder *folder, const char *root)
{
	char path[MIRROR_PATH], new[MIRROR_PATH];
	CLEANUP_BUFFER struct buffer text;
	struct error error;
	int next = 0, before;
	buffer_init(&text);
	snprintf(path, sizeof path, "%s/%s/dovecot-keywords", root, folder->name);
	snprintf(new, sizeof new, "%s/%s/dovecot-keywords.sportello", root, folder->name);
	if (file_read_all(path, 64 * 1024, &text, &error) != STATUS_OK)
		buffer_reset(&text);
	read_keywords(folder, buffer_string(&text), &next);
	before = next;
	for (size_t i = 0; i < MIRROR_KEYWORDS; i++)
		if (!folder->letter[i] && next < 26) {
			buffer_printf(&text, "%d %s\n", next, keyword(i));
			folder->letter[i] = (char)('a' + next++);
		}
	return next == before || (write_file(new, buffer_string(&text), O_TRUNC) && rename(new, path) == 0);
}

/* ---- folders ---- */

static bool make(const char *root, const char *name)
{
	static const char *const inside[] = {"", "/tmp", "/new", "/cur"};
	char path[MIRROR_PATH];
	for (size_t i = 0; i < COUNT_OF(inside); i++) {
		if (snprintf(path, sizeof path, "%s/%s%s", root, name, inside[i]) >= (int)sizeof path || !mirror_make(path))
			return false;
	}
	snprintf(path, sizeof path, "%s/%s/maildirfolder", root, name);
	return *name == '\0' || write_file(path, "", 0);
}

/* IMAP servers list what is subscribed. */
static void subscribe(const char *root, const char *name)
{
	char path[MIRROR_PATH], line[300];
	CLEANUP_BUFFER struct buffer text;
	struct error error;
	buffer_init(&text);
	snprintf(path, sizeof path, "%s/subscriptions", root);
	snprintf(line, sizeof line, "%s\n", name + 1);
	if (file_read_all(path, 1024 * 1024, &text, &error) == STATUS_OK && (strncmp(buffer_string(&text), "V\t", 2) == 0 || strstr(buffer_string(&text), line)))
		return;
	write_file(path, line, O_APPEND);
}

int mirror_folder_known(struct folders *folders, const char *root, const char *name)
{
	for (size_t i = 0; i < folders->count; i++)
		if (strcmp(folders->at[i].name, name) == 0)
			return (int)i;
	if (folders->count == MIRROR_FOLDERS || strlen(name) >= sizeof folders->at[0].name)
		return -1;
	struct folder *folder = &folders->at[folders->count];
	*folder = (struct folder){.name = ""};
	memcpy(folder->name, name, strlen(name) + 1);
	return set_keywords(folder, root) ? (int)folders->count++ : -1;
}

int mirror_folder_of(struct folders *folders, const char *root, const char *queue)
{
	char name[256] = ".";
	size_t n = 1;
	for (; *queue && n + 1 < sizeof name; queue++)
		name[n++] = (*queue >= '0' && *queue <= '9') || (*queue >= 'a' && *queue <= 'z') || (*queue >= 'A' && *queue <= 'Z') || strchr("-_ ", *queue) ? *queue : '_';
	name[n] = '\0';
	for (size_t i = 0; i < folders->count; i++)
		if (strcmp(folders->at[i].name, name) == 0)
			return (int)i;
	if (!make(root, "") || !make(root, name))
		return -1;
	subscribe(root, name);
	return mirror_folder_known(folders, root, name);
}

void mirror_flags(const struct folder *folder, const char *state, const char *priority, const char *flags, bool seen, char out[64])
{
	bool on[128] = {['S'] = seen};
	size_t n = 0;
	for (; flags && *flags; flags++)
		on[(unsigned char)*flags & 127] = true;
	for (size_t i = 0; i < MIRROR_KEYWORDS; i++)
		if (folder->letter[i])
			on[(unsigned char)folder->letter[i]] = strcmp(keyword(i), i < STATE_COUNT ? state : priority) == 0;
	memcpy(out, ":2,", 4);
	n = 3;
	for (int c = 'A'; c <= 'z' && n < 62; c++)
		if (on[c])
			out[n++] = (char)c;
	out[n] = '\0';
}
