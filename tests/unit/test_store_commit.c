/*
 * test_store_commit.c - who writes a commit, in how many pieces it reaches the log, and what a connection may remember of it.
 */
#include "test_store.h"

#include "sqlite/sqlite_private.h"
#include "store/store_private.h"

/* ---- who writes ---- */

struct watched { pthread_t ran_on; pthread_mutex_t *gate; _Atomic bool running; };

static enum status watch(struct store *store, void *context, struct error *error)
{
	struct watched *watched = context;

	watched->ran_on = pthread_self();
	watched->running = true;
	if (watched->gate) {
		pthread_mutex_lock(watched->gate);
		pthread_mutex_unlock(watched->gate);
	}
	return store_number_set(store, "test", 1, error);
}

static void a_lone_caller_writes_himself(void **state)
{
	struct fixture *f = *state;
	struct store_writer *writer;
	struct watched watched = { .gate = NULL };

	OK(store_writer_start(f->dir, NULL, &writer, &f->error));
	for (int i = 0; i < 5; i++) {
		watched.running = false;
		OK(store_write(writer, watch, &watched, &f->error));
		assert_true(watched.running && pthread_equal(watched.ran_on, pthread_self()));
	}
	store_writer_stop(&writer);
}

struct caller { struct store_writer *writer; struct watched watched; enum status status; pthread_t thread; };

static void *call(void *argument)
{
	struct caller *caller = argument;
	struct error error;

	caller->status = store_write(caller->writer, watch, &caller->watched, &error);
	return NULL;
}

/* Returns when he writes, and cannot go on before the gate is opened. */
static void call_until_the_gate(struct caller *caller)
{
	pthread_mutex_lock(caller->watched.gate);
	pthread_create(&caller->thread, NULL, call, caller);
	while (!caller->watched.running)
		sched_yield();
}

static int64_t waiting(struct store_writer *writer)
{
	struct store_counters counters;

	store_writer_counters(writer, &counters);
	return counters.waiting;
}

/* The first one is held inside his job until two others wait: these are then one batch, on the writer thread. */
static void who_comes_meanwhile_is_written_together(void **state)
{
	struct fixture *f = *state;
	struct store_writer *writer;
	struct caller callers[3];
	struct store_counters counters;
	pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

	OK(store_writer_start(f->dir, NULL, &writer, &f->error));
	pthread_mutex_lock(&gate);
	for (int i = 0; i < 3; i++) {
		callers[i] = (struct caller){ .writer = writer, .watched = { .gate = i == 0 ? &gate : NULL } };
		pthread_create(&callers[i].thread, NULL, call, &callers[i]);
		while (i == 0 ? !callers[0].watched.running : waiting(writer) < i)
			sched_yield();
	}
	assert_false(callers[1].watched.running || callers[2].watched.running);
	pthread_mutex_unlock(&gate);
	for (int i = 0; i < 3; i++) {
		pthread_join(callers[i].thread, NULL);
		assert_int_equal(callers[i].status, STATUS_OK);
	}
	assert_true(pthread_equal(callers[0].watched.ran_on, callers[0].thread));
	assert_true(pthread_equal(callers[1].watched.ran_on, callers[2].watched.ran_on));
	assert_false(pthread_equal(callers[1].watched.ran_on, callers[1].thread) || pthread_equal(callers[1].watched.ran_on, callers[2].thread));
	store_writer_counters(writer, &counters);
	assert_int_equal(counters.batches, 2);
	assert_int_equal(counters.jobs, 3);
	store_writer_stop(&writer);
}

/* ---- a caller in no hurry ---- */

struct rider { struct caller caller; int64_t us; struct error error; };

static void *ride(void *argument)
{
	struct rider *rider = argument;
	void *context = &rider->caller.watched;

	store_write_along(rider->caller.writer, rider->us, NULL, watch, &context, 1, &rider->caller.status, &rider->error);
	return NULL;
}

