#include "origin.h"

#include "conf/conf.h"
#include "conf/options.h"
#include "geo/geo.h"
#include "util/file.h"

#define FILE_MAX ((size_t)64 << 20)

struct listener {
	void (*warn)(void *arg, const char *text);
	void *arg;
};

static enum status read_file(void *arg, const char *path, struct buf *out, struct diag *why)
{
	(void)arg;
	return file_read(path, out, why);
}

static void on_warning(void *arg, const struct diag *warning)
{
	const struct listener *l = arg;
	char text[sizeof(warning->text) + 512];

	diag_format(warning, text, sizeof(text));
	l->warn(l->arg, text);
}

/* What the command line says of this run, and not of the configuration. */
static void settle(const struct origin *o, struct conf *c)
{
	if (c->options->hostname == NULL && o->hostname != NULL)
		c->hostname = arena_text(c->arena, view_of(o->hostname));
	c->stdio = o->stdio;
	if (o->background != BACKGROUND_BY_FILE)
		c->daemonize = o->background == BACKGROUND_YES;
	if (o->stdio)
		c->daemonize = false;
}

enum status origin_load(const struct origin *o, void (*warn)(void *arg, const char *text),
                        void *arg, struct conf **out, struct diag *why, struct buf *shown)
{
	struct listener listener = { warn, arg };
	struct buf text = buf_of(FILE_MAX);
	struct conf_source source = { .name = o->file,
		                      .more = view_of(o->more),
		                      .read_file = read_file,
		                      .warn = on_warning,
		                      .arg = &listener };
	struct diag odd = { .file = o->file };
	enum status st = ST_OK;

	*why = (struct diag){ .file = NULL };
	if (o->file != NULL)
		st = file_read(o->file, &text, why);
	source.text = o->file != NULL ? buf_view(&text) : view_of(o->text);
	if (st == ST_OK) {
		st = conf_parse(&source, out, why);
		if (st != ST_OK && shown != NULL)
			(void)(conf_explain(&source, why, shown) == ST_OK); /* *why says it too */
	} else if (shown != NULL) {
		(void)(buf_printf(shown, "%s\n", why->text) == ST_OK);
	}
	if (st == ST_OK) {
		settle(o, *out);
		if (geo_attach(*out, &odd) != ST_OK)
			on_warning(&listener, &odd);
	}
	buf_free(&text);
	return st;
}
