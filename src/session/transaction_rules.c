/* The rules are asked, and what they miss is found, until they decide. Those that look into a
 * message do so on a thread of the pool: what an expression takes, nobody knows beforehand. */
#include "net/work.h"
#include "session/transaction_inside.h"

#define LOOK_INTO_MS 10000 /* for rules that look into a message, as expressions may take long */

static void act(struct transaction *t, const struct acl_verdict *v)
{
	bool tarpit = (v->reasons & REASON_BIT(REASON_TARPIT)) != 0;

	t->outcome.rule = v;
	if (v->action == ACL_BLACKLIST)
		transaction_finish_soon(t, DO_REJECT, BY_RULE);
	else if (v->action == ACL_WHITELIST && !tarpit)
		transaction_pass_soon(t, BY_RULE);
	else if (t->gather.facts.of[FACT_CLIENT].state != FACT_KNOWN)
		transaction_pass_soon(t, BY_NO_ADDRESS);
	else
		transaction_identify(t);
}

/* False: it is being looked up, and evaluate is called again. */
static bool find(struct transaction *t, enum fact need, const struct acl_object *object)
{
	if (t->recall == RECALL_TRY && !transaction_finds_meanwhile(need)) {
		transaction_scan_after_all(t);
		return true;
	}
	if (need == FACT_KNOWN_SOURCE || need == FACT_GAVE_UP)
		return transaction_peek(t);
	gather_fact(&t->gather, need);
	if (transaction_may_recall(t, need)) {
		if (transaction_identifying(t))
			return false;
		transaction_recall(t);
		if (t->recall == RECALL_TRY)
			return true;
	}
	return !lookup_finds(need) ||
	       !lookups_start(&t->lookups, transaction_stage(t), need, object);
}

static void conclude(struct transaction *t, enum acl_result result)
{
	if (result == ACL_TEMPFAIL) {
		t->outcome.failed = t->eval.need;
		transaction_finish_soon(t, DO_TEMPFAIL, BY_FAILED_FACT);
	} else if (transaction_at_end(t)) {
		transaction_act_at_end(t, &t->eval.verdict);
	} else {
		act(t, &t->eval.verdict);
	}
}

static void on_forgotten(void *arg, const struct store_answer *answer)
{
	struct transaction *t = arg;

	t->call = NULL;
	if (answer->status == ST_OK)
		decision_log_flushed(t->w->log, &t->question, &t->eval.verdict, &t->outcome,
		                     answer->forgotten);
	else
		transaction_complain(t, answer->status);
	conclude(t, t->result);
}

/* What follows must not find what is to be forgotten, so it waits. False: there is nothing to
 * forget. */
static bool forget_client(struct transaction *t, enum acl_result result)
{
	char net[NET_TEXT_MAX], address[IP_TEXT_MAX];
	const struct ip *client = &t->gather.facts.client;

	if (!t->eval.verdict.effects.flushaddr || client->family == IP_NONE || t->w->store == NULL)
		return false;
	t->wanted = FOR_NOTHING;
	t->result = result;
	tuple_source_net(client, t->conf->ipv4_bits, t->conf->ipv6_bits, net);
	ip_format(client, address);
	t->call =
		store_forget(t->w->store, &(struct store_forget){ view_of(net), view_of(address) },
	                     on_forgotten, t);
	return true;
}

static enum acl_result ask_rules(struct transaction *t, const struct facts *facts, struct log *log)
{
	const struct acl_trace trace = decision_trace(log);
	const struct acl_trace *told = t->conf->options->log_rules ? &trace : NULL;

	return acl_eval(t->conf->acl, transaction_stage(t), facts, &t->eval, told);
}

static void take(struct transaction *t, enum acl_result result)
{
	if (t->conf->sources == SOURCE_NET || result != ACL_DECIDED || transaction_at_end(t))
		lookups_cancel(&t->lookups); /* what still runs is of no use */
	if (!forget_client(t, result))
		conclude(t, result);
}

/* Has it come to what need not be done with a scan? Nothing but a deferral that changes nothing. */
static bool is_enough(const struct transaction *t, enum acl_result result)
{
	const struct acl_verdict *v = &t->eval.verdict;

	return result == ACL_NEED ||
	       (result == ACL_DECIDED && v->action == ACL_GREYLIST && !v->effects.flushaddr);
}

/* What the rules want before they go on. True: they may, at once. */
static bool goes_on(struct transaction *t, enum acl_result result)
{
	const struct act act = { &t->gather, t->w->log, t->w->nsupdates };

	if (t->recall == RECALL_TRY && !is_enough(t, result)) {
		transaction_scan_after_all(t);
		return true;
	}
	switch (result) {
	case ACL_ACT: act_on(&act, &t->eval); return true;
	case ACL_NEED: return find(t, t->eval.need, t->eval.need_object);
	case ACL_DECIDED:
	case ACL_TEMPFAIL: take(t, result); break;
	}
	return false;
}

static bool look_into(const struct transaction *t)
{
	return transaction_at_end(t) && t->question.milter->mail != NULL &&
	       (t->conf->acl->wanted[ACL_DATA] & (FACT_BIT(FACT_HEADERS) | FACT_BIT(FACT_BODY))) !=
	               0;
}

static void on_pool(void *arg)
{
	struct transaction *t = arg;

	t->away.result = ask_rules(t, &t->away.facts, t->away.log);
}

static void on_back(void *arg)
{
	struct transaction *t = arg;

	t->away.yes = false;
	if (t->away.dropped)
		transaction_forget(t);
	else if (goes_on(t, t->away.result))
		transaction_evaluate(t);
}

void transaction_look_no_more(void *arg)
{
	struct transaction *t = arg;

	atomic_store_explicit(&t->away.give_up, true, memory_order_relaxed);
}

/* What is still looked up may come meanwhile: the rules see what is known now. */
static void go_away(struct transaction *t)
{
	struct facts *f = &t->away.facts;

	gather_own(&t->gather);
	if (t->away.mail == NULL) {
		t->away.mail = mail_ref(t->question.milter->mail);
		timer_start(t->w->loop, &t->away.deadline, LOOK_INTO_MS, transaction_look_no_more,
		            t);
	}
	*f = t->gather.facts;
	f->give_up = &t->away.give_up;
	f->answers = arena_array(gather_arena(&t->gather), f->answer_count, sizeof(*f->answers));
	if (f->answer_count > 0)
		memcpy(f->answers, t->gather.facts.answers, f->answer_count * sizeof(*f->answers));
	t->away.log = t->w->log;
	t->away.yes = true;
	work_start(t->w->loop, on_pool, on_back, t);
}

/* Each fact that the rules miss is found, or said to be none, until they decide. */
void transaction_evaluate(void *arg)
{
	struct transaction *t = arg;
	enum acl_result result;

	t->wanted = FOR_RULES;
	timer_stop(t->w->loop, &t->again); /* a look-up may have come first */
	if (t->away.yes)
		return;
	if (look_into(t)) {
		go_away(t);
		return;
	}
	do
		result = ask_rules(t, &t->gather.facts, t->w->log);
	while (goes_on(t, result));
}
