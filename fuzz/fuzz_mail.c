/* A mail under any sequence of what an MTA tells and a milter changes: what is kept stays within
 * its bound and is counted rightly, and the whole is what its parts are. An input is an octet
 * and lines of changes: a letter, an index, a name and a value, each up to the next LF. */
#include <stdint.h>
#include <stdlib.h>

#include "codec/mail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROOM ((size_t)4 << 20)

static void must(bool truth)
{
	if (!truth)
		abort();
}

static void check(const struct mail *m)
{
	size_t kept = m->body.n;

	for (size_t i = 0; i < m->header_count; i++)
		kept += m->headers[i].name.n + m->headers[i].value.n + 4;
	must(kept == m->kept && kept <= m->limit);
	must(m->header_count <= m->header_room && m->above <= m->header_count);
	must(!m->full || m->cut);
	must(m->sendmail || m->gone_count == 0);
	for (size_t i = 0; i < m->gone_count; i++)
		must(m->gone[i].before <= m->header_count &&
		     (i == 0 || m->gone[i - 1].before <= m->gone[i].before));
}

static bool is_named(void *arg, const struct mail_header *h)
{
	return view_eq_nocase(h->name, *(const struct view *)arg);
}

/* The MTA counts all that the mail has, and may count more. */
static void count(const struct mail *m, uint32_t index, struct view name)
{
	uint32_t out = mail_index_out(m, index, name);

	must(out >= index && out <= (uint64_t)index + m->gone_count + 1);
	must(m->gone_count > 0 || out == index);
}

static void note_behind(struct mail *m, struct view name)
{
	if (view_find(name, '\0') == VIEW_NONE && mail_note_behind(m, name) == ST_OK)
		must(mail_has_behind(m, name));
}

static void one(struct mail *m, struct view step)
{
	char letter = step.n > 0 ? step.p[0] : ' ';
	uint32_t index = step.n > 1 ? (unsigned char)step.p[1] - (unsigned)'0' : 0;
	struct view rest = view_from(step, 2), name = VIEW("");
	bool full = false;

	if (letter != 'b' && letter != 'B')
		(void)view_next(&rest, ':', &name);
	switch (letter) {
	case 'l': mail_take_header(m, name, rest); break;
	case 'n': note_behind(m, name); break;
	case 'b': mail_take_body(m, rest); break;
	case '+': full = mail_add_header(m, name, rest) != ST_OK; break;
	case 'i': full = mail_insert_header(m, index, name, rest) != ST_OK; break;
	case '!': mail_changed(m); break;
	case 'd': mail_drop_headers(m, is_named, &name); break;
	case '=':
		count(m, index, name);
		full = mail_change_header(m, index, name, rest) != ST_OK;
		break;
	case 'c': mail_clear_body(m); break;
	case 'B': full = mail_add_body(m, rest) != ST_OK; break;
	default: break;
	}
	must(!full || m->kept + rest.n + name.n + 4 > m->limit);
	check(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view rest = { (const char *)data, size }, step;
	struct buf whole = buf_of(ROOM), header = buf_of(ROOM);
	struct mail m;

	mail_begin(&m, size > 0 ? (size_t)data[0] * 8 : 0, size % 2 != 0);
	m.sendmail = size > 0 && data[0] % 2 != 0;
	rest = view_from(rest, 1);
	while (view_next(&rest, '\n', &step))
		one(&m, step);
	must(mail_put(&m, &whole) == ST_OK);
	for (size_t i = 0; i < m.header_count; i++)
		must(mail_put_header(&m, &m.headers[i], &header) == ST_OK);
	must(whole.n == header.n + 2 + m.body.n);
	mail_end(&m);
	buf_free(&whole);
	buf_free(&header);
	return 0;
}
