/*
 * desk_template_parse.c - a template as a row of pieces, and what is wrong with one.
 *
 * A .txt begins with "Subject: ...", except a part. A part holds no part, and its sections end in it: so a template can be
 * checked by itself, and filled in one pass.
 */
#include <string.h>

#include "desk_template.h"

enum { DEPTH = 8 };                      /* sections within sections */

const struct template_variable desk_template_variables[] = {
	[VARIABLE_CONTENT] = {"content", LINE},          /* of frame.html alone: the body, as it is */
	{"language", LINE},                              /* of the template found */
	{"ticket", LINE}, {"subject", LINE}, {"subject_line", LINE}, {"desk", LINE}, {"queue", LINE}, {"queue_description", LINE},
	{"customer", LINE}, {"customer_address", LINE}, {"agent", LINE}, {"agent_name", LINE}, {"from", LINE}, {"state", LINE},
	{"old_state", LINE}, {"attachments", LINE}, {"days", LINE}, {"date", LINE}, {"recipient", LINE}, {"original_subject", LINE},
	{"other", LINE}, {"note_address", LINE}, {"hint", LINE}, {"hint_queue", LINE}, {"gathered", LINE}, {"files_left", LINE}, {"gone", LINE}, {"owner", LINE}, {"due", LINE}, {"articles", LINE}, {"others", BLOCK}, {"files_refused", LINE},
	{"text", BLOCK}, {"commands", BLOCK}, {"problem", BLOCK}, {"reply", BLOCK},
	{"article_first", LINE}, {"article_second", LINE}, {"article_third", LINE},
	{"excerpt_first", LINE}, {"excerpt_second", LINE}, {"excerpt_third", LINE},
	{"link_first", LINK}, {"link_second", LINK}, {"link_third", LINK},
	{"link_confirm", LINK}, {"link_refuse", LINK}, {"link_status", LINK}, {"link_solved", LINK}, {"link_help", LINK},
	{"expires", LINE}, {"suggested", LINE}, {"more", BLOCK},
	{"writer", LINE}, {"unread", LINE}, {"new_subject", LINE}, {"answers_to", LINE}, {"sent_by", LINE}, {"doubt", LINE}, {"contract_of", LINE}, {"contract_end", LINE},
	{"fields", LINE}, {"readers", LINE}, {"proposed", LINE}, {"instead_of", LINE}, {"history", BLOCK}, {"since", BLOCK},
	{"third", LINE}, {"side_subject", LINE}, {"done", BLOCK}, {"list", BLOCK}, {"list_free", BLOCK}, {"list_of", LINE}, {"list_alone", LINE}, {"tags", LINE}, {"watchers", LINE},
	{"files_sent", BLOCK}, {"files_behind", BLOCK}, {"files_named", LINE}, {"files_part", LINE}, {"files_more", LINE}, {"files_rest", LINE}, {"unanswered", LINE},
	{"link", LINK}, {"label", LINE}, {"preheader", LINE}, {"heading", LINE}, {"logo", LINE}, {"logo_width", LINE}, {"logo_height", LINE}, {"address", LINE},
	{"colour", LINE}, {"colour_text", LINE}, {"colour_link", LINE}, {"dark_colour", LINE}, {"dark_text", LINE}, {"dark_link", LINE},
	{"link_rate", LINK}, {"stars", LINE}, {"solution", LINE},
	{"created", LINE}, {"colleague", LINE}, {"taken", LINE}, {"answered", LINE}, {"noted", LINE}, {"closed", LINE},
};
_Static_assert(COUNT_OF(desk_template_variables) == VARIABLES && VARIABLES < 256, "VARIABLES in desk_template.h");

/* Variables by what their names are made of: each mail asks for a hundred of them. A row holds numbers + 1; each thread has its own rows. */
static _Thread_local unsigned char rows[256], others[VARIABLES];
static _Thread_local bool rows_made;

static unsigned char row_of(const char *name, size_t length)
{
	return (unsigned char)hash_bytes(name, length);
}

