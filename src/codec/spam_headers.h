/* The headers that tell a mail's reader what SpamAssassin thinks of it: those that spamass-milter
 * 0.4.0 sets, from the headers of the mail as spamd would rewrite it (SPAMC_HEADERS). Pure. */
#pragma once

#include "codec/mail.h"
#include "codec/milter_reply.h"

/* "X-Spam-..." of the sender's own that are taken off; a mail with more is nobody's honest one, and
 * each is work for the MTA. */
#define SPAM_FORGED_MAX 1000u

/* What else is changed; the X-Spam-* ones always are. spamass-milter does both, but not with -m. */
enum spam_headers_part {
	SPAM_SUBJECT = 1,      /* as rewrite_header in spamd's configuration wants it */
	SPAM_CONTENT_TYPE = 2, /* is right only together with the rewritten body */
};

struct spam_changes {
	struct milter_reply *list; /* in this order they mean the same to Postfix and Sendmail */
	size_t count;
};

/* Is it an X-Spam-... one? SpamAssassin keeps some of them, so it should not get those of the
 * sender. */
bool spam_headers_has(struct view name);

/* Where the mail was cut, what stands behind it and is of a name that matters has to be noted there
 * (mail_note_behind). Does it matter? */
bool spam_headers_matters(struct view name);

/* rewritten: spamd's header lines, which end in LF or CR LF; empty when there is no answer, and
 * then the forged ones go all the same. Values are folded by LF and a blank, contain no CR and no
 * NUL ("?" instead), and do not begin with the blank behind the colon. A subject that was not kept
 * is left alone, since spamd has not seen it. All lies in the arena, but for the names of the
 * headers that go: these are the mail's own.
 * ST_LIMIT: more than SPAM_FORGED_MAX are forged; there are no changes then. */
MUST_CHECK enum status spam_headers(const struct mail *mail, struct view rewritten, unsigned parts,
                                    struct arena *arena, struct spam_changes *out);
