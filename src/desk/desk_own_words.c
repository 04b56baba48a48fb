/*
 * desk_own_words.c - what an agent wrote himself in an answer to a notice, and what in it is the notice.
 *
 * We sent the notice, so its text is known (incoming.known): only what stands in it, and the lines by which a mail program introduces it, is
 * dropped as a quote, whatever the layout and the language (desk_shown_words.c). Words of the
 * customer that the agent quotes to answer between them stay; words of the house (instructions, addresses, commands) never do.
 * What the general splitter of quotes (mail.reply_text) would take away beyond that is not dropped in silence: behind the notice it stays,
 * elsewhere the agent is asked, since a forwarded colleague's words look the same. Linear in the mail; a notice is of bounded size.
 */
#include <stdlib.h>
#include <string.h>

#include "desk_private.h"

#define GAP_MOST     60                          /* words of a notice that a client may leave out between two lines of it */
#define BLOCK_MOST   12                          /* lines of an introduction */
#define TORN_LEAST   12                          /* letters in a row that are a note's by no accident */

struct text_line {
	const char *at; size_t length;
	int found, count;                            /* words of the notice that it is: number of the first (-1: none), and how many */
	int house, colleague;                        /* of them the house's own, and earlier words of the ticket or a note */
	bool quoted, blank, rule, token;             /* rule: of marks alone, or "-----Original Message-----" */
	bool marks;                                  /* a rule of marks alone */
	bool kept_by_reader;                         /* the splitter holds it for new, or for the signature */
	bool note;                                   /* words of a note, torn from their marks: not to go out unasked */
	bool ours;                                   /* to be dropped */
};
struct text_lines { struct text_line *at; size_t count; };

struct reading {
	struct desk_shown shown;
	struct text_lines lines;
	struct desk_note_words notes;
	bool mirrored;                               /* he answers what the mirror showed him, of which not all is known */
};

/* ---- lines ---- */

static bool is_marks(const char *at, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!strchr("-_=*>|. \t\r", at[i]))
			return false;
	return length > 0;
}

static bool is_framed(const char *at, size_t length)
{
	return length > 8 && strncmp(at, "---", 3) == 0 && strncmp(at + length - 3, "---", 3) == 0;
}

static void count_house(const struct desk_shown *shown, struct text_line *line)
{
	for (int i = 0; i < line->count; i++) {
		line->house += shown->words.at[line->found + i].speaker == DESK_SPEAKER_HOUSE;
		line->colleague += shown->words.at[line->found + i].speaker == DESK_SPEAKER_COLLEAGUE;
		line->token |= shown->words.at[line->found + i].hash == DESK_TOKEN_WORD;
	}
}

#define WORDS_A_LINE 400                         /* that are compared; a longer paragraph is told by its first ones */
static void read_line(struct reading *r, struct text_line *line, int *cursor)
{
	const char *end = line->at + line->length, *first = line->at + strspn(line->at, " \t");
	uint32_t words[WORDS_A_LINE];
	line->found = -1;
	line->quoted = first < end && (*first == '>' || *first == '|');
	line->marks = first < end && is_marks(first, (size_t)(end - first));
	line->rule = line->marks || (first < end && is_framed(first, (size_t)(end - first)));
	size_t count = desk_shown_words_of(&r->shown, line->at, line->length, words, WORDS_A_LINE, &line->token);
	line->blank = !count;
	if (!count || !r->shown.words.count)
		return;
	line->found = desk_shown_find(&r->shown, words, count, *cursor, INT32_MAX);
	if (line->found < 0)
		line->found = desk_shown_find(&r->shown, words, count, 0, *cursor);
	if (line->found < 0)
		return;
	line->count = (int)count;
	*cursor = line->found + line->count;
	count_house(&r->shown, line);
}

static void cut_lines(struct reading *r, const char *text)
{
	int cursor = 0;
	while (*text) {
		size_t length = strcspn(text, "\n");
		struct text_line *line = ARENA_PUSH(r->shown.arena, &r->lines);
		*line = (struct text_line){.at = text, .length = length};
		read_line(r, line, &cursor);
		text += length + (text[length] == '\n');
	}
}

/* ---- what the splitter keeps ---- */

static int compare_hashes(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	return left < right ? -1 : left > right;
}

static uint32_t line_hash(const char *at, size_t length)
{
	while (length && strchr(" \t\r", at[length - 1]))
		length--;
	while (length && strchr(" \t", *at))
		at++, length--;
	return hash_bytes(at, length);
}

