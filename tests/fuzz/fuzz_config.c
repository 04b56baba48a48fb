/*
 * fuzz_config.c - libFuzzer: any bytes as sportello.conf.
 *
 * What is checked: a configuration or at least one error, never both or neither; every problem has words, and a line within the file.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libconfig loses its string where an error is in mid-string: some bytes once a wrong reload. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so";
}

static bool any_error(const struct config_problems *problems, int lines)
{
	bool error = false;
	for (size_t i = 0; i < problems->count; i++) {
		const struct config_problem *problem = &problems->at[i];
		error |= !problem->warning;
		if (!*problem->text || problem->line < 0 || problem->line > lines)
			abort();
	}
	return error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int file = -1;
	static char path[40];
	struct arena arena CLEANUP_ARENA;
	struct config *config = NULL;
	struct config_problems problems;
	int lines = 2;                           /* an error at the end is at the line behind the last */
	arena_init(&arena);
	if (file < 0) {
		file = memfd_create("conf", MFD_CLOEXEC);
		snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	}
	if (memmem(data, size, "@include", 8))
		return 0;                        /* files of this machine */
	if (ftruncate(file, 0) || pwrite(file, data, size, 0) != (ssize_t)size)
		abort();
	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	enum status status = config_load(path, &arena, &config, &problems);
	if ((status == STATUS_OK) != (config != NULL) || any_error(&problems, lines) != (status != STATUS_OK))
		abort();
	config_unref(&config);
	return 0;
}
