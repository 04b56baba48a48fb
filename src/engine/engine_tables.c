/*
 * engine_tables.c - which tables there are, and their columns and keys, read from the steps of the schema once a process.
 *
 * Reads what stands in engine_schema.c and no other SQL: CREATE TABLE with a column a line, PRIMARY KEY in a column or as a line of its own, and ALTER TABLE ... ADD COLUMN.
 * tests/blackbox/test_copy.py compares it with what both engines made of the same steps.
 */
#include "engine_bulk.h"

#include "schema.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Deferred indexes, the places of who erases and the pages of reports: found again from the rows that they are of. */
static const char *const made_again[] = { "mailbox_key", "contact_key", "place", "event_page", "event_gap" };
/* A database's own: what it is, how far what is made again is, who wrote last, which keys and files its gateways have, and the copy itself. Up to "*": all that begin so. */
static const char *const own_facts[] = {
	"schema", "mailbox_key", "contact_key", "places_*", "events_*", "words_*", "writer", "keys", "files", "ledger_key", "secret_key", "copy_*",
};

/* Where an engine keeps a value is its own business. */
static const struct { const char *table, *column; } own_columns[] = { { "raw", "file" } };

static struct { struct engine_table *at; size_t count; } tables;

bool engine_table_is_made_again(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(made_again); i++)
		if (strcmp(made_again[i], name) == 0)
			return true;
	return false;
}

bool engine_fact_is_own(const char *key)
{
	for (size_t i = 0; i < COUNT_OF(own_facts); i++) {
		size_t length = strcspn(own_facts[i], "*");

		if (own_facts[i][length] ? strncmp(own_facts[i], key, length) == 0 : strcmp(own_facts[i], key) == 0)
			return true;
	}
	return false;
}

/* ---- the words of a step ---- */

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t\n");
}

static bool take(const char **at, const char *words)
{
	size_t length = strlen(words);

	if (strncmp(*at, words, length) != 0)
		return false;
	*at = skip_blanks(*at + length);
	return true;
}

static char *take_name(const char **at)
{
	size_t length = strspn(*at, "abcdefghijklmnopqrstuvwxyz_0123456789");
	char *name = strndup(*at, length);

	if (!name)
		abort();
	*at = skip_blanks(*at + length);
	return name;
}

static size_t column_named(const struct engine_table *table, const char *name)
{
	size_t i = 0;

	while (i < table->column_count && strcmp(table->columns[i].name, name) != 0)
		i++;
	return i;
}

static void add_key(struct engine_table *table, size_t column)
{
	if (column >= table->column_count || table->key_count == ENGINE_KEY_COLUMNS)
		abort();
	table->by_number = table->key_count ? table->by_number : table->columns[column].type == COLUMN_NUMBER;
	table->key[table->key_count++] = column;
}

static enum engine_column_type type_of(const char *word)
{
	return strcmp(word, "INTEGER") == 0 ? COLUMN_NUMBER : strcmp(word, "BLOB") == 0 ? COLUMN_BYTES : COLUMN_TEXT;
}

static bool is_own_column(const char *table, const char *column)
{
	for (size_t i = 0; i < COUNT_OF(own_columns); i++)
		if (strcmp(own_columns[i].table, table) == 0 && strcmp(own_columns[i].column, column) == 0)
			return true;
	return false;
}

/* "name TYPE ...", up to the end of its line. */
static void read_column(struct engine_table *table, const char *at)
{
	char *name = take_name(&at), word[16];
	size_t length = strcspn(at, " ,\n)"), line = strcspn(at, "\n");
	const char *key = memmem(at, line, "PRIMARY KEY", strlen("PRIMARY KEY"));
	const char *comment = memmem(at, line, "--", 2);

	if (table->column_count == ENGINE_COLUMNS || length == 0 || length >= sizeof word)
		abort();
	if (is_own_column(table->name, name)) {
		free(name);
		return;
	}
	memcpy(word, at, length);
	word[length] = '\0';
	table->columns[table->column_count++] = (struct engine_column){ name, type_of(word) };
	if (key && (!comment || key < comment)) {
		add_key(table, table->column_count - 1);
		table->counted |= memmem(at, line, "AUTOINCREMENT", strlen("AUTOINCREMENT")) != NULL;
	}
}

