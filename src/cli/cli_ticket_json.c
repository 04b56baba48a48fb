/*
 * cli_ticket_json.c - a ticket and its messages as JSON, with the keys of sportello(1), and where their words come from.
 *
 * What came by mail is read again from the raw mail, so that a better parser shows old mails better; what an agent wrote is
 * stored; what the desk wrote by itself is rendered again from its outbox row.
 * May not print: it fills a JSON writer. A raw mail that cannot be opened shows as an empty text; `sportello fsck` tells why.
 */
#include "cli_private.h"

#include "outbox.h"

#include <string.h>

static const struct mail *parse_raw(struct cli *cli, int64_t number)
{
	const struct outbox_answered answered = { cli->store, &cli->policy, &cli->config->templates };
	struct mail_options options = { .authserv_id = cli->config->authserv_id, .answered = outbox_answered, .answered_context = &answered };
	struct mail *mail = ARENA_NEW(&cli->arena, struct mail);
	struct error error;

	if (store_mail(cli->store, &cli->arena, number, &options, mail, &error) != STATUS_OK) {
		cli_warn("%s", error.text);
		return NULL;
	}
	return mail;
}

static const char *render_notice(struct cli *cli, int64_t number)
{
	struct outbox_row row;
	struct error error;
	const char *text = "";

	if (store_outbox_get(cli->store, &cli->arena, number, &row, &error) != STATUS_OK
	    || outbox_render_text(cli->store, &cli->policy, &cli->config->templates, &cli->arena, &row, &text, &error) != STATUS_OK) {
		cli_warn("%s", error.text);
		return "";
	}
	return text;
}

/* However long a ticket is, only one of its messages is in memory at a time. */
struct arena cli_message_begin(struct cli *cli)
{
	struct arena whole = cli->arena;

	arena_init(&cli->arena);
	return whole;
}

void cli_message_end(struct cli *cli, struct arena *whole)
{
	arena_fini(&cli->arena);
	cli->arena = *whole;
	if (!cli->kept_back)
		cli_flush(cli);
}

void cli_message_words(struct cli *cli, const struct message_row *row, struct cli_message *words)
{
	*words = (struct cli_message){ row->text, row->text, row->raw ? parse_raw(cli, row->raw) : NULL };
	if (row->text)
		return;
	if (words->mail) {
		words->text = words->mail->text;
		words->reply_text = words->mail->reply_text;
	} else {
		words->text = words->reply_text = row->outbox && !row->raw ? render_notice(cli, row->outbox) : "";
	}
}

static const char *null_if_empty(const char *text)
{
	return text && *text ? text : NULL;
}

static void add_message(struct cli *cli, struct json *json, const struct ticket_row *ticket, const struct message_row *row)
{
	struct cli_message words;
	struct strings why = { 0 };

	cli_message_words(cli, row, &words);
	json_object(json, NULL);
	json_number(json, "id", row->seq);
	json_string(json, "kind", desk_message_kind_name(row->kind));
	json_string(json, "direction", row->out ? "out" : "in");
	json_string(json, "from", row->from.address ? row->from.address : "");
	json_string(json, "from_name", null_if_empty(row->from.name));
	json_strings(json, "to", &row->to);
	json_time(json, "date", row->date);
	json_string(json, "message_id", row->message_id);
	json_string(json, "agent", null_if_empty(row->agent));
	json_string(json, "proved", null_if_empty(row->proved));
	json_string(json, "flags", null_if_empty(row->flags));
	if (row->side)
		json_number(json, "side", row->side);
	json_string(json, "text", words.text);
	json_string(json, "reply_text", words.reply_text);
	if (words.mail) {
		mail_json_attachments(json, "attachments", words.mail);
	} else {
		json_array(json, "attachments");
		json_array_end(json);
	}
	if (cli->option[O_WHY]) {
		cli_message_why(cli, ticket, row->seq, &why);
		json_strings(json, "why", &why);
	}
	json_object_end(json);
}

static void add_linked(struct json *json, const struct strings *linked)
{
	struct error error;
	int64_t number;

	json_array(json, "linked");
	for (size_t i = 0; i < linked->count; i++)
		if (cli_number(linked->at[i], "a ticket", &number, &error) == STATUS_OK)
			json_number(json, NULL, number);
	json_array_end(json);
}

