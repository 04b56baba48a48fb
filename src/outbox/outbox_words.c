/*
 * outbox_words.c - the words of an outgoing mail: of the message that its row is about, put into the row's template.
 *
 * A mail to the customer's side shows only the words of the very message that it carries, a mail to an agent those of the message it
 * tells of, bounded; private notes are never read for customers because their rows are never about one. To tell what is a quote, words of
 * earlier mails of ours may be asked for (outbox_answered.c): that way comes here again, once, and is not asked there.
 */
#include "outbox_words.h"

#include <stdlib.h>
#include <string.h>

#define NOTICE_TEXT_MOST (16 * 1024)     /* bytes of a customer's text in a notice to an agent; the whole is on the ticket */
#define HISTORY_MESSAGES 8               /* earlier messages in a notice, the newest */
#define HISTORY_LOOKS    40              /* messages looked at for them: acknowledgements lie between */
#define HISTORY_WORDS    1500            /* bytes of each */
#define BEFORE_MOST      5               /* of the customer's earlier requests that a notice names */
#define NAMES_MOST       30              /* attachments named in a notice */

/* ---- what the row is about ---- */

/* Few notices tell of more than the ticket's own row. */
static enum status ticket_read(struct rendering *r, struct error *error)
{
	struct ticket_row row;

	if (!r->row->outgoing.to_agent || !desk_notice_is(r->row->outgoing.template, NOTICE_ANSWERS_COMMANDS))
		return store_ticket_alone(r->store, r->arena, r->row->outgoing.ticket, &r->ticket, error);
	enum status status = store_ticket_head(r->store, r->arena, r->row->outgoing.ticket, &row, error);
	r->ticket = row.facts;
	return status;
}

/* One message: a notice does not cost more because its ticket is long. */
static enum status message_read(struct rendering *r, struct error *error)
{
	if (!r->row->outgoing.about_seq)
		return STATUS_OK;
	enum status status = store_message(r->store, r->arena, r->row->outgoing.ticket, r->row->outgoing.about_seq, &r->message, error);
	r->about = status == STATUS_OK ? &r->message : NULL;
	return status;
}

static enum status about_read(struct rendering *r, struct error *error)
{
	const struct outgoing *outgoing = &r->row->outgoing;
	enum status status;
	bool began;

	if (!outgoing->ticket || (!outgoing->about_seq && !outgoing->to_agent))
		return STATUS_OK;
	/* In one look, and nothing is done in it but reading two rows: readers who stay hold the log of the database up. */
	if ((status = store_read_begin(r->store, &began, error)) == STATUS_OK)
		status = ticket_read(r, error);
	if (status == STATUS_OK)
		status = message_read(r, error);
	store_read_end(r->store, began);
	if (status == STATUS_NOT_FOUND)
		return STATUS_OK;
	/* Whatever the row says: a private note, or somebody else's mail, does not go to the customer's side. */
	if (!status && !outgoing->to_agent && r->about && (!r->about->out || r->about->kind == MESSAGE_NOTE))
		return error_set(error, STATUS_BAD_INPUT, "message %d of ticket %lld is not for the customer", outgoing->about_seq,
		                 (long long)outgoing->ticket);
	return status;
}

static enum status raw_read(struct rendering *r, struct error *error)
{
	const struct outbox_answered answered = { r->store, r->policy, r->templates };
	struct mail_options options = { .light = true, .answered = r->answered, .answered_context = &answered };
	enum status status;

	if (!r->about || !r->about->raw || r->parsed)
		return STATUS_OK;
	/* A notice has room for a part of the words, and names attachments: what was derived of the mail has both. */
	if (r->row->outgoing.to_agent) {
		options.text_most = LIMIT_INTAKE_TEXT;
		status = store_mail(r->store, r->arena, r->about->raw, &options, &r->mail, error);
		r->parsed = status == STATUS_OK;
		return status;
	}
	status = store_raw_open(r->store, r->about->raw, &r->raw, error);
	if (status)
		return status;
	r->raw_open = true;
	if (outbox_is_heavy(r, r->raw.source.size, &status, error))
		return status;
	/* What the disk no longer gives as it came does not go to a customer as if it were all. */
	if ((status = store_raw_check(r->store, r->about->raw, &r->raw, error)) != STATUS_OK)
		return status;
	mail_parse(r->arena, &r->raw.source, &options, &r->mail);
	r->parsed = true;
	return STATUS_OK;
}

