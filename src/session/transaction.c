#include "session/transaction.h"

#include "codec/mail.h"
#include "conf/options.h"
#include "engine/tuple.h"
#include "net/work.h"
#include "session/act.h"
#include "session/ahead.h"
#include "session/decision_log.h"
#include "session/handover.h"
#include "session/lookup.h"
#include "session/memory.h"
#include "session/reply.h"
#include "util/mem.h"

#define COMPLAIN_S    60
#define PEEK_AGAIN_MS 10    /* while the store's map grows, or it is down: look again */
#define LOOK_INTO_MS  10000 /* for rules that look into a message, as expressions may take long */

/* What the look-ups are for. */
enum wanted { FOR_EXEMPTION, FOR_RULES, FOR_MEMORY, FOR_STAYED, FOR_HEADERS, FOR_NOTHING };

/* A scan is not made again for a retry that comes too early: the rules are asked with what spamd
 * said at the first try. Only a deferral may come of that, of tuples that have to wait in any case;
 * all else is decided by a scan. */
enum recall {
	RECALL_NOT, /* not looked for */
	RECALL_TRY, /* the rules are asked with it */
	RECALL_END, /* it is of no use, or was of none */
};

/* The rules look into a message on a thread of the pool, at facts that stay as they are. */
struct away {
	bool yes;     /* on their way */
	bool dropped; /* nobody waits for them */
	struct facts facts;
	struct log *log; /* the worker may be gone before they are back */
	enum acl_result result;
	atomic_bool give_up;
	struct timer deadline;
	struct mail *mail; /* ours too */
};

struct transaction {
	struct worker *w;
	struct conf *conf;
	struct question question;
	struct gather gather;
	struct lookups lookups;
	enum wanted wanted;
	struct acl_eval eval;
	enum recall recall;
	struct acl_eval unscanned; /* RECALL_TRY: as it was before */
	enum acl_result result;    /* of it, while the client is forgotten */
	struct transaction_outcome outcome;
	struct memory_keys keys;
	bool has_keys;
	enum status keys_status;
	struct store_call *call;
	struct away away;
	struct soon soon;
	struct timer again;
	uint64_t give_up_ms; /* on looking into the memory; 0: it has not been tried */
	size_t next;         /* of the recipients that are asked about at the end */
	bool scanned;        /* and what is remembered with their tuples */
	struct record_scan scan;
	void (*decided)(void *arg, const struct transaction_outcome *outcome);
	void *arg;
};

/* --- the end --- */

/* Nothing runs for it any more. */
static void release(struct transaction *t)
{
	/* A policy door's hold ends by itself; a milter door has taken it. */
	if (t->outcome.verdict != DO_HOLD)
		budget_release(t->w->budget, &t->outcome.place);
	lookups_cancel(&t->lookups);
	timer_stop(t->w->loop, &t->again);
	timer_stop(t->w->loop, &t->away.deadline);
	if (t->has_keys)
		memory_keys_free(&t->keys);
	t->has_keys = false;
}

static void forget(struct transaction *t)
{
	gather_end(&t->gather);
	conf_unref(&t->conf);
	mail_unref(&t->away.mail);
	mem_free(t);
}

static void destroy(struct transaction *t)
{
	release(t);
	forget(t);
}

static void count_outcome(struct counters *c, const struct transaction_outcome *o)
{
	static const enum counter passes[] = {
		[BY_RULE] = COUNT_PASS_RULE,
		[BY_AUTH] = COUNT_PASS_AUTH,
		[BY_TLS] = COUNT_PASS_AUTH,
		[BY_AUTO_ALLOW] = COUNT_PASS_AUTO,
		[BY_SPF] = COUNT_PASS_SPF,
		[BY_MACRO] = COUNT_PASS_RULE,
		[BY_NON_IP] = COUNT_PASS_UNASKED,
		[BY_TUPLE] = COUNT_PASS_FIRST,
		[BY_STAYING] = COUNT_PASS_STAYED,
		[BY_NULL_SENDER] = COUNT_PASS_RULE,
		[BY_DELAYED] = COUNT_PASS_RULE,
		[BY_LATE_STAGE] = COUNT_PASS_RULE,
		[BY_NO_ADDRESS] = COUNT_PASS_UNASKED,
		[BY_NO_MEMORY] = COUNT_PASS_UNASKED,
		[BY_FAILED_FACT] = COUNT_PASS_UNASKED,
	};
	unsigned reasons = o->reason == BY_RULE && o->rule != NULL ? o->rule->reasons : 0;

	switch (o->verdict) {
	case DO_HOLD: count(c, COUNT_HOLD); return;
	case DO_REJECT: count(c, COUNT_REJECT); return;
	case DO_TEMPFAIL: count(c, COUNT_TEMPFAIL); return;
	case DO_DEFER:
		count(c, o->grey.reason == GREY_EARLY ? COUNT_DEFER_EARLY : COUNT_DEFER_NEW);
		return;
	case DO_PASS: break;
	}
	if (o->reason == BY_TUPLE && o->grey.reason == GREY_KNOWN)
		count(c, COUNT_PASS_KNOWN);
	else if ((reasons & (REASON_BIT(REASON_DOMAIN) | REASON_BIT(REASON_ADDR))) != 0)
		count(c, COUNT_PASS_CLIENT);
	else if ((reasons & REASON_BIT(REASON_RCPT)) != 0)
		count(c, COUNT_PASS_RECIPIENT);
	else
		count(c, passes[o->reason]);
}

