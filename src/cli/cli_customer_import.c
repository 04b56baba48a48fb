/*
 * cli_customer_import.c - `customer import FILE.csv`: customers from a list that is kept elsewhere, as often as one likes.
 *
 * RFC 4180: commas, quotes doubled inside quotes, a head of names of columns. A line is found again by external_id, else by its first address; an empty
 * cell says nothing. All lines are looked at first, while mail comes in: each bad one is named by its number, and then nothing is done at all. What changes something is
 * then written: a few lines in one transaction, many in portions with rests between, for nobody's mail is to wait until a hundred thousand are in; a power cut leaves the lines up to
 * there, how far is kept, the next import says so, and the same file again brings the others. Each line is looked at once more before it is written: what somebody else changed meanwhile may make it a bad one.
 * Who is in the desk and not in the file stays, unless --prune.
 * What parts cells is a comma, a semicolon or a tab, whichever the head uses: a spreadsheet writes what its country does.
 * Diagnostics, for each line: "has N cells", "is no address", "belongs to", "is also on line", "there is no organisation", "holds a NUL byte", "a quote is never closed".
 */
#include "cli_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#define FILE_BYTES ((size_t)256 * 1024 * 1024)
#define COLUMNS_MOST 64
#define AT_ONCE_MOST 1000                /* changes in one transaction: a fifth of a second */
#define PORTION_US   40000               /* so long a portion holds the writer */
#define IMPORTED_UPTO "customers_imported_upto"   /* number in the store: the line up to which a list is in that is written in portions; 0: all of it */
#define REST_US      26000               /* behind it: mails that waited are written before the next one */

enum column { EXTERNAL_ID, NAME, ADDRESS, ORGANISATION, LANGUAGE, VIP, NOTE, COLUMNS };
static const char *const column_names[COLUMNS] = { "external_id", "name", "address", "organisation", "language", "vip", "note" };

struct bad_line { int number; const char *what; };
struct importing {
	struct cli *cli;
	struct csv csv;
	enum column columns[COLUMNS_MOST]; size_t count;
	struct { struct bad_line *at; size_t count; } bad;
	struct { struct csv *at; size_t count; } changes;        /* lines that would change something: where they begin */
	struct { int64_t *at; size_t count; } gone;              /* customers whom --prune takes away */
	int64_t added, changed, unchanged, removed;
	size_t identified;                       /* lines with an external_id */
	bool in_portions, written;               /* a part of it is in for good */
	struct seen *seen; size_t seen_room, seen_count; /* external ids and addresses, and on which line */
};

static void bad(struct importing *import, int line, const char *what)
{
	*ARENA_PUSH(&import->cli->arena, &import->bad) = (struct bad_line){ line, arena_string(&import->cli->arena, what) };
}

/* ---- the head ---- */

static bool column_named(const char *name, enum column *column)
{
	for (int i = 0; i < COLUMNS; i++)
		if (text_equal_nocase(name, column_names[i])) {
			*column = (enum column)i;
			return true;
		}
	*column = ADDRESS;
	return text_starts_nocase(name, "address") && name[7] && strspn(name + 7, "0123456789") == strlen(name + 7);
}

static enum status read_head(struct importing *import, struct error *error)
{
	struct strings names;
	bool addressed = false;

	cli_csv_row(&import->csv, &import->cli->arena, &names);
	if (import->csv.broken)
		return error_set(error, STATUS_BAD_INPUT, "line 1: %s", import->csv.broken);
	if (names.count > COLUMNS_MOST)
		return error_set(error, STATUS_BAD_INPUT, "line 1: more than %d columns", COLUMNS_MOST);
	for (size_t i = 0; i < names.count; i++) {
		if (!column_named(names.at[i], &import->columns[i]))
			return error_set(error, STATUS_BAD_INPUT, "line 1: there is no column \"%s\"; external_id, name, address, address2 ..., organisation, language, vip, note, with commas, semicolons or tabs between", utf8_cut(&import->cli->arena, names.at[i], 60));
		addressed |= import->columns[i] == ADDRESS;
	}
	import->count = names.count;
	return addressed ? STATUS_OK : error_set(error, STATUS_BAD_INPUT, "line 1: there is no column address");
}

/* ---- what was on an earlier line ---- */

struct seen { const char *word; int line; };

static size_t place_of(const struct importing *import, const char *word)
{
	size_t place = hash_spread(hash_text(word)) & (import->seen_room - 1);

	while (import->seen[place].word && strcmp(import->seen[place].word, word) != 0)
		place = (place + 1) & (import->seen_room - 1);
	return place;
}

static void grow_seen(struct importing *import)
{
	struct seen *old = import->seen;
	size_t room = import->seen_room;

	import->seen_room = room ? 2 * room : 4096;
	import->seen = ARENA_ARRAY(&import->cli->arena, struct seen, import->seen_room);
	for (size_t i = 0; i < room; i++)
		if (old[i].word)
			import->seen[place_of(import, old[i].word)] = old[i];
}

