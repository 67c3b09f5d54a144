#include "spf/spf.h"

#include <stdio.h>

#include "spf/check.h"
#include "util/escape.h"
#include "util/mem.h"

/* IPv4 mapped into IPv6 is IPv4 (section 5). */
static struct ip plain(struct ip ip)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (ip.family == IP_V6 && memcmp(ip.octet, mapped, sizeof(mapped)) == 0) {
		ip.family = IP_V4;
		memmove(ip.octet, ip.octet + 12, 4);
		memset(ip.octet + 4, 0, 12);
	}
	return ip;
}

static void take_local(struct spf_check *c, struct view local)
{
	if (local.n == 0)
		local = VIEW("postmaster"); /* section 4.3 */
	c->local_usable = local.n <= SPF_LOCAL_MAX && spf_printable(local);
	if (!c->local_usable)
		return;
	memcpy(c->local, local.p, local.n);
	c->local_n = local.n;
}

/* For %{h}, any text will do: a name that can't be asked for matches nothing. */
static void take_helo(struct spf_check *c, struct view helo)
{
	struct spf_name ascii;

	if (spf_name_from_mail(&ascii, helo) == ST_OK)
		helo = spf_name_view(&ascii);
	c->helo_usable = helo.n <= SPF_HELO_MAX && spf_printable(helo);
	if (!c->helo_usable || helo.n == 0)
		return;
	memcpy(c->helo, helo.p, helo.n);
	c->helo_n = helo.n;
}

static void begin(struct spf_check *c, struct view domain)
{
	struct spf_name *name = &c->sender_domain;
	char shown[SPF_SHOWN_MAX];

	if (c->client.family == IP_NONE) {
		diag_set(&c->result.why, "the client has no address");
		spf_finish(c, SPF_NONE);
	} else if (spf_name_from_mail(name, domain) != ST_OK || !spf_name_is_domain(name)) {
		diag_set(&c->result.why, "\"%s\" is no domain",
		         escape_text(domain, shown, sizeof(shown)));
		spf_finish(c, SPF_NONE);
	} else {
		memcpy(c->result.domain, name->text, name->n + 1);
		spf_push(c, name);
	}
}

struct spf_check *spf_new(const struct spf_question *q)
{
	struct spf_check *c = mem_new(struct spf_check);
	size_t at = view_rfind(q->mail_from, '@');
	struct view domain = at != VIEW_NONE ? view_from(q->mail_from, at + 1) : q->mail_from;

	c->client = plain(q->client);
	c->now = q->now;
	c->unexplained = q->unexplained;
	c->trace = q->trace;
	c->explain = buf_of(SPF_EXPLAIN_MAX);
	c->explanation = buf_of(SPF_EXPLANATION_MAX);
	take_local(c, view_first(q->mail_from, at != VIEW_NONE ? at : 0));
	take_helo(c, q->helo);
	if (!spf_printable(q->receiver) || spf_name_set(&c->receiver, q->receiver) != ST_OK)
		c->receiver = (struct spf_name){ "unknown", 7 };
	c->result.helo = q->mail_from.n == 0;
	begin(c, c->result.helo ? q->helo : domain);
	return c;
}

void spf_free(struct spf_check **c)
{
	if (*c == NULL)
		return;
	while ((*c)->depth > 0)
		spf_pop(*c);
	buf_free(&(*c)->explain);
	buf_free(&(*c)->explanation);
	mem_free((*c)->record);
	mem_free(*c);
	*c = NULL;
}

void spf_push(struct spf_check *c, const struct spf_name *domain)
{
	c->depth++;
	*spf_frame(c) = (struct spf_frame){ .domain = *domain };
	spf_enter(c, SPF_S_RECORD);
}

void spf_pop(struct spf_check *c)
{
	mem_free(spf_frame(c)->text);
	c->depth--;
}

void spf_finish(struct spf_check *c, enum spf_verdict v)
{
	c->result.verdict = v;
	if (v == SPF_FAIL && !c->unexplained && c->frame[0].modifiers.exp.n > 0)
		spf_enter(c, SPF_S_EXPLAIN);
	else
		spf_enter(c, SPF_S_DONE);
}

void spf_error(struct spf_check *c, enum spf_verdict v, const char *fmt, ...)
{
	const struct spf_frame *f = spf_frame(c);
	unsigned column = 0;
	char text[sizeof(c->result.why.text)];
	va_list ap;

	if (f->term.text.n > 0)
		column = (unsigned)(f->term.text.p - f->text) + 1;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_at(&c->result.why, 1, column, "%s: %s", f->domain.text, text);
	memset(&c->result.match, 0, sizeof(c->result.match));
	spf_finish(c, v);
}

void spf_tell(const struct spf_check *c, struct spf_event event)
{
	if (c->trace.told == NULL)
		return;
	event.depth = c->depth - 1;
	event.domain = c->frame[c->depth - 1].domain.text;
	c->trace.told(c->trace.arg, &event);
}

enum spf_step spf_run(struct spf_check *c)
{
	while (!c->asked && c->state != SPF_S_DONE)
		spf_step(c);
	return c->asked ? SPF_NEED : SPF_DONE;
}

const struct spf_wanted *spf_wanted(const struct spf_check *c)
{
	return c->asked ? &c->wanted : NULL;
}

void spf_answer(struct spf_check *c, const struct spf_dns_answer *a)
{
	if (!c->asked)
		return;
	c->asked = false;
	spf_tell(c, (struct spf_event){ .kind = SPF_ANSWERED, .wanted = &c->wanted, .answer = a });
	spf_take(c, a);
}

static bool verdict_is_there(const struct spf_check *c)
{
	return c->state == SPF_S_DONE || c->result.verdict == SPF_FAIL;
}

void spf_give_up(struct spf_check *c)
{
	c->asked = false;
	if (verdict_is_there(c))
		spf_enter(c, SPF_S_DONE);
	else
		spf_error(c, SPF_TEMPERROR, "the check took too long");
}

const struct spf_result *spf_result(const struct spf_check *c)
{
	return c->state == SPF_S_DONE ? &c->result : NULL;
}

const char *spf_verdict_text(enum spf_verdict v)
{
	switch (v) {
	case SPF_NONE: return "none";
	case SPF_NEUTRAL: return "neutral";
	case SPF_PASS: return "pass";
	case SPF_FAIL: return "fail";
	case SPF_SOFTFAIL: return "softfail";
	case SPF_TEMPERROR: return "temperror";
	case SPF_PERMERROR: return "permerror";
	}
	return "unknown";
}

const char *spf_type_text(enum spf_type type)
{
	switch (type) {
	case SPF_TYPE_A: return "A";
	case SPF_TYPE_AAAA: return "AAAA";
	case SPF_TYPE_MX: return "MX";
	case SPF_TYPE_PTR: return "PTR";
	case SPF_TYPE_TXT: return "TXT";
	}
	return "unknown";
}