struct hashes { uint32_t *at; size_t count; };

static void add_hashes(struct arena *arena, const char *text, struct hashes *hashes)
{
	for (; text && *text; text += strcspn(text, "\n"), text += *text == '\n')
		if (strcspn(text, "\n"))
			*ARENA_PUSH(arena, hashes) = line_hash(text, strcspn(text, "\n"));
}

/* Marks the lines that the splitter holds for new. False: its words are not lines of this text, which then tells nothing. */
static bool mark_kept(struct reading *r, const struct mail *mail)
{
	struct hashes kept = {0}, all = {0};
	add_hashes(r->shown.arena, mail->reply_text, &kept);
	add_hashes(r->shown.arena, mail->signature, &kept);
	if (kept.count)
		qsort(kept.at, kept.count, sizeof *kept.at, compare_hashes);
	for (size_t i = 0; i < r->lines.count; i++) {
		struct text_line *line = &r->lines.at[i];
		uint32_t hash = line_hash(line->at, line->length);
		*ARENA_PUSH(r->shown.arena, &all) = hash;
		line->kept_by_reader = kept.count && bsearch(&hash, kept.at, kept.count, sizeof hash, compare_hashes);
	}
	if (all.count)
		qsort(all.at, all.count, sizeof *all.at, compare_hashes);
	for (size_t i = 0; i < kept.count; i++)
		if (!all.count || !bsearch(&kept.at[i], all.at, all.count, sizeof *all.at, compare_hashes))
			return false;
	return true;
}

/* ---- what is the notice ---- */

static size_t behind_blanks(const struct text_lines *lines, size_t i)
{
	while (i < lines->count && (lines->at[i].blank && !lines->at[i].quoted))
		i++;
	return i;
}

static bool goes_on(const struct desk_shown *shown, const struct text_line *before, const struct text_line *line)
{
	int gap = line->found - (before->found + before->count);
	return line->found >= 0 && gap >= 0 && gap <= GAP_MOST && shown->words.at[line->found].copy == shown->words.at[before->found].copy;
}

/* Did he write anything behind this line? Then lines of the customer's may stand where he answers them. */
static bool writes_behind(const struct text_lines *lines, size_t i)
{
	while (++i < lines->count)
		if (!lines->at[i].blank && !lines->at[i].rule && lines->at[i].found < 0)
			return true;
	return false;
}

/* Without quote marks it is the notice where line follows on line as there, with words of the house among them that nobody writes by
 * accident; a paragraph of the customer's that the agent copied is not. Lines that the notice itself quotes may stand between them. */
static void mark_bare(struct reading *r)
{
	struct text_lines *lines = &r->lines;
	for (size_t i = 0; i < lines->count;) {
		size_t last = i, next;
		bool strong = false;
		if (lines->at[i].quoted || lines->at[i].found < 0) {
			i++;
			continue;
		}
		for (next = i; next < lines->count && (lines->at[next].blank || next == i || goes_on(&r->shown, &lines->at[last], &lines->at[next])); next++) {
			if (lines->at[next].blank)
				continue;
			strong |= !lines->at[next].quoted && (lines->at[next].house >= DESK_HOUSE_WORDS || lines->at[next].token);
			last = next;
		}
		bool whole = strong && !writes_behind(lines, i);
		for (size_t k = i; strong && k <= last; k++)
			lines->at[k].ours |= !lines->at[k].quoted || whole;
		i = last + 1;
	}
}

/* A quoted block of which half is the notice is a quote of it: what a client changed in it, or wrote above it, belongs to it. */
static void mark_block(struct text_lines *lines, size_t from, size_t to)
{
	size_t found = 0, all = 0;
	for (size_t i = from; i < to; i++) {
		all += !lines->at[i].blank;
		found += lines->at[i].found >= 0;
	}
	for (size_t i = from; found && found * 2 >= all && i < to; i++)
		lines->at[i].ours |= lines->at[i].found < 0 && !lines->at[i].kept_by_reader;
}

