/*
 * desk_command_mail.c - an agent's new mail to a queue that begins with a command: no request of his, but his orders.
 *
 * It comes without the signed address of a notice, so what it proves is what the mail server found (desk_proof.c). To be told something, it is enough
 * that nothing speaks against him: the answer goes to his own address. To change something, or write to somebody in the desk's name, he must be
 * proved. Words have a taker (/note #12, /new) or are asked back for. Nothing of such a mail opens a ticket as if he were a customer.
 */
#include <string.h>

#include "desk_private.h"
#include "limits.h"

/* Without a quote of his own mails: nobody knows what those hold. */
static bool read_words(struct decision *d, const struct incoming *incoming, struct agent_words *words, const char **problem)
{
	const struct mail *mail = incoming->mail;
	words->all = words->text = "";
	if (!desk_commands(d, desk_with_signature(d->arena, mail->reply_text, mail->signature), words, problem))
		return false;
	if (mail->signature && *mail->signature && strstr(words->text, mail->signature) && strlen(words->text) <= strlen(mail->signature) + 4)
		words->text = "";
	return true;
}

static struct action *begins(struct agent_words *words)
{
	for (size_t i = 0; i < words->actions.count; i++)
		if (words->actions.at[i].kind == ACTION_NEW)
			return &words->actions.at[i];
	return NULL;
}

static struct action *asks(struct agent_words *words)
{
	for (size_t i = 0; i < words->actions.count; i++)
		if (words->actions.at[i].kind == ACTION_ASK)
			return &words->actions.at[i];
	return NULL;
}

static const char *ask(struct decision *d, const struct incoming *incoming, const struct agent_words *words, const struct action *action)
{
	struct error error;
	struct ticket_facts *ticket = desk_worked(words, action->ticket);
	const char *text = desk_side_words(d, ticket, words->text);
	if (desk_ask(d, ticket, words->agent, action->argument, desk_side_subject(d, ticket, incoming->mail), text, true, &error) == STATUS_OK)
		return NULL;
	return arena_printf(d->arena, "%s: %s", action->line, error.text);
}

static bool changes_nothing(const struct agent_words *words)
{
	for (size_t i = 0; i < words->actions.count; i++)
		if (!(desk_command_of(words->actions.at[i].kind, words->actions.at[i].field)->what & COMMAND_TELLS))
			return false;
	return true;
}

static bool only_asks(const struct agent_words *words)
{
	for (size_t i = 0; i < words->actions.count; i++)
		if (desk_command_of(words->actions.at[i].kind, words->actions.at[i].field)->what & COMMAND_NEEDS_PROOF)
			return false;
	return changes_nothing(words) && !words->note;
}

static const char *say(struct decision *d, enum sentence which, const char *one)
{
	return desk_sentence(d->arena, d->language, which, one, NULL, NULL);
}

/* A reader asks, and leaves notes. */
static bool is_readers(const struct agent_words *words)
{
	return changes_nothing(words) && !words->send && (!*words->text || words->note_ticket);
}

static bool uses_saved(const struct agent_words *words)
{
	for (size_t i = 0; i < words->actions.count; i++)
		if (words->actions.at[i].kind == ACTION_USE)
			return true;
	return false;
}

/* NULL, or why nothing is done: of the writer and his commands, before a saved reply is looked for. */
static const char *judge(struct decision *d, const struct incoming *incoming, struct agent_words *words, const struct action *new)
{
	const char *doubt = desk_agent_doubt(d, incoming->mail);
	bool news = false;
	for (size_t i = 0; i < words->actions.count; i++) {
		if (news && words->actions.at[i].kind == ACTION_NEW)
			return say(d, SAY_ONCE, "new");
		news |= words->actions.at[i].kind == ACTION_NEW;
	}
	if (doubt)
		return doubt;
	if (!only_asks(words) && !desk_is_proved(d->arena, incoming->mail))
		return say(d, SAY_NOT_PROVED, NULL);
	if (words->agent->role == AGENT_READER && !is_readers(words))
		return say(d, SAY_READS_ONLY, "/note #12");
	if (asks(words) && (new || words->note))
		return say(d, SAY_FOR_NOBODY, NULL);
	if (words->send || (!new && (uses_saved(words) || (*words->text && !words->note_ticket && !asks(words)))))
		return say(d, SAY_FOR_NOBODY, NULL);
	return NULL;
}

/* ... and of the words, those of a saved reply among them. */
static const char *judge_words(struct decision *d, const struct incoming *incoming, struct agent_words *words, const struct action *new)
{
	if (new && !*words->text)
		return say(d, SAY_NO_WORDS, "new");
	if ((new || asks(words)) && (incoming->house_file || desk_holds_house_token(d->policy, 0, words->text)))
		return say(d, SAY_HOUSE_TOKEN, NULL);
	return NULL;
}

