/* What the DNS has answered, made out of octets that anybody may have written. */
#pragma once

#include "util/ip.h"

/* The numbers of RFC 1035 section 3.2.2 and RFC 3596. */
enum dns_type { DNS_A = 1, DNS_PTR = 12, DNS_MX = 15, DNS_TXT = 16, DNS_AAAA = 28 };

enum dns_status {
	DNS_OK,       /* there are records of the type, behind all CNAMEs */
	DNS_NODATA,   /* the name is there, such a record is not */
	DNS_NXDOMAIN, /* no such name, surely */
	DNS_FAILED,   /* nobody can tell: SERVFAIL, refused, malformed, not asked at all */
	DNS_TIMEOUT,  /* no answer in time */
};

#define DNS_STATUSES 5

/* An answer has at most so many records, and so many octets of text in all of them: above what any
 * honest name has, and a message of 64 KiB can't be made to cost more. A record that does not fit
 * is left out whole and the answer marked as cut. */
#define DNS_RECORDS_MAX 100
#define DNS_TEXT_MAX    32768

struct dns_record {
	struct ip ip;        /* A, AAAA (an IPv4-mapped one is the IPv4 address) */
	unsigned preference; /* MX */
	/* MX, PTR: a name as dns_name_read writes it; empty for the root. TXT: the strings of the
	 * record one behind the other, any octets; none for a record without strings. */
	struct view text;
};

struct dns_answer {
	enum dns_status status;
	const char *why;                  /* a word or two for logs; static */
	const struct dns_record *records; /* of the type that was asked; sorted, MX by preference */
	size_t count;
	bool cut; /* there were more */
};

/* "ok", "no data", "no such domain", "failed", "time-out" */
const char *dns_status_text(enum dns_status s);

/* An answer with its memory. */
struct answer_box;

struct answer_box *answer_box_new(enum dns_status status, const char *why);

/* rdata ends in NULL; length[i] are the octets of rdata[i], with names that are not compressed.
 * DNS_FAILED when one of them is not what its type says. */
struct answer_box *answer_box_decode(enum dns_type type, char *const *rdata, const int *length);

/* The TXT records among the answers of a whole message, whoever's they are: whose answers are all
 * of one name, behind CNAMEs. DNS_FAILED when it is cut, or has none. */
struct answer_box *answer_box_decode_texts(struct view message);

void answer_box_free(struct answer_box **box);
const struct dns_answer *answer_box_look(const struct answer_box *box);
