/* The answer in one sentence. */
#include "cli/explain.h"
#include "cli/tell.h"
#include "conf/conf.h"
#include "policy/answer.h"

#define SENTENCE_RULE 200 /* octets of a rule's text in the sentence */

static bool held_back(const struct explain *e)
{
	return e->shown->outcome.reason == BY_NULL_SENDER;
}

const char *explain_verdict_word(const struct explain *e)
{
	switch (e->shown->outcome.verdict) {
	case DO_PASS: return held_back(e) ? "defer" : "pass";
	case DO_DEFER: return "defer";
	case DO_HOLD: return "hold";
	case DO_REJECT: return "reject";
	case DO_TEMPFAIL: return "tempfail";
	}
	return "?";
}

static const char *grey_word(enum grey_reason reason)
{
	switch (reason) {
	case GREY_NEW: return "new";
	case GREY_FUTURE: return "first-seen-in-the-future";
	case GREY_LATE: return "came-back-too-late";
	case GREY_EXPIRED: return "passed-too-long-ago";
	case GREY_EARLY: return "early-retry";
	case GREY_RETRIED: return "waited";
	case GREY_KNOWN: return "known";
	}
	return "?";
}

const char *explain_reason_word(const struct explain *e)
{
	const struct transaction_outcome *o = &e->shown->outcome;

	switch (o->reason) {
	case BY_RULE: return "rule";
	case BY_AUTH: return "authenticated";
	case BY_TLS: return "certificate";
	case BY_SPF: return "spf";
	case BY_MACRO: return "access-database";
	case BY_NON_IP: return "no-ip-client";
	case BY_AUTO_ALLOW: return "auto-allowed";
	case BY_TUPLE: return grey_word(o->grey.reason);
	case BY_STAYING: return "stayed";
	case BY_NULL_SENDER: return "null-sender";
	case BY_DELAYED: return "null-sender-refused";
	case BY_LATE_STAGE: return "later-stage";
	case BY_NO_ADDRESS: return "no-client-address";
	case BY_NO_MEMORY: return "no-memory";
	case BY_FAILED_FACT: return "failed-lookup";
	}
	return "?";
}

/* "by rule at line 12 (racl greylist s25r)" */
static const char *by_rule(struct explain *e)
{
	const struct acl_verdict *v = e->shown->outcome.rule;
	const char *text;

	if (v == NULL || v->rule == NULL)
		return "since no rule holds";
	text = explain_rule_text(e->arena, v->rule);
	return explain_text(e->arena, "by rule at line %u%s (%s)", v->rule->line,
	                    v->rule->file != NULL ? "" : " of the daemon's options",
	                    explain_cut(e->arena, view_of(text), SENTENCE_RULE));
}

static const char *deferral(struct explain *e)
{
	const struct transaction_outcome *o = &e->shown->outcome;
	const char *more = o->grey.reason == GREY_EARLY ? " more" : "", *why = "";
	char span[TELL_TIME_MAX];

	switch (o->grey.reason) {
	case GREY_LATE: why = "; it came back too late, so the wait begins anew"; break;
	case GREY_EXPIRED: why = "; it passed once, but too long ago"; break;
	case GREY_FUTURE: why = "; it was first seen in the future, so the wait begins anew"; break;
	case GREY_NEW:
	case GREY_EARLY:
	case GREY_RETRIED:
	case GREY_KNOWN: break;
	}
	if (o->grey.missing <= 0)
		return explain_text(e->arena, "would be greylisted: more retries are asked for, %s",
		                    by_rule(e));
	return explain_text(
		e->arena, "would be greylisted for %s%s %s%s%s", tell_span(o->grey.missing, span),
		more, by_rule(e),
		held_back(e) ? ", but only after its message, since the sender is null" : "", why);
}

static const char *pass_by_tuple(struct explain *e)
{
	const struct grey_decision *g = &e->shown->outcome.grey;
	char span[TELL_TIME_MAX];

	if (g->reason == GREY_KNOWN)
		return explain_text(e->arena,
		                    "would pass: this tuple has passed before (greylisted %s)",
		                    by_rule(e));
	if (g->waited == 0)
		return explain_text(e->arena, "would pass: no wait is asked for, %s", by_rule(e));
	return explain_text(e->arena, "would pass: it has waited %s (greylisted %s)",
	                    tell_span(g->waited, span), by_rule(e));
}

static const char *pass(struct explain *e)
{
	switch (e->shown->outcome.reason) {
	case BY_AUTH:
		return explain_text(e->arena, "would pass: the client authenticated as %s",
		                    explain_escaped(e->arena, e->question.auth));
	case BY_TLS: return "would pass: the client showed a verified certificate";
	case BY_SPF: return "would pass: SPF passes for the sender";
	case BY_AUTO_ALLOW:
		return explain_text(e->arena,
		                    "would pass: the client is free of greylisting (greylisted %s)",
		                    by_rule(e));
	case BY_TUPLE: return pass_by_tuple(e);
	case BY_STAYING: return "would pass: the tarpit was sat through";
	case BY_NULL_SENDER: return deferral(e);
	case BY_RULE: return explain_text(e->arena, "would pass %s", by_rule(e));
	case BY_MACRO:
	case BY_NON_IP:
	case BY_DELAYED:
	case BY_LATE_STAGE:
	case BY_NO_ADDRESS:
	case BY_NO_MEMORY:
	case BY_FAILED_FACT: break;
	}
	return "would pass";
}

static const char *sentence(struct explain *e)
{
	const struct transaction_outcome *o = &e->shown->outcome;

	switch (o->verdict) {
	case DO_PASS: return pass(e);
	case DO_DEFER: return deferral(e);
	case DO_HOLD:
		return explain_text(e->arena, "would be held %lld s and then %s, %s",
		                    (long long)o->hold_s,
		                    o->then_defer ? "told to come back" : "let in", by_rule(e));
	case DO_REJECT: return explain_text(e->arena, "would be rejected %s", by_rule(e));
	case DO_TEMPFAIL:
		return explain_text(e->arena,
		                    "would be told to come back: %s could not be found, and the "
		                    "configuration says onfailure tempfail",
		                    fact_name(o->failed));
	}
	return "?";
}

/* As to a Postfix of today, which sends etrn_domain. */
static const char *answer_of(struct explain *e)
{
	struct policy_request request = { .present = 1u << POLICY_ETRN_DOMAIN };
	struct buf text = buf_of(ANSWER_MAX);
	const char *result = "DUNNO"; /* for what is too long, as the door says */

	request.value[POLICY_RECIPIENT] = e->question.recipient;
	if (answer_text(&request, &e->shown->outcome, &text) == ST_OK)
		result = explain_escaped(e->arena, buf_view(&text));
	buf_free(&text);
	return result;
}

/* Who is stopped at RCPT is so before its message. */
void explain_settle_verdict(struct explain *e)
{
	explain_show(e, ACL_RCPT);
	e->passes = e->shown->outcome.verdict == DO_PASS && !held_back(e);
	e->summary = sentence(e);
	e->answer = answer_of(e);
	if (!e->has_end)
		return;
	explain_show(e, ACL_DATA);
	e->end_summary = sentence(e);
	if (!e->passes || e->end.outcome.verdict == DO_PASS) {
		explain_show(e, ACL_RCPT);
		return;
	}
	e->passes = false;
	e->summary = explain_text(e->arena, "would be let in at RCPT, but then its message %s",
	                          e->end_summary);
}
