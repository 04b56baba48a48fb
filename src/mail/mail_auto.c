/*
 * mail_auto.c - is this mail written by a machine, and may a machine answer it?
 *
 * RFC 3834 (Auto-Submitted, null sender, lists), RFC 2076 Precedence, and what responders really send: X-Auto-Response-
 * Suppress and the like (Exchange), X-Autoreply, X-Autorespond, X-Mail-Autoreply (Gmail, sendmail's vacation, Lotus, help
 * desks), and the subjects of vacation notices in the languages of mail_phrases.c.
 * Careful: a kind of auto-reply keeps a mail from opening a ticket's clock, so words of a person must never be enough
 * alone. May not look into the store. Makes no problems; the reason stands in auto_answer_why.
 */
#include "mail_private.h"

/* The first reason stays: it is the strongest. */
static void forbid(struct arena *arena, struct mail *mail, const char *why, const char *value)
{
	if (!mail->auto_answer_allowed)
		return;
	mail->auto_answer_allowed = false;
	const char *text = *value ? arena_printf(arena, "%s: %s", why, value) : why;
	mail->auto_answer_why = utf8_clean(arena, text, strlen(text));
}

/* Beginnings of the subjects of absence notices. Only with RE-like prefixes, dates or names behind, as programs write them. */
static const char *const absent_subjects[] = {
	"out of office", "out of the office", "out-of-office", "automatic reply", "auto reply", "auto-reply", "autoreply",
	"auto response", "auto-response", "automatic response", "autoresponse", "auto-responder",
	"vacation", "on vacation", "away from", "i am away", "i am out of", "i'm out of", "abwesenheitsnotiz",
	"automatische antwort", "abwesenheit", "abwesend", "ich bin nicht im büro", "automatische rückantwort",
	"réponse automatique", "absence du bureau", "message d'absence", "absent du bureau", "risposta automatica", "fuori sede",
	"fuori ufficio", "assente", "respuesta automática", "respuesta automatica", "fuera de la oficina", "ausente",
	"resposta automática", "resposta automatica", "fora do escritório", "ausência", "automatisch antwoord", "afwezigheid",
	"afwezigheidsbericht", "niet aanwezig", "autosvar", "automatiskt svar", "frånvaro", "frånvarande", "automatisk svar",
	"fravær", "fraværende", "ikke til stede",
	"automatyczna odpowiedź", "odpowiedź automatyczna", "autoodpowiedź", "poza biurem", "автоответ", "автоматический ответ",
	"нет на месте", "вне офиса", "自动回复", "自動回覆", "自动答复", "不在のお知らせ", "自動応答", "自動返信", "automaattinen vastaus", "poissa",
	"otomatik yanıt",
	"afwezig", "holiday", "urlaub", "away",
};

static const char *without_prefix(const char *subject)
{
	size_t prefix;
	while (subject_is_reply(subject, &prefix))
		for (subject += prefix; *subject == ' '; subject++)
			;
	return subject;
}

static bool absence_subject(const char *subject)
{
	struct span text = span_of(without_prefix(subject));
	for (size_t i = 0; i < COUNT_OF(absent_subjects); i++) {
		size_t used = fold_starts(text, absent_subjects[i]);
		bool word_end = used && (used >= text.length || !(is_alpha(text.at[used]) || is_digit(text.at[used])));
		if (word_end)
			return true;
	}
	return false;
}

/* Only the strong ones: what no person writes as a subject. */
static bool automatic_subject(const char *subject)
{
	struct span text = span_of(without_prefix(subject));
	for (size_t i = 0; i < COUNT_OF(absent_subjects); i++) {
		const char *word = absent_subjects[i];
		size_t used = fold_starts(text, word);
		bool strong = used && (strstr(word, "auto") || strstr(word, "office") || strstr(word, "автоот") || strstr(word, "自") || strstr(word, "不在") || strstr(word, "ufficio")
		              || strstr(word, "notiz") || strstr(word, "oficina") || strstr(word, "bureau") || strstr(word, "biurem"));
		if (strong && (used == text.length || strchr(":-;,.( [|", text.at[used]) || strstr(word, "auto")))
			return true;
	}
	return false;
}

static bool has_field(const struct fields *fields, const char *name)
{
	return field_find(fields, name, 0) != NULL;
}

