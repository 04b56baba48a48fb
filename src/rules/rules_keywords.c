/*
 * rules_keywords.c - keyword sets of the configuration: which of them a mail matches, and by which word.
 *
 * All words of all sets are looked up in one walk over the words of the subject and of the new text; a set with a language also
 * knows inflected forms (Snowball stemmers: "stampante" finds "stampanti"). Such a set is left out for mails that are
 * reliably in another language; where the language is not known, it is asked. Patterns are rules_regex.c's.
 * Problems: a pattern that PCRE2 refuses, a word without letters, a language without stemmer (warning). May not change after load.
 */
#include <stdlib.h>
#include <string.h>
#include <libstemmer.h>

#include "rules_private.h"

#define LANGUAGES 16                     /* different languages of sets */

struct phrase { const char *forms[8]; size_t count; uint32_t set; };     /* its words, folded or stemmed */
struct entry { uint32_t hash; uint32_t phrase; };        /* of its first word; phrase from 1, 0: free */
struct table {
	const char *language;            /* "": whole words as they are */
	struct { struct phrase *at; size_t count; } phrases;
	struct entry *entries; size_t mask;
	unsigned char first[256];        /* a stem begins with this byte: only then is a word worth stemming */
	unsigned char second[256];
};
struct set { const char *name, *language; enum keyword_in in; struct regex *regex; };
struct keyword_sets {
	struct { struct set *at; size_t count; } sets;
	struct table tables[LANGUAGES + 1]; size_t table_count;  /* tables[0]: without language */
	uint64_t wanted[RULES_PAIRS];    /* how a word may begin that is looked up in one of them */
};

/* ---------------------------------------------------------------- making them */

static struct table *table_of(struct keyword_sets *sets, const char *language)
{
	for (size_t i = 0; i < sets->table_count; i++)
		if (strcmp(sets->tables[i].language, language) == 0)
			return &sets->tables[i];
	if (sets->table_count > LANGUAGES)
		return NULL;
	sets->tables[sets->table_count] = (struct table){.language = language};
	return &sets->tables[sets->table_count++];
}

static void add_phrase(struct arena *arena, struct table *table, const struct words *words, uint32_t set, struct sb_stemmer *stemmer, bool folded_first)
{
	struct phrase phrase = {.set = set};
	CLEANUP_BUFFER struct buffer form;
	buffer_init(&form);
	for (size_t i = 0; i < words->tokens.count && phrase.count < COUNT_OF(phrase.forms); i++) {
		const struct token_word *word = &words->tokens.at[i];
		const char *text = words->forms.at + (stemmer && !folded_first ? word->lower : word->folded);
		const sb_symbol *stem = stemmer ? sb_stemmer_stem(stemmer, (const sb_symbol *)text, (int)strlen(text)) : (const sb_symbol *)text;
		buffer_reset(&form);
		rules_words_fold(&form, (const char *)stem, strlen((const char *)stem));
		phrase.forms[phrase.count++] = arena_string(arena, buffer_string(&form));
	}
	if (!phrase.count || !*phrase.forms[0])
		return;
	table->first[(unsigned char)phrase.forms[0][0]] = 1;
	table->second[(unsigned char)phrase.forms[0][1]] = 1;
	*ARENA_PUSH(arena, &table->phrases) = phrase;
}

static bool check_word(struct report *report, int line, const char *set, const char *word, const struct words *words)
{
	const char *stranger = rules_words_stranger(word);
	if (*stranger)
		rules_report_error(report, line, "keyword set \"%s\": \"%s\" in \"%s\" stands in no word: write a regex instead", set, stranger, word);
	else if (!words->tokens.count)
		rules_report_error(report, line, "keyword set \"%s\": \"%s\" has no letter or digit: write words", set, word);
	else if (words->tokens.count > 8)
		rules_report_error(report, line, "keyword set \"%s\": \"%s\" has more than 8 words: write fewer, or a regex", set, word);
	return !*stranger && words->tokens.count && words->tokens.count <= 8;
}

static void add_word(struct keyword_sets *sets, struct arena *arena, uint32_t set, int line, const char *name, const char *word, struct sb_stemmer *stemmer,
                     const char *language, struct report *report)
{
	struct words words;
	struct table *inflected = stemmer ? table_of(sets, language) : NULL;
	rules_words_init(&words);
	rules_words_cut(&words, word, strlen(word), NULL);
	if (check_word(report, line, name, word, &words)) {
		add_phrase(arena, &sets->tables[0], &words, set, NULL, false);
		if (inflected) {
			add_phrase(arena, inflected, &words, set, stemmer, false);
			add_phrase(arena, inflected, &words, set, stemmer, true);
		}
	}
	rules_words_fini(&words);
}

