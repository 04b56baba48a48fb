/*
 * test_store.c - opening, identity and migration, transactions, plans, facts, reading back.
 */
#include "test_store.h"

#include <sys/wait.h>

/* ---- opening ---- */

static void a_missing_database_is_not_found(void **state)
{
	struct fixture *f = *state;
	struct store *other;

	assert_int_equal(store_open("/tmp/test_store.nowhere", NULL, false, &other, &f->error), STATUS_NOT_FOUND);
	assert_null(other);
}

static void the_file_is_ours_alone(void **state)
{
	struct fixture *f = *state;
	struct stat about;
	char path[100];

	snprintf(path, sizeof path, "%s/sportello.db", f->dir);
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
}

static void another_programs_database_is_refused(void **state)
{
	struct fixture *f = *state;
	struct store *other;

	run_sql(f, "PRAGMA application_id=42");
	assert_int_equal(store_open(f->dir, NULL, true, &other, &f->error), STATUS_BAD_INPUT);
	assert_non_null(strstr(f->error.text, "not a Sportello database"));
}

static void a_file_that_is_no_database_is_broken(void **state)
{
	struct fixture *f = *state;
	struct store *other;
	char path[100];
	FILE *file;

	store_close(&f->store);
	snprintf(path, sizeof path, "%s/sportello.db", f->dir);
	file = fopen(path, "w");
	for (int i = 0; i < 1000; i++)
		fputs("this is not a database ", file);
	fclose(file);
	assert_int_equal(store_open(f->dir, NULL, true, &other, &f->error), STATUS_BROKEN);
}

static void a_newer_version_is_refused(void **state)
{
	struct fixture *f = *state;
	struct store *other;

	run_sql(f, "PRAGMA user_version=99");
	assert_int_equal(store_open(f->dir, NULL, true, &other, &f->error), STATUS_BAD_INPUT);
	assert_non_null(strstr(f->error.text, "newer Sportello"));
}

static const char *const made_up_step[] = { "ALTER TABLE ticket ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue'", NULL };
static const char *const wrong_step[] = { "CREATE TABLE half(id)", "CREATE TABLE ticket(id)", NULL };

static void migrations_take_the_missing_steps(void **state)
{
	struct fixture *f = *state;
	struct migration steps[] = { engine_migrations[0], engine_migrations[1], { 3, made_up_step } };

	make_ticket(f, "ann@customer.example", "<a@customer.example>");
	OK(sqlite_bring_up(f->store->engine->db, "x", true, steps, 3, &f->error));
	run_sql(f, "UPDATE ticket SET colour='red'");
	/* Again: nothing to do. */
	OK(sqlite_bring_up(f->store->engine->db, "x", true, steps, 3, &f->error));
	/* And the program that knows one step less says so. */
	assert_int_equal(sqlite_bring_up(f->store->engine->db, "x", true, steps, 2, &f->error), STATUS_BAD_INPUT);
}

static void a_failed_migration_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct migration steps[] = { engine_migrations[0], engine_migrations[1], { 3, wrong_step } };
	struct store *other;

	assert_int_not_equal(sqlite_bring_up(f->store->engine->db, "x", true, steps, 3, &f->error), STATUS_OK);
	assert_int_not_equal(sqlite3_exec(f->store->engine->db, "SELECT * FROM half", NULL, NULL, NULL), SQLITE_OK);
	OK(store_open(f->dir, NULL, false, &other, &f->error));
	store_close(&other);
}

static void die_here(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)context;
	(void)count;
	(void)values;
	_exit(9);
}

static const char *const deadly_step[] = {
	"ALTER TABLE ticket ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue'", "UPDATE ticket SET colour='green'", "CREATE TABLE half(id)",
	"SELECT die_here()", "CREATE TABLE other_half(id)", NULL
};

/* Killed in the middle of an upgrade: the version before is there, whole, and the next attempt does it. */
static void a_migration_that_dies_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct migration deadly[] = { engine_migrations[0], engine_migrations[1], { 3, deadly_step } };
	struct migration good[] = { engine_migrations[0], engine_migrations[1], { 3, made_up_step } };
	char path[100];
	sqlite3 *db;
	int ended;

	make_ticket(f, "ann@customer.example", "<a@customer.example>");
	store_close(&f->store);
	snprintf(path, sizeof path, "%s/sportello.db", f->dir);
	if (fork() == 0) {
		if (sqlite3_open(path, &db) == SQLITE_OK && sqlite3_create_function(db, "die_here", 0, SQLITE_UTF8, NULL, die_here, NULL, NULL) == SQLITE_OK)
			sqlite_bring_up(db, path, false, deadly, 3, &f->error);
		_exit(1);
	}
	assert_true(wait(&ended) > 0 && WIFEXITED(ended) && WEXITSTATUS(ended) == 9);
	OK(store_open(f->dir, NULL, false, &f->store, &f->error));
	assert_clean(f);
	assert_int_not_equal(sqlite3_exec(f->store->engine->db, "SELECT * FROM half", NULL, NULL, NULL), SQLITE_OK);
	OK(sqlite_bring_up(f->store->engine->db, "x", false, good, 3, &f->error));
	run_sql(f, "UPDATE ticket SET colour='red'");
	assert_clean(f);
}

/* ---- the engine ---- */

static void a_database_of_no_kind_that_is_here_is_refused_with_a_sentence(void **state)
{
	struct fixture *f = *state;
	struct store *other;
	struct store_writer *writer;

	assert_int_equal(store_open(f->dir, "mysql://desk@host/db", false, &other, &f->error), STATUS_BAD_CONFIG);
	assert_non_null(strstr(f->error.text, "mysql://desk@host/db"));
	assert_non_null(strstr(f->error.text, "\"sqlite:\""));
	assert_null(other);
	assert_int_equal(store_writer_start(f->dir, "sqlite", &writer, &f->error), STATUS_BAD_CONFIG);
	OK(store_open(f->dir, "sqlite:", false, &other, &f->error));
	store_close(&other);
}

/* This program is built twice (Makefile: PLAIN_BIN), and all of it holds both ways. */
static void the_log_goes_through_our_layer_unless_it_was_built_without(void **state)
{
	const char *program = program_invocation_short_name;

	(void)state;
	assert_string_equal(sqlite3_vfs_find(NULL)->zName, strstr(program, "plain") ? "unix" : "sportello");
}

/* Every statement fits the schema: none is found wanting by the first customer who needs it. */
static void every_statement_can_be_prepared(void **state)
{
	struct fixture *f = *state;

	for (int id = 0; id < STATEMENT_COUNT; id++) {
		struct cursor cursor;

		sqlite_cursor_open(&cursor, f->store->engine, &f->error, id, "");
		OK(cursor.status);
		assert_non_null(cursor.statement);
		OK(cursor_close(&cursor));
	}
}

/* Where the plan hangs on a value, SQLite prepares the statement again for each: that costs more than most answers. */
static void no_statement_is_prepared_again_for_its_values(void **state)
{
	struct fixture *f = *state;
	struct engine *engine = f->store->engine;

	OK(sqlite_exec(engine->db, "BEGIN", &f->error));
	for (int id = 0; id < STATEMENT_COUNT; id++) {
		struct cursor cursor;

		sqlite_cursor_open(&cursor, engine, &f->error, id, "");
		OK(cursor_close(&cursor));
		sqlite3_stmt *statement = engine->statements[id];
		int values = sqlite3_bind_parameter_count(statement);

		for (int value = 1; value <= values; value++)
			sqlite3_bind_int64(statement, value, 7);
		if (values)                              /* BEGIN and its kind have none */
			sqlite3_step(statement);
		sqlite3_reset(statement);
		if (sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_REPREPARE, false))
			fail_msg("%s", sqlite3_sql(statement));
	}
	OK(sqlite_exec(engine->db, "ROLLBACK", &f->error));
}

