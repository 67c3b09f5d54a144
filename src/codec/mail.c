#include "codec/mail.h"

#include "util/mem.h"

#define LINE_EXTRA ((size_t)4) /* ": " and CR LF */

void mail_begin(struct mail *m, size_t limit, bool blanks)
{
	*m = (struct mail){ .behind = buf_of(MAIL_BEHIND_MAX),
		            .body = buf_of(limit),
		            .limit = limit,
		            .size = 2,
		            .blanks = blanks };
}

void mail_end(struct mail *m)
{
	arena_free(&m->arena);
	mem_free(m->headers);
	mem_free(m->gone);
	buf_free(&m->behind);
	buf_free(&m->body);
	*m = (struct mail){ .limit = 0 };
}

struct mail *mail_new(size_t limit, bool blanks)
{
	struct mail *m = mem_new(struct mail);

	mail_begin(m, limit, blanks);
	return mail_ref(m);
}

struct mail *mail_ref(struct mail *m)
{
	m->refs++;
	return m;
}

void mail_unref(struct mail **mail)
{
	struct mail *m = *mail;

	*mail = NULL;
	if (m == NULL || --m->refs > 0)
		return;
	mail_end(m);
	mem_free(m);
}

/* --- what comes --- */

/* LF of folds that have no CR in front. */
static size_t missing_returns(struct view value)
{
	size_t n = 0;

	for (size_t i = 0; i < value.n; i++)
		n += value.p[i] == '\n' && (i == 0 || value.p[i - 1] != '\r');
	return n;
}

/* What is put in front of a place moves all deleted ones behind it. */
static void move_gone(struct mail *m, size_t at)
{
	for (size_t i = m->gone_count; i > 0 && m->gone[i - 1].before >= at; i--)
		m->gone[i - 1].before++;
}

static struct mail_header *room_at(struct mail *m, size_t at)
{
	if (m->header_count == m->header_room) {
		m->header_room = m->header_room > 0 ? m->header_room * 2 : 16;
		m->headers = mem_resize(m->headers, m->header_room, sizeof(*m->headers));
	}
	memmove(m->headers + at + 1, m->headers + at, (m->header_count - at) * sizeof(*m->headers));
	m->header_count++;
	return &m->headers[at];
}

static enum status put(struct mail *m, size_t at, struct view name, struct view value)
{
	size_t n = name.n + value.n + LINE_EXTRA;
	struct mail_header *h;

	if (m->header_count >= MAIL_HEADERS_MAX + MAIL_HEADERS_MORE || n > m->limit - m->kept)
		return ST_LIMIT;
	if (m->arena == NULL)
		m->arena = arena_new();
	move_gone(m, at);
	h = room_at(m, at);
	h->name = arena_view(m->arena, name);
	h->value = arena_view(m->arena, value);
	m->kept += n;
	m->above += at < m->above;
	return ST_OK;
}

void mail_take_header(struct mail *m, struct view name, struct view value)
{
	m->size += (int64_t)(name.n + value.n + missing_returns(value) + LINE_EXTRA);
	if (m->blanks)
		m->size--; /* the value has its blank */
	if (m->header_count >= MAIL_HEADERS_MAX)
		m->cut = true;
	else if (!m->full && put(m, m->header_count, name, value) != ST_OK)
		m->cut = m->full = true;
}

void mail_take_body(struct mail *m, struct view octets)
{
	struct view fits = view_first(octets, m->full ? 0 : m->limit - m->kept);

	m->size += (int64_t)octets.n;
	if (fits.n < octets.n)
		m->cut = m->full = true;
	m->kept += fits.n;
	if (buf_append(&m->body, fits) != ST_OK)
		m->cut = m->full = true; /* can't be: it has the same bound */
}

enum status mail_note_behind(struct mail *m, struct view name)
{
	size_t was = m->behind.n;
	enum status st = buf_append(&m->behind, name);

	if (st == ST_OK)
		st = buf_byte(&m->behind, '\0');
	if (st != ST_OK)
		m->behind.n = was;
	return st;
}

bool mail_has_behind(const struct mail *m, struct view name)
{
	struct view rest = buf_view(&m->behind), other;

	while (view_next(&rest, '\0', &other))
		if (view_eq_nocase(other, name))
			return true;
	return false;
}

