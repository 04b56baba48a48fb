/*
 * test_lmtp.c - the LMTP engine: transcripts of tests/dialog, the table of states, and hostile input.
 *
 * Each transcript is fed step by step (each reply must come after its own command), whole, byte by byte, and in random
 * pieces. Replies, calls of the handler and message bytes must always be the same. A transcript has lines
 *
 *   # words                 a comment; empty lines are skipped too
 *   limits: message=N recipients=N command=N bad=N    (any of them; else 1000000, 100, 1000, 10)
 *   C: text                 what the client sends, with CRLF           C~ text   the same without it
 *   C+ N c                  N times the byte c
 *   S: text                 a line of a reply, exactly, with CRLF      L:        the lines that answer LHLO
 *   E: text                 a call of the handler: mail FROM SIZE UTF8 | rcpt TO | end RECIPIENTS | reset
 *   M: text                 after "E: end": the message, line by line  M~ text   the same without CRLF
 *   X: ended                the session has ended when all is sent; without it, it has not
 *
 * with \r \n \t \\ \xHH in texts. The handler answers by the local part: unknown, busy and down at RCPT; late, rule and last
 * at the end; sender refused at MAIL, sender full can't be kept. TEST_DIALOGS names another directory.
 */
#include "lmtp.h"
#include "limits.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* ---- a handler that writes down what it is asked ---- */

struct desk { struct buffer events, message; char recipients[200][64]; size_t count, runs; bool full, says_later; };

static void desk_init(struct desk *desk)
{
	*desk = (struct desk){ 0 };
	buffer_init(&desk->events);
	buffer_init(&desk->message);
}

static void desk_fini(struct desk *desk)
{
	buffer_fini(&desk->events);
	buffer_fini(&desk->message);
}

static void desk_clear(struct desk *desk)
{
	desk->count = 0;
	desk->full = false;
	buffer_reset(&desk->message);
}

static void on_mail(void *context, const char *from, uint64_t size, bool smtputf8, struct lmtp_reply *reply)
{
	struct desk *desk = context;

	assert_int_equal(reply->code, 250);
	buffer_printf(&desk->events, "mail %s %llu %d\n", from, (unsigned long long)size, smtputf8);
	desk_clear(desk);
	desk->full = text_starts_nocase(from, "full@");
	if (text_starts_nocase(from, "refused@"))
		lmtp_reply_of(reply, LMTP_REJECTED, "no");
}

static void on_recipient(void *context, const char *to, struct lmtp_reply *reply)
{
	struct desk *desk = context;

	buffer_printf(&desk->events, "rcpt %s\n", to);
	if (text_starts_nocase(to, "unknown@"))
		lmtp_reply_of(reply, LMTP_UNKNOWN_ADDRESS, NULL);
	else if (text_starts_nocase(to, "busy@"))
		lmtp_reply_of(reply, LMTP_BUSY, NULL);
	else if (text_starts_nocase(to, "down@"))
		lmtp_reply_of(reply, LMTP_SHUTTING_DOWN, NULL);
	else if (desk->count < COUNT_OF(desk->recipients))
		snprintf(desk->recipients[desk->count++], sizeof desk->recipients[0], "%s", to);
}

static bool on_data(void *context, const void *bytes, size_t length)
{
	struct desk *desk = context;

	assert_true(length > 0);
	desk->runs++;
	if (desk->full)
		return false;
	buffer_add(&desk->message, bytes, length);
	return true;
}

static bool on_end(void *context, struct lmtp_reply *replies, size_t count)
{
	struct desk *desk = context;

	buffer_printf(&desk->events, "end %zu\n", count);
	buffer_add(&desk->events, desk->message.at, desk->message.length);
	assert_int_equal(count, desk->count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(replies[i].code, 451);
		if (desk->full)
			lmtp_reply_of(&replies[i], LMTP_STORE_FULL, NULL);
		else if (text_starts_nocase(desk->recipients[i], "late@"))
			lmtp_reply_of(&replies[i], LMTP_BUSY, NULL);
		else if (text_starts_nocase(desk->recipients[i], "last@"))
			lmtp_reply_of(&replies[i], LMTP_SHUTTING_DOWN, NULL);
		else if (text_starts_nocase(desk->recipients[i], "rule@"))
			lmtp_reply_of(&replies[i], LMTP_REJECTED,
			              "Please write to sales.\n\xE2\x82\xAC 3 #\xFF" "250 ok\nThank you\n");
		else
			lmtp_reply_of(&replies[i], LMTP_ACCEPTED, NULL);
	}
	desk_clear(desk);
	return !desk->says_later;
}

