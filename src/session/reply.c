#include "session/reply.h"

#include <stdio.h>

#include "acl/told.h"
#include "conf/options.h"
#include "session/text.h"

static struct format_context context(const struct transaction_outcome *o,
                                     char program[TEXT_PROGRAM_ROOM])
{
	struct format_context ctx = text_context(o->gather, program);

	ctx.verdict = o->rule;
	ctx.waited_s = o->grey.waited;
	ctx.left_s = o->grey.missing;
	ctx.outcome = o->verdict == DO_PASS     ? "accept"
	              : o->verdict == DO_REJECT ? "reject"
	                                        : "tempfail";
	return ctx;
}

static enum status expand(const struct transaction_outcome *o, const char *format, struct buf *out)
{
	char program[TEXT_PROGRAM_ROOM];
	struct format_context ctx = context(o, program);

	return format_expand(view_of(format), &ctx, out);
}

static const char *own_or(const char *own, const char *usual)
{
	return own != NULL ? own : usual;
}

enum status reply_refusal(const struct transaction_outcome *o, struct reply *out)
{
	static const struct acl_effects none = { .code = NULL };
	const struct acl_effects *e = o->rule != NULL ? &o->rule->effects : &none;
	const char *format = "";

	*out = (struct reply){ .ecode = own_or(e->ecode, "4.7.1"), .text = buf_of(REPLY_TEXT_MAX) };
	switch (o->verdict) {
	case DO_DEFER:
	case DO_HOLD:
		out->code = e->code;
		format = o->conf->options->quiet ? "Greylisting in action, please come back later"
		                                 : "Greylisting in action, please come back in %R";
		format = own_or(e->msg, format);
		break;
	case DO_REJECT:
		out->code = own_or(e->code, "551");
		if (e->ecode == NULL)
			out->ecode = out->code[0] == '4' ? "4.7.1" : "5.7.1";
		format = own_or(e->msg, "Go away!");
		break;
	case DO_TEMPFAIL:
		out->code = "451";
		format = "Service unavailable - try again later"; /* as Postfix for a bare one */
		break;
	case DO_PASS: return ST_INVALID;
	}
	return expand(o, format, &out->text);
}

void reply_free(struct reply *r)
{
	buf_free(&r->text);
}

const char *reply_rule_id(const struct transaction_outcome *o, char room[16])
{
	room[0] = '\0';
	if (o->rule == NULL)
		return room;
	if (o->rule->effects.id != NULL)
		return o->rule->effects.id;
	if (o->rule->rule != NULL && o->rule->rule->file != NULL)
		(void)snprintf(room, 16, "%u", o->rule->rule->line);
	return room;
}

/* A tuple of a rule without a wait (delay 0s) was let in by that rule. */
static unsigned tuple_reason(const struct transaction_outcome *o)
{
	return REASON_BIT(o->grey.reason == GREY_RETRIED ? REASON_OTHER : REASON_AUTOWHITE);
}

/* Why it passed at once, in milter-greylist's order. 0: that is nothing to tell. */
static unsigned reasons_of(const struct transaction_outcome *o)
{
	switch (o->reason) {
	case BY_RULE: return o->rule != NULL ? o->rule->reasons : 0;
	case BY_AUTH: return REASON_BIT(REASON_AUTH);
	case BY_TLS: return REASON_BIT(REASON_TLS);
	case BY_SPF: return REASON_BIT(REASON_SPF);
	case BY_MACRO: return REASON_BIT(REASON_MACRO);
	case BY_NON_IP:
	case BY_NO_ADDRESS: return REASON_BIT(REASON_NON_IP);
	case BY_AUTO_ALLOW: return REASON_BIT(REASON_AUTOWHITE);
	case BY_TUPLE: return tuple_reason(o);
	case BY_STAYING: return REASON_BIT(REASON_TARPIT);
	case BY_NULL_SENDER:
	case BY_DELAYED:
	case BY_LATE_STAGE:
	case BY_NO_MEMORY:
	case BY_FAILED_FACT: break;
	}
	return 0;
}

int64_t reply_waited(const struct transaction_outcome *o)
{
	bool waited = o->reason == BY_TUPLE && o->grey.reason == GREY_RETRIED;

	return waited && o->grey.waited > 0 ? o->grey.waited : 0;
}

bool reply_has_report(const struct transaction_outcome *o)
{
	return o->rule != NULL && o->rule->effects.report != NULL;
}

bool reply_reports(const struct conf *conf, bool delayed)
{
	switch (conf->options->report) {
	case REPORT_NONE: return false;
	case REPORT_DELAYS: return delayed;
	case REPORT_NODELAYS: return !delayed;
	case REPORT_ALL: return true;
	}
	return true;
}

/* A client that is held, and let in then, was let in by the tarpit. */
static unsigned told_reasons(const struct transaction_outcome *o)
{
	return o->verdict == DO_HOLD ? REASON_BIT(REASON_TARPIT) : reasons_of(o);
}

