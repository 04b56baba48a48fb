/*
 * mail_charset_guess.c - in which charset bytes are that nobody named: by what the letters would say in it.
 *
 * For each charset and each language written in it: how likely is this row of letters (mail_charset_models.c)? Letters that
 * the language has not, signs within words, capitals behind small letters and two alphabets in one word speak against it;
 * the letters of ASCII beside them speak for a language, but only for so much. Double-byte charsets by how frequent their
 * characters are. The least surprising one wins. Bytes that are UTF-8 do not come here.
 * Looks at SAMPLE bytes near high ones at most. The tables are made once, at the first question. Makes no problems.
 */
#include "mail_charset_guess.h"

#include <iconv.h>
#include <math.h>
#include <pthread.h>

#define SAMPLE 6000                      /* bytes that are looked at */
#define NEAR 24                          /* bytes around a high one that are part of the sample */
#define READ_MOST 65536                  /* bytes in which it is gathered */
#define PAIRS_MAX 80                     /* candidates: a charset and a language */

/* Costs, in quarters of a nat: what such a byte says against a charset. */
enum { COST_FOREIGN = 40, COST_SIGN = 14, COST_SIGN_INSIDE = 28, COST_ODD_SIGN = 48, COST_INVALID = 100, COST_CASE = 12, COST_MIXED = 36, COST_HINT = 48,
       COST_COMMON = 36, COST_RARE = 54, COST_KANA = 40, COST_NO_LETTER = 40, COST_STRAY = 20,
       COST_CAPITALS = 4 };                  /* people write few words in capitals: KOI8 has small letters where others have large ones */
enum { CLASS_FOREIGN = 250, CLASS_SIGN, CLASS_ODD_SIGN, CLASS_INVALID, CLASS_APOSTROPHE };

struct page { const char *name; unsigned char prior; const char *languages; uint16_t code[128]; bool upper[128]; };
static struct page pages[] = {
	{ .name = "windows-1252", .prior = 0, .languages = "en de fr es pt it nl sv da nb fi is ca sq" },
	{ .name = "CP1250", .prior = 2, .languages = "pl cs sk hu hr sl ro" },
	{ .name = "ISO-8859-2", .prior = 4, .languages = "pl cs sk hu hr sl ro" },
	{ .name = "CP1251", .prior = 0, .languages = "ru uk bg sr be mk" },
	{ .name = "KOI8-R", .prior = 2, .languages = "ru" },
	{ .name = "KOI8-U", .prior = 3, .languages = "uk" },
	{ .name = "ISO-8859-5", .prior = 10, .languages = "ru bg sr" },
	{ .name = "CP866", .prior = 12, .languages = "ru" },
	{ .name = "CP1253", .prior = 0, .languages = "el" },
	{ .name = "ISO-8859-7", .prior = 2, .languages = "el" },
	{ .name = "CP1254", .prior = 2, .languages = "tr" },
	{ .name = "CP1255", .prior = 0, .languages = "he" },
	{ .name = "CP1256", .prior = 0, .languages = "ar fa" },
	{ .name = "ISO-8859-6", .prior = 3, .languages = "ar" },
	{ .name = "CP1257", .prior = 3, .languages = "lt lv et" },
	{ .name = "ISO-8859-4", .prior = 12, .languages = "lt lv et" },
	{ .name = "ISO-8859-3", .prior = 14, .languages = "eo" },
	{ .name = "ISO-8859-16", .prior = 40, .languages = "ro" },
	{ .name = "CP874", .prior = 0, .languages = "th" },
};

struct candidate { const struct page *page; const struct letter_model *model; unsigned char class[256]; size_t columns; };
static struct candidate candidates[PAIRS_MAX];
static size_t candidate_count;

