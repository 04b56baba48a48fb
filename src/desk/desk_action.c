/*
 * desk_action.c - what an agent or a page asks for on one ticket, as a plan. The same verbs serve the command line and the
 * slash commands of a mail.
 *
 * Nothing is planned when an action is refused; the error says why and what would be possible.
 */
#include <string.h>

#include "desk_private.h"

static const char *number_word(const struct decision *d, int64_t number)
{
	return arena_printf(d->arena, "%lld", (long long)number);
}

/* The verb of what cannot be done is English; other languages name the command. */
static enum status refuse(struct decision *d, struct error *error, const struct ticket_facts *ticket, const struct action *action, const char *verb)
{
	bool english = desk_language_number(d->language ? d->language : "en") == 0;
	return desk_refuse(d, error, STATUS_REFUSED, SAY_IS_STATE, number_word(d, ticket->id),
	                   english ? desk_ticket_state_name(ticket->state) : desk_state_word(ticket->state, d->language),
	                   english ? verb : arena_printf(d->arena, "/%s", desk_command_of(action->kind, NULL)->name));
}

/* What the customer is told with a change of state: the words, if there are any, in the mail that tells of it. Words without an agent
 * (the administrator's) go out as the desk's. */
static void tell_of(struct decision *d, struct ticket_facts *ticket, const struct action *action, const char *template)
{
	const struct desk_agent *agent = desk_agent_named(d->policy, action->who);
	if (*action->text) {
		desk_agent_reply(d, ticket, agent, action->text, d->mail != NULL, template);
		return;
	}
	struct outgoing *o = desk_tell_customer(d, ticket, template);
	if (o)
		o->agent = agent ? agent->name : "";
}

static enum status do_assign(struct decision *d, struct ticket_facts *ticket, const struct action *action, struct error *error)
{
	const struct desk_agent *agent = desk_agent_named(d->policy, action->argument);
	if (!agent)
		return error_set(error, STATUS_NOT_FOUND, "there is no agent \"%s\" in the configuration", action->argument);
	bool new_for_agent = strcmp(ticket->agent, agent->name) != 0;
	desk_plan_set_agent(d, ticket, agent->name, NULL);
	bool first = ticket->state == STATE_NEW || ticket->state == STATE_HELD;
	desk_plan_event(d, ticket, EVENT_ASSIGN, "assigned");
	if (first)
		tell_of(d, ticket, &(struct action){.who = agent->name, .text = ""}, "taken");
	if (new_for_agent && !text_equal_nocase(agent->name, action->who))
		desk_notice_to_agent(d, ticket, agent, "agent-assigned", ticket->next_seq > 1 ? 1 : 0, NULL);
	return STATUS_OK;
}

static enum status do_queue(struct decision *d, struct ticket_facts *ticket, const struct action *action, struct error *error)
{
	const struct desk_queue *queue = desk_queue_named(d->policy, action->argument);
	if (!queue)
		return error_set(error, STATUS_NOT_FOUND, "there is no queue \"%s\" in the configuration", action->argument);
	if (strcmp(queue->name, ticket->queue) == 0)
		return STATUS_OK;
	desk_plan_set_queue(d, ticket, queue->name, NULL);
	if (*ticket->agent && !strings_have(&queue->agents, ticket->agent))
		desk_plan_set_agent(d, ticket, "", "does not work in the new queue");
	if (!desk_is_unseen(ticket))
		desk_notice_to_agents(d, ticket, "agent-new", ticket->next_seq > 1 ? 1 : 0, action->who, NULL);
	return STATUS_OK;
}

static enum status do_field(struct decision *d, struct ticket_facts *ticket, const struct action *action, struct error *error)
{
	const struct desk_field *field = action->field;
	const char *value = desk_field_kept(field, action->argument);
	if (!value || strcmp(value, action->argument) != 0)
		return error_set(error, STATUS_BAD_INPUT, "\"%s\" is no %s: %s", action->argument, field->name, field->wanted);
	desk_plan_set_field(d, ticket, field, value, NULL);
	return STATUS_OK;
}

