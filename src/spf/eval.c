#include "spf/check.h"
#include "util/escape.h"
#include "util/mem.h"

static void ask(struct spf_check *c, const struct spf_name *name, enum spf_type type)
{
	c->wanted.name = *name;
	c->wanted.type = type;
	c->asked = true;
	c->result.questions++;
}

static enum spf_type address_type(const struct spf_check *c)
{
	return c->client.family == IP_V4 ? SPF_TYPE_A : SPF_TYPE_AAAA;
}

/* Section 7.3, "p": the domain itself, else a name below it, else any, else "unknown". */
static struct view validated(const struct spf_check *c, struct view domain)
{
	struct view best = VIEW("unknown");
	unsigned rank = 0;

	for (size_t i = 0; i < c->names; i++) {
		struct view name = spf_name_view(&c->name[i].name);
		unsigned fits = view_eq_nocase(name, domain)   ? 3
		                : spf_name_under(name, domain) ? 2
		                                               : 1;

		if (c->name[i].valid && fits > rank) {
			rank = fits;
			best = name;
		}
	}
	return best;
}

static struct spf_values values_of(struct spf_check *c)
{
	struct view domain = spf_name_view(&spf_frame(c)->domain);

	return (struct spf_values){
		.local = { c->local, c->local_n },
		.sender_domain = spf_name_view(&c->sender_domain),
		.domain = domain,
		.helo = { c->helo, c->helo_n },
		.validated = validated(c, domain),
		.receiver = spf_name_view(&c->receiver),
		.client = c->client,
		.now = c->now,
		.local_usable = c->local_usable,
		.helo_usable = c->helo_usable,
	};
}

/* A text with %{p} needs the client's names first; true: they are being asked for, and then the
 * state is entered anew. */
static bool names_first(struct spf_check *c, struct view text)
{
	if (c->names_known || !spf_macro_uses(text, 'p'))
		return false;
	c->after = c->state;
	spf_enter(c, SPF_S_PTR);
	return true;
}

/* Statuses as spf_macro_name. */
static enum status make_target(struct spf_check *c, struct view spec)
{
	struct spf_values values = values_of(c);

	if (spec.n > 0)
		return spf_macro_name(spec, &values, &c->target);
	c->target = spf_frame(c)->domain;
	return ST_OK;
}

static bool count_term(struct spf_check *c)
{
	if (++c->result.terms <= SPF_TERMS_MAX)
		return true;
	spf_error(c, SPF_PERMERROR, "more than %d terms ask the DNS", SPF_TERMS_MAX);
	return false;
}

bool spf_count_void(struct spf_check *c)
{
	if (++c->result.voids <= SPF_VOIDS_MAX)
		return true;
	spf_error(c, SPF_PERMERROR, "more than %d terms have empty answers", SPF_VOIDS_MAX);
	return false;
}

static enum spf_verdict verdict_of(char qualifier)
{
	switch (qualifier) {
	case '-': return SPF_FAIL;
	case '~': return SPF_SOFTFAIL;
	case '?': return SPF_NEUTRAL;
	default: return SPF_PASS;
	}
}

static void tell_match(struct spf_check *c)
{
	const struct spf_term *t = &spf_frame(c)->term;

	spf_tell(c, (struct spf_event){ .kind = SPF_MATCHED,
	                                .text = t->text,
	                                .verdict = verdict_of(t->qualifier) });
}

/* Macros of the client, of its HELO and of the sender's local part. */
static bool tailors(struct view spec)
{
	static const char letters[] = "icpvhls";

	for (const char *l = letters; *l != '\0'; l++)
		if (spf_macro_uses(spec, *l))
			return true;
	return false;
}

void spf_matched(struct spf_check *c, const struct ip_net *net)
{
	const struct spf_frame *f = spf_frame(c);
	struct spf_match *m = &c->result.match;

	*m = (struct spf_match){ .any = true, .kind = f->term.kind };
	m->tailored = f->tailored || tailors(f->term.spec);
	if (net != NULL) {
		m->net = *net;
		m->width = spf_width(c, net);
	}
	(void)escape_text(f->term.text, m->term, sizeof(m->term));
	memcpy(m->domain, f->domain.text, f->domain.n + 1);
	tell_match(c);
	spf_conclude(c, verdict_of(f->term.qualifier));
}

