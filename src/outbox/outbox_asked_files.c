/*
 * outbox_asked_files.c - the files of a ticket that an agent asked for (/files): as many as one mail takes, from where the mail before it ended.
 *
 * The newest message first, each file once. How much a mail takes is what the relay says, when the mail is sent; that is kept with the row, so
 * that each attempt sends the same. A file that no mail takes stays behind: it is named with the command that fetches it where the desk runs.
 * The raw mails are opened one by one, and read only as far as there is room; what is large is made by one sender at a time.
 */
#include "outbox_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READING_US  3000000              /* of a thread for all files of one mail: each is found by one more reading of its own */
#define ENVELOPE    (64 * 1024)          /* bytes of a mail beside its files: words, headers, heads of parts */
#define NAMED_MOST  50                   /* files named as left behind in one mail */
#define NAME_BYTES  200

struct bringing {
	struct rendering *r;
	const char *named;                       /* only files with that in their names; NULL: all */
	int seq; size_t number;                  /* the next file: message, and which of its files, from 1 */
	uint64_t largest, pack, sum;             /* bytes of a file, and of all in this mail */
	size_t count, behind;
	bool alone, refused;                     /* one file; and that one is not taken */
	int64_t spent;                           /* us of reading that composing will take */
	struct buffer sent, left;
	int64_t raws[LIMIT_FILES_COUNT]; size_t seen;    /* a draft and what became of it are one mail */
};

/* Base64 takes four bytes for three, and two more a line. */
static uint64_t room_of(uint64_t limit)
{
	if (!limit)
		return LIMIT_FILES_PACK;
	uint64_t room = limit > 2 * ENVELOPE ? (limit - ENVELOPE) / 78 * 57 : limit / 2;
	return room < LIMIT_FILES_LARGEST ? room : LIMIT_FILES_LARGEST;
}

static const char *name_of(const struct bringing *b, const struct mail_attachment *file)
{
	char *name = utf8_cut(b->r->arena, file->filename, NAME_BYTES);

	for (char *at = name; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7F)
			*at = ' ';
	return name;
}

static void leave_behind(struct bringing *b, const struct mail_attachment *file)
{
	if (b->behind++ < NAMED_MOST)
		buffer_printf(&b->left, "%s%s (%s): sportello ticket attachment %lld %d %zu", b->left.length ? "\n" : "", name_of(b, file),
		              outbox_size_words(b->r->arena, file->size), (long long)b->r->row->outgoing.ticket, b->seq, b->number);
}

static void take(struct bringing *b, const struct message_row *message, const struct mail_attachment *file, bool *taken)
{
	const char *who = *message->agent ? message->agent : message->from.name && *message->from.name ? message->from.name : message->from.address;
	const struct desk_agent *agent = *message->agent ? desk_agent_named(b->r->policy, message->agent) : NULL;

	*taken = true;
	b->count++;
	b->sum += file->size;
	buffer_printf(&b->sent, "%s%s (%s), %s, %s", b->sent.length ? "\n" : "", name_of(b, file), outbox_size_words(b->r->arena, file->size),
	              agent && *agent->display ? agent->display : who ? who : "", desk_time(b->r->arena, b->r->policy, message->date, b->r->row->outgoing.language));
}

/* The files of one message from `number` on. True: this mail is full. */
static bool take_files(struct bringing *b, const struct message_row *message, const struct mail *mail, bool *taken, int64_t reading)
{
	for (; b->number <= mail->attachments.count; b->number++) {
		const struct mail_attachment *file = &mail->attachments.at[b->number - 1];

		if (file->signs || (b->named && !strcasestr(file->filename, b->named)))
			continue;
		if (b->refused || file->size > b->largest) {
			leave_behind(b, file);
			if (b->refused)
				return b->number++, true;
			continue;
		}
		bool full = b->count && (b->alone || b->sum + file->size > b->pack || b->spent + reading > READING_US);
		if (full || b->count >= LIMIT_FILES_COUNT)
			return true;
		b->spent += reading;
		take(b, message, file, &taken[b->number - 1]);
	}
	return false;
}

static bool has_files(struct bringing *b, int64_t raw, enum status *status, struct error *error)
{
	struct mail_options options = { .light = true, .text_only = true, .text_most = 1 };
	struct mail mail;

	*status = store_mail(b->r->store, b->r->arena, raw, &options, &mail, error);
	return !*status && mail.attachments.count;
}

static bool seen_before(struct bringing *b, int64_t raw)
{
	for (size_t i = 0; i < b->seen; i++)
		if (b->raws[i] == raw)
			return true;
	if (b->seen < COUNT_OF(b->raws))
		b->raws[b->seen++] = raw;
	return false;
}

