/*
 * daemon_keys.c - the keys that sign tokens, changed by `sportello key` while the daemon runs, here or on another machine of the desk: seen, and taken up by a reload.
 *
 * The file is replaced as a whole, so another inode or time means another content. Log: daemon.keys, then what the reload says.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon_private.h"

#define FOLLOW_US (10 * 1000000LL)

static bool same_keys(const struct desk_keys *a, const struct desk_keys *b)
{
	return a->count == b->count && memcmp(a->key, b->key, a->count * sizeof a->key[0]) == 0;
}

static bool touched(struct daemon *daemon, const char *state_dir)
{
	char path[4096];
	struct stat about;
	snprintf(path, sizeof path, "%s/secret.key", state_dir);
	if (stat(path, &about) != 0)
		return false;
	bool other = daemon->keys_file.inode != about.st_ino || daemon->keys_file.seconds != about.st_mtim.tv_sec
	          || daemon->keys_file.nanoseconds != about.st_mtim.tv_nsec;
	daemon->keys_file.inode = about.st_ino;
	daemon->keys_file.seconds = about.st_mtim.tv_sec;
	daemon->keys_file.nanoseconds = about.st_mtim.tv_nsec;
	return other;
}

/* What another machine on our database changed comes into the file first. */
static void follow(struct daemon *daemon, struct store *store)
{
	int64_t now = clock_monotonic_us();
	struct error error;
	if (now - daemon->keys_followed < FOLLOW_US)
		return;
	daemon->keys_followed = now;
	enum status status = store_keys_follow(store, &error);
	if (status != STATUS_OK && !daemon->keys_trouble)
		log_event(status == STATUS_BAD_CONFIG ? LOG_ERROR : LOG_WARNING, "daemon.keys", "result", "the old keys stay", "why", error.text, NULL);
	daemon->keys_trouble = status != STATUS_OK;
}

void daemon_keys_tick(struct daemon *daemon, struct store *store)
{
	struct config *config = daemon_config(daemon);
	struct desk_keys keys;
	struct error error;
	follow(daemon, store);
	if (touched(daemon, config->state_dir)) {
		if (store_keys(config->state_dir, false, &keys, &error) != STATUS_OK)
			log_event(LOG_ERROR, "daemon.keys", "result", "the old keys stay", "why", error.text, NULL);
		else if (!same_keys(&keys, &config->policy.keys)) {
			log_event(LOG_NOTICE, "daemon.keys", "result", "changed: reading all again", NULL);
			kill(getpid(), SIGHUP);  /* main waits for it, and nobody else */
		}
	}
	config_unref(&config);
}
