/*
 * mail_private.h - what the files of the mail room tell each other; nobody outside includes it.
 *
 * The way of a mail: mail_source (bytes) -> mail_headers (fields) -> mail_address, mail_ids, mail_date (values)
 * -> mail_parts (tree, by GMime behind mail_guard) -> mail_text (what is read) and mail_attachments (what is kept)
 * -> mail_reply (what is new) -> mail_bounce, mail_auto, mail_forward, mail_auth (what it means).
 * Everything is linear in the size of its input; the bounds stand in limits.h.
 */
#ifndef SPORTELLO_MAIL_PRIVATE_H
#define SPORTELLO_MAIL_PRIVATE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE                      /* memmem, memrchr, strcasestr */
#endif

#include "mail.h"
#include "limits.h"

#include <string.h>

/* ---- spans: text that belongs to somebody else ---- */
struct span { const char *at; size_t length; };
#define SPAN(literal) ((struct span){ (literal), sizeof(literal) - 1 })
static inline struct span span_of(const char *text) { return (struct span){ text, strlen(text) }; }
struct span mail_span_trim(struct span span);                    /* blanks, tabs, line ends off both ends */
bool mail_span_equal_nocase(struct span span, const char *text);
bool mail_span_starts_nocase(struct span span, const char *text);
/* The first place of `needle` (lower case ASCII, other bytes exactly) in `span`, ASCII case aside; NULL: nowhere. */
const char *mail_span_find_nocase(struct span span, const char *needle);
static inline bool span_has_nocase(struct span span, const char *needle) { return mail_span_find_nocase(span, needle) != NULL; }
static inline bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
static inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
static inline bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static inline char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

/* A letter without its case. */
uint32_t mail_letter_fold_wide(uint32_t code);
static inline uint32_t letter_fold(uint32_t code)
{
	return code >= 128 ? mail_letter_fold_wide(code) : code >= 'A' && code <= 'Z' ? code + 32 : code;
}

/* Case aside for Latin, Greek and Cyrillic letters too; `word` is in lower case. Returns the bytes of `span` that match, 0: none. */
size_t mail_fold_starts_slowly(struct span span, const char *word);
static inline size_t fold_starts(struct span span, const char *word)
{
	/* Nearly always the first two bytes settle it; only an apostrophe is ASCII in the word and may not be in the text. */
	unsigned char a = span.length ? (unsigned char)span.at[0] : 0, b = (unsigned char)*word;
	if (a < 128 ? (unsigned char)lower((char)a) != b : b < 128 && b != '\'')
		return 0;
	unsigned char next = a < 128 && span.length > 1 ? (unsigned char)span.at[1] : 128, wanted = b ? (unsigned char)word[1] : 0;
	if (next < 128 && wanted && wanted < 128 && (unsigned char)lower((char)next) != wanted)
		return 0;
	return mail_fold_starts_slowly(span, word);
}
const char *mail_fold_find(struct span span, const char *word);  /* NULL: nowhere */
bool mail_fold_equal(struct span span, const char *word);
uint32_t mail_code_fold(uint32_t code);                          /* one letter */
/* Many words by their first letter, so that only those are compared that can begin here: made once, before the first thread. At most
 * 511 words, none of which begins with an apostrophe. */
struct word_index {
	unsigned short first[128 + 64], next[512];        /* number + 1 of a word, 0: none; in the order of the words */
	unsigned char second[512];       /* its second byte where both are ASCII, else 0 */
};
void mail_word_index_make(struct word_index *index, const void *words, size_t stride, size_t count); /* each begins with a const char * */
/* Where text begins with a and b, may the word of this number + 1 begin here? Its first letter is right. */
static inline bool word_may_begin(const struct word_index *index, size_t i, char a, char b)
{
	unsigned char wanted = index->second[i];
	return !wanted || (a & 0x80) || (b & 0x80) || (unsigned char)lower(b) == wanted;
}
size_t mail_word_slot_wide(struct span span);
static inline size_t word_index_at(const struct word_index *index, struct span span)
{
	unsigned char a = span.length ? (unsigned char)span.at[0] : 0;
	return index->first[a < 128 ? (unsigned char)lower((char)a) : mail_word_slot_wide(span)];
}
/* Does one of the words stand anywhere in the text? */
bool mail_fold_find_any(struct span span, const char *const *words, const struct word_index *index);

/* ---- the budget of one mail: see effort in base.h. It hangs on the arena, and on each scratch arena that scratch_of() makes. ---- */
static inline struct arena scratch_of(const struct arena *arena) { return (struct arena){ .effort = arena->effort }; }

