/*
 * clean_try.c - pages cleaned, for tests written in Python.
 *
 * Reads "PAGE WORDS\n", two counts of bytes, and so many bytes of a page and of the words that it is to tell (-1: all of it). Prints "yes N\n"
 * or "no 0\n", and N bytes of what is left.
 */
#include "mail/mail_clean.h"

#include <stdio.h>
#include <stdlib.h>

static const char *id_of(void *context, const char *source, bool kept)
{
	return strncmp(source, "cid:", 4) == 0 && kept ? "picture@test" : NULL;
}

static char *read_bytes(struct arena *arena, long length)
{
	char *text = arena_alloc(arena, (size_t)length + 1);
	if (fread(text, 1, (size_t)length, stdin) != (size_t)length)
		exit(1);
	return text;
}

int main(void)
{
	static const struct clean_pictures pictures = { id_of, NULL };
	char line[100];
	mail_init();
	while (fgets(line, sizeof line, stdin)) {
		long page, words;
		struct buffer out CLEANUP_BUFFER;
		struct arena arena CLEANUP_ARENA;
		buffer_init(&out);
		arena_init(&arena);
		if (sscanf(line, "%ld %ld", &page, &words) != 2)
			return 1;
		const char *html = read_bytes(&arena, page), *told = words < 0 ? NULL : read_bytes(&arena, words);
		bool done = mail_clean_page(&arena, (struct span){ html, (size_t)page }, told, &pictures, &out);
		printf("%s %zu\n", done ? "yes" : "no", out.length);
		fwrite(out.at ? out.at : "", 1, out.length, stdout);
		fflush(stdout);
	}
	return 0;
}
