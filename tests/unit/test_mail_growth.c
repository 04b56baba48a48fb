/*
 * test_mail_growth.c - a mail of twice the size takes twice the time: for everything that a stranger can repeat in one.
 *
 * A dictionary of repeated tokens in every place where a mail is read: each header field, parameter, element and attribute of a page,
 * command of enriched text, quote mark, line that mailers and delivery agents write, nesting of parts, encoding and charset. Each is
 * made in one size and in twice that; it fails where processor time grows by more than GROWTH, or where one mail takes more time or
 * heap than LONGEST and HEAP_MOST. Times are the least of up to RUNS, by turns, of this thread alone, and what is too short to be measured
 * passes. Sanitizers pay for pages of their own memory, which says nothing of ours: under them only LONGEST holds, ten times as long.
 * The last lines name the rows that grew most and took longest.
 * GROWTH_ONLY=WORD: the rows alone that have it in their name. GROWTH_FULL=1 (`make growth`): all of the dictionary at 1 MB, and the generators of the folder SPORTELLO_GENERATORS where it is. Else a
 * sample of it.
 */
#include "test_mail.h"

#include <glob.h>
#include <malloc.h>
#include <time.h>
#include <unistd.h>

#define GROWTH 2.5
#define SHORTEST 0.003                   /* seconds: what takes less says nothing of growth */
#define LONGEST 0.5                      /* seconds for 1 MB */
#define HEAP_MOST (16 * 1024 * 1024)     /* bytes for 1 MB */
#define RUNS 25                          /* of what looks too slow, before it is believed */
#define WORST 8                          /* rows in the table at the end */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

/* ---- the heap, counted: glibc's own functions behind ours ---- */
static size_t heap_now, heap_peak;

#if !SANITIZED
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *at, size_t size);
void __libc_free(void *at);

static void *counted(void *at)
{
	heap_now += at ? malloc_usable_size(at) : 0;
	heap_peak = heap_now > heap_peak ? heap_now : heap_peak;
	return at;
}

void *malloc(size_t size) { return counted(__libc_malloc(size)); }
void *calloc(size_t count, size_t size) { return counted(__libc_calloc(count, size)); }
void free(void *at)
{
	size_t size = at ? malloc_usable_size(at) : 0;
	heap_now -= size < heap_now ? size : heap_now;
	__libc_free(at);
}
void *realloc(void *at, size_t size)
{
	size_t old = at ? malloc_usable_size(at) : 0;
	void *new = __libc_realloc(at, size);
	if (new || !size)
		heap_now -= old < heap_now ? old : heap_now;
	return counted(new);
}
#endif

/* ---- what is repeated ---- */
struct kind {
	const char *name, *token;        /* for the report */
	const char *head, *tail;
	const char *first, *second;      /* repeated to half of the size each, or `first` to all of it; '%' in them is a number that counts */
	size_t most;                     /* bytes of what is repeated, 0: no bound */
};

static bool full_run;
static const char *only;                 /* rows whose name has it; NULL: all */
static size_t checked, failures;
static enum { READING, CLEANING, CLEANING_WORDS } doing;        /* a mail read, or its page cleaned, all of it or what tells its own text */

static double now(void) { return (double)processor_us() / 1e6; }

static void repeat(struct buffer *out, const char *unit, size_t bytes)
{
	size_t length = strlen(unit);
	const char *number = strchr(unit, '%');
	for (size_t end = out->length + bytes, n = 0; out->length + length <= end; n++)
		if (number)
			buffer_printf(out, "%.*s%zu%s", (int)(number - unit), unit, n, number + 1);
		else
			buffer_add(out, unit, length);
}

static void make_mail(const struct kind *kind, size_t bytes, struct buffer *out)
{
	buffer_reset(out);
	buffer_add_string(out, kind->head);
	bytes = kind->most && bytes > kind->most ? kind->most : bytes;
	repeat(out, kind->first, kind->second ? bytes / 2 : bytes);
	if (kind->second)
		repeat(out, kind->second, bytes / 2);
	buffer_add_string(out, kind->tail);
}

/* Seconds of one reading, and the heap it took. */
static double once(const struct mail_source *source, size_t *heap)
{
	struct mail_options options = { .authserv_id = "mx.example.org", .envelope_from = "a@b.example" };
	struct arena own;
	struct mail mail;
	size_t before = heap_now;
	struct mail_html html;
	arena_init(&own);
	if (doing != READING) {
		mail_parse(&own, source, &options, &mail);
		before = heap_now;
	}
	heap_peak = heap_now;
	double start_at = now();
	if (doing == READING)
		mail_parse(&own, source, &options, &mail);
	else
		mail_html_clean(&own, source, &mail, doing == CLEANING ? NULL : mail.text, "<1@example.org>", &html);
	double took = now() - start_at;
	*heap = heap_peak - before;
	arena_fini(&own);
	return took;
}

static double least(const struct buffer *mail, int runs, size_t *heap)
{
	struct mail_source source = source_of(mail->at, mail->length);
	double best = once(&source, heap);
	for (int i = 1; i < runs; i++) {
		double again = once(&source, heap);
		best = again < best ? again : best;
	}
	return best;
}

static void complain(const char *name, const char *token, const char *what, double a, double b)
{
	failures++;
	print_message("TOO MUCH %s, of \"%.60s\": %s (%.4f, %.4f)\n", name, token, what, a, b);
}

