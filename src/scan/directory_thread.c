/* A thread's side: libldap, which may wait. */
#include <lber.h>
#include <ldap.h>
#include <pthread.h>
#include <sys/time.h>

#include "scan/directory_inside.h"
#include "util/mem.h"

#define MESSAGE_MAX ((ber_len_t)1 << 20) /* octets of one answer */

/* What has been found so far. */
struct finding {
	struct arena *arena;
	struct directory_value *values;
	size_t value_count, octets, entries;
};

/* libldap sets itself up when it is first asked for anything, and does not keep others from seeing
 * it half done. That may ask for the name of the machine, so it is no work for a loop. */
static void set_up(void)
{
	int version;

	(void)ldap_get_option(NULL, LDAP_OPT_PROTOCOL_VERSION, &version);
}

void directory_set_up(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, set_up);
}

static void forget_text(char **text)
{
	if (*text != NULL)
		explicit_bzero(*text, strlen(*text));
	mem_free(*text);
	*text = NULL;
}

void directory_line_close(struct directory_line *line)
{
	if (line->ld != NULL)
		(void)ldap_unbind_ext(line->ld, NULL, NULL);
	line->ld = NULL;
	forget_text(&line->uri);
	forget_text(&line->dn);
	forget_text(&line->pw);
}

static bool same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool is_to(const struct directory_line *line, const struct directory_server *s)
{
	return line->ld != NULL && same(line->uri, s->uri) && same(line->dn, s->binddn) &&
	       same(line->pw, s->bindpw);
}

static struct timeval until(uint64_t until_ms)
{
	uint64_t now = directory_clock_ms();
	uint64_t ms = until_ms > now ? until_ms - now : 1;

	return (struct timeval){ .tv_sec = (time_t)(ms / 1000),
		                 .tv_usec = (suseconds_t)(ms % 1000) * 1000 };
}

/* No other server than ours is asked (referrals), and no answer is larger than it may be. */
static int set_options(LDAP *ld, const struct timeval *time)
{
	const int version = LDAP_VERSION3, limit = (int)DIRECTORY_ENTRIES_MAX;
	int error = ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);

	if (error == LDAP_OPT_SUCCESS)
		error = ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
	if (error == LDAP_OPT_SUCCESS)
		error = ldap_set_option(ld, LDAP_OPT_SIZELIMIT, &limit);
	if (error == LDAP_OPT_SUCCESS)
		error = ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, time);
	if (error == LDAP_OPT_SUCCESS)
		error = ldap_set_option(ld, LDAP_OPT_TIMEOUT, time);
	return error;
}

static int bind_to(LDAP *ld, const struct directory_server *s)
{
	char none[] = "", *pw = s->bindpw != NULL ? mem_text(view_of(s->bindpw)) : NULL;
	struct berval cred = { .bv_val = pw != NULL ? pw : none };
	int error;

	cred.bv_len = strlen(cred.bv_val);
	error = ldap_sasl_bind_s(ld, s->binddn, LDAP_SASL_SIMPLE, &cred, NULL, NULL, NULL);
	forget_text(&pw);
	return error;
}

static void bound_messages(LDAP *ld)
{
	Sockbuf *sb = NULL;
	ber_len_t most = MESSAGE_MAX;

	if (ldap_get_option(ld, LDAP_OPT_SOCKBUF, &sb) == LDAP_OPT_SUCCESS && sb != NULL)
		(void)ber_sockbuf_ctrl(sb, LBER_SB_OPT_SET_MAX_INCOMING, &most);
}

/* Also as nobody: it is the bind that connects. LDAP's result code. */
static int connect_to(struct directory_line *line, const struct directory_server *s,
                      uint64_t until_ms)
{
	struct timeval time = until(until_ms);
	LDAP *ld = NULL;
	int error = ldap_initialize(&ld, s->uri);

	directory_line_close(line);
	if (error != LDAP_SUCCESS)
		return LDAP_CONNECT_ERROR; /* no such server can be; the next may */
	line->ld = ld;
	error = set_options(ld, &time);
	if (error == LDAP_OPT_SUCCESS)
		error = bind_to(ld, s);
	if (error != LDAP_SUCCESS) {
		directory_line_close(line);
		return error;
	}
	bound_messages(ld);
	line->uri = mem_text(view_of(s->uri));
	line->dn = s->binddn != NULL ? mem_text(view_of(s->binddn)) : NULL;
	line->pw = s->bindpw != NULL ? mem_text(view_of(s->bindpw)) : NULL;
	return LDAP_SUCCESS;
}

/* --- what is found --- */

/* False: it is too much. */
static bool take_value(struct finding *f, const char *name, const struct berval *v)
{
	struct directory_value *to;
	size_t n = strlen(name) + v->bv_len;

	if (f->value_count == DIRECTORY_VALUES_MAX || n > DIRECTORY_OCTETS_MAX - f->octets)
		return false;
	to = &f->values[f->value_count++];
	to->name = arena_view(f->arena, view_of(name));
	to->value = arena_view(f->arena, (struct view){ v->bv_val, v->bv_len });
	f->octets += n;
	return true;
}

static bool take_attribute(struct finding *f, LDAP *ld, LDAPMessage *entry, const char *name)
{
	struct berval **values = ldap_get_values_len(ld, entry, name);
	bool fits = true;

	for (size_t i = 0; values != NULL && values[i] != NULL && fits; i++)
		fits = take_value(f, name, values[i]);
	ldap_value_free_len(values);
	return fits;
}

