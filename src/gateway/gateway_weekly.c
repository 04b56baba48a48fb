/*
 * gateway_weekly.c - the week's numbers as a mail, once a week: to those whom reports.mail_to names.
 *
 * Seven whole days up to the last midnight, the same numbers as of `sportello report`. Lines that stand below one another, in the reader's language, with bars of
 * blocks: any mail program shows them, and a screen reader reads the numbers. A fresh desk begins with today as past.
 */
#include <string.h>

#include "gateway.h"

#define DAY_MS (24LL * 60 * 60 * 1000)
#define BAR_MOST 24                              /* blocks */

enum word { W_WEEK, W_NEW, W_RESOLVED, W_OPEN, W_FIRST, W_IN_TIME, W_RATED, W_SOLVED, W_ALL, WORDS };
static const char *const words[WORDS][DESK_LANGUAGES] = {
	[W_WEEK] = {"The week up to", "La settimana fino al", "Die Woche bis", "La semaine jusqu'au", "La semana hasta el"},
	[W_NEW] = {"new", "nuove", "neu", "nouvelles", "nuevas"},
	[W_RESOLVED] = {"resolved", "risolte", "erledigt", "résolues", "resueltas"},
	[W_OPEN] = {"open at the end", "aperte alla fine", "am Ende offen", "ouvertes à la fin", "abiertas al final"},
	[W_FIRST] = {"first answer, median", "prima risposta, mediana", "erste Antwort, Median", "première réponse, médiane", "primera respuesta, mediana"},
	[W_IN_TIME] = {"in time", "in tempo", "pünktlich", "dans les délais", "a tiempo"},
	[W_RATED] = {"rating", "valutazione", "Bewertung", "note", "valoración"},
	[W_SOLVED] = {"solved by articles", "risolte con articoli", "durch Artikel gelöst", "résolues par des articles", "resueltas con artículos"},
	[W_ALL] = {"All queues", "Tutte le code", "Alle Warteschlangen", "Toutes les files", "Todas las colas"},
};
enum { OF_DAYS, OF_QUEUES, OF_ANSWERS, OF_RATINGS, OF_ARTICLES, REPORTS };
struct week { struct report reports[REPORTS]; int64_t from, to; };

static enum status count(const struct config *config, struct store *store, struct arena *arena, struct week *week, struct error *error)
{
	static const struct { enum report_kind kind; enum report_by by; } asked[REPORTS] = {
		[OF_DAYS] = {REPORT_VOLUME, BY_DAY}, [OF_QUEUES] = {REPORT_VOLUME, BY_QUEUE}, [OF_ANSWERS] = {REPORT_ANSWERS, BY_QUEUE}, [OF_RATINGS] = {REPORT_SATISFACTION, BY_QUEUE},
		[OF_ARTICLES] = {REPORT_ARTICLES, BY_NOTHING},
	};
	enum status status = STATUS_OK;
	for (int i = 0; i < REPORTS && status == STATUS_OK; i++) {
		struct report_ask ask = {.kind = asked[i].kind, .by = asked[i].by, .from = week->from, .to = week->to, .now = clock_now(), .zone = config->zone, .policy = &config->policy};
		status = gateway_report(config, store, arena, &ask, &week->reports[i], error);
	}
	return status;
}

static const struct report_row *row_of(const struct report *report, const char *key)
{
	for (size_t i = 0; i < report->rows.count; i++)
		if (strcmp(report->rows.at[i]->key, key) == 0)
			return report->rows.at[i];
	return NULL;
}

static const char *number(struct arena *arena, enum report_kind kind, const char *figure, const struct report_row *row)
{
	static const struct report_row none;
	return report_words(arena, report_figure_named(kind, figure), row ? row : &none);
}

static void add_days(struct buffer *out, const struct report *report, size_t language)
{
	int64_t most = 1;
	for (size_t i = 0; i < report->rows.count; i++)
		if (report->rows.at[i]->counts[COUNT_NEW] > most)
			most = report->rows.at[i]->counts[COUNT_NEW];
	for (size_t i = 0; i < report->rows.count; i++) {
		const int64_t *counts = report->rows.at[i]->counts;
		int64_t blocks = (counts[COUNT_NEW] * BAR_MOST + most - 1) / most;
		buffer_printf(out, "\n%s  ", report->rows.at[i]->key);
		for (int64_t k = 0; k < BAR_MOST; k++)
			buffer_add_string(out, k < blocks ? "\xE2\x96\x88" : " ");
		buffer_printf(out, "  %lld %s, %lld %s", (long long)counts[COUNT_NEW], words[W_NEW][language], (long long)counts[COUNT_RESOLVED], words[W_RESOLVED][language]);
	}
}

static void add_queue(struct buffer *out, struct arena *arena, const struct week *week, const char *name, const struct report_row *volume, const struct report_row *answers,
                      const struct report_row *ratings, size_t language)
{
	buffer_printf(out, "\n\n%s\n  %s %s, %s %s, %s %s", name, number(arena, REPORT_VOLUME, "new", volume), words[W_NEW][language], number(arena, REPORT_VOLUME, "resolved", volume),
	              words[W_RESOLVED][language], number(arena, REPORT_VOLUME, "backlog_end", volume), words[W_OPEN][language]);
	buffer_printf(out, "\n  %s %s (%s %s)", words[W_FIRST][language], number(arena, REPORT_ANSWERS, "first_median_seconds", answers),
	              number(arena, REPORT_ANSWERS, "first_in_time_share", answers), words[W_IN_TIME][language]);
	buffer_printf(out, "\n  %s %s (n = %s)", words[W_RATED][language], number(arena, REPORT_SATISFACTION, "satisfaction_mean", ratings),
	              number(arena, REPORT_SATISFACTION, "satisfaction_n", ratings));
}

