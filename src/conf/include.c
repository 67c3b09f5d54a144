/* include "FILE": another file's statements in this place. */
#include <stdio.h>

#include "conf/parser.h"
#include "conf/statements.h"

#define INCLUDES_MAX 1000u /* of a configuration, however they are nested */
#define DEPTH_MAX    16u
#define PATH_TEXT    4096u

/* A file that is being read, and the one that names it. */
struct including {
	const struct including *outer;
	const char *name;
};

/* A path that begins with no '/' lies beside the file that names it. */
static const char *path_beside(struct parser *p, const char *path)
{
	struct view from = view_of(p->file);
	size_t slash = view_rfind(from, '/');
	size_t room;
	char *text;

	if (path[0] == '/' || slash == VIEW_NONE)
		return path;
	room = slash + 1 + strlen(path) + 1;
	text = arena_alloc(p->arena, room);
	(void)snprintf(text, room, "%.*s/%s", (int)slash, from.p, path);
	return text;
}

static enum status refuse_circle(struct parser *p, const struct token *t, const char *path)
{
	unsigned depth = 0;

	if (p->file != NULL && strcmp(p->file, path) == 0)
		return parser_refuse(p, t, "%s includes itself", path);
	for (const struct including *i = p->including; i != NULL; i = i->outer) {
		if (i->name != NULL && strcmp(i->name, path) == 0)
			return parser_refuse(p, t, "%s includes itself, by way of this file", path);
		depth++;
	}
	if (depth >= DEPTH_MAX)
		return parser_refuse(p, t, "files include each other more than %u deep", DEPTH_MAX);
	if (p->includes == INCLUDES_MAX)
		return parser_refuse(p, t, "more than %u files are included", INCLUDES_MAX);
	p->includes++;
	return ST_OK;
}

static enum status read_text(struct parser *p, const struct token *t, const char *path,
                             struct view text)
{
	const struct including inner = { .outer = p->including, .name = p->file };
	const struct lex outer = p->lex;
	enum status st;

	if (text.n > CONF_TEXT_MAX - p->included_octets)
		return parser_refuse(p, t, "the files that are included have more than %zu octets",
		                     CONF_TEXT_MAX);
	p->included_octets += text.n;
	st = lex_begin(&p->lex, text, p->arena, p->why);
	p->including = &inner;
	p->file = path;
	if (st == ST_OK)
		st = parser_statements(p);
	if (st != ST_OK && p->why->file == NULL)
		p->why->file = path;
	p->including = inner.outer;
	p->file = inner.name;
	p->lex = outer;
	return st;
}

enum status statement_read_include(struct parser *p, const struct token *word)
{
	struct buf text = buf_of(CONF_TEXT_MAX);
	const char *path = NULL;
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);

	(void)word;
	if (st == ST_OK)
		st = parser_string(p, "a file's name", &path);
	if (st != ST_OK)
		return st;
	if (path[0] == '\0' || strlen(path) > PATH_TEXT)
		return parser_refuse(p, &t, "a file's name is expected");
	if (p->source->read_file == NULL)
		return parser_refuse(p, &t, "no files can be read here");
	path = path_beside(p, path);
	st = refuse_circle(p, &t, path);
	if (st != ST_OK)
		return st;
	st = p->source->read_file(p->source->arg, path, &text, p->why);
	if (st == ST_OK) {
		p->why->file = NULL;
		st = read_text(p, &t, path, buf_view(&text));
	}
	st = parser_place(p, &t, st);
	buf_free(&text);
	return st;
}