/* ---- problems: said once each, at most a few dozen ---- */
void mail_problem_add(struct arena *arena, struct strings *problems, const char *format, ...) PRINTF_LIKE(3, 4);

/* ---- mail_source.c ---- */
size_t mail_source_read(const struct mail_source *source, uint64_t at, void *out, size_t length);
/* The bytes from start to end: in place if the source is in memory, else read into the arena. */
struct span mail_source_span(struct arena *arena, const struct mail_source *source, uint64_t start, uint64_t end);

/* ---- mail_headers.c: the header block, cut into fields ---- */
struct field { struct span name, value; };                       /* value raw: folded, encoded */
struct fields { struct field *at; size_t count; uint64_t kinds; };     /* kinds: see mail_field_find() */
struct head {
	struct fields fields;
	uint64_t start, body;            /* offsets in the source: of the first field, of the body */
	bool cr_only;                    /* lines end with CR alone */
	bool cut;                        /* a limit was met: the rest of the block was not read */
};
void mail_head_read(struct arena *arena, const struct mail_source *source, struct head *head, struct strings *problems);
/* Cuts a block that lies in memory; returns where the body begins. */
size_t mail_head_cut(struct arena *arena, struct span block, struct fields *fields, bool *cut, struct strings *problems);
const struct field *mail_field_find(const struct fields *fields, const char *name, size_t n);
struct span mail_field_value(const struct fields *fields, const char *name); /* of the first; length 0: none */
/* Trimmed, unfolded, without comments (RFC 5322 section 3.2.2), lower case: for keywords such as Precedence. */
const char *mail_field_keyword(struct arena *arena, const struct fields *fields, const char *name);
char *mail_unfold(struct arena *arena, struct span raw);

/* ---- mail_charset.c ---- */
/* Bytes to clean UTF-8: as declared if that is strictly right, else by evidence; each guess is a problem (if not NULL). */
struct span mail_charset_to_utf8(struct arena *arena, struct span bytes, const char *declared, const char *where, struct strings *problems);
/* `near`: a charset named elsewhere in this mail, which is likelier than others where one must be guessed; NULL: none. */
struct span mail_charset_to_utf8_near(struct arena *arena, struct span bytes, const char *declared, const char *near, const char *where, struct strings *problems);
/* mail_charset_guess.c: the likeliest charset of bytes that are not UTF-8. */
const char *mail_charset_guess(struct span bytes, const char *near);
/* mail_charset_name.c: the converter for a name as mailers write it; "": ASCII, or nobody knows. */
const char *mail_charset_name(const char *declared, char out[64]);
bool mail_charset_is_ascii(const char *at, size_t length);

/* ---- mail_rfc2047.c ---- */
/* A header value as one line of UTF-8: unfolded, encoded words decoded, raw 8-bit guessed (hint: charset of the mail, or NULL). */
int mail_base64_value(char c);                                   /* -1: not of the alphabet */
char *mail_header_decode(struct arena *arena, struct span raw, const char *hint, struct strings *problems);
const char *mail_raw_charset(struct arena *arena, struct span raw, const char *hint);
/* The charset of the first encoded word that is neither UTF-8 nor ASCII; NULL: none. */
const char *mail_word_charset(struct arena *arena, struct span raw);

/* ---- mail_address.c ---- */
struct mail_addresses mail_addresses_parse(struct arena *arena, struct span raw, const char *hint, struct strings *problems);
bool mail_address_plausible(const char *at, size_t length);
/* The next text that looks like an address at or behind `from`; length 0: none. */
struct span mail_address_next(struct span text, size_t from);

/* mail_idna.c: the same address with its domain in A-labels; as it is where the local part is not ASCII. */
const char *mail_address_with_ascii_domain(struct arena *arena, const char *address);

/* ---- mail_author.c ---- */
/* Who wrote a mail that a list handed on under its own address; mail->from and the lists of addresses are read already. */
void mail_author_read(struct arena *arena, const struct fields *fields, const char *hint, struct mail *mail);
/* Who filled in a form that a machine sent on: the one other person in Reply-To. */
bool mail_author_of_form(struct arena *arena, struct mail *mail);
bool mail_author_anywhere(struct arena *arena, const struct fields *fields, const char *envelope_from, struct mail *mail);

/* ---- mail_ids.c, mail_date.c ---- */
void mail_ids_parse(struct arena *arena, struct span raw, struct strings *list, bool newest);
bool mail_date_parse(struct span raw, int64_t *ms, int *zone);

