#include "engine/judge.h"

#include <stddef.h>

/* A mark that is used is made young again, but not more often than this (taRgrey 0.31). */
#define MARK_REFRESH_S 300

static void take_client(struct judgement *j, struct client_decision d)
{
	j->client_freed = d.freed;
	if (d.store) {
		j->client_write = JUDGE_STORE;
		j->client = d.next;
	}
}

struct judgement judge_client(const struct judge_policy *p, const struct judge_question *q,
                              const struct client_record *seen)
{
	struct judgement j = { .verdict = JUDGE_DEFER, .behind = true };
	struct client_decision d = client_decide(&p->client, seen, CLIENT_SEEN, q->now);

	if (d.free) {
		j.verdict = JUDGE_PASS_CLIENT;
		take_client(&j, d);
	}
	return j;
}

static const struct mark_record *
living(const struct judge_policy *p, const struct judge_question *q, const struct mark_record *seen)
{
	if (seen != NULL && (q->now - seen->since > p->mark_age || seen->since > q->now))
		return NULL;
	return seen;
}

static bool own_session(const struct judge_question *q, const struct mark_record *mark)
{
	return q->instance != 0 && mark->instance == q->instance;
}

bool judge_gave_up(const struct judge_policy *p, const struct judge_question *q,
                   const struct mark_record *seen)
{
	seen = living(p, q, seen);
	return seen != NULL && !own_session(q, seen);
}

/* The tuple of a client that stayed is as good as one that came back. */
static void stayed_knows(struct judgement *j, const struct judge_policy *p, int64_t now,
                         const struct grey_record *seen)
{
	struct grey_policy at_once = p->grey;

	if (seen == NULL || seen->passes > 0)
		return;
	at_once.delay = 0;
	j->tuple = grey_decide(&at_once, NULL, now).next;
	j->tuple.first = seen->first < now ? seen->first : now;
	j->tuple.early = seen->early;
	j->tuple.identity = seen->identity;
	j->tuple_write = JUDGE_STORE;
}

/* It stayed, so it counts towards auto-allow and the mark goes. */
static void judge_stayed(struct judgement *j, const struct judge_policy *p,
                         const struct judge_question *q, const struct judge_seen *seen)
{
	j->verdict = JUDGE_PASS_STAYED;
	j->behind = false;
	take_client(j, client_decide(&p->client, seen->client, CLIENT_PASSED, q->now));
	if (seen->mark != NULL)
		j->mark_write = JUDGE_DELETE;
	if (p->stayed_knows)
		stayed_knows(j, p, q->now, seen->tuple);
}

/* The tuple would be deferred: is the client to be held instead? A session that is being held, or
 * has been, shares its one wait among its recipients. */
static void judge_mark(struct judgement *j, const struct judge_policy *p,
                       const struct judge_question *q, const struct mark_record *seen)
{
	seen = living(p, q, seen);
	if (seen == NULL && !p->targrey)
		return;
	if (seen == NULL) {
		j->verdict = JUDGE_HOLD;
		j->behind = false;
	} else if (own_session(q, seen)) {
		j->verdict = JUDGE_PASS_HELD;
		return;
	} else if (q->now - seen->since < MARK_REFRESH_S) {
		return;
	}
	j->mark_write = JUDGE_STORE;
	/* A refresh leaves the held session its instance, whoever it came by. */
	j->mark = (struct mark_record){ .since = q->now,
		                        .instance = seen == NULL ? q->instance : seen->instance };
}

struct judgement judge(const struct judge_policy *p, const struct judge_question *q,
                       const struct judge_seen *seen)
{
	struct judgement j = judge_client(p, q, seen->client);

	if (j.verdict == JUDGE_PASS_CLIENT)
		return j;
	if (q->subject == JUDGE_STAYED) {
		judge_stayed(&j, p, q, seen);
		return j;
	}
	j.grey = grey_decide(&p->grey, seen->tuple, q->now);
	j.tuple = j.grey.next;
	j.tuple_write = JUDGE_STORE;
	if (j.grey.verdict == GREY_PASS) {
		j.verdict = JUDGE_PASS;
		/* The time by which a known tuple is kept may have changed with the rule. */
		j.behind = j.grey.reason == GREY_KNOWN && j.tuple.keep == seen->tuple->keep;
		if (j.grey.reason == GREY_RETRIED)
			take_client(&j,
			            client_decide(&p->client, seen->client, CLIENT_PASSED, q->now));
		return j;
	}
	/* An early retry changes nothing that matters: the wait it was promised stands in the
	 * store. */
	j.behind = j.grey.reason == GREY_EARLY && j.tuple.retries == seen->tuple->retries;
	if (p->targrey || p->keep_mark)
		judge_mark(&j, p, q, seen->mark);
	return j;
}
