/* A command line: words parted by NUL or LF. */
#include <stdlib.h>

#include "acl/rule.h"
#include "conf/conf.h"
#include "conf/milter_greylist.h"
#include "conf/options.h"
#include "conf/parse.h"
#include "util/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WORDS_MAX 512

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_command(const struct milter_greylist_command *c)
{
	const struct conf_source source = { .text = view_of(c->statements), .name = "options" };
	bool prints = c->outcome == MILTER_GREYLIST_STDOUT || c->outcome == MILTER_GREYLIST_STDERR;
	struct diag why = { .file = NULL };
	struct conf *conf = NULL;

	check(prints == (c->text[0] != '\0'));
	check((c->outcome == MILTER_GREYLIST_STDERR) == (c->exit_code != 0));
	check(!prints || c->text[strlen(c->text) - 1] == '\n');
	check(c->file[0] != '\0');
	check(conf_parse(&source, &conf, &why) == ST_OK);
	/* No value can smuggle in another statement. */
	check(conf->acl->rule_count == 0 && conf->acl->object_count == 0);
	check(conf->policy == NULL && conf->options->store_dir == NULL);
	conf_unref(&conf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view rest = { (const char *)data, size };
	char *copy = mem_text(rest);
	char *argv[WORDS_MAX] = { copy };
	int argc = 1;
	struct milter_greylist_command c;

	for (size_t i = 0; i < size && argc < WORDS_MAX; i++) {
		if (i == 0 || copy[i - 1] == '\0')
			argv[argc++] = copy + i;
		if (copy[i] == '\n')
			copy[i] = '\0';
	}
	milter_greylist_read(argc, argv, &c);
	check_command(&c);
	milter_greylist_free(&c);
	mem_free(copy);
	return 0;
}
