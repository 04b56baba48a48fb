/*
 * desk_private.h - what the files of the desk share: the decision in progress and the verbs that add to its plan.
 *
 * A decision works on its own copy of the ticket's facts and keeps it in step with the plan, so that several commands in
 * one mail see each other's effects (a reply after /queue goes out from the new queue's address).
 */
#ifndef SPORTELLO_DESK_PRIVATE_H
#define SPORTELLO_DESK_PRIVATE_H

#include "desk.h"

#define HOUR_MS (60LL * 60 * 1000)
#define DAY_MS (24 * HOUR_MS)

struct decision {
	const struct desk_policy *policy;
	const struct facts *facts;
	struct plan *plan;
	struct arena *arena;
	const char *trace;
	int64_t next_outbox;
	const struct mail *mail;                 /* that caused it, NULL: none. Who stands in its To and Cc has it already */
	int mail_seq;                            /* the message that a mail of the customer's side became; 0: none yet */
	const char *language;                    /* of the agent who is told what is wrong; NULL: English, for the command line */
};

/* The files make a staircase: none needs, over others, one that needs it (tests/tools/circles.py). Lower ones stand first. */

/* ---- what is said to an agent about a line of his mail (desk_sentence.c) ---- */
enum sentence {
	SAY_TOO_MANY, SAY_NO_COMMAND, SAY_NEEDS_WORD, SAY_ALONE, SAY_NO_AGENT, SAY_NO_QUEUE, SAY_NO_ADDRESS, SAY_NO_TIME, SAY_NO_NUMBER, SAY_NOT_OF_FIELD,
	SAY_BELOW, SAY_NO_TICKET, SAY_NOT_YOURS, SAY_WHICH_TICKET, SAY_NO_LANGUAGE, SAY_NOT_PROVED, SAY_FOR_NOBODY, SAY_NEW_ALONE, SAY_ONCE, SAY_NO_WORDS,
	SAY_NO_UNDO, SAY_ACTED_SINCE, SAY_MERGE_NOT_YOURS, SAY_HOUSE_TOKEN, SAY_NO_REPLY, SAY_NO_WAITING, SAY_OURS, SAY_READS, SAY_LONG_LINE, SAY_READS_ONLY,
	SAY_MANY_WORDS, SAY_ASKED_OFTEN, SAY_SPAM_SAYS_NOTHING, SAY_AWAY, SAY_AWAY_UNTIL, SAY_BACK,
	SAY_IS_STATE, SAY_NO_TAG, SAY_HAS_NO_TAG, SAY_MERGE_NOWHERE, SAY_MERGE_ITSELF, SAY_COMES_BACK, SAY_UNUSABLE, SAY_AGENTS_ADDRESS,
	SAY_MANY_TAKE_PART, SAY_IS_CUSTOMER, SAY_TAKES_NO_PART, SAY_NOBODY_TO_WRITE, SAY_SEALED, SAY_HOUSE_FILE, SAY_SENT_ALREADY,
	SAY_NOT_AS_IT_WAS, SAY_NOTHING_TO_SEND, SAY_NOTHING_NEW, SAY_ALL_THE_SAME, SAY_ANSWERED_SINCE, SAY_NOTED_SINCE, SAY_OTHERS_READ,
	SAY_QUOTES_ELSE, SAY_TOO_ALIKE, SAY_QUOTES_TOKENS, SAY_FROM_STRANGER, SAY_MIRROR_PROOF, SAY_COLLEAGUES_NOTICE, SAY_KEPT_AS_NOTE,
	SAY_NOT_AUTHENTICATED, SAY_SERVER_SILENT, SAY_SAVED_BROKEN, SAY_QUERY_WRONG, SAY_COUNT
};
const char *desk_sentence(struct arena *arena, const char *language, enum sentence which, const char *one, const char *two, const char *three);
const char *desk_in_language(const struct decision *d, enum sentence which, const char *one, const char *two, const char *three);      /* in d->language */
/* The same as why something is not done, in the agent's language; for the command line in English. */
enum status desk_refuse(const struct decision *d, struct error *error, enum status status, enum sentence which, const char *one, const char *two, const char *three);

