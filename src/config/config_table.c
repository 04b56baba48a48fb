/*
 * config_table.c - every parameter there is: name, type, range, unit, default, and the paragraph that explains it.
 *
 * Parser, `sportello check`, conf/sportello.conf and sportello.conf(5) are all made from this table; a test compares the two
 * files with it. To add a parameter, add a row, a field in config.h, and run `sportello config-sample` and `config-mdoc`.
 * May not contain code: single values are judged by the functions of config_values.c that rows name.
 * The text of a row is plain words; a sentence ends with a full stop and a blank.
 */
#include "config_private.h"

#define IN_CONFIG(field) HOME_CONFIG, offsetof(struct config, field)
#define IN_TEXTS(field)  HOME_TEXTS, offsetof(struct config_texts, field)
#define IN_AGENT(field)  HOME_ITEM, offsetof(struct desk_agent, field)
#define IN_QUEUE(field)  HOME_ITEM, offsetof(struct desk_queue, field)
#define IN_CALENDAR(field) HOME_ITEM, offsetof(struct config_calendar, field)
#define IN_PROMISE(field) HOME_ITEM, offsetof(struct config_promise, field)
#define IN_STEP(field) HOME_ITEM, offsetof(struct config_step, field)
#define IN_RETENTION(field) HOME_ITEM, offsetof(struct config_retention, field)
#define PRIORITIES "low|normal|high|urgent"
#define IN_KEYWORD(field) HOME_ITEM, offsetof(struct config_keyword, field)

#define GROUP(name, words) { .path = (name), .type = P_GROUP, .unit = "", .text = (words) }
#define LIST(name, field, item, words) { .path = (name), .type = P_LIST, .home = HOME_CONFIG, .offset = offsetof(struct config, field), \
	.item_size = sizeof(item), .unit = "", .text = (words) }
#define STRING(name, where, normal, judge, shows, words) \
	{ (name), P_STRING, where, 0, 0, 0, "", (normal), NULL, (judge), (shows), (words), false }
#define STRING_OR_NONE(name, where, normal, judge, shows, words) \
	{ (name), P_STRING, where, 0, 0, 0, "", (normal), NULL, (judge), (shows), (words), true }
#define STRINGS(name, where, normal, judge, shows, words) \
	{ (name), P_STRINGS, where, 0, 0, 0, "", (normal), NULL, (judge), (shows), (words), false }
#define WORD(name, where, of, normal, shows, words) \
	{ (name), P_WORD, where, 0, 0, 0, "", (normal), (of), NULL, (shows), (words), false }
#define CHOICE(name, where, of, normal, shows, words) \
	{ (name), P_CHOICE, where, 0, 0, 0, "", (normal), (of), NULL, (shows), (words), false }
#define NUMBER(name, kind, where, low, high, of, normal, words) \
	{ (name), (kind), where, 0, (low), (high), (of), (normal), NULL, NULL, NULL, (words), false }
#define END { .path = NULL }

