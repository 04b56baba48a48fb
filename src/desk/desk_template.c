/*
 * desk_template.c - templates of outgoing mail: filling one in. Which one, and what it is made of, says desk_template_find.c.
 *
 * An .html that does not begin with "<!" is a body and is put into frame.html at {content}, so that a desk's looks live in
 * one file. Its first lines may be "Preheader: ..." and "Heading: ...", which the frame shows. What many mails say alike stands in parts. One pass, nothing is filled in twice. A part is looked for in the
 * template's language, then as templates are.
 * A template of the desk's own that is broken is passed over as if it were not there; `sportello check` says why.
 */
#include <string.h>

#include "desk_template.h"

enum {
	LONGEST_HTML = 64 * 1024,        /* bytes of all values; more goes out as text alone: escapes and tags multiply them */
	LONGEST_PART = 64                /* bytes of a part's name */
};
#define TEXT_HTML "text_html"            /* the value that stands for {text} in HTML: clean HTML, which goes in as it is. No variable of templates */

/* ---------------------------------------------------------------- filling in */

struct filling {
	struct arena *arena;
	struct buffer out;
	bool html;
	bool head;                       /* in the Subject line: everything stays on it */
	const struct template_set *own;
	const char *language, *fallback; /* of the template found, and of the desk */
	const struct pieces *body;       /* what {content} stands for; NULL: nothing */
	bool in_part;
	const char *value[VARIABLES];    /* NULL: not there */
	const char *text_html;           /* NULL: {text} is made of the value `text` */
	int text, link, label;           /* numbers of these variables */
};

static void fill(struct filling *f, const struct pieces *pieces);

static void add_value(struct filling *f, int variable)
{
	if (variable == VARIABLE_CONTENT && f->body) {
		const struct pieces *body = f->body;
		f->body = NULL;
		fill(f, body);
		return;
	}
	const char *value = variable == VARIABLE_NONE ? NULL : f->value[variable];
	if (!value)
		return;
	if (f->html && f->text_html && variable == f->text)
		buffer_add_string(&f->out, f->text_html);
	else if (desk_template_variables[variable].kind != BLOCK || f->head)
		desk_template_add_line(&f->out, f->html, value);
	else if (f->html)
		desk_template_add_html(&f->out, value);
	else
		desk_template_add_text(&f->out, value);
}

static void fill_part(struct filling *f, const char *name, size_t length)
{
	struct template_found part = desk_template_find_for(f->own, f->language, f->fallback, name, length, f->html ? "html" : "txt");
	bool in_part = f->in_part;
	if (!part.file)
		return;
	f->in_part = true;
	fill(f, desk_template_pieces(f->arena, &part, part.file->text));
	f->in_part = in_part;
}

static void add_part(struct filling *f, const struct piece *piece)
{
	if (!f->in_part && piece->length < LONGEST_PART)
		fill_part(f, piece->at, piece->length);
}

static void add_button(struct filling *f, const struct piece *piece)
{
	char label[200];
	const char *part = piece->kind == PIECE_BUTTON ? DESK_PART_BUTTON : DESK_PART_QUIET;
	if (f->value[f->label] || !piece->label_length || piece->label_length >= sizeof label)
		return;
	memcpy(label, piece->label, piece->label_length);
	label[piece->label_length] = '\0';
	f->value[f->label] = label;
	f->value[f->link] = f->value[piece->variable];
	fill_part(f, part, strlen(part));
	f->value[f->label] = f->value[f->link] = NULL;
}

static void add_piece(struct filling *f, const struct piece *piece)
{
	switch (piece->kind) {
	case PIECE_VALUE:
		add_value(f, piece->variable);
		break;
	case PIECE_PART:
		add_part(f, piece);
		break;
	case PIECE_BUTTON:
	case PIECE_QUIET:
		if (piece->variable != VARIABLE_NONE && f->value[piece->variable])
			add_button(f, piece);
		break;
	default:
		buffer_add(&f->out, piece->at, piece->length);
		if (f->head && memchr(piece->at, '\n', piece->length))
			f->head = false;
	}
}

