/*
 * desk_saved.c - saved replies: which one an agent means by /use, its words filled in for the ticket, and what is done beside them.
 *
 * The words come before those that the agent wrote below the command, and go the way of his own from there on: staleness, note, draft. Queue, tags and state
 * of its head become commands of the mail. Where the files are read says config_replies.c.
 */
#include <string.h>

#include "desk_private.h"

static bool is_named(const struct saved_reply *reply, const char *name)
{
	return text_equal_nocase(reply->name, name);
}

const struct saved_reply *desk_saved_reply(const struct saved_replies *replies, const char *name, const char *language, const char *fallback)
{
	const char *const wanted[] = {language, "", fallback, "en"};
	const struct saved_reply *any = NULL;
	for (size_t k = 0; k < COUNT_OF(wanted); k++)
		for (size_t i = 0; i < replies->count; i++) {
			const struct saved_reply *reply = &replies->at[i];
			if (!is_named(reply, name))
				continue;
			any = any ? any : reply;
			if (wanted[k] && strncmp(reply->language, wanted[k], 2) == 0 && (*wanted[k] || !*reply->language))
				return reply;
		}
	return any;
}

/* ---- Markdown ---- */

static bool is_rule(const char *line, size_t length)
{
	return length >= 3 && strspn(line, "-") == length;
}

/* "[words](address)" from `at`: its length, 0: it is no link. */
static size_t add_link(struct buffer *out, const char *at, size_t length)
{
	const char *close = memchr(at, ']', length);
	size_t words = close ? (size_t)(close - at) : 0;
	if (!words || words + 1 >= length || close[1] != '(')
		return 0;
	const char *end = memchr(close, ')', length - words);
	if (!end)
		return 0;
	size_t address = (size_t)(end - close) - 2;
	bool same = address == words - 1 && memcmp(at + 1, close + 2, address) == 0;
	if (same)
		buffer_add(out, close + 2, address);
	else
		buffer_printf(out, "%.*s (%.*s)", (int)(words - 1), at + 1, (int)address, close + 2);
	return (size_t)(end - at) + 1;
}

static void add_plain(struct buffer *out, const char *line, size_t length)
{
	size_t heading = strspn(line, "#");
	if (heading && heading <= 6 && heading < length && line[heading] == ' ')
		line += heading + 1, length -= heading + 1;
	for (size_t i = 0, link; i < length; i++) {
		if (line[i] == '!' && i + 1 < length && line[i + 1] == '[')
			continue;
		if (line[i] == '[' && (link = add_link(out, line + i, length - i)))
			i += link - 1;
		else if ((line[i] == '*' || line[i] == '_') && i + 1 < length && line[i + 1] == line[i])
			i++;
		else if (line[i] == '\\' && i + 1 < length && strchr("*_`[]#\\", line[i + 1]))
			buffer_add_char(out, line[++i]);
		else if (line[i] != '`')
			buffer_add_char(out, line[i]);
	}
	buffer_add_char(out, '\n');
}

char *desk_plain_markdown(struct arena *arena, const char *markdown)
{
	CLEANUP_BUFFER struct buffer out;
	buffer_init(&out);
	for (const char *at = markdown; *at; at += strcspn(at, "\n"), at += *at == '\n') {
		size_t length = strcspn(at, "\n");
		if (!is_rule(at, length))
			add_plain(&out, at, length);
	}
	return text_trim(arena_string(arena, buffer_string(&out)));
}

/* ---- is it right? ---- */

static bool is_state(struct decision *d, const char *state)
{
	if (text_starts_nocase(state, "pending "))
		return desk_parse_until(text_trim(arena_string(d->arena, state + strlen("pending "))), d->facts->now) > 0;
	return strcmp(state, "resolved") == 0 || strcmp(state, "closed") == 0 || strcmp(state, "pending") == 0;
}

/* Of the desk's parts, and of its own. */
static bool has_part(const struct saved_replies *replies, const char *name)
{
	for (size_t i = 0; i < replies->part_count; i++)
		if (strcmp(replies->parts[i].name, name) == 0)
			return true;
	for (const struct template_file *file = builtin_templates; file->language; file++)
		if (strcmp(file->name, name) == 0)
			return true;
	return false;
}

static bool parts_are_there(struct arena *arena, const struct saved_replies *replies, const char *text, struct error *error)
{
	for (const char *at = text; (at = strstr(at, "{>")); at++) {
		const char *name = arena_copy(arena, at + 2, strcspn(at + 2, "}\n"));
		if (!has_part(replies, name)) {
			error_set(error, STATUS_BAD_INPUT, "there is no part \"%s\"", name);
			return false;
		}
	}
	return true;
}