/* ---- mail_params.c: Content-Type and Content-Disposition with RFC 2231 ---- */
struct param { const char *name; struct span value; };
struct params { const char *value; struct { const char *name, *text; } at[12]; size_t count; };
void mail_params_parse(struct arena *arena, struct span raw, struct params *params, struct strings *problems);
const char *mail_params_get(const struct params *params, const char *name); /* NULL: not there */

/* ---- mail_guard.c, mail_parts.c: the tree ---- */
enum encoding { ENCODING_NONE, ENCODING_BASE64, ENCODING_QP, ENCODING_UU };
struct part {
	const char *type;                /* "text/plain", lower case */
	struct params content_type, disposition;
	bool typed;                      /* the type was said, not assumed */
	enum encoding encoding;
	bool uu_bare;                    /* uuencoded without its "begin" line */
	const struct mail_source *source;        /* where start and end lie, if that is not the mail itself: an opened S/MIME wrapper; else NULL */
	const char *filename;            /* as said, decoded, not yet safe; NULL: none */
	const char *content_id;          /* without <>, "" if none */
	struct fields fields;
	uint64_t start, end;             /* of the encoded content in the source */
	uint64_t head;                   /* where its header begins; of the mail itself not kept */
	const char *boundary;            /* of a multipart, NULL: not known */
	struct part *parent, *next, *first;      /* children are a list */
	struct part *shown[2];           /* the first text and the first HTML in it that would be shown: see shown_find() */
	struct span text;                /* decoded, in UTF-8, once somebody asked for it */
	bool read;
	size_t children;
	int depth;
};
struct part *mail_parts_read(struct arena *arena, const struct mail_source *source, const struct head *head, struct strings *problems);

/* ---- mail_decode.c ---- */
struct sink { bool (*write)(void *context, const void *bytes, size_t length); void *context; };
/* The decoded bytes of a part, piece by piece. False: the sink stopped. */
bool mail_part_decode(const struct mail_source *source, const struct part *part, struct sink sink);
/* The first `limit` decoded bytes in memory. */
struct span mail_part_bytes(struct arena *arena, const struct mail_source *source, const struct part *part, size_t limit, bool *cut);

/* Takes an encoding that is only claimed for none. */
void mail_encoding_judge(struct arena *arena, const struct mail_source *source, struct part *part, struct strings *problems);

/* ---- mail_walk.c: one walk over the parts, which gives text and attachments in their order ---- */
struct walk {
	struct arena *arena;
	const struct mail_source *source;
	struct strings *problems;
	struct mail *mail;
	struct part *root;
	const char *charset;             /* of the first text part */
	size_t wanted;                   /* number of the attachment to write, 0: none */
	struct sink sink;
	bool written;
	const struct part *found;        /* the wanted attachment; NULL: it lies in another one */
	bool light;                      /* see mail_options */
	size_t text_most;                /* bytes of `text` */
	size_t number;                   /* attachments so far */
	struct buffer text;              /* marked text (see mail_marks below) */
	bool instead;                    /* what is shown is an attachment, too: what lies in it is none of its own */
	size_t stubs;                    /* plain texts that were compared with a page */
	bool html_shown;                 /* `text` was made from HTML */
	struct buffer *pages;            /* NULL: nobody wants them; else each page that is shown, or stands beside a text that is */
	struct part *named_text, *calendar;      /* the first text with a file name, the first calendar part: shown if there is nothing else */
	int pictures, opened;            /* pictures in pages so far; wrappers that were opened */
	struct part *html_spare;         /* the HTML alternative of a text that is shown */
	struct part *delivery, *feedback, *nested, *disposition;  /* what bounce, forward and report readers look at */
};
void mail_walk_parts(struct walk *walk);
void mail_attachment_add(struct walk *walk, struct part *part);
/* An attachment that lies in memory (uuencode, TNEF). */
void mail_attachment_add_bytes(struct walk *walk, const char *filename, const char *type, const char *content_id, struct span bytes);
const char *mail_filename_safe(struct arena *arena, const char *name, size_t length);    /* "" if nothing is left */
const char *mail_filename_made(struct arena *arena, const char *type, size_t number);
#define LIMIT_TNEF_BYTES (12 * 1024 * 1024)    /* decoded bytes of a winmail.dat, which is held in memory */
bool mail_tnef_unpack(struct walk *walk, struct span bytes);
/* Takes uuencoded blocks out of a text and adds them as attachments; returns what is left. */
struct span mail_uuencode_unpack(struct walk *walk, struct span text);
/* "begin 644 name"; the bytes a line stands for, -1: it is none; and those bytes, at most 63. */
bool mail_uuencode_begins(struct span line, struct span *name);
int mail_uuencode_line_bytes(struct span line);
size_t mail_uuencode_line(struct span line, char *out);
/* mail_stub.c */
bool mail_text_is_blank(struct span text);
bool mail_text_is_page(struct span text);
bool mail_text_may_be_stub(struct span text, bool *surely);      /* surely: it asks for a program that reads HTML */
bool mail_stub_has_words_of(struct span text, struct span page);    /* most of the words are in the page's source */
bool mail_page_is_short(struct span text, struct span page);         /* so little that it cannot say more than the text */
bool mail_text_is_stub_of(struct span text, struct span page);      /* page: its text */
/* Takes pictures that stand in the page out of it, as attachments; returns the page without them, or, where pages are wanted, with the mark and the
 * attachment's number in their places. */
