/*
 * cli_learn_desk.c - `learn` and `learn report`: trains on the desk's own confirmed tickets, and says how right that has been.
 *
 * `learn` works in this process, beside a running daemon, which takes the new model over by itself. The figures are those of tickets
 * held out of training. The report counts what models routed by themselves and what people moved elsewhere afterwards.
 * Diagnostics: 66 where there is nothing to choose between, or no database.
 */
#include "cli_private.h"
#include "learn.h"

static enum status keep(struct cli *cli, const struct lesson *lesson, int64_t *version, struct error *error)
{
	struct buffer note = lesson->note;
	enum status status = store_begin(cli->store, error);

	if (status != STATUS_OK)
		return status;
	status = store_model_put(cli->store, lesson->began, lesson->configuration, buffer_string(&note), lesson->bytes.at, lesson->bytes.length, version, error);
	if (status == STATUS_OK)
		return store_commit(cli->store, error);
	store_rollback(cli->store);
	return status;
}

static void figures_as_json(struct cli *cli, const struct lesson *lesson, int64_t version, double seconds)
{
	const struct learn_facts *facts = &lesson->facts;
	struct json json;

	json_init(&json, &cli->out);
	json_object(&json, NULL);
	json_number(&json, "version", version);
	json_number(&json, "texts", (int64_t)facts->texts);
	json_number(&json, "queues", (int64_t)facts->classes);
	json_bool(&json, "routes", facts->threshold <= 1);
	json_real(&json, "precision_asked", facts->precision_asked);
	json_number(&json, "held_out", (int64_t)facts->held_out);
	json_real(&json, "accuracy", facts->accuracy);
	json_real(&json, "routed_share", facts->routed_share);
	json_real(&json, "routed_precision", facts->precision_held_out);
	json_number(&json, "bytes", (int64_t)lesson->bytes.length);
	json_real(&json, "seconds", seconds);
	json_object_end(&json);
	buffer_add_char(&cli->out, '\n');
}

static void figures_as_words(struct cli *cli, const struct lesson *lesson, int64_t version, double seconds)
{
	const struct learn_facts *facts = &lesson->facts;
	struct buffer *out = &cli->out;

	buffer_printf(out, "Model %lld: %zu texts, %zu queues, %s, trained in %.1f s.\n", (long long)version, facts->texts, facts->classes,
	              cli_size(&cli->arena, lesson->bytes.length), seconds);
	if (facts->held_out)
		buffer_printf(out, "Of %zu tickets held out of training, it knew the queue of %.1f %%.\n", facts->held_out, facts->accuracy * 100);
	if (facts->threshold <= 1)
		buffer_printf(out, "It routes %.1f %% of them by itself; %.1f %% of that is right (promised: %.1f %%).\n", facts->routed_share * 100,
		              facts->precision_held_out * 100, facts->precision_asked * 100);
	else
		buffer_printf(out, "It cannot show yet that %.1f %% of what it would route is right: it suggests queues, and routes nothing.\n",
		              facts->precision_asked * 100);
}

enum status cli_run_learn(struct cli *cli, struct error *error)
{
	struct lesson lesson;
	int64_t version = 0, start = clock_monotonic_us();
	enum status status = cli_need_store(cli, false, error);

	if (status != STATUS_OK)
		return status;
	status = gateway_learn_train(cli->config, cli->store, NULL, NULL, &lesson, error);
	if (status == STATUS_OK)
		status = keep(cli, &lesson, &version, error);
	if (status == STATUS_OK) {
		double seconds = (double)(clock_monotonic_us() - start) / 1e6;

		if (cli->json)
			figures_as_json(cli, &lesson, version, seconds);
		else
			figures_as_words(cli, &lesson, version, seconds);
	}
	gateway_lesson_fini(&lesson);
	return status;
}

/* ---------------------------------------------------------------- report */

static double precision_of(const struct routed_row *row)
{
	return row->routed ? (double)(row->routed - row->corrected) / (double)row->routed : 0;
}

static void row_as_json(struct json *json, const struct routed_row *row, const char *name)
{
	json_object(json, NULL);
	json_string(json, "month", row->month);
	json_string(json, name, row->queue);
	json_number(json, "routed", row->routed);
	json_number(json, "corrected", row->corrected);
	json_real(json, "precision", precision_of(row));
	json_real(json, "confidence", row->confidence);
	json_object_end(json);
}

