/*
 * test_store_maintenance.c - raw mails as bytes and files, group commit, backup and restore, fsck's eye for damage, search.
 */
#include "test_store.h"

/* ---- raw mails ---- */

static char *bytes_of_raw(struct fixture *f, int64_t raw, size_t *length)
{
	struct store_raw opened;
	char *bytes;

	OK(store_raw_open(f->store, raw, &opened, &f->error));
	*length = opened.source.size;
	bytes = malloc(*length + 1);
	if (opened.source.fd >= 0)
		assert_int_equal(pread(opened.source.fd, bytes, *length, 0), (ssize_t)*length);
	else
		memcpy(bytes, opened.source.data, *length);
	store_raw_close(&opened);
	return bytes;
}

static char *noise(size_t length)
{
	char *bytes = malloc(length);
	uint32_t x = 12345;

	for (size_t i = 0; i < length; i++) {
		x = x * 1664525 + 1013904223;
		bytes[i] = (char)(x >> 24);
	}
	return bytes;
}

/* A committed ticket with these raw bytes; the raw's number. */
static int64_t keep(struct fixture *f, const char *id, const char *bytes, size_t length)
{
	struct store_spool *spool = store_spool_new(f->dir);
	struct parcel parcel;
	bool duplicate;
	int64_t raw;

	for (size_t at = 0, piece = 1; at < length; at += piece, piece = piece * 7 % 70001) {
		if (piece > length - at)
			piece = length - at;
		assert_true(store_spool_add(spool, bytes + at, piece));
	}
	OK(store_spool_finish(spool, &f->error));
	parcel_init(&parcel, "ann@customer.example", id, "support@example.org", id);
	OK(store_begin(f->store, &f->error));
	OK(take_in(f->store, &f->arena, &parcel, spool, &duplicate, &f->error));
	OK(store_commit(f->store, &f->error));
	store_spool_kept(spool);
	raw = spool->raw;
	store_spool_free(&spool);
	return raw;
}

static void raw_mails_come_back_byte_for_byte(void **state)
{
	struct fixture *f = *state;
	size_t sizes[] = { 0, 1, 2000, LIMIT_MEMORY_SPOOL, LIMIT_MEMORY_SPOOL + 1, 3000000 };

	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		char *bytes = noise(sizes[i]), *back, id[20];
		size_t length;

		snprintf(id, sizeof id, "<%zu@x>", i);
		back = bytes_of_raw(f, keep(f, id, bytes, sizes[i]), &length);
		assert_int_equal(length, sizes[i]);
		if (length > 0)
			assert_memory_equal(back, bytes, length);
		free(back);
		free(bytes);
	}
	assert_clean(f);
	struct store_raw raw;
	assert_int_equal(store_raw_open(f->store, 99, &raw, &f->error), STATUS_NOT_FOUND);
}

static int count_files(struct fixture *f)
{
	char command[120];
	FILE *pipe;
	int count = -1;

	snprintf(command, sizeof command, "find %s/mails -type f 2>/dev/null | wc -l", f->dir);
	pipe = popen(command, "r");
	if (fscanf(pipe, "%d", &count) != 1)
		count = -1;
	pclose(pipe);
	return count;
}

static void a_mail_that_is_not_kept_leaves_no_file(void **state)
{
	struct fixture *f = *state;
	char *bytes = noise(400000);
	struct store_spool *spool = spool_of(f->dir, bytes, 400000);

	assert_int_equal(count_files(f), 1);
	store_spool_reset(spool);
	assert_int_equal(count_files(f), 0);
	assert_true(store_spool_add(spool, bytes, 400000));
	assert_true(store_spool_add(spool, bytes, 400000));
	assert_int_equal(count_files(f), 1);
	store_spool_free(&spool);
	assert_int_equal(count_files(f), 0);
	free(bytes);
}

static void a_state_directory_that_cannot_be_written_is_said(void **state)
{
	struct fixture *f = *state;
	char *bytes = noise(400000);
	struct store_spool *spool = store_spool_new("/proc/nowhere");

	assert_false(store_spool_add(spool, bytes, 400000));
	assert_false(store_spool_add(spool, bytes, 1));
	assert_int_equal(store_spool_finish(spool, &f->error), STATUS_TRY_LATER);
	store_spool_free(&spool);
	free(bytes);
}

static void two_recipients_share_a_raw_even_if_one_fails(void **state)
{
	struct fixture *f = *state;
	struct store_spool *spool = spool_of(f->dir, "bytes", 5);
	struct strings findings;
	int64_t first, second, third;

	OK(store_begin(f->store, &f->error));
	OK(store_savepoint(f->store, &f->error));
	OK(store_keep_raw(f->store, spool, &first, &f->error));
	store_rollback_to(f->store);
	OK(store_keep_raw(f->store, spool, &second, &f->error));
	OK(store_keep_raw(f->store, spool, &third, &f->error));
	assert_int_equal(second, third);
	OK(store_commit(f->store, &f->error));
	store_spool_free(&spool);
	assert_int_equal(fsck_findings(f, &findings), 1);
	assert_string_equal(findings.at[0], "raw mail 1: no delivery names it");
}

