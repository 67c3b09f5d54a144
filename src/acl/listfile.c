#include "acl/listfile.h"

#include <stdio.h>

#include "util/arena.h"
#include "util/escape.h"
#include "util/mem.h"
#include "util/regex.h"

/* Entries are numbered by line through all texts, so a text's first number tells all its places. */
struct text {
	const char *file;
	uint32_t first;
};

struct expression {
	struct regex *re;
	uint32_t entry;
};

struct listfile {
	struct arena *names;
	struct text *texts;
	size_t text_count;
	struct expression *expressions;
	size_t expression_count;
	size_t octets;
	uint32_t lines;
};

struct listfile *listfile_new(void)
{
	struct listfile *f = mem_new(struct listfile);

	f->names = arena_new();
	return f;
}

void listfile_free(struct listfile **f)
{
	if (*f == NULL)
		return;
	for (size_t i = 0; i < (*f)->expression_count; i++)
		regex_free(&(*f)->expressions[i].re);
	mem_free((*f)->expressions);
	mem_free((*f)->texts);
	arena_free(&(*f)->names);
	mem_free(*f);
	*f = NULL;
}

enum status listfile_read(struct listfile *f, struct list_reader *r, struct view text)
{
	if (text.n > LISTFILE_OCTETS_MAX - f->octets) {
		r->why->file = r->file;
		diag_set(r->why, "lists of more than %zu octets", LISTFILE_OCTETS_MAX);
		return ST_LIMIT;
	}
	f->octets += text.n;
	f->texts = mem_resize(f->texts, f->text_count + 1, sizeof(*f->texts));
	f->texts[f->text_count++] =
		(struct text){ arena_text(f->names, view_of(r->file)), f->lines };
	r->to = f;
	r->rest = text;
	r->line = 0;
	return ST_OK;
}

void listfile_warn(const struct list_reader *r, const struct list_word *word, const char *fmt, ...)
{
	struct diag d = { .file = r->file };
	char shown[LISTFILE_SHOWN];
	char text[sizeof(d.text)];
	va_list ap;

	if (r->warnings == NULL)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_at(&d, word->line, word->column, "\"%s\" %s",
	        escape_text(word->text, shown, sizeof(shown)), text);
	r->warnings->take(r->warnings->arg, &d);
}

/* Octets of the whole expression that the trimmed line begins with, or 0. A '#' ends it only behind
 * a slash that could be its last, since lists say both "/mail#1/" and "/mail/#1". */
static size_t expression_length(struct view line)
{
	bool escaped = false, closed = false;
	size_t i;

	for (i = 1; i < line.n && !ascii_blank(line.p[i]); i++) {
		char c = line.p[i];

		if (c == '#' && closed && i > 2)
			return i;
		closed = c == '/' && !escaped;
		escaped = c == '\\' && !escaped;
	}
	line = view_trim(view_from(line, i));
	return closed && i > 2 && (line.n == 0 || line.p[0] == '#') ? i : 0;
}

static struct view without_comment(struct view line)
{
	size_t length;

	line = view_trim(line);
	length = line.n > 0 && line.p[0] == '/' ? expression_length(line) : 0;
	if (length > 0)
		return view_first(line, length);
	return view_trim(view_first(line, view_find(line, '#')));
}

static bool is_expression(struct view v)
{
	return v.n > 2 && v.p[0] == '/' && v.p[v.n - 1] == '/';
}

static bool has_blank(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (ascii_blank(v.p[i]))
			return true;
	return false;
}

/* Room grows by doubling, at each power of two. */
static void append(struct listfile *f, struct expression e)
{
	size_t n = f->expression_count;

	if ((n & (n - 1)) == 0)
		f->expressions = mem_resize(f->expressions, n > 0 ? n * 2 : 1, sizeof(e));
	f->expressions[f->expression_count++] = e;
}

static enum status add_expression(struct list_reader *r, const struct list_word *word)
{
	struct view pattern = view_from(view_first(word->text, word->text.n - 1), 1);
	struct expression e = { NULL, word->entry };
	struct diag d = { 0 };
	enum status st;

	r->why->file = r->file;
	if (r->to->expression_count == LISTFILE_REGEX_MAX) {
		diag_at(r->why, word->line, word->column, "more than %d expressions in one list",
		        LISTFILE_REGEX_MAX);
		return ST_LIMIT;
	}
	st = regex_new(pattern, REGEX_CASELESS, &e.re, &d);
	if (st == ST_OK)
		append(r->to, e);
	else
		diag_at(r->why, word->line, word->column + d.column, "%s", d.text);
	return st;
}

