/*
 * rules_lex.c - cuts a Sieve script into tokens (RFC 5228 section 8.1) and knows the line of each.
 *
 * Says what is broken where it begins: an unterminated string, comment or text: block, a byte that belongs to nothing, a NUL.
 * Capitals in keywords, which libsieve does not understand, are reported and then taken as small letters, so that the rest
 * of the script is still read. A string is taken as written: backslashes are for rules_check to refuse.
 * May not look at meaning. After LEX_BROKEN nothing more is to be asked.
 */
#include <ctype.h>
#include <string.h>

#include "rules_private.h"

void rules_lex_init(struct lexer *lexer, struct report *report, const char *text, size_t length)
{
	*lexer = (struct lexer){.report = report, .at = text, .end = text + length, .line = 1};
	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		lexer->at += 3;
}

static struct lex_token broken(struct lexer *lexer, int line, const char *why)
{
	rules_report_error(lexer->report, line, "%s", why);
	lexer->at = lexer->end;
	return (struct lex_token){.type = LEX_BROKEN, .line = line};
}

/* False: a comment that does not end. */
static bool skip_blanks(struct lexer *lexer)
{
	while (lexer->at < lexer->end) {
		if (*lexer->at == '\n')
			lexer->line++;
		if (strchr(" \t\r\n", *lexer->at) && *lexer->at) {
			lexer->at++;
		} else if (*lexer->at == '#') {
			const char *newline = memchr(lexer->at, '\n', (size_t)(lexer->end - lexer->at));
			lexer->at = newline ? newline : lexer->end;
		} else if (lexer->end - lexer->at >= 2 && lexer->at[0] == '/' && lexer->at[1] == '*') {
			const char *close = memmem(lexer->at + 2, (size_t)(lexer->end - lexer->at - 2), "*/", 2);
			if (!close)
				return false;
			for (; lexer->at < close + 2; lexer->at++)
				lexer->line += *lexer->at == '\n';
		} else {
			break;
		}
	}
	return true;
}

static struct lex_token take(struct lexer *lexer, enum token_type type, int line, const char *from, const char *to)
{
	return (struct lex_token){.type = type, .line = line, .text = arena_copy(lexer->report->arena, from, (size_t)(to - from))};
}

static struct lex_token string(struct lexer *lexer)
{
	const char *from = ++lexer->at;
	int line = lexer->line;
	for (; lexer->at < lexer->end && *lexer->at != '"'; lexer->at++) {
		lexer->line += *lexer->at == '\n';
		if (*lexer->at == '\\' && lexer->end - lexer->at > 1)
			lexer->at++;
	}
	if (lexer->at == lexer->end)
		return broken(lexer, line, "this string has no end: write a closing \"");
	return take(lexer, LEX_STRING, line, from, lexer->at++);
}

/* After "text:": blanks, perhaps a comment, a newline; lines up to one with a dot alone. A leading dot is doubled. */
static struct lex_token text_block(struct lexer *lexer, int line)
{
	CLEANUP_BUFFER struct buffer text;
	buffer_init(&text);
	while (lexer->at < lexer->end && (*lexer->at == ' ' || *lexer->at == '\t' || *lexer->at == '\r'))
		lexer->at++;
	if (lexer->at < lexer->end && *lexer->at == '#')
		while (lexer->at < lexer->end && *lexer->at != '\n')
			lexer->at++;
	if (lexer->at == lexer->end || *lexer->at != '\n')
		return broken(lexer, line, "text: must be followed by a new line, and the text by a line with a dot alone");
	for (;;) {
		const char *from = ++lexer->at, *newline = memchr(from, '\n', (size_t)(lexer->end - from));
		const char *to = newline ? newline : lexer->end;
		size_t length = (size_t)(to - from) - (to > from && to[-1] == '\r');
		lexer->line++;
		lexer->at = to;
		if (length == 1 && *from == '.')
			break;
		if (!newline)
			return broken(lexer, line, "this text: has no end: write a line with a dot alone");
		buffer_add(&text, from + (*from == '.'), length - (*from == '.' && length));
		buffer_add_char(&text, '\n');
	}
	return take(lexer, LEX_TEXT, line, buffer_string(&text), buffer_string(&text) + text.length);
}

static bool is_name_byte(char byte)
{
	return isalnum((unsigned char)byte) || byte == '_';
}

static struct lex_token name(struct lexer *lexer, enum token_type type)
{
	const char *from = lexer->at;
	while (lexer->at < lexer->end && is_name_byte(*lexer->at))
		lexer->at++;
	struct lex_token token = take(lexer, type, lexer->line, from, lexer->at);
	const char *lower = text_lower(lexer->report->arena, token.text);
	if (type == LEX_NAME && strcmp(lower, "text") == 0 && lexer->at < lexer->end && *lexer->at == ':') {
		lexer->at++;
		return text_block(lexer, token.line);
	}
	if (strcmp(lower, token.text) != 0)
		rules_report_error(lexer->report, token.line, "\"%s%s\" has capitals, which are not understood: write %s%s", type == LEX_TAG ? ":" : "",
		                   token.text, type == LEX_TAG ? ":" : "", lower);
	token.text = lower;
	return token;
}

static struct lex_token number(struct lexer *lexer)
{
	struct lex_token token = {.type = LEX_NUMBER, .line = lexer->line};
	int shift = 0;
	for (; lexer->at < lexer->end && isdigit((unsigned char)*lexer->at); lexer->at++)
		token.number = token.number > INT32_MAX ? token.number : token.number * 10 + (*lexer->at - '0');
	if (lexer->at < lexer->end && is_name_byte(*lexer->at)) {
		char unit = (char)toupper((unsigned char)*lexer->at++);
		shift = unit == 'K' ? 10 : unit == 'M' ? 20 : unit == 'G' ? 30 : -1;
		if (shift < 0 || (lexer->at < lexer->end && is_name_byte(*lexer->at)))
			return broken(lexer, token.line, "a number may end in K, M or G and nothing else: write for example 100K");
	}
	if (token.number > (INT32_MAX >> shift)) {
		rules_report_error(lexer->report, token.line, "this number is too large: write 2147483647 (nearly 2G) at most");
		token.number = shift = 0;
	}
	token.number <<= shift;
	return token;
}

struct lex_token rules_lex_next(struct lexer *lexer)
{
	int line = lexer->line;
	if (!skip_blanks(lexer))
		return broken(lexer, lexer->line, "this comment has no end: write */");
	line = lexer->line;
	if (lexer->at == lexer->end)
		return (struct lex_token){.type = LEX_END, .line = line};
	char byte = *lexer->at;
	if (byte == '"')
		return string(lexer);
	if (isdigit((unsigned char)byte))
		return number(lexer);
	if (is_name_byte(byte))
		return name(lexer, LEX_NAME);
	if (byte == ':' && lexer->end - lexer->at > 1 && is_name_byte(lexer->at[1])) {
		lexer->at++;
		return name(lexer, LEX_TAG);
	}
	if (byte && strchr("[](){},;", byte)) {
		lexer->at++;
		return (struct lex_token){.type = LEX_MARK, .line = line, .mark = byte};
	}
	if (byte > ' ' && byte < 127)
		return broken(lexer, line, arena_printf(lexer->report->arena, "\"%c\" means nothing here; strings stand in double quotes, comments after #", byte));
	return broken(lexer, line, "a byte that belongs to no command; strings stand in double quotes, comments after #");
}