static enum status do_tag(struct decision *d, struct ticket_facts *ticket, const struct action *action, struct error *error)
{
	const char *tag = action->argument;
	if (!*tag || strlen(tag) > 60 || strpbrk(tag, " \t\r\n,;\"'<>"))
		return desk_refuse(d, error, STATUS_BAD_INPUT, SAY_NO_TAG, tag, NULL, NULL);
	if (strings_have(&ticket->tags, tag))
		return STATUS_OK;
	desk_plan_add(d, EFFECT_ADD_TAG, ticket->id)->to = tag;
	strings_add(d->arena, &ticket->tags, tag);
	return STATUS_OK;
}

static enum status do_untag(struct decision *d, struct ticket_facts *ticket, const struct action *action, struct error *error)
{
	struct strings left = {0};
	for (size_t i = 0; i < ticket->tags.count; i++)
		if (strcmp(ticket->tags.at[i], action->argument) != 0)
			strings_add(d->arena, &left, ticket->tags.at[i]);
	if (left.count == ticket->tags.count)
		return desk_refuse(d, error, STATUS_BAD_INPUT, SAY_HAS_NO_TAG, number_word(d, ticket->id), action->argument, NULL);
	desk_plan_add(d, EFFECT_REMOVE_TAG, ticket->id)->to = action->argument;
	ticket->tags = left;
	return STATUS_OK;
}

/* An agent, for himself. */
static enum status do_watch(struct decision *d, struct ticket_facts *ticket, const struct action *action, bool on, struct error *error)
{
	const struct desk_agent *agent = desk_agent_named(d->policy, action->who);
	struct strings left = {0};
	if (!agent)
		return error_set(error, STATUS_NOT_FOUND, "there is no agent \"%s\" in the configuration", action->who);
	if (strings_have(&ticket->watchers, agent->name) == on)
		return STATUS_OK;
	for (size_t i = 0; i < ticket->watchers.count; i++)
		if (strcmp(ticket->watchers.at[i], agent->name) != 0)
			strings_add(d->arena, &left, ticket->watchers.at[i]);
	if (on)
		strings_add(d->arena, &left, agent->name);
	ticket->watchers = left;
	desk_plan_add(d, on ? EFFECT_WATCH : EFFECT_UNWATCH, ticket->id)->to = agent->name;
	return STATUS_OK;
}

static enum status do_language(struct decision *d, struct ticket_facts *ticket, const struct action *action, struct error *error)
{
	if (strlen(action->argument) < 2 || strlen(action->argument) > 8 || strspn(action->argument, "abcdefghijklmnopqrstuvwxyz-") != strlen(action->argument))
		return desk_refuse(d, error, STATUS_BAD_INPUT, SAY_NO_LANGUAGE, action->argument, NULL, NULL);
	if (strcmp(ticket->language, action->argument) == 0)
		return STATUS_OK;
	struct effect *effect = desk_plan_add(d, EFFECT_SET_LANGUAGE, ticket->id);
	effect->from = ticket->language;
	effect->to = ticket->language = action->argument;
	effect->number = 1;
	return STATUS_OK;
}

/* The mail is planned before the change: a reply opens a ticket, the event that follows has the last word. */
static enum status do_state(struct decision *d, struct ticket_facts *ticket, const struct action *action, enum ticket_event event,
                            const char *verb, const char *template, struct error *error)
{
	enum ticket_state next;
	if (!desk_ticket_transition(ticket->state, event, &next))
		return refuse(d, error, ticket, action, verb);
	bool unseen = desk_is_unseen(ticket) && event == EVENT_REOPEN;
	if (ticket->merged_into && event == EVENT_REOPEN)
		desk_plan_add(d, EFFECT_MERGE, ticket->id)->number = 0;
	if (template && (next != ticket->state || *action->text))
		tell_of(d, ticket, action, template);
	desk_plan_event(d, ticket, event, NULL);
	if (event == EVENT_REOPEN)
		desk_lift_spam(d, ticket);
	if (unseen)
		desk_present(d, ticket, "");
	return STATUS_OK;
}

