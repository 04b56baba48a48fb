/*
 * mirror.c - keeps the tree of mails in step with the store: follows its messages, and compares where tickets stand.
 *
 * Messages are followed by their number: the position stands in the file sportello-mirror beside the folders, with an edition that each making anew
 * raises, so that another process reads the tree again. What the position does not say (a ticket's queue, state and priority, or that it is gone) is
 * compared: all tickets are looked through from time to time, seldom enough that it costs a fiftieth of the time. A file is written in tmp and renamed, so what
 * stands in cur is whole; killed at any moment, we find by the names what is there already. No file is synced: after a power cut fsck says what is
 * missing, and `sportello mirror` makes it anew. Diagnostics: STATUS_TRY_LATER names the path.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mirror_private.h"

#define PIECE 500                        /* tickets or messages that are read at once */
#define COMPARE_US 2000000               /* microseconds between two comparisons, at least ... */
#define COMPARE_SHARE 50                 /* ... and so many times what the last one took */
#define SETTLED_MS 60000                 /* a ticket that changed since may stand where it was */

struct mirror {
	char *root;
	int lock, state;                 /* of the two files beside the folders */
	int64_t edition, position;
	bool read;                       /* the index is of this edition */
	struct index index;
	struct folders folders;
	int64_t compare_at;              /* monotonic us */
};

static const char state_file[] = "sportello-mirror";

static int open_beside(const char *root, const char *end, char path[MIRROR_PATH])
{
	snprintf(path, MIRROR_PATH, "%s/%s%s", root, state_file, end);
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0660);
}

enum status mirror_open(const struct config *config, struct mirror **mirror, struct error *error)
{
	char path[MIRROR_PATH];
	const char *root = config->mirror_maildir;
	*mirror = NULL;
	if (!mirror_make(root))
		return error_set(error, STATUS_TRY_LATER, "mirror.maildir %s: %s", root, strerror(errno));
	int lock = open_beside(root, ".lock", path), state = lock < 0 ? -1 : open_beside(root, "", path);
	if (state < 0) {
		error_set(error, STATUS_TRY_LATER, "%s: %s", path, strerror(errno));
		if (lock >= 0)
			close(lock);
		return STATUS_TRY_LATER;
	}
	struct mirror *m = calloc(1, sizeof *m);
	if (!m)
		abort();
	m->root = strdup(root);
	m->lock = lock;
	m->state = state;
	mirror_index_init(&m->index);
	*mirror = m;
	return STATUS_OK;
}

void mirror_close(struct mirror **mirror)
{
	if (!*mirror)
		return;
	close((*mirror)->lock);
	close((*mirror)->state);
	mirror_index_fini(&(*mirror)->index);
	free((*mirror)->root);
	free(*mirror);
	*mirror = NULL;
}

const char *mirror_place(const struct mirror *mirror)
{
	return mirror->root;
}

/* ---- the position ---- */

static enum status failed(const struct mirror *m, const char *what, struct error *error)
{
	return error_set(error, STATUS_TRY_LATER, "mirror %s: %s: %s", m->root, what, strerror(errno));
}

/* In its place: it is one block that a kill leaves whole, and a power cut costs no more than a look at all messages. */
static enum status save(const struct mirror *m, struct error *error)
{
	char text[64];
	int length = snprintf(text, sizeof text, "1 %-19lld %-19lld\n", (long long)m->edition, (long long)m->position);
	return pwrite(m->state, text, (size_t)length, 0) == length ? STATUS_OK : failed(m, state_file, error);
}

static void read_position(struct mirror *m, int64_t *edition, int64_t *position)
{
	char text[64];
	long long said[2] = {0, 0};
	ssize_t length = pread(m->state, text, sizeof text - 1, 0);
	text[length > 0 ? length : 0] = '\0';
	bool read = sscanf(text, "1 %lld %lld", &said[0], &said[1]) == 2;
	*edition = read ? said[0] : 0;
	*position = read ? said[1] : 0;
}

