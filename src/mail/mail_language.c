/*
 * mail_language.c - the language of a text, if that is clear: small words for Latin and Cyrillic script, script for others.
 *
 * Counts words that are frequent in one language and rare in its neighbours, in the first BYTES bytes. NULL unless one
 * language leads clearly: a wrong language on an answer is worse than the desk's default.
 * en it de fr es pt nl sv da no pl ru zh ja. No library, no locale, linear.
 */
#include "mail_private.h"

#define BYTES 4096
#define LEAST 3                          /* hits of the winner */
#define SURE_HITS 6                      /* of a text that is long enough to be sure: */
#define SURE_WORDS 12
#define SURE_SIGNS 16                    /* the same, of Chinese and Japanese signs */

static const struct { const char code[3]; const char *words; } languages[] = {
	{ "en", " the and of is you that it for not are this with have be your we from will would can please what when our has been does which there any get my " },
	{ "it", " il di che è non per un una sono con del della ho questo anche come più gli nel alla mi ma grazie ci stato vostro possibile buongiorno cordiali saluti vorrei abbiamo " },
	{ "de", " der die das und ist ich nicht ein eine sie mit wir für auf den zu dem es von im werden haben kann bitte auch wie bei oder noch nach wird mein sehr geehrte guten " },
	{ "fr", " le les et est je vous que pas une des pour dans avec sur nous ce il mon mais cette plus votre bonjour merci au du ne été avez ai suis être " },
	{ "es", " el los que y en un es no por con una para las se lo del al su más como pero le gracias hola está mi cuando puedo tengo buenos días muy " },
	{ "pt", " o os que não um uma é para com em do da por mais as no na se eu foi obrigado você ao isso está bom dia seu minha são muito tenho já " },
	{ "nl", " de het een en is ik van niet dat op te zijn met voor er aan heb wij maar u deze ook naar bij kan wordt mijn graag bedankt hoe geen " },
	{ "sv", " och att det är jag inte en som på för med har till av den kan om vi men ett från så hej tack mvh när eller här " },
	{ "da", " og at det er jeg ikke en som på for med har til af den kan om vi men et fra så hej tak hvis eller af jer hvad blev mig " },
	{ "no", " og at det er jeg ikke en som på for med har til av den kan om vi men et fra så hei takk hvis eller hva ble meg noe dere " },
	{ "pl", " nie to się na jest że do w z i jak co po czy mam dla o proszę dzień dobry jestem dziękuję ale mnie już przez tylko pozdrawiam " },
	{ "ru", " и в не на я что с это как по но мы у вы за от так для же здравствуйте спасибо пожалуйста если или мне вас добрый день есть при " },
};

#define SLOTS 2048                       /* of the table of all words; a power of two, a quarter full */
static struct { const char *word; unsigned char length; unsigned short languages; } slots[SLOTS];

/* hash: its hash_bytes() */
static size_t slot_of(const char *word, size_t length, uint32_t hash)
{
	size_t at = hash % SLOTS;
	while (slots[at].word && (slots[at].length != length || memcmp(slots[at].word, word, length) != 0))
		at = (at + 1) % SLOTS;
	return at;
}

/* Fills the table; before the first thread. */
void mail_language_init(void)
{
	for (size_t i = 0; i < COUNT_OF(languages); i++)
		for (const char *at = languages[i].words + 1; *at; at += strcspn(at, " ") + 1) {
			size_t length = strcspn(at, " "), slot = slot_of(at, length, hash_bytes(at, length));
			slots[slot].word = at;
			slots[slot].length = (unsigned char)length;
			slots[slot].languages |= (unsigned short)(1u << i);
		}
}

#define WORD_BYTES 36                    /* the rest of a longer one is cut off */

static bool is_small(unsigned char byte)
{
	return (unsigned char)(byte - 'a') < 26;
}

