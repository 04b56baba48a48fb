/*
 * desk_agent_mail.c - an agent answers from the mail program: the words go to the customer as the desk's answer, commands are
 * carried out, a note stays in the house.
 *
 * The agent was proved by the caller (own token and own address). What is sent on is the agent's new text without quotes and
 * commands, with the signature kept; files without words are an answer, too. A wrong command, nothing new, nobody to write to: the mail
 * is kept as a note, the agent is told, nothing is sent on.
 */
#include <string.h>

#include "desk_private.h"

static struct new_message *append_agent_message(struct decision *d, struct ticket_facts *ticket, const struct incoming *incoming,
                                                const struct desk_agent *agent, enum message_kind kind, const char *text)
{
	struct new_message *message = desk_plan_message(d, ticket, kind, kind != MESSAGE_NOTE);
	message->raw = true;
	message->from = incoming->mail->from;
	message->message_id = incoming->mail->message_id;
	message->text = text;
	message->agent = agent->name;
	return message;
}

/* The third party whose thread he answered. NULL: the customer's side. */
static const struct side *third_party(struct decision *d, struct ticket_facts *ticket)
{
	const struct clue_facts *answered = desk_agents_clue(d->facts);
	bool third = answered && answered->clue->token.kind == TOKEN_SIDE_AGENT && d->facts->side;
	return third ? desk_side_of(d, ticket, d->facts->side) : NULL;
}

static void tell_not_sent(struct decision *d, struct ticket_facts *ticket, const struct desk_agent *agent, int seq, const char *problem,
                          const char *since)
{
	CLEANUP_BUFFER struct buffer variables;
	const struct side *third = third_party(d, ticket);
	size_t mark = d->plan->count;
	buffer_init(&variables);
	record_add(&variables, "problem", problem);
	if (third)
		record_add(&variables, "readers", third->address);
	if (*since)
		record_add(&variables, "since", since);
	const char *all = arena_string(d->arena, buffer_string(&variables));
	if (agent)
		desk_notice_to_agent(d, ticket, agent, "agent-command-error", seq, all);
	else
		desk_notice_to_agents(d, ticket, "agent-command-error", seq, NULL, all);
	if (third)                               /* put right, they go where they were meant to go */
		desk_side_answers(d, ticket, third, mark);
}

void desk_tell_not_sent(struct decision *d, struct ticket_facts *ticket, const struct desk_agent *agent, int seq, const char *problem)
{
	tell_not_sent(d, ticket, agent, seq, problem, agent ? desk_since(d, agent) : "");
}

static const char *one_line(struct arena *arena, const char *text)
{
	char *line = arena_string(arena, text);
	for (char *at = line; *at; at++)
		if (*at == '\n')
			*at = ';';
	return line;
}

/* text NULL: whatever the mail newly says. */
static void keep_not_sent(struct decision *d, const struct incoming *incoming, struct ticket_facts *ticket, const struct desk_agent *agent,
                          const char *text, const char *problem)
{
	struct new_message *message = append_agent_message(d, ticket, incoming, agent, MESSAGE_NOTE, text);
	const struct side *third = third_party(d, ticket);
	message->flags = arena_printf(d->arena, FLAGS_NOT_SENT "%s", one_line(d->arena, problem));
	message->side = third ? third->number : 0;
	desk_tell_not_sent(d, ticket, agent, message->seq, problem);
	desk_plan_disposition(d, DISPOSITION_COMMAND_ERROR, ticket->id, message->seq, one_line(d->arena, problem));
}

void desk_not_sent(struct decision *d, const struct incoming *incoming, struct ticket_facts *ticket, const struct desk_agent *agent,
                   const char *problem)
{
	keep_not_sent(d, incoming, ticket, agent, NULL, problem);
}

