#include "store/export_inside.h"

#include <stddef.h>

#include "engine/tuple.h"
#include "store/digest.h"
#include "store/record.h"
#include "util/escape.h"

#define TEXT_MAX   (TUPLE_TEXT_MAX + NET_TEXT_MAX)
#define FIELDS_MAX (COLUMNS_MAX + 1)

#define AT(member) offsetof(struct browse_entry, member)

static const struct export_table tables[] = {
	{ "tuple",
	  BROWSE_TUPLES,
	  11,
	  { { "source", COLUMN_TEXT, AT(source) },
	    { "sender", COLUMN_TEXT, AT(sender) },
	    { "recipient", COLUMN_TEXT, AT(recipient) },
	    { "first", COLUMN_TIME, AT(tuple.first) },
	    { "last", COLUMN_TIME, AT(tuple.last) },
	    { "wait", COLUMN_TIME, AT(tuple.wait) },
	    { "passes", COLUMN_COUNT, AT(tuple.passes) },
	    { "early", COLUMN_COUNT, AT(tuple.early) },
	    { "retries", COLUMN_COUNT, AT(tuple.retries) },
	    { "identity", COLUMN_IDENTITY, AT(tuple.identity) },
	    { "keep", COLUMN_TIME, AT(tuple.keep) },
	    { "score", COLUMN_SCORE, AT(scan.score_tenths) },
	    { "verdict", COLUMN_VERDICT, AT(scan.spam) },
	    { "symbols", COLUMN_SYMBOLS, AT(scan.symbols) } },
	  .least = 10, /* keep came later */
	  .more = 3 },
	{ "client",
	  BROWSE_CLIENTS,
	  3,
	  { { "client", COLUMN_TEXT, AT(source) },
	    { "count", COLUMN_COUNT, AT(client.count) },
	    { "last", COLUMN_TIME, AT(client.last) } } },
	{ "mark",
	  BROWSE_MARKS,
	  3,
	  { { "source", COLUMN_TEXT, AT(text) },
	    { "since", COLUMN_TIME, AT(mark.since) },
	    { "instance", COLUMN_BIG, AT(mark.instance) } } },
};

static const char *const identities[] = {
	[GREY_BY_NET] = "net", [GREY_BY_RDNS] = "rdns", [GREY_BY_SPF] = "spf"
};
#define IDENTITIES (sizeof(identities) / sizeof(identities[0]))

const struct export_table *export_table_named(struct view name)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (view_eq(name, view_of(tables[i].name)))
			return &tables[i];
	return NULL;
}

const struct export_table *export_table_of(enum browse_table table)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (tables[i].table == table)
			return &tables[i];
	return NULL;
}

/* --- writing --- */

static const void *member(const struct column *c, const struct browse_entry *e)
{
	return (const char *)e + c->member;
}

static enum status put_score(int64_t tenths, struct buf *out)
{
	int64_t n = tenths < 0 ? -tenths : tenths;

	return buf_printf(out, "%s%lld.%lld", tenths < 0 ? "-" : "", (long long)n / 10,
	                  (long long)n % 10);
}

enum status export_put_cell(const struct column *c, const struct browse_entry *e, struct buf *out)
{
	const void *p = member(c, e);

	switch (c->kind) {
	case COLUMN_TEXT: return escape_append(out, *(const struct view *)p, SIZE_MAX);
	case COLUMN_TIME: return buf_printf(out, "%lld", (long long)*(const int64_t *)p);
	case COLUMN_COUNT: return buf_printf(out, "%u", *(const uint32_t *)p);
	case COLUMN_BIG: return buf_printf(out, "%llu", (unsigned long long)*(const uint64_t *)p);
	case COLUMN_SCORE: return put_score(*(const int64_t *)p, out);
	case COLUMN_VERDICT: return buf_append(out, *(const bool *)p ? VIEW("spam") : VIEW("ham"));
	case COLUMN_SYMBOLS: return buf_append(out, spam_symbols_view(p));
	case COLUMN_IDENTITY: break;
	}
	return buf_append(out, view_of(identities[*(const enum grey_identity *)p]));
}

#define NO_HEX 16U

static unsigned hex_value(char c)
{
	c = ascii_lower(c);
	return ascii_digit(c)         ? (unsigned)(c - '0')
	       : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
	                              : NO_HEX;
}

void export_secret_hex(const struct export_row *row, char out[2 * BROWSE_SECRET_SIZE + 1])
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < BROWSE_SECRET_SIZE; i++) {
		out[2 * i] = hex[row->secret[i] >> 4];
		out[2 * i + 1] = hex[row->secret[i] & 15];
	}
	out[2 * BROWSE_SECRET_SIZE] = '\0';
}

static enum status write_head(const struct export_row *row, struct buf *out)
{
	char secret[2 * BROWSE_SECRET_SIZE + 1] = "-";