/* ---- the policy (desk_policy.c) ---- */
const struct desk_queue *desk_queue_of(const struct decision *d, const struct ticket_facts *ticket);

/* ---- words (desk_subject.c, desk_words.c) ---- */
const char *desk_short_subject(struct arena *arena, const char *subject);        /* without Re:, [#12] */
/* Nothing but thanks, in the languages of the notices: "Thank you very much!" but not "Thanks, but it is still broken". */
bool desk_is_thanks(const char *text);
/* A participant's wish to hear no more: a mail of nothing but that word. */
bool desk_is_leave(const char *text);

/* ---- who takes part (desk_readers.c) ---- */
struct ticket_facts *desk_copy_ticket(struct arena *arena, const struct ticket_facts *ticket);
bool desk_is_person(const struct participant *person, const char *address);      /* by his address, or the one where he wants answers */
bool desk_is_participant(const struct ticket_facts *ticket, const char *address);
const struct participant *desk_outsider(const struct ticket_facts *ticket, const char *address);         /* proposed, or left; NULL: neither */
bool desk_has_left(const struct ticket_facts *ticket, const char *address);
/* Already among the readers of the mail that caused this? */
bool desk_person_has_it(const struct decision *d, const struct participant *person);
bool desk_has_it(const struct decision *d, const char *address);

/* ---- what a mail proves (desk_proof.c) ---- */
bool desk_is_proved(struct arena *arena, const struct mail *mail);          /* a pass, of From's own domain */
const char *desk_agent_doubt(const struct decision *d, const struct mail *mail);       /* desk_agent_not_proved() in the agent's language */
bool desk_failed_authentication(const struct mail *mail);
bool desk_is_authenticated(const struct mail *mail, const struct clue_facts *found);  /* found NULL: by the mail alone */
bool desk_same_house(const char *a, const char *b);
/* Did the reader of `to` write this very mail? found NULL: it joins nothing. */
bool desk_proves(struct arena *arena, const struct mail *mail, const struct clue_facts *found, const char *to);
const char *desk_proved_by(struct arena *arena, const struct mail *mail, const struct clue_facts *found);      /* "": nothing did */
const char *desk_sender_flags(struct arena *arena, const struct mail *mail);

/* ---- whose request it is (desk_customer.c) ---- */
/* Who is to be answered: Reply-To where the sender names one person there (RFC 5322 section 3.6.2), else From. */
struct participant desk_customer_of(const struct desk_policy *policy, const struct mail *mail, const char *envelope_from);
const struct desk_agent *desk_forwarding_agent(const struct desk_policy *policy, const struct mail *mail);
bool desk_nobody_reads(const char *address);     /* a sender like noreply@ */

/* ---- plan (desk_plan.c) ---- */
struct effect *desk_plan_add(struct decision *d, enum effect_kind kind, int64_t ticket);
void desk_plan_remark(struct decision *d, int64_t ticket, const char *what, const char *why);
void desk_plan_disposition(struct decision *d, const char *name, int64_t ticket, int seq, const char *why);
void desk_plan_set_state(struct decision *d, struct ticket_facts *ticket, enum ticket_state state, const char *why);
void desk_plan_set_field(struct decision *d, struct ticket_facts *ticket, const struct desk_field *field, const char *value, const char *why);
void desk_plan_set_agent(struct decision *d, struct ticket_facts *ticket, const char *agent, const char *why);
void desk_plan_set_queue(struct decision *d, struct ticket_facts *ticket, const char *queue, const char *why);
void desk_plan_timer(struct decision *d, const struct ticket_facts *ticket, const char *timer, int64_t wait);         /* wait <= 0: none */
/* Appends with the next number of the ticket; the caller fills the rest. */
struct new_message *desk_plan_message(struct decision *d, struct ticket_facts *ticket, enum message_kind kind, bool out);