static void old_strays_are_swept_and_young_ones_left(void **state)
{
	struct fixture *f = *state;
	char *bytes = noise(400000), command[300];
	struct strings findings;
	struct store_spool *lost = spool_of(f->dir, bytes, 400000), *arriving = spool_of(f->dir, bytes, 400000);

	keep(f, "<a@x>", bytes, 400000);
	assert_clean(f);
	snprintf(command, sizeof command, "find %s/mails -type f -exec touch -d '2 hours ago' {} +; touch %s/mails/%s",
	         f->dir, f->dir, arriving->file);
	assert_int_equal(system(command), 0);
	assert_int_equal(fsck_findings(f, &findings), 1);
	assert_non_null(strstr(findings.at[0], lost->file));
	store_sweep(f->store->engine, f->store->state_dir);
	assert_int_equal(count_files(f), 2);
	assert_clean(f);
	store_spool_free(&lost);
	store_spool_free(&arriving);
	free(bytes);
}

/* ---- group commit ---- */

struct job {
	struct fixture *f;
	int number;
	enum status wish;                /* what the job shall end with */
	bool duplicate;
};

static enum status run_take_in(struct store *store, void *context, struct error *error)
{
	struct job *job = context;
	CLEANUP_ARENA struct arena arena = { 0 };
	struct store_spool *spool = spool_of(job->f->dir, "the raw mail", 12);
	struct parcel parcel;
	char id[40], sender[60];
	enum status status;

	snprintf(id, sizeof id, "<%d@x>", job->number);
	snprintf(sender, sizeof sender, "user%d@customer.example", job->number % 50);
	parcel_init(&parcel, sender, id, "support@example.org", id);
	status = take_in(store, &arena, &parcel, spool, &job->duplicate, error);
	store_spool_free(&spool);
	return status == STATUS_OK && job->wish != STATUS_OK ? error_set(error, job->wish, "as wished") : status;
}

struct crew { struct fixture *f; struct store_writer *writer; int first, count; int failed; };

static void *write_some(void *argument)
{
	struct crew *crew = argument;

	for (int i = 0; i < crew->count; i++) {
		struct job job = { crew->f, crew->first + i, i % 7 == 3 ? STATUS_REFUSED : STATUS_OK, false };
		struct error error;
		enum status status = store_write(crew->writer, run_take_in, &job, &error);

		if (status != job.wish)
			crew->failed++;
	}
	return NULL;
}

#define CREWS 12
#define EACH 70

static void many_threads_write_and_each_gets_its_own_answer(void **state)
{
	struct fixture *f = *state;
	struct store_writer *writer;
	struct store_counters counters;
	struct store_totals totals;
	struct crew crews[CREWS];
	pthread_t threads[CREWS];
	uint32_t least = sqlite_deferred_least;

	sqlite_deferred_least = 64;
	OK(store_writer_start(f->dir, NULL, &writer, &f->error));
	for (int i = 0; i < CREWS; i++) {
		crews[i] = (struct crew){ f, writer, i * EACH, EACH, 0 };
		pthread_create(&threads[i], NULL, write_some, &crews[i]);
	}
	for (int i = 0; i < CREWS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(crews[i].failed, 0);
	}
	assert_true(store_writer_healthy(writer));
	store_writer_counters(writer, &counters);
	assert_int_equal(counters.jobs, CREWS * EACH);
	assert_int_equal(counters.failed, CREWS * (EACH / 7));
	assert_int_equal(counters.waiting, 0);
	assert_true(counters.batches <= counters.jobs);
	store_writer_stop(&writer);
	assert_null(writer);
	sqlite_deferred_least = least;
	OK(store_totals(f->store, &totals, &f->error));
	assert_int_equal(totals.tickets, CREWS * (EACH - EACH / 7));
	assert_int_equal(totals.accepted, totals.tickets);
	assert_clean(f);
}

struct reader { struct fixture *f; struct store_writer *writer; _Atomic int committed; _Atomic bool stop; int suggestion, wrong; };

