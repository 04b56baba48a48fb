/*
 * mail_phrases.c - the words by which mail programs mark what they quote, in the languages we read.
 *
 * Lines such as "-----Original Message-----", "From: / Sent: / To: / Subject:" blocks, "Sent from my phone". The words
 * are those of the programs' own translations (Outlook, Thunderbird, Apple Mail, Gmail, Yahoo, Lotus, mobile clients) in
 * en it de fr es pt nl sv da no pl ru zh ja, and of a few neighbours.
 * One line at a time, no backtracking; may not decide what is cut.
 */
#include "mail_private.h"

struct header_name { const char *name; enum header_word word; };
static const struct header_name header_names[] = {
	{ "from", HEADER_FROM }, { "von", HEADER_FROM }, { "de", HEADER_FROM }, { "da", HEADER_FROM },
	{ "van", HEADER_FROM }, { "från", HEADER_FROM },
	{ "fra", HEADER_FROM }, { "od", HEADER_FROM }, { "от", HEADER_FROM }, { "от кого", HEADER_FROM },
	{ "mittente", HEADER_FROM }, { "expéditeur", HEADER_FROM },
	{ "absender", HEADER_FROM }, { "afzender", HEADER_FROM }, { "remitente", HEADER_FROM },
	{ "remetente", HEADER_FROM }, { "nadawca", HEADER_FROM },
	{ "avsändare", HEADER_FROM }, { "afsender", HEADER_FROM }, { "avsender", HEADER_FROM },
	{ "отправитель", HEADER_FROM }, { "发件人", HEADER_FROM },
	{ "寄件者", HEADER_FROM }, { "寄件人", HEADER_FROM }, { "差出人", HEADER_FROM }, { "送信者", HEADER_FROM },
	{ "lähettäjä", HEADER_FROM }, { "kimden", HEADER_FROM },
	{ "sent", HEADER_DATE }, { "date", HEADER_DATE }, { "gesendet", HEADER_DATE }, { "gesendet am", HEADER_DATE },
	{ "datum", HEADER_DATE }, { "envoyé", HEADER_DATE },
	{ "envoyé le", HEADER_DATE }, { "inviato", HEADER_DATE }, { "data", HEADER_DATE }, { "enviado", HEADER_DATE },
	{ "enviado el", HEADER_DATE },
	{ "enviado em", HEADER_DATE }, { "enviada em", HEADER_DATE }, { "enviada", HEADER_DATE }, { "fecha", HEADER_DATE },
	{ "verzonden", HEADER_DATE },
	{ "skickat", HEADER_DATE }, { "sendt", HEADER_DATE }, { "dato", HEADER_DATE }, { "wysłano", HEADER_DATE },
	{ "wysłane", HEADER_DATE }, { "отправлено", HEADER_DATE },
	{ "дата", HEADER_DATE }, { "дата и время", HEADER_DATE }, { "发送时间", HEADER_DATE }, { "日期", HEADER_DATE },
	{ "时间", HEADER_DATE }, { "寄件日期", HEADER_DATE }, { "傳送日期", HEADER_DATE }, { "已发送", HEADER_DATE },
	{ "送信日時", HEADER_DATE }, { "日付", HEADER_DATE }, { "日時", HEADER_DATE }, { "lähetetty", HEADER_DATE },
	{ "date sent", HEADER_DATE }, { "sent date", HEADER_DATE },
	{ "to", HEADER_TO }, { "an", HEADER_TO }, { "à", HEADER_TO }, { "a", HEADER_TO }, { "para", HEADER_TO },
	{ "aan", HEADER_TO }, { "till", HEADER_TO },
	{ "til", HEADER_TO }, { "do", HEADER_TO }, { "кому", HEADER_TO }, { "收件人", HEADER_TO }, { "收件者", HEADER_TO },
	{ "宛先", HEADER_TO }, { "empfänger", HEADER_TO },
	{ "destinatario", HEADER_TO }, { "destinataire", HEADER_TO }, { "destinatário", HEADER_TO },
	{ "vastaanottaja", HEADER_TO }, { "recipients", HEADER_TO },
	{ "subject", HEADER_SUBJECT }, { "betreff", HEADER_SUBJECT }, { "betr", HEADER_SUBJECT },
	{ "objet", HEADER_SUBJECT }, { "oggetto", HEADER_SUBJECT },
	{ "asunto", HEADER_SUBJECT }, { "assunto", HEADER_SUBJECT }, { "onderwerp", HEADER_SUBJECT },
	{ "ämne", HEADER_SUBJECT }, { "emne", HEADER_SUBJECT },
	{ "temat", HEADER_SUBJECT }, { "тема", HEADER_SUBJECT }, { "主题", HEADER_SUBJECT }, { "主旨", HEADER_SUBJECT },
	{ "件名", HEADER_SUBJECT }, { "aihe", HEADER_SUBJECT },
	{ "cc", HEADER_CC }, { "kopie", HEADER_CC }, { "kopia", HEADER_CC }, { "kopi", HEADER_CC }, { "копия", HEADER_CC },
	{ "抄送", HEADER_CC }, { "副本", HEADER_CC },
	{ "bcc", HEADER_CC }, { "dw", HEADER_CC }, { "reply to", HEADER_REPLY_TO }, { "reply-to", HEADER_REPLY_TO },
	{ "antwort an", HEADER_REPLY_TO },
	{ "rispondi a", HEADER_REPLY_TO }, { "importance", HEADER_OTHER }, { "wichtigkeit", HEADER_OTHER },
	{ "priorität", HEADER_OTHER }, { "attachments", HEADER_OTHER },
	{ "organization", HEADER_OTHER }, { "newsgroups", HEADER_OTHER }, { "priority", HEADER_OTHER },
};

