#include "scan/dkim.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#include <opendkim/dkim.h>

#include "net/work.h"
#include "util/mem.h"

struct dkim_checker {
	struct loop *loop;
	DKIM_LIB *library; /* not changed once it is made: the threads share it */
	unsigned checks;   /* their memory is not yet free */
};

/* What the DNS says of one signature's key. */
struct key {
	struct dkim_check *check;
	struct dns_call *call; /* NULL: answered, or never asked */
	enum dns_status status;
	const char *wrong; /* NULL, or why there is no sense in asking or in the answer */
	char *text;
};

/* In the hands of the pool while `working`; the loop looks only at told then. */
struct dkim_check {
	struct dkim_checker *checker;
	struct dns_port *dns;
	void (*told)(void *arg, const struct dkim_result *result); /* NULL: nobody waits */
	void *arg;
	unsigned timeout_ms;
	struct timer deadline;
	struct soon soon; /* nothing needs be verified */
	bool working;

	/* The mail: each header with its CR LF, and the body. */
	struct buf headers, body;
	size_t *header_ends;
	size_t header_count;
	size_t simple_octets, relaxed_octets; /* of the body in canonical form; if there is an l= */
	bool exact;                           /* headers are as they came */

	DKIM *handle;
	DKIM_SIGINFO **signatures; /* the handle's */
	struct key key[DKIM_SIGNATURES_MAX];
	unsigned waiting; /* for so many keys */
	struct dkim_result result;
};

const char *dkim_verdict_text(enum dkim_verdict v)
{
	static const char *const texts[] = {
		[DKIM_VERDICT_PASS] = "pass",           [DKIM_VERDICT_TEMPERROR] = "temperror",
		[DKIM_VERDICT_NEUTRAL] = "neutral",     [DKIM_VERDICT_FAIL] = "fail",
		[DKIM_VERDICT_PERMERROR] = "permerror", [DKIM_VERDICT_NONE] = "none",
	};

	return texts[v];
}

/* --- the end --- */

static void drop_mail(struct dkim_check *c)
{
	buf_free(&c->headers);
	buf_free(&c->body);
	mem_free(c->header_ends);
	c->header_ends = NULL;
}

static void free_check(struct dkim_check *c)
{
	c->checker->checks--;
	drop_mail(c);
	for (size_t i = 0; i < DKIM_SIGNATURES_MAX; i++)
		mem_free(c->key[i].text);
	if (c->handle != NULL)
		(void)dkim_free(c->handle);
	mem_free(c);
}

/* Nobody waits from here on; what the pool has is freed when it comes back. */
static void give_up(struct dkim_check *c)
{
	c->told = NULL;
	timer_stop(c->checker->loop, &c->deadline);
	loop_not_soon(c->checker->loop, &c->soon);
	for (size_t i = 0; i < DKIM_SIGNATURES_MAX; i++)
		dns_cancel(&c->key[i].call);
	if (!c->working)
		free_check(c);
}

void dkim_check_cancel(struct dkim_check **check)
{
	if (*check == NULL)
		return;
	give_up(*check);
	*check = NULL;
}

static void tell(struct dkim_check *c, const struct dkim_result *result)
{
	void (*told)(void *arg, const struct dkim_result *result) = c->told;
	void *arg = c->arg;

	c->told = NULL;
	told(arg, result);
	give_up(c);
}

static void tell_result(void *arg)
{
	struct dkim_check *c = arg;

	tell(c, &c->result);
}

static void on_deadline(void *arg)
{
	static const struct dkim_result late = { .verdict = DKIM_VERDICT_TEMPERROR,
		                                 .why = "no time" };

	tell(arg, &late); /* what stands in c may be in the pool's hands */
}

static void decide(struct dkim_check *c)
{
	struct dkim_result *r = &c->result;

	r->verdict = DKIM_VERDICT_NONE;
	for (size_t i = 0; i < r->count; i++) {
		if (r->signature[i].verdict >= r->verdict)
			continue;
		r->verdict = r->signature[i].verdict;
		r->why = r->signature[i].why;
		r->deciding = &r->signature[i];
	}
}

/* --- the last step, on the pool: each signature with its key --- */

struct reading {
	enum dkim_verdict verdict;
	const char *why;
};

