#include "conf/milter_manager.h"

#include "conf/milter.h"
#include "util/arena.h"
#include "util/escape.h"

#define SHOWN_MAX ((size_t)200) /* octets of a value in a comment */
#define NAMES_MAX 64u           /* conditions of one milter */

enum value_kind {
	VALUE_NIL,
	VALUE_BOOL,
	VALUE_INTEGER,
	VALUE_FLOAT,
	VALUE_STRING,
	VALUE_NAMES,
	VALUE_OTHER
};

struct value {
	enum value_kind kind;
	struct view raw;  /* as it stands there */
	struct view text; /* VALUE_STRING, decoded */
	int64_t number;   /* VALUE_BOOL, VALUE_INTEGER; VALUE_FLOAT: the whole seconds above it */
	bool broken;      /* VALUE_FLOAT: it was not whole */
};

struct child {
	struct view name;
	struct view spec; /* n == 0: none */
	unsigned line;
	bool enabled, evaluation;
	enum conf_fallback fallback;
	int64_t timeout_s[4];
	struct view names[NAMES_MAX]; /* of its conditions */
	size_t name_count;
	struct buf notes; /* comments */
};

struct reader {
	struct view rest;
	unsigned line;     /* that was taken last, */
	const char *begin; /* where it begins, */
	unsigned column;   /* and what is looked at in it */
	struct arena *arena;
	struct diag *why;
	bool is_default;     /* the comment above the next value says so */
	struct view origin;  /* or where it was set: "FILE:LINE" */
	struct child *child; /* within its block, else NULL */
	bool in_condition;
	unsigned begun; /* line of the block */
	unsigned milters, enabled;
	struct view seen[MILTER_MANAGER_MILTERS_MAX]; /* their names */
	struct buf notes, children;

	struct view socket, socket_group; /* manager.* */
	int64_t socket_mode;              /* -1: not told */
};

static enum status wrong(struct reader *r, const char *text)
{
	diag_at(r->why, r->line, r->column, "%s", text);
	return ST_INVALID;
}

static void look_at(struct reader *r, const char *p)
{
	r->column = (unsigned)(p - r->begin) + 1;
}

/* Moves to the next line; false: there is none. */
static enum status next_line(struct reader *r, struct view *line, bool *more)
{
	*more = view_next(&r->rest, '\n', line);
	if (!*more)
		return ST_OK;
	r->line++;
	r->begin = line->p;
	look_at(r, line->p);
	if (line->n > MILTER_MANAGER_LINE_MAX) {
		diag_at(r->why, r->line, r->column, "a line of more than %zu octets",
		        MILTER_MANAGER_LINE_MAX);
		return ST_LIMIT;
	}
	for (size_t i = 0; i < line->n; i++) {
		look_at(r, line->p + i);
		if (line->p[i] == '\0')
			return wrong(r, "a NUL in the text");
	}
	*line = view_trim(*line);
	look_at(r, line->p);
	return ST_OK;
}

/* --- values --- */

/* Ruby's inspect: escapes of C, and '#' escaped where it would begin an expression. Those by number
 * stand for octets that no name or path of ours may have: they are left as they are. */
static char unescaped(char c)
{
	switch (c) {
	case 'n': return '\n';
	case 't': return '\t';
	case 'r': return '\r';
	case 'e': return '\x1b';
	default: return c;
	}
}

/* Offset of the quote that ends a string, or VIEW_NONE. */
static size_t string_end(struct view v)
{
	for (size_t i = 1; i < v.n; i++) {
		if (v.p[i] == '"')
			return i;
		if (v.p[i] == '\\')
			i++;
	}
	return VIEW_NONE;
}

/* A string that begins here; *end is behind its quote. */
static enum status read_string(struct reader *r, struct view v, struct view *out, size_t *end)
{
	size_t quote = string_end(v);
	char *text;
	size_t n = 0;

	if (quote == VIEW_NONE)
		return wrong(r, "a string has no '\"' at its end: is the text cut off?");
	text = arena_alloc(r->arena, quote);
	for (size_t i = 1; i < quote; i++)
		text[n++] = (char)(v.p[i] == '\\' ? unescaped(v.p[++i]) : v.p[i]);
	*out = (struct view){ text, n };
	*end = quote + 1;
	return ST_OK;
}

