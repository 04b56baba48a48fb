/*
 * mail_parse.c - the front door: a raw mail in, struct mail out. Reads like the list of what is done with a mail.
 *
 * header -> addresses, ids, date, subject -> parts -> text and attachments -> what is new -> what it means.
 * May not fail and may not keep anything beyond the arena: the worst mail gives empty values and a full `problems`.
 * Every mail has a budget of memory and processor time; what is spent ends the loops early, and is a problem.
 * Problems made here: no usable sender, a date that cannot be read, several fields where one is allowed.
 */
#include "mail_guard.h"

#include <libxml/parser.h>

#define SMALL_FILE LIMIT_MEMORY_SPOOL    /* bytes: a mail in a file up to this size is read to memory once */
#define WRAPPED_MOST 20                  /* mailboxes of a field that are read again because they lay in an encoded word */
#define HASH_PIECE (64 * 1024)
#define SUBJECT_RAW (8 * LIMIT_SUBJECT)  /* bytes of a subject as it is encoded: three for each in Q, and what folds and names the charset */

void mail_init(void)
{
	g_mime_init();
	mail_guard_register();
	xmlInitParser();
	mail_phrases_init();
	mail_attribution_init();
	mail_signature_init();
	mail_list_footer_init();
	mail_auto_form_init();
	mail_bounce_words_init();
	mail_language_init();
	mail_subject_init();
}

struct parse {
	struct arena *arena;
	const struct mail_options *options;
	struct mail *mail;
	struct mail_source source;
	struct head head;
	const char *hint;                /* charset of the mail, for raw 8-bit in its header */
};

static const char *charset_hint(struct parse *parse)
{
	struct span type = mail_field_value(&parse->head.fields, "Content-Type");
	const char *at = type.length ? mail_span_find_nocase(type, "charset=") : NULL;
	if (!at)
		return NULL;
	struct params params;
	mail_params_parse(parse->arena, type, &params, NULL);
	return mail_params_get(&params, "charset");
}

static const char *plain_name(const char *name)
{
	return strncmp(name, "=?", 2) == 0 ? "" : name;
}

/* A whole mailbox in an encoded word ("=?utf-8?Q?Ann_=3Cann@x=3E?="), which RFC 2047 section 5 forbids and mailers send: read again, decoded. */
static struct mail_addresses unwrapped(struct parse *parse, struct mail_addresses list)
{
	for (size_t i = 0; i < list.count && i < WRAPPED_MOST; i++) {
		const struct mail_address *one = &list.at[i];
		bool coded = strncmp(one->address, "=?", 2) == 0 || strncmp(one->name, "=?", 2) == 0, named = !*one->address && strchr(one->name, '@');
		if (!coded && !named)
			continue;
		const char *text = coded && *one->address ? mail_header_decode(parse->arena, span_of(one->address), parse->hint, NULL) : one->name;
		struct mail_addresses inner = mail_addresses_parse(parse->arena, span_of(text), "utf-8", NULL);
		if (inner.count && mail_address_plausible(inner.at[0].address, strlen(inner.at[0].address)) && strncmp(inner.at[0].address, "=?", 2) != 0)
			list.at[i] = (struct mail_address){ inner.at[0].address, *inner.at[0].name ? inner.at[0].name : coded ? plain_name(one->name) : "" };
	}
	return list;
}

/* All fields of a name: several To lines are one list (RFC 5322 section 3.6 allows one; mailers send more). */
static struct mail_addresses all_addresses(struct parse *parse, const char *name)
{
	struct mail_addresses all = { 0 };
	const struct field *field;
	for (size_t n = 0; n < 20 && (field = mail_field_find(&parse->head.fields, name, n)) != NULL; n++) {
		struct mail_addresses one = unwrapped(parse, mail_addresses_parse(parse->arena, field->value, parse->hint, &parse->mail->problems));
		if (!all.count)
			all = one;
		else
			for (size_t i = 0; i < one.count && all.count < LIMIT_ADDRESSES; i++)
				*ARENA_PUSH(parse->arena, &all) = one.at[i];
	}
	return all;
}

/* Recipients: what has no address is no recipient. */
static struct mail_addresses recipients(struct parse *parse, const char *name)
{
	struct mail_addresses all = all_addresses(parse, name);
	size_t kept = 0;
	for (size_t i = 0; i < all.count; i++)
		if (*all.at[i].address)
			all.at[kept++] = all.at[i];
	all.count = kept;
	return all;
}

static bool usable(const struct mail_address *one)
{
	return mail_address_plausible(one->address, strlen(one->address));
}

