/*
 * postgres_advise.c - what the server's settings promise less than our 250 says: for `sportello check`.
 */
#include "postgres_private.h"

#include <string.h>

static void tell(const struct engine_findings *findings, const char *name, const char *is, const char *why)
{
	CLEANUP_ARENA struct arena arena = { 0 };

	findings->complain(findings->context, arena_printf(&arena, "the server's %s is %s: %s", name, is, why));
}

enum status postgres_advise(struct engine *engine, const struct engine_findings *findings, struct error *error)
{
	static const char lost[] = "mail that was answered 250 may be lost when its machine stops";
	CLEANUP_ARENA struct arena arena = { 0 };
	struct cursor cursor;

	postgres_cursor_open_own(&cursor, engine, error, OWN_PROMISES, "");
	if (postgres_cursor_next(&cursor)) {
		const char *commit = postgres_cursor_text_or_null(&cursor, &arena, 0), *fsync = postgres_cursor_text_or_null(&cursor, &arena, 1);
		const char *pages = postgres_cursor_text_or_null(&cursor, &arena, 2);

		if (strcmp(commit, "off") == 0)
			tell(findings, "synchronous_commit", commit, lost);
		if (strcmp(fsync, "on") != 0)
			tell(findings, "fsync", fsync, lost);
		if (strcmp(pages, "on") != 0)
			tell(findings, "full_page_writes", pages, "a page that was written in half may not be mended");
		if (postgres_cursor_number(&cursor, 3))
			findings->complain(findings->context, "the server is a standby, and only reads: no mail can be kept until it is promoted");
	}
	return postgres_cursor_close(&cursor);
}
