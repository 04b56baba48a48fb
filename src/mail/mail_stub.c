/*
 * mail_stub.c - parts that only seem to be text: nothing to see in them, a word that the mail is HTML, a page's source.
 *
 * By structure, so that the language does not matter: text of blanks of any kind shows nothing; a short text beside a much
 * longer page with which it shares hardly a word is no second form of that page, but a stub; what begins and ends like a
 * page is one, whatever its type says. May not decide what is shown instead: mail_walk.c does. Makes no problems.
 */
#include <strings.h>

#include "mail_private.h"

#define STUB_BYTES 400                   /* a plain text alternative up to this size may only say that the mail is HTML */
#define WORDS_MAX 60                     /* words of it that are looked for in the page */
#define WORD_LEAST 3                     /* bytes of a word that says something */
#define PAGE_BYTES (64 * 1024)           /* of the page's text in which they are looked for */

/* Code points that no font shows: spaces of all widths, joiners, marks of direction, fillers (Unicode 15, Zs, Cf and Hangul fillers). */
static bool shows_nothing(uint32_t code)
{
	return code <= 0x20 || code == 0xA0 || code == 0xAD || code == 0x34F || code == 0x115F || code == 0x1160 || code == 0x1680 || code == 0x180E
	       || (code >= 0x2000 && code <= 0x200F) || (code >= 0x2028 && code <= 0x202F) || (code >= 0x205F && code <= 0x206F)
	       || code == 0x2800 || code == 0x3000 || code == 0x3164 || code == 0xFEFF || code == 0xFFA0;
}

bool mail_text_is_blank(struct span text)
{
	for (size_t i = 0; i < text.length;) {
		uint32_t code;
		size_t size = utf8_decode(text.at + i, text.length - i, &code);
		if (mail_span_starts_nocase((struct span){ text.at + i, text.length - i }, "&nbsp;"))
			size = 6;
		else if (size && !shows_nothing(code) && (unsigned char)text.at[i] >= 32)
			return false;
		i += size ? size : 1;
	}
	return true;
}

static size_t count_ends(struct span text)
{
	size_t count = 0;
	for (const char *at = text.at, *stop = at + text.length; count < 3 && (at = memmem(at, (size_t)(stop - at), "</", 2)) != NULL; at += 2)
		count++;
	return count;
}

/* A page's source, sent as plain text: it begins with the tag of a page or a block, and ends with one. */
bool mail_text_is_page(struct span text)
{
	static const char *const pages[] = { "<html", "<!doctype html", "<body", "<head>", "<meta " };
	static const char *const blocks[] = { "<div", "<p>", "<p ", "<table", "<span", "<font", "<center", "<style", "<br>", "<br/>", "<br />" };
	text = mail_span_trim(text);
	if (!text.length || text.at[0] != '<')
		return false;
	for (size_t i = 0; i < COUNT_OF(pages); i++)
		if (mail_span_starts_nocase(text, pages[i]))
			return true;
	for (size_t i = 0; i < COUNT_OF(blocks); i++)
		if (mail_span_starts_nocase(text, blocks[i]))
			return text.at[text.length - 1] == '>' && count_ends(text) >= 3;
	return false;
}

/* ---- stubs ---- */
/* Words of a short text, found again by their hash: the page is walked once, whatever they are. */
#define STUB_PAGE_TIMES 2               /* a page says more than its stub: that many times its bytes */
#define SLOTS 128                        /* a power of two, above WORDS_MAX */
struct words { struct span at[WORDS_MAX]; size_t count; unsigned char slots[SLOTS]; };         /* slots: number + 1 of a word, 0: none */

static bool word_byte(char c)
{
	return is_alpha(c) || is_digit(c) || (c & 0x80);
}

/* The next word behind *at, case aside for ASCII; false: there is none. */
static bool next_word(struct span text, size_t *at, struct span *word, uint32_t *hash)
{
	while (*at < text.length && !word_byte(text.at[*at]))
		++*at;
	*word = (struct span){ text.at + *at, 0 };
	*hash = HASH_START;
	for (; *at < text.length && word_byte(text.at[*at]); ++*at, word->length++)
		*hash = hash_byte(*hash, (unsigned char)lower(text.at[*at]));
	return word->length > 0;
}