static void write_statistics(const struct transaction *t)
{
	struct buf line = buf_of(REPLY_TEXT_MAX * 2);

	if (t->w->stat == NULL || t->outcome.verdict == DO_HOLD)
		return;
	/* A milter's message was counted by its recipients. */
	if (t->question.milter != NULL && t->question.stage == STAGE_END &&
	    t->outcome.verdict == DO_PASS)
		return;
	if (reply_statistics(&t->outcome, &line) == ST_OK && line.n > 0)
		statline_write(t->w->stat, buf_view(&line));
	buf_free(&line);
}

static void finish(void *arg)
{
	struct transaction *t = arg;

	count_outcome(&t->w->counters, &t->outcome);
	decision_log(t->w->log, &t->question, &t->outcome);
	write_statistics(t);
	t->decided(t->arg, &t->outcome);
	destroy(t);
}

/* What is still looked up is of no use, and must not ask the rules again. */
static void finish_soon(struct transaction *t, enum transaction_verdict verdict,
                        enum transaction_reason reason)
{
	lookups_cancel(&t->lookups);
	t->outcome.verdict = verdict;
	t->outcome.reason = reason;
	loop_soon(t->w->loop, &t->soon, finish, t);
}

static void pass_soon(struct transaction *t, enum transaction_reason reason)
{
	t->outcome.first = instances_first(t->w->instances, question_instance(&t->question));
	finish_soon(t, DO_PASS, reason);
}

/* When in doubt the mail goes through, and the log says so: once a minute, the counter each time.
 */
static void complain(struct transaction *t, enum status st)
{
	int64_t now = loop_wall_s(t->w->loop);

	if (now - t->w->complained_at < COMPLAIN_S && now >= t->w->complained_at)
		return;
	t->w->complained_at = now;
	log_error(t->w->log, "the store gave no answer (%s): mail passes ungreylisted",
	          status_text(st));
}

static void no_memory(struct transaction *t, enum status st)
{
	t->outcome.trouble = st;
	complain(t, st);
	finish_soon(t, DO_PASS, BY_NO_MEMORY);
}

/* --- greylisting --- */

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
		complain(t, answer->status);
	}
	finish(t);
}

/* Made once, when the memory is to be asked. */
static enum status need_keys(struct transaction *t)
{
	if (t->w->store == NULL)
		return ST_UNAVAILABLE;
	if (!t->has_keys)
		t->keys_status = memory_keys(&t->gather, &t->keys);
	t->has_keys = true;
	return t->keys_status;
}

