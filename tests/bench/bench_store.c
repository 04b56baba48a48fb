/*
 * bench_store.c - how many tickets a second the store takes, through group commit, with a realistic plan.
 *
 * Links the library; no other room does anything in it. Each mail: claim, facts, a ticket, its message
 * (2 KB raw), an acknowledgement with its outbox row, a notice to an agent, participant, history, disposition.
 *   bench_store DIR THREADS SECONDS [SENDERS]     prints mails/s, latency, batches, size of the log
 *   bench_store DIR ask COUNT                     tickets of that many customers, one after the other, as `ticket list --customer` asks for them: ms each
 *   bench_store DIR fill COUNT                    fills the store quickly, for the millionth ticket: nineteen of twenty tickets
 *                                                 closed, all mails sent, everything in the search index
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sqlite/sqlite_private.h"
#include "store/store_private.h"

#define RAW_BYTES 2048
#define FILL_BATCH 2000

static char raw_bytes[RAW_BYTES];
static _Atomic int64_t number;
static int senders = 200000;
static bool stop;

struct job { struct arena *arena; struct incoming incoming; struct mail mail; unsigned char claim[CLAIM_SIZE]; struct store_spool *spool; };

static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static void make_job(struct job *job, struct arena *arena, struct store_spool *spool)
{
	int64_t n = atomic_fetch_add(&number, 1);
	uint64_t random = mix((uint64_t)n + 1);

	*job = (struct job){ .arena = arena, .spool = spool };
	job->mail.message_id = arena_printf(arena, "<%016llx.%lld@mail.customer%d.example>", (unsigned long long)random, (long long)n, (int)(random % 97));
	job->mail.from = (struct mail_address){ arena_printf(arena, "user%d@customer%d.example", (int)(random % (uint64_t)senders), (int)(random % 97)), "Ann Other" };
	job->mail.subject = "The printer on the second floor does not print";
	job->mail.language = "en";
	memcpy(job->mail.body_digest, &random, sizeof random);
	job->incoming = (struct incoming){ .trace = "bench", .envelope_from = job->mail.from.address, .recipient = "support@example.org",
	                                   .mail = &job->mail, .size = RAW_BYTES, .received = clock_now() };
	desk_claim(&job->incoming, job->claim);
	store_spool_reset(spool);
	store_spool_add(spool, raw_bytes, RAW_BYTES);
	store_spool_finish(spool, NULL);
}

static struct effect *add(struct plan *plan, enum effect_kind kind, int64_t ticket)
{
	struct effect *effect = ARENA_PUSH(plan->arena, plan);

	*effect = (struct effect){ .kind = kind, .ticket = ticket, .from = "", .to = "", .why = "" };
	return effect;
}

static struct new_message *add_message(struct plan *plan, int64_t ticket, int seq, enum message_kind kind, const struct mail *mail)
{
	struct effect *effect = add(plan, EFFECT_APPEND_MESSAGE, ticket);
	struct new_message *message = effect->message = ARENA_NEW(plan->arena, struct new_message);
	bool out = kind == MESSAGE_NOTICE;

	*message = (struct new_message){ .seq = seq, .kind = kind, .out = out, .raw = !out, .date = clock_now(), .agent = "", .flags = "",
		.from = out ? (struct mail_address){ "support@example.org", "Acme Support" } : mail->from,
		.message_id = out ? "<12.mabcdefghijkabcdefghijkabcdefghijk@example.org>" : mail->message_id };
	strings_add(plan->arena, &message->to, out ? mail->from.address : "support@example.org");
	return message;
}

static void add_enqueue(struct plan *plan, int64_t id, int64_t ticket, const char *to, const char *template, int seq, const struct mail *mail)
{
	struct outgoing *o = add(plan, EFFECT_ENQUEUE, ticket)->outgoing = ARENA_NEW(plan->arena, struct outgoing);

	*o = (struct outgoing){ .id = id, .trace = "bench", .ticket = ticket, .template = template, .language = "en", .queue = "support",
		.agent = seq ? "" : "bob", .to_agent = !seq, .automatic = true, .from = { "support@example.org", "Acme Support" },
		.reply_to = "support+cabcdefghijkabcdefghijkabcdefghijk@example.org", .seq = seq, .about_seq = 1, .date = clock_now(),
		.envelope_from = "support+babcdefghijkabcdefghijkabcdefghijk@example.org", .in_reply_to = mail->message_id,
		.message_id = "<12.mabcdefghijkabcdefghijkabcdefghijk@example.org>", .subject = "Re: The printer on the second floor does not print [#12]",
		.variables = "name=Ann Other\nqueue=support\nsubject=The printer on the second floor does not print\nnumber=12\nstate=new\n" };
	*ARENA_PUSH(plan->arena, &o->to) = (struct mail_address){ to, "" };
	strings_add(plan->arena, &o->references, mail->message_id);
}

static void decide(struct job *job, const struct facts *facts, struct plan *plan)
{
	int64_t ticket = facts->next_ticket;
	struct new_ticket *create;

	desk_plan_init(plan, job->arena, job->mail.from.address);
	create = add(plan, EFFECT_CREATE_TICKET, ticket)->create = ARENA_NEW(job->arena, struct new_ticket);
	*create = (struct new_ticket){ .state = STATE_NEW, .queue = "support", .agent = "", .priority = "normal", .subject = job->mail.subject,
		.language = "en", .customer = { job->mail.from.address, job->mail.from.name, ROLE_CUSTOMER, NULL } };
	add_message(plan, ticket, 1, MESSAGE_REQUEST, &job->mail);
	add_message(plan, ticket, 2, MESSAGE_NOTICE, &job->mail)->outbox = facts->next_outbox;
	add_enqueue(plan, facts->next_outbox, ticket, job->mail.from.address, "received", 2, &job->mail);
	add(plan, EFFECT_COUNT_ACKNOWLEDGEMENT, ticket)->to = job->mail.from.address;
	add_enqueue(plan, facts->next_outbox + 1, ticket, "bob@example.org", "new", 0, &job->mail);
	struct effect *disposition = add(plan, EFFECT_DISPOSITION, ticket);
	disposition->to = DISPOSITION_TICKET;
	disposition->number = 1;
}

static enum status deliver(struct store *store, void *context, struct error *error)
{
	struct job *job = context;
	struct evidence none = { 0 };
	struct facts facts;
	struct plan plan;
	bool duplicate;
	int64_t raw;
	enum status status = store_claim(store, &job->incoming, job->claim, &duplicate, error);

	if (status == STATUS_OK)
		status = store_facts_of_mail(store, job->arena, &job->incoming, &none, &facts, error);
	if (status != STATUS_OK)
		return status;
	decide(job, &facts, &plan);
	if ((status = store_keep_raw(store, job->spool, &raw, error)) != STATUS_OK)
		return status;
	return store_apply(store, &plan, &(struct delivery_record){ &job->incoming, job->claim, raw }, error);
}

struct worker { struct store_writer *writer; const char *dir; pthread_t thread; uint32_t *us; size_t count, room; };

static void *work(void *argument)
{
	struct worker *worker = argument;
	struct store_spool *spool = store_spool_new(worker->dir);
	struct arena arena = { 0 };
	struct job job;
	struct error error;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		int64_t start;

		make_job(&job, &arena, spool);
		start = clock_monotonic_us();
		if (store_write(worker->writer, deliver, &job, &error) != STATUS_OK) {
			fprintf(stderr, "%s\n", error.text);
			exit(1);
		}
		if (worker->count == worker->room)
			worker->us = realloc(worker->us, (worker->room = worker->room ? 2 * worker->room : 4096) * sizeof *worker->us);
		worker->us[worker->count++] = (uint32_t)(clock_monotonic_us() - start);
		arena_reset(&arena);
	}
	arena_fini(&arena);
	store_spool_free(&spool);
	return NULL;
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void report(struct worker *workers, int count, double seconds, const struct store_counters *counters, const char *dir)
{
	uint32_t *all = NULL;
	size_t n = 0;
	char path[200];
	struct stat wal = { 0 };
	struct rusage usage;

	for (int i = 0; i < count; i++) {
		all = realloc(all, (n + workers[i].count + 1) * sizeof *all);
		memcpy(all + n, workers[i].us, workers[i].count * sizeof *all);
		n += workers[i].count;
	}
	qsort(all, n, sizeof *all, by_size);
	snprintf(path, sizeof path, "%s/sportello.db-wal", dir);
	stat(path, &wal);
	getrusage(RUSAGE_SELF, &usage);
	printf("threads %d: %.0f mails/s  p50 %.2f p99 %.2f p99.9 %.2f max %.1f ms  jobs/batch %.1f  log %.1f MB  CPU %.1f us/mail  rss %ld MB\n",
	       count, (double)n / seconds, all[n / 2] / 1e3, all[n * 99 / 100] / 1e3, all[n * 999 / 1000] / 1e3, all[n - 1] / 1e3,
	       (double)counters->jobs / (double)counters->batches, (double)wal.st_size / 1e6,
	       ((double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec) * 1e6 / (double)n
	       + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / (double)n, usage.ru_maxrss / 1024);
	free(all);
}

static int measure(const char *dir, int count, double seconds)
{
	struct worker *workers = calloc((size_t)count, sizeof *workers);
	struct store_writer *writer;
	struct store_counters counters;
	struct error error;
	int64_t start;

	if (store_writer_start(dir, NULL, &writer, &error) != STATUS_OK)
		return fprintf(stderr, "%s\n", error.text), 1;
	start = clock_monotonic_us();
	for (int i = 0; i < count; i++) {
		workers[i] = (struct worker){ .writer = writer, .dir = dir };
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	}
	usleep((useconds_t)(seconds * 1e6));
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < count; i++)
		pthread_join(workers[i].thread, NULL);
	seconds = (double)(clock_monotonic_us() - start) / 1e6;
	store_writer_counters(writer, &counters);
	report(workers, count, seconds, &counters, dir);
	store_writer_stop(&writer);
	return 0;
}

/* As a desk is that has lived for a while. */
static void age(struct store *store)
{
	sqlite3_exec(store->engine->db, "UPDATE outbox SET state='sent' WHERE state='waiting'; "
	                        "UPDATE ticket SET state='closed', closed_at=updated WHERE id>(SELECT max(id) FROM ticket)-2000 AND id%20<>0", NULL, NULL, NULL);
}

