/* Octets into a policy peer. The first octet chooses the configuration, then pieces follow: a head
 * of two octets (what to do, how much), and for sending that many octets. With its bit 7 the first
 * octet asks for a real store, which is slower by its thread. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conf/parse.h"
#include "house.h"
#include "policy/peer.h"
#include "util/cursor.h"
#include "util/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define START     INT64_C(1795319831)
#define CONNS_MAX 4

struct house {
	struct loop *loop;
	struct worker *worker;
	int fd[CONNS_MAX];
	size_t sent, got;
};

static struct conf *conf_of(unsigned bits)
{
	struct buf text = buf_of(4096);
	struct conf_source source = { .name = "fuzz" };
	struct conf *c = NULL;
	struct diag why;

	check(buf_printf(&text,
	                 "hostname \"mx.example.org\"\nautowhite clients 2 every 60s\n"
	                 "greylist %s\nretry_window 2h\nsubnetmatch /24\n%s%s%s%s"
	                 "racl blacklist helo \"bad\" msg \"%%h %%f %%r\"\n"
	                 "racl whitelist from /^<ok/ report \"%%f\"\n%sracl greylist default\n",
	                 (bits & 1) != 0 ? "5m" : "0s", (bits & 2) != 0 ? "exim\n" : "",
	                 (bits & 4) != 0 ? "test_clock\n" : "",
	                 (bits & 64) != 0 ? "delayedreject\nstat \">>/dev/null\" \"%f %Xm\\n\"\n"
	                                  : "",
	                 (bits & 16) != 0 ? "style postgrey\n"
	                                    "greylist_text \"in %s seconds, see "
	                                    "http://example.org/%r.html\"\n"
	                                    "greylist_header \"X-Greylist: delayed %t seconds by "
	                                    "%v at %h; %d\"\n"
	                                  : "",
	                 (bits & 8) != 0 ? "racl whitelist s25r tarpit 10s\n" : "") == ST_OK);
	source.text = buf_view(&text);
	check(conf_parse(&source, &c, &why) == ST_OK);
	buf_free(&text);
	return c;
}

static void house_begin(struct house *h, unsigned bits)
{
	struct conf *conf = conf_of(bits);
	struct worker_parts parts = { .conf = conf, .door = { [WORKER_POLICY] = &policy_door } };

	*h = (struct house){ .loop = loop_new_fake(START) };
	parts.loop = h->loop;
	parts.store = (bits & 128) != 0 ? the_store() : NULL;
	h->worker = worker_new(&parts);
	conf_unref(&conf);
	for (unsigned i = 0; i < CONNS_MAX; i++)
		h->fd[i] = -1;
}

static void turns(struct house *h, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		loop_turn(h->loop, false);
}

static void hang_up(struct house *h, unsigned which)
{
	if (h->fd[which] >= 0)
		(void)close(h->fd[which]);
	h->fd[which] = -1;
}

static int connection(struct house *h, unsigned which)
{
	int fd[2];

	if (h->fd[which] < 0 &&
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd) == 0) {
		h->fd[which] = fd[0];
		policy_door.serve(h->worker, fd[1]);
	}
	return h->fd[which];
}

/* Whatever goes in, what comes out is answers. */
static void hear(struct house *h, unsigned which)
{
	char piece[16384];
	ssize_t n = h->fd[which] >= 0 ? read(h->fd[which], piece, sizeof(piece)) : -1;

	if (n > 0) {
		h->got += (size_t)n;
		check(h->got < h->sent * 64 + 4096);
	}
}

static void play(struct house *h, struct cursor *c)
{
	uint8_t what = cur_u8(c), much = cur_u8(c);
	unsigned which = what & (CONNS_MAX - 1);
	struct view octets;

	switch (what >> 2 & 7) {
	case 0: loop_advance(h->loop, UINT64_C(1000) * much * much); break;
	case 1: loop_advance(h->loop, much); break;
	case 2: hang_up(h, which); break;
	case 3:
		if (h->fd[which] >= 0)
			(void)shutdown(h->fd[which], SHUT_WR);
		break;
	case 4: hear(h, which); break;
	case 5: turns(h, much & 3); break;
	default: /* some of it, or a lot of the same */
		octets = cur_take(c, much < c->left ? much : c->left);
		for (unsigned i = 0; i < (what >= 0xe0 ? 300u : 1u); i++)
			if (octets.n > 0 &&
			    send(connection(h, which), octets.p, octets.n, MSG_NOSIGNAL) > 0)
				h->sent += octets.n;
		break;
	}
	if ((what & 32) == 0)
		turns(h, 1);
}

static void house_end(struct house *h, bool leave)
{
	if (leave) {
		h->worker->leaving = true;
		policy_door.leave(h->worker);
		turns(h, 2);
	}
	for (unsigned i = 0; i < CONNS_MAX; i++)
		hang_up(h, i);
	turns(h, 4);
	for (unsigned i = 0; i < 1000 && h->worker->open > 0; i++) {
		loop_advance(h->loop, 3000);
		turns(h, 2);
		(void)usleep(100);
	}
	check(h->worker->open == 0);
	worker_free(&h->worker);
	loop_free(&h->loop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_of((struct view){ (const char *)data, size });
	struct house h;
	unsigned bits = cur_u8(&c);

	(void)signal(SIGPIPE, SIG_IGN);
	house_begin(&h, bits);
	while (c.left > 0)
		play(&h, &c);
	house_end(&h, (bits & 32) != 0);
	return 0;
}
