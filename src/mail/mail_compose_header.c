/*
 * mail_compose_header.c - header fields out: folded, encoded, and proof against what the values bring along.
 *
 * Values may come from strangers (a subject, a display name). Whatever they hold, one call writes one field: every control
 * character becomes a blank before anything else looks at the value, so that no CR or LF of a value can reach the output.
 * RFC 5322 section 2.2.3 (folding), RFC 2047 (encoded words, at most 75 octets, whole characters only, section 5 for where
 * they may stand), RFC 2231 (parameters). Addresses are written as they are, UTF-8 included (RFC 6532): the caller checked them.
 */
#define _GNU_SOURCE               /* memmem */
#include "mail_compose_private.h"

#include <string.h>

#define WORD_MOST   75            /* octets of one encoded word with its frame (RFC 2047 section 2) */
#define FRAME       12            /* =?UTF-8?Q?...?= */
#define NAME_MOST   60            /* octets of a display name that is written quoted; longer ones are encoded, to be folded */
#define LINE_LIMIT  990           /* octets of a token that may stand on one line (998 with room for blank and comma) */

/* ---- one field under way ---- */
struct field_out { struct buffer *out; size_t column; bool fresh; };

static struct field_out field_begin(struct buffer *out, const char *name)
{
	buffer_add_string(out, name);
	buffer_add_char(out, ':');
	return (struct field_out){ out, strlen(name) + 1, true };
}

static void field_fold(struct field_out *field)
{
	buffer_add(field->out, "\r\n ", 3);
	field->column = 1;
	field->fresh = true;
}

/* A word that must not be broken, with a blank before it: on this line if it fits, else on the next. */
static void field_word(struct field_out *field, const char *at, size_t length, size_t limit)
{
	if (field->column + 1 + length > limit && !(field->fresh && field->column == 1))
		field_fold(field);
	if (field->column > 1) {
		buffer_add_char(field->out, ' ');
		field->column++;
	}
	buffer_add(field->out, at, length);
	field->column += length;
	field->fresh = false;
}

static void field_glue(struct field_out *field, const char *text)
{
	buffer_add_string(field->out, text);
	field->column += strlen(text);
}

static void field_end(struct field_out *field)
{
	buffer_add(field->out, "\r\n", 2);
}

/* ---- values made harmless ---- */

/* Bytes that ask for no look at them: ASCII that is seen. */
static size_t seen_run(const char *at, size_t length)
{
	size_t n = 0;

	while (n < length && at[n] > ' ' && at[n] < 0x7F)
		n++;
	return n;
}

/* One line of valid UTF-8: controls (C0, DEL, C1, line separators) become blanks, runs of blanks one, none at the ends. */
static void clean(struct buffer *out, const char *value)
{
	size_t length = strnlen(value, COMPOSE_TEXT_MOST), size;
	bool blank = false;
	uint32_t code;

	for (size_t i = 0; i < length; i += size ? size : 1) {
		bool seen = (size = seen_run(value + i, length - i)) > 0;

		if (!seen)
			size = utf8_decode(value + i, length - i, &code);
		if (!seen && size && (code <= ' ' || (code >= 0x7F && code <= 0x9F) || code == 0x2028 || code == 0x2029)) {
			blank = out->length > 0;
			continue;
		}
		if (!size && length - i < 4 && length == COMPOSE_TEXT_MOST)
			break;                                   /* a character that the limit cut */
		if (blank)
			buffer_add_char(out, ' ');
		blank = false;
		buffer_add(out, size ? value + i : "\xEF\xBF\xBD", size ? size : 3);
	}
	buffer_string(out);
}

static bool is_ascii(const char *at, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)at[i] >= 0x80)
			return false;
	return true;
}

/* "=?" anywhere would be read as an encoded word by some; a long word could not be folded. */
static bool needs_encoding(const char *at, size_t length)
{
	return !is_ascii(at, length) || length > COMPOSE_BODY_LINE || memmem(at, length, "=?", 2);
}

/* ---- RFC 2047 ---- */

/* What may stand as it is in an encoded word wherever that stands, in a phrase too (RFC 2047 section 5 (3)). */
static bool is_plain(unsigned char byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z')
	    || (byte && strchr("!*+-/", byte));
}

static size_t q_cost(const char *at, size_t length)
{
	size_t cost = 0;

	for (size_t i = 0; i < length; i++)
		cost += is_plain((unsigned char)at[i]) || at[i] == ' ' ? 1 : 3;
	return cost;
}