void spf_unmatched(struct spf_check *c)
{
	spf_tell(c, (struct spf_event){ .kind = SPF_UNMATCHED, .text = spf_frame(c)->term.text });
	spf_enter(c, SPF_S_TERM);
}

/* Section 5.2, the table: what an include makes of the verdict inside. True: it matches. */
static bool include_matches(struct spf_check *c, enum spf_verdict inside)
{
	switch (inside) {
	case SPF_PASS: return true;
	case SPF_FAIL:
	case SPF_SOFTFAIL:
	case SPF_NEUTRAL: spf_unmatched(c); return false;
	case SPF_NONE: spf_error(c, SPF_PERMERROR, "what it includes has no SPF record"); break;
	case SPF_TEMPERROR:
	case SPF_PERMERROR: break; /* spf_error has ended the check */
	}
	return false;
}

static void tell_verdict(const struct spf_check *c, enum spf_verdict v)
{
	spf_tell(c, (struct spf_event){ .kind = SPF_CONCLUDED, .verdict = v });
}

void spf_conclude(struct spf_check *c, enum spf_verdict v)
{
	tell_verdict(c, v);
	while (c->depth > 1) {
		spf_pop(c);
		if (!include_matches(c, v)) {
			memset(&c->result.match, 0, sizeof(c->result.match));
			return;
		}
		v = verdict_of(spf_frame(c)->term.qualifier);
		tell_match(c);
		tell_verdict(c, v);
	}
	if (c->result.match.any)
		(void)escape_text(spf_frame(c)->term.text, c->result.match.via,
		                  sizeof(c->result.match.via));
	spf_finish(c, v);
}

static void next_term(struct spf_check *c)
{
	struct spf_frame *f = spf_frame(c);
	struct diag why;

	/* The whole record has been checked, so it ends or there is a term. */
	if (spf_record_next(&f->reader, &f->term, &why) == ST_OK) {
		if (f->term.kind == SPF_REDIRECT || !spf_kind_asks(f->term.kind) || count_term(c))
			spf_enter(c, SPF_S_EVAL);
		return;
	}
	f->term = (struct spf_term){ .kind = SPF_ALL };
	if (f->modifiers.redirect.n == 0) {
		if (c->depth == 1)
			diag_set(&c->result.why, "%s: no mechanism matches", f->domain.text);
		spf_conclude(c, SPF_NEUTRAL); /* section 4.7 */
	} else if (count_term(c)) {
		spf_enter(c, SPF_S_REDIRECT);
	}
}

static void redirect(struct spf_check *c)
{
	struct spf_frame *f = spf_frame(c);
	bool tailored = f->tailored || tailors(f->modifiers.redirect);

	if (names_first(c, f->modifiers.redirect))
		return;
	if (make_target(c, f->modifiers.redirect) != ST_OK || !spf_name_is_domain(&c->target)) {
		spf_error(c, SPF_PERMERROR, "it redirects to no domain");
		return;
	}
	spf_tell(c,
	         (struct spf_event){ .kind = SPF_REDIRECTED, .text = spf_name_view(&c->target) });
	mem_free(f->text);
	*f = (struct spf_frame){ .domain = c->target, .redirected = true, .tailored = tailored };
	spf_enter(c, SPF_S_RECORD);
}

static void match_net(struct spf_check *c)
{
	const struct ip_net *net = &spf_frame(c)->term.net;

	if (net_has(net, &c->client))
		spf_matched(c, net);
	else
		spf_unmatched(c);
}

/* Section 5.5 */
static void match_ptr(struct spf_check *c)
{
	if (!c->names_known) {
		c->after = c->state;
		spf_enter(c, SPF_S_PTR);
		return;
	}
	if (c->names_void && !spf_count_void(c))
		return;
	for (size_t i = 0; i < c->names; i++) {
		if (c->name[i].valid &&
		    spf_name_under(spf_name_view(&c->name[i].name), spf_name_view(&c->target))) {
			spf_matched(c, NULL);
			return;
		}
	}
	spf_unmatched(c);
}

/* A domain that is none has no record: section 4.3. */
static void include(struct spf_check *c, enum status st)
{
	bool tailored = spf_frame(c)->tailored || tailors(spf_frame(c)->term.spec);

	if (st != ST_OK || !spf_name_is_domain(&c->target)) {
		spf_error(c, SPF_PERMERROR, "it includes no domain");
		return;
	}
	spf_push(c, &c->target);
	spf_frame(c)->tailored = tailored;
}

