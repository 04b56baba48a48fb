/*
 * test_rules_workers.c - workers that are killed, stopped, kept busy; libsieve's faults; mutated scripts and mails; threads; how long it takes.
 *
 * After every hostile thing the same plain mail must still get the same plain verdict. Scripts have :matches, which only libsieve decides. RULES_MUTATIONS sets how many mails
 * are mutated (5000), and a fifth as many scripts; RULES_BENCH=1 prints what an evaluation costs.
 */
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "rules/rules_private.h"
#include "test_rules_desk.h"

#define PLAIN "From: Anna <anna@example.net>\nTo: support@example.org\nSubject: VPN broken\nMessage-ID: <1@example.net>\n\nThe tunnel is down.\n"
#define PLAIN_SCRIPT ALL_REQUIRED "if header :matches \"x-sportello\" \"kw:vpn\" { addflag \"tag:vpn\"; fileinto \"queue/network\"; stop; }\n" \
                     "if header :matches \"subject\" \"*a*b\" { addflag \"tag:ab\"; }\n" \
                     "if address :domain [\"from\", \"to\", \"cc\", \"sender\"] \"example.com\" { addflag \"tag:com\"; }\n" \
                     "if header :contains [\"x-other\", \"from\", \"to\"] \"zzz\" { addflag \"tag:z\"; }\n"
#define PLAIN_VERDICT "queue(network) tag(vpn)"

static int up(void **state) { desk_up(); return 0; }
static int down(void **state) { desk_down(); return 0; }

static void plain(struct ruleset *ruleset)
{
	expect_of(ruleset, &(struct rules_question){.mail = PLAIN}, PLAIN_VERDICT);
}

static void signal_workers(int number)
{
	int pids[RULES_WORKERS];
	size_t count = rules_pool_pids(pids, RULES_WORKERS);
	for (size_t i = 0; i < count; i++)
		kill(pids[i], number);
	usleep(20000);
}

static void dead_workers_are_replaced(void **state)
{
	struct rules_counters before, after;
	struct ruleset *ruleset = load_one(PLAIN_SCRIPT);
	plain(ruleset);
	rules_counters(&before);
	signal_workers(SIGKILL);
	plain(ruleset);
	rules_counters(&after);
	assert_true(after.workers_lost > before.workers_lost);
	assert_int_equal(after.troubles, before.troubles);
	rules_unref(&ruleset);
}

static void a_stopped_worker_costs_one_mail_its_rules(void **state)
{
	struct rules_counters before, after;
	struct verdict verdict;
	struct ruleset *ruleset = load_one(PLAIN_SCRIPT);
	plain(ruleset);
	rules_counters(&before);
	signal_workers(SIGSTOP);
	ask(ruleset, &(struct rules_question){.mail = PLAIN}, &verdict);
	assert_non_null(verdict.trouble);
	assert_non_null(strstr(verdict.trouble, "gave no answer"));
	assert_null(verdict.queue);
	assert_int_equal(verdict.because.count, 0);
	rules_counters(&after);
	assert_int_equal(after.troubles, before.troubles + 1);
	assert_int_equal(after.workers_lost, before.workers_lost + 1);
	signal_workers(SIGKILL);
	plain(ruleset);
	rules_unref(&ruleset);
}

/* Each pattern is allowed; a hundred of them on a long subject are too much. */
static void a_slow_mail_loses_its_rules(void **state)
{
	struct verdict verdict;
	char subject[3001];
	struct ruleset *ruleset = NULL;
	const char *words;
	empty_folder();
	put("10-plain.sieve", PLAIN_SCRIPT);
	for (int i = 0; i < 100; i++)
		put(arena_printf(&arena, "20-slow%03d.sieve", i), "if header :matches \"x-long\" \"*a*b\" { keep; }\n");
	ruleset = load_folder(&words);
	assert_non_null(ruleset);
	memset(subject, 'a', 3000);
	memcpy(subject + RULES_VALUE_BYTES - 2, "bx", 3);     /* that it does not match is not seen without trying */
	int64_t start = clock_monotonic_us();
	ask(ruleset, &(struct rules_question){.mail = arena_printf(&arena, "From: a@b.example\nX-Long: %s\n\nhello\n", subject)}, &verdict);
	if (!verdict.trouble)
		fail_msg("no trouble in %lld us", (long long)(clock_monotonic_us() - start));
	assert_non_null(strstr(verdict.trouble, "needed more than 200 ms"));
	assert_non_null(strstr(verdict.trouble, ".sieve line "));
	plain(ruleset);
	rules_unref(&ruleset);
}

