/*
 * daemon_keys.c - the keys that sign tokens, changed by `sportello key` while the daemon runs: seen, and taken up by a reload.
 *
 * The file is replaced as a whole, so another inode or time means another content. Log: daemon.keys, then what the reload says.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon_private.h"

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

void daemon_keys_tick(struct daemon *daemon)
{
	struct config *config = daemon_config(daemon);
	struct desk_keys keys;
	struct error error;
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
