#include "scan/url.h"

#include <curl/curl.h>

#include "net/watch.h"
#include "util/buf.h"
#include "util/mem.h"

#define HEADERS_MAX ((size_t)65536) /* octets of a server's header lines */

struct url_socket {
	struct url_socket *next;
	struct url_client *client;
	struct watch *watch;
	curl_socket_t fd;
};

struct url_client {
	struct loop *loop;
	CURLM *multi;
	struct curl_slist *headers;
	struct timer timer; /* libcurl's */
	struct url_socket *sockets;
	struct url_call *all; /* that have a deadline */
	unsigned calls;
	bool ended;
};

struct url_call {
	struct url_call *next, **link; /* of all; link NULL: not among them */
	struct url_client *client;
	CURL *easy; /* NULL: it was not begun, and st is told soon */
	curl_mime *form;
	struct soon soon;
	struct timer deadline;
	enum status st;
	struct buf page;
	size_t header_octets;
	bool too_long;

	/* What is posted, and how far it is sent. */
	const struct view *post;
	size_t post_count, piece, at;

	void (*told)(void *arg, enum status st, struct view page);
	void *arg;
};

/* --- the end of a call --- */

static void out_of_list(struct url_call *k)
{
	if (k->link == NULL)
		return;
	*k->link = k->next;
	if (k->next != NULL)
		k->next->link = k->link;
}

static void into_list(struct url_call *k)
{
	k->next = k->client->all;
	k->link = &k->client->all;
	if (k->next != NULL)
		k->next->link = &k->next;
	k->client->all = k;
}

static void release(struct url_call *k)
{
	struct url_client *c = k->client;

	out_of_list(k);
	if (k->easy != NULL) {
		(void)curl_multi_remove_handle(c->multi, k->easy);
		curl_easy_cleanup(k->easy);
		curl_mime_free(k->form);
		c->calls--;
	}
	timer_stop(c->loop, &k->deadline);
	loop_not_soon(c->loop, &k->soon);
	buf_free(&k->page);
	mem_free(k);
}

static void tell(struct url_call *k, enum status st)
{
	void (*told)(void *, enum status, struct view) = k->told;
	struct buf page = k->page;
	void *arg = k->arg;

	k->page = buf_of(0);
	release(k);
	told(arg, st, st == ST_OK ? buf_view(&page) : VIEW(""));
	buf_free(&page);
}

static void tell_soon(void *arg)
{
	struct url_call *k = arg;

	tell(k, k->st);
}

static void on_deadline(void *arg)
{
	tell(arg, ST_TIMEOUT);
}

static enum status status_of(const struct url_call *k, CURLcode result)
{
	switch ((int)result) {
	case CURLE_OK: return ST_OK;
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL: return ST_INVALID;
	case CURLE_OPERATION_TIMEDOUT: return ST_TIMEOUT;
	default: return k->too_long ? ST_LIMIT : ST_UNAVAILABLE;
	}
}

/* A callback may begin or give up other calls: libcurl then forgets what it has to say of those. */
static void tell_done(struct url_client *c)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(c->multi, &left)) != NULL) {
		CURLcode result = m->data.result;
		char *private = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		if (curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &private) == CURLE_OK) {
			struct url_call *k = (struct url_call *)(void *)private;

			tell(k, status_of(k, result));
		}
	}
}

/* --- libcurl's sockets and its timer --- */

static void act(struct url_client *c, curl_socket_t fd, int events)
{
	int running;

	(void)curl_multi_socket_action(c->multi, fd, events, &running);
	tell_done(c);
}