void outbox_words_fini(struct rendering *r)
{
	if (r->raw_open)
		store_raw_close(&r->raw);
	r->raw_open = false;
	for (size_t i = 0; i < r->opened.count; i++)
		store_raw_close(&r->opened.at[i]);
	r->opened.count = 0;
}

/* The agent's words as the desk took them (without commands), else what the mail newly says. */
static const char *about_text(const struct rendering *r)
{
	const char *text = "";

	if (!r->about)
		return text;
	if (r->about->text)
		text = r->about->text;
	else if (r->parsed)
		text = mail_words(&r->mail, r->about->seq == 1 && !r->about->out && r->row->outgoing.to_agent);
	if (!r->row->outgoing.to_agent || strlen(text) <= NOTICE_TEXT_MOST)
		return text;
	return arena_printf(r->arena, "%s\n[...]", utf8_cut(r->arena, text, NOTICE_TEXT_MOST));
}

/* ---- the agent's HTML ---- */

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* No address of the house in a link either, however it is written there. */
static bool holds_house_token(const struct rendering *r, const char *html)
{
	char *plain = arena_string(r->arena, html);
	size_t n = 0;

	for (size_t i = 0; html[i]; i++) {
		bool escaped = html[i] == '%' && hex(html[i + 1]) >= 0 && hex(html[i + 2]) >= 0;

		plain[n++] = escaped ? (char)(hex(html[i + 1]) * 16 + hex(html[i + 2])) : html[i];
		i += escaped ? 2 : 0;
	}
	plain[n] = '\0';
	return desk_holds_house_token(r->policy, r->row->outgoing.ticket, html) || desk_holds_house_token(r->policy, r->row->outgoing.ticket, plain);
}

/* The words without the agent's configured signature below them, which his mail does not have; NULL: they end otherwise. */
static const char *without_signature(const struct rendering *r, const char *words, const char **signature)
{
	const struct desk_agent *agent = r->row->outgoing.agent ? desk_agent_named(r->policy, r->row->outgoing.agent) : NULL;
	size_t length = strlen(words);

	*signature = agent && agent->signature ? agent->signature : "";
	const char *end = arena_printf(r->arena, DESK_SIGNED, "", *signature);
	size_t tail = strlen(end);

	return **signature && length > tail && strcmp(words + length - tail, end) == 0 ? arena_copy(r->arena, words, length - tail) : NULL;
}

static const char *with_signature(struct arena *arena, const char *html, const char *signature)
{
	CLEANUP_BUFFER struct buffer out;

	buffer_init(&out);
	buffer_printf(&out, "%s<p>-- ", html);
	for (; *signature; signature += strcspn(signature, "\n"), signature += *signature == '\n') {
		buffer_add_string(&out, "<br>");
		mail_html_escape(&out, arena_copy(arena, signature, strcspn(signature, "\n")));
	}
	buffer_add_string(&out, "</p>");
	return arena_string(arena, buffer_string(&out));
}

/* What the agent wrote in HTML, so far as it tells the words that go out. "": text alone. */
static const char *own_html(struct rendering *r, const char *words)
{
	const struct outgoing *outgoing = &r->row->outgoing;
	const char *signature, *bare = without_signature(r, words, &signature);

	if (!r->wants_html || !r->raw_open || !r->parsed || !r->about->text || !desk_notice_is(outgoing->template, NOTICE_AGENTS_WORDS))
		return "";
	if (!mail_html_clean(r->arena, &r->raw.source, &r->mail, bare ? bare : words, outgoing->message_id, &r->own) || holds_house_token(r, r->own.html))
		r->own = (struct mail_html){ .html = "" };
	if (bare && *r->own.html)
		r->own.html = with_signature(r->arena, r->own.html, signature);
	return r->own.html;
}

/* ---- variables ---- */

static const char *attachment_names(const struct rendering *r)
{
	CLEANUP_BUFFER struct buffer names;
	size_t count = r->parsed ? r->mail.attachments.count : 0;

	buffer_init(&names);
	for (size_t i = 0; i < count && i < NAMES_MOST; i++)
		buffer_printf(&names, "%s%s", i ? ", " : "", r->mail.attachments.at[i].filename);
	if (count > NAMES_MOST)
		buffer_printf(&names, ", ... (+%zu)", count - NAMES_MOST);
	return arena_string(r->arena, buffer_string(&names));
}