	if (row->has_secret)
		export_secret_hex(row, secret);
	return buf_printf(out, EXPORT_WORD "\t%d\t%s\t%s\n", EXPORT_VERSION,
	                  row->secret_id[0] != '\0' ? row->secret_id : "-", secret);
}

static enum status write_entry(const struct browse_entry *e, struct buf *out)
{
	const struct export_table *t = export_table_of(e->table);
	enum status st = buf_append(out, view_of(t->name));

	for (unsigned i = 0; i < export_columns_of(t, e) && st == ST_OK; i++) {
		st = buf_byte(out, '\t');
		if (st == ST_OK)
			st = export_put_cell(&t->column[i], e, out);
	}
	return st == ST_OK ? buf_byte(out, '\n') : st;
}

enum status export_write(enum export_form form, const struct export_row *row, struct buf *out)
{
	if (form == EXPORT_JSON)
		return export_write_json(row, out);
	switch (row->kind) {
	case EXPORT_HEAD: return write_head(row, out);
	case EXPORT_ENTRY: return write_entry(&row->entry, out);
	case EXPORT_END: break;
	}
	return buf_printf(out, END_WORD "\t%llu\n", (unsigned long long)row->count);
}

/* --- reading --- */

enum status export_form_of(struct view text, enum export_form *out)
{
	if (view_starts(text, VIEW("{")))
		*out = EXPORT_JSON;
	else if (view_starts(text, VIEW(EXPORT_WORD "\t")))
		*out = EXPORT_TEXT;
	else
		return ST_INVALID;
	return ST_OK;
}

/* A decoded control octet is refused: no key of ours has one. */
static enum status unescape(const char *name, struct view v, struct buf *room, struct diag *why)
{
	for (size_t i = 0; i < v.n; i++) {
		unsigned char c = (unsigned char)v.p[i];

		if (c == '\\') {
			bool whole = i + 3 < v.n && v.p[i + 1] == 'x';
			unsigned high = whole ? hex_value(v.p[i + 2]) : NO_HEX;
			unsigned low = whole ? hex_value(v.p[i + 3]) : NO_HEX;

			if (high == NO_HEX || low == NO_HEX) {
				diag_set(why, "%s: a backslash without xNN", name);
				return ST_INVALID;
			}
			c = (unsigned char)(high << 4 | low);
			i += 3;
		}
		if (c < 32 || c == 127) {
			diag_set(why, "%s: a control octet", name);
			return ST_INVALID;
		}
		if (buf_byte(room, (char)c) != ST_OK || room->n > TEXT_MAX) {
			diag_set(why, "%s: longer than %u octets", name, (unsigned)TEXT_MAX);
			return ST_LIMIT;
		}
	}
	return ST_OK;
}

/* "-7.5": one digit behind the point, or no point. */
static enum status take_score(struct view cell, int64_t *out)
{
	bool minus = cell.n > 0 && cell.p[0] == '-';
	struct view digits = view_from(cell, minus ? 1 : 0);
	size_t point = view_find(digits, '.');
	struct view whole = view_first(digits, point);
	uint64_t n, tenth = 0;
	enum status st = view_u64(whole, INT32_MAX / 10, &n);

	if (st == ST_OK && point != VIEW_NONE)
		st = view_u64(view_from(digits, point + 1), 9, &tenth);
	if (st == ST_OK && point != VIEW_NONE && digits.n - point != 2)
		st = ST_INVALID;
	if (st == ST_OK)
		*out = (minus ? -1 : 1) * (int64_t)(n * 10 + tenth);
	return st;
}

static enum status take_verdict(struct view cell, bool *spam)
{
	*spam = view_eq(cell, VIEW("spam"));
	return *spam || view_eq(cell, VIEW("ham")) ? ST_OK : ST_INVALID;
}

static enum status take_symbols(struct view cell, struct spam_symbols *out)
{
	if (!spam_symbols_valid(cell))
		return ST_INVALID;
	out->n = cell.n;
	if (cell.n > 0)
		memcpy(out->p, cell.p, cell.n);
	return ST_OK;
}

static const char *expected(enum column_kind kind, enum status st)
{
	if (st == ST_LIMIT)
		return "out of range";
	switch (kind) {
	case COLUMN_IDENTITY: return "net, rdns or spf is expected";
	case COLUMN_VERDICT: return "spam or ham is expected";
	case COLUMN_SYMBOLS: return "names with commas between are expected";
	case COLUMN_TEXT:
	case COLUMN_TIME:
	case COLUMN_COUNT:
	case COLUMN_BIG:
	case COLUMN_SCORE: break;
	}
	return "a number is expected";
}

static enum status take_number(const struct column *c, struct view cell, void *to, struct diag *why)
{
	uint64_t x = 0;
	enum status st;