static const char *begin(struct decision *d, const struct incoming *incoming, struct agent_words *words, const struct action *new, struct ticket_facts **made)
{
	struct error error;
	struct action action = *new;
	action.who = words->agent->name;
	action.to = new->argument;
	action.argument = incoming->address.queue->name;
	action.subject = incoming->mail->subject;
	action.text = words->text;
	if (desk_begin(d, &action, true, made, &error) != STATUS_OK)
		return arena_printf(d->arena, "%s: %s", new->line, error.text);
	return NULL;
}

static void add_note(struct decision *d, const struct incoming *incoming, const struct agent_words *words)
{
	struct ticket_facts *ticket = desk_worked(words, words->note_ticket);
	struct new_message *message = desk_plan_message(d, ticket, MESSAGE_NOTE, false);
	message->raw = true;
	message->from = incoming->mail->from;
	message->message_id = incoming->mail->message_id;
	message->text = words->text;
	message->agent = words->agent->name;
	desk_plan_event(d, ticket, EVENT_AGENT_NOTE, NULL);
}

static const char *carry_out(struct decision *d, const struct incoming *incoming, struct agent_words *words)
{
	const struct action *new = begins(words);
	struct ticket_facts *made = NULL;
	const char *problem = judge(d, incoming, words, new);
	struct ticket_facts coming = {.id = d->facts->next_ticket, .queue = incoming->address.queue->name, .subject = incoming->mail->subject, .language = "",
	                              .customer = {.address = new ? new->argument : "", .name = ""}};
	if (!problem)
		problem = desk_use_saved(d, incoming, &coming, words);
	new = begins(words);             /* further commands may have moved the list */
	if (!problem)
		problem = judge_words(d, incoming, words, new);
	if (!problem && new)
		problem = begin(d, incoming, words, new, &made);
	if (problem || !desk_find_worked(d, words, made, &problem) || !desk_carry_out(d, words, NULL, false, &problem))
		return problem;
	if (*words->text && words->note_ticket)
		add_note(d, incoming, words);
	if (asks(words) && (problem = ask(d, incoming, words, asks(words))))
		return problem;
	desk_carry_out(d, words, NULL, true, &problem);
	return problem;
}

static const char *one_line(struct arena *arena, const char *text)
{
	char *line = arena_string(arena, text);
	for (char *at = line; *at; at++)
		if (*at == '\n')
			*at = ';';
	return line;
}

/* ---- what a mail that nothing proves may bring the agent in whose name it came ---- */

/* Mails of the hour that is over, or goes on, which had no answer. */
static int unanswered(const struct facts *facts)
{
	int count = facts->asked_before > facts->asked_last_hour ? facts->asked_before : facts->asked_last_hour;
	return count > LIMIT_UNPROVED_ASKED ? count - LIMIT_UNPROVED_ASKED : 0;
}

static void count_asked(struct decision *d, const struct mail *mail, int64_t answers)
{
	struct effect *effect = desk_plan_add(d, EFFECT_COUNT_ASKED, 0);
	effect->to = mail->from.address;
	effect->number = answers;
}

/* From alone is anybody's: what is answered to it has an end, whoever asks. */
static bool is_over_budget(struct decision *d, const struct mail *mail)
{
	if (d->facts->asked_last_hour < LIMIT_UNPROVED_ASKED || desk_is_proved(d->arena, mail))
		return false;
	count_asked(d, mail, 1);
	desk_plan_disposition(d, DISPOSITION_COMMANDS, 0, 0, arena_printf(d->arena, "not answered: %d answers within the hour to commands in %s's name that nothing proves, and %d mails without one",
	                      LIMIT_UNPROVED_ASKED, d->plan->who, d->facts->asked_last_hour - LIMIT_UNPROVED_ASKED + 1));
	return true;
}

/* Counts what is answered here, and says on one answer how many mails had none. */
static void spend(struct decision *d, const struct mail *mail, size_t mark)
{
	int silent = unanswered(d->facts), left = LIMIT_UNPROVED_ASKED - d->facts->asked_last_hour, answers = 0;
	bool proved = desk_is_proved(d->arena, mail);
	for (size_t i = mark; i < d->plan->count; i++) {
		struct outgoing *o = d->plan->at[i].kind == EFFECT_ENQUEUE ? d->plan->at[i].outgoing : NULL;
		if (!o || !o->to_agent || !text_equal_nocase(o->agent, d->plan->who))
			continue;
		if (silent && !answers)
			o->variables = arena_printf(d->arena, "unanswered=%d\n%s", silent, o->variables ? o->variables : "");
		answers++;
	}
	if (answers && (!proved || (silent && !d->facts->asked_last_hour)))
		count_asked(d, mail, answers < left ? answers : left);
}