static const char *name_or_address(const struct mail_address *address)
{
	return address->name && *address->name ? address->name : address->address ? address->address : "";
}

static void add(struct buffer *out, const char *key, const char *value)
{
	if (value && *value)
		record_add(out, key, value);
}

static void add_people(struct rendering *r, struct buffer *out)
{
	const struct outgoing *outgoing = &r->row->outgoing;
	const struct participant *customer = &r->ticket.customer;
	const struct desk_agent *agent = outgoing->agent && *outgoing->agent ? desk_agent_named(r->policy, outgoing->agent) : NULL;

	if (outgoing->to_agent && customer->address) {
		add(out, "customer", name_or_address(&(struct mail_address){ customer->address, customer->name }));
		add(out, "customer_address", customer->address);
	} else if (!outgoing->to_agent && outgoing->to.count) {
		add(out, "customer", name_or_address(&outgoing->to.at[0]));
		add(out, "customer_address", outgoing->to.at[0].address);
	}
	add(out, "agent", outgoing->agent);
	add(out, "agent_name", agent && *agent->display ? agent->display : outgoing->agent);
	if (r->about)
		add(out, "from", name_or_address(&r->about->from));
}

/* "Re: Printer [#12]" -> "Printer": where the ticket was not read. */
static const char *subject_alone(struct arena *arena, const char *line)
{
	char *subject = arena_string(arena, text_starts_nocase(line, "Re: ") ? line + 4 : line), *mark = strstr(subject, "[#");
	size_t digits = mark ? strspn(mark + 2, "0123456789") : 0;

	if (digits && mark[2 + digits] == ']')
		memmove(mark, mark + digits + 3, strlen(mark + digits + 3) + 1);
	return text_trim(subject);
}

/* What no customer may read: notes and whatever else is no word between him and us, and what an agent's mailbox answered by itself. */
static bool stays_inside(const struct rendering *r, const struct message_row *message)
{
	bool between = message->kind == MESSAGE_REQUEST || message->kind == MESSAGE_REPLY || message->kind == MESSAGE_AUTO_REPLY || message->kind == MESSAGE_BOUNCE;

	return !between || (message->kind == MESSAGE_AUTO_REPLY && desk_agent_with_address(r->policy, message->from.address));
}

static const char *writer_of(const struct rendering *r, const struct message_row *message)
{
	const struct desk_agent *agent = message->agent && *message->agent ? desk_agent_named(r->policy, message->agent) : NULL;

	return agent && *agent->display ? agent->display : message->agent && *message->agent ? message->agent : name_or_address(&message->from);
}

/* The ticket's earlier messages, the newest first: for who has not seen them. Each bounded, and all of them. */
static const char *history_of(const struct rendering *r, const char *newest)
{
	CLEANUP_BUFFER struct buffer out;
	const struct outbox_answered from = { r->store, r->policy, r->templates };
	const struct answered answered = { r->answered, &from };
	struct error error;
	struct message_row message;
	struct words words;
	int shown = 0, seq = newest ? atoi(newest) : 0;

	buffer_init(&out);
	for (int looked = 0; seq > 0 && shown < HISTORY_MESSAGES && looked < HISTORY_LOOKS; seq--, looked++) {
		if (seq == r->row->outgoing.about_seq || store_message(r->store, r->arena, r->row->outgoing.ticket, seq, &message, &error) != STATUS_OK
		    || message.kind == MESSAGE_NOTICE || store_words(r->store, r->arena, &message, &answered, 0, HISTORY_WORDS, &words, &error) != STATUS_OK || !*words.text)
			continue;
		buffer_printf(&out, "%s" HISTORY_DASH "%s%s, %s:\n", shown++ ? "\n" : "", stays_inside(r, &message) ? "[note] " : "", writer_of(r, &message),
		              desk_time(r->arena, r->policy, message.date, r->row->outgoing.language));
		buffer_add_string(&out, words.text);
		buffer_add_string(&out, words.left ? "\n[...]\n" : "\n");
	}
	return arena_string(r->arena, buffer_string(&out));
}

