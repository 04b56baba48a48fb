/*
 * mail_parts.c - the tree of MIME parts: found by GMime behind its guard, kept as plain values with offsets.
 *
 * A mail that is not multipart is one leaf and costs no parser at all. Headers of parts are read again from the raw
 * bytes with our own reader, since GMime was shown them with letters changed. Bounded by LIMIT_PARTS and LIMIT_DEPTH:
 * what lies beyond stays in the raw mail and is said in `problems`.
 * May not decode content (mail_decode) nor decide what is shown (mail_walk).
 */
#include "mail_guard.h"

#define PART_HEAD_MAX (32 * 1024)        /* bytes of the header of one part that are read: two LIMIT_PARAMETERS */
#define BOUNDARY_MAX 500                 /* bytes; RFC 2046 section 5.1.1 says 70 */
#define BOUNDARY_SEARCH (1024 * 1024)    /* bytes in which the first delimiter must stand */

struct tree {
	struct arena *arena;
	const struct mail_source *source;
	const struct head *head;
	struct strings *problems;
	size_t head_length, count, again;        /* again: parts split a second time, by our own reading */
};

static enum encoding encoding_of(const char *said)
{
	if (strstr(said, "base64"))
		return ENCODING_BASE64;
	if (strstr(said, "quoted"))
		return ENCODING_QP;
	return strstr(said, "uu") ? ENCODING_UU : ENCODING_NONE;
}

static const char *content_id(struct arena *arena, const struct fields *fields)
{
	char *id = mail_header_decode(arena, mail_field_value(fields, "Content-ID"), NULL, NULL);
	size_t length = strlen(id);
	if (length && id[length - 1] == '>')
		id[length - 1] = '\0';
	return *id == '<' ? id + 1 : id;
}

static void part_describe(struct arena *arena, struct part *part, const char *default_type, struct strings *problems)
{
	const struct fields *fields = &part->fields;
	mail_params_parse(arena, mail_field_value(fields, "Content-Type"), &part->content_type, problems);
	mail_params_parse(arena, mail_field_value(fields, "Content-Disposition"), &part->disposition, problems);
	const char *type = part->content_type.value;
	const char *slash = strchr(type, '/');
	part->typed = slash && slash != type && slash[1];
	part->type = part->typed ? type : strcmp(type, "text") == 0 ? "text/plain" : default_type;
	part->encoding = encoding_of(mail_field_keyword(arena, fields, "Content-Transfer-Encoding"));
	const char *name = mail_params_get(&part->disposition, "filename");
	if (!name || !*name)
		name = mail_params_get(&part->content_type, "name");
	if (!name || !*name)
		name = mail_params_get(&part->content_type, "filename");
	if (!name || !*name)
		name = mail_params_get(&part->disposition, "name");
	part->filename = name && *name ? name : NULL;
	part->content_id = content_id(arena, fields);
}

/* The boundary as our reader reads it; where there is none, the first line that looks like a delimiter before a header. What a file's bytes
 * were read to for that is not kept. */
static const char *find_boundary(struct arena *arena, const struct mail_source *source, bool cr_only, const struct part *top)
{
	CLEANUP_ARENA struct arena scratch = scratch_of(arena);
	struct span body = mail_source_span(&scratch, source, top->start, top->end < top->start + BOUNDARY_SEARCH ? top->end : top->start + BOUNDARY_SEARCH);
	const char *said = mail_params_get(&top->content_type, "boundary");
	size_t length = said ? strlen(said) : 0;
	if (length && length <= BOUNDARY_MAX) {
		char line[BOUNDARY_MAX + 3];
		memcpy(line, "--", 2);
		memcpy(line + 2, said, length);
		if (memmem(body.at, body.length, line, length + 2))
			return said;
	}
	const char *at = body.at, *stop = body.at + body.length;
	for (int lines = 0; at < stop && lines < 200; lines++) {
		const char *end = memchr(at, cr_only ? '\r' : '\n', (size_t)(stop - at));
		struct span line = mail_span_trim((struct span){ at, (size_t)((end ? end : stop) - at) });
		at = end ? end + 1 : stop;
		if (line.length > 2 && line.length < 200 && line.at[0] == '-' && line.at[1] == '-'
		    && mail_span_starts_nocase((struct span){ at, (size_t)(stop - at) }, "Content-"))
			return arena_copy(arena, line.at + 2, line.length - 2);
	}
	return NULL;
}

