/*
 * test_store_keys.c - the file of secret keys: who may read it, how it is replaced, which keys sign and verify, how long they stay.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test_store.h"

static char *key_file(struct fixture *f)
{
	return arena_printf(&f->arena, "%s/secret.key", f->dir);
}

static char *content(struct fixture *f)
{
	CLEANUP_BUFFER struct buffer text = { 0 };

	OK(file_read_all(key_file(f), 10000, &text, &f->error));
	return arena_string(&f->arena, buffer_string(&text));
}

static mode_t mode(struct fixture *f)
{
	struct stat about;

	assert_int_equal(stat(key_file(f), &about), 0);
	return about.st_mode & 07777;
}

static void assert_same(const struct store_keyring *a, const struct store_keyring *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		assert_string_equal(a->at[i].id, b->at[i].id);
		assert_int_equal(a->at[i].made, b->at[i].made);
	}
}

static void only_the_owner_may_ever_read_it(void **state)
{
	struct fixture *f = *state;
	struct store_keyring ring;
	struct desk_keys keys;
	char byte;
	char *aside = arena_printf(&f->arena, "%s/secret.key.%ld", f->dir, (long)getpid());
	mode_t mask = umask(0);
	int trap = open(aside, O_CREAT | O_RDWR, 0666);  /* somebody waits where the new file is written */

	assert_true(trap >= 0);
	OK(store_keys(f->dir, true, &keys, &f->error));
	assert_int_equal(mode(f), 0600);
	OK(store_key_rotate(f->dir, NULL, 0, &ring, &f->error));
	assert_int_equal(mode(f), 0600);
	OK(store_key_revoke(f->dir, NULL, NULL, &ring, &f->error));
	assert_int_equal(mode(f), 0600);
	umask(mask);
	assert_int_equal(read(trap, &byte, 1), 0);
	assert_int_equal(access(aside, F_OK), -1);
	close(trap);
}

static void a_new_key_signs_and_the_old_ones_verify(void **state)
{
	struct fixture *f = *state;
	struct desk_keys before, after;
	struct store_keyring ring;
	struct token token = { .kind = TOKEN_CUSTOMER, .ticket = 7, .who = 5 }, read;
	const char *old, *new;

	OK(store_keys(f->dir, true, &before, &f->error));
	old = desk_token(&f->arena, &before, &token);
	OK(store_key_rotate(f->dir, NULL, 0, &ring, &f->error));
	OK(store_keys(f->dir, false, &after, &f->error));
	assert_int_equal(ring.count, 2);
	assert_true(ring.at[0].made > 0 && ring.at[1].made > 0);
	assert_string_not_equal(ring.at[0].id, ring.at[1].id);
	new = desk_token(&f->arena, &after, &token);
	assert_string_not_equal(old, new);
	assert_true(desk_token_read(&after, old, strlen(old), &read) && desk_token_read(&after, new, strlen(new), &read));
	assert_false(desk_token_read(&before, new, strlen(new), &read));
	OK(store_key_revoke(f->dir, NULL, ring.at[1].id, &ring, &f->error));
	OK(store_keys(f->dir, false, &after, &f->error));
	assert_int_equal(ring.count, 1);
	assert_false(desk_token_read(&after, old, strlen(old), &read));
	assert_true(desk_token_read(&after, new, strlen(new), &read));
}

static void a_revoked_key_that_signed_is_replaced(void **state)
{
	struct fixture *f = *state;
	struct store_keyring ring, later;
	struct desk_keys keys;

	OK(store_keys(f->dir, true, &keys, &f->error));
	OK(store_key_rotate(f->dir, NULL, 0, &ring, &f->error));
	OK(store_key_revoke(f->dir, NULL, ring.at[0].id, &later, &f->error));
	assert_int_equal(later.count, 2);
	assert_string_not_equal(later.at[0].id, ring.at[0].id);
	assert_string_equal(later.at[1].id, ring.at[1].id);
	assert_int_equal(store_key_revoke(f->dir, NULL, "00000000", &later, &f->error), STATUS_NOT_FOUND);
	OK(store_key_revoke(f->dir, NULL, NULL, &later, &f->error));
	assert_int_equal(later.count, 1);
	assert_string_not_equal(later.at[0].id, ring.at[1].id);
}