/* ---- people come and go (desk_people.c) ---- */
void desk_returns(struct decision *d, struct ticket_facts *ticket, const struct mail *mail, const struct clue_facts *found);
void desk_add_copied(struct decision *d, struct ticket_facts *ticket, const struct mail *mail, const struct clue_facts *found);
/* Who takes part is answered where the newest Reply-To of a mail that surely is his, and names his own house, wants it. */
void desk_follow_reply_to(struct decision *d, struct ticket_facts *ticket, const struct mail *mail, const struct clue_facts *found);
void desk_know_writer(struct decision *d, struct ticket_facts *ticket, const struct mail *mail);
/* An agent lets somebody in, or takes him out, who then stays out until he writes himself or an agent lets him in. */
enum status desk_admit(struct decision *d, struct ticket_facts *ticket, const struct action *action, struct error *error);
enum status desk_dismiss(struct decision *d, struct ticket_facts *ticket, const struct action *action, struct error *error);
/* An agent's own mail: whoever stands in its To and Cc, and is neither an agent nor ours, takes part. The first of them; NULL: nobody. */
void desk_bring_readers_of(struct decision *d, struct ticket_facts *ticket, const struct mail *mail);
const struct mail_address *desk_first_outside(const struct decision *d, const struct mail *mail);

/* ---- to whom a ticket is given (desk_assign.c) ---- */
bool desk_on_leave(const struct desk_agent *agent, const struct facts *facts);         /* today */
int64_t desk_day_number(int year, int month, int day);           /* days since 1970-01-01, Gregorian */
void desk_give_out(struct decision *d, struct ticket_facts *ticket);     /* to a rule's agent, else as the queue does it */

/* ---- when an answer is due (desk_due.c) ---- */
void desk_due_starts(struct decision *d, const struct ticket_facts *ticket);
void desk_due_follows(struct decision *d, const struct ticket_facts *ticket, enum ticket_event event);
/* Must the clock be stopped as the ticket goes from `before` to the state `next`? */
bool desk_due_stops(const struct decision *d, const struct ticket_facts *before, enum ticket_state next, enum ticket_event event);
const char *desk_due_date(const struct decision *d, const struct ticket_facts *ticket, const char *language);   /* NULL: nothing is promised */
bool desk_answer_is_due(const struct decision *d, const struct ticket_facts *ticket);    /* somebody promised one, and it has not come */

/* ---- what came of suggestions (desk_outcome.c) ---- */
void desk_set_held_timers(struct decision *d, const struct ticket_facts *ticket);
/* The customer's (or time's, or an agent's) word on what was suggested. article "": none in particular. */
void desk_say(struct decision *d, struct ticket_facts *ticket, const char *said, const char *article);
/* The word that an event is in itself, unless the caller said it already. Before the state moves. */
void desk_word_of_event(struct decision *d, struct ticket_facts *ticket, enum ticket_event event);

/* ---- an event and its consequences (desk_event.c) ---- */
/* Moves the ticket by the table; adds nothing where the state stays. False: the event is not allowed in that state. */
bool desk_plan_event(struct decision *d, struct ticket_facts *ticket, enum ticket_event event, const char *why);
void desk_plan_wait(struct decision *d, struct ticket_facts *ticket, int64_t until, const char *waiting);        /* it may wait: for WAITING_* */

/* ---- spam (desk_spam.c) ---- */
bool desk_is_spam(const struct decision *d, const struct mail *mail);           /* by its sender */
bool desk_is_spam_ticket(const struct ticket_facts *ticket);
void desk_keep_as_spam(struct decision *d, struct ticket_facts *ticket);
enum status desk_mark_spam(struct decision *d, struct ticket_facts *ticket, const struct action *action, struct error *error);
void desk_lift_spam(struct decision *d, struct ticket_facts *ticket);

