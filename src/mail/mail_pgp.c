/*
 * mail_pgp.c - text in the armour of OpenPGP (RFC 9580 section 7): clear-signed words are shown without it.
 *
 * The signature is not checked, only taken away; "- " before a line that begins with a dash is undone. What lacks its end
 * stays as it is. One pass over the lines. Problems: a signature that was not checked; an encrypted message in the text.
 */
#include "mail_private.h"

struct reader { struct span text; size_t at; };

static bool next(struct reader *reader, struct span *line)
{
	if (reader->at >= reader->text.length)
		return false;
	const char *start = reader->text.at + reader->at, *end = memchr(start, '\n', reader->text.length - reader->at);
	size_t length = end ? (size_t)(end - start) : reader->text.length - reader->at;
	reader->at += length + (end != NULL);
	*line = (struct span){ start, length };
	return true;
}

static bool armour(struct span line, const char *words)
{
	line = mail_span_trim(line);
	return line.length > 10 && memcmp(line.at, "-----", 5) == 0 && mail_span_equal_nocase((struct span){ line.at + 5, line.length - 10 }, words);
}

static void add(char *out, size_t *n, struct span line)
{
	memcpy(out + *n, line.at, line.length);
	*n += line.length;
	out[(*n)++] = '\n';
}

/* Header lines of the armour ("Hash: SHA512") up to the blank line. */
static void skip_head(struct reader *reader)
{
	struct span line;
	for (size_t before = reader->at; next(reader, &line); before = reader->at) {
		if (!mail_span_trim(line).length)
			return;
		if (!memchr(line.at, ':', line.length)) {
			reader->at = before;
			return;
		}
	}
}

static void copy_signed(struct reader *reader, char *out, size_t *n)
{
	struct span line;
	skip_head(reader);
	while (next(reader, &line) && !armour(line, "BEGIN PGP SIGNATURE")) {
		bool escaped = line.length >= 2 && line.at[0] == '-' && line.at[1] == ' ';
		add(out, n, escaped ? (struct span){ line.at + 2, line.length - 2 } : line);
	}
	while (next(reader, &line) && !armour(line, "END PGP SIGNATURE"))
		;
}

struct span mail_pgp_unwrap(struct arena *arena, struct span text, struct strings *problems)
{
	if (!memmem(text.at, text.length, "-----BEGIN PGP ", 15))
		return text;
	if (memmem(text.at, text.length, "-----BEGIN PGP MESSAGE-----", 27))
		mail_problem_add(arena, problems, "encrypted (OpenPGP in the text); kept as it is");
	const char *begin = memmem(text.at, text.length, "-----BEGIN PGP SIGNED MESSAGE-----", 34);
	if (!begin || !memmem(begin, text.length - (size_t)(begin - text.at), "-----END PGP SIGNATURE-----", 27))
		return text;
	mail_problem_add(arena, problems, "signed (OpenPGP in the text); the signature was not checked");
	char *out = arena_alloc(arena, text.length + 2);
	struct reader reader = { .text = text };
	struct span line;
	size_t n = 0;
	while (next(&reader, &line))
		if (armour(line, "BEGIN PGP SIGNED MESSAGE"))
			copy_signed(&reader, out, &n);
		else
			add(out, &n, line);
	return (struct span){ out, n };
}
