/*
 * outbox_smtp.c - one connection to the relay, kept for many mails: greeting, EHLO, TLS, AUTH, and a mail with a fate for each
 * recipient.
 *
 * libetpan carries the session (stream, replies, RCPT, DATA, dot-stuffing); what it cannot say is said here through its stream:
 * EHLO with a usable name, AUTH PLAIN, and MAIL with SIZE, BODY and SMTPUTF8. What a reply means is outbox_judge.c's business.
 * A connection that was idle and is found closed is made again once, without a word. After a drop anywhere else everybody without
 * a fate is tried again; after the final dot that may send a mail twice (RFC 5321 section 4.5.4.1), never not at all.
 */
#define _GNU_SOURCE               /* memmem */
#include "outbox_private.h"

#include <libetpan/libetpan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUIT_SECONDS   2
#define DOT_FACTOR     10             /* the final dot may take that much longer: scanners work then (RFC 5321 section 4.5.3.2.6) */
#define SLOWEST_BYTES  4096           /* a second, that a relay must take of a mail */

struct smtp {
	struct wire wire;
	mailsmtp *session;                       /* NULL: not connected */
	bool broken;                             /* said or heard something that ends it */
	bool offers_utf8, offers_8bit, offers_size, offers_starttls, offers_auth_plain, offers_auth_login;
	struct tls_trust *trust;
	_Atomic int64_t *connections;
	struct buffer reply;                     /* of the last command said by us */
};

struct smtp *smtp_new(const _Atomic int64_t *stop_at, _Atomic int64_t *connections)
{
	struct smtp *smtp = calloc(1, sizeof *smtp);

	if (smtp) {
		smtp->wire.fd = -1;
		smtp->wire.stop_at = stop_at;
		smtp->connections = connections;
		buffer_init(&smtp->reply);
	}
	return smtp;
}

bool smtp_connected(const struct smtp *smtp)
{
	return smtp->session != NULL;
}

static void drop(struct smtp *smtp)
{
	if (!smtp->session)
		return;
	if (smtp->session->stream) {
		mailstream_close(smtp->session->stream);
		smtp->session->stream = NULL;            /* or mailsmtp_free would say QUIT and wait */
	}
	mailsmtp_free(smtp->session);
	smtp->session = NULL;
	wire_close(&smtp->wire);
}

void smtp_hang_up(struct smtp *smtp)
{
	if (smtp->session && !smtp->broken && !*smtp->wire.trouble) {
		wire_step(&smtp->wire, QUIT_SECONDS);
		mailsmtp_quit(smtp->session);            /* closes the stream as well */
	}
	drop(smtp);
	tls_trust_free(&smtp->trust);            /* read anew for the next connection: authorities come and go */
}

void smtp_free(struct smtp **smtp)
{
	if (!*smtp)
		return;
	smtp_hang_up(*smtp);
	buffer_fini(&(*smtp)->reply);
	free(*smtp);
	*smtp = NULL;
}

/* ---- commands of our own, through libetpan's stream ---- */

/* Reads one reply, its lines without code, ended by newlines. 0: the connection broke, or it is no reply. */
static int reply_read(struct smtp *smtp)
{
	MMAPString *line = mmap_string_new("");
	int code = 0;

	buffer_reset(&smtp->reply);
	for (bool more = line != NULL; more;) {
		const char *text = mailstream_read_line_remove_eol(smtp->session->stream, line);
		size_t length = text ? strlen(text) : 0;

		if (length < 3 || strspn(text, "0123456789") < 3 || (length > 3 && text[3] != ' ' && text[3] != '-')) {
			wire_break(&smtp->wire, "what the relay says is not SMTP");
			code = 0;
			break;
		}
		code = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
		more = text[3] == '-';
		buffer_add_string(&smtp->reply, length > 4 ? text + 4 : "");
		buffer_add_char(&smtp->reply, '\n');
	}
	if (line)
		mmap_string_free(line);
	buffer_string(&smtp->reply);
	return code;
}

static int say(struct smtp *smtp, int seconds, const char *line)
{
	mailstream *stream = smtp->session->stream;

	wire_step(&smtp->wire, seconds);
	if (mailstream_write(stream, line, strlen(line)) < 0 || mailstream_flush(stream) < 0)
		return 0;
	return reply_read(smtp);
}

/* ---- opening ---- */

