/* What a URL check's page or an LDAP entry says to milter-greylist: "key: value" lines that make
 * the clause hold, and replace values of its rule. */
#pragma once

#include "util/view.h"

#define CHECK_TIME_MAX ((int64_t)100 * 365 * 86400) /* seconds */
#define CHECK_UNSAID   INT64_MIN

enum check_action {
	CHECK_NO_ACTION,
	CHECK_GREYLIST,
	CHECK_WHITELIST,
	CHECK_BLACKLIST,
	CHECK_CONTINUE
};

/* Zeroed but for the times it says nothing: check_reply_begin. Texts are the reply's own octets,
 * without control characters; empty: not said. */
struct check_reply {
	bool known;   /* a key of ours was in it */
	bool refused; /* milterGreylistStatus was neither Ok nor TRUE */
	enum check_action action;
	int64_t delay, autowhite, tarpit; /* seconds, or CHECK_UNSAID */
	struct view code, ecode, msg, report;
	bool flushaddr, nolog;
};

void check_reply_begin(struct check_reply *r);

/* Takes one line. A key of ours whose value has another form than it should, or control characters
 * but TAB, is not taken. Of two
 * lines with one key the later counts. False: the key is none of ours. */
bool check_reply_take(struct check_reply *r, struct view key, struct view value);

/* The clause holds. */
static inline bool check_reply_holds(const struct check_reply *r)
{
	return r->known && !r->refused;
}

/* The next line that has a key and a value, both without blanks around them; lines end in LF or CR
 * LF, and those with other control characters than TAB are passed over. False: no more. */
bool check_reply_line(struct view *rest, struct view *key, struct view *value);
