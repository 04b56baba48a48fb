/*
 * mail_idn.c - domains as they are compared: each label that is not ASCII as its A-label, "xn--" and Punycode (RFC 3492, RFC 5890).
 *
 * A mail may write a domain in either way, and a mail server writes it in the one that it likes. Only compares: no mapping beyond ASCII case,
 * no check that the label may be registered. A label that is too long for a name, or no UTF-8, stays as it is, and equals only itself.
 */
#include "mail_private.h"

#define LABEL_MOST 63                    /* octets, RFC 1035 section 2.3.4 */

static unsigned adapt(unsigned delta, unsigned points, bool first)
{
	unsigned k = 0;
	delta = first ? delta / 700 : delta / 2;
	for (delta += delta / points; delta > 455; k += 36)
		delta /= 35;
	return k + 36 * delta / (delta + 38);
}

static char digit(unsigned value)
{
	return (char)(value < 26 ? 'a' + value : '0' + value - 26);
}

static void put_number(struct buffer *out, unsigned delta, unsigned bias)
{
	for (unsigned k = 36;; k += 36) {
		unsigned least = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
		if (delta < least)
			break;
		buffer_add_char(out, digit(least + (delta - least) % (36 - least)));
		delta = (delta - least) / (36 - least);
	}
	buffer_add_char(out, digit(delta));
}

/* At most LABEL_MOST points: the square of it is nothing. */
static void encode(struct buffer *out, const uint32_t *points, unsigned count)
{
	unsigned next = 128, delta = 0, bias = 72, basic = 0, done;
	for (unsigned i = 0; i < count; i++)
		if (points[i] < 128) {
			buffer_add_char(out, (char)points[i]);
			basic++;
		}
	if (basic)
		buffer_add_char(out, '-');
	for (done = basic; done < count; delta++, next++) {
		uint32_t least = UINT32_MAX;
		for (unsigned i = 0; i < count; i++)
			if (points[i] >= next && points[i] < least)
				least = points[i];
		delta += (least - next) * (done + 1);
		next = least;
		for (unsigned i = 0; i < count; i++) {
			delta += points[i] < next;
			if (points[i] != next)
				continue;
			put_number(out, delta, bias);
			bias = adapt(delta, done + 1, done == basic);
			delta = 0;
			done++;
		}
	}
}

static void add_label(struct buffer *out, const char *label, size_t length)
{
	uint32_t points[LABEL_MOST];
	unsigned count = 0;
	bool ascii = true;
	size_t size = 1;
	for (size_t i = 0; i < length; i++)
		ascii &= !(label[i] & 0x80);
	for (size_t i = 0; !ascii && length <= LABEL_MOST && i < length && (size = utf8_decode(label + i, length - i, &points[count])) > 0; i += size)
		count++;
	if (ascii || length > LABEL_MOST || !size) {
		buffer_add(out, label, length);
		return;
	}
	buffer_add_string(out, "xn--");
	encode(out, points, count);
}

const char *mail_domain_to_ascii(struct arena *arena, const char *domain)
{
	CLEANUP_BUFFER struct buffer out;
	buffer_init(&out);
	const char *lowered = text_lower(arena, domain);
	while (*lowered) {
		size_t length = strcspn(lowered, ".");
		add_label(&out, lowered, length);
		lowered += length;
		if (*lowered == '.' && *++lowered)
			buffer_add_char(&out, '.');      /* the last dot, of the root, is no part of it */
	}
	return arena_copy(arena, out.length ? out.at : "", out.length);
}
