#include "util/status.h"

#include <stdio.h>
#include <string.h>

const char *status_text(enum status st)
{
	switch (st) {
	case ST_OK: return "ok";
	case ST_AGAIN: return "not yet";
	case ST_NOTFOUND: return "not found";
	case ST_INVALID: return "invalid";
	case ST_LIMIT: return "over the limit";
	case ST_DENIED: return "denied";
	case ST_LOCKED: return "locked";
	case ST_DAMAGED: return "damaged";
	case ST_FULL: return "full";
	case ST_TIMEOUT: return "timed out";
	case ST_UNAVAILABLE: return "unavailable";
	case ST_IO: return "input/output error";
	}
	return "unknown status";
}

static void mark_cut(char *text, size_t size, int wanted)
{
	if (wanted >= 0 && (size_t)wanted >= size && size >= 4)
		memcpy(text + size - 4, "...", 4);
}

static void set(struct diag *d, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

static void set(struct diag *d, const char *fmt, va_list ap)
{
	mark_cut(d->text, sizeof(d->text), vsnprintf(d->text, sizeof(d->text), fmt, ap));
}

void diag_set(struct diag *d, const char *fmt, ...)
{
	va_list ap;

	d->line = 0;
	d->column = 0;
	va_start(ap, fmt);
	set(d, fmt, ap);
	va_end(ap);
}

void diag_at(struct diag *d, unsigned line, unsigned column, const char *fmt, ...)
{
	va_list ap;

	d->line = line;
	d->column = column;
	va_start(ap, fmt);
	set(d, fmt, ap);
	va_end(ap);
}

void diag_format(const struct diag *d, char *out, size_t size)
{
	const char *file = d->file != NULL ? d->file : "";
	const char *sep = d->file != NULL ? ": " : "";

	if (d->line == 0)
		mark_cut(out, size, snprintf(out, size, "%s%s%s", file, sep, d->text));
	else if (d->column == 0)
		mark_cut(out, size, snprintf(out, size, "%s:%u: %s", file, d->line, d->text));
	else
		mark_cut(out, size,
		         snprintf(out, size, "%s:%u:%u: %s", file, d->line, d->column, d->text));
}
