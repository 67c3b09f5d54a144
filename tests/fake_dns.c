#include "fake_dns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ROWS_MAX    512
#define MESSAGE_MAX 65535
#define UDP_MAX     1200 /* more goes by TCP */
#define LATER_MAX   4096
#define DATA_MAX    4095
#define CHAIN_MAX   20
#define TTL         60

enum {
	TYPE_A = 1,
	TYPE_NS = 2,
	TYPE_CNAME = 5,
	TYPE_SOA = 6,
	TYPE_PTR = 12,
	TYPE_MX = 15,
	TYPE_TXT = 16
};
enum { TYPE_AAAA = 28, TYPE_ANY = 255 };
enum { NOERROR = 0, SERVFAIL = 2, NXDOMAIN = 3, REFUSED = 5 };

struct row {
	char name[256];
	int type;
	char data[DATA_MAX + 1];
	atomic_uint asked;
	uint64_t first_ms; /* when it was asked first */
};

struct later {
	uint64_t due_ms;
	struct sockaddr_in to;
	size_t n;
	unsigned char message[UDP_MAX];
};

struct fake_dns {
	struct row *rows;
	size_t count;
	int udp, tcp;
	bool authority;
	unsigned ttl;
	int stop[2];
	char forward[32];
	pthread_t thread;
	atomic_bool silent;
	atomic_uint asked;
	struct later *later;
	size_t later_count;
	unsigned char out[MESSAGE_MAX];
	size_t n;
};

/* --- the table --- */

static const struct {
	const char *word;
	int type;
} types[] = {
	{ "A", TYPE_A },     { "CNAME", TYPE_CNAME }, { "PTR", TYPE_PTR }, { "MX", TYPE_MX },
	{ "TXT", TYPE_TXT }, { "AAAA", TYPE_AAAA },   { "NS", TYPE_NS },   { "*", TYPE_ANY }
};

static int type_of(const char *word)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].word, word) == 0)
			return types[i].type;
	(void)fprintf(stderr, "fake_dns: type %s?\n", word);
	abort();
}

