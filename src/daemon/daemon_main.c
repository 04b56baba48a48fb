/*
 * daemon_main.c - sportellod: start, signals, stop.
 *
 * Order of the start: configuration, keys, sandbox, store, writer, outbox, pages, LMTP last, so that nothing is accepted before it can
 * be kept. The stop is the reverse. TERM and INT: what was accepted is finished, everybody else hears 421. HUP: the configuration is
 * read again; a bad one is reported and the old one stays. Exit codes are sysexits(3).
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon_private.h"
#include "mirror.h"

#define DEFAULT_CONFIG "/etc/sportello/sportello.conf"

static void report(const struct config_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		const struct config_problem *problem = &problems->at[i];
		log_event(problem->warning ? LOG_WARNING : LOG_ERROR, "config.problem", "file", problem->file, "line", LOG_NUMBER(problem->line),
		          "key", problem->key, "text", problem->text, NULL);
	}
}

/* With its parents, for us alone: it holds everybody's mail and the key. */
static enum status make_state_dir(const char *path, struct error *error)
{
	char part[4096];
	for (const char *at = path; at; ) {
		at = strchr(at + 1, '/');
		snprintf(part, sizeof part, "%.*s", at ? (int)(at - path) : (int)strlen(path), path);
		if (!directory_make(part, at ? 0755 : 0750))
			return error_set(error, STATUS_TRY_LATER, "desk.state_dir %s: %s cannot be made: %s", path, part, strerror(errno));
	}
	return STATUS_OK;
}

static bool same_listeners(const struct config *a, const struct config *b)
{
	bool same = a->lmtp_listen.count == b->lmtp_listen.count;
	for (size_t i = 0; same && i < a->lmtp_listen.count; i++)
		same = strcmp(a->lmtp_listen.at[i].text, b->lmtp_listen.at[i].text) == 0;
	return same;
}

/* Who changes them and reloads shall not wonder why nothing happens. */
static void tell_what_waits(const struct config *old, const struct config *new)
{
	const struct { const char *key; bool waits; } rows[] = {
		{"desk.state_dir", strcmp(new->state_dir, old->state_dir) != 0}, {"store.url", strcmp(new->store_url, old->store_url) != 0}, {"lmtp.listen", !same_listeners(new, old)},
		{"web.listen", strcmp(new->web_listen.text, old->web_listen.text) != 0}, {"web.admin_listen", strcmp(new->admin_listen.text, old->admin_listen.text) != 0},
		{"mirror.maildir", !*old->mirror_maildir && *new->mirror_maildir},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].waits)
			log_event(LOG_WARNING, "daemon.reload", "key", rows[i].key, "result", "takes effect at the next start", NULL);
}

/* A reload moves nothing: mails, the key and the database stay where they were at the start, also for who opens them later. */
static void stay(const struct config *old, struct config *new)
{
	tell_what_waits(old, new);
	new->state_dir = arena_string(&new->arena, old->state_dir);
	new->store_url = arena_string(&new->arena, old->store_url);
}

static enum status load_config(const struct daemon *daemon, struct arena *arena, struct config **config, struct error *error)
{
	struct config_problems problems = {0};
	enum status status = config_load(daemon->config_file, arena, config, &problems);
	report(&problems);
	if (status != STATUS_OK)
		return error_set(error, STATUS_BAD_CONFIG, "the configuration %s cannot be used%s", daemon->config_file, daemon_sandbox_hint(daemon));
	if (daemon->config)
		stay(daemon->config, *config);
	if ((status = daemon_sandbox_fits(daemon, *config, error)) != STATUS_OK)
		config_unref(config);
	return status;
}

