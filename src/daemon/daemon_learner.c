/*
 * daemon_learner.c - the one thread that trains the classifier: at lowest priority, off the way of the mails, when it is due.
 *
 * LIBLINEAR draws from rand(): one training at a time in a process, hence one thread. It may fall behind and it may die with
 * the process: all of it can be done again. The keeper takes over what comes out. Log: learn.trained, learn.trouble.
 */
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon_private.h"

#define ROUND_MS 1000
#define REST_US (60LL * 1000 * 1000)             /* between two trainings, whatever happens */
#define NICE 19

static void *learner_thread(void *argument)
{
	struct daemon *daemon = argument;
	struct config *config = daemon_config(daemon);
	struct store *store = NULL;
	struct error error;
	int64_t rest_until = 0;
	enum status status = store_open(config->state_dir, false, &store, &error);
	config_unref(&config);
	if (status != STATUS_OK) {
		log_event(LOG_ERROR, "learn.trouble", "why", error.text, NULL);
		return NULL;
	}
	if (setpriority(PRIO_PROCESS, (id_t)gettid(), NICE) != 0)
		log_event(LOG_DEBUG, "learn.trouble", "why", "the priority could not be lowered", NULL);
	while (!daemon->stopping) {
		config = daemon_config(daemon);
		const char *why = clock_monotonic_us() >= rest_until ? gateway_learn_due(&daemon->gateway, config, store) : NULL;
		if (why) {
			gateway_learn(&daemon->gateway, config, store, why, &daemon->stopping);
			rest_until = clock_monotonic_us() + REST_US;
		}
		config_unref(&config);
		struct pollfd stop = {.fd = daemon->stop_fd, .events = POLLIN};
		poll(&stop, 1, ROUND_MS);
	}
	store_close(&store);
	return NULL;
}

void daemon_learner_start(struct daemon *daemon)
{
	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
	daemon->learning = pthread_create(&daemon->learner, &attributes, learner_thread, daemon) == 0;
	if (!daemon->learning)
		log_event(LOG_ERROR, "learn.trouble", "why", "no thread", NULL);
	pthread_attr_destroy(&attributes);
}

void daemon_learner_stop(struct daemon *daemon)
{
	if (daemon->learning)
		pthread_join(daemon->learner, NULL);
	daemon->learning = false;
}
