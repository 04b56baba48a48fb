/*
 * mail_explain.c - a developer's tool: what the mail room alone understands of a mail, one JSON line a file.
 *
 *     mail-explain [--envelope-from A] [--rcpt A] FILE...
 *
 * Same keys as `sportello --json explain`, with ticket, route, kb and plan left empty: what the other rooms say is not
 * known here. A file that cannot be read gives {"file":...,"error":...}. Exit status 0; 64 for wrong words.
 */
#include "mail.h"

#include <stdio.h>
#include <string.h>

static void explain(const char *path, const struct mail_options *options)
{
	struct mail_source source;
	struct error error;
	struct buffer out CLEANUP_BUFFER;
	struct arena arena CLEANUP_ARENA;
	struct json json;
	buffer_init(&out);
	arena_init(&arena);
	json_init(&json, &out);
	json_object(&json, NULL);
	json_string(&json, "file", path);
	if (mail_source_open(path, &source, &error) != STATUS_OK) {
		json_string(&json, "error", error.text);
	} else {
		struct mail mail;
		mail_parse(&arena, &source, options, &mail);
		mail_json(&json, &mail);
		json_null(&json, "ticket");
		json_null(&json, "route");
		json_array(&json, "kb");
		json_array_end(&json);
		json_array(&json, "plan");
		json_array_end(&json);
		mail_source_close(&source);
	}
	json_object_end(&json);
	puts(buffer_string(&out));
}

int main(int argc, char **argv)
{
	struct mail_options options = { 0 };
	mail_init();
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--envelope-from") == 0 && i + 1 < argc)
			options.envelope_from = argv[++i];
		else if (strcmp(argv[i], "--rcpt") == 0 && i + 1 < argc)
			options.recipient = argv[++i];
		else if (strncmp(argv[i], "--", 2) == 0)
			return 64;
		else
			explain(argv[i], &options);
	}
	return 0;
}
