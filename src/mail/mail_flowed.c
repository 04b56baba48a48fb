/*
 * mail_flowed.c - format=flowed text (RFC 3676) as it was before the mailer cut it into lines.
 *
 * A line that ends with a blank goes on in the next one of the same quote depth; the blank goes too with DelSp=yes; a
 * stuffed first blank is taken off; "-- " is never joined (section 4.3). Quote marks stay as they are written.
 * May not rewrap or add anything. Makes no problems.
 */
#include "mail_private.h"

struct flow { size_t depth; struct span text; bool soft, separator; };

static struct flow read_line(struct span line, bool delsp)
{
	struct flow flow = { 0 };
	if (line.length && line.at[line.length - 1] == '\r')
		line.length--;
	while (flow.depth < line.length && line.at[flow.depth] == '>')
		flow.depth++;
	line.at += flow.depth;
	line.length -= flow.depth;
	if (line.length && line.at[0] == ' ')
		line.at++, line.length--;
	flow.separator = line.length == 3 && memcmp(line.at, "-- ", 3) == 0;
	flow.soft = line.length && line.at[line.length - 1] == ' ' && !flow.separator;
	if (flow.soft && delsp)
		line.length--;
	flow.text = line;
	return flow;
}

struct span mail_flowed_unwrap(struct arena *arena, struct span text, bool delsp)
{
	size_t room = text.length + 2, n = 0, depth = 0;
	for (size_t i = 0; i < text.length; i++)
		room += text.at[i] == '\n' || text.at[i] == '>';
	char *out = arena_alloc(arena, room);
	bool open = false;
	for (size_t at = 0; at < text.length;) {
		const char *end = memchr(text.at + at, '\n', text.length - at);
		size_t length = end ? (size_t)(end - text.at) - at : text.length - at;
		struct flow flow = read_line((struct span){ text.at + at, length }, delsp);
		at += length + (end != NULL);
		bool joined = open && depth == flow.depth && !flow.separator;
		if (open && !joined)
			out[n++] = '\n';
		if (!joined) {
			memset(out + n, '>', flow.depth);
			n += flow.depth;
			if (flow.depth && flow.text.length)
				out[n++] = ' ';
		}
		memcpy(out + n, flow.text.at, flow.text.length);
		n += flow.text.length;
		open = flow.soft && end;
		depth = flow.depth;
		if (!open && end)
			out[n++] = '\n';
	}
	return (struct span){ out, n };
}
