/*
 * store_derived.c - what was made of a mail that is costly to read, kept beside it: derived once, read by notices, pages, lists and search.
 *
 * Most mails are read in less than a millisecond, and keeping what was made of them would cost more than it saves: the disk that every mail
 * waits for. So only those are kept that are large, or took long (store_worth_keeping). They are written after their mail was committed:
 * by the intake, as it saw them, where reading took long, so that the notice that follows need not read the mail again; and whole, with sizes and
 * digests of the attachments, by the indexer. A row of another MAIL_PARSER_VERSION counts as none. Nothing is lost with a row: store_mail()
 * reads the mail where there is none that serves. The texts are read as blobs, only as much of them as was asked for.
 */
#include "store_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool store_worth_keeping(uint64_t size, int64_t thread_us)
{
	return size >= LIMIT_DERIVED_BYTES || thread_us >= LIMIT_DERIVED_US;
}

enum status store_keep_derived(struct store *store, int64_t raw, const struct mail *mail, bool whole, struct error *error)
{
	CLEANUP_BUFFER struct buffer rest;
	size_t length = strlen(mail->text);
	bool same = strcmp(mail->text, mail->reply_text) == 0;

	buffer_init(&rest);
	mail_pack(mail, &rest);
	return engine_run(store->engine, error, SQL_DERIVED_PUT, "iiibbb", raw, (int64_t)MAIL_PARSER_VERSION, (int64_t)whole, (const void *)mail->text, length,
	               same ? NULL : (const void *)mail->reply_text, same ? (size_t)0 : strlen(mail->reply_text), (const void *)rest.at, rest.length);
}

struct kept { bool there, whole, same; int64_t length; bool last; };    /* last: the mail itself is gone */

static enum status find_kept(struct store *store, int64_t raw, struct kept *kept, struct error *error)
{
	struct cursor cursor;

	*kept = (struct kept){ 0 };
	cursor_open(&cursor, store->engine, error, SQL_DERIVED_FIND, "ii", raw, (int64_t)MAIL_PARSER_VERSION);
	if (cursor_next(&cursor))
		*kept = (struct kept){ true, cursor_number(&cursor, 0) != 0, cursor_number(&cursor, 1) != 0, cursor_number(&cursor, 2), cursor_number(&cursor, 3) == 0 };
	return cursor_close(&cursor);
}

bool store_has_derived(struct store *store, int64_t raw)
{
	struct kept kept;

	return find_kept(store, raw, &kept, NULL) == STATUS_OK && kept.there && kept.whole;
}

static bool goes_on(char byte)
{
	return ((unsigned char)byte & 0xC0) == 0x80;
}

/* The characters that begin within `most` bytes of `text`, which is `length` bytes long: so a text is cut at any multiple of bytes, and each
 * character is in one piece. */
static void characters(char **text, size_t *length, size_t most)
{
	size_t end = *length < most ? *length : most;

	while (end < *length && goes_on((*text)[end]))
		end++;
	while (end > 0 && goes_on(**text)) {
		(*text)++;
		end--;
	}
	(*text)[end] = '\0';
	*length = end;
}

#define MORE_OF_A_CHARACTER 3    /* bytes that may follow its first */

/* What begins within `most` bytes from `offset` on; *left: how many bytes there are behind them. NULL: it cannot be read. */
static const char *piece_of(struct store *store, struct arena *arena, int64_t raw, enum engine_value column, size_t offset, size_t most, size_t *left)
{
	struct engine_blob *blob;
	char *text;

	if (engine_blob_open(store->engine, column, raw, false, &blob, NULL) != STATUS_OK)
		return NULL;
	size_t size = engine_blob_size(blob), there = offset >= size ? 0 : size - offset;
	size_t length = there < most + MORE_OF_A_CHARACTER ? there : most + MORE_OF_A_CHARACTER;

	text = arena_room(arena, length + 1);
	if (length && engine_blob_read(blob, text, length, offset, NULL) != STATUS_OK)
		text = NULL;
	else
		characters(&text, &length, most);
	*left = there > most ? there - most : 0;
	engine_blob_close(&blob);
	return text;
}

