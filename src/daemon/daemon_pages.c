/*
 * daemon_pages.c - /healthz, and the ways to /metrics, to the customers' pages (/l/TOKEN) and to the articles (/kb/ARTICLE).
 *
 * /healthz is 200 while mail can be accepted and kept, else 503 with the reason. With web.admin_listen it and /metrics are there, and nothing else
 * is; and the public listener does not know them.
 */
#include <string.h>

#include "daemon_private.h"

static void answer(struct web_response *response, int status, const char *type, const char *body)
{
	*response = (struct web_response){.status = status, .content_type = type, .body = body, .length = strlen(body)};
}

static bool is_for_admins(const char *path)
{
	return strcmp(path, "/healthz") == 0 || strcmp(path, "/metrics") == 0;
}

/* The methods of a page; NULL: there is no such page. Only a customer's link can be pressed. */
static const char *methods_of(const char *path, bool public, bool admin)
{
	if (is_for_admins(path))
		return admin ? "GET, HEAD" : NULL;
	if (public && strncmp(path, "/l/", 3) == 0)
		return "GET, HEAD, POST";
	return public && (strncmp(path, "/kb/", 4) == 0 || strcmp(path, "/") == 0 || strcmp(path, "/logo") == 0) ? "GET, HEAD" : NULL;
}

static bool may_be_asked(const struct web_request *request, const char *methods)
{
	return !request->other && (!request->post || strstr(methods, "POST"));
}

/* What reads the database: one at a time, on the one connection. A page is a bounded piece of work; and /healthz waits for none. A file is found
 * so, and unpacked behind it. */
static void page(struct daemon *daemon, const struct web_request *request, struct web_response *response)
{
	struct config *config = daemon_config(daemon);
	struct kb *kb = daemon_kb(daemon);
	struct gateway_download download = {.name = NULL};
	pthread_mutex_lock(&daemon->web_lock);
	if (strcmp(request->path, "/metrics") == 0)
		answer(response, 200, "text/plain; version=0.0.4; charset=utf-8", daemon_metrics(daemon, request->arena));
	else if (strncmp(request->path, "/l/", 3) == 0)
		gateway_page(&daemon->gateway, config, daemon->web_store, request, response, &download);
	else
		gateway_article_page(config, kb, daemon->web_store, request, response);
	pthread_mutex_unlock(&daemon->web_lock);
	if (download.name && !gateway_unpack_file(&download, response))
		gateway_trouble_page(config, request, response);
	kb_close(&kb);
	config_unref(&config);
}

static void answer_all(struct daemon *daemon, const char *methods, const struct web_request *request, struct web_response *response)
{
	if (methods && !may_be_asked(request, methods)) {
		answer(response, 405, "text/plain; charset=utf-8", arena_printf(request->arena, "%s\n", methods));
		response->allow = methods;
	} else if (!methods) {
		answer(response, 404, "text/plain; charset=utf-8", "there is no such page\n");
	} else if (strcmp(request->path, "/healthz") == 0) {
		if (daemon->stopping)
			answer(response, 503, "text/plain; charset=utf-8", "shutting down\n");
		else if (!store_writer_healthy(daemon->gateway.writer))
			answer(response, 503, "text/plain; charset=utf-8", "the last commit failed: see the log\n");
		else
			answer(response, 200, "text/plain; charset=utf-8", "ok\n");
	} else if (strcmp(request->path, "/") == 0 || strcmp(request->path, "/logo") == 0) {
		struct config *config = daemon_config(daemon);
		if (request->path[1])
			gateway_logo(config, request, response);
		else
			gateway_here_page(config, request, response);
		config_unref(&config);
	} else {
		page(daemon, request, response);
	}
}

void daemon_page(void *context, const struct web_request *request, struct web_response *response)
{
	struct daemon *daemon = context;
	answer_all(daemon, methods_of(request->path, true, !daemon->admin_apart), request, response);
}

void daemon_admin_page(void *context, const struct web_request *request, struct web_response *response)
{
	answer_all(context, methods_of(request->path, false, true), request, response);
}
