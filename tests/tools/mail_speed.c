/*
 * mail_speed.c - a developer's tool: microseconds and memory that reading a mail takes.
 *
 *     mail-speed ROUNDS FILE...
 *
 * Parses each file ROUNDS times in one process, an arena reused as the daemon does, and prints for each the average in
 * microseconds of processor time and the highest resident memory so far in KiB. Reading the file is not counted.
 */
#include "mail.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

/* Other programs on the machine do not count. */
static double processor_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 64;
	long rounds = strtol(argv[1], NULL, 10);
	mail_init();
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	printf("start %ld KiB\n", usage.ru_maxrss);
	struct arena arena CLEANUP_ARENA;
	arena_init(&arena);
	for (int i = 2; i < argc; i++) {
		struct mail_source source;
		struct mail mail;
		if (mail_source_open(argv[i], &source, NULL) != STATUS_OK)
			continue;
		double start = processor_us();
		for (long n = 0; n < rounds; n++) {
			arena_reset(&arena);
			mail_parse(&arena, &source, NULL, &mail);
		}
		double took = processor_us() - start;
		getrusage(RUSAGE_SELF, &usage);
		printf("%8.1f us  %8ld KiB  %9llu bytes  %s\n", took / (double)rounds, usage.ru_maxrss, (unsigned long long)source.size, argv[i]);
		mail_source_close(&source);
	}
	return 0;
}
