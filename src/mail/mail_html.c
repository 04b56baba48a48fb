/*
 * mail_html.c - HTML to text as a person would read it, with marks where the page itself says what is quoted.
 *
 * libxml2 tells of elements and text (mail_html_feed.c); no tree is built. Shown: text, links behind their words, list bullets and numbers,
 * table cells, "> " before quotes, names of images. Left out: head, style, script, what is hidden (preheaders, tracking
 * pixels).
 * May not follow a link, load anything, or let markup through: what comes out is text. Problems: a page that was cut.
 */
#include "mail_html.h"

#include <stdio.h>
#include <stdlib.h>

#define DEPTH_MAX 4000                   /* open elements that are remembered; deeper ones pass without effect */
#define QUOTES_MAX 12                    /* "> " written before one line */
#define HREF_MAX 2000                    /* bytes of a link that is shown */
#define CELLS_MAX 32                     /* cells in cells that keep to their row; deeper ones begin lines */
#define IMAGE_NAME_MAX 200               /* bytes of what an image is said to show */
#define IMAGES_NAMED 300                 /* images whose name is looked for among the parts */
#define EMPTY_LINES_MAX 200              /* in a row */

enum effect {
	EFFECT_HIDDEN = 1, EFFECT_PRE = 2, EFFECT_QUOTE = 4, EFFECT_BLOCK = 8, EFFECT_SIGNATURE = 16, EFFECT_LIST = 32, EFFECT_LINK = 64,
	EFFECT_MARK = 128, EFFECT_PARAGRAPH = 256, EFFECT_GMAIL = 512, EFFECT_CELL = 1024,
	EFFECT_SOFT = 2048,
};

struct writer {
	struct buffer *out;
	const struct image_names *images;
	unsigned short effects[DEPTH_MAX];
	struct arena *arena;
	size_t images_named;
	int depth, hidden, pre, quotes, lists, gmail;
	struct { int next; char type; bool numbered, down; } list[16];   /* of each open list: next number, 1 a A i I */
	int wanted_lines;                /* line ends that shall stand before the next text */
	int breaks, prefixed;            /* line ends that do, since the last text; quote marks written on this line */
	bool started;                    /* text was written */
	bool blank, after_link, line_empty, cell, gmail_head;
	bool edge;                       /* a line was drawn, and no text stands below it yet */
	bool fresh_cell;                 /* a table cell has begun and nothing stands in it: what opens in it begins no line */
	size_t lines_out, cells[CELLS_MAX];      /* line ends written; how many where each open cell began */
	int cell_depth;
	bool words;                      /* something else than images was shown */
	char *href;
	size_t link_start;
};

/* ---- writing lines ---- */
static void want_lines(struct writer *w, int count)
{
	if (w->fresh_cell)
		return;
	if (w->wanted_lines < count)
		w->wanted_lines = count < EMPTY_LINES_MAX ? count : EMPTY_LINES_MAX;
	w->blank = w->cell = false;
}

static void quote_prefix(struct writer *w)
{
	for (int i = 0; i < w->quotes && i < QUOTES_MAX; i++)
		buffer_add_string(w->out, ">");
	if (w->quotes)
		buffer_add_char(w->out, ' ');
}

static void break_lines(struct writer *w, int count)
{
	for (; w->breaks < count; w->breaks++) {
		buffer_add_char(w->out, '\n');
		w->lines_out++;
		quote_prefix(w);
		w->prefixed = w->quotes;
		w->blank = w->cell = false;
		w->line_empty = true;
	}
}

