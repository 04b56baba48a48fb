/*
 * gateway_model.c - asks what was learned about one delivery, where the rules left the queue open.
 *
 * Only a person's mail to the triage queue's own address is asked about; what joins a ticket keeps that ticket's queue whatever is said
 * here, since the desk decides that. Never against a rule: one that named a queue, an agent who does not work in the guessed
 * one, or rules that could not be run, leave the mail where it is, with a hint. Pure computation, a fraction of a millisecond.
 */
#include <string.h>

#include "gateway.h"

#define LEAST_SHARE 0.05                         /* of belief: less is no hint */

static bool may_ask(const struct desk_policy *policy, const struct incoming *incoming, const struct verdict *verdict)
{
	enum mail_kind kind = incoming->mail->kind;
	if (incoming->address.class != ADDRESS_QUEUE || strcmp(incoming->address.queue->name, policy->queues.at[0].name) != 0)
		return false;
	if (kind != MAIL_REQUEST && kind != MAIL_REPLY)
		return false;
	return !verdict || (!verdict->queue && !verdict->reject && !verdict->discard && !verdict->redirects.count);
}

/* A queue that was learned and that the configuration still has. Triage is never a guess. */
static const struct desk_queue *guessed_queue(const struct desk_policy *policy, const char *label)
{
	const struct desk_queue *queue = desk_queue_named(policy, label);
	return queue == &policy->queues.at[0] ? NULL : queue;
}

static bool goes_with(const struct desk_queue *queue, const struct verdict *verdict)
{
	return !verdict || (!verdict->trouble && (!verdict->agent || strings_have(&queue->agents, verdict->agent)));
}

static const char *words_of(struct arena *arena, const struct learn_guess *guess)
{
	const char *words = NULL;
	for (size_t i = 0; i < guess->reason_count; i++)
		words = arena_printf(arena, "%s%s%s", words ? words : "", words ? ", " : "", guess->reasons[i].word);
	return words;
}

static void add_hint(struct arena *arena, const struct desk_policy *policy, const struct learn_guess *guess, struct verdict *verdict)
{
	for (size_t i = 0; i < guess->best_count; i++) {
		const struct desk_queue *queue = guessed_queue(policy, guess->best[i].label);
		if (!queue || guess->best[i].share < LEAST_SHARE)
			continue;
		if (!verdict->hint)
			verdict->hint_queue = queue->name;
		verdict->hint = arena_printf(arena, "%s%s%s %.0f %%", verdict->hint ? verdict->hint : "", verdict->hint ? ", " : "", queue->name,
		                             guess->best[i].share * 100);
	}
}

/* The rules' reasons belong to them: the model's goes behind a copy. */
static void add_reason(struct arena *arena, struct verdict *verdict, const char *what, const char *detail)
{
	size_t count = verdict->because.count;
	struct verdict_reason *reasons = ARENA_ARRAY(arena, struct verdict_reason, count + 1);
	if (count)
		memcpy(reasons, verdict->because.at, count * sizeof *reasons);
	reasons[count] = (struct verdict_reason){"model", what, detail};
	verdict->because.at = reasons;
	verdict->because.count = count + 1;
}

const struct verdict *gateway_ask_model(const struct learned *learned, const struct desk_policy *policy, const struct incoming *incoming,
                                        const struct verdict *verdict, struct arena *arena)
{
	if (!learned || !may_ask(policy, incoming, verdict))
		return verdict;
	const struct mail *mail = incoming->mail;
	struct verdict *asked = ARENA_NEW(arena, struct verdict);
	struct learn_guess guess;
	learn_predict(learned->model, arena, learn_text_of(arena, mail->subject, *mail->reply_text ? mail->reply_text : mail->text),
	              LEARN_REASONS_IF_ROUTED, &guess);
	if (verdict)
		*asked = *verdict;
	asked->confidence = guess.confidence;
	const struct desk_queue *queue = guessed_queue(policy, guess.label);
	if (guess.routed && queue && !learned->stopped && goes_with(queue, verdict)) {
		asked->queue = queue->name;
		asked->by_model = true;
		add_reason(arena, asked, queue->name, words_of(arena, &guess));
	} else if (guess.confidence > 0) {
		add_hint(arena, policy, &guess, asked);
		if (asked->hint)
			add_reason(arena, asked, "hint", asked->hint);
	}
	return asked;
}
