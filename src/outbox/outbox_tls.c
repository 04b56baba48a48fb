/*
 * outbox_tls.c - TLS on a wire: the relay must prove with a certificate that it is the host of relay.url, or nothing is said to it.
 *
 * libetpan's own TLS takes any certificate. Here GnuTLS checks chain, dates and host name (RFC 6125) inside the handshake, against
 * the system's certificate authorities; STARTTLS is never optional once configured (a stripped offer is a trouble of the relay).
 * libetpan is linked with GnuTLS, so it is in the process already; its functions are looked up by name on first use, which keeps
 * desks without TLS from depending on it here. Trouble: "TLS: The certificate is NOT trusted. ...", from GnuTLS's own words.
 * SPORTELLO_CA_FILE in the environment names authorities instead of the system's: for tests, as SPORTELLO_CLOCK_FILE is.
 */
#define _GNU_SOURCE               /* RTLD_DEFAULT */
#include "outbox_private.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define FUNCTIONS(X) \
	X(gnutls_init) X(gnutls_deinit) X(gnutls_set_default_priority) X(gnutls_server_name_set) X(gnutls_credentials_set) \
	X(gnutls_certificate_allocate_credentials) X(gnutls_certificate_free_credentials) X(gnutls_certificate_set_x509_system_trust) \
	X(gnutls_certificate_set_x509_trust_file) X(gnutls_session_set_verify_cert) X(gnutls_session_get_verify_cert_status) \
	X(gnutls_certificate_verification_status_print) X(gnutls_transport_set_int2) X(gnutls_handshake) X(gnutls_bye) \
	X(gnutls_record_recv) X(gnutls_record_send) X(gnutls_record_get_direction) X(gnutls_error_is_fatal) X(gnutls_strerror)

#define MEMBER(name) __typeof__(name) *name;
static struct { FUNCTIONS(MEMBER) } lib;
static const char *missing;
static pthread_once_t looked_up = PTHREAD_ONCE_INIT;

static void look_up(void)
{
#define LOOK_UP(name) if (!(*(void **)&lib.name = dlsym(RTLD_DEFAULT, #name))) missing = #name;
	FUNCTIONS(LOOK_UP)
}

struct tls_trust { gnutls_certificate_credentials_t credentials; };
struct tls { gnutls_session_t session; };

struct tls_trust *outbox_tls_trust_new(struct error *error)
{
	const char *file = getenv("SPORTELLO_CA_FILE");
	struct tls_trust *trust;
	int count;

	pthread_once(&looked_up, look_up);
	if (missing) {
		error_set(error, STATUS_BROKEN, "TLS: this libetpan comes without GnuTLS (%s)", missing);
		return NULL;
	}
	trust = calloc(1, sizeof *trust);
	if (!trust || lib.gnutls_certificate_allocate_credentials(&trust->credentials) < 0) {
		free(trust);
		error_set(error, STATUS_TRY_LATER, "TLS: out of memory");
		return NULL;
	}
	count = file ? lib.gnutls_certificate_set_x509_trust_file(trust->credentials, file, GNUTLS_X509_FMT_PEM)
	             : lib.gnutls_certificate_set_x509_system_trust(trust->credentials);
	if (count <= 0) {
		error_set(error, STATUS_BAD_CONFIG, "TLS: no certificate authorities on this system: is the package ca-certificates installed?");
		outbox_tls_trust_free(&trust);
	}
	return trust;
}

void outbox_tls_trust_free(struct tls_trust **trust)
{
	if (*trust) {
		lib.gnutls_certificate_free_credentials((*trust)->credentials);
		free(*trust);
		*trust = NULL;
	}
}

static bool wait_as_tls_wants(struct wire *wire)
{
	return outbox_wire_wait(wire, lib.gnutls_record_get_direction(wire->tls->session) ? POLLOUT : POLLIN);
}

static bool is_address(const char *host)
{
	unsigned char out[16];

	return inet_pton(AF_INET, host, out) == 1 || inet_pton(AF_INET6, host, out) == 1;
}

static void explain(struct wire *wire, int code)
{
	gnutls_datum_t words = { 0 };

	if (code == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR
	    && lib.gnutls_certificate_verification_status_print(lib.gnutls_session_get_verify_cert_status(wire->tls->session),
	                                                        GNUTLS_CRT_X509, &words, 0) == 0) {
		outbox_wire_break(wire, "TLS: %s", (const char *)words.data);
		free(words.data);                        /* gnutls_free is free unless somebody changed it; nobody here does */
		return;
	}
	outbox_wire_break(wire, "TLS: %s", lib.gnutls_strerror(code));
}

static bool session_prepare(struct wire *wire, struct tls_trust *trust, const char *host)
{
	gnutls_session_t session;

	if (lib.gnutls_init(&wire->tls->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0) {
		wire->tls->session = NULL;
		return false;
	}
	session = wire->tls->session;
	if (!is_address(host) && lib.gnutls_server_name_set(session, GNUTLS_NAME_DNS, host, strlen(host)) < 0)
		return false;
	if (lib.gnutls_set_default_priority(session) < 0
	    || lib.gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, trust->credentials) < 0)
		return false;
	lib.gnutls_session_set_verify_cert(session, host, 0);
	lib.gnutls_transport_set_int2(session, wire->fd, wire->fd);
	return true;
}

bool outbox_tls_start(struct wire *wire, struct tls_trust *trust, const char *host)
{
	int code;

	wire->tls = calloc(1, sizeof *wire->tls);
	if (!wire->tls || !session_prepare(wire, trust, host)) {
		outbox_wire_break(wire, "TLS: cannot be set up");
		return false;
	}
	while ((code = lib.gnutls_handshake(wire->tls->session)) < 0) {
		if (lib.gnutls_error_is_fatal(code)) {
			explain(wire, code);
			return false;
		}
		if (code == GNUTLS_E_AGAIN && !wait_as_tls_wants(wire))
			return false;
	}
	return true;
}

ssize_t outbox_tls_read(struct wire *wire, void *out, size_t room)
{
	ssize_t got;

	while ((got = lib.gnutls_record_recv(wire->tls->session, out, room)) < 0) {
		if (lib.gnutls_error_is_fatal((int)got)) {
			explain(wire, (int)got);
			return -1;
		}
		if (got == GNUTLS_E_AGAIN && !wait_as_tls_wants(wire))
			return -1;
	}
	return got;
}

ssize_t outbox_tls_write(struct wire *wire, const void *bytes, size_t length)
{
	ssize_t put;

	while ((put = lib.gnutls_record_send(wire->tls->session, bytes, length)) < 0) {
		if (lib.gnutls_error_is_fatal((int)put)) {
			explain(wire, (int)put);
			return -1;
		}
		if (put == GNUTLS_E_AGAIN && !wait_as_tls_wants(wire))
			return -1;
	}
	return put;
}

void outbox_tls_end(struct wire *wire)
{
	if (!wire->tls)
		return;
	if (wire->tls->session) {
		if (!*wire->trouble)
			lib.gnutls_bye(wire->tls->session, GNUTLS_SHUT_WR);      /* said, not waited for */
		lib.gnutls_deinit(wire->tls->session);
	}
	free(wire->tls);
	wire->tls = NULL;
}