static void make_rows(void)
{
	for (size_t i = VARIABLES; i > 0; i--) {
		unsigned char row = row_of(desk_template_variables[i - 1].name, strlen(desk_template_variables[i - 1].name));
		others[i - 1] = rows[row];
		rows[row] = (unsigned char)i;
	}
	rows_made = true;
}

int desk_template_variable_named(const char *name, size_t length)
{
	if (!rows_made)
		make_rows();
	for (size_t i = rows[row_of(name, length)]; i; i = others[i - 1])
		if (strncmp(desk_template_variables[i - 1].name, name, length) == 0 && !desk_template_variables[i - 1].name[length])
			return (int)i - 1;
	return VARIABLE_NONE;
}

static size_t name_length(const char *name, char more)
{
	size_t length = 0;
	while ((name[length] >= 'a' && name[length] <= 'z') || name[length] == more)
		length++;
	return length;
}

static struct piece piece_text(struct scanner *s, enum piece_kind kind, const char *at, size_t taken, size_t shown)
{
	s->at = at + taken;
	s->line_start = at[taken - 1] == '\n';
	return (struct piece){.kind = kind, .variable = VARIABLE_NONE, .at = at, .length = shown};
}

/* The words of a button, to its {/name}; they hold no tag. */
static void read_label(struct scanner *s, struct piece *piece)
{
	size_t length = strcspn(s->at, "{");
	const char *end = s->at + length;
	if (end[0] != '{' || end[1] != '/' || strncmp(end + 2, piece->at, piece->length) != 0 || end[2 + piece->length] != '}')
		return;
	piece->label = s->at;
	piece->label_length = length;
	s->at = end + 3 + piece->length;
}

struct piece desk_template_piece(struct scanner *s)
{
	const char *at = s->at, *name = at + 1;
	enum piece_kind kind = PIECE_VALUE;

	if (!*at)
		return (struct piece){.kind = PIECE_END, .variable = VARIABLE_NONE, .at = at};
	if (*at != '{') {
		size_t length = (size_t)(strchrnul(at, '{') - at);
		return piece_text(s, PIECE_TEXT, at, length, length);
	}
	if (*name == '{')
		return piece_text(s, PIECE_TEXT, at, 2, 1);
	static const enum piece_kind kinds[128] = {
		['?'] = PIECE_IF, ['!'] = PIECE_UNLESS, ['/'] = PIECE_CLOSE, ['>'] = PIECE_PART, ['='] = PIECE_BUTTON, ['-'] = PIECE_QUIET};
	if (*name > 0 && strchr("?!/>=-", *name))
		kind = kinds[(unsigned char)*name], name++;
	size_t length = name_length(name, kind == PIECE_PART ? '-' : '_');
	if (!length || name[length] != '}')
		return piece_text(s, PIECE_BAD, at, 1, 1);
	struct piece piece = {.kind = kind, .variable = desk_template_variable_named(name, length), .at = name, .length = length};
	s->at = name + length + 1;
	if (kind == PIECE_BUTTON || kind == PIECE_QUIET)
		read_label(s, &piece);
	if (kind != PIECE_VALUE && s->line_start && *s->at == '\n')
		s->at++;
	else
		s->line_start = false;
	return piece;
}

bool desk_template_is_part(const char *name)
{
	return text_starts_nocase(name, "part-");
}

/* ---------------------------------------------------------------- what is wrong with one */

static bool has_subject(const struct template_file *file)
{
	return strcmp(file->format, "txt") == 0 && !desk_template_is_part(file->name) && strcmp(file->name, DESK_PAGES) != 0;
}

struct checking { const struct template_file *file; struct error *error; const char *here; };

static bool broken(const struct checking *c, const char *what, const struct piece *piece)
{
	int line = 1;
	for (const char *at = c->file->text; at < c->here; at++)
		line += *at == '\n';
	error_set(c->error, STATUS_BAD_CONFIG, "%s/%s.%s:%d: %s%.*s%s", c->file->language, c->file->name, c->file->format, line, what,
	          piece ? (int)(piece->length < 40 ? piece->length : 40) : 0, piece ? piece->at : "", piece ? "}" : "");
	return false;
}

