/*
 * web.h - the HTTP server, and the pages: requests in, responses out. Alone in touching libmicrohttpd.
 *
 * Allowed to include: base, desk, store. Who answers what is the caller's handler. Limits: strict parsing, connections in all and for
 * one address, idle time, time of a request, URL and form sizes; a second Content-Length, CL with TE and missing Host are refused (RFC 9112),
 * and so is a POST that a browser says comes from a page of another site (Sec-Fetch-Site).
 * Pages are plain HTML without scripts or cookies; every value in them is escaped; the headers allow nothing else (CSP).
 */
#ifndef SPORTELLO_WEB_H
#define SPORTELLO_WEB_H

#include "base.h"
#include "desk.h"

#define WEB_FORM_BYTES (64 * 1024)               /* body of a POST: words of a customer, percent-encoded */
#define WEB_WORDS_BYTES 8000                     /* words that are taken from a form; the rest is cut off */
#define WEB_URL_BYTES 2048

struct web_request {
	struct arena *arena;
	bool post;                       /* GET or HEAD otherwise, */
	bool other;                      /* or none of the three */
	const char *path;
	const char *token;               /* "t" of the address's query; "" */
	const char *form;                /* body of a POST, application/x-www-form-urlencoded; "" */
	const char *accept_language;
	int part, message;               /* "p" and "m" of the query: which part of what is long, of which message; 0: the first, none */
	int file;                        /* "f": which of that message's files, from 1; 0: none is asked for */
};
struct web_response {
	int status;
	const char *content_type;
	const char *body; size_t length; /* in the request's arena, or for good */
	const char *allow;               /* of a 405: the methods there are */
	const char *policy;              /* Content-Security-Policy of a page; NULL: one that allows nothing */
	/* NULL: none. Else that open file is sent and closed in place of the body, to be kept under this name and never shown. */
	const char *file_name; int file; uint64_t file_size;
};
typedef void (*web_handler)(void *context, const struct web_request *request, struct web_response *response);

struct web_server;
/* key: of the configuration, for what is said; host "127.0.0.1", port "8025"; a request may take request_seconds in all, from its first byte to its answer. A thread a connection, so that no page
 * that takes long holds up another answer: the handler is called from several at once. */
enum status web_start(const char *key, const char *host, const char *port, int request_seconds, web_handler handler, void *context, struct web_server **server,
                      struct error *error);
void web_stop(struct web_server **server);
/* Ends the connections of slow clients. About once a second, from any thread; NULL: nothing. Log: web.slow-client. */
void web_tick(struct web_server *server);
struct web_counters { int64_t connections, requests, slow, cross_site; };        /* connections: now */
void web_counters(struct web_server *server, struct web_counters *counters);

/* The decoded value of a form field; NULL: not there. */
const char *web_form_value(const struct web_request *request, const char *name);

/* ---- pages for the customer's side ---- */
enum web_page_kind {
	PAGE_VIEW_STATUS,                /* how the request stands, what was said, room for words, rating */
	PAGE_VIEW_CONFIRM,               /* "is it solved?", one button */
	PAGE_VIEW_REFUSE,                /* "not solved yet?", words and one button */
	PAGE_VIEW_TOO_OLD,               /* 410: the link is too old, and what to do */
	PAGE_VIEW_UNKNOWN,               /* 404 */
	PAGE_VIEW_TROUBLE,               /* 503: try again in a moment */
	PAGE_VIEW_ARTICLE,               /* of the knowledge base; with buttons where it was suggested for a request */
	PAGE_VIEW_HELP,                  /* "do you still need help?", words and one button */
	PAGE_VIEW_HERE,                  /* "/": where one is */
	PAGE_VIEW_SOLVED                 /* "which of these solved it?", a button for each */
};
struct web_article { const char *id, *title, *link; };   /* suggested; link: relative address of its page, "" none */
enum web_speaker { OUTCOME_BY_READER, OUTCOME_BY_DESK, OUTCOME_BY_OTHER }; /* of the last kind, the page shows only that it came */
struct web_said {
	enum web_speaker by; const char *who, *text, *when; int64_t date; int seq;
	bool more;                       /* there are words behind these */
	struct { struct web_file { int number; const char *name; uint64_t size; } *at; size_t count; } files;   /* size 0: not known */
};
struct web_page {
	enum web_page_kind kind;
	const char *language, *fallback; /* of the pages' languages; else the other one, else English */
	const struct template_set *words;        /* the desk's own; NULL: the built-in ones */
	const char *desk_name, *address; /* address: the postal one; NULL or "": none */
	const char *write_to;            /* of the first queue */
	struct desk_colours colours;
	const char *logo; int logo_width, logo_height;   /* the picture's relative address; NULL: none */
	const char *waiting;             /* of a pending ticket: WAITING_* */
	bool empty;                      /* the form that came was */
	bool may_rate;                   /* its queue asks how good the help was */
	int64_t ticket; const char *subject;
	enum ticket_state state;
	const char *action;              /* where the page's own form posts to: its own token */
	const char *link_status, *link_confirm, *link_refuse, *link_help, *link_solved;  /* other pages of the same ticket, as relative addresses */
	bool done;                       /* the button was pressed just now: say so */
	bool judged;                     /* the customer said already whether the suggested articles helped */
	bool too_old;                    /* an article's: its buttons are */
	struct { struct web_article *at; size_t count; } suggested;
	const char *notice;              /* a sentence of trouble, or NULL */
	int stars;                       /* 0: not rated yet */
	struct { struct web_said *at; size_t count; } said;
	int message;                     /* the one that is asked for; 0: none */
	bool single;                     /* a part of that one; else a part of the conversation, the newest first part */
	int part; bool more;             /* which; there are older messages (or, of one message: words) than these */
	/* html goes out as it is: it must be clean already, with nothing in it that acts. language "": not known */
	struct { const char *id, *title, *language, *html; } article;
};
void web_page(struct arena *arena, const struct web_page *page, struct web_response *response);
/* The best of our languages for an Accept-Language header; `otherwise` if none of ours is wanted. */
const char *web_language(const struct template_set *own, const char *accept_language, const char *otherwise);

#endif
