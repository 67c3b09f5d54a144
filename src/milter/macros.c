#include "milter/macros.h"

#include "util/mem.h"

/* The numbers of the stages are not in the order of events. */
static const enum milter_stage order[MILTER_STAGES] = {
	MILTER_AT_CONNECT, MILTER_AT_HELO, MILTER_AT_MAIL, MILTER_AT_RCPT,
	MILTER_AT_DATA,    MILTER_AT_EOH,  MILTER_AT_EOM,
};

void macros_begin(struct macros *m)
{
	for (unsigned i = 0; i < MILTER_STAGES; i++) {
		m->packed[i] = buf_of(MACROS_OCTETS_MAX);
		m->fresh[i] = false;
	}
}

static void drop(struct macros *m, enum milter_stage stage)
{
	buf_free(&m->packed[stage]);
	m->fresh[stage] = false;
}

void macros_clear(struct macros *m)
{
	for (unsigned i = 0; i < MILTER_STAGES; i++)
		drop(m, (enum milter_stage)i);
}

void macros_fit(struct macros *m)
{
	for (unsigned i = 0; i < MILTER_STAGES; i++)
		buf_fit(&m->packed[i]);
}

enum status macros_add(struct macros *m, const struct milter_macros *more)
{
	enum milter_stage stage;
	enum status st = milter_macro_stage(more->command, &stage);

	if (st != ST_OK)
		return st;
	if (!m->fresh[stage])
		buf_clear(&m->packed[stage]);
	m->fresh[stage] = true;
	return buf_append(&m->packed[stage], more->pairs.packed);
}

void macros_command(struct macros *m, enum milter_stage stage)
{
	bool later = false;

	if (!m->fresh[stage])
		drop(m, stage);
	m->fresh[stage] = false;
	for (unsigned i = 0; i < MILTER_STAGES; i++) {
		if (later)
			drop(m, order[i]);
		later = later || order[i] == stage;
	}
}

static bool next_pair(struct milter_texts *rest, struct fact_pair *out)
{
	return milter_next(rest, &out->name) && milter_next(rest, &out->value);
}

bool macros_find(const struct macros *m, struct view name, struct view *out)
{
	for (unsigned i = MILTER_STAGES; i-- > 0;) {
		struct milter_texts rest = { .packed = buf_view(&m->packed[order[i]]) };
		struct fact_pair pair;

		while (next_pair(&rest, &pair)) {
			if (view_eq(pair.name, name)) {
				*out = pair.value;
				return true;
			}
		}
	}
	return false;
}

struct view macros_value(const struct macros *m, struct view name)
{
	struct view value = { NULL, 0 };

	return macros_find(m, name, &value) ? value : (struct view){ NULL, 0 };
}

struct fact_pair *macros_list(const struct macros *m, size_t *count)
{
	struct fact_pair *list = mem_array(MACROS_PAIRS_MAX, sizeof(*list));
	size_t n = 0;

	for (unsigned i = MILTER_STAGES; i-- > 0;) {
		struct milter_texts rest = { .packed = buf_view(&m->packed[order[i]]) };

		while (n < MACROS_PAIRS_MAX && next_pair(&rest, &list[n]))
			n++;
	}
	*count = n;
	return list;
}
