/*
 * postgres_try.c - asks a server whether it understands every statement of the second engine. postgres_try URL: a database with our tables.
 *
 * Prints a line for each that it does not, and "N statements". Exits 1 if there was one. postgres_try --schema N: the statements that make a database of version N.
 * postgres_try --cleared DIRECTORY URL: adds the words of messages while somebody else clears all words.
 */
#include "postgres/postgres_private.h"
#include "store/store_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the server cannot guess the engine tells it: numbers, or a number, a word and numbers. */
static bool understood(PGconn *connection, int id)
{
	static const Oid tries[][8] = { { 0 }, { 20, 20, 20, 20, 20, 20, 20, 20 }, { 20, 25, 20, 20, 20, 20, 20, 20 } };
	bool ok = false;

	for (size_t i = 0; i < COUNT_OF(tries) && !ok; i++) {
		PGresult *result = PQprepare(connection, "", postgres_text(id), i ? 8 : 0, tries[i]);

		ok = PQresultStatus(result) == PGRES_COMMAND_OK;
		PQclear(result);
	}
	return ok;
}

static enum status print(void *context, const char *sql, struct error *error)
{
	(void)context;
	(void)error;
	printf("%s;\n", sql);
	return STATUS_OK;
}

/* The first text that is asked for is read, and then all words are cleared over another connection. */
static const char *clear_once(void *context, struct arena *arena, struct store *store, const struct message_row *message)
{
	struct store **other = context;
	struct error error;

	(void)store;
	(void)message;
	if (*other && store_search_forget(*other, &error) != STATUS_OK)
		fprintf(stderr, "%s\n", error.text);
	store_close(other);
	return arena_string(arena, "read before");
}

static int cleared(const char *directory, const char *url)
{
	struct store *one = NULL, *other = NULL;
	struct error error = { .text = "" };
	size_t done = 0;
	enum status status = store_open(directory, url, false, &one, &error);

	if (status == STATUS_OK)
		status = store_open(directory, url, false, &other, &error);
	if (status == STATUS_OK)
		status = store_search_forget(one, &error);
	struct store *nobody = NULL;
	if (status == STATUS_OK)
		status = store_search_index(one, 1, clear_once, &nobody, &done, &error);         /* one is there; the others follow it */
	while (status == STATUS_OK && other && done)      /* up to the next that has a text of its own */
		status = store_search_index(one, 1, clear_once, &other, &done, &error);
	fprintf(stderr, "%s", error.text);
	store_close(&other);
	store_close(&one);
	return status != STATUS_OK;
}

int main(int argc, char **argv)
{
	if (argc > 3 && strcmp(argv[1], "--cleared") == 0)
		return cleared(argv[2], argv[3]);
	if (argc > 2 && strcmp(argv[1], "--schema") == 0)
		return postgres_schema_steps(0, atoi(argv[2]), print, NULL, NULL) != STATUS_OK;
	PGconn *connection = PQconnectdb(argc > 1 ? argv[1] : "");
	int wrong = 0;

	if (PQstatus(connection) != CONNECTION_OK) {
		fprintf(stderr, "%s", PQerrorMessage(connection));
		return 2;
	}
	for (int id = 0; id < STATEMENT_COUNT; id++)
		if (!understood(connection, id))
			printf("%d: %s\n%s", id, postgres_text(id), PQerrorMessage(connection)), wrong++;
	PQfinish(connection);
	printf("%d statements\n", STATEMENT_COUNT);
	return wrong > 0;
}
