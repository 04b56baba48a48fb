/*
 * mail_walk.c - one walk over the parts: which of them a person reads, and which are attachments, in their order.
 *
 * multipart/alternative shows its plain text, or its HTML where the plain text is empty; related shows its root; signed
 * its first part; report its explanation; mixed and all others show every text that is neither named nor marked as
 * attachment (RFC 2046 section 5.1, RFC 2183). What is not shown is an attachment. The same walk serves mail_parse and
 * mail_attachment, so the numbers always agree.
 * Problems: text cut at LIMIT_TEXT_BYTES (not where less was asked for), encrypted parts.
 */
#include "mail_private.h"


#define STUBS_MAX 3                      /* plain texts of one mail that are compared with the page beside them, which is read each time */
#define LINE_NEAR 1000                   /* bytes from the end of what was cut */
#define PLAIN_LOOK (16 * 1024)           /* encoded bytes of a plain text that may yet be blank or a stub */
#define SPARE_BYTES 3000                 /* encoded bytes of a page from which on it may hold a picture in itself */

static void walk_part(struct walk *walk, struct part *part, bool show);

static bool is_text(const struct part *part)
{
	static const char *const files[] = {
		"text/calendar", "text/x-vcard", "text/vcard", "text/directory", "text/rfc822-headers", "text/css",
	                                     "text/csv", "text/x-patch", "text/x-diff", "text/xml", "text/x-gunzip" };
	if (strncmp(part->type, "text/", 5) != 0)
		return false;
	for (size_t i = 0; i < COUNT_OF(files); i++)
		if (strcmp(part->type, files[i]) == 0)
			return false;
	return true;
}

static bool is_html(const struct part *part)
{
	return strcmp(part->type, "text/html") == 0;
}

/* Text that is shown: neither named nor said to be an attachment. A body alone is shown even if it is called one. */
static bool is_shown(const struct part *part)
{
	return is_text(part) && !part->filename && strcmp(part->disposition.value, "attachment") != 0;
}

/* The charset that an HTML page itself names, for parts that do not (HTML 4.01 section 5.2.2). */
static const char *html_charset(struct arena *arena, struct span html)
{
	struct span start = { html.at, html.length < 2048 ? html.length : 2048 };
	const char *at = mail_span_find_nocase(start, "charset=");
	if (!at)
		return NULL;
	at += 8;
	const char *stop = start.at + start.length, *end;
	while (at < stop && (*at == '"' || *at == '\'' || *at == ' '))
		at++;
	for (end = at; end < stop && (is_alpha(*end) || is_digit(*end) || *end == '-' || *end == '_'); end++)
		;
	return end > at && end - at < 40 ? arena_copy(arena, at, (size_t)(end - at)) : NULL;
}

/* What was cut ends with a line where there is one near, or at least not within a character: else its charset would look wrong. */
static struct span whole_end(struct span bytes)
{
	const char *from = bytes.at + (bytes.length > LINE_NEAR ? bytes.length - LINE_NEAR : 0);
	const char *line = bytes.length ? memrchr(from, '\n', (size_t)(bytes.at + bytes.length - from)) : NULL;
	if (line)
		return (struct span){ bytes.at, (size_t)(line + 1 - bytes.at) };
	for (int i = 0; i < 3 && bytes.length && ((unsigned char)bytes.at[bytes.length - 1] & 0xC0) == 0x80; i++)
		bytes.length--;
	bytes.length -= bytes.length && (unsigned char)bytes.at[bytes.length - 1] >= 0xC0;
	return bytes;
}

static bool wide_charset(const char *charset)
{
	return charset && (strncasecmp(charset, "utf-16", 6) == 0 || strncasecmp(charset, "utf-32", 6) == 0 || strncasecmp(charset, "ucs", 3) == 0);
}

/* What the mail's header is written in, for a text that does not say. */
static const char *charset_beside(struct walk *walk)
{
	static const char *const names[] = { "Subject", "From", "To" };
	const char *found = NULL;
	for (size_t i = 0; i < COUNT_OF(names) && !found; i++)
		found = mail_word_charset(walk->arena, mail_field_value(&walk->root->fields, names[i]));
	return found;
}

