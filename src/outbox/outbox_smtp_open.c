/*
 * outbox_smtp_open.c - a connection to the relay: greeting, EHLO, TLS, AUTH.
 *
 * libetpan carries the session (stream and replies); what it cannot say is said here through its stream: EHLO with a usable
 * name, and AUTH PLAIN or LOGIN. Passwords go over TLS or to our own machine only.
 */
#include "outbox_smtp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUIT_SECONDS   2

struct smtp *outbox_smtp_new(const _Atomic int64_t *stop_at, _Atomic int64_t *connections)
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

bool outbox_smtp_connected(const struct smtp *smtp)
{
	return smtp->session != NULL;
}

void outbox_smtp_drop(struct smtp *smtp)
{
	if (!smtp->session)
		return;
	if (smtp->session->stream) {
		mailstream_close(smtp->session->stream);
		smtp->session->stream = NULL;            /* or mailsmtp_free would say QUIT and wait */
	}
	mailsmtp_free(smtp->session);
	smtp->session = NULL;
	outbox_wire_close(&smtp->wire);
}

void outbox_smtp_hang_up(struct smtp *smtp)
{
	if (smtp->session && !smtp->broken && !*smtp->wire.trouble) {
		outbox_wire_step(&smtp->wire, QUIT_SECONDS);
		mailsmtp_quit(smtp->session);            /* closes the stream as well */
	}
	outbox_smtp_drop(smtp);
	outbox_tls_trust_free(&smtp->trust);            /* read anew for the next connection: authorities come and go */
}

void outbox_smtp_free(struct smtp **smtp)
{
	if (!*smtp)
		return;
	outbox_smtp_hang_up(*smtp);
	buffer_fini(&(*smtp)->reply);
	free(*smtp);
	*smtp = NULL;
}

uint64_t outbox_smtp_size_limit(const struct smtp *smtp)
{
	return smtp ? smtp->size_limit : 0;
}

/* ---- commands of our own, through libetpan's stream ---- */