static void add_brand(const struct rendering *r, struct buffer *out)
{
	const struct desk_brand *brand = &r->policy->brand;
	struct desk_colours colours;

	if (brand->colour && *brand->colour && desk_brand_colours(brand->colour, &colours)) {
		record_add(out, "colour", colours.button);
		record_add(out, "colour_text", colours.text);
		record_add(out, "colour_link", colours.link);
		record_add(out, "dark_colour", colours.dark_button);
		record_add(out, "dark_text", colours.dark_text);
		record_add(out, "dark_link", colours.dark_link);
	}
	if (r->row->outgoing.to_agent)
		return;
	add(out, "address", brand->address);
	if (!brand->logo_size)
		return;
	record_add(out, "logo", "cid:" OUTBOX_LOGO);
	record_add(out, "logo_width", arena_printf(r->arena, "%d", brand->logo_width));
	record_add(out, "logo_height", arena_printf(r->arena, "%d", brand->logo_height));
}

/* The row's own come first: desk_render takes the first of a name. */
static enum status variables(struct rendering *r, const char **all, struct error *error)
{
	const struct outgoing *outgoing = &r->row->outgoing;
	const struct desk_queue *queue = outgoing->queue ? desk_queue_named(r->policy, outgoing->queue) : NULL;
	CLEANUP_BUFFER struct buffer out;
	enum status status = STATUS_OK;

	buffer_init(&out);
	buffer_add_string(&out, outgoing->variables ? outgoing->variables : "");
	if (out.length && out.at[out.length - 1] != '\n')
		buffer_add_char(&out, '\n');
	if (r->found)
		buffer_add_string(&out, r->found);
	if (outgoing->ticket)
		add(&out, "ticket", LOG_NUMBER(outgoing->ticket));
	add(&out, "subject_line", outgoing->subject);
	/* A third party reads nothing of the customer's, whatever a template asks for. */
	add(&out, "subject", r->ticket.subject && strcmp(outgoing->template, "side") != 0 ? r->ticket.subject : subject_alone(r->arena, outgoing->subject));
	add(&out, "desk", r->policy->name);
	add(&out, "queue", outgoing->queue);
	add(&out, "queue_description", queue ? queue->description : "");
	add_people(r, &out);
	add_brand(r, &out);
	add(&out, "text", about_text(r));
	add(&out, "text_html", own_html(r, about_text(r)));
	add(&out, "attachments", attachment_names(r));
	if (outgoing->to_agent && desk_notice_is(outgoing->template, NOTICE_ANSWERS_COMMANDS)) {
		status = outbox_asked_list(r, &out, error);
		outbox_asked_ticket(r, &out);
		if (outgoing->variables && record_get(r->arena, outgoing->variables, "help"))
			add(&out, "commands", desk_command_lines(r->arena, outgoing->language));
	} else if (outgoing->to_agent) {
		bool helped = desk_notice_is(outgoing->template, NOTICE_EXPLAINS_COMMANDS);

		add(&out, "commands", desk_command_lines(r->arena, helped ? outgoing->language : NULL));
		add(&out, "history", history_of(r, outgoing->variables ? record_get(r->arena, outgoing->variables, "earlier") : NULL));
	}
	*all = arena_string(r->arena, buffer_string(&out));
	return status;
}

/* ---- what is so when it is first sent ---- */

/* Of which person: where this very mail proved that it is his. Who only claims an address is shown with what was asked from that. */
static int64_t proved_person(struct rendering *r)
{
	const struct participant *customer = &r->ticket.customer;
	int64_t id = 0;
	bool proved;

	if (!r->about || r->about->out || !r->about->proved || !*r->about->proved || !customer->address || !text_equal_nocase(r->about->from.address, customer->address))
		return 0;
	return store_ticket_customer(r->store, &r->ticket, &id, &proved, NULL) == STATUS_OK ? id : 0;
}

static const char *requests_before(struct rendering *r)
{
	CLEANUP_BUFFER struct buffer out;
	struct ticket_rows rows;
	struct error error;

	buffer_init(&out);
	if (store_requests_before(r->store, r->arena, r->row->outgoing.ticket, proved_person(r), r->ticket.customer.address ? r->ticket.customer.address : "", BEFORE_MOST, &rows, &error) != STATUS_OK)
		return "";
	for (size_t i = 0; i < rows.count; i++)
		buffer_printf(&out, "%s#%lld %s: %s", i ? "\n" : "", (long long)rows.at[i].facts.id,
		              desk_state_word(rows.at[i].facts.state, r->row->outgoing.language), utf8_cut(r->arena, rows.at[i].facts.subject, 200));
	return arena_string(r->arena, buffer_string(&out));
}

