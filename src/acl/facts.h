/* What is known of one question: the rules look at nothing else. A door and its session fill it in,
 * before the first evaluation or when the evaluation asks. */
#pragma once

#include <stdatomic.h>

#include "util/arena.h"
#include "util/ip.h"

struct acl_said;

/* A zeroed fact is one that nobody has looked up yet. */
enum fact_state {
	FACT_PENDING = 0, /* not known yet: the evaluation stops and asks for it */
	FACT_KNOWN,
	FACT_ABSENT, /* there is none, and that is an answer: a client that did not authenticate */
	FACT_FAILED, /* was looked up in vain: time-out, broken data */
	FACT_NEVER,  /* this door or this build can't know it */
};

enum fact {
	FACT_CLIENT,       /* facts.client */
	FACT_CLIENT_NAME,  /* as the MTA believes it; "[address]" or "unknown" when it has none */
	FACT_REVERSE_NAME, /* the PTR name, confirmed or not */
	FACT_RDNS,         /* number: enum fact_rdns */
	FACT_HELO,
	FACT_SENDER,     /* "<address>", cleaned: see fact_mail */
	FACT_RAW_SENDER, /* "<address>" as received */
	FACT_RECIPIENT,  /* "<address>"; at the end of the message facts.recipients instead */
	FACT_AUTH,       /* the name that authenticated */
	FACT_TLS,        /* subject of the client's certificate, only when it was verified */
	FACT_RCPT_COUNT, /* number: accepted recipients; at RCPT those before this one */
	FACT_TIME,       /* facts.clock */
	FACT_MACROS,     /* facts.macros: all that the MTA has sent so far */
	FACT_SPF,        /* number: enum fact_result */
	FACT_SPF_SELF,   /* number: 1 when the sender's record would let our own address pass too */
	FACT_DKIM,       /* number: enum fact_result; facts.signatures */
	FACT_DMARC,      /* number: enum fact_dmarc; facts.author */
	FACT_SENDER_DOMAIN, /* number: 1 when it has an MX or an address, 0 when it surely has not
	                     */
	FACT_MX,            /* facts.mx: addresses of the MX hosts of the sender's domain */
	FACT_COUNTRY,       /* "JP"; absent: not in the data base */
	FACT_P0F,           /* name, blank, flavour of the client's system */
	FACT_KNOWN_SOURCE,  /* number: 1 when the client has earned auto-allow */
	FACT_STRESS,        /* number: 1 while too many of the MTA's connections are held */
	FACT_GAVE_UP,       /* number: 1 when this tuple did not sit out its tarpit */
	FACT_SIZE,          /* number: octets of headers, empty line and body */
	FACT_HEADERS,       /* facts.headers */
	FACT_BODY,          /* text, so far as kept */
	FACT_SPAMD_SCORE,   /* number: tenths, cut toward zero; text: the tests that hit
	                       (codec/spam_symbols.h) */
	FACT_SPAMD_VERDICT, /* number: 1 for spam */
	FACT_BOGOSITY,      /* number: Bogofilter's score in millionths; text: its header's value */
	FACT_BOGOSITY_VERDICT, /* number: enum fact_bogosity */
	FACT_PROPERTIES,       /* facts.properties */

	/* These come once an object that the configuration names: facts.answers. */
	FACT_DNSRBL,    /* of a dnsrbl or a dnswl; number: 1 when listed */
	FACT_RATELIMIT, /* number: 1 when over the limit; asking counts */
	FACT_URLCHECK,  /* number: 1 for a match */
	FACT_LDAPCHECK, /* number: 1 for a match */
	FACT_MILTER,    /* of a child milter; number: enum fact_verdict. Absent: was not asked */
	FACTS,
};

#define FACT_BIT(fact) ((uint64_t)1 << (fact))

/* What only the DNS tells. */
#define FACTS_OF_DNS                                                                               \
	(FACT_BIT(FACT_SENDER_DOMAIN) | FACT_BIT(FACT_MX) | FACT_BIT(FACT_SPF) |                   \
	 FACT_BIT(FACT_SPF_SELF) | FACT_BIT(FACT_DNSRBL))

/* Where milter-greylist takes no answer for none: its look-ups in the DNS, p0f and GeoIP don't
 * fail. */
#define FACTS_THAT_MAY_FAIL                                                                        \
	(FACTS_OF_DNS | FACT_BIT(FACT_RDNS) | FACT_BIT(FACT_COUNTRY) | FACT_BIT(FACT_P0F))

/* What a scan of the message tells: one for both. */
#define FACTS_OF_SPAMD (FACT_BIT(FACT_SPAMD_SCORE) | FACT_BIT(FACT_SPAMD_VERDICT))

/* What only other programs tell. */
#define FACTS_OF_PROGRAMS                                                                          \
	(FACT_BIT(FACT_P0F) | FACT_BIT(FACT_URLCHECK) | FACT_BIT(FACT_LDAPCHECK) |                 \
	 FACTS_OF_BOGOFILTER)

/* What one process of Bogofilter's tells. */
#define FACTS_OF_BOGOFILTER (FACT_BIT(FACT_BOGOSITY) | FACT_BIT(FACT_BOGOSITY_VERDICT))

/* Whose answer may choose another action, or other values, for the rule. */
#define FACTS_THAT_SAY (FACT_BIT(FACT_URLCHECK) | FACT_BIT(FACT_LDAPCHECK))

enum fact_rdns {
	RDNS_CONFIRMED,
	RDNS_UNCONFIRMED, /* a PTR whose name does not lead back to the address */
	RDNS_NONE,
};