/* The configuration and the rules that go with it: both or none. */
static enum status load(const struct daemon *daemon, struct config **config, struct ruleset **rules, struct error *error)
{
	CLEANUP_ARENA struct arena arena;
	struct config_problems problems = {0};
	arena_init(&arena);
	enum status status = load_config(daemon, &arena, config, error);
	if (status != STATUS_OK)
		return status;
	status = rules_load(*config, &arena, &problems, rules);
	report(&problems);
	if (status != STATUS_OK) {
		config_unref(config);
		return error_set(error, STATUS_BAD_CONFIG, "the rules cannot be used%s", daemon_sandbox_hint(daemon));
	}
	status = make_state_dir((*config)->state_dir, error);
	if (status == STATUS_OK)
		status = store_keys((*config)->state_dir, true, &(*config)->policy.keys, error);
	if (status != STATUS_OK) {
		rules_unref(rules);
		config_unref(config);
	}
	return status;
}

/* Below 1024, since libetpan selects; large enough for every connection. */
static void limit_descriptors(void)
{
	struct rlimit limit = {LIMIT_FDS, LIMIT_FDS};
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		log_event(LOG_WARNING, "daemon.limit", "what", "open files", "why", strerror(errno), NULL);
}

/* Two daemons on one state directory would send every mail twice. */
static enum status lock_state(const char *state_dir, struct error *error)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/sportellod.lock", state_dir);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_set(error, STATUS_TRY_LATER, "desk.state_dir %s: cannot be written: %s", state_dir, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		close(fd);
		return error_set(error, STATUS_TRY_LATER, "desk.state_dir %s: another sportellod works in it", state_dir);
	}
	return STATUS_OK;                        /* the descriptor stays open as long as the process lives */
}

static void wake_outbox(void *context)
{
	outbox_wake(((struct daemon *)context)->outbox);
}

/* Mail that a daemon took at the old place while it was copied, and since, is not here; only somebody who knows can say whether that is meant. */
static void warn_of_copy(const struct config *config)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct store_copy_stand stand;
	struct error error;

	if (store_copy_stand(config->state_dir, config->store_url, &arena, &stand, &error) == STATUS_OK && stand.beside)
		log_event(LOG_WARNING, "store.copied_beside", "why", "a sportellod worked where this database was copied from: what it took since is not here", NULL);
}

static enum status start(struct daemon *daemon, struct error *error)
{
	struct config *config = daemon->config;
	struct store *store = NULL;
	enum status status = store_open(config->state_dir, config->store_url, true, &store, error);       /* makes and migrates it, once */
	if (status == STATUS_OK)
		status = store_moved(store, error);
	if (status == STATUS_OK)
		warn_of_copy(config);
	if (status == STATUS_OK)
		status = store_keys_agree(store, error);
	if (status == STATUS_OK)                   /* another machine may have changed them while we were down */
		status = store_keys(config->state_dir, false, &config->policy.keys, error);
	store_close(&store);
	if (status == STATUS_OK)
		status = store_writer_start(config->state_dir, config->store_url, &daemon->gateway.writer, error);
	if (status == STATUS_OK)
		status = store_open(config->state_dir, config->store_url, false, &daemon->gateway.reader, error);
	if (status == STATUS_OK)
		status = outbox_start(config, daemon->gateway.writer, &daemon->outbox, error);
	if (status == STATUS_OK && (*config->web_listen.text || *config->admin_listen.text))
		status = store_open(config->state_dir, config->store_url, false, &daemon->web_store, error);
	if (status == STATUS_OK)
		gateway_book_settle(&daemon->gateway, config);
	daemon->admin_apart = *config->admin_listen.text;
	if (status == STATUS_OK && *config->web_listen.text)
		status = web_start("web.listen", config->web_listen.host, config->web_listen.port, config->web_request_seconds, daemon_page, daemon, &daemon->web, error);
	if (status == STATUS_OK && *config->admin_listen.text)
		status = web_start("web.admin_listen", config->admin_listen.host, config->admin_listen.port, config->web_request_seconds, daemon_admin_page, daemon, &daemon->admin, error);
	if (status == STATUS_OK)
		status = daemon_listen(daemon, config, error);
	if (status != STATUS_OK)
		return status;
	daemon->gateway.outgoing_waits = wake_outbox;
	daemon->gateway.context = daemon;
	gateway_lane_start(&daemon->gateway.lane);
	gateway_learn_watch(&daemon->gateway, config, daemon->gateway.reader);
	if (daemon->kb)
		daemon_kb_learn(daemon, daemon->kb, daemon->gateway.reader);
	daemon_worker_start(daemon, &daemon->keeper);
	daemon_worker_start(daemon, &daemon->indexer);
	daemon_worker_start(daemon, &daemon->learner);
	daemon_worker_start(daemon, &daemon->backer);
	daemon_worker_start(daemon, &daemon->canary_sender);
	daemon_worker_start(daemon, &daemon->retainer);
	daemon_worker_start(daemon, &daemon->reporter);
	if (*config->mirror_maildir)
		daemon_worker_start(daemon, &daemon->mirrorer);
	return daemon_lmtp_start(daemon, error);
}

