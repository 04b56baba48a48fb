/*
 * mail_known.c - what a mail says again of the one that it answers, which we sent and whose words we have.
 *
 * The strongest sign of a quote, in any language and from any program: the words themselves. A line is a quote if all its words stand in
 * our text in that order, five at a time (a short line: if it is a line of ours as a whole, and such a line stands beside it). Wrapping, quote marks, case and
 * punctuation do not count. What stands right above the first of such lines and looks like the head of a quote goes with them.
 * Linear in both texts; of ours at most KNOWN_WORDS words are kept, in a table.
 */
#include "mail_client_words.h"

#define KNOWN_WORDS 8192                 /* words of our text that are kept: more than any answer */
#define RUN 5                            /* words that together are no accident */
#define ANSWERED_MOST 3                  /* Message-IDs that are asked for */

struct known mail_known_ask(struct arena *arena, const struct mail_options *options, const struct mail *mail)
{
	const struct strings *lists[] = { &mail->in_reply_to, &mail->references };
	struct known known = { .text = "" };
	if (!options->answered || (mail->kind != MAIL_REPLY && mail->kind != MAIL_REQUEST))
		return known;
	for (size_t n = 0; n < COUNT_OF(lists); n++)
		for (size_t i = lists[n]->count, asked = 0; i-- > 0 && asked < ANSWERED_MOST && !*known.text; asked++) {
			const char *text = options->answered(options->answered_context, arena, lists[n]->at[i]);
			known.ours = known.ours || text;
			if (text)
				known.text = text;
		}
	return known;
}

struct slots { uint32_t *at; size_t count; };    /* count: a power of two */
struct table { struct slots run, line; };

static struct slots slots_make(struct arena *arena, size_t most)
{
	size_t count = 64;
	while (count < 4 * most)
		count *= 2;
	return (struct slots){ ARENA_ARRAY(arena, uint32_t, count), count };
}

static void put(const struct slots *set, uint32_t hash)
{
	uint32_t *slots = set->at;
	size_t count = set->count;
	size_t at = hash & (count - 1);
	for (size_t n = 0; slots[at] && n < 64; n++)
		at = (at + 1) & (count - 1);
	slots[at] = hash | 1;
}

static bool have(const struct slots *set, uint32_t hash)
{
	const uint32_t *slots = set->at;
	size_t count = set->count;
	size_t at = hash & (count - 1);
	for (size_t n = 0; slots[at] && n < 64; n++, at = (at + 1) & (count - 1))
		if (slots[at] == (hash | 1))
			return true;
	return false;
}

/* Punctuation beyond ASCII: of Latin 1 (no-break blank, quotes, middle dot, multiplication ...), and the General Punctuation block. */
static bool is_mark(uint32_t code)
{
	bool latin = code >= 0x80 && code <= 0xBF && code != 0xAA && code != 0xB5 && code != 0xBA;
	return latin || code == 0xD7 || code == 0xF7 || (code >= 0x2010 && code <= 0x206F);
}

/* The next word of a text as a number: letters without case, digits; no marks. 0: there is none. */
static uint32_t next_word(struct span *text)
{
	uint32_t hash = 2166136261u;
	size_t letters = 0;
	while (text->length) {
		uint32_t code;
		size_t size = utf8_decode(text->at, text->length, &code);
		if (!size)
			size = 1, code = 0xFFFD;
		bool letter = code >= 0x80 ? !mail_invisible_at(*text) && !mail_blank_wide_at(*text) && !is_mark(code) : is_alpha((char)code) || is_digit((char)code);
		if (!letter && letters && code < 0x80)
			break;
		if (letter) {
			hash = (hash ^ letter_fold(code)) * 16777619u;
			letters++;
		} else if (letters && !mail_invisible_at(*text)) {
			break;
		}
		text->at += size, text->length -= size;
	}
	return letters ? hash ^ (hash >> 15) : 0;
}

struct window { uint32_t word[RUN]; size_t count; };

/* Adds a word; the number of the last RUN words, 0: there are not so many yet. */
static uint32_t slide(struct window *window, uint32_t word)
{
	uint32_t hash = 0;
	window->word[window->count++ % RUN] = word;
	for (size_t i = 0; window->count >= RUN && i < RUN; i++)
		hash = hash * 31 + window->word[(window->count + i) % RUN];
	return window->count >= RUN ? hash ^ (hash >> 13) : 0;
}

static uint32_t whole_line(struct span line, size_t *words)
{
	uint32_t hash = 7, word;
	for (*words = 0; *words < 64 && (word = next_word(&line)) != 0; (*words)++)
		hash = hash * 31 + word;
	return hash ^ (hash >> 13);
}

