/* The kernel's table of TCP connections: whether the client of another process on this machine has
 * hung up, which that process does not see while it waits for us. */
#pragma once

#include "util/ip.h"

struct tcp_peers;

/* As the process that serves it sees it. */
struct tcp_pair {
	struct ip own, client; /* of one family */
	uint16_t own_port, client_port;
};

enum tcp_peer {
	TCP_PEER_UNKNOWN, /* not on this machine, not in our network namespace, or not to be told */
	TCP_PEER_THERE,
	TCP_PEER_GONE,          /* it has closed its end */
	TCP_PEER_NO_CONNECTION, /* somebody listens there, but there is no such connection (any
	                           more) */
};

/* NULL when the system has no such table. */
struct tcp_peers *tcp_peers_new(void);
void tcp_peers_free(struct tcp_peers **p);

/* One system call or two; does not wait. */
enum tcp_peer tcp_peers_look(struct tcp_peers *p, const struct tcp_pair *pair);
