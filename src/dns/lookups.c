/* A lookup asks one question, and by its answer some more, all of them at once. */
#include "dns/lookups.h"

#include <stdio.h>

#include "util/mem.h"

/* The first question, and both types for each host of an MX. */
#define PARTS_MAX (1 + 2 * MX_HOSTS_MAX)

struct part {
	struct dns_lookup *of;
	struct dns_call *call; /* NULL: answered */
	enum dns_status status;
	bool confirms; /* dns_reverse: the name has the address */
};

struct dns_lookup {
	struct dns_port *port;
	uint64_t due_ms;
	struct part parts[PARTS_MAX];
	unsigned used, open;
	/* The answer to a part's question; finishes the lookup when the rest doesn't matter. */
	void (*take)(struct dns_lookup *l, struct part *part, const struct dns_answer *answer);

	struct ip ip;
	enum ip_family family;
	struct dns_name domain;
	struct dns_name names[REVERSE_NAMES_MAX]; /* of parts[1] and so on */
	char first_name[DNS_ESCAPED_MAX];

	struct ip found[MX_ADDRESSES_MAX];
	size_t found_count;
	bool incomplete;

	union {
		void (*reverse)(void *arg, const struct dns_reverse *result);
		void (*mail)(void *arg, enum mail_status result);
		void (*mx)(void *arg, const struct dns_mx *result);
		void (*list)(void *arg, const struct dns_list *result);
	} told;
	void *arg;
};

static bool surely_none(enum dns_status s)
{
	return s == DNS_NODATA || s == DNS_NXDOMAIN;
}

static struct dns_lookup *lookup_new(struct dns_port *port, unsigned timeout_ms, void *arg)
{
	struct dns_lookup *l = mem_new(struct dns_lookup);

	l->port = port;
	l->due_ms = loop_mono_ms(dns_port_loop(port)) + timeout_ms;
	l->arg = arg;
	return l;
}

static void stop(struct dns_lookup *l)
{
	for (unsigned i = 0; i < l->used; i++)
		dns_cancel(&l->parts[i].call);
}

void dns_lookup_cancel(struct dns_lookup **lookup)
{
	if (*lookup == NULL)
		return;
	stop(*lookup);
	mem_free(*lookup);
	*lookup = NULL;
}

static void on_answer(void *arg, const struct dns_answer *answer)
{
	struct part *p = arg;

	p->call = NULL;
	p->status = answer->status;
	p->of->open--;
	p->of->take(p->of, p, answer);
}

/* A name that can't be is answered by DNS_FAILED, so the empty one stands for whatever is wrong. */
static void ask(struct dns_lookup *l, struct view name, enum dns_type type)
{
	struct part *p = &l->parts[l->used++];
	uint64_t now = loop_mono_ms(dns_port_loop(l->port));

	p->of = l;
	l->open++;
	p->call = dns_ask(l->port, name, type, l->due_ms > now ? (unsigned)(l->due_ms - now) : 1,
	                  on_answer, p);
}

/* --- the name of an address --- */

static void finish_reverse(struct dns_lookup *l, enum reverse_status status, struct view name)
{
	const struct dns_reverse result = { .status = status, .name = name };

	stop(l);
	l->told.reverse(l->arg, &result);
	mem_free(l);
}

/* The first name that is confirmed; so the same address has the same name, whichever answer comes
 * first. */
static void judge_names(struct dns_lookup *l)
{
	bool failed = false;

	for (unsigned i = 1; i < l->used; i++) {
		if (l->parts[i].call != NULL)
			return;
		if (l->parts[i].confirms) {
			finish_reverse(l, REVERSE_CONFIRMED, dns_name_view(&l->names[i - 1]));
			return;
		}
		failed = failed ||
		         (l->parts[i].status != DNS_OK && !surely_none(l->parts[i].status));
	}
	finish_reverse(l, failed ? REVERSE_FAILED : REVERSE_UNCONFIRMED, view_of(l->first_name));
}

