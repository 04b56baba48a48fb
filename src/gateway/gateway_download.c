/*
 * gateway_download.c - the files of a conversation, for whoever its page is for: which there are, and the bytes of one.
 *
 * Shown are the reader's own and those that went out to him; never a file of somebody else's mail, of a note or of a machine, as with words
 * (gateway_page.c). The link is the page's own token. Finding a file needs the database; unpacking it does not, and is done without it, so that no
 * page waits. It is unpacked into a file without a name, where the disk has room to spare.
 */
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "gateway.h"
#include "limits.h"

static enum status look(struct store *store, struct arena *arena, int64_t raw, struct mail *mail, struct error *error)
{
	struct mail_options options = {.light = true, .text_only = true, .text_most = 1};
	return store_mail(store, arena, raw, &options, mail, error);
}

void gateway_add_files(struct store *store, struct arena *arena, const struct message_row *message, bool alone, struct web_said *said)
{
	size_t most = alone ? LIMIT_PAGE_FILES_ALL : LIMIT_PAGE_FILES;
	struct mail mail;
	struct error error;
	if (!message->raw || look(store, arena, message->raw, &mail, &error) != STATUS_OK)
		return;
	for (size_t i = 0; i < mail.attachments.count; i++) {
		const struct mail_attachment *file = &mail.attachments.at[i];
		if (file->signs)
			continue;
		if (said->files.count == most) {
			said->more |= !alone;    /* the message's own page has them */
			return;
		}
		*ARENA_PUSH(arena, &said->files) = (struct web_file){(int)i + 1, file->filename, file->size};
	}
}

bool gateway_find_file(struct store *store, struct arena *arena, const struct message_row *message, int number, struct gateway_download *download)
{
	struct mail mail;
	struct error error;
	if (!message->raw || look(store, arena, message->raw, &mail, &error) != STATUS_OK || (size_t)number > mail.attachments.count
	    || mail.attachments.at[number - 1].signs)
		return false;
	*download = (struct gateway_download){.number = (size_t)number, .name = mail.attachments.at[number - 1].filename, .fd = -1};
	if (store_raw_open(store, message->raw, &download->raw, &error) != STATUS_OK)
		return false;
	if (store_scratch(store, &download->fd, &error) != STATUS_OK)
		log_event(LOG_WARNING, "page.file-trouble", "why", error.text, NULL);
	return true;
}

static bool has_room(int fd, uint64_t size)
{
	struct statvfs disk;
	return fstatvfs(fd, &disk) == 0 && (uint64_t)disk.f_bavail * disk.f_frsize > size + LIMIT_FILE_DISK_LEFT;
}

struct unpacking { int fd; uint64_t size; bool failed; };

static bool keep(void *context, const void *bytes, size_t length)
{
	struct unpacking *unpacking = context;
	unpacking->size += length;
	unpacking->failed |= !write_all(unpacking->fd, bytes, length);
	return !unpacking->failed;
}

bool gateway_unpack_file(struct gateway_download *download, struct web_response *response)
{
	struct unpacking unpacking = {.fd = download->fd};
	struct error error;
	bool there = download->fd >= 0 && has_room(download->fd, download->raw.source.size)
	          && mail_attachment(&download->raw.source, download->number, keep, &unpacking, &error) == STATUS_OK && !unpacking.failed;
	store_raw_close(&download->raw);
	if (there)
		*response = (struct web_response){.status = 200, .file_name = download->name, .file = download->fd, .file_size = unpacking.size};
	else if (download->fd >= 0)
		close(download->fd);
	return there;
}
