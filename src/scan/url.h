/* Asks a web server: one page, small, soon. libcurl does it, on our loop. */
#pragma once

#include "net/loop.h"
#include "util/view.h"

struct url_client;
struct url_call;

#define URL_MAX        ((size_t)8192)
#define URL_ANSWER_MAX ((size_t)4096)
#define URL_CALLS_MAX  256u /* of one client at once: each may have a thread that asks the DNS */
#define URL_KEEP_MAX   64u

/* A loop's own: open connections are kept in it for those who come later, at most `keep` of them.
 * NULL when libcurl can't ask the DNS without waiting. */
struct url_client *url_client_new(struct loop *loop, unsigned keep);

/* The daemon ends: all that runs, and what is asked later, is out of time soon (ST_TIMEOUT). */
void url_client_end(struct url_client *client);

/* No call is under way. */
void url_client_free(struct url_client **client);

struct url_request {
	const char *url;         /* http or https; copied */
	const struct view *post; /* NULL: GET. Else the message, in pieces that must stay until the
	                            end: sent as a form's file "msg" */
	size_t post_count;
	unsigned timeout_ms; /* for all of it */
};

/* told(arg, st, page) once, from the loop, later than this call; the page is lent for the time of
 * the call, and the handle is gone when it begins. ST_OK whatever the server's status was;
 * redirections are not followed. ST_LIMIT: the page is longer than URL_ANSWER_MAX, or there are
 * too many calls; ST_TIMEOUT; ST_INVALID: no such URL, or no web server; ST_UNAVAILABLE: it could
 * not be had. */
struct url_call *url_start(struct url_client *client, const struct url_request *request,
                           void (*told)(void *arg, enum status st, struct view page), void *arg);

/* Sets *call to NULL; told will not run. */
void url_cancel(struct url_call **call);
