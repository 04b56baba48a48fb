/*
 * store_contact.c - people by address: whether they are known, their language, whether mail to them comes back, and how
 * many acknowledgements they got within the hour.
 *
 * A contact is made for who writes (and for an address that bounces or is acknowledged, with `written` 0: not known). The
 * address is kept in lower case; it is found through a deferred index. Acknowledgements are counted from the first of an hour
 * on, which lets through at most twice the allowed number at its border, and costs no row an acknowledgement.
 */
#include "store_private.h"

#include <string.h>

#define CONTACT_HITS 8           /* addresses of one hash: one */

/* The sender of a mail is asked for again and again in its transaction: who was asked for last is remembered, also that he is not known. */
static bool is_met(const struct store *store, const char *lower)
{
	return store->met.known && strcmp(store->met.address, lower) == 0;
}

static void meet(struct store *store, const char *lower, uint64_t hash, const struct contact *contact)
{
	store->met.known = strlen(lower) < sizeof store->met.address;
	if (!store->met.known)
		return;
	strcpy(store->met.address, lower);
	store->met.hash = hash;
	store->met.is = *contact;
	store->met.is.language = store->met.is.last_agent = "";  /* those are their reader's */
}

static enum status get(struct store *store, struct arena *arena, int64_t row, const char *lower, struct contact *contact, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_CONTACT_GET, "it", row, lower);
	if (cursor_next(&cursor))
		*contact = (struct contact){
			.id = cursor_number(&cursor, 0), .written = cursor_number(&cursor, 1), .bounced_at = cursor_number(&cursor, 2),
			.window_start = cursor_number(&cursor, 3), .window_count = (int)cursor_number(&cursor, 4),
			.language = arena ? cursor_text(&cursor, arena, 5) : "", .last_agent = arena ? cursor_text(&cursor, arena, 6) : "",
			.refused_at = cursor_number(&cursor, 7), .proved_at = cursor_number(&cursor, 8),
			.day_start = cursor_number(&cursor, 9), .day_count = (int)cursor_number(&cursor, 10),
			.last_ticket = cursor_number(&cursor, 11), .spam = (int)cursor_number(&cursor, 12),
			.asked_start = cursor_number(&cursor, 13), .asked_count = (int)cursor_number(&cursor, 14),
			.customer = cursor_number(&cursor, 15), .shared = cursor_number(&cursor, 16), .vip = cursor_number(&cursor, 17) != 0,
			.organisation = cursor_number(&cursor, 18), .kept = cursor_number(&cursor, 19),
		};
	return cursor_close(&cursor);
}

static enum status look_up(struct store *store, struct arena *arena, const char *lower, struct contact *contact, struct error *error)
{
	struct engine_hit hits[CONTACT_HITS] = { { .row = store->met.is.id } };
	bool met = is_met(store, lower);
	uint64_t hash = met ? store->met.hash : engine_hash(lower);
	size_t count = 1;
	enum status status = STATUS_OK;

	if (!met)
		status = engine_find_newest(store->engine, ENGINE_CONTACT, hash, NULL, hits, CONTACT_HITS, &count, error);
	for (size_t i = 0; i < count && status == STATUS_OK && !contact->id; i++)
		status = get(store, arena, hits[i].row, lower, contact, error);
	if (status == STATUS_OK)
		meet(store, lower, hash, contact);
	return status;
}

const char *store_contact_key(struct arena *arena, const char *address)
{
	const char *lower = text_lower(arena, address), *at = strrchr(lower, '@');

	for (const char *byte = at; byte && *byte; byte++)
		if (*byte & 0x80)
			return arena_printf(arena, "%.*s@%s", (int)(at - lower), lower, mail_domain_to_ascii(arena, at + 1));
	return lower;
}

enum status store_contact_find(struct store *store, struct arena *arena, const char *address, struct contact *contact, struct error *error)
{
	CLEANUP_ARENA struct arena own = { 0 };
	const char *lower = store_contact_key(arena ? arena : &own, address);

	*contact = (struct contact){ .language = "", .last_agent = "" };
	if (!*lower)
		return STATUS_OK;
	if (is_met(store, lower) && (!arena || !store->met.is.id)) {
		*contact = store->met.is;
		return STATUS_OK;
	}
	return look_up(store, arena, lower, contact, error);
}

static enum status add(struct store *store, const char *address, const char *name, const char *language, int64_t now,
                       struct contact *contact, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	const char *lower = store_contact_key(&arena, address);
	uint64_t hash;
	enum status status = engine_run(store->engine, error, SQL_CONTACT_ADD, "tttii" "i" "ididi", lower, name ? name : "", language ? language : "", now, now,
	                                contact->written, contact->window_start, contact->window_count, contact->day_start, contact->day_count, contact->last_ticket);

	if (status != STATUS_OK)
		return status;
	hash = is_met(store, lower) ? store->met.hash : engine_hash(lower);
	contact->id = contact->customer = engine_last_row(store->engine);
	engine_key_added(store->engine, ENGINE_CONTACT, hash, contact->id, 0);
	meet(store, lower, hash, contact);
	return STATUS_OK;
}

bool store_contact_within(int64_t start, int64_t now, int64_t length)
{
	return start && now >= start && now - start < length;
}

