/*
 * cli_commands.c - the commands and options of `sportello`, as tables. Help and the parsing of the command line are made from them.
 *
 * To add a command: a row here and a function in the file of its group. What agents' mails can do to a ticket is a command by itself, made from
 * the desk's table where CLI_OTHER_ACTS stands; a row here gives it other words. What the rows say is also said, with examples, in
 * sportello(1).
 * May not contain code.
 */
#include "cli_private.h"

const struct cli_option_row cli_options[] = {
	{ O_CONFIG, "config", "FILE", "configuration to read; " CLI_CONFIG_FILE " if it is not given (short: -c)" },
	{ O_JSON, "json", NULL, "one JSON value on standard output" },
	{ O_HELP, "help", NULL, "what there is (short: -h)" },
	{ O_VERSION, "version", NULL, "the version" },
	{ O_QUEUE, "queue", "QUEUE", "the queue" },
	{ O_STATE, "state", "STATE", STATE_NAMES },
	{ O_AGENT, "agent", "AGENT", "the agent it is assigned to" },
	{ O_CUSTOMER, "customer", "ADDRESS", "the customer's address" },
	{ O_TAG, "tag", "TAG", "a tag it has" },
	{ O_LIMIT, "limit", "COUNT", "at most so many" },
	{ O_AS, "as", "AGENT", "the agent who acts" },
	{ O_NO_TEXT, "no-text", NULL, "do not read a text from standard input" },
	{ O_SINCE, "since", "WHEN", "how far back: 30d, 12h, or a date" },
	{ O_UNTIL, "until", "WHEN", "3d, 2h, 30m, 1w, tomorrow, monday, 2026-11-25, 2026-11-25T09:00Z" },
	{ O_WAITING, "waiting", "WHO", "for whom it waits: " WAITING_NAMES },
	{ O_TO, "to", "ADDRESS", "the recipient" },
	{ O_FROM, "from", "ADDRESS", "the envelope sender; \"\" for the null sender; the mail's From if it is not given" },
	{ O_SUBJECT, "subject", "SUBJECT", "the subject" },
	{ O_ENVELOPE_FROM, "envelope-from", "ADDRESS", "the envelope sender; \"\" for the null sender" },
	{ O_RCPT, "rcpt", "ADDRESS", "the envelope recipient; an address of ours in the mail if it is not given" },
	{ O_ALL, "all", NULL, "also what is sent or has failed" },
	{ O_LMTP, "lmtp", "WHERE", "HOST:PORT or unix:PATH; the first lmtp.listen of the configuration if it is not given" },
	{ O_TRAIN, "train", "FILE", "lines \"label TAB text\" to learn from, the oldest first" },
	{ O_TEST, "test", "FILE", "lines \"label TAB text\" to guess" },
	{ O_CLASSES, "classes", "FILE", "lines \"label TAB description\"" },
	{ O_PRECISION, "precision", "P", "share of what is routed that must be right; 0.95 if it is not given" },
	{ O_FILE, "file", "FILE", "one question a line" },
	{ O_FEEDBACK, "feedback", "FILE", "lines \"question TAB article\": what solved what" },
	{ O_WHY, "why", NULL, "below each message, why it is on this ticket, or on one of its own" },
	{ O_DOMAIN, "domain", "DOMAIN", "the desk's domain: help.example.org" },
	{ O_NAME, "name", "NAME", "the desk's name, as customers see it" },
	{ O_RELAY, "relay", "URL", "the mail server that takes what the desk sends: smtp://127.0.0.1:25" },
	{ O_POSTFIX, "postfix", "WHERE", "here: this machine's; none; or the directory of a configuration" },
	{ O_WEB, "web", "SERVER", "the web server in front of the pages: nginx, caddy, apache or none" },
	{ O_URL, "url", "URL", "what the addresses of the pages begin with: https://help.example.org" },
	{ O_APPLY, "apply", NULL, "make the changes that are shown" },
	{ O_WITHIN, "within", "TIME", "due within that time from now: 30m, 2h" },
	{ O_UNDO, "undo", NULL, "take back what --apply changed in Postfix and the web server" },
	{ O_VIA, "via", "ADDRESS", "an address elsewhere that passes mail on to the queue" },
	{ O_WAIT, "wait", "SECONDS", "how long to wait for what does not come back; 30 if it is not given" },
	{ O_WHERE, "where", "QUERY", "in place of N: all tickets that a query finds; says which, and does nothing without --yes" },
	{ O_YES, "yes", NULL, "with --where: do it" },
	{ O_COUNT, NULL, NULL, NULL }
};