static void who_is_in_no_hurry_goes_with_who_writes_next(void **state)
{
	struct fixture *f = *state;
	struct store_writer *writer;
	struct store_counters counters;
	struct watched watched = { .gate = NULL };

	OK(store_writer_start(f->dir, NULL, &writer, &f->error));
	struct rider rider = { .caller = { .writer = writer }, .us = 60 * (int64_t)1000000 };
	pthread_create(&rider.caller.thread, NULL, ride, &rider);
	while (waiting(writer) < 1)
		sched_yield();
	assert_false(rider.caller.watched.running);
	OK(store_write(writer, watch, &watched, &f->error));
	pthread_join(rider.caller.thread, NULL);
	OK(rider.caller.status);
	assert_true(pthread_equal(rider.caller.watched.ran_on, pthread_self()));
	store_writer_counters(writer, &counters);
	assert_int_equal(counters.batches, 1);
	assert_int_equal(counters.jobs, 2);
	assert_int_equal(counters.waiting, 0);
	store_writer_stop(&writer);
}

static void with_whom_nobody_goes_he_writes_himself(void **state)
{
	struct fixture *f = *state;
	struct store_writer *writer;

	OK(store_writer_start(f->dir, NULL, &writer, &f->error));
	struct rider rider = { .caller = { .writer = writer }, .us = 20000 };
	int64_t begin = clock_monotonic_us();
	ride(&rider);
	OK(rider.caller.status);
	assert_true(clock_monotonic_us() - begin >= 20000);
	assert_true(pthread_equal(rider.caller.watched.ran_on, pthread_self()));
	assert_int_equal(waiting(writer), 0);
	store_writer_stop(&writer);
}

/* ---- who does not wait ---- */

struct left { struct watched watched; _Atomic bool done; pthread_t told_on; enum status status; struct error error; void *context; struct store_errand errand; };

static void be_told(void *context)
{
	struct left *left = context;

	left->told_on = pthread_self();
	left->done = true;
}

static void leave(struct left *left, struct left *next)
{
	left->context = &left->watched;
	left->errand = (struct store_errand){ .job = watch, .contexts = &left->context, .count = 1, .statuses = &left->status, .errors = &left->error,
		.done = be_told, .context = left, .next = next ? &next->errand : NULL };
}

static void who_leaves_his_jobs_writes_them_himself_where_nobody_does(void **state)
{
	struct fixture *f = *state;
	struct store_writer *writer;
	struct store_counters counters;
	struct left first = { .status = STATUS_BROKEN }, second = { .status = STATUS_BROKEN };

	OK(store_writer_start(f->dir, NULL, &writer, &f->error));
	leave(&second, NULL);
	leave(&first, &second);
	store_write_later(writer, &first.errand);
	assert_true(first.done && second.done);
	assert_true(pthread_equal(first.told_on, pthread_self()) && pthread_equal(second.told_on, pthread_self()));
	OK(first.status);
	OK(second.status);
	store_writer_counters(writer, &counters);
	assert_int_equal(counters.batches, 1);
	assert_int_equal(counters.jobs, 2);
	store_writer_stop(&writer);
}

/* Told before the commit, it would be told on the thread of who holds the gate, or not at all. */
static void who_leaves_his_jobs_goes_on_and_is_told_by_who_wrote_them(void **state)
{
	struct fixture *f = *state;
	struct store_writer *writer;
	struct store_counters counters;
	struct left left[2] = { { .status = STATUS_BROKEN }, { .status = STATUS_BROKEN } };
	pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

	OK(store_writer_start(f->dir, NULL, &writer, &f->error));
	struct caller caller = { .writer = writer, .watched = { .gate = &gate } };

	call_until_the_gate(&caller);
	leave(&left[1], NULL);
	leave(&left[0], &left[1]);
	store_write_later(writer, &left[0].errand);
	assert_int_equal(waiting(writer), 2);
	assert_false(left[0].done || left[1].done);
	pthread_mutex_unlock(&gate);
	pthread_join(caller.thread, NULL);
	OK(caller.status);
	while (!left[0].done || !left[1].done)
		sched_yield();
	OK(left[0].status);
	OK(left[1].status);
	assert_true(pthread_equal(left[0].told_on, left[1].watched.ran_on));
	assert_false(pthread_equal(left[0].told_on, pthread_self()) || pthread_equal(left[0].told_on, caller.thread));
	store_writer_counters(writer, &counters);
	assert_int_equal(counters.batches, 2);
	assert_int_equal(counters.jobs, 3);
	store_writer_stop(&writer);
}

