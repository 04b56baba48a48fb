/*
 * web_server.c - libmicrohttpd behind limits. Each connection has a thread: a page that waits for something holds up nobody else, and least
 * of all /healthz.
 *
 * Where a request ends must be beyond doubt, or a proxy in front may see another end, and mix up its clients' answers (request smuggling).
 * libmicrohttpd is lenient there even in strict mode: such a request is refused here and its connection closed (RFC 9112 sections 5.1, 6.3).
 * A file goes out as bytes to be kept: a browser must never take what a stranger sent for a page of ours. It may take longer than a page does.
 * Its time-out is idle time only: web_watch.c ends a dripping client. Links carry their own proof and there are no cookies, so another site's
 * page could only post what its author knows anyway; it is refused all the same where the browser tells (no Origin is looked at: with
 * our Referrer-Policy browsers send "null" for our own pages).
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "limits.h"
#include "web_private.h"
#include "web_watch_private.h"

#define WEB_CONNECTIONS 64                       /* in all; the reverse proxy in front keeps few */
#define WEB_PER_ADDRESS 48                       /* the proxy is one address */
#define WEB_IDLE_SECONDS 15
#define WEB_FILES 8                              /* sent at the same time: each is unpacked on the disk */
#define WEB_FILE_RATE (16 * 1024)                /* bytes a second that a client must take of a file, or be ended */

struct web_server {
	struct MHD_Daemon *daemon;
	web_handler handler;
	void *context;
	struct web_watch watch;
	int request_seconds;
	_Atomic int64_t requests, slow, cross_site;
	_Atomic int files;
};

/* One request while its body arrives. */
struct exchange { struct arena arena; struct buffer form; bool too_large, file; };

/* The body lives until on_completed(); a file is closed with its response. */
static struct MHD_Response *body_of(const struct web_response *answer)
{
	if (!answer->file_name)
		return MHD_create_response_from_buffer(answer->length, (void *)answer->body, MHD_RESPMEM_PERSISTENT);
	struct MHD_Response *response = MHD_create_response_from_fd64(answer->file_size, answer->file);
	if (!response)
		close(answer->file);
	return response;
}

