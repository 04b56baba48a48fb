/*
 * store_erase.c - erases a customer, a ticket or a message: from every table, in one transaction, and then from what stands beside the tables.
 *
 * Nothing is deleted that a count rests on: rows keep number, dates, queue, kind and size, and lose all words and addresses. What is to be erased is
 * gathered into `erasing` first (store_erase_gather.c), so that every step is one statement over it; the
 * same run, rolled back, is the dry run, and counts the very same places. The transaction also writes the erasure into its own log (`erasure`), not
 * done yet: files, full text, the database's log and the ledger follow after the commit (store_erase_finish()), and again after a power cut. So an
 * erasure has happened or has not, and says which. `near`: tickets of others in which an erased person took part: his own mails go, and his address
 * wherever it stands; other people's words stay. Somebody with very many tickets is erased in parts (store_erase_parts.c): tickets alone, some at a time, and
 * then all that is left of him as here; `parted` are those that went before.
 * Diagnostics: STATUS_REFUSED held by law; STATUS_NOT_FOUND nothing of that number.
 */
#include "store_erase_private.h"

#include <string.h>
#include <strings.h>

/* Statements of the engine name them. */
_Static_assert(HISTORY_PARTICIPANT == 16 && HISTORY_PROPOSED == 17 && HISTORY_LEFT == 18 && HISTORY_ANSWER_TO == 19 && HISTORY_BOUNCED == 20 && HISTORY_REMARK == 21, "kinds of history");

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

void store_erase_count(struct erasing *e, const char *where, int64_t count)
{
	add_place(e->arena, e->out, where, count);
}

void store_erased_add(struct arena *arena, struct erased *all, const struct erased *more)
{
	for (size_t i = 0; i < more->places.count; i++)
		add_place(arena, all, more->places.at[i].where, more->places.at[i].count);
	for (size_t i = 0; i < more->kept.count; i++)
		strings_add(arena, &all->kept, arena_string(arena, more->kept.at[i]));
	for (size_t i = 0; i < more->of.count; i++)
		*ARENA_PUSH(arena, &all->of) = more->of.at[i];
	all->tickets += more->tickets;
	all->messages += more->messages;
}

/* ---- held by law ---- */

static enum status check_hold(struct erasing *e)
{
	struct customer_ids tickets = { 0 };
	enum status status = e->order->what == ERASE_CUSTOMER ? store_erase_list(e, "ticket", &tickets) : STATUS_OK;

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
	enum status status = store_erase_list(e, "ticket", &tickets);

	for (size_t i = 0; i < tickets.count && status == STATUS_OK; i++)
		status = close_ticket(e, tickets.at[i]);
	return status;
}

/* ---- outgoing mails: nothing is left to send, or to be shown ---- */

enum status store_erase_outbox(struct erasing *e)
{
	struct customer_ids ids;
	enum status status = store_erase_list(e, "outbox", &ids);

	for (size_t i = 0; i < ids.count && status == STATUS_OK; i++)
		status = store_erase_outgoing(e->store, ids.at[i], e->error);
	store_erase_count(e, "outgoing mails", (int64_t)ids.count);
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
	enum status status = store_erase_list(e, "near", &near);

	if (status == STATUS_OK)
		status = store_erase_list_words(e, "address", &words);
	for (size_t i = 0; i < near.count && status == STATUS_OK; i++) {
		*ARENA_PUSH(e->arena, &e->out->of) = near.at[i];
		status = clean_rows(e, near.at[i], SQL_NEAR_HISTORY, SQL_NEAR_HISTORY_SET, 4, &words, &cleaned);
		if (status == STATUS_OK)
			status = clean_rows(e, near.at[i], SQL_NEAR_MESSAGES, SQL_NEAR_MESSAGE_SET, 3, &words, &cleaned);
	}
	store_erase_count(e, "lines of other people's tickets that name him", cleaned);
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

/* The first of `steps`: what a mail is. */
#define STEPS_OF_MAILS 3

static enum status run_steps(struct erasing *e, size_t count, bool message)
{
	enum status status = engine_run(e->store->engine, e->error, SQL_ERASING_FILES, "");

	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		if (message && !steps[i].message_too)
			continue;
		status = engine_run(e->store->engine, e->error, steps[i].id, "");
		store_erase_count(e, steps[i].where, engine_changes(e->store->engine));
	}
	return status;
}

enum status store_erase_mails(struct erasing *e)
{
	return run_steps(e, STEPS_OF_MAILS, true);
}

static enum status erase_tables(struct erasing *e)
{
	bool message = e->order->what == ERASE_MESSAGE;
	enum status status = run_steps(e, COUNT_OF(steps), message);

	if (status == STATUS_OK)
		status = store_events_forget(e->store, e->error);
	/* The last: others find their rows by it. */
	if (status == STATUS_OK)
		status = engine_run(e->store->engine, e->error, message ? SQL_ERASE_MESSAGE_WORDS : SQL_ERASE_MESSAGE, "");
	store_erase_count(e, "messages", engine_changes(e->store->engine));
	if (status != STATUS_OK || e->order->aged)
		return status;
	status = engine_run(e->store->engine, e->error, SQL_ERASE_MODELS, "");
	store_erase_count(e, "models of the classifier", engine_changes(e->store->engine));
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
	store_erase_count(e, "promises of earlier configurations", count);
	return status;
}

