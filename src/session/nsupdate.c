#include "session/nsupdate.h"

#include <sys/random.h>
#include <unistd.h>

#include "net/conn.h"
#include "net/dial.h"
#include "util/escape.h"
#include "util/log.h"
#include "util/mem.h"

#define PORT       "53"
#define ANSWER_MAX ((size_t)65535 + 2) /* with its length in front, RFC 1035 section 4.2.2 */

struct nsupdates {
	struct loop *loop;
	struct log *log;
	struct job *jobs;
	unsigned under_way;
	unsigned failed; /* since the last line about it */
	int64_t complained_at;
};

struct job {
	struct job *next;
	struct job **at;
	struct nsupdates *all;
	char *servers, *name, *value, *key_name;
	struct view rest; /* of the servers: not tried yet */
	unsigned tried;
	struct dnsupdate record;
	struct dnsupdate_key key;
	bool has_key;
	char zone[DNSUPDATE_NAME_ROOM];
	bool has_zone;
	uint16_t id; /* of the message that waits for its answer */
	struct dial *dial;
	struct conn *conn;
	struct timer timer;
	struct buf in;
};

static void try_next(struct job *j, const char *why);

/* --- the end --- */

static void hang_up(struct job *j)
{
	dial_cancel(&j->dial);
	conn_close(&j->conn);
	timer_stop(j->all->loop, &j->timer);
	buf_clear(&j->in);
}

static void end(struct job *j)
{
	hang_up(j);
	*j->at = j->next;
	if (j->next != NULL)
		j->next->at = j->at;
	j->all->under_way--;
	buf_free(&j->in);
	mem_free(j->servers);
	mem_free(j->name);
	mem_free(j->value);
	mem_free(j->key_name);
	mem_free(j);
}

static void complain(struct nsupdates *n, struct view name, const char *why)
{
	char shown[ESCAPE_ROOM(DNSUPDATE_NAME_ROOM)];

	n->failed++;
	if (!log_due(&n->complained_at, loop_wall_s(n->loop)))
		return;
	log_warning(n->log, "nsupdate of %s failed: %s (%u failed since the last such line)",
	            escape_text(name, shown, sizeof(shown)), why, n->failed);
	n->failed = 0;
}

static void fail(struct job *j, const char *why)
{
	complain(j->all, j->record.name, why);
	end(j);
}

/* --- messages --- */

/* ST_LIMIT stands for a server that does not read, too. */
static enum status send(struct job *j)
{
	struct buf out = buf_of(DNSUPDATE_MESSAGE_MAX + 2);
	enum status st = buf_append(&out, (struct view){ "\0", 2 });

	if (getrandom(&j->id, sizeof(j->id), GRND_NONBLOCK) != (ssize_t)sizeof(j->id))
		j->id = (uint16_t)loop_mono_us();
	if (st == ST_OK && !j->has_zone)
		st = dnsupdate_put_zone_question(&out, j->id, j->record.name, j->record.dns_class);
	else if (st == ST_OK)
		st = dnsupdate_put(&out, j->id, &j->record, j->has_key ? &j->key : NULL,
		                   loop_wall_s(j->all->loop));
	if (st == ST_OK) {
		out.p[0] = (char)((out.n - 2) >> 8);
		out.p[1] = (char)(out.n - 2);
		st = conn_write(j->conn, buf_view(&out));
	}
	buf_free(&out);
	return st;
}

static void say(struct job *j)
{
	if (send(j) != ST_OK)
		fail(j, "the name or the value can't be in the DNS");
}

static void take_zone(struct job *j, struct view message)
{
	unsigned rcode = 0;

	switch ((int)dnsupdate_answer_zone(message, j->id, j->record.name, j->zone, &rcode)) {
	case ST_OK:
		j->has_zone = true;
		j->record.zone = view_of(j->zone);
		say(j);
		break;
	case ST_NOTFOUND:
		try_next(j, rcode != 0 ? dnsupdate_rcode_name(rcode)
		                       : "the server does not tell the zone");
		break;
	default: try_next(j, "the server's answer can't be read"); break;
	}
}

static void take_answer(struct job *j, struct view message)
{
	unsigned rcode;

	if (dnsupdate_answer(message, j->id, &rcode) != ST_OK)
		try_next(j, "the server's answer can't be read");
	else if (rcode != 0)
		try_next(j, dnsupdate_rcode_name(rcode));
	else
		end(j);
}

/* --- what the connection says --- */

