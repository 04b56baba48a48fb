/*
 * postgres_statements.h - the statements of engine.h whose words are not the common ones of include/statements.h, and those of this engine alone.
 *
 * What is mechanical (?1 for $1, INSERT OR IGNORE, INDEXED BY, instr()) is not here: postgres_text.c turns it. What is here parts from SQLite for one of these
 * reasons: numbers are given by us (NUMBERED: the last value is the row's id); case is ignored by lower(), which has an index, and not by the column; meta.value
 * is a text; a plan is not forced; large mails have pieces. tests/blackbox/test_postgres.py asks a server about every statement.
 */
#ifndef SPORTELLO_POSTGRES_STATEMENTS_H
#define SPORTELLO_POSTGRES_STATEMENTS_H

#include "statements.h"

enum postgres_numbered { NUMBER_RAW, NUMBER_MAILBOX, NUMBER_CONTACT, NUMBER_MESSAGE, NUMBER_TICKET, NUMBER_OUTBOX, POSTGRES_NUMBERED };       /* as in OWN_STAND; the last two are given by the store */

#define CONTACT_COPIED "name,language,first_seen,last_seen,written,bounced_at,bounce_reason,window_start,window_count,proved_at,last_agent,refused_at," \
	"organisation,day_start,day_count,last_ticket,spam,asked_start,asked_count"

#define POSTGRES_NUMBERED_STATEMENTS(X) \
	X(SQL_RAW_ADD, NUMBER_RAW, "INSERT INTO raw(size,digest,file,bytes,id) VALUES($1,$2,$3,$4,$5)") \
	X(SQL_MAILBOX_ADD, NUMBER_MAILBOX, "INSERT INTO mailbox(received,recipient,envelope_from,sender,subject,message_id,kind,disposition,detail,ticket," \
		"seq,raw,size,claim,mail_digest,trace,id) VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17)") \
	X(SQL_CONTACT_ADD, NUMBER_CONTACT, "INSERT INTO contact(address,name,language,first_seen,last_seen,written,window_start,window_count,day_start,day_count,last_ticket,id)" \
		" VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)") \
	X(SQL_CONTACT_MOVE, NUMBER_CONTACT, "INSERT INTO contact(id,address," CONTACT_COPIED ") SELECT $2,address," CONTACT_COPIED " FROM contact WHERE id=$1") \
	X(SQL_MESSAGE_ADD, NUMBER_MESSAGE, "INSERT INTO message(ticket,seq,kind,out,raw,from_address,from_name,recipients,date,message_id,text,agent,flags,outbox,proved,side,id)" \
		" VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17)") \
	X(SQL_MESSAGE_COPY, NUMBER_MESSAGE, "INSERT INTO message(ticket,seq,kind,out,raw,from_address,from_name,recipients,date,message_id,text,agent,flags,outbox,proved,id)" \
		" SELECT $1,$2,$3,0,raw,from_address,from_name,recipients,date,message_id,text,agent,flags,0,proved,$6 FROM message WHERE ticket=$4 AND seq=$5")

