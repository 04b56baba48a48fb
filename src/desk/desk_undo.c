/*
 * desk_undo.c - /undo: what an agent's last mail changed on a ticket is changed back.
 *
 * Read off the history: all rows of one moment by the agent are one mail. Only within an hour, and only if nobody has acted since: whoever did saw
 * the ticket as it is. Words that went out stay out. What an earlier /undo did is not undone again.
 */
#include <string.h>

#include "desk_private.h"

#define WHY_UNDONE "taken back"

/* Where the agent's last mail begins and ends among the changes, which are newest first. NULL, or why nothing is undone. */
static const char *last_mail(struct decision *d, const struct ticket_facts *ticket, const char *agent, size_t *begin, size_t *end)
{
	const char *number = arena_printf(d->arena, "%lld", (long long)ticket->id), *language = d->language ? d->language : "en";
	size_t at = 0, count = ticket->past.changes.count;
	const struct past_change *changes = ticket->past.changes.at;
	for (; at < count && !text_equal_nocase(changes[at].who, agent); at++)
		if (changes[at].what != PAST_OTHER)
			return desk_sentence(d->arena, language, SAY_ACTED_SINCE, changes[at].who, number, NULL);
	*begin = at;
	while (at < count && text_equal_nocase(changes[at].who, agent) && changes[at].at == changes[*begin].at)
		at++;
	*end = at;
	bool undone = false;
	for (size_t i = *begin; i < *end; i++)
		undone |= changes[i].why && strcmp(changes[i].why, WHY_UNDONE) == 0;
	if (*begin == *end || undone || d->facts->now - changes[*begin].at > HOUR_MS)
		return desk_sentence(d->arena, language, SAY_NO_UNDO, number, NULL, NULL);
	return NULL;
}

static bool has(const struct ticket_facts *ticket, size_t begin, size_t end, int what)
{
	for (size_t i = begin; i < end; i++)
		if ((int)ticket->past.changes.at[i].what == what)
			return true;
	return false;
}

static void undo_effect(struct decision *d, const struct ticket_facts *ticket, enum effect_kind kind, const char *to)
{
	struct effect *effect = desk_plan_add(d, kind, ticket->id);
	effect->to = to;
	effect->why = WHY_UNDONE;
}

static void undo_tag(struct decision *d, struct ticket_facts *ticket, const char *tag, bool add)
{
	struct strings left = {0};
	for (size_t i = 0; i < ticket->tags.count; i++)
		if (strcmp(ticket->tags.at[i], tag) != 0)
			strings_add(d->arena, &left, ticket->tags.at[i]);
	if (add)
		strings_add(d->arena, &left, tag);
	ticket->tags = left;
	undo_effect(d, ticket, add ? EFFECT_ADD_TAG : EFFECT_REMOVE_TAG, tag);
}

static void undo_state(struct decision *d, struct ticket_facts *ticket, const struct past_change *change)
{
	enum ticket_state was, now;
	if (!desk_ticket_state_parse(change->was, &was) || !desk_ticket_state_parse(change->now, &now) || now != ticket->state)
		return;
	if (ticket->state == STATE_PENDING)
		desk_plan_add(d, EFFECT_CLEAR_TIMERS, ticket->id);
	desk_plan_set_state(d, ticket, was, WHY_UNDONE);
}

/* What is done about it in words, as a command would be written; NULL: nothing, it is none that is taken back. */
static const char *undo_one(struct decision *d, struct ticket_facts *ticket, const struct past_change *change, struct error *error)
{
	struct action person = {.who = ticket->agent, .argument = change->now};
	switch (change->what) {
	case PAST_AGENT: desk_plan_set_agent(d, ticket, change->was, WHY_UNDONE); return "/assign";
	case PAST_QUEUE: desk_plan_set_queue(d, ticket, change->was, WHY_UNDONE); return "/queue";
	case PAST_TAG: undo_tag(d, ticket, change->now, false); return "/tag";
	case PAST_UNTAG: undo_tag(d, ticket, change->now, true); return "/untag";
	case PAST_FIELD: desk_plan_set_field(d, ticket, desk_field_simple(change->field), change->was, WHY_UNDONE);
		return arena_printf(d->arena, "/%s", desk_field_simple(change->field)->name);
	case PAST_CC: return desk_dismiss(d, ticket, &person, error) == STATUS_OK ? "/cc" : NULL;
	case PAST_UNCC: return desk_admit(d, ticket, &person, error) == STATUS_OK ? "/uncc" : NULL;
	case PAST_WATCH: undo_effect(d, ticket, EFFECT_UNWATCH, change->now); return "/watch";
	case PAST_UNWATCH: undo_effect(d, ticket, EFFECT_WATCH, change->now); return "/unwatch";
	case PAST_PENDING: return "/pending";
	default: return NULL;
	}
}

static bool is_named(const char *list, const char *word)
{
	const char *at = strstr(list, word);
	return at && (!at[strlen(word)] || at[strlen(word)] == ',');
}

enum status desk_undo(struct decision *d, struct ticket_facts *ticket, struct action *action, struct error *error)
{
	size_t begin = 0, end = 0;
	const char *problem = last_mail(d, ticket, action->who, &begin, &end), *undone = "";
	if (problem)
		return error_set(error, STATUS_REFUSED, "%s", problem);
	bool pending = has(ticket, begin, end, PAST_PENDING), answered = has(ticket, begin, end, PAST_REPLY), assigned = has(ticket, begin, end, PAST_AGENT);
	for (size_t i = begin; i < end; i++) {
		const struct past_change *change = &ticket->past.changes.at[i];
		if (change->what == PAST_STATE && (pending || (assigned && !answered)))
			undo_state(d, ticket, change);
		const char *word = undo_one(d, ticket, change, error);
		if (word && !is_named(undone, word))
			undone = arena_printf(d->arena, "%s%s%s", undone, *undone ? ", " : "", word);
	}
	if (!*undone)
		return error_set(error, STATUS_REFUSED, "%s", desk_sentence(d->arena, d->language ? d->language : "en", SAY_NO_UNDO,
		                 arena_printf(d->arena, "%lld", (long long)ticket->id), NULL, NULL));
	action->undone = undone;
	return STATUS_OK;
}
