/*
 * mail_clean_words.c - which of a page's letters tell the words of a text: the text is the judge of what a page may say.
 *
 * The text is what the desk has decided to send. Each of its lines is looked for in the page, letter by letter, behind the line before; what
 * stands between two of them (a quote, a command, a notice) is not marked, and so not shown. Only letters and digits count: programs wrap, bullet
 * and mark a text as they like. What a text says more than the page (a link's target, the number of a list's item, the name of an image) may
 * be missing there. Any other letter that is missing: the page does not tell the words. Bounded by the size of both (SEARCH_TIMES).
 */
#include "mail_clean.h"

#define SEARCH_FREE (1024 * 1024)        /* bytes that may be looked at for any page */
#define SEARCH_TIMES 4                   /* and for each of its letters, and each byte of the text: who tells the words of the page needs two */
#define NEEDLE_MOST 32                   /* letters of a line that are looked for */
#define GROUP_MOST 2000                  /* bytes between brackets that may be a link */
#define MARKER_MOST 8                    /* bytes of an item's number */

struct match { const unsigned char *letters, *flags; const uint32_t *names; size_t count, names_count, searched, most; };

/* ---- letters ---- */

static bool is_word_code(uint32_t code)
{
	if (code < 0xC0)
		return code == 0xAA || code == 0xB5 || code == 0xBA;
	return code != 0xD7 && code != 0xF7 && !(code >= 0x2000 && code < 0x2070) && !(code >= 0x2190 && code < 0x2C00) && !(code >= 0x3000 && code < 0x3040)
	       && !(code >= 0xFE00 && code < 0xFE10) && code != 0xFEFF && code != 0xFFFC && code != 0xFFFD && !(code >= 0xE000 && code < 0xF900);
}

size_t mail_clean_letter(const char *at, size_t length, bool *letter)
{
	unsigned char c = (unsigned char)*at;
	uint32_t code;
	if (c < 128) {
		*letter = is_alpha(*at) || is_digit(*at);
		return 1;
	}
	size_t size = utf8_decode(at, length, &code);
	*letter = size && is_word_code(code);
	return size ? size : 1;
}

uint32_t mail_clean_letters_hash(struct span text)
{
	uint32_t hash = 0;
	for (size_t i = 0, size; i < text.length; i += size) {
		bool letter;
		size = mail_clean_letter(text.at + i, text.length - i, &letter);
		for (size_t k = 0; letter && k < size; k++)
			hash = (hash ^ (unsigned char)lower(text.at[i + k])) * 16777619u + 1;
	}
	return hash;
}

/* The letters of a text from `from` on, so many as stand in the page there: how many bytes of the page; false: not these. */
static bool same_letters(struct match *m, struct span text, size_t from, size_t *to)
{
	size_t at = from;
	for (size_t i = 0, size; i < text.length; i += size) {
		bool letter;
		size = mail_clean_letter(text.at + i, text.length - i, &letter);
		for (size_t k = 0; letter && k < size; k++, at++, m->searched++)
			if (at >= m->count || m->letters[at] != (unsigned char)lower(text.at[i + k]))
				return false;
	}
	*to = at;
	return true;
}

/* ---- what only a text says ---- */

/* The brackets that begin here, with what stands in them; length 0: none. Round and curly ones count behind others: Markdown's "[guide](https://...)". */
static struct span group_at(struct span text, bool behind)
{
	char close = text.at[0] == '<' ? '>' : text.at[0] == '[' ? ']' : !behind ? 0 : text.at[0] == '(' ? ')' : text.at[0] == '{' ? '}' : 0;
	const char *end = close ? memchr(text.at, close, text.length < GROUP_MOST ? text.length : GROUP_MOST) : NULL;
	return end ? (struct span){ text.at, (size_t)(end - text.at) + 1 } : (struct span){ text.at, 0 };
}

/* Bytes that were looked through for it: twice where it is compared, too. */
static size_t looked_for_group(struct span text, struct span group)
{
	return group.length ? 2 * group.length : text.length < GROUP_MOST ? text.length : GROUP_MOST;
}

