/*
 * mail_ids.c - Message-IDs out of Message-ID, In-Reply-To and References, whatever stands between them.
 *
 * An id is what stands in <>; blanks inside it (a fold that some MTA made) are dropped. A value without any <> is cut
 * at blanks and commas, and what holds an @ is taken. RFC 5322 section 3.6.4, read much more mildly.
 * Keeps no duplicates; of a long list the newest, that is the last LIMIT_REFERENCES. May not keep an id over
 * LIMIT_MESSAGE_ID bytes or one with a control byte. Makes no problems.
 */
#include "mail_private.h"

struct ids { struct span at[LIMIT_REFERENCES]; size_t count, next; };

static void remember(struct ids *ids, struct span id, bool newest)
{
	if (!id.length || (!newest && ids->count == LIMIT_REFERENCES))
		return;
	ids->at[ids->next] = id;
	ids->next = (ids->next + 1) % LIMIT_REFERENCES;
	if (ids->count < LIMIT_REFERENCES)
		ids->count++;
}

static void collect_bracketed(struct span raw, struct ids *ids, bool newest)
{
	const char *stop = raw.at + raw.length, *open = NULL;
	for (const char *at = raw.at; at < stop; at++) {
		if (*at == '<')
			open = at + 1;
		else if (*at == '>' && open) {
			remember(ids, (struct span){ open, (size_t)(at - open) }, newest);
			open = NULL;
		}
	}
	if (open && !ids->count)
		remember(ids, mail_span_trim((struct span){ open, (size_t)(stop - open) }), newest);
}

static void collect_bare(struct span raw, struct ids *ids, bool newest)
{
	for (size_t i = 0; i < raw.length;) {
		while (i < raw.length && (is_blank(raw.at[i]) || raw.at[i] == ',' || raw.at[i] == '>'))
			i++;
		size_t start = i;
		while (i < raw.length && !is_blank(raw.at[i]) && raw.at[i] != ',' && raw.at[i] != '>')
			i++;
		if (memchr(raw.at + start, '@', i - start))
			remember(ids, (struct span){ raw.at + start, i - start }, newest);
	}
}

void mail_ids_parse(struct arena *arena, struct span raw, struct strings *list, bool newest)
{
	struct ids ids = { .count = 0 };
	if (memchr(raw.at, '<', raw.length))
		collect_bracketed(raw, &ids, newest);
	else
		collect_bare(raw, &ids, newest);
	size_t first = ids.count == LIMIT_REFERENCES ? ids.next : 0;
	for (size_t n = 0; n < ids.count; n++) {
		struct span id = ids.at[(first + n) % LIMIT_REFERENCES];
		if (id.length > LIMIT_MESSAGE_ID)
			continue;
		char text[LIMIT_MESSAGE_ID + 3];
		size_t length = 0;
		text[length++] = '<';
		for (size_t i = 0; i < id.length; i++)
			if ((unsigned char)id.at[i] > 32 && id.at[i] != 127)
				text[length++] = id.at[i];
		if (length == 1)
			continue;
		text[length++] = '>';
		text[length] = '\0';
		const char *clean = utf8_valid(text, length) ? text : utf8_clean(arena, text, length);
		if (list->count < LIMIT_REFERENCES && !strings_have(list, clean))
			strings_add(arena, list, clean);
	}
}
