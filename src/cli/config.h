/* Configurations that the command line names. */
#pragma once

#include "util/view.h"

struct conf;

/* Reads a file, "-" is standard input, and behind it the statements of `more`. 0 and *out, or an
 * exit code after telling why. warnings: what is odd is told on standard error. */
int config_load(const char *path, struct view more, bool warnings, struct conf **out);
