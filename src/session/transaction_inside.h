/* What the files of a transaction share; for session/transaction*.c alone. */
#pragma once

#include "codec/mail.h"
#include "conf/options.h"
#include "engine/tuple.h"
#include "session/act.h"
#include "session/decision_log.h"
#include "session/lookup.h"
#include "session/memory.h"
#include "session/transaction.h"
#include "util/mem.h"

/* What the look-ups are for. */
enum wanted { FOR_EXEMPTION, FOR_RULES, FOR_MEMORY, FOR_STAYED, FOR_HEADERS, FOR_NOTHING };

/* A scan is not made again for a retry that comes too early: the rules are asked with what spamd
 * said at the first try. Only a deferral may come of that, of tuples that have to wait in any case;
 * all else is decided by a scan. */
enum recall {
	RECALL_NOT, /* not looked for */
	RECALL_TRY, /* the rules are asked with it */
	RECALL_END, /* it is of no use, or was of none */
};

/* The rules look into a message on a thread of the pool, at facts that stay as they are. */
struct away {
	bool yes;     /* on their way */
	bool dropped; /* nobody waits for them */
	struct facts facts;
	struct log *log; /* the worker may be gone before they are back */
	enum acl_result result;
	atomic_bool give_up;
	struct timer deadline;
	struct mail *mail; /* ours too */
};

struct transaction {
	struct worker *w;
	struct conf *conf;
	struct question question;
	struct gather gather;
	struct lookups lookups;
	enum wanted wanted;
	struct acl_eval eval;
	enum recall recall;
	struct acl_eval unscanned; /* RECALL_TRY: as it was before */
	enum acl_result result;    /* of it, while the client is forgotten */
	struct transaction_outcome outcome;
	struct memory_keys keys;
	bool has_keys;
	enum status keys_status;
	struct store_call *call;
	struct away away;
	struct soon soon;
	struct timer again;
	uint64_t give_up_ms; /* on looking into the memory; 0: it has not been tried */
	size_t next;         /* of the recipients that are asked about at the end */
	bool scanned;        /* and what is remembered with their tuples */
	struct record_scan scan;
	void (*decided)(void *arg, const struct transaction_outcome *outcome);
	void *arg;
};

static inline bool transaction_at_end(const struct transaction *t)
{
	return t->question.stage == STAGE_END && t->question.milter != NULL;
}

static inline enum acl_stage transaction_stage(const struct transaction *t)
{
	return transaction_at_end(t) ? ACL_DATA : ACL_RCPT;
}

/* --- transaction.c: its beginning and its end --- */

/* Counts, logs, tells the door, and frees it. Soon: from the loop; what is still looked up is of no
 * use then. */
void transaction_finish(void *arg);
void transaction_finish_soon(struct transaction *t, enum transaction_verdict verdict,
                             enum transaction_reason reason);
void transaction_pass_soon(struct transaction *t, enum transaction_reason reason);

/* When in doubt the mail goes through, and the log says so, once a minute. */
void transaction_complain(struct transaction *t, enum status st);
void transaction_no_memory(struct transaction *t, enum status st);

/* Its memory goes; nothing may run for it any more. */
void transaction_forget(struct transaction *t);

/* --- transaction_rules.c: the rules, and what they miss --- */

/* Each fact that they miss is found, or said to be none, until they decide. */
void transaction_evaluate(void *arg);
/* Rules that are looking into the message give up; arg is the transaction. */
void transaction_look_no_more(void *arg);

/* --- transaction_memory.c: greylisting --- */

/* Who the client is to the memory is found out, and then it is asked. */
void transaction_identify(struct transaction *t);
/* True: that is being looked up. */
bool transaction_identifying(struct transaction *t);
/* Made once, when the memory is to be asked. */
enum status transaction_need_keys(struct transaction *t);
/* The keys are made. */
void transaction_ask_tuple(struct transaction *t, enum judge_subject subject,
                           const struct judge_policy *policy,
                           void (*answered)(void *arg, const struct store_answer *answer));
/* Who was held has stayed. */
void transaction_ask_stayed(struct transaction *t);
/* What it knows of client and mark becomes facts. False: it can't be told yet, and evaluate is
 * called again. */
bool transaction_peek(struct transaction *t);

/* --- transaction_end.c: the end of a message that a milter saw --- */

void transaction_act_at_end(struct transaction *t, const struct acl_verdict *v);
void transaction_pass_at_end(struct transaction *t, enum transaction_reason reason);
/* The message is let in, when all is known that its headers tell. */
void transaction_tell(struct transaction *t);
/* Each accepted recipient's tuple, one after the other. */
void transaction_judge_next(struct transaction *t);

/* What spamd said at an earlier try: may it be used instead of a scan, and is it there
 * (RECALL_TRY)? */
bool transaction_may_recall(const struct transaction *t, enum fact need);
void transaction_recall(struct transaction *t);
/* May this fact be found out although all may be for nothing? */
bool transaction_finds_meanwhile(enum fact need);
/* What was recalled is forgotten, and the rules go on from where they missed it. */
void transaction_scan_after_all(struct transaction *t);