/* The words stay a draft: the mail that comes back has an address of its own, which shows all that is new, and /send alone sends them. */
static void come_back(struct decision *d, const struct incoming *incoming, struct ticket_facts *ticket, const struct agent_words *words,
                      const char *problem, const char *since)
{
	struct new_message *message;
	if (words->draft)
		append_agent_message(d, ticket, incoming, words->agent, MESSAGE_NOTE, "")->flags = FLAGS_COMMANDS;
	message = append_agent_message(d, ticket, incoming, words->agent, MESSAGE_NOTE, words->all);
	message->flags = arena_printf(d->arena, FLAGS_NOT_SENT "%s", problem);
	const struct side *third = third_party(d, ticket);
	message->side = third ? third->number : 0;
	if (words->draft)
		message->message_id = NULL, message->raw = false, message->raw_ticket = words->draft->ticket, message->raw_seq = words->draft->seq;
	tell_not_sent(d, ticket, words->agent, message->seq,
	              desk_in_language(d, SAY_ALL_THE_SAME, problem, NULL, NULL), since);
	desk_plan_disposition(d, DISPOSITION_COMMAND_ERROR, ticket->id, message->seq, problem);
}

/* Nothing but the signature below the commands: no words. */
static bool is_signature(const char *text, const char *signature)
{
	if (!signature)
		return false;
	return strcmp(text, signature) == 0 || (strncmp(text, "-- \n", 4) == 0 && strstr(signature, text + 4));
}

/* S/MIME that is encrypted or signed around its text, PGP/MIME: nobody here can read what it says. */
static bool is_sealed(const struct mail *mail)
{
	static const char *const types[] = {"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"};
	for (size_t i = 0; i < mail->attachments.count && !*mail->reply_text; i++)
		for (size_t k = 0; k < COUNT_OF(types); k++)
			if (strcmp(mail->attachments.at[i].content_type, types[k]) == 0)
				return true;
	return false;
}

/* Files alone are an answer, too; their names stand where words would. What signs the mail is none, nor is a picture in its text: that may be
 * a logo. */
static const char *files_as_words(struct arena *arena, const struct mail *mail)
{
	CLEANUP_BUFFER struct buffer names;
	buffer_init(&names);
	for (size_t i = 0; i < mail->attachments.count; i++) {
		const struct mail_attachment *file = &mail->attachments.at[i];
		if (!file->signs && !(file->inline_ && text_starts_nocase(file->content_type, "image/")))
			buffer_printf(&names, "%s%s", names.length ? ", " : "", file->filename);
	}
	return names.length ? arena_printf(arena, "[%s]", buffer_string(&names)) : "";
}

/* The command that changes the state and takes the words along in one mail: resolve, close, pending of the ticket that it is about. NULL: none. */
static struct action *state_command(struct agent_words *words, int64_t ticket)
{
	for (size_t i = words->actions.count; i > 0; i--) {
		enum action_kind kind = words->actions.at[i - 1].kind;
		int64_t named = words->actions.at[i - 1].ticket;
		if ((!named || named == ticket) && (kind == ACTION_RESOLVE || kind == ACTION_CLOSE || kind == ACTION_PEND))
			return &words->actions.at[i - 1];
	}
	return NULL;
}

static bool can_be_answered(const struct ticket_facts *ticket)
{
	bool usable = mail_address_usable(ticket->customer.address);
	for (size_t i = 0; i < ticket->participants.count; i++)
		usable |= mail_address_usable(ticket->participants.at[i].address);
	return usable;
}

/* Nothing is said and nothing changed: then nothing is kept, either. */
static bool only_asks(const struct agent_words *words)
{
	for (size_t i = 0; i < words->actions.count; i++)
		if (!(desk_command_of(words->actions.at[i].kind, words->actions.at[i].field)->what & COMMAND_TELLS))
			return false;
	return words->actions.count && !*words->text && !words->note && !words->draft;
}

