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
#define SHORT_LINE 70                    /* bytes: a longer one is a sentence */

static const char *const closings[] = {
	"regards", "best regards", "kind regards", "warm regards", "kindest regards", "warmest regards", "with kind regards", "with best regards", "many regards", "best", "all the best", "best wishes", "cheers", "thanks", "thank you", "thanks again",
	"thanks in advance", "many thanks", "thx", "sincerely", "yours sincerely", "sincerely yours", "yours", "yours truly", "yours faithfully", "respectfully", "cordially", "take care", "warmly", "thanks and regards",
	"thanks & regards", "thank you and best regards", "rgds", "br", "ciao", "have a nice day", "with regards", "thanks so much", "thank you so much", "thanks a lot", "thank you very much", "sent by", "talk to you soon", "best,",
	"mit freundlichen grüßen", "mit freundlichen grüssen", "mit freundlichem gruß", "freundliche grüße", "freundliche grüsse", "viele grüße", "viele grüsse", "beste grüße", "beste grüsse", "herzliche grüße", "liebe grüße", "schöne grüße",
	"mfg", "lg", "vg", "gruß", "grüße", "mit besten grüßen", "hochachtungsvoll",
	"cordialement", "bien cordialement", "cordialement vôtre", "salutations", "meilleures salutations", "sincères salutations", "bien à vous", "amicalement", "merci", "merci d'avance", "cdlt", "bonne journée",
	"cordiali saluti", "distinti saluti", "saluti", "un saluto", "grazie", "grazie mille", "grazie e saluti", "cordialmente", "a presto", "buona giornata",
	"saludos", "un saludo", "saludos cordiales", "un cordial saludo", "atentamente", "cordialmente", "gracias", "muchas gracias", "un abrazo",
	"atenciosamente", "cumprimentos", "com os melhores cumprimentos", "melhores cumprimentos", "obrigado", "obrigada", "abraços", "att", "saudações",
	"met vriendelijke groet", "met vriendelijke groeten", "vriendelijke groet", "vriendelijke groeten", "groeten", "groetjes", "mvg", "hartelijke groet", "met hartelijke groet", "bedankt", "alvast bedankt",
	"med vänliga hälsningar", "med vänlig hälsning", "vänliga hälsningar", "mvh", "hälsningar", "tack", "med venlig hilsen", "venlig hilsen", "de bedste hilsner", "hilsen", "med vennlig hilsen", "vennlig hilsen", "beste hilsen", "på forhånd takk", "takk",
	"pozdrawiam", "z poważaniem", "z wyrazami szacunku", "pozdrowienia", "dziękuję", "serdecznie pozdrawiam",
	"с уважением", "всего доброго", "с наилучшими пожеланиями", "спасибо", "заранее спасибо", "с приветом", "此致", "敬具", "よろしくお願いします", "よろしくお願いいたします", "谢谢", "祝好",
};

static bool shown(const struct line *line)
{
	return !line->hidden && line->kind != LINE_EMPTY;
}

bool closing_line(struct span line)
{
	line = span_trim(line);
	while (line.length && strchr(",.!;:- ", line.at[line.length - 1]))
		line.length--;
	for (size_t i = 0; i < COUNT_OF(closings); i++)
		if (fold_equal(line, closings[i]))
			return true;
	return false;
}

/* "Thanks, Ann" and "Regards - Ann Lee": a formula and a name on one line. */
static bool closing_with_name(struct span line)
{
	line = span_trim(line);
	const char *comma = memchr(line.at, ',', line.length);
	if (!comma || line.length > 50 || comma + 1 >= line.at + line.length)
		return false;
	struct span rest = span_trim((struct span){ comma + 1, (size_t)(line.at + line.length - comma - 1) });
	size_t words = 1;
	for (size_t i = 0; i < rest.length; i++)
		words += rest.at[i] == ' ';
	return words <= 3 && rest.length && (unsigned char)rest.at[0] < 128 && rest.at[0] >= 'A' && rest.at[0] <= 'Z'
	       && closing_line((struct span){ line.at, (size_t)(comma - line.at) });
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

static size_t by_phone(const struct lines *lines, size_t end)
{
	size_t found = end, count = 0;
	for (size_t i = end; i > 0 && count < 4; i--) {
		if (!shown(&lines->at[i - 1]))
			continue;
		count++;
		if (signature_phrase(lines->at[i - 1].text))
			found = i - 1;
	}
	return found;
}

static size_t by_closing(const struct lines *lines, size_t end)
{
	size_t count = 0, found = end;
	for (size_t i = end; i > 0 && count < LINES_MAX; i--) {
		const struct line *line = &lines->at[i - 1];
		if (!shown(line))
			continue;
		struct span text = span_trim(line->text);
		if (line->kind == LINE_QUOTED)
			break;
		if (closing_line(text) || closing_with_name(text)) {
			found = i - 1;
			break;
		}
		if (text.length > SHORT_LINE && !memmem(text.at, text.length, "://", 3))
			break;
		count++;
	}
	return found;
}

size_t signature_start(const struct lines *lines, size_t end, bool *marked)
{
	end = last_shown(lines, end);
	*marked = true;
	size_t start = by_mark(lines, end);
	size_t dashes = by_dashes(lines, start);
	if (dashes < start)
		start = dashes;
	size_t phone = by_phone(lines, start);
	if (phone < start)
		start = phone;
	size_t closing = by_closing(lines, start);
	if (closing < start) {
		*marked = start < end;
		start = closing;
	}
	return start;
}
