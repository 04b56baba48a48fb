/*
 * mail_calendar.c - what a calendar part (iCalendar, RFC 5545, RFC 5546) is about, as a line that a person reads.
 *
 * "Accepted: Visit of the technician, 2026-10-06 08:00 UTC, room 4", and below it the description: for mails that bring
 * nothing else to read. In the language of its own words, else of the mail, else English; the words stand in one table.
 * Reads the first event only, one pass over at most LIMIT_CALENDAR_BYTES. May not compute with time zones: a time is
 * written as the part says it, with its zone. Makes no problems.
 */
#include "mail_private.h"

#define WHEN_MAX 80

enum act { ACT_EVENT, ACT_INVITATION, ACT_ACCEPTED, ACT_DECLINED, ACT_TENTATIVE, ACT_CANCELLED, ACT_COUNTER, ACTS };

static const struct { const char language[3]; const char *acts[ACTS]; } words[] = {
	{ "en", { "Event", "Invitation", "Accepted", "Declined", "Tentatively accepted", "Cancelled", "New time proposed" } },
	{ "it", { "Evento", "Invito", "Accettato", "Rifiutato", "Accettato con riserva", "Annullato", "Proposta una nuova ora" } },
	{ "de", { "Termin", "Einladung", "Zugesagt", "Abgesagt", "Mit Vorbehalt zugesagt", "Termin abgesagt", "Neue Zeit vorgeschlagen" } },
	{ "fr", { "Événement", "Invitation", "Accepté", "Refusé", "Accepté provisoirement", "Annulé", "Nouvel horaire proposé" } },
	{ "es", { "Evento", "Invitación", "Aceptada", "Rechazada", "Aceptada provisionalmente", "Cancelada", "Nueva hora propuesta" } },
};

struct event { struct span method, summary, start, zone, place, description, answer, language, status; bool date_only, inside, done; };

/* Folded lines joined (RFC 5545 section 3.1). */
static struct span unfolded(struct arena *arena, struct span in)
{
	char *out = arena_room(arena, in.length + 1);
	size_t n = 0;
	for (size_t i = 0; i < in.length; i++) {
		if (in.at[i] == '\r')
			continue;
		if (in.at[i] == '\n' && i + 1 < in.length && (in.at[i + 1] == ' ' || in.at[i + 1] == '\t'))
			i++;
		else
			out[n++] = in.at[i];
	}
	return (struct span){ out, n };
}

/* The value of a parameter in "NAME;A=b;C=d". */
static struct span parameter(struct span head, const char *name)
{
	const char *at = mail_span_find_nocase(head, name);
	if (!at)
		return (struct span){ "", 0 };
	at += strlen(name);
	const char *stop = head.at + head.length, *end;
	if (at < stop && *at == '"')
		at++;
	for (end = at; end < stop && *end != ';' && *end != '"'; end++)
		;
	return (struct span){ at, (size_t)(end - at) };
}

static bool named(struct span head, const char *name)
{
	size_t length = strlen(name);
	return mail_span_starts_nocase(head, name) && (head.length == length || head.at[length] == ';');
}

static void take_line(struct event *event, struct span head, struct span value)
{
	if (named(head, "BEGIN") && (mail_span_equal_nocase(value, "VEVENT") || mail_span_equal_nocase(value, "VTODO")))
		event->inside = !event->done;
	else if (named(head, "END") && (mail_span_equal_nocase(value, "VEVENT") || mail_span_equal_nocase(value, "VTODO")))
		event->done = event->done || event->inside, event->inside = false;
	else if (named(head, "BEGIN") && event->inside)
		event->inside = false, event->done = true;                /* an alarm: what matters stands before it */
	else if (named(head, "METHOD") && !event->method.length)
		event->method = value;
	if (!event->inside)
		return;
	if (named(head, "SUMMARY")) {
		event->summary = value;
		event->language = parameter(head, ";language=");
	} else if (named(head, "DTSTART") || (named(head, "DUE") && !event->start.length)) {
		event->start = value;
		event->zone = parameter(head, ";tzid=");
		event->date_only = value.length == 8;
	} else if (named(head, "LOCATION")) {
		event->place = value;
	} else if (named(head, "DESCRIPTION")) {
		event->description = value;
	} else if (named(head, "STATUS")) {
		event->status = value;
	} else if (named(head, "ATTENDEE") && !event->answer.length) {
		event->answer = parameter(head, ";partstat=");
	}
}