/* 0: it is new. */
static int seen_before(struct importing *import, const char *word)
{
	size_t place;

	if (2 * import->seen_count >= import->seen_room)
		grow_seen(import);
	place = place_of(import, word);
	if (import->seen[place].word)
		return import->seen[place].line;
	import->seen[place] = (struct seen){ arena_string(&import->cli->arena, word), import->csv.row_line };
	import->seen_count++;
	return 0;
}

/* ---- one line ---- */

struct row { const char *cell[COLUMNS]; struct strings addresses; };

static bool take_cells(struct importing *import, struct arena *arena, const struct strings *cells, struct row *row)
{
	if (cells->count != import->count) {
		bad(import, import->csv.row_line, arena_printf(arena, "has %zu cells, not %zu", cells->count, import->count));
		return false;
	}
	for (size_t i = 0; i < cells->count; i++) {
		if (!utf8_valid(cells->at[i], strlen(cells->at[i]))) {
			bad(import, import->csv.row_line, "is not UTF-8");
			return false;
		}
		if (import->columns[i] == ADDRESS && *cells->at[i])
			strings_add(arena, &row->addresses, text_lower(arena, cells->at[i]));
		else if (import->columns[i] != ADDRESS && *cells->at[i])
			row->cell[import->columns[i]] = cells->at[i];
	}
	return true;
}

static bool check_vip(struct row *row)
{
	static const struct { const char *word, *means; } words[] = { { "yes", "yes" }, { "no", "no" }, { "1", "yes" }, { "0", "no" }, { "true", "yes" }, { "false", "no" }, { "y", "yes" }, { "n", "no" } };

	for (size_t i = 0; row->cell[VIP] && i < COUNT_OF(words); i++)
		if (text_equal_nocase(row->cell[VIP], words[i].word)) {
			row->cell[VIP] = words[i].means;
			return true;
		}
	return !row->cell[VIP];
}

static bool check_row(struct importing *import, struct arena *arena, struct row *row)
{
	int line;

	if (!row->addresses.count)
		bad(import, import->csv.row_line, "has no address");
	else if (!check_vip(row))
		bad(import, import->csv.row_line, arena_printf(arena, "vip is yes or no, not \"%s\"", row->cell[VIP]));
	else if (row->cell[LANGUAGE] && (strlen(row->cell[LANGUAGE]) < 2 || strlen(row->cell[LANGUAGE]) > 3 || strspn(row->cell[LANGUAGE], "abcdefghijklmnopqrstuvwxyz") != strlen(row->cell[LANGUAGE])))
		bad(import, import->csv.row_line, arena_printf(arena, "\"%s\" is no language; two letters, as in en", row->cell[LANGUAGE]));
	else if (row->cell[EXTERNAL_ID] && (line = seen_before(import, arena_printf(arena, "id %s", row->cell[EXTERNAL_ID]))))
		bad(import, import->csv.row_line, arena_printf(arena, "external_id %s is also on line %d", row->cell[EXTERNAL_ID], line));
	else {
		for (size_t i = 0; i < row->addresses.count; i++) {
			const char *address = row->addresses.at[i];

			if (!mail_address_usable(address)) {
				bad(import, import->csv.row_line, arena_printf(arena, "\"%s\" is no address", address));
				return false;
			}
			if ((line = seen_before(import, address)) && line != import->csv.row_line) {
				bad(import, import->csv.row_line, arena_printf(arena, "%s is also on line %d", address, line));
				return false;
			}
		}
		return true;
	}
	return false;
}

/* By external id, else by an address of the line. 0: he is new. */
static enum status find_row(struct importing *import, struct arena *arena, const struct row *row, int64_t *id, struct error *error)
{
	struct store *store = import->cli->store;
	enum status status = row->cell[EXTERNAL_ID] ? store_customer_by_external(store, row->cell[EXTERNAL_ID], id, error) : STATUS_OK;

	for (size_t i = 0; i < row->addresses.count && status == STATUS_OK && !*id; i++)
		if ((status = store_customer_find(store, arena, row->addresses.at[i], false, id, error)) == STATUS_NOT_FOUND)
			status = STATUS_OK;
	return status;
}

static struct customer_change change_of(const struct row *row)
{
	return (struct customer_change){ .name = row->cell[NAME], .language = row->cell[LANGUAGE], .vip = row->cell[VIP], .organisation = row->cell[ORGANISATION],
	                                 .note = row->cell[NOTE], .external_id = row->cell[EXTERNAL_ID] };
}

static void count(struct importing *import, bool is_new, bool changes)
{
	import->added += is_new;
	import->changed += !is_new && changes;
	import->unchanged += !is_new && !changes;
}

