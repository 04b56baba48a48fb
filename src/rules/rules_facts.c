/*
 * rules_facts.c - what the scripts are told of a mail: header values in UTF-8, addresses, envelope, size, and X-Sportello.
 *
 * Only the fields that some script names are looked up. Values are cut at RULES_VALUE_BYTES, so that no subject can make a
 * pattern slow. X-Sportello is made here and nowhere else: a field of that name in the mail is never read. For `address`, the known
 * fields are written anew from the parsed addresses, so that libsieve's address parser sees clean ones.
 * auth: is pass, fail or none by DMARC; where that says nothing, DKIM or SPF count as pass, and both failing as fail.
 */
#include <string.h>

#include "rules_private.h"

static void add_value(struct arena *arena, struct strings *values, const char *text)
{
	if (text && values->count < RULES_ADDRESSES)
		strings_add(arena, values, strlen(text) > RULES_VALUE_BYTES ? utf8_cut(arena, text, RULES_VALUE_BYTES) : text);
}

static bool says(const char *result, const char *word)
{
	return result && text_equal_nocase(result, word);
}

static const char *authentication(const struct mail_authentication *said)
{
	if (said->doubt || (said->dmarc && !says(said->dmarc, "pass") && !says(said->dmarc, "none")))
		return "auth:fail";
	if (says(said->dmarc, "pass") || said->aligned)
		return "auth:pass";
	return says(said->dkim, "fail") || says(said->spf, "fail") ? "auth:fail" : "auth:none";
}

static void add_marks(const struct rules_input *input, const struct rules_keywords *keywords, struct arena *arena, struct strings *values)
{
	const struct mail *mail = input->mail;
	for (size_t i = 0; i < keywords->count; i++)
		strings_add(arena, values, arena_printf(arena, "kw:%s", keywords->at[i].name));
	if (mail->language)
		strings_add(arena, values, arena_printf(arena, "lang:%s", mail->language));
	if (input->queue)
		strings_add(arena, values, arena_printf(arena, "to:%s", input->queue));
	strings_add(arena, values, authentication(&mail->authentication));
	strings_add(arena, values, input->known ? "known:yes" : "known:no");
	strings_add(arena, values, arena_printf(arena, "kind:%s", mail_kind_name(mail->kind)));
	strings_add(arena, values, input->standing && input->standing->vip ? "vip:yes" : "vip:no");
	if (input->standing && *input->standing->level)
		add_value(arena, values, arena_printf(arena, "level:%s", input->standing->level));
	if (input->standing && *input->standing->organisation)
		add_value(arena, values, arena_printf(arena, "org:%s", input->standing->organisation));
}

/* Addresses of a field that struct mail holds; false: it holds no such field. */
static bool known_addresses(const struct mail *mail, const char *name, struct mail_addresses *list)
{
	static const char *const names[] = {"from", "to", "cc", "reply-to", "sender"};
	const struct mail_addresses sender = {(struct mail_address *)(uintptr_t)&mail->sender, mail->sender.address && *mail->sender.address};
	const struct mail_addresses *lists[] = {&mail->from_all, &mail->to, &mail->cc, &mail->reply_to, &sender};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (strcmp(names[i], name) == 0) {
			*list = *lists[i];
			return true;
		}
	return false;
}

static void add_fields(const struct rules_input *input, const char *name, struct arena *arena, struct strings *values)
{
	const char *value;
	for (size_t n = 0; input->source && n < RULES_VALUES && (value = mail_header(arena, input->source, name, n)); n++)
		add_value(arena, values, value);
}

static void add_addresses(const struct rules_input *input, const char *name, struct arena *arena, struct strings *values)
{
	struct mail_addresses list = {0};
	if (!known_addresses(input->mail, name, &list)) {
		add_fields(input, name, arena, values);
		return;
	}
	for (size_t i = 0; i < list.count; i++)
		if (mail_address_usable(list.at[i].address))
			add_value(arena, values, arena_printf(arena, "<%s>", list.at[i].address));
}

static void add_people(const struct mail_addresses *list, struct arena *arena, struct strings *values)
{
	CLEANUP_BUFFER struct buffer all;
	buffer_init(&all);
	for (size_t i = 0; i < list->count && all.length < RULES_VALUE_BYTES; i++) {
		const struct mail_address *person = &list->at[i];
		bool named = person->name && *person->name;
		buffer_printf(&all, "%s%s%s%s%s", i ? ", " : "", named ? person->name : "", named ? " <" : "", person->address, named ? ">" : "");
	}
	add_value(arena, values, buffer_string(&all));
}

static void add_header(const struct rules_input *input, const char *name, struct arena *arena, struct strings *values)
{
	const struct mail *mail = input->mail;
	struct mail_addresses list = {0};
	if (strcmp(name, "subject") == 0 && mail->subject && *mail->subject)
		add_value(arena, values, mail->subject);
	else if (strcmp(name, "message-id") == 0 && mail->message_id)
		add_value(arena, values, mail->message_id);
	else if (known_addresses(mail, name, &list) && list.count)
		add_people(&list, arena, values);
	else
		add_fields(input, name, arena, values);
}

static void gather_key(const struct program_key *key, const struct rules_input *input, const struct rules_keywords *keywords,
                       struct arena *arena, struct strings *values)
{
	if (strcmp(key->name, "x-sportello") == 0)
		add_marks(input, keywords, arena, values);
	else if (key->address)
		add_addresses(input, key->name, arena, values);
	else
		add_header(input, key->name, arena, values);
}

static const char *envelope_address(const char *address)
{
	return address && strlen(address) <= LIMIT_ADDRESS + 66 ? address : "";
}

void rules_facts_gather(const struct ruleset *ruleset, const struct rules_input *input, const struct rules_keywords *keywords,
                        struct arena *arena, struct mail_facts *facts)
{
	uint64_t size = input->source ? input->source->size : 0;
	*facts = (struct mail_facts){.size = size > INT32_MAX ? INT32_MAX : (uint32_t)size, .from = envelope_address(input->envelope_from),
	                        .to = envelope_address(input->recipient), .count = ruleset->program.keys.count};
	facts->values = ARENA_ARRAY(arena, struct strings, facts->count + 1);
	for (size_t i = 0; i < facts->count; i++)
		gather_key(&ruleset->program.keys.at[i], input, keywords, arena, &facts->values[i]);
}

void rules_facts_write(const struct ruleset *ruleset, const struct mail_facts *facts, const struct buffer *program, struct buffer *frame)
{
	rules_wire_begin(frame, WIRE_EVALUATE);
	rules_wire_bytes(frame, program->at, program->length);
	rules_wire_string(frame, ruleset->separators);
	rules_wire_string(frame, facts->from);
	rules_wire_string(frame, facts->to);
	rules_wire_number(frame, facts->size);
	rules_wire_number(frame, (uint32_t)facts->count);
	for (size_t i = 0; i < facts->count; i++) {
		rules_wire_number(frame, (uint32_t)facts->values[i].count);
		for (size_t k = 0; k < facts->values[i].count; k++)
			rules_wire_string(frame, facts->values[i].at[k]);
	}
	rules_wire_end(frame, 0);
}
