/*
 * mail_address.c - address lists (RFC 5322 section 3.4, RFC 6531/6532) as they are really written.
 *
 * One pass from left to right, without recursion: groups in groups, comments in comments and open quotes cost no stack
 * and no second look. Names may hold encoded words, also inside quotes, and commas that should have been quoted.
 * A mailbox without @ is kept only if it is one word ("root"); what is no address at all leaves its text as a name.
 * Domains become lower case, local parts stay as written. Problems: addresses left out beyond LIMIT_ADDRESSES.
 */
#include "mail_private.h"

/* What was collected of one mailbox. Offsets into one buffer that the value's length bounds. */
struct box {
	char *phrase, *angle, *comment;
	size_t phrase_length, angle_length, comment_length;
	bool has_angle, closed, commented;
};

struct scan {
	struct arena *arena, scratch;    /* scratch: for what is not kept */
	struct strings *problems;
	const char *at, *stop;
	const char *close;               /* see closes() */
	bool no_quote, no_comment;       /* looked for an end in vain: from here on the character is a plain one */
	struct box box;
	char *phrase_room, *angle_room, *comment_room;
	struct mail_addresses list;
	struct buffer carried;           /* pieces without address, which belong before the next name: "Doe, John <j@d>" */
};

bool mail_address_plausible(const char *at, size_t length)
{
	const char *sign = length ? memrchr(at, '@', length) : NULL;
	if (!sign || sign == at || sign + 1 == at + length)
		return false;
	bool quoted = at[0] == '"';
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)at[i] < 32 || at[i] == 127 || (!quoted && (at[i] == ' ' || strchr("<>(),;\"", at[i]))))
			return false;
	return true;
}

/* A control byte is nobody's name or address; a tab is a blank. */
static void put(char *room, size_t *length, char c)
{
	if ((unsigned char)c >= 32 && c != 127)
		room[(*length)++] = c;
	else if (c == '\t')
		room[(*length)++] = ' ';
}

/* A quoted string at scan->at. Kept with its quotes if it is a local part: @ or . follows. */
static bool take_quoted(struct scan *scan)
{
	const char *end = scan->at + 1;
	while (end < scan->stop && *end != '"')
		end += *end == '\\' && end + 1 < scan->stop ? 2 : 1;
	if (end >= scan->stop) {
		scan->no_quote = true;
		return false;
	}
	bool local = end + 1 < scan->stop && (end[1] == '@' || end[1] == '.');
	struct box *box = &scan->box;
	char *room = box->has_angle && !box->closed ? box->angle : box->phrase;
	size_t *length = box->has_angle && !box->closed ? &box->angle_length : &box->phrase_length;
	local = local || (room == box->angle);
	if (local)
		put(room, length, '"');
	for (const char *p = scan->at + 1; p < end; p++) {
		if (*p == '\\' && p + 1 < end && !local)
			p++;
		put(room, length, *p);
	}
	if (local)
		put(room, length, '"');
	scan->at = end + 1;
	return true;
}

static bool take_comment(struct scan *scan)
{
	int depth = 0;
	const char *end = scan->at;
	for (; end < scan->stop; end++) {
		if (*end == '\\' && end + 1 < scan->stop)
			end++;
		else if (*end == '(')
			depth++;
		else if (*end == ')' && --depth == 0)
			break;
	}
	if (end >= scan->stop) {
		scan->no_comment = true;
		return false;
	}
	struct box *box = &scan->box;
	if (box->comment_length)
		put(box->comment, &box->comment_length, ' ');
	for (const char *p = scan->at + 1; p < end; p++)
		if (*p != '\\')
			put(box->comment, &box->comment_length, *p);
	box->commented = true;
	scan->at = end + 1;
	return true;
}

/* Text without blanks around @ and, behind it or where comments stood between, around dots (RFC 5322 section 4.4). */
static char *squeeze(struct arena *arena, const char *at, size_t length, bool dots)
{
	char *out = arena_alloc(arena, length + 1);
	size_t n = 0;
	for (size_t i = 0; i < length; i++) {
		bool joint = at[i] == '@' || (dots && at[i] == '.');
		dots = dots || at[i] == '@';
		if (joint)
			while (n && is_blank(out[n - 1]))
				n--;
		out[n++] = at[i];
		if (joint)
			while (i + 1 < length && is_blank(at[i + 1]))
				i++;
	}
	out[n] = '\0';
	return text_trim(out);
}

/* local@domain: domain in lower case, no last dot, no brackets or route, no "mailto:". */
static const char *normal_address(struct arena *arena, char *address)
{
	address = text_trim(address);
	while (*address == '<' || *address == '[')
		address++;
	if (text_starts_nocase(address, "mailto:"))
		address += 7;
	if (*address == '@' && strchr(address, ':'))                     /* RFC 5322 section 4.4: obs-route */
		address = strrchr(address, ':') + 1;
	size_t length = strlen(address);
	while (length && strchr(">]'.,; ", address[length - 1])
	       && !(address[length - 1] == ']' && memchr(address, '[', length)))
		length--;
	if (length && address[0] == '\'' && address[length] == '\'')
		address++, length--;
	char *copy = arena_copy(arena, address, length), *sign = strrchr(copy, '@');
	for (char *p = sign; p && *p; p++)
		*p = lower(*p);
	return sign ? mail_address_with_ascii_domain(arena, copy) : copy;
}