static size_t q_write(const char *at, size_t length, char *out)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t o = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)at[i];

		if (byte == ' ')
			out[o++] = '_';
		else if (is_plain(byte))
			out[o++] = (char)byte;
		else {
			out[o++] = '=';
			out[o++] = hex[byte >> 4];
			out[o++] = hex[byte & 15];
		}
	}
	return o;
}

/* How many bytes of whole characters fit into `room` encoded octets; at least one character. Base64 is cut where it needs no
 * padding if it can be: some readers join words of one charset before they decode, and lose what stands behind a "=". */
static size_t encoded_piece(const char *at, size_t length, size_t room, bool q)
{
	size_t taken = 0, unpadded = 0, cost = 0, size;
	uint32_t code;

	while (taken < length) {
		size = utf8_decode(at + taken, length - taken, &code);
		size = size ? size : 1;
		cost = q ? cost + q_cost(at + taken, size) : (taken + size + 2) / 3 * 4;
		if (taken && cost > room)
			return !q && unpadded ? unpadded : taken;
		taken += size;
		unpadded = taken % 3 ? unpadded : taken;
	}
	return taken;
}

/* The words as encoded words; blanks between two encoded words are not shown (section 6.2), so those inside are encoded. */
static void field_encoded(struct field_out *field, const char *at, size_t length)
{
	bool q = q_cost(at, length) <= (length + 2) / 3 * 4;
	char word[WORD_MOST + 1] = "=?UTF-8?Q?";

	word[8] = q ? 'Q' : 'B';
	while (length) {
		size_t room = COMPOSE_BODY_LINE - 1 - field->column, piece, body;

		if (field->column + 1 + FRAME + 12 > COMPOSE_BODY_LINE) {
			field_fold(field);
			room = COMPOSE_BODY_LINE - 1;
		}
		room = (room > WORD_MOST ? WORD_MOST : room) - FRAME;
		piece = encoded_piece(at, length, room, q);
		body = q ? q_write(at, piece, word + 10) : base64_encode(at, piece, word + 10);
		memcpy(word + 10 + body, "?=", 2);
		field_word(field, word, FRAME + body, COMPOSE_BODY_LINE);
		at += piece;
		length -= piece;
	}
}

/* Plain words up to the first that needs encoding, then encoded up to the last such, then plain: "Re: [#12] =?UTF-8?..." */
static void field_words(struct field_out *field, const char *text)
{
	const char *first = NULL, *last_end = NULL;

	for (const char *at = text; *at; at += strspn(at, " ")) {
		size_t length = strcspn(at, " ");

		if (needs_encoding(at, length)) {
			first = first ? first : at;
			last_end = at + length;
		}
		at += length;
	}
	for (const char *at = text; *at; at += strspn(at, " ")) {
		size_t length = at == first ? (size_t)(last_end - at) : strcspn(at, " ");

		if (at == first)
			field_encoded(field, at, length);
		else
			field_word(field, at, length, COMPOSE_LINE);
		at += length;
	}
}

/* ---- fields ---- */

void mail_compose_field(struct buffer *out, const char *name, const char *token)
{
	CLEANUP_BUFFER struct buffer value;

	buffer_init(&value);                                     /* before any return: the clean-up runs in each case */
	if (!token || !*token)
		return;
	clean(&value, token);
	if (!value.length || !is_ascii(value.at, value.length))
		return;                                          /* such fields are ours and ASCII: rather none than a broken one */
	buffer_add_string(out, name);
	buffer_add(out, ": ", 2);
	buffer_add(out, value.at, value.length > 900 ? 900 : value.length);
	buffer_add(out, "\r\n", 2);
}

void mail_compose_field_text(struct buffer *out, const char *name, const char *text)
{
	CLEANUP_BUFFER struct buffer value;
	struct field_out field = field_begin(out, name);

	buffer_init(&value);
	clean(&value, text ? text : "");
	if (!value.length)
		buffer_add_char(out, ' ');
	field_words(&field, value.at);
	field_end(&field);
}

/* A display name: atoms as they are, other ASCII quoted, the rest encoded (RFC 5322 section 3.2.5 phrase). */
static void field_phrase(struct field_out *field, const char *name)
{
	char quoted[2 * NAME_MOST + 2];
	size_t length = strlen(name), o = 0;
	bool atoms = true;

	if (!is_ascii(name, length) || length > NAME_MOST || strstr(name, "=?")) {
		field_encoded(field, name, length);
		return;
	}
	for (size_t i = 0; i < length; i++)
		atoms = atoms && (is_plain((unsigned char)name[i]) || strchr(" '_&=?^`{|}~#$%", name[i]));
	if (atoms) {
		field_word(field, name, length, COMPOSE_LINE);
		return;
	}
	quoted[o++] = '"';
	for (size_t i = 0; i < length; i++) {
		if (name[i] == '"' || name[i] == '\\')
			quoted[o++] = '\\';
		quoted[o++] = name[i];
	}
	quoted[o++] = '"';
	field_word(field, quoted, o, COMPOSE_LINE);
}

