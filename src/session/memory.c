#include "session/memory.h"

#include "codec/mail.h"

#define BODY_HASHED ((size_t)4096) /* octets of it that tell one mail from another */

/* The last source is the network, those before it are better. */
void memory_question(const struct memory_keys *k, struct store_question *q)
{
	q->client = buf_view(&k->client);
	q->mark = buf_view(&k->mark);
	for (unsigned i = 0; i < STORE_BETTER_MAX && i + 1 < k->sources; i++)
		q->better[q->betters++] = (struct store_better){ k->source[i].identity,
			                                         buf_view(&k->source[i].tuple) };
	q->tuple = buf_view(&k->source[k->sources - 1].tuple);
	if (q->tuple.n == 0)
		q->betters = 0;
}

/* FNV-1a */
static uint32_t hash(uint32_t h, struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		h = (h ^ (unsigned char)v.p[i]) * 16777619u;
	return (h ^ 0xff) * 16777619u; /* an octet that ends it */
}

/* A pool's machines may each leave a trace of their own in the same mail. */
static bool is_trace(struct view name)
{
	return view_eq_nocase(name, VIEW("Received")) || view_eq_nocase(name, VIEW("X-Received"));
}

/* What is the same when a client comes back with a mail, and hardly with another one. */
static uint32_t mail_hash(const struct mail *mail)
{
	uint32_t h = 2166136261u ^ (uint32_t)mail->body.n;

	for (size_t i = 0; i < mail->header_count; i++) {
		if (is_trace(mail->headers[i].name))
			continue;
		h = hash(hash(h, mail->headers[i].name), mail->headers[i].value);
	}
	h = hash(h, view_first(buf_view(&mail->body), BODY_HASHED));
	return h != 0 ? h : 1;
}

bool memory_scan(const struct gather *g, struct record_scan *out)
{
	const struct fact_value *score = &g->facts.of[FACT_SPAMD_SCORE];
	const struct fact_value *verdict = &g->facts.of[FACT_SPAMD_VERDICT];

	if (score->state != FACT_KNOWN || g->q->milter == NULL || g->q->milter->mail == NULL)
		return false;
	out->score_tenths = score->number;
	out->mail = mail_hash(g->q->milter->mail);
	out->spam = verdict->state == FACT_KNOWN && verdict->number != 0;
	spam_symbols_of_list(score->text, &out->symbols);
	return true;
}

/* By what it was promised. */
static bool must_wait(const struct grey_record *r, int64_t now)
{
	return r->passes == 0 && r->first <= now && now - r->first < r->wait;
}

bool memory_recall(const struct gather *g, struct store_port *store, struct memory_keys *k,
                   struct record_scan *out)
{
	const struct question_milter *m = g->q->milter;
	uint32_t mail = mail_hash(m->mail);
	bool spam = true;

	if (m->accepted == 0 || m->accepted > RECALL_RECIPIENTS_MAX)
		return false;
	for (size_t i = 0; i < m->accepted; i++) {
		struct store_question q = { .betters = 0 };
		struct store_known known;

		if (memory_keys_for(g, mail_bare(m->recipients[i]), k) != ST_OK)
			return false;
		memory_question(k, &q);
		if (store_peek_tuple(store, &q, &known) != ST_OK || !known.scanned ||
		    known.scan.mail != mail || !must_wait(&known.record, g->q->now))
			return false;
		spam = spam && known.scan.spam;
		if (i == 0 || known.scan.score_tenths < out->score_tenths)
			*out = known.scan;
	}
	out->spam = spam;
	return true;
}
