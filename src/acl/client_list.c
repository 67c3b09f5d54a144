#include "acl/client_list.h"

#include <assert.h>

#include "util/mem.h"
#include "util/nameset.h"
#include "util/netset.h"

struct client_list {
	struct listfile *lines; /* and expressions */
	struct nameset *names;
	struct netset_builder *unsealed; /* networks; NULL once sealed */
	struct netset *networks;
};

struct client_list *client_list_new(void)
{
	struct client_list *l = mem_new(struct client_list);

	l->lines = listfile_new();
	l->names = nameset_new();
	l->unsealed = netset_builder_new();
	return l;
}

void client_list_free(struct client_list **list)
{
	if (*list == NULL)
		return;
	listfile_free(&(*list)->lines);
	nameset_free(&(*list)->names);
	netset_builder_free(&(*list)->unsealed);
	netset_free(&(*list)->networks);
	mem_free(*list);
	*list = NULL;
}

void client_list_seal(struct client_list *l)
{
	assert(l->unsealed != NULL);
	l->networks = netset_builder_finish(&l->unsealed);
}

#define NUMBER_BAD 256

/* One to four numbers with dots between them, as an address of IPv4 or the beginning of one. */
struct numbers {
	unsigned count;
	unsigned number[4]; /* NUMBER_BAD or above: can't be an octet */
	bool octal;         /* one of them begins with a zero and so is octal */
	bool dot;           /* one more dot at the end */
	bool slash;
	struct view mask; /* behind the slash */
};

/* One to three digits; with a zero before others, octal digits (inet_aton reads so, and Postgrey
 * with it). */
static bool read_number(struct view digits, struct numbers *n)
{
	unsigned x = 0, base = digits.n > 1 && digits.p[0] == '0' ? 8 : 10;

	if (digits.n == 0 || digits.n > 3 || n->count == 4)
		return false;
	for (size_t i = 0; i < digits.n; i++) {
		unsigned digit = (unsigned)(digits.p[i] - '0');

		if (!ascii_digit(digits.p[i]))
			return false;
		x = digit < base ? x * base + digit : NUMBER_BAD * base;
	}
	n->octal = n->octal || base == 8;
	n->number[n->count++] = x;
	return true;
}

static bool read_numbers(struct view text, struct numbers *out)
{
	size_t slash = view_find(text, '/');
	struct view rest = view_first(text, slash), digits;

	*out = (struct numbers){ .slash = slash != VIEW_NONE };
	if (out->slash)
		out->mask = view_from(text, slash + 1);
	out->dot = rest.n > 0 && rest.p[rest.n - 1] == '.';
	while (view_next(&rest, '.', &digits))
		if (!read_number(digits, out))
			return false;
	return out->count > 0;
}

/* A length, or a mask such as 255.255.255.0; without a slash, the octets that are given. False:
 * neither. */
static bool read_bits(const struct numbers *n, unsigned *out)
{
	struct ip mask, rest;
	uint64_t bits;

	*out = 8 * n->count;
	if (!n->slash)
		return true;
	if (view_u64(n->mask, 32, &bits) == ST_OK) {
		*out = (unsigned)bits;
		return true;
	}
	if (ip_parse(n->mask, &mask) != ST_OK || mask.family != IP_V4)
		return false;
	for (*out = 0; *out < 32 && mask.octet[*out / 8] & (0x80u >> *out % 8);)
		(*out)++;
	rest = ip_mask(&mask, *out).base;
	return ip_compare(&mask, &rest) == 0;
}

static bool read_network(const struct numbers *n, struct ip_net *out)
{
	struct ip base = { .family = IP_V4 };
	unsigned bits;

	for (unsigned i = 0; i < n->count; i++) {
		if (n->number[i] >= NUMBER_BAD)
			return false;
		base.octet[i] = (uint8_t)n->number[i];
	}
	if (!read_bits(n, &bits))
		return false;
	*out = ip_mask(&base, bits);
	return true;
}

/* Four numbers alone or with a length, three or two alone. Anything else of numbers is a name to
 * Postgrey. */
static bool is_network(const struct numbers *n)
{
	if (n->dot || n->count < 2 || (n->slash && n->count < 4))
		return false;
	for (size_t i = 0; i < n->mask.n; i++)
		if (!ascii_digit(n->mask.p[i]))
			return false;
	return !n->slash || n->mask.n > 0;
}

/* "203.0.113.0/24", and the address alone if it is one. */
static const char *write_network(const struct ip_net *net, char out[NET_TEXT_MAX])
{
	if (net->bits == ip_width(&net->base))
		ip_format(&net->base, out);
	else
		net_format(net, out);
	return out;
}

static enum status add_numbers(struct client_list *l, const struct list_reader *r,
                               const struct list_word *word, const struct numbers *n)
{
	char text[NET_TEXT_MAX];
	struct ip_net net;

	if (!read_network(n, &net)) {
		listfile_warn(r, word,
		              "matches nothing: an address has numbers up to 255, and up to "
		              "32 bits of it can be its network's");
		return ST_OK;
	}
	if (n->octal)
		listfile_warn(r, word,
		              "is taken as %s, since numbers that begin with a zero are "
		              "octal: write them without it",
		              write_network(&net, text));
	if (n->count == 2)
		listfile_warn(r, word,
		              "is taken as %s: two numbers mean a /16 network, as until Postgrey "
		              "1.36; Postgrey 1.37 took them as a.b.0.0/24",
		              write_network(&net, text));
	return netset_builder_add(l->unsealed, &net, word->entry);
}