static void begin_text(struct writer *w)
{
	bool fresh = w->fresh_cell;
	w->fresh_cell = false;
	bool first = !w->words && w->breaks == 0 && w->line_empty && !w->started;
	if (first) {
		quote_prefix(w);
		w->prefixed = w->quotes;
	} else {
		break_lines(w, w->wanted_lines);
	}
	/* A mark began this line before the quote did. */
	if (w->breaks && w->prefixed != w->quotes) {
		if (!w->prefixed)
			quote_prefix(w);
		else
			break_lines(w, w->breaks + 1);
		w->prefixed = w->quotes;
	}
	if (fresh && w->cell_depth <= CELLS_MAX)
		w->cells[w->cell_depth - 1] = w->lines_out;
	w->started = true;
	w->wanted_lines = w->breaks = 0;
	if (w->cell && !w->line_empty)
		buffer_add_char(w->out, '\t');
	else if ((w->blank || w->after_link) && !w->line_empty)
		buffer_add_char(w->out, ' ');
	w->blank = w->cell = w->after_link = false;
	if (w->edge && w->line_empty)
		buffer_add_char(w->out, MARK_EDGE);
	w->edge = w->line_empty = false;
}

static void mark(struct writer *w, char byte)
{
	if (w->started)
		break_lines(w, w->wanted_lines < 1 ? 1 : w->wanted_lines);
	w->line_empty = true;
	buffer_add_char(w->out, byte);
}

static void write_text(struct writer *w, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		bool nbsp = (unsigned char)text[i] == 0xC2 && i + 1 < length && (unsigned char)text[i + 1] == 0xA0;
		if (text[i] == '\n' && w->pre) {
			want_lines(w, (w->wanted_lines > w->breaks ? w->wanted_lines : w->breaks) + 1);
		} else if (is_blank(text[i]) && !w->pre) {
			w->blank = true;
		} else if (nbsp) {
			if (w->line_empty || w->wanted_lines)
				w->blank = true;
			else
				begin_text(w), buffer_add_char(w->out, ' ');
			i++;
		} else if ((unsigned char)text[i] >= 32 || text[i] == '\t') {
			if (strchr(".,;:!?)", text[i]))
				w->after_link = false;
			begin_text(w);
			w->words = true;
			buffer_add_char(w->out, text[i]);
		}
	}
}

static void write_string(struct writer *w, const char *text)
{
	begin_text(w);
	buffer_add_string(w->out, text);
}

/* ---- what an element does ---- */
static void open_quote(struct writer *w)
{
	if (w->gmail_head) {
		mark(w, MARK_QUOTE_END);
		w->gmail_head = false;
	}
	want_lines(w, 1);
	w->quotes++;
}

/* An attribute's whole number within sense; `otherwise` if it is none. */
static int number_of(const char *const *attributes, const char *name, int otherwise)
{
	const char *value = mail_html_attribute(attributes, name);
	char *end;
	long number = value ? strtol(value, &end, 10) : 0;
	return value && end != value && number > -100000 && number < 100000 ? (int)number : otherwise;
}

static char list_type(const char *const *attributes, char otherwise)
{
	const char *type = mail_html_attribute(attributes, "type"), *style = mail_html_attribute(attributes, "style");
	if (type && type[0] && !type[1] && strchr("1aAiI", type[0]))
		return type[0];
	return !style ? otherwise : mail_html_has(style, "lower-alpha") || mail_html_has(style, "lower-latin") ? 'a' : mail_html_has(style, "upper-alpha") || mail_html_has(style, "upper-latin") ? 'A'
	       : mail_html_has(style, "lower-roman") ? 'i' : mail_html_has(style, "upper-roman") ? 'I' : otherwise;
}

static void open_list(struct writer *w, const char *name, const char *const *attributes)
{
	want_lines(w, 1);
	if (w->lists < (int)COUNT_OF(w->list)) {
		w->list[w->lists].numbered = strcmp(name, "ol") == 0;
		w->list[w->lists].down = mail_html_attribute(attributes, "reversed") != NULL;
		w->list[w->lists].next = number_of(attributes, "start", 1);
		w->list[w->lists].type = list_type(attributes, '1');
	}
	w->lists++;
}

