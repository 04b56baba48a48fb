/*
 * outbox_asked.c - what an agent asked for by a command: lists of tickets, and a whole ticket, as words of the mail that answers him.
 *
 * Made when the mail is sent: a list shows what is then, the ticket's conversation ends with the message that was the newest when he asked. Of a
 * list he sees what he may act on, and nothing else. Bounded; what is left out is counted.
 */
#include "outbox_words.h"

#include <stdlib.h>
#include <string.h>

#include "query.h"

#define LIST_MOST 60             /* tickets in a list */
#define LOOKED_MOST 2000         /* tickets that are looked at for them */
#define SUBJECT_BYTES 90
#define NAME_BYTES 30
#define SHOWN_WORDS (16 * 1024)  /* bytes of a message */
#define SHOWN_BYTES (192 * 1024) /* of the whole ticket, as far as it fits: the newest first */
#define INDEXED_AT_ONCE 200      /* messages */
#define INDEXED_MOST 2000        /* ... before a search: more is behind only while an index is made anew */
#define NAMES_MOST 30            /* attachments named with one message */

/* ---- lists ---- */

struct row { const char *cell[5]; };
struct table { struct row *at; size_t count, beyond; };
enum { CELL_NUMBER, CELL_STATE, CELL_AGENT, CELL_CUSTOMER, CELL_SUBJECT };

/* Letters, as nearly every one takes a column. */
static size_t columns_of(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xC0) != 0x80;
	return count;
}

static const char *one_line(struct arena *arena, const char *text, size_t bytes)
{
	char *line = utf8_cut(arena, text, bytes);

	for (char *at = line; *at; at++)
		if ((unsigned char)*at < 32)
			*at = ' ';
	return line;
}

static void add_row(struct rendering *r, struct table *table, const struct ticket_facts *facts)
{
	const struct participant *customer = &facts->customer;
	const char *name = customer->name && *customer->name ? customer->name : customer->address ? customer->address : "";

	*ARENA_PUSH(r->arena, table) = (struct row){ {
		arena_printf(r->arena, "#%lld", (long long)facts->id), desk_ticket_state_name(facts->state), *facts->agent ? facts->agent : "-",
		one_line(r->arena, name, NAME_BYTES), one_line(r->arena, facts->subject, SUBJECT_BYTES) } };
}

static const char *table_text(struct rendering *r, const struct table *table)
{
	CLEANUP_BUFFER struct buffer out;
	size_t widths[CELL_SUBJECT] = { 0 };

	buffer_init(&out);
	for (size_t i = 0; i < table->count; i++)
		for (size_t k = 0; k < CELL_SUBJECT; k++)
			if (columns_of(table->at[i].cell[k]) > widths[k])
				widths[k] = columns_of(table->at[i].cell[k]);
	for (size_t i = 0; i < table->count; i++) {
		for (size_t k = 0; k < CELL_SUBJECT; k++)
			buffer_printf(&out, "%s%*s", table->at[i].cell[k], (int)(widths[k] - columns_of(table->at[i].cell[k])) + 2, "");
		buffer_printf(&out, "%s\n", table->at[i].cell[CELL_SUBJECT]);
	}
	if (table->beyond)
		buffer_printf(&out, "... (+%zu)\n", table->beyond);
	return arena_string(r->arena, buffer_string(&out));
}

static bool may_see(struct rendering *r, const struct ticket_facts *facts)
{
	const struct desk_agent *agent = desk_agent_named(r->policy, r->row->outgoing.agent);
	struct ticket_row row;
	struct error error;

	if (!agent)
		return false;
	/* Who watches it is not among the columns of a list. */
	return desk_may_act(r->policy, facts, agent)
	    || (store_ticket_head(r->store, r->arena, facts->id, &row, &error) == STATUS_OK && desk_may_act(r->policy, &row.facts, agent));
}

