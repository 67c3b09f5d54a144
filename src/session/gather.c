#include "session/gather.h"

#include <time.h>

#include "acl/eval.h"
#include "codec/mail.h"
#include "conf/options.h"
#include "engine/source.h"
#include "engine/tuple.h"
#include "geo/geo.h"

struct arena *gather_arena(struct gather *g)
{
	if (g->arena == NULL)
		g->arena = arena_new();
	return g->arena;
}

/* "[address]" and "unknown" are names to the rules: S25R has a rule for them. */
static void know(struct facts *f, enum fact fact, struct view text)
{
	if (text.n > 0)
		fact_set_text(f, fact, text);
	else
		fact_set_state(f, fact, FACT_ABSENT);
}

struct view gather_plain_address(struct view address)
{
	struct view label = VIEW("IPv6:");

	return view_eq_nocase(view_first(address, label.n), label) ? view_from(address, label.n)
	                                                           : address;
}

static void know_milter(struct gather *g, const struct question_milter *m)
{
	struct facts *f = &g->facts;

	f->macros = m->macros;
	f->macro_count = m->macro_count;
	fact_set_state(f, FACT_MACROS, FACT_KNOWN);
	fact_set_number(f, FACT_RCPT_COUNT, (int64_t)m->accepted);
	if (m->size >= 0)
		fact_set_number(f, FACT_SIZE, m->size);
	if (m->recipients != NULL) {
		f->recipients = m->recipients;
		f->recipient_count = m->accepted;
	}
	if (m->own_name.n > 0)
		f->own_name = m->own_name;
	if (m->spf != NULL) {
		fact_set_number(f, FACT_SPF, m->spf->result);
		g->spf_domain = m->spf->domain;
		f->spf = m->spf->more;
	}
}

static bool is_address(struct view text, struct ip *out)
{
	static const uint8_t anywhere[sizeof(out->octet)];

	return ip_parse(gather_plain_address(text), out) == ST_OK &&
	       memcmp(out->octet, anywhere, sizeof(anywhere)) != 0;
}

/* A milter's MTA tells it in {if_addr}, Postfix in {daemon_addr} alone; Sendmail tells there what
 * it was bound to, which may be all addresses. Behind a translation of addresses localaddr knows
 * better. */
static void know_own_address(struct facts *f, const struct question *q, const struct conf *conf)
{
	struct view own = q->own_address.n > 0 ? q->own_address : view_of(conf->options->localaddr);
	const struct fact_pair *bound = fact_macro(f, VIEW("{daemon_addr}"));

	if (!is_address(own, &f->own_address) &&
	    (bound == NULL || !is_address(bound->value, &f->own_address)))
		f->own_address.family = IP_NONE;
}

static bool unknown(struct view name)
{
	return name.n == 0 || name.p[0] == '[' || view_eq_nocase(name, VIEW("unknown"));
}

void gather_given_name(struct gather *g)
{
	fact_set_text(&g->facts, FACT_CLIENT_NAME, g->q->client_name);
}

/* Is our own look-up to stand for the name that the MTA has not? Then what it says of the reverse
 * name counts for nothing: it may not have asked. */
static bool unbrackets(const struct gather *g)
{
	return g->conf->options->unbracket && unknown(g->q->client_name) &&
	       g->facts.of[FACT_CLIENT].state == FACT_KNOWN;
}

/* The text is there for messages, known or not. */
static void know_name(struct gather *g)
{
	gather_given_name(g);
	if (unbrackets(g))
		g->facts.of[FACT_CLIENT_NAME].state = FACT_PENDING;
}

/* By its name, if another configuration has come since they were asked. */
static int verdict_of(const struct milters_said *said, const struct conf *conf,
                      const struct conf_milter *child)
{
	const struct conf_milter *c = child;

	if (said == NULL || said->conf == NULL)
		return MILTER_SILENT;
	if (said->conf != conf)
		for (c = said->conf->children; c != NULL; c = c->next)
			if (view_eq(view_of(c->name), view_of(child->name)))
				break;
	return c != NULL ? said->verdict[c->index] : MILTER_SILENT;
}

/* Of all of them at once: those that were not asked have said nothing. */
static void know_said(struct gather *g, const struct milters_said *said)
{
	for (const struct conf_milter *c = g->conf->children; c != NULL; c = c->next) {
		struct fact_value *v = gather_answer(g, FACT_MILTER, c->object);
		int verdict = verdict_of(said, g->conf, c);

		if (v != NULL)
			*v = (struct fact_value){ .state = verdict >= 0 ? FACT_KNOWN : FACT_ABSENT,
				                  .number = verdict };
	}
}