static void add(struct scan *scan, const char *address, const char *name)
{
	if (scan->list.count == LIMIT_ADDRESSES) {
		mail_problem_add(scan->arena, scan->problems, "more than %d addresses in one field; the others were left out", LIMIT_ADDRESSES);
		return;
	}
	struct mail_address *one = ARENA_PUSH(scan->arena, &scan->list);
	*one = (struct mail_address){ address, strlen(name) > LIMIT_NAME ? utf8_cut(scan->arena, name, LIMIT_NAME) : name };
}

static const char *decoded(struct scan *scan, const char *at, size_t length)
{
	return mail_header_decode(scan->arena, (struct span){ at, length }, "utf-8", NULL);
}

static const char *join(struct arena *arena, const char *a, const char *between, const char *b)
{
	return !a || !*a ? b : !*b ? a : arena_printf(arena, "%s%s%s", a, between, b);
}

/* "Ann Lee ann@example.org" or "ann@example.org Ann": the word with the @ is the address. */
static void add_loose(struct scan *scan, char *text)
{
	char *sign = strrchr(text, '@'), *start = sign, *end = sign;
	bool quoted = false;
	for (; start > text && (quoted || !is_blank(start[-1])); start--)
		if (start[-1] == '"')
			quoted = !quoted;
	while (*end && !is_blank(*end))
		end++;
	size_t before = (size_t)(start - text);
	const char *address = normal_address(scan->arena, arena_copy(&scan->scratch, start, (size_t)(end - start)));
	const char *name = join(scan->arena, decoded(scan, text, before), " ", decoded(scan, end, strlen(end)));
	if (!*name && scan->box.comment_length)
		name = decoded(scan, scan->box.comment, scan->box.comment_length);
	add(scan, address, name);
}

static void carry(struct scan *scan, const char *name)
{
	if (scan->carried.length)
		buffer_add_string(&scan->carried, ", ");
	buffer_add_string(&scan->carried, name);
}

static const char *take_carried(struct scan *scan)
{
	const char *carried = scan->carried.length ? arena_copy(scan->arena, scan->carried.at, scan->carried.length) : NULL;
	buffer_reset(&scan->carried);
	return carried;
}

static void add_bare(struct scan *scan)
{
	struct box *box = &scan->box;
	char *text = squeeze(&scan->scratch, box->phrase, box->phrase_length, box->commented);
	if (strchr(text, '@')) {
		const char *carried = take_carried(scan);
		if (carried)
			add(scan, "", carried);
		add_loose(scan, text);
	} else if (*text || box->comment_length) {
		const char *name = decoded(scan, text, strlen(text));
		if (!*name)
			name = decoded(scan, box->comment, box->comment_length);
		carry(scan, name);
	}
}

static void add_angled(struct scan *scan)
{
	struct box *box = &scan->box;
	char *inside = squeeze(&scan->scratch, box->angle, box->angle_length, true);
	const char *address = normal_address(scan->arena, inside);
	const char *name = decoded(scan, box->phrase, box->phrase_length);
	if (!*name && box->comment_length)
		name = decoded(scan, box->comment, box->comment_length);
	if (scan->carried.length) {
		carry(scan, name);
		name = take_carried(scan);
	}
	if (!strchr(address, '@') && strchr(name, '@') && mail_address_plausible(name, strlen(name))) {
		const char *other = address;
		address = normal_address(scan->arena, arena_string(scan->arena, name));
		name = other;
	}
	add(scan, address, name);
}

/* Ends the mailbox that was being read. */
static void finish_box(struct scan *scan)
{
	if (scan->box.has_angle)
		add_angled(scan);
	else
		add_bare(scan);
	/* What was used stays in the arena; the next one goes on behind it. */
	struct box *box = &scan->box;
	*box = (struct box){ .phrase = box->phrase + box->phrase_length, .angle = box->angle + box->angle_length,
	                     .comment = box->comment + box->comment_length };
}

static void finish_carried(struct scan *scan)
{
	/* Names in a row that no address followed: "root, postmaster". */
	if (!scan->carried.length)
		return;
	char *text = arena_copy(scan->arena, scan->carried.at, scan->carried.length);
	buffer_reset(&scan->carried);
	for (char *save = NULL, *one = strtok_r(text, ",", &save); one; one = strtok_r(NULL, ",", &save)) {
		one = text_trim(one);
		bool word = *one && !strpbrk(one, " \t@<>()\"");
		add(scan, word ? one : "", word ? "" : one);
	}
}

static void take_plain(struct scan *scan, char c)
{
	struct box *box = &scan->box;
	if (box->has_angle && !box->closed)
		put(box->angle, &box->angle_length, c);
	else
		put(box->phrase, &box->phrase_length, c);
}

