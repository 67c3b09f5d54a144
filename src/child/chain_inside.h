/* What the files of a chain share; for child/ alone. */
#pragma once

#include "child/chain.h"
#include "child/play.h"

/* From the weakest to the strongest. */
enum rank { RANK_ACCEPT, RANK_CONTINUE, RANK_TEMPFAIL, RANK_REJECT, RANK_DISCARD };

/* How long a refusal counts for what comes after it. */
enum hold { HOLD_NOT, HOLD_MESSAGE, HOLD_SESSION };

/* A command that is kept: its macros, as pairs, and its packet are octets[at ...] of the script. */
struct entry {
	enum milter_command_kind kind;
	size_t at, macros_n, command_n;
	uint64_t never; /* children that it is hidden from */
	bool refused;
};

struct script {
	struct buf octets;
	struct entry *entry;
	size_t count, room;
	size_t session; /* the first of them belong to the session, the others to the message */
};

struct member {
	struct chain *chain;
	struct child *child;
	size_t place;      /* in the configuration, */
	uint64_t bit;      /* and as a bit */
	struct link *link; /* NULL: not connected */
	enum breaker_leave leave;
	bool out;           /* of the session */
	bool sits_out;      /* this message */
	bool open;          /* it has been told of a message that is not over */
	size_t pos;         /* of the script, that it is to be told next */
	size_t recipients;  /* that it and all others accepted */
	bool accepted;      /* the last one */
	struct buf refusal; /* text of one that it was told of too late to refuse it; by itself */
	uint64_t asked_us;
	char asked; /* the letter of what */
	enum chain_said said, said_of_client;

	/* This round's answer. */
	bool seeing; /* it takes part */
	bool busy;   /* a command is out */
	enum hold hold;
	enum rank rank;
	struct buf text; /* REPLYCODE's */
};

enum chain_state {
	CHAIN_IDLE,
	CHAIN_ASK,    /* children are asked, all at once */
	CHAIN_CHOOSE, /* may the next child see the content? */
	CHAIN_JOIN,   /* it may, and is told what it missed */
	CHAIN_PLAY,   /* one is played the content */
	CHAIN_APPLY,  /* what it changes is made, a slice at a time */
	CHAIN_TELL,   /* the answer is told at the end of the turn */
	CHAIN_CLOSED
};

struct chain {
	struct loop *loop;
	struct log *log;
	struct children *children;
	struct chain_terms terms;
	char id[64];
	bool traced; /* each answer is logged */
	const struct chain_events *events;
	void *arg;
	enum chain_state state;
	struct soon soon;
	struct script script;
	struct member *member; /* one a child, in the order of the configuration */
	uint64_t progress_ms;  /* our MTA is not told of it before */

	/* What is asked. */
	enum milter_command_kind kind;
	struct chain_sight sight;
	bool ending;
	struct mail *mail;
	struct buf macros_eoh, macros_end; /* pairs */

	/* The child that is played the content, and what it has changed. */
	size_t playing;
	struct play play;
	struct buf play_eoh, play_end; /* packets of its macros */
	struct buf changes;            /* its packets, as our MTA will get them */
	size_t applied;                /* octets of them that have been made */
	struct timer slice;
	size_t change_octets, change_headers; /* of them, what the mail may have to keep */
	bool change_body;
	bool no_room; /* for them in the mail: its sender's doing */

	/* For our MTA. */
	struct buf packets;          /* in the order that they came */
	struct buf from, quarantine; /* the last of each */
	bool new_body;
	struct chain_answer answer;
};

/* --- script.c --- */

/* The command, behind the others; what it puts an end to goes. ST_INVALID, ST_LIMIT. */
MUST_CHECK enum status script_add(struct script *s, const struct milter_command *command,
                                  struct view macros);
struct view script_macros(const struct script *s, const struct entry *e);
struct view script_command(const struct script *s, const struct entry *e);
/* Drops all from here on. */
void script_cut(struct script *s, size_t count);
void script_free(struct script *s);

/* --- member.c --- */

/* Tells what it has not been told; false: nothing, it has its answer. */
bool member_go(struct member *m);
/* Appends the packet of the macros that it is told; nothing where there are none. */
void member_put_macros(struct member *m, enum milter_command_kind kind, struct view command,
                       struct view pairs, struct buf *out);
/* What it says counts, or its failure does: this round's rank and text, and what follows of it. */
void member_take(struct member *m, enum milter_command_kind kind, const struct child_answer *a);
void member_fail(struct member *m, enum child_fault fault);
/* It is not shown the content, which is not there: its fallback. */
void member_spare(struct member *m);
/* The message is over for it. */
void member_end_message(struct member *m);
/* What it is about is given up. */
void member_abort(struct member *m);
void member_forget_message(struct member *m);
void member_close(struct member *m);
/* How it stands: to what is asked now. */
enum rank member_rank(const struct member *m);
/* It gave its answer to the message's content. */
void member_finished(struct member *m, const struct child_answer *a);

/* --- changes.c --- */

/* ST_LIMIT: more than the mail has room for. */
MUST_CHECK enum status changes_collect(struct chain *c, const struct milter_reply *r,
                                       uint32_t steps);
/* All that were collected, to the mail and for our MTA. ST_AGAIN: that was a part of them, and
 * others want to go on too; call it again. Else all or nothing. */
MUST_CHECK enum status changes_apply(struct chain *c, struct child *child);
void changes_forget(struct chain *c);
/* The packets, with what comes last. ST_LIMIT. */
MUST_CHECK enum status changes_finish(struct chain *c);

/* --- chain.c --- */

void chain_done(struct member *m, const struct child_answer *a);
void chain_progress(struct chain *c);
