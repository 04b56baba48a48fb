/*
 * postgres_expect.c - answers that are at hand before they are asked for: what a batch of jobs will read, asked all at once.
 *
 * A question costs a way to the server and back, and mails ask some dozen each. So the store's writer rehearses a batch first (store_writer.c): its jobs read as they
 * will, and each question that has no answer yet is sent, and not waited for; the job is told to try later. When all were heard, all answers are taken together, and
 * those who were not at the end rehearse again. A batch goes three or four ways, however many mails are in it. All of that is inside the transaction and behind its lock:
 * nobody else can change what was answered. What the batch itself writes can: each write takes back the answers that it may have changed. `about` says which those are;
 * a statement that does not stand there changes all, so that a new one can only be slow, and never wrong.
 */
#include "postgres_private.h"

#include <string.h>

#define ROUNDS_MOST 12           /* of a rehearsal: a mail of many clues leads from one to the next */

/* What an answer, or a write, is about: of which ticket, contact, hash, as its first value says. */
enum about {
	ABOUT_ALL,               /* an answer that any write takes back; a write that takes back all */
	ABOUT_TICKET, ABOUT_HISTORY, ABOUT_CONTACT, ABOUT_OUTBOX, ABOUT_MAILBOX_KEY, ABOUT_CONTACT_KEY,
	ABOUT_FIXED,             /* an answer that no write of this list can change */
	ABOUT_NEW,               /* a write of rows that no answer of this list is about */
	ABOUT_NONE,              /* not a write of ours */
};