static void who_leaves_more_than_may_wait_is_told_at_once(void **state)
{
	struct fixture *f = *state;
	struct store_writer *writer;
	struct left stopper = { .status = STATUS_BROKEN };
	pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
	struct left many[1030];

	OK(store_writer_start(f->dir, NULL, &writer, &f->error));
	struct caller caller = { .writer = writer, .watched = { .gate = &gate } };

	call_until_the_gate(&caller);
	for (size_t i = COUNT_OF(many); i-- > 0;) {
		many[i] = (struct left){ .status = STATUS_BROKEN };
		leave(&many[i], i + 1 < COUNT_OF(many) ? &many[i + 1] : NULL);
	}
	store_write_later(writer, &many[0].errand);
	leave(&stopper, NULL);
	store_write_later(writer, &stopper.errand);      /* more wait than may */
	assert_true(stopper.done);
	assert_int_equal(stopper.status, STATUS_TRY_LATER);
	assert_true(*stopper.error.text);
	pthread_mutex_unlock(&gate);
	pthread_join(caller.thread, NULL);
	store_writer_stop(&writer);                      /* finishes what waits */
	for (size_t i = 0; i < COUNT_OF(many); i++) {
		assert_true(many[i].done);
		OK(many[i].status);
	}
}

/* ---- a job that fails ---- */

struct step { const char *name; int runs; bool fails; };

/* Counts up a number of the store, so that what ran twice and stayed twice would be seen. */
static enum status count_up(struct store *store, void *context, struct error *error)
{
	struct step *step = context;
	int64_t number = 0;
	enum status status = store_number_get(store, step->name, &number, error);

	step->runs++;
	if (status == STATUS_OK)
		status = store_number_set(store, step->name, number + 1, error);
	return status == STATUS_OK && step->fails ? error_set(error, STATUS_REFUSED, "%s fails", step->name) : status;
}

static int64_t number_of(struct fixture *f, const char *name)
{
	int64_t number;

	OK(store_number_get(f->store, name, &number, &f->error));
	return number;
}

static void a_job_that_fails_is_undone_alone(void **state)
{
	struct fixture *f = *state;
	struct store_writer *writer;
	struct step steps[4] = { { "first", 0, false }, { "second", 0, true }, { "third", 0, false }, { "fourth", 0, true } };
	void *contexts[4] = { &steps[0], &steps[1], &steps[2], &steps[3] };
	enum status statuses[4];
	struct error errors[4];

	OK(store_writer_start(f->dir, NULL, &writer, &f->error));
	store_write_all(writer, count_up, contexts, 4, statuses, errors);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(statuses[i], steps[i].fails ? STATUS_REFUSED : STATUS_OK);
		assert_int_equal(number_of(f, steps[i].name), steps[i].fails ? 0 : 1);
	}
	assert_string_equal(errors[1].text, "second fails");
	assert_string_equal(errors[3].text, "fourth fails");
	steps[1].fails = steps[3].fails = false;
	for (int i = 0; i < 4; i++)
		steps[i].runs = 0;
	store_write_all(writer, count_up, contexts, 4, statuses, errors);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(statuses[i], STATUS_OK);
		assert_int_equal(steps[i].runs, 1);      /* none of them failed: nothing was done for nothing */
		assert_int_equal(number_of(f, steps[i].name), i % 2 ? 1 : 2);
	}
	for (int i = 0; i < 4; i++)
		steps[i].fails = true;
	store_write_all(writer, count_up, contexts, 4, statuses, errors);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(statuses[i], STATUS_REFUSED);
		assert_int_equal(number_of(f, steps[i].name), i % 2 ? 1 : 2);
	}
	store_writer_stop(&writer);
}

struct spending { int64_t now; int runs; bool fails; int in_minute, in_domain; };

static enum status acknowledge_a_stranger(struct store *store, void *context, struct error *error)
{
	struct spending *spending = context;
	struct facts facts = { .now = spending->now };
	enum status status = store_budget_facts(store, "stranger@far.example", &facts, error);

	spending->runs++;
	spending->in_minute = facts.acknowledgements_minute;
	spending->in_domain = facts.acknowledgements_domain;
	if (status == STATUS_OK && !spending->fails)
		status = store_budget_spend(store, "stranger@far.example", spending->now, error);
	return status == STATUS_OK && spending->fails ? error_set(error, STATUS_REFUSED, "no") : status;
}