#define POSTGRES_STATEMENTS(X) \
	X(SQL_META_SET, "INSERT INTO meta(key,value) VALUES($1,$2::text) ON CONFLICT(key) DO UPDATE SET value=excluded.value") \
	X(SQL_RAW_MAKE_ROOM, "UPDATE raw SET file=NULL, bytes='' WHERE id=$1 AND $2>=0") \
	X(SQL_REFERRED_SET, "INSERT INTO referred(key,ticket) VALUES($1,$2) ON CONFLICT(key) DO UPDATE SET ticket=excluded.ticket") \
	X(SQL_TICKET_KNOWS_ADDRESS, "SELECT count(*) FROM (SELECT 1 FROM message WHERE ticket=$1 AND seq<=$4 AND (message_id IS NULL OR message_id<>$3)" \
		" AND (lower(from_address)=lower($2) OR strpos(lower(recipients),$2)>0) LIMIT 1) AS one") \
	X(SQL_ORGANISATION_PUT, "INSERT INTO organisation(id,name,level,vip,until,sees_all,note,created) VALUES(coalesce(nullif($1,0),(SELECT coalesce(max(id),0)+1 FROM organisation))," \
		"$2,$3,$4,$5,$6,$7,$8) ON CONFLICT(id) DO UPDATE SET level=excluded.level, vip=excluded.vip, until=excluded.until, sees_all=excluded.sees_all, note=excluded.note") \
	X(SQL_ORGANISATION_NAMED, "SELECT id FROM organisation WHERE lower(name)=lower($1)") \
	X(SQL_ORGANISATIONS, "SELECT id FROM organisation ORDER BY lower(name), id") \
	X(SQL_ORGANISATION_TICKETS, "SELECT count(*), count(*) FILTER (WHERE state IN ('new','open','pending')) FROM ticket WHERE lower(organisation)=lower($1) AND organisation<>''") \
	X(SQL_ERASE_RAW, "UPDATE raw SET digest='', file=NULL, bytes=NULL WHERE id IN (SELECT id FROM erasing WHERE kind='raw') AND (file IS NOT NULL OR bytes IS NOT NULL OR digest<>'')") \
	X(SQL_ERASING_NEAR_PEOPLE, "INSERT INTO erasing SELECT 'near', p.ticket, '' FROM erasing e JOIN participant p ON lower(p.address)=e.word" \
		" WHERE e.kind='address' AND p.ticket NOT IN (SELECT id FROM erasing WHERE kind='ticket' OR kind='parted') ON CONFLICT DO NOTHING") \
	X(SQL_ERASING_NEAR_SIDES, "INSERT INTO erasing SELECT 'near', s.ticket, '' FROM erasing e JOIN side s ON lower(s.address)=e.word" \
		" WHERE e.kind='address' AND s.ticket NOT IN (SELECT id FROM erasing WHERE kind='ticket' OR kind='parted') ON CONFLICT DO NOTHING") \
	X(SQL_TICKETS_TAKEN_PART_IN, "SELECT DISTINCT ticket FROM participant WHERE lower(address)=$1") \
	X(SQL_DRAFTS, "SELECT seq, agent, text, EXISTS(SELECT 1 FROM message AS sent WHERE sent.ticket=$1 AND sent.seq>draft.seq AND sent.agent=draft.agent" \
		" AND sent.flags='with /send, the words of message '||draft.seq) FROM" \
		" (SELECT DISTINCT ON (agent) seq, agent, text FROM message WHERE ticket=$1 AND seq>=$2 AND kind='note' AND side=$4 AND agent<>'' AND flags LIKE 'not sent: %'" \
		" ORDER BY agent, CASE seq WHEN $2 THEN 9000000000 ELSE seq END DESC) AS draft LIMIT $3") \
	X(SQL_MESSAGE_PROVED, "SELECT 1 FROM message WHERE ticket=$1 AND out=0 AND proved<>'' AND lower(from_address)=lower($2) LIMIT 1") \
	X(SQL_PARTICIPANTS, "SELECT address, name, role, answer_to FROM participant WHERE ticket=$1 ORDER BY lower(address)") \
	X(SQL_PARTICIPANT_ADD, "INSERT INTO participant(ticket,address,name,role,answer_to) VALUES($1,$2,$3,$4,$6)" \
		" ON CONFLICT(ticket,lower(address)) DO UPDATE SET name=$3, role=$4, answer_to=$6" \
		" WHERE $4<>'proposed' AND (participant.role='proposed' OR (participant.role='left' AND $5=1))") \
	X(SQL_PARTICIPANT_ANSWER_TO, "UPDATE participant SET answer_to=$3 WHERE ticket=$1 AND (lower(answer_to)=lower($2) OR (lower(address)=lower($2) AND answer_to=''))") \
	X(SQL_TICKET_ANSWER_TO, "UPDATE ticket SET answer_to=$3 WHERE id=$1 AND (lower(answer_to)=lower($2) OR (lower(customer)=lower($2) AND answer_to=''))") \
	X(SQL_PARTICIPANT_LEAVES, "UPDATE participant SET role='left' WHERE ticket=$1 AND lower(address)=lower($2) AND role<>'left'") \
	X(SQL_PARTICIPANT_REMOVE, "DELETE FROM participant WHERE ticket=$1 AND lower(address)=lower($2) AND role<>'left'") \
	X(SQL_CONFIRMED_NEWEST, "SELECT c.ticket, c.queue, c.at, m.raw, t.priority, (SELECT string_agg(tag, chr(10) ORDER BY tag) FROM tag WHERE ticket=c.ticket) FROM confirmed c" \
		" JOIN ticket t ON t.id=c.ticket JOIN message m ON m.ticket=c.ticket AND m.seq=1 AND m.kind='request' AND m.raw<>0 ORDER BY c.at DESC, c.ticket DESC LIMIT $1") \
	X(SQL_ROUTED_REPORT, "SELECT queue, to_char(to_timestamp(at/1000) AT TIME ZONE 'UTC','YYYY-MM') AS month, count(*), count(*) FILTER (WHERE corrected<>0), sum(confidence)" \
		" FROM routed GROUP BY month, queue ORDER BY month DESC, queue") \
	X(SQL_LEARNED_REPORT, "SELECT kind || ' ' || value, to_char(to_timestamp(at/1000) AT TIME ZONE 'UTC','YYYY-MM') AS month, count(*), count(*) FILTER (WHERE corrected<>0)," \
		" sum(confidence) FROM learned GROUP BY month, kind, value ORDER BY month DESC, kind, value") \
	X(SQL_CHECK_RAW_SIZE, "SELECT id FROM raw WHERE bytes IS NOT NULL AND length(bytes)+coalesce((SELECT sum(length(p.bytes)) FROM raw_piece p WHERE p.raw=raw.id),0)<>size")