/* The keys are made. */
static void ask_tuple(struct transaction *t, enum judge_subject subject,
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
	enum status st = need_keys(t);

	if (st == ST_OK)
		ask_tuple(t, subject, policy, on_answer);
	else
		no_memory(t, st);
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

static bool at_end(const struct transaction *t)
{
	return t->question.stage == STAGE_END && t->question.milter != NULL;
}

static enum acl_stage rules_of(const struct transaction *t)
{
	return at_end(t) ? ACL_DATA : ACL_RCPT;
}

/* Who the client is to the memory. True: it is being looked up. */
static bool identifying(struct transaction *t)
{
	return !t->has_keys && lookups_identify(&t->lookups);
}

static void judge_next(struct transaction *t);

static void identify(struct transaction *t)
{
	t->wanted = FOR_MEMORY;
	if (identifying(t))
		return;
	lookups_cancel(&t->lookups);
	if (at_end(t))
		judge_next(t);
	else
		greylist(t, &t->eval.verdict);
}

/* Who was held has stayed. */
static void ask_stayed(struct transaction *t)
{
	const struct question_milter *m = t->question.milter;
	struct judge_policy p = gather_policy(t->conf);

	t->wanted = FOR_STAYED;
	if (identifying(t))
		return;
	p.targrey = true; /* there may be a mark */
	if (m != NULL && m->autowhite != ACL_UNSET)
		p.grey.max_age = m->autowhite;
	ask_store(t, JUDGE_STAYED, &p);
}

/* --- the rules --- */

static void act(struct transaction *t, const struct acl_verdict *v)
{
	bool tarpit = (v->reasons & REASON_BIT(REASON_TARPIT)) != 0;

	t->outcome.rule = v;
	if (v->action == ACL_BLACKLIST)
		finish_soon(t, DO_REJECT, BY_RULE);
	else if (v->action == ACL_WHITELIST && !tarpit)
		pass_soon(t, BY_RULE);
	else if (t->gather.facts.of[FACT_CLIENT].state != FACT_KNOWN)
		pass_soon(t, BY_NO_ADDRESS);
	else
		identify(t);
}

/* What was begun before is waited for, and not begun again. */
static void wait_for_ahead(struct transaction *t)
{
	const struct question_milter *m = t->question.milter;

	if (m == NULL)
		return;
	ahead_serve(m->client_ahead, &t->lookups);
	ahead_serve(m->sender_ahead, &t->lookups);
	ahead_serve(m->message_ahead, &t->lookups);
	handover_give_all(m->handed, &t->lookups);
}

/* The message is let in, when all is known that its headers tell. */
static void tell(struct transaction *t)
{
	uint64_t told = conf_told(t->conf);
	bool under_way = false;

	t->wanted = FOR_HEADERS;
	wait_for_ahead(t);       /* the rules have given up what they did not need */
	t->lookups.begun = true; /* nothing that the rules want */
	for (enum fact fact = FACT_CLIENT; fact < FACTS; fact++) {
		if ((told & FACT_BIT(fact)) == 0)
			continue;
		gather_fact(&t->gather, fact);
		if (lookup_finds(fact) && lookups_start(&t->lookups, ACL_DATA, fact, NULL))
			under_way = true;
	}
	if (!under_way)
		finish_soon(t, DO_PASS, t->outcome.reason);
}

static void pass_at_end(struct transaction *t, enum transaction_reason reason)
{
	t->outcome.reason = reason;
	tell(t);
}

static void evaluate(void *arg);

/* What was recalled is forgotten, and the rules go on from where they missed it. */
static void scan_after_all(struct transaction *t)
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
	complain(t, st);
	pass_at_end(t, BY_NO_MEMORY);
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
		scan_after_all(t);
		evaluate(t);
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
	judge_next(t);
}

static void judge_next(struct transaction *t)
{
	const struct acl_verdict *v = &t->eval.verdict;
	struct judge_policy p = gather_rule_policy(&t->gather, v, false);
	struct view recipient;
	enum status st = ST_OK;

	if (t->next == t->question.milter->accepted) {
		if (t->recall == RECALL_TRY)
			count(&t->w->counters, COUNT_SPAMD_SPARED);
		if (t->outcome.verdict == DO_DEFER)
			finish_soon(t, DO_DEFER, BY_TUPLE);
		else
			pass_at_end(t, BY_RULE);
		return;
	}
	recipient = mail_bare(t->question.milter->recipients[t->next++]);
	st = need_keys(t);
	if (st == ST_OK)
		st = memory_keys_for(&t->gather, recipient, &t->keys);
	if (st == ST_OK)
		ask_tuple(t, JUDGE_TRIPLE, &p, on_judged);
	else
		no_memory_at_end(t, st);
}

static void act_at_end(struct transaction *t, const struct acl_verdict *v)
{
	t->outcome.rule = v;
	if (v->action == ACL_BLACKLIST) {
		finish_soon(t, DO_REJECT, BY_RULE);
	} else if (v->action == ACL_GREYLIST && t->question.milter->by_default &&
	           t->gather.facts.of[FACT_CLIENT].state == FACT_KNOWN) {
		t->scanned = memory_scan(&t->gather, &t->scan);
		identify(t);
	} else {
		pass_at_end(t, BY_RULE);
	}
}

