/*
 * desk_template.h - what the files of the template engine share: the variables, a template as a row of pieces, and how a
 * value goes out. Only desk_template*.c include it.
 *
 * {name} a value; {?name}...{/name} if it is there and not blank; {!name}...{/name} if it is not; {>part-name} another
 * file's text; {=link}words{/link} and {-link}words{/link} a button, the first and a quiet one; {{ a brace. The tag of a section or a part alone on its line takes the line with it.
 */
#ifndef SPORTELLO_DESK_TEMPLATE_H
#define SPORTELLO_DESK_TEMPLATE_H

#include "desk_private.h"

#define DESK_PART_BUTTON "part-button"           /* what {=link} and {-link} look like: {link} and {label} */
#define DESK_PART_QUIET "part-quiet"

enum variable_kind {
	LINE,                            /* shown on one line */
	BLOCK,                           /* words of several lines */
	LINK                             /* http or https; anything else counts as not there */
};
enum { VARIABLE_CONTENT = 0, VARIABLE_NONE = -1, VARIABLES = 106 };
struct template_variable { const char *name; enum variable_kind kind; };
extern const struct template_variable desk_template_variables[VARIABLES];
bool desk_template_language_is(const char *tag, const char *language);   /* "it" is the language of "it-CH", too */
/* VARIABLE_NONE: there is no such one. */
int desk_template_variable_named(const char *name, size_t length);

enum piece_kind { PIECE_END, PIECE_TEXT, PIECE_VALUE, PIECE_IF, PIECE_UNLESS, PIECE_CLOSE, PIECE_PART, PIECE_BUTTON, PIECE_QUIET, PIECE_BAD };
struct piece {
	enum piece_kind kind;
	int variable;
	const char *at; size_t length;   /* of text, or of the name */
	const char *label; size_t label_length;  /* of a button: its words; 0: it has none, or no end */
	size_t closed_at;                /* of a section: the piece that closes it, or the last one and one more */
};
struct scanner { const char *at; bool line_start; };         /* starts as {template, true} */
struct piece desk_template_piece(struct scanner *scanner);

/* ---- desk_template_find.c ---- */
struct pieces { struct piece *at; size_t count; };
/* A file, and what its text is made of, where that is known already (NULL: it is not). */
struct template_found { const struct template_file *file; const struct pieces *pieces; };
/* Of that language (or its kin: "it-CH"), the desk's own first; file NULL: none. */
struct template_found desk_template_find(const struct template_set *own, const char *language, const char *name, size_t length, const char *format);
/* In that language, else the fallback, else English. */
struct template_found desk_template_find_for(const struct template_set *own, const char *language, const char *fallback, const char *name, size_t length, const char *format);
/* Of `text`, which may be what was found (NULL: nothing was), or another one. */
const struct pieces *desk_template_pieces(struct arena *arena, const struct template_found *found, const char *text);

/* "Preheader: ..." and "Heading: ...", the first lines of a body. */
struct head_line { const char *mark, *variable; };
const struct head_line *desk_template_head_line(const char *text);       /* NULL: it begins with none */
const char *desk_template_skip_head(const char *text);

/* Values into text or HTML (desk_template_value.c). Lines: paragraphs in HTML; in text, an indent before it is repeated. */
void desk_template_add_line(struct buffer *out, bool html, const char *value);
void desk_template_add_text(struct buffer *out, const char *value);
void desk_template_add_html(struct buffer *out, const char *value);

#endif
