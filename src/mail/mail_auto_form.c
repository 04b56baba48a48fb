/*
 * mail_auto_form.c - is this the whole form of a program's absence notice, although no field says so?
 *
 * Gateways strip the fields by which answers are known, and some old responders never wrote any. What is left is the form: the
 * program's own words before a colon and the subject it answers ("Automatic reply: Re: order", in the languages of Exchange and
 * others), or a notice as Notes writes it ("AUTO: Bob Rossi is out of the office (returning 06/03/2026)"). A person who writes
 * about such notices begins with the same words, but goes on without the colon, or with "Re:", or answers nothing.
 * Linear; may not decide by the body alone.
 */
#include "mail_private.h"

#define BODY_BYTES 1500                  /* where the words of absence stand */

/* The programs' words for "automatic reply". */
static const char *const answers[] = {
	"automatic reply", "automatic response", "automatic answer", "automated reply", "automated response", "auto reply", "auto-reply", "autoreply",
	"auto response", "auto-response", "autoresponse", "auto-responder", "autoresponder", "out of office autoreply", "out of office auto-reply",
	"out of office reply", "automatische antwort", "automatische rückantwort", "réponse automatique", "risposta automatica", "respuesta automática",
	"respuesta automatica", "resposta automática", "resposta automatica", "resposta automàtica", "automatisch antwoord", "automatisk svar",
	"automatiskt svar", "autosvar", "sjálfvirkt svar", "automaattinen vastaus", "automaatvastus", "automaatne vastus", "automātiska atbilde", "automātiskā atbilde",
	"automatinis atsakymas", "automatyczna odpowiedź", "odpowiedź automatyczna", "autoodpowiedź", "automatická odpověď", "automatická odpoveď",
	"automatikus válasz", "samodejni odgovor", "automatski odgovor", "аутоматски одговор", "automatický odpověď", "răspuns automat",
	"автоответ", "автоматический ответ", "автоматична відповідь", "автовідповідь", "автоматичен отговор", "автоматски одговор", "аўтаматычны адказ",
	"автоматты жауап", "αυτόματη απάντηση", "otomatik yanıt", "otomatik cevap", "avtomatik cavab", "erantzun automatikoa", "ateb awtomatig",
	"përgjigje automatike", "balasan otomatis", "jawaban otomatis", "balasan automatik", "trả lời tự động", "thư trả lời tự động",
	"awtomatikong tugon", "自动回复", "自動回覆", "自动答复", "自動答覆", "自動応答", "自動返信", "자동 회신", "자동 응답", "자동회신",
	"ตอบกลับอัตโนมัติ", "การตอบกลับอัตโนมัติ", "स्वचालित उत्तर", "स्वचालित जवाब", "رد تلقائي", "الرد التلقائي", "پاسخ خودکار",
	"מענה אוטומטי", "תשובה אוטומטית", "ավտոմատ պատասխան", "ავტომატური პასუხი", "স্বয়ংক্রিয় উত্তর", "தானியங்கு பதில்",
};
/* And for absence: what a person may head a mail with, too. */
static const char *const absences[] = {
	"out of office", "out of the office", "out-of-office", "vacation reply", "vacation", "on vacation", "away from my mail", "away from", "i am away",
	"i am out of", "i'm out of", "away", "holiday", "abwesenheitsnotiz", "abwesenheit", "abwesend", "ich bin nicht im büro", "urlaub",
	"nicht im haus", "absence du bureau", "message d'absence", "absent du bureau", "absence", "fuori sede", "fuori ufficio", "assente", "assenza",
	"fuera de la oficina", "ausente", "ausencia", "fora do escritório", "ausência", "afwezigheid", "afwezigheidsbericht", "afwezig", "niet aanwezig",
	"frånvaro", "frånvarande", "fravær", "fraværende", "ikke til stede", "poza biurem", "nieobecność", "нет на месте", "вне офиса", "отсутствие",
	"不在のお知らせ", "不在通知", "外出", "poissa", "poissaolo", "mimo kancelář", "nepřítomnost", "neprítomnosť", "házon kívül", "távollét",
	"ofis dışında", "izvan ureda", "відсутність",
};

