/*
 * report_private.h - what the files of the report room share: rows by key, and the keys that a ticket has at a moment.
 */
#ifndef SPORTELLO_REPORT_PRIVATE_H
#define SPORTELLO_REPORT_PRIVATE_H

#include "report.h"

#define NO_KEY "none"

/* ---- report_rows.c ---- */
struct report_row *report_row_of(struct report *report, const char *key);        /* made where it is not there */
void report_row_bump(struct report *report, struct report_row *row, enum report_count count);
void report_row_value(struct report *report, struct report_row *row, enum report_value value, double number);
bool report_by_is_time(enum report_by by);
/* A row for each span from the first to the last, also where nothing happened. */
void report_buckets(struct report *report);
void report_order(struct report *report);

#endif
