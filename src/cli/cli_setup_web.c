/*
 * cli_setup_web.c - `setup`: what a web server needs to pass the customers' pages on, and nothing else.
 *
 * Public are /l/ (the links in mails, and files behind them), /kb/ (articles), / and /logo; /metrics and /healthz are not. contrib/web holds the same for help.example.org, made by
 * this; a test compares them. TLS is each server's own: Caddy fetches a certificate by itself, nginx and Apache by certbot.
 */
#include "cli_private.h"

#include <string.h>

#define MADE "# Written by `sportello setup`: passes what customers may open to the desk, and nothing else.\n"

static const struct { const char *name, *path, *text, *then; } servers[] = {
	{ "nginx", "/etc/nginx/sites-enabled/sportello.conf",
	  MADE
	  "server {\n"
	  "\tlisten 80;\n"
	  "\tlisten [::]:80;\n"
	  "\tserver_name @HOST@;\n"
	  "\tserver_tokens off;\n"
	  "\tclient_max_body_size 64k;\n"
	  "\n"
	  "\t# The first page, the logo, links in mails with the files behind them, and articles.\n"
	  "\tlocation ~ ^/($|logo$|l/|kb/) {\n"
	  "\t\tproxy_pass http://@PAGES@;\n"
	  "\t\tproxy_set_header Host $host;\n"
	  "\t\tproxy_read_timeout 30s;\n"
	  "\t\taccess_log off;                  # a link is a key: keep it out of logs\n"
	  "\t}\n"
	  "\tlocation / {\n"
	  "\t\treturn 404;\n"
	  "\t}\n"
	  "}\n",
	  "nginx -t && systemctl reload nginx; for https: certbot --nginx -d @HOST@" },
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
	  "caddy reload --config /etc/caddy/Caddyfile" },
	{ "apache", "/etc/apache2/sites-available/sportello.conf",
	  MADE
	  "<VirtualHost *:80>\n"
	  "\tServerName @HOST@\n"
	  "\tProxyPreserveHost On\n"
	  "\tLimitRequestBody 65536\n"
	  "\tProxyPassMatch ^/$ http://@PAGES@\n"
	  "\tProxyPass /logo http://@PAGES@/logo timeout=30\n"
	  "\tProxyPass /l/ http://@PAGES@/l/ timeout=30\n"
	  "\tProxyPass /kb/ http://@PAGES@/kb/ timeout=30\n"
	  "\tRedirectMatch 404 ^/(?!$|logo$|l/|kb/)\n"
	  "</VirtualHost>\n",
	  "a2enmod proxy_http && a2ensite sportello && systemctl reload apache2; for https: certbot --apache -d @HOST@" },
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
