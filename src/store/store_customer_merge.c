/*
 * store_customer_merge.c - two customers are one person, and are two again: what each had is written down, so that undoing gives it back.
 *
 * Whose address it is, is a column of the contact: merging moves contacts, and no ticket. Inside the caller's transaction.
 */
#include "store_private.h"

#include <stdlib.h>
#include <string.h>

static void write_kept(struct buffer *out, const char *whose, const struct customer_kept *kept)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	const struct { const char *key, *value; } fields[] = {
		{ "there", kept->there ? "1" : "" }, { "name", kept->name }, { "language", kept->language }, { "note", kept->note }, { "external", kept->external_id },
		{ "vip", kept->vip ? "1" : "" }, { "organisation", arena_printf(&arena, "%lld", (long long)kept->organisation) },
		{ "main", arena_printf(&arena, "%lld", (long long)kept->main) }, { "created", arena_printf(&arena, "%lld", (long long)kept->created) },
	};

	for (size_t i = 0; i < COUNT_OF(fields); i++)
		record_add(out, arena_printf(&arena, "%s_%s", whose, fields[i].key), fields[i].value);
}

static const char *field_of(struct arena *arena, const char *record, const char *whose, const char *key)
{
	const char *value = record_get(arena, record, arena_printf(arena, "%s_%s", whose, key));

	return value ? value : "";
}

static struct customer_kept read_record(struct arena *arena, const char *record, const char *whose)
{
	return (struct customer_kept){ field_of(arena, record, whose, "name"), field_of(arena, record, whose, "language"), field_of(arena, record, whose, "note"),
	                      field_of(arena, record, whose, "external"), *field_of(arena, record, whose, "vip") != '\0', *field_of(arena, record, whose, "there") != '\0',
	                      atoll(field_of(arena, record, whose, "organisation")), atoll(field_of(arena, record, whose, "main")), atoll(field_of(arena, record, whose, "created")) };
}

/* What only the one knows, the other knows then, too. */
static struct customer_kept both(struct arena *arena, const struct customer_kept *gone, const struct customer_kept *into)
{
	struct customer_kept one = *into;

	one.there = true;
	one.name = *into->name ? into->name : gone->name;
	one.language = *into->language ? into->language : gone->language;
	one.note = !*gone->note || !*into->note ? (*into->note ? into->note : gone->note) : arena_printf(arena, "%s\n%s", into->note, gone->note);
	one.external_id = *into->external_id ? into->external_id : gone->external_id;
	one.vip = into->vip || gone->vip;
	one.organisation = into->organisation ? into->organisation : gone->organisation;
	return one;
}

static enum status move_contacts(struct store *store, const struct customer_row *row, int64_t into, struct error *error)
{
	enum status status = STATUS_OK;

	store->met.known = false;
	for (size_t i = 0; i < row->addresses.count && status == STATUS_OK; i++)
		status = engine_run(store->engine, error, SQL_CONTACT_PERSON, "ii", row->addresses.at[i].contact, into);
	return status;
}

/* Where his number is held by a row without an address, that follows him. */
static bool holds_number(const struct customer_row *row)
{
	for (size_t i = 0; i < row->addresses.count; i++)
		if (row->addresses.at[i].contact == row->id)
			return true;
	return false;
}

static const char *contacts_line(struct arena *arena, const struct customer_row *row)
{
	const char *line = " ";

	for (size_t i = 0; i < row->addresses.count; i++)
		line = arena_printf(arena, "%s%lld ", line, (long long)row->addresses.at[i].contact);
	return line;
}

enum status store_customer_merge(struct store *store, struct arena *arena, int64_t id, int64_t into, const char *who, struct error *error)
{
	CLEANUP_BUFFER struct buffer record = { 0 };
	struct customer_row gone;
	struct customer_kept was_gone, was_into, one;
	enum status status = store_customer_row(store, arena, id, &gone, error);

	if (id == into)
		return error_set(error, STATUS_BAD_INPUT, "customer %lld is that person already", (long long)id);
	if (status == STATUS_OK)
		status = store_customer_kept(store, arena, id, &was_gone, error);
	if (status == STATUS_OK)
		status = store_customer_kept(store, arena, into, &was_into, error);
	if (status != STATUS_OK)
		return status;
	one = both(arena, &was_gone, &was_into);
	record_add(&record, "into", arena_printf(arena, "%lld", (long long)into));
	write_kept(&record, "gone", &was_gone);
	write_kept(&record, "was", &was_into);
	write_kept(&record, "is", &one);
	record_add(&record, "contacts", contacts_line(arena, &gone));    /* the last: SQL_CUSTOMER_MERGED_CONTACT looks there */
	if (was_gone.there)
		status = engine_run(store->engine, error, SQL_CUSTOMER_DELETE, "i", id);
	if (status == STATUS_OK)
		status = store_customer_keep(store, into, &one, error);
	if (status == STATUS_OK)
		status = move_contacts(store, &gone, into, error);
	if (status == STATUS_OK && !holds_number(&gone))
		status = engine_run(store->engine, error, SQL_CONTACT_PERSON, "ii", id, into);
	if (status == STATUS_OK)
		status = store_customer_event(store, into, who, "merged", arena_printf(arena, "%lld", (long long)id), error);
	return status == STATUS_OK ? store_customer_event(store, id, who, "merge", buffer_string(&record), error) : status;
}

