/*
 * cli_selftest.c - `selftest`: does mail go round, through relay, mail server and desk, and back, and is it still what it was?
 *
 * Mails with a signed word in the subject go to the relay as the desk's own do; the desk keeps them and does nothing else (disposition
 * "selftest"), so that what arrived is read in its mailbox. What the relay says, what bounces, what waits in Postfix's queue, and what Postfix's
 * configuration does (postfix_look) make the cause. May not open a ticket nor write to anybody but the desk, an unknown address of its domain and --via.
 */
#include "cli_private.h"

#include "outbox.h"
#include "postfix.h"

#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>

#define WAIT_SECONDS 30
#define POLL_US 200000
#define LARGE_BYTES 1000000              /* a photograph */
#define ROWS_LOOKED_AT 200
#define RAW_LOOKED_AT ((size_t)65536)
#define MARK "selftest.sportello.invalid"

enum probe_kind { PROBE_QUEUE, PROBE_SIGNED, PROBE_BOUNCE, PROBE_UNKNOWN, PROBE_8BIT, PROBE_UTF8, PROBE_LARGE, PROBE_VIA, PROBES };
static const struct { const char *name, *what; } probe_names[PROBES] = {
	{ "queue", "the queue's address" }, { "signed", "the address of a ticket" }, { "bounce", "a bounce address, from the null sender" }, { "unknown", "an unknown address" },
	{ "8-bit", "8-bit text" }, { "smtputf8", "a sender beyond ASCII" }, { "size", "a mail of a megabyte" }, { "via", "the address of --via" } };

struct probe {
	bool used;
	const char *from, *to, *subject, *message_id;
	enum outbox_said said; const char *reply;
	int arrived;                             /* how often */
	int64_t row;                             /* in the mailbox */
	const char *recipient, *envelope_from, *subject_now;
	int64_t returned;                        /* the row of what bounced; 0: nothing */
};

struct result { const char *test, *cause, *what_to_do; };    /* cause NULL: fine */

struct selftest {
	struct cli *cli;
	const struct desk_queue *queue;
	struct postfix *postfix;
	struct postfix_findings findings;
	struct probe probes[PROBES];
	int64_t base, seconds;
	struct { struct result *at; size_t count; } results;
};

#define SAY(test, ...) arena_printf(&(test)->cli->arena, __VA_ARGS__)

/* ---------------------------------------------------------------- sending */

static struct token token_of(const struct selftest *test, enum probe_kind kind, bool sender)
{
	return (struct token){ .kind = TOKEN_SELFTEST, .number = test->base + 2 * (int64_t)kind + sender };
}

