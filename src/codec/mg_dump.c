#include "codec/mg_dump.h"

/* --- reading --- */

struct line {
	struct view whole;
	struct view rest;
	struct diag *why;
};

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(struct line *l)
{
	while (l->rest.n > 0 && blank(l->rest.p[0]))
		l->rest = view_from(l->rest, 1);
}

/* At the field that begins where `at` does. */
static enum status refuse(const struct line *l, struct view at, const char *what)
{
	diag_at(l->why, l->why->line, (unsigned)(at.p - l->whole.p) + 1, "%s", what);
	return ST_INVALID;
}

/* Empty at the line's end. */
static struct view take_field(struct line *l)
{
	struct view field;
	size_t n = 0;

	skip_blanks(l);
	while (n < l->rest.n && !blank(l->rest.p[n]))
		n++;
	field = view_first(l->rest, n);
	l->rest = view_from(l->rest, n);
	return field;
}

/* A link-local address may have its interface behind it. */
static enum status take_client(struct line *l, struct ip *out)
{
	struct view field = take_field(l);

	if (ip_parse(view_first(field, view_find(field, '%')), out) != ST_OK)
		return refuse(l, field, "an IP address is expected");
	return ST_OK;
}

/* Of a client that left the brackets out, with an MTA that lets it, there are none. */
static bool is_unbracketed(struct view field)
{
	return view_find(field, '@') != VIEW_NONE && view_find(field, '<') == VIEW_NONE &&
	       view_find(field, '>') == VIEW_NONE;
}

static enum status take_address(struct line *l, const char *expected, struct view *out)
{
	struct view field = take_field(l);

	if (is_unbracketed(field)) {
		*out = field;
		return ST_OK;
	}
	if (field.n < 2 || field.p[0] != '<' || field.p[field.n - 1] != '>')
		return refuse(l, field, expected);
	*out = (struct view){ field.p + 1, field.n - 2 };
	return ST_OK;
}

static enum status take_number(struct line *l, const char *expected, int64_t *out)
{
	struct view field = take_field(l);
	uint64_t x;

	if (view_u64(field, (uint64_t)MG_DUMP_TIME_MAX, &x) != ST_OK)
		return refuse(l, field, expected);
	*out = (int64_t)x;
	return ST_OK;
}

/* What stands behind the time. A "#" before that belongs to an address. */
static enum status take_kind(struct line *l, struct mg_dump_entry *e)
{
	struct line ahead = *l;
	struct view field = take_field(&ahead);

	e->kind = MG_DUMP_PENDING;
	if (field.n == 0)
		return ST_OK;
	if (view_eq_nocase(field, VIEW("AUTO"))) {
		e->kind = MG_DUMP_AUTO;
		*l = ahead;
		return ST_OK;
	}
	if (take_number(l, "AUTO or the seconds of a tarpit are expected", &e->tarpit_s) != ST_OK)
		return ST_INVALID;
	field = take_field(l);
	if (!view_eq_nocase(field, VIEW("TARPIT")))
		return refuse(l, field, "TARPIT is expected");
	e->kind = MG_DUMP_TARPIT;
	return ST_OK;
}

static enum status take_entry(struct line *l, struct mg_dump_entry *e)
{
	enum status st = take_client(l, &e->client);

	if (st == ST_OK)
		st = take_address(l, "the sender is expected, as <ADDRESS>", &e->sender);
	if (st == ST_OK)
		st = take_address(l, "the recipient is expected, as <ADDRESS>", &e->recipient);
	if (st != ST_OK)
		return st;
	l->rest = view_first(l->rest, view_find(l->rest, '#'));
	st = take_number(l, "a time is expected, as Unix seconds", &e->time);
	if (st == ST_OK)
		st = take_kind(l, e);
	skip_blanks(l);
	if (st == ST_OK && l->rest.n > 0)
		return refuse(l, l->rest, "there is more than an entry has");
	return st;
}

enum status mg_dump_read(struct view line, struct mg_dump_entry *out, struct diag *why)
{
	struct line l = { .whole = line, .rest = line, .why = why };
	struct mg_dump_entry e = { .kind = MG_DUMP_PENDING };
	enum status st;