/* The words of an EHLO reply, one a line (RFC 5321 section 4.1.1.1). */
static void read_offers(struct smtp *smtp)
{
	smtp->offers_utf8 = smtp->offers_8bit = smtp->offers_size = smtp->offers_starttls = false;
	smtp->offers_auth_plain = smtp->offers_auth_login = false;
	for (const char *at = strchr(smtp->reply.at, '\n'); at && *++at; at = strchr(at, '\n')) {
		smtp->offers_utf8 |= text_starts_nocase(at, "SMTPUTF8");
		smtp->offers_8bit |= text_starts_nocase(at, "8BITMIME");
		smtp->offers_size |= text_starts_nocase(at, "SIZE");
		smtp->offers_starttls |= text_starts_nocase(at, "STARTTLS");
		if (!text_starts_nocase(at, "AUTH"))
			continue;
		for (const char *word = at; *word && *word != '\n'; word++) {
			smtp->offers_auth_plain |= text_starts_nocase(word, " PLAIN");
			smtp->offers_auth_login |= text_starts_nocase(word, " LOGIN");
		}
	}
}

/* EHLO, or HELO with those who do not know it. */
static bool hello(struct smtp *smtp, int seconds)
{
	char name[96], line[128];
	int code;

	snprintf(line, sizeof line, "EHLO %s\r\n", wire_own_name(&smtp->wire, name));
	code = say(smtp, seconds, line);
	if (code >= 500 && code < 600) {
		snprintf(line, sizeof line, "HELO %s\r\n", name);
		code = say(smtp, seconds, line);
		buffer_reset(&smtp->reply);
		buffer_string(&smtp->reply);
	}
	if (code == 250) {
		read_offers(smtp);
		return true;
	}
	if (code)
		wire_break(&smtp->wire, "EHLO: %d %.120s", code, smtp->reply.at);
	return false;
}

static bool encrypt(struct smtp *smtp, const struct config_relay *relay)
{
	struct error error;

	if (!smtp->trust && !(smtp->trust = tls_trust_new(&error))) {
		wire_break(&smtp->wire, "%.150s", error.text);
		return false;
	}
	return tls_start(&smtp->wire, smtp->trust, relay->host);
}

static bool starttls(struct smtp *smtp, const struct config_relay *relay)
{
	int code = smtp->offers_starttls ? say(smtp, relay->timeout_seconds, "STARTTLS\r\n") : 0;

	if (!smtp->offers_starttls)
		wire_break(&smtp->wire, "the relay does not offer STARTTLS, which relay.url asks for");
	else if (code != 220)
		wire_break(&smtp->wire, "STARTTLS: %d %.120s", code, smtp->reply.at);
	/* Whatever came in the clear behind the reply would be taken for encrypted (CVE-2011-0411). */
	else if (smtp->session->stream->read_buffer_len)
		wire_break(&smtp->wire, "the relay said more than its reply to STARTTLS");
	return !*smtp->wire.trouble && encrypt(smtp, relay) && hello(smtp, relay->timeout_seconds);
}

static int say_base64(struct smtp *smtp, int seconds, const char *verb, const void *bytes, size_t length)
{
	CLEANUP_BUFFER struct buffer line;
	int code;

	buffer_init(&line);
	buffer_add_string(&line, verb);
	line.length += base64_encode(bytes, length, buffer_reserve(&line, (length + 2) / 3 * 4));
	buffer_add(&line, "\r\n", 2);
	code = say(smtp, seconds, buffer_string(&line));
	explicit_bzero(line.at, line.length);            /* it may hold a password */
	return code;
}

/* RFC 4954, 4616. Passwords go over TLS or to our own machine only. */
static bool authenticate(struct smtp *smtp, const struct config_relay *relay)
{
	CLEANUP_BUFFER struct buffer plain;
	int seconds = relay->timeout_seconds, code = 0;

	buffer_init(&plain);
	buffer_add_char(&plain, '\0');
	buffer_add_string(&plain, relay->user);
	buffer_add_char(&plain, '\0');
	buffer_add_string(&plain, relay->password);
	if (!smtp->wire.tls && !wire_is_loopback(&smtp->wire))
		wire_break(&smtp->wire, "relay.url names a user but no TLS: write smtp+starttls:// or smtps://");
	else if (smtp->offers_auth_plain)
		code = say_base64(smtp, seconds, "AUTH PLAIN ", plain.at, plain.length);
	else if (smtp->offers_auth_login) {
		code = say(smtp, seconds, "AUTH LOGIN\r\n");
		if (code == 334)
			code = say_base64(smtp, seconds, "", relay->user, strlen(relay->user));
		if (code == 334)
			code = say_base64(smtp, seconds, "", relay->password, strlen(relay->password));
	} else
		wire_break(&smtp->wire, "the relay offers neither AUTH PLAIN nor AUTH LOGIN");
	explicit_bzero(plain.at, plain.length);
	if (code != 235 && code)
		wire_break(&smtp->wire, "AUTH: %d %.120s", code, smtp->reply.at);
	return code == 235;
}

