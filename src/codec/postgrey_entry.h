/* What one key and value of Postgrey's data bases say, in every form written since 1.0.
 *
 * Senders stand as Postgrey stored them: lower case, with its normalisation (a run of digits is one
 * '#') already done. Times are Unix seconds. */
#pragma once

#include "util/ip.h"

/* Which file a pair is from. The kinds can't always be told apart by themselves: with --privacy
 * every key is a digest. */
enum postgrey_file {
	POSTGREY_UNKNOWN, /* guess: a slash makes a tuple; without one, a small first number is a
	                     count */
	POSTGREY_TUPLES,  /* postgrey.db */
	POSTGREY_CLIENTS, /* postgrey_clients.db */
	POSTGREY_TARPIT,  /* tarpit_clients.db */
};

struct postgrey_options {
	enum postgrey_file file;
	bool targrey; /* the third field of a tuple is a retry count, not an octet of the client */
	unsigned ipv4_bits; /* the mask that networks of tuples are brought to */
	unsigned ipv6_bits;
	int64_t now; /* later times are not believed */
};

enum postgrey_kind {
	POSTGREY_TUPLE,
	POSTGREY_CLIENT, /* automatic white list */
	POSTGREY_MARK,   /* taRgrey: the client was made to wait and has not proven itself */
	POSTGREY_TUPLE_DIGEST,
	POSTGREY_CLIENT_DIGEST,
};

/* Why a pair is of no use. */
enum postgrey_skip {
	POSTGREY_USED,          /* it is of use */
	POSTGREY_NO_ADDRESS,    /* the key holds no address where one must be ("unknown") */
	POSTGREY_NO_RECIPIENT,  /* nothing divides sender and recipient */
	POSTGREY_TOO_WIDE,      /* the key's network is wider than ours: nothing would find it */
	POSTGREY_MISSING_FIELD, /* a single time (before 1.0); Postgrey's own purge drops these */
	POSTGREY_EXTRA_FIELD,
	POSTGREY_NOT_NUMERIC,
	POSTGREY_FUTURE,    /* a time after now */
	POSTGREY_BACKWARDS, /* first seen after last seen */
	POSTGREY_SKIPS,     /* how many there are */
};

/* A few words for statistics, e.g. "time in the future". */
const char *postgrey_skip_text(enum postgrey_skip skip);

/* Views point into the key. What a kind does not use is zero. */
struct postgrey_entry {
	enum postgrey_kind kind;
	struct ip address;     /* tuple, client, mark: as it stands in the key */
	unsigned stated_bits;  /* tuple: prefix length in the key; 0: it has none */
	struct ip_net net;     /* tuple: brought to the mask; client, mark: the whole address */
	struct view sender;    /* tuple; empty: the null sender */
	struct view recipient; /* tuple; empty: asked before RCPT or at DATA */
	struct view digest;    /* 40 hex digits: lower-case SHA-1 of the key */
	int64_t first;         /* tuple */
	int64_t last;          /* all kinds */
	int64_t count;         /* client: passes */
	bool has_retries;      /* tuple, with the option targrey */
	int64_t retries;       /* tries after the delay */
};

/* ST_INVALID: *skip tells why, *out is left as it was. */
MUST_CHECK enum status postgrey_parse(const struct postgrey_options *opt, struct view key,
                                      struct view value, struct postgrey_entry *out,
                                      enum postgrey_skip *skip);