/* Its own parts are not known to the check of templates: taken out before it. */
static const char *without_own_parts(struct arena *arena, const struct saved_replies *replies, const char *text)
{
	CLEANUP_BUFFER struct buffer out = {0};
	for (size_t length; *text; text += length) {
		length = strncmp(text, "{>", 2) == 0 ? strcspn(text, "}\n") + 1 : 1;
		const char *name = length > 3 ? arena_copy(arena, text + 2, length - 3) : "";
		bool own = false;
		for (size_t i = 0; i < replies->part_count; i++)
			own |= strcmp(replies->parts[i].name, name) == 0;
		if (!own)
			buffer_add(&out, text, length);
	}
	return arena_string(arena, buffer_string(&out));
}

bool desk_check_saved(struct arena *arena, const struct desk_policy *policy, const struct saved_replies *replies, const struct saved_reply *reply, struct error *error)
{
	struct facts facts = {.now = 1};
	struct decision d = {.policy = policy, .facts = &facts, .arena = arena};
	struct template_file file = {"en", "saved", "txt", arena_printf(arena, "Subject: -\n%s", without_own_parts(arena, replies, reply->text))};
	if (!parts_are_there(arena, replies, reply->text, error) || !desk_template_check(&file, error))
		return false;
	if (!*desk_plain_markdown(arena, reply->text))
		return error_set(error, STATUS_BAD_INPUT, "it has no words"), false;
	uint64_t size = 0;
	for (size_t i = 0; i < reply->files.count; i++)
		size += reply->files.at[i].size;
	if (reply->files.count > LIMIT_SAVED_FILES || size > LIMIT_SAVED_BYTES)
		return error_set(error, STATUS_BAD_INPUT, "its folder has %zu files of %llu KB: %d files of %d KB are sent at most", reply->files.count,
		                 (unsigned long long)(size / 1024), LIMIT_SAVED_FILES, LIMIT_SAVED_BYTES / 1024), false;
	if (*reply->queue && !desk_queue_named(policy, reply->queue))
		return error_set(error, STATUS_BAD_INPUT, "there is no queue \"%s\"", reply->queue), false;
	if (*reply->state && !is_state(&d, reply->state))
		return error_set(error, STATUS_BAD_INPUT, "state: %s: expected resolved, closed, pending or pending 3d", reply->state), false;
	return true;
}

/* ---- sending it ---- */

static const char *names_of(struct decision *d, const struct saved_replies *replies)
{
	const char *names = "";
	for (size_t i = 0; i < replies->count && i < 30; i++)
		if (!strstr(names, replies->at[i].name))
			names = arena_printf(d->arena, "%s%s%s", names, *names ? ", " : "", replies->at[i].name);
	return names;
}

/* Does nobody but the customer read the answer, also after the commands beside it? */
static bool is_customers_alone(struct decision *d, const struct ticket_facts *ticket, const struct agent_words *words)
{
	struct readers readers;
	desk_readers(d->arena, ticket, &readers);
	if (d->facts->side)                      /* nor a third party: it is no page of his */
		return false;
	for (size_t i = 0; i < words->actions.count; i++)
		if (words->actions.at[i].kind == ACTION_CC || words->actions.at[i].kind == ACTION_MERGE || words->actions.at[i].kind == ACTION_ASK)
			return false;
	return readers.count <= 1;
}

static const char *variables_of(struct decision *d, const struct ticket_facts *ticket, const struct agent_words *words)
{
	const struct desk_agent *agent = words->agent;
	CLEANUP_BUFFER struct buffer out = {0};
	const struct desk_queue *queue = desk_queue_of(d, ticket);
	const char *name = ticket->customer.name && *ticket->customer.name ? ticket->customer.name : ticket->customer.address;
	record_add(&out, "ticket", arena_printf(d->arena, "%lld", (long long)ticket->id));
	record_add(&out, "subject", desk_short_subject(d->arena, ticket->subject));
	record_add(&out, "desk", d->policy->name);
	record_add(&out, "queue", queue->name);
	record_add(&out, "queue_description", queue->description);
	record_add(&out, "customer", name);
	record_add(&out, "customer_address", ticket->customer.address);
	record_add(&out, "agent", agent->name);
	record_add(&out, "agent_name", *agent->display ? agent->display : agent->name);
	record_add(&out, "state", desk_ticket_state_name(ticket->state));
	record_add(&out, "date", desk_date(d->arena, desk_local(d->policy, d->facts->now), *ticket->language ? ticket->language : d->policy->language));
	const char *link = desk_link(d->arena, d->policy, TOKEN_LINK_STATUS, ticket->id, ticket->customer.address, d->facts->now);
	if (link && is_customers_alone(d, ticket, words))
		record_add(&out, "link_status", link);
	return arena_string(d->arena, buffer_string(&out));
}

static void add_action(struct decision *d, struct agent_words *words, enum action_kind kind, const char *argument, int64_t until)
{
	*ARENA_PUSH(d->arena, &words->actions) = (struct action){.kind = kind, .argument = argument, .until = until, .text = "", .to = "", .subject = "", .trace = "",
	                                                         .line = "/use"};
}

