/*
 * test_config.c - the configuration: defaults, values, every class of error with file and line, sample file and manual page.
 *
 * Each error is told by a small file and the problem that is expected of it: "line key words". A file with many errors shows that
 * all of them come at once. conf/sportello.conf and the parameters of man/sportello.conf.5 must be what the table makes.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define LEAST "queues: ( { name = \"a\"; address = \"a@example.org\"; } );\n"

static struct arena arena;
static char directory[64];

static int up(void **state)
{
	arena_init(&arena);
	snprintf(directory, sizeof directory, "/tmp/test_config.XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static int down(void **state)
{
	char command[128];

	arena_fini(&arena);
	snprintf(command, sizeof command, "rm -rf '%s'", directory);
	return system(command);
}

static const char *put(const char *name, const char *text)
{
	const char *path = arena_printf(&arena, "%s/%s", directory, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	return path;
}

static const char *told(const struct config_problems *problems)
{
	char *all = arena_string(&arena, "");

	for (size_t i = 0; i < problems->count; i++)
		all = arena_printf(&arena, "%s%s%s:%d: %s: %s\n", all, problems->at[i].warning ? "warning: " : "",
		                   problems->at[i].file + (strncmp(problems->at[i].file, directory, strlen(directory)) ? 0 : strlen(directory) + 1),
		                   problems->at[i].line, problems->at[i].key, problems->at[i].text);
	return all;
}

static struct config *good(const char *text)
{
	struct config_problems problems;
	struct config *config;

	if (config_load(put("c.conf", text), &arena, &config, &problems) != STATUS_OK)
		fail_msg("%s", told(&problems));
	return config;
}

/* The problem stands in the list, and nothing is silent: a file with it is refused. */
static void bad(const char *text, const char *problem)
{
	struct config_problems problems;
	struct config *config;
	enum status status = config_load(put("c.conf", text), &arena, &config, &problems);

	if (!strstr(told(&problems), problem))
		fail_msg("expected: %s\nbut told:\n%s", problem, told(&problems));
	assert_int_equal(status, STATUS_BAD_CONFIG);
	assert_null(config);
}

static void warned(const char *text, const char *problem)
{
	struct config_problems problems;
	struct config *config;

	assert_int_equal(config_load(put("c.conf", text), &arena, &config, &problems), STATUS_OK);
	if (!strstr(told(&problems), problem))
		fail_msg("expected: %s\nbut told:\n%s", problem, told(&problems));
	config_unref(&config);
}

/* ---- what is there ---- */

static void the_least_file_has_all_defaults(void **state)
{
	struct config *config = good(LEAST);

	assert_string_equal(config->policy.name, "Help desk");
	assert_string_equal(config->policy.domain, "example.org");
	assert_string_equal(config->policy.language, "en");
	assert_string_equal(config->policy.separators, "+");
	assert_string_equal(config->policy.base_url, "http://127.0.0.1:8025");
	assert_int_equal(config->policy.reopen_days, 14);
	assert_int_equal(config->policy.acknowledgements_per_hour, 60);
	assert_int_equal(config->policy.give_up_hours, 120);
	assert_string_equal(config->state_dir, "/var/lib/sportello");
	assert_int_equal(config->lmtp_listen.count, 1);
	assert_string_equal(config->lmtp_listen.at[0].host, "127.0.0.1");
	assert_string_equal(config->lmtp_listen.at[0].port, "2424");
	assert_int_equal(config->lmtp_socket_mode, 0660);
	assert_int_equal(config->lmtp_message_bytes, 50 * 1024 * 1024);
	assert_int_equal(config->lmtp_connections, 100);
	assert_int_equal(config->lmtp_idle_seconds, 300);
	assert_int_equal(config->lmtp_total_seconds, 3600);
	assert_int_equal(config->relay.kind, RELAY_SMTP);
	assert_int_equal(config->relay.port, 25);
	assert_int_equal(config->relay.senders, 4);
	assert_int_equal(config->relay.timeout_seconds, 60);
	assert_int_equal(config->log_level, LOG_INFO);
	assert_true(config->learn_precision > 0.949 && config->learn_precision < 0.951);
	assert_int_equal(config->policy.queues.at[0].kb, KB_WITH_ACKNOWLEDGEMENT);
	assert_int_equal(config->policy.queues.at[0].assign, ASSIGN_NONE);
	config_unref(&config);
}

