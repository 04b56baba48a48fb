/*
 * daemon_sandbox.c - what of the machine the daemon keeps for itself once it is up: the files, ports and system calls that its
 * configuration needs.
 *
 * Written: the state directory, and the folders of a maildir relay, of the mirror and of backups. Read: the configuration, rules, articles, templates and password file,
 * each with all of the directory that it stands in (so that they may be replaced by renaming); what libraries load late from /usr and /etc
 * (names of hosts and users, character sets, certificates, time zones). No program can be started. A reload that names a place outside is
 * refused as a whole, with the key in question. Log: daemon.sandbox, once; daemon.root for those who start it so.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon_private.h"
#include "mirror.h"

static const char *const system_paths[] = {
	"/etc", "/usr", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store", "/var/lib/ca-certificates", "/run/systemd/resolve",
	"/run/systemd/userdb", "/proc/self", "/proc/sys/vm/overcommit_memory", "/sys/devices/system/cpu", "/dev/urandom",
};
/* Variables of tests, which name files. */
static const char *const variables[] = {"SPORTELLO_CLOCK_FILE", "SPORTELLO_CA_FILE"};

struct need { const char *key, *path; };
struct needs { struct need at[9]; size_t count; };

/* What a configuration says that is read from now on. */
static void read_needs(const struct config *config, struct needs *needs)
{
	const struct need all[] = {{"the configuration", config->file}, {"rules_dir", config->rules_dir}, {"kb_dir", config->kb_dir},
	                           {"templates_dir", config->templates_dir}, {"replies_dir", config->replies_dir}, {"relay.password_file", config->relay.password_file},
	                           {"brand.logo", config->policy.brand.logo_file}};
	*needs = (struct needs){.count = 0};
	for (size_t i = 0; i < COUNT_OF(all); i++)
		if (all[i].path && *all[i].path)
			needs->at[needs->count++] = all[i];
}

/* "/etc/sportello/rules/" -> "/etc/sportello"; what stands in / is taken alone. */
static const char *place_of(struct arena *arena, const char *path)
{
	char *place = arena_string(arena, path);
	size_t length = strlen(place);
	while (length > 1 && place[length - 1] == '/')
		place[--length] = 0;
	char *slash = strrchr(place, '/');
	if (!slash)
		return ".";
	if (slash != place)
		*slash = 0;
	return place;
}

static void allow(struct arena *arena, struct confine_files *allowed, enum confine_right right, const char *path)
{
	*ARENA_PUSH(arena, &allowed->files) = (struct confine_file){path, right};
}

/* As it is written, and where links lead to. Of what is not there yet, the nearest directory that is, so that it can come. */
static void allow_around(struct arena *arena, struct confine_files *allowed, const char *path)
{
	CLEANUP_FREE char *real = realpath(path, NULL);
	const char *place = place_of(arena, path), *above;
	while (access(place, F_OK) != 0 && strcmp(above = place_of(arena, place), place) != 0)
		place = above;
	allow(arena, allowed, CONFINE_READ, place);
	if (real)
		allow(arena, allowed, CONFINE_READ, place_of(arena, real));
}

static void allow_reading(struct arena *arena, const struct config *config, struct confine_files *allowed)
{
	struct needs needs;
	read_needs(config, &needs);
	for (size_t i = 0; i < needs.count; i++)
		allow_around(arena, allowed, needs.at[i].path);
	for (size_t i = 0; i < COUNT_OF(system_paths); i++)
		allow(arena, allowed, CONFINE_READ, system_paths[i]);
	for (size_t i = 0; i < COUNT_OF(variables); i++)
		if (getenv(variables[i]))
			allow_around(arena, allowed, getenv(variables[i]));
	allow_around(arena, allowed, "/etc/resolv.conf");
	allow_around(arena, allowed, "/etc/localtime");
	allow(arena, allowed, CONFINE_DEVICE, "/dev/null");
}

static void allow_writing(struct arena *arena, const struct config *config, struct confine_files *allowed)
{
	allow(arena, allowed, CONFINE_WRITE, config->state_dir);
	if (config->relay.kind == RELAY_MAILDIR) {
		mkdir(config->relay.path, 0750);         /* the outbox makes it, too, and says what is wrong */
		allow(arena, allowed, CONFINE_WRITE, config->relay.path);
	}
	if (*config->backup_dir) {
		mkdir(config->backup_dir, 0700);         /* likewise */
		allow(arena, allowed, CONFINE_WRITE, config->backup_dir);
	}
	if (*config->mirror_maildir) {
		mirror_make(config->mirror_maildir);     /* likewise */
		allow(arena, allowed, CONFINE_WRITE, config->mirror_maildir);
	}
	for (size_t i = 0; i < config->lmtp_listen.count; i++)
		if (config->lmtp_listen.at[i].is_unix)
			allow(arena, allowed, CONFINE_SOCKET, place_of(arena, config->lmtp_listen.at[i].path));
}

static const int mail_ports[] = {25, 465, 587};  /* of a relay that a reload may name */
#define PORT_DOMAIN 53                           /* answers too long for a datagram come by TCP */

static bool is_mail_port(int port)
{
	for (size_t i = 0; i < COUNT_OF(mail_ports); i++)
		if (mail_ports[i] == port)
			return true;
	return false;
}