/* One command closes many requests at one moment: who follows the history some lines at a time sees all of them, and then goes on behind that moment. */
static void what_happened_at_one_moment_is_told_together(void **state)
{
	struct fixture *f = *state;
	struct changed_tickets changed;

	OK(sqlite_exec(f->store->engine->db, "INSERT INTO history(ticket, n, at, who, what, why, kind, number, was, now) "
	               "SELECT value, 5, 1000 + value / 8, '', '', '', 1, 0, '', '' FROM (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 39) SELECT value FROM n)", &f->error));
	OK(store_changed_since(f->store, &f->arena, 0, 3, &changed, &f->error));         /* seven at the first moment already: it looks at 24 */
	assert_int_equal(changed.count, 23);
	assert_int_equal(changed.upto, 1002);
	OK(store_changed_since(f->store, &f->arena, changed.upto, 10, &changed, &f->error));
	assert_int_equal(changed.count, 8);
	assert_int_equal(changed.upto, 1003);
	OK(store_changed_since(f->store, &f->arena, changed.upto, 10, &changed, &f->error));
	assert_int_equal(changed.count, 8);
	assert_true(changed.upto == INT64_MAX);
	OK(store_changed_since(f->store, &f->arena, 1004, 10, &changed, &f->error));
	assert_int_equal(changed.count, 0);
	assert_true(changed.upto == INT64_MAX);
}

