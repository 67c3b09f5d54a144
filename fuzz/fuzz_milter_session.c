/* Packets into the milter door. Two octets choose the configuration, then heads of two octets
 * follow (what to do, how much): ready-made packets, octets of the input, in pieces, time that
 * passes, ends. With its bit 7 the first octet asks for a real store, which is slower by its
 * thread. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "codec/milter.h"
#include "conf/parse.h"
#include "house.h"
#include "milter/door.h"
#include "util/cursor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define START     INT64_C(1795319831)
#define CONNS_MAX 4

struct peer {
	int fd;
	struct buf in; /* of a peer that hears */
};

struct house {
	struct loop *loop;
	struct worker *worker;
	struct peer peer[CONNS_MAX];
};

#define PACKET(letter, text)                                                                       \
	{                                                                                          \
		letter, VIEW_INIT(text)                                                            \
	}

static const struct {
	char letter;
	struct view data;
} packets[] = {
	PACKET('O', "\0\0\0\6\0\0\1\xff\0\x1f\xff\xff"),
	PACKET('O', "\0\0\0\2\0\0\0\x3f\0\0\0\x7f"),
	PACKET('D', "Cj\0mx.example\0v\0Postfix 3.7.11\0_\0unknown [192.0.2.1]\0"),
	PACKET('D', "Cv\0"
	            "8.17.1\0{if_addr}\0IPv6:2001:db8:0:0:0:0:0:1\0"),
	PACKET('C', "[192.0.2.1]\0"
	            "4\x12\x67"
	            "192.0.2.1\0"),
	PACKET('C', "x\0"
	            "6\0\0IPv6:2001:db8:0:0:0:0:0:1\0"),
	PACKET('C', "localhost\0L\0\0/run/x\0"),
	PACKET('C', "unknown\0U"),
	PACKET('H', "client.example\0"),
	PACKET('H', "bad\0"),
	PACKET('D', "M{auth_authen}\0rin\0"),
	PACKET('D', "M{verify}\0OK\0{cert_subject}\0/CN=x\0"),
	PACKET('M', "<a@example.net>\0SIZE=10\0"),
	PACKET('M', "<>\0"),
	PACKET('M', "<ok@example.net>\0"),
	PACKET('M', "<pit@example.net>\0"),
	PACKET('D', "Ri\0Q1\0{rcpt_mailer}\0error\0"),
	PACKET('D', "R{greylist}\0WHITE\0"),
	PACKET('R', "<b@example.org>\0"),
	PACKET('R', "<c@example.org>\0NOTIFY=NEVER\0"),
	PACKET('R', "\"\xff\r\n%s\"@x\0"),
	PACKET('T', ""),
	PACKET('L', "Subject\0hi\n there\0"),
	PACKET('L', "subject\0 [x] hi\r\n\tthere\0"),
	PACKET('L', "From\0<a@example.net>\0"),
	PACKET('L', "X-A\0needle\0"),
	PACKET('L', "X-Spam-Status\0No\0"),
	PACKET('L', "X-Bogosity\0Ham\0"),
	PACKET('L', "Authentication-Results\0mx.example.org; dkim=pass\0"),
	PACKET('L', "authentication-results\0 other.example; dkim=pass\0"),
	PACKET('L',
	       "DKIM-Signature\0 v=1; a=rsa-sha256; d=x.example; s=s; h=from; bh=YQ==; b=YQ==\0"),
	PACKET('L', "X\0\0"),
	PACKET('B', "a needle in the haystack\r\n"),
	PACKET('B', "no end\0 of it"),
	PACKET('B', "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n"),
	PACKET('D', "Rj\0mx.example.org\0"),
	PACKET('N', ""),
	PACKET('B', "hello\r\n"),
	PACKET('E', ""),
	PACKET('E', "tail"),
	PACKET('A', ""),
	PACKET('Q', ""),
	PACKET('K', ""),
	PACKET('U', "XYZZY\0"),
	PACKET('Z', "?"),
};

#define PACKETS (sizeof(packets) / sizeof(packets[0]))