enum status reply_header_text(const struct transaction_outcome *o, struct buf *out)
{
	bool waited = o->verdict == DO_PASS && reply_waited(o) > 0;
	int64_t held_s = o->hold_s > 0 || o->rule == NULL ? o->hold_s : o->rule->tarpit_s;
	char room[16];
	size_t before = out->n;
	enum status st;

	if (!waited && told_reasons(o) == 0)
		return ST_OK;
	st = buf_append(out, VIEW("X-Greylist: "));
	if (st == ST_OK && reply_has_report(o)) {
		st = expand(o, o->rule->effects.report, out);
	} else if (st == ST_OK && waited) {
		st = expand(o, "Delayed for %E by %V", out);
	} else if (st == ST_OK) {
		st = acl_reasons_format(told_reasons(o), reply_rule_id(o, room), held_s, out);
		if (st == ST_OK)
			st = expand(o, ", not delayed by %V", out);
	}
	if (st != ST_OK)
		out->n = before;
	return st;
}

enum status reply_header(const struct transaction_outcome *o, struct buf *out)
{
	if (!o->first || o->verdict != DO_PASS || !reply_reports(o->conf, reply_waited(o) > 0))
		return ST_OK;
	return reply_header_text(o, out);
}

enum status reply_rule_header(const struct transaction_outcome *o, struct buf *out)
{
	const char *format = o->rule != NULL ? o->rule->effects.addheader : NULL;

	return format != NULL ? expand(o, format, out) : ST_OK;
}

enum status reply_subject_tag(const struct transaction_outcome *o, struct buf *out)
{
	const char *format = o->rule != NULL ? o->rule->effects.subjtag : NULL;

	return format != NULL ? expand(o, format, out) : ST_OK;
}

enum status reply_footer(const struct transaction_outcome *o, struct buf *out)
{
	const char *format = o->rule != NULL ? o->rule->effects.addfooter : NULL;
	char program[TEXT_PROGRAM_ROOM];
	struct format_context ctx;

	if (format == NULL)
		return ST_OK;
	ctx = context(o, program);
	ctx.escapes = true;
	return format_expand(view_of(format), &ctx, out);
}

struct view reply_authserv_id(const struct conf *conf, struct view own_name)
{
	if (conf->options->authserv_id != NULL)
		return view_of(conf->options->authserv_id);
	return own_name.n > 0 ? own_name : view_of(conf->hostname);
}

static bool is_known(const struct transaction_outcome *o, enum fact fact)
{
	return o->gather->facts.of[fact].state == FACT_KNOWN;
}

/* Who sent it, for a header; then the header's name. */
static enum status begin_header(const struct transaction_outcome *o, struct view name,
                                struct buf *out)
{
	gather_fact(o->gather, FACT_RAW_SENDER);
	gather_fact(o->gather, FACT_HELO);
	return buf_append(out, name);
}

enum status reply_authentication(const struct transaction_outcome *o, struct buf *out)
{
	const struct facts *f = &o->gather->facts;
	size_t before = out->n;
	enum status st;

	if (!o->conf->options->authentication_results ||
	    (!is_known(o, FACT_SPF) && !is_known(o, FACT_DKIM)))
		return ST_OK;
	st = begin_header(o, VIEW("Authentication-Results: "), out);
	if (st == ST_OK)
		st = told_authentication(f, reply_authserv_id(o->conf, f->own_name), AUTHRES_FOLDED,
		                         out);
	if (st != ST_OK)
		out->n = before;
	return st;
}

enum status reply_received_spf(const struct transaction_outcome *o, struct buf *out)
{
	size_t before = out->n;
	enum status st;

	if (!o->conf->options->received_spf || !is_known(o, FACT_SPF))
		return ST_OK;
	st = begin_header(o, VIEW("Received-SPF: "), out);
	if (st == ST_OK)
		st = told_received_spf(&o->gather->facts, out);
	if (st != ST_OK)
		out->n = before;
	return st;
}

enum status reply_added_header(const struct transaction_outcome *o, struct buf *out)
{
	return o->first && o->verdict == DO_PASS ? reply_rule_header(o, out) : ST_OK;
}

/* %Xm and its like: what was said, as it is said. */
enum status reply_statistics(const struct transaction_outcome *o, struct buf *out)
{
	const char *format = o->conf->options->stat_format;
	struct buf header = buf_of(REPLY_TEXT_MAX);
	char program[TEXT_PROGRAM_ROOM];
	struct format_context ctx = context(o, program);
	struct reply r = { .text = buf_of(REPLY_TEXT_MAX) };
	enum status st = ST_OK;

	if (format == NULL)
		return ST_OK;
	ctx.escapes = true;
	if (o->verdict == DO_PASS)
		st = reply_header(o, &header);
	else
		st = reply_refusal(o, &r);
	if (o->verdict != DO_PASS) {
		ctx.reply_text = buf_text(&r.text);
		ctx.reply_code = own_or(r.code, "451");
		ctx.reply_ecode = r.ecode;
	} else if (header.n > strlen("X-Greylist: ")) {
		ctx.header = buf_text(&header) + strlen("X-Greylist: ");
	}
	if (st == ST_OK)
		st = format_expand(view_of(format), &ctx, out);
	reply_free(&r);
	buf_free(&header);
	return st;
}
