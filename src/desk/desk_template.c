/*
 * desk_template.c - templates of outgoing mail: looking one up, filling it in, and saying what is wrong with one.
 *
 * {name} a value; {?name}...{/name} if it is there and not blank; {!name}...{/name} if it is not; {{ a brace. A section tag alone
 * on its line takes the line with it. A .txt begins with "Subject: ...". An .html that does not begin with "<!" is a
 * body and is put into frame.html at {content}, so that a desk's looks live in one file.
 * Values are a stranger's words: in one-line values controls become blanks; in .html everything is escaped, {text} and its
 * like become paragraphs, and only http, https and mailto become links, shown as they are. One pass, nothing is filled in twice.
 * A template of the desk's own that is broken is passed over as if it were not there; `sportello check` says why.
 */
#include <string.h>

#include "desk_private.h"

enum {
	DEPTH = 8,                       /* sections within sections */
	LONGEST_HTML = 64 * 1024        /* bytes of all values; more goes out as text alone: escapes and tags multiply them */
};
#define PARAGRAPH "<p style=\"margin:0 0 16px\">"
#define QUOTE "<blockquote style=\"margin:0 0 16px;padding:0 0 0 12px;border-left:2px solid #8a94a6\">"

enum variable_kind {
	LINE,                            /* shown on one line */
	BLOCK,                           /* words of several lines */
	LINK                             /* http or https; anything else counts as not there */
};
enum { VARIABLE_CONTENT = 0, VARIABLE_NONE = -1 };
static const struct { const char *name; enum variable_kind kind; } variables[] = {
	[VARIABLE_CONTENT] = {"content", LINE},          /* of frame.html alone: the body, as it is */
	{"language", LINE},                              /* of the template found */
	{"ticket", LINE}, {"subject", LINE}, {"subject_line", LINE}, {"desk", LINE}, {"queue", LINE}, {"queue_description", LINE},
	{"customer", LINE}, {"customer_address", LINE}, {"agent", LINE}, {"agent_name", LINE}, {"from", LINE}, {"state", LINE},
	{"old_state", LINE}, {"attachments", LINE}, {"days", LINE}, {"date", LINE}, {"recipient", LINE}, {"original_subject", LINE},
	{"other", LINE}, {"note_address", LINE}, {"hint", LINE}, {"hint_queue", LINE},
	{"text", BLOCK}, {"commands", BLOCK}, {"problem", BLOCK}, {"reply", BLOCK},
	{"article_first", LINE}, {"article_second", LINE}, {"article_third", LINE},
	{"excerpt_first", LINE}, {"excerpt_second", LINE}, {"excerpt_third", LINE},
	{"link_first", LINK}, {"link_second", LINK}, {"link_third", LINK},
	{"link_confirm", LINK}, {"link_refuse", LINK}, {"link_status", LINK}, {"link_solved", LINK}, {"link_help", LINK},
	{"expires", LINE}, {"suggested", LINE}, {"more", BLOCK},
};

/* ---------------------------------------------------------------- a template as a row of pieces */

enum piece_kind { PIECE_END, PIECE_TEXT, PIECE_VALUE, PIECE_IF, PIECE_UNLESS, PIECE_CLOSE, PIECE_BAD };
struct piece {
	enum piece_kind kind;
	const char *at; size_t length;   /* of text, or of the name */
	int variable;
};
struct scanner { const char *at; bool line_start; };

static int variable_named(const char *name, size_t length)
{
	for (size_t i = 0; i < COUNT_OF(variables); i++)
		if (strlen(variables[i].name) == length && memcmp(variables[i].name, name, length) == 0)
			return (int)i;
	return VARIABLE_NONE;
}

static struct piece piece_text(struct scanner *s, enum piece_kind kind, const char *at, size_t taken, size_t shown)
{
	s->at = at + taken;
	s->line_start = at[taken - 1] == '\n';
	return (struct piece){kind, at, shown, VARIABLE_NONE};
}

static struct piece piece_next(struct scanner *s)
{
	const char *at = s->at, *name = at + 1;
	enum piece_kind kind = PIECE_VALUE;

	if (!*at)
		return (struct piece){PIECE_END, at, 0, VARIABLE_NONE};
	if (*at != '{') {
		size_t length = strcspn(at, "{");
		return piece_text(s, PIECE_TEXT, at, length, length);
	}
	if (*name == '{')
		return piece_text(s, PIECE_TEXT, at, 2, 1);
	if (*name == '?' || *name == '!' || *name == '/')
		kind = *name == '?' ? PIECE_IF : *name == '!' ? PIECE_UNLESS : PIECE_CLOSE, name++;
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz_");
	if (!length || name[length] != '}')
		return piece_text(s, PIECE_BAD, at, 1, 1);
	s->at = name + length + 1;
	if (kind != PIECE_VALUE && s->line_start && *s->at == '\n')
		s->at++;
	else
		s->line_start = false;
	return (struct piece){kind, name, length, variable_named(name, length)};
}

