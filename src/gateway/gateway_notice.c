/*
 * gateway_notice.c - what an agent had before him when he answered: the text of our notices, rendered again from their rows.
 *
 * The desk takes them out of his mail (desk_own_words.c). The notice is the one that his mail refers to; where a mail program refers to
 * nothing, what any notice of that ticket says. Only for mails of agents, or to an agent's address: plain intake does not come here. What
 * cannot be read is left out; the desk then asks the agent rather than send what may be ours.
 */
#include <string.h>

#include "gateway.h"
#include "limits.h"
#include "outbox.h"

#define NOTICES_MOST 3                           /* notices that one mail is compared with */
#define FILES_MOST   4                           /* text files of a customer's mail that are compared, too */
#define FILE_BYTES   (16 * 1024)                 /* of each: who quotes a longer one is asked */
#define MAIL_BYTES   (1024 * 1024)               /* of the mail that they are taken out of */

bool gateway_is_agents(const struct desk_policy *policy, const struct incoming *incoming)
{
	const struct address_facts *address = &incoming->address;
	bool to_agent = address->class == ADDRESS_TICKET && desk_token_is_agents(address->token.kind);
	return to_agent || desk_agent_with_address(policy, incoming->mail->from.address);
}

/* ---- HTML of ours as its reader's program quotes it ---- */

struct stripped { struct buffer out; char mark; bool history; };        /* mark: that its lines begin with; 0: none. history: what went before */

static void new_line(struct stripped *to)
{
	buffer_add_char(&to->out, '\n');
	if (to->mark)
		buffer_printf(&to->out, "%c ", to->mark);
}

static void add_tag(struct stripped *to, const char *tag)
{
	if (text_starts_nocase(tag, "div class=\"history\""))
		to->history = true;
	else if (to->history && text_starts_nocase(tag, "/div"))
		to->history = false;
	bool begins = text_starts_nocase(tag, "blockquote"), ends = text_starts_nocase(tag, "/blockquote"), marked = to->mark != 0;
	to->mark = to->history ? '|' : begins ? '>' : ends || to->mark == '|' ? 0 : to->mark;
	if (!begins && !ends && marked == (to->mark != 0)
	    && !text_starts_nocase(tag, "br") && !text_starts_nocase(tag, "p") && !text_starts_nocase(tag, "/p") && !text_starts_nocase(tag, "div"))
		return;
	new_line(to);
}