	switch (c->kind) {
	case COLUMN_TIME:
		st = view_i64(cell, to);
		if (st == ST_OK && (*(int64_t *)to < 0 || *(int64_t *)to > RECORD_TIME_MAX))
			st = ST_LIMIT;
		break;
	case COLUMN_COUNT:
		st = view_u64(cell, UINT32_MAX, &x);
		*(uint32_t *)to = (uint32_t)x;
		break;
	case COLUMN_BIG: st = view_u64(cell, UINT64_MAX, to); break;
	case COLUMN_IDENTITY:
		st = ST_INVALID;
		for (unsigned i = 0; i < IDENTITIES; i++)
			if (view_eq(cell, view_of(identities[i]))) {
				*(enum grey_identity *)to = (enum grey_identity)i;
				st = ST_OK;
			}
		break;
	case COLUMN_SCORE: st = take_score(cell, to); break;
	case COLUMN_VERDICT: st = take_verdict(cell, to); break;
	case COLUMN_SYMBOLS: st = take_symbols(cell, to); break;
	case COLUMN_TEXT:
	default: return ST_OK;
	}
	if (st != ST_OK)
		diag_set(why, "%s: %s", c->name, expected(c->kind, st));
	return st;
}

/* The texts of a tuple in room, as its key has them. */
static enum status join_tuple(const struct view *cells, struct buf *room, struct diag *why)
{
	static const char *const names[] = { "source", "sender", "recipient" };
	enum status st = ST_OK;

	for (unsigned i = 0; i < 3 && st == ST_OK; i++) {
		if (i > 0)
			st = buf_byte(room, TUPLE_SEPARATOR);
		if (st == ST_OK)
			st = unescape(names[i], cells[i], room, why);
		if (st != ST_OK)
			why->column = i + 1;
	}
	if (st == ST_OK && room->n == DIGEST_KEY_SIZE + 2 &&
	    digest_is(view_first(buf_view(room), DIGEST_KEY_SIZE)))
		room->n = DIGEST_KEY_SIZE;
	return st;
}

/* An address is brought to the form that it is looked up by. */
static enum status join_client(struct view cell, struct buf *room, struct diag *why)
{
	struct ip ip;
	char text[IP_TEXT_MAX];
	enum status st = unescape("client", cell, room, why);

	if (st != ST_OK || browse_form_of(BROWSE_CLIENTS, buf_view(room)) != BROWSE_READABLE)
		return st;
	if (ip_parse(buf_view(room), &ip) != ST_OK) {
		diag_set(why, "client: an address is expected");
		return ST_INVALID;
	}
	ip_format(&ip, text);
	buf_clear(room);
	return buf_append(room, view_of(text));
}

static enum status take_texts(const struct export_table *t, const struct view *cells,
                              struct buf *room, struct browse_entry *e, struct diag *why)
{
	enum status st;

	buf_clear(room);
	if (t->table == BROWSE_TUPLES)
		st = join_tuple(cells, room, why);
	else if (t->table == BROWSE_CLIENTS)
		st = join_client(cells[0], room, why);
	else
		st = unescape("source", cells[0], room, why);
	if (st != ST_OK) {
		why->column = why->column > 0 ? why->column : 1;
		return st;
	}
	e->text = buf_view(room);
	e->source = e->text;
	e->form = browse_form_of(t->table, e->text);
	if (t->table == BROWSE_MARKS)
		e->source = view_first(e->text, view_find(e->text, MARK_SEPARATOR));
	if (t->table == BROWSE_TUPLES && e->form != BROWSE_DIGEST &&
	    tuple_split(e->text, &e->source, &e->sender, &e->recipient) != ST_OK)
		st = ST_INVALID;
	if (st == ST_OK && e->source.n > 0)
		return ST_OK;
	diag_at(why, 0, 1, "%s: it is empty", t->column[0].name);
	return ST_INVALID;
}

enum status export_take_cells(const struct export_table *t, const struct view *cells,
                              unsigned count, struct buf *room, struct browse_entry *out,
                              struct diag *why)
{
	struct browse_entry e = { .table = t->table, .sender = { "", 0 }, .recipient = { "", 0 } };
	enum status st = take_texts(t, cells, room, &e, why);

	e.scanned = count > t->columns;
	for (unsigned i = 0; i < count && st == ST_OK; i++) {
		st = take_number(&t->column[i], cells[i], (char *)&e + t->column[i].member, why);
		if (st != ST_OK)
			why->column = i + 1;
	}
	if (st == ST_OK && (e.tuple.wait > UINT32_MAX || e.tuple.keep > UINT32_MAX)) {
		diag_set(why, "wait, keep: out of range");
		st = ST_LIMIT;
	}
	if (st == ST_OK)
		*out = e;
	return st;
}