static enum status do_pend(struct decision *d, struct ticket_facts *ticket, const struct action *action, struct error *error)
{
	enum ticket_state next;
	if (action->until <= d->facts->now)
		return error_set(error, STATUS_BAD_INPUT, "the time to wait for is not in the future: write 3d, 2h, tomorrow or 2026-11-25");
	if (!desk_ticket_transition(ticket->state, EVENT_PEND, &next))
		return refuse(d, error, ticket, action, "set to wait");
	const char *waiting = action->waiting ? action->waiting : WAITING_CUSTOMER;
	if (*action->text)                       /* only whom we wait for is told that we do */
		tell_of(d, ticket, action, strcmp(waiting, WAITING_CUSTOMER) == 0 ? "details" : "reply");
	desk_plan_wait(d, ticket, action->until, waiting);
	return STATUS_OK;
}

/* ---- merge and split ---- */

/* The ticket to merge into: asked for by the command line, or among what an agent's mail mentioned. */
static const struct ticket_facts *merge_target(const struct facts *facts, int64_t number)
{
	if (facts->other)
		return facts->other;
	for (size_t i = 0; i < facts->clues.count; i++)
		if (facts->clues.at[i].clue->kind == EVIDENCE_MENTION && facts->clues.at[i].clue->ticket == number)
			return facts->clues.at[i].ticket;
	return NULL;
}

/* The store lets in whoever takes part in what is merged: said, where that is somebody else. */
static void remark_new_readers(struct decision *d, const struct ticket_facts *ticket, const struct ticket_facts *into)
{
	struct readers readers;
	const char *names = "";
	desk_readers(d->arena, ticket, &readers);
	for (size_t i = 0; i < readers.count; i++)
		if (!desk_is_participant(into, readers.at[i].address) && !desk_has_left(into, readers.at[i].address))
			names = arena_printf(d->arena, "%s%s%s", names, *names ? ", " : "", readers.at[i].address);
	if (*names)
		desk_plan_remark(d, into->id, arena_printf(d->arena, "answers go to these, too, from now on: %s", names),
		                 arena_printf(d->arena, "they take part in ticket %lld", (long long)ticket->id));
}

static enum status do_merge(struct decision *d, struct ticket_facts *ticket, const struct action *action, struct error *error)
{
	const struct ticket_facts *into = merge_target(d->facts, action->until);
	if (!into)
		return desk_refuse(d, error, STATUS_NOT_FOUND, SAY_MERGE_NOWHERE, number_word(d, action->until), NULL, NULL);
	if (into->id == ticket->id)
		return desk_refuse(d, error, STATUS_BAD_INPUT, SAY_MERGE_ITSELF, number_word(d, ticket->id), NULL, NULL);
	struct effect *merge = desk_plan_add(d, EFFECT_MERGE, ticket->id);
	merge->number = into->id;
	struct effect *link = desk_plan_add(d, EFFECT_LINK, ticket->id);
	link->number = into->id;
	link->why = "merged";
	desk_plan_event(d, ticket, EVENT_CLOSE, "merged");
	desk_plan_remark(d, into->id, arena_printf(d->arena, "ticket %lld was merged into this one", (long long)ticket->id), "");
	remark_new_readers(d, ticket, into);
	return STATUS_OK;
}

/* Who asks in a ticket that is split off: the message's writer; where an agent of ours passed it on, whose request the first one is. */
static struct participant customer_of_split(const struct decision *d, const struct ticket_facts *ticket, const struct new_message *message)
{
	const struct desk_agent *agent = desk_agent_with_address(d->policy, message->from.address);
	if (agent || *message->agent)
		return (struct participant){ticket->customer.address, ticket->customer.name, ROLE_CUSTOMER, NULL};
	return (struct participant){message->from.address, message->from.name, ROLE_CUSTOMER, NULL};
}