static void values_arrive(void **state)
{
	struct config *config = good(
		"desk: { name = \"Acme\"; domain = \"Example.NET\"; language = \"it\"; separator = \"-+\"; reopen_days = 0; };\n"
		"lmtp: { listen = [ \"[::1]:24\", \"unix:/run/s\" ]; socket_mode = \"0600\"; max_message_bytes = 2000000000L; };\n"
		"web: { listen = \"\"; base_url = \"https://help.example.org/\"; };\n"
		"relay: { url = \"maildir:/tmp/out\"; senders = 2; };\n"
		"log: { level = \"debug\"; };\nlearn: { precision = 0.9; };\nauthserv_id = \"mx.example.org\";\n"
		"agents: ( { name = \"bob\"; email = \"Bob@Example.org\"; skills = [ \"vpn\" ]; } );\n"
		"queues: ( { name = \"a\"; address = \"A@example.org\"; agents = \"bob\"; assign = \"sticky\"; kb = \"off\"; } );\n"
		"keywords: ( { name = \"vpn\"; any = [ \"vpn\", \"tunnel\" ]; in = \"text\"; language = \"it\"; } );\n");

	assert_string_equal(config->policy.domain, "example.net");
	assert_string_equal(config->policy.separators, "-+");
	assert_int_equal(config->policy.reopen_days, 0);
	assert_string_equal(config->lmtp_listen.at[0].host, "::1");
	assert_true(config->lmtp_listen.at[1].is_unix);
	assert_string_equal(config->lmtp_listen.at[1].path, "/run/s");
	assert_int_equal(config->lmtp_socket_mode, 0600);
	assert_true(config->lmtp_message_bytes == 2000000000u);
	assert_string_equal(config->web_listen.text, "");
	assert_string_equal(config->policy.base_url, "https://help.example.org");
	assert_int_equal(config->relay.kind, RELAY_MAILDIR);
	assert_string_equal(config->relay.path, "/tmp/out");
	assert_int_equal(config->log_level, LOG_DEBUG);
	assert_string_equal(config->authserv_id, "mx.example.org");
	assert_string_equal(config->policy.agents.at[0].email, "bob@example.org");
	assert_string_equal(config->policy.agents.at[0].display, "bob");
	assert_string_equal(config->policy.queues.at[0].address, "a@example.org");
	assert_string_equal(config->policy.queues.at[0].agents.at[0], "bob");
	assert_int_equal(config->policy.queues.at[0].assign, ASSIGN_STICKY);
	assert_int_equal(config->policy.queues.at[0].kb, KB_OFF);
	assert_int_equal(config->keywords.at[0].any.count, 2);
	assert_int_equal(config->keywords.at[0].in, KEYWORD_IN_TEXT);
	config_unref(&config);
}

static void relays_are_taken_apart(void **state)
{
	struct config *config;
	const char *secret = put("secret", "hunter2\nrest\n");

	config = good(arena_printf(&arena, LEAST "relay: { url = \"smtps://me@mail.example.org\"; password_file = \"%s\"; };", secret));
	assert_int_equal(config->relay.kind, RELAY_SMTPS);
	assert_int_equal(config->relay.port, 465);
	assert_string_equal(config->relay.user, "me");
	assert_string_equal(config->relay.host, "mail.example.org");
	assert_string_equal(config->relay.password, "hunter2");
	config_unref(&config);
	config = good(arena_printf(&arena, LEAST "relay: { url = \"smtp+starttls://me@x@mail.example.org:25\"; password_file = \"%s\"; };", secret));
	assert_int_equal(config->relay.kind, RELAY_STARTTLS);
	assert_string_equal(config->relay.user, "me@x");
	assert_int_equal(config->relay.port, 25);
	config_unref(&config);
	config = good(LEAST "relay: { url = \"smtp://[::1]:2525\"; };");
	assert_string_equal(config->relay.host, "::1");
	assert_int_equal(config->relay.port, 2525);
	config_unref(&config);
}

static void a_reference_keeps_it(void **state)
{
	struct config *config = good(LEAST), *other = config_ref(config);

	config_unref(&config);
	assert_null(config);
	assert_string_equal(other->policy.name, "Help desk");
	config_unref(&other);
}

