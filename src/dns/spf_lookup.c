#include "dns/spf_lookup.h"

#include "util/mem.h"

struct spf_lookup {
	struct dns_port *port;
	struct spf_check *check;
	struct dns_call *call;
	struct soon soon; /* the check needed no question at all */
	uint64_t due_ms;
	void (*told)(void *arg, const struct spf_result *result);
	void *arg;
};

static void free_lookup(struct spf_lookup *l)
{
	dns_cancel(&l->call);
	loop_not_soon(dns_port_loop(l->port), &l->soon);
	spf_free(&l->check);
	mem_free(l);
}

void spf_lookup_cancel(struct spf_lookup **lookup)
{
	if (*lookup == NULL)
		return;
	free_lookup(*lookup);
	*lookup = NULL;
}

static void tell(void *arg)
{
	struct spf_lookup *l = arg;

	l->told(l->arg, spf_result(l->check));
	free_lookup(l);
}

static enum dns_type type_of(enum spf_type type)
{
	switch (type) {
	case SPF_TYPE_A: return DNS_A;
	case SPF_TYPE_AAAA: return DNS_AAAA;
	case SPF_TYPE_MX: return DNS_MX;
	case SPF_TYPE_PTR: return DNS_PTR;
	case SPF_TYPE_TXT: return DNS_TXT;
	}
	return DNS_TXT;
}

/* Among records that were cut off there may be the SPF record, or the address: nobody can tell. Of
 * hosts of an MX and names of a client SPF looks at ten only. */
static enum spf_dns_status status_of(enum spf_type type, const struct dns_answer *a)
{
	switch (a->status) {
	case DNS_OK:
		return a->cut && type != SPF_TYPE_MX && type != SPF_TYPE_PTR ? SPF_DNS_FAILURE
		                                                             : SPF_DNS_ANSWER;
	case DNS_NODATA: return SPF_DNS_ANSWER;
	case DNS_NXDOMAIN: return SPF_DNS_NXDOMAIN;
	case DNS_FAILED:
	case DNS_TIMEOUT: return SPF_DNS_FAILURE;
	}
	return SPF_DNS_FAILURE;
}

/* Why it is no answer; or was one, but cut off. */
static const char *failure_of(const struct dns_answer *a)
{
	return a->status == DNS_OK ? "too many records" : a->why;
}

static void give(struct spf_check *check, const struct dns_answer *a)
{
	struct ip addresses[DNS_RECORDS_MAX];
	struct view names[DNS_RECORDS_MAX];
	struct spf_text texts[DNS_RECORDS_MAX];
	const struct spf_dns_answer given = {
		.status = status_of(spf_wanted(check)->type, a),
		.failure = failure_of(a),
		.count = a->count,
		.addresses = addresses,
		.names = names,
		.texts = texts,
	};

	for (size_t i = 0; i < a->count; i++) {
		addresses[i] = a->records[i].ip;
		names[i] = a->records[i].text;
		texts[i] = (struct spf_text){ .strings = &names[i], .count = 1 };
	}
	spf_answer(check, &given);
}

static void on_answer(void *arg, const struct dns_answer *answer);

/* True: a question is open. */
static bool go_on(struct spf_lookup *l)
{
	uint64_t now = loop_mono_ms(dns_port_loop(l->port));
	const struct spf_wanted *wanted;

	if (spf_run(l->check) == SPF_DONE)
		return false;
	if (now >= l->due_ms) {
		spf_give_up(l->check);
		return false;
	}
	wanted = spf_wanted(l->check);
	l->call = dns_ask(l->port, spf_name_view(&wanted->name), type_of(wanted->type),
	                  (unsigned)(l->due_ms - now), on_answer, l);
	return true;
}

static void on_answer(void *arg, const struct dns_answer *answer)
{
	struct spf_lookup *l = arg;

	l->call = NULL;
	give(l->check, answer);
	if (!go_on(l))
		tell(l);
}

struct spf_lookup *spf_lookup(struct dns_port *port, const struct spf_question *question,
                              unsigned timeout_ms,
                              void (*told)(void *arg, const struct spf_result *result), void *arg)
{
	struct spf_lookup *l = mem_new(struct spf_lookup);

	l->port = port;
	l->check = spf_new(question);
	l->due_ms = loop_mono_ms(dns_port_loop(port)) + (timeout_ms > 0 ? timeout_ms : 1);
	l->told = told;
	l->arg = arg;
	if (!go_on(l))
		loop_soon(dns_port_loop(port), &l->soon, tell, l);
	return l;
}
