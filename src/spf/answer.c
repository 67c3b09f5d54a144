#include "spf/check.h"
#include "util/escape.h"
#include "util/mem.h"

static bool empty(const struct spf_dns_answer *a)
{
	return a->status == SPF_DNS_NXDOMAIN || (a->status == SPF_DNS_ANSWER && a->count == 0);
}

static size_t count_of(const struct spf_dns_answer *a)
{
	return a->status == SPF_DNS_ANSWER ? a->count : 0;
}

/* Section 5: a DNS failure ends the check; an empty answer counts (section 4.6.4). */
static bool usable(struct spf_check *c, const struct spf_dns_answer *a)
{
	if (a->status == SPF_DNS_FAILURE) {
		spf_error(c, SPF_TEMPERROR, "no answer from the DNS for %s", c->wanted.name.text);
		return false;
	}
	return !empty(a) || spf_count_void(c);
}

/* All of a TXT record's strings without anything between them (section 3.3). Stops behind max
 * octets; the caller sees from the length that there was more. */
static void put_strings(const struct spf_text *t, size_t max, char *out, size_t *n)
{
	*n = 0;
	for (size_t i = 0; i < t->count && *n < max; i++) {
		struct view part = view_first(t->strings[i], max - *n);

		if (part.n > 0)
			memcpy(out + *n, part.p, part.n);
		*n += part.n;
	}
}

static bool is_record(const struct spf_text *t)
{
	char begin[sizeof("v=spf1 ") - 1];
	size_t n;

	put_strings(t, sizeof(begin), begin, &n);
	return spf_record_is((struct view){ begin, n });
}

/* Section 4.5. The number of SPF records; *out is the first. */
static size_t select_records(const struct spf_dns_answer *a, const struct spf_text **out)
{
	size_t found = 0;

	for (size_t i = 0; i < count_of(a); i++) {
		if (!is_record(&a->texts[i]))
			continue;
		if (found++ == 0)
			*out = &a->texts[i];
	}
	return found;
}

static void take_text(struct spf_check *c, const struct spf_text *t)
{
	struct spf_frame *f = spf_frame(c);
	const size_t max = SPF_RECORD_MAX + 1; /* so that the check sees one that is too long */
	struct view record = { NULL, 0 };
	struct diag why = { 0 };

	f->text = mem_alloc(max);
	put_strings(t, max, f->text, &record.n);
	f->text = mem_resize(f->text, record.n, 1);
	record.p = f->text;
	spf_tell(c, (struct spf_event){ .kind = SPF_READ, .text = record });
	if (c->depth == 1 && !f->redirected) {
		c->record = mem_text(record);
		c->result.record = (struct view){ c->record, record.n };
	}
	if (spf_record_check(record, &f->modifiers, &why) != ST_OK) {
		spf_error(c, SPF_PERMERROR, "%s", why.text);
		c->result.why.column = why.column;
		return;
	}
	f->reader = spf_record_read(record);
	spf_enter(c, SPF_S_TERM);
}

/* Sections 4.4 and 4.5, and 6.1 for redirects. */
static void take_record(struct spf_check *c, const struct spf_dns_answer *a)
{
	const struct spf_frame *f = spf_frame(c);
	const struct spf_text *record = NULL;
	size_t found = select_records(a, &record);

	if (a->status == SPF_DNS_FAILURE) {
		spf_error(c, SPF_TEMPERROR, "no answer from the DNS for its SPF record");
	} else if (found > 1) {
		spf_error(c, SPF_PERMERROR, "it has %zu SPF records", found);
	} else if (found == 1) {
		take_text(c, record);
	} else if (f->redirected) {
		spf_error(c, SPF_PERMERROR, "it is redirected to, but has no SPF record");
	} else {
		if (c->depth == 1)
			diag_set(&c->result.why, "%s has no SPF record", f->domain.text);
		spf_conclude(c, SPF_NONE);
	}
}

/* The network of one of these addresses, as wide as the term says, that holds the client. */
static bool find_net(const struct spf_check *c, const struct spf_dns_answer *a, struct ip_net *out)
{
	const struct spf_term *t = &c->frame[c->depth - 1].term;
	unsigned bits = c->client.family == IP_V4 ? t->bits4 : t->bits6;

	for (size_t i = 0; i < count_of(a); i++) {
		if (a->addresses[i].family != c->client.family)
			continue;
		*out = ip_mask(&a->addresses[i], bits);
		if (net_has(out, &c->client))
			return true;
	}
	return false;
}

