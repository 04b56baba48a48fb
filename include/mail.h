/*
 * mail.h - a raw mail in, plain values out; and the way back: values in, the bytes of a mail out.
 *
 * Allowed to include: base. Alone in touching GMime, the HTML parser and TNEF. Knows nothing of tickets, of the
 * database or of the configuration. No mail can make it fail: what cannot be read is said in `problems`.
 *
 * Every string is UTF-8 without NUL, "" where there is nothing unless the field says NULL, and lives in the arena that
 * the caller gave. RFC 5322 (headers), 2045-2049 and 2231 (MIME), 3464 (DSN), 3834 (automatic answers), 5965 (ARF).
 */
#ifndef SPORTELLO_MAIL_H
#define SPORTELLO_MAIL_H

#include "base.h"

/* Once a process, before the first thread: initialises GMime. */
void mail_init(void);

/* ---- where the bytes are: in memory (data), or in a file (fd >= 0, read with pread, never closed here) ---- */
struct mail_source {
	const char *data;
	uint64_t size;
	int fd;                          /* -1: use data */
};

/* Opens a file (NULL or "-": standard input, spooled). A small file is read to memory, a large one stays a descriptor. */
enum status mail_source_open(const char *path, struct mail_source *source, struct error *error);
void mail_source_close(struct mail_source *source);              /* frees data / closes fd that mail_source_open made */

enum mail_kind {
	MAIL_REQUEST,                    /* a person's mail that answers nothing */
	MAIL_REPLY,                      /* a person's mail that answers something (In-Reply-To, References) */
	MAIL_AUTO_REPLY,                 /* out of office, receipts, any automatic answer (RFC 3834) */
	MAIL_BOUNCE,                     /* delivery status, RFC 3464 or any of the older forms */
	MAIL_FEEDBACK_REPORT,            /* RFC 5965 */
	MAIL_LOOP,                       /* our own mail coming back; set by the desk */
	MAIL_DUPLICATE                   /* set by the store's claim */
};
const char *mail_kind_name(enum mail_kind kind);                 /* "request", "auto-reply" ... */

/* What sent it, as far as the mail tells. */
enum mail_machine {
	MACHINE_NONE,                    /* a person */
	MACHINE_MARKED,                  /* some machine: an alarm, a scanner, another desk's notification */
	MACHINE_ANSWER,                  /* a program that answers by itself: absence, "we have received" */
	MACHINE_RECEIPT,                 /* a read receipt (RFC 8098) */
	MACHINE_CALENDAR                 /* an answer to an invitation (RFC 5546: REPLY, COUNTER, REFRESH) */
};

/* By what kind of sign a mail may not be answered by a machine. */
enum mail_auto_sign {
	AUTO_SIGN_NONE,                  /* it may */
	AUTO_SIGN_MACHINE,               /* a machine wrote it: by its own mark, its envelope, or its form */
	AUTO_SIGN_PASSED_ON,             /* a list, a filter or a mass mailer had it in hands; a person may have written it */
	AUTO_SIGN_ADDRESS                /* whose address it bears: a machine's, or the recipient's own; a person may have written it */
};

struct mail_address { const char *address, *name; };             /* domain in lower case; local part as written */
struct mail_addresses { struct mail_address *at; size_t count; };

struct mail_attachment {
	const char *filename;            /* safe to show and to store: no path, no control, no bidi override; never "" */
	bool named;                      /* false: the name is made up */
	const char *content_type;        /* lower case, "application/octet-stream" if there is none */
	const char *content_id;          /* without <>, "" if none */
	uint64_t size;                   /* decoded bytes */
	char sha256[2 * SHA256_SIZE + 1];
	bool inline_;
	bool signs;                      /* a signature of this mail, or the key to it: means nothing in another one, and is nobody's words */
};

struct mail_bounce {
	const char *recipient;           /* NULL: not told */
	const char *action;              /* failed, delayed, relayed, delivered, expanded */
	const char *status;              /* "5.1.1" or NULL */
	bool permanent;
	const char *diagnostic;          /* NULL: none */
	const char *original_message_id; /* with <>, NULL: not told */
};

/* What one trusted Authentication-Results said (RFC 8601): "pass", "fail", "none", ...; NULL: nothing trusted was said. */
struct mail_authentication {
	const char *dkim, *spf, *dmarc;
	const char *aligned;             /* "DKIM of example.org": beside DMARC, what stands for From's own domain or login; NULL: nothing */
	const char *doubt;               /* with a trusted server configured: why no result can stand for From ("several From"); NULL: none */
};

/* The original of a mail that a person forwarded (inline or as attachment). */
struct mail_forward {
	bool is_forward;
	struct mail_address from;        /* the original sender; "" if it could not be told */
	const char *subject;             /* the original subject, or "" */
	const char *text;                /* the forwarded text without its header lines, or "" */
	const char *comment;             /* what the forwarder wrote above it, or "" */
};

