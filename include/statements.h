/*
 * statements.h - every statement of engine.h in words that all engines share, as far as their dialects agree.
 *
 * One list, so that what is asked of the database can be read (and its query plans be checked) in one place. Names say what
 * a statement does, not where it is used. No statement is ever built from a stranger's text. Whoever changes a column list
 * changes the reader of that list too: TICKET_COLUMNS is read by store_read_ticket_columns(), and so on.
 * States stand as words where a partial index needs to see them (outbox_due, outbox_failed). A value is not compared as the condition of a partial index is (history_late has
 * "n>2", SQL_HISTORY "n>=?2"): SQLite would look at the value to choose its plan, and prepare the statement anew each time.
 *
 * The dialect is SQLite's, and is meant to be read by both: ?1 for a value, AS before the name of a subquery, the table's name before a column in
 * DO UPDATE, count(*) FILTER for sum() of a condition. Where PostgreSQL parts from it, src/postgres/postgres_statements.h has its words.
 */
#ifndef SPORTELLO_STATEMENTS_H
#define SPORTELLO_STATEMENTS_H

#include "engine.h"

#define FIELD_COLUMN(member, NAME, history) ", " #member
#define FIELD_COLUMN_OF_T(member, NAME, history) ", t." #member
#define TICKET_COLUMNS "id, state, queue, agent, subject, language, customer, customer_name, created, updated, closed_at, " \
	"pending_until, merged_into, resolved_at, voice, answer_to, waiting" TICKET_FIELDS(FIELD_COLUMN) ", language_kept"
#define MESSAGE_COLUMNS "seq, kind, out, raw, from_address, from_name, recipients, date, message_id, text, agent, flags, outbox, proved, side"
/* Of a ticket with very many lines some at a time (store_erase_thin()); else all. */
#define ERASING_LINES " AND n>(SELECT coalesce(max(id),0) FROM erasing WHERE kind='lines done') AND n<=(SELECT coalesce(max(id),2147483647) FROM erasing WHERE kind='lines end')"
#define HISTORY_COLUMNS "what, kind, number, was, now"
#define OUTBOX_COLUMNS "id, ticket, created, next_try, state, attempts, last_reply, recipients, record"

/* Of the customer ?1: what is not in the lines of ticket.previous yet; see store_customer_chain(). */
#define OF_THE_FIRST_VERSION " UNION SELECT id FROM ticket WHERE id<=(SELECT coalesce(max(CAST(value AS BIGINT)),0) FROM meta WHERE key='unchained') AND lower(customer) IN" \
	" (SELECT address FROM contact WHERE id=?1 AND coalesce(person,id)=id UNION SELECT address FROM contact WHERE person=?1)"