/* What GMime is told about the top: nothing but the type and the boundary, in our own words. */
static char *shown_head(struct arena *arena, const char *boundary)
{
	struct buffer out CLEANUP_BUFFER;
	buffer_init(&out);
	buffer_add_string(&out, "Content-Type: multipart/mixed; boundary=\"");
	for (const char *p = boundary; *p; p++) {
		if (*p == '"' || *p == '\\')
			buffer_add_char(&out, '\\');
		buffer_add_char(&out, *p);
	}
	buffer_add_string(&out, "\"\n\n");
	return arena_string(arena, buffer_string(&out));
}

static uint64_t raw_offset(const struct tree *tree, gint64 shown)
{
	uint64_t at = shown < (gint64)tree->head_length ? 0 : (uint64_t)shown - tree->head_length;
	at += tree->head->body;
	return at > tree->source->size ? tree->source->size : at;
}

/* Where a part ends that GMime made nothing of: at the next delimiter of the multipart it stands in. */
static uint64_t delimiter_after(struct tree *tree, const struct part *parent, uint64_t start)
{
	char line[BOUNDARY_MAX + 4] = "\n--";
	size_t length = parent->boundary ? strlen(parent->boundary) : 0;
	if (!length || length > BOUNDARY_MAX)
		return tree->source->size;
	memcpy(line + 3, parent->boundary, length);
	CLEANUP_ARENA struct arena scratch = scratch_of(tree->arena);
	struct span rest = mail_source_span(&scratch, tree->source, start, start + BOUNDARY_SEARCH);
	const char *at = memmem(rest.at, rest.length, line, length + 3);
	return at ? start + (uint64_t)(at - rest.at) : tree->source->size;
}

/* GMime takes CR LF off the end of a part if the mail's first line ends so, even where this line ends in a bare LF: then the last byte of
 * the content went with it. "X\n" in place of "\r\n" behind the end: X belongs to the part. And where the last delimiter has no line end
 * it leaves the CR before it. */
static uint64_t true_end(const struct tree *tree, uint64_t start, uint64_t end)
{
	char two[2];
	if (end > start && mail_source_read(tree->source, end - 1, two, 2) == 2 && two[0] == '\r' && two[1] == '\n')
		return end - 1;
	bool cut = mail_source_read(tree->source, end, two, 2) == 2 && two[0] != '\r' && two[0] != '\n' && two[0] != '-' && two[1] == '\n';
	return cut ? end + 1 : end;
}

/* Fields that were cut out of a block: now out of a copy of it. */
static void move_fields(struct fields *fields, const char *from, const char *to)
{
	for (size_t i = 0; i < fields->count; i++) {
		fields->at[i].name.at = to + (fields->at[i].name.at - from);
		fields->at[i].value.at = to + (fields->at[i].value.at - from);
	}
}

/* The header of a part from the raw bytes. Returns where its body begins, by our reading. Of a file, only the header itself is kept. */
static uint64_t read_part_head(struct tree *tree, GMimeObject *object, struct part *part)
{
	GMimeHeaderList *list = g_mime_object_get_header_list(object);
	if (!list || g_mime_header_list_get_count(list) == 0)
		return 0;
	gint64 offset = g_mime_header_get_offset(g_mime_header_list_get_header_at(list, 0));
	if (offset < 0)
		return 0;
	uint64_t start = part->head = raw_offset(tree, offset);
	CLEANUP_ARENA struct arena scratch = scratch_of(tree->arena);
	struct span block = mail_source_span(&scratch, tree->source, start, start + PART_HEAD_MAX);
	bool cut;
	size_t length = mail_head_cut(tree->arena, block, &part->fields, &cut, tree->problems);
	if (tree->source->fd >= 0)
		move_fields(&part->fields, block.at, arena_copy(tree->arena, block.at, length));
	return start + length;
}

static void add_children(struct tree *tree, GMimeMultipart *multipart, struct part *parent);
static void split_again(struct tree *tree, struct part *part);