static const char *text_of(void *context, struct arena *arena, struct store *store, const struct message_row *message)
{
	static const char *const words[] = { "printer", "invoice", "tunnel", "password", "morning", "office", "screen", "delivery", "again", "colleague" };
	uint64_t random = mix((uint64_t)message->date + (uint64_t)message->seq);

	return arena_printf(arena, "the %s of the %s is as it was before the %s number%d", words[random % 10], words[random / 10 % 10],
	                    words[random / 100 % 10], (int)(random / 1000 % 50000));
}

static enum status index_all(struct store *store, struct error *error)
{
	size_t done = 1;
	enum status status = STATUS_OK;

	while (done && status == STATUS_OK)
		status = store_search_index(store, 10 * FILL_BATCH, text_of, NULL, &done, error);
	return status;
}

static int fill(const char *dir, int64_t count)
{
	struct store_spool *spool = store_spool_new(dir);
	struct arena arena = { 0 };
	struct store *store;
	struct error error = { 0 };
	enum status status = store_open(dir, NULL, true, &store, &error);

	if (status == STATUS_OK)
		sqlite3_exec(store->engine->db, "PRAGMA synchronous=OFF; PRAGMA cache_size=-65536", NULL, NULL, NULL);
	for (int64_t n = 0; n < count && status == STATUS_OK; n += FILL_BATCH) {
		status = store_begin(store, &error);
		for (int i = 0; i < FILL_BATCH && status == STATUS_OK; i++) {
			struct job job;

			make_job(&job, &arena, spool);
			status = deliver(store, &job, &error);
			arena_reset(&arena);
		}
		age(store);
		if (status == STATUS_OK)
			status = sqlite_deferred_merge_step(store->engine, &store->engine->keys[ENGINE_MAILBOX], 2 * FILL_BATCH, &error);
		if (status == STATUS_OK)
			status = sqlite_deferred_merge_step(store->engine, &store->engine->keys[ENGINE_CONTACT], 2 * FILL_BATCH, &error);
		if (status == STATUS_OK)
			status = store_commit(store, &error);
		store_checkpoint(store);
	}
	if (status == STATUS_OK)
		status = index_all(store, &error);
	fprintf(stderr, "%s\n", status == STATUS_OK ? "filled" : error.text);
	store_close(&store);
	return status != STATUS_OK;
}

