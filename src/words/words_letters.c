/*
 * words_letters.c - a letter in lower case and without accents, one at a time. No locale.
 */
#include "words.h"

#include <stdlib.h>

#include "words_private.h"

uint32_t words_lower(uint32_t code)
{
	if (code < 0x80)
		return code >= 'A' && code <= 'Z' ? code + 32 : code;
	if (code >= 0xC0 && code <= 0xDE && code != 0xD7)
		return code + 32;
	if (code == 0x178)
		return 0xFF;
	if ((code >= 0x100 && code <= 0x137) || (code >= 0x14A && code <= 0x177))
		return code | 1;
	if ((code >= 0x139 && code <= 0x148) || (code >= 0x179 && code <= 0x17E))
		return code + (code & 1);
	if ((code >= 0x391 && code <= 0x3A9) || (code >= 0x410 && code <= 0x42F))
		return code + 32;
	return code >= 0x400 && code <= 0x40F ? code + 80 : code;
}

static int compare_row(const void *key, const void *row)
{
	uint32_t code = *(const uint32_t *)key, from = ((const struct words_plain_row *)row)->from;

	return code < from ? -1 : code > from;
}

const char *words_plain(uint32_t code)
{
	const struct words_plain_row *row = code < 0xAA ? NULL : bsearch(&code, words_plain_rows, words_plain_count, sizeof *words_plain_rows, compare_row);

	return row ? row->to : NULL;
}
