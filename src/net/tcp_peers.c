#include "net/tcp_peers.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/mem.h"

#define ALL_STATES    UINT32_MAX
#define LATE_ANSWERS  4u /* that an earlier, interrupted look may have left */
#define STATE_MISSING 0u /* no number of a state */

struct tcp_peers {
	int fd;
	uint32_t serial;
};

struct request {
	struct nlmsghdr head;
	struct inet_diag_req_v2 diag;
};

struct tcp_peers *tcp_peers_new(void)
{
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);
	struct tcp_peers *p;

	if (fd < 0)
		return NULL;
	p = mem_new(struct tcp_peers);
	p->fd = fd;
	return p;
}

void tcp_peers_free(struct tcp_peers **peers)
{
	if (*peers == NULL)
		return;
	(void)close((*peers)->fd);
	mem_free(*peers);
	*peers = NULL;
}

static struct request request_for(const struct tcp_pair *pair, uint32_t serial)
{
	struct request r;

	memset(&r, 0, sizeof(r));
	r.head.nlmsg_len = sizeof(r);
	r.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
	r.head.nlmsg_flags = NLM_F_REQUEST;
	r.head.nlmsg_seq = serial;
	r.diag.sdiag_family = pair->client.family == IP_V4 ? AF_INET : AF_INET6;
	r.diag.sdiag_protocol = IPPROTO_TCP;
	r.diag.idiag_states = ALL_STATES;
	r.diag.id.idiag_sport = htons(pair->own_port);
	r.diag.id.idiag_dport = htons(pair->client_port);
	memcpy(r.diag.id.idiag_src, pair->own.octet, sizeof(pair->own.octet));
	memcpy(r.diag.id.idiag_dst, pair->client.octet, sizeof(pair->client.octet));
	r.diag.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
	r.diag.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	return r;
}

/* The kernel answers while the question is sent. */
static unsigned state_of(struct tcp_peers *p, uint32_t serial)
{
	union {
		struct nlmsghdr head;
		char octets[4096];
	} answer;
	struct inet_diag_msg found;

	for (unsigned i = 0; i < LATE_ANSWERS; i++) {
		ssize_t n = recv(p->fd, &answer, sizeof(answer), MSG_DONTWAIT);

		if (n < (ssize_t)sizeof(answer.head))
			return STATE_MISSING;
		if (answer.head.nlmsg_seq != serial)
			continue;
		if (answer.head.nlmsg_type != SOCK_DIAG_BY_FAMILY ||
		    n < (ssize_t)NLMSG_LENGTH(sizeof(found)))
			return STATE_MISSING;
		memcpy(&found, answer.octets + NLMSG_HDRLEN, sizeof(found));
		return found.idiag_state;
	}
	return STATE_MISSING;
}

enum tcp_peer tcp_peers_look(struct tcp_peers *p, const struct tcp_pair *pair)
{
	uint32_t serial = ++p->serial;
	struct request r = request_for(pair, serial);

	if (pair->own.family != pair->client.family || pair->own.family == IP_NONE ||
	    send(p->fd, &r, sizeof(r), 0) != (ssize_t)sizeof(r))
		return TCP_PEER_UNKNOWN;
	switch (state_of(p, serial)) {
	case TCP_ESTABLISHED: return TCP_PEER_THERE;
	case TCP_CLOSE_WAIT:
	case TCP_LAST_ACK:
	case TCP_CLOSE:
	case TCP_CLOSING:
	case TCP_TIME_WAIT: return TCP_PEER_GONE;
	case TCP_LISTEN: return TCP_PEER_NO_CONNECTION;
	default: return TCP_PEER_UNKNOWN;
	}
}
