/*
 * cli_setup_web.c - `setup`: what a web server needs to pass the customers' pages on, and nothing else.
 *
 * Public are /l/ (the links in mails, and files behind them), /kb/ (articles), /logo (the brand's picture) and / itself; /metrics and /healthz are not. A link is a key: no
 * server writes it into a log of requests. contrib/web holds the same for help.example.org, made by this; tests compare them, and ask real servers. TLS is each
 * server's own: Caddy fetches a certificate by itself, nginx and Apache by certbot.
 */
#include "cli_private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define MADE "# Written by `sportello setup`: passes what customers may open to the desk, and nothing else.\n"

/* then, after: what to run when the file was written, and when it was removed. */
static const struct { const char *name, *path, *text, *then, *after; } servers[] = {
	{ "nginx", "/etc/nginx/sites-enabled/sportello.conf",
	  MADE
	  "server {\n"
	  "\tlisten 80;\n"
	  "\tlisten [::]:80;\n"
	  "\tserver_name @HOST@;\n"
	  "\tserver_tokens off;\n"
	  "\tclient_max_body_size 64k;\n"
	  "\n"
	  "\t# Links in mails with the files behind them, articles, the brand's picture, and where one is.\n"
	  "\tlocation ~ ^/(l/|kb/|logo$|$) {\n"
	  "\t\tproxy_pass http://@PAGES@;\n"
	  "\t\tproxy_set_header Host $host;\n"
	  "\t\tproxy_read_timeout 30s;\n"
	  "\t\taccess_log off;                  # a link is a key: keep it out of logs\n"
	  "\t}\n"
	  "\tlocation / {\n"
	  "\t\treturn 404;\n"
	  "\t}\n"
	  "}\n",
	  "nginx -t && systemctl reload nginx; for https: certbot --nginx -d @HOST@",
	  "systemctl reload nginx" },
	{ "caddy", "/etc/caddy/conf.d/sportello.caddy",
	  MADE
	  "# /etc/caddy/Caddyfile must import it: import /etc/caddy/conf.d/*\n"
	  "@HOST@ {\n"
	  "\t@public path / /logo /l/* /kb/*\n"
	  "\thandle @public {\n"
	  "\t\treverse_proxy @PAGES@\n"
	  "\t}\n"
	  "\thandle {\n"
	  "\t\trespond 404\n"
	  "\t}\n"
	  "}\n",
	  "grep -q /etc/caddy/conf.d/ /etc/caddy/Caddyfile || echo 'import /etc/caddy/conf.d/*' >>/etc/caddy/Caddyfile; systemctl reload caddy",
	  "systemctl reload caddy" },
	{ "apache", "/etc/apache2/sites-available/sportello.conf",
	  MADE
	  "<VirtualHost *:80>\n"
	  "\tServerName @HOST@\n"
	  "\tProxyPreserveHost On\n"
	  "\tLimitRequestBody 65536\n"
	  "\tAllowEncodedSlashes Off\n"
	  "\tProxyPassMatch ^/(logo)?$ http://@PAGES@/$1 timeout=30\n"
	  "\tProxyPass /l/ http://@PAGES@/l/ timeout=30\n"
	  "\tProxyPass /kb/ http://@PAGES@/kb/ timeout=30\n"
	  "\tRedirectMatch 404 ^/(?!l/|kb/|logo$|$)\n"
	  "\t# A link is a key: keep it out of logs.\n"
	  "\tCustomLog /dev/null common\n"
	  "</VirtualHost>\n",
	  "a2enmod proxy_http && a2ensite sportello && systemctl reload apache2; for https: certbot --apache -d @HOST@",
	  "rm -f /etc/apache2/sites-enabled/sportello.conf && systemctl reload apache2" },
};

static const char *filled(struct arena *arena, const char *text, const char *host, const char *pages)
{
	CLEANUP_BUFFER struct buffer out;

	buffer_init(&out);
	while (*text) {
		if (!strncmp(text, "@HOST@", 6)) {
			buffer_add_string(&out, host);
			text += 6;
		} else if (!strncmp(text, "@PAGES@", 7)) {
			buffer_add_string(&out, pages);
			text += 7;
		} else {
			buffer_add_char(&out, *text++);
		}
	}
	return arena_string(arena, buffer_string(&out));
}

bool cli_setup_web(struct arena *arena, const char *server, const char *host, const char *pages, const char **path, const char **text, const char **then)
{
	for (size_t i = 0; i < COUNT_OF(servers); i++) {
		if (strcmp(servers[i].name, server) != 0)
			continue;
		*path = servers[i].path;
		*text = filled(arena, servers[i].text, host, pages);
		*then = filled(arena, servers[i].then, host, pages);
		return true;
	}
	return false;
}

/* Only what setup wrote, as it wrote it: certbot, for one, writes into it, and then it is somebody else's, too. */
enum status cli_setup_web_undo(struct arena *arena, const char *host, const char *pages, struct strings *did, struct error *error)
{
	for (size_t i = 0; i < COUNT_OF(servers); i++) {
		CLEANUP_BUFFER struct buffer text;

		buffer_init(&text);
		if (file_read_all(servers[i].path, (size_t)1 << 20, &text, NULL) != STATUS_OK || strncmp(buffer_string(&text), MADE, strlen(MADE)) != 0)
			continue;
		if (!host || strcmp(buffer_string(&text), filled(arena, servers[i].text, host, pages)) != 0)
			strings_add(arena, did, arena_printf(arena, "%s was changed since and stays; if nobody needs it: rm %s && %s", servers[i].path, servers[i].path, servers[i].after));
		else if (unlink(servers[i].path) < 0)
			return error_set(error, STATUS_REFUSED, "%s cannot be removed: %s%s", servers[i].path, strerror(errno), geteuid() ? "; run it as root, for example with sudo" : "");
		else
			strings_add(arena, did, arena_printf(arena, "removed %s; then run: %s", servers[i].path, servers[i].after));
	}
	return STATUS_OK;
}
