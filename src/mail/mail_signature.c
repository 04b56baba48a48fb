/*
 * mail_signature.c - where the signature of a text begins: by "-- ", by the page's own mark, by what phones add, by a
 * closing formula with a name and little else below it.
 *
 * Works on lines that mail_reply.c has not hidden, from the last one upwards, at most LINES_MAX lines: what stands
 * above is a person's text. Where unsure, nothing is a signature.
 */
#include "mail_reply.h"

#define LINES_MAX 14                     /* lines a signature without "-- " may have */
#define MARKED_MAX 60                    /* lines below "-- " */
#define CLOSING_MOST 100                 /* bytes: the longest formula has fewer */
#define SHORT_LINE 60                    /* bytes: a longer one is a sentence */

static const char *const closings[] = {
	"regards", "best regards", "kind regards", "warm regards", "kindest regards", "warmest regards",
	"with kind regards", "with best regards", "many regards", "best", "all the best", "best wishes", "cheers", "thanks",
	"thank you", "thanks again",
	"thanks in advance", "many thanks", "thx", "sincerely", "yours sincerely", "sincerely yours", "yours",
	"yours truly", "yours faithfully", "respectfully", "cordially", "take care", "warmly", "thanks and regards",
	"thanks & regards", "thank you and best regards", "rgds", "br", "ciao", "have a nice day", "with regards",
	"thanks so much", "thank you so much", "thanks a lot", "thank you very much", "sent by", "talk to you soon",
	"best,",
	"mit freundlichen grüßen", "mit freundlichen grüssen", "mit freundlichem gruß", "freundliche grüße",
	"freundliche grüsse", "viele grüße", "viele grüsse", "beste grüße", "beste grüsse", "herzliche grüße",
	"liebe grüße", "schöne grüße",
	"mfg", "lg", "vg", "gruß", "grüße", "mit besten grüßen", "hochachtungsvoll",
	"cordialement", "bien cordialement", "cordialement vôtre", "salutations", "meilleures salutations",
	"sincères salutations", "bien à vous", "amicalement", "merci", "merci d'avance", "cdlt", "bonne journée",
	"cordiali saluti", "distinti saluti", "saluti", "un saluto", "grazie", "grazie mille", "grazie e saluti",
	"cordialmente", "a presto", "buona giornata",
	"saludos", "un saludo", "saludos cordiales", "un cordial saludo", "atentamente", "cordialmente", "gracias",
	"muchas gracias", "un abrazo",
	"atenciosamente", "cumprimentos", "com os melhores cumprimentos", "melhores cumprimentos", "obrigado", "obrigada",
	"abraços", "att", "saudações",
	"met vriendelijke groet", "met vriendelijke groeten", "vriendelijke groet", "vriendelijke groeten", "groeten",
	"groetjes", "mvg", "hartelijke groet", "met hartelijke groet", "bedankt", "alvast bedankt",
	"med vänliga hälsningar", "med vänlig hälsning", "vänliga hälsningar", "mvh", "hälsningar", "tack",
	"med venlig hilsen", "venlig hilsen", "de bedste hilsner", "hilsen", "med vennlig hilsen", "vennlig hilsen",
	"beste hilsen", "på forhånd takk", "takk",
	"pozdrawiam", "z poważaniem", "z wyrazami szacunku", "pozdrowienia", "dziękuję", "serdecznie pozdrawiam",
	"с уважением", "всего доброго", "с наилучшими пожеланиями", "спасибо", "заранее спасибо", "с приветом", "此致", "敬具",
	"よろしくお願いします", "よろしくお願いいたします", "谢谢", "祝好",
	"s pozdravem", "s přátelským pozdravem", "hezký den", "děkuji", "předem děkuji", "s pozdravom", "s úctou", "ďakujem",
	"üdvözlettel", "tisztelettel", "üdv", "köszönöm", "cu stimă", "cu respect", "mulțumesc", "numai bine", "o zi bună",
	"с уважение", "поздрави", "благодаря", "з повагою", "дякую", "щиро дякую", "з найкращими побажаннями", "з павагай",
	"s poštovanjem", "pozdrav", "lijep pozdrav", "srdačan pozdrav", "lep pozdrav", "hvala", "lp", "unapred hvala", "unaprijed hvala",
	"с поштовањем", "поздрав", "хвала", "со почит", "με εκτίμηση", "φιλικά", "ευχαριστώ", "με φιλικούς χαιρετισμούς",
	"saygılarımla", "saygılarımızla", "iyi çalışmalar", "iyi günler", "teşekkürler", "teşekkür ederim", "sevgiler", "hörmətlə",
	"ystävällisin terveisin", "terveisin", "parhain terveisin", "kiitos", "terv", "lugupidamisega", "parimate soovidega", "tänan",
	"ar cieņu", "paldies", "pagarbiai", "ačiū", "su pagarba", "salutacions", "salutacions cordials", "atentament", "gràcies",
	"saúdos", "un saúdo", "grazas", "agur bero bat", "eskerrik asko", "bestu kveðjur", "með kveðju", "kveðja", "takk fyrir",
	"le dea-ghuí", "le meas", "cofion gorau", "diolch", "met vriendelike groete", "dankie", "kun afablaj salutoj", "me respekt",
	"faleminderit", "პატივისცემით", "հարգանքով", "құрметпен", "hurmat bilan", "בברכה", "תודה", "תודה רבה", "مع أطيب التحيات",
	"تحياتي", "مع خالص التحية", "شكرا", "شكرًا", "با احترام", "با تشکر", "सादर", "धन्यवाद", "শুভেচ্ছান্তে", "ধন্যবাদ", "நன்றி",
	"ขอแสดงความนับถือ", "ขอบคุณครับ", "ขอบคุณค่ะ", "trân trọng", "xin cảm ơn", "cảm ơn", "hormat saya", "salam hormat", "terima kasih",
	"salam", "yang benar", "maraming salamat", "lubos na gumagalang", "wako mwaminifu", "asante",
	"감사합니다", "감사드립니다", "드림", "以上、よろしくお願いいたします", "宜しくお願い致します", "宜しくお願いします",
	"ありがとうございます", "此致敬礼", "顺祝商祺", "順頌商祺", "敬上", "謝謝",
};

