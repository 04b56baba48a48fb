/*
 * cli_check_system.c - `check`: what no line of the configuration shows by itself: names that are nobody's, ports, the relay, the pages' address,
 * the state directory, the disk, and this machine's Postfix.
 *
 * Errors are what cannot work at all; a warning may be meant so, or may be mended outside of this file; a note is to be known. Each says what to write.
 * May not change anything: a port is tried by binding it for a moment, a relay by one connection.
 */
#include "cli_private.h"

#include "postfix.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <fcntl.h>
#include <unistd.h>

#define CONNECT_MS 3000
#define DISK_LEAST ((uint64_t)1 << 30)           /* bytes: some ten thousand mails */
#define CLOCK_LEAST 1735689600000LL              /* 2025-01-01: no clock of a machine that runs this is before it */

struct look { struct cli *cli; const struct config *config; struct cli_findings *findings; };

#define SAY(look, ...) arena_printf(&(look)->cli->arena, __VA_ARGS__)

static void add(struct look *look, const char *level, const char *what, const char *what_to_do)
{
	*ARENA_PUSH(&look->cli->arena, look->findings) = (struct cli_finding){ level, look->config->file, 0, what, what_to_do };
}

/* ---------------------------------------------------------------- names */

/* RFC 2606 keeps them for examples: whoever writes there writes to nobody. */
static bool is_sample(const char *address)
{
	static const char *const names[] = { "example.org", "example.com", "example.net" };
	const char *domain = address && strrchr(address, '@') ? strrchr(address, '@') + 1 : address;

	for (size_t i = 0; domain && i < COUNT_OF(names); i++) {
		size_t length = strlen(names[i]), whole = strlen(domain);

		if (whole >= length && !strcasecmp(domain + whole - length, names[i]) && (whole == length || domain[whole - length - 1] == '.'))
			return true;
	}
	return false;
}

static void look_at_names(struct look *look)
{
	const struct desk_policy *policy = &look->config->policy;

	for (size_t i = 0; i < policy->queues.count; i++)
		if (is_sample(policy->queues.at[i].address))
			add(look, "warning", SAY(look, "queues[].address: %s is of the sample: its domain is nobody's, and no customer can write there", policy->queues.at[i].address),
			    "your own address, or run: sportello setup");
	for (size_t i = 0; i < policy->agents.count; i++)
		if (is_sample(policy->agents.at[i].email))
			add(look, "warning", SAY(look, "agents[].email: %s is of the sample: no notice arrives there", policy->agents.at[i].email), "the agent's own address");
	if (!policy->agents.count)
		add(look, "warning", "agents: there are none: nobody is told of any mail, and nobody can answer", "agents: ( { name = \"bob\"; email = \"bob@YOUR.DOMAIN\"; } );");
}

/* ---------------------------------------------------------------- ports */

static bool is_loopback(const char *host)
{
	return !strncmp(host, "127.", 4) || !strcmp(host, "localhost") || !strcmp(host, "::1");
}

/* A sportellod that works in this state directory has its own ports. */
static bool daemon_runs(struct look *look)
{
	int fd = open(SAY(look, "%s/sportellod.lock", look->config->state_dir), O_RDONLY | O_CLOEXEC);
	bool runs = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0;

	if (fd >= 0)
		close(fd);
	return runs;
}

/* Why it cannot be listened on there, by errno; 0: it can, or nobody knows. */
static int try_port(const struct config_listen *listen)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM }, *found = NULL;
	int fd, on = 1, why = 0;

	if (listen->is_unix || getaddrinfo(listen->host, listen->port, &hints, &found) != 0)
		return 0;
	if ((fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)) >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
		why = bind(fd, found->ai_addr, found->ai_addrlen) < 0 ? errno : 0;
		close(fd);
	}
	freeaddrinfo(found);
	return why;
}

