/*
 * gateway_train.c - makes a model of the desk's own tickets: what people confirmed, and what the configuration says of the queues.
 *
 * Texts are derived again from the raw mails, so that an erased mail is not in the next model; the newest count most. Seconds of
 * work, for a thread of its own or the command line; only keeping the result takes the database's lock. When it is due is decided
 * here, too: nothing there yet, refused, other queues, enough new confirmations, or some and a day. Log: learn.trained, learn.trouble.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gateway.h"

#define TEXTS_MOST 10000
#define HALF_LIFE_MS (180.0 * 24 * 60 * 60 * 1000)       /* a text so much older than the newest weighs half */
#define LEAST_WEIGHT 0.1
#define FRESH_LEAST 20                           /* new confirmations that are worth a training, or a tenth of all, up to FRESH_MOST */
#define FRESH_MOST 500
#define DAY_MS (24LL * 60 * 60 * 1000)

struct texts { struct learn_text *at; size_t count; };
struct matter { struct texts queues, tags, priorities; };        /* the same mails, told apart by different things */
struct classes { struct learn_class *at; size_t count; };

static void classes_of(struct arena *arena, const struct desk_policy *policy, struct classes *classes)
{
	*classes = (struct classes){0};
	for (size_t i = 1; i < policy->queues.count; i++)
		*ARENA_PUSH(arena, classes) = (struct learn_class){policy->queues.at[i].name, policy->queues.at[i].description};
}

