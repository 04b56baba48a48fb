/*
 * cli_export_mail.c - `customer export WHO --send`: the same files as an archive, by mail, to an address that is his and proved.
 *
 * It goes to the relay at once and past the outbox: no copy of it stays in the desk, to be erased or found later. That it goes is in his history before it
 * does, with the address; that it did not go, behind that. From the null sender: a mail server that returns it would bring the copy back.
 * Diagnostics: "is not proved", "is not an address of", "mail to ... comes back" (65), "the relay" (75, or 65 where it refuses for good).
 */
#include "cli_export.h"

#include "outbox.h"

#include <string.h>

#define ARCHIVE "data.zip"

/* ---- to whom ---- */

static const struct customer_address *find(struct exporting *e, const char *address)
{
	for (size_t i = 0; i < e->customer.addresses.count; i++)
		if (address ? text_equal_nocase(e->customer.addresses.at[i].address, address) : e->customer.addresses.at[i].primary)
			return &e->customer.addresses.at[i];
	return NULL;
}

static const char *proved_ones(struct exporting *e)
{
	struct strings proved = { 0 };

	for (size_t i = 0; i < e->customer.addresses.count; i++)
		if (e->customer.addresses.at[i].proved)
			strings_add(&e->cli->arena, &proved, e->customer.addresses.at[i].address);
	return proved.count ? arena_printf(&e->cli->arena, "proved is: %s", cli_join(&e->cli->arena, &proved, ", "))
	                    : "none of his is: let him write from it, with DMARC, or answer a mail of the desk";
}

static enum status choose(struct exporting *e, const char *address)
{
	const struct customer_address *to = find(e, address);

	if (!to)
		return error_set(e->error, STATUS_BAD_INPUT, "%s is not an address of customer %lld", address ? address : "nothing", (long long)e->customer.id);
	if (!to->proved)
		return error_set(e->error, STATUS_BAD_INPUT, "%s is not proved, and may be anybody's; %s", to->address, proved_ones(e));
	if (to->bouncing)
		return error_set(e->error, STATUS_BAD_INPUT, "mail to %s comes back: name another address of his that is proved, or give a directory", to->address);
	e->to = to->address;
	return STATUS_OK;
}

/* ---- the mail ---- */

static enum status compose(struct exporting *e, struct buffer *bytes)
{
	struct cli *cli = e->cli;
	const struct desk_policy *policy = &cli->policy;
	const struct desk_queue *queue = &policy->queues.at[0];
	const struct mail_file file = { ARCHIVE, e->zip->out.at, e->zip->out.length };
	struct outbox_row row = { 0 };
	struct outgoing *o = &row.outgoing;

	*o = (struct outgoing){ .trace = "export", .template = "export", .language = *e->customer.language ? e->customer.language : policy->language, .queue = queue->name, .agent = "",
	                        .automatic = true, .from = { queue->address, policy->name }, .reply_to = "", .envelope_from = "", .in_reply_to = "", .subject = "", .variables = "",
	                        .date = clock_now() };
	o->message_id = arena_printf(&cli->arena, "<%lld.export.%lld@%s>", (long long)clock_now(), (long long)e->customer.id, policy->domain);
	*ARENA_PUSH(&cli->arena, &o->to) = (struct mail_address){ e->to, e->customer.name };
	return outbox_render_with_file(cli->store, policy, &cli->config->templates, &cli->arena, &row, &file, bytes, e->error);
}

static enum status hand_over(struct exporting *e, const struct buffer *bytes)
{
	struct cli *cli = e->cli;
	const char *reply = "";
	enum outbox_said said = outbox_try(&cli->config->relay, &cli->arena, "", e->to, bytes->at, bytes->length, &reply);
	enum status status;

	if (said == OUTBOX_TAKEN)
		return STATUS_OK;
	if ((status = cli_export_note(e, "export not sent", arena_printf(&cli->arena, "to %s: %s", e->to, reply))) != STATUS_OK)
		return status;
	if (said == OUTBOX_REFUSED)
		return error_set(e->error, STATUS_BAD_INPUT, "the relay refuses it (%s); nothing was sent: write it into a directory (customer export %lld DIR)", reply, (long long)e->customer.id);
	return error_set(e->error, STATUS_TRY_LATER, "the relay does not take it now (%s); nothing was sent: try again later", reply);
}

static enum status send(struct exporting *e)
{
	CLEANUP_BUFFER struct buffer bytes = { 0 };
	enum status status = compose(e, &bytes);

	if (status == STATUS_OK)
		status = cli_export_note(e, "exported", arena_printf(&e->cli->arena, "by mail to %s: %s", e->to, cli_export_counts(e)));
	return status == STATUS_OK ? hand_over(e, &bytes) : status;
}

enum status cli_export_send(struct exporting *e, const char *address)
{
	struct cli_zip zip = { 0 };
	enum status status = choose(e, address);

	e->zip = &zip;
	if (status == STATUS_OK)
		status = cli_export_write(e);
	cli_zip_finish(&zip);
	if (status == STATUS_OK)
		status = send(e);
	buffer_fini(&zip.out);
	return status;
}