static struct word_index header_index;

/* Without leading marks of quoting, emphasis and lists. */
static struct span bare_line(struct span line)
{
	line = span_trim(line);
	while (line.length && strchr("*>_ |", line.at[0]))
		line.at++, line.length--;
	return line;
}

enum header_word header_line(struct span line, struct span *value, bool *found)
{
	line = bare_line(line);
	*found = false;
	size_t near = line.length < 48 ? line.length : 48;
	if (!memchr(line.at, ':', near) && !memmem(line.at, near, "\xEF\xBC\x9A", 3))
		return HEADER_OTHER;
	for (size_t at = word_index_at(&header_index, line); at; at = header_index.next[at]) {
		const struct header_name *header = &header_names[at - 1];
		size_t used = fold_starts(line, header->name);
		if (!used)
			continue;
		while (used < line.length && (line.at[used] == ' ' || line.at[used] == '*' || line.at[used] == '\t'
		                              || ((unsigned char)line.at[used] == 0xC2 && used + 1 < line.length && (unsigned char)line.at[used + 1] == 0xA0)))
			used += (unsigned char)line.at[used] == 0xC2 ? 2 : 1;
		size_t colon = used < line.length && line.at[used] == ':' ? 1 : used + 3 <= line.length && memcmp(line.at + used, "\xEF\xBC\x9A", 3) == 0 ? 3 : 0;
		if (!colon)
			continue;
		used += colon;
		while (used < line.length && line.at[used] == '*')
			used++;
		*value = span_trim((struct span){ line.at + used, line.length - used });
		*found = true;
		return header->word;
	}
	return HEADER_OTHER;
}