/* ---- what automatic mail a customer may be sent (desk_voice.c) ---- */
void desk_set_voice(struct decision *d, struct ticket_facts *ticket, const char *voice);
void desk_neutral(struct decision *d, const struct ticket_facts *ticket, struct outgoing *o);     /* takes out of it whatever a person reads and a stranger wrote */

/* ---- what a notice showed (desk_stale.c) ---- */
int64_t desk_shown(struct decision *d, const struct ticket_facts *ticket);       /* the number of a token that an agent gets now */
int64_t desk_shown_of_side(int seq, int side);
const struct draft *desk_draft(const struct decision *d, const struct desk_agent *agent);        /* that /send alone means; NULL: none */
/* NULL, or why an answer to this address is not what its writer takes it for. send: he wrote /send. *since: colleagues' words since; "". */
const char *desk_stale(struct decision *d, const struct ticket_facts *ticket, const struct token *token, const struct desk_agent *agent, bool send,
                       const char **since);
/* What colleagues wrote since the notice that was answered. "": nothing. */
const char *desk_since(struct decision *d, const struct desk_agent *agent);

/* ---- what agents are to know before they write (desk_context.c) ---- */
/* Who wrote the message, where that is not the customer; NULL: it was, or nobody knows. */
const struct mail_address *desk_writer(const struct decision *d, const struct ticket_facts *ticket, int about_seq);
/* Who wrote, under which subject, and who will read the answer, as variables of a notice. */
void desk_add_context(struct decision *d, const struct ticket_facts *ticket, int about_seq, const char *language, struct buffer *out);

/* ---- what a notice tells of, in a word (desk_news.c) ---- */
void desk_show_news(struct decision *d, const char *person, const char *variables, struct outgoing *o);   /* into From, or before the Subject */
bool desk_names_news(const char *line, size_t length);   /* does a line name the sender of one? */

/* ---- mails that go out (desk_notices.c); template: the name of a row of desk_notice_table.c ---- */
/* To the customer's side. automatic: no person's words; writer NULL: the desk. NULL: nobody to write to. */
struct outgoing *desk_notice_to_customer(struct decision *d, struct ticket_facts *ticket, const char *template,
                                         bool automatic, const struct desk_agent *writer);
/* A notice by itself: the mail, and its message on the ticket. NULL: none goes out, since the queue does not want such ones, or
 * there is nobody to write to. */
struct outgoing *desk_tell_customer(struct decision *d, struct ticket_facts *ticket, const char *template);
/* To the ticket's agent, and to all of its queue while it has none or that one is on leave; never to `except`; to who was copied by the
 * customer himself only if nobody else is told. */
/* The agents who are told of it, and the supervisors of the queue's agents; where it has none, all. */
void desk_tell_with_supervisors(struct decision *d, const struct ticket_facts *ticket, const char *template, const char *variables);
void desk_notice_to_agents(struct decision *d, const struct ticket_facts *ticket, const char *template, int about_seq,
                           const char *except, const char *variables);
/* Agents hear of what the customer's side wrote: at once, or, where it writes without end, together with what follows. */
void desk_tell_of_reply(struct decision *d, const struct ticket_facts *ticket, int seq);
void desk_tell_of_gathered(struct decision *d, const struct ticket_facts *ticket, int seq);
/* False: none goes out, since the queue does not want such ones, or the agent has no usable address. */
bool desk_notice_to_agent(struct decision *d, const struct ticket_facts *ticket, const struct desk_agent *agent, const char *template,
                          int about_seq, const char *variables);
bool desk_queue_wants_notice(const struct desk_queue *queue, const char *template);

/* ---- what colleagues did (desk_colleagues.c) ---- */
/* What `actor` did to the ticket (`before`, and effects of the plan from `from` on) is told to those who work with it. */
void desk_tell_colleagues(struct decision *d, const struct ticket_facts *before, const struct ticket_facts *ticket, const char *actor, size_t from);
/* The minute of a TIMER_COLLEAGUES is over: its agent hears of what came since, if anything did. */
void desk_tell_what_happened_since(struct decision *d, const struct ticket_facts *ticket, const char *timer);
/* A notice that did not reach `agent` goes to others, once to each. */
void desk_pass_on(struct decision *d, const struct ticket_facts *ticket, const char *template, const char *agent, int about_seq, const char *variables);

