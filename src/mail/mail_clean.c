/*
 * mail_clean.c - a stranger's page through libxml2's events, and out again as one that may be shown and sent on.
 *
 * Nothing is passed on as it came: elements, attributes and styles are written anew from what the lists of mail_clean_element.c and
 * mail_clean_style.c know, text is escaped, and every element that is opened is closed. So what a browser makes of it is what was meant here.
 * Text that cannot be seen is left out, and so is a table's piece without its table. With `words`, the page is read twice: once for its
 * letters, and again to write those that tell the words, with what stands between them; an element without any is not written.
 * Linear in the page; stops where the arena's budget is spent, and says so by returning false.
 */
#include "mail_clean.h"

#include <stdlib.h>

#define DEPTH_MAX 400                    /* open elements; what lies deeper is not shown */
#define NAME_MOST 200                    /* bytes of a picture's name */
#define TAGS_MAX (64 * 1024)             /* bytes of opened tags */

struct frame {
	const struct clean_element *element;
	const char *out;                 /* NULL: it writes no tag */
	size_t tag;                      /* where its opening tag begins in `tags` */
	struct look look;
	bool dropped, quote, sign;       /* not shown at all; a mail that is answered begins here; no words but the sign of an item */
};

struct cleaner {
	struct arena *arena;
	struct buffer *out;              /* NULL: only letters are read */
	struct letters *letters;         /* those of the first reading */
	struct clean_names names;        /* words: what the page must tell; NULL: all of it is shown */
	const unsigned char *kept;       /* of each letter; NULL: all are */
	const struct clean_pictures *pictures;
	struct buffer tags, scratch;
	struct frame frames[DEPTH_MAX + 1];      /* the first is the page itself */
	size_t depth, opened, beyond;    /* frames; of them written; elements deeper than those */
	size_t at, count;                /* letters so far; in all */
	bool gap, blank;                 /* since the last letter: something else; a blank or an element that parts words */
	bool history, image, full;
	struct colour link;              /* of the page's body */
	struct clean_sheet *sheet;
};

static struct frame *top(struct cleaner *c)
{
	return &c->frames[c->depth];
}

static bool shows(struct cleaner *c)
{
	return !c->beyond && !top(c)->dropped;
}

/* ---- where we are between the letters that are kept ---- */

static bool before_is_kept(const struct cleaner *c)
{
	return !c->kept || (c->at ? c->kept[c->at - 1] : c->count && c->kept[0]);
}

static bool next_is_kept(const struct cleaner *c)
{
	return !c->kept || (c->at < c->count ? c->kept[c->at] : c->count && c->kept[c->count - 1]);
}

static bool inside(const struct cleaner *c)
{
	return before_is_kept(c) && next_is_kept(c);
}

/* ---- writing ---- */

static void open_all(struct cleaner *c)
{
	for (; c->opened < c->depth; c->opened++) {
		const struct frame *frame = &c->frames[c->opened + 1];
		size_t end = c->opened + 1 < c->depth ? c->frames[c->opened + 2].tag : c->tags.length;
		if (frame->out)
			buffer_add(c->out, c->tags.at + frame->tag, end - frame->tag);
	}
}

static void write_text(struct cleaner *c, const char *text, size_t length)
{
	open_all(c);
	mail_clean_escape(c->out, text, length);
	c->full |= c->out->length > LIMIT_CLEAN_BYTES;
}

/* ---- text ---- */

static void note_letter(struct cleaner *c, const char *at, size_t size)
{
	for (size_t k = 0; k < size; k++) {
		buffer_add_char(&c->letters->at, lower(at[k]));
		buffer_add_char(&c->letters->flags, (char)((k == 0 && c->gap ? LETTER_STARTS : 0) | (k == 0 && c->image ? LETTER_IMAGE : 0)));
	}
	c->gap = c->image = false;
}

