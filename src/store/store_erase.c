/*
 * store_erase.c - erases a customer, a ticket or a message: from every table, in one transaction, and then from what stands beside the tables.
 *
 * Nothing is deleted that a count rests on: rows keep number, dates, queue, kind and size, and lose all words and addresses. What is to be erased is
 * gathered into `erasing` first (kinds: address, ticket, message, mailbox, raw, outbox, near, subject), so that every step is one statement over it; the
 * same run, rolled back, is the dry run, and counts the very same places. The transaction also writes the erasure into its own log (`erasure`), not
 * done yet: files, full text, the database's log and the ledger follow after the commit (store_erase_finish()), and again after a power cut. So an
 * erasure has happened or has not, and says which. `near`: tickets of others in which an erased person took part: his own mails go, and his address
 * wherever it stands; other people's words stay. Somebody with very many tickets is erased in parts (store_erase_parts.c): tickets alone, some at a time, and
 * then all that is left of him as here; `parted` are those that went before.
 * Diagnostics: STATUS_REFUSED held by law; STATUS_NOT_FOUND nothing of that number.
 */
#include "store_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Statements of the engine name them. */
_Static_assert(HISTORY_PARTICIPANT == 16 && HISTORY_PROPOSED == 17 && HISTORY_LEFT == 18 && HISTORY_ANSWER_TO == 19 && HISTORY_BOUNCED == 20 && HISTORY_REMARK == 21, "kinds of history");

struct erasing {
	struct store *store;
	struct arena *arena;
	const struct erase_order *order;
	const struct customer_ids *parted;       /* his tickets, in order, that were erased before, or are erased one part after the other; NULL: none */
	struct erased *out;
	struct error *error;
	int64_t now;
};

static void add_place(struct arena *arena, struct erased *erased, const char *where, int64_t count)
{
	for (size_t i = 0; i < erased->places.count; i++)
		if (strcmp(erased->places.at[i].where, where) == 0) {
			erased->places.at[i].count += count;
			return;
		}
	if (count > 0)
		*ARENA_PUSH(arena, &erased->places) = (struct erased_place){ where, count };
}

static void place(struct erasing *e, const char *where, int64_t count)
{
	add_place(e->arena, e->out, where, count);
}

void store_erased_add(struct arena *arena, struct erased *all, const struct erased *more)
{
	for (size_t i = 0; i < more->places.count; i++)
		add_place(arena, all, more->places.at[i].where, more->places.at[i].count);
	for (size_t i = 0; i < more->kept.count; i++)
		strings_add(arena, &all->kept, arena_string(arena, more->kept.at[i]));
	all->tickets += more->tickets;
	all->messages += more->messages;
}

/* ---- what is to be erased ---- */

static enum status add(struct erasing *e, const char *kind, int64_t id, const char *word)
{
	return engine_run(e->store->engine, e->error, SQL_ERASING_ADD, "tit", kind, id, word);
}

static int by_number(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static bool is_parted(const struct erasing *e, int64_t ticket)
{
	return e->parted && e->parted->count && bsearch(&ticket, e->parted->at, e->parted->count, sizeof ticket, by_number);
}

static enum status gather(struct erasing *e, const enum sql *steps, size_t count)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		status = engine_run(e->store->engine, e->error, steps[i], "");
	return status;
}

static enum status list(struct erasing *e, const char *kind, struct customer_ids *ids)
{
	struct cursor cursor;

	*ids = (struct customer_ids){ 0 };
	cursor_open(&cursor, e->store->engine, e->error, SQL_ERASING_LIST, "t", kind);
	while (cursor_next(&cursor))
		*ARENA_PUSH(e->arena, ids) = cursor_number(&cursor, 0);
	return cursor_close(&cursor);
}

static enum status words_of(struct erasing *e, const char *kind, struct strings *words)
{
	struct cursor cursor;

	cursor_open(&cursor, e->store->engine, e->error, SQL_ERASING_LIST, "t", kind);
	while (cursor_next(&cursor))
		strings_add(e->arena, words, cursor_text(&cursor, e->arena, 1));
	return cursor_close(&cursor);
}

