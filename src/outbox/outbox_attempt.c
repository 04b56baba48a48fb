/*
 * outbox_attempt.c - one attempt for one row: its mail is written and handed over, and once more with fewer files where the relay refuses them.
 *
 * Where several gateways work on one database, the relay gets nothing more before the result of what this sender sent last is committed: if this machine is lost
 * then, another sends what was not marked as sent, and that is one mail of each sender at most. The next one is written meanwhile.
 * Without the lock: the job is this sender's.
 */
#include "outbox_pool_private.h"

#include <string.h>

#define REFUSALS       4              /* of files that an agent asked for: the relay's limit, together, alone, without */
#define BUFFER_KEPT    (1024 * 1024)  /* bytes of a rendered mail's buffer that are kept for the next */

static size_t waiting(const struct outbox_row *row)
{
	size_t count = 0;

	for (size_t i = 0; i < row->recipients.count; i++)
		count += row->recipients.at[i].state == OUTBOX_WAITING;
	return count;
}

static void letter_of(struct arena *arena, const struct job *job, const struct buffer *bytes, struct message *message, struct attempt *attempt)
{
	const struct outbox_row *row = &job->outcome.row;
	const char *domain = job->config->policy.domain;
	const char **recipients = ARENA_ARRAY(arena, const char *, attempt->count + 1);
	size_t count = 0;

	for (size_t i = 0; i < row->recipients.count; i++)
		if (row->recipients.at[i].state == OUTBOX_WAITING) {
			recipients[count] = row->recipients.at[i].address;
			if (!mail_address_usable(recipients[count])) {
				attempt->at[count].delivery = DELIVERY_FAILED;
				attempt->at[count].reply = "553 5.1.3 not an address that mail can be sent to";
			}
			count++;
		}
	*message = (struct message){ .envelope_from = row->outgoing.envelope_from ? row->outgoing.envelope_from : "",
	                           .recipients = recipients, .count = count, .bytes = bytes->at, .length = bytes->length };
	if (*message->envelope_from && !mail_address_usable(message->envelope_from))
		message->envelope_from = "";
	message->name = arena_printf(arena, "%010lld.M%09lldQ%s.%s", (long long)(row->created / 1000), (long long)row->id,
	                             row->outgoing.trace ? row->outgoing.trace : "", *domain ? domain : "sportello");
}

static bool someone_left(const struct attempt *attempt)
{
	for (size_t i = 0; i < attempt->count; i++)
		if (attempt->at[i].delivery == DELIVERY_NONE)
			return true;
	return false;
}

static void wait_for_result(struct sender *sender)
{
	struct outbox *outbox = sender->outbox;

	if (!outbox->one_in_doubt)
		return;
	pthread_mutex_lock(&outbox->lock);
	while (sender->in_doubt)
		outbox_pool_wait(outbox, &outbox->written, clock_monotonic_us() + POLL_US);
	pthread_mutex_unlock(&outbox->lock);
}

static void transmit(struct sender *sender, struct job *job, struct attempt *attempt)
{
	const struct config *config = job->config;
	struct message message;

	letter_of(&sender->scratch, job, &sender->bytes, &message, attempt);
	message.term = sender->outbox->one_in_doubt ? job->batch->term : 0;
	if (!someone_left(attempt))
		return;
	wait_for_result(sender);
	if (store_lease_term() != job->batch->term) {    /* another gateway sends now, or did meanwhile, also this mail */
		attempt->not_ours = true;
		return;
	}
	if (config->relay.kind == RELAY_MAILDIR)
		outbox_maildir_send(config->relay.path, &message, attempt);
	else
		outbox_smtp_send(sender->smtp, &config->relay, &message, attempt);
	attempt->relay_reached = !attempt->relay_trouble;
}

static bool store_answers(struct store *store)
{
	struct error error;
	int64_t last;

	return store_messages_last(store, &last, &error) == STATUS_OK;
}

/* STATUS_TRY_LATER, too, where the store went away while a part was read that a mail can do without: no mail lacks it for that. */
static enum status write_once(struct sender *sender, struct job *job, struct sending *sending, bool *lacks, struct error *error)
{
	uint64_t before = store_troubles(sender->store);
	enum status status = outbox_render_row(sender->store, &job->config->policy, &job->config->templates, &sender->scratch, &job->outcome.row, &sender->bytes, sending, error);

	*lacks = status == STATUS_OK && store_troubles(sender->store) != before;
	return *lacks ? error_set(error, STATUS_TRY_LATER, "the database went away while the mail was written") : status;
}

/* The mail's bytes, once more where the store was away for a moment. What it answers and yet cannot give, time and again, stays away: rather the mail without it than none. */
static enum written write_mail(struct sender *sender, struct job *job, struct sending *sending, struct error *error)
{
	const struct sending asked = *sending;
	enum written written = WRITE_AGAIN;
	bool lacks = false;