static void on_reset(void *context)
{
	struct desk *desk = context;

	buffer_add_string(&desk->events, "reset\n");
	desk_clear(desk);
}

static const struct lmtp_handler handler = { on_mail, on_recipient, on_data, on_end, on_reset };
static const struct lmtp_limits usual = { .message_bytes = 1000000, .recipients = 100, .command_bytes = 1000, .bad_commands = 10 };

static struct lmtp_session *session_start(const struct lmtp_limits *limits, struct desk *desk, struct buffer *out)
{
	struct lmtp_session *session;

	desk_init(desk);
	buffer_init(out);
	session = lmtp_session_new("desk.example.org", limits, &handler, desk);
	lmtp_session_greet(session, out);
	assert_string_equal(buffer_string(out), "220 desk.example.org LMTP Sportello ready\r\n");
	buffer_reset(out);
	return session;
}

/* ---- transcripts ---- */

/* A step: what the client sends, and the replies that come before it sends more. */
struct turn { struct buffer client, server; };
struct dialog { const char *name; struct lmtp_limits limits; struct turn turns[200]; size_t count; struct buffer events; bool ends; };

static void add_text(struct buffer *to, const char *text, const char *end)
{
	for (unsigned code; *text; text++) {
		if (*text != '\\') {
			buffer_add_char(to, *text);
			continue;
		}
		switch (*++text) {
		case 'r': buffer_add_char(to, '\r'); break;
		case 'n': buffer_add_char(to, '\n'); break;
		case 't': buffer_add_char(to, '\t'); break;
		case '\\': buffer_add_char(to, '\\'); break;
		case 'x':
			assert_int_equal(sscanf(text + 1, "%2x", &code), 1);
			buffer_add_char(to, (char)code);
			text += 2;
			break;
		default:
			fail_msg("unknown escape \\%c", *text);
		}
	}
	buffer_add_string(to, end);
}

static struct turn *turn_for_client(struct dialog *dialog)
{
	if (!dialog->count || dialog->turns[dialog->count - 1].server.length) {
		assert_true(dialog->count < COUNT_OF(dialog->turns));
		dialog->count++;
	}
	return &dialog->turns[dialog->count - 1];
}

static void limits_read(struct dialog *dialog, const char *text)
{
	static const char *const names[] = { "message=", "recipients=", "command=", "bad=" };
	uint64_t values[] = { dialog->limits.message_bytes, dialog->limits.recipients, dialog->limits.command_bytes,
	                      dialog->limits.bad_commands };

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const char *at = strstr(text, names[i]);

		if (at)
			values[i] = strtoull(at + strlen(names[i]), NULL, 10);
	}
	dialog->limits = (struct lmtp_limits){ values[0], values[1], values[2], values[3] };
}

static void dialog_line(struct dialog *dialog, char *line)
{
	const char *text, *end = line[0] && line[1] == '~' ? "" : "\r\n";
	char byte;
	int times;

	line[strcspn(line, "\n")] = '\0';
	text = strlen(line) > 3 ? line + 3 : "";
	if (!*line || *line == '#')
		return;
	if (text_starts_nocase(line, "limits:"))
		limits_read(dialog, line);
	else if (text_starts_nocase(line, "C+")) {
		assert_int_equal(sscanf(text, "%d %c", &times, &byte), 2);
		for (struct turn *turn = turn_for_client(dialog); times; times--)
			buffer_add_char(&turn->client, byte);
	} else if (*line == 'C')
		add_text(&turn_for_client(dialog)->client, text, end);
	else if (*line == 'S')
		add_text(&dialog->turns[dialog->count - 1].server, text, end);
	else if (*line == 'L')
		buffer_printf(&dialog->turns[dialog->count - 1].server, "250-desk.example.org\r\n250-PIPELINING\r\n250-8BITMIME\r\n"
		              "250-SMTPUTF8\r\n250-SIZE %llu\r\n250-ENHANCEDSTATUSCODES\r\n250 CHUNKING\r\n",
		              (unsigned long long)dialog->limits.message_bytes);
	else if (*line == 'E')
		add_text(&dialog->events, text, "\n");
	else if (*line == 'M')
		add_text(&dialog->events, text, end);
	else if (*line == 'X')
		dialog->ends = true;
	else
		fail_msg("%s: what is '%s'?", dialog->name, line);
}

