/*
 * gateway_page.c - a customer's link: token to ticket, ticket to page; a button to a plan, the plan to the store.
 *
 * "?m=2&f=1" behind a token is the first file of message 2.
 *
 * GET reads and never writes: scanners and previews fetch every link. POST acts, and acting again changes nothing. A token that is not
 * ours is 404, one that is too old 410. Only public messages are shown: requests, replies of both sides; never a note, never what
 * machines sent. A token is good for its ticket's customer: where the customer was changed, it is 404.
 */
#include <string.h>
#include <strings.h>

#include "gateway.h"
#include "limits.h"
#include "outbox.h"

struct page_job {
	struct arena *arena;
	const struct desk_policy *policy;
	struct token token;
	struct page_act act;
	struct plan plan;
};

struct web_page gateway_start_page(const struct config *config, const struct web_request *request, enum web_page_kind kind)
{
	const char *language = web_language(&config->templates, request->accept_language, config->policy.language);
	const struct desk_brand *brand = &config->policy.brand;
	struct desk_colours colours;
	desk_brand_colours(brand->colour, &colours);
	return (struct web_page){.kind = kind, .colours = colours, .address = brand->address, .write_to = config->policy.queues.at[0].address,
	                         .logo = brand->logo_size ? "../logo" : NULL, .logo_width = brand->logo_width, .logo_height = brand->logo_height, .language = language, .fallback = config->policy.language, .words = &config->templates, .desk_name = config->policy.name, .subject = "", .action = "",
	                         .link_status = "", .link_confirm = "", .link_refuse = "", .link_help = "", .link_solved = ""};
}

/* True for a message of the conversation: no note, nothing that a machine sent. */
static bool is_public(const struct message_row *message)
{
	return message->kind == MESSAGE_REQUEST || message->kind == MESSAGE_REPLY;
}

static const char *agent_shown(const struct desk_policy *policy, const struct message_row *message)
{
	const struct desk_agent *agent = *message->agent ? desk_agent_named(policy, message->agent) : NULL;
	return agent && *agent->display ? agent->display : policy->name;
}

/* Whoever knows a ticket's address can have a mail sent to it: a service that mails a code to sign in with, say. Who reads the page sees the
 * desk's words and his own, and of others' mails only that they came. */
static enum web_speaker speaker_of(const struct message_row *message, const char *customer)
{
	return message->out ? OUTCOME_BY_DESK : strcasecmp(message->from.address, customer) == 0 ? OUTCOME_BY_READER : OUTCOME_BY_OTHER;
}

static bool add_said(struct arena *arena, struct store *store, const struct config *config, const char *customer, const struct message_row *message,
                     size_t from, size_t most, struct web_page *page)
{
	const struct outbox_answered notices = {store, &config->policy, &config->templates};
	const struct answered answered = {outbox_answered, &notices};
	struct web_said *said = ARENA_PUSH(arena, &page->said);
	struct words words;
	struct error error;
	*said = (struct web_said){.by = speaker_of(message, customer), .who = agent_shown(&config->policy, message), .date = message->date, .when = desk_time(arena, &config->policy, message->date, page->language), .seq = message->seq, .text = ""};
	if (said->by != OUTCOME_BY_OTHER && (!page->single || !page->part))
		gateway_add_files(store, arena, message, page->single, said);
	if (said->by == OUTCOME_BY_OTHER || store_words(store, arena, message, &answered, from, most, &words, &error) != STATUS_OK)
		return said->by == OUTCOME_BY_OTHER;
	said->text = words.text;
	said->more |= words.left > 0;
	return from == 0 || *words.text;
}

