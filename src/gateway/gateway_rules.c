/*
 * gateway_rules.c - asks the rules about one delivery.
 *
 * Only mail to a queue's own address is asked about: what comes to a ticket's signed address belongs there, and what comes to a bounce
 * address is about one of our mails. May block for the rules' time limit; never fails: trouble stands in the verdict.
 */
#include "gateway.h"

const struct verdict *gateway_ask_rules(struct ruleset *rules, const struct incoming *incoming, const struct mail_source *source,
                                        bool known, const struct standing *standing, const struct rules_keywords *keywords, struct arena *arena)
{
	if (!rules || !rules_script_count(rules) || incoming->address.class != ADDRESS_QUEUE)
		return NULL;
	struct verdict *verdict = ARENA_NEW(arena, struct verdict);
	struct rules_input input = {.mail = incoming->mail, .source = source, .envelope_from = incoming->envelope_from,
	                            .recipient = incoming->recipient, .queue = incoming->address.queue->name, .known = known, .standing = standing,
	                            .trace = incoming->trace, .keywords = keywords};
	rules_evaluate(rules, &input, arena, verdict);
	return verdict;
}