/* Lines of the history that are followed one by one. */
static int late_lines(struct fixture *f)
{
	sqlite3_stmt *statement;
	int count;

	assert_int_equal(sqlite3_prepare_v2(f->store->engine->db, "SELECT count(*) FROM history INDEXED BY history_late WHERE n>2 AND (n>3 OR kind<>2) AND opening=0", -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	count = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return count;
}

/* A ticket is found by its number: what it was opened with, as old as it, needs no lines of its own; what comes later does, whatever the line's number. */
static void what_a_ticket_was_opened_with_is_not_followed_again(void **state)
{
	struct fixture *f = *state;
	struct changed_tickets changed;
	int64_t id = make_ticket(f, "ann@customer.example", "<a@x>") + 1;
	struct new_ticket *create = ARENA_NEW(&f->arena, struct new_ticket);
	struct plan plan, later;

	*create = (struct new_ticket){ .state = STATE_NEW, .priority = "normal", .queue = "support", .subject = "Second", .customer = { .address = "bob@customer.example" } };
	desk_plan_init(&plan, &f->arena, NULL);
	add_effect(&plan, EFFECT_CREATE_TICKET, id)->create = create;
	for (int i = 0; i < 4; i++)
		add_effect(&plan, EFFECT_ADD_TAG, id)->to = arena_printf(&f->arena, "t%d", i);
	add_effect(&plan, EFFECT_REMARK, id)->to = "opened";
	apply_alone(f, &plan);
	assert_int_equal(late_lines(f), 0);
	OK(store_changed_since(f->store, &f->arena, 0, 100, &changed, &f->error));
	assert_int_equal(changed.count, 2);
	desk_plan_init(&later, &f->arena, NULL);
	add_effect(&later, EFFECT_ADD_TAG, id)->to = "later";
	apply_alone(f, &later);
	assert_int_equal(late_lines(f), 1);
}

/* Those of a mail are asked for at once: an engine far away answers them in one go. */
static void cursors_opened_together_are_read_one_after_the_other(void **state)
{
	struct fixture *f = *state;
	struct cursor ticket, messages;

	make_ticket(f, "ann@customer.example", "<a@x>");
	cursor_open(&ticket, f->store->engine, &f->error, SQL_TICKET_GET, "i", (int64_t)1);
	cursor_open(&messages, f->store->engine, &f->error, SQL_MESSAGES, "i", (int64_t)1);
	assert_true(cursor_next(&ticket));
	assert_string_equal(cursor_text(&ticket, &f->arena, 6), "ann@customer.example");
	OK(cursor_close(&ticket));
	assert_true(cursor_next(&messages));
	assert_int_equal(cursor_number(&messages, 0), 1);
	OK(cursor_close(&messages));
}

static void keys_are_made_once(void **state)
{
	struct fixture *f = *state;
	struct desk_keys keys, again;
	struct stat about;
	char path[100];
	FILE *file;

	snprintf(path, sizeof path, "%s/secret.key", f->dir);
	assert_int_not_equal(store_keys(f->dir, false, &keys, &f->error), STATUS_OK);
	OK(store_keys(f->dir, true, &keys, &f->error));
	assert_int_equal(keys.count, 1);
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
	OK(store_keys(f->dir, true, &again, &f->error));
	assert_memory_equal(keys.key[0], again.key[0], DESK_KEY_SIZE);
	/* A new key is written above the old one. */
	file = fopen(path, "w");
	fprintf(file, "# signs\n%064d\n%064d\n", 1, 2);
	fclose(file);
	OK(store_keys(f->dir, true, &again, &f->error));
	assert_int_equal(again.count, 2);
	file = fopen(path, "w");
	fprintf(file, "abc\n");
	fclose(file);
	assert_int_equal(store_keys(f->dir, true, &again, &f->error), STATUS_BAD_CONFIG);
	chmod(path, 0644);
	assert_int_equal(store_keys(f->dir, true, &again, &f->error), STATUS_BAD_CONFIG);
}

/* ---- a mail becomes a ticket ---- */

static void a_ticket_reads_back(void **state)
{
	struct fixture *f = *state;
	struct ticket_row row;
	int64_t id = make_ticket(f, "ann@customer.example", "<a@customer.example>");

	assert_int_equal(id, 1);
	OK(store_ticket(f->store, &f->arena, id, &row, &f->error));
	assert_int_equal(row.facts.state, STATE_NEW);
	assert_string_equal(row.facts.queue, "support");
	assert_string_equal(row.facts.agent, "");
	assert_string_equal(row.facts.subject, "Printer on fire");
	assert_string_equal(row.facts.customer.address, "ann@customer.example");
	assert_int_equal(row.facts.participants.count, 1);
	assert_int_equal(row.facts.next_seq, 3);
	assert_string_equal(row.facts.last_customer_message_id, "<a@customer.example>");
	assert_int_equal(row.facts.message_ids.count, 2);
	assert_string_equal(row.facts.message_ids.at[0], "<a@customer.example>");
	assert_int_equal(row.messages.count, 2);
	assert_true(row.messages.at[0].raw > 0);
	assert_null(row.messages.at[0].text);
	assert_false(row.messages.at[0].out);
	assert_true(row.messages.at[1].out);
	assert_int_equal(row.messages.at[1].outbox, 1);
	assert_string_equal(row.messages.at[1].to.at[0], "someone@example.org");
	assert_int_equal(row.history.count, 3);
	assert_string_equal(row.history.at[0].what, "created: state new, priority normal, queue support, agent nobody");
	assert_string_equal(row.history.at[0].who, "ann@customer.example");
	assert_string_equal(row.history.at[0].why, "a mail came in");
	assert_string_equal(row.history.at[1].what, "message 1 (request) from ann@customer.example");
	assert_clean(f);
	assert_int_equal(store_ticket(f->store, &f->arena, 2, &row, &f->error), STATUS_NOT_FOUND);
}

static void the_mailbox_tells_of_it(void **state)
{
	struct fixture *f = *state;
	struct mailbox_rows rows;
	struct store_totals totals;

	make_ticket(f, "ann@customer.example", "<a@customer.example>");
	make_ticket(f, "ben@customer.example", "<b@customer.example>");
	OK(store_mailbox(f->store, &f->arena, 0, &rows, &f->error));
	assert_int_equal(rows.count, 2);
	assert_int_equal(rows.at[0].id, 2);
	assert_string_equal(rows.at[0].disposition, DISPOSITION_TICKET);
	assert_string_equal(rows.at[1].from, "ann@customer.example");
	assert_int_equal(rows.at[1].ticket, 1);
	assert_int_equal(rows.at[1].seq, 1);
	for (size_t i = 0; i < rows.count; i++) {
		int64_t raw;

		OK(store_mailbox_raw(f->store, rows.at[i].id, &raw, &f->error));
		assert_int_equal(raw, rows.at[i].raw);
	}
	assert_int_equal(store_mailbox_raw(f->store, 99, &(int64_t){ 0 }, &f->error), STATUS_NOT_FOUND);
	OK(store_mailbox(f->store, &f->arena, 1, &rows, &f->error));
	assert_int_equal(rows.count, 1);
	OK(store_totals(f->store, &totals, &f->error));
	assert_int_equal(totals.accepted, 2);
	assert_int_equal(totals.mailbox_by_disposition_count, 2);
	assert_int_equal(totals.tickets, 2);
	assert_int_equal(totals.by_state[STATE_NEW], 2);
	assert_int_equal(totals.outbox[OUTBOX_WAITING], 4);
	make_ticket(f, "cat@customer.example", "<c@customer.example>");
	OK(store_totals(f->store, &totals, &f->error));
	assert_int_equal(totals.mailbox_by_disposition_count, 3);
}

static void a_second_delivery_is_a_duplicate(void **state)
{
	struct fixture *f = *state;
	struct parcel parcel;
	struct store_totals totals;
	struct mailbox_rows rows;
	bool duplicate;

	make_ticket(f, "ann@customer.example", "<a@customer.example>");
	for (int i = 0; i < 2; i++) {
		parcel_init(&parcel, "ann@customer.example", "<a@customer.example>", "support@example.org", "<a@customer.example>");
		OK(store_begin(f->store, &f->error));
		OK(take_in(f->store, &f->arena, &parcel, NULL, &duplicate, &f->error));
		OK(store_commit(f->store, &f->error));
		assert_true(duplicate);
	}
	OK(store_mailbox(f->store, &f->arena, 0, &rows, &f->error));
	assert_int_equal(rows.count, 1);
	assert_int_equal(rows.at[0].duplicates, 2);
	OK(store_totals(f->store, &totals, &f->error));
	assert_int_equal(totals.duplicates, 2);
	assert_int_equal(totals.tickets, 1);
	/* Another connection, which has to read what waits for the deferred index, sees it too. */
	struct store *other;
	OK(store_open(f->dir, NULL, false, &other, &f->error));
	OK(store_begin(other, &f->error));
	OK(store_claim(other, &parcel.incoming, parcel.claim, &duplicate, &f->error));
	assert_true(duplicate);
	store_rollback(other);
	store_close(&other);
	/* The same Message-ID with another text is another mail. */
	parcel_init(&parcel, "ann@customer.example", "<a@customer.example>", "support@example.org", "other words");
	OK(store_begin(f->store, &f->error));
	OK(store_claim(f->store, &parcel.incoming, parcel.claim, &duplicate, &f->error));
	assert_false(duplicate);
	store_rollback(f->store);
}

static void a_mail_without_message_id_is_claimed_by_its_text(void **state)
{
	struct fixture *f = *state;
	struct parcel parcel;
	struct store_spool *spool = spool_of(f->dir, "x", 1);
	bool duplicate;

	for (int i = 0; i < 2; i++) {
		parcel_init(&parcel, "ann@customer.example", NULL, "support@example.org", "words");
		OK(store_begin(f->store, &f->error));
		OK(take_in(f->store, &f->arena, &parcel, spool, &duplicate, &f->error));
		OK(store_commit(f->store, &f->error));
		assert_int_equal(duplicate, i == 1);
	}
	store_spool_free(&spool);
	assert_clean(f);
}

static void a_savepoint_rolls_back_alone(void **state)
{
	struct fixture *f = *state;
	struct parcel parcel;
	struct store_spool *spool = spool_of(f->dir, "x", 1);
	struct store_totals totals;
	bool duplicate;

	OK(store_begin(f->store, &f->error));
	OK(store_savepoint(f->store, &f->error));
	parcel_init(&parcel, "ann@customer.example", "<a@x>", "support@example.org", "1");
	OK(take_in(f->store, &f->arena, &parcel, spool, &duplicate, &f->error));
	OK(store_release(f->store, &f->error));
	OK(store_savepoint(f->store, &f->error));
	parcel_init(&parcel, "ben@customer.example", "<b@x>", "support@example.org", "2");
	OK(take_in(f->store, &f->arena, &parcel, spool, &duplicate, &f->error));
	store_rollback_to(f->store);
	/* The one that was undone can come again, in the same transaction, and is no duplicate. */
	OK(store_savepoint(f->store, &f->error));
	OK(take_in(f->store, &f->arena, &parcel, spool, &duplicate, &f->error));
	assert_false(duplicate);
	OK(store_release(f->store, &f->error));
	OK(store_commit(f->store, &f->error));
	OK(store_totals(f->store, &totals, &f->error));
	assert_int_equal(totals.tickets, 2);
	store_spool_free(&spool);
	assert_clean(f);
}

static void a_rollback_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct parcel parcel;
	struct store_spool *spool = spool_of(f->dir, "x", 1);
	struct store_totals totals;
	bool duplicate;

	parcel_init(&parcel, "ann@customer.example", "<a@x>", "support@example.org", "1");
	for (int i = 0; i < 3; i++) {
		OK(store_begin(f->store, &f->error));
		OK(take_in(f->store, &f->arena, &parcel, spool, &duplicate, &f->error));
		assert_false(duplicate);
		store_rollback(f->store);
	}
	OK(store_totals(f->store, &totals, &f->error));
	assert_int_equal(totals.tickets + totals.accepted + totals.outbox[OUTBOX_WAITING], 0);
	store_spool_free(&spool);
}

static void a_plan_without_disposition_is_refused(void **state)
{
	struct fixture *f = *state;
	struct parcel parcel;
	struct plan plan;

	parcel_init(&parcel, "ann@customer.example", "<a@x>", "support@example.org", "1");
	desk_plan_init(&plan, &f->arena, "x");
	OK(store_begin(f->store, &f->error));
	assert_int_equal(store_apply(f->store, &plan, &(struct delivery_record){ &parcel.incoming, parcel.claim, 0 }, &f->error), STATUS_BROKEN);
	add_disposition(&plan, DISPOSITION_DISCARDED, 0, 0);
	add_disposition(&plan, DISPOSITION_LOOP, 0, 0);
	assert_int_equal(store_apply(f->store, &plan, &(struct delivery_record){ &parcel.incoming, parcel.claim, 0 }, &f->error), STATUS_BROKEN);
	store_rollback(f->store);
}

static void a_taken_number_is_broken(void **state)
{
	struct fixture *f = *state;
	struct plan plan;

	make_ticket(f, "ann@customer.example", "<a@x>");
	desk_plan_init(&plan, &f->arena, "x");
	add_create(&plan, 1, "ben@customer.example");
	OK(store_begin(f->store, &f->error));
	assert_int_equal(store_apply(f->store, &plan, NULL, &f->error), STATUS_BROKEN);
	store_rollback(f->store);
}

/* ---- every effect ---- */

static struct effect *change(struct plan *plan, enum effect_kind kind, int64_t ticket, const char *from, const char *to)
{
	struct effect *effect = add_effect(plan, kind, ticket);

	effect->from = from;
	effect->to = to;
	effect->why = "because";
	return effect;
}

static bool history_has(const struct ticket_row *row, const char *what)
{
	for (size_t i = 0; i < row->history.count; i++)
		if (strcmp(row->history.at[i].what, what) == 0)
			return true;
	return false;
}

/* ---- history ---- */

static void every_kind_of_history_has_its_words(void **state)
{
	static const struct { struct history_row row; const char *words; } cases[] = {
		{ { .kind = HISTORY_CREATED, .now = "new\nhigh\nsupport\n" }, "created: state new, priority high, queue support, agent nobody" },
		{ { .kind = HISTORY_MESSAGE, .number = 7 }, "message 7" },
		{ { .kind = HISTORY_STATE, .was = "new", .now = "open" }, "state new -> open" },
		{ { .kind = HISTORY_QUEUE, .was = "support", .now = "network" }, "queue support -> network" },
		{ { .kind = HISTORY_AGENT, .was = "", .now = "bob" }, "agent nobody -> bob" },
		{ { .kind = HISTORY_AGENT, .was = "bob", .now = "" }, "agent bob -> nobody" },
		{ { .kind = HISTORY_PRIORITY, .was = "low", .now = "urgent" }, "priority low -> urgent" },
		{ { .kind = HISTORY_MERGED, .number = 4 }, "merged into 4" }, { { .kind = HISTORY_MERGED_FROM, .number = 3 }, "merged from 3" },
		{ { .kind = HISTORY_UNMERGED }, "merge undone" }, { { .kind = HISTORY_LINKED, .number = 12 }, "linked to 12" },
		{ { .kind = HISTORY_TAG, .now = "vpn" }, "tag vpn" }, { { .kind = HISTORY_UNTAG, .now = "vpn" }, "untag vpn" },
		{ { .kind = HISTORY_LANGUAGE, .now = "it" }, "language it" }, { { .kind = HISTORY_PENDING, .number = 1767225600000 }, "pending until 2026-01-01T00:00:00Z" },
		{ { .kind = HISTORY_RATED, .number = 4 }, "rated 4 of 5" }, { { .kind = HISTORY_PARTICIPANT, .now = "cy@x" }, "participant cy@x" },
		{ { .kind = HISTORY_PROPOSED, .now = "cy@x" }, "proposed cy@x" }, { { .kind = HISTORY_LEFT, .now = "cy@x" }, "participant cy@x left" },
		{ { .kind = HISTORY_ANSWER_TO, .was = "cy@x", .now = "cy@y" }, "answers to cy@x go to cy@y" },
		{ { .kind = HISTORY_BOUNCED, .number = 9, .now = "cy@x" }, "mail 9 to cy@x bounced" },
		{ { .kind = HISTORY_WATCHES, .now = "bob" }, "bob watches" }, { { .kind = HISTORY_UNWATCHES, .now = "bob" }, "bob no longer watches" },
		{ { .kind = HISTORY_REMARK, .now = "as it <stands> -> #1 @" }, "remark: as it <stands> -> #1 @" },
#define SET(member, NAME, history) { { .kind = HISTORY_##NAME, .was = "", .now = "new" }, #member " none -> new" },
		TICKET_FIELDS(SET)
#undef SET
	};
	struct fixture *f = *state;
	bool told[HISTORY_KINDS] = { [HISTORY_OTHER] = true };

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct history_row row = cases[i].row;

		row.what = "";
		row.was = row.was ? row.was : "";
		row.now = row.now ? row.now : "";
		assert_string_equal(store_history_words(&f->arena, &row, NULL), cases[i].words);
		told[row.kind] = true;
	}
	for (int kind = 0; kind <= HISTORY_UNWATCHES; kind++)
		assert_true(told[kind]);
}