/* A part of it, so that no page grows with what somebody wrote: the newest messages first, on each page in the order they came. */
static void add_conversation(struct arena *arena, struct store *store, const struct config *config, const struct ticket_facts *ticket,
                             struct web_page *page)
{
	struct message_rows rows;
	struct error error;
	size_t all, skip = (size_t)page->part * LIMIT_PAGE_MESSAGES;
	if (store_public_messages(store, arena, ticket->id, skip, LIMIT_PAGE_MESSAGES, &rows, &all, &error) != STATUS_OK)
		return;
	page->more = skip + rows.count < all;
	for (size_t i = rows.count; i > 0; i--)
		add_said(arena, store, config, ticket->customer.address, &rows.at[i - 1], 0, LIMIT_PAGE_WORDS, page);
}

/* One message. False: it is none that this customer may read. */
static bool find_readable(struct arena *arena, struct store *store, const struct ticket_facts *ticket, int seq, struct message_row *message)
{
	struct error error;
	return store_message(store, arena, ticket->id, seq, message, &error) == STATUS_OK && is_public(message)
	       && speaker_of(message, ticket->customer.address) != OUTCOME_BY_OTHER;
}

/* A part of it; false, too, where it has no such part. */
static bool add_single(struct arena *arena, struct store *store, const struct config *config, const struct ticket_facts *ticket, int seq,
                       struct web_page *page)
{
	struct message_row message;
	page->single = true;
	return find_readable(arena, store, ticket, seq, &message)
	       && add_said(arena, store, config, ticket->customer.address, &message, (size_t)page->part * LIMIT_PAGE_PART, LIMIT_PAGE_PART, page);
}

static bool same_customer(const struct token *token, const struct ticket_facts *facts)
{
	return token->who == desk_who(facts->customer.address);
}

/* Links stay relative, so that a proxy may serve the desk under a path of its own. */
struct linking { struct arena *arena; const struct desk_policy *policy; const struct ticket_facts *ticket; const char *folder; };

static const char *link_of(const struct linking *to, enum token_kind kind)
{
	return arena_printf(to->arena, "%s%s", to->folder, desk_link_token(to->arena, to->policy, kind, to->ticket->id, to->ticket->customer.address, clock_now()));
}

static void add_suggested(const struct linking *to, const struct suggestion *suggestion, struct web_page *page)
{
	for (size_t i = 0; i < suggestion->articles.count; i++) {
		const struct desk_article *article = &suggestion->articles.at[i];
		const char *link = desk_article_link(to->arena, to->policy, article), *name = link ? strrchr(link, '/') + 1 : "";
		if (link)
			link = arena_printf(to->arena, "../kb/%s?t=%s", name, desk_link_token(to->arena, to->policy, TOKEN_LINK_ARTICLE, to->ticket->id,
			                    to->ticket->customer.address, clock_now()));
		*ARENA_PUSH(to->arena, &page->suggested) = (struct web_article){article->id, article->title, link ? link : ""};
	}
	page->judged = suggestion->shown > SUGGESTION_NOTHING && (strcmp(suggestion->outcome, OUTCOME_SOLVED) == 0 || strcmp(suggestion->outcome, OUTCOME_REFUSED) == 0);
}

bool gateway_fill_page(struct arena *arena, struct store *store, const struct config *config, const struct token *token, const char *folder,
                       struct web_page *page)
{
	struct ticket_row row;
	struct error error;
	const struct desk_policy *policy = &config->policy;
	if (store_ticket_head(store, arena, token->ticket, &row, &error) != STATUS_OK || !same_customer(token, &row.facts))
		return false;
	struct linking to = {arena, policy, &row.facts, folder};
	page->ticket = row.facts.id;
	page->subject = row.facts.subject;
	page->state = row.facts.state;
	page->stars = row.stars;
	page->waiting = row.facts.waiting;
	const struct desk_queue *queue = desk_queue_named(policy, row.facts.queue);
	page->may_rate = !queue || queue->rating;
	page->link_status = link_of(&to, TOKEN_LINK_STATUS);
	page->link_confirm = link_of(&to, TOKEN_LINK_CONFIRM);
	page->link_refuse = link_of(&to, TOKEN_LINK_REFUSE);
	page->link_help = link_of(&to, TOKEN_LINK_HELP);
	page->link_solved = link_of(&to, TOKEN_LINK_SOLVED);
	add_suggested(&to, &row.facts.suggestion, page);
	if (*row.facts.language)
		page->language = row.facts.language;
	if (page->kind != PAGE_VIEW_STATUS)
		return true;
	if (page->message)
		return add_single(arena, store, config, &row.facts, page->message, page);
	add_conversation(arena, store, config, &row.facts, page);
	return true;
}

