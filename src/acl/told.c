#include "acl/told.h"

#include <stdio.h>

#include "codec/received_spf.h"

/* SPF, the client's name and DMARC, and signatures. */
#define RESULTS_MAX 19

const char *told_word(enum fact_result r)
{
	static const char *const words[] = {
		[RESULT_PASS] = "pass",           [RESULT_FAIL] = "fail",
		[RESULT_SOFTFAIL] = "softfail",   [RESULT_NEUTRAL] = "neutral",
		[RESULT_NONE] = "none",           [RESULT_ERROR] = "temperror",
		[RESULT_PERMERROR] = "permerror",
	};

	return words[r];
}

static bool is_known(const struct facts *f, enum fact fact)
{
	return f->of[fact].state == FACT_KNOWN;
}

static struct view text_of(const struct facts *f, enum fact fact)
{
	return is_known(f, fact) ? f->of[fact].text : VIEW("");
}

/* The sender as it came, else as the rules see it. */
static struct view sender_of(const struct facts *f)
{
	return mail_bare(text_of(f, is_known(f, FACT_RAW_SENDER) ? FACT_RAW_SENDER : FACT_SENDER));
}

enum status told_received_spf(const struct facts *f, struct buf *out)
{
	struct received_spf r = { .client = f->client,
		                  .receiver = f->own_name,
		                  .mail_from = sender_of(f),
		                  .helo = text_of(f, FACT_HELO),
		                  .mechanism = f->spf.mechanism,
		                  .problem = f->spf.problem };

	if (!is_known(f, FACT_SPF))
		return ST_OK;
	r.result = told_word((enum fact_result)f->of[FACT_SPF].number);
	r.helo_identity = r.mail_from.n == 0;
	return received_spf_put(out, &r);
}

/* --- Authentication-Results --- */

struct results {
	struct authres_result list[RESULTS_MAX];
	size_t n;
};

static struct authres_result *add(struct results *r, const char *method, const char *result)
{
	struct authres_result *a = &r->list[r->n];

	if (r->n < RESULTS_MAX - 1)
		r->n++;
	*a = (struct authres_result){ .method = method, .result = result };
	return a;
}

static void add_property(struct authres_result *a, const char *ptype, const char *name,
                         struct view value)
{
	if (a->properties < AUTHRES_PROPERTIES_MAX)
		a->property[a->properties++] = (struct authres_property){ ptype, name, value };
}

/* RFC 8601 section 2.7.3. */
static void add_iprev(struct results *r, const struct facts *f, char address[IP_TEXT_MAX])
{
	static const char *const words[] = {
		[RDNS_CONFIRMED] = "pass", [RDNS_UNCONFIRMED] = "fail", [RDNS_NONE] = "permerror"
	};

	if (!is_known(f, FACT_RDNS) || f->client.family == IP_NONE)
		return;
	ip_format(&f->client, address);
	add_property(add(r, "iprev", words[f->of[FACT_RDNS].number]), "policy", "iprev",
	             view_of(address));
}

static void add_spf(struct results *r, const struct facts *f)
{
	struct view sender = sender_of(f);
	struct authres_result *a;

	if (!is_known(f, FACT_SPF))
		return;
	a = add(r, "spf", told_word((enum fact_result)f->of[FACT_SPF].number));
	a->reason = f->spf.problem;
	if (sender.n > 0)
		add_property(a, "smtp", "mailfrom", sender);
	else
		add_property(a, "smtp", "helo", text_of(f, FACT_HELO));
}

static void add_dkim(struct results *r, const struct facts *f)
{
	if (!is_known(f, FACT_DKIM))
		return;
	if (f->signature_count == 0)
		(void)add(r, "dkim", told_word((enum fact_result)f->of[FACT_DKIM].number));
	for (size_t i = 0; i < f->signature_count; i++) {
		const struct fact_signature *s = &f->signatures[i];
		struct authres_result *a = add(r, "dkim", told_word(s->result));

		a->reason = s->why;
		add_property(a, "header", "d", s->domain);
		add_property(a, "header", "i", s->identity);
		add_property(a, "header", "s", s->selector);
		add_property(a, "header", "b", s->begin);
	}
}

/* RFC 7489 section 11.1; what is published, and what comes of it, in the comment. */
static void add_dmarc(struct results *r, const struct facts *f, char policy[64])
{
	static const char *const words[] = {
		[AUTHOR_PASS] = "pass",           [AUTHOR_NONE] = "fail",
		[AUTHOR_QUARANTINE] = "fail",     [AUTHOR_REJECT] = "fail",
		[AUTHOR_MISSING] = "none",        [AUTHOR_UNCLEAR] = "none",
		[AUTHOR_TEMPERROR] = "temperror", [AUTHOR_PERMERROR] = "permerror",
	};
	static const char *const dispositions[] = { [AUTHOR_NONE] = " dis=none",
		                                    [AUTHOR_QUARANTINE] = " dis=quarantine",
		                                    [AUTHOR_REJECT] = " dis=reject" };
	struct authres_result *a;
	int64_t n = f->of[FACT_DMARC].number;

	if (!is_known(f, FACT_DMARC))
		return;
	a = add(r, "dmarc", words[n]);
	if (f->author.published != NULL) {
		(void)snprintf(policy, 64, "p=%s%s", f->author.published,
		               n >= AUTHOR_NONE && n <= AUTHOR_REJECT ? dispositions[n] : "");
		a->reason = view_of(policy);
	}
	add_property(a, "header", "from", f->author.domain);
}

enum status told_authentication(const struct facts *f, struct view id, enum authres_shape shape,
                                struct buf *out)
{
	char address[IP_TEXT_MAX], policy[64];
	struct results r = { .n = 0 };

	add_iprev(&r, f, address);
	add_spf(&r, f);
	add_dkim(&r, f);
	add_dmarc(&r, f, policy);
	return authres_put(out, shape, id, r.list, r.n);
}
