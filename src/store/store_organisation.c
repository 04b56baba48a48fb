/*
 * store_organisation.c - organisations: their domains, shared addresses and contract, and what an address would be by them.
 *
 * An address is of the organisation that was given to its customer; else of the one that shares it; else of the one whose domain fits
 * it longest: "example.org" is that domain alone, ".example.org" all below it. A contract that is over gives neither level nor VIP; the
 * name stays. May not judge whether a mail proves its address: the desk does. What can be a domain of one is the caller's question, too.
 * Diagnostics: STATUS_BAD_INPUT "belongs to", STATUS_NOT_FOUND "there is no organisation".
 */
#include "store_private.h"

#include <string.h>

#define LABELS_MOST 32           /* of a domain: a name has no more in practice, and its owner cannot make us look longer */

/* ---- whose is an address? ---- */

static enum status owner_of(struct store *store, const char *domain, int64_t *organisation, struct error *error)
{
	return engine_number(store->engine, error, organisation, 0, SQL_DOMAIN_OWNER, "t", domain);
}

/* Most desks have none: a mail does not ask for each again. Who writes them is the command line, with a connection of its own. */
static bool no_domains(struct store *store)
{
	unsigned long seen = engine_changes_seen(store->engine);
	int64_t any = 1;

	if (!store->domains.known || store->domains.seen != seen) {
		store->domains.known = engine_number(store->engine, NULL, &any, 0, SQL_DOMAIN_ANY, "") == STATUS_OK;
		store->domains.none = store->domains.known && !any;
		store->domains.seen = seen;
	}
	return store->domains.none;
}

/* The longest first: itself, then ".b.c" of "a.b.c". What has one label only is a public suffix, and nobody's. */
static enum status owner_by_domain(struct store *store, const char *domain, int64_t *organisation, struct error *error)
{
	enum status status = owner_of(store, domain, organisation, error);
	const char *dot = strchr(domain, '.');

	for (int i = 0; i < LABELS_MOST && status == STATUS_OK && !*organisation && dot && strchr(dot + 1, '.'); i++, dot = strchr(dot + 1, '.'))
		status = owner_of(store, dot, organisation, error);
	return status;
}

enum status store_organisation_of(struct store *store, struct arena *arena, const char *address, const struct contact *contact, int64_t *organisation, struct error *error)
{
	const char *at = strrchr(store_contact_key(arena, address), '@');

	*organisation = contact->organisation ? contact->organisation : contact->shared;
	return *organisation || !at || no_domains(store) ? STATUS_OK : owner_by_domain(store, at + 1, organisation, error);
}

enum status store_standing_of(struct store *store, struct arena *arena, const char *address, const struct contact *contact, int64_t now, struct standing *standing,
                              struct error *error)
{
	struct cursor cursor;
	int64_t organisation;
	enum status status = store_organisation_of(store, arena, address, contact, &organisation, error);

	*standing = (struct standing){ .customer = contact->shared ? 0 : contact->customer, .vip = contact->vip, .organisation = "", .level = "" };
	if (status != STATUS_OK || !organisation)
		return status;
	cursor_open(&cursor, store->engine, error, SQL_ORGANISATION_GET, "i", organisation);
	if (cursor_next(&cursor)) {
		int64_t until = cursor_number(&cursor, 3);

		standing->organisation = cursor_text(&cursor, arena, 0);
		standing->ended = until && until <= now ? until : 0;
		standing->level = standing->ended ? "" : cursor_text(&cursor, arena, 1);
		standing->vip |= !standing->ended && cursor_number(&cursor, 2) != 0;
	}
	return cursor_close(&cursor);
}

enum status store_standing(struct store *store, struct arena *arena, const char *address, struct standing *standing, struct error *error)
{
	struct contact contact;
	bool began;
	enum status status = store_read_begin(store, &began, error);

	*standing = (struct standing){ .organisation = "", .level = "" };
	if (status == STATUS_OK)
		status = store_contact_find(store, NULL, address, &contact, error);
	if (status == STATUS_OK)
		status = store_standing_of(store, arena, address, &contact, clock_now(), standing, error);
	store_read_end(store, began);
	return status;
}

/* ---- reading ---- */

