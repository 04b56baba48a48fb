/*
 * gateway_learn.c - the model that is in use: loaded, swapped while mails come in, and stopped when people correct it too often.
 *
 * A model never changes; mails hold references, and the last to let go frees it. A damaged row is refused and its predecessor serves.
 * The promise is judged by the newest tickets that models routed since routing last stopped; once broken, routing stands still until
 * a later model is there. Log: learn.loaded, learn.refused, learn.stopped, learn.trouble.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway.h"

#define JUDGED_MOST 200                          /* newest routed tickets that count */
#define JUDGED_LEAST 10                          /* fewer say nothing */
#define UNTOUCHED_MS (24LL * 60 * 60 * 1000)     /* a routed ticket that nobody moved for so long counts as right */

struct loading { struct learned parts; int64_t created; char *note; char configuration[LESSON_CONFIGURATION]; };

static void free_models(struct learned *learned)
{
	learn_free(&learned->model);
	learn_free(&learned->tags);
	learn_free(&learned->priority);
}

static bool accept(void *context, const struct model_row *row)
{
	struct loading *loading = context;
	struct error error = {.status = STATUS_BROKEN, .text = "its checksum is wrong"};
	if (!row->whole || !gateway_lesson_open(row->bytes, row->length, &loading->parts, &error)) {
		log_event(LOG_WARNING, "learn.refused", "version", LOG_NUMBER(row->version), "why", error.text, NULL);
		return false;
	}
	loading->created = row->created;
	loading->note = strdup(row->note);
	snprintf(loading->configuration, sizeof loading->configuration, "%s", row->configuration);
	return true;
}

struct learned *gateway_learned_open(struct store *store)
{
	struct loading loading = {0};
	struct error error;
	int64_t version, stopped = 0;
	enum status status = store_model_get(store, accept, &loading, &version, &error);
	if (status == STATUS_OK && version)
		status = store_number_get(store, LEARN_STOPPED, &stopped, &error);
	if (status != STATUS_OK)
		log_event(LOG_WARNING, "learn.trouble", "why", error.text, NULL);
	struct learned *learned = loading.parts.model ? calloc(1, sizeof *learned) : NULL;
	if (!learned) {
		free_models(&loading.parts);
		free(loading.note);
		return NULL;
	}
	*learned = loading.parts;
	learned->version = version;
	learned->created = loading.created;
	learned->note = loading.note;
	memcpy(learned->configuration, loading.configuration, sizeof learned->configuration);
	learned->stopped = version <= stopped;
	learned->refs = 1;
	return learned;
}

void gateway_learned_unref(struct learned **learned)
{
	struct learned *old = *learned;
	*learned = NULL;
	if (!old || --old->refs > 0)
		return;
	free_models(old);
	free(old->note);
	free(old);
}

struct learned *gateway_learned(struct gateway *gateway)
{
	pthread_mutex_lock(&gateway->learned_lock);
	struct learned *learned = gateway->learned;
	if (learned)
		learned->refs++;
	pthread_mutex_unlock(&gateway->learned_lock);
	return learned;
}

/* What serves stays if nothing newer can be loaded: that its own row was damaged meanwhile does not matter to it. */
static void take_over(struct gateway *gateway, struct store *store, int64_t newest)
{
	struct learned *new = gateway_learned_open(store), *old;
	gateway->learned_seen = newest;
	if (new && gateway->learned && new->version <= gateway->learned->version)
		gateway_learned_unref(&new);
	if (!new)
		return;
	struct learn_facts facts;
	learn_facts(new->model, &facts);
	log_event(LOG_NOTICE, "learn.loaded", "version", LOG_NUMBER(new->version), "what", new->note, "bytes", LOG_NUMBER((int64_t)facts.bytes),
	          "routes", facts.threshold <= 1 && !new->stopped ? "yes" : "no", NULL);
	pthread_mutex_lock(&gateway->learned_lock);
	old = gateway->learned;
	gateway->learned = new;
	pthread_mutex_unlock(&gateway->learned_lock);
	gateway_learned_unref(&old);
}

/* What it was made of was erased: nothing serves until it is learned again. */
static void let_go(struct gateway *gateway)
{
	pthread_mutex_lock(&gateway->learned_lock);
	struct learned *old = gateway->learned;
	gateway->learned = NULL;
	gateway->learned_seen = 0;
	pthread_mutex_unlock(&gateway->learned_lock);
	gateway_learned_unref(&old);
}

static enum status remember_stop(struct store *store, void *context, struct error *error)
{
	int64_t newest;
	enum status status = store_model_newest(store, &newest, error);
	return status == STATUS_OK ? store_number_set(store, LEARN_STOPPED, newest, error) : status;
}

static enum status judge(struct gateway *gateway, const struct config *config, struct store *store, struct learned *learned, struct error *error)
{
	int64_t stopped, judged, right;
	enum status status = store_number_get(store, LEARN_STOPPED, &stopped, error);
	if (status == STATUS_OK)
		status = store_routed_judged(store, stopped, clock_now() - UNTOUCHED_MS, JUDGED_MOST, &judged, &right, error);
	if (status != STATUS_OK || judged < JUDGED_LEAST || learn_precision_holds((size_t)judged, (size_t)right, config->learn_precision))
		return status;
	learned->stopped = true;
	log_event(LOG_WARNING, "learn.stopped", "version", LOG_NUMBER(learned->version), "judged", LOG_NUMBER(judged), "right", LOG_NUMBER(right),
	          "why", "people corrected it more often than learn.precision allows: it only suggests until it was trained again", NULL);
	return store_write(gateway->writer, remember_stop, NULL, error);
}

void gateway_learn_watch(struct gateway *gateway, const struct config *config, struct store *store)
{
	struct error error;
	int64_t newest = 0;
	enum status status = store_model_newest(store, &newest, &error);
	if (status == STATUS_OK && !newest && gateway->learned_seen)
		let_go(gateway);
	else if (status == STATUS_OK && newest != gateway->learned_seen)
		take_over(gateway, store, newest);
	struct learned *learned = gateway_learned(gateway);
	if (status == STATUS_OK && learned && !learned->stopped)
		status = judge(gateway, config, store, learned, &error);
	gateway_learned_unref(&learned);
	if (status != STATUS_OK)
		log_event(LOG_WARNING, "learn.trouble", "why", error.text, NULL);
}