static enum MHD_Result send_response(struct MHD_Connection *connection, const struct web_response *answer)
{
	struct MHD_Response *response = body_of(answer);
	if (!response)
		return MHD_NO;
	if (answer->file_name) {
		CLEANUP_BUFFER struct buffer disposition;
		buffer_init(&disposition);
		web_disposition(&disposition, answer->file_name);
		MHD_add_response_header(response, "Content-Disposition", buffer_string(&disposition));
		MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
	}
	MHD_add_response_header(response, "Content-Type", answer->file_name ? "application/octet-stream" : answer->content_type);
	MHD_add_response_header(response, "Cache-Control", "no-store");
	MHD_add_response_header(response, "Content-Security-Policy", answer->file_name ? "default-src 'none'; sandbox; base-uri 'none'; frame-ancestors 'none'"
		: answer->policy ? answer->policy : "default-src 'none'; base-uri 'none'; frame-ancestors 'none'");
	MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(response, "X-Robots-Tag", "noindex, nofollow");
	if (answer->status == 503)
		MHD_add_response_header(response, "Retry-After", "30");
	if (answer->status == 400)
		MHD_add_response_header(response, "Connection", "close");
	if (answer->allow)
		MHD_add_response_header(response, "Allow", answer->allow);
	enum MHD_Result result = MHD_queue_response(connection, (unsigned)answer->status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result send_words(struct MHD_Connection *connection, int status, const char *words)
{
	struct web_response answer = {.status = status, .content_type = "text/plain; charset=utf-8", .body = words, .length = strlen(words)};
	return send_response(connection, &answer);
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

struct framing { int lengths, encodings; bool wrong; };

static enum MHD_Result look_at_field(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct framing *framing = context;
	size_t length = strcspn(name, " \t");
	bool is_length = text_equal_nocase(name, "Content-Length"), is_encoding = text_equal_nocase(name, "Transfer-Encoding");
	(void)kind;
	framing->lengths += is_length;
	framing->encodings += is_encoding;
	framing->wrong |= name[length] || (is_length && (!value || !*value || value[strspn(value, "0123456789")]))
	               || (is_encoding && (!value || !text_equal_nocase(value, "chunked")));
	return MHD_YES;
}

static bool end_is_doubtful(struct MHD_Connection *connection)
{
	struct framing framing = {0, 0, false};
	MHD_get_connection_values(connection, MHD_HEADER_KIND, look_at_field, &framing);
	return framing.wrong || framing.lengths + framing.encodings > 1;
}

/* Fetch Metadata (W3C): what a browser says of where a request comes from. Programs say nothing. */
static bool is_cross_site(struct MHD_Connection *connection)
{
	const char *site = header(connection, "Sec-Fetch-Site");
	return site && (text_equal_nocase(site, "cross-site") || text_equal_nocase(site, "same-site"));
}

#define PARTS_MOST 100000

static int number_asked(struct MHD_Connection *connection, const char *name)
{
	const char *value = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);
	int number = 0;
	for (size_t i = 0; value && value[i] >= '0' && value[i] <= '9' && number < PARTS_MOST; i++)
		number = 10 * number + value[i] - '0';
	return number < PARTS_MOST ? number : PARTS_MOST;
}

static struct web_line *line_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return info ? info->socket_context : NULL;
}

/* Given back in on_completed(). */
static bool may_take_file(struct web_server *server, struct exchange *exchange)
{
	exchange->file = ++server->files <= WEB_FILES;
	server->files -= !exchange->file;
	return exchange->file;
}

static enum MHD_Result answer(struct web_server *server, struct MHD_Connection *connection, struct exchange *exchange,
                              const char *url, const char *method)
{
	const char *language = header(connection, "Accept-Language");
	const char *token = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "t");
	struct web_request request = {.arena = &exchange->arena, .post = strcmp(method, "POST") == 0, .path = url, .token = token ? token : "",
	                              .form = buffer_string(&exchange->form), .accept_language = language ? language : "",
	                              .part = number_asked(connection, "p"), .message = number_asked(connection, "m"), .file = number_asked(connection, "f")};
	struct web_response response = {.status = 404, .content_type = "text/plain; charset=utf-8", .body = "there is no such page\n", .length = 22};
	if (request.file && !may_take_file(server, exchange))
		return send_words(connection, 503, "too many files are being fetched: try again in a moment\n");
	request.other = !request.post && strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0;
	server->handler(server->context, &request, &response);
	if (response.file_name)
		web_watch_allow(&server->watch, line_of(connection), (int64_t)(response.file_size / WEB_FILE_RATE) * 1000000);
	return send_response(connection, &response);
}

static struct exchange *exchange_new(void)
{
	struct exchange *exchange = calloc(1, sizeof *exchange);
	if (exchange) {
		arena_init(&exchange->arena);
		buffer_init(&exchange->form);
	}
	return exchange;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *body, size_t *body_length, void **state)
{
	if (!*state) {
		if (end_is_doubtful(connection))         /* before its body is read */
			return send_words(connection, 400, "it is not clear where this request ends\n");
		*state = exchange_new();
		return *state ? MHD_YES : MHD_NO;
	}
	struct exchange *exchange = *state;
	if (*body_length) {
		exchange->too_large |= exchange->form.length + *body_length > WEB_FORM_BYTES;
		if (!exchange->too_large)
			buffer_add(&exchange->form, body, *body_length);
		*body_length = 0;
		return MHD_YES;
	}
	if (exchange->too_large)
		return send_words(connection, 413, "that is too much text\n");
	if (strcmp(method, "POST") == 0 && is_cross_site(connection)) {
		((struct web_server *)context)->cross_site++;
		return send_words(connection, 403, "this button stands on another site's page: open the link of the mail\n");
	}
	if (strlen(url) > WEB_URL_BYTES)
		return send_words(connection, 414, "the address is too long\n");
	return answer(context, connection, exchange, url, method);
}

