/*
 * cli_explain.c - `explain FILE...`: what a mail is understood as and what would be done with it. Changes nothing.
 *
 * The very way of a delivery (gateway_consider.c), but nothing is applied: the plan is printed. Without a configuration (the
 * default one need not exist) it says what is in the mail and nothing of tickets; with one but no database, every mail is new.
 * With --json one object a line, one line a file, in order; a file that cannot be read gives {"file","error"} and the next
 * one follows; the exit code is then 66. Runs over thousands of files: memory is that of one mail.
 */
#include "cli_private.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define FLUSH_BYTES ((size_t)256 * 1024)

struct explanation {
	struct mail mail;
	bool decided;                            /* there is a configuration: the rest is filled */
	const char *recipient;
	const struct verdict *verdict;           /* NULL: neither rules nor a model */
	struct desk_articles articles;           /* that would be suggested */
	struct considered considered;
	struct strings lines;
};

/* ---------------------------------------------------------------- the dry run */

/* Only the first answer carries articles, and only some do. */
static bool suggests(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->at[i].kind == EFFECT_REMARK && text_starts_nocase(plan->at[i].to, "suggested articles:"))
			return true;
	return false;
}

/* As the gateway does it for a mail that came. */
static enum status decide(struct cli *cli, const struct advisers *advisers, struct arena *arena, const struct mail_source *source,
                          struct explanation *this, struct error *error)
{
	struct considered *considered = &this->considered;
	enum status status;

	considered->incoming = (struct incoming){ .trace = "explain", .mail = &this->mail, .size = source->size, .received = clock_now() };
	considered->incoming.envelope_from = cli->option[O_ENVELOPE_FROM] ? cli->option[O_ENVELOPE_FROM] : this->mail.from.address;
	considered->incoming.recipient = this->recipient = text_lower(arena, cli_recipient(cli, &this->mail));
	if ((status = gateway_consider(advisers, arena, source, considered, error)) != STATUS_OK)
		return status;
	this->verdict = considered->verdict;
	if (considered->incoming.address.class == ADDRESS_UNKNOWN) {
		strings_add(arena, &this->lines, arena_printf(arena, "refuse %s: 550 5.1.1 unknown address", this->recipient));
		return STATUS_OK;
	}
	if (considered->duplicate) {
		this->mail.kind = MAIL_DUPLICATE;
		strings_add(arena, &this->lines, "nothing: this very mail was delivered here before");
		return STATUS_OK;
	}
	if (suggests(&considered->plan))
		this->articles = considered->suggestion.articles;
	desk_plan_print(&considered->plan, &this->lines);
	this->mail.kind = considered->plan.kind;
	return STATUS_OK;
}

static enum status explain(struct cli *cli, struct arena *arena, const char *file, struct explanation *this, struct error *error)
{
	const struct advisers advisers = { cli->config, &cli->policy, cli->rules, cli->learned, cli->kb, cli->store, NULL };
	struct mail_source source;
	enum status status = mail_source_open(file, &source, error);

	memset(this, 0, sizeof *this);
	if (status != STATUS_OK)
		return status;
	if (cli->config) {
		gateway_look(&advisers, arena, &source, cli->option[O_ENVELOPE_FROM], cli->option[O_RCPT], true, &this->mail);
		this->decided = true;
		status = decide(cli, &advisers, arena, &source, this, error);
	} else {
		struct mail_options options = { .envelope_from = cli->option[O_ENVELOPE_FROM], .recipient = cli->option[O_RCPT] };

		mail_parse(arena, &source, &options, &this->mail);
	}
	mail_source_close(&source);
	return status;
}

/* ---------------------------------------------------------------- as JSON */

static const struct effect *effect_of(const struct plan *plan, enum effect_kind kind)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->at[i].kind == kind)
			return &plan->at[i];
	return NULL;
}

