/*
 * rules_regex.c - patterns of keyword sets on PCRE2: any case, UTF-8, JIT, with limits that no mail can get over. The only file that knows PCRE2.
 *
 * PCRE2 counts its match limit anew for each place where a match may begin, so a bad pattern on a long text could still take
 * minutes: the text is gone through in windows of starting places, and the time looked at between them. A pattern that
 * goes over a limit has "given up": it counts as not matching, and the caller says so.
 * May not keep anything between two calls: patterns are shared by all threads.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "rules_private.h"

#define WINDOW 512                       /* starting places between two looks at the time */

struct regex { pcre2_code *code; };

struct regex *rules_regex_new(const char *pattern, int *offset, char why[128])
{
	int number;
	PCRE2_SIZE at;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
	                                 PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS | PCRE2_MATCH_INVALID_UTF | PCRE2_USE_OFFSET_LIMIT | PCRE2_NEVER_BACKSLASH_C,
	                                 &number, &at, NULL);
	if (!code) {
		pcre2_get_error_message(number, (PCRE2_UCHAR *)why, 128);
		*offset = (int)at;
		return NULL;
	}
	/* After a reload under the sandbox, which allows no new memory to be executed, this fails, and the interpreter matches: under the same
	 * limits, but ten times as slowly (40 to 200 us a pattern for 2 KB of text). */
	pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	struct regex *regex = malloc(sizeof *regex);
	if (!regex)
		abort();
	regex->code = code;
	return regex;
}

void rules_regex_free(struct regex **regex)
{
	if (!*regex)
		return;
	pcre2_code_free((*regex)->code);
	free(*regex);
	*regex = NULL;
}

/* One window; a pattern too deep for JIT's small stack goes to the interpreter. */
static int match_window(const struct regex *regex, const char *text, size_t length, size_t from, pcre2_match_data *data, pcre2_match_context *context)
{
	int result = pcre2_match(regex->code, (PCRE2_SPTR)text, length, from, 0, data, context);
	if (result == PCRE2_ERROR_JIT_STACKLIMIT)
		result = pcre2_match(regex->code, (PCRE2_SPTR)text, length, from, PCRE2_NO_JIT, data, context);
	return result;
}

enum regex_result rules_regex_match(const struct regex *regex, const char *text, size_t length, int64_t deadline_us, size_t *start, size_t *end)
{
	enum regex_result answer = REGEX_NO;
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	if (!data || !context)
		abort();
	pcre2_set_match_limit(context, RULES_REGEX_STEPS);
	pcre2_set_heap_limit(context, 4096);     /* KiB */
	for (size_t from = 0; from <= length && answer == REGEX_NO; from += WINDOW) {
		while (from < length && ((unsigned char)text[from] & 0xC0) == 0x80)
			from--;                  /* a window begins with a character */
		pcre2_set_offset_limit(context, from + WINDOW);
		int result = match_window(regex, text, length, from, data, context);
		if (result >= 0) {
			*start = pcre2_get_ovector_pointer(data)[0];
			*end = pcre2_get_ovector_pointer(data)[1];
			answer = REGEX_YES;
		} else if (result != PCRE2_ERROR_NOMATCH || clock_monotonic_us() > deadline_us) {
			answer = REGEX_GIVEN_UP;
		}
	}
	pcre2_match_context_free(context);
	pcre2_match_data_free(data);
	return answer;
}
