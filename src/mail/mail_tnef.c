/*
 * mail_tnef.c - winmail.dat: the attachments that Outlook hid in it (MS-OXTNEF), by libytnef.
 *
 * The library trusts lengths, so the frame of the stream is checked by us first: signature, levels, every length inside
 * what is left, at most ATTRIBUTES of them. Its text is used only if the mail has none of its own.
 * May not hand it a stream over LIMIT_TNEF_BYTES (the caller sees to that). False: nothing was unpacked, keep the file.
 */
#include "mail_private.h"

#include <stdio.h>
#include <ytnef.h>

#define SIGNATURE 0x223E9F78u
#define ATTRIBUTES_MAX 20000             /* attributes of a stream; a real one has some 20 a file */
#define ATTACHMENTS_MAX 500
#define NO_PROPERTY ((variableLength *)(intptr_t)-1)
#define OBJECT_GUID 16                   /* bytes before the data of an embedded object */

static uint32_t little32(const char *at)
{
	const unsigned char *b = (const unsigned char *)at;
	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* MS-OXTNEF section 2.1.3: level, id, length, data, checksum, one after the other. */
static bool frame_is_sound(struct span bytes)
{
	if (bytes.length < 15 || little32(bytes.at) != SIGNATURE)
		return false;
	size_t at = 6, count = 0;
	while (at < bytes.length) {
		if (bytes.length - at < 11)
			return count > 0;
		uint32_t size = little32(bytes.at + at + 5);
		if ((bytes.at[at] != LVL_MESSAGE && bytes.at[at] != LVL_ATTACHMENT) || size > bytes.length - at - 11 || ++count > ATTRIBUTES_MAX)
			return false;
		at += 11 + size;
	}
	return count > 0;
}

static variableLength *property(MAPIProps *properties, unsigned type, unsigned id)
{
	variableLength *found = MAPIFindProperty(properties, PROP_TAG(type, id));
	return found == NO_PROPERTY || !found || !found->data || found->size <= 0 ? NULL : found;
}

static variableLength *text_property(MAPIProps *properties, unsigned id)
{
	variableLength *found = property(properties, PT_UNICODE, id);       /* libytnef makes UTF-8 of it */
	return found ? found : property(properties, PT_STRING8, id);
}

static const char *text_of(struct walk *walk, const variableLength *value)
{
	if (!value || !value->data || value->size <= 0)
		return "";
	size_t length = strnlen((const char *)value->data, (size_t)value->size);
	return charset_to_utf8(walk->arena, (struct span){ (const char *)value->data, length }, NULL, "TNEF", walk->problems).at;
}

static void add(struct walk *walk, Attachment *attachment)
{
	variableLength *object = property(&attachment->MAPI, PT_OBJECT, PR_ATTACH_DATA_OBJ);
	variableLength *binary = property(&attachment->MAPI, PT_BINARY, PR_ATTACH_DATA_OBJ);
	struct span bytes = { (const char *)attachment->FileData.data, attachment->FileData.data ? (size_t)attachment->FileData.size : 0 };
	if (object && object->size > OBJECT_GUID)
		bytes = (struct span){ (const char *)object->data + OBJECT_GUID, (size_t)object->size - OBJECT_GUID };
	else if (binary && attachment->FileData.size <= 0)
		bytes = (struct span){ (const char *)binary->data, (size_t)binary->size };
	const char *name = text_of(walk, text_property(&attachment->MAPI, PR_ATTACH_LONG_FILENAME));
	if (!*name)
		name = text_of(walk, &attachment->Title);
	if (!*name)
		name = text_of(walk, text_property(&attachment->MAPI, PR_DISPLAY_NAME));
	const char *type = text_lower(walk->arena, text_of(walk, text_property(&attachment->MAPI, PR_ATTACH_MIME_TAG)));
	attachment_add_bytes(walk, name, strchr(type, '/') ? type : "application/octet-stream",
	                     text_of(walk, text_property(&attachment->MAPI, PR_ATTACH_CONTENT_ID)), bytes.at ? bytes : (struct span){ "", 0 });
}

static void add_text(struct walk *walk, TNEFStruct *tnef)
{
	if (walk->text.length || walk->wanted)
		return;
	const char *body = text_of(walk, &tnef->body);
	if (!*body)
		body = text_of(walk, text_property(&tnef->MapiProperties, PR_BODY));
	if (*body)
		buffer_add(&walk->text, body, strnlen(body, LIMIT_TEXT_BYTES));
}

bool tnef_unpack(struct walk *walk, struct span bytes)
{
	if (!frame_is_sound(bytes))
		return false;
	TNEFStruct tnef;
	TNEFInitialize(&tnef);
	bool read = TNEFParseMemory((BYTE *)(uintptr_t)bytes.at, (long)bytes.length, &tnef) == 0;
	size_t count = 0;
	for (Attachment *one = tnef.starting_attach.next; read && one && count < ATTACHMENTS_MAX; one = one->next, count++)
		add(walk, one);
	if (read)
		add_text(walk, &tnef);
	TNEFFree(&tnef);
	return read && (count || walk->text.length);
}
