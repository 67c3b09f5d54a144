/* The rules' own speed: evaluations a second of rule files, look-ups in long lists, and what
 * loading those takes, beside bounds in the same run. README.md has the rows.
 *
 *   rules [-r ROUNDS] [-m MILLISECONDS] [-n NAMES.tsv]
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "engine/s25r.h"
#include "long_list.h"
#include "tuple.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/regex.h"

#define RULES      1000
#define LIST_ITEMS 10 /* of each list that a rule names */
#define NAMES_MAX  1024
#define TEXT_MAX   ((size_t)1 << 20)

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* --- a question and its answer, without any rules -------------------------------------------- */

struct echo {
	int ends[2];
	char request[TUPLE_REQUEST_MAX];
	size_t n;
};

static void echo_open(struct echo *e)
{
	struct sockaddr_in here = { .sin_family = AF_INET,
		                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(here);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct tuple t;

	e->ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || e->ends[0] < 0 ||
	    bind(listener, (struct sockaddr *)&here, sizeof(here)) != 0 ||
	    listen(listener, 1) != 0 ||
	    getsockname(listener, (struct sockaddr *)&here, &size) != 0 ||
	    connect(e->ends[0], (struct sockaddr *)&here, sizeof(here)) != 0 ||
	    (e->ends[1] = accept(listener, NULL, NULL)) < 0)
		die("loopback", "no connection");
	(void)close(listener);
	tuple_make(&t, TUPLE_NEW, 1);
	e->n = tuple_request(&t, 1, 0, e->request);
}

/* Both sides in one thread: nobody waits, nobody is woken. */
static uint64_t echo_work(void *arg, size_t i)
{
	static const char answer[] = "action=DUNNO\n\n";
	struct echo *e = arg;
	char in[TUPLE_REQUEST_MAX];

	(void)i;
	if (write(e->ends[0], e->request, e->n) != (ssize_t)e->n ||
	    recv(e->ends[1], in, e->n, MSG_WAITALL) != (ssize_t)e->n ||
	    memcmp(in + e->n - 2, "\n\n", 2) != 0 ||
	    write(e->ends[1], answer, sizeof(answer) - 1) != sizeof(answer) - 1 ||
	    recv(e->ends[0], in, sizeof(answer) - 1, MSG_WAITALL) != sizeof(answer) - 1)
		die("loopback", "an answer is lost");
	return e->n;
}

/* --- a thousand rules ------------------------------------------------------------------------ */

enum rule_kind { RULE_DOMAIN, RULE_REGEX, RULE_ADDR, RULE_FROM, RULE_RCPT, RULE_LIST, RULE_KINDS };

static void write_rule(struct buf *b, enum rule_kind kind, unsigned i)
{
	enum status st = ST_OK;

	switch (kind) {
	case RULE_DOMAIN: st = buf_printf(b, "racl greylist domain pool%u.example\n", i); break;
	case RULE_REGEX:
		st = buf_printf(b, "racl greylist domain /^[^.]*[0-9]\\.pool%u\\./\n", i);
		break;
	case RULE_ADDR:
		st = buf_printf(b, "racl greylist addr 10.%u.%u.0/24\n", i / 250, i % 250);
		break;
	case RULE_FROM: st = buf_printf(b, "racl greylist from user%u@away.example\n", i); break;
	case RULE_RCPT: st = buf_printf(b, "racl greylist rcpt user%u@here.example\n", i); break;
	case RULE_LIST:
	case RULE_KINDS: st = buf_printf(b, "racl greylist list \"l%u\"\n", i); break;
	}
	must(st, "a rule");
}

static void write_small_list(struct buf *b, unsigned i)
{
	must(buf_printf(b, "list \"l%u\" domain {", i), "a list");
	for (unsigned k = 0; k < LIST_ITEMS; k++)
		must(buf_printf(b, " pool%u.net%u.example", k, i), "a list");
	must(buf_append(b, VIEW(" }\n")), "a list");
}

/* RULE_KINDS: one of each in turn. The last rule is the first that matches. */
static struct asked *thousand(enum rule_kind kind)
{
	struct buf b = buf_of(TEXT_MAX);
	struct asked *a;

	for (unsigned i = 0; i < RULES; i++) {
		enum rule_kind this = kind == RULE_KINDS ? i % RULE_KINDS : kind;

		if (this == RULE_LIST)
			write_small_list(&b, i);
		if (i + 1 < RULES)
			write_rule(&b, this, i);
	}
	must(buf_append(&b, VIEW("racl whitelist domain last.example msg \"last\"\n")), "a rule");
	a = ask_about(ask_parse(buf_view(&b), NULL), NULL, NULL, 1);
	ask_expect(a, 0, "last", "a thousand rules");
	buf_free(&b);
	return a;
}