/* Does a '>' follow? Looked for once up to each. */
static bool closes(struct scan *scan)
{
	if (!scan->close || scan->close < scan->at) {
		const char *close = memchr(scan->at, '>', (size_t)(scan->stop - scan->at));
		scan->close = close ? close : scan->stop;
	}
	return scan->close < scan->stop;
}

/* One character with a meaning of its own. Returns false if it has none here. */
static bool take_special(struct scan *scan)
{
	struct box *box = &scan->box;
	bool inside = box->has_angle && !box->closed;
	switch (*scan->at) {
	case '<':
		if (inside || box->closed)
			return inside;                                   /* <<a@b>>: the second one is noise */
		box->has_angle = true;
		return true;
	case '>':
		if (inside)
			box->closed = true;
		return inside || box->closed;
	case ',':
		if (inside && box->angle_length && box->angle[0] == '@' && closes(scan))
			return false;                                    /* a source route holds commas */
		finish_box(scan);
		return true;
	case ';':
		finish_box(scan);
		finish_carried(scan);
		return true;
	case ':':
		if (inside || box->phrase_length > 200 || memchr(box->phrase, '@', box->phrase_length)
		    || mail_span_equal_nocase(mail_span_trim((struct span){ box->phrase, box->phrase_length }), "mailto"))
			return mail_span_equal_nocase(mail_span_trim((struct span){ box->phrase, box->phrase_length }), "mailto")
			       ? (box->phrase_length = 0, true) : false;
		box->phrase_length = 0;                                  /* the name of a group */
		buffer_reset(&scan->carried);
		return true;
	default:
		return false;
	}
}

/* An encoded word may hold commas and quotes that are none (Q without its escapes): it is taken as one. */
static bool take_encoded_word(struct scan *scan)
{
	if (scan->stop - scan->at < 8 || scan->at[0] != '=' || scan->at[1] != '?')
		return false;
	const char *stop = scan->stop - scan->at > 300 ? scan->at + 300 : scan->stop, *p = scan->at + 2;
	for (int marks = 0; p + 1 < stop; p++) {
		if (*p == '?' && ++marks == 3)
			break;
		if (*p == '<' || *p == '"' || (marks < 2 && is_blank(*p)))
			return false;
	}
	if (p + 1 >= stop || p[1] != '=')
		return false;
	for (p += 2; scan->at < p; scan->at++)
		take_plain(scan, *scan->at);
	return true;
}

struct mail_addresses mail_addresses_parse(struct arena *arena, struct span raw, const char *hint, struct strings *problems)
{
	struct scan scan = { .arena = arena, .scratch = scratch_of(arena), .problems = problems };
	raw = mail_span_trim(raw);
	if (raw.length > LIMIT_ADDRESS_HEADER) {
		mail_problem_add(arena, problems, "an address field is larger than %d bytes; the rest of it was not read", LIMIT_ADDRESS_HEADER);
		raw.length = LIMIT_ADDRESS_HEADER;
	}
	if (!mail_charset_is_ascii(raw.at, raw.length) || memchr(raw.at, '\033', raw.length))
		raw = mail_charset_to_utf8(arena, raw, mail_raw_charset(arena, raw, hint), "address", problems);
	char *room = arena_room(&scan.scratch, raw.length * 7 + 8);
	scan.box = (struct box){ .phrase = room, .angle = room + raw.length * 2 + 2, .comment = room + raw.length * 4 + 4 };
	scan.at = raw.at, scan.close = NULL, scan.stop = raw.at + raw.length;
	buffer_init(&scan.carried);
	while (scan.at < scan.stop && !arena_spent(arena)) {
		if (*scan.at == '"' && !scan.no_quote && take_quoted(&scan))
			continue;
		if (*scan.at == '(' && !scan.no_comment && take_comment(&scan))
			continue;
		if (*scan.at == '=' && take_encoded_word(&scan))
			continue;
		if (!take_special(&scan))
			take_plain(&scan, *scan.at);
		scan.at++;
	}
	finish_box(&scan);
	finish_carried(&scan);
	buffer_fini(&scan.carried);
	arena_fini(&scan.scratch);
	return scan.list;
}

static bool local_byte(char c)
{
	return (unsigned char)c > 32 && c != 127 && !strchr("<>()[]{}\\,;:\"'`|", c) && c != '@';
}

static bool domain_byte(char c)
{
	return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || (unsigned char)c >= 0x80;
}

struct span mail_address_next(struct span text, size_t from)
{
	while (from < text.length) {
		const char *sign = memchr(text.at + from, '@', text.length - from);
		if (!sign)
			break;
		const char *start = sign, *end = sign + 1, *floor = text.at + from;
		while (start > floor && local_byte(start[-1]))
			start--;
		while (end < text.at + text.length && domain_byte(*end))
			end++;
		while (end > sign + 1 && (end[-1] == '.' || end[-1] == '-' || end[-1] == '_'))
			end--;
		while (start < sign && (*start == '.' || *start == '*' || *start == '='))
			start++;
		if (start < sign && end > sign + 1)
			return (struct span){ start, (size_t)(end - start) };
		from = (size_t)(sign - text.at) + 1;
	}
	return (struct span){ "", 0 };
}
