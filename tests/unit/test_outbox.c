/*
 * test_outbox.c - what replies mean, what becomes of a row, and one SMTP session against a server that follows a script.
 *
 * The script server says what stands in its lines and keeps what it heard; no store and no daemon. Whole rows, retries over time
 * and agents being told are tests/blackbox/test_relay.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "test_store.h"

#include "outbox/outbox_private.h"

#define HOUR ((int64_t)60 * 60 * 1000)

/* ---- pure: replies ---- */

static void test_replies(void **state)
{
	static const struct { enum smtp_step step; int code; enum delivery delivery; } cases[] = {
		{ STEP_RCPT, 250, DELIVERY_SENT }, { STEP_RCPT, 251, DELIVERY_SENT }, { STEP_RCPT, 252, DELIVERY_SENT }, { STEP_DOT, 250, DELIVERY_SENT },
		{ STEP_RCPT, 450, DELIVERY_RETRY }, { STEP_RCPT, 451, DELIVERY_RETRY }, { STEP_RCPT, 452, DELIVERY_RETRY }, { STEP_MAIL, 421, DELIVERY_RETRY },
		{ STEP_RCPT, 550, DELIVERY_FAILED }, { STEP_RCPT, 553, DELIVERY_FAILED }, { STEP_DOT, 554, DELIVERY_FAILED }, { STEP_MAIL, 552, DELIVERY_FAILED },
		{ STEP_DOT, 552, DELIVERY_FAILED }, { STEP_DATA, 554, DELIVERY_FAILED },
		{ STEP_RCPT, 552, DELIVERY_RETRY }, { STEP_MAIL, 530, DELIVERY_RETRY }, { STEP_MAIL, 535, DELIVERY_RETRY }, { STEP_RCPT, 503, DELIVERY_RETRY },
		{ STEP_RCPT, 0, DELIVERY_RETRY }, { STEP_RCPT, 199, DELIVERY_RETRY }, { STEP_RCPT, 354, DELIVERY_RETRY }, { STEP_RCPT, 999, DELIVERY_RETRY },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(outbox_judge_reply(cases[i].step, cases[i].code), cases[i].delivery);
}

static void test_reply_line(void **state)
{
	CLEANUP_ARENA struct arena arena;
	char long_text[3000];

	(void)state;
	arena_init(&arena);
	assert_string_equal(outbox_reply_line(&arena, 550, " 5.1.1 no\r\nsuch\tuser \n"), "550 5.1.1 no such user");
	assert_string_equal(outbox_reply_line(&arena, 250, ""), "250");
	assert_string_equal(outbox_reply_line(&arena, 250, NULL), "250");
	assert_string_equal(outbox_reply_line(&arena, 0, "no answer"), "no answer");
	assert_string_equal(outbox_reply_line(&arena, 450, "\x1b[31mred\xff"), "450 [31mred\xEF\xBF\xBD");
	memset(long_text, 'x', sizeof long_text);
	long_text[sizeof long_text - 1] = '\0';
	assert_true(strlen(outbox_reply_line(&arena, 450, long_text)) <= 404);
}

static void test_pause(void **state)
{
	(void)state;
	assert_int_equal(outbox_judge_pause(1), 1);
	assert_int_equal(outbox_judge_pause(2), 2);
	assert_int_equal(outbox_judge_pause(5), 16);
	assert_int_equal(outbox_judge_pause(6), 30);
	assert_int_equal(outbox_judge_pause(1000000), 30);
}

/* ---- pure: mails that cannot be written ---- */

static void test_written(void **state)
{
	static const enum status mails_own[] = { STATUS_NOT_FOUND, STATUS_BROKEN, STATUS_REFUSED, STATUS_BAD_CONFIG };

	(void)state;
	assert_int_equal(outbox_judge_written(STATUS_OK, false, 1), WRITTEN);
	assert_int_equal(outbox_judge_written(STATUS_OK, true, 3), WRITTEN);
	for (int tries = 1; tries < 10; tries++)         /* the store is away, however often we look: no attempt */
		assert_int_equal(outbox_judge_written(STATUS_TRY_LATER, false, tries), WRITE_GOES_BACK);
	assert_int_equal(outbox_judge_written(STATUS_TRY_LATER, true, 1), WRITE_AGAIN);      /* it is back already */
	assert_int_equal(outbox_judge_written(STATUS_TRY_LATER, true, 2), WRITE_AGAIN);
	assert_int_equal(outbox_judge_written(STATUS_TRY_LATER, true, 3), WRITE_RETRY);      /* it is this mail: it pays, and ends */
	for (size_t i = 0; i < COUNT_OF(mails_own); i++) {
		assert_int_equal(outbox_judge_written(mails_own[i], true, 1), WRITE_RETRY);
		assert_int_equal(outbox_judge_written(mails_own[i], false, 1), WRITE_RETRY);
	}
	assert_int_equal(outbox_judge_written(STATUS_BAD_INPUT, false, 1), WRITE_FAILED);
}

/* ---- pure: rows ---- */

struct case_of_row { struct outbox_row row; struct outbox_recipient people[3]; struct attempt attempt; struct row_result result; };

static void row_begin(struct case_of_row *c, struct arena *arena, size_t people, size_t waiting)
{
	static const char *const addresses[] = { "a@example.com", "b@example.com", "c@example.com" };

	memset(c, 0, sizeof *c);
	for (size_t i = 0; i < people; i++)
		c->people[i] = (struct outbox_recipient){ addresses[i], i < people - waiting ? OUTBOX_SENT : OUTBOX_WAITING, "" };
	c->row = (struct outbox_row){ .id = 7, .created = 1000, .recipients = { c->people, people } };
	outbox_attempt_init(&c->attempt, arena, waiting);
}

static void set(struct case_of_row *c, size_t i, enum delivery delivery, const char *reply)
{
	c->attempt.at[i].delivery = delivery;
	c->attempt.at[i].reply = reply;
}

static void test_rows(void **state)
{
	CLEANUP_ARENA struct arena arena;
	struct case_of_row c;

	(void)state;
	arena_init(&arena);
	row_begin(&c, &arena, 2, 2);                     /* all taken */
	set(&c, 0, DELIVERY_SENT, "250 ok");
	set(&c, 1, DELIVERY_SENT, "250 ok");
	outbox_judge_row(&arena, &c.row, &c.attempt, 2000, 120 * HOUR, &c.result);
	assert_int_equal(c.row.state, OUTBOX_SENT);
	assert_int_equal(c.row.attempts, 1);
	assert_int_equal(c.result.sent, 2);

	row_begin(&c, &arena, 3, 3);                     /* one of each */
	set(&c, 0, DELIVERY_SENT, "250 ok");
	set(&c, 1, DELIVERY_FAILED, "550 gone");
	set(&c, 2, DELIVERY_RETRY, "450 later");
	outbox_judge_row(&arena, &c.row, &c.attempt, 2000, 120 * HOUR, &c.result);
	assert_int_equal(c.row.state, OUTBOX_WAITING);
	assert_string_equal(c.row.last_reply, "450 later");
	assert_true(c.row.next_try >= 2000 + 60000 && c.row.next_try <= 2000 + 66000);
	assert_int_equal(c.result.now[1], DELIVERY_FAILED);
	assert_int_equal(c.result.now[2], DELIVERY_RETRY);
	assert_int_equal(c.people[1].state, OUTBOX_FAILED);
	outbox_attempt_init(&c.attempt, &arena, 1);             /* the next time, only the third is tried */
	set(&c, 0, DELIVERY_SENT, "250 ok");
	outbox_judge_row(&arena, &c.row, &c.attempt, 70000, 120 * HOUR, &c.result);
	assert_int_equal(c.row.state, OUTBOX_FAILED);
	assert_string_equal(c.row.last_reply, "550 gone");
	assert_int_equal(c.result.now[1], DELIVERY_NONE); /* and nobody is told of the second again */
	assert_int_equal(c.people[2].state, OUTBOX_SENT);
	assert_int_equal(c.row.attempts, 2);
}

static void test_give_up(void **state)
{
	CLEANUP_ARENA struct arena arena;
	struct case_of_row c;
	int64_t delay = 0;

	(void)state;
	arena_init(&arena);
	row_begin(&c, &arena, 2, 1);
	set(&c, 0, DELIVERY_RETRY, "450 later");
	for (int attempts = 1; attempts < 9; attempts++) {
		outbox_judge_row(&arena, &c.row, &c.attempt, 1000 + 120 * HOUR - 1, 120 * HOUR, &c.result);
		assert_int_equal(c.row.state, OUTBOX_WAITING);
		assert_true(c.row.next_try - (1000 + 120 * HOUR - 1) >= delay || attempts > 7);
		delay = c.row.next_try - (1000 + 120 * HOUR - 1);
	}
	assert_true(delay >= HOUR && delay <= HOUR + HOUR / 10);
	outbox_judge_row(&arena, &c.row, &c.attempt, 1000 + 120 * HOUR, 120 * HOUR, &c.result);
	assert_int_equal(c.row.state, OUTBOX_FAILED);
	assert_int_equal(c.result.failed, 1);
	assert_int_equal(c.result.retried, 0);
	assert_int_equal(c.people[0].state, OUTBOX_SENT);
	assert_string_equal(c.people[1].reply, "given up after 120 hours; last: 450 later");
}

/* ---- a server that follows a script ---- */

/* Lines: "S text" is said; "C" waits for a line; "D" reads a mail to its dot; "X" closes; the script begins again with each connection
 * from where it stands. */
struct server { int listener, port; const char *const *script; char heard[8192]; pthread_t thread; };

static void hear(struct server *server, const char *line)
{
	strncat(server->heard, line, sizeof server->heard - strlen(server->heard) - 1);
}

static bool serve_one(struct server *server, FILE *in, int fd)
{
	char line[2048];

	for (; *server->script; server->script++) {
		const char *step = *server->script;

		if (*step == 'S') {
			dprintf(fd, "%s\r\n", step + 2);
		} else if (*step == 'C') {
			if (!fgets(line, sizeof line, in))
				return true;
			hear(server, line);
		} else if (*step == 'D') {
			do {
				if (!fgets(line, sizeof line, in))
					return true;
				hear(server, line);
			} while (strcmp(line, ".\r\n") != 0);
		} else {
			server->script++;
			return true;
		}
	}
	return false;
}

static void *server_main(void *context)
{
	struct server *server = context;

	for (bool more = true; more;) {
		int fd = accept(server->listener, NULL, NULL);
		FILE *in = fd < 0 ? NULL : fdopen(fd, "r");

		if (!in)
			break;
		more = serve_one(server, in, fd) && *server->script;
		shutdown(fd, SHUT_WR);
		fclose(in);
	}
	return NULL;
}

static void server_start(struct server *server, const char *const *script)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof address;

	*server = (struct server){ .script = script, .listener = socket(AF_INET, SOCK_STREAM, 0) };
	assert_int_equal(bind(server->listener, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(server->listener, 5), 0);
	assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &size), 0);
	server->port = ntohs(address.sin_port);
	pthread_create(&server->thread, NULL, server_main, server);
}