/* "297.0": seconds, the next whole one from there on. */
static bool read_number(struct view v, struct value *out)
{
	size_t dot = view_find(v, '.');
	uint64_t n;

	if (view_u64(view_first(v, dot), INT32_MAX, &n) != ST_OK)
		return false;
	out->kind = dot == VIEW_NONE ? VALUE_INTEGER : VALUE_FLOAT;
	out->number = (int64_t)n;
	if (dot == VIEW_NONE)
		return true;
	v = view_from(v, dot + 1);
	for (size_t i = 0; i < v.n; i++) {
		if (!ascii_digit(v.p[i]))
			return false;
		out->broken = out->broken || v.p[i] != '0';
	}
	out->number += out->broken ? 1 : 0;
	return v.n > 0;
}

static enum status read_value(struct reader *r, struct view v, struct value *out)
{
	size_t end = 0;
	enum status st = ST_OK;

	*out = (struct value){ .kind = VALUE_OTHER, .raw = v };
	look_at(r, v.p);
	if (v.n == 0)
		return wrong(r, "a value is missing behind '=': is the text cut off?");
	if (v.p[0] == '"') {
		st = read_string(r, v, &out->text, &end);
		look_at(r, v.p + end);
		if (st == ST_OK && end != v.n)
			return wrong(r, "something stands behind the string");
		out->kind = VALUE_STRING;
	} else if (view_eq(v, VIEW("nil"))) {
		out->kind = VALUE_NIL;
	} else if (view_eq(v, VIEW("true")) || view_eq(v, VIEW("false"))) {
		out->kind = VALUE_BOOL;
		out->number = v.p[0] == 't';
	} else if (!read_number(v, out)) {
		out->kind = VALUE_OTHER;
	}
	return st;
}

/* --- comments --- */

/* It is not to get into a file that others may read. */
static bool is_secret(struct view name)
{
	return view_eq(name, VIEW("database.password"));
}

/* "# not carried over: NAME = VALUE (FILE:LINE): why" */
static enum status note(struct reader *r, struct buf *out, struct view name, const struct value *v,
                        const char *why)
{
	char shown[ESCAPE_ROOM(SHOWN_MAX)], origin[ESCAPE_ROOM(SHOWN_MAX)];
	struct view raw = is_secret(name) ? VIEW("...") : v->raw;
	enum status st;

	escape_text(view_first(raw, SHOWN_MAX), shown, sizeof(shown));
	escape_text(view_first(r->origin, SHOWN_MAX), origin, sizeof(origin));
	st = buf_printf(out, "# Not carried over: %.*s = %s", VIEW_ARG(name), shown);
	if (st == ST_OK && origin[0] != '\0')
		st = buf_printf(out, " (%s)", origin);
	return st == ST_OK ? buf_printf(out, ": %s\n", why) : st;
}

/* What milter-manager has and we have not, or have elsewhere. */
static const struct {
	const char *name;
	const char *why;
} elsewhere[] = {
	{ "package.", "milters are found by 'greylag milters detect'" },
	{ "security.", "see the statement user" },
	{ "log.", "see the statements loglevel and logfac" },
	{ "manager.daemon", "see the statement nodetach" },
	{ "manager.pid_file", "see the statement pidfile" },
	{ "manager.n_workers", "see the statement workers" },
	{ "manager.max_connections", "Greylag has a bound of its own" },
	{ "manager.fallback_status", "each milter has a fallback of its own" },
	{ "manager.connection_check_interval",
	  "Greylag looks itself whether a held client is there" },
	{ "controller.", "see greylag(1) for commands to the daemon" },
	{ "database.", "there are no models of a data base" },
	{ "milter.command", "systemd starts it" },
	{ "milter.user_name", "systemd starts it" },
};

static const char *why_not(struct view name)
{
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
		if (view_starts(name, view_of(elsewhere[i].name)))
			return elsewhere[i].why;
	return "there is no counterpart";
}

/* --- one milter --- */

static bool is_item(struct view name, const char *item)
{
	return view_eq(name, view_of(item));
}

static enum status set_fallback(struct reader *r, struct view name, const struct value *v)
{
	static const char *const words[] = { "accept", "temporary-failure", "reject", "discard" };