/* ---- the rows that came nearest to the bounds ---- */
struct row { double figure, fast, slow; char name[100], token[60]; };
static struct row most_grown[WORST], longest[WORST];

static void keep_row(struct row *rows, double figure, const char *name, const char *token, double fast, double slow)
{
	size_t i = WORST;
	if (figure <= rows[WORST - 1].figure)
		return;
	for (; i > 0 && (i == WORST || rows[i - 1].figure < figure); i--)
		if (i < WORST)
			rows[i] = rows[i - 1];
	rows[i] = (struct row){ .figure = figure, .fast = fast, .slow = slow };
	snprintf(rows[i].name, sizeof rows[i].name, "%s", name);
	snprintf(rows[i].token, sizeof rows[i].token, "%s", token);
}

static void print_rows(const char *title, const struct row *rows)
{
	print_message("%s\n", title);
	for (size_t i = 0; i < WORST && rows[i].figure > 0; i++)
		print_message("  %6.3f  (%.4f s, %.4f s)  %s, of \"%s\"\n", rows[i].figure, rows[i].fast, rows[i].slow, rows[i].name, rows[i].token);
}

/* share: by how much more than twice the larger one is larger. Generators that make whole parts do so. */
static bool suspicious(double fast, double slow, double share)
{
	return !SANITIZED && slow > SHORTEST && slow > GROWTH * share * fast;
}

static double more_than_twice(const struct buffer *small, const struct buffer *large)
{
	double twice = 2 * (double)small->length;
	return (double)large->length > twice ? (double)large->length / twice : 1;
}

/* The least seconds of a mail and of one of twice the size, each as often as the other, until they are within bounds or RUNS are over. */
static void measure(const struct buffer *small, const struct buffer *large, double *fast, double *slow, size_t *heap)
{
	size_t ignored;
	*slow = least(large, 1, heap);
	*fast = *slow < SHORTEST ? *slow : least(small, 1, &ignored);
	for (int runs = 1; runs < RUNS && *slow > SHORTEST && (suspicious(*fast, *slow, more_than_twice(small, large)) || *slow > LONGEST); runs++) {
		double again = least(large, 1, heap), short_again = least(small, 1, &ignored);
		*slow = again < *slow ? again : *slow;
		*fast = short_again < *fast ? short_again : *fast;
	}
}

/* A cost that begins somewhere, such as that of a restart, doubles more than the bytes once. One that grows with its own size does so again. */
static bool grows_on(const struct kind *kind, size_t bytes, const struct buffer *large)
{
	static struct buffer larger;
	double fast, slow;
	size_t heap;
	make_mail(kind, bytes * 4, &larger);
	if (larger.length < large->length + large->length / 2)
		return true;             /* its kind has no longer ones */
	measure(large, &larger, &fast, &slow, &heap);
	return suspicious(fast, slow, more_than_twice(large, &larger));
}

/* Two sizes, the second twice the first, which repeats `bytes`. kind: NULL where no mail can be made that is longer still. */
static void judge(const char *name, const char *token, const struct buffer mails[2], const struct kind *kind, size_t bytes)
{
	size_t heap;
	double fast, slow, share = (double)mails[1].length < 1e6 ? 1 : (double)mails[1].length / 1e6;
	measure(&mails[0], &mails[1], &fast, &slow, &heap);
	checked++;
	if (suspicious(fast, slow, more_than_twice(&mails[0], &mails[1])) && (!kind || grows_on(kind, bytes, &mails[1])))
		complain(name, token, "seconds grow faster than bytes", fast, slow);
	if (slow > LONGEST * (SANITIZED ? 10 : 1) * share)
		complain(name, token, "seconds", fast, slow);
	if (!SANITIZED && heap > HEAP_MOST)
		complain(name, token, "bytes of heap", (double)HEAP_MOST, (double)heap);
	keep_row(longest, slow / share, name, token, fast, slow);
	if (slow > SHORTEST)
		keep_row(most_grown, slow / fast / more_than_twice(&mails[0], &mails[1]), name, token, fast, slow);
}

static void check(const struct kind *kind)
{
	static struct buffer mails[2];
	if (only && !strstr(kind->name, only))
		return;
	size_t bytes = full_run ? 500 * 1000 : 40 * 1000;
	if (kind->most && bytes > kind->most / 2)
		bytes = kind->most / 2;
	for (size_t i = 0; i < 2; i++)
		make_mail(kind, bytes << i, &mails[i]);
	judge(kind->name, kind->token ? kind->token : kind->first, mails, kind, bytes);
}

/* Of a cross product all, or every so many-th. */
static bool in_sample(size_t every)
{
	static size_t count;
	return full_run || count++ % (2 * every) == 0;
}

#define FROM "From: Ann <ann@example.net>\nMessage-ID: <1@example.net>\n"
#define TO "To: support@example.org\n"
#define SUBJECT "Subject: x\n"
#define MIME "MIME-Version: 1.0\n"

