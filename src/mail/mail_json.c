/*
 * mail_json.c - a mail as JSON: the keys of `explain` from kind to problems, in the contract's names.
 *
 * May not leave out a key: what is not there is null, "" or an empty list, so that scripts need not ask. The keys
 * ticket, route, kb and plan are the desk's and are written by who knows them.
 */
#include "mail.h"

static void address_object(struct json *json, const char *key, const struct mail_address *one)
{
	json_object(json, key);
	json_string(json, "address", one->address);
	json_string(json, "name", one->name);
	json_object_end(json);
}

static void address_array(struct json *json, const char *key, const struct mail_addresses *list)
{
	json_array(json, key);
	for (size_t i = 0; i < list->count; i++)
		address_object(json, NULL, &list->at[i]);
	json_array_end(json);
}

void mail_json_attachments(struct json *json, const char *key, const struct mail *mail)
{
	json_array(json, key);
	for (size_t i = 0; i < mail->attachments.count; i++) {
		const struct mail_attachment *one = &mail->attachments.at[i];
		json_object(json, NULL);
		json_string(json, "filename", one->filename);
		json_bool(json, "named", one->named);
		json_string(json, "content_type", one->content_type);
		json_string(json, "content_id", one->content_id);
		json_number(json, "size", (int64_t)one->size);
		json_string(json, "sha256", one->sha256);
		json_bool(json, "inline", one->inline_);
		json_object_end(json);
	}
	json_array_end(json);
}

static void bounces_array(struct json *json, const struct mail *mail)
{
	json_array(json, "bounces");
	for (size_t i = 0; i < mail->bounces.count; i++) {
		const struct mail_bounce *one = &mail->bounces.at[i];
		json_object(json, NULL);
		json_string(json, "recipient", one->recipient);
		json_string(json, "action", one->action);
		json_string(json, "status", one->status);
		json_bool(json, "permanent", one->permanent);
		json_string(json, "diagnostic", one->diagnostic);
		json_string(json, "original_message_id", one->original_message_id);
		json_object_end(json);
	}
	json_array_end(json);
}

static void judgements(struct json *json, const struct mail *mail)
{
	json_object(json, "auto_answer");
	json_bool(json, "allowed", mail->auto_answer_allowed);
	json_string(json, "why", mail->auto_answer_why);
	json_object_end(json);
	json_bool(json, "out_of_office", mail->out_of_office);
	json_bool(json, "list_mail", mail->list_mail);
	json_object(json, "authentication");
	json_string(json, "dkim", mail->authentication.dkim);
	json_string(json, "spf", mail->authentication.spf);
	json_string(json, "dmarc", mail->authentication.dmarc);
	json_string(json, "doubt", mail->authentication.doubt);
	json_object_end(json);
}

static void forward_object(struct json *json, const struct mail_forward *forward)
{
	if (!forward->is_forward) {
		json_null(json, "forward");
		return;
	}
	json_object(json, "forward");
	address_object(json, "from", &forward->from);
	json_string(json, "subject", forward->subject);
	json_string(json, "text", forward->text);
	json_string(json, "comment", forward->comment);
	json_object_end(json);
}

void mail_json(struct json *json, const struct mail *mail)
{
	json_string(json, "kind", mail_kind_name(mail->kind));
	json_string(json, "kind_why", mail->kind_why);
	address_object(json, "from", &mail->from);
	address_array(json, "reply_to", &mail->reply_to);
	address_array(json, "to", &mail->to);
	address_array(json, "cc", &mail->cc);
	json_string(json, "subject", mail->subject);
	json_string(json, "message_id", mail->message_id);
	json_strings(json, "in_reply_to", &mail->in_reply_to);
	json_strings(json, "references", &mail->references);
	json_time(json, "date", mail->date);
	json_string(json, "language", mail->language);
	json_string(json, "text", mail->text);
	json_string(json, "reply_text", mail->reply_text);
	json_string(json, "signature", mail->signature);
	mail_json_attachments(json, "attachments", mail);
	bounces_array(json, mail);
	judgements(json, mail);
	forward_object(json, &mail->forward);
	json_strings(json, "problems", &mail->problems);
}
