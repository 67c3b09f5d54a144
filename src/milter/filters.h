/* The child milters of one session: what the MTA tells goes to those whose condition holds, behind
 * our own rules at a recipient, and before them at the end of the message. For milter/ alone. */
#pragma once

#include "codec/milter.h"
#include "session/gather.h"

struct filters;
struct session;
struct wish;
struct worker;

/* What the children want of the MTA, as far as is known, is added to the wish. */
void filters_wish(struct worker *w, struct wish *wish);

/* Another client. Without children nothing is made, and s->filters is NULL. */
void filters_begin(struct session *s);
void filters_end(struct session *s);

/* CONNECT, HELO, MAIL, UNKNOWN, with s->filters: the session waits, and goes on by itself. */
void filters_ask(struct session *s, const struct milter_command *command);

/* RCPT, DATA: it is asked about when the answer that is prepared is written, if that is CONTINUE.
 */
void filters_take(struct session *s, const struct milter_command *command);
/* True: it is asked about now; then the answer is written. */
bool filters_answer(struct session *s);

/* A recipient that the MTA refuses by itself; the answer is written then. */
void filters_refused(struct session *s);

/* The end of the message: then(s) when no child has refused it; else that is written. */
void filters_finish(struct session *s, void (*then)(struct session *s));
/* What they change: packets, to be written before our own. */
struct view filters_changes(const struct session *s);
/* What was looked up to be told to them; or NULL. */
struct handover *const *filters_handed(const struct session *s);
/* What they have said of it; or NULL. */
const struct milters_said *filters_said(const struct session *s);

/* A line about it in the log; refused_by: whose refusal is told, or NULL. No question is in the
 * house. */
void filters_log(struct session *s, const char *refused_by);

/* What is asked is not waited for: the client is asked to come again. */
void filters_give_up(struct session *s);

/* What is asked is given up. */
void filters_cancel(struct session *s);
void filters_forget_message(struct session *s);
