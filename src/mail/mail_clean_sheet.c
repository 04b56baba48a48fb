/*
 * mail_clean_sheet.c - the style sheets of a page, as styles of the elements that they are about: they themselves do not come along.
 *
 * Read are rules whose selector is an element, a class or both ("p", ".grey", "p.MsoNormal", "a:link"): what mail programs write. What needs a
 * neighbour, a state or a medium to be true is passed over. What a rule says goes the way of a style attribute, and before it: the cleaner's lists judge
 * both alike. Linear: a page's rules, and what is done with them, are bounded (CLEAN_SHEET_...).
 */
#include "mail_clean.h"

#define SHEET_BYTES   (64 * 1024)        /* of all sheets of a page that are read: Outlook's longest have some ten thousand */
#define RULES_MOST    400
#define RULE_BYTES    2000               /* of one rule's declarations */
#define CLASSES_MOST  8                  /* of an element that are looked at */
#define LOOKS_FREE    (1024 * 1024)      /* work of any page: bytes added to styles, and an eighth of each rule compared */
#define LOOKS_TIMES   4                  /* and for each byte of the page */

enum weight { OF_ELEMENT, OF_CLASS, OF_BOTH, WEIGHTS };          /* what counts more comes later */
struct rule { uint32_t element, class; struct span says; };      /* hashes; 0: any */
struct clean_sheet {
	struct arena *arena;
	struct { struct rule *at; size_t count; } rules[WEIGHTS];
	size_t count, most, left;        /* rules; work of one reading, and what is left of it */
};

/* ---- reading ---- */

static uint32_t name_hash(struct span name)
{
	char small[64];
	if (!name.length || name.length > sizeof small)
		return 0;
	for (size_t i = 0; i < name.length; i++)
		small[i] = lower(name.at[i]);
	uint32_t hash = hash_bytes(small, name.length);
	return hash ? hash : 1;
}

static size_t name_length(struct span text)
{
	size_t n = 0;
	while (n < text.length && (is_alpha(text.at[n]) || is_digit(text.at[n]) || text.at[n] == '-' || text.at[n] == '_'))
		n++;
	return n;
}

static struct span behind(struct span text, size_t bytes)
{
	return (struct span){ text.at + bytes, text.length - bytes };
}

/* One selector of a rule: kept where it is an element, a class, or both. */
static void add_rule(struct clean_sheet *sheet, struct span selector, struct span says)
{
	struct rule rule = { .says = says };
	size_t length = name_length(selector);
	if (sheet->count == RULES_MOST || says.length > RULE_BYTES)
		return;
	rule.element = name_hash((struct span){ selector.at, length });
	selector = behind(selector, length);
	if (selector.length && selector.at[0] == '.') {
		selector = behind(selector, 1);
		length = name_length(selector);
		rule.class = name_hash((struct span){ selector.at, length });
		selector = behind(selector, length);
		if (!rule.class)
			return;
	}
	if ((selector.length && !mail_span_equal_nocase(selector, ":link")) || (!rule.element && !rule.class))
		return;
	enum weight weight = rule.element && rule.class ? OF_BOTH : rule.class ? OF_CLASS : OF_ELEMENT;
	*ARENA_PUSH(sheet->arena, &sheet->rules[weight]) = rule;
	sheet->count++;
}

static void add_rules(struct clean_sheet *sheet, struct span selectors, struct span says)
{
	struct span selector;
	while (mail_clean_token(&selectors, ",", &selector))
		add_rule(sheet, mail_span_trim(selector), says);
}

/* Behind the "}" of the block that begins here. */
static const char *behind_block(const char *at, const char *stop)
{
	for (size_t open = 0; at < stop; at++) {
		open += *at == '{';
		if (*at == '}' && --open == 0)
			return at + 1;
	}
	return stop;
}

/* "@media ... { }", "@import ...;": behind it. */
static const char *behind_at_rule(const char *at, const char *stop)
{
	while (at < stop && *at != ';' && *at != '{')
		at++;
	return at < stop && *at == '{' ? behind_block(at, stop) : at + (at < stop);
}

