/*
 * desk_colleagues.c - what agents are to know of each other: what a colleague did, and what a colleague's dead mailbox did not take.
 *
 * What a colleague does is told to the ticket's agent, while nobody had it to those who were told of it, and to who watches it; never to who did
 * it. One mail or command is one notice, whatever it did; and of one ticket an agent has one such notice a minute: what else happens meanwhile is
 * told in one when the minute is over.
 */
#include <stdlib.h>
#include <string.h>

#include "desk_private.h"

/* The words that the agent left, and whether they went out. 0: none. */
static int words_of(const struct decision *d, const struct ticket_facts *ticket, size_t from, bool *answer)
{
	for (size_t i = d->plan->count; i > from; i--) {
		const struct effect *effect = &d->plan->at[i - 1];
		const struct new_message *message = effect->kind == EFFECT_APPEND_MESSAGE && effect->ticket == ticket->id ? effect->message : NULL;
		if (!message || (message->kind != MESSAGE_REPLY && message->kind != MESSAGE_NOTE) || strcmp(message->flags, FLAGS_COMMANDS) == 0)
			continue;
		*answer = message->kind == MESSAGE_REPLY;
		return message->seq;
	}
	return 0;
}

/* ---- at most one a minute ---- */

#define QUIET_MS (60 * 1000)

/* "colleagues bob 12 open eva". */
static const char *timer_of(struct decision *d, const struct ticket_facts *ticket, const struct desk_agent *agent)
{
	return arena_printf(d->arena, TIMER_COLLEAGUES "%s %d %s %s", agent->name, ticket->next_seq - 1, desk_ticket_state_name(ticket->state), ticket->agent);
}

static bool heard_just_now(const struct ticket_facts *ticket, const struct desk_agent *agent)
{
	size_t length = strlen(agent->name);
	for (size_t i = 0; i < ticket->told.count; i++) {
		const char *name = ticket->told.at[i] + strlen(TIMER_COLLEAGUES);
		if (strncmp(name, agent->name, length) == 0 && name[length] == ' ')
			return true;
	}
	return false;
}

/* ---- telling ---- */

struct news { const char *actor, *assigned, *name; int seq; bool answered, noted, closed, taken; };

static bool tell(struct decision *d, const struct ticket_facts *ticket, const struct desk_agent *agent, const struct news *news)
{
	CLEANUP_BUFFER struct buffer out;
	buffer_init(&out);
	if (!agent || text_equal_nocase(agent->name, news->actor) || text_equal_nocase(agent->name, news->assigned)
	    || !(news->answered || news->noted || news->closed || news->taken))
		return false;
	if (heard_just_now(ticket, agent))
		return true;                     /* the timer tells */
	record_add(&out, "colleague", news->name);
	if (news->answered)
		record_add(&out, "answered", "yes");
	if (news->noted)
		record_add(&out, "noted", "yes");
	if (news->closed)
		record_add(&out, "closed", "yes");
	if (news->taken)
		record_add(&out, "taken", "yes");
	if (desk_notice_to_agent(d, ticket, agent, "agent-colleague", news->seq, arena_string(d->arena, buffer_string(&out))))
		desk_plan_timer(d, ticket, timer_of(d, ticket, agent), QUIET_MS);
	return true;
}

static bool hears(const struct desk_queue *queue, const char *what)
{
	return !queue->colleagues.count || strings_have(&queue->colleagues, what);
}

/* What the queue wants told; watchers hear of all. */
static struct news wanted(const struct desk_queue *queue, const struct news *all)
{
	struct news some = *all;
	some.answered &= hears(queue, "answered");
	some.noted &= hears(queue, "note");
	some.closed &= hears(queue, "closed");
	some.taken &= hears(queue, "taken") && !some.noted && !some.closed;
	return some;
}

/* To the agent of the ticket; while nobody had it, to those who were told of it; and to who watches it. */
static void tell_all(struct decision *d, const struct ticket_facts *ticket, const struct desk_agent *owner, const struct news *all)
{
	const struct desk_queue *queue = desk_queue_of(d, ticket);
	struct news some = wanted(queue, all);
	struct strings done = {0};
	if (owner && tell(d, ticket, owner, &some))
		strings_add(d->arena, &done, owner->name);
	for (size_t i = 0; !owner && i < queue->agents.count; i++)
		if (tell(d, ticket, desk_agent_named(d->policy, queue->agents.at[i]), &some))
			strings_add(d->arena, &done, queue->agents.at[i]);
	for (size_t i = 0; i < ticket->watchers.count; i++)
		if (!strings_have(&done, ticket->watchers.at[i]))
			tell(d, ticket, desk_agent_named(d->policy, ticket->watchers.at[i]), all);
}

static const char *display_of(const struct decision *d, const char *name)
{
	const struct desk_agent *agent = desk_agent_named(d->policy, name);
	return agent ? agent->display : d->policy->name;
}

static bool is_over(const struct ticket_facts *ticket)
{
	return (ticket->state == STATE_CLOSED || ticket->state == STATE_RESOLVED) && !ticket->merged_into;
}