/* What RFC 6376 calls PERMFAIL is many things; table 5.4 of milter-greylist tells them apart. */
static struct reading reading_of(int error)
{
	switch (error) {
	case DKIM_SIGERROR_BADSIG: return (struct reading){ DKIM_VERDICT_FAIL, "bad signature" };
	case DKIM_SIGERROR_KEYREVOKED: return (struct reading){ DKIM_VERDICT_FAIL, "key revoked" };
	case DKIM_SIGERROR_EXPIRED:
		return (struct reading){ DKIM_VERDICT_NEUTRAL, "signature expired" };
	case DKIM_SIGERROR_FUTURE:
		return (struct reading){ DKIM_VERDICT_NEUTRAL, "signature from the future" };
	case DKIM_SIGERROR_NOKEY: return (struct reading){ DKIM_VERDICT_PERMERROR, "no key" };
	case DKIM_SIGERROR_KEYFAIL:
		return (struct reading){ DKIM_VERDICT_TEMPERROR, "key unavailable" };
	case DKIM_SIGERROR_KEYTOOSMALL:
		return (struct reading){ DKIM_VERDICT_PERMERROR, "key too small" };
	case DKIM_SIGERROR_UNKNOWN:
	case DKIM_SIGERROR_OK:
		return (struct reading){ DKIM_VERDICT_NEUTRAL, "could not be verified" };
	default: {
		const char *text = dkim_sig_geterrorstr(error);

		return (struct reading){ DKIM_VERDICT_PERMERROR, text != NULL ? text : "" };
	}
	}
}

/* Octets behind those that l= covers are anybody's (RFC 6376 section 8.2). */
static bool covers_all(const struct dkim_check *c, DKIM_SIGINFO *s)
{
	ssize_t all = 0, hashed = 0, signed_octets = 0;
	dkim_canon_t of_header = DKIM_CANON_UNKNOWN, of_body = DKIM_CANON_UNKNOWN;

	if (dkim_sig_getcanonlen(c->handle, s, &all, &hashed, &signed_octets) != DKIM_STAT_OK ||
	    dkim_sig_getcanons(s, &of_header, &of_body) != DKIM_STAT_OK)
		return false;
	return signed_octets < 0 ||
	       (size_t)signed_octets >=
	               (of_body == DKIM_CANON_RELAXED ? c->relaxed_octets : c->simple_octets);
}

/* One that the library holds to be good. SHA-1 says nothing any more (RFC 8301 section 3.1). */
static struct reading reading_of_good(const struct dkim_check *c, DKIM_SIGINFO *s)
{
	dkim_alg_t algorithm = DKIM_SIGN_UNKNOWN;

	if (dkim_sig_getsignalg(s, &algorithm) != DKIM_STAT_OK || algorithm == DKIM_SIGN_RSASHA1)
		return (struct reading){ DKIM_VERDICT_PERMERROR, "rsa-sha1 is not taken" };
	if (!covers_all(c, s))
		return (struct reading){ DKIM_VERDICT_NEUTRAL,
			                 "only a part of the body is signed" };
	return (struct reading){ DKIM_VERDICT_PASS, "" };
}

/* Without their blanks headers in simple form can't be told from altered ones. */
static bool is_altered_by_mta(const struct dkim_check *c, DKIM_SIGINFO *s)
{
	dkim_canon_t of_header = DKIM_CANON_UNKNOWN, of_body = DKIM_CANON_UNKNOWN;

	return !c->exact && dkim_sig_geterror(s) == DKIM_SIGERROR_BADSIG &&
	       dkim_sig_getbh(s) != DKIM_SIGBH_MISMATCH &&
	       dkim_sig_getcanons(s, &of_header, &of_body) == DKIM_STAT_OK &&
	       of_header == DKIM_CANON_SIMPLE;
}

static struct reading read_signature(const struct dkim_check *c, size_t i)
{
	DKIM_SIGINFO *s = c->signatures[i];
	unsigned flags = dkim_sig_getflags(s);
	int error = dkim_sig_geterror(s);
	struct reading r = reading_of(error);