/* ---- acting ---- */

/* Where the store is written. */
static enum status act(struct store *store, void *context, struct error *error)
{
	struct page_job *job = context;
	struct facts facts = {0};
	enum status status = store_facts_of_ticket(store, job->arena, job->token.ticket, &facts, error);
	if (status != STATUS_OK)
		return status;
	if (!facts.ticket || !same_customer(&job->token, facts.ticket))
		return error_set(error, STATUS_NOT_FOUND, "there is no such request");
	if ((status = gateway_add_loads(store, job->arena, job->policy, NULL, NULL, &facts, error)) != STATUS_OK)
		return status;
	if ((status = store_words_known(store, job->token.ticket, job->act.words, &facts.words_known, error)) != STATUS_OK)
		return status;
	if ((status = store_stars(store, job->token.ticket, &facts.stars, error)) != STATUS_OK)
		return status;
	desk_plan_init(&job->plan, job->arena, NULL);
	status = desk_decide_page(job->policy, &job->act, &facts, &job->plan, error);
	return status == STATUS_OK ? store_apply(store, &job->plan, NULL, error) : status;
}

static const char *words_of(const struct web_request *request)
{
	const char *words = web_form_value(request, "words");
	return words ? text_trim(utf8_cut(request->arena, words, WEB_WORDS_BYTES)) : "";
}

static enum page_kind what_is_asked(const struct web_request *request, const struct token *token)
{
	if (token->kind == TOKEN_LINK_CONFIRM)
		return PAGE_CONFIRM;
	if (token->kind == TOKEN_LINK_REFUSE)
		return PAGE_REFUSE;
	if (token->kind == TOKEN_LINK_HELP)
		return PAGE_HELP;
	if (token->kind == TOKEN_LINK_SOLVED)
		return PAGE_SOLVED;
	const char *what = web_form_value(request, "do");
	if (web_form_value(request, "language"))
		return PAGE_LANGUAGE;
	if (what && strcmp(what, "done") == 0)
		return PAGE_DONE;
	return web_form_value(request, "stars") ? PAGE_RATE : PAGE_WORDS;
}

/* Of those that the pages offer. */
static const char *asked_language(const struct config *config, const struct web_request *request)
{
	const char *language = web_form_value(request, "language"), *ours = desk_page_language_of(&config->templates, language);
	return ours && strcmp(ours, language) == 0 ? ours : NULL;
}

static enum status press(struct gateway *gateway, const struct config *config, const struct web_request *request, const struct token *token,
                         struct error *error)
{
	const char *stars = web_form_value(request, "stars"), *article = web_form_value(request, "article");
	struct page_job job = {.arena = request->arena, .policy = &config->policy, .token = *token,
	                       .act = {.kind = what_is_asked(request, token), .words = words_of(request), .article = article ? article : "", .trace = "page",
	                               .language = asked_language(config, request),
	                               .stars = stars && stars[0] >= '1' && stars[0] <= '5' && !stars[1] ? stars[0] - '0' : 0}};
	enum status status = store_write(gateway->writer, act, &job, error);
	log_event(status == STATUS_OK ? LOG_INFO : LOG_NOTICE, "page.pressed", "ticket", LOG_NUMBER(token->ticket),
	          "changes", LOG_NUMBER(status == STATUS_OK ? job.plan.count : 0), "why", status == STATUS_OK ? "" : error->text, NULL);
	if (status == STATUS_OK && job.plan.count && gateway->outgoing_waits)
		gateway->outgoing_waits(gateway->context);
	return status;
}

