/*
 * gateway_digest.c - the lines of an agent's daily digest: by whose turn it is, each with its state, age, due time and customer, aligned, in the
 * agent's language. Nothing where nothing waits for him.
 */
#include <string.h>

#include "gateway.h"

#define LINES_MOST 100                           /* of one turn */
#define HOUR_MS (60LL * 60 * 1000)

enum { CELLS = 5 };
struct line { const char *cell[CELLS]; };
struct lines { struct line *at; size_t count, beyond; const char *older; };        /* older: said where not all were looked at */

static const char *const headings[2][DESK_LANGUAGES] = {
	{"Waiting for us:", "In attesa di noi:", "Warten auf uns:", "En attente de notre part :", "Pendientes de nosotros:"},
	{"Waiting for others:", "In attesa di altri:", "Warten auf andere:", "En attente d’autres personnes :", "Pendientes de otros:"},
};
static const char *const older[DESK_LANGUAGES] = {
	"Older ones were not looked at.", "I più vecchi non sono stati guardati.", "Ältere wurden nicht angesehen.", "Les plus anciennes n’ont pas été regardées.",
	"No se han mirado las más antiguas.",
};
static const char *const nobody[DESK_LANGUAGES] = {"nobody's", "di nessuno", "ohne Zuständigen", "à personne", "de nadie"};
static const char *const days[DESK_LANGUAGES] = {"d", "g", "T", "j", "d"};
static const char *const due_by[DESK_LANGUAGES] = {"by", "entro:", "bis", "pour le", "hasta el"};

static size_t columns(const char *text)
{
	size_t count = 0;
	for (; *text; text++)
		count += ((unsigned char)*text & 0xC0) != 0x80;
	return count;
}

static const char *age(struct arena *arena, int64_t ms, size_t language)
{
	int64_t hours = ms / HOUR_MS;
	return hours < 48 ? arena_printf(arena, "%lld h", (long long)(hours < 0 ? 0 : hours)) : arena_printf(arena, "%lld %s", (long long)hours / 24, days[language]);
}

static const char *one_line(struct arena *arena, const char *text, size_t bytes)
{
	char *line = utf8_cut(arena, text, bytes);
	for (char *at = line; *at; at++)
		if ((unsigned char)*at < 32)
			*at = ' ';
	return line;
}

static void add_line(struct store *store, struct arena *arena, const struct desk_policy *policy, const struct ticket_facts *ticket, const char *language,
                     int64_t now, struct lines *lines)
{
	size_t number = desk_language_number(language);
	const struct desk_queue *queue = desk_queue_named(policy, ticket->queue);
	const struct participant *customer = &ticket->customer;
	const char *name = customer->name && *customer->name ? customer->name : customer->address;
	struct error error;
	int64_t due = 0;
	if (lines->count == LINES_MOST) {
		lines->beyond++;
		return;
	}
	if (ticket->state == STATE_PENDING)
		due = ticket->pending_until;
	else if (queue && queue->answer_hours && store_timer_due(store, ticket->id, TIMER_ANSWER, &due, &error) != STATUS_OK)
		due = 0;
	*ARENA_PUSH(arena, lines) = (struct line){{
		arena_printf(arena, "#%lld", (long long)ticket->id), desk_state_word(ticket->state, language), age(arena, now - ticket->created, number),
		one_line(arena, name, 30),
		arena_printf(arena, "%s%s%s%s%s%s%s%s", one_line(arena, ticket->subject, 90), due ? " (" : "", due ? due_by[number] : "", due ? " " : "",
		             due ? desk_time(arena, policy, due, language) : "", due ? ")" : "", *ticket->agent ? "" : ", ", *ticket->agent ? "" : nobody[number])}};
}

static void write_lines(struct buffer *out, const struct lines *lines, const char *heading)
{
	size_t widths[CELLS] = {0};
	for (size_t i = 0; i < lines->count; i++)
		for (size_t k = 0; k + 1 < CELLS; k++)
			if (columns(lines->at[i].cell[k]) > widths[k])
				widths[k] = columns(lines->at[i].cell[k]);
	if (lines->count)
		buffer_printf(out, "%s%s\n", out->length ? "\n\n" : "", heading);
	for (size_t i = 0; i < lines->count; i++) {
		buffer_add_string(out, "\n");
		for (size_t k = 0; k + 1 < CELLS; k++)
			buffer_printf(out, "%s%*s", lines->at[i].cell[k], (int)(widths[k] - columns(lines->at[i].cell[k])) + 2, "");
		buffer_add_string(out, lines->at[i].cell[CELLS - 1]);
	}
	if (lines->beyond)
		buffer_printf(out, "\n... (+%zu)", lines->beyond);
	if (lines->count && lines->older)
		buffer_printf(out, "\n%s", lines->older);
}

static bool is_his(const struct ticket_facts *ticket, const struct desk_policy *policy, const struct desk_agent *agent)
{
	const struct desk_queue *queue = desk_queue_named(policy, ticket->queue);
	if (ticket->state == STATE_RESOLVED || ticket->merged_into)
		return false;
	if (*ticket->agent && text_equal_nocase(ticket->agent, agent->name))
		return true;
	return !*ticket->agent && queue && strings_have(&queue->agents, agent->name);
}

const char *gateway_digest_lines(struct store *store, struct arena *arena, const struct desk_policy *policy, const struct desk_agent *agent,
                                 const struct ticket_rows turns[2], int64_t now)
{
	CLEANUP_BUFFER struct buffer out;
	const char *language = desk_agents_language(policy, agent);
	struct lines lines[2] = {{0}, {0}};
	buffer_init(&out);
	for (size_t t = 0; t < 2; t++)
		lines[t].older = turns[t].count == GATEWAY_DIGEST_TICKETS ? older[desk_language_number(language)] : NULL;
	for (size_t t = 0; t < 2; t++)
		for (size_t i = turns[t].count; i > 0; i--)                      /* the oldest first */
			if (is_his(&turns[t].at[i - 1].facts, policy, agent))
				add_line(store, arena, policy, &turns[t].at[i - 1].facts, language, now, &lines[t]);
	if (!lines[0].count)
		return "";
	for (size_t t = 0; t < 2; t++)
		write_lines(&out, &lines[t], headings[t][desk_language_number(language)]);
	return arena_string(arena, buffer_string(&out));
}
