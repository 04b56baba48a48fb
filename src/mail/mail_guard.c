/*
 * mail_guard.c - the stream through which GMime sees a mail: same length, same offsets, nothing in it that hurts.
 *
 * GMime overflows the stack on nested groups in address headers, takes 30 bytes of memory for each byte of a header and
 * builds every message in a message. So it is shown a header that we wrote ourselves, and behind it the body with single
 * bytes changed: "message/" and "multipart/digest" read as types it does not descend into, names of address headers at
 * line starts are misspelt, part headers over LIMIT_HEADER_* end early, delimiter-like lines beyond a bound are hidden,
 * CR-only lines become LF lines. Since every change keeps its place, the offsets GMime finds are those of the raw mail,
 * from which we read. Says nothing; mail_parts_read says what was not taken apart.
 */
#include "mail_guard.h"

#include <stdlib.h>

#define MARGIN 32                        /* bytes looked at before and behind a piece, so that no word is cut */
#define DELIMITERS_MAX (4 * LIMIT_PARTS) /* lines "--x" shown to GMime: each may cost it a part of 1.4 KB */
#define MULTIPARTS_MAX 100               /* parts that may open a boundary: each line "--" is compared with all open ones */
#define CLOCK_EVERY 16                   /* pieces of 4 KB between two looks at the clock */

typedef struct guard_object {
	GMimeStream parent_object;
	struct guard_view view;
	char *scratch;
	size_t scratch_room;
	/* what the lines so far were */
	bool in_head;
	size_t head_bytes, head_lines, delimiters, multiparts, pieces;
	bool over;                       /* its time is over: from now on the stream has ended */
} guard_object;

typedef struct guard_objectClass { GMimeStreamClass parent_class; } guard_objectClass;

static GType guard_get_type(void);
G_DEFINE_TYPE(guard_object, guard, GMIME_TYPE_STREAM)

static guard_object *guard_of(GMimeStream *stream)
{
	return (guard_object *)(void *)stream;
}

/* "message" or "multipart" before a slash, blanks between allowed. */
static char *word_before(char *floor, char *slash, const char *word, size_t length)
{
	char *end = slash;
	while (end > floor && is_blank(end[-1]))
		end--;
	if ((size_t)(end - floor) < length || strncasecmp(end - length, word, length) != 0)
		return NULL;
	return end - length;
}

/* start..stop with margins; words that begin in from..to are counted, the others are of the pieces beside it. */
static void mask_types(guard_object *guard, char *start, const char *from, const char *to, char *stop)
{
	for (char *slash = start; (slash = memchr(slash, '/', (size_t)(stop - slash))) != NULL; slash++) {
		char before = slash > start ? lower(slash[-1]) : 0;
		if (before != 'e' && before != 't' && before != ' ' && before != '\t')
			continue;
		char *word = word_before(start, slash, "message", 7);
		char *multipart = word ? NULL : word_before(start, slash, "multipart", 9);
		if (word)
			*word = 'x';
		else if (multipart && multipart >= from && multipart < to && ++guard->multiparts > MULTIPARTS_MAX)
			*multipart = 'x';
		else if (multipart) {
			char *type = slash + 1;
			while (type < stop && is_blank(*type))
				type++;
			if (stop - type >= 6 && strncasecmp(type, "digest", 6) == 0)
				*type = 'x';
		}
	}
}

static bool address_header(const char *line, const char *stop)
{
	static const char *const names[] = { "from", "to", "cc", "bcc", "sender", "reply-to" };
	if (line >= stop || !strchr("ftcbsrFTCBSR", *line))
		return false;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		size_t length = strlen(names[i]);
		if ((size_t)(stop - line) <= length || strncasecmp(line, names[i], length) != 0)
			continue;
		const char *p = line + length;
		while (p < stop && (*p == ' ' || *p == '\t'))
			p++;
		if (p < stop && *p == ':')
			return true;
	}
	return false;
}

/* A line begins at `line`; own: it lies in the piece that is handed out (else in a margin, counted before or later). */
static void line_begins(guard_object *guard, char *line, char *stop, bool own)
{
	/* "-- " and "--" alone are no delimiters: GMime would compare each with every boundary that is open. */
	if (address_header(line, stop) || (stop - line > 2 && line[0] == '-' && line[1] == '-' && is_blank(line[2])))
		*line = 'x';
	if (!own || line >= stop)
		return;
	bool delimiter = stop - line > 2 && line[0] == '-' && line[1] == '-' && !is_blank(line[2]) && line[2] != '-';
	bool blank = *line == '\n' || (*line == '\r' && line + 1 < stop && line[1] == '\n');
	if (delimiter && ++guard->delimiters > DELIMITERS_MAX) {
		*line = 'x';                     /* a line like any other, also of a header's budget */
		delimiter = false;
	}
	if (delimiter) {
		guard->in_head = true;
	} else if (blank) {
		guard->in_head = false;
	} else if (guard->in_head && (++guard->head_lines > LIMIT_HEADER_LINES || guard->head_bytes > LIMIT_HEADER_BYTES)) {
		*line = '\n';
		guard->in_head = false;
	}
}

