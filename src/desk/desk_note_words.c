/*
 * desk_note_words.c - the notes that a notice showed, so that no torn piece of them goes out with an agent's answer.
 *
 * Programs wrap quoted lines, some inside a word, and mark only the first half: such a tail is no word of the notice any more. So the letters
 * and digits of the notes are kept without what stands between them, and a line is looked for in there the same way.
 * May not decide what becomes of a line.
 */
#include <string.h>

#include "desk_private.h"

#define LOOKS_MOST (32L * 1024 * 1024)           /* bytes looked through for one mail; beyond, every line may be one */

static void squeeze(struct buffer *out, const char *at, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)at[i];
		if (c >= 'A' && c <= 'Z')
			buffer_add_char(out, (char)(c + 32));
		else if (c >= 128 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			buffer_add_char(out, (char)c);
	}
}

/* "| [note] bob, 2026-11-29T02:54:06Z:" and "| Bob Rossi [note]:" begin a note, "| Ada, 2026-...Z:" what is none. */
static bool begins_message(const char *line, size_t length)
{
	return length > 4 && line[length - 1] == ':' && (memmem(line, length, "[note]", 6) || (line[length - 2] == 'Z' && memmem(line, length, ", 20", 4)));
}

void desk_note_words_add(struct desk_note_words *notes, const char *notice)
{
	bool inside = false;
	while (*notice) {
		size_t length = strcspn(notice, "\n");
		if (*notice != '|')
			inside = false;
		else if (begins_message(notice, length))
			inside = memmem(notice, length, "[note]", 6) != NULL;
		else if (inside)
			squeeze(&notes->letters, notice + 1, length - 1);
		notice += length + (notice[length] == '\n');
	}
}

bool desk_note_words_have(struct desk_note_words *notes, const char *line, size_t length, size_t least)
{
	CLEANUP_BUFFER struct buffer letters;
	buffer_init(&letters);
	if (!notes->letters.length || notes->looked > LOOKS_MOST)
		return notes->letters.length > 0;
	squeeze(&letters, line, length);
	notes->looked += (long)notes->letters.length;
	return letters.length >= least && memmem(notes->letters.at, notes->letters.length, letters.at, letters.length) != NULL;
}