static const char *const original_phrases[] = {
	"original message", "original-nachricht", "originalnachricht", "ursprüngliche nachricht", "ursprüngliche e-mail",
	"originale nachricht",
	"reply message", "antwort nachricht", "message d'origine", "message original", "messaggio originale",
	"mensaje original", "mensaje original de", "mensagem original",
	"oorspronkelijk bericht", "origineel bericht", "ursprungligt meddelande", "originalmeddelande",
	"ursprungsmeddelande", "oprindelig meddelelse",
	"original meddelelse", "original besked", "opprinnelig melding", "original melding", "wiadomość oryginalna",
	"oryginalna wiadomość", "wiadomość źródłowa",
	"исходное сообщение", "оригинальное сообщение", "исходное письмо", "первоначальное сообщение", "原始邮件", "邮件原件",
	"原郵件", "原始郵件", "回复的原邮件", "元のメッセージ", "原文",
	"original appointment", "alkuperäinen viesti", "orijinal mesaj", "original email", "e-mail original",
	"email original", "e-mail d'origine",
};
static const char *const forward_phrases[] = {
	"forwarded message", "forwarded mail", "begin forwarded message", "start of forwarded message", "forwarded by",
	"forwarded letter", "weitergeleitete nachricht", "anfang der weitergeleiteten nachricht",
	"weitergeleitete e-mail", "message transféré", "début du message transféré", "début du message réexpédié",
	"messaggio inoltrato", "inizio messaggio inoltrato", "messaggio inoltrato da",
	"mensaje reenviado", "inicio del mensaje reenviado", "mensagem encaminhada", "mensagem reencaminhada",
	"início da mensagem encaminhada", "início da mensagem reenviada", "doorgestuurd bericht",
	"begin doorgestuurd bericht", "vidarebefordrat meddelande", "vidarebefordrat brev", "vidarebefordrat mail",
	"påbörjat vidarebefordrat meddelande", "videresendt meddelelse", "videresendt besked",
	"start på videresendt besked", "videresendt melding", "videresendt e-post", "begynnelse på videresendt melding",
	"przekazana wiadomość", "wiadomość przekazana", "treść przekazanej wiadomości", "początek przekazywanej wiadomości",
	"пересылаемое сообщение", "пересланное сообщение", "начало переадресованного сообщения",
	"перенаправленное сообщение", "转发的邮件", "转发邮件", "转发信件", "已转发邮件", "下面是被转发的邮件", "轉寄郵件", "轉寄的郵件", "開始轉寄郵件",
	"転送されたメッセージ", "転送メッセージ", "転送メール",
};

static struct word_index original_index, forward_index;

static bool phrase_in(struct span line, const char *const *phrases, const struct word_index *index, bool whole)
{
	for (size_t i = word_index_at(index, line); i; i = index->next[i]) {
		size_t used = fold_starts(line, phrases[i - 1]);
		if (used && (!whole || used == line.length || (used + 1 == line.length && line.at[used] == ':')
		             || (used + 3 == line.length && memcmp(line.at + used, "\xEF\xBC\x9A", 3) == 0)))
			return true;
	}
	return false;
}

/* "----- Original Message -----": dashes, a known phrase, dashes; or the phrase alone on its line. */
bool delimiter_line(struct span line, bool *forward)
{
	*forward = false;
	line = bare_line(line);
	size_t dashes = 0;
	while (line.length && (strchr("-_=~#*> ", line.at[0]) || (line.length > 2 && (unsigned char)line.at[0] == 0xE2 && (unsigned char)line.at[1] == 0x80))) {
		size_t size = (unsigned char)line.at[0] == 0xE2 ? 3 : 1;
		dashes += line.at[0] != ' ';
		line.at += size, line.length -= size;
	}
	while (line.length && (strchr("-_=~#*< ", line.at[line.length - 1])))
		line.length--;
	if (!line.length || line.length > 200)
		return false;
	if (phrase_in(line, forward_phrases, &forward_index, dashes < 2))
		return *forward = true;
	if (phrase_in(line, original_phrases, &original_index, dashes < 2))
		return true;
	/* "##- Please type your reply above this line -##" of other help desks */
	return dashes >= 2 && line.length < 120 && fold_find(line, "above this line") && fold_find(line, "reply");
}

struct phone_phrase { const char *start, *word; };           /* the line starts with, and holds, if not NULL */