/* ---------------------------------------------------------------- values into text */

struct filling {
	struct buffer out;
	bool html;
	bool head;                       /* in the Subject line: everything stays on it */
	const char *language;
	const char *body;                /* what {content} stands for; NULL: nothing */
	const char *value[COUNT_OF(variables)];          /* NULL: not there */
};

static bool is_control(char byte)
{
	unsigned char code = (unsigned char)byte;
	return code < 32 || code == 127;
}

static void add_escaped(struct buffer *out, char byte)
{
	switch (byte) {
	case '&': buffer_add_string(out, "&amp;"); break;
	case '<': buffer_add_string(out, "&lt;"); break;
	case '>': buffer_add_string(out, "&gt;"); break;
	case '"': buffer_add_string(out, "&quot;"); break;
	case '\'': buffer_add_string(out, "&#39;"); break;
	default: buffer_add_char(out, byte);
	}
}

static void add_line(struct filling *f, const char *value)
{
	for (; *value; value++) {
		char byte = is_control(*value) ? ' ' : *value;
		if (f->html)
			add_escaped(&f->out, byte);
		else
			buffer_add_char(&f->out, byte);
	}
}

/* ---------------------------------------------------------------- several lines into text */

/* What stands before the value on its line is repeated before its other lines, if it is no more than an indent or a quote mark. */
static void add_block_text(struct filling *f, const char *value)
{
	size_t start = f->out.length;
	while (start && f->out.at[start - 1] != '\n')
		start--;
	size_t indent = f->out.length - start;
	for (size_t i = 0; i < indent; i++)
		if (!strchr(" \t>|", f->out.at[start + i]))
			indent = 0;
	char prefix[16];
	if (indent > sizeof prefix)
		indent = 0;
	memcpy(prefix, f->out.at ? f->out.at + start : "", indent);
	size_t bare = indent;            /* before an empty line, without the blank at its end */
	while (bare && prefix[bare - 1] == ' ')
		bare--;
	for (; *value; value++) {
		if (*value == '\n') {
			buffer_add_char(&f->out, '\n');
			buffer_add(&f->out, prefix, value[1] == '\n' ? bare : indent);
		} else if (*value == '\t' || !is_control(*value))
			buffer_add_char(&f->out, *value);
	}
}

/* ---------------------------------------------------------------- several lines into HTML */

static size_t link_scheme(const char *at, size_t length)
{
	static const char *const schemes[] = {"https://", "http://", "mailto:"};
	for (size_t i = 0; i < COUNT_OF(schemes); i++)
		if (length > strlen(schemes[i]) && text_starts_nocase(at, schemes[i]))
			return strlen(schemes[i]);
	return 0;
}

/* Bytes of a link from `at`: to a blank, a bracket or quote, or any of the invisible and turning characters U+2000..U+206F. */
static size_t link_length(const char *at, size_t length, size_t scheme)
{
	size_t end = scheme;

	while (end < length && at[end] != ' ' && !is_control(at[end]) && !strchr("<>\"`{}|\\^", at[end])) {
		const unsigned char *wide = (const unsigned char *)at + end;
		if (end + 1 < length && ((wide[0] == 0xE2 && (wide[1] == 0x80 || wide[1] == 0x81)) || (wide[0] == 0xC2 && wide[1] == 0xA0)))
			break;
		end++;
	}
	const char *trailing = memchr(at, '(', end) ? ".,;:!?']*_" : ".,;:!?')]*_";
	while (end > scheme && strchr(trailing, at[end - 1]))
		end--;
	return end > scheme ? end : 0;
}

