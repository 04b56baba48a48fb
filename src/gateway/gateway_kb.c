/*
 * gateway_kb.c - asks the knowledge base about one delivery, where the customer may be shown articles at all; and teaches it what customers
 * said of them.
 *
 * Silence is the rule: only a person's request to a queue's own address is asked about, and what the kb itself is not sure of is nothing.
 * Whether the request is held for it is the desk's. Never fails, writes nothing. Log: kb.learned.
 */
#include <string.h>

#include "gateway.h"

static bool becomes_no_ticket(const struct verdict *verdict)
{
	return verdict->reject || verdict->discard || verdict->redirects.count;
}

/* NULL: say nothing. */
static const struct desk_queue *queue_that_suggests(const struct desk_policy *policy, const struct incoming *incoming, const struct verdict *verdict)
{
	const struct desk_queue *queue = incoming->address.queue;
	const struct mail *mail = incoming->mail;
	if (incoming->address.class != ADDRESS_QUEUE || mail->kind != MAIL_REQUEST || !mail->auto_answer_allowed || mail->list_mail)
		return NULL;
	if (desk_agent_with_address(policy, mail->from.address) || desk_address_is_ours(policy, mail->from.address))
		return NULL;
	if (verdict && (becomes_no_ticket(verdict) || (verdict->priority && strcmp(verdict->priority, "urgent") == 0)))
		return NULL;
	if (verdict && verdict->queue)
		queue = desk_queue_named(policy, verdict->queue);
	return queue && queue->kb != KB_OFF ? queue : NULL;
}

static void keep_article(struct arena *arena, struct suggestion *suggestion, const struct kb_scored *scored)
{
	*ARENA_PUSH(arena, &suggestion->articles) = (struct desk_article){arena_string(arena, scored->article), arena_string(arena, scored->language),
	                                                             arena_string(arena, scored->title), arena_string(arena, scored->excerpt), scored->score};
}

/* Subject and text, as they are stored beside the ticket. */
static const char *question_of(struct arena *arena, struct arena *scratch, const struct mail *mail)
{
	size_t length = strlen(mail->subject), more = strnlen(mail->reply_text, SUGGESTION_BYTES);
	char *text = arena_room(scratch, length + more + 2);
	memcpy(text, mail->subject, length);
	text[length] = '\n';
	memcpy(text + length + 1, mail->reply_text, more);
	text[length + 1 + more] = '\0';
	return utf8_cut(arena, text, SUGGESTION_BYTES);
}

/* What the kb needed for its answer is let go at once: the mail's own arena lives until the mail is committed. */
void gateway_ask_kb(struct kb *kb, const struct desk_policy *policy, const struct incoming *incoming, const struct verdict *verdict,
                    struct arena *arena, struct suggestion *suggestion)
{
	*suggestion = (struct suggestion){.outcome = "", .question = "", .language = ""};
	const struct desk_queue *queue = kb ? queue_that_suggests(policy, incoming, verdict) : NULL;
	if (!queue)
		return;
	CLEANUP_ARENA struct arena scratch;
	const struct mail *mail = incoming->mail;
	struct kb_question question = {.subject = mail->subject, .text = mail->reply_text, .language = mail->language, .queue = queue->name};
	struct kb_answer answer;
	arena_init(&scratch);
	kb_suggest(kb, &question, &scratch, &answer);
	if (!answer.ranking.count && kb_is_empty(kb))
		return;
	for (size_t i = 0; i < answer.suggest.count && i < DESK_ARTICLES; i++)
		keep_article(arena, suggestion, &answer.suggest.at[i]);
	suggestion->shown = !suggestion->articles.count ? SUGGESTION_NOTHING : queue->kb == KB_BEFORE_TICKET ? SUGGESTION_HELD : SUGGESTION_ACKNOWLEDGED;
	suggestion->language = arena_string(arena, answer.language);
	suggestion->question = question_of(arena, &scratch, mail);
}

/* ---- a held request comes to the agents ---- */

static const struct desk_queue *queue_that_gives_out(const struct desk_policy *policy, const struct incoming *incoming, const struct verdict *verdict,
                                                     const struct facts *facts)
{
	for (size_t i = 0; i < facts->clues.count; i++)
		if (facts->clues.at[i].ticket && desk_is_unseen(facts->clues.at[i].ticket))
			return desk_queue_named(policy, facts->clues.at[i].ticket->queue);
	if (!incoming)
		return facts->ticket && desk_is_unseen(facts->ticket) ? desk_queue_named(policy, facts->ticket->queue) : NULL;
	return verdict && verdict->queue ? desk_queue_named(policy, verdict->queue) : incoming->address.queue;
}

enum status gateway_add_loads(struct store *store, struct arena *arena, const struct desk_policy *policy, const struct incoming *incoming,
                              const struct verdict *verdict, struct facts *facts, struct error *error)
{
	const struct desk_queue *queue = queue_that_gives_out(policy, incoming, verdict, facts);
	facts->utc_offset = (int)((desk_local(policy, facts->now) - facts->now) / 60000);
	if (!queue || queue->assign == ASSIGN_NONE)
		return STATUS_OK;
	return store_facts_of_agents(store, arena, queue, facts, error);
}

/* ---- learning ---- */

#define WORDS_MOST 20000                         /* the newest words of customers; the kb keeps no more either */

void gateway_kb_learn(struct kb *kb, struct store *store, int64_t *seen)
{
	CLEANUP_ARENA struct arena arena;
	struct feedback_rows rows;
	struct error error;
	int64_t newest;
	arena_init(&arena);
	if (store_kb_said(store, &newest, &error) != STATUS_OK || newest == *seen)
		return;
	if (store_kb_feedback(store, &arena, WORDS_MOST, &rows, &error) != STATUS_OK)
		return;
	struct kb_feedback *words = ARENA_ARRAY(&arena, struct kb_feedback, rows.count + 1);
	for (size_t i = 0; i < rows.count; i++)
		words[i] = (struct kb_feedback){rows.at[i].question, rows.at[i].article, rows.at[i].solved};
	kb_learn(kb, words, rows.count, true);           /* all anew: a later word takes an earlier one's place */
	*seen = newest;
	log_event(LOG_INFO, "kb.learned", "words", LOG_NUMBER(rows.count), NULL);
}
