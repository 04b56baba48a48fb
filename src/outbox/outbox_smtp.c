/*
 * outbox_smtp.c - a mail over a connection to the relay that is kept for many, with a delivery for each recipient.
 *
 * libetpan carries the words; MAIL, RCPT and DATA are said here: it knows neither SMTPUTF8 nor how to say several at once. What a reply means is
 * outbox_judge.c's business. A connection that was idle and is found closed is made again once, without a word. After a drop
 * anywhere else everybody without a delivery is tried again; after the final dot that may send a mail twice (RFC 5321 section
 * 4.5.4.1), never not at all. A mail that another gateway may have sent meanwhile gets no dot, and the connection ends.
 */
#define _GNU_SOURCE               /* memmem */
#include "outbox_smtp.h"

#include <string.h>

#define DOT_FACTOR     10             /* the final dot may take that much longer: scanners work then (RFC 5321 section 4.5.3.2.6) */
#define AHEAD_MOST     50             /* recipients: their commands, and the replies, fit what the system buffers, or both would wait */
#define WHOLE_MOST     (32 * 1024)    /* bytes of a mail that goes with its commands: wasted where nobody of it is taken */
#define HANDED_OVER    " after the mail was handed over: it may arrive twice"
#define SLOWEST_BYTES  4096           /* a second, that a relay must take of a mail */

/* A header with 8-bit bytes or an address with them needs SMTPUTF8 (RFC 6531 section 3.1). */
static bool has_8bit(const char *at, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)at[i] >= 0x80)
			return true;
	return false;
}

static bool needs_utf8(const struct message *message)
{
	const char *end = memmem(message->bytes, message->length, "\r\n\r\n", 4);

	if (has_8bit(message->envelope_from, strlen(message->envelope_from))
	    || has_8bit(message->bytes, end ? (size_t)(end - message->bytes) : message->length))
		return true;
	for (size_t i = 0; i < message->count; i++)
		if (has_8bit(message->recipients[i], strlen(message->recipients[i])))
			return true;
	return false;
}

/* Everybody without a delivery: the connection is gone. */
static void lost(struct smtp *smtp, struct attempt *attempt, const char *when)
{
	smtp->broken = true;
	outbox_wire_break(&smtp->wire, "the relay closed the connection");
	outbox_attempt_rest(attempt, DELIVERY_RETRY, arena_printf(attempt->arena, "%s%s", smtp->wire.trouble, when));
}

/* The reply holds for all without a delivery. True: go on with the mail. */
static bool judged_for_all(struct smtp *smtp, struct attempt *attempt, enum smtp_step step, int code, const char *text)
{
	enum delivery delivery = outbox_judge_reply(step, code);

	if (code == 421)
		smtp->broken = true;                     /* the relay closes now, RFC 5321 section 3.8 */
	if (step == STEP_DATA ? code == 354 : delivery == DELIVERY_SENT)
		return true;
	if (delivery == DELIVERY_SENT) {                 /* 2xx to DATA: nobody knows what it waits for now */
		smtp->broken = true;
		delivery = DELIVERY_RETRY;
	}
	attempt->mail_refused |= delivery == DELIVERY_FAILED && step != STEP_RCPT;
	outbox_attempt_rest(attempt, delivery, outbox_reply_line(attempt->arena, code, smtp->reply.at));
	return false;
}

/* NULL: the relay cannot take it, which the attempt then says. */
static const char *mail_line(struct smtp *smtp, const struct message *message, struct attempt *attempt)
{
	bool utf8 = needs_utf8(message);
	const char *size = smtp->offers_size ? arena_printf(attempt->arena, " SIZE=%zu", message->length) : "";

	if (utf8 && !smtp->offers_utf8) {
		outbox_attempt_rest(attempt, DELIVERY_FAILED, "553 5.6.7 the address is not ASCII and the relay does not offer SMTPUTF8");
		return NULL;
	}
	return arena_printf(attempt->arena, "MAIL FROM:<%s>%s%s%s\r\n", message->envelope_from, size, smtp->offers_8bit && utf8 ? " BODY=8BITMIME" : "",
	                    utf8 ? " SMTPUTF8" : "");
}

