#include "cli/service_text.h"

#include <stdio.h>

/* --- lines of "NAME VALUE", "NAME: VALUE", "NAME=VALUE" --- */

static struct view without_quotes(struct view v)
{
	if (v.n >= 2 && (v.p[0] == '"' || v.p[0] == '\'') && v.p[v.n - 1] == v.p[0])
		return (struct view){ v.p + 1, v.n - 2 };
	return v;
}

/* A value up to its closing quote, or to a comment behind it. */
static struct view bare_value(struct view v)
{
	size_t end;

	if (v.n > 0 && (v.p[0] == '"' || v.p[0] == '\'')) {
		end = view_find(view_from(v, 1), v.p[0]);
		return end != VIEW_NONE ? (struct view){ v.p + 1, end } : v;
	}
	for (end = 0; end + 1 < v.n; end++)
		if (ascii_blank(v.p[end]) && v.p[end + 1] == '#')
			return view_trim(view_first(v, end));
	return v;
}

bool service_value(struct view text, const char *name, struct view *out)
{
	struct view line, key = view_of(name);
	bool found = false;

	while (view_next(&text, '\n', &line)) {
		line = view_trim(line);
		if (view_starts(line, VIEW("export ")))
			line = view_trim(view_from(line, strlen("export ")));
		if (line.n <= key.n || !view_eq_nocase(view_first(line, key.n), key))
			continue;
		line = view_from(line, key.n);
		if (!ascii_blank(line.p[0]) && line.p[0] != '=' && line.p[0] != ':')
			continue;
		line = view_trim(line);
		if (line.n > 0 && (line.p[0] == '=' || line.p[0] == ':'))
			line = view_trim(view_from(line, 1));
		if (line.n > 0 && line.p[line.n - 1] == ';')
			line = view_trim(view_first(line, line.n - 1));
		*out = bare_value(line);
		found = true;
	}
	return found;
}

/* --- shell variables --- */

static bool name_octet(char c)
{
	return ascii_alpha(c) || ascii_digit(c) || c == '_';
}

/* Appends the value of the name, if there is one. */
static enum status append_value(struct view name, struct view variables, struct buf *out)
{
	char text[64];
	struct view value;

	if (name.n == 0 || name.n >= sizeof(text))
		return ST_OK;
	(void)snprintf(text, sizeof(text), "%.*s", VIEW_ARG(name));
	return service_value(variables, text, &value) ? buf_append(out, value) : ST_OK;
}

enum status service_expand(struct view v, struct view variables, struct buf *out)
{
	unsigned names = 0;
	enum status st = ST_OK;

	for (size_t i = 0; i < v.n && st == ST_OK; i++) {
		bool brace = i + 1 < v.n && v.p[i + 1] == '{';
		size_t from = i + (brace ? 2 : 1), end = from;

		if (v.p[i] != '$') {
			st = buf_byte(out, v.p[i]);
			continue;
		}
		while (end < v.n && name_octet(v.p[end]))
			end++;
		if (++names > SERVICE_NAMES_MAX)
			return ST_LIMIT;
		st = append_value(view_first(view_from(v, from), end - from), variables, out);
		i = end - (brace && end < v.n && v.p[end] == '}' ? 0 : 1);
	}
	return st;
}

/* --- command lines --- */

bool service_option(struct view line, char option, struct view *out)
{
	bool next = false;
	struct view word;

	while (view_next(&line, ' ', &word)) {
		word = without_quotes(view_trim(word));
		if (word.n == 0)
			continue;
		if (next) {
			*out = word;
			return true;
		}
		if (word.n < 2 || word.p[0] != '-' || word.p[1] != option)
			continue;
		if (word.n > 2) {
			*out = without_quotes(view_from(word, word.p[2] == '=' ? 3 : 2));
			return true;
		}
		next = true;
	}
	return false;
}

enum status service_assignments(struct view v, struct buf *out)
{
	char quote = '\0';
	enum status st = ST_OK;

	for (size_t i = 0; i < v.n && st == ST_OK; i++) {
		char c = v.p[i];

		if (quote == '\0' && (c == '"' || c == '\''))
			quote = c;
		else if (c == quote && quote != '\0')
			quote = '\0';
		else
			st = buf_byte(out, (char)(quote == '\0' && ascii_blank(c) ? '\n' : c));
	}
	return st;
}

void service_join_lines(struct buf *text)
{
	for (size_t i = 0; i + 1 < text->n; i++)
		if (text->p[i] == '\\' && text->p[i + 1] == '\n')
			text->p[i] = text->p[i + 1] = ' ';
}
