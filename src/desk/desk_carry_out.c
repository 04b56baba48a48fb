/*
 * desk_carry_out.c - the commands of an agent's mail are done, each on the ticket that it names, else on the one that the mail is about; and its
 * writer hears what was done, and what he asked for.
 *
 * All or nothing is the caller's: here every line that cannot be done is named, so that one answer is enough. An agent acts on tickets of his queues,
 * on those he has or watches, or was told of. Knows nothing of the words of the mail.
 */
#include <stdlib.h>
#include <string.h>

#include "desk_private.h"
#include "limits.h"

static void add_problem(struct decision *d, const char **all, const struct action *action, const char *problem)
{
	const char *one = arena_printf(d->arena, "%s: %s", action->line, problem);
	*all = *all ? arena_printf(d->arena, "%s\n%s", *all, one) : one;
}

static const char *number_word(struct decision *d, int64_t number)
{
	return arena_printf(d->arena, "%lld", (long long)number);
}

/* ---- which tickets ---- */

static const struct ticket_facts *mentioned(const struct decision *d, int64_t number)
{
	for (size_t i = 0; i < d->facts->clues.count; i++) {
		const struct clue_facts *found = &d->facts->clues.at[i];
		if (found->ticket && found->clue->ticket == number && found->clue->kind == EVIDENCE_MENTION)
			return found->ticket;
	}
	return NULL;
}

struct ticket_facts *desk_worked(const struct agent_words *words, int64_t ticket)
{
	for (size_t i = 0; i < words->worked.count; i++)
		if (ticket ? words->worked.at[i].before.id == ticket : i == 0)
			return words->worked.at[i].now;
	return NULL;
}

static void add_worked(struct decision *d, struct agent_words *words, struct ticket_facts *ticket)
{
	*ARENA_PUSH(d->arena, &words->worked) = (struct worked){ticket, *ticket};
}

/* NULL, or why the writer may not act on it. A merged ticket's number leads to its survivor, which the answer names. */
static const char *look_up(struct decision *d, struct agent_words *words, int64_t *number)
{
	const struct ticket_facts *found = mentioned(d, *number);
	if (!found)
		return desk_sentence(d->arena, d->language, SAY_NO_TICKET, number_word(d, *number), NULL, NULL);
	if (!desk_may_act(d->policy, found, words->agent))
		return desk_sentence(d->arena, d->language, SAY_NOT_YOURS, number_word(d, *number), NULL, NULL);
	*number = found->id;
	if (!desk_worked(words, found->id))
		add_worked(d, words, desk_copy_ticket(d->arena, found));
	return NULL;
}

bool desk_find_worked(struct decision *d, struct agent_words *words, struct ticket_facts *own, const char **problem)
{
	*problem = NULL;
	if (own)
		add_worked(d, words, own);
	for (size_t i = 0; i < words->actions.count; i++) {
		struct action *action = &words->actions.at[i];
		const struct desk_command *command = desk_command_of(action->kind, action->field);
		const char *bad = NULL;
		action->who = words->agent->name;
		action->trace = d->trace;
		if (action->ticket && !desk_worked(words, action->ticket))
			bad = look_up(d, words, &action->ticket);
		else if (!action->ticket && !own && !(command->what & COMMAND_OF_NO_TICKET))
			bad = desk_sentence(d->arena, d->language, SAY_WHICH_TICKET, command->name,
			                    arena_printf(d->arena, "/%s #12%s%s", command->name, command->argument ? " " : "", command->argument ? command->argument : ""), NULL);
		if (bad)
			add_problem(d, problem, action, bad);
	}
	struct action note = {.line = "/note"};
	const char *bad = words->note_ticket && !desk_worked(words, words->note_ticket) ? look_up(d, words, &words->note_ticket) : NULL;
	if (bad)
		add_problem(d, problem, &note, bad);
	return !*problem;
}

/* ---- doing ---- */

/* Whoever takes part in either request reads both from then on. A ticket that is not known is do_merge()'s matter. */
static bool may_merge(const struct decision *d, const struct ticket_facts *ticket, const struct action *action, const struct desk_agent *agent)
{
	const struct ticket_facts *into = mentioned(d, action->until);
	return desk_may_act(d->policy, ticket, agent) && (!into || desk_may_act(d->policy, into, agent));
}

static const char *do_one(struct decision *d, struct agent_words *words, struct action *action)
{
	struct ticket_facts *ticket = desk_worked(words, action->ticket);
	struct error error;
	if (action->kind == ACTION_MERGE && !may_merge(d, ticket, action, words->agent))
		return desk_sentence(d->arena, d->language, SAY_MERGE_NOT_YOURS, NULL, NULL, NULL);
	enum status status = action->kind == ACTION_UNDO ? desk_undo(d, ticket, action, &error) : desk_do_action(d, ticket, action, &error);
	return status == STATUS_OK ? NULL : arena_string(d->arena, error.text);
}