static void read_table(struct fake_dns *f, const char *table)
{
	char *copy = strdup(table), *save = NULL;

	f->rows = calloc(ROWS_MAX, sizeof(struct row));
	for (char *line = strtok_r(copy, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		struct row *r = &f->rows[f->count];
		char type[16];

		if (f->count == ROWS_MAX ||
		    sscanf(line, " %255s %15s %4095[^\n]", r->name, type, r->data) != 3)
			abort();
		r->type = type_of(type);
		f->count++;
	}
	free(copy);
}

static bool is(const struct row *r, const char *word)
{
	size_t n = strlen(word);

	return strncmp(r->data, word, n) == 0 && (r->data[n] == '\0' || r->data[n] == ' ');
}

static bool matches(const struct row *r, const char *name)
{
	size_t n = strlen(name), tail = strlen(r->name) - 1;

	if (r->name[0] == '*')
		return n > tail && strcasecmp(name + n - tail, r->name + 1) == 0;
	return strcasecmp(r->name, name) == 0;
}

static struct row *fault(const struct fake_dns *f, const char *name, int type, const char *word)
{
	for (size_t i = 0; i < f->count; i++) {
		struct row *r = &f->rows[i];

		if (matches(r, name) && (r->type == type || r->type == TYPE_ANY) && is(r, word))
			return r;
	}
	return NULL;
}

/* --- writing a message; what would not fit is left out --- */

static void put(struct fake_dns *f, const void *p, size_t n)
{
	if (f->n + n > sizeof(f->out))
		return;
	memcpy(f->out + f->n, p, n);
	f->n += n;
}

static void put16(struct fake_dns *f, unsigned x)
{
	unsigned char o[2] = { (unsigned char)(x >> 8), (unsigned char)x };

	put(f, o, 2);
}

static void put_name(struct fake_dns *f, const char *name)
{
	while (*name != '\0' && strcmp(name, ".") != 0) {
		size_t n = strcspn(name, ".");
		unsigned char length = (unsigned char)n;

		put(f, &length, 1);
		put(f, name, n);
		name += n + (name[n] == '.');
	}
	put(f, "", 1);
}

/* Name, type, class, TTL and room for the length, whose place is returned. */
static size_t begin_record(struct fake_dns *f, const char *name, int type)
{
	put_name(f, name);
	put16(f, (unsigned)type);
	put16(f, 1);
	put16(f, 0);
	put16(f, f->ttl);
	put16(f, 0);
	return f->n;
}

static void count_one(struct fake_dns *f, size_t at)
{
	unsigned n = (unsigned)(f->out[at] << 8 | f->out[at + 1]) + 1;

	f->out[at] = (unsigned char)(n >> 8);
	f->out[at + 1] = (unsigned char)n;
}

static void end_record(struct fake_dns *f, size_t at, size_t section)
{
	f->out[at - 2] = (unsigned char)((f->n - at) >> 8);
	f->out[at - 1] = (unsigned char)(f->n - at);
	count_one(f, section);
}

static void put_hex(struct fake_dns *f, const char *hex)
{
	unsigned x;

	for (; sscanf(hex, "%2x", &x) == 1; hex += 2) {
		unsigned char o = (unsigned char)x;

		put(f, &o, 1);
	}
}

static void put_strings(struct fake_dns *f, const char *text)
{
	while ((text = strchr(text, '"')) != NULL) {
		size_t n = strcspn(text + 1, "\"");
		unsigned char length = (unsigned char)n;

		put(f, &length, 1);
		put(f, text + 1, n);
		text += n + 2;
	}
}

static void put_huge(struct fake_dns *f, size_t n)
{
	char string[256];

	memset(string, 'x', sizeof(string));
	for (; n > 0; n -= n < 255 ? n : 255) {
		string[0] = (char)(n < 255 ? n : 255);
		put(f, string, 1 + (n < 255 ? n : 255));
	}
}

static void put_rdata(struct fake_dns *f, const struct row *r)
{
	unsigned char octets[16];
	char name[256];
	unsigned preference;

	if (is(r, "HEX"))
		put_hex(f, r->data + 4);
	else if (is(r, "HUGE"))
		put_huge(f, strtoul(r->data + 5, NULL, 10));
	else if (is(r, "POINTER"))
		put16(f, 0xc000u | (unsigned)f->n);
	else if (r->type == TYPE_A && inet_pton(AF_INET, r->data, octets) == 1)
		put(f, octets, 4);
	else if (r->type == TYPE_AAAA && inet_pton(AF_INET6, r->data, octets) == 1)
		put(f, octets, 16);
	else if (r->type == TYPE_MX && sscanf(r->data, "%u %255s", &preference, name) == 2) {
		put16(f, preference);
		put_name(f, name);
	} else if (r->type == TYPE_TXT)
		put_strings(f, r->data);
	else
		put_name(f, r->data);
}

#define HEADER    12
#define ANSWERS   6
#define AUTHORITY 8
#define FURTHER   10

static void put_many(struct fake_dns *f, const char *name, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		size_t at = begin_record(f, name, TYPE_A);

		put16(f, 0x0a00);
		put16(f, i);
		end_record(f, at, ANSWERS);
	}
}

