/*
 * daemon_mirror.c - writes the mirror, at a lower priority than the mails that come in.
 *
 * Not the store's business: a folder that cannot be written holds nothing up; the mirror goes on from its position once it can. Diagnostics:
 * mirror.trouble, once for each trouble in a row.
 */
#include <string.h>

#include "daemon_private.h"
#include "mirror.h"

#define ROUND_MS 500
#define BUSY_MS 5                                /* between two goes while there is more */
#define AT_ONCE 64                               /* messages in one go */

static enum status go(struct daemon *daemon, const struct config *config, struct store *store, size_t *written, struct error *error)
{
	enum status status = STATUS_OK;
	if (daemon->mirror && strcmp(mirror_place(daemon->mirror), config->mirror_maildir) != 0)
		mirror_close(&daemon->mirror);
	if (!daemon->mirror)
		status = mirror_open(config, &daemon->mirror, error);
	return status == STATUS_OK ? mirror_round(daemon->mirror, config, &config->policy, store, AT_ONCE, written, error) : status;
}

int daemon_mirror_round(struct daemon *daemon, struct store *store)
{
	struct config *config = daemon_config(daemon);
	struct error error;
	size_t written = 0;
	enum status status = *config->mirror_maildir ? go(daemon, config, store, &written, &error) : STATUS_OK;
	if (!*config->mirror_maildir)
		mirror_close(&daemon->mirror);
	config_unref(&config);
	if (status != STATUS_OK && !daemon->mirror_trouble)
		log_event(LOG_WARNING, "mirror.trouble", "why", error.text, NULL);
	daemon->mirror_trouble = status != STATUS_OK;
	return status == STATUS_OK && written >= AT_ONCE / 2 ? BUSY_MS : ROUND_MS;
}