/* What says in the text that somebody is away. */
static const char *const absence_phrases[] = {
	"out of the office", "out of office", "on vacation", "on holiday", "annual leave", "parental leave",
	"maternity leave", "currently away", "i am away", "i'm away", "not in the office", "will be back",
	"limited access to", "when i return", "abwesend", "nicht im büro", "im urlaub", "nicht erreichbar",
	"wieder erreichbar", "fuori sede", "fuori ufficio", "in ferie", "sono assente", "absent", "en congé",
	"en vacances", "fuera de la oficina", "de vacaciones", "ausente", "de férias", "fora do escritório", "afwezig",
	"op vakantie", "niet aanwezig", "på semester", "inte på kontoret", "på ferie", "ikke på kontoret",
	"fraværende", "na urlopie", "poza biurem", "nieobecn", "в отпуске", "вне офиса", "отсутству", "休暇", "不在",
	"休假", "外出", "不在办公室",
};

static struct word_index answer_index, absence_index, absence_phrase_index;

void mail_auto_form_init(void)
{
	mail_word_index_make(&answer_index, answers, sizeof *answers, COUNT_OF(answers));
	mail_word_index_make(&absence_phrase_index, absence_phrases, sizeof *absence_phrases, COUNT_OF(absence_phrases));
	mail_word_index_make(&absence_index, absences, sizeof *absences, COUNT_OF(absences));
}

/* The bytes of the longest phrase that the text begins with, at the end of a word; 0: none. */
static size_t phrase_at(struct span text, const char *const *phrases, const struct word_index *index)
{
	size_t most = 0;
	for (size_t i = word_index_at(index, text); i; i = index->next[i]) {
		size_t used = fold_starts(text, phrases[i - 1]);
		bool end = used && (used >= text.length || !(is_alpha(text.at[used]) || is_digit(text.at[used])));
		if (end && used > most)
			most = used;
	}
	return most;
}

/* Tags that mail servers and lists put before a subject: "[EXTERN]", "(External)", "{Spam?}", "EXT:". */
static struct span behind_tags(struct span text)
{
	static const char *const labels[] = { "external:", "extern:", "ext:", "externe:", "esterno:", "externo:", "caution:", "***spam***", "*spam*" };
	static const char open[] = "[({<*", shut[] = "])}>*";
	for (int tags = 0; tags < 4; tags++) {
		text = mail_span_trim(text);
		const char *kind = text.length ? memchr(open, text.at[0], sizeof open - 1) : NULL;
		size_t near = text.length < 40 ? text.length : 40, used = 0;
		const char *end = kind && near > 1 ? memchr(text.at + 1, shut[kind - open], near - 1) : NULL;
		if (end)
			used = (size_t)(end - text.at) + 1;
		for (size_t i = 0; i < COUNT_OF(labels) && !used; i++)
			used = fold_starts(text, labels[i]);
		if (!used)
			break;
		text.at += used, text.length -= used;
	}
	return text;
}

enum form { FORM_NONE, FORM_WHOLE, FORM_COLON };

/* What stands behind the phrase: nothing, or a colon and, in *rest, the subject that is answered. */
static enum form form_of(struct span text, size_t used, struct span *rest)
{
	*rest = mail_span_trim((struct span){ text.at + used, text.length - used });
	if (rest->length >= 2 && (unsigned char)rest->at[0] == 0xC2 && (unsigned char)rest->at[1] == 0xA0)
		*rest = mail_span_trim((struct span){ rest->at + 2, rest->length - 2 });
	size_t colon = rest->length && rest->at[0] == ':' ? 1 : rest->length >= 3 && memcmp(rest->at, "\xEF\xBC\x9A", 3) == 0 ? 3 : 0;
	if (colon) {
		*rest = mail_span_trim((struct span){ rest->at + colon, rest->length - colon });
		return rest->length ? FORM_COLON : FORM_WHOLE;
	}
	while (rest->length && strchr(".!", rest->at[0]))
		rest->at++, rest->length--;
	return rest->length ? FORM_NONE : FORM_WHOLE;
}

