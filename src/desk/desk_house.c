/*
 * desk_house.c - what of the house may not leave it: signed addresses and Message-IDs of agents, and those of other tickets, wherever
 * they stand in a text.
 *
 * They are found by their signature and by nothing else: every run of base32 letters that is long enough is asked for it. So layout, quote
 * marks, percent-encoding and a line broken within the token hide none. Linear: each run is asked once, and at most once more with
 * the line below it.
 */
#include <string.h>

#include "desk_private.h"

#define TOKEN_LEAST 27                           /* letters of the shortest token, see desk_token() */
#define TOKEN_MOST  41

static bool is_letter(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '2' && byte <= '7');
}

static bool is_hex(char byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

static size_t run_of(const char *at)
{
	size_t length = 0;
	while (is_letter(at[length]))
		length++;
	return length;
}

/* Where the next line goes on, behind its quote marks; 0: no line ends here. */
static size_t to_next_line(const char *at)
{
	size_t length = strspn(at, " \t\r=");
	if (at[length] != '\n')
		return 0;
	return length + strspn(at + length, " \t\r\n>|");
}

/* Is a token at `at`, whole or broken by a line's end? *length: of what stands there. */
static bool token_at(const struct desk_policy *policy, const char *at, struct token *token, size_t *length)
{
	size_t run = run_of(at);
	if (run >= TOKEN_LEAST && run <= TOKEN_MOST && desk_token_read(&policy->keys, at, run, token)) {
		*length = run;
		return true;
	}
	size_t skip = run < TOKEN_MOST ? to_next_line(at + run) : 0, rest = skip ? run_of(at + run + skip) : 0;
	char both[TOKEN_MOST];
	if (!run || !rest || run + rest < TOKEN_LEAST || run + rest > TOKEN_MOST)
		return false;
	memcpy(both, at, run);
	memcpy(both + run, at + run + skip, rest);
	*length = run + skip + rest;
	return desk_token_read(&policy->keys, both, run + rest, token);
}

static bool desk_is_house_token(const struct token *token, int64_t ticket)
{
	return desk_token_is(token->kind, TOKEN_OF_HOUSE) || token->ticket != ticket;
}

bool desk_find_house_token(const struct desk_policy *policy, int64_t ticket, const char *text, size_t *start, size_t *length)
{
	struct token token;
	for (size_t i = 0; text[i];) {
		if (text[i] == '%' && is_hex(text[i + 1]) && is_hex(text[i + 2])) {
			i += 3;
			continue;
		}
		if (!is_letter(text[i])) {
			i++;
			continue;
		}
		if (token_at(policy, text + i, &token, length) && desk_is_house_token(&token, ticket)) {
			*start = i;
			return true;
		}
		i += run_of(text + i);
	}
	return false;
}

bool desk_holds_house_token(const struct desk_policy *policy, int64_t ticket, const char *text)
{
	size_t start, length;
	return desk_find_house_token(policy, ticket, text, &start, &length);
}

static bool ends_word(char byte)
{
	return !byte || strchr(" \t\r\n<>()[]\"'|", byte) != NULL;
}

const char *desk_without_house_tokens(struct arena *arena, const struct desk_policy *policy, int64_t ticket, const char *address, const char *text,
                                      size_t *count)
{
	CLEANUP_BUFFER struct buffer out;
	size_t start, length;
	buffer_init(&out);
	*count = 0;
	while (desk_find_house_token(policy, ticket, text, &start, &length)) {
		size_t end = start + length;
		bool is_address = text[end] == '@' || strncmp(text + end, "%40", 3) == 0;
		while (start && !ends_word(text[start - 1]))
			start--;
		while (!ends_word(text[end]))
			end++;
		buffer_add(&out, text, start);
		if (is_address)
			buffer_add_string(&out, address);
		text += end;
		++*count;
	}
	if (!*count)
		return text;
	buffer_add_string(&out, text);
	return arena_string(arena, buffer_string(&out));
}