static void add_set(struct keyword_sets *sets, struct arena *arena, const struct config_keyword *keyword, struct report *report)
{
	struct set *set = ARENA_PUSH(arena, &sets->sets);
	const char *name = arena_string(arena, keyword->name), *file_before = report->file;
	int offset;
	char why[128];
	*set = (struct set){name, text_lower(arena, keyword->language), keyword->in, NULL};
	report->file = keyword->file ? keyword->file : report->file;
	report->key = "keywords[].any";
	struct sb_stemmer *stemmer = *set->language ? sb_stemmer_new(set->language, "UTF_8") : NULL;
	if (*set->language && !stemmer)
		rules_report_warning(report, keyword->any_line, "keyword set \"%s\": there is no stemmer for \"%s\": only the words as written are found; write each form, or a regex",
		                     name, set->language);
	for (size_t i = 0; i < keyword->any.count; i++)
		add_word(sets, arena, (uint32_t)(sets->sets.count - 1), keyword->any_line, name, keyword->any.at[i], stemmer, set->language, report);
	report->key = "keywords[].regex";
	if (*keyword->regex && !(set->regex = rules_regex_new(keyword->regex, &offset, why)))
		rules_report_error(report, keyword->regex_line, "keyword set \"%s\": regex, at character %d: %s", name, offset + 1, why);
	report->key = NULL;
	report->file = file_before;
	if (stemmer)
		sb_stemmer_delete(stemmer);
}

static void index_table(struct arena *arena, struct table *table)
{
	table->mask = 15;
	while (table->mask < 4 * table->phrases.count)
		table->mask = 2 * table->mask + 1;
	table->entries = ARENA_ARRAY(arena, struct entry, table->mask + 1);
	for (size_t i = 0; i < table->phrases.count; i++) {
		uint32_t hash = rules_words_hash(table->phrases.at[i].forms[0]);
		size_t at = hash & table->mask;
		while (table->entries[at].phrase)
			at = (at + 1) & table->mask;
		table->entries[at] = (struct entry){hash, (uint32_t)i + 1};
	}
}

static void want_pair(struct keyword_sets *sets, size_t pair)
{
	sets->wanted[pair / 64] |= UINT64_C(1) << pair % 64;
}

/* Of stems each letter counts by itself, as in search_stems(). */
static void want(struct keyword_sets *sets, const struct table *table)
{
	for (size_t i = 0; !*table->language && i < table->phrases.count; i++) {
		const unsigned char *form = (const unsigned char *)table->phrases.at[i].forms[0];
		want_pair(sets, rules_words_pair(form[0], form[1]));
	}
	for (size_t pair = 0; *table->language && pair < 65536; pair++)
		if (table->first[pair >> 8] && table->second[pair & 0xFF])
			want_pair(sets, pair);
}

struct keyword_sets *rules_keyword_sets_new(struct arena *arena, const struct config *config, struct report *report)
{
	struct keyword_sets *sets = ARENA_NEW(arena, struct keyword_sets);
	table_of(sets, "");
	for (size_t i = 0; i < config->keywords.count; i++)
		add_set(sets, arena, &config->keywords.at[i], report);
	for (size_t i = 0; i < sets->table_count; i++) {
		index_table(arena, &sets->tables[i]);
		want(sets, &sets->tables[i]);
	}
	return sets;
}

void rules_keyword_sets_fini(struct keyword_sets *sets)
{
	for (size_t i = 0; sets && i < sets->sets.count; i++)
		rules_regex_free(&sets->sets.at[i].regex);
}

/* ---------------------------------------------------------------- asking them */

struct search {
	const struct keyword_sets *sets;
	struct arena *arena;
	struct rules_keywords *found;
	bool *done;                      /* of each set: found, given up, or not to be asked of this mail */
	const char *where;
	bool in_subject;
	int64_t deadline;
};

static bool looks_here(const struct search *search, uint32_t set)
{
	enum keyword_in in = search->sets->sets.at[set].in;
	return !search->done[set] && (in == KEYWORD_IN_BOTH || (in == KEYWORD_IN_SUBJECT) == search->in_subject);
}

static void keep_match(struct search *search, uint32_t set, const char *from, size_t length)
{
	const char *whole = utf8_clean(search->arena, from, length > 200 ? 200 : length);
	search->done[set] = true;
	*ARENA_PUSH(search->arena, search->found) =
		(struct rules_keyword){search->sets->sets.at[set].name, utf8_cut(search->arena, whole, 60), search->where};
}

/* The form of a word that this table holds. */
static const char *form_of(struct words *words, size_t i, struct sb_stemmer *stemmer, bool folded_first, struct buffer *room)
{
	struct token_word *word = &words->tokens.at[i];
	rules_words_complete(words, word);
	const char *text = words->forms.at + (stemmer && !folded_first ? word->lower : word->folded);
	if (!stemmer)
		return text;
	const sb_symbol *stem = sb_stemmer_stem(stemmer, (const sb_symbol *)text, (int)strlen(text));
	buffer_reset(room);
	rules_words_fold(room, (const char *)stem, strlen((const char *)stem));
	return buffer_string(room);
}

