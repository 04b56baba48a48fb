/*
 * cli_postfix.c - what the command line knows of the Postfix in front of the desk, for setup, check and selftest.
 *
 * It is looked at where --postfix names it, or where the relay is this machine: a Postfix that only happens to be installed says nothing about
 * a desk whose mail goes elsewhere.
 */
#include "cli_private.h"

#include "postfix.h"

#include <string.h>

static bool is_here(const struct config_relay *relay)
{
	return relay->kind != RELAY_MAILDIR && (!strncmp(relay->host, "127.", 4) || !strcmp(relay->host, "localhost") || !strcmp(relay->host, "::1"));
}

enum status cli_postfix(struct cli *cli, const struct config *config, struct postfix **postfix, struct error *error)
{
	const char *where = cli->option[O_POSTFIX];
	enum status status;

	*postfix = NULL;
	if (where && strcmp(where, "here") != 0 && strcmp(where, "none") != 0 && *where != '/')
		return error_set(error, STATUS_USAGE, "--postfix is here, none, or the directory of its main.cf, not \"%s\"", where);
	if (where ? !strcmp(where, "none") : !is_here(&config->relay))
		return STATUS_OK;
	status = postfix_open(&cli->arena, where && *where == '/' ? where : NULL, postfix, error);
	return status == STATUS_OK || where ? status : STATUS_OK;
}

void cli_postfix_desk(struct arena *arena, const struct config *config, struct postfix_desk *desk)
{
	const struct desk_policy *policy = &config->policy;

	*desk = (struct postfix_desk){ .separators = policy->separators, .listen = config->lmtp_listen.at[0].text, .message_bytes = config->lmtp_message_bytes };
	for (size_t i = 0; i < policy->queues.count; i++) {
		if (policy->queues.at[i].address && strchr(policy->queues.at[i].address, '@'))
			strings_add(arena, &desk->addresses, text_lower(arena, policy->queues.at[i].address));
		for (size_t k = 0; k < policy->queues.at[i].also.count; k++)
			if (strchr(policy->queues.at[i].also.at[k], '@'))
				strings_add(arena, &desk->addresses, text_lower(arena, policy->queues.at[i].also.at[k]));
	}
}
