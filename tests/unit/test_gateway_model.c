/*
 * test_gateway_model.c - when the model has a say: only about a person's mail to the triage queue, never against a rule, never below its
 * threshold, never while it is stopped; tags and priorities only where the configuration wants them and no rule gave any.
 *
 * One model of four queues, one of tags and one of priorities are trained once, on made-up mails. Mails and verdicts are plain values.
 */
#include "gateway.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define EACH 80                                  /* mails of each matter */

static const char *const words[3][6] = {
	{ "vpn", "tunnel", "wifi", "router", "cable", "network" },
	{ "invoice", "payment", "refund", "charge", "price", "receipt" },
	{ "printer", "toner", "scanner", "paper", "cartridge", "duplex" },
};
static const char *const names[3] = { "network", "billing", "hardware" };
#define INVOICE "The invoice and the payment is wrong again, and the refund as well"

static struct arena arena;
static struct desk_policy policy;
static struct learned learned;
static struct mail mail;
static struct incoming incoming;
static struct verdict rules;

static const char *text_about(size_t matter, size_t i)
{
	static const char *const frames[4] = { "does not work", "please have a look", "is wrong again", "is odd since Monday" };
	const char *const *word = words[matter];
	return arena_printf(&arena, "the %s and the %s %s, and the %s as well", word[i % 6], word[(i / 6 + i + 1) % 6], frames[i % 4], word[(i / 3 + 2) % 6]);
}

/* label: of each matter. */
static struct learn_model *trained(const char *const label[3], const char *quiet)
{
	struct learn_text *texts = ARENA_ARRAY(&arena, struct learn_text, 3 * EACH);
	struct learn_input input = { .texts = texts, .text_count = 3 * EACH, .precision = 0.8, .quiet = quiet };
	struct learn_model *model;
	struct error error;
	for (size_t i = 0; i < 3 * EACH; i++)
		texts[i] = (struct learn_text){ .label = label[i % 3], .text = text_about(i % 3, i / 3) };
	assert_int_equal(learn_train(&input, &model, &error), STATUS_OK);
	return model;
}

static void add_queue(const char *name, const char *agent)
{
	struct desk_queue *queue = ARENA_PUSH(&arena, &policy.queues);
	*queue = (struct desk_queue){ .name = name, .address = arena_printf(&arena, "%s@example.org", name), .description = "" };
	strings_add(&arena, &queue->agents, agent);
}

static int up(void **state)
{
	static const char *const tags[3] = { ",", "money", "," }, *const priorities[3] = { "high", "normal", "normal" };
	add_queue("support", "bob");
	add_queue("network", "bob");
	add_queue("billing", "eva");
	add_queue("hardware", "bob");
	learned = (struct learned){ .model = trained(names, NULL), .tags = trained(tags, LEARN_NO_TAG), .priority = trained(priorities, LEARN_USUAL_PRIORITY) };
	return 0;
}

static int down(void **state)
{
	learn_free(&learned.model);
	learn_free(&learned.tags);
	learn_free(&learned.priority);
	arena_fini(&arena);
	return 0;
}

static int each(void **state)
{
	policy.learn_tags = policy.learn_priority = 0;
	learned.stopped = false;
	mail = (struct mail){ .subject = "", .text = INVOICE, .reply_text = INVOICE, .kind = MAIL_REQUEST };
	incoming = (struct incoming){ .mail = &mail, .address = { .class = ADDRESS_QUEUE, .queue = &policy.queues.at[0] } };
	rules = (struct verdict){ .confidence = -1 };
	return 0;
}

static const struct verdict *ask(const struct verdict *verdict)
{
	return gateway_ask_model(&learned, &policy, &incoming, verdict, &arena);
}

static bool says(const struct verdict *verdict, const char *what)
{
	for (size_t i = 0; i < verdict->because.count; i++)
		if (!strcmp(verdict->because.at[i].by, "model") && !strcmp(verdict->because.at[i].what, what))
			return true;
	return false;
}

static void test_routes_and_says_why(void **state)
{
	const struct verdict *asked = ask(NULL);
	assert_string_equal(asked->queue, "billing");
	assert_true(asked->by_model && asked->confidence > 0.5 && !asked->hint);
	assert_true(says(asked, "billing"));
	assert_non_null(strstr(asked->because.at[0].detail, "invoice"));
	assert_null(asked->learned_tag);
	assert_null(asked->learned_priority);
}

static void test_no_model(void **state)
{
	assert_null(gateway_ask_model(NULL, &policy, &incoming, NULL, &arena));
	assert_ptr_equal(gateway_ask_model(NULL, &policy, &incoming, &rules, &arena), &rules);
}

static void test_a_rule_beats_it(void **state)
{
	rules.queue = "hardware";
	assert_ptr_equal(ask(&rules), &rules);
	rules = (struct verdict){ .confidence = -1, .reject = "no" };
	assert_ptr_equal(ask(&rules), &rules);
	rules = (struct verdict){ .confidence = -1, .discard = true };
	assert_ptr_equal(ask(&rules), &rules);
	rules = (struct verdict){ .confidence = -1 };
	strings_add(&arena, &rules.redirects, "x@example.net");
	assert_ptr_equal(ask(&rules), &rules);
}

static void test_a_rules_agent_must_work_there(void **state)
{
	rules.agent = "bob";
	const struct verdict *asked = ask(&rules);
	assert_null(asked->queue);
	assert_false(asked->by_model);
	assert_string_equal(asked->hint_queue, "billing");
	rules.agent = "eva";
	assert_string_equal(ask(&rules)->queue, "billing");
	assert_null(rules.queue);                        /* the rules' own verdict is never written to */
}