static const char *rcpt_line(struct arena *arena, const struct message *message, size_t i)
{
	return arena_printf(arena, "RCPT TO:<%s>\r\n", message->recipients[i]);
}

#define OWN_LINE "Date: "             /* begins what we write; what is passed on as it came begins with a stranger's line */

/* Bytes of the first line, where it is ours; 0: it is not. */
static size_t own_line(const struct message *message)
{
	const char *end = message->length > strlen(OWN_LINE) && memcmp(message->bytes, OWN_LINE, strlen(OWN_LINE)) == 0 ? memchr(message->bytes, '\n', message->length) : NULL;

	return end ? (size_t)(end + 1 - message->bytes) : 0;
}

/* Who does not know BDAT takes the words behind it for commands, and in those a stranger may have written some: only who took a line of ours as a chunk gets
 * more. A mail that another gateway may send meanwhile is handed over by its dot, after a last look. */
static enum words_go words_go(const struct smtp *smtp, const struct message *message)
{
	if (!smtp->ahead || !smtp->offers_chunking || smtp->no_chunks || message->term || message->length > WHOLE_MOST || !outbox_smtp_may_be_chunk(message->bytes, message->length))
		return BY_DATA;
	return smtp->knows_chunks ? WITH_COMMANDS : own_line(message) ? PROVES_CHUNKS : BY_DATA;
}

static void add_chunk(struct buffer *out, const char *bytes, size_t length, bool last)
{
	buffer_printf(out, "BDAT %zu%s\r\n", length, last ? " LAST" : "");
	buffer_add(out, bytes, length);
}

/* All that comes before the words in one write, where the relay offers it (RFC 2920): two round trips a mail and not four. With the words of a small mail (RFC 3030) it is one. */
static void say_ahead(struct smtp *smtp, const struct config_relay *relay, const struct message *message, const char *first, struct attempt *attempt)
{
	CLEANUP_BUFFER struct buffer lines = {0};

	smtp->ahead = smtp->offers_pipelining && message->count <= AHEAD_MOST;
	smtp->words_go = words_go(smtp, message);
	if (!smtp->ahead)
		return;
	buffer_add_string(&lines, first);
	for (size_t i = 0; i < message->count; i++)
		if (attempt->at[i].delivery == DELIVERY_NONE)
			buffer_add_string(&lines, rcpt_line(attempt->arena, message, i));
	if (smtp->words_go == WITH_COMMANDS)
		add_chunk(&lines, message->bytes, message->length, true);
	else if (smtp->words_go == PROVES_CHUNKS)
		add_chunk(&lines, message->bytes, own_line(message), false);
	else
		buffer_add_string(&lines, "DATA\r\n");
	outbox_smtp_write(smtp, relay->timeout_seconds, lines.at, lines.length);
}

/* The reply to a command, which is said now if it was not said ahead. 0: none came. */
static int ask(struct smtp *smtp, const struct config_relay *relay, const char *line)
{
	return smtp->ahead ? outbox_smtp_hear(smtp, relay->timeout_seconds) : outbox_smtp_say(smtp, relay->timeout_seconds, line);
}

/* A mail that ended before its data leaves a transaction open, and replies that are still to come: `left` of commands that were said ahead,
 * DATA the last. A relay that waits for words in spite of all loses the connection: a lone dot (RFC 2920 section 3.1) might be taken for an empty mail. */
