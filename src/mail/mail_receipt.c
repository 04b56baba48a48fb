/*
 * mail_receipt.c - read receipts and answers to invitations: what a person's mail program says for the person.
 *
 * A receipt is a report by its structure (RFC 8098: multipart/report with report-type disposition-notification, or with a part
 * message/disposition-notification), whatever its subject says; it names the mail that was read, which then counts as referred to.
 * A calendar answer is a text/calendar part with METHOD REPLY, COUNTER or REFRESH (RFC 5546 section 1.4). An invitation
 * (REQUEST, PUBLISH, CANCEL) is a person's mail, and so is what a person forwards. Makes no problems.
 */
#include "mail_private.h"

#define REPORT_BYTES 8192                /* of a receipt's fields, and of a calendar up to its METHOD */

static bool is_receipt(const struct walk *walk)
{
	const char *type = mail_params_get(&walk->root->content_type, "report-type");
	if (strcmp(walk->root->type, "multipart/report") != 0)
		return strcmp(walk->root->type, "message/disposition-notification") == 0;
	return (type && text_equal_nocase(type, "disposition-notification")) || (walk->disposition && walk->disposition->parent == walk->root);
}

/* What was read is what is answered. */
static void read_original_id(struct walk *walk)
{
	bool cut;
	struct fields fields = { 0 };
	if (!walk->disposition)
		return;
	struct span bytes = mail_part_bytes(walk->arena, walk->source, walk->disposition, REPORT_BYTES, &cut);
	mail_head_cut(walk->arena, bytes, &fields, &cut, NULL);
	mail_ids_parse(walk->arena, mail_field_value(&fields, "Original-Message-ID"), &walk->mail->in_reply_to, false);
}

static const struct part *calendar_of(const struct part *part)
{
	if (strcmp(part->type, "text/calendar") == 0 && strcmp(part->disposition.value, "attachment") != 0)
		return part;
	for (const struct part *child = part->first; child; child = child->next) {
		const struct part *found = calendar_of(child);
		if (found)
			return found;
	}
	return NULL;
}

/* As the Content-Type says, else the calendar itself. NULL: neither. */
static const char *method_of(struct walk *walk, const struct part *calendar)
{
	bool cut;
	const char *method = mail_params_get(&calendar->content_type, "method");
	if (method)
		return method;
	struct span bytes = mail_part_bytes(walk->arena, walk->source, calendar, REPORT_BYTES, &cut);
	const char *at = mail_span_find_nocase(bytes, "\nmethod:");
	if (!at)
		return NULL;
	at += strlen("\nmethod:");
	size_t length = 0;
	while (at + length < bytes.at + bytes.length && is_alpha(at[length]))
		length++;
	return arena_copy(walk->arena, at, length);
}

static bool is_calendar_answer(struct walk *walk)
{
	static const char *const answers[] = { "REPLY", "COUNTER", "REFRESH" };
	const struct part *calendar = mail_subject_is_forward(walk->mail->subject) ? NULL : calendar_of(walk->root);
	const char *method = calendar ? method_of(walk, calendar) : NULL;
	for (size_t i = 0; i < COUNT_OF(answers) && method; i++)
		if (text_equal_nocase(method, answers[i]))
			return true;
	return false;
}

void mail_receipt_read(struct walk *walk)
{
	struct mail *mail = walk->mail;
	if (mail->kind != MAIL_REQUEST && mail->kind != MAIL_REPLY)
		return;
	if (is_receipt(walk)) {
		mail->machine = MACHINE_RECEIPT;
		mail->kind_why = "a read receipt";
		read_original_id(walk);
	} else if (is_calendar_answer(walk)) {
		mail->machine = MACHINE_CALENDAR;
		mail->kind_why = "an answer to an invitation";
	} else {
		return;
	}
	mail->kind = MAIL_AUTO_REPLY;
}