/* Where root may, the daemon's own user may not. */
static bool is_of_root(const struct config_listen *listen)
{
	CLEANUP_BUFFER struct buffer text = { 0 };
	struct error error;
	int first = 1024;

	if (file_read_all("/proc/sys/net/ipv4/ip_unprivileged_port_start", 64, &text, &error) ==
	    STATUS_OK)
		first = atoi(buffer_string(&text));
	return !listen->is_unix && atoi(listen->port) < first;
}

static void look_at_binding(struct look *look, const char *key, const struct config_listen *listen)
{
	int why = try_port(listen);

	if (why == EADDRINUSE)
		add(look, "error", SAY(look, "%s: another program listens on %s already", key, listen->text), "another port, or stop that program (ss -ltnp says which it is)");
	else if (why == EADDRNOTAVAIL)
		add(look, "error",
		    SAY(look, "%s: %s is no address of this machine", key, listen->host),
		    SAY(look, "127.0.0.1:%s, or an address that `ip address` lists", listen->port));
	else if (is_of_root(listen))
		add(look, why == EACCES ? "error" : "warning",
		    SAY(look, "%s: port %s is root's, and sportellod does not run as root", key,
		        listen->port),
		    strcmp(key, "lmtp.listen") ? "a port above 1023, and a web server in front"
		                               : "a port above 1023, such as 2424");
}

static void look_at_port(struct look *look, const char *key, const struct config_listen *listen,
                         bool runs)
{
	if (!runs)
		look_at_binding(look, key, listen);
	if (!listen->is_unix && !is_loopback(listen->host))
		add(look, "warning", !strcmp(key, "lmtp.listen") ? SAY(look, "lmtp.listen: %s can be reached from other machines; LMTP knows no passwords, and whoever connects can write as anybody", listen->text)
		    : !strcmp(key, "web.listen") && *look->config->admin_listen.text ? SAY(look, "web.listen: %s can be reached from other machines, without TLS", listen->text)
		    : SAY(look, "%s: %s can be reached from other machines, /metrics too, and without TLS", key, listen->text), SAY(look, "%s = 127.0.0.1:%s%s", key, listen->port, strcmp(key, "web.listen") ? "" : ", and a web server in front"));
}

static void look_at_ports(struct look *look)
{
	const struct config *config = look->config;
	bool runs = daemon_runs(look);

	for (size_t i = 0; i < config->lmtp_listen.count; i++) {
		look_at_port(look, "lmtp.listen", &config->lmtp_listen.at[i], runs);
		for (size_t k = 0; k < i; k++)
			if (!strcmp(config->lmtp_listen.at[k].text, config->lmtp_listen.at[i].text))
				add(look, "error", SAY(look, "lmtp.listen: %s stands there twice", config->lmtp_listen.at[i].text), "take one of them out");
		if (!strcmp(config->lmtp_listen.at[i].text, config->web_listen.text))
			add(look, "error", SAY(look, "web.listen: %s is lmtp.listen, too", config->web_listen.text), "another port for one of them");
	}
	if (*config->web_listen.text)
		look_at_port(look, "web.listen", &config->web_listen, runs);
	if (*config->admin_listen.text)
		look_at_port(look, "web.admin_listen", &config->admin_listen, runs);
	for (size_t i = 0; i < config->lmtp_listen.count && *config->admin_listen.text; i++)
		if (!strcmp(config->lmtp_listen.at[i].text, config->admin_listen.text))
			add(look, "error", SAY(look, "web.admin_listen: %s is lmtp.listen, too", config->admin_listen.text), "another port for one of them");
	if (*config->admin_listen.text && !strcmp(config->admin_listen.text, config->web_listen.text))
		add(look, "error", SAY(look, "web.admin_listen: %s is web.listen, too", config->admin_listen.text), "another port for one of them");
}

/* ---------------------------------------------------------------- what is elsewhere */

