/*
 * store_machines.c - what several gateways on one database agree upon: who of them does what only one may do, and what files they work with.
 *
 * The lease (outgoing mail, timers, digests, training, retention) is one row of the database with an end in the database's time. Who has it asks again long before;
 * who hears nothing believes that he lost it while another cannot have it yet, so that no clock but his own and the database's count. Where one machine is all there
 * is, it has the lease always. May not wait: threads that come meanwhile hear what was known.
 */
#include "store_private.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define LEASE "lease"
#define LEASE_SECONDS 15
#define LEASE_RENEW_US (3 * 1000000LL)
#define LEASE_OURS_US (10 * 1000000LL)    /* from when it was asked for: less than the row says */
#define META_FILES "files"               /* a line each machine: its name, when it said so (ms), and digests of its files */
#define FILES_DAYS 30                    /* who was not heard of for so long is gone */

static struct {
	pthread_mutex_t mutex;
	char holder[33];                 /* this process */
	int64_t asked, until;            /* monotonic us */
	int64_t terms;                   /* how often it became ours */
	bool asking;
	_Atomic bool alone;
} lease = { .mutex = PTHREAD_MUTEX_INITIALIZER };

bool store_lease_held(void)
{
	bool held;

	pthread_mutex_lock(&lease.mutex);
	held = lease.alone || clock_monotonic_us() < lease.until;
	pthread_mutex_unlock(&lease.mutex);
	return held;
}

int64_t store_lease_term(void)
{
	int64_t term;

	pthread_mutex_lock(&lease.mutex);
	term = lease.alone ? 1 : clock_monotonic_us() < lease.until ? lease.terms : 0;
	pthread_mutex_unlock(&lease.mutex);
	return term;
}

/* Is it time to ask, and are we who asks? */
static bool shall_ask(int64_t now)
{
	bool ask;

	pthread_mutex_lock(&lease.mutex);
	ask = !lease.asking && (!lease.asked || now >= lease.asked + LEASE_RENEW_US);
	if (ask) {
		CLEANUP_ARENA struct arena arena = { 0 };
		unsigned char name[16];

		if (!*lease.holder) {
			random_bytes(name, sizeof name);
			strcpy(lease.holder, hex_encode(&arena, name, sizeof name));
		}
		lease.asking = true;
	}
	pthread_mutex_unlock(&lease.mutex);
	return ask;
}

static void heard(enum status status, bool ours, int64_t now)
{
	bool had;

	pthread_mutex_lock(&lease.mutex);
	had = clock_monotonic_us() < lease.until;        /* now that the answer is here: nobody else can have had it in between */
	lease.asking = false;
	lease.asked = now;
	if (status == STATUS_OK)
		lease.until = ours ? now + LEASE_OURS_US : 0;
	lease.terms += status == STATUS_OK && ours && !had;
	pthread_mutex_unlock(&lease.mutex);
	if (status == STATUS_OK && ours != had)
		log_event(LOG_NOTICE, "store.lease", "ours", ours ? "yes" : "no", NULL);
}

bool store_has_lease(struct store *store)
{
	int64_t now = clock_monotonic_us();
	bool ours = false;

	if (engine_alone(store->engine)) {
		lease.alone = true;
		return true;
	}
	if (!engine_in_transaction(store->engine) && shall_ask(now)) {
		enum status status = engine_lease(store->engine, LEASE, lease.holder, LEASE_SECONDS, &ours, NULL);

		heard(status, ours, now);
	}
	return store_lease_held();
}

void store_give_lease(struct store *store)
{
	bool ours;

	if (engine_alone(store->engine) || !store_lease_held())
		return;
	engine_lease(store->engine, LEASE, lease.holder, 0, &ours, NULL);
	pthread_mutex_lock(&lease.mutex);
	lease.until = 0;
	pthread_mutex_unlock(&lease.mutex);
}

void store_hint(struct store *store)
{
	engine_hint(store->engine, NULL);
}

bool store_hear(struct store *store, int ms)
{
	return engine_hear(store->engine, ms);
}

/* ---- their files ---- */

static enum status read_files(struct engine *engine, struct arena *arena, struct machines *machines, struct error *error)
{
	struct cursor cursor;
	const char *lines = "";

	*machines = (struct machines){ 0 };
	cursor_open(&cursor, engine, error, SQL_META_GET, "t", META_FILES);
	if (cursor_next(&cursor))
		lines = cursor_text(&cursor, arena, 0);
	if (cursor_close(&cursor) != STATUS_OK)
		return cursor.status;
	for (char *at = arena_string(arena, lines), *line; (line = strsep(&at, "\n"));) {
		char *name = strsep(&line, " "), *when = strsep(&line, " ");

		if (name && when && line)
			*ARENA_PUSH(arena, machines) = (struct machine){ name, strtoll(when, NULL, 10), line };
	}
	return STATUS_OK;
}

enum status store_machine_tell(struct store *store, const char *name, const char *digests, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	CLEANUP_BUFFER struct buffer lines = { 0 };
	struct machines known;
	enum status status;

	if (engine_alone(store->engine))
		return STATUS_OK;
	if ((status = read_files(store->engine, &arena, &known, error)) != STATUS_OK)
		return status;
	for (size_t i = 0; i < known.count; i++)
		if (strcmp(known.at[i].name, name) != 0 && known.at[i].told > clock_now() - FILES_DAYS * 24 * 60 * 60 * 1000LL)
			buffer_printf(&lines, "%s %lld %s\n", known.at[i].name, (long long)known.at[i].told, known.at[i].digests);
	buffer_printf(&lines, "%s %lld %s", name, (long long)clock_now(), digests);
	return engine_run(store->engine, error, SQL_META_SET, "tt", META_FILES, buffer_string(&lines));
}

enum status store_machines(const char *state_dir, const char *url, struct arena *arena, struct machines *machines, struct error *error)
{
	struct engine *engine;
	enum status status = store_look_at_server(state_dir, url, &engine, error);

	*machines = (struct machines){ 0 };
	if (status == STATUS_OK && engine)
		status = read_files(engine, arena, machines, error);
	engine_close(&engine, NULL);
	return status;
}
