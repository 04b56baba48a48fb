/*
 * config_syntax.c - what is wrong where libconfig says "syntax error" and no more: the mistakes that people make, by name and line.
 *
 * Reads the words of a text that was refused; a text that libconfig takes never comes here. Knows nothing of parameters.
 * May not guess: where none of it fits, there is no hint, and libconfig's own words stand.
 */
#include "config_private.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define DEPTH 64 /* brackets in brackets; ours have four */

/* A word is a name, a number or a boolean; the end of the text is a token, too. */
enum lexed { T_END, T_WORD, T_STRING, T_SIGN, T_ODD };

struct lexer {
	const char *at, *end, *start;
	int line, begun; /* begun: the line of the token's first byte */
	enum lexed token;
};

static void skip_blanks(struct lexer *lexer)
{
	while (lexer->at < lexer->end) {
		const char *at = lexer->at;
		size_t left = (size_t)(lexer->end - at);

		if (*at == '#' || (left > 1 && at[0] == '/' && at[1] == '/') ||
		    (left > 1 && *at == '@')) {
			while (lexer->at < lexer->end && *lexer->at != '\n')
				lexer->at++;
		} else if (left > 1 && at[0] == '/' && at[1] == '*') {
			for (lexer->at += 2;
			     lexer->at < lexer->end &&
			     (lexer->at[-1] != '/' || lexer->at[-2] != '*' || lexer->at < at + 4);
			     lexer->at++)
				lexer->line += *lexer->at == '\n';
		} else if (isspace((unsigned char)*at)) {
			lexer->line += *at == '\n';
			lexer->at++;
		} else {
			return;
		}
	}
}

static void take_string(struct lexer *lexer)
{
	for (lexer->at++; lexer->at < lexer->end && *lexer->at != '"'; lexer->at++) {
		if (*lexer->at == '\\' && lexer->at + 1 < lexer->end)
			lexer->at++;
		lexer->line += *lexer->at == '\n';
	}
	if (lexer->at < lexer->end)
		lexer->at++;
}

static void next(struct lexer *lexer)
{
	skip_blanks(lexer);
	lexer->start = lexer->at;
	lexer->begun = lexer->line;
	if (lexer->at == lexer->end) {
		lexer->token = T_END;
	} else if (*lexer->at == '"') {
		lexer->token = T_STRING;
		take_string(lexer);
	} else if (strchr("{}()[],;=:", *lexer->at) && *lexer->at) {
		lexer->token = T_SIGN;
		lexer->at++;
	} else if (isalnum((unsigned char)*lexer->at) ||
	           (*lexer->at && strchr("+-._*", *lexer->at))) {
		lexer->token = T_WORD;
		while (lexer->at < lexer->end && *lexer->at &&
		       (isalnum((unsigned char)*lexer->at) || strchr("+-._*", *lexer->at)))
			lexer->at++;
	} else {
		lexer->token = T_ODD;
		lexer->at++;
		while (lexer->at < lexer->end && ((unsigned char)*lexer->at & 0xC0) == 0x80)
			lexer->at++;
	}
}

static bool is_sign(const struct lexer *lexer, char sign)
{
	return lexer->token == T_SIGN && *lexer->start == sign;
}

/* ---- hints */

static const char *of_odd(struct arena *arena, const struct lexer *lexer)
{
	static const struct {
		const char *bytes, *hint;
	} known[] = {
		{ "'", "strings stand in double quotes: \"...\", not '...'" },
		{ "\xE2\x80\x9C", "\xE2\x80\x9C is a printer's quote; write the plain one: \"" },
		{ "\xE2\x80\x9D", "\xE2\x80\x9D is a printer's quote; write the plain one: \"" },
		{ "\xE2\x80\x9E", "\xE2\x80\x9E is a printer's quote; write the plain one: \"" },
		{ "\xC2\xAB", "\xC2\xAB is a printer's quote; write the plain one: \"" },
		{ "\xC2\xA0",
		  "a blank that looks like one and is none (U+00A0) stands here; write a blank" },
		{ "\xEF\xBB\xBF",
		  "the file begins with a byte order mark; save it as UTF-8 without one" },
	};
	size_t length = (size_t)(lexer->at - lexer->start);

	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (strlen(known[i].bytes) == length &&
		    !memcmp(known[i].bytes, lexer->start, length))
			return known[i].hint;
	return arena_printf(arena,
	                    "%.*s means nothing here; is it of a string whose quote is missing?",
	                    (int)length, lexer->start);
}

static bool is_value(const char *word, size_t length)
{
	return isdigit((unsigned char)*word) || strchr("+-.", *word) ||
	       (length == 4 && !strncasecmp(word, "true", 4)) ||
	       (length == 5 && !strncasecmp(word, "false", 5));
}

