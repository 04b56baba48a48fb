/*
 * mail_tnef.c - winmail.dat: the attachments and the text that Outlook hid in it (MS-OXTNEF).
 *
 * A reader of our own, since libytnef writes its errors to standard output, where `explain` writes JSON, and trusts
 * lengths. The stream is a row of attributes, each with a length that is checked against what is left; of the MAPI
 * properties only a few are read. Nothing is copied: attachments are spans of the stream. Compressed RTF is read by mail_rtf.c.
 * False: nothing could be unpacked, and the file stays an attachment as it is. Problems: a stream that ends too early.
 */
#include "mail_private.h"

#include <stdio.h>

#define SIGNATURE 0x223E9F78u
#define ATTRIBUTES_MAX 20000             /* of a stream; a real one has some twenty a file */
#define PROPERTIES_MAX 5000              /* of one attribute */
#define OBJECT_GUID 16                   /* bytes before the data of an embedded object */

enum attribute { ATTRIBUTE_BODY = 0x0002800C, ATTRIBUTE_TITLE = 0x00018010, ATTRIBUTE_DATA = 0x0006800F, ATTRIBUTE_NEXT_FILE = 0x00069002,
                 ATTRIBUTE_MESSAGE = 0x00069003, ATTRIBUTE_FILE = 0x00069005, ATTRIBUTE_CODEPAGE = 0x00069007 };
enum property { PROPERTY_BODY = 0x1000, PROPERTY_RTF = 0x1009, PROPERTY_HTML = 0x1013, PROPERTY_NAME = 0x3001, PROPERTY_DATA = 0x3701, PROPERTY_SHORT_NAME = 0x3704,
                PROPERTY_LONG_NAME = 0x3707, PROPERTY_MIME = 0x370E, PROPERTY_CID = 0x3712 };
enum type { TYPE_I2 = 0x2, TYPE_LONG = 0x3, TYPE_R4 = 0x4, TYPE_ERROR = 0xA, TYPE_BOOLEAN = 0xB, TYPE_OBJECT = 0xD, TYPE_STRING8 = 0x1E,
            TYPE_UNICODE = 0x1F, TYPE_CLSID = 0x48, TYPE_BINARY = 0x102, TYPE_MANY = 0x1000 };

struct file { struct span data; const char *title, *long_name, *short_name, *mime, *cid; bool open; };
struct tnef {
	struct walk *walk;
	struct file file;
	char codepage[16];
	struct span body, html, rtf;
	bool body_wide;
	size_t files;
};
struct cursor { const unsigned char *at; size_t left; };

static uint32_t take32(struct cursor *c)
{
	if (c->left < 4) {
		c->left = 0;
		return 0;
	}
	uint32_t value = c->at[0] | (uint32_t)c->at[1] << 8 | (uint32_t)c->at[2] << 16 | (uint32_t)c->at[3] << 24;
	c->at += 4, c->left -= 4;
	return value;
}

static bool skip(struct cursor *c, size_t count)
{
	if (count > c->left) {
		c->left = 0;
		return false;
	}
	c->at += count, c->left -= count;
	return true;
}

static const char *text_of(struct tnef *tnef, struct span value, bool wide)
{
	if (wide && value.length >= 2 && value.length % 2 == 0 && value.at[value.length - 1] == 0 && value.at[value.length - 2] == 0)
		value.length -= 2;
	if (!wide)
		value.length = strnlen(value.at, value.length);
	return mail_charset_to_utf8(tnef->walk->arena, value, wide ? "utf-16le" : tnef->codepage, "TNEF", NULL).at;
}

static void take_property(struct tnef *tnef, uint32_t id, uint32_t type, struct span value, bool of_file)
{
	bool wide = type == TYPE_UNICODE, text = wide || type == TYPE_STRING8;
	if (!of_file) {
		if (id == PROPERTY_BODY && text)
			tnef->body = value, tnef->body_wide = wide;
		else if (id == PROPERTY_HTML)
			tnef->html = value;
		else if (id == PROPERTY_RTF)
			tnef->rtf = value;
		return;
	}
	if (id == PROPERTY_DATA && (type == TYPE_BINARY || type == TYPE_OBJECT)) {
		bool object = type == TYPE_OBJECT && value.length > OBJECT_GUID;
		if (!tnef->file.data.length)
			tnef->file.data = object ? (struct span){ value.at + OBJECT_GUID, value.length - OBJECT_GUID } : value;
	} else if (text) {
		const char **slot = id == PROPERTY_LONG_NAME ? &tnef->file.long_name : id == PROPERTY_SHORT_NAME || id == PROPERTY_NAME ? &tnef->file.short_name
		                    : id == PROPERTY_MIME ? &tnef->file.mime : id == PROPERTY_CID ? &tnef->file.cid : NULL;
		if (slot)
			*slot = text_of(tnef, value, wide);
	}
}

/* Bytes of one value of a type of fixed size, padded to four. */
static size_t fixed_size(uint32_t type)
{
	switch (type) {
	case TYPE_I2: case TYPE_LONG: case TYPE_R4: case TYPE_ERROR: case TYPE_BOOLEAN: return 4;
	case TYPE_CLSID: return 16;
	default: return 8;
	}
}

