/*
 * store_apply_ticket.c - the effects of a plan on tickets: their fields, people, links, timers, and what was said of articles.
 */
#include "store_apply.h"

#include <string.h>

/* The mail's own sender is written down with it (store_apply_message.c). */
static bool is_of_sender(const struct applying *a, const struct new_ticket *create)
{
	const struct mail *mail = a->delivery ? a->delivery->incoming->mail : NULL;
	bool persons = a->plan->kind == MAIL_REQUEST || a->plan->kind == MAIL_REPLY;

	return mail && persons && text_equal_nocase(text_or_empty(create->customer.address), mail->from.address);
}

enum status store_apply_create_ticket(struct applying *a, const struct effect *effect)
{
	const struct new_ticket *create = effect->create;
	struct contact customer = { 0 };
	enum status status = store_contact_find(a->store, NULL, text_or_empty(create->customer.address), &customer, a->error);

	if (status != STATUS_OK)
		return status;
	status = engine_run(a->store->engine, a->error, SQL_TICKET_ADD, "itttt" "tttt" "iiti" "ttt", effect->ticket,
		desk_ticket_state_name(create->state), text_or_empty(create->queue), text_or_empty(create->agent), text_or_empty(create->priority),
		text_or_empty(create->subject), text_or_empty(create->language), text_or_empty(create->customer.address),
		text_or_empty(create->customer.name), a->now, create->state == STATE_CLOSED ? a->now : (int64_t)0, text_or_empty(create->voice), customer.last_ticket,
		text_or_empty(create->vip), text_or_empty(create->organisation), text_or_empty(create->level));

	if (status == STATUS_OK && *text_or_empty(create->customer.address) && !is_of_sender(a, create))
		status = store_contact_opened(a->store, create->customer.address, effect->ticket, a->now, a->error);
	if (status != STATUS_OK)
		return status;
	a->created = effect->ticket;
	a->create = create;
	a->history.ticket = effect->ticket;      /* which has none yet */
	a->history.n = 0;
	return store_add_history(a, effect->ticket, (struct happening){ HISTORY_CREATED, .now = store_history_of_created(a->arena, create) }, effect->why);
}

struct field { enum history_kind kind; enum sql now, set; };

/* The history says what really was there, so that it can be replayed. */
static enum status set_field(struct applying *a, const struct effect *effect, const struct field *field)
{
	struct cursor cursor;
	const char *from = NULL;
	enum status status;

	cursor_open(&cursor, a->store->engine, a->error, field->now, "i", effect->ticket);
	if (cursor_next(&cursor))
		from = cursor_text(&cursor, a->arena, 0);
	if ((status = cursor_close(&cursor)) != STATUS_OK)
		return status;
	if (!from)
		return error_set(a->error, STATUS_BROKEN, "a plan changes ticket %lld, which is not there", (long long)effect->ticket);
	status = engine_run(a->store->engine, a->error, field->set, "iti", effect->ticket, text_or_empty(effect->to), a->now);
	return status == STATUS_OK ? store_add_history(a, effect->ticket, (struct happening){ field->kind, .was = from, .now = effect->to }, effect->why) : status;
}

enum status store_apply_set_state(struct applying *a, const struct effect *effect)
{
	static const struct field field = { HISTORY_STATE, SQL_TICKET_STATE_NOW, SQL_TICKET_STATE };

	return set_field(a, effect, &field);
}

enum status store_apply_set_queue(struct applying *a, const struct effect *effect)
{
	static const struct field field = { HISTORY_QUEUE, SQL_TICKET_QUEUE_NOW, SQL_TICKET_QUEUE };
	enum status status = set_field(a, effect, &field);

	/* Only people move tickets: that says where it belongs, and whether the classifier was right. */
	if (status == STATUS_OK)
		status = engine_run(a->store->engine, a->error, SQL_CONFIRM, "iti", effect->ticket, effect->to, a->now);
	return status == STATUS_OK ? engine_run(a->store->engine, a->error, SQL_ROUTED_MOVED, "iti", effect->ticket, effect->to, a->now) : status;
}

