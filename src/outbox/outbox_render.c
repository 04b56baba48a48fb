/*
 * outbox_render.c - from a row of the outbox to the bytes of its mail, always the same for the same row.
 *
 * The row says who, to whom and which template; the words come from outbox_words.c. Nothing that changes between two attempts may get in:
 * no clock, no state of the ticket. STATUS_BAD_INPUT: an address that cannot be written; the row can never be sent.
 */
#include "outbox_words.h"

#include <string.h>
#include <unistd.h>

/* ---- words ---- */

enum status outbox_render_text(struct store *store, const struct desk_policy *policy, const struct template_set *templates,
                               struct arena *arena, const struct outbox_row *row, const char **text, struct error *error)
{
	struct rendering r = { .store = store, .policy = policy, .templates = templates, .arena = arena, .row = row, .answered = outbox_answered };
	struct rendered rendered;
	enum status status = outbox_words(&r, &rendered, error);

	outbox_words_fini(&r);
	*text = status ? "" : rendered.text;
	return status;
}

enum status outbox_render_notice(struct store *store, const struct desk_policy *policy, const struct template_set *templates,
                                 struct arena *arena, const struct outbox_row *row, struct rendered *rendered, struct error *error)
{
	struct rendering r = { .store = store, .policy = policy, .templates = templates, .arena = arena, .row = row, .answered = outbox_answered };
	enum status status = outbox_words(&r, rendered, error);

	outbox_words_fini(&r);
	return status;
}

/* ---- the mail ---- */

static bool language_has(const char *language, const char *tag)
{
	size_t length = strlen(language);

	return length && text_starts_nocase(tag, language) && (!tag[length] || tag[length] == '-');
}

/* The language that desk_render took its words from: an agent's words are of no language that we know. */
static const char *language_of(const struct rendering *r)
{
	const struct outgoing *outgoing = &r->row->outgoing;
	const char *const wanted[] = { outgoing->language ? outgoing->language : "", r->policy->language, "en" };

	if (!outgoing->automatic)
		return "";
	for (size_t w = 0; w < COUNT_OF(wanted); w++) {
		for (size_t i = 0; r->templates && i < r->templates->count; i++)
			if (strcmp(r->templates->at[i].name, outgoing->template) == 0 && language_has(r->templates->at[i].language, wanted[w]))
				return r->templates->at[i].language;
		for (const struct template_file *file = builtin_templates; file->language; file++)
			if (strcmp(file->name, outgoing->template) == 0 && language_has(file->language, wanted[w]))
				return file->language;
	}
	return "";
}

/* RFC 3834 section 5: what answers a mail that just came, or what somebody's act or a moment in time caused. */
static const char *auto_submitted(const struct outgoing *outgoing)
{
	if (!outgoing->automatic)
		return "";
	return *outgoing->in_reply_to && desk_notice_is(outgoing->template, NOTICE_ANSWERS_MAIL) ? "auto-replied" : "auto-generated";
}

/* What filters of agents' mail programs want; a customer's mail has none of it. */
static void add_filter_fields(const struct rendering *r, struct mail_out *mail)
{
	const struct outgoing *outgoing = &r->row->outgoing;
	struct arena *arena = r->arena;
	const char *variables = outgoing->variables ? outgoing->variables : "", *filter = record_get(arena, variables, "filter");
	const struct desk_news *news = desk_news(arena, outgoing->template, variables);
	const char *state = filter ? filter : "", *priority = state + strcspn(state, " "), *agent = priority + (*priority != 0);
	const char *last = agent + strcspn(agent, " ");

	if (!outgoing->to_agent)
		return;
#define ADD(field, text) *ARENA_PUSH(arena, &mail->fields) = (struct mail_field){ field, text }
	ADD("List-Id", arena_printf(arena, "<%s.%s>", outgoing->queue, r->policy->domain));
	ADD("X-Sportello-Event", news ? news->event : "");
	ADD("X-Sportello-Ticket", outgoing->ticket ? arena_printf(arena, "%lld", (long long)outgoing->ticket) : "");
	ADD("X-Sportello-Queue", outgoing->queue);
	ADD("X-Sportello-State", arena_copy(arena, state, (size_t)(priority - state)));
	ADD("X-Sportello-Priority", arena_copy(arena, agent, (size_t)(last - agent)));
	ADD("X-Sportello-Agent", *last ? last + 1 : "");
#undef ADD
}