/* ---- header fields ---- */
static const char *const field_names[] = {
	"From", "To", "Cc", "Reply-To", "Sender", "Subject", "Message-ID", "In-Reply-To", "References", "Date", "Delivered-To",
	"Authentication-Results", "Auto-Submitted", "Precedence", "Return-Path", "Content-Type", "Content-Disposition", "Content-ID",
	"Content-Transfer-Encoding", "X-Failed-Recipients", "X-Sportello-Desk", "Received", "List-Id", "Content-Language",
};
static const char *const field_tokens[] = {
	"a,", "a, ", ",", ";", ":", "<", ">", "<>", "\"", "\"\"", "\\", "(", "()", "((a) ", ")", "@", "a@b.c,", "a@b.c ", "<a@b.c>", "<a%@b.c> ", "a <a@b.c>, ",
	"a:b;", "Doe, ", "=?", "=?utf-8?q?a?= ", "=?utf-8?q?a", "=?utf-8?b?4?=", "=?cp%?q?=E4?= ", "?=", "?=41", "=", "=a (x)", "a=b ", "a=b;", ";a*%=b", ";a*%*=x''%41",
	" ", "\t", "\n ", "\n\t\n a", " x", "\r", "\xE4", "\xC3\xA4", "\x1b$B", "Re: ", "Re:", "Fwd: ", "[#1] ", "[a] ", "[", "dmarc=pass;", "1 ", "a/", "/", "-", "--", "'", "%", "*", "<@,", "x.", "[x",
};

static void each_header_field_grows_like_its_size(void **state)
{
	for (size_t i = 0; i < COUNT_OF(field_names); i++)
		for (size_t j = 0; j < COUNT_OF(field_tokens); j++) {
			char head[400];
			snprintf(head, sizeof head, "%s%s%s%s: ", strcmp(field_names[i], "From") ? FROM : "", strcmp(field_names[i], "To") ? TO : "", MIME, field_names[i]);
			struct kind kind = { field_names[i], field_tokens[j], head, "\n\nx\n", field_tokens[j], NULL, 250 * 1000 };
			if (in_sample(11))
				check(&kind);
		}
	assert_int_equal(failures, 0);
}

static void many_fields_grow_like_their_number(void **state)
{
	static const char *const lines[] = {
		"X-%: y\n", "x\n", "x: \n", " \n", "To: a@b.c\n", "Cc: a,a,a,a,a,a,a,a\n", "Content-Type: text/plain;\nboundary=x%\n", "zz\nX: a\n", ">From a\n", "Received: from x\n",
		"Authentication-Results: mx.example.org; dmarc=pass\n", "a\n", "\r", "X:a\r", "X: a\n b\n c\n", "name=x;\n", "Subject: \n", "Delivered-To: a%@b.c\n",
	};
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct kind kind = { "many lines in the header", NULL, FROM TO SUBJECT, "\nx\n", lines[i], NULL, 0 };
		struct kind behind = { "many lines behind a long blank", NULL, FROM TO SUBJECT "X: ", "\nx\n", " ", lines[i], 250 * 1000 };
		check(&kind);
		if (in_sample(2))
			check(&behind);
	}
	assert_int_equal(failures, 0);
}

/* ---- text ---- */
static const char *const text_tokens[] = {
	"a", " ", "\n", "\t", "a ", "a\n", "> ", ">", "> a\n", ">\n", ">> a\n> b\n", "> a\n\n\n\n", "| a\n", "|\n", "-- \n", "--\n", "-- \na\n", "----\n", "____\n", "-", "*", "=",
	"On 1 Jan 2012, a@b.c wrote:\n", "On 1 Jan 2012, a@b.c wrote:\n> a\n", "on @\n", "on 1 jan 2012 a@b wrote wrote wrote\n", " On @wrote", "x On Wed, 4 Apr 2012 at 3, b@x.y wrote:\n\n",
	"a@b.c wrote:\n\n", "a@b.c ", "@", "From: a\n", "From: a@b.c\nTo: c\nSubject: x\n\n", "From: a\n\nSubject:\n\n", "Von: a\nGesendet: 1\n", "Date: 1\n",
	"-----Original Message-----\n", "-------- Forwarded Message --------\n", "Forwarded message\nFrom: a@b.c\n", "Sent from my iPhone\n", "Thanks,\n", "Thanks. ", "Regards\nAnn\n", "-ann\n",
	"begin 644 a\n", "begin ", "begin 644 a\n#AAAA\n", "#AAAA\n", "begin 644 a\nend\n", "end\n", "http://a.b ", "<", "<a@b.c>: no\n", "a@b.c: 550 5.1.1 no\n", "550 ", "5.1.1 ", "Final-Recipient: rfc822;a%@b.c\n\n", "z\n", "z\na:\n",
	"\xC3\xA4", "\xE4", "\xFF", "\xE2\x80\x8B", "\xE4\xB8\xAD", "\xC2\xA0", "\xC2\xA0\n", "\x1b$B", "\r", "\r\n", "+AAA-", "=41", "=\n", "=", "QUFB\n", "QUFB====", "/reply\n", "%", "?", "wrote:\n", "a:\n", "a\n\n> b\n\n",
};