/* What bears an address of his: the tickets that he has, the mails that he wrote. */
static enum status gather_by_address(struct erasing *e, const enum sql *steps, size_t count)
{
	struct strings addresses = { 0 };
	enum status status = words_of(e, "address", &addresses);

	for (size_t i = 0; i < addresses.count; i++)
		for (size_t k = 0; k < count && status == STATUS_OK; k++)
			status = engine_run(e->store->engine, e->error, steps[k], "i", store_place_of_address(addresses.at[i]));
	return status;
}

static enum status gather_customer(struct erasing *e)
{
	static const enum sql tickets_of[] = { SQL_ERASING_TICKETS_OF }, his[] = { SQL_ERASING_MESSAGES_FROM, SQL_ERASING_MAILBOX_FROM };
	static const enum sql of_tickets[] = { SQL_ERASING_MESSAGES, SQL_ERASING_NEAR_SIDES, SQL_ERASING_NEAR_PEOPLE }, others[] = { SQL_ERASING_NEAR_MESSAGES };
	struct customer_ids tickets = { 0 };
	enum status status = engine_run(e->store->engine, e->error, SQL_ERASING_ADDRESSES, "i", e->order->customer);

	for (size_t i = 0; e->parted && i < e->parted->count && status == STATUS_OK; i++)
		status = add(e, "parted", e->parted->at[i], "");
	if (status == STATUS_OK)
		status = store_customer_tickets(e->store, e->arena, e->order->customer, &tickets, e->error);
	for (size_t i = 0; status == STATUS_OK && i < tickets.count; i++)
		if (!is_parted(e, tickets.at[i]))
			status = add(e, "ticket", tickets.at[i], "");
	if (status == STATUS_OK)
		status = gather_by_address(e, tickets_of, COUNT_OF(tickets_of));
	if (status == STATUS_OK)
		status = gather(e, of_tickets, COUNT_OF(of_tickets));
	if (status == STATUS_OK)
		status = gather_by_address(e, his, COUNT_OF(his));
	return status == STATUS_OK ? gather(e, others, COUNT_OF(others)) : status;
}

/* What agents were mailed of the customer's other tickets names this one; in the nights of retention only the next few are looked at, as a notice names
 * the last five. */
static enum status gather_beside(struct erasing *e)
{
	struct customer_ids tickets = { 0 };
	struct ticket_facts *facts = NULL;
	int64_t customer = 0;
	bool proved;
	enum status status = store_read_ticket_facts(e->store, e->arena, e->order->ticket, &facts, e->error);

	if (status == STATUS_OK && facts && e->order->aged)
		return engine_run(e->store->engine, e->error, SQL_ERASING_NEXT_OF, "ii", store_place_of_address(facts->customer.address ? facts->customer.address : ""), facts->id);
	if (status == STATUS_OK && facts)
		status = store_ticket_customer(e->store, facts, &customer, &proved, e->error);
	if (status == STATUS_OK && customer)
		status = store_customer_tickets(e->store, e->arena, customer, &tickets, e->error);
	for (size_t i = 0; i < tickets.count && status == STATUS_OK; i++)
		status = add(e, "beside", tickets.at[i], "");
	return status;
}

static enum status gather_ticket(struct erasing *e)
{
	static const enum sql steps[] = { SQL_ERASING_MESSAGES };
	enum status status = add(e, "ticket", e->order->ticket, "");

	if (status == STATUS_OK)
		status = gather_beside(e);
	return status == STATUS_OK ? gather(e, steps, COUNT_OF(steps)) : status;
}

static enum status gather_message(struct erasing *e)
{
	enum status status = engine_run(e->store->engine, e->error, SQL_ERASING_MESSAGE, "id", e->order->ticket, e->order->seq);

	if (status == STATUS_OK && engine_changes(e->store->engine) == 0)
		return error_set(e->error, STATUS_NOT_FOUND, "ticket %lld has no message %d", (long long)e->order->ticket, e->order->seq);
	return status == STATUS_OK ? engine_run(e->store->engine, e->error, SQL_ERASING_OUTBOX_OF_TICKET, "i", e->order->ticket) : status;
}

