#include "cli/settings.h"

#include "cli/daemon_config.h"
#include "cli/tell.h"
#include "conf/conf.h"
#include "conf/options.h"
#include "conf/parse.h"
#include "session/gather.h"
#include "util/file.h"

#define FILE_MAX ((size_t)64 << 20)

static enum status read_file(void *arg, const char *path, struct buf *out, struct diag *why)
{
	(void)arg;
	return file_read(path, out, why);
}

/* The file is read as it is now. */
static enum status read_conf(const struct daemon_config *c, struct conf **out)
{
	struct buf name = buf_of(DAEMON_CONFIG_MAX), text = buf_of(FILE_MAX);
	struct conf_source source = { .name = "the daemon's options",
		                      .text = c->statements,
		                      .read_file = read_file };
	struct diag why = { .file = NULL };
	enum status st = buf_append(&name, c->file);

	if (st == ST_OK && name.n > 0) {
		st = file_read(buf_text(&name), &text, &why);
		source.name = buf_text(&name);
		source.text = buf_view(&text);
		source.more = c->statements;
	}
	if (st == ST_OK)
		st = conf_parse(&source, out, &why);
	buf_free(&name);
	buf_free(&text);
	return st;
}

static struct conf *conf_of_daemon(const struct args *a)
{
	struct buf answer = buf_of(DAEMON_CONFIG_MAX);
	struct daemon_config c;
	struct diag why = { .file = NULL };
	struct conf *conf = NULL;

	if (daemon_config_ask(a->dbdir, &answer, &c, &why) != ST_OK ||
	    read_conf(&c, &conf) != ST_OK)
		conf = NULL;
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