static void note_name(struct cleaner *c, const char *name)
{
	uint32_t hash = name ? mail_clean_letters_hash((struct span){ name, strnlen(name, NAME_MOST) }) : 0;
	if (hash)
		buffer_add(&c->letters->names, &hash, sizeof hash);
}

/* Word draws the sign of a list's item as a letter of another font: "o", which no text has. */
static bool is_sign(const struct cleaner *c, const char *text, size_t length)
{
	size_t letters = 0;
	for (size_t i = 0, size; i < length && letters < 2; i += size) {
		bool letter;
		size = mail_clean_letter(text + i, length - i, &letter);
		letters += letter;
		if (strchr(".)", text[i]) || is_digit(text[i]))
			return false;
	}
	return letters == 1 && c->frames[c->depth].sign;
}

/* A bracket or the like that belongs to the word behind it. */
static bool touches_next(const struct cleaner *c, const char *at, const char *stop)
{
	for (bool letter; at < stop && !is_blank(*at); at += mail_clean_letter(at, (size_t)(stop - at), &letter))
		if (mail_clean_letter(at, (size_t)(stop - at), &letter) && letter)
			return next_is_kept(c);
	return false;
}

/* Text as runs of the same fate. */
static void write_kept(struct cleaner *c, const char *text, size_t length)
{
	const char *stop = text + length, *run = text, *at = text;
	bool writing = false, wanted, letter;
	for (size_t size; at < stop; at += size) {
		size = mail_clean_letter(at, (size_t)(stop - at), &letter);
		if (letter)
			wanted = c->at < c->count && (!c->kept || c->kept[c->at]);
		else if (inside(c))
			wanted = true;
		else
			wanted = (!is_blank(*at) && !c->blank && c->at && c->kept[c->at - 1]) || (!is_blank(*at) && stop - at < 64 && touches_next(c, at, stop));
		if (wanted != writing) {
			if (writing)
				write_text(c, run, (size_t)(at - run));
			run = at;
			writing = wanted;
		}
		c->at += letter ? size : 0;
		c->blank = letter ? false : c->blank || is_blank(*at);
	}
	if (writing)
		write_text(c, run, (size_t)(at - run));
}

static void on_text(void *context, const char *text, size_t length)
{
	struct cleaner *c = context;
	if (!shows(c) || c->full || !mail_clean_seen(&top(c)->look))
		return;
	if (is_sign(c, text, length)) {
		c->gap = c->blank = true;
		if (c->out && inside(c))
			write_text(c, text, length);
		return;
	}
	if (c->out) {
		write_kept(c, text, length);
		return;
	}
	for (size_t i = 0, size; i < length; i += size) {
		bool letter;
		size = mail_clean_letter(text + i, length - i, &letter);
		if (letter)
			note_letter(c, text + i, size);
		else
			c->gap = true;
	}
}

/* ---- elements ---- */

static unsigned nearest_of_table(const struct cleaner *c)
{
	const unsigned of_table = CLEAN_TABLE | CLEAN_ROWS | CLEAN_ROW | CLEAN_CELL | CLEAN_OF_TABLE;
	for (size_t i = c->depth; i > 0; i--)
		if (c->frames[i].out && c->frames[i].element && (c->frames[i].element->what & of_table))
			return c->frames[i].element->what & of_table;
	return 0;
}

/* A piece of a table stands where a table has it, or it is a block like others: else it would end a cell of what the page is put into. */
static const char *name_in_place(const struct cleaner *c, const struct clean_element *element)
{
	unsigned what = element->what;
	if (!(what & (CLEAN_ROWS | CLEAN_ROW | CLEAN_CELL | CLEAN_OF_TABLE | CLEAN_COLS)))
		return element->out;
	unsigned around = nearest_of_table(c);
	bool fits = what & CLEAN_CELL ? around & CLEAN_ROW : what & CLEAN_ROW ? around & (CLEAN_TABLE | CLEAN_ROWS) : around & (CLEAN_TABLE | CLEAN_OF_TABLE);
	return fits ? element->out : what & (CLEAN_CELL | CLEAN_ROW) ? "div" : NULL;
}