	for (unsigned i = 0; i < 4; i++) {
		if (v->kind == VALUE_STRING && view_eq(v->text, view_of(words[i]))) {
			r->child->fallback = (enum conf_fallback)i;
			return ST_OK;
		}
	}
	return note(r, &r->child->notes, name, v, "no such answer is known");
}

static enum status set_timeout(struct reader *r, struct view name, const struct value *v,
                               int64_t *out)
{
	if (v->kind != VALUE_INTEGER && v->kind != VALUE_FLOAT)
		return note(r, &r->child->notes, name, v, "this is no time");
	*out = v->number;
	if (*out < 1 || *out > CONF_CHILD_TIMEOUT_MAX) {
		*out = *out < 1 ? 1 : CONF_CHILD_TIMEOUT_MAX;
		return note(r, &r->child->notes, name, v, "times are from 1s to 3600s");
	}
	return v->broken ? note(r, &r->child->notes, name, v, "times are whole seconds") : ST_OK;
}

static bool valid_spec(struct reader *r, struct view spec)
{
	struct conf_socket s = { .kind = CONF_INET };

	for (size_t i = 0; i < spec.n; i++)
		if (spec.p[i] < ' ' || spec.p[i] > '~' || spec.p[i] == '"' || spec.p[i] == '\\')
			return false;
	return spec.n <= SHOWN_MAX && conf_socket_read(r->arena, spec, &s) == NULL;
}

static enum status set_spec(struct reader *r, struct view name, const struct value *v)
{
	if (v->kind == VALUE_NIL)
		return ST_OK;
	if (v->kind == VALUE_STRING && valid_spec(r, v->text)) {
		r->child->spec = v->text;
		return ST_OK;
	}
	return note(r, &r->child->notes, name, v, "this is no socket");
}

static enum status add_name(struct reader *r, struct view name)
{
	if (r->child->name_count == NAMES_MAX)
		return wrong(r, "more than 64 conditions of one milter");
	r->child->names[r->child->name_count++] = name;
	return ST_OK;
}

static enum status set_flag(struct reader *r, struct view name, const struct value *v, bool *out)
{
	if (v->kind != VALUE_BOOL)
		return note(r, &r->child->notes, name, v, "this is neither true nor false");
	*out = v->number != 0;
	return ST_OK;
}

static enum status set_item(struct reader *r, struct view name, const struct value *v)
{
	static const char *const timeouts[] = { "milter.connection_timeout",
		                                "milter.writing_timeout", "milter.reading_timeout",
		                                "milter.end_of_message_timeout" };

	if (is_item(name, "milter.connection_spec"))
		return set_spec(r, name, v);
	if (is_item(name, "milter.fallback_status"))
		return set_fallback(r, name, v);
	if (is_item(name, "milter.enabled"))
		return set_flag(r, name, v, &r->child->enabled);
	if (is_item(name, "milter.evaluation_mode") || is_item(name, "milter.reputation_mode"))
		return set_flag(r, name, v, &r->child->evaluation);
	for (size_t i = 0; i < 4; i++)
		if (is_item(name, timeouts[i]))
			return set_timeout(r, name, v, &r->child->timeout_s[i]);
	if (is_item(name, "milter.description") || is_item(name, "milter.name") ||
	    v->kind == VALUE_NIL)
		return ST_OK;
	return note(r, &r->child->notes, name, v, why_not(name));
}

/* [ "A", "B", ] on one line or several, with comments between. */
static enum status read_names(struct reader *r, struct view v)
{
	bool more = true;
	enum status st = ST_OK;

	v = view_from(v, 1);
	while (st == ST_OK) {
		struct view name;
		size_t end = 1;

		v = view_trim(v);
		look_at(r, v.p);
		if (v.n == 0 || v.p[0] == '#') {
			st = next_line(r, &v, &more);
			if (st == ST_OK && !more)
				return wrong(r,
				             "a list has no ']' at its end: is the text cut off?");
			continue;
		}
		if (v.p[0] == ']')
			return v.n == 1 ? ST_OK : wrong(r, "something stands behind the list");
		if (v.p[0] == '"') {
			st = read_string(r, v, &name, &end);
			if (st == ST_OK)
				st = add_name(r, name);
		} else if (v.p[0] != ',') {
			return wrong(r, "a list of \"names\" is expected");
		}
		v = view_from(v, end);
	}
	return st;
}

