/*
 * cli_top.c - `top`: the desk at a glance, again every two seconds: queues, what flows in and out, what waits, what came last.
 *
 * Plain escape codes on the terminal's second screen, which is left as it was; q ends it. Elsewhere than on a terminal it is said once, and with --json
 * as one value. Reads only figures that are kept, and the newest rows, so that it costs the desk nothing. May not change anything.
 */
#include "cli_private.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define ROUND_MS 2000
#define LAST_MOST 50             /* mails that are looked at; as many are shown as there is room for */
#define OVER_MS 60000            /* over which the flow is measured */
#define SEEN (OVER_MS / ROUND_MS + 1)

struct seen { int64_t at_us, in, out; };
struct top {
	struct cli *cli;
	struct store_figures figures;
	struct mailbox_rows last;
	struct seen seen[SEEN]; size_t count;    /* the newest first */
};

static volatile sig_atomic_t told_to_end;

static void on_signal(int signal)
{
	(void)signal;
	told_to_end = 1;
}

/* ---- what is seen ---- */

static enum status look(struct top *top, struct error *error)
{
	struct cli *cli = top->cli;
	enum status status = store_figures(cli->store, &cli->arena, &top->figures, error);

	if (status == STATUS_OK)
		status = store_mailbox(cli->store, &cli->arena, LAST_MOST, &top->last, error);
	if (status != STATUS_OK)
		return status;
	memmove(&top->seen[1], &top->seen[0], (SEEN - 1) * sizeof top->seen[0]);
	top->seen[0] = (struct seen){ clock_monotonic_us(), top->last.count ? top->last.at[0].id : 0, top->figures.outbox[OUTBOX_SENT] };
	top->count += top->count < SEEN;
	return STATUS_OK;
}

/* In a minute, by what came since the oldest look. */
static double flow(const struct top *top, bool in)
{
	const struct seen *now = &top->seen[0], *then = &top->seen[top->count - 1];
	double minutes = (double)(now->at_us - then->at_us) / 60e6;

	return minutes > 0 ? (double)(in ? now->in - then->in : now->out - then->out) / minutes : 0;
}

/* ---- as JSON ---- */

static void as_json(struct top *top)
{
	struct json json;
	const struct store_figures *figures = &top->figures;

	json_init(&json, &top->cli->out);
	json_object(&json, NULL);
	json_time(&json, "at", clock_now());
	json_number(&json, "tickets", figures->tickets);
	json_number(&json, "overdue", figures->overdue);
	json_array(&json, "queues");
	for (size_t i = 0; i < figures->queues.count; i++) {
		json_object(&json, NULL);
		json_string(&json, "queue", figures->queues.at[i].queue);
		for (int state = 0; state < STATE_COUNT; state++)
			json_number(&json, desk_ticket_state_name((enum ticket_state)state), figures->queues.at[i].by_state[state]);
		json_object_end(&json);
	}
	json_array_end(&json);
	json_object(&json, "outbox");
	for (int state = OUTBOX_WAITING; state <= OUTBOX_FAILED; state++)
		json_number(&json, store_outbox_state_name((enum outbox_state)state), figures->outbox[state]);
	json_time(&json, "oldest", figures->oldest_waiting);
	json_object_end(&json);
	json_time(&json, "last_mail", figures->last_mail);
	json_object_end(&json);
	buffer_add_char(&top->cli->out, '\n');
}

/* ---- as a screen ---- */

static void heading(struct cli *cli, const char *text)
{
	buffer_printf(&cli->out, "\n%s%s%s\n", cli_colours() ? CLI_BOLD : "", text, cli_colours() ? CLI_PLAIN : "");
}

static void show_queues(struct top *top)
{
	static const enum ticket_state states[] = { STATE_NEW, STATE_OPEN, STATE_PENDING, STATE_RESOLVED, STATE_CLOSED };
	struct cli *cli = top->cli;
	struct cli_column columns[COUNT_OF(states) + 1] = { { .title = "QUEUE", .cut = CUT_LAST } };
	struct cli_table table = { .columns = columns, .width = COUNT_OF(columns) };
	char number[24];

	for (size_t k = 0; k < COUNT_OF(states); k++)
		columns[k + 1] = (struct cli_column){ .title = desk_ticket_state_name(states[k]), .right = true };
	for (size_t i = 0; i < top->figures.queues.count; i++) {
		cli_table_cell(cli, &table, top->figures.queues.at[i].queue);
		for (size_t k = 0; k < COUNT_OF(states); k++)
			cli_table_cell(cli, &table, log_number(number, top->figures.queues.at[i].by_state[states[k]]));
	}
	cli_table_print(cli, &table);
}

