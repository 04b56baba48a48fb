/*
 * lmtp_command.c - from a command line to a verb and its argument, and the parameters of MAIL, RCPT and BDAT.
 *
 * Reads spans of the line and copies nothing but addresses. Knows no state: whether a command may come now is decided in
 * lmtp_session.c. Tolerant where that is harmless (blanks after the colon and at the end), strict where a misunderstanding
 * would lose mail: a parameter we do not know is refused (RFC 5321 section 4.1.1.11), since it asks for something.
 */
#include "lmtp_private.h"

#include <string.h>

static const struct { const char *name; enum lmtp_verb verb; } verbs[] = {
	{ "MAIL", VERB_MAIL }, { "RCPT", VERB_RCPT }, { "DATA", VERB_DATA }, { "BDAT", VERB_BDAT },
	{ "LHLO", VERB_LHLO }, { "RSET", VERB_RSET }, { "QUIT", VERB_QUIT }, { "NOOP", VERB_NOOP },
	{ "VRFY", VERB_VRFY }, { "HELP", VERB_HELP }, { "HELO", VERB_HELO }, { "EHLO", VERB_HELO },
	{ "EXPN", VERB_NOT_OFFERED }, { "STARTTLS", VERB_NOT_OFFERED }, { "AUTH", VERB_NOT_OFFERED },
	{ "ETRN", VERB_NOT_OFFERED }, { "TURN", VERB_NOT_OFFERED }, { "XCLIENT", VERB_NOT_OFFERED },
	/* A web page can make a browser post to our port on the loopback: hang up before its body is read as commands. */
	{ "GET", VERB_FOREIGN }, { "POST", VERB_FOREIGN }, { "PUT", VERB_FOREIGN }, { "HEAD", VERB_FOREIGN },
	{ "OPTIONS", VERB_FOREIGN }, { "CONNECT", VERB_FOREIGN }, { "HOST:", VERB_FOREIGN },
};

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

static char upper(char byte)
{
	return byte >= 'a' && byte <= 'z' ? (char)(byte - ('a' - 'A')) : byte;
}

static bool span_is(struct lmtp_span span, const char *word)
{
	size_t i;

	for (i = 0; i < span.length && word[i] && upper(span.at[i]) == word[i]; i++)
		;
	return i == span.length && !word[i];
}

static struct lmtp_span span_skip(struct lmtp_span span, size_t count)
{
	return (struct lmtp_span){ span.at + count, span.length - count };
}

static struct lmtp_span span_trim(struct lmtp_span span)
{
	while (span.length && is_blank(*span.at))
		span = span_skip(span, 1);
	while (span.length && is_blank(span.at[span.length - 1]))
		span.length--;
	return span;
}

/* The front of *rest up to a blank; *rest then starts at the next word. */
static struct lmtp_span span_word(struct lmtp_span *rest)
{
	struct lmtp_span word = { rest->at, 0 };

	while (word.length < rest->length && !is_blank(word.at[word.length]))
		word.length++;
	*rest = span_trim(span_skip(*rest, word.length));
	return word;
}

static void span_show(struct lmtp_span span, char detail[64])
{
	size_t length = span.length < 63 ? span.length : 63;

	memcpy(detail, span.at, length);
	detail[length] = '\0';
}

static bool has_control(const char *at, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (((unsigned char)at[i] < ' ' && at[i] != '\t') || at[i] == 0x7F)
			return true;
	return false;
}

struct lmtp_command lmtp_command_parse(const char *line, size_t length)
{
	struct lmtp_command command = { .verb = VERB_UNKNOWN, .has_control = has_control(line, length) };
	struct lmtp_span word;

	command.argument = span_trim((struct lmtp_span){ line, length });
	word = span_word(&command.argument);
	for (size_t i = 0; i < COUNT_OF(verbs); i++)
		if (span_is(word, verbs[i].name)) {
			command.verb = verbs[i].verb;
			break;
		}
	/* MAIL and RCPT say so in terms of the address. After BDAT we must know the size or hang up. */
	if (command.has_control && command.verb != VERB_MAIL && command.verb != VERB_RCPT && command.verb != VERB_BDAT
	    && command.verb != VERB_FOREIGN)
		command.verb = VERB_MALFORMED;
	return command;
}

