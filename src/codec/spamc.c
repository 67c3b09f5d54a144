#include "codec/spamc.h"

#define SPAMC_HEAD_MAX ((size_t)SPAMC_LINE_MAX * SPAMC_LINES_MAX)
#define CODE_MAX       999u

/* The version of spamd 3.3 and later, which knows all the commands. */
#define VERSION "SPAMC/1.5"

static const struct view commands[] = {
	[SPAMC_CHECK] = VIEW_INIT("CHECK " VERSION "\r\n"),
	[SPAMC_SYMBOLS] = VIEW_INIT("SYMBOLS " VERSION "\r\n"),
	[SPAMC_HEADERS] = VIEW_INIT("HEADERS " VERSION "\r\n"),
};

bool spamc_is_user(struct view user)
{
	for (size_t i = 0; i < user.n; i++)
		if (user.p[i] <= ' ' || user.p[i] > '~')
			return false;
	return user.n > 0 && user.n <= SPAMC_USER_MAX;
}

enum status spamc_put_request(struct buf *out, const struct spamc_request *r)
{
	size_t before = out->n;
	enum status st = r->user.n == 0 || spamc_is_user(r->user) ? ST_OK : ST_INVALID;

	if (st == ST_OK)
		st = buf_append(out, commands[r->command]);
	if (st == ST_OK && r->user.n > 0)
		st = buf_printf(out, "User: %.*s\r\n", VIEW_ARG(r->user));
	if (st == ST_OK)
		st = buf_printf(out, "Content-length: %zu\r\n\r\n", r->length);
	if (st != ST_OK)
		out->n = before;
	return st;
}

void spamc_parser_begin(struct spamc_parser *p, enum spamc_command command, size_t echoed)
{
	*p = (struct spamc_parser){ .most = SPAMC_BODY_MAX, .st = ST_AGAIN };
	if (command == SPAMC_HEADERS)
		p->most += echoed;
	p->in = buf_of(SPAMC_HEAD_MAX + p->most);
	p->length_known = command == SPAMC_CHECK;
}

void spamc_parser_free(struct spamc_parser *p)
{
	buf_free(&p->in);
}

/* "SPAMD/1.1 0 EX_OK": the version may be any, the text behind the code too. */
static enum status take_first_line(struct spamc_parser *p, struct view line)
{
	struct view word, version, code;
	uint64_t n;

	if (!view_next(&line, ' ', &word) || !view_starts(word, VIEW("SPAMD/")))
		return ST_INVALID;
	version = view_from(word, 6);
	if (!view_next(&version, '.', &word) || view_u64(word, CODE_MAX, &n) != ST_OK ||
	    view_u64(version, CODE_MAX, &n) != ST_OK)
		return ST_INVALID;
	line = view_trim(line);
	if (!view_next(&line, ' ', &code) || view_u64(code, CODE_MAX, &n) != ST_OK)
		return ST_INVALID;
	p->reply.code = (uint32_t)n;
	return n != 0 ? ST_OK : ST_AGAIN;
}

/* "-7.49" is -74. */
static enum status take_tenths(struct view v, int64_t *out)
{
	bool minus = v.n > 0 && v.p[0] == '-';
	struct view whole, rest = view_from(v, minus || (v.n > 0 && v.p[0] == '+') ? 1 : 0);
	uint64_t points, ignored;
	int64_t tenths;
	bool point = view_find(rest, '.') != VIEW_NONE;

	if (!view_next(&rest, '.', &whole) || view_u64(whole, SPAMC_SCORE_MAX, &points) != ST_OK)
		return ST_INVALID;
	if (point && (rest.n > 18 || view_u64(rest, UINT64_MAX, &ignored) != ST_OK))
		return ST_INVALID;
	tenths = (int64_t)points * 10 + (point ? rest.p[0] - '0' : 0);
	*out = minus ? -tenths : tenths;
	return ST_OK;
}

/* "True ; 7.5 / 5.0" */
static enum status take_score(struct spamc_parser *p, struct view value)
{
	struct view word, score;
	int64_t score_tenths, threshold_tenths;
	bool spam;