static bool yes_field(struct arena *arena, const struct fields *fields, const char *name)
{
	const char *value = field_find(fields, name, 0) ? field_keyword(arena, fields, name) : "";
	return *value && strcmp(value, "no") != 0 && strcmp(value, "none") != 0 && strcmp(value, "false") != 0 && strcmp(value, "0") != 0;
}

/* Says a header that this is an answer that a program made? The name of the header, or NULL. */
static const char *auto_reply_header(struct arena *arena, const struct fields *fields)
{
	static const char *const names[] = {
		"X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Reply", "X-Mail-Autoreply", "X-AutoReply-From",
		"X-Autoreply-From", "X-Vacation",
	                                     "X-FC-MachineGenerated", "X-Auto-Respond", "X-AutoRespond", "X-Cron-Env" };
	const char *submitted = field_keyword(arena, fields, "Auto-Submitted");
	if (strncmp(submitted, "auto-replied", 12) == 0)
		return "Auto-Submitted: auto-replied";
	for (size_t i = 0; i + 1 < COUNT_OF(names); i++)
		if (yes_field(arena, fields, names[i]))
			return names[i];
	const char *precedence = field_keyword(arena, fields, "Precedence");
	if (strcmp(precedence, "auto_reply") == 0 || strcmp(precedence, "auto-reply") == 0)
		return "Precedence: auto_reply";
	if (strcmp(field_keyword(arena, fields, "X-Precedence"), "auto_reply") == 0)
		return "X-Precedence: auto_reply";
	const char *class = field_keyword(arena, fields, "X-POST-MessageClass");
	return strstr(class, "autoresponder") ? "X-POST-MessageClass" : NULL;
}

static bool null_sender(struct arena *arena, const struct fields *fields, const struct mail_options *options)
{
	if (options->envelope_from)
		return !*options->envelope_from || strcmp(options->envelope_from, "<>") == 0;
	struct span path = field_value(fields, "Return-Path");
	return path.length == 2 && memcmp(path.at, "<>", 2) == 0;
}

/* Local parts behind which no person sits (RFC 3834 section 2; RFC 2142). */
static bool machine_address(const char *address)
{
	static const char *const parts[] = {
		"mailer-daemon", "noreply", "no-reply", "donotreply", "do-not-reply", "do_not_reply", "no_reply", "bounce",
		"bounces", "listserv", "majordomo",
	                                     "owner-", "mdaemon", "nobody", "root", "postmaster", "mail-daemon", "notifications-noreply" };
	struct span local = { address, strcspn(address, "@") };
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		size_t length = strlen(parts[i]);
		if (span_starts_nocase(local, parts[i]) && (local.length == length || parts[i][length - 1] == '-' || local.at[length] == '+' || local.at[length] == '-'))
			return true;
	}
	return (local.length > 8 && span_equal_nocase((struct span){ local.at + local.length - 8, 8 }, "-request")) || span_has_nocase(local, "noreply") || span_has_nocase(local, "no-reply");
}

static bool is_list(struct arena *arena, const struct fields *fields)
{
	static const char *const names[] = {
		"List-Id", "List-Post", "List-Unsubscribe", "List-Help", "List-Subscribe", "List-Owner", "Mailing-List",
		"X-Mailing-List", "X-Mailman-Version", "X-ListMember", "X-List-Id",
	};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (has_field(fields, names[i]))
			return true;
	return strcmp(field_keyword(arena, fields, "Precedence"), "list") == 0;
}