static enum status read_texts(struct store *store, struct arena *arena, enum sql id, int64_t organisation, struct strings *list, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, id, "i", organisation);
	while (cursor_next(&cursor))
		strings_add(arena, list, cursor_text(&cursor, arena, 0));
	return cursor_close(&cursor);
}

static enum status read_counts(struct store *store, struct organisation_row *row, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_ORGANISATION_TICKETS, "t", row->name);
	if (cursor_next(&cursor)) {
		row->tickets_total = cursor_number(&cursor, 0);
		row->tickets_open = cursor_number(&cursor, 1);
	}
	return cursor_close(&cursor);
}

static enum status read_head(struct store *store, struct arena *arena, int64_t id, struct organisation_row *row, struct error *error)
{
	struct cursor cursor;

	*row = (struct organisation_row){ .id = id };
	cursor_open(&cursor, store->engine, error, SQL_ORGANISATION_GET, "i", id);
	if (cursor_next(&cursor))
		*row = (struct organisation_row){ .id = id, .name = cursor_text(&cursor, arena, 0), .level = cursor_text(&cursor, arena, 1), .vip = cursor_number(&cursor, 2) != 0,
		                                  .until = cursor_number(&cursor, 3), .sees_all = cursor_number(&cursor, 4) != 0, .note = cursor_text(&cursor, arena, 5),
		                                  .created = cursor_number(&cursor, 6) };
	return cursor_close(&cursor);
}

static enum status read_whole(struct store *store, struct arena *arena, int64_t id, struct organisation_row *row, struct error *error)
{
	enum status status = read_head(store, arena, id, row, error);

	if (status == STATUS_OK)
		status = read_texts(store, arena, SQL_DOMAINS_OF, id, &row->domains, error);
	if (status == STATUS_OK)
		status = read_texts(store, arena, SQL_SHARED_OF, id, &row->shared, error);
	return status == STATUS_OK ? read_counts(store, row, error) : status;
}

/* Those whom an open cursor names, which it closes. */
static enum status read_all(struct store *store, struct arena *arena, struct cursor *cursor, struct organisation_rows *rows, struct error *error)
{
	struct customer_ids ids = { 0 };
	enum status status;

	while (cursor_next(cursor))
		*ARENA_PUSH(arena, &ids) = cursor_number(cursor, 0);
	status = cursor_close(cursor);
	for (size_t i = 0; i < ids.count && status == STATUS_OK; i++)
		status = read_whole(store, arena, ids.at[i], ARENA_PUSH(arena, rows), error);
	return status;
}

enum status store_organisations(struct store *store, struct arena *arena, struct organisation_rows *rows, struct error *error)
{
	struct cursor cursor;
	bool began;
	enum status status = store_read_begin(store, &began, error);

	*rows = (struct organisation_rows){ 0 };
	if (status != STATUS_OK)
		return status;
	cursor_open(&cursor, store->engine, error, SQL_ORGANISATIONS, "");
	status = read_all(store, arena, &cursor, rows, error);
	store_read_end(store, began);
	return status;
}

enum status store_organisations_ending(struct store *store, struct arena *arena, int64_t after, int64_t upto, struct organisation_rows *rows, struct error *error)
{
	struct cursor cursor;
	bool began;
	enum status status = store_read_begin(store, &began, error);

	*rows = (struct organisation_rows){ 0 };
	if (status != STATUS_OK)
		return status;
	cursor_open(&cursor, store->engine, error, SQL_ORGANISATIONS_ENDING, "ii", after, upto);
	status = read_all(store, arena, &cursor, rows, error);
	store_read_end(store, began);
	return status;
}

static enum status find_named(struct store *store, const char *name, int64_t *id, struct error *error)
{
	return engine_number(store->engine, error, id, 0, SQL_ORGANISATION_NAMED, "t", name);
}

enum status store_organisation(struct store *store, struct arena *arena, const char *name, struct organisation_row *row, struct error *error)
{
	int64_t id = 0;
	enum status status = find_named(store, name, &id, error);

	if (status == STATUS_OK && !id)
		return error_set(error, STATUS_NOT_FOUND, "there is no organisation \"%s\"", name);
	return status == STATUS_OK ? read_whole(store, arena, id, row, error) : status;
}

/* ---- changing ---- */

