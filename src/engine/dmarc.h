/* DMARC (RFC 7489): what the owner of the From header's domain says of mails that neither SPF nor
 * DKIM vouches for in its name. Pure; the DNS is asked by who uses it:
 *
 *	st = dmarc_begin(&d, author);
 *	while (st == ST_OK && dmarc_wanted(&d, name))
 *		ask for the TXT records of name, and: dmarc_answer(&d, ...);
 *	result = dmarc_judge(&d, &evidence);
 */
#pragma once

#include "engine/source.h"
#include "util/buf.h"

/* "_dmarc." and a name, with NUL. */
#define DMARC_NAME_SIZE (SOURCE_NAME_MAX + 8)

enum dmarc_policy { DMARC_POLICY_NONE, DMARC_POLICY_QUARANTINE, DMARC_POLICY_REJECT };

struct dmarc_record {
	enum dmarc_policy policy;     /* p= */
	enum dmarc_policy subdomains; /* sp=, else as policy */
	bool strict_dkim, strict_spf; /* adkim=s, aspf=s */
	unsigned percent;             /* pct= */
};

/* Section 6.3. ST_NOTFOUND: the text is another one. ST_INVALID: it says no policy that could be
 * applied (section 6.6.3, step 6). Other faults are as if the tag were not there. */
MUST_CHECK enum status dmarc_record_read(struct view text, struct dmarc_record *out);

enum dmarc_dns {
	DMARC_DNS_ANSWER, /* there may be no record of the type, or no such name */
	DMARC_DNS_FAILURE,
};

enum dmarc_verdict {
	DMARC_VERDICT_NONE, /* nothing is published, or nobody is named */
	DMARC_VERDICT_PASS,
	DMARC_VERDICT_FAIL,
	DMARC_VERDICT_TEMPERROR,
	DMARC_VERDICT_PERMERROR, /* what is published can't be applied */
};

struct dmarc {
	char author[SOURCE_NAME_MAX + 1];
	char organisation[SOURCE_NAME_MAX + 1]; /* the registered domain above, or the same */
	enum { DMARC_AT_AUTHOR, DMARC_AT_ORGANISATION, DMARC_FOUND, DMARC_OVER } step;
	enum dmarc_verdict verdict; /* DMARC_OVER: why there is no record */
	bool of_organisation;       /* the record is that of the domain above */
	struct dmarc_record record; /* DMARC_FOUND */
};

/* author: the domain in the From header, in A-labels. ST_INVALID: it is no host's name. */
MUST_CHECK enum status dmarc_begin(struct dmarc *d, struct view author);

/* Whose TXT records are wanted; false: none any more. */
bool dmarc_wanted(const struct dmarc *d, char name[DMARC_NAME_SIZE]);
void dmarc_answer(struct dmarc *d, enum dmarc_dns status, const struct view *texts, size_t count);

/* What passed, and what had no answer and may pass another time. That does not count for domains
 * that have nothing to do with the author's: whoever sends may choose one that never answers. */
struct dmarc_evidence {
	struct view spf;         /* the domain that SPF passed for; empty: it did not */
	const struct view *dkim; /* d= of the signatures that passed */
	size_t dkim_count;
	struct view spf_open; /* the domain of which SPF has no answer; or empty */
	const struct view *dkim_open;
	size_t dkim_open_count;
	bool unknown; /* nobody could look: it may pass for any */
};

struct dmarc_result {
	enum dmarc_verdict verdict;
	/* A fail: what the domain asks for. Where that is for a part of the mails only (pct), the
	 * milder one that section 6.6.4 has for the others: the domain is still trying it out. */
	enum dmarc_policy disposition;
	enum dmarc_policy published; /* as in the record; also of a pass */
	bool by_spf, by_dkim;        /* aligned */
};

struct dmarc_result dmarc_judge(const struct dmarc *d, const struct dmarc_evidence *e);

/* "none", "pass", "fail", "temperror", "permerror"; "none", "quarantine", "reject" */
const char *dmarc_verdict_text(enum dmarc_verdict v);
const char *dmarc_policy_text(enum dmarc_policy p);