static void test_rules_that_could_not_be_run(void **state)
{
	policy.learn_tags = policy.learn_priority = 1;
	rules.trouble = "the worker died";
	const struct verdict *asked = ask(&rules);
	assert_null(asked->queue);
	assert_string_equal(asked->hint_queue, "billing");
	assert_null(asked->learned_tag);
}

static void test_only_mail_of_people_to_triage(void **state)
{
	static const enum mail_kind machines[] = { MAIL_AUTO_REPLY, MAIL_BOUNCE, MAIL_FEEDBACK_REPORT };
	for (size_t i = 0; i < COUNT_OF(machines); i++) {
		mail.kind = machines[i];
		assert_null(ask(NULL));
	}
	mail.kind = MAIL_REPLY;                          /* to nothing of ours, else it has no queue's address */
	assert_string_equal(ask(NULL)->queue, "billing");
	incoming.address.queue = &policy.queues.at[1];
	assert_null(ask(NULL));
	incoming.address.class = ADDRESS_TICKET;
	assert_null(ask(NULL));
}

static void test_below_the_threshold_it_hints(void **state)
{
	mail.reply_text = mail.text = "there is an invoice under the printer, and children sing in the garden of the palace until midnight";
	const struct verdict *asked = ask(NULL);
	assert_null(asked->queue);
	assert_false(asked->by_model);
	assert_non_null(asked->hint);
	assert_true(says(asked, "hint"));
	mail.reply_text = mail.text = "\xE6\x97\xA5\xE6\x9C\xAC";
	asked = ask(NULL);
	assert_null(asked->queue);
	assert_null(asked->hint);
	assert_int_equal(asked->because.count, 0);
}

static void test_stopped_it_only_hints(void **state)
{
	policy.learn_tags = 1;
	learned.stopped = true;
	const struct verdict *asked = ask(NULL);
	assert_null(asked->queue);
	assert_string_equal(asked->hint_queue, "billing");
	assert_null(asked->learned_tag);
}

static void test_a_queue_that_is_gone(void **state)
{
	const struct desk_policy before = policy;
	policy.queues.count = 2;                         /* support and network are left */
	const struct verdict *asked = ask(NULL);
	assert_null(asked->queue);
	assert_true(!asked->hint || !strstr(asked->hint, "billing"));
	policy = before;
	policy.queues.at += 2;                           /* billing is triage now: no guess */
	policy.queues.count = 2;
	incoming.address.queue = &policy.queues.at[0];
	assert_null(ask(NULL)->queue);
	policy = before;
}

static void test_tags_and_priority_when_wanted(void **state)
{
	policy.learn_tags = policy.learn_priority = 1;
	const struct verdict *asked = ask(NULL);
	assert_string_equal(asked->learned_tag, "money");
	assert_true(asked->tag_confidence > 0.5 && says(asked, "tag:money"));
	assert_null(asked->learned_priority);            /* normal is nothing to tell */
	mail.reply_text = mail.text = "the vpn and the router is odd since Monday, and the wifi as well";
	asked = ask(NULL);
	assert_string_equal(asked->queue, "network");
	assert_string_equal(asked->learned_priority, "high");
	assert_null(asked->learned_tag);
}

static void test_tags_beside_a_rules_queue(void **state)
{
	policy.learn_tags = policy.learn_priority = 1;
	rules.queue = "hardware";
	const struct verdict *asked = ask(&rules);
	assert_string_equal(asked->queue, "hardware");
	assert_false(asked->by_model);
	assert_string_equal(asked->learned_tag, "money");
	assert_true(asked->confidence < 0);              /* the model was not asked for the queue */
	strings_add(&arena, &rules.tags, "urgent-money");
	rules.priority = "low";
	assert_ptr_equal(ask(&rules), &rules);
}

static void test_lesson_and_back(void **state)
{
	struct lesson lesson = { 0 };
	struct learned back = { 0 };
	struct error error;
	gateway_lesson_add(&lesson, learned.model);
	gateway_lesson_add(&lesson, NULL);
	gateway_lesson_add(&lesson, learned.priority);
	assert_true(gateway_lesson_open(lesson.bytes.at, lesson.bytes.length, &back, &error));
	assert_true(back.model && !back.tags && back.priority);
	learn_free(&back.model);
	learn_free(&back.priority);
	for (size_t length = 0; length < lesson.bytes.length; length += 1 + lesson.bytes.length / 40) {
		assert_false(gateway_lesson_open(lesson.bytes.at, length, &back, &error));
		assert_true(!back.model && !back.tags && !back.priority);
	}
	buffer_add_char(&lesson.bytes, 'x');
	assert_false(gateway_lesson_open(lesson.bytes.at, lesson.bytes.length, &back, &error));
	assert_false(gateway_lesson_open("\0\0\0\0\0\0\0\0\0\0\0\0", 12, &back, &error));
	assert_null(back.model);
	gateway_lesson_fini(&lesson);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup(function, each)
	const struct CMUnitTest tests[] = {
		TEST(test_routes_and_says_why), TEST(test_no_model), TEST(test_a_rule_beats_it), TEST(test_a_rules_agent_must_work_there),
		TEST(test_rules_that_could_not_be_run), TEST(test_only_mail_of_people_to_triage), TEST(test_below_the_threshold_it_hints),
		TEST(test_stopped_it_only_hints), TEST(test_a_queue_that_is_gone), TEST(test_tags_and_priority_when_wanted),
		TEST(test_tags_beside_a_rules_queue), TEST(test_lesson_and_back),
	};

	return cmocka_run_group_tests(tests, up, down);
}
