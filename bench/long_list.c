#include "long_list.h"

#include <malloc.h>

#include "util/mem.h"
#include "util/nameset.h"
#include "util/netset.h"

#define TEXT_MAX ((size_t)8 << 20)

/* Different numbers give different results below 2^24; neighbours are far apart. */
static uint32_t spread(uint32_t i)
{
	return i * 0x9e3779u & 0xffffffu;
}

static bool is_in(size_t question)
{
	return question % 2 == 0;
}

/* Networks /24 that are all over the place; and addresses in some of them, and in none. */
struct long_list *long_networks(void)
{
	struct long_list *l = mem_new(struct long_list);

	*l = (struct long_list){ .kind = "addr", .items = LONG_NETWORKS, .text = buf_of(TEXT_MAX) };
	for (uint32_t i = 0; i < LONG_NETWORKS; i++) {
		uint32_t net = spread(i);

		must(buf_printf(&l->text, "%u.%u.%u.0/24\n", net >> 16, net >> 8 & 255, net & 255),
		     "a network");
	}
	l->addresses = mem_array(LONG_QUESTIONS, sizeof(*l->addresses));
	for (uint32_t i = 0; i < LONG_QUESTIONS; i++) {
		uint32_t at = spread(i + 1) % LONG_NETWORKS; /* any, but not one after the other */
		uint32_t net = spread(is_in(i) ? at : LONG_NETWORKS + at);

		l->addresses[i] = (struct ip){ IP_V4,
			                       { (uint8_t)(net >> 16), (uint8_t)(net >> 8),
			                         (uint8_t)net, (uint8_t)i } };
	}
	return l;
}

static void keep_name(struct long_list *l, size_t at, uint32_t domain)
{
	size_t start = l->octets.n;

	must(buf_printf(&l->octets, "mx%zu.company-%06x.example", at % 10, domain), "a name");
	l->names[at].n = l->octets.n - start;
}

struct long_list *long_domains(void)
{
	struct long_list *l = mem_new(struct long_list);
	const char *p;

	*l = (struct long_list){ .kind = "domain",
		                 .items = LONG_DOMAINS,
		                 .text = buf_of(TEXT_MAX) };
	l->octets = buf_of(TEXT_MAX);
	for (uint32_t i = 0; i < LONG_DOMAINS; i++)
		must(buf_printf(&l->text, "company-%06x.example\n", spread(i)), "a domain");
	l->names = mem_array(LONG_QUESTIONS, sizeof(*l->names));
	for (uint32_t i = 0; i < LONG_QUESTIONS; i++) {
		uint32_t at = spread(i + 1) % LONG_DOMAINS;

		keep_name(l, i, spread(is_in(i) ? at : LONG_DOMAINS + at));
	}
	p = l->octets.p;
	for (size_t i = 0; i < LONG_QUESTIONS; p += l->names[i++].n)
		l->names[i].p = p;
	return l;
}

static int compare_nets(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int compare_names(const void *a, const void *b)
{
	const struct view *x = a, *y = b;
	int order = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);

	return order != 0 ? order : (x->n > y->n) - (x->n < y->n);
}

/* What nobody can leave out: each line is read, and all are put in order. The names stay in the
 * text. */
void long_load_plain(struct long_list *l)
{
	struct view rest = buf_view(&l->text), line;
	size_t n = 0;

	if (l->addresses != NULL)
		l->nets = mem_array(l->items, sizeof(*l->nets));
	else
		l->domains = mem_array(l->items, sizeof(*l->domains));
	while (view_next(&rest, '\n', &line)) {
		struct ip_net net;

		if (l->nets == NULL) {
			l->domains[n++] = line;
			continue;
		}
		must(net_parse(line, &net), "a network");
		l->nets[n++] = (uint32_t)net.base.octet[0] << 16 |
		               (uint32_t)net.base.octet[1] << 8 | net.base.octet[2];
	}
	if (l->nets != NULL)
		qsort(l->nets, n, sizeof(*l->nets), compare_nets);
	else
		qsort(l->domains, n, sizeof(*l->domains), compare_names);
}

