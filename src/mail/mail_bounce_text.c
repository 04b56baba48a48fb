/*
 * mail_bounce_text.c - for whom a report in plain words is: the addresses in it that are recipients, not senders, helpers
 * or parts of ids.
 *
 * Each line with an address gets a weight: alone on its line, in brackets before a colon, behind "to" or "recipient",
 * beside a reply code; less behind "from", "contact", in a summary of the original. The heaviest class wins. The status
 * of each is looked for from its line to the next one's. Linear in the text.
 * May not make up an address. Makes no problems.
 */
#include "mail_bounce.h"

#define PLACES_MAX 600
#define WORDS_NEAR 1000                  /* bytes before and behind an address that say what it is there for: a line of RFC 5322 */
#define ADDRESSES_MAX 2000               /* that are looked at */

enum weight { WEIGHT_NONE, WEIGHT_SUMMARY, WEIGHT_MENTION, WEIGHT_SESSION, WEIGHT_LIKELY, WEIGHT_SURE };

struct candidate { const char *address; enum weight weight; };
/* Each place where an address stands, in order: the words up to the next place belong to it. */
struct place { size_t candidate, line; };
struct candidates {
	struct candidate *at;
	size_t count;
	struct place places[PLACES_MAX];
	size_t place_count;
};

static bool has_any(struct span line, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (span_has_nocase(line, words[i]))
			return true;
	return false;
}

/* Mail systems and helpers are never the failed recipient. */
static bool system_address(struct span address)
{
	static const char *const locals[] = {
		"postmaster@", "mailer-daemon@", "abuse@", "mailmaster@", "hostmaster@", "support@", "helpdesk@",
	};
	for (size_t i = 0; i < COUNT_OF(locals); i++)
		if (mail_span_starts_nocase(address, locals[i]))
			return true;
	return false;
}

static bool ours(struct span address, const struct mail *mail)
{
	if (mail_span_equal_nocase(address, mail->from.address))
		return true;
	for (size_t i = 0; i < mail->to.count; i++)
		if (mail_span_equal_nocase(address, mail->to.at[i].address))
			return true;
	for (size_t i = 0; i < mail->delivered_to.count; i++)
		if (mail_span_equal_nocase(address, mail->delivered_to.at[i]))
			return true;
	return false;
}

/* What is left of the line if the address, brackets, bullets and a colon are taken away. */
static size_t rest_of_line(struct span line, struct span address)
{
	size_t count = 0;
	for (size_t i = 0; i < line.length; i++) {
		const char *p = line.at + i;
		if (p >= address.at && p < address.at + address.length)
			continue;
		if (!strchr(" \t<>()[]\"'*-:;,.=|&", *p))
			count++;
	}
	return count;
}

/* The words of a line round an address: of a line as mails have it all, of a text in one line some. */
static struct span words_near(struct span line, struct span address)
{
	size_t at = (size_t)(address.at - line.at), from = at > WORDS_NEAR ? at - WORDS_NEAR : 0, to = at + address.length + WORDS_NEAR;
	return (struct span){ line.at + from, (to < line.length ? to : line.length) - from };
}

