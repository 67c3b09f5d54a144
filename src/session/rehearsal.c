#include "session/rehearsal.h"

#include "codec/mail.h"
#include "conf/conf.h"
#include "session/act.h"

static void decide(struct rehearsal *r, enum transaction_verdict verdict,
                   enum transaction_reason reason)
{
	r->outcome.verdict = verdict;
	r->outcome.reason = reason;
}

static bool at_end(const struct rehearsal *r)
{
	return r->question.stage == STAGE_END;
}

static void take_judgement(struct rehearsal *r)
{
	struct transaction_outcome *o = &r->outcome;
	const struct judgement *j = &r->judgement;

	o->grey = j->grey;
	o->client_freed = j->client_freed;
	switch (j->verdict) {
	case JUDGE_PASS_CLIENT: decide(r, DO_PASS, BY_AUTO_ALLOW); break;
	case JUDGE_PASS_HELD:
	case JUDGE_PASS_STAYED: decide(r, DO_PASS, BY_STAYING); break;
	case JUDGE_HOLD: decide(r, DO_HOLD, BY_TUPLE); break;
	case JUDGE_DEFER:
		decide(r, o->hold_s > 0 && o->then_defer ? DO_HOLD : DO_DEFER, BY_TUPLE);
		break;
	case JUDGE_PASS: decide(r, DO_PASS, BY_TUPLE); break;
	}
	if (o->verdict == DO_DEFER && !at_end(r) && o->conf->delayed_reject &&
	    r->question.sender.n == 0)
		decide(r, DO_PASS, BY_NULL_SENDER);
}

static void ask_memory(struct rehearsal *r, const struct rehearsal_memory *memory)
{
	const struct acl_verdict *v = r->outcome.rule;
	bool tarpit = !at_end(r) && (v->reasons & REASON_BIT(REASON_TARPIT)) != 0;
	struct judge_question q = { .subject = JUDGE_TRIPLE,
		                    .now = r->question.now,
		                    .instance = question_instance(&r->question) };
	struct judge_seen seen = { memory->client, memory->tuple, memory->mark };

	if (v->effects.flushaddr)
		seen = (struct judge_seen){ NULL, NULL, NULL };
	r->outcome.hold_s = tarpit ? v->tarpit_s : 0;
	r->outcome.then_defer = v->action == ACL_GREYLIST;
	r->policy = gather_rule_policy(&r->gather, v, tarpit);
	r->judgement = judge(&r->policy, &q, &seen);
	r->judged = true;
	take_judgement(r);
}

/* After a message nobody is held. */
static void act_at_end(struct rehearsal *r, const struct rehearsal_memory *memory)
{
	const struct acl_verdict *v = &r->eval.verdict;

	r->outcome.rule = v;
	if (v->action == ACL_BLACKLIST)
		decide(r, DO_REJECT, BY_RULE);
	else if (v->action == ACL_GREYLIST && r->milter.by_default &&
	         r->gather.facts.of[FACT_CLIENT].state == FACT_KNOWN)
		ask_memory(r, memory);
	else
		decide(r, DO_PASS, BY_RULE);
}

static void act(struct rehearsal *r, const struct rehearsal_memory *memory)
{
	const struct acl_verdict *v = &r->eval.verdict;

	r->outcome.rule = v;
	if (v->action == ACL_BLACKLIST)
		decide(r, DO_REJECT, BY_RULE);
	else if (v->action == ACL_WHITELIST && (v->reasons & REASON_BIT(REASON_TARPIT)) == 0)
		decide(r, DO_PASS, BY_RULE);
	else if (r->gather.facts.of[FACT_CLIENT].state != FACT_KNOWN)
		decide(r, DO_PASS, BY_NO_ADDRESS);
	else
		ask_memory(r, memory);
}

/* Only what the question tells; nobody is asked. */
static void gather_told(struct gather *g, enum fact need)
{
	gather_fact(g, need);
	if (need == FACT_CLIENT_NAME)
		gather_given_name(g);
	if (g->facts.of[need].state == FACT_PENDING)
		fact_set_state(&g->facts, need, FACT_NEVER);
}