#define NUMBER_OF(table) "CASE WHEN w.value=$1 THEN 0 ELSE (SELECT coalesce(max(id),0) FROM " table ") END, "

/* The engine's own. */
#define POSTGRES_OWN(X) \
	/* transactions; a plan of its own for the values of each mail takes longer than the statement */ \
	X(OWN_BEGIN, "BEGIN") \
	X(OWN_LOCK, "SELECT set_config('lock_timeout','" LOCK_TIMEOUT "',true), set_config('idle_in_transaction_session_timeout','" IDLE_TIMEOUT "',true)," \
		" set_config('synchronous_commit','off',true), set_config('plan_cache_mode','force_generic_plan',true)," \
		" pg_advisory_xact_lock(1397772114)") \
	/* the numbers are looked up only where another wrote last */ \
	X(OWN_STAND, "SELECT " NUMBER_OF("raw") NUMBER_OF("mailbox") NUMBER_OF("contact") NUMBER_OF("message") NUMBER_OF("ticket") NUMBER_OF("outbox") \
		"coalesce(w.value=$1,false) FROM (VALUES(1)) AS one LEFT JOIN meta w ON w.key='writer'") \
	X(OWN_WRITER, "INSERT INTO meta(key,value) VALUES('writer',$1) ON CONFLICT(key) DO UPDATE SET value=excluded.value") \
	X(OWN_BEGIN_READ, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") \
	X(OWN_COMMIT, "COMMIT") \
	X(OWN_DURABLE, "SELECT pg_logical_emit_message(true,'sportello','')") \
	X(OWN_ROLLBACK, "ROLLBACK") \
	X(OWN_SAVEPOINT, "SAVEPOINT job") \
	X(OWN_RELEASE, "RELEASE SAVEPOINT job") \
	X(OWN_ROLLBACK_TO, "ROLLBACK TO SAVEPOINT job") \
	/* several machines */ \
	X(OWN_LEASE, "INSERT INTO lease(name,holder,until,fence) VALUES($1,$2,clock_timestamp()+make_interval(secs=>$3),1) ON CONFLICT(name) DO UPDATE SET" \
		" holder=excluded.holder, until=excluded.until, fence=lease.fence+(lease.holder<>excluded.holder)::int" \
		" WHERE lease.holder=excluded.holder OR lease.until<clock_timestamp() RETURNING fence") \
	X(OWN_HINT, "SELECT pg_notify('sportello','')") \
	X(OWN_LISTEN, "LISTEN sportello") \
	/* keys */ \
	X(OWN_MAILBOX_KEY_NEWEST, "SELECT \"row\", tag FROM mailbox_key WHERE hash=$1 AND ($3<0 OR tag=$3) ORDER BY \"row\" DESC LIMIT $2") \
	X(OWN_MAILBOX_KEY_OLDEST, "SELECT \"row\", tag FROM mailbox_key WHERE hash=$1 ORDER BY \"row\" LIMIT $2") \
	X(OWN_MAILBOX_KEY_ADD, "INSERT INTO mailbox_key(hash,\"row\",tag) VALUES($1,$2,$3) ON CONFLICT DO NOTHING") \
	X(OWN_MAILBOX_KEY_FORGET, "DELETE FROM mailbox_key WHERE hash=$1 AND \"row\"=$2") \
	X(OWN_CONTACT_KEY_NEWEST, "SELECT \"row\", tag FROM contact_key WHERE hash=$1 AND ($3<0 OR tag=$3) ORDER BY \"row\" DESC LIMIT $2") \
	X(OWN_CONTACT_KEY_OLDEST, "SELECT \"row\", tag FROM contact_key WHERE hash=$1 ORDER BY \"row\" LIMIT $2") \
	X(OWN_CONTACT_KEY_ADD, "INSERT INTO contact_key(hash,\"row\",tag) VALUES($1,$2,$3) ON CONFLICT DO NOTHING") \
	X(OWN_CONTACT_KEY_FORGET, "DELETE FROM contact_key WHERE hash=$1 AND \"row\"=$2") \
	X(OWN_MAILBOX_KEYS, "SELECT m.id FROM mailbox m WHERE detail<>'erased' AND NOT EXISTS(SELECT 1 FROM mailbox_key k WHERE k.\"row\"=m.id) ORDER BY m.id") \
	X(OWN_CONTACT_KEYS, "SELECT c.id FROM contact c WHERE address<>'' AND NOT EXISTS(SELECT 1 FROM contact_key k WHERE k.\"row\"=c.id) ORDER BY c.id") \
	/* large values */ \
	X(OWN_RAW_SIZE, "SELECT length(bytes), (SELECT coalesce(sum(length(p.bytes)),0) FROM raw_piece p WHERE p.raw=r.id) FROM raw r WHERE r.id=$1 AND bytes IS NOT NULL") \
	X(OWN_RAW_READ, "SELECT substring(bytes FROM $2::int FOR $3::int) FROM raw WHERE id=$1") \
	X(OWN_PIECE_READ, "SELECT at, substring(bytes FROM greatest($2-at,0)::int+1 FOR $3::int) FROM raw_piece WHERE raw=$1 AND at<$2+$3 AND at+length(bytes)>$2 ORDER BY at") \
	X(OWN_PIECE_ADD, "INSERT INTO raw_piece(raw,at,bytes) VALUES($1,$2,$3) ON CONFLICT(raw,at) DO UPDATE SET bytes=excluded.bytes") \
	X(OWN_TEXT_SIZE, "SELECT length(text) FROM derived WHERE raw=$1") \
	X(OWN_TEXT_READ, "SELECT substring(text FROM $2::int FOR $3::int) FROM derived WHERE raw=$1") \
	X(OWN_REPLY_SIZE, "SELECT length(reply_text) FROM derived WHERE raw=$1 AND reply_text IS NOT NULL") \
	X(OWN_REPLY_READ, "SELECT substring(reply_text FROM $2::int FOR $3::int) FROM derived WHERE raw=$1") \
	/* words */ \
	X(OWN_WORDS_LOCK, "SELECT set_config('lock_timeout','" LOCK_TIMEOUT "',true), pg_advisory_xact_lock(1397772115)") \
	X(OWN_WORDS_ADD, "INSERT INTO words(message,words) VALUES($1,$2::tsvector) ON CONFLICT(message) DO UPDATE SET words=excluded.words") \
	X(OWN_WORDS_UPTO, "UPDATE meta SET value=greatest(value::bigint,$1)::text WHERE key='words_upto'") \
	X(OWN_WORDS_AGE, "SELECT xmin::text::bigint FROM meta WHERE key='words_edition'") \
	X(OWN_WORDS_DELETE, "DELETE FROM words") \
	X(OWN_WORDS_FIND, "SELECT message FROM words, CAST($1 AS tsquery) AS query WHERE words @@ query ORDER BY ts_rank(words,query) DESC, message DESC LIMIT $2") \
	/* the database itself */ \
	X(OWN_ABOUT, "SELECT pg_backend_pid(), current_setting('server_encoding'), current_setting('server_version_num')::bigint, to_regclass('meta') IS NOT NULL") \
	X(OWN_HAS_LEASES, "SELECT (to_regclass('lease') IS NOT NULL)::int") \
	X(OWN_LEASES, "SELECT count(*) FROM lease WHERE until>clock_timestamp()") \
	X(OWN_PROMISES, "SELECT current_setting('synchronous_commit'), current_setting('fsync'), current_setting('full_page_writes'), pg_is_in_recovery()") \
	X(OWN_SIZE, "SELECT pg_database_size(current_database())") \
	X(OWN_SCHEMA_LOCK, "SELECT pg_advisory_xact_lock(1397772116)")

enum postgres_own {
	OWN_FIRST = SQL_COUNT - 1,
#define X(id, text) id,
	POSTGRES_OWN(X)
#undef X
	STATEMENT_COUNT
};

#endif