static const char *of_value(struct arena *arena, const struct lexer *lexer)
{
	static const char *const booleans[] = { "yes", "no", "on", "off" };
	int length = (int)(lexer->at - lexer->start);

	if (lexer->token == T_END || (lexer->token == T_SIGN && strchr(";,})]", *lexer->start)))
		return "no value stands behind the =";
	if (lexer->token != T_WORD || is_value(lexer->start, (size_t)length))
		return NULL;
	for (size_t i = 0; i < COUNT_OF(booleans); i++)
		if ((size_t)length == strlen(booleans[i]) &&
		    !strncasecmp(lexer->start, booleans[i], (size_t)length))
			return arena_printf(arena, "%.*s is no value; write %s", length,
			                    lexer->start, i % 2 ? "false" : "true");
	return arena_printf(arena, "text stands in quotes: \"%.*s\"", length, lexer->start);
}

struct open {
	char sign;
	int line;
};

static const char *of_bracket(struct arena *arena, const struct lexer *lexer,
                              const struct lexer *before, struct open *open, size_t *depth)
{
	static const char opening[] = "{([", closing[] = "})]";
	const char *which;

	if ((which = strchr(opening, *lexer->start))) {
		if (is_sign(before, '}') && *depth && open[*depth - 1].sign == '(')
			return "a comma is missing between } and {";
		if (*depth < DEPTH)
			open[(*depth)++] = (struct open){ *lexer->start, lexer->begun };
		return NULL;
	}
	if (!(which = strchr(closing, *lexer->start)))
		return NULL;
	if (is_sign(before, ','))
		return arena_printf(arena, "take the comma before %c away", *which);
	if (!*depth)
		return arena_printf(arena, "there is no %c that this %c would close",
		                    opening[which - closing], *which);
	(*depth)--;
	if (open[*depth].sign != opening[which - closing])
		return arena_printf(arena, "the %c of line %d is not closed before this %c",
		                    open[*depth].sign, open[*depth].line, *which);
	return NULL;
}

/* What follows a string is a sign, the next name on a line of its own, or more of it; a word right behind it is what a lost quote leaves. */
static const char *of_string(struct arena *arena, const struct lexer *string)
{
	struct lexer behind = *string;

	if (string->line == string->begun)
		return NULL;
	next(&behind);
	if (behind.token == T_SIGN || behind.token == T_STRING ||
	    (behind.token == T_WORD && behind.begun != string->line))
		return NULL;
	return arena_printf(arena,
	                    "the quote that begins here is closed in line %d only; is one missing?",
	                    string->line);
}

static const char *hint_at(struct arena *arena, const struct lexer *lexer,
                           const struct lexer *before, struct open *open, size_t *depth)
{
	const char *hint = NULL;

	if (lexer->token == T_ODD)
		return of_odd(arena, lexer);
	if (lexer->token == T_STRING && (hint = of_string(arena, lexer)))
		return hint;
	if (before->token == T_WORD && lexer->token == T_STRING &&
	    !is_value(before->start, (size_t)(before->at - before->start)))
		return arena_printf(arena, "an = is missing behind %.*s",
		                    (int)(before->at - before->start), before->start);
	if (is_sign(before, '=') && (hint = of_value(arena, lexer)))
		return hint;
	return lexer->token == T_SIGN ? of_bracket(arena, lexer, before, open, depth) : NULL;
}

const char *config_syntax_hint(struct arena *arena, const char *text, size_t length, int *line)
{
	struct lexer lexer = { .at = text, .end = text + length, .line = 1 },
		     before = { .token = T_SIGN, .start = ";" };
	struct open open[DEPTH];
	size_t depth = 0;
	const char *hint = NULL;

	do {
		next(&lexer);
		if ((hint = hint_at(arena, &lexer, &before, open, &depth)))
			*line = lexer.token == T_END ? before.begun : lexer.begun;
		before = lexer;
	} while (lexer.token != T_END && !hint);
	if (!hint && depth) {
		*line = open[depth - 1].line;
		hint = arena_printf(arena, "the %c that stands here is never closed",
		                    open[depth - 1].sign);
	}
	return hint;
}

/* The name at the beginning of a line: what stands there twice. */
const char *config_syntax_name(struct arena *arena, const char *text, size_t length, int line)
{
	struct lexer lexer = { .at = text, .end = text + length, .line = 1 };

	for (next(&lexer); lexer.token != T_END; next(&lexer))
		if (lexer.begun >= line && lexer.token == T_WORD)
			return arena_copy(arena, lexer.start, (size_t)(lexer.at - lexer.start));
	return NULL;
}