static bool is_target(struct span group)
{
	static const char *const starts[] = { "http:", "https:", "mailto:", "tel:", "ftp:", "cid:", "image", "file:", "www." };
	struct span inside = { group.at + 1, group.length - 1 };
	size_t digits = 0;
	if (group.at[0] == '{' && group.length > 3 && strchr(".#", group.at[1]))
		return true;             /* "{.underline}" */
	while (digits < group.length - 2 && is_digit(inside.at[digits]))
		digits++;
	if (group.at[0] == '[' && digits && digits == group.length - 2 && digits < 4)
		return true;             /* "[1]", whose target stands below */
	for (size_t i = 0; i < COUNT_OF(starts); i++)
		if (mail_span_starts_nocase(inside, starts[i]))
			return true;
	return false;
}

/* "3. ", "b) ", "iv. " at the front of a line: its bytes; 0: none. */
static size_t marker_of(struct span line)
{
	size_t i = 0, start;
	while (i < line.length && (is_blank(line.at[i]) || line.at[i] == '>'))
		i++;
	for (start = i; i < line.length && i - start < MARKER_MOST && (is_digit(line.at[i]) || is_alpha(line.at[i])); i++)
		;
	return i > start && i + 1 < line.length && (line.at[i] == '.' || line.at[i] == ')') && is_blank(line.at[i + 1]) ? i + 1 : 0;
}

/* "4." or "b)" alone, whose item stands in the next line. */
static bool is_marker_alone(struct span line)
{
	struct span bare = mail_span_trim(line);
	size_t digits = 0;
	while (digits < bare.length && is_digit(bare.at[digits]))
		digits++;
	digits += !digits && bare.length == 2 && is_alpha(bare.at[0]);
	return digits && digits < MARKER_MOST && bare.length == digits + 1 && strchr(".)", bare.at[digits]);
}

/* A list of targets below the words: "Links:", "------", "[1] https://...". */
static bool is_of_targets(struct span line, const char *next)
{
	struct span bare = mail_span_trim(line), group = bare.length ? group_at(bare, false) : bare;
	struct span rest = mail_span_trim((struct span){ bare.at + group.length, bare.length - group.length });
	if (group.length && group.at[0] == '[' && is_digit(group.at[1]))
		return is_target(group) && span_has_nocase(rest, "://") && !memchr(rest.at, ' ', rest.length);
	return mail_span_equal_nocase(bare, "links:") && strncmp(next, "----", 4) == 0;
}

/* ---- lines ---- */

/* A line that stands in the page at `from`, whole words. */
static bool line_is_at(struct match *m, struct span line, size_t from, size_t *to)
{
	size_t at = from, last = SIZE_MAX;       /* where brackets ended */
	for (size_t i = 0, size; i < line.length; i += size) {
		struct span left = { line.at + i, line.length - i }, group = group_at(left, i == last);
		size_t behind;
		bool letter;
		m->searched += 1 + (strchr("<[({", left.at[0]) ? looked_for_group(left, group) : 0);
		if (m->searched > m->most)
			return false;
		if (group.length) {
			bool there = same_letters(m, group, at, &behind);
			if (!there && !is_target(group) && !(line.at[i] == '[' && (m->flags[at] & LETTER_IMAGE)))
				return false;
			at = there ? behind : at;
			size = group.length;
			last = i + size;
			continue;
		}
		size = mail_clean_letter(line.at + i, line.length - i, &letter);
		for (size_t k = 0; letter && k < size; k++, at++, m->searched++)
			if (at >= m->count || m->letters[at] != (unsigned char)lower(line.at[i + k]))
				return false;
	}
	*to = at;
	return at == m->count || at == from || (m->flags[at] & LETTER_STARTS);
}