enum status store_apply_note_routed(struct applying *a, const struct effect *effect)
{
	return engine_run(a->store->engine, a->error, SQL_ROUTED_ADD, "itii", effect->ticket, effect->to, effect->number, a->now);
}

enum status store_apply_note_learned(struct applying *a, const struct effect *effect)
{
	return engine_run(a->store->engine, a->error, SQL_LEARNED_ADD, "ittii", effect->ticket, effect->from, effect->to, effect->number, a->now);
}

/* Who had the customer last, and whose turn it was, is remembered for the next assignment. */
static enum status remember_agent(struct applying *a, const struct effect *effect)
{
	struct cursor cursor;
	const char *queue = "", *customer = "";
	enum status status;

	cursor_open(&cursor, a->store->engine, a->error, SQL_TICKET_QUEUE_CUSTOMER, "i", effect->ticket);
	if (cursor_next(&cursor)) {
		queue = cursor_text(&cursor, a->arena, 0);
		customer = cursor_text(&cursor, a->arena, 1);
	}
	if ((status = cursor_close(&cursor)) != STATUS_OK)
		return status;
	if (effect->number)
		status = engine_run(a->store->engine, a->error, SQL_ASSIGNED_SET, "tti", queue, effect->to, effect->ticket);
	return status == STATUS_OK && *customer ? store_contact_had_agent(a->store, customer, effect->to, a->error) : status;
}

enum status store_apply_set_agent(struct applying *a, const struct effect *effect)
{
	static const struct field field = { HISTORY_AGENT, SQL_TICKET_AGENT_NOW, SQL_TICKET_AGENT };
	enum status status = set_field(a, effect, &field);

	return status == STATUS_OK && *text_or_empty(effect->to) ? remember_agent(a, effect) : status;
}

/* What the classifier gave and somebody changed was wrong. */
enum status store_apply_set_simple(struct applying *a, const struct effect *effect)
{
#define FIELD(member, NAME, history) [TICKET_FIELD_##NAME] = { HISTORY_##NAME, SQL_TICKET_##NAME##_NOW, SQL_TICKET_##NAME },
	static const struct field fields[TICKET_FIELD_COUNT] = { TICKET_FIELDS(FIELD) };
#undef FIELD
	enum status status = set_field(a, effect, &fields[effect->field->simple]);

	return status != STATUS_OK ? status
		: engine_run(a->store->engine, a->error, SQL_LEARNED_CHANGED, "itit", effect->ticket, effect->to, a->now, effect->field->name);
}

/* Of no weight for the replay: a remark. */
enum status store_apply_set_language(struct applying *a, const struct effect *effect)
{
	enum status status = engine_run(a->store->engine, a->error, SQL_TICKET_LANGUAGE, "iti", effect->ticket, text_or_empty(effect->to), effect->number);

	return status == STATUS_OK ? store_apply_changed(a, effect->ticket, (struct happening){ HISTORY_LANGUAGE, .now = effect->to }, effect->why) : status;
}

enum status store_apply_add_tag(struct applying *a, const struct effect *effect)
{
	enum status status = engine_run(a->store->engine, a->error, SQL_TAG_ADD, "it", effect->ticket, effect->to);

	if (status != STATUS_OK || engine_changes(a->store->engine) == 0)
		return status;
	return store_apply_changed(a, effect->ticket, (struct happening){ HISTORY_TAG, .now = effect->to }, effect->why);
}

/* A tag that the classifier gave and somebody took away was wrong. */
enum status store_apply_remove_tag(struct applying *a, const struct effect *effect)
{
	enum status status = engine_run(a->store->engine, a->error, SQL_TAG_REMOVE, "it", effect->ticket, effect->to);