	if (!view_next(&value, ';', &word) || !view_next(&value, '/', &score))
		return ST_INVALID;
	word = view_trim(word);
	spam = view_eq_nocase(word, VIEW("true")) || view_eq_nocase(word, VIEW("yes"));
	if (!spam && !view_eq_nocase(word, VIEW("false")) && !view_eq_nocase(word, VIEW("no")))
		return ST_INVALID;
	if (take_tenths(view_trim(score), &score_tenths) != ST_OK ||
	    take_tenths(view_trim(value), &threshold_tenths) != ST_OK)
		return ST_INVALID;
	if (p->has_score && (p->reply.spam != spam || p->reply.score_tenths != score_tenths ||
	                     p->reply.threshold_tenths != threshold_tenths))
		return ST_INVALID;
	p->has_score = true;
	p->reply.spam = spam;
	p->reply.score_tenths = score_tenths;
	p->reply.threshold_tenths = threshold_tenths;
	return ST_AGAIN;
}

static enum status take_length(struct spamc_parser *p, struct view value)
{
	uint64_t n;
	enum status st = view_u64(value, p->most, &n);

	if (st != ST_OK)
		return st;
	if (p->length_told && p->length != n)
		return ST_INVALID;
	p->length_told = p->length_known = true;
	p->length = (size_t)n;
	return ST_AGAIN;
}

static enum status take_field(struct spamc_parser *p, struct view line)
{
	struct view name, value;
	size_t colon = view_find(line, ':');

	if (colon == VIEW_NONE || colon == 0)
		return ST_INVALID;
	name = view_trim(view_first(line, colon));
	value = view_trim(view_from(line, colon + 1));
	if (view_eq_nocase(name, VIEW("spam")))
		return take_score(p, value);
	if (view_eq_nocase(name, VIEW("content-length")))
		return take_length(p, value);
	return ST_AGAIN;
}

/* The next line of the head. ST_AGAIN: it was taken; ST_NOTFOUND: it is not whole yet. */
static enum status take_line(struct spamc_parser *p)
{
	struct view rest = view_from(buf_view(&p->in), p->line);
	size_t lf = view_find(view_from(rest, p->seen), '\n');
	struct view line;

	if (lf == VIEW_NONE) {
		p->seen = rest.n;
		return rest.n > SPAMC_LINE_MAX ? ST_LIMIT : ST_NOTFOUND;
	}
	line = view_first(rest, p->seen + lf);
	p->line += line.n + 1;
	p->seen = 0;
	if (line.n > SPAMC_LINE_MAX || ++p->lines > SPAMC_LINES_MAX)
		return ST_LIMIT;
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	if (p->lines == 1)
		return take_first_line(p, line);
	if (line.n > 0)
		return take_field(p, line);
	p->head_over = true;
	return p->has_score ? ST_AGAIN : ST_INVALID;
}

static enum status finish(struct spamc_parser *p)
{
	p->reply.body = view_from(buf_view(&p->in), p->line);
	return ST_OK;
}

static enum status run(struct spamc_parser *p)
{
	enum status st = ST_AGAIN;
	size_t body;

	while (st == ST_AGAIN && !p->head_over)
		st = take_line(p);
	if (st != ST_AGAIN)
		return st == ST_NOTFOUND ? ST_AGAIN : st;
	body = p->in.n - p->line;
	if (!p->length_known)
		return body > p->most ? ST_LIMIT : ST_AGAIN;
	if (body > p->length)
		return ST_INVALID;
	return body == p->length ? finish(p) : ST_AGAIN;
}

enum status spamc_take(struct spamc_parser *p, struct view octets)
{
	if (p->st != ST_AGAIN)
		return p->st;
	p->st = buf_append(&p->in, octets);
	if (p->st == ST_OK)
		p->st = run(p);
	return p->st;
}

enum status spamc_close(struct spamc_parser *p)
{
	if (p->st == ST_AGAIN)
		p->st = p->head_over && !p->length_known ? finish(p) : ST_INVALID;
	return p->st;
}
