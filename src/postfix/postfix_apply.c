/*
 * postfix_apply.c - a plan as a diff, carried out, and undone.
 *
 * `postconf -e` writes main.cf, so that its comments and other lines stay. A record beside it (sportello_setup) and a copy of main.cf as it was
 * are the way back: byte for byte while nobody else changed main.cf, else parameter by parameter, where ours still stand.
 * May not touch a file that it did not make, but main.cf.
 */
#include "postfix_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MOST ((size_t)1 << 20)

static enum status run(struct postfix *postfix, const char *const *words, struct error *error)
{
	CLEANUP_BUFFER struct buffer said;
	int code;

	buffer_init(&said);
	if ((code = postfix_run(words, NULL, &said)) == 0)
		return STATUS_OK;
	return error_set(error, STATUS_BAD_CONFIG, "%s -c %s ended with %d: %.300s", words[0], postfix->directory, code, text_trim(arena_string(postfix->arena, buffer_string(&said))));
}

static enum status set(struct postfix *postfix, const char *directory, const char *name, const char *value, struct error *error)
{
	const char *words[] = { "postconf", "-c", directory, value ? "-e" : "-X", value ? arena_printf(postfix->arena, "%s = %s", name, value) : name, NULL };

	return run(postfix, words, error);
}

/* A new file takes the place of the old one at once; main.cf keeps its owner and mode. */
static enum status write_file(const struct postfix *postfix, const char *path, const char *text, const struct stat *as, struct error *error)
{
	const char *new = arena_printf(postfix->arena, "%s.sportello-new", path);
	CLEANUP_FD int fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (fd < 0)
		return error_set(error, STATUS_REFUSED, "%s cannot be written: %s%s", path, strerror(errno), geteuid() ? "; run it as root, for example with sudo" : "");
	if (!write_all(fd, text, strlen(text)) || fchmod(fd, as ? as->st_mode & 07777 : 0644) < 0 || (as && fchown(fd, as->st_uid, as->st_gid) < 0 && geteuid() == 0)
	    || fsync(fd) < 0 || rename(new, path) < 0) {
		error_set(error, STATUS_TRY_LATER, "%s: %s", path, strerror(errno));
		unlink(new);
		return STATUS_TRY_LATER;
	}
	return STATUS_OK;
}

static const char *read_or_null(const struct postfix *postfix, const char *path)
{
	CLEANUP_BUFFER struct buffer text;

	buffer_init(&text);
	return file_read_all(path, FILE_MOST, &text, NULL) == STATUS_OK ? arena_string(postfix->arena, buffer_string(&text)) : NULL;
}

static const char *digest_of(const struct postfix *postfix, const char *text)
{
	unsigned char digest[SHA256_SIZE];

	sha256_of(text, strlen(text), digest);
	return hex_encode(postfix->arena, digest, sizeof digest);
}

/* ---------------------------------------------------------------- as a diff */

static enum status diff(struct postfix *postfix, const char *old, const char *new, const char *name, struct buffer *out, struct error *error)
{
	const char *words[] = { "diff", "-u", "--label", name, "--label", name, old, new, NULL };
	int code = postfix_run(words, NULL, out);

	return code == 0 || code == 1 ? STATUS_OK : error_set(error, STATUS_NOT_FOUND, "diff could not be run; on Debian: apt install diffutils");
}

static enum status diff_all(struct postfix *postfix, const struct postfix_plan *plan, const char *directory, struct buffer *out, struct error *error)
{
	const char *main_cf = arena_printf(postfix->arena, "%s/main.cf", directory);
	enum status status = write_file(postfix, main_cf, postfix->text, NULL, error);

	for (size_t i = 0; i < plan->changes.count && status == STATUS_OK; i++)
		status = set(postfix, directory, plan->changes.at[i].name, plan->changes.at[i].new, error);
	if (status == STATUS_OK)
		status = diff(postfix, postfix->main_cf, main_cf, postfix->main_cf, out, error);
	for (size_t i = 0; i < plan->files.count && status == STATUS_OK; i++) {
		const char *path = postfix_path(postfix, plan->files.at[i].name), *copy = arena_printf(postfix->arena, "%s/%s", directory, plan->files.at[i].name);

		if ((status = write_file(postfix, copy, plan->files.at[i].text, NULL, error)) == STATUS_OK)
			status = diff(postfix, access(path, F_OK) == 0 ? path : "/dev/null", copy, path, out, error);
		unlink(copy);
	}
	unlink(main_cf);
	return status;
}

enum status postfix_diff(const struct postfix *postfix, const struct postfix_plan *plan, struct buffer *out, struct error *error)
{
	char directory[] = "/tmp/sportello-setup-XXXXXX";
	enum status status;

	if (!mkdtemp(directory))
		return error_set(error, STATUS_TRY_LATER, "%s: %s", directory, strerror(errno));
	status = diff_all((struct postfix *)postfix, plan, directory, out, error);
	rmdir(directory);
	return status;
}

