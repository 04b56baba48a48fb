/*
 * mail_forward.c - a mail that a person forwards: who wrote the original, its subject, its text, and the words above it.
 *
 * Inline: a "Forwarded message" line or, with Fwd: in the subject, a block of From/Date/Subject/To; quote marks before
 * it are taken off. As attachment: the first message/rfc822 of a mail whose subject says Fwd or whose own text is short.
 * May not trust what it finds: it is what the forwarder's mailer wrote. Makes no problems.
 */
#include "mail_reply.h"

#define NESTED_HEAD (64 * 1024)

static const struct mail_address nobody = { "", "" };

/* Lines without the quote marks that some clients put before what they forward. */
static struct lines unquoted(struct arena *arena, const struct lines *lines, size_t from)
{
	struct lines out = { .at = ARENA_ARRAY(arena, struct line, lines->count - from + 1) };
	for (size_t i = from; i < lines->count; i++) {
		struct line line = lines->at[i];
		while (line.text.length && (line.text.at[0] == '>' || line.text.at[0] == ' '))
			line.text.at++, line.text.length--;
		line.kind = LINE_TEXT;
		line.quote = 0;
		out.at[out.count++] = line;
	}
	lines_classify(&out);
	return out;
}

static struct mail_address address_in(struct arena *arena, struct span value)
{
	/* Mailers write "Ann Lee [mailto:ann@example.org]" and "Ann Lee (ann@example.org)". */
	char *copy = arena_copy(arena, value.at, value.length);
	char *open = strpbrk(copy, "[(");
	struct mail_addresses list = { 0 };
	if (open && strchr(open, '@')) {
		*open++ = '\0';
		open[strcspn(open, "])")] = '\0';
		list = addresses_parse(arena, span_of(open), "utf-8", NULL);
		if (list.count && *copy)
			list.at[0].name = text_trim(copy);
	} else {
		list = addresses_parse(arena, value, "utf-8", NULL);
	}
	for (size_t i = 0; i < list.count; i++)
		if (address_plausible(list.at[i].address, strlen(list.at[i].address)))
			return list.at[i];
	return nobody;
}

static const char *join_lines(struct arena *arena, const struct lines *lines, size_t from, size_t to)
{
	struct buffer out CLEANUP_BUFFER;
	buffer_init(&out);
	for (size_t i = from; i < to; i++) {
		buffer_add(&out, lines->at[i].text.at, lines->at[i].text.length);
		buffer_add_char(&out, '\n');
	}
	return text_trim(arena_copy(arena, out.length ? out.at : "", out.length));
}

/* Reads the header lines from `at` on; returns the line behind them. */
static size_t read_block(struct arena *arena, const struct lines *lines, size_t at, struct mail_forward *forward)
{
	size_t i = at, gap = 0;
	enum header_word last = HEADER_OTHER;
	for (; i < lines->count; i++) {
		struct span value;
		bool found;
		enum header_word word = header_line(lines->at[i].text, &value, &found);
		if (lines->at[i].kind == LINE_EMPTY) {
			if (++gap > 1 || forward->from.address[0])
				break;
			continue;
		}
		if (!found && (last == HEADER_OTHER || i - at > 20))
			break;
		gap = 0;
		if (found && word == HEADER_FROM && !*forward->from.address)
			forward->from = address_in(arena, value);
		if (found && word == HEADER_SUBJECT && !*forward->subject)
			forward->subject = arena_copy(arena, value.at, value.length);
		last = found ? word == HEADER_OTHER ? HEADER_TO : word : last;
	}
	return i;
}

static bool forward_inline(struct arena *arena, const struct lines *lines, bool subject_says, struct mail_forward *forward)
{
	size_t at = 0;
	bool said = false;
	for (; at < lines->count && !said; at++) {
		bool mark;
		struct span bare = lines->at[at].text;
		while (bare.length && (bare.at[0] == '>' || bare.at[0] == ' '))
			bare.at++, bare.length--;
		if (lines->at[at].kind == LINE_FORWARD || (lines->at[at].kind == LINE_QUOTED && subject_says && delimiter_line(bare, &mark) && mark))
			said = true;
		else if (subject_says && (lines->at[at].kind == LINE_DELIMITER || (lines->at[at].kind == LINE_HEADER && header_block(lines, at))))
			break;
	}
	if (at >= lines->count || (!said && !subject_says))
		return false;
	size_t start = said ? at - 1 : at;
	struct lines rest = unquoted(arena, lines, start);
	size_t first = said || lines->at[start].kind == LINE_DELIMITER ? 1 : 0;
	while (first < rest.count && rest.at[first].kind == LINE_EMPTY)
		first++;
	size_t body = read_block(arena, &rest, first, forward);
	if (!*forward->from.address && !said)
		return false;
	forward->is_forward = true;
	forward->text = join_lines(arena, &rest, body, rest.count);
	forward->comment = join_lines(arena, lines, 0, start);
	return true;
}

static bool forward_attached(struct walk *walk, const char *text, struct mail_forward *forward)
{
	bool cut, limit;
	if (!walk->nested || strcmp(walk->nested->type, "message/rfc822") != 0)
		return false;
	struct span bytes = part_bytes(walk->arena, walk->source, walk->nested, NESTED_HEAD, &cut);
	struct fields fields = { 0 };
	size_t body = head_cut(walk->arena, bytes, &fields, &limit, NULL);
	struct mail_addresses from = addresses_parse(walk->arena, field_value(&fields, "From"), NULL, NULL);
	if (!from.count || !*from.at[0].address)
		return false;
	forward->is_forward = true;
	forward->from = from.at[0];
	forward->subject = header_decode(walk->arena, field_value(&fields, "Subject"), NULL, NULL);
	forward->comment = text;
	struct mail_source nested = { .data = bytes.at, .size = bytes.length, .fd = -1 };
	struct head head = { .fields = fields, .body = body };
	struct mail inner = { .text = "" };
	struct strings ignored = { 0 };
	struct walk inside = { .arena = walk->arena, .source = &nested, .problems = &ignored, .mail = &inner, .wanted = SIZE_MAX, .text_most = walk->text_most };
	buffer_init(&inside.text);
	inside.root = parts_read(walk->arena, &nested, &head, &ignored);
	walk_parts(&inside);
	forward->text = marks_strip(walk->arena, buffer_string(&inside.text));
	buffer_fini(&inside.text);
	return true;
}

void forward_read(struct walk *walk, const struct lines *lines)
{
	struct mail *mail = walk->mail;
	struct mail_forward *forward = &mail->forward;
	if (mail->kind != MAIL_REQUEST && mail->kind != MAIL_REPLY)
		return;
	bool says = subject_is_forward(mail->subject);
	if (says || mail->kind == MAIL_REQUEST || memmem(mail->text, strlen(mail->text), "---", 3))
		if (forward_inline(walk->arena, lines, says, forward))
			return;
	if (walk->nested && (says || strlen(mail->reply_text) < 400))
		forward_attached(walk, mail->reply_text, forward);
}
