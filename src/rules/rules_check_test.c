/*
 * rules_check_test.c - the linter's look at tests: known, complete, with strings that libsieve reads right and cannot hang on.
 *
 * More than two '*' before a literal are refused in :matches (each further one costs libsieve another power of the length), :regex
 * because it leaks, text: blocks in tests because they may hold quotation marks. Values of X-Sportello that can never come
 * (an unknown keyword set or queue, "known:maybe") are errors, too. May only report.
 */
#include <string.h>

#include "rules_private.h"

struct matching { const char *type, *relation, *comparator, *part; };

static const char *const tests[] = {"header", "address", "envelope", "exists", "size", "allof", "anyof", "not", "true", "false"};

static bool one_of(const char *word, const char *blank_separated)
{
	size_t length = strlen(word);
	for (const char *at = blank_separated; length && (at = strstr(at, word)); at++)
		if ((at == blank_separated || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
			return true;
	return false;
}

static void unknown_test(struct check *check, const struct node *test)
{
	static const struct { const char *name, *instead; } refused[] = {
		{"body", "write a keyword set in the configuration and test header :is \"X-Sportello\" \"kw:NAME\""},
		{"hasflag", "what is to be decided by a flag can be decided where the flag is added"},
		{"date", "times of day are no matter of rules"}, {"currentdate", "times of day are no matter of rules"},
		{"string", "variables are not here"}, {"mailboxexists", "queues are in the configuration; an unknown one is an error"},
		{"duplicate", "a mail that comes twice is taken once"}, {"environment", "leave it out"}, {"ihave", "leave it out"},
		{"spamtest", "test the header that your filter writes: header :is \"X-Spam-Flag\" \"YES\""},
		{"and", "write allof (...)"}, {"or", "write anyof (...)"},
	};
	for (size_t i = 0; i < COUNT_OF(refused); i++)
		if (strcmp(refused[i].name, test->name) == 0) {
			rules_report_error(check->report, test->line, "there is no test \"%s\" here: %s", test->name, refused[i].instead);
			return;
		}
	const char *near = rules_report_nearest(test->name, tests, COUNT_OF(tests), sizeof *tests);
	if (near)
		rules_report_error(check->report, test->line, "unknown test \"%s\": write %s", test->name, near);
	else
		rules_report_error(check->report, test->line, "unknown test \"%s\": there are %s", test->name,
		                   rules_report_list(check->report->arena, tests, COUNT_OF(tests), sizeof *tests));
}

/* The string behind a tag that wants one. */
static const char *value_of(struct check *check, const struct node *test, size_t i, const char *example)
{
	const struct argument *argument = &test->arguments.at[i];
	if (i + 1 < test->arguments.count && argument[1].type == ARGUMENT_STRINGS && argument[1].strings.count == 1 && !argument[1].list)
		return argument[1].strings.at[0].text;
	rules_report_error(check->report, argument->line, ":%s needs a value: write :%s %s", argument->tag, argument->tag, example);
	return "";
}

static void set_once(struct check *check, const struct argument *argument, const char **field)
{
	if (*field)
		rules_report_error(check->report, argument->line, ":%s and :%s contradict each other: write one of them", *field, argument->tag);
	*field = argument->tag;
}

static void check_comparator(struct check *check, const struct argument *argument, const char *name)
{
	if (*name && !one_of(name, "i;ascii-casemap i;octet i;ascii-numeric"))
		rules_report_error(check->report, argument->line, "unknown comparator \"%s\": write \"i;ascii-casemap\" (any case), \"i;octet\" or \"i;ascii-numeric\"", name);
}

/* One tag of header, address or envelope; true if the argument behind it belongs to it. */
static bool check_tag(struct check *check, const struct node *test, size_t i, struct matching *matching)
{
	const struct argument *argument = &test->arguments.at[i];
	const char *tag = argument->tag;
	bool addresses = strcmp(test->name, "header") != 0;
	if (one_of(tag, "is contains matches")) {
		set_once(check, argument, &matching->type);
	} else if (one_of(tag, "count value")) {
		rules_check_needs(check, argument->line, strcmp(tag, "count") == 0 ? ":count" : ":value", "relational");
		set_once(check, argument, &matching->type);
		matching->relation = value_of(check, test, i, "\"ge\"");
		if (*matching->relation && !one_of(matching->relation, "gt ge lt le eq ne"))
			rules_report_error(check->report, argument->line, "unknown relation \"%s\": write gt, ge, lt, le, eq or ne", matching->relation);
		return true;
	} else if (strcmp(tag, "comparator") == 0) {
		matching->comparator = value_of(check, test, i, "\"i;ascii-casemap\"");
		check_comparator(check, argument, matching->comparator);
		return true;
	} else if (addresses && one_of(tag, "all localpart domain user detail")) {
		if (one_of(tag, "user detail"))
			rules_check_needs(check, argument->line, strcmp(tag, "user") == 0 ? ":user" : ":detail", "subaddress");
		set_once(check, argument, &matching->part);
	} else if (strcmp(tag, "regex") == 0) {
		rules_report_error(check->report, argument->line, ":regex is not here: write :matches, or a keyword set with regex in the configuration and test "
		                   "header :is \"X-Sportello\" \"kw:NAME\"");
	} else {
		rules_report_error(check->report, argument->line, "%s knows no :%s: write :is, :contains or :matches%s", test->name, tag,
		                   addresses ? ", with :localpart or :domain" : "");
	}
	return false;
}

static void check_pattern(struct check *check, const struct word *word)
{
	size_t stars = 0, before_literal = 0;
	for (const char *at = word->text; *at; at++) {
		stars += *at == '*';
		if (*at != '*' && *at != '?')
			before_literal = stars;
	}
	if (before_literal > RULES_WILDCARDS)
		rules_report_error(check->report, word->line, "\"%s\" has %zu '*' before its last words, which can take minutes: write two at most, or allof "
		                   "(header :contains ..., header :contains ...)", word->text, before_literal);
}

static void check_test_string(struct check *check, const struct word *word)
{
	if (word->block)
		rules_report_error(check->report, word->line, "text: is for the words of reject: write a string in double quotes");
	else if (strpbrk(word->text, "\r\n"))
		rules_report_error(check->report, word->line, "this string goes over a line end and can match nothing: close it on its line");
	else if (strlen(word->text) > RULES_STRING_BYTES)
		rules_report_error(check->report, word->line, "a string of %zu bytes: write %d at most", strlen(word->text), RULES_STRING_BYTES);
	for (const char *at = word->text; *at; at++)
		if ((unsigned char)*at < ' ' && !strchr("\r\n", *at)) {
			rules_report_error(check->report, word->line, "there is a control character in this string: take it out");
			return;
		}
}

static void check_field_name(struct check *check, const struct word *word)
{
	const char *at = word->text;
	while (*at > ' ' && *at < 127 && *at != ':')
		at++;
	if (*at || at == word->text || at - word->text > 76)
		rules_report_error(check->report, word->line, "\"%s\" is no name of a header field: write it without colon and blanks, as in \"subject\"", word->text);
}

/* What header :is "X-Sportello" is compared with. */
static void check_mark(struct check *check, const struct word *word)
{
	const struct config *config = check->config;
	const char *value = strchr(word->text, ':');
	size_t prefix = value ? (size_t)(value - word->text) : 0;
	char name[16] = "";
	if (!value || prefix >= sizeof name) {
		rules_report_error(check->report, word->line, "X-Sportello never is \"%s\": write kw:NAME, lang:it, to:QUEUE, auth:pass, known:yes, vip:yes, level:gold, org:NAME or kind:request", word->text);
		return;
	}
	memcpy(name, word->text, prefix);
	value++;
	if (strcmp(name, "kw") == 0) {
		for (size_t i = 0; i < config->keywords.count; i++)
			if (text_equal_nocase(config->keywords.at[i].name, value))
				return;
		const char *const *names = config->keywords.count ? &config->keywords.at[0].name : NULL;
		const char *near = rules_report_nearest(value, names, config->keywords.count, sizeof *config->keywords.at);
		rules_report_error(check->report, word->line, "unknown keyword set \"%s\": %s%s", value, near ? "write kw:" : "the configuration has ",
		                   near ? near : rules_report_list(check->report->arena, names, config->keywords.count, sizeof *config->keywords.at));
	} else if (strcmp(name, "to") == 0 && !desk_queue_named(&config->policy, value)) {
		rules_report_error(check->report, word->line, "unknown queue \"%s\": there are %s", value,
		                   rules_report_list(check->report->arena, &config->policy.queues.at[0].name, config->policy.queues.count, sizeof *config->policy.queues.at));
	} else if (strcmp(name, "auth") == 0 && !one_of(value, "pass fail none")) {
		rules_report_error(check->report, word->line, "X-Sportello never is \"%s\": write auth:pass, auth:fail or auth:none", word->text);
	} else if (strcmp(name, "known") == 0 && !one_of(value, "yes no")) {
		rules_report_error(check->report, word->line, "X-Sportello never is \"%s\": write known:yes or known:no", word->text);
	} else if (strcmp(name, "vip") == 0 && !one_of(value, "yes no")) {
		rules_report_error(check->report, word->line, "X-Sportello never is \"%s\": write vip:yes or vip:no", word->text);
	} else if (strcmp(name, "kind") == 0 && !one_of(value, "request reply auto-reply bounce feedback-report")) {
		rules_report_error(check->report, word->line, "X-Sportello never is \"%s\": write kind:request, kind:reply, kind:auto-reply, kind:bounce or "
		                   "kind:feedback-report", word->text);
	} else if (!one_of(name, "kw to auth known kind lang vip level org")) {
		rules_report_error(check->report, word->line, "X-Sportello never is \"%s\": write kw:NAME, lang:it, to:QUEUE, auth:pass, known:yes, vip:yes, level:gold, org:NAME or kind:request", word->text);
	}
}

static void check_names(struct check *check, const struct node *test, const struct argument *names)
{
	for (size_t i = 0; i < names->strings.count; i++) {
		const struct word *word = &names->strings.at[i];
		const char *lower = text_lower(check->report->arena, word->text);
		if (strcmp(test->name, "envelope") != 0)
			check_field_name(check, word);
		else if (!one_of(lower, "from to"))
			rules_report_error(check->report, word->line, "the envelope has no \"%s\": write \"from\" or \"to\"", word->text);
		if (strcmp(test->name, "address") == 0 && one_of(lower, "subject x-sportello received date message-id"))
			rules_report_error(check->report, word->line, "\"%s\" holds no addresses: write header instead of address", word->text);
	}
}

static void check_keys(struct check *check, const struct argument *names, const struct argument *keys, const struct matching *matching)
{
	bool marks = names->strings.count == 1 && text_equal_nocase(names->strings.at[0].text, "x-sportello");
	for (size_t i = 0; i < keys->strings.count; i++) {
		check_test_string(check, &keys->strings.at[i]);
		if (matching->type && strcmp(matching->type, "matches") == 0)
			check_pattern(check, &keys->strings.at[i]);
		if (marks && (!matching->type || strcmp(matching->type, "is") == 0))
			check_mark(check, &keys->strings.at[i]);
	}
}

static void check_match(struct check *check, const struct node *test)
{
	const struct argument *positional[2] = {NULL, NULL};
	struct matching matching = {0};
	size_t count = 0;
	for (size_t i = 0; i < test->arguments.count; i++) {
		const struct argument *argument = &test->arguments.at[i];
		if (argument->type == ARGUMENT_TAG)
			i += check_tag(check, test, i, &matching);
		else if (count < 2 && argument->type == ARGUMENT_STRINGS)
			positional[count++] = argument;
		else
			count = 9;
	}
	if (count != 2) {
		rules_report_error(check->report, test->line, "%s needs a name and what to compare with: write %s :contains %s", test->name, test->name,
		                   strcmp(test->name, "header") == 0 ? "\"subject\" \"printer\"" : "\"from\" \"@example.net\"");
		return;
	}
	check_names(check, test, positional[0]);
	check_keys(check, positional[0], positional[1], &matching);
}

static void check_exists(struct check *check, const struct node *test)
{
	if (test->arguments.count == 1 && test->arguments.at[0].type == ARGUMENT_STRINGS)
		check_names(check, test, &test->arguments.at[0]);
	else
		rules_report_error(check->report, test->line, "exists needs names of header fields: write exists \"list-id\"");
}

static void check_size(struct check *check, const struct node *test)
{
	const struct argument *at = test->arguments.at;
	if (test->arguments.count != 2 || at[0].type != ARGUMENT_TAG || at[1].type != ARGUMENT_NUMBER || !one_of(at[0].tag, "over under"))
		rules_report_error(check->report, test->line, "size needs :over or :under and a number: write size :over 10M");
}

static void check_children(struct check *check, const struct node *test, bool list)
{
	if (test->arguments.count)
		rules_report_error(check->report, test->line, "%s takes tests only: write %s", test->name, list ? "allof (header ..., header ...)" : "not header ...");
	else if (list ? !test->tests.count : test->tests.count != 1)
		rules_report_error(check->report, test->line, "%s needs %s: write %s", test->name, list ? "tests in parentheses" : "one test",
		                   list ? "allof (header ..., header ...)" : "not header ...");
	for (size_t i = 0; i < test->tests.count; i++)
		rules_check_test(check, test->tests.at[i]);
}

void rules_check_test(struct check *check, const struct node *test)
{
	bool leaf = !one_of(test->name, "allof anyof not");
	for (size_t i = 0; i < test->arguments.count; i++)
		rules_check_strings(check, &test->arguments.at[i]);
	if (strcmp(test->name, "envelope") == 0)
		rules_check_needs(check, test->line, "envelope", "envelope");
	if (one_of(test->name, "header address envelope"))
		check_match(check, test);
	else if (strcmp(test->name, "exists") == 0)
		check_exists(check, test);
	else if (strcmp(test->name, "size") == 0)
		check_size(check, test);
	else if (!leaf)
		check_children(check, test, strcmp(test->name, "not") != 0);
	else if (!one_of(test->name, "true false"))
		unknown_test(check, test);
	else if (test->arguments.count)
		rules_report_error(check->report, test->line, "%s takes nothing behind it", test->name);
	if (leaf && test->tests.count)
		rules_report_error(check->report, test->tests.at[0]->line, "%s takes no test: several tests stand in allof (...) or anyof (...), with commas", test->name);
}
