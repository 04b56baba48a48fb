/*
 * mail_forward.c - a mail that a person forwards: who wrote the original, its subject, its text, and the words above it.
 *
 * Inline: a "Forwarded message" line, or where the subject says Fwd a block of From/Date/Subject/To (mail_forward_block.c) or Outlook's
 * "On ..., Ann <ann@example.org> wrote:"; quote marks before it are taken off. As attachment: the first message/rfc822 of a mail whose
 * subject says Fwd or whose own text is short. May not trust what it finds: it is what the forwarder's mailer wrote. Makes no problems.
 */
#include "mail_client_words.h"
#include "mail_reply.h"

#define NESTED_HEAD (64 * 1024)

/* Lines without one quote mark, which some clients put before what they forward. */
static struct lines unquoted(struct arena *arena, const struct lines *lines, size_t from, size_t to)
{
	struct lines out = { .at = ARENA_ARRAY(arena, struct line, to - from + 1) };
	for (size_t i = from; i < to; i++) {
		struct line line = lines->at[i];
		struct span text = line.text;
		while (text.length && text.at[0] == ' ')
			text.at++, text.length--;
		if (text.length && text.at[0] == '>') {
			line.text = (struct span){ text.at + 1, text.length - 1 };
			if (line.text.length && line.text.at[0] == ' ')
				line.text.at++, line.text.length--;
		}
		line.kind = LINE_TEXT;
		line.quote = 0;
		line.attribution_start = false;
		out.at[out.count++] = line;
	}
	mail_lines_classify(&out);
	return out;
}

static bool is_rule(const struct line *line)
{
	return line->kind == LINE_RULE || line->kind == LINE_SIGNATURE || mail_rule_of(line->text, 3);
}

static struct span bare(struct span text)
{
	while (text.length && (text.at[0] == '>' || text.at[0] == ' '))
		text.at++, text.length--;
	return text;
}

/* Is there nothing to read: no word, or marks of a quote alone? */
static bool says_nothing(const struct line *line)
{
	return line->kind == LINE_EMPTY || !bare(line->text).length;
}

/* The lines as one text, without empty ones and rules at its end. */
static const char *join_lines(struct arena *arena, const struct lines *lines, size_t from, size_t to, bool own)
{
	while (own && to > from && (says_nothing(&lines->at[to - 1]) || is_rule(&lines->at[to - 1])))
		to--;
	size_t room = 1, n = 0;
	for (size_t i = from; i < to; i++)
		room += lines->at[i].text.length + 1;
	char *out = arena_room(arena, room);
	for (size_t i = from; i < to; i++) {
		memcpy(out + n, lines->at[i].text.at, lines->at[i].text.length);
		n += lines->at[i].text.length;
		out[n++] = '\n';
	}
	return text_trim(mail_lines_trimmed(out, n));
}

/* Where a forward begins, and how. */
struct beginning { size_t at; bool said, quoted, delimited, introduced; };

static size_t next_shown(const struct lines *lines, size_t i)
{
	while (i < lines->count && lines->at[i].kind == LINE_EMPTY)
		i++;
	return i;
}

static size_t next_said(const struct lines *lines, size_t i)
{
	while (i < lines->count && says_nothing(&lines->at[i]))
		i++;
	return i;
}

/* A block behind quote marks: its first line and two more of the next five are headers. dashed: below "---- words ----", in any language. */
static bool quoted_block(const struct lines *lines, size_t i, bool dashed)
{
	size_t headers = 0;
	bool address = !dashed;
	for (size_t n = 0; n < 6 && i + n < lines->count && lines->at[i + n].kind == LINE_QUOTED; n++) {
		struct span value;
		bool found = false;
		mail_header_line(lines->at[i + n].text, &value, &found);
		if (!found && dashed)
			found = mail_labelled_line(lines->at[i + n].text, &value);
		if (n == 0 && !found)
			return false;
		address = address || (found && memchr(value.at, '@', value.length));
		headers += found;
	}
	return headers >= 3 && address;
}

/* "On ..., Ann <ann@example.org> wrote:" above the original. */
static bool introduces(const struct lines *lines, size_t i)
{
	for (size_t n = i; lines->at[i].attribution_start && n < lines->count && lines->at[n].kind == LINE_ATTRIBUTION; n++)
		if (memchr(lines->at[n].text.at, '@', lines->at[n].text.length))
			return true;
	return false;
}