/* Ports say by custom what is spoken there: two ways to speak TLS, and none. */
static const char *other_scheme(const struct config_relay *relay)
{
	if (relay->port == 465 && relay->kind != RELAY_SMTPS)
		return "smtps";
	if (relay->port == 587 && relay->kind != RELAY_STARTTLS)
		return "smtp+starttls";
	return relay->port == 25 && relay->kind == RELAY_SMTPS ? "smtp+starttls" : NULL;
}

static void look_at_relay(struct look *look)
{
	const struct config *config = look->config;
	const struct config_relay *relay = &config->relay;
	struct stat info;
	const char *why, *port;

	if (*relay->password_file && stat(relay->password_file, &info) == 0 && info.st_mode & 0007)
		add(look, "warning", SAY(look, "relay.password_file: everybody on this machine can read %s", relay->password_file), SAY(look, "chown root:sportello %s && chmod 640 %s", relay->password_file, relay->password_file));
	if (relay->kind == RELAY_MAILDIR) {
		add(look, "note", SAY(look, "relay.url: %s keeps mails as files; nothing is sent", relay->url), "relay.url = \"smtp://127.0.0.1:25\" to send");
		return;
	}
	port = SAY(look, "%d", relay->port);
	for (size_t i = 0; i < config->lmtp_listen.count; i++)
		if (!config->lmtp_listen.at[i].is_unix && is_loopback(relay->host) && !strcmp(config->lmtp_listen.at[i].port, port)) {
			add(look, "error", SAY(look, "relay.url: %s is the desk itself (lmtp.listen): what it sends would come back to it", relay->url), "the mail server's port, 25 as a rule");
			return;
		}
	if (other_scheme(relay))
		add(look, "warning",
		    SAY(look, "relay.url: port %s speaks %s by custom, and %.*s is written", port,
		        relay->port == 465   ? "TLS from the first byte"
		        : relay->port == 587 ? "STARTTLS"
		                             : "plain SMTP or STARTTLS",
		        (int)strcspn(relay->url, ":"), relay->url),
		    SAY(look, "%s%s", other_scheme(relay), strstr(relay->url, "://")));
	if ((why = cli_connect(relay->host, port, NULL)))
		add(look, "warning", SAY(look, "relay.url: %s cannot be reached: %s; mails wait in the outbox", relay->url, why), "start the mail server, or name another one");
}

/* The desk's own first page, and the one that customers get there, must be the same. */
static void look_at_site(struct look *look, const char *url, const char *site, const char *host, const char *port, bool plain)
{
	const struct config_listen *own = &look->config->web_listen;
	const char *why, *body = "", *ours = NULL;
	int code = 200, our_code = 0;

	why = plain ? cli_ask(&look->cli->arena, host, port, site, "/", &code, &body) : cli_connect(host, port, NULL);
	if (plain && daemon_runs(look) && !own->is_unix && cli_ask(&look->cli->arena, own->host, own->port, site, "/", &our_code, &ours))
		ours = NULL;
	if (why)
		add(look, "warning", SAY(look, "web.base_url: nobody answers for %s (port %s: %s): links in customers' mails are dead", url, port, why),
		    plain ? "a web server in front: sportello setup --web nginx --apply" : SAY(look, "a web server in front with a certificate: certbot --nginx -d %s", host));
	else if (code == 502 || code == 503 || code == 504)
		add(look, "warning", SAY(look, "web.base_url: the web server of %s answers %d: it does not reach the desk", url, code),
		    SAY(look, "systemctl start sportellod; and let the web server pass the pages on to %s", own->text));
	else if (ours && (code != our_code || strcmp(body, ours) != 0))
		add(look, "warning", SAY(look, "web.base_url: %s answers as another site: what is shown there is not the desk's page", url),
		    SAY(look, "let the web server of %s pass /, /logo, /l/ and /kb/ on to %s (contrib/web), or another base_url", host, own->text));
}

