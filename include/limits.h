/*
 * limits.h - every bound that a stranger's bytes meet, in one place, with unit and reason.
 *
 * What exceeds a bound of the LMTP part gets an SMTP reply. What exceeds a bound of the mail part is accepted all the
 * same: it becomes a ticket with the raw mail, a `problems` entry, and no further parsing of the part in question.
 */
#ifndef SPORTELLO_LIMITS_H
#define SPORTELLO_LIMITS_H

/* ---- LMTP (RFC 5321 section 4.5.3.1 gives the least that must be taken) ---- */
#define LIMIT_LMTP_COMMAND      2048    /* bytes of a command line with its CRLF: 512 + room for SMTPUTF8 and parameters */
#define LIMIT_LMTP_BAD_COMMANDS 20      /* wrong commands in a session, then 421: a client that only makes noise */
#define LIMIT_LMTP_RECIPIENTS   1000    /* recipients of one transaction; RFC 5321 asks for 100 at least */

/* ---- a mail on its way in ---- */
#define LIMIT_MEMORY_SPOOL      (256 * 1024)   /* bytes kept in memory; larger mails go to a file in the state directory */

/* ---- parsing ---- */
#define LIMIT_HEADER_BYTES      (256 * 1024)   /* bytes of one header block: two full lists of recipients and a hundred stations */
#define LIMIT_HEADER_LINES      10000          /* lines of one header block, folded ones counted: a recipient a line, and again as much */
#define LIMIT_HEADER_FIELDS     2000           /* fields of one header block; real ones have up to some two hundred */
#define LIMIT_ADDRESS_HEADER    (100 * 1024)   /* bytes of one address header field: LIMIT_ADDRESSES of 50 bytes, name and all */
#define LIMIT_NAME              300            /* bytes of a name beside an address */
#define LIMIT_SUBJECT           4000           /* bytes of a subject, decoded: a thousand characters in any script; the longest real one that we know has 3279 */
#define LIMIT_PARAMETERS        (16 * 1024)    /* bytes of a Content-Type or Content-Disposition: a file name of 255 characters takes 3 KB */
#define LIMIT_ADDRESS_GROUPS    200            /* ':' outside quotes in one address header: GMime recurses for each */
#define LIMIT_ADDRESSES         2000           /* addresses kept of one header field */
#define LIMIT_PARTS             1000           /* MIME parts of one mail */
#define LIMIT_DEPTH             50             /* nesting of MIME parts and of messages in messages */
#define LIMIT_TEXT_BYTES        (1024 * 1024)  /* bytes of readable text made from one mail */
#define LIMIT_TEXT_LINES        (64 * 1024)    /* lines of it that are looked at one by one, for quotes and signatures: a letter has hundreds; each takes 32 bytes, twice */
#define LIMIT_QUERY_TERMS       100            /* words of one query: what a person writes has ten, and each is a test of each ticket */
#define LIMIT_INTAKE_TEXT       (256 * 1024)   /* bytes of it that rules, classifier, articles and threading look at: 40,000 words */
#define LIMIT_HTML_BYTES        (4 * 1024 * 1024) /* bytes of HTML that are read for text */
#define LIMIT_HTML_TAG          (16 * 1024)    /* bytes of one tag: libxml2 is quadratic in attributes */
#define LIMIT_CLEAN_BYTES       (512 * 1024)   /* bytes of a page that is shown or sent on, cleaned: what people write has 50 KB; more goes as text */
#define LIMIT_DATA_PICTURES     100            /* pictures that a page brings in itself (data:), each an attachment */
#define LIMIT_SMIME_BYTES       (12 * 1024 * 1024) /* decoded bytes of an S/MIME wrapper that is opened: held in memory */
#define LIMIT_SMIME_DEPTH       8              /* wrappers in wrappers, and pieces in pieces of a signed content; real ones have two */
#define LIMIT_RTF_BYTES         (2 * 1024 * 1024)  /* bytes of rich text, uncompressed, that are read for text */
#define LIMIT_CALENDAR_BYTES    (256 * 1024)   /* bytes of a calendar part that are read for its line */
#define LIMIT_REFERENCES        200            /* Message-IDs looked at in References, the newest (last) ones */
#define LIMIT_MESSAGE_ID        998            /* bytes of one Message-ID: a line, RFC 5322 section 2.1.1 */
#define LIMIT_PARSE_MEMORY      (12 * 1024 * 1024) /* bytes that reading one mail of up to 1 MB may take; what is larger may take its size more, up to: */
#define LIMIT_PARSE_MEMORY_MORE (32 * 1024 * 1024) /* bytes: the largest page in its largest charset, or the largest winmail.dat */
#define LIMIT_PARSE_MS          1000           /* milliseconds of processor time for reading one mail of up to 1 MB: some 20 times what any of ours takes ... */
#define LIMIT_PARSE_MS_MORE     50             /* ... and for each further megabyte, which may have to be decoded and digested */

