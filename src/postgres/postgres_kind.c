/*
 * postgres_kind.c - this engine's functions, for the door.
 */
#include "postgres_private.h"

const struct engine_kind postgres_kind = {
	.prefix = "postgresql:", .keeps_files = false, .ports = postgres_ports, .advise = postgres_advise, .lease = postgres_lease,
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