/* --- to look at --- */

static size_t find(const struct mail *m, struct view name, size_t nth)
{
	for (size_t i = 0; i < m->header_count; i++)
		if (view_eq_nocase(m->headers[i].name, name) && --nth == 0)
			return i;
	return m->header_count;
}

const struct mail_header *mail_find(const struct mail *m, struct view name, size_t nth)
{
	size_t at = nth > 0 ? find(m, name, nth) : m->header_count;

	return at < m->header_count ? &m->headers[at] : NULL;
}

struct view mail_value(const struct mail *m, const struct mail_header *h)
{
	bool blank = m->blanks && h->value.n > 0 && h->value.p[0] == ' ';

	return blank ? view_from(h->value, 1) : h->value;
}

/* Line by line, as folds have no CR, or have it already. */
static enum status put_value(struct view value, struct buf *out)
{
	struct view line;
	enum status st = ST_OK;

	while (st == ST_OK && view_next(&value, '\n', &line)) {
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		st = buf_append(out, line);
		if (st == ST_OK)
			st = buf_append(out, VIEW("\r\n"));
	}
	return st;
}

enum status mail_put_header(const struct mail *m, const struct mail_header *h, struct buf *out)
{
	size_t was = out->n;
	enum status st = buf_append(out, h->name);

	if (st == ST_OK)
		st = buf_append(out, m->blanks ? VIEW(":") : VIEW(": "));
	if (st == ST_OK)
		st = h->value.n > 0 ? put_value(h->value, out) : buf_append(out, VIEW("\r\n"));
	if (st != ST_OK)
		out->n = was;
	return st;
}

enum status mail_put(const struct mail *m, struct buf *out)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < m->header_count && st == ST_OK; i++)
		st = mail_put_header(m, &m->headers[i], out);
	if (st == ST_OK)
		st = buf_append(out, VIEW("\r\n"));
	return st == ST_OK ? buf_append(out, buf_view(&m->body)) : st;
}

/* --- changes --- */

/* Where Sendmail adds one: in front of the first of its name, be that deleted or not. */
static size_t place_to_add(const struct mail *m, struct view name)
{
	size_t at = find(m, name, 1);

	for (size_t i = 0; i < m->gone_count && m->gone[i].before < at; i++)
		if (view_eq_nocase(m->gone[i].name, name))
			return m->gone[i].before;
	return at;
}

enum status mail_add_header(struct mail *m, struct view name, struct view value)
{
	return put(m, m->sendmail ? place_to_add(m, name) : m->header_count, name, value);
}

enum status mail_insert_header(struct mail *m, uint32_t index, struct view name, struct view value)
{
	bool last_above = index == m->above;
	size_t at = index <= m->above ? index : index - 1;
	enum status st = put(m, at < m->header_count ? at : m->header_count, name, value);

	m->above += st == ST_OK && last_above;
	return st;
}

static size_t octets_of(const struct mail_header *h)
{
	return h->name.n + h->value.n + LINE_EXTRA;
}

static void put_gone(struct mail *m, size_t i, struct mail_gone gone)
{
	if (m->gone_count == m->gone_room) {
		m->gone_room = m->gone_room > 0 ? m->gone_room * 2 : 16;
		m->gone = mem_resize(m->gone, m->gone_room, sizeof(*m->gone));
	}
	memmove(m->gone + i + 1, m->gone + i, (m->gone_count - i) * sizeof(*m->gone));
	m->gone[i] = gone;
	m->gone_count++;
}

static void note_gone(struct mail *m, size_t at)
{
	size_t i = m->gone_count;

	for (; i > 0 && m->gone[i - 1].before > at; i--)
		m->gone[i - 1].before--;
	put_gone(m, i, (struct mail_gone){ m->headers[at].name, at, true });
}

static void drop(struct mail *m, size_t at)
{
	if (m->sendmail)
		note_gone(m, at);
	m->kept -= octets_of(&m->headers[at]);
	m->above -= at < m->above;
	m->header_count--;
	memmove(m->headers + at, m->headers + at + 1, (m->header_count - at) * sizeof(*m->headers));
}

/* What an index means. */
struct found {
	bool here, gone; /* one of headers, or of gone; or none */
	size_t at;
	size_t out; /* its index for the MTA */
};