static void as_the_first_version_wrote_it(struct fixture *f, const struct ticket_row *row)
{
	for (size_t i = 0; i < row->history.count; i++)
		run_sql(f, arena_printf(&f->arena, "UPDATE history SET kind=0, number=0, was='', now='', what='%s' WHERE ticket=%lld AND n=%zu",
		                        row->history.at[i].what, (long long)row->facts.id, i + 1));
}

/* What fsck and reports read of it is the same, and so is what people see. */
static void a_history_of_words_is_read_as_one_of_values(void **state)
{
	static const char *const changes[] = { "queue", "agent", "priority", "state" };
	struct fixture *f = *state;
	struct ticket_row typed, words;
	struct plan plan;

	make_ticket(f, "ann@customer.example", "<a@x>");
	make_ticket(f, "ben@customer.example", "<b@x>");
	desk_plan_init(&plan, &f->arena, "bob");
	change(&plan, EFFECT_SET_QUEUE, 1, "support", "network");
	change(&plan, EFFECT_SET_AGENT, 1, "", "bob");
	change(&plan, EFFECT_SET_FIELD, 1, "normal", "high")->field = desk_field_simple(TICKET_FIELD_PRIORITY);
	change(&plan, EFFECT_SET_STATE, 1, "new", "open");
	change(&plan, EFFECT_ADD_TAG, 1, "", "vpn");
	change(&plan, EFFECT_REMARK, 1, "", "state open -> closed");
	add_effect(&plan, EFFECT_LINK, 1)->number = 2;
	add_effect(&plan, EFFECT_MERGE, 1)->number = 2;
	add_effect(&plan, EFFECT_MERGE, 1)->number = 0;
	add_effect(&plan, EFFECT_MERGE, 1)->number = 2;
	apply_alone(f, &plan);
	OK(store_ticket(f->store, &f->arena, 1, &typed, &f->error));
	assert_clean(f);
	as_the_first_version_wrote_it(f, &typed);
	assert_clean(f);
	OK(store_ticket(f->store, &f->arena, 1, &words, &f->error));
	assert_int_equal(words.history.count, typed.history.count);
	for (size_t i = 0; i < words.history.count; i++) {
		const struct history_row *a = &typed.history.at[i], *b = &words.history.at[i];

		assert_string_equal(a->what, b->what);
		assert_int_equal(a->kind, b->kind);
		assert_int_equal(a->number, b->number);
		assert_string_equal(a->was, b->was);
		assert_string_equal(a->now, b->now);
	}
	assert_string_equal(store_history_created(&f->arena, &words.history.at[0], HISTORY_CREATED_QUEUE), "support");
	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		struct strings findings;

		run_sql(f, "SAVEPOINT before");
		run_sql(f, arena_printf(&f->arena, "UPDATE history SET what=replace(what,' -> ',' to ') WHERE ticket=1 AND what LIKE '%s %%'", changes[i]));
		assert_int_not_equal(fsck_findings(f, &findings), 0);
		run_sql(f, "ROLLBACK TO before; RELEASE before");
	}
	assert_clean(f);
}