static enum status belongs_to(struct store *store, const char *what, int64_t organisation, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct organisation_row row;
	enum status status = read_head(store, &arena, organisation, &row, error);

	return status == STATUS_OK ? error_set(error, STATUS_BAD_INPUT, "%s belongs to %s", what, row.name) : status;
}

static enum status set_domains(struct store *store, int64_t id, const struct strings *domains, struct error *error)
{
	store->domains.known = false;
	enum status status = engine_run(store->engine, error, SQL_DOMAINS_CLEAR, "i", id);

	for (size_t i = 0; i < domains->count && status == STATUS_OK; i++) {
		int64_t owner = 0;

		status = owner_of(store, domains->at[i], &owner, error);
		if (status == STATUS_OK && owner && owner != id)
			return belongs_to(store, domains->at[i], owner, error);
		if (status == STATUS_OK && !owner)
			status = engine_run(store->engine, error, SQL_DOMAIN_ADD, "ti", domains->at[i], id);
	}
	return status;
}

/* A shared address is nobody's own: a customer who has it beside others gives it up first. */
static enum status share(struct store *store, int64_t id, const char *address, struct error *error)
{
	struct contact contact;
	int64_t others = 0;
	enum status status = store_contact_find_or_add(store, address, clock_now(), &contact, error);

	store->met.known = false;
	if (status == STATUS_OK && contact.shared && contact.shared != id)
		return belongs_to(store, address, contact.shared, error);
	if (status == STATUS_OK)
		status = engine_number(store->engine, error, &others, 0, SQL_CUSTOMER_OTHERS, "i", contact.customer);
	if (status != STATUS_OK)
		return status;
	if (others || contact.kept)
		return error_set(error, STATUS_BAD_INPUT, "%s belongs to customer %lld: take it from him first", address, (long long)contact.customer);
	return engine_run(store->engine, error, SQL_CONTACT_SHARED, "ii", contact.id, id);
}

static enum status set_shared(struct store *store, int64_t id, const struct strings *shared, struct error *error)
{
	enum status status = engine_run(store->engine, error, SQL_ORGANISATION_SHARED_LEAVE, "i", id);

	store->met.known = false;
	for (size_t i = 0; i < shared->count && status == STATUS_OK; i++)
		status = share(store, id, shared->at[i], error);
	return status;
}

static const char *chosen(const char *changed, const char *is)
{
	return changed ? changed : is ? is : "";
}

static int flag(const char *changed, bool is)
{
	return changed ? strcmp(changed, "yes") == 0 : is;
}

enum status store_organisation_set(struct store *store, struct arena *arena, const char *name, const struct organisation_change *change, bool *made, struct error *error)
{
	struct organisation_row row = { 0 };
	int64_t id = 0;
	enum status status = find_named(store, name, &id, error);

	*made = !id;
	if (status == STATUS_OK && id)
		status = read_head(store, arena, id, &row, error);
	if (status == STATUS_OK)
		status = engine_run(store->engine, error, SQL_ORGANISATION_PUT, "ittdidti", id, name, chosen(change->level, row.level), flag(change->vip, row.vip),
		                    change->until ? *change->until : row.until, flag(change->sees_all, row.sees_all), chosen(change->note, row.note), clock_now());
	if (status == STATUS_OK && !id)
		status = find_named(store, name, &id, error);
	if (status == STATUS_OK && change->domains)
		status = set_domains(store, id, change->domains, error);
	return status == STATUS_OK && change->shared ? set_shared(store, id, change->shared, error) : status;
}

/* What its tickets say of it stays: they were from there. */
enum status store_organisation_remove(struct store *store, struct arena *arena, const char *name, struct error *error)
{
	static const enum sql steps[] = { SQL_DOMAINS_CLEAR, SQL_ORGANISATION_SHARED_LEAVE, SQL_ORGANISATION_PEOPLE_LEAVE, SQL_ORGANISATION_DELETE };
	struct organisation_row row;
	enum status status = store_organisation(store, arena, name, &row, error);

	for (size_t i = 0; i < COUNT_OF(steps) && status == STATUS_OK; i++)
		status = engine_run(store->engine, error, steps[i], "i", row.id);
	store->met.known = false;
	return status;
}
