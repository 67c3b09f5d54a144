#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "cli/commands.h"
#include "cli/milter_greylist.h"
#include "cli/tell.h"
#include "conf/conf.h"
#include "takeover.h"

static void tell_bad(void *arg, const struct diag *bad)
{
	char text[512];

	(void)arg;
	diag_format(bad, text, sizeof(text));
	(void)tell_fail(0, "%s", text);
}

static enum status take_file(struct takeover *t, const char *path, struct diag *why)
{
	bool named = strcmp(path, "-") != 0;
	FILE *file = named ? fopen(path, "re") : stdin;
	enum status st;

	if (file == NULL) {
		diag_set(why, "can't open %s: %s", path, strerror(errno));
		return errno == EACCES ? ST_DENIED : ST_NOTFOUND;
	}
	why->file = path;
	st = takeover_dump(t, file, why);
	if (named)
		(void)fclose(file);
	return st;
}

static void put_count(uint64_t n, const char *what)
{
	if (n > 0)
		(void)printf("  %llu: %s\n", (unsigned long long)n, what);
}

static void put_sum(const struct takeover *t)
{
	(void)printf("read %llu entries: %llu new, %llu merged, %llu skipped\n",
	             (unsigned long long)t->read, (unsigned long long)t->added,
	             (unsigned long long)t->merged,
	             (unsigned long long)(t->bad + t->too_old + t->no_use + t->too_long));
	put_count(t->bad, "a line that is no entry");
	put_count(t->too_old, "too old (milter-greylist would drop it)");
	put_count(t->no_use, "a mark of a tarpit that milter-greylist does not look at");
	put_count(t->too_long, "too long");
}

static int import(struct takeover *t, const struct args *a)
{
	struct diag why = { .file = NULL };
	enum status st = ST_OK;

	for (unsigned i = 0; i < a->words && st == ST_OK; i++)
		st = take_file(t, a->word[i], &why);
	put_sum(t);
	if (st != ST_OK)
		return tell_why(st, &why);
	if (t->read > 0 && t->bad == t->read)
		return tell_fail(EX_DATAERR, "there is no entry of milter-greylist in it");
	return tell_end();
}

int cli_import_milter_greylist(const struct args *a)
{
	struct takeover t = { .now = (int64_t)time(NULL), .tell = tell_bad };
	struct browse_options o = { .change = true };
	struct diag why = { .file = NULL };
	struct conf *conf = NULL;
	enum status st;
	int code = milter_greylist_conf(a, &conf);

	if (conf == NULL)
		return code;
	o.dir = milter_greylist_dbdir(a, conf);
	o.privacy = a->privacy || conf->privacy;
	t.conf = conf;
	st = tell_open(&o, &t.store, &why);
	code = st == ST_OK ? import(&t, a) : tell_why(st, &why);
	browse_close(&t.store);
	conf_unref(&conf);
	return code;
}