static void reset(struct smtp *smtp, const struct config_relay *relay, size_t left)
{
	int code = 0;

	for (; smtp->ahead && left && !smtp->broken; left--)
		if (!(code = outbox_smtp_hear(smtp, relay->timeout_seconds)) || code == 421 || code == 354)
			smtp->broken = true;
	if (!smtp->broken && outbox_smtp_say(smtp, relay->timeout_seconds, "RSET\r\n") != 250)
		smtp->broken = true;
}

/* How many recipients were taken. */
static size_t rcpt_to(struct smtp *smtp, const struct config_relay *relay, const struct message *message, struct attempt *attempt)
{
	size_t taken = 0;

	for (size_t i = 0; i < message->count; i++) {
		if (attempt->at[i].delivery != DELIVERY_NONE)
			continue;
		int code = ask(smtp, relay, smtp->ahead ? "" : rcpt_line(attempt->arena, message, i));
		if (!code) {
			lost(smtp, attempt, smtp->words_go == WITH_COMMANDS ? HANDED_OVER : "");
			return 0;
		}
		if (code == 421) {
			judged_for_all(smtp, attempt, STEP_RCPT, code, smtp->reply.at);
			return 0;
		}
		if (outbox_judge_reply(STEP_RCPT, code) == DELIVERY_SENT) {
			taken++;
			continue;
		}
		attempt->mail_refused |= code == 552;            /* some look at the size only here (RFC 1870 section 6.1 (5)) */
		attempt->at[i].delivery = outbox_judge_reply(STEP_RCPT, code);
		attempt->at[i].reply = outbox_reply_line(attempt->arena, code, smtp->reply.at);
	}
	return taken;
}

/* Since it was taken from the outbox this machine may have stood still, or the relay taken its time, for longer than a lease lasts. */
static bool lease_went(const struct message *message)
{
	return message->term && store_lease_term() != message->term;
}

/* The final dot is what hands a mail over (RFC 5321 section 4.1.1.4): without it the relay forgets what it heard. So the last look at the lease is before it. */
static int hand_over(struct smtp *smtp, const struct message *message, struct attempt *attempt)
{
	if (!outbox_smtp_words(smtp, message->bytes, message->length))
		return 0;
	attempt->not_ours = lease_went(message);
	return !attempt->not_ours && outbox_smtp_dot(smtp) ? outbox_smtp_reply(smtp) : 0;
}

static bool does_not_know(int code)
{
	return code >= 500 && code <= 504;
}

/* The reply to the first chunk; true: the rest went after it. Who does not know BDAT in spite of what he offers loses the connection, and gets the mail by DATA. */
static bool prove_chunks(struct smtp *smtp, const struct config_relay *relay, const struct message *message, struct attempt *attempt)
{
	CLEANUP_BUFFER struct buffer rest = {0};
	size_t said = own_line(message);
	int code = outbox_smtp_hear(smtp, relay->timeout_seconds);

	if (!code)
		lost(smtp, attempt, "");
	else if (does_not_know(code))
		smtp->no_chunks = smtp->broken = true;
	else if (!judged_for_all(smtp, attempt, STEP_DOT, code, smtp->reply.at))
		reset(smtp, relay, 0);
	else
		smtp->knows_chunks = true;
	if (!smtp->knows_chunks)
		return false;
	add_chunk(&rest, message->bytes + said, message->length - said, true);
	outbox_smtp_write(smtp, relay->timeout_seconds, rest.at, rest.length);
	return true;
}

/* The reply to the last chunk. */
static void hear_chunk(struct smtp *smtp, const struct config_relay *relay, struct attempt *attempt)
{
	outbox_wire_step(&smtp->wire, (int64_t)relay->timeout_seconds * DOT_FACTOR);
	int code = *smtp->wire.trouble ? 0 : outbox_smtp_reply(smtp);

	if (!code)
		lost(smtp, attempt, HANDED_OVER);
	else if (judged_for_all(smtp, attempt, STEP_DOT, code, smtp->reply.at))
		outbox_attempt_rest(attempt, DELIVERY_SENT, outbox_reply_line(attempt->arena, code, smtp->reply.at));
	else
		reset(smtp, relay, 0);                   /* RFC 3030 section 2: else the transaction stays open */
}

