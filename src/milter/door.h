/* The milter door: Postfix or Sendmail on one connection, an SMTP session each, with any number of
 * messages. */
#pragma once

#include "session/worker.h"

/* What workers call. */
extern const struct worker_door milter_door;

#define MILTER_IDLE_S         7210             /* without a packet, as libmilter */
#define MILTER_UNFINISHED_S   300              /* for the rest of a packet that has begun */
#define MILTER_INPUT_MAX      ((size_t)262144) /* octets that wait while an answer is awaited */
#define MILTER_PACKETS_A_TURN 100 /* of one connection, before the others get their turn */

/* A held answer. Postfix is told every so often that we are at work; it waits 30 s by default
 * (milter_command_timeout). */
#define MILTER_PROGRESS_MS 10000
/* Whether a held client has hung up is looked up so often in the kernel's table, if the MTA is on
 * this machine. */
#define MILTER_LOOK_MS 5000
/* Sendmail takes that at the end of a message only, and waits 10 s by default (T=R:), so the answer
 * to a recipient is held so long at most, and the rest of the wait is for the end of the message:
 */
#define MILTER_HOLD_RCPT_S     8
#define MILTER_PROGRESS_END_MS 5000
#define MILTER_HOLD_END_S      285 /* of the 5 min that it waits there at most (T=E:) */