static void server_end(struct server *server)
{
	shutdown(server->listener, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->listener);
}

/* ---- one session ---- */

struct talk { struct server server; struct smtp *smtp; struct config_relay relay; struct arena arena; struct attempt attempt; int64_t term; _Atomic int64_t stop_at, connections; };

static const char *const two[] = { "a@example.com", "b@example.com" };
static const char bytes[] = "Subject: x\r\n\r\n.dot\r\nend\r\n";

static void talk_start(struct talk *talk, const char *const *script)
{
	memset(talk, 0, sizeof *talk);
	server_start(&talk->server, script);
	arena_init(&talk->arena);
	talk->smtp = outbox_smtp_new(&talk->stop_at, &talk->connections);
	talk->relay = (struct config_relay){ .kind = RELAY_SMTP, .host = "127.0.0.1", .port = talk->server.port, .user = "", .password = "",
	                                     .timeout_seconds = 2 };
}

static void talk_send(struct talk *talk, size_t people, const char *from)
{
	struct message message = { .envelope_from = from, .recipients = two, .count = people, .bytes = bytes, .length = sizeof bytes - 1, .term = talk->term };

	outbox_attempt_init(&talk->attempt, &talk->arena, people);
	outbox_smtp_send(talk->smtp, &talk->relay, &message, &talk->attempt);
}