uint64_t long_plain_net_work(void *arg, size_t i)
{
	const struct long_list *l = arg;
	const uint8_t *o = l->addresses[i % LONG_QUESTIONS].octet;
	uint32_t key = (uint32_t)o[0] << 16 | (uint32_t)o[1] << 8 | o[2];

	return bsearch(&key, l->nets, l->items, sizeof(key), compare_nets) != NULL;
}

/* It knows which part of the name is the domain. */
uint64_t long_plain_name_work(void *arg, size_t i)
{
	const struct long_list *l = arg;
	struct view key = view_from(l->names[i % LONG_QUESTIONS], sizeof("mx0.") - 1);

	return bsearch(&key, l->domains, l->items, sizeof(key), compare_names) != NULL;
}

struct long_set *long_set_new(const struct long_list *l)
{
	struct long_set *s = mem_new(struct long_set);
	struct netset_builder *b = netset_builder_new();
	struct view rest = buf_view(&l->text), line;

	s->of = l;
	s->names = nameset_new();
	while (view_next(&rest, '\n', &line)) {
		struct ip_net net;

		if (l->addresses == NULL) {
			must(nameset_add(s->names, line, 0), "a name");
			continue;
		}
		must(net_parse(line, &net), "a network");
		must(netset_builder_add(b, &net, 0), "a network");
	}
	s->nets = netset_builder_finish(&b);
	return s;
}

uint64_t long_netset_work(void *arg, size_t i)
{
	const struct long_set *s = arg;

	return netset_find(s->nets, &s->of->addresses[i % LONG_QUESTIONS], NULL);
}

uint64_t long_nameset_work(void *arg, size_t i)
{
	const struct long_set *s = arg;

	return nameset_find_domain(s->names, s->of->names[i % LONG_QUESTIONS], NULL);
}

void long_expect(uint64_t (*work)(void *arg, size_t i), void *arg, const char *what)
{
	for (size_t i = 0; i < LONG_QUESTIONS; i++)
		if ((work(arg, i) != 0) != is_in(i))
			die(what, "a wrong answer");
}

/* The configuration's text around the list. */
static struct buf long_text(const struct long_list *l, enum long_form form)
{
	struct buf b = buf_of(TEXT_MAX);
	enum status st = ST_OK;

	if (form == LONG_CLIENTS) {
		st = buf_printf(&b, "racl whitelist clients file \"%s\"", ASK_FILE);
	} else {
		st = buf_printf(&b, "%slist \"l\" %s {\n",
		                form == LONG_EXACT ? "domainexact\n" : "", l->kind);
		if (st == ST_OK)
			st = buf_append(&b, buf_view(&l->text));
		if (st == ST_OK)
			st = buf_append(&b, VIEW("}\nracl whitelist list \"l\""));
	}
	if (st == ST_OK)
		st = buf_append(&b, VIEW(" msg \"in\"\nracl greylist default msg \"not in\"\n"));
	must(st, "a long list");
	return b;
}

struct asked *long_rules(struct long_list *l, enum long_form form)
{
	struct buf text = long_text(l, form);
	struct view list = buf_view(&l->text);
	struct asked *a = ask_about(ask_parse(buf_view(&text), &list), l->names, l->addresses,
	                            LONG_QUESTIONS);

	for (size_t i = 0; i < LONG_QUESTIONS; i++)
		ask_expect(a, i, is_in(i) ? "in" : "not in", "a long list");
	buf_free(&text);
	return a;
}

static size_t memory_now(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

void long_load(struct load_row *row, unsigned round)
{
	struct buf text = long_text(row->list, row->form);
	struct long_list plain = *row->list;
	struct view list = buf_view(&row->list->text);
	size_t before = memory_now();
	double begun = measure_now_ns();
	struct conf *c = NULL;

	if (row->form == LONG_PLAIN)
		long_load_plain(&plain);
	else
		c = ask_parse(buf_view(&text), &list);
	row->ms[round] = (measure_now_ns() - begun) / 1e6;
	row->octets = memory_now() - before;
	conf_unref(&c);
	if (row->form == LONG_PLAIN)
		mem_free(plain.nets != NULL ? (void *)plain.nets : (void *)plain.domains);
	buf_free(&text);
}
