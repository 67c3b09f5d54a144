#include "acl/table.h"

#include "acl/client_list.h"
#include "acl/recipient_list.h"
#include "acl/rule.h"
#include "util/mem.h"
#include "util/nameset.h"
#include "util/posix_regex.h"
#include "util/regex.h"

enum table_kind {
	TABLE_CLIENT_LIST,
	TABLE_RECIPIENT_LIST,
	TABLE_REGEXP,
	TABLE_PCRE,
	TABLE_CIDR,
	TABLE_HASH
};

/* One line of a regexp, pcre or cidr table, and what it decides. */
struct table_rule {
	enum { RULE_ENTRY, RULE_IF, RULE_ENDIF } what;
	bool negate;
	bool member;
	struct regex *regex;
	struct ip_net net;
	size_t behind; /* RULE_IF: the rule behind its endif */
};

struct table {
	enum table_kind kind;
	struct client_list *clients;
	struct recipient_list *recipients;
	struct nameset *names; /* TABLE_HASH: 1 for a member */
	struct table_rule *rules;
	size_t count;
	size_t room;
};

struct table_reader {
	struct acl *acl;
	struct table *table;
	const char *path;
	struct view text;
	unsigned line;  /* of the logical line that is read */
	unsigned lines; /* physical ones so far */
	struct diag *why;
	size_t open[64]; /* RULE_IFs that wait for their endif */
	size_t depth;
};

static void free_table(void *p)
{
	struct table *t = p;

	for (size_t i = 0; i < t->count; i++)
		regex_free(&t->rules[i].regex);
	mem_free(t->rules);
	client_list_free(&t->clients);
	recipient_list_free(&t->recipients);
	nameset_free(&t->names);
	mem_free(t);
}

static enum status refuse(struct table_reader *r, unsigned column, const char *text)
{
	diag_at(r->why, r->line, column, "%s", text);
	r->why->file = r->path;
	return ST_INVALID;
}