	if (status != STATUS_OK || engine_changes(a->store->engine) == 0)
		return status;
	status = engine_run(a->store->engine, a->error, SQL_LEARNED_UNTAGGED, "iti", effect->ticket, effect->to, a->now);
	return status == STATUS_OK ? store_apply_changed(a, effect->ticket, (struct happening){ HISTORY_UNTAG, .now = effect->to }, effect->why) : status;
}

static enum status add_watcher(struct applying *a, int64_t ticket, const char *agent, const char *why)
{
	enum status status = engine_run(a->store->engine, a->error, SQL_WATCHER_ADD, "it", ticket, agent);

	if (status != STATUS_OK || engine_changes(a->store->engine) == 0)
		return status;
	return store_apply_changed(a, ticket, (struct happening){ HISTORY_WATCHES, .now = agent }, why);
}

enum status store_apply_watch(struct applying *a, const struct effect *effect)
{
	return add_watcher(a, effect->ticket, effect->to, effect->why);
}

enum status store_apply_side(struct applying *a, const struct effect *effect)
{
	return engine_run(a->store->engine, a->error, SQL_SIDE_ADD, "iitt", effect->ticket, effect->number, effect->to, effect->from);
}

enum status store_apply_unwatch(struct applying *a, const struct effect *effect)
{
	enum status status = engine_run(a->store->engine, a->error, SQL_WATCHER_REMOVE, "it", effect->ticket, effect->to);

	if (status != STATUS_OK || engine_changes(a->store->engine) == 0)
		return status;
	return store_apply_changed(a, effect->ticket, (struct happening){ HISTORY_UNWATCHES, .now = effect->to }, effect->why);
}

enum status store_apply_set_voice(struct applying *a, const struct effect *effect)
{
	return engine_run(a->store->engine, a->error, SQL_TICKET_VOICE, "it", effect->ticket, text_or_empty(effect->to));
}

enum status store_apply_set_pending(struct applying *a, const struct effect *effect)
{
	enum status status = engine_run(a->store->engine, a->error, SQL_TICKET_PENDING, "iiit", effect->ticket, effect->number, a->now, text_or_empty(effect->to));

	return status == STATUS_OK ? store_add_history(a, effect->ticket, (struct happening){ HISTORY_PENDING, .number = effect->number, .now = text_or_empty(effect->to) }, effect->why) : status;
}

static enum status link_one_way(struct applying *a, int64_t ticket, int64_t other, const char *why)
{
	enum status status = engine_run(a->store->engine, a->error, SQL_LINK_ADD, "ii", ticket, other);

	if (status != STATUS_OK || engine_changes(a->store->engine) == 0)
		return status;
	return store_apply_changed(a, ticket, (struct happening){ HISTORY_LINKED, .number = other }, why);
}

enum status store_apply_link_tickets(struct applying *a, const struct effect *effect)
{
	enum status status = link_one_way(a, effect->ticket, effect->number, effect->why);

	return status == STATUS_OK ? link_one_way(a, effect->number, effect->ticket, effect->why) : status;
}

static enum status customer_of(struct applying *a, int64_t ticket, const char **customer)
{
	struct cursor cursor;

	*customer = NULL;
	if (ticket == a->created) {
		*customer = text_or_empty(a->create->customer.address);
		return STATUS_OK;
	}
	cursor_open(&cursor, a->store->engine, a->error, SQL_TICKET_CUSTOMER, "i", ticket);
	if (cursor_next(&cursor))
		*customer = cursor_text(&cursor, a->arena, 0);
	return cursor_close(&cursor);
}

/* back: also one who left. A merge brings nobody back. */
static enum status add_participant_row(struct applying *a, int64_t ticket, const struct participant *who, bool back, const char *why)
{
	const char *customer;
	enum status status = customer_of(a, ticket, &customer);

