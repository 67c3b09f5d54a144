/* One child on one SMTP session: a connection that is made, negotiated, and told one command after
 * the other. Keeping to the order that a filter expects (section "libmilter" of its protocol: what
 * comes out of order it does not answer) is the caller's. */
#pragma once

#include "child/child.h"
#include "codec/milter_mta.h"

struct link;

/* Bounds for what comes between a command and its answer. */
#define LINK_REPLIES_MAX      20000u
#define LINK_REPLY_OCTETS_MAX ((size_t)256 << 20)
#define LINK_ANSWER_MAX_MS    3600000u /* however much progress it tells of */

struct child_answer {
	enum child_fault fault; /* not FAULT_NONE: the child is of no use any more */
	/* CONTINUE, ACCEPT, REJECT, TEMPFAIL, DISCARD, REPLYCODE; SKIP to HEADER and BODY. ACCEPT
	 * to UNKNOWN, DISCARD to CONNECT, HELO and UNKNOWN, and SKIP to anything else are told as
	 * CONTINUE, which is what the MTAs make of them. */
	enum milter_reply_kind kind;
	struct view text; /* of REPLYCODE, as it came */
};

/* All run from the loop, never inside a call of this file, and none after link_close. */
struct link_events {
	/* The terms; the lists of macros are valid during the call. */
	void (*agreed)(void *arg, const struct milter_agreed *terms);
	/* A change that the child had announced, between EOB and its answer. What is not ST_OK
	 * fails the link: ST_LIMIT as FAULT_LIMIT, others as FAULT_GARBAGE. */
	enum status (*change)(void *arg, const struct milter_reply *change);
	void (*progress)(void *arg);
	/* Once for each link_command; the text is valid during the call. */
	void (*done)(void *arg, const struct child_answer *answer);
};

/* Begins to connect. conf must live as long. */
struct link *link_new(struct loop *loop, const struct child_conf *conf,
                      const struct milter_offer *offer, const struct link_events *events,
                      void *arg);

/* Tells a command, as soon as the child is connected; the next one after `done` only. macros and
 * command are packets (milter_put_command), both copied. Macros go out even if the child does not
 * want the command (no octets of it: there is none that can be told, a FAULT_LIMIT); the command
 * itself, and the wait for an answer, are left out where it says so; `done` has CONTINUE then. */
void link_command(struct link *l, enum milter_command_kind kind, struct view macros,
                  struct view command);

/* Forget the message. Only while link_idle. */
void link_abort(struct link *l);

/* It is connected, has not failed, and nothing is awaited. */
bool link_idle(const struct link *l);

/* It failed, and the next command will be told so. */
bool link_failed(const struct link *l);

/* The child wants this command, by the terms (before they are known: yes). */
bool link_wants(const struct link *l, enum milter_command_kind kind);

/* The terms' steps; 0 before they are known. */
uint32_t link_steps(const struct link *l);

/* Says QUIT if nothing is awaited, and closes. Sets *l to NULL. */
void link_close(struct link **l);