/* As agents[].leave, without the configuration: he is given no tickets, and of his own the whole queue hears (desk_on_leave()). */
static void go_away(struct decision *d, const struct desk_agent *agent, struct action *action)
{
	enum sentence said = !action->until ? SAY_BACK : action->until == AWAY_OPEN ? SAY_AWAY : SAY_AWAY_UNTIL;
	struct effect *effect = desk_plan_add(d, EFFECT_AWAY, 0);
	effect->to = agent->name;
	effect->number = action->until;
	action->undone = desk_in_language(d, said, said == SAY_AWAY_UNTIL ? desk_time(d->arena, d->policy, action->until, d->language ? d->language : "en") : NULL, NULL, NULL);
}

bool desk_carry_out(struct decision *d, struct agent_words *words, const struct action *last, bool merges, const char **problem)
{
	*problem = NULL;
	for (size_t i = 0; i < words->actions.count; i++) {
		struct action *action = &words->actions.at[i];
		const struct desk_command *command = desk_command_of(action->kind, action->field);
		if (action->kind == ACTION_AWAY && !merges)
			go_away(d, words->agent, action);
		if (action == last || (action->kind == ACTION_MERGE) != merges || (command->what & (COMMAND_TELLS | COMMAND_OF_NO_TICKET))
		    || action->kind == ACTION_USE || action->kind == ACTION_ASK)
			continue;
		const char *bad = do_one(d, words, action);
		if (bad)
			add_problem(d, problem, action, bad);
	}
	return !*problem;
}

/* ---- what the writer hears ---- */

static void answer(struct decision *d, const struct incoming *incoming, const struct agent_words *words, int64_t ticket, const char *template,
                   struct buffer *variables)
{
	const char *all = arena_string(d->arena, buffer_string(variables));
	const struct ticket_facts *about = ticket ? desk_worked(words, ticket) : NULL;
	if (about)
		desk_notice_to_agent(d, about, words->agent, template, 0, all);
	else
		desk_tell_writer(d, incoming, words->agent, template, all);
}

static const char *done_line(struct decision *d, const struct agent_words *words, const struct action *action)
{
	const struct desk_command *command = desk_command_of(action->kind, action->field);
	const char *what = action->undone ? action->undone : action->kind == ACTION_MERGE ? arena_printf(d->arena, "#%lld", (long long)action->until) : action->argument;
	const char *done = desk_command_done(d->arena, command, d->language, what);
	const struct ticket_facts *ticket = desk_worked(words, action->ticket);
	return *done && ticket ? arena_printf(d->arena, "#%lld: %s", (long long)ticket->id, done) : done;
}

/* The one ticket that was acted on; 0: none, or several. */
static int64_t only_ticket(const struct agent_words *words)
{
	return words->worked.count == 1 ? words->worked.at[0].before.id : 0;
}

/* An answer that ends the ticket's turn with it: whoever wrote "/resolve" above his words knows it, and another mail about it would be in the way. */
static bool goes_with_answer(const struct agent_words *words)
{
	if (words->note || !(*words->text || words->draft))
		return false;
	for (size_t i = 0; i < words->actions.count; i++) {
		const struct action *action = &words->actions.at[i];
		if (!(desk_command_of(action->kind, action->field)->what & COMMAND_WITH_ANSWER) || desk_worked(words, action->ticket) != words->worked.at[0].now)
			return false;
	}
	return true;
}

static void tell_done(struct decision *d, const struct incoming *incoming, const struct agent_words *words)
{
	CLEANUP_BUFFER struct buffer done = {0}, variables = {0};
	if (goes_with_answer(words))
		return;
	for (size_t i = 0; i < words->actions.count; i++) {
		const char *line = done_line(d, words, &words->actions.at[i]);
		if (*line)
			buffer_printf(&done, "%s%s", done.length ? "\n" : "", line);
	}
	if (!done.length)
		return;
	record_add(&variables, "done", buffer_string(&done));
	answer(d, incoming, words, only_ticket(words), "agent-done", &variables);
}