/* Between words that are shown, or beside one and in no quote. */
static bool image_is_kept(struct cleaner *c)
{
	return inside(c) || ((before_is_kept(c) || next_is_kept(c)) && !c->history && !top(c)->quote);
}

static void write_image(struct cleaner *c, const char *const *attributes)
{
	const char *source = mail_html_attribute(attributes, "src");
	bool seen = image_is_kept(c);
	const char *id = c->pictures && source ? c->pictures->id_of(c->pictures->context, source, seen) : NULL;
	struct look look = top(c)->look;
	if (!id || !seen)
		return;
	open_all(c);
	buffer_add_string(c->out, "<img src=\"cid:");
	mail_clean_escape(c->out, id, strlen(id));
	buffer_add_char(c->out, '"');
	mail_clean_attributes(c->out, &c->scratch, mail_clean_element("img"), attributes, &c->names, &look);
	buffer_add_char(c->out, '>');
}

static void on_void(struct cleaner *c, const struct clean_element *element, const char *const *attributes)
{
	struct look look = top(c)->look;
	const char *name = name_in_place(c, element);
	if (element->what & CLEAN_IMAGE) {
		c->image = true;
		if (!c->out)
			note_name(c, mail_html_attribute(attributes, "alt"));
		else
			write_image(c, attributes);
		return;
	}
	if (!c->out || !name || !inside(c))
		return;
	open_all(c);
	buffer_printf(c->out, "<%s", name);
	mail_clean_attributes(c->out, &c->scratch, element, attributes, &c->names, &look);
	buffer_add_char(c->out, '>');
}

static void push(struct cleaner *c, const char *name, const struct clean_element *element, const char *const *attributes)
{
	struct frame *above = top(c), *frame = &c->frames[++c->depth];
	*frame = (struct frame){ .element = element, .tag = c->tags.length, .look = above->look, .dropped = above->dropped, .quote = above->quote };
	frame->quote |= attributes && mail_html_begins_quote(name, attributes, &c->history);
	const char *style = mail_html_attribute(attributes, "style");
	frame->sign = style && strcasestr(style, "mso-list:Ignore");
	frame->dropped |= (element && !element->out) || c->tags.length > TAGS_MAX;
	if (!frame->dropped && !element)
		frame->dropped = mail_clean_unknown_hides(&c->scratch, attributes, &frame->look);
	if (frame->dropped || !element)
		return;
	frame->out = name_in_place(c, element);
	const char *link = strcmp(element->name, "body") == 0 ? mail_html_attribute(attributes, "link") : NULL;
	if (link && mail_clean_old_colour(link, &c->link))
		frame->look.link = &c->link;
	buffer_printf(&c->tags, "<%s", frame->out ? frame->out : "");
	mail_clean_attributes(&c->tags, &c->scratch, element, attributes, &c->names, &frame->look);
	buffer_add_char(&c->tags, '>');
	frame->dropped |= frame->look.hidden;
	bool bare = strcmp(element->name, "body") == 0 && c->tags.length == frame->tag + strlen("<div>");
	if (frame->dropped || bare)
		frame->out = NULL;
}

static void on_start(void *context, const char *name, const char *const *attributes)
{
	struct cleaner *c = context;
	const struct clean_element *element = mail_clean_element(name);
	if (!element || (element->what & CLEAN_BLOCK) || (element->what & CLEAN_IMAGE))
		c->gap = c->blank = true;
	if (c->beyond || c->depth == DEPTH_MAX) {
		c->beyond++;
		return;
	}
	if (element && element->out && (element->what & CLEAN_VOID) && shows(c) && !c->full)
		on_void(c, element, attributes);
	push(c, name, element, attributes);
	if (element && (element->what & CLEAN_VOID))
		top(c)->out = NULL;
	else if (c->out && shows(c) && inside(c) && !c->full)
		open_all(c);
}

