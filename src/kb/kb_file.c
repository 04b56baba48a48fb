/*
 * kb_file.c - what the name of an article's file says: "vpn.it.md" is the article "vpn" in Italian. Whatever else lies there is none.
 */
#include "kb_private.h"

#include <string.h>

bool kb_file_name(const char *name, size_t *id_length, char language[4])
{
	size_t length = strlen(name);

	language[0] = '\0';
	if (length < 4 || length > 200 || *name == '.' || *name == '_' || strcmp(name + length - 3, ".md") != 0)
		return false;
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c <= ' ' || strchr("\"<>&'\\%#?", *c) || *c == 0x7F)
			return false;
	length -= 3;
	if (length > 3 && name[length - 3] == '.' && strspn(name + length - 2, "abcdefghijklmnopqrstuvwxyz") >= 2) {
		memcpy(language, name + length - 2, 2);
		language[2] = '\0';
		length -= 3;
	}
	*id_length = length;
	return utf8_valid(name, length);
}