static enum status write_row(struct importing *import, struct arena *arena, const struct row *row, struct error *error)
{
	struct store *store = import->cli->store;
	const struct customer_change change = change_of(row);
	int64_t id = 0;
	bool changed = false, any = false;
	enum status status = find_row(import, arena, row, &id, error);
	bool is_new = status == STATUS_OK && !id;

	if (is_new)
		status = store_customer_find(store, arena, row->addresses.at[0], true, &id, error);
	for (size_t i = 0; i < row->addresses.count && status == STATUS_OK; i++, any |= changed)
		status = store_customer_add_address(store, arena, id, row->addresses.at[i], &changed, error);
	if (status == STATUS_OK)
		status = store_customer_set(store, arena, id, &change, &changed, error);
	if (status == STATUS_OK)
		count(import, is_new, any || changed);
	return status;
}

static enum status look_at_row(struct importing *import, struct arena *arena, const struct row *row, const struct csv *where, struct error *error)
{
	const struct customer_change change = change_of(row);
	int64_t id = 0;
	bool changes = false;
	enum status status = find_row(import, arena, row, &id, error);

	if (status == STATUS_OK)
		status = store_customer_would_change(import->cli->store, arena, id, &row->addresses, &change, &changes, error);
	if (status != STATUS_OK)
		return status;
	import->identified += row->cell[EXTERNAL_ID] != NULL;
	count(import, id == 0, changes);
	if (changes)
		*ARENA_PUSH(&import->cli->arena, &import->changes) = *where;
	return STATUS_OK;
}

/* What is wrong with the line is told, and the next one is looked at; only trouble with the database ends it. */
static enum status is_bad(struct importing *import, enum status status, const struct error *error)
{
	if (status != STATUS_BAD_INPUT && status != STATUS_NOT_FOUND && status != STATUS_USAGE)
		return status;
	bad(import, import->csv.row_line, error->text);
	return STATUS_OK;
}

static enum status take_row(struct importing *import, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	const struct csv where = import->csv;
	struct strings cells;
	struct row row = { .addresses = { 0 } };

	cli_csv_row(&import->csv, &arena, &cells);
	if (import->csv.broken) {
		bad(import, import->csv.row_line, import->csv.broken);
		return STATUS_OK;
	}
	if (cells.count == 1 && !*cells.at[0])
		return STATUS_OK;
	if (!take_cells(import, &arena, &cells, &row) || !check_row(import, &arena, &row))
		return STATUS_OK;
	return is_bad(import, look_at_row(import, &arena, &row, &where, error), error);
}

/* ---- who is gone ---- */

static enum status look_who_is_gone(struct importing *import, struct error *error)
{
	struct customer_externals all;
	enum status status = store_customer_externals(import->cli->store, &import->cli->arena, &all, error);

	if (status == STATUS_OK && all.count && !import->identified)
		return error_set(error, STATUS_BAD_INPUT, "%s has no external_id on any line: --prune would take away all %zu customers who have one; nothing was done", import->cli->words[0], all.count);
	for (size_t i = 0; i < all.count && status == STATUS_OK; i++) {
		CLEANUP_ARENA struct arena arena = { 0 };

		if (!import->seen_room || !import->seen[place_of(import, arena_printf(&arena, "id %s", all.at[i].external_id))].word)
			*ARENA_PUSH(&import->cli->arena, &import->gone) = all.at[i].id;
	}
	import->removed = (int64_t)import->gone.count;
	return status;
}

/* ---- looking ---- */

static enum status look(struct importing *import, struct error *error)
{
	bool began;
	enum status status = store_read_begin(import->cli->store, &began, error);

	while (import->csv.at < import->csv.end && status == STATUS_OK)
		status = take_row(import, error);
	if (status == STATUS_OK && import->cli->option[O_PRUNE] && !import->bad.count)
		status = look_who_is_gone(import, error);
	store_read_end(import->cli->store, began);
	return status;
}

/* ---- writing ---- */

static enum status write_line(struct importing *import, const struct csv *where, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct strings cells;
	struct row row = { .addresses = { 0 } };

	import->csv = *where;
	cli_csv_row(&import->csv, &arena, &cells);
	take_cells(import, &arena, &cells, &row);
	check_vip(&row);
	return is_bad(import, write_row(import, &arena, &row, error), error);
}

/* The lines first, then those who are gone. */
static enum status write_change(struct importing *import, size_t number, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };

	if (number < import->changes.count)
		return write_line(import, &import->changes.at[number], error);
	import->removed++;
	return store_customer_drop(import->cli->store, &arena, import->gone.at[number - import->changes.count], error);
}

/* With the portion itself: after a power cut it says what is there. */
static enum status note_how_far(struct importing *import, bool all, struct error *error)
{
	return import->in_portions ? store_number_set(import->cli->store, IMPORTED_UPTO, all ? 0 : import->csv.row_line, error) : STATUS_OK;
}