/* What automatic mail he may be sent there: what held for him in the first ticket; else what his message showed of itself. */
static const char *voice_of_split(const struct ticket_facts *ticket, const struct new_message *message, const char *customer)
{
	if (text_equal_nocase(customer, ticket->customer.address))
		return ticket->voice ? ticket->voice : VOICE_FREE;
	if (message->kind != MESSAGE_REQUEST && message->kind != MESSAGE_REPLY)
		return "automatic mail";
	return message->proved && *message->proved ? VOICE_FREE : VOICE_NEUTRAL;
}

static enum status do_split(struct decision *d, struct ticket_facts *ticket, const struct action *action, struct error *error)
{
	const struct new_message *message = d->facts->message;
	if (!message || message->kind == MESSAGE_NOTE || message->kind == MESSAGE_SIDE_IN || message->out)
		return error_set(error, STATUS_NOT_FOUND, "ticket %lld has no message %lld that came from outside", (long long)ticket->id, (long long)action->until);
	if (message->kind != MESSAGE_REQUEST && message->kind != MESSAGE_REPLY && desk_agent_with_address(d->policy, message->from.address))
		return error_set(error, STATUS_REFUSED, "message %lld is what a program of %s wrote: it asks nothing of anybody", (long long)action->until, message->from.address);
	if (message->kind == MESSAGE_BOUNCE)
		return error_set(error, STATUS_REFUSED, "message %lld is a mail server's report: nobody waits for an answer to it", (long long)action->until);
	struct new_ticket *new = ARENA_NEW(d->arena, struct new_ticket);
	struct participant customer = customer_of_split(d, ticket, message);
	*new = (struct new_ticket){.state = STATE_NEW, .queue = ticket->queue, .agent = "", .priority = ticket->priority, .subject = ticket->subject,
	                           .language = ticket->language, .voice = voice_of_split(ticket, message, customer.address), .customer = customer};
	struct effect *effect = desk_plan_add(d, EFFECT_CREATE_TICKET, d->facts->next_ticket);
	effect->create = new;
	effect->why = arena_printf(d->arena, "split from ticket %lld", (long long)ticket->id);
	struct ticket_facts made = {.id = effect->ticket, .state = STATE_NEW, .queue = new->queue, .agent = "", .voice = new->voice, .next_seq = 1,
	                            .customer = customer};
	struct participant *person = ARENA_NEW(d->arena, struct participant);
	*person = customer;
	if (*customer.address)
		desk_plan_add(d, EFFECT_ADD_PARTICIPANT, made.id)->participant = person;
	struct new_message *copy = desk_plan_message(d, &made, message->kind == MESSAGE_REPLY ? MESSAGE_REQUEST : message->kind, false);
	int seq = copy->seq;
	*copy = *message;
	copy->seq = seq;
	copy->kind = message->kind == MESSAGE_REPLY ? MESSAGE_REQUEST : message->kind;
	copy->raw = false;
	copy->copy_ticket = ticket->id;
	copy->copy_seq = message->seq;
	struct effect *link = desk_plan_add(d, EFFECT_LINK, made.id);
	link->number = ticket->id;
	link->why = "split";
	desk_plan_remark(d, ticket->id, arena_printf(d->arena, "message %d was split off into ticket %lld", message->seq, (long long)made.id), "");
	made.subject = new->subject;
	made.language = new->language;
	made.priority = new->priority;
	desk_notice_to_agents(d, &made, "agent-new", seq, NULL, NULL);
	d->plan->ticket = made.id;
	return STATUS_OK;
}

static enum status do_words(struct decision *d, struct ticket_facts *ticket, const struct action *action, struct error *error)
{
	const struct desk_agent *agent = desk_agent_named(d->policy, action->who);
	if (!agent && action->kind == ACTION_NOTE)
		return error_set(error, STATUS_NOT_FOUND, "there is no agent \"%s\" in the configuration", action->who);
	if (!*action->text)
		return error_set(error, STATUS_BAD_INPUT, "no text: give it on standard input");
	if (action->kind == ACTION_REPLY) {
		if (!mail_address_usable(ticket->customer.address))
			return error_set(error, STATUS_BAD_INPUT, "the customer of ticket %lld has no usable address", (long long)ticket->id);
		desk_agent_reply(d, ticket, agent, action->text, false, "reply");
		return STATUS_OK;
	}
	struct new_message *message = desk_plan_message(d, ticket, MESSAGE_NOTE, false);
	message->text = action->text;
	message->agent = agent->name;
	message->from = (struct mail_address){agent->email, agent->display};
	desk_plan_event(d, ticket, EVENT_AGENT_NOTE, NULL);
	return STATUS_OK;
}