static void mark_quoted(struct reading *r)
{
	struct text_lines *lines = &r->lines;
	for (size_t i = 0; i < lines->count; i++) {
		struct text_line *line = &lines->at[i];
		bool broken = !line->quoted && i && i + 1 < lines->count && lines->at[i - 1].quoted && lines->at[i + 1].quoted;
		if ((!line->quoted && !broken) || line->blank)
			continue;
		if (line->found >= 0 && ((line->house + line->colleague) * 2 > line->count || !line->kept_by_reader))
			line->ours = true;
		bool customers = line->found >= 0 && !line->house && !line->colleague;
		line->ours |= (line->quoted && line->token) || (!customers && desk_note_words_have(&r->notes, line->at, line->length, 1))
		           || (line->found < 0 && desk_note_words_are_ours(&r->notes, line->at, line->length));
	}
	for (size_t i = 0, end; i < lines->count; i = end) {
		for (end = i; end < lines->count && lines->at[end].quoted; end++)
			;
		mark_block(lines, i, end);
		end += end == i;
	}
}

/* What a program tore from the line above, and did not mark at all: it goes with that line. What may be of a note, wherever it stands, is asked about. */
static void mark_torn(struct reading *r)
{
	bool below = false;
	for (size_t i = 0; i < r->lines.count; i++) {
		struct text_line *line = &r->lines.at[i], *above = i ? line - 1 : NULL;
		if (above && above->ours && !line->ours && !line->blank)
			line->ours = desk_note_words_go_on(&r->notes, above->at, above->length, line->at, line->length);
		below |= line->ours;
		line->note = below && !line->ours && !line->blank && desk_note_words_have(&r->notes, line->at, line->length, TORN_LEAST);
	}
}

/* An empty line of a quote stays only between two lines of it that stay. */
static void mark_empty(struct text_lines *lines)
{
	bool before = false, after = false;
	for (size_t i = 0; i < lines->count; i++) {
		struct text_line *line = &lines->at[i];
		if (line->quoted && line->blank)
			line->ours |= !before;
		else
			before = line->quoted && !line->ours;
	}
	for (size_t i = lines->count; i > 0; i--) {
		struct text_line *line = &lines->at[i - 1];
		if (line->quoted && line->blank)
			line->ours |= !after;
		else
			after = line->quoted && !line->ours;
	}
}

/* ---- the lines that introduce it ---- */

static bool has(const struct text_line *line, const char *words)
{
	return *words && memmem(line->at, line->length, words, strlen(words)) != NULL;
}

/* "Sent: Monday", "Odesláno: pondělí": a label of few letters before a colon. */
static bool is_labelled(const struct text_line *line)
{
	const char *colon = memchr(line->at, ':', line->length > 40 ? 40 : line->length);
	if (!colon)
		colon = memmem(line->at, line->length > 40 ? 40 : line->length, "\xEF\xBC\x9A", 3);
	return colon && colon > line->at;
}

static bool ends_in_colon(const struct text_line *line)
{
	size_t length = line->length;
	while (length && strchr(" \t\r", line->at[length - 1]))
		length--;
	return (length && line->at[length - 1] == ':') || (length > 2 && memcmp(line->at + length - 3, "\xEF\xBC\x9A", 3) == 0);
}

/* Names it what only our notice has in its header? */
static bool names_notice(const struct reading *r, const struct text_line *line)
{
	const struct desk_queue *queue = desk_queue_named(r->shown.policy, r->shown.ticket->queue);
	return desk_names_news(line->at, line->length) || has(line, r->shown.policy->name) || (queue && has(line, queue->address)) || line->token
	    || has(line, arena_printf(r->shown.arena, "[#%lld]", (long long)r->shown.ticket->id));
}

static bool introduces(const struct reading *r, const struct text_line *line)
{
	return names_notice(r, line) && (!line->kept_by_reader || ends_in_colon(line) || is_labelled(line));
}

/* The introduction that ends at line `end`, of a quote that begins below it. */
static void mark_introduction(struct reading *r, size_t start)
{
	struct text_lines *lines = &r->lines;
	size_t end = start, top, from;
	while (end && start - end < 4 && (lines->at[end - 1].blank || lines->at[end - 1].rule) && !lines->at[end - 1].ours)
		end--;
	for (top = end; top && end - top < BLOCK_MOST && !lines->at[top - 1].blank && !lines->at[top - 1].ours; top--)
		;
	for (from = top; from < end && !introduces(r, &lines->at[from]); from++)
		;
	if (from == end)                     /* nothing names us: a line or three that the splitter knows for one */
		for (from = end; from > top && end - from < 3 && ends_in_colon(&lines->at[end - 1]) && !lines->at[from - 1].kept_by_reader; from--)
			;
	while (from > top && end - from > 1 && is_labelled(&lines->at[from - 1]))
		from--;
	for (size_t i = from; i < end; i++)
		lines->at[i].ours = true;
	for (size_t i = from; from < end && i && (lines->at[i - 1].blank || lines->at[i - 1].rule); i--)
		lines->at[i - 1].ours |= lines->at[i - 1].rule;
}