#define PICTURE_MARK "sportello-picture:"
struct span mail_data_pictures_take(struct walk *walk, struct span html);
/* Clear-signed text without its armour. */
struct span mail_pgp_unwrap(struct arena *arena, struct span text, struct strings *problems);
/* The signed content of an S/MIME wrapper, a MIME entity; length 0: encrypted, or none. */
struct span mail_smime_content(struct arena *arena, struct span bytes);
/* RTF as Outlook compresses it, and as text (UTF-8); *html: what came out is a page. */
struct span mail_rtf_inflate(struct arena *arena, struct span in);
struct span mail_rtf_to_text(struct arena *arena, struct span in, bool *html);
bool mail_rtf_looks(struct span in);
/* What a calendar part is about; length 0: nothing that can be told. */
struct span mail_calendar_line(struct arena *arena, struct span text, const char *mail_language);
struct span mail_flowed_unwrap(struct arena *arena, struct span text, bool delsp);

/* ---- marks in text made from HTML: control bytes that no text can hold, taken out before anybody sees it ---- */
#define MARK_QUOTE       '\001'      /* a quoted block begins */
#define MARK_QUOTE_END   '\002'
#define MARK_HISTORY     '\003'      /* all from here to the end of the block is history */
#define MARK_SIGNATURE   '\004'
#define MARK_SIGNATURE_END '\005'
#define MARK_SOFT        '\006'      /* a <blockquote> that no client made begins: quoted only if introduced */
#define MARK_SOFT_END    '\007'
#define MARK_EDGE        '\010'      /* this line is the first below or beside a line that the page draws, or of a table */
#define MARK_BARE        '\016'      /* the same without any attribute, as no editor makes it */
/* name_of(context, cid): how the image with this Content-ID is called, NULL: not at all. */
struct image_names { const char *(*name_of)(const void *context, const char *cid); const void *context; };
void mail_html_to_text(struct arena *arena, struct span html, const struct image_names *images, struct buffer *out, struct strings *problems);
char *mail_marks_strip(struct arena *arena, const char *text);
/* Without blanks at its end and empty lines at its top; text has room for the NUL at text[length]. */
char *mail_lines_trimmed(char *text, size_t length);

/* ---- mail_lines.c and mail_quote*.c: text cut into lines that know what they look like ---- */
enum line_kind { LINE_EMPTY, LINE_TEXT, LINE_QUOTED, LINE_ATTRIBUTION, LINE_DELIMITER, LINE_HEADER, LINE_SIGNATURE, LINE_RULE, LINE_FORWARD };
struct line {
	struct span text;                /* without line end and marks */
	enum line_kind kind;
	unsigned char quote;             /* depth by structure (HTML), 0: none */
	bool history, signature, soft, bare, edge;       /* by structure */
	bool attribution_start;          /* LINE_ATTRIBUTION: first of its lines */
	bool hidden;                     /* decided: not part of the reply */
	bool glued;                      /* cut off the line above, which had no end there */
	unsigned char header;            /* which header, LINE_HEADER: enum header_word */
	bool rest;                       /* LINE_TEXT: all that stands behind LIMIT_TEXT_LINES, with its line ends */
};
struct lines { struct line *at; size_t count; };
enum header_word { HEADER_OTHER, HEADER_FROM, HEADER_DATE, HEADER_TO, HEADER_SUBJECT, HEADER_CC, HEADER_REPLY_TO };
struct lines mail_lines_cut(struct arena *arena, const char *text);
void mail_lines_classify(struct lines *lines);
/* Both. */
struct lines mail_lines_of(struct arena *arena, const char *text);
enum header_word mail_header_line(struct span line, struct span *value, bool *found);
bool mail_delimiter_line(struct span line, bool *forward);
size_t mail_delimiter_dashes(struct span *line);                  /* takes dashes and the like off its start, and counts them */
size_t mail_header_name_at(struct span text, enum header_word *word); /* bytes of "From:" at the beginning, 0: none */
/* May one begin here? mark: 0 at first, then kept by this function from line to line: each line is looked at once. */
bool mail_attribution_near(const struct lines *lines, size_t i, size_t *mark);
size_t mail_attribution_at(const struct lines *lines, size_t i); /* count of lines it takes, 0: none */
bool mail_signature_phrase(struct span line);
/* mail_block_shape.c: "---- words ----"; "Label: value"; is there a block at i, in whatever language (its lines become header lines)?
 * subject: of the mail that holds it, without Fwd, "" if not known. */