static enum weight weigh(struct span line, struct span address)
{
	static const char *const bad[] = {
		"contact", "assistance", "questions", "send mail to", "write to", "e-mail to", "generated from",
		"expanded from", "mail from", "originator", "message-id", "message id", "reply to", "reply-to", "http:",
		"https:", "sent by", "sender", "help", "administrator", "please mail", "on behalf", "id=", "mailto:",
		"envelope-from", "forward",
	};
	static const char *const summary[] = { "to:", "cc:", "subject:", "from:", "date:", "return-path:", "x-", "sent:" };
	static const char *const session[] = {
		"rcpt to", "<<<", ">>>", "550", "551", "552", "553", "554", "450", "451", "452", "421", "user unknown",
		"unknown user", "rejected", "no such", "mailbox", "does not exist", "quota", "relay", "denied", "not found",
		"5.1.1", "unavailable",
	};
	static const char *const likely[] = {
		"recipient", "address", " to ", "deliver", "user", "account", "failed", "error", "addressed", " for ",
		"unknown", "following", "could not", "attempts",
	};
	size_t rest = rest_of_line(line, address);
	const char *before = line.at, *p = address.at;
	bool front = p - before <= 4;
	char next = address.at + address.length < line.at + line.length ? address.at[address.length] : 0;
	struct span behind = { address.at + address.length, (size_t)(line.at + line.length - address.at - address.length) };
	bool colon = next == ':' || (next == '>' && behind.length > 1 && (behind.at[1] == ':' || behind.at[1] == '.' || behind.at[1] == ',')) || (next == '.' && behind.length > 2 && behind.at[1] == '.');
	struct span trimmed = mail_span_trim(line);
	if (rest == 0)
		return WEIGHT_SURE;
	if (span_has_nocase(trimmed, "from:") || has_any(trimmed, bad, COUNT_OF(bad)))
		return mail_span_starts_nocase(trimmed, "to:") ? WEIGHT_SUMMARY : WEIGHT_NONE;
	for (size_t i = 0; i < COUNT_OF(summary); i++)
		if (mail_span_starts_nocase(trimmed, summary[i]))
			return i < 2 ? WEIGHT_SUMMARY : WEIGHT_NONE;
	bool talk = mail_span_starts_nocase(trimmed, ">>>") || mail_span_starts_nocase(trimmed, "<<<") || (trimmed.length > 3 && is_digit(trimmed.at[0]) && is_digit(trimmed.at[1]) && is_digit(trimmed.at[2]));
	if (front && colon && !talk)
		return WEIGHT_SURE;
	if (front && (next == ' ' || next == '>' || next == ',') && !talk && rest < 120)
		return WEIGHT_LIKELY;
	if (has_any(line, session, COUNT_OF(session)))
		return talk ? WEIGHT_SESSION : WEIGHT_LIKELY;
	return has_any(line, likely, COUNT_OF(likely)) ? WEIGHT_LIKELY : WEIGHT_MENTION;
}

static void add_candidate(struct arena *arena, struct candidates *list, struct span address, size_t line, enum weight weight)
{
	size_t i = 0;
	while (i < list->count && !mail_span_equal_nocase(address, list->at[i].address))
		i++;
	if (i == list->count) {
		if (list->count == BOUNCES_MAX)
			return;
		*ARENA_PUSH(arena, list) = (struct candidate){ arena_copy(arena, address.at, address.length), weight };
	}
	if (weight > list->at[i].weight)
		list->at[i].weight = weight;
	if (list->place_count < PLACES_MAX)
		list->places[list->place_count++] = (struct place){ i, line };
}

static void collect(struct arena *arena, struct span report, const struct mail *mail, struct candidates *list, bool with_ours)
{
	for (size_t at = 0, seen = 0; at < report.length && seen < ADDRESSES_MAX && !arena_spent(arena);) {
		const char *end = memchr(report.at + at, '\n', report.length - at);
		size_t length = end ? (size_t)(end - report.at) - at : report.length - at;
		struct span line = mail_span_trim((struct span){ report.at + at, length });
		for (size_t from = 0, n = 0; n < 50; n++, seen++) {
			struct span address = mail_address_next(line, from);
			if (!address.length)
				break;
			from = (size_t)(address.at + address.length - line.at);
			if (mail_span_starts_nocase(address, "smtp="))   /* Exchange's X.400: "dda:SMTP=ann@example.org" */
				address.at += 5, address.length -= 5;
			if (system_address(address) || !memchr(address.at, '.', address.length) || (!with_ours && ours(address, mail)))
				continue;
			enum weight weight = weigh(words_near(line, address), address);
			if (weight)
				add_candidate(arena, list, address, at, weight);
		}
		at += length + (end != NULL);
	}
}

