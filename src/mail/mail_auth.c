/*
 * mail_auth.c - what our own mail server said about a mail: Authentication-Results (RFC 8601) of the trusted authserv-id.
 *
 * Anybody can write such a field; only those whose first word is the configured id count, and an MTA that is set up well removes forged ones
 * (section 5). Nothing trusted: all NULL. Our own server's field holds words of strangers, too: a local part may be any quoted text
 * ("a; dmarc=pass"@evil.example), a HELO may open a comment. So it is read by its grammar, and what does not fit it (an open quote or
 * comment, one that begins in the middle of a value) makes the whole doubtful, as do results that contradict each other, a pass for another
 * domain than From's, and a From that names more than one. `doubt` says which.
 * May not verify anything itself. One pass over each field. Makes no problems.
 */
#include "mail_private.h"

#define FIELDS_MOST 50                   /* Authentication-Results that are looked at: a mail has a handful */

struct reading {
	struct arena *arena;
	const char *at;                  /* of the unfolded value, to its NUL */
	bool broken;                     /* it does not follow the grammar */
};

struct result { const char *method, *result, *header_from, *signer, *envelope, *login; };

/* Blanks and comments, which may nest. */
static void skip_blanks(struct reading *in)
{
	int depth = 0;
	for (; *in->at; in->at++) {
		if (depth && *in->at == '\\' && in->at[1])
			in->at++;
		else if (*in->at == '(')
			depth++;
		else if (*in->at == ')' && depth)
			depth--;
		else if (!depth && !is_blank(*in->at))
			return;
	}
	in->broken |= depth != 0;
}

/* A quoted text at in->at, without its quotes. */
static void take_quoted(struct reading *in, struct buffer *out)
{
	for (in->at++; *in->at && *in->at != '"'; in->at++) {
		if (*in->at == '\\' && in->at[1])
			in->at++;
		buffer_add_char(out, *in->at);
	}
	in->broken |= *in->at != '"';
	in->at += *in->at == '"';
}

/* One word, up to a blank, a semicolon or one of `stops`. Quotes may open it, as those of a local part do; anywhere else in it they, and a
 * comment, are somebody's trick: nobody can say what then still belongs to the word. */
static const char *take_word(struct reading *in, const char *stops)
{
	CLEANUP_BUFFER struct buffer word;
	buffer_init(&word);
	if (*in->at == '"')
		take_quoted(in, &word);
	for (; *in->at && !is_blank(*in->at) && *in->at != ';' && !strchr(stops, *in->at); in->at++) {
		in->broken |= *in->at == '"' || *in->at == '(';
		buffer_add_char(&word, *in->at);
	}
	return arena_copy(in->arena, word.length ? word.at : "", word.length);
}

static void take_property(struct result *result, const char *name, const char *value)
{
	static const struct { const char *name; size_t offset; } known[] = {
		{ "header.from", offsetof(struct result, header_from) }, { "header.d", offsetof(struct result, signer) },
		{ "header.i", offsetof(struct result, signer) }, { "smtp.mailfrom", offsetof(struct result, envelope) },
		{ "smtp.auth", offsetof(struct result, login) },
	};
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (text_equal_nocase(name, known[i].name))
			memcpy((char *)result + known[i].offset, &value, sizeof value);
}

/* "=" with blanks around it. A comment behind it would be one that opens a stranger's value: take_word() says so. */
static bool take_equals(struct reading *in)
{
	skip_blanks(in);
	if (*in->at != '=')
		return false;
	for (in->at++; is_blank(*in->at); in->at++)
		;
	return true;
}

/* "method/1=result property=value ...", up to the next semicolon. */
static void take_result(struct reading *in, struct result *result)
{
	skip_blanks(in);
	const char *method = take_word(in, "=/("), *found = "";
	if (*in->at == '/') {
		in->at++;
		take_word(in, "=(");
	}
	if (take_equals(in))
		skip_blanks(in), found = take_word(in, "(");
	*result = (struct result){ .method = text_lower(in->arena, method), .result = text_lower(in->arena, found) };
	for (skip_blanks(in); *in->at && *in->at != ';'; skip_blanks(in)) {
		const char *before = in->at, *name = take_word(in, "=");
		if (take_equals(in))
			take_property(result, name, take_word(in, ""));
		else if (in->at == before)
			in->at++;
	}
}

