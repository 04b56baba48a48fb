/*
 * mail_pack.c - the values of a parsed mail as bytes, and back, so that what was costly to derive is derived once.
 *
 * One list of fields serves both ways: what is written is what is read. `text` and `reply_text` are not in it: who keeps them keeps them beside
 * it, and may read a part. Whoever adds a field to struct mail adds its line to visit_mail() and counts MAIL_PARSER_VERSION up.
 * Numbers are eight bytes, least first; a text has its length and one more before it, 0 is NULL. Bytes that are not as they were written
 * give false, never a wrong length: each is held against what is left.
 */
#include "mail_private.h"

struct pack {
	struct buffer *out;              /* NULL: reading */
	struct arena *arena;
	const unsigned char *at;
	size_t left;
	bool bad;
};

static void pack_number(struct pack *pack, int64_t *value)
{
	unsigned char bytes[8];
	uint64_t number = (uint64_t)*value;
	if (pack->out) {
		for (size_t i = 0; i < sizeof bytes; i++)
			bytes[i] = (unsigned char)(number >> 8 * i);
		buffer_add(pack->out, bytes, sizeof bytes);
		return;
	}
	pack->bad |= pack->left < sizeof bytes;
	number = 0;
	for (size_t i = 0; i < sizeof bytes && !pack->bad; i++)
		number |= (uint64_t)pack->at[i] << 8 * i;
	*value = (int64_t)number;
	if (!pack->bad) {
		pack->at += sizeof bytes;
		pack->left -= sizeof bytes;
	}
}

static void pack_flag(struct pack *pack, bool *value)
{
	int64_t number = *value;
	pack_number(pack, &number);
	*value = number != 0;
}

static void pack_int(struct pack *pack, int *value)
{
	int64_t number = *value;
	pack_number(pack, &number);
	*value = (int)number;
}

static void pack_bytes(struct pack *pack, void *bytes, size_t length)
{
	if (pack->out) {
		buffer_add(pack->out, bytes, length);
		return;
	}
	pack->bad |= pack->left < length;
	if (pack->bad)
		return;
	memcpy(bytes, pack->at, length);
	pack->at += length;
	pack->left -= length;
}

static void pack_text(struct pack *pack, const char **value)
{
	int64_t length = *value ? (int64_t)strlen(*value) + 1 : 0;
	pack_number(pack, &length);
	if (pack->out) {
		if (length)
			buffer_add(pack->out, *value, (size_t)length - 1);
		return;
	}
	*value = NULL;
	pack->bad |= length < 0 || (uint64_t)length > pack->left + 1u;
	if (pack->bad || !length)
		return;
	*value = arena_copy(pack->arena, pack->at, (size_t)length - 1);
	pack->at += length - 1;
	pack->left -= (size_t)length - 1;
}

/* How many there are. Each takes eight bytes at least: a wrong count cannot ask for more memory than the bytes are worth. */
static size_t pack_count(struct pack *pack, size_t count)
{
	int64_t number = (int64_t)count;
	pack_number(pack, &number);
	if (!pack->out)
		pack->bad |= number < 0 || (uint64_t)number > pack->left / 8;
	return pack->bad ? 0 : (size_t)number;
}

static void pack_strings(struct pack *pack, struct strings *list)
{
	size_t count = pack_count(pack, list->count);
	if (!pack->out)
		*list = (struct strings){ count ? ARENA_ARRAY(pack->arena, const char *, count) : NULL, count };
	for (size_t i = 0; i < count; i++)
		pack_text(pack, &list->at[i]);
}

static void pack_address(struct pack *pack, struct mail_address *address)
{
	pack_text(pack, &address->address);
	pack_text(pack, &address->name);
}

static void pack_addresses(struct pack *pack, struct mail_addresses *list)
{
	size_t count = pack_count(pack, list->count);
	if (!pack->out)
		*list = (struct mail_addresses){ count ? ARENA_ARRAY(pack->arena, struct mail_address, count) : NULL, count };
	for (size_t i = 0; i < count; i++)
		pack_address(pack, &list->at[i]);
}

static void pack_attachments(struct pack *pack, struct mail *mail)
{
	size_t count = pack_count(pack, mail->attachments.count);
	if (!pack->out) {
		mail->attachments.at = count ? ARENA_ARRAY(pack->arena, struct mail_attachment, count) : NULL;
		mail->attachments.count = count;
	}
	for (size_t i = 0; i < count; i++) {
		struct mail_attachment *one = &mail->attachments.at[i];
		int64_t size = (int64_t)one->size;
		pack_text(pack, &one->filename);
		pack_flag(pack, &one->named);
		pack_text(pack, &one->content_type);
		pack_text(pack, &one->content_id);
		pack_number(pack, &size);
		one->size = (uint64_t)size;
		pack_bytes(pack, one->sha256, sizeof one->sha256);
		one->sha256[sizeof one->sha256 - 1] = 0;
		pack_flag(pack, &one->inline_);
		pack_flag(pack, &one->signs);
	}
}

