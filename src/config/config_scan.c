/*
 * config_scan.c - reads the text before libconfig does, for what libconfig takes in silence or dies of.
 *
 * 5000000000 without an L silently becomes 705032704 there, 0xFFFFFFFF becomes -1, 010 is 10, and an @include of a directory
 * ends the process. So: every number outside strings and comments, and every @include, is looked at here.
 * May not judge anything else: names and values are the walk's business.
 * Diagnostics: "does not fit" (write an L behind it), "leading zero", "cannot be included".
 */
#include "config_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INCLUDE_DEPTH 10                 /* libconfig's own bound */
#define INCLUDE_BYTES ((size_t)1024 * 1024)

struct scan {
	struct loader *loader;
	const char *file, *at, *end;
	int line, depth;
	bool fine;                       /* may be given to libconfig */
};

static void skip_string(struct scan *scan)
{
	for (scan->at++; scan->at < scan->end && *scan->at != '"'; scan->at++) {
		if (*scan->at == '\\' && scan->at + 1 < scan->end)
			scan->at++;
		if (*scan->at == '\n')
			scan->line++;
	}
	if (scan->at < scan->end)
		scan->at++;
}

static void skip_to_line_end(struct scan *scan)
{
	while (scan->at < scan->end && *scan->at != '\n')
		scan->at++;
}

static void skip_block_comment(struct scan *scan)
{
	for (scan->at += 2; scan->at < scan->end; scan->at++) {
		if (*scan->at == '\n')
			scan->line++;
		if (*scan->at == '*' && scan->at + 1 < scan->end && scan->at[1] == '/') {
			scan->at += 2;
			return;
		}
	}
}

static void judge_number(struct scan *scan, const char *number)
{
	const char *digits = number + strspn(number, "+-");
	bool hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
	bool wide = strchr(number, 'L') != NULL;
	char *end;
	long long value;

	if (!hex && digits[strspn(digits, "0123456789L")])
		return;                  /* a float, or a word */
	errno = 0;
	value = strtoll(number, &end, hex ? 16 : 10);
	if (errno == ERANGE)
		config_complain_at(scan->loader, false, scan->file, scan->line, "", "%s does not fit into 64 bits; write a smaller number", number);
	else if (!wide && (value > INT32_MAX || value < INT32_MIN))
		config_complain_at(scan->loader, false, scan->file, scan->line, "",
		                   "%s does not fit into 32 bits and would silently become another number; write %sL", number, number);
	else if (!hex && digits[0] == '0' && isdigit((unsigned char)digits[1]))
		config_complain_at(scan->loader, false, scan->file, scan->line, "",
		                   "%s has a leading zero, but would be read as a decimal number; write it without", number);
}

static void take_word(struct scan *scan)
{
	const char *start = scan->at;

	while (scan->at < scan->end && (isalnum((unsigned char)*scan->at) || strchr("+-._*", *scan->at)) && *scan->at)
		scan->at++;
	if (isdigit((unsigned char)*start) || ((*start == '-' || *start == '+') && scan->at - start > 1))
		judge_number(scan, arena_copy(scan->loader->arena, start, (size_t)(scan->at - start)));
}

/* False: libconfig must not see it. */
static bool include_file(struct scan *scan, const char *name)
{
	const char *path = arena_printf(scan->loader->arena, "%s/%s", scan->loader->directory, name);
	CLEANUP_BUFFER struct buffer text;
	struct stat info;
	struct error error;

	buffer_init(&text);
	if (*name == '/')
		config_complain_at(scan->loader, false, scan->file, scan->line, "@include",
		                   "\"%s\" cannot be included: give the path relative to the directory of the main file, %s", name, scan->loader->directory);
	else if (stat(path, &info) < 0 || access(path, R_OK) < 0)
		config_complain_at(scan->loader, false, scan->file, scan->line, "@include", "\"%s\" cannot be included: %s: %s", name, path, strerror(errno));
	else if (!S_ISREG(info.st_mode))
		config_complain_at(scan->loader, false, scan->file, scan->line, "@include", "\"%s\" cannot be included: %s is not a file", name, path);
	else if (scan->depth >= INCLUDE_DEPTH)
		config_complain_at(scan->loader, false, scan->file, scan->line, "@include", "files include each other more than %d deep; does one include itself?", INCLUDE_DEPTH);
	else if (file_read_all(path, INCLUDE_BYTES, &text, &error) != STATUS_OK)
		config_complain_at(scan->loader, false, scan->file, scan->line, "@include", "%s", error.text);
	else
		return config_scan(scan->loader, path, buffer_string(&text), text.length, scan->depth + 1);
	return false;
}

static void take_include(struct scan *scan)
{
	const char *start = scan->at, *line_end, *name, *close;

	skip_to_line_end(scan);
	line_end = scan->at;
	name = memchr(start, '"', (size_t)(line_end - start));
	close = name ? memchr(name + 1, '"', (size_t)(line_end - name - 1)) : NULL;
	if (close && !include_file(scan, arena_copy(scan->loader->arena, name + 1, (size_t)(close - name - 1))))
		scan->fine = false;
}

static void take_one(struct scan *scan)
{
	size_t left = (size_t)(scan->end - scan->at);

	if (*scan->at == '\n') {
		scan->line++;
		scan->at++;
	} else if (*scan->at == '"')
		skip_string(scan);
	else if (*scan->at == '#' || (left > 1 && !strncmp(scan->at, "//", 2)))
		skip_to_line_end(scan);
	else if (left > 1 && !strncmp(scan->at, "/*", 2))
		skip_block_comment(scan);
	else if (left > 8 && !strncmp(scan->at, "@include", 8))
		take_include(scan);
	else if (isalnum((unsigned char)*scan->at) || *scan->at == '-' || *scan->at == '+')
		take_word(scan);
	else
		scan->at++;
}

bool config_scan(struct loader *loader, const char *file, const char *text, size_t length, int depth)
{
	struct scan scan = { loader, file, text, text + length, 1, depth, true };

	while (scan.at < scan.end)
		take_one(&scan);
	return scan.fine;
}