/* ---- what is wrong ---- */

static void unknown_keys(void **state)
{
	bad(LEAST "desk: {\n nmae = \"x\";\n};", "c.conf:3: desk.nmae: unknown key; did you mean \"name\"?");
	bad(LEAST "\nsenders = 3;", "c.conf:3: senders: unknown key; did you mean relay.senders?");
	bad("queues: ( { name = \"a\"; address = \"a@b\";\n adress = \"a@b\"; } );", "c.conf:2: queues[].adress: unknown key; did you mean \"address\"?");
	bad(LEAST "zzzzzz: { a = 1; };", "c.conf:2: zzzzzz: unknown key; remove it");
}

static void wrong_types(void **state)
{
	bad(LEAST "desk: { name = 5; };", "c.conf:2: desk.name: expected a string in quotes, but this is the number 5");
	bad(LEAST "lmtp: { max_connections = \"5\"; };", "c.conf:2: lmtp.max_connections: expected a whole number from 1 to 400 (connections), but this is the string \"5\"");
	bad(LEAST "lmtp: { max_connections = 5.0; };", "expected a whole number from 1 to 400 (connections), but this is the number 5");
	bad(LEAST "lmtp: { listen = 2424; };", "c.conf:2: lmtp.listen: expected strings [ \"...\", \"...\" ], but this is the number 2424");
	bad(LEAST "lmtp: { listen = [ 2424 ]; };", "lmtp.listen: expected strings");
	bad(LEAST "log = \"debug\";", "c.conf:2: log: expected a group { ... }, but this is the string \"debug\"");
	bad("queues: { name = \"a\"; };", "c.conf:1: queues: expected a list of groups ( { ... }, { ... } ), but this is a group { ... }");
	bad("queues: ( \"a\" );", "c.conf:1: queues: expected a list of groups");
	bad(LEAST "desk: { name = true; };", "but this is a truth value");
}

static void ranges_and_choices(void **state)
{
	bad(LEAST "lmtp: {\nmax_connections = 401; };", "c.conf:3: lmtp.max_connections: 401 is out of range; expected a whole number from 1 to 400 (connections)");
	bad(LEAST "lmtp: { max_message_bytes = 5000000000L; };", "lmtp.max_message_bytes: 5000000000 is out of range");
	bad(LEAST "learn: { precision = 1; };", "learn.precision: 1 is out of range; expected a number from 0.5 to 0.999");
	bad(LEAST "log: { level = \"debgu\"; };", "log.level: expected one of \"error\", \"warning\", \"notice\", \"info\", \"debug\", but this is \"debgu\"; did you mean \"debug\"?");
	bad(LEAST "desk: { language = \"nl\"; };", "desk.language: expected one of \"en\", \"it\", \"de\", \"fr\", \"es\", but this is \"nl\"");
}

static void numbers_that_libconfig_would_change(void **state)
{
	bad(LEAST "lmtp: {\n max_message_bytes = 5000000000;\n};",
	    "c.conf:3: : 5000000000 does not fit into 32 bits and would silently become another number; write 5000000000L");
	bad(LEAST "desk: { reopen_days = 010; };", "c.conf:2: : 010 has a leading zero");
	bad(LEAST "desk: { reopen_days = 0xFFFFFFFF; };", "0xFFFFFFFF does not fit into 32 bits");
	bad(LEAST "desk: { reopen_days = 99999999999999999999L; };", "does not fit into 64 bits");
	config_unref(&(struct config *){ good("# 5000000000\n/* 010\n */ // 010\n" LEAST "desk: { name = \"5000000000 \\\" 010\"; };") });
}

static void what_must_be_set(void **state)
{
	bad("desk: { };", "c.conf:0: queues: must be set");
	bad("queues: ( );", "c.conf:1: queues: is empty");
	bad("\nqueues: ( { name = \"a\"; } );", "c.conf:2: queues[].address: must be set; expected a string in quotes");
	bad(LEAST "agents: ( { email = \"a@b.c\"; } );", "c.conf:2: agents[].name: must be set");
	bad(LEAST "agents: ( { name = \"a\"; also = [ \"x@b\" ]; }, { also = [ \"x@b\" ]; } );", "agents[].email: must be set");
	bad(LEAST "keywords: ( { name = \"a\"; } );", "c.conf:2: keywords[]: matches nothing");
	bad(LEAST "keywords: ( { any = \"a\"; } );", "keywords[].name: must be set");
	bad(LEAST "desk: { name = \"\"; };", "desk.name: is empty");
	bad(LEAST "lmtp: { listen = [ ]; };", "lmtp.listen: is empty");
}

