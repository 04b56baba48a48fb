/*
 * cli_customer_import.c - `customer import FILE.csv`: customers from a list that is kept elsewhere, as often as one likes.
 *
 * RFC 4180: commas, quotes doubled inside quotes, a head of names of columns. A line is found again by external_id, else by its first address; an empty
 * cell says nothing. All lines are looked at, in one transaction: each bad one is named by its number, and then nothing is done at all. Who is in
 * the desk and not in the file stays, unless --prune.
 * What parts cells is a comma, a semicolon or a tab, whichever the head uses: a spreadsheet writes what its country does.
 * Diagnostics, for each line: "has N cells", "is no address", "belongs to", "is also on line", "there is no organisation", "holds a NUL byte", "a quote is never closed".
 */
#include "cli_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define FILE_BYTES ((size_t)256 * 1024 * 1024)
#define COLUMNS_MOST 64

enum column { EXTERNAL_ID, NAME, ADDRESS, ORGANISATION, LANGUAGE, VIP, NOTE, COLUMNS };
static const char *const column_names[COLUMNS] = { "external_id", "name", "address", "organisation", "language", "vip", "note" };

struct bad_line { int number; const char *what; };
struct importing {
	struct cli *cli;
	const char *at, *end;                    /* of the file */
	int line, row_line;                      /* that is read; where the row began */
	char between;                            /* what parts cells */
	const char *broken;                      /* what is wrong with the row as CSV; NULL: nothing */
	enum column columns[COLUMNS_MOST]; size_t count;
	struct { struct bad_line *at; size_t count; } bad;
	int64_t added, changed, unchanged, removed;
	size_t identified;                       /* lines with an external_id */
	struct seen *seen; size_t seen_room, seen_count; /* external ids and addresses, and on which line */
};

/* ---- CSV ---- */

struct cells { struct strings at; };

/* One cell; *last: the row ends behind it. */
static const char *read_cell(struct importing *import, struct arena *arena, bool *last)
{
	CLEANUP_BUFFER struct buffer cell = { 0 };
	bool quoted = import->at < import->end && *import->at == '"', open = quoted;

	import->at += quoted;
	for (; import->at < import->end && (open || (*import->at != import->between && *import->at != '\n')); import->at++) {
		if (open && *import->at == '"' && import->at + 1 < import->end && import->at[1] == '"')
			import->at++;
		else if (open && *import->at == '"') {
			open = false;
			continue;
		}
		if (quoted && !open && *import->at != ' ' && *import->at != '\r')
			import->broken = "has words behind a closing quote; a quote inside quotes is written twice";
		import->line += *import->at == '\n';
		if (!*import->at)
			import->broken = "holds a NUL byte: save the list as UTF-8, not as UTF-16";
		buffer_add_char(&cell, *import->at);
	}
	if (open)
		import->broken = "a quote is never closed";
	*last = import->at >= import->end || *import->at == '\n';
	import->line += import->at < import->end && *import->at == '\n';
	import->at += import->at < import->end;
	return text_trim(arena_copy(arena, cell.length ? cell.at : "", cell.length));
}

static void read_row(struct importing *import, struct arena *arena, struct strings *cells)
{
	*cells = (struct strings){ 0 };
	import->row_line = import->line;
	import->broken = NULL;
	for (bool last = false; !last;)
		strings_add(arena, cells, read_cell(import, arena, &last));
}

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

/* What there is most of in the first line. */
static char find_between(const struct importing *import)
{
	static const char candidates[] = { ',', ';', '\t' };
	size_t counts[COUNT_OF(candidates)] = { 0 }, most = 0;

	for (const char *at = import->at; at < import->end && *at != '\n'; at++)
		for (size_t i = 0; i < COUNT_OF(candidates); i++)
			counts[i] += *at == candidates[i];
	for (size_t i = 1; i < COUNT_OF(candidates); i++)
		most = counts[i] > counts[most] ? i : most;
	return candidates[most];
}

static enum status read_head(struct importing *import, struct error *error)
{
	struct strings names;
	bool addressed = false;

	if (import->end - import->at >= 3 && !memcmp(import->at, "\xEF\xBB\xBF", 3))
		import->at += 3;
	import->between = find_between(import);
	read_row(import, &import->cli->arena, &names);
	if (import->broken)
		return error_set(error, STATUS_BAD_INPUT, "line 1: %s", import->broken);
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
	import->seen[place] = (struct seen){ arena_string(&import->cli->arena, word), import->row_line };
	import->seen_count++;
	return 0;
}

/* ---- one line ---- */

struct row { const char *cell[COLUMNS]; struct strings addresses; };

