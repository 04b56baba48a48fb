/*
 * store_apply.c - carries out a plan: each effect by its own small function, in order, in the caller's transaction.
 *
 * Decides nothing. What changes a ticket also writes a row of its history (enum history_kind) and moves
 * ticket.updated. Numbers of tickets and outgoing mails are those the plan was given; that they are free is certain inside
 * the transaction the facts were read in, so a taken one is STATUS_BROKEN. The mailbox row of a delivery is written last,
 * with the one disposition that the plan has.
 * After any other status than STATUS_OK the caller rolls back: nothing of a plan stays alone.
 */
#include "store_apply.h"

static enum status set_disposition(struct applying *a, const struct effect *effect)
{
	if (a->disposition)
		return error_set(a->error, STATUS_BROKEN, "a plan has two dispositions: %s and %s", a->disposition->to, effect->to);
	a->disposition = effect;
	return STATUS_OK;
}

static enum status (*const appliers[])(struct applying *, const struct effect *) = {
	[EFFECT_CREATE_TICKET] = store_apply_create_ticket, [EFFECT_APPEND_MESSAGE] = store_apply_append_message, [EFFECT_SET_STATE] = store_apply_set_state,
	[EFFECT_SET_QUEUE] = store_apply_set_queue, [EFFECT_SET_AGENT] = store_apply_set_agent, [EFFECT_SET_FIELD] = store_apply_set_simple, [EFFECT_SET_LANGUAGE] = store_apply_set_language,
	[EFFECT_ADD_TAG] = store_apply_add_tag, [EFFECT_REMOVE_TAG] = store_apply_remove_tag, [EFFECT_SET_PENDING] = store_apply_set_pending, [EFFECT_LINK] = store_apply_link_tickets,
	[EFFECT_MERGE] = store_apply_merge_tickets, [EFFECT_ADD_PARTICIPANT] = store_apply_add_participant, [EFFECT_REMARK] = store_apply_remark, [EFFECT_WARNED] = store_apply_warned, [EFFECT_SET_VOICE] = store_apply_set_voice,
	[EFFECT_WATCH] = store_apply_watch, [EFFECT_UNWATCH] = store_apply_unwatch, [EFFECT_SIDE] = store_apply_side, [EFFECT_ENQUEUE] = store_apply_enqueue, [EFFECT_MAIL_BOUNCED] = store_apply_mail_bounced,
	[EFFECT_ANSWER_TO] = store_apply_answer_to, [EFFECT_REMOVE_PARTICIPANT] = store_apply_remove_participant, [EFFECT_SET_TIMER] = store_apply_set_timer, [EFFECT_CLEAR_TIMERS] = store_apply_clear_timers,
	[EFFECT_RATE] = store_apply_rate, [EFFECT_ROUTED] = store_apply_note_routed, [EFFECT_LEARNED] = store_apply_note_learned, [EFFECT_SUGGESTION] = store_apply_note_suggestion, [EFFECT_OUTCOME] = store_apply_note_outcome,
	[EFFECT_COUNT_ASKED] = store_apply_count_asked, [EFFECT_SPAM] = store_apply_spam, [EFFECT_AWAY] = store_apply_away,
	[EFFECT_PROVE_ADDRESS] = store_apply_prove_address, [EFFECT_MAIL_ARRIVES] = store_apply_mail_arrives, [EFFECT_COUNT_ACKNOWLEDGEMENT] = store_apply_count_acknowledgement, [EFFECT_DISPOSITION] = set_disposition,
};

static enum status add_to_mailbox(struct applying *a)
{
	const struct incoming *incoming = a->delivery->incoming;
	const struct mail *mail = incoming->mail;
	const struct effect *disposition = a->disposition;
	unsigned char digest[MAIL_DIGEST_SIZE];
	enum status status;

	if (!disposition)
		return error_set(a->error, STATUS_BROKEN, "a plan for a mail has no disposition");
	if ((status = engine_keys_ready(a->store->engine, a->error)) != STATUS_OK)
		return status;
	store_mail_digest(incoming, digest);
	status = engine_run(a->store->engine, a->error, SQL_MAILBOX_ADD, "ittttttttiiiibbt", incoming->received, text_or_empty(incoming->recipient),
		text_or_empty(incoming->envelope_from), text_or_empty(mail->from.address), text_or_empty(mail->subject), mail->message_id,
		mail_kind_name(a->plan->kind), disposition->to, text_or_empty(disposition->why), disposition->ticket, disposition->number,
		a->delivery->raw, (int64_t)incoming->size, a->delivery->claim, (size_t)CLAIM_SIZE, digest, sizeof digest,
		text_or_empty(incoming->trace));
	if (status == STATUS_OK)
		engine_key_added(a->store->engine, ENGINE_MAILBOX, store_mail_hash(a->store, incoming), engine_last_row(a->store->engine),
		         engine_claim_tag(a->delivery->claim));
	if (status == STATUS_OK && a->created && (mail->in_reply_to.count || mail->references.count))
		status = store_referred_remember(a->store, a->arena, mail, a->created, a->error);
	return status;
}

enum status store_apply(struct store *store, const struct plan *plan, const struct delivery_record *delivery, struct error *error)
{
	struct applying a = { .store = store, .plan = plan, .delivery = delivery, .arena = plan->arena, .error = error, .now = clock_now() };
	enum status status = STATUS_OK;

	for (size_t i = 0; i < plan->count && status == STATUS_OK; i++)
		status = appliers[plan->at[i].kind](&a, &plan->at[i]);
	return status == STATUS_OK && delivery ? add_to_mailbox(&a) : status;
}