static void take_addresses(struct spf_check *c, const struct spf_dns_answer *a)
{
	struct ip_net net;

	if (!usable(c, a))
		return;
	c->candidates = count_of(a);
	if (find_net(c, a, &net))
		spf_matched(c, &net);
	else
		spf_unmatched(c);
}

static void take_exists(struct spf_check *c, const struct spf_dns_answer *a)
{
	if (!usable(c, a))
		return;
	if (count_of(a) > 0)
		spf_matched(c, NULL);
	else
		spf_unmatched(c);
}

/* Section 5.4. A host whose name can't be asked for has no address ("." of RFC 7505 is one). */
static void take_hosts(struct spf_check *c, const struct spf_dns_answer *a)
{
	if (!usable(c, a))
		return;
	if (count_of(a) > SPF_HOSTS_MAX) {
		spf_error(c, SPF_PERMERROR, "%s has more than %d MX records", c->target.text,
		          SPF_HOSTS_MAX);
		return;
	}
	c->hosts = 0;
	c->next_host = 0;
	for (size_t i = 0; i < count_of(a); i++)
		if (spf_name_set(&c->host[c->hosts], a->names[i]) == ST_OK)
			c->hosts++;
	spf_enter(c, SPF_S_HOST);
}

/* Empty answers are not counted here: the term had one that was not. Else an mx of three hosts
 * without AAAA would be an error for every IPv6 client. */
static void take_host(struct spf_check *c, const struct spf_dns_answer *a)
{
	struct ip_net net;

	if (a->status == SPF_DNS_FAILURE) {
		spf_error(c, SPF_TEMPERROR, "no answer from the DNS for %s", c->wanted.name.text);
		return;
	}
	c->next_host++;
	c->candidates = count_of(a) * c->hosts;
	if (find_net(c, a, &net))
		spf_matched(c, &net);
}

/* Section 5.5: a DNS failure means no names; of more than ten the first ten count. */
static void take_names(struct spf_check *c, const struct spf_dns_answer *a)
{
	size_t n = count_of(a) < SPF_HOSTS_MAX ? count_of(a) : SPF_HOSTS_MAX;

	c->names_void = empty(a);
	for (size_t i = 0; i < n; i++)
		if (spf_name_set(&c->name[c->names].name, a->names[i]) == ST_OK)
			c->names++;
	spf_enter(c, SPF_S_NAME);
}

static void take_name(struct spf_check *c, const struct spf_dns_answer *a)
{
	struct spf_client_name *name = &c->name[c->next_name++];

	for (size_t i = 0; i < count_of(a); i++)
		name->valid = name->valid || ip_compare(&a->addresses[i], &c->client) == 0;
}

/* Section 6.2: exactly one record, US-ASCII, of the right syntax; else there is no explanation. */
static void take_explanation(struct spf_check *c, const struct spf_dns_answer *a)
{
	enum status st = count_of(a) == 1 ? ST_OK : ST_NOTFOUND;
	struct diag why;

	for (size_t i = 0; st == ST_OK && i < a->texts[0].count; i++)
		st = buf_append(&c->explain, a->texts[0].strings[i]);
	if (st == ST_OK)
		st = spf_macro_check(buf_view(&c->explain), SPF_MACRO_EXPLANATION, &why);
	spf_enter(c, st == ST_OK ? SPF_S_EXPAND : SPF_S_DONE);
}

void spf_take(struct spf_check *c, const struct spf_dns_answer *a)
{
	switch (c->state) {
	case SPF_S_RECORD: take_record(c, a); break;
	case SPF_S_ADDRESS: take_addresses(c, a); break;
	case SPF_S_EXISTS: take_exists(c, a); break;
	case SPF_S_MX: take_hosts(c, a); break;
	case SPF_S_HOST: take_host(c, a); break;
	case SPF_S_PTR: take_names(c, a); break;
	case SPF_S_NAME: take_name(c, a); break;
	case SPF_S_EXPLANATION: take_explanation(c, a); break;
	case SPF_S_TERM:
	case SPF_S_EVAL:
	case SPF_S_REDIRECT:
	case SPF_S_EXPLAIN:
	case SPF_S_EXPAND:
	case SPF_S_DONE: break; /* nothing is asked in these */
	}
}