static void show_flow(struct top *top)
{
	struct cli *cli = top->cli;
	const struct store_figures *figures = &top->figures;
	const char *bad = cli_colours() ? cli_colour("error") : "", *plain = *bad ? CLI_PLAIN : "";

	buffer_printf(&cli->out, "%s  %s  tickets %lld  ", cli->policy.name, cli_time(&cli->arena, clock_now()), (long long)figures->tickets);
	buffer_printf(&cli->out, "%soverdue %lld%s\n", figures->overdue ? bad : "", (long long)figures->overdue, figures->overdue ? plain : "");
	buffer_printf(&cli->out, "in %.1f/min, last %s ago   out %.1f/min, %lld wait%s%s   failed %lld\n", flow(top, true), figures->last_mail ? cli_age(&cli->arena, figures->last_mail) : "-",
	              flow(top, false), (long long)figures->outbox[OUTBOX_WAITING], figures->oldest_waiting ? ", oldest " : "",
	              figures->oldest_waiting ? cli_age(&cli->arena, figures->oldest_waiting) : "", (long long)figures->outbox[OUTBOX_FAILED]);
}

static void show_last(struct top *top, int room)
{
	static const struct cli_column columns[] = {
		{ "AGE", true, CUT_NEVER, false }, { "FROM", false, CUT_FIRST, false }, { "BECAME", false, CUT_NEVER, false }, { "TICKET", true, CUT_NEVER, false },
		{ "SUBJECT", false, CUT_LAST, false },
	};
	struct cli *cli = top->cli;
	struct cli_table table = { .columns = columns, .width = COUNT_OF(columns) };
	char number[24];

	for (size_t i = 0; i < top->last.count && (int)i < room; i++) {
		const struct mailbox_row *row = &top->last.at[i];

		cli_table_cell(cli, &table, cli_short_age(&cli->arena, row->received));
		cli_table_cell(cli, &table, row->from && *row->from ? row->from : "<>");
		cli_table_cell(cli, &table, row->disposition);
		cli_table_cell(cli, &table, row->ticket ? log_number(number, row->ticket) : "-");
		cli_table_cell(cli, &table, row->subject);
	}
	cli_table_print(cli, &table);
}

static void show(struct top *top)
{
	int lines = cli_lines() ? cli_lines() : 40;

	show_flow(top);
	heading(top->cli, "Queues");
	show_queues(top);
	heading(top->cli, "Last mails in");
	show_last(top, lines - 9 - (int)top->figures.queues.count);
}

/* ---- on a terminal ---- */

/* Each line to its end, the rest of the screen empty: nothing flickers. */
static bool draw(struct cli *cli)
{
	CLEANUP_BUFFER struct buffer screen = { 0 };
	int line = 0, most = cli_lines();

	buffer_add_string(&screen, "\033[H");
	for (const char *at = buffer_string(&cli->out); *at && line < most - 1; line++) {
		size_t length = strcspn(at, "\n");

		buffer_add(&screen, at, length);
		buffer_add_string(&screen, "\033[K\r\n");
		at += length + (at[length] == '\n');
	}
	buffer_add_string(&screen, "\033[Jq: quit");
	buffer_reset(&cli->out);
	return write_all(cli_output(), screen.at, screen.length);
}

/* True: go on. */
static bool wait_for_key(void)
{
	struct pollfd keys = { .fd = STDIN_FILENO, .events = POLLIN };
	char key;

	if (poll(&keys, 1, ROUND_MS) <= 0 || told_to_end)
		return !told_to_end;
	return read(STDIN_FILENO, &key, 1) == 1 && key != 'q' && key != 'Q' && key != 3;
}

static enum status live(struct top *top, struct error *error)
{
	static const char begin[] = "\033[?1049h\033[?25l\033[2J", end[] = "\033[?25h\033[?1049l";
	struct cli *cli = top->cli;
	struct termios before, raw;
	struct sigaction action = { .sa_handler = on_signal };
	bool keys = tcgetattr(STDIN_FILENO, &before) == 0, more = true;
	enum status status = STATUS_OK;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	if (keys) {
		raw = before;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	write_all(cli_output(), begin, sizeof begin - 1);
	while (more && status == STATUS_OK) {
		struct arena whole = cli->arena;

		arena_init(&cli->arena);
		if ((status = look(top, error)) == STATUS_OK) {
			show(top);
			more = draw(cli);
		}
		arena_fini(&cli->arena);
		cli->arena = whole;
		more = more && status == STATUS_OK && wait_for_key();
	}
	write_all(cli_output(), end, sizeof end - 1);
	if (keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
	return status;
}

enum status cli_run_top(struct cli *cli, struct error *error)
{
	struct top top = { .cli = cli };
	enum status status = cli_need_store(cli, false, error);

	if (status != STATUS_OK)
		return status;
	if (cli_terminal() && isatty(STDIN_FILENO) && !cli->json)
		return live(&top, error);
	if ((status = look(&top, error)) != STATUS_OK)
		return status;
	if (cli->json)
		as_json(&top);
	else
		show(&top);
	return STATUS_OK;
}
