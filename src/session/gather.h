/* The facts of one question: the rules ask for what they need, and here it is made of what the door
 * brought. What only the memory knows is filled in by whoever can ask it. */
#pragma once

#include "acl/facts.h"
#include "conf/milter.h"
#include "engine/judge.h"
#include "engine/source.h"
#include "session/properties.h"
#include "util/buf.h"

struct acl_object;
struct acl_verdict;
struct ahead;
struct conf;
struct handover;

/* What SPF says of the client, for the sender. */
struct spf_said {
	int64_t result;     /* enum fact_result */
	struct view domain; /* as gather.spf_domain */
	struct fact_spf more;
};

#define MILTER_SILENT (-1) /* it was not asked, or has not come to an end */
#define MILTER_FAULT  (-2) /* it has failed */

/* What the child milters have said of the message, by their numbers (conf/milter.h): enum
 * fact_verdict, or one of the two above. */
struct milters_said {
	const struct conf *conf; /* whose milters these are */
	int8_t verdict[CONF_CHILDREN_MAX];
};

/* What only a milter's MTA tells. */
struct question_milter {
	bool non_ip; /* the client came by no internet address */
	bool exempt; /* the access data base says so ({greylist}) */
	const struct fact_pair *macros;
	size_t macro_count;
	size_t accepted;                 /* recipients; at RCPT those before this one */
	const struct view *recipients;   /* at the end of the message: "<address>" each; accepted */
	int64_t size;                    /* of the message; -1: nobody counted */
	struct mail *mail;               /* NULL: nothing of it was kept, */
	const struct milters_said *said; /* at the end of the message; NULL: none was asked */
	bool mail_short;                 /* or not all that should be, for want of memory */
	struct view own_name;            /* empty: the configuration's */

	/* What has been looked up of the client, and of the sender; or NULL. */
	struct ahead *client_ahead, *sender_ahead, *message_ahead;
	struct handover *const *handed; /* for child milters' macros: HANDOVERS; or NULL */

	/* What was said before. */
	const struct spf_said *spf; /* at another recipient of the message; NULL: not known */
	bool refused;               /* at the end: a refusal was put off till then, */
	int64_t missing;            /* and so many seconds are missing */
	bool by_default;   /* at the end: the last recipient was let in by a default rule */
	int64_t autowhite; /* STAGE_DATA: how long the pass is remembered; ACL_UNSET: as usual */
	int64_t waited_s;  /* in this session, in tarpits: all of them, */
	int64_t longest_s; /* and the longest */
};

/* What a door knows, as octets of the peer. Views that it does not know are empty (p is NULL for
 * those where empty means something: sender). All must stay as they are until the outcome. */
struct question {
	enum question_stage {
		STAGE_RCPT, /* and any other stage of the policy protocol: Postgrey doesn't look */
		STAGE_DATA,
		STAGE_END, /* of the message */
	} stage;
	int64_t now;     /* Unix seconds */
	bool test_clock; /* which are a test's; then wall is the true time */
	int64_t wall;
	struct view client_address;
	struct view client_name;
	struct view reverse_name; /* the PTR name, confirmed or not; empty: not told */
	struct view helo;
	struct view sender;
	struct view recipient; /* empty at later stages, when there are several */
	struct view auth;      /* the name that authenticated */
	struct view tls;       /* subject of a verified certificate */
	struct view instance;  /* same for all recipients of one message; empty: unknown */
	struct view queue_id;
	struct view own_address; /* that the client came in by; empty: the configuration's */
	bool stress;             /* the MTA says that it is short of processes */
	bool counted;  /* a policy door: the rules were asked about this message at RCPT already */
	bool accepted; /* a recipient was let in before, in this session */
	struct properties *properties;        /* of the session; NULL: the question has its own */
	const struct question_milter *milter; /* NULL: another door */
};

struct gather {
	const struct question *q;
	const struct conf *conf;
	struct arena *arena; /* NULL until a fact needs it */
	struct facts facts;
	size_t answers_room;
	struct properties *properties, alone; /* the session's, or those of the question alone */
	struct fact_pair *pairs;              /* what the facts have of them */
	bool warned;                          /* that a property is not set */
	struct view spf_domain; /* SPF passed for it, and not for everybody; else empty */
	/* The client's name that a look-up of ours has confirmed, where the MTA has none; else
	 * empty. */
	struct view confirmed_name;
	bool own;              /* gather_own was called */
	struct view rewritten; /* headers that spamd would give the message; empty: not known */
};

/* Borrows both. What costs nothing is known at once. */
void gather_begin(struct gather *g, const struct question *q, const struct conf *conf);
void gather_end(struct gather *g);

/* For texts that live as long as the facts. */
struct arena *gather_arena(struct gather *g);

/* The texts of the facts lie in the arena from now on, and the question's octets may go: but for
 * the mail's. */
void gather_own(struct gather *g);

/* Makes a fact known, or absent, or FACT_NEVER: all but those of the memory, which stay
 * FACT_PENDING until gather_memory, and those that must be looked up (lookup.h). */
void gather_fact(struct gather *g, enum fact need);

/* With `unbracket`, where the MTA has no name of the client, FACT_CLIENT_NAME is looked up; this is
 * for whoever looks nothing up, or found none: it is what the MTA gave. */
void gather_given_name(struct gather *g);
/* The place for what is found of a named object; NULL: there is none left, which can't be. */
struct fact_value *gather_answer(struct gather *g, enum fact fact, const struct acl_object *object);

/* The properties as they are now, which stay among the facts while others are set. */
void gather_properties(struct gather *g);

/* What texts may name although no rule asks for it. */
void gather_texts(struct gather *g);

/* FACT_KNOWN_SOURCE and FACT_GAVE_UP from the records; NULL: there is none. */
void gather_memory(struct gather *g, const struct client_record *client,
                   const struct mark_record *mark);

/* What a configuration says of the memory's judgements: times, auto-allow. */
struct judge_policy gather_policy(const struct conf *conf);

/* The same with the times of the rule that decided; tarpit: its answer may be held. */
struct judge_policy gather_rule_policy(const struct gather *g, const struct acl_verdict *v,
                                       bool tarpit);

#define MEMORY_SOURCES_MAX 3 /* spf, rdns, net */

/* How the memory knows a client, a tuple, a mark: texts for store_ask(). */
struct memory_keys {
	struct memory_source { /* the best first; the last is the network */
		enum grey_identity identity;
		struct buf text; /* as in engine/source.h */
		struct buf tuple;
	} source[MEMORY_SOURCES_MAX];
	unsigned sources;
	/* Whose passes are counted towards auto-allow: the best identity, or the address. */
	struct buf client;
	struct buf mark;
};

/* By the identities that the configuration wants and that are known now. ST_LIMIT: too long.
 * memory_keys_free in any case. */
MUST_CHECK enum status memory_keys(struct gather *g, struct memory_keys *out);
void memory_keys_free(struct memory_keys *k);

/* At the end of a message that a milter saw: the tuple of one of its recipients instead. */
MUST_CHECK enum status memory_keys_for(const struct gather *g, struct view recipient,
                                       struct memory_keys *k);

/* The network as text, of any keys. */
struct view memory_net(const struct memory_keys *k);

/* Sendmail puts a label, "IPv6:", before such addresses: it is taken off. */
struct view gather_plain_address(struct view address);

/* Same for all questions of one message; 0: unknown. */
uint64_t question_instance(const struct question *q);