/* The words as a note, or to the customer; then the state. */
static enum status do_words(struct decision *d, const struct incoming *incoming, struct ticket_facts *ticket, struct agent_words *words,
                            struct action *last, struct error *error)
{
	bool any = *words->text;
	bool keep = words->note || !any;
	if (!keep && !can_be_answered(ticket))
		return desk_refuse(d, error, STATUS_BAD_INPUT, SAY_NOBODY_TO_WRITE, NULL, NULL, NULL);
	if (keep) {
		struct ticket_facts *noted = any && words->note_ticket ? desk_worked(words, words->note_ticket) : ticket;
		append_agent_message(d, noted, incoming, words->agent, MESSAGE_NOTE, words->text)->flags = any ? "" : FLAGS_COMMANDS;
		desk_plan_event(d, noted, EVENT_AGENT_NOTE, NULL);
	} else if (last) {
		last->text = words->text;
		if (!*ticket->agent)
			desk_plan_set_agent(d, ticket, words->agent->name, "answered first");
	} else {
		desk_agent_reply(d, ticket, words->agent, words->text, true, "reply");
	}
	return last ? desk_do_action(d, ticket, last, error) : STATUS_OK;
}

/* /send takes as words whatever may be a quote of something else: is there anything but that? */
static bool says_nothing(struct decision *d, const struct incoming *incoming, const struct ticket_facts *ticket, const struct desk_agent *agent)
{
	struct agent_words words = {.agent = agent, .text = ""};
	const char *problem, *doubt, *own = desk_own_words(d, incoming, ticket, false, &doubt);
	if (!desk_commands(d, own, &words, &problem))
		return false;
	return !*words.text || is_signature(words.text, incoming->mail->signature);
}

/* /send alone: the words that came back, with their commands. NULL, or why not. */
static const char *take_draft(struct decision *d, struct agent_words *words)
{
	const struct draft *draft = desk_draft(d, words->agent);
	const char *problem;
	if (draft->sent)
		return desk_in_language(d, SAY_SENT_ALREADY, NULL, NULL, NULL);
	if (!draft->text)
		return desk_in_language(d, SAY_NOT_AS_IT_WAS, NULL, NULL, NULL);
	if (!desk_commands(d, draft->text, words, &problem))
		return problem;
	words->all = draft->text;
	words->draft = draft;
	return NULL;
}

/* NULL, or why nothing can be done with it. A note does not leave: what it quotes is no matter. */
static const char *read_words(struct decision *d, const struct incoming *incoming, const struct ticket_facts *ticket, struct agent_words *words)
{
	const struct mail *mail = incoming->mail;
	const char *problem, *doubt;
	if (is_sealed(mail))
		return desk_in_language(d, SAY_SEALED, NULL, NULL, NULL);
	if (incoming->house_file && !words->note)
		return desk_in_language(d, SAY_HOUSE_FILE, incoming->house_file, NULL, NULL);
	const char *own = desk_own_words(d, incoming, ticket, words->note || desk_asks_to_send(d->arena, mail->reply_text), &doubt);
	words->all = own;
	if (!desk_commands(d, own, words, &problem))
		return problem;
	if (words->agent->role == AGENT_READER && (!words->note || words->actions.count))
		return desk_sentence(d->arena, d->language, SAY_READS_ONLY, "/note", NULL, NULL);
	if (doubt && !words->note) {             /* what is asked back for comes back whole, and /send alone sends it */
		words->all = desk_own_words(d, incoming, ticket, true, &problem);
		return doubt;
	}
	if (is_signature(words->text, mail->signature))
		words->text = "";
	if (words->send && !words->note && (!*words->text || says_nothing(d, incoming, ticket, words->agent)) && desk_draft(d, words->agent))
		return take_draft(d, words);
	if (!*words->text && *(words->text = desk_with_signature(d->arena, files_as_words(d->arena, mail), mail->signature)))
		words->all = arena_printf(d->arena, "%s\n\n%s", own, words->text);
	if (!*words->text && !words->actions.count && !words->note)
		return desk_in_language(d, words->send ? SAY_NOTHING_TO_SEND : SAY_NOTHING_NEW, NULL, NULL, NULL);
	return NULL;
}