/* What a batch counted before it was undone must not count when it is done again: strangers would wait for what nobody got. */
static void a_batch_done_again_spends_once(void **state)
{
	struct fixture *f = *state;
	struct store_writer *writer;
	struct spending steps[4] = { { .now = 1000000 }, { .now = 1000000 }, { .now = 1000000, .fails = true }, { .now = 1000000 } }, look = { .now = 1000000, .fails = true };
	void *contexts[4] = { &steps[0], &steps[1], &steps[2], &steps[3] };
	enum status statuses[4];
	struct error errors[4];

	OK(store_writer_start(f->dir, NULL, &writer, &f->error));
	store_write_all(writer, acknowledge_a_stranger, contexts, 4, statuses, errors);
	for (int i = 0; i < 4; i++)
		assert_int_equal(statuses[i], i == 2 ? STATUS_REFUSED : STATUS_OK);
	assert_int_equal(steps[0].runs, 2);
	assert_int_equal(steps[3].in_minute, 2);
	assert_int_equal(store_write(writer, acknowledge_a_stranger, &look, &f->error), STATUS_REFUSED);
	assert_int_equal(look.in_minute, 3);
	assert_int_equal(look.in_domain, 3);
	store_writer_stop(&writer);
}

/* ---- the log is written in few pieces, and completely ---- */

/* Calls of write(2) and its kin so far; -1: this kernel does not count them. */
static long long writes_so_far(void)
{
	FILE *file = fopen("/proc/thread-self/io", "r");
	char line[100];
	long long count = -1;

	while (file && fgets(line, sizeof line, file))
		sscanf(line, "syscw: %lld", &count);
	if (file)
		fclose(file);
	return count;
}

static void a_commit_is_one_write(void **state)
{
	struct fixture *f = *state;
	long long before, count;

	make_ticket(f, "a@customer.example", "<first@x>");
	before = writes_so_far();
	if (before < 0)
		skip();
	make_ticket(f, "b@customer.example", "<second@x>");
	count = writes_so_far() - before;
	if (strstr(program_invocation_short_name, "plain"))
		assert_in_range(count, 20, 60);  /* a dozen pages, two writes each without sqlite_vfs.c */
	else
		assert_in_range(count, 1, 2);
}

static long log_size(const struct fixture *f)
{
	char path[100];
	struct stat about;

	snprintf(path, sizeof path, "%s/sportello.db-wal", f->dir);
	return stat(path, &about) == 0 ? (long)about.st_size : -1;
}

/* What a commit wrote is in the file when it is told, whatever is synced: 32 bytes, then whole frames. */
static void the_log_is_whole_after_each_commit(void **state)
{
	struct fixture *f = *state;

	OK(sqlite_exec(f->store->engine->db, "PRAGMA synchronous=OFF", &f->error));
	for (int i = 0; i < 20; i++) {
		struct store *other;
		int64_t last = make_ticket(f, "a@customer.example", arena_printf(&f->arena, "<%d@x>", i)), count = 0;

		assert_int_equal((log_size(f) - 32) % (24 + 4096), 0);
		OK(store_open(f->dir, NULL, false, &other, &f->error));
		OK(engine_number(other->engine, &f->error, &count, 0, SQL_TICKET_COUNT, ""));
		store_close(&other);
		assert_int_equal(count, last);
	}
}

/* More than fits into memory, more than the page cache holds (then pages are written and read again before the commit). */
static void a_large_transaction_survives(void **state)
{
	struct fixture *f = *state;
	struct store *other;
	int64_t number = 0;

	OK(sqlite_exec(f->store->engine->db, "PRAGMA cache_size=-64", &f->error));
	OK(store_begin(f->store, &f->error));
	for (int i = 0; i < 3000; i++)
		OK(store_number_set(f->store, arena_printf(&f->arena, "number %d with a name that takes some room", (i * 7919) % 3000), i, &f->error));
	OK(store_commit(f->store, &f->error));
	OK(store_open(f->dir, NULL, false, &other, &f->error));
	for (int i = 0; i < 3000; i++) {
		OK(store_number_get(other, arena_printf(&f->arena, "number %d with a name that takes some room", (i * 7919) % 3000), &number, &f->error));
		assert_int_equal(number, i);
	}
	store_close(&other);
	OK(sqlite_exec(f->store->engine->db, "PRAGMA integrity_check", &f->error));
}