static const char *text_of(struct arena *arena, const struct config *config, const struct week *week, size_t language)
{
	CLEANUP_BUFFER struct buffer out = {0};
	const struct report *reports = week->reports;
	buffer_printf(&out, "%s %s\n", words[W_WEEK][language], report_bucket_of(arena, &reports[OF_DAYS].ask, week->to - 1));
	add_days(&out, &reports[OF_DAYS], language);
	add_queue(&out, arena, week, words[W_ALL][language], &reports[OF_QUEUES].total, &reports[OF_ANSWERS].total, &reports[OF_RATINGS].total, language);
	buffer_printf(&out, "\n  %s %s / %s", words[W_SOLVED][language], number(arena, REPORT_ARTICLES, "solved", &reports[OF_ARTICLES].total),
	              number(arena, REPORT_ARTICLES, "suggested", &reports[OF_ARTICLES].total));
	for (size_t i = 0; i < config->policy.queues.count && config->policy.queues.count > 1; i++) {
		const char *name = config->policy.queues.at[i].name;
		add_queue(&out, arena, week, name, row_of(&reports[OF_QUEUES], name), row_of(&reports[OF_ANSWERS], name), row_of(&reports[OF_RATINGS], name), language);
	}
	return arena_string(arena, buffer_string(&out));
}

/* ---- to whom, and when ---- */

/* An agent by name or address; any other address is somebody who gets the numbers and nothing else. */
static struct desk_agent reader_of(const struct config *config, const char *who)
{
	const struct desk_agent *agent = desk_agent_named(&config->policy, who);
	if (!agent)
		agent = desk_agent_with_address(&config->policy, who);
	return agent ? *agent : (struct desk_agent){.name = "", .email = who, .display = "", .language = ""};
}

struct weekly_job { struct arena *arena; const struct config *config; const struct week *week; int64_t day; };

static enum status send(struct store *store, void *context, struct error *error)
{
	struct weekly_job *job = context;
	enum status status = STATUS_OK;
	for (size_t i = 0; i < job->config->reports_mail_to.count && status == STATUS_OK; i++) {
		struct desk_agent reader = reader_of(job->config, job->config->reports_mail_to.at[i]);
		const char *language = desk_agents_language(&job->config->policy, &reader);
		struct facts facts = {0};
		struct plan plan;
		if ((status = store_facts_of_ticket(store, job->arena, 0, &facts, error)) != STATUS_OK)
			break;
		desk_plan_init(&plan, job->arena, "timer");
		desk_decide_list(&job->config->policy, "agent-report", &reader, text_of(job->arena, job->config, job->week, desk_language_number(language)), &facts, &plan);
		status = store_apply(store, &plan, NULL, error);
	}
	return status == STATUS_OK ? store_number_set(store, "report_day", job->day, error) : status;
}

static bool is_time(const struct config *config, struct store *store, int64_t local, struct error *error)
{
	int64_t day = local / DAY_MS, last = 0, hour = config->policy.digest_hour < 0 ? 6 : config->policy.digest_hour;
	if (calendar_weekday(day) != config->reports_mail_on || local % DAY_MS < hour * 3600000)
		return false;
	return store_number_get(store, "report_day", &last, error) == STATUS_OK && last != day && last != day + 1;
}

/* That it is looked for at all is written down first: a desk that begins on that day has no week yet. */
static bool begins_today(struct store *store)
{
	int64_t last = 0;
	struct error error;
	return store_number_get(store, "report_day", &last, &error) != STATUS_OK || last == 0;
}

static enum status remember(struct store *store, void *context, struct error *error)
{
	return store_number_set(store, "report_day", *(int64_t *)context, error);
}

bool gateway_weekly_tick(struct gateway *gateway, const struct config *config, struct store *store)
{
	CLEANUP_ARENA struct arena arena = {0};
	struct error error;
	struct week week;
	int64_t now = clock_now(), local = desk_local(&config->policy, now), day = local / DAY_MS;
	if (!config->reports_mail_to.count)
		return false;
	if (begins_today(store)) {
		day = day > 1 ? day - 1 : 1;             /* of yesterday, so that today's is sent if its hour is still to come */
		if (local % DAY_MS >= (config->policy.digest_hour < 0 ? 6 : config->policy.digest_hour) * 3600000LL)
			day++;
		store_write(gateway->writer, remember, &day, &error);
		return false;
	}
	if (!is_time(config, store, local, &error))
		return false;
	week.to = now - local % DAY_MS;
	week.from = week.to - 7 * DAY_MS;
	enum status status = count(config, store, &arena, &week, &error);
	struct weekly_job job = {&arena, config, &week, day};
	if (status == STATUS_OK)
		status = store_write(gateway->writer, send, &job, &error);
	if (status != STATUS_OK && store_writer_healthy(gateway->writer))
		log_event(LOG_WARNING, "timer.trouble", "timer", "weekly report", "why", error.text, NULL);
	return status == STATUS_OK;
}