/* ---- how far an address is trusted (desk_budget.c) ---- */
/* Is it certain that `to` wants an answer to this mail? */
bool desk_is_safe(const struct decision *d, const struct mail *mail, const char *to);
/* NULL: one more acknowledgement may go to this address; else why not. */
const char *desk_over_budget(struct decision *d, const struct mail *mail, const char *to);
/* Remembers an address whose owner surely wrote this mail, and that it does not bounce any more. found NULL: it joins nothing. */
void desk_prove(struct decision *d, const struct mail *mail, const struct clue_facts *found);

/* ---- articles (desk_suggest.c) ---- */
/* Puts the articles into the mail that answers a new request, and into its history. stranger: see struct asked. */
void desk_suggest(struct decision *d, struct ticket_facts *ticket, struct outgoing *notice, bool stranger);
/* Title, excerpt and link of each, and the links of the two buttons, as variables of the mail. */
void desk_show_articles(struct decision *d, const struct ticket_facts *ticket, const struct desk_articles *articles, struct outgoing *notice);
/* That no article was good enough is worth knowing even where nobody is told. */
void desk_note_unanswered(struct decision *d, const struct ticket_facts *ticket);

/* ---- acknowledging (desk_acknowledge.c) ---- */
/* NULL: an automatic mail may go out to that address in answer to this mail; else why not. */
const char *desk_no_acknowledgement(struct decision *d, const struct mail *mail, const char *to);
/* What automatic mail `customer` may be sent on the ticket that this mail opens: VOICE_*, or why none. */
const char *desk_voice_of(struct decision *d, const struct mail *mail, const char *customer);
void desk_acknowledge(struct decision *d, const struct mail *mail, struct ticket_facts *ticket);

/* ---- held requests (desk_hold.c) ---- */
/* May this request wait for its customer's word on the articles? points_at: a ticket that it refers to. */
bool desk_may_hold(struct decision *d, const struct incoming *incoming, const struct desk_queue *queue, const char *customer, int64_t points_at);
/* A ticket of which no agent was told yet (desk_is_unseen) comes to the agents: given to one, or all of the queue are told. more: what the customer wrote just now; "". */
void desk_present(struct decision *d, struct ticket_facts *ticket, const char *more);
/* What was suggested did not arrive: nobody is there to answer, so it is a ticket at once. */
void desk_held_mail_failed(struct decision *d, struct ticket_facts *ticket, const char *template);
void desk_decide_held_timer(struct decision *d, struct ticket_facts *ticket, const char *timer);

/* ---- the table of commands (desk_command_table.c) ---- */
const struct desk_command *desk_command_named(const char *word, size_t length);  /* NULL: there is none */
const struct desk_command *desk_command_of(enum action_kind kind, const struct desk_field *field);
const char *desk_command_usage(struct arena *arena, const struct desk_command *command);
/* What the writer hears when it is done; "": nothing. */
const char *desk_command_done(struct arena *arena, const struct desk_command *command, const char *language, const char *what);

/* ---- commands of agents (desk_command.c, desk_command_argument.c) ---- */
struct worked { struct ticket_facts *now; struct ticket_facts before; };         /* a ticket that an agent's mail acts on */
struct agent_words {                     /* what an agent's mail or command line says */
	const struct desk_agent *agent;
	struct { struct action *at; size_t count; } actions;
	struct { struct worked *at; size_t count; } worked;      /* the ticket that the mail is about first, if it is about one */
	bool note;                       /* the words never leave the house */
	int64_t note_ticket;             /* whose note they are; 0: of the ticket that the mail is about */
	bool send;                       /* "/send": they go out, although they were asked back for */
	const char *text;                /* without commands */
	const char *all;                 /* with commands: as they come back if they are not sent */
	const struct draft *draft;       /* whose words they are; NULL: this mail's own */
	struct { const struct saved_file **at; size_t count; } files;    /* of saved replies in them: they go with the words */
};
/* Takes the command lines off the top of `text`, and "/note" wherever it stands. False: commands are wrong, or stand where none is carried
 * out; *problem names each line, says what is wrong and how to write it, a line each. */