/* The lock is ours until leave(). The tree is read if this process has not, or somebody made it anew. */
static enum status enter(struct mirror *m, struct store *store, void (*twice)(void *, const char *), void *context, struct error *error)
{
	int64_t edition, position, last = 0;
	if (flock(m->lock, LOCK_EX) != 0)
		return failed(m, "lock", error);
	read_position(m, &edition, &position);
	enum status status = store_messages_last(store, &last, error);
	if (status != STATUS_OK)
		return status;
	if (position > last)                     /* the database is an older one: what came twice is told by the names */
		position = 0, m->read = false;
	m->read &= m->edition == edition;
	m->edition = edition;
	m->position = position;
	if ((!m->read || twice) && !mirror_index_read(&m->index, &m->folders, m->root, twice, context))
		return failed(m, "folder", error);
	m->read = true;
	return STATUS_OK;
}

static void leave(struct mirror *m)
{
	flock(m->lock, LOCK_UN);
}

/* ---- files ---- */

static void path_of(const struct mirror *m, int folder, bool fresh, const char *name, char out[MIRROR_PATH])
{
	snprintf(out, MIRROR_PATH, "%s/%s/%s/%s", m->root, m->folders.at[folder].name, fresh ? "new" : "cur", name);
}

static enum status write_mail(struct mirror *m, const struct ticket_facts *ticket, const struct message_row *message, const struct buffer *bytes,
                              struct error *error)
{
	char base[128], name[256], flags[64], tmp[MIRROR_PATH], path[MIRROR_PATH];
	int folder = mirror_folder_of(&m->folders, m->root, ticket->queue);
	if (folder < 0)
		return failed(m, ticket->queue, error);
	mirror_base(base, message->date, ticket->id, message->seq);
	mirror_flags(&m->folders.at[folder], desk_ticket_state_name(ticket->state), ticket->priority, NULL, message->out || message->kind == MESSAGE_NOTE, flags);
	snprintf(name, sizeof name, "%s%s", base, flags);
	snprintf(tmp, sizeof tmp, "%s/%s/tmp/%s", m->root, m->folders.at[folder].name, base);
	path_of(m, folder, false, name, path);
	int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0660);
	bool written = fd >= 0 && mirror_share(fd) && write_all(fd, bytes->at, bytes->length);
	if (fd >= 0)
		close(fd);
	if (!written || rename(tmp, path) != 0)
		return failed(m, path, error);
	mirror_index_add(&m->index, ticket->id, message->seq, folder, false, name);
	return STATUS_OK;
}

/* The entry under its new name; where it is no longer under its old one, an IMAP server renamed or removed it: the tree is read again, once. */
static enum status move_file(struct mirror *m, int64_t ticket, int seq, int folder, const char *state, const char *priority, bool *again, struct error *error)
{
	for (int tries = 0; tries < 2; tries++) {
		char from[MIRROR_PATH], to[MIRROR_PATH], name[256], flags[64], kept[64] = "";
		struct entry *entry = mirror_index_find(&m->index, ticket, seq);
		if (!entry)
			return STATUS_OK;
		const char *mark = strstr(entry->name, ":2,");
		size_t n = 0;
		for (const char *at = mark ? mark + 3 : ""; *at && n + 1 < sizeof kept; at++)        /* keywords of the other folder say nothing here */
			if (entry->folder == folder || (*at >= 'A' && *at <= 'Z'))
				kept[n++] = *at;
		mirror_flags(&m->folders.at[folder], state, priority, kept, false, flags);
		snprintf(name, sizeof name, "%.*s%s", (int)(mark ? mark - entry->name : (long)strlen(entry->name)), entry->name, flags);
		if (entry->folder == folder && !entry->fresh && strcmp(name, entry->name) == 0)
			return STATUS_OK;
		path_of(m, entry->folder, entry->fresh, entry->name, from);
		path_of(m, folder, false, name, to);
		if (rename(from, to) == 0) {
			mirror_index_rename(entry, folder, false, name);
			*again = true;
			return STATUS_OK;
		}
		if (errno != ENOENT || (tries == 0 && !mirror_index_read(&m->index, &m->folders, m->root, NULL, NULL)))
			return failed(m, from, error);
	}
	return STATUS_OK;
}

static bool remove_file(struct mirror *m, struct entry *entry)
{
	char path[MIRROR_PATH];
	path_of(m, entry->folder, entry->fresh, entry->name, path);
	bool gone = unlink(path) == 0;
	mirror_index_drop(entry);
	return gone;
}

static bool is_erased(const struct message_row *message)
{
	return message->flags && (strcmp(message->flags, FLAGS_ERASED) == 0 || strcmp(message->flags, FLAGS_ERASED_UNSENT) == 0);
}

