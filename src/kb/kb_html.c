/*
 * kb_html.c - Markdown: to HTML for a page, and to title, plain text and links for the index.
 *
 * cmark drops raw HTML. Beyond that no link or image leads anywhere but to http, https, mailto, tel or a relative place, by a list of
 * what is good. Links to other articles (other.md, other.it.md) become links to their pages.
 * May not be fed more than KB_ARTICLE_BYTES: cmark is quadratic in the worst case.
 */
#include "kb_private.h"

#include <cmark.h>
#include <stdlib.h>
#include <string.h>

static cmark_node *parse(const char *markdown)
{
	return cmark_parse_document(markdown, strnlen(markdown, KB_ARTICLE_BYTES), CMARK_OPT_DEFAULT);
}

static bool is_link(cmark_node *node)
{
	return cmark_node_get_type(node) == CMARK_NODE_LINK || cmark_node_get_type(node) == CMARK_NODE_IMAGE;
}

/* A control or a backslash in a link is no good: browsers drop or turn them, and see another link than we. */
static bool is_good_link(const char *url)
{
	static const char *const good[] = { "http:", "https:", "mailto:", "tel:" };
	size_t length = strcspn(url, ":/?#");

	for (const char *c = url; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7F || *c == '\\')
			return false;
	if (url[length] != ':')
		return true;
	for (size_t i = 0; i < COUNT_OF(good); i++)
		if (text_starts_nocase(url, good[i]))
			return true;
	return false;
}

/* "other.md", "./other.it.md", "other.md#there" -> "other"; NULL: no article. */
static const char *linked_article(struct arena *arena, const char *url)
{
	char *name, language[4];
	size_t length;

	if (!strncmp(url, "./", 2))
		url += 2;
	length = strcspn(url, "#?");
	name = arena_copy(arena, url, length);
	if (strpbrk(name, "/:") || !kb_file_name(name, &length, language))
		return NULL;
	name[length] = '\0';
	return name;
}

static void mend_link(struct arena *arena, cmark_node *node, const char *prefix)
{
	const char *url = cmark_node_get_url(node), *id;

	if (!is_good_link(url))
		cmark_node_set_url(node, "");
	else if (cmark_node_get_type(node) == CMARK_NODE_LINK && (id = linked_article(arena, url)))
		cmark_node_set_url(node, arena_printf(arena, "%s%s", prefix, id));
}

static cmark_node *title_of(cmark_node *document)
{
	cmark_node *node = cmark_node_first_child(document);

	while (node && (cmark_node_get_type(node) != CMARK_NODE_HEADING || cmark_node_get_heading_level(node) != 1))
		node = cmark_node_next(node);
	return node;
}

static void mend_links(struct arena *arena, cmark_node *document, const char *prefix)
{
	cmark_iter *walk = cmark_iter_new(document);
	cmark_event_type event;

	while ((event = cmark_iter_next(walk)) != CMARK_EVENT_DONE)
		if (event == CMARK_EVENT_ENTER && is_link(cmark_iter_get_node(walk)))
			mend_link(arena, cmark_iter_get_node(walk), prefix);
	cmark_iter_free(walk);
}

enum status kb_article_html(struct arena *arena, const char *markdown, const char *link_prefix, const char **html, struct error *error)
{
	cmark_node *document, *title;
	char *made;
	size_t length;

	*html = "";
	if (strnlen(markdown, KB_ARTICLE_BYTES + 1) > KB_ARTICLE_BYTES)
		return error_set(error, STATUS_BAD_INPUT, "the article is longer than %d bytes; make two of it", KB_ARTICLE_BYTES);
	document = parse(markdown);
	if ((title = title_of(document)))
		cmark_node_free(title);
	mend_links(arena, document, link_prefix);
	made = cmark_render_html(document, CMARK_OPT_DEFAULT);
	cmark_node_free(document);
	length = strlen(made);
	if (length <= KB_HTML_BYTES)
		*html = arena_copy(arena, made, length);
	free(made);
	return length <= KB_HTML_BYTES ? STATUS_OK : error_set(error, STATUS_BAD_INPUT, "the article makes more than %d bytes of HTML", KB_HTML_BYTES);
}

/* Text of one event of the walk; a new line where a block ends, so that words and sentences stay apart. */
static void add_text(struct buffer *out, cmark_node *node, cmark_event_type event)
{
	switch (cmark_node_get_type(node)) {
	case CMARK_NODE_TEXT: case CMARK_NODE_CODE:
		buffer_add_string(out, cmark_node_get_literal(node));
		break;
	case CMARK_NODE_CODE_BLOCK:
		buffer_add_string(out, cmark_node_get_literal(node));
		buffer_add_char(out, '\n');
		break;
	case CMARK_NODE_SOFTBREAK: case CMARK_NODE_LINEBREAK:
		buffer_add_char(out, ' ');
		break;
	case CMARK_NODE_PARAGRAPH: case CMARK_NODE_HEADING:
		if (event == CMARK_EVENT_EXIT)
			buffer_add_char(out, '\n');
		break;
	default:
		break;
	}
}

static const char *text_of(struct arena *arena, cmark_node *root, cmark_node *without, struct strings *links)
{
	CLEANUP_BUFFER struct buffer out;
	cmark_iter *walk = cmark_iter_new(root);
	cmark_event_type event;

	buffer_init(&out);
	while ((event = cmark_iter_next(walk)) != CMARK_EVENT_DONE) {
		cmark_node *node = cmark_iter_get_node(walk);

		if (node == without && event == CMARK_EVENT_ENTER)
			cmark_iter_reset(walk, node, CMARK_EVENT_EXIT);
		else {
			add_text(&out, node, event);
			if (links && event == CMARK_EVENT_ENTER && cmark_node_get_type(node) == CMARK_NODE_LINK)
				strings_add(arena, links, cmark_node_get_url(node));
		}
	}
	cmark_iter_free(walk);
	return text_trim(arena_string(arena, buffer_string(&out)));
}

void kb_plain(struct arena *arena, const char *markdown, const char **title, const char **body, struct strings *links)
{
	cmark_node *document = parse(markdown), *heading = title_of(document);

	*title = heading ? text_of(arena, heading, NULL, NULL) : "";
	*body = text_of(arena, document, heading, links);
	cmark_node_free(document);
}
