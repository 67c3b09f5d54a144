/* A command line: words parted by NUL or LF. */
#include <stdlib.h>

#include "conf/postgrey.h"
#include "util/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WORDS_MAX 512

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_result(const struct postgrey_result *r)
{
	struct buf text = buf_of((size_t)1 << 22);

	check((r->outcome == POSTGREY_RUN) == (r->conf != NULL));
	check((r->outcome == POSTGREY_RUN) == (r->text[0] == '\0'));
	check(r->outcome != POSTGREY_STDERR || r->exit_code != 0);
	for (const struct postgrey_warning *w = r->warnings; w != NULL; w = w->next)
		check(w->text[0] != '\0' && strchr(w->text, '\n') == NULL);
	if (r->conf != NULL) {
		check(r->conf->policy != NULL || r->conf->stdio);
		check(r->conf->ipv4_bits >= 1 && r->conf->ipv4_bits <= 32);
		check(r->conf->ipv6_bits >= 1 && r->conf->ipv6_bits <= 128);
		check(r->conf->retry_window >= 0 && r->conf->max_age > 0);
		check(r->conf->retry_count >= 1 && r->conf->auto_allow_after >= 1);
		check(postgrey_print(r->conf, &text) == ST_OK);
	}
	buf_free(&text);
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
