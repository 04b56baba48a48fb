/*
 * daemon_files.c - tells the other gateways, by the database, what configuration, rules, articles and templates this one works with: `sportello check` compares.
 *
 * At the start, after a reload with other settings, and each ten minutes if something is different by then; once a day in any case, since who says nothing for a month
 * is taken for gone. A machine that is alone on its database tells nothing.
 */
#include "daemon_private.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define AGAIN_US (10 * 60 * 1000000LL)
#define ALIVE_US (24 * 60 * 60 * 1000000LL)

static enum status tell(struct store *store, void *context, struct error *error)
{
	char name[256] = "";

	gethostname(name, sizeof name - 1);
	return store_machine_tell(store, *name ? name : "localhost", context, error);
}

void daemon_files_tick(struct daemon *daemon, struct store *store)
{
	int64_t now = clock_monotonic_us();
	struct config *config;
	uint64_t sums[CONFIG_DIGESTS];
	char words[CONFIG_DIGESTS * 17 + 1] = "";
	struct error error;

	if (store_is_alone(store))
		return;
	config = daemon_config(daemon);
	if (daemon->files.told && daemon->files.digest == config->digest && now < daemon->files.looked + AGAIN_US) {
		config_unref(&config);
		return;
	}
	daemon->files.digest = config->digest;
	config_digests(config, sums);
	config_unref(&config);
	for (size_t i = 0; i < CONFIG_DIGESTS; i++)
		snprintf(words + strlen(words), sizeof words - strlen(words), "%s%016llx", i ? " " : "", (unsigned long long)sums[i]);
	daemon->files.looked = now;
	if (daemon->files.told && strcmp(words, daemon->files.words) == 0 && now < daemon->files.said + ALIVE_US)
		return;
	daemon->files.said = now;
	daemon->files.told = store_write(daemon->gateway.writer, tell, words, &error) == STATUS_OK;
	memcpy(daemon->files.words, words, sizeof words);
}
