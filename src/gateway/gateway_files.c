/*
 * gateway_files.c - do the files of an agent's answer hold what opens the house?
 *
 * A notice that is attached, whole or as text, carries the agent's own signed address. What the answer quotes is looked through by the
 * desk (desk_own_words.c); its files go out as they came, so they are looked through here, before anything is planned. Only for
 * agents' mails with files that may go out: answers, wherever the notice's address stands in them, and new ones (/new), of no ticket yet. Found are signatures of ours and nothing else: no other file is held up. A file that cannot be read is not
 * held for a clean one, nor is one of more than a person sends.
 */
#include <string.h>

#include "gateway.h"
#include "limits.h"

#define FILE_BYTES  (1024 * 1024)        /* bytes that are looked at in each file: a notice has fewer, with whatever quotes it; every file is looked at */
#define FILES_MOST  50                   /* files: for each the mail is taken apart again, and who knows an agent's address may send a thousand */

struct look { struct buffer bytes; size_t left; };

static bool gather(void *context, const void *bytes, size_t length)
{
	struct look *look = context;
	size_t taken = length < look->left ? length : look->left;
	buffer_add(&look->bytes, bytes, taken);
	look->left -= taken;
	return look->left > 0;
}

/* A letter attached as a mail of its own may be in base64 inside. */
static bool holds_inside(const struct desk_policy *policy, int64_t ticket, const struct buffer *bytes)
{
	struct mail_source source = {.fd = -1, .data = bytes->at, .size = bytes->length};
	struct mail_options options = {.light = true};
	CLEANUP_ARENA struct arena arena = {0};
	struct mail mail;
	mail_parse(&arena, &source, &options, &mail);
	return desk_holds_house_token(policy, ticket, mail.text);
}

static bool holds(const struct desk_policy *policy, int64_t ticket, const struct mail_attachment *file, struct buffer *bytes)
{
	for (size_t i = 0; i < bytes->length; i++)
		if (!bytes->at[i])
			bytes->at[i] = ' ';
	return desk_holds_house_token(policy, ticket, buffer_string(bytes))
	    || (text_starts_nocase(file->content_type, "message/") && holds_inside(policy, ticket, bytes));
}

/* May the files go out? *ticket: of the answer, whose own customer's addresses may stand in them; 0: of a new one, or not sure. */
static bool may_go_out(const struct desk_policy *policy, const struct incoming *incoming, const struct evidence *evidence, int64_t *ticket)
{
	bool answers = false, notes = false;
	for (size_t i = 0; i < evidence->count; i++) {
		const struct clue *clue = &evidence->at[i];
		if (clue->kind != EVIDENCE_ADDRESS_TOKEN || !desk_token_is_agents(clue->token.kind))
			continue;
		*ticket = (answers || notes) && *ticket != clue->ticket ? 0 : clue->ticket;
		answers |= clue->token.kind != TOKEN_NOTE;
		notes |= clue->token.kind == TOKEN_NOTE;
	}
	if (answers || notes)
		return answers;
	return desk_agent_with_address(policy, incoming->mail->from.address);
}

const char *gateway_house_file(const struct desk_policy *policy, const struct mail_source *source, const struct incoming *incoming,
                               const struct evidence *evidence)
{
	const struct mail *mail = incoming->mail;
	const char *found = NULL;
	int64_t ticket = 0;
	struct look look = {.left = 0};
	if (!may_go_out(policy, incoming, evidence, &ticket))
		return NULL;
	if (mail->attachments.count > FILES_MOST)
		return mail->attachments.at[FILES_MOST].filename;
	for (size_t i = 0; i < mail->attachments.count && !found; i++) {
		struct error error;
		buffer_reset(&look.bytes);
		look.left = FILE_BYTES;
		if (mail->attachments.at[i].signs)
			continue;
		enum status status = mail_attachment(source, i + 1, gather, &look, &error);
		if (status != STATUS_OK || holds(policy, ticket, &mail->attachments.at[i], &look.bytes))
			found = mail->attachments.at[i].filename;
	}
	buffer_fini(&look.bytes);
	return found;
}