static void data(struct smtp *smtp, const struct config_relay *relay, const struct message *message, struct attempt *attempt)
{
	int code = ask(smtp, relay, "DATA\r\n");

	if (!code) {
		lost(smtp, attempt, "");
		return;
	}
	if (!judged_for_all(smtp, attempt, STEP_DATA, code, smtp->reply.at)) {
		reset(smtp, relay, 0);
		return;
	}
	outbox_wire_step(&smtp->wire, (int64_t)relay->timeout_seconds * DOT_FACTOR + (int64_t)(message->length / SLOWEST_BYTES));
	code = hand_over(smtp, message, attempt);
	if (attempt->not_ours) {
		smtp->broken = true;
		attempt->mail_refused = false;
	} else if (!code)
		lost(smtp, attempt, HANDED_OVER);
	else if (judged_for_all(smtp, attempt, STEP_DOT, code, smtp->reply.at))
		outbox_attempt_rest(attempt, DELIVERY_SENT, outbox_reply_line(attempt->arena, code, smtp->reply.at));
}

static size_t undecided(const struct attempt *attempt)
{
	size_t count = 0;

	for (size_t i = 0; i < attempt->count; i++)
		count += attempt->at[i].delivery == DELIVERY_NONE;
	return count;
}

static void begin_again(struct attempt *attempt, const struct attempt *before)
{
	memcpy(attempt->at, before->at, sizeof *attempt->at * attempt->count);
	attempt->mail_refused = false;
}

/* False: the connection had been idle for too long, and nothing was said on it. */
static bool transact(struct smtp *smtp, const struct config_relay *relay, const struct message *message, struct attempt *attempt)
{
	const char *first = mail_line(smtp, message, attempt);
	size_t recipients = undecided(attempt);

	if (!first)
		return true;
	say_ahead(smtp, relay, message, first, attempt);
	int code = ask(smtp, relay, first);
	if (!code) {
		lost(smtp, attempt, smtp->words_go == WITH_COMMANDS ? HANDED_OVER : "");
		return false;
	}
	if (!judged_for_all(smtp, attempt, STEP_MAIL, code, smtp->reply.at)) {
		bool closing = smtp->broken;
		reset(smtp, relay, recipients + 1);
		return !closing;
	}
	if (!rcpt_to(smtp, relay, message, attempt))
		reset(smtp, relay, 1);
	else if (smtp->words_go == BY_DATA)
		data(smtp, relay, message, attempt);
	else if (smtp->words_go == WITH_COMMANDS || prove_chunks(smtp, relay, message, attempt))
		hear_chunk(smtp, relay, attempt);
	return true;
}

void outbox_smtp_send(struct smtp *smtp, const struct config_relay *relay, const struct message *message, struct attempt *attempt)
{
	struct attempt before;
	bool chunks = !smtp->no_chunks, reused = smtp->session && outbox_wire_quiet(&smtp->wire);

	if (smtp->session && !reused)
		outbox_smtp_drop(smtp);
	if (!smtp->session && !outbox_smtp_open(smtp, relay)) {
		attempt->relay_trouble = true;
		outbox_attempt_rest(attempt, DELIVERY_RETRY, outbox_reply_line(attempt->arena, 0, smtp->wire.trouble));
		return;
	}
	outbox_attempt_init(&before, attempt->arena, attempt->count);
	memcpy(before.at, attempt->at, sizeof *before.at * before.count);
	bool said = transact(smtp, relay, message, attempt);
	if (smtp->broken || *smtp->wire.trouble)
		outbox_smtp_drop(smtp);
	if ((!said && reused) || (chunks && smtp->no_chunks)) {
		begin_again(attempt, &before);
		outbox_smtp_send(smtp, relay, message, attempt);
	}
}