static void on_timer(void *arg)
{
	act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static void on_ready(void *arg, unsigned events)
{
	struct url_socket *s = arg;
	int e = 0;

	if ((events & WATCH_READ) != 0)
		e |= CURL_CSELECT_IN;
	if ((events & WATCH_WRITE) != 0)
		e |= CURL_CSELECT_OUT;
	act(s->client, s->fd, e); /* s may be gone */
}

static int set_timer(CURLM *multi, long ms, void *arg)
{
	struct url_client *c = arg;

	(void)multi;
	if (ms < 0)
		timer_stop(c->loop, &c->timer);
	else
		timer_start(c->loop, &c->timer, (uint64_t)ms, on_timer, c);
	return 0;
}

static void drop_socket(struct url_client *c, struct url_socket *s)
{
	struct url_socket **at = &c->sockets;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	watch_free(&s->watch);
	mem_free(s);
}

static struct url_socket *new_socket(struct url_client *c, curl_socket_t fd)
{
	struct url_socket *s = mem_new(struct url_socket);

	s->client = c;
	s->fd = fd;
	s->watch = watch_new(c->loop, fd, on_ready, s);
	if (s->watch == NULL) {
		mem_free(s);
		return NULL;
	}
	s->next = c->sockets;
	c->sockets = s;
	(void)curl_multi_assign(c->multi, fd, s);
	return s;
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *assigned)
{
	struct url_client *c = arg;
	struct url_socket *s = assigned;
	unsigned events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (s != NULL)
			drop_socket(c, s);
		(void)curl_multi_assign(c->multi, fd, NULL);
		return 0;
	}
	if (s == NULL)
		s = new_socket(c, fd);
	if (s == NULL)
		return 0; /* its calls end by their deadlines */
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		events |= WATCH_READ;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		events |= WATCH_WRITE;
	watch_for(s->watch, events);
	return 0;
}

/* --- the client --- */

/* Its own resolver, which waits on a thread of its own or asks by itself. */
static bool resolves_aside(void)
{
	const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);

	return (v->features & CURL_VERSION_ASYNCHDNS) != 0;
}

static void drop_client(struct url_client *c)
{
	if (c->multi != NULL)
		(void)curl_multi_cleanup(c->multi);
	while (c->sockets != NULL)
		drop_socket(c, c->sockets);
	timer_stop(c->loop, &c->timer);
	curl_slist_free_all(c->headers);
	mem_free(c);
	curl_global_cleanup();
}

struct url_client *url_client_new(struct loop *loop, unsigned keep)
{
	long kept = keep > URL_KEEP_MAX ? (long)URL_KEEP_MAX : (long)(keep > 0 ? keep : 1);
	struct url_client *c;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return NULL;
	c = mem_new(struct url_client);
	c->loop = loop;
	c->multi = curl_multi_init();
	/* Else it waits a second for "100 Continue" before a message that is large. */
	c->headers = curl_slist_append(NULL, "Expect:");
	if (c->multi == NULL || c->headers == NULL || !resolves_aside()) {
		drop_client(c);
		return NULL;
	}
	(void)curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
	(void)curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
	(void)curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	(void)curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
	(void)curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, kept);
	return c;
}

void url_client_end(struct url_client *client)
{
	client->ended = true;
	for (struct url_call *k = client->all; k != NULL; k = k->next)
		timer_start(client->loop, &k->deadline, 0, on_deadline, k);
}

void url_client_free(struct url_client **client)
{
	if (*client != NULL)
		drop_client(*client);
	*client = NULL;
}

/* --- a call --- */

static size_t take_page(const char *p, size_t size, size_t n, void *arg)
{
	struct url_call *k = arg;

	(void)size; /* is 1 */
	if (buf_append(&k->page, (struct view){ p, n }) == ST_OK)
		return n;
	k->too_long = true;
	return n + 1; /* another number ends the transfer, 0 would be one for no octets */
}

static size_t take_header(const char *p, size_t size, size_t n, void *arg)
{
	struct url_call *k = arg;

	(void)p;
	(void)size;
	k->header_octets += n;
	if (k->header_octets <= HEADERS_MAX)
		return n;
	k->too_long = true;
	return n + 1;
}

static size_t give_post(char *out, size_t size, size_t room, void *arg)
{
	struct url_call *k = arg;
	size_t n = 0;

	(void)size;
	while (n < room && k->piece < k->post_count) {
		struct view left = view_first(view_from(k->post[k->piece], k->at), room - n);

		if (left.n > 0)
			memcpy(out + n, left.p, left.n);
		n += left.n;
		k->at += left.n;
		if (k->at == k->post[k->piece].n) {
			k->piece++;
			k->at = 0;
		}
	}
	return n;
}

