/*
 * gateway_weekly.c - the week's numbers as a mail, once a week: to those whom reports.mail_to names.
 *
 * Seven whole days up to the last midnight, the same numbers as of `sportello report`. Lines that stand below one another, in the reader's language, with bars of
 * blocks: any mail program shows them, and a screen reader reads the numbers. A fresh desk begins with today as past.
 */
#include <string.h>

#include "gateway.h"

#define DAY_MS (24LL * 60 * 60 * 1000)
#define BAR_MOST 9                               /* blocks: a line is as wide as a telephone held upright */

enum word { W_NEW, W_RESOLVED, W_OPEN, W_FIRST, W_IN_TIME, W_RATED, W_SOLVED, W_ALL, WORDS };
static const char *const words[WORDS][DESK_LANGUAGES] = {
	[W_NEW] = {"new", "nuove", "neu", "nouvelles", "nuevas"},
	[W_RESOLVED] = {"resolved", "risolte", "erledigt", "résolues", "resueltas"},
	[W_OPEN] = {"open at the end", "aperte alla fine", "am Ende offen", "ouvertes à la fin", "abiertas al final"},
	[W_FIRST] = {"first answer, median", "prima risposta, mediana", "erste Antwort, Median", "première réponse, médiane", "primera respuesta, mediana"},
	[W_IN_TIME] = {"in time", "nei tempi previsti", "rechtzeitig", "dans les délais", "a tiempo"},
	[W_RATED] = {"rating", "valutazione", "Bewertung", "note", "valoración"},
	[W_SOLVED] = {"solved by articles", "risolte dagli articoli", "durch Artikel gelöst", "résolues par des articles", "resueltas con artículos"},
	[W_ALL] = {"All queues", "Tutte le code", "Alle Warteschlangen", "Toutes les files", "Todas las colas"},
};
/* From Monday on. */
static const char *const weekdays[7][DESK_LANGUAGES] = {
	{"Mon", "lun", "Mo", "lun", "lun"}, {"Tue", "mar", "Di", "mar", "mar"}, {"Wed", "mer", "Mi", "mer", "mié"}, {"Thu", "gio", "Do", "jeu", "jue"},
	{"Fri", "ven", "Fr", "ven", "vie"}, {"Sat", "sab", "Sa", "sam", "sáb"}, {"Sun", "dom", "So", "dim", "dom"},
};
enum { OF_DAYS, OF_QUEUES, OF_ANSWERS, OF_RATINGS, OF_ARTICLES, REPORTS };
struct week { struct report reports[REPORTS]; int64_t from, to, local; };   /* local: from, on the desk's clocks */

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

/* As the reader's language writes a point and days: "4,20", "2j 03h". */
static const char *number(struct arena *arena, const struct report *report, const char *figure, const struct report_row *row, size_t language)
{
	static const char points[DESK_LANGUAGES] = {'.', ',', ',', ',', ','}, days[DESK_LANGUAGES] = {'d', 'g', 'T', 'j', 'd'};
	char *text = arena_string(arena, report_words(arena, report, report_figure_named(report->ask.kind, figure), row));
	for (char *at = text; *at; at++)
		*at = *at == '.' ? points[language] : *at == 'd' ? days[language] : *at;
	return text;
}

static int width(const char *text)
{
	int letters = 0;
	for (; *text; text++)
		letters += ((unsigned char)*text & 0xC0) != 0x80;
	return letters;
}

/* Right under one another: printf counts bytes. */
static void add_right(struct buffer *out, int room, const char *text)
{
	buffer_printf(out, "%*s%s", room > width(text) ? room - width(text) : 0, "", text);
}

static void add_day(struct buffer *out, struct arena *arena, const struct report *report, const struct report_row *row, int64_t local, int64_t most, size_t language)
{
	int64_t year, came = report_counted(report, row, COUNT_NEW), blocks = (came * BAR_MOST + most - 1) / most;
	int month, day;
	calendar_date_of(local / DAY_MS, &year, &month, &day);
	buffer_add_string(out, "\n");
	add_right(out, 3, weekdays[calendar_weekday(local / DAY_MS)][language]);
	buffer_printf(out, " %2d  ", day);
	add_right(out, width(words[W_NEW][language]), arena_printf(arena, "%lld", (long long)came));
	buffer_add_string(out, "  ");
	add_right(out, width(words[W_RESOLVED][language]), arena_printf(arena, "%lld", (long long)report_counted(report, row, COUNT_RESOLVED)));
	buffer_add_string(out, blocks ? "  " : "");
	for (int64_t i = 0; i < blocks; i++)
		buffer_add_string(out, "\xE2\x96\x88");
}

