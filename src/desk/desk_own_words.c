/*
 * desk_own_words.c - what an agent wrote himself in an answer to a notice, and what in it is the notice.
 *
 * We sent the notice, so its text is known (incoming.known): only what stands in it, and the lines by which a mail program introduces it, is
 * dropped as a quote, whatever the layout and the language. Compared are words, not lines: clients wrap, mark and translate. Words of the
 * customer that the agent quotes to answer between them stay; words of the house (instructions, addresses, commands) never do.
 * What the general splitter of quotes (mail.reply_text) would take away beyond that is not dropped in silence: behind the notice it stays,
 * elsewhere the agent is asked, since a forwarded colleague's words look the same. Linear in the mail; a notice is of bounded size.
 */
#include <stdlib.h>
#include <string.h>

#include "desk_private.h"

#define STEPS_MOST   2000000                     /* comparisons of one mail; what is left then counts as the agent's own */
#define GAP_MOST     60                          /* words of a notice that a client may leave out between two lines of it */
#define BLOCK_MOST   12                          /* lines of an introduction */
#define TORN_LEAST   12                          /* letters in a row that are a note's by no accident */
#define HOUSE_WORDS  5                           /* that many words of the house in a row are no accident */
#define TOKEN_WORD   1u                          /* stands for any signed address of the house */
#define TOKEN_LETTERS 27

enum speaker { HOUSE, CUSTOMER, COLLEAGUE };
struct word { uint32_t hash; int next; unsigned copy; enum speaker speaker; };
struct notice {
	struct { struct word *at; size_t count; } words;
	int *first; uint32_t mask;                   /* by hash; words of the same place chained by `next`, in order */
	long steps;
};

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
	struct arena *arena;
	const struct desk_policy *policy;
	const struct ticket_facts *ticket;
	struct notice notice;
	struct text_lines lines;
	struct desk_note_words notes;
};

/* ---- words ---- */

static bool is_edge(char byte)
{
	return strchr("<>()[]{}*_\"'|,;:.!?=", byte) != NULL && byte;
}

/* Bytes of the blank that stands here; 0: none. A no-break blank ("De :" in French) is one, too: programs make common ones of it. */
static size_t blank_at(const char *at, const char *end)
{
	if (strchr(" \t\r\n", *at))
		return 1;
	if (end - at >= 2 && memcmp(at, "\xC2\xA0", 2) == 0)
		return 2;
	return end - at >= 3 && memcmp(at, "\xE2\x80\xAF", 3) == 0 ? 3 : 0;
}

/* The next word of [at, end) without the marks around it. False: no more. */
static bool next_word(const char **at, const char *end, const char **word, size_t *length)
{
	while (*at < end) {
		for (size_t blank; *at < end && (blank = blank_at(*at, end)) > 0;)
			*at += blank;
		const char *start = *at;
		while (*at < end && !blank_at(*at, end))
			++*at;
		const char *stop = *at;
		while (start < stop && is_edge(*start))
			start++;
		while (stop > start && is_edge(stop[-1]))
			stop--;
		if (stop > start) {
			*word = start;
			*length = (size_t)(stop - start);
			return true;
		}
	}
	return false;
}

/* Without case; a link that a program made of an address beside it is no word. 0: to be skipped. */
static uint32_t hash_of_word(struct reading *r, const char *word, size_t length)
{
	size_t start, size;
	if (length >= TOKEN_LETTERS && desk_find_house_token(r->policy, r->ticket->id, arena_copy(r->arena, word, length), &start, &size))
		return TOKEN_WORD;
	if (length > 7 && strncasecmp(word, "mailto:", 7) == 0)
		return 0;
	uint32_t hash = HASH_START;
	for (size_t i = 0; i < length; i++)
		hash = hash_byte(hash, (unsigned char)(word[i] >= 'A' && word[i] <= 'Z' ? word[i] + 32 : word[i]));
	return hash > TOKEN_WORD ? hash : hash + 2;
}

static void add_word(struct reading *r, unsigned copy, enum speaker speaker, const char *word, size_t length, uint32_t *before)
{
	uint32_t hash = hash_of_word(r, word, length);
	if (hash && !(hash == TOKEN_WORD && *before == TOKEN_WORD))
		*ARENA_PUSH(r->arena, &r->notice.words) = (struct word){hash, -1, copy, speaker};
	*before = hash;
}

