#include "cli/explain.h"

#include <stdio.h>

#include "acl/client_list.h"
#include "acl/table.h"
#include "cli/tell.h"
#include "conf/conf.h"
#include "engine/s25r.h"
#include "util/mem.h"

/* --- what the evaluation tells --- */

static struct explain_rule *open_rule(struct explain_walk *w, const struct acl_rule *rule)
{
	struct explain_rule *r;

	if (w->open)
		return &w->rule[w->rules - 1];
	if (w->rules == w->rule_room) {
		w->rule_room = w->rule_room > 0 ? w->rule_room * 2 : 64;
		w->rule = mem_resize(w->rule, w->rule_room, sizeof(w->rule[0]));
	}
	r = &w->rule[w->rules++];
	*r = (struct explain_rule){ .rule = rule, .first = w->clauses };
	w->open = true;
	return r;
}

static void on_clause(void *arg, const struct acl_rule *rule, const struct acl_clause *clause,
                      enum acl_answer answer, struct view saw)
{
	struct explain_walk *w = arg;
	struct explain_clause *c;

	open_rule(w, rule)->count++;
	if (w->clauses == w->clause_room) {
		w->clause_room = w->clause_room > 0 ? w->clause_room * 2 : 64;
		w->clause = mem_resize(w->clause, w->clause_room, sizeof(w->clause[0]));
	}
	c = &w->clause[w->clauses++];
	*c = (struct explain_clause){ .clause = clause, .answer = answer };
	/* One octet more than is shown, so that the cut shows. */
	if (saw.p != NULL)
		c->saw = arena_view(w->arena, view_first(saw, EXPLAIN_SHOWN + 1));
}

/* A rule that misses a fact goes on with the same clause when the fact is there. */
static void on_rule(void *arg, const struct acl_rule *rule, enum acl_answer answer)
{
	struct explain_walk *w = arg;
	struct explain_rule *r = open_rule(w, rule);

	r->answer = answer;
	w->open = answer == ACL_PENDING;
	if (w->open && r->count > 0 && w->clause[w->clauses - 1].answer == ACL_PENDING) {
		w->clauses--;
		r->count--;
	}
}

const struct acl_trace explain_trace_of_walk = { .clause = on_clause, .rule = on_rule };

/* --- why it is not known --- */

static enum fact fact_of(const struct acl_clause *c)
{
	bool list = c->operand.kind == OPERAND_OBJECT && c->operand.object->kind == OBJECT_LIST;

	return list || c->operand.kind == OPERAND_EXCEPT ? c->operand.object->of->fact
	                                                 : c->kind->fact;
}

#define FACTS_OF_AUTH (FACT_BIT(FACT_DKIM) | FACT_BIT(FACT_DMARC))

/* Of a fact that nobody looks up here: how it could be told. */
static const char *why_never(struct explain *e, enum fact fact)
{
	switch ((int)fact) {
	case FACT_SPAMD_SCORE:
	case FACT_SPAMD_VERDICT: return "spamd is not asked here, the daemon does: --score";
	case FACT_RATELIMIT: return "only the daemon knows what it has counted";
	case FACT_COUNTRY:
		return e->conf->geo == NULL ? "there is no data base of countries"
		                            : "the data base of countries is damaged here";
	case FACT_RDNS: return "the reverse name is not given: --reverse-name";
	case FACT_HEADERS: return "the headers are not given: --header, --message";
	case FACT_BODY: return "the body is not given: --body, --message";
	case FACT_SIZE: return "the size of the message is not given: --message";
	default: break;
	}
	return explain_text(e->arena,
	                    e->stage == ACL_DATA ? "%s can't be known here"
	                                         : "%s can't be known at a policy door",
	                    fact_name(fact));
}

static const char *why_of(struct explain *e, const struct explain_clause *c)
{
	enum fact fact = fact_of(c->clause);

	if (c->answer == ACL_FAILED)
		return fact < FACTS && e->shown->gather.facts.of[fact].state == FACT_FAILED
		               ? explain_text(e->arena, "%s could not be found", fact_name(fact))
		               : "the expression reached its limits";
	if (c->answer != ACL_NEVER)
		return NULL;
	if (fact < FACTS &&
	    (FACT_BIT(fact) & (FACTS_OF_DNS | FACTS_OF_PROGRAMS | FACTS_OF_AUTH)) != 0)
		return explain_text(e->arena, "%s is not looked up here; the daemon does",
		                    fact_name(fact));
	return why_never(e, fact);
}

/* --- which entry it was --- */

static const char *entry_of_list(struct explain *e, const struct acl_object *list)
{
	struct acl_look look = { .acl = e->conf->acl,
		                 .facts = &e->shown->gather.facts,
		                 .stage = e->stage };
	struct acl_item_walk w = acl_items(list);
	const struct acl_clause *item;

	do
		item = acl_next_item(&w);
	while (item != NULL && item->kind->match(item, &look) != ACL_YES);
	if (item == NULL)
		return NULL;
	return explain_text(e->arena, "the entry %s%s%s", explain_clause_text(e->arena, item),
	                    list->file != NULL ? " of " : "", list->file != NULL ? list->file : "");
}