static void on_end(void *context)
{
	struct cleaner *c = context;
	if (c->beyond) {
		c->beyond--;
		return;
	}
	if (!c->depth)
		return;
	struct frame *frame = top(c);
	if (!frame->element || (frame->element->what & CLEAN_BLOCK))
		c->gap = c->blank = true;
	if (c->opened == c->depth) {
		if (c->out && frame->out)
			buffer_printf(c->out, "</%s>", frame->out);
		c->opened--;
	}
	c->tags.length = frame->tag;
	c->depth--;
}

/* Text that cannot be seen counts, too: the elements that make it so stay open. */
static bool hides(void *context)
{
	struct cleaner *c = context;
	return !shows(c) || !mail_clean_seen(&top(c)->look);
}

static bool is_full(void *context)
{
	struct cleaner *c = context;
	c->full |= c->out && c->out->length > LIMIT_CLEAN_BYTES;         /* elements without a letter count, too */
	return c->full || arena_spent(c->arena);
}

/* ---- a page ---- */

/* False: too much. */
static bool read_page(struct cleaner *c, struct span page)
{
	c->depth = c->opened = c->beyond = c->at = 0;
	c->gap = c->blank = true;
	c->history = c->image = c->full = false;
	mail_clean_sheet_begin(c->sheet);
	c->frames[0] = (struct frame){ .look = { .paper = { 255, 255, 255 }, .font = 16, .sheet = c->sheet } };
	mail_html_feed(&(struct html_reader){ on_start, on_end, on_text, hides, is_full, c }, page);
	while (c->depth)
		on_end(c);
	return !is_full(c);
}

static bool read_letters(struct cleaner *c, struct span page)
{
	bool whole = read_page(c, page);
	buffer_add_char(&c->letters->flags, (char)(LETTER_STARTS | (c->image ? LETTER_IMAGE : 0)));
	c->count = c->letters->at.length;
	return whole && c->count && c->count <= LIMIT_TEXT_BYTES;
}

static bool write_page(struct cleaner *c, struct span page, struct buffer *out)
{
	size_t before = out->length;
	c->out = out;
	if (read_page(c, page))
		return true;
	out->length = before;
	return false;
}

/* Only what tells the words. */
static bool write_words(struct cleaner *c, struct span page, const char *words, struct buffer *out)
{
	struct letters letters;
	buffer_init(&letters.at);
	buffer_init(&letters.flags);
	buffer_init(&letters.names);
	c->letters = &letters;
	bool told = read_letters(c, page);
	if (told) {
		unsigned char *kept = arena_alloc(c->arena, c->count);
		told = mail_clean_match(c->arena, &letters, words, kept);
		c->kept = kept;
	}
	buffer_fini(&letters.at);
	buffer_fini(&letters.flags);
	buffer_fini(&letters.names);
	return told && write_page(c, page, out);
}

bool mail_clean_page(struct arena *arena, struct span page, const char *words, const struct clean_pictures *pictures, struct buffer *out)
{
	struct cleaner *c = calloc(1, sizeof *c);
	struct strings problems = { 0 };
	if (!c)
		return false;
	c->sheet = mail_clean_sheet(arena, page);
	struct span safe = mail_html_make_safe(arena, page, &problems);
	c->arena = arena;
	c->pictures = pictures;
	c->names = (struct clean_names){ words, words ? strlen(words) : 0, words ? CLEAN_NAMES_FREE + CLEAN_NAMES_TIMES * strlen(words) : 0 };
	c->count = SIZE_MAX;
	buffer_init(&c->tags);
	buffer_init(&c->scratch);
	bool done = !problems.count && (words ? write_words(c, safe, words, out) : write_page(c, safe, out));
	buffer_fini(&c->tags);
	buffer_fini(&c->scratch);
	free(c);
	return done;
}
