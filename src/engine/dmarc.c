#include "engine/dmarc.h"

#include <stdio.h>

const char *dmarc_verdict_text(enum dmarc_verdict v)
{
	static const char *const texts[] = {
		[DMARC_VERDICT_NONE] = "none",           [DMARC_VERDICT_PASS] = "pass",
		[DMARC_VERDICT_FAIL] = "fail",           [DMARC_VERDICT_TEMPERROR] = "temperror",
		[DMARC_VERDICT_PERMERROR] = "permerror",
	};

	return texts[v];
}

const char *dmarc_policy_text(enum dmarc_policy p)
{
	static const char *const texts[] = { [DMARC_POLICY_NONE] = "none",
		                             [DMARC_POLICY_QUARANTINE] = "quarantine",
		                             [DMARC_POLICY_REJECT] = "reject" };

	return texts[p];
}

/* --- the record --- */

struct tags {
	struct dmarc_record record;
	bool p, sp, bad_sp;
	bool reports; /* rua= has something like a URI */
};

static bool policy_of(struct view value, enum dmarc_policy *out)
{
	for (unsigned p = DMARC_POLICY_NONE; p <= DMARC_POLICY_REJECT; p++)
		if (view_eq_nocase(value, view_of(dmarc_policy_text((enum dmarc_policy)p)))) {
			*out = (enum dmarc_policy)p;
			return true;
		}
	return false;
}

/* "name = value"; true if it is one. */
static bool split(struct view tag, struct view *name, struct view *value)
{
	size_t equals = view_find(tag, '=');

	if (equals == VIEW_NONE)
		return false;
	*name = view_trim(view_first(tag, equals));
	*value = view_trim(view_from(tag, equals + 1));
	return true;
}

static void take_tag(struct tags *t, struct view name, struct view value)
{
	struct dmarc_record *r = &t->record;
	uint64_t percent;

	if (view_eq_nocase(name, VIEW("p"))) {
		t->p = policy_of(value, &r->policy);
	} else if (view_eq_nocase(name, VIEW("sp"))) {
		t->sp = policy_of(value, &r->subdomains);
		t->bad_sp = !t->sp;
	} else if (view_eq_nocase(name, VIEW("adkim"))) {
		r->strict_dkim = view_eq_nocase(value, VIEW("s"));
	} else if (view_eq_nocase(name, VIEW("aspf"))) {
		r->strict_spf = view_eq_nocase(value, VIEW("s"));
	} else if (view_eq_nocase(name, VIEW("pct"))) {
		if (view_u64(value, 100, &percent) == ST_OK)
			r->percent = (unsigned)percent;
	} else if (view_eq_nocase(name, VIEW("rua"))) {
		t->reports = view_find(value, ':') != VIEW_NONE;
	}
}

enum status dmarc_record_read(struct view text, struct dmarc_record *out)
{
	struct tags t = { .record = { .percent = 100 } };
	struct view tag, name, value;

	/* The version comes first, exactly so. */
	if (!view_next(&text, ';', &tag) || !split(tag, &name, &value) ||
	    !view_eq_nocase(name, VIEW("v")) || !view_eq(value, VIEW("DMARC1")))
		return ST_NOTFOUND;
	while (view_next(&text, ';', &tag))
		if (split(tag, &name, &value))
			take_tag(&t, name, value);
	if (!t.p || t.bad_sp) {
		if (!t.reports)
			return ST_INVALID;
		t.record.policy = t.record.subdomains = DMARC_POLICY_NONE;
		t.sp = true;
	}
	if (!t.sp)
		t.record.subdomains = t.record.policy;
	*out = t.record;
	return ST_OK;
}

/* --- whose record --- */

/* The registered domain above a name, or the name itself where nobody registered one. */
static enum status organisation_of(struct view name, char out[SOURCE_NAME_MAX + 1])
{
	struct buf text = buf_of(SOURCE_NAME_MAX);
	enum status st = source_registered(name, &text);

	if (st == ST_NOTFOUND)
		st = source_plain_name(name, out) ? ST_OK : ST_INVALID;
	else if (st == ST_OK)
		(void)snprintf(out, SOURCE_NAME_MAX + 1, "%.*s", VIEW_ARG(buf_view(&text)));
	buf_free(&text);
	return st;
}