static bool line_or_item_is_at(struct match *m, struct span line, size_t from, size_t *to)
{
	if (line_is_at(m, line, from, to))
		return true;
	size_t marker = marker_of(line);
	return marker && line_is_at(m, (struct span){ line.at + marker, line.length - marker }, from, to);
}

/* The first letters of a line, up to what may be missing in the page. */
static size_t needle_of(struct span line, unsigned char needle[NEEDLE_MOST])
{
	size_t n = 0;
	for (size_t i = 0, size; i < line.length; i += size) {
		bool letter;
		size = mail_clean_letter(line.at + i, line.length - i, &letter);
		if (strchr("<[", line.at[i]) && n)
			break;
		for (size_t k = 0; letter && k < size; k++) {
			if (n == NEEDLE_MOST)
				return n;
			needle[n++] = (unsigned char)lower(line.at[i + k]);
		}
	}
	return n;
}

/* Where a line stands in the page, at `from` or behind it. */
static bool find_line(struct match *m, struct span line, size_t from, size_t *start, size_t *to)
{
	unsigned char needle[NEEDLE_MOST];
	*start = from;
	if ((from == m->count || (m->flags[from] & LETTER_STARTS)) && line_or_item_is_at(m, line, from, to))
		return true;
	size_t marker = marker_of(line);
	for (int bare = 0; bare <= (marker > 0); bare++) {
		struct span wanted = bare ? (struct span){ line.at + marker, line.length - marker } : line;
		size_t length = needle_of(wanted, needle);
		for (size_t at = from; length && m->searched < m->most; at = *start + 1) {
			const unsigned char *found = at < m->count ? memmem(m->letters + at, m->count - at, needle, length) : NULL;
			*start = found ? (size_t)(found - m->letters) : m->count;
			m->searched += *start - at;
			if (!found)
				break;
			if ((m->flags[*start] & LETTER_STARTS) && line_is_at(m, wanted, *start, to))
				return true;
		}
	}
	return false;
}

static bool has_letters(struct span line)
{
	bool letter = false;
	for (size_t i = 0, size; i < line.length && !letter; i += size)
		size = mail_clean_letter(line.at + i, line.length - i, &letter);
	return letter;
}

/* Does the page go on with the next line that has letters? */
static bool next_is_at(struct match *m, const char *words, size_t at)
{
	size_t to;
	while (*words) {
		struct span line = { words, strcspn(words, "\n") };
		if (has_letters(line))
			return line_is_at(m, line, at, &to);
		words += line.length + (words[line.length] == '\n');
	}
	return false;
}

/* A picture's name, where one stands in the page: Yahoo writes it on a line of its own. */
static bool is_pictures_name(struct match *m, struct span line, size_t at)
{
	uint32_t hash = m->flags[at] & LETTER_IMAGE ? mail_clean_letters_hash(line) : 0;
	bool found = false;
	for (size_t i = 0; hash && i < m->names_count && !found; i++, m->searched++)
		found = m->names[i] == hash;
	return found;
}

bool mail_clean_match(struct arena *arena, const struct letters *letters, const char *words, unsigned char *kept)
{
	struct match m = { (const unsigned char *)letters->at.at, (const unsigned char *)letters->flags.at, (const uint32_t *)(const void *)letters->names.at, letters->at.length,
	                   letters->names.length / sizeof(uint32_t), 0, SEARCH_FREE + SEARCH_TIMES * (letters->at.length + strlen(words)) };
	size_t at = 0, start, to;
	bool any = false;
	while (*words) {
		struct span line = { words, strcspn(words, "\n") };
		words += line.length + (words[line.length] == '\n');
		if (!has_letters(line))
			continue;
		if (m.searched > m.most || arena_spent(arena))
			return false;
		if (is_marker_alone(line) && next_is_at(&m, words, at))
			continue;
		if (!find_line(&m, line, at, &start, &to)) {
			if (is_of_targets(line, words) || is_pictures_name(&m, line, at))
				continue;
			return false;
		}
		memset(kept + start, 1, to - start);
		any |= to > start;
		at = to;
	}
	return any;
}