/* One memcmp a rule, with a text of the length of what is compared. */
struct texts {
	char of[RULES][32];
};

static struct texts *texts_new(void)
{
	struct texts *t = mem_new(struct texts);

	for (unsigned i = 0; i < RULES; i++)
		(void)snprintf(t->of[i], sizeof(t->of[i]), "mx.pool%u.example", i);
	return t;
}

static uint64_t compare_work(void *arg, size_t i)
{
	const struct texts *t = arg;
	struct view name = VIEW("mx.last.example");
	uint64_t equal = 0;

	(void)i;
	for (size_t k = 0; k < RULES; k++) {
		__asm__ volatile("" ::: "memory"); /* each one anew */
		equal += memcmp(t->of[k], name.p, name.n) == 0;
	}
	return equal;
}

/* The expressions of the rules, without the rules: up to the first that matches. */
static uint64_t expressions_work(void *arg, size_t i)
{
	struct asked *a = arg;
	struct view name =
		a->names != NULL ? a->names[i % a->count] : a->facts.of[FACT_CLIENT_NAME].text;
	uint64_t n = 0;

	for (const struct acl_rule *r = a->acl->rules[ACL_RCPT]; r != NULL; r = r->next, n++)
		if (r->clauses != NULL && r->clauses->operand.kind == OPERAND_REGEX &&
		    regex_match(r->clauses->operand.regex, name, NULL, 0) == ST_OK)
			break;
	return n;
}

/* --- S25R ------------------------------------------------------------------------------------ */

struct names {
	struct view of[NAMES_MAX];
	struct view first[NAMES_MAX]; /* the lowest rule that matches, or "-" */
	size_t count;
};

static struct names *names_read(const char *path)
{
	struct names *n = mem_new(struct names);
	struct buf b = buf_of(TEXT_MAX);
	struct view rest, line, field = { NULL, 0 };
	struct diag why;

	if (file_read(path, &b, &why) != ST_OK)
		die("names", why.text);
	rest = buf_view(&b);
	(void)view_next(&rest, '\n', &line); /* the heads of the columns */
	while (n->count < NAMES_MAX && view_next(&rest, '\n', &line)) {
		(void)view_next(&line, '\t', &n->of[n->count]);
		for (unsigned column = 1; column <= 6; column++)
			(void)view_next(&line, '\t', &field);
		n->first[n->count++] = field;
	}
	if (n->count == 0)
		die(path, "no names");
	return n;
}

/* The rule set of milter-greylist's users, and the clause that says the same. */
#define SEVEN                                                                                      \
	"extendedregex\n"                                                                          \
	"racl greylist domain /^\\[.+\\]$/ msg \"0\"\n"                                            \
	"racl greylist domain /^[^.]*[0-9][^0-9.]+[0-9].*\\./ msg \"1\"\n"                         \
	"racl greylist domain /^[^.]*[0-9][0-9][0-9][0-9][0-9]/ msg \"2\"\n"                       \
	"racl greylist domain /^([^.]+\\.)?[0-9][^.]*\\.[^.]+\\..+\\.[a-z]/ msg \"3\"\n"           \
	"racl greylist domain /^[^.]*[0-9]\\.[^.]*[0-9]-[0-9]/ msg \"4\"\n"                        \
	"racl greylist domain /^[^.]*[0-9]\\.[^.]*[0-9]\\.[^.]+\\..+\\./ msg \"5\"\n"              \
	"racl greylist domain /^(dhcp|dialup|ppp|[achrsvx]?dsl)[^.]*[0-9]/ msg \"6\"\n"            \
	"racl whitelist default msg \"-\"\n"

#define CLAUSE "racl greylist s25r msg \"s25r\"\nracl whitelist default msg \"-\"\n"

/* Of a client without a name, "unknown" in policy questions, the expressions see its address in
 * brackets too. */
static void expect_seven(struct asked *a, const struct names *n)
{
	for (size_t i = 0; i < n->count; i++) {
		char want[2] = { n->first[i].p[0], '\0' };

		ask_expect(a, i, want, "seven expressions");
	}
}

static void expect_clause(struct asked *a, const struct names *n)
{
	for (size_t i = 0; i < n->count; i++)
		ask_expect(a, i, view_eq(n->first[i], VIEW("-")) ? "-" : "s25r", "the clause s25r");
}

static uint64_t pass_work(void *arg, size_t i)
{
	const struct names *n = arg;
	struct view name = n->of[i % n->count];
	uint64_t dots = 0;

	for (size_t k = 0; k < name.n; k++)
		dots += name.p[k] == '.';
	return dots;
}

static uint64_t s25r_work(void *arg, size_t i)
{
	const struct names *n = arg;

	return s25r_match(n->of[i % n->count]);
}