/* What was committed is found by another connection, whatever the deferred indexes are doing. */
static void *read_on(void *argument)
{
	struct reader *reader = argument;
	struct store *store;
	struct error error;

	if (store_open(reader->f->dir, NULL, false, &store, &error) != STATUS_OK)
		return NULL;
	while (!reader->stop) {
		CLEANUP_ARENA struct arena arena = { 0 };
		int last = reader->committed, wanted = last ? rand() % last : 0;
		struct clue clue = { .kind = EVIDENCE_MESSAGE_ID, .message_id = arena_printf(&arena, "<%d@x>", wanted) };
		struct evidence evidence = { .at = &clue, .count = 1 };
		struct parcel parcel;
		struct facts facts;

		if (last == 0)
			continue;
		parcel_init(&parcel, arena_printf(&arena, "user%d@customer.example", wanted % 50), "<new@x>", "support@example.org", "z");
		if (store_facts_of_mail(store, &arena, &parcel.incoming, &evidence, &facts, &error) != STATUS_OK)
			reader->wrong++;
		else
			reader->wrong += !facts.clues.at[0].ticket || facts.clues.at[0].ticket->id != wanted + 1 || !facts.sender_known;
		reader->suggestion++;
	}
	store_close(&store);
	return NULL;
}

static void readers_find_what_was_committed(void **state)
{
	struct fixture *f = *state;
	struct reader reader = { .f = f };
	uint32_t least = sqlite_deferred_least;
	pthread_t thread;

	sqlite_deferred_least = 16;
	OK(store_writer_start(f->dir, NULL, &reader.writer, &f->error));
	pthread_create(&thread, NULL, read_on, &reader);
	for (int i = 0; i < 400; i++) {
		struct job job = { f, i, STATUS_OK, false };

		OK(store_write(reader.writer, run_take_in, &job, &f->error));
		reader.committed = i + 1;
	}
	reader.stop = true;
	pthread_join(thread, NULL);
	store_writer_stop(&reader.writer);
	sqlite_deferred_least = least;
	assert_true(reader.suggestion > 0);
	assert_int_equal(reader.wrong, 0);
	assert_clean(f);
}

static void many_jobs_of_one_call_have_one_answer_each(void **state)
{
	struct fixture *f = *state;
	struct store_writer *writer;
	struct store_counters counters;
	struct job jobs[200];
	void *contexts[200];
	enum status statuses[200];
	struct error errors[200];

	OK(store_writer_start(f->dir, NULL, &writer, &f->error));
	for (int i = 0; i < 200; i++) {
		jobs[i] = (struct job){ f, i == 150 ? 20 : i, i % 10 == 9 ? STATUS_BAD_INPUT : STATUS_OK, false };
		contexts[i] = &jobs[i];
	}
	store_write_all(writer, run_take_in, contexts, 200, statuses, errors);
	for (int i = 0; i < 200; i++) {
		assert_int_equal(statuses[i], jobs[i].wish);
		assert_int_equal(jobs[i].duplicate, i == 150);
	}
	store_writer_counters(writer, &counters);
	assert_int_equal(counters.batches, 1);
	store_write_all(writer, run_take_in, contexts, 0, statuses, errors);
	store_writer_stop(&writer);
	assert_clean(f);
}

static void a_locked_store_puts_all_off_and_recovers(void **state)
{
	struct fixture *f = *state;
	struct store_writer *writer;
	struct job job = { f, 1, STATUS_OK, false };
	struct error lost;

	OK(store_writer_start(f->dir, NULL, &writer, &f->error));
	log_set_level(LOG_ERROR);
	run_sql(f, "BEGIN EXCLUSIVE");
	/* Waits the whole busy time: that is the promise. */
	assert_int_equal(store_write(writer, run_take_in, &job, &f->error), STATUS_TRY_LATER);
	assert_non_null(strstr(f->error.text, "locked"));
	assert_false(store_writer_healthy(writer));
	lost = f->error;
	run_sql(f, "ROLLBACK");
	OK(store_write(writer, run_take_in, &job, &f->error));
	assert_false(job.duplicate);
	assert_true(store_writer_healthy(writer));
	/* Who looks only now at what came of his job need not log it: the store did, though it is well again. Other trouble is still his to tell. */
	assert_true(store_has_said(writer, &lost));
	error_set(&lost, STATUS_BROKEN, "something else");
	assert_false(store_has_said(writer, &lost));
	store_writer_stop(&writer);
}

static enum status fill_the_disk(struct store *store, void *context, struct error *error)
{
	(void)context;
	if (sqlite3_exec(store->engine->db, "PRAGMA max_page_count=64; CREATE TEMP TABLE IF NOT EXISTS x(y);", NULL, NULL, NULL) != SQLITE_OK)
		return error_set(error, STATUS_BROKEN, "no");
	return sqlite_status(sqlite3_exec(store->engine->db, "UPDATE meta SET value=zeroblob(3000000) WHERE key='contact_key'", NULL, NULL, NULL));
}

static enum status free_the_disk(struct store *store, void *context, struct error *error)
{
	(void)context;
	return sqlite_exec(store->engine->db, "PRAGMA max_page_count=1000000", error);
}

static enum status either(struct store *store, void *context, struct error *error)
{
	struct job *job = context;

	return job->number < 0 ? fill_the_disk(store, context, error) : run_take_in(store, context, error);
}

