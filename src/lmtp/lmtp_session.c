/*
 * lmtp_session.c - one LMTP session: the table of states and commands, and what each command does. RFC 2033, 5321, 3030.
 *
 * Takes bytes in any pieces and answers into a buffer; knows neither socket nor thread nor what an address means: that is
 * asked of the handler. The table `steps` is complete, every verb in every state; enter() alone changes the state.
 * Commands are answered one by one in their order, so PIPELINING (RFC 2920) needs nothing of its own.
 * Wrong commands are counted, and too many end the session with 421; refusals that a correct client can meet (unknown
 * recipients, sizes) are not. Logs at debug level: lmtp.state with from and to.
 */
#include "lmtp_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum state {
	STATE_FRESH,          /* nothing said yet */
	STATE_READY,          /* LHLO was said, no transaction */
	STATE_MAIL,           /* sender accepted, no recipient yet */
	STATE_RCPT,           /* one recipient or more accepted */
	STATE_CHUNKS,         /* one BDAT or more taken, LAST not seen */
	STATE_COMMANDS,       /* the states above take command lines, those below do not */
	STATE_DATA = STATE_COMMANDS, /* the text of a message, up to its final dot */
	STATE_CHUNK,          /* the bytes of a chunk */
	STATE_WAITING,        /* a message is whole, and the handler does not know yet what becomes of it */
	STATE_ENDED
};
static const char *const state_names[] = { "fresh", "ready", "mail", "rcpt", "chunks", "data", "chunk", "waiting", "ended" };

/* The bytes that a BDAT announced. A refused chunk is read all the same, to stay in step with the client. */
struct chunk { uint64_t left; bool last; int refusal; enum state before; };

struct lmtp_session {
	struct buffer our_name;
	struct lmtp_limits limits;
	struct lmtp_handler handler;
	void *context;
	enum state state;
	bool open;            /* a transaction: MAIL was accepted */
	bool smtputf8;        /* asked for in this transaction */
	bool too_large;       /* the message went over the limit: swallowed from there */
	bool lost;            /* the handler could not keep it: swallowed from there */
	uint64_t received;    /* bytes of the message that were handed on */
	size_t recipients;    /* accepted ones */
	size_t bad_commands;
	struct lmtp_data data;
	struct chunk chunk;
	struct buffer line;   /* a command line that came in pieces */
	bool line_too_long;
	char *address;        /* room for any address of a command line */
	struct lmtp_reply *replies;
	size_t reply_room;
};

typedef void step(struct lmtp_session *session, const struct lmtp_command *command, int say, struct buffer *out);

/* ---- the session's own moves ---- */

static void enter(struct lmtp_session *session, enum state state)
{
	if (state == session->state)
		return;
	log_event(LOG_DEBUG, "lmtp.state", "from", state_names[session->state], "to", state_names[state], NULL);
	session->state = state;
}

/* Leaves no transaction behind; the state is the caller's. */
static void forget(struct lmtp_session *session)
{
	if (session->open)
		session->handler.reset(session->context);
	session->open = session->smtputf8 = session->too_large = session->lost = false;
	session->received = 0;
	session->recipients = 0;
}

static void hang_up(struct lmtp_session *session)
{
	forget(session);
	enter(session, STATE_ENDED);
}

static void reply_send(struct lmtp_session *session, const struct lmtp_reply *reply, struct buffer *out)
{
	assert(reply->code >= 200 && reply->code <= 599);
	lmtp_reply_write(out, reply, session->smtputf8);
	if (reply->code == 421)
		hang_up(session);
}

static void say_with(struct lmtp_session *session, int say, const char *detail, struct buffer *out)
{
	struct lmtp_reply reply;

	lmtp_reply_fill(&reply, say, detail);
	reply_send(session, &reply, out);
}

/* A command that no correct client sends. The 421 takes the place of the reply: one reply a command. */
static void object(struct lmtp_session *session, int say, const char *detail, struct buffer *out)
{
	if (++session->bad_commands > session->limits.bad_commands)
		say = SAY_TOO_MUCH_NOISE;
	say_with(session, say, detail, out);
}

/* ---- the message ---- */

/* A run of message bytes: an lmtp_run_fn. */
static void keep(void *context, const char *bytes, size_t length)
{
	struct lmtp_session *session = context;

	if (session->too_large || session->lost)
		return;
	if (length > session->limits.message_bytes - session->received) {
		session->too_large = true;
		return;
	}
	session->received += length;
	session->lost = !session->handler.data(session->context, bytes, length);
}