static void twins(void **state)
{
	bad("queues: ( { name = \"a\"; address = \"a@b\"; },\n{ name = \"A\"; address = \"c@b\"; } );", "c.conf:2: queues[].name: \"A\" is there already, at line 1");
	bad("queues: ( { name = \"a\"; address = \"a@b\"; },\n{ name = \"b\"; address = \"A@B\"; } );", "c.conf:2: queues[].address: \"a@b\" is there already, at line 1");
	bad(LEAST "agents: ( { name = \"a\"; email = \"x@b\"; },\n{ name = \"a\"; email = \"x@b\"; } );", "c.conf:3: agents[].name: \"a\" is there already, at line 2");
	bad(LEAST "agents: ( { name = \"a\"; email = \"x@b\"; },\n{ name = \"b\"; email = \"X@b\"; } );", "c.conf:3: agents[].email: \"x@b\" is there already, at line 2");
	bad(LEAST "agents: ( { name = \"a\"; email = \"x@b\"; },\n{ name = \"b\"; email = \"y@b\"; also = [ \"X@b\" ]; } );", "c.conf:3: agents[].also: \"x@b\" is an address of the agent \"a\" already");
	bad(LEAST "agents: ( { name = \"b\"; email = \"a@example.org\"; } );", "agents[].email: \"a@example.org\" is the address of a queue");
	bad(LEAST "keywords: ( { name = \"k\"; any = \"x\"; }, { name = \"k\"; any = \"y\"; } );", "keywords[].name: \"k\" is there already");
	bad(LEAST "lmtp: { listen = [ \"127.0.0.1:1\", \"127.0.0.1:1\" ]; };", "lmtp.listen: \"127.0.0.1:1\" is there twice");
	bad(LEAST "desk: { name = \"a\"; };\ndesk: { name = \"b\"; };", "c.conf:3: : duplicate setting name");
}

static void names_that_refer_to_others(void **state)
{
	bad("agents: ( { name = \"bob\"; email = \"bob@b\"; } );\nqueues: ( { name = \"a\"; address = \"a@b\";\n agents = [ \"bbo\" ]; } );",
	    "c.conf:3: queues[].agents: there is no agent \"bbo\"; did you mean \"bob\"?");
	bad("queues: ( { name = \"a\"; address = \"a@b\"; agents = [ \"carla\" ]; } );", "there is no agent \"carla\"; add it to agents");
	bad("queues: ( { name = \"a\"; address = \"a@b\"; notices = [ \"recieved\" ]; } );", "queues[].notices: there is no notice \"recieved\"; did you mean \"received\"?");
	config_unref(&(struct config *){ good("queues: ( { name = \"a\"; address = \"a@b\"; notices = [ \"none\" ]; } );") });
	bad(LEAST "agents: ( { name = \"timer\"; email = \"t@b\"; } );", "agents[].name: \"timer\" has a meaning of its own");
}

static void addresses(void **state)
{
	static const char *const wrong[] = { "a", "a@", "@b", "a b@c", "a@b c", "<a@b>", "a@b@c", "a@.b", "Bob <a@b>", "a,b@c" };

	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		bad(arena_printf(&arena, LEAST "agents: ( { name = \"b\"; email = \"%s\"; } );", wrong[i]), "expected an address such as");
	bad("queues: ( { name = \"a\"; address = \"abcdefghijklmnopqrstuvwxyzabcde@b\"; } );", "has more than 30 bytes");
	config_unref(&(struct config *){ good("queues: ( { name = \"a\"; address = \"abcdefghijklmnopqrstuvwxyzabcd@b\"; } );") });
}

