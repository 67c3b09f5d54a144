/* One whole configuration: immutable once built, shared by all threads, dropped when the last user
 * lets go. The front ends (Postgrey's command line, the configuration language) all build this. */
#pragma once

#include <stdatomic.h>

#include "util/arena.h"
#include "util/log.h"

struct acl;
struct conf_milter;
struct conf_options;
struct geo;

/* Where a door listens. */
enum conf_socket_kind { CONF_INET, CONF_UNIX };

struct conf_socket {
	const struct conf_socket *next;
	enum conf_socket_kind kind;
	const char *host;  /* CONF_INET: name, or address without brackets; NULL: all addresses */
	const char *port;  /* CONF_INET: decimal */
	const char *path;  /* CONF_UNIX */
	unsigned mode;     /* CONF_UNIX: permission bits, set after binding; CONF_MODE_UMASK */
	const char *group; /* CONF_UNIX: name or number, or NULL: left as it is */
};

#define CONF_MODE_UMASK 0xffffu /* no mode was given: what the umask leaves of 777 */

/* Identities of a client in the memory (engine/source.h): bits. */
enum conf_source_bit { SOURCE_NET = 1, SOURCE_RDNS = 2, SOURCE_SPF = 4 };

/* Where SpamAssassin's daemon listens: a host, without brackets, and a port, or a path. */
struct conf_spamd {
	const char *host, *port, *path;
};

/* Whose preferences count where SpamAssassin is asked: nobody's; those of a mail's only recipient,
 * by the address; or by its local part, without a detail behind "+". */
enum conf_spamd_user { SPAMD_USER_NONE, SPAMD_USER_RECIPIENT, SPAMD_USER_LOCAL };

/* In whose place we stand: log lines, the texts of replies and headers, and whether a record keeps
 * what it was promised; never who is let in. */
enum conf_face { CONF_GREYLAG, CONF_POSTGREY, CONF_MILTER_GREYLIST };

struct conf {
	struct arena *arena; /* owns every text below */
	atomic_uint refs;

	enum conf_face face;
	const char *program; /* name in the log */

	/* The process. Names or numbers; NULL: stay as we are. */
	const char *user;
	const char *group;
	const char *pidfile; /* NULL: none. Postgrey writes it only with daemonize */
	bool daemonize;
	unsigned workers; /* 0: one a core */
	enum log_level log_level;
	int log_facility;
	unsigned max_connections;
	size_t message_memory; /* octets of messages that are kept, all together */

	/* The doors. */
	const struct conf_socket *policy;
	const struct conf_socket *milter;
	bool stdio;              /* answer on standard input and output, and end with them */
	unsigned listen_backlog; /* 0: the library's */
	bool exim;               /* one answer, then close */
	bool test_clock;         /* a request's policy_test_time is its clock */

	const struct conf_milter *children; /* milters that are asked in turn: conf/milter.h */
	unsigned child_count;

	/* The memory. */
	const char *store_dir;
	unsigned store_timeout_ms;

	/* The DNS: recursion, or servers as "ADDRESS" or "ADDRESS@PORT"; neither: resolv.conf's. */
	bool resolver_recursive;
	const char *const *resolvers;
	size_t resolver_count;

	/* SpamAssassin. */
	const struct conf_spamd *spamd;
	size_t spamd_count;
	unsigned spamd_timeout_ms; /* for one mail, whatever its servers do */
	bool spamd_headers;        /* each mail that is let in is scanned, and its headers say so */
	enum conf_spamd_user spamd_user;
	const char *spamd_user_else; /* where that names nobody; NULL: spamd's own default */

