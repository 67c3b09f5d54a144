/* Sender Policy Framework, RFC 7208, as a machine that asks for DNS answers and is given them:
 *
 *	c = spf_new(&question);
 *	while (spf_run(c) == SPF_NEED)
 *		ask the DNS for *spf_wanted(c), and when the answer is there: spf_answer(c,
 *&answer); use *spf_result(c); spf_free(&c);
 *
 * It has one question open at a time and asks at most SPF_QUESTIONS_MAX. Checks share nothing: to
 * see whether a record lets a second address pass as well, run a second check with that address. */
#pragma once

#include "spf/name.h"
#include "spf/record.h"

enum spf_verdict {
	SPF_NONE,
	SPF_NEUTRAL,
	SPF_PASS,
	SPF_FAIL,
	SPF_SOFTFAIL,
	SPF_TEMPERROR,
	SPF_PERMERROR,
};

/* RFC 7208 section 4.6.4 */
#define SPF_TERMS_MAX 10 /* terms that ask the DNS, over all records of a check */
#define SPF_HOSTS_MAX 10 /* names of one mx; names of the client (ptr and %{p}) */
#define SPF_VOIDS_MAX 2  /* terms whose DNS answer was empty */

/* The first record; ten mx with all their names; the client's names; the explanation. */
#define SPF_QUESTIONS_MAX (1 + SPF_TERMS_MAX * (1 + SPF_HOSTS_MAX) + 1 + SPF_HOSTS_MAX + 1)

#define SPF_EXPLANATION_MAX 400 /* fits with code and names into an SMTP reply line of 512 */
#define SPF_SHOWN_MAX       200 /* of a term, where it is only shown */

struct spf_event;

/* told(arg, event) for each step, for people who ask how the verdict came about; the event is lent
 * for the time of the call. NULL: nobody asks. */
struct spf_trace {
	void (*told)(void *arg, const struct spf_event *event);
	void *arg;
};

/* All views are borrowed during spf_new only. */
struct spf_question {
	struct ip client;      /* IP_NONE: the verdict is none */
	struct view helo;      /* may be empty or nonsense */
	struct view mail_from; /* without <>; empty: postmaster@helo is checked (section 2.4) */
	struct view receiver;  /* our name, for %{r} in explanations; empty: "unknown" */
	int64_t now;           /* Unix seconds, for %{t} in explanations */
	bool unexplained;      /* nobody will read the explanation: it is not asked for */
	struct spf_trace trace;
};

enum spf_step { SPF_NEED, SPF_DONE };

enum spf_type { SPF_TYPE_A, SPF_TYPE_AAAA, SPF_TYPE_MX, SPF_TYPE_PTR, SPF_TYPE_TXT };

struct spf_wanted {
	enum spf_type type;
	struct spf_name name; /* no escapes in it: spaces and the like stand for themselves */
};

enum spf_dns_status {
	SPF_DNS_ANSWER,   /* NOERROR; count may be 0 (no data) */
	SPF_DNS_NXDOMAIN, /* the name does not exist */
	SPF_DNS_FAILURE,  /* time-out, SERVFAIL, any other code */
};

struct spf_text {
	const struct view *strings; /* the character-strings of one TXT record */
	size_t count;
};

/* The records of the type that was asked for, behind all CNAMEs; of the three arrays the one that
 * goes with the type is read. Names are in text form with or without the dot at the end; one that
 * needs escapes is overlooked. */
struct spf_dns_answer {
	enum spf_dns_status status;
	const char *failure; /* a word or two on it, for the trace; or NULL */
	size_t count;
	const struct ip *addresses;   /* A, AAAA */
	const struct view *names;     /* MX (the hosts), PTR */
	const struct spf_text *texts; /* TXT */
};

enum spf_event_kind {
	SPF_ANSWERED,   /* the DNS: wanted and answer */
	SPF_READ,       /* text is domain's record; its terms come next */
	SPF_MATCHED,    /* text is a mechanism of it; verdict is what its qualifier says */
	SPF_UNMATCHED,  /* text is a mechanism of it */
	SPF_CONCLUDED,  /* verdict is that of the record, errors excepted */
	SPF_REDIRECTED, /* nothing has matched, and the record of the domain in text takes over */
	SPF_EXPLAINED,  /* the explanation stands at the name in text, as exp says */
};

