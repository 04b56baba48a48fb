/*
 * mail_headers.c - cuts a header block into fields (RFC 5322 section 2.2) the way real mailers write and break it.
 *
 * Takes any line end (CRLF, LF, CR alone, CR CR LF), drops a leading mbox "From " line, skips lines that are neither a
 * field nor a continuation, and finds where the body begins when the blank line is missing. Fields are spans of the raw
 * bytes: nothing is decoded here and nothing of the block ever reaches GMime but what mail_parts hands on.
 * Problems: a block over LIMIT_HEADER_* is read up to the limit; skipped lines; a missing blank line.
 */
#include "mail_private.h"

#define FIELD_NAME_MAX 256               /* bytes: longer ones are text that happens to hold a colon */
#define LOOK_AHEAD 500                   /* lines without a known field, then what follows is text */
#define FIRST_READ (64 * 1024)           /* bytes read at first from a file: nearly every header block */

struct cutter {
	struct span block;
	size_t at;
	bool cr_only;
	size_t known;                    /* answer of next_known, good until it is passed */
	bool known_asked;
};

/* Where the line at `at` ends (its text) and where the next one begins. */
static size_t line_end(const struct cutter *cutter, size_t at, size_t *next)
{
	const char *start = cutter->block.at + at, *stop = cutter->block.at + cutter->block.length;
	const char *end = memchr(start, cutter->cr_only ? '\r' : '\n', (size_t)(stop - start));
	*next = end ? (size_t)(end - cutter->block.at) + 1 : cutter->block.length;
	if (!end)
		end = stop;
	while (end > start && (end[-1] == '\r' || (end[-1] == '\n' && cutter->cr_only)))
		end--;
	return (size_t)(end - cutter->block.at);
}

/* Length of the field name if a field begins here, RFC 5322 section 2.2 and obs-optional's blanks before the colon; else 0. */
static size_t field_name(const char *at, size_t length)
{
	size_t i = 0;
	while (i < length && i < FIELD_NAME_MAX && at[i] > 32 && at[i] != ':' && at[i] != 127)
		i++;
	size_t name = i;
	while (i < length && (at[i] == ' ' || at[i] == '\t'))
		i++;
	return name && i < length && at[i] == ':' ? name : 0;
}

static bool only_blanks(const char *at, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!is_blank(at[i]))
			return false;
	return true;
}

static bool belongs_to_head(const struct cutter *cutter, size_t at)
{
	size_t next, end = at < cutter->block.length ? line_end(cutter, at, &next) : at;
	const char *line = cutter->block.at + at;
	return end > at && !only_blanks(line, end - at) && (field_name(line, end - at) || is_blank(*line));
}

/* Fields that a mail has and a text has not. */
static bool well_known(struct span line)
{
	static const char *const names[] = {
		"from:", "to:", "subject:", "date:", "message-id:", "mime-version:", "received:", "content-type:",
		"content-transfer-encoding:", "return-path:", "delivered-to:",
	};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (mail_span_starts_nocase(line, names[i]))
			return true;
	return false;
}

/* The next well-known field before a blank line, at `at` or behind; the end of the block: none. */
static size_t next_known(struct cutter *cutter, size_t at)
{
	if (cutter->known_asked && cutter->known >= at)
		return cutter->known;
	cutter->known_asked = true;
	for (size_t lines = 0, next; at < cutter->block.length && lines < LOOK_AHEAD; at = next, lines++) {
		size_t end = line_end(cutter, at, &next);
		if (only_blanks(cutter->block.at + at, end - at))
			break;
		if (well_known((struct span){ cutter->block.at + at, end - at }))
			return cutter->known = at;
	}
	return cutter->known = cutter->block.length;
}

/* A line that is no field, no continuation and not blank: is it rubbish inside the block, or the body without its blank line? */
static bool rubbish(struct cutter *cutter, size_t at, size_t end, size_t next)
{
	if (end - at >= 2 && memcmp(cutter->block.at + at, "--", 2) == 0)
		return false;
	size_t after;
	if (belongs_to_head(cutter, next) && !is_blank(cutter->block.at[next]) && line_end(cutter, next, &after) > next)
		return true;
	return next_known(cutter, next) < cutter->block.length;
}