/* A mail that stands in another ticket, too, stays there. */
static enum status keep_shared(struct erasing *e)
{
	struct cursor cursor;
	enum status status = STATUS_OK;
	struct { int64_t *at; size_t count; } shared = { 0 };

	cursor_open(&cursor, e->store->engine, e->error, SQL_ERASING_SHARED, "");
	while (cursor_next(&cursor)) {
		*ARENA_PUSH(e->arena, &shared) = cursor_number(&cursor, 0);
		if (is_parted(e, cursor_number(&cursor, 1)))                     /* it goes with that one */
			continue;
		strings_add(e->arena, &e->out->kept, arena_printf(e->arena, "raw mail %lld: it is also a message of ticket %lld", (long long)cursor_number(&cursor, 0), (long long)cursor_number(&cursor, 1)));
	}
	status = cursor_close(&cursor);
	for (size_t i = 0; i < shared.count && status == STATUS_OK; i++)
		status = engine_run(e->store->engine, e->error, SQL_ERASING_REMOVE, "ti", "raw", shared.at[i]);
	return status;
}

static enum status gather_all(struct erasing *e)
{
	static const enum sql mails[] = { SQL_ERASING_MAILBOX, SQL_ERASING_RAWS }, sent[] = { SQL_ERASING_OUTBOX, SQL_ERASING_SUBJECTS };
	enum status status = e->order->what == ERASE_CUSTOMER ? gather_customer(e) : e->order->what == ERASE_TICKET ? gather_ticket(e) : gather_message(e);

	if (status == STATUS_OK)
		status = gather(e, mails, COUNT_OF(mails));
	if (status == STATUS_OK)
		status = keep_shared(e);
	if (status == STATUS_OK)
		status = gather(e, sent, COUNT_OF(sent));
	return status == STATUS_OK ? engine_run(e->store->engine, e->error, e->order->aged ? SQL_ERASING_OUTBOX_BESIDE : SQL_ERASING_OUTBOX_WORDS, "") : status;
}

/* ---- held by law ---- */

static enum status check_hold(struct erasing *e)
{
	struct customer_ids tickets = { 0 };
	enum status status = e->order->what == ERASE_CUSTOMER ? list(e, "ticket", &tickets) : STATUS_OK;

	if (!e->order->hold)
		return status;
	if (e->order->what != ERASE_CUSTOMER)
		*ARENA_PUSH(e->arena, &tickets) = e->order->ticket;
	for (size_t i = 0; i < tickets.count && status == STATUS_OK; i++) {
		bool holds = false;

		status = store_ticket_holds(e->store, e->arena, tickets.at[i], e->order->hold, e->now, &holds, e->error);
		if (status == STATUS_OK && holds)
			status = error_set(e->error, STATUS_REFUSED, "ticket %lld is held (retention_hold): nothing was erased", (long long)tickets.at[i]);
	}
	return status;
}

/* ---- one ticket: closed, if it is open ---- */

static enum status close_ticket(struct erasing *e, int64_t ticket)
{
	struct plan plan = { .arena = e->arena, .who = e->order->who };
	struct effect effects[] = { { .kind = EFFECT_SET_STATE, .ticket = ticket, .to = "closed", .why = "erased" }, { .kind = EFFECT_CLEAR_TIMERS, .ticket = ticket } };
	struct cursor cursor;
	const char *state = "closed";
	enum status status;

	cursor_open(&cursor, e->store->engine, e->error, SQL_TICKET_STATE_NOW, "i", ticket);
	if (cursor_next(&cursor))
		state = cursor_text(&cursor, e->arena, 0);
	if ((status = cursor_close(&cursor)) != STATUS_OK || strcmp(state, "closed") == 0)
		return status;
	effects[0].from = state;
	plan.at = effects;
	plan.count = COUNT_OF(effects);
	return store_apply(e->store, &plan, NULL, e->error);
}

