/*
 * mail_html_marks.c - what an element's name and attributes say of it: hidden, the mail that is answered, a signature, a line that is drawn.
 *
 * The marks are those that mail programs and their gateways are known to set. Pure: knows nothing of where the element stands.
 */
#include "mail_html.h"

bool mail_html_has(const char *value, const char *word)
{
	return value && strcasestr(value, word);
}

const char *mail_html_attribute(const char *const *attributes, const char *name)
{
	for (size_t i = 0; attributes && attributes[i]; i += 2)
		if (strcasecmp(attributes[i], name) == 0)
			return attributes[i + 1] ? attributes[i + 1] : "";
	return NULL;
}

bool mail_html_is_among(const char *name, const char *words)
{
	size_t length = strlen(name);
	for (const char *at = words; (at = strstr(at, name)) != NULL; at += length)
		if (at[-1] == ' ' && at[length] == ' ')
			return true;
	return false;
}

/* "name: value" with any blanks; value 0..n of the given words. */
static bool style_is(const char *style, const char *property, const char *values)
{
	size_t length = strlen(property);
	for (const char *at = style; (at = strcasestr(at, property)) != NULL; at += length) {
		if (at != style && (is_alpha(at[-1]) || at[-1] == '-'))
			continue;
		const char *p = at + length;
		while (*p == ' ')
			p++;
		if (*p++ != ':')
			continue;
		while (*p == ' ')
			p++;
		size_t size = strcspn(p, "; !");
		for (const char *value = values; *value; value += strcspn(value, " ") + (value[strcspn(value, " ")] == ' '))
			if (size == strcspn(value, " ") && strncasecmp(p, value, size) == 0)
				return true;
	}
	return false;
}

bool mail_html_style_hides(const char *style)
{
	return style_is(style, "display", "none") || style_is(style, "visibility", "hidden") || style_is(style, "mso-hide", "all")
	       || (style_is(style, "max-height", "0 0px") && style_is(style, "overflow", "hidden"))
	       || (style_is(style, "opacity", "0 0.0") && style_is(style, "font-size", "0 0px 1px"))
	       || (style_is(style, "height", "0 0px") && style_is(style, "width", "0 0px") && style_is(style, "overflow", "hidden"));
}

/* Outlook draws one line above the header of the mail it answers, and nothing else round it. */
bool mail_html_style_is_outlook_border(const char *style)
{
	return style_is(style, "border", "none") && strcasestr(style, "border-top") && strcasestr(style, "solid")
	       && strcasestr(style, "padding") && strcasestr(style, "3") && !strcasestr(style, "border-bottom");
}

bool mail_html_is_hidden(const char *name, const char *const *attributes)
{
	if (mail_html_is_among(name, " style script title template noframes object applet select datalist audio video svg "))
		return true;
	const char *style = mail_html_attribute(attributes, "style");
	if (!style)
		return mail_html_attribute(attributes, "hidden") != NULL;
	return mail_html_style_hides(style);
}

/* Elements by which clients mark what follows as the mail they answer. History: to the end of the page. */
bool mail_html_begins_history(const char *name, const char *const *attributes)
{
	const char *id = mail_html_attribute(attributes, "id"), *style = mail_html_attribute(attributes, "style");
	if (id && (mail_html_has(id, "divRplyFwdMsg") || mail_html_has(id, "stopSpelling") || mail_html_has(id, "OLK_SRC_BODY_SECTION") || mail_html_has(id, "replySplit")
	           || mail_html_has(id, "reply-intro") || mail_html_has(id, "mail-editor-reference-message-container")
	           || mail_html_has(id, "zwchr") || mail_html_has(id, "messageReplySection")))
		return true;
	if (mail_html_has(mail_html_attribute(attributes, "class"), "ms-outlook-mobile-reference-message"))
		return true;
	return strcmp(name, "div") == 0 && style && mail_html_style_is_outlook_border(style);
}

/* A border above or on the left, or a table, which Outlook's header may be. */
bool mail_html_draws_edge(const char *name, const char *const *attributes)
{
	const char *style = mail_html_attribute(attributes, "style"), *border = mail_html_has(style, "border-top") ? strcasestr(style, "border-top") : mail_html_has(style, "border-left") ? strcasestr(style, "border-left") : NULL;
	const char *value = border ? border + strcspn(border, ":;") : "";
	value += *value == ':' ? 1 + strspn(value + 1, " ") : 0;
	return (*value && *value != ';' && *value != '0' && strncasecmp(value, "none", 4) != 0) || strcmp(name, "table") == 0;
}

bool mail_html_is_signature(const char *const *attributes)
{
	const char *class = mail_html_attribute(attributes, "class"), *id = mail_html_attribute(attributes, "id");
	return mail_html_has(class, "gmail_signature") || mail_html_has(class, "moz-signature") || mail_html_has(class, "protonmail_signature_block-user")
	       || mail_html_has(mail_html_attribute(attributes, "data-smartmail"), "gmail_signature")
	       || (id && (strcasecmp(id, "signature") == 0 || strcasecmp(id, "ms-outlook-mobile-signature") == 0 || strcasecmp(id, "lineBreakAtBeginningOfSignature") == 0));
}

bool mail_html_is_marked_quote(const char *const *attributes)
{
	const char *class = mail_html_attribute(attributes, "class"), *id = mail_html_attribute(attributes, "id");
	return mail_html_has(class, "yahoo_quoted") || mail_html_has(class, "protonmail_quote") || mail_html_has(class, "zmail_extra") || mail_html_has(class, "tutanota_quote")
	       || mail_html_has(class, "moz-cite-prefix") || mail_html_has(class, "gmail_attr") || mail_html_has(class, "WordSection1_quote") || mail_html_has(id, "yahoo_quoted") || mail_html_has(class, "moz-email-headers-table");
}

/* A <blockquote> that a client made for what is answered; others are the author's own, or nobody knows. */
bool mail_html_is_client_quote(const char *const *attributes, bool inside)
{
	const char *class = mail_html_attribute(attributes, "class"), *style = mail_html_attribute(attributes, "style"), *type = mail_html_attribute(attributes, "type");
	if (inside || (type && strcasecmp(type, "cite") == 0) || mail_html_attribute(attributes, "cite"))
		return true;
	if (mail_html_has(class, "gmail_quote"))
		return false;                                    /* outside of div.gmail_quote: made with the editor's button */
	return mail_html_has(class, "quote") || mail_html_has(class, "cite") || mail_html_has(mail_html_attribute(attributes, "id"), "quote") || mail_html_has(style, "border-left");
}

bool mail_html_begins_quote(const char *name, const char *const *attributes, bool *history)
{
	*history |= mail_html_begins_history(name, attributes);
	return *history || mail_html_is_marked_quote(attributes) || mail_html_has(mail_html_attribute(attributes, "class"), "gmail_quote")
	       || (strcmp(name, "blockquote") == 0 && mail_html_is_client_quote(attributes, false));
}
