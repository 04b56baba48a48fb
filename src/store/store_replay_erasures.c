/*
 * store_replay_erasures.c - what the ledger names is erased again: in a database that was restored from a backup.
 *
 * Customers are known by the digest of each address, tickets and messages by number and date, so that another ticket of that number stays.
 * Diagnostics: STATUS_NOT_FOUND no such ledger; those of store_erase().
 */
#include "store_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct digest { char hex[LEDGER_DIGEST_HEX]; };
struct replaying {
	struct store *store; struct arena *arena; struct ledger ledger; size_t erased; struct error *error;
	struct { struct digest *at; size_t count; } customers;   /* of their addresses, in order */
};

#define CUSTOMER_LINE " customer 0 0 "

static int by_digest(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct digest));
}

/* So that a ledger of a hundred thousand lines is read once, and not for each customer there is. */
static void gather_customers(struct replaying *r)
{
	for (const char *at = r->ledger.lines; (at = strstr(at, CUSTOMER_LINE)) != NULL;) {
		at += strlen(CUSTOMER_LINE);
		if (strcspn(at, "\n") == LEDGER_DIGEST_HEX)
			memcpy(ARENA_PUSH(r->arena, &r->customers)->hex, at, LEDGER_DIGEST_HEX);
	}
	if (r->customers.count)
		qsort(r->customers.at, r->customers.count, sizeof *r->customers.at, by_digest);
}

static bool is_erased(const struct replaying *r, const char *digest)
{
	return bsearch(digest, r->customers.at, r->customers.count, sizeof *r->customers.at, by_digest) != NULL;
}

static enum status erase_again(struct replaying *r, const struct erase_order *order)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct erased erased;
	enum status status = store_erase(r->store, &arena, order, false, &erased, r->error);

	r->erased += status == STATUS_OK;
	return status;
}

static enum status replay_customers(struct replaying *r)
{
	struct { struct { int64_t id; const char *address; } *at; size_t count; } contacts = { 0 };
	struct cursor cursor;
	enum status status;

	gather_customers(r);
	if (!r->customers.count)
		return STATUS_OK;
	cursor_open(&cursor, r->store->engine, r->error, SQL_CONTACTS_ALL, "");
	while (cursor_next(&cursor)) {
		CLEANUP_ARENA struct arena arena = { 0 };
		const char *address = cursor_text(&cursor, &arena, 1);

		if (!is_erased(r, store_ledger_digest(&arena, r->ledger.key, address)))
			continue;
		ARENA_PUSH(r->arena, &contacts)->id = cursor_number(&cursor, 0);
		contacts.at[contacts.count - 1].address = arena_string(r->arena, address);
	}
	status = cursor_close(&cursor);
	for (size_t i = 0; i < contacts.count && status == STATUS_OK; i++) {
		struct contact contact;

		status = store_contact_find(r->store, r->arena, contacts.at[i].address, &contact, r->error);
		if (status == STATUS_OK && contact.id)
			status = erase_again(r, &(struct erase_order){ .what = ERASE_CUSTOMER, .customer = contact.customer, .who = "ledger" });
	}
	return status;
}

static enum status replay_line(struct replaying *r, const char *line)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	char when[32] = "", kind[16] = "", digest[LEDGER_DIGEST_HEX + 1] = "";
	long long ticket, seq, attachment = 0;
	struct ticket_facts *facts = NULL;
	enum status status;

	int read = sscanf(line, "%31s %15s %lld %lld %32s%*1[ ]%lld", when, kind, &ticket, &seq, digest, &attachment);
	bool of_message = strcmp(kind, "message") == 0, of_file = read == 6 && strcmp(kind, "attachment") == 0;

	if (read < 5 || !(of_message || of_file || strcmp(kind, "ticket") == 0))
		return STATUS_OK;
	status = store_read_ticket_facts(r->store, &arena, ticket, &facts, r->error);
	if (status != STATUS_OK || !facts || strcmp(store_ledger_digest(&arena, r->ledger.key, store_ledger_identity(&arena, facts->id, facts->created)), digest) != 0)
		return status;
	status = erase_again(r, &(struct erase_order){ .what = of_file ? ERASE_ATTACHMENT : of_message ? ERASE_MESSAGE : ERASE_TICKET, .ticket = ticket, .seq = (int)seq,
	                                             .attachment = (int)attachment, .who = "ledger" });
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status replay_lines(struct replaying *r)
{
	enum status status = STATUS_OK;

	for (const char *line = r->ledger.lines; *line && status == STATUS_OK; line += strcspn(line, "\n"), line += *line == '\n')
		status = replay_line(r, line);
	return status;
}

enum status store_erasures_replay(struct store *store, struct arena *arena, const char *ledger, size_t *erased, struct error *error)
{
	struct replaying r = { .store = store, .arena = arena, .error = error };
	enum status status = store_ledger_read(arena, ledger ? ledger : store_ledger_path(arena, store), &r.ledger, error);

	*erased = 0;
	if (status == STATUS_OK && ledger && !r.ledger.known)
		return error_set(error, STATUS_NOT_FOUND, "%s: there is no ledger", ledger);
	if (status == STATUS_OK && r.ledger.known)
		status = replay_customers(&r);
	if (status == STATUS_OK && r.ledger.known)
		status = replay_lines(&r);
	*erased = r.erased;
	return status == STATUS_OK && r.erased ? store_erase_follow(store, arena, false, error) : status;
}
