/* A filter on libmilter, as child milters mostly are: FILTER SOCKET NAME [unanswered]. What it does
 * depends on what it is told: a recipient with "no" in it is refused, a sender with "refuse" at the
 * end of the message, and of one with "body" the body is replaced. Each message gets a header of
 * its name, with the number of headers and octets that it saw. With "unanswered" it answers nothing
 * before the end, and takes the blanks behind colons. */
#include <libmilter/mfapi.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *name;
static bool unanswered;

struct seen {
	unsigned headers;
	size_t octets;
	bool refuse, body;
};

static sfsistat on_mail(SMFICTX *ctx, char **args)
{
	struct seen *s = smfi_getpriv(ctx);

	if (s == NULL)
		s = malloc(sizeof(*s));
	if (s == NULL)
		return SMFIS_TEMPFAIL;
	*s = (struct seen){ .refuse = strstr(args[0], "refuse") != NULL,
		            .body = strstr(args[0], "body") != NULL };
	(void)smfi_setpriv(ctx, s);
	return SMFIS_CONTINUE;
}

static sfsistat on_rcpt(SMFICTX *ctx, char **args)
{
	char code[] = "550", enhanced[] = "5.1.1", text[] = "100%% nobody";

	if (unanswered || strstr(args[0], "no") == NULL)
		return SMFIS_CONTINUE;
	(void)smfi_setreply(ctx, code, enhanced, text);
	return SMFIS_REJECT;
}

static sfsistat on_header(SMFICTX *ctx, char *field, char *value)
{
	struct seen *s = smfi_getpriv(ctx);

	(void)field;
	(void)value;
	s->headers++;
	return SMFIS_CONTINUE;
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *octets, size_t n)
{
	struct seen *s = smfi_getpriv(ctx);

	(void)octets;
	s->octets += n;
	return SMFIS_CONTINUE;
}

static sfsistat on_end(SMFICTX *ctx)
{
	struct seen *s = smfi_getpriv(ctx);
	unsigned char body[] = "new\r\n";
	char field[100], value[100];

	if (s->refuse)
		return SMFIS_REJECT;
	(void)snprintf(field, sizeof(field), "X-%s", name);
	(void)snprintf(value, sizeof(value), "%s%u headers, %zu octets", unanswered ? " " : "",
	               s->headers, s->octets);
	(void)smfi_progress(ctx);
	if (smfi_addheader(ctx, field, value) != MI_SUCCESS)
		return SMFIS_TEMPFAIL;
	if (s->body && smfi_replacebody(ctx, body, sizeof(body) - 1) != MI_SUCCESS)
		return SMFIS_TEMPFAIL;
	return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *ctx)
{
	free(smfi_getpriv(ctx));
	(void)smfi_setpriv(ctx, NULL);
	return SMFIS_CONTINUE;
}

static sfsistat on_offer(SMFICTX *ctx, unsigned long actions, unsigned long steps,
                         unsigned long more1, unsigned long more2, unsigned long *my_actions,
                         unsigned long *my_steps, unsigned long *my_more1, unsigned long *my_more2)
{
	const unsigned long nothing = SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL |
	                              SMFIP_NR_RCPT | SMFIP_NR_DATA | SMFIP_NR_UNKN | SMFIP_NR_HDR |
	                              SMFIP_NR_EOH | SMFIP_NR_BODY | SMFIP_HDR_LEADSPC;

	(void)ctx;
	(void)more1;
	(void)more2;
	*my_actions = actions & (SMFIF_ADDHDRS | SMFIF_CHGBODY);
	*my_steps = unanswered ? steps & nothing : 0;
	*my_more1 = 0;
	*my_more2 = 0;
	return SMFIS_CONTINUE;
}

int main(int argc, char **argv)
{
	struct smfiDesc filter = {
		.xxfi_name = argv[0],
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGBODY,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_header = on_header,
		.xxfi_body = on_body,
		.xxfi_eom = on_end,
		.xxfi_close = on_close,
		.xxfi_negotiate = on_offer,
	};

	if (argc < 3)
		return 64;
	name = argv[2];
	unanswered = argc > 3;
	if (smfi_setconn(argv[1]) != MI_SUCCESS || smfi_register(filter) != MI_SUCCESS)
		return 69;
	return smfi_main() == MI_SUCCESS ? 0 : 70;
}
