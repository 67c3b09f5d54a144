/* A fake server, a resolver that knows only it, and a loop with a port. */
#pragma once

#include "test.h"

#include "dns/resolver.h"
#include "fake_dns.h"

struct rig {
	struct fake_dns *server;
	struct resolver *resolver;
	struct loop *loop;
	struct dns_port *port;
};

static inline struct resolver *rig_resolver(const struct fake_dns *server)
{
	const char *forward = fake_dns_forward(server);
	const struct resolver_options options = { .forward = &forward, .forwards = 1 };
	struct resolver *r;
	struct diag why = { .text = "" };

	if (resolver_new(&options, NULL, &r, &why) != ST_OK)
		fail_msg("%s", why.text);
	return r;
}

static inline void rig_begin(struct rig *r, const char *table)
{
	r->server = fake_dns_new(table);
	r->resolver = rig_resolver(r->server);
	r->loop = loop_new();
	r->port = dns_port_new(r->resolver, r->loop);
}

static inline void rig_end(struct rig *r)
{
	dns_port_free(&r->port);
	loop_free(&r->loop);
	resolver_free(&r->resolver);
	fake_dns_free(&r->server);
}

static inline void rig_turn_until(struct rig *r, const unsigned *times, unsigned wanted)
{
	for (bool wait = false; *times < wanted; wait = true)
		loop_turn(r->loop, wait);
}