/* What stands behind ">" in our notice are the customer's words, behind "|" what went before, notes among it; all else is the house's. */
static void add_notice(struct reading *r, unsigned copy, const char *text)
{
	uint32_t before = 0;
	while (*text) {
		size_t length = strcspn(text, "\n");
		const char *at = text, *end = text + length, *word;
		size_t size;
		enum speaker speaker = *text == '>' ? CUSTOMER : *text == '|' ? COLLEAGUE : HOUSE;
		while (next_word(&at, end, &word, &size))
			add_word(r, copy, speaker, word, size, &before);
		text += length + (text[length] == '\n');
	}
}

static void index_words(struct reading *r)
{
	struct notice *notice = &r->notice;
	size_t size = 64;
	while (size < notice->words.count * 2)
		size *= 2;
	notice->mask = (uint32_t)size - 1;
	notice->first = ARENA_ARRAY(r->arena, int, size);
	memset(notice->first, 0xff, size * sizeof *notice->first);
	for (size_t i = notice->words.count; i > 0; i--) {
		int *first = &notice->first[hash_spread(notice->words.at[i - 1].hash) & notice->mask];
		notice->words.at[i - 1].next = *first;
		*first = (int)i - 1;
	}
}

static bool is_at(struct notice *notice, int place, const uint32_t *words, size_t count)
{
	for (size_t i = 0; i < count; i++, notice->steps++)
		if ((size_t)place + i >= notice->words.count || notice->words.at[(size_t)place + i].hash != words[i]
		    || notice->words.at[(size_t)place + i].copy != notice->words.at[place].copy)
			return false;
	return true;
}

/* Where these words stand in the notice, at `from` or behind it; -1: nowhere. */
static int find_words(struct notice *notice, const uint32_t *words, size_t count, int from)
{
	for (int place = notice->first[hash_spread(words[0]) & notice->mask]; place >= 0; place = notice->words.at[place].next, notice->steps++) {
		if (notice->steps > STEPS_MOST)
			return -1;
		if (place >= from && is_at(notice, place, words, count))
			return place;
	}
	return -1;
}

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

static void count_house(const struct notice *notice, struct text_line *line)
{
	for (int i = 0; i < line->count; i++) {
		line->house += notice->words.at[line->found + i].speaker == HOUSE;
		line->colleague += notice->words.at[line->found + i].speaker == COLLEAGUE;
		line->token |= notice->words.at[line->found + i].hash == TOKEN_WORD;
	}
}

#define WORDS_A_LINE 400                         /* that are compared; a longer paragraph is told by its first ones */
static void read_line(struct reading *r, struct text_line *line, int *cursor)
{
	const char *at = line->at, *end = at + line->length, *word;
	uint32_t words[WORDS_A_LINE], before = 0;
	size_t count = 0, length;
	const char *first = at + strspn(at, " \t");
	line->found = -1;
	line->quoted = first < end && (*first == '>' || *first == '|');
	line->marks = first < end && is_marks(first, (size_t)(end - first));
	line->rule = line->marks || (first < end && is_framed(first, (size_t)(end - first)));
	while (count < WORDS_A_LINE && next_word(&at, end, &word, &length)) {
		uint32_t hash = hash_of_word(r, word, length);
		line->token |= hash == TOKEN_WORD;
		if (hash && !(hash == TOKEN_WORD && before == TOKEN_WORD))
			words[count++] = hash;
		before = hash;
	}
	line->blank = !count;
	if (!count || !r->notice.words.count)
		return;
	line->found = find_words(&r->notice, words, count, *cursor);
	if (line->found < 0)
		line->found = find_words(&r->notice, words, count, 0);
	if (line->found < 0)
		return;
	line->count = (int)count;
	*cursor = line->found + line->count;
	count_house(&r->notice, line);
}