/* A check has at most SPF_QUESTIONS_MAX answers and 1 + SPF_TERMS_MAX records; and each of these at
 * most the events of as many terms as fit into SPF_RECORD_MAX octets. */
struct spf_event {
	enum spf_event_kind kind;
	size_t depth;       /* 0: the check's own record; an include is one more */
	const char *domain; /* whose record it is */
	struct view text;   /* a stranger's, any octets */
	enum spf_verdict verdict;
	const struct spf_wanted *wanted;
	const struct spf_dns_answer *answer;
};

/* The mechanism that decided. Where an include matched it is the one inside that passed. */
struct spf_match {
	bool any; /* false: no mechanism matched (the default of section 4.7, errors, no record) */
	enum spf_kind kind;
	/* How wide it is: of ip4, ip6, a, mx the network that holds the client (base.family is
	 * IP_NONE for the others: `all` is as wide as can be, of ptr and exists nobody can say). */
	struct ip_net net;
	/* How many addresses the networks of its record let pass together, of the client's family;
	 * in IPv6 counted by /64. Of a and mx terms only the one that matched is counted. */
	uint64_t width;
	/* Names on the way to it, or its own, are made of what the client is or says (macros other
	 * than of domains): there may be an answer for each client. */
	bool tailored;
	char term[SPF_SHOWN_MAX];      /* "ip4:192.0.2.0/24"; ends in "..." when cut */
	char via[SPF_SHOWN_MAX];       /* the term of the first record (or of the one that it
	                                  redirects to): the include, or term again */
	char domain[SPF_NAME_MAX + 1]; /* whose record has the term */
};

struct spf_result {
	enum spf_verdict verdict;
	bool helo;                     /* HELO was checked, since MAIL FROM was empty */
	char domain[SPF_NAME_MAX + 1]; /* that was checked; empty when malformed */
	struct view record;            /* its record; n is 0 when there is none, or several */
	struct spf_match match;
	/* none, temperror, permerror and a neutral that is only the default: why, for people, in
	 * printable ASCII; column (when not 0) is the place in the record of the domain that the
	 * text begins with. */
	struct diag why;
	/* fail: the domain's explanation (section 6.2), printable ASCII, "..." at its end when cut;
	 * n is 0 when it has none. It is a stranger's text: say so when showing it. */
	struct view explanation;
	unsigned questions, terms, voids; /* asked of the DNS; counted for section 4.6.4 */
};

/* Does a pass by it say something of the client? Not when everybody may pass, or nobody can say
 * who: by all, ptr and exists, by what is tailored, and by networks of a record that together are
 * larger than these. A check follows ten records at most, so that is what a domain can have of the
 * world. */
bool spf_match_tells(const struct spf_match *m);

#define SPF_WIDE_IPV4_BITS 12 /* the widest honest networks that we know of are /14 (2026) */
#define SPF_WIDE_IPV6_BITS 24

struct spf_check;

/* Never NULL. */
struct spf_check *spf_new(const struct spf_question *q);
void spf_free(struct spf_check **c);

/* Goes on until an answer is needed or the verdict is there. */
enum spf_step spf_run(struct spf_check *c);

/* What is needed; NULL when nothing is. Valid until the answer is given. */
const struct spf_wanted *spf_wanted(const struct spf_check *c);

/* The answer to what is wanted (else it is ignored); borrowed during the call. */
void spf_answer(struct spf_check *c, const struct spf_dns_answer *a);

/* Section 4.6.4: who has no more time says so; the verdict is temperror unless there is one. An
 * explanation that is still missing is left out. */
void spf_give_up(struct spf_check *c);

/* Lives as long as the check. NULL while it is not done. */
const struct spf_result *spf_result(const struct spf_check *c);

/* "none", "neutral", "pass", "fail", "softfail", "temperror", "permerror" */
const char *spf_verdict_text(enum spf_verdict v);

/* "A", "AAAA", "MX", "PTR", "TXT" */
const char *spf_type_text(enum spf_type type);