static bool puts_record(const struct row *r)
{
	static const char *const words[] = { "NXDOMAIN", "NODATA",  "SERVFAIL", "REFUSED",
		                             "SILENT",   "DELAY",   "TC",       "GARBAGE",
		                             "CUT",      "WRONGID", "WRONGNAME" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (is(r, words[i]))
			return false;
	return true;
}

/* TURN N ...: is it the Nth question for the name? */
static bool is_turn(const struct row *r)
{
	return !is(r, "TURN") || strtoul(r->data + 5, NULL, 10) == atomic_load(&r->asked);
}

/* The records of the name; for a CNAME its target comes back, else NULL. */
static const char *put_rows(struct fake_dns *f, const char *name, int type, bool *known)
{
	const char *target = NULL;

	for (size_t i = 0; i < f->count; i++) {
		const struct row *r = &f->rows[i];
		size_t at;

		if (!matches(r, name))
			continue;
		*known = true;
		if ((r->type != type && r->type != TYPE_CNAME) || !puts_record(r) || !is_turn(r))
			continue;
		f->ttl = is(r, "TURN") ? 0 : TTL;
		if (is(r, "MANY")) {
			put_many(f, name, (unsigned)strtoul(r->data + 5, NULL, 10));
			continue;
		}
		at = begin_record(f, name, is(r, "LOOP") ? TYPE_CNAME : r->type);
		if (is(r, "LOOP"))
			put_name(f, name);
		else
			put_rdata(f, r);
		end_record(f, at, ANSWERS);
		if (r->type == TYPE_CNAME && type != TYPE_CNAME)
			target = r->data;
	}
	return target;
}

static void put_soa(struct fake_dns *f)
{
	size_t at = begin_record(f, ".", TYPE_SOA);

	put_name(f, "ns.example");
	put_name(f, "hostmaster.example");
	for (unsigned i = 0; i < 5; i++) {
		put16(f, 0);
		put16(f, 60);
	}
	end_record(f, at, AUTHORITY);
}

/* --- a question --- */

struct query {
	char name[256];
	int type;
	size_t n; /* octets of header and question */
};

static bool read_query(const unsigned char *in, size_t n, struct query *q)
{
	size_t at = HEADER, out = 0;

	while (at < n && in[at] != 0) {
		size_t label = in[at];

		if (label > 63 || at + 1 + label >= n || out + label + 1 >= sizeof(q->name))
			return false;
		memcpy(q->name + out, in + at + 1, label);
		out += label;
		q->name[out++] = '.';
		at += 1 + label;
	}
	q->name[out > 0 ? out - 1 : 0] = '\0';
	if (at + 5 > n)
		return false;
	q->type = in[at + 1] << 8 | in[at + 2];
	q->n = at + 5;
	return true;
}

static void begin_message(struct fake_dns *f, const unsigned char *in, const struct query *q)
{
	f->n = 0;
	f->ttl = TTL;
	put(f, in, 2);
	/* An answer; of an authority, or recursion was wanted and is there. */
	put16(f, f->authority ? 0x8400 : 0x8180);
	put16(f, 1);
	put16(f, 0);
	put16(f, 0);
	put16(f, 0);
	put(f, in + HEADER, q->n - HEADER);
}

static void set_rcode(struct fake_dns *f, unsigned rcode)
{
	f->out[3] = (unsigned char)((f->out[3] & 0xf0) | rcode);
}

/* At or below it; of the root only the root itself. */
static bool is_within(const char *name, const char *zone)
{
	size_t n = strlen(name), most = strlen(zone);

	if (strcmp(zone, ".") == 0)
		return n == 0;
	return n >= most && strcasecmp(name + n - most, zone) == 0 &&
	       (n == most || name[n - most - 1] == '.');
}

/* The name belongs to somebody else: where to ask is all that is said. */
static bool put_referral(struct fake_dns *f, const struct query *q)
{
	for (size_t i = 0; i < f->count; i++) {
		const struct row *r = &f->rows[i];
		bool root = strcmp(r->name, ".") == 0;
		char server[256], address[64];
		unsigned char octets[4];
		size_t at;

		if (r->type != TYPE_NS || !is_within(q->name, r->name) ||
		    sscanf(r->data, "%255s %63s", server, address) != 2 ||
		    inet_pton(AF_INET, address, octets) != 1)
			continue;
		if (!root)
			f->out[2] &= (unsigned char)~4u; /* no authority for it */
		at = begin_record(f, r->name, TYPE_NS);
		put_name(f, server);
		end_record(f, at, root ? ANSWERS : AUTHORITY);
		at = begin_record(f, server, TYPE_A);
		put(f, octets, 4);
		end_record(f, at, FURTHER);
		return true;
	}
	return false;
}

static void put_answer(struct fake_dns *f, const struct query *q)
{
	const char *name = q->name;
	bool known = false;

	if (f->authority && put_referral(f, q))
		return;
	for (unsigned i = 0; i < CHAIN_MAX && name != NULL; i++) {
		known = fault(f, name, q->type, "NODATA") != NULL;
		if (fault(f, name, q->type, "NXDOMAIN") == NULL)
			name = put_rows(f, name, q->type, &known);
		else
			name = NULL;
	}
	/* Of an authority's CNAME the target is another's to tell. */
	known = known || (f->authority && f->out[ANSWERS + 1] > 0);
	if (!known)
		set_rcode(f, NXDOMAIN);
	if (!known || (f->out[ANSWERS] == 0 && f->out[ANSWERS + 1] == 0))
		put_soa(f);
}

static void note(struct fake_dns *f, const struct query *q)
{
	(void)atomic_fetch_add(&f->asked, 1);
	for (size_t i = 0; i < f->count; i++)
		if (matches(&f->rows[i], q->name))
			(void)atomic_fetch_add(&f->rows[i].asked, 1);
}

/* False: nothing is answered. */
static bool make_answer(struct fake_dns *f, const unsigned char *in, size_t n, struct query *q)
{
	if (n < HEADER || !read_query(in, n, q))
		return false;
	note(f, q);
	if (atomic_load(&f->silent) || fault(f, q->name, q->type, "SILENT") != NULL)
		return false;
	begin_message(f, in, q);
	if (fault(f, q->name, q->type, "SERVFAIL") != NULL)
		set_rcode(f, SERVFAIL);
	else if (fault(f, q->name, q->type, "REFUSED") != NULL)
		set_rcode(f, REFUSED);
	else
		put_answer(f, q);
	if (fault(f, q->name, q->type, "WRONGNAME") != NULL)
		f->out[HEADER + 1] ^= 1;
	if (fault(f, q->name, q->type, "WRONGID") != NULL)
		f->out[0] ^= 1;
	if (fault(f, q->name, q->type, "CUT") != NULL)
		f->n -= 3;
	if (fault(f, q->name, q->type, "GARBAGE") != NULL)
		memset(f->out + 2, 0xc0, f->n - 2);
	return true;
}

/* --- UDP, TCP --- */

static uint64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void send_to(struct fake_dns *f, const struct sockaddr_in *to, const void *p, size_t n)
{
	(void)sendto(f->udp, p, n, 0, (const struct sockaddr *)(const void *)to, sizeof(*to));
}

/* As of a resolver that is asked for the same again while it is looking. */
static void put_off(struct fake_dns *f, struct row *delay, const struct sockaddr_in *to)
{
	struct later *l = &f->later[f->later_count++];

	if (delay->first_ms == 0)
		delay->first_ms = now_ms();
	l->due_ms = delay->first_ms + strtoul(delay->data + 6, NULL, 10);
	l->to = *to;
	l->n = f->n;
	memcpy(l->message, f->out, f->n);
}

static void serve_udp(struct fake_dns *f)
{
	unsigned char in[MESSAGE_MAX];
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	ssize_t n = recvfrom(f->udp, in, sizeof(in), 0, (struct sockaddr *)(void *)&from, &size);
	struct row *delay;
	struct query q;

	if (n <= 0 || !make_answer(f, in, (size_t)n, &q))
		return;
	if (f->n > UDP_MAX || fault(f, q.name, q.type, "TC") != NULL) {
		begin_message(f, in, &q);
		f->out[2] |= 2;
	}
	delay = fault(f, q.name, q.type, "DELAY");
	if (delay != NULL && f->later_count < LATER_MAX) {
		put_off(f, delay, &from);
		return;
	}
	send_to(f, &from, f->out, f->n);
}

static bool read_all(int fd, unsigned char *p, size_t n)
{
	while (n > 0) {
		ssize_t got = read(fd, p, n);

		if (got <= 0)
			return false;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

static void serve_tcp(struct fake_dns *f)
{
	static const struct timeval second = { .tv_sec = 1 };
	int fd = accept(f->tcp, NULL, NULL);
	unsigned char in[2 + MESSAGE_MAX], size[2];
	struct query q;

	if (fd < 0)
		return;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	if (read_all(fd, size, 2) && read_all(fd, in, (size_t)(size[0] << 8 | size[1])) &&
	    make_answer(f, in, (size_t)(size[0] << 8 | size[1]), &q)) {
		memcpy(in + 2, f->out, f->n);
		in[0] = (unsigned char)(f->n >> 8);
		in[1] = (unsigned char)f->n;
		(void)send(fd, in, 2 + f->n, MSG_NOSIGNAL);
	}
	(void)close(fd);
}

static int send_due(struct fake_dns *f)
{
	uint64_t now = now_ms();
	int wait = -1;

	for (size_t i = 0; i < f->later_count;) {
		struct later *l = &f->later[i];

		if (l->due_ms <= now) {
			send_to(f, &l->to, l->message, l->n);
			*l = f->later[--f->later_count];
			continue;
		}
		if (wait < 0 || l->due_ms - now < (uint64_t)wait)
			wait = (int)(l->due_ms - now);
		i++;
	}
	return wait;
}

static void *run(void *arg)
{
	struct fake_dns *f = arg;
	struct pollfd fds[] = { { .fd = f->stop[0], .events = POLLIN },
		                { .fd = f->udp, .events = POLLIN },
		                { .fd = f->tcp, .events = POLLIN } };

	while (fds[0].revents == 0) {
		if (poll(fds, 3, send_due(f)) < 0)
			continue;
		if (fds[1].revents != 0)
			serve_udp(f);
		if (fds[2].revents != 0)
			serve_tcp(f);
	}
	return NULL;
}

/* One port for both; the system gives one that is free for TCP only. */
static bool bind_both(struct fake_dns *f, const struct sockaddr_in *wanted, struct sockaddr_in *a)
{
	struct sockaddr *any = (struct sockaddr *)(void *)a;
	socklen_t size = sizeof(*a);

	*a = *wanted;
	f->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	f->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(f->tcp, any, size) == 0 && getsockname(f->tcp, any, &size) == 0 &&
	    listen(f->tcp, 64) == 0 && bind(f->udp, any, size) == 0)
		return true;
	(void)close(f->udp);
	(void)close(f->tcp);
	return false;
}

static bool open_sockets(struct fake_dns *f, const struct sockaddr_in *wanted)
{
	static const int buffer = 4 << 20;
	struct sockaddr_in a;
	char address[INET_ADDRSTRLEN];
	unsigned tries = 0;

	while (!bind_both(f, wanted, &a))
		if (wanted->sin_port != 0 || ++tries == 100)
			return false;
	(void)setsockopt(f->udp, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	(void)inet_ntop(AF_INET, &a.sin_addr, address, sizeof(address));
	(void)snprintf(f->forward, sizeof(f->forward), "%s@%u", address, ntohs(a.sin_port));
	return true;
}

static struct fake_dns *begin(const char *table, const struct sockaddr_in *at, bool authority)
{
	struct fake_dns *f = calloc(1, sizeof(*f));

	f->authority = authority;
	if (!open_sockets(f, at)) {
		free(f);
		return NULL;
	}
	f->later = calloc(LATER_MAX, sizeof(struct later));
	read_table(f, table);
	if (pipe(f->stop) != 0 || pthread_create(&f->thread, NULL, run, f) != 0)
		abort();
	return f;
}

struct fake_dns *fake_dns_new(const char *table)
{
	const struct sockaddr_in at = { .sin_family = AF_INET,
		                        .sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) } };
	struct fake_dns *f = begin(table, &at, false);

	if (f == NULL) {
		perror("fake_dns");
		abort();
	}
	return f;
}

static struct fake_dns *begin_at(const char *table, const char *address, unsigned port,
                                 bool authority)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	if (inet_pton(AF_INET, address, &at.sin_addr) != 1)
		abort();
	return begin(table, &at, authority);
}

struct fake_dns *fake_dns_at(const char *table, const char *address)
{
	return begin_at(table, address, 53, false);
}

struct fake_dns *fake_dns_authority(const char *table, const char *address, unsigned port)
{
	return begin_at(table, address, port, true);
}

void fake_dns_free(struct fake_dns **fake)
{
	struct fake_dns *f = *fake;

	if (f == NULL)
		return;
	*fake = NULL;
	(void)close(f->stop[1]);
	(void)pthread_join(f->thread, NULL);
	(void)close(f->stop[0]);
	(void)close(f->udp);
	(void)close(f->tcp);
	free(f->rows);
	free(f->later);
	free(f);
}

const char *fake_dns_forward(const struct fake_dns *f)
{
	return f->forward;
}

void fake_dns_silence(struct fake_dns *f, bool silent)
{
	atomic_store(&f->silent, silent);
}

unsigned fake_dns_asked(const struct fake_dns *f)
{
	return atomic_load(&f->asked);
}

unsigned fake_dns_asked_for(const struct fake_dns *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->rows[i].name, name) == 0)
			return atomic_load(&f->rows[i].asked);
	return 0;
}