static struct found seek(const struct mail *m, struct view name, size_t index)
{
	size_t g = 0, n = 0;
	struct found f = { .out = 0 };

	index = index > 0 ? index : 1;
	for (size_t i = 0; i <= m->header_count; i++) {
		for (; g < m->gone_count && m->gone[g].before == i; g++) {
			if (!view_eq_nocase(m->gone[g].name, name))
				continue;
			f.out++;
			if (m->gone[g].now && ++n == index)
				return (struct found){ .gone = true, .at = g, .out = f.out };
		}
		if (i == m->header_count || !view_eq_nocase(m->headers[i].name, name))
			continue;
		f.out++;
		if (++n == index)
			return (struct found){ .here = true, .at = i, .out = f.out };
	}
	f.out += index - n;
	return f;
}

uint32_t mail_index_out(const struct mail *m, uint32_t index, struct view name)
{
	struct found f = { .out = index };

	if (m->gone_count > 0)
		f = seek(m, name, index);
	return f.out < UINT32_MAX ? (uint32_t)f.out : UINT32_MAX;
}

void mail_changed(struct mail *m)
{
	for (size_t i = 0; i < m->gone_count; i++)
		m->gone[i].now = false;
}

/* With another value it is there again. */
static enum status bring_back(struct mail *m, size_t gone, struct view value)
{
	struct mail_gone was = m->gone[gone];
	enum status st;

	m->gone_count--;
	memmove(m->gone + gone, m->gone + gone + 1, (m->gone_count - gone) * sizeof(*m->gone));
	st = put(m, was.before, was.name, value);
	/* Those that stood in front of it, at the same place, still do. */
	for (size_t i = gone; st == ST_OK && i > 0 && m->gone[i - 1].before == was.before + 1; i--)
		m->gone[i - 1].before--;
	return st;
}

static enum status change(struct mail *m, size_t at, struct view name, struct view value)
{
	size_t was = octets_of(&m->headers[at]), n = name.n + value.n + LINE_EXTRA;

	if (n > was && n - was > m->limit - m->kept)
		return ST_LIMIT;
	if (!m->sendmail) /* of the same length */
		m->headers[at].name = arena_view(m->arena, name);
	m->headers[at].value = arena_view(m->arena, value);
	m->kept = m->kept - was + n;
	return ST_OK;
}

enum status mail_change_header(struct mail *m, uint32_t index, struct view name, struct view value)
{
	struct found f = seek(m, name, index);

	if (value.n == 0) {
		if (f.here)
			drop(m, f.at);
		return ST_OK;
	}
	if (f.gone)
		return bring_back(m, f.at, value);
	return f.here ? change(m, f.at, name, value) : mail_add_header(m, name, value);
}

void mail_drop_headers(struct mail *m, bool (*drop_it)(void *arg, const struct mail_header *h),
                       void *arg)
{
	struct mail_gone *was = m->gone;
	size_t was_count = m->gone_count, was_above = m->above, g = 0, n = 0;

	m->gone = NULL;
	m->gone_count = m->gone_room = 0;
	for (size_t i = 0; i <= m->header_count; i++) {
		for (; g < was_count && was[g].before == i; g++) {
			was[g].before = n;
			put_gone(m, m->gone_count, was[g]);
		}
		if (i == m->header_count)
			break;
		if (!drop_it(arg, &m->headers[i])) {
			m->headers[n++] = m->headers[i];
			continue;
		}
		m->kept -= octets_of(&m->headers[i]);
		m->above -= i < was_above;
		if (m->sendmail)
			put_gone(m, m->gone_count,
			         (struct mail_gone){ m->headers[i].name, n, false });
	}
	m->header_count = n;
	mem_free(was);
}

void mail_clear_body(struct mail *m)
{
	m->kept -= m->body.n;
	buf_clear(&m->body);
}

enum status mail_add_body(struct mail *m, struct view octets)
{
	if (octets.n > m->limit - m->kept)
		return ST_LIMIT;
	m->kept += octets.n;
	return buf_append(&m->body, octets);
}

enum status mail_end_body(struct mail *m)
{
	if (m->sendmail || m->body.n == 0 || m->body.p[m->body.n - 1] == '\n')
		return ST_OK;
	return mail_add_body(m, VIEW("\r\n"));
}
