/* What the configuration language can say beside struct conf: the statements of milter-greylist
 * that have no counterpart elsewhere, and the order of things, for printing. Filled by
 * conf_parse(). */
#pragma once

#include "acl/rule.h"
#include "conf/conf.h"

enum conf_report { REPORT_NONE, REPORT_DELAYS, REPORT_NODELAYS, REPORT_ALL };

/* Another machine that shares the memory, or an address with a port. */
struct conf_peer {
	struct conf_peer *next;
	const char *host; /* NULL: all addresses */
	int64_t timeout_s;
	int64_t port;
};

struct conf_ldap {
	struct conf_ldap *next;
	const char *urls;
	const char *binddn, *bindpw; /* both or none */
	int64_t timeout_s;           /* ACL_UNSET: the library's */
};

/* A rule, a definition, or a switch that acts on what follows, in the order of the file. */
struct conf_item {
	const struct conf_item *next;
	enum {
		ITEM_RULE,
		ITEM_OBJECT,
		ITEM_MILTER,
		ITEM_EXTENDED,
		ITEM_MAXPEEK,
		ITEM_TESTMODE
	} kind;
	const struct acl_rule *rule;
	const struct acl_object *object;
	const struct conf_milter *child;
	int64_t number;
};

struct conf_options {
	/* Switches, by their names in the language. */
	bool verbose, quiet, noauth, noaccessdb, nospf, nodrac, nodetach, lazyaw, testmode,
		delayedreject, domainexact, dump_no_time_translation, logexpired, fixldapcheck,
		multiracl, unbracket, helo_substring, tempfail, privacy, fold_srs, exim, test_clock,
		log_rules, spamd_headers;
	enum conf_spamd_user spamd_user;
	const char *spamd_user_else;
	bool no_syslog;                            /* logfac none */
	bool authentication_results, received_spf; /* headers */
	const char *authserv_id;                   /* NULL: our own name */

	/* Seconds. */
	int64_t greylist, autowhite, timeout, dumpfreq;
	int64_t retry_window; /* from the first try; ACL_UNSET: greylist and timeout together */
	int64_t store_timeout, dns_timeout, spamd_timeout, urlcheck_timeout;
	int64_t tarpit; /* as a statement it has no effect; ACL_UNSET: not given */

	int64_t subnetmatch, subnetmatch6;
	int64_t workers, tarpit_budget; /* budget 0: no bound */
	int64_t stress;                 /* sessions; 0: never */
	int64_t autowhite_clients;      /* passes; 0: off */
	int64_t autowhite_every;        /* seconds in which passes count once */
	int64_t retries, max_connections, listen_backlog, max_message_memory;
	int64_t syncmaxqlen;
	enum acl_scope tarpit_scope;
	enum conf_report report;
	unsigned source; /* enum conf_source_bit */

	enum conf_face face;
	int log_level; /* enum log_level; -1: by the other statements */
	const char *hostname, *greylist_action, *greylist_text, *greylist_header;
	const char *user, *pidfile, *dumpfile, *logfac;
	int64_t dumpfile_mode; /* ACL_UNSET: as the umask says */
	const char *store_dir; /* store lmdb */
	const char *stat_to, *stat_format;
	const char *localaddr;
	bool resolver_recursive;
	const char *resolvers[CONF_RESOLVERS_MAX];
	size_t resolver_count;
	const char *drac_db, *geoipdb, *geoipv6db, *geoip2db, *p0fsock;
	struct conf_spamd spamd[CONF_SPAMD_MAX];
	size_t spamd_count;
	const char *bogofilter; /* a command; NULL: none */
	int64_t bogofilter_children, bogofilter_timeout;
	bool bogofilter_headers;
	const struct conf_socket *milter;
	const struct conf_socket *policy;
	struct conf_peer *peers;
	const struct conf_peer *syncaddr, *syncsrcaddr; /* NULL: not given */
	struct conf_ldap *ldap;

	const struct conf_item *items;
};