/* MS-OXTNEF section 2.1.3.4: one property. False: not sound, the rest is left. */
static bool read_property(struct tnef *tnef, struct cursor *c, bool of_file)
{
	uint32_t head = take32(c), type = head & 0xFFFF, id = head >> 16;
	if (id >= 0x8000) {                                              /* named: a GUID, a number or a name */
		if (!skip(c, 16))
			return false;
		uint32_t kind = take32(c), size = take32(c);
		if (kind == 1 && !skip(c, ((size_t)size + 3) & ~(size_t)3))
			return false;
	}
	bool variable = type == TYPE_STRING8 || type == TYPE_UNICODE || type == TYPE_BINARY || type == TYPE_OBJECT, many = type & TYPE_MANY;
	uint32_t base = type & ~(uint32_t)TYPE_MANY;
	variable = variable || base == TYPE_STRING8 || base == TYPE_UNICODE || base == TYPE_BINARY;
	uint32_t count = variable || many ? take32(c) : 1;
	if (count > PROPERTIES_MAX)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (!variable) {
			if (!skip(c, fixed_size(base)))
				return false;
			continue;
		}
		uint32_t size = take32(c);
		if (size > c->left)
			return false;
		if (i == 0)
			take_property(tnef, id, type, (struct span){ (const char *)c->at, size }, of_file);
		if (!skip(c, ((size_t)size + 3) & ~(size_t)3))
			return i + 1 == count;
	}
	return true;
}

static void read_properties(struct tnef *tnef, struct span bytes, bool of_file)
{
	struct cursor c = { (const unsigned char *)bytes.at, bytes.length };
	uint32_t count = take32(&c);
	for (uint32_t i = 0; i < count && i < PROPERTIES_MAX && c.left >= 4; i++)
		if (!read_property(tnef, &c, of_file))
			return;
}

static void finish_file(struct tnef *tnef)
{
	struct file *file = &tnef->file;
	if (file->open && tnef->walk->number < LIMIT_PARTS && (file->data.length || file->title || file->long_name)) {
		const char *name = file->long_name && *file->long_name ? file->long_name : file->title && *file->title ? file->title : file->short_name;
		const char *mime = file->mime && strchr(file->mime, '/') ? text_lower(tnef->walk->arena, file->mime) : "application/octet-stream";
		mail_attachment_add_bytes(tnef->walk, name ? name : "", mime, file->cid ? file->cid : "", file->data.at ? file->data : (struct span){ "", 0 });
		tnef->files++;
	}
	*file = (struct file){ .open = false };
}

static void take_attribute(struct tnef *tnef, uint32_t id, struct span data)
{
	switch (id) {
	case ATTRIBUTE_CODEPAGE:
		if (data.length >= 4) {
			struct cursor c = { (const unsigned char *)data.at, data.length };
			snprintf(tnef->codepage, sizeof tnef->codepage, "CP%u", (unsigned)take32(&c));
		}
		break;
	case ATTRIBUTE_BODY: tnef->body = data; break;
	case ATTRIBUTE_MESSAGE: read_properties(tnef, data, false); break;
	case ATTRIBUTE_NEXT_FILE:
		finish_file(tnef);
		tnef->file.open = true;
		break;
	case ATTRIBUTE_TITLE:
		tnef->file.open = true;
		tnef->file.title = text_of(tnef, data, false);
		break;
	case ATTRIBUTE_DATA:
		tnef->file.open = true;
		tnef->file.data = data;
		break;
	case ATTRIBUTE_FILE:
		tnef->file.open = true;
		read_properties(tnef, data, true);
		break;
	default: break;
	}
}

static struct span text_span(struct tnef *tnef, struct span value, bool wide)
{
	const char *text = value.length ? text_of(tnef, value, wide) : "";
	return (struct span){ text, strnlen(text, LIMIT_TEXT_BYTES) };
}

/* What Outlook wrote, if the mail has no text beside it: as text, as a page, or as rich text, which may hold a page. */
static void show_body(struct tnef *tnef)
{
	struct walk *walk = tnef->walk;
	/* Also when one attachment is asked for: where nothing is shown the whole is a file, and counts. */
	if (!mail_text_is_blank((struct span){ walk->text.at ? walk->text.at : "", walk->text.length }))
		return;
	buffer_reset(&walk->text);
	struct span text = text_span(tnef, tnef->body, tnef->body_wide);
	bool html = false;
	if (mail_text_is_blank(text) && tnef->html.length) {
		text = mail_charset_to_utf8(walk->arena, tnef->html, tnef->codepage, "TNEF", walk->problems);
		html = true;
	} else if (mail_text_is_blank(text) && tnef->rtf.length) {
		text = mail_rtf_to_text(walk->arena, mail_rtf_inflate(walk->arena, tnef->rtf), &html);
	}
	if (html)
		mail_html_to_text(walk->arena, text, NULL, &walk->text, walk->problems);
	else
		buffer_add(&walk->text, text.at, text.length < LIMIT_TEXT_BYTES ? text.length : LIMIT_TEXT_BYTES);
	walk->html_shown = html;
}

bool mail_tnef_unpack(struct walk *walk, struct span bytes)
{
	struct tnef tnef = { .walk = walk, .codepage = "CP1252" };
	struct cursor c = { (const unsigned char *)bytes.at, bytes.length };
	if (bytes.length < 15 || take32(&c) != SIGNATURE || !skip(&c, 2))
		return false;
	size_t before = walk->text.length;
	for (size_t n = 0; c.left >= 9 && n < ATTRIBUTES_MAX && !arena_spent(walk->arena); n++) {
		if ((*c.at != 1 && *c.at != 2) || !skip(&c, 1))
			break;
		uint32_t id = take32(&c), size = take32(&c);
		if (size > c.left) {
			mail_problem_add(walk->arena, walk->problems, "TNEF (winmail.dat) that ends too early");
			break;
		}
		take_attribute(&tnef, id, (struct span){ (const char *)c.at, size });
		skip(&c, size);
		skip(&c, 2);                                             /* a checksum, which no reader needs */
	}
	finish_file(&tnef);
	show_body(&tnef);
	return tnef.files || walk->text.length > before;
}
