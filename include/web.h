/*
 * web.h - the HTTP server: requests in, responses out. Alone in touching libmicrohttpd.
 *
 * Allowed to include: base, desk, store. Who answers what is the caller's handler. Limits: strict parsing, connections in all and for
 * one address, idle time, URL and form sizes; a second Content-Length, CL with TE and missing Host are refused (RFC 9112).
 */
#ifndef SPORTELLO_WEB_H
#define SPORTELLO_WEB_H

#include "base.h"

#define WEB_FORM_BYTES (16 * 1024)               /* body of a POST: words of a customer */
#define WEB_URL_BYTES 2048

struct web_request {
	struct arena *arena;
	bool post;                       /* GET or HEAD otherwise */
	const char *path;
	const char *form;                /* body of a POST, application/x-www-form-urlencoded; "" */
	const char *accept_language;
};
struct web_response {
	int status;
	const char *content_type;
	const char *body; size_t length; /* in the request's arena */
};
typedef void (*web_handler)(void *context, const struct web_request *request, struct web_response *response);

struct web_server;
/* host "127.0.0.1", port "8025". One thread of its own. */
enum status web_start(const char *host, const char *port, web_handler handler, void *context, struct web_server **server, struct error *error);
void web_stop(struct web_server **server);

/* The decoded value of a form field; NULL: not there. */
const char *web_form_value(const struct web_request *request, const char *name);

#endif
