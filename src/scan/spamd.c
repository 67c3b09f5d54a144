#include "scan/spamd.h"

#include <assert.h>
#include <stdio.h>
#include <unistd.h>

#include "net/conn.h"
#include "util/mem.h"

/* Octets that are handed to the connection at a time. It would not read above CONN_OUT_PAUSE, and
 * spamd may answer before it has read all. */
#define PIECE_MAX ((size_t)32768)

#define SERVER_TEXT_MAX ((size_t)DIAL_HOST_MAX + DIAL_PORT_MAX + 16)

/* Servers whose failures are remembered. The configuration names them; after reloads the oldest
 * are forgotten. */
#define MARKS_MAX (2 * SPAMD_SERVERS_MAX)

/* A server that failed. */
struct mark {
	char server[SERVER_TEXT_MAX];
	uint64_t failed_ms, told_ms;
	bool shunned, told;
};

struct spamd {
	struct loop *loop;
	unsigned connections, waiting_max;
	unsigned busy, waiting;
	struct spamd_scan *first, *last; /* that wait, in their order */
	struct spamd_scan *all;
	bool ended;
	struct mark marks[MARKS_MAX], crowd;
	unsigned mark_count;
	const struct spamd_events *events;
	void *arg;
};

enum scan_state {
	SCAN_WAITS,    /* in the queue, for a connection that is free */
	SCAN_CONNECTS, /* to servers[at] */
	SCAN_ASKS,     /* the mail is on its way, or the reply */
	SCAN_OVER,     /* its outcome is known, and told soon */
};

struct spamd_scan {
	struct spamd_scan *next, *prev; /* in the queue */
	struct spamd_scan *other;       /* in the list of all, */
	struct spamd_scan **at_other;   /* and what points to it there */
	struct spamd *pool;
	struct spamd_question q;
	enum scan_state state;
	uint64_t end_ms;
	struct timer timer;
	struct soon soon;
	struct dial *dial;
	struct conn *conn;
	uint32_t tried;      /* bit 1 << server */
	size_t at;           /* the server */
	size_t piece, begun; /* what is to be sent next: the piece, and its octets that were sent */
	struct spamc_parser parser;
	struct spamd_result result;
	void (*done)(void *arg, const struct spamd_result *result);
	void *arg;
};

_Static_assert(SPAMD_SERVERS_MAX <= 32, "struct spamd_scan.tried");

const char *spamd_outcome_text(enum spamd_outcome outcome)
{
	static const char *const texts[] = {
		[SPAMD_ANSWERED] = "answered",
		[SPAMD_TOO_MANY] = "too many mails wait",
		[SPAMD_TIMEOUT] = "no answer in time",
		[SPAMD_DEAD] = "no connection",
		[SPAMD_CUT] = "the connection broke off",
		[SPAMD_GARBAGE] = "an answer that is none of spamd's",
		[SPAMD_REFUSED] = "refused",
	};

	return texts[outcome];
}

/* --- servers that failed --- */

static void put_server(const struct dial_address *a, char out[SERVER_TEXT_MAX])
{
	if (a->path != NULL)
		(void)snprintf(out, SERVER_TEXT_MAX, "unix:%s", a->path);
	else
		(void)snprintf(out, SERVER_TEXT_MAX, "inet:%s:%s", a->host, a->port);
}

static struct mark *find_mark(struct spamd *p, const struct dial_address *a)
{
	char server[SERVER_TEXT_MAX];

	put_server(a, server);
	for (unsigned i = 0; i < p->mark_count; i++)
		if (strcmp(p->marks[i].server, server) == 0)
			return &p->marks[i];
	return NULL;
}

static struct mark *new_mark(struct spamd *p, const struct dial_address *a)
{
	struct mark *m = &p->marks[0];

	if (p->mark_count < MARKS_MAX)
		m = &p->marks[p->mark_count++];
	else
		for (unsigned i = 1; i < MARKS_MAX; i++)
			m = p->marks[i].failed_ms < m->failed_ms ? &p->marks[i] : m;
	*m = (struct mark){ .told = false };
	put_server(a, m->server);
	return m;
}

static bool is_shunned(struct spamd *p, const struct dial_address *a)
{
	const struct mark *m = find_mark(p, a);

	return m != NULL && m->shunned && loop_mono_ms(p->loop) - m->failed_ms < SPAMD_SHUN_MS;
}

static void tell_failure(struct spamd *p, struct mark *m, const struct spamd_result *r)
{
	uint64_t now = loop_mono_ms(p->loop);

	if (p->events == NULL || (m->told && now - m->told_ms < SPAMD_TELL_MS))
		return;
	m->told = true;
	m->told_ms = now;
	p->events->failed(p->arg, m->server, r->outcome, r->reply.code);
}

static void note_failure(struct spamd *p, const struct dial_address *a,
                         const struct spamd_result *r)
{
	struct mark *m = find_mark(p, a);
	uint64_t now = loop_mono_ms(p->loop);

	if (m == NULL)
		m = new_mark(p, a);
	m->shunned = true;
	m->failed_ms = now;
	tell_failure(p, m, r);
}

