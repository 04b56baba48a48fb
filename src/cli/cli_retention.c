/*
 * cli_retention.c - `retention [--dry-run]`: what the configuration lets go of because it is old, now, and not only at night.
 *
 * Works beside the daemon: small transactions, with rests between them. The mirror follows.
 */
#include "cli_private.h"
#include "mirror.h"

#include <time.h>
#include <unistd.h>

struct following { struct cli *cli; struct mirror *mirror; bool failed; };

static bool rest(void *context, int ms)
{
	const struct timespec time = { ms / 1000, ms % 1000 * 1000000L };

	(void)context;
	nanosleep(&time, NULL);
	return true;
}

static void changed(void *context, int64_t ticket)
{
	struct following *following = context;
	struct cli *cli = following->cli;
	struct error error;
	enum status status = STATUS_OK;

	if (!*cli->config->mirror_maildir || access(cli->config->mirror_maildir, F_OK) != 0)
		return;
	if (!following->mirror)
		status = mirror_open(cli->config, &following->mirror, &error);
	if (status == STATUS_OK)
		status = mirror_renew(following->mirror, cli->config, &cli->policy, cli->store, ticket, 0, &error);
	if (status != STATUS_OK && !following->failed)
		cli_warn("%s; the mirror is made anew by sportello mirror", error.text);
	following->failed |= status != STATUS_OK;
}

static const char *const whats[] = { "attachments", "raw", "words" };

static void as_json(struct cli *cli, const struct gateway_retention *run)
{
	struct json json;

	json_init(&json, &cli->out);
	json_object(&json, NULL);
	json_bool(&json, "dry_run", run->dry);
	json_array(&json, "rules");
	for (size_t i = 0; i < run->counts.count; i++) {
		const struct config_retention *rule = &cli->config->retention.at[i];
		const struct retention_count *count = &run->counts.at[i];

		json_object(&json, NULL);
		json_string(&json, "what", whats[rule->what]);
		json_string(&json, "queue", *rule->queue ? rule->queue : NULL);
		json_string(&json, "state", rule->state);
		json_number(&json, "days", rule->days);
		json_number(&json, "tickets", count->tickets);
		json_number(&json, "mails", count->mails);
		json_number(&json, "bytes", count->bytes);
		json_number(&json, "held", count->held);
		json_object_end(&json);
	}
	json_array_end(&json);
	json_number(&json, "sent", run->sent);
	json_object_end(&json);
	buffer_add_char(&cli->out, '\n');
}

static void as_words(struct cli *cli, const struct gateway_retention *run)
{
	for (size_t i = 0; i < run->counts.count; i++) {
		const struct config_retention *rule = &cli->config->retention.at[i];
		const struct retention_count *count = &run->counts.at[i];

		buffer_printf(&cli->out, "%s of %s tickets%s%s, %d days: %lld ticket%s, %lld mail%s, %s", whats[rule->what], rule->state, *rule->queue ? " in " : "", rule->queue, rule->days,
		              (long long)count->tickets, count->tickets == 1 ? "" : "s", (long long)count->mails, count->mails == 1 ? "" : "s", cli_size(&cli->arena, (uint64_t)count->bytes));
		if (count->held)
			buffer_printf(&cli->out, "; %lld held (retention_hold)", (long long)count->held);
		buffer_add_char(&cli->out, '\n');
	}
	if (!run->counts.count)
		buffer_add_string(&cli->out, "no rule is set: see retention in sportello.conf(5)\n");
	if (cli->config->retention_sent_days)
		buffer_printf(&cli->out, "copies of words in sent mails, %d days: %lld\n", cli->config->retention_sent_days, (long long)run->sent);
	buffer_add_string(&cli->out, run->dry ? "dry run: nothing was changed\n" : "done\n");
}

enum status cli_run_retention(struct cli *cli, struct error *error)
{
	struct following following = { .cli = cli };
	struct gateway_retention run = { .dry = cli->option[O_DRY_RUN] != NULL, .rest = rest, .changed = changed, .context = &following };
	enum status status = cli_need_store(cli, false, error);

	if (status != STATUS_OK)
		return status;
	run.config = cli->config;
	run.policy = &cli->policy;
	run.store = cli->store;
	status = gateway_retention_run(&run, &cli->arena, error);
	mirror_close(&following.mirror);
	if (status != STATUS_OK)
		return status;
	if (cli->json)
		as_json(cli, &run);
	else
		as_words(cli, &run);
	return STATUS_OK;
}