/* --- what is made of it --- */

/* The conditions that milter-manager ships: how ours are used. */
static const struct {
	const char *name;
	const char *macros; /* NULL: it stands behind `when` */
} shipped[] = {
	{ "S25R", NULL },
	{ "Remote Network", NULL },
	{ "Authenticated", NULL },
	{ "Unauthenticated", NULL },
	{ "No Stress", NULL },
	{ "DNSBL Listed", NULL },
	{ "Not DNSBL Listed", NULL },
	{ "Stress Notify", "\tmacro \"{stress}\" \"yes\" when condition \"Stress Notify\"\n" },
	{ "Trust", "\tmacro \"{trusted_domain}\" \"yes\" when condition \"Trust\"\n" },
	{ "Sendmail Compatible",
	  "\tmacro \"{if_addr}\" \"%M{daemon_addr}\" when condition \"Sendmail Compatible\"\n"
	  "\tmacro \"i\" \"dummy-id\" when condition \"Sendmail Compatible\" sm_macro \"no queue "
	  "id\"\n" },
};

#define SHIPPED (sizeof(shipped) / sizeof(shipped[0]))

static bool has_name(const struct view *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (view_eq(names[i], view_of(name)))
			return true;
	return false;
}

enum status milter_manager_conditions(const struct view *names, size_t count, struct buf *out)
{
	const char *sep = "\twhen";
	enum status st = ST_OK;

	for (size_t s = 0; s < SHIPPED && st == ST_OK; s++)
		if (shipped[s].macros == NULL && has_name(names, count, shipped[s].name)) {
			st = buf_printf(out, "%s condition \"%s\"", sep, shipped[s].name);
			sep = "";
		}
	if (st == ST_OK && sep[0] == '\0')
		st = buf_byte(out, '\n');
	for (size_t s = 0; s < SHIPPED && st == ST_OK; s++)
		if (shipped[s].macros != NULL && has_name(names, count, shipped[s].name))
			st = buf_append(out, view_of(shipped[s].macros));
	return st;
}

static bool is_shipped(struct view name)
{
	for (size_t s = 0; s < SHIPPED; s++)
		if (view_eq(name, view_of(shipped[s].name)))
			return true;
	return false;
}

/* Those that somebody wrote, in Ruby. */
static enum status note_conditions(const struct child *c, struct buf *out)
{
	char shown[ESCAPE_ROOM(SHOWN_MAX)];
	enum status st = ST_OK;

	for (size_t i = 0; i < c->name_count && st == ST_OK; i++) {
		if (is_shipped(c->names[i]))
			continue;
		escape_text(view_first(c->names[i], SHOWN_MAX), shown, sizeof(shown));
		st = buf_printf(
			out,
			"# Not carried over: its condition \"%s\", which is a program; until "
			"clauses behind when say the same, it is asked more often\n",
			shown);
	}
	return st;
}

static enum status put_timeouts(const struct child *c, struct buf *out)
{
	static const struct {
		const char *name;
		unsigned ms;
	} rows[] = { { "connect_timeout", CONF_CHILD_CONNECT_MS },
		     { "write_timeout", CONF_CHILD_WRITE_MS },
		     { "read_timeout", CONF_CHILD_READ_MS },
		     { "end_of_message_timeout", CONF_CHILD_END_MS } };
	enum status st = ST_OK;

	for (size_t i = 0; i < 4 && st == ST_OK; i++)
		if (c->timeout_s[i] * 1000 != rows[i].ms)
			st = buf_printf(out, "\t%s %llds\n", rows[i].name,
			                (long long)c->timeout_s[i]);
	return st;
}

static enum status put_block(const struct child *c, struct buf *out)
{
	enum status st = buf_printf(out, "milter \"%.*s\" {\n\tsocket \"%.*s\"\n",
	                            VIEW_ARG(c->name), VIEW_ARG(c->spec));

