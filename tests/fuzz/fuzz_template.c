/*
 * fuzz_template.c - libFuzzer: any bytes as a template, filled with values that want to be markup, headers or templates themselves.
 *
 * What is checked: what the checker takes can be rendered; in HTML no value is markup; a subject is one line; a value is never read as a template.
 */
#include "desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define EVIL "v<v>\"v\r\nBcc: v{ticket}{?text}v"

static const char *variables(struct arena *arena)
{
	static const char *const names[] = {"desk", "ticket", "subject", "customer", "agent", "queue", "text", "link_status", "link_confirm", "link_refuse", "date", "words"};
	struct buffer out;
	buffer_init(&out);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		record_add(&out, names[i], EVIL);
	const char *record = arena_copy(arena, buffer_string(&out), out.length);
	buffer_fini(&out);
	return record;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena CLEANUP_ARENA;
	struct error error;
	struct rendered rendered;
	arena_init(&arena);
	const char *text = utf8_clean(&arena, (const char *)data, size);
	struct template_file files[] = {{"en", "received", "txt", text}, {"en", "received", "html", text}};
	struct template_set own = desk_templates_ready(&arena, files, COUNT_OF(files));
	bool good = desk_template_check(&files[0], &error) && desk_template_check(&files[1], &error);
	if (desk_render(&arena, &own, "received", "en", "en", variables(&arena), &rendered, &error) != STATUS_OK)
		abort();                         /* a broken one falls back to the built-in one */
	if (strpbrk(rendered.subject, "\r\n"))
		abort();
	if (good && !strstr(text, "v<v>") && strstr(rendered.html, "v<v>"))
		abort();
	if (good && !strstr(text, "{?text}v") && !strstr(text, "Bcc: v") && strstr(rendered.text, "Bcc: v") && !strstr(rendered.text, "v{ticket}{?text}v"))
		abort();
	return 0;
}
