#include "milter/answer.h"

#include "session/reply.h"

/* As many octets as go into one line: up to its last blank, or cut where there is none;
 * milter-greylist cuts anywhere. */
static size_t line_of(struct view text, bool anywhere)
{
	size_t n = 0, wire = 0, blank = 0;

	for (; n < text.n; n++) {
		wire += text.p[n] == '%' ? 2 : 1; /* milter_text doubles it */
		if (wire > MILTER_TEXT_LINE_MAX)
			return blank > 0 && !anywhere ? blank : n;
		if (text.p[n] == ' ')
			blank = n;
	}
	return n;
}

static enum status fold(struct view text, bool anywhere, struct buf *out)
{
	enum status st = ST_OK;

	while (text.n > 0 && st == ST_OK) {
		size_t n = line_of(text, anywhere);
		bool at_blank = n < text.n && text.p[n] == ' ' && !anywhere;

		if (out->n > 0)
			st = buf_byte(out, '\n');
		if (st == ST_OK)
			st = buf_append(out, view_first(text, n));
		text = view_from(text, at_blank ? n + 1 : n);
	}
	return st;
}

static unsigned number_of(const char *code)
{
	uint64_t n = 0;

	return view_u64(view_of(code), 599, &n) == ST_OK ? (unsigned)n : 0;
}

enum status answer_bare(enum milter_reply_kind kind, struct buf *out)
{
	return milter_put_reply(out, &(struct milter_reply){ .kind = kind });
}

/* The MTA writes the text of a failure itself, as behind milter-greylist; that of a hold that ends
 * in greylisting, too. */
enum status answer_refusal(const struct transaction_outcome *o, struct buf *out)
{
	enum milter_reply_kind bare = o->verdict == DO_REJECT ? MILTER_REJECT : MILTER_TEMPFAIL;
	struct buf lines = buf_of(REPLY_TEXT_MAX * 2), text = buf_of(ANSWER_MAX);
	struct milter_reply packet = { .kind = MILTER_REPLYCODE };
	struct reply r;
	enum status st;

	if (o->verdict == DO_TEMPFAIL || o->verdict == DO_HOLD)
		return answer_bare(bare, out);
	st = reply_refusal(o, &r);
	if (st == ST_OK)
		st = fold(buf_view(&r.text), o->conf->face == CONF_MILTER_GREYLIST, &lines);
	if (st == ST_OK) {
		const char *code = r.code != NULL ? r.code : "451";

		st = milter_text(&text, number_of(code), view_of(r.ecode), buf_view(&lines));
		if (st == ST_INVALID) /* an enhanced code that does not fit */
			st = milter_text(&text, number_of(code),
			                 code[0] == '4' ? VIEW("4.7.1") : VIEW("5.7.1"),
			                 buf_view(&lines));
	}
	packet.text = buf_view(&text);
	if (st == ST_OK)
		st = milter_put_reply(out, &packet);
	if (st != ST_OK)
		st = answer_bare(bare, out);
	reply_free(&r);
	buf_free(&lines);
	buf_free(&text);
	return st;
}

enum status answer_header(struct view line, int64_t index, struct milter_reply *out)
{
	size_t colon = view_find(line, ':');

	if (colon == VIEW_NONE)
		return ST_INVALID;
	*out = (struct milter_reply){ .kind = MILTER_ADDHEADER,
		                      .name = view_trim(view_first(line, colon)),
		                      .value = view_trim(view_from(line, colon + 1)) };
	if (index != ACL_UNSET) {
		out->kind = MILTER_INSHEADER;
		out->index = index > 0 && index < UINT32_MAX ? (uint32_t)index : 0;
	}
	return ST_OK;
}
