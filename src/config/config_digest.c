/*
 * config_digest.c - what several gateways of one desk must have alike, each as a short digest: settings, rules, articles, templates and saved replies.
 *
 * A digest is a sum over settings or files, so that neither their order nor that of a folder counts. What belongs to a machine is left out:
 * where it listens, where its files lie, how it logs.
 */
#include "config_private.h"

#include <dirent.h>
#include <libconfig.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_BYTES (4 * 1024 * 1024)     /* of a file that is looked at */
#define DEEPEST 3                        /* folders in folders */

static const char *const of_the_machine[] = {
	"lmtp", "log", "relay", "mirror", "backup", "store", "selftest", "web.listen", "web.admin_listen", "desk.state_dir", "desk.sandbox",
	"rules_dir", "kb_dir", "templates_dir", "replies_dir", NULL,
};

const char *const config_digest_names[CONFIG_DIGESTS] = { "configuration", "rules", "articles", "templates" };

static uint64_t digest_of(const struct buffer *bytes)
{
	unsigned char out[SHA256_SIZE];
	uint64_t sum = 0;

	sha256_of(bytes->at ? bytes->at : "", bytes->length, out);
	for (size_t i = 0; i < sizeof sum; i++)
		sum = sum << 8 | out[i];
	return sum;
}

static bool belongs_to_machine(const char *path)
{
	for (const char *const *own = of_the_machine; *own; own++) {
		size_t length = strlen(*own);

		if (strncmp(path, *own, length) == 0 && (!path[length] || path[length] == '.' || path[length] == '['))
			return true;
	}
	return false;
}

/* Where it stands, from the inside out, with the numbers of list items; then what it says. */
static void describe(struct buffer *out, const config_setting_t *setting)
{
	for (const config_setting_t *at = setting; at && !config_setting_is_root(at); at = config_setting_parent(at))
		if (config_setting_name(at))
			buffer_printf(out, "%s<", config_setting_name(at));
		else
			buffer_printf(out, "%d<", config_setting_index(at));
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_STRING: buffer_printf(out, "=\"%s\"", config_setting_get_string(setting)); break;
	case CONFIG_TYPE_FLOAT: buffer_printf(out, "=%.17g", config_setting_get_float(setting)); break;
	case CONFIG_TYPE_BOOL: buffer_printf(out, "=%d", config_setting_get_bool(setting)); break;
	default: buffer_printf(out, "=%lld", config_setting_get_int64(setting));
	}
}

void config_digest_add(uint64_t *sum, const char *path, const config_setting_t *setting)
{
	CLEANUP_BUFFER struct buffer words = { 0 };

	if (belongs_to_machine(path))
		return;
	for (int i = 0; config_setting_is_aggregate(setting) && i < config_setting_length(setting); i++)
		config_digest_add(sum, path, config_setting_get_elem(setting, (unsigned)i));
	if (config_setting_is_aggregate(setting))
		return;
	describe(&words, setting);
	*sum += digest_of(&words);
}

/* A pipe holds up whoever opens it until somebody writes: that was the thread which fires timers. */
static bool is_plain(const char *path)
{
	struct stat about;

	return stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

static void add_file(uint64_t *sum, const char *name, const char *path)
{
	CLEANUP_BUFFER struct buffer bytes;
	struct error error;

	buffer_init(&bytes);
	if (!is_plain(path) || file_read_all(path, FILE_BYTES, &bytes, &error) != STATUS_OK)
		return;                          /* who reads it in earnest complains */
	buffer_add(&bytes, name, strlen(name) + 1);
	*sum += digest_of(&bytes);
}

/* name: of the folder as seen from the first one. */
static void add_folder(uint64_t *sum, struct arena *arena, const char *folder, const char *name, int depth)
{
	DIR *directory = *folder && depth < DEEPEST ? opendir(folder) : NULL;

	for (struct dirent *entry; directory && (entry = readdir(directory));) {
		const char *path = arena_printf(arena, "%s/%s", folder, entry->d_name), *below = arena_printf(arena, "%s/%s", name, entry->d_name);

		if (*entry->d_name == '.')
			continue;
		if (entry->d_type == DT_DIR)
			add_folder(sum, arena, path, below, depth + 1);
		else
			add_file(sum, below, path);
	}
	if (directory)
		closedir(directory);
}

void config_digests(const struct config *config, uint64_t sums[CONFIG_DIGESTS])
{
	CLEANUP_ARENA struct arena arena = { 0 };

	memset(sums, 0, CONFIG_DIGESTS * sizeof *sums);
	sums[0] = config->digest;
	add_folder(&sums[1], &arena, config->rules_dir, "", 0);
	add_folder(&sums[2], &arena, config->kb_dir, "", 0);
	add_folder(&sums[3], &arena, config->templates_dir, "templates", 0);
	add_folder(&sums[3], &arena, config->replies_dir, "replies", 0);
}
