/*
 * cli_ticket_words.c - tickets for people: the list as a table, one ticket as a conversation.
 *
 * A message shows what is new in it; what it quotes stands in the messages above. What was left out can be had by
 * `sportello ticket raw N MESSAGE`.
 * May not read the store but through cli_message_words().
 */
#include "cli_private.h"

#include <stdio.h>
#include <string.h>

static void heading(struct cli *cli, const char *text)
{
	bool colours = cli_colours();

	buffer_printf(&cli->out, "\n%s%s%s\n", colours ? CLI_BOLD : "", text, colours ? CLI_PLAIN : "");
}

static void field(struct cli *cli, const char *name, const char *value)
{
	if (value && *value)
		buffer_printf(&cli->out, "%-10s %s\n", name, value);
}

static const char *suggested(struct arena *arena, const struct suggestion *suggestion)
{
	const char *list = "";

	for (size_t i = 0; i < suggestion->articles.count; i++)
		list = arena_printf(arena, "%s%s%s", list, i ? ", " : "", suggestion->articles.at[i].id);
	return arena_printf(arena, "%s (%s)", cli_safe(arena, list, false), *suggestion->outcome ? suggestion->outcome : "no word on it yet");
}

/* Who gets the next answer, and who was named but does not. */
static void people(struct cli *cli, const struct ticket_facts *facts)
{
	struct arena *arena = &cli->arena;
	struct readers readers;

	desk_readers(arena, facts, &readers);
	for (size_t i = 0; i < readers.count; i++)
		field(cli, i ? "" : "Readers", arena_printf(arena, "%s (%s)", cli_person(arena, readers.at[i].address, readers.at[i].name), readers.at[i].why));
	for (size_t i = 0; i < facts->outside.count; i++) {
		const struct participant *person = &facts->outside.at[i];
		bool left = person->role == ROLE_LEFT;

		field(cli, i ? "" : "No readers", arena_printf(arena, "%s (%s)", cli_person(arena, person->address, person->name),
		                                               left ? "left" : "proposed, not let in"));
	}
}

/* Those that have a line of their own. */
static void fields(struct cli *cli, const struct ticket_facts *facts)
{
	for (const struct desk_field *row = desk_fields; row->name; row++) {
		const char *word = row->label ? desk_field_word(facts, row) : "";

		if (row->label)
			field(cli, row->label, *word ? cli_safe(&cli->arena, word, false) : row->nobody);
	}
}

static void head_block(struct cli *cli, const struct ticket_row *row)
{
	const struct ticket_facts *facts = &row->facts;
	struct arena *arena = &cli->arena;
	const char *state = desk_ticket_state_name(facts->state), *escape = cli_colours() ? cli_colour(state) : "";

	buffer_printf(&cli->out, "Ticket %lld: %s\n", (long long)facts->id, cli_safe(arena, facts->subject, false));
	buffer_printf(&cli->out, "%-10s %s%s%s%s\n", "State", escape, state, *escape ? CLI_PLAIN : "",
	              facts->state == STATE_PENDING && facts->pending_until ? arena_printf(arena, " until %s", cli_time(arena, facts->pending_until)) : "");
	fields(cli, facts);
	field(cli, "Customer", cli_person(arena, facts->customer.address, facts->customer.name));
	people(cli, facts);
	field(cli, "Tags", cli_join(arena, &facts->tags, ", "));
	field(cli, "Watchers", cli_join(arena, &facts->watchers, ", "));
	field(cli, "Linked", cli_join(arena, &row->linked, ", "));
	if (facts->suggestion.shown > SUGGESTION_NOTHING)
		field(cli, "Suggested", suggested(arena, &facts->suggestion));
	if (facts->merged_into)
		field(cli, "Merged", arena_printf(arena, "into %lld, where answers go", (long long)facts->merged_into));
	if (row->stars)
		field(cli, "Rating", arena_printf(arena, "%d of 5%s%s", row->stars, *row->rating ? ": " : "", cli_safe(arena, row->rating, false)));
	field(cli, "Created", arena_printf(arena, "%s (%s)", cli_time(arena, facts->created), cli_age(arena, facts->created)));
	if (facts->updated > facts->created)
		field(cli, "Updated", arena_printf(arena, "%s (%s)", cli_time(arena, facts->updated), cli_age(arena, facts->updated)));
}

static void attachment_lines(struct cli *cli, const struct mail *mail)
{
	for (size_t i = 0; mail && i < mail->attachments.count; i++) {
		const struct mail_attachment *attachment = &mail->attachments.at[i];

		buffer_printf(&cli->out, "    [attachment %zu: %s, %s, %s]\n", i + 1, cli_safe(&cli->arena, attachment->filename, false),
		              cli_safe(&cli->arena, attachment->content_type, false), cli_size(&cli->arena, attachment->size));
	}
}

static void why_lines(struct cli *cli, const struct ticket_row *row, int seq)
{
	struct strings why = { 0 };

	if (cli->option[O_WHY])
		cli_message_why(cli, row, seq, &why);
	for (size_t i = 0; i < why.count; i++)
		buffer_printf(&cli->out, "    [why: %s]\n", cli_safe(&cli->arena, why.at[i], false));
}

