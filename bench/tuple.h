/* The questions of the benchmarks: numbered tuples, their keys, and the text that Postfix sends.
 * All programs here make them from the same numbers, so one can teach what another asks. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/view.h"

enum tuple_kind {
	TUPLE_KNOWN,  /* one of a set that was taught and retried before */
	TUPLE_LISTED, /* the client's name ends in a name that the white list holds */
	TUPLE_AUTO,  /* the client passed often enough to be let in; sender and recipient are new */
	TUPLE_NEW,   /* never seen */
	TUPLE_EARLY, /* one of a set whose wait is not over */
	TUPLE_DOMAIN, /* one of a set, which is not taught; each sender has a domain of its own */
	TUPLE_FRESH,  /* client, sender and its domain were never seen */
};

/* The name that the white list must hold for TUPLE_LISTED. */
#define TUPLE_LISTED_NAME "listed.example.org"

struct tuple {
	char address[16];
	char name[80];
	char sender[80];
	char recipient[64];
};

#define TUPLE_KEY_MAX     256
#define TUPLE_REQUEST_MAX 1280

/* False for a word that names no kind. */
MUST_CHECK bool tuple_kind_of(const char *word, enum tuple_kind *out);
const char *tuple_kind_name(enum tuple_kind kind);

/* Different numbers below 2^48 give different senders and recipients; clients differ below 2^24 and
 * repeat from there. Neighbours in number are far apart as keys. */
void tuple_make(struct tuple *t, enum tuple_kind kind, uint64_t number);

/* As above, with sender and recipient of another number: a client that does not always write the
 * same. */
void tuple_make_mail(struct tuple *t, enum tuple_kind kind, uint64_t client, uint64_t mail);

/* "NET/24 / sender / recipient" in the form that Postgrey 1.37 stores. Returns the length, or 0 if
 * it would be longer than TUPLE_KEY_MAX or the address is none. */
size_t tuple_key(struct view address, struct view sender, struct view recipient,
                 char out[TUPLE_KEY_MAX]);

/* The request of Postfix 3.7 at RCPT, octet for octet in its form. `serial` makes the message's
 * instance; test_time 0 leaves policy_test_time out. Returns the length. */
size_t tuple_request(const struct tuple *t, uint64_t serial, int64_t test_time,
                     char out[TUPLE_REQUEST_MAX]);