/* Kept, since alternatives are looked at before one of them is shown. */
static struct span part_text(struct walk *walk, struct part *part, bool html)
{
	bool cut;
	if (part->read)
		return part->text;
	size_t limit = html ? LIMIT_HTML_BYTES : walk->text_most < LIMIT_TEXT_BYTES ? walk->text_most : (size_t)LIMIT_TEXT_BYTES * 2;
	struct span bytes = mail_part_bytes(walk->arena, walk->source, part, limit, &cut);
	walk->mail->text_cut |= cut;
	if (cut && walk->text_most == LIMIT_TEXT_BYTES)
		mail_problem_add(walk->arena, walk->problems, "a text part is larger than %zu bytes; the rest of it is only in the raw mail", limit);
	const char *charset = mail_params_get(&part->content_type, "charset");
	if (cut && !wide_charset(charset))
		bytes = whole_end(bytes);
	if (html && (!charset || !*charset))
		charset = html_charset(walk->arena, bytes);
	if (!walk->charset && charset && *charset)
		walk->charset = charset;
	bool said = charset && *charset;
	const char *beside = said || mail_charset_is_ascii(bytes.at, bytes.length) ? NULL : charset_beside(walk);
	part->text = mail_charset_to_utf8_near(walk->arena, bytes, charset, beside, "text", walk->problems);
	part->read = true;
	return part->text;
}

/* ---- text/enriched and text/richtext (RFC 1896): commands out, << is < ---- */
static struct span enriched_to_text(struct arena *arena, struct span in)
{
	char *out = arena_room(arena, in.length + 1);
	size_t n = 0;
	const char *param_end = in.at;                           /* the next "</param>" behind what was read, NULL: none */
	for (size_t i = 0; i < in.length && !arena_spent(arena); i++) {
		if (in.at[i] != '<') {
			out[n++] = in.at[i];
		} else if (i + 1 < in.length && in.at[i + 1] == '<') {
			out[n++] = '<';
			i++;
		} else {
			struct span rest = { in.at + i, in.length - i };
			const char *end = memchr(rest.at, '>', rest.length < 64 ? rest.length : 64);
			const char *param = NULL;
			if (mail_span_starts_nocase(rest, "<param>")) {
				if (param_end && param_end <= rest.at)
					param_end = mail_span_find_nocase(rest, "</param>");
				param = param_end;
			}
			if (mail_span_starts_nocase(rest, "<nl>") || mail_span_starts_nocase(rest, "<p>"))
				out[n++] = '\n';
			if (param)
				i += (size_t)(param - rest.at) + 7;
			else if (end)
				i += (size_t)(end - rest.at);
			else
				out[n++] = '<';
		}
	}
	return (struct span){ out, n };
}

static void append_text(struct walk *walk, const char *at, size_t length)
{
	size_t room = walk->text.length < walk->text_most ? walk->text_most - walk->text.length : 0;
	if (length > room) {
		walk->mail->text_cut = true;
		if (walk->text_most == LIMIT_TEXT_BYTES)
			mail_problem_add(walk->arena, walk->problems, "the text was cut at %d bytes", LIMIT_TEXT_BYTES);
		for (length = room; length && ((unsigned char)at[length] & 0xC0) == 0x80; length--)
			;
	}
	if (walk->text.length && length && walk->text.at[walk->text.length - 1] != '\n')
		buffer_add_char(&walk->text, '\n');
	buffer_add(&walk->text, at, length);
}

/* An image that the page shows and the mail brings along is called by its file name. */
static const char *image_in(const struct part *part, const char *cid, int depth)
{
	for (; part && depth < LIMIT_DEPTH; part = part->next) {
		const char *name = part->first ? image_in(part->first, cid, depth + 1) : part->filename && strcmp(part->content_id, cid) == 0 ? part->filename : NULL;
		if (name)
			return name;
	}
	return NULL;
}

static const char *image_name(const void *context, const char *cid)
{
	const struct walk *walk = context;
	return *cid ? image_in(walk->root, cid, 0) : NULL;
}