static void on_data(void *arg, struct view octets)
{
	struct job *j = arg;
	const unsigned char *p;
	struct buf message;
	size_t size;

	if (buf_append(&j->in, octets) != ST_OK) {
		try_next(j, "the server's answer is too long");
		return;
	}
	p = (const unsigned char *)j->in.p;
	if (j->in.n < 2)
		return;
	size = (size_t)p[0] << 8 | p[1];
	if (j->in.n < 2 + size)
		return;
	message = j->in; /* another answer is collected from now on */
	j->in = buf_of(ANSWER_MAX);
	if (j->has_zone)
		take_answer(j, view_first(view_from(buf_view(&message), 2), size));
	else
		take_zone(j, view_first(view_from(buf_view(&message), 2), size));
	buf_free(&message);
}

static void on_end(void *arg, bool broken)
{
	(void)broken;
	try_next(arg, "the server closed the connection");
}

static const struct conn_events events = { .data = on_data, .end = on_end };

static void on_connected(void *arg, int fd, enum status st)
{
	struct job *j = arg;

	j->dial = NULL;
	if (st == ST_OK)
		j->conn = conn_new(j->all->loop, fd, fd, &events, j);
	if (j->conn == NULL && st == ST_OK)
		(void)close(fd);
	if (j->conn == NULL)
		try_next(j, st == ST_OK ? "no connection can be used" : status_text(st));
	else
		say(j);
}

static void on_timeout(void *arg)
{
	try_next(arg, "the server does not answer");
}

/* --- servers --- */

static bool next_server(struct job *j, struct view *out)
{
	while (j->tried < NSUPDATE_SERVERS && j->rest.n > 0) {
		size_t n = 0;

		while (n < j->rest.n && !ascii_blank(j->rest.p[n]) && j->rest.p[n] != ',')
			n++;
		*out = view_first(j->rest, n);
		j->rest = view_from(j->rest, n + 1);
		if (n > 0) {
			j->tried++;
			return true;
		}
	}
	return false;
}

/* HOST, HOST:PORT, [ADDRESS], [ADDRESS]:PORT; an address of IPv6 has more than one colon. */
static void split(struct view server, struct view *host, struct view *port)
{
	size_t colon = view_rfind(server, ':'), bracket = view_rfind(server, ']');
	bool several = colon != VIEW_NONE && view_find(server, ':') != colon;

	*host = server;
	*port = VIEW(PORT);
	if (server.p[0] == '[' && bracket != VIEW_NONE)
		*host = (struct view){ server.p + 1, bracket - 1 };
	else if (several || colon == VIEW_NONE)
		return;
	else
		*host = view_first(server, colon);
	if (colon != VIEW_NONE && (bracket == VIEW_NONE || colon == bracket + 1))
		*port = view_from(server, colon + 1);
}

static void try_next(struct job *j, const char *why)
{
	struct view server, host, port;
	char *host_text, *port_text;

	hang_up(j);
	j->has_zone = false;
	if (!next_server(j, &server)) {
		fail(j, why);
		return;
	}
	split(server, &host, &port);
	host_text = mem_text(host);
	port_text = mem_text(port);
	j->dial = dial_start(j->all->loop,
	                     &(struct dial_address){ .host = host_text, .port = port_text },
	                     NSUPDATE_SERVER_MS, on_connected, j);
	timer_start(j->all->loop, &j->timer, NSUPDATE_SERVER_MS, on_timeout, j);
	mem_free(host_text);
	mem_free(port_text);
}

void nsupdates_send(struct nsupdates *n, const struct nsupdate *what)
{
	struct job *j;

	if (n->under_way >= NSUPDATES_MAX) {
		complain(n, what->record.name, "too many are under way");
		return;
	}
	j = mem_new(struct job);
	j->all = n;
	j->in = buf_of(ANSWER_MAX);
	j->servers = mem_text(what->servers);
	j->rest = view_of(j->servers);
	j->record = what->record;
	j->name = mem_text(what->record.name);
	j->value = mem_text(what->record.value);
	j->record.name = (struct view){ j->name, what->record.name.n };
	j->record.value = (struct view){ j->value, what->record.value.n };
	if (what->key != NULL) {
		j->has_key = true;
		j->key = *what->key;
		j->key_name = mem_text(what->key->name);
		j->key.name = view_of(j->key_name);
	}
	j->next = n->jobs;
	j->at = &n->jobs;
	if (n->jobs != NULL)
		n->jobs->at = &j->next;
	n->jobs = j;
	n->under_way++;
	try_next(j, "it has no servers");
}

unsigned nsupdates_under_way(const struct nsupdates *n)
{
	return n->under_way;
}

struct nsupdates *nsupdates_new(struct loop *loop, struct log *log)
{
	struct nsupdates *n = mem_new(struct nsupdates);

	n->loop = loop;
	n->log = log;
	return n;
}

void nsupdates_free(struct nsupdates **n)
{
	if (*n == NULL)
		return;
	while ((*n)->jobs != NULL)
		end((*n)->jobs);
	mem_free(*n);
	*n = NULL;
}
