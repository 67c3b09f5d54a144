/* What a web server says to a urlcheck. */
#include "acl/format.h"
#include "scan/url.h"
#include "session/find.h"
#include "session/pieces.h"
#include "session/said.h"

struct url_question {
	struct url_call *call;
	struct buf url;
	struct pieces post;
};

static void free_question(struct url_question *q)
{
	buf_free(&q->url);
	pieces_end(&q->post);
	mem_free(q);
}

static void read_page(struct view page, struct check_reply *out)
{
	struct view key, value;

	check_reply_begin(out);
	while (check_reply_line(&page, &key, &value))
		(void)check_reply_take(out, key, value);
}

static void keep_lines(const struct lookup *k, struct view page)
{
	struct fact_pair line;

	while (check_reply_line(&page, &line.name, &line.value))
		said_property(k->all->gather, k->all->w->log, k->object, SAID_LOWER, &line);
}

static void on_told(void *arg, enum status st, struct view page)
{
	struct lookup *k = arg;
	struct check_reply reply;
	bool holds;

	free_question(k->handle);
	read_page(st == ST_OK ? page : VIEW(""), &reply);
	holds = check_reply_holds(&reply);
	lookup_set(k, st == ST_OK ? FACT_KNOWN : FACT_FAILED, holds ? 1 : 0);
	if (holds)
		k->value->said = said_of(gather_arena(k->all->gather), &reply);
	if (holds && (k->object->flags & CHECK_GETPROP) != 0)
		keep_lines(k, page);
	lookup_end(k);
}

/* As many as the definitions want, together. */
static unsigned connections(const struct acl *acl)
{
	int64_t n = 0;

	for (const struct acl_object *o = acl->objects; o != NULL && n < URL_KEEP_MAX; o = o->next)
		if (o->kind == OBJECT_URLCHECK)
			n += o->number < URL_KEEP_MAX ? o->number : URL_KEEP_MAX;
	return n < URL_KEEP_MAX ? (unsigned)n : URL_KEEP_MAX;
}

static struct url_client *client_of(struct worker *w)
{
	if (w->url != NULL)
		return w->url;
	w->url = url_client_new(w->loop, connections(w->conf->acl));
	if (w->url != NULL && w->lookups_over)
		url_client_end(w->url);
	return w->url;
}

static enum status make_url(struct gather *g, const struct acl_object *check, struct buf *out)
{
	struct format_context ctx = { .facts = &g->facts,
		                      .program = g->conf->program,
		                      .version = g->conf->version };

	gather_texts(g);
	if ((check->flags & CHECK_NOENCODE) == 0)
		ctx.encode = FORMAT_URL;
	return format_expand(view_of(check->text), &ctx, out);
}

/* At RCPT there is no message, and the page is asked for as any. */
static bool has_post(const struct lookup *k)
{
	const struct question *q = k->all->gather->q;

	return (k->object->flags & CHECK_POSTMSG) != 0 && q->stage == STAGE_END;
}

static enum lookup_begun ask(struct lookup *k)
{
	struct gather *g = k->all->gather;
	const struct question_milter *m = g->q->milter;
	struct url_client *client = client_of(k->all->w);
	struct url_question *q = mem_new(struct url_question);
	struct url_request r = { .timeout_ms = g->conf->url_timeout_ms };
	enum status st = client != NULL ? ST_OK : ST_UNAVAILABLE;

	q->url = buf_of(URL_MAX);
	if (st == ST_OK)
		st = make_url(g, k->object, &q->url);
	if (st == ST_OK && has_post(k)) {
		st = m != NULL && m->mail != NULL && !m->mail_short ? pieces_of(m->mail, &q->post)
		                                                    : ST_UNAVAILABLE;
		r.post = q->post.list;
		r.post_count = PIECES;
	}
	if (st != ST_OK) {
		free_question(q);
		return LOOKUP_CANNOT;
	}
	r.url = buf_text(&q->url);
	q->call = url_start(client, &r, on_told, k);
	k->handle = q;
	return LOOKUP_RUNS;
}

static void cancel(struct lookup *k)
{
	struct url_question *q = k->handle;

	url_cancel(&q->call);
	free_question(q);
}

const struct finder find_url = { .facts = FACT_BIT(FACT_URLCHECK), .ask = ask, .cancel = cancel };
