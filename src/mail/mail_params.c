/*
 * mail_params.c - the value and parameters of Content-Type and Content-Disposition.
 *
 * RFC 2045 section 5.1 with RFC 2231 (continuations, charset, percent escapes), and what mailers write instead: blanks
 * without quotes, missing semicolons, encoded words, raw 8-bit, quotes that never end. Keeps the first of each name and
 * at most PARAMS (see struct params) of them; continuations are put together in their order, gaps closed.
 * May not judge what a name means: file names are made safe by mail_filename.c. Problems: guessed charsets.
 */
#include "mail_private.h"

#define SECTIONS_MAX 100                 /* continuations of one parameter: RFC 2231 section 3 sets no end */
#define PIECES_MAX 400                   /* semicolons, what stands between them being a parameter or not */

struct piece { struct span name, value; int section; bool encoded; struct span base; };
struct pieces { struct piece *at; size_t count; };

struct reader { const char *at, *stop; struct arena *arena; };

static void skip_blanks(struct reader *r)
{
	int depth = 0;
	for (; r->at < r->stop; r->at++) {
		if (*r->at == '(')
			depth++;
		else if (*r->at == ')' && depth)
			depth--;
		else if (!depth && !is_blank(*r->at))
			return;
	}
}

/* "..." with its escapes undone; a backslash before a letter is kept: it is a Windows path. */
static struct span take_quoted(struct reader *r)
{
	const char *start = ++r->at;
	char *out = NULL;
	size_t length = 0;
	const char *end = start;
	while (end < r->stop && *end != '"')
		end += *end == '\\' && end + 1 < r->stop ? 2 : 1;
	if (end > r->stop)
		end = r->stop;
	out = arena_alloc(r->arena, (size_t)(end - start) + 1);
	for (const char *p = start; p < end; p++) {
		if (*p == '\\' && p + 1 < end && (p[1] == '"' || p[1] == '\\'))
			p++;
		if (*p == '\r' || *p == '\n')
			continue;
		out[length++] = *p == '\t' ? ' ' : *p;
	}
	r->at = end < r->stop ? end + 1 : r->stop;
	return (struct span){ out, length };
}

/* Up to the next semicolon; where another parameter follows without one ("a=b c=d"), up to the blank before it. */
static struct span take_bare(struct reader *r)
{
	const char *start = r->at, *end = start, *blank = NULL;
	bool equals = false;                                     /* one stood behind the blank */
	for (; end < r->stop && *end != ';' && *end != '"'; end++) {
		bool more = end + 1 < r->stop && end[1] != ';' && end[1] != '"';
		if (is_blank(*end)) {
			if (!blank || !is_blank(end[-1]))
				blank = end, equals = false;
		} else if (blank && (*end == '(' || (*end == '=' && !equals && !is_blank(end[-1]) && end[-1] != '?' && (!more || end[1] != '?')))) {
			end = blank;
			break;
		}
		equals = equals || *end == '=';
	}
	r->at = end;
	return mail_span_trim((struct span){ start, (size_t)(end - start) });
}

static void split_name(struct piece *piece)
{
	struct span name = piece->name;
	piece->section = -1;
	if (name.length && name.at[name.length - 1] == '*') {
		piece->encoded = true;
		name.length--;
	}
	const char *star = memchr(name.at, '*', name.length);
	if (star) {
		piece->section = 0;
		for (const char *p = star + 1; p < name.at + name.length && is_digit(*p) && piece->section < 10000; p++)
			piece->section = piece->section * 10 + (*p - '0');
		name.length = (size_t)(star - name.at);
	}
	piece->base = mail_span_trim(name);
}

static bool take_piece(struct reader *r, struct pieces *pieces)
{
	skip_blanks(r);
	while (r->at < r->stop && (*r->at == ';' || *r->at == ',')) {
		r->at++;
		skip_blanks(r);
	}
	const char *start = r->at;
	while (r->at < r->stop && *r->at != '=' && *r->at != ';' && *r->at != '"')
		r->at++;
	struct span name = mail_span_trim((struct span){ start, (size_t)(r->at - start) });
	if (r->at < r->stop && *r->at == '"') {
		take_quoted(r);
		return r->at < r->stop;
	}
	if (r->at >= r->stop || *r->at != '=')
		return r->at < r->stop;
	r->at++;
	skip_blanks(r);
	struct piece piece = { .name = name };
	piece.value = r->at < r->stop && *r->at == '"' ? take_quoted(r) : take_bare(r);
	if (name.length && pieces->count < SECTIONS_MAX) {
		split_name(&piece);
		*ARENA_PUSH(r->arena, pieces) = piece;
	}
	return r->at < r->stop;
}

static size_t percent_decode(struct span value, char *out)
{
	size_t n = 0;
	for (size_t i = 0; i < value.length; i++) {
		char hex[3] = { 0 };
		if (value.at[i] == '%' && i + 2 < value.length) {
			hex[0] = lower(value.at[i + 1]), hex[1] = lower(value.at[i + 2]);
		}
		bool right = hex[0] && strchr("0123456789abcdef", hex[0]) && hex[1] && strchr("0123456789abcdef", hex[1]);
		if (right) {
			int high = is_digit(hex[0]) ? hex[0] - '0' : hex[0] - 'a' + 10, low = is_digit(hex[1]) ? hex[1] - '0' : hex[1] - 'a' + 10;
			out[n++] = (char)(high * 16 + low);
			i += 2;
		} else {
			out[n++] = value.at[i];
		}
	}
	return n;
}