/* Of plain letters, and what they hash to. */
static size_t lower_plain(struct span text, size_t *at, char out[WORD_BYTES], uint32_t *hash)
{
	size_t n = 0, i = *at;
	unsigned char small;
	for (; i < text.length && is_small(small = (unsigned char)text.at[i] | 0x20); i++)
		if (n + 4 < WORD_BYTES) {
			out[n++] = (char)small;
			*hash = hash_byte(*hash, small);
		}
	*at = i;
	return n;
}

static size_t lower_word(struct span text, size_t *at, char out[WORD_BYTES], uint32_t *hash)
{
	*hash = HASH_START;
	size_t n = lower_plain(text, at, out, hash);
	if (*at == text.length || (unsigned char)text.at[*at] < 128)     /* most words end here */
		return n;
	while (*at < text.length) {
		uint32_t code;
		unsigned char small = (unsigned char)text.at[*at] | 0x20;
		if (is_small(small)) {
			if (n + 4 < WORD_BYTES)
				out[n++] = (char)small;
			(*at)++;
			continue;
		}
		if ((unsigned char)text.at[*at] < 128)
			break;
		size_t size = utf8_decode(text.at + *at, text.length - *at, &code);
		bool letter = size && code >= 0xC0 && code < 0x2000 && code != 0xD7 && code != 0xF7;
		if (!letter)
			break;
		if ((code >= 0xC0 && code <= 0xDE) || (code >= 0x410 && code <= 0x42F))
			code += 32;
		if (n + 4 < WORD_BYTES)
			n += utf8_encode(code, out + n);
		*at += size;
	}
	*hash = hash_bytes(out, n);
	return n;
}

/* Chinese and Japanese: by script alone. Kana settles it. */
static const char *by_script(struct span text, bool *sure)
{
	size_t han = 0, kana = 0, letters = 0;
	for (size_t i = 0; i < text.length;) {
		uint32_t code;
		size_t size = utf8_decode(text.at + i, text.length - i, &code);
		if (!size)
			size = 1, code = 0;
		kana += code >= 0x3041 && code <= 0x30FF;
		han += code >= 0x4E00 && code <= 0x9FFF;
		letters += code < 128 && is_alpha((char)code);
		i += size;
	}
	*sure = kana + han >= SURE_SIGNS;
	if (kana >= 3 && (kana + han) * 3 > letters)
		return "ja";
	return han >= 4 && han * 3 > letters && kana == 0 ? "zh" : NULL;
}

const char *mail_language_detect(const char *whole, bool *sure)
{
	bool unasked;
	sure = sure ? sure : &unasked;
	*sure = false;
	struct span text = { whole, strnlen(whole, BYTES) };
	if (!mail_charset_is_ascii(text.at, text.length)) {
		const char *script = by_script(text, sure);
		if (script)
			return script;
	}
	unsigned hits[COUNT_OF(languages)] = { 0 }, words = 0;
	for (size_t at = 0; at < text.length && words < 300;) {
		char word[WORD_BYTES];
		uint32_t hash;
		size_t length = lower_word(text, &at, word, &hash);
		if (length && length < 14) {
			words++;
			for (unsigned found = slots[slot_of(word, length, hash)].languages; found; found &= found - 1)
				hits[__builtin_ctz(found)]++;
		}
		if (!length)
			at++;
	}
	size_t best = 0, second = 0;
	for (size_t i = 1; i < COUNT_OF(languages); i++)
		if (hits[i] > hits[best])
			best = i;
	second = best == 0;
	for (size_t i = 0; i < COUNT_OF(languages); i++)
		if (i != best && hits[i] > hits[second])
			second = i;
	bool clear = hits[best] >= LEAST && hits[best] * 10 >= words && hits[best] * 4 >= hits[second] * 5 && hits[best] > hits[second];
	*sure = clear && hits[best] >= SURE_HITS && words >= SURE_WORDS && hits[best] * 2 >= hits[second] * 3;
	return clear ? languages[best].code : NULL;
}