static void tell_asked(struct decision *d, const struct incoming *incoming, const struct agent_words *words, const struct action *action)
{
	CLEANUP_BUFFER struct buffer variables = {0};
	const struct ticket_facts *ticket = desk_worked(words, action->ticket);
	switch (action->kind) {
	case ACTION_SHOW:
		record_add(&variables, "show", number_word(d, ticket->next_seq - 1));
		answer(d, incoming, words, ticket->id, "agent-shown", &variables);
		break;
	case ACTION_FILES:
		record_add(&variables, "files", number_word(d, ticket->next_seq - 1));
		if (*action->argument)
			record_add(&variables, "files_named", action->argument);
		answer(d, incoming, words, ticket->id, "agent-files", &variables);
		break;
	case ACTION_HELP:
		record_add(&variables, "help", "yes");
		answer(d, incoming, words, 0, "agent-done", &variables);
		break;
	case ACTION_LIST: case ACTION_SEARCH:
		record_add(&variables, action->kind == ACTION_LIST ? "list_query" : "list_words", action->argument);
		record_add(&variables, "list_of", action->line);
		answer(d, incoming, words, 0, "agent-done", &variables);
		break;
	default:
		break;
	}
}

static bool is_shown_before(const struct agent_words *words, size_t number)
{
	const struct action *this = &words->actions.at[number];
	for (size_t i = 0; i < number && (this->kind == ACTION_SHOW || this->kind == ACTION_FILES); i++)
		if (words->actions.at[i].kind == this->kind && desk_worked(words, words->actions.at[i].ticket) == desk_worked(words, this->ticket)
		    && text_equal_nocase(words->actions.at[i].argument, this->argument))
			return true;
	return false;
}

void desk_answer_commands(struct decision *d, const struct incoming *incoming, const struct agent_words *words)
{
	tell_done(d, incoming, words);
	for (size_t i = 0; i < words->actions.count; i++)
		if (!is_shown_before(words, i))
			tell_asked(d, incoming, words, &words->actions.at[i]);
}

/* The row before says where it ended; who may no longer read the ticket gets no more. */
void desk_decide_more_files(const struct desk_policy *policy, const struct outgoing *outgoing, const struct facts *facts, struct plan *plan)
{
	static const char *const kept[] = {"files", "files_named", "files_alone"};
	struct decision d = {policy, facts, plan, plan->arena, outgoing->trace, facts->next_outbox, NULL, 0, NULL};
	const struct desk_agent *agent = desk_agent_named(policy, outgoing->agent);
	const char *was = outgoing->variables, *next = record_get(plan->arena, was, "files_next"), *part = record_get(plan->arena, was, "files_part");
	int number = part ? atoi(part) + 1 : 2;
	CLEANUP_BUFFER struct buffer variables = {0};
	if (!next || !*next || number > LIMIT_FILES_MAILS || !agent || !facts->ticket || !desk_may_act(policy, facts->ticket, agent))
		return;
	for (size_t i = 0; i < COUNT_OF(kept); i++)
		if (record_get(plan->arena, was, kept[i]))
			record_add(&variables, kept[i], record_get(plan->arena, was, kept[i]));
	record_add(&variables, "files_from", next);
	record_add(&variables, "files_part", arena_printf(plan->arena, "%d", number));
	plan->who = agent->name;
	plan->ticket = facts->ticket->id;
	desk_notice_to_agent(&d, facts->ticket, agent, "agent-files", 0, arena_string(plan->arena, buffer_string(&variables)));
}

/* On no ticket: an answer to his mail, from the queue that it came to. */
void desk_tell_writer(struct decision *d, const struct incoming *incoming, const struct desk_agent *agent, const char *template, const char *variables)
{
	const struct desk_queue *queue = incoming->address.queue;
	const struct mail *mail = incoming->mail;
	if (!mail_address_usable(agent->email))
		return;
	struct outgoing *o = ARENA_NEW(d->arena, struct outgoing);
	*o = (struct outgoing){.id = d->next_outbox++, .trace = d->trace, .template = template, .language = d->language, .queue = queue->name,
	                       .agent = agent->name, .to_agent = true, .automatic = true, .from = {queue->address, d->policy->name}, .reply_to = "",
	                       .in_reply_to = mail->message_id ? mail->message_id : "", .date = d->facts->now, .variables = variables,
	                       .subject = arena_printf(d->arena, "Re: %s", utf8_cut(d->arena, desk_short_subject(d->arena, mail->subject), 200))};
	desk_show_news(d, "", variables, o);
	struct token bounce = {.kind = TOKEN_BOUNCE, .number = o->id}, id = {.kind = TOKEN_MAIL_TO_AGENT, .number = o->id, .who = desk_who(agent->name)};
	o->envelope_from = desk_token_address(d->arena, d->policy, queue->address, &bounce);
	o->message_id = desk_message_id(d->arena, d->policy, &id);
	if (mail->message_id)
		strings_add(d->arena, &o->references, mail->message_id);
	*ARENA_PUSH(d->arena, &o->to) = (struct mail_address){agent->email, agent->display};
	desk_plan_add(d, EFFECT_ENQUEUE, 0)->outgoing = o;
}