/* The colon behind name and parameters; quoted parameters may hold some. */
static size_t colon_of(struct span line)
{
	bool quoted = false;
	for (size_t i = 0; i < line.length; i++)
		if (line.at[i] == '"')
			quoted = !quoted;
		else if (line.at[i] == ':' && !quoted)
			return i;
	return line.length;
}

static struct event read_event(struct arena *arena, struct span text)
{
	struct event event = { .done = false };
	while (text.length && !arena_spent(arena)) {
		const char *end = memchr(text.at, '\n', text.length);
		struct span line = { text.at, end ? (size_t)(end - text.at) : text.length };
		size_t used = line.length + (end != NULL), colon = colon_of(line);
		if (colon < line.length)
			take_line(&event, (struct span){ line.at, colon }, mail_span_trim((struct span){ line.at + colon + 1, line.length - colon - 1 }));
		text = (struct span){ text.at + used, text.length - used };
	}
	return event;
}

static enum act act_of(const struct event *event)
{
	if (mail_span_equal_nocase(event->method, "CANCEL") || mail_span_equal_nocase(event->status, "CANCELLED"))
		return ACT_CANCELLED;
	if (mail_span_equal_nocase(event->method, "COUNTER"))
		return ACT_COUNTER;
	if (mail_span_equal_nocase(event->method, "REPLY"))
		return mail_span_equal_nocase(event->answer, "DECLINED") ? ACT_DECLINED : mail_span_equal_nocase(event->answer, "TENTATIVE") ? ACT_TENTATIVE : ACT_ACCEPTED;
	return mail_span_equal_nocase(event->method, "REQUEST") ? ACT_INVITATION : ACT_EVENT;
}

/* 20261006T080000Z: 2026-10-06 08:00 UTC. */
static void add_when(struct buffer *out, const struct event *event)
{
	const char *d = event->start.at;
	for (size_t i = 0; i < event->start.length && i < 8; i++)
		if (!is_digit(d[i]))
			return;
	if (event->start.length < 8)
		return;
	buffer_printf(out, ", %.4s-%.2s-%.2s", d, d + 4, d + 6);
	if (event->date_only || event->start.length < 13)
		return;
	buffer_printf(out, " %.2s:%.2s", d + 9, d + 11);
	if (d[event->start.length - 1] == 'Z')
		buffer_add_string(out, " UTC");
	else if (event->zone.length && event->zone.length < WHEN_MAX)
		buffer_printf(out, " (%.*s)", (int)event->zone.length, event->zone.at);
}

/* RFC 5545 section 3.3.11: \n, \, \; and \\ in a text. */
static void add_text(struct buffer *out, struct span value, bool one_line)
{
	for (size_t i = 0; i < value.length; i++) {
		char c = value.at[i];
		if (c == '\\' && i + 1 < value.length) {
			c = value.at[++i];
			if (c == 'n' || c == 'N')
				c = one_line ? ' ' : '\n';
		}
		buffer_add_char(out, c);
	}
}

static size_t language_of(struct arena *arena, const struct event *event, const char *mail_language)
{
	struct buffer all CLEANUP_BUFFER;
	buffer_init(&all);
	add_text(&all, event->summary, true);
	buffer_add_char(&all, ' ');
	add_text(&all, event->description, true);
	const char *found = mail_language_detect(buffer_string(&all), NULL);
	const char *said = event->language.length ? arena_copy(arena, event->language.at, event->language.length) : mail_language;
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (text_starts_nocase(found ? found : said ? said : "", words[i].language))
			return i;
	return 0;
}

struct span mail_calendar_line(struct arena *arena, struct span text, const char *mail_language)
{
	if (text.length > LIMIT_CALENDAR_BYTES)
		text.length = LIMIT_CALENDAR_BYTES;
	struct event event = read_event(arena, unfolded(arena, text));
	if (!event.summary.length && !event.start.length && !event.description.length)
		return (struct span){ "", 0 };
	struct buffer out CLEANUP_BUFFER;
	buffer_init(&out);
	buffer_printf(&out, "%s: ", words[language_of(arena, &event, mail_language)].acts[act_of(&event)]);
	add_text(&out, event.summary, true);
	add_when(&out, &event);
	if (event.place.length) {
		buffer_add_string(&out, ", ");
		add_text(&out, event.place, true);
	}
	buffer_add_char(&out, '\n');
	if (event.description.length) {
		buffer_add_char(&out, '\n');
		add_text(&out, event.description, false);
	}
	return span_of(utf8_clean(arena, out.at, out.length));
}
