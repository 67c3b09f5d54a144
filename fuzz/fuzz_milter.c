/* A filter's whole conversation with octets of an MTA: the stream in pieces must give the same
 * packets as at once, what is read must lie in them, and what we write must be read again. */
#include <stdint.h>
#include <stdlib.h>

#include "codec/milter_negotiate.h"
#include "codec/milter_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROOM ((size_t)4 << 20)

static void must(bool truth)
{
	if (!truth)
		abort();
}

static void must_lie_in(struct view part, struct view whole)
{
	must(part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n));
}

static void check_texts(struct milter_texts texts, struct view data)
{
	unsigned count = texts.count;
	struct view text;

	for (; milter_next(&texts, &text); count--) {
		must_lie_in(text, data);
		must(view_find(text, '\0') == VIEW_NONE);
	}
	must(count == 0 && texts.count == 0);
}

/* Reads that many texts of a change back, as an MTA would. */
static void check_written(const struct buf *out, char letter, size_t skip, unsigned texts)
{
	struct milter_packet packet;
	struct view rest, text;
	size_t used;

	must(milter_scan(buf_view(out), MILTER_DATA_MAX, &packet, &used) == ST_OK);
	must(used == out->n && packet.letter == letter);
	rest = view_from(packet.data, skip);
	for (unsigned i = 0; i < texts; i++)
		must(view_next(&rest, '\0', &text));
	must(rest.n == 0);
}

static void write_changes(struct view name, struct view value)
{
	struct buf out = buf_of(ROOM);
	struct milter_reply r = { .name = name, .value = value, .address = name, .text = value };

	r.kind = MILTER_CHGHEADER;
	if (milter_put_reply(&out, &r) == ST_OK)
		check_written(&out, 'm', 4, 2);
	buf_clear(&out);
	r.kind = MILTER_CHGFROM;
	r.arguments = value;
	if (milter_put_reply(&out, &r) == ST_OK)
		check_written(&out, 'e', 0, value.n > 0 ? 2 : 1);
	buf_clear(&out);
	r.kind = MILTER_QUARANTINE;
	if (milter_put_reply(&out, &r) == ST_OK)
		check_written(&out, 'q', 0, 1);
	buf_free(&out);
}

static void write_text(struct view text, unsigned code, struct view enhanced)
{
	struct buf line = buf_of(ROOM), out = buf_of(ROOM);
	struct milter_reply r = { .kind = MILTER_REPLYCODE };

	if (milter_text(&line, code, enhanced, text) == ST_OK) {
		r.text = buf_view(&line);
		must(milter_text_check(r.text) == ST_OK);
		must(milter_put_reply(&out, &r) == ST_OK);
		check_written(&out, 'y', 0, 1);
	} else {
		must(line.n == 0);
	}
	buf_free(&line);
	buf_free(&out);
}

static void negotiate(const struct milter_offer *offer)
{
	struct milter_wish wish = { .actions = 0x71, .steps = 0x100d31 };
	struct milter_terms terms;
	struct buf out = buf_of(ROOM);

	wish.macros[MILTER_AT_EOH] = VIEW("i");
	if (milter_negotiate(offer, &wish, &terms) == ST_OK) {
		must(terms.version >= 2 && terms.version <= 6 && terms.version <= offer->version);
		must(offer->actions == 0 || (terms.actions & ~offer->actions) == 0);
		must(offer->steps == 0 || (terms.steps & ~offer->steps) == 0);
		must((terms.actions | terms.missing_actions | MILTER_MAY_LIST_MACROS) ==
		     (wish.actions | MILTER_MAY_LIST_MACROS));
		must((terms.steps ^ terms.missing_steps) == wish.steps);
		must(milter_put_terms(&out, &terms, &wish) == ST_OK);
		must(out.n == (terms.macro_lists ? 29 : 17));
	}
	buf_free(&out);
}

static void check_command(const struct milter_command *m, struct view data)
{
	switch (m->kind) {
	case MILTER_OPTNEG: negotiate(&m->offer); break;
	case MILTER_MACRO:
		must(m->macros.pairs.count % 2 == 0);
		check_texts(m->macros.pairs, data);
		break;
	case MILTER_CONNECT:
		must_lie_in(m->connect.host, data);
		must_lie_in(m->connect.address, data);
		must(m->connect.ip.family == IP_NONE || m->connect.address.n > 1);
		break;
	case MILTER_MAIL:
	case MILTER_RCPT:
		must_lie_in(m->envelope.address, data);
		check_texts(m->envelope.arguments, data);
		break;
	case MILTER_HELO:
	case MILTER_UNKNOWN:
		must_lie_in(m->text, data);
		write_text(m->text, 400 + (unsigned)(m->text.n % 201), VIEW("4.7.1"));
		write_text(m->text, 550, view_first(m->text, 5));
		write_text(m->text, 451, VIEW(""));
		break;
	case MILTER_HEADER:
		must(m->header.name.n > 0);
		must(m->header.name.n + m->header.value.n + 2 == data.n);
		write_changes(m->header.name, m->header.value);
		break;
	case MILTER_BODY:
	case MILTER_EOB: must(view_eq(m->body, data)); break;
	case MILTER_DATA:
	case MILTER_EOH:
	case MILTER_ABORT:
	case MILTER_QUIT:
	case MILTER_QUIT_NC: must(data.n == 0); break;
	}
}

/* What milter_scan says when the stream comes in pieces; *arrived is how much of it is there. */
static enum status scan_in_pieces(struct view stream, size_t at, size_t *arrived,
                                  struct milter_packet *packet, size_t *used)
{
	for (;;) {
		struct view there = view_from(view_first(stream, *arrived), at);
		enum status st = milter_scan(there, MILTER_DATA_MAX, packet, used);
		size_t piece;

		if (st != ST_AGAIN || *arrived == stream.n)
			return st;
		piece = 1 + (unsigned char)stream.p[*arrived] % 7u;
		*arrived += piece < stream.n - *arrived ? piece : stream.n - *arrived;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view in = { (const char *)data, size };
	size_t arrived = 0, at = 0;

	for (;;) {
		struct view rest = view_from(in, at);
		struct milter_packet whole, pieces;
		struct milter_command command;
		size_t used = 0, used_pieces = 0;
		enum status st = milter_scan(rest, MILTER_DATA_MAX, &whole, &used);

		must(st == scan_in_pieces(in, at, &arrived, &pieces, &used_pieces));
		must(used == used_pieces);
		if (st != ST_OK)
			return 0;
		must(used == MILTER_HEAD + whole.data.n && view_eq(whole.data, pieces.data));
		must(whole.letter == pieces.letter);
		must_lie_in(whole.data, rest);
		if (milter_command_read(&whole, &command) == ST_OK)
			check_command(&command, whole.data);
		at += used;
	}
}