static void each_effect_changes_its_thing(void **state)
{
	struct fixture *f = *state;
	struct plan plan;
	struct ticket_row row;
	struct participant cc = { "Cy@other.example", "Cy", ROLE_CC, NULL }, same = { "ANN@customer.example", "Ann", ROLE_CC, NULL };
	int64_t until = clock_now() + 86400000;

	make_ticket(f, "ann@customer.example", "<a@x>");
	make_ticket(f, "ben@customer.example", "<b@x>");
	desk_plan_init(&plan, &f->arena, "bob");
	change(&plan, EFFECT_SET_QUEUE, 1, "support", "network");
	change(&plan, EFFECT_SET_AGENT, 1, "", "bob");
	change(&plan, EFFECT_SET_FIELD, 1, "normal", "high")->field = desk_field_simple(TICKET_FIELD_PRIORITY);
	change(&plan, EFFECT_ADD_TAG, 1, "", "vpn");
	change(&plan, EFFECT_ADD_TAG, 1, "", "vpn");
	change(&plan, EFFECT_WATCH, 1, "", "carla");
	change(&plan, EFFECT_WATCH, 1, "", "carla");
	change(&plan, EFFECT_WATCH, 1, "", "bob");
	change(&plan, EFFECT_UNWATCH, 1, "", "bob");
	change(&plan, EFFECT_UNWATCH, 1, "", "bob");
	add_effect(&plan, EFFECT_SET_PENDING, 1)->number = until;
	change(&plan, EFFECT_SET_STATE, 1, "new", "pending");
	add_effect(&plan, EFFECT_LINK, 1)->number = 2;
	add_effect(&plan, EFFECT_ADD_PARTICIPANT, 1)->participant = &cc;
	add_effect(&plan, EFFECT_ADD_PARTICIPANT, 1)->participant = &cc;
	add_effect(&plan, EFFECT_ADD_PARTICIPANT, 1)->participant = &same;
	change(&plan, EFFECT_REMARK, 1, "", "state open -> closed");
	apply_alone(f, &plan);
	OK(store_ticket(f->store, &f->arena, 1, &row, &f->error));
	assert_string_equal(row.facts.queue, "network");
	assert_string_equal(row.facts.agent, "bob");
	assert_string_equal(row.facts.priority, "high");
	assert_int_equal(row.facts.state, STATE_PENDING);
	assert_true(row.facts.pending_until == until);
	assert_int_equal(row.facts.tags.count, 1);
	assert_int_equal(row.facts.participants.count, 2);
	assert_string_equal(row.facts.participants.at[1].address, "Cy@other.example");
	assert_int_equal(row.linked.count, 1);
	assert_string_equal(row.linked.at[0], "2");
	struct ticket_facts alone;
	OK(store_ticket_alone(f->store, &f->arena, 1, &alone, &f->error));
	assert_string_equal(alone.queue, "network");
	assert_string_equal(alone.customer.address, row.facts.customer.address);
	assert_string_equal(alone.subject, row.facts.subject);
	assert_int_equal(alone.state, STATE_PENDING);
	assert_int_equal(alone.tags.count + alone.watchers.count + alone.participants.count, 0);
	assert_int_equal(store_ticket_alone(f->store, &f->arena, 3, &alone, &f->error), STATUS_NOT_FOUND);
	assert_int_equal(alone.id, 0);
	assert_true(history_has(&row, "queue support -> network"));
	assert_true(history_has(&row, "agent nobody -> bob"));
	assert_true(history_has(&row, "state new -> pending"));
	assert_true(history_has(&row, "tag vpn"));
	assert_int_equal(row.facts.watchers.count, 1);
	assert_string_equal(row.facts.watchers.at[0], "carla");
	assert_true(history_has(&row, "carla watches") && history_has(&row, "bob no longer watches"));
	assert_true(history_has(&row, "linked to 2"));
	assert_true(history_has(&row, "remark: state open -> closed"));
	OK(store_ticket(f->store, &f->arena, 2, &row, &f->error));
	assert_true(history_has(&row, "linked to 1"));
	assert_clean(f);

	desk_plan_init(&plan, &f->arena, "bob");
	change(&plan, EFFECT_SET_STATE, 1, "pending", "closed");
	change(&plan, EFFECT_SET_AGENT, 1, "bob", "");
	apply_alone(f, &plan);
	OK(store_ticket(f->store, &f->arena, 1, &row, &f->error));
	assert_true(row.facts.closed_at > 0);
	assert_true(row.facts.pending_until == 0);
	assert_string_equal(row.facts.agent, "");
	assert_clean(f);
	desk_plan_init(&plan, &f->arena, "bob");
	change(&plan, EFFECT_SET_STATE, 1, "closed", "open");
	apply_alone(f, &plan);
	OK(store_ticket(f->store, &f->arena, 1, &row, &f->error));
	assert_true(row.facts.closed_at == 0);
}

static void an_effect_on_no_ticket_is_broken(void **state)
{
	struct fixture *f = *state;
	struct plan plan;

	desk_plan_init(&plan, &f->arena, "bob");
	change(&plan, EFFECT_SET_STATE, 7, "new", "open");
	OK(store_begin(f->store, &f->error));
	assert_int_equal(store_apply(f->store, &plan, NULL, &f->error), STATUS_BROKEN);
	store_rollback(f->store);
}

static void tickets_are_filtered(void **state)
{
	struct fixture *f = *state;
	struct plan plan;
	struct ticket_rows rows;

	for (int i = 0; i < 5; i++) {
		char sender[40], id[20];

		snprintf(sender, sizeof sender, "User%d@customer.example", i % 2);
		snprintf(id, sizeof id, "<%d@x>", i);
		make_ticket(f, sender, id);
	}
	desk_plan_init(&plan, &f->arena, "bob");
	change(&plan, EFFECT_SET_STATE, 2, "new", "open");
	change(&plan, EFFECT_SET_QUEUE, 3, "support", "network");
	change(&plan, EFFECT_SET_AGENT, 4, "", "bob");
	change(&plan, EFFECT_ADD_TAG, 5, "", "vpn");
	apply_alone(f, &plan);
	struct { const char *query; size_t limit, count; int64_t first; } cases[] = {
		{ "", 0, 5, 5 }, { "", 2, 2, 5 }, { "state:new", 0, 4, 5 }, { "state:open", 0, 1, 2 },
		{ "queue:network", 0, 1, 3 }, { "agent:bob", 0, 1, 4 }, { "tag:vpn", 0, 1, 5 }, { "-tag:vpn", 0, 4, 4 }, { "-queue:network -queue:support", 0, 0, 0 },
		{ "customer:user1@customer.example", 0, 2, 4 }, { "state:new queue:support agent:none", 0, 2, 5 }, { "state:open state:new", 0, 5, 5 },
		{ "-state:new", 0, 1, 2 }, { "sort:created", 3, 3, 1 }, { "waiting:us", 0, 5, 5 }, { "waiting:them", 0, 0, 0 }, { "agent:bob state:open", 0, 0, 0 },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct query query;

		OK(query_read(&f->arena, cases[i].query, &query, &f->error));
		OK(store_tickets(f->store, &f->arena, &query, 0, cases[i].limit, &rows, &f->error));
		assert_int_equal(rows.count, cases[i].count);
		if (cases[i].count)
			assert_int_equal(rows.at[0].facts.id, cases[i].first);
	}
}