bool mail_dashed_line(struct span line);
bool mail_labelled_line(struct span line, struct span *value);
bool mail_block_by_shape(struct lines *lines, size_t i, const char *subject);
/* The same without a mark above, where one of its values is the subject. */
bool mail_block_by_subject(struct lines *lines, size_t i, const char *subject);
/* The same below a line drawn by the page, or a rule, where one value is an address and one a date with its time. */
bool mail_block_at_edge(struct lines *lines, size_t i, const char *subject);
/* mail_list_footer.c: the line from which on a mailing list speaks, lines->count: none. */
void mail_list_footer_init(void);
size_t mail_list_footer(const struct lines *lines);
/* Where in a line that ends with an introduction this begins, behind words of somebody's own; 0: it is none. */
size_t mail_attribution_glued(struct span line);
bool mail_rule_of(struct span line, size_t least);                /* nothing but at least so many dashes, stars ... */
void mail_phrases_init(void);
void mail_attribution_init(void);
void mail_signature_init(void);
/* Fills reply_text and signature. `lines` are those of the marked text and stay as they are; scratch: for what is not kept. */
struct known { bool ours; const char *text; };                  /* does the mail answer one of ours, and what did that say; "": not known */
void mail_reply_make(struct arena *arena, struct arena *scratch, const char *marked, const struct lines *lines, const struct known *known, struct mail *mail);
struct known mail_known_ask(struct arena *arena, const struct mail_options *options, const struct mail *mail);
void mail_known_mark(struct arena *scratch, const struct known *known, struct lines *lines);
void mail_forward_read(struct walk *walk, const struct lines *lines);
void mail_forward_read_attached(struct walk *walk);               /* once reply_text is known */

/* mail_parse.c: the budget of reading a mail; the pages that walk.pages would have, in UTF-8. */
void mail_effort(struct effort *effort, const struct mail_source *source);
struct span mail_page(struct arena *arena, const struct mail_source *source);

/* ---- what it means ---- */
/* mail_auto_form.c: NULL, or why the subject (and the body with it) has the whole form of a program's notice. marked: a field says that a
 * machine sent it. */
const char *mail_automatic_form(const struct mail *mail, bool marked);
bool mail_machine_address(const char *address);                   /* mail_auto.c: does nobody read what is sent there? */
bool mail_absence_subject(const char *subject);
bool mail_absence_words(const char *text);
void mail_auto_form_init(void);
/* mail_receipt.c: read receipts (RFC 8098) and answers to invitations (RFC 5546). */
void mail_receipt_read(struct walk *walk);
void mail_auto_judge(struct arena *arena, const struct fields *fields, const struct mail_options *options, struct mail *mail);
void mail_bounce_words_init(void);
void mail_bounce_read(struct walk *walk, const struct fields *fields, const struct mail_options *options);
void mail_auth_read(struct arena *arena, const struct fields *fields, const char *authserv_id, const struct mail *mail,
                    struct mail_authentication *authentication);

void mail_language_init(void);
/* NULL: not clear. *sure (may be NULL): a few sentences say it, not a few words. */
const char *mail_language_detect(const char *text, bool *sure);
void mail_subject_init(void);
bool mail_subject_is_reply(const char *subject, size_t *prefix);
bool mail_subject_is_forward(const char *subject);
size_t mail_subject_forward_prefix(const char *subject);         /* bytes up to the end of a "Fwd:" at its front, 0: none */

#endif
