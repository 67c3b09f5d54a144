/* DKIM signatures (RFC 6376) of a mail, verified by libopendkim: what costs time, hashes of large
 * bodies and keys, on a thread of the pool (net/work.h), and the keys asked of our own resolver. */
#pragma once

#include "codec/mail.h"
#include "dns/name.h"
#include "dns/resolver.h"

/* Signatures that are looked at, from the top; each costs a hash of the body and a question. */
#define DKIM_SIGNATURES_MAX 8

/* A mail with more headers is not verified: each name of a signature's h= is looked for in all. */
#define DKIM_HEADERS_MAX ((size_t)2000)

/* Mails of one checker under way; each has a copy of its mail until its body is hashed. */
#define DKIM_CHECKS_MAX 256

enum dkim_verdict {
	DKIM_VERDICT_PASS,
	DKIM_VERDICT_TEMPERROR, /* no answer of the DNS, no time, no place */
	DKIM_VERDICT_NEUTRAL,   /* could not be verified: expired, only a part of the body signed, a
	                           key that is a test and does not fit */
	DKIM_VERDICT_FAIL,      /* does not fit, or its key is revoked */
	DKIM_VERDICT_PERMERROR, /* no key, or nonsense */
	DKIM_VERDICT_NONE,
};

struct dkim_signature {
	enum dkim_verdict verdict;
	const char *why; /* a few words; static, or empty */
	/* Any octets but NUL; empty when it is too broken to have them. */
	char domain[DNS_NAME_MAX + 1];   /* d= */
	char selector[DNS_NAME_MAX + 1]; /* s= */
	char identity[321];              /* i=, "user@domain"; RFC 3696 erratum 1690 */
	char begin[9];                   /* of b=, for who has several of one domain (RFC 6008) */
};

/* Of several signatures the one whose verdict comes first in the enum decides: one that passes is
 * enough, and one that another try may let pass is better than one that surely fails. */
struct dkim_result {
	enum dkim_verdict verdict;
	const char *why;
	const struct dkim_signature *deciding; /* NULL: no signature was looked at */
	struct dkim_signature signature[DKIM_SIGNATURES_MAX];
	size_t count;
	bool more; /* there are more signatures */
};

/* "pass", "temperror", "neutral", "fail", "permerror", "none": RFC 8601 section 2.7.1 */
const char *dkim_verdict_text(enum dkim_verdict v);

struct dkim_checker; /* one a loop */
struct dkim_check;

struct dkim_checker *dkim_checker_new(struct loop *loop);

/* Checks that are open must have been cancelled. Turns the loop until the pool is done with all. */
void dkim_checker_free(struct dkim_checker **checker);

/* told(arg, result) once, from the loop, later than this call. Each key is waited for timeout_ms,
 * and all together twice as long (then DKIM_VERDICT_TEMPERROR); the result is lent for the time of
 * the call, and the handle is gone when it begins. The mail, whose values should be as they came
 * (mail.blanks), is used only during this call. A mail that is not whole (mail.cut) is
 * DKIM_VERDICT_NEUTRAL. */
struct dkim_check *dkim_check_start(struct dkim_checker *checker, struct dns_port *dns,
                                    const struct mail *mail, unsigned timeout_ms,
                                    void (*told)(void *arg, const struct dkim_result *result),
                                    void *arg);

/* Sets *check to NULL; told will not run. */
void dkim_check_cancel(struct dkim_check **check);