static void keep_page(struct walk *walk, struct span html)
{
	if (walk->pages && walk->pages->length + html.length <= LIMIT_HTML_BYTES)
		buffer_add(walk->pages, html.at, html.length);
}

static void append_html(struct walk *walk, struct span html)
{
	if (!walk->instead)
		html = mail_data_pictures_take(walk, html);
	if (walk->pages) {                       /* the text is known already */
		keep_page(walk, html);
		append_text(walk, "+", 1);
		return;
	}
	const struct image_names images = { image_name, walk };
	struct buffer out CLEANUP_BUFFER;
	buffer_init(&out);
	mail_html_to_text(walk->arena, html, &images, &out, walk->problems);
	if (!walk->text.length)
		walk->html_shown = true;
	append_text(walk, out.length ? out.at : "", out.length);
}

static void show_text(struct walk *walk, struct part *part)
{
	bool html = is_html(part);
	struct span text = part_text(walk, part, html);
	bool page = html || (strcmp(part->type, "text/plain") == 0 && mail_text_is_page(text));
	if (mail_rtf_looks(text))
		text = mail_rtf_to_text(walk->arena, text, &page);
	if (page)
		return append_html(walk, text);
	if (strcmp(part->type, "text/enriched") == 0 || strcmp(part->type, "text/richtext") == 0)
		text = enriched_to_text(walk->arena, text);
	const char *format = mail_params_get(&part->content_type, "format"), *delsp = mail_params_get(&part->content_type, "delsp");
	if (format && text_equal_nocase(format, "flowed"))
		text = mail_flowed_unwrap(walk->arena, text, delsp && text_equal_nocase(delsp, "yes"));
	text = mail_pgp_unwrap(walk->arena, text, walk->problems);
	if (!walk->instead)
		text = mail_uuencode_unpack(walk, text);
	append_text(walk, text.at, text.length);
}

/* ---- multipart/alternative ---- */

/* From the leaves up, each part once: what stands below a multipart is known before anybody asks. */
static void shown_find(struct part *part)
{
	if (!part->first && is_shown(part))
		part->shown[is_html(part)] = part;
	for (struct part *child = part->first; child; child = child->next) {
		shown_find(child);
		for (int html = 0; html < 2; html++)
			if (!part->shown[html])
				part->shown[html] = child->shown[html];
	}
}

static struct part *find_text(const struct part *part, bool html)
{
	return part->shown[html];
}

/* A plain text beside a page: has it nothing to say? Nearly always the page's source holds its words, and need not be read. */
static bool says_nothing(struct walk *walk, struct part *plain, struct part *page)
{
	bool surely;
	if (plain->end - plain->start > PLAIN_LOOK)
		return false;
	struct span text = part_text(walk, plain, false);
	if (mail_text_is_blank(text))
		return true;
	if (!page || !mail_text_may_be_stub(text, &surely) || walk->stubs++ >= STUBS_MAX)
		return false;
	struct span html = part_text(walk, page, true);
	if (!surely && (mail_page_is_short(text, html) || mail_stub_has_words_of(text, html)))
		return false;
	struct buffer out CLEANUP_BUFFER;
	buffer_init(&out);
	mail_html_to_text(walk->arena, html, NULL, &out, NULL);
	struct span shown = { out.length ? out.at : "", out.length };
	return !mail_text_is_blank(shown) && (surely || mail_text_is_stub_of(text, shown));
}

/* The page beside a text that is shown: pictures that stand in it are files all the same. */
static void take_spare(struct walk *walk, struct part *html)
{
	bool small = html->end - html->start < SPARE_BYTES, cut;
	if (!walk->html_spare)
		walk->html_spare = html;
	if (walk->pages) {
		struct span page = part_text(walk, html, true);
		keep_page(walk, small ? page : mail_data_pictures_take(walk, page));
		return;
	}
	if (small)
		return;
	mail_data_pictures_take(walk, mail_part_bytes(walk->arena, walk->source, html, LIMIT_HTML_BYTES, &cut));
}