static enum status close_tickets(struct erasing *e)
{
	struct customer_ids tickets;
	enum status status = list(e, "ticket", &tickets);

	for (size_t i = 0; i < tickets.count && status == STATUS_OK; i++)
		status = close_ticket(e, tickets.at[i]);
	return status;
}

/* ---- outgoing mails: nothing is left to send, or to be shown ---- */

static enum status empty_outbox(struct erasing *e)
{
	struct customer_ids ids;
	enum status status = list(e, "outbox", &ids);

	for (size_t i = 0; i < ids.count && status == STATUS_OK; i++)
		status = store_erase_outgoing(e->store, ids.at[i], e->error);
	place(e, "outgoing mails", (int64_t)ids.count);
	return status;
}

/* ---- other people's tickets: his address goes, wherever it stands ---- */

static const char *without(struct arena *arena, const char *text, const struct strings *words, const char *instead, bool *changed)
{
	for (size_t i = 0; i < words->count; i++) {
		const char *word = words->at[i], *found;
		size_t length = strlen(word);
		CLEANUP_BUFFER struct buffer out = { 0 };
		const char *at = text;

		while (length && (found = strcasestr(at, word))) {
			buffer_add(&out, at, (size_t)(found - at));
			buffer_add_string(&out, instead);
			at = found + length;
		}
		if (at == text)
			continue;
		buffer_add_string(&out, at);
		text = arena_string(arena, buffer_string(&out));
		*changed = true;
	}
	return text;
}

/* Rows of `read` have their key in columns 0 and 1 and texts behind it; `write` takes the same. */
struct texts { int64_t a, b; const char *at[4]; };

static enum status clean_rows(struct erasing *e, int64_t ticket, enum sql read, enum sql write, int columns, const struct strings *words, int64_t *cleaned)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct { struct texts *at; size_t count; } rows = { 0 };
	struct cursor cursor;
	enum status status;

	cursor_open(&cursor, e->store->engine, e->error, read, "i", ticket);
	while (cursor_next(&cursor)) {
		struct texts row = { cursor_number(&cursor, 0), cursor_number(&cursor, 1), { "", "", "", "" } };
		bool changed = false;

		for (int i = 0; i < columns; i++)
			row.at[i] = without(&arena, cursor_text(&cursor, &arena, i + 2), words, ERASED_TEXT, &changed);
		if (changed)
			*ARENA_PUSH(&arena, &rows) = row;
	}
	status = cursor_close(&cursor);
	for (size_t i = 0; i < rows.count && status == STATUS_OK; i++, (*cleaned)++)
		status = engine_run(e->store->engine, e->error, write, "iitttt", rows.at[i].a, rows.at[i].b, rows.at[i].at[0], rows.at[i].at[1], rows.at[i].at[2], rows.at[i].at[3]);
	return status;
}

static enum status clean_near(struct erasing *e)
{
	struct customer_ids near;
	struct strings words = { 0 };
	int64_t cleaned = 0;
	enum status status = list(e, "near", &near);

	if (status == STATUS_OK)
		status = words_of(e, "address", &words);
	for (size_t i = 0; i < near.count && status == STATUS_OK; i++) {
		*ARENA_PUSH(e->arena, &e->out->of) = near.at[i];
		status = clean_rows(e, near.at[i], SQL_NEAR_HISTORY, SQL_NEAR_HISTORY_SET, 4, &words, &cleaned);
		if (status == STATUS_OK)
			status = clean_rows(e, near.at[i], SQL_NEAR_MESSAGES, SQL_NEAR_MESSAGE_SET, 3, &words, &cleaned);
	}
	place(e, "lines of other people's tickets that name him", cleaned);
	return status;
}

/* ---- the tables ---- */