/* ---- what a connection remembers from one transaction to the next ---- */

static bool seen_before(struct fixture *f, struct store *store, const char *message_id)
{
	struct store_spool *spool = spool_of(f->dir, "the raw mail\r\n", 14);
	struct parcel parcel;
	bool duplicate;

	parcel_init(&parcel, "a@customer.example", message_id, "support@example.org", message_id);
	OK(store_begin(store, &f->error));
	OK(take_in(store, &f->arena, &parcel, spool, &duplicate, &f->error));
	OK(store_commit(store, &f->error));
	store_spool_free(&spool);
	return duplicate;
}

static void mails_that_another_connection_took_in_are_seen(void **state)
{
	struct fixture *f = *state;
	struct store *other;
	uint32_t least = sqlite_deferred_least;

	sqlite_deferred_least = 8;                  /* so that keys are merged on the way, too */
	OK(store_open(f->dir, NULL, false, &other, &f->error));
	for (int i = 0; i < 40; i++) {
		const char *id = arena_printf(&f->arena, "<%d@x>", i);
		struct store *first = i % 5 < 3 ? f->store : other, *second = i % 3 ? f->store : other;

		assert_false(seen_before(f, first, id));
		assert_true(seen_before(f, second, id));
		OK(store_begin(first, &f->error));
		OK(sqlite_deferred_merge_step(first->engine, &first->engine->keys[ENGINE_MAILBOX], 3, &f->error));
		if (i % 4 == 1)
			store_rollback(first);
		else
			OK(store_commit(first, &f->error));
	}
	for (int i = 0; i < 40; i++) {
		assert_true(seen_before(f, f->store, arena_printf(&f->arena, "<%d@x>", i)));
		assert_true(seen_before(f, other, arena_printf(&f->arena, "<%d@x>", i)));
	}
	store_close(&other);
	sqlite_deferred_least = least;
}

/* A transaction a little larger than the cache is undone; then somebody else commits. What was gathered of the first may not be written over it. */
static void what_was_undone_is_never_written(void **state)
{
	struct fixture *f = *state;
	struct store *other;
	char *bytes = calloc(1, 50000);
	int64_t number, raw;

	OK(store_open(f->dir, NULL, false, &other, &f->error));
	run_sql(f, "PRAGMA cache_spill=1");
	for (int round = 1; round < 60; round++) {
		OK(store_begin(f->store, &f->error));
		for (int i = 0; i < round; i++) {
			struct store_spool *spool = store_spool_new(f->dir);

			assert_true(store_spool_add(spool, bytes, 50000));
			OK(store_spool_finish(spool, &f->error));
			OK(store_keep_raw(f->store, spool, &raw, &f->error));
			store_spool_free(&spool);
		}
		store_rollback(f->store);
		OK(store_begin(other, &f->error));
		OK(store_number_set(other, "other", round, &f->error));
		OK(store_commit(other, &f->error));
		OK(store_begin(f->store, &f->error));
		OK(store_number_set(f->store, "mine", round, &f->error));
		OK(store_commit(f->store, &f->error));
	}
	store_close(&other);
	store_close(&f->store);
	OK(store_open(f->dir, NULL, false, &f->store, &f->error));
	OK(store_number_get(f->store, "other", &number, &f->error));
	assert_int_equal(number, 59);
	assert_clean(f);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
		WITH_STORE(a_lone_caller_writes_himself), WITH_STORE(who_comes_meanwhile_is_written_together), WITH_STORE(who_is_in_no_hurry_goes_with_who_writes_next),
		WITH_STORE(with_whom_nobody_goes_he_writes_himself),
		WITH_STORE(who_leaves_his_jobs_writes_them_himself_where_nobody_does), WITH_STORE(who_leaves_his_jobs_goes_on_and_is_told_by_who_wrote_them),
		WITH_STORE(who_leaves_more_than_may_wait_is_told_at_once), WITH_STORE(a_job_that_fails_is_undone_alone),
		WITH_STORE(a_batch_done_again_spends_once),
		WITH_STORE(a_commit_is_one_write), WITH_STORE(the_log_is_whole_after_each_commit), WITH_STORE(a_large_transaction_survives),
		WITH_STORE(mails_that_another_connection_took_in_are_seen), WITH_STORE(what_was_undone_is_never_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