static void dialog_read(struct dialog *dialog, const char *path)
{
	FILE *file = fopen(path, "r");
	char line[2000];

	*dialog = (struct dialog){ .name = path, .limits = usual };
	assert_non_null(file);
	while (fgets(line, sizeof line, file))
		dialog_line(dialog, line);
	fclose(file);
}

static void dialog_fini(struct dialog *dialog)
{
	for (size_t i = 0; i < dialog->count; i++) {
		buffer_fini(&dialog->turns[i].client);
		buffer_fini(&dialog->turns[i].server);
	}
	buffer_fini(&dialog->events);
}

static void same(const struct dialog *dialog, const char *what, size_t piece, struct buffer *got, struct buffer *wanted)
{
	if (got->length == wanted->length && memcmp(buffer_string(got), buffer_string(wanted), got->length) == 0)
		return;
	print_error("%s, %s, pieces of %zu\n--- wanted\n%s\n--- got\n%s\n", dialog->name, what, piece, buffer_string(wanted),
	            buffer_string(got));
	fail();
}

/* Feeds it all, though the desk says of each mail by and by what became of it. */
static size_t feed_waiting(struct lmtp_session *session, const char *at, size_t length, struct buffer *out)
{
	size_t taken = 0;

	do {
		taken += lmtp_session_feed(session, at + taken, length - taken, out);
		assert_false(lmtp_session_waits(session) && lmtp_session_in_transaction(session));
		assert_true(!lmtp_session_waits(session) || lmtp_session_feed(session, "NOOP\r\n", 6, out) == 0);
		if (!lmtp_session_waits(session))
			break;
		lmtp_session_answered(session, out);
	} while (taken < length && !lmtp_session_ended(session));
	assert_false(lmtp_session_waits(session));
	return taken;
}

/* Feeds in pieces of 1..largest random bytes, or of `largest` with seed 0. */
static void feed_in_pieces(struct lmtp_session *session, const char *at, size_t length, size_t largest, unsigned seed,
                           struct buffer *out)
{
	srand(seed);
	while (length) {
		size_t piece = seed ? (size_t)rand() % largest + 1 : largest;
		char *copy;

		if (piece > length)
			piece = length;
		/* A copy of exactly this size: AddressSanitizer sees a look beyond it. */
		copy = malloc(piece);
		memcpy(copy, at, piece);
		if (!lmtp_session_ended(session) && feed_waiting(session, copy, piece, out) != piece)
			assert_true(lmtp_session_ended(session));
		free(copy);
		at += piece;
		length -= piece;
	}
}

static void dialog_steps(struct dialog *dialog)
{
	struct buffer out;
	struct desk desk;
	struct lmtp_session *session = session_start(&dialog->limits, &desk, &out);

	for (size_t i = 0; i < dialog->count; i++) {
		struct turn *turn = &dialog->turns[i];

		buffer_reset(&out);
		feed_in_pieces(session, turn->client.at, turn->client.length, turn->client.length, 0, &out);
		same(dialog, buffer_string(&turn->client), turn->client.length, &out, &turn->server);
	}
	assert_int_equal(lmtp_session_ended(session), dialog->ends);
	lmtp_session_free(&session);
	assert_null(session);
	desk_fini(&desk);
	buffer_fini(&out);
}

static void dialog_pieces(struct dialog *dialog, size_t piece, unsigned seed)
{
	struct buffer out, client, server;
	struct desk desk;
	struct lmtp_session *session = session_start(&dialog->limits, &desk, &out);

	buffer_init(&client);
	buffer_init(&server);
	for (size_t i = 0; i < dialog->count; i++) {
		buffer_add(&client, dialog->turns[i].client.at, dialog->turns[i].client.length);
		buffer_add(&server, dialog->turns[i].server.at, dialog->turns[i].server.length);
	}
	feed_in_pieces(session, client.at, client.length, piece ? piece : client.length, seed, &out);
	same(dialog, "replies", piece, &out, &server);
	same(dialog, "events", piece, &desk.events, &dialog->events);
	assert_int_equal(lmtp_session_ended(session), dialog->ends);
	lmtp_session_free(&session);
	desk_fini(&desk);
	buffer_fini(&out);
	buffer_fini(&client);
	buffer_fini(&server);
}

