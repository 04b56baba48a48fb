/*
 * store_customer_change.c - what is changed of a customer: what is known of him, and his addresses. And what would be, which writes nothing.
 *
 * Both ask the same two questions, "looked at first" below: with_change(), what would be kept of him; check_address(), is that address free, his, or refused? Who would change
 * (store_customer_would_change(): a list's first look, a dry run) ends there; who changes writes the answer. So a look says what the change then does.
 * Where the address that gave a customer his number leaves him, it moves to a row of its own, and the old row stays without address, to hold the number.
 * Diagnostics: STATUS_BAD_INPUT "belongs to", "is shared by", "is no address", STATUS_NOT_FOUND "there is no organisation".
 */
#include "store_private.h"

#include <string.h>

/* ---- what is known of him ---- */

enum status store_customer_kept(struct store *store, struct arena *arena, int64_t id, struct customer_kept *kept, struct error *error)
{
	struct cursor cursor;

	*kept = (struct customer_kept){ .name = "", .language = "", .note = "", .external_id = "", .created = clock_now() };
	cursor_open(&cursor, store->engine, error, SQL_CUSTOMER_GET, "i", id);
	if (cursor_next(&cursor))
		*kept = (struct customer_kept){ cursor_text(&cursor, arena, 0), cursor_text(&cursor, arena, 1), cursor_text(&cursor, arena, 4), cursor_text(&cursor, arena, 5),
		                       cursor_number(&cursor, 2) != 0, true, cursor_number(&cursor, 3), cursor_number(&cursor, 6), cursor_number(&cursor, 7) };
	return cursor_close(&cursor);
}

enum status store_customer_keep(struct store *store, int64_t id, const struct customer_kept *kept, struct error *error)
{
	store->met.known = false;
	return engine_run(store->engine, error, SQL_CUSTOMER_PUT, "ittdittii", id, kept->name, kept->language, (int)kept->vip, kept->organisation, kept->note, kept->external_id,
	                  kept->main, kept->created);
}

/* ---- looked at first: nothing is written ---- */

static bool is_same(const struct customer_kept *a, const struct customer_kept *b)
{
	return a->there == b->there && !strcmp(a->name, b->name) && !strcmp(a->language, b->language) && !strcmp(a->note, b->note) && !strcmp(a->external_id, b->external_id)
	    && a->vip == b->vip && a->organisation == b->organisation && a->main == b->main;
}

static enum status find_organisation(struct store *store, const char *name, int64_t *id, struct error *error)
{
	enum status status = *name ? engine_number(store->engine, error, id, 0, SQL_ORGANISATION_NAMED, "t", name) : STATUS_OK;

	if (!*name)
		*id = 0;
	return status == STATUS_OK && *name && !*id ? error_set(error, STATUS_NOT_FOUND, "there is no organisation \"%s\"; make it by: sportello organisation set", name) : status;
}

static enum status check_external(struct store *store, int64_t id, const char *external_id, struct error *error)
{
	int64_t other = 0;
	enum status status = *external_id ? engine_number(store->engine, error, &other, 0, SQL_CUSTOMER_EXTERNAL, "t", external_id) : STATUS_OK;

	return status == STATUS_OK && other && other != id ? error_set(error, STATUS_BAD_INPUT, "external id %s belongs to customer %lld", external_id, (long long)other) : status;
}

static enum status find_main(struct store *store, struct arena *arena, int64_t id, const char *address, int64_t *main, struct error *error)
{
	struct contact contact;
	enum status status = store_contact_find(store, arena, address, &contact, error);

	*main = contact.id;
	return status == STATUS_OK && (!contact.id || contact.customer != id) ? error_set(error, STATUS_BAD_INPUT, "%s is no address of customer %lld", address, (long long)id) : status;
}

/* *is: what is kept of him with the change; *changed: it is another. */
static enum status with_change(struct store *store, struct arena *arena, int64_t id, const struct customer_change *change, struct customer_kept *kept, bool *changed, struct error *error)
{
	struct customer_kept was, is;
	enum status status = store_customer_kept(store, arena, id, &was, error);

	is = was;
	is.name = change->name ? change->name : was.name;
	is.language = change->language ? change->language : was.language;
	is.note = change->note ? change->note : was.note;
	is.external_id = change->external_id ? change->external_id : was.external_id;
	is.vip = change->vip ? strcmp(change->vip, "yes") == 0 : was.vip;
	if (status == STATUS_OK && change->organisation)
		status = find_organisation(store, change->organisation, &is.organisation, error);
	if (status == STATUS_OK && change->external_id)
		status = check_external(store, id, is.external_id, error);
	if (status == STATUS_OK && change->primary)
		status = find_main(store, arena, id, change->primary, &is.main, error);
	*changed = status == STATUS_OK && !is_same(&was, &is);
	*kept = is;
	return status;
}

static enum status is_somebodys(struct store *store, struct arena *arena, const char *address, int64_t owner, struct error *error)
{
	struct customer_row row;
	enum status status = store_customer_row(store, arena, owner, &row, error);