/* True: this mail is full, or *status says why it cannot be made. */
static bool look_into(struct bringing *b, const struct message_row *message, enum status *status, struct error *error)
{
	struct rendering *r = b->r;
	struct mail_options options = { .text_most = 1 };
	struct store_raw raw;

	if (!message->raw || !has_files(b, message->raw, status, error) || seen_before(b, message->raw))
		return *status != STATUS_OK;
	if ((*status = store_raw_open(r->store, message->raw, &raw, error)) == STATUS_NOT_FOUND)
		return (*status = STATUS_OK) != STATUS_OK;       /* let go after its time: there are no files any more */
	if (*status != STATUS_OK)
		return true;
	if (outbox_is_heavy(r, raw.source.size, status, error)) {
		store_raw_close(&raw);
		return true;
	}
	struct mail *mail = ARENA_NEW(r->arena, struct mail);
	int64_t begun = clock_thread_us();
	mail_parse(r->arena, &raw.source, &options, mail);
	int64_t reading = clock_thread_us() - begun + 1;
	bool *taken = ARENA_ARRAY(r->arena, bool, mail->attachments.count + 1);
	memset(taken, 0, (mail->attachments.count + 1) * sizeof *taken);
	size_t before = b->count;
	bool full = take_files(b, message, mail, taken, reading);
	b->spent += b->count == before ? reading : 0;
	if (b->count == before) {
		store_raw_close(&raw);
		return full;
	}
	struct store_raw *kept = &r->opened.at[r->opened.count++];
	*kept = raw;
	*ARENA_PUSH(r->arena, &r->brought) = (struct mail_carried){ &kept->source, mail, taken };
	return full;
}

static enum status walk(struct bringing *b, struct error *error)
{
	enum status status = STATUS_OK;

	for (int looked = 0; b->seq > 0; b->seq--, b->number = 1, looked++) {
		struct message_row message;

		if (looked >= LIMIT_FILES_LOOKED || (looked && b->spent > READING_US))
			return STATUS_OK;
		status = store_message(b->r->store, b->r->arena, b->r->row->outgoing.ticket, b->seq, &message, error);
		if (status == STATUS_NOT_FOUND)
			continue;
		if (status || look_into(b, &message, &status, error))
			return status;
	}
	return status;
}

static int number_of(struct rendering *r, const char *key)
{
	const char *value = record_get(r->arena, r->row->outgoing.variables, key);

	return value ? atoi(value) : 0;
}

static void begin(struct bringing *b, uint64_t limit)
{
	const char *variables = b->r->row->outgoing.variables, *from = record_get(b->r->arena, variables, "files_from");
	const char *kept = record_get(b->r->arena, variables, "files_limit");

	b->named = record_get(b->r->arena, variables, "files_named");
	b->seq = number_of(b->r, "files");
	b->number = 1;
	if (from)
		sscanf(from, "%d.%zu", &b->seq, &b->number);
	b->largest = kept ? strtoull(kept, NULL, 10) : room_of(limit);
	b->pack = b->largest < LIMIT_FILES_PACK ? b->largest : LIMIT_FILES_PACK;
	b->alone = b->r->sending->files_alone || record_get(b->r->arena, variables, "files_alone");
	b->refused = b->r->sending->refused || record_get(b->r->arena, variables, "files_refused");
}

/* The first attempt says what stays so: where this mail ended, and what it names. */
static void keep(struct bringing *b, struct buffer *out)
{
	bool rest = b->seq > 0;

	record_add(out, "files_limit", arena_printf(b->r->arena, "%llu", (unsigned long long)b->largest));
	if (b->alone && !record_get(b->r->arena, b->r->row->outgoing.variables, "files_alone"))
		record_add(out, "files_alone", "yes");
	if (rest)
		record_add(out, "files_next", arena_printf(b->r->arena, "%d.%zu", b->seq, b->number));
	if (rest)
		record_add(out, number_of(b->r, "files_part") < LIMIT_FILES_MAILS ? "files_more" : "files_rest", "yes");
	if (b->sent.length)
		record_add(out, "files_sent", buffer_string(&b->sent));
	if (b->behind > NAMED_MOST)
		buffer_printf(&b->left, "\n... (+%zu)", b->behind - NAMED_MOST);
	if (b->left.length)
		record_add(out, "files_behind", buffer_string(&b->left));
}

enum status outbox_bring_files(struct rendering *r, struct buffer *out, struct error *error)
{
	struct bringing b = { .r = r };
	enum status status;

	if (!r->sending)
		return STATUS_OK;
	begin(&b, r->sending->files_limit);
	buffer_init(&b.sent);
	buffer_init(&b.left);
	status = walk(&b, error);
	if (!status && !record_get(r->arena, r->row->outgoing.variables, "files_limit"))
		keep(&b, out);
	r->sending->asked_files = b.count;
	buffer_fini(&b.sent);
	buffer_fini(&b.left);
	return status;
}

/* Without what the attempts before found. */
const char *outbox_without_found_files(struct arena *arena, const char *variables)
{
	static const char *const found[] = { "files_limit", "files_next", "files_more", "files_rest", "files_sent", "files_behind", "files_refused" };
	CLEANUP_BUFFER struct buffer out;
	const char *at = variables, *key, *value;

	buffer_init(&out);
	while (record_next(arena, &at, &key, &value)) {
		bool kept = true;

		for (size_t i = 0; i < COUNT_OF(found); i++)
			kept &= strcmp(key, found[i]) != 0;
		if (kept)
			record_add(&out, key, value);
	}
	return arena_string(arena, buffer_string(&out));
}
