/*
 * mail_bounce_dsn.c - the machine-readable part of a delivery report (RFC 3464): blocks of fields, one a recipient.
 *
 * Reads what MTAs send: blank lines in wrong places, fields of one recipient over two blocks, missing types before the
 * address, Action or Status left out (then told from each other or from the diagnostic). The recipient is the original
 * one where it is said, since that is whom we wrote to. Makes no problems.
 */
#include "mail_bounce.h"

#define BLOCKS_MAX (4 * BOUNCES_MAX)     /* of fields, and what stands between them: some write a recipient as two */

struct block { struct span original, final, actual, action, status, diagnostic; };

/* "rfc822; ann@example.org" -> the address; xtext (RFC 3461 section 4) undone for '+XX'. */
static const char *typed_address(struct arena *arena, struct span value)
{
	const char *semicolon = memchr(value.at, ';', value.length);
	if (semicolon)
		value = (struct span){ semicolon + 1, value.length - (size_t)(semicolon + 1 - value.at) };
	value = mail_span_trim(value);
	if (!memchr(value.at, '@', value.length))
		return NULL;
	struct span found = mail_address_next(value, 0);
	if (found.length && found.length + 2 >= value.length)
		return arena_copy(arena, found.at, found.length);
	struct mail_addresses list = mail_addresses_parse(arena, value, "utf-8", NULL);
	if (list.count && mail_address_plausible(list.at[0].address, strlen(list.at[0].address)))
		return list.at[0].address;
	return found.length ? arena_copy(arena, found.at, found.length) : NULL;
}

static const char *action_of(struct arena *arena, struct span said, const char *status)
{
	static const char *const known[] = { "failed", "delayed", "relayed", "delivered", "expanded" };
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (mail_span_starts_nocase(said, known[i]))
			return known[i];
	if (mail_span_starts_nocase(said, "fail"))
		return "failed";
	return status && status[0] == '4' ? "delayed" : status && status[0] == '2' ? "delivered" : "failed";
}

static void finish(struct arena *arena, struct block *block, struct mail *mail)
{
	const char *recipient = NULL;
	struct span candidates[] = { block->original, block->final, block->actual };
	for (size_t i = 0; i < COUNT_OF(candidates) && !recipient; i++)
		recipient = candidates[i].length ? typed_address(arena, candidates[i]) : NULL;
	bool told = block->original.length || block->final.length || block->action.length;
	if (told) {
		char *diagnostic = mail_header_decode(arena, block->diagnostic, "utf-8", NULL);
		const char *status = block->status.length ? mail_status_find(arena, block->status) : NULL;
		if (!status)
			status = mail_status_find(arena, span_of(diagnostic));
		int code = mail_reply_code_find(span_of(diagnostic));
		struct mail_bounce bounce = { .recipient = recipient, .action = action_of(arena, block->action, status), .status = status };
		bounce.permanent = strcmp(bounce.action, "failed") == 0 && (status ? status[0] == '5' : code ? code >= 500 : true);
		bounce.diagnostic = *diagnostic ? diagnostic : NULL;
		mail_bounce_add(arena, mail, bounce);
	}
	*block = (struct block){ .action = { NULL, 0 } };
}

static void take(struct block *block, const struct field *field)
{
	static const struct { const char *name; size_t offset; } slots[] = {
		{ "Original-Recipient", offsetof(struct block, original) }, { "Final-Recipient", offsetof(struct block, final) },
		{ "X-Actual-Recipient", offsetof(struct block, actual) }, { "Action", offsetof(struct block, action) },
		{ "Status", offsetof(struct block, status) }, { "Diagnostic-Code", offsetof(struct block, diagnostic) },
	};
	for (size_t i = 0; i < COUNT_OF(slots); i++)
		if (mail_span_equal_nocase(field->name, slots[i].name)) {
			struct span *slot = (struct span *)(void *)((char *)block + slots[i].offset);
			if (!slot->length)
				*slot = mail_span_trim(field->value);
		}
}

/* A second recipient without a blank line before it. */
static bool starts_new(const struct block *block, const struct field *field)
{
	return (mail_span_equal_nocase(field->name, "Final-Recipient") && block->final.length)
	       || (mail_span_equal_nocase(field->name, "Original-Recipient") && block->original.length && block->final.length);
}

/* Bytes of the lines at `at` that are no fields, the first one in any case. */
static size_t no_fields(struct span report, size_t at)
{
	for (size_t from = at, next;; at = next) {
		const char *end = memchr(report.at + at, '\n', report.length - at);
		size_t stop = end ? (size_t)(end - report.at) : report.length;
		bool field = memchr(report.at + at, ':', stop - at) != NULL;
		if (at > from && field)
			return at - from;
		next = end ? stop + 1 : stop;
		if (next == report.length)
			return next - from;
	}
}

void mail_dsn_read(struct arena *arena, struct span report, struct mail *mail)
{
	struct block block = { .action = { NULL, 0 } };
	for (size_t at = 0, blocks = 0; at < report.length && blocks < BLOCKS_MAX && !arena_spent(arena); blocks++) {
		struct fields fields = { 0 };
		bool cut;
		size_t used = mail_head_cut(arena, (struct span){ report.at + at, report.length - at }, &fields, &cut, NULL);
		for (size_t i = 0; i < fields.count; i++) {
			if (starts_new(&block, &fields.at[i]))
				finish(arena, &block, mail);
			take(&block, &fields.at[i]);
		}
		if (block.final.length || block.original.length)
			finish(arena, &block, mail);
		at += used ? used : no_fields(report, at);
	}
	finish(arena, &block, mail);
}