/* ---- facts ---- */

static void facts_know_numbers_and_senders(void **state)
{
	struct fixture *f = *state;
	struct parcel parcel;
	struct evidence none = { 0 };
	struct facts facts;
	struct contact contact;

	parcel_init(&parcel, "Ann@Customer.example", "<z@x>", "support@example.org", "z");
	OK(store_facts_of_mail(f->store, &f->arena, &parcel.incoming, &none, &facts, &f->error));
	assert_int_equal(facts.next_ticket, 1);
	assert_int_equal(facts.next_outbox, 1);
	assert_false(facts.sender_known);
	assert_int_equal(facts.acknowledgements_last_hour, 0);
	make_ticket(f, "ann@customer.example", "<a@x>");
	make_ticket(f, "ann@customer.example", "<b@x>");
	OK(store_facts_of_mail(f->store, &f->arena, &parcel.incoming, &none, &facts, &f->error));
	assert_int_equal(facts.next_ticket, 3);
	assert_int_equal(facts.next_outbox, 5);
	assert_true(facts.sender_known);
	assert_false(facts.sender_bouncing);
	assert_string_equal(facts.sender_language, "en");
	assert_int_equal(facts.acknowledgements_last_hour, 2);
	assert_int_equal(facts.acknowledgements_last_day, 2);
	OK(store_contact_find(f->store, NULL, "ann@customer.example", &contact, &f->error));
	assert_int_equal(contact.written, 2);
	run_sql(f, "UPDATE contact SET window_start=window_start-3600000");
	OK(store_facts_of_mail(f->store, &f->arena, &parcel.incoming, &none, &facts, &f->error));
	assert_int_equal(facts.acknowledgements_last_hour, 0);
}

static void clues_lead_to_tickets(void **state)
{
	struct fixture *f = *state;
	struct parcel parcel;
	struct clue clues[] = {
		{ .kind = EVIDENCE_ADDRESS_TOKEN, .token = { .kind = TOKEN_CUSTOMER, .ticket = 2 }, .ticket = 2 },
		{ .kind = EVIDENCE_MESSAGE_ID, .message_id = "<a@x>" },
		{ .kind = EVIDENCE_MESSAGE_ID, .message_id = "<nobody@x>" },
		{ .kind = EVIDENCE_MESSAGE_ID, .message_id = "<2.mabcdefghijk@example.org>" },     /* ours, of a key that is gone */
		{ .kind = EVIDENCE_SUBJECT_TOKEN, .ticket = 99 },
		{ .kind = EVIDENCE_BOUNCE_ADDRESS, .token = { .kind = TOKEN_BOUNCE, .number = 3 } },
		{ .kind = EVIDENCE_MESSAGE_ID, .message_id = "<a@x>" },
	};
	struct evidence evidence = { .at = clues, .count = COUNT_OF(clues) };
	int64_t expected[] = { 2, 1, 0, 2, 0, 2, 1 };
	struct facts facts;

	make_ticket(f, "ann@customer.example", "<a@x>");
	make_ticket(f, "ben@customer.example", "<b@x>");
	parcel_init(&parcel, "ann@customer.example", "<z@x>", "support@example.org", "z");
	OK(store_facts_of_mail(f->store, &f->arena, &parcel.incoming, &evidence, &facts, &f->error));
	assert_int_equal(facts.clues.count, COUNT_OF(clues));
	for (size_t i = 0; i < COUNT_OF(clues); i++) {
		assert_ptr_equal(facts.clues.at[i].clue, &clues[i]);
		assert_int_equal(facts.clues.at[i].ticket ? facts.clues.at[i].ticket->id : 0, expected[i]);
	}
	assert_ptr_equal(facts.clues.at[1].ticket, facts.clues.at[6].ticket);
	assert_non_null(facts.bounced);
	assert_int_equal(facts.bounced->outbox, 3);
	assert_string_equal(facts.bounced->template, "received");
	assert_string_equal(facts.bounced->to, "ben@customer.example");
}

static void a_merged_ticket_leads_to_its_survivor(void **state)
{
	struct fixture *f = *state;
	struct parcel parcel;
	struct clue clues[] = { { .kind = EVIDENCE_MESSAGE_ID, .message_id = "<a@x>" }, { .kind = EVIDENCE_SUBJECT_TOKEN, .ticket = 2 } };
	struct evidence evidence = { .at = clues, .count = COUNT_OF(clues) };
	struct facts facts;
	struct plan plan;
	struct ticket_row row;

	make_ticket(f, "ann@customer.example", "<a@x>");
	make_ticket(f, "ben@customer.example", "<b@x>");
	make_ticket(f, "cat@customer.example", "<c@x>");
	desk_plan_init(&plan, &f->arena, "bob");
	change(&plan, EFFECT_WATCH, 1, "", "carla");
	add_effect(&plan, EFFECT_MERGE, 1)->number = 2;
	add_effect(&plan, EFFECT_MERGE, 2)->number = 3;
	apply_alone(f, &plan);
	parcel_init(&parcel, "ann@customer.example", "<z@x>", "support@example.org", "z");
	OK(store_facts_of_mail(f->store, &f->arena, &parcel.incoming, &evidence, &facts, &f->error));
	assert_int_equal(facts.clues.at[0].ticket->id, 3);
	assert_int_equal(facts.clues.at[1].ticket->id, 3);
	assert_int_equal(facts.clues.at[0].ticket->merged_into, 0);
	assert_int_equal(facts.clues.at[0].ticket->participants.count, 3);
	assert_int_equal(facts.clues.at[0].ticket->watchers.count, 1);
	OK(store_ticket(f->store, &f->arena, 1, &row, &f->error));
	assert_int_equal(row.facts.merged_into, 2);
	OK(store_facts_of_ticket(f->store, &f->arena, 1, &facts, &f->error));
	assert_int_equal(facts.ticket->id, 1);
	assert_clean(f);
	/* Merging in a circle is refused; one that is there all the same ends. */
	desk_plan_init(&plan, &f->arena, "bob");
	add_effect(&plan, EFFECT_MERGE, 3)->number = 1;
	OK(store_begin(f->store, &f->error));
	assert_int_equal(store_apply(f->store, &plan, NULL, &f->error), STATUS_BROKEN);
	store_rollback(f->store);
	run_sql(f, "UPDATE ticket SET merged_into=1 WHERE id=3");
	OK(store_facts_of_mail(f->store, &f->arena, &parcel.incoming, &evidence, &facts, &f->error));
}