	if (error == DKIM_SIGERROR_OK && (flags & DKIM_SIGFLAG_PASSED) != 0 &&
	    dkim_sig_getbh(s) == DKIM_SIGBH_MATCH)
		return reading_of_good(c, s);
	if (c->key[i].wrong != NULL)
		return (struct reading){ DKIM_VERDICT_PERMERROR, c->key[i].wrong };
	/* The library does not keep this one. */
	if (error == DKIM_SIGERROR_UNKNOWN &&
	    (c->key[i].status == DNS_FAILED || c->key[i].status == DNS_TIMEOUT))
		return reading_of(DKIM_SIGERROR_KEYFAIL);
	if (r.verdict == DKIM_VERDICT_FAIL && dkim_sig_getbh(s) == DKIM_SIGBH_MISMATCH)
		r.why = "body was changed";
	if (is_altered_by_mta(c, s))
		r = (struct reading){ DKIM_VERDICT_NEUTRAL, "headers are not as they came" };
	/* RFC 6376 section 3.6.1, t=y: as if it were not signed. */
	if (r.verdict == DKIM_VERDICT_FAIL && (flags & DKIM_SIGFLAG_TESTKEY) != 0)
		r = (struct reading){ DKIM_VERDICT_NEUTRAL, "bad signature with a test's key" };
	return r;
}

static void on_pool_verify(void *arg)
{
	struct dkim_check *c = arg;
	_Bool test = false;

	(void)dkim_eom(c->handle, &test);
	for (size_t i = 0; i < c->result.count; i++) {
		DKIM_SIGINFO *s = c->signatures[i];
		struct dkim_signature *out = &c->result.signature[i];
		struct reading r;

		if ((dkim_sig_getflags(s) & DKIM_SIGFLAG_PROCESSED) == 0)
			(void)dkim_sig_process(c->handle, s);
		r = read_signature(c, i);
		out->verdict = r.verdict;
		out->why = r.why;
	}
}

static void on_verified(void *arg)
{
	struct dkim_check *c = arg;

	c->working = false;
	if (c->told == NULL) {
		free_check(c);
		return;
	}
	decide(c);
	tell_result(c);
}

/* Called on the pool, for the signature whose key is wanted. */
static DKIM_CBSTAT on_key(DKIM *handle, DKIM_SIGINFO *s, unsigned char *out, size_t size)
{
	struct dkim_check *c = dkim_get_user_context(handle);
	size_t i = 0;

	while (i < c->result.count && c->signatures[i] != s)
		i++;
	if (i == c->result.count || c->key[i].wrong != NULL)
		return DKIM_CBSTAT_NOTFOUND;
	switch (c->key[i].status) {
	case DNS_OK: break;
	case DNS_NODATA:
	case DNS_NXDOMAIN: return DKIM_CBSTAT_NOTFOUND;
	case DNS_FAILED:
	case DNS_TIMEOUT: return DKIM_CBSTAT_ERROR;
	}
	if (strlen(c->key[i].text) >= size) {
		c->key[i].wrong = "key too long";
		return DKIM_CBSTAT_NOTFOUND;
	}
	memcpy(out, c->key[i].text, strlen(c->key[i].text) + 1);
	return DKIM_CBSTAT_CONTINUE;
}

/* --- the keys --- */

static void verify(struct dkim_check *c)
{
	c->working = true;
	work_start(c->checker->loop, on_pool_verify, on_verified, c);
}

/* There should be one record (RFC 6376 section 3.6.2.2): of several the first that says what it is
 * counts. */
static struct view record_of(const struct dns_answer *a)
{
	for (size_t i = 0; i < a->count; i++)
		if (view_starts(a->records[i].text, VIEW("v=DKIM1")))
			return a->records[i].text;
	return a->records[0].text;
}

static void on_answer(void *arg, const struct dns_answer *a)
{
	struct key *k = arg;
	struct dkim_check *c = k->check;

	k->call = NULL;
	k->status = a->status;
	if (a->status == DNS_OK) {
		k->text = mem_text(record_of(a));
		if (strlen(k->text) != record_of(a).n)
			k->wrong = "key syntax";
	}
	if (--c->waiting == 0)
		verify(c);
}

/* As libopendkim's buffer takes it; longer ones have no key in the DNS. */
static bool ask_key(struct dkim_check *c, size_t i)
{
	const struct dkim_signature *s = &c->result.signature[i];
	char name[2 * DNS_NAME_MAX + 16];
	struct dns_name plain;
	struct key *k = &c->key[i];

	k->check = c;
	(void)snprintf(name, sizeof(name), "%s._domainkey.%s", s->selector, s->domain);
	if (s->selector[0] == '\0' || s->domain[0] == '\0' ||
	    dns_name_set(&plain, view_of(name)) != ST_OK) {
		k->wrong = "no name of a key";
		return false;
	}
	k->call = dns_ask(c->dns, view_of(name), DNS_TXT, c->timeout_ms, on_answer, k);
	return true;
}