static void add_days(struct buffer *out, struct arena *arena, const struct week *week, size_t language)
{
	const struct report *report = &week->reports[OF_DAYS];
	int64_t most = 1;
	for (size_t i = 0; i < report->rows.count; i++)
		if (report_counted(report, report->rows.at[i], COUNT_NEW) > most)
			most = report_counted(report, report->rows.at[i], COUNT_NEW);
	buffer_printf(out, "\n        %s  %s", words[W_NEW][language], words[W_RESOLVED][language]);
	for (size_t i = 0; i < report->rows.count; i++)
		add_day(out, arena, report, report->rows.at[i], week->local + (int64_t)i * DAY_MS, most, language);
}

/* The word first: one that follows its number would have to agree with it. */
static void add_number(struct buffer *out, enum word word, const char *number, size_t language)
{
	static const char *const colons[DESK_LANGUAGES] = {":", ":", ":", "\xC2\xA0:", ":"};
	buffer_printf(out, "%s%s %s", words[word][language], colons[language], number);
}

/* What there is none of is left out, but for the numbers of every week. */
static void add_queue(struct buffer *out, struct arena *arena, const char *name, const struct report *reports, const struct report_row *volume,
                      const struct report_row *answers, const struct report_row *ratings, size_t language)
{
	const struct report *volumes = &reports[OF_QUEUES];
	const char *in_time = number(arena, &reports[OF_ANSWERS], "first_in_time_share", answers, language), *rated = number(arena, &reports[OF_RATINGS], "satisfaction_mean", ratings, language);
	buffer_printf(out, "\n\n%s\n  ", name);
	add_number(out, W_NEW, number(arena, volumes, "new", volume, language), language);
	buffer_add_string(out, ", ");
	add_number(out, W_RESOLVED, number(arena, volumes, "resolved", volume, language), language);
	buffer_add_string(out, ", ");
	add_number(out, W_OPEN, number(arena, volumes, "backlog_end", volume, language), language);
	buffer_add_string(out, "\n  ");
	add_number(out, W_FIRST, number(arena, &reports[OF_ANSWERS], "first_median_seconds", answers, language), language);
	if (strcmp(in_time, "-") != 0)
		buffer_printf(out, " (%s %s)", in_time, words[W_IN_TIME][language]);
	if (strcmp(rated, "-") == 0)
		return;
	buffer_add_string(out, "\n  ");
	add_number(out, W_RATED, rated, language);
	buffer_printf(out, " (n = %s)", number(arena, &reports[OF_RATINGS], "satisfaction_n", ratings, language));
}

static const char *text_of(struct arena *arena, const struct config *config, const struct week *week, size_t language)
{
	static const char *const names[DESK_LANGUAGES] = {"en", "it", "de", "fr", "es"};
	CLEANUP_BUFFER struct buffer out = {0};
	const struct report *reports = week->reports;
	const struct report_row *articles = reports[OF_ARTICLES].total;
	buffer_printf(&out, "%s \xE2\x80\x93 %s\n", desk_date(arena, week->local, names[language]), desk_date(arena, week->local + 6 * DAY_MS, names[language]));
	add_days(&out, arena, week, language);
	add_queue(&out, arena, words[W_ALL][language], reports, reports[OF_QUEUES].total, reports[OF_ANSWERS].total, reports[OF_RATINGS].total, language);
	if (report_counted(&reports[OF_ARTICLES], articles, COUNT_SUGGESTED)) {
		buffer_add_string(&out, "\n  ");
		add_number(&out, W_SOLVED, arena_printf(arena, "%s / %s", number(arena, &reports[OF_ARTICLES], "solved", articles, language), number(arena, &reports[OF_ARTICLES], "suggested", articles, language)), language);
	}
	for (size_t i = 0; i < config->policy.queues.count && config->policy.queues.count > 1; i++) {
		const char *name = config->policy.queues.at[i].name;
		add_queue(&out, arena, name, reports, row_of(&reports[OF_QUEUES], name), row_of(&reports[OF_ANSWERS], name), row_of(&reports[OF_RATINGS], name), language);
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

/* When the desk's clocks show that: they may be set forward or back within a week. */
static int64_t moment_of(const struct desk_policy *policy, int64_t local)
{
	int64_t near = local - (desk_local(policy, local) - local);
	return local - (desk_local(policy, near) - near);
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
	week.local = local - local % DAY_MS - 7 * DAY_MS;
	week.from = moment_of(&config->policy, week.local);
	week.to = moment_of(&config->policy, week.local + 7 * DAY_MS);
	enum status status = count(config, store, &arena, &week, &error);
	struct weekly_job job = {&arena, config, &week, day};
	if (status == STATUS_OK)
		status = store_write(gateway->writer, send, &job, &error);
	if (status != STATUS_OK && !store_has_said(gateway->writer, &error))
		log_event(LOG_WARNING, "timer.trouble", "timer", "weekly report", "why", error.text, NULL);
	return status == STATUS_OK;
}