/* "https://help.example.org:8443/x": what the request says, whom to ask, where. */
static void split_url(struct look *look, const char *url, const char **site, const char **host, const char **port, bool *plain)
{
	const char *at = strstr(url, "://") + 3, *end = *at == '[' ? strchr(at, ']') : at + strcspn(at, ":/"), *bare = at + (*at == '[');
	const char *sign = end + (*end == ']');

	*plain = !strncasecmp(url, "http:", 5);
	*site = arena_copy(&look->cli->arena, at, strcspn(at, "/"));
	*host = arena_copy(&look->cli->arena, bare, (size_t)(end - bare));
	*port = *sign == ':' ? arena_copy(&look->cli->arena, sign + 1, strcspn(sign + 1, "/")) : *plain ? "80" : "443";
}

static void look_at_pages(struct look *look)
{
	const struct config *config = look->config;
	const char *url = config->policy.base_url, *site, *host, *port;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
	bool plain;
	int code;

	if (!*config->web_listen.text)
		return;
	if (!url || !strstr(url, "://")) {
		add(look, "warning", "web.base_url is empty: links in customers' mails lead nowhere", "base_url = \"https://help.YOUR.DOMAIN\"");
		return;
	}
	split_url(look, url, &site, &host, &port, &plain);
	if (is_loopback(host))
		add(look, "warning", SAY(look, "web.base_url: %s is this machine's own: no customer can open a link", url), "base_url = \"https://help.YOUR.DOMAIN\", and a web server in front (sportello setup --web nginx)");
	if ((code = getaddrinfo(host, NULL, &hints, &found)) != 0) {
		add(look, "warning", SAY(look, "web.base_url: the name %s cannot be found (%s): links in customers' mails are dead", host, gai_strerror(code)), SAY(look, "an A or AAAA record for %s, or another base_url", host));
		return;
	}
	freeaddrinfo(found);
	if (!is_loopback(host) || daemon_runs(look))
		look_at_site(look, url, site, host, port, plain);
}

/* ---------------------------------------------------------------- this machine */

/* The daemon makes what is not there, where it may. */
static void look_at_parent(struct look *look, const char *dir)
{
	char *parent = arena_string(&look->cli->arena, dir), *slash;
	struct stat info;

	do {
		slash = strrchr(parent, '/');
		slash[slash == parent] = '\0';
	} while (stat(parent, &info) < 0 && errno == ENOENT && strcmp(parent, "/") != 0);
	if (!S_ISDIR(info.st_mode) || access(parent, W_OK | X_OK) < 0)
		add(look, "error",
		    SAY(look, "desk.state_dir: %s is not there, and cannot be made in %s: %s", dir,
		        parent, S_ISDIR(info.st_mode) ? strerror(errno) : "not a directory"),
		    SAY(look, "install -d -o sportello -m 700 %s", dir));
}

static void look_at_state(struct look *look)
{
	const char *dir = look->config->state_dir;
	struct stat info;
	struct statvfs disk;

	if (stat(dir, &info) < 0) {
		look_at_parent(look, dir);
		return;
	}
	if (!S_ISDIR(info.st_mode))
		add(look, "error", SAY(look, "desk.state_dir: %s is no directory", dir), "a directory of the desk's own");
	else if (access(dir, R_OK | W_OK | X_OK) < 0)
		add(look, "error", SAY(look, "desk.state_dir: %s cannot be written: %s", dir, strerror(errno)), SAY(look, "run it as the daemon's user, or: chown sportello %s", dir));
	else if (info.st_mode & 0007)
		add(look, "warning", SAY(look, "desk.state_dir: everybody on this machine can look into %s, where all mail and the secret key are", dir), SAY(look, "chmod o= %s", dir));
	if (statvfs(dir, &disk) == 0 && (uint64_t)disk.f_bavail * disk.f_frsize < DISK_LEAST)
		add(look, "warning", SAY(look, "desk.state_dir: %s are free on the disk of %s; when it is full, mail is put off", cli_size(&look->cli->arena, (uint64_t)disk.f_bavail * disk.f_frsize), dir),
		    "make room, or a larger disk");
	if (clock_now() < CLOCK_LEAST)
		add(look, "error", SAY(look, "the clock of this machine says %s", cli_time(&look->cli->arena, clock_now())), "timedatectl set-ntp true");
}