/* Back to the beginning, when a connection that was kept turns out to be dead. */
static int seek_post(void *arg, curl_off_t offset, int origin)
{
	struct url_call *k = arg;

	if (offset != 0 || origin != SEEK_SET)
		return CURL_SEEKFUNC_CANTSEEK;
	k->piece = k->at = 0;
	return CURL_SEEKFUNC_OK;
}

static bool set_post(struct url_call *k)
{
	curl_mimepart *part;
	curl_off_t total = 0;

	for (size_t i = 0; i < k->post_count; i++)
		total += (curl_off_t)k->post[i].n;
	k->form = curl_mime_init(k->easy);
	part = k->form != NULL ? curl_mime_addpart(k->form) : NULL;
	return part != NULL && curl_mime_name(part, "msg") == CURLE_OK &&
	       curl_mime_filename(part, "msg.txt") == CURLE_OK &&
	       curl_mime_type(part, "text/plain") == CURLE_OK &&
	       curl_mime_data_cb(part, total, give_post, seek_post, NULL, k) == CURLE_OK &&
	       curl_easy_setopt(k->easy, CURLOPT_MIMEPOST, k->form) == CURLE_OK;
}

#define SET(option, value) (curl_easy_setopt(k->easy, option, value) == CURLE_OK)

/* Nothing of the environment counts: no proxy, no .netrc, no cookies. A name that is still being
 * asked for when the call ends is not waited for (CURLOPT_QUICK_EXIT): its thread ends by itself.
 */
static bool set_options(struct url_call *k, const struct url_request *r)
{
	return SET(CURLOPT_URL, r->url) && SET(CURLOPT_PRIVATE, (char *)(void *)k) &&
	       SET(CURLOPT_PROTOCOLS_STR, "http,https") && SET(CURLOPT_FOLLOWLOCATION, 0L) &&
	       SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) && SET(CURLOPT_PROXY, "") &&
	       SET(CURLOPT_NOSIGNAL, 1L) && SET(CURLOPT_QUICK_EXIT, 1L) &&
	       SET(CURLOPT_USERAGENT, "greylag/" GREYLAG_VERSION) &&
	       SET(CURLOPT_HTTPHEADER, k->client->headers) &&
	       SET(CURLOPT_WRITEFUNCTION, take_page) && SET(CURLOPT_WRITEDATA, k) &&
	       SET(CURLOPT_HEADERFUNCTION, take_header) && SET(CURLOPT_HEADERDATA, k);
}

/* ST_OK: it is under way. */
static enum status begin(struct url_call *k, const struct url_request *r)
{
	struct url_client *c = k->client;

	if (strlen(r->url) > URL_MAX)
		return ST_INVALID;
	if (c->calls >= URL_CALLS_MAX)
		return ST_LIMIT;
	k->easy = curl_easy_init();
	if (k->easy == NULL)
		return ST_UNAVAILABLE;
	c->calls++;
	if (!set_options(k, r) || (k->post != NULL && !set_post(k)))
		return ST_INVALID;
	return curl_multi_add_handle(c->multi, k->easy) == CURLM_OK ? ST_OK : ST_UNAVAILABLE;
}

struct url_call *url_start(struct url_client *client, const struct url_request *request,
                           void (*told)(void *arg, enum status st, struct view page), void *arg)
{
	struct url_call *k = mem_new(struct url_call);

	k->client = client;
	k->page = buf_of(URL_ANSWER_MAX);
	k->post = request->post;
	k->post_count = request->post_count;
	k->told = told;
	k->arg = arg;
	k->st = begin(k, request);
	if (k->st == ST_OK) {
		into_list(k);
		timer_start(client->loop, &k->deadline, client->ended ? 0 : request->timeout_ms,
		            on_deadline, k);
	} else {
		loop_soon(client->loop, &k->soon, tell_soon, k);
	}
	return k;
}

void url_cancel(struct url_call **call)
{
	if (*call != NULL)
		release(*call);
	*call = NULL;
}