static void add_ticket(struct json *json, const struct explanation *this)
{
	if (!this->decided || this->considered.plan.evidence == EVIDENCE_NONE || effect_of(&this->considered.plan, EFFECT_CREATE_TICKET)) {
		json_null(json, "ticket");
		return;
	}
	json_object(json, "ticket");
	json_number(json, "id", this->considered.plan.ticket);
	json_string(json, "evidence", desk_evidence_name(this->considered.plan.evidence));
	json_object_end(json);
}

static void add_clues(struct json *json, const struct plan *plan)
{
	json_array(json, "clues");
	for (size_t i = 0; i < plan->clues.count; i++) {
		const struct clue_word *word = &plan->clues.at[i];

		json_object(json, NULL);
		json_string(json, "evidence", desk_evidence_name(word->clue->kind));
		if (word->ticket)
			json_number(json, "ticket", word->ticket);
		else
			json_null(json, "ticket");
		json_bool(json, "joined", word->joined);
		json_string(json, "why", word->why);
		json_object_end(json);
	}
	json_array_end(json);
}

static void add_reason(struct json *json, const struct verdict_reason *reason)
{
	json_object(json, NULL);
	json_string(json, "by", reason->by);
	json_string(json, "what", reason->what);
	json_string(json, "detail", reason->detail);
	json_object_end(json);
}

/* What a simple field of the new ticket will be. NULL: it is not set. */
static const char *planned(const struct plan *plan, const struct desk_field *field, const struct effect *create)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->at[i].kind == EFFECT_SET_FIELD && plan->at[i].field == field)
			return plan->at[i].to;
	return field->simple == TICKET_FIELD_PRIORITY ? create->create->priority : NULL;
}

/* Only a new ticket is routed; what joins one stays where that is. */
static void add_route(struct json *json, const struct explanation *this)
{
	const struct effect *create = effect_of(&this->considered.plan, EFFECT_CREATE_TICKET), *agent = effect_of(&this->considered.plan, EFFECT_SET_AGENT);
	const char *assigned;

	if (!create) {
		json_null(json, "route");
		return;
	}
	assigned = agent ? agent->to : create->create->agent;
	json_object(json, "route");
	json_string(json, "queue", create->create->queue);
	json_string(json, "agent", assigned && *assigned ? assigned : NULL);
	for (const struct desk_field *field = desk_fields; field->name; field++)
		if (field->simple)
			json_string(json, field->name, planned(&this->considered.plan, field, create));
	json_array(json, "tags");
	for (size_t i = 0; i < this->considered.plan.count; i++)
		if (this->considered.plan.at[i].kind == EFFECT_ADD_TAG)
			json_string(json, NULL, this->considered.plan.at[i].to);
	json_array_end(json);
	json_array(json, "because");
	for (size_t i = 0; this->verdict && i < this->verdict->because.count; i++)
		add_reason(json, &this->verdict->because.at[i]);
	if (!this->verdict || !this->verdict->queue)
		add_reason(json, &(struct verdict_reason){ "address", this->recipient, NULL });
	json_array_end(json);
	if (this->verdict && this->verdict->confidence >= 0)
		json_real(json, "confidence", floor(this->verdict->confidence * 1e4) / 1e4);     /* never more sure than it is */
	else
		json_null(json, "confidence");
	json_object_end(json);
}

static void add_articles(struct json *json, const struct desk_articles *articles)
{
	json_array(json, "kb");
	for (size_t i = 0; i < articles->count; i++) {
		json_object(json, NULL);
		json_string(json, "article", articles->at[i].id);
		json_string(json, "title", articles->at[i].title);
		json_real(json, "score", articles->at[i].score);
		json_object_end(json);
	}
	json_array_end(json);
}