/* By which promise depends on all of the ticket. */
static int64_t promised_to(struct rendering *r)
{
	struct ticket_row row;
	struct error error;

	if (store_ticket_head(r->store, r->arena, r->row->outgoing.ticket, &row, &error) != STATUS_OK)
		return 0;
	return r->policy->answer_due(r->policy->promises, &row.facts, row.facts.created);
}

static const char *promised(struct rendering *r)
{
	const struct outgoing *outgoing = &r->row->outgoing;
	const struct desk_queue *queue = desk_queue_named(r->policy, outgoing->queue);
	struct promise_row promise = { 0 };
	struct error error;
	int64_t due = 0;

	if (store_promise_get(r->store, outgoing->ticket, &promise, &error) == STATUS_OK && promise.due && promise.due < PROMISE_NEVER)
		due = promise.due;
	else if (r->ticket.id && r->ticket.state == STATE_NEW && r->policy->answer_due)        /* too new to be kept */
		due = promised_to(r);
	else if (!queue || !queue->answer_hours || store_timer_due(r->store, outgoing->ticket, TIMER_ANSWER, &due, &error) != STATUS_OK)
		due = 0;                         /* the table follows the history after a moment; the timer of answer_hours is as old as the mail */
	return due ? desk_time(r->arena, r->policy, due, outgoing->language) : "";
}

static const char *acknowledged_articles(struct rendering *r)
{
	struct suggestion suggestion = { 0 };
	const char *articles = "";
	struct error error;

	if (!r->ticket.id || store_read_suggestion(r->store, r->arena, r->ticket.id, &suggestion, &error) != STATUS_OK || suggestion.shown != SUGGESTION_ACKNOWLEDGED)
		return articles;
	for (size_t i = 0; i < suggestion.articles.count; i++)
		articles = arena_printf(r->arena, "%s%s%s", articles, i ? ", " : "", suggestion.articles.at[i].id);
	return articles;
}

/* Who has it, what was promised and suggested, and what the customer asked before: a few rows, in one look. */
static void find_about(struct rendering *r, struct buffer *out)
{
	const struct desk_agent *owner = r->ticket.agent && *r->ticket.agent ? desk_agent_named(r->policy, r->ticket.agent) : NULL;
	struct error error;
	bool began;

	store_read_begin(r->store, &began, &error);              /* in vain: then what is asked says so */
	add(out, "owner", owner ? owner->display : "");
	add(out, "due", promised(r));
	add(out, "others", requests_before(r));
	add(out, "articles", acknowledged_articles(r));
	store_read_end(r->store, began);
}

static enum status find(struct rendering *r, struct error *error)
{
	const struct outgoing *outgoing = &r->row->outgoing;
	CLEANUP_BUFFER struct buffer out;
	enum status status = STATUS_OK;

	buffer_init(&out);
	if (!outgoing->to_agent)
		return STATUS_OK;
	if (desk_notice_is(outgoing->template, NOTICE_BRINGS_FILES))
		status = outbox_bring_files(r, &out, error);
	if (r->sending && r->sending->refused)
		add(&out, "files_refused", r->sending->refused);
	if (!record_get(r->arena, outgoing->variables, "found")) {
		record_add(&out, "found", "yes");
		add(&out, "files_left", r->files.left);
		if (outgoing->ticket && desk_notice_is(outgoing->template, NOTICE_HANDS_OVER))
			find_about(r, &out);
	}
	if (out.length)
		r->found = arena_string(r->arena, buffer_string(&out));
	return status;
}

/* ---- words ---- */

enum status outbox_words(struct rendering *r, struct rendered *rendered, struct error *error)
{
	const struct outgoing *outgoing = &r->row->outgoing;
	enum status status = about_read(r, error);

	/* The raw mail is needed for its words, or for its attachments: their names, or themselves in an agent's answer. */
	if (!status)
		status = raw_read(r, error);
	const char *all = "";
	if (!status)
		status = outbox_choose_files(r, error);
	if (!status)
		status = find(r, error);
	if (!status)
		status = variables(r, &all, error);
	if (status)
		return status;
	return desk_render(r->arena, r->templates, outgoing->template, outgoing->language ? outgoing->language : "", r->policy->language, all, rendered, error);
}