/* What a child milter said of the message so far: the strongest of its answers. */
enum fact_verdict { VERDICT_ACCEPT, VERDICT_REJECT, VERDICT_TEMPFAIL, VERDICT_DISCARD };

enum fact_bogosity { BOGO_SPAM, BOGO_HAM, BOGO_UNSURE };

enum fact_result {
	RESULT_PASS,
	RESULT_FAIL,
	RESULT_SOFTFAIL,
	RESULT_NEUTRAL,
	RESULT_NONE,
	RESULT_ERROR, /* temporary, or nobody says which */
	RESULT_PERMERROR,
};

/* How a mail stands with the owner of its From header's domain. */
enum fact_dmarc {
	AUTHOR_PASS,
	AUTHOR_NONE, /* it fails, and that is what the owner asks for */
	AUTHOR_QUARANTINE,
	AUTHOR_REJECT,
	AUTHOR_MISSING, /* the owner asks for nothing */
	AUTHOR_UNCLEAR, /* there is not one owner */
	AUTHOR_TEMPERROR,
	AUTHOR_PERMERROR,
};

/* Steps of an SMTP session in their order. From each on, some facts can be known (condition.h). */
enum acl_step { STEP_CONNECT, STEP_HELO, STEP_MAIL, STEP_RCPT, STEP_END };

struct fact_value {
	enum fact_state state;
	struct view text;
	int64_t number;
	const struct acl_said *said; /* what a check's answer wants of the rule, or NULL (rule.h) */
};

struct fact_pair { /* {macro} = value, property = value */
	struct view name;
	struct view value;
};

/* What was found out for one named object. */
struct fact_answer {
	enum fact fact;
	const void *object; /* as the evaluation named it */
	struct fact_value value;
};

/* Local time. Fields as people count them: months from 1, Sunday is 0. */
struct fact_clock {
	int64_t unix_s;
	int minute, hour, day, month, weekday, year;
	int offset_s; /* east of Greenwich */
	const char *zone;
};

/* More on FACT_SPF, for headers that tell of it; what is not known is empty. */
struct fact_spf {
	struct view domain;    /* that was checked */
	struct view mechanism; /* that decided */
	struct view problem;   /* why an error is one */
};

/* One signature that FACT_DKIM is made of. */
struct fact_signature {
	enum fact_result result;
	struct view why; /* a few words */
	struct view domain, selector, identity;
	struct view begin; /* of the signature itself, to tell it from others */
};

/* More on FACT_DMARC. */
struct fact_author {
	struct view domain;    /* in the From header; empty: there is none, or none that counts */
	const char *published; /* "none", "quarantine", "reject"; NULL: nothing */
};

struct facts {
	struct fact_value of[FACTS];
	struct ip client;
	struct view own_name;  /* ours, as we greet */
	struct ip own_address; /* where the client came in; IP_NONE when not known */
	struct fact_clock clock;
	const struct view
		*recipients; /* "<address>" each; the accepted ones, at the end of the message */
	size_t recipient_count;
	const struct view *headers; /* "Name: value" CR LF each */
	size_t header_count;
	struct fact_spf spf;
	const struct fact_signature *signatures;
	size_t signature_count;
	struct fact_author author;
	const struct ip *mx;
	size_t mx_count;
	const struct fact_pair *macros; /* a name as the MTA sends it: "i", "{auth_authen}" */
	size_t macro_count;
	const struct fact_pair *properties;
	size_t property_count;
	struct fact_answer *answers;
	size_t answer_count;
	uint64_t never; /* FACT_BIT of what nobody looks up for this question */
	/* NULL, or set by another thread when headers and body are to be looked into no more. */
	const atomic_bool *give_up;
};

static inline void fact_set_text(struct facts *f, enum fact fact, struct view text)
{
	f->of[fact] = (struct fact_value){ .state = FACT_KNOWN, .text = text };
}

static inline void fact_set_number(struct facts *f, enum fact fact, int64_t number)
{
	f->of[fact] = (struct fact_value){ .state = FACT_KNOWN, .number = number };
}

static inline void fact_set_state(struct facts *f, enum fact fact, enum fact_state state)
{
	f->of[fact] = (struct fact_value){ .state = state };
}

/* The client's address, or FACT_ABSENT for one of no family. */
void fact_set_client(struct facts *f, const struct ip *client);

enum fact_mail_kind {
	MAIL_AS_IT_IS,
	MAIL_PRINTABLE, /* blanks and what can't be printed become '_': recipients */
	MAIL_SENDER, /* besides: all up to the last '=' is dropped, so that <b=77=rin@list.example>
	              * is <rin@list.example>, as in milter-greylist */
};

/* The form of an address that the rules look at: in angle brackets, whether it came with them or
 * not;
 * "<>" is the null sender. Lives in the arena. */
struct view fact_mail(struct arena *arena, struct view address, enum fact_mail_kind kind);

/* The same without the brackets. */
static inline struct view mail_bare(struct view bracketed)
{
	return bracketed.n >= 2 ? (struct view){ bracketed.p + 1, bracketed.n - 2 } : bracketed;
}

/* A HELO name with '_' for blanks and what can't be printed. */
struct view fact_helo(struct arena *arena, struct view helo);

/* The answer for a named object; NULL when there is none yet. */
struct fact_value *fact_answer_of(const struct facts *f, enum fact fact, const void *object);

/* The value of a macro or a property; the name compares exactly (macros) or without case
 * (properties). */
const struct fact_pair *fact_macro(const struct facts *f, struct view name);
const struct fact_pair *fact_property(const struct facts *f, struct view name);

/* "the client's name": for texts about a fact. */
const char *fact_name(enum fact fact);
