/*
 * mail_smime.c - the words in an S/MIME wrapper that is signed and not encrypted (RFC 8551 section 3.5.2, RFC 5652).
 *
 * The signed content lies open in the ASN.1 structure: ContentInfo, SignedData, encapContentInfo, OCTET STRING, in DER or
 * in BER with pieces and without lengths. It is found by walking down, each length checked against what is left; the
 * signature is not checked. No recursion but LIMIT_SMIME_DEPTH levels of pieces. Makes no problems.
 */
#include "mail_private.h"

enum tag { TAG_INTEGER = 0x02, TAG_OCTETS = 0x04, TAG_OID = 0x06, TAG_SEQUENCE = 0x30, TAG_SET = 0x31, TAG_OCTETS_MADE = 0x24, TAG_0 = 0xA0 };

struct der { const unsigned char *at; size_t left; };
struct item { unsigned tag; struct der content; bool open; };     /* open: ends with two zero octets, X.690 section 8.1.3.6 */

/* Reads tag and length. Of an open item the content is all that is left. */
static bool take(struct der *der, struct item *item)
{
	if (der->left < 2)
		return false;
	size_t length = der->at[1], used = 2;
	item->tag = der->at[0];
	item->open = length == 0x80;
	if (length > 0x80) {
		size_t count = length & 0x7F;
		if (count > 4 || der->left < 2 + count)
			return false;
		for (length = 0; count; count--)
			length = length << 8 | der->at[used++];
	}
	if (item->open)
		length = der->left - used;
	if (length > der->left - used)                                   /* cut short: what is there may hold the words */
		length = der->left - used;
	item->content = (struct der){ der->at + used, length };
	der->at += used + length;
	der->left -= used + length;
	return true;
}

static bool take_tag(struct der *der, unsigned tag, struct item *item)
{
	return take(der, item) && item->tag == tag;
}

static bool is_oid(const struct item *item, const char *oid, size_t length)
{
	return item->content.left == length && memcmp(item->content.at, oid, length) == 0;
}

/* The octets of a string that may be in pieces; returns how many bytes of `from` it took. */
static size_t add_octets(struct arena *arena, struct buffer *out, struct der from, int depth)
{
	struct der rest = from;
	struct item item;
	while (depth < LIMIT_SMIME_DEPTH && !arena_spent(arena) && rest.left >= 2 && !(rest.at[0] == 0 && rest.at[1] == 0)) {
		struct der before = rest;
		if (!take(&rest, &item) || (item.tag != TAG_OCTETS && item.tag != TAG_OCTETS_MADE))
			break;
		if (item.tag == TAG_OCTETS && !item.open) {
			buffer_add(out, item.content.at, item.content.left);
			continue;
		}
		size_t used = (size_t)(item.content.at - before.at) + add_octets(arena, out, item.content, depth + 1);
		if (item.open)
			rest = (struct der){ before.at + used, before.left - used };
	}
	size_t end = rest.left >= 2 && rest.at[0] == 0 && rest.at[1] == 0 ? 2 : 0;
	return from.left - rest.left + end;
}

/* The way down to encapContentInfo; the optional fields before it are stepped over. */
static bool find_content(struct der der, struct der *octets)
{
	static const char signed_data[] = "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02";
	struct item outer, oid, wrap, data, one, info;
	if (!take_tag(&der, TAG_SEQUENCE, &outer) || !take_tag(&outer.content, TAG_OID, &oid) || !is_oid(&oid, signed_data, sizeof signed_data - 1)
	    || !take_tag(&outer.content, TAG_0, &wrap) || !take_tag(&wrap.content, TAG_SEQUENCE, &data))
		return false;
	if (!take_tag(&data.content, TAG_INTEGER, &one) || !take_tag(&data.content, TAG_SET, &one) || one.open)
		return false;
	if (!take_tag(&data.content, TAG_SEQUENCE, &info) || !take_tag(&info.content, TAG_OID, &oid) || !take_tag(&info.content, TAG_0, &wrap))
		return false;
	*octets = wrap.content;
	return wrap.content.left > 2;
}

struct span mail_smime_content(struct arena *arena, struct span bytes)
{
	struct der octets, der = { (const unsigned char *)bytes.at, bytes.length };
	if (!find_content(der, &octets))
		return (struct span){ "", 0 };
	struct buffer out CLEANUP_BUFFER;
	buffer_init(&out);
	add_octets(arena, &out, octets, 0);
	size_t length = out.length;
	return (struct span){ arena_copy(arena, length ? out.at : "", length), length };
}