/* What looks into the content and changes it; none of it goes over a network. */
static const char content_rules[] =
	"authentication_results\nreceived_spf\nspamd_headers\nbogofilter_headers\n"
	"dacl whitelist header /needle/ rcpt /^<c@/ addheader \"X-H: %f\", 0\n"
	"dacl blacklist body /hay(s|st)*ack/ rcpt /^<c@/ msg \"%r\" ecode \"5.9.9\"\n"
	"dacl whitelist body /\\(need\\)le/ rcpt /^<b@/ addfooter \"0123456789\" subjtag "
	"\"%g{\\1}\"\n"
	"dacl continue body \"no end\" addfooter \"-- \\n%r\"\n"
	"dacl continue dkim fail subjtag \"[dkim] \"\n"
	"dacl continue dmarc reject addheader \"X-D: 1\", 2\n"
	"dacl continue spamd > 5 addheader \"X-S: %Hs\"\n"
	"dacl continue bogofilter spam addheader \"X-B: 1\"\n";

static const char *const memory[] = { "", "max_message_memory 100\n", "max_message_memory 1k\n",
	                              "max_message_memory 1\n" };

static struct conf *conf_of(unsigned bits, unsigned more)
{
	struct buf text = buf_of(4096);
	struct conf_source source = { .name = "fuzz" };
	struct conf *c = NULL;
	struct diag why;

	check(buf_printf(
		      &text,
		      "hostname \"mx.example.org\"\ngreylist %s\nretry_window 2h\n"
		      "subnetmatch /24\nsocket \"inet:7070\"\n%s%s%s%s%s"
		      "racl blacklist helo \"bad\" msg \"%%h %%f %%r %%Mi %%M{if_addr} 100%%\" "
		      "ecode \"x\"\n"
		      "racl whitelist from /^<ok/ %s report \"%%f\" addheader \"X-A: %%r\"\n"
		      "racl %s from /^<pit/ tarpit 20s\n%s%s",
		      (bits & 1) != 0 ? "5m" : "0s",
		      (bits & 2) != 0 ? "delayedreject\nstat \">>/dev/null\" \"%f %Xm\\n\"\n" : "",
		      (bits & 4) != 0 ? "tarpit_budget 1\n" : "",
		      (bits & 8) != 0 ? "style milter-greylist\nreport delays\n" : "",
		      memory[more >> 1 & 3], (more & 1) != 0 ? content_rules : "",
		      (more & 8) != 0 ? "maxpeek 10" : "",
		      (bits & 16) != 0 ? "whitelist" : "greylist",
		      (bits & 64) != 0 ? "racl whitelist default addheader \"no header\"\n"
				       : "racl greylist default\n",
		      (bits & 64) != 0
			      ? "dacl blacklist msgsize > 100 msg \"%r %M{v}\"\n"
				"dacl greylist rcpt /b@/\n"
				"dacl continue default addheader \"X-B: %f\", 1 subjtag \"[%r] \"\n"
			      : "") == ST_OK);
	source.text = buf_view(&text);
	check(conf_parse(&source, &c, &why) == ST_OK);
	buf_free(&text);
	return c;
}

static void house_begin(struct house *h, unsigned bits, unsigned more)
{
	struct conf *conf = conf_of(bits, more);
	struct worker_parts parts = { .conf = conf, .door = { [WORKER_MILTER] = &milter_door } };

	*h = (struct house){ .loop = loop_new_fake(START) };
	parts.loop = h->loop;
	parts.store = (bits & 128) != 0 ? the_store() : NULL;
	h->worker = worker_new(&parts);
	conf_unref(&conf);
	for (unsigned i = 0; i < CONNS_MAX; i++)
		h->peer[i] = (struct peer){ .fd = -1, .in = buf_of((size_t)1 << 24) };
}

static void turns(struct house *h, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		loop_turn(h->loop, false);
}