void gather_begin(struct gather *g, const struct question *q, const struct conf *conf)
{
	struct ip client = { IP_NONE, { 0 } };

	*g = (struct gather){ .q = q, .conf = conf };
	g->properties = q->properties != NULL ? q->properties : &g->alone;
	if (ip_parse(q->client_address, &client) != ST_OK)
		client.family = IP_NONE;
	fact_set_client(&g->facts, &client);
	know_name(g);
	know(&g->facts, FACT_AUTH, q->auth);
	know(&g->facts, FACT_TLS, q->tls);
	g->facts.own_name = view_of(conf->hostname);
	if (q->milter != NULL)
		know_milter(g, q->milter);
	know_own_address(&g->facts, q, conf);
	if (q->stage == STAGE_END)
		know_said(g, q->milter != NULL ? q->milter->said : NULL);
}

static const struct fact_pair *own_pairs(struct arena *arena, const struct fact_pair *pairs,
                                         size_t n)
{
	struct fact_pair *own = arena_array(arena, n, sizeof(*own));

	for (size_t i = 0; i < n; i++)
		own[i] = (struct fact_pair){ arena_view(arena, pairs[i].name),
			                     arena_view(arena, pairs[i].value) };
	return own;
}

static const struct view *own_views(struct arena *arena, const struct view *views, size_t n)
{
	struct view *own = arena_array(arena, n, sizeof(*own));

	for (size_t i = 0; i < n; i++)
		own[i] = arena_view(arena, views[i]);
	return own;
}

void gather_own(struct gather *g)
{
	static const enum fact brought[] = { FACT_CLIENT_NAME, FACT_AUTH, FACT_TLS };
	struct arena *arena = gather_arena(g);
	struct facts *f = &g->facts;

	if (g->own)
		return;
	g->own = true;
	for (size_t i = 0; i < sizeof(brought) / sizeof(brought[0]); i++)
		f->of[brought[i]].text = arena_view(arena, f->of[brought[i]].text);
	f->own_name = arena_view(arena, f->own_name);
	f->macros = own_pairs(arena, f->macros, f->macro_count);
	f->recipients = own_views(arena, f->recipients, f->recipient_count);
	f->spf = (struct fact_spf){ arena_view(arena, f->spf.domain),
		                    arena_view(arena, f->spf.mechanism),
		                    arena_view(arena, f->spf.problem) };
}

void gather_end(struct gather *g)
{
	properties_clear(&g->alone);
	arena_free(&g->arena);
}

struct fact_value *gather_answer(struct gather *g, enum fact fact, const struct acl_object *object)
{
	struct facts *f = &g->facts;
	struct fact_value *v = fact_answer_of(f, fact, object);

	if (v != NULL)
		return v;
	if (f->answers == NULL) {
		g->answers_room = g->conf->acl->object_count;
		f->answers = arena_array(gather_arena(g), g->answers_room, sizeof(*f->answers));
	}
	if (f->answer_count == g->answers_room)
		return NULL;
	f->answers[f->answer_count] = (struct fact_answer){ .fact = fact, .object = object };
	return &f->answers[f->answer_count++].value;
}

/* Texts that the facts have stay where they are: a rule may have matched them. */
void gather_properties(struct gather *g)
{
	const struct properties *p = g->properties;
	size_t before = g->facts.property_count;

	if (g->pairs == NULL && p->count > 0)
		g->pairs = arena_array(gather_arena(g), PROPERTIES_MAX, sizeof(*g->pairs));
	for (size_t i = 0; i < p->count; i++) {
		struct fact_pair *pair = &g->pairs[i];

		if (i < before && view_eq(pair->name, p->of[i].name) &&
		    view_eq(pair->value, p->of[i].value))
			continue;
		pair->name = arena_view(gather_arena(g), p->of[i].name);
		pair->value = arena_view(gather_arena(g), p->of[i].value);
	}
	g->facts.properties = g->pairs;
	g->facts.property_count = p->count;
	fact_set_state(&g->facts, FACT_PROPERTIES, FACT_KNOWN);
}