static void talk_end(struct talk *talk)
{
	outbox_smtp_free(&talk->smtp);
	server_end(&talk->server);
	arena_fini(&talk->arena);
}

static void test_a_mail(void **state)
{
	static const char *const script[] = { "S 220-hello", "S 220 there", "C", "S 250-relay.test", "S 250-SIZE 1000", "S 250 8BITMIME",
		"C", "S 250 ok", "C", "S 250 ok", "C", "S 550-5.1.1 no", "S 550 such user", "C", "S 354 go", "D", "S 250 2.0.0 queued as 1",
		"C", "S 250 ok", "C", "S 250 ok", "C", "S 354 go", "D", "S 250 queued as 2", "C", "S 221 bye", NULL };
	struct talk talk;

	(void)state;
	talk_start(&talk, script);
	talk_send(&talk, 2, "support+bx@example.org");
	assert_int_equal(talk.attempt.at[0].delivery, DELIVERY_SENT);
	assert_string_equal(talk.attempt.at[0].reply, "250 2.0.0 queued as 1");
	assert_int_equal(talk.attempt.at[1].delivery, DELIVERY_FAILED);
	assert_string_equal(talk.attempt.at[1].reply, "550 5.1.1 no such user");
	talk_send(&talk, 1, "");
	assert_string_equal(talk.attempt.at[0].reply, "250 queued as 2");
	assert_int_equal(talk.connections, 1);
	talk_end(&talk);
	assert_true(strncmp(talk.server.heard, "EHLO ", 5) == 0);
	assert_true(strpbrk(talk.server.heard + 5, ".[") < strchr(talk.server.heard, '\r'));     /* a full name or an address */
	assert_non_null(strstr(talk.server.heard, "MAIL FROM:<support+bx@example.org> SIZE=25\r\nRCPT TO:<a@example.com>\r\n"
	                                          "RCPT TO:<b@example.com>\r\nDATA\r\nSubject: x\r\n\r\n..dot\r\nend\r\n.\r\n"
	                                          "MAIL FROM:<> SIZE=25\r\nRCPT TO:<a@example.com>\r\nDATA\r\n"));
	assert_non_null(strstr(talk.server.heard, "QUIT\r\n"));
}