	if (line.n > MG_DUMP_LINE_MAX) {
		diag_at(why, why->line, (unsigned)MG_DUMP_LINE_MAX + 1,
		        "the line is longer than %zu octets", MG_DUMP_LINE_MAX);
		return ST_LIMIT;
	}
	skip_blanks(&l);
	if (l.rest.n == 0 || l.rest.p[0] == '#')
		return ST_NOTFOUND;
	st = take_entry(&l, &e);
	if (st == ST_OK)
		*out = e;
	return st;
}

/* --- writing --- */

enum status mg_dump_put_head(const char *program, const char *when, struct buf *out)
{
	return buf_printf(out,
	                  "#\n# milter-greylist databases, dumped by %s on %s.\n"
	                  "# DO NOT EDIT while milter-greylist is running, changes will be "
	                  "overwritten.\n#\n\n\n"
	                  "#\n# stored tuples\n#\n"
	                  "# Sender IP\tSender e-mail\tRecipient e-mail\tTime accepted\t"
	                  "Unsuccessful shortest tarpit\n",
	                  program, when);
}

/* Seen with 4.4.1 and 4.6.4: a line with one of these octets in an address is not read back. */
static bool readable(struct view address)
{
	for (size_t i = 0; i < address.n; i++)
		if ((unsigned char)address.p[i] > 126 ||
		    view_find(VIEW(":[]<>"), address.p[i]) != VIEW_NONE)
			return false;
	return true;
}

static enum status put_address(struct view address, struct buf *out)
{
	enum status st = buf_append(out, VIEW("\t<"));

	for (size_t i = 0; i < address.n && st == ST_OK; i++)
		st = address.p[i] > ' ' ? buf_byte(out, address.p[i]) : buf_byte(out, '_');
	return st == ST_OK ? buf_byte(out, '>') : st;
}

static enum status put_time(const struct mg_dump_entry *e, const char *when, struct buf *out)
{
	enum status st = buf_printf(out, "\t%lld", (long long)e->time);

	if (st == ST_OK && e->kind == MG_DUMP_AUTO)
		st = buf_append(out, VIEW(" AUTO"));
	if (st == ST_OK && e->kind == MG_DUMP_TARPIT)
		st = buf_printf(out, "\t%lld TARPIT", (long long)e->tarpit_s);
	if (st == ST_OK && when != NULL)
		st = buf_printf(out, " # %s", when);
	else if (st == ST_OK && e->kind == MG_DUMP_PENDING)
		st = buf_byte(out, ' '); /* as it is there with dump_no_time_translation */
	return st == ST_OK ? buf_byte(out, '\n') : st;
}

enum status mg_dump_put(const struct mg_dump_entry *e, const char *when, struct buf *out)
{
	size_t before = out->n;
	char client[IP_TEXT_MAX];
	enum status st;

	if (e->sender.n + 2 > MG_DUMP_ADDRESS_MAX || e->recipient.n + 2 > MG_DUMP_ADDRESS_MAX)
		return ST_LIMIT;
	if (!readable(e->sender) || !readable(e->recipient))
		return ST_INVALID;
	ip_format(&e->client, client);
	st = buf_append(out, view_of(client));
	if (st == ST_OK)
		st = put_address(e->sender, out);
	if (st == ST_OK)
		st = put_address(e->recipient, out);
	if (st == ST_OK)
		st = put_time(e, when, out);
	if (st != ST_OK)
		out->n = before;
	return st;
}

enum status mg_dump_put_end(const uint64_t counts[MG_DUMP_KINDS], struct buf *out)
{
	unsigned long long pending = counts[MG_DUMP_PENDING], passed = counts[MG_DUMP_AUTO],
			   held = counts[MG_DUMP_TARPIT];

	return buf_printf(out,
	                  "#\n# Summary: %llu records, %llu greylisted, %llu whitelisted, "
	                  "%llu tarpitted\n#\n",
	                  pending + passed + held, pending, passed, held);
}
