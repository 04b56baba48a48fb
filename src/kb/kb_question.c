/*
 * kb_question.c - what a mail asks: the text without greeting, thanks, signature and quotes.
 *
 * The text is cut into pieces at sentence ends and lines. A greeting at the beginning goes up to its comma; a piece at the end that begins
 * with thanks or regards goes with all that follows; so does a last piece of one or two words behind a whole sentence: a name.
 * May not leave nothing: a question that is all greeting stays as it is.
 */
#include "kb_private.h"

#include <string.h>
#include <strings.h>

#define NAME_BYTES     40                /* a longer last piece is no name */
#define GREETING_BYTES 60

/* Each begins a piece; longer ones first where one begins another. Compared without case. */
static const char *const greetings[] = {
	"hello", "hi", "hey", "dear", "good morning", "good afternoon", "good evening", "good day", "greetings",
	"buongiorno", "buonasera", "buon giorno", "salve", "ciao", "gentile", "gentili", "egregio", "spett", "caro", "cara",
	"hallo", "guten tag", "guten morgen", "guten abend", "sehr geehrte", "liebe", "lieber", "moin", "servus", "gr\xC3\xBC\xC3\x9F",
	"bonjour", "bonsoir", "salut", "madame", "monsieur", "cher", "ch\xC3\xA8re",
	"hola", "buenos d\303\255as", "buenas tardes", "buenas noches", "estimado", "estimada", "estimados",
};
static const char *const closings[] = {
	"thanks", "thank you", "many thanks", "regards", "kind regards", "best regards", "best wishes", "best,", "best", "cheers", "sincerely", "yours",
	"warm regards", "with regards", "looking forward",
	"grazie", "saluti", "cordiali saluti", "cordialmente", "distinti saluti", "un saluto", "tanti saluti", "a presto",
	"danke", "vielen dank", "besten dank", "mit freundlichen", "viele gr\xC3\xBC\xC3\x9F", "freundliche gr\xC3\xBC\xC3\x9F", "liebe gr\xC3\xBC\xC3\x9F", "beste gr\xC3\xBC\xC3\x9F", "gru\xC3\x9F", "gr\xC3\xBC\xC3\x9F", "mfg", "lg",
	"merci", "cordialement", "bien cordialement", "salutations", "bien \xC3\xA0 vous",
	"gracias", "muchas gracias", "saludos", "un saludo", "atentamente",
	"sent from my", "inviato da", "gesendet von", "von meinem", "envoy\xC3\xA9 de", "enviado desde",
};

/* How a greeting or a closing may begin: a bit for each pair of letters, in whatever case; what is no letter may have that of one. A text has many
 * pieces, few of which begin so. */
#define PAIRS 1024
struct beginnings { uint64_t pair[PAIRS / 64]; };
static struct beginnings of_greetings, of_closings;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Of two letters; all that is looked for has as many. */
static size_t pair_of(const char *text)
{
	return (size_t)(text[0] & 31) << 5 | (text[0] ? text[1] & 31 : 0);
}

static void note(struct beginnings *beginnings, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		beginnings->pair[pair_of(list[i]) / 64] |= UINT64_C(1) << pair_of(list[i]) % 64;
}

static void note_all(void)
{
	note(&of_greetings, greetings, COUNT_OF(greetings));
	note(&of_closings, closings, COUNT_OF(closings));
}

static bool may_begin(const struct beginnings *beginnings, const char *text)
{
	return beginnings->pair[pair_of(text) / 64] >> pair_of(text) % 64 & 1;
}

static bool begins(const char *text, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		unsigned char next;
		size_t length;

		if (((unsigned char)*text | 32) != ((unsigned char)*list[i] | 32))       /* most end here; all begin with a letter */
			continue;
		length = strlen(list[i]);
		if (strncasecmp(text, list[i], length) != 0)
			continue;
		next = (unsigned char)text[length];
		if (next < 0x80 ? !((next | 32) >= 'a' && (next | 32) <= 'z') : list[i][length - 1] == '\x9F')
			return true;
		if (list[i][length - 1] == '\x9F')       /* "gruess-e": what follows is the ending */
			return true;
	}
	return false;
}