enum status desk_do_action(struct decision *d, struct ticket_facts *ticket, const struct action *action, struct error *error)
{
	switch (action->kind) {
	case ACTION_REPLY: case ACTION_NOTE: return do_words(d, ticket, action, error);
	case ACTION_ASSIGN:   return do_assign(d, ticket, action, error);
	case ACTION_QUEUE:    return do_queue(d, ticket, action, error);
	case ACTION_SET_FIELD: return do_field(d, ticket, action, error);
	case ACTION_TAG:      return do_tag(d, ticket, action, error);
	case ACTION_UNTAG:    return do_untag(d, ticket, action, error);
	case ACTION_CC:       return desk_admit(d, ticket, action, error);
	case ACTION_UNCC:     return desk_dismiss(d, ticket, action, error);
	case ACTION_PEND:     return do_pend(d, ticket, action, error);
	case ACTION_RESOLVE:  return do_state(d, ticket, action, EVENT_RESOLVE, "resolved", "resolved", error);
	case ACTION_CLOSE:    return do_state(d, ticket, action, EVENT_CLOSE, "closed", "closed", error);
	case ACTION_REOPEN:   return do_state(d, ticket, action, EVENT_REOPEN, "reopened", "reopened", error);
	case ACTION_SPAM:     return desk_mark_spam(d, ticket, action, error);
	case ACTION_MERGE:    return do_merge(d, ticket, action, error);
	case ACTION_SPLIT:    return do_split(d, ticket, action, error);
	case ACTION_WATCH:    return do_watch(d, ticket, action, true, error);
	case ACTION_UNWATCH:  return do_watch(d, ticket, action, false, error);
	case ACTION_ASK:      return desk_ask(d, ticket, desk_agent_named(d->policy, action->who), action->argument, action->subject, action->text, action->raw, error);
	case ACTION_LANGUAGE: return do_language(d, ticket, action, error);
	default:              break;
	}
	return error_set(error, STATUS_USAGE, "that is nothing one can do to a ticket");
}

/* An agent starts the conversation; raw: by a mail, whose files go along. */
enum status desk_begin(struct decision *d, const struct action *action, bool raw, struct ticket_facts **ticket, struct error *error)
{
	const struct desk_agent *agent = desk_agent_named(d->policy, action->who);
	const struct desk_queue *queue = desk_queue_named(d->policy, action->argument);
	if (!agent || !queue)
		return error_set(error, STATUS_NOT_FOUND, "there is no %s \"%s\" in the configuration", agent ? "queue" : "agent",
		                 agent ? action->argument : action->who);
	if (!mail_address_usable(action->to))
		return desk_refuse(d, error, STATUS_BAD_INPUT, SAY_UNUSABLE, action->to, NULL, NULL);
	if (desk_address_is_ours(d->policy, action->to))
		return desk_refuse(d, error, STATUS_BAD_INPUT, SAY_COMES_BACK, action->to, NULL, NULL);
	if (!*action->text)
		return error_set(error, STATUS_BAD_INPUT, "no text: give it on standard input");
	struct new_ticket *new = ARENA_NEW(d->arena, struct new_ticket);
	*new = (struct new_ticket){.state = STATE_NEW, .queue = queue->name, .agent = "", .priority = "normal", .language = "",
	                           .subject = *action->subject ? action->subject : "(no subject)", .customer = {action->to, action->to_name ? action->to_name : "", ROLE_CUSTOMER, NULL}};
	struct effect *effect = desk_plan_add(d, EFFECT_CREATE_TICKET, d->facts->next_ticket);
	effect->create = new;
	struct ticket_facts *made = *ticket = ARENA_NEW(d->arena, struct ticket_facts);
	*made = (struct ticket_facts){.id = effect->ticket, .state = STATE_NEW, .queue = queue->name, .agent = "", .priority = "normal",
	                              .subject = new->subject, .language = "", .customer = new->customer, .next_seq = 1,
	                              .last_customer_message_id = ""};
	struct participant *person = ARENA_NEW(d->arena, struct participant);
	*person = new->customer;
	desk_plan_add(d, EFFECT_ADD_PARTICIPANT, made->id)->participant = person;
	desk_agent_reply(d, made, agent, action->text, raw, "opened");
	d->plan->ticket = made->id;
	return STATUS_OK;
}