/* DUNNO and WARN let Postfix go on. */
static bool is_member(struct view result)
{
	size_t n = 0;

	result = view_trim(result);
	while (n < result.n && !ascii_blank(result.p[n]))
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

static struct table_rule *add_rule(struct table_reader *r)
{
	struct table *t = r->table;

	if (t->count == t->room) {
		t->room = t->room > 0 ? t->room * 2 : 64;
		t->rules = mem_resize(t->rules, t->room, sizeof(t->rules[0]));
	}
	t->rules[t->count] = (struct table_rule){ .what = RULE_ENTRY };
	return &t->rules[t->count++];
}

/* Postfix's letters behind an expression: each turns its default round. */
static enum status compile(struct table_reader *r, struct view pattern, struct view flags,
                           struct table_rule *rule)
{
	bool icase = true, ext = true, many = false, dotall = true, spaced = false;
	struct buf perl = buf_of(REGEX_PATTERN_MAX);
	enum status st = ST_OK;

	for (size_t i = 0; i < flags.n && st == ST_OK; i++) {
		switch (flags.p[i]) {
		case 'i': icase = !icase; break;
		case 'm': many = !many; break;
		case 's': dotall = !dotall; break;
		case 'x':
			ext = !ext;
			spaced = !spaced;
			break;
		default:
			st = refuse(r, 1, "a letter behind the expression that means nothing");
			break;
		}
	}
	if (st != ST_OK)
		return st;
	r->why->text[0] = '\0';
	if (r->table->kind == TABLE_REGEXP)
		st = posix_regex_convert(
			pattern, (ext ? POSIX_EXTENDED : POSIX_BASIC) | (many ? POSIX_LINES : 0u),
			&perl, r->why);
	else
		st = buf_printf(&perl, "%s%s%s%.*s", dotall ? "(?s)" : "", many ? "(?m)" : "",
		                spaced ? "(?x)" : "", VIEW_ARG(pattern));
	if (st == ST_OK)
		st = regex_new(buf_view(&perl), icase ? REGEX_CASELESS : REGEX_PLAIN, &rule->regex,
		               r->why);
	else if (r->why->text[0] == '\0')
		diag_at(r->why, r->line, 1, "the expression is too long");
	buf_free(&perl);
	if (st != ST_OK) {
		r->why->file = r->path;
		r->why->line = r->line;
	}
	return st;
}

/* "/pattern/flags", with any octet for the slash. *rest moves behind it. */
static enum status take_regex(struct table_reader *r, struct view *rest, struct table_rule *rule)
{
	char slash = (char)(rest->n > 0 ? rest->p[0] : '\0');
	size_t end = 1;
	struct view pattern;

	if (slash == '\0' || ascii_alpha(slash) || ascii_digit(slash))
		return refuse(r, 1, "an expression between slashes is expected");
	while (end < rest->n && rest->p[end] != slash)
		end += rest->p[end] == '\\' ? 2 : 1;
	if (end >= rest->n)
		return refuse(r, 1, "this expression does not end");
	pattern = (struct view){ rest->p + 1, end - 1 };
	*rest = view_from(*rest, end + 1);
	return compile(r, pattern, take_word(rest), rule);
}

static enum status take_net(struct table_reader *r, struct view *rest, struct table_rule *rule)
{
	struct view word = take_word(rest);

	if (word.n > 2 && word.p[0] == '[' && view_find(word, ']') != VIEW_NONE) {
		/* "[2001:db8::]/32": Postfix allows it for the one file main.cf quotes. */
		return refuse(r, 1, "a network has no brackets");
	}
	if (net_parse(word, &rule->net) != ST_OK)
		return refuse(r, 1, "a network is expected: 203.0.113.0/24");
	return ST_OK;
}

static enum status close_if(struct table_reader *r)
{
	if (r->depth == 0)
		return refuse(r, 1, "this endif ends nothing");
	add_rule(r)->what = RULE_ENDIF;
	r->depth--;
	r->table->rules[r->open[r->depth]].behind = r->table->count;
	return ST_OK;
}

static enum status read_ordered(struct table_reader *r, struct view line)
{
	struct view rest = line;
	bool is_if = view_starts(line, VIEW("if")) && line.n > 2 && !ascii_alpha(line.p[2]) &&
	             !ascii_digit(line.p[2]) && line.p[2] != '.';
	struct table_rule *rule;
	enum status st;

	if (view_eq(line, VIEW("endif")))
		return close_if(r);
	if (r->table->count >= TABLE_RULES_MAX)
		return refuse(r, 1, "too many lines");
	if (is_if) {
		if (r->depth == sizeof(r->open) / sizeof(r->open[0]))
			return refuse(r, 1, "if within if, too deep");
		r->open[r->depth++] = r->table->count;
		rest = view_trim(view_from(rest, 2));
	}
	rule = add_rule(r);
	rule->what = is_if ? RULE_IF : RULE_ENTRY;
	if (rest.n > 0 && rest.p[0] == '!') {
		rule->negate = true;
		rest = view_trim(view_from(rest, 1));
	}
	st = r->table->kind == TABLE_CIDR ? take_net(r, &rest, rule) : take_regex(r, &rest, rule);
	rule->member = is_member(rest);
	return st;
}

static enum status read_hash(struct table_reader *r, struct view line)
{
	struct view key = take_word(&line);

	if (nameset_add(r->table->names, key, is_member(line) ? 1 : 0) == ST_OK)
		return ST_OK;
	return refuse(r, 1, "the table is too large");
}

/* Logical lines: a line that begins with a blank goes on with the one before (postmap(1)). */
static bool next_line(struct table_reader *r, struct buf *line)
{
	struct view part;
	bool some = false;

	buf_clear(line);
	while (r->text.n > 0) {
		bool more =
			ascii_blank(r->text.p[0]) && r->text.p[0] != '\n' && r->text.p[0] != '\r';

		if (some && !more && r->text.p[0] != '#')
			break;
		r->lines++;
		(void)view_next(&r->text, '\n', &part);
		if (part.n > 0 && part.p[part.n - 1] == '\r')
			part.n--;
		if (view_trim(part).n == 0 || view_trim(part).p[0] == '#')
			continue;
		if (!some)
			r->line = r->lines;
		some = true;
		if (buf_append(line, part) != ST_OK)
			return false;
	}
	return some;
}

static enum status read_lines(struct table_reader *r)
{
	struct buf line = buf_of(REGEX_PATTERN_MAX * 2);
	enum status st = ST_OK;

	while (st == ST_OK && next_line(r, &line)) {
		struct view v = view_trim(buf_view(&line));

		st = r->table->kind == TABLE_HASH ? read_hash(r, v) : read_ordered(r, v);
	}
	buf_free(&line);
	if (st == ST_OK && r->text.n > 0)
		st = refuse(r, 1, "this line is too long");
	if (st == ST_OK && r->depth > 0)
		st = refuse(r, 1, "an if without its endif");
	return st;
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
	return read_lines(r);
}

/* "regexp:/path" as kind and path. */
static const char *split_type(struct acl *acl, struct view operand, enum table_kind *kind)
{
	static const struct {
		const char *type;
		enum table_kind kind;
	} types[] = {
		{ "regexp:", TABLE_REGEXP }, { "pcre:", TABLE_PCRE },     { "cidr:", TABLE_CIDR },
		{ "hash:", TABLE_HASH },     { "texthash:", TABLE_HASH },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct view type = view_of(types[i].type);

		if (view_starts(operand, type)) {
			*kind = types[i].kind;
			operand = view_from(operand, type.n);
			break;
		}
	}
	return arena_text(acl->arena, operand);
}

/* Nobody misses a list of one's own that was never made (Postgrey 1.37). */
static void warn_missing(struct acl *acl, const char *path, enum status st, const struct diag *why)
{
	const struct view v = view_of(path), local = VIEW(".local");

	if (st != ST_NOTFOUND || v.n <= local.n ||
	    !view_eq(view_from(v, v.n - local.n), local))
		acl_warn(acl, "%s; going on without it", why->text);
}

static enum status build(struct acl *acl, struct acl_clause *c, enum table_kind plain,
                         struct diag *why)
{
	struct buf text = buf_of(LISTFILE_OCTETS_MAX);
	struct table_reader r = { .acl = acl, .why = why };
	enum table_kind kind = plain;
	enum status st = ST_UNAVAILABLE;

	r.path = split_type(acl, c->operand.text, &kind);
	if (acl->read_file != NULL)
		st = acl->read_file(acl->read_arg, r.path, &text, why);
	else
		diag_set(why, "no files can be read here");
	if (c->operand.optional && st != ST_OK && st != ST_LIMIT) {
		warn_missing(acl, r.path, st, why);
		st = ST_OK;
	}
	if (st == ST_OK) {
		r.table = mem_new(struct table);
		r.table->kind = kind;
		acl_own(acl, r.table, free_table);
		r.text = buf_view(&text);
		c->built = r.table;
		st = read_text(&r);
	}
	buf_free(&text);
	return st;
}

enum status table_build_clients(struct acl *acl, struct acl_clause *c, struct diag *why)
{
	return build(acl, c, TABLE_CLIENT_LIST, why);
}

enum status table_build_mails(struct acl *acl, struct acl_clause *c, struct diag *why)
{
	return build(acl, c, TABLE_RECIPIENT_LIST, why);
}

static enum status rule_holds(const struct table_rule *rule, struct view key, const struct ip *ip,
                              bool *holds)
{
	enum status st = ST_OK;

	if (rule->regex != NULL) {
		st = regex_match(rule->regex, key, NULL, 0);
		*holds = st == ST_OK;
		st = st == ST_NOTFOUND ? ST_OK : st;
	} else {
		*holds = ip != NULL && net_has(&rule->net, ip);
	}
	*holds = *holds != rule->negate;
	return st;
}

/* ST_OK and *member for the first entry that holds; ST_NOTFOUND. */
static enum status find_ordered(const struct table *t, struct view key, const struct ip *ip,
                                bool *member)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct table_rule *rule = &t->rules[i];
		bool holds = false;

		if (rule->what == RULE_ENDIF)
			continue;
		if (rule_holds(rule, key, ip, &holds) != ST_OK)
			return ST_LIMIT;
		if (holds && rule->what == RULE_ENTRY) {
			*member = rule->member;
			return ST_OK;
		}
		if (!holds && rule->what == RULE_IF)
			i = rule->behind - 1;
	}
	return ST_NOTFOUND;
}

