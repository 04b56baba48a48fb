/*
 * desk_plan_print.c - a plan as a person reads it, a line an effect. The lines are a face: `explain`, the log and the golden tests show them.
 */
#include <string.h>

#include "desk_private.h"

static const char *because(struct arena *arena, const struct effect *effect)
{
	return effect->why && *effect->why ? arena_printf(arena, " (%s)", effect->why) : "";
}

static const char *print_create(struct arena *arena, const struct effect *effect)
{
	const struct new_ticket *new = effect->create;
	bool vip = new->vip && *new->vip, organisation = new->organisation && *new->organisation, level = new->level && *new->level;
	const char *standing = arena_printf(arena, "%s%s%s%s%s", vip ? ", VIP" : "", organisation ? ", organisation " : "", organisation ? new->organisation : "",
	                                    level ? ", level " : "", level ? new->level : "");
	return arena_printf(arena, "create ticket %lld, %s, in queue %s for %s%s%s%s%s", (long long)effect->ticket,
	                    desk_ticket_state_name(new->state), new->queue, *new->customer.address ? new->customer.address : "nobody",
	                    *new->agent ? ", agent " : "", new->agent, standing, because(arena, effect));
}

static const char *print_message(struct arena *arena, const struct effect *effect)
{
	const struct new_message *message = effect->message;
	return arena_printf(arena, "append message %d (%s, %s) to ticket %lld%s%s%s", message->seq, desk_message_kind_name(message->kind),
	                    message->out ? "out" : "in", (long long)effect->ticket, *message->flags ? ": " : "", message->flags,
	                    because(arena, effect));
}

static const char *print_enqueue(struct arena *arena, const struct effect *effect)
{
	const struct outgoing *outgoing = effect->outgoing;
	const char *to = outgoing->to.count ? outgoing->to.at[0].address : "";
	for (size_t i = 1; i < outgoing->to.count; i++)
		to = arena_printf(arena, "%s, %s", to, outgoing->to.at[i].address);
	for (size_t i = 0; i < outgoing->cc.count; i++)
		to = arena_printf(arena, "%s, %s", to, outgoing->cc.at[i].address);
	return arena_printf(arena, "enqueue mail to %s: %s", to, outgoing->template);
}

static const char *print_change(struct arena *arena, const struct effect *effect)
{
	const char *empty = effect->kind == EFFECT_SET_FIELD ? "none" : "nobody";
	return arena_printf(arena, "%s of ticket %lld: %s -> %s%s", desk_field_changed(effect)->name, (long long)effect->ticket,
	                    *effect->from ? effect->from : empty, *effect->to ? effect->to : empty, because(arena, effect));
}

static const char *print_asked(struct arena *arena, const struct effect *effect)
{
	const struct suggestion *suggestion = effect->suggestion;
	const char *list = "";
	if (suggestion->shown == SUGGESTION_NOTHING)
		return arena_printf(arena, "remember that no article was good enough for ticket %lld", (long long)effect->ticket);
	for (size_t i = 0; i < suggestion->articles.count; i++)
		list = arena_printf(arena, "%s%s%s", list, i ? ", " : "", suggestion->articles.at[i].id);
	if (suggestion->shown == SUGGESTION_HELD)
		return arena_printf(arena, "hold for KB answer: %s", list);
	return arena_printf(arena, "remember what was suggested for ticket %lld: %s", (long long)effect->ticket, list);
}

