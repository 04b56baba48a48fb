/*
 * mail_bounce.c - is this mail a delivery report or a complaint, and what does it say?
 *
 * First what is certain: a message/delivery-status part (RFC 3464), a feedback report (RFC 5965), X-Failed-Recipients.
 * Then the many reports in plain words: a machine's sender, a subject and words of failure, a copy of the original; two
 * of them that fit together, so that a person who asks about a bounce is not taken for one, nor an absence notice from
 * postmaster. May not decide what happens to a ticket. Problems: a report whose recipients cannot be told.
 */
#include "mail_bounce.h"

#define REPORT_BYTES (64 * 1024)         /* of a report that are read: longer ones hold the original */

static bool null_path(struct arena *arena, const struct fields *fields, const struct mail_options *options)
{
	if (options->envelope_from)
		return !*options->envelope_from || strcmp(options->envelope_from, "<>") == 0 || strncasecmp(options->envelope_from, "mailer-daemon", 13) == 0;
	struct span path = mail_field_value(fields, "Return-Path");
	return (path.length == 2 && memcmp(path.at, "<>", 2) == 0) || span_has_nocase(path, "mailer-daemon");
}

/* multipart/report; report-type=... (RFC 6522) */
static bool report_type(const struct part *root, const char *type)
{
	const char *said = mail_params_get(&root->content_type, "report-type");
	return said && text_equal_nocase(said, type);
}

static const char *nested_id(struct walk *walk)
{
	bool cut, limit;
	struct fields fields = { 0 };
	struct strings ids = { 0 };
	if (!walk->nested)
		return NULL;
	struct span bytes = mail_part_bytes(walk->arena, walk->source, walk->nested, REPORT_BYTES, &cut);
	mail_head_cut(walk->arena, bytes, &fields, &limit, NULL);
	mail_ids_parse(walk->arena, mail_field_value(&fields, "Message-ID"), &ids, false);
	return ids.count ? ids.at[0] : NULL;
}

static struct strings failed_recipients(struct walk *walk, const struct fields *fields)
{
	struct strings failed = { 0 };
	for (size_t n = 0; n < 20 && mail_field_find(fields, "X-Failed-Recipients", n); n++) {
		struct mail_addresses list = mail_addresses_parse(walk->arena, mail_field_find(fields, "X-Failed-Recipients", n)->value, NULL, NULL);
		for (size_t i = 0; i < list.count && failed.count < BOUNCES_MAX; i++)
			if (*list.at[i].address)
				strings_add(walk->arena, &failed, list.at[i].address);
	}
	return failed;
}

static bool listed(const struct strings *list, const char *address)
{
	for (size_t i = 0; i < list->count; i++)
		if (address && text_equal_nocase(list->at[i], address))
			return true;
	return false;
}

/* Without a recipient of its own: what the whole report says. */
static struct mail_bounce general_bounce(struct arena *arena, struct span report, const char *recipient, bool late)
{
	const char *status = mail_status_find(arena, report);
	int code = mail_reply_code_find(report);
	bool permanent = !late && (status ? status[0] == '5' : code ? code >= 500 : !mail_soft_words(report));
	return (struct mail_bounce){ .recipient = recipient, .action = late ? "delayed" : "failed", .status = status, .permanent = permanent };
}

/* X-Failed-Recipients (Exim and others) says for whom; the words say why. */
static void read_failed_recipients(struct walk *walk, const struct fields *fields, struct span report, bool late)
{
	struct strings failed = failed_recipients(walk, fields);
	struct mail *mail = walk->mail;
	if (!failed.count)
		return;
	mail_bounce_text_recipients(walk->arena, report, report, late, mail);
	size_t kept = 0;
	for (size_t i = 0; i < mail->bounces.count; i++)
		if (listed(&failed, mail->bounces.at[i].recipient))
			mail->bounces.at[kept++] = mail->bounces.at[i];
	mail->bounces.count = kept;
	for (size_t i = 0; i < failed.count; i++)
		mail_bounce_add(walk->arena, mail, general_bounce(walk->arena, report, failed.at[i], late));
}

static struct span delivery_part(struct walk *walk, struct part *part)
{
	bool cut;
	struct span bytes = mail_part_bytes(walk->arena, walk->source, part, REPORT_BYTES, &cut);
	return mail_charset_to_utf8(walk->arena, bytes, NULL, "delivery report", NULL);
}

/* A report that some gateway wrapped into a report of its own: the blocks stand in the nested message. */
static void read_nested_report(struct walk *walk)
{
	if (!walk->nested)
		return;
	struct span nested = delivery_part(walk, walk->nested);
	const char *part = mail_span_find_nocase(nested, "content-type: message/delivery-status");
	if (!part)
		return;
	struct span rest = { part, nested.length - (size_t)(part - nested.at) };
	const char *final = mail_span_find_nocase(rest, "\nfinal-recipient:"), *original = mail_span_find_nocase(rest, "\noriginal-recipient:");
	const char *at = final && original ? (final < original ? final : original) : final ? final : original;
	if (at)
		mail_dsn_read(walk->arena, (struct span){ at + 1, rest.length - (size_t)(at + 1 - rest.at) < 8192 ? rest.length - (size_t)(at + 1 - rest.at) : 8192 }, walk->mail);
}

