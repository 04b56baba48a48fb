/*
 * gateway_kb.c - asks the knowledge base about one delivery, where the customer may be shown articles at all.
 *
 * Silence is the rule: only a person's request to a queue's own address is asked about, and what the kb itself is not sure of is nothing.
 * "before-ticket" is answered like "with-acknowledgement". Never fails, writes nothing.
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

static bool is_empty(struct kb *kb, struct arena *arena)
{
	struct kb_articles articles = {NULL, 0};
	kb_list(kb, arena, &articles);
	return !articles.count;
}

void gateway_ask_kb(struct kb *kb, const struct desk_policy *policy, const struct incoming *incoming, const struct verdict *verdict,
                    struct arena *arena, struct asked *asked)
{
	*asked = (struct asked){.said = "", .question = "", .language = ""};
	const struct desk_queue *queue = kb ? queue_that_suggests(policy, incoming, verdict) : NULL;
	if (!queue)
		return;
	const struct mail *mail = incoming->mail;
	struct kb_question question = {.subject = mail->subject, .text = mail->reply_text, .language = mail->language, .queue = queue->name};
	struct kb_answer answer;
	kb_suggest(kb, &question, arena, &answer);
	if (!answer.ranking.count && is_empty(kb, arena))
		return;
	for (size_t i = 0; i < answer.suggest.count && i < DESK_ARTICLES; i++) {
		const struct kb_scored *scored = &answer.suggest.at[i];
		*ARENA_PUSH(arena, &asked->articles) = (struct desk_article){scored->article, scored->language, scored->title, scored->excerpt, scored->score};
	}
	asked->shown = !asked->articles.count ? ASKED_NOTHING : queue->kb == KB_BEFORE_TICKET ? ASKED_HELD : ASKED_ACKNOWLEDGED;
	asked->language = answer.language;
	asked->question = utf8_cut(arena, arena_printf(arena, "%s\n%s", mail->subject, mail->reply_text), ASKED_BYTES);
}
