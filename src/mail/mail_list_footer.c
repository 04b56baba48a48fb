/*
 * mail_list_footer.c - what a mailing list adds below each mail: "To unsubscribe ...", below a rule.
 *
 * Nobody wrote it, and it answers nothing: a quote above it is not one between somebody's own words. Known by a rule near the end and, below it, nothing
 * but a few lines of which one names how lists are left or managed. Looks at the last LINES lines.
 */
#include "mail_client_words.h"

#define LINES 14                         /* of a footer, empty ones too */
#define LINE_BYTES 300                   /* a person's paragraph is longer */

static const char *const signs[] = {
	"unsubscribe", "listinfo", "mailman", "mailing list", "mailing-list", "mailingliste", "liste de diffusion", "lista de correo", "lista de distribu", "/lists/", "-request@",
	"googlegroups.com", "groups.io", "discussion list", "abbestellen", "désabonner", "désinscrire", "darse de baja", "cancellarsi", "afmelden", "отписаться", "wypisać",
};
static struct word_index sign_index;

void mail_list_footer_init(void)
{
	mail_word_index_make(&sign_index, signs, sizeof *signs, COUNT_OF(signs));
}

/* Of a clear-signed mail it may stand behind "- " (RFC 4880, section 7.1). */
static bool is_rule(struct span line)
{
	line = mail_visible_trim(line);
	if (line.length > 2 && line.at[0] == '-' && line.at[1] == ' ')
		line = (struct span){ line.at + 2, line.length - 2 };
	return mail_rule_of(line, 8);
}

/* The lowest rule within the last lines; lines->count: none. */
static size_t last_rule(const struct lines *lines, size_t end)
{
	for (size_t i = end, n = 0; i > 0 && n < LINES; i--, n++) {
		const struct line *line = &lines->at[i - 1];
		if (line->kind == LINE_QUOTED || line->rest || line->text.length > LINE_BYTES)
			break;
		if (line->kind == LINE_SIGNATURE || (line->kind != LINE_EMPTY && is_rule(line->text)))
			return i - 1;
	}
	return lines->count;
}

size_t mail_list_footer(const struct lines *lines)
{
	size_t end = lines->count;
	while (end && lines->at[end - 1].kind == LINE_EMPTY)
		end--;
	size_t rule = last_rule(lines, end);
	if (rule + 1 == end && rule > 0)                         /* a footer may end with a rule, too */
		rule = last_rule(lines, rule);
	for (size_t i = rule + 1; i < end; i++)
		if (lines->at[i].kind != LINE_EMPTY && mail_fold_find_any(lines->at[i].text, signs, &sign_index))
			return rule;
	return lines->count;
}