static enum status erase_contacts(struct erasing *e)
{
	struct customer_ids contacts;
	struct strings addresses = { 0 };
	enum status status = store_erase_list(e, "address", &contacts);

	e->store->met.known = false;
	if (status == STATUS_OK)
		status = store_erase_list_words(e, "address", &addresses);
	if (status == STATUS_OK)
		status = erase_promises(e, &addresses);
	for (size_t i = 0; i < contacts.count && status == STATUS_OK; i++)
		status = erase_contact(e, contacts.at[i], addresses.at[i]);
	store_erase_count(e, "contacts", (int64_t)contacts.count);
	if (status == STATUS_OK)
		status = engine_run(e->store->engine, e->error, SQL_CUSTOMER_DELETE, "i", e->order->customer);
	return status == STATUS_OK ? engine_run(e->store->engine, e->error, SQL_ERASE_EVENTS, "i", e->order->customer) : status;
}

static enum status count_part(struct erasing *e)
{
	struct customer_ids tickets = { 0 }, messages = { 0 }, files = { 0 };
	enum status status = store_erase_list(e, "ticket", &tickets);

	if (status == STATUS_OK)
		status = store_erase_list(e, "message", &messages);
	if (status == STATUS_OK)
		status = store_erase_list(e, "file", &files);
	store_erase_count(e, "files", (int64_t)files.count);
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
		status = store_erase_gather(e);
	if (status == STATUS_OK)
		status = check_hold(e);
	if (status == STATUS_OK && !e->order->aged && !e->parted)
		status = store_erasures_note(e->store, e->arena, e->order, e->now, e->error);
	if (status == STATUS_OK && e->order->what != ERASE_MESSAGE)
		status = close_tickets(e);
	if (status == STATUS_OK)
		status = store_erase_outbox(e);
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
	struct ticket_whose ticket = { 0 };
	enum status status = order->what == ERASE_CUSTOMER ? STATUS_OK : store_tickets_whose(store, arena, order->ticket, 1, &ticket, error);

	if (order->what != ERASE_CUSTOMER && status == STATUS_OK && !ticket.ticket)
		return error_set(error, STATUS_NOT_FOUND, "there is no ticket %lld", (long long)order->ticket);
	return status;
}

/* ---- in parts ---- */

/* In the caller's transaction. What bears his address is found no more once it is erased: the last part has only what is left. */
enum status store_erase_part(struct store *store, struct arena *arena, const struct erase_order *order, const struct erase_part *part, struct erased *erased, struct error *error)
{
	const struct erase_order tickets = { .what = ERASE_TICKET, .who = order->who, .aged = true };    /* the models go with the rest of him */
	struct erasing e = { .store = store, .arena = arena, .order = &tickets, .parted = part->all, .thinned = part->thinned, .out = erased, .error = error, .now = clock_now() };
	enum status status = store_places_finish(store, error);

	if (status == STATUS_OK)
		status = store_erase_gather_part(&e, part->tickets, part->count);
	if (status == STATUS_OK)
		status = close_tickets(&e);
	if (status == STATUS_OK)
		status = store_erase_outbox(&e);
	if (status == STATUS_OK)
		status = erase_tables(&e);
	for (size_t i = 0; i < part->addresses->count && status == STATUS_OK; i++)
		status = store_places_forget_part(store, part->addresses->at[i], error);
	return status == STATUS_OK ? count_part(&e) : status;
}

/* In the caller's transaction, too. Participants, sides and places of what he wrote go with it: the last part finds none of these tickets any more. */
enum status store_erase_near_part(struct store *store, struct arena *arena, const struct erase_order *order, const struct erase_part *part, struct erased *erased, struct error *error)
{
	const struct erase_order near = { .what = ERASE_CUSTOMER, .customer = order->customer, .who = order->who, .aged = true };
	struct erasing e = { .store = store, .arena = arena, .order = &near, .parted = part->all, .out = erased, .error = error, .now = clock_now() };
	enum status status = store_places_finish(store, error);

	if (status == STATUS_OK)
		status = store_erase_gather_near(&e, part->tickets, part->count);
	if (status == STATUS_OK)
		status = store_erase_outbox(&e);
	if (status == STATUS_OK)
		status = clean_near(&e);
	if (status == STATUS_OK)
		status = erase_tables(&e);
	for (size_t i = 0; i < part->addresses->count && status == STATUS_OK; i++)
		status = store_places_forget_part(store, part->addresses->at[i], error);
	return status == STATUS_OK ? count_part(&e) : status;
}

/* ---- the parts' first and last ---- */

/* Before the first part: it is begun, and held by nothing. In the caller's transaction. */
enum status store_erase_begin(struct store *store, struct arena *arena, const struct erase_order *order, struct error *error)
{
	enum status status = engine_run(store->engine, error, SQL_ERASING_CLEAR, "");

	if (status == STATUS_OK && order->what == ERASE_CUSTOMER)
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
		status = store_erase_list_words(&e, "file", files);
	return status == STATUS_OK ? engine_run(store->engine, error, SQL_ERASING_CLEAR, "") : status;
}

enum status store_erase_whole(struct store *store, struct arena *arena, const struct erase_order *order, const struct customer_ids *parted, const struct erase_thinned *thinned, bool dry,
                              struct erased *erased, struct error *error)
{
	struct erasing e = { .store = store, .arena = arena, .order = order, .parted = parted, .thinned = thinned, .dry = dry, .out = erased, .error = error, .now = clock_now() };
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