/* What the customer was suggested, and said to it; nothing where nothing was. */
static void add_suggested(struct json *json, const struct suggestion *suggestion)
{
	if (suggestion->shown <= SUGGESTION_NOTHING)
		return;
	json_object(json, "kb");
	json_string(json, "shown", desk_suggestion_shown_name(suggestion->shown));
	json_string(json, "said", null_if_empty(suggestion->outcome));
	json_array(json, "articles");
	for (size_t i = 0; i < suggestion->articles.count; i++) {
		json_object(json, NULL);
		json_string(json, "article", suggestion->articles.at[i].id);
		json_string(json, "title", suggestion->articles.at[i].title);
		json_real(json, "score", suggestion->articles.at[i].score);
		json_object_end(json);
	}
	json_array_end(json);
	json_object_end(json);
}

/* Who gets the next answer; and who was named without that. */
static void add_people(struct json *json, struct arena *arena, const struct ticket_facts *facts)
{
	struct readers readers;

	desk_readers(arena, facts, &readers);
	json_array(json, "readers");
	for (size_t i = 0; i < readers.count; i++) {
		json_object(json, NULL);
		json_string(json, "address", readers.at[i].address);
		json_string(json, "name", readers.at[i].name);
		json_string(json, "why", readers.at[i].why);
		json_object_end(json);
	}
	json_array_end(json);
	json_array(json, "outside");
	for (size_t i = 0; i < facts->outside.count; i++) {
		json_object(json, NULL);
		json_string(json, "address", facts->outside.at[i].address);
		json_string(json, "name", facts->outside.at[i].name);
		json_string(json, "why", desk_participant_role_name(facts->outside.at[i].role));
		json_object_end(json);
	}
	json_array_end(json);
}

/* Those that are times, or the others. */
static void add_fields(struct json *json, const struct ticket_facts *facts, bool times)
{
	for (const struct desk_field *field = desk_fields; field->name; field++) {
		if ((field->type == FIELD_TIME) != times)
			continue;
		if (times)
			json_time(json, field->name, desk_field_time(facts, field));
		else if (field->type == FIELD_FLAG)
			json_bool(json, field->name, *desk_field_word(facts, field) != '\0');
		else if (field->type == FIELD_WORDS)
			json_strings(json, field->name, desk_field_words(facts, field));
		else
			json_string(json, field->name, field->null ? null_if_empty(desk_field_word(facts, field)) : desk_field_word(facts, field));
	}
}

/* What counted: VIP and organisation are the ticket's, which a mail had to prove. */
static void add_customer(struct cli *cli, struct json *json, const struct ticket_facts *facts)
{
	int64_t id = 0;
	bool proved = false;

	if (store_ticket_customer(cli->store, facts, &id, &proved, NULL) != STATUS_OK)
		id = 0;
	json_object(json, "customer");
	if (id)
		json_number(json, "id", id);
	else
		json_null(json, "id");
	json_string(json, "address", facts->customer.address ? facts->customer.address : "");
	json_string(json, "name", facts->customer.name ? facts->customer.name : "");
	json_string(json, "organisation", null_if_empty(facts->organisation));
	json_bool(json, "vip", facts->vip && *facts->vip);
	json_bool(json, "proved", proved);
	json_object_end(json);
}

static void add_facts(struct cli *cli, struct json *json, const struct ticket_row *row)
{
	struct arena *arena = &cli->arena;
	const struct ticket_facts *facts = &row->facts;
	char ref[24];

	json_number(json, "id", facts->id);
	json_string(json, "ref", log_number(ref, facts->id));
	add_fields(json, facts, false);
	add_customer(cli, json, facts);
	add_people(json, arena, facts);
	add_fields(json, facts, true);
	if (facts->merged_into)
		json_number(json, "merged_into", facts->merged_into);
	else
		json_null(json, "merged_into");
	add_linked(json, &row->linked);
	add_suggested(json, &facts->suggestion);
	if (row->stars) {
		json_object(json, "rating");
		json_number(json, "stars", row->stars);
		json_string(json, "words", row->rating);
		json_object_end(json);
	}
}

void cli_ticket_json(struct cli *cli, struct json *json, const struct ticket_row *row, bool whole)
{
	json_object(json, NULL);
	add_facts(cli, json, row);
	if (whole) {
		cli_sla_json(cli, json, row);
		json_array(json, "messages");
		for (size_t i = 0; i < row->messages.count; i++) {
			struct arena all = cli_message_begin(cli);

			add_message(cli, json, row, &row->messages.at[i]);
			cli_message_end(cli, &all);
		}
		json_array_end(json);
		json_array(json, "history");
		for (size_t i = 0; i < row->history.count; i++) {
			json_object(json, NULL);
			json_time(json, "at", row->history.at[i].at);
			json_string(json, "who", row->history.at[i].who);
			json_string(json, "what", row->history.at[i].what);
			json_string(json, "why", row->history.at[i].why);
			json_object_end(json);
		}
		json_array_end(json);
	}
	json_object_end(json);
}