static void count_acknowledgement(struct contact *contact, int64_t now)
{
	if (!store_contact_within(contact->window_start, now, ACKNOWLEDGEMENT_WINDOW_MS)) {
		contact->window_start = now;
		contact->window_count = 0;
	}
	if (!store_contact_within(contact->day_start, now, ACKNOWLEDGEMENT_DAY_MS)) {
		contact->day_start = now;
		contact->day_count = 0;
	}
	contact->window_count++;
	contact->day_count++;
}

/* One row is written, also where an acknowledgement goes to him. */
enum status store_contact_wrote(struct store *store, const struct mail_address *who, const char *language, bool sure, bool acknowledged, int64_t opened,
                                int64_t now, struct error *error)
{
	struct contact contact;
	enum status status;

	if (!who->address || !*who->address)
		return STATUS_OK;
	status = store_contact_find(store, NULL, who->address, &contact, error);
	if (status != STATUS_OK)
		return status;
	contact.written++;
	if (opened)
		contact.last_ticket = opened;
	if (acknowledged)
		count_acknowledgement(&contact, now);
	if (!contact.id)
		return add(store, who->address, who->name, language, now, &contact, error);
	store->met.is = contact;
	return engine_run(store->engine, error, SQL_CONTACT_WROTE, "iittd" "ididi", contact.id, now, who->name ? who->name : "", language ? language : "", (int)sure,
	                  contact.window_start, contact.window_count, contact.day_start, contact.day_count, contact.last_ticket);
}

enum status store_contact_find_or_add(struct store *store, const char *address, int64_t now, struct contact *contact, struct error *error)
{
	enum status status = store_contact_find(store, NULL, address, contact, error);

	return status == STATUS_OK && !contact->id ? add(store, address, "", "", now, contact, error) : status;
}

enum status store_contact_bounced(struct store *store, const char *address, const char *reason, int64_t now, struct error *error)
{
	struct contact contact;
	enum status status = store_contact_find_or_add(store, address, now, &contact, error);

	store->met.known = false;
	return status == STATUS_OK ? engine_run(store->engine, error, SQL_CONTACT_BOUNCED, "iit", contact.id, now, reason ? reason : "") : status;
}

enum status store_contact_arrives(struct store *store, const char *address, struct error *error)
{
	struct contact contact;
	enum status status = store_contact_find(store, NULL, address, &contact, error);

	store->met.known = false;
	return status == STATUS_OK && contact.id ? engine_run(store->engine, error, SQL_CONTACT_ARRIVES, "i", contact.id) : status;
}

enum status store_contact_acknowledged(struct store *store, const char *address, int64_t now, struct error *error)
{
	struct contact contact;
	enum status status = store_contact_find_or_add(store, address, now, &contact, error);

	if (status != STATUS_OK)
		return status;
	count_acknowledgement(&contact, now);
	store->met.is = contact;
	return engine_run(store->engine, error, SQL_CONTACT_WINDOW, "iidid", contact.id, contact.window_start, contact.window_count,
	                  contact.day_start, contact.day_count);
}

enum status store_contact_proved(struct store *store, const char *address, int64_t now, struct error *error)
{
	struct contact contact;
	enum status status = store_contact_find_or_add(store, address, now, &contact, error);

	store->met.known = false;
	return status == STATUS_OK ? engine_run(store->engine, error, SQL_CONTACT_PROVED, "ii", contact.id, now) : status;
}

enum status store_contact_opened(struct store *store, const char *address, int64_t ticket, int64_t now, struct error *error)
{
	struct contact contact;
	enum status status = store_contact_find_or_add(store, address, now, &contact, error);

	store->met.known = false;
	return status == STATUS_OK ? engine_run(store->engine, error, SQL_CONTACT_LAST_TICKET, "ii", contact.id, ticket) : status;
}

enum status store_contact_asked(struct store *store, const char *address, int answers, int64_t now, struct error *error)
{
	struct contact contact;
	enum status status = store_contact_find_or_add(store, address, now, &contact, error);
	bool goes_on = store_contact_within(contact.asked_start, now, ACKNOWLEDGEMENT_WINDOW_MS);

	store->met.known = false;
	return status == STATUS_OK ? engine_run(store->engine, error, SQL_CONTACT_ASKED, "iid", contact.id, goes_on ? contact.asked_start : now,
	                                        (goes_on ? contact.asked_count : 0) + answers) : status;
}

enum status store_contact_spam(struct store *store, const char *address, int spam, int64_t now, struct error *error)
{
	struct contact contact;
	enum status status = store_contact_find_or_add(store, address, now, &contact, error);

	store->met.known = false;
	return status == STATUS_OK ? engine_run(store->engine, error, SQL_CONTACT_SPAM, "id", contact.id, spam) : status;
}

enum status store_contact_had_agent(struct store *store, const char *address, const char *agent, struct error *error)
{
	struct contact contact;
	enum status status = store_contact_find(store, NULL, address, &contact, error);

	store->met.known = false;
	return status == STATUS_OK && contact.id ? engine_run(store->engine, error, SQL_CONTACT_AGENT, "it", contact.id, agent) : status;
}

enum status store_contact_refused(struct store *store, const char *address, int64_t now, struct error *error)
{
	struct contact contact;
	enum status status = store_contact_find_or_add(store, address, now, &contact, error);

	store->met.known = false;
	return status == STATUS_OK ? engine_run(store->engine, error, SQL_CONTACT_REFUSED, "ii", contact.id, now) : status;
}
