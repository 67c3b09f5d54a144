/* What a directory says to an ldapcheck. */
#include "acl/format.h"
#include "conf/options.h"
#include "scan/directory.h"
#include "session/find.h"
#include "session/said.h"

#define URL_ROOM         ((size_t)8192)
#define SERVER_TIMEOUT_S 5 /* where ldapconf names none: the library's is none */
#define ALL_TIMEOUT_MS   60000u

/* --- answers --- */

static void read_values(const struct directory_found *found, struct check_reply *out)
{
	check_reply_begin(out);
	for (size_t i = 0; i < found->value_count; i++)
		(void)check_reply_take(out, found->values[i].name, found->values[i].value);
}

static void keep_values(const struct lookup *k, const struct directory_found *found)
{
	for (size_t i = 0; i < found->value_count; i++) {
		const struct fact_pair pair = { found->values[i].name, found->values[i].value };

		said_property(k->all->gather, k->all->w->log, k->object, SAID_AS_IT_IS, &pair);
	}
}

/* Entries alone are a match where the definition, or a statement, says so. */
static bool holds(const struct lookup *k, const struct directory_found *found,
                  const struct check_reply *reply)
{
	bool entries = (k->object->flags & CHECK_DOMATCH) != 0 ||
	               k->all->gather->conf->options->fixldapcheck;

	return check_reply_holds(reply) || (entries && found->entries > 0 && !reply->refused);
}

static void on_done(void *arg, enum status st, const struct directory_found *found)
{
	struct lookup *k = arg;
	struct check_reply reply;
	bool yes;

	read_values(found, &reply);
	yes = st == ST_OK && holds(k, found, &reply);
	lookup_set(k, st == ST_OK ? FACT_KNOWN : FACT_FAILED, yes ? 1 : 0);
	if (yes)
		k->value->said = said_of(gather_arena(k->all->gather), &reply);
	keep_values(k, found);
	lookup_end(k);
}

/* --- asking --- */

static unsigned timeout_ms(const struct conf_ldap *l)
{
	int64_t s = l->timeout_s != ACL_UNSET ? l->timeout_s : SERVER_TIMEOUT_S;

	if (s <= 0)
		return 100;
	return s < ALL_TIMEOUT_MS / 1000 ? (unsigned)s * 1000 : ALL_TIMEOUT_MS;
}

/* Each statement may name several, with blanks between. */
static size_t servers_of(struct gather *g, struct directory_server out[DIRECTORY_SERVERS_MAX])
{
	size_t n = 0;

	for (const struct conf_ldap *l = g->conf->options->ldap; l != NULL; l = l->next) {
		struct view rest = view_of(l->urls), url;

		while (n < DIRECTORY_SERVERS_MAX && view_next(&rest, ' ', &url)) {
			url = view_trim(url);
			if (url.n == 0)
				continue;
			out[n++] =
				(struct directory_server){ .uri = arena_text(gather_arena(g), url),
				                           .binddn = l->binddn,
				                           .bindpw = l->bindpw,
				                           .timeout_ms = timeout_ms(l) };
		}
	}
	return n;
}

static enum status make_url(struct gather *g, const struct acl_object *check, struct buf *out)
{
	struct format_context ctx = { .facts = &g->facts,
		                      .program = g->conf->program,
		                      .version = g->conf->version };

	gather_texts(g);
	if ((check->flags & CHECK_NOESCAPE) == 0)
		ctx.encode = FORMAT_LDAP;
	return format_expand(view_of(check->text), &ctx, out);
}

static struct directory_pool *pool_of(struct worker *w)
{
	if (w->directories != NULL)
		return w->directories;
	w->directories = directory_pool_new(w->loop);
	if (w->lookups_over)
		directory_pool_end(w->directories);
	return w->directories;
}

/* Without a server nobody is asked, as if it were not built. */
static enum lookup_begun ask(struct lookup *k)
{
	struct gather *g = k->all->gather;
	struct directory_server servers[DIRECTORY_SERVERS_MAX];
	struct directory_question q = { .servers = servers };
	struct buf url = buf_of(URL_ROOM);

	q.server_count = servers_of(g, servers);
	if (q.server_count == 0) {
		lookup_set(k, FACT_NEVER, 0);
		return LOOKUP_KNOWN;
	}
	for (size_t i = 0; i < q.server_count && q.timeout_ms < ALL_TIMEOUT_MS; i++)
		q.timeout_ms += servers[i].timeout_ms;
	if (q.timeout_ms > ALL_TIMEOUT_MS)
		q.timeout_ms = ALL_TIMEOUT_MS;
	if (make_url(g, k->object, &url) == ST_OK) {
		q.url = buf_text(&url);
		k->handle = directory_search(pool_of(k->all->w), &q, on_done, k);
	}
	buf_free(&url);
	return k->handle != NULL ? LOOKUP_RUNS : LOOKUP_CANNOT;
}

static void cancel(struct lookup *k)
{
	struct directory_search *search = k->handle;

	directory_cancel(&search);
}

const struct finder find_ldap = { .facts = FACT_BIT(FACT_LDAPCHECK), .ask = ask, .cancel = cancel };
