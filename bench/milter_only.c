/* A filter of libmilter that only answers: what every filter that is built on it costs before it
 * does anything. It asks for the same steps as greylagd, or with -a for all; with -h it adds a
 * header of this name to each mail.
 *
 *   milter_only -u PATH [-a] [-h NAME]
 */
#include <libmilter/mfapi.h>
#include <stdbool.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "milter_words.h"

#define BACKLOG 4096

static bool all_steps;
static char *header; /* NULL: none */

static sfsistat unanswered(void)
{
	return all_steps ? SMFIS_CONTINUE : SMFIS_NOREPLY;
}

/* NOLINTBEGIN(readability-function-size, readability-non-const-parameter): libmilter's types */

static sfsistat negotiate(SMFICTX *ctx, unsigned long may, unsigned long steps, unsigned long f2,
                          unsigned long f3, unsigned long *want, unsigned long *want_steps,
                          unsigned long *want2, unsigned long *want3)
{
	(void)ctx, (void)may, (void)steps, (void)f2, (void)f3;
	*want = SMFIF_ADDHDRS;
	*want_steps = all_steps ? 0 : MILTER_WORDS_STEPS;
	*want2 = *want3 = 0;
	return SMFIS_CONTINUE;
}

static sfsistat on_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *address)
{
	(void)ctx, (void)host, (void)address;
	return unanswered();
}

static sfsistat on_text(SMFICTX *ctx, char *text)
{
	(void)ctx, (void)text;
	return unanswered();
}

static sfsistat on_mail(SMFICTX *ctx, char **arguments)
{
	(void)ctx, (void)arguments;
	return unanswered();
}

static sfsistat on_rcpt(SMFICTX *ctx, char **arguments)
{
	(void)ctx, (void)arguments;
	return SMFIS_CONTINUE;
}

static sfsistat on_event(SMFICTX *ctx)
{
	(void)ctx;
	return SMFIS_CONTINUE;
}

static sfsistat on_end(SMFICTX *ctx)
{
	char value[] = "seen";

	if (header != NULL && smfi_addheader(ctx, header, value) != MI_SUCCESS)
		return SMFIS_TEMPFAIL;
	return SMFIS_CONTINUE;
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
	(void)ctx, (void)name, (void)value;
	return SMFIS_CONTINUE;
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *octets, size_t n)
{
	(void)ctx, (void)octets, (void)n;
	return SMFIS_CONTINUE;
}

/* NOLINTEND(readability-function-size, readability-non-const-parameter) */

int main(int argc, char **argv)
{
	char name[] = "only", *path = NULL;
	struct smfiDesc filter = {
		.xxfi_name = name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_ADDHDRS,
		.xxfi_connect = on_connect,
		.xxfi_helo = on_text,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_data = on_event,
		.xxfi_header = on_header,
		.xxfi_eoh = on_event,
		.xxfi_body = on_body,
		.xxfi_eom = on_end,
		.xxfi_negotiate = negotiate,
	};

	for (int c; (c = getopt(argc, argv, "u:ah:")) != -1;) {
		if (c == 'u')
			path = optarg;
		else if (c == 'a')
			all_steps = true;
		else if (c == 'h')
			header = optarg;
		else
			path = NULL;
	}
	if (path == NULL || optind != argc) {
		(void)fputs("usage: milter_only -u PATH [-a] [-h NAME]\n", stderr);
		return EX_USAGE;
	}
	if (smfi_register(filter) != MI_SUCCESS || smfi_setconn(path) != MI_SUCCESS ||
	    smfi_setbacklog(BACKLOG) != MI_SUCCESS)
		return EX_OSERR;
	return smfi_main() == MI_SUCCESS ? 0 : EX_OSERR;
}
