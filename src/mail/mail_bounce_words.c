/*
 * mail_bounce_words.c - by which words a delivery report is known: its sender, its subject, its sentences, its codes.
 *
 * English as MTAs write it, and the notices of Exchange, Notes and providers in the languages of mail_phrases.c. All
 * are searched with plain loops over the first bytes of a mail that already looks like a report.
 * May not find recipients (mail_bounce_text.c). Makes no problems.
 */
#include "mail_bounce.h"

bool mail_bounce_sender(const struct mail_address *from)
{
	static const char *const locals[] = {
		"mailer-daemon", "postmaster", "mailerdaemon", "mdaemon", "mail-daemon", "maildaemon",
		"mail.delivery.system", "mailadmin", "mail_delivery", "maildelivery",
		"mailsystem", "microsoftexchange", "mmdf", "daemon", "mailer", "delivery", "smtp_mail_service", "e500_smtp",
		"post_master", "post-master", "mail_system", "mail-system",
	};
	static const char *const names[] = {
		"mail delivery", "mailer-daemon", "mail system", "system administrator", "postmaster", "mail administrator",
		"delivery subsystem", "mail deliver", "jetmail",
		"systemadministrator", "bounce", "mail router", "systemadministratör", "amministratore di sistema",
		"administrateur système", "mailer daemon", "メール配送",
	};
	struct span local = { from->address, strcspn(from->address, "@") }, name = span_of(from->name);
	for (size_t i = 0; i < COUNT_OF(locals); i++)
		if (mail_span_starts_nocase(local, locals[i]))
			return true;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (mail_fold_find(name, names[i]))
			return true;
	return span_has_nocase(local, "mailer-daemon");
}

/* For lists that are looked for in every mail, see mail_fold_find_any. */
static struct word_index late_index, failed_index;

static bool any_in(struct span text, const char *const *phrases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (mail_fold_find(text, phrases[i]))
			return true;
	return false;
}

static const char *const late_subjects[] = {
	"delayed", "(delay)", "not yet been delivered", "still being retried", "could not send message for past",
	"delivery warning", "delivery delay", "verzögert", "retardé", "retrasad", "ritard", "försenad", "forsinket",
	"opóźni", "задерж",
};
static const char *const failed_subjects[] = {
	"undeliver", "delivery fail", "delivery has failed", "delivery status", "delivery problem",
	"delivery error", "delivery notification", "delivery report", "delivery unsuccessful", "returned mail",
	"returned to sender", "return to sender",
	"failure notice", "mail failure", "failed mail", "failed delivery", "mail error", "mail delivery",
	"message delivery", "message undeliver", "non-delivery", "nondeliver", "non delivery", "not delivered",
	"could not be delivered", "able to deliver your message", "cannot be delivered", "can't be delivered",
	"unable to deliver", "user unknown", "unknown user", "unknown address", "no such user", "message failure",
	"message rejected", "rejected:", "error sending", "error during delivery", "address not found",
	"email not delivered", "mail not delivered", "bounced mail", "bounce notif", "mail could not",
	"mailbox full", "mailbox is full", "over quota", "quota exceeded", "could not send message",
	"delivery-status", "failed to deliver", "failed:", "mail system error", "email delivery", "dsn:",
	"warning: could not", "problem delivering", "message status - undeliverable", "message you sent",
	"undelivered", "couldn't be delivered",
	"unzustellbar", "nicht zustellbar", "zustellung fehlgeschlagen", "unzustellbare",
	"fehler bei der zustellung", "zustellfehler", "mail nicht zugestellt", "non remis", "non distribu",
	"échec de", "echec de", "non recapit", "mancato recapito", "impossibile recapitare",
	"consegna non riuscita", "recapito non riuscito",
	"no se pudo entregar", "no se puede entregar", "no entregado", "no entregable", "devuelto",
	"error de entrega", "não entreg", "não pôde ser entregue", "falha na entrega", "devolvido", "onbestelbaar",
	"niet bezorgd", "kunde inte levereras", "gick inte att leverera", "ej levererat", "kunne ikke leveres",
	"ikke leveret", "kan ikke leveres",
	"nie dostarczono", "niedostarcz", "nie można dostarczyć", "zwrot", "не доставлен", "недоставлен",
	"невозможно доставить", "возвращен", "无法投递", "退信", "未送达", "传递失败", "無法傳遞", "配信不能", "配信エラー", "送信できません",
	"送信エラー", "配送失敗", "メールエラー", "エラー通知", "エラーメール", "不達", "mail nicht ausgeliefert", "[bounce]", "are not member",
	"are not a member", "not allowed to post", "post rejected", "posting rejected",
};

