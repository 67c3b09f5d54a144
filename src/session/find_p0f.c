/* What p0f says of the client's system. */
#include "conf/options.h"
#include "scan/p0f.h"
#include "session/find.h"

#define P0F_TIMEOUT_MS 1000u /* it answers from memory, on this machine */

/* No answer is none: p0f's silence fails no rule, as in milter-greylist. */
static void on_told(void *arg, enum status st, struct view text)
{
	struct lookup *k = arg;

	lookup_set(k, st == ST_OK ? FACT_KNOWN : FACT_ABSENT, 0);
	if (st == ST_OK)
		k->value->text = arena_view(gather_arena(k->all->gather), text);
	lookup_end(k);
}

static enum lookup_begun ask(struct lookup *k)
{
	const struct gather *g = k->all->gather;

	if (g->conf->options->p0fsock == NULL) {
		lookup_set(k, FACT_NEVER, 0);
		return LOOKUP_KNOWN;
	}
	if (g->facts.of[FACT_CLIENT].state != FACT_KNOWN)
		return LOOKUP_NONE;
	k->handle = p0f_lookup(k->all->w->loop, g->conf->options->p0fsock, &g->facts.client,
	                       P0F_TIMEOUT_MS, on_told, k);
	return LOOKUP_RUNS;
}

static void cancel(struct lookup *k)
{
	struct p0f_lookup *lookup = k->handle;

	p0f_cancel(&lookup);
}

const struct finder find_p0f = {
	.facts = FACT_BIT(FACT_P0F), .eager = true, .ask = ask, .cancel = cancel
};