static void each_line_of_a_text_grows_like_its_number(void **state)
{
	static const struct { const char *name, *head; } heads[] = {
		{ "text", FROM TO SUBJECT "\nx\n" },
		{ "answer", FROM TO "Subject: Re: x\nIn-Reply-To: <1@example.org>\n\nx\n" },
		{ "forward", FROM TO "Subject: Fwd: x\n\nx\n" },
		{ "flowed", FROM TO SUBJECT MIME "Content-Type: text/plain; format=flowed\n\nx\n" },
		{ "report", "From: MAILER-DAEMON@example.net\n" TO "Subject: Undelivered Mail\nMessage-ID: <2@example.net>\n\nfailed\n" },
		{ "machine's report", "From: MAILER-DAEMON@example.net\n" TO "Subject: Undelivered Mail\n" MIME "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
		  "--b\n\nfailed\n--b\nContent-Type: message/delivery-status\n\n" },
		{ "report by header", "From: MAILER-DAEMON@example.net\n" TO "Subject: Undelivered Mail\nX-Failed-Recipients: c@d.e\n\nfailed\n" },
		{ "enriched", FROM TO SUBJECT MIME "Content-Type: text/enriched\n\n" },
		{ "nested mail", FROM TO "Subject: Fwd: x\n" MIME "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n" },
		{ "page without tags", FROM TO SUBJECT MIME "Content-Type: text/html\n\n<pre>" },
	};
	for (size_t i = 0; i < COUNT_OF(heads); i++)
		for (size_t j = 0; j < COUNT_OF(text_tokens); j++) {
			struct kind kind = { heads[i].name, text_tokens[j], heads[i].head, "\nx\n", text_tokens[j], NULL, 0 };
			struct kind quoted = { heads[i].name, text_tokens[j], heads[i].head, "\n> x\n", text_tokens[j], "\n", 0 };
			if (in_sample(7))
				check(&kind);
			if (in_sample(23))
				check(&quoted);
		}
	assert_int_equal(failures, 0);
}

/* ---- pages ---- */
static const char *const elements[] = {
	"a", "abbr", "address", "applet", "area", "b", "base", "basefont", "bdo", "big", "blockquote", "body", "br", "button", "caption", "center", "code", "col", "dd", "del",
	"dir", "div", "dl", "dt", "em", "embed", "fieldset", "font", "form", "frame", "frameset", "h1", "h6", "head", "hr", "html", "i", "iframe", "img", "input", "ins", "label", "legend",
	"li", "link", "map", "menu", "meta", "nobr", "noframes", "noscript", "object", "ol", "optgroup", "option", "p", "param", "pre", "q", "s", "script", "select", "small", "span", "strike",
	"strong", "style", "sub", "svg", "table", "tbody", "td", "template", "textarea", "tfoot", "th", "thead", "title", "tr", "tt", "u", "ul", "video", "xmp", "o:p", "x", "x-y",
};
static const char *const element_forms[] = {
	"<@>", "</@>", "<@>x", "<@/>", "<@></@>", "<@ a=b>", "<@ class=quote style='display:none' id=x>x", "<@><b>", "<@ ", "<b><@>x</b>", "<@>x</@>\n", "<p><@>",
};
static const char *const page_tokens[] = {
	"<", ">", "<>", "</", "<!", "<!-->", "<!--", "-->", "<!-- -- -->", "<?", "&", "&amp", "&amp;", "&#", "&#65;", "&x", "<![CDATA[", "]]>", "<a href='http://a.b'>x", "<a href=http://a.b><i>", "<img alt=aaaa>",
	"<img src=cid:nope>", "<img src=cid:c%>", "<img src='data:image/png;base64,AAAA'>", "<div class=gmail_quote>", "<div class=gmail_signature>", "<blockquote type=cite>", "<blockquote>", "<div style='border:none;border-top:solid #B5C4DF 1.0pt;padding:3.0pt'>",
	"<p style='display;display;'>", "<p a=1 b=2 c=3 d=4>", "<ol><li>", "<ul><li>x", "<table><tr><td>x", "<td>x", "\"", "'", "=", " a=b", "<a ", "<a b='", "<script><</x>", "<style>x</style>", "<x:y>", "<br>x",
};

#define PAGE FROM TO SUBJECT MIME "Content-Type: text/html; charset=utf-8\n\n"

static void element_form(const char *form, const char *element, char *out, size_t room)
{
	size_t n = 0;
	for (; *form && n + 12 < room; form++)
		if (*form == '@')
			n += (size_t)snprintf(out + n, room - n, "%s", element);
		else
			out[n++] = *form;
	out[n] = '\0';
}

static void each_element_of_a_page_grows_like_its_number(void **state)
{
	for (size_t i = 0; i < COUNT_OF(elements); i++)
		for (size_t j = 0; j < COUNT_OF(element_forms); j++) {
			char token[200], name[100];
			element_form(element_forms[j], elements[i], token, sizeof token);
			snprintf(name, sizeof name, "<%s> in a page", elements[i]);
			struct kind alone = { name, token, PAGE, "x", token, NULL, 0 }, within = { name, token, PAGE, "x", "<b>", token, 0 };
			struct kind mixed = { name, token, PAGE "<frameset><table><tr><td>", "x", "<span><div>", token, 0 };
			if (in_sample(29))
				check(&alone);
			if (in_sample(41))
				check(&within);
			if (in_sample(43))
				check(&mixed);
		}
	for (size_t i = 0; i < COUNT_OF(page_tokens); i++) {
		struct kind kind = { "page", NULL, PAGE "x<p>", "x", page_tokens[i], NULL, 0 }, within = { "page in quotes", NULL, PAGE, "x", "<blockquote type=cite>", page_tokens[i], 0 };
		if (in_sample(2))
			check(&kind);
		if (in_sample(3))
			check(&within);
	}
	assert_int_equal(failures, 0);
}

