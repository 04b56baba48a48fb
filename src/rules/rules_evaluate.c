/*
 * rules_evaluate.c - one mail's facts to a worker, and the numbers that come back into a verdict.
 *
 * What an action means is said here and nowhere else, in the order in which the actions were reached: flags are a set that addflag,
 * setflag and removeflag change, and what stands in it at the end is the ticket's; the last fileinto names the queue; keep and
 * fileinto undo discard; redirect wins over ticket and discard, reject over all.
 * Trouble empties the verdict but for its reason: half of the rules would be other rules. Log: rules.trouble.
 */
#include <string.h>

#include "rules_private.h"

struct judging {
	const struct ruleset *ruleset;
	const struct rules_keywords *keywords;
	struct arena *arena;
	struct verdict *verdict;
	struct strings flags;
	bool kept, discarded;
	bool *told;                      /* keyword sets that stand among the reasons */
};

static void because(struct judging *judging, const char *by, const char *what, const char *detail)
{
	struct verdict *verdict = judging->verdict;
	*ARENA_PUSH(judging->arena, &verdict->because) = (struct verdict_reason){by, arena_string(judging->arena, what), detail};
}

/* The sets that the tests on the way to this action named, and that the mail matches. */
static void tell_keywords(struct judging *judging, const struct program_action *action)
{
	for (size_t i = 0; i < judging->keywords->count; i++) {
		const struct rules_keyword *keyword = &judging->keywords->at[i];
		bool named = false;
		for (size_t k = 0; k < action->keywords.count; k++)
			named |= text_equal_nocase(action->keywords.at[k], keyword->name);
		if (!named || judging->told[i])
			continue;
		judging->told[i] = true;
		because(judging, "keyword", keyword->name, arena_printf(judging->arena, "\"%s\" in the %s", keyword->word, keyword->where));
	}
}

static void remove_string(struct strings *list, const char *string)
{
	size_t kept = 0;
	for (size_t i = 0; i < list->count; i++)
		if (!text_equal_nocase(list->at[i], string))
			list->at[kept++] = list->at[i];
	list->count = kept;
}

/* The array keeps its room: what is emptied here grows again from zero. */
static void change_flags(struct judging *judging, const struct program_action *action)
{
	struct strings next = {0};
	for (size_t i = 0; action->kind != COMMAND_SETFLAG && i < judging->flags.count; i++)
		strings_add(judging->arena, &next, judging->flags.at[i]);
	for (size_t i = 0; i < action->words.count; i++) {
		struct strings trimmed = {0};
		remove_string(&next, action->words.at[i]);
		for (size_t k = 0; k < next.count; k++)
			strings_add(judging->arena, &trimmed, next.at[k]);
		if (action->kind != COMMAND_REMOVEFLAG)
			strings_add(judging->arena, &trimmed, action->words.at[i]);
		next = trimmed;
	}
	judging->flags = next;
}

static void add_all(struct arena *arena, struct strings *list, const struct strings *more)
{
	for (size_t i = 0; i < more->count; i++)
		if (!strings_have(list, more->at[i]))
			strings_add(arena, list, more->at[i]);
}

static void act(struct judging *judging, const struct program_action *action)
{
	struct verdict *verdict = judging->verdict;
	switch (action->kind) {
	case COMMAND_FILEINTO: verdict->queue = arena_string(judging->arena, action->words.at[0]); judging->kept = true; break;
	case COMMAND_KEEP: judging->kept = true; break;
	case COMMAND_DISCARD: judging->discarded = true; break;
	case COMMAND_REDIRECT: add_all(judging->arena, &verdict->redirects, &action->words); break;
	case COMMAND_REJECT: verdict->reject = arena_string(judging->arena, action->words.at[0]); break;
	case COMMAND_NOTIFY: add_all(judging->arena, &verdict->notify, &action->words); break;
	default: change_flags(judging, action); break;
	}
	tell_keywords(judging, action);
	because(judging, "rule", judging->ruleset->program.scripts.at[action->script], arena_string(judging->arena, action->text));
}