static void cut_lines(struct reading *r, const char *text)
{
	int cursor = 0;
	while (*text) {
		size_t length = strcspn(text, "\n");
		struct text_line *line = ARENA_PUSH(r->arena, &r->lines);
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
	add_hashes(r->arena, mail->reply_text, &kept);
	add_hashes(r->arena, mail->signature, &kept);
	if (kept.count)
		qsort(kept.at, kept.count, sizeof *kept.at, compare_hashes);
	for (size_t i = 0; i < r->lines.count; i++) {
		struct text_line *line = &r->lines.at[i];
		uint32_t hash = line_hash(line->at, line->length);
		*ARENA_PUSH(r->arena, &all) = hash;
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

static bool goes_on(const struct notice *notice, const struct text_line *before, const struct text_line *line)
{
	int gap = line->found - (before->found + before->count);
	return line->found >= 0 && gap >= 0 && gap <= GAP_MOST && notice->words.at[line->found].copy == notice->words.at[before->found].copy;
}

/* Without quote marks it is the notice where line follows on line as there, with words of the house among them that nobody writes by
 * accident; a paragraph of the customer's that the agent copied is not. */
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
		for (next = i; next < lines->count && !lines->at[next].quoted && (next == i || goes_on(&r->notice, &lines->at[last], &lines->at[next]));
		     next = behind_blanks(lines, next + 1)) {
			strong |= lines->at[next].house >= HOUSE_WORDS || lines->at[next].token;
			last = next;
		}
		for (size_t k = i; strong && k <= last; k++)
			lines->at[k].ours = true;
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
		line->ours |= (line->quoted && line->token) || desk_note_words_have(&r->notes, line->at, line->length, 1)
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
	const struct desk_queue *queue = desk_queue_named(r->policy, r->ticket->queue);
	return has(line, r->policy->name) || (queue && has(line, queue->address)) || line->token
	    || has(line, arena_printf(r->arena, "[#%lld]", (long long)r->ticket->id));
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
	const struct desk_policy *policy = r->policy;
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

/* The first line that may not go out unasked; the count of lines: none. Lost lines that nothing introduces as somebody else's mail are the
 * agent's own, whatever the splitter takes them for; so is what stands unmarked behind the notice. */
static size_t first_doubt(const struct reading *r, bool forward)
{
	size_t last = last_of_notice(&r->lines);
	for (size_t i = 0; i < r->lines.count; i++) {
		const struct text_line *line = &r->lines.at[i];
		bool behind = i > last && last < r->lines.count;
		if (line->note || begins_other_mail(r, i) || (is_lost(line) && ((behind && line->quoted) || (forward && !behind))))
			return i;
	}
	return r->lines.count;
}

/* A signature keeps its delimiter, as RFC 3676 section 4.3 writes it. */
static bool is_delimiter(const struct text_line *line)
{
	return line->length == 2 && memcmp(line->at, "--", 2) == 0;
}

static const char *join_own(struct reading *r, bool all, bool forward, const char **problem)
{
	CLEANUP_BUFFER struct buffer out;
	size_t doubt = first_doubt(r, forward);
	bool any = false;
	buffer_init(&out);
	if (!all && doubt < r->lines.count)
		*problem = arena_printf(r->arena, "it seems to quote something else than our notice, from \"%s\" on: take that away, or begin your mail "
		                        "with the line /send to have all of it sent", beginning(r->arena, &r->lines.at[doubt]));
	for (size_t i = 0; i < r->lines.count; i++) {
		const struct text_line *line = &r->lines.at[i];
		any |= !line->ours && !line->blank && !line->quoted;
		if (!line->ours && (line->kept_by_reader || line->blank || is_lost(line)))
			buffer_printf(&out, "%.*s%s\n", (int)line->length, line->at, is_delimiter(line) ? " " : "");
	}
	return any ? text_trim(arena_string(r->arena, buffer_string(&out))) : "";         /* quotes alone say nothing */
}

const char *desk_with_signature(struct arena *arena, const char *text, const char *signature)
{
	if (!*text || !signature || !*signature)
		return text;
	const char *name = strncmp(signature, "-- \n", 4) == 0 ? signature + 4 : strncmp(signature, "--\n", 3) == 0 ? signature + 3 : NULL;
	return name ? arena_printf(arena, "%s\n\n-- \n%s", text, name) : arena_printf(arena, "%s\n\n%s", text, signature);
}

const char *desk_own_words(struct decision *d, const struct incoming *incoming, const struct ticket_facts *ticket, bool all, const char **problem)
{
	const struct mail *mail = incoming->mail;
	struct reading r = {.arena = d->arena, .policy = d->policy, .ticket = ticket};
	const char *text = desk_with_signature(d->arena, mail->reply_text, mail->signature);
	size_t tokens = 0;
	*problem = NULL;
	for (size_t i = 0; i < incoming->known.count; i++) {
		add_notice(&r, (unsigned)i, incoming->known.at[i]);
		desk_note_words_add(&r.notes, incoming->known.at[i]);
	}
	if (r.notice.words.count) {
		index_words(&r);
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
		text = join_own(&r, all, mail->forward.is_forward, problem);
	}
	desk_note_words_fini(&r.notes);
	text = desk_without_house_tokens(d->arena, d->policy, ticket->id, desk_queue_of(d, ticket)->address, text, &tokens);
	if (tokens && !*problem && (!r.notice.words.count || last_of_notice(&r.lines) == r.lines.count))
		*problem = "it quotes our notice in a way that cannot be told from your own words: answer without quoting it";
	return text;
}