static void a_full_disk_in_a_batch_hurts_nobody_for_good(void **state)
{
	struct fixture *f = *state;
	struct store_writer *writer;
	struct job jobs[3] = { { f, 1, STATUS_OK, false }, { f, -1, STATUS_OK, false }, { f, 2, STATUS_OK, false } };
	void *contexts[3] = { &jobs[0], &jobs[1], &jobs[2] };
	enum status statuses[3];
	struct error errors[3];
	struct store_totals totals;
	int64_t kept = 0;

	OK(store_writer_start(f->dir, NULL, &writer, &f->error));
	store_write_all(writer, either, contexts, 3, statuses, errors);
	assert_int_equal(statuses[1], STATUS_TRY_LATER);
	OK(store_write(writer, free_the_disk, NULL, &f->error));
	for (int i = 0; i < 3; i += 2) {
		bool was = statuses[i] == STATUS_OK;

		OK(store_write(writer, run_take_in, &jobs[i], &f->error));
		assert_int_equal(jobs[i].duplicate, was);
		kept++;
	}
	store_writer_stop(&writer);
	OK(store_totals(f->store, &totals, &f->error));
	assert_int_equal(totals.tickets, kept);
	assert_clean(f);
}

static enum status run_keep_large(struct store *store, void *context, struct error *error)
{
	int64_t raw;

	return store_keep_raw(store, context, &raw, error);
}

static void the_log_stays_short(void **state)
{
	struct fixture *f = *state;
	struct store_writer *writer;
	struct stat about;
	char path[100], *bytes = noise(LIMIT_MEMORY_SPOOL);

	OK(store_writer_start(f->dir, NULL, &writer, &f->error));
	for (int i = 0; i < 800; i++) {          /* 200 MB */
		struct store_spool *spool = spool_of(f->dir, bytes, LIMIT_MEMORY_SPOOL);

		OK(store_write(writer, run_keep_large, spool, &f->error));
		store_spool_free(&spool);
	}
	snprintf(path, sizeof path, "%s/sportello.db-wal", f->dir);
	assert_int_equal(stat(path, &about), 0);
	assert_true(about.st_size < 80 * 1024 * 1024);
	store_writer_stop(&writer);
	free(bytes);
}