/* ---- following ---- */

/* A message that cannot be made into a mail (its raw mail is damaged) is not held up for, nor holds up: fsck of the database says so. */
static enum status follow_one(struct mirror *m, const struct config *config, const struct desk_policy *policy, struct store *store,
                              const struct followed_message *row, size_t *written, struct error *error)
{
	CLEANUP_ARENA struct arena arena = {0};
	CLEANUP_BUFFER struct buffer bytes;
	struct ticket_row ticket;
	buffer_init(&bytes);
	if (mirror_index_find(&m->index, row->ticket, row->message.seq) || is_erased(&row->message))
		return STATUS_OK;
	enum status status = store_ticket_head(store, &arena, row->ticket, &ticket, error);
	if (status == STATUS_OK)
		status = mirror_mail(config, policy, store, &arena, &ticket.facts, &row->message, &bytes, error);
	if (status == STATUS_TRY_LATER)
		return status;
	if (status != STATUS_OK) {
		log_event(LOG_WARNING, "mirror.left_out", "ticket", LOG_NUMBER(row->ticket), "message", LOG_NUMBER(row->message.seq), "why", error->text, NULL);
		return STATUS_OK;
	}
	++*written;
	return write_mail(m, &ticket.facts, &row->message, &bytes, error);
}

static enum status follow(struct mirror *m, const struct config *config, const struct desk_policy *policy, struct store *store, size_t limit,
                          size_t *written, size_t *seen, struct error *error)
{
	CLEANUP_ARENA struct arena arena = {0};
	struct followed_messages rows = {NULL, 0};
	enum status status = store_messages_after(store, &arena, m->position, limit, &rows, error);
	int64_t before = m->position;
	if (status == STATUS_OK && rows.count)
		status = store_durable(store, error);
	for (size_t i = 0; i < rows.count && status == STATUS_OK; i++) {
		status = follow_one(m, config, policy, store, &rows.at[i], written, error);
		if (status == STATUS_OK)
			m->position = rows.at[i].id;
	}
	*seen = rows.count;
	struct error other;
	if (m->position != before && save(m, status == STATUS_OK ? error : &other) != STATUS_OK && status == STATUS_OK)
		status = STATUS_TRY_LATER;
	return status;
}

/* ---- comparing ---- */

static int compare_ints(const void *a, const void *b)
{
	int left = *(const int *)a, right = *(const int *)b;
	return left < right ? -1 : left > right;
}

static enum status place_ticket(struct mirror *m, const struct ticket_place *place, struct mirror_counts *counts, struct error *error)
{
	CLEANUP_ARENA struct arena arena = {0};
	struct { int *at; size_t count; } seqs = {NULL, 0};       /* the numbers first: moving may read the index again */
	enum status status = STATUS_OK;
	for (struct entry *entry = NULL; (entry = mirror_index_of(&m->index, place->id, entry)) != NULL;)
		if (entry->name)
			*ARENA_PUSH(&arena, &seqs) = entry->seq;
	int folder = seqs.count ? mirror_folder_of(&m->folders, m->root, place->queue) : 0;
	if (folder < 0)
		return failed(m, place->queue, error);
	if (seqs.count)
		qsort(seqs.at, seqs.count, sizeof *seqs.at, compare_ints);
	for (size_t i = 0; i < seqs.count && status == STATUS_OK; i++) {
		bool moved = false;
		status = move_file(m, place->id, seqs.at[i], folder, place->state, place->priority, &moved, error);
		counts->moved += moved;
	}
	return status;
}

static int compare_numbers(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
	return left < right ? -1 : left > right;
}

/* Files of tickets that are no longer there: erased. */
static void remove_strangers(struct mirror *m, const int64_t *tickets, size_t count, struct mirror_counts *counts)
{
	for (size_t i = 0; i < m->index.count; i++) {
		struct entry *entry = &m->index.at[i];
		if (entry->name && !(count && bsearch(&entry->ticket, tickets, count, sizeof *tickets, compare_numbers)))
			counts->removed += remove_file(m, entry);
	}
}

