/*
 * lmtp_replies.c - the one table of everything we ever say in LMTP, and how a reply is written.
 *
 * Codes after RFC 5321 section 4.2, enhanced codes after RFC 3463 and the registry of RFC 5248. A text says what to do, for
 * the person who reads it in the MTA's log. 220, 250 to LHLO and 354 carry no enhanced code (RFC 2034 section 4).
 * Texts may come from a rule's script: newlines make a multi-line reply, control characters become blanks, and what is not
 * ASCII becomes "?" unless the client asked for SMTPUTF8. So no text can forge a second reply.
 */
#include "lmtp_private.h"

#include <string.h>

static const struct { int code; const char *enhanced, *text; } replies[SAY_COUNT] = {
	[LMTP_ACCEPTED]            = { 250, "2.0.0", "Accepted and on disk" },
	[LMTP_RECIPIENT_OK]        = { 250, "2.1.5", "Recipient ok" },
	[LMTP_UNKNOWN_ADDRESS]     = { 550, "5.1.1", "No such address here" },
	[LMTP_BAD_TOKEN_ADDRESS]   = { 550, "5.1.1", "No such address here: the part after the separator is not one of ours" },
	[LMTP_REJECTED]            = { 550, "5.7.1", "%s" },
	[LMTP_TOO_LARGE]           = { 552, "5.3.4", "Message too large" },
	[LMTP_TOO_MANY_RECIPIENTS] = { 452, "4.5.3", "Too many recipients; send the rest in another transaction" },
	[LMTP_BUSY]                = { 451, "4.3.2", "Busy; try again later" },
	[LMTP_STORE_FULL]          = { 452, "4.3.1", "No space left; try again later" },
	[LMTP_STORE_TROUBLE]       = { 451, "4.3.0", "Could not be stored; try again later" },
	[LMTP_SHUTTING_DOWN]       = { 421, "4.3.2", "Shutting down; try again later" },
	[LMTP_IDLE_TIMEOUT]        = { 421, "4.4.2", "Nothing heard for too long; closing" },

	[SAY_GREETING]             = { 220, "", "%s LMTP Sportello ready" },
	[SAY_BYE]                  = { 221, "2.0.0", "Bye" },
	[SAY_HELP]                 = { 214, "2.0.0", "LMTP, RFC 2033: LHLO MAIL RCPT DATA BDAT RSET NOOP QUIT" },
	[SAY_NOOP]                 = { 250, "2.0.0", "Ok" },
	[SAY_RESET]                = { 250, "2.0.0", "Forgotten" },
	[SAY_SENDER_OK]            = { 250, "2.1.0", "Sender ok" },
	[SAY_CHUNK_TAKEN]          = { 250, "2.0.0", "Chunk taken" },
	[SAY_VERIFY]               = { 252, "2.0.0", "Try RCPT" },
	[SAY_GO_AHEAD]             = { 354, "", "Send the message, end with <CR><LF>.<CR><LF>" },
	[SAY_TOO_MUCH_NOISE]       = { 421, "4.7.0", "Too many wrong commands; closing" },
	[SAY_FOREIGN]              = { 421, "4.7.0", "This is LMTP, not HTTP; closing" },
	[SAY_UNKNOWN_COMMAND]      = { 500, "5.5.2", "Unknown command; HELP lists those of LMTP" },
	[SAY_USE_LHLO]             = { 500, "5.5.1", "This is LMTP: say LHLO (in Postfix: use lmtp:, not smtp:)" },
	[SAY_LINE_TOO_LONG]        = { 500, "5.5.2", "Command line too long" },
	[SAY_CONTROL_CHARACTER]    = { 500, "5.5.2", "Control character in command line" },
	[SAY_NO_ARGUMENT]          = { 501, "5.5.4", "This command takes no argument" },
	[SAY_LHLO_NEEDS_NAME]      = { 501, "5.5.4", "Say LHLO and your name" },
	[SAY_BAD_PARAMETER]        = { 501, "5.5.4", "Bad value or syntax: %s" },
	[SAY_BAD_SENDER]           = { 501, "5.1.7", "Bad sender; write MAIL FROM:<local@domain> or MAIL FROM:<>" },
	[SAY_BAD_RECIPIENT]        = { 501, "5.1.3", "Bad recipient; write RCPT TO:<local@domain>" },
	[SAY_NOT_OFFERED]          = { 502, "5.5.1", "Not offered here; LHLO lists what is" },
	[SAY_LHLO_FIRST]           = { 503, "5.5.1", "Say LHLO first" },
	[SAY_MAIL_FIRST]           = { 503, "5.5.1", "Say MAIL first" },
	[SAY_MAIL_TWICE]           = { 503, "5.5.1", "A transaction is open; end it or say RSET" },
	[SAY_NO_RECIPIENTS]        = { 503, "5.5.1", "No valid recipients" },
	[SAY_BDAT_ONLY]            = { 503, "5.5.1", "BDAT has begun; only BDAT or RSET can follow" },
	[SAY_BAD_CHUNK]            = { 521, "5.5.4", "Write BDAT count or BDAT count LAST; the rest can't be told apart, closing" },
	[SAY_UNKNOWN_PARAMETER]    = { 555, "5.5.4", "Parameter not recognized: %s" },
};

