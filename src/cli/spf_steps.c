#include "cli/spf.h"

#include <stdio.h>

#include "cli/tell.h"
#include "util/escape.h"

/* Records of an answer that are shown. SPF looks at no more hosts or names (RFC 7208 section
 * 4.6.4). */
#define SHOWN_MAX SPF_HOSTS_MAX

/* --- a step --- */

static enum status put_record(const struct spf_dns_answer *a, enum spf_type type, size_t at,
                              struct buf *out)
{
	char address[IP_TEXT_MAX];

	if (type == SPF_TYPE_A || type == SPF_TYPE_AAAA) {
		ip_format(&a->addresses[at], address);
		return buf_printf(out, " %s", address);
	}
	if (buf_append(out, VIEW(" ")) != ST_OK)
		return ST_LIMIT;
	return a->names[at].n > 0 ? escape_append(out, a->names[at], SPF_SHOWN_MAX)
	                          : buf_append(out, VIEW("."));
}

static enum status put_records(const struct spf_dns_answer *a, enum spf_type type, struct buf *out)
{
	enum status st = ST_OK;

	if (type == SPF_TYPE_TXT)
		return buf_printf(out, " %zu record%s", a->count, a->count == 1 ? "" : "s");
	for (size_t i = 0; i < a->count && i < SHOWN_MAX && st == ST_OK; i++)
		st = put_record(a, type, i, out);
	if (st == ST_OK && a->count > SHOWN_MAX)
		st = buf_printf(out, " ... (%zu)", a->count);
	return st;
}

static enum status put_answer(const struct spf_event *e, struct buf *out)
{
	const struct spf_dns_answer *a = e->answer;
	enum spf_type type = e->wanted->type;

	if (buf_printf(out, "DNS: %s %s:", e->wanted->name.text, spf_type_text(type)) != ST_OK)
		return ST_LIMIT;
	switch (a->status) {
	case SPF_DNS_ANSWER:
		return a->count > 0 ? put_records(a, type, out) : buf_append(out, VIEW(" no data"));
	case SPF_DNS_NXDOMAIN: return buf_append(out, VIEW(" no such name"));
	case SPF_DNS_FAILURE: break;
	}
	return buf_printf(out, " failed (%s)", a->failure != NULL ? a->failure : "no answer");
}

static enum status put_text(const struct spf_event *e, struct buf *out)
{
	return escape_append(out, e->text, SPF_RECORD_MAX);
}

static enum status put_event(const struct spf_event *e, struct buf *out)
{
	enum status st = ST_OK;

	switch (e->kind) {
	case SPF_ANSWERED: return put_answer(e, out);
	case SPF_READ:
		st = buf_printf(out, "record of %s: ", e->domain);
		return st == ST_OK ? put_text(e, out) : st;
	case SPF_MATCHED:
		st = put_text(e, out);
		return st == ST_OK ? buf_printf(out, ": matches, %s", spf_verdict_text(e->verdict))
		                   : st;
	case SPF_UNMATCHED:
		st = put_text(e, out);
		return st == ST_OK ? buf_append(out, VIEW(": does not match")) : st;
	case SPF_CONCLUDED:
		return buf_printf(out, "%s gives %s", e->domain, spf_verdict_text(e->verdict));
	case SPF_REDIRECTED:
		st = buf_append(out, VIEW("redirect to "));
		return st == ST_OK ? put_text(e, out) : st;
	case SPF_EXPLAINED:
		st = buf_append(out, VIEW("explanation at "));
		return st == ST_OK ? put_text(e, out) : st;
	}
	return st;
}

void spf_steps_add(void *arg, const struct spf_event *event)
{
	struct spf_steps *s = arg;
	size_t whole = s->text.n;

	if (!s->cut && buf_printf(&s->text, "%*s", (int)event->depth * 2, "") == ST_OK &&
	    put_event(event, &s->text) == ST_OK && buf_append(&s->text, VIEW("\n")) == ST_OK)
		return;
	s->cut = true;
	s->text.n = whole;
}

/* --- all of them --- */

static void put_identity(const struct spf_question *q)
{
	(void)fputs(q->mail_from.n > 0 ? "identity: MAIL FROM " : "identity: HELO, postmaster@",
	            stdout);
	tell_escaped(stdout, q->mail_from.n > 0 ? q->mail_from : q->helo);
	(void)putchar('\n');
}

void spf_steps_print(struct spf_steps *steps, const struct spf_question *question,
                     const struct spf_result *result)
{
	put_identity(question);
	(void)fputs(buf_text(&steps->text), stdout);
	if (steps->cut)
		(void)puts("... more steps than can be shown");
	(void)printf("look-ups: %u (at most %d), void: %u (at most %d), DNS questions: %u\n",
	             result->terms, SPF_TERMS_MAX, result->voids, SPF_VOIDS_MAX, result->questions);
	if (result->why.text[0] == '\0')
		return;
	(void)printf("reason: %s", result->why.text);
	if (result->why.column > 0)
		(void)printf(" (column %u of its record)", result->why.column);
	(void)putchar('\n');
}