void desk_tell_colleagues(struct decision *d, const struct ticket_facts *before, const struct ticket_facts *ticket, const char *actor, size_t from)
{
	bool answer = false, taken = strcmp(before->agent, ticket->agent) != 0 && *ticket->agent;
	int seq = words_of(d, ticket, from, &answer);
	struct news news = {.actor = actor, .seq = seq, .answered = seq && answer, .noted = seq && !answer,
	                    .closed = ticket->state != before->state && is_over(ticket), .taken = taken && !answer};
	/* Who was just given it has a notice of his own, with all of it. */
	news.assigned = news.taken ? ticket->agent : "";
	news.name = display_of(d, news.taken && !news.noted && !news.closed ? ticket->agent : actor);
	tell_all(d, ticket, desk_agent_named(d->policy, before->agent), &news);
}

/* ---- when the minute is over ---- */

int desk_told_until(const char *timer)
{
	const char *name = strncmp(timer, TIMER_COLLEAGUES, strlen(TIMER_COLLEAGUES)) == 0 ? timer + strlen(TIMER_COLLEAGUES) : NULL;
	return name ? atoi(name + strcspn(name, " ")) : -1;
}

static bool is_word(const char *word, size_t length, const char *text)
{
	return strlen(text) == length && strncmp(word, text, length) == 0;
}

void desk_tell_what_happened_since(struct decision *d, const struct ticket_facts *ticket, const char *timer)
{
	const char *name = timer + strlen(TIMER_COLLEAGUES), *number = name + strcspn(name, " ");
	const char *state = number + (*number != 0) + strcspn(number + (*number != 0), " "), *agent = state + (*state != 0) + strcspn(state + (*state != 0), " ");
	const struct desk_agent *reader = desk_agent_named(d->policy, arena_copy(d->arena, name, (size_t)(number - name)));
	const char *closed_by = d->facts->closed_by ? d->facts->closed_by : "", *taken_by = d->facts->taken_by ? d->facts->taken_by : "";
	const struct later_words *words = NULL;
	bool watches = reader && strings_have(&ticket->watchers, reader->name), nobody_had_it = !*agent || !agent[1];
	if (!reader || !*state || ticket->merged_into || !(watches || nobody_had_it || text_equal_nocase(ticket->agent, reader->name)))
		return;
	for (size_t i = 0; i < d->facts->later.count && !words; i++)
		if (!text_equal_nocase(d->facts->later.at[i].agent, reader->name))
			words = &d->facts->later.at[i];
	struct news news = {.actor = "", .assigned = ticket->agent, .seq = words ? words->seq : 0, .answered = words && words->answer,
	                    .noted = words && !words->answer};
	news.closed = is_over(ticket) && !is_word(state + 1, (size_t)(agent - state - 1), desk_ticket_state_name(ticket->state)) && !text_equal_nocase(closed_by, reader->name);
	news.taken = *ticket->agent && strcmp(*agent ? agent + 1 : "", ticket->agent) != 0 && !text_equal_nocase(taken_by, reader->name) && !news.answered;
	if (!news.taken)
		news.assigned = "";
	news.name = display_of(d, words ? words->agent : news.closed ? closed_by : ticket->agent);
	if (!watches)
		news = wanted(desk_queue_of(d, ticket), &news);
	tell(d, ticket, reader, &news);
}

/* ---- a mailbox that takes nothing ---- */

static bool is_named(const char *list, const char *name)
{
	size_t length = strlen(name);
	for (const char *at = list; (at = strstr(at, name)); at += length)
		if ((at == list || at[-1] == ' ') && (!at[length] || at[length] == ','))
			return true;
	return false;
}

/* To all of the queue whose mailboxes were not tried yet. False: there are none. */
static bool pass_to(struct decision *d, const struct ticket_facts *ticket, const struct desk_queue *queue, const char *template, int about_seq,
                    const char *tried, const char *variables)
{
	bool any = false;
	for (size_t i = 0; i < queue->agents.count; i++) {
		const struct desk_agent *agent = desk_agent_named(d->policy, queue->agents.at[i]);
		if (!agent || is_named(tried, agent->name) || !mail_address_usable(agent->email))
			continue;
		any |= desk_notice_to_agent(d, ticket, agent, template, about_seq, variables);
	}
	return any;
}

void desk_pass_on(struct decision *d, const struct ticket_facts *ticket, const char *template, const char *agent, int about_seq, const char *variables)
{
	CLEANUP_BUFFER struct buffer out;
	const char *before = record_get(d->arena, variables, "instead_of"), *at = variables, *key, *value;
	const char *tried = before ? arena_printf(d->arena, "%s, %s", before, agent) : agent;
	buffer_init(&out);
	record_add(&out, "instead_of", tried);
	while (record_next(d->arena, &at, &key, &value))         /* what is the reader's own is made anew */
		if (strcmp(key, "instead_of") != 0 && strcmp(key, "note_address") != 0 && strcmp(key, "readers") != 0 && strcmp(key, "fields") != 0 && strcmp(key, "proposed") != 0 && strcmp(key, "filter") != 0)
			record_add(&out, key, value);
	const char *all = arena_string(d->arena, buffer_string(&out));
	const struct desk_queue *queue = desk_queue_of(d, ticket), *first = &d->policy->queues.at[0];
	/* What one agent asked for may tell of tickets that no colleague of his works on. */
	if (desk_notice_is(template, NOTICE_OF_NO_TICKET | NOTICE_ANSWERS_COMMANDS) || is_named(before ? before : "", agent))
		return;
	if (!pass_to(d, ticket, queue, template, about_seq, tried, all) && queue != first)
		pass_to(d, ticket, first, template, about_seq, tried, all);
}