static bool is_hex(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (hex_value(v.p[i]) == NO_HEX)
			return false;
	return true;
}

static bool given(struct view v)
{
	return v.n > 0 && !view_eq(v, VIEW("-"));
}

enum status export_take_head(struct view version, struct view id, struct view secret,
                             struct export_row *out, struct diag *why)
{
	struct export_row row = { .kind = EXPORT_HEAD };
	uint64_t v;

	if (view_u64(version, UINT32_MAX, &v) != ST_OK || v == 0 || v > EXPORT_VERSION) {
		diag_set(why, "this export is of a version that this program does not know");
		return ST_INVALID;
	}
	if ((given(id) && id.n != BROWSE_ID_SIZE) ||
	    (given(secret) && secret.n != 2 * BROWSE_SECRET_SIZE)) {
		diag_set(why, "the secret or its id is of a wrong length");
		return ST_INVALID;
	}
	if ((given(id) && !is_hex(id)) || (given(secret) && !is_hex(secret))) {
		diag_set(why, "the secret or its id is not written in hex");
		return ST_INVALID;
	}
	row.version = (unsigned)v;
	if (given(id))
		memcpy(row.secret_id, id.p, id.n);
	row.has_secret = given(secret);
	for (size_t i = 0; row.has_secret && i < BROWSE_SECRET_SIZE; i++)
		row.secret[i] =
			(uint8_t)(hex_value(secret.p[2 * i]) << 4 | hex_value(secret.p[2 * i + 1]));
	*out = row;
	return ST_OK;
}

unsigned export_columns(const struct export_text *text, const struct export_table *t)
{
	return text->version < 2 && t->least > 0 ? t->least : t->columns;
}

static enum status read_entry(struct view line, const struct view *field, unsigned fields,
                              struct buf *room, struct export_row *out, struct diag *why)
{
	const struct export_table *t = export_table_named(field[0]);
	struct export_row row = { .kind = EXPORT_ENTRY };
	enum status st;

	if (t == NULL) {
		diag_at(why, 0, 1, "tuple, client, mark or end is expected");
		return ST_INVALID;
	}
	st = export_take_cells(t, field + 1, fields - 1, room, &row.entry, why);
	if (st == ST_OK)
		*out = row;
	else if (why->column > 0)
		why->column = (unsigned)(field[why->column].p - line.p) + 1;
	return st;
}

static enum status read_end(struct view count, struct export_row *out, struct diag *why)
{
	struct export_row row = { .kind = EXPORT_END };

	if (view_u64(count, UINT64_MAX, &row.count) != ST_OK) {
		diag_set(why, "end: a number is expected");
		return ST_INVALID;
	}
	*out = row;
	return ST_OK;
}

/* The field with the table's name is one more. */
static bool fields_fit(const struct export_text *text, const struct export_table *t,
                       unsigned fields)
{
	unsigned usual = export_columns(text, t) + 1;

	return fields == usual || (text->version > 2 && t->more > 0 && fields == usual + t->more);
}

static enum status read_text(const struct export_text *text, struct view line, struct buf *room,
                             struct export_row *out, struct diag *why)
{
	struct view field[FIELDS_MAX] = { { "", 0 } };
	unsigned fields = 0;
	size_t tab;
	struct view rest = line;

	do {
		if (fields == FIELDS_MAX) {
			diag_set(why, "too many fields");
			return ST_INVALID;
		}
		tab = view_find(rest, '\t');
		field[fields++] = view_first(rest, tab);
		if (tab != VIEW_NONE)
			rest = view_from(rest, tab + 1);
	} while (tab != VIEW_NONE);
	if (view_eq(field[0], VIEW(EXPORT_WORD)) && fields == 4)
		return export_take_head(field[1], field[2], field[3], out, why);
	if (view_eq(field[0], VIEW(END_WORD)) && fields == 2)
		return read_end(field[1], out, why);
	if (export_table_named(field[0]) != NULL &&
	    !fields_fit(text, export_table_named(field[0]), fields)) {
		diag_set(why, "a %s has %u fields, here are %u", export_table_named(field[0])->name,
		         export_columns(text, export_table_named(field[0])) + 1, fields);
		return ST_INVALID;
	}
	return read_entry(line, field, fields, room, out, why);
}

enum status export_read(const struct export_text *text, struct view line, struct buf *room,
                        struct export_row *out, struct diag *why)
{
	why->file = NULL;
	why->line = why->column = 0;
	if (line.n > EXPORT_LINE_MAX) {
		diag_set(why, "the line is longer than %u octets", (unsigned)EXPORT_LINE_MAX);
		return ST_LIMIT;
	}
	return text->form == EXPORT_JSON ? export_read_json(text, line, room, out, why)
	                                 : read_text(text, line, room, out, why);
}