static void stop(struct daemon *daemon)
{
	uint64_t one = 1;
	daemon_notify("STOPPING=1");
	daemon->stopping = true;
	if (write(daemon->stop_fd, &one, sizeof one) < 0)
		log_event(LOG_ERROR, "daemon.stop", "why", strerror(errno), NULL);
	daemon_lmtp_stop(daemon);
	gateway_lane_stop(&daemon->gateway.lane);
	daemon_worker_stop(&daemon->mirrorer);
	mirror_close(&daemon->mirror);
	daemon_worker_stop(&daemon->learner);
	daemon_worker_stop(&daemon->backer);
	daemon_worker_stop(&daemon->canary_sender);
	daemon_worker_stop(&daemon->retainer);
	daemon_worker_stop(&daemon->reporter);
	daemon_worker_stop(&daemon->indexer);
	daemon_worker_stop(&daemon->keeper);
	web_stop(&daemon->web);
	web_stop(&daemon->admin);
	store_close(&daemon->web_store);
	outbox_stop(&daemon->outbox);
	store_close(&daemon->gateway.reader);
	store_writer_stop(&daemon->gateway.writer);
	gateway_learned_unref(&daemon->gateway.learned);
	gateway_book_forget(&daemon->gateway);
}

/* Listeners, the state directory and the database stay as they were at the start; everything else is taken over. */
static void reload(struct daemon *daemon)
{
	struct config *new, *old;
	struct ruleset *new_rules, *old_rules;
	struct kb *old_kb = NULL, *new_kb = NULL;
	struct error error;
	daemon_notify("RELOADING=1");
	if (load(daemon, &new, &new_rules, &error) != STATUS_OK) {
		log_event(LOG_ERROR, "daemon.reload", "result", "the old configuration stays", "why", error.text, NULL);
		daemon_notify("READY=1");
		return;
	}
	log_set_level(new->log_level);
	log_set_addresses((enum log_addresses)new->log_addresses);
	outbox_reconfigure(daemon->outbox, new);
	gateway_book_settle(&daemon->gateway, new);
	bool other_kb = !daemon->kb || strcmp(new->kb_dir, daemon->config->kb_dir) != 0;
	if (other_kb)
		new_kb = daemon_kb_open(new->kb_dir);
	pthread_mutex_lock(&daemon->lock);
	old = daemon->config;
	old_rules = daemon->rules;
	daemon->config = new;
	daemon->rules = new_rules;
	if (other_kb) {
		old_kb = daemon->kb;
		daemon->kb = new_kb;
	}
	pthread_mutex_unlock(&daemon->lock);
	kb_close(&old_kb);
	rules_unref(&old_rules);
	config_unref(&old);
	log_event(LOG_NOTICE, "daemon.reload", "result", "done", NULL);
	daemon_notify("READY=1");
}

static void wait_for_signals(struct daemon *daemon, const sigset_t *signals)
{
	for (int signal = 0; signal != SIGTERM && signal != SIGINT;) {
		if (sigwait(signals, &signal) == 0 && signal == SIGHUP)
			reload(daemon);
	}
}

/* Before any thread: they inherit the mask, and only main waits for signals. */
static void block_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, signals, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int fail(const struct error *error)
{
	log_event(LOG_ERROR, "daemon.cannot-start", "why", error->text, NULL);
	return status_exit_code(error->status);
}