/* ---- what it means ---- */

static const char *domain_in(struct arena *arena, const char *text)
{
	const char *at = strrchr(text, '@');
	return mail_domain_to_ascii(arena, at ? at + 1 : text);
}

/* The same domain, or one below the other: what DMARC calls relaxed. */
static bool related(const char *a, const char *b)
{
	size_t one = strlen(a), other = strlen(b);
	if (one < other)
		return related(b, a);
	if (!other || !strchr(b, '.') || !text_equal_nocase(a + one - other, b))
		return false;
	return one == other || a[one - other - 1] == '.';
}

static bool logged_in(const char *login, const char *from)
{
	size_t local = strcspn(from, "@");
	return !login || !*login || text_equal_nocase(login, from) || (strlen(login) == local && strncasecmp(login, from, local) == 0);
}

static void note_aligned(struct arena *arena, const struct result *result, const char *from, struct mail_authentication *out)
{
	const char *domain = domain_in(arena, from), *of = NULL, *what = NULL;
	if (strcmp(result->result, "pass") != 0 || out->aligned)
		return;
	if (strcmp(result->method, "dkim") == 0) {
		what = "DKIM";
		of = result->signer;
	} else if (strcmp(result->method, "spf") == 0) {
		what = "SPF";
		of = result->envelope;
	}
	if (of && related(domain_in(arena, of), domain))
		out->aligned = arena_printf(arena, "%s of %s", what, domain_in(arena, of));
	else if (strcmp(result->method, "auth") == 0 && logged_in(result->login, from))
		out->aligned = "logged in at the submission server";
}

static void doubt(struct mail_authentication *out, const char *why)
{
	if (!out->doubt)
		out->doubt = why;
}

static void note_dmarc(struct arena *arena, const struct result *result, const char *from, struct mail_authentication *out)
{
	bool passed = strcmp(result->result, "pass") == 0;
	const char *said = result->result;
	if (passed && result->header_from && !text_equal_nocase(domain_in(arena, result->header_from), domain_in(arena, from))) {
		doubt(out, arena_printf(arena, "DMARC pass of another domain: %s", utf8_cut(arena, result->header_from, 100)));
		said = "fail";
	}
	if (out->dmarc && strcmp(out->dmarc, said) != 0) {
		doubt(out, "DMARC results that contradict each other");
		said = strcmp(out->dmarc, "pass") == 0 || strcmp(said, "fail") == 0 ? said : out->dmarc;
	}
	out->dmarc = said;
}

static void note(struct arena *arena, const struct result *result, const char *from, struct mail_authentication *out)
{
	if (!*result->result)
		return;
	if (strcmp(result->method, "dmarc") == 0)
		note_dmarc(arena, result, from, out);
	/* Several DKIM signatures: one that passes is enough (RFC 6376 section 4.2). */
	if (strcmp(result->method, "dkim") == 0 && (!out->dkim || strcmp(result->result, "pass") == 0))
		out->dkim = result->result;
	if (strcmp(result->method, "spf") == 0 && !out->spf)
		out->spf = result->result;
	note_aligned(arena, result, from, out);
}

static bool is_ours(struct reading *in, const char *authserv_id)
{
	skip_blanks(in);
	const char *id = take_word(in, "(");
	if (!text_equal_nocase(id, authserv_id))
		return false;
	while (*in->at && *in->at != ';') {      /* a version may follow */
		skip_blanks(in);
		in->at += *in->at && *in->at != ';';
	}
	return true;
}

void mail_auth_read(struct arena *arena, const struct fields *fields, const char *authserv_id, const struct mail *mail, struct mail_authentication *out)
{
	out->doubt = mail->from_doubt;
	for (size_t n = 0; n < FIELDS_MOST; n++) {
		const struct field *field = mail_field_find(fields, "Authentication-Results", n);
		if (!field)
			break;
		struct reading in = { arena, mail_unfold(arena, field->value), false };
		if (!is_ours(&in, authserv_id))
			continue;
		while (*in.at == ';') {
			struct result result;
			in.at++;
			take_result(&in, &result);
			note(arena, &result, mail->from.address, out);
		}
		if (in.broken)
			doubt(out, "the mail server's results cannot be read for certain");
	}
	if (out->doubt && (!out->dmarc || strcmp(out->dmarc, "fail") != 0))
		out->dmarc = "permerror";
}