static void as_json(struct cli *cli, const char *file, const struct explanation *this)
{
	struct json json;

	json_init(&json, &cli->out);
	json_object(&json, NULL);
	json_string(&json, "file", file);
	mail_json(&json, &this->mail);
	add_ticket(&json, this);
	add_clues(&json, &this->considered.plan);
	add_route(&json, this);
	add_articles(&json, &this->articles);
	json_strings(&json, "plan", &this->lines);
	json_object_end(&json);
	buffer_add_char(&cli->out, '\n');
}

static void error_as_json(struct cli *cli, const char *file, const struct error *error)
{
	struct json json;

	json_init(&json, &cli->out);
	json_object(&json, NULL);
	json_string(&json, "file", file);
	json_string(&json, "error", error->text);
	json_object_end(&json);
	buffer_add_char(&cli->out, '\n');
}

/* ---------------------------------------------------------------- for people */

static void field(struct cli *cli, struct arena *arena, const char *name, const char *value)
{
	if (value && *value)
		buffer_printf(&cli->out, "%-12s %s\n", name, cli_safe(arena, value, false));
}

static const char *people(struct arena *arena, const struct mail_addresses *list)
{
	const char *all = "";

	for (size_t i = 0; i < list->count; i++)
		all = arena_printf(arena, "%s%s%s", all, i ? ", " : "", cli_person(arena, list->at[i].address, list->at[i].name));
	return all;
}

static void bounce_lines(struct cli *cli, struct arena *arena, const struct mail *mail)
{
	for (size_t i = 0; i < mail->bounces.count; i++) {
		const struct mail_bounce *bounce = &mail->bounces.at[i];

		field(cli, arena, "bounce", arena_printf(arena, "%s: %s %s%s%s", bounce->recipient ? bounce->recipient : "(recipient not told)",
		                                         bounce->action ? bounce->action : "", bounce->status ? bounce->status : "", bounce->diagnostic ? ", " : "",
		                                         bounce->diagnostic ? bounce->diagnostic : ""));
	}
}

static void as_page(struct cli *cli, struct arena *arena, const char *file, const struct explanation *this)
{
	const struct mail *mail = &this->mail;
	bool colours = cli_colours();

	buffer_printf(&cli->out, "%s%s%s\n", colours ? CLI_BOLD : "", cli_safe(arena, file, false), colours ? CLI_PLAIN : "");
	field(cli, arena, "kind", arena_printf(arena, "%s%s", mail_kind_name(mail->kind), mail->out_of_office ? " (out of office)" : ""));
	field(cli, arena, "known by", mail->kind_why);
	field(cli, arena, "from", cli_person(arena, mail->from.address, mail->from.name));
	field(cli, arena, "reply to", people(arena, &mail->reply_to));
	field(cli, arena, "to", people(arena, &mail->to));
	field(cli, arena, "cc", people(arena, &mail->cc));
	field(cli, arena, "subject", mail->subject);
	field(cli, arena, "date", cli_time(arena, mail->date));
	field(cli, arena, "message id", mail->message_id);
	field(cli, arena, "language", mail->language);
	if (!mail->auto_answer_allowed)
		field(cli, arena, "auto answer", arena_printf(arena, "no: %s", mail->auto_answer_why));
	bounce_lines(cli, arena, mail);
	for (size_t i = 0; i < mail->attachments.count; i++)
		field(cli, arena, "attachment", arena_printf(arena, "%s, %s, %s", mail->attachments.at[i].filename, mail->attachments.at[i].content_type,
		                                             cli_size(arena, mail->attachments.at[i].size)));
	for (size_t i = 0; i < mail->problems.count; i++)
		field(cli, arena, "problem", mail->problems.at[i]);
	if (this->decided)
		field(cli, arena, "recipient", this->recipient);
	for (size_t i = 0; i < this->considered.plan.clues.count; i++) {
		const struct clue_word *word = &this->considered.plan.clues.at[i];
		const char *where = word->ticket ? arena_printf(arena, "ticket %lld: ", (long long)word->ticket) : "";

		field(cli, arena, word->joined ? "joins" : "clue", arena_printf(arena, "%s%s", where, word->why));
	}
	for (size_t i = 0; this->verdict && i < this->verdict->because.count; i++) {
		const struct verdict_reason *reason = &this->verdict->because.at[i];

		field(cli, arena, "because", arena_printf(arena, "%s %s%s%s", reason->by, reason->what, reason->detail ? ": " : "", reason->detail ? reason->detail : ""));
	}
	if (this->verdict && this->verdict->confidence >= 0)
		field(cli, arena, "confidence", arena_printf(arena, "%.1f %%", floor(this->verdict->confidence * 1e3) / 10));
	if (this->verdict && this->verdict->trouble)
		field(cli, arena, "rules", this->verdict->trouble);
	for (size_t i = 0; i < this->articles.count; i++)
		field(cli, arena, "article", arena_printf(arena, "%s: %s (%.2f)", this->articles.at[i].id, this->articles.at[i].title, this->articles.at[i].score));
	for (size_t i = 0; i < this->lines.count; i++)
		field(cli, arena, i ? "" : "plan", this->lines.at[i]);
	buffer_add_char(&cli->out, '\n');
	cli_indent(&cli->out, cli_safe(arena, mail->reply_text, true), "    ");
	buffer_add_char(&cli->out, '\n');
}

