/*
 * desk_template_find.c - looking a template up, and what it is made of.
 *
 * A mail asks for some ten files by name, and most of their pieces stand in sections that it does not show. So what a text is made of is found out once: of the desk's own
 * when its configuration is read, of a built-in one when it is first used, and kept until the end. Nothing of it changes then; threads share it.
 * A template of the desk's own that is broken is passed over as if it were not there; `sportello check` says why.
 */
#include <stdatomic.h>
#include <string.h>

#include "desk_template.h"

struct template_ready { bool usable; struct pieces pieces; };

/* ---- what a text is made of ---- */

static const struct head_line head_lines[] = {{"Preheader:", "preheader"}, {"Heading:", "heading"}};

const struct head_line *desk_template_head_line(const char *text)
{
	for (size_t i = 0; i < COUNT_OF(head_lines); i++)
		if (strncmp(text, head_lines[i].mark, strlen(head_lines[i].mark)) == 0)
			return &head_lines[i];
	return NULL;
}

const char *desk_template_skip_head(const char *text)
{
	while (desk_template_head_line(text))
		text += strcspn(text, "\n"), text += *text == '\n';
	return text;
}

/* A tag that closes belongs to the section that is open, whatever its name; what is never closed goes to the end. While a section is open its closed_at says which one is around it. */
static void close_sections(struct pieces *pieces)
{
	const size_t none = SIZE_MAX;
	size_t open = none;

	for (size_t i = 0; i < pieces->count; i++) {
		struct piece *piece = &pieces->at[i];

		if (piece->kind == PIECE_IF || piece->kind == PIECE_UNLESS) {
			piece->closed_at = open;
			open = i;
		} else if (piece->kind == PIECE_CLOSE && open != none) {
			size_t around = pieces->at[open].closed_at;
			pieces->at[open].closed_at = i;
			open = around;
		}
	}
	while (open != none) {
		size_t around = pieces->at[open].closed_at;
		pieces->at[open].closed_at = pieces->count;
		open = around;
	}
}

static struct pieces take_apart(struct arena *arena, const char *text)
{
	struct scanner scanner = {text, true};
	struct pieces pieces = {NULL, 0};

	for (struct piece piece; (piece = desk_template_piece(&scanner)).kind != PIECE_END;)
		*ARENA_PUSH(arena, &pieces) = piece;
	close_sections(&pieces);
	return pieces;
}

/* A page without its head: that is filled in by itself. */
static const char *filled_text(const struct template_file *file)
{
	return file->format[0] == 'h' ? desk_template_skip_head(file->text) : file->text;
}

const struct pieces *desk_template_pieces(struct arena *arena, const struct template_found *found, const char *text)
{
	if (found && found->pieces && text == filled_text(found->file))
		return found->pieces;
	struct pieces *pieces = ARENA_NEW(arena, struct pieces);
	*pieces = take_apart(arena, text);
	return pieces;
}

/* ---- the desk's own ---- */

/* What is broken is never filled in, and not taken apart. */
struct template_set desk_templates_ready(struct arena *arena, const struct template_file *at, size_t count)
{
	struct template_ready *ready = ARENA_ARRAY(arena, struct template_ready, count + 1);

	for (size_t i = 0; i < count; i++)
		if (desk_template_check(&at[i], NULL))
			ready[i] = (struct template_ready){true, take_apart(arena, filled_text(&at[i]))};
	return (struct template_set){at, count, ready};
}

static bool is_called(const struct template_file *file, const char *name, size_t length, const char *format)
{
	return file->name[0] == name[0] && file->format[0] == format[0] && strncmp(file->name, name, length) == 0 && !file->name[length] && strcmp(file->format, format) == 0;
}

/* "it" finds templates of "it-CH" too: the first part of a language tag counts. */
bool desk_template_language_is(const char *tag, const char *language)
{
	size_t length = strlen(language);
	return tag && text_starts_nocase(tag, language) && (!tag[length] || tag[length] == '-' || tag[length] == '_');
}