static void add_head(struct decision *d, const struct saved_reply *reply, struct agent_words *words)
{
	if (*reply->queue)
		add_action(d, words, ACTION_QUEUE, reply->queue, 0);
	for (size_t i = 0; i < reply->tags.count; i++)
		add_action(d, words, ACTION_TAG, reply->tags.at[i], 0);
	if (strcmp(reply->state, "resolved") == 0)
		add_action(d, words, ACTION_RESOLVE, "", 0);
	else if (strcmp(reply->state, "closed") == 0)
		add_action(d, words, ACTION_CLOSE, "", 0);
	else if (text_starts_nocase(reply->state, "pending")) {
		const char *when = reply->state[7] ? text_trim(arena_string(d->arena, reply->state + 8)) : "3d";
		add_action(d, words, ACTION_PEND, when, desk_parse_until(when, d->facts->now));
	}
}

static const char *use(struct decision *d, const struct saved_replies *replies, const struct ticket_facts *ticket, const char *name, struct agent_words *words)
{
	struct error error;
	const char *language = *ticket->language ? ticket->language : d->policy->language;
	const struct saved_reply *reply = desk_saved_reply(replies, name, language, d->policy->language);
	if (!reply)
		return desk_sentence(d->arena, d->language, SAY_NO_REPLY, name, names_of(d, replies), NULL);
	bool article = text_starts_nocase(reply->name, "kb/");     /* has no variables: braces in it are its own */
	if (!article && !desk_check_saved(d->arena, d->policy, replies, reply, &error))
		return desk_in_language(d, SAY_SAVED_BROKEN, reply->name, error.text, NULL);
	const struct template_set own = {replies->parts, replies->part_count, NULL};
	const char *filled = article ? reply->text : desk_fill(d->arena, &own, language, d->policy->language, reply->text, variables_of(d, ticket, words));
	const char *text = desk_plain_markdown(d->arena, filled);
	words->text = *words->text ? arena_printf(d->arena, "%s\n\n%s", text, words->text) : text;
	add_head(d, reply, words);
	for (size_t i = 0; i < reply->files.count; i++)
		*ARENA_PUSH(d->arena, &words->files) = &reply->files.at[i];
	return NULL;
}

/* The message says so: its own files are those of the agent's mail. */
static void note_files(struct decision *d, const struct outgoing *o, const char *names, size_t mark)
{
	for (size_t i = mark; i < d->plan->count; i++) {
		struct new_message *message = d->plan->at[i].kind == EFFECT_APPEND_MESSAGE ? d->plan->at[i].message : NULL;
		if (message && message->outbox == o->id)
			message->flags = arena_printf(d->arena, "%s%swith the files %s", message->flags ? message->flags : "", message->flags && *message->flags ? "; " : "", names);
	}
}

void desk_send_saved_files(struct decision *d, const struct agent_words *words, size_t mark)
{
	const char *lines = "", *names = "";
	for (size_t i = 0; i < words->files.count; i++) {
		lines = arena_printf(d->arena, "%s%s%s\n%s", lines, i ? "\n" : "", words->files.at[i]->path, words->files.at[i]->name);
		names = arena_printf(d->arena, "%s%s%s", names, i ? ", " : "", words->files.at[i]->name);
	}
	for (size_t i = mark; *lines && i < d->plan->count; i++) {
		struct outgoing *o = d->plan->at[i].kind == EFFECT_ENQUEUE ? d->plan->at[i].outgoing : NULL;
		if (!o || o->to_agent || o->automatic)
			continue;
		CLEANUP_BUFFER struct buffer variables = {0};
		buffer_add_string(&variables, o->variables ? o->variables : "");
		if (variables.length && variables.at[variables.length - 1] != '\n')
			buffer_add_char(&variables, '\n');
		record_add(&variables, SAVED_FILES, lines);
		o->variables = arena_string(d->arena, buffer_string(&variables));
		note_files(d, o, names, mark);
	}
}

const char *desk_use_saved(struct decision *d, const struct incoming *incoming, const struct ticket_facts *ticket, struct agent_words *words)
{
	const char *problem = NULL;
	size_t count = words->actions.count;
	for (size_t i = count; i > 0 && !problem; i--) {         /* the first named stands first */
		const struct action action = words->actions.at[i - 1];
		if (action.kind != ACTION_USE)
			continue;
		if (action.ticket && action.ticket != ticket->id)
			problem = desk_sentence(d->arena, d->language, SAY_FOR_NOBODY, NULL, NULL, NULL);
		else
			problem = incoming->replies ? use(d, incoming->replies, ticket, action.argument, words)
			                            : desk_sentence(d->arena, d->language, SAY_NO_REPLY, action.argument, "", NULL);
		problem = problem ? arena_printf(d->arena, "%s: %s", action.line, problem) : NULL;
	}
	return problem;
}