static void allow_ports(struct arena *arena, const struct config *config, struct confine_files *allowed)
{
	int ports[STORE_PORTS];
	size_t count;
	for (size_t i = 0; i < config->lmtp_listen.count; i++)
		if (!config->lmtp_listen.at[i].is_unix)
			*ARENA_PUSH(arena, &allowed->listen) = (int)strtol(config->lmtp_listen.at[i].port, NULL, 10);
	if (*config->web_listen.text)
		*ARENA_PUSH(arena, &allowed->listen) = (int)strtol(config->web_listen.port, NULL, 10);
	if (*config->admin_listen.text)
		*ARENA_PUSH(arena, &allowed->listen) = (int)strtol(config->admin_listen.port, NULL, 10);
	if (*config->alarm_relay.url)
		*ARENA_PUSH(arena, &allowed->connect) = config->alarm_relay.port;
	if (config->relay.kind != RELAY_MAILDIR)
		*ARENA_PUSH(arena, &allowed->connect) = config->relay.port;
	for (size_t i = 0; i < COUNT_OF(mail_ports); i++)
		*ARENA_PUSH(arena, &allowed->connect) = mail_ports[i];
	*ARENA_PUSH(arena, &allowed->connect) = PORT_DOMAIN;
	count = store_ports(config->store_url, ports);
	for (size_t i = 0; i < count; i++)
		*ARENA_PUSH(arena, &allowed->connect) = ports[i];
}

enum status daemon_sandbox(struct daemon *daemon, struct error *error)
{
	CLEANUP_ARENA struct arena arena;
	const struct config *config = daemon->config;
	struct confine_files allowed = {.files = {NULL, 0}};
	const char *notify = getenv("NOTIFY_SOCKET");
	arena_init(&arena);
	if (geteuid() == 0)
		log_event(LOG_WARNING, "daemon.root", "why", "sportellod needs no root: start it as a user of its own, see sportellod(8)", NULL);
	setenv("SQLITE_TMPDIR", config->state_dir, 1);   /* what SQLite puts aside is mail, too, and /tmp may be closed */
	if (!config->sandbox) {
		log_event(LOG_NOTICE, "daemon.sandbox", "files", "off", "ports", "off", "calls", "off", NULL);
		return STATUS_OK;
	}
	allow_reading(&arena, config, &allowed);
	allow_writing(&arena, config, &allowed);
	allow_ports(&arena, config, &allowed);
	allowed.abstract_sockets = notify && *notify == '@';
	enum status status = confine_files(&allowed, &daemon->confined, error);
	if (status == STATUS_OK)
		status = confine_calls(&daemon->confined, error);
	if (status != STATUS_OK)
		return status;
	daemon->confined_port = config->relay.kind != RELAY_MAILDIR ? config->relay.port : 0;
	const struct confined *confined = &daemon->confined;
	log_event(confined->files && confined->calls ? LOG_NOTICE : LOG_WARNING, "daemon.sandbox", "files", confined->files ? "on" : "not in this kernel",
	          "ports", confined->ports ? "on" : "not in this kernel", "calls", confined->calls ? "on" : "not in this build or kernel", NULL);
	return STATUS_OK;
}

/* ---- another configuration ---- */

#define RESTART "the sandbox was made at the start without it: restart sportellod to use it"

/* There, and readable for us, but not for us in here. */
static bool is_outside(const char *path)
{
	struct stat about;
	if (stat(path, &about) != 0 || access(path, R_OK) != 0)
		return false;
	if (S_ISDIR(about.st_mode)) {
		DIR *directory = opendir(path);
		if (directory)
			closedir(directory);
		return !directory && errno == EACCES;
	}
	CLEANUP_BUFFER struct buffer unused;
	struct error error;
	buffer_init(&unused);
	return file_read_all(path, 0, &unused, &error) == STATUS_REFUSED;
}

enum status daemon_sandbox_fits(const struct daemon *daemon, const struct config *new, struct error *error)
{
	const struct config *old = daemon->config;
	bool maildir = new->relay.kind == RELAY_MAILDIR;
	struct needs needs;
	if (!old || !daemon->confined.files)
		return STATUS_OK;
	read_needs(new, &needs);
	for (size_t i = 0; i < needs.count; i++)
		if (is_outside(needs.at[i].path))
			return error_set(error, STATUS_BAD_CONFIG, "%s: %s: " RESTART, needs.at[i].key, needs.at[i].path);
	if (maildir && (old->relay.kind != RELAY_MAILDIR || strcmp(new->relay.path, old->relay.path) != 0))
		return error_set(error, STATUS_BAD_CONFIG, "relay.url: %s: " RESTART, new->relay.path);
	if (*new->mirror_maildir && strcmp(new->mirror_maildir, old->mirror_maildir) != 0)
		return error_set(error, STATUS_BAD_CONFIG, "mirror.maildir: %s: " RESTART, new->mirror_maildir);
	if (*new->backup_dir && strcmp(new->backup_dir, old->backup_dir) != 0)
		return error_set(error, STATUS_BAD_CONFIG, "backup.dir: %s: " RESTART, new->backup_dir);
	if (daemon->confined.ports && !maildir && new->relay.port != daemon->confined_port && !is_mail_port(new->relay.port))
		return error_set(error, STATUS_BAD_CONFIG, "relay.url: port %d: " RESTART, new->relay.port);
	return STATUS_OK;
}

const char *daemon_sandbox_hint(const struct daemon *daemon)
{
	return daemon->config && daemon->confined.files ? "; a place that was not in the configuration at the start needs a restart" : "";
}