static void learn(const struct table *table, const char *text)
{
	struct window window = { .count = 0 };
	for (const char *end; *text && window.count < KNOWN_WORDS; text = *end ? end + 1 : end) {
		end = text + strcspn(text, "\n");
		struct span line = { text, (size_t)(end - text) };
		size_t words;
		uint32_t hash = whole_line(line, &words), word, run;
		if (words)
			put(&table->line, hash);
		while ((word = next_word(&line)) != 0)
			if ((run = slide(&window, word)) != 0)
				put(&table->run, run);
	}
}

/* Which lines are ours: `said[i]` 1: by their runs of words, 2: as a short line. */
static void recognise(const struct table *table, const struct lines *lines, unsigned char *said)
{
	struct window window = { .count = 0 };
	for (size_t i = 0; i < lines->count; i++) {
		struct span line = lines->at[i].text;
		size_t words = 0, runs = 0, hits = 0, joined = 0, whole;
		uint32_t word, run, hash = whole_line(line, &whole);
		while ((word = next_word(&line)) != 0) {
			words++;
			if (words >= RUN)
				runs++;
			if ((run = slide(&window, word)) != 0 && have(&table->run, run)) {
				joined++;
				hits += words >= RUN;
			}
		}
		if (words && ((runs && hits == runs) || joined == words))        /* or it goes on where the line above ended */
			said[i] = 1;
		else if (words && words < 64 && have(&table->line, hash))
			said[i] = 2;
	}
}

/* The ends of what a mailer wrapped, and short lines, are ours beside a line that is. */
static bool beside(const struct lines *lines, const unsigned char *said, size_t i)
{
	for (size_t n = i; n-- > 0 && n + 3 > i;)
		if (lines->at[n].kind != LINE_EMPTY)
			return said[n] == 1;
	return false;
}

static bool beside_below(const struct lines *lines, const unsigned char *said, size_t i)
{
	for (size_t n = i + 1; n < lines->count && n < i + 3; n++)
		if (lines->at[n].kind != LINE_EMPTY)
			return said[n] == 1;
	return false;
}

/* A line right above our words that no table knows: a date, an address or a colon at its end makes it the head of the quote. */
static bool looks_like_head(struct span text)
{
	size_t digits = 0, size;
	text = mail_visible_trim(text);
	if (!text.length || text.length > 300)
		return false;
	for (struct span rest = text; rest.length; rest.at += size, rest.length -= size)
		digits += mail_digit_at(rest, &size) >= 0, size = size ? size : 1;
	bool colon = text.at[text.length - 1] == ':' || (text.length > 2 && memcmp(text.at + text.length - 3, "\xEF\xBC\x9A", 3) == 0);
	return (colon && digits >= 4) || (memchr(text.at, '@', text.length) && (colon || digits >= 4));
}

/* The heads above the first of our lines: at most two lines, over empty ones. */
static void mark_head(struct lines *lines, size_t first)
{
	for (size_t n = 0; first-- > 0 && n < 4; n++) {
		struct line *line = &lines->at[first];
		if (line->kind == LINE_EMPTY)
			continue;
		if (line->kind != LINE_TEXT && line->kind != LINE_HEADER)
			return;
		if (!looks_like_head(line->text))
			return;
		line->kind = LINE_ATTRIBUTION;
	}
}

void mail_known_mark(struct arena *scratch, const struct known *known, struct lines *lines)
{
	if (!known->ours || !*known->text || !lines->count)
		return;
	size_t words = strlen(known->text) / 2 < KNOWN_WORDS ? strlen(known->text) / 2 : KNOWN_WORDS;
	struct table table = { slots_make(scratch, words), slots_make(scratch, words / 4) };
	unsigned char *said = arena_alloc(scratch, lines->count + 1);
	learn(&table, known->text);
	recognise(&table, lines, said);
	for (size_t i = 0; i < lines->count; i++) {
		bool text = lines->at[i].kind == LINE_TEXT || lines->at[i].kind == LINE_HEADER || lines->at[i].kind == LINE_SIGNATURE;
		if (said[i] == 2 && (beside(lines, said, i) || beside_below(lines, said, i)))
			said[i] = 1;
		if (said[i] != 1 || !text)
			continue;
		bool first = !i || lines->at[i - 1].kind != LINE_QUOTED;
		lines->at[i].kind = LINE_QUOTED;
		if (first)
			mark_head(lines, i);
	}
}
