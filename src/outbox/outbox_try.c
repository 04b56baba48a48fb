/*
 * outbox_try.c - one mail, handed to the relay at once and past the outbox: what the relay says to it. For `sportello selftest`, and for
 * what must leave no copy in the database.
 *
 * The same client, TLS and login as for the desk's mails; or a file more in the relay's Maildir.
 */
#include "outbox_private.h"

#include <string.h>
#include <unistd.h>

enum outbox_said outbox_try(const struct config_relay *relay, struct arena *arena, const char *from, const char *to, const char *bytes, size_t length,
                            const char **reply)
{
	_Atomic int64_t stop_at = 0, connections = 0;
	struct message message = { .envelope_from = from, .recipients = &to, .count = 1, .bytes = bytes, .length = length, .name = arena_printf(arena, "%lld.P%d.try", (long long)clock_monotonic_us(), (int)getpid()) };
	struct smtp *smtp = outbox_smtp_new(&stop_at, &connections);
	struct attempt attempt;

	outbox_attempt_init(&attempt, arena, 1);
	if (relay->kind == RELAY_MAILDIR)
		outbox_maildir_send(relay->path, &message, &attempt);
	else
		outbox_smtp_send(smtp, relay, &message, &attempt);
	outbox_smtp_free(&smtp);
	*reply = attempt.at[0].reply ? attempt.at[0].reply : "";
	if (attempt.relay_trouble)
		return OUTBOX_UNREACHED;
	return attempt.at[0].delivery == DELIVERY_SENT ? OUTBOX_TAKEN : attempt.at[0].delivery == DELIVERY_FAILED ? OUTBOX_REFUSED : OUTBOX_LATER;
}