static bool find_name(const struct table *t, struct view key, uint32_t *value)
{
	return nameset_find(t->names, key, (struct view){ "", 0 }, value);
}

/* The name, then the domains that it lies in. */
static bool find_domain(const struct table *t, struct view name, uint32_t *value)
{
	while (name.n > 0) {
		size_t dot = view_find(name, '.');

		if (find_name(t, name, value))
			return true;
		name = dot != VIEW_NONE ? view_from(name, dot + 1) : view_from(name, name.n);
	}
	return false;
}

/* The address, then with one part less each. */
static bool find_address(const struct table *t, const struct ip *ip, uint32_t *value)
{
	char text[IP_TEXT_MAX];
	struct view key;

	if (ip == NULL || ip->family == IP_NONE)
		return false;
	ip_format(ip, text);
	key = view_of(text);
	for (;;) {
		if (key.n > 0 && find_name(t, key, value))
			return true;
		key.n = view_rfind(key, ip->family == IP_V4 ? '.' : ':');
		if (key.n == VIEW_NONE)
			return false;
	}
}

static enum acl_answer answer_of(enum status st, bool member)
{
	if (st == ST_OK)
		return member ? ACL_YES : ACL_NO;
	return st == ST_NOTFOUND ? ACL_NO : ACL_FAILED;
}

