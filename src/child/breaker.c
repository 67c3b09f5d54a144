#include "child/breaker.h"

enum breaker_leave breaker_ask(struct breaker *b, uint64_t now_ms)
{
	if (b->out_ms == 0)
		return BREAKER_YES;
	if (b->tried || now_ms < b->until_ms)
		return BREAKER_NO;
	b->tried = true;
	return BREAKER_TRY;
}

bool breaker_good(struct breaker *b, enum breaker_leave leave)
{
	/* A session that began before the child was left out proves nothing of now. */
	if (b->out_ms > 0 && leave != BREAKER_TRY)
		return false;
	*b = (struct breaker){ .failures = 0 };
	return leave == BREAKER_TRY;
}

bool breaker_failed(struct breaker *b, enum breaker_leave leave, uint64_t now_ms)
{
	bool first = b->out_ms == 0;

	if (!first && leave != BREAKER_TRY)
		return false;
	if (first && ++b->failures < BREAKER_FAILURES)
		return false;
	b->tried = false;
	b->out_ms = first ? BREAKER_OUT_MS : b->out_ms * 2;
	if (b->out_ms > BREAKER_MOST_MS)
		b->out_ms = BREAKER_MOST_MS;
	b->until_ms = now_ms + b->out_ms;
	return first;
}

void breaker_unknown(struct breaker *b, enum breaker_leave leave)
{
	if (leave == BREAKER_TRY)
		b->tried = false;
}
