#include "child/play.h"

#define PACKET_ROOM ((size_t)2 * (MILTER_HEAD + MILTER_DATA_MAX))

static bool has_blanks(uint32_t steps)
{
	return (steps & MILTER_WITH_BLANK) != 0;
}

static bool folds_at_once(struct view value)
{
	return value.n > 0 && (value.p[0] == '\n' || value.p[0] == '\r');
}

static enum status put_with_blank(struct view value, struct buf *out)
{
	enum status st = ST_OK;

	/* Where the first line is folded at once there was none. */
	if (value.n > 0 && !folds_at_once(value))
		st = buf_byte(out, ' ');
	return st == ST_OK ? buf_append(out, value) : st;
}

/* One blank goes; but a value of one blank is not to become none, which deletes a header. */
static struct view without_blank(struct view value)
{
	return value.n > 1 && value.p[0] == ' ' ? view_from(value, 1) : value;
}

enum status play_value_out(const struct mail *m, uint32_t steps, struct view value, struct buf *out)
{
	if (m->blanks == has_blanks(steps))
		return buf_append(out, value);
	if (m->blanks)
		return buf_append(out,
		                  value.n > 0 && value.p[0] == ' ' ? view_from(value, 1) : value);
	return put_with_blank(value, out);
}

enum status play_value_in(const struct mail *m, uint32_t steps, struct view value, struct buf *out)
{
	if (m->blanks == has_blanks(steps))
		return buf_append(out, value);
	return m->blanks ? put_with_blank(value, out) : buf_append(out, without_blank(value));
}

static void tell(struct play *p, const struct milter_command *command, struct view macros)
{
	struct buf out = buf_of(PACKET_ROOM);

	/* What can't be told is told as nothing, which the link refuses. */
	if (milter_put_command(&out, command) != ST_OK)
		buf_clear(&out);
	link_command(p->link, command->kind, macros, buf_view(&out));
	buf_free(&out);
}

static void tell_header(struct play *p)
{
	const struct mail_header *h = &p->mail->headers[p->next++];
	struct milter_command m = { .kind = MILTER_HEADER, .header = { .name = h->name } };
	struct buf value = buf_of(h->value.n + 1);

	if (play_value_out(p->mail, link_steps(p->link), h->value, &value) == ST_OK)
		m.header.value = buf_view(&value);
	tell(p, &m, VIEW(""));
	buf_free(&value);
}

static void tell_body(struct play *p)
{
	struct view rest = view_from(buf_view(&p->mail->body), p->next);
	struct milter_command m = { .kind = MILTER_BODY,
		                    .body = view_first(rest, MILTER_DATA_MAX) };

	p->next += m.body.n;
	tell(p, &m, VIEW(""));
}

static bool body_is_left(const struct play *p)
{
	return p->next < p->mail->body.n && link_wants(p->link, MILTER_BODY);
}

static void go_to(struct play *p, enum play_at at)
{
	p->at = at;
	p->next = 0;
}

static void tell_next(struct play *p)
{
	const struct milter_command eoh = { .kind = MILTER_EOH };
	const struct milter_command end = { .kind = MILTER_EOB };

	if (p->at == PLAY_HEADERS && p->next < p->mail->header_count &&
	    link_wants(p->link, MILTER_HEADER)) {
		tell_header(p);
		return;
	}
	if (p->at == PLAY_HEADERS) {
		go_to(p, PLAY_EOH);
		tell(p, &eoh, p->macros_eoh);
		return;
	}
	if (p->at == PLAY_EOH)
		go_to(p, PLAY_BODY);
	if (p->at == PLAY_BODY && body_is_left(p)) {
		tell_body(p);
		return;
	}
	go_to(p, PLAY_END);
	tell(p, &end, p->macros_end);
}

void play_start(struct play *p)
{
	go_to(p, PLAY_HEADERS);
	tell_next(p);
}

bool play_answered(struct play *p, const struct child_answer *a)
{
	if (a->fault != FAULT_NONE || p->at == PLAY_END)
		return true;
	if (a->kind == MILTER_SKIP) /* no more of these */
		p->next = p->at == PLAY_BODY ? p->mail->body.n : p->mail->header_count;
	else if (a->kind != MILTER_CONTINUE)
		return true;
	tell_next(p);
	return false;
}