static void add_part(struct tree *tree, GMimeObject *object, struct part *parent, struct part ***tail)
{
	struct part *part = ARENA_NEW(tree->arena, struct part);
	part->parent = parent;
	part->depth = parent->depth + 1;
	uint64_t body = read_part_head(tree, object, part);
	part_describe(tree->arena, part, strcmp(parent->type, "multipart/digest") == 0 ? "message/rfc822" : "text/plain", tree->problems);
	**tail = part;
	*tail = &part->next;
	parent->children++;
	if (GMIME_IS_MULTIPART(object)) {
		if (strncmp(part->type, "multipart/", 10) != 0)
			part->type = "multipart/mixed";
		part->boundary = mail_params_get(&part->content_type, "boundary");
		add_children(tree, GMIME_MULTIPART(object), part);
	} else if (GMIME_IS_PART(object)) {
		GMimeDataWrapper *content = g_mime_part_get_content(GMIME_PART(object));
		GMimeStream *stream = content ? g_mime_data_wrapper_get_stream(content) : NULL;
		if (stream && stream->bound_start >= 0 && stream->bound_end >= stream->bound_start) {
			part->start = raw_offset(tree, stream->bound_start);
			part->end = true_end(tree, part->start, raw_offset(tree, stream->bound_end));
		}
	}
	if (!part->children && strncmp(part->type, "multipart/", 10) == 0 && body) {
		part->start = body;
		part->end = delimiter_after(tree, parent, body);
		split_again(tree, part);
	}
	if (!part->children && strncmp(part->type, "multipart/", 10) == 0) {
		part->type = "text/plain";
		part->typed = false;
	}
}

static void add_children(struct tree *tree, GMimeMultipart *multipart, struct part *parent)
{
	struct part **tail = &parent->first;
	int count = g_mime_multipart_get_count(multipart);
	if (parent->depth >= LIMIT_DEPTH) {
		mail_problem_add(tree->arena, tree->problems, "parts nested deeper than %d; not taken apart", LIMIT_DEPTH);
		return;
	}
	for (int i = 0; i < count; i++) {
		if (++tree->count > LIMIT_PARTS) {
			mail_problem_add(tree->arena, tree->problems, "more than %d parts; the others stay in the raw mail", LIMIT_PARTS);
			return;
		}
		add_part(tree, g_mime_multipart_get_part(multipart, i), parent, &tail);
	}
}

static void read_tree(struct tree *tree, struct part *top, const char *boundary)
{
	char *shown = shown_head(tree->arena, boundary);
	top->boundary = boundary;
	tree->head_length = strlen(shown);
	struct guard_view view = { .source = tree->source, .head = shown, .head_length = tree->head_length, .body = tree->head->body,
	                           .cr_only = tree->head->cr_only, .effort = tree->arena->effort };
	GMimeStream *stream = mail_guard_stream_new(&view);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	g_mime_parser_set_persist_stream(parser, TRUE);
	GMimeObject *object = g_mime_parser_construct_part(parser, NULL);
	if (object && GMIME_IS_MULTIPART(object))
		add_children(tree, GMIME_MULTIPART(object), top);
	if (object)
		g_object_unref(object);
	g_object_unref(parser);
	g_object_unref(stream);
}

/* A multipart whose boundary GMime could not read and we can: its body is a mail's body of its own. */
static void split_again(struct tree *tree, struct part *part)
{
	const char *boundary = part->depth < LIMIT_DEPTH ? find_boundary(tree->arena, tree->source, tree->head->cr_only, part) : NULL;
	if (!boundary || tree->again++ > 20)
		return;
	struct mail_source source = *tree->source;
	struct head head = { .body = part->start, .cr_only = tree->head->cr_only };
	struct tree inner = { .arena = tree->arena, .source = &source, .head = &head, .problems = tree->problems, .count = tree->count, .again = tree->again };
	source.size = part->end;
	read_tree(&inner, part, boundary);
	tree->count = inner.count;
	tree->again = inner.again;
}

/* Which claims of an encoding are true. */
static void judge_encodings(struct arena *arena, const struct mail_source *source, struct part *part, struct strings *problems)
{
	if (!part->first && (part->encoding == ENCODING_BASE64 || part->encoding == ENCODING_UU))
		mail_encoding_judge(arena, source, part, problems);
	for (struct part *child = part->first; child; child = child->next)
		judge_encodings(arena, source, child, problems);
}

static void split_top(struct arena *arena, const struct mail_source *source, const struct head *head, struct part *top, struct strings *problems)
{
	struct tree tree = { .arena = arena, .source = source, .head = head, .problems = problems };
	const char *boundary = find_boundary(arena, source, head->cr_only, top);
	if (boundary)
		read_tree(&tree, top, boundary);
	if (!top->children) {
		mail_problem_add(arena, problems, "a multipart mail without any part; read as text");
		top->type = "text/plain";
		top->typed = false;
	}
}

struct part *mail_parts_read(struct arena *arena, const struct mail_source *source, const struct head *head, struct strings *problems)
{
	struct part *top = ARENA_NEW(arena, struct part);
	top->fields = head->fields;
	top->start = head->body;
	top->end = source->size;
	part_describe(arena, top, "text/plain", problems);
	if (strncmp(top->type, "multipart/", 10) == 0)
		split_top(arena, source, head, top, problems);
	judge_encodings(arena, source, top, problems);
	return top;
}