/* start..stop with margins; from..to is handed out. */
static void mask(guard_object *guard, char *start, char *from, char *to, char *stop, bool first)
{
	if (guard->view.cr_only)
		for (char *p = start; p < stop; p++)
			if (*p == '\r')
				*p = '\n';
	mask_types(guard, start, from, to, stop);
	if (first)
		line_begins(guard, from, stop, true);
	for (char *end = start; (end = memchr(end, '\n', (size_t)(stop - end))) != NULL && end + 1 < stop; end++)
		line_begins(guard, end + 1, stop, end + 1 >= from && end + 1 < to);
	if (guard->in_head)
		guard->head_bytes += (size_t)(to - from);
	if (guard->in_head && guard->head_bytes > 2 * (size_t)LIMIT_HEADER_BYTES && to - from > 2) {
		from[0] = from[1] = '\n';                 /* one endless header line */
		guard->in_head = false;
	}
}

static ssize_t read_body(guard_object *guard, uint64_t at, char *out, size_t length)
{
	uint64_t offset = guard->view.body + at, left = guard->view.source->size - offset;
	if (length > left)
		length = (size_t)left;
	size_t before = at < MARGIN ? (size_t)at : MARGIN;
	if (guard->scratch_room < length + 2 * MARGIN) {
		guard->scratch_room = length + 2 * MARGIN;
		free(guard->scratch);
		guard->scratch = malloc(guard->scratch_room);
		if (!guard->scratch)
			abort();
	}
	size_t have = mail_source_read(guard->view.source, offset - before, guard->scratch, before + length + MARGIN);
	if (have < before + length)
		length = have > before ? have - before : 0;
	mask(guard, guard->scratch, guard->scratch + before, guard->scratch + before + length, guard->scratch + have, at == 0);
	memcpy(out, guard->scratch + before, length);
	return (ssize_t)length;
}

static ssize_t guard_read(GMimeStream *stream, char *out, size_t length)
{
	guard_object *guard = guard_of(stream);
	size_t head = guard->view.head_length;
	uint64_t at = (uint64_t)stream->position;
	ssize_t got = 0;
	if (++guard->pieces % CLOCK_EVERY == 0 && guard->view.effort && effort_look(guard->view.effort))
		guard->over = true;
	if (guard->over)
		return 0;
	if (at < head) {
		got = (ssize_t)(head - at < length ? head - at : length);
		memcpy(out, guard->view.head + at, (size_t)got);
	} else if (guard->view.body + (at - head) < guard->view.source->size) {
		got = read_body(guard, at - head, out, length);
	}
	stream->position += got;
	return got;
}

static ssize_t guard_write(GMimeStream *stream, const char *bytes, size_t length)
{
	return -1;
}

static int guard_flush(GMimeStream *stream)
{
	return 0;
}

static gint64 guard_length(GMimeStream *stream)
{
	const struct guard_view *view = &guard_of(stream)->view;
	return (gint64)(view->head_length + (view->source->size - view->body));
}

static gboolean guard_eos(GMimeStream *stream)
{
	return stream->position >= guard_length(stream);
}

static int guard_reset(GMimeStream *stream)
{
	stream->position = 0;
	return 0;
}

static gint64 guard_seek(GMimeStream *stream, gint64 offset, GMimeSeekWhence whence)
{
	gint64 to = whence == GMIME_STREAM_SEEK_SET ? offset : whence == GMIME_STREAM_SEEK_CUR ? stream->position + offset
	                                                                                     : guard_length(stream) + offset;
	return to < 0 ? -1 : (stream->position = to);
}

static gint64 guard_tell(GMimeStream *stream)
{
	return stream->position;
}

/* Nobody reads from it: only its bounds are asked for. */
static GMimeStream *guard_substream(GMimeStream *stream, gint64 start, gint64 end)
{
	guard_object *guard = g_object_new(guard_get_type(), NULL);
	g_mime_stream_construct(&guard->parent_object, start, end);
	guard->view = guard_of(stream)->view;
	return &guard->parent_object;
}

static void guard_finalize(GObject *object)
{
	free(((guard_object *)(void *)object)->scratch);
	G_OBJECT_CLASS(guard_parent_class)->finalize(object);
}

static void guard_class_init(guard_objectClass *class)
{
	GMimeStreamClass *stream = (GMimeStreamClass *)class;
	G_OBJECT_CLASS(class)->finalize = guard_finalize;
	stream->read = guard_read;
	stream->write = guard_write;
	stream->flush = guard_flush;
	stream->close = guard_flush;
	stream->eos = guard_eos;
	stream->reset = guard_reset;
	stream->seek = guard_seek;
	stream->tell = guard_tell;
	stream->length = guard_length;
	stream->substream = guard_substream;
}

/* Named by G_DEFINE_TYPE. */
static void guard_init(guard_object *self)
{
	self->view = (struct guard_view){ 0 };
}

GMimeStream *mail_guard_stream_new(const struct guard_view *view)
{
	guard_object *guard = g_object_new(guard_get_type(), NULL);
	g_mime_stream_construct(&guard->parent_object, 0, -1);
	guard->view = *view;
	return &guard->parent_object;
}

void mail_guard_register(void)
{
	(void)guard_get_type();
}