static bool open_session(struct smtp *smtp, const struct config_relay *relay)
{
	int code;

	if (relay->kind == RELAY_SMTPS && !encrypt(smtp, relay))
		return false;
	wire_step(&smtp->wire, relay->timeout_seconds);
	code = reply_read(smtp);
	if (code != 220) {
		if (code)
			wire_break(&smtp->wire, "%d %.140s", code, smtp->reply.at);
		return false;
	}
	if (!hello(smtp, relay->timeout_seconds))
		return false;
	if (relay->kind == RELAY_STARTTLS && !starttls(smtp, relay))
		return false;
	return !*relay->user || authenticate(smtp, relay);
}

static bool smtp_open(struct smtp *smtp, const struct config_relay *relay)
{
	mailstream *stream;

	smtp->wire.trouble[0] = '\0';
	smtp->broken = false;
	if (!wire_connect(&smtp->wire, relay->host, relay->port, relay->timeout_seconds))
		return false;
	atomic_fetch_add(smtp->connections, 1);
	stream = wire_stream(&smtp->wire);
	smtp->session = stream ? mailsmtp_new(0, NULL) : NULL;
	if (!smtp->session) {
		if (stream)
			mailstream_close(stream);
		wire_close(&smtp->wire);
		wire_break(&smtp->wire, "out of memory");
		return false;
	}
	smtp->session->stream = stream;
	if (open_session(smtp, relay))
		return true;
	wire_break(&smtp->wire, "the relay closed the connection");
	drop(smtp);
	return false;
}

/* ---- one mail ---- */

/* A header with 8-bit bytes or an address with them needs SMTPUTF8 (RFC 6531 section 3.1). */
static bool has_8bit(const char *at, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)at[i] >= 0x80)
			return true;
	return false;
}

static bool needs_utf8(const struct letter *letter)
{
	const char *end = memmem(letter->bytes, letter->length, "\r\n\r\n", 4);

	if (has_8bit(letter->envelope_from, strlen(letter->envelope_from))
	    || has_8bit(letter->bytes, end ? (size_t)(end - letter->bytes) : letter->length))
		return true;
	for (size_t i = 0; i < letter->count; i++)
		if (has_8bit(letter->recipients[i], strlen(letter->recipients[i])))
			return true;
	return false;
}

/* The reply of libetpan's last call. 0: none came. */
static int session_code(struct smtp *smtp, const char **text)
{
	*text = smtp->session->response ? smtp->session->response : "";
	return *smtp->wire.trouble ? 0 : smtp->session->response_code;
}

/* Everybody without a fate: the connection is gone. */
static void lost(struct smtp *smtp, struct attempt *attempt, const char *when)
{
	smtp->broken = true;
	wire_break(&smtp->wire, "the relay closed the connection");
	attempt_rest(attempt, FATE_RETRY, arena_printf(attempt->arena, "%s%s", smtp->wire.trouble, when));
}

/* The reply holds for all without a fate. True: go on with the mail. */
static bool judged_for_all(struct smtp *smtp, struct attempt *attempt, enum smtp_step step, int code, const char *text)
{
	enum fate fate = judge_reply(step, code);

	if (code == 421)
		smtp->broken = true;                     /* the relay closes now, RFC 5321 section 3.8 */
	if (step == STEP_DATA ? code == 354 : fate == FATE_SENT)
		return true;
	if (fate == FATE_SENT) {                         /* 2xx to DATA: nobody knows what it waits for now */
		smtp->broken = true;
		fate = FATE_RETRY;
	}
	attempt_rest(attempt, fate, reply_line(attempt->arena, code, text));
	return false;
}

static bool mail_from(struct smtp *smtp, const struct config_relay *relay, const struct letter *letter, struct attempt *attempt)
{
	bool utf8 = needs_utf8(letter);
	char line[LIMIT_ADDRESS + 96];
	int length, code;

	if (utf8 && !smtp->offers_utf8) {
		attempt_rest(attempt, FATE_FAILED, "553 5.6.7 the address is not ASCII and the relay does not offer SMTPUTF8");
		return false;
	}
	length = snprintf(line, sizeof line, "MAIL FROM:<%s>", letter->envelope_from);
	if (smtp->offers_size)
		length += snprintf(line + length, sizeof line - (size_t)length, " SIZE=%zu", letter->length);
	if (smtp->offers_8bit && utf8)
		length += snprintf(line + length, sizeof line - (size_t)length, " BODY=8BITMIME");
	snprintf(line + length, sizeof line - (size_t)length, "%s\r\n", utf8 ? " SMTPUTF8" : "");
	code = say(smtp, relay->timeout_seconds, line);
	if (!code) {
		lost(smtp, attempt, "");
		return false;
	}
	return judged_for_all(smtp, attempt, STEP_MAIL, code, smtp->reply.at);
}

