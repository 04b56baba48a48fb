/*
 * desk_note_words.c - the letters of a notice and of the notes that it showed, so that no torn piece of them goes out with an agent's answer.
 *
 * Programs wrap quoted lines, some inside a word, and mark only the first half: such a tail is no word of the notice any more. So letters and
 * digits are kept without what stands between them, and a line is looked for in there the same way: alone among the notes'; behind the line
 * above it in the whole notice.
 * May not decide what becomes of a line.
 */
#include <string.h>

#include "desk_private.h"

#define TORN_BOTH 12                             /* letters that stand so in a notice by no accident */
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

/* "| — [note] Bob Rossi, 29 November 2026 10:31:" and "| Bob Rossi [note]:" begin a note, "| — Ada, 29 November 2026 10:31:" what is none. */
static bool begins_message(const char *line, size_t length)
{
	static const char dash[] = "| " HISTORY_DASH;
	return length > sizeof dash && line[length - 1] == ':'
	    && (memmem(line, length, "[note]", 6) || (memcmp(line, dash, sizeof dash - 1) == 0 && line[length - 4] == ':' && line[length - 2] >= '0' && line[length - 2] <= '9'));
}

void desk_note_words_add(struct desk_note_words *notes, const char *notice)
{
	bool inside = false;
	squeeze(&notes->all, notice, strlen(notice));
	while (*notice) {
		size_t length = strcspn(notice, "\n");
		if (*notice != '|')
			inside = false;
		else if (begins_message(notice, length))
			inside = memmem(notice, length, "[note]", 6) != NULL;
		else if (inside)
			squeeze(&notes->letters, notice + 1, length - 1);
		if (*notice != '>')
			squeeze(&notes->ours, notice, length);
		notice += length + (notice[length] == '\n');
	}
}

static bool holds(struct desk_note_words *notes, const struct buffer *words, const char *above, size_t above_length, const char *line, size_t length,
                  size_t least)
{
	CLEANUP_BUFFER struct buffer letters;
	buffer_init(&letters);
	squeeze(&letters, above, above_length);
	size_t begun = letters.length;
	squeeze(&letters, line, length);
	if ((above_length && !begun) || letters.length == begun || letters.length < least)
		return false;
	notes->looked += (long)words->length;
	return memmem(words->at, words->length, letters.at, letters.length) != NULL;
}

bool desk_note_words_have(struct desk_note_words *notes, const char *line, size_t length, size_t least)
{
	if (!notes->letters.length || notes->looked > LOOKS_MOST)
		return notes->letters.length > 0;
	return holds(notes, &notes->letters, "", 0, line, length, least);
}

bool desk_note_words_are_ours(struct desk_note_words *notes, const char *line, size_t length)
{
	return notes->ours.length && notes->looked <= LOOKS_MOST && holds(notes, &notes->ours, "", 0, line, length, TORN_BOTH);
}

bool desk_note_words_go_on(struct desk_note_words *notes, const char *above, size_t above_length, const char *line, size_t length)
{
	return above_length && notes->all.length && notes->looked <= LOOKS_MOST && holds(notes, &notes->all, above, above_length, line, length, TORN_BOTH);
}

void desk_note_words_fini(struct desk_note_words *notes)
{
	buffer_fini(&notes->letters);
	buffer_fini(&notes->ours);
	buffer_fini(&notes->all);
}