/* False: it can't be told yet, and evaluate is called again. */
static bool look_into_memory(struct transaction *t)
{
	uint64_t now = loop_mono_ms(t->w->loop);
	enum status st;

	if (identifying(t))
		return false;
	st = need_keys(t);
	if (st == ST_OK && t->gather.facts.of[FACT_CLIENT].state == FACT_KNOWN) {
		struct store_peek peek = { .client = buf_view(&t->keys.client),
			                   .mark = buf_view(&t->keys.mark) };

		if (t->give_up_ms == 0)
			t->give_up_ms = now + t->conf->store_timeout_ms;
		st = store_peek(t->w->store, &peek);
		if (st != ST_OK && now < t->give_up_ms) {
			timer_start(t->w->loop, &t->again, PEEK_AGAIN_MS, evaluate, t);
			return false;
		}
		gather_memory(&t->gather, peek.has_client ? &peek.client_record : NULL,
		              peek.has_mark ? &peek.mark_record : NULL);
	} else {
		gather_memory(&t->gather, NULL, NULL);
	}
	return true;
}

/* Only where the rules may make a recipient wait at the end, and a scan would be made. */
static bool may_recall(const struct transaction *t, enum fact need)
{
	const struct facts *f = &t->gather.facts;

	return t->recall == RECALL_NOT && (FACT_BIT(need) & FACTS_OF_SPAMD) != 0 && at_end(t) &&
	       t->question.milter->by_default && t->conf->spamd_count > 0 && t->w->store != NULL &&
	       t->question.milter->mail != NULL && f->of[FACT_CLIENT].state == FACT_KNOWN &&
	       f->of[need].state == FACT_PENDING;
}