static enum status write_portion(struct importing *import, size_t *done, size_t all, struct error *error)
{
	struct store *store = import->cli->store;
	const struct importing was = *import;
	size_t first = *done;
	enum status status = store_begin(store, error);
	int64_t until = clock_monotonic_us() + PORTION_US;

	if (status != STATUS_OK)
		return status;
	while (*done < all && status == STATUS_OK && (!import->in_portions || clock_monotonic_us() < until))
		status = write_change(import, (*done)++, error);
	if (status == STATUS_OK)
		status = store_customer_settle(store, *done - first, error);
	if (status == STATUS_OK)
		status = note_how_far(import, *done == all, error);
	if (status == STATUS_OK && !import->bad.count) {
		import->written = true;
		return store_commit(store, error);
	}
	store_rollback(store);
	import->added = was.added, import->changed = was.changed, import->unchanged = was.unchanged, import->removed = was.removed;
	return status;
}

static enum status write_changes(struct importing *import, struct error *error)
{
	const struct timespec rest = { .tv_nsec = REST_US * 1000L };
	size_t all = import->changes.count + import->gone.count;
	enum status status = STATUS_OK;

	import->added = import->changed = import->removed = 0;           /* counted again as it happens */
	import->in_portions = all > AT_ONCE_MOST;
	for (size_t done = 0; done < all && status == STATUS_OK && !import->bad.count;) {
		if (import->written)
			nanosleep(&rest, NULL);
		status = write_portion(import, &done, all, error);
	}
	return status;
}

/* ---- the whole ---- */

static void result_json(struct importing *import, bool dry)
{
	struct json json;

	json_init(&json, &import->cli->out);
	json_object(&json, NULL);
	json_bool(&json, "dry_run", dry);
	json_number(&json, "added", import->added);
	json_number(&json, "changed", import->changed);
	json_number(&json, "unchanged", import->unchanged);
	json_number(&json, "removed", import->removed);
	json_array(&json, "errors");
	for (size_t i = 0; i < import->bad.count; i++) {
		json_object(&json, NULL);
		json_number(&json, "line", import->bad.at[i].number);
		json_string(&json, "what", import->bad.at[i].what);
		json_object_end(&json);
	}
	json_array_end(&json);
	json_object_end(&json);
	buffer_add_char(&import->cli->out, '\n');
}

static void result(struct importing *import, bool dry)
{
	struct cli *cli = import->cli;

	if (cli->json)
		result_json(import, dry);
	for (size_t i = 0; i < import->bad.count; i++)
		cli_warn("%s:%d: %s", cli->words[0], import->bad.at[i].number, import->bad.at[i].what);
	if (import->bad.count)
		cli_warn("%s: %zu bad line%s; %s", cli->words[0], import->bad.count, import->bad.count == 1 ? "" : "s",
		         import->written ? "somebody changed that just now: what stood before it is done, and the rest is when the file is imported again" : "nothing was done");
	if (import->bad.count)
		cli->exit_code = EX_DATAERR;
	else if (!cli->json)
		buffer_printf(&cli->out, "%s%lld added, %lld changed, %lld unchanged, %lld removed\n", dry ? "dry run: " : "", (long long)import->added, (long long)import->changed,
		              (long long)import->unchanged, (long long)import->removed);
}

/* Somebody else's may still be going on: who asks knows. */
static enum status say_what_was_broken_off(struct cli *cli, struct error *error)
{
	int64_t upto = 0;
	enum status status = store_number_get(cli->store, IMPORTED_UPTO, &upto, error);

	if (status == STATUS_OK && upto)
		cli_warn("the last import of a list was broken off behind its line %lld, and what stands below is not in, unless it goes on just now: import that list again", (long long)upto);
	return status;
}

enum status cli_run_customer_import(struct cli *cli, struct error *error)
{
	CLEANUP_BUFFER struct buffer file = { 0 };
	struct importing import = { .cli = cli };
	enum status status = file_read_all(cli->words[0], FILE_BYTES, &file, error);

	if (status != STATUS_OK)
		return status;
	import.csv = cli_csv_of(file.at, file.length);
	if ((status = read_head(&import, error)) != STATUS_OK || (status = cli_need_store(cli, true, error)) != STATUS_OK || (status = say_what_was_broken_off(cli, error)) != STATUS_OK
	    || (status = look(&import, error)) != STATUS_OK)
		return status;
	if (!import.bad.count && !cli->option[O_DRY_RUN])
		status = write_changes(&import, error);
	if (import.bad.count && !import.written)
		import.added = import.changed = import.unchanged = import.removed = 0;
	if (status == STATUS_OK)
		result(&import, cli->option[O_DRY_RUN] != NULL);
	return status;
}