static void replies_prepare(struct lmtp_session *session, int say)
{
	if (session->reply_room < session->recipients) {
		free(session->replies);
		session->replies = malloc(session->recipients * sizeof *session->replies);
		if (!session->replies)
			abort();
		session->reply_room = session->recipients;
	}
	for (size_t i = 0; i < session->recipients; i++)
		lmtp_reply_fill(&session->replies[i], say, NULL);
}

/* A reply for each accepted recipient, in their order (RFC 2033 section 4.2). */
void lmtp_session_answered(struct lmtp_session *session, struct buffer *out)
{
	size_t count = session->recipients;
	bool utf8 = session->smtputf8, end = false;

	forget(session);
	enter(session, STATE_READY);
	session->bad_commands = 0;
	for (size_t i = 0; i < count; i++) {
		assert(session->replies[i].code >= 200 && session->replies[i].code <= 599);
		lmtp_reply_write(out, &session->replies[i], utf8);
		end = end || session->replies[i].code == 421;
	}
	if (end)
		hang_up(session);
}

/* The whole message is here. */
static void message_end(struct lmtp_session *session, struct buffer *out)
{
	replies_prepare(session, session->too_large ? LMTP_TOO_LARGE : LMTP_STORE_TROUBLE);
	enter(session, STATE_WAITING);
	if (!session->too_large) {
		session->open = false;
		if (!session->handler.data_end(session->context, session->replies, session->recipients))
			return;
	}
	lmtp_session_answered(session, out);
}

static void chunk_end(struct lmtp_session *session, struct buffer *out)
{
	if (session->chunk.refusal != SAY_NOTHING) {
		enter(session, session->chunk.before);
		if (session->chunk.refusal == SAY_NO_RECIPIENTS)
			say_with(session, SAY_NO_RECIPIENTS, NULL, out);
		else
			object(session, session->chunk.refusal, NULL, out);
	} else if (session->chunk.last) {
		message_end(session, out);
	} else {
		enter(session, STATE_CHUNKS);
		say_with(session, session->too_large ? LMTP_TOO_LARGE : SAY_CHUNK_TAKEN, NULL, out);
	}
}

/* ---- steps: what a command does in a state where it may come. `say` comes from the table. ---- */

static void answer(struct lmtp_session *session, const struct lmtp_command *command, int say, struct buffer *out)
{
	say_with(session, say, NULL, out);
}

static void refuse(struct lmtp_session *session, const struct lmtp_command *command, int say, struct buffer *out)
{
	object(session, say, NULL, out);
}

static void do_lhlo(struct lmtp_session *session, const struct lmtp_command *command, int say, struct buffer *out)
{
	uint64_t limit = session->limits.message_bytes;

	if (!command->argument.length) {
		object(session, SAY_LHLO_NEEDS_NAME, NULL, out);
		return;
	}
	forget(session);
	enter(session, STATE_READY);
	lmtp_capabilities_write(out, buffer_string(&session->our_name), limit == UINT64_MAX ? 0 : limit);
}

static void do_mail(struct lmtp_session *session, const struct lmtp_command *command, int say, struct buffer *out)
{
	struct lmtp_mail mail;
	struct lmtp_reply reply;
	char detail[64];
	int objection = lmtp_mail_parse(command->argument, session->address, &mail, detail);

	if (objection != SAY_NOTHING) {
		object(session, objection, detail, out);
		return;
	}
	if (mail.size > session->limits.message_bytes) {
		say_with(session, LMTP_TOO_LARGE, NULL, out);
		return;
	}
	lmtp_reply_fill(&reply, SAY_SENDER_OK, NULL);
	session->handler.mail(session->context, session->address, mail.size, mail.smtputf8, &reply);
	if (reply.code < 400) {
		session->open = true;
		session->smtputf8 = mail.smtputf8;
		enter(session, STATE_MAIL);
	}
	reply_send(session, &reply, out);
}

static void do_rcpt(struct lmtp_session *session, const struct lmtp_command *command, int say, struct buffer *out)
{
	struct lmtp_reply reply;
	char detail[64];
	int objection = lmtp_recipient_parse(command->argument, session->address, detail);

	if (objection != SAY_NOTHING) {
		object(session, objection, detail, out);
		return;
	}
	if (session->recipients >= session->limits.recipients) {
		say_with(session, LMTP_TOO_MANY_RECIPIENTS, NULL, out);
		return;
	}
	lmtp_reply_fill(&reply, LMTP_RECIPIENT_OK, NULL);
	session->handler.recipient(session->context, session->address, &reply);
	if (reply.code < 400) {
		session->recipients++;
		enter(session, STATE_RCPT);
	}
	reply_send(session, &reply, out);
}