static void roman(char *out, int n, bool small)
{
	static const struct { int value; const char *sign; } signs[] = {
		{ 1000, "M" }, { 900, "CM" }, { 500, "D" }, { 400, "CD" }, { 100, "C" }, { 90, "XC" }, { 50, "L" }, { 40, "XL" }, { 10, "X" },
		{ 9, "IX" }, { 5, "V" }, { 4, "IV" }, { 1, "I" },
	};
	for (size_t i = 0; i < COUNT_OF(signs); i++)
		for (; n >= signs[i].value; n -= signs[i].value)
			for (const char *p = signs[i].sign; *p; p++)
				*out++ = small ? lower(*p) : *p;
	*out = '\0';
}

/* How the browser would number it: 3. c. C. iii. III. */
static void list_number(char out[32], int n, char type)
{
	if ((type == 'a' || type == 'A') && n > 0 && n <= 26)
		snprintf(out, 32, "%c. ", type + n - 1);
	else if ((type == 'a' || type == 'A') && n > 26 && n <= 26 * 27)
		snprintf(out, 32, "%c%c. ", type + (n - 1) / 26 - 1, type + (n - 1) % 26);
	else if ((type == 'i' || type == 'I') && n > 0 && n < 4000) {
		roman(out, n, type == 'i');
		strcat(out, ". ");
	} else {
		snprintf(out, 32, "%d. ", n);
	}
}

static void open_item(struct writer *w, const char *const *attributes)
{
	want_lines(w, 1);
	int level = w->lists ? w->lists - 1 : 0;
	for (int i = 0; i < level && i < 8; i++)
		write_string(w, "  ");
	if (w->lists && level < (int)COUNT_OF(w->list) && w->list[level].numbered) {
		char number[32];
		int n = number_of(attributes, "value", w->list[level].next);
		w->list[level].next = w->list[level].down ? n - 1 : n + 1;
		list_number(number, n, list_type(attributes, w->list[level].type));
		write_string(w, number);
	} else {
		write_string(w, "* ");
	}
	w->line_empty = true;
	w->blank = false;
}

static void open_cell(struct writer *w)
{
	w->cell = w->cell || (!w->line_empty && !w->wanted_lines);
	if (w->cell_depth++ < CELLS_MAX) {
		w->cells[w->cell_depth - 1] = w->lines_out;
		w->fresh_cell = true;
	}
}

/* A cell of one line, whatever blocks it is made of, leaves the next one beside it; others end with their last line. */
static void close_cell(struct writer *w)
{
	w->fresh_cell = false;
	if (w->cell_depth && --w->cell_depth < CELLS_MAX && w->cells[w->cell_depth] == w->lines_out && !w->line_empty) {
		w->wanted_lines = 0;
		w->cell = true;
	} else {
		w->cell = !w->wanted_lines;
	}
}

static void show_image(struct writer *w, const char *const *attributes)
{
	const char *alt = mail_html_attribute(attributes, "alt"), *source = mail_html_attribute(attributes, "src"), *wide = mail_html_attribute(attributes, "width");
	if (wide && (strcmp(wide, "1") == 0 || strcmp(wide, "0") == 0))
		return;
	const char *name = alt;
	if ((!name || !*name) && source && strncasecmp(source, "cid:", 4) == 0 && w->images && w->images_named++ < IMAGES_NAMED)
		name = w->images->name_of(w->images->context, source + 4);
	if (!name || !*name)
		return;
	size_t length = strnlen(name, IMAGE_NAME_MAX);
	while (((unsigned char)name[length] & 0xC0) == 0x80)     /* cut between characters */
		length--;
	begin_text(w);
	buffer_add_string(w->out, "[image: ");
	for (size_t i = 0; i < length; i++)
		buffer_add_char(w->out, (unsigned char)name[i] < 32 || name[i] == ']' || name[i] == '[' ? ' ' : name[i]);
	buffer_add_char(w->out, ']');
}

static void open_link(struct writer *w, const char *const *attributes)
{
	const char *href = mail_html_attribute(attributes, "href");
	free(w->href);
	w->href = href && strlen(href) < HREF_MAX ? strdup(href) : NULL;
	w->link_start = w->out->length;
}

