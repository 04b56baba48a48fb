/*
 * daemon_mirror.c - writes the mirror, at a lower priority than the mails that come in.
 *
 * Not the store's business: a folder that cannot be written holds nothing up; the mirror goes on from its position once it can. It goes in small
 * steps and rests after each as long as it took: behind a burst of mails it takes half a processor at most, and never a stretch of it. Diagnostics:
 * mirror.trouble, once for each trouble in a row.
 */
#include <string.h>

#include "daemon_private.h"
#include "mirror.h"

#define ROUND_MS 500
#define SOON_MS 50                               /* after a go that had all there was */
#define BUSY_MS 2                                /* at least, between two goes while there is more */
#define AT_ONCE 16                               /* messages in one go */

static enum status go(struct daemon *daemon, const struct config *config, struct store *store, size_t *seen, struct error *error)
{
	enum status status = STATUS_OK;
	if (daemon->mirror && strcmp(mirror_place(daemon->mirror), config->mirror_maildir) != 0)
		mirror_close(&daemon->mirror);
	if (!daemon->mirror)
		status = mirror_open(config, &daemon->mirror, error);
	return status == STATUS_OK ? mirror_round(daemon->mirror, config, &config->policy, store, AT_ONCE, seen, error) : status;
}

int daemon_mirror_round(struct daemon *daemon, struct store *store)
{
	struct config *config = daemon_config(daemon);
	struct error error;
	size_t seen = 0;
	int64_t begin = clock_monotonic_us();
	enum status status = *config->mirror_maildir ? go(daemon, config, store, &seen, &error) : STATUS_OK;
	if (!*config->mirror_maildir)
		mirror_close(&daemon->mirror);
	config_unref(&config);
	if (status != STATUS_OK && !daemon->mirror_trouble)
		log_event(LOG_WARNING, "mirror.trouble", "why", error.text, NULL);
	daemon->mirror_trouble = status != STATUS_OK;
	int took = (int)((clock_monotonic_us() - begin) / 1000);
	if (status != STATUS_OK || !seen)
		return ROUND_MS;
	return seen < AT_ONCE ? SOON_MS : took > ROUND_MS ? ROUND_MS : took > BUSY_MS ? took : BUSY_MS;
}
