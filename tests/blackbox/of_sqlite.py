"""of_sqlite.py - the one place that says which tests are about SQLite's own, and why: `STORE=postgresql tests/blackbox/run.py` leaves them out, and names each.

A name is "file:test", or "file:" for all of a file. All others must pass on both. A name that fits no test is an error of the list.
"""

FILE = "it opens sportello.db, to look at it or to harm it"
BACKUP = "it makes or restores a backup of ours; on PostgreSQL that is pg_dump's, and `backup` says so"
DISK = "it makes the disk below sportello.db fail, fill or lose power; a server's disk is the server's (make kills)"
LOCK = "it holds SQLite's lock; the server's is tried in test_postgres"
UPGRADE = "it begins with a database file of an earlier version; that of a server is tried in test_postgres_upgrade"
CHUNKS = "a gateway that may lose its term hands out a mail's words only when it has looked whether it still has it, by DATA"
ENGINE = "it says itself which kind of database it has"

REASONS = {
    "copy:": ENGINE, "postgres:": ENGINE, "postgres_upgrade:": ENGINE, "standby:": ENGINE, "pooler:": ENGINE, "same_words:": ENGINE,
    "upgrade:": UPGRADE,
    "years:": BACKUP,
    "relay:chunks_": CHUNKS, "relay:a_chunk_": CHUNKS, "relay:a_relay_that_offers_chunks_and_knows_none": CHUNKS,
    "relay:who_has_nothing_to_send_has_no_connection_to_the_store": FILE,
    "disk:": DISK, "powercut:": DISK, "trouble:disk_full": DISK, "shortage:fsck_sees_each_damage_and_says_what_to_do": FILE,
    "customers:a_merge_undone_leaves_everything_as_it_was": FILE, "customers:customers_come_from_a_list_as_often_as_one_likes": FILE,
    "customers:a_list_is_read_as_spreadsheets_write_it_and_what_is_none_is_said": FILE, "customers:forty_steps_with_a_merge_between_leave_the_customers_as_they_were": FILE,
    "erase:no_step_of_an_erasure_walks_all_places_of_a_kind": FILE,
    "erase:who_has_very_many_tickets_is_forgotten_in_parts": FILE, "erase:a_ticket_of_very_many_messages_is_forgotten_in_parts": FILE, "erase:of_a_large_ticket_no_kind_of_row_goes_at_once": FILE,
    "erase:who_takes_part_in_very_many_tickets_of_others_is_forgotten_in_parts": FILE, "erase:broken_off_among_tickets_of_others_the_daemon_goes_on": FILE, "erase:two_hundred_words_in_five_encodings_are_found_nowhere": BACKUP, "erase:what_the_desk_made_of_somebodys_words_is_forgotten": BACKUP,
    "learn:a_damaged_model_is_refused_and_the_older_one_serves": FILE, "learn:a_model_that_is_damaged_while_the_desk_runs_changes_nothing": FILE,
    "terminal:long_lists_take_no_more_memory_than_short_ones": FILE, "mirror_many:": FILE,
    "trouble:database_locked_by_another_program": LOCK, "trouble:locked_for_a_minute_while_everything_goes_on": LOCK,
    "shortage:locked_while_results_are_to_be_written": LOCK, "crowd:who_waits_for_us_is_not_silent": LOCK, "crowd:stopped_while_mails_are_being_written": LOCK,
    "trouble:backup_while_running_restores_alone": BACKUP, "shortage:a_backup_under_load_lives_on_elsewhere": BACKUP,
    "erase:a_customer_is_forgotten_everywhere": BACKUP, "erase:one_attachment_": BACKUP,
    "monitoring:what_rules_and_panels_ask_for_is_there_with_its_labels": BACKUP, "monitoring:promtool_finds_nothing_in_the_figures": BACKUP,
    "retention:what_is_old_goes_step_by_step": "it looks for words in SQLite's files; a server's pages are emptied by its VACUUM",
    "setup:a_second_daemon_on_the_same_port_is_refused_with_a_sentence": "its second daemon has a state directory of its own: there another gateway, refused for its key before its ports",
    "customers:a_list_is_looked_at_while_others_write": FILE, "customers:a_long_list_broken_off_goes_on_when_it_is_read_again": FILE,
    "customers:a_hundred_thousand_customers_come_in_time": "its bound is that of a database in the same process: each row asks a server some things",
}


def reason(name):
    """Why the test is left out on another database, or None."""
    return next((why for start, why in REASONS.items() if name == start or (start.endswith((":", "_")) and name.startswith(start))), None)


def unknown(names):
    """What the list names and no test is called: of files that are there."""
    files = {n.split(":")[0] for n in names}
    return [s for s in REASONS if s.split(":")[0] in files and not any(n == s or (s.endswith((":", "_")) and n.startswith(s)) for n in names)]
