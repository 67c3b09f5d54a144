#include "dns/context.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unbound.h>

#include "dns/resolver.h"
#include "util/escape.h"

#define SHOWN_MAX 80 /* octets of a word that is refused */

static enum status set(struct ub_ctx *ctx, const char *option, const char *value, struct diag *why)
{
	char name[64];
	int err;

	(void)snprintf(name, sizeof(name), "%s:", option);
	err = ub_ctx_set_option(ctx, name, value);
	if (err == 0)
		return ST_OK;
	diag_set(why, "resolver: %s %s: %s", option, value, ub_strerror(err));
	return ST_INVALID;
}

/* Where libunbound's own values as a library are too small for a daemon. */
static enum status set_sizes(struct ub_ctx *ctx, size_t cache, struct diag *why)
{
	const struct {
		const char *name;
		size_t value;
	} sizes[] = {
		{ "outgoing-range", RESOLVER_SOCKETS },
		{ "outgoing-num-tcp", 32 }, /* after truncated answers */
		/* unbound.conf(5): the cache of records should be twice that of messages. */
		{ "msg-cache-size", cache / 3 },
		{ "rrset-cache-size", cache / 3 * 2 },
		{ "cache-max-negative-ttl", 300 },
	};
	enum status st = ST_OK;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && st == ST_OK; i++) {
		char text[32];

		(void)snprintf(text, sizeof(text), "%zu", sizes[i].value);
		st = set(ctx, sizes[i].name, text, why);
	}
	return st;
}

/* libunbound's times are those of authorities. A forwarder answers at once what it knows and takes
 * seconds for what it must ask; its silence is often that of a dead authority behind it, and must
 * not make the forwarder look dead: when libunbound's patience, which begins with 1 s here and
 * doubles, has come to 12 s, it puts a server aside. So what was learned of a forwarder is
 * forgotten after a second. Each name is asked for four times in some 6 s. */
static enum status set_patience(struct ub_ctx *ctx, struct diag *why)
{
	enum status st = set(ctx, "infra-cache-min-rtt", "1000", why);

	if (st == ST_OK)
		st = set(ctx, "unknown-server-time-limit", "1000", why);
	if (st == ST_OK)
		st = set(ctx, "outbound-msg-retry", "2", why);
	return st == ST_OK ? set(ctx, "infra-host-ttl", "1", why) : st;
}

static enum status set_behaviour(struct ub_ctx *ctx, const struct resolver_options *o,
                                 struct diag *why)
{
	bool recursive = o->recursive, world = recursive && o->root == NULL;
	enum status st = set(ctx, "module-config", "iterator", why); /* no validation */

	if (st == ST_OK)
		st = set(ctx, "do-not-query-localhost", world ? "yes" : "no", why);
	/* A forwarder knows the names of private networks, the authorities of the Internet don't
	 * (RFC 6303). */
	if (st == ST_OK)
		st = set(ctx, "unblock-lan-zones", recursive ? "no" : "yes", why);
	return st == ST_OK && !recursive ? set_patience(ctx, why) : st;
}

const char *context_file(const struct resolver_options *o)
{
	if (o->recursive || o->forwards > 0)
		return NULL;
	return o->resolv_conf != NULL ? o->resolv_conf : "/etc/resolv.conf";
}

static enum status set_servers(struct ub_ctx *ctx, const struct resolver_options *o,
                               struct diag *why)
{
	const char *file = context_file(o);

	if (o->recursive && o->root != NULL && ub_ctx_set_stub(ctx, ".", o->root, 0) != 0) {
		diag_set(why, "resolver: the root '%s' is refused", o->root);
		return ST_INVALID;
	}
	if (o->recursive)
		return ST_OK;
	if (o->forwards > RESOLVER_FORWARDS_MAX) {
		diag_set(why, "resolver: more than %d addresses", RESOLVER_FORWARDS_MAX);
		return ST_INVALID;
	}
	for (size_t i = 0; i < o->forwards; i++) {
		char shown[ESCAPE_ROOM(SHOWN_MAX)];

		if (ip_is_name_server(view_of(o->forward[i])) &&
		    ub_ctx_set_fwd(ctx, o->forward[i]) == 0)
			continue;
		diag_set(why, "resolver: '%s' is no ADDRESS or ADDRESS@PORT",
		         escape_text(view_of(o->forward[i]), shown, sizeof(shown)));
		return ST_INVALID;
	}
	if (o->forwards > 0 || ub_ctx_resolvconf(ctx, file) == 0)
		return ST_OK;
	diag_set(why, "resolver: %s: %s", file, strerror(errno));
	return ST_NOTFOUND;
}

static enum status set_all(struct ub_ctx *ctx, const struct resolver_options *o, struct diag *why)
{
	enum status st =
		set_sizes(ctx, o->cache_bytes > 0 ? o->cache_bytes : RESOLVER_CACHE_BYTES, why);

	if (st == ST_OK)
		st = set_behaviour(ctx, o, why);
	return st == ST_OK ? set_servers(ctx, o, why) : st;
}

/* Names that libunbound answers by itself, as who asks the authorities has to, and a forwarder may
 * know: "test" and "home.arpa" are for private use, and a library has to ask for them (RFC 6761
 * section 6.2, RFC 8375 section 4); so may be the addresses of 127.0.0.0/8. 127.0.0.1 stays
 * "localhost", for not every forwarder says so. The options can't be changed behind this. */
static enum status open_zones(struct ub_ctx *ctx, struct diag *why)
{
	static const char *const private[] = { "test.", "home.arpa." };
	int err = ub_ctx_zone_add(ctx, "127.in-addr.arpa.", "transparent");

	for (size_t i = 0; i < sizeof(private) / sizeof(private[0]) && err == 0; i++)
		err = ub_ctx_zone_remove(ctx, private[i]);
	if (err == 0)
		return ST_OK;
	diag_set(why, "resolver: libunbound can't be started: %s", ub_strerror(err));
	return ST_UNAVAILABLE;
}

enum status context_new(const struct resolver_options *options, struct ub_ctx **out,
                        struct diag *why)
{
	struct ub_ctx *ctx = ub_ctx_create();
	enum status st = ST_UNAVAILABLE;

	*out = NULL;
	if (ctx == NULL || ub_ctx_async(ctx, 1) != 0) {
		diag_set(why, "resolver: libunbound can't be started");
	} else {
		(void)ub_ctx_debugout(ctx, NULL);
		st = set_all(ctx, options, why);
		if (st == ST_OK && !options->recursive)
			st = open_zones(ctx, why);
	}
	if (st == ST_OK)
		*out = ctx;
	else
		ub_ctx_delete(ctx);
	return st;
}
