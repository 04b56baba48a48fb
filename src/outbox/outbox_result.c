/*
 * outbox_result.c - what came of an attempt, into the store, in one transaction with what follows from it.
 *
 * A recipient that failed for good makes a plan (desk_decide_undeliverable: the ticket shows it, an agent is told) that is applied
 * beside the row's result: nobody can see one without the other, and a crash loses neither. Runs where the store is written.
 * A result may be late: the lease ended while the relay took its time, and another gateway sent the row; or it came back, or was erased, before we could say that it went
 * out. What stands there then stands.
 */
#include "outbox_private.h"

/* A held request whose mail cannot be delivered is a ticket from now on: somebody is given it. */
static enum status add_loads(struct store *store, struct outcome *outcome, struct facts *facts, struct error *error)
{
	bool unseen = facts->ticket && desk_is_unseen(facts->ticket);
	const struct desk_queue *queue = unseen ? desk_queue_named(&outcome->config->policy, facts->ticket->queue) : NULL;

	if (!queue || queue->assign == ASSIGN_NONE)
		return STATUS_OK;
	facts->utc_offset = (int)((desk_local(&outcome->config->policy, facts->now) - facts->now) / 60000);
	return store_facts_of_agents(store, &outcome->arena, queue, facts, error);
}

static enum status tell(struct store *store, struct outcome *outcome, const struct outbox_recipient *recipient, struct error *error)
{
	const struct outgoing *outgoing = &outcome->row.outgoing;
	struct facts facts = { 0 };
	struct plan plan;
	enum status status;

	/* Again for each recipient: the plan before took outbox numbers. */
	status = store_facts_of_ticket(store, &outcome->arena, outgoing->ticket, &facts, error);
	if (status && status != STATUS_NOT_FOUND)
		return status;
	facts.now = clock_now();
	if ((status = add_loads(store, outcome, &facts, error)) != STATUS_OK)
		return status;
	desk_plan_init(&plan, &outcome->arena, NULL);
	desk_decide_undeliverable(&outcome->config->policy, outgoing, recipient->address, recipient->reply, &facts, &plan);
	for (size_t i = 0; i < plan.count; i++)
		outcome->told |= plan.at[i].kind == EFFECT_ENQUEUE;
	return store_apply(store, &plan, NULL, error);
}

/* Files that an agent asked for, and that this mail had no room for, go in the next. */
static enum status bring_more(struct store *store, struct outcome *outcome, struct error *error)
{
	const struct outgoing *outgoing = &outcome->row.outgoing;
	struct facts facts = { 0 };
	struct plan plan;
	enum status status = store_facts_of_ticket(store, &outcome->arena, outgoing->ticket, &facts, error);

	if (status)
		return status == STATUS_NOT_FOUND ? STATUS_OK : status;
	facts.now = clock_now();
	desk_plan_init(&plan, &outcome->arena, NULL);
	desk_decide_more_files(&outcome->config->policy, outgoing, &facts, &plan);
	outcome->told |= plan.count > 0;
	return plan.count ? store_apply(store, &plan, NULL, error) : STATUS_OK;
}

/* Where another one tried it meanwhile and it waits again, "sent" still counts: the customer has it, and shall not have it twice. */
static bool is_late(const struct outbox_row *row, int tried)
{
	return tried < 0 || (tried != row->attempts - 1 && row->state != OUTBOX_SENT);
}

/* Who asked for all at once while this was tried meant this one, too: what made the attempt fail may be over. */
static enum status heed_retry(struct store *store, struct outcome *outcome, struct error *error)
{
	int64_t retried = 0, now = clock_now();
	enum status status = outcome->row.state == OUTBOX_WAITING ? store_number_get(store, STORE_OUTBOX_RETRIED, &retried, error) : STATUS_OK;

	if (status == STATUS_OK && retried >= outcome->began && retried <= now)
		outcome->row.next_try = now;
	return status;
}

enum status outbox_outcome_rehearse(struct store *store, void *context, struct error *error)
{
	const struct outcome *outcome = context;
	int tried;

	return store_outbox_tried(store, outcome->row.id, &tried, error);
}

enum status outbox_outcome_write(struct store *store, void *context, struct error *error)
{
	struct outcome *outcome = context;
	int tried = -1;
	enum status status = store_outbox_tried(store, outcome->row.id, &tried, error);

	outcome->told = false;
	outcome->late = status == STATUS_OK && is_late(&outcome->row, tried);
	if (status == STATUS_OK && !outcome->late)
		status = heed_retry(store, outcome, error);
	if (status == STATUS_OK && !outcome->late)
		status = store_outbox_result(store, &outcome->row, outcome->rendered_text, error);
	if (status != STATUS_OK || outcome->late)
		return status;
	for (size_t i = 0; i < outcome->row.recipients.count && !status; i++)
		if (outcome->result.now[i] == DELIVERY_FAILED && !outcome->quietly)
			status = tell(store, outcome, &outcome->row.recipients.at[i], error);
	if (!status && outcome->result.sent && !outcome->quietly && desk_notice_is(outcome->row.outgoing.template, NOTICE_BRINGS_FILES))
		status = bring_more(store, outcome, error);
	return status;
}