	for (int tries = 1; written == WRITE_AGAIN; tries++) {
		*sending = asked;
		buffer_reset(&sender->bytes);
		arena_reset(&sender->scratch);
		enum status status = write_once(sender, job, sending, &lacks, error);
		written = outbox_judge_written(status, status == STATUS_TRY_LATER && store_answers(sender->store), tries);
	}
	return lacks && written == WRITE_RETRY ? WRITTEN : written;
}

/* False: it cannot be written, which the attempt then says; or (sending->heavy) not now. */
static bool render(struct sender *sender, struct job *job, struct sending *sending, struct attempt *attempt)
{
	struct outcome *outcome = &job->outcome;
	struct error error;
	enum written written = write_mail(sender, job, sending, &error);

	if (sending->heavy)
		return false;
	if (written == WRITE_GOES_BACK) {
		attempt->store_trouble = arena_string(&outcome->arena, error.text);
		return false;
	}
	if (written != WRITTEN) {
		outbox_attempt_rest(attempt, written == WRITE_FAILED ? DELIVERY_FAILED : DELIVERY_RETRY,
		                    arena_printf(&outcome->arena, "the mail cannot be written: %s", error.text));
		return false;
	}
	if (outcome->row.outgoing.seq)
		outcome->rendered_text = arena_string(&outcome->arena, sending->text);
	if (sending->variables) {
		outcome->row.outgoing.variables = arena_string(&outcome->arena, sending->variables);
		outcome->row.outgoing_changed = true;
	}
	return true;
}

static bool anybody_has_it(const struct attempt *attempt)
{
	for (size_t i = 0; i < attempt->count; i++)
		if (attempt->at[i].delivery == DELIVERY_SENT)
			return true;
	return false;
}

/* A notice that is refused for its files goes again without them: rather the words alone than nothing. */
static void send_without_files(struct sender *sender, struct job *job, struct attempt *attempt)
{
	struct sending sending = { .heavy_may = true, .refused = arena_string(&job->outcome.arena, attempt->at[0].reply) };

	log_event(LOG_NOTICE, "outbox.without_files", "id", job->outcome.row.outgoing.trace, "outbox", LOG_NUMBER(job->outcome.row.id), "ticket",
	          LOG_NUMBER(job->outcome.row.ticket), "reply", sending.refused, NULL);
	outbox_attempt_init(attempt, &job->outcome.arena, attempt->count);
	if (render(sender, job, &sending, attempt))
		transmit(sender, job, attempt);
}

/* Files that an agent asked for are refused: fewer go, as many as the relay said that it takes; else one alone; else none, which the mail then says. */
static void send_fewer(struct sender *sender, struct job *job, struct attempt *attempt, const char *asked, size_t count)
{
	uint64_t known = 0;

	for (int tries = 0; tries < REFUSALS && count && attempt->mail_refused && !anybody_has_it(attempt); tries++) {
		uint64_t limit = outbox_smtp_size_limit(sender->smtp);
		struct sending sending = { .heavy_may = true, .files_limit = limit, .files_alone = count > 1 && limit == known };

		if (count == 1 && limit == known)
			sending.refused = arena_string(&job->outcome.arena, attempt->at[0].reply);
		known = limit;
		log_event(LOG_NOTICE, "outbox.fewer_files", "id", job->outcome.row.outgoing.trace, "outbox", LOG_NUMBER(job->outcome.row.id), "ticket",
		          LOG_NUMBER(job->outcome.row.ticket), "reply", attempt->at[0].reply, NULL);
		job->outcome.row.outgoing.variables = outbox_without_found_files(&job->outcome.arena, asked);
		outbox_attempt_init(attempt, &job->outcome.arena, attempt->count);
		if (!render(sender, job, &sending, attempt))
			return;
		transmit(sender, job, attempt);
		count = sending.asked_files;
	}
}

/* False: this is a large mail, for the sender of those: it goes back. */
bool outbox_attempt_row(struct sender *sender, struct job *job, struct attempt *attempt)
{
	struct sending sending = { .heavy_may = job->heavy, .files_limit = outbox_smtp_size_limit(sender->smtp) };
	const char *asked = job->outcome.row.outgoing.variables;

	outbox_attempt_init(attempt, &job->outcome.arena, waiting(&job->outcome.row));
	if (render(sender, job, &sending, attempt)) {
		transmit(sender, job, attempt);
		send_fewer(sender, job, attempt, asked, sending.asked_files);
		if (sending.files && attempt->mail_refused && attempt->count && !anybody_has_it(attempt))
			send_without_files(sender, job, attempt);
	}
	if (sender->bytes.room > BUFFER_KEPT)
		buffer_fini(&sender->bytes);
	return !sending.heavy;
}
