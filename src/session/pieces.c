#include "session/pieces.h"

enum status pieces_of(const struct mail *m, struct pieces *out)
{
	enum status st = ST_OK;

	out->head = buf_of(m->kept * 2 + 2); /* a fold that came as LF is CR LF */
	for (size_t i = 0; i < m->header_count && st == ST_OK; i++)
		st = mail_put_header(m, &m->headers[i], &out->head);
	if (st == ST_OK)
		st = buf_append(&out->head, VIEW("\r\n"));
	out->list[PIECE_HEAD] = buf_view(&out->head);
	out->list[PIECE_BODY] = buf_view(&m->body);
	return st;
}

void pieces_end(struct pieces *p)
{
	buf_free(&p->head);
}