/* --- what is printed ------------------------------------------------------------------------- */

struct table {
	const char *title;
	struct measure_row rows[12];
	size_t count;
};

/* Beside the bound: the rounds' own ratios, and the best rounds of both. */
static void print_ratios(const double *values, const double *to, unsigned rounds)
{
	if (to == NULL)
		(void)printf("%9s%9s", "-", "-");
	else
		(void)printf("%9.2f%9.2f", measure_ratio(values, to, rounds),
		             measure_least(values, rounds) / measure_least(to, rounds));
}

static void print_loads(const struct load_row *rows, size_t count, unsigned rounds)
{
	(void)printf("\n%-40s%9s%9s%9s%9s%10s%8s%8s\n%-40s%9s%9s%9s%9s%10s%8s%8s\n", "Loading",
	             "ms", "ms", "times", "least to", "octets of", "memory", "of the", "", "least",
	             "median", "bound", "least", "text", "an item", "text");
	for (size_t i = 0; i < count; i++) {
		const struct load_row *r = &rows[i];
		double items = (double)r->list->items;
		double text = (double)r->list->text.n;

		(void)printf("%-40s%9.1f%9.1f", r->title, measure_least(r->ms, rounds),
		             measure_median(r->ms, rounds));
		print_ratios(r->ms, r->bound < 0 ? NULL : rows[r->bound].ms, rounds);
		(void)printf("%10.1f%8.1f%8.2f\n", text / items, (double)r->octets / items,
		             (double)r->octets / text);
	}
}

static void print_table(const struct table *t, const struct measure_row *echo, unsigned rounds)
{
	(void)printf("\n%-40s%10s%10s%11s%9s%9s%9s\n%-40s%10s%10s%11s%9s%9s%9s\n", t->title, "ns",
	             "ns", "a second", "times", "least to", "of an", "", "least", "median", "",
	             "bound", "least", "answer");
	for (size_t i = 0; i < t->count; i++) {
		const struct measure_row *r = &t->rows[i];
		double median = measure_median(r->ns, rounds);
		double least = measure_least(r->ns, rounds);

		(void)printf("%-40s%10.1f%10.1f%11.0f", r->title, least, median, 1e9 / median);
		print_ratios(r->ns, r->bound < 0 ? NULL : t->rows[r->bound].ns, rounds);
		(void)printf("%9.3f\n", measure_ratio(r->ns, echo->ns, rounds));
	}
}

/* --- all of it ------------------------------------------------------------------------------- */

struct options {
	uint64_t rounds;
	uint64_t cell_ms;
	const char *names;
};

static void add(struct table *t, const char *title, uint64_t (*work)(void *arg, size_t i),
                void *arg, int bound)
{
	if (t->count == COUNT(t->rows))
		die(title, "no room in the table");
	t->rows[t->count++] =
		(struct measure_row){ .title = title, .work = work, .arg = arg, .bound = bound };
}

static struct table echo_table(void)
{
	struct table t = { .title = "A question and an answer, no rules" };
	struct echo *e = mem_new(struct echo);

	echo_open(e);
	add(&t, "through the kernel and back", echo_work, e, -1);
	return t;
}

static struct table thousand_table(void)
{
	struct table t = { .title = "1,000 rules, the last one matches" };
	struct asked *expressions = thousand(RULE_REGEX);

	add(&t, "bound: 1,000 memcmp", compare_work, texts_new(), -1);
	add(&t, "bound: the expressions alone", expressions_work, expressions, -1);
	add(&t, "domain /expression/", ask_work, expressions, 1);
	add(&t, "domain name", ask_work, thousand(RULE_DOMAIN), 0);
	add(&t, "addr network", ask_work, thousand(RULE_ADDR), 0);
	add(&t, "from address", ask_work, thousand(RULE_FROM), 0);
	add(&t, "rcpt address", ask_work, thousand(RULE_RCPT), 0);
	add(&t, "list of 10 domains", ask_work, thousand(RULE_LIST), 0);
	add(&t, "all six kinds in turn", ask_work, thousand(RULE_KINDS), 0);
	return t;
}

static struct table s25r_table(struct names *n)
{
	struct table t = { .title = "S25R, a name of public.tsv" };
	struct conf *seven = ask_parse(VIEW(SEVEN), NULL);
	struct conf *clause = ask_parse(VIEW(CLAUSE), NULL);
	struct asked *by_seven = ask_about(seven, n->of, NULL, n->count);
	struct asked *by_clause = ask_about(clause, n->of, NULL, n->count);

	expect_seven(by_seven, n);
	expect_clause(by_clause, n);
	add(&t, "bound: one pass over the name", pass_work, n, -1);
	add(&t, "s25r_match, all seven rules", s25r_work, n, 0);
	add(&t, "the clause s25r", ask_work, by_clause, 0);
	add(&t, "bound: the expressions alone", expressions_work, by_seven, -1);
	add(&t, "seven rules of expressions", ask_work, by_seven, 3);
	return t;
}