void gather_texts(struct gather *g)
{
	static const enum fact named[] = { FACT_SENDER, FACT_RAW_SENDER, FACT_RECIPIENT, FACT_HELO,
		                           FACT_TIME,   FACT_COUNTRY,    FACT_PROPERTIES };

	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		gather_fact(g, named[i]);
}

/* Postfix gives the client's name only when it leads back to the address, and the reverse name in
 * any case (smtpd_peer.c). */
static void find_rdns(struct gather *g)
{
	if (!unknown(g->q->client_name))
		fact_set_number(&g->facts, FACT_RDNS, RDNS_CONFIRMED);
	else if (g->q->reverse_name.n > 0 && !unbrackets(g))
		fact_set_number(&g->facts, FACT_RDNS,
		                unknown(g->q->reverse_name) ? RDNS_NONE : RDNS_UNCONFIRMED);
}

static void find_time(struct gather *g)
{
	struct fact_clock *c = &g->facts.clock;
	time_t t = (time_t)g->q->now;
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL) {
		fact_set_state(&g->facts, FACT_TIME, FACT_FAILED);
		return;
	}
	*c = (struct fact_clock){ .unix_s = g->q->now,
		                  .minute = tm.tm_min,
		                  .hour = tm.tm_hour,
		                  .day = tm.tm_mday,
		                  .month = tm.tm_mon + 1,
		                  .weekday = tm.tm_wday,
		                  .year = tm.tm_year + 1900,
		                  .offset_s = (int)tm.tm_gmtoff,
		                  .zone = tm.tm_zone };
	fact_set_number(&g->facts, FACT_TIME, g->q->now);
}

/* Without a data base, or where it is damaged, nobody knows: "not geoip" does not hold either. */
static void find_country(struct gather *g)
{
	char code[GEO_CODE_SIZE];

	switch ((int)geo_country(g->conf->geo, &g->facts.client, code)) {
	case ST_OK:
		fact_set_text(&g->facts, FACT_COUNTRY, arena_view(gather_arena(g), view_of(code)));
		break;
	case ST_NOTFOUND: fact_set_state(&g->facts, FACT_COUNTRY, FACT_ABSENT); break;
	default: fact_set_state(&g->facts, FACT_COUNTRY, FACT_NEVER); break;
	}
}

/* "Name: value" CR LF; folds as they came, as milter-greylist's. */
static struct view header_line(struct arena *arena, struct view name, struct view value)
{
	size_t n = name.n + value.n + strlen(": \r\n");
	char *p = arena_alloc(arena, n), *at = p;

	memcpy(at, name.p, name.n);
	at += name.n;
	*at++ = ':';
	*at++ = ' ';
	if (value.n > 0)
		memcpy(at, value.p, value.n);
	at += value.n;
	*at++ = '\r';
	*at = '\n';
	return (struct view){ p, n };
}

static void find_headers(struct gather *g, const struct mail *mail)
{
	struct arena *arena = gather_arena(g);
	struct view *list = arena_array(arena, mail->header_count, sizeof(*list));

	for (size_t i = 0; i < mail->header_count; i++)
		list[i] = header_line(arena, mail->headers[i].name,
		                      mail_value(mail, &mail->headers[i]));
	g->facts.headers = list;
	g->facts.header_count = mail->header_count;
	fact_set_state(&g->facts, FACT_HEADERS, FACT_KNOWN);
}

/* What there was no room for can't be looked into. */
static void find_content(struct gather *g, enum fact need)
{
	const struct question_milter *m = g->q->milter;

	if (m == NULL || m->mail == NULL)
		fact_set_state(&g->facts, need, FACT_NEVER);
	else if (m->mail_short)
		fact_set_state(&g->facts, need, FACT_FAILED);
	else if (need == FACT_HEADERS)
		find_headers(g, m->mail);
	else
		fact_set_text(&g->facts, need, buf_view(&m->mail->body));
}

/* What is made of the content by somebody else: pending, if that is there. */
static void find_scannable(struct gather *g, enum fact need)
{
	const struct question_milter *m = g->q->milter;

	if (m == NULL || m->mail == NULL)
		fact_set_state(&g->facts, need, FACT_NEVER);
	else if (m->mail_short)
		fact_set_state(&g->facts, need, FACT_FAILED);
}