static void the_same_mail_for_two_of_us_is_recognised(void **state)
{
	struct fixture *f = *state;
	struct parcel first, second;
	struct store_spool *spool = spool_of(f->dir, "the same bytes", 14);
	struct clue clue = { .kind = EVIDENCE_SUBJECT_TOKEN, .ticket = 1 };
	struct evidence none = { 0 }, evidence = { .at = &clue, .count = 1 };
	struct facts facts;
	struct plan plan;
	int64_t raw1, raw2;

	parcel_init(&first, "ann@customer.example", "<a@x>", "support@example.org", "words");
	parcel_init(&second, "ann@customer.example", "<a@x>", "network@example.org", "words");
	OK(store_begin(f->store, &f->error));
	OK(store_facts_of_mail(f->store, &f->arena, &first.incoming, &none, &facts, &f->error));
	assert_int_equal(facts.siblings.count, 0);
	plan_new_ticket(&plan, &f->arena, &first, 1, 1);
	OK(store_keep_raw(f->store, spool, &raw1, &f->error));
	OK(store_apply(f->store, &plan, &(struct delivery_record){ &first.incoming, first.claim, raw1 }, &f->error));
	OK(store_facts_of_mail(f->store, &f->arena, &second.incoming, &evidence, &facts, &f->error));
	assert_int_equal(facts.siblings.count, 1);
	assert_int_equal(facts.siblings.at[0].ticket, 1);
	assert_string_equal(facts.siblings.at[0].queue, "support");
	assert_int_equal(facts.clues.at[0].ticket->same_mail_seq, 1);
	OK(store_keep_raw(f->store, spool, &raw2, &f->error));
	assert_int_equal(raw1, raw2);
	OK(store_commit(f->store, &f->error));
	store_spool_free(&spool);
}

static void a_bounce_marks_mail_and_address(void **state)
{
	struct fixture *f = *state;
	struct evidence none = { 0 };
	struct parcel parcel;
	struct facts facts;
	struct plan plan;
	struct outbox_row row;
	struct effect *effect;

	make_ticket(f, "ann@customer.example", "<a@x>");
	desk_plan_init(&plan, &f->arena, "desk");
	effect = add_effect(&plan, EFFECT_MAIL_BOUNCED, 1);
	effect->number = 1;
	effect->to = "ann@customer.example";
	effect->why = "550 5.1.1 no such user";
	apply_alone(f, &plan);
	OK(store_outbox_get(f->store, &f->arena, 1, &row, &f->error));
	assert_int_equal(row.state, OUTBOX_FAILED);
	assert_int_equal(row.recipients.at[0].state, OUTBOX_FAILED);
	assert_string_equal(row.recipients.at[0].reply, "550 5.1.1 no such user");
	parcel_init(&parcel, "ann@customer.example", "<z@x>", "support@example.org", "z");
	OK(store_facts_of_mail(f->store, &f->arena, &parcel.incoming, &none, &facts, &f->error));
	assert_true(facts.sender_bouncing);
	assert_clean(f);
}

/* ---- outbox ---- */

static void outgoing_mails_are_due_in_order(void **state)
{
	struct fixture *f = *state;
	struct outbox_rows rows;
	struct outbox_row row;
	int64_t busy[] = { 1, 3 }, now = clock_now() + 1000, count;

	make_ticket(f, "ann@customer.example", "<a@x>");
	make_ticket(f, "ben@customer.example", "<b@x>");
	OK(store_outbox_due(f->store, &f->arena, now, NULL, NULL, 10, &rows, &f->error));
	assert_int_equal(rows.count, 4);
	assert_int_equal(rows.at[0].id, 1);
	assert_string_equal(rows.at[0].outgoing.template, "received");
	assert_string_equal(rows.at[0].recipients.at[0].address, "ann@customer.example");
	assert_int_equal(rows.at[0].recipients.at[0].state, OUTBOX_WAITING);
	OK(store_outbox_due(f->store, &f->arena, now, NULL, &(struct outbox_busy){ busy, 2 }, 1, &rows, &f->error));
	assert_int_equal(rows.count, 1);
	assert_int_equal(rows.at[0].id, 2);
	OK(store_outbox_due(f->store, &f->arena, now - 60000, NULL, NULL, 10, &rows, &f->error));
	assert_int_equal(rows.count, 0);
	/* A clock that was set back by years: what it put off is due. */
	OK(store_outbox_due(f->store, &f->arena, 5, NULL, NULL, 10, &rows, &f->error));
	assert_int_equal(rows.count, 4);
	assert_int_equal(store_outbox_waiting(f->store), 4);
	assert_true(store_outbox_next_due(f->store) > 0);
	/* Put off, then asked for at once. */
	OK(store_outbox_get(f->store, &f->arena, 1, &row, &f->error));
	row.attempts = 1;
	row.next_try = now + 60000;
	row.last_reply = "451 try\tlater\n";
	OK(store_begin(f->store, &f->error));
	OK(store_outbox_result(f->store, &row, NULL, &f->error));
	OK(store_commit(f->store, &f->error));
	OK(store_outbox_due(f->store, &f->arena, now, NULL, NULL, 10, &rows, &f->error));
	assert_int_equal(rows.count, 3);
	OK(store_begin(f->store, &f->error));
	OK(store_outbox_retry_now(f->store, &count, &f->error));
	OK(store_commit(f->store, &f->error));
	assert_int_equal(count, 1);
	OK(store_outbox_due(f->store, &f->arena, now, NULL, NULL, 10, &rows, &f->error));
	assert_int_equal(rows.count, 4);
}

static void a_fresh_mail_goes_beside_a_backlog(void **state)
{
	struct fixture *f = *state;
	struct outbox_lane lane = { 0 };
	struct outbox_rows rows;
	struct new_message *answer;
	struct plan plan;
	const int64_t later = 20 * 1000;

	for (int i = 0; i < 6; i++)
		make_ticket(f, "ann@customer.example", arena_printf(&f->arena, "<a%d@x>", i));
	/* Nobody looked for twenty seconds: twelve are a backlog, and go by time. */
	OK(store_outbox_due(f->store, &f->arena, clock_now() + later, &lane, NULL, 4, &rows, &f->error));
	assert_int_equal(rows.count, 4);
	assert_int_equal(rows.at[0].id, 1);
	assert_true(lane.beside);
	/* What is written now has half of the room; the other half is still the oldest's. */
	make_ticket(f, "ben@customer.example", "<b@x>");
	desk_plan_init(&plan, &f->arena, "bob");
	answer = add_message(&plan, 1, 3, MESSAGE_REPLY, true, false, "support@example.org", "<9.mabcdefghijk@example.org>");
	answer->outbox = 15;
	add_enqueue(&plan, 15, 1, "ann@customer.example", "answer", 3);
	apply_alone(f, &plan);
	OK(store_outbox_due(f->store, &f->arena, clock_now() + 1000, &lane, NULL, 4, &rows, &f->error));
	assert_int_equal(rows.count, 4);
	assert_int_equal(rows.at[0].id, 13);
	assert_int_equal(rows.at[1].id, 14);
	assert_int_equal(rows.at[2].id, 1);
	/* But not before what its reader shall have first. */
	OK(store_outbox_due(f->store, &f->arena, clock_now() + 1000, &lane, NULL, 4, &rows, &f->error));
	assert_int_equal(rows.at[0].id, 1);
	assert_int_equal(lane.seen, 15);
	/* Nothing is left behind: it is one lane again. */
	OK(store_outbox_due(f->store, &f->arena, clock_now() + 1000, &lane, NULL, 100, &rows, &f->error));
	assert_int_equal(rows.count, 15);
	assert_false(lane.beside);
}

