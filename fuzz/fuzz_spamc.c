/* Replies of spamd in any cut: the pieces must say what the whole says. */
#include <stdint.h>
#include <stdlib.h>

#include "codec/spamc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum status take_pieces(struct spamc_parser *p, struct view in)
{
	enum status st = ST_AGAIN;

	while (st == ST_AGAIN && in.n > 0) {
		size_t n = 1 + (unsigned char)in.p[0] % 7;

		st = spamc_take(p, view_first(in, n));
		in = view_from(in, n);
	}
	return st == ST_AGAIN ? spamc_close(p) : st;
}

static void try(enum spamc_command command, struct view in)
{
	struct spamc_parser whole, pieces;
	const struct spamc_reply *a = &whole.reply, *b = &pieces.reply;
	enum status st, cut;

	spamc_parser_begin(&whole, command);
	spamc_parser_begin(&pieces, command);
	st = spamc_take(&whole, in);
	if (st == ST_AGAIN)
		st = spamc_close(&whole);
	cut = take_pieces(&pieces, in);
	if (st == ST_AGAIN || cut == ST_AGAIN || (st == ST_OK && cut != ST_OK))
		abort();
	if (st == ST_OK && (a->code != b->code || a->spam != b->spam ||
	                    a->score_tenths != b->score_tenths || !view_eq(a->body, b->body)))
		abort();
	if (st == ST_OK && a->body.n > SPAMC_BODY_MAX)
		abort();
	spamc_parser_free(&whole);
	spamc_parser_free(&pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view in = { (const char *)data, size };

	try(SPAMC_CHECK, in);
	try(SPAMC_HEADERS, in);
	return 0;
}