static void ask_names(struct dns_lookup *l, const struct dns_answer *a)
{
	enum dns_type type = l->ip.family == IP_V4 ? DNS_A : DNS_AAAA;

	if (a->count > 0)
		(void)snprintf(l->first_name, sizeof(l->first_name), "%.*s",
		               VIEW_ARG(a->records[0].text));
	for (size_t i = 0; i < a->count && i < REVERSE_NAMES_MAX; i++) {
		/* What can't be asked for can't lead back either. */
		if (dns_name_set(&l->names[l->used - 1], a->records[i].text) == ST_OK)
			ask(l, a->records[i].text, type);
	}
	judge_names(l);
}

static void take_reverse(struct dns_lookup *l, struct part *p, const struct dns_answer *a)
{
	if (p != &l->parts[0]) {
		for (size_t i = 0; i < a->count; i++)
			p->confirms = p->confirms || ip_compare(&a->records[i].ip, &l->ip) == 0;
		judge_names(l);
	} else if (a->status == DNS_OK) {
		ask_names(l, a);
	} else {
		finish_reverse(l, surely_none(a->status) ? REVERSE_NONE : REVERSE_FAILED, VIEW(""));
	}
}

struct dns_lookup *dns_reverse(struct dns_port *port, const struct ip *ip, unsigned timeout_ms,
                               void (*told)(void *arg, const struct dns_reverse *result), void *arg)
{
	struct dns_lookup *l = lookup_new(port, timeout_ms, arg);
	struct dns_name name = { .n = 0 };

	l->take = take_reverse;
	l->told.reverse = told;
	l->ip = *ip;
	if (dns_name_reverse(ip, &name) != ST_OK)
		name.n = 0;
	ask(l, dns_name_view(&name), DNS_PTR);
	return l;
}

/* --- can a sender's domain get mail? --- */

static void finish_mail(struct dns_lookup *l, enum mail_status status)
{
	stop(l);
	l->told.mail(l->arg, status);
	mem_free(l);
}

static bool null_mx(const struct dns_answer *a)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->records[i].text.n > 0)
			return false;
	return a->count > 0 && !a->cut;
}

/* There are servers that say NXDOMAIN for a type that they don't know, so that alone proves
 * nothing.
 */
static void take_mail(struct dns_lookup *l, struct part *p, const struct dns_answer *a)
{
	bool sure = true;

	if (a->status == DNS_OK) {
		finish_mail(l, p == &l->parts[0] && null_mx(a) ? MAIL_UNRESOLVABLE : MAIL_RESOLVES);
		return;
	}
	if (p == &l->parts[0]) {
		ask(l, dns_name_view(&l->domain), DNS_A);
		ask(l, dns_name_view(&l->domain), DNS_AAAA);
	}
	if (l->open > 0)
		return;
	for (unsigned i = 0; i < l->used; i++)
		sure = sure && surely_none(l->parts[i].status);
	finish_mail(l, sure ? MAIL_UNRESOLVABLE : MAIL_FAILED);
}

static void take_domain(struct dns_lookup *l, struct view domain)
{
	if (dns_name_set(&l->domain, domain) != ST_OK ||
	    (domain.p[0] == '[' && domain.p[domain.n - 1] == ']'))
		l->domain.n = 0;
	ask(l, dns_name_view(&l->domain), DNS_MX);
}

struct dns_lookup *dns_mail_domain(struct dns_port *port, struct view domain, unsigned timeout_ms,
                                   void (*told)(void *arg, enum mail_status result), void *arg)
{
	struct dns_lookup *l = lookup_new(port, timeout_ms, arg);

	l->take = take_mail;
	l->told.mail = told;
	take_domain(l, domain);
	return l;
}

/* --- the addresses of a domain's MX hosts --- */

static void finish_mx(struct dns_lookup *l, enum dns_status status)
{
	const struct dns_mx result = { .status = status,
		                       .addresses = l->found,
		                       .count = l->found_count,
		                       .incomplete = l->incomplete };

	stop(l);
	l->told.mx(l->arg, &result);
	mem_free(l);
}

static void ask_host(struct dns_lookup *l, struct view name)
{
	if (l->family != IP_V6)
		ask(l, name, DNS_A);
	if (l->family != IP_V4)
		ask(l, name, DNS_AAAA);
}

static void ask_hosts(struct dns_lookup *l, const struct dns_answer *a)
{
	size_t hosts = 0;

	l->incomplete = a->cut || a->count > MX_HOSTS_MAX;
	for (size_t i = 0; i < a->count && hosts < MX_HOSTS_MAX; i++) {
		struct dns_name name;

		if (dns_name_set(&name, a->records[i].text) != ST_OK)
			continue; /* no host has such a name, nor the null MX's */
		ask_host(l, dns_name_view(&name));
		hosts++;
	}
}