/* ---------------------------------------------------------------- the record */

struct record { const char *digest; struct strings files; struct { struct postfix_change *at; size_t count; } changes; };

static void read_record(const struct postfix *postfix, const char *text, struct record *record)
{
	const char *key, *value;

	*record = (struct record){ .digest = "" };
	while (record_next(postfix->arena, &text, &key, &value)) {
		if (!strcmp(key, "digest"))
			record->digest = value;
		else if (!strcmp(key, "file"))
			strings_add(postfix->arena, &record->files, value);
		else if (!strcmp(key, "parameter"))
			ARENA_PUSH(postfix->arena, &record->changes)->name = value;
		else if (record->changes.count && !strcmp(key, "old"))
			record->changes.at[record->changes.count - 1].old = value;
		else if (record->changes.count && !strcmp(key, "new"))
			record->changes.at[record->changes.count - 1].new = value;
	}
}

static enum status write_record(const struct postfix *postfix, const struct record *record, struct error *error)
{
	CLEANUP_BUFFER struct buffer out;

	buffer_init(&out);
	record_add(&out, "about", "Written by sportello setup, for its --undo: what main.cf had, and what setup wrote.");
	record_add(&out, "digest", record->digest);
	for (size_t i = 0; i < record->files.count; i++)
		record_add(&out, "file", record->files.at[i]);
	for (size_t i = 0; i < record->changes.count; i++) {
		record_add(&out, "parameter", record->changes.at[i].name);
		if (record->changes.at[i].old)
			record_add(&out, "old", record->changes.at[i].old);
		record_add(&out, "new", record->changes.at[i].new);
	}
	return write_file(postfix, postfix_path(postfix, POSTFIX_RECORD), buffer_string(&out), NULL, error);
}

/* What this plan adds to what earlier ones did. */
static void add_plan(const struct postfix *postfix, const struct postfix_plan *plan, struct record *record)
{
	for (size_t i = 0; i < plan->files.count; i++)
		if (!strings_have(&record->files, plan->files.at[i].name))
			strings_add(postfix->arena, &record->files, plan->files.at[i].name);
	for (size_t i = 0; i < plan->changes.count; i++) {
		struct postfix_change *known = NULL;

		for (size_t k = 0; k < record->changes.count; k++)
			if (!strcmp(record->changes.at[k].name, plan->changes.at[i].name))
				known = &record->changes.at[k];
		if (known)
			known->new = plan->changes.at[i].new;
		else
			*ARENA_PUSH(postfix->arena, &record->changes) = plan->changes.at[i];
	}
}

/* ---------------------------------------------------------------- carrying it out */

static enum status make_tables(struct postfix *postfix, const struct postfix_plan *plan, struct strings *did, struct error *error)
{
	for (size_t i = 0; i < plan->files.count; i++) {
		const char *path = postfix_path(postfix, plan->files.at[i].name);
		const char *words[] = { "postmap", "-c", postfix->directory, postfix_own_table(postfix, plan->files.at[i].name), NULL };
		enum status status = write_file(postfix, path, plan->files.at[i].text, NULL, error);

		if (status != STATUS_OK || (status = run(postfix, words, error)) != STATUS_OK)
			return status;
		strings_add(postfix->arena, did, arena_printf(postfix->arena, "wrote %s, and its table with postmap", path));
	}
	return STATUS_OK;
}

static enum status change_main(struct postfix *postfix, const struct postfix_plan *plan, struct strings *did, struct error *error)
{
	const char *check[] = { "postfix", "-c", postfix->directory, "check", NULL };
	enum status status = STATUS_OK;

	for (size_t i = 0; i < plan->changes.count && status == STATUS_OK; i++) {
		status = set(postfix, postfix->directory, plan->changes.at[i].name, plan->changes.at[i].new, error);
		strings_add(postfix->arena, did, arena_printf(postfix->arena, "%s: %s = %s", postfix->main_cf, plan->changes.at[i].name, plan->changes.at[i].new));
	}
	return status == STATUS_OK && geteuid() == 0 ? run(postfix, check, error) : status;
}

static void reload(struct postfix *postfix, struct strings *did)
{
	const char *status[] = { "postfix", "-c", postfix->directory, "status", NULL }, *words[] = { "postfix", "-c", postfix->directory, "reload", NULL };
	CLEANUP_BUFFER struct buffer said;

	buffer_init(&said);
	if (postfix_run(status, NULL, &said) != 0)
		strings_add(postfix->arena, did, "Postfix does not run; start it: systemctl start postfix");
	else if (postfix_run(words, NULL, &said) == 0)
		strings_add(postfix->arena, did, "told Postfix to read it (postfix reload)");
	else
		strings_add(postfix->arena, did, "Postfix did not take it; run: postfix reload");
}

/* The copy of before is good for the way back as long as all that came since is ours. */
static enum status keep_before(struct postfix *postfix, const struct record *record, struct error *error)
{
	const char *before = postfix_path(postfix, POSTFIX_BEFORE);