/* Reads one reply, its lines without code, ended by newlines. 0: the connection broke, or it is no reply. */
int outbox_smtp_reply(struct smtp *smtp)
{
	MMAPString *line = mmap_string_new("");
	int code = 0;

	buffer_reset(&smtp->reply);
	for (bool more = line != NULL; more;) {
		const char *text = mailstream_read_line_remove_eol(smtp->session->stream, line);
		size_t length = text ? strlen(text) : 0;

		if (length < 3 || strspn(text, "0123456789") < 3 || (length > 3 && text[3] != ' ' && text[3] != '-')) {
			outbox_wire_break(&smtp->wire, "what the relay says is not SMTP");
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

bool outbox_smtp_write(struct smtp *smtp, int seconds, const char *bytes, size_t length)
{
	mailstream *stream = smtp->session->stream;

	outbox_wire_step(&smtp->wire, seconds);
	return mailstream_write(stream, bytes, length) >= 0 && mailstream_flush(stream) >= 0;
}

int outbox_smtp_hear(struct smtp *smtp, int seconds)
{
	outbox_wire_step(&smtp->wire, seconds);
	return *smtp->wire.trouble ? 0 : outbox_smtp_reply(smtp);
}

int outbox_smtp_say(struct smtp *smtp, int seconds, const char *line)
{
	return outbox_smtp_write(smtp, seconds, line, strlen(line)) ? outbox_smtp_reply(smtp) : 0;
}

/* ---- opening ---- */

/* The words of an EHLO reply, one a line (RFC 5321 section 4.1.1.1). */
static void read_offers(struct smtp *smtp)
{
	smtp->offers_utf8 = smtp->offers_8bit = smtp->offers_size = smtp->offers_pipelining = smtp->offers_chunking = smtp->knows_chunks = smtp->offers_starttls = false;
	smtp->offers_auth_plain = smtp->offers_auth_login = false;
	smtp->size_limit = 0;
	for (const char *at = strchr(smtp->reply.at, '\n'); at && *++at; at = strchr(at, '\n')) {
		smtp->offers_utf8 |= text_starts_nocase(at, "SMTPUTF8");
		smtp->offers_8bit |= text_starts_nocase(at, "8BITMIME");
		smtp->offers_size |= text_starts_nocase(at, "SIZE");
		smtp->offers_pipelining |= text_starts_nocase(at, "PIPELINING");
		smtp->offers_chunking |= text_starts_nocase(at, "CHUNKING");
		if (text_starts_nocase(at, "SIZE ") && at[5] >= '0' && at[5] <= '9')
			smtp->size_limit = strtoull(at + 5, NULL, 10);
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

	snprintf(line, sizeof line, "EHLO %s\r\n", outbox_wire_own_name(&smtp->wire, name));
	code = outbox_smtp_say(smtp, seconds, line);
	if (code >= 500 && code < 600) {
		snprintf(line, sizeof line, "HELO %s\r\n", name);
		code = outbox_smtp_say(smtp, seconds, line);
		buffer_reset(&smtp->reply);
		buffer_string(&smtp->reply);
	}
	if (code == 250) {
		read_offers(smtp);
		return true;
	}
	if (code)
		outbox_wire_break(&smtp->wire, "EHLO: %d %.120s", code, smtp->reply.at);
	return false;
}

static bool encrypt(struct smtp *smtp, const struct config_relay *relay)
{
	struct error error;

	if (!smtp->trust && !(smtp->trust = outbox_tls_trust_new(&error))) {
		outbox_wire_break(&smtp->wire, "%.150s", error.text);
		return false;
	}
	return outbox_tls_start(&smtp->wire, smtp->trust, relay->host);
}

static bool starttls(struct smtp *smtp, const struct config_relay *relay)
{
	int code = smtp->offers_starttls ? outbox_smtp_say(smtp, relay->timeout_seconds, "STARTTLS\r\n") : 0;

	if (!smtp->offers_starttls)
		outbox_wire_break(&smtp->wire, "the relay does not offer STARTTLS, which relay.url asks for");
	else if (code != 220)
		outbox_wire_break(&smtp->wire, "STARTTLS: %d %.120s", code, smtp->reply.at);
	/* Whatever came in the clear behind the reply would be taken for encrypted (CVE-2011-0411). */
	else if (smtp->session->stream->read_buffer_len)
		outbox_wire_break(&smtp->wire, "the relay said more than its reply to STARTTLS");
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
	code = outbox_smtp_say(smtp, seconds, buffer_string(&line));
	explicit_bzero(line.at, line.length);            /* it may hold a password */
	return code;
}

/* RFC 4954, 4616. */
static bool authenticate(struct smtp *smtp, const struct config_relay *relay)
{
	CLEANUP_BUFFER struct buffer plain;
	int seconds = relay->timeout_seconds, code = 0;

	buffer_init(&plain);
	buffer_add_char(&plain, '\0');
	buffer_add_string(&plain, relay->user);
	buffer_add_char(&plain, '\0');
	buffer_add_string(&plain, relay->password);
	if (!smtp->wire.tls && !outbox_wire_is_loopback(&smtp->wire))
		outbox_wire_break(&smtp->wire, "relay.url names a user but no TLS: write smtp+starttls:// or smtps://");
	else if (smtp->offers_auth_plain)
		code = say_base64(smtp, seconds, "AUTH PLAIN ", plain.at, plain.length);
	else if (smtp->offers_auth_login) {
		code = outbox_smtp_say(smtp, seconds, "AUTH LOGIN\r\n");
		if (code == 334)
			code = say_base64(smtp, seconds, "", relay->user, strlen(relay->user));
		if (code == 334)
			code = say_base64(smtp, seconds, "", relay->password, strlen(relay->password));
	} else
		outbox_wire_break(&smtp->wire, "the relay offers neither AUTH PLAIN nor AUTH LOGIN");
	explicit_bzero(plain.at, plain.length);
	if (code != 235 && code)
		outbox_wire_break(&smtp->wire, "AUTH: %d %.120s", code, smtp->reply.at);
	return code == 235;
}

static bool open_session(struct smtp *smtp, const struct config_relay *relay)
{
	int code;

	if (relay->kind == RELAY_SMTPS && !encrypt(smtp, relay))
		return false;
	outbox_wire_step(&smtp->wire, relay->timeout_seconds);
	code = outbox_smtp_reply(smtp);
	if (code != 220) {
		if (code)
			outbox_wire_break(&smtp->wire, "%d %.140s", code, smtp->reply.at);
		return false;
	}
	if (!hello(smtp, relay->timeout_seconds))
		return false;
	if (relay->kind == RELAY_STARTTLS && !starttls(smtp, relay))
		return false;
	return !*relay->user || authenticate(smtp, relay);
}

bool outbox_smtp_open(struct smtp *smtp, const struct config_relay *relay)
{
	mailstream *stream;

	smtp->wire.trouble[0] = '\0';
	smtp->broken = false;
	if (!outbox_wire_connect(&smtp->wire, relay->host, relay->port, relay->timeout_seconds))
		return false;
	atomic_fetch_add(smtp->connections, 1);
	stream = outbox_wire_stream(&smtp->wire);
	smtp->session = stream ? mailsmtp_new(0, NULL) : NULL;
	if (!smtp->session) {
		if (stream)
			mailstream_close(stream);
		outbox_wire_close(&smtp->wire);
		outbox_wire_break(&smtp->wire, "out of memory");
		return false;
	}
	smtp->session->stream = stream;
	if (open_session(smtp, relay))
		return true;
	outbox_wire_break(&smtp->wire, "the relay closed the connection");
	outbox_smtp_drop(smtp);
	return false;
}