static const char *print_effect(struct arena *arena, const struct effect *effect)
{
	long long ticket = (long long)effect->ticket, number = (long long)effect->number;
	switch (effect->kind) {
	case EFFECT_CREATE_TICKET:   return print_create(arena, effect);
	case EFFECT_APPEND_MESSAGE:  return print_message(arena, effect);
	case EFFECT_ENQUEUE:         return print_enqueue(arena, effect);
	case EFFECT_SET_STATE: case EFFECT_SET_QUEUE: case EFFECT_SET_AGENT: case EFFECT_SET_FIELD: case EFFECT_SET_LANGUAGE:
		return print_change(arena, effect);
	case EFFECT_REMOVE_TAG:      return arena_printf(arena, "untag ticket %lld %s%s", ticket, effect->to, because(arena, effect));
	case EFFECT_ADD_TAG:         return arena_printf(arena, "tag ticket %lld %s%s", ticket, effect->to, because(arena, effect));
	case EFFECT_WATCH:           return arena_printf(arena, "%s watches ticket %lld%s", effect->to, ticket, because(arena, effect));
	case EFFECT_UNWATCH:         return arena_printf(arena, "%s no longer watches ticket %lld%s", effect->to, ticket, because(arena, effect));
	case EFFECT_SIDE:            return arena_printf(arena, "begin side conversation %lld of ticket %lld with %s", number, ticket, effect->to);
	case EFFECT_SET_PENDING:     return arena_printf(arena, "ticket %lld waits until %s%s%s", ticket, time_rfc3339(arena, effect->number),
	                                                 effect->to && *effect->to ? " for " : "", effect->to ? effect->to : "");
	case EFFECT_LINK:            return arena_printf(arena, "link ticket %lld with %lld%s", ticket, number, because(arena, effect));
	case EFFECT_MERGE:
		if (!effect->number)
			return arena_printf(arena, "undo the merge of ticket %lld", ticket);
		return arena_printf(arena, "merge ticket %lld into %lld%s", ticket, number, because(arena, effect));
	case EFFECT_ADD_PARTICIPANT: return arena_printf(arena, "add %s to ticket %lld as %s%s", effect->participant->address, ticket,
	                                                 desk_participant_role_name(effect->participant->role), because(arena, effect));
	case EFFECT_REMOVE_PARTICIPANT: return arena_printf(arena, "remove %s from ticket %lld%s", effect->to, ticket, because(arena, effect));
	case EFFECT_ANSWER_TO:       return arena_printf(arena, "answers to %s on ticket %lld go to %s%s", effect->from, ticket, effect->to, because(arena, effect));
	case EFFECT_SET_TIMER:       return arena_printf(arena, "timer %s of ticket %lld at %s", effect->to, ticket, time_rfc3339(arena, effect->number));
	case EFFECT_CLEAR_TIMERS:    return arena_printf(arena, "clear timers of ticket %lld", ticket);
	case EFFECT_RATE:            return arena_printf(arena, "ticket %lld is rated %lld of 5%s%s", ticket, number, *effect->to ? ": " : "", effect->to);
	case EFFECT_ROUTED:          return arena_printf(arena, "remember that the model routed ticket %lld to %s, %lld.%02lld %% sure", ticket, effect->to,
	                                                 number / 100, number % 100);
	case EFFECT_SUGGESTION:           return print_asked(arena, effect);
	case EFFECT_OUTCOME:            return arena_printf(arena, "remember that what was suggested for ticket %lld is %s%s%s", ticket, effect->to,
	                                                    *effect->from ? ": " : "", effect->from);
	case EFFECT_LEARNED:         return arena_printf(arena, "remember that the model gave ticket %lld %s %s, %lld.%02lld %% sure", ticket, effect->from,
	                                                 effect->to, number / 100, number % 100);
	case EFFECT_SET_VOICE:       return arena_printf(arena, "automatic mail to the customer of ticket %lld: %s", ticket,
	                                                 !*effect->to ? "any" : strcmp(effect->to, VOICE_NEUTRAL) == 0 ? "such as repeats nothing" : "none");
	case EFFECT_WARNED:          return arena_printf(arena, "ticket %lld: %s is told of its promise, %s", ticket, effect->to, effect->from);
	case EFFECT_REMARK:          return arena_printf(arena, "note in the history of ticket %lld: %s%s", ticket, effect->to, because(arena, effect));
	case EFFECT_MAIL_BOUNCED:    return arena_printf(arena, "outgoing mail %lld did not reach %s%s", number, effect->to, because(arena, effect));
	case EFFECT_PROVE_ADDRESS: return arena_printf(arena, "know that %s is who it says", effect->to);
	case EFFECT_MAIL_ARRIVES:    return arena_printf(arena, "know that mail to %s arrives again", effect->to);
	case EFFECT_COUNT_ACKNOWLEDGEMENT: return arena_printf(arena, "count an acknowledgement to %s", effect->to);
	case EFFECT_COUNT_ASKED:     return arena_printf(arena, "count %lld answers to unproved commands of %s", number, effect->to);
	case EFFECT_SPAM:
		return !*effect->to ? arena_printf(arena, "ticket %lld is spam", ticket)
		     : arena_printf(arena, effect->number ? "mails of %s are kept, and told to nobody%s" : "mails of %s are told again%s", effect->to,
		                    effect->number == SPAM_UNLESS_PROVED ? ", unless they prove their sender" : "");
	case EFFECT_AWAY:
		return !effect->number ? arena_printf(arena, "%s is back", effect->to)
		     : arena_printf(arena, "%s is away%s%s", effect->to, effect->number == AWAY_OPEN ? "" : " until ", effect->number == AWAY_OPEN ? "" : time_rfc3339(arena, effect->number));
	case EFFECT_DISPOSITION:     return arena_printf(arena, "disposition: %s%s", effect->to, because(arena, effect));
	}
	return "";
}

void desk_plan_print(const struct plan *plan, struct strings *lines)
{
	for (size_t i = 0; i < plan->count; i++)
		strings_add(plan->arena, lines, print_effect(plan->arena, &plan->at[i]));
}
