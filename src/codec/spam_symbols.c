#include "codec/spam_symbols.h"

#define MORE "..."

static bool in_name(char c)
{
	return ascii_alpha(c) || ascii_digit(c) || c == '_';
}

static struct view skip_blanks(struct view v)
{
	size_t n = 0;

	while (n < v.n && ascii_blank(v.p[n]))
		n++;
	return view_from(v, n);
}

/* The next name, and its comma if one follows. Empty: none. */
static struct view take_name(struct view *rest)
{
	struct view name = skip_blanks(*rest);
	size_t n = 0;

	while (n < name.n && in_name(name.p[n]))
		n++;
	*rest = view_from(name, n);
	return view_first(name, n);
}

static bool take_comma(struct view *rest)
{
	bool comma = rest->n > 0 && rest->p[0] == ',';

	*rest = view_from(*rest, comma ? 1 : 0);
	return comma;
}

static void add(struct spam_symbols *out, struct view name)
{
	if (out->n > 0)
		out->p[out->n++] = ',';
	memcpy(out->p + out->n, name.p, name.n);
	out->n += name.n;
}

static size_t with_comma(const struct spam_symbols *s, size_t n)
{
	return n + (s->n > 0 ? 1 : 0);
}

/* There is always room left for the mark, but for the last name that just fits. */
void spam_symbols_of_list(struct view list, struct spam_symbols *out)
{
	size_t room = SPAM_SYMBOLS_MAX - strlen("," MORE);
	struct view rest = list, name, behind;
	bool more;

	out->n = 0;
	do {
		name = take_name(&rest);
		more = take_comma(&rest);
		if (name.n == 0)
			return;
		behind = rest;
		more = more && take_name(&behind).n > 0;
		if (out->n + with_comma(out, name.n) > (more ? room : SPAM_SYMBOLS_MAX)) {
			add(out, VIEW(MORE));
			return;
		}
		add(out, name);
	} while (more);
}

/* Behind the first "tests=" that begins a word. */
static struct view behind_tests(struct view v)
{
	const struct view word = VIEW("tests=");

	for (size_t i = 0; i < v.n; i++)
		if ((i == 0 || ascii_blank(v.p[i - 1])) && view_starts(view_from(v, i), word))
			return view_from(v, i + word.n);
	return VIEW("");
}

static bool folds(struct view rest)
{
	return rest.n > 0 && (rest.p[0] == ' ' || rest.p[0] == '\t');
}

/* SpamAssassin writes "none" where no test was met. */
void spam_symbols_of_headers(struct view headers, struct spam_symbols *out)
{
	const struct view name = VIEW("X-Spam-Status:");
	struct view rest = headers, line;

	out->n = 0;
	for (struct view at = rest; view_next(&rest, '\n', &line); at = rest) {
		if (!view_eq_nocase(view_first(line, name.n), name))
			continue;
		while (folds(rest))
			(void)view_next(&rest, '\n', &line);
		at = (struct view){ at.p + name.n, (size_t)(line.p + line.n - at.p) - name.n };
		spam_symbols_of_list(behind_tests(at), out);
		if (view_eq(spam_symbols_view(out), VIEW("none")))
			out->n = 0;
		return;
	}
}

bool spam_symbols_valid(struct view text)
{
	struct view name;

	if (text.n == 0)
		return true;
	if (text.n > SPAM_SYMBOLS_MAX)
		return false;
	for (size_t end = 0; text.n > 0; text = view_from(text, end + 1)) {
		end = view_find(text, ',');
		end = end < text.n ? end : text.n;
		name = view_first(text, end);
		if (end + 1 == text.n) /* nothing behind the comma */
			return false;
		if (end == text.n && view_eq(name, VIEW(MORE)))
			return true;
		if (name.n == 0)
			return false;
		for (size_t i = 0; i < name.n; i++)
			if (!in_name(name.p[i]))
				return false;
	}
	return true;
}