static void test_nobody_taken(void **state)
{
	static const char *const script[] = { "S 220 hello", "C", "S 502 what", "C", "S 250 old", "C", "S 250 ok", "C", "S 450 busy", "C", "S 550 gone",
		"C", "S 250 reset", "C", "S 421 closing", "X", NULL };
	struct talk talk;

	(void)state;
	talk_start(&talk, script);
	talk_send(&talk, 2, "s@example.org");
	assert_int_equal(talk.attempt.at[0].delivery, DELIVERY_RETRY);
	assert_int_equal(talk.attempt.at[1].delivery, DELIVERY_FAILED);
	assert_true(outbox_smtp_connected(talk.smtp));
	talk_end(&talk);
	assert_non_null(strstr(talk.server.heard, "HELO "));
	assert_non_null(strstr(talk.server.heard, "RSET\r\n"));
}

static void test_data_refused(void **state)
{
	static const char *const script[] = { "S 220 hello", "C", "S 250 hi", "C", "S 250 ok", "C", "S 250 ok", "C", "S 451 4.3.0 no space", "C", "S 250 reset",
		"C", "S 250 ok", "C", "S 250 ok", "C", "S 250 what", "X", NULL };
	struct talk talk;

	(void)state;
	talk_start(&talk, script);
	talk_send(&talk, 1, "s@example.org");
	assert_string_equal(talk.attempt.at[0].reply, "451 4.3.0 no space");
	assert_true(outbox_smtp_connected(talk.smtp));
	talk_send(&talk, 1, "s@example.org");
	assert_int_equal(talk.attempt.at[0].delivery, DELIVERY_RETRY);
	assert_false(outbox_smtp_connected(talk.smtp));
	talk_end(&talk);
	assert_non_null(strstr(talk.server.heard, "DATA\r\nRSET\r\nMAIL"));
	assert_null(strstr(talk.server.heard, "Subject"));
}

/* A relay that offers it hears all that comes before the words at once (RFC 2920), and its replies are told apart all the same. */
static void test_said_at_once(void **state)
{
	static const char *const script[] = { "S 220 hello", "C", "S 250-hi", "S 250 PIPELINING",
		"C", "C", "C", "C", "S 250 ok", "S 250 ok", "S 550 no such user", "S 354 go", "D", "S 250 queued as 1",
		"C", "C", "C", "S 250 ok", "S 450 busy", "S 554 nobody", "C", "S 250 reset",
		"C", "C", "C", "S 552 too large", "S 503 no sender", "S 503 no sender", "C", "S 250 reset",
		"C", "C", "C", "S 250 ok", "S 250 ok", "S 451 no space", "C", "S 250 reset",
		"C", "C", "C", "S 250 ok", "S 250 ok", "S 354 go", "D", "S 250 queued as 2",
		"C", "C", "C", "S 552 too large", "S 250 ok", "S 354 go", "X", NULL };
	struct talk talk;

	(void)state;
	talk_start(&talk, script);
	talk_send(&talk, 2, "s@example.org");
	assert_string_equal(talk.attempt.at[0].reply, "250 queued as 1");
	assert_string_equal(talk.attempt.at[1].reply, "550 no such user");
	talk_send(&talk, 1, "s@example.org");
	assert_string_equal(talk.attempt.at[0].reply, "450 busy");
	talk_send(&talk, 1, "s@example.org");
	assert_int_equal(talk.attempt.at[0].delivery, DELIVERY_FAILED);
	assert_string_equal(talk.attempt.at[0].reply, "552 too large");
	assert_true(talk.attempt.mail_refused);
	talk_send(&talk, 1, "s@example.org");
	assert_string_equal(talk.attempt.at[0].reply, "451 no space");
	talk_send(&talk, 1, "s@example.org");
	assert_string_equal(talk.attempt.at[0].reply, "250 queued as 2");
	assert_int_equal(talk.connections, 1);
	talk_send(&talk, 1, "s@example.org");                    /* it refuses the mail, and waits for its words: it gets nothing, not even an empty one */
	assert_string_equal(talk.attempt.at[0].reply, "552 too large");
	assert_false(outbox_smtp_connected(talk.smtp));
	talk_end(&talk);
	assert_null(strstr(talk.server.heard, "DATA\r\n.\r\n"));
}

