/* A child: a filter whose MTA we are. What is configured of it. */
#pragma once

#include "net/dial.h"

#define CHILDREN_MAX 64u /* of one session: bits of a mask */

/* milter-manager's, which are Postfix's and Sendmail's usual ones less three seconds: who waits for
 * us still gets an answer. */
#define CHILD_CONNECT_MS 297000u
#define CHILD_WRITE_MS   7000u
#define CHILD_READ_MS    7000u
#define CHILD_END_MS     297000u

/* What counts as said when the child can't be asked. */
enum child_fallback { CHILD_ACCEPT, CHILD_TEMPFAIL, CHILD_REJECT, CHILD_DISCARD };

struct child_conf {
	const char *name;
	struct dial_address address;
	enum child_fallback fallback;
	bool evaluation;       /* it is asked, and what it says is logged and not done */
	uint32_t connect_ms;   /* to connect, and agree on the terms */
	uint32_t write_ms;     /* for each command to leave */
	uint32_t read_ms;      /* for each answer but the last */
	uint32_t end_ms;       /* from the end of the message to its answer */
	const void *condition; /* of whoever says which child sees what; not read here */
};

enum child_fault {
	FAULT_NONE,
	FAULT_CONNECT, /* nobody listens there */
	FAULT_TIMEOUT,
	FAULT_CLOSED,   /* it hung up, or says that it can't go on */
	FAULT_TERMS,    /* its answer to the offer is none */
	FAULT_GARBAGE,  /* what no filter says, or not here */
	FAULT_LIMIT,    /* more than is taken of it, or than it could be told */
	FAULT_LEFT_OUT, /* it failed so often that it is not asked for a while */
	FAULTS
};

/* "timed out", ... for logs. */
const char *child_fault_text(enum child_fault fault);
