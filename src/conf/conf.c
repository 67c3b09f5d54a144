#include "conf/conf.h"

#include <syslog.h>

#include "acl/rule.h"

struct conf *conf_new(void)
{
	struct arena *arena = arena_new();
	struct conf *c = arena_one(arena, struct conf);

	c->arena = arena;
	atomic_init(&c->refs, 1);
	c->face = CONF_GREYLAG;
	c->program = "greylagd";
	c->log_level = LOG_LEVEL_NOTICE;
	c->log_facility = LOG_MAIL;
	c->max_connections = CONF_MAX_CONNECTIONS;
	c->message_memory = CONF_MESSAGE_MEMORY;
	c->stress = CONF_STRESS;
	c->store_timeout_ms = CONF_STORE_TIMEOUT_MS;
	c->dns_timeout_ms = CONF_DNS_TIMEOUT_MS;
	c->spamd_timeout_ms = CONF_SPAMD_TIMEOUT_MS;
	c->url_timeout_ms = CONF_URL_TIMEOUT_MS;
	c->bogofilter_timeout_ms = CONF_BOGOFILTER_TIMEOUT_MS;
	c->delay = 300;
	c->retry_window = (int64_t)2 * 86400;
	c->max_age = (int64_t)35 * 86400;
	c->sources = SOURCE_NET;
	c->ipv4_bits = 24;
	c->ipv6_bits = 64;
	c->auto_allow = true;
	c->auto_allow_after = 5;
	c->auto_allow_interval_s = 3600;
	c->retry_count = 1;
	c->version = GREYLAG_VERSION;
	c->greylist_action = "DEFER_IF_PERMIT";
	c->hostname = "localhost";
	return c;
}

struct conf *conf_ref(struct conf *c)
{
	(void)atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
	return c;
}

void conf_unref(struct conf **c)
{
	struct conf *old = *c;

	*c = NULL;
	if (old != NULL && atomic_fetch_sub_explicit(&old->refs, 1, memory_order_acq_rel) == 1) {
		struct arena *arena = old->arena; /* which holds the structure itself */

		if (old->geo != NULL)
			old->geo_close(&old->geo);
		acl_free(&old->acl);
		arena_free(&arena);
	}
}
