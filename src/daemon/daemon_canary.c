/*
 * daemon_canary.c - a mail round trip every selftest.every: through the relay, the mail server and back to the first queue. Does mail go round?
 *
 * It is one of `sportello selftest` (a signed word in its subject): intake keeps it and does nothing else. Two in a row that do not come back are an
 * alarm, told once, and its end once, too: in the log, in /metrics, and by a mail that needs neither outbox nor queue, to an address and by a
 * relay of its own (selftest.alarm_to, selftest.alarm_relay).
 * May not hold up anything: it has a thread of its own, and a relay that hangs costs that alone. Log: selftest.lost, selftest.back, selftest.trouble.
 */
#include <string.h>

#include "daemon_private.h"

#define ROUND_MS 1000
#define RELAY_SECONDS 20                         /* for each reply of the relay */
#define PATIENCE_MS (5 * 60 * 1000)              /* how long one may be under way; half of the interval, if that is less */
#define MISSES 2

static void head(struct buffer *out, struct arena *arena, const char *from, const char *to, const char *subject, const char *message_id)
{
	buffer_printf(out, "From: Sportello <%s>\r\nTo: <%s>\r\nSubject: %s\r\nMessage-ID: %s\r\nDate: %s\r\nAuto-Submitted: auto-generated\r\n"
	              "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n", from, to, subject, message_id, time_rfc5322(arena, clock_now()));
}

static struct config_relay patient(const struct config_relay *relay)
{
	struct config_relay copy = *relay;
	copy.timeout_seconds = copy.timeout_seconds < RELAY_SECONDS ? copy.timeout_seconds : RELAY_SECONDS;
	return copy;
}

/* ---- the alarm ---- */

static void alarm_mail(const struct config *config, struct arena *arena, const char *subject, const char *why)
{
	const char *from = config->policy.queues.at[0].address, *reply;
	struct config_relay relay = patient(*config->alarm_relay.url ? &config->alarm_relay : &config->relay);
	CLEANUP_BUFFER struct buffer out;
	if (!*config->alarm_to)
		return;
	buffer_init(&out);
	head(&out, arena, from, config->alarm_to, subject, arena_printf(arena, "<%lld.alarm@%s>", (long long)clock_now(), config->policy.domain));
	buffer_printf(&out, "%s: %s\r\n\r\nOn the desk's machine, \"sportello selftest\" says where it is lost, and which line to change.\r\n", config->policy.name, why);
	if (outbox_try(&relay, arena, from, config->alarm_to, out.at, out.length, &reply) != OUTBOX_TAKEN)
		log_event(LOG_ERROR, "selftest.trouble", "to", config->alarm_to, "why", reply, NULL);
}

static void missed(struct canary *canary, const struct config *config, struct arena *arena, const char *why)
{
	canary->awaited = 0;
	canary->lost++;
	if (++canary->in_a_row < MISSES || canary->alarm)
		return;
	canary->alarm = true;
	log_event(LOG_ERROR, "selftest.lost", "in_a_row", LOG_NUMBER(canary->in_a_row), "why", why, NULL);
	alarm_mail(config, arena, "Sportello: mail does not go round", why);
}

static void came_back(struct canary *canary, const struct config *config, struct arena *arena, int64_t now)
{
	canary->awaited = 0;
	canary->in_a_row = 0;
	canary->round_trip_ms = now - canary->sent_at;
	canary->came_at = now;
	if (!canary->alarm)
		return;
	canary->alarm = false;
	log_event(LOG_NOTICE, "selftest.back", "ms", LOG_NUMBER(canary->round_trip_ms), NULL);
	alarm_mail(config, arena, "Sportello: mail goes round again", "a test mail came back");
}

/* ---- the mail ---- */

static void send_one(struct canary *canary, const struct config *config, struct arena *arena, int64_t now)
{
	const struct desk_policy *policy = &config->policy;
	const char *to = policy->queues.at[0].address, *reply = "";
	struct token token = {.kind = TOKEN_SELFTEST, .number = now * 32 + 30}, sender = {.kind = TOKEN_SELFTEST, .number = now * 32 + 31};
	struct config_relay relay = patient(&config->relay);
	CLEANUP_BUFFER struct buffer out;
	buffer_init(&out);
	const char *from = desk_token_address(arena, policy, to, &sender);
	head(&out, arena, to, to, arena_printf(arena, SELFTEST_SUBJECT "%s", desk_token(arena, &policy->keys, &token)), arena_printf(arena, "<%lld.canary@%s>", (long long)token.number, policy->domain));
	buffer_add_string(&out, "A mail of the desk to itself (selftest.every).\r\n");
	canary->sent_at = now;
	canary->awaited = token.number;
	canary->sent++;
	enum outbox_said said = outbox_try(&relay, arena, from, to, out.at, out.length, &reply);
	if (said != OUTBOX_TAKEN)
		missed(canary, config, arena, arena_printf(arena, "the relay does not take a test mail: %s", reply));
}

static void go(struct daemon *daemon, const struct config *config, struct arena *arena)
{
	struct canary *canary = &daemon->canary;
	int64_t now = clock_now(), every = config->canary_seconds * 1000LL, patience = every / 2 < PATIENCE_MS ? every / 2 : PATIENCE_MS;
	if (canary->awaited && daemon->gateway.selftest_seen == canary->awaited)
		came_back(canary, config, arena, now);
	else if (canary->awaited && now - canary->sent_at > patience)
		missed(canary, config, arena, arena_printf(arena, "the relay took a test mail, and it did not come back within %lld seconds", (long long)(patience / 1000)));
	if (!canary->awaited && (now - canary->sent_at >= every || now < canary->sent_at) && !clock_doubted())
		send_one(canary, config, arena, now);
}

int daemon_canary_round(struct daemon *daemon, struct store *store)
{
	CLEANUP_ARENA struct arena arena;
	struct config *config = daemon_config(daemon);
	(void)store;
	arena_init(&arena);
	daemon->canary.on = config->canary_seconds && config->relay.kind != RELAY_MAILDIR && config->policy.queues.count;
	if (daemon->canary.on)
		go(daemon, config, &arena);
	config_unref(&config);
	return ROUND_MS;
}