	if (status != STATUS_OK || (customer && text_equal_nocase(customer, who->address)) || !*who->address)
		return status;
	status = engine_run(a->store->engine, a->error, SQL_PARTICIPANT_ADD, "itttdt", ticket, who->address, text_or_empty(who->name),
	                 desk_participant_role_name(who->role), (int)back, text_or_empty(who->answer_to));
	if (status != STATUS_OK || engine_changes(a->store->engine) == 0)
		return status;
	return store_apply_changed(a, ticket, (struct happening){ who->role == ROLE_PROPOSED ? HISTORY_PROPOSED : HISTORY_PARTICIPANT, .now = who->address }, why);
}

enum status store_apply_add_participant(struct applying *a, const struct effect *effect)
{
	return add_participant_row(a, effect->ticket, effect->participant, true, effect->why);
}

enum status store_apply_answer_to(struct applying *a, const struct effect *effect)
{
	enum status status = engine_run(a->store->engine, a->error, SQL_PARTICIPANT_ANSWER_TO, "itt", effect->ticket, effect->from, effect->to);

	if (status == STATUS_OK)
		status = engine_run(a->store->engine, a->error, SQL_TICKET_ANSWER_TO, "itt", effect->ticket, effect->from, effect->to);
	return status != STATUS_OK ? status
		: store_apply_changed(a, effect->ticket, (struct happening){ HISTORY_ANSWER_TO, .was = effect->from, .now = effect->to }, effect->why);
}

static enum status remove_participant_row(struct applying *a, int64_t ticket, const char *address, const char *why)
{
	enum status status = engine_run(a->store->engine, a->error, SQL_PARTICIPANT_REMOVE, "it", ticket, address);

	if (status != STATUS_OK || engine_changes(a->store->engine) == 0)
		return status;
	return store_apply_changed(a, ticket, (struct happening){ HISTORY_LEFT, .now = address }, why);
}

enum status store_apply_remove_participant(struct applying *a, const struct effect *effect)
{
	enum status status = engine_run(a->store->engine, a->error, SQL_PARTICIPANT_LEAVES, "it", effect->ticket, effect->to);

	if (status != STATUS_OK || engine_changes(a->store->engine) == 0)
		return status;
	return store_apply_changed(a, effect->ticket, (struct happening){ HISTORY_LEFT, .now = effect->to }, effect->why);
}

/* Who came into `ticket` by the merge leaves it again: a mistake shall not go on telling strangers. */
static enum status part(struct applying *a, int64_t ticket, const struct ticket_facts *back)
{
	const char *customer;
	enum status status = customer_of(a, ticket, &customer);

	for (size_t i = 0; status == STATUS_OK && i < back->participants.count; i++)
		if (!customer || !text_equal_nocase(customer, back->participants.at[i].address))
			status = remove_participant_row(a, ticket, back->participants.at[i].address, "merge undone");
	return status;
}

/* Its clocks begin later again: who follows the history is to see it. */
static enum status tell_of_parting(struct applying *a, int64_t ticket, int64_t gone)
{
	return store_apply_changed(a, ticket, (struct happening){ HISTORY_REMARK, .now = arena_printf(a->arena, "ticket %lld was taken out of this one again", (long long)gone) }, "merge undone");
}

static enum status undo_merge(struct applying *a, const struct effect *effect)
{
	struct ticket_facts *back, *other;
	enum status status = store_read_ticket_facts(a->store, a->arena, effect->ticket, &back, a->error);

	for (int64_t into = status == STATUS_OK && back ? back->merged_into : 0; status == STATUS_OK && into; into = other ? other->merged_into : 0)
		if ((status = part(a, into, back)) == STATUS_OK && (status = tell_of_parting(a, into, effect->ticket)) == STATUS_OK)
			status = store_read_ticket_facts(a->store, a->arena, into, &other, a->error);
	if (status == STATUS_OK)
		status = engine_run(a->store->engine, a->error, SQL_TICKET_MERGE, "iii", effect->ticket, (int64_t)0, a->now);
	return status != STATUS_OK ? status : store_add_history(a, effect->ticket, (struct happening){ .kind = HISTORY_UNMERGED }, effect->why);
}