static void recall(struct transaction *t)
{
	struct facts *f = &t->gather.facts;
	struct record_scan scan;

	t->recall = RECALL_END;
	if (need_keys(t) != ST_OK || !memory_recall(&t->gather, t->w->store, &t->keys, &scan))
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
static bool finds_meanwhile(enum fact need)
{
	return need != FACT_RATELIMIT &&
	       (!lookup_finds(need) || (FACT_BIT(need) & FACTS_OF_DNS) != 0);
}

/* False: it is being looked up, and evaluate is called again. */
static bool find(struct transaction *t, enum fact need, const struct acl_object *object)
{
	if (t->recall == RECALL_TRY && !finds_meanwhile(need)) {
		scan_after_all(t);
		return true;
	}
	if (need == FACT_KNOWN_SOURCE || need == FACT_GAVE_UP)
		return look_into_memory(t);
	gather_fact(&t->gather, need);
	if (may_recall(t, need)) {
		if (identifying(t))
			return false;
		recall(t);
		if (t->recall == RECALL_TRY)
			return true;
	}
	return !lookup_finds(need) || !lookups_start(&t->lookups, rules_of(t), need, object);
}

static void conclude(struct transaction *t, enum acl_result result)
{
	if (result == ACL_TEMPFAIL) {
		t->outcome.failed = t->eval.need;
		finish_soon(t, DO_TEMPFAIL, BY_FAILED_FACT);
	} else if (at_end(t)) {
		act_at_end(t, &t->eval.verdict);
	} else {
		act(t, &t->eval.verdict);
	}
}

/* --- flushaddr --- */

static void on_forgotten(void *arg, const struct store_answer *answer)
{
	struct transaction *t = arg;

	t->call = NULL;
	if (answer->status == ST_OK)
		decision_log_flushed(t->w->log, &t->question, &t->eval.verdict, &t->outcome,
		                     answer->forgotten);
	else
		complain(t, answer->status);
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

	return acl_eval(t->conf->acl, rules_of(t), facts, &t->eval, told);
}

static void take(struct transaction *t, enum acl_result result)
{
	if (t->conf->sources == SOURCE_NET || result != ACL_DECIDED || at_end(t))
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
		scan_after_all(t);
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

/* --- rules that look into a message: what an expression takes, nobody knows beforehand --- */

static bool look_into(const struct transaction *t)
{
	return at_end(t) && t->question.milter->mail != NULL &&
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
		forget(t);
	else if (goes_on(t, t->away.result))
		evaluate(t);
}

static void on_look_late(void *arg)
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
		timer_start(t->w->loop, &t->away.deadline, LOOK_INTO_MS, on_look_late, t);
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
static void evaluate(void *arg)
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

/* What a milter's MTA knows better, and what a milter asks at later stages: at DATA that a
 * recipient's client has stayed, at the end what was put off. False: the rules are to be asked. */
static bool milter_first(struct transaction *t)
{
	const struct question_milter *m = t->question.milter;

	if (m->non_ip) {
		pass_soon(t, BY_NON_IP);
	} else if (m->exempt) {
		pass_soon(t, BY_MACRO);
	} else if (t->question.stage == STAGE_DATA) {
		ask_stayed(t);
	} else if (t->question.stage == STAGE_END && m->refused) {
		t->outcome.grey.missing = m->missing;
		finish_soon(t, DO_DEFER, BY_DELAYED);
	} else {
		return false;
	}
	return true;
}

/* DATA and the end of the message: who was held has stayed, and a refusal that was put off is said
 * now. False: it is a question as at RCPT. */
static bool later_stage(struct transaction *t)
{
	if (t->question.stage == STAGE_RCPT ||
	    (t->conf->face == CONF_POSTGREY && t->question.stage != STAGE_DATA))
		return false;
	if (instances_refused(t->w->instances, question_instance(&t->question),
	                      &t->outcome.grey.missing)) {
		finish_soon(t, DO_DEFER, BY_DELAYED);
		return true;
	}
	if (t->conf->acl->holds) {
		ask_stayed(t);
		return true;
	}
	/* Rules ask about a recipient; here it is known only when there is just one. */
	if (t->question.recipient.n == 0 && t->conf->face != CONF_POSTGREY) {
		pass_soon(t, BY_LATE_STAGE);
		return true;
	}
	return false;
}

/* Whose SPF record lets the client pass is exempt, but not by a record that lets everybody. A
 * policy door's header that tells of it goes with the answer. */
static void exempt_or_evaluate(struct transaction *t)
{
	bool told = t->conf->options->received_spf && t->question.milter == NULL;

	t->wanted = FOR_EXEMPTION;
	if (t->conf->exempt_spf || told) {
		if (lookups_start(&t->lookups, rules_of(t), FACT_SPF, NULL))
			return;
		if (t->conf->exempt_spf && t->gather.spf_domain.n > 0) {
			if (at_end(t))
				pass_at_end(t, BY_SPF);
			else
				pass_soon(t, BY_SPF);
			return;
		}
	}
	evaluate(t);
}

static void on_found(void *arg)
{
	struct transaction *t = arg;

	switch (t->wanted) {
	case FOR_EXEMPTION: exempt_or_evaluate(t); break;
	case FOR_RULES: evaluate(t); break;
	case FOR_MEMORY: identify(t); break;
	case FOR_STAYED: ask_stayed(t); break;
	case FOR_HEADERS: tell(t); break;
	case FOR_NOTHING: break;
	}
}

struct transaction *
transaction_start(struct worker *w, const struct question *question,
                  void (*decided)(void *arg, const struct transaction_outcome *outcome), void *arg)
{
	struct transaction *t = mem_new(struct transaction);

	t->w = w;
	t->conf = conf_ref(w->conf);
	t->question = *question;
	t->decided = decided;
	t->arg = arg;
	gather_begin(&t->gather, &t->question, t->conf);
	t->lookups = (struct lookups){ .gather = &t->gather, .w = w, .found = on_found, .arg = t };
	wait_for_ahead(t);
	t->eval.acts = true;
	if (question->stage == STAGE_RCPT)
		properties_next_recipient(t->gather.properties);
	t->outcome.conf = t->conf;
	t->outcome.gather = &t->gather;
	count(&w->counters, COUNT_REQUESTS);
	if (t->conf->exempt_auth && question->auth.n > 0)
		pass_soon(t, BY_AUTH);
	else if (t->conf->exempt_auth && question->tls.n > 0)
		pass_soon(t, BY_TLS);
	else if (question->milter != NULL ? !milter_first(t) : !later_stage(t))
		exempt_or_evaluate(t);
	return t;
}

void transaction_cancel(struct transaction **transaction)
{
	struct transaction *t = *transaction;

	if (t == NULL)
		return;
	*transaction = NULL;
	store_cancel(&t->call);
	loop_not_soon(t->w->loop, &t->soon);
	if (!t->away.yes) {
		destroy(t);
		return;
	}
	on_look_late(t);
	t->away.dropped = true;
	release(t);
}