static bool cr_alone(struct span block)
{
	if (block.length > FIRST_READ)
		block.length = FIRST_READ;
	const char *cr = memchr(block.at, '\r', block.length);
	if (!cr || cr + 1 >= block.at + block.length || cr[1] == '\n' || cr[1] == '\r')
		return cr && cr + 1 < block.at + block.length && cr[1] == '\r' && !memchr(block.at, '\n', block.length);
	/* The header decides: a stray line feed further down changes nothing. */
	const char *empty = memmem(cr, block.length - (size_t)(cr - block.at), "\r\r", 2), *end = empty ? empty : block.at + block.length;
	return !memchr(block.at, '\n', (size_t)(end - block.at));
}

/* One of 64 kinds by length and first letter: dozens of names are asked for that are not in a mail. */
static uint64_t kind_of_name(char first, size_t length)
{
	return 1ull << (((unsigned char)lower(first) * 5 + length) % 64);
}

static void add_field(struct arena *arena, struct fields *fields, const char *line, size_t name, size_t length)
{
	const char *colon = memchr(line + name, ':', length - name);
	struct field *field = ARENA_PUSH(arena, fields);
	fields->kinds |= kind_of_name(*line, name);
	field->name = (struct span){ line, name };
	field->value = (struct span){ colon + 1, length - (size_t)(colon + 1 - line) };
}

struct bounds { size_t lines, bytes, fields; };

static bool over(const struct cutter *cutter, const struct fields *fields, size_t lines)
{
	return cutter->at > LIMIT_HEADER_BYTES || fields->count >= LIMIT_HEADER_FIELDS || lines > LIMIT_HEADER_LINES;
}

/* A parameter that some mailer wrote on a line of its own without the blank that folding needs. */
static bool lost_parameter(const struct fields *fields, struct span line)
{
	static const char *const names[] = { "boundary=", "charset=", "name=", "filename=", "type=", "format=", "report-type=" };
	struct span value = fields->count ? fields->at[fields->count - 1].value : (struct span){ "", 0 };
	while (value.length && is_blank(value.at[value.length - 1]))
		value.length--;
	if (!value.length || value.at[value.length - 1] != ';')
		return false;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (mail_span_starts_nocase(line, names[i]))
			return true;
	return false;
}

/* One walk over the lines. Returns the offset of the body. */
static size_t cut_lines(struct arena *arena, struct cutter *cutter, struct fields *fields, bool *cut, struct strings *problems)
{
	bool continues = false;
	for (size_t lines = 0, next; cutter->at < cutter->block.length; cutter->at = next, lines++) {
		size_t start = cutter->at, at = start, end = line_end(cutter, at, &next);
		const char *line = cutter->block.at + at;
		if (end == at || (only_blanks(line, end - at) && !belongs_to_head(cutter, next)))
			return next;
		if (!*cut && over(cutter, fields, lines))
			*cut = true;
		if (is_blank(*line) && !fields->count && !only_blanks(line, end - at))
			while (is_blank(*line))                          /* nothing to continue: a first field that was indented */
				line++, at++;
		size_t name = is_blank(*line) ? 0 : field_name(line, end - at);
		bool lost = continues && lost_parameter(fields, (struct span){ line, end - at });
		if (lost)
			mail_problem_add(arena, problems, "a header line that should have been folded; read as if it were");
		if ((is_blank(*line) || lost) && fields->count) {
			if (continues && !*cut)
				fields->at[fields->count - 1].value.length =
					(size_t)(cutter->block.at + end - fields->at[fields->count - 1].value.at);
		} else if (name) {
			continues = !*cut;
			if (!*cut)
				add_field(arena, fields, line, name, end - at);
		} else if (rubbish(cutter, at, end, next)) {
			continues = false;
			if (!mail_span_starts_nocase((struct span){ line, end - at }, ">From ") && !(at == 0 && end - at > 5 && !memcmp(line, "From ", 5)))
				mail_problem_add(arena, problems, "a line in the header is neither a field nor a continuation; skipped");
		} else {
			if (fields->count)
				mail_problem_add(arena, problems, "no blank line between header and body");
			return start;
		}
	}
	return cutter->block.length;
}

