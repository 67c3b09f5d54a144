#include "codec/check_reply.h"

void check_reply_begin(struct check_reply *r)
{
	*r = (struct check_reply){ .delay = CHECK_UNSAID,
		                   .autowhite = CHECK_UNSAID,
		                   .tarpit = CHECK_UNSAID };
}

/* "300", "5m": seconds, or with a letter as in the rules. */
static bool read_time(struct view v, int64_t *out)
{
	static const struct {
		char letter;
		int64_t s;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 } };
	int64_t unit = 1;
	uint64_t n;

	for (size_t i = 0; v.n > 0 && i < sizeof(units) / sizeof(units[0]); i++) {
		if (v.p[v.n - 1] != units[i].letter)
			continue;
		unit = units[i].s;
		v.n--;
		break;
	}
	if (view_u64(v, (uint64_t)(CHECK_TIME_MAX / unit), &n) != ST_OK)
		return false;
	*out = (int64_t)n * unit;
	return true;
}

static bool read_action(struct view v, enum check_action *out)
{
	static const struct view words[] = { [CHECK_GREYLIST] = VIEW_INIT("greylist"),
		                             [CHECK_WHITELIST] = VIEW_INIT("whitelist"),
		                             [CHECK_BLACKLIST] = VIEW_INIT("blacklist"),
		                             [CHECK_CONTINUE] = VIEW_INIT("continue") };

	for (size_t i = CHECK_GREYLIST; i < sizeof(words) / sizeof(words[0]); i++) {
		if (view_eq_nocase(v, words[i])) {
			*out = (enum check_action)i;
			return true;
		}
	}
	return false;
}

static bool set_text(struct view v, struct view *out)
{
	*out = v;
	return true;
}

static bool set_flag(bool *out)
{
	*out = true;
	return true;
}

enum key {
	KEY_STATUS,
	KEY_ACTION,
	KEY_DELAY,
	KEY_AUTOWHITE,
	KEY_TARPIT,
	KEY_CODE,
	KEY_ECODE,
	KEY_MSG,
	KEY_REPORT,
	KEY_FLUSHADDR,
	KEY_NOLOG,
	KEY_IGNORE,
	KEYS
};

static enum key find_key(struct view name)
{
	static const struct view keys[] = {
		[KEY_STATUS] = VIEW_INIT("Status"),       [KEY_ACTION] = VIEW_INIT("Action"),
		[KEY_DELAY] = VIEW_INIT("Delay"),         [KEY_AUTOWHITE] = VIEW_INIT("Autowhite"),
		[KEY_TARPIT] = VIEW_INIT("Tarpit"),       [KEY_CODE] = VIEW_INIT("Code"),
		[KEY_ECODE] = VIEW_INIT("Ecode"),         [KEY_MSG] = VIEW_INIT("Msg"),
		[KEY_REPORT] = VIEW_INIT("Report"),       [KEY_IGNORE] = VIEW_INIT("Ignore"),
		[KEY_FLUSHADDR] = VIEW_INIT("FlushAddr"), [KEY_NOLOG] = VIEW_INIT("NoLog"),
	};
	struct view ours = VIEW("milterGreylist");
	unsigned k = KEY_STATUS;

	if (!view_eq_nocase(view_first(name, ours.n), ours))
		return KEYS;
	while (k < KEYS && !view_eq_nocase(view_from(name, ours.n), keys[k]))
		k++;
	return (enum key)k;
}

static bool is_plain(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (((unsigned char)v.p[i] < ' ' && v.p[i] != '\t') || v.p[i] == 127)
			return false;
	return true;
}

bool check_reply_take(struct check_reply *r, struct view name, struct view value)
{
	enum key key = find_key(name);
	bool taken = false;

	if (!is_plain(value))
		return key != KEYS;
	switch (key) {
	case KEY_STATUS:
		r->refused =
			!view_eq_nocase(value, VIEW("Ok")) && !view_eq_nocase(value, VIEW("TRUE"));
		taken = true;
		break;
	case KEY_ACTION: taken = read_action(value, &r->action); break;
	case KEY_DELAY: taken = read_time(value, &r->delay); break;
	case KEY_AUTOWHITE: taken = read_time(value, &r->autowhite); break;
	case KEY_TARPIT: taken = read_time(value, &r->tarpit); break;
	case KEY_CODE: taken = set_text(value, &r->code); break;
	case KEY_ECODE: taken = set_text(value, &r->ecode); break;
	case KEY_MSG: taken = set_text(value, &r->msg); break;
	case KEY_REPORT: taken = set_text(value, &r->report); break;
	case KEY_FLUSHADDR: taken = set_flag(&r->flushaddr); break;
	case KEY_NOLOG: taken = set_flag(&r->nolog); break;
	case KEY_IGNORE: break;
	case KEYS: return false;
	}
	r->known = r->known || taken;
	return true;
}

bool check_reply_line(struct view *rest, struct view *key, struct view *value)
{
	struct view line;

	while (view_next(rest, '\n', &line)) {
		size_t colon;

		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		colon = view_find(line, ':');
		if (colon == VIEW_NONE || !is_plain(line))
			continue;
		*key = view_trim(view_first(line, colon));
		*value = view_trim(view_from(line, colon + 1));
		if (key->n > 0 && value->n > 0)
			return true;
	}
	return false;
}