void mail_bounce_words_init(void)
{
	mail_word_index_make(&late_index, late_subjects, sizeof *late_subjects, COUNT_OF(late_subjects));
	mail_word_index_make(&failed_index, failed_subjects, sizeof *failed_subjects, COUNT_OF(failed_subjects));
}

bool mail_bounce_subject(const char *subject, bool *delayed)
{
	struct span text = { subject, strnlen(subject, 300) };
	*delayed = mail_fold_find_any(text, late_subjects, &late_index);
	return *delayed || mail_fold_find_any(text, failed_subjects, &failed_index);
}

bool mail_soft_words(struct span text)
{
	static const char *const words[] = {
		"temporar", "will be retried", "will retry", "try again later", "still trying", "not yet been delivered",
		"will continue to", "no action is required", "you do not need to resend", "has been delayed",
		"warning message only", "postponed", "keep trying", "will keep trying",
	};
	return any_in(text, words, COUNT_OF(words));
}

static bool status_at(struct span text, size_t i, size_t *length)
{
	if ((text.at[i] != '5' && text.at[i] != '4' && text.at[i] != '2') || (i && (is_digit(text.at[i - 1]) || text.at[i - 1] == '.')))
		return false;
	if (i && (is_alpha(text.at[i - 1]) || (text.at[i - 1] == '-' && i > 1 && is_alpha(text.at[i - 2]))))
		return false;
	size_t p = i + 1, digits[2] = { 0, 0 };
	for (int n = 0; n < 2; n++) {
		if (p >= text.length || text.at[p] != '.')
			return false;
		for (p++; p < text.length && is_digit(text.at[p]) && digits[n] < 4; p++)
			digits[n]++;
		if (!digits[n] || digits[n] > 3)
			return false;
	}
	if (p < text.length && (is_digit(text.at[p]) || (text.at[p] == '.' && p + 1 < text.length && is_digit(text.at[p + 1])) || text.at[p] == '@' || text.at[p] == '/'))
		return false;
	*length = p - i;
	return true;
}

const char *mail_status_find(struct arena *arena, struct span text)
{
	size_t length;
	for (size_t i = 0; i + 4 < text.length; i++)
		if (text.at[i + 1] == '.' && status_at(text, i, &length) && text.at[i] != '2')
			return arena_copy(arena, text.at + i, length);
	for (size_t i = 0; i + 4 < text.length; i++)
		if (text.at[i + 1] == '.' && status_at(text, i, &length) && i < 3)
			return arena_copy(arena, text.at + i, length);
	return NULL;
}

int mail_reply_code_find(struct span text)
{
	for (size_t i = 0; i + 2 < text.length; i++) {
		if ((text.at[i] != '5' && text.at[i] != '4') || !is_digit(text.at[i + 1]) || !is_digit(text.at[i + 2]))
			continue;
		bool before = i == 0 || !(is_digit(text.at[i - 1]) || is_alpha(text.at[i - 1]) || strchr(".-_/@:[", text.at[i - 1]))
		              || (text.at[i - 1] == ':' && i > 1 && is_alpha(text.at[i - 2]));
		bool after = i + 3 == text.length || strchr(" -\t\n)]:;,.#'\"", text.at[i + 3]);
		if (before && after && text.at[i + 1] < '6')
			return (text.at[i] - '0') * 100 + (text.at[i + 1] - '0') * 10 + (text.at[i + 2] - '0');
	}
	return 0;
}