/* Forgiving: what desk_template_check would refuse is shown as well as can be. A section that is not shown is passed in one step. */
static void fill(struct filling *f, const struct pieces *pieces)
{
	for (size_t i = 0; i < pieces->count; i++) {
		const struct piece *piece = &pieces->at[i];

		if (piece->kind == PIECE_IF || piece->kind == PIECE_UNLESS) {
			bool there = piece->variable != VARIABLE_NONE && f->value[piece->variable];
			if (there != (piece->kind == PIECE_IF))
				i = piece->closed_at;
		} else if (piece->kind != PIECE_CLOSE)
			add_piece(f, piece);
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

static void usual_colours(struct arena *arena, struct filling *f)
{
	struct desk_colours *colours = ARENA_NEW(arena, struct desk_colours);
	desk_brand_colours(NULL, colours);
	const struct { const char *name, *value; } usual[] = {
		{"colour", colours->button}, {"colour_text", colours->text}, {"colour_link", colours->link},
		{"dark_colour", colours->dark_button}, {"dark_text", colours->dark_text}, {"dark_link", colours->dark_link},
	};
	for (size_t i = 0; i < COUNT_OF(usual); i++) {
		int variable = desk_template_variable_named(usual[i].name, strlen(usual[i].name));
		if (!f->value[variable])
			f->value[variable] = usual[i].value;
	}
}

/* The bytes of all values together, but of what is HTML already. */
static size_t take_values(struct arena *arena, struct filling *f, const char *record)
{
	const char *key, *value;
	size_t total = 0;

	while (record_next(arena, &record, &key, &value)) {
		int variable = desk_template_variable_named(key, strlen(key));
		if (strcmp(key, TEXT_HTML) == 0) {
			f->text_html = *value ? arena_string(arena, value) : NULL;
			continue;
		}
		total += strlen(value);
		if (variable > VARIABLE_CONTENT && !f->value[variable])
			f->value[variable] = usable_value(arena_string(arena, value), desk_template_variables[variable].kind);
	}
	f->value[desk_template_variable_named("language", strlen("language"))] = f->language;
	f->text = desk_template_variable_named("text", strlen("text"));
	f->link = desk_template_variable_named("link", strlen("link"));
	f->label = desk_template_variable_named("label", strlen("label"));
	f->value[f->link] = f->value[f->label] = NULL;
	usual_colours(arena, f);
	return total;
}

/* ---------------------------------------------------------------- a whole mail */

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

/* Plain text, escaped where it is put in. */
static const char *take_head(struct arena *arena, struct filling *f, const char *body)
{
	const char *words = "";
	const struct head_line *line;
	f->html = false;
	for (; (line = desk_template_head_line(body)); body += strcspn(body, "\n"), body += *body == '\n') {
		const char *from = body + strlen(line->mark);
		buffer_reset(&f->out);
		f->head = true;
		fill(f, desk_template_pieces(arena, NULL, arena_copy(arena, from, strcspn(from, "\n"))));
		const char *value = usable_value(arena_copy(arena, f->out.at ? f->out.at : "", f->out.length), LINE);
		f->value[desk_template_variable_named(line->variable, strlen(line->variable))] = value ? value += strspn(value, " ") : NULL;
		words = value ? arena_printf(arena, "%s%s\n", words, value) : words;
	}
	f->html = true;
	return words;
}

/* What a person wrote goes out, also where the desk's own text of such a mail has no place for it: then above all. NULL: it cannot be put there. */
static const char *with_words(struct arena *arena, const struct filling *f, const char *name, const struct template_file *file)
{
	if (!desk_notice_is(name, NOTICE_AGENTS_WORDS) || !f->value[desk_template_variable_named("text", strlen("text"))] || strstr(file->text, "{text}"))
		return file->text;
	if (f->html) {
		const char *body = desk_template_skip_head(file->text);
		return strncmp(file->text, "<!", 2) ? arena_printf(arena, "%.*s{text}\n%s", (int)(body - file->text), file->text, body) : NULL;
	}
	size_t subject = strcspn(file->text, "\n");
	return arena_printf(arena, "%.*s\n\n{text}\n\n%s", (int)subject, file->text, file->text + subject + strspn(file->text + subject, "\n"));
}

const char *desk_fill(struct arena *arena, const struct template_set *own, const char *language, const char *fallback, const char *text, const char *variables)
{
	struct filling f = {.arena = arena, .own = own, .language = language, .fallback = fallback};
	buffer_init(&f.out);
	take_values(arena, &f, variables);
	fill(&f, desk_template_pieces(arena, NULL, text));
	const char *filled = text_trim(arena_copy(arena, f.out.at ? f.out.at : "", f.out.length));
	buffer_fini(&f.out);
	return filled;
}

enum status desk_render(struct arena *arena, const struct template_set *own, const char *name, const char *language,
                        const char *fallback, const char *record, struct rendered *rendered, struct error *error)
{
	struct template_found text = desk_template_find_for(own, language, fallback, name, strlen(name), "txt");
	if (!text.file)
		return error_set(error, STATUS_NOT_FOUND, "no template %s.txt in any language", name);
	struct filling f = {.arena = arena, .head = true, .own = own, .language = text.file->language, .fallback = fallback};
	buffer_init(&f.out);
	size_t total = take_values(arena, &f, record ? record : "");
	fill(&f, desk_template_pieces(arena, &text, with_words(arena, &f, name, text.file)));
	rendered->text = finish_text(arena, &f, &rendered->subject);
	rendered->html = rendered->heading = "";

	struct template_found html = {NULL};
	if (total <= LONGEST_HTML)
		html = desk_template_find(own, text.file->language, name, strlen(name), "html");
	f.html = true;
	const char *body = html.file ? with_words(arena, &f, name, html.file) : NULL;
	if (body) {
		rendered->heading = take_head(arena, &f, body);
		body = desk_template_skip_head(body);
		const struct pieces *pieces = desk_template_pieces(arena, &html, body);
		struct template_found frame = {NULL};
		if (strncmp(body, "<!", 2))
			frame = desk_template_find_for(own, language, fallback, "frame", strlen("frame"), "html");
		buffer_reset(&f.out);
		f.head = false;
		f.body = frame.file ? pieces : NULL;
		f.value[VARIABLE_CONTENT] = frame.file ? body : NULL;
		fill(&f, frame.file ? desk_template_pieces(arena, &frame, frame.file->text) : pieces);
		rendered->html = arena_copy(arena, f.out.at ? f.out.at : "", f.out.length);
	}
	buffer_fini(&f.out);
	return STATUS_OK;
}
