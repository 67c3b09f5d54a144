#include "codec/milter_negotiate.h"

/* What an offer of zero stands for (libmilter/engine.c: SMFI_V1_ACTS, SMFI_V1_PROT). */
#define V1_ACTIONS 0x0fu
#define V1_STEPS   0x3fu

#define V2_STEPS (V1_STEPS | MILTER_NO_EOH)

static uint32_t steps_of_version(uint32_t version)
{
	uint32_t steps = V2_STEPS;

	if (version >= 3)
		steps |= MILTER_NO_UNKNOWN;
	if (version >= 4)
		steps |= MILTER_NO_DATA;
	return version >= 6 ? UINT32_MAX : steps;
}

static uint32_t data_of_steps(uint32_t steps)
{
	if ((steps & MILTER_WITH_1M) != 0)
		return MILTER_DATA_MAX_1M;
	return (steps & MILTER_WITH_256K) != 0 ? MILTER_DATA_MAX_256K : MILTER_DATA_MAX;
}

static bool wishes_lists(const struct milter_wish *wish)
{
	for (unsigned i = 0; i < MILTER_STAGES; i++)
		if (wish->macros[i].n > 0)
			return true;
	return false;
}

enum status milter_negotiate(const struct milter_offer *offer, const struct milter_wish *wish,
                             struct milter_terms *out)
{
	struct milter_terms t;
	uint32_t actions = offer->actions != 0 ? offer->actions : V1_ACTIONS;
	uint32_t steps = offer->steps != 0 ? offer->steps : V1_STEPS;

	if (offer->version < MILTER_VERSION_MIN)
		return ST_INVALID;
	t.version = offer->version < MILTER_VERSION_MAX ? offer->version : MILTER_VERSION_MAX;
	steps &= steps_of_version(t.version);
	t.actions = wish->actions & actions;
	t.missing_actions = wish->actions & ~actions;
	t.steps = wish->steps & steps;
	t.missing_steps = wish->steps & ~steps;
	t.max_data = data_of_steps(t.steps);
	t.macro_lists =
		t.version >= 6 && (actions & MILTER_MAY_LIST_MACROS) != 0 && wishes_lists(wish);
	if (t.macro_lists)
		t.actions |= MILTER_MAY_LIST_MACROS;
	*out = t;
	return ST_OK;
}

static enum status check_list(struct view names)
{
	struct view name;
	unsigned count = 0;

	for (size_t i = 0; i < names.n; i++)
		if ((unsigned char)names.p[i] < 32 || names.p[i] == 127)
			return ST_INVALID;
	while (view_next(&names, ' ', &name))
		count += name.n > 0;
	return count <= MILTER_MACRO_NAMES_MAX ? ST_OK : ST_LIMIT;
}

static struct view list_for(const struct milter_wish *wish, unsigned stage)
{
	struct view names = wish->macros[stage];

	if (names.n == 0 && stage == MILTER_AT_EOM)
		return wish->macros[MILTER_AT_EOH];
	if (names.n == 0 && stage == MILTER_AT_EOH)
		return wish->macros[MILTER_AT_EOM];
	return names;
}

enum status milter_put_terms(struct buf *out, const struct milter_terms *terms,
                             const struct milter_wish *wish)
{
	const uint32_t words[] = { terms->version, terms->actions, terms->steps };
	struct view parts[3 + 3 * MILTER_STAGES];
	char numbers[3 + MILTER_STAGES][4];
	size_t n = 0;

	for (; n < 3; n++) {
		milter_number(words[n], numbers[n]);
		parts[n] = (struct view){ numbers[n], 4 };
	}
	for (unsigned i = 0; terms->macro_lists && i < MILTER_STAGES; i++) {
		struct view names = list_for(wish, i);
		enum status st = check_list(names);

		if (st != ST_OK)
			return st;
		if (names.n == 0)
			continue;
		milter_number(i, numbers[3 + i]);
		parts[n++] = (struct view){ numbers[3 + i], 4 };
		parts[n++] = names;
		parts[n++] = MILTER_NUL;
	}
	return milter_put_packet(out, MILTER_OPTNEG, parts, n);
}
