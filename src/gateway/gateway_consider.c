/*
 * gateway_consider.c - what would become of a mail: parse it, ask rules, classifier and articles, gather the facts, let the desk decide.
 *
 * The one way, for the intake (which then applies the plan, in the same transaction) and for every dry run. It applies nothing. Most
 * replies join their ticket, where the classifier has nothing to say: it is asked about a reply only after the store has told that the
 * reply opens one. Rules and articles never fail: their trouble stands in the verdict. Where there is no store, every mail is new.
 */
#include "gateway.h"
#include "limits.h"
#include "outbox.h"

/* ---- the reader is shared by the threads of a daemon ---- */

static void lock(const struct advisers *advisers)
{
	if (advisers->lock)
		pthread_mutex_lock(advisers->lock);
}

static void unlock(const struct advisers *advisers)
{
	if (advisers->lock)
		pthread_mutex_unlock(advisers->lock);
}

/* ---- parse ---- */

/* Asked only for a Message-ID of ours: plain intake pays nothing. */
static const char *answered(const void *context, struct arena *arena, const char *message_id)
{
	const struct advisers *advisers = context;
	const struct outbox_answered from = {advisers->reader, advisers->policy, &advisers->config->templates};
	struct token token;
	if (!advisers->reader || !desk_message_id_read(advisers->policy, message_id, &token))
		return NULL;
	lock(advisers);
	const char *text = outbox_answered(&from, arena, message_id);
	unlock(advisers);
	return text;
}

/* What rules, classifier, articles and desk ask for: attachments are not decoded, a long text is not read to its end. Only an agent's
 * words are needed whole: they go to the customer. */
void gateway_look(const struct advisers *advisers, struct arena *arena, const struct mail_source *source, const char *envelope_from,
                  const char *recipient, bool whole, struct mail *mail)
{
	struct mail_options options = {.authserv_id = advisers->config->authserv_id, .envelope_from = envelope_from, .recipient = recipient,
	                               .light = !whole, .text_most = whole ? 0 : LIMIT_INTAKE_TEXT, .answered = answered, .answered_context = advisers};
	mail_parse(arena, source, &options, mail);
	if (mail->text_cut && !whole && desk_agent_with_address(advisers->policy, mail->from.address)) {
		options.text_most = 0;
		mail_parse(arena, source, &options, mail);
	}
}

/* ---- ask ---- */

static bool sender_known(const struct advisers *advisers, const struct mail *mail)
{
	struct error error;
	bool known = false;
	lock(advisers);
	if (advisers->reader && store_sender_known(advisers->reader, mail->from.address, &known, &error) != STATUS_OK)
		known = false;                   /* the rules then see known:no; the mail goes on */
	unlock(advisers);
	return known;
}

/* Of a mail that proves by itself who wrote it: rules treat all others as anybody. */
static const struct standing *standing_of(const struct advisers *advisers, struct arena *arena, const struct mail *mail)
{
	struct error error;
	struct standing *standing = ARENA_NEW(arena, struct standing);
	if (!advisers->reader || !desk_proves_standing(arena, mail, NULL))
		return NULL;
	lock(advisers);
	enum status status = store_standing(advisers->reader, arena, mail->from.address, standing, &error);
	unlock(advisers);
	return status == STATUS_OK ? standing : NULL;
}

static void ask_rules(const struct advisers *advisers, struct arena *arena, const struct mail_source *source, struct considered *all, size_t count)
{
	const struct mail *mail = all->incoming.mail;
	struct rules_keywords keywords = {0};
	if (!advisers->rules || !rules_script_count(advisers->rules))
		return;
	bool known = rules_ask_known(advisers->rules) && sender_known(advisers, mail);
	const struct standing *standing = rules_ask_standing(advisers->rules) ? standing_of(advisers, arena, mail) : NULL;
	rules_match(advisers->rules, mail, arena, &keywords);
	for (size_t i = 0; i < count; i++)
		all[i].verdict = gateway_ask_rules(advisers->rules, &all[i].incoming, source, known, standing, &keywords, arena);
}

/* Where the rules leave the queue open, what was learned may choose it. */
static void ask_model(const struct advisers *advisers, struct arena *arena, struct considered *this)
{
	this->verdict = gateway_ask_model(advisers->learned, advisers->policy, &this->incoming, this->verdict, arena);
}

