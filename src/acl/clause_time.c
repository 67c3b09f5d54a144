/* time "minute hour day month weekday": fields as in crontab(5), but all five must match. */
#include "acl/rule.h"

enum { FIELDS = 5, SUNDAY_TOO = 7 };

static const struct field {
	const char *name;
	unsigned least;
	unsigned most;
} fields[FIELDS] = {
	{ "minute", 0, 59 }, { "hour", 0, 23 },   { "day", 1, 31 },
	{ "month", 1, 12 },  { "weekday", 0, 7 },
};

struct hours { /* bit n for value n */
	uint64_t of[FIELDS];
};

static bool read_number(struct view text, const struct field *f, unsigned *out)
{
	uint64_t x;

	if (view_u64(text, f->most, &x) != ST_OK || x < f->least)
		return false;
	*out = (unsigned)x;
	return true;
}

/* "*", N, N-M, each perhaps with /STEP. N/STEP goes on to the end, as cron has it. */
static bool read_item(struct view item, const struct field *f, uint64_t *set)
{
	size_t slash = view_find(item, '/');
	struct view range = view_first(item, slash);
	size_t dash = view_find(range, '-');
	unsigned from = f->least, to = f->most;
	uint64_t step = 1;

	if (slash != VIEW_NONE &&
	    (view_u64(view_from(item, slash + 1), 60, &step) != ST_OK || step == 0))
		return false;
	if (!view_eq(range, VIEW("*"))) {
		if (!read_number(view_first(range, dash), f, &from))
			return false;
		if (dash != VIEW_NONE && !read_number(view_from(range, dash + 1), f, &to))
			return false;
		if (dash == VIEW_NONE && slash == VIEW_NONE)
			to = from;
	}
	if (from > to)
		return false;
	for (uint64_t n = from; n <= to; n += step)
		*set |= (uint64_t)1 << n;
	return true;
}

static bool joins(char c)
{
	return c == ',' || c == '-' || c == '/';
}

/* The next field, without the blanks that may stand around its marks ("9 - 17, 20"). */
static struct view next_field(struct arena *arena, struct view *rest)
{
	char *p = arena_alloc(arena, rest->n + 1);
	struct view field = { p, 0 };

	for (;;) {
		*rest = view_trim(*rest);
		while (rest->n > 0 && !ascii_blank(rest->p[0])) {
			p[field.n++] = rest->p[0];
			*rest = view_from(*rest, 1);
		}
		*rest = view_trim(*rest);
		if (rest->n == 0 || field.n == 0 || !(joins(p[field.n - 1]) || joins(rest->p[0])))
			return field;
	}
}

static enum status build_time(struct acl *acl, struct acl_clause *c, struct diag *why)
{
	struct hours *h = arena_one(acl->arena, struct hours);
	struct view rest = c->operand.text;

	for (size_t i = 0; i < FIELDS; i++) {
		struct view field = next_field(acl->arena, &rest), item;

		if (field.n == 0) {
			diag_set(why, "a time has five fields: minute hour day month weekday");
			return ST_INVALID;
		}
		while (view_next(&field, ',', &item))
			if (!read_item(item, &fields[i], &h->of[i]))
				acl_warn(acl, "\"%.*s\" is no %s, and is ignored", VIEW_ARG(item),
				         fields[i].name);
	}
	if (view_trim(rest).n > 0) {
		diag_set(why, "a time has five fields, here is a sixth");
		return ST_INVALID;
	}
	if ((h->of[4] >> SUNDAY_TOO & 1) != 0)
		h->of[4] |= 1;
	c->built = h;
	return ST_OK;
}

static bool has(uint64_t set, int value)
{
	return value >= 0 && value < 64 && (set >> value & 1) != 0;
}

static enum acl_answer match_time(const struct acl_clause *c, struct acl_look *look)
{
	const struct fact_clock *now = &look->facts->clock;
	const struct hours *h = c->built;
	const struct fact_value *v;
	enum acl_answer known = acl_fact(look, FACT_TIME, &v);

	if (known != ACL_YES)
		return known;
	acl_saw_number(look, now->unix_s);
	return has(h->of[0], now->minute) && has(h->of[1], now->hour) && has(h->of[2], now->day) &&
	                       has(h->of[3], now->month) && has(h->of[4], now->weekday)
	               ? ACL_YES
	               : ACL_NO;
}

static const struct clause_kind kinds[] = {
	{ .name = "time",
	  .operands = OPERAND_STRING,
	  .list = OPERAND_STRING,
	  .stages = AT_BOTH,
	  .doors = DOOR_ALL,
	  .fact = FACT_TIME,
	  .reason = REASON_OTHER,
	  .match = match_time,
	  .build = build_time,
	  .synopsis = "time \"MINUTE HOUR DAY MONTH WEEKDAY\"",
	  .help = "local time; all five fields must match" },
};

const struct clause_family clauses_time = { kinds, sizeof(kinds) / sizeof(kinds[0]) };
