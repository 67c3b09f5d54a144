#include "tuple.h"

/* By hand and not by printf: the load must cost its processor much less than the answers cost. */
struct text {
	char *p;
};

static void put(struct text *t, struct view v)
{
	if (v.n > 0)
		memcpy(t->p, v.p, v.n);
	t->p += v.n;
}

static void put_hex(struct text *t, uint64_t value, unsigned digits)
{
	for (unsigned i = digits; i > 0; i--)
		*t->p++ = "0123456789abcdef"[(value >> (4 * (i - 1))) & 15];
}

static void put_decimal(struct text *t, uint64_t value)
{
	char digits[20];
	size_t n = sizeof(digits);

	do {
		digits[--n] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	put(t, (struct view){ digits + n, sizeof(digits) - n });
}

static const struct {
	const char *word;
	char letter; /* stands before every number: kinds never share a tuple */
	const char *net;
	const char *domain;
} kinds[] = {
	[TUPLE_KNOWN] = { "known", 'k', "10", "example.com" },
	[TUPLE_LISTED] = { "listed", 'l', "12", TUPLE_LISTED_NAME },
	[TUPLE_AUTO] = { "auto", 'a', "13", "example.com" },
	[TUPLE_NEW] = { "new", 'n', "14", "example.com" },
	[TUPLE_EARLY] = { "early", 'e', "15", "example.com" },
	[TUPLE_DOMAIN] = { "domain", 'd', "11", "example.com" },
	[TUPLE_FRESH] = { "fresh", 'f', "9", "example.com" },
};

bool tuple_kind_of(const char *word, enum tuple_kind *out)
{
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].word, word) == 0) {
			*out = (enum tuple_kind)i;
			return true;
		}
	}
	return false;
}

const char *tuple_kind_name(enum tuple_kind kind)
{
	return kinds[kind].word;
}

/* One to one: an odd factor, and a shift that can be taken back. */
static uint64_t scatter(uint64_t number, unsigned bits)
{
	uint64_t mask = ((uint64_t)1 << bits) - 1;
	uint64_t x = number & mask;

	x = (x * 0x9e3779b97f4a7c15U) & mask;
	x ^= x >> (bits / 2);
	return (x * 0xbf58476d1ce4e5b9U) & mask;
}

static void put_address(struct text *t, struct view net, uint64_t host)
{
	put(t, net);
	for (unsigned shift = 24; shift > 0;) {
		shift -= 8;
		*t->p++ = '.';
		put_decimal(t, (host >> shift) & 255);
	}
}

/* A letter touches the digits of every number, or Postgrey would make one '#' of all of them. */
static void put_number(struct text *t, char letter, uint64_t number)
{
	*t->p++ = letter;
	put_hex(t, number, 12);
}

void tuple_make_mail(struct tuple *t, enum tuple_kind kind, uint64_t client, uint64_t mail)
{
	uint64_t host = scatter(client, 24);
	uint64_t id = scatter(mail, 48);
	char letter = kinds[kind].letter;
	struct text out = { t->address };

	put_address(&out, view_of(kinds[kind].net), host);
	*out.p = '\0';
	out.p = t->name;
	put(&out, VIEW("mail-"));
	put_number(&out, letter, host);
	put(&out, VIEW(".out."));
	put(&out, view_of(kinds[kind].domain));
	*out.p = '\0';
	out.p = t->sender;
	put(&out, VIEW("bounces-"));
	put_number(&out, letter, id);
	put(&out, VIEW("-newsletter@mailing.lists."));
	if (kind == TUPLE_DOMAIN || kind == TUPLE_FRESH) {
		put_number(&out, letter, id);
		put(&out, VIEW("."));
	}
	put(&out, view_of(kinds[kind].domain));
	*out.p = '\0';
	out.p = t->recipient;
	put(&out, VIEW("first.last."));
	put_number(&out, letter, id);
	put(&out, VIEW("@users.example.net"));
	*out.p = '\0';
}

void tuple_make(struct tuple *t, enum tuple_kind kind, uint64_t number)
{
	tuple_make_mail(t, kind, number, number);
}

size_t tuple_key(struct view address, struct view sender, struct view recipient,
                 char out[TUPLE_KEY_MAX])
{
	size_t dot = view_rfind(address, '.');
	struct text key = { out };

	if (dot == VIEW_NONE || dot + 4 + sender.n + recipient.n > TUPLE_KEY_MAX)
		return 0;
	put(&key, view_first(address, dot));
	put(&key, VIEW(".0/"));
	put(&key, sender);
	put(&key, VIEW("/"));
	put(&key, recipient);
	for (char *p = out; p < key.p; p++)
		*p = ascii_lower(*p);
	return (size_t)(key.p - out);
}

/* The order and the empty values are Postfix 3.7's. */
size_t tuple_request(const struct tuple *t, uint64_t serial, int64_t test_time,
                     char out[TUPLE_REQUEST_MAX])
{
	struct view name = view_of(t->name);
	struct text r = { out };

	put(&r, VIEW("request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\n"
	             "client_address="));
	put(&r, view_of(t->address));
	put(&r, VIEW("\nclient_name="));
	put(&r, name);
	put(&r, VIEW("\nclient_port="));
	put_decimal(&r, 32768 + serial % 28000);
	put(&r, VIEW("\nreverse_client_name="));
	put(&r, name);
	put(&r, VIEW("\nserver_address=127.0.0.1\nserver_port=25\nhelo_name="));
	put(&r, name);
	put(&r, VIEW("\nsender="));
	put(&r, view_of(t->sender));
	put(&r, VIEW("\nrecipient="));
	put(&r, view_of(t->recipient));
	put(&r, VIEW("\nrecipient_count=0\nqueue_id=\ninstance=57da."));
	put_hex(&r, serial >> 20, 8);
	put(&r, VIEW("."));
	put_hex(&r, serial & 0xfffff, 5);
	put(&r, VIEW(".0\nsize=12345\netrn_domain=\nstress=\nsasl_method=\nsasl_username=\n"
	             "sasl_sender=\nccert_subject=\nccert_issuer=\nccert_fingerprint=\n"
	             "ccert_pubkey_fingerprint=\nencryption_protocol=\nencryption_cipher=\n"
	             "encryption_keysize=0\npolicy_context=\n"));
	if (test_time > 0) {
		put(&r, VIEW("policy_test_time="));
		put_decimal(&r, (uint64_t)test_time);
		put(&r, VIEW("\n"));
	}
	put(&r, VIEW("\n"));
	return (size_t)(r.p - out);
}
