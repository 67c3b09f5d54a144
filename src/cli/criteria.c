#include "cli/criteria.h"

#include "engine/tuple.h"
#include "store/digest.h"
#include "util/mem.h"

#define FORM_MAX (TUPLE_TEXT_MAX + NET_TEXT_MAX)

static enum status add_form(struct criterion *c, struct view v)
{
	c->form[c->forms] = buf_of(FORM_MAX);
	return buf_append(&c->form[c->forms++], v);
}

static enum status take_source(struct criterion *c, const struct args *a, const char *text)
{
	char source[NET_TEXT_MAX];
	enum status st;

	c->given = true;
	st = add_form(c, view_of(text));
	if (st != ST_OK || net_parse(view_of(text), &c->net) != ST_OK)
		return st;
	net_format(&c->net, source);
	st = add_form(c, view_of(source));
	if (st != ST_OK || c->net.bits < ip_width(&c->net.base))
		return st;
	tuple_source_net(&c->net.base, (unsigned)a->ipv4_bits, (unsigned)a->ipv6_bits, source);
	return add_form(c, view_of(source));
}

/* As a key has it: lower case, and a sender folded in either way. */
static enum status add_folded(struct criterion *c, struct view v, bool sender,
                              enum fold_options fold)
{
	struct buf text = buf_of(FORM_MAX);
	struct view parts[3], none = { "", 0 };
	enum status st = sender ? tuple_text(VIEW("-"), v, none, fold, &text)
	                        : tuple_text(VIEW("-"), none, v, fold, &text);

	if (st == ST_OK)
		st = tuple_split(buf_view(&text), &parts[0], &parts[1], &parts[2]);
	if (st == ST_OK)
		st = add_form(c, parts[sender ? 1 : 2]);
	buf_free(&text);
	return st;
}

static enum status take_address(struct criterion *c, const char *text, bool sender)
{
	struct view v = view_of(text);
	enum status st;

	c->given = true;
	if (v.n > 1 && v.p[0] == '@') {
		c->domain = v;
		return ST_OK;
	}
	if (view_eq(v, VIEW("<>")))
		v = (struct view){ "", 0 };
	st = add_folded(c, v, sender, FOLD_POSTGREY);
	return st == ST_OK && sender ? add_folded(c, v, sender, FOLD_SRS) : st;
}

static enum status take_client(struct criterion *c, const char *text, struct diag *why)
{
	char address[IP_TEXT_MAX];

	c->given = true;
	if (net_parse(view_of(text), &c->net) != ST_OK) {
		diag_set(why, "--client: an address or a network is expected");
		return ST_INVALID;
	}
	ip_format(&c->net.base, address);
	return add_form(c, view_of(address));
}

static void hash(struct criterion *c, const uint8_t *secret)
{
	for (unsigned i = 0; i < c->forms; i++)
		browse_hash(secret, buf_view(&c->form[i]), c->hash[i]);
}

static enum status take_all(struct criteria *c, const struct args *a, struct diag *why)
{
	enum status st = ST_OK;

	diag_set(why, "a criterion is too long");
	if (a->source != NULL)
		st = take_source(&c->source, a, a->source);
	if (st == ST_OK && a->sender != NULL)
		st = take_address(&c->sender, a->sender, true);
	if (st == ST_OK && a->recipient != NULL)
		st = take_address(&c->recipient, a->recipient, false);
	if (st == ST_OK && a->client != NULL)
		st = take_client(&c->client, a->client, why);
	return st;
}

enum status criteria_new(const struct args *a, const struct browse *b, struct criteria **out,
                         struct diag *why)
{
	struct criteria *c = mem_new(struct criteria);
	const uint8_t *secret = browse_secret(b);
	enum status st = take_all(c, a, why);

	c->hashed = secret != NULL;
	if (st == ST_OK && c->hashed) {
		hash(&c->source, secret);
		hash(&c->sender, secret);
		hash(&c->recipient, secret);
		hash(&c->client, secret);
	}
	if (st != ST_OK)
		criteria_free(&c);
	*out = c;
	return st;
}

static void drop(struct criterion *c)
{
	for (unsigned i = 0; i < c->forms; i++)
		buf_free(&c->form[i]);
}

void criteria_free(struct criteria **c)
{
	if (*c == NULL)
		return;
	drop(&(*c)->source);
	drop(&(*c)->sender);
	drop(&(*c)->recipient);
	drop(&(*c)->client);
	mem_free(*c);
	*c = NULL;
}

/* --- matching --- */

static bool same(const struct criteria *all, const struct criterion *c, struct view part)
{
	for (unsigned i = 0; i < c->forms; i++) {
		if (view_eq(buf_view(&c->form[i]), part))
			return true;
		if (all->hashed && view_eq((struct view){ c->hash[i], BROWSE_HASH_SIZE }, part))
			return true;
	}
	return c->domain.n > 0 && view_ends_nocase(part, c->domain);
}

static bool overlap(const struct ip_net *a, struct view text)
{
	struct ip_net b;

	if (a->base.family == IP_NONE || net_parse(text, &b) != ST_OK)
		return false;
	return net_has(a, &b.base) || net_has(&b, &a->base);
}

static bool match_source(const struct criteria *all, const struct criterion *c, struct view part)
{
	return !c->given || same(all, c, part) || overlap(&c->net, part);
}

static bool match_part(const struct criteria *all, const struct criterion *c, struct view part)
{
	return !c->given || same(all, c, part);
}

/* A digest says nothing of its parts. */
static bool match_digest(const struct criteria *c, const struct browse_entry *e)
{
	struct digests d;

	if (e->table == BROWSE_TUPLES)
		return !c->source.given && !c->sender.given && !c->recipient.given;
	if (!c->client.given)
		return true;
	digests_of_client(buf_view(&c->client.form[0]), &d);
	for (unsigned i = 0; i < d.count; i++)
		if (view_eq(digests_view(&d, i), e->text))
			return true;
	return false;
}

bool criteria_match(const struct criteria *c, const struct browse_entry *e)
{
	if (e->form == BROWSE_DIGEST)
		return match_digest(c, e);
	switch (e->table) {
	case BROWSE_TUPLES:
		return match_source(c, &c->source, e->source) &&
		       match_part(c, &c->sender, e->sender) &&
		       match_part(c, &c->recipient, e->recipient);
	case BROWSE_CLIENTS: return match_source(c, &c->client, e->source);
	case BROWSE_MARKS: return match_source(c, &c->source, e->source);
	case BROWSE_TABLES: break;
	}
	return false;
}
