/*
 * mail_clean.h - between the files that make of a stranger's page one that may be shown and sent on.
 *
 * mail_clean_css.c       the text of a style         mail_clean_length.c    numbers and lengths
 * mail_clean_colour.c    colours                     mail_clean_hide.c      what hides text
 * mail_clean_style.c     styles                      mail_clean_sheet.c     style sheets, as styles of the elements that they are about
 * mail_clean_element.c   elements and attributes     mail_clean.c           a page through libxml2 and out again
 * mail_clean_words.c     which of a page's letters tell the words of a text
 * mail_clean_mail.c      a mail's page, with its pictures
 */
#ifndef SPORTELLO_MAIL_CLEAN_H
#define SPORTELLO_MAIL_CLEAN_H

#include "mail_html.h"

/* ---- mail_clean_css.c ---- */
struct declaration { struct span name, value; bool important; };
/* A style as its declarations need it: small letters, no comment, no escape; strings in '...' with nothing in them but text. */
void mail_clean_css(struct buffer *out, const char *style);
bool mail_clean_declaration(struct span *rest, struct declaration *declaration);        /* the next one that says something; false: no more */
/* The next piece of a value up to one of `ends` outside of strings and brackets; ends in front of it are passed over. False: no more. */
bool mail_clean_token(struct span *value, const char *ends, struct span *token);
bool mail_clean_is_among(struct span token, const char *words);          /* " one two " */

/* ---- mail_clean_length.c ---- */
enum unit { UNIT_NONE, UNIT_PX, UNIT_PERCENT };
/* A number and its unit, lengths in px; negative ones, too. font: px of an em. */
bool mail_clean_length(struct span token, double font, double *value, enum unit *unit);

/* ---- mail_clean_colour.c ---- */
struct colour { unsigned char red, green, blue; };
enum colour_read { COLOUR_NONE, COLOUR_SOLID, COLOUR_CLEAR };    /* clear: nothing of it is seen */
/* A colour as CSS writes it, in lower case. */
enum colour_read mail_clean_colour(struct span text, struct colour *colour);
bool mail_clean_old_colour(const char *value, struct colour *colour);    /* as an attribute of HTML has it: false, there is none */
bool mail_clean_colours_alike(struct colour a, struct colour b); /* so much that no text can be read */

/* ---- mail_clean_hide.c ---- */
/* How text looks here: inherited, then changed by an element. */
struct look {
	struct colour ink, paper;
	double font, faint, left;        /* px; 0: all of it is seen, 1: nothing; px of this paragraph's own margin */
	const struct colour *link;       /* of links that say nothing else; NULL: the browser's */
	struct clean_sheet *sheet;       /* of the page; NULL: none */
	bool clear, flat, hidden;        /* no ink; a box without height */
};
struct clean_box {                       /* what a style says of the box that text stands in */
	bool none, invisible, not_in_word, filtered, blended, small, turned, transformed, moved, cut, masked, heaped, shrunk, below;
	bool no_height, no_height_most, no_width, no_width_most, clipped, contained, out_of_flow, indented, far_in, far;
	double faint;
};
void mail_clean_box_note(struct clean_box *box, struct span name, struct span value, struct look *look);
bool mail_clean_box_hides(const struct clean_box *box, struct look *look);

/* ---- mail_clean_style.c ---- */
bool mail_clean_seen(const struct look *look);   /* can text be read here? */
/* The declarations of a style attribute that may stay, as they are written; changes `look`. scratch: for its own use. */
void mail_clean_style(struct buffer *out, struct buffer *scratch, const char *style, struct look *look);

/* ---- mail_clean_sheet.c ---- */
struct clean_sheet;
struct clean_sheet *mail_clean_sheet(struct arena *arena, struct span page);     /* of the page as it came; NULL: it has none that says anything */
void mail_clean_sheet_begin(struct clean_sheet *sheet);          /* before each reading: all readings of a page are alike */
/* Adds what it says of an element, as a style attribute would, each declaration ended by ';'. */
void mail_clean_sheet_add(struct clean_sheet *sheet, const char *element, const char *class, struct buffer *style);     /* class NULL: none */

/* ---- mail_clean_element.c ---- */
enum {
	CLEAN_VOID = 1, CLEAN_BLOCK = 2,
	CLEAN_TABLE = 4, CLEAN_ROWS = 8, CLEAN_ROW = 16, CLEAN_CELL = 32, CLEAN_OF_TABLE = 64,
	CLEAN_LINK = 128, CLEAN_IMAGE = 256, CLEAN_SIZED = 512, CLEAN_FONT = 1024, CLEAN_LIST = 2048, CLEAN_ITEM = 4096, CLEAN_COLS = 8192, CLEAN_SMALLER = 16384
};
struct clean_element { const char *name, *out; unsigned what; };         /* out NULL: what stands in it is not shown */
const struct clean_element *mail_clean_element(const char *name);        /* NULL: not known; what stands in it is shown */
/* What a picture's name must stand in; words NULL: anything may. left: bytes that may still be looked through for names; one more is left out. */
struct clean_names { const char *words; size_t length, left; };
#define CLEAN_NAMES_FREE (1024 * 1024)   /* of any page */
#define CLEAN_NAMES_TIMES 4              /* and for each byte of the words */
/* All attributes but style and src, each as ` name="value"`; changes `look`. */
void mail_clean_attributes(struct buffer *out, struct buffer *style, const struct clean_element *element, const char *const *attributes, struct clean_names *names,
                           struct look *look);
/* Something that is not passed on: does it hide what stands in it? */
bool mail_clean_unknown_hides(struct buffer *scratch, const char *const *attributes, const struct look *look);
void mail_clean_escape(struct buffer *out, const char *text, size_t length); /* into text or a value in double quotes; controls go */

/* ---- mail_clean_words.c ---- */
/* The letters of a page in their order, without what stands between them. */
struct letters { struct buffer at, flags, names; };      /* as many bytes, and one flag more at the end; names: hashes of those of pictures (uint32_t) */
enum { LETTER_STARTS = 1, LETTER_IMAGE = 2 };    /* a word begins here; an image stood before */
/* Bytes of the character at `at`; *letter: it is part of a word. */
size_t mail_clean_letter(const char *at, size_t length, bool *letter);
uint32_t mail_clean_letters_hash(struct span text);              /* of its letters alone */
/* Marks the letters (one byte each) that tell all of `words` in their order. False: the page does not tell them. */
bool mail_clean_match(struct arena *arena, const struct letters *letters, const char *words, unsigned char *kept);

/* ---- mail_clean.c ---- */
struct clean_pictures {                  /* whom to ask for a picture of the mail */
	/* src -> the Content-ID to show it by; NULL: no picture of the mail. kept: it is shown. */
	const char *(*id_of)(void *context, const char *source, bool kept);
	void *context;
};
/* A page (UTF-8) as it may be shown, added to `out`. words: only what tells these, NULL: all of it. pictures NULL: none are shown.
 * False: the page does not tell the words, or there is too much of it; then `out` holds nothing more. */
bool mail_clean_page(struct arena *arena, struct span page, const char *words, const struct clean_pictures *pictures, struct buffer *out);

#endif
