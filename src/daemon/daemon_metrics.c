/*
 * daemon_metrics.c - /metrics: how the daemon is, for Prometheus (text format 0.0.4). sportellod(8) tells what each of them is.
 *
 * Counters (_total) begin at the start of the process; of the database only what is kept counted is read (store_figures), so that to ask
 * costs the same for ten tickets and for a million. The names that alerts and dashboard ask for must be here: tests/manual_names.py looks.
 */
#include <string.h>

#include "daemon_private.h"

#ifndef SPORTELLO_VERSION
#define SPORTELLO_VERSION ""
#endif

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

/* What a label may hold is quoted. */
static void label(struct buffer *out, const char *value)
{
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			buffer_add_char(out, '\\');
		buffer_add_char(out, *value);
	}
}

static void print_inputs(struct buffer *out, struct daemon *daemon)
{
	metric(out, "input_mails_total", "counter", "Mails received, by the address that they came in by.");
	for (size_t i = 0; i < daemon->listener_count; i++) {
		buffer_add_string(out, "sportello_input_mails_total{input=\"");
		label(out, daemon->listeners[i].name);
		buffer_printf(out, "\"} %lld\n", (long long)daemon->listeners[i].mails);
	}
	metric(out, "input_last_mail_timestamp_seconds", "gauge", "When the last one came in by it, 0: none since the start.");
	for (size_t i = 0; i < daemon->listener_count; i++) {
		buffer_add_string(out, "sportello_input_last_mail_timestamp_seconds{input=\"");
		label(out, daemon->listeners[i].name);
		buffer_printf(out, "\"} %lld\n", (long long)(daemon->listeners[i].last / 1000));
	}
}

static void print_writer(struct buffer *out, struct daemon *daemon)
{
	struct store_counters writer;
	store_writer_counters(daemon->gateway.writer, &writer);
	value(out, "commits_total", "counter", "Group commits of the writer.", writer.batches);
	value(out, "jobs_total", "counter", "Changes committed by them.", writer.jobs);
	value(out, "jobs_failed_total", "counter", "Changes that failed.", writer.failed);
	value(out, "jobs_waiting", "gauge", "Changes that wait for the writer.", writer.waiting);
}

static void print_tickets(struct buffer *out, const struct store_figures *figures)
{
	value(out, "tickets", "gauge", "Tickets in the store.", figures->tickets);
	metric(out, "tickets_by_state", "gauge", "Tickets by state.");
	for (int i = 0; i < STATE_COUNT; i++)
		buffer_printf(out, "sportello_tickets_by_state{state=\"%s\"} %lld\n", desk_ticket_state_name((enum ticket_state)i), (long long)figures->by_state[i]);
	metric(out, "queue_tickets", "gauge", "Tickets by queue and state.");
	for (size_t k = 0; k < figures->queues.count; k++)
		for (int i = 0; i < STATE_COUNT; i++) {
			buffer_add_string(out, "sportello_queue_tickets{queue=\"");
			label(out, figures->queues.at[k].queue);
			buffer_printf(out, "\",state=\"%s\"} %lld\n", desk_ticket_state_name((enum ticket_state)i), (long long)figures->queues.at[k].by_state[i]);
		}
	value(out, "tickets_overdue", "gauge", "Tickets for which something promised is late.", figures->overdue);
	value(out, "routed_total", "counter", "Tickets that the classifier put into a queue.", figures->routed);
	value(out, "routed_corrected", "gauge", "Those of them that agents moved elsewhere.", figures->corrected);
}

static int64_t age(int64_t ms)
{
	int64_t seconds = (clock_now() - ms) / 1000;
	return ms && seconds > 0 ? seconds : 0;
}

static void print_store(struct buffer *out, struct daemon *daemon, struct arena *arena)
{
	struct store_figures figures;
	struct error error;
	if (store_figures(daemon->web_store, arena, &figures, &error) != STATUS_OK)
		return;
	print_tickets(out, &figures);
	value(out, "outbox_waiting", "gauge", "Outgoing mails that wait.", figures.outbox[OUTBOX_WAITING]);
	value(out, "outbox_oldest_age_seconds", "gauge", "For how long the oldest of them has waited, 0: none does.", age(figures.oldest_waiting));
	if (figures.last_mail)
		value(out, "last_mail_age_seconds", "gauge", "How long ago the last mail came in.", age(figures.last_mail));
	value(out, "database_bytes", "gauge", "Size of the database on the disk.", figures.database_bytes);
	value(out, "database_log_bytes", "gauge", "Size of its log of changes.", figures.log_bytes);
}

static void print_backups(struct buffer *out, struct daemon *daemon)
{
	struct config *config = daemon_config(daemon);
	if (*config->backup_dir) {
		value(out, "backup_last_timestamp_seconds", "gauge", "When the newest backup was made, 0: there is none.", daemon->backup.newest / 1000);
		value(out, "backup_bytes", "gauge", "Size of the last one made since the start.", daemon->backup.bytes);
		value(out, "backup_failures_total", "counter", "Backups that could not be made, or lack a damaged mail.", daemon->backup.failures);
	}
	config_unref(&config);
}

static void print_selftest(struct buffer *out, struct daemon *daemon)
{
	struct canary *canary = &daemon->canary;
	if (!canary->on)
		return;
	value(out, "selftest_up", "gauge", "1 while mail goes round, 0 once two test mails in a row were lost.", !canary->alarm);
	value(out, "selftest_sent_total", "counter", "Test mails sent round.", canary->sent);
	value(out, "selftest_lost_total", "counter", "Those that did not come back.", canary->lost);
	value(out, "selftest_last_success_timestamp_seconds", "gauge", "When the last one came back, 0: none since the start.", canary->came_at / 1000);
	metric(out, "selftest_round_trip_seconds", "gauge", "How long it was under way.");
	buffer_printf(out, "sportello_selftest_round_trip_seconds %g\n", (double)canary->round_trip_ms / 1e3);
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

const char *daemon_metrics(struct daemon *daemon, struct arena *arena)
{
	CLEANUP_BUFFER struct buffer out;
	buffer_init(&out);
	metric(&out, "build_info", "gauge", "1, with the version of this program.");
	buffer_printf(&out, "sportello_build_info{version=\"" SPORTELLO_VERSION "\"} 1\n");
	value(&out, "start_time_seconds", "gauge", "When the daemon was started.", daemon->started / 1000);
	print_intake(&out, daemon);
	print_inputs(&out, daemon);
	print_writer(&out, daemon);
	print_store(&out, daemon, arena);
	print_outbox(&out, daemon);
	print_backups(&out, daemon);
	print_selftest(&out, daemon);
	print_rules(&out);
	print_web(&out, daemon);
	return arena_string(arena, buffer_string(&out));
}
