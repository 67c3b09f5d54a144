#include "child/chain_inside.h"

#define PACKETS_MAX ((size_t)256 << 20) /* of all children, for one message */
/* Each change looks through all headers, and moves those behind. So many are no more than some
 * milliseconds; then others have their turn. */
#define SLICE_HEADERS ((size_t)500000)

void changes_forget(struct chain *c)
{
	buf_free(&c->changes);
	c->applied = 0;
	c->change_octets = 0;
	c->change_headers = 0;
	c->change_body = false;
	c->no_room = false;
}

static bool is_header(enum milter_reply_kind kind)
{
	return kind == MILTER_ADDHEADER || kind == MILTER_INSHEADER || kind == MILTER_CHGHEADER;
}

/* The mail would have room for all that it may have to keep. */
static bool fits(const struct chain *c)
{
	const struct mail *m = c->mail;
	size_t room = m->limit - m->kept + (c->change_body ? m->body.n : 0);

	return c->change_octets <= room &&
	       c->change_headers <= MAIL_HEADERS_MAX + MAIL_HEADERS_MORE - m->header_count;
}

static enum status collect_header(struct chain *c, const struct milter_reply *r, uint32_t steps)
{
	struct milter_reply own = *r;
	struct buf value = buf_of(r->value.n + 1);
	enum status st = play_value_in(c->mail, steps, r->value, &value);

	own.value = buf_view(&value);
	if (st == ST_OK)
		st = milter_put_mended(&c->changes, &own);
	buf_free(&value);
	c->change_headers++;
	return st;
}

enum status changes_collect(struct chain *c, const struct milter_reply *r, uint32_t steps)
{
	size_t before = c->changes.n;
	enum status st;

	if (c->member[c->playing].child->conf->evaluation ||
	    (c->terms.actions & milter_reply_action(r->kind)) == 0)
		return ST_OK; /* nobody would take it */
	c->changes.max = PACKETS_MAX;
	if (is_header(r->kind)) {
		st = collect_header(c, r, steps);
	} else {
		st = milter_put_mended(&c->changes, r);
	}
	if (r->kind == MILTER_REPLBODY) {
		c->change_body = true;
		c->change_octets += MAIL_LINE_END;
	}
	if (is_header(r->kind) || r->kind == MILTER_REPLBODY)
		c->change_octets += c->changes.n - before;
	c->no_room = st == ST_OK && !fits(c);
	return c->no_room ? ST_LIMIT : st;
}

static void keep_last(struct buf *of, struct view packet)
{
	of->max = MILTER_HEAD + MILTER_DATA_MAX;
	buf_clear(of);
	(void)(buf_append(of, packet) == ST_OK); /* a packet fits */
}

/* To the mail, and for our MTA. */
static enum status apply(struct chain *c, const struct milter_reply *r, struct view packet)
{
	struct milter_reply out = *r;
	enum status st = ST_OK;

	if (r->kind == MILTER_CHGHEADER)
		out.index = mail_index_out(c->mail, r->index, r->name);
	if (r->kind == MILTER_ADDHEADER)
		st = mail_add_header(c->mail, r->name, r->value);
	else if (r->kind == MILTER_INSHEADER)
		st = mail_insert_header(c->mail, r->index, r->name, r->value);
	else if (r->kind == MILTER_CHGHEADER)
		st = mail_change_header(c->mail, r->index, r->name, r->value);
	if (r->kind == MILTER_REPLBODY)
		return mail_add_body(c->mail, r->body);
	if (r->kind == MILTER_CHGFROM)
		keep_last(&c->from, packet);
	else if (r->kind == MILTER_QUARANTINE)
		keep_last(&c->quarantine, packet);
	else if (st == ST_OK)
		st = milter_put_reply(&c->packets, &out);
	return st;
}

static enum status begin(struct chain *c)
{
	c->packets.max = PACKETS_MAX;
	if (c->changes.n > c->packets.max - c->packets.n)
		return ST_LIMIT;
	if (c->change_body) {
		mail_clear_body(c->mail);
		c->new_body = true;
	}
	return ST_OK;
}

/* The next packet, which is behind c->applied octets afterwards. */
static bool next_packet(struct chain *c, struct milter_packet *packet, struct view *octets)
{
	struct view rest = view_from(buf_view(&c->changes), c->applied);
	size_t used = 0;

	if (milter_scan(rest, MILTER_DATA_MAX, packet, &used) != ST_OK)
		return false;
	*octets = view_first(rest, used);
	c->applied += used;
	return true;
}

enum status changes_apply(struct chain *c, struct child *child)
{
	enum status st = c->applied == 0 ? begin(c) : ST_OK;
	struct milter_packet packet;
	struct view octets;

	for (size_t headers = 0; st == ST_OK && next_packet(c, &packet, &octets);) {
		struct milter_reply r;

		st = milter_reply_read(&packet, &r);
		if (st == ST_OK)
			st = apply(c, &r, octets);
		child_count(child, CHILD_CHANGES, 1);
		headers += c->mail->header_count + c->mail->gone_count;
		if (st == ST_OK && headers >= SLICE_HEADERS)
			return ST_AGAIN;
	}
	if (st == ST_OK && c->change_body)
		st = mail_end_body(c->mail);
	mail_changed(c->mail);
	return st; /* there is room, and they are our own packets: it is ST_OK */
}

enum status changes_finish(struct chain *c)
{
	enum status st;

	c->packets.max = PACKETS_MAX + 2 * ((size_t)MILTER_HEAD + MILTER_DATA_MAX);
	st = buf_append(&c->packets, buf_view(&c->from));
	return st == ST_OK ? buf_append(&c->packets, buf_view(&c->quarantine)) : st;
}
