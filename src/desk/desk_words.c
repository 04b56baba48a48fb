/*
 * desk_words.c - the few words that the desk itself understands: a mere thank-you, a wish to leave, dates in five languages.
 *
 * Careful by design: a mail counts as thanks only if every word of it is one of politeness; one word more, a question mark or a
 * "but", and it is a reply like any other.
 */
#include <stdio.h>
#include <string.h>

#include "desk_private.h"

#define THANKS_WORDS_MOST 14

/* Words that thank. */
static const char *const thanks[] = {
	"thanks", "thank", "thx", "ty", "cheers", "grazie", "ringrazio", "danke", "dankeschön", "dank", "merci", "remercie", "gracias", "agradezco",
};
/* Words that may stand beside them. */
static const char *const polite[] = {
	"you", "very", "much", "a", "lot", "so", "many", "again", "for", "the", "your", "help", "quick", "fast", "great", "perfect", "ok", "okay",
	"all", "good", "best", "regards", "kind", "hi", "hello", "dear", "it", "works", "now", "that", "solved", "support", "team", "reply", "answer",
	"mille", "tante", "molte", "ancora", "infinite", "per", "il", "la", "vostro", "vostra", "aiuto", "risposta", "gentile", "gentilissimi", "perfetto",
	"vi", "ti", "saluti", "cordiali", "ciao", "buongiorno", "ora", "funziona", "tutto", "molto", "di", "nuovo",
	"vielen", "herzlichen", "schönen", "besten", "schön", "sehr", "für", "die", "ihre", "eure", "hilfe", "schnelle", "antwort", "grüße", "viele",
	"gruß", "hallo", "nochmals", "ich", "mit", "freundlichen", "grüßen", "super", "prima", "jetzt", "geht", "es",
	"beaucoup", "bien", "encore", "pour", "votre", "aide", "réponse", "je", "vous", "cordialement", "bonjour", "parfait", "à", "et", "rapide",
	"muchas", "muchísimas", "mil", "por", "su", "tu", "ayuda", "respuesta", "rápida", "saludos", "hola", "perfecto", "todo", "le", "les", "un", "saludo",
};

static bool among(const char *const *list, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], word) == 0)
			return true;
	return false;
}

/* The next word, lower case (ASCII and the Latin-1 letters), into `word`; false at the end. */
static bool next_word(const char **at, char *word, size_t room)
{
	size_t n = 0;
	uint32_t code;
	for (size_t step; **at && (step = utf8_decode(*at, strlen(*at) > 4 ? 4 : strlen(*at), &code)) > 0; *at += step) {
		bool letter = (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') || (code >= 0xc0 && code < 0x250) || (code >= '0' && code <= '9');
		if (letter && n + 4 < room) {
			if ((code >= 'A' && code <= 'Z') || (code >= 0xc0 && code <= 0xde && code != 0xd7))
				code += 32;
			n += utf8_encode(code, word + n);
		} else if (n) {
			break;
		}
	}
	word[n] = 0;
	return n > 0;
}

bool desk_is_thanks(const char *text)
{
	char word[64];
	int words = 0, thanking = 0;
	if (strlen(text) > 400 || strchr(text, '?'))
		return false;
	while (next_word(&text, word, sizeof word)) {
		bool thanks_word = among(thanks, COUNT_OF(thanks), word);
		thanking += thanks_word;
		if (!thanks_word && !among(polite, COUNT_OF(polite), word))
			return false;
		if (++words > THANKS_WORDS_MOST)
			return false;
	}
	return thanking > 0;
}

bool desk_is_leave(const char *text)
{
	static const char *const leave[] = {"leave", "unsubscribe", "stop", "abmelden", "disiscrivimi", "cancellami", "désabonner", "desabonner", "baja"};
	char word[64], more[64];
	return strlen(text) < 200 && next_word(&text, word, sizeof word) && among(leave, COUNT_OF(leave), word) && !next_word(&text, more, sizeof more);
}

static const char *const months[][13] = {
	{"en", "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	{"it", "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"},
	{"de", "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
	{"fr", "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
	{"es", "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"},
};

const char *desk_state_word(enum ticket_state state, const char *language)
{
	static const char *const words[STATE_COUNT][DESK_LANGUAGES] = {
		[STATE_HELD] = {"held", "in attesa del cliente", "wartet auf den Kunden", "en attente du client", "en espera del cliente"},
		[STATE_EXPIRED] = {"expired", "scaduta", "verfallen", "expirée", "caducada"},
		[STATE_NEW] = {"new", "nuova", "neu", "nouvelle", "nueva"},
		[STATE_OPEN] = {"open", "aperta", "offen", "ouverte", "abierta"},
		[STATE_PENDING] = {"pending", "sospesa", "zurückgestellt", "en attente", "en espera"},
		[STATE_RESOLVED] = {"resolved", "risolta", "erledigt", "résolue", "resuelta"},
		[STATE_CLOSED] = {"closed", "chiusa", "abgeschlossen", "clôturée", "cerrada"},
	};
	return words[state][desk_language_number(language)];
}

const char *desk_time(struct arena *arena, const struct desk_policy *policy, int64_t ms, const char *language)
{
	int64_t local = desk_local(policy, ms);
	return arena_printf(arena, "%s %.5s", desk_date(arena, local, language), time_rfc3339(arena, local) + 11);
}

/* "UTC+1", "UTC\xE2\x88\x923:30": understood in every language. */
static const char *zone_name(struct arena *arena, int minutes)
{
	const char *sign = minutes < 0 ? "\xE2\x88\x92" : "+";
	int away = minutes < 0 ? -minutes : minutes;
	if (!away)
		return "UTC";
	return away % 60 ? arena_printf(arena, "UTC%s%d:%02d", sign, away / 60, away % 60) : arena_printf(arena, "UTC%s%d", sign, away / 60);
}

const char *desk_moment(struct arena *arena, const struct desk_policy *policy, int64_t ms, const char *language)
{
	int64_t local = desk_local(policy, ms);
	const char *zone = zone_name(arena, (int)((local - ms) / 60000));
	const char *day = desk_date(arena, local, language), *clock = time_rfc3339(arena, local) + 11;
	switch (desk_language_number(language)) {        /* written out: a format is no variable */
	case 1:  return arena_printf(arena, "%s alle %.5s (%s)", day, clock, zone);
	case 2:  return arena_printf(arena, "%s, %.5s Uhr (%s)", day, clock, zone);
	case 3:  return arena_printf(arena, "%s \xC3\xA0 %.5s (%s)", day, clock, zone);
	case 4:  return arena_printf(arena, "%s a las %.5s (%s)", day, clock, zone);
	default: return arena_printf(arena, "%s at %.5s (%s)", day, clock, zone);
	}
}

const char *desk_date(struct arena *arena, int64_t ms, const char *language)
{
	const char *rfc3339 = time_rfc3339(arena, ms);
	int year = 0, month = 1, day = 1;
	size_t row = 0;
	sscanf(rfc3339, "%4d-%2d-%2d", &year, &month, &day);
	for (size_t i = 0; i < COUNT_OF(months); i++)
		if (strncmp(language, months[i][0], 2) == 0)
			row = i;
	const char *of = strcmp(months[row][0], "es") == 0 ? " de " : " ";
	const char *first = strcmp(months[row][0], "de") == 0 ? "." : day != 1 ? "" : strcmp(months[row][0], "fr") == 0 ? "er" : strcmp(months[row][0], "it") == 0 ? "\xC2\xBA" : "";
	return arena_printf(arena, "%d%s%s%s%s%d", day, first, of, months[row][month], of, year);
}