static bool find_beginning(const struct lines *lines, bool subject_says, struct beginning *found)
{
	for (size_t i = 0; i < lines->count; i++) {
		const struct line *line = &lines->at[i];
		bool mark = false;
		*found = (struct beginning){ .at = i, .quoted = line->kind == LINE_QUOTED };
		bool delimits = found->quoted && subject_says && mail_delimiter_line(bare(line->text), &mark);
		found->said = line->kind == LINE_FORWARD || (delimits && mark);
		if (found->said)
			return true;
		if (!subject_says)
			continue;
		bool dashed = found->quoted && mail_dashed_line(bare(line->text));
		if ((dashed || (line->kind == LINE_TEXT && mail_dashed_line(line->text))) && mail_block_torn(NULL, lines, i + 1, NULL)) {
			found->delimited = true;
			return true;
		}
		found->delimited = line->kind == LINE_DELIMITER || ((delimits || dashed) && quoted_block(lines, next_said(lines, i + 1), dashed));
		if (found->delimited || (line->kind == LINE_HEADER && mail_header_block(lines, i)) || (found->quoted && quoted_block(lines, i, false)))
			return true;
		found->introduced = introduces(lines, i);
		if (found->introduced)
			return true;
	}
	return false;
}

/* The lines of the original that stand behind quote marks end with these; one that lost its mark between two others is of them. */
static size_t quoted_end(const struct lines *lines, size_t i)
{
	size_t end = i;
	for (; i < lines->count; i++) {
		bool lost = i && i + 1 < lines->count && lines->at[i - 1].kind == LINE_QUOTED && lines->at[i + 1].kind == LINE_QUOTED;
		if (lines->at[i].kind == LINE_QUOTED)
			end = i + 1;
		else if (lines->at[i].kind != LINE_EMPTY && !lost)
			break;
	}
	return end;
}

/* The name and address of "On Monday, "Ann Lee" <ann@example.org> wrote:", and the line behind it. */
static size_t read_introduction(struct arena *arena, const struct lines *lines, size_t i, struct mail_forward *forward)
{
	size_t room = 1, n = 0, end = i;
	for (; end < lines->count && lines->at[end].kind == LINE_ATTRIBUTION; end++)
		room += lines->at[end].text.length + 1;
	char *joined = arena_room(arena, room);
	for (; i < end; i++) {
		memcpy(joined + n, lines->at[i].text.at, lines->at[i].text.length);
		n += lines->at[i].text.length;
		joined[n++] = ' ';
	}
	mail_introduction_sender(arena, (struct span){ joined, n }, &forward->from);
	return end;
}

/* Without its Fwd:, for a mail whose original tells no subject. */
static const char *subject_inside(const char *subject)
{
	size_t prefix = mail_subject_forward_prefix(subject);
	return subject + prefix + strspn(subject + prefix, " ");
}

#define BLOCK_WITHIN 200                 /* lines in which a block is looked for by its subject */

/* A block in a language that nobody knows, told by the subject or by a drawn line, and above it at most one line that may be its mark. */
static bool find_by_subject(struct arena *arena, const struct lines *lines, const char *subject, struct beginning *found)
{
	struct lines copy = { ARENA_ARRAY(arena, struct line, lines->count), lines->count };
	memcpy(copy.at, lines->at, lines->count * sizeof *copy.at);
	for (size_t i = 0; i < copy.count && i < BLOCK_WITHIN; i++) {
		if (!mail_block_by_subject(&copy, i, subject) && !mail_block_at_edge(&copy, i, subject))
			continue;
		size_t above = i;
		while (above && copy.at[above - 1].kind == LINE_EMPTY)
			above--;
		bool mark = above && above + 2 >= i && mail_span_starts_nocase(mail_visible_trim(copy.at[above - 1].text), "--");
		*found = (struct beginning){ .at = mark ? above - 1 : i, .delimited = mark };
		return true;
	}
	return false;
}