/* Whatever goes in, what comes out is whole packets that an MTA knows. */
static void hear(struct house *h, unsigned which)
{
	struct peer *p = &h->peer[which];
	struct milter_packet packet;
	char piece[16384];
	ssize_t n = p->fd >= 0 ? read(p->fd, piece, sizeof(piece)) : -1;
	size_t used = 0;

	if (n > 0)
		check(buf_append(&p->in, (struct view){ piece, (size_t)n }) == ST_OK);
	while (milter_scan(buf_view(&p->in), MILTER_DATA_MAX, &packet, &used) == ST_OK) {
		check(strchr("Ocrtyphimbs", packet.letter) != NULL);
		buf_drop(&p->in, used);
	}
	check(p->in.n <= MILTER_HEAD + MILTER_DATA_MAX);
}

static void hang_up(struct house *h, unsigned which)
{
	struct peer *p = &h->peer[which];

	if (p->fd >= 0)
		(void)close(p->fd);
	p->fd = -1;
	buf_free(&p->in);
}

static int connection(struct house *h, unsigned which)
{
	struct peer *p = &h->peer[which];
	int fd[2];

	if (p->fd < 0 &&
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd) == 0) {
		p->fd = fd[0];
		milter_door.serve(h->worker, fd[1]);
	}
	return p->fd;
}

static void send_octets(struct house *h, unsigned which, struct view octets, bool cut)
{
	size_t first = cut ? octets.n / 2 : octets.n;
	int fd = connection(h, which);

	if (first > 0 && send(fd, octets.p, first, MSG_NOSIGNAL) < 0)
		return;
	if (cut) {
		turns(h, 1);
		(void)send(fd, octets.p + first, octets.n - first, MSG_NOSIGNAL);
	}
}

static void send_packet(struct house *h, unsigned which, unsigned number, bool cut)
{
	struct buf out = buf_of(4096);

	check(milter_put_packet(&out, packets[number % PACKETS].letter,
	                        &packets[number % PACKETS].data, 1) == ST_OK);
	send_octets(h, which, buf_view(&out), cut);
	buf_free(&out);
}

static void play(struct house *h, struct cursor *c)
{
	uint8_t what = cur_u8(c), much = cur_u8(c);
	unsigned which = what & (CONNS_MAX - 1);
	bool cut = (what & 64) != 0;

	switch (what >> 2 & 7) {
	case 0: loop_advance(h->loop, UINT64_C(1000) * much); break;
	case 1: loop_advance(h->loop, UINT64_C(60000) * much); break;
	case 2: hang_up(h, which); break;
	case 3:
		if (h->peer[which].fd >= 0)
			(void)shutdown(h->peer[which].fd, SHUT_WR);
		break;
	case 4: hear(h, which); break;
	case 5:
		if ((much & 4) != 0)
			(void)usleep(200); /* for the pool of threads */
		turns(h, much & 3);
		break;
	case 6: send_octets(h, which, cur_take(c, much < c->left ? much : c->left), cut); break;
	default: send_packet(h, which, much, cut); break;
	}
	if ((what & 32) == 0)
		turns(h, 1);
}

static void house_end(struct house *h, bool leave)
{
	if (leave) {
		h->worker->leaving = true;
		milter_door.leave(h->worker);
		turns(h, 2);
	}
	for (unsigned i = 0; i < CONNS_MAX; i++) {
		hear(h, i);
		hang_up(h, i);
	}
	turns(h, 4);
	for (unsigned i = 0; i < 1000 && h->worker->open > 0; i++) {
		loop_advance(h->loop, 3000);
		turns(h, 2);
		(void)usleep(100);
	}
	check(h->worker->open == 0);
	check(budget_held(h->worker->budget, loop_mono_ms(h->loop)) == 0);
	check(h->worker->load->content == 0 && h->worker->load->sessions == 0);
	worker_free(&h->worker);
	loop_free(&h->loop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_of((struct view){ (const char *)data, size });
	struct house h;
	unsigned bits = cur_u8(&c), more = cur_u8(&c);

	(void)signal(SIGPIPE, SIG_IGN);
	house_begin(&h, bits, more);
	while (c.left > 0)
		play(&h, &c);
	house_end(&h, (bits & 32) != 0);
	return 0;
}