static const struct mail_address nobody = { "", "" };

static struct mail_address first_usable(const struct mail_addresses *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (usable(&list->at[i]))
			return list->at[i];
	return list->count ? list->at[0] : nobody;
}

/* Is the address that was taken the one that any reader of this field takes? The domain stands in the last angle brackets; without such
 * there is one @ only. */
static bool plainly_written(struct parse *parse, const struct field *field)
{
	const char *domain = strrchr(parse->mail->from.address, '@'), *text = text_lower(parse->arena, mail_unfold(parse->arena, field->value));
	const char *angle = strrchr(text, '<'), *at = strchr(text, '@');
	if (angle) {                     /* a domain beyond ASCII was read as its A-label */
		const char *inside = arena_copy(parse->arena, angle + 1, strcspn(angle + 1, ">"));
		return domain && (strstr(angle, domain) || strstr(mail_address_with_ascii_domain(parse->arena, inside), domain));
	}
	return at && !strchr(at + 1, '@');
}

/* What a mail server judged as From, and what is shown as the sender, must be the same. */
static const char *doubt_of_from(struct parse *parse)
{
	const struct mail *mail = parse->mail;
	const struct field *field = mail_field_find(&parse->head.fields, "From", 0);
	if (!field)
		return "no From";
	if (mail_field_find(&parse->head.fields, "From", 1))
		return "several From fields";
	if (mail->from_all.count > 1)
		return "several addresses in From";
	if (!mail->from_all.count || !usable(&mail->from_all.at[0]))
		return usable(&mail->from) ? "From has no usable address, another field was taken" : "From has no usable address";
	return plainly_written(parse, field) ? NULL : "the address of From is not written plainly";
}

static void read_senders(struct parse *parse)
{
	struct mail *mail = parse->mail;
	mail->from_all = all_addresses(parse, "From");
	mail->reply_to = recipients(parse, "Reply-To");
	struct mail_addresses sender = all_addresses(parse, "Sender");
	mail->sender = first_usable(&sender);
	mail->from = first_usable(&mail->from_all);
	if (mail_field_find(&parse->head.fields, "From", 1))
		mail_problem_add(parse->arena, &mail->problems, "more than one From field");
	if (!usable(&mail->from)) {
		if (usable(&mail->sender)) {
			mail_problem_add(parse->arena, &mail->problems, "no usable From; Sender taken instead");
			mail->from = mail->sender;
		} else if (mail->reply_to.count && usable(&mail->reply_to.at[0])) {
			mail_problem_add(parse->arena, &mail->problems, "no usable From; Reply-To taken instead");
			mail->from = mail->reply_to.at[0];
		} else if (!mail_author_anywhere(parse->arena, &parse->head.fields, parse->options->envelope_from, mail)) {
			mail_problem_add(parse->arena, &mail->problems, "no usable From");
		}
	}
	mail->from_doubt = doubt_of_from(parse);
	mail->to = recipients(parse, "To");
	mail->cc = recipients(parse, "Cc");
	const char *written = mail->from.address;
	mail_author_read(parse->arena, &parse->head.fields, parse->hint, mail);
	if (!mail->from_doubt && !text_equal_nocase(written, mail->from.address))
		mail->from_doubt = "From is a list's, and the author was taken from another field";
	else if (mail_author_of_form(parse->arena, mail))
		mail->from_doubt = "From is a machine's, and the author was taken from Reply-To";
}

/* Cut here, so that nobody behind ever sees a long one. */
static const char *subject_cut(struct parse *parse, struct span raw)
{
	struct span front = { raw.at, raw.length < SUBJECT_RAW ? raw.length : SUBJECT_RAW };
	const char *subject = mail_header_decode(parse->arena, front, parse->hint, &parse->mail->problems);
	if (front.length == raw.length && strlen(subject) <= LIMIT_SUBJECT)
		return subject;
	mail_problem_add(parse->arena, &parse->mail->problems, "a subject longer than %d bytes; the rest of it is only in the raw mail", LIMIT_SUBJECT);
	return utf8_cut(parse->arena, subject, LIMIT_SUBJECT);
}

static const char *subject_of(struct parse *parse)
{
	const struct field *field;
	for (size_t n = 0; n < 4 && (field = mail_field_find(&parse->head.fields, "Subject", n)) != NULL; n++)
		if (mail_span_trim(field->value).length)
			return subject_cut(parse, mail_span_trim(field->value));
	return "";
}

