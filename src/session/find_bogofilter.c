/* What Bogofilter thinks of the message: one process, whoever asks for it. */
#include "conf/options.h"
#include "scan/bogofilter.h"
#include "session/find.h"
#include "session/pieces.h"

struct bogofilter_look {
	struct bogofilter_scan *scan;
	struct pieces pieces;
};

static void free_look(struct bogofilter_look *b)
{
	pieces_end(&b->pieces);
	mem_free(b);
}

static void know(struct gather *g, const struct bogosity *b)
{
	char made[BOGOSITY_TEXT_MAX];
	struct view header = b->header;

	if (header.n == 0) {
		bogosity_format(b, made);
		header = view_of(made);
	}
	fact_set_number(&g->facts, FACT_BOGOSITY, b->score);
	g->facts.of[FACT_BOGOSITY].text = arena_view(gather_arena(g), header);
	fact_set_number(&g->facts, FACT_BOGOSITY_VERDICT, (int64_t)b->verdict);
}

static void complain(struct worker *w, enum status st)
{
	if (!log_due(&w->bogofilter_told_at, loop_wall_s(w->loop)))
		return;
	log_warning(w->log, "bogofilter: no answer about a message: %s",
	            st == ST_INVALID       ? "the command prints no X-Bogosity line (option -v)"
	            : st == ST_UNAVAILABLE ? "the command failed"
	                                   : status_text(st));
}

static void on_done(void *arg, enum status st, const struct bogosity *b)
{
	struct lookup *k = arg;
	struct facts *f = &k->all->gather->facts;

	if (st == ST_OK) {
		know(k->all->gather, b);
	} else {
		complain(k->all->w, st);
		fact_set_state(f, FACT_BOGOSITY, FACT_FAILED);
		fact_set_state(f, FACT_BOGOSITY_VERDICT, FACT_FAILED);
	}
	free_look(k->handle);
	lookup_end(k);
}

static struct bogofilter *pool_of(struct worker *w)
{
	if (w->bogofilter != NULL)
		return w->bogofilter;
	w->bogofilter = bogofilter_new(w->loop);
	if (w->lookups_over)
		bogofilter_end(w->bogofilter);
	return w->bogofilter;
}

static enum lookup_begun ask(struct lookup *k)
{
	const struct gather *g = k->all->gather;
	const struct conf_options *o = g->conf->options;
	struct worker *w = k->all->w;
	struct bogofilter_question q = { .command = o->bogofilter,
		                         .children = (unsigned)o->bogofilter_children / w->count,
		                         .piece_count = PIECES,
		                         .timeout_ms = g->conf->bogofilter_timeout_ms };
	struct bogofilter_look *b;

	if (o->bogofilter == NULL) {
		lookup_set(k, FACT_NEVER, 0);
		return LOOKUP_KNOWN;
	}
	b = mem_new(struct bogofilter_look);
	if (pieces_of(g->q->milter->mail, &b->pieces) != ST_OK) {
		free_look(b);
		return LOOKUP_CANNOT;
	}
	q.pieces = b->pieces.list;
	b->scan = bogofilter_scan(pool_of(w), &q, on_done, k);
	k->handle = b;
	return LOOKUP_RUNS;
}

static void cancel(struct lookup *k)
{
	struct bogofilter_look *b = k->handle;

	bogofilter_cancel(&b->scan);
	free_look(b);
}

const struct finder find_bogofilter = { .facts = FACTS_OF_BOGOFILTER,
	                                .ask = ask,
	                                .cancel = cancel };