/* Of a simple field; X is who asks for the list. */
#define FIELD_STATEMENTS(member, NAME, history) \
	X(SQL_TICKET_##NAME, "UPDATE ticket SET " #member "=?2, updated=?3 WHERE id=?1") \
	X(SQL_TICKET_##NAME##_NOW, "SELECT " #member " FROM ticket WHERE id=?1")

#define STATEMENTS(X) \
	/* small facts under a name */ \
	X(SQL_META_GET, "SELECT value FROM meta WHERE key=?1") \
	X(SQL_META_SET, "INSERT INTO meta(key,value) VALUES(?1,?2) ON CONFLICT(key) DO UPDATE SET value=excluded.value") \
	X(SQL_META_DELETE, "DELETE FROM meta WHERE key=?1") \
	/* raw mails */ \
	X(SQL_RAW_ADD, "INSERT INTO raw(size,digest,file,bytes) VALUES(?1,?2,?3,?4)") \
	X(SQL_RAW_SAME, "SELECT 1 FROM raw WHERE id=?1 AND digest=?2") \
	X(SQL_RAW_GET, "SELECT size, file, bytes IS NOT NULL FROM raw WHERE id=?1") \
	X(SQL_RAW_BYTES, "SELECT bytes FROM raw WHERE id=?1") \
	X(SQL_RAW_OF_FILE, "SELECT id FROM raw WHERE file=?1") \
	X(SQL_RAW_DIGEST, "SELECT digest FROM raw WHERE id=?1") \
	X(SQL_RAW_IN_FILES, "SELECT id, size, digest, file FROM raw WHERE file IS NOT NULL ORDER BY id") \
	X(SQL_RAW_MAKE_ROOM, "UPDATE raw SET file=NULL, bytes=zeroblob(?2) WHERE id=?1") \
	X(SQL_RAW_ALL, "SELECT id, size, digest, file FROM raw WHERE length(digest)>0 ORDER BY id") \
	/* what was made of them */ \
	X(SQL_DERIVED_PUT, "INSERT INTO derived(raw,parser,whole,text,reply_text,rest) VALUES(?1,?2,?3,?4,?5,?6) ON CONFLICT(raw) DO UPDATE SET" \
		" parser=excluded.parser, whole=excluded.whole, text=excluded.text, reply_text=excluded.reply_text, rest=excluded.rest" \
		" WHERE derived.parser<>0 AND (derived.parser<>excluded.parser OR derived.whole<excluded.whole)") \
	X(SQL_DERIVED_LAST, "INSERT INTO derived(raw,parser,whole,text,reply_text,rest) VALUES(?1,0,1,?2,?3,?4) ON CONFLICT(raw) DO UPDATE SET" \
		" parser=0, whole=1, text=excluded.text, reply_text=excluded.reply_text, rest=excluded.rest WHERE derived.parser<>0") \
	X(SQL_DERIVED_FIND, "SELECT whole, reply_text IS NULL, length(text), parser FROM derived WHERE raw=?1 AND (parser=?2 OR parser=0)") \
	X(SQL_DERIVED_REST, "SELECT rest FROM derived WHERE raw=?1") \
	/* deliveries */ \
	X(SQL_MAILBOX_ADD, "INSERT INTO mailbox(received,recipient,envelope_from,sender,subject,message_id,kind,disposition,detail,ticket," \
		"seq,raw,size,claim,mail_digest,trace) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16)") \
	X(SQL_MAILBOX_CLAIM, "SELECT 1 FROM mailbox WHERE id=?1 AND claim=?2") \
	X(SQL_MAILBOX_AGAIN, "UPDATE mailbox SET duplicates=duplicates+1 WHERE id=?1") \
	X(SQL_MAILBOX_SAME_MAIL, "SELECT ticket, seq, disposition IN ('joined','command-error') OR (disposition='commands' AND detail='')" \
		" FROM mailbox WHERE id=?1 AND mail_digest=?2 AND claim<>?3") \
	X(SQL_MAILBOX_TICKET_OF_MESSAGE_ID, "SELECT ticket FROM mailbox WHERE id=?1 AND message_id=?2 AND ticket<>0") \
	X(SQL_MAILBOX_NEWEST, "SELECT m.id, received, ticket, m.raw, size, seq, duplicates, recipient, envelope_from, sender, subject," \
		" message_id, kind, disposition, detail, trace FROM mailbox m WHERE m.id<?2 ORDER BY m.id DESC LIMIT ?1") \
	X(SQL_MAILBOX_RAW, "SELECT raw FROM mailbox WHERE id=?1") \
	X(SQL_MAILBOX_LAST, "SELECT max(id) FROM mailbox") \
	X(SQL_MAILBOX_LAST_TIME, "SELECT received FROM mailbox ORDER BY id DESC LIMIT 1") \
	X(SQL_MAILBOX_DISPOSED_SINCE, "SELECT count(*) FROM mailbox WHERE id>?1 AND disposition<>''") \
	X(SQL_MAILBOX_DUPLICATES, "SELECT sum(duplicates) FROM mailbox WHERE duplicates>0") \
	/* contacts */ \
	X(SQL_CONTACT_GET, "SELECT k.id, written, bounced_at, window_start, window_count, k.language, last_agent, refused_at, proved_at, day_start, day_count, last_ticket, spam, asked_start, asked_count," \
		" coalesce(k.person,k.id), k.organisation, c.vip, c.organisation, c.id FROM contact k LEFT JOIN customer c ON c.id=coalesce(k.person,k.id) WHERE k.id=?1 AND k.address=?2") \
	X(SQL_CONTACT_ADD, "INSERT INTO contact(address,name,language,first_seen,last_seen,written,window_start,window_count,day_start,day_count,last_ticket)" \
		" VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)") \
	X(SQL_CONTACT_WROTE, "UPDATE contact SET written=written+1, last_seen=?2, window_start=?6, window_count=?7, day_start=?8, day_count=?9, last_ticket=?10," \
		" name=CASE WHEN ?3<>'' THEN ?3 ELSE name END, language=CASE WHEN ?4<>'' AND (?5<>0 OR language='') THEN ?4 ELSE language END WHERE id=?1") \
	X(SQL_REFERRED_SET, "INSERT OR REPLACE INTO referred(key,ticket) VALUES(?1,?2)") \
	X(SQL_REFERRED_GET, "SELECT ticket FROM referred WHERE key=?1") \
	X(SQL_TICKET_KNOWS_ADDRESS, "SELECT count(*) FROM (SELECT 1 FROM message WHERE ticket=?1 AND seq<=?4 AND (message_id IS NULL OR message_id<>?3)" \
	  " AND (from_address=?2 COLLATE NOCASE OR instr(lower(recipients),?2)>0) LIMIT 1) AS one") \
	X(SQL_TICKET_BESIDE, "SELECT t.id FROM link l JOIN ticket t ON t.id=l.other WHERE l.ticket=?1 AND t.queue=?2 AND t.merged_into=0 AND t.state<>'closed'" \
	  " ORDER BY t.id DESC LIMIT 1") \
	X(SQL_CONTACT_BOUNCED, "UPDATE contact SET bounced_at=?2, bounce_reason=?3 WHERE id=?1") \
	X(SQL_CONTACT_ARRIVES, "UPDATE contact SET bounced_at=0, bounce_reason='' WHERE id=?1") \
	X(SQL_CONTACT_PROVED, "UPDATE contact SET proved_at=?2 WHERE id=?1") \
	X(SQL_CONTACT_WINDOW, "UPDATE contact SET window_start=?2, window_count=?3, day_start=?4, day_count=?5 WHERE id=?1") \
	X(SQL_CONTACT_REFUSED, "UPDATE contact SET refused_at=?2 WHERE id=?1") \
	X(SQL_CONTACT_ASKED, "UPDATE contact SET asked_start=?2, asked_count=?3 WHERE id=?1") \
	X(SQL_CONTACT_SPAM, "UPDATE contact SET spam=?2 WHERE id=?1") \
	X(SQL_CONTACT_AGENT, "UPDATE contact SET last_agent=?2 WHERE id=?1") \
	/* customers and organisations */ \
	X(SQL_CONTACT_LAST_TICKET, "UPDATE contact SET last_ticket=?2 WHERE id=?1") \
	X(SQL_CONTACT_PERSON, "UPDATE contact SET person=nullif(nullif(?2,0),id) WHERE id=?1") \
	X(SQL_CONTACT_SHARED, "UPDATE contact SET organisation=nullif(?2,0) WHERE id=?1") \
	X(SQL_CONTACT_IDENTITY, "SELECT coalesce(person,id), address, organisation FROM contact WHERE id=?1") \
	X(SQL_CONTACT_MOVE, "INSERT INTO contact(address,name,language,first_seen,last_seen,written,bounced_at,bounce_reason,window_start,window_count,proved_at,last_agent,refused_at," \
		"organisation,day_start,day_count,last_ticket,spam,asked_start,asked_count) SELECT address,name,language,first_seen,last_seen,written,bounced_at,bounce_reason," \
		"window_start,window_count,proved_at,last_agent,refused_at,organisation,day_start,day_count,last_ticket,spam,asked_start,asked_count FROM contact WHERE id=?1") \
	X(SQL_CONTACT_VOID, "UPDATE contact SET address='', name='', language='', written=0, bounced_at=0, bounce_reason='', window_start=0, window_count=0, proved_at=0," \
		" last_agent='', refused_at=0, organisation=NULL, day_start=0, day_count=0, last_ticket=0, spam=0, asked_start=0, asked_count=0, first_seen=?2, last_seen=?2 WHERE id=?1") \
	X(SQL_CUSTOMER_CONTACTS, "SELECT id, address, name, language, proved_at, bounced_at, first_seen, written, last_ticket, organisation FROM contact WHERE id=?1 AND coalesce(person,id)=id AND address<>''" \
		" UNION ALL SELECT id, address, name, language, proved_at, bounced_at, first_seen, written, last_ticket, organisation FROM contact WHERE person=?1 AND address<>'' ORDER BY 1") \
	X(SQL_CUSTOMER_GET, "SELECT name, language, vip, organisation, note, external_id, main, created FROM customer WHERE id=?1") \
	X(SQL_CUSTOMER_PUT, "INSERT INTO customer(id,name,language,vip,organisation,note,external_id,main,created) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9) ON CONFLICT(id) DO UPDATE SET" \
		" name=excluded.name, language=excluded.language, vip=excluded.vip, organisation=excluded.organisation, note=excluded.note, external_id=excluded.external_id, main=excluded.main") \
	X(SQL_CUSTOMER_DELETE, "DELETE FROM customer WHERE id=?1") \
	X(SQL_CUSTOMER_EXTERNAL, "SELECT id FROM customer WHERE external_id=?1 AND external_id<>''") \
	X(SQL_CUSTOMERS_EXTERNAL, "SELECT id, external_id FROM customer WHERE external_id<>'' ORDER BY id") \
	X(SQL_CUSTOMERS, "SELECT k.id FROM contact k LEFT JOIN customer c ON c.id=k.id WHERE k.id>?1 AND k.person IS NULL AND k.organisation IS NULL" \
		" AND (c.id IS NOT NULL OR (k.address<>'' AND (written>0 OR last_ticket>0)) OR EXISTS(SELECT 1 FROM contact p WHERE p.person=k.id AND p.address<>'')) ORDER BY k.id LIMIT ?2") \
	X(SQL_CUSTOMER_TICKETS, "WITH RECURSIVE asked(id) AS (SELECT last_ticket FROM contact WHERE id=?1 AND coalesce(person,id)=id UNION SELECT last_ticket FROM contact WHERE person=?1" \
		" UNION SELECT t.previous FROM asked JOIN ticket t ON t.id=asked.id), every(id) AS (SELECT id FROM asked" OF_THE_FIRST_VERSION ") SELECT count(*), count(*) FILTER (WHERE state IN ('new','open','pending')) FROM ticket WHERE id IN (SELECT id FROM every)") \
	X(SQL_CUSTOMER_TICKET_IDS, "WITH RECURSIVE asked(id) AS (SELECT last_ticket FROM contact WHERE id=?1 AND coalesce(person,id)=id UNION SELECT last_ticket FROM contact WHERE person=?1" \
		" UNION SELECT t.previous FROM asked JOIN ticket t ON t.id=asked.id), every(id) AS (SELECT id FROM asked" OF_THE_FIRST_VERSION ") SELECT id FROM ticket WHERE id IN (SELECT id FROM every) ORDER BY id") \
	X(SQL_CUSTOMER_CHAIN, "UPDATE ticket SET previous=b.before FROM (SELECT id, lag(id,1,0) OVER (PARTITION BY lower(customer) ORDER BY id) AS before FROM ticket) b" \
		" WHERE b.id=ticket.id AND b.before<>0 AND ticket.customer<>''") \
	X(SQL_CUSTOMER_LAST_TICKETS, "SELECT lower(customer), max(id) FROM ticket WHERE customer<>'' GROUP BY 1") \
	X(SQL_CUSTOMER_EVENT_ADD, "INSERT INTO customer_event(at,customer,who,kind,what) VALUES(?1,?2,?3,?4,?5)") \
	X(SQL_CUSTOMER_EVENT_SET, "UPDATE customer_event SET kind=?2, what=?3 WHERE id=?1") \
	X(SQL_CUSTOMER_MERGED, "SELECT id, what FROM customer_event WHERE customer=?1 AND kind='merge' ORDER BY id DESC LIMIT 1") \
	X(SQL_CUSTOMER_MERGED_CONTACT, "SELECT id, what, customer FROM customer_event WHERE kind='merge' AND what LIKE '%'||char(10)||'contacts=% '||?1||' %' ORDER BY id DESC LIMIT 1") \
	X(SQL_CUSTOMER_CREATED, "SELECT created FROM customer WHERE id=?1") \
	X(SQL_CUSTOMER_OTHERS, "SELECT count(*) FROM contact WHERE person=?1 AND address<>''") \
	X(SQL_MESSAGES_FROM_ELSEWHERE, "SELECT m.ticket, m.seq, m.date, m.from_address, t.customer FROM message m JOIN ticket t ON t.id=m.ticket WHERE m.out=0 AND m.side=0" \
		" AND m.flags LIKE 'from another address, proved%' AND t.customer<>'' AND m.from_address<>'' ORDER BY m.id") \
	X(SQL_CUSTOMER_EVENTS, "SELECT id, at, who, kind, what FROM customer_event WHERE customer=?1 ORDER BY id") \
	X(SQL_TICKETS_WRITTEN_IN, "SELECT m.ticket FROM place p JOIN message m ON m.id=p.id WHERE p.kind=6 AND p.key=?1 AND lower(m.from_address)=?2 AND m.out=0 ORDER BY m.id") \
	X(SQL_ORGANISATION_GET, "SELECT name, level, vip, until, sees_all, note, created FROM organisation WHERE id=?1") \
	X(SQL_ORGANISATION_NAMED, "SELECT id FROM organisation WHERE name=?1") \
	X(SQL_ORGANISATION_PUT, "INSERT INTO organisation(id,name,level,vip,until,sees_all,note,created) VALUES(nullif(?1,0),?2,?3,?4,?5,?6,?7,?8) ON CONFLICT(id) DO UPDATE SET" \
		" level=excluded.level, vip=excluded.vip, until=excluded.until, sees_all=excluded.sees_all, note=excluded.note") \
	X(SQL_ORGANISATION_DELETE, "DELETE FROM organisation WHERE id=?1") \
	X(SQL_ORGANISATION_PEOPLE_LEAVE, "UPDATE customer SET organisation=0 WHERE organisation=?1 AND organisation<>0") \
	X(SQL_ORGANISATION_SHARED_LEAVE, "UPDATE contact SET organisation=NULL WHERE organisation=?1") \
	X(SQL_ORGANISATIONS, "SELECT id FROM organisation ORDER BY name COLLATE NOCASE") \
	X(SQL_ORGANISATIONS_ENDING, "SELECT id FROM organisation WHERE until>?1 AND until<=?2 ORDER BY until, id") \
	X(SQL_DOMAIN_ANY, "SELECT EXISTS(SELECT 1 FROM organisation_domain)") \
	X(SQL_DOMAIN_OWNER, "SELECT organisation FROM organisation_domain WHERE domain=?1") \
	X(SQL_DOMAIN_ADD, "INSERT INTO organisation_domain(domain,organisation) VALUES(?1,?2)") \
	X(SQL_DOMAINS_OF, "SELECT domain FROM organisation_domain WHERE organisation=?1 ORDER BY domain") \
	X(SQL_DOMAINS_CLEAR, "DELETE FROM organisation_domain WHERE organisation=?1") \
	X(SQL_SHARED_OF, "SELECT address FROM contact WHERE organisation=?1 ORDER BY address") \
	X(SQL_ORGANISATION_TICKETS, "SELECT count(*), count(*) FILTER (WHERE state IN ('new','open','pending')) FROM ticket WHERE organisation=?1 COLLATE NOCASE AND organisation<>''") \
	/* what is erased: see store_erase.c. `key IN (SELECT ... FROM erasing)`, no join: with one SQLite, who knows nothing of sizes, walks all places of a kind. CROSS JOIN: in that order. */ \
	X(SQL_ERASING_ADD, "INSERT OR IGNORE INTO erasing(kind,id,word) VALUES(?1,?2,?3)") \
	X(SQL_ERASING_CLEAR, "DELETE FROM erasing") \
	X(SQL_ERASING_REMOVE, "DELETE FROM erasing WHERE kind=?1 AND id=?2") \
	X(SQL_ERASING_LIST, "SELECT id, word FROM erasing WHERE kind=?1 ORDER BY id") \
	X(SQL_ERASING_ADDRESSES, "INSERT OR IGNORE INTO erasing SELECT 'address', id, address FROM contact WHERE ((id=?1 AND coalesce(person,id)=id) OR person=?1) AND address<>''") \
	X(SQL_ERASING_TICKETS_OF, "INSERT OR IGNORE INTO erasing SELECT 'ticket', id, '' FROM place WHERE kind=7 AND key=?1 AND id NOT IN (SELECT id FROM erasing WHERE kind='parted')") \
	X(SQL_TICKETS_OF_PLACE, "SELECT id FROM place WHERE kind=7 AND key=?1 ORDER BY id") \
	X(SQL_ERASING_MESSAGES, "INSERT OR IGNORE INTO erasing SELECT 'message', m.id, '' FROM erasing e JOIN message m ON m.ticket=e.id WHERE e.kind='ticket' AND m.seq>(SELECT coalesce(max(id),0) FROM erasing WHERE kind='messages done')") \
	X(SQL_ERASING_MESSAGES_PART, "INSERT OR IGNORE INTO erasing SELECT 'message', id, '' FROM message WHERE ticket=?1 AND seq>=?2 AND seq<?3") \
	X(SQL_ERASING_MAILBOX_PART, "INSERT OR IGNORE INTO erasing SELECT 'mailbox', p.id, '' FROM place p CROSS JOIN mailbox b WHERE p.kind=1 AND p.key=?1 AND p.id>?2 AND p.id<=?3 AND b.id=p.id AND b.seq NOT BETWEEN 1 AND ?4" \
		" AND NOT (coalesce(b.detail,'')='erased' AND b.sender='' AND b.envelope_from='')") \
	X(SQL_ERASING_OUTBOX_PART, "INSERT OR IGNORE INTO erasing SELECT 'outbox', id, '' FROM place WHERE kind=5 AND key=?1 AND id>?2 AND id<=?3") \
	X(SQL_PLACES_NEXT, "SELECT max(id) FROM (SELECT id FROM place WHERE kind=?1 AND key=?2 AND id>?3 ORDER BY id LIMIT ?4) AS next") \
	X(SQL_ERASING_NEAR_FROM, "INSERT OR IGNORE INTO erasing SELECT 'message', m.id, '' FROM erasing e CROSS JOIN message m WHERE e.kind='near' AND m.ticket=e.id AND EXISTS(SELECT 1 FROM place p WHERE p.kind=6 AND p.key=?1 AND p.id=m.id)") \
	X(SQL_TICKETS_TAKEN_PART_IN, "SELECT DISTINCT ticket FROM participant WHERE address=?1") \
	X(SQL_ERASING_MESSAGES_FROM, "INSERT OR IGNORE INTO erasing SELECT 'message', id, '' FROM place WHERE kind=6 AND key=?1 AND id NOT IN (SELECT m.id FROM erasing e JOIN message m ON m.ticket=e.id WHERE e.kind='parted')") \
	X(SQL_ERASING_MESSAGE, "INSERT OR IGNORE INTO erasing SELECT 'message', id, '' FROM message WHERE ticket=?1 AND seq=?2") \
	X(SQL_ERASING_NEAR_PEOPLE, "INSERT OR IGNORE INTO erasing SELECT 'near', p.ticket, '' FROM erasing e JOIN participant p ON p.address=e.word WHERE e.kind='address' AND p.ticket NOT IN (SELECT id FROM erasing WHERE kind='ticket' OR kind='parted')") \
	X(SQL_ERASING_NEAR_SIDES, "INSERT OR IGNORE INTO erasing SELECT 'near', s.ticket, '' FROM erasing e JOIN side s ON s.address=e.word COLLATE NOCASE WHERE e.kind='address' AND s.ticket NOT IN (SELECT id FROM erasing WHERE kind='ticket' OR kind='parted')") \
	X(SQL_ERASING_NEAR_MESSAGES, "INSERT OR IGNORE INTO erasing SELECT 'near', m.ticket, '' FROM erasing e JOIN message m ON m.id=e.id WHERE e.kind='message' AND m.ticket NOT IN (SELECT id FROM erasing WHERE kind='ticket')") \
	X(SQL_ERASING_MAILBOX, "INSERT OR IGNORE INTO erasing SELECT 'mailbox', p.id, '' FROM erasing e CROSS JOIN place p CROSS JOIN mailbox b WHERE e.kind='ticket' AND p.kind=1 AND p.key=e.id AND p.id>(SELECT coalesce(max(id),0) FROM erasing WHERE kind='deliveries done') AND b.id=p.id" \
		" AND NOT (coalesce(b.detail,'')='erased' AND b.sender='' AND b.envelope_from='') UNION" \
		" SELECT 'mailbox', b.id, '' FROM message m CROSS JOIN place p CROSS JOIN mailbox b WHERE m.id IN (SELECT id FROM erasing WHERE kind='message') AND m.raw<>0 AND m.ticket NOT IN (SELECT id FROM erasing WHERE kind='ticket')" \
		" AND p.kind=2 AND p.key=m.raw AND b.id=p.id AND b.ticket=m.ticket AND b.seq=m.seq") \
	X(SQL_ERASING_MAILBOX_FROM, "INSERT OR IGNORE INTO erasing SELECT 'mailbox', id, '' FROM place WHERE kind=3 AND key=?1 AND id NOT IN (SELECT b.id FROM erasing e JOIN place b ON b.kind=1 AND b.key=e.id WHERE e.kind='parted')") \
	X(SQL_ERASING_RAWS, "INSERT OR IGNORE INTO erasing SELECT 'raw', raw, '' FROM mailbox WHERE id IN (SELECT id FROM erasing WHERE kind='mailbox') UNION SELECT 'raw', raw, '' FROM message WHERE id IN (SELECT id FROM erasing WHERE kind='message') AND raw<>0") \
	X(SQL_ERASING_SHARED, "SELECT m.raw, m.ticket FROM place p JOIN message m ON m.id=p.id AND m.raw=p.key WHERE p.kind=4 AND p.key IN (SELECT id FROM erasing WHERE kind='raw') AND m.id NOT IN (SELECT id FROM erasing WHERE kind='message') UNION SELECT b.raw, b.ticket FROM place p JOIN mailbox b ON b.id=p.id WHERE p.kind=2 AND p.key IN (SELECT id FROM erasing WHERE kind='raw') AND b.id NOT IN (SELECT id FROM erasing WHERE kind='mailbox') AND b.ticket<>0 AND coalesce(b.detail,'')<>'erased'") \
	X(SQL_ERASING_SUBJECTS, "INSERT OR IGNORE INTO erasing SELECT 'subject', id, lower(subject) FROM ticket WHERE id IN (SELECT id FROM erasing WHERE kind='ticket') AND length(subject)>5") \
	X(SQL_ERASING_OUTBOX, "INSERT OR IGNORE INTO erasing SELECT 'outbox', p.id, '' FROM erasing e JOIN place p ON p.kind=5 AND p.key=e.id AND p.id>(SELECT coalesce(max(id),0) FROM erasing WHERE kind='outgoing done') WHERE e.kind='ticket'") \
	X(SQL_ERASING_OUTBOX_OF_TICKET, "INSERT OR IGNORE INTO erasing SELECT 'outbox', o.id, '' FROM place p JOIN outbox o ON o.id=p.id WHERE p.kind=5 AND p.key=?1 AND o.state<>'waiting'") \
	X(SQL_ERASING_OUTBOX_WORDS, "INSERT OR IGNORE INTO erasing SELECT 'outbox', o.id, '' FROM (SELECT 0 AS ticket UNION SELECT id FROM erasing WHERE kind='near' OR kind='beside') AS t JOIN place p ON p.kind=5 AND p.key=t.ticket JOIN outbox o ON o.id=p.id WHERE (o.ticket=0 OR o.state<>'waiting') AND EXISTS(SELECT 1 FROM erasing e WHERE (e.kind='address' OR e.kind='subject') AND (instr(lower(o.record),e.word)>0 OR instr(lower(coalesce(o.recipients,'')),e.word)>0))") \
	X(SQL_ERASING_NEXT_OF, "INSERT OR IGNORE INTO erasing SELECT 'beside', id, '' FROM (SELECT id FROM place WHERE kind=7 AND key=?1 AND id>?2 ORDER BY id LIMIT 6) AS next") \
	X(SQL_ERASING_OUTBOX_BESIDE, "INSERT OR IGNORE INTO erasing SELECT 'outbox', o.id, '' FROM place p JOIN outbox o ON o.id=p.id" \
		" WHERE p.kind=5 AND p.key IN (SELECT id FROM erasing WHERE kind='beside') AND o.state<>'waiting' AND EXISTS(SELECT 1 FROM erasing e WHERE e.kind='subject' AND instr(lower(o.record),e.word)>0)") \
	X(SQL_ERASING_FILES, "INSERT OR IGNORE INTO erasing SELECT 'file', id, file FROM raw WHERE id IN (SELECT id FROM erasing WHERE kind='raw') AND file IS NOT NULL") \
	X(SQL_ERASE_DERIVED, "DELETE FROM derived WHERE raw IN (SELECT id FROM erasing WHERE kind='raw')") \
	X(SQL_ERASE_RAW, "UPDATE raw SET digest=x'', file=NULL, bytes=NULL WHERE id IN (SELECT id FROM erasing WHERE kind='raw') AND (file IS NOT NULL OR bytes IS NOT NULL OR digest<>x'')") \
	X(SQL_ERASE_MAILBOX, "UPDATE mailbox SET envelope_from='', sender='', subject='[erased]', message_id=NULL, detail='erased', trace='' WHERE id IN (SELECT id FROM erasing WHERE kind='mailbox') AND NOT (coalesce(detail,'')='erased' AND sender='' AND envelope_from='')") \
	X(SQL_ERASE_ASKED, "UPDATE asked SET question='' WHERE question<>'' AND (ticket IN (SELECT id FROM erasing WHERE kind='ticket') OR ticket IN (SELECT ticket FROM message WHERE seq=1 AND id IN (SELECT id FROM erasing WHERE kind='message')))") \
	X(SQL_ERASE_SUGGESTED, "UPDATE suggested SET excerpt='' WHERE excerpt<>'' AND (ticket IN (SELECT id FROM erasing WHERE kind='ticket') OR ticket IN (SELECT ticket FROM message WHERE seq=1 AND id IN (SELECT id FROM erasing WHERE kind='message')))") \
	X(SQL_ERASE_SUBJECT, "UPDATE ticket SET subject='[erased]' WHERE id IN (SELECT id FROM erasing WHERE kind='ticket') OR id IN (SELECT ticket FROM message WHERE seq=1 AND id IN (SELECT id FROM erasing WHERE kind='message'))") \
	X(SQL_ERASE_HISTORY_WORDS, "UPDATE history SET who=CASE WHEN instr(who,'@')>0 THEN '[erased]' ELSE who END, why='', was=CASE WHEN kind=19 THEN '[erased]' ELSE was END, now=CASE WHEN kind=20 AND (now='[erased customer]' OR EXISTS (SELECT 1 FROM ticket t WHERE t.id=history.ticket AND (lower(t.customer)=lower(history.now) OR lower(t.answer_to)=lower(history.now)))) THEN '[erased customer]'" \
		" WHEN kind IN (16,17,18,19,20,21) THEN '[erased]' ELSE now END WHERE ticket IN (SELECT id FROM erasing WHERE kind='ticket')" ERASING_LINES) \
	X(SQL_ERASE_HISTORY_FIRST, "UPDATE history SET kind=CASE WHEN what LIKE 'message %' THEN 0 ELSE 21 END, now=CASE WHEN what LIKE 'message %' THEN '' ELSE '[erased]' END, what=CASE WHEN what LIKE 'message %' THEN rtrim(substr(what,1,instr(what||' from ',' from '))) ELSE '' END WHERE kind=0 AND (instr(what,'@')>0 OR what LIKE 'remark:%') AND ticket IN (SELECT id FROM erasing WHERE kind='ticket')" ERASING_LINES) \
	X(SQL_ERASE_PARTICIPANT, "DELETE FROM participant WHERE ticket IN (SELECT id FROM erasing WHERE kind='ticket') OR (ticket IN (SELECT id FROM erasing WHERE kind='near') AND lower(address) IN (SELECT word FROM erasing WHERE kind='address'))") \
	X(SQL_ERASE_SIDE, "UPDATE side SET address='[erased] '||number, subject='' WHERE ticket IN (SELECT id FROM erasing WHERE kind='ticket') OR (ticket IN (SELECT id FROM erasing WHERE kind='near') AND lower(address) IN (SELECT word FROM erasing WHERE kind='address'))") \
	X(SQL_ERASE_RATING, "UPDATE rating SET words='' WHERE words<>'' AND ticket IN (SELECT id FROM erasing WHERE kind='ticket')") \
	X(SQL_ERASE_TIMER, "DELETE FROM timer WHERE ticket IN (SELECT id FROM erasing WHERE kind='ticket')") \
	X(SQL_ERASE_REFERRED, "DELETE FROM referred WHERE ticket IN (SELECT id FROM erasing WHERE kind='ticket')") \
	X(SQL_ERASE_ANSWER_TO, "UPDATE ticket SET answer_to='' WHERE id IN (SELECT id FROM erasing WHERE kind='near') AND lower(answer_to) IN (SELECT word FROM erasing WHERE kind='address')") \
	X(SQL_ERASE_TICKET, "UPDATE ticket SET subject='[erased]', customer='', customer_name='', answer_to='', voice='' WHERE id IN (SELECT id FROM erasing WHERE kind='ticket')") \
	X(SQL_ERASE_MESSAGE, "UPDATE message SET from_address='', from_name='', recipients='', message_id=NULL, text='[erased]', flags=CASE WHEN flags='commands only' OR flags LIKE 'not sent: %' THEN 'not sent: erased' ELSE 'erased' END, raw=0, proved='' WHERE id IN (SELECT id FROM erasing WHERE kind='message')" \
		" AND NOT (raw=0 AND text='[erased]' AND from_address='' AND recipients='')") \
	X(SQL_ERASE_MESSAGE_WORDS, "UPDATE message SET message_id=NULL, text='[erased]', flags=CASE WHEN flags='commands only' OR flags LIKE 'not sent: %' THEN 'not sent: erased' ELSE 'erased' END, raw=0 WHERE id IN (SELECT id FROM erasing WHERE kind='message')") \
	X(SQL_ERASE_MODELS, "DELETE FROM model") \
	X(SQL_ERASE_OUTBOX, "UPDATE outbox SET record=?2, recipients=NULL, last_reply=CASE state WHEN 'sent' THEN '' ELSE 'erased' END, state=CASE state WHEN 'waiting' THEN 'failed' ELSE state END WHERE id=?1") \
	X(SQL_ERASE_EVENTS, "UPDATE customer_event SET what='', kind='erased', who=CASE WHEN instr(who,'@')>0 THEN '' ELSE who END WHERE customer=?1") \
	X(SQL_NEAR_HISTORY, "SELECT ticket, n, who, why, was, now FROM history WHERE ticket=?1 ORDER BY n") \
	X(SQL_NEAR_HISTORY_SET, "UPDATE history SET who=?3, why=?4, was=?5, now=?6 WHERE ticket=?1 AND n=?2") \
	X(SQL_NEAR_MESSAGES, "SELECT ticket, seq, recipients, flags, coalesce(text,'') FROM message WHERE ticket=?1 AND id NOT IN (SELECT id FROM erasing WHERE kind='message') ORDER BY seq") \
	X(SQL_NEAR_MESSAGE_SET, "UPDATE message SET recipients=?3, flags=?4, text=CASE WHEN text IS NULL THEN NULL ELSE ?5 END WHERE ticket=?1 AND seq=?2 AND ?6=?6") \
	X(SQL_RAW_REWRITE, "UPDATE raw SET size=?2, digest=?3, file=?4, bytes=?5 WHERE id=?1") \
	X(SQL_TICKETS_OF_RAW, "SELECT DISTINCT m.ticket FROM place p JOIN message m ON m.id=p.id AND m.raw=?1 WHERE p.kind=4 AND p.key=?1 AND m.ticket<>?2") \
	X(SQL_OUTBOX_NAMING, "SELECT o.id FROM place p JOIN outbox o ON o.id=p.id WHERE p.kind=5 AND p.key=?1 AND o.state<>'waiting' AND instr(lower(o.record),?2)>0") \
	X(SQL_ERASURE_ADD, "INSERT INTO erasure(at,kind,a,b,digest,c) VALUES(?1,?2,?3,?4,?5,?6)") \
	X(SQL_ERASURES_OPEN, "SELECT id, at, kind, a, b, digest, c FROM erasure WHERE done=0 ORDER BY id") \
	X(SQL_ERASURES, "SELECT id, at, kind, a, b, digest, done, c FROM erasure ORDER BY id") \
	X(SQL_ERASURES_COUNT, "SELECT count(*) FROM erasure WHERE done=0") \
	X(SQL_ERASURES_DONE, "UPDATE erasure SET done=1 WHERE done=0") \
	X(SQL_CONTACTS_ALL, "SELECT id, address FROM contact WHERE address<>'' ORDER BY id") \
	X(SQL_CHECK_ERASURE, "SELECT id FROM erasure WHERE done=0") \
	/* what is let go because it is old: see store_retention.c */ \
	X(SQL_RETENTION_DUE, "SELECT id FROM ticket t NOT INDEXED WHERE id>?1 AND id<=?2 AND state=?3 AND (?4='' OR queue=?4) AND updated<?5" \
		" AND NOT EXISTS(SELECT 1 FROM retained r WHERE r.ticket=t.id AND r.what>=?6 AND r.updated=t.updated) ORDER BY id") \
	X(SQL_RETENTION_STILL, "SELECT 1 FROM ticket WHERE id=?1 AND state=?2 AND (?3='' OR queue=?3) AND updated<?4") \
	X(SQL_RETENTION_SHARED, "SELECT DISTINCT t.id, t.state=?3 AND (?4='' OR t.queue=?4) AND t.updated<?5 FROM place p JOIN message m ON m.id=p.id AND m.raw=?1 JOIN ticket t ON t.id=m.ticket" \
		" WHERE p.kind=4 AND p.key=?1 AND t.id<>?2") \
	X(SQL_RETENTION_LOOSE, "SELECT id, raw, ticket FROM mailbox WHERE id>?1 AND received<?2 ORDER BY id LIMIT ?3") \
	X(SQL_RAW_ON_TICKET, "SELECT 1 FROM place p JOIN message m ON m.id=p.id AND m.raw=?1 WHERE p.kind=4 AND p.key=?1 LIMIT 1") \
	X(SQL_RETAINED_SET, "INSERT INTO retained(ticket,what,updated) SELECT id, ?2, updated FROM ticket WHERE id=?1 ON CONFLICT(ticket) DO UPDATE SET what=excluded.what, updated=excluded.updated") \
	X(SQL_RAW_LET_GO, "UPDATE raw SET digest=x'', file=NULL, bytes=NULL WHERE id=?1") \
	X(SQL_OUTBOX_OF_TICKET, "SELECT id FROM place WHERE kind=5 AND key=?1 ORDER BY id") \
	X(SQL_OUTBOX_SENT_SINCE, "SELECT id, created, state='sent' FROM outbox WHERE id>?1 ORDER BY id LIMIT ?2") \
	X(SQL_MESSAGE_SAID, "SELECT text IS NOT NULL FROM message WHERE ticket=?1 AND seq=?2") \
	X(SQL_CONFIRMED_HAS, "SELECT 1 FROM confirmed WHERE ticket=?1") \
	/* where something stands: see store_places.c, whose numbers of kinds stand in the statements */ \
	X(SQL_PLACES_OF_MAILBOX, "SELECT id, ticket, raw, sender, envelope_from FROM mailbox WHERE id>?1 ORDER BY id LIMIT ?2") \
	X(SQL_PLACES_OF_MESSAGES, "SELECT id, raw, 0, from_address, '' FROM message WHERE id>?1 ORDER BY id LIMIT ?2") \
	X(SQL_PLACES_OF_OUTBOX, "SELECT id, ticket, 0, '', '' FROM outbox WHERE id>?1 ORDER BY id LIMIT ?2") \
	X(SQL_PLACES_OF_TICKETS, "SELECT id, 0, 0, customer, '' FROM ticket WHERE id>?1 ORDER BY id LIMIT ?2") \
	X(SQL_PLACE_ADD, "INSERT OR IGNORE INTO place(kind,key,id) VALUES(?1,?2,?3)") \
	X(SQL_PLACE_FORGET, "DELETE FROM place WHERE kind=?1 AND key=?2") \
	X(SQL_ERASING_PLACES, "DELETE FROM place WHERE kind=?1 AND key=?2 AND id IN (SELECT id FROM erasing WHERE kind=?3)") \
	/* who gets the next ticket */ \
	X(SQL_AGENT_LOADS, "SELECT l.agent, l.open, l.weight, coalesce(a.ticket,0) FROM agent_load l LEFT JOIN assigned a ON a.queue=?1 AND a.agent=l.agent" \
		" ORDER BY l.agent") \
	X(SQL_ASSIGNED_SET, "INSERT INTO assigned(queue,agent,ticket) VALUES(?1,?2,?3) ON CONFLICT(queue,agent) DO UPDATE SET ticket=excluded.ticket") \
	X(SQL_TICKET_QUEUE_CUSTOMER, "SELECT queue, customer FROM ticket WHERE id=?1") \
	/* tickets */ \
	X(SQL_NEXT_NUMBERS, "SELECT coalesce((SELECT max(id) FROM ticket),0)+1, coalesce((SELECT max(id) FROM outbox),0)+1") \
	X(SQL_TICKET_ADD, "INSERT INTO ticket(id,state,queue,agent,priority,subject,language,customer,customer_name,created,updated,closed_at,voice,previous,vip,organisation,level)" \
		" VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?10,?11,?12,?13,?14,?15,?16)") \
	X(SQL_TICKET_VOICE, "UPDATE ticket SET voice=?2 WHERE id=?1") \
	X(SQL_TICKET_GET, "SELECT " TICKET_COLUMNS " FROM ticket WHERE id=?1") \
	X(SQL_TICKET_IN_LINE, "SELECT state, subject, previous FROM ticket WHERE id=?1") \
	X(SQL_CUSTOMER_LAST_OF_EACH, "SELECT address, last_ticket FROM contact WHERE id=?1 AND coalesce(person,id)=id AND address<>'' UNION ALL SELECT address, last_ticket FROM contact WHERE person=?1 AND address<>''") \
	X(SQL_TICKET_TOUCH, "UPDATE ticket SET updated=?2 WHERE id=?1") \
	X(SQL_TICKET_STATE, "UPDATE ticket SET state=?2, updated=?3, closed_at=CASE WHEN ?2='closed' THEN ?3 ELSE 0 END," \
		" pending_until=CASE WHEN ?2='pending' THEN pending_until ELSE 0 END, waiting=CASE WHEN ?2='pending' THEN waiting ELSE '' END," \
		" resolved_at=CASE WHEN ?2='resolved' THEN ?3 ELSE resolved_at END WHERE id=?1") \
	X(SQL_TICKET_QUEUE, "UPDATE ticket SET queue=?2, updated=?3 WHERE id=?1") \
	X(SQL_TICKET_AGENT, "UPDATE ticket SET agent=?2, updated=?3 WHERE id=?1") \
	X(SQL_TICKET_LANGUAGE, "UPDATE ticket SET language=?2, language_kept=CASE WHEN ?3>language_kept THEN ?3 ELSE language_kept END WHERE id=?1") \
	X(SQL_TICKET_PENDING, "UPDATE ticket SET pending_until=?2, updated=?3, waiting=?4 WHERE id=?1") \
	X(SQL_TICKET_MERGE, "UPDATE ticket SET merged_into=?2, updated=?3 WHERE id=?1") \
	X(SQL_TICKET_STATE_NOW, "SELECT state FROM ticket WHERE id=?1") \
	X(SQL_TICKET_QUEUE_NOW, "SELECT queue FROM ticket WHERE id=?1") \
	X(SQL_TICKET_AGENT_NOW, "SELECT agent FROM ticket WHERE id=?1") \
	X(SQL_TICKET_MERGED_INTO, "SELECT merged_into FROM ticket WHERE id=?1") \
	X(SQL_TICKET_CUSTOMER, "SELECT customer, customer_name FROM ticket WHERE id=?1") \
	X(SQL_TICKETS_BY_STATE, "SELECT state, count(*) FROM ticket GROUP BY state") \
	X(SQL_TICKET_COUNT, "SELECT count(*) FROM ticket") \
	X(SQL_TICKET_LAST, "SELECT max(id) FROM ticket") \
	X(SQL_TICKETS_SINCE, "SELECT queue, state, count(*) FROM ticket NOT INDEXED WHERE id>?1 GROUP BY queue, state") \
	X(SQL_TALLY, "SELECT queue, state, count FROM tally WHERE what=?1 ORDER BY queue, state") \
	X(SQL_TALLY_TICKETS, "INSERT INTO tally SELECT 'ticket', queue, state, count(*) FROM ticket NOT INDEXED WHERE id>?1 AND id<=?2 GROUP BY queue, state" \
		" ON CONFLICT(what,queue,state) DO UPDATE SET count=tally.count+excluded.count") \
	X(SQL_TALLY_ROUTED, "INSERT INTO tally SELECT 'routed', '', '', count(*) FROM routed WHERE ticket>?1 AND ticket<=?2" \
		" ON CONFLICT(what,queue,state) DO UPDATE SET count=tally.count+excluded.count") \
	TICKET_FIELDS(FIELD_STATEMENTS) \
	/* what is due, and what happened since */ \
	X(SQL_PROMISE_SET, "INSERT INTO promise(ticket,due,step) VALUES(?1,?2,?3) ON CONFLICT(ticket) DO UPDATE SET" \
		" due=excluded.due, step=excluded.step WHERE promise.due<>excluded.due OR promise.step<>excluded.step") \
	X(SQL_PROMISE_REMOVE, "DELETE FROM promise WHERE ticket=?1") \
	X(SQL_PROMISE_REMOVE_ALL, "DELETE FROM promise") \
	X(SQL_PROMISE_GET, "SELECT due, step FROM promise WHERE ticket=?1") \
	X(SQL_PROMISE_DUE, "SELECT due FROM promise WHERE ticket=?1") \
	X(SQL_PROMISES_LATE, "SELECT count(*) FROM promise WHERE due<=?1") \
	X(SQL_PROMISE_STEPS, "SELECT ticket, due, step FROM promise WHERE step>0 AND step<=?1 ORDER BY step LIMIT ?2") \
	X(SQL_VERSION_ADD, "INSERT INTO promise_version(at,applied,who,text) VALUES(?1,?2,?3,?4)") \
	X(SQL_VERSIONS, "SELECT id, at, applied, who, text FROM promise_version ORDER BY id") \
	X(SQL_VERSION_TEXT, "UPDATE promise_version SET text=?2 WHERE id=?1") \
	X(SQL_VERSION_LAST, "SELECT max(id) FROM promise_version") \
	X(SQL_PROMISES_ALL, "SELECT ticket, due FROM promise WHERE ticket>?1 ORDER BY ticket LIMIT ?2") \
	X(SQL_CHANGED_SINCE, "SELECT ticket, at FROM history INDEXED BY history_late WHERE n>2 AND (n>3 OR kind<>2) AND opening=0 AND at>?1 ORDER BY at LIMIT ?2") \
	X(SQL_CREATED_SINCE, "SELECT id, created FROM ticket WHERE id>=?3 AND created>?1 ORDER BY id LIMIT ?2") \
	X(SQL_TICKET_CREATED, "SELECT created FROM ticket WHERE id>=?1 ORDER BY id LIMIT 1") \
	X(SQL_MAILBOX_RECEIVED, "SELECT received FROM mailbox WHERE id>=?1 ORDER BY id LIMIT 1") \
	X(SQL_OPEN_SINCE, "SELECT id FROM ticket WHERE id>?1 AND (state='new' OR state='open' OR state='pending') ORDER BY id LIMIT ?2") \
	/* what happened, for reports */ \
	X(SQL_STORIES, "SELECT DISTINCT ticket FROM history INDEXED BY history_late WHERE n>2 AND (n>3 OR kind<>2) AND opening=0 AND at>=?1 UNION SELECT id FROM ticket WHERE id>=?2 UNION" \
		" SELECT id FROM ticket WHERE (state='new' OR state='open' OR state='pending') ORDER BY 1") \
	X(SQL_EVENTS_PUT, "INSERT INTO event_page(id,first,last,bytes) VALUES(?1,?2,?3,?4) ON CONFLICT(id) DO UPDATE SET first=excluded.first, last=excluded.last, bytes=excluded.bytes") \
	X(SQL_EVENTS_GET, "SELECT first, last, bytes FROM event_page WHERE id=?1") \
	X(SQL_EVENTS_BETWEEN, "SELECT id, bytes FROM event_page WHERE id>=?1 AND id<?2 AND last>=?3 AND first<?4 ORDER BY id") \
	X(SQL_EVENTS_IDS, "SELECT id FROM event_page WHERE id>=?1 AND id<?2 ORDER BY id") \
	X(SQL_EVENTS_CLEAR, "DELETE FROM event_page") \
	X(SQL_EVENT_GAP_ADD, "INSERT INTO event_gap(page) VALUES(?1) ON CONFLICT(page) DO NOTHING") \
	X(SQL_EVENT_GAPS_OF_ERASED, "INSERT INTO event_gap(page) SELECT DISTINCT (id-1)/256+1 FROM erasing WHERE kind='ticket' OR kind='near' ON CONFLICT(page) DO NOTHING") \
	X(SQL_EVENT_GAPS_OF_OPEN, "INSERT INTO event_gap(page) SELECT id FROM event_page WHERE id<4294967296 AND last=9223372036854775807 ON CONFLICT(page) DO NOTHING") \
	X(SQL_EVENTS_OF_GAPS, "DELETE FROM event_page WHERE id IN (SELECT page FROM event_gap UNION ALL SELECT page+4294967296 FROM event_gap UNION ALL SELECT page+8589934592 FROM event_gap" \
		" UNION ALL SELECT page+12884901888 FROM event_gap UNION ALL SELECT page+17179869184 FROM event_gap UNION ALL SELECT page+25769803776 FROM event_gap)") \
	X(SQL_EVENT_GAPS, "SELECT page FROM event_gap ORDER BY page LIMIT ?1") \
	X(SQL_EVENT_GAP_FILLED, "DELETE FROM event_gap WHERE page=?1") \
	X(SQL_EVENT_GAPS_CLEAR, "DELETE FROM event_gap") \
	X(SQL_TICKETS_WHOSE, "SELECT id, customer, created FROM ticket WHERE id>=?1 AND id<?2 ORDER BY id") \
	X(SQL_CONTACTS_JOINED, "SELECT address FROM contact WHERE address<>'' AND (person IS NOT NULL OR id IN (SELECT person FROM contact WHERE person IS NOT NULL))") \
	X(SQL_MERGES_OF, "SELECT DISTINCT number FROM history WHERE ticket=?1 AND kind=7") \
	X(SQL_ASKED_OF, "SELECT at, shown, said, said_at FROM asked WHERE ticket=?1") \
	X(SQL_STORY_MESSAGES, "SELECT seq, kind, out, agent, outbox, flags, date FROM message WHERE ticket=?1 ORDER BY seq") \
	X(SQL_MAIL_BETWEEN, "SELECT received, disposition, ticket, recipient FROM mailbox WHERE id>=?3 AND id<?4 AND received>=?1 AND received<?2") \
	X(SQL_LOOKED_ADD, "INSERT INTO looked(at,who,what) VALUES(?1,?2,?3)") \
	X(SQL_LOOKED, "SELECT at, who, what FROM looked ORDER BY id DESC") \
	/* what hangs on a ticket */ \
	X(SQL_MESSAGE_ADD, "INSERT INTO message(ticket,seq,kind,out,raw,from_address,from_name,recipients,date,message_id,text,agent,flags,outbox,proved,side)" \
		" VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16)") \
	X(SQL_MESSAGES, "SELECT " MESSAGE_COLUMNS " FROM message WHERE ticket=?1 ORDER BY seq") \
	X(SQL_MESSAGE, "SELECT " MESSAGE_COLUMNS " FROM message WHERE ticket=?1 AND seq=?2") \
	X(SQL_MESSAGE_SAYS, "SELECT count(*) FROM message WHERE ticket=?1 AND out=0 AND text=?2") \
	X(SQL_MESSAGES_PUBLIC, "SELECT " MESSAGE_COLUMNS " FROM message WHERE ticket=?1 AND kind IN ('request','reply') ORDER BY seq DESC LIMIT ?2 OFFSET ?3") \
	X(SQL_MESSAGE_LAST_OUT, "SELECT out FROM message WHERE ticket=?1 AND kind IN ('request','reply') ORDER BY seq DESC LIMIT 1") \
	X(SQL_MESSAGES_PUBLIC_COUNT, "SELECT count(*) FROM message WHERE ticket=?1 AND kind IN ('request','reply')") \
	X(SQL_MESSAGE_RAW, "SELECT raw FROM message WHERE ticket=?1 AND seq=?2") \
	X(SQL_MESSAGE_SEQ_AT, "SELECT seq FROM (SELECT seq, date FROM message WHERE ticket=?1 ORDER BY seq DESC LIMIT 60) AS last" \
		" WHERE date<=(SELECT date FROM message WHERE ticket=?2 AND seq=?3) ORDER BY seq DESC LIMIT 1") \
	X(SQL_MESSAGES_OF_AGENTS, "SELECT max(seq) FROM message WHERE ticket=?1 AND seq>?2 AND CASE ?4 WHEN 0 THEN kind='note' OR (kind='reply' AND out=1) ELSE side=?4 AND kind IN ('note','side-out') END" \
		" AND flags<>'commands only' AND flags NOT LIKE 'not sent: %' GROUP BY agent ORDER BY 1 DESC LIMIT ?3") \
	X(SQL_DRAFTS, "SELECT seq, agent, text, EXISTS(SELECT 1 FROM message AS sent WHERE sent.ticket=?1 AND sent.seq>draft.seq AND sent.agent=draft.agent" \
		" AND sent.flags='with /send, the words of message '||draft.seq) FROM" \
		" (SELECT max(CASE seq WHEN ?2 THEN 9000000000 ELSE seq END), seq, agent, text FROM message" \
		" WHERE ticket=?1 AND seq>=?2 AND kind='note' AND side=?4 AND agent<>'' AND flags LIKE 'not sent: %' GROUP BY agent) AS draft LIMIT ?3") \
	X(SQL_MESSAGE_PROVED, "SELECT 1 FROM message WHERE ticket=?1 AND out=0 AND proved<>'' AND from_address=?2 COLLATE NOCASE LIMIT 1") \
	X(SQL_MESSAGES_COUNT, "SELECT count(*) FROM message WHERE ticket=?1") \
	X(SQL_MESSAGE_LAST_SEQ, "SELECT max(seq) FROM message WHERE ticket=?1") \
	X(SQL_MESSAGE_RUSH, "SELECT date FROM message WHERE ticket=?1 AND seq>(SELECT max(seq) FROM message WHERE ticket=?1)-60 AND out=0 AND kind='reply' AND agent='' ORDER BY seq DESC LIMIT 1 OFFSET 9") \
	X(SQL_MESSAGES_FROM, "SELECT count(*) FROM message WHERE ticket=?1 AND seq>=?2 AND out=0 AND kind='reply' AND agent=''") \
	X(SQL_MESSAGE_IDS, "SELECT * FROM (SELECT message_id, out, agent, kind FROM message WHERE ticket=?1 AND message_id IS NOT NULL ORDER BY seq DESC LIMIT 50) AS last " \
	  "UNION ALL SELECT * FROM (SELECT message_id, out, agent, kind FROM message WHERE ticket=?1 AND message_id IS NOT NULL ORDER BY seq LIMIT 1) AS first") \
	X(SQL_MESSAGE_OF_ID, "SELECT 1 FROM message WHERE ticket=?1 AND message_id=?2 LIMIT 1") \
	X(SQL_MESSAGE_SET_TEXT, "UPDATE message SET text=?3 WHERE ticket=?1 AND seq=?2 AND text IS NULL AND raw=0") \
	X(SQL_TICKET_PLACES, "SELECT id, state, queue, priority, updated FROM ticket WHERE id>?1 ORDER BY id LIMIT ?2") \
	X(SQL_MESSAGES_SINCE, "SELECT " MESSAGE_COLUMNS ", id, ticket FROM message WHERE id>?1 ORDER BY id LIMIT ?2") \
	X(SQL_MESSAGE_LAST_ID, "SELECT max(id) FROM message") \
	X(SQL_MESSAGE_TICKET, "SELECT ticket FROM message WHERE id=?1") \
	X(SQL_PARTICIPANTS, "SELECT address, name, role, answer_to FROM participant WHERE ticket=?1") \
	X(SQL_PARTICIPANT_ADD, "INSERT INTO participant(ticket,address,name,role,answer_to) VALUES(?1,?2,?3,?4,?6) " \
	  "ON CONFLICT(ticket,address) DO UPDATE SET name=?3, role=?4, answer_to=?6 WHERE ?4<>'proposed' AND (participant.role='proposed' OR (participant.role='left' AND ?5=1))") \
	X(SQL_PARTICIPANT_ANSWER_TO, "UPDATE participant SET answer_to=?3 WHERE ticket=?1 AND (answer_to=?2 COLLATE NOCASE OR (address=?2 AND answer_to=''))") \
	X(SQL_TICKET_ANSWER_TO, "UPDATE ticket SET answer_to=?3 WHERE id=?1 AND (answer_to=?2 COLLATE NOCASE OR (customer=?2 COLLATE NOCASE AND answer_to=''))") \
	X(SQL_PARTICIPANT_LEAVES, "UPDATE participant SET role='left' WHERE ticket=?1 AND address=?2 AND role<>'left'") \
	X(SQL_PARTICIPANT_REMOVE, "DELETE FROM participant WHERE ticket=?1 AND address=?2 AND role<>'left'") \
	X(SQL_MESSAGE_COPY, "INSERT INTO message(ticket,seq,kind,out,raw,from_address,from_name,recipients,date,message_id,text,agent,flags,outbox,proved)" \
		" SELECT ?1,?2,?3,0,raw,from_address,from_name,recipients,date,message_id,text,agent,flags,0,proved FROM message WHERE ticket=?4 AND seq=?5") \
	X(SQL_TIMER_ADD, "INSERT INTO timer(due,ticket,kind) SELECT ?1,?2,?3 WHERE NOT EXISTS(SELECT 1 FROM timer WHERE ticket=?2 AND kind=?3)") \
	X(SQL_TIMERS_CLEAR, "DELETE FROM timer WHERE ticket=?1 AND kind NOT LIKE 'gathered %' AND kind NOT LIKE 'colleagues %'") \
	X(SQL_TIMERS_COLLEAGUES, "SELECT kind FROM timer WHERE ticket=?1 AND kind LIKE 'colleagues %'") \
	X(SQL_HISTORY_WHO, "SELECT who FROM history WHERE ticket=?1 AND kind=?2 ORDER BY n DESC LIMIT 1") \
	X(SQL_AGENTS_WITH_TICKETS, "SELECT agent FROM agent_load WHERE open>0 ORDER BY agent") \
	X(SQL_TIMER_DUE, "SELECT due FROM timer WHERE ticket=?1 AND kind=?2") \
	X(SQL_TIMER_GATHERING, "SELECT 1 FROM timer WHERE ticket=?1 AND kind LIKE 'gathered %' LIMIT 1") \
	X(SQL_TIMERS_DUE, "SELECT id, due, ticket, kind FROM timer WHERE due<=?1 ORDER BY due, id LIMIT ?2") \
	X(SQL_TIMER_TAKE, "DELETE FROM timer WHERE id=?1") \
	X(SQL_RATING_SET, "INSERT INTO rating(ticket,at,stars,words) VALUES(?1,?2,?3,?4)" \
		" ON CONFLICT(ticket) DO UPDATE SET at=excluded.at, stars=excluded.stars, words=excluded.words") \
	X(SQL_RATING_GET, "SELECT stars, words FROM rating WHERE ticket=?1") \
	X(SQL_TAGS, "SELECT tag FROM tag WHERE ticket=?1 ORDER BY tag") \
	X(SQL_TAG_REMOVE, "DELETE FROM tag WHERE ticket=?1 AND tag=?2") \
	X(SQL_TAG_ADD, "INSERT INTO tag(ticket,tag) VALUES(?1,?2) ON CONFLICT DO NOTHING") \
	X(SQL_SIDES, "SELECT number, address, subject, coalesce((SELECT message_id FROM message m WHERE m.ticket=s.ticket AND m.side=s.number AND message_id IS NOT NULL" \
		" AND m.kind IN ('side-out','side-in') AND coalesce(m.flags,'')<>'from another address' ORDER BY seq DESC LIMIT 1),'') FROM side s WHERE ticket=?1 ORDER BY number") \
	X(SQL_AWAY, "SELECT agent, until FROM away ORDER BY agent") \
	X(SQL_AWAY_SET, "INSERT INTO away(agent,until) VALUES(?1,?2) ON CONFLICT(agent) DO UPDATE SET until=excluded.until") \
	X(SQL_AWAY_END, "DELETE FROM away WHERE agent=?1") \
	X(SQL_SIDE_ADD, "INSERT INTO side(ticket,number,address,subject) VALUES(?1,?2,?3,?4)") \
	X(SQL_WATCHERS, "SELECT agent FROM watcher WHERE ticket=?1 ORDER BY agent") \
	X(SQL_WATCHER_ADD, "INSERT INTO watcher(ticket,agent) VALUES(?1,?2) ON CONFLICT DO NOTHING") \
	X(SQL_WATCHER_REMOVE, "DELETE FROM watcher WHERE ticket=?1 AND agent=?2") \
	X(SQL_LINKS, "SELECT other FROM link WHERE ticket=?1 ORDER BY other") \
	X(SQL_LINK_ADD, "INSERT INTO link(ticket,other) VALUES(?1,?2) ON CONFLICT DO NOTHING") \
	X(SQL_HISTORY_ADD, "INSERT INTO history(ticket,n,at,who,what,why,kind,number,was,now,opening) VALUES(?1,?2,?3,?4,'',?5,?6,?7,?8,?9,?10)") \
	X(SQL_HISTORY_LAST, "SELECT max(n) FROM history WHERE ticket=?1") \
	X(SQL_HISTORY, "SELECT " HISTORY_COLUMNS ", at, who, why FROM history WHERE ticket=?1 AND n>=?2 ORDER BY n") \
	/* what the classifier learns from, learned and did */ \
	X(SQL_CONFIRM, "INSERT INTO confirmed(ticket,queue,at) VALUES(?1,?2,?3) ON CONFLICT(ticket) DO UPDATE SET queue=excluded.queue, at=excluded.at") \
	X(SQL_CONFIRM_ANSWERED, "INSERT INTO confirmed(ticket,queue,at) SELECT id, queue, ?2 FROM ticket WHERE id=?1" \
		" ON CONFLICT(ticket) DO UPDATE SET queue=excluded.queue, at=excluded.at") \
	X(SQL_CONFIRMED_NEWEST, "SELECT c.ticket, c.queue, c.at, m.raw, t.priority," \
		" (SELECT group_concat(tag, char(10)) FROM tag WHERE ticket=c.ticket) FROM confirmed c CROSS JOIN ticket t ON t.id=c.ticket" \
		" CROSS JOIN message m ON m.ticket=c.ticket AND m.seq=1 AND m.kind='request' AND m.raw<>0 ORDER BY c.at DESC, c.ticket DESC LIMIT ?1") \
	X(SQL_CONFIRMED_SINCE, "SELECT count(*) FROM confirmed WHERE at>?1") \
	X(SQL_ROUTED_ADD, "INSERT INTO routed(ticket,queue,confidence,at,model) VALUES(?1,?2,?3,?4,coalesce((SELECT max(version) FROM model),0))") \
	X(SQL_ROUTED_MOVED, "UPDATE routed SET corrected=CASE WHEN queue=?2 THEN 0 ELSE ?3 END WHERE ticket=?1") \
	X(SQL_ROUTED_JUDGED, "SELECT count(*), count(*) FILTER (WHERE corrected=0) FROM (SELECT r.corrected FROM routed r JOIN ticket t ON t.id=r.ticket" \
		" WHERE r.model>?1 AND (r.corrected<>0 OR t.state<>'new' OR r.at<?2) ORDER BY r.ticket DESC LIMIT ?3) AS newest") \
	X(SQL_ROUTED_REPORT, "SELECT queue, strftime('%Y-%m',at/1000,'unixepoch') AS month, count(*), count(*) FILTER (WHERE corrected<>0), sum(confidence)" \
		" FROM routed GROUP BY month, queue ORDER BY month DESC, queue") \
	X(SQL_LEARNED_ADD, "INSERT INTO learned(ticket,kind,value,confidence,at) VALUES(?1,?2,?3,?4,?5)") \
	X(SQL_LEARNED_UNTAGGED, "UPDATE learned SET corrected=?3 WHERE ticket=?1 AND kind='tag' AND value=?2") \
	X(SQL_LEARNED_CHANGED, "UPDATE learned SET corrected=CASE WHEN value=?2 THEN 0 ELSE ?3 END WHERE ticket=?1 AND kind=?4") \
	X(SQL_LEARNED_REPORT, "SELECT kind || ' ' || value, strftime('%Y-%m',at/1000,'unixepoch') AS month, count(*), count(*) FILTER (WHERE corrected<>0), sum(confidence)" \
		" FROM learned GROUP BY month, kind, value ORDER BY month DESC, kind, value") \
	X(SQL_MODEL_NEWEST, "SELECT max(version) FROM model") \
	X(SQL_MODELS_LATER, "SELECT count(*) FROM model WHERE created>?1") \
	X(SQL_ROUTED_LAST, "SELECT max(ticket) FROM routed") \
	X(SQL_ROUTED_SINCE, "SELECT count(*) FROM routed WHERE ticket>?1") \
	X(SQL_ROUTED_CORRECTED, "SELECT count(*) FROM routed WHERE corrected<>0") \
	X(SQL_MODELS, "SELECT version, created, note, checksum, bytes, configuration FROM model ORDER BY version DESC") \
	X(SQL_MODEL_ADD, "INSERT INTO model(version,created,note,checksum,bytes,configuration) VALUES(?1,?2,?3,?4,?5,?6)") \
	X(SQL_MODEL_FORGET, "DELETE FROM model WHERE version NOT IN (SELECT version FROM model ORDER BY version DESC LIMIT 2)") \
	/* what was suggested, and said to it */ \
	X(SQL_TICKET_LAST_WORDS, "SELECT max(seq) FROM message WHERE ticket=?1 AND out=0 AND kind IN ('request','reply')") \
	X(SQL_TICKET_TOLD, "SELECT count(*) FROM message m JOIN outbox o ON o.id=m.outbox WHERE m.ticket=?1 AND m.outbox<>0 AND o.state='sent'") \
	X(SQL_SUGGESTION_ADD, "INSERT INTO asked(ticket,at,shown,language,stranger,question) VALUES(?1,?2,?3,?4,?5,?6)") \
	X(SQL_SUGGESTION_GET, "SELECT shown, said, language, stranger FROM asked WHERE ticket=?1") \
	X(SQL_SUGGESTION_OUTCOME, "UPDATE asked SET said=?2, said_at=?3 WHERE ticket=?1") \
	X(SQL_SUGGESTIONS_SINCE, "SELECT a.ticket, a.at, a.shown, a.said, a.said_at, a.language, a.question, t.queue, t.state FROM asked a" \
		" JOIN ticket t ON t.id=a.ticket WHERE a.ticket>=?2 AND a.at>=?1 ORDER BY a.at, a.ticket") \
	X(SQL_SUGGESTED_ADD, "INSERT INTO suggested(ticket,rank,article,language,score,title,excerpt) VALUES(?1,?2,?3,?4,?5,?6,?7)") \
	X(SQL_SUGGESTED_GET, "SELECT article, language, score, title, excerpt, outcome FROM suggested WHERE ticket=?1 ORDER BY rank") \
	X(SQL_SUGGESTED_SAID, "UPDATE suggested SET outcome=?3, said=?4 WHERE ticket=?1 AND (?2='' OR article=?2) AND outcome<>?3") \
	X(SQL_SUGGESTED_TAKE_BACK, "UPDATE suggested SET outcome='', said=?2 WHERE ticket=?1 AND outcome<>''") \
	X(SQL_OUTCOME_LAST, "SELECT max(said) FROM suggested WHERE said>0") \
	X(SQL_FEEDBACK, "SELECT s.ticket, s.article, s.outcome='solved', a.question FROM suggested s JOIN asked a ON a.ticket=s.ticket" \
		" WHERE s.said>0 AND s.outcome<>'' ORDER BY s.said DESC, s.rank DESC LIMIT ?1") \
	/* outbox */ \
	X(SQL_OUTBOX_LAST, "SELECT max(id) FROM outbox") \
	X(SQL_OUTBOX_NEWEST, "SELECT created, record FROM outbox ORDER BY id DESC LIMIT ?1") \
	X(SQL_OUTBOX_ADD, "INSERT INTO outbox(id,ticket,created,next_try,record) VALUES(?1,?2,?3,?3,?4)") \
	X(SQL_OUTBOX_DUE, "SELECT " OUTBOX_COLUMNS " FROM outbox WHERE state='waiting' AND next_try<=?1" \
		" UNION ALL SELECT " OUTBOX_COLUMNS " FROM outbox WHERE state='waiting' AND next_try>?2 ORDER BY next_try") \
	X(SQL_OUTBOX_AFTER, "SELECT " OUTBOX_COLUMNS " FROM outbox WHERE id>?1 ORDER BY id LIMIT ?2") \
	X(SQL_OUTBOX_EARLIER, "SELECT o.id FROM (SELECT outbox FROM message WHERE ticket=?1 ORDER BY seq DESC LIMIT ?3) AS m" \
		" JOIN outbox AS o ON o.id=m.outbox WHERE o.id<?2 AND o.state='waiting'") \
	X(SQL_OUTBOX_WAITING_ALL, "SELECT " OUTBOX_COLUMNS " FROM outbox WHERE state='waiting' AND (next_try,id)>(?1,?2)" \
		" ORDER BY next_try, id LIMIT ?3") \
	X(SQL_OUTBOX_ALL, "SELECT " OUTBOX_COLUMNS " FROM outbox WHERE id>?2 ORDER BY id LIMIT ?3") \
	X(SQL_OUTBOX_GET, "SELECT " OUTBOX_COLUMNS " FROM outbox WHERE id=?1") \
	X(SQL_OUTBOX_RESULT, "UPDATE outbox SET state=?2, attempts=?3, next_try=?4, last_reply=?5, recipients=?6 WHERE id=?1 AND (state='waiting' OR ?2<>'waiting')") \
	X(SQL_OUTBOX_RECORD, "UPDATE outbox SET record=?2 WHERE id=?1") \
	X(SQL_OUTBOX_RETRY_NOW, "UPDATE outbox SET next_try=?1 WHERE state='waiting' AND next_try>?1") \
	X(SQL_OUTBOX_WAITING, "SELECT count(*) FROM outbox WHERE state='waiting'") \
	X(SQL_OUTBOX_FAILED, "SELECT count(*) FROM outbox WHERE state='failed'") \
	X(SQL_OUTBOX_COUNT, "SELECT count(*) FROM outbox") \
	X(SQL_OUTBOX_NEXT_DUE, "SELECT min(next_try) FROM outbox WHERE state='waiting'") \
	X(SQL_OUTBOX_WAITS, "SELECT created FROM outbox WHERE id=?1 AND state='waiting'") \
	X(SQL_OUTBOX_TRIED, "SELECT attempts FROM outbox WHERE id=?1 AND state='waiting'") \
	X(SQL_OUTBOX_OLDEST, "SELECT min(id) FROM outbox INDEXED BY outbox_due WHERE state='waiting'") \
	/* fsck: each gives the rows that should not be there */ \
	X(SQL_CHECK_GAP_MAILBOX, "SELECT max(id) FROM mailbox HAVING max(id)<>count(*)") \
	X(SQL_CHECK_GAP_RAW, "SELECT max(id) FROM raw HAVING max(id)<>count(*)") \
	X(SQL_CHECK_GAP_CONTACT, "SELECT max(id) FROM contact HAVING max(id)<>count(*)") \
	X(SQL_CHECK_GAP_TICKET, "SELECT max(id) FROM ticket HAVING max(id)<>count(*)") \
	X(SQL_CHECK_GAP_MESSAGE, "SELECT max(id) FROM message HAVING max(id)<>count(*)") \
	X(SQL_CHECK_GAP_OUTBOX, "SELECT max(id) FROM outbox HAVING max(id)<>count(*)") \
	X(SQL_CHECK_MAILBOX_DISPOSITION, "SELECT id FROM mailbox WHERE instr(?1,' '||disposition||' ')=0") \
	X(SQL_CHECK_MAILBOX_ON_NONE, "SELECT id FROM mailbox WHERE ticket=0 AND disposition IN ('ticket','joined')") \
	X(SQL_CHECK_MAILBOX_TICKET, "SELECT id FROM mailbox WHERE ticket<>0 AND ticket NOT IN (SELECT id FROM ticket)") \
	X(SQL_CHECK_MAILBOX_MESSAGE, "SELECT id FROM mailbox m WHERE seq<>0 AND NOT EXISTS (SELECT 1 FROM message WHERE ticket=m.ticket AND seq=m.seq)") \
	X(SQL_CHECK_MAILBOX_RAW, "SELECT id FROM mailbox WHERE raw NOT IN (SELECT id FROM raw)") \
	X(SQL_CHECK_MAILBOX_TWICE, "SELECT min(id) FROM mailbox GROUP BY claim HAVING count(*)>1") \
	X(SQL_CHECK_RAW_UNNAMED, "SELECT id FROM raw WHERE id NOT IN (SELECT raw FROM mailbox)") \
	X(SQL_CHECK_DERIVED_RAW, "SELECT raw FROM derived WHERE raw NOT IN (SELECT id FROM raw)") \
	X(SQL_CHECK_RAW_NOWHERE, "SELECT id FROM raw WHERE bytes IS NULL AND file IS NULL AND length(digest)>0") \
	X(SQL_CHECK_RAW_SIZE, "SELECT id FROM raw WHERE bytes IS NOT NULL AND length(bytes)<>size") \
	X(SQL_CHECK_MESSAGE_GAP, "SELECT ticket FROM message GROUP BY ticket HAVING max(seq)<>count(*) OR min(seq)<>1") \
	X(SQL_CHECK_HISTORY_GAP, "SELECT ticket FROM history GROUP BY ticket HAVING max(n)<>count(*) OR min(n)<>1") \
	X(SQL_CHECK_TICKET_HISTORY, "SELECT id FROM ticket WHERE id NOT IN (SELECT ticket FROM history)") \
	X(SQL_CHECK_MESSAGE_RAW, "SELECT id FROM message WHERE raw<>0 AND raw NOT IN (SELECT id FROM raw)") \
	X(SQL_CHECK_MESSAGE_OUTBOX, "SELECT id FROM message WHERE outbox<>0 AND outbox NOT IN (SELECT id FROM outbox)") \
	X(SQL_CHECK_TICKET_OF_MESSAGE, "SELECT ticket FROM message WHERE ticket NOT IN (SELECT id FROM ticket) GROUP BY ticket") \
	X(SQL_CHECK_TICKET_OF_HISTORY, "SELECT ticket FROM history WHERE ticket NOT IN (SELECT id FROM ticket) GROUP BY ticket") \
	X(SQL_CHECK_TICKET_OF_PARTICIPANT, "SELECT ticket FROM participant WHERE ticket NOT IN (SELECT id FROM ticket) GROUP BY ticket") \
	X(SQL_CHECK_TICKET_OF_LINK, "SELECT ticket FROM link WHERE ticket NOT IN (SELECT id FROM ticket) GROUP BY ticket") \
	X(SQL_CHECK_TICKET_OF_WATCHER, "SELECT ticket FROM watcher WHERE ticket NOT IN (SELECT id FROM ticket) GROUP BY ticket") \
	X(SQL_CHECK_TICKET_OF_SIDE, "SELECT ticket FROM side WHERE ticket NOT IN (SELECT id FROM ticket) GROUP BY ticket") \
	X(SQL_CHECK_SIDE_GAP, "SELECT ticket FROM side GROUP BY ticket HAVING max(number)<>count(*) OR min(number)<>1 OR count(DISTINCT address)<>count(*)") \
	X(SQL_CHECK_SIDE_EMPTY, "SELECT ticket FROM side s WHERE NOT EXISTS (SELECT 1 FROM message WHERE ticket=s.ticket AND side=s.number) GROUP BY ticket") \
	X(SQL_CHECK_MESSAGE_SIDE, "SELECT id FROM message m WHERE side<>0 AND NOT EXISTS (SELECT 1 FROM side WHERE ticket=m.ticket AND number=m.side)") \
	X(SQL_CHECK_MESSAGE_SIDE_KIND, "SELECT id FROM message WHERE (side<>0)<>(kind IN ('side-out','side-in')) AND kind<>'note'") \
	X(SQL_CHECK_TICKET_OF_TAG, "SELECT ticket FROM tag WHERE ticket NOT IN (SELECT id FROM ticket) GROUP BY ticket") \
	X(SQL_CHECK_TICKET_OF_TIMER, "SELECT ticket FROM timer WHERE ticket NOT IN (SELECT id FROM ticket) GROUP BY ticket") \
	X(SQL_CHECK_TICKET_OF_CONFIRMED, "SELECT ticket FROM confirmed WHERE ticket NOT IN (SELECT id FROM ticket) GROUP BY ticket") \
	X(SQL_CHECK_TICKET_OF_ROUTED, "SELECT ticket FROM routed WHERE ticket NOT IN (SELECT id FROM ticket) GROUP BY ticket") \
	X(SQL_CHECK_TICKET_OF_LEARNED, "SELECT ticket FROM learned WHERE ticket NOT IN (SELECT id FROM ticket) GROUP BY ticket") \
	X(SQL_CHECK_TICKET_OF_SUGGESTION, "SELECT ticket FROM asked WHERE ticket NOT IN (SELECT id FROM ticket) GROUP BY ticket") \
	X(SQL_CHECK_SUGGESTED_SUGGESTION, "SELECT ticket FROM suggested WHERE ticket NOT IN (SELECT ticket FROM asked) GROUP BY ticket") \
	X(SQL_CHECK_SUGGESTION_SHOWN, "SELECT ticket FROM asked a WHERE (shown='nothing')<>(NOT EXISTS (SELECT 1 FROM suggested WHERE ticket=a.ticket))") \
	X(SQL_CHECK_SUGGESTED_GAP, "SELECT ticket FROM suggested GROUP BY ticket HAVING max(rank)<>count(*) OR min(rank)<>1 OR count(DISTINCT article)<>count(*)") \
	X(SQL_CHECK_SUGGESTION_OUTCOME, "SELECT ticket FROM asked WHERE (said='')<>(said_at=0) OR (shown='nothing' AND said<>'')") \
	X(SQL_CHECK_SUGGESTED_NUMBER, "SELECT ticket FROM suggested WHERE outcome<>'' AND said=0 GROUP BY ticket") \
	X(SQL_CHECK_SUGGESTED_SOLVED, "SELECT s.ticket FROM suggested s JOIN asked a ON a.ticket=s.ticket WHERE s.outcome='solved' AND a.said<>'solved' GROUP BY s.ticket") \
	X(SQL_CHECK_TICKET_HELD, "SELECT id FROM ticket t WHERE state IN ('held','expired') AND NOT EXISTS (SELECT 1 FROM asked WHERE ticket=t.id AND shown='held')") \
	X(SQL_CHECK_LINK_ONE_WAY, "SELECT ticket FROM link l WHERE NOT EXISTS (SELECT 1 FROM link WHERE ticket=l.other AND other=l.ticket)") \
	X(SQL_CHECK_TICKET_MERGED, "SELECT id FROM ticket t WHERE merged_into<>0 AND (merged_into=id OR merged_into NOT IN (SELECT id FROM ticket))") \
	X(SQL_CHECK_OUTBOX_TICKET, "SELECT id FROM outbox WHERE ticket<>0 AND ticket NOT IN (SELECT id FROM ticket)") \
	X(SQL_CHECK_OUTBOX_FAILED, "SELECT id FROM outbox WHERE state='failed' AND last_reply=''") \
	X(SQL_CHECK_CONTACT_TWICE, "SELECT min(id) FROM contact WHERE address<>'' GROUP BY address HAVING count(*)>1") \
	X(SQL_CHECK_CONTACT_PERSON, "SELECT id FROM contact k WHERE person IS NOT NULL AND (person=id OR NOT EXISTS (SELECT 1 FROM contact WHERE id=k.person AND person IS NULL))") \
	X(SQL_CHECK_CUSTOMER, "SELECT id FROM customer c WHERE NOT EXISTS (SELECT 1 FROM contact WHERE id=c.id)" \
		" OR (organisation<>0 AND organisation NOT IN (SELECT id FROM organisation))") \
	X(SQL_CHECK_DOMAIN, "SELECT organisation FROM organisation_domain WHERE organisation NOT IN (SELECT id FROM organisation)") \
	X(SQL_CHECK_CONTACT_SHARED, "SELECT id FROM contact WHERE organisation IS NOT NULL AND (person IS NOT NULL OR organisation NOT IN (SELECT id FROM organisation))") \
	X(SQL_CHECK_HISTORIES, "SELECT " HISTORY_COLUMNS ", h.ticket, h.n=(SELECT max(n) FROM history WHERE ticket=h.ticket), t.state, t.queue, t.agent," \
		" t.merged_into, (SELECT coalesce(max(seq),0) FROM message WHERE ticket=h.ticket)" TICKET_FIELDS(FIELD_COLUMN_OF_T) \
		" FROM history h JOIN ticket t ON t.id=h.ticket ORDER BY h.ticket, h.n") \
	X(SQL_CHECK_LOADS, "SELECT (SELECT coalesce(max(id),0) FROM ticket WHERE agent=l.agent) FROM agent_load l" \
		" WHERE open<>(SELECT count(*) FROM ticket WHERE agent=l.agent AND state IN ('new','open','pending'))" \
		" OR weight<>(SELECT coalesce(sum(CASE priority WHEN 'urgent' THEN 8 WHEN 'high' THEN 4 WHEN 'normal' THEN 2 ELSE 1 END),0)" \
		" FROM ticket WHERE agent=l.agent AND state IN ('new','open','pending'))" \
		" UNION ALL SELECT max(id) FROM ticket WHERE agent<>'' AND agent NOT IN (SELECT agent FROM agent_load) GROUP BY agent") \
	X(SQL_CHECK_TALLY_TICKETS, "SELECT max(id) FROM ticket t WHERE id<=(SELECT CAST(value AS BIGINT) FROM meta WHERE key='counted_tickets') GROUP BY queue, state" \
		" HAVING count(*)<>coalesce((SELECT count FROM tally WHERE what='ticket' AND queue=t.queue AND state=t.state),0)" \
		" UNION ALL SELECT 0 WHERE (SELECT sum(count) FROM tally WHERE what='ticket')<>(SELECT CAST(value AS BIGINT) FROM meta WHERE key='counted_tickets')") \
	X(SQL_CHECK_TALLY_OUTBOX, "SELECT max(id) FROM outbox o WHERE state<>'waiting' GROUP BY state" \
		" HAVING count(*)<>coalesce((SELECT count FROM tally WHERE what='outbox' AND state=o.state),0)") \
	X(SQL_CHECK_RECORDS, "SELECT id, record FROM outbox ORDER BY id")

#endif