	if (*record->digest && !strcmp(record->digest, digest_of(postfix, postfix->text)))
		return STATUS_OK;
	if (*record->digest) {
		unlink(before);
		return STATUS_OK;
	}
	return write_file(postfix, before, postfix->text, NULL, error);
}

enum status postfix_apply(struct postfix *postfix, const struct postfix_plan *plan, struct strings *did, struct error *error)
{
	const char *known = read_or_null(postfix, postfix_path(postfix, POSTFIX_RECORD)), *now;
	struct strings undone = { NULL, 0 };
	struct record record;
	struct error ignored;
	enum status status;

	read_record(postfix, known ? known : "", &record);
	if ((status = keep_before(postfix, &record, error)) != STATUS_OK)
		return status;
	add_plan(postfix, plan, &record);
	if ((status = write_record(postfix, &record, error)) == STATUS_OK && (status = make_tables(postfix, plan, did, error)) == STATUS_OK)
		status = change_main(postfix, plan, did, error);
	if ((now = read_or_null(postfix, postfix->main_cf)) != NULL) {
		record.digest = digest_of(postfix, now);
		write_record(postfix, &record, &ignored);
	}
	if (status != STATUS_OK) {
		postfix_undo(postfix, &undone, &ignored);
		return status;
	}
	reload(postfix, did);
	return STATUS_OK;
}

/* ---------------------------------------------------------------- and back */

/* Where ours still stands, what was before; where a list was made longer since, our items are taken out. */
static enum status undo_parameter(struct postfix *postfix, const struct postfix_change *change, struct strings *did, struct error *error)
{
	const char *now = postfix_written(postfix, change->name), *left = "";
	struct strings items = { NULL, 0 }, before = { NULL, 0 }, ours = { NULL, 0 };
	enum status status;

	if (!now)
		return STATUS_OK;
	if (!strcmp(now, change->new)) {
		status = set(postfix, postfix->directory, change->name, change->old, error);
		strings_add(postfix->arena, did, change->old ? arena_printf(postfix->arena, "%s: %s = %s", postfix->main_cf, change->name, change->old)
		                                             : arena_printf(postfix->arena, "%s: took out %s", postfix->main_cf, change->name));
		return status;
	}
	postfix_items(postfix->arena, now, &items);
	postfix_items(postfix->arena, change->old ? change->old : "", &before);
	postfix_items(postfix->arena, change->new, &ours);
	for (size_t i = 0; i < items.count; i++)
		if (strings_have(&before, items.at[i]) || !strings_have(&ours, items.at[i]))
			left = arena_printf(postfix->arena, "%s%s%s", left, *left ? ", " : "", items.at[i]);
	strings_add(postfix->arena, did, arena_printf(postfix->arena, "%s: %s was changed since; took out what was ours: %s = %s", postfix->main_cf, change->name, change->name, left));
	return set(postfix, postfix->directory, change->name, left, error);
}

static enum status undo_main(struct postfix *postfix, const struct record *record, struct strings *did, struct error *error)
{
	const char *now = read_or_null(postfix, postfix->main_cf), *before = read_or_null(postfix, postfix_path(postfix, POSTFIX_BEFORE));
	enum status status = STATUS_OK;
	struct stat as;

	if (before && now && !strcmp(digest_of(postfix, now), record->digest) && stat(postfix->main_cf, &as) == 0) {
		strings_add(postfix->arena, did, arena_printf(postfix->arena, "%s is as it was, byte for byte", postfix->main_cf));
		return write_file(postfix, postfix->main_cf, before, &as, error);
	}
	for (size_t i = 0; i < record->changes.count && status == STATUS_OK; i++)
		status = undo_parameter(postfix, &record->changes.at[i], did, error);
	return status;
}

enum status postfix_undo(struct postfix *postfix, struct strings *did, struct error *error)
{
	const char *text = read_or_null(postfix, postfix_path(postfix, POSTFIX_RECORD));
	struct record record;
	enum status status;

	if (!text)
		return error_set(error, STATUS_NOT_FOUND, "there is nothing to undo: sportello setup has changed nothing in %s", postfix->directory);
	read_record(postfix, text, &record);
	if ((status = undo_main(postfix, &record, did, error)) != STATUS_OK)
		return status;
	for (size_t i = 0; i < record.files.count; i++) {
		const char *path = postfix_path(postfix, record.files.at[i]);

		unlink(path);
		unlink(arena_printf(postfix->arena, "%s.db", path));
		unlink(arena_printf(postfix->arena, "%s.lmdb", path));
		strings_add(postfix->arena, did, arena_printf(postfix->arena, "removed %s", path));
	}
	unlink(postfix_path(postfix, POSTFIX_BEFORE));
	unlink(postfix_path(postfix, POSTFIX_RECORD));
	reload(postfix, did);
	return STATUS_OK;
}
