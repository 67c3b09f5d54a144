/* Asks a directory. libldap waits in places of its own (for names, for TLS), so it does on threads
 * of ours: a few for each loop, begun when there is something to ask. */
#pragma once

#include "net/loop.h"
#include "util/view.h"

struct directory_pool;
struct directory_search;

#define DIRECTORY_THREADS     4u
#define DIRECTORY_QUEUE_MAX   1000u /* searches that wait for a thread */
#define DIRECTORY_SERVERS_MAX 16u
#define DIRECTORY_ENTRIES_MAX 64u
#define DIRECTORY_VALUES_MAX  1024u
#define DIRECTORY_OCTETS_MAX  ((size_t)65536) /* of names and values, together */

struct directory_server {
	const char *uri; /* "ldap://host", "ldaps://host:636", "ldapi://%2frun%2fslapd" */
	const char *binddn, *bindpw; /* both, or NULL: anonymous */
	unsigned timeout_ms;         /* for this one */
};

/* Copied. */
struct directory_question {
	const struct directory_server *servers; /* tried in this order */
	size_t server_count;                    /* 1 to DIRECTORY_SERVERS_MAX */
	const char
		*url; /* base, attributes, scope and filter (RFC 4516); its host does not count */
	unsigned timeout_ms; /* for waiting and all */
};

struct directory_value {
	struct view name, value;
};

struct directory_found {
	size_t entries;
	const struct directory_value *values; /* of all their attributes, in order */
	size_t value_count;
};

struct directory_pool *directory_pool_new(struct loop *loop);

/* The daemon ends: all that runs, and what is asked later, is out of time soon (ST_TIMEOUT). */
void directory_pool_end(struct directory_pool *pool);

/* Sets *pool to NULL. No search may be left. Threads that are at work are waited for, up to two
 * seconds; then they end by themselves. */
void directory_pool_free(struct directory_pool **pool);

/* Has one of them not ended yet? Then the process must leave without the libraries' exit handlers:
 * libldap's takes away what the thread still uses. */
bool directory_threads_left(void);

/* done(arg, st, found) once, from the loop, later than this call; found is lent for the time of the
 * call, and the handle is gone when it begins. ST_OK, also with no entry; ST_TIMEOUT; ST_INVALID:
 * the URL or its filter is wrong; ST_LIMIT: more was found, or too many wait; ST_UNAVAILABLE: no
 * server answers, or takes the password. */
struct directory_search *
directory_search(struct directory_pool *pool, const struct directory_question *q,
                 void (*done)(void *arg, enum status st, const struct directory_found *found),
                 void *arg);

/* Sets *search to NULL; done will not run. */
void directory_cancel(struct directory_search **search);