/* "<ann@example.org>:" on a line of its own, as qmail and its kin write whatever the language of the rest. */
static bool has_recipient_line(struct span text)
{
	for (size_t at = 0; at < text.length;) {
		const char *end = memchr(text.at + at, '\n', text.length - at);
		size_t length = end ? (size_t)(end - text.at) - at : text.length - at;
		struct span line = mail_span_trim((struct span){ text.at + at, length });
		if (line.length > 4 && line.at[0] == '<' && memcmp(line.at + line.length - 2, ">:", 2) == 0 && memchr(line.at, '@', line.length))
			return true;
		at += length + (end != NULL);
	}
	return false;
}

/* "> " before a line of the report, or before the copy of the original. */
static bool quotes_report(struct span text, size_t original)
{
	for (size_t at = 0; at < text.length && at <= original;) {
		if (text.at[at] == '>')
			return true;
		const char *end = memchr(text.at + at, '\n', text.length - at);
		at = end ? (size_t)(end - text.at) + 1 : text.length;
	}
	return false;
}

/* Is a mail without any machine-readable part a report all the same? */
static bool is_report(struct walk *walk, const struct fields *fields, const struct mail_options *options, const struct bounce_words *words, size_t length)
{
	const struct mail *mail = walk->mail;
	bool delayed, subject = mail_bounce_subject(mail->subject, &delayed), machine = mail_bounce_sender(&mail->from);
	bool said = words->failed || words->delayed, copy = words->original < length || walk->nested;
	bool null = null_path(walk->arena, fields, options) || !*mail->from.address;
	const char *submitted = mail_field_keyword(walk->arena, fields, "Auto-Submitted");
	if (mail->in_reply_to.count && !machine && !null && !(subject && words->strong))
		return false;
	bool names = (subject || words->strong) && mail_bounce_names_recipient(walk->arena, (struct span){ mail->text, words->original }, !machine, mail);
	if (machine || null)
		return (said && (subject || copy || words->strong)) || (subject && (copy || names)) || (subject && null && machine)
		       || (copy && has_recipient_line((struct span){ mail->text, length }));
	/* Nobody's sender: then the words must be a machine's, and about somebody, and not quoted by a person who asks. */
	if (quotes_report((struct span){ mail->text, length }, words->original))
		return false;
	bool automatic = strncmp(submitted, "auto", 4) == 0 || strcmp(mail_field_keyword(walk->arena, fields, "Precedence"), "bulk") == 0;
	automatic = automatic || mail_field_find(fields, "List-Subscribe", 0) || mail_field_find(fields, "Mailing-List", 0) || mail_field_find(fields, "X-ML-Name", 0);
	bool about = words->strong && names;
	return (subject && said && (copy || automatic || about)) || (words->strong && copy && (automatic || !*mail->subject));
}

/* Complaints that come without the machine-readable part, or with only a piece of it. */
static bool is_feedback(struct walk *walk, struct span text)
{
	if (walk->feedback || report_type(walk->root, "feedback-report"))
		return true;
	if (!walk->nested)
		return false;
	return span_has_nocase(text, "this is an email abuse report") || span_has_nocase(text, "spam complaint") || span_has_nocase(text, "abuse report for an email")
	             || (span_has_nocase(text, "complaint about message") && span_has_nocase(text, "junk"));
}

void mail_bounce_read(struct walk *walk, const struct fields *fields, const struct mail_options *options)
{
	struct mail *mail = walk->mail;
	size_t length = strnlen(mail->text, REPORT_BYTES);
	struct span text = { mail->text, length };
	if (is_feedback(walk, text)) {
		mail->kind = MAIL_FEEDBACK_REPORT;
		return;
	}
	bool certain = walk->delivery || report_type(walk->root, "delivery-status") || mail_field_find(fields, "X-Failed-Recipients", 0);
	bool delayed;
	/* Nearly every mail of a person ends here, by its subject and sender alone. */
	if (!certain && !mail_bounce_sender(&mail->from) && !null_path(walk->arena, fields, options) && *mail->from.address
	    && !mail_bounce_subject(mail->subject, &delayed) && *mail->subject)
		return;
	struct bounce_words words = mail_bounce_words_read(walk->arena, text);
	if (!certain && !is_report(walk, fields, options, &words, length))
		return;
	struct span report = { text.at, words.original };
	if (walk->delivery)
		mail_dsn_read(walk->arena, delivery_part(walk, walk->delivery), mail);
	else
		read_nested_report(walk);
	bool subject_delayed = false;
	mail_bounce_subject(mail->subject, &subject_delayed);
	bool late = (words.delayed && !words.failed) || subject_delayed;
	if (!mail->bounces.count)
		read_failed_recipients(walk, fields, report, late);
	if (!mail->bounces.count)
		mail_bounce_text_recipients(walk->arena, report, report, late, mail);
	if (!mail->bounces.count && words.original < length)
		mail_bounce_text_recipients(walk->arena, (struct span){ text.at + words.original, length - words.original }, report, late, mail);
	if (!mail->bounces.count) {
		mail_bounce_add(walk->arena, mail, general_bounce(walk->arena, report, NULL, late));
		mail_problem_add(walk->arena, walk->problems, "a delivery report that does not say for whom");
	}
	mail->kind = MAIL_BOUNCE;
	const char *id = nested_id(walk);
	for (size_t i = 0; i < mail->bounces.count; i++)
		mail->bounces.at[i].original_message_id = id ? id : words.original_id;
}