/* Both columns exist in a row that was found; a reply_text that is NULL cannot be opened: it is the text. */
static const char *kept_text(struct store *store, struct arena *arena, int64_t raw, const struct kept *kept, bool reply, size_t offset, size_t most,
                             size_t *left)
{
	return piece_of(store, arena, raw, reply && !kept->same ? ENGINE_DERIVED_REPLY : ENGINE_DERIVED_TEXT, offset, most, left);
}

/* ---- what stays of a mail that is gone: written so that any later version reads it ---- */

static void add_plain(struct buffer *out, const char *text)
{
	for (; *text; text++)
		buffer_add_char(out, (unsigned char)*text < ' ' ? ' ' : *text);
}

/* A line a file: size, digest, three flags, type, Content-ID and name, a tab between; of names none has one. */
static void write_files(const struct mail *mail, struct buffer *out)
{
	for (size_t i = 0; i < mail->attachments.count; i++) {
		const struct mail_attachment *one = &mail->attachments.at[i];

		buffer_printf(out, "%llu\t%s\t%d%d%d\t", (unsigned long long)one->size, one->sha256, one->inline_, one->named, one->signs);
		add_plain(out, one->content_type);
		buffer_add_char(out, '\t');
		add_plain(out, one->content_id);
		buffer_add_char(out, '\t');
		add_plain(out, one->filename);
		buffer_add_char(out, '\n');
	}
}

static const char *next_part(struct arena *arena, const char **at, char end)
{
	const char *stop = strchr(*at, end), *part = arena_copy(arena, *at, stop ? (size_t)(stop - *at) : strlen(*at));

	*at = stop ? stop + 1 : *at + strlen(*at);
	return part;
}

static void read_files(struct arena *arena, const char *text, struct mail *mail)
{
	while (*text) {
		struct mail_attachment *one = ARENA_PUSH(arena, &mail->attachments);
		const char *flags;

		*one = (struct mail_attachment){ .size = strtoull(next_part(arena, &text, '\t'), NULL, 10) };
		snprintf(one->sha256, sizeof one->sha256, "%s", next_part(arena, &text, '\t'));
		flags = next_part(arena, &text, '\t');
		one->inline_ = strlen(flags) == 3 && flags[0] == '1';
		one->named = strlen(flags) == 3 && flags[1] == '1';
		one->signs = strlen(flags) == 3 && flags[2] == '1';
		one->content_type = next_part(arena, &text, '\t');
		one->content_id = next_part(arena, &text, '\t');
		one->filename = next_part(arena, &text, '\n');
	}
}

enum status store_keep_last(struct store *store, int64_t raw, const struct mail *mail, struct error *error)
{
	CLEANUP_BUFFER struct buffer files = { 0 };
	bool same = strcmp(mail->text, mail->reply_text) == 0;

	write_files(mail, &files);
	return engine_run(store->engine, error, SQL_DERIVED_LAST, "ibbb", raw, (const void *)mail->text, strlen(mail->text), same ? NULL : (const void *)mail->reply_text,
	                  same ? (size_t)0 : strlen(mail->reply_text), (const void *)buffer_string(&files), files.length);
}

static bool read_last(struct store *store, struct arena *arena, int64_t raw, struct mail *mail)
{
	const struct mail_source nothing = { .data = "", .size = 0, .fd = -1 };
	struct mail_options options = { .light = true };
	struct cursor cursor;
	bool good = false;

	mail_parse(arena, &nothing, &options, mail);
	mail->problems.count = 0;
	cursor_open(&cursor, store->engine, NULL, SQL_DERIVED_REST, "i", raw);
	if (cursor_next(&cursor)) {
		size_t length;
		const void *bytes = cursor_blob(&cursor, 0, &length);

		read_files(arena, arena_copy(arena, bytes ? bytes : "", length), mail);
		good = true;
	}
	return cursor_close(&cursor) == STATUS_OK && good;
}