static const char *entry_of_file(struct explain *e, const struct acl_clause *c)
{
	const struct facts *f = &e->shown->gather.facts;
	struct list_place where;
	bool found;

	if (c->built == NULL)
		return "the file is not there";
	if (c->kind->fact == FACT_CLIENT_NAME)
		found = table_find_client(c->built, f->of[FACT_CLIENT_NAME].text, &f->client,
		                          &where);
	else
		found = table_find_mail(c->built, mail_bare(f->of[FACT_RECIPIENT].text), &where);
	return found ? explain_text(e->arena, "the entry at %s:%u", where.file, where.line) : NULL;
}

static const char *s25r_of(struct explain *e, const struct acl_clause *c)
{
	unsigned rules = s25r_match(e->shown->gather.facts.of[FACT_CLIENT_NAME].text);
	struct buf text = buf_of(4096);
	const char *entry = NULL, *result;
	enum status st = ST_OK;

	for (unsigned i = 0; i < S25R_RULES && st == ST_OK; i++)
		if ((rules >> i & 1) != 0)
			st = buf_printf(&text, "%s%u", text.n > 0 ? ", " : "", i);
	if (c->operand.kind == OPERAND_EXCEPT)
		entry = entry_of_list(e, c->operand.object);
	result = rules == 0 ? "no S25R rule matches"
	                    : explain_text(e->arena, "S25R rules that match: %s%s%s",
	                                   buf_text(&text), entry != NULL ? "; excepted by " : "",
	                                   entry != NULL ? entry : "");
	buf_free(&text);
	return result;
}

static const char *known_of(struct explain *e)
{
	const struct client_policy p = gather_policy(e->conf).client;
	uint32_t count = e->has_client && !client_expired(&p, &e->client_record, e->question.now)
	                         ? e->client_record.count
	                         : 0;

	if (!p.on)
		return "auto-allow of clients is off";
	return explain_text(e->arena, "%u of %lld passes are counted", count, (long long)p.after);
}

static const char *tarpit_of(struct explain *e)
{
	char at[TELL_TIME_MAX];

	if (e->shown->gather.facts.of[FACT_GAVE_UP].number == 0)
		return "it did not hang up on a tarpit";
	return explain_text(e->arena, "it hung up on a tarpit, see the mark of %s",
	                    tell_time(e->mark.since, e->args->epoch, at));
}

static const char *time_of(struct explain *e)
{
	static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	const struct fact_clock *c = &e->shown->gather.facts.clock;

	return explain_text(e->arena, "it is %s %04d-%02d-%02d %02d:%02d", days[c->weekday % 7],
	                    c->year, c->month, c->day, c->hour, c->minute);
}

/* Of what was found. */
static const char *detail_of(struct explain *e, const struct explain_clause *c)
{
	const struct acl_clause *clause = c->clause;
	const struct operand *o = &clause->operand;
	bool matched = (c->answer == ACL_YES) != clause->negate;

	if (c->answer != ACL_YES && c->answer != ACL_NO)
		return NULL;
	switch ((int)clause->kind->fact) {
	case FACT_KNOWN_SOURCE: return known_of(e);
	case FACT_GAVE_UP: return tarpit_of(e);
	case FACT_TIME: return time_of(e);
	default: break;
	}
	if (o->kind == OPERAND_OBJECT && o->object->kind == OBJECT_LIST)
		return matched ? entry_of_list(e, o->object) : NULL;
	if (o->kind == OPERAND_FILE)
		return entry_of_file(e, clause);
	return strcmp(clause->kind->name, "s25r") == 0 ? s25r_of(e, clause) : NULL;
}

static struct view score_of(struct explain *e, int64_t tenths)
{
	int64_t n = tenths < 0 ? -tenths : tenths;

	return view_of(explain_text(e->arena, "%s%lld.%lld", tenths < 0 ? "-" : "",
	                            (long long)n / 10, (long long)n % 10));
}

/* Numbers that stand for words are in the detail. */
static struct view saw_of(struct explain *e, const struct explain_clause *c)
{
	enum fact fact = fact_of(c->clause);
	const struct fact_value *v = fact < FACTS ? &e->shown->gather.facts.of[fact] : NULL;
	char address[IP_TEXT_MAX];

	if (fact == FACT_KNOWN_SOURCE || fact == FACT_GAVE_UP || fact == FACT_TIME)
		return (struct view){ NULL, 0 };
	if (fact == FACT_SPAMD_SCORE && v->state == FACT_KNOWN)
		return score_of(e, v->number);
	if (c->saw.p != NULL || v == NULL || v->state != FACT_KNOWN)
		return c->saw;
	if (fact != FACT_CLIENT)
		return view_first(v->text, EXPLAIN_SHOWN + 1);
	ip_format(&e->client, address);
	return arena_view(e->arena, view_of(address));
}

void explain_settle_walk(struct explain *e)
{
	struct explain_walk *w = e->shown_walk;
	const struct acl_rule *last = w->rules > 0 ? w->rule[w->rules - 1].rule : NULL;

	for (size_t i = 0; i < w->clauses; i++) {
		struct explain_clause *c = &w->clause[i];

		c->why = why_of(e, c);
		c->detail = detail_of(e, c);
		c->saw = saw_of(e, c);
	}
	for (const struct acl_rule *r = last != NULL ? last->next : e->conf->acl->rules[e->stage];
	     r != NULL; r = r->next)
		w->not_looked_at++;
}

void explain_free_walk(struct explain_walk *w)
{
	mem_free(w->rule);
	mem_free(w->clause);
}
