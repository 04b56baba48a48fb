/*
 * learn_common.c - words that are in every second sentence of a language and say nothing of what a mail is about.
 *
 * Texts of mails teach by themselves which words are common. As long as a model has only names and descriptions of queues, it cannot
 * know: there "what", "my" or "how" would be as rare as "invoice", and a queue with a chatty description would draw every
 * mail. So for such a model, and only for it, this list says it. Folded as tokens are: small letters, no accents.
 * Sorted (strcmp), once each; a test holds it to that.
 */
#include "learn_private.h"

#include <pthread.h>
#include <string.h>

const char *const learn_common_words[] = {
	"a", "aber", "about", "ad", "after", "again", "ahora", "ai", "al", "algo", "all", "alla", "alle", "allo", "als",
	"also", "am", "an", "anche", "ancora", "and", "any", "anyone", "anything", "aqui", "are", "as", "at", "au", "auch",
	"auf", "aus", "aux", "avec", "avere", "avete", "avez", "avoir", "be", "because", "been", "bei", "bin", "bis",
	"bisogno", "bitte", "bonjour", "buenos", "buongiorno", "but", "by", "c", "ca", "can", "cannot", "ce", "cela", "ces",
	"cet", "cette", "che", "chi", "ci", "ciao", "come", "comme", "comment", "como", "con", "cordialement", "cosa",
	"could", "cual", "cuando", "d", "da", "dal", "dalla", "damit", "danke", "dann", "dans", "das", "dass", "de", "dear",
	"dei", "dein", "del", "dell", "della", "delle", "dello", "dem", "den", "depuis", "der", "des", "desde", "di",
	"dias", "did", "die", "dies", "diese", "diesem", "diesen", "dieser", "do", "doch", "does", "doesn", "don", "donde",
	"done", "dopo", "dove", "dovrei", "du", "durch", "e", "ed", "ein", "eine", "einem", "einen", "einer", "eines", "el",
	"ella", "elle", "ellos", "en", "er", "era", "eres", "es", "essere", "est", "esta", "estan", "estas", "este", "esto",
	"estoy", "et", "etait", "etre", "eu", "fa", "faccio", "faire", "fait", "fare", "fatto", "faut", "favor", "for",
	"freundlichen", "from", "fue", "fur", "get", "gia", "gibt", "gli", "go", "going", "good", "got", "gracias",
	"grazie", "grusse", "guten", "ha", "habe", "haben", "hace", "hacer", "had", "hai", "hallo", "han", "hanno", "has",
	"hasta", "hat", "hatte", "have", "hay", "he", "hello", "help", "her", "hey", "hi", "him", "his", "ho", "hola",
	"how", "i", "ich", "if", "ihm", "ihn", "ihnen", "ihr", "ihre", "il", "ils", "im", "in", "into", "io", "is", "isn",
	"ist", "it", "its", "j", "ja", "je", "jetzt", "just", "kann", "kein", "keine", "know", "konnen", "konnte", "l",
	"la", "las", "le", "lei", "les", "let", "leur", "like", "ll", "lo", "loro", "los", "lui", "m", "ma", "madam",
	"mais", "make", "mas", "may", "me", "mein", "meine", "meinem", "meinen", "meiner", "merci", "mes", "mi", "mia",
	"mich", "mie", "miei", "mine", "mio", "mir", "mis", "mit", "mochte", "moi", "molto", "mon", "more", "much", "muss",
	"must", "muy", "my", "n", "nach", "nada", "ne", "necesito", "need", "nei", "nel", "nella", "nicht", "no", "noch",
	"noi", "non", "nos", "nostro", "not", "notre", "nous", "now", "nuestro", "nun", "nur", "o", "ob", "oder", "of",
	"off", "ohne", "on", "one", "only", "ont", "or", "ou", "our", "out", "over", "par", "para", "pas", "per", "perche",
	"pero", "peut", "peux", "piu", "plait", "please", "plus", "po", "poi", "por", "porque", "posso", "potete", "pour",
	"pourquoi", "pouvez", "puede", "puedo", "puo", "put", "qu", "qual", "quale", "quali", "quand", "quando", "quanto",
	"que", "quel", "quelle", "quello", "questa", "queste", "questi", "questo", "qui", "quien", "quiero", "quoi", "re",
	"regards", "s", "sa", "saludos", "saluti", "salve", "sans", "say", "se", "see", "sehr", "sei", "sein", "seit",
	"ser", "ses", "she", "should", "si", "sia", "siamo", "sich", "sie", "sin", "sind", "sir", "so", "sobre", "soll",
	"some", "something", "son", "sono", "sont", "soy", "su", "sua", "suis", "suo", "sur", "sus", "t", "tag", "te",
	"tell", "tengo", "than", "thank", "thanks", "that", "the", "their", "them", "then", "there", "these", "they",
	"thing", "this", "those", "tiene", "to", "todo", "too", "tout", "tra", "tres", "tu", "tus", "tutti", "tutto",
	"uber", "um", "un", "una", "unas", "und", "une", "uno", "unos", "uns", "unser", "up", "us", "use", "usted", "ve",
	"veux", "vi", "voglio", "voi", "vom", "von", "vor", "vorrei", "vos", "votre", "voudrais", "vous", "want", "war",
	"warum", "was", "we", "wegen", "well", "wenn", "wer", "werden", "were", "what", "when", "where", "which", "while",
	"who", "whose", "why", "wie", "wieder", "will", "wir", "wird", "with", "wo", "won", "would", "wurde", "y", "ya",
	"yes", "yo", "you", "your", "zu", "zum", "zur",
};
const size_t learn_common_count = COUNT_OF(learn_common_words);

#define SLOTS 2048                               /* a power of two, a quarter full: most words of a mail end at an empty one */
_Static_assert(COUNT_OF(learn_common_words) < SLOTS / 3, "slots");

static uint16_t slots[SLOTS];                    /* 1 + index, by the word's hash */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill(void)
{
	for (size_t i = 0; i < learn_common_count; i++) {
		size_t at = hash_text(learn_common_words[i]) % SLOTS;

		while (slots[at])
			at = (at + 1) % SLOTS;
		slots[at] = (uint16_t)(i + 1);
	}
}

bool learn_word_is_common(const char *word, uint32_t hash)
{
	pthread_once(&once, fill);
	for (size_t at = hash % SLOTS; slots[at]; at = (at + 1) % SLOTS)
		if (!strcmp(learn_common_words[slots[at] - 1], word))
			return true;
	return false;
}
