/*
 * daemon_pages.c - /healthz and /metrics: how the daemon is, for machines; and the way to the customers' pages (/l/TOKEN)
 * and to the articles (/kb/ARTICLE).
 *
 * /healthz is 200 while mail can be accepted and kept, else 503 with the reason. /metrics is Prometheus text format 0.0.4; the
 * counters begin at the start of the process, the gauges are read from the database.
 */
#include <string.h>

#include "daemon_private.h"

static void answer(struct web_response *response, int status, const char *type, const char *body)
{
	*response = (struct web_response){.status = status, .content_type = type, .body = body, .length = strlen(body)};
}

static void metric(struct buffer *out, const char *name, const char *type, const char *help)
{
	buffer_printf(out, "# HELP sportello_%s %s\n# TYPE sportello_%s %s\n", name, help, name, type);
}

static void value(struct buffer *out, const char *name, const char *type, const char *help, int64_t number)
{
	metric(out, name, type, help);
	buffer_printf(out, "sportello_%s %lld\n", name, (long long)number);
}

static void print_dispositions(struct buffer *out, struct gateway_counters *counters)
{
	metric(out, "dispositions_total", "counter", "Deliveries by what became of them.");
	for (int i = 0; i <= DISPOSITIONS; i++)
		buffer_printf(out, "sportello_dispositions_total{disposition=\"%s\"} %lld\n", i < DISPOSITIONS ? desk_dispositions[i].name : "other",
		              (long long)counters->dispositions[i]);
}

static void print_seconds(struct buffer *out, struct gateway_counters *counters)
{
	metric(out, "intake_seconds", "histogram", "From the end of the data to the replies.");
	for (size_t i = 0; i < COUNT_OF(gateway_seconds_bounds); i++)
		buffer_printf(out, "sportello_intake_seconds_bucket{le=\"%g\"} %lld\n", gateway_seconds_bounds[i], (long long)counters->seconds_le[i]);
	buffer_printf(out, "sportello_intake_seconds_bucket{le=\"+Inf\"} %lld\n", (long long)counters->seconds_count);
	buffer_printf(out, "sportello_intake_seconds_sum %g\n", (double)counters->microseconds_sum / 1e6);
	buffer_printf(out, "sportello_intake_seconds_count %lld\n", (long long)counters->seconds_count);
}

static void print_intake(struct buffer *out, struct daemon *daemon)
{
	struct gateway_counters *counters = &daemon->gateway.counters;
	value(out, "mails_total", "counter", "Mails received by LMTP.", counters->mails);
	value(out, "mail_bytes_total", "counter", "Bytes of the mails received.", counters->bytes);
	value(out, "heavy_mails_total", "counter", "Mails read one beside the other in the slow lane, for their size.", daemon->gateway.lane.heavy);
	value(out, "accepted_total", "counter", "Deliveries answered 250, repeated ones too.", counters->accepted);
	value(out, "duplicates_total", "counter", "Deliveries that were there already.", counters->duplicates);
	value(out, "deferred_total", "counter", "Deliveries answered 4xx.", counters->deferred);
	value(out, "refused_recipients_total", "counter", "Recipients answered 550.", counters->refused_recipients);
	print_dispositions(out, counters);
	value(out, "acknowledgements_total", "counter", "Acknowledgements written for new tickets.", counters->acknowledged);
	metric(out, "acknowledgements_withheld_total", "counter",
	       "New tickets without one: too many for strangers, or no answer is due (machines, forged senders, bounces).");
	buffer_printf(out, "sportello_acknowledgements_withheld_total{why=\"budget\"} %lld\n", (long long)counters->over_budget);
	buffer_printf(out, "sportello_acknowledgements_withheld_total{why=\"not-due\"} %lld\n", (long long)counters->unacknowledged);
	print_seconds(out, counters);
	value(out, "lmtp_connections", "gauge", "LMTP connections now.", daemon->connections);
	value(out, "lmtp_connections_total", "counter", "LMTP connections taken.", daemon->connections_total);
	value(out, "lmtp_connections_sent_away_total", "counter", "Silent LMTP connections ended to make room for others.", daemon->connections_sent_away);
	value(out, "lmtp_connections_refused_total", "counter", "LMTP connections answered 421 at once.", daemon->connections_refused);
}

static void print_store(struct buffer *out, struct daemon *daemon)
{
	struct store_counters writer;
	struct store_totals totals;
	struct store *store = daemon->web_store;
	struct error error;
	store_writer_counters(daemon->gateway.writer, &writer);
	value(out, "commits_total", "counter", "Group commits of the writer.", writer.batches);
	value(out, "jobs_total", "counter", "Changes committed by them.", writer.jobs);
	value(out, "jobs_failed_total", "counter", "Changes that failed.", writer.failed);
	value(out, "jobs_waiting", "gauge", "Changes that wait for the writer.", writer.waiting);
	if (store_totals(store, &totals, &error) == STATUS_OK) {
		value(out, "tickets", "gauge", "Tickets in the store.", totals.tickets);
		metric(out, "tickets_by_state", "gauge", "Tickets by state.");
		for (int i = 0; i < STATE_COUNT; i++)
			buffer_printf(out, "sportello_tickets_by_state{state=\"%s\"} %lld\n", desk_ticket_state_name((enum ticket_state)i), (long long)totals.by_state[i]);
		value(out, "routed_total", "counter", "Tickets that the classifier put into a queue.", totals.routed);
		value(out, "routed_corrected", "gauge", "Those of them that agents moved elsewhere.", totals.corrected);
		value(out, "outbox_waiting", "gauge", "Outgoing mails that wait.", totals.outbox[OUTBOX_WAITING]);
	}
}

