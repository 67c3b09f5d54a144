/* A filter on libmilter that writes down what it is told, and changes what its words say:
 * CHANGER SOCKET RECORD [WORD...]. Each message is appended to RECORD when it ends, a line for each
 * thing it was told. Words, done in their order at the end of the message:
 *
 *     add:NAME:VALUE  ins:N:NAME:VALUE  chg:N:NAME:VALUE (no VALUE: it goes)  body:TEXT
 * rcpt:ADDRESS par:ADDRESS:ARGUMENTS  gone:ADDRESS  from:ADDRESS  hold:REASON  progress
 *
 * blank: it takes the blanks behind colons; no-body: it does not want the body; skip: no more than
 * a piece of it; refused: it is told of recipients that the MTA refused. */
#include <libmilter/mfapi.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *record;
static char **words;
static bool skips;

struct told {
	char *text;
	size_t n;
	FILE *out;
	bool in_body;
};

static void put(FILE *out, const void *octets, size_t n)
{
	const unsigned char *p = octets;

	for (size_t i = 0; i < n; i++) {
		if (p[i] < ' ' || p[i] > '~' || p[i] == '\\')
			(void)fprintf(out, "\\x%02x", p[i]);
		else
			(void)fputc(p[i], out);
	}
}

static void put_line(FILE *out, const char *what, const char *text)
{
	(void)fprintf(out, "%s ", what);
	put(out, text, strlen(text));
	(void)fputc('\n', out);
}

static void forget(struct told *t)
{
	if (t->out != NULL)
		(void)fclose(t->out);
	free(t->text);
	*t = (struct told){ .out = NULL };
}

static void put_macro(SMFICTX *ctx, struct told *t, const char *name)
{
	char copy[64];
	const char *value;

	(void)snprintf(copy, sizeof(copy), "%s", name);
	value = smfi_getsymval(ctx, copy);
	if (value != NULL)
		put_line(t->out, name, value);
}

static void put_macros(SMFICTX *ctx, struct told *t, const char *const *names)
{
	for (; *names != NULL; names++)
		put_macro(ctx, t, *names);
}

static sfsistat on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *address)
{
	(void)name;
	(void)address;
	(void)smfi_setpriv(ctx, calloc(1, sizeof(struct told)));
	return SMFIS_CONTINUE;
}

static sfsistat on_mail(SMFICTX *ctx, char **args)
{
	static const char *const macros[] = {
		"{client_addr}", "{client_name}", "{daemon_name}", "j", "v", "{mail_addr}",
		"{mail_host}",   "{mail_mailer}", "{auth_authen}", NULL
	};
	struct told *t = smfi_getpriv(ctx);

	if (t == NULL)
		return SMFIS_TEMPFAIL;
	forget(t);
	t->out = open_memstream(&t->text, &t->n);
	if (t->out == NULL)
		return SMFIS_TEMPFAIL;
	for (; *args != NULL; args++)
		put_line(t->out, "MAIL", *args);
	put_macros(ctx, t, macros);
	return SMFIS_CONTINUE;
}

static sfsistat on_rcpt(SMFICTX *ctx, char **args)
{
	static const char *const macros[] = { "{rcpt_addr}", "{rcpt_host}", "{rcpt_mailer}", NULL };
	struct told *t = smfi_getpriv(ctx);

	for (; *args != NULL; args++)
		put_line(t->out, "RCPT", *args);
	put_macros(ctx, t, macros);
	return SMFIS_CONTINUE;
}

static sfsistat on_header(SMFICTX *ctx, char *field, char *value)
{
	struct told *t = smfi_getpriv(ctx);

	put_line(t->out, field, value);
	return SMFIS_CONTINUE;
}

static sfsistat on_eoh(SMFICTX *ctx)
{
	struct told *t = smfi_getpriv(ctx);

	(void)fputs("EOH\n", t->out);
	return SMFIS_CONTINUE;
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *octets, size_t n)
{
	struct told *t = smfi_getpriv(ctx);

	if (!t->in_body)
		(void)fputs("BODY ", t->out);
	t->in_body = true;
	put(t->out, octets, n);
	return skips ? SMFIS_SKIP : SMFIS_CONTINUE;
}

/* Cuts "a:b" into a, which is returned, and b. */
static char *cut(char **rest)
{
	char *word = *rest, *colon = strchr(word, ':');

	if (colon != NULL)
		*colon++ = '\0';
	*rest = colon != NULL ? colon : word + strlen(word);
	return word;
}

