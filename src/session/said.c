#include "session/said.h"

#include "session/gather.h"
#include "util/log.h"

static const char *text_of(struct arena *arena, struct view v)
{
	return v.n > 0 ? arena_text(arena, v) : NULL;
}

static int64_t time_of(int64_t s)
{
	return s != CHECK_UNSAID ? s : ACL_UNSET;
}

static bool wants(const struct acl_said *s)
{
	const struct acl_effects *e = &s->set;

	return s->has_action || s->tarpit_s != ACL_UNSET || e->delay != ACL_UNSET ||
	       e->autowhite != ACL_UNSET || e->code != NULL || e->ecode != NULL || e->msg != NULL ||
	       e->report != NULL || e->flushaddr || e->nolog;
}

const struct acl_said *said_of(struct arena *arena, const struct check_reply *reply)
{
	static const enum acl_action actions[] = { [CHECK_GREYLIST] = ACL_GREYLIST,
		                                   [CHECK_WHITELIST] = ACL_WHITELIST,
		                                   [CHECK_BLACKLIST] = ACL_BLACKLIST,
		                                   [CHECK_CONTINUE] = ACL_CONTINUE };
	struct acl_said *s = arena_one(arena, struct acl_said);

	*s = ACL_SAID_NOTHING;
	s->has_action = reply->action != CHECK_NO_ACTION;
	s->action = actions[reply->action];
	s->tarpit_s = time_of(reply->tarpit);
	s->set.delay = time_of(reply->delay);
	s->set.autowhite = time_of(reply->autowhite);
	s->set.code = text_of(arena, reply->code);
	s->set.ecode = text_of(arena, reply->ecode);
	s->set.msg = text_of(arena, reply->msg);
	s->set.report = text_of(arena, reply->report);
	s->set.flushaddr = reply->flushaddr;
	s->set.nolog = reply->nolog;
	return wants(s) ? s : NULL;
}

static struct view lowered(struct arena *arena, struct view v)
{
	char *p = arena_alloc(arena, v.n > 0 ? v.n : 1);

	for (size_t i = 0; i < v.n; i++)
		p[i] = ascii_lower(v.p[i]);
	return (struct view){ p, v.n };
}

static bool has(const struct properties *p, const struct fact_pair *pair)
{
	for (size_t i = 0; i < p->count; i++)
		if (view_eq_nocase(p->of[i].name, pair->name) &&
		    view_eq(p->of[i].value, pair->value))
			return true;
	return false;
}

void said_property(struct gather *g, struct log *log, const struct acl_object *check,
                   enum said_case letters, const struct fact_pair *pair)
{
	struct fact_pair p = *pair;

	if (letters == SAID_LOWER) {
		p.name = lowered(gather_arena(g), p.name);
		p.value = lowered(gather_arena(g), p.value);
	}
	if (has(g->properties, &p))
		return;
	if (properties_add(g->properties, p.name, p.value, (check->flags & CHECK_CLEAR) != 0) ==
	    ST_OK) {
		gather_properties(g);
		return;
	}
	if (!g->warned)
		log_warning(log,
		            "check \"%s\": properties are not set: those of a session are at most "
		            "%d, of %zu octets",
		            check->name, PROPERTIES_MAX, PROPERTIES_OCTETS_MAX);
	g->warned = true;
}