static const struct { enum sql id; const char *where; bool message_too; } steps[] = {
	{ SQL_ERASE_DERIVED, "texts made of mails", true },
	{ SQL_ERASE_RAW, "raw mails", true },
	{ SQL_ERASE_MAILBOX, "deliveries", true },
	{ SQL_ERASE_ASKED, "questions to the articles", true },
	{ SQL_ERASE_SUGGESTED, "suggestions", true },
	{ SQL_ERASE_SUBJECT, "subjects of tickets", true },
	{ SQL_ERASE_HISTORY_WORDS, "lines of history", false },
	{ SQL_ERASE_HISTORY_FIRST, "lines of history of the first version", false },
	{ SQL_ERASE_PARTICIPANT, "people who took part", false },
	{ SQL_ERASE_SIDE, "side conversations", false },
	{ SQL_ERASE_RATING, "words of ratings", false },
	{ SQL_ERASE_TIMER, "timers", false },
	{ SQL_ERASE_REFERRED, "references", false },
	{ SQL_ERASE_ANSWER_TO, "addresses for answers", false },
	{ SQL_ERASE_TICKET, "tickets", false },
};

static enum status erase_tables(struct erasing *e)
{
	bool message = e->order->what == ERASE_MESSAGE;
	enum status status = engine_run(e->store->engine, e->error, SQL_ERASING_FILES, "");

	for (size_t i = 0; i < COUNT_OF(steps) && status == STATUS_OK; i++) {
		if (message && !steps[i].message_too)
			continue;
		status = engine_run(e->store->engine, e->error, steps[i].id, "");
		place(e, steps[i].where, engine_changes(e->store->engine));
	}
	if (status == STATUS_OK)
		status = store_events_forget(e->store, e->error);
	/* The last: others find their rows by it. */
	if (status == STATUS_OK)
		status = engine_run(e->store->engine, e->error, message ? SQL_ERASE_MESSAGE_WORDS : SQL_ERASE_MESSAGE, "");
	place(e, "messages", engine_changes(e->store->engine));
	if (status != STATUS_OK || e->order->aged)
		return status;
	status = engine_run(e->store->engine, e->error, SQL_ERASE_MODELS, "");
	place(e, "models of the classifier", engine_changes(e->store->engine));
	return status;
}

/* ---- the customer himself ---- */

static enum status erase_contact(struct erasing *e, int64_t contact, const char *address)
{
	enum status status = engine_run(e->store->engine, e->error, SQL_CONTACT_VOID, "ii", contact, e->now);

	if (status == STATUS_OK)
		status = engine_run(e->store->engine, e->error, SQL_CONTACT_PERSON, "ii", contact, (int64_t)0);
	if (status == STATUS_OK)
		status = engine_run(e->store->engine, e->error, SQL_CUSTOMER_DELETE, "i", contact);
	if (status == STATUS_OK)
		status = engine_run(e->store->engine, e->error, SQL_ERASE_EVENTS, "i", contact);
	if (status == STATUS_OK)
		status = store_places_forget(e->store, address, e->error);
	return status == STATUS_OK ? engine_key_forget(e->store->engine, ENGINE_CONTACT, engine_hash(address), contact, e->error) : status;
}

/* A promise for him alone (`customer:` in sla.when) holds for nobody from then on. The configuration is not ours to change: who orders the erasure looks at it before. */
static enum status erase_promises(struct erasing *e, const struct strings *addresses)
{
	struct version_rows versions;
	int64_t count = 0;
	enum status status = store_versions(e->store, e->arena, &versions, e->error);

	for (size_t i = 0; i < versions.count && status == STATUS_OK; i++) {
		bool changed = false;
		const char *text = without(e->arena, versions.at[i].text, addresses, ERASED_ADDRESS, &changed);

		if (changed)
			status = engine_run(e->store->engine, e->error, SQL_VERSION_TEXT, "it", versions.at[i].id, text);
		count += changed;
	}
	place(e, "promises of earlier configurations", count);
	return status;
}

static enum status erase_contacts(struct erasing *e)
{
	struct customer_ids contacts;
	struct strings addresses = { 0 };
	enum status status = list(e, "address", &contacts);

