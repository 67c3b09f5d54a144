/* Replies of spamd in any cut: the pieces must say what the whole says. And the headers that are
 * made of them must be such that an MTA takes them. */
#include <stdint.h>
#include <stdlib.h>

#include "codec/spam_headers.h"
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

static void set_headers(struct view rewritten)
{
	struct arena *arena = arena_new();
	struct spam_changes changes;
	struct buf packet = buf_of((size_t)1 << 20);
	struct mail m;

	mail_begin(&m, 1000, rewritten.n % 2 == 1);
	mail_take_header(&m, VIEW("X-Spam-Flag"), VIEW("a"));
	mail_take_header(&m, VIEW("Subject"), VIEW("b"));
	mail_take_header(&m, VIEW("x-spam-flag"), VIEW("c"));
	if (rewritten.n % 4 < 2 && (mail_note_behind(&m, VIEW("X-Spam-Level")) != ST_OK ||
	                            mail_note_behind(&m, VIEW("X-SPAM-flag")) != ST_OK))
		abort();
	if (spam_headers(&m, rewritten, SPAM_SUBJECT, arena, &changes) != ST_OK)
		abort();
	for (size_t i = 0; i < changes.count; i++) {
		buf_clear(&packet);
		if (milter_put_reply(&packet, &changes.list[i]) != ST_OK)
			abort();
	}
	buf_free(&packet);
	mail_end(&m);
	arena_free(&arena);
}

static void try(enum spamc_command command, struct view in)
{
	size_t echoed = in.n % 3;
	struct spamc_parser whole, pieces;
	const struct spamc_reply *a = &whole.reply, *b = &pieces.reply;
	enum status st, cut;

	spamc_parser_begin(&whole, command, echoed);
	spamc_parser_begin(&pieces, command, echoed);
	st = spamc_take(&whole, in);
	if (st == ST_AGAIN)
		st = spamc_close(&whole);
	cut = take_pieces(&pieces, in);
	if (st == ST_AGAIN || cut == ST_AGAIN || (st == ST_OK && cut != ST_OK))
		abort();
	if (st == ST_OK && (a->code != b->code || a->spam != b->spam ||
	                    a->score_tenths != b->score_tenths || !view_eq(a->body, b->body)))
		abort();
	if (st == ST_OK && a->body.n > SPAMC_BODY_MAX + echoed)
		abort();
	spamc_parser_free(&whole);
	spamc_parser_free(&pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view in = { (const char *)data, size };

	try(SPAMC_CHECK, in);
	try(SPAMC_HEADERS, in);
	set_headers(in);
	return 0;
}
