/*
 * sqlite_kind.c - this engine's functions, for the doors.
 */
#include "sqlite_bulk.h"

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

const struct engine_bulk_kind sqlite_bulk_kind = {
	.open = sqlite_bulk_open, .close = sqlite_bulk_close, .works = sqlite_bulk_works, .read = sqlite_bulk_read, .next = sqlite_bulk_next, .counted = sqlite_bulk_counted,
	.watch = sqlite_bulk_watch, .unwatch = sqlite_bulk_unwatch, .changes = sqlite_bulk_changes, .changes_done = sqlite_bulk_changes_done, .hold = sqlite_bulk_hold, .release = sqlite_bulk_release,
	.state = sqlite_bulk_state, .prepare = sqlite_bulk_prepare, .last = sqlite_bulk_last, .begin = sqlite_bulk_begin, .remove = sqlite_bulk_remove, .put = sqlite_bulk_put,
	.end = sqlite_bulk_end, .mark = sqlite_bulk_mark, .marked = sqlite_bulk_marked, .index = sqlite_bulk_index, .finish = sqlite_bulk_finish,
	.set_counted = sqlite_bulk_set_counted,
};
