/*
 * sqlite_tokens.c - the full text's words are those of src/words, as in every engine: letters without case and accents ("ss" for the German sharp s), a Chinese or
 * Japanese character a word of its own.
 *
 * FTS5 asks for them by the name "sportello"; each connection to a full text says so first. Texts end with NUL: sqlite3_value_text() and FTS5's own phrases do.
 */
#include "sqlite_private.h"

#include "words.h"

#include <string.h>

static int make(void *context, const char **arguments, int count, Fts5Tokenizer **out)
{
	(void)arguments;
	(void)count;
	*out = context;                  /* nothing is kept */
	return SQLITE_OK;
}

static void let_go(Fts5Tokenizer *tokenizer)
{
	(void)tokenizer;
}

static int tokenize(Fts5Tokenizer *tokenizer, void *context, int flags, const char *text, int length, int (*token)(void *, int, const char *, int, int, int))
{
	char word[WORDS_BYTES], folded[WORDS_BYTES];
	const char *at = text;
	int code = SQLITE_OK;

	(void)tokenizer;
	(void)flags;
	if (!text)
		return SQLITE_OK;
	while (code == SQLITE_OK && at - text < length && words_next(&at, word, folded))
		if (*folded)
			code = token(context, 0, folded, (int)strlen(folded), 0, (int)(at - text));
	return code;
}

int sqlite_tokens_register(sqlite3 *db)
{
	static fts5_tokenizer tokenizer = { make, let_go, tokenize };
	static char nothing;
	fts5_api *api = NULL;
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &statement, NULL);

	if (code == SQLITE_OK) {
		sqlite3_bind_pointer(statement, 1, &api, "fts5_api_ptr", NULL);
		sqlite3_step(statement);
	}
	sqlite3_finalize(statement);
	return api ? api->xCreateTokenizer(api, "sportello", &nothing, &tokenizer, NULL) : code == SQLITE_OK ? SQLITE_ERROR : code;
}