bool desk_commands(struct decision *d, const char *text, struct agent_words *words, const char **problem);
bool desk_begins_with_command(struct arena *arena, const char *text);
bool desk_asks_to_send(struct arena *arena, const char *text);   /* "/send" among the commands on top */
/* The tickets that commands on top of `text` name; *past: and do they ask what was before? */
struct numbers { int64_t *at; size_t count; };
void desk_command_tickets(struct arena *arena, const char *text, struct numbers *tickets, bool *past);
/* "#12", or "12" where bare: its number; 0: it is none. */
int64_t desk_ticket_number(const char *word, size_t length, bool bare);
/* NULL: the argument is one that the command takes; else what is wrong with it. */
const char *desk_check_argument(struct decision *d, const struct desk_command *command, const struct desk_agent *writer, struct action *action);
int64_t desk_parse_until(const char *words, int64_t now);        /* "3d", "2h", "1w", RFC 3339; 0: not understood */

/* ---- an agent's own words (desk_own_words.c) ---- */
/* What the agent wrote in this mail, commands and signature with it, the notice that it answers taken out. `all`: also
 * what looks like a quote of something else. *problem: NULL, or why that is not certain. */
const char *desk_own_words(struct decision *d, const struct incoming *incoming, const struct ticket_facts *ticket, bool all, const char **problem);
/* Our notices as words (desk_shown_words.c): set arena, policy and ticket, zero the rest; add each, then index once. */
#define DESK_HOUSE_WORDS 5       /* that many words of the house in a row are no accident */
#define DESK_TOKEN_WORD 1u       /* the hash that stands for any signed address of the house */
enum desk_speaker { DESK_SPEAKER_HOUSE, DESK_SPEAKER_CUSTOMER, DESK_SPEAKER_COLLEAGUE };
struct desk_shown_word { uint32_t hash; int next; unsigned copy; enum desk_speaker speaker; bool begins; };     /* begins: a line */
struct desk_shown {
	struct arena *arena;
	const struct desk_policy *policy;
	const struct ticket_facts *ticket;
	struct { struct desk_shown_word *at; size_t count; } words;
	int *first, *near; uint32_t mask;        /* by hash; words of one hash chained by `next`, in order; near: the last one looked at */
	long steps, marked;
	bool spent;                      /* not all could be compared: what was not found may be in them all the same */
};
void desk_shown_add(struct desk_shown *shown, unsigned copy, const char *notice);
void desk_shown_index(struct desk_shown *shown);
/* The hashes of the words of a line, at most `most`; *token becomes true where it holds a signed address. */
size_t desk_shown_words_of(struct desk_shown *shown, const char *line, size_t length, uint32_t *words, size_t most, bool *token);
/* Where these words stand, at `from` or behind it, and before `until`; -1: nowhere. */
int desk_shown_find(struct desk_shown *shown, const uint32_t *words, size_t count, int from, int until);
/* Notices as letters and digits alone (desk_note_words.c): of the notes that they showed, of all but the customer's newest words, of all. Zeroed
 * at first, and given back with _fini(). */
struct desk_note_words { struct buffer letters, ours, all; long looked; };
void desk_note_words_fini(struct desk_note_words *notes);
void desk_note_words_add(struct desk_note_words *notes, const char *notice);
/* Is the line, of at least so many letters, a piece of them? */
bool desk_note_words_have(struct desk_note_words *notes, const char *line, size_t length, size_t least);
/* Is it a piece of what is not the customer's? */
bool desk_note_words_are_ours(struct desk_note_words *notes, const char *line, size_t length);
/* Does it go on where the line above it ended? */
bool desk_note_words_go_on(struct desk_note_words *notes, const char *above, size_t above_length, const char *line, size_t length);
const char *desk_with_signature(struct arena *arena, const char *text, const char *signature);

