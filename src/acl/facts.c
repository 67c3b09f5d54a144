#include "acl/facts.h"

void fact_set_client(struct facts *f, const struct ip *client)
{
	f->client = *client;
	fact_set_state(f, FACT_CLIENT, client->family == IP_NONE ? FACT_ABSENT : FACT_KNOWN);
}

static bool printable(char c)
{
	return c > ' ' && c < 127;
}

struct view fact_mail(struct arena *arena, struct view address, enum fact_mail_kind kind)
{
	struct view v = view_trim(address);
	size_t tag;
	char *p;

	if (v.n > 0 && v.p[0] == '<')
		v = view_from(v, 1);
	if (v.n > 0 && v.p[v.n - 1] == '>')
		v.n--;
	tag = kind == MAIL_SENDER ? view_rfind(v, '=') : VIEW_NONE;
	if (tag != VIEW_NONE)
		v = view_from(v, tag + 1);
	p = arena_alloc(arena, v.n + 3);
	p[0] = '<';
	for (size_t i = 0; i < v.n; i++)
		p[i + 1] = (char)(kind == MAIL_AS_IT_IS || printable(v.p[i]) ? v.p[i] : '_');
	p[v.n + 1] = '>';
	return (struct view){ p, v.n + 2 };
}

struct view fact_helo(struct arena *arena, struct view helo)
{
	char *p = arena_alloc(arena, helo.n + 1);

	for (size_t i = 0; i < helo.n; i++)
		p[i] = (char)(printable(helo.p[i]) ? helo.p[i] : '_');
	return (struct view){ p, helo.n };
}

struct fact_value *fact_answer_of(const struct facts *f, enum fact fact, const void *object)
{
	for (size_t i = 0; i < f->answer_count; i++)
		if (f->answers[i].fact == fact && f->answers[i].object == object)
			return &f->answers[i].value;
	return NULL;
}

const struct fact_pair *fact_macro(const struct facts *f, struct view name)
{
	for (size_t i = 0; i < f->macro_count; i++)
		if (view_eq(f->macros[i].name, name))
			return &f->macros[i];
	return NULL;
}

const struct fact_pair *fact_property(const struct facts *f, struct view name)
{
	for (size_t i = 0; i < f->property_count; i++)
		if (view_eq_nocase(f->properties[i].name, name))
			return &f->properties[i];
	return NULL;
}

const char *fact_name(enum fact fact)
{
	switch (fact) {
	case FACT_CLIENT: return "the client's address";
	case FACT_CLIENT_NAME: return "the client's name";
	case FACT_REVERSE_NAME: return "the client's reverse name";
	case FACT_RDNS: return "the check of the client's reverse name";
	case FACT_HELO: return "the HELO name";
	case FACT_SENDER:
	case FACT_RAW_SENDER: return "the sender";
	case FACT_RECIPIENT: return "the recipient";
	case FACT_AUTH: return "the authenticated name";
	case FACT_TLS: return "the client's certificate";
	case FACT_RCPT_COUNT: return "the number of recipients";
	case FACT_TIME: return "the time";
	case FACT_MACROS: return "the MTA's macros";
	case FACT_SPF: return "the SPF result";
	case FACT_SPF_SELF: return "SPF for our own address";
	case FACT_DKIM: return "the DKIM result";
	case FACT_DMARC: return "the DMARC result";
	case FACT_SENDER_DOMAIN: return "the sender's domain in the DNS";
	case FACT_MX: return "the MX hosts of the sender's domain";
	case FACT_COUNTRY: return "the client's country";
	case FACT_P0F: return "the client's operating system";
	case FACT_KNOWN_SOURCE: return "whether the client is known";
	case FACT_STRESS: return "the load";
	case FACT_GAVE_UP: return "how the last tarpit ended";
	case FACT_SIZE: return "the size of the message";
	case FACT_HEADERS: return "the headers";
	case FACT_BODY: return "the body";
	case FACT_SPAMD_SCORE:
	case FACT_SPAMD_VERDICT: return "spamd's answer";
	case FACT_BOGOSITY:
	case FACT_BOGOSITY_VERDICT: return "Bogofilter's answer";
	case FACT_PROPERTIES: return "the properties";
	case FACT_DNSRBL: return "the answer of the DNS lists";
	case FACT_RATELIMIT: return "the rate limit";
	case FACT_URLCHECK: return "the URL check";
	case FACT_LDAPCHECK: return "the LDAP check";
	case FACT_MILTER: return "the answer of another milter";
	case FACTS: break;
	}
	return "nothing";
}
