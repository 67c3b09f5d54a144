/* Dynamic DNS updates that rules ask for: sent, and forgotten but for a line in the log when they
 * fail. Over TCP, which every server speaks (RFC 7766): first the question for the zone, then the
 * update. */
#pragma once

#include "codec/dnsupdate.h"
#include "net/loop.h"

struct log;
struct nsupdates;

#define NSUPDATES_MAX      64   /* of one worker, under way; more are dropped */
#define NSUPDATE_SERVER_MS 5000 /* for one server; then the next is tried */
#define NSUPDATE_SERVERS   8    /* at most so many */
#define NSUPDATE_TTL_S     3600 /* where the configuration has none */
#define NSUPDATE_CLASS     1    /* likewise: IN */

/* A worker's own. log is borrowed and may be NULL. */
struct nsupdates *nsupdates_new(struct loop *loop, struct log *log);

/* What is under way is given up. */
void nsupdates_free(struct nsupdates **n);

struct nsupdate {
	struct view servers; /* HOST, HOST:PORT or [ADDRESS]:PORT, with blanks or commas between */
	struct dnsupdate record;         /* but for its zone */
	const struct dnsupdate_key *key; /* NULL: unsigned */
};

/* All is copied. */
void nsupdates_send(struct nsupdates *n, const struct nsupdate *what);

unsigned nsupdates_under_way(const struct nsupdates *n);
