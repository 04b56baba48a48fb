/*
 * daemon_kb.c - the knowledge base while the daemon runs: opened, held, looked through for changes every few seconds, and taught what
 * customers said of its articles.
 *
 * A folder that is not there is no trouble: no articles are suggested, and they are seen when it comes. Diagnostics: kb.problem for each
 * file that cannot be used as it is, kb.changed, kb.trouble when the folder is gone or cannot be read any more; nothing twice in a row.
 */
#include <string.h>
#include <unistd.h>

#include "daemon_private.h"

#define REFRESH_US (2 * 1000 * 1000)
#define LEARN_REST 10

struct kb *daemon_kb(struct daemon *daemon)
{
	pthread_mutex_lock(&daemon->lock);
	struct kb *kb = kb_ref(daemon->kb);
	pthread_mutex_unlock(&daemon->lock);
	return kb;
}

static void report(const struct kb_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		log_event(LOG_WARNING, "kb.problem", "file", problems->at[i].file, "line", LOG_NUMBER(problems->at[i].line),
		          "text", problems->at[i].text, NULL);
}

struct kb *daemon_kb_open(const char *dir)
{
	CLEANUP_ARENA struct arena arena;
	struct kb_problems problems = {NULL, 0};
	struct error error;
	struct kb *kb;
	arena_init(&arena);
	if (kb_open(dir, &kb, &arena, &problems, &error) != STATUS_OK)
		log_event(LOG_WARNING, "kb.trouble", "why", error.text, NULL);
	else if (access(dir, F_OK) == 0)
		report(&problems);
	return kb;
}

/* A file that cannot be used is met again at each look: it is said when something else is to be said, too. */
static bool is_new(struct daemon *daemon, const struct kb_problems *problems)
{
	uint64_t sum = 1469598103934665603u;
	for (size_t i = 0; i < problems->count; i++) {
		for (const char *at = problems->at[i].file; *at; at++)
			sum = (sum ^ (unsigned char)*at) * 1099511628211u;
		for (const char *at = problems->at[i].text; *at; at++)
			sum = (sum ^ (unsigned char)*at) * 1099511628211u;
	}
	bool new = problems->count && sum != daemon->kb_problems;
	daemon->kb_problems = sum;
	return new;
}

static void refresh(struct daemon *daemon, struct kb *kb)
{
	CLEANUP_ARENA struct arena arena;
	struct kb_problems problems = {NULL, 0};
	struct error error;
	size_t changed = 0;
	arena_init(&arena);
	bool good = kb_refresh(kb, &arena, &problems, &changed, &error) == STATUS_OK;
	if (!good && daemon->kb_good)
		log_event(LOG_WARNING, "kb.trouble", "why", error.text, NULL);
	daemon->kb_good = good;
	if (good && changed)
		log_event(LOG_INFO, "kb.changed", "articles", LOG_NUMBER(changed), NULL);
	if (is_new(daemon, &problems))
		report(&problems);
}

/* All that customers ever said: once for each kb, and again when somebody said something. A large desk's lessons take seconds of work, so they
 * are given a rest of ten times as long. */
void daemon_kb_learn(struct daemon *daemon, struct kb *kb, struct store *store)
{
	int64_t start = clock_monotonic_us();
	if (start < daemon->kb_rest_until)
		return;
	if (kb != daemon->kb_taught) {
		kb_close(&daemon->kb_taught);
		daemon->kb_taught = kb_ref(kb);
		daemon->kb_said = 0;
	}
	gateway_kb_learn(kb, store, &daemon->kb_said);
	daemon->kb_rest_until = start + LEARN_REST * (clock_monotonic_us() - start);
}

void daemon_kb_tick(struct daemon *daemon, struct store *store)
{
	int64_t now = clock_monotonic_us();
	struct kb *kb = daemon_kb(daemon);
	if (kb)
		daemon_kb_learn(daemon, kb, store);
	if (kb && now - daemon->kb_looked >= REFRESH_US) {
		daemon->kb_looked = now;
		refresh(daemon, kb);
	}
	kb_close(&kb);
}