static const char *const strong_words[] = {
	"message that you sent could not be delivered", "could not be delivered to one or more",
	"the following address(es) failed", "delivery to the following recipient", "delivery to these recipients",
	"did not reach the following recipient", "this is the qmail-send program",
	"this is the mail delivery", "this is the mail system at host", "this is the postfix program",
	"had permanent fatal errors", "had delivery problems", "permanent delivery failure", "delivery status notification",
	"created automatically by mail delivery", "failed permanently",
	"undeliverable address", "unable to deliver your message", "unable to deliver message to the following",
	"could not be delivered to the following", "has not been delivered", "was not delivered",
	"message was undeliverable", "mail was undeliverable", "undelivered message", "delivery failed",
	"delivery attempt", "undeliverable", "the following recipients were undeliverable", "failed addresses follow",
	"your mail cannot be delivered", "this is an automatically generated delivery", "transcript of session follows",
	"rejected your message to the following", "could not be delivered because",
	"is undeliverable", "delivery failure", "returned mail", "your message couldn't be delivered",
	"wasn't delivered to", "kunne ikke leveres", "konnte nicht zugestellt", "nicht zugestellt werden",
	"n'a pas pu etre delivre", "n'a pas pu être", "n'a pas été remis", "non è stato possibile recapitare",
	"impossibile recapitare", "no se pudo entregar", "não pôde ser entregue", "не было доставлено",
	"не может быть доставлено", "kon niet worden", "kunde inte levereras", "配信できません", "送信できませんでした", "配送できません", "あて先",
	"無法投遞", "无法投递", "non-delivery report", "failed recipients", "encountered delivery problems",
	"requested action not taken", "are not a member of this mailing list", "not allowed to post",
	"probably because you are not subscribed",
};
static const char *const failed_words[] = {
	"could not be delivered", "cannot be delivered", "can't be delivered", "couldn't deliver", "unable to deliver",
	"not be delivered", "not delivered", "not deliver", "delivery error", "user unknown", "unknown user",
	"no such user", "unknown recipient", "recipient unknown", "address rejected", "invalid recipient",
	"does not exist", "doesn't exist", "doesn't have a", "is not known", "not our customer", "mailbox unavailable",
	"mailbox full", "mailbox is full", "over quota", "quota exceeded", "exceeded the space", "over its quota",
	"host unknown", "unroutable", "relaying denied", "access denied", "failed", "undelivered", "returned to you",
	"bounced", "rejected", "not recognized", "not yet been delivered", "delayed", "bad address", "invalid address",
	"wrong or no longer valid", "no longer", "not found", "no recipient", "error", "refused", "ist voll", "unbekannt",
	"inconnu", "sconosciuto", "desconocido",
};
static const char *const delayed_words[] = {
	"not yet been delivered", "has been delayed", "warning message only", "still trying", "will be retried",
	"will continue to attempt", "we will continue to try", "delivery will be attempted", "is not yet delivered",
	"could not be delivered for", "transient non-fatal errors", "you do not need to resend",
	"no action is required on your part",
	"has been postponed", "delayed delivery", "will keep trying", "delay in delivery",
	"delivery attempts will continue", "message is still undelivered", "is still undelivered",
};
static const char *const final_words[] = {
	"giving up", "retry timeout exceeded", "permanent", "too long", "failed permanently", "fatal error",
	"message expired", "i'm not going to try again", "deleted from the queue", "retry time limit",
};

/* A line of a header that was copied, not of a summary: names that only MTAs write. */
static bool trace_line(struct span line)
{
	static const char *const names[] = {
		"received:", "return-path:", "message-id:", "delivered-to:", "mime-version:", "dkim-signature:",
		"x-mailer:", "x-originating-ip:", "x-sender:", "errors-to:", "content-type:", "x-original-to:",
		"envelope-to:", "received-spf:", "domainkey-signature:", "x-ms-", "arc-seal:", "content-transfer-encoding:",
	};
	while (line.length && (line.at[0] == '>' || line.at[0] == ' ' || line.at[0] == '|'))
		line.at++, line.length--;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (mail_span_starts_nocase(line, names[i]))
			return true;
	return false;
}