static void note_success(struct spamd *p, const struct dial_address *a)
{
	struct mark *m = find_mark(p, a);

	if (m != NULL)
		m->shunned = false;
}

/* The first that was not tried yet, if possible one that has not failed lately. */
static bool choose_server(struct spamd_scan *s)
{
	size_t other = SPAMD_SERVERS_MAX;

	for (size_t i = 0; i < s->q.server_count; i++) {
		if ((s->tried >> i & 1) != 0)
			continue;
		if (!is_shunned(s->pool, &s->q.servers[i])) {
			s->at = i;
			return true;
		}
		other = other == SPAMD_SERVERS_MAX ? i : other;
	}
	if (other == SPAMD_SERVERS_MAX)
		return false;
	s->at = other;
	return true;
}

/* --- the queue --- */

static void put_last(struct spamd *p, struct spamd_scan *s)
{
	s->state = SCAN_WAITS;
	s->prev = p->last;
	if (p->last != NULL)
		p->last->next = s;
	else
		p->first = s;
	p->last = s;
	p->waiting++;
}

static void take_off(struct spamd *p, struct spamd_scan *s)
{
	if (s->prev != NULL)
		s->prev->next = s->next;
	else
		p->first = s->next;
	if (s->next != NULL)
		s->next->prev = s->prev;
	else
		p->last = s->prev;
	s->next = s->prev = NULL;
	p->waiting--;
}

static void connect_server(struct spamd_scan *s);

static void serve_waiting(struct spamd *p)
{
	while (p->busy < p->connections && p->first != NULL && !p->ended) {
		struct spamd_scan *s = p->first;

		take_off(p, s);
		p->busy++;
		(void)choose_server(s); /* none was tried, so there is one */
		connect_server(s);
	}
}

/* --- the end of a scan --- */

static void hang_up(struct spamd_scan *s)
{
	dial_cancel(&s->dial);
	conn_close(&s->conn);
}

/* Nothing of it is under way afterwards, and its place is another's. */
static void leave(struct spamd_scan *s)
{
	enum scan_state was = s->state;

	s->state = SCAN_OVER;
	timer_stop(s->pool->loop, &s->timer);
	loop_not_soon(s->pool->loop, &s->soon);
	hang_up(s);
	if (was == SCAN_WAITS)
		take_off(s->pool, s);
	if (was == SCAN_CONNECTS || was == SCAN_ASKS) {
		s->pool->busy--;
		serve_waiting(s->pool);
	}
}

static void into_list(struct spamd_scan *s)
{
	s->other = s->pool->all;
	s->at_other = &s->pool->all;
	if (s->other != NULL)
		s->other->at_other = &s->other;
	s->pool->all = s;
}

static void free_scan(struct spamd_scan *s)
{
	*s->at_other = s->other;
	if (s->other != NULL)
		s->other->at_other = s->at_other;
	spamc_parser_free(&s->parser);
	mem_free(s);
}

static void tell(void *arg)
{
	struct spamd_scan *s = arg;

	leave(s);
	s->done(s->arg, &s->result);
	free_scan(s);
}

static void end_scan(struct spamd_scan *s, enum spamd_outcome outcome)
{
	s->result.outcome = outcome;
	tell(s);
}

static void fail_server(struct spamd_scan *s, enum spamd_outcome outcome)
{
	hang_up(s);
	s->result.outcome = outcome;
	if (outcome != SPAMD_REFUSED)
		s->result.reply = (struct spamc_reply){ .code = 0 };
	note_failure(s->pool, &s->q.servers[s->at], &s->result);
	if (choose_server(s))
		connect_server(s);
	else
		tell(s);
}

static void on_timeout(void *arg)
{
	struct spamd_scan *s = arg;

	s->result.outcome = SPAMD_TIMEOUT;
	if (s->state == SCAN_WAITS)
		tell_failure(s->pool, &s->pool->crowd, &s->result);
	else
		note_failure(s->pool, &s->q.servers[s->at], &s->result);
	tell(s);
}

/* --- a server's reply --- */

static void take_reply(struct spamd_scan *s, enum status st)
{
	s->result.reply = s->parser.reply;
	if (st == ST_OK && s->result.reply.code == 0) {
		note_success(s->pool, &s->q.servers[s->at]);
		end_scan(s, SPAMD_ANSWERED);
	} else if (st == ST_OK)
		fail_server(s, SPAMD_REFUSED);
	else
		fail_server(s, SPAMD_GARBAGE);
}

static void on_data(void *arg, struct view octets)
{
	struct spamd_scan *s = arg;
	enum status st = spamc_take(&s->parser, octets);

	if (st != ST_AGAIN)
		take_reply(s, st);
}

static void on_end(void *arg, bool broken)
{
	struct spamd_scan *s = arg;

	if (!broken && spamc_close(&s->parser) == ST_OK)
		take_reply(s, ST_OK);
	else
		fail_server(s, SPAMD_CUT);
}

/* --- the mail --- */