/* What the file itself says, without its log. */
static int in_the_file(struct fixture *f, const char *asked)
{
	char path[120];
	sqlite3 *db;
	sqlite3_stmt *statement;
	int number = 0;

	snprintf(path, sizeof path, "file:%s/sportello.db?immutable=1", f->dir);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL), SQLITE_OK);
	if (sqlite3_prepare_v2(db, asked, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return number;
}

/* A command beside a daemon to which no mail comes would else fill the log until the next mail waits for all of it. */
static void what_others_write_is_copied_while_the_writer_is_idle(void **state)
{
	struct fixture *f = *state;
	struct store_writer *writer;

	OK(store_writer_start(f->dir, NULL, &writer, &f->error));
	run_sql(f, "INSERT INTO meta(key,value) VALUES('beside',7)");
	for (int i = 0; i < 100 && in_the_file(f, "SELECT value FROM meta WHERE key='beside'") != 7; i++)
		usleep(100000);
	assert_int_equal(in_the_file(f, "SELECT value FROM meta WHERE key='beside'"), 7);
	store_writer_stop(&writer);
}

struct waiting { struct store *store; int64_t got; };

static void *wait_for_the_lock(void *argument)
{
	struct waiting *waiting = argument;
	struct error error;

	assert_int_equal(store_begin(waiting->store, &error), STATUS_OK);
	waiting->got = clock_monotonic_us();
	store_rollback(waiting->store);
	return NULL;
}

/* The best of some, for others want the processor, too: a mail waits no longer than the lock is held. */
static void who_waits_for_the_lock_has_it_soon(void **state)
{
	struct fixture *f = *state;
	struct waiting waiting = { 0 };
	int64_t best = INT64_MAX;

	OK(store_open(f->dir, NULL, false, &waiting.store, &f->error));
	for (int i = 0; i < 10; i++) {
		pthread_t thread;
		int64_t released;

		OK(store_begin(f->store, &f->error));
		pthread_create(&thread, NULL, wait_for_the_lock, &waiting);
		usleep(40000);
		released = clock_monotonic_us();
		store_rollback(f->store);
		pthread_join(thread, NULL);
		best = waiting.got - released < best ? waiting.got - released : best;
	}
	assert_true(best < 6000);
	store_close(&waiting.store);
}

/* ---- the index of places ---- */

static int count_places(struct fixture *f)
{
	int64_t count = 0;
	sqlite3_stmt *statement;

	sqlite3_prepare_v2(f->store->engine->db, "SELECT count(*) FROM place", -1, &statement, NULL);
	if (sqlite3_step(statement) == SQLITE_ROW)
		count = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return (int)count;
}

#define PLACED 40

static void make_places(struct fixture *f)
{
	for (int i = 0; i < PLACED; i++) {
		char id[20];

		snprintf(id, sizeof id, "<%d@x>", i);
		make_ticket(f, "ann@customer.example", id);
	}
}

/* In one piece, and as small ones as there are: the same index. */
static void places_are_written_a_while_at_a_time(void **state)
{
	struct fixture *f = *state;
	int at_once, portions = 0;

	make_places(f);
	OK(store_places_finish(f->store, &f->error));
	at_once = count_places(f);
	run_sql(f, "DELETE FROM place; DELETE FROM meta WHERE key LIKE 'places_%'");
	for (int table = 0; table < PLACES_TABLES; table++) {
		struct places_missing missing;

		OK(store_places_look_up(f->store, &f->arena, table, &missing, &f->error));
		for (; missing.done < missing.count; portions++)
			OK(store_places_write(f->store, &missing, 1, &missing.done, &f->error));
		OK(store_places_look_up(f->store, &f->arena, table, &missing, &f->error));
		assert_int_equal(missing.rows, 0);
	}
	assert_int_equal(count_places(f), at_once);
	assert_true(at_once > 6 * PLACED && portions > 6);
}

/* Somebody else had the rows meanwhile, and erased an address: it does not come back. */
static void places_that_somebody_else_wrote_are_dropped(void **state)
{
	struct fixture *f = *state;
	struct places_missing missing;
	int left;

	make_places(f);
	OK(store_places_look_up(f->store, &f->arena, 0, &missing, &f->error));
	assert_true(missing.rows && missing.count);
	OK(store_places_finish(f->store, &f->error));
	OK(store_places_forget(f->store, "ann@customer.example", &f->error));
	left = count_places(f);
	OK(store_places_write(f->store, &missing, 0, &missing.done, &f->error));
	assert_int_equal(missing.done, missing.count);
	assert_int_equal(count_places(f), left);
}

/* ---- backup ---- */

/* A backup pins the log, which grows; when it is over, the file gives back what it does not need. */
static void a_log_that_grew_beside_a_backup_shrinks(void **state)
{
	struct fixture *f = *state;
	struct store *reader;
	struct stat grown, about;
	char path[100], *bytes = noise(LIMIT_MEMORY_SPOOL);
	int64_t number;
	bool began;

	OK(store_open(f->dir, NULL, false, &reader, &f->error));
	OK(store_read_begin(reader, &began, &f->error));
	OK(store_number_get(reader, "x", &number, &f->error));
	for (int i = 0; i < 320; i++) {          /* 80 MB */
		snprintf(path, sizeof path, "<%d@x>", i);
		keep(f, path, bytes, LIMIT_MEMORY_SPOOL);
	}
	snprintf(path, sizeof path, "%s/sportello.db-wal", f->dir);
	assert_int_equal(stat(path, &grown), 0);
	assert_true(grown.st_size > 72 * 1024 * 1024);
	store_read_end(reader, began);
	store_close(&reader);
	OK(store_checkpoint(f->store));
	keep(f, "<last@x>", bytes, 100);
	assert_int_equal(stat(path, &about), 0);
	assert_true(about.st_size <= 64 * 1024 * 1024);
	free(bytes);
}

static void a_backup_alone_restores_everything(void **state)
{
	struct fixture *f = *state;
	char *bytes = noise(700000), *back, *path = arena_printf(&f->arena, "%s/backup.db", f->dir), command[400];
	char *restored = arena_printf(&f->arena, "%s/restored", f->dir);
	struct desk_keys keys, again;
	struct fixture other = *f;
	struct ticket_row row;
	size_t length;
	int64_t small = keep(f, "<a@x>", bytes, 2000), large = keep(f, "<b@x>", bytes, 700000);

	f = &other;
	OK(store_keys(f->dir, true, &keys, &f->error));
	OK(store_backup(f->store, path, &f->error));
	OK(store_backup(f->store, path, &f->error));
	snprintf(command, sizeof command, "mkdir %s && cp %s %s/sportello.db && test ! -e %s.partial", restored, path, restored, path);
	assert_int_equal(system(command), 0);
	strcpy(other.dir, restored);
	OK(store_open(restored, NULL, false, &other.store, &f->error));
	OK(store_keys(restored, false, &again, &f->error));
	assert_memory_equal(keys.key[0], again.key[0], DESK_KEY_SIZE);
	OK(store_ticket(f->store, &f->arena, 2, &row, &f->error));
	back = bytes_of_raw(f, large, &length);
	assert_int_equal(length, 700000);
	assert_memory_equal(back, bytes, length);
	free(back);
	back = bytes_of_raw(f, small, &length);
	assert_memory_equal(back, bytes, 2000);
	free(back);
	assert_int_equal(count_files(f), 0);
	assert_clean(f);
	/* It goes on from there. */
	assert_int_equal(make_ticket(f, "ann@customer.example", "<c@x>"), 3);
	assert_clean(f);
	store_close(&other.store);
	((struct fixture *)*state)->arena = other.arena;
	free(bytes);
}

static void a_backup_runs_beside_the_writer(void **state)
{
	struct fixture *f = *state;
	struct store_writer *writer;
	struct crew crew;
	pthread_t thread;
	char path[100];

	OK(store_writer_start(f->dir, NULL, &writer, &f->error));
	crew = (struct crew){ f, writer, 0, 300, 0 };
	pthread_create(&thread, NULL, write_some, &crew);
	for (int i = 0; i < 5; i++) {
		snprintf(path, sizeof path, "%s/backup%d.db", f->dir, i);
		OK(store_backup(f->store, path, &f->error));
	}
	pthread_join(thread, NULL);
	store_writer_stop(&writer);
	assert_int_equal(crew.failed, 0);
	assert_clean(f);
}

static void a_backup_to_nowhere_says_so(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(store_backup(f->store, "/nowhere/at/all", &f->error), STATUS_TRY_LATER);
}

/* ---- fsck ---- */

static void fsck_finds_each_damage(void **state)
{
	struct fixture *f = *state;
	struct { const char *damage, *finding; } cases[] = {
		{ "UPDATE mailbox SET disposition='eaten' WHERE id=1", "mailbox 1: has no disposition that we know" },
		{ "UPDATE mailbox SET ticket=0, seq=0 WHERE id=2", "mailbox 2: is on a ticket, but on none" },
		{ "UPDATE mailbox SET seq=9 WHERE id=1", "mailbox 1: its message is not there" },
		{ "UPDATE mailbox SET raw=77 WHERE id=1", "mailbox 1: its raw mail is not there" },
		{ "UPDATE mailbox SET ticket=77 WHERE id=1", "mailbox 1: its ticket is not there" },
		{ "DELETE FROM mailbox WHERE id=1", "mailbox: rows are missing below number 3" },
		{ "UPDATE mailbox SET claim=(SELECT claim FROM mailbox WHERE id=1) WHERE id=2", "mailbox 1: the same delivery is there twice" },
		{ "UPDATE ticket SET state='open' WHERE id=2", "ticket 2: its state is \"open\", its history says \"new\"" },
		{ "UPDATE ticket SET queue='network' WHERE id=2", "ticket 2: its queue is \"network\", its history says \"support\"" },
		{ "UPDATE ticket SET agent='bob' WHERE id=2", "ticket 2: its agent is \"bob\", its history says \"\"" },
		{ "UPDATE ticket SET priority='high' WHERE id=2", "ticket 2: its priority is \"high\", its history says \"normal\"" },
		{ "UPDATE ticket SET merged_into=1 WHERE id=2", "ticket 2: its history does not say what it is merged into" },
		{ "UPDATE ticket SET merged_into=66 WHERE id=2", "ticket 2: is merged into one that is not there" },
		{ "DELETE FROM history WHERE ticket=3", "ticket 3: has no history" },
		{ "DELETE FROM history WHERE ticket=3 AND n=2", "ticket 3: its history has a gap" },
		{ "DELETE FROM history WHERE ticket=3 AND n=1", "ticket 3: starts without being created" },
		{ "UPDATE history SET kind=3, was='open', now='closed' WHERE ticket=3 AND n=3", "ticket 3: changes from what it was not" },
		{ "UPDATE message SET seq=5 WHERE ticket=1 AND seq=2", "ticket 1: its messages have a gap" },
		{ "UPDATE message SET raw=55 WHERE id=1", "message 1: its raw mail is not there" },
		{ "UPDATE message SET outbox=55 WHERE id=2", "message 2: its outgoing mail is not there" },
		{ "INSERT INTO message SELECT 7,9,1,kind,out,raw,from_address,from_name,recipients,date,message_id,text,agent,flags,outbox,proved,side"
			" FROM message WHERE id=1", "message: names ticket 9, which is not there" },
		{ "INSERT INTO participant VALUES(9,'a@b','','cc','')", "participant: names ticket 9, which is not there" },
		{ "INSERT INTO watcher VALUES(9,'bob')", "watcher: names ticket 9, which is not there" },
		{ "INSERT INTO side VALUES(9,1,'a@b','')", "side: names ticket 9, which is not there" },
		{ "INSERT INTO side VALUES(1,2,'a@b','')", "ticket 1: its side conversations have a gap" },
		{ "INSERT INTO side VALUES(1,1,'a@b','')", "ticket 1: a side conversation without a message" },
		{ "UPDATE message SET side=1, kind='side-in' WHERE id=2", "message 2: its side conversation is not there" },
		{ "UPDATE message SET kind='side-in' WHERE id=2", "message 2: stands beside the customer's conversation" },
		{ "INSERT INTO tag VALUES(9,'vpn')", "tag: names ticket 9, which is not there" },
		{ "INSERT INTO link VALUES(1,2)", "ticket 1: is linked one way only" },
		{ "UPDATE outbox SET state='failed' WHERE id=4", "outgoing mail 4: failed, and nothing says why" },
		{ "UPDATE outbox SET ticket=44 WHERE id=4", "outgoing mail 4: its ticket is not there" },
		{ "UPDATE outbox SET record='' WHERE id=4", "outgoing mail 4: " },
		{ "UPDATE raw SET bytes=CAST('the raW mail'||char(13)||char(10) AS BLOB) WHERE id=1", "raw mail 1: its bytes are not those that came" },
		{ "UPDATE raw SET bytes=x'00' WHERE id=2", "raw mail 2: not of its size" },
		{ "UPDATE raw SET bytes=NULL WHERE id=2", "raw mail 2: neither bytes nor file" },
		{ "UPDATE raw SET bytes=NULL, file='ab/abcd' WHERE id=2", "raw mail 2: cannot be opened" },
		{ "INSERT INTO contact(id,address,name,language,first_seen,last_seen,written) VALUES(3,'ann@customer.example','','',1,1,1)",
			"contact 1: the address is there twice" },
		{ "UPDATE meta SET value=2 WHERE key='mailbox_key'", "mailbox 1: cannot be found by its key" },
		{ "UPDATE meta SET value=1 WHERE key='contact_key'", "contact 1: cannot be found by its key" },
	};

	make_ticket(f, "ann@customer.example", "<a@x>");
	make_ticket(f, "ben@customer.example", "<b@x>");
	make_ticket(f, "ben@customer.example", "<c@x>");
	assert_clean(f);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct strings findings = { 0 };
		bool found = false;

		run_sql(f, "BEGIN");
		run_sql(f, cases[i].damage);
		OK(store_fsck(f->store, &f->arena, &findings, &f->error));
		for (size_t k = 0; k < findings.count; k++)
			found = found || strncmp(findings.at[k], cases[i].finding, strlen(cases[i].finding)) == 0;
		if (!found)
			fail_msg("%s: %zu findings, the first \"%s\", none \"%s\"", cases[i].damage, findings.count,
			         findings.count ? findings.at[0] : "", cases[i].finding);
		store_rollback(f->store);
	}
	assert_clean(f);
}

