/*
 * mail_idna.c - a domain beyond ASCII in the form that every mail server takes: A-labels (RFC 5890, Punycode of RFC 3492).
 *
 * ann@bücher.example and ann@xn--bcher-kva.example are one address, so every address that is read becomes the second one,
 * and a relay without SMTPUTF8 takes what we send there. Letters are folded to small ones; no other mapping of UTS 46 is
 * made, since mailers send domains as they are registered. A local part beyond ASCII stays as it is. Makes no problems.
 */
#include "mail_private.h"

#define LABEL_MOST 63                    /* bytes of a label, RFC 1035 section 2.3.4 */

enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, BIAS = 72, FIRST = 128 };

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;
	delta = first ? delta / DAMP : delta / 2;
	for (delta += delta / points; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
		delta /= BASE - T_MIN;
	return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static char digit(uint32_t value)
{
	return (char)(value < 26 ? 'a' + value : '0' + value - 26);
}

/* One number as digits of a variable base. */
static void put_number(struct buffer *out, uint32_t number, uint32_t bias)
{
	for (uint32_t k = BASE;; k += BASE) {
		uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
		if (number < t) {
			buffer_add_char(out, digit(number));
			return;
		}
		buffer_add_char(out, digit(t + (number - t) % (BASE - t)));
		number = (number - t) / (BASE - t);
	}
}

/* RFC 3492 section 6.3; a label has at most LABEL_MOST points, so nothing overflows. */
static void punycode(struct buffer *out, const uint32_t *points, uint32_t count)
{
	uint32_t n = FIRST, delta = 0, bias = BIAS, basic = 0;
	for (uint32_t i = 0; i < count; i++)
		if (points[i] < FIRST)
			buffer_add_char(out, (char)points[i]), basic++;
	if (basic)
		buffer_add_char(out, '-');
	for (uint32_t done = basic; done < count; delta++, n++) {
		uint32_t least = UINT32_MAX;
		for (uint32_t i = 0; i < count; i++)
			if (points[i] >= n && points[i] < least)
				least = points[i];
		delta += (least - n) * (done + 1);
		n = least;
		for (uint32_t i = 0; i < count; i++) {
			delta += points[i] < n;
			if (points[i] != n)
				continue;
			put_number(out, delta, bias);
			bias = adapt(delta, done + 1, done == basic);
			delta = 0;
			done++;
		}
	}
}

static bool add_label(struct buffer *out, struct span label)
{
	uint32_t points[LABEL_MOST], count = 0;
	size_t size;
	if (mail_charset_is_ascii(label.at, label.length)) {
		buffer_add(out, label.at, label.length);
		return true;
	}
	for (size_t i = 0; i < label.length; i += size) {
		if (count == LABEL_MOST || (size = utf8_decode(label.at + i, label.length - i, &points[count])) == 0)
			return false;
		points[count] = mail_code_fold(points[count]);
		count++;
	}
	buffer_add_string(out, "xn--");
	punycode(out, points, count);
	return true;
}

const char *mail_address_with_ascii_domain(struct arena *arena, const char *address)
{
	const char *sign = strrchr(address, '@');
	if (!sign || mail_charset_is_ascii(sign, strlen(sign)) || !mail_charset_is_ascii(address, (size_t)(sign - address)) || strlen(sign) > LIMIT_ADDRESS)
		return address;
	struct buffer out CLEANUP_BUFFER;
	buffer_init(&out);
	buffer_add(&out, address, (size_t)(sign - address) + 1);
	for (const char *at = sign + 1;; at++) {
		size_t length = strcspn(at, ".");
		if (!add_label(&out, (struct span){ at, length }))
			return address;
		at += length;
		if (!*at)
			break;
		buffer_add_char(&out, '.');
	}
	return arena_string(arena, buffer_string(&out));
}