static void evaluate(struct spf_check *c)
{
	const struct spf_term *t = &spf_frame(c)->term;
	enum status st = ST_OK;

	if (spf_kind_asks(t->kind) && t->kind != SPF_REDIRECT) {
		if (names_first(c, t->spec))
			return;
		st = make_target(c, t->spec);
	}
	/* Such a name can't exist; and a local part that is not ASCII matches nothing. */
	if (st == ST_INVALID || (st == ST_NOTFOUND && t->kind != SPF_INCLUDE)) {
		spf_unmatched(c);
		return;
	}
	switch (t->kind) {
	case SPF_ALL: spf_matched(c, NULL); break;
	case SPF_IP4:
	case SPF_IP6: match_net(c); break;
	case SPF_INCLUDE: include(c, st); break;
	case SPF_A: spf_enter(c, SPF_S_ADDRESS); break;
	case SPF_MX: spf_enter(c, SPF_S_MX); break;
	case SPF_PTR: match_ptr(c); break;
	case SPF_EXISTS: spf_enter(c, SPF_S_EXISTS); break;
	case SPF_REDIRECT:
	case SPF_EXP:
	case SPF_UNKNOWN_MODIFIER: spf_enter(c, SPF_S_TERM); break;
	}
}

static void next_host(struct spf_check *c)
{
	if (c->next_host < c->hosts)
		ask(c, &c->host[c->next_host], address_type(c));
	else
		spf_unmatched(c);
}

static void ask_names(struct spf_check *c)
{
	struct spf_name reverse;

	spf_name_reverse(&c->client, &reverse);
	ask(c, &reverse, SPF_TYPE_PTR);
}

static void next_name(struct spf_check *c)
{
	if (c->next_name < c->names) {
		ask(c, &c->name[c->next_name].name, address_type(c));
		return;
	}
	c->names_known = true;
	spf_enter(c, c->after);
}

/* Section 6.2: whatever is wrong with an explanation, there is none then. */
static void explain(struct spf_check *c)
{
	struct view exp = c->frame[0].modifiers.exp;

	if (names_first(c, exp))
		return;
	if (make_target(c, exp) != ST_OK) {
		spf_enter(c, SPF_S_DONE);
		return;
	}
	spf_tell(c, (struct spf_event){ .kind = SPF_EXPLAINED, .text = spf_name_view(&c->target) });
	spf_enter(c, SPF_S_EXPLANATION);
}

static void expand(struct spf_check *c)
{
	struct view text = buf_view(&c->explain);
	struct spf_values values;
	enum status st;

	if (names_first(c, text))
		return;
	values = values_of(c);
	st = spf_macro_expand(text, &values, &c->explanation);
	if (st == ST_LIMIT) {
		while (buf_append(&c->explanation, VIEW("...")) != ST_OK)
			c->explanation.n--;
		st = ST_OK;
	}
	if (st == ST_OK && spf_printable(buf_view(&c->explanation)))
		c->result.explanation = buf_view(&c->explanation);
	spf_enter(c, SPF_S_DONE);
}

void spf_step(struct spf_check *c)
{
	switch (c->state) {
	case SPF_S_RECORD: ask(c, &spf_frame(c)->domain, SPF_TYPE_TXT); break;
	case SPF_S_TERM: next_term(c); break;
	case SPF_S_EVAL: evaluate(c); break;
	case SPF_S_ADDRESS: ask(c, &c->target, address_type(c)); break;
	case SPF_S_EXISTS: ask(c, &c->target, SPF_TYPE_A); break;
	case SPF_S_MX: ask(c, &c->target, SPF_TYPE_MX); break;
	case SPF_S_HOST: next_host(c); break;
	case SPF_S_REDIRECT: redirect(c); break;
	case SPF_S_PTR: ask_names(c); break;
	case SPF_S_NAME: next_name(c); break;
	case SPF_S_EXPLAIN: explain(c); break;
	case SPF_S_EXPLANATION: ask(c, &c->target, SPF_TYPE_TXT); break;
	case SPF_S_EXPAND: expand(c); break;
	case SPF_S_DONE: break;
	}
}
