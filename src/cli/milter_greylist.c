#include "cli/milter_greylist.h"

#include <sysexits.h>

#include "cli/config.h"
#include "cli/tell.h"
#include "conf/conf.h"

#define STATEMENTS_MAX ((size_t)100)

int milter_greylist_conf(const struct args *a, struct conf **out)
{
	struct buf more = buf_of(STATEMENTS_MAX);
	enum status st = ST_OK;
	int code;

	if (a->subnetmatch >= 0)
		st = buf_printf(&more, "subnetmatch /%lld\n", (long long)a->subnetmatch);
	if (st == ST_OK && a->subnetmatch6 >= 0)
		st = buf_printf(&more, "subnetmatch6 /%lld\n", (long long)a->subnetmatch6);
	code = st == ST_OK ? config_load(a->config, buf_view(&more), false, out)
	                   : tell_fail(EX_SOFTWARE, "%s", status_text(st));
	buf_free(&more);
	if (code == EX_NOINPUT)
		(void)tell_fail(0, "--config names the daemon's configuration");
	return code;
}

const char *milter_greylist_dbdir(const struct args *a, const struct conf *c)
{
	return a->dbdir_given ? a->dbdir : c->store_dir;
}