/* Our own templates write these entities and no others. */
static size_t add_entity(struct stripped *to, const char *at)
{
	static const struct { const char *name; char byte; } entities[] = {
		{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&#39;", '\''}, {"&nbsp;", ' '},
	};
	for (size_t i = 0; i < COUNT_OF(entities); i++)
		if (strncmp(at, entities[i].name, strlen(entities[i].name)) == 0) {
			buffer_add_char(&to->out, entities[i].byte);
			return strlen(entities[i].name);
		}
	buffer_add_char(&to->out, *at);
	return 1;
}

static const char *strip(struct arena *arena, const char *html)
{
	struct stripped to = {.mark = 0};
	const char *style = strstr(html, "<body");
	for (const char *at = style ? style : html; *at;) {
		if (*at == '<') {
			add_tag(&to, at + 1);
			at += strcspn(at, ">");
			at += *at == '>';
		} else if (*at == '&') {
			at += add_entity(&to, at);
		} else if (*at == '\n' && to.mark) {
			new_line(&to);
			at++;
		} else {
			buffer_add_char(&to.out, *at++);
		}
	}
	const char *text = arena_string(arena, buffer_string(&to.out));
	buffer_fini(&to.out);
	return text;
}

/* ---- which notices ---- */

enum telling { OF_CUSTOMER, OF_COLLEAGUE, OF_NOTE };      /* whose words the notice shows: only the customer's may be quoted to him */

static bool message_of(struct store *store, struct arena *arena, const struct outbox_row *row, struct message_row *message)
{
	struct error error;
	return row->outgoing.about_seq && store_message(store, arena, row->ticket, row->outgoing.about_seq, message, &error) == STATUS_OK;
}

static enum telling tells_of(const struct message_row *message)
{
	return message_kind_is_inside(message->kind) ? OF_NOTE : message->out ? OF_COLLEAGUE : OF_CUSTOMER;
}

/* ---- files that came along ---- */

struct taken { struct buffer bytes; size_t left; };

static bool take(void *context, const void *bytes, size_t length)
{
	struct taken *taken = context;
	size_t size = length < taken->left ? length : taken->left;
	buffer_add(&taken->bytes, bytes, size);
	taken->left -= size;
	return taken->left > 0;
}

static void add_file(const struct mail_source *source, size_t number, struct buffer *out)
{
	struct taken taken = {.left = FILE_BYTES};
	struct error error;
	if (mail_attachment(source, number, take, &taken, &error) == STATUS_OK)
		for (const char *at = buffer_string(&taken.bytes); *at; at += strcspn(at, "\n"), at += *at == '\n')
			buffer_printf(out, "> %.*s\n", (int)strcspn(at, "\r\n"), at);
	buffer_fini(&taken.bytes);
}

/* Some programs (mutt) quote the text files of a notice together with it: they are the writer's words, as those above them. */
static const char *text_files(struct store *store, struct arena *arena, const struct outbox_row *row, const struct message_row *message)
{
	struct mail_options options = {.light = true};
	CLEANUP_BUFFER struct buffer out = {0};
	struct store_raw raw;
	struct mail mail;
	struct error error;
	size_t count = 0;
	if (!desk_notice_is(row->outgoing.template, NOTICE_CARRIES_FILES) || !message->raw || store_mail(store, arena, message->raw, &options, &mail, &error) != STATUS_OK)
		return "";
	for (size_t i = 0; i < mail.attachments.count; i++)
		count += text_starts_nocase(mail.attachments.at[i].content_type, "text/");
	if (!count || store_raw_open(store, message->raw, &raw, &error) != STATUS_OK)
		return "";
	for (size_t i = 0, added = 0; i < mail.attachments.count && added < FILES_MOST && raw.source.size <= MAIL_BYTES; i++)
		if (text_starts_nocase(mail.attachments.at[i].content_type, "text/") && ++added)
			add_file(&raw.source, i + 1, &out);
	store_raw_close(&raw);
	return arena_string(arena, buffer_string(&out));
}

/* As the desk reads what went before: behind "|", and a note begins with a line that says so. */
static const char *as_told(struct arena *arena, const char *text, enum telling telling)
{
	CLEANUP_BUFFER struct buffer out = {0};
	bool begun = telling != OF_NOTE;
	if (telling == OF_CUSTOMER)
		return text;
	for (size_t length; *text; text += length) {
		length = strcspn(text, "\n");
		length += text[length] == '\n';
		if (*text != '>') {
			buffer_add(&out, text, length);
			continue;
		}
		if (!begun)
			buffer_add_string(&out, "| [note]:\n");
		begun = true;
		buffer_add_char(&out, '|');
		buffer_add(&out, text + 1, length - 1);
	}
	return arena_string(arena, buffer_string(&out));
}

static void add_notice(struct store *store, const struct desk_policy *policy, const struct template_set *templates, struct arena *arena,
                       const struct outbox_row *row, struct incoming *incoming)
{
	struct rendered rendered;
	struct error error;
	if (!row->outgoing.to_agent || outbox_render_notice(store, policy, templates, arena, row, &rendered, &error) != STATUS_OK)
		return;
	struct message_row message;
	bool about = message_of(store, arena, row, &message);
	enum telling telling = about ? tells_of(&message) : OF_CUSTOMER;
	const char *files = about ? text_files(store, arena, row, &message) : "";
	const char *html = *rendered.html ? strip(arena, rendered.html) : NULL;
	strings_add(arena, &incoming->known, as_told(arena, arena_printf(arena, "%s\n%s", rendered.text, files), telling));
	if (html)
		strings_add(arena, &incoming->known, as_told(arena, html, telling));
}

struct added { int64_t at[8]; size_t count; };  /* numbers of notices */

/* In-Reply-To and References name the same one, nearly always. */
static bool is_added(struct added *added, int64_t number)
{
	for (size_t i = 0; i < added->count; i++)
		if (added->at[i] == number)
			return true;
	if (added->count < COUNT_OF(added->at))
		added->at[added->count++] = number;
	return false;
}

static void add_referred(struct store *store, const struct desk_policy *policy, const struct template_set *templates, struct arena *arena,
                         const struct strings *ids, struct added *added, struct incoming *incoming)
{
	for (size_t i = ids->count; i > 0 && incoming->known.count < 2 * NOTICES_MOST; i--) {
		struct token token;
		struct outbox_row row;
		struct error error;
		if (desk_message_id_read(policy, ids->at[i - 1], &token) && token.kind == TOKEN_MAIL_TO_AGENT && !is_added(added, token.number)
		    && store_outbox_get(store, arena, token.number, &row, &error) == STATUS_OK)
			add_notice(store, policy, templates, arena, &row, incoming);
	}
}

static const struct desk_agent *agent_of(const struct desk_policy *policy, const struct token *token)
{
	for (size_t i = 0; i < policy->agents.count; i++)
		if (desk_who(policy->agents.at[i].name) == token->who)
			return &policy->agents.at[i];
	return NULL;
}

/* A notice as it would be, in the language of the agent whose address it has: of the first words of the ticket, and of the last, with all that went before. */
static void add_usual(struct store *store, const struct desk_policy *policy, const struct template_set *templates, struct arena *arena,
                      const struct token *token, struct incoming *incoming)
{
	static const char *const names[] = {"agent-new", "agent-answered"};
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct outbox_row row = {.id = 1, .ticket = token->ticket};
		struct token note = *token;
		int shown = desk_shown_seq(token) ? desk_shown_seq(token) : 1;
		CLEANUP_BUFFER struct buffer variables = {0};
		note.kind = TOKEN_NOTE;
		record_add(&variables, "note_address", desk_token_address(arena, policy, incoming->address.queue->address, &note));
		record_add(&variables, "earlier", arena_printf(arena, "%d", shown));
		row.outgoing = (struct outgoing){.id = 1, .ticket = token->ticket, .template = names[i], .language = desk_agents_language(policy, agent_of(policy, token)),
		                                 .queue = incoming->address.queue->name, .agent = "", .to_agent = true, .automatic = true, .subject = "",
		                                 .about_seq = i ? shown : 1,
		                                 .variables = arena_string(arena, buffer_string(&variables))};
		add_notice(store, policy, templates, arena, &row, incoming);
	}
}

