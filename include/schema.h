/*
 * schema.h - the tables that every engine has, and the steps from one version of them to the next. See src/engine/engine_schema.c.
 *
 * Allowed to include: base. Only engines open it.
 */
#ifndef SPORTELLO_SCHEMA_H
#define SPORTELLO_SCHEMA_H

#include "base.h"

#define SCHEMA_VERSION 2

struct migration { int to; const char *const *sql; };   /* sql ends with NULL */
extern const struct migration engine_migrations[];
extern const size_t engine_migration_count;

#endif