void lmtp_reply_fill(struct lmtp_reply *reply, int say, const char *detail)
{
	const char *text = replies[say].text, *hole = strstr(text, "%s");
	size_t head = hole ? (size_t)(hole - text) : strlen(text), used = head, more;

	reply->code = replies[say].code;
	memcpy(reply->enhanced, replies[say].enhanced, strlen(replies[say].enhanced) + 1);
	memcpy(reply->text, text, head);
	if (hole) {
		const char *pieces[] = { detail ? detail : "", hole + 2 };

		for (size_t i = 0; i < COUNT_OF(pieces); i++) {
			more = strlen(pieces[i]);
			if (more > sizeof reply->text - 1 - used)
				more = sizeof reply->text - 1 - used;
			memcpy(reply->text + used, pieces[i], more);
			used += more;
		}
	}
	reply->text[used] = '\0';
}

void lmtp_reply_of(struct lmtp_reply *reply, enum lmtp_answer answer, const char *detail)
{
	lmtp_reply_fill(reply, (int)answer < LMTP_ANSWER_COUNT ? (int)answer : LMTP_STORE_TROUBLE, detail);
}

/* One line's text, made harmless. */
static void text_write(struct buffer *out, const char *text, size_t length, bool utf8)
{
	for (size_t i = 0, size; i < length; i += size) {
		uint32_t code = 0;

		size = utf8_decode(text + i, length - i, &code);
		if (size == 1 && code >= ' ' && code < 0x7F)
			buffer_add_char(out, text[i]);
		else if (size == 1)
			buffer_add_char(out, ' ');
		else if (size && utf8 && code > 0x9F)
			buffer_add(out, text + i, size);
		else
			buffer_add_char(out, '?');
		size = size ? size : 1;
	}
}

void lmtp_reply_write(struct buffer *out, const struct lmtp_reply *reply, bool utf8)
{
	const char *line = reply->text;

	for (;;) {
		size_t length = strcspn(line, "\n");
		bool last = !line[length + (line[length] == '\n')];

		buffer_add(out, (char[]){ (char)('0' + reply->code / 100 % 10), (char)('0' + reply->code / 10 % 10),
		                          (char)('0' + reply->code % 10), last ? ' ' : '-' }, 4);
		if (*reply->enhanced) {
			buffer_add_string(out, reply->enhanced);
			buffer_add_char(out, ' ');
		}
		text_write(out, line, length, utf8);
		buffer_add(out, "\r\n", 2);
		if (last)
			break;
		line += length + 1;
	}
}

void lmtp_capabilities_write(struct buffer *out, const char *our_name, uint64_t message_bytes)
{
	buffer_printf(out, "250-%s\r\n", our_name);
	buffer_add_string(out, "250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n");
	buffer_printf(out, "250-SIZE %llu\r\n", (unsigned long long)message_bytes);    /* 0: no limit (RFC 1870 section 4) */
	buffer_add_string(out, "250-ENHANCEDSTATUSCODES\r\n250 CHUNKING\r\n");
}