	if (st == ST_OK)
		st = milter_manager_conditions(c->names, c->name_count, out);
	if (st == ST_OK && c->fallback != FALLBACK_ACCEPT)
		st = buf_printf(out, "\tfallback %s\n", conf_fallback_name(c->fallback));
	if (st == ST_OK && c->evaluation)
		st = buf_append(out, VIEW("\tevaluation yes\n"));
	if (st == ST_OK)
		st = put_timeouts(c, out);
	return st == ST_OK ? buf_append(out, VIEW("}\n")) : st;
}

/* The same text behind '#'. */
static enum status put_as_comment(struct view text, struct buf *out)
{
	struct view line;
	enum status st = ST_OK;

	while (st == ST_OK && view_next(&text, '\n', &line))
		st = buf_printf(out, "#%s%.*s\n", line.n > 0 && line.p[0] == '\t' ? "" : " ",
		                VIEW_ARG(line));
	return st;
}

static enum status put_child(struct reader *r)
{
	struct child *c = r->child;
	bool counts = c->enabled && c->spec.n > 0;
	struct buf block = buf_of(MILTER_MANAGER_TEXT_MAX);
	enum status st = note_conditions(c, &c->notes);

	if (counts && ++r->enabled > CONF_CHILDREN_MAX) {
		diag_at(r->why, c->line, 0, "more than %u milters that are enabled",
		        CONF_CHILDREN_MAX);
		return ST_LIMIT;
	}
	if (st == ST_OK)
		st = buf_byte(&r->children, '\n');
	if (st == ST_OK && !c->enabled)
		st = buf_append(&r->children, VIEW("# It was switched off.\n"));
	if (st == ST_OK && c->spec.n == 0)
		st = buf_append(&r->children, VIEW("# It has no socket.\n"));
	if (st == ST_OK && is_item(c->name, "milter-greylist"))
		st = buf_append(&r->children,
		                VIEW("# Greylag reads greylist.conf itself: its rules can stand "
		                     "below in place of this milter.\n"));
	if (st == ST_OK)
		st = buf_append(&r->children, buf_view(&c->notes));
	if (st == ST_OK)
		st = put_block(c, &block);
	if (st == ST_OK)
		st = counts ? buf_append(&r->children, buf_view(&block))
		            : put_as_comment(buf_view(&block), &r->children);
	buf_free(&block);
	return st;
}

/* --- lines --- */

/* NAME("text") do |...|, as a view of the text. ST_NOTFOUND: the line is something else. */
static enum status read_define(struct reader *r, struct view line, const char *word,
                               struct view *name)
{
	struct view rest = view_from(line, strlen(word));
	size_t end = 0;
	enum status st;

	if (!view_starts(line, view_of(word)) || rest.n < 2 || rest.p[0] != '(' || rest.p[1] != '"')
		return ST_NOTFOUND;
	rest = view_from(rest, 1);
	st = read_string(r, rest, name, &end);
	if (st == ST_OK && !view_starts(view_from(rest, end), VIEW(") do |")))
		st = wrong(r, "') do |...|' is expected behind the name");
	return st;
}

static bool is_plain_name(struct view name)
{
	if (name.n == 0 || name.n > CONF_CHILD_NAME_MAX || name.p[0] == ' ' ||
	    name.p[name.n - 1] == ' ')
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] < ' ' || name.p[i] > '~' || name.p[i] == '"' || name.p[i] == '\\')
			return false;
	return true;
}

static enum status begin_child(struct reader *r, struct view name)
{
	if (!is_plain_name(name))
		return wrong(r,
		             "this name can't be carried over: 1 to 64 letters, digits, marks and "
		             "blanks");
	for (unsigned i = 0; i < r->milters; i++)
		if (view_eq(r->seen[i], name))
			return wrong(r, "this milter was defined above");
	if (r->milters == MILTER_MANAGER_MILTERS_MAX)
		return wrong(r, "more than 256 milters");
	r->seen[r->milters++] = name;
	r->child = arena_one(r->arena, struct child);
	*r->child = (struct child){ .name = name,
		                    .line = r->line,
		                    .enabled = true,
		                    .timeout_s = { 297, 7, 7, 297 },
		                    .notes = buf_of(MILTER_MANAGER_TEXT_MAX) };
	r->begun = r->line;
	return ST_OK;
}