static void apply_flags(struct judging *judging)
{
	struct verdict *verdict = judging->verdict;
	for (size_t i = 0; i < judging->flags.count; i++) {
		const char *flag = judging->flags.at[i];
		const struct desk_field *field;
		if (strncmp(flag, "tag:", 4) == 0)
			strings_add(judging->arena, &verdict->tags, flag + 4);
		else if (strncmp(flag, "agent:", 6) == 0)
			verdict->agent = arena_string(judging->arena, flag + 6);
		else if ((field = desk_field_named(flag, strcspn(flag, ":"))) && flag[strlen(field->name)])
			*desk_field_ruled(verdict, field) = arena_string(judging->arena, flag + strlen(field->name) + 1);
	}
}

/* A mail is refused, or passed on, or thrown away, or a ticket. */
static void conclude(struct judging *judging)
{
	struct verdict *verdict = judging->verdict;
	bool refused = verdict->reject != NULL, passed_on = !refused && verdict->redirects.count;
	if (refused)
		verdict->redirects = (struct strings){0};
	verdict->discard = judging->discarded && !judging->kept && !refused && !passed_on;
	if (refused || passed_on || verdict->discard) {
		verdict->queue = NULL;
		if (refused || verdict->discard)
			verdict->notify = (struct strings){0};
	} else {
		apply_flags(judging);
	}
}

static void set_trouble(const struct rules_input *input, struct verdict *verdict, const char *why)
{
	*verdict = (struct verdict){.confidence = -1, .trouble = why};
	log_event(LOG_WARNING, "rules.trouble", "id", input->trace ? input->trace : "", "to", input->recipient ? input->recipient : "", "why", why,
	          "result", "the mail goes where its address says", NULL);
	rules_pool_count_trouble();
}

static void tell_given_up(struct judging *judging)
{
	for (size_t i = 0; i < judging->keywords->given_up.count; i++)
		because(judging, "keyword", judging->keywords->given_up.at[i], "its regex gave up at its limit and counts as not matching");
}

/* What libsieve says; it is not asked where that is clear without it, and not where no action can be reached. */
static void ask(const struct judging *judging, const struct rules_input *input, struct answer *answer)
{
	CLEANUP_BUFFER struct buffer program, frame;
	struct mail_facts facts;
	buffer_init(&program);
	buffer_init(&frame);
	*answer = (struct answer){0};
	rules_facts_gather(judging->ruleset, input, judging->keywords, judging->arena, &facts);
	if (rules_program_decide(&judging->ruleset->program, &facts, judging->arena, answer))
		return;
	if (!rules_program_reduce(&judging->ruleset->program, &facts, judging->arena, &program))
		return;
	rules_facts_write(judging->ruleset, &facts, &program, &frame);
	rules_pool_ask(judging->ruleset, &frame, judging->arena, answer);
}

void rules_evaluate(struct ruleset *ruleset, const struct rules_input *input, struct arena *arena, struct verdict *verdict)
{
	struct rules_keywords own;
	struct judging judging = {.ruleset = ruleset, .keywords = input->keywords, .arena = arena, .verdict = verdict};
	struct answer answer;
	*verdict = (struct verdict){.confidence = -1};
	if (!ruleset || !ruleset->program.actions.count)
		return;
	if (!judging.keywords) {
		rules_match(ruleset, input->mail, arena, &own);
		judging.keywords = &own;
	}
	judging.told = ARENA_ARRAY(arena, bool, judging.keywords->count + 1);
	ask(&judging, input, &answer);
	if (answer.trouble) {
		set_trouble(input, verdict, answer.trouble);
		return;
	}
	for (size_t i = 0; i < answer.count; i++)
		act(&judging, &ruleset->program.actions.at[answer.actions[i]]);
	tell_given_up(&judging);
	conclude(&judging);
}