/* ---- mails that are read one beside the other: see gateway_lane.c ---- */
#define LIMIT_LIGHT_MAIL        (48 * 1024)    /* bytes of a mail that is read at once, on its own connection: nine mails of ten are below */
#define LIMIT_LIGHT_HEADER      (12 * 1024)    /* bytes of its header, likewise; GMime takes the most memory for these */
#define LIMIT_LANE_MEMORY       (80 * 1024 * 1024) /* bytes that reading the others may take at a time, all together; one is always read */

/* ---- what was derived is kept (reckoned, not measured: reading a mail below both costs less than the page of the database that it would take) ---- */
#define LIMIT_COMMANDS          50             /* slash commands of one mail: each is a row of history, and may be a mail */
#define LIMIT_COMMAND_LINE      1000           /* bytes of the line of one: what a person writes has sixty, and some are looked at word by word while the desk waits */
#define LIMIT_ASKED             10             /* mails that answer what one mail asks for by commands: each may be 192 KB, and a conversation read anew */
#define LIMIT_UNPROVED_ASKED    20             /* answers within an hour to mails of commands in an agent's name that nothing proves: a person's hour, and 4 MB at most */
#define LIMIT_FILES_MAILS       10             /* mails that bring an agent the files of one ticket, as one command asks for them */
#define LIMIT_FILES_PACK        (20 * 1024 * 1024) /* bytes of files in one of them: what mail servers usually take, encoded */
#define LIMIT_EXPORT_MAIL       (16 * 1024 * 1024) /* bytes of one person's files in the mail that brings them: 22 MB encoded, below the 25 that most mailboxes take */
#define LIMIT_FILES_LARGEST     (64 * 1024 * 1024) /* bytes of a file that goes alone, where the relay takes so much: held in memory */
#define LIMIT_FILES_COUNT       50             /* files in one of them: for each its mail is taken apart again */
#define LIMIT_FILES_LOOKED      500            /* messages looked through for one of them; the next goes on behind */
#define LIMIT_SAVED_FILES       20             /* files in the folder beside a saved reply */
#define LIMIT_SAVED_BYTES       (10 * 1024 * 1024) /* bytes of all of them: most mail servers take that, encoded */
#define LIMIT_DERIVED_BYTES     (64 * 1024)    /* bytes of a raw mail from which on its text and list of attachments are kept */
#define LIMIT_DERIVED_US        5000           /* microseconds of the processor that reading it took, likewise */

/* ---- search ---- */
#define LIMIT_SEARCH_BYTES      (256 * 1024)   /* bytes of one message's text whose words are found: 40,000 words; a log file is no letter */

/* ---- a customer's pages: what is longer goes on behind a link ---- */
#define LIMIT_PAGE_MESSAGES     20             /* messages on one page */
#define LIMIT_PAGE_WORDS        (4 * 1024)     /* bytes shown of each of them: two pages of print */
#define LIMIT_PAGE_PART         (16 * 1024)    /* bytes of a message on a page of its own */
#define LIMIT_PAGE_FILES        20             /* files named below a message on a page */
#define LIMIT_PAGE_FILES_ALL    1000           /* and on the page of that message alone */
#define LIMIT_FILE_DISK_LEFT    (256 * 1024 * 1024) /* bytes of disk that a file's unpacking for a page must leave: mail comes first */

/* ---- the brand, and the customer's side ---- */
#define LIMIT_LOGO_BYTES        (64 * 1024)    /* bytes of the picture that goes along with each mail: a third more on the way */
#define LIMIT_POSTSCRIPT_MS     (10 * 60 * 1000) /* an agent's words after his own /resolve are a P.S. that long, and reopen nothing */
#define LIMIT_BAD_STARS         2              /* a rating up to it is told to agent and supervisors */

/* ---- reports ---- */

/* ---- addresses that we write to ---- */
#define LIMIT_ADDRESS           254            /* octets, RFC 5321 section 4.5.3.1.3 with errata; libetpan hangs over 500 */
#define LIMIT_LOCAL_PART        64             /* octets, RFC 5321 section 4.5.3.1.1 */

/* ---- people of a ticket ---- */
#define LIMIT_PARTICIPANTS      50             /* readers of one ticket: a reply-all storm must not grow without end; what is beyond is said */
#define LIMIT_OUTSIDE           50             /* people named without being readers: the same */

/* ---- threads ---- */
#define THREAD_STACK_BYTES      (8 * 1024 * 1024) /* GMime recurses; below 8 MiB hostile groups overflow */
#define LIMIT_FDS               1000           /* libetpan selects: a descriptor of 1024 or more aborts the process */

#endif
