/* Greylisting: what the memory is asked, and what it says. */
#include "session/transaction_inside.h"

#define PEEK_AGAIN_MS 10 /* while the store's map grows, or it is down: look again */

/* The null sender of a bounce may be a server that checks whether the address exists: it gets its
 * refusal after the message, if the MTA asks us then. */
static void put_off(struct transaction *t)
{
	struct transaction_outcome *o = &t->outcome;

	if (o->verdict != DO_DEFER || !t->conf->delayed_reject || t->question.sender.n > 0 ||
	    t->question.stage != STAGE_RCPT || t->question.instance.n == 0)
		return;
	if (t->question.milter == NULL) /* else the door keeps it */
		instances_refuse(t->w->instances, question_instance(&t->question), o->grey.missing);
	o->verdict = DO_PASS;
	o->reason = BY_NULL_SENDER;
}

static void take_judgement(struct transaction *t, const struct store_answer *answer)
{
	struct transaction_outcome *o = &t->outcome;
	const struct judgement *j = &answer->judgement;

	o->grey = j->grey;
	o->client_freed = j->client_freed;
	o->reason = BY_TUPLE;
	o->first = answer->first_of_instance;
	switch (j->verdict) {
	case JUDGE_PASS_CLIENT: o->reason = BY_AUTO_ALLOW; break;
	case JUDGE_PASS_HELD:
	case JUDGE_PASS_STAYED: o->reason = BY_STAYING; break;
	case JUDGE_HOLD: o->verdict = DO_HOLD; break;
	case JUDGE_DEFER: o->verdict = DO_DEFER; break;
	case JUDGE_PASS: break;
	}
	if (j->verdict == JUDGE_DEFER && o->hold_s > 0 && o->then_defer)
		o->verdict = DO_HOLD;
	if (o->verdict == DO_HOLD)
		instances_hold(t->w->instances, question_instance(&t->question), o->hold_s);
	else if (o->reason == BY_STAYING)
		o->hold_s = instances_held(t->w->instances, question_instance(&t->question));
	if (o->verdict == DO_PASS && j->grey.reason != GREY_RETRIED)
		o->first = instances_first(t->w->instances, question_instance(&t->question));
	put_off(t);
}

static void on_answer(void *arg, const struct store_answer *answer)
{
	struct transaction *t = arg;

	t->call = NULL;
	t->outcome.verdict = DO_PASS;
	if (answer->status == ST_OK) {
		take_judgement(t, answer);
	} else {
		t->outcome.reason = BY_NO_MEMORY;
		t->outcome.trouble = answer->status;
		transaction_complain(t, answer->status);
	}
	transaction_finish(t);
}

/* Made once, when the memory is to be asked. */
enum status transaction_need_keys(struct transaction *t)
{
	if (t->w->store == NULL)
		return ST_UNAVAILABLE;
	if (!t->has_keys)
		t->keys_status = memory_keys(&t->gather, &t->keys);
	t->has_keys = true;
	return t->keys_status;
}

/* The keys are made. */
void transaction_ask_tuple(struct transaction *t, enum judge_subject subject,
                           const struct judge_policy *policy,
                           void (*answered)(void *arg, const struct store_answer *answer))
{
	struct store_question q = { .judge = { .subject = subject,
		                               .now = t->question.now,
		                               .instance = question_instance(&t->question) },
		                    .policy = *policy };

	q.test_clock = t->question.test_clock;
	q.scan = t->scanned ? &t->scan : NULL;
	memory_question(&t->keys, &q);
	t->call = store_ask(t->w->store, &q, answered, t);
}

static void ask_store(struct transaction *t, enum judge_subject subject,
                      const struct judge_policy *policy)
{
	enum status st = transaction_need_keys(t);

	if (st == ST_OK)
		transaction_ask_tuple(t, subject, policy, on_answer);
	else
		transaction_no_memory(t, st);
}

