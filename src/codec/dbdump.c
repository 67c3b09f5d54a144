#include "codec/dbdump.h"

#define VERSION_MAX 3

static const struct view header_start = { "VERSION=", 8 };
static const struct view header_end = { "HEADER=END", 10 };
static const struct view data_end = { "DATA=END", 8 };

bool dbdump_is(struct view text)
{
	return view_starts(view_trim(text), header_start);
}

struct dbdump_walk dbdump_walk_of(struct view text, struct buf *key_room, struct buf *value_room)
{
	return (struct dbdump_walk){ .rest = text, .key_room = key_room, .value_room = value_room };
}

/* Without its line end, CR LF or LF. */
static bool next_line(struct dbdump_walk *w, struct view *out)
{
	if (!view_next(&w->rest, '\n', out))
		return false;
	w->line++;
	if (out->n > 0 && out->p[out->n - 1] == '\r')
		out->n--;
	return true;
}

static bool split(struct view line, struct view *name, struct view *value)
{
	size_t at = view_find(line, '=');

	if (at == VIEW_NONE)
		return false;
	*name = view_first(line, at);
	*value = view_from(line, at + 1);
	return true;
}

struct header {
	bool version;
	bool format;
};

static enum status header_line(struct dbdump_walk *w, struct view line, struct header *h,
                               struct diag *why)
{
	struct view name, value;
	uint64_t n;

	if (!split(line, &name, &value))
		return ST_OK;
	if (view_eq(name, VIEW("VERSION"))) {
		if (view_u64(value, VERSION_MAX, &n) != ST_OK) {
			diag_at(why, w->line, 9, "versions up to %d are known", VERSION_MAX);
			return ST_INVALID;
		}
		h->version = true;
	} else if (view_eq(name, VIEW("format"))) {
		w->hex = view_eq(value, VIEW("bytevalue"));
		if (!w->hex && !view_eq(value, VIEW("print"))) {
			diag_at(why, w->line, 8, "the format is neither print nor bytevalue");
			return ST_INVALID;
		}
		h->format = true;
	} else if (view_eq(name, VIEW("type"))) {
		if (!view_eq(value, VIEW("btree")) && !view_eq(value, VIEW("hash"))) {
			diag_at(why, w->line, 6, "only data bases of keys and values are read");
			return ST_INVALID;
		}
	} else if (view_eq(name, VIEW("keys")) && view_eq(value, VIEW("0"))) {
		diag_at(why, w->line, 0, "the keys were not dumped");
		return ST_INVALID;
	}
	return ST_OK;
}

/* ST_NOTFOUND when there is no further header, and there was one. */
static enum status read_header(struct dbdump_walk *w, struct diag *why)
{
	struct header h = { false, false };
	struct view line;
	enum status st;

	while (next_line(w, &line)) {
		line = view_trim(line);
		if (!h.version && line.n == 0)
			continue;
		if (!h.version && !view_starts(line, header_start)) {
			diag_at(why, w->line, 1, "VERSION= is expected here, as db_dump writes it");
			return ST_INVALID;
		}
		if (view_eq(line, header_end)) {
			if (h.format) {
				w->data = w->any = true;
				return ST_OK;
			}
			diag_at(why, w->line, 0, "the header does not tell the format");
			return ST_INVALID;
		}
		st = header_line(w, line, &h, why);
		if (st != ST_OK)
			return st;
	}
	if (!h.version && w->any)
		return ST_NOTFOUND;
	diag_at(why, w->line, 0, "the text ends before HEADER=END");
	return ST_INVALID;
}

static int hex_digit(char c)
{
	if (ascii_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The octet of the two hex digits at this offset, or -1. */
static int hex_octet(struct view v, size_t at)
{
	int high = at + 1 < v.n ? hex_digit(v.p[at]) : -1;
	int low = at + 1 < v.n ? hex_digit(v.p[at + 1]) : -1;

	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

static enum status too_long(const struct dbdump_walk *w, const struct buf *room, struct diag *why)
{
	diag_at(why, w->line, 0, "longer than %zu octets", room->max);
	return ST_LIMIT;
}

/* margin: what stood before the text in its line. */
static enum status decode_hex(const struct dbdump_walk *w, struct view text, size_t margin,
                              struct buf *room, struct diag *why)
{
	if (text.n / 2 > room->max)
		return too_long(w, room, why);
	for (size_t i = 0; i < text.n; i += 2) {
		int octet = hex_octet(text, i);

		if (octet < 0) {
			diag_at(why, w->line, (unsigned)(margin + i + 1),
			        "two hex digits are expected");
			return ST_INVALID;
		}
		if (buf_byte(room, (char)octet) != ST_OK)
			return too_long(w, room, why);
	}
	return ST_OK;
}

static enum status decode_print(const struct dbdump_walk *w, struct view text, size_t margin,
                                struct buf *room, struct diag *why)
{
	for (size_t i = 0; i < text.n;) {
		int octet = (unsigned char)text.p[i];
		size_t size = 1;

		if (octet == '\\' && i + 1 < text.n && text.p[i + 1] == '\\') {
			size = 2;
		} else if (octet == '\\') {
			octet = hex_octet(text, i + 1);
			size = 3;
		}
		if (octet < 0) {
			diag_at(why, w->line, (unsigned)(margin + i + 1),
			        "a backslash stands before another or two hex digits");
			return ST_INVALID;
		}
		if (buf_byte(room, (char)octet) != ST_OK)
			return too_long(w, room, why);
		i += size;
	}
	return ST_OK;
}

static enum status decode(const struct dbdump_walk *w, struct view line, struct buf *room,
                          struct view *out, struct diag *why)
{
	size_t margin = line.n > 0 && line.p[0] == ' ' ? 1 : 0;
	struct view text = view_from(line, margin);
	enum status st;

	if (!w->hex && view_find(text, '\\') == VIEW_NONE) {
		*out = text;
		return text.n <= room->max ? ST_OK : too_long(w, room, why);
	}
	buf_clear(room);
	st = w->hex ? decode_hex(w, text, margin, room, why)
	            : decode_print(w, text, margin, room, why);
	*out = buf_view(room);
	return st;
}

/* ST_AGAIN at the end of this data base. */
static enum status read_pair(struct dbdump_walk *w, struct view *key, struct view *value,
                             struct diag *why)
{
	struct view line;
	enum status st;

	if (!next_line(w, &line)) {
		diag_at(why, w->line, 0, "the text ends before DATA=END (cut short?)");
		return ST_INVALID;
	}
	if (view_eq(line, data_end)) {
		w->data = false;
		return ST_AGAIN;
	}
	st = decode(w, line, w->key_room, key, why);
	if (st != ST_OK)
		return st;
	if (!next_line(w, &line) || view_eq(line, data_end)) {
		diag_at(why, w->line, 0, "the value of the last key is missing");
		return ST_INVALID;
	}
	return decode(w, line, w->value_room, value, why);
}

enum status dbdump_next(struct dbdump_walk *w, struct view *key, struct view *value,
                        struct diag *why)
{
	enum status st = w->end;

	if (st != ST_OK)
		return st;
	do {
		st = w->data ? ST_OK : read_header(w, why);
		if (st == ST_OK)
			st = read_pair(w, key, value, why);
	} while (st == ST_AGAIN);
	w->end = st;
	return st;
}
