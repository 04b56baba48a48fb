/*
 * daemon_retention.c - each night, what the configuration lets go of because it is old (gateway_retention.c); and the mirror follows.
 *
 * Due while the last time that it was done is before the last time of the day that retention_at names; kept in the database, so that a night that was
 * missed is made up for, and a desk that is new, or new to this, waits for its first night. The store is opened when it may be due. Broken off by the daemon's end, it goes on at the next start.
 * Log: retention.done, retention.trouble.
 */
#include <string.h>

#include "daemon_private.h"
#include "mirror.h"

#define ROUND_MS 5000
#define REST_US (600 * 1000000LL)                /* after one that failed */
#define DAY_MS (24LL * 60 * 60 * 1000)
#define KEPT "retention_ran"

static int64_t last_due(const struct config *config, int64_t now)
{
	int64_t local = desk_local(&config->policy, now), due = local / DAY_MS * DAY_MS + config->retention_minute * 60000LL;
	return now - (local - due) - (due > local ? DAY_MS : 0);
}

static enum status keep(struct store *store, void *context, struct error *error)
{
	return store_number_set(store, KEPT, *(int64_t *)context, error);
}

static bool rest(void *context, int ms)
{
	return daemon_wait(context, ms);
}

/* What cannot be written there now is found by `fsck`, and mended by `sportello mirror`. */
static void changed(void *context, int64_t ticket)
{
	struct daemon *daemon = context;
	struct config *config = daemon->retention.config;
	struct error error;
	enum status status = STATUS_OK;
	if (!*config->mirror_maildir)
		return;
	if (!daemon->retention.mirror)
		status = mirror_open(config, &daemon->retention.mirror, &error);
	if (status == STATUS_OK)
		status = mirror_renew(daemon->retention.mirror, config, &config->policy, daemon->retention.store, ticket, 0, &error);
	if (status != STATUS_OK)
		log_event(LOG_WARNING, "mirror.trouble", "why", error.text, NULL);
}

static void tell(const struct gateway_retention *run)
{
	struct retention_count all = {0};
	for (size_t i = 0; i < run->counts.count; i++) {
		all.tickets += run->counts.at[i].tickets;
		all.mails += run->counts.at[i].mails;
		all.bytes += run->counts.at[i].bytes;
		all.held += run->counts.at[i].held;
	}
	log_event(LOG_NOTICE, "retention.done", "tickets", LOG_NUMBER(all.tickets), "mails", LOG_NUMBER(all.mails), "bytes", LOG_NUMBER(all.bytes), "held", LOG_NUMBER(all.held),
	          "sent", LOG_NUMBER(run->sent), NULL);
}

static enum status go(struct daemon *daemon, struct config *config, struct store *store, struct error *error)
{
	CLEANUP_ARENA struct arena arena = {0};
	struct gateway_retention run = {.config = config, .policy = &config->policy, .store = store, .writer = daemon->gateway.writer, .rest = rest, .changed = changed, .context = daemon};
	int64_t now = clock_now();
	daemon->retention.store = store;
	daemon->retention.config = config;
	enum status status = gateway_retention_run(&run, &arena, error);
	mirror_close(&daemon->retention.mirror);
	if (status != STATUS_OK || run.stopped)
		return status;
	tell(&run);
	return store_write(daemon->gateway.writer, keep, &now, error);
}

static enum status look(struct daemon *daemon, struct config *config, struct store *store, struct error *error)
{
	int64_t ran = 0, now = clock_now();
	enum status status = store_number_get(store, KEPT, &ran, error);
	if (status == STATUS_OK && !ran)
		return store_write(daemon->gateway.writer, keep, &now, error);
	daemon->retention.ran = status == STATUS_OK ? ran : 0;
	return status != STATUS_OK || ran >= last_due(config, now) ? status : go(daemon, config, store, error);
}

/* The store is open for as long as that takes, once a day: what was last read tells whether there is anything to do. */
static enum status look_into_store(struct daemon *daemon, struct config *config, struct error *error)
{
	struct store *store = NULL;
	enum status status = store_open(config->state_dir, config->store_url, false, &store, error);
	if (status == STATUS_OK)
		status = look(daemon, config, store, error);
	store_close(&store);
	return status;
}

static bool may_be_due(const struct daemon *daemon, const struct config *config)
{
	return clock_monotonic_us() >= daemon->retention.rest_until && store_lease_held() && !clock_doubted() && daemon->retention.ran < last_due(config, clock_now());
}

int daemon_retention_round(struct daemon *daemon, struct store *none)
{
	struct config *config = daemon_config(daemon);
	struct error error;
	enum status status = may_be_due(daemon, config) ? look_into_store(daemon, config, &error) : STATUS_OK;
	(void)none;
	if (status != STATUS_OK && !daemon->stopping) {
		daemon->retention.rest_until = clock_monotonic_us() + REST_US;
		/* A store that is locked or full is told once, by its writer. */
		log_event(status == STATUS_TRY_LATER ? LOG_NOTICE : LOG_ERROR, "retention.trouble", "why", error.text, NULL);
	}
	config_unref(&config);
	return ROUND_MS;
}
