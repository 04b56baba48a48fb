/*
 * outbox_words.h - between the files that make an outgoing mail of its row: what is needed while one row is rendered.
 */
#ifndef SPORTELLO_OUTBOX_WORDS_H
#define SPORTELLO_OUTBOX_WORDS_H

#define OUTBOX_LOGO "logo@sportello"             /* Content-ID of the brand's picture */

#include "limits.h"
#include "outbox_private.h"

struct rendering {
	struct store *store;
	const struct desk_policy *policy;
	const struct template_set *templates;
	struct arena *arena;
	const struct outbox_row *row;
	struct ticket_facts ticket;              /* read if the row is about a message, or for an agent; what its own row says, and the rest where commands are answered */
	const struct message_row *about;         /* NULL: none */
	struct message_row message;              /* that one */
	struct store_raw raw; bool raw_open;     /* its raw mail */
	struct mail mail; bool parsed;
	bool wants_html;                         /* the agent's words as he wrote them, if it is about such */
	struct mail_html own;                    /* ... those; html "": none */
	struct sending *sending;                 /* it goes out now; NULL: somebody asks for its words */
	/* Of the message, all that may come along with a notice: which, how many, and the names of the others (NULL: none). */
	struct { struct mail mail; bool *take; size_t count; const char *left; } files;
	struct { struct mail_carried *at; size_t count; } brought;       /* the files that an agent asked for: of which mails ... */
	struct { struct store_raw at[LIMIT_FILES_COUNT]; size_t count; } opened;        /* ... which are these */
	const char *found;                       /* variables that are so at this moment, as a record; NULL: none */
	/* What is asked for the words of our earlier mails (struct mail_options); NULL: nobody is. */
	const char *(*answered)(const void *context, struct arena *arena, const char *message_id);
};

enum status outbox_words(struct rendering *r, struct rendered *rendered, struct error *error);
/* ---- outbox_files.c ---- */
enum status outbox_choose_files(struct rendering *r, struct error *error);
/* Is a mail made of so many bytes to wait for another large one? Then *status says so. */
bool outbox_is_heavy(struct rendering *r, uint64_t size, enum status *status, struct error *error);

void outbox_words_fini(struct rendering *r);     /* whatever outbox_words() said */

/* What an agent asked for, as variables (outbox_asked.c): the list that the row's variables name; its ticket. */
enum status outbox_asked_list(struct rendering *r, struct buffer *out, struct error *error);
void outbox_asked_ticket(struct rendering *r, struct buffer *out);

enum status outbox_saved_files(struct rendering *r, struct mail_out *mail, struct error *error);
/* ---- outbox_asked_files.c: the files of a ticket that this mail brings; what stays so of it goes into `out` ---- */
enum status outbox_bring_files(struct rendering *r, struct buffer *out, struct error *error);
/* "3 MB" */
const char *outbox_size_words(struct arena *arena, uint64_t size);

#endif
