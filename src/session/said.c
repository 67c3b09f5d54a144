#include "session/said.h"

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
