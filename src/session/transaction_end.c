/* The end of a message that a milter saw: what the rules decided is done for all its recipients. */
#include "session/handover.h"
#include "session/transaction_inside.h"

/* The message is let in, when all is known that its headers tell. */
void transaction_tell(struct transaction *t)
{
	uint64_t told = conf_told(t->conf);
	bool under_way = false;

	t->wanted = FOR_HEADERS;
	/* The rules have given up what they did not need; nothing is begun that they want. */
	handover_serve(&t->question, &t->lookups);
	t->lookups.begun = true;
	for (enum fact fact = FACT_CLIENT; fact < FACTS; fact++) {
		if ((told & FACT_BIT(fact)) == 0)
			continue;
		gather_fact(&t->gather, fact);
		if (lookup_finds(fact) && lookups_start(&t->lookups, ACL_DATA, fact, NULL))
			under_way = true;
	}
	if (!under_way)
		transaction_finish_soon(t, DO_PASS, t->outcome.reason);
}

void transaction_pass_at_end(struct transaction *t, enum transaction_reason reason)
{
	t->outcome.reason = reason;
	transaction_tell(t);
}

/* What was recalled is forgotten, and the rules go on from where they missed it. */
void transaction_scan_after_all(struct transaction *t)
{
	t->recall = RECALL_END;
	t->eval = t->unscanned;
	t->next = 0;
	t->outcome.verdict = DO_PASS;
	t->outcome.recalled = false;
	t->outcome.rule = NULL;
	fact_set_state(&t->gather.facts, FACT_SPAMD_SCORE, FACT_PENDING);
	fact_set_state(&t->gather.facts, FACT_SPAMD_VERDICT, FACT_PENDING);
}

static void no_memory_at_end(struct transaction *t, enum status st)
{
	t->outcome.trouble = st;
	transaction_complain(t, st);
	transaction_pass_at_end(t, BY_NO_MEMORY);
}

static bool has_waited(const struct transaction *t)
{
	return t->outcome.reason == BY_TUPLE && t->outcome.grey.reason == GREY_RETRIED;
}

/* At the end of the message: each accepted recipient's tuple, one after the other. The message
 * waits as long as the one that waits longest. */
static void on_judged(void *arg, const struct store_answer *answer)
{
	struct transaction *t = arg;
	const struct judgement *j = &answer->judgement;

	t->call = NULL;
	if (t->recall == RECALL_TRY &&
	    (answer->status != ST_OK || j->verdict != JUDGE_DEFER ||
	     j->grey.reason != GREY_EARLY)) { /* the memory has changed since it was looked into */
		transaction_scan_after_all(t);
		transaction_evaluate(t);
		return;
	}
	if (answer->status != ST_OK) {
		no_memory_at_end(t, answer->status);
		return;
	}
	if (j->verdict == JUDGE_DEFER &&
	    (t->outcome.verdict != DO_DEFER || j->grey.missing > t->outcome.grey.missing)) {
		t->outcome.verdict = DO_DEFER;
		t->outcome.grey = j->grey;
	}
	if (t->outcome.verdict == DO_PASS && j->grey.reason == GREY_RETRIED &&
	    (!has_waited(t) || j->grey.waited > t->outcome.grey.waited)) {
		t->outcome.grey = j->grey;
		t->outcome.reason = BY_TUPLE;
	}
	transaction_judge_next(t);
}

void transaction_judge_next(struct transaction *t)
{
	const struct acl_verdict *v = &t->eval.verdict;
	struct judge_policy p = gather_rule_policy(&t->gather, v, false);
	struct view recipient;
	enum status st = ST_OK;

	if (t->next == t->question.milter->accepted) {
		if (t->recall == RECALL_TRY)
			count(&t->w->counters, COUNT_SPAMD_SPARED);
		if (t->outcome.verdict == DO_DEFER)
			transaction_finish_soon(t, DO_DEFER, BY_TUPLE);
		else
			transaction_pass_at_end(t, has_waited(t) ? BY_TUPLE : BY_RULE);
		return;
	}
	recipient = mail_bare(t->question.milter->recipients[t->next++]);
	st = transaction_need_keys(t);
	if (st == ST_OK)
		st = memory_keys_for(&t->gather, recipient, &t->keys);
	if (st == ST_OK)
		transaction_ask_tuple(t, JUDGE_TRIPLE, &p, on_judged);
	else
		no_memory_at_end(t, st);
}

void transaction_act_at_end(struct transaction *t, const struct acl_verdict *v)
{
	t->outcome.rule = v;
	if (v->action == ACL_BLACKLIST) {
		transaction_finish_soon(t, DO_REJECT, BY_RULE);
	} else if (v->action == ACL_GREYLIST && t->question.milter->by_default &&
	           t->gather.facts.of[FACT_CLIENT].state == FACT_KNOWN) {
		t->scanned = memory_scan(&t->gather, &t->scan);
		transaction_identify(t);
	} else {
		transaction_pass_at_end(t, BY_RULE);
	}
}

/* Only where the rules may make a recipient wait at the end, and a scan would be made. */
bool transaction_may_recall(const struct transaction *t, enum fact need)
{
	const struct facts *f = &t->gather.facts;

	return t->recall == RECALL_NOT && (FACT_BIT(need) & FACTS_OF_SPAMD) != 0 &&
	       transaction_at_end(t) && t->question.milter->by_default &&
	       t->conf->spamd_count > 0 && t->w->store != NULL &&
	       t->question.milter->mail != NULL && f->of[FACT_CLIENT].state == FACT_KNOWN &&
	       f->of[need].state == FACT_PENDING;
}

void transaction_recall(struct transaction *t)
{
	struct facts *f = &t->gather.facts;
	struct record_scan scan;

	t->recall = RECALL_END;
	if (transaction_need_keys(t) != ST_OK ||
	    !memory_recall(&t->gather, t->w->store, &t->keys, &scan))
		return;
	t->recall = RECALL_TRY;
	t->unscanned = t->eval;
	t->outcome.recalled = true;
	fact_set_number(f, FACT_SPAMD_SCORE, scan.score_tenths);
	f->of[FACT_SPAMD_SCORE].text =
		arena_view(gather_arena(&t->gather), spam_symbols_view(&scan.symbols));
	fact_set_number(f, FACT_SPAMD_VERDICT, scan.spam ? 1 : 0);
}

/* May it be found out although all may be for nothing? It must neither count, nor cost what a scan
 * costs, nor depend on the score. */
bool transaction_finds_meanwhile(enum fact need)
{
	return need != FACT_RATELIMIT &&
	       (!lookup_finds(need) || (FACT_BIT(need) & FACTS_OF_DNS) != 0);
}