static void mail_of(const struct rendering *r, const struct rendered *rendered, struct mail_out *mail)
{
	const struct outgoing *outgoing = &r->row->outgoing;

	const struct desk_brand *brand = &r->policy->brand;
	bool shows_logo = brand->logo_size && !outgoing->to_agent && strstr(rendered->html, "cid:" OUTBOX_LOGO);

	*mail = (struct mail_out){
		.logo = { OUTBOX_LOGO, brand->logo_type, brand->logo, shows_logo ? brand->logo_size : 0 },
		.from = outgoing->from, .to = outgoing->to, .cc = outgoing->cc, .reply_to = outgoing->reply_to,
		.subject = *rendered->subject ? rendered->subject : outgoing->subject,
		.message_id = outgoing->message_id, .in_reply_to = outgoing->in_reply_to, .references = outgoing->references,
		.date = outgoing->date, .language = language_of(r),
		.auto_submitted = auto_submitted(outgoing),
		.desk_mark = r->policy->domain, .list_unsubscribe = "", .text = rendered->text, .html = rendered->html,
		.pictures = r->own.html && *r->own.html && *rendered->html ? &r->own : NULL,
		.attached = { .fd = -1 }, .attached_name = "",
	};
}

/* A rule passes a mail on: its bytes as they came (RFC 5228 section 4.2). */
static enum status passed_on(struct rendering *r, struct buffer *bytes, struct error *error)
{
	char piece[16384];
	enum status status = store_raw_open(r->store, r->row->outgoing.raw, &r->raw, error);

	if (status)
		return status;
	r->raw_open = true;
	if (outbox_is_heavy(r, r->raw.source.size, &status, error))
		return status;
	if ((status = store_raw_check(r->store, r->row->outgoing.raw, &r->raw, error)) != STATUS_OK)
		return status;
	const struct mail_source *source = &r->raw.source;
	if (source->fd < 0) {
		buffer_add(bytes, source->data, (size_t)source->size);
		return STATUS_OK;
	}
	for (off_t at = 0; at < (off_t)source->size;) {
		ssize_t n = pread(source->fd, piece, sizeof piece, at);

		if (n <= 0)
			return error_set(error, STATUS_TRY_LATER, "the raw mail %lld cannot be read", (long long)r->row->outgoing.raw);
		buffer_add(bytes, piece, (size_t)n);
		at += n;
	}
	return STATUS_OK;
}

static enum status bytes_of(struct rendering *r, struct buffer *bytes, struct error *error)
{
	struct rendered rendered;
	struct mail_out mail;
	enum status status;

	r->sending->text = "";
	if (strcmp(r->row->outgoing.template, "redirect") == 0)
		return passed_on(r, bytes, error);
	r->wants_html = true;
	status = outbox_words(r, &rendered, error);
	if (status)
		return status;
	r->sending->text = rendered.text;
	mail_of(r, &rendered, &mail);
	add_filter_fields(r, &mail);
	if ((status = outbox_saved_files(r, &mail, error)) != STATUS_OK)
		return status;
	if (r->files.count)
		return mail_compose_with_files(&mail, &(struct mail_carried){ &r->raw.source, &r->files.mail, r->files.take }, 1, bytes, error);
	if (r->brought.count)
		return mail_compose_with_files(&mail, r->brought.at, r->brought.count, bytes, error);
	if (!r->row->outgoing.to_agent && !r->row->outgoing.automatic && r->parsed && r->mail.attachments.count)
		return mail_compose_with_attachments(&mail, &r->raw.source, bytes, error);
	return mail_compose(&mail, bytes, error);
}

enum status outbox_render_row(struct store *store, const struct desk_policy *policy, const struct template_set *templates, struct arena *arena,
                              const struct outbox_row *row, struct buffer *bytes, struct sending *sending, struct error *error)
{
	struct rendering r = { .store = store, .policy = policy, .templates = templates, .arena = arena, .row = row, .answered = outbox_answered, .sending = sending };
	enum status status = bytes_of(&r, bytes, error);

	outbox_words_fini(&r);
	if (r.found && !status)
		sending->variables = arena_printf(arena, "%s%s", row->outgoing.variables ? row->outgoing.variables : "", r.found);
	return status;
}

enum status outbox_render_with_file(struct store *store, const struct desk_policy *policy, const struct template_set *templates, struct arena *arena, const struct outbox_row *row,
                                    const struct mail_file *file, struct buffer *bytes, struct error *error)
{
	struct rendering r = { .store = store, .policy = policy, .templates = templates, .arena = arena, .row = row, .answered = outbox_answered, .wants_html = true };
	struct rendered rendered;
	struct mail_out mail;
	enum status status = outbox_words(&r, &rendered, error);

	if (status == STATUS_OK) {
		mail_of(&r, &rendered, &mail);
		*ARENA_PUSH(arena, &mail.files) = *file;
		status = mail_compose(&mail, bytes, error);
	}
	outbox_words_fini(&r);
	return status;
}

enum status outbox_render(struct store *store, const struct desk_policy *policy, const struct template_set *templates,
                          struct arena *arena, const struct outbox_row *row, struct buffer *bytes, struct error *error)
{
	struct sending sending = { .heavy_may = true };

	return outbox_render_row(store, policy, templates, arena, row, bytes, &sending, error);
}