#define MANY (OPT(O_WHERE) | OPT(O_YES))
#define ACT (OPT(O_AS) | OPT(O_NO_TEXT) | MANY)

const struct cli_many cli_many[] = {
	{ "setup", OPT(O_QUEUE) | OPT(O_AGENT) },
	{ "ticket list", OPT(O_QUEUE) | OPT(O_STATE) | OPT(O_AGENT) | OPT(O_CUSTOMER) | OPT(O_TAG) },
	{ "ticket new", OPT(O_TO) },                     /* which says itself that there is one */
	{ "deliver", OPT(O_TO) },
	{ NULL, 0 }
};

const struct cli_command cli_commands[] = {
	{ "setup", cli_run_setup, 0, 0, "",
	  OPT(O_DOMAIN) | OPT(O_QUEUE) | OPT(O_AGENT) | OPT(O_NAME) | OPT(O_RELAY) | OPT(O_POSTFIX) | OPT(O_WEB) | OPT(O_URL) | OPT(O_APPLY) | OPT(O_UNDO),
	  "sets up a desk: configuration, Postfix, web server",
	  "Shows what it would change, as a diff; --apply does it, and --undo takes it back. Asks for what is missing on a terminal. Here --queue is an address, and --agent "
	  "NAME=ADDRESS; both may be given several times. A configuration that is there already is not touched: Postfix is told its queues." },
	{ "check", cli_run_check, 0, 0, "", OPT(O_POSTFIX), "is the configuration right, and can it work? all at once",
	  "Errors, warnings and notes, each with file, line and what to write: of the configuration, templates, rules and articles; of ports, relay, pages, disk and database; and "
	  "of this machine's Postfix. Ends with 78 if one is an error." },
	{ "selftest", cli_run_selftest, 0, 1, "[QUEUE]", OPT(O_VIA) | OPT(O_WAIT) | OPT(O_POSTFIX), "does mail go round? through relay, mail server and desk, and back",
	  "Sends mails to the queue's address, to a signed one, from the null sender, to an unknown address, with 8-bit and SMTPUTF8, and a large one, and looks at what "
	  "arrives. Each failure is told with its cause and the line to change; ends with 65 if there is any. They become no tickets." },
	{ "explain", cli_run_explain, 1, -1, "FILE...", OPT(O_ENVELOPE_FROM) | OPT(O_RCPT), "what a mail is understood as, and what would be done",
	  "A dry run that changes nothing; - is standard input. With --json one object a line, one line a file. Works without a "
	  "configuration, too: then it says what is in the mail and nothing of tickets." },
	{ "ticket list", cli_run_ticket_list, 0, -1, "[QUERY]", OPT(O_QUEUE) | OPT(O_STATE) | OPT(O_AGENT) | OPT(O_CUSTOMER) | OPT(O_TAG) | OPT(O_LIMIT),
	  "tickets, the newest first, or those that a query wants",
	  "queue:support state:open state:pending agent:none -tag:vpn created:7d updated:>30d waiting:us sort:-updated, and words of their text. "
	  "An option that is given several times wants any of its values, but --tag all of them." },
	{ "ticket show", cli_run_ticket_show, 1, 1, "N", OPT(O_WHY), "one ticket with its messages and its history", "" },
	{ "ticket search", cli_run_ticket_search, 1, -1, "WORDS...", OPT(O_LIMIT), "tickets in which these words stand", "" },
	{ "ticket raw", cli_run_ticket_raw, 2, 2, "N MESSAGE", 0, "a message as it was received, byte for byte", "" },
	{ "ticket attachment", cli_run_ticket_attachment, 3, 3, "N MESSAGE K", 0, "the bytes of attachment K, from 1", "" },
	{ "ticket reply", cli_run_ticket_act, 1, 1, "N", OPT(O_AS) | MANY, "answer the customer; text on standard input", "" },
	{ "ticket note", cli_run_ticket_act, 1, 1, "N", OPT(O_AS) | MANY, "a note for the agents; text on standard input", "" },
	{ "ticket new", cli_run_ticket_act, 0, 0, "", OPT(O_QUEUE) | OPT(O_TO) | OPT(O_SUBJECT) | OPT(O_AS),
	  "begin a conversation; text on standard input", "All four options must be given." },
	{ "ticket assign", cli_run_ticket_act, 2, 2, "N AGENT", ACT, "give it to an agent", "" },
	{ "ticket queue", cli_run_ticket_act, 2, 2, "N QUEUE", ACT, "put it into another queue", "" },
	{ CLI_OTHER_ACTS, cli_run_ticket_act, 0, 0, "", ACT, NULL, "" },
	{ "ticket tag", cli_run_ticket_act, 2, -1, "N TAG...", ACT, "add tags", "" },
	{ "ticket untag", cli_run_ticket_act, 2, -1, "N TAG...", ACT, "take tags away", "" },
	{ "ticket cc", cli_run_ticket_act, 2, -1, "N ADDRESS...", ACT, "let people in: they read the answers, and may write", "" },
	{ "ticket uncc", cli_run_ticket_act, 2, -1, "N ADDRESS...", ACT, "take them out, until they write themselves or are let in", "" },
	{ "ticket pend", cli_run_ticket_act, 1, 1, "N", ACT | OPT(O_UNTIL) | OPT(O_WAITING), "let it wait until a time", "" },
	{ "ticket merge", cli_run_ticket_act, 2, 2, "N INTO", ACT, "put ticket N into another; answers to it go there", "" },
	{ "ticket split", cli_run_ticket_act, 2, 2, "N MESSAGE", OPT(O_AS) | OPT(O_NO_TEXT), "make a ticket of its own of one message", "" },
	{ "ticket resolve", cli_run_ticket_act, 1, 1, "N", ACT, "done, as far as we know; the customer is asked", "" },
	{ "ticket close", cli_run_ticket_act, 1, 1, "N", ACT, "done", "" },
	{ "ticket reopen", cli_run_ticket_act, 1, 1, "N", ACT, "not done after all", "" },
	{ "outbox list", cli_run_outbox_list, 0, 0, "", OPT(O_ALL), "mail that waits to go out", "" },
	{ "outbox retry", cli_run_outbox_retry, 0, 0, "", 0, "try all that waits now", "" },
	{ "mailbox list", cli_run_mailbox_list, 0, 0, "", OPT(O_LIMIT), "every mail ever accepted, and what became of it", "" },
	{ "mailbox raw", cli_run_mailbox_raw, 1, 1, "ID", 0, "such a mail, byte for byte", "" },
	{ "deliver", cli_run_deliver, 1, -1, "FILE...", OPT(O_LMTP) | OPT(O_FROM) | OPT(O_TO), "hand mails to the daemon by LMTP, to try it out",
	  "Prints the reply to each recipient. --to may be given several times. Line ends become CRLF, as a mail server would send them." },
	{ "learn report", cli_run_learn_report, 0, 0, "", 0, "how often the model routed, and how often people corrected it",
	  "By month and queue, beside the promise of learn.precision." },
	{ "learn try", cli_run_learn_try, 0, 0, "", OPT(O_TRAIN) | OPT(O_TEST) | OPT(O_CLASSES) | OPT(O_PRECISION), "how well would routing be learnt from a file?",
	  "Stores nothing. One JSON object for each line of the test file: label, confidence, routed." },
	{ "learn", cli_run_learn, 0, 0, "", 0, "learn from the tickets that agents confirmed, now",
	  "The daemon does it by itself; it takes over what comes out within a second or two. Also lets routing go on that had stopped." },
	{ "reply list", cli_run_reply, 0, 0, "", 0, "the saved replies of replies_dir, and the articles, that /use sends", "" },
	{ "reply show", cli_run_reply, 1, 1, "NAME", 0, "the words of a saved reply, in each language", "" },
	{ "reply lint", cli_run_reply, 0, 0, "", 0, "what is wrong in the saved replies? with the file",
	  "An unknown variable, a part, a queue or a state that is not there, an article that a link names and that is not there. Ends with 78 if there is any." },
	{ "kb list", cli_run_kb_list, 0, 0, "", 0, "the articles of the knowledge base", "" },
	{ "kb ask", cli_run_kb_ask, 0, 1, "[QUESTION]", OPT(O_FILE) | OPT(O_FEEDBACK) | OPT(O_QUEUE), "which articles would be suggested for a question?",
	  "With --file one question a line, and one JSON object a line in the same order; \" \xE2\x80\xA2 \" stands between subject and text. --feedback tries what would "
	  "be learned; nothing is stored." },
	{ "kb lint", cli_run_kb_lint, 0, 0, "", 0, "what is wrong or doubtful in the articles? with file and line", "" },
	{ "kb report", cli_run_kb_report, 0, 0, "", OPT(O_SINCE), "what the articles solved, and which ones are worth writing",
	  "Of the last 30 days, or since --since. Requests that no article answered stand together by likeness." },
	{ "rules lint", cli_run_rules_lint, 0, -1, "[FILE...]", 0, "are the Sieve scripts right? with file, line and what to write instead",
	  "Without files, the whole folder rules_dir. Ends with 78 if there is an error; see sportello-rules(7)." },
	{ "rules test", cli_run_rules_test, 1, -1, "FILE...", OPT(O_ENVELOPE_FROM) | OPT(O_RCPT), "what the rules do with a mail: which script, which line, which word",
	  "Changes nothing; - is standard input. Each sender counts as not known (known:no)." },
	{ "rules replay", cli_run_rules_replay, 0, 0, "", OPT(O_SINCE), "today's rules over the kept mails: what would have gone elsewhere", "" },
	{ "sla list", cli_run_sla, 0, 0, "", OPT(O_WITHIN), "the clocks of open requests that run, those due first",
	  "By when an answer or a solution was promised, and how much of that time is left. A clock that is missed is in it until it stops." },
	{ "sla explain", cli_run_sla, 1, 1, "N", 0, "how the clocks of a request came to what they show",
	  "Each clock with the times that it ran and stood still; their seconds are the sum that counts." },
	{ "calendar show", cli_run_calendar, 1, 1, "NAME", 0, "hours of a calendar, and its next ten holidays", "" },
	{ "calendar between", cli_run_calendar, 3, 3, "NAME FROM TO", 0, "how many seconds of it lie between two times",
	  "Times are RFC 3339 with a zone: 2026-11-25T09:00:00+01:00." },
	{ "calendar add", cli_run_calendar, 3, 3, "NAME FROM DURATION", 0, "when so much of it has gone by",
	  "A duration is 30m, 4h, 1h30m (of open time), or 2bd: the end of the second business day after FROM." },
	{ "key list", cli_run_key_list, 0, 0, "", 0, "the keys that sign addresses and links", "" },
	{ "key rotate", cli_run_key_rotate, 0, 0, "", 0, "sign with a new key; what the older ones signed stays good",
	  "The running daemon follows within a second or two. The eight newest keys are kept." },
	{ "key revoke", cli_run_key_revoke, 1, 1, "KEY|all", 0, "a key was stolen: what it signed is good no more",
	  "A new key signs. Answers to older mails then count by their references and their sender's address only, and older links are gone." },
	{ "backup", cli_run_backup, 1, 1, "FILE", 0, "a consistent copy of everything, while all runs", "" },
	{ "restore", cli_run_restore, 1, 1, "FILE", 0, "put a backup in the place of what is there",
	  "While sportellod is stopped. What was there is kept beside it. Older keys then sign for no request that the backup does not have, so that an answer "
	  "to one that is lost opens a new one." },
	{ "fsck", cli_run_fsck, 0, 0, "", 0, "is the database whole, and does it hold what we promise?", "" },
	{ "mirror", cli_run_mirror, 0, 0, "", 0, "makes the agents' tree of mails anew", "Writes what is missing in mirror.maildir, removes what no message is for, and moves what stands in the wrong folder." },
	{ "help", cli_run_help, 0, 2, "[COMMAND]", 0, "what a command does", "" },
	{ "config-sample", cli_run_config_sample, 0, 0, "", 0, NULL, "" },
	{ "config-mdoc", cli_run_config_mdoc, 0, 0, "", 0, NULL, "" },
	{ NULL, NULL, 0, 0, NULL, 0, NULL, NULL }
};