static struct word_index closing_index;

/* Letters without their marks, as people write them whose keyboard has none: "Z powazaniem", "Mit freundlichen Gruessen". */
static const struct { const char *letters, *bare; } bare_letters[] = {
	{ "àáâãåāăąạảấầậ", "a" }, { "çćč", "c" }, { "ďđð", "d" }, { "èéêëēęěėẹ", "e" }, { "ğģ", "g" }, { "ìíîïīįı", "i" }, { "ķ", "k" },
	{ "łľļ", "l" }, { "ñńňņ", "n" }, { "òóôõőọ", "o" }, { "ŕř", "r" }, { "śšşș", "s" }, { "ťţț", "t" }, { "ùúûūůűų", "u" },
	{ "ýÿ", "y" }, { "źżž", "z" }, { "ß", "ss" }, { "ä", "ae" }, { "æ", "ae" }, { "ö", "oe" }, { "ø", "oe" }, { "ü", "ue" }, { "œ", "oe" },
};
#define BARE_LOW 0x220                   /* the first letters of Latin with marks, and Vietnamese ones, by number: made once */
#define BARE_HIGH 0x1E00
static const char *bare_low[BARE_LOW], *bare_high[256];

static const char **bare_slot(uint32_t code)
{
	return code < BARE_LOW ? &bare_low[code] : code >= BARE_HIGH && code < BARE_HIGH + COUNT_OF(bare_high) ? &bare_high[code - BARE_HIGH] : NULL;
}

void mail_signature_init(void)
{
	mail_word_index_make(&closing_index, closings, sizeof *closings, COUNT_OF(closings));
	for (size_t i = 0; i < COUNT_OF(bare_letters); i++) {
		uint32_t code;
		for (const char *p = bare_letters[i].letters; *p; p += utf8_decode(p, strnlen(p, 4), &code))
			if (utf8_decode(p, strnlen(p, 4), &code) && bare_slot(code))
				*bare_slot(code) = bare_letters[i].bare;
	}
}

static const char *bare_letter(uint32_t code)
{
	const char **slot = bare_slot(code);
	return slot ? *slot : NULL;
}