static struct list_word take_word(struct list_reader *r, struct view line)
{
	struct list_word word = { without_comment(line), r->to->lines++, ++r->line, 0 };

	word.column = word.text.n > 0 ? (unsigned)(word.text.p - line.p) + 1 : 0;
	return word;
}

enum status listfile_next(struct list_reader *r, struct list_word *out)
{
	struct view line;
	enum status st;

	while (view_next(&r->rest, '\n', &line)) {
		struct list_word word = take_word(r, line);

		if (word.text.n == 0)
			continue;
		if (has_blank(word.text)) {
			listfile_warn(r, &word, "is more than one word, so it is ignored: %s",
			              word.text.p[0] == '/'
			                      ? "write \\s for a blank in an expression"
			                      : "write one entry a line, and remarks behind a #");
		} else if (is_expression(word.text)) {
			st = add_expression(r, &word);
			if (st != ST_OK)
				return st;
		} else if (word.text.n > LISTFILE_WORD_MAX) {
			listfile_warn(r, &word, "goes on for %zu octets, so it is ignored",
			              word.text.n);
		} else {
			*out = word;
			return ST_OK;
		}
	}
	return ST_NOTFOUND;
}

/* Not letters, digits, '-', '_', '.', nor part of a name in UTF-8; VIEW_NONE if there is none. */
static size_t odd_octet(struct view host)
{
	for (size_t i = 0; i < host.n; i++) {
		char c = host.p[i];

		if (!ascii_alpha(c) && !ascii_digit(c) && c != '-' && c != '_' && c != '.' &&
		    (unsigned char)c < 0x80)
			return i;
	}
	return VIEW_NONE;
}

static const char *slash_mistake(struct view text)
{
	if (view_eq(text, VIEW("//")))
		return "matches nothing: write /./ for every name";
	if (view_rfind(text, '/') == 0)
		return "matches nothing: an expression ends in a slash too";
	return "matches nothing: drop what follows its last slash (case never counts in an "
	       "expression)";
}

/* Mistakes with what stands for a host or domain as a whole line. */
static bool check_whole(const struct list_reader *r, const struct list_word *word)
{
	struct view text = word->text;
	char shown[LISTFILE_SHOWN];

	if (text.p[0] == '/')
		listfile_warn(r, word, "%s", slash_mistake(text));
	else if (text.p[0] == '!')
		listfile_warn(r, word,
		              "matches nothing: a list has no exceptions, but an "
		              "expression can have (?!...)");
	else if (text.p[0] == '.' || view_starts(text, VIEW("*.")))
		listfile_warn(r, word,
		              "matches nothing: write %s, which includes all names under it",
		              escape_text(view_from(text, view_find(text, '.') + 1), shown,
		                          sizeof(shown)));
	else if (view_find(text, ':') != VIEW_NONE && view_find(text, '/') != VIEW_NONE)
		listfile_warn(r, word,
		              "matches nothing: a table of Postfix can't be named here, so "
		              "write what stands in it");
	else
		return false;
	return true;
}

bool listfile_check_host(const struct list_reader *r, const struct list_word *word,
                         struct view host)
{
	size_t odd = odd_octet(host);
	char shown[LISTFILE_SHOWN];

	if (host.n == 0)
		return false;
	if (host.n == word->text.n && check_whole(r, word))
		return true;
	if (odd != VIEW_NONE)
		listfile_warn(
			r, word, "matches nothing: no name of a host or domain has \"%s\" in it",
			escape_text(view_first(view_from(host, odd), 1), shown, sizeof(shown)));
	else if (host.p[0] == '.')
		listfile_warn(r, word, "matches nothing: no domain begins with a dot");
	else if (host.p[host.n - 1] == '.')
		listfile_warn(r, word, "matches nothing: write it without the dot at its end");
	else
		return false;
	return true;
}

bool listfile_match(const struct listfile *f, struct view subject, uint32_t *entry)
{
	for (size_t i = 0; i < f->expression_count; i++) {
		if (regex_match(f->expressions[i].re, subject, NULL, 0) == ST_OK) {
			*entry = f->expressions[i].entry;
			return true;
		}
	}
	return false;
}

struct list_place listfile_place(const struct listfile *f, uint32_t entry)
{
	size_t i = f->text_count - 1;

	while (i > 0 && f->texts[i].first > entry)
		i--;
	return (struct list_place){ f->texts[i].file, entry - f->texts[i].first + 1 };
}