static int change_header(SMFICTX *ctx, const char *what, char *rest)
{
	int n = strcmp(what, "add") == 0 ? 0 : atoi(cut(&rest));
	char *name = cut(&rest);

	if (strcmp(what, "ins") == 0)
		return smfi_insheader(ctx, n, name, rest);
	if (strcmp(what, "chg") == 0)
		return smfi_chgheader(ctx, name, n, rest[0] != '\0' ? rest : NULL);
	return smfi_addheader(ctx, name, rest);
}

static int change(SMFICTX *ctx, const char *word)
{
	char copy[1024], *rest = copy, *what;

	(void)snprintf(copy, sizeof(copy), "%s", word);
	what = cut(&rest);
	if (strcmp(what, "add") == 0 || strcmp(what, "ins") == 0 || strcmp(what, "chg") == 0)
		return change_header(ctx, what, rest);
	if (strcmp(what, "body") == 0)
		return smfi_replacebody(ctx, (unsigned char *)rest, (int)strlen(rest));
	if (strcmp(what, "rcpt") == 0)
		return smfi_addrcpt(ctx, rest);
	if (strcmp(what, "par") == 0) {
		char *address = cut(&rest);

		return smfi_addrcpt_par(ctx, address, rest);
	}
	if (strcmp(what, "gone") == 0)
		return smfi_delrcpt(ctx, rest);
	if (strcmp(what, "from") == 0)
		return smfi_chgfrom(ctx, rest, NULL);
	if (strcmp(what, "hold") == 0)
		return smfi_quarantine(ctx, rest);
	if (strcmp(what, "progress") == 0)
		return smfi_progress(ctx);
	return MI_SUCCESS;
}

static void keep(struct told *t)
{
	FILE *f = fopen(record, "a");

	(void)fputs(t->in_body ? "\nEND\n" : "END\n", t->out);
	(void)fflush(t->out);
	if (f == NULL)
		return;
	(void)fwrite(t->text, 1, t->n, f);
	(void)fclose(f);
}

static sfsistat on_end(SMFICTX *ctx)
{
	struct told *t = smfi_getpriv(ctx);

	keep(t);
	for (char **word = words; *word != NULL; word++)
		if (change(ctx, *word) != MI_SUCCESS)
			return SMFIS_TEMPFAIL;
	return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *ctx)
{
	struct told *t = smfi_getpriv(ctx);

	if (t != NULL)
		forget(t);
	free(t);
	(void)smfi_setpriv(ctx, NULL);
	return SMFIS_CONTINUE;
}

static bool has(const char *word)
{
	for (char **w = words; *w != NULL; w++)
		if (strcmp(*w, word) == 0)
			return true;
	return false;
}

static sfsistat on_offer(SMFICTX *ctx, unsigned long actions, unsigned long steps,
                         unsigned long more1, unsigned long more2, unsigned long *my_actions,
                         unsigned long *my_steps, unsigned long *my_more1, unsigned long *my_more2)
{
	(void)ctx;
	(void)more1;
	(void)more2;
	*my_actions = actions & ~(unsigned long)SMFIF_SETSYMLIST;
	*my_steps = (has("blank") ? steps & SMFIP_HDR_LEADSPC : 0) |
	            (has("no-body") ? steps & SMFIP_NOBODY : 0) |
	            (has("refused") ? steps & SMFIP_RCPT_REJ : 0) |
	            (skips ? steps & SMFIP_SKIP : 0);
	*my_more1 = 0;
	*my_more2 = 0;
	return SMFIS_CONTINUE;
}

int main(int argc, char **argv)
{
	struct smfiDesc filter = {
		.xxfi_name = argv[0],
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGBODY | SMFIF_ADDRCPT |
		              SMFIF_ADDRCPT_PAR | SMFIF_DELRCPT | SMFIF_CHGFROM | SMFIF_QUARANTINE,
		.xxfi_connect = on_connect,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_header = on_header,
		.xxfi_eoh = on_eoh,
		.xxfi_body = on_body,
		.xxfi_eom = on_end,
		.xxfi_close = on_close,
		.xxfi_negotiate = on_offer,
	};

	if (argc < 3)
		return 64;
	record = argv[2];
	words = argv + 3;
	skips = has("skip");
	if (smfi_setconn(argv[1]) != MI_SUCCESS || smfi_register(filter) != MI_SUCCESS)
		return 69;
	return smfi_main() == MI_SUCCESS ? 0 : 70;
}