/* All tickets, in pieces. */
static enum status compare(struct mirror *m, struct store *store, struct mirror_counts *counts, struct error *error)
{
	CLEANUP_ARENA struct arena numbers = {0};
	struct { int64_t *at; size_t count; } tickets = {NULL, 0};
	enum status status = STATUS_OK;
	size_t count = PIECE;
	for (int64_t after = 0; status == STATUS_OK && count == PIECE;) {
		CLEANUP_ARENA struct arena arena = {0};
		struct ticket_places places = {NULL, 0};
		status = store_ticket_places(store, &arena, after, PIECE, &places, error);
		for (size_t i = 0; i < places.count && status == STATUS_OK; i++) {
			after = *ARENA_PUSH(&numbers, &tickets) = places.at[i].id;
			status = place_ticket(m, &places.at[i], counts, error);
		}
		count = places.count;
	}
	if (status == STATUS_OK)
		remove_strangers(m, tickets.at, tickets.count, counts);
	return status;
}

enum status mirror_round(struct mirror *mirror, const struct config *config, const struct desk_policy *policy, struct store *store, size_t limit,
                         size_t *seen, struct error *error)
{
	struct mirror_counts counts = {0};
	size_t written = 0;
	*seen = 0;
	enum status status = enter(mirror, store, NULL, NULL, error);
	if (status == STATUS_OK)
		status = follow(mirror, config, policy, store, limit, &written, seen, error);
	int64_t start = clock_monotonic_us();
	if (status == STATUS_OK && start >= mirror->compare_at) {
		status = compare(mirror, store, &counts, error);
		int64_t end = clock_monotonic_us();
		mirror->compare_at = end + ((end - start) * COMPARE_SHARE > COMPARE_US ? (end - start) * COMPARE_SHARE : COMPARE_US);
	}
	leave(mirror);
	return status;
}

/* ---- anew ---- */

struct twice { struct mirror *mirror; struct mirror_counts *counts; };

static void remove_twice(void *context, const char *path)
{
	struct twice *twice = context;
	twice->counts->removed += unlink(path) == 0;
}