static void cleaning_a_page_grows_like_its_size(void **state)
{
	static const char *const styles[] = {
		"<p style='color:red'>x", "<p style='color:red;color:blue;width:1px;font-size:2em'>x", "<p style='/*'>x", "<p style='/* a:b */'>x", "<p style='\\\\6e'>x", "<p style='((((((('>x",
		"<p style='a:\"'>x", "<p style=';;;;;;'>x", "<p style='margin:1 1 1 1 1 1 1'>x", "<font color=red size=7 face=a>x", "<table><td>", "<tr><td>", "<td>", "<a href='http://a.b/ c'>x</a>", "a ", "a", "a\n",
		"<p style='font-size:calc((((1px'>x", "<p style='color:color-mix(in srgb,red,hsl(1,2%,3%))'>x", "<p style='a:{[(;b:c'>x", "<p style='b:url(a'>x", "<p style='&colon;&semi;'>x",
		"<p style='background:linear-gradient(a,b,c)'>x", "<x style='color:white'>x", "<small>x", "<font color=abcdefg>x", "<a href='mailto:?a&b&c&body=d'>x</a>",
		"<br>a", "<p>a\nb", "<li>1. a", "[a] ", "&lt;http:a&gt; ", "<img src=cid:c% alt=x>a", "\xC3\xA4 ", "<p>%", "<p>on @ wrote:", "<b>a</b>", "<div style='font-size:.9em'>x", "<div class=MsoNormal>x",
	};
	for (size_t i = 0; i < COUNT_OF(page_tokens) + COUNT_OF(styles); i++) {
		const char *token = i < COUNT_OF(styles) ? styles[i] : page_tokens[i - COUNT_OF(styles)];
		struct kind whole = { "clean page", NULL, PAGE "x<p>", "x", token, NULL, 0 }, words = { "clean words", NULL, PAGE "x<p>", "x", token, NULL, 0 };
		doing = CLEANING;
		if (in_sample(1))
			check(&whole);
		doing = CLEANING_WORDS;
		if (in_sample(1))
			check(&words);
	}
	doing = READING;
	assert_int_equal(failures, 0);
}

static void each_command_of_enriched_text_grows_like_its_number(void **state)
{
	static const char *const tokens[] = { "<param>", "</param>", "<param></param>", "<bold>", "</bold>", "<<", "<nl>", "<p>", "<excerpt>", "<x", ">", "<param>x</param>y" };
	for (size_t i = 0; i < COUNT_OF(tokens); i++) {
		struct kind kind = { "enriched text", NULL, FROM TO SUBJECT MIME "Content-Type: text/enriched\n\n", "\nx\n", tokens[i], NULL, 0 };
		check(&kind);
	}
	assert_int_equal(failures, 0);
}

/* ---- parts ---- */
static void each_form_of_a_part_grows_like_its_number(void **state)
{
	static const char *const types[] = { "mixed", "alternative", "related", "report", "signed", "encrypted", "digest", "x" };
	static const char *const parts[] = {
		"--b\n\nx\n", "--b\n", "--", "--\n", "-- b\n", "--b--\n", "--b\nContent-Type: text/plain\n\n \n", "--b\nContent-Type: text/html\n\n<p>x\n", "--b\nContent-Type: text/plain\n\nplease read this html with your program\n",
		"--b\nContent-Type: multipart/mixed; boundary=b%\n\n--b%\n", "--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\n\nx\n--c--\n", "--b\nContent-Type: message/rfc822\n\nSubject: x\n\nx\n",
		"--b\nContent-Type: image/png; name=x\nContent-ID: <c%>\n\nx\n", "--b\nX: a\n\n", "--b\na:\nb:\nc:\nd:\ne:\n", "X: a\n", "x\n", "--b\nContent-Transfer-Encoding: base64\n\nQQ==\n", "--b\nContent-Type: text/enriched\n\n<param>\n",
		"--b\nContent-Type: application/ms-tnef\n\nx\n", "--b\nContent-Type: text/plain; name=x; a=b; c*0=d; c*1=e\n\nx\n", "--b\nContent-Type: multipart/mixed\n\n--x\nContent-Type: a/b\n\nx\n", "message/ ", "multipart/ ",
		"--b\nContent-Type: text/calendar\n\nBEGIN:VEVENT\n", "--b\nContent-Type: application/pkcs7-mime\n\nMII\n",
	};
	for (size_t i = 0; i < COUNT_OF(types); i++)
		for (size_t j = 0; j < COUNT_OF(parts); j++) {
			char head[400], name[100];
			snprintf(head, sizeof head, FROM TO SUBJECT MIME "Content-Type: multipart/%s; boundary=b; report-type=delivery-status\n\n", types[i]);
			snprintf(name, sizeof name, "multipart/%s", types[i]);
			struct kind kind = { name, parts[j], head, "\n--b--\n", parts[j], NULL, 0 };
			if (in_sample(9))
				check(&kind);
		}
	assert_int_equal(failures, 0);
}

