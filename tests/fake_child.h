/* A filter that does as it is told: it listens on a unix socket, writes down what an MTA says, and
 * answers by a script. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "codec/milter_mta.h"
#include "folder.h"
#include "hex.h"

#define FAKE_RULES 16u

/* What it answers to a letter: alternatives with "/" between, one for each time, the last one again
 * and again; packets with ";" between, each a letter and its data, in which "|" is a NUL, and "#"
 * and a digit a number of 32 bits. An empty one: no answer. "!": it hangs up. "=": answer as it is.
 */
struct fake_rule {
	char letter;
	const char *says;
	unsigned times;
};

struct fake_child {
	char path[FOLDER_MAX * 2];
	int listener, fd; /* -1: none */
	unsigned connections;
	uint32_t version, actions, steps;
	const char *lists; /* behind its terms, hexadecimal; NULL: none */
	struct fake_rule rule[FAKE_RULES];
	size_t rules;
	struct buf in, seen; /* what came: letters, and what matters of it */
	char client[100];    /* family, port and address of the last one */
};

static inline void fake_begin(struct fake_child *f, const char *folder, const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	*f = (struct fake_child){
		.fd = -1,
		.version = 6,
		.actions = 0xff,
		.in = buf_of(ROOM),
		.seen = buf_of(ROOM),
	};
	folder_path(f->path, folder, name);
	f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	memcpy(at.sun_path, f->path, strlen(f->path) + 1);
	assert_int_equal(bind(f->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(f->listener, 8), 0);
}

static inline void fake_hang_up(struct fake_child *f)
{
	if (f->fd >= 0)
		(void)close(f->fd);
	f->fd = -1;
	buf_clear(&f->in);
}

static inline void fake_end(struct fake_child *f)
{
	fake_hang_up(f);
	if (f->listener >= 0)
		(void)close(f->listener);
	buf_free(&f->in);
	buf_free(&f->seen);
}

static inline void fake_says(struct fake_child *f, char letter, const char *says)
{
	f->rule[f->rules++] = (struct fake_rule){ letter, says, 0 };
}

static inline void fake_write(struct fake_child *f, struct view octets)
{
	if (f->fd >= 0 && octets.n > 0)
		(void)!send(f->fd, octets.p, octets.n, MSG_NOSIGNAL);
}

/* One packet of a script. */
static inline void fake_packet(struct fake_child *f, struct view one)
{
	struct buf data = buf_of(ROOM), out = buf_of(ROOM);
	struct view part;

	for (size_t i = 1; i < one.n; i++) {
		char number[4];

		if (one.p[i] == '#') {
			milter_number((uint32_t)(one.p[++i] - '0'), number);
			assert_int_equal(buf_append(&data, (struct view){ number, 4 }), ST_OK);
		} else {
			assert_int_equal(buf_byte(&data, one.p[i] == '|' ? '\0' : one.p[i]), ST_OK);
		}
	}
	part = buf_view(&data);
	assert_int_equal(milter_put_packet(&out, one.p[0], &part, 1), ST_OK);
	fake_write(f, buf_view(&out));
	buf_free(&data);
	buf_free(&out);
}

static inline void fake_script(struct fake_child *f, struct view says)
{
	struct view one;

	while (view_next(&says, ';', &one)) {
		if (one.n > 0 && one.p[0] == '!')
			fake_hang_up(f);
		else if (one.n > 0)
			fake_packet(f, one);
	}
}

static inline void fake_terms(struct fake_child *f)
{
	const struct milter_command m = { .kind = MILTER_OPTNEG,
		                          .offer = { f->version, f->actions, f->steps } };
	struct buf out = buf_of(ROOM), data = buf_of(ROOM);
	struct view part;

	assert_int_equal(milter_put_command(&out, &m), ST_OK);
	assert_int_equal(buf_append(&data, view_from(buf_view(&out), MILTER_HEAD)), ST_OK);
	if (f->lists != NULL)
		put_hex(&data, f->lists);
	part = buf_view(&data);
	buf_clear(&out);
	assert_int_equal(milter_put_packet(&out, 'O', &part, 1), ST_OK);
	fake_write(f, buf_view(&out));
	buf_free(&out);
	buf_free(&data);
}

static inline bool fake_rule(struct fake_child *f, char letter)
{
	for (size_t i = 0; i < f->rules; i++) {
		struct view rest = view_of(f->rule[i].says), says = VIEW("");

		if (f->rule[i].letter != letter)
			continue;
		for (unsigned n = 0; n <= f->rule[i].times && rest.n > 0; n++)
			(void)view_next(&rest, '/', &says);
		f->rule[i].times++;
		fake_script(f, says);
		return true;
	}
	return false;
}

static inline void fake_answer(struct fake_child *f, const struct milter_command *m)
{
	if (fake_rule(f, (char)m->kind))
		return;
	if (m->kind == MILTER_OPTNEG)
		fake_terms(f);
	else if (m->kind == MILTER_QUIT)
		fake_hang_up(f);
	else if (milter_awaits_answer(m->kind, f->steps))
		fake_script(f, VIEW("c"));
}

static inline void fake_note(struct fake_child *f, const struct milter_command *m)
{
	enum status st = f->seen.n > 0 ? buf_byte(&f->seen, ' ') : ST_OK;
	struct milter_texts rest;
	struct view text;

	assert_int_equal(st, ST_OK);
	assert_int_equal(buf_byte(&f->seen, (char)m->kind), ST_OK);
	if (m->kind == MILTER_MAIL || m->kind == MILTER_RCPT) {
		assert_int_equal(buf_append(&f->seen, m->envelope.address), ST_OK);
		rest = m->envelope.arguments;
		while (milter_next(&rest, &text))
			assert_int_equal(buf_printf(&f->seen, ",%.*s", VIEW_ARG(text)), ST_OK);
	} else if (m->kind == MILTER_CONNECT) {
		assert_int_equal(buf_append(&f->seen, m->connect.host), ST_OK);
		(void)snprintf(f->client, sizeof(f->client), "%c %u %.*s", (char)m->connect.family,
		               m->connect.port, VIEW_ARG(m->connect.address));
	} else if (m->kind == MILTER_HELO || m->kind == MILTER_UNKNOWN) {
		assert_int_equal(buf_append(&f->seen, m->text), ST_OK);
	} else if (m->kind == MILTER_HEADER) {
		assert_int_equal(buf_printf(&f->seen, "%.*s=%.*s", VIEW_ARG(m->header.name),
		                            VIEW_ARG(m->header.value)),
		                 ST_OK);
	} else if (m->kind == MILTER_BODY) {
		assert_int_equal(buf_append(&f->seen, view_first(m->body, 20)), ST_OK);
	} else if (m->kind == MILTER_MACRO) {
		assert_int_equal(buf_byte(&f->seen, m->macros.command), ST_OK);
		rest = m->macros.pairs;
		while (milter_next(&rest, &text))
			assert_int_equal(buf_printf(&f->seen, ",%.*s", VIEW_ARG(text)), ST_OK);
	}
}

static inline bool fake_take(struct fake_child *f)
{
	struct milter_packet packet;
	struct milter_command m;
	size_t used;

	if (milter_scan(buf_view(&f->in), MILTER_DATA_MAX, &packet, &used) != ST_OK)
		return false;
	assert_int_equal(milter_command_read(&packet, &m), ST_OK);
	fake_note(f, &m);
	fake_answer(f, &m);
	if (f->fd >= 0)
		buf_drop(&f->in, used);
	return f->fd >= 0;
}

/* Does what is to be done now. */
static inline void fake_turn(struct fake_child *f)
{
	static char space[1 << 16];
	ssize_t n;

	if (f->fd < 0 && f->listener >= 0) {
		f->fd = accept(f->listener, NULL, NULL);
		if (f->fd < 0)
			return;
		(void)fcntl(f->fd, F_SETFL, O_NONBLOCK);
		f->connections++;
	}
	while (f->fd >= 0 && (n = read(f->fd, space, sizeof(space))) >= 0) {
		if (n == 0) {
			assert_int_equal(buf_append(&f->seen, VIEW(" -")), ST_OK);
			fake_hang_up(f);
			return;
		}
		assert_int_equal(buf_append(&f->in, (struct view){ space, (size_t)n }), ST_OK);
		while (fake_take(f))
			;
	}
}
