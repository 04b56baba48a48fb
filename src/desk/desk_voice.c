/*
 * desk_voice.c - what automatic mail a ticket's customer may be sent (VOICE_*), and a mail that repeats nothing of a stranger's.
 *
 * desk_acknowledge.c finds out which it is when the ticket opens.
 */
#include <string.h>

#include "desk_private.h"

void desk_set_voice(struct decision *d, struct ticket_facts *ticket, const char *voice)
{
	if (strcmp(ticket->voice ? ticket->voice : "", voice) == 0)
		return;
	desk_plan_add(d, EFFECT_SET_VOICE, ticket->id)->to = voice;
	ticket->voice = voice;
}

/* atext and dots around one @, within a bound: an id that is made to be read (by a person, on a screen) has other characters in it. */
static bool id_is_well_formed(const char *id)
{
	size_t length = strlen(id), at = 0;
	if (length < 5 || length > 200 || id[0] != '<' || id[length - 1] != '>')
		return false;
	for (const char *p = id + 1; p < id + length - 1; p++) {
		bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9');
		at += *p == '@';
		if (!plain && !strchr("@.!#$%&'*+-/=?^_`{|}~", *p))
			return false;
	}
	return at == 1 && !strstr(id, "//") && id[1] != '@' && id[length - 2] != '@';
}

/* Nothing in it that a person reads and a stranger wrote. */
void desk_neutral(struct decision *d, const struct ticket_facts *ticket, struct outgoing *o)
{
	struct strings kept = {0};
	o->subject = desk_notice_is(o->template, NOTICE_OWN_SUBJECT) ? "" : arena_printf(d->arena, "[#%lld]", (long long)ticket->id);
	for (size_t i = 0; i < o->to.count; i++)
		o->to.at[i].name = "";
	for (size_t i = 0; i < o->references.count; i++)
		if (id_is_well_formed(o->references.at[i]))
			*ARENA_PUSH(d->arena, &kept) = o->references.at[i];
	o->references = kept;
	if (!id_is_well_formed(o->in_reply_to))
		o->in_reply_to = "";
}