static void warn_numbers(const struct list_reader *r, const struct list_word *word,
                         const struct numbers *n)
{
	char text[NET_TEXT_MAX];
	struct ip_net net;

	if (read_network(n, &net))
		listfile_warn(r, word, "matches nothing: write %s", write_network(&net, text));
	else
		listfile_warn(r, word, "matches nothing: it is neither a network nor a name");
}

static struct view without_brackets(struct view v)
{
	if (v.n > 1 && v.p[0] == '[' && v.p[v.n - 1] == ']')
		return view_from(view_first(v, v.n - 1), 1);
	return v;
}

/* NetAddr::IP keeps IPv4 addresses as ::a.b.c.d, so to Postgrey these networks were IPv4's too. */
static void check_compatible(const struct list_reader *r, const struct list_word *word,
                             const struct ip_net *net)
{
	static const struct ip_net compatible = { { IP_V6, { 0 } }, 96 };
	static const struct ip_net loopback = { { IP_V6, { [15] = 1 } }, 128 };
	const uint8_t *octet = net->base.octet;

	if (net->bits <= 96 && net_has(net, &compatible.base))
		listfile_warn(r, word,
		              "does not match IPv4 clients, as it did in Postgrey: write "
		              "0.0.0.0/0 too if they are meant");
	else if (net_has(&compatible, &net->base) && !net_has(&loopback, &net->base))
		listfile_warn(r, word,
		              "does not match IPv4 clients, as it did in Postgrey: write "
		              "%u.%u.%u.%u/%u",
		              octet[12], octet[13], octet[14], octet[15], net->bits - 96);
}

static bool read_ipv6(struct view text, struct ip_net *out)
{
	size_t slash = view_find(text, '/');
	uint64_t bits = 128;
	struct ip ip;

	if (ip_parse(without_brackets(view_first(text, slash)), &ip) != ST_OK)
		return false;
	if (slash != VIEW_NONE && view_u64(view_from(text, slash + 1), 128, &bits) != ST_OK)
		return false;
	if (ip.family == IP_V4 && bits < 96) /* mapped addresses and more */
		return false;
	*out = ip_mask(&ip, (unsigned)bits - (ip.family == IP_V4 ? 96 : 0));
	return true;
}

static enum status add_ipv6(struct client_list *l, const struct list_reader *r,
                            const struct list_word *word)
{
	struct ip_net net;

	if (!read_ipv6(word->text, &net)) {
		listfile_warn(r, word, "matches nothing: it is neither an IPv6 network nor a name");
		return ST_OK;
	}
	check_compatible(r, word, &net);
	return netset_builder_add(l->unsealed, &net, word->entry);
}

static void check_name(const struct list_reader *r, const struct list_word *word)
{
	if (view_find(word->text, '@') != VIEW_NONE && word->text.p[0] != '/') {
		listfile_warn(r, word,
		              "matches nothing: clients are known by their names and "
		              "addresses, not by senders; write the name of a host or domain");
		return;
	}
	if (listfile_check_host(r, word, word->text))
		return;
	for (size_t i = 0; i < word->text.n; i++) {
		if ((unsigned char)word->text.p[i] >= 0x80) {
			listfile_warn(r, word,
			              "matches nothing: write the name's ASCII form (xn--...)");
			return;
		}
	}
}

static bool has_two_colons(struct view v)
{
	size_t colon = view_find(v, ':');

	return colon != VIEW_NONE && view_find(view_from(v, colon + 1), ':') != VIEW_NONE;
}

/* The first form that fits. A name is kept even when it looks wrong: it may be what the MTA says.
 */
static enum status add_word(struct client_list *l, const struct list_reader *r,
                            const struct list_word *word)
{
	struct numbers n;

	if (has_two_colons(word->text))
		return add_ipv6(l, r, word);
	if (!read_numbers(word->text, &n))
		check_name(r, word);
	else if (is_network(&n))
		return add_numbers(l, r, word, &n);
	else
		warn_numbers(r, word, &n);
	return nameset_add(l->names, word->text, word->entry);
}

enum status client_list_add(struct client_list *l, struct view text, const char *file,
                            const struct list_warnings *warnings, struct diag *why)
{
	struct list_reader r = { .file = file, .warnings = warnings, .why = why };
	struct list_word word;
	enum status st;

	assert(l->unsealed != NULL);
	for (st = listfile_read(l->lines, &r, text); st == ST_OK;) {
		st = listfile_next(&r, &word);
		if (st == ST_NOTFOUND)
			return ST_OK;
		if (st == ST_OK)
			st = add_word(l, &r, &word);
	}
	return st;
}

bool client_list_find(const struct client_list *l, struct view name, const struct ip *address,
                      struct list_place *where)
{
	uint32_t entry;

	assert(l->networks != NULL);
	if (!nameset_find_domain(l->names, name, &entry) &&
	    !listfile_match(l->lines, name, &entry) &&
	    (address == NULL || !netset_find(l->networks, address, &entry)))
		return false;
	*where = listfile_place(l->lines, entry);
	return true;
}

bool client_list_has(const struct client_list *l, struct view name, const struct ip *address)
{
	struct list_place where;

	return client_list_find(l, name, address, &where);
}