	if (status != STATUS_OK)
		return status;
	return error_set(error, STATUS_BAD_INPUT, "%s belongs to customer %lld%s%s; one person? then: sportello customer merge", address, (long long)owner, *row.name ? ", " : "", row.name);
}

/* *free: nobody has it; else it is his already, or refused. */
static enum status check_address(struct store *store, struct arena *arena, int64_t id, const char *address, bool *free, struct error *error)
{
	struct contact contact;
	enum status status;

	*free = false;
	if (!mail_address_usable(address))
		return error_set(error, STATUS_BAD_INPUT, "\"%s\" is no address", address);
	if ((status = store_contact_find(store, arena, address, &contact, error)) != STATUS_OK)
		return status;
	if (contact.id && contact.customer == id)
		return STATUS_OK;
	if (contact.shared)
		return store_customer_shared_by(store, address, contact.shared, error);
	if (contact.id && store_contact_is_customer(&contact))
		return is_somebodys(store, arena, address, contact.customer, error);
	*free = true;
	return STATUS_OK;
}

enum status store_customer_would_change(struct store *store, struct arena *arena, int64_t id, const struct strings *addresses, const struct customer_change *change, bool *changes,
                                        struct error *error)
{
	struct customer_kept kept;
	bool any = id == 0, changed = false;
	enum status status = STATUS_OK;

	for (size_t i = 0; i < addresses->count && status == STATUS_OK; i++, any |= changed)
		status = check_address(store, arena, id, addresses->at[i], &changed, error);
	changed = false;
	if (status == STATUS_OK)
		status = with_change(store, arena, id, change, &kept, &changed, error);
	*changes = any || changed;
	return status;
}

/* ---- changed ---- */

enum status store_customer_set(struct store *store, struct arena *arena, int64_t id, const struct customer_change *change, bool *changed, struct error *error)
{
	struct customer_kept kept;
	enum status status = with_change(store, arena, id, change, &kept, changed, error);

	return *changed ? store_customer_keep(store, id, &kept, error) : status;
}

enum status store_customer_add_address(struct store *store, struct arena *arena, int64_t id, const char *address, bool *changed, struct error *error)
{
	struct contact contact;
	enum status status = check_address(store, arena, id, address, changed, error);

	if (!*changed || (status = store_contact_find_or_add(store, address, clock_now(), &contact, error)) != STATUS_OK)
		return status;
	store->met.known = false;
	return engine_run(store->engine, error, SQL_CONTACT_PERSON, "ii", contact.id, id);
}

/* The number stays with the customer: what is known of the address goes to a row of its own. */
static enum status move_away(struct store *store, const char *address, int64_t contact, struct error *error)
{
	enum status status = engine_keys_ready(store->engine, error);

	if (status == STATUS_OK)
		status = engine_run(store->engine, error, SQL_CONTACT_MOVE, "i", contact);
	if (status != STATUS_OK)
		return status;
	engine_key_added(store->engine, ENGINE_CONTACT, engine_hash(address), engine_last_row(store->engine), 0);
	return engine_run(store->engine, error, SQL_CONTACT_VOID, "ii", contact, clock_now());
}

enum status store_customer_remove_address(struct store *store, struct arena *arena, int64_t id, const char *address, struct error *error)
{
	struct customer_row row;
	struct customer_kept kept;
	struct contact contact;
	enum status status = store_customer_row(store, arena, id, &row, error);

	if (status == STATUS_OK)
		status = store_contact_find(store, arena, address, &contact, error);
	if (status == STATUS_OK)
		status = store_customer_kept(store, arena, id, &kept, error);
	if (status != STATUS_OK)
		return status;
	if (!contact.id || contact.customer != id)
		return error_set(error, STATUS_NOT_FOUND, "%s is no address of customer %lld", address, (long long)id);
	if (row.addresses.count < 2)
		return error_set(error, STATUS_BAD_INPUT, "%s is the only address of customer %lld; add another one first, or erase him", address, (long long)id);
	store->met.known = false;
	status = contact.id == id ? move_away(store, store_contact_key(arena, address), id, error) : engine_run(store->engine, error, SQL_CONTACT_PERSON, "ii", contact.id, (int64_t)0);
	kept.main = kept.main == contact.id ? 0 : kept.main;
	return status == STATUS_OK && kept.there ? store_customer_keep(store, id, &kept, error) : status;
}

enum status store_customer_drop(struct store *store, struct arena *arena, int64_t id, struct error *error)
{
	struct customer_row row;
	enum status status = store_customer_row(store, arena, id, &row, error);

	for (size_t i = 0; i < row.addresses.count && status == STATUS_OK; i++)
		if (row.addresses.at[i].contact != id)
			status = engine_run(store->engine, error, SQL_CONTACT_PERSON, "ii", row.addresses.at[i].contact, (int64_t)0);
	store->met.known = false;
	return status == STATUS_OK ? engine_run(store->engine, error, SQL_CUSTOMER_DELETE, "i", id) : status;
}

enum status store_customer_settle(struct store *store, size_t count, struct error *error)
{
	return engine_catch_up(store->engine, count, error);
}