/* What a program adds by itself below a mail written on a phone. A phrase that a person could write needs a second word. */
static const struct phone_phrase phone_phrases[] = {
	{ "sent from my ", NULL }, { "sent from a ", NULL }, { "sent from the ", "app" }, { "sent from yahoo", NULL },
	{ "sent from mail", NULL }, { "sent from outlook", NULL }, { "sent from samsung", NULL },
	{ "sent from proton", NULL }, { "sent from gmail", NULL }, { "sent from windows", NULL },
	{ "sent from iphone", NULL }, { "sent from ipad", NULL }, { "sent from android", NULL },
	{ "sent from mobile", NULL },
	{ "sent from blackberry", NULL }, { "sent from [", NULL }, { "sent from spark", NULL }, { "sent from nine", NULL },
	{ "sent from bluemail", NULL }, { "sent from acompli", NULL }, { "sent from aol", NULL },
	{ "sent from hotmail", NULL },
	{ "sent via ", NULL }, { "sent with ", NULL }, { "sent using ", NULL }, { "sent by ", "phone" },
	{ "sent by galaxy", NULL }, { "sent on the go", NULL }, { "sent on the move", NULL }, { "get outlook for ", NULL },
	{ "get [outlook", NULL },
	{ "from my iphone", NULL }, { "from my ipad", NULL }, { "from my mobile", NULL }, { "from my android", NULL },
	{ "envoyé de mon ", NULL }, { "envoyé depuis ", NULL }, { "envoyé à partir d", NULL }, { "envoyé via ", NULL },
	{ "télécharger outlook", NULL }, { "obtenir outlook", NULL },
	{ "von meinem ", "gesendet" }, { "von meiner ", "gesendet" }, { "gesendet von ", NULL }, { "gesendet mit ", NULL },
	{ "gesendet über ", NULL }, { "diese nachricht wurde von mein", "gesendet" }, { "outlook für ", NULL },
	{ "holen sie sich outlook", NULL }, { "verschickt von ", NULL },
	{ "inviato da ", NULL }, { "inviato dal ", NULL }, { "inviato con ", NULL }, { "scarica outlook", NULL },
	{ "ottieni outlook", NULL }, { "enviado desde ", NULL }, { "enviado de ", NULL }, { "enviado do ", NULL },
	{ "enviado via ", NULL }, { "enviado a partir d", NULL },
	{ "enviado con ", NULL }, { "obtener outlook para ", NULL }, { "obter o outlook", NULL },
	{ "obtenha o outlook", NULL }, { "verzonden vanaf ", NULL }, { "verstuurd vanaf ", NULL },
	{ "verzonden met ", NULL }, { "verzonden via ", NULL }, { "verzonden van ", NULL }, { "outlook voor ", NULL },
	{ "skickat från ", NULL }, { "skickad från ", NULL }, { "skickat med ", NULL }, { "hämta outlook", NULL },
	{ "sendt fra ", NULL }, { "sendt via ", NULL }, { "sendt med ", NULL }, { "hent outlook", NULL },
	{ "skaff deg outlook", NULL }, { "wysłane z ", NULL }, { "wysłano z ", NULL }, { "wysłane za ", NULL },
	{ "pobierz outlook", NULL }, { "отправлено с ", NULL }, { "отправлено из ", NULL }, { "отправлено через ", NULL },
	{ "отправлено мобильной", NULL }, { "发自我的", NULL }, { "發自我的", NULL }, { "从我的", "发" }, { "從我的", "傳送" },
	{ "从我的", "傳送" }, { "發送自我的", NULL }, { "lähetetty ", NULL },
	{ "獲取 outlook", NULL }, { "获取 outlook", NULL },
};

bool signature_phrase(struct span line)
{
	static const char *const within[] = { "から送信", "发送自", "寄自我的", " from mobile", "iphone から", "someone from my" };
	line = bare_line(line);
	while (line.length && strchr("-[(<", line.at[0]))
		line.at++, line.length--;
	line = span_trim(line);
	if (line.length < 6 || line.length > 140)
		return false;
	for (size_t i = 0; i < COUNT_OF(phone_phrases); i++)
		if (fold_starts(line, phone_phrases[i].start) && (!phone_phrases[i].word || fold_find(line, phone_phrases[i].word)))
			return true;
	for (size_t i = 0; i < COUNT_OF(within); i++)
		if (line.length < 48 && fold_find(line, within[i]))
			return true;
	return false;
}

void phrases_init(void)
{
	word_index_make(&header_index, header_names, sizeof *header_names, COUNT_OF(header_names));
	word_index_make(&original_index, original_phrases, sizeof *original_phrases, COUNT_OF(original_phrases));
	word_index_make(&forward_index, forward_phrases, sizeof *forward_phrases, COUNT_OF(forward_phrases));
}
