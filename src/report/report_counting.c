/*
 * report_counting.c - in which rows an event counts, and the measured values of each.
 */
#include "report_counting.h"

#include <string.h>

struct report_row *report_row_named(struct counting *c, size_t name)
{
	if (!c->names[name].row)
		c->names[name].row = report_row_of(c->report, c->names[name].at, c->names[name].length);
	return c->names[name].row;
}

static bool is_plain_lower(const char *text)
{
	for (; *text; text++)
		if ((*text >= 'A' && *text <= 'Z') || (unsigned char)*text >= 0x80)
			return false;
	return true;
}

static struct report_row *row_of_address(struct counting *c)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	const char *key = is_plain_lower(c->whose->customer) ? c->whose->customer : text_lower(&scratch, c->whose->customer);

	return report_row_of(c->report, key, strlen(key));
}

static struct report_row *row_of_customer(struct counting *c)
{
	struct report_row **numbered = c->whose->number ? report_row_numbered(c->report, c->whose->number) : NULL;

	if (!numbered)
		return row_of_address(c);
	if (!*numbered)
		*numbered = row_of_address(c);
	return *numbered;
}

/* Of one event much is counted. */
struct report_row *report_counting_row_at(struct counting *c, int64_t at)
{
	if (!c->time_row || c->time != at) {
		c->time_row = report_row_at(c->report, at);
		c->time = at;
	}
	return c->time_row;
}

struct rows report_rows_of(struct counting *c, struct report_shape *shape)
{
	if (c->report->ask.by == BY_CUSTOMER) {
		if (!c->customer)
			c->customer = row_of_customer(c);
		return (struct rows){ &c->customer, 1 };
	}
	report_shape_rows(c->report, shape);
	return (struct rows){ shape->rows.at, shape->rows.count };
}

struct rows report_rows_by(struct counting *c, struct report_shape *shape, size_t who, struct report_row **room)
{
	if (c->report->ask.by != BY_AGENT || !c->names[who].length)
		return report_rows_of(c, shape);
	*room = report_row_named(c, who);
	return (struct rows){ room, 1 };
}

void report_add_value(struct counting *c, int64_t at, enum report_value value, int64_t number, struct rows rows)
{
	struct report *report = c->report;

	uint32_t total = MEASURED_TOTAL;         /* once */

	if (!(report->measures & REPORT_BIT(value)))
		return;
	for (size_t i = 0; i < rows.count; i++, total = 0)
		report_measure(report, rows.at[i]->number | total, value, number);
	if (report_by_is_time(report->ask.by)) {
		report_measure(report, report_counting_row_at(c, at)->number | total, value, number);
		total = 0;
	}
	if (total)
		report_measure(report, total, value, number);
}