static void without_processes_there_is_trouble(void **state)
{
	struct verdict verdict;
	struct error error;
	struct ruleset *ruleset = load_one(PLAIN_SCRIPT);
	rules_fini();
	ask(ruleset, &(struct rules_question){.mail = PLAIN}, &verdict);
	assert_non_null(strstr(verdict.trouble, "no worker can be made"));
	assert_int_equal(rules_init(&error), STATUS_OK);
	assert_int_equal(rules_init(&error), STATUS_OK);
	plain(ruleset);
	rules_unref(&ruleset);
}

static void workers_are_recycled(void **state)
{
	struct rules_counters before, after;
	struct ruleset *ruleset = load_one(PLAIN_SCRIPT);
	rules_counters(&before);
	for (int i = 0; i < 3 * RULES_WORKER_LIFE; i++) {
		plain(ruleset);
		arena_reset(&arena);
	}
	rules_counters(&after);
	assert_true(after.workers_started >= before.workers_started + 2);
	assert_int_equal(after.workers_lost, before.workers_lost);
	rules_unref(&ruleset);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FILTERED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define FILTERED 0
#endif
#endif
#ifndef FILTERED
#define FILTERED 1
#endif

static bool stands_in(const char *path, const char *words)
{
	CLEANUP_BUFFER struct buffer text;
	struct error error;
	buffer_init(&text);
	return file_read_all(path, 64 * 1024, &text, &error) == STATUS_OK && strstr(buffer_string(&text), words);
}

static void workers_are_confined(void **state)
{
	int pids[RULES_WORKERS];
	struct ruleset *ruleset = load_one(PLAIN_SCRIPT);
	plain(ruleset);
	size_t count = rules_pool_pids(pids, RULES_WORKERS);
	assert_true(count > 0);
	for (size_t i = 0; i < count; i++) {
		assert_true(stands_in(arena_printf(&arena, "/proc/%d/status", pids[i]), "NoNewPrivs:\t1"));
		assert_true(stands_in(arena_printf(&arena, "/proc/%d/status", pids[i]), FILTERED ? "Seccomp:\t2" : "Seccomp:"));
		assert_true(stands_in(arena_printf(&arena, "/proc/%d/limits", pids[i]), FILTERED ? "201326592" : "Max address space"));
	}
	rules_unref(&ruleset);
}

/* ---------------------------------------------------------------- what libsieve got wrong with mails and contexts */

static void mails_that_broke_libsieve(void **state)
{
	CLEANUP_BUFFER struct buffer folded;
	struct ruleset *ruleset = load_one(ALL_REQUIRED
		"if header :contains \"subject\" \"hello\" { addflag \"tag:s\"; }\n"
		"if exists \"x-empty\" { addflag \"tag:e\"; }\n"
		"if header :contains \"x-late\" \"here\" { addflag \"tag:l\"; }\n"
		"if address :all :contains [\"from\", \"to\", \"x-people\"] \"@\" { addflag \"tag:a\"; }\n");
	buffer_init(&folded);
	buffer_add_string(&folded, "From: a@b.example\nSubject: hello\n");
	for (int i = 0; i < LIMIT_HEADER_LINES - 1000; i++)
		buffer_add_string(&folded, " x\n");
	buffer_add_string(&folded, "X-Late: here\n\nx\n");
	expect_of(ruleset, &(struct rules_question){.mail = "From:a@b.example\nSubject:hello\n\nx\n"}, "tag(s) tag(a)");
	expect_of(ruleset, &(struct rules_question){.mail = "From: a@b.example\nX-Empty:\nSubject: hello\n\nx\n"}, "tag(s) tag(e) tag(a)");
	expect_of(ruleset, &(struct rules_question){.mail = "From: a@b.example\nS\xfc" "bject\xe9: a\nSubject: hello\n\nx\n"}, "tag(s) tag(a)");
	expect_of(ruleset, &(struct rules_question){.mail = "From: a@b.example\nno colon here\nX-Late: here\n\nx\n"}, "tag(l) tag(a)");
	expect_of(ruleset, &(struct rules_question){.mail = buffer_string(&folded)}, "tag(s) tag(l) tag(a)");
	expect_of(ruleset, &(struct rules_question){.mail = "From: <\nTo: @@@\nX-People: ((((((((\"\nSubject: hello\n\nx\n"}, "tag(s)");
	expect_of(ruleset, &(struct rules_question){.mail = "Subject: hello\n\nx\n", .from = ""}, "tag(s)");
	rules_unref(&ruleset);
}

/* State leaks over the runs of one context: flags, require, "reject seen". Ours are fresh. */
static void nothing_leaks_between_mails(void **state)
{
	struct ruleset *ruleset = load_one(ALL_REQUIRED
		"if header :matches \"subject\" \"one\" { addflag \"tag:one\"; fileinto \"queue/network\"; }\n"
		"if header :matches \"subject\" \"two\" { reject \"no\"; }\n"
		"if header :matches \"subject\" \"three\" { keep; }\n");
	for (int i = 0; i < 20; i++) {
		expect_of(ruleset, &(struct rules_question){.mail = "From: a@b.example\nSubject: one\n\nx\n"}, "queue(network) tag(one)");
		expect_of(ruleset, &(struct rules_question){.mail = "From: a@b.example\nSubject: two\n\nx\n"}, "reject(no)");
		expect_of(ruleset, &(struct rules_question){.mail = "From: a@b.example\nSubject: three\n\nx\n"}, "");
	}
	rules_unref(&ruleset);
}

struct caller { struct ruleset *ruleset; int number, wrong; };

static void *call_often(void *context)
{
	struct caller *caller = context;
	struct arena own;
	arena_init(&own);
	for (int i = 0; i < 300; i++) {
		bool vpn = (i + caller->number) % 3 != 0;
		struct mail mail = {.subject = vpn ? "the VPN" : "the cafe", .reply_text = "x"};
		struct rules_input input = {.mail = &mail, .recipient = "support@example.org", .queue = "support"};
		struct verdict verdict;
		rules_evaluate(caller->ruleset, &input, &own, &verdict);
		caller->wrong += verdict.trouble || vpn != (verdict.queue && strcmp(verdict.queue, "network") == 0);
		arena_reset(&own);
	}
	arena_fini(&own);
	return NULL;
}

static void threads_share_the_workers(void **state)
{
	struct ruleset *ruleset = load_one(PLAIN_SCRIPT);
	struct caller callers[12];
	pthread_t threads[12];
	for (int i = 0; i < 12; i++) {
		callers[i] = (struct caller){ruleset, i, 0};
		assert_int_equal(pthread_create(&threads[i], NULL, call_often, &callers[i]), 0);
	}
	for (int i = 0; i < 12; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(callers[i].wrong, 0);
	}
	rules_unref(&ruleset);
}

/* Until what was killed has been seen: then there are two, and it is none of them. */
static void wait_for_makers(int killed)
{
	int pids[2];
	for (;;) {
		rules_care();
		if (rules_pool_makers(pids) == 2 && pids[0] != killed && pids[1] != killed)
			return;
		usleep(1000);
	}
}

/* Whoever makes the workers is killed with all workers, and the next one, and the next; once it is the spare. */
static void a_killed_zygote_is_replaced(void **state)
{
	struct rules_counters before, after;
	struct ruleset *ruleset = load_one(PLAIN_SCRIPT);
	plain(ruleset);
	rules_counters(&before);
	for (int i = 0; i < 6; i++) {
		int pids[2];
		assert_int_equal(rules_pool_makers(pids), 2);
		kill(pids[i == 3], SIGKILL);
		signal_workers(SIGKILL);
		plain(ruleset);
		wait_for_makers(pids[i == 3]);
	}
	rules_counters(&after);
	assert_int_equal(after.troubles, before.troubles);
	rules_unref(&ruleset);
}

static int64_t evaluations(void)
{
	struct rules_counters counters;
	rules_counters(&counters);
	return counters.evaluations;
}

#define CALLERS 4

/* Under load, each time after so many more evaluations. A mail that is hit twice loses its rules; none may get other rules. */
static void killing_under_load_costs_no_rules(void **state)
{
	struct rules_counters before, after;
	struct ruleset *ruleset = load_one(PLAIN_SCRIPT);
	struct caller callers[CALLERS];
	pthread_t threads[CALLERS];
	int pids[2], wrong = 0, kills = 0;
	rules_counters(&before);
	for (int i = 0; i < CALLERS; i++) {
		callers[i] = (struct caller){ruleset, i, 0};
		assert_int_equal(pthread_create(&threads[i], NULL, call_often, &callers[i]), 0);
	}
	for (int64_t next = before.evaluations + 20; next < before.evaluations + 600; next += 60, kills++) {
		while (evaluations() < next)
			usleep(500);
		bool maker = rules_pool_makers(pids) && kills % 2;
		if (maker)
			kill(pids[0], SIGKILL);
		signal_workers(SIGKILL);
		if (maker)
			wait_for_makers(pids[0]);
	}
	for (int i = 0; i < CALLERS; i++) {
		pthread_join(threads[i], NULL);
		wrong += callers[i].wrong;
	}
	rules_counters(&after);
	assert_true(after.workers_lost > before.workers_lost);
	assert_int_equal(wrong, after.troubles - before.troubles);
	assert_true(after.troubles - before.troubles <= CALLERS * kills / 2);    /* each round may hit each caller once, and two hits cost a mail its rules */
	plain(ruleset);
	rules_unref(&ruleset);
}

/* What its worker dies of twice is not asked a third time: here, a question that no worker can read. */
static void a_guilty_mail_loses_its_rules_alone(void **state)
{
	CLEANUP_BUFFER struct buffer frame;
	struct rules_counters before, after;
	struct answer answer;
	struct ruleset *ruleset = load_one(PLAIN_SCRIPT);
	buffer_init(&frame);
	rules_wire_begin(&frame, WIRE_EVALUATE);
	rules_wire_number(&frame, 12345678);
	rules_wire_end(&frame, 0);
	rules_counters(&before);
	rules_pool_ask(ruleset, &frame, &arena, &answer);
	assert_non_null(strstr(answer.trouble, "ended their worker"));
	rules_counters(&after);
	assert_int_equal(after.workers_lost, before.workers_lost + 2);
	plain(ruleset);
	rules_unref(&ruleset);
}

/* ---------------------------------------------------------------- mutations */

static uint32_t seed = 20261122;
static uint32_t next_random(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static int mutations(void)
{
	const char *wanted = getenv("RULES_MUTATIONS");
	return wanted ? atoi(wanted) : 5000;
}

static const char *const pieces[] = {"\"", "\\", "{", "}", ";", "[", "]", ",", "*", "?", "/*", "*/", "#", "text:\n", "\n.\n", "if ", "stop;", "not ", "anyof(", ")",
	":matches ", ":regex ", ":comparator ", "\xff", "\xc3\xa9", "\r\n", "10.0", "<", ">", "@", "(", ":", "9999999999", "=?utf-8?Q?=00=22?=", "\n ", "\n\n"};

/* Cuts, doubles, inserts, changes; never makes a NUL. */
static size_t mutate(char *text, size_t length, size_t room)
{
	for (uint32_t times = 1 + next_random(4); times > 0; times--) {
		size_t at = length ? next_random((uint32_t)length) : 0, size = 1 + next_random(12);
		const char *piece = pieces[next_random(COUNT_OF(pieces))];
		switch (next_random(4)) {
		case 0:
			size = at + size > length ? length - at : size;
			memmove(text + at, text + at + size, length - at - size);
			length -= size;
			break;
		case 1:
			if (length + strlen(piece) < room) {
				memmove(text + at + strlen(piece), text + at, length - at);
				memcpy(text + at, piece, strlen(piece));
				length += strlen(piece);
			}
			break;
		case 2:
			size = at + size > length ? length - at : size;
			if (length + size < room) {
				memmove(text + at + size, text + at, length - at);
				length += size;
			}
			break;
		default:
			if (length)
				text[at] = (char)(1 + next_random(255));
		}
	}
	return length;
}

static const char *const seeds[] = {
	PLAIN_SCRIPT,
	ALL_REQUIRED "if allof (header :contains [\"subject\", \"to\"] [\"a\", \"b\"], not exists \"x-a\", size :under 10K) { addflag [\"tag:a\", \"agent:bob\"]; keep; }\n"
		"elsif anyof (address :localpart \"from\" \"anna\", envelope :detail \"to\" \"x\") { discard; stop; } else { redirect \"a@example.com\"; }\n",
	ALL_REQUIRED "/* words */ if header :matches \"subject\" [\"*a*\", \"?b*\", \"*c*d\"] { reject text:\nno\n..\n.\n; stop; }\n# end\nnotify \"bob\";\n",
	ALL_REQUIRED "if header :value \"gt\" :comparator \"i;ascii-numeric\" \"x-score\" \"5\" { if true { fileinto :flags \"tag:x\" \"queue/invoices\"; } }",
};

static void mutated_scripts(void **state)
{
	struct rules_counters before, after;
	const char *words;
	struct ruleset *control = load_one(PLAIN_SCRIPT);
	int taken = 0, count = mutations() / 5;
	rules_counters(&before);
	empty_folder();
	for (int i = 0; i < count; i++) {
		char text[4096];
		size_t length = strlen(seeds[i % COUNT_OF(seeds)]);
		struct verdict verdict;
		memcpy(text, seeds[i % COUNT_OF(seeds)], length);
		put_bytes("10-a.sieve", text, mutate(text, length, sizeof text));
		struct ruleset *ruleset = load_folder(&words);
		if (strstr(words, "tried out"))
			fail_msg("the linter let through what libsieve refuses: %s\n%.*s", words, (int)sizeof text, text);
		if (ruleset) {
			taken++;
			ask(ruleset, &(struct rules_question){.mail = PLAIN}, &verdict);
			if (verdict.trouble)
				fail_msg("%s", verdict.trouble);
		}
		rules_unref(&ruleset);
		if (i % 50 == 0)
			plain(control);
		arena_reset(&arena);
	}
	rules_counters(&after);
	print_message("%d mutated scripts, %d taken, none of them refused by libsieve; %d workers lost\n", count, taken, (int)(after.workers_lost - before.workers_lost));
	assert_true(taken > count / 100);
	assert_int_equal(after.workers_lost, before.workers_lost);
	rules_unref(&control);
}

static void mutated_mails(void **state)
{
	static const char mail[] = "From: Anna <anna@example.net>, \"B, C\" <b@example.com>\nTo: support@example.org, g: x@y.example, z@y.example;\n"
		"Cc: =?utf-8?Q?J=C3=B6rg?= <j@example.com>\nSubject: =?iso-8859-1?Q?VPN_kaputt_=E9?= again\nSender: (comment (nested)) s@example.com\n"
		"X-Other: zz\n z\nX-Sportello: kw:vpn\nContent-Type: text/plain; charset=utf-8\n\nDer Tunnel geht nicht.\n";
	struct rules_counters before, after;
	const char *words;
	int count = mutations(), whole = 0;
	empty_folder();
	put("10-plain.sieve", PLAIN_SCRIPT);
	put("05-first.sieve", ALL_REQUIRED
		"if address :all :matches [\"from\", \"sender\", \"x-other\"] \"*b*\" { addflag \"tag:b\"; }\n"
		"if address :detail :contains [\"x-other\", \"delivered-to\", \"to\"] \"x\" { addflag \"tag:d\"; }\n"
		"if header :value \"ge\" :comparator \"i;ascii-numeric\" \"x-other\" \"5\" { addflag \"tag:n\"; }\n"
		"if envelope :domain :matches \"from\" \"*.example\" { addflag \"tag:e\"; }\n");
	struct ruleset *ruleset = load_folder(&words);
	assert_non_null(ruleset);
	struct error error;
	rules_fini();                            /* workers that earlier tests killed while they waited are found dead later */
	assert_int_equal(rules_init(&error), STATUS_OK);
	log_set_level(LOG_WARNING);              /* why a worker is lost */
	rules_counters(&before);
	for (int i = 0; i < count; i++) {
		char text[4096], from[200] = "bounce+a=b@example.example";
		struct verdict verdict;
		memcpy(text, mail, sizeof mail);
		text[mutate(text, sizeof mail - 1, sizeof text - 1)] = 0;
		from[mutate(from, strlen(from), sizeof from - 1)] = 0;
		ask(ruleset, &(struct rules_question){.mail = text, .from = from}, &verdict);
		if (verdict.trouble)
			fail_msg("%s\n%s", verdict.trouble, text);
		if (i % 20 == 0) {
			plain(ruleset);
			whole++;
		}
		arena_reset(&arena);
	}
	rules_counters(&after);
	print_message("%d mutated mails and %d whole ones between them, none in the wrong queue; %d questions, %d troubles, %d workers lost\n", count, whole,
	              (int)(after.evaluations - before.evaluations), (int)(after.troubles - before.troubles), (int)(after.workers_lost - before.workers_lost));
	assert_int_equal(after.workers_lost, before.workers_lost);
	rules_unref(&ruleset);
}

/* ---------------------------------------------------------------- how long it takes */

static double seconds_of(clockid_t clock)
{
	struct timespec time;
	clock_gettime(clock, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double workers_cpu(void)
{
	int pids[RULES_WORKERS];
	double sum = 0;
	clockid_t clock;
	for (size_t i = rules_pool_pids(pids, RULES_WORKERS); i > 0; i--)
		if (clock_getcpuclockid(pids[i - 1], &clock) == 0)
			sum += seconds_of(clock);
	return sum;
}

static void write_rules(int rules, int files)
{
	empty_folder();
	for (int f = 0; f < files; f++) {
		CLEANUP_BUFFER struct buffer script;
		buffer_init(&script);
		buffer_add_string(&script, "# A script as people write it, with a comment that says what it is for.\n" ALL_REQUIRED);
		for (int r = f; r < rules; r += files) {
			if (r % 2)
				buffer_printf(&script, "if header :is \"X-Sportello\" \"kw:set%d\" {\n\taddflag [\"tag:t%d\", \"priority:high\"];\n\tfileinto \"queue/network\";\n\tstop;\n}\n", r % 20, r);
			else if (r % 4)
				buffer_printf(&script, "if address :domain \"from\" [\"customer%d.example\", \"other%d.example\"] {\n\taddflag \"tag:t%d\";\n\tfileinto \"queue/invoices\";\n\tstop;\n}\n", r, r, r);
			else
				buffer_printf(&script, "if header :contains \"subject\" [\"printer%d\", \"toner%d\", \"scanner%d\"] {\n\taddflag \"tag:t%d\";\n\tfileinto \"queue/support\";\n\tstop;\n}\n", r, r, r, r);
		}
		put(arena_printf(&arena, "%02d-rules.sieve", f), buffer_string(&script));
	}
}

static void measure(int rules, int files, const struct mail *mail, const char *what)
{
	const char *words;
	struct verdict verdict;
	struct arena own;
	struct rules_input input = {.mail = mail, .recipient = "support@example.org", .queue = "support", .envelope_from = "a@example.net"};
	write_rules(rules, files);
	struct ruleset *ruleset = load_folder(&words);
	assert_non_null(ruleset);
	arena_init(&own);
	rules_evaluate(ruleset, &input, &own, &verdict);
	int count = RULES_WORKER_LIFE - 10;
	double cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID), workers = workers_cpu(), wall = seconds_of(CLOCK_MONOTONIC), matching;
	for (int i = 0; i < count; i++) {
		rules_evaluate(ruleset, &input, &own, &verdict);
		assert_null(verdict.trouble);
		arena_reset(&own);
	}
	cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	workers = workers_cpu() - workers;
	wall = seconds_of(CLOCK_MONOTONIC) - wall;
	matching = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
	for (int i = 0; i < count; i++) {
		struct rules_keywords found;
		rules_match(ruleset, mail, &own, &found);
		arena_reset(&own);
	}
	matching = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - matching;
	print_message("%-40s cpu %5.1f us (daemon %5.1f, of which keyword sets %5.1f; worker %5.1f), wall %5.1f us\n", what, (cpu + workers) / count * 1e6,
	              cpu / count * 1e6, matching / count * 1e6, workers / count * 1e6, wall / count * 1e6);
	arena_fini(&own);
	rules_unref(&ruleset);
	signal_workers(SIGKILL);
}

static void bench(void **state)
{
	CLEANUP_BUFFER struct buffer text;
	size_t count = config.keywords.count;
	struct mail_address from = {"anna@example.net", "Anna"};
	if (!getenv("RULES_BENCH"))
		skip();
	buffer_init(&text);
	for (int i = 0; i < 40; i++)
		buffer_add_string(&text, "Good morning, since yesterday the thing on the third floor does not do what it should.\n");
	struct mail mail = {.subject = "Nothing works on the third floor", .reply_text = buffer_string(&text), .from = from, .from_all = {&from, 1}, .message_id = "<1@x>"};
	config.keywords.count = 0;
	for (int i = 0; i < 20; i++)
		add_keyword(arena_printf(&config.arena, "set%d", i), arena_printf(&config.arena, "word%d|other%d|printer%d|out of order%d", i, i, i, i),
		            i % 4 ? "" : arena_printf(&config.arena, "\\border[- ]?%d\\d{4}\\b", i), KEYWORD_IN_BOTH, i % 5 ? "" : "it");
	measure(30, 1, &mail, "30 rules, 1 script, 20 keyword sets");
	measure(40, 1, &mail, "40 rules, 1 script, 20 keyword sets");
	measure(40, 40, &mail, "40 rules, 40 scripts, 20 keyword sets");
	mail.language = "en";
	measure(40, 40, &mail, "40 rules, 40 scripts, 20 sets, language known");
	mail.subject = "The printer12 on the third floor";
	measure(40, 40, &mail, "the same, and one rule fires");
	for (int i = 0; i < 1100; i++)
		buffer_add_string(&text, "Good morning, since yesterday the thing on the third floor does not do what it should.\n");
	mail.reply_text = buffer_string(&text);
	measure(40, 40, &mail, "the same, text of 90 KB");
	config.keywords.count = count;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dead_workers_are_replaced), cmocka_unit_test(a_stopped_worker_costs_one_mail_its_rules),
		cmocka_unit_test(a_slow_mail_loses_its_rules), cmocka_unit_test(without_processes_there_is_trouble), cmocka_unit_test(workers_are_recycled),
		cmocka_unit_test(workers_are_confined),
		cmocka_unit_test(mails_that_broke_libsieve), cmocka_unit_test(nothing_leaks_between_mails), cmocka_unit_test(threads_share_the_workers),
		cmocka_unit_test(a_killed_zygote_is_replaced), cmocka_unit_test(killing_under_load_costs_no_rules),
		cmocka_unit_test(a_guilty_mail_loses_its_rules_alone),
		cmocka_unit_test(mutated_scripts), cmocka_unit_test(mutated_mails), cmocka_unit_test(bench),
	};
	return cmocka_run_group_tests(tests, up, down);
}
