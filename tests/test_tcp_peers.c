#include "test.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/tcp_peers.h"

/* A server's and a client's end on the loopback. */
struct ends {
	int listener, server, client;
	struct tcp_pair pair;
};

static uint16_t port_of(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} a;
	socklen_t n = sizeof(a);

	memset(&a, 0, sizeof(a));
	assert_int_equal(getsockname(fd, &a.any, &n), 0);
	return ntohs(a.any.sa_family == AF_INET ? a.v4.sin_port : a.v6.sin6_port);
}

static bool begin(struct ends *e, int family)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr *a = family == AF_INET ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
	socklen_t n = family == AF_INET ? sizeof(v4) : sizeof(v6);

	memset(e, 0, sizeof(*e));
	e->listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	e->client = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (e->listener < 0 || bind(e->listener, a, n) != 0)
		return false; /* no IPv6 here */
	assert_int_equal(listen(e->listener, 1), 0);
	e->pair.own_port = port_of(e->listener);
	if (family == AF_INET)
		v4.sin_port = htons(e->pair.own_port);
	else
		v6.sin6_port = htons(e->pair.own_port);
	assert_int_equal(connect(e->client, a, n), 0);
	e->server = accept(e->listener, NULL, NULL);
	assert_true(e->server >= 0);
	e->pair.client_port = port_of(e->client);
	assert_int_equal(
		ip_parse(family == AF_INET ? VIEW("127.0.0.1") : VIEW("::1"), &e->pair.own), ST_OK);
	e->pair.client = e->pair.own;
	return true;
}

static void try_family(struct tcp_peers *p, int family)
{
	struct tcp_pair other;
	struct ends e;

	if (!begin(&e, family))
		return;
	assert_int_equal(tcp_peers_look(p, &e.pair), TCP_PEER_THERE);
	/* no such connection, but somebody listens */
	other = e.pair;
	other.client_port = 1;
	assert_int_equal(tcp_peers_look(p, &other), TCP_PEER_NO_CONNECTION);
	/* nor does anybody */
	other.own_port = 1;
	assert_int_equal(tcp_peers_look(p, &other), TCP_PEER_UNKNOWN);
	other.own.family = IP_NONE;
	assert_int_equal(tcp_peers_look(p, &other), TCP_PEER_UNKNOWN);
	(void)close(e.client);
	assert_int_equal(tcp_peers_look(p, &e.pair), TCP_PEER_GONE);
	(void)close(e.server);
	(void)close(e.listener);
}

/* A client that resets the connection leaves none at all. */
static void try_reset(struct tcp_peers *p)
{
	const struct linger at_once = { 1, 0 };
	struct ends e;

	assert_true(begin(&e, AF_INET));
	assert_int_equal(setsockopt(e.client, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	(void)close(e.client);
	assert_int_equal(tcp_peers_look(p, &e.pair), TCP_PEER_NO_CONNECTION);
	(void)close(e.server);
	(void)close(e.listener);
}

static void test_look(void **state)
{
	struct tcp_peers *p = tcp_peers_new();

	(void)state;
	if (p == NULL)
		skip(); /* a kernel without the table */
	try_family(p, AF_INET);
	try_family(p, AF_INET6);
	try_reset(p);
	tcp_peers_free(&p);
	assert_null(p);
	tcp_peers_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_look) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