static const struct { unsigned char about; bool second; } abouts[STATEMENT_COUNT] = {        /* second: its second value says of which */
	/* answers */
	[SQL_TICKET_GET] = { ABOUT_TICKET, false }, [SQL_TICKET_MERGED_INTO] = { ABOUT_TICKET, false }, [SQL_PARTICIPANTS] = { ABOUT_TICKET, false },
	[SQL_TAGS] = { ABOUT_TICKET, false }, [SQL_WATCHERS] = { ABOUT_TICKET, false }, [SQL_MESSAGE_IDS] = { ABOUT_TICKET, false },
	[SQL_MESSAGE_LAST_SEQ] = { ABOUT_TICKET, false }, [SQL_SUGGESTION_GET] = { ABOUT_TICKET, false }, [SQL_SUGGESTED_GET] = { ABOUT_TICKET, false },
	[SQL_MESSAGE_RUSH] = { ABOUT_TICKET, false }, [SQL_TIMERS_COLLEAGUES] = { ABOUT_TICKET, false }, [SQL_TIMER_GATHERING] = { ABOUT_TICKET, false },
	[SQL_MESSAGE_OF_ID] = { ABOUT_TICKET, false }, [SQL_HISTORY_LAST] = { ABOUT_HISTORY, false }, [SQL_CONTACT_GET] = { ABOUT_CONTACT, false },
	[SQL_OUTBOX_TRIED] = { ABOUT_OUTBOX, false },
	[SQL_MAILBOX_CLAIM] = { ABOUT_FIXED, false }, [SQL_MAILBOX_SAME_MAIL] = { ABOUT_FIXED, false }, [SQL_MAILBOX_TICKET_OF_MESSAGE_ID] = { ABOUT_FIXED, false },
	[SQL_AWAY] = { ABOUT_FIXED, false }, [SQL_DOMAIN_ANY] = { ABOUT_FIXED, false }, [SQL_DOMAIN_OWNER] = { ABOUT_FIXED, false },
	[OWN_MAILBOX_KEY_NEWEST] = { ABOUT_MAILBOX_KEY, false }, [OWN_MAILBOX_KEY_OLDEST] = { ABOUT_MAILBOX_KEY, false },
	[OWN_CONTACT_KEY_NEWEST] = { ABOUT_CONTACT_KEY, false }, [OWN_CONTACT_KEY_OLDEST] = { ABOUT_CONTACT_KEY, false },
	/* writes */
	[SQL_TICKET_ADD] = { ABOUT_TICKET, false }, [SQL_TICKET_VOICE] = { ABOUT_TICKET, false }, [SQL_TICKET_TOUCH] = { ABOUT_TICKET, false },
	[SQL_TICKET_STATE] = { ABOUT_TICKET, false }, [SQL_TICKET_QUEUE] = { ABOUT_TICKET, false }, [SQL_TICKET_AGENT] = { ABOUT_TICKET, false },
	[SQL_TICKET_LANGUAGE] = { ABOUT_TICKET, false }, [SQL_TICKET_PENDING] = { ABOUT_TICKET, false }, [SQL_MESSAGE_ADD] = { ABOUT_TICKET, false },
	[SQL_MESSAGE_SET_TEXT] = { ABOUT_TICKET, false }, [SQL_PARTICIPANT_ADD] = { ABOUT_TICKET, false }, [SQL_TIMER_ADD] = { ABOUT_TICKET, true },
	[SQL_TIMERS_CLEAR] = { ABOUT_TICKET, false }, [SQL_TAG_ADD] = { ABOUT_TICKET, false }, [SQL_TAG_REMOVE] = { ABOUT_TICKET, false },
	[SQL_WATCHER_ADD] = { ABOUT_TICKET, false }, [SQL_WATCHER_REMOVE] = { ABOUT_TICKET, false }, [SQL_SUGGESTION_ADD] = { ABOUT_TICKET, false },
	[SQL_SUGGESTED_ADD] = { ABOUT_TICKET, false }, [SQL_HISTORY_ADD] = { ABOUT_HISTORY, false },
	[SQL_CONTACT_WROTE] = { ABOUT_CONTACT, false }, [SQL_CONTACT_WINDOW] = { ABOUT_CONTACT, false }, [SQL_CONTACT_PROVED] = { ABOUT_CONTACT, false },
	[SQL_CONTACT_LAST_TICKET] = { ABOUT_CONTACT, false }, [SQL_CONTACT_ARRIVES] = { ABOUT_CONTACT, false }, [SQL_CONTACT_BOUNCED] = { ABOUT_CONTACT, false },
	[SQL_CONTACT_REFUSED] = { ABOUT_CONTACT, false }, [SQL_CONTACT_ASKED] = { ABOUT_CONTACT, false }, [SQL_CONTACT_SPAM] = { ABOUT_CONTACT, false },
	[SQL_CONTACT_AGENT] = { ABOUT_CONTACT, false },
	[OWN_MAILBOX_KEY_ADD] = { ABOUT_MAILBOX_KEY, false }, [OWN_CONTACT_KEY_ADD] = { ABOUT_CONTACT_KEY, false },
	[SQL_RAW_ADD] = { ABOUT_NEW, false }, [SQL_MAILBOX_ADD] = { ABOUT_NEW, false }, [SQL_MAILBOX_AGAIN] = { ABOUT_NEW, false }, [SQL_CONTACT_ADD] = { ABOUT_NEW, false },
	[SQL_OUTBOX_ADD] = { ABOUT_NEW, false }, [SQL_OUTBOX_RESULT] = { ABOUT_OUTBOX, false }, [SQL_REFERRED_SET] = { ABOUT_NEW, false }, [SQL_ROUTED_ADD] = { ABOUT_NEW, false },
	[SQL_LEARNED_ADD] = { ABOUT_NEW, false }, [SQL_CONFIRM_ANSWERED] = { ABOUT_NEW, false },
	[OWN_BEGIN] = { ABOUT_NONE, false }, [OWN_LOCK] = { ABOUT_NONE, false }, [OWN_SAVEPOINT] = { ABOUT_NONE, false }, [OWN_RELEASE] = { ABOUT_NONE, false },
};

/* Who is asked for one of a ticket is asked for the others next. */
static const int companions[] = { SQL_TICKET_GET, SQL_PARTICIPANTS, SQL_TAGS, SQL_WATCHERS, SQL_MESSAGE_IDS, SQL_MESSAGE_LAST_SEQ, SQL_SUGGESTION_GET,
	SQL_TIMERS_COLLEAGUES, SQL_MESSAGE_RUSH, SQL_HISTORY_LAST };

struct expected {
	int id;
	bool taken_back;
	uint64_t print;                 /* of the values, which stand in `is` */
	const char *is; size_t length;
	int64_t of;
	struct reading reading;
};

static int64_t number_at(const struct values *values, int i)
{
	uint64_t bits = 0;

	if (i >= values->count || values->lengths[i] != 8 || !values->formats[i])
		return 0;
	for (int byte = 0; byte < 8; byte++)
		bits = bits << 8 | (unsigned char)values->at[i][byte];
	return (int64_t)bits;
}

int64_t postgres_value_first(const struct values *values)
{
	return number_at(values, 0);
}

static int64_t of_which(int id, const struct values *values)
{
	return number_at(values, abouts[id].second ? 1 : 0);
}

/* ---- questions by their values ---- */