static void mark_introductions(struct reading *r)
{
	for (size_t i = 0; i < r->lines.count; i++)
		if (r->lines.at[i].ours && r->lines.at[i].found >= 0 && (!i || !r->lines.at[i - 1].ours))
			mark_introduction(r, i);
}

/* ---- the outcome ---- */

static bool is_lost(const struct text_line *line)
{
	return !line->ours && !line->blank && !line->kept_by_reader && !line->marks;
}

/* Any line of the notice at all? Then what stands unmarked behind it may stay. */
static size_t last_of_notice(const struct text_lines *lines)
{
	size_t last = lines->count;
	for (size_t i = 0; i < lines->count; i++)
		if (lines->at[i].ours && lines->at[i].found >= 0)
			last = i;
	return last;
}

static const char *beginning(struct arena *arena, const struct text_line *line)
{
	return utf8_cut(arena, text_trim(arena_copy(arena, line->at, line->length)), 60);
}

static bool has_domain_of(const struct text_line *line, const char *address)
{
	const char *at = strrchr(address, '@');
	return at && has(line, at);
}

static bool names_house(const struct reading *r, const struct text_line *line)
{
	const struct desk_policy *policy = r->shown.policy;
	for (size_t i = 0; i < policy->agents.count; i++) {
		const struct desk_agent *agent = &policy->agents.at[i];
		if (has_domain_of(line, agent->email) || has(line, agent->display))
			return true;
		for (size_t k = 0; k < agent->also.count; k++)
			if (has(line, agent->also.at[k]))
				return true;
	}
	for (size_t i = 0; i < policy->queues.count; i++)
		if (has_domain_of(line, policy->queues.at[i].address))
			return true;
	return false;
}

/* Does what is lost from this line on look like somebody else's mail, of the house above all? */
static bool begins_other_mail(const struct reading *r, size_t i)
{
	const struct text_line *line = &r->lines.at[i];
	if (!is_lost(line))
		return false;
	if ((is_labelled(line) || ends_in_colon(line)) && names_house(r, line))
		return true;
	size_t next = behind_blanks(&r->lines, i + 1);
	return ends_in_colon(line) && next < r->lines.count && r->lines.at[next].quoted && is_lost(&r->lines.at[next]);
}

/* Of the mirror he may quote any message, a note of long ago, too: who quotes what is found nowhere says himself that it may leave. */
static bool is_unknown_quote(const struct reading *r, const struct text_line *line)
{
	return r->mirrored && line->quoted && line->found < 0 && !line->ours && !line->blank && !line->marks;
}

/* The first line that may not go out unasked; the count of lines: none. Lost lines that nothing introduces as somebody else's mail are the
 * agent's own, whatever the splitter takes them for; so is what stands unmarked behind the notice. */
static size_t first_doubt(const struct reading *r, bool forward)
{
	size_t last = last_of_notice(&r->lines);
	for (size_t i = 0; i < r->lines.count; i++) {
		const struct text_line *line = &r->lines.at[i];
		bool behind = i > last && last < r->lines.count;
		if (line->note || (!line->ours && has(line, "[note]")) || is_unknown_quote(r, line) || begins_other_mail(r, i)
		    || (is_lost(line) && ((behind && line->quoted) || (forward && !behind))))
			return i;
	}
	return r->lines.count;
}

/* A signature keeps its delimiter, as RFC 3676 section 4.3 writes it. */
static bool is_delimiter(const struct text_line *line)
{
	return line->length == 2 && memcmp(line->at, "--", 2) == 0;
}