/* What a merge did, asked for again. */
static bool is_so_already(const struct facts *facts, const struct action *action)
{
	int64_t into = facts->ticket->merged_into;
	bool same = action->kind == ACTION_MERGE && (action->until == into || (facts->other && facts->other->id == into));
	return into && !*action->text && (same || action->kind == ACTION_CLOSE);
}

enum status desk_decide_action(const struct desk_policy *policy, const struct action *action, const struct facts *facts,
                               struct plan *plan, struct error *error)
{
	struct decision d = {policy, facts, plan, plan->arena, action->trace, facts->next_outbox, NULL, 0, NULL};
	plan->who = action->who;
	struct ticket_facts *made;
	if (action->kind == ACTION_NEW)
		return desk_begin(&d, action, false, &made, error);
	if (!facts->ticket)
		return error_set(error, STATUS_NOT_FOUND, "there is no such ticket");
	plan->ticket = facts->ticket->id;
	if (is_so_already(facts, action))
		return STATUS_OK;
	if (facts->ticket->merged_into && action->kind != ACTION_REOPEN)
		return error_set(error, STATUS_BAD_INPUT, "ticket %lld was merged into %lld: act on that one, or reopen this one to undo the merge",
		                 (long long)facts->ticket->id, (long long)facts->ticket->merged_into);
	struct ticket_facts *ticket = desk_copy_ticket(plan->arena, facts->ticket);
	enum status status = desk_do_action(&d, ticket, action, error);
	if (status != STATUS_OK)
		plan->count = 0;
	else if (!desk_is_unseen(facts->ticket))
		desk_tell_colleagues(&d, facts->ticket, ticket, action->who, 0);
	return status;
}

void desk_decide_undeliverable(const struct desk_policy *policy, const struct outgoing *outgoing, const char *recipient,
                               const char *reply, const struct facts *facts, struct plan *plan)
{
	struct decision d = {policy, facts, plan, plan->arena, outgoing->trace, facts->next_outbox, NULL, 0, NULL};
	if (!plan->who)
		plan->who = "desk";
	struct effect *effect = desk_plan_add(&d, EFFECT_MAIL_BOUNCED, outgoing->ticket);
	effect->number = outgoing->id;
	effect->to = recipient;
	effect->why = reply;
	if (!facts->ticket)
		return;
	plan->ticket = facts->ticket->id;
	desk_plan_remark(&d, outgoing->ticket, arena_printf(plan->arena, "mail to %s could not be delivered", recipient), reply);
	if (outgoing->to_agent) {                /* its sender is told nothing; it goes to others, once to each */
		desk_pass_on(&d, desk_copy_ticket(plan->arena, facts->ticket), outgoing->template, outgoing->agent, outgoing->about_seq, outgoing->variables);
		return;
	}
	CLEANUP_BUFFER struct buffer variables;
	buffer_init(&variables);
	record_add(&variables, "recipient", recipient);
	record_add(&variables, "reply", reply);
	struct ticket_facts *ticket = desk_copy_ticket(plan->arena, facts->ticket);
	if (!facts->ticket->merged_into)
		desk_held_mail_failed(&d, ticket, outgoing->template);
	desk_notice_to_agents(&d, ticket, "agent-undeliverable", outgoing->about_seq, NULL, arena_string(plan->arena, buffer_string(&variables)));
}
