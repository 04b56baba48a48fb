/*
 * gateway_message.c - the words of a stored message. What came by mail is derived from the raw mail, so that a better parser reads old mails
 * better, too; where that is costly, once: what was made of it is kept.
 *
 * Kept is never waited for: who does not find it derives it himself. Log: derive.kept (debug), derive.trouble.
 */
#include "gateway.h"
#include "limits.h"
#include "outbox.h"

struct keep_job { int64_t raw; const struct mail *mail; bool whole; };

static enum status keep(struct store *store, void *context, struct error *error)
{
	const struct keep_job *job = context;
	return store_keep_derived(store, job->raw, job->mail, job->whole, error);
}

void gateway_keep(struct store_writer *writer, int64_t raw, const struct mail *mail, bool whole)
{
	struct keep_job job = {raw, mail, whole};
	struct error error;
	enum status status = store_write(writer, keep, &job, &error);
	log_event(status == STATUS_OK ? LOG_DEBUG : LOG_NOTICE, status == STATUS_OK ? "derive.kept" : "derive.trouble", "raw", LOG_NUMBER(raw),
	          "why", status == STATUS_OK ? "" : error.text, NULL);
}

/* *size: of its bytes. False: it cannot be read. */
static bool read_raw(struct arena *arena, struct store *store, int64_t raw, const struct mail_options *searched, const struct mail_options *whole,
                     struct mail *mail, uint64_t *size)
{
	struct store_raw bytes;
	struct error error;
	if (store_raw_open(store, raw, &bytes, &error) != STATUS_OK)
		return false;
	*size = bytes.source.size;
	/* Nearly every mail is small: what is searched is read of it, and no more. */
	mail_parse(arena, &bytes.source, *size < LIMIT_DERIVED_BYTES ? searched : whole, mail);
	store_raw_close(&bytes);
	return true;
}

const char *gateway_message_index(struct arena *arena, struct store *store, struct store_writer *writer, const struct config *config,
                                  const struct message_row *message)
{
	const struct outbox_answered notices = {store, &config->policy, &config->templates};
	const struct mail_options searched = {.light = true, .text_only = true, .text_most = LIMIT_SEARCH_BYTES};
	const struct mail_options whole = {.authserv_id = config->authserv_id, .answered = outbox_answered, .answered_context = &notices};
	struct mail mail;
	struct error error;
	uint64_t size = 0;
	if (message->text || !message->raw)
		return message->text ? message->text : "";
	if (store_recent_mail(store, arena, message->raw, &searched, &mail))
		return mail.text;
	if (store_has_derived(store, message->raw))
		return store_mail(store, arena, message->raw, &searched, &mail, &error) == STATUS_OK ? mail.text : "";
	int64_t start = clock_monotonic_us();
	if (!read_raw(arena, store, message->raw, &searched, &whole, &mail, &size))
		return "";
	if (!store_worth_keeping(size, clock_monotonic_us() - start))    /* the thread had no more of the processor than that */
		return mail.text;
	start = clock_thread_us();
	if (size < LIMIT_DERIVED_BYTES)
		store_mail(store, arena, message->raw, &whole, &mail, &error);
	if (store_worth_keeping(size, clock_thread_us() - start))
		gateway_keep(writer, message->raw, &mail, true);
	return mail.text;
}

const char *gateway_message_text(struct arena *arena, struct store *store, const struct message_row *message)
{
	struct mail_options options = {.light = true, .text_only = true, .text_most = LIMIT_SEARCH_BYTES};
	struct mail mail;
	struct error error;
	if (message->text)
		return message->text;
	return message->raw && store_mail(store, arena, message->raw, &options, &mail, &error) == STATUS_OK ? mail.text : "";
}
