/* A command line: words parted by NUL or LF. */
#include <stdlib.h>

#include "conf/parse.h"
#include "conf/postgrey.h"
#include "util/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WORDS_MAX 512

static enum status no_file(void *arg, const char *path, struct buf *out, struct diag *why)
{
	(void)arg;
	(void)out;
	diag_set(why, "%s: no such file", path);
	return ST_NOTFOUND;
}

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* What the options come to is a configuration. */
static void check_text(const char *text)
{
	const struct conf_source source = { .text = view_of(text), .read_file = no_file };
	struct conf *c = NULL;
	struct diag why;

	check(conf_parse(&source, &c, &why) == ST_OK);
	check(c->ipv4_bits >= 1 && c->ipv4_bits <= 32);
	check(c->ipv6_bits >= 1 && c->ipv6_bits <= 128);
	check(c->retry_window >= 0 && c->max_age > 0 && c->retry_count >= 1);
	conf_unref(&c);
}

static void check_result(const struct postgrey_result *r)
{
	check(r->text[0] != '\0');
	check(r->outcome != POSTGREY_STDERR || r->exit_code != 0);
	for (const struct postgrey_warning *w = r->warnings; w != NULL; w = w->next)
		check(w->text[0] != '\0' && strchr(w->text, '\n') == NULL);
	if (r->outcome == POSTGREY_RUN)
		check_text(r->text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct postgrey_defaults d =
		postgrey_defaults(POSTGREY_DEBIAN, CONF_POSTGREY, "mx.example.org");
	struct view rest = { (const char *)data, size };
	char *copy = mem_text(rest);
	char *argv[WORDS_MAX] = { copy };
	int argc = 1;
	struct postgrey_result r;

	for (size_t i = 0; i < size && argc < WORDS_MAX; i++) {
		if (i == 0 || copy[i - 1] == '\0')
			argv[argc++] = copy + i;
		if (copy[i] == '\n')
			copy[i] = '\0';
	}
	postgrey_conf(argc, argv, &d, &r);
	check_result(&r);
	postgrey_result_free(&r);
	mem_free(copy);
	return 0;
}