static void walk_alternative(struct walk *walk, struct part *part, bool show)
{
	struct part *shown = NULL, *html = NULL;
	for (struct part *child = part->first; child; child = child->next) {
		struct part *plain = find_text(child, false);
		if (!shown && plain && strcmp(plain->type, "text/plain") == 0 && !says_nothing(walk, plain, find_text(part, true)))
			shown = child;
		if (find_text(child, true) && !(shown == child))
			html = child;
	}
	if (shown && html && show)
		take_spare(walk, find_text(html, true));
	if (!shown)
		shown = html;
	for (struct part *child = part->first; child && !shown; child = child->next)
		if (find_text(child, false))
			shown = child;
	for (struct part *child = part->first; child; child = child->next)
		if (show && child == shown)
			walk_part(walk, child, true);
		else if (child->first || !is_shown(child))
			walk_part(walk, child, false);
}

static void walk_related(struct walk *walk, struct part *part, bool show)
{
	const char *start = mail_params_get(&part->content_type, "start");
	struct part *root = part->first;
	for (struct part *child = part->first; start && *start && child; child = child->next) {
		size_t skip = *start == '<', length = strlen(child->content_id);
		if (length && strncmp(start + skip, child->content_id, length) == 0)
			root = child;
	}
	if (root && !find_text(root, true) && !find_text(root, false))
		for (struct part *child = part->first; child; child = child->next)
			if (find_text(child, true) || find_text(child, false)) {
				root = child;
				break;
			}
	for (struct part *child = part->first; child; child = child->next)
		if (child == root)
			walk_part(walk, child, show);
		else if (child->first || !is_shown(child) || show)
			walk_part(walk, child, show && is_shown(child));
}

static void walk_encrypted(struct walk *walk, struct part *part)
{
	mail_problem_add(walk->arena, walk->problems, "encrypted (%s); kept as it is", mail_params_get(&part->content_type, "protocol") ? mail_params_get(&part->content_type, "protocol") : "multipart/encrypted");
	for (struct part *child = part->first; child; child = child->next)
		walk_part(walk, child, false);
}

static void remember_special(struct walk *walk, struct part *part)
{
	if (!walk->delivery && (strcmp(part->type, "message/delivery-status") == 0 || strcmp(part->type, "message/global-delivery-status") == 0))
		walk->delivery = part;
	if (!walk->feedback && strcmp(part->type, "message/feedback-report") == 0)
		walk->feedback = part;
	if (!walk->disposition && strcmp(part->type, "message/disposition-notification") == 0)
		walk->disposition = part;
	if (!walk->nested && (strcmp(part->type, "message/rfc822") == 0 || strcmp(part->type, "text/rfc822-headers") == 0
	                      || strcmp(part->type, "message/global") == 0 || strcmp(part->type, "message/global-headers") == 0
	                      || strcmp(part->type, "text/rfc822") == 0))
		walk->nested = part;
	if (!walk->calendar && (strcmp(part->type, "text/calendar") == 0 || strcmp(part->type, "application/ics") == 0))
		walk->calendar = part;
	if (!walk->named_text && is_text(part) && (part == walk->root || (part->filename && strcmp(part->disposition.value, "attachment") != 0)))
		walk->named_text = part;
}

static bool is_tnef(const struct part *part)
{
	return strcmp(part->type, "application/ms-tnef") == 0 || strcmp(part->type, "application/vnd.ms-tnef") == 0
	       || (part->filename && text_equal_nocase(part->filename, "winmail.dat"));
}

static bool is_smime(const struct part *part)
{
	const char *dot = part->filename ? strrchr(part->filename, '.') : NULL;
	return strcmp(part->type, "application/pkcs7-mime") == 0 || strcmp(part->type, "application/x-pkcs7-mime") == 0
	       || (dot && text_equal_nocase(dot, ".p7m") && strcmp(part->type, "application/octet-stream") == 0);
}

static void set_source(struct part *part, const struct mail_source *source)
{
	part->source = source;
	for (struct part *child = part->first; child; child = child->next)
		set_source(child, source);
}

