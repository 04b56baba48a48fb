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
	[EFFECT_CREATE_TICKET] = apply_create_ticket, [EFFECT_APPEND_MESSAGE] = apply_append_message, [EFFECT_SET_STATE] = apply_set_state,
	[EFFECT_SET_QUEUE] = apply_set_queue, [EFFECT_SET_AGENT] = apply_set_agent, [EFFECT_SET_FIELD] = apply_set_simple, [EFFECT_SET_LANGUAGE] = apply_set_language,
	[EFFECT_ADD_TAG] = apply_add_tag, [EFFECT_REMOVE_TAG] = apply_remove_tag, [EFFECT_SET_PENDING] = apply_set_pending, [EFFECT_LINK] = apply_link_tickets,
	[EFFECT_MERGE] = apply_merge_tickets, [EFFECT_ADD_PARTICIPANT] = apply_add_participant, [EFFECT_REMARK] = apply_remark, [EFFECT_SET_VOICE] = apply_set_voice,
	[EFFECT_WATCH] = apply_watch, [EFFECT_UNWATCH] = apply_unwatch, [EFFECT_SIDE] = apply_side, [EFFECT_ENQUEUE] = apply_enqueue, [EFFECT_MAIL_BOUNCED] = apply_mail_bounced,
	[EFFECT_ANSWER_TO] = apply_answer_to, [EFFECT_REMOVE_PARTICIPANT] = apply_remove_participant, [EFFECT_SET_TIMER] = apply_set_timer, [EFFECT_CLEAR_TIMERS] = apply_clear_timers,
	[EFFECT_RATE] = apply_rate, [EFFECT_ROUTED] = apply_note_routed, [EFFECT_LEARNED] = apply_note_learned, [EFFECT_ASKED] = apply_note_asked, [EFFECT_SAID] = apply_note_said,
	[EFFECT_PROVE_ADDRESS] = apply_prove_address, [EFFECT_MAIL_ARRIVES] = apply_mail_arrives, [EFFECT_COUNT_ACKNOWLEDGEMENT] = apply_count_acknowledgement, [EFFECT_DISPOSITION] = set_disposition,
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
	mail_digest(incoming, digest);
	status = engine_run(a->store->engine, a->error, SQL_MAILBOX_ADD, "ittttttttiiiibbt", incoming->received, text_or_empty(incoming->recipient),
		text_or_empty(incoming->envelope_from), text_or_empty(mail->from.address), text_or_empty(mail->subject), mail->message_id,
		mail_kind_name(a->plan->kind), disposition->to, text_or_empty(disposition->why), disposition->ticket, disposition->number,
		a->delivery->raw, (int64_t)incoming->size, a->delivery->claim, (size_t)CLAIM_SIZE, digest, sizeof digest,
		text_or_empty(incoming->trace));
	if (status == STATUS_OK)
		engine_key_added(a->store->engine, ENGINE_MAILBOX, mail_hash(a->store, incoming), engine_last_row(a->store->engine),
		         engine_claim_tag(a->delivery->claim));
	if (status == STATUS_OK && a->created && (mail->in_reply_to.count || mail->references.count))
		status = referred_remember(a->store, a->arena, mail, a->created, a->error);
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