static void single_values(void **state)
{
	bad(LEAST "lmtp: { listen = [ \"2424\" ]; };", "lmtp.listen: \"2424\": expected an address and a port");
	bad(LEAST "lmtp: { listen = [ \"127.0.0.1:66000\" ]; };", "expected an address and a port");
	bad(LEAST "lmtp: { listen = [ \"::1:24\" ]; };", "expected an address and a port");
	bad(LEAST "lmtp: { listen = [ \"unix:run/x\" ]; };", "expected \"unix:\" and a path that begins with \"/\"");
	bad(arena_printf(&arena, LEAST "lmtp: { listen = \"unix:/%0120d\"; };", 0), "has at most 107 bytes");
	bad(LEAST "lmtp: { socket_mode = \"rw\"; };", "lmtp.socket_mode: \"rw\": expected permissions in octal");
	bad(LEAST "lmtp: { socket_owner = \"no-such-user\"; };", "lmtp.socket_owner: \"no-such-user\": there is no such user");
	bad(LEAST "web: { listen = \"unix:/x\"; };", "web.listen: \"unix:/x\": expected an address and a port");
	bad(LEAST "web: { base_url = \"help.example.org\"; };", "expected a URL");
	bad(LEAST "relay: { url = \"127.0.0.1:25\"; };", "relay.url: \"127.0.0.1:25\": expected smtp://host:port");
	bad(LEAST "relay: { url = \"smtp://h:0\"; };", "expected a host");
	bad(LEAST "relay: { url = \"maildir:out\"; };", "expected \"maildir:\" and a path");
	bad(LEAST "relay: { url = \"smtps://u:p@h\"; };", "a password must not stand here");
	bad(LEAST "relay: { url = \"smtp://u@h\"; };", "in the clear");
	bad(LEAST "relay: { url = \"smtps://u@h\"; };", "relay.password_file is not set");
	bad(LEAST "relay: { password_file = \"/nonexistent/x\"; };", "relay.password_file: cannot be read");
	bad(LEAST "desk: { separator = \"++\"; };", "expected one or more of the characters");
	bad(LEAST "desk: { separator = \"a\"; };", "expected one or more of the characters");
	bad(LEAST "desk: { separator = \"\"; };", "desk.separator: is empty");
	bad(LEAST "desk: { state_dir = \"var\"; };", "expected a path that begins with \"/\"");
	bad(LEAST "desk: { state_dir = \"/etc/passwd\"; };", "/etc/passwd is not a directory");
	bad(LEAST "store: { url = \"mysql://desk@host/db\"; };", "store.url: \"mysql://desk@host/db\": is no kind of database that there is here; expected \"sqlite:\"");
	bad(LEAST "desk: { domain = \"a b\"; };", "expected a domain");
	bad(LEAST "desk: { name = \"a\\nb\"; };", "has a line break");
	bad(LEAST "desk: { name = \"a\xff\"; };", "is not UTF-8");
	bad("queues: ( { name = \"a b\"; address = \"a@b\"; } );", "expected a name of letters");
}

static void directories(void **state)
{
	warned(LEAST "rules_dir = \"/nonexistent/rules\";", "warning: c.conf:2: rules_dir: /nonexistent/rules does not exist");
	bad(LEAST "kb_dir = \"/etc/passwd\";", "kb_dir: /etc/passwd is not a directory");
}

static void syntax_and_files(void **state)
{
	struct config_problems problems;
	struct config *config;

	bad(LEAST "desk: {\n name = \"x\"\n language \n = ; };", "c.conf:5: : syntax error");
	assert_int_equal(config_load("/nonexistent/x.conf", &arena, &config, &problems), STATUS_BAD_CONFIG);
	assert_string_equal(told(&problems), "/nonexistent/x.conf:0: : cannot be read: No such file or directory; run sportello setup, or name another file with -c\n");
	assert_int_equal(config_load("/tmp", &arena, &config, &problems), STATUS_BAD_CONFIG);
	assert_string_equal(told(&problems), "/tmp:0: : cannot be read: Is a directory\n");
}