size_t mail_head_cut(struct arena *arena, struct span block, struct fields *fields, bool *cut, struct strings *problems)
{
	struct cutter cutter = { .block = block, .cr_only = cr_alone(block) };
	*cut = false;
	size_t body = cut_lines(arena, &cutter, fields, cut, problems);
	if (*cut)
		mail_problem_add(arena, problems, "the header is larger than %d bytes, %d lines or %d fields; the rest of it was not read",
		                 LIMIT_HEADER_BYTES, LIMIT_HEADER_LINES, LIMIT_HEADER_FIELDS);
	return body;
}

/* How much to skip before the first field: an mbox line (RFC 4155), blank lines that a gateway left. */
static size_t lead_in(struct span block, bool cr_only)
{
	struct cutter cutter = { .block = block, .cr_only = cr_only };
	size_t at = 0, next;
	while (at < block.length && line_end(&cutter, at, &next) == at && next > at)
		at = next;
	if (at && !belongs_to_head(&cutter, at) && !(block.length - at > 5 && memcmp(block.at + at, "From ", 5) == 0))
		return 0;
	if (block.length - at > 5 && (memcmp(block.at + at, "From ", 5) == 0 || (block.length - at > 6 && memcmp(block.at + at, ">From ", 6) == 0))
	    && !field_name(block.at + at, block.length - at < 100 ? block.length - at : 100)) {
		line_end(&cutter, at, &next);
		at = next;
	}
	return at;
}

/* Makes the block of a mail in a file as large as its header is, within bounds. */
static struct span head_block(struct arena *arena, const struct mail_source *source)
{
	if (source->fd < 0)
		return (struct span){ source->data ? source->data : "", (size_t)source->size };
	for (size_t want = FIRST_READ;; want *= 4) {
		struct span block = mail_source_span(arena, source, 0, want);
		bool whole = block.length < want || want > 2 * LIMIT_HEADER_BYTES;
		const char *a = memmem(block.at, block.length, "\n\n", 2), *b = memmem(block.at, block.length, "\n\r\n", 3);
		if (whole || a || b || memmem(block.at, block.length, "\r\r", 2))
			return block;
	}
}

void mail_head_read(struct arena *arena, const struct mail_source *source, struct head *head, struct strings *problems)
{
	*head = (struct head){ 0 };
	struct span block = head_block(arena, source);
	head->cr_only = cr_alone(block);
	head->start = lead_in(block, head->cr_only);
	struct span rest = { block.at + head->start, block.length - (size_t)head->start };
	head->body = head->start + mail_head_cut(arena, rest, &head->fields, &head->cut, problems);
	if (!head->fields.count && source->size)
		mail_problem_add(arena, problems, "the mail has no header");
}

const struct field *mail_field_find(const struct fields *fields, const char *name, size_t n)
{
	size_t length = strlen(name);
	if (!(fields->kinds & kind_of_name(*name, length)))
		return NULL;
	for (size_t i = 0; i < fields->count; i++) {
		struct span have = fields->at[i].name;
		if (have.length == length && lower(have.at[0]) == lower(name[0]) && mail_span_equal_nocase(have, name) && n-- == 0)
			return &fields->at[i];
	}
	return NULL;
}

struct span mail_field_value(const struct fields *fields, const char *name)
{
	const struct field *field = mail_field_find(fields, name, 0);
	return field ? mail_span_trim(field->value) : (struct span){ "", 0 };
}

char *mail_unfold(struct arena *arena, struct span raw)
{
	raw = mail_span_trim(raw);
	char *out = arena_alloc(arena, raw.length + 1);
	size_t length = 0;
	for (size_t i = 0; i < raw.length; i++)
		if (raw.at[i] != '\r' && raw.at[i] != '\n')
			out[length++] = raw.at[i] == '\t' || raw.at[i] == '\0' ? ' ' : raw.at[i];
	out[length] = '\0';
	return out;
}

const char *mail_field_keyword(struct arena *arena, const struct fields *fields, const char *name)
{
	char *out = mail_unfold(arena, mail_field_value(fields, name));
	size_t length = 0;
	int depth = 0;
	for (size_t i = 0; out[i]; i++) {
		if (out[i] == '(')
			depth++;
		else if (out[i] == ')' && depth)
			depth--;
		else if (!depth)
			out[length++] = lower(out[i]);
	}
	out[length] = '\0';
	return text_trim(out);
}