static void field_address(struct field_out *field, const struct mail_address *address)
{
	CLEANUP_BUFFER struct buffer name;
	char angle[LIMIT_ADDRESS + 2];
	size_t length = strlen(address->address);

	buffer_init(&name);
	clean(&name, address->name ? address->name : "");
	if (!name.length) {
		field_word(field, address->address, length, COMPOSE_LINE);
		return;
	}
	field_phrase(field, name.at);
	angle[0] = '<';
	memcpy(angle + 1, address->address, length);
	angle[length + 1] = '>';
	field_word(field, angle, length + 2, COMPOSE_LINE);
}

void mail_compose_field_addresses(struct buffer *out, const char *name, const struct mail_addresses *addresses)
{
	struct field_out field = field_begin(out, name);

	for (size_t i = 0; i < addresses->count; i++) {
		if (i)
			field_glue(&field, ",");
		field_address(&field, &addresses->at[i]);
	}
	field_end(&field);
}

bool mail_compose_id_usable(const char *id)
{
	size_t length = id ? strnlen(id, LINE_LIMIT + 1) : 0;

	if (length < 3 || length > LINE_LIMIT || id[0] != '<' || id[length - 1] != '>')
		return false;
	for (size_t i = 1; i < length - 1; i++)
		if ((unsigned char)id[i] <= ' ' || (unsigned char)id[i] >= 0x7F || id[i] == '<' || id[i] == '>')
			return false;
	return true;
}

void mail_compose_field_ids(struct buffer *out, const char *name, const struct strings *ids)
{
	struct field_out field = { 0 };

	for (size_t i = 0; i < ids->count; i++) {
		if (!mail_compose_id_usable(ids->at[i]))
			continue;
		if (!field.out)
			field = field_begin(out, name);
		field_word(&field, ids->at[i], strlen(ids->at[i]), COMPOSE_LINE);
	}
	if (field.out)
		field_end(&field);
}

/* ---- parameters, RFC 2231 ---- */

static bool is_attribute_char(unsigned char byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z')
	    || (byte && strchr("!#$&+-.^_`{|}~", byte));
}

/* name*0*=UTF-8''..., name*1*=...: pieces of whole characters, each on its line. One piece: name*=. */
static void parameter_encoded(struct buffer *out, const char *name, const char *value, size_t length)
{
	static const char hex[] = "0123456789ABCDEF";
	bool pieces = q_cost(value, length) + strlen(name) > 50;
	uint32_t code;

	for (size_t number = 0, i = 0; i < length; number++) {
		size_t column = strlen(name) + 16, size;

		buffer_printf(out, pieces ? ";\r\n\t%s*%zu*=" : ";\r\n\t%s*=", name, number);
		if (!number)
			buffer_add_string(out, "UTF-8''");
		for (; i < length && column < COMPOSE_LINE - 14; i += size) {
			size = utf8_decode(value + i, length - i, &code);
			size = size ? size : 1;
			for (size_t k = 0; k < size; k++) {
				unsigned char byte = (unsigned char)value[i + k];

				if (is_attribute_char(byte))
					buffer_add_char(out, (char)byte), column++;
				else
					buffer_add(out, (char[]){ '%', hex[byte >> 4], hex[byte & 15] }, 3), column += 3;
			}
		}
	}
}

void mail_compose_parameter(struct buffer *out, const char *name, const char *value)
{
	CLEANUP_BUFFER struct buffer text;
	bool plain;

	buffer_init(&text);
	clean(&text, value);
	for (size_t i = 0; i < text.length; i++)                 /* a file name, not a path, whoever reads it */
		if (text.at[i] == '/' || text.at[i] == '\\')
			text.at[i] = '_';
	plain = is_ascii(text.at, text.length) && text.length <= COMPOSE_LINE - 20 && !strpbrk(text.at, "\"=?%'");
	if (plain)
		buffer_printf(out, ";\r\n\t%s=\"%s\"", name, text.at);
	else
		parameter_encoded(out, name, text.at, text.length > 800 ? 800 : text.length);
}
