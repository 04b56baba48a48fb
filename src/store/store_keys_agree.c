/*
 * store_keys_agree.c - at its start, a gateway takes the newest ring of keys, and works only where one of them is this desk's.
 */
#include "store_private.h"

static enum status agree(struct store *store, const struct store_keyring *ring, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	bool known;
	enum status status = store_keys_known(store, ring, &known, error);

	if (status == STATUS_OK && !known)
		return error_set(error, STATUS_BAD_CONFIG, "%s: not the secret key of this desk: copy secret.key from a machine that works on this database already", store_keys_path(&arena, store->state_dir));
	return status == STATUS_OK ? store_keys_note(store, ring, error) : status;
}

enum status store_keys_agree(struct store *store, struct error *error)
{
	struct store_keyring ring = { .count = 0 };
	enum status status = store_keys_follow(store, error);

	if (store_is_alone(store) || status != STATUS_OK)
		return status;
	if ((status = store_keyring(store->state_dir, &ring, error)) != STATUS_OK || (status = store_begin(store, error)) != STATUS_OK)
		return status;
	status = agree(store, &ring, error);
	if (status == STATUS_OK)
		return store_commit(store, error);
	store_rollback(store);
	return status;
}