static const char *join_own(const struct decision *d, struct reading *r, bool all, bool forward, const char **problem)
{
	CLEANUP_BUFFER struct buffer out;
	size_t doubt = first_doubt(r, forward);
	bool any = false;
	buffer_init(&out);
	if (!all && doubt < r->lines.count)
		*problem = desk_in_language(d, SAY_QUOTES_ELSE, beginning(r->shown.arena, &r->lines.at[doubt]), NULL, NULL);
	if (r->shown.spent)
		*problem = desk_in_language(d, SAY_TOO_ALIKE, NULL, NULL, NULL);
	for (size_t i = 0; i < r->lines.count; i++) {
		const struct text_line *line = &r->lines.at[i];
		any |= !line->ours && !line->blank && !line->quoted;
		if (!line->ours && (line->kept_by_reader || line->blank || is_lost(line)))
			buffer_printf(&out, "%.*s%s\n", (int)line->length, line->at, is_delimiter(line) ? " " : "");
	}
	return any ? text_trim(arena_string(r->shown.arena, buffer_string(&out))) : "";         /* quotes alone say nothing */
}

const char *desk_with_signature(struct arena *arena, const char *text, const char *signature)
{
	if (!*text || !signature || !*signature)
		return text;
	const char *name = strncmp(signature, "-- \n", 4) == 0 ? signature + 4 : strncmp(signature, "--\n", 3) == 0 ? signature + 3 : NULL;
	return name ? arena_printf(arena, "%s\n\n-- \n%s", text, name) : arena_printf(arena, "%s\n\n%s", text, signature);
}

/* As a third party is to see it: whatever a notice repeats of anybody's words is as a note, which does not leave, nor any torn piece of it. */
static const char *all_inside(struct arena *arena, const char *notice)
{
	CLEANUP_BUFFER struct buffer out = {0};
	bool inside = false;
	for (size_t length; *notice; notice += length) {
		length = strcspn(notice, "\n");
		length += notice[length] == '\n';
		bool theirs = *notice == '>' || *notice == '|';
		bool begins = theirs && (!inside || strncmp(notice, "| " HISTORY_DASH, strlen("| " HISTORY_DASH)) == 0);
		buffer_printf(&out, "%s%s%.*s", begins ? "| [note]:\n" : "", theirs ? "|" : "", (int)(length - theirs), notice + theirs);
		if (begins && *notice == '|')            /* its own head would end it */
			buffer_add_string(&out, "| [note]:\n");
		inside = theirs;
	}
	return arena_string(arena, buffer_string(&out));
}

static bool is_for_third_party(struct decision *d, const struct incoming *incoming)
{
	const struct clue_facts *answered = desk_agents_clue(d->facts);
	return (answered && answered->clue->token.kind == TOKEN_SIDE_AGENT) || desk_asks_third_party(d->arena, incoming->mail->reply_text);
}

const char *desk_own_words(struct decision *d, const struct incoming *incoming, const struct ticket_facts *ticket, bool all, const char **problem)
{
	const struct mail *mail = incoming->mail;
	struct reading r = {.shown = {.arena = d->arena, .policy = d->policy, .ticket = ticket}};
	const char *text = desk_with_signature(d->arena, mail->reply_text, mail->signature);
	const struct clue_facts *answered = desk_agents_clue(d->facts);
	size_t tokens = 0;
	*problem = NULL;
	r.mirrored = answered && !answered->clue->token.who;        /* an address of everybody's */
	bool third = incoming->known.count && is_for_third_party(d, incoming);
	for (size_t i = 0; i < incoming->known.count; i++) {
		const char *known = third ? all_inside(d->arena, incoming->known.at[i]) : incoming->known.at[i];
		desk_shown_add(&r.shown, (unsigned)i, known);
		desk_note_words_add(&r.notes, known);
	}
	if (r.shown.words.count || r.mirrored) {
		desk_shown_index(&r.shown);
		cut_lines(&r, mail->text);
		if (!mark_kept(&r, mail)) {
			r.lines.count = 0;
			r.lines.at = NULL;
			cut_lines(&r, text);
			for (size_t i = 0; i < r.lines.count; i++)
				r.lines.at[i].kept_by_reader = true;
		}
		mark_bare(&r);
		mark_quoted(&r);
		mark_torn(&r);
		mark_introductions(&r);
		mark_empty(&r.lines);
		text = join_own(d, &r, all, mail->forward.is_forward, problem);
	}
	desk_note_words_fini(&r.notes);
	text = desk_without_house_tokens(d->arena, d->policy, ticket->id, desk_queue_of(d, ticket)->address, text, &tokens);
	if (tokens && !*problem && (!r.shown.words.count || last_of_notice(&r.lines) == r.lines.count))
		*problem = desk_in_language(d, SAY_QUOTES_TOKENS, NULL, NULL, NULL);
	return text;
}