static void alternatives_in_alternatives_are_read_once(void **state)
{
	struct buffer mails[2];
	for (size_t size = 0; size < 2; size++) {
		size_t depth = (size_t)24 << size;
		buffer_init(&mails[size]);
		buffer_add_string(&mails[size], FROM TO SUBJECT MIME);
		for (size_t i = 0; i < depth; i++)
			buffer_printf(&mails[size], "Content-Type: multipart/alternative; boundary=b%zu\n\n--b%zu\n", i, i);
		buffer_add_string(&mails[size], "Content-Type: text/plain\n\n");
		repeat(&mails[size], "hello \n", depth * 8000);
	}
	judge("alternatives in alternatives", "hello", mails, NULL, 0);
	for (size_t size = 0; size < 2; size++)
		buffer_fini(&mails[size]);
	assert_int_equal(failures, 0);
}

/* ---- what other programs pack their words in ---- */
static void put_le(struct buffer *out, uint32_t value)
{
	char bytes[4] = { (char)value, (char)(value >> 8), (char)(value >> 16), (char)(value >> 24) };
	buffer_add(out, bytes, 4);
}

/* winmail.dat (MS-OXTNEF) with a rich text that is not compressed (MELA): its checks are sums that nobody needs to hold. */
static void make_winmail(const char *token, size_t bytes, struct buffer *out)
{
	size_t held = bytes - bytes % strlen(token) + 8, padded = (16 + held + 3) / 4 * 4;
	buffer_reset(out);
	buffer_add_string(out, FROM TO SUBJECT MIME "Content-Type: application/ms-tnef; name=winmail.dat\n\n");
	put_le(out, 0x223E9F78), buffer_add(out, "\1\0\1", 3);
	put_le(out, 0x00069003), put_le(out, (uint32_t)(16 + padded));
	put_le(out, 1), put_le(out, 0x10090102), put_le(out, 1), put_le(out, (uint32_t)(16 + held));
	put_le(out, (uint32_t)held + 12), put_le(out, (uint32_t)held), put_le(out, 0x414C454D), put_le(out, 0);
	buffer_add(out, "{\\rtf1 x", 8);
	repeat(out, token, held - 8);
	buffer_add(out, "\0\0\0\0\0", padded - 16 - held + 2);
}

/* Signed data (RFC 5652) without lengths, down to where the pieces of its content stand. */
static void make_signed(struct span piece, size_t bytes, struct buffer *out)
{
	static const char way[] = "\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80\x02\x01\x01\x31\x01x\x30\x80\x06\x01x\xa0\x80";
	buffer_reset(out);
	buffer_add_string(out, FROM TO SUBJECT MIME "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\n\n");
	buffer_add(out, way, sizeof way - 1);
	for (size_t end = out->length + bytes; out->length + piece.length <= end;)
		buffer_add(out, piece.at, piece.length);
}