/* Is this ASCII line the phrase without its marks? The umlauts may have lost their e, too. */
static bool equal_bare(struct span line, const char *phrase)
{
	size_t i = 0, size;
	bool marked = false;
	for (const char *p = phrase; *p; p += size) {
		uint32_t code;
		if (i >= line.length)
			return false;
		if ((unsigned char)*p < 128) {
			size = 1;
			if (lower(line.at[i++]) != *p)
				return false;
			continue;
		}
		if (!(size = utf8_decode(p, strnlen(p, 4), &code)))
			return false;
		const char *letters = bare_letter(code);
		marked = true;
		if (!letters || lower(line.at[i++]) != letters[0])
			return false;
		i += letters[1] && i < line.length && lower(line.at[i]) == letters[1];
	}
	return marked && i == line.length;
}

static bool shown(const struct line *line)
{
	return !line->hidden && line->kind != LINE_EMPTY;
}

/* Most phrases differ from a line in their second letter, if not in the first. */
static bool may_be(struct span line, bool ascii, const char *phrase)
{
	return line.length == 1 || !ascii || (unsigned char)phrase[1] >= 128 || phrase[1] == lower(line.at[1]);
}

bool mail_closing_line(struct span line)
{
	line = mail_span_trim(line);
	while (line.length && strchr(",.!;:- ", line.at[line.length - 1]))
		line.length--;
	if (!line.length || line.length > CLOSING_MOST)
		return false;
	bool ascii = mail_charset_is_ascii(line.at, line.length);
	for (size_t i = word_index_at(&closing_index, line); i; i = closing_index.next[i])
		if (may_be(line, ascii, closings[i - 1]) && (mail_fold_equal(line, closings[i - 1]) || (ascii && equal_bare(line, closings[i - 1]))))
			return true;
	return false;
}

/* "Thanks, Ann" and "Regards - Ann Lee": a formula and a name on one line. */
static bool closing_with_name(struct span line)
{
	line = mail_span_trim(line);
	const char *comma = memchr(line.at, ',', line.length);
	if (!comma || line.length > 50 || comma + 1 >= line.at + line.length)
		return false;
	struct span rest = mail_span_trim((struct span){ comma + 1, (size_t)(line.at + line.length - comma - 1) });
	size_t words = 1;
	for (size_t i = 0; i < rest.length; i++)
		words += rest.at[i] == ' ';
	return words <= 3 && rest.length && (unsigned char)rest.at[0] < 128 && rest.at[0] >= 'A' && rest.at[0] <= 'Z'
	       && mail_closing_line((struct span){ line.at, (size_t)(comma - line.at) });
}

static size_t last_shown(const struct lines *lines, size_t end)
{
	while (end && !shown(&lines->at[end - 1]))
		end--;
	return end;
}

/* Marked by the page: from its first line on, if nothing a person wrote comes behind. */
static size_t by_mark(const struct lines *lines, size_t end)
{
	size_t start = end;
	while (start && (lines->at[start - 1].signature || !shown(&lines->at[start - 1])))
		start--;
	while (start < end && !shown(&lines->at[start]))
		start++;
	return start;
}

/* "-- " (RFC 3676 section 4.3). The last one, or the first of several that follow each other closely. */
static size_t by_dashes(const struct lines *lines, size_t end)
{
	size_t found = end, count = 0;
	for (size_t i = end; i > 0 && count < MARKED_MAX; i--) {
		if (!shown(&lines->at[i - 1]))
			continue;
		count++;
		if (lines->at[i - 1].kind == LINE_SIGNATURE)
			found = i - 1;
		else if (lines->at[i - 1].kind == LINE_QUOTED)
			break;
	}
	return found;
}

static bool short_name(struct span text)
{
	size_t words = 1;
	for (size_t i = 0; i < text.length; i++) {
		words += text.at[i] == ' ';
		if (strchr(".?!:;/@<>()=0123456789", text.at[i]))
			return false;
	}
	return text.length > 1 && text.length < 40 && words <= 3;
}

static const struct line *shown_above(const struct lines *lines, size_t i)
{
	while (i && !shown(&lines->at[i - 1]))
		i--;
	return i ? &lines->at[i - 1] : NULL;
}