static void model_as_json(struct json *json, const struct learned *learned)
{
	struct learn_facts facts;

	if (!learned) {
		json_null(json, "model");
		return;
	}
	learn_facts(learned->model, &facts);
	json_object(json, "model");
	json_number(json, "version", learned->version);
	json_time(json, "created", learned->created);
	json_number(json, "texts", (int64_t)facts.texts);
	json_number(json, "queues", (int64_t)facts.classes);
	json_bool(json, "routes", facts.threshold <= 1 && !learned->stopped);
	json_bool(json, "stopped", learned->stopped);
	json_real(json, "routed_share", facts.routed_share);
	json_real(json, "routed_precision", facts.precision_held_out);
	json_object_end(json);
}

static void report_as_json(struct cli *cli, const struct routed_rows *rows, const struct routed_rows *more, const struct routed_row *sum)
{
	struct json json;

	json_init(&json, &cli->out);
	json_object(&json, NULL);
	json_real(&json, "promise", cli->config->learn_precision);
	json_number(&json, "routed", sum->routed);
	json_number(&json, "corrected", sum->corrected);
	if (sum->routed)
		json_real(&json, "precision", precision_of(sum));
	else
		json_null(&json, "precision");
	model_as_json(&json, cli->learned);
	json_array(&json, "report");
	for (size_t i = 0; i < rows->count; i++)
		row_as_json(&json, &rows->at[i], "queue");
	json_array_end(&json);
	json_array(&json, "given");
	for (size_t i = 0; i < more->count; i++)
		row_as_json(&json, &more->at[i], "what");
	json_array_end(&json);
	json_object_end(&json);
	buffer_add_char(&cli->out, '\n');
}

static void rows_as_table(struct cli *cli, const struct routed_rows *rows, const char *name, const char *done)
{
	const struct cli_column columns[] = {
		{ "MONTH", false, false, false }, { name, false, true, false }, { done, true, false, false }, { "CORRECTED", true, false, false },
		{ "PRECISION", true, false, false }, { "SURE", true, false, false },
	};
	struct cli_table table = { .columns = columns, .width = COUNT_OF(columns) };
	char number[24];

	for (size_t i = 0; i < rows->count; i++) {
		const struct routed_row *row = &rows->at[i];

		cli_table_cell(cli, &table, row->month);
		cli_table_cell(cli, &table, row->queue);
		cli_table_cell(cli, &table, log_number(number, row->routed));
		cli_table_cell(cli, &table, log_number(number, row->corrected));
		cli_table_cell(cli, &table, arena_printf(&cli->arena, "%.1f %%", precision_of(row) * 100));
		cli_table_cell(cli, &table, arena_printf(&cli->arena, "%.1f %%", row->confidence * 100));
	}
	if (rows->count)
		cli_table_print(cli, &table);
}

static void report_as_table(struct cli *cli, const struct routed_rows *rows, const struct routed_rows *more, const struct routed_row *sum)
{
	rows_as_table(cli, rows, "QUEUE", "ROUTED");
	rows_as_table(cli, more, "WHAT", "GIVEN");
	if (sum->routed)
		buffer_printf(&cli->out, "%lld routed, %lld corrected: %.1f %% right (promised: %.1f %%).\n", (long long)sum->routed, (long long)sum->corrected,
		              precision_of(sum) * 100, cli->config->learn_precision * 100);
	else
		buffer_add_string(&cli->out, "No ticket was routed by the model so far.\n");
	if (cli->learned)
		buffer_printf(&cli->out, "Model %lld of %s: %s.\n", (long long)cli->learned->version, cli_time(&cli->arena, cli->learned->created),
		              cli->learned->stopped ? "stopped, since it was corrected too often; it suggests only, until it is trained again" : cli->learned->note);
}

enum status cli_run_learn_report(struct cli *cli, struct error *error)
{
	struct routed_rows rows, more;
	struct routed_row sum = { 0 };
	enum status status = cli_need_store(cli, false, error);

	if (status == STATUS_OK)
		status = store_routed_report(cli->store, &cli->arena, &rows, error);
	if (status == STATUS_OK)
		status = store_learned_report(cli->store, &cli->arena, &more, error);
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < rows.count; i++) {
		sum.routed += rows.at[i].routed;
		sum.corrected += rows.at[i].corrected;
	}
	cli->learned = gateway_learned_open(cli->store);
	if (cli->json)
		report_as_json(cli, &rows, &more, &sum);
	else
		report_as_table(cli, &rows, &more, &sum);
	return STATUS_OK;
}