static bool take_cells(struct importing *import, struct arena *arena, const struct strings *cells, struct row *row)
{
	if (cells->count != import->count) {
		bad(import, import->row_line, arena_printf(arena, "has %zu cells, not %zu", cells->count, import->count));
		return false;
	}
	for (size_t i = 0; i < cells->count; i++) {
		if (!utf8_valid(cells->at[i], strlen(cells->at[i]))) {
			bad(import, import->row_line, "is not UTF-8");
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
		bad(import, import->row_line, "has no address");
	else if (!check_vip(row))
		bad(import, import->row_line, arena_printf(arena, "vip is yes or no, not \"%s\"", row->cell[VIP]));
	else if (row->cell[LANGUAGE] && (strlen(row->cell[LANGUAGE]) < 2 || strlen(row->cell[LANGUAGE]) > 3 || strspn(row->cell[LANGUAGE], "abcdefghijklmnopqrstuvwxyz") != strlen(row->cell[LANGUAGE])))
		bad(import, import->row_line, arena_printf(arena, "\"%s\" is no language; two letters, as in en", row->cell[LANGUAGE]));
	else if (row->cell[EXTERNAL_ID] && (line = seen_before(import, arena_printf(arena, "id %s", row->cell[EXTERNAL_ID]))))
		bad(import, import->row_line, arena_printf(arena, "external_id %s is also on line %d", row->cell[EXTERNAL_ID], line));
	else {
		for (size_t i = 0; i < row->addresses.count; i++) {
			const char *address = row->addresses.at[i];

			if (!mail_address_usable(address)) {
				bad(import, import->row_line, arena_printf(arena, "\"%s\" is no address", address));
				return false;
			}
			if ((line = seen_before(import, address)) && line != import->row_line) {
				bad(import, import->row_line, arena_printf(arena, "%s is also on line %d", address, line));
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

static enum status write_row(struct importing *import, struct arena *arena, const struct row *row, struct error *error)
{
	struct store *store = import->cli->store;
	const struct customer_change change = { .name = row->cell[NAME], .language = row->cell[LANGUAGE], .vip = row->cell[VIP], .organisation = row->cell[ORGANISATION],
	                                        .note = row->cell[NOTE], .external_id = row->cell[EXTERNAL_ID] };
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
	if (status != STATUS_OK)
		return status;
	import->identified += row->cell[EXTERNAL_ID] != NULL;
	import->added += is_new;
	import->changed += !is_new && (any || changed);
	import->unchanged += !is_new && !any && !changed;
	return STATUS_OK;
}

/* What is wrong with the line is told, and the next one is looked at; only trouble with the database ends it. */
static enum status take_row(struct importing *import, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct strings cells;
	struct row row = { .addresses = { 0 } };
	enum status status;

	read_row(import, &arena, &cells);
	if (import->broken) {
		bad(import, import->row_line, import->broken);
		return STATUS_OK;
	}
	if (cells.count == 1 && !*cells.at[0])
		return STATUS_OK;
	if (!take_cells(import, &arena, &cells, &row) || !check_row(import, &arena, &row))
		return STATUS_OK;
	status = write_row(import, &arena, &row, error);
	if (status != STATUS_BAD_INPUT && status != STATUS_NOT_FOUND && status != STATUS_USAGE)
		return status;
	bad(import, import->row_line, error->text);
	return STATUS_OK;
}

/* ---- who is gone ---- */

static enum status prune(struct importing *import, struct error *error)
{
	struct store *store = import->cli->store;
	struct customer_externals all;
	enum status status = store_customer_externals(store, &import->cli->arena, &all, error);

	if (status == STATUS_OK && all.count && !import->identified)
		return error_set(error, STATUS_BAD_INPUT, "%s has no external_id on any line: --prune would take away all %zu customers who have one; nothing was done", import->cli->words[0], all.count);
	for (size_t i = 0; i < all.count && status == STATUS_OK; i++) {
		CLEANUP_ARENA struct arena arena = { 0 };

		if (import->seen_room && import->seen[place_of(import, arena_printf(&arena, "id %s", all.at[i].external_id))].word)
			continue;
		status = store_customer_drop(store, &arena, all.at[i].id, error);
		import->removed++;
	}
	return status;
}

/* ---- the whole ---- */

static enum status take_rows(struct importing *import, struct error *error)
{
	enum status status = STATUS_OK;

	while (import->at < import->end && status == STATUS_OK)
		status = take_row(import, error);
	if (status == STATUS_OK && import->cli->option[O_PRUNE] && !import->bad.count)
		status = prune(import, error);
	return status == STATUS_OK ? store_customer_settle(import->cli->store, (size_t)import->line, error) : status;
}

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
		cli_warn("%s: %zu bad line%s; nothing was done", cli->words[0], import->bad.count, import->bad.count == 1 ? "" : "s");
	if (import->bad.count)
		cli->exit_code = EX_DATAERR;
	else if (!cli->json)
		buffer_printf(&cli->out, "%s%lld added, %lld changed, %lld unchanged, %lld removed\n", dry ? "dry run: " : "", (long long)import->added, (long long)import->changed,
		              (long long)import->unchanged, (long long)import->removed);
}

enum status cli_run_customer_import(struct cli *cli, struct error *error)
{
	CLEANUP_BUFFER struct buffer file = { 0 };
	struct importing import = { .cli = cli, .line = 1 };
	enum status status = file_read_all(cli->words[0], FILE_BYTES, &file, error);

	if (status != STATUS_OK)
		return status;
	import.at = file.at;
	import.end = file.at + file.length;
	if ((status = read_head(&import, error)) != STATUS_OK || (status = cli_need_store(cli, true, error)) != STATUS_OK || (status = store_begin(cli->store, error)) != STATUS_OK)
		return status;
	status = take_rows(&import, error);
	if (status != STATUS_OK || import.bad.count || cli->option[O_DRY_RUN])
		store_rollback(cli->store);
	else
		status = store_commit(cli->store, error);
	if (import.bad.count)
		import.added = import.changed = import.unchanged = import.removed = 0;
	if (status == STATUS_OK)
		result(&import, cli->option[O_DRY_RUN] != NULL);
	return status;
}
