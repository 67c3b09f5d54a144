/* Child milters: other filters that we ask in turn, as their MTA. Part of a struct conf, and as
 * immutable. */
#pragma once

#include "acl/condition.h"
#include "conf/conf.h"

#define CONF_CHILDREN_MAX      16u  /* so that a set of them fits into an enum's bits */
#define CONF_CHILD_MACROS_MAX  64u  /* of one child */
#define CONF_CHILD_NAME_MAX    64u  /* octets */
#define CONF_CHILD_TIMEOUT_MAX 3600 /* seconds */

/* milter-manager's: what Postfix and Sendmail grant, less three seconds in which we still answer.
 */
#define CONF_CHILD_CONNECT_MS 297000u
#define CONF_CHILD_WRITE_MS   7000u
#define CONF_CHILD_READ_MS    7000u
#define CONF_CHILD_END_MS     297000u

/* What counts as the answer of a child that can't be asked. */
enum conf_fallback { FALLBACK_ACCEPT, FALLBACK_TEMPFAIL, FALLBACK_REJECT, FALLBACK_DISCARD };

/* A macro that the child is told beside those of the MTA, or in place of one of that name. */
struct conf_child_macro {
	const struct conf_child_macro *next;
	const char *name;                 /* as it goes over the wire: "i", "{stress}" */
	const char *format;               /* of its value: acl/format.h */
	const struct acl_condition *when; /* NULL: always */
	enum acl_step step; /* the first at which `when`, and what the value names, is known */
};

struct conf_milter {
	const struct conf_milter *next; /* in the order of the file, which is that of the content */
	unsigned index;                 /* from 0, below CONF_CHILDREN_MAX: its bit in a set */
	const char *name;
	const struct conf_socket *socket; /* where it listens: CONF_INET with host and port, or
	                                     CONF_UNIX with path; never NULL, host neither */
	const struct acl_condition *when; /* under which it is asked; NULL: always */
	enum acl_step step; /* the first at which `when` is surely known: STEP_END asks the child
	                       when the whole message is there */
	enum conf_fallback fallback;
	bool evaluation; /* its answers are counted and known to `milter "name" VERDICT`, but the
	                    mail goes on as if it had accepted, unchanged */
	unsigned connect_timeout_ms; /* connection and negotiation */
	unsigned write_timeout_ms;   /* each write */
	unsigned read_timeout_ms;    /* each answer before the end of the message */
	unsigned end_timeout_ms;     /* from there to the last answer */
	const struct conf_child_macro *macros;

	const char *file; /* where it is configured, */
	unsigned line;    /* and where that begins */

	/* What its verdict is filed under: the object of FACT_MILTER in facts.answers, a number of
	 * enum fact_verdict (acl/facts.h). */
	const struct acl_object *object;
};

const char *conf_fallback_name(enum conf_fallback fallback);