enum status dmarc_begin(struct dmarc *d, struct view author)
{
	*d = (struct dmarc){ .step = DMARC_OVER, .verdict = DMARC_VERDICT_NONE };
	if (!source_plain_name(author, d->author))
		return ST_INVALID;
	d->step = DMARC_AT_AUTHOR;
	return organisation_of(author, d->organisation);
}

bool dmarc_wanted(const struct dmarc *d, char name[DMARC_NAME_SIZE])
{
	if (d->step != DMARC_AT_AUTHOR && d->step != DMARC_AT_ORGANISATION)
		return false;
	(void)snprintf(name, DMARC_NAME_SIZE, "_dmarc.%s",
	               d->step == DMARC_AT_AUTHOR ? d->author : d->organisation);
	return true;
}

static void end_without(struct dmarc *d, enum dmarc_verdict verdict)
{
	d->step = DMARC_OVER;
	d->verdict = verdict;
}

/* Section 6.6.3: records of other kinds don't count, and several of this one are as none; but only
 * where there is none at all the domain above is asked. */
void dmarc_answer(struct dmarc *d, enum dmarc_dns status, const struct view *texts, size_t count)
{
	struct dmarc_record record;
	enum status best = ST_NOTFOUND;
	size_t records = 0;

	if (status == DMARC_DNS_FAILURE) {
		end_without(d, DMARC_VERDICT_TEMPERROR);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		enum status st = dmarc_record_read(texts[i], &record);

		if (st == ST_NOTFOUND)
			continue;
		records++;
		best = st;
		if (st == ST_OK)
			d->record = record;
	}
	if (records == 1 && best == ST_OK) {
		d->of_organisation = d->step == DMARC_AT_ORGANISATION;
		d->step = DMARC_FOUND;
	} else if (records > 0) {
		end_without(d, records == 1 ? DMARC_VERDICT_PERMERROR : DMARC_VERDICT_NONE);
	} else if (d->step == DMARC_AT_AUTHOR && strcmp(d->author, d->organisation) != 0) {
		d->step = DMARC_AT_ORGANISATION;
	} else {
		end_without(d, DMARC_VERDICT_NONE);
	}
}

/* --- judging --- */

/* Section 3.1.1. */
static bool is_aligned(const struct dmarc *d, struct view domain, bool strict)
{
	char plain[SOURCE_NAME_MAX + 1], organisation[SOURCE_NAME_MAX + 1];

	if (domain.n == 0 || !source_plain_name(domain, plain))
		return false;
	if (strict || strcmp(plain, d->author) == 0)
		return strcmp(plain, d->author) == 0;
	return organisation_of(domain, organisation) == ST_OK &&
	       strcmp(organisation, d->organisation) == 0;
}

/* Section 6.6.4. */
static enum dmarc_policy milder(enum dmarc_policy p)
{
	return p == DMARC_POLICY_REJECT ? DMARC_POLICY_QUARANTINE : DMARC_POLICY_NONE;
}

static bool has_aligned(const struct dmarc *d, const struct view *domains, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_aligned(d, domains[i], d->record.strict_dkim))
			return true;
	return false;
}

static bool may_pass(const struct dmarc *d, const struct dmarc_evidence *e)
{
	return e->unknown || is_aligned(d, e->spf_open, d->record.strict_spf) ||
	       has_aligned(d, e->dkim_open, e->dkim_open_count);
}

struct dmarc_result dmarc_judge(const struct dmarc *d, const struct dmarc_evidence *e)
{
	struct dmarc_result r = { .verdict = d->verdict };

	if (d->step != DMARC_FOUND)
		return r;
	r.published = d->of_organisation ? d->record.subdomains : d->record.policy;
	r.by_spf = is_aligned(d, e->spf, d->record.strict_spf);
	r.by_dkim = has_aligned(d, e->dkim, e->dkim_count);
	if (r.by_spf || r.by_dkim) {
		r.verdict = DMARC_VERDICT_PASS;
	} else if (may_pass(d, e)) {
		r.verdict = DMARC_VERDICT_TEMPERROR;
	} else {
		r.verdict = DMARC_VERDICT_FAIL;
		r.disposition = d->record.percent < 100 ? milder(r.published) : r.published;
	}
	return r;
}
