#include "session/handover.h"
#include "session/reply.h"
#include "session/transaction_inside.h"

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

void transaction_forget(struct transaction *t)
{
	gather_end(&t->gather);
	conf_unref(&t->conf);
	mail_unref(&t->away.mail);
	mem_free(t);
}

static void destroy(struct transaction *t)
{
	release(t);
	transaction_forget(t);
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

static void write_statistics_line(const struct transaction *t)
{
	struct buf line = buf_of(REPLY_TEXT_MAX * 2);

	if (reply_statistics(&t->outcome, &line) == ST_OK && line.n > 0)
		statline_write(t->w->stat, buf_view(&line));
	buf_free(&line);
}

/* The recipient's form is that of the lines that are written at RCPT. What the client is told is
 * still to be made of the facts, so they stay. */
static void write_statistics_lines(struct transaction *t)
{
	const struct question_milter *milter = t->question.milter;
	struct facts *f = &t->gather.facts;
	struct fact_value was = f->of[FACT_RECIPIENT];

	for (size_t i = 0; i < milter->accepted; i++) {
		fact_set_text(
			f, FACT_RECIPIENT,
			fact_mail(gather_arena(&t->gather), milter->recipients[i], MAIL_PRINTABLE));
		write_statistics_line(t);
	}
	f->of[FACT_RECIPIENT] = was;
}

/* What becomes of the recipients that a milter lets in is known at the end of their message, each
 * with a line then: the door writes those of a message that is let in. */
static void write_statistics(struct transaction *t)
{
	const struct question_milter *milter = t->question.milter;

	if (t->w->stat == NULL || t->outcome.verdict == DO_HOLD)
		return;
	if (milter != NULL && t->outcome.verdict == DO_PASS)
		return;
	if (milter == NULL || t->question.stage != STAGE_END)
		write_statistics_line(t);
	else
		write_statistics_lines(t);
}

void transaction_finish(void *arg)
{
	struct transaction *t = arg;

	count_outcome(&t->w->counters, &t->outcome);
	decision_log(t->w->log, &t->question, &t->outcome);
	write_statistics(t);
	t->decided(t->arg, &t->outcome);
	destroy(t);
}

/* What is still looked up is of no use, and must not ask the rules again. */
void transaction_finish_soon(struct transaction *t, enum transaction_verdict verdict,
                             enum transaction_reason reason)
{
	lookups_cancel(&t->lookups);
	t->outcome.verdict = verdict;
	t->outcome.reason = reason;
	loop_soon(t->w->loop, &t->soon, transaction_finish, t);
}

void transaction_pass_soon(struct transaction *t, enum transaction_reason reason)
{
	t->outcome.first = instances_first(t->w->instances, question_instance(&t->question));
	transaction_finish_soon(t, DO_PASS, reason);
}

/* When in doubt the mail goes through, and the log says so: once a minute, the counter each time.
 */
void transaction_complain(struct transaction *t, enum status st)
{
	if (log_due(&t->w->complained_at, loop_wall_s(t->w->loop)))
		log_error(t->w->log, "the store gave no answer (%s): mail passes ungreylisted",
		          status_text(st));
}

void transaction_no_memory(struct transaction *t, enum status st)
{
	t->outcome.trouble = st;
	transaction_complain(t, st);
	transaction_finish_soon(t, DO_PASS, BY_NO_MEMORY);
}

/* What a milter's MTA knows better, and what a milter asks at later stages: at DATA that a
 * recipient's client has stayed, at the end what was put off. False: the rules are to be asked. */
static bool milter_first(struct transaction *t)
{
	const struct question_milter *m = t->question.milter;

	if (m->non_ip) {
		transaction_pass_soon(t, BY_NON_IP);
	} else if (m->exempt) {
		transaction_pass_soon(t, BY_MACRO);
	} else if (t->question.stage == STAGE_DATA) {
		transaction_ask_stayed(t);
	} else if (t->question.stage == STAGE_END && m->refused) {
		t->outcome.grey.missing = m->missing;
		transaction_finish_soon(t, DO_DEFER, BY_DELAYED);
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
		transaction_finish_soon(t, DO_DEFER, BY_DELAYED);
		return true;
	}
	if (t->conf->acl->holds) {
		transaction_ask_stayed(t);
		return true;
	}
	/* Rules ask about a recipient; here it is known only when there is just one. */
	if (t->question.recipient.n == 0 && t->conf->face != CONF_POSTGREY) {
		transaction_pass_soon(t, BY_LATE_STAGE);
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
		if (lookups_start(&t->lookups, transaction_stage(t), FACT_SPF, NULL))
			return;
		if (t->conf->exempt_spf && t->gather.spf_domain.n > 0) {
			if (transaction_at_end(t))
				transaction_pass_at_end(t, BY_SPF);
			else
				transaction_pass_soon(t, BY_SPF);
			return;
		}
	}
	transaction_evaluate(t);
}

static void on_found(void *arg)
{
	struct transaction *t = arg;

	switch (t->wanted) {
	case FOR_EXEMPTION: exempt_or_evaluate(t); break;
	case FOR_RULES: transaction_evaluate(t); break;
	case FOR_MEMORY: transaction_identify(t); break;
	case FOR_STAYED: transaction_ask_stayed(t); break;
	case FOR_HEADERS: transaction_tell(t); break;
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
	handover_serve(&t->question, &t->lookups);
	t->eval.acts = true;
	if (question->stage == STAGE_RCPT)
		properties_next_recipient(t->gather.properties);
	t->outcome.conf = t->conf;
	t->outcome.gather = &t->gather;
	count(&w->counters, COUNT_REQUESTS);
	if (t->conf->exempt_auth && question->auth.n > 0)
		transaction_pass_soon(t, BY_AUTH);
	else if (t->conf->exempt_auth && question->tls.n > 0)
		transaction_pass_soon(t, BY_TLS);
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
	transaction_look_no_more(t);
	t->away.dropped = true;
	release(t);
}