/* The messages stay where they are; whoever could write to the one ticket can now write to the other, and who watched the one watches the other. */
enum status store_apply_merge_tickets(struct applying *a, const struct effect *effect)
{
	struct ticket_facts *gone;
	int64_t into = effect->number;
	enum status status = store_events_moved(a->store, a->error);

	if (status != STATUS_OK)
		return status;
	if (!into)
		return undo_merge(a, effect);
	status = store_resolve_merged(a->store, &into, a->error);
	if (status == STATUS_OK)
		status = store_read_ticket_facts(a->store, a->arena, effect->ticket, &gone, a->error);
	if (status != STATUS_OK)
		return status;
	if (!gone || into == effect->ticket)
		return error_set(a->error, STATUS_BROKEN, "a plan merges ticket %lld into %lld", (long long)effect->ticket, (long long)effect->number);
	for (size_t i = 0; i < gone->participants.count && status == STATUS_OK; i++)
		status = add_participant_row(a, into, &gone->participants.at[i], false, effect->why);
	for (size_t i = 0; i < gone->watchers.count && status == STATUS_OK; i++)
		status = add_watcher(a, into, gone->watchers.at[i], effect->why);
	if (status == STATUS_OK)
		status = engine_run(a->store->engine, a->error, SQL_TICKET_MERGE, "iii", effect->ticket, into, a->now);
	if (status == STATUS_OK)
		status = store_add_history(a, effect->ticket, (struct happening){ HISTORY_MERGED, .number = into }, effect->why);
	return status != STATUS_OK ? status
		: store_apply_changed(a, into, (struct happening){ HISTORY_MERGED_FROM, .number = effect->ticket }, effect->why);
}

enum status store_apply_set_timer(struct applying *a, const struct effect *effect)
{
	return engine_run(a->store->engine, a->error, SQL_TIMER_ADD, "iit", effect->number, effect->ticket, effect->to);
}

enum status store_apply_clear_timers(struct applying *a, const struct effect *effect)
{
	return engine_run(a->store->engine, a->error, SQL_TIMERS_CLEAR, "i", effect->ticket);
}

enum status store_apply_rate(struct applying *a, const struct effect *effect)
{
	enum status status = engine_run(a->store->engine, a->error, SQL_RATING_SET, "iiit", effect->ticket, a->now, effect->number, text_or_empty(effect->to));

	return status != STATUS_OK ? status
		: store_apply_changed(a, effect->ticket, (struct happening){ HISTORY_RATED, .number = effect->number }, effect->to);
}

enum status store_apply_note_suggestion(struct applying *a, const struct effect *effect)
{
	return store_suggestion_add(a->store, effect->ticket, effect->suggestion, a->now, a->error);
}

/* Who says that it did not help is left alone for a while, in every ticket. */
enum status store_apply_note_outcome(struct applying *a, const struct effect *effect)
{
	struct cursor cursor;
	const char *customer = "";
	enum status status = store_suggestion_outcome(a->store, effect->ticket, effect->to, text_or_empty(effect->from), a->now, a->error);

	if (status != STATUS_OK || strcmp(effect->to, OUTCOME_REFUSED) != 0)
		return status;
	cursor_open(&cursor, a->store->engine, a->error, SQL_TICKET_CUSTOMER, "i", effect->ticket);
	if (cursor_next(&cursor))
		customer = cursor_text(&cursor, a->arena, 0);
	status = cursor_close(&cursor);
	return status == STATUS_OK && *customer ? store_contact_refused(a->store, customer, a->now, a->error) : status;
}

enum status store_apply_remark(struct applying *a, const struct effect *effect)
{
	return store_apply_changed(a, effect->ticket, (struct happening){ HISTORY_REMARK, .now = effect->to }, effect->why);
}

enum status store_apply_warned(struct applying *a, const struct effect *effect)
{
	return store_add_history(a, effect->ticket, (struct happening){ HISTORY_WARNED, .number = effect->number, .was = effect->from, .now = effect->to }, effect->why);
}
