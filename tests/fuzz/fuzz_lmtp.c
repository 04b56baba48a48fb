/*
 * fuzz_lmtp.c - libFuzzer: any bytes into the LMTP engine, whole and in pieces; replies and events must be the same.
 *
 * The first two bytes choose how the rest is cut and how small the limits are; so an input is also a transcript after them.
 * Both sessions start as fresh ones. What is checked besides memory: equal replies, equal calls of the handler with equal
 * message bytes, each reply a line of at most 512 bytes that begins with a code, and no more than one message end a
 * transaction. A crash file is run again with: fuzz_lmtp FILE
 */
#include "lmtp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

struct record { struct buffer events; size_t recipients; bool open, says_later; };

#define CHECK(condition) do { if (!(condition)) { fprintf(stderr, "not so: %s\n", #condition); abort(); } } while (0)

static void on_mail(void *context, const char *from, uint64_t size, bool smtputf8, struct lmtp_reply *reply)
{
	struct record *record = context;

	CHECK(!record->open && utf8_valid(from, strlen(from)));
	buffer_printf(&record->events, "mail <%s> %llu %d\n", from, (unsigned long long)size, smtputf8);
	record->recipients = 0;
	if (*from == 'r')
		lmtp_reply_of(reply, LMTP_REJECTED, from);
	else
		record->open = true;
}

static void on_recipient(void *context, const char *to, struct lmtp_reply *reply)
{
	struct record *record = context;

	CHECK(record->open && *to && utf8_valid(to, strlen(to)));
	buffer_printf(&record->events, "rcpt <%s>\n", to);
	if (*to == 'u')
		lmtp_reply_of(reply, LMTP_UNKNOWN_ADDRESS, NULL);
	else if (*to == 's')
		lmtp_reply_of(reply, LMTP_SHUTTING_DOWN, NULL);
	else
		record->recipients++;
}

static bool on_data(void *context, const void *bytes, size_t length)
{
	struct record *record = context;

	CHECK(record->open && record->recipients && length);
	buffer_add(&record->events, bytes, length);
	return true;
}

static bool on_end(void *context, struct lmtp_reply *replies, size_t count)
{
	struct record *record = context;

	CHECK(record->open && count == record->recipients);
	buffer_printf(&record->events, "\nend %zu\n", count);
	for (size_t i = 0; i < count; i++)
		lmtp_reply_of(&replies[i], i % 2 ? LMTP_REJECTED : LMTP_ACCEPTED, "one\ntwo \xC3\xA9");
	record->open = false;
	return !record->says_later;
}

static void on_reset(void *context)
{
	struct record *record = context;

	CHECK(record->open);
	/* A message over the limit may have been handed on in part, in as many bytes as the pieces made it. */
	buffer_add_string(&record->events, "\nreset\n");
	record->open = false;
}

static void check_replies(struct buffer *out)
{
	const char *at = buffer_string(out), *end;

	CHECK(strlen(at) == out->length);
	for (; *at; at = end + 2) {
		CHECK((end = strstr(at, "\r\n")) != NULL && end - at <= 510);
		CHECK(at[0] >= '2' && at[0] <= '5' && at[1] >= '0' && at[1] <= '9' && at[2] >= '0' && at[2] <= '9');
		CHECK(at[3] == ' ' || at[3] == '-');
		for (const char *byte = at; byte < end; byte++)
			CHECK((unsigned char)*byte >= ' ' && *byte != 0x7F);
	}
}

/* What became of a mail may be said later. */
static size_t feed(struct lmtp_session *session, const uint8_t *bytes, size_t length, struct buffer *out)
{
	size_t taken = lmtp_session_feed(session, bytes, length, out);

	while (lmtp_session_waits(session)) {
		lmtp_session_answered(session, out);
		taken += lmtp_session_feed(session, bytes + taken, length - taken, out);
	}
	return taken;
}

static bool session_run(const uint8_t *bytes, size_t length, size_t piece, const struct lmtp_limits *limits,
                        struct record *record, struct buffer *out)
{
	static const struct lmtp_handler handler = { on_mail, on_recipient, on_data, on_end, on_reset };
	struct lmtp_session *session = lmtp_session_new("desk.example.org", limits, &handler, record);
	bool ended;

	lmtp_session_greet(session, out);
	for (size_t at = 0, size; at < length && !lmtp_session_ended(session); at += size) {
		uint8_t *copy;

		size = piece && piece < length - at ? piece : length - at;
		copy = malloc(size);
		memcpy(copy, bytes + at, size);
		CHECK(feed(session, copy, size, out) == size || lmtp_session_ended(session));
		free(copy);
	}
	ended = lmtp_session_ended(session);
	lmtp_session_free(&session);
	CHECK(!record->open);
	return ended;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct lmtp_limits limits = { .message_bytes = 0, .recipients = 5, .command_bytes = 120, .bad_commands = 10 };
	struct record whole = { 0 }, pieces = { .says_later = true };
	struct buffer whole_out = { 0 }, pieces_out = { 0 };

	if (length < 2)
		return 0;
	if (bytes[1] & 1)
		limits.message_bytes = bytes[1];
	CHECK(session_run(bytes + 2, length - 2, 0, &limits, &whole, &whole_out)
	      == session_run(bytes + 2, length - 2, bytes[0] % 32 + 1, &limits, &pieces, &pieces_out));
	CHECK(whole_out.length == pieces_out.length);
	CHECK(strcmp(buffer_string(&whole_out), buffer_string(&pieces_out)) == 0);
	/* Over the limit the part that was handed on depends on the pieces; without a limit nothing may. */
	if (!limits.message_bytes) {
		CHECK(whole.events.length == pieces.events.length);
		CHECK(!memcmp(buffer_string(&whole.events), buffer_string(&pieces.events), whole.events.length));
	}
	check_replies(&whole_out);
	buffer_fini(&whole_out);
	buffer_fini(&pieces_out);
	buffer_fini(&whole.events);
	buffer_fini(&pieces.events);
	return 0;
}
