/* Inside the machine: what spf.c, eval.c and answer.c share. */
#pragma once

#include "spf/macro.h"
#include "spf/spf.h"

/* Each include counts towards the ten, so no more can be open at once. */
#define SPF_FRAMES_MAX (1 + SPF_TERMS_MAX)

#define SPF_HELO_MAX 255 /* RFC 5321 section 4.5.3.1.2 */

/* Octets of an explanation's TXT record before its macros are expanded. */
#define SPF_EXPLAIN_MAX 2048

/* What will be done, or whose answer is awaited. */
enum spf_state {
	SPF_S_RECORD,      /* the record of the newest frame's domain */
	SPF_S_TERM,        /* its next term is to be read */
	SPF_S_EVAL,        /* the term that was read is to be evaluated */
	SPF_S_ADDRESS,     /* a: the addresses of target */
	SPF_S_EXISTS,      /* exists: the same, any will do */
	SPF_S_MX,          /* mx: the hosts of target */
	SPF_S_HOST,        /* mx: the addresses of the next host */
	SPF_S_REDIRECT,    /* nothing matched, the record redirects */
	SPF_S_PTR,         /* the client's names; then on with `after` */
	SPF_S_NAME,        /* whether the next of them leads back to the client */
	SPF_S_EXPLAIN,     /* fail, and the record has exp=: its name is to be made */
	SPF_S_EXPLANATION, /* its text */
	SPF_S_EXPAND,      /* the macros in the text */
	SPF_S_DONE,
};

/* A check_host() of the RFC: the first, or an include. A redirect takes its frame over. */
struct spf_frame {
	struct spf_name domain;
	bool redirected;
	char *text;    /* the record, owned; NULL before it is there */
	bool tailored; /* as in spf_match */
	struct spf_modifiers modifiers;
	struct spf_reader reader;
	struct spf_term term;
};

struct spf_client_name {
	struct spf_name name;
	bool valid; /* its addresses contain the client's */
};

struct spf_check {
	enum spf_state state;
	enum spf_state after;
	bool asked; /* wanted is open */
	struct spf_wanted wanted;
	struct spf_name target; /* of the term */

	struct ip client;
	char local[SPF_LOCAL_MAX];
	size_t local_n;
	bool local_usable, helo_usable;
	char helo[SPF_HELO_MAX];
	size_t helo_n;
	struct spf_name sender_domain, receiver;
	int64_t now;
	bool unexplained;
	struct spf_trace trace;

	struct spf_frame frame[SPF_FRAMES_MAX];
	size_t depth;

	struct spf_name host[SPF_HOSTS_MAX]; /* of the mx at hand */
	size_t hosts, next_host;
	size_t candidates; /* addresses that may be the client's, of the a or mx at hand */

	struct spf_client_name name[SPF_HOSTS_MAX];
	size_t names, next_name;
	bool names_known, names_void;

	char *record; /* the first one, owned */
	struct buf explain, explanation;
	struct spf_result result;
};

static inline struct spf_frame *spf_frame(struct spf_check *c)
{
	return &c->frame[c->depth - 1];
}

static inline bool spf_printable(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] < ' ' || v.p[i] > '~')
			return false;
	return true;
}

static inline void spf_enter(struct spf_check *c, enum spf_state state)
{
	c->state = state;
}

/* The first frame is the check's own; one above it is an include. */
void spf_push(struct spf_check *c, const struct spf_name *domain);
void spf_pop(struct spf_check *c);

/* spf.c: the verdict of the whole check; a fail may still get its explanation. */
void spf_finish(struct spf_check *c, enum spf_verdict v);

/* The check ends with this error, whose place is the term's of the newest frame. */
void spf_error(struct spf_check *c, enum spf_verdict v, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Tells the trace; depth and domain of the event are the newest frame's. */
void spf_tell(const struct spf_check *c, struct spf_event event);

/* eval.c: does what the state says, until it has asked something or entered another state. */
void spf_step(struct spf_check *c);

/* The term of the newest frame matches; by this network when net is not NULL. */
void spf_matched(struct spf_check *c, const struct ip_net *net);

/* width.c: that of the newest frame's record, whose term matches by the network. */
uint64_t spf_width(const struct spf_check *c, const struct ip_net *net);

/* It does not: on with the next. */
void spf_unmatched(struct spf_check *c);

/* The newest frame has come to a verdict of its own. */
void spf_conclude(struct spf_check *c, enum spf_verdict v);

/* One more term had an empty answer. False when that was one too many, and the check has ended. */
bool spf_count_void(struct spf_check *c);

/* answer.c: takes the answer to what was wanted in this state. */
void spf_take(struct spf_check *c, const struct spf_dns_answer *a);