static void fsck_finds_a_damaged_file(void **state)
{
	struct fixture *f = *state;
	struct strings findings;
	char path[100], zeros[4096] = { 0 };
	int fd;

	for (int i = 0; i < 50; i++) {
		char id[20];

		snprintf(id, sizeof id, "<%d@x>", i);
		make_ticket(f, "ann@customer.example", id);
	}
	store_close(&f->store);
	snprintf(path, sizeof path, "%s/sportello.db", f->dir);
	fd = open(path, O_RDWR);
	for (int page = 79; page < 109; page += 3)  /* beyond those of the schema, without which nothing can be opened */
		assert_int_equal(pwrite(fd, zeros, 3000, page * 4096), 3000);
	close(fd);
	OK(store_open(f->dir, NULL, false, &f->store, &f->error));
	assert_true(fsck_findings(f, &findings) > 0);
}

static void fsck_finds_changed_files(void **state)
{
	struct fixture *f = *state;
	char *bytes = noise(400000), command[200];
	struct strings findings;

	keep(f, "<a@x>", bytes, 400000);
	snprintf(command, sizeof command, "for m in $(find %s/mails -type f); do printf x | dd of=$m conv=notrunc bs=1 seek=5000 2>/dev/null; done", f->dir);
	assert_int_equal(system(command), 0);
	assert_int_equal(fsck_findings(f, &findings), 1);
	assert_string_equal(findings.at[0], "raw mail 1: its bytes are not those that came");
	snprintf(command, sizeof command, "find %s/mails -type f -delete", f->dir);
	assert_int_equal(system(command), 0);
	assert_int_equal(fsck_findings(f, &findings), 1);
	assert_non_null(strstr(findings.at[0], "cannot be opened"));
	/* A backup is made all the same, and says what it lacks. */
	snprintf(command, sizeof command, "%s/b.db", f->dir);
	assert_int_equal(store_backup(f->store, command, &f->error), STATUS_BROKEN);
	assert_int_equal(access(command, F_OK), 0);
	free(bytes);
}

