/*
 * mirror_private.h - between the files of the mirror.
 *
 * mirror.c          following, comparing, making anew     mirror_mail.c     a message as the mail that stands there
 * mirror_folder.c   folders and their keywords            mirror_index.c    which files there are
 */
#ifndef SPORTELLO_MIRROR_PRIVATE_H
#define SPORTELLO_MIRROR_PRIVATE_H

#include "desk.h"
#include "limits.h"
#include "mirror.h"

#define MIRROR_PATH 1024                 /* bytes of a path: the folder's, a queue's name, a file's */
#define MIRROR_KEYWORDS (STATE_COUNT + PRIORITY_COUNT)
#define MIRROR_FOLDERS 500               /* folders in the tree, agents' own among them */

/* ---- mirror_folder.c ---- */
struct folder { char name[256]; char letter[MIRROR_KEYWORDS]; };         /* ".support"; letter 0: no room for that keyword */
struct folders { struct folder at[MIRROR_FOLDERS]; size_t count; };
/* The folder of a queue, made if it is not there; -1: it cannot be. */
int mirror_folder_of(struct folders *folders, const char *root, const char *queue);
int mirror_folder_known(struct folders *folders, const char *root, const char *name);    /* one that is there */
bool mirror_share(int fd);               /* a file or folder that was just made: for its group, too */
/* ":2,S" and the letters of state and priority; `flags`: those that a file has (NULL: none), of which letters that are not ours stay. */
void mirror_flags(const struct folder *folder, const char *state, const char *priority, const char *flags, bool seen, char out[64]);

/* ---- mirror_index.c ---- */
struct entry { int64_t ticket; int seq; short folder; bool fresh; int next, same; char *name; };       /* fresh: in new/; next: of its ticket, same: of its hash; name: of the file; NULL: gone */
struct index { struct entry *at; size_t count, room; int *first, *found; size_t mask; };         /* first: by ticket, found: by ticket and message */
void mirror_index_init(struct index *index);
void mirror_index_fini(struct index *index);
struct entry *mirror_index_find(struct index *index, int64_t ticket, int seq);   /* NULL: none */
struct entry *mirror_index_of(struct index *index, int64_t ticket, const struct entry *after);   /* each of a ticket; after NULL: the first */
struct entry *mirror_index_add(struct index *index, int64_t ticket, int seq, int folder, bool fresh, const char *name);
void mirror_index_rename(struct entry *entry, int folder, bool fresh, const char *name);
void mirror_index_drop(struct entry *entry);
/* What is in the tree. found: called for each file of ours, also where another of the same message is known; NULL: the index takes it. */
bool mirror_index_read(struct index *index, struct folders *folders, const char *root, void (*twice)(void *context, const char *path), void *context);
void mirror_base(char out[128], int64_t date, int64_t ticket, int seq);

/* ---- mirror_mail.c ---- */
enum status mirror_mail(const struct config *config, const struct desk_policy *policy, struct store *store, struct arena *arena,
                        const struct ticket_facts *ticket, const struct message_row *message, struct buffer *out, struct error *error);

#endif
