/* The protocol of SpamAssassin's spamd (spamd/PROTOCOL in its sources), the client's side: the head
 * of a request out, a reply in. Pure. */
#pragma once

#include "util/buf.h"

#define SPAMC_USER_MAX   320u             /* octets: a mail address (RFC 5321 section 4.5.3.1) */
#define SPAMC_LINE_MAX   1024u            /* octets of a line of the reply's head */
#define SPAMC_LINES_MAX  32u              /* lines of the reply's head; spamd 4.0 sends three */
#define SPAMC_BODY_MAX   ((size_t)262144) /* octets of the reply's body, beside what is echoed */
#define SPAMC_SCORE_MAX  1000000000       /* points; spamd's own rules stay below 2000 */
#define SPAMC_CODE_RETRY 75u              /* sysexits.h, EX_TEMPFAIL: busy */

enum spamc_command {
	SPAMC_CHECK,   /* the verdict and the score */
	SPAMC_SYMBOLS, /* and the names of the rules that hit, with commas between */
	SPAMC_HEADERS, /* and the headers of the mail as SpamAssassin would rewrite it */
};

struct spamc_request {
	enum spamc_command command;
	size_t length;    /* octets of the mail that follows */
	struct view user; /* whose preferences count; empty: the server's default */
};

/* Can it be told as a user's name? One to SPAMC_USER_MAX octets, without controls, blanks and
 * octets above 126. */
bool spamc_is_user(struct view user);

/* Appends the request's head. All or nothing. ST_INVALID: the user's name is none, and not empty;
 * ST_LIMIT: `out` is full. */
MUST_CHECK enum status spamc_put_request(struct buf *out, const struct spamc_request *r);

struct spamc_reply {
	uint32_t code;            /* 0, or spamd's refusal (sysexits.h); nothing else counts then */
	bool spam;                /* spamd's own verdict */
	int64_t score_tenths;     /* cut toward zero */
	int64_t threshold_tenths; /* the same */
	struct view body;         /* without the reply's head; points into the parser */
};

/* One reply as it comes. Zero it, and end it with spamc_parser_free. */
struct spamc_parser {
	struct buf in;
	size_t line; /* where the line that is read begins; of the body once the head is over */
	size_t seen; /* how far it has been looked at */
	unsigned lines;
	size_t most;   /* octets of the body */
	size_t length; /* of it */
	bool length_known, length_told, head_over, has_score;
	enum status st;
	struct spamc_reply reply; /* once ST_OK was said */
};

/* Starts for the reply to this command. echoed: octets of the mail's headers, which come back in
 * the reply to HEADERS. */
void spamc_parser_begin(struct spamc_parser *p, enum spamc_command command, size_t echoed);
void spamc_parser_free(struct spamc_parser *p);

/* Takes octets in any cut. ST_AGAIN: more must come. ST_OK: the reply is whole. All others are
 * final; what comes then changes nothing.
 * ST_INVALID: no reply of spamd's: a first line of another form, a line of the head that is no
 * "Name: value", a score that is no plain decimal number (nan, inf, 1e9), no score at all, two that
 * contradict each other, or two lengths, or octets behind the body in the same piece. ST_LIMIT: it
 * passes a bound.
 * Lines end in CR LF, or LF alone. Without a length the body goes on to the end of the connection,
 * but a reply to CHECK has none then. A refusal is whole with its first line. */
MUST_CHECK enum status spamc_take(struct spamc_parser *p, struct view octets);

/* The server closed. ST_OK: the reply is whole; ST_INVALID: it was cut off. */
MUST_CHECK enum status spamc_close(struct spamc_parser *p);
