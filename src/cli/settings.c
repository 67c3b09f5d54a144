#include "cli/settings.h"

#include "cli/tell.h"
#include "conf/conf.h"
#include "conf/options.h"
#include "conf/parse.h"
#include "ctl/ctl.h"
#include "session/gather.h"
#include "util/file.h"

#define ANSWER_MAX_ ((size_t)4 << 20) /* of the control socket */
#define FILE_MAX    ((size_t)64 << 20)

static enum status read_file(void *arg, const char *path, struct buf *out, struct diag *why)
{
	(void)arg;
	return file_read(path, out, why);
}

/* "file=", others, an empty line, the statements of the command line. */
static enum status read_answer(struct view rest, struct buf *file, struct view *more)
{
	struct view line;
	enum status st = ST_OK;

	while (st == ST_OK && view_next(&rest, '\n', &line) && line.n > 0)
		if (view_starts(line, VIEW("file=")))
			st = buf_append(file, view_from(line, VIEW("file=").n));
	*more = rest;
	return st;
}

static enum status read_conf(struct view answer, struct conf **out)
{
	struct buf name = buf_of(ANSWER_MAX_), text = buf_of(FILE_MAX);
	struct conf_source source = { .read_file = read_file };
	struct diag why = { .file = NULL };
	enum status st = read_answer(answer, &name, &source.more);

	source.name = "the daemon's options";
	if (st == ST_OK && name.n > 0) {
		source.name = buf_text(&name);
		st = file_read(source.name, &text, &why);
	} else {
		source.text = source.more;
		source.more = (struct view){ "", 0 };
	}
	if (st == ST_OK && name.n > 0)
		source.text = buf_view(&text);
	if (st == ST_OK)
		st = conf_parse(&source, out, &why);
	buf_free(&name);
	buf_free(&text);
	return st;
}

static struct conf *conf_of_daemon(const struct args *a)
{
	struct buf answer = buf_of(ANSWER_MAX_);
	struct diag why = { .file = NULL };
	struct conf *conf = NULL;

	if (ctl_ask(a->dbdir, VIEW("config"), &answer, &why) != ST_OK ||
	    read_conf(buf_view(&answer), &conf) != ST_OK)
		conf_unref(&conf);
	buf_free(&answer);
	return conf;
}

void settings_find(const struct args *a, struct settings *out)
{
	struct conf *conf = a->settings_given ? NULL : conf_of_daemon(a);

	*out = (struct settings){ .policy = tell_policy(a),
		                  .by_record = a->delay < 0,
		                  .ipv4_bits = (unsigned)a->ipv4_bits,
		                  .ipv6_bits = (unsigned)a->ipv6_bits };
	if (conf == NULL)
		return;
	out->policy = gather_policy(conf);
	out->by_record = conf->promised;
	out->ipv4_bits = (unsigned)conf->ipv4_bits;
	out->ipv6_bits = (unsigned)conf->ipv6_bits;
	conf_unref(&conf);
}