/* The target behind the words, unless the words are the target. */
static void close_link(struct writer *w)
{
	CLEANUP_FREE char *href = w->href;
	w->href = NULL;
	if (!href || (strncasecmp(href, "http", 4) != 0 && strncasecmp(href, "ftp", 3) != 0 && strncasecmp(href, "mailto:", 7) != 0))
		return;
	if (w->out->length <= w->link_start)
		return;
	struct span shown = mail_span_trim((struct span){ w->out->at + w->link_start, w->out->length - w->link_start });
	const char *bare = strncasecmp(href, "mailto:", 7) == 0 ? href + 7 : strstr(href, "://") ? strstr(href, "://") + 3 : href;
	size_t length = strcspn(bare, "?");
	while (length && bare[length - 1] == '/')
		length--;
	if (!shown.length || !length || memmem(shown.at, shown.length, bare, length))
		return;
	if (strncasecmp(href, "mailto:", 7) == 0 && memchr(shown.at, '@', shown.length))
		return;
	w->blank = true;
	begin_text(w);
	buffer_add_char(w->out, '<');
	for (const char *p = href; *p; p++)
		if ((unsigned char)*p > 32 && *p != '<' && *p != '>')
			buffer_add_char(w->out, *p);
	buffer_add_char(w->out, '>');
	w->after_link = true;            /* a blank, unless a full stop or the like follows */
}

static unsigned effects_of(struct writer *w, const char *name, const char *const *attributes)
{
	unsigned effects = 0;
	if (mail_html_is_hidden(name, attributes))
		return EFFECT_HIDDEN;
	if (mail_html_is_among(name, " p h1 h2 h3 h4 h5 h6 pre ul ol dl "))
		effects |= EFFECT_BLOCK | EFFECT_PARAGRAPH;
	else if (mail_html_is_among(name, " div tr table blockquote li center address dt dd section article header footer main nav aside form fieldset hr tbody thead tfoot caption figure figcaption "))
		effects |= EFFECT_BLOCK;
	if (mail_html_is_among(name, " pre listing xmp "))
		effects |= EFFECT_PRE;
	if (mail_html_is_among(name, " ul ol "))
		effects |= EFFECT_LIST;
	if (mail_html_is_among(name, " td th "))
		effects |= EFFECT_CELL;
	if (strcmp(name, "blockquote") == 0)
		effects |= mail_html_is_client_quote(attributes, w->gmail || w->quotes) ? EFFECT_QUOTE : EFFECT_SOFT;
	if (strcmp(name, "a") == 0)
		effects |= EFFECT_LINK;
	if (!attributes)
		return effects;
	if (mail_html_is_signature(attributes))
		effects |= EFFECT_SIGNATURE;
	else if (mail_html_is_marked_quote(attributes))
		effects |= EFFECT_MARK;
	else if (strcmp(name, "div") == 0 && mail_html_has(mail_html_attribute(attributes, "class"), "gmail_quote"))
		effects |= EFFECT_GMAIL;
	return effects;
}

static void apply_open(struct writer *w, const char *name, const char *const *attributes, unsigned effects)
{
	if (effects & EFFECT_QUOTE)
		open_quote(w);
	if (effects & EFFECT_SOFT)
		mark(w, attributes && attributes[0] ? MARK_SOFT : MARK_BARE);
	if (effects & EFFECT_LIST)
		open_list(w, name, attributes);
	else if (effects & EFFECT_BLOCK)
		want_lines(w, (effects & EFFECT_PARAGRAPH) && !w->line_empty ? 2 : 1);
	if ((effects & EFFECT_BLOCK) && mail_html_draws_edge(name, attributes))
		w->edge = true;
	if (attributes && mail_html_begins_history(name, attributes))
		mark(w, MARK_HISTORY);
	if (effects & EFFECT_SIGNATURE)
		mark(w, MARK_SIGNATURE);
	if (effects & EFFECT_MARK)
		mark(w, MARK_QUOTE);
	if (effects & EFFECT_GMAIL) {
		mark(w, MARK_QUOTE);
		w->gmail_head = true;
		w->gmail++;
	}
	if (effects & EFFECT_PRE)
		w->pre++;
	if (effects & EFFECT_LINK)
		open_link(w, attributes);
	if (effects & EFFECT_CELL)
		open_cell(w);
	if (strcmp(name, "br") == 0)
		want_lines(w, w->wanted_lines + 1 > 3 ? 3 : w->wanted_lines + 1);
	else if (strcmp(name, "li") == 0)
		open_item(w, attributes);
	else if (strcmp(name, "img") == 0)
		show_image(w, attributes);
	else if (strcmp(name, "hr") == 0)
		write_string(w, "________________________________"), want_lines(w, 1);
}

