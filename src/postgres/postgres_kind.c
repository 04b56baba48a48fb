/*
 * postgres_kind.c - this engine's functions, for the doors.
 */
#include "postgres_bulk.h"

const struct engine_kind postgres_kind = {
	.prefix = "postgresql:", .keeps_files = false, .ports = postgres_ports, .advise = postgres_advise, .lease = postgres_lease,
	.troubles = postgres_troubles, .hint = postgres_hint, .hear = postgres_hear,
	.open = postgres_open, .missing = postgres_missing, .place = postgres_place, .close = postgres_close, .make_ready = postgres_make_ready,
	.begin = postgres_begin, .begin_read = postgres_begin_read, .end_read = postgres_end_read, .commit = postgres_commit,
	.rollback = postgres_rollback, .savepoint = postgres_savepoint, .release = postgres_release, .rollback_to = postgres_rollback_to,
	.in_transaction = postgres_in_transaction, .settle = postgres_settle, .durable = postgres_durable, .rehearse = postgres_rehearse, .catch_up = postgres_catch_up, .run = postgres_run_list, .number = postgres_number,
	.changes = postgres_changes, .last_row = postgres_last_row, .cursor_open = postgres_cursor_open,
	.cursor_open_query = postgres_cursor_open_query, .cursor_next = postgres_cursor_next, .cursor_close = postgres_cursor_close,
	.cursor_text_or_null = postgres_cursor_text_or_null, .cursor_blob = postgres_cursor_blob, .cursor_number = postgres_cursor_number,
	.blob_open = postgres_blob_open, .blob_size = postgres_blob_size, .blob_read = postgres_blob_read, .blob_write = postgres_blob_write,
	.blob_close = postgres_blob_close, .keys_ready = postgres_keys_ready, .changes_seen = postgres_changes_seen,
	.key_added = postgres_key_added, .find_newest = postgres_find_newest, .key_forget = postgres_key_forget,
	.find_oldest = postgres_find_oldest, .words_open = postgres_words_open, .words_begin = postgres_words_begin,
	.words_add = postgres_words_add, .words_end = postgres_words_end, .words_forget = postgres_words_forget,
	.words_clear = postgres_words_clear, .words_find = postgres_words_find, .upkeep_start = postgres_upkeep_start,
	.upkeep_stop = postgres_upkeep_stop, .upkeep_after_commit = postgres_upkeep_after_commit, .upkeep_wanted = postgres_upkeep_wanted,
	.checkpoint = postgres_checkpoint, .size = postgres_size, .copy = postgres_copy, .give_up_when = postgres_give_up_when,
	.forgets = postgres_forgets, .scrub = postgres_scrub, .check = postgres_check, .check_keys = postgres_check_keys,
};

const struct engine_bulk_kind postgres_bulk_kind = {
	.open = postgres_bulk_open, .close = postgres_bulk_close, .works = postgres_bulk_works, .read = postgres_bulk_read, .next = postgres_bulk_next, .counted = postgres_bulk_counted,
	.watch = postgres_bulk_watch, .unwatch = postgres_bulk_unwatch, .changes = postgres_bulk_changes, .changes_done = postgres_bulk_changes_done, .hold = postgres_bulk_hold, .release = postgres_bulk_release,
	.state = postgres_bulk_state, .prepare = postgres_bulk_prepare, .last = postgres_bulk_last, .begin = postgres_bulk_begin, .remove = postgres_bulk_remove,
	.put = postgres_bulk_put, .end = postgres_bulk_end, .mark = postgres_bulk_mark, .marked = postgres_bulk_marked, .index = postgres_bulk_index,
	.finish = postgres_bulk_finish, .set_counted = postgres_bulk_set_counted,
};