/* A relay that closes a kept connection while all was said at once: nothing was sent, so it is said again on a new one. */
static void test_said_at_once_on_a_stale_connection(void **state)
{
	static const char *const script[] = { "S 220 one", "C", "S 250-hi", "S 250 PIPELINING", "C", "C", "C", "S 250 ok", "S 250 ok", "S 354 go", "D", "S 250 first",
		"C", "C", "C", "S 421 idle for too long", "X",
		"S 220 two", "C", "S 250-hi", "S 250 PIPELINING", "C", "C", "C", "S 250 ok", "S 250 ok", "S 354 go", "D", "S 250 second", "C", "S 221 bye", NULL };
	struct talk talk;

	(void)state;
	talk_start(&talk, script);
	talk_send(&talk, 1, "s@example.org");
	talk_send(&talk, 1, "s@example.org");
	assert_string_equal(talk.attempt.at[0].reply, "250 second");
	assert_int_equal(talk.connections, 2);
	talk_end(&talk);
}

/* A kept connection that the server closes with 421 is made again, and the mail goes at the first attempt. */
static void test_stale(void **state)
{
	static const char *const script[] = { "S 220 one", "C", "S 250 hi", "C", "S 250 ok", "C", "S 250 ok", "C", "S 354 go", "D", "S 250 first",
		"C", "S 421 idle for too long", "X",
		"S 220 two", "C", "S 250 hi", "C", "S 250 ok", "C", "S 250 ok", "C", "S 354 go", "D", "S 250 second", "C", "S 221 bye", NULL };
	struct talk talk;

	(void)state;
	talk_start(&talk, script);
	talk_send(&talk, 1, "s@example.org");
	talk_send(&talk, 1, "s@example.org");
	assert_string_equal(talk.attempt.at[0].reply, "250 second");
	assert_int_equal(talk.connections, 2);
	talk_end(&talk);
}

/* The lease went while the relay took its time: the mail may be another gateway's by now, so its dot is not said. */
static void test_lease_went(void **state)
{
	static const char *const script[] = { "S 220 one", "C", "S 250-hi", "S 250 PIPELINING", "C", "C", "C", "C", "S 250 ok", "S 552 too large", "S 250 ok", "S 354 go", "D", NULL };
	struct talk talk;

	(void)state;
	talk_start(&talk, script);
	talk.term = 7;
	talk_send(&talk, 2, "s@example.org");
	assert_true(talk.attempt.not_ours);
	assert_false(talk.attempt.relay_trouble);
	assert_false(talk.attempt.mail_refused);                 /* or it would go again with fewer files */
	assert_int_equal(talk.attempt.at[1].delivery, DELIVERY_NONE);
	assert_false(outbox_smtp_connected(talk.smtp));
	talk_end(&talk);
	assert_null(strstr(talk.server.heard, "\r\n.\r\n"));
}

