#include "session/transaction.h"

#include "engine/tuple.h"
#include "session/decision_log.h"
#include "util/escape.h"
#include "util/mem.h"

/* A tuple's text is bounded by the doors' own bounds for one line. */
#define COMPLAIN_S 60

struct transaction {
	struct worker *w;
	struct snapshot *snapshot;
	struct transaction_question question;
	struct transaction_outcome outcome;
	struct store_call *call;
	struct soon soon;
	void (*decided)(void *arg, const struct transaction_outcome *outcome);
	void *arg;
};

struct judge_policy transaction_policy(const struct conf *c)
{
	return (struct judge_policy){
		.grey = { .delay = c->delay,
		          .retry_window = c->retry_window,
		          .max_age = c->max_age,
		          .retry_count = c->retry_count },
		.client = { .on = c->auto_allow,
		            .after = c->auto_allow_after,
		            .interval_s = c->auto_allow_interval_s,
		            .max_age = c->max_age },
		.targrey = c->tarpit == CONF_TARPIT_TARGREY,
		.mark_age = c->retry_window,
	};
}

const struct snapshot *transaction_snapshot(const struct transaction *t)
{
	return t->snapshot;
}

static void count_outcome(struct counters *c, const struct transaction_outcome *o)
{
	switch (o->reason) {
	case BY_CLIENT_LIST: count(c, COUNT_PASS_CLIENT); return;
	case BY_RECIPIENT_LIST: count(c, COUNT_PASS_RECIPIENT); return;
	case BY_AUTO_ALLOW: count(c, COUNT_PASS_AUTO); return;
	case BY_STAYING: count(c, COUNT_PASS_STAYED); return;
	case BY_NO_ADDRESS:
	case BY_NO_MEMORY: count(c, COUNT_PASS_UNASKED); return;
	case BY_TUPLE: break;
	}
	if (o->verdict == DO_HOLD)
		count(c, COUNT_HOLD);
	else if (o->verdict == DO_DEFER)
		count(c, o->grey.reason == GREY_EARLY ? COUNT_DEFER_EARLY : COUNT_DEFER_NEW);
	else
		count(c, o->grey.reason == GREY_KNOWN ? COUNT_PASS_KNOWN : COUNT_PASS_FIRST);
}

static void destroy(struct transaction *t)
{
	snapshot_unref(&t->snapshot);
	mem_free(t);
}

static void finish(void *arg)
{
	struct transaction *t = arg;

	count_outcome(&t->w->counters, &t->outcome);
	decision_log(t->w->log, t->snapshot->conf, &t->question, &t->outcome);
	t->decided(t->arg, &t->outcome);
	destroy(t);
}

static void finish_soon(struct transaction *t, enum transaction_verdict verdict,
                        enum transaction_reason reason)
{
	t->outcome.verdict = verdict;
	t->outcome.reason = reason;
	loop_soon(t->w->loop, &t->soon, finish, t);
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

static void take_judgement(struct transaction_outcome *o, const struct store_answer *answer)
{
	const struct judgement *j = &answer->judgement;

	o->grey = j->grey;
	o->client_freed = j->client_freed;
	o->reason = BY_TUPLE;
	switch (j->verdict) {
	case JUDGE_PASS_CLIENT: o->reason = BY_AUTO_ALLOW; break;
	case JUDGE_PASS_HELD:
	case JUDGE_PASS_STAYED: o->reason = BY_STAYING; break;
	case JUDGE_HOLD: o->verdict = DO_HOLD; break;
	case JUDGE_DEFER: o->verdict = DO_DEFER; break;
	case JUDGE_PASS:
		if (j->grey.reason == GREY_RETRIED && answer->first_of_instance)
			o->verdict = DO_PASS_HEADER;
		break;
	}
}

static void on_answer(void *arg, const struct store_answer *answer)
{
	struct transaction *t = arg;

	t->call = NULL;
	t->outcome.verdict = DO_PASS;
	if (answer->status == ST_OK) {
		take_judgement(&t->outcome, answer);
		if (t->outcome.verdict == DO_DEFER && t->snapshot->conf->tarpit == CONF_TARPIT_ALL)
			t->outcome.verdict = DO_HOLD;
	} else {
		t->outcome.reason = BY_NO_MEMORY;
		t->outcome.trouble = answer->status;
		complain(t, answer->status);
	}
	finish(t);
}

/* FNV-1a, 64 bit; 0 is "no instance". */
static uint64_t instance_hash(struct view v)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < v.n; i++)
		h = (h ^ (unsigned char)v.p[i]) * 1099511628211u;
	return v.n == 0 ? 0 : h | 1;
}

static void ask_store(struct transaction *t, const struct ip *client)
{
	const struct conf *c = t->snapshot->conf;
	struct buf tuple = buf_of(TUPLE_TEXT_MAX + NET_TEXT_MAX);
	char source[NET_TEXT_MAX], address[IP_TEXT_MAX];
	struct store_question q = {
		.judge = { .subject =
		                   t->question.stage == AT_DATA && c->tarpit == CONF_TARPIT_TARGREY
		                           ? JUDGE_STAYED
		                           : JUDGE_TRIPLE,
		           .now = t->question.now,
		           .instance = instance_hash(t->question.instance) },
		.policy = transaction_policy(c),
	};
	enum status st;

	q.test_clock = t->question.test_clock;
	tuple_source_net(client, c->ipv4_bits, c->ipv6_bits, source);
	ip_format(client, address);
	st = tuple_text(view_of(source), t->question.sender, t->question.recipient,
	                c->fold_srs ? FOLD_SRS : FOLD_POSTGREY, &tuple);
	if (st == ST_OK && t->w->store != NULL) {
		q.tuple = buf_view(&tuple);
		q.client = view_of(address);
		q.mark = view_of(source);
		t->call = store_ask(t->w->store, &q, on_answer, t);
	} else {
		t->outcome.trouble = st == ST_OK ? ST_UNAVAILABLE : st;
		complain(t, t->outcome.trouble);
		finish_soon(t, DO_PASS, BY_NO_MEMORY);
	}
	buf_free(&tuple);
}

struct transaction *
transaction_start(struct worker *w, const struct transaction_question *question,
                  void (*decided)(void *arg, const struct transaction_outcome *outcome), void *arg)
{
	struct transaction *t = mem_new(struct transaction);
	struct ip client = { IP_NONE, { 0 } };
	bool address = ip_parse(question->client_address, &client) == ST_OK;

	t->w = w;
	t->snapshot = snapshot_ref(w->snapshot);
	t->question = *question;
	t->decided = decided;
	t->arg = arg;
	count(&w->counters, COUNT_REQUESTS);
	if (client_list_has(t->snapshot->clients, question->client_name, &client))
		finish_soon(t, DO_PASS, BY_CLIENT_LIST);
	else if (recipient_list_has(t->snapshot->recipients, question->recipient))
		finish_soon(t, DO_PASS, BY_RECIPIENT_LIST);
	else if (!address)
		finish_soon(t, DO_PASS, BY_NO_ADDRESS);
	else
		ask_store(t, &client);
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
	destroy(t);
}