/* The first status and code that stand between a place of this address and the next place of another. */
static void own_status(struct arena *arena, struct span report, const struct candidates *list, size_t i, const char **status, int *code)
{
	for (size_t n = 0; n < list->place_count && !*status; n++) {
		if (list->places[n].candidate != i)
			continue;
		size_t next = n + 1;
		while (next < list->place_count && (list->places[next].candidate == i || list->places[next].line == list->places[n].line))
			next++;
		size_t end = next < list->place_count ? list->places[next].line : report.length;
		struct span own = { report.at + list->places[n].line, end - list->places[n].line };
		*status = mail_status_find(arena, own);
		if (!*code)
			*code = mail_reply_code_find(own);
		n = next - 1;                                    /* what stands between was looked at */
	}
}

static struct mail_bounce make(struct arena *arena, struct span report, struct span words, const struct candidates *list, size_t i, bool delayed)
{
	const char *status = NULL;
	int code = 0;
	own_status(arena, report, list, i, &status, &code);
	if (!status && !code) {
		status = mail_status_find(arena, words);
		code = mail_reply_code_find(words);
	}
	struct mail_bounce bounce = { .recipient = list->at[i].address, .action = delayed ? "delayed" : "failed", .status = status };
	bounce.permanent = !delayed && (status ? status[0] == '5' : code ? code >= 500 : !mail_soft_words(words));
	return bounce;
}

/* "FAILED MAIL to "ann" ...": where the subject names one of them, it is that one. */
static bool named_in_subject(const char *address, const char *subject)
{
	size_t local = strcspn(address, "@");
	for (const char *at = subject; local > 3 && *at; at++)
		if (strncasecmp(at, address, local) == 0)
			return true;
	return false;
}

static void keep_named(struct candidates *list, enum weight best, const char *subject)
{
	bool any = false;
	for (size_t i = 0; i < list->count; i++)
		any = any || (list->at[i].weight == best && named_in_subject(list->at[i].address, subject));
	for (size_t i = 0; i < list->count && any; i++)
		if (!named_in_subject(list->at[i].address, subject))
			list->at[i].weight = WEIGHT_NONE;
}

/* Is there an address of somebody else that stands as a recipient does; surely, or likely? */
bool mail_bounce_names_recipient(struct arena *arena, struct span report, bool surely, const struct mail *mail)
{
	struct candidates *list = ARENA_NEW(arena, struct candidates);
	collect(arena, report, mail, list, false);
	for (size_t i = 0; i < list->count; i++)
		if (list->at[i].weight >= (surely ? WEIGHT_SURE : WEIGHT_LIKELY))
			return true;
	return false;
}

/* report: where the recipients are looked for; words: where the reason stands. */
void mail_bounce_text_recipients(struct arena *arena, struct span report, struct span words, bool delayed, struct mail *mail)
{
	struct candidates *list = ARENA_NEW(arena, struct candidates);
	collect(arena, report, mail, list, false);
	if (!list->count)
		collect(arena, report, mail, list, true);
	enum weight best = WEIGHT_NONE;
	for (size_t i = 0; i < list->count; i++)
		if (list->at[i].weight > best)
			best = list->at[i].weight;
	if (list->count > 1 && best < WEIGHT_SURE)
		keep_named(list, best, mail->subject);
	for (size_t i = 0; i < list->count; i++)
		if (list->at[i].weight == best)
			mail_bounce_add(arena, mail, make(arena, report, words, list, i, delayed));
	if (mail->bounces.count)
		return;
	/* Only the subject tells: "Undeliverable: ann@example.org". */
	struct span address = mail_address_next(span_of(mail->subject), 0);
	if (address.length && !ours(address, mail)) {
		add_candidate(arena, list, address, 0, WEIGHT_LIKELY);
		mail_bounce_add(arena, mail, make(arena, report, words, list, list->count - 1, delayed));
	}
}
