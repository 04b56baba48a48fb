/*
 * sqlite_kind.c - this engine's functions, for the door.
 */
#include "sqlite_private.h"

const struct engine_kind sqlite_kind = {
	.prefix = SQLITE_URL, .keeps_files = true,
	.open = sqlite_open, .missing = sqlite_missing, .place = sqlite_place, .close = sqlite_close, .make_ready = sqlite_make_ready,
	.begin = sqlite_begin, .begin_read = sqlite_begin_read, .end_read = sqlite_end_read, .commit = sqlite_commit, .rollback = sqlite_rollback,
	.savepoint = sqlite_savepoint, .release = sqlite_release, .rollback_to = sqlite_rollback_to, .in_transaction = sqlite_in_transaction,
	.settle = sqlite_settle, .catch_up = sqlite_catch_up, .run = sqlite_run_list, .number = sqlite_number, .changes = sqlite_changes, .last_row = sqlite_last_row,
	.cursor_open = sqlite_cursor_open_list, .cursor_open_query = sqlite_cursor_open_query, .cursor_next = sqlite_cursor_next,
	.cursor_close = sqlite_cursor_close, .cursor_text_or_null = sqlite_cursor_text_or_null, .cursor_blob = sqlite_cursor_blob,
	.cursor_number = sqlite_cursor_number, .blob_open = sqlite_blob_open, .blob_size = sqlite_blob_size, .blob_read = sqlite_blob_read,
	.blob_write = sqlite_blob_write, .blob_close = sqlite_blob_close, .keys_ready = sqlite_keys_ready, .changes_seen = sqlite_changes_seen,
	.key_added = sqlite_key_added, .find_newest = sqlite_find_newest, .key_forget = sqlite_key_forget, .find_oldest = sqlite_find_oldest,
	.words_open = sqlite_words_open, .words_begin = sqlite_words_begin, .words_add = sqlite_words_add, .words_end = sqlite_words_end,
	.words_forget = sqlite_words_forget, .words_clear = sqlite_words_clear, .words_find = sqlite_words_find,
	.upkeep_start = sqlite_upkeep_start, .upkeep_stop = sqlite_upkeep_stop, .upkeep_after_commit = sqlite_upkeep_after_commit,
	.upkeep_wanted = sqlite_upkeep_wanted, .checkpoint = sqlite_checkpoint, .size = sqlite_size, .copy = sqlite_copy,
	.give_up_when = sqlite_give_up_when, .forgets = sqlite_forgets, .scrub = sqlite_scrub, .check = sqlite_check,
	.check_keys = sqlite_check_keys,
};