static void read_keys(struct engine_table *table, const char *at)
{
	while (*at && *at != ')') {
		char *name = take_name(&at);

		add_key(table, column_named(table, name));
		free(name);
		at = skip_blanks(at + (*at == ','));
	}
}

static void read_table(const char *at)
{
	struct engine_table *table;
	char *name = take_name(&at);

	if (engine_table_is_made_again(name)) {
		free(name);
		return;
	}
	tables.at = realloc(tables.at, (tables.count + 1) * sizeof *tables.at);
	if (!tables.at)
		abort();
	table = &tables.at[tables.count++];
	*table = (struct engine_table){ .name = name };
	for (at = skip_blanks(at + 1); *at && *at != ')'; at = skip_blanks(at + strcspn(at, "\n"))) {
		const char *line = at;

		if (take(&line, "PRIMARY KEY("))
			read_keys(table, line);
		else if (strncmp(line, "--", 2) != 0)
			read_column(table, line);
	}
}

static void read_addition(const char *at)
{
	char *name = take_name(&at);

	for (size_t i = 0; i < tables.count && take(&at, "ADD COLUMN "); i++) {
		while (i < tables.count && strcmp(tables.at[i].name, name) != 0)
			i++;
		if (i < tables.count)
			read_column(&tables.at[i], at);
	}
	free(name);
}

static void read_step(const char *sql)
{
	const char *at = skip_blanks(sql);

	if (take(&at, "CREATE TABLE "))
		read_table(at);
	else if (take(&at, "ALTER TABLE "))
		read_addition(at);
}

static void read_all(void)
{
	for (size_t i = 0; i < engine_migration_count; i++)
		for (const char *const *sql = engine_migrations[i].sql; *sql; sql++)
			read_step(*sql);
}

const struct engine_table *engine_tables(size_t *count)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, read_all);
	*count = tables.count;
	return tables.at;
}

/* ---- for the engines ---- */

void engine_bulk_columns(struct buffer *sql, const struct engine_table *table)
{
	for (size_t i = 0; i < table->column_count; i++)
		buffer_printf(sql, "%s\"%s\"", i ? "," : "", table->columns[i].name);
}

bool engine_table_is(const struct engine_table *table, const char *name)
{
	return strcmp(table->name, name) == 0;
}

const char *engine_table_known(const char *name)
{
	size_t count;
	const struct engine_table *all = engine_tables(&count);

	for (size_t i = 0; i < count; i++)
		if (engine_table_is(&all[i], name))
			return all[i].name;
	return NULL;
}

const char *engine_bulk_lead(const struct engine_table *table)
{
	return table->columns[table->key[0]].name;
}

void engine_bulk_not_own(struct buffer *sql)
{
	buffer_add_string(sql, " NOT(");
	for (size_t i = 0; i < COUNT_OF(own_facts); i++) {
		int length = (int)strcspn(own_facts[i], "*");

		if (own_facts[i][length])
			buffer_printf(sql, "%ssubstr(key,1,%d)='%.*s'", i ? " OR " : "", length, length, own_facts[i]);
		else
			buffer_printf(sql, "%skey='%s'", i ? " OR " : "", own_facts[i]);
	}
	buffer_add_char(sql, ')');
}

/* A later step drops it. */
static bool is_undone(const char *kind, const char *at)
{
	CLEANUP_BUFFER struct buffer drop = { 0 };

	buffer_printf(&drop, "DROP %s %.*s", kind, (int)strcspn(at, " ("), at);
	for (size_t i = 0; i < engine_migration_count; i++)
		for (const char *const *sql = engine_migrations[i].sql; *sql; sql++)
			if (strcmp(*sql, buffer_string(&drop)) == 0)
				return true;
	return false;
}

enum engine_step engine_step_of(const char *sql)
{
	const char *at = skip_blanks(sql);

	if (take(&at, "CREATE TABLE ") || take(&at, "ALTER TABLE "))
		return STEP_TABLE;
	if (take(&at, "CREATE INDEX ") || take(&at, "CREATE UNIQUE INDEX "))
		return is_undone("INDEX", at) ? STEP_NOTHING : STEP_INDEX;
	if (take(&at, "CREATE TRIGGER "))
		return is_undone("TRIGGER", at) ? STEP_NOTHING : STEP_TRIGGER;
	return take(&at, "CREATE ") ? STEP_TRIGGER : STEP_NOTHING;
}
