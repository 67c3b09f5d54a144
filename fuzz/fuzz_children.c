/* Two children of one session, whose octets are the input: whatever they send, and whenever, each
 * question is answered once, none after it was given up, and the mail stays within its bound.
 * The input is a row of steps: a letter and what it needs.
 *   s          the session goes on: CONNECT, HELO, MAIL, RCPT ... with its next step
 *   a          the message is given up
 *   o K B      child K (its lowest bit) agrees on terms, with the steps of octet B
 *   w K N ...  child K writes the N octets that follow
 *   r K L      child K answers with the letter L
 *   x K        child K hangs up
 *   t N        N times 100 ms pass */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "child/chain.h"
#include "net/loop.h"
#include "util/cursor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define KIDS 2u

struct house {
	struct loop *loop;
	struct children *children;
	struct chain *chain;
	struct mail mail;
	int fd[KIDS]; /* the children's ends */
	size_t next;  /* step of the session */
	bool asked;
};

static int listener = -1;
static char path[100];

static void must(bool truth)
{
	if (!truth)
		abort();
}

static void leave(void)
{
	(void)unlink(path);
}

static void listen_once(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	if (listener >= 0)
		return;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)snprintf(path, sizeof(path), "/tmp/fuzz-children-%d", (int)getpid());
	memcpy(at.sun_path, path, strlen(path) + 1);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	must(listener >= 0 && bind(listener, (struct sockaddr *)&at, sizeof(at)) == 0);
	must(listen(listener, 8) == 0);
	must(atexit(leave) == 0);
}

/* --- the door --- */

static void on_answered(void *arg, const struct chain_answer *a)
{
	struct house *h = arg;

	must(h->asked);
	h->asked = false;
	must(a->text.n == 0 || a->kind == MILTER_REPLYCODE);
	must(a->changes.n == 0 || a->kind == MILTER_CONTINUE);
	must(h->mail.kept <= h->mail.limit);
}

static void on_progress(void *arg)
{
	struct house *h = arg;

	must(h->asked);
}

static void on_choose(void *arg, size_t child)
{
	struct house *h = arg;

	must(h->asked && child < KIDS);
	chain_chosen(h->chain, h->next % 2 == 0);
}

static const struct chain_events events = { on_answered, on_progress, on_choose, NULL };

static void begin_mail(struct house *h)
{
	mail_end(&h->mail);
	mail_begin(&h->mail, 1000, h->next % 2 != 0);
	mail_take_header(&h->mail, VIEW("Subject"), VIEW(" hello"));
	mail_take_header(&h->mail, VIEW("X"), VIEW("\n y"));
	mail_take_body(&h->mail, VIEW("body\r\n"));
	h->mail.full = h->mail.cut = h->next % 4 == 3;
}

static void ask(struct house *h)
{
	static const char steps[] = "CHMRRTEMRUEHMREMRE";
	const struct chain_macros macros = { .data = VIEW("") };
	struct milter_command m = {
		.kind = (enum milter_command_kind)steps[h->next % (sizeof(steps) - 1)]
	};
	struct chain_sight sight = { .see = h->next % 5 == 1 ? 1 : 3 };

	if (h->asked)
		return;
	h->next++;
	h->asked = true;
	if ((char)m.kind == 'E') {
		begin_mail(h);
		chain_end(h->chain, &h->mail, &macros, sight);
		return;
	}
	if (m.kind == MILTER_CONNECT)
		m.connect = (struct milter_connect){
			VIEW("h"), MILTER_UNKNOWN_FAMILY, 0, VIEW(""), { .family = IP_NONE }
		};
	else if (m.kind == MILTER_HELO || m.kind == MILTER_UNKNOWN)
		m.text = VIEW("x");
	else
		m.envelope.address = VIEW("<a>");
	chain_ask(h->chain, &m, VIEW(""), sight);
}

/* --- the children --- */

static void drain(int fd)
{
	static char space[1 << 16];
	ssize_t n;

	do
		n = read(fd, space, sizeof(space));
	while (n > 0);
}