/* What comes now is not shown any more. */
static bool full(struct writer *w)
{
	return w->out->length >= LIMIT_TEXT_BYTES || arena_spent(w->arena);
}

static void on_start(void *context, const char *name, const char *const *attributes)
{
	struct writer *w = context;
	unsigned effects = 0;
	if (w->depth < DEPTH_MAX) {
		effects = effects_of(w, name, attributes);
		w->effects[w->depth] = (unsigned short)effects;
	}
	w->depth++;
	if (full(w))
		return;
	if (w->hidden || (effects & EFFECT_HIDDEN)) {
		w->hidden += (effects & EFFECT_HIDDEN) != 0;
		if (w->depth <= DEPTH_MAX)
			w->effects[w->depth - 1] &= EFFECT_HIDDEN;
		return;
	}
	if (w->depth <= DEPTH_MAX)
		apply_open(w, name, attributes, effects);
}

static void apply_close(struct writer *w, unsigned effects)
{
	if (effects & EFFECT_LINK)
		close_link(w);
	if (effects & EFFECT_PRE)
		w->pre--;
	if (effects & EFFECT_SIGNATURE)
		mark(w, MARK_SIGNATURE_END);
	if (effects & EFFECT_MARK)
		mark(w, MARK_QUOTE_END);
	if ((effects & EFFECT_GMAIL) && w->gmail_head) {
		mark(w, MARK_QUOTE_END);
		w->gmail_head = false;
	}
	if (effects & EFFECT_GMAIL)
		w->gmail--;
	if (effects & EFFECT_SOFT)
		mark(w, MARK_SOFT_END);
	if (effects & EFFECT_LIST)
		w->lists--;
	if (effects & EFFECT_QUOTE) {
		w->quotes--;
		want_lines(w, 1);
	} else if (effects & EFFECT_BLOCK) {
		want_lines(w, (effects & EFFECT_PARAGRAPH) && !w->line_empty ? 2 : 1);
	}
	if (effects & EFFECT_CELL)
		close_cell(w);
}

static void on_end(void *context)
{
	struct writer *w = context;
	if (w->depth == 0 || --w->depth >= DEPTH_MAX)
		return;
	unsigned effects = w->effects[w->depth];
	if (effects & EFFECT_HIDDEN)
		w->hidden--;
	else if (!w->hidden)
		apply_close(w, effects);
}

static void on_text(void *context, const char *text, size_t length)
{
	struct writer *w = context;
	if (!w->hidden && !full(w))
		write_text(w, text, length);
}

static bool is_full(void *context)
{
	return full(context);
}

static bool hides(void *context)
{
	return ((const struct writer *)context)->hidden > 0;
}

void mail_html_to_text(struct arena *arena, struct span html, const struct image_names *images, struct buffer *out, struct strings *problems)
{
	struct writer *w = calloc(1, sizeof *w);
	struct span safe = mail_html_make_safe(arena, html, problems);
	if (!w)
		return;
	w->arena = arena;
	w->out = out;
	w->images = images;
	w->line_empty = true;
	mail_html_feed(&(struct html_reader){on_start, on_end, on_text, hides, is_full, w}, safe);
	if (!w->words)
		buffer_reset(out);               /* nothing but images: they are attachments, not text */
	free(w->href);
	free(w);
}