/* ---- search ---- */

static const char *text_of(void *context, struct arena *arena, struct store *store, const struct message_row *message)
{
	(void)store;
	return arena_printf(arena, "%s %s", (const char *)context, message->message_id ? message->message_id : "");
}

static size_t found(struct fixture *f, const char *words)
{
	struct ticket_rows rows;

	OK(store_search(f->store, &f->arena, words, &rows, &f->error));
	return rows.count;
}

static void reopen(struct fixture *f)
{
	store_close(&f->store);
	OK(store_open(f->dir, NULL, false, &f->store, &f->error));
}

static void search_finds_words(void **state)
{
	struct fixture *f = *state;
	char path[100];
	FILE *file;
	size_t done;

	make_ticket(f, "ann@customer.example", "<apple@x>");
	make_ticket(f, "ben@customer.example", "<pear@x>");
	assert_int_equal(found(f, "apple"), 0);
	OK(store_search_index(f->store, 3, text_of, "die Stra\xc3\x9f" "e ist caf\xc3\xa9", &done, &f->error));
	assert_int_equal(done, 3);
	OK(store_search_index(f->store, 100, text_of, "die Stra\xc3\x9f" "e ist caf\xc3\xa9", &done, &f->error));
	assert_int_equal(done, 1);
	OK(store_search_index(f->store, 100, text_of, "", &done, &f->error));
	assert_int_equal(done, 0);
	assert_int_equal(found(f, "apple"), 1);
	assert_int_equal(found(f, "CAFE"), 2);
	assert_int_equal(found(f, "printer pear"), 1);
	assert_int_equal(found(f, "apple pear"), 0);
	assert_int_equal(found(f, "printer fire"), 2);
	assert_int_equal(found(f, "ben@customer.example"), 1);
	assert_int_equal(found(f, "\"unbalanced AND ( OR NOT * ^"), 0);
	assert_int_equal(found(f, "!!! ---"), 0);
	/* Damaged: thrown away and built again. */
	reopen(f);
	snprintf(path, sizeof path, "%s/search.db", f->dir);
	file = fopen(path, "w");
	for (int i = 0; i < 1000; i++)
		fputs("rubbish ", file);
	fclose(file);
	assert_int_equal(found(f, "apple"), 0);
	OK(store_search_index(f->store, 100, text_of, "", &done, &f->error));
	assert_int_equal(done, 4);
	assert_int_equal(found(f, "apple"), 1);
	/* Of another version: the same. */
	sqlite3_exec(f->store->engine->words, "PRAGMA user_version=99", NULL, NULL, NULL);
	reopen(f);
	OK(store_search_index(f->store, 100, text_of, "", &done, &f->error));
	assert_int_equal(done, 4);
	/* Ahead of the tickets: another database is here now. */
	sqlite3_exec(f->store->engine->words, "UPDATE progress SET message=1000", NULL, NULL, NULL);
	OK(store_search_index(f->store, 100, text_of, "", &done, &f->error));
	assert_int_equal(done, 4);
}

