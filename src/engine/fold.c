#include "engine/fold.h"

static bool word_octet(char c)
{
	return ascii_alpha(c) || ascii_digit(c) || c == '_';
}

/* A BATV tag begins with ten octets of 0-9a-z. */
static bool like_tag(struct view part)
{
	if (part.n < 10)
		return false;
	for (size_t i = 0; i < 10; i++)
		if (!ascii_digit(part.p[i]) && !(part.p[i] >= 'a' && part.p[i] <= 'z'))
			return false;
	return true;
}

/* prvs=A=B: the part that isn't the tag. Empty parts at the end don't count (Perl's split). */
static struct view without_batv(struct view local)
{
	struct view rest = local, a, b;
	size_t at;

	if (!view_starts(local, VIEW("prvs=")))
		return local;
	while (rest.n > 0 && rest.p[rest.n - 1] == '=')
		rest.n--;
	rest = view_from(rest, 5);
	at = view_find(rest, '=');
	if (at == VIEW_NONE)
		return local;
	a = view_first(rest, at);
	b = view_from(rest, at + 1);
	if (view_find(b, '=') != VIEW_NONE)
		return local;
	return like_tag(b) && !like_tag(a) ? a : b;
}

/* Skips "FIELD=" once. */
static bool skip_field(struct view *v)
{
	size_t at = view_find(*v, '=');

	if (at == VIEW_NONE)
		return false;
	*v = view_from(*v, at + 1);
	return true;
}

/* SRS0=HHH=TT=DOMAIN=LOCAL and SRS1=HHH=FORWARDER==HHH=TT=DOMAIN=LOCAL (the Sender Rewriting
 * Scheme, M. Wong 2003): writes the scheme and what doesn't change from day to day. False: not SRS.
 */
static bool fold_srs(struct view local, struct buf *out, enum status *st)
{
	struct view scheme = view_first(local, 4), rest = view_from(local, 5),
		    forwarder = { "", 0 };

	if (local.n < 6 || view_find(VIEW("=+-"), local.p[4]) == VIEW_NONE || !skip_field(&rest))
		return false;
	if (view_eq_nocase(scheme, VIEW("SRS1"))) {
		size_t at = view_find(rest, '=');

		if (at == VIEW_NONE)
			return false;
		forwarder = view_first(rest, at);
		rest = view_from(rest, at + 2);
		if (!skip_field(&rest))
			return false;
	} else if (!view_eq_nocase(scheme, VIEW("SRS0"))) {
		return false;
	}
	if (!skip_field(&rest) || view_find(rest, '=') == VIEW_NONE)
		return false;
	*st = buf_printf(out, "%.*s=%.*s=%.*s", VIEW_ARG(scheme), VIEW_ARG(forwarder),
	                 VIEW_ARG(rest));
	return true;
}

static enum status fold_digits(struct view local, struct buf *out)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < local.n && st == ST_OK;) {
		size_t end = i;

		while (end < local.n && ascii_digit(local.p[end]))
			end++;
		if (end > i && (i == 0 || !word_octet(local.p[i - 1])) &&
		    (end == local.n || !word_octet(local.p[end]))) {
			st = buf_byte(out, '#');
			i = end;
		} else {
			end = end > i ? end : i + 1;
			st = buf_append(out, (struct view){ local.p + i, end - i });
			i = end;
		}
	}
	return st;
}

enum status fold_sender(struct view sender, enum fold_options options, struct buf *out)
{
	size_t at = view_find(sender, '@');
	struct view local = view_first(sender, at);
	enum status st = ST_OK;

	if (at == VIEW_NONE)
		return buf_append(out, sender);
	if ((options & FOLD_SRS) == 0 || !fold_srs(local, out, &st)) {
		local = without_batv(local);
		if ((options & FOLD_EQUALS) != 0 && view_rfind(local, '=') != VIEW_NONE)
			local = view_from(local, view_rfind(local, '=') + 1);
		local = view_first(local, view_find(local, '+'));
		st = fold_digits(local, out);
	}
	return st == ST_OK ? buf_append(out, view_from(sender, at)) : st;
}
