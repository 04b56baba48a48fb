/*
 * mail_filename.c - file names that are safe to show, to store and to put into a header.
 *
 * A name is its last path component; controls, line ends, bidirectional overrides and zero-width characters are gone,
 * so that "exe.fdp" cannot pass for "pdf.exe"; characters that file systems refuse become _; no leading dots, at most
 * NAME_MAX_BYTES with the extension kept. A part without a name gets "attachment-N" with an extension after its type.
 * May not judge whether a type is dangerous. Makes no problems.
 */
#include "mail_private.h"

#define NAME_MAX_BYTES 180               /* file systems take 255; room for a prefix */

/* Characters that show nothing or turn the text round (Unicode 15: Cf, and the separators Zl, Zp). */
static bool invisible(uint32_t code)
{
	return code < 32 || (code >= 127 && code < 160) || code == 0xAD || code == 0x61C || (code >= 0x200B && code <= 0x200F)
	       || (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF || (code >= 0xFFF9 && code <= 0xFFFB)
	       || (code >= 0xE0000 && code <= 0xE007F);
}

static size_t keep_visible(const char *name, size_t length, char *out)
{
	size_t n = 0;
	for (size_t i = 0; i < length;) {
		uint32_t code;
		size_t size = utf8_decode(name + i, length - i, &code);
		if (!size) {
			out[n++] = '_';
			i++;
			continue;
		}
		if (code == '\t' || code == '\n' || code == '\r')
			out[n++] = ' ';
		else if (!invisible(code)) {
			bool bad = code < 128 && strchr("<>\"|?*:", (int)code);
			memcpy(out + n, bad ? "_" : name + i, bad ? 1 : size);
			n += bad ? 1 : size;
		}
		i += size;
	}
	return n;
}

/* Shortens the stem, keeps the extension. */
static char *bounded(struct arena *arena, char *name)
{
	size_t length = strlen(name);
	if (length <= NAME_MAX_BYTES)
		return name;
	const char *dot = strrchr(name, '.');
	size_t extension = dot ? strlen(dot) : 0;
	if (extension > 20)
		extension = 0;
	char *stem = utf8_cut(arena, name, NAME_MAX_BYTES - extension);
	return arena_printf(arena, "%s%s", stem, extension ? dot : "");
}

const char *mail_filename_safe(struct arena *arena, const char *name, size_t length)
{
	for (size_t i = length; i > 0; i--)
		if (name[i - 1] == '/' || (name[i - 1] == '\\' && i < length && name[i] != '"')) {
			name += i;
			length -= i;
			break;
		}
	char *out = arena_alloc(arena, length + 1);
	out[keep_visible(name, length, out)] = '\0';
	out = text_trim(out);
	while (*out == '.' || *out == ' ')
		out++;
	size_t end = strlen(out);
	while (end && (out[end - 1] == ' ' || out[end - 1] == '.'))
		out[--end] = '\0';
	return bounded(arena, out);
}

const char *mail_filename_made(struct arena *arena, const char *type, size_t number)
{
	static const struct { const char *type, *extension; } extensions[] = {
		{ "text/plain", "txt" }, { "text/html", "html" }, { "text/calendar", "ics" }, { "text/x-vcard", "vcf" },
		{ "text/vcard", "vcf" },
		{ "text/csv", "csv" }, { "text/rfc822-headers", "txt" }, { "image/jpeg", "jpg" }, { "image/jpg", "jpg" },
		{ "image/png", "png" },
		{ "image/gif", "gif" }, { "image/bmp", "bmp" }, { "image/tiff", "tif" }, { "image/svg+xml", "svg" },
		{ "image/webp", "webp" },
		{ "application/pdf", "pdf" }, { "application/zip", "zip" }, { "application/pgp-signature", "asc" },
		{ "application/pgp-encrypted", "asc" },
		{ "application/pkcs7-signature", "p7s" }, { "application/x-pkcs7-signature", "p7s" }, { "application/pkcs7-mime", "p7m" },
		{ "application/x-pkcs7-mime", "p7m" }, { "application/ms-tnef", "dat" }, { "message/rfc822", "eml" },
		{ "message/global", "eml" },
		{ "message/delivery-status", "txt" }, { "message/disposition-notification", "txt" }, { "message/feedback-report", "txt" },
		{ "audio/mpeg", "mp3" }, { "audio/wav", "wav" }, { "audio/x-wav", "wav" }, { "audio/basic", "au" }, { "video/mp4", "mp4" },
		{ "application/msword", "doc" }, { "application/rtf", "rtf" }, { "text/rtf", "rtf" },
		{ "application/xml", "xml" }, { "text/xml", "xml" },
		{ "application/json", "json" }, { "application/postscript", "ps" },
	};
	const char *extension = "bin";
	for (size_t i = 0; i < COUNT_OF(extensions); i++)
		if (strcmp(type, extensions[i].type) == 0)
			extension = extensions[i].extension;
	return arena_printf(arena, "attachment-%zu.%s", number, extension);
}