/* What libconfig calls a syntax error, by the mistake that it is, in the line where it was made. */
static void mistakes_of_syntax(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{ "desk: { name = 'x'; };\n",
		  "c.conf:2: : syntax error: strings stand in double quotes" },
		{ "desk: {\n name = \xE2\x80\x9Cx\xE2\x80\x9D; };\n",
		  "c.conf:3: : syntax error: \xE2\x80\x9C is a printer's quote" },
		{ "desk: {\n name\xC2\xA0= \"x\"; };\n",
		  "c.conf:3: : syntax error: a blank that looks like one" },
		{ "desk: {\n sandbox = on; };\n",
		  "c.conf:3: : syntax error: on is no value; write true" },
		{ "desk: {\n name = Acme; };\n",
		  "c.conf:3: : syntax error: text stands in quotes: \"Acme\"" },
		{ "desk: {\n name = ; };\n",
		  "c.conf:3: : syntax error: no value stands behind the =" },
		{ "nonsense =\n\n", "c.conf:2: : syntax error: no value stands behind the =" },
		{ "desk: {\n name \"x\"; };\n",
		  "c.conf:3: : syntax error: an = is missing behind name" },
		{ "agents: (\n { name = \"a\"; email = \"a@x.org\"; },\n);\n",
		  "c.conf:4: : syntax error: take the comma before ) away" },
		{ "agents: (\n { name = \"a\"; email = \"a@x.org\"; }\n { name = \"b\"; email = \"b@x.org\"; }\n);\n",
		  "c.conf:4: : syntax error: a comma is missing between } and {" },
		{ "agents: (\n { name = \"a\"; email = \"a@x.org\";\n);\n",
		  "c.conf:4: : syntax error: the { of line 3 is not closed before this )" },
		{ "desk: {\n name = \"x\";\n",
		  "c.conf:2: : syntax error: the { that stands here is never closed" },
		{ "desk: { name = \"x\"; }; }\n",
		  "c.conf:2: : syntax error: there is no { that this } would close" },
		{ "desk: {\n name = \"x;\n domain = \"x.org\";\n};\n",
		  "c.conf:3: : syntax error: the quote that begins here is closed in line 4 only" },
		{ "web: { listen = \"\"; };\nweb: { base_url = \"https://x.org\"; };\n",
		  "c.conf:3: : duplicate setting name: web stands there for the second time" },
		{ "desk: { /* } */ # (\n name = \"a } b ' c\"; // {\n",
		  "c.conf:2: : syntax error: the { that stands here is never closed" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		bad(arena_printf(&arena, "%s%s", LEAST, cases[i].text), cases[i].said);
	bad("\xEF\xBB\xBF" LEAST,
	    "c.conf:1: : syntax error: the file begins with a byte order mark");
}

static void includes(void **state)
{
	put("more.conf", "\ndesk: { nmae = 1; };\n");
	bad("@include \"more.conf\"\n" LEAST, "more.conf:2: desk.nmae: unknown key");
	put("more.conf", "\n\nx = 5000000000;\n");
	bad("@include \"more.conf\"\n" LEAST, "more.conf:3: : 5000000000 does not fit");
	bad(LEAST "@include \"none.conf\"\n", "c.conf:2: @include: \"none.conf\" cannot be included");
	bad(LEAST "@include \".\"\n", "is not a file");
	bad(LEAST "@include \"/etc/passwd\"\n", "relative to the directory");
	put("more.conf", "@include \"more.conf\"\n");
	bad(LEAST "@include \"more.conf\"\n", "does one include itself?");
	put("more.conf", "desk: { name = \"included\"; };\n");
	config_unref(&(struct config *){ good("@include \"more.conf\"\n" LEAST) });
}

static void all_at_once(void **state)
{
	struct config_problems problems;
	struct config *config;

	config_load(put("c.conf", "desk: { nmae = 1;\n language = \"xx\";\n reopen_days = -1; };\nlmtp: { listen = 3;\n idle_seconds = 0; };\n"
	                "queues: ( { name = \"a\"; address = \"a\"; agents = [ ]; },\n { name = \"a\"; address = \"b@c\";\n agents = [ \"x\" ]; } );\n"), &arena, &config, &problems);
	assert_int_equal(problems.count, 8);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(problems.at[i].line, i + 1);
}

static void own_templates(void **state)
{
	const char *base = arena_printf(&arena, "%s/templates", directory);
	const char *text = arena_printf(&arena, LEAST "templates_dir = \"%s\";", base);
	struct config *config;

	mkdir(base, 0755);
	mkdir(arena_printf(&arena, "%s/it", base), 0755);
	put("templates/it/received.txt", "Subject: Ricevuto\n\nGrazie.\n");
	put("templates/it/recieved.html", "x");
	put("templates/it/agent-new.txt", "no subject \xff");
	put("templates/it/closed.txt", "no subject\n");
	put("templates/README", "x");
	warned(text, "warning: templates/it/recieved.html:0: : is not the name of a template and is not used; expected NAME.txt or NAME.html, did you mean \"received\"?");
	warned(text, "warning: templates/README:0: : is not used");
	warned(LEAST, "queues[].agents: the queue has no agents: nobody is told of its mail");
	warned(text, "warning: templates/it/agent-new.txt:0: : cannot be used, the built-in text is used: it is not UTF-8");
	warned(text, "warning: templates/it/closed.txt:0: : cannot be used, the built-in text is used: ");
	config = good(text);
	assert_int_equal(config->templates.count, 1);
	assert_string_equal(config->templates.at[0].language, "it");
	assert_string_equal(config->templates.at[0].name, "received");
	assert_string_equal(config->templates.at[0].format, "txt");
	config_unref(&config);
}

/* ---- the files made from the table ---- */

static void read_file(const char *path, struct buffer *out)
{
	struct error error;

	if (file_read_all(path, 1 << 20, out, &error) != STATUS_OK)
		fail_msg("%s (run the tests in the source directory)", error.text);
}

static void the_sample_is_what_the_table_makes(void **state)
{
	CLEANUP_BUFFER struct buffer made, there;
	struct config *config;

	buffer_init(&made);
	buffer_init(&there);
	config_write_sample(&made);
	read_file("conf/sportello.conf", &there);
	assert_string_equal(buffer_string(&there), buffer_string(&made));
	config = good(buffer_string(&made));
	assert_int_equal(config->policy.queues.count, 2);
	assert_int_equal(config->policy.agents.count, 2);
	assert_int_equal(config->keywords.count, 2);
	config_unref(&config);
}

static void the_manual_has_every_parameter(void **state)
{
	CLEANUP_BUFFER struct buffer made, there;

	buffer_init(&made);
	buffer_init(&there);
	config_write_mdoc(&made);
	read_file("man/sportello.conf.5", &there);
	assert_non_null(strstr(buffer_string(&there), buffer_string(&made)));
}

/* A pipe in a folder that is looked at every minute would hold up the thread that looks, for ever. */
static void only_plain_files_have_a_digest(void **state)
{
	uint64_t without[CONFIG_DIGESTS], with[CONFIG_DIGESTS];
	const char *folder = arena_printf(&arena, "%s/articles", directory);
	struct config config = { .rules_dir = "", .kb_dir = folder, .templates_dir = "", .replies_dir = "" };

	assert_int_equal(mkdir(folder, 0700), 0);
	put("articles/one.md", "# One\n");
	config_digests(&config, without);
	assert_int_not_equal(without[2], 0);
	assert_int_equal(mkfifo(arena_printf(&arena, "%s/pipe.md", folder), 0600), 0);
	alarm(10);
	config_digests(&config, with);
	alarm(0);
	assert_memory_equal(with, without, sizeof with);
	put("articles/two.md", "# Two\n");
	config_digests(&config, with);
	assert_int_not_equal(with[2], without[2]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_least_file_has_all_defaults),
		cmocka_unit_test(values_arrive),
		cmocka_unit_test(relays_are_taken_apart),
		cmocka_unit_test(a_reference_keeps_it),
		cmocka_unit_test(unknown_keys),
		cmocka_unit_test(wrong_types),
		cmocka_unit_test(ranges_and_choices),
		cmocka_unit_test(numbers_that_libconfig_would_change),
		cmocka_unit_test(what_must_be_set),
		cmocka_unit_test(twins),
		cmocka_unit_test(names_that_refer_to_others),
		cmocka_unit_test(addresses),
		cmocka_unit_test(single_values),
		cmocka_unit_test(directories),
		cmocka_unit_test(syntax_and_files),
		cmocka_unit_test(mistakes_of_syntax),
		cmocka_unit_test(includes),
		cmocka_unit_test(all_at_once),
		cmocka_unit_test(own_templates),
		cmocka_unit_test(the_sample_is_what_the_table_makes),
		cmocka_unit_test(the_manual_has_every_parameter),
		cmocka_unit_test(only_plain_files_have_a_digest),
	};

	return cmocka_run_group_tests(tests, up, down);
}
