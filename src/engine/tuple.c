#include "engine/tuple.h"

static void make_plain(struct buf *b, size_t from)
{
	for (size_t i = from; i < b->n; i++) {
		unsigned char c = (unsigned char)b->p[i];

		if (c < 32 || c == 127)
			b->p[i] = '?';
		else
			b->p[i] = ascii_lower(b->p[i]);
	}
}

static enum status append(struct view source, struct view sender, struct view recipient,
                          enum fold_options options, struct buf *out)
{
	enum status st = buf_append(out, source);
	size_t from;

	if (st == ST_OK)
		st = buf_byte(out, TUPLE_SEPARATOR);
	from = out->n;
	if (st == ST_OK)
		st = fold_sender(sender, options, out);
	make_plain(out, from);
	if (st == ST_OK)
		st = buf_byte(out, TUPLE_SEPARATOR);
	from = out->n;
	if (st == ST_OK)
		st = buf_append(out, recipient);
	make_plain(out, from);
	return st;
}

enum status tuple_text(struct view source, struct view sender, struct view recipient,
                       enum fold_options options, struct buf *out)
{
	size_t before = out->n;
	enum status st = append(source, sender, recipient, options, out);

	if (st != ST_OK)
		out->n = before;
	return st;
}

enum status mark_text(struct view source, struct view sender, enum fold_options options,
                      struct buf *out)
{
	size_t before = out->n, from;
	enum status st = buf_append(out, source);

	if (st == ST_OK)
		st = buf_byte(out, MARK_SEPARATOR);
	from = out->n;
	if (st == ST_OK)
		st = fold_sender(sender, options, out);
	make_plain(out, from);
	if (st != ST_OK)
		out->n = before;
	return st;
}

enum status tuple_split(struct view text, struct view *source, struct view *sender,
                        struct view *recipient)
{
	size_t a = view_find(text, TUPLE_SEPARATOR);
	size_t b = view_rfind(text, TUPLE_SEPARATOR);

	if (a == VIEW_NONE || a == b)
		return ST_INVALID;
	*source = view_first(text, a);
	*sender = (struct view){ text.p + a + 1, b - a - 1 };
	*recipient = view_from(text, b + 1);
	return ST_OK;
}

void tuple_source_net(const struct ip *client, unsigned ipv4_bits, unsigned ipv6_bits,
                      char out[NET_TEXT_MAX])
{
	struct ip_net net = ip_mask(client, client->family == IP_V4 ? ipv4_bits : ipv6_bits);

	net_format(&net, out);
}