static void dialog_test(void **state)
{
	struct dialog dialog;

	dialog_read(&dialog, *state);
	dialog_steps(&dialog);
	dialog_pieces(&dialog, 0, 0);
	for (size_t piece = 1; piece < 20; piece++)
		dialog_pieces(&dialog, piece, 0);
	for (unsigned seed = 1; seed < 200; seed++)
		dialog_pieces(&dialog, seed % 50 + 2, seed);
	dialog_fini(&dialog);
}

/* ---- the table: every verb in every state ---- */

static void every_command_in_every_state(void **unused)
{
	static const char *const ways[] = {     /* how to get into each state */
		"",
		"LHLO x\r\n",
		"LHLO x\r\nMAIL FROM:<a@d>\r\n",
		"LHLO x\r\nMAIL FROM:<a@d>\r\nRCPT TO:<b@d>\r\n",
		"LHLO x\r\nMAIL FROM:<a@d>\r\nRCPT TO:<b@d>\r\nBDAT 0\r\n",
	};
	static const struct { const char *command, *codes[COUNT_OF(ways)]; } rows[] = {
		/*                       fresh  ready  mail   rcpt   chunks */
		{ "LHLO y",            { "250", "250", "250", "250", "250" } },
		{ "HELO y",            { "500", "500", "500", "500", "500" } },
		{ "EHLO y",            { "500", "500", "500", "500", "500" } },
		{ "MAIL FROM:<c@d>",   { "503", "250", "503", "503", "503" } },
		{ "RCPT TO:<c@d>",     { "503", "503", "250", "250", "503" } },
		{ "DATA",              { "503", "503", "503", "354", "503" } },
		{ "BDAT 0",            { "503", "503", "503", "250", "250" } },
		{ "BDAT 0 LAST",       { "503", "503", "503", "250", "250" } },
		{ "BDAT",              { "521", "521", "521", "521", "521" } },
		{ "RSET",              { "250", "250", "250", "250", "250" } },
		{ "NOOP",              { "250", "250", "250", "250", "250" } },
		{ "QUIT",              { "221", "221", "221", "221", "221" } },
		{ "VRFY x",            { "252", "252", "252", "252", "252" } },
		{ "HELP",              { "214", "214", "214", "214", "214" } },
		{ "EXPN x",            { "502", "502", "502", "502", "502" } },
		{ "GET / HTTP/1.1",    { "421", "421", "421", "421", "421" } },
		{ "NOOP \001",         { "500", "500", "500", "500", "500" } },
		{ "WHAT",              { "500", "500", "500", "500", "500" } },
		{ "",                  { "500", "500", "500", "500", "500" } },
	};

	for (size_t way = 0; way < COUNT_OF(ways); way++)
		for (size_t row = 0; row < COUNT_OF(rows); row++) {
			struct buffer out;
			struct desk desk;
			struct lmtp_session *session = session_start(&usual, &desk, &out);

			lmtp_session_feed(session, ways[way], strlen(ways[way]), &out);
			buffer_reset(&out);
			lmtp_session_feed(session, rows[row].command, strlen(rows[row].command), &out);
			assert_int_equal(out.length, 0);
			lmtp_session_feed(session, "\r\n", 2, &out);
			if (memcmp(buffer_string(&out), rows[row].codes[way], 3) != 0)
				fail_msg("%s after '%s': %s", rows[row].command, ways[way], buffer_string(&out));
			lmtp_session_free(&session);
			desk_fini(&desk);
			buffer_fini(&out);
		}
}

/* ---- the door ---- */