static const char *text_of(void *context, struct arena *arena, struct store *store, const struct message_row *message)
{
	struct mail_options options = { .light = true, .text_only = true, .text_most = LIMIT_SEARCH_BYTES };
	struct mail mail;
	struct error error;

	(void)context;
	if (message->text)
		return message->text;
	return message->raw && store_mail(store, arena, message->raw, &options, &mail, &error) == STATUS_OK ? mail.text : "";
}

/* What came in the last seconds may not be in the index yet. If it cannot be put there, what is there is searched. */
static void catch_up(struct rendering *r)
{
	struct error error;
	size_t done = INDEXED_AT_ONCE;

	for (int i = 0; i < INDEXED_MOST / INDEXED_AT_ONCE && done == INDEXED_AT_ONCE; i++)
		if (store_search_index(r->store, INDEXED_AT_ONCE, text_of, NULL, &done, &error) != STATUS_OK)
			return;
}

static enum status list(struct rendering *r, const struct query *query, struct table *table, struct error *error)
{
	struct ticket_rows rows = { NULL, 0 };
	enum status status = store_tickets(r->store, r->arena, query, clock_now(), LOOKED_MOST, &rows, error);

	for (size_t i = 0; i < rows.count && status == STATUS_OK; i++) {
		if (!may_see(r, &rows.at[i].facts))
			continue;
		if (table->count < LIST_MOST)
			add_row(r, table, &rows.at[i].facts);
		else
			table->beyond++;
	}
	return status;
}

/* /list alone: what he has, and what nobody has in his queues. */
static enum status list_mine(struct rendering *r, struct buffer *out, struct error *error)
{
	struct query own = { .words = "" };
	struct table mine = { 0 }, unassigned = { 0 };
	enum status status;

	query_add(r->arena, &own, QUERY_AGENT, r->row->outgoing.agent);
	for (int state = STATE_NEW; state <= STATE_RESOLVED; state++)
		query_add(r->arena, &own, QUERY_STATE, desk_ticket_state_name((enum ticket_state)state));
	status = list(r, &own, &mine, error);
	for (size_t i = 0; i < r->policy->queues.count && status == STATUS_OK; i++) {
		struct query theirs = { .words = "" };

		if (!strings_have(&r->policy->queues.at[i].agents, r->row->outgoing.agent))
			continue;
		query_add(r->arena, &theirs, QUERY_QUEUE, r->policy->queues.at[i].name);
		query_add(r->arena, &theirs, QUERY_AGENT, "");
		for (int state = STATE_NEW; state <= STATE_PENDING; state++)
			query_add(r->arena, &theirs, QUERY_STATE, desk_ticket_state_name((enum ticket_state)state));
		status = list(r, &theirs, &unassigned, error);
	}
	record_add(out, "list_alone", "yes");
	record_add(out, "list", table_text(r, &mine));
	record_add(out, "list_free", table_text(r, &unassigned));
	return status;
}

enum status outbox_asked_list(struct rendering *r, struct buffer *out, struct error *error)
{
	const char *asked = record_get(r->arena, r->row->outgoing.variables, "list_query"), *words = record_get(r->arena, r->row->outgoing.variables, "list_words");
	struct query query = { .words = words ? words : "" };
	struct table table = { 0 };
	enum status status = STATUS_OK;

	if (!asked && !words)
		return STATUS_OK;
	if (asked && !*asked)
		return list_mine(r, out, error);
	if (asked)
		status = query_read(r->arena, asked, &query, error);
	if (*query.words)
		catch_up(r);
	if (status == STATUS_OK)
		status = list(r, &query, &table, error);
	record_add(out, "list", table_text(r, &table));
	return status == STATUS_USAGE ? STATUS_OK : status;      /* it was checked when it came: the configuration has changed since */
}

/* ---- a whole ticket ---- */

static const char *who_wrote(struct rendering *r, const struct message_row *message)
{
	const struct desk_agent *agent = *message->agent ? desk_agent_named(r->policy, message->agent) : NULL;
	const char *name = message->from.name && *message->from.name ? message->from.name : message->from.address ? message->from.address : "";

	return agent && *agent->display ? agent->display : *message->agent ? message->agent : name;
}

