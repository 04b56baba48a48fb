/*
 * outbox_judge.c - what a reply of the relay means for the recipient and for the row. Pure: no socket, no store, no clock.
 *
 * 2xx sent, 4xx again later, 5xx never again, each recipient for itself (RFC 5321 section 4.2.1); the exceptions stand in
 * outbox_judge_reply(). A row that is to be tried again after its give-up time is failed. Failures of the connection count as 4xx.
 */
#include "outbox_private.h"

#include <string.h>

#define REPLY_MOST 400            /* octets of a reply that are kept */
#define PAUSE_MOST 30             /* seconds; a relay that is back is noticed within them */
#define RENDER_TRIES 3            /* times that a mail is written in one attempt, where the store answers */

enum delivery outbox_judge_reply(enum smtp_step step, int code)
{
	if (code >= 200 && code < 300)
		return DELIVERY_SENT;
	if (code < 500 || code > 599)
		return DELIVERY_RETRY;                /* 4xx, and what makes no sense: nothing is lost by asking again */
	/* 552 to RCPT means "too many recipients" with old servers (RFC 5321 section 4.5.3.1.10). 530, 534, 535, 538 to MAIL are about
	 * us and our password (RFC 4954): an administrator mends that, the mail need not die of it. 503 is a muddled session. */
	if (step == STEP_RCPT && code == 552)
		return DELIVERY_RETRY;
	if (step == STEP_MAIL && (code == 530 || code == 534 || code == 535 || code == 538))
		return DELIVERY_RETRY;
	if (code == 503)
		return DELIVERY_RETRY;
	return DELIVERY_FAILED;
}

const char *outbox_reply_line(struct arena *arena, int code, const char *text)
{
	char *line = utf8_clean(arena, text ? text : "", text ? strnlen(text, 2 * REPLY_MOST) : 0);

	for (char *at = line; *at; at++)
		if (*at == '\n' || *at == '\t')
			*at = ' ';
	line = utf8_cut(arena, text_trim(line), REPLY_MOST);
	return code ? arena_printf(arena, "%03d%s%s", code, *line ? " " : "", line) : line;
}

void outbox_attempt_init(struct attempt *attempt, struct arena *arena, size_t count)
{
	*attempt = (struct attempt){ .arena = arena, .count = count };
	attempt->at = arena_alloc(arena, sizeof *attempt->at * (count + 1));
}

void outbox_attempt_rest(struct attempt *attempt, enum delivery delivery, const char *reply)
{
	for (size_t i = 0; i < attempt->count; i++)
		if (attempt->at[i].delivery == DELIVERY_NONE) {
			attempt->at[i].delivery = delivery;
			attempt->at[i].reply = reply;
		}
}

static void judge_recipient(struct outbox_recipient *recipient, enum delivery delivery, const char *reply, struct row_result *result)
{
	recipient->reply = reply ? reply : "";
	switch (delivery) {
	case DELIVERY_SENT:
		recipient->state = OUTBOX_SENT;
		result->sent++;
		break;
	case DELIVERY_FAILED:
		recipient->state = OUTBOX_FAILED;
		result->failed++;
		break;
	default:
		result->retried++;
	}
}

/* The worst reply is the row's: what keeps it waiting, else what failed, else the last. */
static const char *worst_reply(const struct outbox_row *row)
{
	static const enum outbox_state order[] = { OUTBOX_WAITING, OUTBOX_FAILED, OUTBOX_SENT };

	for (size_t s = 0; s < COUNT_OF(order); s++)
		for (size_t i = 0; i < row->recipients.count; i++)
			if (row->recipients.at[i].state == order[s] && row->recipients.at[i].reply && *row->recipients.at[i].reply)
				return row->recipients.at[i].reply;
	return "";
}

static void give_up(struct arena *arena, struct outbox_row *row, int64_t hours, struct row_result *result)
{
	for (size_t i = 0; i < row->recipients.count; i++) {
		struct outbox_recipient *recipient = &row->recipients.at[i];

		if (recipient->state != OUTBOX_WAITING)
			continue;
		recipient->state = OUTBOX_FAILED;
		recipient->reply = arena_printf(arena, "given up after %lld hours; last: %s", (long long)hours, recipient->reply);
		result->now[i] = DELIVERY_FAILED;
		result->failed++;
		result->retried--;
	}
}

void outbox_judge_row(struct arena *arena, struct outbox_row *row, const struct attempt *attempt, int64_t now, int64_t give_up_ms,
                      struct row_result *result)
{
	bool waits = false, failed = false;

	*result = (struct row_result){ .now = ARENA_ARRAY(arena, enum delivery, row->recipients.count + 1) };
	for (size_t i = 0, k = 0; i < row->recipients.count; i++)
		if (row->recipients.at[i].state == OUTBOX_WAITING && k < attempt->count) {
			result->now[i] = attempt->at[k].delivery == DELIVERY_NONE ? DELIVERY_RETRY : attempt->at[k].delivery;
			judge_recipient(&row->recipients.at[i], result->now[i], attempt->at[k].reply, result);
			k++;
		}
	row->attempts++;
	if (result->retried && now - row->created >= give_up_ms)
		give_up(arena, row, give_up_ms / (60 * 60 * 1000), result);
	for (size_t i = 0; i < row->recipients.count; i++) {
		waits |= row->recipients.at[i].state == OUTBOX_WAITING;
		failed |= row->recipients.at[i].state == OUTBOX_FAILED;
	}
	row->state = waits ? OUTBOX_WAITING : failed ? OUTBOX_FAILED : OUTBOX_SENT;
	row->next_try = waits ? now + desk_retry_delay(row->attempts, (uint64_t)row->id * 2654435761u + (uint64_t)row->attempts * 40503u) : 0;
	row->last_reply = worst_reply(row);
}

/* STATUS_TRY_LATER is the store's, or that of one mail whose bytes cannot be read, perhaps never: only where the store says nothing at all is the mail not
 * to blame. Where it answers, it may have been away for a moment; what still cannot be read then gets its attempts, and its end. */
enum written outbox_judge_written(enum status status, bool store_answers, int tries)
{
	if (status == STATUS_OK)
		return WRITTEN;
	if (status == STATUS_BAD_INPUT)
		return WRITE_FAILED;
	if (status != STATUS_TRY_LATER)
		return WRITE_RETRY;
	return !store_answers ? WRITE_GOES_BACK : tries < RENDER_TRIES ? WRITE_AGAIN : WRITE_RETRY;
}

int outbox_judge_pause(int troubles)
{
	int seconds = 1;

	while (--troubles > 0 && seconds < PAUSE_MOST)
		seconds *= 2;
	return seconds < PAUSE_MOST ? seconds : PAUSE_MOST;
}