static void read_ids(struct parse *parse)
{
	struct mail *mail = parse->mail;
	struct strings own = { 0 };
	struct span raw = mail_field_value(&parse->head.fields, "Message-ID");
	mail_ids_parse(parse->arena, raw, &own, false);
	if (!own.count && raw.length && raw.length < LIMIT_MESSAGE_ID - 2 && !memchr(raw.at, '<', raw.length)) {
		const char *bare = mail_header_decode(parse->arena, raw, NULL, NULL);
		if (*bare && !strpbrk(bare, " <>"))
			strings_add(parse->arena, &own, arena_printf(parse->arena, "<%s>", bare));
	}
	mail->message_id = own.count ? own.at[0] : NULL;
	mail_ids_parse(parse->arena, mail_field_value(&parse->head.fields, "In-Reply-To"), &mail->in_reply_to, true);
	mail_ids_parse(parse->arena, mail_field_value(&parse->head.fields, "References"), &mail->references, true);
}

static void read_date(struct parse *parse)
{
	struct span raw = mail_field_value(&parse->head.fields, "Date");
	if (raw.length && !mail_date_parse(raw, &parse->mail->date, &parse->mail->date_zone))
		mail_problem_add(parse->arena, &parse->mail->problems, "the Date field cannot be read");
}

static void read_trace(struct parse *parse)
{
	static const char *const names[] = { "Delivered-To", "X-Original-To", "Envelope-To" };
	struct mail *mail = parse->mail;
	const struct fields *fields = &parse->head.fields;
	for (size_t i = 0; i < fields->count; i++)
		mail->hops += fields->at[i].name.length == 8 && mail_span_equal_nocase(fields->at[i].name, "Received");
	for (size_t i = 0; i < COUNT_OF(names); i++)
		for (size_t n = 0; n < 20 && mail_field_find(fields, names[i], n); n++) {
			struct mail_addresses list = mail_addresses_parse(parse->arena, mail_field_find(fields, names[i], n)->value, NULL, NULL);
			for (size_t j = 0; j < list.count; j++) {
				const char *address = text_lower(parse->arena, list.at[j].address);
				if (*address && !strings_have(&mail->delivered_to, address) && mail->delivered_to.count < 100)
					strings_add(parse->arena, &mail->delivered_to, address);
			}
		}
	mail->our_marks = mail_header_decode(parse->arena, mail_field_value(fields, "X-Sportello-Desk"), NULL, NULL);
}

/* What servers write on the way, and write anew for each recipient: it tells nothing about whether the mail was sent again. */
static bool is_trace(struct span name)
{
	static const char *const names[] = { "Received", "Delivered-To", "X-Original-To", "Envelope-To", "Return-Path" };
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (mail_span_equal_nocase(name, names[i]))
			return true;
	return false;
}

/* A device that writes the same words each night, without a Message-ID: whatever a new sending changes tells the mails apart, at least
 * the first server's Received. A mail that is delivered again is the same in all of it. */
static void add_head(struct parse *parse, struct sha256 *digest)
{
	const struct fields *fields = &parse->head.fields;
	const struct field *first_server = NULL;
	for (size_t i = 0; i < fields->count; i++) {
		if (mail_span_equal_nocase(fields->at[i].name, "Received"))
			first_server = &fields->at[i];
		if (is_trace(fields->at[i].name))
			continue;
		sha256_add(digest, fields->at[i].name.at, fields->at[i].name.length);
		sha256_add(digest, fields->at[i].value.at, fields->at[i].value.length);
	}
	if (first_server)
		sha256_add(digest, first_server->value.at, first_server->value.length);
}

/* From address, subject and the raw body: two mails with one Message-ID differ here unless they are the same mail. */
static void make_digest(struct parse *parse)
{
	struct sha256 digest;
	sha256_init(&digest);
	sha256_add(&digest, parse->mail->from.address, strlen(parse->mail->from.address) + 1);
	sha256_add(&digest, parse->mail->subject, strlen(parse->mail->subject) + 1);
	if (!parse->mail->message_id)
		add_head(parse, &digest);
	if (parse->source.fd < 0) {
		sha256_add(&digest, parse->source.data + parse->head.body, (size_t)(parse->source.size - parse->head.body));
	} else {
		char piece[HASH_PIECE];
		size_t got;
		for (uint64_t at = parse->head.body; (got = mail_source_read(&parse->source, at, piece, sizeof piece)) > 0; at += got)
			sha256_add(&digest, piece, got);
	}
	sha256_end(&digest, parse->mail->body_digest);
}

