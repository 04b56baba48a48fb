/*
 * daemon_listen.c - the sockets that LMTP is served on.
 *
 * A unix socket left behind by a crash is replaced; one that somebody answers on is not. Owner, group and mode are set before
 * listen(2), so that Postfix may connect and nobody else.
 */
#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon_private.h"

#define BACKLOG 128

static enum status trouble(struct error *error, const struct config_listen *listen_on, const char *what)
{
	return error_set(error, STATUS_TRY_LATER, "lmtp.listen \"%s\": %s: %s", listen_on->text, what, strerror(errno));
}

static bool somebody_answers(const struct sockaddr_un *address)
{
	CLEANUP_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;
}

static enum status set_owner(const struct config *config, const struct config_listen *listen_on, struct error *error)
{
	uid_t owner = (uid_t)-1;
	gid_t group = (gid_t)-1;
	if (config->lmtp_socket_owner && *config->lmtp_socket_owner) {
		const struct passwd *user = getpwnam(config->lmtp_socket_owner);
		if (!user)
			return error_set(error, STATUS_BAD_CONFIG, "lmtp.socket_owner: there is no user \"%s\"", config->lmtp_socket_owner);
		owner = user->pw_uid;
	}
	if (config->lmtp_socket_group && *config->lmtp_socket_group) {
		const struct group *found = getgrnam(config->lmtp_socket_group);
		if (!found)
			return error_set(error, STATUS_BAD_CONFIG, "lmtp.socket_group: there is no group \"%s\"", config->lmtp_socket_group);
		group = found->gr_gid;
	}
	if ((owner != (uid_t)-1 || group != (gid_t)-1) && chown(listen_on->path, owner, group) != 0)
		return trouble(error, listen_on, "cannot give it to its owner");
	if (chmod(listen_on->path, (mode_t)config->lmtp_socket_mode) != 0)
		return trouble(error, listen_on, "cannot set its mode");
	return STATUS_OK;
}

static enum status listen_unix(const struct config *config, const struct config_listen *listen_on, int *out, struct error *error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(listen_on->path) >= sizeof address.sun_path)
		return error_set(error, STATUS_BAD_CONFIG, "lmtp.listen \"%s\": the path is longer than %zu bytes", listen_on->text, sizeof address.sun_path - 1);
	strcpy(address.sun_path, listen_on->path);
	if (somebody_answers(&address))
		return error_set(error, STATUS_TRY_LATER, "lmtp.listen \"%s\": another process listens there", listen_on->text);
	unlink(listen_on->path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	mode_t mask = umask(0177);
	int bound = fd < 0 ? -1 : bind(fd, (struct sockaddr *)&address, sizeof address);
	umask(mask);
	enum status status = bound != 0 ? trouble(error, listen_on, "cannot make the socket") : set_owner(config, listen_on, error);
	if (status == STATUS_OK && listen(fd, BACKLOG) != 0)
		status = trouble(error, listen_on, "cannot listen");
	if (status != STATUS_OK)
		cleanup_fd(&fd);
	*out = fd;
	return status;
}

static enum status listen_tcp(const struct config_listen *listen_on, int *out, struct error *error)
{
	struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM}, *found;
	int code = getaddrinfo(listen_on->host, listen_on->port, &hints, &found);
	if (code)
		return error_set(error, STATUS_BAD_CONFIG, "lmtp.listen \"%s\": %s", listen_on->text, gai_strerror(code));
	int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	bool good = fd >= 0 && bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0;
	int why = errno;
	freeaddrinfo(found);
	errno = why;
	if (!good) {
		if (errno == EADDRINUSE)
			error_set(error, STATUS_TRY_LATER, "lmtp.listen \"%s\": another program listens there already, maybe another sportellod; stop it, or choose another port", listen_on->text);
		else
			trouble(error, listen_on, "cannot listen there");
		cleanup_fd(&fd);
		return STATUS_TRY_LATER;
	}
	*out = fd;
	return STATUS_OK;
}

enum status daemon_listen(struct daemon *daemon, const struct config *config, struct error *error)
{
	for (size_t i = 0; i < config->lmtp_listen.count && i < LISTENERS_MOST; i++) {
		const struct config_listen *listen_on = &config->lmtp_listen.at[i];
		int fd = -1;
		enum status status = listen_on->is_unix ? listen_unix(config, listen_on, &fd, error) : listen_tcp(listen_on, &fd, error);
		if (status != STATUS_OK)
			return status;
		daemon->listeners[daemon->listener_count++] = (struct listener){.fd = fd, .unix_path = listen_on->is_unix ? strdup(listen_on->path) : NULL, .name = strdup(listen_on->text)};    /* a reload frees the configuration */
		log_event(LOG_NOTICE, "lmtp.listening", "on", listen_on->text, NULL);
	}
	return STATUS_OK;
}

void daemon_close_listeners(struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->listener_count; i++) {
		close(daemon->listeners[i].fd);
		if (daemon->listeners[i].unix_path)
			unlink(daemon->listeners[i].unix_path);
		free(daemon->listeners[i].unix_path);
	}
	daemon->listener_count = 0;
}
