#include "session/sight.h"

#include <stdio.h>

#include "conf/milter.h"
#include "conf/options.h"
#include "session/handover.h"
#include "session/worker.h"
#include "util/mem.h"

struct sight {
	struct worker *w;
	struct conf *conf;
	struct gather gather;
	struct lookups lookups;
	struct soon soon;
	enum acl_step step;
	uint64_t left, holds; /* conditions that are not looked at yet, and those that hold */
	struct acl_need last; /* what was looked up last */
	bool looked;
	void (*seen)(void *arg, uint64_t children);
	void *arg;
};

static void destroy(struct sight *s)
{
	lookups_cancel(&s->lookups);
	loop_not_soon(s->w->loop, &s->soon);
	gather_end(&s->gather);
	conf_unref(&s->conf);
	mem_free(s);
}

static void finish(void *arg)
{
	struct sight *s = arg;
	void (*seen)(void *, uint64_t) = s->seen;
	void *to = s->arg;
	uint64_t holds = s->holds;

	destroy(s);
	seen(to, holds);
}

/* Known clients and marks as a snapshot has them; nobody waits for the store. */
static void look_into_memory(struct sight *s)
{
	struct memory_keys keys;
	enum status st = memory_keys(&s->gather, &keys);
	struct store_peek peek = { .client = buf_view(&keys.client), .mark = buf_view(&keys.mark) };

	if (st == ST_OK && s->w->store != NULL &&
	    s->gather.facts.of[FACT_CLIENT].state == FACT_KNOWN)
		st = store_peek(s->w->store, &peek);
	else
		st = ST_UNAVAILABLE;
	gather_memory(&s->gather, st == ST_OK && peek.has_client ? &peek.client_record : NULL,
	              st == ST_OK && peek.has_mark ? &peek.mark_record : NULL);
	memory_keys_free(&keys);
}

/* False: it can't be known. */
static bool find(struct sight *s, const struct acl_need *need, bool *waits)
{
	bool again = s->looked && s->last.fact == need->fact && s->last.object == need->object;

	if (again || need->step > s->step)
		return false;
	s->last = *need;
	s->looked = true;
	if (need->fact == FACT_KNOWN_SOURCE || need->fact == FACT_GAVE_UP) {
		look_into_memory(s);
		return true;
	}
	gather_fact(&s->gather, need->fact);
	*waits = lookup_finds(need->fact) &&
	         lookups_start(&s->lookups, s->step == STEP_END ? ACL_DATA : ACL_RCPT, need->fact,
	                       need->object);
	return true;
}

static void put_need(const struct sight *s, const struct acl_need *need, char *out, size_t size)
{
	if (need->step > s->step)
		(void)snprintf(out, size, "not known yet: %s is known at %s", fact_name(need->fact),
		               acl_step_name(need->step));
	else
		(void)snprintf(out, size, "not known: %s can't be found", fact_name(need->fact));
}

/* With `log_rules`. */
static void trace(const struct sight *s, const struct conf_milter *child, enum acl_answer answer,
                  const struct acl_need *need)
{
	const char *word = "?";
	char missing[160];

	if (!s->conf->options->log_rules)
		return;
	switch (answer) {
	case ACL_YES: word = child->when != NULL ? "holds" : "there is none"; break;
	case ACL_NO: word = "does not hold"; break;
	case ACL_FAILED: word = "not known: a look-up failed"; break;
	case ACL_NEVER: word = "can't be known here"; break;
	case ACL_PENDING:
		put_need(s, need, missing, sizeof(missing));
		word = missing;
		break;
	}
	log_debug(s->w->log, "milter %s, at line %u: condition at %s: %s", child->name, child->line,
	          acl_step_name(s->step), word);
}

/* False: something is looked up, and run is called again. */
static bool look_at(struct sight *s, const struct conf_milter *child)
{
	struct acl_need need = { FACTS, NULL, STEP_CONNECT };
	enum acl_answer answer;
	bool waits = false;

	do {
		answer = acl_condition_eval(s->conf->acl, child->when, s->step, &s->gather.facts,
		                            &need);
	} while (answer == ACL_PENDING && find(s, &need, &waits) && !waits);
	if (answer == ACL_PENDING && waits) {
		s->looked = false; /* it may be known now, or another one at once */
		return false;
	}
	trace(s, child, answer, &need);
	if (answer == ACL_YES)
		s->holds |= UINT64_C(1) << child->index;
	return true;
}

static void run(void *arg)
{
	struct sight *s = arg;

	for (const struct conf_milter *c = s->conf->children; c != NULL; c = c->next) {
		uint64_t bit = UINT64_C(1) << c->index;

		if ((s->left & bit) == 0)
			continue;
		if (!look_at(s, c))
			return;
		s->left &= ~bit;
	}
	lookups_cancel(&s->lookups);
	loop_soon(s->w->loop, &s->soon, finish, s);
}

struct sight *sight_start(struct worker *w, const struct sight_question *q,
                          void (*seen)(void *arg, uint64_t children), void *arg)
{
	struct sight *s = mem_new(struct sight);

	s->w = w;
	s->conf = conf_ref(q->conf);
	s->step = q->step;
	s->left = q->children;
	s->seen = seen;
	s->arg = arg;
	gather_begin(&s->gather, q->question, s->conf);
	s->lookups = (struct lookups){ .gather = &s->gather, .w = w, .found = run, .arg = s };
	s->lookups.begun = true; /* nothing that only the rules want */
	handover_serve(q->question, &s->lookups);
	loop_soon(w->loop, &s->soon, run, s);
	return s;
}

void sight_cancel(struct sight **sight)
{
	struct sight *s = *sight;

	*sight = NULL;
	if (s != NULL)
		destroy(s);
}