/* What is left of the rule's wait. A policy door's MTA waits a whole one for each answer; in a
 * milter's session those of the recipients add up to the longest (scope session), or only one that
 * is longer than all before is waited for (command). */
static int64_t left_to_wait(const struct transaction *t, const struct acl_verdict *v)
{
	const struct question_milter *m = t->question.milter;

	if (m == NULL)
		return v->tarpit_s;
	if (v->effects.tarpit_scope == ACL_SCOPE_COMMAND)
		return v->tarpit_s > m->longest_s ? v->tarpit_s : 0;
	return v->tarpit_s > m->waited_s ? v->tarpit_s - m->waited_s : 0;
}

/* A policy door's MTA waits by itself, and never tells when it gave up. */
static bool may_hold(struct transaction *t, int64_t hold_s)
{
	uint64_t now = loop_mono_ms(t->w->loop);
	uint64_t until =
		t->question.milter != NULL ? BUDGET_UNTIL_RELEASED : now + (uint64_t)hold_s * 1000;

	return (t->question.milter != NULL && hold_s == 0) ||
	       budget_take(t->w->budget, &t->gather.facts.client, now, until, &t->outcome.place);
}

/* The memory judges, by the times of the rule that decided. */
static void greylist(struct transaction *t, const struct acl_verdict *v)
{
	int64_t hold_s = left_to_wait(t, v);
	bool tarpit = (v->reasons & REASON_BIT(REASON_TARPIT)) != 0 && may_hold(t, hold_s);
	struct judge_policy p = gather_rule_policy(&t->gather, v, tarpit);

	t->outcome.hold_s = tarpit ? hold_s : 0;
	t->outcome.then_defer = v->action == ACL_GREYLIST;
	ask_store(t, JUDGE_TRIPLE, &p);
}

/* Who the client is to the memory. True: it is being looked up. */
bool transaction_identifying(struct transaction *t)
{
	return !t->has_keys && lookups_identify(&t->lookups);
}

void transaction_identify(struct transaction *t)
{
	t->wanted = FOR_MEMORY;
	if (transaction_identifying(t))
		return;
	lookups_cancel(&t->lookups);
	if (transaction_at_end(t))
		transaction_judge_next(t);
	else
		greylist(t, &t->eval.verdict);
}

/* Who was held has stayed. */
void transaction_ask_stayed(struct transaction *t)
{
	const struct question_milter *m = t->question.milter;
	struct judge_policy p = gather_policy(t->conf);

	t->wanted = FOR_STAYED;
	if (transaction_identifying(t))
		return;
	p.targrey = true; /* there may be a mark */
	if (m != NULL && m->autowhite != ACL_UNSET)
		p.grey.max_age = m->autowhite;
	ask_store(t, JUDGE_STAYED, &p);
}

/* False: it can't be told yet, and evaluate is called again. */
bool transaction_peek(struct transaction *t)
{
	uint64_t now = loop_mono_ms(t->w->loop);
	enum status st;

	if (transaction_identifying(t))
		return false;
	st = transaction_need_keys(t);
	if (st == ST_OK && t->gather.facts.of[FACT_CLIENT].state == FACT_KNOWN) {
		struct store_peek peek = { .client = buf_view(&t->keys.client),
			                   .mark = buf_view(&t->keys.mark) };

		if (t->give_up_ms == 0)
			t->give_up_ms = now + t->conf->store_timeout_ms;
		st = store_peek(t->w->store, &peek);
		if (st != ST_OK && now < t->give_up_ms) {
			timer_start(t->w->loop, &t->again, PEEK_AGAIN_MS, transaction_evaluate, t);
			return false;
		}
		gather_memory(&t->gather, peek.has_client ? &peek.client_record : NULL,
		              peek.has_mark ? &peek.mark_record : NULL);
	} else {
		gather_memory(&t->gather, NULL, NULL);
	}
	return true;
}