/* What of the configuration a model is made of, in one word. */
static void fingerprint(const struct config *config, char out[LESSON_CONFIGURATION])
{
	unsigned char digest[SHA256_SIZE];
	CLEANUP_BUFFER struct buffer all;
	buffer_init(&all);
	for (size_t i = 0; i < config->policy.queues.count; i++)
		buffer_printf(&all, "%s\t%s\n", config->policy.queues.at[i].name, i ? config->policy.queues.at[i].description : "");
	buffer_printf(&all, "%.4f %d %d", config->learn_precision, config->policy.learn_tags, config->policy.learn_priority);
	sha256_of(all.at, all.length, digest);
	for (size_t i = 0; i < 8; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static const char *text_of_raw(struct arena *arena, struct arena *scratch, struct store *store, int64_t raw)
{
	struct mail_options options = {.light = true};
	struct mail mail;
	struct error error;
	if (store_mail(store, scratch, raw, &options, &mail, &error) != STATUS_OK)
		return NULL;                     /* erased, or damaged: fsck says so */
	return learn_text_of(arena, mail.subject, *mail.reply_text ? mail.reply_text : mail.text);
}

static void add_text(struct arena *arena, struct texts *texts, const char *label, const struct learn_text *text)
{
	struct learn_text *added = ARENA_PUSH(arena, texts);
	*added = *text;
	added->label = label;
}

/* A ticket with two tags is an example of each: one tag will be given at most, the surest. */
static void add_ticket(struct arena *arena, const struct desk_policy *policy, const struct confirmed_row *row, const struct learn_text *text, struct matter *matter)
{
	const struct desk_queue *queue = desk_queue_named(policy, row->queue);
	bool spam = strings_have(&row->tags, SPAM_TAG);          /* says of no queue what belongs there */
	if (spam && policy->learn_tags)
		add_text(arena, &matter->tags, SPAM_TAG, text);
	if (spam)
		return;
	if (queue && queue != &policy->queues.at[0])
		add_text(arena, &matter->queues, queue->name, text);
	if (policy->learn_priority)
		add_text(arena, &matter->priorities, row->priority, text);
	for (size_t i = 0; policy->learn_tags && i < row->tags.count; i++)
		if (strlen(row->tags.at[i]) <= LEARN_LABEL_BYTES)
			add_text(arena, &matter->tags, row->tags.at[i], text);
	if (policy->learn_tags && !row->tags.count)
		add_text(arena, &matter->tags, LEARN_NO_TAG, text);
}

static enum status read_texts(struct arena *arena, struct store *store, const struct desk_policy *policy, learn_go_on *go_on, void *context,
                              struct matter *matter, struct error *error)
{
	CLEANUP_ARENA struct arena scratch = {0};
	struct confirmed_rows rows;
	enum status status = store_confirmed_tickets(store, arena, TEXTS_MOST, &rows, error);
	*matter = (struct matter){0};
	for (size_t i = 0; status == STATUS_OK && i < rows.count; i++) {
		const struct confirmed_row *row = &rows.at[i];
		const char *text = text_of_raw(arena, &scratch, store, row->raw);
		if (go_on && !go_on(context))
			return error_set(error, STATUS_TRY_LATER, "stopped before it was trained");
		double age = (double)(rows.at[rows.count - 1].at - row->at);
		if (text)
			add_ticket(arena, policy, row, &(struct learn_text){NULL, text, row->at, fmax(LEAST_WEIGHT, exp2(-age / HALF_LIFE_MS))}, matter);
		arena_reset(&scratch);
	}
	return status;
}

/* Tags or priorities: without them the queues are learned all the same. */
static enum status train_more(struct learn_input input, const struct texts *texts, const char *quiet, struct lesson *lesson, struct error *error)
{
	struct learn_model *model = NULL;
	enum status status = STATUS_OK;
	input.texts = texts->at;
	input.text_count = texts->count;
	input.class_count = 0;
	input.quiet = quiet;
	if (texts->count && (status = learn_train(&input, &model, error)) != STATUS_OK && status != STATUS_TRY_LATER)
		log_event(LOG_WARNING, "learn.trouble", "why", error->text, NULL);
	gateway_lesson_add(lesson, model);
	learn_free(&model);
	return status == STATUS_TRY_LATER ? status : STATUS_OK;
}

enum status gateway_learn_train(const struct config *config, struct store *store, learn_go_on *go_on, void *context, struct lesson *lesson,
                                struct error *error)
{
	CLEANUP_ARENA struct arena arena = {0};
	struct learn_model *model = NULL;
	struct classes classes;
	struct matter matter;
	*lesson = (struct lesson){.began = clock_now()};
	classes_of(&arena, &config->policy, &classes);
	if (classes.count < 2)
		return error_set(error, STATUS_NOT_FOUND, "there is nothing to choose between: the configuration needs two queues besides the first");
	enum status status = read_texts(&arena, store, &config->policy, go_on, context, &matter, error);
	struct learn_input input = {.texts = matter.queues.at, .text_count = matter.queues.count, .classes = classes.at, .class_count = classes.count,
	                            .precision = config->learn_precision, .go_on = go_on, .context = context};
	if (status == STATUS_OK)
		status = learn_train(&input, &model, error);
	if (status != STATUS_OK)
		return status;
	gateway_lesson_add(lesson, model);
	learn_facts(model, &lesson->facts);
	learn_free(&model);
	status = train_more(input, &matter.tags, LEARN_NO_TAG, lesson, error);
	if (status == STATUS_OK)
		status = train_more(input, &matter.priorities, LEARN_USUAL_PRIORITY, lesson, error);
	fingerprint(config, lesson->configuration);
	buffer_printf(&lesson->note, "%zu texts, %zu queues, precision %g", matter.queues.count, classes.count, config->learn_precision);
	return status;
}

/* ---- when ---- */

static const char *fresh_enough(const struct learned *learned, struct store *store)
{
	struct learn_facts facts;
	struct error error;
	int64_t fresh;
	learn_facts(learned->model, &facts);
	double enough = fmin(FRESH_MOST, fmax(FRESH_LEAST, (double)facts.texts / 10));
	if (store_confirmed_since(store, learned->created, &fresh, &error) != STATUS_OK || fresh < 1)
		return NULL;
	if ((double)fresh >= enough)
		return "enough new tickets";
	return clock_now() - learned->created >= DAY_MS ? "a day has passed" : NULL;
}

static const char *due(const struct learned *learned, const struct config *config, struct store *store)
{
	char print[LESSON_CONFIGURATION];
	struct error error;
	int64_t newest;
	if (store_model_newest(store, &newest, &error) != STATUS_OK)
		return NULL;
	if (!newest)
		return "there is none yet";
	if (!learned || learned->version < newest)
		return "the newest was refused";
	fingerprint(config, print);
	if (strcmp(learned->configuration, print) != 0)
		return "the configuration was changed";
	return fresh_enough(learned, store);
}

const char *gateway_learn_due(struct gateway *gateway, const struct config *config, struct store *store)
{
	if (config->policy.queues.count < 3)
		return NULL;
	struct learned *learned = gateway_learned(gateway);
	const char *why = due(learned, config, store);
	gateway_learned_unref(&learned);
	return why;
}

/* ---- the daemon's ---- */

struct keeping { const struct lesson *lesson; int64_t version; };

static enum status keep(struct store *store, void *context, struct error *error)
{
	struct keeping *keeping = context;
	const struct lesson *lesson = keeping->lesson;
	struct buffer note = lesson->note;
	return store_model_put(store, lesson->began, lesson->configuration, buffer_string(&note), lesson->bytes.at, lesson->bytes.length, &keeping->version, error);
}

void gateway_learn(struct gateway *gateway, const struct config *config, struct store *store, const char *why, learn_go_on *go_on, void *context)
{
	struct lesson lesson;
	struct error error;
	struct keeping keeping = {&lesson, 0};
	int64_t start = clock_monotonic_us();
	enum status status = gateway_learn_train(config, store, go_on, context, &lesson, &error);
	if (status == STATUS_OK)
		status = store_write(gateway->writer, keep, &keeping, &error);
	if (status == STATUS_OK)
		log_event(LOG_NOTICE, "learn.trained", "version", LOG_NUMBER(keeping.version), "what", buffer_string(&lesson.note), "why", why,
		          "milliseconds", LOG_NUMBER((clock_monotonic_us() - start) / 1000), NULL);
	else if (!go_on || go_on(context))               /* not because we stop */
		log_event(LOG_WARNING, "learn.trouble", "why", error.text, NULL);
	gateway_lesson_fini(&lesson);
}