static void message_block(struct cli *cli, const struct message_row *row)
{
	struct cli_message words;
	const char *who = row->agent && *row->agent ? cli_safe(&cli->arena, row->agent, false) : cli_person(&cli->arena, row->from.address, row->from.name);
	const char *to = row->out && row->to.count ? arena_printf(&cli->arena, " to %s", cli_join(&cli->arena, &row->to, ", ")) : "";

	cli_message_words(cli, row, &words);
	heading(cli, arena_printf(&cli->arena, "%d. %s from %s%s, %s", row->seq, desk_message_kind_name(row->kind), who, to, cli_time(&cli->arena, row->date)));
	if (row->flags && *row->flags)
		buffer_printf(&cli->out, "    (%s)\n", cli_safe(&cli->arena, row->flags, false));
	const char *shown = words.mail && !row->text ? mail_words(words.mail, row->seq == 1 && !row->out) : *words.reply_text ? words.reply_text : words.text;
	cli_indent(&cli->out, cli_safe(&cli->arena, shown, true), "    ");
	attachment_lines(cli, words.mail);
}

void cli_ticket_page(struct cli *cli, const struct ticket_row *row)
{
	head_block(cli, row);
	for (size_t i = 0; i < row->messages.count; i++) {
		struct arena whole = cli_message_begin(cli);

		message_block(cli, &row->messages.at[i]);
		cli_message_end(cli, &whole);
		why_lines(cli, row, row->messages.at[i].seq);
	}
	heading(cli, "History");
	for (size_t i = 0; i < row->history.count; i++) {
		const struct history_row *line = &row->history.at[i];
		const char *why = cli_safe(&cli->arena, line->why, false);

		buffer_printf(&cli->out, "    %s  %s: %s%s%s%s\n", cli_time(&cli->arena, line->at), cli_safe(&cli->arena, line->who, false),
		              cli_safe(&cli->arena, line->what, false), *why ? " (" : "", why, *why ? ")" : "");
	}
}

/* ---- lists ---- */

static const struct cli_column wide[] = {
	{ "TICKET", true, CUT_NEVER, false }, { "STATE", false, CUT_NEVER, true }, { "PRIORITY", false, CUT_NEVER, true }, { "QUEUE", false, CUT_FIRST, false },
	{ "AGENT", false, CUT_FIRST, false }, { "CUSTOMER", false, CUT_FIRST, false }, { "SUBJECT", false, CUT_LAST, false }, { "AGE", false, CUT_NEVER, false },
};
static const struct cli_column narrow[] = {
	{ "TICKET", true, CUT_NEVER, false }, { "STATE", false, CUT_NEVER, true }, { "PRI", false, CUT_NEVER, true }, { "QUEUE", false, CUT_FIRST, false },
	{ "AGENT", false, CUT_FIRST, false }, { "CUSTOMER", false, CUT_FIRST, false }, { "SUBJECT", false, CUT_LAST, false }, { "AGE", true, CUT_NEVER, false },
};

/* "normal" is what nobody looks for. */
static const char *priority_cell(const char *priority)
{
	return !cli_is_narrow() ? priority : !strcmp(priority, "normal") ? "-" : !strcmp(priority, "urgent") ? "urg" : priority;
}

void cli_ticket_list_begin(struct cli *cli, struct cli_list *list)
{
	cli_list_begin(cli, list, cli_is_narrow() ? narrow : wide, COUNT_OF(wide), "no tickets\n");
}

bool cli_ticket_list_row(struct cli *cli, struct cli_list *list, const struct ticket_row *row)
{
	const struct ticket_facts *facts = &row->facts;
	char number[24];

	if (cli->json) {
		cli_ticket_json(cli, &list->json, row, false);
		return cli_list_next(cli, list);
	}
	cli_table_cell(cli, &list->table, log_number(number, facts->id));
	cli_table_cell(cli, &list->table, desk_ticket_state_name(facts->state));
	cli_table_cell(cli, &list->table, priority_cell(facts->priority));
	cli_table_cell(cli, &list->table, facts->queue);
	cli_table_cell(cli, &list->table, facts->agent && *facts->agent ? facts->agent : "-");
	cli_table_cell(cli, &list->table, facts->customer.address && *facts->customer.address ? facts->customer.address : "-");
	cli_table_cell(cli, &list->table, facts->subject);
	cli_table_cell(cli, &list->table, cli_is_narrow() ? cli_short_age(&cli->arena, facts->created) : cli_age(&cli->arena, facts->created));
	return cli_list_next(cli, list);
}

void cli_ticket_rows(struct cli *cli, const struct ticket_rows *rows)
{
	struct cli_list list;

	cli_ticket_list_begin(cli, &list);
	for (size_t i = 0; i < rows->count && cli_ticket_list_row(cli, &list, &rows->at[i]); i++)
		continue;
	cli_list_end(cli, &list);
}
