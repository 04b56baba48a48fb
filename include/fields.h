/*
 * fields.h - the simple fields of a ticket: one word each, which people and rules set and queries ask for.
 *
 * Allowed to include: nothing; open to all rooms, like limits.h. What is alike for all of these fields is made from this list: their members in
 * struct ticket_facts and in the rules' verdict (desk), what is read, written, told by the history and replayed (store), columns and statements
 * (sqlite), keys of a query (query). How a field looks to people and which words it takes says its row in src/desk/desk_field_table.c.
 */
#ifndef SPORTELLO_FIELDS_H
#define SPORTELLO_FIELDS_H

/* X(member, NAME, history): `member` is its name everywhere, and its column, which is '' while nothing is set; `history` its number in history.kind, which stays for
 * ever: those of new fields are 32 and up. */
#define TICKET_FIELDS(X) \
	X(priority, PRIORITY, 6) \
	X(vip, VIP, 32) \
	X(organisation, ORGANISATION, 33) \
	X(level, LEVEL, 34)

/* Their members in a struct. */
#define TICKET_FIELD_MEMBER(member, NAME, history) const char *member;

#define TICKET_FIELD_NUMBER(member, NAME, history) TICKET_FIELD_##NAME,
enum ticket_field { TICKET_FIELD_NONE, TICKET_FIELDS(TICKET_FIELD_NUMBER) TICKET_FIELD_COUNT };
#undef TICKET_FIELD_NUMBER

#endif