static enum web_page_kind view_of(const struct token *token)
{
	switch (token->kind) {
	case TOKEN_LINK_CONFIRM: return PAGE_VIEW_CONFIRM;
	case TOKEN_LINK_REFUSE:  return PAGE_VIEW_REFUSE;
	case TOKEN_LINK_HELP:    return PAGE_VIEW_HELP;
	case TOKEN_LINK_SOLVED:  return PAGE_VIEW_SOLVED;
	default:                 return PAGE_VIEW_STATUS;
	}
}

static void show(const struct web_request *request, struct web_page *page, enum web_page_kind kind, struct web_response *response)
{
	page->kind = kind;
	web_page(request->arena, page, response);
}

void gateway_here_page(const struct config *config, const struct web_request *request, struct web_response *response)
{
	struct web_page page = gateway_start_page(config, request, PAGE_VIEW_HERE);
	page.logo = page.logo ? "logo" : NULL;
	web_page(request->arena, &page, response);
}

void gateway_trouble_page(const struct config *config, const struct web_request *request, struct web_response *response)
{
	struct web_page page = gateway_start_page(config, request, PAGE_VIEW_TROUBLE);
	web_page(request->arena, &page, response);
}

void gateway_logo(const struct config *config, const struct web_request *request, struct web_response *response)
{
	const struct desk_brand *brand = &config->policy.brand;
	if (brand->logo_size)
		*response = (struct web_response){.status = 200, .content_type = brand->logo_type, .length = brand->logo_size,
		                                  .body = arena_copy(request->arena, brand->logo, brand->logo_size)};
}

/* A file of the conversation, by the token of its page. */
static bool find_file(const struct web_request *request, struct store *store, const struct token *token, struct gateway_download *download)
{
	struct ticket_row row;
	struct message_row message;
	struct error error;
	return !request->post && token->kind == TOKEN_LINK_STATUS && store_ticket_head(store, request->arena, token->ticket, &row, &error) == STATUS_OK
	       && same_customer(token, &row.facts) && find_readable(request->arena, store, &row.facts, request->message, &message)
	       && gateway_find_file(store, request->arena, &message, request->file, download);
}

void gateway_page(struct gateway *gateway, const struct config *config, struct store *store, const struct web_request *request,
                  struct web_response *response, struct gateway_download *download)
{
	struct token token;
	struct error error;
	struct web_page page = gateway_start_page(config, request, PAGE_VIEW_UNKNOWN);
	const char *text = request->path + strlen("/l/");
	enum link_class class = desk_link_read(&config->policy, text, clock_now(), &token);
	if (class == LINK_GOOD && token.kind == TOKEN_LINK_ARTICLE)
		class = LINK_UNKNOWN;            /* good for /kb/ alone */
	if (class != LINK_GOOD) {
		show(request, &page, class == LINK_TOO_OLD ? PAGE_VIEW_TOO_OLD : PAGE_VIEW_UNKNOWN, response);
		return;
	}
	if (request->file) {
		if (!find_file(request, store, &token, download))
			show(request, &page, PAGE_VIEW_UNKNOWN, response);
		return;
	}
	enum status status = request->post ? press(gateway, config, request, &token, &error) : STATUS_OK;
	page.kind = view_of(&token);
	page.action = text;
	page.part = request->post ? 0 : request->part;
	page.message = request->post ? 0 : request->message;
	page.empty = request->post && token.kind == TOKEN_LINK_STATUS && what_is_asked(request, &token) == PAGE_WORDS && !*words_of(request);
	page.done = request->post && status == STATUS_OK && !page.empty && (token.kind != TOKEN_LINK_STATUS || what_is_asked(request, &token) == PAGE_WORDS);
	if (status == STATUS_TRY_LATER || status == STATUS_BROKEN)
		show(request, &page, PAGE_VIEW_TROUBLE, response);
	else if (!gateway_fill_page(request->arena, store, config, &token, "", &page))
		show(request, &page, PAGE_VIEW_UNKNOWN, response);
	else
		show(request, &page, page.kind, response);
}
