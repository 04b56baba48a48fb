/*
 * mail_subject.c - what the front of a subject says: "Re:", "AW:", "Fwd:" and their like in many languages.
 *
 * RFC 5322 section 3.6.5 knows only "Re: "; mailers translate it, count it ("Re[2]:", "Re(3):", "RE^2:") and use the full-
 * width colon. May not be used to join mails to tickets: a subject is a hint only. Makes no problems.
 */
#include "mail_private.h"

static const char *const replies[] = {
	"re", "aw", "antw", "antwort", "sv", "vs", "rif", "r", "ref", "res", "resp", "odp", "ynt", "bls", "balas", "vá",
	"hl", "tr re", "atb", "blv", "na", "doorst re", "ответ", "на", "回复", "回覆", "答复", "答覆", "返信",
};
static const char *const forwards[] = {
	"fwd", "fw", "wg", "wtr", "i", "inoltro", "tr", "rv", "enc", "encaminhado", "doorst", "vb", "vl", "vs", "pd",
	"przekaz", "pds", "ilt", "İlt", "пересл", "fwd:", "转发", "轉寄", "转寄", "転送", "redir.", "redir", "videresend", "fs", "πρθ", "trs", "továbbítás",
	"tov", "vidarebefordrat", "videresendt", "weitergeleitet", "forward", "forwarded", "ft", "yml", "перес", "přep", "prep", "전달", "הועבר", "chuyển tiếp",
	"inoltra", "inoltrato", "transf", "reenviado", "encaminhada", "إعادة توجيه",
};

static struct word_index reply_index, forward_index;

void mail_subject_init(void)
{
	mail_word_index_make(&reply_index, replies, sizeof *replies, COUNT_OF(replies));
	mail_word_index_make(&forward_index, forwards, sizeof *forwards, COUNT_OF(forwards));
}

/* "Re:", "Re :", "RE[3]:", "Re(2):", "Re：". Returns the bytes used. */
static size_t prefix_of(const char *subject, const char *const *words, const struct word_index *index)
{
	struct span text = span_of(subject);
	for (size_t i = word_index_at(index, text); i; i = index->next[i]) {
		size_t used = fold_starts(text, words[i - 1]);
		if (!used)
			continue;
		if (used < text.length && (text.at[used] == '[' || text.at[used] == '(' || text.at[used] == '^' || text.at[used] == '*')) {
			size_t p = used + 1;
			while (p < text.length && is_digit(text.at[p]))
				p++;
			if (p > used + 1)
				used = p < text.length && (text.at[p] == ']' || text.at[p] == ')') ? p + 1 : p;
		}
		while (used < text.length && text.at[used] == ' ')
			used++;
		if (used < text.length && text.at[used] == ':')
			return used + 1;
		if (used + 3 <= text.length && memcmp(text.at + used, "\xEF\xBC\x9A", 3) == 0)
			return used + 3;
	}
	return 0;
}

/* A list's or ticket system's tag may stand first: "[support #7] Re: ...". */
static const char *behind_tag(const char *subject)
{
	while (*subject == ' ')
		subject++;
	for (int tags = 0; *subject == '[' && tags < 3; tags++) {
		const char *end = strchr(subject, ']');
		if (!end || end - subject > 80)
			break;
		for (subject = end + 1; *subject == ' '; subject++)
			;
	}
	return subject;
}

bool mail_subject_is_reply(const char *subject, size_t *prefix)
{
	const char *from = behind_tag(subject);
	size_t used = prefix_of(from, replies, &reply_index);
	*prefix = used ? (size_t)(from - subject) + used : 0;
	return used != 0;
}

size_t mail_subject_forward_prefix(const char *subject)
{
	const char *from = behind_tag(subject);
	size_t used = prefix_of(from, forwards, &forward_index);
	return used ? (size_t)(from - subject) + used : 0;
}

bool mail_subject_is_forward(const char *subject)
{
	size_t used;
	for (int n = 0; n < 3; n++) {
		subject = behind_tag(subject);
		if (prefix_of(subject, forwards, &forward_index))
			return true;
		used = prefix_of(subject, replies, &reply_index);
		if (!used)
			return false;
		subject += used;
	}
	return false;
}
