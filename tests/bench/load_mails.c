/*
 * load_mails.c - the mails of a run: senders, subjects and texts from a file, some that answer an earlier one, large ones with an attachment.
 *
 * The file holds a record a mail, three strings each ended by a zero byte: From ("Ann Other <ann@...>"), subject, text with LF. Up to
 * 4 KB a mail is plain text, cut or continued by the next record's text; above that it has 1.5 KB of text and an attachment in base64,
 * whose lines come from one block of random bytes, from another place for each mail.
 */
#include "load.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLAIN_MOST  4096
#define TEXT_BYTES  1500
#define LINE        78                    /* of base64, with CRLF */
#define SPARE_LINES 4096                  /* places where an attachment may begin */

struct record { const char *from, *subject, *text; };
struct out { char *at; size_t length, room; };

static char *file_bytes;
static struct record *records;
static int record_count;
static char *block;
static size_t block_lines;

static void die(const char *why)
{
	fprintf(stderr, "load: %s\n", why);
	exit(2);
}

static uint64_t mix64(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static double chance(uint64_t seed)
{
	return (double)(mix64(seed) >> 11) / 9007199254740992.0;
}

bool mix_parse(const char *words, struct mix *mix)
{
	*mix = (struct mix){ 0 };
	while (mix->count < MIX_MOST) {
		char *end;

		mix->bytes[mix->count] = (size_t)strtoul(words, &end, 10);
		if (end == words || mix->bytes[mix->count] < 600)
			return false;
		mix->weight[mix->count++] = *end == ':' ? strtod(end + 1, &end) : 1;
		if (*end != ',')
			return *end == 0;
		words = end + 1;
	}
	return false;
}

static size_t mix_pick(const struct mix *mix, uint64_t seed)
{
	double all = 0, at;

	for (int i = 0; i < mix->count; i++)
		all += mix->weight[i];
	at = chance(seed) * all;
	for (int i = 0; i < mix->count - 1; i++)
		if ((at -= mix->weight[i]) < 0)
			return mix->bytes[i];
	return mix->bytes[mix->count - 1];
}

static void read_texts(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat facts;
	const char *next, *end;

	if (fd < 0 || fstat(fd, &facts) != 0 || !(file_bytes = malloc((size_t)facts.st_size + 1)))
		die("no file of texts");
	if (read(fd, file_bytes, (size_t)facts.st_size) != facts.st_size)
		die("the file of texts cannot be read");
	close(fd);
	end = file_bytes + facts.st_size;
	for (next = file_bytes; next < end; record_count++) {
		struct record *record;

		if (record_count % 1024 == 0)
			records = realloc(records, (size_t)(record_count + 1024) * sizeof *records);
		record = &records[record_count];
		record->from = next;
		record->subject = record->from + strlen(record->from) + 1;
		record->text = record->subject + strlen(record->subject) + 1;
		next = record->text + strlen(record->text) + 1;
	}
	if (record_count < 2)
		die("too few texts");
}

static void make_block(size_t largest)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	block_lines = largest / LINE + SPARE_LINES + 1;
	block = malloc(block_lines * LINE);
	for (size_t line = 0; line < block_lines; line++) {
		char *at = block + line * LINE;

		for (int i = 0; i < LINE - 2; i++)
			at[i] = digits[mix64(line * LINE + (size_t)i) & 63];
		memcpy(at + LINE - 2, "\r\n", 2);
	}
}

__attribute__((format(printf, 2, 3)))
static void put(struct out *out, const char *format, ...)
{
	va_list more;

	va_start(more, format);
	out->length += (size_t)vsnprintf(out->at + out->length, out->room - out->length, format, more);
	va_end(more);
	if (out->length >= out->room)
		die("a text is too long");
}

/* The text as lines of a mail, `quoted` or not, at most `most` bytes of it. Lines that begin with a dot are not in the file. */
static void put_text(struct out *out, const char *text, size_t most, bool quoted)
{
	for (size_t begin = out->length; *text && out->length < begin + most;) {
		size_t length = strcspn(text, "\n");

		put(out, "%s%.*s\r\n", quoted ? "> " : "", (int)length, text);
		text += length + (text[length] == '\n');
	}
}

static const struct record *record_of(int i)
{
	return &records[(size_t)i % (size_t)record_count];
}

/* The mail that mail i answers; -1: none. Answers are answered by nobody. */
static bool answers(const struct mails_wanted *wanted, int i)
{
	return i >= 2 * wanted->apart && chance((uint64_t)i * 3 + 1) < wanted->replies;
}

