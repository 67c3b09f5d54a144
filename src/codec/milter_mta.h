/* The MTA's side of the milter protocol (see codec/milter.h): what it sends to a filter, and what
 * the filter may answer. Pure. */
#pragma once

#include "codec/milter_reply.h"

/* Appends the command's packet; a body of any length as several. All or nothing.
 * ST_INVALID: what a filter could not read, and libmilter would close or, worse, never answer for:
 * a NUL within a text, texts without their last NUL, macros not in pairs, BODY without octets, a
 * header without a name, no such kind. ST_LIMIT: more than MILTER_DATA_MAX octets of data, or `out`
 * is full. */
MUST_CHECK enum status milter_put_command(struct buf *out, const struct milter_command *m);

/* What a filter wants, by its answer to the offer. */
struct milter_agreed {
	uint32_t version;
	uint32_t actions;                  /* that it may take at the end of a message */
	uint32_t steps;                    /* NO_, NR_ and WITH_ */
	struct view macros[MILTER_STAGES]; /* names with blanks between; p NULL: the MTA's own */
};

/* Reads the filter's answer to `offer`, with the checks that Sendmail makes. An offer of no actions
 * means those of version 1 to libmilter, so they may come back. A list for a stage that does not
 * exist is left out, as Postfix does; of two for one stage the last counts. The views point into
 * the packet.
 * ST_INVALID: another letter, too short, a version below MILTER_VERSION_MIN or above the offer's,
 * an action or a step that was not offered, a list without its NUL or with control octets. */
MUST_CHECK enum status milter_agree(const struct milter_packet *packet,
                                    const struct milter_offer *offer, struct milter_agreed *out);

/* Reads an answer, or a change; the views point into the packet. REPLYCODE, QUARANTINE and the last
 * texts of ADDRCPT, DELRCPT and CHGFROM may come without their NUL.
 * ST_NOTFOUND: no such letter. ST_INVALID: data where none belong, a missing text or NUL, a
 * header's name that is none, control octets in an address or its arguments, a REPLYCODE that does
 * not begin with a code of 400 to 599. *out is set on success only. */
MUST_CHECK enum status milter_reply_read(const struct milter_packet *packet,
                                         struct milter_reply *out);

/* Appends a change or an answer that came from a filter to what another MTA is sent. What neither
 * MTA would take, or would take amiss, is mended as they do themselves: a CR in a header's value is
 * left out, a LF without a blank gets a TAB, control octets of a reason become "?", and so does
 * what is no printable ASCII in a REPLYCODE, whose single percent signs are doubled; where its text
 * is beyond mending it is plain REJECT or TEMPFAIL. ST_INVALID, ST_LIMIT: as milter_put_reply. */
MUST_CHECK enum status milter_put_mended(struct buf *out, const struct milter_reply *r);