static void do_data(struct lmtp_session *session, const struct lmtp_command *command, int say, struct buffer *out)
{
	if (command->argument.length) {
		object(session, SAY_NO_ARGUMENT, NULL, out);
		return;
	}
	lmtp_data_init(&session->data);
	enter(session, STATE_DATA);
	say_with(session, SAY_GO_AHEAD, NULL, out);
}

/* `say` is the refusal of a chunk that may not come now, or SAY_NOTHING. */
static void do_bdat(struct lmtp_session *session, const struct lmtp_command *command, int say, struct buffer *out)
{
	struct chunk *chunk = &session->chunk;

	/* Without the count nobody knows where the message ends and commands begin: go on reading and a mail could give them. */
	if (!lmtp_chunk_parse(command->argument, &chunk->left, &chunk->last)) {
		say_with(session, SAY_BAD_CHUNK, NULL, out);
		hang_up(session);
		return;
	}
	chunk->refusal = say;
	chunk->before = session->state;
	enter(session, STATE_CHUNK);
	if (!chunk->left)
		chunk_end(session, out);
}

static void do_reset(struct lmtp_session *session, const struct lmtp_command *command, int say, struct buffer *out)
{
	if (command->argument.length) {
		object(session, SAY_NO_ARGUMENT, NULL, out);
		return;
	}
	forget(session);
	if (session->state != STATE_FRESH)
		enter(session, STATE_READY);
	say_with(session, SAY_RESET, NULL, out);
}

static void do_quit(struct lmtp_session *session, const struct lmtp_command *command, int say, struct buffer *out)
{
	say_with(session, SAY_BYE, NULL, out);
	hang_up(session);
}

/* ---- the table ---- */

#define ANYWHERE \
	[VERB_LHLO] = { do_lhlo, 0 },                   [VERB_HELO] = { refuse, SAY_USE_LHLO }, \
	[VERB_RSET] = { do_reset, 0 },                  [VERB_NOOP] = { answer, SAY_NOOP }, \
	[VERB_QUIT] = { do_quit, 0 },                   [VERB_VRFY] = { answer, SAY_VERIFY }, \
	[VERB_HELP] = { answer, SAY_HELP },             [VERB_NOT_OFFERED] = { refuse, SAY_NOT_OFFERED }, \
	[VERB_FOREIGN] = { answer, SAY_FOREIGN },       [VERB_MALFORMED] = { refuse, SAY_CONTROL_CHARACTER }, \
	[VERB_UNKNOWN] = { refuse, SAY_UNKNOWN_COMMAND }

static const struct { step *take; int say; } steps[STATE_COMMANDS][VERB_COUNT] = {
	[STATE_FRESH] = { ANYWHERE,
		[VERB_MAIL] = { refuse, SAY_LHLO_FIRST },   [VERB_RCPT] = { refuse, SAY_LHLO_FIRST },
		[VERB_DATA] = { refuse, SAY_LHLO_FIRST },   [VERB_BDAT] = { do_bdat, SAY_LHLO_FIRST } },
	[STATE_READY] = { ANYWHERE,
		[VERB_MAIL] = { do_mail, 0 },               [VERB_RCPT] = { refuse, SAY_MAIL_FIRST },
		[VERB_DATA] = { refuse, SAY_MAIL_FIRST },   [VERB_BDAT] = { do_bdat, SAY_MAIL_FIRST } },
	[STATE_MAIL] = { ANYWHERE,
		[VERB_MAIL] = { refuse, SAY_MAIL_TWICE },   [VERB_RCPT] = { do_rcpt, 0 },
		[VERB_DATA] = { answer, SAY_NO_RECIPIENTS }, [VERB_BDAT] = { do_bdat, SAY_NO_RECIPIENTS } },
	[STATE_RCPT] = { ANYWHERE,
		[VERB_MAIL] = { refuse, SAY_MAIL_TWICE },   [VERB_RCPT] = { do_rcpt, 0 },
		[VERB_DATA] = { do_data, 0 },               [VERB_BDAT] = { do_bdat, SAY_NOTHING } },
	[STATE_CHUNKS] = { ANYWHERE,
		[VERB_MAIL] = { refuse, SAY_BDAT_ONLY },    [VERB_RCPT] = { refuse, SAY_BDAT_ONLY },
		[VERB_DATA] = { refuse, SAY_BDAT_ONLY },    [VERB_BDAT] = { do_bdat, SAY_NOTHING } },
};

/* ---- bytes in ---- */