static int parent_of(const struct mails_wanted *wanted, int i)
{
	int parent;

	if (!answers(wanted, i))
		return -1;
	parent = i - wanted->apart - (int)(mix64((uint64_t)i) % (uint64_t)wanted->apart);
	while (parent > 0 && answers(wanted, parent))
		parent--;
	return parent;
}

static void put_head(struct out *out, const struct mails_wanted *wanted, int i, int parent)
{
	const struct record *record = record_of(parent >= 0 ? parent : i);

	put(out, "Received: from mx.example.org (mx.example.org [192.0.2.7])\r\n\tby desk.example.org (Postfix) with ESMTPS id %012llX\r\n"
	         "\tfor <%s>; Sun, 22 Nov 2026 05:12:%02d +0000 (UTC)\r\n", (unsigned long long)(mix64((uint64_t)i) >> 16), wanted->to, i % 60);
	put(out, "From: %s\r\nTo: <%s>\r\nSubject: %s%s (%d)\r\nMessage-ID: <%s.%08d@bench.example>\r\nDate: Sun, 22 Nov 2026 05:12:%02d +0000\r\n"
	         "User-Agent: Mozilla Thunderbird\r\nMIME-Version: 1.0\r\n", record->from, wanted->to, parent >= 0 ? "Re: " : "", record->subject,
	    parent >= 0 ? parent : i, wanted->run, i, i % 60);
	if (parent >= 0)
		put(out, "In-Reply-To: <%s.%08d@bench.example>\r\nReferences: <%s.%08d@bench.example>\r\n", wanted->run, parent, wanted->run, parent);
}

static void put_words(struct out *out, int i, int parent, size_t until)
{
	const struct record *own = record_of(parent >= 0 ? i + 1 : i);

	if (parent >= 0) {
		put_text(out, own->text, (until - out->length) / 2, false);
		put(out, "\r\nOn 22.11.26 06:12, %s wrote:\r\n", record_of(parent)->from);
		if (out->length < until)
			put_text(out, record_of(parent)->text, until - out->length, true);
	}
	for (int next = parent >= 0 ? i + 2 : i; out->length + 40 < until; next += 7)
		put_text(out, record_of(next)->text, until - out->length, false);
}

static void make_mail(struct mail *mail, const struct mails_wanted *wanted, int i)
{
	size_t bytes = mix_pick(&wanted->mix, (uint64_t)i * 5 + 2);
	int parent = parent_of(wanted, i);
	struct out out = { .room = (bytes > PLAIN_MOST ? TEXT_BYTES : bytes) + 4096 };
	const char *from;

	out.at = malloc(out.room);
	put_head(&out, wanted, i, parent);
	from = strrchr(record_of(parent >= 0 ? parent : i)->from, '<');
	mail->sender = strndup(from + 1, strcspn(from + 1, ">"));
	if (bytes <= PLAIN_MOST) {
		put(&out, "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n");
		put_words(&out, i, parent, bytes);
		mail->tail = ".\r\n";
		mail->filler = "";
	} else {
		put(&out, "Content-Type: multipart/mixed; boundary=\"=-part-%d\"\r\n\r\n--=-part-%d\r\nContent-Type: text/plain; charset=utf-8\r\n"
		          "Content-Transfer-Encoding: 8bit\r\n\r\n", 7, 7);
		put_words(&out, i, parent, out.length + TEXT_BYTES);
		put(&out, "--=-part-7\r\nContent-Type: application/pdf; name=\"report-%d.pdf\"\r\nContent-Transfer-Encoding: base64\r\n"
		          "Content-Disposition: attachment; filename=\"report-%d.pdf\"\r\n\r\n", i, i);
		mail->tail = "--=-part-7--\r\n.\r\n";
		mail->filler = block + mix64((uint64_t)i) % SPARE_LINES * LINE;
		mail->filler_length = (bytes - out.length) / LINE * LINE;
	}
	mail->text = out.at;
	mail->text_length = out.length;
}

struct mail *mails_make(const struct mails_wanted *wanted)
{
	struct mail *mails = calloc((size_t)wanted->count, sizeof *mails);
	size_t largest = 0;

	read_texts(wanted->texts);
	for (int i = 0; i < wanted->mix.count; i++)
		largest = wanted->mix.bytes[i] > largest ? wanted->mix.bytes[i] : largest;
	make_block(largest);
	for (int i = 0; i < wanted->count; i++)
		make_mail(&mails[i], wanted, i);
	return mails;
}

void mails_free(struct mail *mails, int count)
{
	for (int i = 0; i < count; i++) {
		free(mails[i].sender);
		free(mails[i].text);
	}
	free(mails);
	free(records);
	free(file_bytes);
	free(block);
}