/* Lines that phones add, one or several; and a name between rules above them. */
static size_t by_phone(const struct lines *lines, size_t end)
{
	size_t found = end, others = 0;
	for (size_t i = end; i > 0 && others < 3; i--) {
		if (!shown(&lines->at[i - 1]))
			continue;
		if (mail_signature_phrase(lines->at[i - 1].text)) {
			found = i - 1;
			others = 0;
		} else {
			others += lines->at[i - 1].kind == LINE_RULE ? 0 : 1;
		}
	}
	size_t lines_above = 0;
	for (size_t i = found; found < end && i > 0 && lines_above < 4; i--) {
		if (!shown(&lines->at[i - 1]))
			continue;
		if (lines->at[i - 1].kind == LINE_RULE)
			return i - 1;
		if (mail_span_trim(lines->at[i - 1].text).length > 50)
			break;
		lines_above++;
	}
	return found;
}

/* What mailing lists put below: a long rule, the name of the list and where to leave it. */
static size_t by_list_footer(const struct lines *lines, size_t end)
{
	size_t rule = end;
	for (size_t i = end, count = 0; i > 0 && count < 10 && rule == end; i--) {
		count += shown(&lines->at[i - 1]);
		if (lines->at[i - 1].kind == LINE_RULE && !lines->at[i - 1].hidden && mail_span_trim(lines->at[i - 1].text).length >= 20)
			rule = i - 1;
	}
	for (size_t i = rule; i < end; i++) {
		struct span text = lines->at[i].text;
		if (shown(&lines->at[i]) && (span_has_nocase(text, "mailing list") || span_has_nocase(text, "unsubscribe") || span_has_nocase(text, "listinfo")))
			return rule;
	}
	return end;
}

/* "-ann", "- Ann Lee" as the last line, and no list of such lines above it. */
static size_t by_dash_name(const struct lines *lines, size_t end)
{
	if (!end || lines->at[end - 1].kind != LINE_TEXT)
		return end;
	struct span text = mail_span_trim(lines->at[end - 1].text);
	size_t dashes = text.length && text.at[0] == '-' ? 1 : text.length > 3 && memcmp(text.at, "\xE2\x80\x94", 3) == 0 ? 3 : 0;
	while (dashes && dashes < text.length && (text.at[dashes] == '-' || text.at[dashes] == ' '))
		dashes++;
	const struct line *above = shown_above(lines, end - 1);
	bool list = above && mail_span_trim(above->text).length && mail_span_trim(above->text).at[0] == '-';
	struct span name = { text.at + dashes, text.length - dashes };
	return dashes && above && !list && short_name(name) && (is_alpha(name.at[0]) || (unsigned char)name.at[0] >= 0x80) ? end - 1 : end;
}

static bool contact_line(struct span text)
{
	size_t digits = 0;
	for (size_t i = 0; i < text.length; i++)
		digits += is_digit(text.at[i]);
	return memchr(text.at, '@', text.length) || digits >= 7 || span_has_nocase(text, "http") || mail_span_starts_nocase(text, "www.");
}

static bool sentence(struct span text)
{
	return text.length && strchr(".?!:,;", text.at[text.length - 1]) && !contact_line(text);
}

/* A rule and nothing but short lines below it: a name, or some with ways to reach somebody among them. */
static size_t by_rule(const struct lines *lines, size_t end)
{
	size_t count = 0, contacts = 0, words = 0;
	for (size_t i = end; i > 0 && count < LINES_MAX; i--) {
		const struct line *line = &lines->at[i - 1];
		struct span text = mail_span_trim(line->text);
		if (!shown(line))
			continue;
		if (line->kind == LINE_RULE || (line->kind == LINE_TEXT && mail_rule_of(text, 3)))
			return count && (contacts >= 2 || (count == 1 && words <= 3)) ? i - 1 : end;
		if (text.length > SHORT_LINE || sentence(text) || line->kind == LINE_QUOTED)
			return end;
		for (size_t n = 0; n < text.length; n++)
			words += n == 0 || text.at[n] == ' ';
		contacts += contact_line(text);
		count++;
	}
	return end;
}