static void each_container_grows_like_what_it_holds(void **state)
{
	static const struct span pieces[] = {
		{ "\x04\x01x", 3 }, { "\x04\0", 2 }, { "\x24\x80", 2 }, { "\x24\0", 2 }, { "\x24\x80\x04\x01x\0\0", 7 }, { "\x24\x03\x04\x01x", 5 }, { "\x24\x80\x24\x80\0\0\0\0", 8 },
		{ "\x04\x82\xff\xffx", 5 }, { "\0\0", 2 }, { "\x24\x84\x7f\xff\xff\xff", 6 }, { "\x04\x0bSubject: x\n", 13 },
	};
	static const char *const rich[] = {
		"a", "{", "}", "{}", "\\par ", "\\'e4", "\\u228?", "\\u228\\'e4", "{\\*\\htmltag <p>}", "{\\*\\htmltag ", "\\htmlrtf \\htmlrtf0 ", "{\\fonttbl{\\f0 x;}}", "{\\f0\\fcharset204 x;}", "\\f1 ", "\\bin9 ", "\\bin999999999 ", "\\\n", "{\\pict 00}",
		"\\uc9 ", "\\field{\\fldinst HYPERLINK x}", "\\fromhtml1 ", "\\x", "\\x-1", "\\",
	};
	static const struct { const char *name, *head; } heads[] = {
		{ "calendar", FROM TO SUBJECT MIME "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\nBEGIN:VEVENT\n" },
		{ "calendar's description", FROM TO SUBJECT MIME "Content-Type: text/calendar; method=REPLY\n\nBEGIN:VCALENDAR\nBEGIN:VEVENT\nDESCRIPTION:" },
		{ "card", FROM TO SUBJECT MIME "Content-Type: text/vcard\n\nBEGIN:VCARD\n" },
		{ "signed data", FROM TO SUBJECT MIME "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\n\n\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80" },
		{ "signed data in base64", FROM TO SUBJECT MIME "Content-Type: application/pkcs7-mime; smime-type=signed-data\nContent-Transfer-Encoding: base64\n\n" },
		{ "winmail.dat's bytes", FROM TO SUBJECT MIME "Content-Type: application/ms-tnef\n\n\x78\x9f\x3e\x22" },
		{ "armour", FROM TO SUBJECT "\nx\n" },
		{ "delivery report", FROM TO SUBJECT MIME "Content-Type: message/delivery-status\n\n" },
		{ "receipt", FROM TO SUBJECT MIME "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\nContent-Type: message/disposition-notification\n\n" },
		{ "picture within", FROM TO SUBJECT MIME "Content-Type: text/html\n\n<img src=\"data:image/png;base64," },
	};
	static const char *const held[] = {
		"SUMMARY:x\n", "DESCRIPTION:x\n", " x\n", "\\n", "\\,", "RRULE:FREQ=SECONDLY;COUNT=99999999\n", "EXDATE:20260101T000000Z,", "ATTENDEE;CN=\"x\";PARTSTAT=ACCEPTED:mailto:a@b.c\n", "BEGIN:VEVENT\n", "BEGIN:VEVENT\nEND:VEVENT\n", "BEGIN:VTIMEZONE\n", "SUMMARY;LANGUAGE=de:x\n", "DTSTART;TZID=\"a:b\":20260101T000000\n", "BEGIN:VEVENT\nBEGIN:VALARM\n", "X;A=B", ";A=\"", ":",
		"FN:x\n", "NOTE:", "BEGIN:VCARD\n", "\x30\x80", "\x24\x80", "\x04\x01x", "\x24\x80\x04\x01x\x01\x01", "\xa0\x80", "MIAGCSqGSIb3DQEHAqCA", "JIAEAXg=\n", "\2\3\4", "\1\6\6\6\6\6\6\6",
		"-----BEGIN PGP MESSAGE-----\n", "-----BEGIN PGP SIGNED MESSAGE-----\nHash: x\n\n- x\n", "-----BEGIN PGP SIGNATURE-----\n", "-----END PGP SIGNATURE-----\n", "- -----\n", "=ybegin line=128 size=9 name=a\nx\n=yend size=9\n", "=ybegin ", "begin-base64 644 a\nQQ==\n====\n",
		"Disposition: x; displayed\n", "Reporting-MTA: dns; x\n\n", "%41", "QUFB", "\"><img src=\"data:text/html,<p>x", "begin 644 a\n#AAAA\n`\nend\n",
	};
	static struct buffer mails[2];
	for (size_t i = 0; i < COUNT_OF(rich); i++) {
		for (size_t size = 0; size < 2; size++)
			make_winmail(rich[i], (full_run ? 500 * 1000 : 40 * 1000) << size, &mails[size]);
		judge("rich text in winmail.dat", rich[i], mails, NULL, 0);
	}
	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		for (size_t size = 0; size < 2; size++)
			make_signed(pieces[i], (full_run ? 500 * 1000 : 40 * 1000) << size, &mails[size]);
		judge("pieces of signed data", pieces[i].at, mails, NULL, 0);
	}
	for (size_t i = 0; i < COUNT_OF(heads); i++)
		for (size_t j = 0; j < COUNT_OF(held); j++) {
			struct kind kind = { heads[i].name, held[j], heads[i].head, "\n", held[j], NULL, 0 };
			if (in_sample(3))
				check(&kind);
		}
	assert_int_equal(failures, 0);
}

/* ---- encodings and charsets ---- */
static void each_encoding_and_charset_grows_like_its_size(void **state)
{
	static const char *const encodings[] = { "base64", "quoted-printable", "x-uuencode", "binhex", "8bit" };
	static const char *const charsets[] = {
		"", "utf-8", "us-ascii", "iso-8859-1", "iso-8859-2", "iso-8859-15", "windows-1251", "koi8-r", "gb2312", "gb18030", "big5", "hz-gb-2312", "shift_jis", "euc-jp", "iso-2022-jp", "iso-2022-kr", "iso-2022-cn",
		"ks_c_5601-1987", "utf-7", "utf-16", "utf-16le", "utf-32", "ucs-2", "ibm037", "tscii", "no-such", "%", "iso-2022-jp-2", "big5-hkscs", "euc-tw", "johab", "viscii", "cp932",
	};
	static const char *const noise[] = { "QUFB\n", "QUFB", "=41", "=\n", "= ", "====", "a", "\xE4", "\xE4\xF6", "\xC3\xA4", "\xFF\xFE", "\x1b$B0!", "\x1b(B", "~{0!~}", "+AAA-", "+", "\xA4\xA2", "\x82\xA0", "#86)C\n", "begin 644 a\n", "\x0E\x0F", "\x80" };
	for (size_t i = 0; i < COUNT_OF(charsets); i++)
		for (size_t j = 0; j < COUNT_OF(noise); j++)
			for (size_t k = 0; k < 2; k++) {
				char head[400], name[120];
				snprintf(head, sizeof head, FROM TO SUBJECT MIME "Content-Type: text/%s; charset=%s\nContent-Transfer-Encoding: %s\n\n", k ? "html" : "plain", charsets[i], encodings[(i + j) % COUNT_OF(encodings)]);
				snprintf(name, sizeof name, "%s in %s", encodings[(i + j) % COUNT_OF(encodings)], charsets[i]);
				struct kind kind = { name, noise[j], head, "\n", noise[j], NULL, 0 };
				if (in_sample(37))
					check(&kind);
			}
	assert_int_equal(failures, 0);
}

/* ---- what is read of a mail's words outside the mail room ---- */
char *kb_question_clean(struct arena *arena, const char *subject, const char *text);
const char *desk_short_subject(struct arena *arena, const char *subject);
bool desk_is_thanks(const char *text);

