/*
 * desk_state.c - the life of a ticket as one complete table, state x event; doc/STATES.md shows it.
 *
 * Every cell is written out: a state that stays is named, a "--" may not happen. Automatic mail has a row of its own in
 * which nothing ever moves. Time limits (reopen_days) are asked before the event is raised, not here.
 */
#include <string.h>

#include "desk.h"

static const char *const state_names[STATE_COUNT] = {"held", "expired", "new", "open", "pending", "resolved", "closed"};

static const char *const event_names[EVENT_COUNT] = {
	[EVENT_CUSTOMER_MAIL] = "customer mail", [EVENT_AUTOMATIC_MAIL] = "automatic mail", [EVENT_AGENT_REPLY] = "agent reply",
	[EVENT_AGENT_NOTE] = "agent note", [EVENT_ASSIGN] = "assign", [EVENT_PEND] = "pend", [EVENT_RESOLVE] = "resolve",
	[EVENT_CLOSE] = "close", [EVENT_REOPEN] = "reopen", [EVENT_TIME_COME] = "time come", [EVENT_CONFIRMED] = "confirmed",
	[EVENT_NOT_SOLVED] = "not solved", [EVENT_SILENCE] = "silence", [EVENT_STILL_NEED_HELP] = "still need help",
	[EVENT_KB_SOLVED] = "solved by article", [EVENT_HELD_EXPIRED] = "held expires", [EVENT_HELD_CREATE] = "held becomes ticket",
	[EVENT_DONE] = "solved, says the customer",
};

/* One past the state, so that 0 is "may not happen". */
enum cell { NO = 0, HELD = STATE_HELD + 1, EXPIRED, NEW, OPEN, PENDING, RESOLVED, CLOSED };

static const unsigned char table[EVENT_COUNT][STATE_COUNT] = {
	/*                          held      expired   new       open      pending   resolved  closed */
	[EVENT_CUSTOMER_MAIL]   = { NEW,      NEW,      NEW,      OPEN,     OPEN,     OPEN,     OPEN     },
	[EVENT_AUTOMATIC_MAIL]  = { HELD,     EXPIRED,  NEW,      OPEN,     PENDING,  RESOLVED, CLOSED   },
	[EVENT_AGENT_REPLY]     = { OPEN,     OPEN,     OPEN,     OPEN,     OPEN,     OPEN,     OPEN     },
	[EVENT_AGENT_NOTE]      = { HELD,     EXPIRED,  NEW,      OPEN,     PENDING,  RESOLVED, CLOSED   },
	[EVENT_ASSIGN]          = { OPEN,     OPEN,     OPEN,     OPEN,     PENDING,  RESOLVED, CLOSED   },
	[EVENT_PEND]            = { NO,       NO,       PENDING,  PENDING,  PENDING,  NO,       NO       },
	[EVENT_RESOLVE]         = { NO,       NO,       RESOLVED, RESOLVED, RESOLVED, RESOLVED, NO       },
	[EVENT_CLOSE]           = { CLOSED,   CLOSED,   CLOSED,   CLOSED,   CLOSED,   CLOSED,   CLOSED   },
	[EVENT_REOPEN]          = { NEW,      NEW,      NEW,      OPEN,     OPEN,     OPEN,     OPEN     },
	[EVENT_TIME_COME]       = { NO,       NO,       NO,       NO,       OPEN,     NO,       NO       },
	[EVENT_CONFIRMED]       = { NO,       NO,       NO,       NO,       NO,       CLOSED,   CLOSED   },
	[EVENT_NOT_SOLVED]      = { NO,       NO,       NO,       OPEN,     OPEN,     OPEN,     OPEN     },
	[EVENT_SILENCE]         = { NO,       NO,       NO,       NO,       NO,       CLOSED,   NO       },
	[EVENT_STILL_NEED_HELP] = { NEW,      NEW,      NEW,      OPEN,     OPEN,     OPEN,     OPEN     },
	[EVENT_KB_SOLVED]       = { CLOSED,   CLOSED,   CLOSED,   OPEN,     PENDING,  CLOSED,   CLOSED   },
	[EVENT_HELD_EXPIRED]    = { EXPIRED,  NO,       NO,       NO,       NO,       NO,       NO       },
	[EVENT_HELD_CREATE]     = { NEW,      NEW,      NO,       NO,       NO,       NO,       NO       },
	[EVENT_DONE]            = { CLOSED,   CLOSED,   CLOSED,   CLOSED,   CLOSED,   CLOSED,   CLOSED   },
};

const char *desk_ticket_state_name(enum ticket_state state)
{
	return state_names[state];
}

bool desk_ticket_state_parse(const char *name, enum ticket_state *state)
{
	for (int i = 0; i < STATE_COUNT; i++)
		if (strcmp(state_names[i], name) == 0) {
			*state = (enum ticket_state)i;
			return true;
		}
	return false;
}

const char *desk_ticket_event_name(enum ticket_event event)
{
	return event_names[event];
}

bool desk_ticket_transition(enum ticket_state state, enum ticket_event event, enum ticket_state *next)
{
	unsigned char cell = table[event][state];
	*next = cell ? (enum ticket_state)(cell - 1) : state;
	return cell != NO;
}

const char *desk_suggestion_shown_name(enum suggestion_shown shown)
{
	static const char *const names[] = {"", "nothing", "acknowledgement", "held"};
	return names[shown];
}

static const char *const message_names[] = {"request", "reply", "note", "auto-reply", "bounce", "notice", "side-out", "side-in"};

const char *desk_message_kind_name(enum message_kind kind)
{
	return message_names[kind];
}

bool desk_message_kind_parse(const char *name, enum message_kind *kind)
{
	for (size_t i = 0; i < COUNT_OF(message_names); i++)
		if (strcmp(message_names[i], name) == 0) {
			*kind = (enum message_kind)i;
			return true;
		}
	return false;
}