/* The signs of a comment of HTML say nothing in a sheet. */
static const char *behind_gap(const char *at, const char *stop)
{
	for (;;) {
		if (at < stop && (is_blank(*at) || *at == '}' || *at == ';'))
			at++;
		else if (stop - at >= 4 && memcmp(at, "<!--", 4) == 0)
			at += 4;
		else if (stop - at >= 3 && memcmp(at, "-->", 3) == 0)
			at += 3;
		else
			return at;
	}
}

static void read_sheet(struct clean_sheet *sheet, const char *text)
{
	CLEANUP_BUFFER struct buffer plain;
	buffer_init(&plain);
	mail_clean_css(&plain, text);
	const char *all = arena_copy(sheet->arena, plain.at ? plain.at : "", plain.length), *stop = all + plain.length;
	for (const char *at = behind_gap(all, stop), *open, *end; at < stop; at = behind_gap(at, stop)) {
		if (*at == '@') {
			at = behind_at_rule(at, stop);
			continue;
		}
		open = memchr(at, '{', (size_t)(stop - at));
		end = open ? memchr(open, '}', (size_t)(stop - open)) : NULL;
		if (!end)
			return;
		add_rules(sheet, (struct span){ at, (size_t)(open - at) }, mail_span_trim((struct span){ open + 1, (size_t)(end - open - 1) }));
		at = end + 1;
	}
}

/* Each <style> that is no part of a comment, the first SHEET_BYTES of all. */
struct clean_sheet *mail_clean_sheet(struct arena *arena, struct span page)
{
	struct clean_sheet *sheet = ARENA_NEW(arena, struct clean_sheet);
	const char *stop = page.at + page.length, *at = page.at;
	size_t room = SHEET_BYTES;
	*sheet = (struct clean_sheet){ .arena = arena, .most = LOOKS_FREE + LOOKS_TIMES * page.length };
	while (room && (at = memchr(at, '<', (size_t)(stop - at))) != NULL) {
		struct span rest = { at, (size_t)(stop - at) };
		const char *end = NULL;
		if (rest.length > 4 && memcmp(at, "<!--", 4) == 0) {
			end = memmem(at + 4, rest.length - 4, "-->", 3);
			if (!end)
				break;
		} else if (mail_span_starts_nocase(rest, "<style") && rest.length > 6 && !is_alpha(at[6])) {
			const char *from = memchr(at, '>', rest.length);
			end = from ? mail_span_find_nocase((struct span){ from, (size_t)(stop - from) }, "</style") : NULL;
			if (!end)
				break;
			size_t length = (size_t)(end - from - 1) < room ? (size_t)(end - from - 1) : room;
			read_sheet(sheet, arena_copy(arena, from + 1, length));
			room -= length;
		}
		at = end ? end : at + 1;
	}
	return sheet->count ? sheet : NULL;
}

void mail_clean_sheet_begin(struct clean_sheet *sheet)
{
	if (sheet)
		sheet->left = sheet->most;
}

/* ---- of an element ---- */

static size_t class_hashes(const char *class, uint32_t hashes[CLASSES_MOST])
{
	size_t count = 0;
	while (class && *(class += strspn(class, " \t\r\n")) && count < CLASSES_MOST) {
		size_t length = strcspn(class, " \t\r\n");
		if ((hashes[count] = name_hash((struct span){ class, length })) != 0)
			count++;
		class += length;
	}
	return count;
}

static bool is_for(const struct rule *rule, uint32_t element, const uint32_t *classes, size_t count)
{
	bool found = !rule->class;
	for (size_t i = 0; i < count && !found; i++)
		found = rule->class == classes[i];
	return found && (!rule->element || rule->element == element);
}

void mail_clean_sheet_add(struct clean_sheet *sheet, const char *element, const char *class, struct buffer *style)
{
	uint32_t classes[CLASSES_MOST], name = name_hash((struct span){ element, strlen(element) });
	size_t count = class_hashes(class, classes), work = sheet->count / 8 + 1;
	for (int weight = 0; weight < WEIGHTS && sheet->left >= work; weight++)
		for (size_t i = 0; i < sheet->rules[weight].count; i++) {
			const struct rule *rule = &sheet->rules[weight].at[i];
			if (!is_for(rule, name, classes, count) || sheet->left < rule->says.length + work)
				continue;
			buffer_add(style, rule->says.at, rule->says.length);
			buffer_add_char(style, ';');
			sheet->left -= rule->says.length;
		}
	sheet->left -= sheet->left < work ? sheet->left : work;
}