static enum status end_block(struct reader *r)
{
	enum status st = ST_OK;

	if (r->child == NULL && !r->in_condition)
		return wrong(r, "an 'end' without a beginning");
	if (r->child != NULL) {
		st = put_child(r);
		buf_free(&r->child->notes);
		r->child = NULL;
	}
	r->in_condition = false;
	return st;
}

/* milter.add_applicable_condition("NAME"), as people write it. */
static enum status read_addition(struct reader *r, struct view line)
{
	static const char word[] = "milter.add_applicable_condition(";
	struct view name, rest = view_from(line, strlen(word));
	size_t end = 0;
	enum status st;

	if (r->child == NULL || !view_starts(line, view_of(word)) || rest.n == 0 ||
	    rest.p[0] != '"')
		return ST_NOTFOUND;
	st = read_string(r, rest, &name, &end);
	if (st == ST_OK && !view_eq(view_from(rest, end), VIEW(")")))
		st = wrong(r, "')' is expected behind the name");
	return st == ST_OK ? add_name(r, name) : st;
}

static enum status set_global(struct reader *r, struct view name, const struct value *v)
{
	uint64_t mode = 0;

	if (is_item(name, "manager.connection_spec") && v->kind == VALUE_STRING &&
	    valid_spec(r, v->text)) {
		r->socket = v->text;
		return ST_OK;
	}
	if (is_item(name, "manager.unix_socket_mode") && view_u64(v->raw, 777, &mode) == ST_OK &&
	    (mode == 666 || mode == 660 || mode == 600)) {
		r->socket_mode = (int64_t)mode;
		return ST_OK;
	}
	if (is_item(name, "manager.unix_socket_group") && v->kind == VALUE_STRING &&
	    is_plain_name(v->text)) {
		r->socket_group = v->text;
		return ST_OK;
	}
	if (r->is_default || v->kind == VALUE_NIL ||
	    view_starts(name, VIEW("manager.remove_unix_socket")))
		return ST_OK;
	return note(r, &r->notes, name, v, why_not(name));
}

/* GROUP.ITEM */
static bool is_name(struct view v)
{
	size_t dot = view_find(v, '.');

	if (dot == VIEW_NONE || dot == 0 || dot + 1 == v.n || v.n > 100)
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (!ascii_alpha(v.p[i]) && !ascii_digit(v.p[i]) && v.p[i] != '_' && i != dot)
			return false;
	return true;
}

static enum status read_assignment(struct reader *r, struct view line)
{
	size_t mark = view_find(line, '=');
	struct view name = view_trim(view_first(line, mark));
	struct view group = r->child != NULL ? VIEW("milter.") : VIEW("condition.");
	struct value v;
	enum status st;

	if (mark == VIEW_NONE || !is_name(name))
		return ST_NOTFOUND;
	if ((r->child != NULL || r->in_condition) && !view_starts(name, group))
		return wrong(r, "this does not belong into the block, whose 'end' is missing");
	line = view_trim(view_from(line, mark + 1));
	if (is_item(name, "milter.applicable_conditions") && r->child != NULL && line.n > 0 &&
	    line.p[0] == '[')
		return read_names(r, line);
	st = read_value(r, line, &v);
	if (st != ST_OK || r->in_condition)
		return st;
	return r->child != NULL ? set_item(r, name, &v) : set_global(r, name, &v);
}

static void read_comment(struct reader *r, struct view line)
{
	struct view text = view_trim(view_from(line, 1));

	r->is_default = view_eq(text, VIEW("default"));
	r->origin = r->is_default ? (struct view){ "", 0 } : text;
}

static enum status unknown_line(struct reader *r, struct view line)
{
	char shown[ESCAPE_ROOM(40)];

	escape_text(view_first(line, 40), shown, sizeof(shown));
	diag_at(r->why, r->line, r->column,
	        "'%s' is not of what milter-manager --show-config prints: its file is a program, "
	        "so "
	        "let milter-manager read that and give what it prints",
	        shown);
	return ST_INVALID;
}

static enum status read_line(struct reader *r, struct view line)
{
	bool outside = r->child == NULL && !r->in_condition;
	struct view name;
	enum status st;