static void test_drops(void **state)
{
	static const char *const in_data[] = { "S 220 one", "C", "S 250 hi", "C", "S 250 ok", "C", "S 250 ok", "C", "S 354 go", "D", "X", NULL };
	static const char *const at_rcpt[] = { "S 220 one", "C", "S 250 hi", "C", "S 250 ok", "C", "X", NULL };
	static const char *const greeting[] = { "S 554 go away", "X", NULL };
	static const char *const nonsense[] = { "S HTTP/1.1 400 Bad Request", "X", NULL };
	static const char *const later[] = { "S 220 one", "C", "S 250 hi", "C", "S 250 ok", "C", "S 421 4.3.2 shutting down", "X", NULL };
	struct talk talk;

	(void)state;
	talk_start(&talk, in_data);
	talk_send(&talk, 1, "s@example.org");
	assert_int_equal(talk.attempt.at[0].delivery, DELIVERY_RETRY);
	assert_non_null(strstr(talk.attempt.at[0].reply, "it may arrive twice"));
	assert_false(talk.attempt.relay_trouble);
	talk_end(&talk);

	talk_start(&talk, at_rcpt);
	talk_send(&talk, 2, "s@example.org");
	assert_int_equal(talk.attempt.at[1].delivery, DELIVERY_RETRY);
	assert_string_equal(talk.attempt.at[1].reply, "the relay closed the connection");
	assert_false(outbox_smtp_connected(talk.smtp));
	talk_end(&talk);

	talk_start(&talk, greeting);
	talk_send(&talk, 1, "s@example.org");
	assert_true(talk.attempt.relay_trouble);
	assert_non_null(strstr(talk.attempt.at[0].reply, "554 go away"));
	talk_end(&talk);

	talk_start(&talk, nonsense);
	talk_send(&talk, 1, "s@example.org");
	assert_true(talk.attempt.relay_trouble);
	assert_string_equal(talk.attempt.at[0].reply, "what the relay says is not SMTP");
	talk_end(&talk);

	talk_start(&talk, later);
	talk_send(&talk, 2, "s@example.org");
	assert_string_equal(talk.attempt.at[1].reply, "421 4.3.2 shutting down");
	assert_false(outbox_smtp_connected(talk.smtp));
	talk_end(&talk);
}

static void test_nobody_listens(void **state)
{
	static const char *const script[] = { NULL };
	struct talk talk;
	int64_t begin;

	(void)state;
	talk_start(&talk, script);
	server_end(&talk.server);
	talk_send(&talk, 1, "s@example.org");
	assert_true(talk.attempt.relay_trouble);
	assert_non_null(strstr(talk.attempt.at[0].reply, "no connection to 127.0.0.1:"));
	talk.relay.host = "no-such-host.invalid";
	talk_send(&talk, 1, "s@example.org");
	assert_non_null(strstr(talk.attempt.at[0].reply, "cannot be found"));
	outbox_smtp_free(&talk.smtp);
	arena_fini(&talk.arena);

	talk_start(&talk, script);                       /* takes the connection and says nothing while we stop */
	talk.relay.timeout_seconds = 30;
	begin = clock_monotonic_us();
	talk.stop_at = begin + 200000;
	talk_send(&talk, 1, "s@example.org");
	assert_true(clock_monotonic_us() - begin < 5000000);
	talk_end(&talk);
}

static void test_password(void **state)
{
	static const char *const plain[] = { "S 220 one", "C", "S 250-hi", "S 250 AUTH LOGIN PLAIN", "C", "S 235 in", "C", "S 250 ok", "C", "S 250 ok",
		"C", "S 354 go", "D", "S 250 done", "C", "S 221 bye", NULL };
	static const char *const login[] = { "S 220 one", "C", "S 250-hi", "S 250 AUTH LOGIN", "C", "S 334 VXNlcm5hbWU6", "C", "S 334 UGFzc3dvcmQ6",
		"C", "S 535 5.7.8 wrong", "X", NULL };
	struct talk talk;

	(void)state;
	talk_start(&talk, plain);
	talk.relay.user = "desk";
	talk.relay.password = "secret";
	talk_send(&talk, 1, "s@example.org");
	assert_int_equal(talk.attempt.at[0].delivery, DELIVERY_SENT);
	talk_end(&talk);
	assert_non_null(strstr(talk.server.heard, "AUTH PLAIN AGRlc2sAc2VjcmV0\r\n"));

	talk_start(&talk, login);
	talk.relay.user = "desk";
	talk.relay.password = "secret";
	talk_send(&talk, 1, "s@example.org");
	assert_true(talk.attempt.relay_trouble);
	assert_non_null(strstr(talk.attempt.at[0].reply, "AUTH: 535 5.7.8 wrong"));
	talk_end(&talk);
	assert_non_null(strstr(talk.server.heard, "AUTH LOGIN\r\nZGVzaw==\r\nc2VjcmV0\r\n"));
}

/* ---- files ---- */

