/*
 * mail_author.c - who wrote a mail that a list handed on under its own address, and where else a sender may stand.
 *
 * Google Groups, Mailman, groups.io and others put the list into From, so that DMARC holds, and the writer elsewhere:
 * X-Original-From, "ana=client.example@groups.io", Reply-To, X-Original-Sender, Cc or the display name. He is taken for
 * From; that is a claim of the list, and nothing proves it (struct mail: from_rewritten). Only where From is the list's. So it is with forms on web
 * pages, which a machine sends on for whoever filled them in.
 * Problems: that the sender was taken from another field than From.
 */
#include "mail_private.h"

#include <stdlib.h>

#define ARC_MOST 20                      /* fields of it that are looked at */

static bool usable(const struct mail_address *one)
{
	return one->address && mail_address_plausible(one->address, strlen(one->address));
}

/* Addresses by which the list calls itself. */
struct own { const char *at[8]; size_t count; };

static void add_own(struct arena *arena, struct own *own, struct span raw)
{
	struct span found = mail_address_next(raw, 0);
	if (found.length && own->count < COUNT_OF(own->at))
		own->at[own->count++] = arena_copy(arena, found.at, found.length);
}

static bool is_own(const struct own *own, const char *address)
{
	for (size_t i = 0; i < own->count; i++)
		if (text_equal_nocase(own->at[i], address))
			return true;
	return false;
}

/* List-Id: <support.example.org> is support@example.org. */
static void add_list_id(struct arena *arena, struct own *own, struct span raw)
{
	const char *open = raw.length ? memrchr(raw.at, '<', raw.length) : NULL, *close = open ? memchr(open, '>', (size_t)(raw.at + raw.length - open)) : NULL;
	const char *dot = close ? memchr(open, '.', (size_t)(close - open)) : NULL;
	if (dot && own->count < COUNT_OF(own->at))
		own->at[own->count++] = arena_printf(arena, "%.*s@%.*s", (int)(dot - open - 1), open + 1, (int)(close - dot - 1), dot + 1);
}

static bool read_own(struct arena *arena, const struct fields *fields, struct own *own)
{
	static const char *const names[] = { "List-Post", "Mailing-List", "X-BeenThere", "X-Mailing-List" };
	bool list = mail_field_find(fields, "X-Google-Group-Id", 0) || mail_field_find(fields, "X-Original-From", 0) || mail_field_find(fields, "List-Id", 0);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		list = list || mail_field_find(fields, names[i], 0);
		add_own(arena, own, mail_field_value(fields, names[i]));
	}
	add_list_id(arena, own, mail_field_value(fields, "List-Id"));
	return list;
}

/* Where " via " begins in "'Ana Pop' via Support"; NULL: nowhere. */
static const char *via(const char *name)
{
	return strcasestr(name, " via ");
}

static const char *name_before_via(struct arena *arena, const char *name)
{
	const char *end = via(name);
	struct span bare = mail_span_trim((struct span){ name, end ? (size_t)(end - name) : strlen(name) });
	while (bare.length > 1 && (bare.at[0] == '\'' || bare.at[0] == '"') && bare.at[bare.length - 1] == bare.at[0])
		bare = (struct span){ bare.at + 1, bare.length - 2 };
	return arena_copy(arena, bare.at, bare.length);
}

/* "ana=client.example@groups.io", but no return path of an envelope (SRS, BATV, VERP of bounces). */
static const char *folded_address(struct arena *arena, const char *address)
{
	const char *sign = strchr(address, '@'), *equals = strchr(address, '=');
	if (!sign || !equals || equals > sign || equals == address || text_starts_nocase(address, "srs") || text_starts_nocase(address, "prvs=")
	    || text_starts_nocase(address, "bounce") || memchr(equals + 1, '=', (size_t)(sign - equals - 1)) || !memchr(equals, '.', (size_t)(sign - equals)))
		return NULL;
	return arena_printf(arena, "%.*s@%.*s", (int)(equals - address), address, (int)(sign - equals - 1), equals + 1);
}

static bool is_rewritten(struct arena *arena, const struct own *own, const struct mail *mail)
{
	const char *address = mail->from.address;
	struct span local = { address, strcspn(address, "@") };
	return is_own(own, address) || via(mail->from.name) || folded_address(arena, address) || span_has_nocase(local, "-dmarc-request");
}

/* The first of a field's addresses that is not the list's own. */
static bool from_field(struct arena *arena, const struct fields *fields, const char *name, const struct own *own, const char *hint, struct mail_address *found)
{
	struct mail_addresses list = mail_addresses_parse(arena, mail_field_value(fields, name), hint, NULL);
	for (size_t i = 0; i < list.count && i < 20; i++)
		if (usable(&list.at[i]) && !is_own(own, list.at[i].address)) {
			*found = list.at[i];
			return true;
		}
	return false;
}

/* Mailman puts the writer into Cc where Reply-To is the list. */
static bool from_copies(const struct mail *mail, const struct own *own, const char *name, struct mail_address *found)
{
	for (size_t i = 0; *name && i < mail->cc.count && i < 100; i++)
		if (usable(&mail->cc.at[i]) && !is_own(own, mail->cc.at[i].address) && text_equal_nocase(mail->cc.at[i].name, name)) {
			*found = mail->cc.at[i];
			return true;
		}
	return false;
}