void gather_fact(struct gather *g, enum fact need)
{
	const struct question *q = g->q;
	struct facts *f = &g->facts;

	if (f->of[need].state != FACT_PENDING)
		return;
	switch ((int)need) {
	case FACT_SENDER:
		fact_set_text(f, need, fact_mail(gather_arena(g), q->sender, MAIL_SENDER));
		break;
	case FACT_RAW_SENDER:
		fact_set_text(f, need, fact_mail(gather_arena(g), q->sender, MAIL_AS_IT_IS));
		break;
	case FACT_RECIPIENT:
		if (q->recipient.n == 0)
			fact_set_state(f, need, FACT_ABSENT);
		else
			fact_set_text(f, need,
			              fact_mail(gather_arena(g), q->recipient, MAIL_PRINTABLE));
		break;
	case FACT_HELO: fact_set_text(f, need, fact_helo(gather_arena(g), q->helo)); break;
	case FACT_REVERSE_NAME: know(f, need, arena_view(gather_arena(g), q->reverse_name)); break;
	case FACT_RDNS: find_rdns(g); break;
	case FACT_TIME: find_time(g); break;
	case FACT_COUNTRY: find_country(g); break;
	case FACT_HEADERS:
	case FACT_BODY: find_content(g, need); break;
	case FACT_PROPERTIES:
		gather_properties(g);
		gather_texts(g); /* their clauses compare with formats */
		break;
	case FACT_SPAMD_SCORE:
	case FACT_SPAMD_VERDICT:
	case FACT_DKIM:
	case FACT_DMARC:
	case FACT_BOGOSITY:
	case FACT_BOGOSITY_VERDICT: find_scannable(g, need); break;
	case FACT_STRESS: fact_set_number(f, need, q->stress ? 1 : 0); break;
	case FACT_KNOWN_SOURCE:
	case FACT_GAVE_UP:
	case FACT_CLIENT_NAME:
	case FACT_P0F:
	case FACT_URLCHECK:
	case FACT_LDAPCHECK:
	case FACT_SENDER_DOMAIN:
	case FACT_MX:
	case FACT_SPF:
	case FACT_SPF_SELF: break;
	default: fact_set_state(f, need, FACT_NEVER); break;
	}
}

uint64_t question_instance(const struct question *q)
{
	uint64_t h = 14695981039346656037u; /* FNV-1a */

	for (size_t i = 0; i < q->instance.n; i++)
		h = (h ^ (unsigned char)q->instance.p[i]) * 1099511628211u;
	return q->instance.n == 0 ? 0 : h | 1;
}

void gather_memory(struct gather *g, const struct client_record *client,
                   const struct mark_record *mark)
{
	struct judge_policy p = gather_policy(g->conf);
	struct judge_question q = { .now = g->q->now, .instance = question_instance(g->q) };
	bool known = p.client.on && client_decide(&p.client, client, CLIENT_SEEN, q.now).free;

	fact_set_number(&g->facts, FACT_KNOWN_SOURCE, known ? 1 : 0);
	fact_set_number(&g->facts, FACT_GAVE_UP, judge_gave_up(&p, &q, mark) ? 1 : 0);
}

struct judge_policy gather_policy(const struct conf *c)
{
	return (struct judge_policy){
		.grey = { .delay = c->delay,
		          .retry_window = c->retry_window,
		          .max_age = c->max_age,
		          .retry_count = c->retry_count,
		          .promised = c->promised },
		.client = { .on = c->auto_allow,
		            .after = c->auto_allow_after,
		            .interval_s = c->auto_allow_interval_s,
		            .max_age = c->max_age },
		.stayed_knows = c->face != CONF_POSTGREY,
		.mark_age = c->retry_window,
	};
}

/* A whitelist rule with a tarpit holds who is new, and who hung up on it before is greylisted by
 * the rule behind it, which keeps the mark alive. */
struct judge_policy gather_rule_policy(const struct gather *g, const struct acl_verdict *v,
                                       bool tarpit)
{
	struct judge_policy p = gather_policy(g->conf);
	int64_t timeout = p.grey.retry_window - p.grey.delay;

	p.grey.delay = v->effects.delay;
	p.grey.max_age = v->effects.autowhite;
	if (p.grey.promised)
		p.grey.retry_window = v->effects.delay + timeout;
	/* Then a pass frees the address, for as long as the pass itself counts. */
	if (g->conf->options->lazyaw) {
		p.client.on = p.client.on && v->effects.autowhite > 0;
		p.client.max_age = v->effects.autowhite;
	}
	p.targrey = tarpit && v->action == ACL_WHITELIST;
	p.keep_mark = !p.targrey && g->facts.of[FACT_GAVE_UP].state == FACT_KNOWN;
	return p;
}