struct wide_page { const char *name, *converter; size_t model; unsigned char prior, cost[128][256]; };
static struct wide_page wides[] = {
	{ .name = "GB18030", .converter = "GB18030", .model = 0 }, { .name = "BIG5-HKSCS", .converter = "BIG5-HKSCS", .model = 1, .prior = 2 },
	{ .name = "CP949", .converter = "CP949", .model = 2 }, { .name = "CP932", .converter = "CP932", .model = 3 },
	{ .name = "EUC-JP", .converter = "EUC-JP", .model = 3, .prior = 2 },
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* ---- the tables ---- */
static uint32_t case_off(uint32_t code)
{
	static const struct { uint16_t from, to; } greek[] = { { 0x386, 0x3AC }, { 0x388, 0x3AD }, { 0x389, 0x3AE }, { 0x38A, 0x3AF }, { 0x38C, 0x3CC },
	                                                       { 0x38E, 0x3CD }, { 0x38F, 0x3CE }, { 0x178, 0xFF } };
	for (size_t i = 0; i < COUNT_OF(greek); i++)
		if (greek[i].from == code)
			return greek[i].to;
	return (code >= 0x218 && code <= 0x21B) || code == 0x490 ? code | 1 : code == 0x2019 ? code : mail_code_fold(code);
}

static bool is_letter(uint32_t code)
{
	return (code >= 0xC0 && code <= 0x24F && code != 0xD7 && code != 0xF7) || (code >= 0x370 && code <= 0x52F) || (code >= 0x5D0 && code <= 0x5EA)
	       || (code >= 0x610 && code <= 0x6FF) || (code >= 0xE01 && code <= 0xE4E);
}

/* Signs that people and their programs write: quotes, dashes, dots, currency, the blank that does not break. */
static bool is_sign(uint32_t code)
{
	static const uint16_t signs[] = { 0xA0, 0xA7, 0xA9, 0xAB, 0xAD, 0xAE, 0xB0, 0xB7, 0xBB, 0x2116, 0x2122, 0x20AC, 0x2022, 0x2026, 0x60C, 0x61B, 0x61F,
	                                  0x640, 0xA1, 0xBF };
	for (size_t i = 0; i < COUNT_OF(signs); i++)
		if (signs[i] == code)
			return true;
	return code >= 0x2013 && code <= 0x201E;
}

static unsigned char class_of(const struct letter_model *model, uint32_t code)
{
	size_t at = model->latin ? 27 : 1, size;
	uint32_t letter, folded = case_off(code);
	if (!code || (code >= 0x80 && code < 0xA0))
		return CLASS_INVALID;
	for (const char *p = model->letters; *p; p += size, at++) {
		size = utf8_decode(p, 4, &letter);
		if (letter == folded)
			return (unsigned char)at;
	}
	if (code >= 0x200C && code <= 0x200F)                            /* joiners and marks of direction: in their scripts only */
		return strchr("haf", model->language[0]) && !model->latin ? CLASS_SIGN : CLASS_ODD_SIGN;
	return code == 0x2019 ? CLASS_APOSTROPHE : is_sign(code) ? CLASS_SIGN : is_letter(code) ? CLASS_FOREIGN : CLASS_ODD_SIGN;
}

static size_t columns_of(const struct letter_model *model)
{
	size_t count = model->latin ? 27 : 1;
	for (const char *p = model->letters; *p; p++)
		count += ((unsigned char)*p & 0xC0) != 0x80;
	return count;
}

static void fill_page(struct page *page)
{
	iconv_t converter = iconv_open("UTF-16LE", strcmp(page->name, "windows-1252") == 0 ? "CP1252" : page->name);
	if (converter == (iconv_t)-1)
		return;
	for (int i = 0; i < 128; i++) {
		char byte = (char)(128 + i), *in = &byte, out[8] = { 0 }, *to = out;
		size_t left = 1, room = sizeof out;
		iconv(converter, NULL, NULL, NULL, NULL);
		/* Some converters hold a character back, since an accent may follow. */
		if (iconv(converter, &in, &left, &to, &room) != (size_t)-1)
			iconv(converter, NULL, NULL, &to, &room);
		page->code[i] = to > out ? (uint16_t)((unsigned char)out[0] | (unsigned char)out[1] << 8) : 0;
		page->upper[i] = case_off(page->code[i]) != page->code[i];
	}
	iconv_close(converter);
}

static void fill_candidates(const struct page *page)
{
	for (size_t m = 0; m < mail_letter_model_count; m++) {
		const struct letter_model *model = &mail_letter_models[m];
		if (!strstr(page->languages, model->language) || candidate_count == PAIRS_MAX)
			continue;
		struct candidate *candidate = &candidates[candidate_count++];
		candidate->page = page;
		candidate->model = model;
		candidate->columns = columns_of(model);
		for (int i = 0; i < 128; i++) {
			candidate->class[i] = is_alpha((char)i) && model->latin ? (unsigned char)(lower((char)i) - 'a' + 1) : 0;
			candidate->class[128 + i] = class_of(model, page->code[i]);
		}
	}
}

/* Zipf: the more frequent a character, the less it says against the charset. */
static void fill_wide(struct wide_page *wide)
{
	iconv_t converter = iconv_open(wide->converter, "UTF-8");
	size_t rank = 0, size;
	uint32_t code;
	if (converter == (iconv_t)-1)
		return;
	for (const char *p = mail_wide_models[wide->model].characters; *p; p += size, rank++) {
		size = utf8_decode(p, 4, &code);
		char *in = (char *)(uintptr_t)p, out[8], *to = out;
		size_t left = size, room = sizeof out;
		iconv(converter, NULL, NULL, NULL, NULL);
		if (iconv(converter, &in, &left, &to, &room) != (size_t)-1 && to == out + 2 && (out[0] & 0x80))
			wide->cost[out[0] & 0x7F][(unsigned char)out[1]] = (unsigned char)(4 * (log((double)rank + 20) + 1.3));
	}
	iconv_close(converter);
}

static void fill(void)
{
	for (size_t i = 0; i < COUNT_OF(pages); i++) {
		fill_page(&pages[i]);
		fill_candidates(&pages[i]);
	}
	for (size_t i = 0; i < COUNT_OF(wides); i++)
		fill_wide(&wides[i]);
}

/* ---- the question ---- */
struct verdict { size_t cost, ascii_cost, ascii_count; };

static size_t pair_cost(const struct candidate *candidate, unsigned a, unsigned b)
{
	char c = candidate->model->pairs[a * candidate->columns + b];
	return c >= 'a' ? (size_t)(c - 'a') + 26 : (size_t)(c - 'A');
}

static size_t sign_cost(unsigned class, bool inside)
{
	if (class == CLASS_APOSTROPHE)
		return inside ? 10 : COST_SIGN;
	if (class == CLASS_SIGN)
		return inside ? COST_SIGN_INSIDE : COST_SIGN;
	return class == CLASS_FOREIGN ? COST_FOREIGN : class == CLASS_INVALID ? COST_INVALID : COST_ODD_SIGN;
}

static struct verdict judge(const struct candidate *candidate, struct span s)
{
	struct verdict verdict = { 0 };
	unsigned before = 0;
	bool before_high = false, before_small = false, before_capital = false, before_ascii = false, any = false;
	for (size_t i = 0; i < s.length; i++) {
		unsigned char c = (unsigned char)s.at[i];
		unsigned class = candidate->class[c];
		bool high = c >= 128, letter = class >= 1 && class < CLASS_FOREIGN, ascii = !high && is_alpha((char)c);
		if (high && !letter) {
			bool next = i + 1 < s.length && ((candidate->class[(unsigned char)s.at[i + 1]] - 1u) < CLASS_FOREIGN - 1u || is_alpha(s.at[i + 1]));
			verdict.cost += sign_cost(class, (before || before_ascii) && next);
		} else if (high || before_high) {
			verdict.cost += pair_cost(candidate, before, class);
			verdict.cost += high && before_small && candidate->page->upper[c & 127] ? COST_CASE : 0;
			verdict.cost += high && before_capital && candidate->page->upper[c & 127] ? COST_CAPITALS : 0;
			verdict.cost += !candidate->model->latin && ((high && before_ascii) || (before && ascii)) ? COST_MIXED : 0;
		} else if (candidate->model->latin && (before || class)) {
			verdict.ascii_cost += pair_cost(candidate, before, class);
			verdict.ascii_count++;
		}
		any = any || (high && letter);
		before = letter ? class : 0;
		before_high = high && letter;
		before_ascii = ascii;
		before_capital = high && letter && candidate->page->upper[c & 127];
		before_small = letter && (high ? !candidate->page->upper[c & 127] : c >= 'a');
	}
	verdict.cost += !any && !candidate->model->latin ? COST_NO_LETTER : 0;
	return verdict;
}

static bool wide_trail(const struct wide_page *wide, unsigned char lead, unsigned char trail)
{
	if (strcmp(wide->name, "EUC-JP") == 0)
		return lead >= 0xA1 && trail >= 0xA1 && trail != 0xFF;
	if (strcmp(wide->name, "CP932") == 0)
		return trail >= 0x40 && trail != 0x7F && trail <= 0xFC;
	return lead >= 0x81 && lead < 0xFF && trail >= 0x40 && trail != 0x7F && trail != 0xFF;
}

static bool wide_common(const struct wide_page *wide, unsigned char lead, unsigned char trail)
{
	switch (wide->model) {
	case 0: return lead >= 0xB0 && lead <= 0xD7 && trail >= 0xA1;
	case 1: return lead >= 0xA4 && lead <= 0xC6;
	case 2: return lead >= 0xB0 && lead <= 0xC8 && trail >= 0xA1;
	default: return strcmp(wide->name, "CP932") == 0 ? lead >= 0x88 && lead <= 0x97 : lead >= 0xB0 && lead <= 0xCF;
	}
}

static size_t judge_wide(const struct wide_page *wide, struct span s)
{
	size_t cost = 0, wides_seen = 0, glued = 0;
	for (size_t i = 0; i < s.length; i++) {
		unsigned char a = (unsigned char)s.at[i], b = i + 1 < s.length ? (unsigned char)s.at[i + 1] : 0;
		if (a < 0x80)
			continue;
		wides_seen++;
		glued += (i && s.at[i - 1] >= 'a' && s.at[i - 1] <= 'z') || (i + 2 < s.length && s.at[i + 2] >= 'a' && s.at[i + 2] <= 'z');
		if (strcmp(wide->name, "CP932") == 0 && a >= 0xA1 && a <= 0xDF) {
			cost += COST_KANA;
		} else if (!wide_trail(wide, a, b)) {
			cost += COST_INVALID;
		} else {
			cost += wide->cost[a & 0x7F][b] ? wide->cost[a & 0x7F][b] : wide_common(wide, a, b) ? COST_COMMON : COST_RARE;
			i++;
		}
	}
	/* Single characters within Latin words are letters with accents, read two by two. */
	return cost + (2 * glued > wides_seen ? glued * COST_MIXED : 0);
}

/* What stands near high bytes; a blank where something was left out. */
static size_t take_sample(struct span bytes, char out[SAMPLE], size_t *high)
{
	size_t n = 0, next = 0, last = 0;
	*high = 0;
	if (bytes.length > READ_MOST)
		bytes.length = READ_MOST;
	for (size_t i = 0; i < bytes.length && n < SAMPLE; i++) {
		while (next < bytes.length && (next < i || !(bytes.at[next] & 0x80)))
			next++;
		if (bytes.at[i] & 0x80)
			++*high, last = i;
		if ((next < bytes.length && next - i <= NEAR) || (*high && i - last <= NEAR))
			out[n++] = bytes.at[i];
		else if (n && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	return n;
}

static bool is_hint(const char *name, const char *hint)
{
	return hint && strcasecmp(name, hint) == 0;
}

const char *mail_charset_guess(struct span bytes, const char *hint)
{
	struct verdict verdicts[PAIRS_MAX];
	char room[SAMPLE];
	size_t high, least = SIZE_MAX, best = SIZE_MAX;
	const char *name = "windows-1252";
	pthread_once(&once, fill);
	struct span sample = { room, take_sample(bytes, room, &high) };
	for (size_t i = 0; i < candidate_count; i++) {
		verdicts[i] = judge(&candidates[i], sample);
		size_t mean = verdicts[i].ascii_count ? 16 * verdicts[i].ascii_cost / verdicts[i].ascii_count : 0;
		verdicts[i].ascii_cost = mean;
		if (candidates[i].model->latin && mean < least)
			least = mean;
	}
	for (size_t i = 0; i < candidate_count; i++) {
		const struct verdict *v = &verdicts[i];
		bool latin = candidates[i].model->latin;
		size_t weight = v->ascii_count < 20 + 2 * high ? v->ascii_count : 20 + 2 * high;
		size_t cost = v->cost + (latin ? (v->ascii_cost - least) * weight / 16 : 0) + candidates[i].page->prior + COST_HINT;
		if (!latin && sample.length > 8 * high)                  /* a stray letter of another script in a Latin text */
			cost += COST_STRAY;
		if (is_hint(candidates[i].page->name, hint))
			cost -= COST_HINT;
		if (cost < best)
			best = cost, name = candidates[i].page->name;
	}
	for (size_t i = 0; i < COUNT_OF(wides); i++) {
		size_t cost = judge_wide(&wides[i], sample) + wides[i].prior + (is_hint(wides[i].name, hint) ? 0 : COST_HINT);
		if (cost < best)
			best = cost, name = wides[i].name;
	}
	return name;
}