static void evaluate(struct rehearsal *r, const struct rehearsal_memory *memory,
                     const struct acl_trace *trace)
{
	bool known = r->gather.facts.of[FACT_CLIENT].state == FACT_KNOWN;
	enum acl_result result;

	r->ruled = true;
	r->eval.acts = true;
	for (;;) {
		result = acl_eval(r->gather.conf->acl, at_end(r) ? ACL_DATA : ACL_RCPT,
		                  &r->gather.facts, &r->eval, trace);
		if (result == ACL_ACT) {
			if (r->eval.act->operand.kind == OPERAND_ASSIGN)
				(void)act_set(&r->gather, &r->eval);
			continue;
		}
		if (result != ACL_NEED)
			break;
		if (r->eval.need != FACT_KNOWN_SOURCE && r->eval.need != FACT_GAVE_UP)
			gather_told(&r->gather, r->eval.need);
		else
			gather_memory(&r->gather, known ? memory->client : NULL,
			              known ? memory->mark : NULL);
	}
	if (result == ACL_TEMPFAIL) {
		r->outcome.failed = r->eval.need;
		decide(r, DO_TEMPFAIL, BY_FAILED_FACT);
	} else if (at_end(r)) {
		act_at_end(r, memory);
	} else {
		act(r, memory);
	}
}

static void begin(struct rehearsal *r, const struct conf *conf)
{
	r->question.instance = VIEW("a message of its own");
	gather_begin(&r->gather, &r->question, conf);
	r->gather.facts.never = FACTS_OF_DNS | FACTS_OF_PROGRAMS | FACT_BIT(FACT_RATELIMIT);
	r->outcome.conf = conf;
	r->outcome.gather = &r->gather;
	r->outcome.first = true;
}

static void ask(struct rehearsal *r, const struct rehearsal_memory *memory,
                const struct acl_trace *trace)
{
	const struct conf *conf = r->gather.conf;

	if (conf->exempt_auth && r->question.auth.n > 0)
		decide(r, DO_PASS, BY_AUTH);
	else if (conf->exempt_auth && r->question.tls.n > 0)
		decide(r, DO_PASS, BY_TLS);
	else
		evaluate(r, memory, trace);
}

void rehearse(struct rehearsal *r, const struct question *question, const struct conf *conf,
              const struct rehearsal_memory *memory, const struct acl_trace *trace)
{
	*r = (struct rehearsal){ .question = *question };
	r->question.stage = STAGE_RCPT;
	begin(r, conf);
	ask(r, memory, trace);
}

void rehearsal_know_content(struct gather *g, const struct rehearsal_content *c)
{
	struct facts *f = &g->facts;

	if (!c->headers)
		fact_set_state(f, FACT_HEADERS, FACT_NEVER);
	if (!c->body)
		fact_set_state(f, FACT_BODY, FACT_NEVER);
	if (!c->scored)
		return;
	fact_set_number(f, FACT_SPAMD_SCORE, c->score_tenths);
	fact_set_number(f, FACT_SPAMD_VERDICT, c->score_tenths >= REHEARSAL_SPAM ? 1 : 0);
}

void rehearse_message(struct rehearsal *r, const struct rehearsal *rcpt,
                      const struct rehearsal_content *content,
                      const struct rehearsal_memory *memory, const struct acl_trace *trace)
{
	const struct acl_verdict *v = rcpt->outcome.rule;
	bool whole = content->mail != NULL && content->headers && content->body;

	*r = (struct rehearsal){ .question = rcpt->question };
	r->question.stage = STAGE_END;
	r->milter = (struct question_milter){ .accepted = 1,
		                              .recipients = &content->recipient,
		                              .size = whole ? content->mail->size : -1,
		                              .mail = content->mail,
		                              .by_default = v != NULL && v->by_default &&
		                                            v->action == ACL_WHITELIST };
	r->question.milter = &r->milter;
	begin(r, rcpt->gather.conf);
	rehearsal_know_content(&r->gather, content);
	ask(r, memory, trace);
}

void rehearsal_end(struct rehearsal *r)
{
	gather_end(&r->gather);
}