static int usage(FILE *out, int code)
{
	fprintf(out, "usage: sportellod [-c FILE] [-V]\n"
	             "  -c FILE  configuration (" DEFAULT_CONFIG ")\n"
	             "  -V       version\n"
	             "Runs in the foreground and logs to standard error. See sportellod(8).\n");
	return code;
}

static int parse_options(int argc, char **argv, const char **file)
{
	static const struct option longs[] = {{"config", required_argument, NULL, 'c'}, {"version", no_argument, NULL, 'V'},
	                                      {"help", no_argument, NULL, 'h'}, {0}};
	for (int option; (option = getopt_long(argc, argv, "c:Vh", longs, NULL)) != -1;) {
		switch (option) {
		case 'c': *file = optarg; break;
		case 'V': puts("sportellod " SPORTELLO_VERSION); return 0;
		case 'h': return usage(stdout, 0);
		default: return usage(stderr, 64);
		}
	}
	return optind < argc ? usage(stderr, 64) : -1;
}

int main(int argc, char **argv)
{
	static struct daemon daemon = {.lock = PTHREAD_MUTEX_INITIALIZER, .web_lock = PTHREAD_MUTEX_INITIALIZER, .gateway.reader_lock = PTHREAD_MUTEX_INITIALIZER,
	                               .gateway.learned_lock = PTHREAD_MUTEX_INITIALIZER, .slots.lock = PTHREAD_MUTEX_INITIALIZER,
	                               .keeper = {.name = "keeper", .round = daemon_keeper_round},
	                               .mirrorer = {.name = "mirror", .nice = 10, .round = daemon_mirror_round},
	                               .reporter = {.name = "reports", .nice = 10, .round = daemon_events_round},
	                               .indexer = {.name = "indexer", .nice = 10, .round = daemon_indexer_round},
	                               .backer = {.name = "backup", .nice = 19, .storeless = true, .round = daemon_backup_round},
	                               .canary_sender = {.name = "selftest", .nice = 10, .storeless = true, .round = daemon_canary_round},
	                               .retainer = {.name = "retention", .nice = 19, .storeless = true, .round = daemon_retention_round},
                               .learner = {.name = "learn", .nice = 19, .round = daemon_learner_round},
	                               .config_file = DEFAULT_CONFIG};
	struct error error;
	sigset_t signals;
	int code = parse_options(argc, argv, &daemon.config_file);
	if (code >= 0)
		return code;
	daemon_memory_begin();
	if (rules_init(&error) != STATUS_OK)             /* before any thread and any secret: it forks the workers' parent */
		return fail(&error);
	block_signals(&signals);
	umask(0077);
	mail_init();
	limit_descriptors();
	if (load(&daemon, &daemon.config, &daemon.rules, &error) != STATUS_OK)
		return fail(&error);
	log_set_level(daemon.config->log_level);
	log_set_addresses((enum log_addresses)daemon.config->log_addresses);
	daemon.kb = daemon_kb_open(daemon.config->kb_dir);
	daemon.started = clock_now();
	clock_check(daemon.config->clock_doubt_seconds * 1000LL);        /* whoever sets the clock from now on is seen, also before the keeper's first round */
	daemon.stop_fd = eventfd(0, EFD_CLOEXEC);
	if (lock_state(daemon.config->state_dir, &error) != STATUS_OK || daemon_sandbox(&daemon, &error) != STATUS_OK
	    || start(&daemon, &error) != STATUS_OK)
		return fail(&error);
	daemon_memory_settle();
	log_event(LOG_NOTICE, "daemon.ready", "version", SPORTELLO_VERSION, "state", daemon.config->state_dir, NULL);
	daemon_notify("READY=1");
	wait_for_signals(&daemon, &signals);
	log_event(LOG_NOTICE, "daemon.stopping", NULL);
	stop(&daemon);
	kb_close(&daemon.kb_taught);
	kb_close(&daemon.kb);
	rules_unref(&daemon.rules);
	config_unref(&daemon.config);
	rules_fini();
	log_event(LOG_NOTICE, "daemon.stopped", NULL);
	return 0;
}