static void no_key_goes_while_its_links_are_good(void **state)
{
	struct fixture *f = *state;
	struct store_keyring ring, full;
	struct desk_keys keys;

	OK(store_keys(f->dir, true, &keys, &f->error));
	for (int i = 1; i < DESK_KEYS; i++)
		OK(store_key_rotate(f->dir, NULL, 0, &full, &f->error));
	assert_int_equal(full.count, DESK_KEYS);
	assert_int_equal(store_key_rotate(f->dir, NULL, full.at[DESK_KEYS - 1].made - 1, &ring, &f->error), STATUS_REFUSED);
	OK(store_keyring(f->dir, &ring, &f->error));
	assert_same(&ring, &full);
	OK(store_key_rotate(f->dir, NULL, full.at[DESK_KEYS - 1].made, &ring, &f->error));
	assert_int_equal(ring.count, DESK_KEYS);
	assert_string_equal(ring.at[1].id, full.at[0].id);
	assert_string_equal(ring.at[DESK_KEYS - 1].id, full.at[DESK_KEYS - 2].id);
}

static void a_full_disk_leaves_the_old_file(void **state)
{
	struct fixture *f = *state;
	struct desk_keys keys;
	const char *before;
	int status;
	pid_t child;

	OK(store_keys(f->dir, true, &keys, &f->error));
	before = content(f);
	if ((child = fork()) == 0) {
		struct rlimit most = { 70, 70 };
		struct store_keyring ring;
		struct error error;

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &most);
		_exit(store_key_rotate(f->dir, NULL, 0, &ring, &error) == STATUS_TRY_LATER ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_string_equal(content(f), before);
	assert_int_equal(system(arena_printf(&f->arena, "test $(ls -d %s/secret.key* | wc -l) = 1", f->dir)), 0);
}

static void two_at_once_both_count(void **state)
{
	struct fixture *f = *state;
	struct desk_keys keys;
	struct store_keyring ring;
	pid_t child[2];

	OK(store_keys(f->dir, true, &keys, &f->error));
	for (int i = 0; i < 2; i++)
		if ((child[i] = fork()) == 0) {
			struct error error;
			int bad = 0;

			for (int k = 0; k < 3; k++)
				bad |= store_key_rotate(f->dir, NULL, 0, &ring, &error) != STATUS_OK;
			_exit(bad);
		}
	for (int i = 0; i < 2; i++) {
		int status;

		assert_int_equal(waitpid(child[i], &status, 0), child[i]);
		assert_int_equal(status, 0);
	}
	OK(store_keyring(f->dir, &ring, &f->error));
	assert_int_equal(ring.count, 7);
}

static void a_backup_carries_them_all(void **state)
{
	struct fixture *f = *state;
	struct store_keyring ring, again;
	struct desk_keys keys;
	struct store *restored;
	char *copy = arena_printf(&f->arena, "%s/copy.db", f->dir), *place = arena_printf(&f->arena, "%s/restored", f->dir);

	OK(store_keys(f->dir, true, &keys, &f->error));
	OK(store_key_rotate(f->dir, NULL, 0, &ring, &f->error));
	OK(store_backup(f->store, copy, &f->error));
	assert_int_equal(mkdir(place, 0700), 0);
	assert_int_equal(rename(copy, arena_printf(&f->arena, "%s/sportello.db", place)), 0);
	OK(store_open(place, NULL, false, &restored, &f->error));
	store_close(&restored);
	OK(store_keyring(place, &again, &f->error));
	assert_same(&again, &ring);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_the_owner_may_ever_read_it), TEST(a_new_key_signs_and_the_old_ones_verify), TEST(a_revoked_key_that_signed_is_replaced),
		TEST(no_key_goes_while_its_links_are_good), TEST(a_full_disk_leaves_the_old_file), TEST(two_at_once_both_count),
		TEST(a_backup_carries_them_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