static int compare_sections(const struct piece *a, const struct piece *b)
{
	return a->section - b->section;
}

/* Puts the sections of one name together, RFC 2231 section 4.1. first: where they begin in `pieces`. */
static const char *join_sections(struct arena *arena, struct pieces *pieces, size_t first, struct strings *problems)
{
	struct piece *mine[SECTIONS_MAX];
	size_t count = 0, room = 1;
	for (size_t i = first; i < pieces->count; i++) {
		struct piece *piece = &pieces->at[i];
		bool same = piece->base.length == pieces->at[first].base.length && piece->base.length
		            && strncasecmp(piece->base.at, pieces->at[first].base.at, piece->base.length) == 0;
		if (!same || (piece->section < 0 && i != first && !piece->encoded))
			continue;
		size_t place = count++;
		for (; place && compare_sections(mine[place - 1], piece) > 0; place--)
			mine[place] = mine[place - 1];
		mine[place] = piece;
		room += piece->value.length;
	}
	char charset[64] = "", *out = arena_alloc(arena, room);
	size_t length = 0;
	bool any = false;
	for (size_t i = 0; i < count; i++) {
		struct span value = mine[i]->value;
		if (mine[i]->encoded && !any) {
			const char *a = memchr(value.at, '\'', value.length);
			const char *b = a ? memchr(a + 1, '\'', value.length - (size_t)(a + 1 - value.at)) : NULL;
			if (b) {
				size_t size = (size_t)(a - value.at) < sizeof charset - 1 ? (size_t)(a - value.at) : sizeof charset - 1;
				memcpy(charset, value.at, size);
				charset[size] = '\0';
				value = (struct span){ b + 1, value.length - (size_t)(b + 1 - value.at) };
			}
			any = true;
		}
		if (mine[i]->encoded) {
			length += percent_decode(value, out + length);
		} else {
			memcpy(out + length, value.at, value.length);
			length += value.length;
		}
	}
	if (!any)
		return mail_header_decode(arena, (struct span){ out, length }, NULL, problems);
	struct span text = mail_charset_to_utf8(arena, (struct span){ out, length }, charset, "file name", problems);
	return memmem(text.at, text.length, "=?", 2) ? mail_header_decode(arena, text, "utf-8", problems) : arena_copy(arena, text.at, text.length);
}

static void take_value(struct reader *r, struct params *params)
{
	skip_blanks(r);
	char *out = arena_alloc(r->arena, (size_t)(r->stop - r->at) + 1);
	size_t length = 0;
	int depth = 0;
	bool slash = false;
	for (; r->at < r->stop && (*r->at != ';' || depth); r->at++) {
		slash = slash || (length && out[length - 1] == '/');
		if (*r->at == '(')
			depth++;
		else if (*r->at == ')' && depth)
			depth--;
		else if (!depth && *r->at > 32 && *r->at < 127 && *r->at != '"')
			out[length++] = lower(*r->at);
		else if (is_blank(*r->at) && slash && out[length - 1] != '/') {
			const char *p = r->at;                           /* "multipart/mixed boundary=x": the semicolon is missing */
			while (p < r->stop && is_blank(*p))
				p++;
			r->at = p - 1;                                   /* the last of these blanks: none is looked at twice */
			while (p < r->stop && is_alpha(*p))
				p++;
			if (p < r->stop && *p == '=')
				break;
		}
	}
	out[length] = '\0';
	params->value = out;
}

void mail_params_parse(struct arena *arena, struct span raw, struct params *params, struct strings *problems)
{
	*params = (struct params){ .value = "" };
	raw = mail_span_trim(raw);
	if (raw.length > LIMIT_PARAMETERS) {
		mail_problem_add(arena, problems, "parameters larger than %d bytes; the rest of them was not read", LIMIT_PARAMETERS);
		raw.length = LIMIT_PARAMETERS;
	}
	if (!raw.length)
		return;
	struct reader r = { raw.at, raw.at + raw.length, arena };
	struct pieces pieces = { 0 };
	take_value(&r, params);
	for (size_t n = 0; n < PIECES_MAX && take_piece(&r, &pieces) && pieces.count < SECTIONS_MAX; n++)
		;
	for (size_t i = 0; i < pieces.count && params->count < COUNT_OF(params->at); i++) {
		struct span base = pieces.at[i].base;
		char *name = arena_copy(arena, base.at, base.length);
		for (char *p = name; *p; p++)
			*p = lower(*p);
		bool plain_twin = false;
		/* filename="x"; filename*=utf-8''x: the second says it better (RFC 6266 section 4.3). */
		for (size_t j = 0; j < pieces.count && pieces.at[i].section < 0 && !pieces.at[i].encoded; j++)
			plain_twin = plain_twin || (j != i && (pieces.at[j].section >= 0 || pieces.at[j].encoded) && pieces.at[j].base.length == base.length
			                            && strncasecmp(pieces.at[j].base.at, base.at, base.length) == 0);
		if (plain_twin || mail_params_get(params, name))
			continue;
		params->at[params->count].name = name;
		params->at[params->count++].text = join_sections(arena, &pieces, i, problems);
	}
}

const char *mail_params_get(const struct params *params, const char *name)
{
	for (size_t i = 0; i < params->count; i++)
		if (strcmp(params->at[i].name, name) == 0)
			return params->at[i].text;
	return NULL;
}
