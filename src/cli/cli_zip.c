/*
 * cli_zip.c - a ZIP archive of files that are not packed tighter: any system opens it by a click, and it needs no library.
 *
 * APPNOTE.TXT 4.3: a header before each file, the list of all at the end. Names are UTF-8 (bit 11). At most 65,535 files and 4 GB in all: who adds bounds it.
 */
#include "cli_private.h"

#include <string.h>
#include <time.h>

#define VERSION 20                       /* what it takes to read it: folders in names */
#define IN_UTF8 0x0800

static void add16(struct buffer *out, unsigned value)
{
	buffer_add_char(out, (char)(value & 0xFF));
	buffer_add_char(out, (char)(value >> 8 & 0xFF));
}

static void add32(struct buffer *out, uint32_t value)
{
	add16(out, value & 0xFFFF);
	add16(out, value >> 16);
}

/* ISO 3309, as in PNG and gzip. */
static uint32_t checksum(const unsigned char *bytes, size_t length)
{
	uint32_t table[256], sum = 0xFFFFFFFF;

	for (uint32_t i = 0; i < 256; i++) {
		table[i] = i;
		for (int bit = 0; bit < 8; bit++)
			table[i] = table[i] & 1 ? table[i] >> 1 ^ 0xEDB88320 : table[i] >> 1;
	}
	for (size_t i = 0; i < length; i++)
		sum = table[(sum ^ bytes[i]) & 0xFF] ^ sum >> 8;
	return sum ^ 0xFFFFFFFF;
}

/* Two seconds are its smallest step, 1980 its first year. */
static uint32_t dos_time(int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || tm.tm_year < 80 || tm.tm_year > 207)
		return 1 << 21 | 1 << 16;
	return (uint32_t)(tm.tm_year - 80) << 25 | (uint32_t)(tm.tm_mon + 1) << 21 | (uint32_t)tm.tm_mday << 16 | (uint32_t)tm.tm_hour << 11 | (uint32_t)tm.tm_min << 5 | (uint32_t)tm.tm_sec / 2;
}

/* What stands before a file and in the list alike. */
static void add_facts(struct buffer *out, const char *name, uint32_t sum, uint32_t length, uint32_t when)
{
	add16(out, VERSION);
	add16(out, IN_UTF8);
	add16(out, 0);                           /* stored */
	add32(out, when);
	add32(out, sum);
	add32(out, length);
	add32(out, length);
	add16(out, (unsigned)strlen(name));
	add16(out, 0);
}

void cli_zip_add(struct cli_zip *zip, const char *name, const void *bytes, size_t length, int64_t date)
{
	uint32_t sum = checksum(bytes, length), when = dos_time(date), at = (uint32_t)zip->out.length;

	buffer_add(&zip->out, "PK\3\4", 4);
	add_facts(&zip->out, name, sum, (uint32_t)length, when);
	buffer_add_string(&zip->out, name);
	buffer_add(&zip->out, bytes, length);
	buffer_add(&zip->list, "PK\1\2", 4);
	add16(&zip->list, VERSION);
	add_facts(&zip->list, name, sum, (uint32_t)length, when);
	add16(&zip->list, 0);                    /* no remark */
	add16(&zip->list, 0);                    /* of the first disk */
	add16(&zip->list, 0);
	add32(&zip->list, 0);
	add32(&zip->list, at);
	buffer_add_string(&zip->list, name);
	zip->count++;
}

void cli_zip_finish(struct cli_zip *zip)
{
	uint32_t at = (uint32_t)zip->out.length, length = (uint32_t)zip->list.length;

	if (length)
		buffer_add(&zip->out, zip->list.at, length);
	buffer_add(&zip->out, "PK\5\6", 4);
	add32(&zip->out, 0);
	add16(&zip->out, zip->count);
	add16(&zip->out, zip->count);
	add32(&zip->out, length);
	add32(&zip->out, at);
	add16(&zip->out, 0);
	buffer_fini(&zip->list);
}
