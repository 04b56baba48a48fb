/*
 * mail_uuencode_line.c - one line of uuencoded bytes: for files in a text (mail_uuencode.c) and for parts of that encoding (mail_decode.c).
 */
#include "mail_private.h"

bool mail_uuencode_begins(struct span line, struct span *name)
{
	if (line.length < 11 || memcmp(line.at, "begin ", 6) != 0)
		return false;
	size_t i = 6;
	while (i < line.length && line.at[i] >= '0' && line.at[i] <= '7')
		i++;
	if (i - 6 < 3 || i - 6 > 4 || i >= line.length || line.at[i] != ' ')
		return false;
	*name = mail_span_trim((struct span){ line.at + i, line.length - i });
	return name->length > 0;
}

/* The bytes a line stands for; -1: this is no uuencoded line. Trailing blanks may be lost, or a checksum added. */
int mail_uuencode_line_bytes(struct span line)
{
	if (!line.length || line.at[0] < ' ' || line.at[0] > '`')
		return -1;
	int count = (line.at[0] - ' ') & 63;
	size_t needed = (size_t)(count + 2) / 3 * 4;
	for (size_t i = 1; i < line.length; i++)
		if (line.at[i] < ' ' || line.at[i] > '`')
			return -1;
	return line.length - 1 <= needed + 2 ? count : -1;
}

size_t mail_uuencode_line(struct span line, char *out)
{
	int count = line.length ? (line.at[0] - ' ') & 63 : 0;
	size_t n = 0;
	for (size_t i = 1; count > 0; i += 4) {
		unsigned value = 0;
		for (size_t j = 0; j < 4; j++)
			value = value << 6 | (i + j < line.length ? (unsigned)(line.at[i + j] - ' ') & 63 : 0);
		for (int j = 16; j >= 0 && count > 0; j -= 8, count--)
			out[n++] = (char)(value >> j & 255);
	}
	return n;
}