static bool part_known(const struct piece *piece, const char *format)
{
	for (const struct template_file *file = builtin_templates; file->language; file++)
		if (desk_template_is_part(file->name) && !strcmp(file->format, format) && strlen(file->name) == piece->length &&
		    !memcmp(file->name, piece->at, piece->length))
			return true;
	return false;
}

static bool check_button(struct checking *c, const struct piece *piece, bool first_line)
{
	if (first_line)
		return broken(c, "a button does not fit into the Subject: {", piece);
	if (desk_template_variables[piece->variable].kind != LINK)
		return broken(c, "a button needs an address of a page, not {", piece);
	if (!strcmp(c->file->name, DESK_PART_BUTTON) || !strcmp(c->file->name, DESK_PART_QUIET))
		return broken(c, "what a button looks like may not hold one: {", piece);
	return piece->label_length || broken(c, "a button's words and their end, {=link}words{/link}, are missing behind {=", piece);
}

static bool check_piece(struct checking *c, const struct piece *piece, struct piece *open, int *depth)
{
	bool first_line = has_subject(c->file) && !memchr(c->file->text, '\n', (size_t)(c->here - c->file->text));

	if (piece->kind == PIECE_TEXT)
		return true;
	if (piece->kind == PIECE_BAD)
		return broken(c, "a brace that begins no {name}; write {{ for a brace", NULL);
	if (piece->kind == PIECE_PART && desk_template_is_part(c->file->name))
		return broken(c, "a part may not hold another one: {>", piece);
	if (piece->kind == PIECE_PART && first_line)
		return broken(c, "several lines do not fit into the Subject: {>", piece);
	if (piece->kind == PIECE_PART)
		return part_known(piece, c->file->format) || broken(c, "there is no such part: {>", piece);
	if (piece->variable == VARIABLE_NONE)
		return broken(c, "unknown variable {", piece);
	if (piece->variable == VARIABLE_CONTENT && strcmp(c->file->name, "frame"))
		return broken(c, "only frame.html may hold {", piece);
	if (piece->kind == PIECE_BUTTON || piece->kind == PIECE_QUIET)
		return check_button(c, piece, first_line);
	if (piece->kind == PIECE_VALUE)
		return !first_line || desk_template_variables[piece->variable].kind != BLOCK || broken(c, "several lines do not fit into the Subject: {", piece);
	if (piece->kind == PIECE_CLOSE) {
		if (!*depth || open[*depth - 1].variable != piece->variable)
			return broken(c, "closes what is not the innermost open section: {/", piece);
		--*depth;
		return true;
	}
	if (*depth == DEPTH)
		return broken(c, "sections nest too deep at {", piece);
	open[(*depth)++] = *piece;
	return true;
}

bool desk_template_check(const struct template_file *file, struct error *error)
{
	struct checking c = {file, error, file->text};
	struct scanner scanner = {file->text, true};
	struct piece open[DEPTH];
	int depth = 0;

	if (!utf8_valid(file->text, strlen(file->text)))
		return broken(&c, "not UTF-8", NULL);
	if (has_subject(file) && !text_starts_nocase(file->text, "Subject:"))
		return broken(&c, "the first line is not \"Subject: ...\"", NULL);
	for (;;) {
		c.here = scanner.at;
		struct piece piece = desk_template_piece(&scanner);
		if (piece.kind == PIECE_END)
			break;
		if (!check_piece(&c, &piece, open, &depth))
			return false;
	}
	if (depth) {
		c.here = open[depth - 1].at;
		return broken(&c, "a section is not closed: {", &open[depth - 1]);
	}
	if (strcmp(file->name, "frame") == 0 && !strstr(file->text, "{content}"))
		return broken(&c, "frame.html does not hold {content}", NULL);
	return true;
}