/* A MIME entity that lay in a wrapper: read as if it stood in the wrapper's place. */
static void walk_inner(struct walk *walk, struct span bytes, bool show)
{
	struct mail_source *source = ARENA_NEW(walk->arena, struct mail_source);
	struct head head;
	*source = (struct mail_source){ .data = bytes.at, .size = bytes.length, .fd = -1 };
	mail_head_read(walk->arena, source, &head, NULL);
	struct part *root = mail_parts_read(walk->arena, source, &head, walk->problems), *outer = walk->root;
	set_source(root, source);
	walk->root = root;
	walk_part(walk, root, show);
	walk->root = outer;
}

static void walk_smime(struct walk *walk, struct part *part, bool show)
{
	bool cut;
	struct span content = { "", 0 };
	if (walk->opened < LIMIT_SMIME_DEPTH && part->end > part->start)
		content = mail_smime_content(walk->arena, mail_part_bytes(walk->arena, walk->source, part, LIMIT_SMIME_BYTES, &cut));
	mail_problem_add(walk->arena, walk->problems, content.length ? "S/MIME (%s); the signature was not checked" : "S/MIME (%s); kept as it is", part->type);
	mail_attachment_add(walk, part);
	if (!content.length)
		return;
	if (!walk->wanted)
		walk->mail->attachments.at[walk->mail->attachments.count - 1].signs = true;
	walk->opened++;
	walk_inner(walk, content, show);
}

static void walk_leaf(struct walk *walk, struct part *part, bool show)
{
	remember_special(walk, part);
	bool alone = part == walk->root && is_text(part) && !part->filename && (part->end > part->start || !strcmp(part->disposition.value, ""));
	if (show && (is_shown(part) || (alone && strcmp(part->disposition.value, "attachment") != 0)))
		return show_text(walk, part);
	if (!show && is_shown(part))
		return;
	if (is_smime(part))
		return walk_smime(walk, part, show);
	if (is_tnef(part)) {
		bool cut;
		struct span bytes = mail_part_bytes(walk->arena, walk->source, part, LIMIT_TNEF_BYTES, &cut);
		if (!cut && mail_tnef_unpack(walk, bytes))
			return;
		mail_problem_add(walk->arena, walk->problems, cut ? "TNEF larger than %d bytes; kept as it is" : "TNEF (winmail.dat) without a file that can be read; kept as it is",
		                 LIMIT_TNEF_BYTES);
	}
	mail_attachment_add(walk, part);
}

static void walk_part(struct walk *walk, struct part *part, bool show)
{
	if (arena_spent(walk->arena))
		return;
	if (!part->first)
		return walk_leaf(walk, part, show);
	if (strcmp(part->type, "multipart/alternative") == 0)
		return walk_alternative(walk, part, show);
	if (strcmp(part->type, "multipart/related") == 0)
		return walk_related(walk, part, show);
	if (strcmp(part->type, "multipart/encrypted") == 0)
		return walk_encrypted(walk, part);
	for (struct part *child = part->first; child; child = child->next)
		walk_part(walk, child, show);
}

/* Nothing to read so far: what else a person would look at. A text that is a file as well is both. */
static void show_instead(struct walk *walk)
{
	bool cut;
	size_t before = walk->text.length;
	walk->instead = true;
	if (walk->named_text && walk->named_text->end > walk->named_text->start)
		show_text(walk, walk->named_text);
	if (!walk->calendar || !mail_text_is_blank((struct span){ walk->text.at ? walk->text.at : "", walk->text.length }))
		return;
	walk->text.length = before;
	struct span bytes = mail_part_bytes(walk->arena, walk->source, walk->calendar, LIMIT_CALENDAR_BYTES, &cut);
	bytes = mail_charset_to_utf8(walk->arena, bytes, mail_params_get(&walk->calendar->content_type, "charset"), "calendar", walk->problems);
	struct span line = mail_calendar_line(walk->arena, bytes, mail_field_keyword(walk->arena, &walk->root->fields, "Content-Language"));
	append_text(walk, line.at, line.length);
}

void mail_walk_parts(struct walk *walk)
{
	shown_find(walk->root);
	walk_part(walk, walk->root, true);
	if (!walk->wanted && mail_text_is_blank((struct span){ walk->text.at ? walk->text.at : "", walk->text.length }))
		show_instead(walk);
}
