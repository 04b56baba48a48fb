/*
 * mail_split.c - the parts of a multipart that is written as RFC 2046 says, found without any parser: nearly all of them.
 *
 * Every delimiter of every level must be exact, each multipart closed, each header of a part whole and without a problem;
 * whatever is not so plain is refused, and mail_parts asks GMime, which knows the broken ones. Where this file does not
 * refuse, both find the same parts. One pass over the body for each level, at most DEPTH_MOST.
 */
#include "mail_private.h"

#define DEPTH_MOST 6                     /* levels of parts; real mails have up to four */
#define PARTS_MOST 100                   /* of a mail */
#define BOUNDARY_MOST 70                 /* bytes, RFC 2046 section 5.1.1 */

struct split {
	struct arena *arena;
	const char *start;               /* of the mail: what offsets count from */
	size_t count;
};

/* RFC 2046's characters but for the blank, and those that mailers use besides. */
static bool plain_boundary(const char *boundary)
{
	size_t length = boundary ? strlen(boundary) : 0;
	for (size_t i = 0; i < length; i++)
		if (boundary[i] <= ' ' || boundary[i] == 127 || boundary[i] == '"' || boundary[i] == '\\')
			return false;
	return length && length <= BOUNDARY_MOST;
}

/* Does a delimiter of one look like one of the other, for any multipart that `part` stands in? */
static bool looks_like_an_outer_one(const struct part *part)
{
	for (const struct part *outer = part->parent; outer; outer = outer->parent) {
		size_t a = strlen(part->boundary), b = strlen(outer->boundary);
		if (memcmp(part->boundary, outer->boundary, a < b ? a : b) == 0)
			return true;
	}
	return false;
}

enum delimiter { DELIMITER_NONE, DELIMITER_NEXT, DELIMITER_CLOSE, DELIMITER_ODD };

/* The next line of text that begins with "--" and the boundary (`mark`, with a line feed before it). *at: the line; *behind: the next one. */
static enum delimiter next_delimiter(struct span text, size_t from, const char *mark, size_t length, size_t *at, size_t *behind)
{
	const char *found = from == 0 && text.length >= length - 1 && memcmp(text.at, mark + 1, length - 1) == 0
		? text.at - 1 : memmem(text.at + from, text.length - from, mark, length);
	if (!found)
		return DELIMITER_NONE;
	*at = (size_t)(found + 1 - text.at);
	size_t end = *at + length - 1;
	bool closes = text.length - end >= 2 && memcmp(text.at + end, "--", 2) == 0;
	if (closes)
		end += 2;
	if (end < text.length && text.at[end] == '\r')
		end++;
	*behind = end < text.length ? end + 1 : end;
	if (end < text.length ? text.at[end] != '\n' : !closes)
		return DELIMITER_ODD;
	return closes ? DELIMITER_CLOSE : DELIMITER_NEXT;
}

static bool split_parts(struct split *split, struct part *parent, struct span body);

/* The header of a part ends with an empty line and has nothing in it that needs a judgement. */
static bool plain_head(struct split *split, struct part *part, struct span text, size_t *body)
{
	struct strings problems = { 0 };
	bool cut;
	struct span block = { text.at, text.length < LIMIT_PART_HEADER ? text.length : LIMIT_PART_HEADER };
	*body = head_cut(split->arena, block, &part->fields, &cut, &problems);
	if (cut || problems.count || field_find(&part->fields, "Content-Type", 1))
		return false;
	const char *end = text.at + *body;
	bool empty_line = *body > 1 && end[-1] == '\n' && (end[-2] == '\n' || (*body > 2 && end[-2] == '\r' && end[-3] == '\n'));
	bool none = part->fields.count == 0 && (*body == 1 || (*body == 2 && text.at[0] == '\r'));
	if (!(empty_line && part->fields.count) && !none)
		return false;
	part_describe(split->arena, part, strcmp(part->parent->type, "multipart/digest") == 0 ? "message/rfc822" : "text/plain", &problems);
	return problems.count == 0;
}

static bool add_part(struct split *split, struct part *parent, struct part ***tail, struct span text)
{
	if (++split->count > PARTS_MOST)
		return false;
	struct part *part = ARENA_NEW(split->arena, struct part);
	size_t body;
	part->parent = parent;
	part->depth = parent->depth + 1;
	if (!plain_head(split, part, text, &body))
		return false;
	**tail = part;
	*tail = &part->next;
	parent->children++;
	if (strncmp(part->type, "multipart/", 10) != 0) {
		part->start = (uint64_t)(text.at - split->start) + body;
		part->end = (uint64_t)(text.at - split->start) + text.length;
		return true;
	}
	part->boundary = params_get(&part->content_type, "boundary");
	return part->encoding == ENCODING_NONE && split_parts(split, part, (struct span){ text.at + body, text.length - body });
}

/* The line end before a delimiter belongs to the delimiter. */
static size_t without_line_end(struct span text, size_t from, size_t at)
{
	if (at > from && text.at[at - 1] == '\n')
		at--;
	if (at > from && text.at[at - 1] == '\r')
		at--;
	return at;
}

static bool split_parts(struct split *split, struct part *parent, struct span body)
{
	char mark[BOUNDARY_MOST + 4] = "\n--";
	if (parent->depth >= DEPTH_MOST || !plain_boundary(parent->boundary) || looks_like_an_outer_one(parent))
		return false;
	size_t length = 3 + strlen(parent->boundary), at, behind;
	memcpy(mark + 3, parent->boundary, length - 2);
	if (next_delimiter(body, 0, mark, length, &at, &behind) != DELIMITER_NEXT)
		return false;
	for (struct part **tail = &parent->first;;) {
		size_t from = behind;
		/* From its line end: an empty part has the next delimiter at once. */
		enum delimiter next = next_delimiter(body, from - 1, mark, length, &at, &behind);
		if (next == DELIMITER_NONE || next == DELIMITER_ODD || at <= from)
			return false;
		if (!add_part(split, parent, &tail, (struct span){ body.at + from, without_line_end(body, from, at) - from }))
			return false;
		if (next == DELIMITER_CLOSE)
			return true;
	}
}

bool parts_split(struct arena *arena, struct span mail, struct part *top, const char *boundary)
{
	struct split split = { .arena = arena, .start = mail.at };
	top->boundary = boundary;
	if (split_parts(&split, top, (struct span){ mail.at + top->start, mail.length - (size_t)top->start }))
		return true;
	top->first = NULL;
	top->children = 0;
	return false;
}