/* Fills what the connection takes at a time. */
static void send_more(struct spamd_scan *s)
{
	size_t room = PIECE_MAX;

	while (room > 0 && s->piece < s->q.piece_count) {
		struct view v = view_first(view_from(s->q.pieces[s->piece], s->begun), room);

		if (v.n == 0) {
			s->piece++;
			s->begun = 0;
			continue;
		}
		if (conn_write(s->conn, v) != ST_OK)
			return; /* can't be: no more than PIECE_MAX waits */
		s->begun += v.n;
		room -= v.n;
	}
	if (s->piece == s->q.piece_count && room > 0)
		conn_finish(s->conn);
}

static void on_drained(void *arg)
{
	struct spamd_scan *s = arg;

	if (s->piece < s->q.piece_count)
		send_more(s);
}

static enum status send_head(struct spamd_scan *s)
{
	struct spamc_request request = { .command = s->q.command, .user = s->q.user };
	struct buf head = buf_of(SPAMC_USER_MAX + 100);
	enum status st;

	for (size_t i = 0; i < s->q.piece_count; i++)
		request.length += s->q.pieces[i].n;
	st = spamc_put_request(&head, &request);
	if (st != ST_OK) { /* the user's name: then the server's default counts */
		request.user = VIEW("");
		st = spamc_put_request(&head, &request);
	}
	if (st == ST_OK)
		st = conn_write(s->conn, buf_view(&head));
	buf_free(&head);
	return st;
}

static void on_connected(void *arg, int fd, enum status st)
{
	static const struct conn_events events = { on_data, on_end, on_drained };
	struct spamd_scan *s = arg;

	s->dial = NULL;
	if (st != ST_OK) {
		fail_server(s, SPAMD_DEAD);
		return;
	}
	s->conn = conn_new(s->pool->loop, fd, fd, &events, s);
	if (s->conn == NULL)
		(void)close(fd);
	if (s->conn == NULL || send_head(s) != ST_OK) {
		fail_server(s, SPAMD_DEAD);
		return;
	}
	s->state = SCAN_ASKS;
	s->piece = s->begun = 0;
	spamc_parser_free(&s->parser);
	spamc_parser_begin(&s->parser, s->q.command, s->q.echoed);
	send_more(s);
}

static void connect_server(struct spamd_scan *s)
{
	uint64_t now = loop_mono_ms(s->pool->loop);
	uint64_t left = s->end_ms > now ? s->end_ms - now : 1;

	s->state = SCAN_CONNECTS;
	s->tried |= (uint32_t)1 << s->at;
	s->dial = dial_start(s->pool->loop, &s->q.servers[s->at],
	                     left < SPAMD_CONNECT_MS ? left : SPAMD_CONNECT_MS, on_connected, s);
}

/* --- scans --- */

struct spamd *spamd_new(struct loop *loop, unsigned connections, unsigned waiting,
                        const struct spamd_events *events, void *arg)
{
	struct spamd *p = mem_new(struct spamd);

	p->loop = loop;
	p->connections = connections;
	p->waiting_max = waiting;
	p->events = events;
	p->arg = arg;
	return p;
}

static void tell_soon(struct spamd_scan *s, enum spamd_outcome outcome)
{
	s->state = SCAN_OVER;
	s->result.outcome = outcome;
	loop_soon(s->pool->loop, &s->soon, tell, s);
}

void spamd_end(struct spamd *pool)
{
	pool->ended = true;
	for (struct spamd_scan *s = pool->all; s != NULL; s = s->other) {
		if (s->state == SCAN_OVER)
			continue;
		leave(s);
		tell_soon(s, SPAMD_TIMEOUT);
	}
}

void spamd_free(struct spamd **pool)
{
	assert(*pool == NULL || (*pool)->all == NULL);
	mem_free(*pool);
	*pool = NULL;
}

struct spamd_scan *spamd_scan(struct spamd *pool, const struct spamd_question *q,
                              void (*done)(void *arg, const struct spamd_result *result), void *arg)
{
	struct spamd_scan *s = mem_new(struct spamd_scan);

	assert(q->server_count > 0 && q->server_count <= SPAMD_SERVERS_MAX);
	s->pool = pool;
	s->q = *q;
	s->done = done;
	s->arg = arg;
	into_list(s);
	if (pool->ended) {
		tell_soon(s, SPAMD_TIMEOUT);
		return s;
	}
	if (pool->waiting >= pool->waiting_max && pool->busy >= pool->connections) {
		tell_soon(s, SPAMD_TOO_MANY);
		tell_failure(pool, &pool->crowd, &s->result);
		return s;
	}
	s->end_ms = loop_mono_ms(pool->loop) + q->timeout_ms;
	timer_start(pool->loop, &s->timer, q->timeout_ms, on_timeout, s);
	put_last(pool, s);
	serve_waiting(pool);
	return s;
}

void spamd_scan_cancel(struct spamd_scan **scan)
{
	struct spamd_scan *s = *scan;

	*scan = NULL;
	if (s == NULL)
		return;
	leave(s);
	free_scan(s);
}
