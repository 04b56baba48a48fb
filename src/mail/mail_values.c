/*
 * mail_values.c - the names of mail values, apart from any library, so that the desk can link them.
 */
#include "mail.h"

const char *mail_words(const struct mail *mail, bool opens)
{
	return !*mail->reply_text || (opens && mail->history_cut) ? mail->text : mail->reply_text;
}

const char *mail_kind_name(enum mail_kind kind)
{
	static const char *const names[] = {
		[MAIL_REQUEST] = "request", [MAIL_REPLY] = "reply", [MAIL_AUTO_REPLY] = "auto-reply",
		[MAIL_BOUNCE] = "bounce", [MAIL_FEEDBACK_REPORT] = "feedback-report", [MAIL_LOOP] = "loop",
		[MAIL_DUPLICATE] = "duplicate",
	};
	return names[kind];
}