	e->store->met.known = false;
	if (status == STATUS_OK)
		status = words_of(e, "address", &addresses);
	if (status == STATUS_OK)
		status = erase_promises(e, &addresses);
	for (size_t i = 0; i < contacts.count && status == STATUS_OK; i++)
		status = erase_contact(e, contacts.at[i], addresses.at[i]);
	place(e, "contacts", (int64_t)contacts.count);
	if (status == STATUS_OK)
		status = engine_run(e->store->engine, e->error, SQL_CUSTOMER_DELETE, "i", e->order->customer);
	return status == STATUS_OK ? engine_run(e->store->engine, e->error, SQL_ERASE_EVENTS, "i", e->order->customer) : status;
}

static enum status count_part(struct erasing *e)
{
	struct customer_ids tickets = { 0 }, messages = { 0 }, files = { 0 };
	enum status status = list(e, "ticket", &tickets);

	if (status == STATUS_OK)
		status = list(e, "message", &messages);
	if (status == STATUS_OK)
		status = list(e, "file", &files);
	place(e, "files", (int64_t)files.count);
	e->out->tickets += (int64_t)tickets.count;
	e->out->messages += (int64_t)messages.count;
	return status;
}

/* ---- the whole ---- */

static enum status erase_all(struct erasing *e)
{
	enum status status = engine_run(e->store->engine, e->error, SQL_ERASING_CLEAR, "");

	if (status == STATUS_OK)
		status = store_places_finish(e->store, e->error);
	if (status == STATUS_OK)
		status = gather_all(e);
	if (status == STATUS_OK)
		status = check_hold(e);
	if (status == STATUS_OK && !e->order->aged && !e->parted)
		status = store_erasures_note(e->store, e->arena, e->order, e->now, e->error);
	if (status == STATUS_OK && e->order->what != ERASE_MESSAGE)
		status = close_tickets(e);
	if (status == STATUS_OK)
		status = empty_outbox(e);
	if (status == STATUS_OK && e->order->what == ERASE_CUSTOMER)
		status = clean_near(e);
	if (status == STATUS_OK)
		status = erase_tables(e);
	if (status == STATUS_OK && e->order->what == ERASE_CUSTOMER)
		status = erase_contacts(e);
	return status == STATUS_OK ? count_part(e) : status;
}

static enum status check_there(struct store *store, struct arena *arena, const struct erase_order *order, struct error *error)
{
	struct ticket_facts *facts;
	enum status status = order->what == ERASE_CUSTOMER ? STATUS_OK : store_read_ticket_facts(store, arena, order->ticket, &facts, error);

	if (order->what != ERASE_CUSTOMER && status == STATUS_OK && !facts)
		return error_set(error, STATUS_NOT_FOUND, "there is no ticket %lld", (long long)order->ticket);
	return status;
}

/* ---- in parts ---- */

/* All addresses of his bear tickets, and the lines between them do. In order, each once. */
enum status store_erase_tickets_of(struct store *store, struct arena *arena, int64_t customer, struct customer_ids *tickets, struct error *error)
{
	struct strings addresses = { 0 };
	struct cursor cursor;
	size_t kept = 0;
	enum status status = store_customer_tickets(store, arena, customer, tickets, error);

	if (status != STATUS_OK)
		return status;
	cursor_open(&cursor, store->engine, error, SQL_CUSTOMER_LAST_OF_EACH, "i", customer);
	while (cursor_next(&cursor))
		strings_add(arena, &addresses, cursor_text(&cursor, arena, 0));
	status = cursor_close(&cursor);
	for (size_t i = 0; i < addresses.count && status == STATUS_OK; i++) {
		cursor_open(&cursor, store->engine, error, SQL_TICKETS_OF_PLACE, "i", store_place_of_address(addresses.at[i]));
		while (cursor_next(&cursor))
			*ARENA_PUSH(arena, tickets) = cursor_number(&cursor, 0);
		status = cursor_close(&cursor);
	}
	if (tickets->count)
		qsort(tickets->at, tickets->count, sizeof *tickets->at, by_number);
	for (size_t i = 0; i < tickets->count; i++)
		if (!kept || tickets->at[i] != tickets->at[kept - 1])
			tickets->at[kept++] = tickets->at[i];
	tickets->count = kept;
	return status;
}