static void copy_text(char *out, size_t size, const unsigned char *text)
{
	size_t n = text != NULL ? strlen((const char *)text) : 0;

	if (n > 0 && n < size)
		memcpy(out, text, n + 1);
}

static void look_at(struct dkim_check *c, size_t i)
{
	struct dkim_signature *out = &c->result.signature[i];
	DKIM_SIGINFO *s = c->signatures[i];
	unsigned char text[sizeof(out->identity)] = "";
	const unsigned char *b;

	copy_text(out->domain, sizeof(out->domain), dkim_sig_getdomain(s));
	copy_text(out->selector, sizeof(out->selector), dkim_sig_getselector(s));
	if (dkim_sig_getidentity(c->handle, s, text, sizeof(text)) == DKIM_STAT_OK)
		copy_text(out->identity, sizeof(out->identity), text);
	b = dkim_sig_gettagvalue(s, false, (unsigned char[]){ "b" });
	for (size_t n = 0; b != NULL && *b != '\0' && n < sizeof(out->begin) - 1; b++)
		if (!ascii_blank((char)*b))
			out->begin[n++] = (char)*b;
}

static void on_hashed(void *arg)
{
	struct dkim_check *c = arg;
	int count = 0;
	bool asked = false;

	c->working = false;
	if (c->told == NULL) {
		free_check(c);
		return;
	}
	drop_mail(c);
	if (dkim_getsiglist(c->handle, &c->signatures, &count) != DKIM_STAT_OK || count < 0)
		count = 0;
	for (size_t i = 0; i < (size_t)count && i < DKIM_SIGNATURES_MAX; i++) {
		look_at(c, i);
		c->result.count++;
	}
	c->waiting = 1;
	for (size_t i = 0; i < c->result.count; i++)
		if (ask_key(c, i)) {
			asked = true;
			c->waiting++;
		}
	c->waiting--;
	if (!asked)
		verify(c);
}

/* --- the first step, on the pool: headers and body --- */

/* The name of a signature's header; blanks may stand before the colon. */
static bool is_signature(struct view header)
{
	return view_eq_nocase(view_trim(view_first(header, view_find(header, ':'))),
	                      VIEW("DKIM-Signature"));
}

static void feed_headers(struct dkim_check *c)
{
	unsigned char *at = (unsigned char *)c->headers.p;
	size_t begin = 0, signatures = 0;

	for (size_t i = 0; i < c->header_count; begin = c->header_ends[i++]) {
		struct view header = { c->headers.p + begin, c->header_ends[i] - begin - 2 };

		if (is_signature(header) && signatures++ >= DKIM_SIGNATURES_MAX)
			continue;
		/* One that is no header is signed by nobody. */
		(void)dkim_header(c->handle, at + begin, header.n);
	}
}

/* RFC 6376 section 3.4.3: without the empty lines at its end. */
static size_t simple_octets(struct view body)
{
	while (body.n >= 2 && body.p[body.n - 2] == '\r' && body.p[body.n - 1] == '\n')
		body.n -= 2;
	return body.n + 2;
}

/* Section 3.4.4: no blanks at the end of a line, one for each run of them within it. */
static size_t relaxed_octets(struct view body)
{
	size_t n = 0, end = 0;
	bool blank = false;

	for (size_t i = 0; i < body.n; i++) {
		char c = body.p[i];

		if (c == ' ' || c == '\t') {
			blank = true;
		} else if (c == '\r' && i + 1 < body.n && body.p[i + 1] == '\n') {
			n += 2;
			blank = false;
			i++;
		} else {
			n += blank ? 2 : 1;
			blank = false;
			end = n;
		}
	}
	return end > 0 ? end + 2 : 0;
}

/* Does a signature say how much of the body it covers? */
static bool limits_body(struct dkim_check *c)
{
	DKIM_SIGINFO **all;
	int count = 0;

	if (dkim_getsiglist(c->handle, &all, &count) != DKIM_STAT_OK)
		return false;
	for (int i = 0; i < count; i++) {
		ssize_t octets = 0, hashed = 0, signed_octets = -1;

		if (dkim_sig_getcanonlen(c->handle, all[i], &octets, &hashed, &signed_octets) ==
		            DKIM_STAT_OK &&
		    signed_octets >= 0)
			return true;
	}
	return false;
}

