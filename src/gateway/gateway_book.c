/*
 * gateway_book.c - what was promised at each time: the versions of the promises that the store keeps, and when each came into force.
 *
 * The daemon adds one when it has read a configuration that promises something else; `sportello sla apply` adds one that is taken by what runs, too. A clock keeps the
 * version it began with. Where nothing was kept yet, the configuration that is read counts from ever; what follows a time in which nothing was promised holds for what
 * is open at once, since nothing is taken from anybody.
 */
#include <string.h>

#include "gateway.h"

static const char *text_of(struct arena *arena, const struct config *config)
{
	CLEANUP_BUFFER struct buffer text = {0};
	config_write_promises(config, &text);
	return arena_string(arena, buffer_string(&text));
}

static enum status read_version(struct promise_book *book, struct arena *arena, const struct config *config, const char *now, const struct version_rows *rows, size_t i,
                                struct error *error)
{
	const struct version_row *row = &rows->at[i];
	struct promise_version *version = ARENA_PUSH(arena, book);
	*version = (struct promise_version){.id = row->id, .at = row->at, .applied = row->applied, .who = row->who, .text = row->text};
	if (!strcmp(row->text, now)) {
		version->promises = config->promises;
		return STATUS_OK;
	}
	for (size_t k = 0; k < i; k++)
		if (!strcmp(rows->at[k].text, row->text)) {
			version->promises = book->at[k].promises;
			return STATUS_OK;
		}
	return config_read_promises(arena, row->text, config->zone, &version->promises, error);
}

/* The configuration comes into force at `at`, ms, as another version of its own. */
static void add_own(struct promise_book *book, struct arena *arena, const struct config *config, int64_t at, bool applied)
{
	*ARENA_PUSH(arena, book) = (struct promise_version){.at = at, .applied = applied, .who = "", .text = text_of(arena, config), .promises = config->promises};
}

static void settle(struct promise_book *book)
{
	book->promises = false;
	for (size_t i = 0; i < book->count; i++) {
		book->promises |= book->at[i].promises.count > 0;
		if (book->at[i].applied)
			book->applied = book->at[i].id;
	}
}

enum status gateway_book_read(const struct config *config, struct store *store, struct arena *arena, struct promise_book *book, struct error *error)
{
	struct version_rows rows;
	const char *now = text_of(arena, config);
	enum status status = store_versions(store, arena, &rows, error);
	*book = (struct promise_book){.otherwise = &config->no_promise};
	for (size_t i = 0; i < rows.count && status == STATUS_OK; i++)
		status = read_version(book, arena, config, now, &rows, i, error);
	if (status != STATUS_OK)
		return status;
	const char *newest = book->count ? book->at[book->count - 1].text : NULL;
	book->other = !newest || strcmp(newest, now) != 0;
	book->follows_nothing = !newest || !*newest;
	if (!newest)
		add_own(book, arena, config, 0, true);
	settle(book);
	return STATUS_OK;
}

void gateway_book_try(struct promise_book *book, struct arena *arena, const struct config *config, int64_t at)
{
	add_own(book, arena, config, at, true);
	settle(book);
}

enum status gateway_book_keep(struct store *store, const struct config *config, int64_t at, const char *who, struct error *error)
{
	CLEANUP_ARENA struct arena arena = {0};
	struct promise_book book;
	enum status status = gateway_book_read(config, store, &arena, &book, error);
	if (status != STATUS_OK || (!book.other && !who))
		return status;
	bool first = book.count == 1 && !book.at[0].id;
	struct version_row row = {.at = first ? 0 : at, .applied = who || book.follows_nothing, .who = who ? who : "", .text = text_of(&arena, config)};
	return store_version_add(store, &row, error);
}

/* ---- the daemon's ---- */

struct keeping { const struct config *config; };

static enum status keep(struct store *store, void *context, struct error *error)
{
	const struct keeping *keeping = context;
	return gateway_book_keep(store, keeping->config, keeping->config->read_at, NULL, error);
}

void gateway_book_settle(struct gateway *gateway, const struct config *config)
{
	struct error error;
	if (store_write(gateway->writer, keep, &(struct keeping){config}, &error) != STATUS_OK)
		log_event(LOG_WARNING, "promises.trouble", "why", error.text, NULL);
}

static enum status read_anew(struct gateway *gateway, const struct config *config, struct store *store, struct error *error)
{
	struct kept_book *kept = &gateway->book;
	arena_reset(&kept->arena);
	kept->made = 0;
	enum status status = store_version_last(store, &kept->last, error);
	if (status == STATUS_OK)
		status = gateway_book_read(config, store, &kept->arena, &kept->book, error);
	if (status == STATUS_OK)
		kept->made = config->made;
	return status;
}

enum status gateway_book_of(struct gateway *gateway, const struct config *config, struct store *store, struct promise_book **book, struct error *error)
{
	struct kept_book *kept = &gateway->book;
	bool fresh = kept->made != config->made;
	int64_t last = 0;
	enum status status = store_version_last(store, &last, error);
	if (status == STATUS_OK && (fresh || last != kept->last))
		status = read_anew(gateway, config, store, error);
	if (status == STATUS_OK && fresh && kept->book.other) {
		kept->made = 0;
		status = store_write(gateway->writer, keep, &(struct keeping){config}, error);
		if (status == STATUS_OK)
			status = read_anew(gateway, config, store, error);
		if (status == STATUS_OK && kept->book.count > 1)
			log_event(LOG_NOTICE, "promises.version", "version", LOG_NUMBER((int64_t)kept->book.count), "hint",
			          kept->book.at[kept->book.count - 1].applied ? "" : "open requests keep what they were promised; sportello sla apply changes that", NULL);
	}
	*book = &kept->book;
	return status;
}

void gateway_book_forget(struct gateway *gateway)
{
	arena_fini(&gateway->book.arena);
}