enum acl_answer table_has_client(const struct table *t, struct view name, const struct ip *address)
{
	char text[IP_TEXT_MAX] = "";
	enum status st = ST_NOTFOUND;
	uint32_t value = 0;
	bool member = false;

	if (name.n > 0 && name.p[0] == '[')
		name = VIEW("unknown");
	if (t->kind == TABLE_CLIENT_LIST)
		return client_list_has(t->clients, name, address) ? ACL_YES : ACL_NO;
	if (t->kind == TABLE_HASH) {
		bool found = find_domain(t, name, &value) || find_address(t, address, &value);

		return found && value != 0 ? ACL_YES : ACL_NO;
	}
	if (address != NULL)
		ip_format(address, text);
	if (t->kind != TABLE_CIDR)
		st = find_ordered(t, name, NULL, &member);
	if (st == ST_NOTFOUND && address != NULL)
		st = find_ordered(t, view_of(text), address, &member);
	return answer_of(st, member);
}

/* user@domain, without an extension too; the domain and those it lies in; user@. */
static bool find_mail(const struct table *t, struct view address, uint32_t *value)
{
	size_t at = view_rfind(address, '@');
	struct view local = view_first(address, at);
	struct view base = view_first(local, view_find(local, '+'));
	struct view domain = at != VIEW_NONE ? view_from(address, at) : (struct view){ "", 0 };

	if (find_name(t, address, value) || nameset_find(t->names, base, domain, value))
		return true;
	if (at == VIEW_NONE)
		return false;
	return find_domain(t, view_from(domain, 1), value) ||
	       nameset_find(t->names, local, VIEW("@"), value) ||
	       nameset_find(t->names, base, VIEW("@"), value);
}

enum acl_answer table_has_mail(const struct table *t, struct view address)
{
	uint32_t value = 0;
	bool member = false;

	if (t->kind == TABLE_RECIPIENT_LIST)
		return recipient_list_has(t->recipients, address) ? ACL_YES : ACL_NO;
	if (t->kind == TABLE_HASH)
		return find_mail(t, address, &value) && value != 0 ? ACL_YES : ACL_NO;
	return answer_of(find_ordered(t, address, NULL, &member), member);
}