/* What the first server saw (RFC 8617): the envelope's sender, if its domain is the one of the From that it read. */
static bool from_arc(struct arena *arena, const struct fields *fields, const struct own *own, struct mail_address *found)
{
	const struct field *field;
	for (size_t n = 0; n < ARC_MOST && (field = mail_field_find(fields, "ARC-Authentication-Results", n)) != NULL; n++) {
		const char *text = text_lower(arena, mail_unfold(arena, field->value)), *instance = strstr(text, "i=");
		const char *sender = strstr(text, "smtp.mailfrom="), *domain = strstr(text, "header.from=");
		if (!instance || atoi(instance + 2) != 1 || !sender || !domain)
			continue;
		sender += strlen("smtp.mailfrom="), domain += strlen("header.from=");
		const char *address = arena_copy(arena, sender, strcspn(sender, "; \t\r\n()\"")), *sign = strrchr(address, '@');
		size_t length = strcspn(domain, "; \t\r\n()\"");
		bool same = sign && strlen(sign + 1) == length && memcmp(sign + 1, domain, length) == 0;
		/* A return path that a mailer made for this one mail names nobody. */
		if (!same || !mail_address_plausible(address, strlen(address)) || strpbrk(address, "=+") || is_own(own, address))
			continue;
		found->address = address;
		return true;
	}
	return false;
}

void mail_author_read(struct arena *arena, const struct fields *fields, const char *hint, struct mail *mail)
{
	struct own own = { .count = 0 };
	struct mail_address found = { "", "" };
	if (!usable(&mail->from) || !read_own(arena, fields, &own) || !is_rewritten(arena, &own, mail))
		return;
	const char *name = name_before_via(arena, mail->from.name), *folded = folded_address(arena, mail->from.address), *where = "X-Original-From";
	bool got = from_field(arena, fields, where, &own, hint, &found);
	if (!got && folded)
		got = true, where = "the list's address", found.address = folded;
	if (!got && mail_address_plausible(name, strlen(name)))
		got = true, where = "the display name", found.address = name, name = "";
	if (!got)
		got = from_field(arena, fields, where = "Reply-To", &own, hint, &found);
	if (!got)
		got = from_field(arena, fields, where = "X-Original-Sender", &own, hint, &found);
	if (!got)
		got = from_copies(mail, &own, name, &found), where = "Cc";
	if (!got)
		got = from_arc(arena, fields, &own, &found), where = "ARC-Authentication-Results";
	if (!got || text_equal_nocase(found.address, mail->from.address))
		return;
	mail_problem_add(arena, &mail->problems, "From is a list's address; the writer was taken from %s", where);
	mail->from = (struct mail_address){ found.address, *found.name ? found.name : name };
	mail->from_rewritten = true;
}

/* Local parts by which programs of web pages send what somebody wrote into a form. */
static bool form_address(const char *address)
{
	static const char *const parts[] = { "wordpress", "www-data", "apache", "form", "forms", "webform", "contactform", "contact-form", "mailer", "kontaktformular" };
	struct span local = { address, strcspn(address, "@") };
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (mail_span_equal_nocase(local, parts[i]))
			return true;
	return mail_machine_address(address);
}

/* Is one of the domains the other's, or below it? */
static bool same_domain(const char *a, const char *b)
{
	a = strrchr(a, '@'), b = strrchr(b, '@');
	if (!a || !b)
		return true;
	size_t length_a = strlen(++a), length_b = strlen(++b);
	const char *longer = length_a > length_b ? a : b, *shorter = length_a > length_b ? b : a;
	size_t more = length_a > length_b ? length_a - length_b : length_b - length_a;
	return strcasecmp(longer + more, shorter) == 0 && (more == 0 || longer[more - 1] == '.');
}

bool mail_author_of_form(struct arena *arena, struct mail *mail)
{
	const struct mail_address *to = mail->reply_to.count == 1 ? &mail->reply_to.at[0] : NULL;
	if (!to || !usable(&mail->from) || !usable(to) || mail->from_all.count != 1 || !form_address(mail->from.address) || form_address(to->address)
	    || same_domain(mail->from.address, to->address))
		return false;
	for (size_t i = 0; i < mail->to.count && i < 100; i++)
		if (text_equal_nocase(mail->to.at[i].address, to->address))
			return false;
	mail_problem_add(arena, &mail->problems, "From is a machine's address; who wrote was taken from Reply-To");
	mail->from = (struct mail_address){ to->address, *to->name ? to->name : mail->from.name };
	mail->from_rewritten = true;
	return true;
}

/* No usable From, Sender or Reply-To: the other fields in which a sender is named, the envelope's last. */
bool mail_author_anywhere(struct arena *arena, const struct fields *fields, const char *envelope_from, struct mail *mail)
{
	static const char *const names[] = { "X-Original-From", "X-Original-Sender", "Resent-From", "X-Sender", "Return-Path" };
	static const struct own none = { .count = 0 };
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (from_field(arena, fields, names[i], &none, NULL, &mail->from)) {
			mail_problem_add(arena, &mail->problems, "no usable From; %s taken instead", names[i]);
			return true;
		}
	if (!envelope_from || !mail_address_plausible(envelope_from, strlen(envelope_from)))
		return false;
	mail_problem_add(arena, &mail->problems, "no usable From; the envelope's sender taken instead");
	mail->from.address = arena_string(arena, envelope_from);
	return true;
}