static void add_names(struct rendering *r, struct buffer *out, const struct message_row *message)
{
	struct mail_options options = { .light = true, .text_most = 1 };
	struct mail mail;
	struct error error;

	if (!message->raw || store_mail(r->store, r->arena, message->raw, &options, &mail, &error) != STATUS_OK)
		return;
	for (size_t i = 0; i < mail.attachments.count && i < NAMES_MOST; i++)
		buffer_printf(out, "%s%s", i ? ", " : "[", one_line(r->arena, mail.attachments.at[i].filename, 200));
	if (mail.attachments.count)
		buffer_printf(out, "%s]\n", mail.attachments.count > NAMES_MOST ? ", ..." : "");
}

/* As a notice shows what went before: behind a mark, a note with a line that says so. "": it says nothing. */
static const char *message_words(struct rendering *r, int seq)
{
	CLEANUP_BUFFER struct buffer out;
	const struct outbox_answered from = { r->store, r->policy, r->templates };
	const struct answered answered = { r->answered, &from };
	struct message_row message;
	struct words words;
	struct error error;

	buffer_init(&out);
	if (store_message(r->store, r->arena, r->row->outgoing.ticket, seq, &message, &error) != STATUS_OK || message.kind == MESSAGE_NOTICE
	    || store_words(r->store, r->arena, &message, &answered, 0, SHOWN_WORDS, &words, &error) != STATUS_OK)
		return "";
	buffer_printf(&out, "%s%s, %s:\n%s%s\n", message.kind == MESSAGE_NOTE || message.side ? "[note] " : "", who_wrote(r, &message), desk_time(r->arena, r->policy, message.date, r->row->outgoing.language),
	              words.text, words.left ? "\n[...]" : "");
	add_names(r, &out, &message);
	return strcmp(message.flags, FLAGS_COMMANDS) == 0 ? "" : arena_string(r->arena, buffer_string(&out));
}

static const char *joined(struct arena *arena, const struct strings *words)
{
	const char *all = "";

	for (size_t i = 0; i < words->count; i++)
		all = arena_printf(arena, "%s%s%s", all, i ? ", " : "", words->at[i]);
	return all;
}

static void add(struct buffer *out, const char *key, const char *value)
{
	if (value && *value)
		record_add(out, key, value);
}

/* From the newest back to where the room ends; shown from the oldest on. */
static const char *conversation(struct rendering *r, int newest)
{
	CLEANUP_BUFFER struct buffer out;
	struct strings parts = { 0 };
	size_t bytes = 0;
	int seq = newest;

	for (; seq > 0 && bytes < SHOWN_BYTES; seq--) {
		const char *words = message_words(r, seq);

		bytes += strlen(words);
		if (*words)
			strings_add(r->arena, &parts, words);
	}
	buffer_init(&out);
	if (seq > 0)
		buffer_printf(&out, "[... (+%d)]\n\n", seq);
	for (size_t i = parts.count; i > 0; i--)
		buffer_printf(&out, "%s%s", i < parts.count ? "\n" : "", parts.at[i - 1]);
	return arena_string(r->arena, buffer_string(&out));
}

void outbox_asked_ticket(struct rendering *r, struct buffer *out)
{
	const char *newest = record_get(r->arena, r->row->outgoing.variables, "show");
	const struct ticket_facts *facts = &r->ticket;

	if (!newest || !facts->id)
		return;
	add(out, "state", desk_ticket_state_name(facts->state));
	add(out, "owner", facts->agent);
	add(out, "tags", joined(r->arena, &facts->tags));
	add(out, "watchers", joined(r->arena, &facts->watchers));
	add(out, "created", desk_time(r->arena, r->policy, facts->created, r->row->outgoing.language));
	add(out, "history", conversation(r, atoi(newest)));
}