/* "Hello support, my ..." -> "my ..."; a greeting without an end within GREETING_BYTES stays. */
static const char *behind_greeting(const char *text)
{
	size_t end;

	if (!may_begin(&of_greetings, text) || !begins(text, greetings, COUNT_OF(greetings)))
		return text;
	end = strcspn(text, ",!.\n:");
	if (end > GREETING_BYTES)
		return text;
	return text + end + strspn(text + end, ",!.\n: ");
}

/* The first byte behind this piece: a line, or a sentence. */
static size_t piece_length(const char *text)
{
	size_t i = strcspn(text, "\n.!?");

	for (; text[i] && text[i] != '\n'; i += 1 + strcspn(text + i + 1, "\n.!?"))
		if (!text[i + 1] || text[i + 1] == ' ' || text[i + 1] == '\n')
			return i + 1;
	return i;
}

static bool is_name(const char *piece, size_t length)
{
	size_t words = 0;

	if (length > NAME_BYTES || memchr(piece, '?', length))
		return false;
	for (size_t i = 0; i < length; i++)
		if (piece[i] != ' ' && (i == 0 || piece[i - 1] == ' ')) {
			unsigned char c = (unsigned char)piece[i];

			if (c < 0x80 && !(c >= 'A' && c <= 'Z'))
				return false;
			words++;
		}
	return words >= 1 && words <= 2;
}

/* Cuts *text (its lines without quotes) before the closing. */
static void cut_closing(char *text)
{
	size_t at = 0, count = 0, last = 0, last_length = 0;

	while (text[at]) {
		size_t length;

		at += strspn(text + at, " \n\t");
		if (!(length = piece_length(text + at)))
			break;
		if (count && may_begin(&of_closings, text + at) && begins(text + at, closings, COUNT_OF(closings)) && !memchr(text + at, '?', length) && strnlen(text + at, 400) < 400) {
			text[at] = '\0';
			return;
		}
		last = at;
		last_length = length;
		at += length;
		count++;
	}
	if (count > 1 && is_name(text + last, last_length))
		text[last] = '\0';
}

/* Without quoted lines, and nothing from the line "-- " on. */
static char *without_quotes(struct arena *arena, const char *text)
{
	char *out = arena_alloc(arena, strlen(text) + 2), *to = out;

	while (*text) {
		size_t length = strcspn(text, "\n");

		if ((length == 2 || length == 3) && !strncmp(text, "-- ", length))
			break;
		if (*text != '>') {
			memcpy(to, text, length);
			to += length;
			*to++ = '\n';
		}
		text += length + (text[length] == '\n');
	}
	*to = '\0';
	return out;
}

static const char *behind_marks(const char *subject)
{
	static const char *const marks[] = { "re:", "aw:", "fwd:", "fw:", "wg:", "r:", "i:", "tr:", "rv:", "sv:" };
	bool again = true;

	while (again) {
		again = false;
		subject += strspn(subject, " \t");
		for (size_t i = 0; i < COUNT_OF(marks); i++)
			if (text_starts_nocase(subject, marks[i])) {
				subject += strlen(marks[i]);
				again = true;
			}
	}
	return subject;
}

/* What printf(3) would take ten times as long for. */
static char *two_lines(struct arena *arena, const char *first, const char *second)
{
	size_t length = strlen(first), more = strlen(second);
	char *text = arena_room(arena, length + more + 2);

	memcpy(text, first, length);
	text[length] = '\n';
	memcpy(text + length + 1, second, more + 1);
	return text;
}

char *kb_question_clean(struct arena *arena, const char *subject, const char *text)
{
	char *body = without_quotes(arena, text ? text : "");
	const char *rest = body + strspn(body, " \n\t");

	pthread_once(&once, note_all);
	rest = behind_greeting(rest);
	cut_closing(body + (rest - body));
	if (!*rest)
		rest = text ? text : "";
	return two_lines(arena, behind_marks(subject ? subject : ""), rest);
}