static void test_maildir(void **state)
{
	char path[] = "/tmp/sportello-unit-XXXXXX", inside[128], text[256] = "", command[160];
	struct message message = { .envelope_from = "s@example.org", .recipients = two, .count = 2, .bytes = bytes, .length = sizeof bytes - 1,
	                         .name = "0000000001.M000000001.example.org" };
	CLEANUP_ARENA struct arena arena;
	struct attempt attempt;
	struct stat there;
	FILE *file;

	(void)state;
	arena_init(&arena);
	assert_non_null(mkdtemp(path));
	snprintf(inside, sizeof inside, "%s/mails", path);
	outbox_attempt_init(&attempt, &arena, 2);
	attempt.at[1].delivery = DELIVERY_FAILED;
	outbox_maildir_send(inside, &message, &attempt);
	assert_int_equal(attempt.at[0].delivery, DELIVERY_SENT);
	assert_int_equal(attempt.at[1].delivery, DELIVERY_FAILED);
	snprintf(command, sizeof command, "%s/new/%s", inside, message.name);
	assert_int_equal(stat(command, &there), 0);
	assert_int_equal(there.st_mode & 0007, 0);
	assert_non_null(file = fopen(command, "r"));
	assert_true(fread(text, 1, sizeof text - 1, file) > 0);
	fclose(file);
	assert_string_equal(text, "Return-Path: <s@example.org>\nDelivered-To: a@example.com\nSubject: x\n\n.dot\nend\n");
	outbox_attempt_init(&attempt, &arena, 2);
	outbox_maildir_send("/proc/nowhere", &message, &attempt);
	assert_int_equal(attempt.at[0].delivery, DELIVERY_RETRY);
	assert_true(attempt.relay_trouble);
	snprintf(command, sizeof command, "rm -r %s", path);
	assert_int_equal(system(command), 0);
}

/* ---- a result and the row that it is about ---- */

static void row_written(struct fixture *f, const struct outbox_row *row)
{
	OK(store_begin(f->store, &f->error));
	OK(store_outbox_result(f->store, row, NULL, &f->error));
	OK(store_commit(f->store, &f->error));
}

/* What one recipient's attempt of such a row comes to, written as a sender's result is. Is it late? */
static bool result_written(struct fixture *f, struct outbox_row row, enum delivery delivery, const char *reply)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct outcome outcome = { .row = row, .quietly = true };
	struct attempt attempt;

	outcome.row.recipients.at = ARENA_ARRAY(&arena, struct outbox_recipient, 1);
	outcome.row.recipients.at[0] = row.recipients.at[0];
	outbox_attempt_init(&attempt, &arena, 1);
	attempt.at[0].delivery = delivery;
	attempt.at[0].reply = reply;
	outbox_judge_row(&arena, &outcome.row, &attempt, clock_now(), 5 * 60 * 60 * 1000, &outcome.result);
	OK(store_begin(f->store, &f->error));
	OK(outbox_outcome_write(f->store, &outcome, &f->error));
	OK(store_commit(f->store, &f->error));
	return outcome.late;
}

static void assert_row(struct fixture *f, int64_t id, enum outbox_state state, int attempts, const char *reply)
{
	struct outbox_row row;

	OK(store_outbox_get(f->store, &f->arena, id, &row, &f->error));
	assert_int_equal(row.state, state);
	assert_int_equal(row.attempts, attempts);
	assert_string_equal(row.last_reply, reply);
}

static void a_late_failure_does_not_undo_what_another_gateway_sent(void **state)
{
	struct fixture *f = *state;
	struct outbox_row taken;

	make_ticket(f, "ann@customer.example", "<a@x>");
	OK(store_outbox_get(f->store, &f->arena, 1, &taken, &f->error));
	assert_false(result_written(f, taken, DELIVERY_SENT, "250 ok"));
	assert_true(result_written(f, taken, DELIVERY_FAILED, "550 gone"));
	assert_row(f, 1, OUTBOX_SENT, 1, "250 ok");
	assert_true(result_written(f, taken, DELIVERY_RETRY, "451 later"));
	assert_row(f, 1, OUTBOX_SENT, 1, "250 ok");
}