static void turn(struct house *h)
{
	for (unsigned n = 0; n < 3; n++) {
		loop_turn(h->loop, false);
		for (size_t k = 0; k < KIDS; k++) {
			if (h->fd[k] < 0)
				h->fd[k] = accept(listener, NULL, NULL);
			if (h->fd[k] < 0)
				continue;
			(void)fcntl(h->fd[k], F_SETFL, O_NONBLOCK);
			drain(h->fd[k]);
		}
	}
}

static void put(struct house *h, size_t k, struct view octets)
{
	if (h->fd[k] >= 0 && octets.n > 0)
		(void)!write(h->fd[k], octets.p, octets.n);
}

static void put_terms(struct house *h, size_t k, uint8_t octet)
{
	struct buf out = buf_of(100);
	struct milter_command m = { .kind = MILTER_OPTNEG, .offer = { 6, 0x1ff, 0 } };

	/* some of each kind: NO_, NR_, SKIP, REJECTED, BLANK */
	m.offer.steps = (octet & 15u) << 7 | (octet & 16u) << 16 | (octet & 0xe0u) << 12;
	m.offer.steps &= 0x1fffff;
	must(milter_put_command(&out, &m) == ST_OK);
	put(h, k, buf_view(&out));
	buf_free(&out);
}

static void put_letter(struct house *h, size_t k, uint8_t letter)
{
	const char packet[] = { 0, 0, 0, 1, (char)letter };

	put(h, k, (struct view){ packet, sizeof(packet) });
}

static void hang_up(struct house *h, size_t k)
{
	if (h->fd[k] >= 0)
		(void)close(h->fd[k]);
	h->fd[k] = -1;
}

static void step(struct house *h, struct cursor *c)
{
	uint8_t letter = cur_u8(c);
	size_t k = letter == 'o' || letter == 'w' || letter == 'r' || letter == 'x'
	                   ? cur_u8(c) % KIDS
	                   : 0;

	switch (letter) {
	case 's': ask(h); break;
	case 'a':
		chain_abort(h->chain);
		h->asked = false;
		break;
	case 'o': put_terms(h, k, cur_u8(c)); break;
	case 'w': put(h, k, cur_take(c, cur_u8(c))); break;
	case 'r': put_letter(h, k, cur_u8(c)); break;
	case 'x': hang_up(h, k); break;
	case 't': loop_advance(h->loop, cur_u8(c) * UINT64_C(100)); break;
	default: return;
	}
	turn(h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct child_conf confs[KIDS] = {
		{ .name = "a", .connect_ms = 3000, .write_ms = 500, .read_ms = 500, .end_ms = 900 },
		{ .name = "b", .connect_ms = 900, .write_ms = 500, .read_ms = 900, .end_ms = 3000 },
	};
	struct cursor c = cursor_of((struct view){ (const char *)data, size });
	struct child_histories known = { NULL };
	struct house h = { .fd = { -1, -1 } };
	struct chain_setup setup = { .terms = { 0x1ff, 0x1ff }, .id = "fuzz" };

	listen_once();
	for (size_t k = 0; k < KIDS; k++) {
		confs[k].address.path = path;
		confs[k].fallback = (enum child_fallback)(k + size % 3);
		confs[k].evaluation = size % 7 == k;
	}
	h.loop = loop_new_fake(0);
	h.children = children_new(&known, confs, KIDS);
	setup.loop = h.loop;
	setup.children = h.children;
	h.chain = chain_new(&setup, &events, &h);
	for (unsigned n = 0; n < 300 && !c.bad && c.left > 0; n++)
		step(&h, &c);
	h.asked = false;
	chain_free(&h.chain);
	turn(&h);
	for (size_t k = 0; k < KIDS; k++)
		hang_up(&h, k);
	children_unref(&h.children);
	child_histories_free(&known);
	mail_end(&h.mail);
	loop_free(&h.loop);
	for (int fd; (fd = accept(listener, NULL, NULL)) >= 0;)
		(void)close(fd);
	return 0;
}