static void judge_answer(struct arena *arena, const struct fields *fields, const struct mail_options *options, struct mail *mail)
{
	const char *submitted = field_keyword(arena, fields, "Auto-Submitted");
	if (*submitted && strcmp(submitted, "no") != 0)
		forbid(arena, mail, "Auto-Submitted", submitted);
	const char *precedence = field_keyword(arena, fields, "Precedence");
	if (strcmp(precedence, "bulk") == 0 || strcmp(precedence, "junk") == 0 || strcmp(precedence, "list") == 0 || strncmp(precedence, "auto", 4) == 0)
		forbid(arena, mail, "Precedence", precedence);
	if (null_sender(arena, fields, options))
		forbid(arena, mail, "null envelope sender", "");
	if (mail->list_mail)
		forbid(arena, mail, "list mail", "");
	const char *suppress = field_keyword(arena, fields, "X-Auto-Response-Suppress");
	if (strstr(suppress, "all") || strstr(suppress, "autoreply") || strstr(suppress, "oof"))
		forbid(arena, mail, "X-Auto-Response-Suppress", suppress);
	const char *header = auto_reply_header(arena, fields);
	if (header)
		forbid(arena, mail, header, "");
	if (yes_field(arena, fields, "X-Loop") || has_field(fields, "X-Zammad-Article-Type"))
		forbid(arena, mail, "X-Loop", "");
	if (yes_field(arena, fields, "X-Spam-Flag"))
		forbid(arena, mail, "X-Spam-Flag", "");
	if (has_field(fields, "Feedback-ID") || has_field(fields, "X-Feedback-Id"))
		forbid(arena, mail, "mass mailing (Feedback-ID)", "");
	if (!*mail->from.address)
		forbid(arena, mail, "no sender to answer", "");
	else if (machine_address(mail->from.address))
		forbid(arena, mail, "a machine's address", mail->from.address);
	if (options->envelope_from && machine_address(options->envelope_from))
		forbid(arena, mail, "a machine's envelope sender", options->envelope_from);
	if (options->envelope_from && options->recipient && *options->recipient && text_equal_nocase(options->envelope_from, options->recipient))
		forbid(arena, mail, "sent to itself", options->recipient);
	if (*mail->our_marks)
		forbid(arena, mail, "our own mail", "");
}

/* RFC 3834 section 3.1.8 and responders of one person's mailbox: they name vacation, or whose mailbox it is. */
static bool personal_responder(struct arena *arena, const struct fields *fields)
{
	const char *submitted = field_keyword(arena, fields, "Auto-Submitted");
	const char *raw = text_lower(arena, unfold(arena, field_value(fields, "Auto-Submitted")));
	return strncmp(submitted, "auto-replied", 12) == 0 && (strstr(raw, "vacation") || strstr(raw, "owner-email"));
}

/* Words of absence at the beginning of what is known to be an automatic answer. */
static bool absence_words(const char *text)
{
	static const char *const words[] = {
		"out of the office", "out of office", "on vacation", "on holiday", "annual leave", "parental leave",
		"maternity leave", "currently away", "i am away", "i'm away", "not in the office", "will be back",
		"limited access to", "when i return", "abwesend", "nicht im büro", "im urlaub", "nicht erreichbar",
		"wieder erreichbar", "fuori sede", "fuori ufficio", "in ferie", "sono assente", "absent", "en congé",
		"en vacances", "fuera de la oficina", "de vacaciones", "ausente", "de férias", "fora do escritório", "afwezig",
		"op vakantie", "niet aanwezig", "på semester", "inte på kontoret", "på ferie", "ikke på kontoret",
		"fraværende", "na urlopie", "poza biurem", "nieobecn", "в отпуске", "вне офиса", "отсутству", "休暇", "不在",
		"休假", "外出", "不在办公室",
	};
	struct span start = { text, strnlen(text, 1500) };
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (fold_find(start, words[i]))
			return true;
	return false;
}

void auto_judge(struct arena *arena, const struct fields *fields, const struct mail_options *options, struct mail *mail)
{
	mail->list_mail = is_list(arena, fields);
	mail->auto_answer_allowed = true;
	mail->auto_answer_why = "";
	const char *header = auto_reply_header(arena, fields);
	bool absent = absence_subject(mail->subject), automatic = automatic_subject(mail->subject);
	bool machine = null_sender(arena, fields, options) || has_field(fields, "X-Auto-Response-Suppress") || header
	               || (*field_keyword(arena, fields, "Auto-Submitted") && strcmp(field_keyword(arena, fields, "Auto-Submitted"), "no") != 0)
	               || strncmp(field_keyword(arena, fields, "Precedence"), "bulk", 4) == 0 || strncmp(field_keyword(arena, fields, "Precedence"), "junk", 4) == 0;
	if (mail->kind == MAIL_REQUEST || mail->kind == MAIL_REPLY) {
		if (header || automatic || (absent && machine))
			mail->kind = MAIL_AUTO_REPLY;
	}
	mail->out_of_office = mail->kind == MAIL_AUTO_REPLY && (absent || automatic || personal_responder(arena, fields) || absence_words(mail->text));
	if (mail->kind == MAIL_BOUNCE)
		forbid(arena, mail, "delivery report", "");
	else if (mail->kind == MAIL_FEEDBACK_REPORT)
		forbid(arena, mail, "feedback report", "");
	judge_answer(arena, fields, options, mail);
	if (mail->kind == MAIL_AUTO_REPLY)
		forbid(arena, mail, "automatic reply by its subject", "");
}