/* The answer that a draft became has the draft's mail, whose files go along. */
static void note_draft(struct decision *d, size_t mark, const struct draft *draft)
{
	for (size_t i = mark; i < d->plan->count; i++) {
		struct new_message *message = d->plan->at[i].kind == EFFECT_APPEND_MESSAGE ? d->plan->at[i].message : NULL;
		if (!message || (message->kind != MESSAGE_REPLY && message->kind != MESSAGE_SIDE_OUT))
			continue;
		message->raw = false;
		message->raw_ticket = draft->ticket;
		message->raw_seq = draft->seq;
		if (!*message->flags)
			message->flags = arena_printf(d->arena, FLAGS_SENT_DRAFT "%d", draft->seq);
	}
}

/* To whom the words go beside the customer: a third party that they ask, or whose notice they answer. NULL: nobody. */
static struct action *asks(struct agent_words *words)
{
	for (size_t i = 0; i < words->actions.count; i++)
		if (words->actions.at[i].kind == ACTION_ASK)
			return &words->actions.at[i];
	return NULL;
}

static bool marks_spam(const struct agent_words *words, int64_t ticket)
{
	for (size_t i = 0; i < words->actions.count; i++)
		if (words->actions.at[i].kind == ACTION_SPAM && (!words->actions.at[i].ticket || words->actions.at[i].ticket == ticket))
			return true;
	return false;
}

/* The ticket as a saved reply is filled in: a third party is greeted himself, and reads neither who the customer is nor what he asked. */
static const struct ticket_facts *as_read(struct decision *d, struct ticket_facts *ticket, struct agent_words *words)
{
	const struct action *ask = asks(words);
	const struct side *third = third_party(d, ticket);
	if (!ask && !third)
		return ticket;
	struct ticket_facts *read = desk_copy_ticket(d->arena, ticket);
	read->customer = (struct participant){.address = ask ? ask->argument : third->address, .name = "", .role = ROLE_CUSTOMER};
	read->subject = third && !ask ? third->subject : "";
	read->participants.count = 0;
	return read;
}

/* NULL, or why they do not go there. What a file holds that opens the house was looked for already. */
static const char *do_ask(struct decision *d, const struct incoming *incoming, struct ticket_facts *ticket, struct agent_words *words, const struct action *ask,
                          const char *address)
{
	struct error error;
	struct ticket_facts *about = ask && ask->ticket ? desk_worked(words, ask->ticket) : ticket;
	const char *text = desk_side_words(d, about, words->text), *subject = desk_side_subject(d, about, incoming->mail);
	if (ask && words->note)
		return arena_printf(d->arena, "%s: %s", ask->line, desk_sentence(d->arena, d->language, SAY_FOR_NOBODY, NULL, NULL, NULL));
	if (desk_ask(d, about, words->agent, address, subject, text, true, &error) == STATUS_OK)
		return NULL;
	return ask ? arena_printf(d->arena, "%s: %s", ask->line, error.text) : arena_string(d->arena, error.text);
}

/* The words, and the commands around them. NULL: all is planned; else why not, and *since: what came since the notice. */
static const char *do_all(struct decision *d, const struct incoming *incoming, struct ticket_facts *ticket, struct agent_words *words,
                          const struct token *token, bool *stale, const char **since)
{
	struct action *last = state_command(words, ticket->id);
	struct error error;
	const char *problem;
	if (words->draft)
		append_agent_message(d, ticket, incoming, words->agent, MESSAGE_NOTE, "")->flags = FLAGS_COMMANDS;
	if (!desk_carry_out(d, words, last, false, &problem) || only_asks(words))
		return problem;
	if (marks_spam(words, ticket->id) && *words->text && !words->note)
		return desk_sentence(d->arena, d->language, SAY_SPAM_SAYS_NOTHING, NULL, NULL, NULL);
	const struct action *ask = asks(words);
	const char *third = ask ? ask->argument : token->kind == TOKEN_SIDE_AGENT && d->facts->side && *words->text && !words->note ? d->facts->side->address : NULL;
	if (third) {
		if (!ask && (problem = desk_stale(d, ticket, token, words->agent, words->send, since)) != NULL) {
			*stale = true;
			return problem;
		}
		if (!(problem = do_ask(d, incoming, ticket, words, ask, third)) && last && desk_do_action(d, ticket, last, &error) != STATUS_OK)
			problem = arena_string(d->arena, error.text);
		if (!problem)
			desk_carry_out(d, words, last, true, &problem);
		return problem;
	}
	if (!words->note && *words->text)        /* whom he copies in */
		desk_bring_readers_of(d, ticket, incoming->mail);
	if (!words->note && *words->text)        /* after the commands: they may let people in, or take them out */
		problem = desk_stale(d, ticket, token, words->agent, words->send, since);
	*stale = problem;
	if (!problem && do_words(d, incoming, ticket, words, last, &error) != STATUS_OK)
		problem = arena_string(d->arena, error.text);
	if (!problem)                            /* after the words: they would open again what a merge closed */
		desk_carry_out(d, words, last, true, &problem);
	return problem;
}