static double words_once(const char *text)
{
	struct arena own;
	arena_init(&own);
	double start_at = now();
	kb_question_clean(&own, text, text);
	desk_short_subject(&own, text);
	desk_is_thanks(text);
	mail_language_detect(text, NULL);
	double took = now() - start_at;
	arena_fini(&own);
	return took;
}

/* Do twice `bytes` of a token take more than twice the time? took: of both. */
static bool words_grow(struct buffer *text, const char *token, size_t bytes, double took[2])
{
	took[0] = took[1] = 1e9;
	for (int run = 0; run < RUNS && (run == 0 || suspicious(took[0], took[1], 1)); run++)
		for (size_t size = 0; size < 2; size++) {
			buffer_reset(text);
			repeat(text, token, (size + 1) * bytes);
			double again = words_once(buffer_string(text));
			took[size] = again < took[size] ? again : took[size];
		}
	return suspicious(took[0], took[1], 1);
}

static void words_that_desk_and_articles_read_grow_like_their_size(void **state)
{
	static const char *const more[] = { "thanks? ", "Thanks. ", "hello ", "hello, ", "re: ", "Re:Re:", "[#1]", "[#", "[#12345678901", "fwd: \t", "-- \n", "saluti. " };
	size_t bytes = (full_run ? 256 : 64) * 1024;
	struct buffer text CLEANUP_BUFFER;
	buffer_init(&text);
	for (size_t i = 0; i < COUNT_OF(text_tokens) + COUNT_OF(more); i++) {
		const char *token = i < COUNT_OF(text_tokens) ? text_tokens[i] : more[i - COUNT_OF(text_tokens)];
		double took[2], again[2];
		checked++;
		if (words_grow(&text, token, bytes, took) && words_grow(&text, token, 2 * bytes, again))         /* as grows_on() has it */
			complain("words", token, "seconds grow faster than bytes", took[0], took[1]);
	}
	assert_int_equal(failures, 0);
}

static void a_short_subject_is_what_it_was(void **state)
{
	assert_string_equal(desk_short_subject(&arena, " Re: [#12] AW:  WG:VPN [#7] is [#] down [#8x] "), "VPN  is [#] down [#8x]");
	assert_string_equal(desk_short_subject(&arena, "[#12] Re: "), "");
	assert_string_equal(desk_short_subject(&arena, "Report: all"), "Report: all");
}

/* ---- the generators beside the project ---- */
#define GENERATORS (getenv("SPORTELLO_GENERATORS") ? getenv("SPORTELLO_GENERATORS") : "../shared/cases/attack")

static bool load(const char *path, struct buffer *out)
{
	buffer_reset(out);
	return file_read_all(path, 16 * 1024 * 1024, out, NULL) == STATUS_OK;
}

static void generators_beside_the_project_grow_like_their_size(void **state)
{
	char folder[] = "/tmp/growth-XXXXXX", command[600];
	static const char *const programs[] = { "gen.py", "gen2.py" }, *const sizes[] = { "500000", "1000000" };
	static struct buffer mails[2];
	glob_t found;
	snprintf(command, sizeof command, "%s/gen.py", GENERATORS);
	if (!full_run || access(command, R_OK) != 0 || !mkdtemp(folder))
		skip();
	for (size_t i = 0; i < 4; i++) {
		snprintf(command, sizeof command, "OUT=%s python3 %s/%s %s", folder, GENERATORS, programs[i % 2], sizes[i / 2]);
		assert_int_equal(system(command), 0);
	}
	snprintf(command, sizeof command, "%s/*.500000", folder);
	assert_int_equal(glob(command, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *path = found.gl_pathv[i], *name = strrchr(path, '/') + 1;
		for (size_t size = 0; size < 2; size++) {
			snprintf(command, sizeof command, "%.*s%s", (int)(strlen(path) - 6), path, sizes[size]);
			assert_true(load(command, &mails[size]));
		}
		judge("generator", name, mails, NULL, 0);
	}
	globfree(&found);
	snprintf(command, sizeof command, "rm -r %s", folder);
	assert_int_equal(system(command), 0);
	assert_int_equal(failures, 0);
}

static int begin(void **state)
{
	full_run = getenv("GROWTH_FULL") != NULL;
	only = getenv("GROWTH_ONLY");
	mallopt(M_MMAP_THRESHOLD, 1 << 30);      /* what was once asked of the kernel stays: pages that it gives anew are no work of ours */
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	return start(state);
}

static int end(void **state)
{
	print_message("%zu kinds of mails were doubled\n", checked);
	print_rows("grew most (times):", most_grown);
	print_rows("took longest (seconds for 1 MB):", longest);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(generators_beside_the_project_grow_like_their_size), TEST(each_header_field_grows_like_its_size), TEST(many_fields_grow_like_their_number), TEST(each_line_of_a_text_grows_like_its_number),
		TEST(each_element_of_a_page_grows_like_its_number), TEST(cleaning_a_page_grows_like_its_size), TEST(each_command_of_enriched_text_grows_like_its_number),
		TEST(each_form_of_a_part_grows_like_its_number), TEST(alternatives_in_alternatives_are_read_once), TEST(each_container_grows_like_what_it_holds),
		TEST(each_encoding_and_charset_grows_like_its_size), TEST(words_that_desk_and_articles_read_grow_like_their_size),
		TEST(a_short_subject_is_what_it_was),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
