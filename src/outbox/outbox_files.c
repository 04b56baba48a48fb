/*
 * outbox_files.c - which of a customer's files come along with a notice to an agent: each up to notices.attachment_bytes, all up to
 * notices.attachments_bytes; the others are named.
 *
 * They are taken from the stored raw mail when the notice is sent: intake copies nothing. A mail of more than HEAVY_BYTES is made by one sender
 * at a time (outbox_sender.c), so that memory is bounded and the others go on with what is small.
 */
#include "outbox_words.h"

#include <string.h>

#define READING_US 1000000            /* of a thread for all files of one notice: each is found by one more reading of its mail */
#define FILES_MOST  50                   /* files of one notice: for each the mail is taken apart again */
#define NAMED_MOST  12                   /* files left out that are named; the rest is a number */
#define HEAVY_BYTES (1024 * 1024)        /* of a raw mail from which files are taken */

bool outbox_is_heavy(struct rendering *r, uint64_t size, enum status *status, struct error *error)
{
	if (!r->sending || r->sending->heavy_may || size <= HEAVY_BYTES)
		return false;
	r->sending->heavy = true;
	*status = error_set(error, STATUS_REFUSED, "another large mail is being made");
	return true;
}

/* What the customer sent, and what a colleague put to a note; an agent's own words that come back to him need no files. */
static bool may_carry(const struct rendering *r)
{
	const struct outgoing *outgoing = &r->row->outgoing;

	return outgoing->to_agent && desk_notice_is(outgoing->template, NOTICE_CARRIES_FILES) && r->about && r->about->raw
	    && (!r->about->out || r->about->kind == MESSAGE_NOTE) && r->parsed && r->mail.attachments.count
	    && !r->sending->refused && !record_get(r->arena, outgoing->variables, "files_refused");
}

const char *outbox_size_words(struct arena *arena, uint64_t size)
{
	if (size < 1024)
		return arena_printf(arena, "%llu B", (unsigned long long)size);
	return size < 1024 * 1024 ? arena_printf(arena, "%llu KB", (unsigned long long)(size + 512) / 1024)
	                          : arena_printf(arena, "%llu MB", (unsigned long long)(size + 512 * 1024) / (1024 * 1024));
}

static void name_left_out(struct rendering *r, const struct mail_attachment *file, size_t left)
{
	const char *so_far = r->files.left ? r->files.left : "";

	if (left <= NAMED_MOST)
		r->files.left = arena_printf(r->arena, "%s%s%s (%s)", so_far, *so_far ? ", " : "", file->filename, outbox_size_words(r->arena, file->size));
}

static void choose(struct rendering *r, size_t most)
{
	uint64_t sum = 0;
	size_t left = 0, count = r->files.mail.attachments.count;

	r->files.take = ARENA_ARRAY(r->arena, bool, count + 1);
	memset(r->files.take, 0, (count + 1) * sizeof *r->files.take);
	for (size_t i = 0; i < count; i++) {
		const struct mail_attachment *file = &r->files.mail.attachments.at[i];

		if (file->signs)
			continue;
		if (file->size > r->policy->attachment_bytes || sum + file->size > r->policy->attachments_bytes || r->files.count >= most) {
			name_left_out(r, file, ++left);
			continue;
		}
		r->files.take[i] = true;
		r->files.count++;
		sum += file->size;
	}
	if (left > NAMED_MOST)
		r->files.left = arena_printf(r->arena, "%s, ... (+%zu)", r->files.left, left - NAMED_MOST);
}

enum status outbox_choose_files(struct rendering *r, struct error *error)
{
	struct mail_options options = { 0 };
	enum status status;

	if (!r->sending || !may_carry(r))
		return STATUS_OK;
	if (!r->raw_open && (status = store_raw_open(r->store, r->about->raw, &r->raw, error)) != STATUS_OK)
		return status == STATUS_NOT_FOUND ? STATUS_OK : status;  /* let go after its time */
	r->raw_open = true;
	if (outbox_is_heavy(r, r->raw.source.size, &status, error))
		return status;
	int64_t begun = clock_thread_us();
	mail_parse(r->arena, &r->raw.source, &options, &r->files.mail);          /* whole: with the sizes of the files */
	int64_t took = clock_thread_us() - begun + 1;
	choose(r, took > READING_US / FILES_MOST ? (size_t)(READING_US / took) : FILES_MOST);
	r->sending->files = r->files.count > 0;
	return STATUS_OK;
}

/* Those beside a saved reply, as they are now. One that is gone ends the mail: its agent is told rather than that the customer misses it. */
enum status outbox_saved_files(struct rendering *r, struct mail_out *mail, struct error *error)
{
	const char *lines = r->row->outgoing.to_agent || !r->row->outgoing.variables ? NULL : record_get(r->arena, r->row->outgoing.variables, SAVED_FILES);
	uint64_t sum = 0;
	enum status status;

	while (lines && *lines) {
		CLEANUP_BUFFER struct buffer bytes = { 0 };
		const char *path = arena_copy(r->arena, lines, strcspn(lines, "\n"));
		struct error why;

		lines += strcspn(lines, "\n");
		lines += *lines == '\n';
		const char *name = arena_copy(r->arena, lines, strcspn(lines, "\n"));
		lines += strcspn(lines, "\n");
		lines += *lines == '\n';
		if (file_read_all(path, LIMIT_SAVED_BYTES, &bytes, &why) != STATUS_OK)
			return error_set(error, STATUS_BAD_INPUT, "%s, a file of the saved reply, cannot be read: %s", path, why.text);
		if (outbox_is_heavy(r, sum += bytes.length, &status, error))
			return status;
		*ARENA_PUSH(r->arena, &mail->files) = (struct mail_file){ name, arena_copy(r->arena, buffer_string(&bytes), bytes.length), bytes.length };
	}
	return STATUS_OK;
}