	/* Greylisting; seconds. */
	int64_t delay;
	int64_t retry_window;
	int64_t max_age;
	unsigned ipv4_bits; /* the client's network in a tuple */
	unsigned ipv6_bits;
	bool privacy;        /* keys are keyed hashes */
	unsigned sources;    /* which identities may stand for a client: enum conf_source_bit */
	unsigned fold;       /* enum fold_options */
	bool promised;       /* struct grey_policy */
	int64_t retry_count; /* retries after the delay that are needed to pass */
	bool exempt_spf;     /* who passes SPF passes, unless everybody does */
	unsigned dns_timeout_ms;
	unsigned url_timeout_ms;
	unsigned bogofilter_timeout_ms;
	bool exempt_auth;    /* who authenticated, or showed a verified certificate, passes */
	bool delayed_reject; /* null senders are refused after their message only */

	/* Auto-allow of clients. */
	bool auto_allow;
	int64_t auto_allow_after;      /* passes */
	int64_t auto_allow_interval_s; /* counted at most once in so many seconds */

	/* Tarpit. */
	int64_t tarpit_budget; /* answers that may be held at once; 0: no bound */
	int64_t stress;        /* SMTP sessions at the milter door that make it; 0: none do */

	/* Texts. */
	const char *greylist_action; /* an access(5) action */
	const char *greylist_text;   /* Postgrey's: %s seconds missing, %r recipient's domain; NULL:
	                                by rule */
	const char *header; /* Postgrey's: %t seconds waited, %v version, %d date, %h host; NULL: by
	                       rule */
	const char *hostname;
	const char *version; /* %v */

	/* The country data base; NULL: no country is known. Opened by who loaded the configuration,
	 * and closed with it. */
	struct geo *geo;
	void (*geo_close)(struct geo **geo);

	struct acl *acl;                    /* the rules; owned. NULL only in a front end's draft */
	const struct conf_options *options; /* the same as it was said: options.h */
};

/* Where a door or a milter listens, as milters and Postfix write it: "/path", "unix:/path",
 * "local:/path", "inet:PORT", "inet:PORT@HOST", "inet:HOST:PORT", "inet6:" likewise. Sets kind and
 * host and port, or path, in the arena. NULL, or what is wrong with the text. */
const char *conf_socket_read(struct arena *arena, struct view v, struct conf_socket *s);

#define CONF_RESOLVERS_MAX    16
#define CONF_STORE_DIR        "/var/lib/greylag"
#define CONF_MAX_CONNECTIONS  20000
#define CONF_STRESS           75 /* three quarters of Postfix's default_process_limit */
#define CONF_MESSAGE_MEMORY   ((size_t)256 << 20)
#define CONF_STORE_TIMEOUT_MS 2000
#define CONF_DNS_TIMEOUT_MS   10000
#define CONF_URL_TIMEOUT_MS   10000
#define CONF_SPAMD_MAX        16

/* A mail's end must be answered within 300 s (Postfix: milter_content_timeout; Sendmail: T=E:5m).
 */
#define CONF_SPAMD_TIMEOUT_MS     60000
#define CONF_SPAMD_TIMEOUT_MAX_MS 240000

#define CONF_BOGOFILTER_TIMEOUT_MS   30000
#define CONF_BOGOFILTER_CHILDREN     4
#define CONF_BOGOFILTER_CHILDREN_MAX 64

/* What the end of a message needs of it, by the rules and statements: bits. */
enum conf_content {
	CONTENT_SIZE = 1, /* that it comes and is counted */
	CONTENT_HEADERS = 2,
	CONTENT_BODY = 4,
	CONTENT_CHANGED_HEADERS = 8,
	CONTENT_CHANGED_BODY = 16,
	CONTENT_EXACT = 32, /* headers with the blank behind the colon, as they were signed */
};

unsigned conf_content(const struct conf *c);

/* FACT_BIT of what the headers of a message that is let in tell, whether a rule asks or not. */
uint64_t conf_told(const struct conf *c);

/* All defaults that do not depend on a front end; one reference. */
struct conf *conf_new(void);
struct conf *conf_ref(struct conf *c);
void conf_unref(struct conf **c);
