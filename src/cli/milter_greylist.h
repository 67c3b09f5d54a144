/* What import and export share: how the daemon keeps what milter-greylist calls its data base. */
#pragma once

#include "cli/args.h"

struct conf;

/* The configuration of --config, or of milter-greylist's own place, with --subnetmatch and
 * --subnetmatch6 in it. 0, or an exit code after telling why, and *out is NULL
 * still. */
int milter_greylist_conf(const struct args *a, struct conf **out);

/* The folder of --dbdir, else that of the configuration. */
const char *milter_greylist_dbdir(const struct args *a, const struct conf *c);
