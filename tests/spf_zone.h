/* A DNS for SPF checks: rows of a zone, and a run of the machine over them. */
#pragma once

#include <stdlib.h>

#include "spf/spf.h"

enum zone_type {
	ZONE_A,
	ZONE_AAAA,
	ZONE_MX,
	ZONE_PTR,
	ZONE_TXT,
	ZONE_CNAME,
	ZONE_FAILURE, /* every question for the name fails */
	ZONE_OTHER,   /* the name exists */
};

struct zone_row {
	const char *name;
	enum zone_type type;
	struct view text;           /* the record's data; of TXT the only string, */
	const struct view *strings; /* or several */
	size_t strings_count;
};

struct zone {
	const struct zone_row *rows;
	size_t n;
};

#define ZONE_RECORDS_MAX 64
#define ZONE_CNAMES_MAX  8

struct zone_answer {
	struct spf_dns_answer answer;
	struct ip addresses[ZONE_RECORDS_MAX];
	struct view names[ZONE_RECORDS_MAX];
	struct spf_text texts[ZONE_RECORDS_MAX];
};

static inline struct view zone_name(struct view name)
{
	return name.n > 0 && name.p[name.n - 1] == '.' ? view_first(name, name.n - 1) : name;
}

static inline bool zone_is(const struct zone_row *row, struct view name)
{
	return view_eq_nocase(zone_name(view_of(row->name)), zone_name(name));
}

static inline enum zone_type zone_type_of(enum spf_type type)
{
	switch (type) {
	case SPF_TYPE_A: return ZONE_A;
	case SPF_TYPE_AAAA: return ZONE_AAAA;
	case SPF_TYPE_MX: return ZONE_MX;
	case SPF_TYPE_PTR: return ZONE_PTR;
	case SPF_TYPE_TXT: return ZONE_TXT;
	}
	abort();
}

static inline void zone_add(struct zone_answer *out, const struct zone_row *row)
{
	size_t at = out->answer.count++;

	if (at == ZONE_RECORDS_MAX)
		abort();
	if ((row->type == ZONE_A || row->type == ZONE_AAAA) &&
	    ip_parse(row->text, &out->addresses[at]) != ST_OK)
		abort();
	out->names[at] = row->text;
	out->texts[at] = row->strings != NULL
	                         ? (struct spf_text){ row->strings, row->strings_count }
	                         : (struct spf_text){ &row->text, 1 };
}

/* One look without CNAMEs; true: name is to be looked up instead. */
static inline bool zone_look(const struct zone *z, struct view *name, enum zone_type type,
                             struct zone_answer *out)
{
	out->answer.status = SPF_DNS_NXDOMAIN;
	for (size_t i = 0; i < z->n; i++) {
		if (!zone_is(&z->rows[i], *name))
			continue;
		if (z->rows[i].type == ZONE_CNAME) {
			*name = z->rows[i].text;
			return true;
		}
		out->answer.status = SPF_DNS_ANSWER;
		if (z->rows[i].type == ZONE_FAILURE) {
			out->answer.status = SPF_DNS_FAILURE;
			return false;
		}
		if (z->rows[i].type == type)
			zone_add(out, &z->rows[i]);
	}
	return false;
}

static inline void zone_ask(const struct zone *z, const struct spf_wanted *w,
                            struct zone_answer *out)
{
	struct view name = spf_name_view(&w->name);
	int hops = 0;

	memset(out, 0, sizeof(*out));
	out->answer.addresses = out->addresses;
	out->answer.names = out->names;
	out->answer.texts = out->texts;
	while (zone_look(z, &name, zone_type_of(w->type), out))
		if (++hops > ZONE_CNAMES_MAX) {
			out->answer.status = SPF_DNS_FAILURE;
			return;
		}
}

/* Runs a check to its end. The caller frees it. */
static inline struct spf_check *zone_check(const struct zone *z, const struct spf_question *q)
{
	struct spf_check *c = spf_new(q);
	struct zone_answer answer;

	while (spf_run(c) == SPF_NEED) {
		zone_ask(z, spf_wanted(c), &answer);
		spf_answer(c, &answer.answer);
	}
	return c;
}