static bool forward_inline(struct arena *arena, const struct lines *lines, bool subject_says, const struct mail *mail, struct mail_forward *forward)
{
	struct beginning start;
	if (!find_beginning(lines, subject_says, &start) && !(subject_says && find_by_subject(arena, lines, subject_inside(mail->subject), &start)))
		return false;
	size_t first = start.at + (start.said || start.delimited), next = next_shown(lines, first);
	bool quoted = start.quoted || (next < lines->count && lines->at[next].kind == LINE_QUOTED);
	size_t end = quoted ? quoted_end(lines, next < lines->count ? next : first) : lines->count, body;
	struct lines rest;
	if (start.introduced) {
		body = read_introduction(arena, lines, start.at, forward);
		next = next_shown(lines, body);
		quoted = next < lines->count && lines->at[next].kind == LINE_QUOTED;
		end = quoted ? quoted_end(lines, next) : lines->count;
		rest = unquoted(arena, lines, body, end);
		body = 0;
	} else if (start.said && mail_block_glued(arena, mail_behind_mark(lines->at[start.at].text), forward)) {
		rest = unquoted(arena, lines, first, end);
		body = 0;
	} else {
		rest = unquoted(arena, lines, first, end < first ? first : end);
		mail_block_by_shape(&rest, 0, subject_inside(mail->subject));
		body = mail_block_read(arena, &rest, 0, subject_inside(mail->subject), forward);
		if (end < lines->count && next_said(&rest, body) == rest.count) {
			end = lines->count;                              /* a page whose header lines alone are marked as a quote */
			rest = unquoted(arena, lines, first, end);
			mail_block_by_shape(&rest, 0, subject_inside(mail->subject));
			body = mail_block_read(arena, &rest, 0, subject_inside(mail->subject), forward);
		}
	}
	size_t torn = !*forward->from.address && start.delimited ? mail_block_torn(arena, &rest, 0, forward) : 0;
	body = torn ? torn : body;
	if (!*forward->from.address && !start.said)
		return false;
	if (!*forward->subject && subject_says)
		forward->subject = arena_string(arena, subject_inside(mail->subject));
	forward->is_forward = true;
	forward->text = join_lines(arena, &rest, body, rest.count, false);
	const char *above = join_lines(arena, lines, 0, start.at, true), *below = join_lines(arena, lines, end, lines->count, true);
	forward->comment = *above && *below ? arena_printf(arena, "%s\n\n%s", above, below) : *above ? above : below;
	return true;
}

static bool forward_attached(struct walk *walk, const char *text, struct mail_forward *forward)
{
	bool cut, limit;
	if (!walk->nested || strcmp(walk->nested->type, "message/rfc822") != 0)
		return false;
	struct span bytes = mail_part_bytes(walk->arena, walk->source, walk->nested, NESTED_HEAD, &cut);
	struct fields fields = { 0 };
	size_t body = mail_head_cut(walk->arena, bytes, &fields, &limit, NULL);
	struct mail_addresses from = mail_addresses_parse(walk->arena, mail_field_value(&fields, "From"), NULL, NULL);
	if (!from.count || !*from.at[0].address)
		return false;
	forward->is_forward = true;
	forward->from = from.at[0];
	forward->subject = mail_header_decode(walk->arena, mail_field_value(&fields, "Subject"), NULL, NULL);
	forward->comment = text;
	struct mail_source nested = { .data = bytes.at, .size = bytes.length, .fd = -1 };
	struct head head = { .fields = fields, .body = body };
	struct mail inner = { .text = "" };
	struct strings ignored = { 0 };
	struct walk inside = { .arena = walk->arena, .source = &nested, .problems = &ignored, .mail = &inner, .wanted = SIZE_MAX, .text_most = walk->text_most };
	buffer_init(&inside.text);
	inside.root = mail_parts_read(walk->arena, &nested, &head, &ignored);
	mail_walk_parts(&inside);
	forward->text = mail_marks_strip(walk->arena, buffer_string(&inside.text));
	buffer_fini(&inside.text);
	return true;
}

/* Does the subject begin with Fwd, or with a VS that is either, where nothing is answered? */
static bool subject_says_forward(const struct mail *mail)
{
	size_t prefix;
	if (mail_subject_forward_prefix(mail->subject) > 0)
		return true;
	return !mail->in_reply_to.count && !mail->references.count && mail_subject_is_reply(mail->subject, &prefix) && mail_subject_is_forward(mail->subject);
}

void mail_forward_read(struct walk *walk, const struct lines *lines)
{
	struct mail *mail = walk->mail;
	if (mail->kind != MAIL_REQUEST && mail->kind != MAIL_REPLY)
		return;
	bool says = subject_says_forward(mail);
	struct mail_forward forward = mail->forward;
	if (forward_inline(walk->arena, lines, says, mail, &forward))
		mail->forward = forward;
}

void mail_forward_read_attached(struct walk *walk)
{
	struct mail *mail = walk->mail;
	if (mail->forward.is_forward || !walk->nested || (mail->kind != MAIL_REQUEST && mail->kind != MAIL_REPLY))
		return;
	if (mail_subject_is_forward(mail->subject) || strlen(mail->reply_text) < 400)
		forward_attached(walk, mail->reply_text, &mail->forward);
}
