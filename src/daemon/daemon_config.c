/*
 * daemon_config.c - what is configured now. A reload puts another in its place, and who holds a reference keeps the old one for as long.
 */
#include "daemon_private.h"

struct config *daemon_config(struct daemon *daemon)
{
	pthread_mutex_lock(&daemon->lock);
	struct config *config = config_ref(daemon->config);
	pthread_mutex_unlock(&daemon->lock);
	return config;
}

struct ruleset *daemon_rules(struct daemon *daemon)
{
	pthread_mutex_lock(&daemon->lock);
	struct ruleset *rules = rules_ref(daemon->rules);
	pthread_mutex_unlock(&daemon->lock);
	return rules;
}