/* A mail that ended before its data leaves a transaction open. */
static void reset(struct smtp *smtp, const struct config_relay *relay)
{
	if (!smtp->broken && say(smtp, relay->timeout_seconds, "RSET\r\n") != 250)
		smtp->broken = true;
}

/* How many recipients were taken. */
static size_t rcpt_to(struct smtp *smtp, const struct config_relay *relay, const struct letter *letter, struct attempt *attempt)
{
	size_t taken = 0;

	for (size_t i = 0; i < letter->count; i++) {
		const char *text;
		int code;

		if (attempt->at[i].fate != FATE_NONE)
			continue;
		wire_step(&smtp->wire, relay->timeout_seconds);
		smtp->session->response_code = 0;
		mailesmtp_rcpt(smtp->session, letter->recipients[i], 0, NULL);
		code = session_code(smtp, &text);
		if (!code) {
			lost(smtp, attempt, "");
			return 0;
		}
		if (code == 421) {
			judged_for_all(smtp, attempt, STEP_RCPT, code, text);
			return 0;
		}
		if (judge_reply(STEP_RCPT, code) == FATE_SENT) {
			taken++;
			continue;
		}
		attempt->at[i].fate = judge_reply(STEP_RCPT, code);
		attempt->at[i].reply = reply_line(attempt->arena, code, text);
	}
	return taken;
}

static void data(struct smtp *smtp, const struct config_relay *relay, const struct letter *letter, struct attempt *attempt)
{
	size_t length = letter->length;
	const char *text;
	int code;

	/* libetpan ends every mail with CRLF . CRLF, whatever it ended with: its own last line end would become an empty line. */
	if (length >= 2 && memcmp(letter->bytes + length - 2, "\r\n", 2) == 0)
		length -= 2;
	wire_step(&smtp->wire, relay->timeout_seconds);
	smtp->session->response_code = 0;
	mailsmtp_data(smtp->session);
	code = session_code(smtp, &text);
	if (!code) {
		lost(smtp, attempt, "");
		return;
	}
	if (!judged_for_all(smtp, attempt, STEP_DATA, code, text)) {
		reset(smtp, relay);
		return;
	}
	wire_step(&smtp->wire, (int64_t)relay->timeout_seconds * DOT_FACTOR + (int64_t)(letter->length / SLOWEST_BYTES));
	smtp->session->response_code = 0;
	mailsmtp_data_message(smtp->session, letter->bytes, length);
	code = session_code(smtp, &text);
	if (!code)
		lost(smtp, attempt, " after the mail was handed over: it may arrive twice");
	else if (judged_for_all(smtp, attempt, STEP_DOT, code, text))
		attempt_rest(attempt, FATE_SENT, reply_line(attempt->arena, code, text));
}

static void begin_again(struct attempt *attempt, const struct attempt *before)
{
	memcpy(attempt->at, before->at, sizeof *attempt->at * attempt->count);
}

void smtp_send(struct smtp *smtp, const struct config_relay *relay, const struct letter *letter, struct attempt *attempt)
{
	struct attempt before;
	bool reused = smtp->session && wire_quiet(&smtp->wire);

	if (smtp->session && !reused)
		drop(smtp);
	if (!smtp->session && !smtp_open(smtp, relay)) {
		attempt->relay_trouble = true;
		attempt_rest(attempt, FATE_RETRY, reply_line(attempt->arena, 0, smtp->wire.trouble));
		return;
	}
	attempt_init(&before, attempt->arena, attempt->count);
	memcpy(before.at, attempt->at, sizeof *before.at * before.count);
	if (!mail_from(smtp, relay, letter, attempt)) {
		if (reused && smtp->broken) {                    /* it had been idle for too long */
			drop(smtp);
			begin_again(attempt, &before);
			smtp_send(smtp, relay, letter, attempt);
			return;
		}
		reset(smtp, relay);
	} else if (rcpt_to(smtp, relay, letter, attempt))
		data(smtp, relay, letter, attempt);
	else
		reset(smtp, relay);
	if (smtp->broken || *smtp->wire.trouble)
		drop(smtp);
}