/* The last paragraph is a card: a name, then mostly ways to reach it. */
static size_t by_card(const struct lines *lines, size_t end)
{
	size_t count = 0, contacts = 0, i = end;
	for (; i > 0 && lines->at[i - 1].kind == LINE_TEXT && !lines->at[i - 1].hidden; i--) {
		struct span text = mail_span_trim(lines->at[i - 1].text);
		if (text.length > 50 || sentence(text) || ++count > 8)
			return end;
		contacts += contact_line(text);
	}
	bool card = i && count >= 3 && contacts >= 2 && contacts * 2 >= count && short_name(mail_span_trim(lines->at[i].text));
	return card ? i : end;
}

/* The sender's own name as the last line. */
static size_t by_name(const struct lines *lines, size_t end, const char *author)
{
	if (!end || !author || !*author || lines->at[end - 1].kind != LINE_TEXT || !shown_above(lines, end - 1))
		return end;
	struct span text = mail_span_trim(lines->at[end - 1].text), name = span_of(author);
	const char *blank = memchr(name.at, ' ', name.length);
	struct span first = { name.at, blank ? (size_t)(blank - name.at) : name.length };
	bool same = (text.length == name.length && strncasecmp(text.at, name.at, name.length) == 0)
	            || (first.length > 2 && text.length == first.length && strncasecmp(text.at, first.at, first.length) == 0);
	return same ? end - 1 : end;
}

/* "/Ann" and "//Ann Lee", as Swedes and Danes sign. In an answer to us a line with a slash may be a command: there only the sender's own
 * name is one. */
static size_t by_slash_name(const struct lines *lines, size_t end, const char *author, bool answers_us)
{
	if (!end || lines->at[end - 1].kind != LINE_TEXT || !shown_above(lines, end - 1))
		return end;
	struct span name = mail_span_trim(lines->at[end - 1].text);
	size_t slashes = 0;
	for (; name.length && name.at[0] == '/'; name.at++, name.length--)
		slashes++;
	name = mail_span_trim(name);
	if (slashes < 1 || slashes > 2 || !short_name(name))
		return end;
	struct span own = span_of(author ? author : "");
	bool same = own.length >= name.length && strncasecmp(own.at, name.at, name.length) == 0 && (own.length == name.length || own.at[name.length] == ' ');
	bool capital = (name.at[0] >= 'A' && name.at[0] <= 'Z' && name.at[1] >= 'a') || (unsigned char)name.at[0] >= 0xC3;
	return same || (capital && !answers_us) ? end - 1 : end;
}

static size_t by_closing(const struct lines *lines, size_t end)
{
	size_t count = 0, found = end;
	for (size_t i = end; i > 0 && count < LINES_MAX; i--) {
		const struct line *line = &lines->at[i - 1];
		if (!shown(line))
			continue;
		struct span text = mail_span_trim(line->text);
		if (line->kind == LINE_QUOTED)
			break;
		if ((mail_closing_line(text) && count) || closing_with_name(text)) {
			found = i - 1;                                   /* a formula without a name is no signature */
			break;
		}
		if (text.length > SHORT_LINE && !memmem(text.at, text.length, "://", 3))
			break;
		count++;
	}
	return found;
}

/* Takes a found beginning; where nothing was found, `start` stays what it was. */
static size_t last_shown_or(const struct lines *lines, size_t start, size_t end, size_t found)
{
	return found < start && found < end ? found : start;
}

size_t mail_signature_start(const struct lines *lines, size_t end, const char *author, bool answers_us, bool *marked)
{
	end = last_shown(lines, end);
	*marked = true;
	size_t start = by_mark(lines, end);
	start = last_shown_or(lines, start, end, by_list_footer(lines, start));
	start = last_shown_or(lines, start, end, by_dashes(lines, start));
	start = last_shown_or(lines, start, end, by_phone(lines, start));
	if (start < end)
		return by_dash_name(lines, last_shown(lines, start)) < last_shown(lines, start) ? by_dash_name(lines, last_shown(lines, start)) : start;
	size_t (*const ways[])(const struct lines *, size_t) = { by_rule, by_closing, by_dash_name, by_card };
	*marked = false;
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		size_t found = ways[i](lines, end);
		if (found < end)
			return found;
	}
	size_t found = by_name(lines, end, author);
	return found < end ? found : by_slash_name(lines, end, author, answers_us);
}