static bool take_entry(struct finding *f, LDAP *ld, LDAPMessage *entry)
{
	BerElement *at = NULL;
	char *name = ldap_first_attribute(ld, entry, &at);
	bool fits = ++f->entries <= DIRECTORY_ENTRIES_MAX;

	while (name != NULL && fits) {
		fits = take_attribute(f, ld, entry, name);
		ldap_memfree(name);
		name = fits ? ldap_next_attribute(ld, entry, at) : NULL;
	}
	ldap_memfree(name);
	if (at != NULL)
		ber_free(at, 0);
	return fits;
}

static int result_of(LDAP *ld, LDAPMessage *m)
{
	int code = LDAP_OTHER;
	int error = ldap_parse_result(ld, m, &code, NULL, NULL, NULL, NULL, 0);

	return error != LDAP_SUCCESS ? error : code;
}

/* One answer after the other, so that no more is kept than is wanted. */
static int receive(LDAP *ld, int id, uint64_t until_ms, struct finding *f)
{
	for (;;) {
		struct timeval time = until(until_ms);
		LDAPMessage *m = NULL;
		int type = ldap_result(ld, id, LDAP_MSG_ONE, &time, &m);
		int code = LDAP_SUCCESS;
		bool last = type != LDAP_RES_SEARCH_ENTRY && type != LDAP_RES_SEARCH_REFERENCE &&
		            type != LDAP_RES_INTERMEDIATE;

		if (type == 0)
			code = LDAP_TIMEOUT;
		else if (type < 0)
			(void)ldap_get_option(ld, LDAP_OPT_RESULT_CODE, &code);
		else if (type == LDAP_RES_SEARCH_ENTRY && !take_entry(f, ld, m))
			code = LDAP_SIZELIMIT_EXCEEDED;
		else if (last)
			code = result_of(ld, m);
		if (type < 0 && code == LDAP_SUCCESS)
			code = LDAP_SERVER_DOWN;
		(void)ldap_msgfree(m);
		if (last || code != LDAP_SUCCESS)
			return code;
	}
}

static int search(struct directory_line *line, const LDAPURLDesc *what, uint64_t until_ms,
                  struct finding *f)
{
	struct timeval time = until(until_ms);
	int id = 0;
	int code = ldap_search_ext(line->ld, what->lud_dn, what->lud_scope, what->lud_filter,
	                           what->lud_attrs, 0, NULL, NULL, &time,
	                           (int)DIRECTORY_ENTRIES_MAX, &id);

	if (code != LDAP_SUCCESS)
		return code;
	*f = (struct finding){ .arena = f->arena, .values = f->values };
	code = receive(line->ld, id, until_ms, f);
	/* what is still to come would be in the way of the next search */
	if (code != LDAP_SUCCESS && code != LDAP_NO_SUCH_OBJECT)
		directory_line_close(line);
	return code;
}

/* A connection that was kept may be dead by now: another is made. */
static int ask_server(struct directory_line *line, const struct directory_server *s,
                      const LDAPURLDesc *what, uint64_t until_ms, struct finding *f)
{
	int code;

	if (is_to(line, s)) {
		code = search(line, what, until_ms, f);
		if (code != LDAP_SERVER_DOWN && code != LDAP_UNAVAILABLE)
			return code;
	}
	code = connect_to(line, s, until_ms);
	return code == LDAP_SUCCESS ? search(line, what, until_ms, f) : code;
}

/* ST_UNAVAILABLE: the next server may know better. */
static enum status status_of(int code)
{
	switch (code) {
	case LDAP_SUCCESS:
	case LDAP_NO_SUCH_OBJECT: return ST_OK;
	case LDAP_SIZELIMIT_EXCEEDED: return ST_LIMIT;
	case LDAP_FILTER_ERROR:
	case LDAP_PARAM_ERROR:
	case LDAP_INVALID_DN_SYNTAX: return ST_INVALID;
	case LDAP_TIMEOUT:
	case LDAP_TIMELIMIT_EXCEEDED: return ST_TIMEOUT;
	default: return ST_UNAVAILABLE;
	}
}

static enum status ask_servers(struct directory_job *j, struct directory_line *line,
                               const LDAPURLDesc *what, struct finding *f)
{
	enum status st = ST_UNAVAILABLE;

	for (size_t i = 0; i < j->server_count; i++) {
		const struct directory_server *s = &j->servers[i];
		uint64_t now = directory_clock_ms(), end = now + s->timeout_ms;

		if (now >= j->until_ms)
			return ST_TIMEOUT;
		st = status_of(ask_server(line, s, what, end < j->until_ms ? end : j->until_ms, f));
		if (st != ST_UNAVAILABLE && st != ST_TIMEOUT)
			break;
	}
	return st;
}

void directory_run_job(struct directory_job *j, struct directory_line *line)
{
	struct finding f = { .arena = j->arena };
	LDAPURLDesc *what = NULL;

	f.values = arena_array(j->arena, DIRECTORY_VALUES_MAX, sizeof(*f.values));
	if (ldap_url_parse(j->url, &what) != LDAP_URL_SUCCESS) {
		j->st = ST_INVALID;
		return;
	}
	j->st = ask_servers(j, line, what, &f);
	ldap_free_urldesc(what);
	j->found = (struct directory_found){ .entries = f.entries,
		                             .values = f.values,
		                             .value_count = f.value_count };
}