/* Of an agent's mail: what he had before him when he wrote. */
static void know_notices(const struct advisers *advisers, struct arena *arena, const struct evidence *evidence, struct incoming *incoming)
{
	if (!advisers->reader || !gateway_is_agents(advisers->policy, incoming))
		return;
	lock(advisers);
	gateway_know_notices(advisers->reader, advisers->policy, &advisers->config->templates, arena, evidence, incoming);
	unlock(advisers);
}

/* Of an agent's mail that asks for one: the saved replies. */
static void know_replies(const struct advisers *advisers, struct arena *arena, struct incoming *incoming)
{
	struct saved_replies *replies;

	if (!desk_agent_with_address(advisers->policy, incoming->mail->from.address) || !desk_asks_for_saved(arena, incoming->mail->reply_text))
		return;
	replies = ARENA_NEW(arena, struct saved_replies);
	config_replies(advisers->config, arena, replies, NULL);
	incoming->replies = replies;
}

void gateway_ask(const struct advisers *advisers, struct arena *arena, const struct mail_source *source, struct considered *all, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		desk_evidence(arena, advisers->policy, &all[i].incoming, &all[i].evidence);
		desk_claim(&all[i].incoming, all[i].claim);
	}
	ask_rules(advisers, arena, source, all, count);
	for (size_t i = 0; i < count; i++) {
		struct considered *this = &all[i];
		this->unasked = advisers->learned && this->incoming.mail->kind == MAIL_REPLY;
		if (advisers->learned && !this->unasked)
			ask_model(advisers, arena, this);
		gateway_ask_kb(advisers->kb, advisers->policy, &this->incoming, this->verdict, arena, &this->suggestion);
		know_notices(advisers, arena, &this->evidence, &this->incoming);
		know_replies(advisers, arena, &this->incoming);
		if (this->incoming.mail->attachments.count)
			this->incoming.house_file = gateway_house_file(advisers->policy, source, &this->incoming, &this->evidence);
	}
}

void gateway_ask_again(const struct advisers *advisers, struct arena *arena, struct considered *this)
{
	if (advisers->learned)
		ask_model(advisers, arena, this);
	this->unasked = this->opens = false;
}

/* ---- decide ---- */

enum status gateway_decide(const struct desk_policy *policy, struct store *store, struct arena *arena, struct considered *this, struct error *error)
{
	struct facts facts = {.now = this->incoming.received, .next_ticket = 1, .next_outbox = 1, .sender_language = "", .last_agent = ""};
	enum status status = store ? store_facts_of_mail(store, arena, &this->incoming, &this->evidence, &facts, error) : STATUS_OK;
	if (status == STATUS_OK && store)
		status = gateway_add_loads(store, arena, policy, &this->incoming, this->verdict, &facts, error);
	if (status != STATUS_OK)
		return status;
	if (this->at)
		facts.now = this->at;
	facts.verdict = this->verdict;
	facts.suggestion = this->suggestion;
	desk_plan_init(&this->plan, arena, NULL);
	desk_decide_mail(policy, &this->incoming, &facts, &this->plan);
	this->opens = this->unasked && desk_plan_has(&this->plan, EFFECT_CREATE_TICKET);
	return STATUS_OK;
}

/* ---- the whole, for who applies nothing ---- */

/* The claim is the one question that writes (it counts the repetition), so it is asked in a transaction that is rolled back. */
static bool is_duplicate(struct store *store, const struct considered *this)
{
	bool duplicate = false;
	struct error error;
	if (!store || store_begin(store, &error) != STATUS_OK)
		return false;
	if (store_claim(store, &this->incoming, this->claim, &duplicate, &error) != STATUS_OK)
		duplicate = false;
	store_rollback(store);
	return duplicate;
}

enum status gateway_consider(const struct advisers *advisers, struct arena *arena, const struct mail_source *source, struct considered *this,
                             struct error *error)
{
	struct store *store = this->as_new ? NULL : advisers->reader;
	desk_address(advisers->policy, this->incoming.recipient, &this->incoming.address);
	desk_plan_init(&this->plan, arena, NULL);
	if (this->incoming.address.class == ADDRESS_UNKNOWN)
		return STATUS_OK;
	gateway_ask(advisers, arena, source, this, 1);
	this->duplicate = is_duplicate(store, this);
	if (this->duplicate)
		return STATUS_OK;
	enum status status = gateway_decide(advisers->policy, store, arena, this, error);
	if (status == STATUS_OK && this->opens) {
		gateway_ask_again(advisers, arena, this);
		status = gateway_decide(advisers->policy, store, arena, this, error);
	}
	return status;
}