static struct memory_source *add_source(struct memory_keys *k, enum grey_identity identity)
{
	struct memory_source *s = &k->source[k->sources++];

	*s = (struct memory_source){ .identity = identity,
		                     .text = buf_of(SOURCE_TEXT_MAX),
		                     .tuple = buf_of(TUPLE_TEXT_MAX + SOURCE_TEXT_MAX) };
	return s;
}

static void drop_source(struct memory_keys *k)
{
	struct memory_source *s = &k->source[--k->sources];

	buf_free(&s->text);
	buf_free(&s->tuple);
}

/* The name that the MTA has confirmed, or we. */
static void add_name(struct gather *g, struct memory_keys *k)
{
	struct view name = unknown(g->q->client_name) ? g->confirmed_name : g->q->client_name;

	if (name.n > 0 && source_of_name(name, &add_source(k, GREY_BY_RDNS)->text) != ST_OK)
		drop_source(k);
}

static void add_spf(const struct gather *g, struct memory_keys *k)
{
	if (g->spf_domain.n > 0 &&
	    source_of_spf(g->spf_domain, &add_source(k, GREY_BY_SPF)->text) != ST_OK)
		drop_source(k);
}

static void add_net(const struct gather *g, struct memory_keys *k)
{
	struct memory_source *s = add_source(k, GREY_BY_NET);
	char text[NET_TEXT_MAX];

	tuple_source_net(&g->facts.client, g->conf->ipv4_bits, g->conf->ipv6_bits, text);
	s->text.max = NET_TEXT_MAX;
	if (buf_append(&s->text, view_of(text)) != ST_OK)
		drop_source(k); /* can't be: it has the room */
}

struct view memory_net(const struct memory_keys *k)
{
	return k->sources > 0 ? buf_view(&k->source[k->sources - 1].text) : VIEW("");
}

/* taRgrey marks the client's network: who hangs up once is not held again, whatever it sends next.
 * milter-greylist marks the tuple; a policy server is not told the recipients when DATA proves that
 * the client waited, so network and sender must be enough. */
static enum status mark_key(const struct gather *g, struct memory_keys *k)
{
	if (g->conf->face != CONF_MILTER_GREYLIST)
		return buf_append(&k->mark, memory_net(k));
	return mark_text(memory_net(k), g->q->sender, (enum fold_options)g->conf->fold, &k->mark);
}

static enum status client_key(const struct gather *g, struct memory_keys *k)
{
	char address[IP_TEXT_MAX];

	ip_format(&g->facts.client, address);
	return buf_append(&k->client,
	                  k->sources > 1 ? buf_view(&k->source[0].text) : view_of(address));
}

enum status memory_keys_for(const struct gather *g, struct view recipient, struct memory_keys *k)
{
	enum status st = ST_OK;

	for (unsigned i = 0; i < k->sources && st == ST_OK; i++) {
		struct memory_source *s = &k->source[i];

		buf_clear(&s->tuple);
		st = tuple_text(buf_view(&s->text), g->q->sender, recipient,
		                (enum fold_options)g->conf->fold, &s->tuple);
	}
	return st;
}

enum status memory_keys(struct gather *g, struct memory_keys *out)
{
	const struct question *q = g->q;
	enum status st = ST_OK;

	*out = (struct memory_keys){ .client = buf_of(SOURCE_TEXT_MAX),
		                     .mark = buf_of(TUPLE_TEXT_MAX + NET_TEXT_MAX) };
	if ((g->conf->sources & SOURCE_SPF) != 0)
		add_spf(g, out);
	if ((g->conf->sources & SOURCE_RDNS) != 0)
		add_name(g, out);
	add_net(g, out);
	if (q->recipient.n > 0 || q->stage == STAGE_RCPT || g->conf->face == CONF_POSTGREY)
		st = memory_keys_for(g, q->recipient, out);
	if (st == ST_OK)
		st = client_key(g, out);
	return st == ST_OK ? mark_key(g, out) : st;
}

void memory_keys_free(struct memory_keys *k)
{
	while (k->sources > 0)
		drop_source(k);
	buf_free(&k->client);
	buf_free(&k->mark);
}
