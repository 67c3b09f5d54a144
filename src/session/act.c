#include "session/act.h"

#include "conf/conf.h"
#include "session/nsupdate.h"
#include "session/text.h"
#include "util/escape.h"
#include "util/log.h"

/* --- properties --- */

/* No further than numbers go that can be read again. */
static int64_t sum_of(int64_t a, bool plus, int64_t b)
{
	int64_t sum;
	bool over = plus ? __builtin_add_overflow(a, b, &sum) : __builtin_sub_overflow(a, b, &sum);

	if (over)
		return plus == (b > 0) ? INT64_MAX : -INT64_MAX;
	return sum < -INT64_MAX ? -INT64_MAX : sum;
}

/* The right side as text: the first value of another property, a number, or a format. */
static enum status right_side(struct gather *g, const struct acl_eval *at, struct buf *out)
{
	const struct operand *o = &at->act->operand;
	const struct property *other;

	if (o->property2.n > 0) {
		other = properties_find(g->properties, o->property2);
		return buf_append(out, other != NULL ? other->value : VIEW(""));
	}
	if (o->has_number)
		return buf_printf(out, "%lld", (long long)o->number);
	return text_expand(g, at, o->text, out);
}

/* What += and -= make of it: both sides count as numbers. */
static enum status reckon(const struct gather *g, const struct operand *o, struct buf *value)
{
	const struct property *left = properties_find(g->properties, o->property);
	int64_t a = left != NULL ? acl_number_of(left->value) : 0;
	int64_t b = acl_number_of(buf_view(value));

	buf_clear(value);
	return buf_printf(value, "%lld", (long long)sum_of(a, o->assign == '+', b));
}

bool act_set(struct gather *g, const struct acl_eval *at)
{
	const struct operand *o = &at->act->operand;
	struct buf value = buf_of(ACT_TEXT_MAX);
	enum status st;

	gather_fact(g, FACT_PROPERTIES);
	st = right_side(g, at, &value);
	if (st == ST_OK && o->assign != '=')
		st = reckon(g, o, &value);
	if (st == ST_OK)
		st = properties_set(g->properties, o->property, buf_view(&value),
		                    view_eq(view_of(at->act->kind->name), VIEW("rset")));
	buf_free(&value);
	if (st == ST_OK)
		gather_properties(g);
	return st == ST_OK;
}

static void set(const struct act *a, const struct acl_eval *at)
{
	if (act_set(a->gather, at) || a->gather->warned)
		return;
	a->gather->warned = true;
	log_warning(a->log,
	            "$%.*s is not set: the properties of a session are at most %d, of %zu octets",
	            VIEW_ARG(at->act->operand.property), PROPERTIES_MAX, PROPERTIES_OCTETS_MAX);
}

/* --- log lines --- */

/* At the level of the lines about decisions. */
static enum log_level level_of(const struct conf *conf)
{
	return conf->face == CONF_MILTER_GREYLIST ? LOG_LEVEL_INFO : LOG_LEVEL_NOTICE;
}

static void write_line(const struct act *a, const struct acl_eval *at)
{
	struct buf text = buf_of(ACT_TEXT_MAX), line = buf_of(ESCAPE_ROOM(ACT_TEXT_MAX));

	if (text_expand(a->gather, at, at->act->operand.text, &text) == ST_OK &&
	    escape_append(&line, buf_view(&text), text.n) == ST_OK)
		log_write(a->log, level_of(a->gather->conf), buf_view(&line));
	else
		log_warning(a->log, "log: the text of the rule at line %u is too long",
		            at->next->line);
	buf_free(&text);
	buf_free(&line);
}

/* --- updates --- */

static int64_t own_or(int64_t own, int64_t usual)
{
	return own != ACL_UNSET ? own : usual;
}

/* RFC 2181 section 8: 31 bits. */
static uint32_t ttl_of(int64_t ttl)
{
	ttl = own_or(ttl, NSUPDATE_TTL_S);
	return (uint32_t)(ttl < 0 ? 0 : ttl < INT32_MAX ? ttl : INT32_MAX);
}

static struct view text_of(const char *text)
{
	return text != NULL ? view_of(text) : VIEW("");
}

/* The key as it was checked when the configuration was read; one that is none is not used, and the
 * server refuses. */
static bool has_key(const struct gather *g, const struct acl_object *o, struct dnsupdate_key *out)
{
	const struct acl_object *tsig = NULL;

	if (o->update.tsig != NULL)
		tsig = acl_find_object(g->conf->acl, OBJECT_TSIG, view_of(o->update.tsig));
	return tsig != NULL && dnsupdate_key_read(view_of(tsig->name), view_of(tsig->text),
	                                          view_of(tsig->text2), out) == ST_OK;
}

static void send_update(const struct act *a, const struct acl_eval *at)
{
	const struct acl_object *o = at->act->operand.object;
	struct buf name = buf_of(ACT_TEXT_MAX), value = buf_of(ACT_TEXT_MAX);
	struct dnsupdate_key key;
	struct nsupdate what = { .servers = text_of(o->update.servers),
		                 .record = { .type = (uint16_t)own_or(o->update.type, DNSUPDATE_A),
		                             .dns_class = (uint16_t)own_or(o->update.dns_class,
		                                                           NSUPDATE_CLASS),
		                             .ttl = ttl_of(o->update.ttl) } };

	if (has_key(a->gather, o, &key))
		what.key = &key;
	if (text_expand(a->gather, at, text_of(o->update.rname), &name) == ST_OK &&
	    text_expand(a->gather, at, text_of(o->update.rvalue), &value) == ST_OK) {
		what.record.name = buf_view(&name);
		what.record.value = buf_view(&value);
		nsupdates_send(a->nsupdates, &what);
	}
	buf_free(&name);
	buf_free(&value);
}

void act_on(const struct act *a, const struct acl_eval *at)
{
	if (at->act->operand.kind == OPERAND_ASSIGN)
		set(a, at);
	else if (at->act->operand.kind == OPERAND_STRING)
		write_line(a, at);
	else if (a->nsupdates != NULL)
		send_update(a, at);
}
