/* greylag: the administrator's view of greylagd's memory. */
#include <stdio.h>
#include <sysexits.h>

#include "cli/commands.h"
#include "cli/tell.h"

static int print_help(enum cli_command command)
{
	struct buf text = buf_of(65536);

	if (args_help(command, &text) == ST_OK)
		(void)fwrite(text.p, 1, text.n, stdout);
	buf_free(&text);
	return tell_end();
}

static int run(const struct args *a)
{
	if (a->help)
		return print_help(a->command);
	if (a->version) {
		(void)printf("greylag %s\n", GREYLAG_VERSION);
		return tell_end();
	}
	switch (a->command) {
	case CLI_STATUS: return cli_status(a);
	case CLI_LIST: return cli_list(a);
	case CLI_SHOW: return cli_show(a);
	case CLI_EXPLAIN: return cli_explain(a);
	case CLI_SPF: return cli_spf(a);
	case CLI_FORGET: return cli_forget(a);
	case CLI_EXPORT: return cli_export(a);
	case CLI_EXPORT_MILTER_GREYLIST: return cli_export_milter_greylist(a);
	case CLI_IMPORT: return cli_import(a);
	case CLI_IMPORT_MILTER_GREYLIST: return cli_import_milter_greylist(a);
	case CLI_IMPORT_POSTGREY: return cli_import_postgrey(a);
	case CLI_CONFIG_CHECK: return cli_config_check(a);
	case CLI_CONFIG_PRINT: return cli_config_print(a);
	case CLI_CONFIG_CLAUSES: return cli_config_clauses(a);
	case CLI_CONFIG_STATEMENTS: return cli_config_statements(a);
	case CLI_CONFIG_VALUES: return cli_config_values(a);
	case CLI_CONFIG_IMPORT: return cli_config_import(a);
	case CLI_MILTERS: return cli_milters(a);
	case CLI_MILTERS_DETECT: return cli_milters_detect(a);
	case CLI_COMMANDS: break;
	}
	return EX_USAGE;
}

int main(int argc, char **argv)
{
	struct args args;
	struct diag why;
	int code;

	if (args_read(argc, argv, &args, &why) == ST_OK)
		code = run(&args);
	else
		code = tell_fail(EX_USAGE, "%s; `greylag --help' lists all", why.text);
	args_free(&args);
	return code;
}