struct mail {
	enum mail_kind kind;             /* as far as the mail alone tells; desk and store refine it */
	enum mail_machine machine;
	const char *kind_why;            /* which sign of a machine gave it away ("Auto-Submitted: auto-replied"); "": a person's */
	struct mail_address from;        /* address "" if the mail has no usable From or Sender */
	struct mail_addresses from_all;  /* all of From */
	const char *from_doubt;          /* why `from` is not for certain what a mail server that checks From took for it; NULL: it is */
	struct mail_address sender;      /* Sender header, "" if none */
	struct mail_addresses reply_to, to, cc;
	const char *subject;             /* decoded, one line */
	bool forwards;                   /* the subject says that it passes something on: "Fwd:", in any language */
	const char *message_id;          /* with <>; NULL: none */
	struct strings in_reply_to, references;   /* with <>, in order, no duplicates */
	int64_t date;                    /* ms UTC; 0: none that can be read */
	int date_zone;                   /* minutes east of UTC, as the header said */
	const char *language;            /* BCP 47 primary tag ("it"), NULL: not known reliably */
	bool language_sure;              /* enough was said in it to forget what was thought before */
	const char *text;                /* whole readable text */
	bool text_cut;                   /* there is more of it than was made: see mail_options.text_most */
	bool history_cut;                /* it holds quoted history that `reply_text` leaves out */
	const char *reply_text;          /* only what is new: no quoted history, no signature */
	const char *signature;           /* NULL: none */
	struct { struct mail_attachment *at; size_t count; } attachments;
	struct { struct mail_bounce *at; size_t count; } bounces;
	bool auto_answer_allowed;        /* RFC 3834: may an automatic answer be sent to this mail? */
	enum mail_auto_sign auto_answer_sign;
	const char *auto_answer_why;     /* if not: why ("Precedence: bulk"), else "" */
	bool out_of_office;
	bool from_rewritten;             /* From is a list's or a form's own address; `from` is who wrote by what that says, which nothing proves */
	bool list_mail;                  /* List-Id, List-Post ... */
	struct mail_authentication authentication;
	struct mail_forward forward;
	const char *our_marks;           /* value of X-Sportello-Desk, "" if none: our own mails carry it (see mail_out) */
	int hops;                        /* count of Received fields */
	struct strings delivered_to;     /* Delivered-To, X-Original-To, Envelope-To, lower case */
	struct strings problems;         /* what was wrong with the mail and what was done about it, in plain words */
	unsigned char body_digest[SHA256_SIZE];   /* over From address, Subject and the raw body bytes, and without a
	                                             Message-ID over the header, too: tells a re-delivery
	                                             from another mail with the same Message-ID */
};

/* `answered` of mail_options and its context, for who only hands them on. */
struct answered { const char *(*ask)(const void *context, struct arena *arena, const char *message_id); const void *context; };

struct mail_options {
	const char *authserv_id;         /* trusted Authentication-Results authserv-id; NULL or "": trust none */
	const char *envelope_from;       /* NULL: not known; "": the null sender */
	const char *recipient;           /* NULL: not known; the envelope recipient, if there is one only */
	bool headers_only;               /* fast path: headers and kind, no text */
	bool light;                      /* attachments are named and counted, but not decoded: size 0, sha256 "". All else is the same. */
	size_t text_most;                /* bytes of text that are made, of any part and in all; 0: LIMIT_TEXT_BYTES */
	/* The text of a mail of ours by its Message-ID; NULL: it is not ours, "": its text is not known. NULL: nobody can be asked. Asked only
	 * for what a mail with a text says that it answers: these words are the strongest sign of a quote. */
	const char *(*answered)(const void *context, struct arena *arena, const char *message_id);
	const void *answered_context;
	bool text_only;                  /* light, and of what the text means nothing is asked: no reply_text, bounces, forward, language */
};

/* What somebody reads who has not seen the mail: the new words; of one that opens a conversation with history from elsewhere, all. */
const char *mail_words(const struct mail *mail, bool opens);

/* Always fills *mail. The arena owns everything in it. */
void mail_parse(struct arena *arena, const struct mail_source *source, const struct mail_options *options, struct mail *mail);

/* All of a parsed mail but text and reply_text as bytes, and back (false: they are not as mail_pack() wrote them). For who keeps what was costly
 * to derive; what a parser of another version made is made again. Counted up where mails are read better, or a field is added. */
#define MAIL_PARSER_VERSION 3
void mail_pack(const struct mail *mail, struct buffer *out);
bool mail_unpack(struct arena *arena, const void *bytes, size_t length, struct mail *mail);

/* Hands the decoded bytes of attachment `number` (from 1, order of mail.attachments) to write(context, bytes, length),
 * which returns false to stop. STATUS_NOT_FOUND: there is no such attachment. */