	if (view_eq(line, VIEW("end")))
		return end_block(r);
	st = read_define(r, line, "define_milter", &name);
	if (st == ST_OK)
		return outside ? begin_child(r, name) : wrong(r, "the block above has no 'end'");
	if (st != ST_NOTFOUND)
		return st;
	st = read_define(r, line, "define_applicable_condition", &name);
	if (st == ST_OK) {
		if (!outside)
			return wrong(r, "the block above has no 'end'");
		r->in_condition = true;
		r->begun = r->line;
		return ST_OK;
	}
	if (st == ST_NOTFOUND)
		st = read_addition(r, line);
	if (st == ST_NOTFOUND)
		st = read_assignment(r, line);
	return st == ST_NOTFOUND ? unknown_line(r, line) : st;
}

static enum status read_lines(struct reader *r)
{
	struct view line;
	bool more = true;
	enum status st = next_line(r, &line, &more);

	while (st == ST_OK && more) {
		if (line.n > 0 && line.p[0] == '#') {
			read_comment(r, line);
		} else if (line.n > 0) {
			st = read_line(r, line);
			r->is_default = false;
			r->origin = (struct view){ "", 0 };
		}
		if (st == ST_OK)
			st = next_line(r, &line, &more);
	}
	if (st != ST_OK || (r->child == NULL && !r->in_condition))
		return st;
	diag_at(r->why, r->begun, 0,
	        "the block that begins here has no 'end': is the text cut off?");
	return ST_INVALID;
}

/* --- the whole --- */

static enum status put_socket(const struct reader *r, struct buf *out)
{
	bool unix_socket = !view_starts(r->socket, VIEW("inet"));
	enum status st;

	if (r->socket.n == 0)
		return buf_append(out, VIEW("socket \"inet:10025@[127.0.0.1]\" # milter-manager's "
		                            "default\n"));
	st = buf_printf(out, "socket \"%.*s\"", VIEW_ARG(r->socket));
	if (st == ST_OK && unix_socket && r->socket_mode >= 0)
		st = buf_printf(out, " %lld", (long long)r->socket_mode);
	if (st == ST_OK && unix_socket && r->socket_group.n > 0)
		st = buf_printf(out, " group \"%.*s\"", VIEW_ARG(r->socket_group));
	return st == ST_OK ? buf_byte(out, '\n') : st;
}

static enum status put_whole(struct reader *r, const char *conditions, struct buf *out)
{
	enum status st =
		buf_append(out, VIEW("# Made of what milter-manager --show-config prints.\n\n"
	                             "# The MTA asks here, as it asked milter-manager.\n"));

	if (st == ST_OK)
		st = put_socket(r, out);
	if (st == ST_OK)
		st = buf_append(out, buf_view(&r->notes));
	if (st == ST_OK)
		st = buf_printf(out, "\ninclude \"%s\"\n", conditions);
	if (st == ST_OK)
		st = buf_append(out, buf_view(&r->children));
	if (st == ST_OK)
		st = buf_append(
			out, VIEW("\n# Greylag's own rules: milter-manager has none, and lets all "
		                  "in.\nracl whitelist default\n"));
	return st;
}

enum status milter_manager_read(struct view text, const char *conditions, struct buf *out,
                                struct diag *why)
{
	struct reader r = { .rest = text,
		            .why = why,
		            .socket_mode = -1,
		            .notes = buf_of(MILTER_MANAGER_TEXT_MAX),
		            .children = buf_of(MILTER_MANAGER_TEXT_MAX) };
	size_t before = out->n;
	enum status st = ST_LIMIT;

	diag_at(why, 0, 0, "more than %zu octets", MILTER_MANAGER_TEXT_MAX);
	r.arena = arena_new();
	if (text.n <= MILTER_MANAGER_TEXT_MAX)
		st = read_lines(&r);
	if (st == ST_OK && r.milters == 0) {
		r.line = 0;
		st = wrong(&r, "no milter is defined in this text");
	}
	if (st == ST_OK)
		st = put_whole(&r, conditions, out);
	if (st != ST_OK)
		out->n = before;
	if (r.child != NULL)
		buf_free(&r.child->notes);
	buf_free(&r.notes);
	buf_free(&r.children);
	arena_free(&r.arena);
	return st;
}
