#include "codec/mail_text.h"

#include "util/mem.h"

static struct view without_cr(struct view line)
{
	return line.n > 0 && line.p[line.n - 1] == '\r' ? view_first(line, line.n - 1) : line;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct view skip_blanks(struct view v)
{
	size_t n = 0;

	while (n < v.n && is_blank(v.p[n]))
		n++;
	return view_from(v, n);
}

/* What stands before the colon (RFC 5322 section 2.2); empty: it is no header. */
static struct view name_of(struct view text)
{
	struct view name = view_first(text, view_find(text, ':'));

	if (name.n == text.n)
		return VIEW("");
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] > '~')
			return VIEW("");
	return name;
}

enum status mail_text_header(struct mail *m, struct view text)
{
	struct view name = name_of(text), rest, line;
	char *value;
	size_t n = 0;

	if (name.n == 0)
		return ST_INVALID;
	rest = skip_blanks(view_from(text, name.n + 1));
	value = mem_alloc(rest.n + 1);
	while (view_next(&rest, '\n', &line)) {
		line = without_cr(line);
		if (line.n > 0)
			memcpy(value + n, line.p, line.n);
		n += line.n;
		if (rest.n > 0)
			value[n++] = '\n';
	}
	mail_take_header(m, name, (struct view){ value, n });
	mem_free(value);
	return ST_OK;
}

void mail_text_body(struct mail *m, struct view text)
{
	struct view line;

	while (view_next(&text, '\n', &line)) {
		mail_take_body(m, without_cr(line));
		mail_take_body(m, VIEW("\r\n"));
	}
}

/* The first header with its folds, without the line end; empty: there is none at the beginning. */
static struct view first_header(struct view text)
{
	struct view rest = text, line;

	if (!view_next(&rest, '\n', &line) || name_of(line).n == 0)
		return VIEW("");
	while (rest.n > 0 && is_blank(rest.p[0]))
		(void)view_next(&rest, '\n', &line);
	return view_first(text, (size_t)(line.p + line.n - text.p));
}

void mail_text_take(struct mail *m, struct view text)
{
	struct view rest = text, header, line;

	if (view_starts(text, VIEW("From ")))
		(void)view_next(&rest, '\n', &line);
	for (header = first_header(rest); header.n > 0; header = first_header(rest)) {
		(void)(mail_text_header(m, without_cr(header)) == ST_OK); /* it is one */
		rest = view_from(rest, header.n + 1);
	}
	header = rest;
	if (view_next(&header, '\n', &line) && without_cr(line).n == 0)
		rest = header;
	mail_text_body(m, rest);
}