static int by_time(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static const char *some_address(struct store *store, struct arena *arena, int i)
{
	sqlite3_stmt *statement;
	const char *address = "";

	sqlite3_prepare_v2(store->engine->db, "SELECT address FROM contact WHERE id>=abs(?1)%(SELECT max(id) FROM contact) ORDER BY id LIMIT 1", -1, &statement, NULL);
	sqlite3_bind_int64(statement, 1, (int64_t)(mix((uint64_t)i + 1) >> 2));
	if (sqlite3_step(statement) == SQLITE_ROW)
		address = arena_string(arena, (const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	return address;
}

static int ask(const char *dir, int count)
{
	int64_t *us = calloc((size_t)count, sizeof *us), found = 0;
	struct store *store;
	struct error error = { 0 };
	enum status status = store_open(dir, NULL, false, &store, &error);

	for (int i = 0; i < count && status == STATUS_OK; i++) {
		CLEANUP_ARENA struct arena arena = { 0 };
		struct query query = { .words = "" };
		struct ticket_ids ids = { 0 };
		int64_t began;

		query_add(&arena, &query, QUERY_CUSTOMER, some_address(store, &arena, i));
		began = clock_monotonic_us();
		status = store_ticket_ids(store, &arena, &query, clock_now(), 0, &ids, &error);
		us[i] = clock_monotonic_us() - began;
		found += (int64_t)ids.count;
	}
	if (status != STATUS_OK)
		return fprintf(stderr, "%s\n", error.text), 1;
	printf("the first: %.3f ms\n", (double)us[0] / 1e3);
	qsort(us, (size_t)count, sizeof *us, by_time);
	printf("%d customers, %lld tickets: p50 %.3f p99 %.3f max %.3f ms\n", count, (long long)found, (double)us[count / 2] / 1e3, (double)us[count * 99 / 100] / 1e3, (double)us[count - 1] / 1e3);
	store_close(&store);
	free(us);
	return 0;
}

int main(int count, char **arguments)
{
	if (count < 4)
		return fprintf(stderr, "bench_store DIR THREADS SECONDS [SENDERS] | DIR fill COUNT | DIR ask COUNT\n"), 64;
	number = clock_now() * 1000;
	if (count > 4)
		senders = atoi(arguments[4]);
	if (strcmp(arguments[2], "fill") == 0)
		return fill(arguments[1], atoll(arguments[3]));
	if (strcmp(arguments[2], "ask") == 0)
		return ask(arguments[1], atoi(arguments[3]));
	return measure(arguments[1], atoi(arguments[2]), atof(arguments[3]));
}
