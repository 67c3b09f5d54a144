/* greylag config: files in the language of milter-greylist's greylist.conf, checked and printed. */
#include "cli/config.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "acl/clause.h"
#include "cli/commands.h"
#include "cli/tell.h"
#include "conf/conf.h"
#include "conf/lint.h"
#include "conf/milter_manager.h"
#include "conf/parse.h"
#include "geo/geo.h"
#include "util/file.h"

#define FILE_MAX ((size_t)64 << 20)
#define TEXT_MAX ((size_t)256 << 20)

static enum status read_file(void *arg, const char *path, struct buf *out, struct diag *why)
{
	(void)arg;
	return file_read(path, out, why);
}

static void warn(void *arg, const struct diag *warning)
{
	char text[512];

	(void)arg;
	diag_format(warning, text, sizeof(text));
	(void)fprintf(stderr, "%s\n", text);
}

/* What concerns the configuration as a whole has no file of its own. */
static void warn_of(void *arg, const struct diag *warning)
{
	const char *const *path = arg;
	struct diag d = *warning;

	if (d.file == NULL)
		d.file = *path;
	warn(NULL, &d);
}

static void explain(const struct conf_source *source, const struct diag *why)
{
	struct buf text = buf_of(TEXT_MAX);

	if (conf_explain(source, why, &text) == ST_OK)
		(void)fputs(buf_text(&text), stderr);
	else
		(void)fprintf(stderr, "%s\n", why->text);
	buf_free(&text);
}

int config_load(const char *path, struct view more, bool warnings, struct conf **out)
{
	struct buf text = buf_of(FILE_MAX);
	struct conf_source source = {
		.name = path, .more = more, .read_file = read_file, .warn = warnings ? warn : NULL
	};
	struct diag why = { .file = NULL };
	enum status st = file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, &text, &why);
	int code = 0;

	if (st != ST_OK) {
		code = tell_why(st, &why);
	} else {
		source.text = buf_view(&text);
		why.file = path;
		if (conf_parse(&source, out, &why) != ST_OK) {
			explain(&source, &why);
			code = EX_CONFIG;
		}
	}
	buf_free(&text);
	return code;
}

int cli_config_check(const struct args *a)
{
	struct conf *conf = NULL;
	const char *path = a->word[0];
	struct diag odd = { .file = NULL };
	int code = config_load(path, (struct view){ "", 0 }, true, &conf);

	if (code == 0) {
		if (geo_attach(conf, &odd) != ST_OK)
			warn_of(&path, &odd);
		conf_lint(conf, warn_of, &path);
		(void)printf("%s: no errors\n", path);
	}
	conf_unref(&conf);
	return code == 0 ? tell_end() : code;
}

int cli_config_print(const struct args *a)
{
	struct buf text = buf_of(TEXT_MAX);
	struct conf *conf = NULL;
	int code = config_load(a->word[0], (struct view){ "", 0 }, false, &conf);

	if (code == 0 && conf_print(conf, &text) == ST_OK)
		(void)fwrite(text.p, 1, text.n, stdout);
	else if (code == 0)
		code = tell_fail(EX_SOFTWARE, "the configuration is too long to print");
	buf_free(&text);
	conf_unref(&conf);
	return code == 0 ? tell_end() : code;
}

int cli_config_import(const struct args *a)
{
	const char *path = a->word[1];
	struct buf text = buf_of(MILTER_MANAGER_TEXT_MAX), out = buf_of(TEXT_MAX);
	struct diag why = { .file = NULL };
	int code = 0;
	enum status st;

	if (strcmp(a->word[0], "milter-manager") != 0)
		return tell_fail(EX_USAGE,
		                 "only the configuration of milter-manager is translated: "
		                 "greylag config import milter-manager FILE|-");
	st = file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, &text, &why);
	if (st != ST_OK) {
		code = tell_why(st, &why);
	} else {
		why = (struct diag){ .file = path };
		st = milter_manager_read(buf_view(&text), GREYLAG_DATADIR "/conditions.conf", &out,
		                         &why);
		why.file = path;
		if (st == ST_OK)
			(void)fwrite(out.p, 1, out.n, stdout);
		else
			code = tell_why(st, &why);
	}
	buf_free(&text);
	buf_free(&out);
	return code == 0 ? tell_end() : code;
}

int cli_config_clauses(const struct args *a)
{
	const struct clause_kind *kind;

	(void)a;
	for (size_t i = 0; (kind = clause_at(i)) != NULL; i++)
		(void)printf("%-32s  %s\n", kind->synopsis != NULL ? kind->synopsis : kind->name,
		             kind->help);
	return tell_end();
}

int cli_config_statements(const struct args *a)
{
	const char *name;

	(void)a;
	for (size_t i = 0; (name = conf_statement_name(i)) != NULL; i++)
		(void)printf("%-32s  %s\n", name, conf_statement_help(i));
	return tell_end();
}

int cli_config_values(const struct args *a)
{
	const char *name;

	(void)a;
	for (size_t i = 0; (name = conf_value_name(i)) != NULL; i++)
		(void)printf("%-32s  %s\n", name, conf_value_help(i));
	return tell_end();
}