static void on_pool_hash(void *arg)
{
	struct dkim_check *c = arg;
	DKIM_STAT st;

	feed_headers(c);
	st = dkim_eoh(c->handle);
	if (st == DKIM_STAT_OK && c->body.n > 0)
		(void)dkim_body(c->handle, (unsigned char *)c->body.p, c->body.n);
	if (st != DKIM_STAT_OK || !limits_body(c))
		return;
	c->simple_octets = simple_octets(buf_view(&c->body));
	c->relaxed_octets = relaxed_octets(buf_view(&c->body));
}

/* --- asking --- */

static size_t count_signatures(const struct mail *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->header_count; i++)
		n += view_eq_nocase(view_trim(m->headers[i].name), VIEW("DKIM-Signature"));
	return n;
}

static enum status copy_mail(struct dkim_check *c, const struct mail *m)
{
	enum status st = ST_OK;

	c->headers = buf_of(m->kept * 2); /* a CR may come to each LF */
	c->body = buf_of(m->body.n + 2);
	c->exact = m->blanks;
	c->header_ends = mem_array(m->header_count, sizeof(*c->header_ends));
	for (size_t i = 0; i < m->header_count && st == ST_OK; i++) {
		st = mail_put_header(m, &m->headers[i], &c->headers);
		c->header_ends[c->header_count++] = c->headers.n;
	}
	if (st == ST_OK)
		st = buf_append(&c->body, buf_view(&m->body));
	/* Both canonical forms end so, and the library refuses a body that does not. */
	if (st == ST_OK && m->body.n > 0 && m->body.p[m->body.n - 1] != '\n')
		st = buf_append(&c->body, VIEW("\r\n"));
	return st;
}

static bool start(struct dkim_check *c, const struct mail *m)
{
	DKIM_STAT st;

	c->result.verdict = DKIM_VERDICT_NEUTRAL;
	if (m->cut || m->header_count > DKIM_HEADERS_MAX) {
		c->result.why = "the mail is too large";
		return false;
	}
	c->result.verdict = DKIM_VERDICT_TEMPERROR;
	if (c->checker->checks > DKIM_CHECKS_MAX || c->checker->library == NULL) {
		c->result.why = "no place";
		return false;
	}
	c->handle = dkim_verify(c->checker->library, (const unsigned char *)"-", NULL, &st);
	if (c->handle == NULL || copy_mail(c, m) != ST_OK) {
		c->result.why = "no memory";
		return false;
	}
	(void)dkim_set_user_context(c->handle, c);
	c->working = true;
	work_start(c->checker->loop, on_pool_hash, on_hashed, c);
	return true;
}

struct dkim_check *dkim_check_start(struct dkim_checker *checker, struct dns_port *dns,
                                    const struct mail *mail, unsigned timeout_ms,
                                    void (*told)(void *arg, const struct dkim_result *result),
                                    void *arg)
{
	struct dkim_check *c = mem_new(struct dkim_check);
	size_t signatures = count_signatures(mail);

	c->checker = checker;
	c->dns = dns;
	c->told = told;
	c->arg = arg;
	c->result = (struct dkim_result){ .verdict = DKIM_VERDICT_NONE, .why = "" };
	c->result.more = signatures > DKIM_SIGNATURES_MAX;
	checker->checks++;
	c->timeout_ms = timeout_ms;
	timer_start(checker->loop, &c->deadline, (uint64_t)timeout_ms * 2, on_deadline, c);
	if ((signatures == 0 && !mail->cut) || !start(c, mail))
		loop_soon(checker->loop, &c->soon, tell_result, c);
	return c;
}

struct dkim_checker *dkim_checker_new(struct loop *loop)
{
	struct dkim_checker *k = mem_new(struct dkim_checker);
	/* No signature is processed before its key is there. */
	unsigned flags = DKIM_LIBFLAGS_DELAYSIGPROC | DKIM_LIBFLAGS_BADSIGHANDLES;

	k->loop = loop;
	k->library = dkim_init(NULL, NULL);
	if (k->library == NULL)
		return k;
	(void)dkim_options(k->library, DKIM_OP_SETOPT, DKIM_OPTS_FLAGS, &flags, sizeof(flags));
	(void)dkim_set_key_lookup(k->library, on_key);
	return k;
}

void dkim_checker_free(struct dkim_checker **checker)
{
	struct dkim_checker *k = *checker;

	if (k == NULL)
		return;
	while (k->checks > 0)
		loop_turn(k->loop, true);
	if (k->library != NULL)
		dkim_close(k->library);
	mem_free(k);
	*checker = NULL;
}