/* ---- what never leaves (desk_house.c) ---- */
/* Tokens that are the house's own, or another ticket's. The text without them: their addresses become `address`. */
bool desk_find_house_token(const struct desk_policy *policy, int64_t ticket, const char *text, size_t *start, size_t *length);
const char *desk_without_house_tokens(struct arena *arena, const struct desk_policy *policy, int64_t ticket, const char *address, const char *text,
                                      size_t *count);

/* ---- an agent's answer (desk_reply.c) ---- */
/* A person's words to the customer: message, mail, state. agent NULL: the desk's own, by the administrator. raw: they came by mail. */
void desk_agent_reply(struct decision *d, struct ticket_facts *ticket, const struct desk_agent *agent, const char *text, bool raw,
                      const char *template);
/* The message of a mail that an agent sent to the customer's side himself, with all that follows from an answer. */
struct new_message *desk_answer_directly(struct decision *d, const struct incoming *incoming, struct ticket_facts *ticket, const struct desk_agent *sender);

/* ---- what an agent does (desk_action.c, desk_agent_mail.c) ---- */
enum status desk_do_action(struct decision *d, struct ticket_facts *ticket, const struct action *action, struct error *error);
void desk_decide_agent_mail(struct decision *d, const struct incoming *incoming, struct ticket_facts *ticket,
                            const struct desk_agent *agent, const struct token *token);
/* /use: the words of saved replies before the writer's own, and what is done beside them, as further commands. NULL, or what is wrong. */
const char *desk_use_saved(struct decision *d, const struct incoming *incoming, const struct ticket_facts *ticket, struct agent_words *words);
/* The files of those go with the mails planned from `mark` on that carry the words. */
void desk_send_saved_files(struct decision *d, const struct agent_words *words, size_t mark);
/* ---- side conversations (desk_side.c) ---- */
/* Words to a third party, and the wait for the answer. subject "": the usual one. */
enum status desk_ask(struct decision *d, struct ticket_facts *ticket, const struct desk_agent *agent, const char *address, const char *subject, const char *text,
                     bool raw, struct error *error);
/* What an agent's mail asks somebody: his own words, nothing that he quotes, nothing of the customer's addresses. */
const char *desk_side_words(struct decision *d, const struct ticket_facts *ticket, const char *text);
const char *desk_side_subject(struct decision *d, const struct ticket_facts *ticket, const struct mail *mail);
/* A third party's mail, to its own signed address or in answer to our mail. False: it is none. */
bool desk_decide_side_in(struct decision *d, const struct incoming *incoming, bool automatic);
const struct side *desk_side_of(struct decision *d, struct ticket_facts *ticket, const struct side *side);
void desk_side_answers(struct decision *d, const struct ticket_facts *ticket, const struct side *side, size_t mark);

/* Undoes what the agent's last mail on the ticket changed. */
enum status desk_undo(struct decision *d, struct ticket_facts *ticket, struct action *action, struct error *error);
/* The commands of a mail (desk_carry_out.c): tickets are looked up by desk_find_worked(), *problem says which are not the writer's. */
bool desk_find_worked(struct decision *d, struct agent_words *words, struct ticket_facts *own, const char **problem);
/* All but `last`; the merges among them, or the others. False: *problem names each that could not be done. */
bool desk_carry_out(struct decision *d, struct agent_words *words, const struct action *last, bool merges, const char **problem);
struct ticket_facts *desk_worked(const struct agent_words *words, int64_t ticket);       /* 0: the mail's own; NULL: none */
/* Mails to the writer: what was done, and what he asked for. */
void desk_answer_commands(struct decision *d, const struct incoming *incoming, const struct agent_words *words);
/* Of a mail that is on no ticket: why nothing was done. */
void desk_tell_writer(struct decision *d, const struct incoming *incoming, const struct desk_agent *agent, const char *template, const char *variables);
/* An agent's new mail to a queue that begins with a command (desk_command_mail.c). False: it is none. */
bool desk_decide_command_mail(struct decision *d, const struct incoming *incoming);
/* An agent's answer to a mail of ours that nothing else understands is answered to him. False: it is not such a mail. */
bool desk_decide_not_understood(struct decision *d, const struct incoming *incoming);
/* His new conversation with somebody outside. */
enum status desk_begin(struct decision *d, const struct action *action, bool raw, struct ticket_facts **ticket, struct error *error);
/* It is not sent on: kept as a note, and told to him with the reason and his words. */
void desk_not_sent(struct decision *d, const struct incoming *incoming, struct ticket_facts *ticket, const struct desk_agent *agent,
                   const char *problem);
