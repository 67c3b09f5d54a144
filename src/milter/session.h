/* One SMTP session as an MTA tells it: what the parts of the milter door share; for milter/ alone.
 */
#pragma once

#include "codec/milter_negotiate.h"
#include "codec/milter_reply.h"
#include "milter/door.h"
#include "milter/macros.h"
#include "milter/message.h"
#include "net/conn.h"

enum session_state {
	SESSION_READ,  /* waiting for a packet */
	SESSION_ASK,   /* a question is in the house */
	SESSION_HOLD,  /* an answer is held */
	SESSION_PROVE, /* the memory is told of the recipients whose client stayed */
	SESSION_WRITE, /* a long answer is on its way */
	SESSION_LAST,  /* the last answer is on its way; what comes in is dropped */
	SESSION_CLOSED /* nothing is running; memory goes at the end of this turn */
};

/* What comes when an answer is held no longer, and the memory knows who stayed. */
enum session_next { NEXT_ANSWER, NEXT_ASK_RCPT };

struct filters;
struct inquiry;

struct session {
	struct session *next; /* of the worker's list */
	struct session **at;
	struct worker *w;
	struct conn *conn;
	struct timer idle, hold;
	struct soon end, more;
	enum session_state state;
	bool overdue;       /* the worker is to end, and has waited long enough for the message */
	uint64_t active_ms; /* last octet or answer */
	struct buf in;      /* octets not yet looked at begin at `start` */
	size_t start;
	uint64_t serial; /* with the number of the message it is the instance */
	unsigned messages;

	/* What was agreed on. */
	bool agreed;
	struct milter_terms terms;
	uint32_t offered;        /* actions that the MTA knows */
	struct filters *filters; /* the child milters; NULL: there are none */

	/* The client. */
	bool non_ip;
	uint16_t port; /* 0: not known */
	char address[IP_TEXT_MAX];
	struct buf host, helo;
	struct macros macros;
	struct ahead *ahead;         /* what is looked up of it; or NULL */
	int64_t waited_s, longest_s; /* in tarpits */
	struct properties properties;
	bool accepted; /* a recipient was let in */

	/* The message, and the recipient that is asked about. */
	struct message message;
	struct ahead *sender_ahead;  /* what is looked up of its sender; or NULL */
	struct ahead *message_ahead; /* and of the message, before a child milter changes it */
	unsigned unasked;            /* senders in a row that no recipient came for */
	struct buf recipient;

	/* The question that is in the house; NULL: none. */
	struct inquiry *inquiry;
	struct transaction *transaction;

	/* The answer that is held, or waits for the memory. */
	struct buf answer;
	size_t written; /* octets of it */
	enum session_next then;
	bool at_end; /* of the message */
	uint64_t hold_from_ms, hold_until_ms;
	uint64_t progress_at_ms, look_at_ms; /* what is due while it is held; UINT64_MAX: never */
	bool seen;                           /* the client's connection was there */
	size_t proven;                       /* octets of message.unproven that are done */
};

/* --- session.c --- */

/* The one place that changes the state. */
void session_enter(struct session *s, enum session_state state);

/* At once, and as soon as all answers have left. */
void session_close(struct session *s);
void session_finish(struct session *s);
/* After a line in the log: this is no MTA. */
void session_refuse(struct session *s, const char *what, struct view octets);

/* What is under way is given up: the client did not wait for it. A mark that the memory has of it
 * stays. */
void session_cancel(struct session *s);
void session_forget_message(struct session *s);
void session_forget_client(struct session *s);

/* Forgets the octets of packets that have been taken; no view of a packet may be used behind it. */
void session_drop_taken(struct session *s);

/* Each may close the session. */
void session_write(struct session *s, struct view packets);
void session_write_bare(struct session *s, enum milter_reply_kind kind);
/* CONTINUE, if the MTA awaits an answer to this command. */
void session_go_on(struct session *s, enum milter_command_kind kind);

/* The answer that is prepared, held, and written in the end; the message may be over with it. */
void session_set_answer(struct session *s, enum milter_reply_kind kind);
void session_write_answer(struct session *s);
/* Goes on with what has not been written of it; true: that was the last. */
bool session_write_on(struct session *s);

bool session_is_postfix(const struct session *s);

/* Look-ups begin: of the client that has connected; of the sender, and of a client of whom nothing
 * has been looked up yet. */
void session_client_ahead(struct session *s);
void session_sender_ahead(struct session *s);
/* Of the message whose end has come. */
void session_message_ahead(struct session *s);
/* They are given up, and what they have found is forgotten: a question finds it in the cache. */
void session_drop_ahead(struct session *s);

/* What there is to be asked, as s->inquiry; until inquiry_free. */
const struct question *session_prepare(struct session *s, enum question_stage stage,
                                       struct view recipient);

/* A question about this recipient (empty: none), which must stay as it is until it is decided. The
 * first thing that decided does is session_decided, and the last inquiry_free: what the outcome
 * points to lives as long. */
void session_ask(struct session *s, enum question_stage stage, struct view recipient,
                 void (*decided)(void *arg, const struct transaction_outcome *o));
struct inquiry *session_decided(struct session *s);
void inquiry_free(struct inquiry **i);

/* --- tarpit.c --- */

/* The prepared answer is held; or not, when the worker is to end. */
void tarpit_hold(struct session *s, int64_t seconds);

/* A held answer is not waited for: the client is asked to come again. */
void tarpit_give_up(struct session *s);

/* Have the clients of message.unproven waited as long as they had to? */
bool tarpit_has_stayed(const struct session *s);

/* The memory is told of them, one after the other; then what waits for that goes on. */
void tarpit_prove_then(struct session *s, enum session_next then);

/* --- authres.c --- */

/* A header that comes in. */
void authres_take_header(struct session *s, struct view name, struct view value);

/* Who sees the message from now on does not see what was forged, and counts headers without it. */
void authres_hide(struct session *s);
/* Deletes what was forged. False: there was too much of it to be kept in mind. */
bool authres_strip(struct session *s);

/* Adds what the configuration wants told of SPF and DKIM. */
void authres_add(struct session *s, const struct transaction_outcome *o);

/* --- envelope.c --- */

void envelope_rcpt(struct session *s, const struct milter_envelope *e);
void envelope_ask_rcpt(struct session *s);
void envelope_end(struct session *s, struct view body);

/* The one recipient of the message, for rules and the log; empty: there are others. */
struct view envelope_sole_recipient(const struct session *s);

/* A change of the headers at the end of the message (ADDHEADER, INSHEADER, CHGHEADER; no blank in
 * front of the value): told to the MTA, if it lets us, and made in the copy that is kept. An error
 * as of milter_put_reply. */
MUST_CHECK enum status envelope_change_header(struct session *s, const struct milter_reply *change);

/* With `spamd_headers`: the sender's own X-Spam-... go, and what spamd said is told. False: there
 * are too many of them. */
bool envelope_tell_spam(struct session *s, const struct transaction_outcome *o);

/* With `bogofilter_headers`: the sender's own X-Bogosity goes, and what Bogofilter said is told.
 * False: there are too many of them. */
bool envelope_tell_bogosity(struct session *s, const struct transaction_outcome *o);

/* Without the brackets. */
struct view envelope_address(struct view address);

/* --- door.c --- */

/* Takes the packets that are in, as long as nothing else is under way. */
void session_run(struct session *s);