static void words_read_before_all_were_cleared_are_not_added(void **state)
{
	struct fixture *f = *state;
	struct store *other;
	int64_t upto;
	size_t done;

	make_ticket(f, "ann@customer.example", "<apple@x>");
	OK(store_search_index(f->store, 100, text_of, "", &done, &f->error));
	OK(engine_words_open(f->store->engine, 0, &upto, &f->error));
	assert_int_equal(upto, 2);
	OK(store_open(f->dir, NULL, false, &other, &f->error));
	OK(store_search_forget(other, &f->error));
	store_close(&other);
	OK(engine_words_begin(f->store->engine, &f->error));
	OK(engine_words_add(f->store->engine, 3, "", "erased", 6, "", &f->error));
	OK(engine_words_end(f->store->engine, 3, STATUS_OK, &f->error));
	OK(engine_words_open(f->store->engine, 0, &upto, &f->error));
	assert_int_equal(upto, 0);
	assert_int_equal(found(f, "erased"), 0);
	OK(store_search_index(f->store, 100, text_of, "", &done, &f->error));
	assert_int_equal(done, 2);
	assert_int_equal(found(f, "apple"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(raw_mails_come_back_byte_for_byte), TEST(a_mail_that_is_not_kept_leaves_no_file),
		TEST(a_state_directory_that_cannot_be_written_is_said), TEST(two_recipients_share_a_raw_even_if_one_fails),
		TEST(old_strays_are_swept_and_young_ones_left), TEST(many_threads_write_and_each_gets_its_own_answer),
		TEST(readers_find_what_was_committed),
		TEST(many_jobs_of_one_call_have_one_answer_each), TEST(a_locked_store_puts_all_off_and_recovers),
		TEST(a_full_disk_in_a_batch_hurts_nobody_for_good), TEST(the_log_stays_short), TEST(what_others_write_is_copied_while_the_writer_is_idle), TEST(who_waits_for_the_lock_has_it_soon), TEST(places_are_written_a_while_at_a_time),
		TEST(places_that_somebody_else_wrote_are_dropped), TEST(a_log_that_grew_beside_a_backup_shrinks), TEST(a_backup_alone_restores_everything),
		TEST(a_backup_runs_beside_the_writer), TEST(a_backup_to_nowhere_says_so), TEST(fsck_finds_each_damage),
		TEST(fsck_finds_a_damaged_file), TEST(fsck_finds_changed_files), TEST(search_finds_words), TEST(words_read_before_all_were_cleared_are_not_added),
	};

	return cmocka_run_group_tests_name("store care", tests, NULL, NULL);
}