enum status mail_attachment(const struct mail_source *source, size_t number,
                            bool (*write)(void *context, const void *bytes, size_t length), void *context,
                            struct error *error);

/* The mail without attachment `number`: in its place a small text file that says its type and size. STATUS_BAD_INPUT: it lies in another part. */
enum status mail_without_attachment(const struct mail_source *source, size_t number, bool (*write)(void *context, const void *bytes, size_t length), void *context,
                                    struct error *error);

/* The value of a header field, decoded to UTF-8, unfolded; the n-th of that name (from 0); NULL: none. For rules. */
const char *mail_header(struct arena *arena, const struct mail_source *source, const char *name, size_t n);

/* The mail part of `explain` and of messages: writes the keys from kind to problems into an open object. */
void mail_json(struct json *json, const struct mail *mail);
void mail_json_attachments(struct json *json, const char *key, const struct mail *mail);

/* ---- the way out ---- */
struct mail_out {
	struct mail_address from;
	struct mail_addresses to, cc;
	const char *reply_to;            /* an address, "" if none */
	const char *subject;
	const char *message_id;          /* with <> */
	const char *in_reply_to;         /* with <>, "" if none */
	struct strings references;
	int64_t date;                    /* ms UTC */
	const char *language;            /* Content-Language, "" if none */
	const char *auto_submitted;      /* "auto-replied", "auto-generated", or "": a person's mail */
	const char *desk_mark;           /* X-Sportello-Desk: who we are, by which we know our own mail when it returns */
	const char *list_unsubscribe;    /* URL or "" */
	struct { struct mail_field { const char *name, *value; } *at; size_t count; } fields;      /* further ones, our own ASCII words; an empty value: none */
	const char *text;                /* plain text, any line ending */
	const char *html;                /* "": text only */
	struct mail_logo { const char *id, *type, *bytes; size_t size; } logo;   /* a picture of ours that `html` shows as cid:id; size 0: none */
	const struct mail_html *pictures;        /* of the mail whose attachments come along: those that `html` shows; NULL: none */
	struct { struct mail_file { const char *name, *bytes; size_t length; } *at; size_t count; } files;     /* files of our own */
	/* a whole mail to attach as message/rfc822 (e.g. the mail an agent is told about); size 0: none */
	struct mail_source attached;
	const char *attached_name;
};

/* Writes the bytes of the mail: CRLF, lines of at most 998 octets, 7-bit clean (quoted-printable or base64), RFC 2047
 * headers, multipart/alternative if there is HTML. The same values give the same bytes (the boundary is made from the
 * Message-ID). No value can add a header or a line: controls in headers become blanks. An address with CR, LF, NUL or over
 * LIMIT_ADDRESS octets is STATUS_BAD_INPUT. */
enum status mail_compose(const struct mail_out *mail, struct buffer *out, struct error *error);

/* Passes an agent's or a customer's own mail on: the same body parts and attachments of `source` under new headers taken from
 * `mail` (whose text, html and attached are used instead of the original text parts). Used to relay an agent's reply with its
 * attachments. The result is written to `out`. Notes, commands and quotes never get in: only attachments are taken over. */
enum status mail_compose_with_attachments(const struct mail_out *mail, const struct mail_source *source,
                                          struct buffer *out, struct error *error);

/* The same with attachments of one mail or several: those for which take[i], as values->attachments, is true; `values`: of that mail, read already. */
struct mail_carried { const struct mail_source *source; const struct mail *values; const bool *take /* NULL: all */; };
enum status mail_compose_with_files(const struct mail_out *mail, const struct mail_carried *carried, size_t count, struct buffer *out, struct error *error);

/* True if it can stand in an SMTP command and a header: local@domain, no blank, control or angle bracket, within LIMIT_ADDRESS. */
/* A domain as it is compared: lower case, A-labels, no last dot (mail_idn.c). */
const char *mail_domain_to_ascii(struct arena *arena, const char *domain);
bool mail_address_usable(const char *address);

/* ---- HTML that may be shown, or sent on (mail_clean*.c) ---- */
struct mail_picture { size_t number; const char *content_id; };  /* an attachment of the mail that the page shows; the id it shows it by; "": nowhere */
struct mail_html { const char *html; struct { struct mail_picture *at; size_t count; } pictures; };
/* The page of a parsed mail, written anew from lists of elements, attributes and styles that may stay: nothing that runs, loads, asks, leaves its
 * place or hides text, no picture but the mail's own bitmaps. `words`: only what tells these, in their order, for instance the part of an answer that
 * is the agent's own; NULL: all. message_id: of the mail that will carry it. False: the mail has no page, or it does not tell the words. */
bool mail_html_clean(struct arena *arena, const struct mail_source *source, const struct mail *mail, const char *words, const char *message_id,
                     struct mail_html *out);

/* HTML with & < > " escaped, for building html texts. */
void mail_html_escape(struct buffer *out, const char *text);

#endif