/* "(returning 06/03/2026)", in any language: a parenthesis at the end that ends with a date. */
static bool ends_with_return(struct span text)
{
	while (text.length && strchr(". ", text.at[text.length - 1]))
		text.length--;
	if (text.length < 12 || text.at[text.length - 1] != ')')
		return false;
	size_t digits = 0, marks = 0, at = text.length - 1;
	for (; at > 0 && (is_digit(text.at[at - 1]) || strchr("./-", text.at[at - 1])); at--)
		is_digit(text.at[at - 1]) ? digits++ : marks++;
	return digits >= 4 && marks >= 2 && at > 1 && text.at[at - 1] == ' ' && memrchr(text.at, '(', at);
}

/* Notes: "AUTO: Name is out of the office (returning 06/03/2026)", and "Name is out of the office." of its elder versions. */
static bool notes_form(struct span text, bool answers_something, const char *words)
{
	if (fold_starts(text, "auto:") || fold_starts(text, "auto :"))
		return ends_with_return(text) || ((span_has_nocase(text, " is out of the office") || span_has_nocase(text, " is away")) && mail_absence_words(words));
	while (text.length && strchr(". ", text.at[text.length - 1]))
		text.length--;
	static const char end[] = " is out of the office";
	size_t length = sizeof end - 1;
	bool whole = text.length > length && text.length < 80 && mail_span_equal_nocase((struct span){ text.at + text.length - length, length }, end);
	return (whole || (ends_with_return(text) && span_has_nocase(text, end))) && answers_something && mail_absence_words(words);
}

/* Does a subject that an answer cites begin with a mark of one: "Re: ", "[#12]", "[list]"? */
static bool cites(const char *subject)
{
	size_t prefix;
	return *subject == '[' || mail_subject_is_reply(subject, &prefix) || mail_subject_is_forward(subject);
}

static struct span notice_of(const char *subject)
{
	size_t prefix;
	/* "Re: Automatic reply: ..." is a person's answer to such a notice. */
	return mail_subject_is_reply(subject, &prefix) || mail_subject_is_forward(subject) ? (struct span){ subject, 0 } : behind_tags(span_of(subject));
}

const char *mail_automatic_form(const struct mail *mail, bool marked)
{
	struct span text = notice_of(mail->subject), rest;
	size_t answer = phrase_at(text, answers, &answer_index), absence = answer ? 0 : phrase_at(text, absences, &absence_index);
	bool notes = !answer && !absence && (fold_starts(text, "auto") || (text.length && strchr(".)", text.at[text.length - 1])) || span_has_nocase(text, "out of the office"));
	if (!answer && !absence && !notes)
		return NULL;
	bool answering = mail->in_reply_to.count || mail->references.count;
	if (notes)                               /* many a subject ends like one: the text is read last */
		return notes_form(text, answering || marked, mail->text) ? "an absence notice by its form" : NULL;
	bool absent = mail_absence_words(mail->text);
	enum form form = form_of(text, answer ? answer : absence, &rest);
	bool asks = memchr(mail->text, '?', strnlen(mail->text, BODY_BYTES)) != NULL;
	bool cited = form == FORM_COLON && cites(rest.at), told = absent && !asks;
	bool is = form != FORM_NONE && (answer ? answering || cited || marked || told : cited || (marked && (answering || absent)) || (answering && (form == FORM_COLON || told)));
	return is ? answer ? "an automatic reply by its form" : "an absence notice by its form" : NULL;
}

bool mail_absence_subject(const char *subject)
{
	struct span text = notice_of(subject);
	return phrase_at(text, answers, &answer_index) || phrase_at(text, absences, &absence_index);
}

/* Words of absence at the beginning of what is known to be an automatic answer. */
bool mail_absence_words(const char *text)
{
	struct span start = { text, strnlen(text, BODY_BYTES) };
	return mail_fold_find_any(start, absence_phrases, &absence_phrase_index);
}