/* ---------------------------------------------------------------- all files */

/* Without articles it goes on as the daemon does. */
static void open_kb(struct cli *cli)
{
	struct error error;

	if (kb_open(cli->config->kb_dir, &cli->kb, &cli->arena, NULL, &error) != STATUS_OK)
		cli_warn("%s; going on without articles", error.text);
}

/* The configuration, unless the default one is not there or not ours to read; and the database, if there is one. */
static enum status open_what_is_there(struct cli *cli, struct error *error)
{
	enum status status;

	if (!cli->option[O_CONFIG] && access(cli_config_file(cli), R_OK) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			cli_warn("%s: %s; going on without a configuration", cli_config_file(cli), strerror(errno));
		return STATUS_OK;
	}
	if ((status = cli_need_config(cli, error)) != STATUS_OK || (status = cli_need_rules(cli, error)) != STATUS_OK)
		return status;
	open_kb(cli);
	if (!store_missing(cli->config->state_dir, cli->config->store_url)) {
		int64_t seen = 0;

		status = cli_need_store(cli, false, error);
		cli->learned = status == STATUS_OK ? gateway_learned_open(cli->store) : NULL;
		if (status == STATUS_OK && cli->kb)
			gateway_kb_learn(cli->kb, cli->store, &seen);
		return status;
	}
	cli->policy.keys = (struct desk_keys){ .count = 1 };     /* nothing is signed yet, nothing will be sent */
	return STATUS_OK;
}

enum status cli_run_explain(struct cli *cli, struct error *error)
{
	struct explanation this;
	struct arena arena;
	enum status status = open_what_is_there(cli, error);

	if (status != STATUS_OK)
		return status;
	arena_init(&arena);
	for (size_t i = 0; i < cli->count; i++) {
		const char *file = cli->words[i];
		struct error wrong = { .status = STATUS_OK };

		if (explain(cli, &arena, file, &this, &wrong) == STATUS_OK) {
			if (cli->json)
				as_json(cli, file, &this);
			else
				as_page(cli, &arena, file, &this);
		} else {
			cli->exit_code = status_exit_code(wrong.status);
			if (cli->json)
				error_as_json(cli, file, &wrong);
			else
				cli_warn("%s", wrong.text);
		}
		arena_reset(&arena);
		if (cli->out.length > FLUSH_BYTES && !cli_flush(cli)) {
			status = error_set(error, STATUS_TRY_LATER, "standard output: %s", strerror(errno));
			break;
		}
	}
	arena_fini(&arena);
	kb_close(&cli->kb);
	return status;
}
