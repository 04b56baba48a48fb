/*
 * test_web.c - which HTTP connections are ended for being slow.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>

#include "web/web_watch_private.h"

#define SECOND 1000000LL

/* Has the other end been shut down? */
static bool is_ended(int fd)
{
	char byte;
	return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

static void who_is_slow_is_ended(void **state)
{
	struct web_watch watch = {.lock = PTHREAD_MUTEX_INITIALIZER};
	int pairs[3][2];
	struct web_line *lines[3];
	for (int i = 0; i < 3; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]), 0);
		lines[i] = web_watch_opened(&watch, pairs[i][0], i * 10 * SECOND);
	}
	assert_int_equal(web_watch_end_slow(&watch, 29 * SECOND, 30 * SECOND), 0);
	web_watch_answered(&watch, lines[1], 25 * SECOND);           /* kept for the next request */
	assert_int_equal(web_watch_end_slow(&watch, 51 * SECOND, 30 * SECOND), 2);
	assert_true(is_ended(pairs[0][1]) && is_ended(pairs[2][1]));
	assert_false(is_ended(pairs[1][1]));
	assert_int_equal(web_watch_end_slow(&watch, 51 * SECOND, 30 * SECOND), 0);   /* once each */
	web_watch_closed(&watch, lines[1]);                          /* in the middle, at the beginning, at the end */
	web_watch_closed(&watch, lines[2]);
	web_watch_closed(&watch, lines[0]);
	assert_null(watch.first);
	assert_int_equal(web_watch_end_slow(&watch, 1000 * SECOND, 30 * SECOND), 0);
	for (int i = 0; i < 3; i++) {
		close(pairs[i][0]);
		close(pairs[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(who_is_slow_is_ended)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
