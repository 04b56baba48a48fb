/*
 * gateway_model.c - asks what was learned about one delivery, where the rules left the queue open.
 *
 * The queue is asked for only with a person's mail to the triage queue's own address; what joins a ticket keeps that ticket's queue whatever is said
 * here, since the desk decides that. Never against a rule: one that named a queue, an agent who does not work in the guessed
 * one, or rules that could not be run, leave the mail where it is, with a hint. Where the configuration wants it, a tag and a priority are
 * guessed as well, for any queue, if rules gave none. Pure computation, a fraction of a millisecond.
 */
#include <string.h>

#include "gateway.h"

#define LEAST_SHARE 0.05                         /* of belief: less is no hint */

/* A person's mail that may become a ticket. */
static bool may_ask(const struct incoming *incoming, const struct verdict *verdict)
{
	enum mail_kind kind = incoming->mail->kind;
	if (incoming->address.class != ADDRESS_QUEUE || (kind != MAIL_REQUEST && kind != MAIL_REPLY))
		return false;
	return !verdict || (!verdict->reject && !verdict->discard && !verdict->redirects.count);
}

static bool may_ask_queue(const struct desk_policy *policy, const struct incoming *incoming, const struct verdict *verdict)
{
	return strcmp(incoming->address.queue->name, policy->queues.at[0].name) == 0 && (!verdict || !verdict->queue);
}

/* Rules that could not be run might have said something. */
static bool may_ask_more(const struct learned *learned, const struct verdict *verdict)
{
	return !learned->stopped && (!verdict || !verdict->trouble);
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

static void ask_queue(const struct learned *learned, const struct desk_policy *policy, const struct verdict *verdict, struct arena *arena,
                      struct arena *scratch, const struct learn_reading *reading, struct verdict *asked)
{
	struct learn_guess guess;
	learn_ask(learned->model, scratch, reading, LEARN_REASONS_IF_ROUTED, &guess);
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
}

/* A tag or a priority. NULL: none that is sure enough. */
static const char *ask_more(const struct learn_model *model, struct arena *arena, struct arena *scratch, const struct learn_reading *reading,
                            const char *kind, struct verdict *asked, double *confidence)
{
	struct learn_guess guess;
	learn_ask(model, scratch, reading, LEARN_REASONS_IF_ROUTED, &guess);
	if (!guess.routed)
		return NULL;
	*confidence = guess.confidence;
	add_reason(arena, asked, arena_printf(arena, "%s:%s", kind, guess.label), words_of(arena, &guess));
	return arena_string(arena, guess.label);         /* the model may be gone before the mail is */
}

/* What it was read into is let go at once: the mail's own arena lives until the mail is committed. */
const struct verdict *gateway_ask_model(const struct learned *learned, const struct desk_policy *policy, const struct incoming *incoming,
                                        const struct verdict *verdict, struct arena *arena)
{
	if (!learned || !may_ask(incoming, verdict))
		return verdict;
	bool queue = may_ask_queue(policy, incoming, verdict), more = may_ask_more(learned, verdict);
	bool tag = more && policy->learn_tags && learned->tags && (!verdict || !verdict->tags.count);
	bool priority = more && policy->learn_priority && learned->priority && (!verdict || !verdict->priority);
	if (!queue && !tag && !priority)
		return verdict;
	CLEANUP_ARENA struct arena scratch;
	arena_init(&scratch);
	const struct mail *mail = incoming->mail;
	struct verdict *asked = ARENA_NEW(arena, struct verdict);
	const struct learn_reading *reading = learn_read(&scratch, learn_text_of(&scratch, mail->subject, *mail->reply_text ? mail->reply_text : mail->text));
	*asked = verdict ? *verdict : (struct verdict){.confidence = -1};
	if (queue)
		ask_queue(learned, policy, verdict, arena, &scratch, reading, asked);
	if (tag)
		asked->learned_tag = ask_more(learned->tags, arena, &scratch, reading, "tag", asked, &asked->tag_confidence);
	if (priority)
		asked->learned_priority = ask_more(learned->priority, arena, &scratch, reading, "priority", asked, &asked->priority_confidence);
	return asked;
}