static void write_mail(struct selftest *test, enum probe_kind kind, struct buffer *out)
{
	struct probe *probe = &test->probes[kind];
	const struct config *config = test->cli->config;

	buffer_printf(out, "From: Sportello <%s>\r\nTo: <%s>\r\nSubject: %s\r\nMessage-ID: %s\r\nDate: %s\r\nAuto-Submitted: auto-generated\r\n", kind == PROBE_UTF8 ? probe->from : test->queue->address, probe->to, probe->subject,
	              probe->message_id, time_rfc5322(&test->cli->arena, clock_now()));
	if (kind == PROBE_QUEUE && *config->authserv_id)
		buffer_printf(out, "Authentication-Results: %s; dmarc=pass header.from=" MARK "\r\n", config->authserv_id);
	buffer_printf(out, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: %s\r\n\r\nA mail of `sportello selftest`.\r\n", kind == PROBE_8BIT ? "8bit" : "7bit");
	if (kind == PROBE_8BIT)
		buffer_add_string(out, "Gr\xC3\xBC\xC3\x9F" "e, \xCE\xB1\xCE\xB2\xCE\xB3\r\n");
	while (kind == PROBE_LARGE && out->length < LARGE_BYTES)
		buffer_add_string(out, "This line makes a large mail, as one with a photograph is.\r\n");
	buffer_add_string(out, "The last line.\r\n");
}

static void send_probe(struct selftest *test, enum probe_kind kind, const char *to)
{
	struct arena *arena = &test->cli->arena;
	const struct desk_policy *policy = &test->cli->policy;
	struct probe *probe = &test->probes[kind];
	struct token subject = token_of(test, kind, false), sender = token_of(test, kind, true);
	CLEANUP_BUFFER struct buffer bytes;

	buffer_init(&bytes);
	probe->used = true;
	probe->to = to ? to : desk_token_address(arena, policy, test->queue->address, &subject);
	probe->from = kind == PROBE_BOUNCE ? "" : kind == PROBE_UTF8 ? SAY(test, "pr\xC3\xBC" "fung@%s", strchr(test->queue->address, '@') + 1)
	                                                             : desk_token_address(arena, policy, test->queue->address, &sender);
	probe->subject = SAY(test, SELFTEST_SUBJECT "%s", desk_token(arena, &policy->keys, &subject));
	probe->message_id = SAY(test, "<%lld.%s@%s>", (long long)test->base, probe_names[kind].name, policy->domain);
	write_mail(test, kind, &bytes);
	probe->said = outbox_try(&test->cli->config->relay, arena, probe->from, probe->to, bytes.at, bytes.length, &probe->reply);
}

static void send_all(struct selftest *test)
{
	const char *domain = strchr(test->queue->address, '@') + 1;

	send_probe(test, PROBE_QUEUE, test->queue->address);
	if (test->probes[PROBE_QUEUE].said == OUTBOX_UNREACHED)
		return;
	send_probe(test, PROBE_SIGNED, NULL);
	send_probe(test, PROBE_BOUNCE, NULL);
	send_probe(test, PROBE_UNKNOWN, SAY(test, "no-such-%llx@%s", (unsigned long long)test->base, domain));
	send_probe(test, PROBE_8BIT, test->queue->address);
	send_probe(test, PROBE_UTF8, test->queue->address);
	send_probe(test, PROBE_LARGE, test->queue->address);
	if (test->cli->option[O_VIA])
		send_probe(test, PROBE_VIA, test->cli->option[O_VIA]);
}

/* ---------------------------------------------------------------- what arrives */

static void take_row(struct selftest *test, const struct mailbox_row *row)
{
	struct address_facts address;
	struct token token;
	int64_t number;

	desk_address(&test->cli->policy, row->recipient, &address);
	if (address.token.kind == TOKEN_SELFTEST && (address.token.number - test->base) % 2 == 1)
		token = address.token;
	else if (!desk_selftest_read(&test->cli->policy, row->subject ? row->subject : "", &token)) {
		if (address.token.kind != TOKEN_SELFTEST)
			return;
		token = address.token;
	}
	number = token.number - test->base;
	if (number < 0 || number >= 2 * PROBES)
		return;
	if (number % 2) {
		test->probes[number / 2].returned = row->id;
		return;
	}
	test->probes[number / 2].arrived += 1 + row->duplicates;
	test->probes[number / 2].row = row->id;
	test->probes[number / 2].recipient = row->recipient;
	test->probes[number / 2].envelope_from = row->envelope_from;
	test->probes[number / 2].subject_now = row->subject;
}

static enum status look(struct selftest *test, struct error *error)
{
	struct mailbox_rows rows = { NULL, 0 };
	enum status status = store_mailbox(test->cli->store, &test->cli->arena, ROWS_LOOKED_AT, &rows, error);

	for (int i = 0; i < PROBES; i++) {
		test->probes[i].arrived = 0;
		test->probes[i].returned = 0;
	}
	for (size_t i = 0; i < rows.count && status == STATUS_OK; i++)
		if (!strcmp(rows.at[i].disposition, DISPOSITION_SELFTEST))
			take_row(test, &rows.at[i]);
	return status;
}

/* Nothing more is to come of it. */
static bool is_settled(const struct probe *probe)
{
	return !probe->used || probe->said != OUTBOX_TAKEN || probe->arrived || probe->returned;
}

static enum status wait_for_all(struct selftest *test, struct error *error)
{
	int64_t end = clock_monotonic_us() + test->seconds * 1000000;

	for (;;) {
		bool settled = true;
		enum status status = look(test, error);

		for (int i = 0; i < PROBES; i++)
			settled = settled && is_settled(&test->probes[i]);
		if (status != STATUS_OK || settled || clock_monotonic_us() > end)
			return status;
		usleep(POLL_US);
	}
}

/* ---------------------------------------------------------------- causes */

static void tell(struct selftest *test, const char *name, const char *cause, const char *what_to_do)
{
	*ARENA_PUSH(&test->cli->arena, &test->results) = (struct result){ name, cause, what_to_do };
}

/* What came of it as bytes: enough of it to see the header and a short text. */
static const char *raw_of(struct selftest *test, int64_t row)
{
	struct store_raw raw;
	struct error error;
	int64_t number;
	char *text;
	ssize_t got;

	if (store_mailbox_raw(test->cli->store, row, &number, &error) != STATUS_OK || store_raw_open(test->cli->store, number, &raw, &error) != STATUS_OK)
		return "";
	if (raw.source.data)
		text = arena_copy(&test->cli->arena, raw.source.data, raw.source.size < RAW_LOOKED_AT ? (size_t)raw.source.size : RAW_LOOKED_AT);
	else {
		text = arena_room(&test->cli->arena, RAW_LOOKED_AT + 1);
		got = pread(raw.source.fd, text, RAW_LOOKED_AT, 0);
		text[got > 0 ? got : 0] = '\0';
	}
	store_raw_close(&raw);
	return text;
}

/* The value of a field at the beginning of a line, unfolded; NULL: there is none. */
static const char *field(struct selftest *test, const char *raw, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = raw; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (!strncasecmp(line, name, length) && line[length] == ':') {
			char *value = arena_copy(&test->cli->arena, line + length + 1, strcspn(line + length + 1, "\r\n"));

			return text_trim(value);
		}
	return NULL;
}

/* Which findings tell why a mail does not arrive, and why a sender is changed. */
static bool is_about_the_way(const struct postfix_finding *finding)
{
	return strcmp(finding->key, "message_size_limit") != 0 && strcmp(finding->key, "soft_bounce") != 0 && strcmp(finding->key, "masquerade_domains") != 0
	       && strcmp(finding->key, "sender_canonical_maps") != 0 && strcmp(finding->key, "smtp_generic_maps") != 0;
}

static const struct postfix_finding *finding_for(const struct selftest *test, enum probe_kind kind)
{
	const struct postfix_finding *found = NULL;

	for (size_t i = 0; i < test->findings.count && !found; i++) {
		const struct postfix_finding *this = &test->findings.at[i];

		if (this->certain && (kind == PROBE_LARGE ? !strcmp(this->key, "message_size_limit") : is_about_the_way(this)))
			found = this;
	}
	for (size_t i = 0; i < test->findings.count && !found && kind == PROBE_LARGE; i++)
		if (test->findings.at[i].certain && is_about_the_way(&test->findings.at[i]))
			found = &test->findings.at[i];
	return found;
}

/* The relay did not take it, it bounced, it waits, or it is gone. */
static void tell_lost(struct selftest *test, enum probe_kind kind)
{
	struct probe *probe = &test->probes[kind];
	const struct postfix_finding *found = finding_for(test, kind);
	const char *cause, *raw, *waits = NULL;

	if (probe->said == OUTBOX_UNREACHED)
		cause = SAY(test, "the relay cannot be reached: %s", probe->reply);
	else if (probe->said != OUTBOX_TAKEN)
		cause = SAY(test, "the relay does not take a mail to %s: %s", probe->to, probe->reply);
	else if (probe->returned) {
		raw = raw_of(test, probe->returned);
		cause = SAY(test, "a mail to %s came back: %s", probe->to, field(test, raw, "Diagnostic-Code") ? field(test, raw, "Diagnostic-Code") : "see sportello mailbox list");
	} else {
		if (test->postfix)
			waits = postfix_waiting(test->postfix, *probe->from ? probe->from : probe->to);
		cause = waits ? SAY(test, "a mail to %s waits in Postfix's queue: %s", probe->to, waits) : SAY(test, "a mail to %s was taken by the relay and did not arrive within %lld s", probe->to, (long long)test->seconds);
	}
	if (found)
		tell(test, probe_names[kind].name, SAY(test, "%s (%s)", found->what, cause), found->line);
	else
		tell(test, probe_names[kind].name, cause, probe->said == OUTBOX_UNREACHED ? SAY(test, "relay.url in %s, or start the mail server", test->cli->config->file)
		     : waits ? "is sportellod running, and does it listen where the mail server's transport says? then: postqueue -f" : "look into the mail server's log for the address; contrib/postfix/README says what the desk needs");
}

static void judge_unknown(struct selftest *test)
{
	struct probe *probe = &test->probes[PROBE_UNKNOWN];

	if (probe->said == OUTBOX_REFUSED || (probe->said == OUTBOX_TAKEN && probe->returned))
		tell(test, "unknown", NULL, NULL);
	else if (probe->said == OUTBOX_LATER)
		tell(test, "unknown", SAY(test, "mail to an unknown address is put off, not refused: %s", probe->reply), "unverified_recipient_reject_code = 550, and soft_bounce = no");
	else if (probe->arrived)
		tell(test, "unknown", SAY(test, "mail to an unknown address (%s) reaches the desk as %s", probe->to, probe->recipient), "a catch-all of the mail server leads to the desk: name the desk's addresses in place of it");
	else
		tell(test, "unknown", SAY(test, "mail to an unknown address (%s) is taken and neither refused nor returned: customers who mistype are told nothing", probe->to),
		     "a catch-all, luser_relay or a discard: transport takes it; let unknown addresses of the domain be refused");
}

/* What a good way leaves alone. */
static void judge_unchanged(struct selftest *test)
{
	struct probe *probe = &test->probes[PROBE_QUEUE];
	const char *raw = raw_of(test, probe->row), *id = field(test, raw, "Message-ID"), *from = field(test, raw, "From"), *subject = field(test, raw, "Subject"), *end = strstr(raw, "The last line.");

	if (!id || strcmp(id, probe->message_id) != 0)
		tell(test, "message-id", SAY(test, "the Message-ID is changed on the way, from %s to %s: answers that lost their signed address open new tickets", probe->message_id, id ? id : "none"),
		     "take out what replaces Message-ID (header_checks, a milter, the provider's relay)");
	else
		tell(test, "message-id", NULL, NULL);
	if (!from || !strstr(from, test->queue->address) || (probe->envelope_from && strcasecmp(probe->envelope_from, probe->from) != 0))
		tell(test, "sender", SAY(test, "the sender is changed on the way: %s, envelope %s", from ? from : "none", probe->envelope_from ? probe->envelope_from : ""),
		     "sender_canonical_maps, masquerade_domains, smtp_generic_maps or header_checks of the mail server do it: leave the desk's addresses out");
	else
		tell(test, "sender", NULL, NULL);
	if (strcmp(probe->recipient, test->queue->address) != 0 || !subject || strcmp(subject, probe->subject) != 0)
		tell(test, "unchanged", SAY(test, "%s is changed on the way: \"%s\"", strcmp(probe->recipient, test->queue->address) ? "the recipient" : "the subject",
		     strcmp(probe->recipient, test->queue->address) ? probe->recipient : subject ? subject : ""), "take out what writes into subjects or recipients (header_checks, a list, a filter of the provider)");
	else if (!end || strspn(end + strlen("The last line."), "\r\n") != strlen(end + strlen("The last line.")))
		tell(test, "unchanged", "the text is changed on the way: a footer, or lines taken out", "take out the footer or filter (a milter, body_checks, content_filter)");
	else
		tell(test, "unchanged", NULL, NULL);
	if (*test->cli->config->authserv_id)
		tell(test, "authentication-results", strstr(raw, MARK) ? SAY(test, "a forged Authentication-Results of the name %s reaches the desk: anybody can write \"dmarc=pass\" himself", test->cli->config->authserv_id) : NULL,
		     strstr(raw, MARK) ? "header_checks as in contrib/postfix/header_checks.sample, or authserv_id = \"\" in sportello.conf" : NULL);
}

static void judge(struct selftest *test)
{
	for (int i = 0; i < PROBES; i++) {
		struct probe *probe = &test->probes[i];

		if (!probe->used)
			continue;
		if (i == PROBE_UNKNOWN)
			judge_unknown(test);
		else if (!probe->arrived)
			tell_lost(test, (enum probe_kind)i);
		else if (probe->arrived > 1)
			tell(test, probe_names[i].name, SAY(test, "one mail to %s arrived %d times", probe->to, probe->arrived), "always_bcc, recipient_bcc_maps, an alias or a second transport leads it to the desk again");
		else if (i == PROBE_8BIT && !strstr(raw_of(test, probe->row), "Gr\xC3\xBC\xC3\x9F") && !strstr(raw_of(test, probe->row), "Gr=C3=BC=C3=9F"))
			tell(test, "8-bit", "8-bit text does not arrive as it was sent", "let the mail server speak 8BITMIME: no smtpd_discard_ehlo_keywords");
		else
			tell(test, probe_names[i].name, NULL, NULL);
	}
	if (test->probes[PROBE_QUEUE].arrived)
		judge_unchanged(test);
}

/* What Postfix's configuration says and no mail has shown. */
static void judge_configuration(struct selftest *test)
{
	for (size_t i = 0; i < test->findings.count; i++) {
		const struct postfix_finding *finding = &test->findings.at[i];
		bool told = !finding->certain;

		for (size_t k = 0; k < test->results.count && !told; k++)
			told = test->results.at[k].cause && strstr(test->results.at[k].cause, finding->what);
		if (!told)
			tell(test, *finding->key ? finding->key : "configuration", finding->what, finding->line);
	}
}

/* ---------------------------------------------------------------- saying it */

static void as_json(struct selftest *test)
{
	struct json json;

	json_init(&json, &test->cli->out);
	json_array(&json, NULL);
	for (size_t i = 0; i < test->results.count; i++) {
		json_object(&json, NULL);
		json_string(&json, "test", test->results.at[i].test);
		json_bool(&json, "ok", !test->results.at[i].cause);
		json_string(&json, "cause", test->results.at[i].cause);
		json_string(&json, "do", test->results.at[i].what_to_do);
		json_object_end(&json);
	}
	json_array_end(&json);
	buffer_add_char(&test->cli->out, '\n');
}

static void as_lines(struct selftest *test)
{
	struct cli *cli = test->cli;

	for (size_t i = 0; i < test->results.count; i++) {
		const struct result *result = &test->results.at[i];

		const char *word = result->cause ? "FAILED" : "ok", *escape = cli_colours() ? cli_colour(word) : "", *plain = *escape ? CLI_PLAIN : "";

		buffer_printf(&cli->out, "%-22s  %s%s%s", result->test, escape, word, plain);
		if (result->cause)
			buffer_printf(&cli->out, ": %s\n%-22s  do: %s", cli_safe(&cli->arena, result->cause, false), "", cli_safe(&cli->arena, result->what_to_do, false));
		buffer_add_char(&cli->out, '\n');
	}
}

static enum status find_queue(struct selftest *test, struct error *error)
{
	struct cli *cli = test->cli;
	int64_t seconds = WAIT_SECONDS;

	if (cli->option[O_WAIT] && cli_number(cli->option[O_WAIT], "seconds", &seconds, error) != STATUS_OK)
		return STATUS_USAGE;
	test->seconds = seconds;
	test->queue = cli->count ? desk_queue_named(&cli->policy, cli->words[0]) : &cli->policy.queues.at[0];
	if (!test->queue)
		return error_set(error, STATUS_NOT_FOUND, "there is no queue \"%s\" in %s", cli->words[0], cli->config->file);
	if (cli->config->relay.kind == RELAY_MAILDIR)
		return error_set(error, STATUS_BAD_CONFIG, "relay.url is %s: mails are kept as files and go nowhere; selftest needs a mail server", cli->config->relay.url);
	return STATUS_OK;
}

enum status cli_run_selftest(struct cli *cli, struct error *error)
{
	struct selftest test = { .cli = cli };
	struct postfix_desk desk;
	enum status status;

	if ((status = cli_need_store(cli, false, error)) != STATUS_OK || (status = find_queue(&test, error)) != STATUS_OK
	    || (status = cli_postfix(cli, cli->config, &test.postfix, error)) != STATUS_OK)
		return status;
	test.base = clock_now() * 32;
	if (test.postfix) {
		cli_postfix_desk(&cli->arena, cli->config, &desk);
		postfix_look(test.postfix, &desk, &test.findings);
	}
	send_all(&test);
	if ((status = wait_for_all(&test, error)) != STATUS_OK)
		return status;
	judge(&test);
	judge_configuration(&test);
	for (size_t i = 0; i < test.results.count; i++)
		if (test.results.at[i].cause)
			cli->exit_code = EX_DATAERR;
	if (cli->json)
		as_json(&test);
	else
		as_lines(&test);
	return STATUS_OK;
}