const struct config_parameter config_parameters[] = {
	GROUP("desk", "The desk as a whole."),
	STRING("desk.name", IN_CONFIG(policy.name), "Help desk", NULL, "\"Acme Support\"",
		"Name of the desk, as it stands in the From of its mails and on its pages."),
	STRING("desk.domain", IN_CONFIG(policy.domain), "", config_check_domain, "\"example.org\"",
		"Domain part of the Message-IDs that the desk makes. "
		"If it is empty, the domain of the first queue's address is taken. "
		"Do not change it while answers to earlier mails are still expected: they are recognised by it."),
	STRING("desk.state_dir", IN_CONFIG(state_dir), "/var/lib/sportello", config_check_path, NULL,
		"Directory of the database sportello.db, of large mails and of the key that signs addresses. "
		"Only the daemon and the agents who use sportello(1) may read it."),
	WORD("desk.language", IN_CONFIG(policy.language), "en|it|de|fr|es", "en", NULL,
		"Language of outgoing mail where the customer's is not known or has no templates."),
	STRING("desk.time_zone", IN_CONFIG(time_zone), "", config_check_zone, "\"Europe/Rome\"",
		"Zone of every time that people read, of hours and dates in this file, and of the calendars that name none, such as \"Europe/Rome\". "
		"If it is empty, the machine's."),
	STRING("desk.separator", IN_CONFIG(policy.separators), "+", config_check_separator, NULL,
		"What stands between the local part of a queue's address and the signed token of a ticket: support+TOKEN@example.org. "
		"One or more of the characters + - _ = and the dot; the first is written, all are understood. "
		"The mail server must deliver such addresses to the desk (recipient_delimiter in Postfix)."),
	NUMBER("desk.reopen_days", P_INTEGER, IN_CONFIG(policy.reopen_days), 0, 3650, "days", "14",
		"A customer's answer to a closed ticket within that time opens it again. "
		"A later one makes a new ticket, linked to the old."),
	NUMBER("desk.remind_days", P_INTEGER, IN_CONFIG(policy.remind_days), 0, 3650, "days", "3",
		"A customer who says nothing to \"we believe that it is solved\" is reminded once after that time. 0: never."),
	NUMBER("desk.close_days", P_INTEGER, IN_CONFIG(policy.close_days), 0, 3650, "days", "7",
		"After that time of silence a resolved ticket is closed. "
		"The customer is told, and a reply opens it again. "
		"0: it stays resolved until somebody acts."),
	NUMBER("desk.thanks_hours", P_INTEGER, IN_CONFIG(policy.thanks_hours), 0, 8760, "hours", "72",
		"A mail of nothing but thanks leaves a ticket resolved or closed within that time; any further word is a reply like others. "
		"0: every mail reopens."),
	NUMBER("desk.link_days", P_INTEGER, IN_CONFIG(policy.link_days), 1, 3650, "days", "30",
		"The links in mails to customers are good that long. "
		"An older one says what to do instead."),
	NUMBER("desk.digest_hour", P_INTEGER, IN_CONFIG(policy.digest_hour), -1, 23, "hour of the day", "6",
		"At that hour (of desk.time_zone) each agent who has open or waiting tickets is mailed a list of them, once a day. "
		"-1: no digest."),
	NUMBER("desk.acknowledgements_per_hour", P_INTEGER, IN_CONFIG(policy.acknowledgements_per_hour), 0, 100000, "mails", "60",
		"At most that many acknowledgements are sent to one address within an hour, so that two machines cannot keep each other busy. "
		"The mails become tickets all the same. "
		"0 sends none at all."),
	NUMBER("desk.stranger_acknowledgements_per_hour", P_INTEGER, IN_CONFIG(policy.stranger_acknowledgements_per_hour), 0, 1000000, "mails", "20",
		"The same for an address where the mail that is acknowledged does not prove that its owner wrote it: by DMARC (see authserv_id), or by a reply to a mail of the desk. "
		"A sender is easily forged, and the acknowledgement would go to somebody else."),
	NUMBER("desk.stranger_acknowledgements_per_day", P_INTEGER, IN_CONFIG(policy.stranger_acknowledgements_per_day), 0, 1000000, "mails", "20",
		"The same within a day."),
	NUMBER("desk.stranger_acknowledgements_per_domain", P_INTEGER, IN_CONFIG(policy.stranger_acknowledgements_per_domain), 0, 1000000, "mails", "120",
		"To all such addresses of one domain, within an hour."),
	NUMBER("desk.stranger_acknowledgements_per_minute", P_INTEGER, IN_CONFIG(policy.stranger_acknowledgements_per_minute), 0, 1000000, "mails", "60",
		"To all such addresses together, within a minute. "
		"A busy desk whose mail server checks DMARC needs no more; raise it where it does not. "
		"Withheld ones are on the tickets, and counted in /metrics."),
	CHOICE("desk.agents_prove", IN_CONFIG(policy.agents_prove), "where-checked|always", "where-checked", NULL,
		"When an agent's mail must be authenticated, beside coming from the agent's address to the agent's own signed address. "
		"\"where-checked\": where the mail server checked it (see authserv_id), and what it found is neither a pass nor nothing at all, the mail "
		"is not taken and the agent is told. \"always\": one on which the mail server put no result is not taken either; nor one whose domain has no "
		"DMARC policy, unless DKIM or SPF of that domain, or the login at the submission server, passed."),
	NUMBER("desk.clock_doubt_seconds", P_INTEGER, IN_CONFIG(clock_doubt_seconds), 0, 86400, "seconds", "600",
		"Where the machine's clock is set forward by more than ten minutes at once, it may be wrong. "
		"For that time nothing is done that only time does: no reminder, no closing, no end of a wait or of a held request, no digest, and no "
		"mail is given up. If the clock is set back meanwhile, nothing has happened. "
		"0: all of it at once."),
	CHOICE("desk.sandbox", IN_CONFIG(sandbox), "off|on", "on", NULL,
		"Once it is started, the daemon keeps itself from everything that it does not need: it can write below desk.state_dir only, start no "
		"program, and make no connection but to the relay's port and those of mail; see sportellod(8). "
		"A directory or port that was not in the configuration at the start needs a restart. "
		"Switch it off only to find out whether it is in the way of something."),

	STRING_OR_NONE("retention_hold", IN_CONFIG(retention_hold), "", NULL, "\"tag:legal organisation:acme\"",
		"Tickets for which this query holds are kept by law: sportello erase refuses them, who has one is not erased, and retention leaves them alone. "
		"Keys of the query language, without words of the text."),
	STRING("retention_at", IN_TEXTS(retention_at), "02:00", config_check_minute, NULL,
		"When, each night, by the clock of desk.time_zone, what `retention` says is done. One that was missed is made up for at the next start."),
	NUMBER("retention_sent_days", P_INTEGER, IN_CONFIG(retention_sent_days), 0, 36500, "days", "90",
		"A mail that the desk sent loses the copy of its words in the outbox after that time: what it said stands on its ticket. "
		"0: never."),
	{ .path = "retention", .type = P_LIST, .home = HOME_CONFIG, .offset = offsetof(struct config, retention), .item_size = sizeof(struct config_retention), .unit = "",
	  .sample = "( { what = \"attachments\"; state = \"closed\"; days = 365; }, { what = \"words\"; state = \"closed\"; days = 1095; } )",
	  .text = "What is let go of tickets to which nothing has happened for a time. `sportello retention --dry-run` shows what that would be now. "
		"It cannot be taken back; a backup made before still has it." },
	CHOICE("retention[].what", IN_RETENTION(what), "attachments|raw|words", NULL, NULL,
		"\"attachments\": the mails that hold any file, as they came; text and names of files stay. \"raw\": every mail as it came; the same stays. "
		"\"words\": all but number, dates, queue and sizes, as sportello erase ticket does."),
	STRING("retention[].queue", IN_RETENTION(queue), "", NULL, NULL,
		"Of which queue. "
		"If it is empty, of all, and mails that became no ticket, too."),
	WORD("retention[].state", IN_RETENTION(state), "held|expired|new|open|pending|resolved|closed", "closed", NULL,
		"In which state they are."),
	NUMBER("retention[].days", P_INTEGER, IN_RETENTION(days), 0, 36500, "days", NULL,
		"How many days nothing has happened to them."),
	GROUP("customers", "Customers and organisations."),
	STRING_OR_NONE("customers.public_suffixes", IN_CONFIG(public_suffixes), "", config_check_path, "\"/usr/share/publicsuffix/public_suffix_list.dat\"",
		"File with the domains under which anybody may have one (the format of publicsuffix.org): none of them is an organisation's. "
		"If it is empty, the list of Debian's package publicsuffix, or, if that is not installed, the one that came with the program."),
	STRING_OR_NONE("customers.free_mail", IN_CONFIG(free_mail), "", config_check_path, "\"/etc/sportello/free-mail.txt\"",
		"File with the domains of providers that give a mailbox to anybody, one a line: none of them is an organisation's. "
		"If it is empty, the list that came with the program."),

	GROUP("store", "Where tickets are kept."),
	STRING("store.url", IN_CONFIG(store_url), "sqlite:", config_check_store, NULL,
		"The database. \"sqlite:\" is sportello.db in desk.state_dir. \"postgresql://USER@HOST/DATABASE\" is a server of PostgreSQL 12 or newer; "
		"what follows a \"?\" is libpq's (host=/run/postgresql, sslmode=verify-full, passfile=...). "
		"See doc/OPERATING.md."),

	GROUP("lmtp", "Where mail comes in, by LMTP (RFC 2033)."),
	STRINGS("lmtp.listen", IN_TEXTS(lmtp_listen), "127.0.0.1:2424", config_check_listen, "[ \"127.0.0.1:2424\" ]",
		"Where the daemon listens: \"127.0.0.1:2424\", \"[::1]:2424\" or \"unix:/path/of/socket\". "
		"There may be several. "
		"LMTP knows no passwords: never listen where strangers can connect."),
	STRING("lmtp.socket_owner", IN_CONFIG(lmtp_socket_owner), "", config_check_user, NULL,
		"User that owns the unix sockets, for example postfix. "
		"If it is empty, the daemon's own."),
	STRING("lmtp.socket_group", IN_CONFIG(lmtp_socket_group), "", config_check_group, NULL,
		"Group of the unix sockets. "
		"If it is empty, the daemon's own."),
	STRING("lmtp.socket_mode", IN_TEXTS(socket_mode), "0660", config_check_mode, NULL,
		"Permissions of the unix sockets, in octal and in quotes."),
	NUMBER("lmtp.max_message_bytes", P_BYTES, IN_CONFIG(lmtp_message_bytes), 65536, 2147483647, "bytes", "52428800",
		"Largest mail that is taken. "
		"A larger one is answered 552 5.3.4. "
		"It should not be below what the mail server in front accepts (message_size_limit in Postfix)."),
	NUMBER("lmtp.max_connections", P_INTEGER, IN_CONFIG(lmtp_connections), 1, 400, "connections", "100",
		"Connections served at the same time. "
		"One more takes the place of a client that is silent between two mails, or is answered 421 and may come again."),
	NUMBER("lmtp.idle_seconds", P_INTEGER, IN_CONFIG(lmtp_idle_seconds), 1, 86400, "seconds", "300",
		"A connection that says nothing for that long is closed."),
	NUMBER("lmtp.total_seconds", P_INTEGER, IN_CONFIG(lmtp_total_seconds), 1, 604800, "seconds", "3600",
		"A connection is closed after that time, whatever it does."),

	GROUP("web", "The pages for customers and agents."),
	STRING_OR_NONE("web.listen", IN_TEXTS(web_listen), "127.0.0.1:8025", config_check_listen, NULL,
		"Where the daemon serves pages, /healthz and /metrics: \"127.0.0.1:8025\" or \"[::1]:8025\". "
		"Put a web server with TLS in front. "
		"If it is empty, there are no pages."),
	STRING_OR_NONE("web.admin_listen", IN_TEXTS(admin_listen), "", config_check_listen, "\"127.0.0.1:8026\"",
		"An address and a port for /healthz and /metrics alone: they are answered there, and no longer on web.listen. "
		"If it is empty, they are on web.listen."),
	STRING("web.base_url", IN_CONFIG(policy.base_url), "", config_check_base_url, "\"https://help.example.org\"",
		"What customers see as the beginning of the pages' addresses. "
		"If it is empty, it is made of web.listen."),
	NUMBER("web.request_seconds", P_INTEGER, IN_CONFIG(web_request_seconds), 1, 3600, "seconds", "30",
		"A request that is not there as a whole after that time is ended, however slowly it goes on. "
		"Takes effect at the next start."),

	GROUP("brand", "How mails and pages look."),
	STRING_OR_NONE("brand.colour", IN_CONFIG(policy.brand.colour), "", config_check_colour, "\"#0b5cad\"",
		"The one colour of buttons and links, in mails and on pages. Words on it are white or black, whichever can be read; links take a darker "
		"shade of it on white and a lighter one in dark mode, as far as they need. "
		"If it is empty, a blue."),
	STRING_OR_NONE("brand.logo", IN_CONFIG(policy.brand.logo_file), "", config_check_path, NULL,
		"A picture above mails to customers and pages: PNG, JPEG or GIF of at most 64 KiB, shown at most 240 wide and 64 high. It goes along "
		"with each mail, so that it is shown without being fetched. "
		"If it is empty, there is none."),
	STRING("brand.address", IN_CONFIG(policy.brand.address), "", NULL, "\"Acme S.p.A., Via Roma 1, 20121 Milano\"",
		"Postal address, or whatever the law wants below mails: it stands at the foot of mails to customers and of pages."),

	GROUP("relay", "Where mail goes out."),
	STRING("relay.url", IN_TEXTS(relay_url), "smtp://127.0.0.1:25", config_check_relay, NULL,
		"The mail server that takes outgoing mail: \"smtp://127.0.0.1:25\", \"smtp+starttls://user@host:587\" or \"smtps://user@host:465\". "
		"\"maildir:/path\" sends nothing and keeps each mail as a file, to try things out."),
	STRING("relay.password_file", IN_TEXTS(password_file), "", config_check_path, NULL,
		"File with the password of the user in relay.url on its first line. "
		"Only the daemon should be able to read it."),
	NUMBER("relay.senders", P_INTEGER, IN_CONFIG(relay.senders), 1, 50, "connections", "4",
		"Mails sent at the same time, each over a connection that is kept. Large ones go one after the other over one connection more."),
	NUMBER("relay.timeout_seconds", P_INTEGER, IN_CONFIG(relay.timeout_seconds), 1, 3600, "seconds", "60",
		"How long the relay may take for one reply."),
	NUMBER("relay.give_up_hours", P_INTEGER, IN_CONFIG(relay.give_up_hours), 1, 8760, "hours", "120",
		"A mail that the relay has not taken after that time is given up, and an agent is told. "
		"Until then it is tried again after 1 minute, 2, 4 and so on, up to every hour."),

	STRING_OR_NONE("rules_dir", IN_CONFIG(rules_dir), "/etc/sportello/rules", config_check_path, NULL,
		"Directory of the Sieve scripts that route mail: *.sieve, run in the order of their names. "
		"If it is empty, there are none."),
	STRING_OR_NONE("kb_dir", IN_CONFIG(kb_dir), "/etc/sportello/kb", config_check_path, NULL,
		"Directory of the articles that are suggested to customers: *.md. "
		"If it is empty, there are none."),
	STRING_OR_NONE("templates_dir", IN_CONFIG(templates_dir), "/etc/sportello/templates", config_check_path, NULL,
		"Directory of your own texts for outgoing mail, as LANGUAGE/NAME.txt and LANGUAGE/NAME.html, and for pages, as LANGUAGE/pages.txt. "
		"Each file replaces the built-in one of that name; a broken one is reported and the built-in one is used. "
		"Of pages.txt each line does. "
		"If it is empty, all are built in."),
	STRING_OR_NONE("replies_dir", IN_CONFIG(replies_dir), "/etc/sportello/replies", config_check_path, NULL,
		"Directory of the saved replies that agents send with /use NAME: NAME.md, or NAME.it.md in a language. "
		"The first heading is the title and is not sent; variables are those of the templates ({customer}, {ticket}, {agent_name} ...). "
		"A head between lines of --- may say what is done with it: queue, tag, and state (resolved, closed, pending or \"pending 3d\"). "
		"part-NAME.md is put into others by {>part-NAME}. The files of a folder NAME beside it go along (20 of 10 MB at most). Articles are sent in the same way, as /use kb/NAME. "
		"If it is empty, there are none."),
	STRING("authserv_id", IN_CONFIG(authserv_id), "", config_check_word, NULL,
		"Name under which your own mail server writes Authentication-Results (RFC 8601), for example \"mx.example.org\". "
		"What others wrote under another name is never believed. "
		"Anybody can write this name into a mail: set it only where your mail server takes such fields off incoming mail, and checks DMARC. "
		"If it is empty, no sender counts as authenticated: acknowledgements then repeat nothing of the mail that they answer, and people in its Cc are shown to the agents, who let them in."),

	GROUP("backup", "Backups that the daemon makes by itself, each a file that `sportello restore` takes."),
	STRING_OR_NONE("backup.dir", IN_CONFIG(backup_dir), "", config_check_path, "\"/var/backups/sportello\"",
		"Directory of the backups, named sportello-DATE.db; on another disk than desk.state_dir, and writable for the daemon (with systemd: ReadWritePaths). "
		"If it is empty, none are made."),
	STRING("backup.at", IN_TEXTS(backup_at), "03:00", config_check_minute, NULL,
		"When, each day, by the clock of desk.time_zone. One that was missed is made up for at the next start, and one that fails is tried again "
		"after ten minutes."),
	NUMBER("backup.keep", P_INTEGER, IN_CONFIG(backup_keep), 1, 3650, "files", "14",
		"How many are kept there: once a new one is complete, older ones go."),

	GROUP("selftest", "A mail now and then, through the relay and back to the first queue: does mail go round?"),
	STRING_OR_NONE("selftest.every", IN_TEXTS(canary_every), "", config_check_every, "\"1h\"",
		"How often, such as \"15m\" or \"1h\". Two that do not come back in a row are an alarm: an error in the log (selftest.lost), in /metrics, and to "
		"selftest.alarm_to. `sportello selftest` then says why. "
		"If it is empty, never."),
	STRING_OR_NONE("selftest.alarm_to", IN_CONFIG(alarm_to), "", config_check_address, "\"root@example.net\"",
		"An address that hears of the alarm, and of its end: one that does not need this mail server. "
		"If it is empty, nobody is written to."),
	STRING_OR_NONE("selftest.alarm_relay", IN_TEXTS(alarm_relay), "", config_check_relay, "\"smtp://mx.example.net:25\"",
		"The mail server that takes the alarm; without a password. "
		"If it is empty, the one of relay.url."),

	GROUP("mirror", "Every conversation as mails, for the agents' own mail programs."),
	STRING_OR_NONE("mirror.maildir", IN_CONFIG(mirror_maildir), "", config_check_path, NULL,
		"A Maildir++ tree in which every conversation stands as mails, a folder a queue, for any IMAP server to show to the agents: customers' mails as they "
		"came, answers as sent, notes with [note] before the subject; state and priority are keywords. "
		"A reply from there works as one to a notice, from an agent whom the mail server proved (authserv_id). "
		"It is written behind the desk's back and made anew by `sportello mirror`. "
		"If it is empty, there is none."),

	GROUP("log", "The log goes to standard error, a key=value line an event."),
	CHOICE("log.level", IN_CONFIG(log_level), "error|warning|notice|info|debug", "info", NULL,
		"The least important events that are logged."),
	CHOICE("log.addresses", IN_CONFIG(log_addresses), "full|domain|off", "full", NULL,
		"What of people's mail addresses, and of Message-IDs, stands in the log: all; the domain alone (\"@example.org\"); or nothing of them (\"@\")."),

	GROUP("learn", "The classifier that learns from the tickets of the desk."),
	NUMBER("learn.precision", P_REAL, IN_CONFIG(learn_precision), 0.5, 0.999, "", "0.95",
		"It routes a mail only where it expects to be right in that share of cases; everything else waits in the triage queue."),
	CHOICE("learn.tags", IN_CONFIG(policy.learn_tags), "no|yes", "no", NULL,
		"Whether it may give a new ticket a tag, as agents did with tickets like it: one at most, only as surely as learn.precision asks, "
		"and only where no rule gave any tag."),
	CHOICE("learn.priority", IN_CONFIG(policy.learn_priority), "no|yes", "no", NULL,
		"Whether it may give a new ticket another priority than normal, in the same way, where no rule gave any."),

	GROUP("kb", "Articles that are suggested to customers, and requests that are held for them: see queues[].kb."),
	NUMBER("kb.remind_hours", P_INTEGER, IN_CONFIG(policy.kb_remind_hours), 0, 8760, "hours", "8",
		"A customer who says nothing to the suggested articles is reminded once after that time, while the request is held. "
		"0: never."),
	NUMBER("kb.end_hours", P_INTEGER, IN_CONFIG(policy.kb_end_hours), 0, 8760, "hours", "24",
		"After that time without a word a held request ends as kb.after_silence says. "
		"0: it stays held until somebody acts."),
	CHOICE("kb.after_silence", IN_CONFIG(policy.kb_silence), "create|expire", "create", NULL,
		"What then becomes of it: a ticket like any other, or expired, which means that no agent is told; any reply of the customer still "
		"makes it a ticket. A request whose mail with the articles has not left, or came back, becomes a ticket in any case."),
	NUMBER("kb.quiet_hours", P_INTEGER, IN_CONFIG(policy.kb_quiet_hours), 0, 8760, "hours", "24",
		"A customer who said that the articles did not help is suggested none within that time: the next request is a ticket at once. "
		"0: suggested again at once."),

	LIST("agents", policy.agents, struct desk_agent,
		"The people who answer."),
	STRING("agents[].name", IN_AGENT(name), NULL, config_check_name, "\"bob\"",
		"Short name, as in \"/assign bob\": letters, digits, dot, hyphen, underscore."),
	STRING("agents[].email", IN_AGENT(email), NULL, config_check_address, "\"bob@example.org\"",
		"Where the agent is told about tickets, and writes answers from. "
		"Each agent needs an address of their own."),
	STRINGS("agents[].also", IN_AGENT(also), "", config_check_address, "[ \"bob@home.example\" ]",
		"Further addresses of the same agent: what comes from them counts as the agent's own. "
		"Notices go to agents[].email."),
	STRING("agents[].display", IN_AGENT(display), "", NULL, "\"Bob Rossi\"",
		"The name that customers see. "
		"If it is empty, the short name."),
	STRINGS("agents[].skills", IN_AGENT(skills), "", NULL, "[ \"vpn\", \"wifi\" ]",
		"Words for what the agent knows, compared with the tags of a ticket when it is assigned. "
		"Where a tag is a skill of somebody in the queue, only those who have it are given the ticket."),
	STRINGS("agents[].leave", IN_AGENT(leave), "", config_check_leave, "[ \"2026-12-24..2027-01-06\" ]",
		"Whole days on which the agent is given no tickets: \"2026-12-24\", or from and to with two dots between. "
		"What comes for the tickets that the agent has is then told to all of the queue."),
	STRING("agents[].hours", IN_AGENT(hours), "", config_check_hours, "\"mon-fri 08:00-17:30\"",
		"When the agent is given tickets, in desk.time_zone; several with commas between. "
		"If it is empty, always."),
	NUMBER("agents[].limit", P_INTEGER, IN_AGENT(limit), 0, 100000, "tickets", "0",
		"The agent is given no more while that many are new, open or pending. "
		"0: any number."),

	CHOICE("agents[].role", IN_AGENT(role), "agent|supervisor|reader|admin", "agent", NULL,
		"What the agent may do: an agent works on the tickets of the own queues, on those that the agent has, and on those watched; a supervisor or admin "
		"on all; a reader is told, and may leave notes, but is given no tickets and answers nobody."),
	WORD("agents[].language", IN_AGENT(language), "en|it|de|fr|es", "", NULL,
		"Language of the mails to this agent. "
		"If it is empty, desk.language."),
	STRINGS("agents[].signature", IN_AGENT(signature_lines), "", NULL, "[ \"Bob Rossi\", \"Acme Support\" ]",
		"Stands below an answer that the agent's mail program put no signature below, a string a line."),

	LIST("queues", policy.queues, struct desk_queue,
		"The queues, at least one. "
		"The first is the triage queue: what nothing else sorts waits there, unassigned."),
	STRING("queues[].name", IN_QUEUE(name), NULL, config_check_name, "\"support\"",
		"Short name, as in \"/queue support\": letters, digits, dot, hyphen, underscore."),
	STRING("queues[].address", IN_QUEUE(address), NULL, config_check_queue_address, "\"support@example.org\"",
		"The address that customers write to, and that answers come from. "
		"Its local part has at most 30 bytes, because the token of a ticket is added to it and 64 are the limit of mail. "
		"If you change it, make the old one an alias of it in the mail server: answers to mails that were sent from it go on coming. (Postfix: virtual_alias_maps, which carries the token along.)"),
	STRINGS("queues[].also", IN_QUEUE(also), "", config_check_queue_address, "[ \"info@example.org\" ]",
		"Further addresses that the mail server delivers to this queue: aliases, and addresses of earlier days. "
		"Mail to them is taken like mail to the queue's own, and none of them is ever sent an answer."),
	STRING("queues[].description", IN_QUEUE(description), "", NULL, "\"Everything that fits nowhere else\"",
		"What the queue is for, in words that agents and the classifier read."),
	STRINGS("queues[].agents", IN_QUEUE(agents), "", NULL, "[ \"bob\" ]",
		"Short names of the agents who work in this queue and are told about its tickets."),
	CHOICE("queues[].assign", IN_QUEUE(assign), "none|round-robin|least-loaded|sticky", "none", NULL,
		"Who gets a new ticket: nobody (agents take them), each in turn, the one with the fewest open tickets, or the one who "
		"answered this customer last."),
	CHOICE("queues[].kb", IN_QUEUE(kb), "off|with-acknowledgement|before-ticket", "with-acknowledgement", NULL,
		"Whether articles are suggested to the customer: never, in the acknowledgement, or before it becomes a ticket at all. "
		"With \"before-ticket\" a request that an article fits well is held: the customer gets the articles and says whether they solved it; "
		"a press of a button or any reply makes it a ticket. It is never held where a rule gave it high or urgent priority, an agent or the "
		"tag vip, nor where no automatic mail may go out."),
	NUMBER("queues[].answer_hours", P_INTEGER, IN_QUEUE(answer_hours), 0, 8760, "hours", "0",
		"A customer who wrote is to hear from an agent within that time, around the clock. The acknowledgement names the date; when "
		"nobody has answered by then, the ticket's agent, or all of the queue, get a mail. 0: nothing is promised."),
	CHOICE("queues[].rating", IN_QUEUE(rating), "off|on", "on", NULL,
		"Whether the customer is asked, when the request is closed, how good the help was: 1 worst, 5 best. A rating of 1 or 2, or one with "
		"words, is told to the ticket's agent and to the supervisors."),
	STRINGS("queues[].notices", IN_QUEUE(notices), "", config_check_name, NULL,
		"Which mails this queue sends by itself, by the names of their templates, for example [ \"received\", \"agent-new\" ]. "
		"If it is empty, all of them but taken and reopened; [ \"none\" ] sends none."),

	STRINGS("queues[].colleagues", IN_QUEUE(colleagues), "", config_check_colleague, "[ \"answered\", \"note\" ]",
		"What an agent does that is told to the ticket's agent, or while nobody has it to those who were told of it: taken, answered, note, "
		"closed. If it is empty, all of them; [ \"none\" ] tells nothing."),

	GROUP("notices", "The mails that tell agents what happened."),
	NUMBER("notices.attachment_bytes", P_BYTES, IN_CONFIG(policy.attachment_bytes), 0, 1073741824, "bytes", "10485760",
		"A file that a customer attached comes along with the notice up to that size. "
		"A larger one is named, and the command /files sends it, as far as the mail server takes it. "
		"0: none comes along."),
	NUMBER("notices.attachments_bytes", P_BYTES, IN_CONFIG(policy.attachments_bytes), 0, 1073741824, "bytes", "20971520",
		"All files of one notice together. "
		"Keep it below what the mail server takes: files grow by a third on the way. "
		"A notice that it refuses goes again without them."),
	CHOICE("notices.event", IN_CONFIG(policy.event_in_subject), "from|subject", "from", NULL,
		"Where it stands what happened, in a word: before the name in From (\"New Â· Anna Bianchi\"), which leaves the Subject the ticket's own and "
		"keeps a ticket in one thread in every mail program; or before the Subject."),

	LIST("keywords", keywords, struct config_keyword,
		"Sets of words that rules can ask for: each that matches a mail is seen by the scripts as kw:NAME. "
		"A set needs \"any\" or \"regex\"."),
	STRING("keywords[].name", IN_KEYWORD(name), NULL, config_check_name, "\"vpn\"",
		"Name of the set."),
	STRINGS("keywords[].any", IN_KEYWORD(any), "", NULL, "[ \"vpn\", \"anyconnect\", \"tunnel\" ]",
		"Whole words, in any case and with or without accents; one of them is enough."),
	STRING("keywords[].regex", IN_KEYWORD(regex), "", NULL, NULL,
		"A Perl-compatible regular expression. "
		"Write each backslash twice."),
	CHOICE("keywords[].in", IN_KEYWORD(in), "subject|text|both", "both", NULL,
		"Where to look."),
	STRING("keywords[].language", IN_KEYWORD(language), "", config_check_language, NULL,
		"Find inflected forms of this language, too, a code like \"it\", and leave out mails that are reliably in another one. "
		"Mails whose language is not known are looked at. If it is empty, in all mails, and words only as written."),

	LIST("calendars", calendar_texts, struct config_calendar,
		"Working hours and holidays, by name. "
		"\"sportello calendar\" shows them and reckons with them."),
	STRING("calendars[].name", IN_CALENDAR(name), NULL, config_check_name, "\"office\"",
		"Name of the calendar."),
	STRING("calendars[].zone", IN_CALENDAR(zone), "", config_check_zone, NULL,
		"Zone of its hours, such as \"Europe/Rome\". If it is empty, desk.time_zone."),
	STRINGS("calendars[].mon", IN_CALENDAR(hours[0]), "", NULL, "[ \"09:00-13:00\", \"14:00-18:00\" ]",
		"Hours of Monday, by the clock on the wall; midnight at the end is 24:00. Empty: closed."),
	STRINGS("calendars[].tue", IN_CALENDAR(hours[1]), "", NULL, "[ \"09:00-13:00\", \"14:00-18:00\" ]",
		"Hours of Tuesday."),
	STRINGS("calendars[].wed", IN_CALENDAR(hours[2]), "", NULL, "[ \"09:00-13:00\", \"14:00-18:00\" ]",
		"Hours of Wednesday."),
	STRINGS("calendars[].thu", IN_CALENDAR(hours[3]), "", NULL, "[ \"09:00-13:00\", \"14:00-18:00\" ]",
		"Hours of Thursday."),
	STRINGS("calendars[].fri", IN_CALENDAR(hours[4]), "", NULL, "[ \"09:00-13:00\", \"14:00-18:00\" ]",
		"Hours of Friday."),
	STRINGS("calendars[].sat", IN_CALENDAR(hours[5]), "", NULL, NULL,
		"Hours of Saturday."),
	STRINGS("calendars[].sun", IN_CALENDAR(hours[6]), "", NULL, NULL,
		"Hours of Sunday."),
	STRING("calendars[].holidays", IN_CALENDAR(holidays), "", config_check_path, NULL,
		"File of holidays in iCalendar format (.ics): whole days, and timed events for their time, are closed. "
		"It is read with the configuration and never fetched; \"sportello check\" warns when it comes to its end."),

	LIST("sla", promise_texts, struct config_promise,
		"Promises: by when a customer hears from an agent, and by when it is solved. "
		"The first whose `when` holds is the ticket's; behind them stand queues[].answer_hours. "
		"\"sportello sla\" shows how they stand. "
		"A change holds for what begins after it; \"sportello sla apply\" makes open tickets take it."),
	STRING("sla[].name", IN_PROMISE(name), NULL, config_check_name, "\"gold\"",
		"Name of the promise."),
	STRING("sla[].when", IN_PROMISE(when), "", NULL, "\"queue:support priority:urgent\"",
		"For which tickets: a query as of \"ticket list\", of what neither time nor text changes. "
		"If it is empty, for all."),
	STRING("sla[].calendar", IN_PROMISE(calendar), "", NULL, "\"office\"",
		"The calendar that the time is counted by. "
		"If it is empty, around the clock."),
	STRING("sla[].first", IN_PROMISE(targets[SLA_FIRST]), "", config_check_promise, "\"1h\"",
		"From the customer's first words to an agent's first answer: 30m, 4h, 1h30m, or 2bd for the end of the second business day after. "
		"If it is empty, nothing is promised."),
	STRING("sla[].next", IN_PROMISE(targets[SLA_NEXT]), "", config_check_promise, "\"4h\"",
		"After that, from the customer's oldest unanswered words to an agent's next answer."),
	STRING("sla[].resolution", IN_PROMISE(targets[SLA_RESOLUTION]), "", config_check_promise, "\"2bd\"",
		"Until it is resolved. What had run goes on when it is opened again."),
	STRINGS("sla[].pauses", IN_PROMISE(pauses), "customer", config_check_pause, NULL,
		"While it waits for these, the clock of `resolution` stands still: customer, third-party, ourselves. "
		"The clocks of the answers never do."),
	{ .path = "sla[].steps", .type = P_LIST, .home = HOME_ITEM, .offset = offsetof(struct config_promise, steps), .item_size = sizeof(struct config_step), .unit = "",
	  .sample = "( { at = \"-30m\"; tell = \"agent\"; }, { at = \"0m\"; tell = \"queue\"; priority = \"urgent\"; }, { at = \"1h\"; tell = \"supervisor\"; } )",
	  .text = "Who is told before a clock is due and after, once for each clock, in open hours. Several tickets at once come in one mail." },
	STRING("sla[].steps[].at", IN_STEP(at), NULL, config_check_step, "\"-30m\"",
		"When: so much open time before it is due (-30m), when it is (0m), or after (1h)."),
	CHOICE("sla[].steps[].tell", IN_STEP(tell), "agent|queue|supervisor", "agent", NULL,
		"Whom: the ticket's agent (of a ticket that nobody has, and while the agent is away, the queue), all of the queue, or every supervisor among the "
		"queue's agents (where there is none, of the desk)."),
	WORD("sla[].steps[].priority", IN_STEP(priority), PRIORITIES, "", NULL,
		"The ticket gets this priority, if its own is lower. "
		"If it is empty, it stays."),

	GROUP("reports", "Numbers: \"sportello report\"."),
	CHOICE("reports.per_agent", IN_CONFIG(reports_per_agent), "off|on", "off", NULL,
		"Whether figures of single agents may be looked at (--by agent). In some countries that is monitoring of workers and needs an agreement first. "
		"Who looks is kept, and shown by \"sportello report looked\"."),
	STRINGS("reports.mail_to", IN_CONFIG(reports_mail_to), "", config_check_reader, "[ \"sue\" ]",
		"Who gets the week's numbers as a mail once a week: agents by their short names, or addresses. "
		"If it is empty, nobody."),
	CHOICE("reports.mail_on", IN_CONFIG(reports_mail_on), "monday|tuesday|wednesday|thursday|friday|saturday|sunday", "monday", NULL,
		"On which day, at desk.digest_hour (at 6 where there is no digest): of the seven days before it."),
	END
};

/* What follows the first, explained item of each list in the sample file. */
const char config_more_agents[] =
	"\t{ name = \"carla\"; email = \"carla@example.org\"; display = \"Carla Bianchi\"; }\n";
const char config_more_queues[] =
	"\t{ name = \"network\"; address = \"network@example.org\"; description = \"VPN, wifi, cabling\";\n"
	"\t  agents = [ \"bob\", \"carla\" ]; assign = \"least-loaded\"; }\n";
const char config_more_keywords[] =
	"\t{ name = \"invoice\"; regex = \"\\\\b(fattur[ae]|invoices?|rechnung(en)?)\\\\b\"; in = \"subject\"; }\n";
