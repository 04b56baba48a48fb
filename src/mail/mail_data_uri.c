/*
 * mail_data_uri.c - pictures that stand in the page itself (RFC 2397): <img src="data:image/png;base64,...">.
 *
 * People paste screenshots so. Each becomes an attachment, in its order, and the page is shown without it. Only images in
 * base64 that are quoted values of an attribute; what is smaller than LEAST is an ornament. One pass, each byte read once.
 * May not touch a picture of a style sheet. Problems: more pictures than LIMIT_DATA_PICTURES.
 */
#include "mail_private.h"

#include <stdio.h>

#define LEAST 100                        /* encoded bytes: a tracking pixel or a dot is no picture */
#define TYPE_MAX 40                      /* bytes of "image/svg+xml" */

static int hex(char c)
{
	c = lower(c);
	return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Base64 in a URL: blanks are noise, %2B, %2F and %3D may stand for its signs. */
static struct span decode(struct arena *arena, struct span in)
{
	char *out = arena_room(arena, in.length + 1);
	size_t n = 0;
	unsigned bits = 0, have = 0;
	for (size_t i = 0; i < in.length; i++) {
		char c = in.at[i];
		if (c == '%' && i + 2 < in.length && hex(in.at[i + 1]) >= 0 && hex(in.at[i + 2]) >= 0) {
			c = (char)(hex(in.at[i + 1]) * 16 + hex(in.at[i + 2]));
			i += 2;
		}
		int value = mail_base64_value(c);
		if (value < 0)
			continue;
		bits = bits << 6 | (unsigned)value;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (char)(bits >> have & 0xFF);
		}
	}
	return (struct span){ out, n };
}

/* The type and the encoded bytes of what begins at "data:"; false: no picture in base64. */
static bool picture_at(struct arena *arena, struct span rest, const char **type, struct span *encoded)
{
	size_t head = 5, comma;
	while (head < rest.length && head < TYPE_MAX && (is_alpha(rest.at[head]) || is_digit(rest.at[head]) || strchr("/+-.", rest.at[head])))
		head++;
	for (comma = head; comma < rest.length && comma < head + 80 && rest.at[comma] != ',' && rest.at[comma] != '"' && rest.at[comma] != '\''; comma++)
		;
	if (comma >= rest.length || rest.at[comma] != ',' || comma < 8 || !span_has_nocase((struct span){ rest.at + head, comma - head }, ";base64"))
		return false;
	*type = text_lower(arena, arena_copy(arena, rest.at + 5, head - 5));
	size_t end = comma + 1;
	while (end < rest.length && rest.at[end] != '"' && rest.at[end] != '\'' && rest.at[end] != '>' && rest.at[end] != '<')
		end++;
	*encoded = (struct span){ rest.at + comma + 1, end - comma - 1 };
	return true;
}

/* Between "<" of an <img> and here nothing but the attributes before: quoted values are not looked into. */
static bool in_image_tag(struct span html, const char *at)
{
	const char *floor = at - html.at > 2000 ? at - 2000 : html.at;
	const char *open = memrchr(floor, '<', (size_t)(at - floor));
	return open && mail_span_starts_nocase((struct span){ open, html.length - (size_t)(open - html.at) }, "<img") && !memchr(open, '>', (size_t)(at - open));
}

/* The number that it has as an attachment; 0: none. */
static size_t add(struct walk *walk, const char *type, struct span encoded)
{
	if (encoded.length < LEAST)
		return 0;
	if (++walk->pictures > LIMIT_DATA_PICTURES) {
		mail_problem_add(walk->arena, walk->problems, "more than %d pictures in the page itself; the others are only in the raw mail", LIMIT_DATA_PICTURES);
		return 0;
	}
	bool needed = walk->wanted ? walk->number + 1 == walk->wanted : !walk->light;
	mail_attachment_add_bytes(walk, "", type, "", needed ? decode(walk->arena, encoded) : (struct span){ "", 0 });
	if (!walk->wanted)
		walk->mail->attachments.at[walk->mail->attachments.count - 1].inline_ = true;
	return walk->number;
}

struct span mail_data_pictures_take(struct walk *walk, struct span html)
{
	const char *at = mail_span_find_nocase(html, "data:image/");
	if (!at)
		return html;
	char *out = arena_room(walk->arena, html.length + 1);
	size_t n = 0, from = 0;
	while (at && !arena_spent(walk->arena)) {
		size_t start = (size_t)(at - html.at), stop = start + 5;
		struct span encoded;
		const char *type;
		memcpy(out + n, html.at + from, start - from);
		n += start - from;
		if (in_image_tag(html, at) && picture_at(walk->arena, (struct span){ at, html.length - start }, &type, &encoded)) {
			size_t number = add(walk, type, encoded);
			if (walk->pages && number)       /* the encoded picture was at least LEAST bytes: there is room */
				n += (size_t)snprintf(out + n, LEAST, PICTURE_MARK "%zu", number);
			stop = (size_t)(encoded.at - html.at) + encoded.length;
		} else {
			memcpy(out + n, at, 5);
			n += 5;
		}
		from = stop;
		at = mail_span_find_nocase((struct span){ html.at + from, html.length - from }, "data:image/");
	}
	memcpy(out + n, html.at + from, html.length - from);
	return (struct span){ out, n + html.length - from };
}