/* A whole line with its LF; a CR before it is part of the end, and a client that leaves it out is understood. */
static void line_run(struct lmtp_session *session, const char *line, size_t length, struct buffer *out)
{
	struct lmtp_command command;

	length -= length > 1 && line[length - 2] == '\r' ? 2 : 1;
	command = lmtp_command_parse(line, length);
	steps[session->state][command.verb].take(session, &command, steps[session->state][command.verb].say, out);
}

/* Up to the end of a command line. A line that came whole is read where it stands. */
static size_t take_line(struct lmtp_session *session, const char *bytes, size_t length, struct buffer *out)
{
	const char *newline = memchr(bytes, '\n', length);
	size_t taken = newline ? (size_t)(newline - bytes) + 1 : length;

	if (session->line.length + taken > session->limits.command_bytes)
		session->line_too_long = true;
	if (session->line_too_long) {
		if (newline) {
			session->line_too_long = false;
			buffer_reset(&session->line);
			object(session, SAY_LINE_TOO_LONG, NULL, out);
		}
	} else if (newline && !session->line.length) {
		line_run(session, bytes, taken, out);
	} else {
		buffer_add(&session->line, bytes, taken);
		if (newline) {
			line_run(session, session->line.at, session->line.length, out);
			buffer_reset(&session->line);
		}
	}
	return taken;
}

static size_t take_data(struct lmtp_session *session, const char *bytes, size_t length, struct buffer *out)
{
	size_t taken = lmtp_data_feed(&session->data, bytes, length, keep, session);

	if (session->data.place == PLACE_END)
		message_end(session, out);
	return taken;
}

static size_t take_chunk(struct lmtp_session *session, const char *bytes, size_t length, struct buffer *out)
{
	size_t taken = length < session->chunk.left ? length : (size_t)session->chunk.left;

	if (session->chunk.refusal == SAY_NOTHING)
		keep(session, bytes, taken);
	session->chunk.left -= taken;
	if (!session->chunk.left)
		chunk_end(session, out);
	return taken;
}

size_t lmtp_session_feed(struct lmtp_session *session, const void *bytes, size_t length, struct buffer *out)
{
	const char *at = bytes;
	size_t taken = 0;

	while (taken < length && session->state < STATE_WAITING) {
		if (session->state == STATE_DATA)
			taken += take_data(session, at + taken, length - taken, out);
		else if (session->state == STATE_CHUNK)
			taken += take_chunk(session, at + taken, length - taken, out);
		else
			taken += take_line(session, at + taken, length - taken, out);
	}
	return taken;
}

/* ---- the door ---- */

struct lmtp_session *lmtp_session_new(const char *our_name, const struct lmtp_limits *limits,
                                      const struct lmtp_handler *handler, void *context)
{
	struct lmtp_session *session = calloc(1, sizeof *session);

	assert(handler->mail && handler->recipient && handler->data && handler->data_end && handler->reset);
	if (!session || !(session->address = malloc(limits->command_bytes + 1)))
		abort();
	buffer_init(&session->our_name);
	buffer_add_string(&session->our_name, our_name);
	buffer_init(&session->line);
	session->limits = *limits;
	if (!session->limits.message_bytes)
		session->limits.message_bytes = UINT64_MAX;
	session->handler = *handler;
	session->context = context;
	return session;
}

void lmtp_session_free(struct lmtp_session **session)
{
	if (!*session)
		return;
	forget(*session);
	buffer_fini(&(*session)->our_name);
	buffer_fini(&(*session)->line);
	free((*session)->address);
	free((*session)->replies);
	free(*session);
	*session = NULL;
}

void lmtp_session_greet(struct lmtp_session *session, struct buffer *out)
{
	say_with(session, SAY_GREETING, buffer_string(&session->our_name), out);
}

bool lmtp_session_ended(const struct lmtp_session *session)
{
	return session->state == STATE_ENDED;
}

bool lmtp_session_waits(const struct lmtp_session *session)
{
	return session->state == STATE_WAITING;
}

bool lmtp_session_in_transaction(const struct lmtp_session *session)
{
	return session->state == STATE_DATA || session->state == STATE_CHUNKS
	       || (session->state == STATE_CHUNK && session->chunk.refusal == SAY_NOTHING);
}

void lmtp_session_end(struct lmtp_session *session, enum lmtp_answer why, struct buffer *out)
{
	struct lmtp_reply reply;

	if (session->state == STATE_ENDED)
		return;
	lmtp_reply_of(&reply, why, NULL);
	lmtp_reply_write(out, &reply, false);
	hang_up(session);
}