/* A backup on the same disk dies with it. */
static void look_at_backups(struct look *look)
{
	const char *dir = look->config->backup_dir;
	struct stat info, state;

	if (!*dir) {
		add(look, "note", "backup.dir is empty: the desk makes no backups by itself", "backup: { dir = \"/var/backups/sportello\"; }; or a job of yours: sportello backup FILE");
		return;
	}
	if (stat(dir, &info) < 0) {
		add(look, "warning", SAY(look, "backup.dir: %s: %s", dir, strerror(errno)), SAY(look, "install -d -o sportello -m 700 %s, and with systemd ReadWritePaths=%s", dir, dir));
		return;
	}
	if (!S_ISDIR(info.st_mode))
		add(look, "error", SAY(look, "backup.dir: %s is no directory", dir), "a directory of the desk's own");
	else if (access(dir, W_OK | X_OK) < 0)
		add(look, "warning", SAY(look, "backup.dir: %s cannot be written: %s", dir, strerror(errno)), SAY(look, "run check as the daemon's user, or: chown sportello %s", dir));
	else if (info.st_mode & 0007)
		add(look, "warning", SAY(look, "backup.dir: everybody on this machine can look into %s, where all mail and the secret key are", dir), SAY(look, "chmod o= %s", dir));
	if (stat(look->config->state_dir, &state) == 0 && state.st_dev == info.st_dev)
		add(look, "note", SAY(look, "backup.dir: %s is on the disk of desk.state_dir: a backup dies with it", dir), "another disk, or copy the backups elsewhere");
}

static void look_at_postfix(struct look *look)
{
	struct postfix_findings findings = { NULL, 0 };
	struct postfix *postfix = NULL;
	struct postfix_desk desk;
	struct error error;

	if (cli_postfix(look->cli, look->config, &postfix, &error) != STATUS_OK) {
		add(look, "warning", arena_string(&look->cli->arena, error.text), "--postfix none, if another mail server hands mail over");
		return;
	}
	if (!postfix)
		return;
	cli_postfix_desk(&look->cli->arena, look->config, &desk);
	postfix_look(postfix, &desk, &findings);
	for (size_t i = 0; i < findings.count; i++)
		*ARENA_PUSH(&look->cli->arena, look->findings) = (struct cli_finding){ findings.at[i].certain ? "warning" : "note", postfix_main_cf(postfix),
			*findings.at[i].key ? postfix_line(postfix, findings.at[i].key) : 0, findings.at[i].what, findings.at[i].line };
	for (size_t i = 0; i < look->config->policy.agents.count; i++) {
		const struct desk_agent *agent = &look->config->policy.agents.at[i];
		struct postfix_route route;

		postfix_route(postfix, agent->email, &route);
		if (route.transport && strstr(route.transport, "lmtp:") && !strcasecmp(route.transport, postfix_transport(postfix, desk.listen, &route.by) ? postfix_transport(postfix, desk.listen, &route.by) : ""))
			add(look, "error", SAY(look, "agents[].email: mail for %s (%s) is delivered to the desk itself: no notice arrives", agent->name, agent->email), "the address of a mailbox");
	}
}

void cli_check_system(struct cli *cli, struct cli_findings *findings)
{
	struct look look = { cli, cli->config, findings };

	look_at_names(&look);
	look_at_ports(&look);
	look_at_relay(&look);
	look_at_pages(&look);
	look_at_state(&look);
	look_at_backups(&look);
	look_at_postfix(&look);
	cli_check_around(cli, findings);
}