/* Agent NULL: whoever is told about the ticket. */
void desk_tell_not_sent(struct decision *d, struct ticket_facts *ticket, const struct desk_agent *agent, int seq, const char *problem);

/* ---- why a mail joins a ticket, or not (desk_thread.c) ---- */
/* May a person's (a machine's) mail join by this clue? Leaves in the plan why not. */
bool desk_may_join(struct decision *d, const struct clue_facts *found, const struct mail *mail);
bool desk_automatic_may_join(struct decision *d, const struct clue_facts *found, const struct mail *mail);
bool desk_is_report(const struct mail *mail);
bool desk_again_by_its_machine(const struct ticket_facts *ticket, const struct mail *mail, const struct clue_facts *found);
/* The clue that is followed; one that is not, and why ("but ..."); and, at the end, a word of those that nobody asked. */
void desk_thread_joins(struct decision *d, const struct clue_facts *found);
void desk_thread_not(struct decision *d, const struct clue_facts *found, const char *but);
void desk_thread_rest(struct decision *d);
/* Why a mail that pointed at a ticket has one of its own, for the link; and why it joined, for the message that was just added. */
const char *desk_thread_link(struct decision *d);
void desk_thread_history(struct decision *d, const struct mail *mail);

/* ---- a mail and its ticket (desk_open.c) ---- */
/* A ticket of its own for this mail, linked with what it pointed at. */
void desk_gain_standing(struct decision *d, struct ticket_facts *ticket, const struct mail *mail, const struct clue_facts *found);
void desk_open_ticket(struct decision *d, const struct incoming *incoming, const char *link_why);
/* An agent brings another queue into a ticket: a ticket of the same customer there, linked, with the agent's mail as a note. */
void desk_open_beside(struct decision *d, const struct incoming *incoming, const struct ticket_facts *ticket, const struct desk_agent *agent);
/* An agent wrote to `customer`, and copied us: the customer's ticket, with those words as the first answer. */
void desk_open_direct(struct decision *d, const struct incoming *incoming, const struct mail_address *customer, const struct desk_agent *agent);
enum message_kind desk_kind_of_message(const struct mail *mail, bool joined);
struct new_message *desk_append_mail(struct decision *d, struct ticket_facts *ticket, const struct mail *mail, enum message_kind kind);
void desk_note_message_id(struct decision *d, struct ticket_facts *ticket, const char *message_id);
const char *desk_first_reason(struct decision *d);                    /* of the verdict, as one line; NULL: none */

/* ---- what an agent's mail is (desk_house_mail.c) ---- */
/* Did a machine write this in an agent's name, or to an agent's own address? */
bool desk_is_agents_machine(const struct decision *d, const struct incoming *incoming);
/* An agent's mail on a ticket, or anybody's to an agent's own address. False: it is neither, and decided like anybody's. */
bool desk_decide_house_mail(struct decision *d, const struct incoming *incoming);
/* An agent's own mail to somebody outside, with a copy to us, that answers nothing of ours. False: it is none. */
bool desk_decide_first_words(struct decision *d, const struct incoming *incoming);

#endif