/* The message that the mail became: a note, or a question to a third party, may be one of another ticket. */
static int64_t kept_on(const struct decision *d, const struct ticket_facts *ticket, size_t mark, int *seq)
{
	for (size_t i = mark; i < d->plan->count; i++) {
		const struct effect *effect = &d->plan->at[i];
		if (effect->kind == EFFECT_APPEND_MESSAGE && effect->message->raw) {
			*seq = effect->message->seq;
			return effect->ticket;
		}
	}
	return ticket->id;
}

static void all_done(struct decision *d, const struct incoming *incoming, const struct ticket_facts *ticket, const struct agent_words *words, size_t mark, int seq)
{
	int64_t kept = kept_on(d, ticket, mark, &seq);
	if (words->draft)
		note_draft(d, mark, words->draft);
	desk_send_saved_files(d, words, mark);
	for (size_t i = 0; i < words->worked.count; i++)
		desk_tell_colleagues(d, &words->worked.at[i].before, words->worked.at[i].now, words->agent->name, mark);
	desk_answer_commands(d, incoming, words);
	if (only_asks(words))
		desk_plan_disposition(d, DISPOSITION_COMMANDS, ticket->id, 0, NULL);
	else
		desk_plan_disposition(d, DISPOSITION_JOINED, kept, seq, desk_evidence_name(d->plan->evidence));
}

void desk_decide_agent_mail(struct decision *d, const struct incoming *incoming, struct ticket_facts *ticket,
                            const struct desk_agent *agent, const struct token *token)
{
	struct agent_words words = {.agent = agent, .note = token->kind == TOKEN_NOTE, .text = "", .all = ""};
	bool stale = false;
	d->plan->who = agent->name;
	d->language = desk_agents_language(d->policy, agent);
	const char *since = "", *problem = read_words(d, incoming, ticket, &words);
	if (problem) {
		keep_not_sent(d, incoming, ticket, agent, *words.all ? words.all : NULL, problem);
		return;
	}
	size_t mark = d->plan->count;
	int64_t outbox = d->next_outbox;
	int seq = ticket->next_seq;
	struct ticket_facts before = *ticket;
	problem = desk_use_saved(d, incoming, as_read(d, ticket, &words), &words);
	for (size_t i = 0; i < words.actions.count && !problem; i++)
		if (words.actions.at[i].kind == ACTION_NEW)
			problem = desk_sentence(d->arena, d->language, SAY_NEW_ALONE, NULL, NULL, NULL);
	if (!problem && desk_find_worked(d, &words, ticket, &problem))
		problem = do_all(d, incoming, ticket, &words, token, &stale, &since);
	if (!problem) {
		all_done(d, incoming, ticket, &words, mark, seq);
		return;
	}
	d->plan->count = mark;           /* all or nothing */
	d->next_outbox = outbox;
	*ticket = before;
	if (stale)
		come_back(d, incoming, ticket, &words, problem, since);
	else
		desk_not_sent(d, incoming, ticket, agent, problem);
}
