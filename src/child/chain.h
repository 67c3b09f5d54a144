/* All children of one SMTP session. What our MTA tells goes to those that may see it: the commands
 * of the envelope to all at once, the content to one after the other, each seeing the mail as the
 * ones before it left it. Their answers become one, the strongest: DISCARD, REJECT, TEMPFAIL,
 * CONTINUE, ACCEPT (when none wants to see more), and of equal ones that of the first child in the
 * configuration. A child is connected when it first has something to see, and is then told what it
 * missed. */
#pragma once

#include "child/children.h"
#include "codec/mail.h"
#include "util/log.h"

struct chain;

#define CHAIN_SCRIPT_MAX                                                                           \
	((size_t)4 << 20)       /* octets of commands that are kept for late children              \
	                         */
#define CHAIN_PROGRESS_MS 1000u /* told our MTA no more often */

/* What was agreed on with our own MTA. */
struct chain_terms {
	uint32_t offered; /* actions it knows: a child may announce them */
	uint32_t actions; /* of these, those that it was told of: others are not passed on */
};

/* Who of the children, by their place as bits, may see a command. Of those in neither it is not
 * known yet: if a later command shows them, they are told this one first. */
struct chain_sight {
	uint64_t see;
	/* CONNECT, HELO: never in this session; RCPT: never this recipient; else never again in
	 * this message. */
	uint64_t never;
	bool refused; /* RCPT: the MTA refuses it by itself; told only to who asked for such */
};

/* Macros as MACRO packets have them: name NUL value NUL ...; empty: none. */
struct chain_macros {
	struct view data, eoh, end;
};

struct chain_answer {
	/* CONTINUE, ACCEPT, REJECT, TEMPFAIL, DISCARD (not to CONNECT, HELO, UNKNOWN), REPLYCODE
	 * with its text; for milter_put_mended. */
	enum milter_reply_kind kind;
	struct view text;
	const char *child; /* whose answer it is; NULL: nobody's own */
	/* At the end of the message, if it is CONTINUE or ACCEPT: packets for our MTA; and whether
	 * the mail has a new body, which is to be sent behind them in one run. */
	struct view changes;
	bool new_body;
};

/* What a child has said of the client or the message, whether it counts or not. */
enum chain_said {
	SAID_NOTHING, /* it was not asked, or goes on */
	SAID_ACCEPT,  /* also CONTINUE at the end of the message */
	SAID_TEMPFAIL,
	SAID_REJECT,
	SAID_DISCARD,
	SAID_FAULT, /* it has failed */
};

struct chain_events {
	/* Once for each chain_ask and chain_end, from the loop, never inside them; the answer is
	 * valid during the call. */
	void (*answered)(void *arg, const struct chain_answer *answer);
	/* A child is at work on it, as it says. */
	void (*progress)(void *arg);
	/* Before the content would be played to a child of which it is not known yet whether it may
	 * see the message: those before it have had their say (chain_said). chain_chosen must be
	 * called, in it or later. NULL: it does not see it. */
	void (*choose)(void *arg, size_t child);
	/* The macros that this child is told before this command, as pairs with their NULs: those
	 * of the MTA, to be changed at will. command: its packet, which may be an earlier one that
	 * the child is told late; empty at the end of the message. NULL: they stay as they are. */
	void (*macros)(void *arg, size_t child, enum milter_command_kind kind, struct view command,
	               struct buf *pairs);
};

#define CHAIN_MACROS_MAX ((size_t)MILTER_DATA_MAX - 1) /* of one command */

struct chain_setup {
	struct loop *loop;
	struct log *log;
	struct children *children; /* a reference is taken */
	struct chain_terms terms;
	const char *id; /* of the session, for log lines; copied */
	bool traced;    /* each answer is logged, at level debug */
};

struct chain *chain_new(const struct chain_setup *setup, const struct chain_events *events,
                        void *arg);

/* CONNECT, HELO, MAIL, RCPT, DATA, UNKNOWN. One at a time. The command and its macros are copied.
 */
void chain_ask(struct chain *c, const struct milter_command *command, struct view macros,
               struct chain_sight sight);

/* The end of the message: children that have not seen DATA are told it, and then the content. The
 * mail belongs to the chain until it is answered; what the children change is changed in it. Of a
 * mail that there was no room for (full) no child sees anything: that counts as its failure. */
void chain_end(struct chain *c, struct mail *mail, const struct chain_macros *macros,
               struct chain_sight sight);

/* The answer to `choose`. */
void chain_chosen(struct chain *c, bool see);

/* Of this message, or of the client; by the child's place in the configuration. */
enum chain_said chain_said(const struct chain *c, size_t child);

/* The message is over, or was given up; `answered` will not run for what was asked. */
void chain_abort(struct chain *c);

/* The session is over: children are told QUIT. Sets *c to NULL. */
void chain_free(struct chain **c);