static void write_values(struct buffer *out, const struct values *values)
{
	for (int i = 0; i < values->count; i++) {
		size_t length = !values->at[i] ? 0 : values->formats[i] ? (size_t)values->lengths[i] : strlen(values->at[i]);

		buffer_add(out, &length, sizeof length);
		buffer_add_char(out, values->at[i] ? 'v' : '0');
		if (length > 0)
			buffer_add(out, values->at[i], length);
	}
}

static uint64_t print_of(int id, const struct buffer *is)
{
	uint64_t print = 1469598103934665603u ^ (uint64_t)id;

	for (size_t i = 0; i < is->length; i++)
		print = (print ^ (unsigned char)is->at[i]) * 1099511628211u;
	return print;
}

static struct expected *find(struct engine *engine, int id, const struct buffer *is, uint64_t print)
{
	for (size_t i = 0; i < engine->expected.count; i++) {
		struct expected *it = engine->expected.at[i];

		if (it->print == print && it->id == id && !it->taken_back && it->length == is->length && (!is->length || memcmp(it->is, is->at, is->length) == 0))
			return it;
	}
	return NULL;
}

static struct expected *ask(struct engine *engine, int id, struct values *values, const struct buffer *is, uint64_t print, struct error *error)
{
	struct expected *it = ARENA_NEW(&engine->expected.arena, struct expected);

	*it = (struct expected){ .id = id, .print = print, .is = is->length ? arena_copy(&engine->expected.arena, is->at, is->length) : "", .length = is->length, .of = of_which(id, values) };
	*ARENA_PUSH(&engine->expected.arena, &engine->expected) = it;
	if (postgres_send(engine, id, NULL, values, &it->reading, error) != STATUS_OK) {
		it->taken_back = true;
		return NULL;
	}
	engine->expected.asked++;
	return it;
}

static void ask_companions(struct engine *engine, int64_t ticket)
{
	for (size_t i = 0; i < COUNT_OF(companions); i++) {
		CLEANUP_BUFFER struct buffer is = { 0 };
		struct values values;
		uint64_t print;

		postgres_values_init(&values);
		postgres_value_number(&values, ticket);
		write_values(&is, &values);
		print = print_of(companions[i], &is);
		if (!find(engine, companions[i], &is, print))
			ask(engine, companions[i], &values, &is, print, NULL);
		postgres_values_fini(&values);
	}
}

struct reading *postgres_expected(struct engine *engine, int id, struct values *values, struct error *error)
{
	CLEANUP_BUFFER struct buffer is = { 0 };
	struct expected *it;
	uint64_t print;

	if (id < 0 || !engine->writes || (!engine->rehearsing && !engine->expected.count))
		return NULL;
	write_values(&is, values);
	print = print_of(id, &is);
	it = find(engine, id, &is, print);
	if (!it && engine->rehearsing && (it = ask(engine, id, values, &is, print, error)) && id == SQL_TICKET_MERGED_INTO)
		ask_companions(engine, of_which(id, values));
	return it ? &it->reading : NULL;
}

/* ---- what a write does to them ---- */

static bool changes(enum about write, int64_t which, const struct expected *it)
{
	enum about about = abouts[it->id].about;

	if (write == ABOUT_ALL || about == ABOUT_ALL)
		return true;
	return write == about && which == it->of;
}

void postgres_expected_changed(struct engine *engine, int id, const struct values *values)
{
	enum about about = id < 0 ? ABOUT_ALL : abouts[id].about;
	int64_t which = id < 0 ? 0 : of_which(id, values);

	if (about == ABOUT_NONE)
		return;
	for (size_t i = 0; i < engine->expected.count; i++)
		engine->expected.at[i]->taken_back |= changes(about, which, engine->expected.at[i]);
}

/* With the end of the transaction. Nobody reads one any more. */
void postgres_expected_forget(struct engine *engine)
{
	for (size_t i = 0; i < engine->expected.count; i++)
		postgres_reading_forget(engine, &engine->expected.at[i]->reading);
	arena_reset(&engine->expected.arena);
	engine->expected.at = NULL;
	engine->expected.count = engine->expected.asked = 0;
	engine->expected.rounds = 0;
	engine->rehearsing = false;
}

bool postgres_rehearse(struct engine *engine)
{
	bool more = !engine->rehearsing || (engine->expected.asked > 0 && engine->expected.rounds < ROUNDS_MOST);

	if (!engine->writes || !engine->in_transaction || engine->failed || !more) {
		engine->rehearsing = false;
		return false;
	}
	engine->expected.asked = 0;
	engine->expected.rounds++;
	/* A failure is kept, and told to the first job that asks. */
	engine->rehearsing = !engine->rehearsing || postgres_take(engine, NULL, NULL) == STATUS_OK;
	return engine->rehearsing;
}
