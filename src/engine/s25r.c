#include "engine/s25r.h"

/* What the rules look at: the first three labels, what is behind them, and how many dots end them.
 */
struct labels {
	struct view label[3];
	struct view rest; /* behind the third dot */
	unsigned dots;    /* 0 to 3 */
};

static struct labels split(struct view name)
{
	struct labels l = { .dots = 0 };

	for (size_t i = 0; i < 3; i++) {
		size_t dot = view_find(name, '.');

		l.label[i] = view_first(name, dot);
		if (dot == VIEW_NONE)
			return l;
		l.dots++;
		name = view_from(name, dot + 1);
	}
	l.rest = name;
	return l;
}

static bool starts_with_digit(struct view v)
{
	return v.n > 0 && ascii_digit(v.p[0]);
}

static bool ends_in_digit(struct view v)
{
	return v.n > 0 && ascii_digit(v.p[v.n - 1]);
}

static bool two_runs(struct view label)
{
	bool seen = false, gap = false;

	for (size_t i = 0; i < label.n; i++) {
		bool digit = ascii_digit(label.p[i]);

		if (digit && gap)
			return true;
		seen = seen || digit;
		gap = seen && !digit;
	}
	return false;
}

static bool five_digits(struct view label)
{
	unsigned run = 0;

	for (size_t i = 0; i < label.n; i++) {
		run = ascii_digit(label.p[i]) ? run + 1 : 0;
		if (run == 5)
			return true;
	}
	return false;
}

/* "x." with at least one octet before the dot; with a letter behind the dot if that is asked for.
 */
static bool has_inner_dot(struct view v, bool then_letter)
{
	for (size_t i = 1; i < v.n; i++)
		if (v.p[i] == '.' && (!then_letter || (i + 1 < v.n && ascii_alpha(v.p[i + 1]))))
			return true;
	return false;
}

static bool rule_3(const struct labels *l)
{
	struct view behind_second = l->label[2];

	if (l->dots < 3)
		return false;
	behind_second.n = (size_t)(l->rest.p + l->rest.n - behind_second.p);
	if (starts_with_digit(l->label[0]) && l->label[1].n > 0 &&
	    has_inner_dot(behind_second, true))
		return true;
	return l->label[0].n > 0 && starts_with_digit(l->label[1]) && l->label[2].n > 0 &&
	       has_inner_dot(l->rest, true);
}

static bool rule_4(const struct labels *l)
{
	struct view second = l->label[1];

	if (l->dots == 0 || !ends_in_digit(l->label[0]))
		return false;
	for (size_t i = 0; i + 2 < second.n; i++)
		if (ascii_digit(second.p[i]) && second.p[i + 1] == '-' &&
		    ascii_digit(second.p[i + 2]))
			return true;
	return false;
}

static bool rule_5(const struct labels *l)
{
	return l->dots == 3 && ends_in_digit(l->label[0]) && ends_in_digit(l->label[1]) &&
	       l->label[2].n > 0 && has_inner_dot(l->rest, false);
}

static bool starts_nocase(struct view v, const char *word)
{
	struct view w = view_of(word);

	return v.n >= w.n && view_eq_nocase(view_first(v, w.n), w);
}

static bool rule_6(struct view label)
{
	static const char *const words[] = { "dhcp", "dialup", "ppp",  "dsl",  "adsl", "cdsl",
		                             "hdsl", "rdsl",   "sdsl", "vdsl", "xdsl" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!starts_nocase(label, words[i]))
			continue;
		for (size_t k = strlen(words[i]); k < label.n; k++)
			if (ascii_digit(label.p[k]))
				return true;
		return false;
	}
	return false;
}

static bool no_name(struct view name)
{
	return name.n == 0 || view_eq_nocase(name, VIEW("unknown")) ||
	       (name.n >= 3 && name.p[0] == '[' && name.p[name.n - 1] == ']');
}

unsigned s25r_match(struct view name)
{
	struct labels l = split(name);
	unsigned set = 0;

	set |= no_name(name) ? 1u << 0 : 0;
	set |= l.dots > 0 && two_runs(l.label[0]) ? 1u << 1 : 0;
	set |= five_digits(l.label[0]) ? 1u << 2 : 0;
	set |= rule_3(&l) ? 1u << 3 : 0;
	set |= rule_4(&l) ? 1u << 4 : 0;
	set |= rule_5(&l) ? 1u << 5 : 0;
	set |= rule_6(l.label[0]) ? 1u << 6 : 0;
	return set;
}

int s25r_first(unsigned rules)
{
	for (int i = 0; i < S25R_RULES; i++)
		if ((rules >> i & 1) != 0)
			return i;
	return -1;
}
