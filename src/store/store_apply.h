/*
 * store_apply.h - a plan being carried out, between the files that do it: tickets, messages and mails.
 */
#ifndef SPORTELLO_STORE_APPLY_H
#define SPORTELLO_STORE_APPLY_H

#include "store_private.h"

struct applying {
	struct store *store;
	const struct plan *plan;
	const struct delivery_record *delivery;
	struct arena *arena;
	struct error *error;
	int64_t now;
	int64_t created, touched;        /* tickets whose `updated` is right already */
	const struct new_ticket *create; /* of the one that was created */
	struct { int64_t ticket, n; } history;   /* number of the last row written */
	const char *acknowledged;        /* whose acknowledgement is counted already */
	const struct effect *disposition;
};

/* A row of the ticket's history; store_apply_changed() also moves its `updated`. */
struct happening { enum history_kind kind; int64_t number; const char *was, *now; };     /* see enum history_kind; NULL: "" */
enum status store_add_history(struct applying *a, int64_t ticket, struct happening what, const char *why);
enum status store_apply_changed(struct applying *a, int64_t ticket, struct happening what, const char *why);

static inline const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

/* ---- an effect each ---- */
enum status store_apply_create_ticket(struct applying *a, const struct effect *effect);
enum status store_apply_set_state(struct applying *a, const struct effect *effect);
enum status store_apply_set_queue(struct applying *a, const struct effect *effect);
enum status store_apply_set_agent(struct applying *a, const struct effect *effect);
enum status store_apply_set_language(struct applying *a, const struct effect *effect);
enum status store_apply_set_simple(struct applying *a, const struct effect *effect);
enum status store_apply_add_tag(struct applying *a, const struct effect *effect);
enum status store_apply_remove_tag(struct applying *a, const struct effect *effect);
enum status store_apply_watch(struct applying *a, const struct effect *effect);
enum status store_apply_side(struct applying *a, const struct effect *effect);
enum status store_apply_unwatch(struct applying *a, const struct effect *effect);
enum status store_apply_set_voice(struct applying *a, const struct effect *effect);
enum status store_apply_set_pending(struct applying *a, const struct effect *effect);
enum status store_apply_link_tickets(struct applying *a, const struct effect *effect);
enum status store_apply_merge_tickets(struct applying *a, const struct effect *effect);
enum status store_apply_add_participant(struct applying *a, const struct effect *effect);
enum status store_apply_answer_to(struct applying *a, const struct effect *effect);
enum status store_apply_warned(struct applying *a, const struct effect *effect);
enum status store_apply_remark(struct applying *a, const struct effect *effect);
enum status store_apply_remove_participant(struct applying *a, const struct effect *effect);
enum status store_apply_set_timer(struct applying *a, const struct effect *effect);
enum status store_apply_clear_timers(struct applying *a, const struct effect *effect);
enum status store_apply_rate(struct applying *a, const struct effect *effect);
enum status store_apply_note_routed(struct applying *a, const struct effect *effect);
enum status store_apply_note_learned(struct applying *a, const struct effect *effect);
enum status store_apply_note_suggestion(struct applying *a, const struct effect *effect);
enum status store_apply_note_outcome(struct applying *a, const struct effect *effect);
enum status store_apply_append_message(struct applying *a, const struct effect *effect);
enum status store_apply_enqueue(struct applying *a, const struct effect *effect);
enum status store_apply_mail_bounced(struct applying *a, const struct effect *effect);
enum status store_apply_count_asked(struct applying *a, const struct effect *effect);
enum status store_apply_spam(struct applying *a, const struct effect *effect);
enum status store_apply_away(struct applying *a, const struct effect *effect);
enum status store_apply_prove_address(struct applying *a, const struct effect *effect);
enum status store_apply_mail_arrives(struct applying *a, const struct effect *effect);
enum status store_apply_count_acknowledgement(struct applying *a, const struct effect *effect);

#endif