static void keep_addresses(struct dns_lookup *l, const struct dns_answer *a)
{
	for (size_t i = 0; i < a->count; i++) {
		if (l->found_count == MX_ADDRESSES_MAX) {
			l->incomplete = true;
			return;
		}
		l->found[l->found_count++] = a->records[i].ip;
	}
	l->incomplete = l->incomplete || a->cut;
}

static enum dns_status judge_mx(const struct dns_lookup *l)
{
	enum dns_status status = l->parts[0].status == DNS_NXDOMAIN ? DNS_NXDOMAIN : DNS_NODATA;

	if (l->found_count > 0)
		return DNS_OK;
	for (unsigned i = 1; i < l->used; i++)
		if (!surely_none(l->parts[i].status) && l->parts[i].status != DNS_OK)
			status = l->parts[i].status;
	return status;
}

static void take_mx(struct dns_lookup *l, struct part *p, const struct dns_answer *a)
{
	if (p != &l->parts[0]) {
		keep_addresses(l, a);
		l->incomplete = l->incomplete || (a->status != DNS_OK && !surely_none(a->status));
	} else if (a->status == DNS_OK) {
		ask_hosts(l, a);
	} else if (a->status == DNS_NODATA) {
		ask_host(l, dns_name_view(&l->domain));
	} else {
		finish_mx(l, a->status);
		return;
	}
	if (l->open == 0)
		finish_mx(l, judge_mx(l));
}

struct dns_lookup *dns_mx(struct dns_port *port, struct view domain, enum ip_family family,
                          unsigned timeout_ms, void (*told)(void *arg, const struct dns_mx *result),
                          void *arg)
{
	struct dns_lookup *l = lookup_new(port, timeout_ms, arg);

	l->take = take_mx;
	l->told.mx = told;
	l->family = family;
	take_domain(l, domain);
	return l;
}

/* --- DNS block and allow lists --- */

static bool error_code(const struct ip *ip)
{
	static const uint8_t spamhaus[] = { 127, 255, 255 }, dnswl[] = { 127, 0, 0, 255 };

	return memcmp(ip->octet, spamhaus, sizeof(spamhaus)) == 0 ||
	       memcmp(ip->octet, dnswl, sizeof(dnswl)) == 0;
}

/* An error code counts for more than what else stands beside it, and stands alone then. */
static void read_codes(const struct dns_answer *a, struct dns_list *out,
                       struct ip codes[LIST_CODES_MAX])
{
	out->codes = codes;
	out->status = LIST_LISTED;
	out->why = "listed";
	for (size_t i = 0; i < a->count && out->count < LIST_CODES_MAX; i++) {
		const struct ip *ip = &a->records[i].ip;

		if (ip->octet[0] != 127)
			continue;
		if (error_code(ip)) {
			codes[0] = *ip;
			out->count = 1;
			out->status = LIST_FAILED;
			out->why = "error code";
			return;
		}
		codes[out->count++] = *ip;
	}
	if (out->count == 0) {
		out->status = LIST_FAILED;
		out->why = "not a list's answer";
	}
}

static void take_list(struct dns_lookup *l, struct part *p, const struct dns_answer *a)
{
	struct dns_list result = { .status = LIST_FAILED, .why = a->why };

	(void)p;
	if (a->status == DNS_OK)
		read_codes(a, &result, l->found);
	else if (surely_none(a->status))
		result.status = LIST_NOT_LISTED;
	l->told.list(l->arg, &result);
	mem_free(l);
}

struct dns_lookup *dns_list(struct dns_port *port, const struct ip *ip, struct view zone,
                            unsigned timeout_ms,
                            void (*told)(void *arg, const struct dns_list *result), void *arg)
{
	struct dns_lookup *l = lookup_new(port, timeout_ms, arg);
	struct dns_name name;

	l->take = take_list;
	l->told.list = told;
	if (dns_name_of_address(ip, zone, &name) != ST_OK)
		name.n = 0;
	ask(l, dns_name_view(&name), DNS_A);
	return l;
}
