/* One function a command: it does all and gives the exit code. */
#pragma once

#include "cli/args.h"

int cli_status(const struct args *a);
int cli_list(const struct args *a);
int cli_show(const struct args *a);
int cli_explain(const struct args *a);
int cli_spf(const struct args *a);
int cli_forget(const struct args *a);
int cli_export(const struct args *a);
int cli_export_milter_greylist(const struct args *a);
int cli_import(const struct args *a);
int cli_import_milter_greylist(const struct args *a);
int cli_import_postgrey(const struct args *a);
int cli_config_check(const struct args *a);
int cli_config_print(const struct args *a);
int cli_config_clauses(const struct args *a);
int cli_config_statements(const struct args *a);
int cli_config_values(const struct args *a);
int cli_config_import(const struct args *a);
int cli_milters(const struct args *a);
int cli_milters_detect(const struct args *a);
