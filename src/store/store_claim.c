/*
 * store_claim.c - has this very delivery, this very mail, this Message-ID been here before?
 *
 * All three are asked of one deferred index over mailbox, by the hash of the Message-ID (of the mail's digest where there is no
 * Message-ID): the same delivery has the same claim, the same mail for another of our addresses has the same digest, a
 * reference has the Message-ID itself. Runs inside the write transaction, so that of two equal deliveries at the same moment
 * one is the second. A sender who uses one Message-ID for thousands of mails is looked at LATE_SCAN deep, and no deeper.
 */
#include "store_private.h"

#include <string.h>

_Static_assert(CLAIM_SIZE == ENGINE_DIGEST_SIZE, "a claim is a digest");

#define CLAIM_HITS 64            /* deliveries with the same 32 bits of claim: one, but for a forger's collisions */
#define SAME_MAIL_HITS 64        /* recipients of one mail that are looked at for a ticket to share */
#define REFERENCE_HITS 16        /* mails with a referred-to Message-ID, the oldest ones */

/* Over Message-ID and body digest, as the claim is, but without the recipient. */
void store_mail_digest(const struct incoming *incoming, unsigned char out[MAIL_DIGEST_SIZE])
{
	const struct mail *mail = incoming->mail;
	unsigned char whole[SHA256_SIZE];
	struct sha256 digest;

	sha256_init(&digest);
	if (mail->message_id)
		sha256_add(&digest, mail->message_id, strlen(mail->message_id));
	sha256_add(&digest, "", 1);
	sha256_add(&digest, mail->body_digest, sizeof mail->body_digest);
	sha256_end(&digest, whole);
	memcpy(out, whole, MAIL_DIGEST_SIZE);
}

uint64_t store_mail_hash(const struct store *store, const struct incoming *incoming)
{
	unsigned char digest[MAIL_DIGEST_SIZE] = { 0 };

	if (store->claimed.of == incoming)
		return store->claimed.hash;
	if (!incoming->mail->message_id || !*incoming->mail->message_id)
		store_mail_digest(incoming, digest);
	return engine_mail_hash(incoming->mail->message_id, digest);
}

enum status store_claim(struct store *store, const struct incoming *incoming, const unsigned char claim[CLAIM_SIZE],
                        bool *duplicate, struct error *error)
{
	struct engine_hit hits[CLAIM_HITS];
	uint64_t hash;
	uint32_t tag = engine_claim_tag(claim);
	size_t count;
	enum status status;

	*duplicate = false;
	store->claimed.of = NULL;                /* where it lies, another mail may have lain before */
	hash = store_mail_hash(store, incoming);
	/* First without the tag: that nobody has this Message-ID is the usual answer, and it also answers the facts. */
	status = engine_find_newest(store->engine, ENGINE_MAILBOX, hash, NULL, hits, 1, &count, error);
	if (status != STATUS_OK)
		return status;
	store->claimed.of = incoming;
	store->claimed.nothing = count == 0;
	store->claimed.hash = hash;
	if (count > 0)
		status = engine_find_newest(store->engine, ENGINE_MAILBOX, hash, &tag, hits, CLAIM_HITS, &count, error);
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		int64_t there;

		status = engine_number(store->engine, error, &there, 0, SQL_MAILBOX_CLAIM, "ib", hits[i].row, claim, (size_t)CLAIM_SIZE);
		if (status != STATUS_OK || !there)
			continue;
		*duplicate = true;
		return engine_run(store->engine, error, SQL_MAILBOX_AGAIN, "i", hits[i].row);
	}
	return status;
}

enum status store_find_same_mail(struct store *store, struct arena *arena, const struct incoming *incoming, struct same_mails *same, struct error *error)
{
	unsigned char digest[MAIL_DIGEST_SIZE], claim[CLAIM_SIZE];
	struct engine_hit hits[SAME_MAIL_HITS];
	uint64_t hash = store_mail_hash(store, incoming);
	size_t count;
	enum status status;

	*same = (struct same_mails){ 0 };
	if (store->claimed.of == incoming && store->claimed.nothing)
		return STATUS_OK;
	status = engine_find_newest(store->engine, ENGINE_MAILBOX, hash, NULL, hits, SAME_MAIL_HITS, &count, error);
	if (status != STATUS_OK || count == 0)
		return status;
	store_mail_digest(incoming, digest);
	desk_claim(incoming, claim);
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		struct cursor cursor;

		cursor_open(&cursor, store->engine, error, SQL_MAILBOX_SAME_MAIL, "ibb", hits[i].row, digest, sizeof digest, claim, sizeof claim);
		if (cursor_next(&cursor)) {
			same->ordered |= cursor_number(&cursor, 2) != 0;
			if (cursor_number(&cursor, 0))
				*ARENA_PUSH(arena, same) = (struct same_mail){ .ticket = cursor_number(&cursor, 0), .seq = (int)cursor_number(&cursor, 1) };
		}
		status = cursor_close(&cursor);
	}
	return status;
}

/* A Message-ID of ours that no key verifies any more still says its ticket: <TICKET.TOKEN@domain>. Whether it is there is
 * looked up among that ticket's messages. */
static enum status find_own_message_id(struct store *store, const char *message_id, int64_t *ticket, struct error *error)
{
	int64_t number = 0, there;
	const char *at = message_id + 1;
	enum status status;

	if (*message_id != '<')
		return STATUS_OK;
	for (; *at >= '0' && *at <= '9' && number < INT64_MAX / 100; at++)
		number = 10 * number + (*at - '0');
	if (number == 0 || *at != '.')
		return STATUS_OK;
	status = engine_number(store->engine, error, &there, 0, SQL_MESSAGE_OF_ID, "it", number, message_id);
	if (status == STATUS_OK && there)
		*ticket = number;
	return status;
}

enum status store_find_message_id(struct store *store, const char *message_id, int64_t *ticket, struct error *error)
{
	struct engine_hit hits[REFERENCE_HITS];
	size_t count;
	enum status status;

	*ticket = 0;
	status = engine_find_oldest(store->engine, ENGINE_MAILBOX, engine_hash(message_id), hits, REFERENCE_HITS, &count, error);
	for (size_t i = 0; i < count && status == STATUS_OK && !*ticket; i++)
		status = engine_number(store->engine, error, ticket, 0, SQL_MAILBOX_TICKET_OF_MESSAGE_ID, "it", hits[i].row, message_id);
	if (status == STATUS_OK && !*ticket)
		status = find_own_message_id(store, message_id, ticket, error);
	return status;
}
