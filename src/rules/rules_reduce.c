/*
 * rules_reduce.c - of the program, only what a mail needs: libsieve reads its text anew each time, and that is what rules cost.
 *
 * Each test gets a filter that says no, perhaps or yes. It says no only where libsieve could not say yes: the field is not there, or no
 * value of it holds the words that are looked for, in whatever case; yes only where nothing is left to decide: a value is the word, or
 * has it. Where every test on the way says no or yes, the actions are known, and libsieve is not asked. Else commands whose test cannot be
 * true are left out, and it decides the rest as before: tests are written in full. tests/unit/test_rules_reduce.c holds both ways side by side over random scripts and mails.
 * May not look at more than BUDGET bytes of a mail: then it says perhaps.
 */
#include <string.h>

#include "rules_private.h"

#define BUDGET (2 * 1024 * 1024)

enum verdict_of_filter { NO, PERHAPS, YES };

/* ---------------------------------------------------------------- asking them, for each mail */

struct lowered {
	bool ready, odd;                 /* odd: addresses that libsieve may read in another way than they stand */
	struct { struct lowered_value { const char *text; size_t length; bool blanks; } *at; size_t count; } values;     /* blanks: at one of its ends */
};
struct reducing {
	const struct program *program;
	const struct mail_facts *facts;
	struct arena *arena;
	struct buffer *out;
	struct lowered *keys, envelope[2];
	size_t work;
	bool any;
};

static bool is_odd(const char *address)
{
	static const bool plain[256] = {
		['a' ... 'z'] = true, ['0' ... '9'] = true, ['<'] = true, ['>'] = true, ['@'] = true, ['.'] = true, ['-'] = true, ['_'] = true, ['+'] = true, ['='] = true,
	};
	while (plain[(unsigned char)*address])
		address++;
	return *address != '\0';
}

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static const struct lowered *lowered_of(struct reducing *reducing, const struct filter *filter, uint32_t key)
{
	struct lowered *lowered = filter->envelope ? &reducing->envelope[key] : &reducing->keys[key];
	if (lowered->ready)
		return lowered;
	const char *address = key ? reducing->facts->to : reducing->facts->from;
	const struct strings one = {&address, 1}, *values = filter->envelope ? &one : &reducing->facts->values[key];
	for (size_t i = 0; i < values->count; i++) {
		char *value = text_lower(reducing->arena, values->at[i]);
		size_t length = strlen(value);
		*ARENA_PUSH(reducing->arena, &lowered->values) = (struct lowered_value){value, length, length && (is_blank(*value) || is_blank(value[length - 1]))};
		lowered->odd |= filter->address && is_odd(value);
	}
	lowered->ready = true;
	return lowered;
}

static bool in_order(const char *value, const struct strings *pieces)
{
	for (size_t i = 0; i < pieces->count && value; i++)
		if ((value = strstr(value, pieces->at[i])))
			value += strlen(pieces->at[i]);
	return value != NULL;
}

/* Equal but for case; what has blanks at its ends is perhaps equal to what has none. */
static enum verdict_of_filter equal(const struct lowered_value *value, const char *needle)
{
	if (strcmp(value->text, needle) == 0)
		return YES;
	return value->blanks && strstr(value->text, needle) ? PERHAPS : NO;
}

static enum verdict_of_filter look_in(struct reducing *reducing, const struct filter *filter, const struct lowered *lowered)
{
	enum verdict_of_filter best = NO;
	if (lowered->odd && lowered->values.count)
		return PERHAPS;
	for (size_t i = 0; i < lowered->values.count; i++) {
		const struct lowered_value *value = &lowered->values.at[i];
		for (size_t k = 0; k < filter->needles.count && best != YES; k++) {
			const struct strings *needle = &filter->needles.at[k];
			enum verdict_of_filter has = filter->whole ? YES : PERHAPS;
			enum verdict_of_filter here = filter->kind == FILTER_IS ? equal(value, needle->at[0]) : in_order(value->text, needle) ? has : NO;
			best = here > best ? here : best;
			if ((reducing->work += value->length + 16) > BUDGET)
				return PERHAPS;
		}
	}
	return best;
}

static enum verdict_of_filter ask_fields(struct reducing *reducing, const struct filter *filter)
{
	enum verdict_of_filter best = NO;
	for (size_t i = 0; i < filter->keys.count && best != YES; i++) {
		enum verdict_of_filter here = look_in(reducing, filter, lowered_of(reducing, filter, filter->keys.at[i]));
		best = here > best ? here : best;
	}
	return best;
}

static enum verdict_of_filter ask(struct reducing *reducing, const struct filter *filter);

static enum verdict_of_filter ask_tests(struct reducing *reducing, const struct filter *filter)
{
	bool all = filter->kind == FILTER_ALL;
	enum verdict_of_filter result = all ? YES : NO;
	for (size_t i = 0; i < filter->tests.count; i++) {
		enum verdict_of_filter here = ask(reducing, filter->tests.at[i]);
		if (all ? here < result : here > result)
			result = here;
	}
	return result;
}