static void pack_bounces(struct pack *pack, struct mail *mail)
{
	size_t count = pack_count(pack, mail->bounces.count);
	if (!pack->out) {
		mail->bounces.at = count ? ARENA_ARRAY(pack->arena, struct mail_bounce, count) : NULL;
		mail->bounces.count = count;
	}
	for (size_t i = 0; i < count; i++) {
		struct mail_bounce *one = &mail->bounces.at[i];
		pack_text(pack, &one->recipient);
		pack_text(pack, &one->action);
		pack_text(pack, &one->status);
		pack_flag(pack, &one->permanent);
		pack_text(pack, &one->diagnostic);
		pack_text(pack, &one->original_message_id);
	}
}

static void pack_judgement(struct pack *pack, struct mail *mail)
{
	int64_t kind = mail->kind;
	pack_number(pack, &kind);
	pack->bad |= kind < MAIL_REQUEST || kind > MAIL_DUPLICATE;
	mail->kind = pack->bad ? MAIL_REQUEST : (enum mail_kind)kind;
	pack_flag(pack, &mail->auto_answer_allowed);
	int64_t sign = mail->auto_answer_sign;
	pack_number(pack, &sign);
	pack->bad |= sign < AUTO_SIGN_NONE || sign > AUTO_SIGN_ADDRESS;
	mail->auto_answer_sign = pack->bad ? AUTO_SIGN_NONE : (enum mail_auto_sign)sign;
	pack_text(pack, &mail->auto_answer_why);
	pack_flag(pack, &mail->out_of_office);
	pack_flag(pack, &mail->list_mail);
	pack_flag(pack, &mail->from_rewritten);
	int64_t machine = mail->machine;
	pack_number(pack, &machine);
	pack->bad |= machine < MACHINE_NONE || machine > MACHINE_CALENDAR;
	mail->machine = pack->bad ? MACHINE_NONE : (enum mail_machine)machine;
	pack_text(pack, &mail->kind_why);
	pack_flag(pack, &mail->forwards);
	pack_text(pack, &mail->authentication.dkim);
	pack_text(pack, &mail->authentication.spf);
	pack_text(pack, &mail->authentication.dmarc);
	pack_text(pack, &mail->authentication.aligned);
	pack_text(pack, &mail->authentication.doubt);
}

static void pack_forward(struct pack *pack, struct mail_forward *forward)
{
	pack_flag(pack, &forward->is_forward);
	pack_address(pack, &forward->from);
	pack_text(pack, &forward->subject);
	pack_text(pack, &forward->text);
	pack_text(pack, &forward->comment);
}

static void visit_mail(struct pack *pack, struct mail *mail)
{
	pack_judgement(pack, mail);
	pack_address(pack, &mail->from);
	pack_text(pack, &mail->from_doubt);
	pack_addresses(pack, &mail->from_all);
	pack_address(pack, &mail->sender);
	pack_addresses(pack, &mail->reply_to);
	pack_addresses(pack, &mail->to);
	pack_addresses(pack, &mail->cc);
	pack_text(pack, &mail->subject);
	pack_text(pack, &mail->message_id);
	pack_strings(pack, &mail->in_reply_to);
	pack_strings(pack, &mail->references);
	pack_number(pack, &mail->date);
	pack_int(pack, &mail->date_zone);
	pack_text(pack, &mail->language);
	pack_flag(pack, &mail->language_sure);
	pack_flag(pack, &mail->text_cut);
	pack_flag(pack, &mail->history_cut);
	pack_text(pack, &mail->signature);
	pack_attachments(pack, mail);
	pack_bounces(pack, mail);
	pack_forward(pack, &mail->forward);
	pack_text(pack, &mail->our_marks);
	pack_int(pack, &mail->hops);
	pack_strings(pack, &mail->delivered_to);
	pack_strings(pack, &mail->problems);
	pack_bytes(pack, mail->body_digest, sizeof mail->body_digest);
}

void mail_pack(const struct mail *mail, struct buffer *out)
{
	struct mail copy = *mail;        /* its fields are only read */
	visit_mail(&(struct pack){ .out = out }, &copy);
}

bool mail_unpack(struct arena *arena, const void *bytes, size_t length, struct mail *mail)
{
	struct pack pack = { .arena = arena, .at = bytes, .left = length };
	*mail = (struct mail){ .text = "", .reply_text = "" };
	visit_mail(&pack, mail);
	return !pack.bad && pack.left == 0;
}