/* Digits alone. A number too large for 64 bits is the largest: it is over any limit. */
static bool number_parse(struct lmtp_span span, uint64_t *number)
{
	*number = 0;
	for (size_t i = 0; i < span.length; i++) {
		unsigned digit = (unsigned)(unsigned char)span.at[i] - '0';

		if (digit > 9)
			return false;
		if (*number > (UINT64_MAX - digit) / 10)
			*number = UINT64_MAX;
		else
			*number = *number * 10 + digit;
	}
	return span.length > 0 && span.length <= 20;
}

/* One of MAIL's parameters: SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531). BINARYMIME is not announced. */
static int mail_parameter(struct lmtp_span key, struct lmtp_span value, bool has_value, struct lmtp_mail *mail)
{
	if (span_is(key, "SIZE"))
		return number_parse(value, &mail->size) ? SAY_NOTHING : SAY_BAD_PARAMETER;
	if (span_is(key, "SMTPUTF8")) {
		mail->smtputf8 = true;
		return has_value ? SAY_BAD_PARAMETER : SAY_NOTHING;
	}
	if (span_is(key, "BODY")) {
		/* Message bytes are kept as they come, so that 7BIT and 8BITMIME are the same to us. */
		if (span_is(value, "8BITMIME") || span_is(value, "7BIT"))
			return SAY_NOTHING;
		return span_is(value, "BINARYMIME") ? SAY_UNKNOWN_PARAMETER : SAY_BAD_PARAMETER;
	}
	return SAY_UNKNOWN_PARAMETER;
}

/* What follows the path: nothing, or a blank and words. */
static int parameters_parse(struct lmtp_span rest, struct lmtp_mail *mail, char detail[64])
{
	if (rest.length && !is_blank(*rest.at)) {
		span_show(rest, detail);
		return SAY_BAD_PARAMETER;
	}
	rest = span_trim(rest);
	while (rest.length) {
		struct lmtp_span word = span_word(&rest), key = word, value = { word.at + word.length, 0 };
		const char *equals = memchr(word.at, '=', word.length);
		int say;

		if (equals) {
			key.length = (size_t)(equals - word.at);
			value = span_skip(word, key.length + 1);
		}
		/* RCPT's parameters belong to DSN (RFC 3461), which is not announced. */
		say = mail ? mail_parameter(key, value, equals != NULL, mail) : SAY_UNKNOWN_PARAMETER;
		if (say != SAY_NOTHING) {
			span_show(word, detail);
			return say;
		}
	}
	return SAY_NOTHING;
}

/* "FROM:" or "TO:" in any case, and blanks behind it, which RFC 5321 section 3.3 forbids and people type. */
static bool keyword_skip(struct lmtp_span *rest, const char *keyword)
{
	size_t length = strlen(keyword);

	if (rest->length < length || !span_is((struct lmtp_span){ rest->at, length }, keyword))
		return false;
	*rest = span_trim(span_skip(*rest, length));
	return true;
}

int lmtp_mail_parse(struct lmtp_span argument, char *address, struct lmtp_mail *mail, char detail[64])
{
	*mail = (struct lmtp_mail){ 0 };
	*detail = '\0';
	if (!keyword_skip(&argument, "FROM:") || !lmtp_path_parse(&argument, address, true, false))
		return SAY_BAD_SENDER;
	return parameters_parse(argument, mail, detail);
}

int lmtp_recipient_parse(struct lmtp_span argument, char *address, char detail[64])
{
	*detail = '\0';
	if (!keyword_skip(&argument, "TO:") || !lmtp_path_parse(&argument, address, false, true))
		return SAY_BAD_RECIPIENT;
	return parameters_parse(argument, NULL, detail);
}

bool lmtp_chunk_parse(struct lmtp_span argument, uint64_t *size, bool *last)
{
	struct lmtp_span count = span_word(&argument);

	*last = span_is(argument, "LAST");
	return number_parse(count, size) && *size < UINT64_MAX && (*last || !argument.length);
}