static bool field_like(struct span line)
{
	size_t i = 0;
	while (line.length && (line.at[0] == '>' || line.at[0] == ' ' || line.at[0] == '|'))
		line.at++, line.length--;
	while (i < line.length && (is_alpha(line.at[i]) || line.at[i] == '-' || is_digit(line.at[i])))
		i++;
	return i > 1 && i < line.length && line.at[i] == ':';
}

/* "----- Original message follows -----" */
static bool copy_mark(struct span line)
{
	static const char *const words[] = {
		"original message", "returned message", "copy of the message", "copy of your message", "message header",
		"unsent message", "below this line", "returned mail", "undelivered message", "message follows",
		"message text", "source mail", "original mail", "message headers", "headers follow", "included message",
		"message included", "old message", "your message reads", "original e-mail", "original email",
	};
	bool dashes = line.length > 3 && strchr("-=*_#|", line.at[0]) && strchr("-=*_#|", line.at[1]);
	bool ends = line.length && strchr(":.->", line.at[line.length - 1]);
	return (dashes || (ends && line.length < 60)) && line.length < 120 && any_in(line, words, COUNT_OF(words)) && !mail_fold_find(line, "was received") && !mail_fold_find(line, "details");
}

/* Where the copy of the original begins. */
static size_t find_original(struct span text)
{
	struct span last = { "", 0 };
	bool in_fields = false;
	size_t block = 0;
	for (size_t at = 0; at < text.length;) {
		const char *end = memchr(text.at + at, '\n', text.length - at);
		size_t length = end ? (size_t)(end - text.at) - at : text.length - at;
		struct span line = mail_span_trim((struct span){ text.at + at, length });
		if (copy_mark(line) && at > 0)
			return at;
		bool field = field_like(line);
		if (field && !in_fields)
			block = at;
		bool continuation = in_fields && length && is_blank(text.at[at]) && line.length;
		if (trace_line(line) && (in_fields || (last.length == 0 && at)))
			return in_fields ? block : at;
		in_fields = field || continuation;
		last = line;
		at += length + (end != NULL);
	}
	return text.length;
}

static const char *find_id(struct arena *arena, struct span copy)
{
	const char *at = mail_span_find_nocase(copy, "message-id:");
	struct strings ids = { 0 };
	if (!at)
		return NULL;
	size_t left = copy.length - (size_t)(at - copy.at);
	struct span value = { at + 11, left - 11 < 1000 ? left - 11 : 1000 };
	const char *close = memchr(value.at, '>', value.length);
	if (!close)
		return NULL;
	value.length = (size_t)(close - value.at) + 1;
	mail_ids_parse(arena, value, &ids, false);
	return ids.count ? ids.at[0] : NULL;
}

struct bounce_words mail_bounce_words_read(struct arena *arena, struct span text)
{
	struct bounce_words words = { .original = find_original(text) };
	struct span report = { text.at, words.original };
	words.strong = any_in(report, strong_words, COUNT_OF(strong_words));
	words.delayed = any_in(report, delayed_words, COUNT_OF(delayed_words)) && !any_in(report, final_words, COUNT_OF(final_words));
	words.failed = (words.strong || any_in(report, failed_words, COUNT_OF(failed_words))) && !words.delayed;
	words.original_id = find_id(arena, (struct span){ text.at + words.original, text.length - words.original });
	return words;
}

void mail_bounce_add(struct arena *arena, struct mail *mail, struct mail_bounce bounce)
{
	for (size_t i = 0; i < mail->bounces.count && bounce.recipient; i++)
		if (mail->bounces.at[i].recipient && text_equal_nocase(mail->bounces.at[i].recipient, bounce.recipient))
			return;
	if (mail->bounces.count < BOUNCES_MAX)
		*ARENA_PUSH(arena, &mail->bounces) = bounce;
}