/* ---- what the mirror shows of a ticket ---- */

#define MIRRORED_MOST  12                        /* messages, the newest, that one mail is compared with, beside the one that it answers */
#define MIRRORED_BYTES (8 * 1024)                /* of each; notes, and the one that it answers, are compared whole */

static void add_lines(struct buffer *out, const char *mark, const char *text)
{
	for (size_t length; *text; text += length + (text[length] == '\n')) {
		length = strcspn(text, "\n");
		buffer_printf(out, "%s%.*s\n", mark, (int)length, text);
	}
}

struct showing {
	struct store *store;
	const struct desk_policy *policy;
	const struct template_set *templates;
	struct arena *arena;
	int64_t ticket;
	int answered;                            /* number of the message that the mail answers; 0: not known */
};

/* The mail that was answered, with all that it quotes itself, as the mirror has it. NULL: none carries the words, or it cannot be read. */
static const char *mailed_text(const struct showing *s, const struct message_row *message)
{
	struct mail_options options = {.light = true};
	struct outbox_row row;
	struct mail mail;
	struct error error;
	const char *text;
	if (message->outbox && store_outbox_get(s->store, s->arena, message->outbox, &row, &error) == STATUS_OK
	    && outbox_render_text(s->store, s->policy, s->templates, s->arena, &row, &text, &error) == STATUS_OK)
		return text;
	if (message->raw && !message->outbox && message->kind != MESSAGE_NOTE && store_mail(s->store, s->arena, message->raw, &options, &mail, &error) == STATUS_OK)
		return mail.text;
	return NULL;
}

static void add_message(const struct showing *s, int seq, struct buffer *out)
{
	struct message_row message;
	struct words words;
	struct error error;
	if (store_message(s->store, s->arena, s->ticket, seq, &message, &error) != STATUS_OK)
		return;
	const char *text = seq == s->answered ? mailed_text(s, &message) : NULL;
	bool inside = message_kind_is_inside(message.kind), ours = message.out || inside;
	size_t most = seq == s->answered || inside ? LIMIT_INTAKE_TEXT : MIRRORED_BYTES;
	if (!text && store_words(s->store, s->arena, &message, NULL, 0, most, &words, &error) != STATUS_OK)
		return;
	if (ours)
		buffer_printf(out, "| %s%s, %s:\n", inside ? "[note] " : "", message.from.address, time_rfc3339(s->arena, message.date));
	add_lines(out, ours ? "| " : "> ", text ? text : words.text);
}

/* In a notice's form: the customer's words behind ">", those of the house behind "|", notes with a line that says so. What is older than these, or longer,
 * is found nowhere, and asked about (desk_own_words.c). */
static void add_mirrored(const struct showing *s, struct incoming *incoming)
{
	CLEANUP_BUFFER struct buffer out = {0};
	struct ticket_row ticket;
	struct error error;
	if (store_ticket_head(s->store, s->arena, s->ticket, &ticket, &error) != STATUS_OK)
		return;
	if (s->answered)
		add_message(s, s->answered, &out);
	for (int seq = ticket.facts.next_seq - 1, count = 0; seq > 0 && count < MIRRORED_MOST; seq--, count++)
		if (seq != s->answered)
			add_message(s, seq, &out);
	strings_add(s->arena, &incoming->known, buffer_string(&out));
}

/* The notice's address that he answers, in the envelope or in the header where the mail server cut it off. NULL: there is none. */
static const struct token *answered_token(const struct incoming *incoming, const struct evidence *evidence)
{
	for (size_t i = 0; i < evidence->count; i++)
		if (evidence->at[i].kind == EVIDENCE_ADDRESS_TOKEN && desk_token_is_agents(evidence->at[i].token.kind))
			return &evidence->at[i].token;
	return incoming->address.class == ADDRESS_TICKET ? &incoming->address.token : NULL;
}

void gateway_know_notices(struct store *store, const struct desk_policy *policy, const struct template_set *templates, struct arena *arena,
                          const struct evidence *evidence, struct incoming *incoming)
{
	const struct token *token = answered_token(incoming, evidence);
	if (!gateway_is_agents(policy, incoming))
		return;
	struct added added = {.count = 0};
	add_referred(store, policy, templates, arena, &incoming->mail->in_reply_to, &added, incoming);
	add_referred(store, policy, templates, arena, &incoming->mail->references, &added, incoming);
	if (token && desk_token_is_agents(token->kind) && !token->who)
		add_mirrored(&(struct showing){store, policy, templates, arena, token->ticket, token->kind == TOKEN_HOUSE ? desk_shown_seq(token) : 0}, incoming);
	else if (token && !incoming->known.count)
		add_usual(store, policy, templates, arena, token, incoming);
}