static void print_outbox(struct buffer *out, struct daemon *daemon)
{
	struct outbox_counters counters;
	outbox_counters(daemon->outbox, &counters);
	value(out, "outbox_sent_total", "counter", "Outgoing mails handed to the relay.", counters.sent);
	value(out, "outbox_deferred_total", "counter", "Attempts that are to be repeated.", counters.deferred);
	value(out, "outbox_failed_total", "counter", "Outgoing mails refused for good or given up.", counters.failed);
	value(out, "outbox_connections_total", "counter", "Connections made to the relay.", counters.connections);
	value(out, "outbox_relay_troubles_total", "counter", "Times that the relay could not be used at all.", counters.relay_troubles);
	value(out, "outbox_in_flight", "gauge", "Outgoing mails that are being sent now.", counters.in_flight);
}

static void print_rules(struct buffer *out)
{
	struct rules_counters counters;
	rules_counters(&counters);
	value(out, "rules_evaluations_total", "counter", "Mails that a worker of the rules looked at.", counters.evaluations);
	value(out, "rules_troubles_total", "counter", "Mails that lost their rules: a worker died, or took too long.", counters.troubles);
	value(out, "rules_workers_started_total", "counter", "Workers of the rules that were started.", counters.workers_started);
	value(out, "rules_workers_lost_total", "counter", "Workers that died or were killed.", counters.workers_lost);
	metric(out, "rules_seconds_total", "counter", "Time that the workers took for all mails.");
	buffer_printf(out, "sportello_rules_seconds_total %g\n", (double)counters.microseconds_sum / 1e6);
}

static void print_web(struct buffer *out, struct daemon *daemon)
{
	struct web_counters counters;
	if (!daemon->web)                        /* the very first request, before web_start() has returned */
		return;
	web_counters(daemon->web, &counters);
	value(out, "http_connections", "gauge", "HTTP connections now.", counters.connections);
	value(out, "http_requests_total", "counter", "HTTP requests that were answered or broken off.", counters.requests);
	value(out, "http_slow_total", "counter", "HTTP connections ended because their request took too long.", counters.slow);
	value(out, "http_cross_site_total", "counter", "Posts from pages of other sites, refused.", counters.cross_site);
}

static void metrics(struct daemon *daemon, const struct web_request *request, struct web_response *response)
{
	CLEANUP_BUFFER struct buffer out;
	buffer_init(&out);
	print_intake(&out, daemon);
	print_store(&out, daemon);
	print_outbox(&out, daemon);
	print_rules(&out);
	print_web(&out, daemon);
	value(&out, "start_time_seconds", "gauge", "When the daemon was started.", daemon->started / 1000);
	answer(response, 200, "text/plain; version=0.0.4; charset=utf-8", arena_string(request->arena, buffer_string(&out)));
}

/* The methods of a page; NULL: there is no such page. Only a customer's link can be pressed. */
static const char *methods_of(const char *path)
{
	if (strncmp(path, "/l/", 3) == 0)
		return "GET, HEAD, POST";
	return strcmp(path, "/healthz") == 0 || strcmp(path, "/metrics") == 0 || strncmp(path, "/kb/", 4) == 0 || strcmp(path, "/") == 0 || strcmp(path, "/logo") == 0
		? "GET, HEAD" : NULL;
}

static bool may_be_asked(const struct web_request *request, const char *methods)
{
	return !request->other && (!request->post || strstr(methods, "POST"));
}

/* What reads the database: one at a time, on the one connection. A page is a bounded piece of work; and /healthz waits for none. A file is found
 * so, and unpacked behind it. */
static void page(struct daemon *daemon, const struct web_request *request, struct web_response *response)
{
	struct config *config = daemon_config(daemon);
	struct kb *kb = daemon_kb(daemon);
	struct gateway_download download = {.name = NULL};
	pthread_mutex_lock(&daemon->web_lock);
	if (strcmp(request->path, "/metrics") == 0)
		metrics(daemon, request, response);
	else if (strncmp(request->path, "/l/", 3) == 0)
		gateway_page(&daemon->gateway, config, daemon->web_store, request, response, &download);
	else
		gateway_article_page(config, kb, daemon->web_store, request, response);
	pthread_mutex_unlock(&daemon->web_lock);
	if (download.name && !gateway_unpack_file(&download, response))
		gateway_trouble_page(config, request, response);
	kb_close(&kb);
	config_unref(&config);
}

void daemon_page(void *context, const struct web_request *request, struct web_response *response)
{
	struct daemon *daemon = context;
	const char *methods = methods_of(request->path);
	if (methods && !may_be_asked(request, methods)) {
		answer(response, 405, "text/plain; charset=utf-8", arena_printf(request->arena, "%s\n", methods));
		response->allow = methods;
	} else if (strcmp(request->path, "/healthz") == 0) {
		if (daemon->stopping)
			answer(response, 503, "text/plain; charset=utf-8", "shutting down\n");
		else if (!store_writer_healthy(daemon->gateway.writer))
			answer(response, 503, "text/plain; charset=utf-8", "the last commit failed: see the log\n");
		else
			answer(response, 200, "text/plain; charset=utf-8", "ok\n");
	} else if (strcmp(request->path, "/") == 0 || strcmp(request->path, "/logo") == 0) {
		struct config *config = daemon_config(daemon);
		if (request->path[1])
			gateway_logo(config, request, response);
		else
			gateway_here_page(config, request, response);
		config_unref(&config);
	} else if (methods) {
		page(daemon, request, response);
	} else {
		answer(response, 404, "text/plain; charset=utf-8", "there is no such page\n");
	}
}