static struct template_found find_own(const struct template_set *own, const char *language, const char *name, size_t length, const char *format)
{
	for (size_t i = 0; own && i < own->count; i++)
		if (is_called(&own->at[i], name, length, format) && desk_template_language_is(language, own->at[i].language) &&
		    (own->ready ? own->ready[i].usable : desk_template_check(&own->at[i], NULL)))
			return (struct template_found){&own->at[i], own->ready ? &own->ready[i].pieces : NULL};
	return (struct template_found){NULL};
}

/* ---- the built-in ones ---- */

enum { ROWS = 256 };
struct builtin_pieces { struct arena arena; struct pieces pieces; };
struct builtin_index {
	struct arena arena;
	uint16_t row[ROWS], *other;      /* number + 1 of the first of a row, and of the one behind each */
	_Atomic(struct builtin_pieces *) *pieces;        /* of each; NULL: not used yet */
};
static _Atomic(struct builtin_index *) builtin;          /* NULL: not used yet */

static size_t row_of(const char *name, size_t length, const char *format)
{
	return (hash_bytes(name, length) + (unsigned char)format[0]) % ROWS;
}

static struct builtin_index *index_make(void)
{
	struct arena arena;
	size_t count = 0;

	while (builtin_templates[count].language)
		count++;
	arena_init(&arena);
	struct builtin_index *index = ARENA_NEW(&arena, struct builtin_index);
	index->other = ARENA_ARRAY(&arena, uint16_t, count + 1);
	index->pieces = ARENA_ARRAY(&arena, _Atomic(struct builtin_pieces *), count + 1);
	for (size_t i = count; i > 0; i--) {
		const struct template_file *file = &builtin_templates[i - 1];
		uint16_t *row = &index->row[row_of(file->name, strlen(file->name), file->format)];
		atomic_init(&index->pieces[i - 1], NULL);
		index->other[i - 1] = *row;
		*row = (uint16_t)i;
	}
	index->arena = arena;
	return index;
}

static struct builtin_pieces *pieces_make(const struct template_file *file)
{
	struct arena arena;

	arena_init(&arena);
	struct builtin_pieces *made = ARENA_NEW(&arena, struct builtin_pieces);
	made->pieces = take_apart(&arena, filled_text(file));
	made->arena = arena;
	return made;
}

/* No lock: of two threads that make the same, one is the first, and the other lets go of his. */
static struct builtin_index *index_get(void)
{
	struct builtin_index *there = atomic_load_explicit(&builtin, memory_order_acquire), *made;

	if (there || atomic_compare_exchange_strong(&builtin, &there, made = index_make()))
		return there ? there : made;
	struct arena arena = made->arena;
	arena_fini(&arena);
	return there;
}

static const struct pieces *builtin_pieces(struct builtin_index *index, size_t number)
{
	struct builtin_pieces *there = atomic_load_explicit(&index->pieces[number], memory_order_acquire), *made;

	if (there || atomic_compare_exchange_strong(&index->pieces[number], &there, made = pieces_make(&builtin_templates[number])))
		return there ? &there->pieces : &made->pieces;
	struct arena arena = made->arena;
	arena_fini(&arena);
	return &there->pieces;
}

static struct template_found find_builtin(const char *language, const char *name, size_t length, const char *format)
{
	struct builtin_index *index = index_get();

	for (size_t i = index->row[row_of(name, length, format)]; i; i = index->other[i - 1])
		if (is_called(&builtin_templates[i - 1], name, length, format) && desk_template_language_is(language, builtin_templates[i - 1].language))
			return (struct template_found){&builtin_templates[i - 1], builtin_pieces(index, i - 1)};
	return (struct template_found){NULL};
}

/* ---- any ---- */

struct template_found desk_template_find(const struct template_set *own, const char *language, const char *name, size_t length, const char *format)
{
	struct template_found found = find_own(own, language, name, length, format);

	return found.file ? found : find_builtin(language, name, length, format);
}

struct template_found desk_template_find_for(const struct template_set *own, const char *language, const char *fallback, const char *name, size_t length, const char *format)
{
	const char *const wanted[] = {language, fallback, "en"};
	struct template_found found = {NULL};

	for (size_t i = 0; i < COUNT_OF(wanted) && !found.file; i++)
		found = desk_template_find(own, wanted[i], name, length, format);
	return found;
}