static struct table networks_table(struct long_list *l)
{
	struct table t = { .title = "One of 200,000 networks /24" };
	struct long_set *set = long_set_new(l);

	long_load_plain(l);
	long_expect(long_plain_net_work, l, "bsearch");
	long_expect(long_netset_work, set, "netset_find");
	add(&t, "bound: bsearch in the plain array", long_plain_net_work, l, -1);
	add(&t, "netset_find", long_netset_work, set, 0);
	add(&t, "rule: list of addr", ask_work, long_rules(l, LONG_LIST), 0);
	add(&t, "rule: clients file", ask_work, long_rules(l, LONG_CLIENTS), 0);
	return t;
}

static struct table domains_table(struct long_list *l)
{
	struct table t = { .title = "One of 100,000 domains" };
	struct long_set *set = long_set_new(l);

	long_load_plain(l);
	long_expect(long_plain_name_work, l, "bsearch");
	long_expect(long_nameset_work, set, "nameset_find_domain");
	add(&t, "bound: bsearch in the plain array", long_plain_name_work, l, -1);
	add(&t, "nameset_find_domain", long_nameset_work, set, 0);
	add(&t, "rule: list of domain, domainexact", ask_work, long_rules(l, LONG_EXACT), 0);
	add(&t, "rule: list of domain", ask_work, long_rules(l, LONG_LIST), 0);
	add(&t, "rule: clients file", ask_work, long_rules(l, LONG_CLIENTS), 0);
	return t;
}

static void measure(const struct options *o)
{
	struct names *names = names_read(o->names);
	struct long_list *networks = long_networks();
	struct long_list *domains = long_domains();
	struct table tables[] = { echo_table(), thousand_table(), s25r_table(names),
		                  networks_table(networks), domains_table(domains) };
	struct load_row loads[] = {
		{ "bound: 200,000 networks, read and sorted", networks, LONG_PLAIN, -1 },
		{ "list of addr", networks, LONG_LIST, 0 },
		{ "clients file", networks, LONG_CLIENTS, 0 },
		{ "bound: 100,000 domains, read and sorted", domains, LONG_PLAIN, -1 },
		{ "list of domain", domains, LONG_LIST, 3 },
		{ "clients file", domains, LONG_CLIENTS, 3 },
	};
	unsigned rounds = (unsigned)o->rounds;
	double before, after;

	if (getloadavg(&before, 1) != 1)
		before = 0;
	for (size_t i = 0; i < COUNT(tables); i++)
		for (size_t k = 0; k < tables[i].count; k++)
			measure_warm(&tables[i].rows[k], (double)o->cell_ms * 1e6);
	for (size_t i = 0; i < COUNT(loads); i++)
		long_load(&loads[i], 0);
	for (unsigned round = 0; round < rounds; round++) {
		for (size_t i = 0; i < COUNT(tables); i++)
			measure_round(tables[i].rows, tables[i].count, round);
		for (size_t i = 0; i < COUNT(loads); i++)
			long_load(&loads[i], round);
	}
	if (getloadavg(&after, 1) != 1)
		after = 0;
	(void)printf(
		"One thread of %ld cores; load average %.1f before, %.1f after.\n"
		"%u rounds of %llu ms a row, all rows in turn, after a warm-up; ratios are medians"
		" of the rounds' own.\nThe right rule was seen to match before.\n",
		sysconf(_SC_NPROCESSORS_ONLN), before, after, rounds,
		(unsigned long long)o->cell_ms);
	for (size_t i = 0; i < COUNT(tables); i++)
		print_table(&tables[i], &tables[0].rows[0], rounds);
	print_loads(loads, COUNT(loads), rounds);
}

int main(int argc, char **argv)
{
	struct options o = { .rounds = 9, .cell_ms = 100, .names = BENCH_NAMES };

	for (int c; (c = getopt(argc, argv, "r:m:n:")) != -1;) {
		enum status st = ST_OK;

		switch (c) {
		case 'r': st = view_u64(view_of(optarg), MEASURE_ROUNDS_MAX, &o.rounds); break;
		case 'm': st = view_u64(view_of(optarg), 100000, &o.cell_ms); break;
		case 'n': o.names = optarg; break;
		default: st = ST_INVALID; break;
		}
		if (st != ST_OK || o.rounds == 0 || o.cell_ms == 0) {
			(void)fputs("usage: rules [-r ROUNDS] [-m MILLISECONDS] [-n NAMES.tsv]\n",
			            stderr);
			return EX_USAGE;
		}
	}
	measure(&o);
	return 0;
}