static enum verdict_of_filter ask_exists(const struct reducing *reducing, const struct filter *filter)
{
	for (size_t i = 0; i < filter->keys.count; i++)
		if (!reducing->facts->values[filter->keys.at[i]].count)
			return NO;
	return YES;
}

static enum verdict_of_filter ask(struct reducing *reducing, const struct filter *filter)
{
	switch (filter->kind) {
	case FILTER_TRUE: return YES;
	case FILTER_FALSE: return NO;
	case FILTER_ALL: case FILTER_ANY: return ask_tests(reducing, filter);
	case FILTER_NOT: return (enum verdict_of_filter)(YES - ask(reducing, filter->tests.at[0]));
	case FILTER_EXISTS: return ask_exists(reducing, filter);
	case FILTER_IS: case FILTER_HAS: return ask_fields(reducing, filter);
	case FILTER_OVER: return reducing->facts->size < filter->size ? NO : PERHAPS;
	case FILTER_UNDER: return reducing->facts->size > filter->size ? NO : PERHAPS;
	default: return PERHAPS;
	}
}

/* ---------------------------------------------------------------- where nothing is left to decide */

enum way { GOES_ON, STOPS, UNSURE };

static enum way decide_steps(struct reducing *reducing, const struct step *step, struct answer *answer);

static bool has_more_branches(const struct step *step)
{
	return step->next && (step->next->kind == COMMAND_ELSIF || step->next->kind == COMMAND_ELSE);
}

/* *at becomes the last branch that belongs to this if. */
static enum way decide_if(struct reducing *reducing, const struct step **at, struct answer *answer)
{
	const struct step *taken = NULL;
	for (;; *at = (*at)->next) {
		enum verdict_of_filter said = taken ? NO : (*at)->kind == COMMAND_ELSE ? YES : ask(reducing, (*at)->filter);
		if (said == PERHAPS)
			return UNSURE;
		if (said == YES)
			taken = *at;
		if (!has_more_branches(*at))
			return taken ? decide_steps(reducing, taken->block, answer) : GOES_ON;
	}
}

static enum way decide_steps(struct reducing *reducing, const struct step *step, struct answer *answer)
{
	for (enum way way = GOES_ON; step; step = step->next) {
		if (step->kind == COMMAND_IF)
			way = decide_if(reducing, &step, answer);
		else if (step->kind == COMMAND_STOP)
			way = STOPS;
		for (size_t i = 0; i < step->count; i++)
			answer->actions[answer->count++] = (uint16_t)(step->first + i);
		if (way != GOES_ON)
			return way;
	}
	return GOES_ON;
}

bool rules_program_decide(const struct program *program, const struct mail_facts *facts, struct arena *arena, struct answer *answer)
{
	struct reducing reducing = {.program = program, .facts = facts, .arena = arena};
	reducing.keys = ARENA_ARRAY(arena, struct lowered, facts->count + 1);
	*answer = (struct answer){.actions = ARENA_ARRAY(arena, uint16_t, program->actions.count + 1)};
	if (decide_steps(&reducing, program->steps, answer) != UNSURE)
		return true;
	answer->count = 0;
	return false;
}

/* ---------------------------------------------------------------- the program */

static void write_steps(struct reducing *reducing, const struct step *step);

static void write_branch(struct reducing *reducing, const struct step *step, bool first)
{
	struct buffer *out = reducing->out;
	if (first && step->kind == COMMAND_ELSE) {
		write_steps(reducing, step->block);
		return;
	}
	buffer_add_string(out, step->kind == COMMAND_ELSE ? "else " : first ? "if " : "elsif ");
	buffer_add(out, reducing->program->text.at + step->from, step->to - step->from);
	buffer_add_string(out, "{\n");
	write_steps(reducing, step->block);
	buffer_add_string(out, "}\n");
}

/* From an if to the last branch that belongs to it, which is returned. */
static const struct step *write_if(struct reducing *reducing, const struct step *step)
{
	for (bool first = true;; step = step->next) {
		if (step->kind == COMMAND_ELSE || ask(reducing, step->filter) != NO) {
			write_branch(reducing, step, first);
			first = false;
		}
		if (!has_more_branches(step))
			return step;
	}
}

static void write_steps(struct reducing *reducing, const struct step *step)
{
	for (; step; step = step->next) {
		if (step->kind == COMMAND_IF) {
			step = write_if(reducing, step);
		} else {
			buffer_add(reducing->out, reducing->program->text.at + step->from, step->to - step->from);
			reducing->any |= step->kind == COMMAND_FILEINTO;
		}
	}
}

bool rules_program_reduce(const struct program *program, const struct mail_facts *facts, struct arena *arena, struct buffer *out)
{
	struct reducing reducing = {.program = program, .facts = facts, .arena = arena, .out = out};
	reducing.keys = ARENA_ARRAY(arena, struct lowered, facts->count + 1);
	buffer_add_string(out, PROGRAM_HEAD);
	write_steps(&reducing, program->steps);
	return reducing.any;
}