static void refuse(struct decision *d, const struct incoming *incoming, const struct agent_words *words, const char *problem)
{
	CLEANUP_BUFFER struct buffer variables = {0};
	record_add(&variables, "problem", problem);
	record_add(&variables, "text", utf8_cut(d->arena, incoming->mail->reply_text, 16 * 1024));
	desk_tell_writer(d, incoming, words->agent, "agent-command-error", arena_string(d->arena, buffer_string(&variables)));
	desk_plan_disposition(d, DISPOSITION_COMMAND_ERROR, 0, 0, one_line(d->arena, problem));
}

static void done(struct decision *d, const struct incoming *incoming, const struct agent_words *words, size_t mark)
{
	desk_send_saved_files(d, words, mark);
	for (size_t i = 0; i < words->worked.count; i++)
		desk_tell_colleagues(d, &words->worked.at[i].before, words->worked.at[i].now, words->agent->name, mark);
	desk_answer_commands(d, incoming, words);
	d->plan->ticket = words->worked.count ? words->worked.at[0].before.id : 0;
	desk_plan_disposition(d, DISPOSITION_COMMANDS, d->plan->ticket, 0, NULL);
}

static bool refers_to_notice(const struct desk_policy *policy, const struct strings *ids)
{
	struct token token;
	for (size_t i = 0; i < ids->count; i++)
		if (desk_message_id_read(policy, ids->at[i], &token) && token.kind == TOKEN_MAIL_TO_AGENT)
			return true;
	return false;
}

/* An agent is no customer by answering a digest, or a mail of ours that leads nowhere: he is told how it is done. What he begins himself may be a
 * request of his own. */
bool desk_decide_not_understood(struct decision *d, const struct incoming *incoming)
{
	const struct mail *mail = incoming->mail;
	struct agent_words words = {.agent = desk_agent_with_address(d->policy, mail->from.address)};
	if (!words.agent || incoming->address.class != ADDRESS_QUEUE || mail->list_mail || mail->forwards || desk_forwarding_agent(d->policy, mail)
	    || desk_agent_not_proved(d->arena, d->policy, mail)
	    || !(refers_to_notice(d->policy, &mail->in_reply_to) || refers_to_notice(d->policy, &mail->references)))
		return false;
	d->plan->who = words.agent->name;
	d->language = desk_agents_language(d->policy, words.agent);
	refuse(d, incoming, &words, say(d, SAY_FOR_NOBODY, NULL));
	return true;
}

/* Of several queues in one header, the first carries it out. */
static bool is_for_other(const struct decision *d, const struct incoming *incoming)
{
	const struct mail_addresses *const lists[] = {&incoming->mail->to, &incoming->mail->cc};
	for (size_t k = 0; k < COUNT_OF(lists); k++)
		for (size_t i = 0; i < lists[k]->count; i++) {
			const struct desk_queue *queue = desk_queue_with_address(d->policy, lists[k]->at[i].address);
			if (queue)
				return queue != incoming->address.queue;
		}
	return false;
}

bool desk_decide_command_mail(struct decision *d, const struct incoming *incoming)
{
	const struct mail *mail = incoming->mail;
	struct agent_words words = {.agent = desk_agent_with_address(d->policy, mail->from.address)};
	const char *problem;
	if (!words.agent || incoming->address.class != ADDRESS_QUEUE || mail->list_mail || mail->forwards || desk_agents_clue(d->facts)
	    || !desk_begins_with_command(d->arena, mail->reply_text))
		return false;
	d->plan->who = words.agent->name;
	d->language = desk_agents_language(d->policy, words.agent);
	if (is_for_other(d, incoming)) {
		desk_plan_disposition(d, DISPOSITION_COMMANDS, 0, 0, "carried out for the other queue that it went to");
		return true;
	}
	if (d->facts->ordered) {                 /* in Bcc, or by two addresses of one queue */
		desk_plan_disposition(d, DISPOSITION_COMMANDS, 0, 0, "carried out or refused as it came by another address of ours");
		return true;
	}
	if (is_over_budget(d, mail))
		return true;
	size_t mark = d->plan->count;
	int64_t outbox = d->next_outbox;
	if (read_words(d, incoming, &words, &problem) && !(problem = carry_out(d, incoming, &words))) {
		done(d, incoming, &words, mark);
		spend(d, mail, mark);
		return true;
	}
	d->plan->count = mark;           /* all or nothing */
	d->plan->ticket = 0;
	d->next_outbox = outbox;
	refuse(d, incoming, &words, problem);
	spend(d, mail, mark);
	return true;
}
