/* The command line of greylag: which command, and its options and words. */
#pragma once

#include "util/buf.h"

enum cli_command {
	CLI_STATUS,
	CLI_LIST,
	CLI_SHOW,
	CLI_EXPLAIN,
	CLI_SPF,
	CLI_FORGET,
	CLI_EXPORT,
	CLI_EXPORT_MILTER_GREYLIST,
	CLI_IMPORT,
	CLI_IMPORT_MILTER_GREYLIST,
	CLI_IMPORT_POSTGREY,
	CLI_CONFIG_CHECK,
	CLI_CONFIG_PRINT,
	CLI_CONFIG_CLAUSES,
	CLI_CONFIG_STATEMENTS,
	CLI_CONFIG_VALUES,
	CLI_CONFIG_IMPORT,
	CLI_MILTERS,
	CLI_MILTERS_DETECT,
	CLI_COMMANDS
};

struct args {
	enum cli_command command; /* CLI_COMMANDS: none was named */
	bool help;
	bool version;

	const char *dbdir;
	bool dbdir_given; /* by an option or the environment */
	bool raw;
	bool epoch;
	bool waiting;
	bool passed;
	bool all;
	bool json;
	bool with_secret;
	bool by_host;
	bool targrey;
	bool privacy;
	bool no_digests;
	const char *source; /* NULL: not given; so the next three */
	const char *sender;
	const char *recipient;
	const char *client;
	const char *client_ip; /* explain's; NULL: not given */
	const char *client_name;
	const char *reverse_name;
	const char *helo;
	const char *from;
	const char *to;
	const char *auth;
	const char *tls;
	const char *at;
	const char *message; /* what it is of */
	const char *body;
	const char *score;
	const char **header; /* all that were given; borrowed from argv, the array is owned */
	unsigned headers;
	const char *ip; /* spf's; NULL: not given */
	const char *receiver;
	const char *resolver;
	bool verbose;
	int64_t timeout; /* seconds */
	const char *config;
	const char *out;     /* NULL: standard output */
	const char *root;    /* milters detect's; NULL: not given */
	int64_t limit;       /* 0: none */
	int64_t delay;       /* seconds; -1: not given */
	bool settings_given; /* one of the next, or delay, or by_host */
	int64_t retry_window;
	int64_t max_age;
	int64_t retry_count;
	int64_t auto_allow_after;
	int64_t ipv4_bits;
	int64_t ipv6_bits;
	int64_t subnetmatch; /* -1: not given; so the next */
	int64_t subnetmatch6;

	const char **word; /* behind the command; borrowed from argv, the array is owned */
	unsigned words;
};

#define CLI_DBDIR     "/var/lib/greylag"
#define CLI_DBDIR_ENV "GREYLAG_DBDIR"

/* Options may stand before and behind the command. ST_INVALID: why says what. Fills *out for
 * args_free in any case. */
MUST_CHECK enum status args_read(int argc, char *const *argv, struct args *out, struct diag *why);
void args_free(struct args *a);

/* "90", "5m", "2h", "7d": seconds without a letter. ST_INVALID. */
MUST_CHECK enum status args_seconds(struct view v, int64_t *out);

/* What --help says of all commands, and of one. */
MUST_CHECK enum status args_help(enum cli_command command, struct buf *out);