/* The slot of that word, or the free one where it would be. */
static unsigned char *slot_of(struct words *words, struct span word, uint32_t hash)
{
	for (size_t i = hash_spread(hash);; i++) {
		unsigned char *slot = &words->slots[i % SLOTS];
		if (!*slot || (words->at[*slot - 1].length == word.length && strncasecmp(words->at[*slot - 1].at, word.at, word.length) == 0))
			return slot;
	}
}

static void words_of(struct span text, struct words *words)
{
	struct span word;
	uint32_t hash;
	for (size_t at = 0; words->count < WORDS_MAX && next_word(text, &at, &word, &hash);) {
		unsigned char *slot = slot_of(words, word, hash);
		if (word.length < WORD_LEAST || *slot)
			continue;
		words->at[words->count++] = word;
		*slot = (unsigned char)words->count;
	}
}

/* How many of the words stand in the text. */
static size_t mail_words_in(struct words *words, struct span text)
{
	bool seen[WORDS_MAX] = { false };
	size_t found = 0;
	struct span word;
	uint32_t hash;
	for (size_t at = 0; found < words->count && next_word(text, &at, &word, &hash);) {
		unsigned char slot = *slot_of(words, word, hash);
		if (slot && !seen[slot - 1]) {
			seen[slot - 1] = true;
			found++;
		}
	}
	return found;
}

static bool has_one_of(struct span text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (span_has_nocase(text, words[i]))
			return true;
	return false;
}

/* "Your mail program cannot show HTML": a stub that asks the reader for another program, instead of the text. */
static bool asks_for_a_program(struct span text)
{
	static const char *const asks[] = {
		"view", "read", "client", "program", "reader", "browser", "display", "anzeigen", "visualizz", "afficher",
	};
	static const char *const whom[] = { "your", "you ", "please", "bitte", "ihr ", "votre", "veuillez", "il tuo", "per favore", "su " };
	return span_has_nocase(text, "html") && has_one_of(text, asks, COUNT_OF(asks)) && has_one_of(text, whom, COUNT_OF(whom));
}

bool mail_text_may_be_stub(struct span text, bool *surely)
{
	text = mail_span_trim(text);
	*surely = text.length <= STUB_BYTES && asks_for_a_program(text);
	return text.length <= STUB_BYTES;
}

/* Are most of the words in the source of the page? Then nobody need read it for them. */
bool mail_stub_has_words_of(struct span text, struct span page)
{
	struct words words = { .count = 0 };
	words_of(text, &words);
	if (page.length > PAGE_BYTES)
		page.length = PAGE_BYTES;
	return mail_words_in(&words, page) * 2 > words.count;
}

/* Is there so little between the page's tags, and in those that show words of their own, that it cannot say more than the text? Told without reading
 * it: nearly every page beside a text says the same. */
bool mail_page_is_short(struct span text, struct span page)
{
	const char *at = page.at, *stop = page.at + page.length;
	size_t most = STUB_PAGE_TIMES * mail_span_trim(text).length, shown = 0;
	while (at < stop && shown < most) {
		const char *tag = memchr(at, '<', (size_t)(stop - at));
		shown += (size_t)((tag ? tag : stop) - at);
		if (!tag)
			break;
		const char *end = memchr(tag, '>', (size_t)(stop - tag));
		at = end ? end + 1 : stop;
		if (!end || at - tag < 3 || lower(tag[1]) == 'i' || (lower(tag[1]) == 'a' && is_blank(tag[2])))
			shown += (size_t)(at - tag);     /* pictures, fields and links; and what is no tag */
	}
	return shown < most;
}

bool mail_text_is_stub_of(struct span text, struct span page)
{
	struct words words = { .count = 0 };
	text = mail_span_trim(text);
	page = mail_span_trim(page);
	if (page.length < STUB_PAGE_TIMES * text.length || page.length < 40)
		return false;
	words_of(text, &words);
	if (page.length > PAGE_BYTES)
		page.length = PAGE_BYTES;
	return words.count && mail_words_in(&words, page) * 3 < words.count;
}
