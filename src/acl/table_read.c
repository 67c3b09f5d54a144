#include "acl/table_parts.h"

#include <stdio.h>

#include "acl/client_list.h"
#include "acl/recipient_list.h"
#include "acl/rule.h"
#include "util/mem.h"
#include "util/nameset.h"
#include "util/netset.h"
#include "util/posix_regex.h"
#include "util/regex.h"

#define IFS_MAX 256 /* within each other */

struct table_reader {
	struct acl *acl;
	struct table *table;
	const char *path;
	struct view text;
	unsigned line;  /* of the logical line that is read */
	unsigned lines; /* physical ones so far */
	struct diag *why;
	size_t open[IFS_MAX]; /* RULE_IFs that wait for their endif */
	size_t depth;
	unsigned skipped;
};

/* Postfix warns of what it can't read and goes on without it; a table that works there must work
 * here. */
static void note(const struct table_reader *r, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void note(const struct table_reader *r, const char *fmt, ...)
{
	struct diag d = { 0 };
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(d.text, sizeof(d.text), fmt, ap);
	va_end(ap);
	acl_warn(r->acl, "%s:%u: %s", r->path, r->line, d.text);
}

#define SKIPPED_SHOWN 20

/* The same for a line that counts for nothing: as many warnings as anybody reads. */
static void skip(struct table_reader *r, const char *text)
{
	if (++r->skipped <= SKIPPED_SHOWN)
		note(r, "%s: the line is skipped", text);
}

/* DUNNO and WARN let Postfix go on. */
static bool is_member(struct view result)
{
	size_t n = 0;

	result = view_trim(result);
	while (n < result.n && !ascii_blank(result.p[n]) && result.p[n] != ',')
		n++;
	result = view_first(result, n);
	return !view_eq_nocase(result, VIEW("dunno")) && !view_eq_nocase(result, VIEW("warn"));
}

static struct view take_word(struct view *rest)
{
	size_t n = 0;
	struct view word;

	while (n < rest->n && !ascii_blank(rest->p[n]))
		n++;
	word = view_first(*rest, n);
	*rest = view_trim(view_from(*rest, n));
	return word;
}

static void add_rule(struct table_reader *r, const struct table_rule *rule)
{
	struct table *t = r->table;

	if (t->count == t->room) {
		t->room = t->room > 0 ? t->room * 2 : 64;
		t->rules = mem_resize(t->rules, t->room, sizeof(t->rules[0]));
	}
	t->rules[t->count++] = *rule;
}

/* regexp_table(5): i and x are on, m is off, and each letter turns its own round. */
static enum status convert_posix(struct view pattern, struct view flags, bool *caseless,
                                 struct buf *perl, struct diag *why)
{
	unsigned posix = POSIX_EXTENDED;

	for (size_t i = 0; i < flags.n; i++) {
		switch (flags.p[i]) {
		case 'i': *caseless = !*caseless; break;
		case 'm': posix ^= POSIX_LINES; break;
		case 'x': posix ^= POSIX_EXTENDED; break;
		default: diag_set(why, "unknown option '%c'", flags.p[i]); return ST_INVALID;
		}
	}
	return posix_regex_convert(pattern, posix, perl, why);
}

static enum status put_perl(struct buf *perl, const char *one, const char *two, struct view pattern,
                            const char *three)
{
	enum status st = buf_printf(perl, "%s%s", one, two);

	if (st == ST_OK)
		st = buf_append(perl, pattern);
	return st == ST_OK ? buf_append(perl, view_of(three)) : st;
}

/* pcre_table(5): i and s are on, the others off. E tells "$" from a final line feed, which no name
 * has; X changes nothing since PCRE2. */
static enum status convert_perl(struct view pattern, struct view flags, bool *caseless,
                                struct buf *perl, struct diag *why)
{
	bool m = false, s = true, x = false, anchored = false, ungreedy = false;
	struct regex *alone = NULL;
	char prefix[32];
	enum status st;

	for (size_t i = 0; i < flags.n; i++) {
		switch (flags.p[i]) {
		case 'i': *caseless = !*caseless; break;
		case 'm': m = !m; break;
		case 's': s = !s; break;
		case 'x': x = !x; break;
		case 'A': anchored = !anchored; break;
		case 'U': ungreedy = !ungreedy; break;
		case 'E':
		case 'X': break;
		default: diag_set(why, "unknown option '%c'", flags.p[i]); return ST_INVALID;
		}
	}
	(void)snprintf(prefix, sizeof(prefix), "%s%s%s%s", m ? "(?m)" : "", s ? "(?s)" : "",
	               x ? "(?x)" : "", ungreedy ? "(?U)" : "");
	st = put_perl(perl, prefix, "", pattern, "");
	if (st != ST_OK || !anchored)
		return st;
	/* Within parentheses of ours it must be whole by itself. */
	st = regex_new(buf_view(perl), REGEX_PLAIN, &alone, why);
	regex_free(&alone);
	buf_clear(perl);
	/* The line feed ends a comment of x. */
	return st == ST_OK ? put_perl(perl, prefix, "\\A(?:", pattern, x ? "\n)" : ")") : st;
}

static enum status compile(const struct table_reader *r, struct view pattern, struct view flags,
                           struct regex **out, struct diag *why)
{
	struct buf perl = buf_of(REGEX_PATTERN_MAX);
	bool caseless = true;
	enum status st;

	if (r->table->kind == TABLE_REGEXP)
		st = convert_posix(pattern, flags, &caseless, &perl, why);
	else
		st = convert_perl(pattern, flags, &caseless, &perl, why);
	if (st == ST_OK)
		st = regex_new(buf_view(&perl), caseless ? REGEX_CASELESS : REGEX_PLAIN, out, why);
	else if (why->text[0] == '\0')
		diag_set(why, "the expression is too long");
	buf_free(&perl);
	return st;
}

/* "/pattern/flags", with any octet for the slash. *rest moves behind it. */
static enum status take_regex(struct table_reader *r, struct view *rest, struct table_rule *rule)
{
	char slash = (char)(rest->n > 0 ? rest->p[0] : '\0');
	struct diag why = { 0 };
	struct view pattern;
	size_t end = 1;

	if (slash == '\0' || ascii_alpha(slash) || ascii_digit(slash)) {
		skip(r, "an expression between slashes is expected");
		return ST_INVALID;
	}
	while (end < rest->n && rest->p[end] != slash)
		end += rest->p[end] == '\\' ? 2 : 1;
	if (end >= rest->n) {
		skip(r, "this expression does not end");
		return ST_INVALID;
	}
	pattern = (struct view){ rest->p + 1, end - 1 };
	*rest = view_from(*rest, end + 1);
	if (compile(r, pattern, take_word(rest), &rule->regex, &why) == ST_OK)
		return ST_OK;
	skip(r, why.text);
	return ST_INVALID;
}

/* ADDRESS or ADDRESS/BITS, perhaps with brackets around the address or all; no host bits. */
static const char *read_net(struct view word, struct ip_net *out)
{
	struct ip ip;
	uint64_t bits;
	size_t slash;

	if (word.n > 2 && word.p[0] == '[' && word.p[word.n - 1] == ']')
		word = (struct view){ word.p + 1, word.n - 2 };
	slash = view_find(word, '/');
	if (word.n > 2 && word.p[0] == '[' && slash != VIEW_NONE && word.p[slash - 1] == ']') {
		if (ip_parse((struct view){ word.p + 1, slash - 2 }, &ip) != ST_OK)
			return "a network is expected, as 203.0.113.0/24";
	} else if (ip_parse(view_first(word, slash), &ip) != ST_OK) {
		return "a network is expected, as 203.0.113.0/24";
	}
	bits = ip_width(&ip);
	if (slash != VIEW_NONE && view_u64(view_from(word, slash + 1), bits, &bits) != ST_OK)
		return "a broken number of bits";
	*out = ip_mask(&ip, (unsigned)bits);
	return ip_compare(&out->base, &ip) == 0 ? NULL
	                                        : "the address goes on behind the network's bits";
}

static enum status take_net(struct table_reader *r, struct view *rest, struct table_rule *rule)
{
	const char *wrong = read_net(take_word(rest), &rule->net);

	if (wrong == NULL)
		return ST_OK;
	skip(r, wrong);
	return ST_INVALID;
}

static void close_if(struct table_reader *r, struct view rest)
{
	const struct table_rule endif = { .what = RULE_ENDIF };

	if (rest.n > 0 && r->table->kind == TABLE_CIDR) {
		skip(r, "something stands behind endif");
		return;
	}
	if (rest.n > 0)
		note(r, "what stands behind endif is ignored");
	if (r->depth == 0) {
		skip(r, "this endif ends nothing");
		return;
	}
	add_rule(r, &endif);
	r->depth--;
	r->table->rules[r->open[r->depth]].behind = r->table->count;
}

/* $1, ${1}, $(1) and $$ in a result: Postfix drops a line whose number has no group. */
static bool good_result(struct table_reader *r, struct view result, const struct table_rule *rule)
{
	for (size_t i = 0; rule->regex != NULL && i + 1 < result.n; i++) {
		size_t from = i + 1;
		uint64_t group = 0;

		if (result.p[i] != '$')
			continue;
		i++;
		if (result.p[i] == '$')
			continue;
		from += result.p[i] == '{' || result.p[i] == '(' ? 1 : 0;
		for (i = from; i < result.n && ascii_digit(result.p[i]) && group < 1000; i++)
			group = group * 10 + (uint64_t)(result.p[i] - '0');
		if (i == from || group == 0 || group > regex_groups(rule->regex) || rule->negate) {
			skip(r, "the result names a group that the expression has not");
			return false;
		}
	}
	return true;
}

/* What a whole line makes of the rule; false: the line is skipped. */
static bool take_result(struct table_reader *r, struct view rest, struct table_rule *rule)
{
	if (rule->what == RULE_IF) {
		if (rest.n > 0)
			note(r, "what stands behind the condition is ignored");
		return true;
	}
	if (rest.n == 0 && r->table->kind == TABLE_CIDR) {
		skip(r, "a result is expected behind the network, as OK");
		return false;
	}
	if (rest.n == 0)
		note(r, "there is no result behind the expression, as OK");
	rule->member = is_member(rest);
	return good_result(r, rest, rule);
}

static bool begins_word(struct view line, const char *word)
{
	size_t n = strlen(word);

	return view_eq_nocase(view_first(line, n), view_of(word)) &&
	       (line.n == n || (!ascii_alpha(line.p[n]) && !ascii_digit(line.p[n])));
}

static size_t rules_max(const struct table_reader *r)
{
	return r->table->kind == TABLE_CIDR ? TABLE_NETS_MAX : TABLE_RULES_MAX;
}

static enum status read_ordered(struct table_reader *r, struct view line)
{
	bool is_if = begins_word(line, "if");
	struct table_rule rule = { .what = is_if ? RULE_IF : RULE_ENTRY };
	struct view rest = is_if ? view_trim(view_from(line, 2)) : line;
	enum status st;

	if (begins_word(line, "endif")) {
		close_if(r, view_trim(view_from(line, strlen("endif"))));
		return ST_OK;
	}
	if (r->table->count >= rules_max(r)) {
		diag_at(r->why, r->line, 1, "more than %zu lines", rules_max(r));
		r->why->file = r->path;
		return ST_LIMIT;
	}
	if (is_if && r->depth == IFS_MAX) {
		skip(r, "too many ifs within each other");
		return ST_OK;
	}
	for (; rest.n > 0 && rest.p[0] == '!'; rest = view_trim(view_from(rest, 1)))
		rule.negate = !rule.negate;
	st = r->table->kind == TABLE_CIDR ? take_net(r, &rest, &rule) : take_regex(r, &rest, &rule);
	if (st != ST_OK || !take_result(r, rest, &rule)) {
		regex_free(&rule.regex);
		return ST_OK;
	}
	if (is_if)
		r->open[r->depth++] = r->table->count;
	add_rule(r, &rule);
	return ST_OK;
}

static enum status read_hash(struct table_reader *r, struct view line)
{
	struct view key = take_word(&line);

	if (line.n == 0) {
		skip(r, "a result is expected behind the key, as OK");
		return ST_OK;
	}
	if (nameset_add(r->table->names, key, is_member(line) ? 1 : 0) == ST_OK)
		return ST_OK;
	diag_at(r->why, r->line, 1, "the table is too large");
	r->why->file = r->path;
	return ST_LIMIT;
}

/* The next logical line: one that begins with a blank goes on with the one before, empty lines and
 * comments between them or not (postmap(1); Postfix's readlline()). *whole: all of it is in `line`.
 */
static bool next_line(struct table_reader *r, struct buf *line, bool *whole)
{
	struct view part;
	bool some = false;

	buf_clear(line);
	*whole = true;
	while (r->text.n > 0) {
		if (some && r->text.p[0] != '#' && !ascii_blank(r->text.p[0]))
			break;
		r->lines++;
		(void)view_next(&r->text, '\n', &part);
		if (view_trim(part).n == 0 || view_trim(part).p[0] == '#')
			continue;
		if (!some)
			r->line = r->lines;
		some = true;
		if (*whole && buf_append(line, part) != ST_OK)
			*whole = false;
	}
	return some;
}

static enum status read_lines(struct table_reader *r)
{
	struct buf line = buf_of(REGEX_PATTERN_MAX * 2);
	enum status st = ST_OK;
	bool whole;

	while (st == ST_OK && next_line(r, &line, &whole)) {
		struct view v = view_trim(buf_view(&line));

		if (!whole)
			skip(r, "this line is too long");
		else if (ascii_blank(line.p[0]))
			skip(r, "the first line begins with a blank");
		else
			st = r->table->kind == TABLE_HASH ? read_hash(r, v) : read_ordered(r, v);
	}
	buf_free(&line);
	if (st == ST_OK && r->depth > 0)
		note(r, "an if has no endif");
	if (r->skipped > SKIPPED_SHOWN)
		acl_warn(r->acl, "%s: %u more lines are skipped", r->path,
		         r->skipped - SKIPPED_SHOWN);
	return st;
}

/* Plain networks with one kind of result, as most tables are: their order does not matter. */
static void seal_nets(struct table *t)
{
	struct netset_builder *b;

	for (size_t i = 0; i < t->count; i++)
		if (t->rules[i].what != RULE_ENTRY || t->rules[i].negate || !t->rules[i].member)
			return;
	b = netset_builder_new();
	for (size_t i = 0; i < t->count; i++)
		(void)(netset_builder_add(b, &t->rules[i].net, 0) == ST_OK); /* below NETSET_MAX */
	t->nets = netset_builder_finish(&b);
	mem_free(t->rules);
	t->rules = NULL;
	t->count = t->room = 0;
}

static void pass_warning(void *arg, const struct diag *warning)
{
	char text[sizeof(warning->text) + 64];

	diag_format(warning, text, sizeof(text));
	acl_warn(arg, "%s", text);
}

static enum status read_text(struct table_reader *r)
{
	const struct list_warnings warnings = { pass_warning, r->acl };
	struct table *t = r->table;
	enum status st;

	if (t->kind == TABLE_CLIENT_LIST) {
		t->clients = client_list_new();
		st = client_list_add(t->clients, r->text, r->path, &warnings, r->why);
		if (st == ST_OK)
			client_list_seal(t->clients);
		return st;
	}
	if (t->kind == TABLE_RECIPIENT_LIST) {
		t->recipients = recipient_list_new();
		return recipient_list_add(t->recipients, r->text, r->path, &warnings, r->why);
	}
	if (t->kind == TABLE_HASH)
		t->names = nameset_new();
	st = read_lines(r);
	if (st == ST_OK && t->kind == TABLE_CIDR)
		seal_nets(t);
	return st;
}

enum status table_read(struct table *t, struct acl *acl, const char *path, struct view text,
                       struct diag *why)
{
	struct table_reader r = { .acl = acl, .table = t, .path = path, .text = text, .why = why };

	return read_text(&r);
}