static void on_connection(void *context, struct MHD_Connection *connection, void **line, enum MHD_ConnectionNotificationCode what)
{
	struct web_server *server = context;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (what == MHD_CONNECTION_NOTIFY_CLOSED)
		web_watch_closed(&server->watch, *line);
	else if (info)
		*line = web_watch_opened(&server->watch, info->connect_fd, clock_monotonic_us());
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode why)
{
	struct web_server *server = context;
	struct exchange *exchange = *state;
	server->requests++;
	web_watch_answered(&server->watch, line_of(connection), clock_monotonic_us());
	if (!exchange)
		return;
	server->files -= exchange->file;
	arena_fini(&exchange->arena);
	buffer_fini(&exchange->form);
	free(exchange);
	*state = NULL;
}

/* MHD_OPTION_LISTENING_ADDRESS_REUSE would be SO_REUSEPORT: a second daemon would take half of the requests in silence. */
static struct MHD_Daemon *start_on(const struct addrinfo *address, struct web_server *server)
{
	unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_ITC;
	if (address->ai_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	return MHD_start_daemon(flags, 0, NULL, NULL, on_request, server,
	                        MHD_OPTION_SOCK_ADDR, address->ai_addr, MHD_OPTION_STRICT_FOR_CLIENT, 1,
	                        MHD_OPTION_CONNECTION_LIMIT, (unsigned)WEB_CONNECTIONS,
	                        MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)WEB_PER_ADDRESS,
	                        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)WEB_IDLE_SECONDS,
	                        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)(32 * 1024),
	                        MHD_OPTION_THREAD_STACK_SIZE, (size_t)THREAD_STACK_BYTES,
	                        MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
	                        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_END);
}

enum status web_start(const char *key, const char *host, const char *port, int request_seconds, web_handler handler, void *context, struct web_server **server,
                      struct error *error)
{
	struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM}, *found;
	int trouble = getaddrinfo(host, port, &hints, &found);
	if (trouble)
		return error_set(error, STATUS_BAD_CONFIG, "%s %s:%s: %s", key, host, port, gai_strerror(trouble));
	struct web_server *new = calloc(1, sizeof *new);
	pthread_mutex_init(&new->watch.lock, NULL);
	new->request_seconds = request_seconds;
	new->handler = handler;
	new->context = context;
	for (struct addrinfo *address = found; address && !new->daemon; address = address->ai_next)
		new->daemon = start_on(address, new);
	freeaddrinfo(found);
	if (!new->daemon) {
		free(new);
		return error_set(error, STATUS_TRY_LATER, "%s %s:%s: cannot listen there; another program does already, maybe another sportellod: stop it, or choose another port", key, host, port);
	}
	*server = new;
	return STATUS_OK;
}

void web_tick(struct web_server *server)
{
	int ended = server ? web_watch_end_slow(&server->watch, clock_monotonic_us(), server->request_seconds * 1000000LL) : 0;
	if (!ended)
		return;
	server->slow += ended;
	log_event(LOG_NOTICE, "web.slow-client", "connections", LOG_NUMBER(ended), "seconds", LOG_NUMBER(server->request_seconds), NULL);
}

void web_counters(struct web_server *server, struct web_counters *counters)
{
	const union MHD_DaemonInfo *info = server->daemon ? MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS) : NULL;
	*counters = (struct web_counters){info ? (int64_t)info->num_connections : 0, server->requests, server->slow, server->cross_site};
}

void web_stop(struct web_server **server)
{
	if (!*server)
		return;
	MHD_stop_daemon((*server)->daemon);
	free(*server);
	*server = NULL;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static char *form_decode(struct arena *arena, const char *text, size_t length)
{
	char *out = arena_alloc(arena, length + 1);
	size_t n = 0;
	for (size_t i = 0; i < length; i++) {
		bool escaped = text[i] == '%' && i + 2 < length && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
		out[n++] = escaped ? (char)(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])) : text[i] == '+' ? ' ' : text[i];
		i += escaped ? 2 : 0;
	}
	return utf8_clean(arena, out, n);
}

const char *web_form_value(const struct web_request *request, const char *name)
{
	size_t wanted = strlen(name);
	for (const char *at = request->form; *at;) {
		size_t length = strcspn(at, "&");
		if (length > wanted && strncmp(at, name, wanted) == 0 && at[wanted] == '=')
			return form_decode(request->arena, at + wanted + 1, length - wanted - 1);
		at += length + (at[length] == '&');
	}
	return NULL;
}
