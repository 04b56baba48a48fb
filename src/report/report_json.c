/*
 * report_json.c - a report as JSON. Its numbers are those of report_number().
 *
 * There may be a hundred thousand rows of a dozen figures: the name of each figure is made once, and so is each share of few; a row is written into room for all of it,
 * and what stands there is taken out before it is much.
 */
#include "report_private.h"

#include <string.h>

#define FIGURES_MOST 32
#define NAME_MOST 64                     /* bytes of a figure's name with what stands around it */
#define NUMBER_MOST 32                   /* of a number in digits */
#define FEW 64                           /* shares among fewer are made once */

struct figure { const struct report_figure *is; char lead[NAME_MOST]; size_t length; };
struct share { char digits[NUMBER_MOST]; size_t length; };
struct writing {
	const struct report *report;
	struct buffer *out;
	struct figure figures[FIGURES_MOST];
	size_t count;
	struct share shares[FEW][FEW];           /* of these, among so many */
};

/* ,"name": */
static void begin_figures(struct writing *w)
{
	for (const struct report_figure *is = report_figures; is->name; is++) {
		struct figure *figure = &w->figures[w->count];

		if (is->kind != w->report->ask.kind || w->count == FIGURES_MOST)
			continue;
		*figure = (struct figure){ .is = is };
		char *end = figure->lead;

		*end++ = ',', *end++ = '"';
		end = stpncpy(end, is->name, NAME_MOST - 4);
		*end++ = '"', *end++ = ':';
		figure->length = (size_t)(end - figure->lead);
		w->count++;
	}
}

static char *add_digits(char *end, int64_t number)
{
	return end + strlen(log_number(end, number));
}

static void make_real(struct share *share, double number)
{
	CLEANUP_BUFFER struct buffer out = { 0 };
	struct json json;

	json_init(&json, &out);
	json_real(&json, NULL, number);
	share->length = out.length < sizeof share->digits ? out.length : sizeof share->digits;
	memcpy(share->digits, out.at, share->length);
}

static char *add_real(struct writing *w, char *end, const struct report_row *row, const struct report_figure *figure, double number)
{
	int64_t of = 0, among = FEW;
	struct share own, *share = &own;

	if (figure->how == FIGURE_SHARE) {
		of = report_counted(w->report, row, (enum report_count)figure->of);
		among = report_counted(w->report, row, (enum report_count)figure->among);
	}
	bool few = among < FEW && of >= 0 && of < FEW;

	if (few)
		share = &w->shares[of][among];
	if (!few || !share->length)
		make_real(share, number);
	return mempcpy(end, share->digits, share->length);
}

/* Seconds are whole; a share has four digits behind the point, a mean two. */
static char *add_figure(struct writing *w, char *end, const struct figure *figure, const struct report_row *row)
{
	double number;

	end = mempcpy(end, figure->lead, figure->length);
	if (!report_number(w->report, row, figure->is, &number))
		return mempcpy(end, "null", 4);
	if (figure->is->unit == UNIT_COUNT)
		return add_digits(end, (int64_t)number);
	if (figure->is->unit == UNIT_SECONDS)
		return add_digits(end, (int64_t)(number + 0.5));
	return add_real(w, end, row, figure->is, number);
}

static void add_figures(struct writing *w, const struct report_row *row)
{
	char *begin = buffer_reserve(w->out, w->count * (NAME_MOST + NUMBER_MOST)), *end = begin;

	for (size_t i = 0; i < w->count; i++)
		end = add_figure(w, end, &w->figures[i], row);
	w->out->length += (size_t)(end - begin);
}

/* "total":{ begins without a comma. */
static void add_total(struct writing *w)
{
	CLEANUP_BUFFER struct buffer figures = { 0 };
	struct buffer *out = w->out;

	w->out = &figures;
	add_figures(w, w->report->total);
	w->out = out;
	buffer_add(out, figures.at + 1, figures.length - 1);
}

#define AHEAD 16

/* Rows lie anywhere: those that follow are called for. */
static void call_row(const struct report *report, size_t i)
{
	if (i + AHEAD >= report->rows.count)
		return;
	__builtin_prefetch(report->rows.at[i + AHEAD]);
	__builtin_prefetch((const char *)report->rows.at[i + AHEAD] + 64);
}

static bool add_rows(struct writing *w, struct json *json, report_take take, void *context)
{
	const struct report *report = w->report;

	for (size_t i = 0; i < report->rows.count; i++) {
		call_row(report, i);
		json_object(json, NULL);
		json_string(json, "key", report->rows.at[i]->key);
		add_figures(w, report->rows.at[i]);
		json_object_end(json);
		if (!report_goes_on(w->out, take, context))
			return false;
	}
	return true;
}

void report_json(const struct report *report, struct buffer *out, report_take take, void *context)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct writing *w = ARENA_NEW(&arena, struct writing);
	struct json json;

	w->report = report;
	w->out = out;
	begin_figures(w);
	json_init(&json, out);
	json_object(&json, NULL);
	json_string(&json, "report", report_kind_name(report->ask.kind));
	json_time(&json, "from", report->ask.from);
	json_time(&json, "to", report->ask.to);
	json_string(&json, "zone", report->ask.zone->name);
	json_string(&json, "by", report->ask.by == BY_NOTHING ? NULL : report_by_name(report->ask.by));
	json_array(&json, "rows");
	if (!add_rows(w, &json, take, context))
		return;
	json_array_end(&json);
	json_object(&json, "total");
	add_total(w);
	json_object_end(&json);
	json_object_end(&json);
	buffer_add_char(out, '\n');
}