static void a_result_is_kept_with_each_recipient(void **state)
{
	struct fixture *f = *state;
	struct outbox_row row;
	struct outbox_rows rows;
	struct ticket_row ticket;

	make_ticket(f, "ann@customer.example", "<a@x>");
	OK(store_outbox_get(f->store, &f->arena, 1, &row, &f->error));
	*ARENA_PUSH(&f->arena, &row.recipients) = (struct outbox_recipient){ "cc@customer.example", OUTBOX_FAILED, "550 no\tsuch" };
	row.recipients.at[0].state = OUTBOX_SENT;
	row.recipients.at[0].reply = "250 ok";
	row.state = OUTBOX_SENT;
	row.attempts = 1;
	OK(store_begin(f->store, &f->error));
	OK(store_outbox_result(f->store, &row, "Thank you.", &f->error));
	OK(store_commit(f->store, &f->error));
	OK(store_outbox_get(f->store, &f->arena, 1, &row, &f->error));
	assert_int_equal(row.recipients.count, 2);
	assert_int_equal(row.recipients.at[0].state, OUTBOX_SENT);
	assert_string_equal(row.recipients.at[1].reply, "550 no such");
	OK(store_ticket(f->store, &f->arena, 1, &ticket, &f->error));
	assert_string_equal(ticket.messages.at[1].text, "Thank you.");
	assert_null(ticket.messages.at[0].text);
	OK(store_outbox_list(f->store, &f->arena, false, &rows, &f->error));
	assert_int_equal(rows.count, 1);
	OK(store_outbox_list(f->store, &f->arena, true, &rows, &f->error));
	assert_int_equal(rows.count, 2);
	assert_int_equal(store_outbox_get(f->store, &f->arena, 9, &row, &f->error), STATUS_NOT_FOUND);
}

/* ---- deferred indexes ---- */

static void merging_changes_no_answer(void **state)
{
	struct fixture *f = *state;
	uint32_t least = sqlite_deferred_least;
	struct parcel parcel;
	bool duplicate;
	int64_t merged;

	sqlite_deferred_least = 8;
	for (int i = 0; i < 100; i++) {
		char sender[40], id[20];

		snprintf(sender, sizeof sender, "user%d@customer.example", i % 37);
		snprintf(id, sizeof id, "<%d@x>", i);
		make_ticket(f, sender, id);
		OK(store_begin(f->store, &f->error));
		OK(sqlite_deferred_merge_step(f->store->engine, &f->store->engine->keys[ENGINE_MAILBOX], 3, &f->error));
		OK(sqlite_deferred_merge_step(f->store->engine, &f->store->engine->keys[ENGINE_CONTACT], 3, &f->error));
		if (i % 5 == 0)
			store_rollback(f->store);
		else
			OK(store_commit(f->store, &f->error));
	}
	OK(engine_number(f->store->engine, &f->error, &merged, 0, SQL_META_GET, "t", "mailbox_key"));
	assert_in_range(merged, 50, 100);
	assert_true(f->store->engine->keys[ENGINE_MAILBOX].count < 50);
	for (int i = 0; i < 100; i++) {
		char sender[40], id[20];
		int64_t ticket;
		struct contact contact;

		snprintf(sender, sizeof sender, "user%d@customer.example", i % 37);
		snprintf(id, sizeof id, "<%d@x>", i);
		parcel_init(&parcel, sender, id, "support@example.org", id);
		OK(store_begin(f->store, &f->error));
		OK(store_claim(f->store, &parcel.incoming, parcel.claim, &duplicate, &f->error));
		assert_true(duplicate);
		OK(store_find_message_id(f->store, id, &ticket, &f->error));
		assert_int_equal(ticket, i + 1);
		OK(store_contact_find(f->store, NULL, sender, &contact, &f->error));
		assert_int_equal(contact.id, i % 37 + 1);
		store_rollback(f->store);
	}
	sqlite_deferred_least = least;
	assert_clean(f);
}

/* ---- trouble ---- */

static void a_locked_database_is_tried_later(void **state)
{
	struct fixture *f = *state;
	struct store *other;

	OK(store_open(f->dir, NULL, false, &other, &f->error));
	sqlite3_busy_timeout(f->store->engine->db, 20);
	assert_int_equal(sqlite3_exec(other->engine->db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(store_begin(f->store, &f->error), STATUS_TRY_LATER);
	assert_non_null(strstr(f->error.text, "locked by another program"));
	sqlite3_exec(other->engine->db, "ROLLBACK", NULL, NULL, NULL);
	store_close(&other);
	make_ticket(f, "ann@customer.example", "<a@x>");
}

static void a_full_disk_undoes_the_mail(void **state)
{
	struct fixture *f = *state;
	struct parcel parcel;
	struct store_spool *spool;
	struct store_totals totals;
	char *big = calloc(1, 200000);
	enum status status = STATUS_OK;
	bool duplicate;

	make_ticket(f, "ann@customer.example", "<a@x>");
	run_sql(f, "PRAGMA max_page_count=60");
	memset(big, 'x', 200000);
	spool = spool_of(f->dir, big, 200000);
	parcel_init(&parcel, "ben@customer.example", "<b@x>", "support@example.org", "b");
	OK(store_begin(f->store, &f->error));
	status = take_in(f->store, &f->arena, &parcel, spool, &duplicate, &f->error);
	assert_int_equal(status, STATUS_TRY_LATER);
	assert_non_null(strstr(f->error.text, "disk is full"));
	store_rollback(f->store);
	OK(store_totals(f->store, &totals, &f->error));
	assert_int_equal(totals.tickets, 1);
	run_sql(f, "PRAGMA max_page_count=100000");
	OK(store_begin(f->store, &f->error));
	OK(take_in(f->store, &f->arena, &parcel, spool, &duplicate, &f->error));
	OK(store_commit(f->store, &f->error));
	assert_false(duplicate);
	store_spool_free(&spool);
	free(big);
	assert_clean(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_missing_database_is_not_found), TEST(the_file_is_ours_alone), TEST(another_programs_database_is_refused),
		TEST(a_file_that_is_no_database_is_broken), TEST(a_newer_version_is_refused), TEST(migrations_take_the_missing_steps),
		TEST(a_failed_migration_changes_nothing), TEST(a_migration_that_dies_changes_nothing),
		TEST(a_database_of_no_kind_that_is_here_is_refused_with_a_sentence), TEST(every_statement_can_be_prepared), TEST(no_statement_is_prepared_again_for_its_values), TEST(what_happened_at_one_moment_is_told_together), TEST(what_a_ticket_was_opened_with_is_not_followed_again), TEST(the_log_goes_through_our_layer_unless_it_was_built_without),
		TEST(cursors_opened_together_are_read_one_after_the_other), TEST(keys_are_made_once), TEST(a_ticket_reads_back), TEST(the_mailbox_tells_of_it),
		TEST(a_second_delivery_is_a_duplicate), TEST(a_mail_without_message_id_is_claimed_by_its_text),
		TEST(a_savepoint_rolls_back_alone), TEST(a_rollback_leaves_nothing), TEST(a_plan_without_disposition_is_refused),
		TEST(a_taken_number_is_broken), TEST(every_kind_of_history_has_its_words), TEST(a_history_of_words_is_read_as_one_of_values),
		TEST(each_effect_changes_its_thing), TEST(an_effect_on_no_ticket_is_broken),
		TEST(tickets_are_filtered), TEST(facts_know_numbers_and_senders), TEST(clues_lead_to_tickets),
		TEST(a_merged_ticket_leads_to_its_survivor), TEST(the_same_mail_for_two_of_us_is_recognised),
		TEST(a_bounce_marks_mail_and_address), TEST(outgoing_mails_are_due_in_order), TEST(a_fresh_mail_goes_beside_a_backlog), TEST(a_result_is_kept_with_each_recipient),
		TEST(merging_changes_no_answer), TEST(a_locked_database_is_tried_later), TEST(a_full_disk_undoes_the_mail),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
