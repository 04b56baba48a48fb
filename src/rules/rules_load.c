/*
 * rules_load.c - a folder of scripts and the keyword sets into an immutable ruleset, or all reasons why not.
 *
 * A folder with an error is refused as a whole: half the rules would be other rules. Each script is linted by rules_check before
 * libsieve ever sees anything, and what is written for libsieve is tried out once in a worker: if that says a word, it is a
 * fault of ours and the ruleset is refused, too. Warnings do not refuse. Files whose names begin with a dot are not scripts.
 */
#include <dirent.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "rules_private.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_script(const char *name)
{
	size_t length = strlen(name);
	return *name != '.' && length > 6 && strcmp(name + length - 6, ".sieve") == 0;
}

static void list_folder(const char *folder, struct report *report, struct strings *files)
{
	DIR *directory = *folder ? opendir(folder) : NULL;
	report->file = folder;
	/* No such folder, no rules. Where the configuration names it, config has warned. */
	if (*folder && !directory && errno != ENOENT)
		rules_report_error(report, 0, "cannot be read: %s", strerror(errno));
	for (struct dirent *entry; directory && (entry = readdir(directory));)
		if (is_script(entry->d_name))
			strings_add(report->arena, files, arena_printf(report->arena, "%s/%s", folder, entry->d_name));
	if (directory)
		closedir(directory);
	if (files->count)
		qsort(files->at, files->count, sizeof *files->at, by_name);
}

/* The checked tree; NULL for an empty script, and for one that cannot be read (which is reported). */
static struct node *load_script(struct check *check, const char *file)
{
	CLEANUP_BUFFER struct buffer text;
	struct error error;
	buffer_init(&text);
	check->report->file = file;
	check->required = (struct strings){0};
	if (file_read_all(file, RULES_SCRIPT_BYTES, &text, &error) != STATUS_OK) {
		rules_report_error(check->report, 0, "cannot be taken: %s; a script has %d KiB at most", error.text, RULES_SCRIPT_BYTES / 1024);
		return NULL;
	}
	struct node *script = rules_parse_script(check->report, text.at ? text.at : "", text.length);
	rules_check_script(check, script);
	rules_check_flow(check, script);
	return script;
}


static void load_scripts(struct check *check, const struct strings *files, struct program *program)
{
	const char *stopped = NULL;
	for (size_t i = 0; i < files->count; i++) {
		struct node *script = load_script(check, files->at[i]);
		if (stopped)
			rules_report_warning(check->report, 1, "never runs: every way through %s ends in stop", stopped);
		if (rules_check_always_stops(script))
			stopped = files->at[i];
		if (!check->report->errors)
			rules_program_add(program, check->config, files->at[i], script);
	}
	if (program->text.length > RULES_PROGRAM_BYTES) {
		check->report->file = check->config->rules_dir;
		rules_report_error(check->report, 0, "all scripts together are too large: %zu KiB after reading, at most %d; write keyword sets instead of long lists",
		                   program->text.length / 1024, RULES_PROGRAM_BYTES / 1024);
	}
}

/* libsieve must understand every line that we write. */
static void try_out(struct report *report, const struct ruleset *ruleset)
{
	CLEANUP_BUFFER struct buffer frame;
	struct answer answer;
	struct mail_facts facts;
	const struct mail mail = {.subject = "", .reply_text = ""};
	const struct rules_input input = {.mail = &mail, .recipient = "", .envelope_from = ""};
	const struct rules_keywords none = {0};
	buffer_init(&frame);
	if (!ruleset->program.actions.count)
		return;
	rules_facts_gather(ruleset, &input, &none, report->arena, &facts);
	rules_facts_write(ruleset, &facts, &ruleset->program.text, &frame);
	rules_pool_ask(ruleset, &frame, report->arena, &answer);
	report->file = arena_string(report->arena, ruleset->program.scripts.at[0]);
	for (size_t i = 0; answer.trouble && i < ruleset->program.scripts.count; i++) {
		const char *digit = strstr(answer.trouble, "line ");
		if (digit && atoi(digit + 5) >= ruleset->program.first_line.at[i])
			report->file = arena_string(report->arena, ruleset->program.scripts.at[i]);
	}
	if (answer.trouble)
		rules_report_error(report, 0, "the rules cannot be tried out: %s", answer.trouble);
}

enum status rules_load_files(const struct config *config, const struct strings *files, struct arena *arena,
                             struct config_problems *problems, struct ruleset **result)
{
	struct report report = {.arena = arena, .problems = problems, .file = config->file ? config->file : ""};
	struct ruleset *ruleset = calloc(1, sizeof *ruleset);
	if (!ruleset)
		abort();
	*result = NULL;
	arena_init(&ruleset->arena);
	ruleset->refs = 1;
	ruleset->separators = arena_string(&ruleset->arena, config->policy.separators && *config->policy.separators ? config->policy.separators : "+");
	ruleset->keywords = rules_keyword_sets_new(&ruleset->arena, config, &report);
	rules_program_begin(&ruleset->program, &ruleset->arena);
	struct check check = {.report = &report, .config = config};
	if (files->count > RULES_SCRIPTS)
		rules_report_error(&report, 0, "%zu scripts: %d at most; put what belongs together into one", files->count, RULES_SCRIPTS);
	else
		load_scripts(&check, files, &ruleset->program);
	if (!report.errors)
		try_out(&report, ruleset);
	*result = ruleset;
	if (report.errors)
		rules_unref(result);
	return report.errors ? STATUS_BAD_CONFIG : STATUS_OK;
}

enum status rules_load(const struct config *config, struct arena *arena, struct config_problems *problems, struct ruleset **ruleset)
{
	struct report report = {.arena = arena, .problems = problems};
	struct strings files = {0};
	list_folder(config->rules_dir ? config->rules_dir : "", &report, &files);
	enum status status = rules_load_files(config, &files, arena, problems, ruleset);
	if (report.errors && status == STATUS_OK)
		rules_unref(ruleset);
	return report.errors ? STATUS_BAD_CONFIG : status;
}

struct ruleset *rules_ref(struct ruleset *ruleset)
{
	if (ruleset)
		ruleset->refs++;
	return ruleset;
}

void rules_unref(struct ruleset **ruleset)
{
	struct ruleset *it = *ruleset;
	*ruleset = NULL;
	if (!it || --it->refs > 0)
		return;
	rules_keyword_sets_fini(it->keywords);
	buffer_fini(&it->program.text);
	arena_fini(&it->arena);
	free(it);
}

size_t rules_script_count(const struct ruleset *ruleset)
{
	return ruleset->program.scripts.count;
}

void rules_match(const struct ruleset *ruleset, const struct mail *mail, struct arena *arena, struct rules_keywords *found)
{
	rules_keyword_sets_match(ruleset->keywords, mail, arena, found);
}

bool rules_ask_standing(const struct ruleset *ruleset)
{
	return ruleset->program.asks_standing;
}

bool rules_ask_known(const struct ruleset *ruleset)
{
	return ruleset->program.asks_known;
}