static bool rest_follows(const struct phrase *phrase, struct words *words, size_t i, struct sb_stemmer *stemmer, bool folded_first)
{
	CLEANUP_BUFFER struct buffer room;
	buffer_init(&room);
	for (size_t k = 1; k < phrase->count; k++)
		if (i + k >= words->tokens.count || strcmp(phrase->forms[k], form_of(words, i + k, stemmer, folded_first, &room)) != 0)
			return false;
	return true;
}

static void look_up(struct search *search, const struct table *table, struct words *words, size_t i, const char *form, uint32_t hash,
                    struct sb_stemmer *stemmer, bool folded_first)
{
	for (size_t at = hash & table->mask; table->entries[at].phrase; at = (at + 1) & table->mask) {
		const struct phrase *phrase = &table->phrases.at[table->entries[at].phrase - 1];
		if (table->entries[at].hash != hash || !looks_here(search, phrase->set) || strcmp(phrase->forms[0], form) != 0 ||
		    !rest_follows(phrase, words, i, stemmer, folded_first))
			continue;
		const struct token_word *first = &words->tokens.at[i], *last = &words->tokens.at[i + phrase->count - 1];
		keep_match(search, phrase->set, words->text + first->start, last->start + last->length - first->start);
	}
}

static void search_plain(struct search *search, struct words *words)
{
	const struct table *table = &search->sets->tables[0];
	for (size_t i = 0; table->phrases.count && i < words->tokens.count; i++) {
		const struct token_word *word = &words->tokens.at[i];
		if (word->folds && table->entries[word->hash & table->mask].phrase)
			look_up(search, table, words, i, words->forms.at + word->folded, word->hash, NULL, false);
	}
}

static void search_stems(struct search *search, const struct table *table, struct words *words)
{
	CLEANUP_BUFFER struct buffer room;
	struct sb_stemmer *stemmer = sb_stemmer_new(table->language, "UTF_8");
	buffer_init(&room);
	for (size_t i = 0; stemmer && i < words->tokens.count; i++) {
		const char *folded = words->forms.at + words->tokens.at[i].folded;
		if (!words->tokens.at[i].folds || !table->first[(unsigned char)folded[0]] || !table->second[(unsigned char)folded[1]])
			continue;
		const char *form = form_of(words, i, stemmer, false, &room);
		look_up(search, table, words, i, form, rules_words_hash(form), stemmer, false);
		form = form_of(words, i, stemmer, true, &room);
		look_up(search, table, words, i, form, rules_words_hash(form), stemmer, true);
	}
	if (stemmer)
		sb_stemmer_delete(stemmer);
}

static void search_patterns(struct search *search, const char *text, size_t length)
{
	for (uint32_t i = 0; i < search->sets->sets.count; i++) {
		const struct set *set = &search->sets->sets.at[i];
		size_t start, end;
		if (!set->regex || !looks_here(search, i))
			continue;
		enum regex_result result = rules_regex_match(set->regex, text, length, search->deadline, &start, &end);
		if (result == REGEX_YES)
			keep_match(search, i, text + start, end > start ? end - start : 0);
		if (result == REGEX_GIVEN_UP) {
			search->done[i] = true;
			strings_add(search->arena, &search->found->given_up, set->name);
		}
	}
}

static void search_in(struct search *search, const char *text, const char *where, const char *language)
{
	size_t length = strnlen(text, RULES_TEXT_BYTES);
	struct words words;
	search->where = where;
	search->in_subject = strcmp(where, "subject") == 0;
	rules_words_init(&words);
	rules_words_cut(&words, text, length, search->sets->wanted);
	search_plain(search, &words);
	for (size_t i = 1; i < search->sets->table_count; i++)
		if (!language || strcmp(search->sets->tables[i].language, language) == 0)
			search_stems(search, &search->sets->tables[i], &words);
	search_patterns(search, text, length);
	rules_words_fini(&words);
}

void rules_keyword_sets_match(const struct keyword_sets *sets, const struct mail *mail, struct arena *arena, struct rules_keywords *found)
{
	*found = (struct rules_keywords){0};
	if (!sets->sets.count)
		return;
	struct search search = {.sets = sets, .arena = arena, .found = found, .done = ARENA_ARRAY(arena, bool, sets->sets.count),
	                        .deadline = clock_monotonic_us() + RULES_REGEX_US};
	for (size_t i = 0; i < sets->sets.count; i++)
		search.done[i] = *sets->sets.at[i].language && mail->language && strcmp(sets->sets.at[i].language, mail->language) != 0;
	search_in(&search, mail->subject ? mail->subject : "", "subject", mail->language);
	search_in(&search, mail->reply_text ? mail->reply_text : "", "text", mail->language);
}