static bool is_word_byte(char byte)
{
	unsigned char code = (unsigned char)byte;
	return (code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') || code >= 0x80;
}

static void add_link(struct buffer *out, const char *at, size_t length)
{
	buffer_add_string(out, "<a href=\"");
	for (size_t i = 0; i < length; i++)
		add_escaped(out, at[i]);
	buffer_add_string(out, "\" style=\"overflow-wrap:anywhere\">");
	for (size_t i = 0; i < length; i++)
		add_escaped(out, at[i]);
	buffer_add_string(out, "</a>");
}

/* One line of words. A blank after a blank, or first on the line, is kept by &nbsp;: code and tables stay readable. */
static void add_words_html(struct buffer *out, const char *at, size_t length)
{
	for (size_t i = 0, linked; i < length; i++) {
		size_t scheme = i && is_word_byte(at[i - 1]) ? 0 : link_scheme(at + i, length - i);
		if (scheme && (linked = link_length(at + i, length - i, scheme)) != 0) {
			add_link(out, at + i, linked);
			i += linked - 1;
		} else if (at[i] == '\t')
			buffer_add_string(out, "&nbsp; &nbsp; ");
		else if (at[i] == ' ' && (i == 0 || at[i - 1] == ' '))
			buffer_add_string(out, "&nbsp;");
		else if (!is_control(at[i]))
			add_escaped(out, at[i]);
	}
}

/* Blank lines part paragraphs; lines that begin with ">" are a quotation of any length, shown as one. */
static void add_block_html(struct filling *f, const char *value)
{
	struct buffer *out = &f->out;
	bool in_paragraph = false, in_quote = false;

	for (size_t length; *value; value += length + (value[length] == '\n')) {
		length = strcspn(value, "\n");
		bool quoted = *value == '>', blank = strspn(value, " \t\r>") >= length;
		if (in_paragraph && (blank || quoted != in_quote))
			buffer_add_string(out, "</p>\n"), in_paragraph = false;
		if (quoted != in_quote)
			buffer_add_string(out, quoted ? QUOTE : "</blockquote>\n"), in_quote = quoted;
		if (blank)
			continue;
		buffer_add_string(out, in_paragraph ? "<br>\n" : PARAGRAPH);
		in_paragraph = true;
		size_t mark = quoted ? 1 + (value[1] == ' ') : 0;
		add_words_html(out, value + mark, length - mark);
	}
	buffer_add_string(out, in_paragraph ? "</p>\n" : "");
	buffer_add_string(out, in_quote ? "</blockquote>\n" : "");
}

/* ---------------------------------------------------------------- filling in */

static void fill(struct filling *f, const char *template);

static void add_value(struct filling *f, int variable)
{
	if (variable == VARIABLE_CONTENT && f->body) {
		const char *body = f->body;
		f->body = NULL;
		fill(f, body);
		return;
	}
	const char *value = variable == VARIABLE_NONE ? NULL : f->value[variable];
	if (!value)
		return;
	if (variables[variable].kind != BLOCK || f->head)
		add_line(f, value);
	else if (f->html)
		add_block_html(f, value);
	else
		add_block_text(f, value);
}

/* Forgiving: what desk_template_check would refuse is shown as well as can be. */
static void fill(struct filling *f, const char *template)
{
	struct scanner scanner = {template, true};
	int depth = 0, hidden_at = 0;    /* hidden_at: depth of the outermost section that is not shown; 0: all are */

	for (struct piece piece; (piece = piece_next(&scanner)).kind != PIECE_END;) {
		bool there = piece.variable != VARIABLE_NONE && f->value[piece.variable];
		switch (piece.kind) {
		case PIECE_IF:
		case PIECE_UNLESS:
			depth++;
			if (!hidden_at && there != (piece.kind == PIECE_IF))
				hidden_at = depth;
			break;
		case PIECE_CLOSE:
			if (hidden_at == depth)
				hidden_at = 0;
			depth -= depth > 0;
			break;
		case PIECE_VALUE:
			if (!hidden_at)
				add_value(f, piece.variable);
			break;
		default:
			if (hidden_at)
				break;
			buffer_add(&f->out, piece.at, piece.length);
			if (memchr(piece.at, '\n', piece.length))
				f->head = false;
		}
	}
}

/* Blank lines at its top and blanks at its end go; NULL if nothing is left. */
static const char *usable_value(char *value, enum variable_kind kind)
{
	size_t length = strlen(value);
	while (length && strchr(" \t\r\n", value[length - 1]))
		value[--length] = '\0';
	for (size_t blank; (blank = strspn(value, " \t\r")), value[blank] == '\n';)
		value += blank + 1;
	if (!*value || (kind == LINK && !text_starts_nocase(value, "http://") && !text_starts_nocase(value, "https://")))
		return NULL;
	return value;
}

/* The bytes of all values together. */
static size_t take_values(struct arena *arena, struct filling *f, const char *record)
{
	const char *key, *value;
	size_t total = 0;

	while (record_next(arena, &record, &key, &value)) {
		int variable = variable_named(key, strlen(key));
		total += strlen(value);
		if (variable > VARIABLE_CONTENT && !f->value[variable])
			f->value[variable] = usable_value(arena_string(arena, value), variables[variable].kind);
	}
	f->value[variable_named("language", strlen("language"))] = f->language;
	return total;
}

/* ---------------------------------------------------------------- looking one up */

/* "it" finds templates of "it-CH" too: the first part of a language tag counts. */
static bool language_is(const char *tag, const char *language)
{
	size_t length = strlen(language);
	return tag && text_starts_nocase(tag, language) && (!tag[length] || tag[length] == '-' || tag[length] == '_');
}

static const struct template_file *find(const struct template_set *own, const char *language, const char *name, const char *format)
{
	for (size_t i = 0; own && i < own->count; i++)
		if (strcmp(own->at[i].name, name) == 0 && strcmp(own->at[i].format, format) == 0 && language_is(language, own->at[i].language) &&
		    desk_template_check(&own->at[i], NULL))
			return &own->at[i];
	for (const struct template_file *file = builtin_templates; file->language; file++)
		if (strcmp(file->name, name) == 0 && strcmp(file->format, format) == 0 && language_is(language, file->language))
			return file;
	return NULL;
}

static const struct template_file *find_for(const struct template_set *own, const char *language, const char *fallback,
                                            const char *name, const char *format)
{
	const char *const wanted[] = {language, fallback, "en"};
	const struct template_file *file = NULL;
	for (size_t i = 0; i < COUNT_OF(wanted) && !file; i++)
		file = find(own, wanted[i], name, format);
	return file;
}

static const char *finish_text(struct arena *arena, struct filling *f, const char **subject)
{
	char *text = arena_copy(arena, f->out.at ? f->out.at : "", f->out.length);
	char *rest = text + strcspn(text, "\n");
	*subject = "";
	if (text_starts_nocase(text, "Subject:")) {
		if (*rest)
			*rest++ = '\0';
		*subject = text_trim(text + strlen("Subject:"));
	} else
		rest = text;
	rest += strspn(rest, "\n");
	size_t length = strlen(rest);
	while (length && strchr(" \n", rest[length - 1]))
		length--;
	return arena_printf(arena, "%.*s\n", (int)length, rest);
}

enum status desk_render(struct arena *arena, const struct template_set *own, const char *name, const char *language,
                        const char *fallback, const char *record, struct rendered *rendered, struct error *error)
{
	const struct template_file *text = find_for(own, language, fallback, name, "txt");
	if (!text)
		return error_set(error, STATUS_NOT_FOUND, "no template %s.txt in any language", name);
	struct filling f = {.head = true, .language = text->language};
	buffer_init(&f.out);
	size_t total = take_values(arena, &f, record ? record : "");
	fill(&f, text->text);
	rendered->text = finish_text(arena, &f, &rendered->subject);
	rendered->html = "";

	const struct template_file *html = total > LONGEST_HTML ? NULL : find(own, text->language, name, "html");
	if (html) {
		const struct template_file *frame = strncmp(html->text, "<!", 2) ? find_for(own, language, fallback, "frame", "html") : NULL;
		buffer_reset(&f.out);
		f.html = true;
		f.head = false;
		f.body = frame ? html->text : NULL;
		f.value[VARIABLE_CONTENT] = f.body;
		fill(&f, frame ? frame->text : html->text);
		rendered->html = arena_copy(arena, f.out.at ? f.out.at : "", f.out.length);
	}
	buffer_fini(&f.out);
	return STATUS_OK;
}

/* ---------------------------------------------------------------- what is wrong with one */

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

static bool check_piece(struct checking *c, const struct piece *piece, struct piece *open, int *depth)
{
	bool first_line = strcmp(c->file->format, "txt") == 0 && !memchr(c->file->text, '\n', (size_t)(c->here - c->file->text));

	if (piece->kind == PIECE_TEXT)
		return true;
	if (piece->kind == PIECE_BAD)
		return broken(c, "a brace that begins no {name}; write {{ for a brace", NULL);
	if (piece->variable == VARIABLE_NONE)
		return broken(c, "unknown variable {", piece);
	if (piece->variable == VARIABLE_CONTENT && strcmp(c->file->name, "frame"))
		return broken(c, "only frame.html may hold {", piece);
	if (piece->kind == PIECE_VALUE)
		return !first_line || variables[piece->variable].kind != BLOCK || broken(c, "several lines do not fit into the Subject: {", piece);
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
	if (strcmp(file->format, "txt") == 0 && !text_starts_nocase(file->text, "Subject:"))
		return broken(&c, "the first line is not \"Subject: ...\"", NULL);
	for (;;) {
		c.here = scanner.at;
		struct piece piece = piece_next(&scanner);
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