static void read_header(struct parse *parse)
{
	struct mail *mail = parse->mail;
	mail_head_read(parse->arena, &parse->source, &parse->head, &mail->problems);
	parse->hint = charset_hint(parse);
	read_senders(parse);
	mail->subject = subject_of(parse);
	mail->forwards = mail_subject_is_forward(mail->subject);
	read_ids(parse);
	read_date(parse);
	read_trace(parse);
	if (parse->options->authserv_id && *parse->options->authserv_id)
		mail_auth_read(parse->arena, &parse->head.fields, parse->options->authserv_id, mail, &mail->authentication);
	size_t prefix;
	bool answers = mail->in_reply_to.count || mail->references.count || mail_subject_is_reply(mail->subject, &prefix);
	mail->kind = answers ? MAIL_REPLY : MAIL_REQUEST;
}

/* HTML only where the plain text says nothing of quotes and the page does: half of all mails are parsed once only. */
static void reply_from_spare(struct walk *walk, struct arena *scratch, const struct known *known)
{
	struct mail *mail = walk->mail;
	static const char *const signs[] = {
		"divRplyFwdMsg", "stopSpelling", "border-top:solid", "gmail_quote", "yahoo_quoted", "type=\"cite\"",
		"reference-message",
	};
	bool cut, worth = false;
	if (!walk->html_spare || strcmp(mail->reply_text, mail->text) != 0 || mail->kind == MAIL_REQUEST)
		return;
	struct span bytes = mail_part_bytes(walk->arena, walk->source, walk->html_spare, LIMIT_HTML_BYTES, &cut);
	for (size_t i = 0; i < COUNT_OF(signs) && !worth; i++)
		worth = memmem(bytes.at, bytes.length, signs[i], strlen(signs[i])) != NULL;
	if (!worth)
		return;
	struct span html = mail_charset_to_utf8(walk->arena, bytes, mail_params_get(&walk->html_spare->content_type, "charset"), "text", NULL);
	struct buffer out CLEANUP_BUFFER;
	buffer_init(&out);
	mail_html_to_text(walk->arena, html, NULL, &out, NULL);
	struct mail from_html = *mail;
	struct lines lines = mail_lines_of(scratch, buffer_string(&out));
	mail_reply_make(walk->arena, scratch, buffer_string(&out), &lines, known, &from_html);
	if (*from_html.reply_text && strlen(from_html.reply_text) < strlen(mail->reply_text)) {
		mail->reply_text = from_html.reply_text;
		mail->signature = from_html.signature;
		mail->history_cut = from_html.history_cut;
	}
}

/* marked: the text with its marks, gone when this returns. */
static void read_meaning(struct parse *parse, struct walk *walk, const char *marked)
{
	struct mail *mail = parse->mail;
	struct arena scratch CLEANUP_ARENA = scratch_of(parse->arena);
	mail_bounce_read(walk, &parse->head.fields, parse->options);
	mail_receipt_read(walk);
	mail_auto_judge(parse->arena, &parse->head.fields, parse->options, mail);
	struct lines lines = mail_lines_of(&scratch, marked);
	if (lines.count && lines.at[lines.count - 1].rest)
		mail_problem_add(parse->arena, &mail->problems, "the text has more than %d lines; no quotes or signatures are looked for in the rest", LIMIT_TEXT_LINES);
	mail_forward_read(walk, &lines);
	struct known known = mail_known_ask(parse->arena, parse->options, mail);
	mail_reply_make(parse->arena, &scratch, marked, &lines, &known, mail);
	reply_from_spare(walk, &scratch, &known);
	mail_forward_read_attached(walk);
	mail->language = mail_language_detect(*mail->reply_text ? mail->reply_text : mail->text, &mail->language_sure);
}

static void read_body(struct parse *parse)
{
	struct mail *mail = parse->mail;
	struct walk walk = { .arena = parse->arena, .source = &parse->source, .problems = &mail->problems, .mail = mail,
	                     .light = parse->options->light || parse->options->text_only,
	                     .text_most = parse->options->text_most ? parse->options->text_most : LIMIT_TEXT_BYTES,
	                   };
	buffer_init(&walk.text);
	walk.root = mail_parts_read(parse->arena, &parse->source, &parse->head, &mail->problems);
	mail_walk_parts(&walk);
	mail->text = mail_marks_strip(parse->arena, buffer_string(&walk.text));
	if (!parse->options->text_only)
		read_meaning(parse, &walk, buffer_string(&walk.text));
	buffer_fini(&walk.text);
}

void mail_effort(struct effort *effort, const struct mail_source *source)
{
	const uint64_t usual = 1024 * 1024;
	uint64_t more = source->size > usual ? source->size - usual : 0;
	effort_start(effort, LIMIT_PARSE_MEMORY + (size_t)(more < LIMIT_PARSE_MEMORY_MORE ? more : LIMIT_PARSE_MEMORY_MORE),
	             LIMIT_PARSE_MS + LIMIT_PARSE_MS_MORE * (int64_t)(more / usual));
}

