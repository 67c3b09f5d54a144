#include "scan/p0f.h"

#include <unistd.h>

#include "codec/p0f.h"
#include "net/conn.h"
#include "net/dial.h"
#include "util/mem.h"

struct p0f_lookup {
	struct loop *loop;
	struct dial *dial;
	struct conn *conn;
	struct timer timer;
	unsigned char query[P0F_QUERY_SIZE];
	char answer[P0F_ANSWER_SIZE];
	size_t got;
	void (*told)(void *arg, enum status st, struct view text);
	void *arg;
};

static void release(struct p0f_lookup *k)
{
	dial_cancel(&k->dial);
	conn_close(&k->conn);
	timer_stop(k->loop, &k->timer);
	mem_free(k);
}

static void tell(struct p0f_lookup *k, enum status st, struct view text)
{
	void (*told)(void *, enum status, struct view) = k->told;
	void *arg = k->arg;

	release(k);
	told(arg, st, text);
}

static void on_data(void *arg, struct view octets)
{
	struct p0f_lookup *k = arg;
	char text[P0F_TEXT_MAX + 1] = "";
	enum status st;

	if (octets.n > sizeof(k->answer) - k->got) {
		tell(k, ST_INVALID, VIEW(""));
		return;
	}
	memcpy(k->answer + k->got, octets.p, octets.n);
	k->got += octets.n;
	if (k->got < sizeof(k->answer))
		return;
	st = p0f_answer((struct view){ k->answer, k->got }, text);
	tell(k, st, view_of(text));
}

static void on_end(void *arg, bool broken)
{
	(void)broken;
	tell(arg, ST_UNAVAILABLE, VIEW(""));
}

static void on_timeout(void *arg)
{
	tell(arg, ST_TIMEOUT, VIEW(""));
}

static void on_connected(void *arg, int fd, enum status st)
{
	static const struct conn_events events = { .data = on_data, .end = on_end };
	struct p0f_lookup *k = arg;

	k->dial = NULL;
	if (st == ST_OK) {
		k->conn = conn_new(k->loop, fd, fd, &events, k);
		if (k->conn == NULL)
			(void)close(fd);
	}
	if (k->conn == NULL ||
	    conn_write(k->conn, (struct view){ (const char *)k->query, sizeof(k->query) }) != ST_OK)
		tell(k, st == ST_OK ? ST_UNAVAILABLE : st, VIEW(""));
}

struct p0f_lookup *p0f_lookup(struct loop *loop, const char *path, const struct ip *client,
                              unsigned timeout_ms,
                              void (*told)(void *arg, enum status st, struct view text), void *arg)
{
	struct p0f_lookup *k = mem_new(struct p0f_lookup);

	k->loop = loop;
	k->told = told;
	k->arg = arg;
	p0f_query(client, k->query);
	timer_start(loop, &k->timer, timeout_ms, on_timeout, k);
	k->dial = dial_start(loop, &(struct dial_address){ .path = path }, timeout_ms, on_connected,
	                     k);
	return k;
}

void p0f_cancel(struct p0f_lookup **lookup)
{
	if (*lookup != NULL)
		release(*lookup);
	*lookup = NULL;
}
