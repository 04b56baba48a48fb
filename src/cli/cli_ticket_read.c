/*
 * cli_ticket_read.c - `ticket list`, `show`, `raw`, `attachment`: looking without touching.
 *
 * raw and attachment write bytes to standard output as they are, whatever --json says.
 * May not change anything. Diagnostics: "there is no ticket N" (66), "message M of ticket N did not come by mail" (66).
 */
#include "cli_private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* What stands behind the command, and the options, which say a part of the same. */
static enum status list_query(struct cli *cli, struct query *query, struct error *error)
{
	static const struct { enum cli_option option; enum query_key key; } options[] = {
		{ O_QUEUE, QUERY_QUEUE }, { O_STATE, QUERY_STATE }, { O_AGENT, QUERY_AGENT }, { O_CUSTOMER, QUERY_CUSTOMER }, { O_TAG, QUERY_TAG },
	};
	struct strings words = { cli->words, cli->count };
	enum status status = query_read(&cli->arena, cli_join(&cli->arena, &words, " "), query, error);

	for (size_t i = 0; i < COUNT_OF(options) && status == STATUS_OK; i++)
		for (size_t k = 0; k < cli->all[options[i].option].count; k++)
			query_add(&cli->arena, query, options[i].key, cli->all[options[i].option].at[k]);
	return status == STATUS_OK ? cli_query_check(cli, query, error) : status;
}

/* One by one: neither memory nor the database is held for as long as somebody reads. */
static enum status list_tickets(struct cli *cli, const struct ticket_ids *ids, struct error *error)
{
	struct cli_list list;
	enum status status = STATUS_OK;
	bool more = true;

	cli_ticket_list_begin(cli, &list);
	for (size_t i = 0; i < ids->count && more && status == STATUS_OK; i++) {
		struct ticket_row row;

		if ((status = store_ticket_head(cli->store, &cli->arena, ids->at[i], &row, error)) == STATUS_OK)
			more = cli_ticket_list_row(cli, &list, &row);
	}
	cli_list_end(cli, &list);
	return status;
}

enum status cli_run_ticket_list(struct cli *cli, struct error *error)
{
	struct ticket_ids ids = { NULL, 0 };
	struct query query;
	size_t limit;
	enum status status;

	if ((status = cli_limit(cli, &limit, error)) != STATUS_OK || (status = cli_need_store(cli, false, error)) != STATUS_OK
	    || (status = list_query(cli, &query, error)) != STATUS_OK)
		return status;
	if ((status = cli_query_ready(cli, &query, error)) != STATUS_OK || (status = store_ticket_ids(cli->store, &cli->arena, &query, clock_now(), limit, &ids, error)) != STATUS_OK)
		return status;
	return list_tickets(cli, &ids, error);
}

enum status cli_run_ticket_show(struct cli *cli, struct error *error)
{
	struct ticket_row row;
	struct json json;
	int64_t number;
	enum status status;

	if ((status = cli_number(cli->words[0], "a ticket", &number, error)) != STATUS_OK || (status = cli_need_store(cli, false, error)) != STATUS_OK)
		return status;
	if ((status = store_ticket(cli->store, &cli->arena, number, &row, error)) != STATUS_OK)
		return status;
	if (cli->json) {
		json_init(&json, &cli->out);
		cli_ticket_json(cli, &json, &row, true);
		buffer_add_char(&cli->out, '\n');
	} else {
		cli_ticket_page(cli, &row);
	}
	return STATUS_OK;
}

/* ---------------------------------------------------------------- bytes */

static enum status find_raw(struct cli *cli, int64_t *raw, struct error *error)
{
	struct ticket_row row;
	int64_t ticket, seq;
	enum status status;

	if ((status = cli_number(cli->words[0], "a ticket", &ticket, error)) != STATUS_OK
	    || (status = cli_number(cli->words[1], "a message", &seq, error)) != STATUS_OK
	    || (status = cli_need_store(cli, false, error)) != STATUS_OK
	    || (status = store_ticket(cli->store, &cli->arena, ticket, &row, error)) != STATUS_OK)
		return status;
	for (size_t i = 0; i < row.messages.count; i++) {
		if (row.messages.at[i].seq != seq)
			continue;
		*raw = row.messages.at[i].raw;
		return *raw ? STATUS_OK : error_set(error, STATUS_NOT_FOUND, "message %lld of ticket %lld did not come by mail; ticket show %lld has its text",
		                                    (long long)seq, (long long)ticket, (long long)ticket);
	}
	return error_set(error, STATUS_NOT_FOUND, "ticket %lld has no message %lld; it has %zu", (long long)ticket, (long long)seq, row.messages.count);
}

static enum status copy_fd(const struct mail_source *source, struct error *error)
{
	char piece[65536];

	for (uint64_t at = 0; at < source->size;) {
		ssize_t got = pread(source->fd, piece, sizeof piece, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set(error, STATUS_TRY_LATER, "the kept mail cannot be read: %s", strerror(errno));
		if (got == 0)
			return error_set(error, STATUS_BROKEN, "the kept mail ends after %llu of %llu bytes; run sportello fsck", (unsigned long long)at,
			                 (unsigned long long)source->size);
		if (!write_all(cli_output(), piece, (size_t)got))
			return error_set(error, STATUS_TRY_LATER, "standard output: %s", strerror(errno));
		at += (uint64_t)got;
	}
	return STATUS_OK;
}

enum status cli_print_raw(struct cli *cli, int64_t number, struct error *error)
{
	struct store_raw raw;
	enum status status = store_raw_open(cli->store, number, &raw, error);

	if (status != STATUS_OK)
		return status;
	if (raw.source.fd >= 0)
		status = copy_fd(&raw.source, error);
	else if (!write_all(cli_output(), raw.source.data, (size_t)raw.source.size))
		status = error_set(error, STATUS_TRY_LATER, "standard output: %s", strerror(errno));
	store_raw_close(&raw);
	return status;
}

enum status cli_run_ticket_raw(struct cli *cli, struct error *error)
{
	int64_t raw;
	enum status status = find_raw(cli, &raw, error);

	return status == STATUS_OK ? cli_print_raw(cli, raw, error) : status;
}

static bool to_output(void *context, const void *bytes, size_t length)
{
	bool *failed = context;

	*failed = !write_all(cli_output(), bytes, length);
	return !*failed;
}

enum status cli_run_ticket_attachment(struct cli *cli, struct error *error)
{
	struct store_raw raw;
	int64_t number, which;
	bool failed = false;
	enum status status;

	if ((status = cli_number(cli->words[2], "an attachment", &which, error)) != STATUS_OK || (status = find_raw(cli, &number, error)) != STATUS_OK
	    || (status = store_raw_open(cli->store, number, &raw, error)) != STATUS_OK)
		return status;
	status = mail_attachment(&raw.source, (size_t)which, to_output, &failed, error);
	store_raw_close(&raw);
	return failed ? error_set(error, STATUS_TRY_LATER, "standard output: %s", strerror(errno)) : status;
}