static bool unpack_rest(struct store *store, struct arena *arena, int64_t raw, struct mail *mail)
{
	struct cursor cursor;
	bool good = false;

	cursor_open(&cursor, store->engine, NULL, SQL_DERIVED_REST, "i", raw);
	if (cursor_next(&cursor)) {
		size_t length;
		const void *bytes = cursor_blob(&cursor, 0, &length);

		good = mail_unpack(arena, bytes, length, mail);
	}
	return cursor_close(&cursor) == STATUS_OK && good;
}

/* What intake saw is a part: its attachments were not decoded, its text ends where no rule looks. */
static bool serves(const struct kept *kept, const struct mail_options *options, const struct mail *mail)
{
	if (kept->whole)
		return true;
	return (options->light || options->text_only) && (!mail->text_cut || (options->text_most && options->text_most <= (size_t)kept->length));
}

static bool from_kept(struct store *store, struct arena *arena, int64_t raw, const struct mail_options *options, struct mail *mail)
{
	size_t most = options->text_most ? options->text_most : LIMIT_TEXT_BYTES, left = 0;
	struct kept kept;

	if (find_kept(store, raw, &kept, NULL) != STATUS_OK || !kept.there
	    || !(kept.last ? read_last(store, arena, raw, mail) : unpack_rest(store, arena, raw, mail)) || !serves(&kept, options, mail))
		return false;
	mail->text = kept_text(store, arena, raw, &kept, false, 0, most, &left);
	mail->text_cut |= left > 0;
	mail->reply_text = kept_text(store, arena, raw, &kept, true, 0, most, &left);
	return mail->text && mail->reply_text;
}

enum status store_mail(struct store *store, struct arena *arena, int64_t raw, const struct mail_options *options, struct mail *mail, struct error *error)
{
	struct store_raw bytes;
	enum status status;

	if (store_recent_mail(store, arena, raw, options, mail) || from_kept(store, arena, raw, options, mail))
		return STATUS_OK;
	if ((status = store_raw_open(store, raw, &bytes, error)) != STATUS_OK)
		return status;
	mail_parse(arena, &bytes.source, options, mail);
	store_raw_close(&bytes);
	return STATUS_OK;
}

/* ---- a piece of what a message says ---- */

static void piece_of_text(struct arena *arena, const char *text, size_t offset, size_t most, struct words *words)
{
	size_t size = strlen(text), there = offset < size ? size - offset : 0;
	size_t length = there < most + MORE_OF_A_CHARACTER ? there : most + MORE_OF_A_CHARACTER;
	char *copy = arena_copy(arena, text + (size - there), length);

	characters(&copy, &length, most);
	*words = (struct words){ copy, there > most ? there - most : 0 };
}

static enum status words_of_mail(struct store *store, struct arena *arena, int64_t raw, const struct answered *answered, size_t offset, size_t most,
                                 struct words *words, struct error *error)
{
	struct mail_options options = { .light = true, .answered = answered ? answered->ask : NULL, .answered_context = answered ? answered->context : NULL };
	CLEANUP_ARENA struct arena scratch = { 0 };
	struct mail mail;
	enum status status = store_mail(store, &scratch, raw, &options, &mail, error);

	if (status == STATUS_OK)
		piece_of_text(arena, *mail.reply_text ? mail.reply_text : mail.text, offset, most, words);
	return status;
}

enum status store_words(struct store *store, struct arena *arena, const struct message_row *message, const struct answered *answered, size_t offset,
                        size_t most, struct words *words, struct error *error)
{
	struct kept kept;
	enum status status;

	*words = (struct words){ .text = "" };
	if (message->text) {
		piece_of_text(arena, message->text, offset, most, words);
		return STATUS_OK;
	}
	if (!message->raw)
		return STATUS_OK;
	if ((status = find_kept(store, message->raw, &kept, error)) != STATUS_OK)
		return status;
	/* Where intake looked at a part, that part will do for its own bytes. */
	if (kept.there && (kept.whole || offset + most <= (size_t)kept.length)) {
		const char *text = kept_text(store, arena, message->raw, &kept, true, offset, most, &words->left);

		if (text && (*text || offset)) {
			words->text = text;
			return STATUS_OK;
		}
	}
	return words_of_mail(store, arena, message->raw, answered, offset, most, words, error);
}