/* What somebody changed since stays changed. */
static const char *back(const char *now, const char *is, const char *was)
{
	return strcmp(now, is) == 0 ? was : now;
}

static enum status give_back(struct store *store, struct arena *arena, int64_t into, const struct customer_kept *is, const struct customer_kept *was, struct error *error)
{
	struct customer_kept now;
	enum status status = store_customer_kept(store, arena, into, &now, error);

	if (status != STATUS_OK || !now.there)
		return status;
	now.name = back(now.name, is->name, was->name);
	now.language = back(now.language, is->language, was->language);
	now.note = back(now.note, is->note, was->note);
	now.external_id = back(now.external_id, is->external_id, was->external_id);
	now.vip = now.vip == is->vip ? was->vip : now.vip;
	now.organisation = now.organisation == is->organisation ? was->organisation : now.organisation;
	now.main = now.main == is->main ? was->main : now.main;
	if (!was->there && !*now.name && !*now.language && !*now.note && !*now.external_id && !now.vip && !now.organisation && !now.main)
		return engine_run(store->engine, error, SQL_CUSTOMER_DELETE, "i", into);
	return store_customer_keep(store, into, &now, error);
}

static enum status take_back_contacts(struct store *store, const char *line, int64_t into, int64_t id, struct error *error)
{
	enum status status = STATUS_OK;

	store->met.known = false;
	for (char *end; status == STATUS_OK && line[strspn(line, " ")]; line = end) {
		int64_t contact = strtoll(line, &end, 10), person = 0;

		status = engine_number(store->engine, error, &person, 0, SQL_CONTACT_IDENTITY, "i", contact);
		if (status == STATUS_OK && person == into)
			status = engine_run(store->engine, error, SQL_CONTACT_PERSON, "ii", contact, id);
	}
	return status;
}

struct undoing { int64_t id, event; const char *record; };

static enum status find_merge(struct store *store, struct arena *arena, const char *whom, struct undoing *undoing, struct error *error)
{
	struct contact contact = { 0 };
	struct cursor cursor;
	enum status status = store_customer_is_number(whom) ? STATUS_OK : store_contact_find(store, arena, whom, &contact, error);

	if (status != STATUS_OK)
		return status;
	/* By an address: the number that it gave, or the customer who had it. */
	cursor_open(&cursor, store->engine, error, store_customer_is_number(whom) ? SQL_CUSTOMER_MERGED : SQL_CUSTOMER_MERGED_CONTACT, "i", store_customer_is_number(whom) ? (int64_t)atoll(whom) : contact.id);
	if (cursor_next(&cursor)) {
		undoing->event = cursor_number(&cursor, 0);
		undoing->record = cursor_text(&cursor, arena, 1);
		undoing->id = store_customer_is_number(whom) ? atoll(whom) : cursor_number(&cursor, 2);
	}
	if (cursor_close(&cursor) != STATUS_OK)
		return cursor.status;
	return undoing->event ? STATUS_OK : error_set(error, STATUS_NOT_FOUND, "%s was not merged into anybody", whom);
}

enum status store_customer_unmerge(struct store *store, struct arena *arena, const char *whom, const char *who, int64_t *id, struct error *error)
{
	struct undoing undoing = { 0 };
	struct customer_kept gone, was, is;
	int64_t into;
	enum status status = find_merge(store, arena, whom, &undoing, error);

	if (status != STATUS_OK)
		return status;
	*id = undoing.id;
	into = atoll(record_get(arena, undoing.record, "into"));
	gone = read_record(arena, undoing.record, "gone");
	was = read_record(arena, undoing.record, "was");
	is = read_record(arena, undoing.record, "is");
	status = take_back_contacts(store, record_get(arena, undoing.record, "contacts"), into, undoing.id, error);
	if (status == STATUS_OK)
		status = engine_run(store->engine, error, SQL_CONTACT_PERSON, "ii", undoing.id, (int64_t)0);
	if (status == STATUS_OK)
		status = give_back(store, arena, into, &is, &was, error);
	if (status == STATUS_OK && gone.there)
		status = store_customer_keep(store, undoing.id, &gone, error);
	if (status == STATUS_OK)
		status = engine_run(store->engine, error, SQL_CUSTOMER_EVENT_SET, "itt", undoing.event, "merge undone", undoing.record);
	return status == STATUS_OK ? store_customer_event(store, into, who, "unmerged", arena_printf(arena, "%lld", (long long)undoing.id), error) : status;
}
