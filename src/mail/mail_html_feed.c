/*
 * mail_html_feed.c - a page through libxml2's push parser, in pieces, so that no page costs more than its bytes.
 *
 * The parser looks through its open elements for each end tag that fits none. So it never sees one of an element that is not open, and
 * never holds many open elements: where a page leaves more of them open, it goes on with a new parser that knows none. Pages that people
 * made come nowhere near. Every page has passed mail_html_safe.c first. Says nothing.
 */
#include "mail_html.h"

#include <libxml/HTMLparser.h>

#define FEED 512                         /* bytes, or a tag more, that the parser gets at once: between two looks at what is open */
#define OPEN_MAX 200                     /* open elements; no page that a person made has a hundred */
#define OPEN_LONG 60                     /* while TRIPS of them were looked at */
#define TRIPS (512 * 1024)               /* tags, times what is open at each */
#define NAMES 256                        /* counters of open elements, by a hash of the name: two that share one are passed on more often */
#define NAME_MAX_BYTES 100               /* of a name, as the parser takes it */

struct feed {
	const struct html_reader *reader;
	htmlParserCtxtPtr parser;
	size_t depth, trips;
	unsigned open[NAMES];
	char piece[2 * (FEED + LIMIT_HTML_TAG) + 16];    /* "</p>" becomes "<p></p>" at worst */
};

static bool is_name_byte(char c)
{
	return is_alpha(c) || is_digit(c) || c == ':' || c == '-' || c == '_' || c == '.';
}

/* Of the name that begins at `at`; *length: its bytes. */
static size_t name_hash(const char *at, const char *stop, size_t *length)
{
	size_t hash = 5381, n = 0;
	for (; at + n < stop && n < NAME_MAX_BYTES && is_name_byte(at[n]); n++)
		hash = hash * 33 + (unsigned char)lower(at[n]);
	*length = n;
	return (hash ^ hash >> 8) % NAMES;
}

/* ---- what the parser says ---- */
static void on_start(void *context, const xmlChar *name, const xmlChar **attributes)
{
	struct feed *feed = context;
	size_t length, bytes = strlen((const char *)name);
	feed->open[name_hash((const char *)name, (const char *)name + bytes, &length)]++;
	feed->depth++;
	feed->reader->start(feed->reader->context, (const char *)name, (const char *const *)(const void *)attributes);
}

static void on_end(void *context, const xmlChar *name)
{
	struct feed *feed = context;
	size_t length, bytes = strlen((const char *)name), hash = name_hash((const char *)name, (const char *)name + bytes, &length);
	feed->open[hash] -= feed->open[hash] > 0;
	feed->depth -= feed->depth > 0;
	feed->reader->end(feed->reader->context);
}

static void on_text(void *context, const xmlChar *text, int length)
{
	struct feed *feed = context;
	if (length > 0)
		feed->reader->text(feed->reader->context, (const char *)text, (size_t)length);
}

/* libxml2 hands over the content of <style> and <script> here; comments go nowhere. */
static void on_cdata(void *context, const xmlChar *text, int length)
{
}

static void on_error(void *context, const char *message, ...)
{
}

static void parser_begin(struct feed *feed)
{
	static xmlSAXHandler sax = { .startElement = on_start, .endElement = on_end, .characters = on_text, .ignorableWhitespace = on_text,
	                             .cdataBlock = on_cdata, .warning = on_error, .error = on_error };
	feed->parser = htmlCreatePushParserCtxt(&sax, feed, NULL, 0, NULL, XML_CHAR_ENCODING_UTF8);
	if (feed->parser)
		htmlCtxtUseOptions(feed->parser, HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET | HTML_PARSE_IGNORE_ENC);
	feed->trips = 0;
}

/* Ends the page: what is open is closed. */
static void parser_end(struct feed *feed)
{
	htmlParseChunk(feed->parser, "", 0, 1);
	if (feed->parser->myDoc)
		xmlFreeDoc(feed->parser->myDoc);
	htmlFreeParserCtxt(feed->parser);
	feed->parser = NULL;
}

/* ---- what it gets ---- */
/* How much of the page is next: FEED bytes, and on to the end of a tag, so that nothing of it is half read. */
static size_t next_bytes(struct span page, size_t at)
{
	size_t end = page.length - at < FEED ? page.length : at + FEED;
	size_t ahead = page.length - end + 1 < LIMIT_HTML_TAG ? page.length - end + 1 : LIMIT_HTML_TAG;   /* no further: a page without '>' would be read anew each time */
	const char *close = end < page.length ? memchr(page.at + end - 1, '>', ahead) : NULL;
	return (close ? (size_t)(close - page.at) + 1 : end) - at;
}

/* An end tag at `at` of an element that is not open, nor opened in this piece: its bytes up to '>'; else 0. */
static size_t stray_end(const struct feed *feed, const bool *opened, const char *at, const char *stop, bool *paragraph)
{
	size_t length, hash = name_hash(at + 2, stop, &length);
	const char *close = length ? memchr(at, '>', (size_t)(stop - at)) : NULL;
	if (!close || feed->open[hash] || opened[hash])
		return 0;
	*paragraph = length == 1 && lower(at[2]) == 'p';
	return (size_t)(close - at) + 1;
}

/* The next bytes of the page without end tags that end nothing; that of a paragraph is a paragraph, as browsers show it. */
static size_t make_piece(struct feed *feed, const char *at, const char *stop, size_t *tags)
{
	bool opened[NAMES] = { false }, paragraph = false;
	size_t n = 0, length;
	for (const char *next; at < stop; at = next) {
		const char *tag = memchr(at, '<', (size_t)(stop - at));
		next = tag ? tag : stop;
		memcpy(feed->piece + n, at, (size_t)(next - at));
		n += (size_t)(next - at);
		if (!tag)
			break;
		++*tags;
		size_t stray = stop - tag > 2 && tag[1] == '/' ? stray_end(feed, opened, tag, stop, &paragraph) : 0;
		if (!stray) {
			opened[name_hash(tag + 1, stop, &length)] = true;
			feed->piece[n++] = *next++;
			continue;
		}
		if (paragraph) {
			memcpy(feed->piece + n, "<p></p>", 7);
			n += 7;
		}
		next = tag + stray;
	}
	return n;
}

void mail_html_feed(const struct html_reader *reader, struct span page)
{
	struct feed *feed = calloc(1, sizeof *feed);
	if (!feed)
		return;
	feed->reader = reader;
	parser_begin(feed);
	for (size_t at = 0, length; feed->parser && at < page.length && !reader->full(reader->context); at += length) {
		size_t tags = 0;
		length = next_bytes(page, at);
		size_t shown = make_piece(feed, page.at + at, page.at + at + length, &tags);
		htmlParseChunk(feed->parser, feed->piece, (int)shown, 0);
		feed->trips += tags * feed->depth;
		if (feed->depth > (feed->trips < TRIPS ? OPEN_MAX : OPEN_LONG) && !reader->hidden(reader->context)) {
			parser_end(feed);
			parser_begin(feed);
		}
	}
	if (feed->parser)
		parser_end(feed);
	free(feed);
}
