/* How records and keys lie in the store. Numbers are little-endian; the first octet is the form's
 * version. */
#pragma once

#include "codec/spam_symbols.h"
#include "engine/judge.h"
#include "util/buf.h"

#define RECORD_VERSION         1
#define RECORD_VERSION_SCANNED 2 /* a tuple's, with a record_scan behind it */

/* LMDB's own bound for a key is 511 octets. */
#define KEY_MAX ((size_t)511)

/* A longer tuple is stored as SOURCE, TAB, "#", the SHA-256 of its text in hex; the text itself
 * then stands behind the record, so that nothing is lost. */
struct store_key {
	size_t n;
	char p[KEY_MAX];
};

static inline struct view key_view(const struct store_key *k)
{
	return (struct view){ k->p, k->n };
}

#define PRIVACY_SECRET_SIZE 32

/* The tuple's key. secret NULL: readable; else each of the three parts is the first 96 bits of its
 * HMAC-SHA-256 in hex. *behind is what must stand behind the record: the text, or the empty view.
 * ST_INVALID: the text is no tuple. */
MUST_CHECK enum status key_of_tuple(struct view text, const uint8_t *secret, struct store_key *out,
                                    struct view *behind);

/* The key of a client or a mark: the text, or its hash. A longer one than KEY_MAX is hashed behind
 * its first word, as a tuple is. ST_LIMIT: it is empty. */
MUST_CHECK enum status key_of_text(struct view text, const uint8_t *secret, struct store_key *out);

/* How the keys of all tuples of a source begin. ST_LIMIT: it is empty, or too long. */
MUST_CHECK enum status key_of_source(struct view source, const uint8_t *secret,
                                     struct store_key *out);

#define TUPLE_RECORD_SIZE  40
#define CLIENT_RECORD_SIZE 16
#define MARK_RECORD_SIZE   20

/* What SpamAssassin said of the mail by which a tuple began to wait. */
struct record_scan {
	int64_t score_tenths;
	bool spam;
	uint32_t mail; /* a hash by which that mail is known again; 0: not known */
	struct spam_symbols symbols;
};

/* A tuple's record may have it behind its head, before the text. */
#define RECORD_SCAN_MAX (8 + SPAM_SYMBOLS_MAX)

void record_put_tuple(const struct grey_record *r, uint8_t out[TUPLE_RECORD_SIZE]);

/* What stands behind the head goes to out, and its size is returned; the head tells of it. */
size_t record_put_scan(const struct record_scan *s, uint8_t head[TUPLE_RECORD_SIZE],
                       uint8_t out[RECORD_SCAN_MAX]);

/* The head of a record that is there already: what stands behind it may stay. */
void record_put_again(const struct grey_record *r, struct view was, uint8_t out[TUPLE_RECORD_SIZE]);

void record_put_client(const struct client_record *r, uint8_t out[CLIENT_RECORD_SIZE]);
void record_put_mark(const struct mark_record *r, uint8_t out[MARK_RECORD_SIZE]);

/* Times of a record are from 0 to this (the year 9999); others are none that a clock has shown, and
 * their differences might not be numbers. */
#define RECORD_TIME_MAX INT64_C(253402300799)

/* ST_DAMAGED: not a record of ours. *behind may be NULL. */
MUST_CHECK enum status record_get_tuple(struct view v, struct grey_record *out,
                                        struct view *behind);
/* ST_NOTFOUND: it tells of none. */
MUST_CHECK enum status record_get_scan(struct view v, struct record_scan *out);
MUST_CHECK enum status record_get_client(struct view v, struct client_record *out);
MUST_CHECK enum status record_get_mark(struct view v, struct mark_record *out);
