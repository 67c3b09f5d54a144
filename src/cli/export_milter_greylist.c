#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>

#include "acl/rule.h"
#include "cli/commands.h"
#include "cli/milter_greylist.h"
#include "cli/tell.h"
#include "codec/mg_dump.h"
#include "conf/conf.h"
#include "conf/options.h"
#include "session/gather.h"

/* Why an entry is not written. */
enum lack { LACK_NONE, LACK_OLD, LACK_NO_ADDRESS, LACK_READABLE, LACK_LONG, LACK_MARK, LACKS };

struct output {
	FILE *file;
	const struct conf *conf;
	struct grey_policy grey;
	int64_t now;
	struct buf line;
	uint64_t counts[MG_DUMP_KINDS];
	uint64_t lacks[LACKS];
};

static const char *tell_local(int64_t t, char out[TELL_TIME_MAX])
{
	time_t seconds = (time_t)t;
	struct tm tm;

	if (localtime_r(&seconds, &tm) == NULL ||
	    strftime(out, TELL_TIME_MAX, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		(void)snprintf(out, TELL_TIME_MAX, "%lld", (long long)t);
	return out;
}

static enum status write_line(struct output *o)
{
	if (fwrite(o->line.p, 1, o->line.n, o->file) != o->line.n)
		return ST_IO;
	buf_clear(&o->line);
	return ST_OK;
}

/* A tuple's moment: when it may pass, or when that is forgotten. */
static void fill(const struct output *o, const struct grey_record *r, struct mg_dump_entry *out)
{
	const struct grey_policy *p = &o->grey;

	out->kind = r->passes > 0 ? MG_DUMP_AUTO : MG_DUMP_PENDING;
	if (r->passes > 0)
		out->time = r->last + (p->promised && r->keep > 0 ? r->keep : p->max_age);
	else
		out->time = r->first + (p->promised && r->wait > 0 ? r->wait : p->delay);
}

/* Its line in o->line. */
static enum lack write_tuple(struct output *o, const struct browse_entry *e)
{
	struct mg_dump_entry d = { .sender = e->sender, .recipient = e->recipient };
	char when[TELL_TIME_MAX];
	struct ip_net net;
	enum status st;

	if (grey_expired(&o->grey, &e->tuple, o->now))
		return LACK_OLD;
	if (e->form != BROWSE_READABLE || net_parse(e->source, &net) != ST_OK)
		return LACK_NO_ADDRESS;
	d.client = net.base;
	fill(o, &e->tuple, &d);
	st = mg_dump_put(
		&d, o->conf->options->dump_no_time_translation ? NULL : tell_local(d.time, when),
		&o->line);
	if (st != ST_OK)
		return st == ST_INVALID ? LACK_READABLE : LACK_LONG;
	o->counts[d.kind]++;
	return LACK_NONE;
}

static enum status put_tuples(struct output *o, struct browse *b, struct diag *why)
{
	struct browse_walk *w = browse_walk_new(b, BROWSE_TUPLES);
	struct browse_entry e;
	enum status st, wrote = ST_OK;

	while (wrote == ST_OK && (st = browse_next(w, &e, why)) == ST_OK) {
		if (e.damaged)
			continue;
		o->lacks[write_tuple(o, &e)]++;
		wrote = write_line(o);
	}
	browse_walk_free(&w);
	if (wrote != ST_OK)
		diag_set(why, "can't write: %s", strerror(errno));
	return wrote != ST_OK ? wrote : st == ST_NOTFOUND ? ST_OK : st;
}

static enum status put_all(struct output *o, struct browse *b, struct diag *why)
{
	char when[TELL_TIME_MAX];
	enum status st =
		mg_dump_put_head("greylag-" GREYLAG_VERSION, tell_local(o->now, when), &o->line);

	diag_set(why, "can't write the dump");
	if (st == ST_OK)
		st = write_line(o);
	if (st == ST_OK)
		st = put_tuples(o, b, why);
	if (st == ST_OK)
		st = mg_dump_put_end(o->counts, &o->line);
	if (st == ST_OK)
		st = write_line(o);
	if (st == ST_OK && fflush(o->file) != 0) {
		diag_set(why, "can't write: %s", strerror(errno));
		st = ST_IO;
	}
	o->lacks[LACK_MARK] = browse_count(b, BROWSE_MARKS);
	return st;
}

/* On standard error: the dump may be on the other. */
static void tell_lacks(const struct output *o)
{
	static const char *const texts[LACKS] = {
		[LACK_OLD] = "too old",
		[LACK_NO_ADDRESS] = "kept by a name or a hash, not by an address",
		[LACK_READABLE] = "with an address that milter-greylist can't read back",
		[LACK_LONG] = "with an address that is too long for milter-greylist",
		[LACK_MARK] = "a tarpit's mark, which has no recipient",
	};

	for (unsigned i = LACK_NONE + 1; i < LACKS; i++)
		if (o->lacks[i] > 0)
			(void)tell_fail(0, "%llu left out: %s", (unsigned long long)o->lacks[i],
			                texts[i]);
}

static enum status write_file(struct output *o, struct browse *b, const char *path,
                              struct diag *why)
{
	int64_t mode = o->conf->options->dumpfile_mode;
	enum status st;

	o->file = stdout;
	if (path != NULL)
		o->file = tell_create(path);
	if (o->file == NULL || (path != NULL && mode != ACL_UNSET &&
	                        fchmod(fileno(o->file), (mode_t)mode & 0777) != 0)) {
		diag_set(why, "can't write %s: %s", path, strerror(errno));
		return ST_FULL;
	}
	st = put_all(o, b, why);
	if (path != NULL && fclose(o->file) != 0 && st == ST_OK) {
		st = ST_IO;
		diag_set(why, "can't write %s: %s", path, strerror(errno));
	}
	return st;
}

int cli_export_milter_greylist(const struct args *a)
{
	struct browse_options options = { .change = false };
	struct output o = { .now = (int64_t)time(NULL), .line = buf_of(2 * MG_DUMP_LINE_MAX) };
	struct diag why = { .file = NULL };
	struct conf *conf = NULL;
	struct browse *b = NULL;
	enum status st;
	int code = milter_greylist_conf(a, &conf);

	if (conf == NULL)
		return code;
	o.conf = conf;
	o.grey = gather_policy(conf).grey;
	options.dir = milter_greylist_dbdir(a, conf);
	st = tell_open(&options, &b, &why);
	if (st == ST_OK)
		st = write_file(&o, b, a->out, &why);
	if (st == ST_OK)
		tell_lacks(&o);
	code = st == ST_OK ? EX_OK : tell_why(st, &why);
	buf_free(&o.line);
	browse_close(&b);
	conf_unref(&conf);
	return code;
}
