/* What the milter door keeps of one message while it comes in. Zeroed and then begun. */
#pragma once

#include "codec/mail.h"
#include "session/transaction.h"

#define MESSAGE_RECIPIENTS_MAX ((size_t)1 << 20) /* octets of all accepted ones */

struct message {
	bool open;           /* between MAIL and its end */
	struct buf sender;   /* without brackets */
	struct buf accepted; /* "<address>" NUL ... */
	size_t accepted_count;
	size_t accepted_last;     /* where the last one begins */
	struct buf unproven;      /* without brackets, NUL: who is let in if the client stays */
	int64_t unproven_keep;    /* how long their pass is remembered */
	int64_t rest_s;           /* of their wait that is left for the end of the message */
	struct budget_hold place; /* among the answers that are held */
	bool refused;             /* a refusal is put off till the end, */
	int64_t missing;          /* and so many seconds are missing */
	struct buf late;          /* its packet */
	bool by_default;          /* the last recipient was let in by a default rule */
	int64_t delayed_s;        /* the longest wait of an accepted recipient */
	struct buf delayed;       /* the header's line about it */
	bool reported;            /* the last accepted one's rule has a line of its own */
	struct buf header;        /* the line about the last accepted one */
	struct buf added;         /* the line that the last rule adds */
	int64_t added_index;      /* as in acl_effects */
	bool has_spf;       /* SPF was asked: the same for all recipients, and their tuples later */
	int64_t spf_result; /* enum fact_result */
	struct buf spf_domain;
	struct buf spf_more; /* domain, mechanism, problem of struct fact_spf; NUL behind each */
	bool strips;         /* authentication_results is set: */
	uint32_t authres;    /* headers Authentication-Results that came, */
	struct buf forged;   /* the numbers of those in our name, uint32_t each; */
	bool forged_lost;    /* there were more */
	bool forged_hidden;  /* they are gone from what is kept */

	struct worker *w;  /* whose memory for content this is */
	unsigned content;  /* what is kept of it: enum conf_content */
	int64_t peek;      /* as much at most; -1: all */
	bool all;          /* whatever peek says */
	struct mail *mail; /* while the message is open */
	size_t counted;    /* octets of it that the worker knows of */
	bool mail_short;   /* there was no room for all that should be kept */
	bool body_changed; /* mail's body is to take the place of the MTA's */
	bool behind_lost;  /* headers behind what is kept matter, and there were too many */
	bool skipped;      /* the rest of the body was not wanted: its size is not known */

	struct buf lines;  /* for `stat`, of its accepted recipients, each with a NUL behind it */
	size_t lines_last; /* where the last one's begins */
	bool let_in;       /* its end was answered so: they are written */
};

/* blanks: as in struct mail. */
void message_begin(struct message *m, struct worker *w, bool blanks);

/* All of it will be kept: others are to see it. */
void message_keep_all(struct message *m);

/* Forgets it all; the place in the budget must have been released. */
void message_end(struct message *m);

/* Takes no more memory than it needs, while its client is kept waiting. */
void message_fit(struct message *m);

/* Another header, or piece of the body. */
void message_take_header(struct message *m, struct view name, struct view value);
void message_take_body(struct message *m, struct view octets);

/* True: nothing needs the rest of the body, and how long the message is, nobody knows then. */
bool message_skip_rest(struct message *m);

/* We change it from now on: what we add is little, and is kept whatever maxpeek and
 * max_message_memory say. */
void message_change(struct message *m);
/* Others do: what there is room for now, whatever maxpeek says, and some headers in any case: else
 * a mail could be made to fit just without them. */
void message_make_room(struct message *m);

/* Says to the worker how much of it is kept now. */
void message_account(struct message *m);

/* The body has gone into an answer, which takes its place in what is counted. */
void message_drop_body(struct message *m);

/* Has all of the mail been kept? */
bool message_is_whole(const struct message *m);

/* Takes what an outcome at RCPT says of the message. recipient: without brackets. ST_LIMIT: the
 * message has too many recipients; nothing is kept of this one. */
MUST_CHECK enum status message_accept(struct message *m, struct view recipient,
                                      const struct transaction_outcome *o);
/* Takes what an outcome at the end, which lets the message in, says of how long it has waited. */
void message_waited(struct message *m, const struct transaction_outcome *o);
/* The last one that was accepted is not, after all. */
void message_unaccept(struct message *m);
/* The same for one that was refused: only its values stay. */
void message_values(struct message *m, const struct transaction_outcome *o);

/* What a question found out about the client; and what is kept of it. */
struct fact_spf message_spf_more(const struct message *m);
void message_spf(struct message *m, const struct gather *g);

/* Keeps the line that `stat` has of a recipient who is let in, until what becomes of the message is
 * known; then writes all. */
void message_keep_line(struct message *m, const struct transaction_outcome *o);
void message_write_lines(struct message *m);

/* Who is let in if the client stays. */
MUST_CHECK enum status message_unproven(struct message *m, struct view recipient,
                                        const struct transaction_outcome *o);

/* An array of accepted_count, the caller's to mem_free; the views point into m. NULL: none. */
struct view *message_recipients(const struct message *m);

/* The line of X-Greylist that the message gets; empty: none. */
struct view message_header(const struct message *m, const struct conf *conf);