static void a_late_success_counts_while_the_row_still_waits(void **state)
{
	struct fixture *f = *state;
	struct outbox_row taken;

	make_ticket(f, "ann@customer.example", "<a@x>");
	OK(store_outbox_get(f->store, &f->arena, 1, &taken, &f->error));
	assert_false(result_written(f, taken, DELIVERY_RETRY, "451 later"));
	/* It did not look at what the first one did: another's failure, or a second deferral, says nothing new. */
	assert_true(result_written(f, taken, DELIVERY_FAILED, "550 gone"));
	assert_true(result_written(f, taken, DELIVERY_RETRY, "452 later"));
	assert_row(f, 1, OUTBOX_WAITING, 1, "451 later");
	assert_false(result_written(f, taken, DELIVERY_SENT, "250 ok"));
	assert_row(f, 1, OUTBOX_SENT, 1, "250 ok");
}

/* The report may be quicker than our own commit. */
static void a_mail_that_came_back_stays_so_when_it_is_said_to_be_sent(void **state)
{
	struct fixture *f = *state;
	struct outbox_row taken, bounced;

	make_ticket(f, "ann@customer.example", "<a@x>");
	OK(store_outbox_get(f->store, &f->arena, 1, &taken, &f->error));
	OK(store_outbox_get(f->store, &f->arena, 1, &bounced, &f->error));
	store_outbox_row_failed(&bounced, "ann@customer.example", "550 no such user");
	row_written(f, &bounced);
	assert_true(result_written(f, taken, DELIVERY_SENT, "250 ok"));
	assert_row(f, 1, OUTBOX_FAILED, 0, "550 no such user");
}

/* When is it tried again, whose attempt began so many milliseconds from the moment at which all were asked for? */
static int64_t next_try_of(struct fixture *f, int64_t id, int64_t began)
{
	struct outcome outcome = { .quietly = true, .began = began };
	struct attempt attempt;
	struct outbox_row row;

	OK(store_outbox_get(f->store, &f->arena, id, &outcome.row, &f->error));
	outbox_attempt_init(&attempt, &f->arena, 1);
	attempt.at[0].delivery = DELIVERY_RETRY;
	attempt.at[0].reply = "451 later";
	outbox_judge_row(&f->arena, &outcome.row, &attempt, clock_now(), 5 * 60 * 60 * 1000, &outcome.result);
	OK(store_begin(f->store, &f->error));
	OK(outbox_outcome_write(f->store, &outcome, &f->error));
	OK(store_commit(f->store, &f->error));
	OK(store_outbox_get(f->store, &f->arena, id, &row, &f->error));
	return row.next_try;
}

static void who_asks_for_all_at_once_means_what_is_being_tried_too(void **state)
{
	struct fixture *f = *state;
	int64_t count, began = clock_now(), number = 0;

	make_ticket(f, "ann@customer.example", "<a@x>");
	make_ticket(f, "ben@customer.example", "<b@x>");
	make_ticket(f, "eva@customer.example", "<c@x>");
	OK(store_begin(f->store, &f->error));
	OK(store_outbox_retry_now(f->store, &count, &f->error));
	OK(store_number_get(f->store, STORE_OUTBOX_RETRIED, &number, &f->error));
	OK(store_commit(f->store, &f->error));
	assert_true(next_try_of(f, 1, began) <= clock_now());
	assert_true(next_try_of(f, 2, number + 1) > clock_now());
	/* The clock was set back since: it is not asked for in days. */
	OK(store_begin(f->store, &f->error));
	OK(store_number_set(f->store, STORE_OUTBOX_RETRIED, clock_now() + 86400000, &f->error));
	OK(store_commit(f->store, &f->error));
	assert_true(next_try_of(f, 3, clock_now()) < clock_now() + 3600000);
	assert_true(next_try_of(f, 3, clock_now()) > clock_now());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replies), cmocka_unit_test(test_reply_line), cmocka_unit_test(test_pause), cmocka_unit_test(test_written), cmocka_unit_test(test_rows),
		cmocka_unit_test(test_give_up), cmocka_unit_test(test_a_mail), cmocka_unit_test(test_nobody_taken), cmocka_unit_test(test_data_refused), cmocka_unit_test(test_said_at_once), cmocka_unit_test(test_said_at_once_on_a_stale_connection), cmocka_unit_test(test_stale), cmocka_unit_test(test_lease_went),
		cmocka_unit_test(test_drops), cmocka_unit_test(test_nobody_listens), cmocka_unit_test(test_password), cmocka_unit_test(test_maildir),
		cmocka_unit_test_setup_teardown(a_late_failure_does_not_undo_what_another_gateway_sent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_late_success_counts_while_the_row_still_waits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_asks_for_all_at_once_means_what_is_being_tried_too, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_mail_that_came_back_stays_so_when_it_is_said_to_be_sent, set_up, tear_down),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