/* What was not looked at to its end is not cut: all of it is shown. */
static void keep_all_if_spent(struct parse *parse)
{
	struct mail *mail = parse->mail;
	if (!parse->arena->effort->spent || parse->options->text_only)
		return;
	mail->reply_text = mail->text;
	mail->signature = NULL;
	mail->history_cut = false;
}

static void problem_spent(struct arena *arena, struct strings *problems)
{
	if (arena->effort && arena->effort->spent)
		mail_problem_add(arena, problems, arena->effort->spent == EFFORT_TIME ? "reading it takes too long; the rest of it is only in the raw mail"
		                                                                      : "reading it takes too much memory; the rest of it is only in the raw mail");
}

static void empty_mail(struct mail *mail)
{
	*mail = (struct mail){ .from = nobody, .sender = nobody, .subject = "", .text = "", .reply_text = "", .auto_answer_why = "", .kind_why = "", .our_marks = "",
	                       .forward = { .from = nobody, .subject = "", .text = "", .comment = "" } };
}

void mail_parse(struct arena *arena, const struct mail_source *source, const struct mail_options *options, struct mail *mail)
{
	static const struct mail_options none = { 0 };
	empty_mail(mail);
	struct parse parse = { .arena = arena, .options = options ? options : &none, .mail = mail, .source = *source };
	struct effort effort, *outer = arena->effort;
	mail_effort(&effort, source);
	arena_limit(arena, &effort);
	if (source->fd >= 0 && source->size <= SMALL_FILE) {
		struct span all = mail_source_span(arena, source, 0, source->size);
		parse.source = (struct mail_source){ .data = all.at, .size = all.length, .fd = -1 };
	} else if (source->fd < 0 && !source->data) {
		parse.source = (struct mail_source){ .data = "", .fd = -1 };
	}
	read_header(&parse);
	if (parse.options->headers_only)
		mail_auto_judge(arena, &parse.head.fields, parse.options, mail);
	else
		read_body(&parse), keep_all_if_spent(&parse);
	make_digest(&parse);
	problem_spent(arena, &mail->problems);
	arena_limit(arena, outer);
}

enum status mail_attachment(const struct mail_source *source, size_t number,
                            bool (*write)(void *context, const void *bytes, size_t length), void *context, struct error *error)
{
	struct effort effort;            /* outlives the arena, which gives its bytes back to it */
	struct arena arena CLEANUP_ARENA;
	struct strings problems = { 0 };
	struct head head;
	struct mail mail;
	arena_init(&arena);
	mail_effort(&effort, source);
	arena_limit(&arena, &effort);
	empty_mail(&mail);
	mail_head_read(&arena, source, &head, &problems);
	struct walk walk = { .arena = &arena, .source = source, .problems = &problems, .mail = &mail, .wanted = number, .sink = { write, context },
	                     .text_most = LIMIT_TEXT_BYTES };
	buffer_init(&walk.text);
	walk.root = mail_parts_read(&arena, source, &head, &problems);
	if (number)
		mail_walk_parts(&walk);
	buffer_fini(&walk.text);
	if (!walk.written)
		return error_set(error, STATUS_NOT_FOUND, "there is no attachment %zu", number);
	return STATUS_OK;
}

struct span mail_page(struct arena *arena, const struct mail_source *source)
{
	CLEANUP_BUFFER struct buffer pages;
	struct strings problems = { 0 };
	struct head head;
	struct mail mail;
	buffer_init(&pages);
	empty_mail(&mail);
	mail_head_read(arena, source, &head, &problems);
	struct walk walk = { .arena = arena, .source = source, .problems = &problems, .mail = &mail, .light = true, .text_most = LIMIT_TEXT_BYTES,
	                     .pages = &pages };
	buffer_init(&walk.text);
	walk.root = mail_parts_read(arena, source, &head, &problems);
	mail_walk_parts(&walk);
	buffer_fini(&walk.text);
	return (struct span){ arena_copy(arena, pages.length ? pages.at : "", pages.length), pages.length };
}

const char *mail_header(struct arena *arena, const struct mail_source *source, const char *name, size_t n)
{
	struct head head;
	mail_head_read(arena, source, &head, NULL);
	const struct field *field = mail_field_find(&head.fields, name, n);
	return field ? mail_header_decode(arena, field->value, NULL, NULL) : NULL;
}