static void the_end_may_come_anywhere(void **unused)
{
	static const struct { const char *sent; bool in_transaction; const char *events; } cases[] = {
		{ "", false, "" },
		{ "LHLO x\r\nMAIL FR", false, "" },
		{ "LHLO x\r\nMAIL FROM:<a@d>\r\n", false, "mail a@d 0 0\nreset\n" },
		{ "LHLO x\r\nMAIL FROM:<a@d>\r\nRCPT TO:<b@d>\r\n", false, "mail a@d 0 0\nrcpt b@d\nreset\n" },
		{ "LHLO x\r\nMAIL FROM:<a@d>\r\nRCPT TO:<b@d>\r\nDATA\r\nx", true, "mail a@d 0 0\nrcpt b@d\nreset\n" },
		{ "LHLO x\r\nMAIL FROM:<a@d>\r\nRCPT TO:<b@d>\r\nBDAT 9\r\nx", true, "mail a@d 0 0\nrcpt b@d\nreset\n" },
		{ "LHLO x\r\nMAIL FROM:<a@d>\r\nRCPT TO:<b@d>\r\nBDAT 1\r\nx", true, "mail a@d 0 0\nrcpt b@d\nreset\n" },
		{ "LHLO x\r\nMAIL FROM:<a@d>\r\nBDAT 9\r\nx", false, "mail a@d 0 0\nreset\n" },
		{ "LHLO x\r\nMAIL FROM:<a@d>\r\nRCPT TO:<b@d>\r\nDATA\r\n.\r\n", false, "mail a@d 0 0\nrcpt b@d\nend 1\n" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		for (int by_end = 0; by_end < 2; by_end++) {
			struct buffer out;
			struct desk desk;
			struct lmtp_session *session = session_start(&usual, &desk, &out);

			lmtp_session_feed(session, cases[i].sent, strlen(cases[i].sent), &out);
			assert_int_equal(lmtp_session_in_transaction(session), cases[i].in_transaction);
			buffer_reset(&out);
			if (by_end) {
				lmtp_session_end(session, LMTP_IDLE_TIMEOUT, &out);
				lmtp_session_end(session, LMTP_IDLE_TIMEOUT, &out);
				assert_string_equal(buffer_string(&out), "421 4.4.2 Nothing heard for too long; closing\r\n");
				assert_true(lmtp_session_ended(session));
				assert_int_equal(lmtp_session_feed(session, "NOOP\r\n", 6, &out), 0);
			}
			lmtp_session_free(&session);
			assert_string_equal(buffer_string(&desk.events), cases[i].events);
			desk_fini(&desk);
			buffer_fini(&out);
		}
}

static void replies_are_filled_from_the_table(void **unused)
{
	static const int codes[LMTP_ANSWER_COUNT] = { 250, 250, 550, 550, 550, 552, 452, 451, 452, 451, 421, 421 };
	struct lmtp_reply reply;
	char huge[1000];

	for (int i = 0; i < LMTP_ANSWER_COUNT; i++) {
		lmtp_reply_of(&reply, (enum lmtp_answer)i, "detail");
		assert_int_equal(reply.code, codes[i]);
		assert_int_equal(reply.enhanced[0], '0' + codes[i] / 100);
		assert_true(*reply.text);
	}
	memset(huge, '%', sizeof huge - 1);
	huge[sizeof huge - 1] = '\0';
	lmtp_reply_of(&reply, LMTP_REJECTED, huge);
	assert_int_equal(strlen(reply.text), sizeof reply.text - 1);
	lmtp_reply_of(&reply, LMTP_REJECTED, NULL);
	assert_string_equal(reply.text, "");
}

static void message_comes_in_large_runs(void **unused)
{
	struct buffer out, mail;
	struct desk desk;
	struct lmtp_session *session = session_start(&usual, &desk, &out);

	buffer_init(&mail);
	buffer_add_string(&mail, "LHLO x\r\nMAIL FROM:<a@d>\r\nRCPT TO:<b@d>\r\nDATA\r\n");
	for (int i = 0; i < 1000; i++)
		buffer_add_string(&mail, "A line of an ordinary mail. With dots. And so on.\r\n");
	buffer_add_string(&mail, ".\r\n");
	lmtp_session_feed(session, mail.at, mail.length, &out);
	assert_int_equal(desk.runs, 1);
	lmtp_session_free(&session);
	desk_fini(&desk);
	buffer_fini(&mail);
	buffer_fini(&out);
}

static void no_limit_on_message_bytes(void **unused)
{
	static const char talk[] = "LHLO x\r\nMAIL FROM:<a@d> SIZE=99999999999999999999\r\nRCPT TO:<b@d>\r\nBDAT 1 LAST\r\nx";
	struct lmtp_limits limits = usual;
	struct buffer out;
	struct desk desk;
	struct lmtp_session *session;

	limits.message_bytes = 0;
	session = session_start(&limits, &desk, &out);
	lmtp_session_feed(session, talk, strlen(talk), &out);
	assert_non_null(strstr(buffer_string(&out), "250-SIZE 0\r\n"));
	assert_non_null(strstr(buffer_string(&out), "250 2.0.0 Accepted"));
	lmtp_session_free(&session);
	desk_fini(&desk);
	buffer_fini(&out);
}

/* ---- hostile input: words of the protocol in random order, random pieces; whatever comes, pieces change nothing ---- */

static void noise_make(struct buffer *noise, unsigned seed)
{
	static const char *const words[] = {
		"LHLO x\r\n", "MAIL FROM:<a@d>\r\n", "RCPT TO:<b@d>\r\n", "RCPT TO:<rule@d>\r\n", "DATA\r\n", "BDAT 5\r\n", "BDAT 3 LAST\r\n",
		".\r\n", "\r\n.\r\n", "\n.\n", ".", "\r", "\n", "\r\n", "..", "RSET\r\n", "NOOP\r\n", "abc", "\"", "\\", "<", ">", "@", "QUIT\n",
		"MAIL FROM:<\"q\\\"\"@d> SIZE=", "18446744073709551615", "\xC3", "\xFF", "a@b", "RCPT TO:<@x,@y:z@d>\r\n", "BDAT 99999999\r\n",
	};

	srand(seed);
	buffer_reset(noise);
	for (int i = rand() % 60 + 5; i > 0; i--) {
		size_t word = (size_t)rand() % (COUNT_OF(words) + 1);

		if (word == COUNT_OF(words))
			buffer_add_char(noise, (char)rand());
		/* steer into transactions: four random words seldom make one */
		else if (rand() % 6 == 0)
			buffer_add_string(noise, "\r\n.\r\nLHLO x\r\nMAIL FROM:<a@d>\r\nRCPT TO:<b@d>\r\n");
		else
			buffer_add_string(noise, words[word]);
	}
}

static void pieces_change_nothing_nor_does_what_is_said_later(void **unused)
{
	struct lmtp_limits limits = { .message_bytes = 60, .recipients = 3, .command_bytes = 80, .bad_commands = 25 };
	struct buffer noise, whole, pieces;
	struct desk a, b;

	buffer_init(&noise);
	for (unsigned seed = 1; seed <= 5000; seed++) {
		struct lmtp_session *one = session_start(&limits, &a, &whole), *two = session_start(&limits, &b, &pieces);

		b.says_later = seed % 2;
		noise_make(&noise, seed);
		lmtp_session_feed(one, noise.at, noise.length, &whole);
		feed_in_pieces(two, noise.at, noise.length, seed % 9 + 1, seed, &pieces);
		assert_string_equal(buffer_string(&whole), buffer_string(&pieces));
		assert_int_equal(lmtp_session_ended(one), lmtp_session_ended(two));
		assert_int_equal(lmtp_session_in_transaction(one), lmtp_session_in_transaction(two));
		lmtp_session_free(&one);
		lmtp_session_free(&two);
		assert_int_equal(a.events.length, b.events.length);
		assert_memory_equal(buffer_string(&a.events), buffer_string(&b.events), a.events.length);
		desk_fini(&a);
		desk_fini(&b);
		buffer_fini(&whole);
		buffer_fini(&pieces);
	}
	buffer_fini(&noise);
}

/* ---- the run ---- */

static int is_dialog(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 4 && strcmp(entry->d_name + length - 4, ".txt") == 0;
}

int main(void)
{
	struct CMUnitTest tests[200] = {
		cmocka_unit_test(every_command_in_every_state), cmocka_unit_test(the_end_may_come_anywhere),
		cmocka_unit_test(replies_are_filled_from_the_table), cmocka_unit_test(message_comes_in_large_runs),
		cmocka_unit_test(no_limit_on_message_bytes), cmocka_unit_test(pieces_change_nothing_nor_does_what_is_said_later),
	};
	const char *folder = getenv("TEST_DIALOGS") ? getenv("TEST_DIALOGS") : "tests/dialog";
	struct dirent **found = NULL;
	int count = scandir(folder, &found, is_dialog, alphasort), failed;
	CLEANUP_ARENA struct arena arena;
	size_t used = 6;

	arena_init(&arena);
	if (count <= 0) {
		fprintf(stderr, "test_lmtp: no transcripts in %s (run from the top of the tree, or set TEST_DIALOGS)\n", folder);
		return 1;
	}
	for (int i = 0; i < count; i++) {
		char *path = arena_printf(&arena, "%s/%s", folder, found[i]->d_name);

		if (used < COUNT_OF(tests))
			tests[used++] = (struct CMUnitTest){ .name = path, .test_func = dialog_test, .initial_state = path };
		free(found[i]);
	}
	free(found);
	failed = _cmocka_run_group_tests("lmtp", tests, used, NULL, NULL);
	return failed;
}
