/* What a filter answers to an MTA (milter protocol, see codec/milter.h). Pure. */
#pragma once

#include "codec/milter.h"

/* A text's lines, and octets of a line behind its code and enhanced code, as they go over the wire
 * (libmilter/smfi.c: MAXREPLIES, MAXREPLYLEN). */
#define MILTER_TEXT_LINES_MAX 32u
#define MILTER_TEXT_LINE_MAX  980u

/* The values are the letters (mfdef.h, SMFIR_*). */
enum milter_reply_kind {
	/* Final: one for each command that awaits an answer. */
	MILTER_CONTINUE = 'c',
	MILTER_ACCEPT = 'a',
	MILTER_REJECT = 'r',
	MILTER_TEMPFAIL = 't',
	MILTER_DISCARD = 'd',
	MILTER_REPLYCODE = 'y', /* reject or tempfail, with a text */
	MILTER_SKIP = 's',      /* to BODY only */
	MILTER_SHUTDOWN = '4',  /* Postfix only; at the end of a message it takes the mail */
	MILTER_CONN_FAIL = 'f', /* hardly anywhere understood */

	MILTER_PROGRESS = 'p', /* still at work; before EOB for Postfix only */

	/* Changes, between EOB and its final answer; the headers are counted from 1, but for
	 * INSHEADER, where index 0 is the very top of the message. */
	MILTER_ADDHEADER = 'h',
	MILTER_INSHEADER = 'i',
	MILTER_CHGHEADER = 'm', /* the index counts headers of that name; an empty value deletes */
	MILTER_REPLBODY = 'b',  /* all of them in one run: Postfix takes no other change between */
	MILTER_ADDRCPT = '+',
	MILTER_ADDRCPT_PAR = '2',
	MILTER_DELRCPT = '-',
	MILTER_CHGFROM = 'e',
	MILTER_QUARANTINE = 'q',
};

/* Each kind has its own members; the others don't count. */
struct milter_reply {
	enum milter_reply_kind kind;
	uint32_t index;      /* INSHEADER, CHGHEADER */
	struct view name;    /* ADDHEADER, INSHEADER, CHGHEADER */
	struct view value;   /* the same; folded by LF and a blank */
	struct view address; /* ADDRCPT, ADDRCPT_PAR, DELRCPT, CHGFROM; brackets may be missing */
	struct view
		arguments; /* ADDRCPT_PAR, CHGFROM: ESMTP's, with blanks between; may be empty */
	struct view text;  /* REPLYCODE: see milter_text; QUARANTINE: the reason */
	struct view body;  /* REPLBODY: any length, CR LF line ends; empty for an empty body */
};

/* Appends the reply, several packets for a long body. All or nothing.
 * ST_INVALID: what would be misread on the other side: a NUL; a control octet in address, arguments
 * or reason; a header's name that is not printable ASCII without blank and colon, or empty; a CR,
 * or a LF without a blank behind it, in a header's value; a text that milter_text_check refuses; no
 * such kind. ST_LIMIT: more than one packet can hold, a text beyond its bounds, or `out` is full.
 */
MUST_CHECK enum status milter_put_reply(struct buf *out, const struct milter_reply *r);

/* Appends the text of a REPLYCODE: `text`, whose lines end in LF or CR LF, each line with the code
 * and the enhanced code (such as "4.7.1"; none if empty) in front. Percent signs are doubled, since
 * Sendmail takes the text as a format; control octets and those above 126 become "?".
 * ST_INVALID: a code other than 400 to 599, an enhanced code of another class or form, or none and
 * a line that begins with the digit of another class (Postfix drops the filter for that).
 * ST_LIMIT: too many or too long lines, or `out` is full. Nothing was added then. */
MUST_CHECK enum status milter_text(struct buf *out, unsigned code, struct view enhanced,
                                   struct view text);

/* Whether both MTAs would take it as the text of a REPLYCODE. ST_INVALID or ST_LIMIT else. */
MUST_CHECK enum status milter_text_check(struct view text);

/* A header's name: printable ASCII without blank and colon (RFC 5322 section 3.6.8). */
bool milter_is_header_name(struct view name);

/* The action that must have been agreed on before this change; 0 for what needs none. */
uint32_t milter_reply_action(enum milter_reply_kind kind);