/* Messages that the store does not have: of an older database. */
static enum status remove_unknown(struct mirror *m, struct store *store, struct mirror_counts *counts, struct error *error)
{
	for (size_t i = 0; i < m->index.count; i++) {
		CLEANUP_ARENA struct arena arena = {0};
		struct message_row message;
		struct entry *entry = &m->index.at[i];
		enum status status = entry->name ? store_message(store, &arena, entry->ticket, entry->seq, &message, error) : STATUS_OK;
		if (status == STATUS_NOT_FOUND || (entry->name && status == STATUS_OK && is_erased(&message)))
			counts->removed += remove_file(m, entry);
		else if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

enum status mirror_rebuild(struct mirror *mirror, const struct config *config, const struct desk_policy *policy, struct store *store,
                           struct mirror_counts *counts, struct error *error)
{
	struct twice twice = {mirror, counts};
	size_t seen = PIECE;
	*counts = (struct mirror_counts){0};
	enum status status = enter(mirror, store, remove_twice, &twice, error);
	mirror->edition++;
	mirror->position = 0;
	if (status == STATUS_OK)
		status = save(mirror, error);
	if (status == STATUS_OK)
		status = remove_unknown(mirror, store, counts, error);
	while (status == STATUS_OK && seen == PIECE)
		status = follow(mirror, config, policy, store, PIECE, &counts->written, &seen, error);
	if (status == STATUS_OK)
		status = compare(mirror, store, counts, error);
	leave(mirror);
	return status;
}

/* ---- a ticket whose mails are not what they were ---- */

static bool is_gone(struct store *store, const struct message_row *message)
{
	struct store_raw raw;
	struct error error;
	enum status status = message->raw ? store_raw_open(store, message->raw, &raw, &error) : STATUS_NOT_FOUND;
	if (status == STATUS_OK)
		store_raw_close(&raw);
	return status == STATUS_NOT_FOUND && (message->raw || is_erased(message));
}

static enum status renew(struct mirror *m, const struct config *config, const struct desk_policy *policy, struct store *store, int64_t ticket, int64_t raw, struct error *error)
{
	CLEANUP_ARENA struct arena arena = {0};
	struct ticket_row row;
	size_t written = 0;
	enum status status = store_ticket(store, &arena, ticket, &row, error);
	for (size_t i = 0; i < row.messages.count && status == STATUS_OK; i++) {
		const struct followed_message followed = {0, ticket, row.messages.at[i]};
		struct entry *entry = mirror_index_find(&m->index, ticket, followed.message.seq);
		if (!entry || !(raw == MIRROR_SENT ? followed.message.outbox != 0 : raw ? followed.message.raw == raw : is_gone(store, &followed.message)))
			continue;
		remove_file(m, entry);
		status = follow_one(m, config, policy, store, &followed, &written, error);
	}
	return status;
}

enum status mirror_renew(struct mirror *mirror, const struct config *config, const struct desk_policy *policy, struct store *store, int64_t ticket, int64_t raw, struct error *error)
{
	enum status status = enter(mirror, store, NULL, NULL, error);
	if (status == STATUS_OK)
		status = renew(mirror, config, policy, store, ticket, raw, error);
	mirror->edition++;                       /* others read the tree again */
	if (status == STATUS_OK)
		status = save(mirror, error);
	leave(mirror);
	return status;
}

/* ---- is it so ---- */

struct checking { struct arena *arena; struct strings *findings; };

static void tell_twice(void *context, const char *path)
{
	struct checking *checking = context;
	strings_add(checking->arena, checking->findings, arena_printf(checking->arena, "mirror: %s is there twice", path));
}

static enum status check_messages(struct mirror *m, struct store *store, struct checking *checking, size_t *there, struct error *error)
{
	enum status status = STATUS_OK;
	size_t count = PIECE;
	for (int64_t after = 0; status == STATUS_OK && count == PIECE;) {
		CLEANUP_ARENA struct arena arena = {0};
		struct followed_messages rows = {NULL, 0};
		status = store_messages_after(store, &arena, after, PIECE, &rows, error);
		for (size_t i = 0; i < rows.count && status == STATUS_OK; i++) {
			const struct followed_message *row = &rows.at[i];
			bool found = mirror_index_find(&m->index, row->ticket, row->message.seq);
			after = row->id;
			*there += found;
			if (found && is_erased(&row->message))
				strings_add(checking->arena, checking->findings,
				            arena_printf(checking->arena, "mirror: message %d of ticket %lld is erased, and still there", row->message.seq, (long long)row->ticket));
			if (!found && !is_erased(&row->message) && row->id <= m->position)
				strings_add(checking->arena, checking->findings,
				            arena_printf(checking->arena, "mirror: message %d of ticket %lld is missing", row->message.seq, (long long)row->ticket));
		}
		count = rows.count;
	}
	return status;
}

static enum status check_places(struct mirror *m, struct store *store, struct checking *checking, struct error *error)
{
	enum status status = STATUS_OK;
	size_t count = PIECE;
	int64_t settled = clock_now() - SETTLED_MS;
	for (int64_t after = 0; status == STATUS_OK && count == PIECE;) {
		CLEANUP_ARENA struct arena arena = {0};
		struct ticket_places places = {NULL, 0};
		status = store_ticket_places(store, &arena, after, PIECE, &places, error);
		for (size_t i = 0; i < places.count && status == STATUS_OK; i++) {
			const struct ticket_place *place = &places.at[i];
			int folder = -1;
			after = place->id;
			for (struct entry *entry = NULL; place->updated < settled && (entry = mirror_index_of(&m->index, place->id, entry)) != NULL;) {
				folder = folder < 0 ? mirror_folder_of(&m->folders, m->root, place->queue) : folder;
				if (entry->name && entry->folder != folder)
					strings_add(checking->arena, checking->findings, arena_printf(checking->arena, "mirror: message %d of ticket %lld stands in %s, its queue is %s",
					            entry->seq, (long long)place->id, m->folders.at[entry->folder].name, place->queue));
			}
		}
		count = places.count;
	}
	return status;
}

enum status mirror_check(struct mirror *mirror, struct store *store, struct arena *arena, struct strings *findings, struct error *error)
{
	struct checking checking = {arena, findings};
	size_t there = 0;
	enum status status = enter(mirror, store, tell_twice, &checking, error);
	if (status == STATUS_OK)
		status = check_messages(mirror, store, &checking, &there, error);
	if (status == STATUS_OK && there < mirror->index.count)
		strings_add(arena, findings, arena_printf(arena, "mirror: %zu mails are of no message", mirror->index.count - there));
	if (status == STATUS_OK)
		status = check_places(mirror, store, &checking, error);
	leave(mirror);
	return status;
}