static enum status gather_part(struct erasing *e, const int64_t *tickets, size_t count)
{
	static const enum sql of_tickets[] = { SQL_ERASING_MESSAGES, SQL_ERASING_MAILBOX, SQL_ERASING_RAWS }, sent[] = { SQL_ERASING_OUTBOX, SQL_ERASING_SUBJECTS, SQL_ERASING_OUTBOX_WORDS };
	enum status status = engine_run(e->store->engine, e->error, SQL_ERASING_CLEAR, "");

	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		status = add(e, "ticket", tickets[i], "");
	if (status == STATUS_OK)
		status = gather(e, of_tickets, COUNT_OF(of_tickets));
	if (status == STATUS_OK)
		status = keep_shared(e);
	return status == STATUS_OK ? gather(e, sent, COUNT_OF(sent)) : status;
}

/* In the caller's transaction. */
enum status store_erase_part(struct store *store, struct arena *arena, const struct erase_order *order, const struct customer_ids *all, const int64_t *tickets, size_t count,
                             struct erased *erased, struct error *error)
{
	const struct erase_order part = { .what = ERASE_TICKET, .who = order->who, .aged = true };       /* the models go with the rest of him */
	struct erasing e = { .store = store, .arena = arena, .order = &part, .parted = all, .out = erased, .error = error, .now = clock_now() };
	enum status status = store_places_finish(store, error);

	if (status == STATUS_OK)
		status = gather_part(&e, tickets, count);
	if (status == STATUS_OK)
		status = close_tickets(&e);
	if (status == STATUS_OK)
		status = empty_outbox(&e);
	if (status == STATUS_OK)
		status = erase_tables(&e);
	return status == STATUS_OK ? count_part(&e) : status;
}

/* Before the first part: it is begun, and held by nothing. In the caller's transaction. */
enum status store_erase_begin(struct store *store, struct arena *arena, const struct erase_order *order, struct error *error)
{
	enum status status = engine_run(store->engine, error, SQL_ERASING_CLEAR, "");

	if (status == STATUS_OK)
		status = engine_run(store->engine, error, SQL_ERASING_ADDRESSES, "i", order->customer);
	return status == STATUS_OK ? store_erasures_note(store, arena, order, clock_now(), error) : status;
}

/* Because it is old: nobody ordered it, and nothing of it goes into the ledger. */
enum status store_erase_words(struct store *store, struct arena *arena, int64_t ticket, const char *who, struct strings *files, struct error *error)
{
	const struct erase_order order = { .what = ERASE_TICKET, .ticket = ticket, .who = who, .aged = true };
	struct erased erased = { 0 };
	struct erasing e = { .store = store, .arena = arena, .order = &order, .out = &erased, .error = error, .now = clock_now() };
	enum status status = erase_all(&e);

	if (status == STATUS_OK)
		status = words_of(&e, "file", files);
	return status == STATUS_OK ? engine_run(store->engine, error, SQL_ERASING_CLEAR, "") : status;
}

enum status store_erase_whole(struct store *store, struct arena *arena, const struct erase_order *order, const struct customer_ids *parted, bool dry, struct erased *erased,
                              struct error *error)
{
	struct erasing e = { .store = store, .arena = arena, .order = order, .parted = parted, .out = erased, .error = error, .now = clock_now() };
	enum status status = check_there(store, arena, order, error);

	if (status == STATUS_OK && order->what == ERASE_ATTACHMENT)
		return store_erase_attachment(store, arena, order, dry, erased, error);
	if (status == STATUS_OK)
		status = store_places_catch_up(store, error);
	if (status == STATUS_OK)
		status = engine_forgets(store->engine, error);
	if (status == STATUS_OK)
		status = store_begin(store, error);
	if (status != STATUS_OK)
		return status;
	status = erase_all(&e);
	if (status == STATUS_OK && parted && !dry)
		status = store_number_set(store, STORE_ERASING, 0, error);
	if (status != STATUS_OK || dry) {
		store_rollback(store);
		return status;
	}
	if ((status = store_commit(store, error)) != STATUS_OK)
		return status;
	erased->done = true;
	return STATUS_OK;
}
