/* greylag spf: what the DNS says of an address that sends for a domain (RFC 7208). */
#include "cli/spf.h"

#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/tell.h"
#include "dns/spf_lookup.h"

#define HOST_MAX 256

struct inquiry {
	const struct args *args;
	struct spf_question question;
	char host[HOST_MAX]; /* ours */
	struct spf_steps steps;
	struct loop *loop;
};

/* --- the question --- */

/* As logs write a sender, or bare; "<>" is the null sender. */
static struct view bare(struct view sender)
{
	bool brackets = sender.n >= 2 && sender.p[0] == '<' && sender.p[sender.n - 1] == '>';

	return brackets ? (struct view){ sender.p + 1, sender.n - 2 } : sender;
}

/* 0, or an exit code after telling why. */
static int read_question(struct inquiry *i)
{
	const struct args *a = i->args;
	struct spf_question *q = &i->question;

	if (a->ip == NULL || a->from == NULL)
		return tell_fail(EX_USAGE, "spf: --%s is missing", a->ip == NULL ? "ip" : "from");
	if (ip_parse(view_of(a->ip), &q->client) != ST_OK)
		return tell_fail(EX_USAGE, "spf: --ip is no address");
	if (a->receiver == NULL)
		(void)gethostname(i->host, sizeof(i->host) - 1);
	q->helo = view_of(a->helo != NULL ? a->helo : "");
	q->mail_from = bare(view_of(a->from));
	q->receiver = view_of(a->receiver != NULL ? a->receiver : i->host);
	if (a->verbose)
		q->trace = (struct spf_trace){ spf_steps_add, &i->steps };
	return 0;
}

/* --- the answer --- */

static void on_result(void *arg, const struct spf_result *result)
{
	struct inquiry *i = arg;

	(void)fputs(spf_verdict_text(result->verdict), stdout);
	if (result->explanation.n > 0) /* printable ASCII, as spf.h says */
		(void)printf(" %.*s", VIEW_ARG(result->explanation));
	(void)putchar('\n');
	if (i->args->verbose)
		spf_steps_print(&i->steps, &i->question, result);
	loop_stop(i->loop);
}

static int inquire(struct inquiry *i, struct resolver *resolver)
{
	struct dns_port *port;

	i->loop = loop_new();
	i->question.now = loop_wall_s(i->loop);
	port = dns_port_new(resolver, i->loop);
	(void)spf_lookup(port, &i->question, (unsigned)i->args->timeout * 1000, on_result, i);
	loop_run(i->loop);
	dns_port_free(&port);
	loop_free(&i->loop);
	return tell_end();
}

static int open_resolver(const char *server, struct resolver **out)
{
	bool recursive = server != NULL && strcmp(server, "recursive") == 0;
	const struct resolver_options options = {
		.recursive = recursive,
		.forward = &server,
		.forwards = server != NULL && !recursive ? 1 : 0,
	};
	struct diag why = { .file = NULL };
	enum status st = resolver_new(&options, NULL, out, &why);

	if (st == ST_OK)
		return 0;
	return tell_fail(st == ST_INVALID && options.forwards > 0 ? EX_USAGE : EX_UNAVAILABLE,
	                 "spf: %s", why.text);
}

int cli_spf(const struct args *a)
{
	struct inquiry i = { .args = a, .steps = { .text = buf_of(SPF_STEPS_MAX) } };
	struct resolver *resolver = NULL;
	int code = read_question(&i);

	if (code == 0)
		code = open_resolver(a->resolver, &resolver);
	if (code == 0)
		code = inquire(&i, resolver);
	resolver_free(&resolver);
	buf_free(&i.steps.text);
	return code;
}
