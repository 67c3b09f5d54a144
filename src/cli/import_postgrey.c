#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/tell.h"
#include "codec/pairs.h"
#include "codec/postgrey_entry.h"
#include "engine/merge.h"
#include "engine/tuple.h"
#include "store/digest.h"
#include "util/file.h"
#include "util/mem.h"

#define FILE_MAX      ((size_t)4 << 30)
#define PATH_MAX_OURS 4096

struct import {
	const struct args *a;
	struct browse *b;
	struct judge_policy policy;
	struct postgrey_options options;
	struct buf text;
	bool explained; /* that Postgrey may be running */

	uint64_t read;
	uint64_t skipped[POSTGREY_SKIPS];
	uint64_t too_old;
	uint64_t too_long;
	uint64_t digests; /* left out */
};

/* --- one pair --- */

/* False: what Postgrey's own purge would remove, so nobody need remember it. */
static bool fill_tuple(const struct import *im, const struct postgrey_entry *p,
                       struct browse_entry *e)
{
	e->tuple = grey_of_times(p->first, p->last, p->has_retries ? p->retries : -1,
	                         &im->policy.grey);
	return !grey_expired(&im->policy.grey, &e->tuple, im->options.now);
}

static bool fill_client(const struct import *im, const struct postgrey_entry *p,
                        struct browse_entry *e)
{
	e->client = (struct client_record){
		.last = p->last,
		.count = p->count < UINT32_MAX ? (uint32_t)p->count : UINT32_MAX,
	};
	return !client_expired(&im->policy.client, &e->client, im->options.now);
}

static bool fill_mark(const struct import *im, const struct postgrey_entry *p,
                      struct browse_entry *e)
{
	e->mark = (struct mark_record){ .since = p->last };
	return im->options.now - p->last <= im->policy.mark_age;
}

static enum status put_digest(struct import *im, const struct postgrey_entry *p)
{
	enum status st = buf_append(&im->text, VIEW(DIGEST_PREFIX));

	return st == ST_OK ? buf_append(&im->text, p->digest) : st;
}

/* A mark stands for the network here, for the whole address in taRgrey. */
static enum status put_mark(struct import *im, const struct ip *address)
{
	char source[NET_TEXT_MAX];

	tuple_source_net(address, im->options.ipv4_bits, im->options.ipv6_bits, source);
	return buf_append(&im->text, view_of(source));
}

/* The key in im->text, the record in *e; false: too old. */
static bool translate(struct import *im, const struct postgrey_entry *p, struct browse_entry *e,
                      enum status *st)
{
	char net[NET_TEXT_MAX];

	buf_clear(&im->text);
	switch (p->kind) {
	case POSTGREY_TUPLE:
		net_format(&p->net, net);
		*st = tuple_text(view_of(net), p->sender, p->recipient, FOLD_POSTGREY, &im->text);
		return fill_tuple(im, p, e);
	case POSTGREY_TUPLE_DIGEST:
		e->form = BROWSE_DIGEST;
		*st = put_digest(im, p);
		return fill_tuple(im, p, e);
	case POSTGREY_CLIENT_DIGEST:
		e->form = BROWSE_DIGEST;
		*st = put_digest(im, p);
		break;
	case POSTGREY_CLIENT:
		ip_format(&p->address, net);
		*st = buf_append(&im->text, view_of(net));
		break;
	case POSTGREY_MARK:
		e->table = BROWSE_MARKS;
		*st = put_mark(im, &p->address);
		return fill_mark(im, p, e);
	}
	e->table = BROWSE_CLIENTS;
	return fill_client(im, p, e);
}

static bool is_digest(const struct postgrey_entry *p)
{
	return p->kind == POSTGREY_TUPLE_DIGEST || p->kind == POSTGREY_CLIENT_DIGEST;
}

struct reading {
	struct import *im;
	struct diag *why;
};

static enum status take_pair(void *arg, struct view key, struct view value)
{
	struct reading *r = arg;
	struct import *im = r->im;
	struct browse_entry e = { .table = BROWSE_TUPLES, .form = BROWSE_READABLE };
	struct postgrey_entry p;
	enum postgrey_skip skip;
	enum status st = ST_OK;

	im->read++;
	if (postgrey_parse(&im->options, key, value, &p, &skip) != ST_OK) {
		im->skipped[skip]++;
		return ST_OK;
	}
	if (is_digest(&p) && im->a->no_digests) {
		im->digests++;
		return ST_OK;
	}
	if (!translate(im, &p, &e, &st)) {
		im->too_old++;
		return ST_OK;
	}
	e.text = buf_view(&im->text);
	if (st == ST_OK)
		st = browse_put(im->b, &e, r->why);
	if (st != ST_LIMIT && st != ST_INVALID)
		return st;
	im->too_long++;
	return ST_OK;
}

/* --- files --- */

static void explain(struct import *im, const char *what, const char *dir)
{
	if (im->explained)
		return;
	im->explained = true;
	(void)tell_fail(
		0,
		"%s\nThe newest entries of a running Postgrey are not in its files. Stop it "
		"first, or import\na dump of the running one: db_dump -h %s -p postgrey.db | "
		"greylag import postgrey -",
		what, dir);
}

static bool locked(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool is;

	if (fd < 0)
		return false;
	is = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
	(void)close(fd);
	return is;
}

/* A file's name tells what is in it, a dump's may not: it may hold several. */
static enum postgrey_file file_of(const char *path, bool dump)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;

	if (dump)
		return POSTGREY_UNKNOWN;
	if (strstr(name, "tarpit_clients") != NULL)
		return POSTGREY_TARPIT;
	if (strstr(name, "postgrey_clients") != NULL)
		return POSTGREY_CLIENTS;
	return strstr(name, "postgrey") != NULL ? POSTGREY_TUPLES : POSTGREY_UNKNOWN;
}

/* The path goes sooner than the text. */
static void name_file(const char *path, struct diag *why)
{
	char text[sizeof(why->text)];

	why->file = path;
	diag_format(why, text, sizeof(text));
	why->file = NULL;
	diag_set(why, "%s", text);
}

static enum status take_file(struct import *im, const char *path, struct diag *why)
{
	bool input = strcmp(path, "-") == 0;
	struct buf file = buf_of(FILE_MAX);
	struct reading r = { .im = im, .why = why };
	uint64_t before = im->read;
	enum status st = file_read(input ? "/dev/stdin" : path, &file, why);

	if (st == ST_OK) {
		bool dump =
			file.n > 0 && view_find(view_first(buf_view(&file), 16), '\0') == VIEW_NONE;

		im->options.file = file_of(path, dump);
		st = pairs_read(buf_view(&file), take_pair, &r, why);
		if (st == ST_INVALID || st == ST_DAMAGED)
			name_file(path, why);
	}
	buf_free(&file);
	if (st == ST_OK && im->read == before && !input)
		(void)tell_fail(0, "no entries in %s", path);
	return st;
}

static bool there(const char *path)
{
	return access(path, F_OK) == 0;
}

/* Names within dir are short; a longer path is no folder of anybody. */
static bool join(const char *dir, const char *name, char out[PATH_MAX_OURS])
{
	return snprintf(out, PATH_MAX_OURS, "%s/%s", dir, name) < PATH_MAX_OURS;
}

static enum status take_folder(struct import *im, const char *dir, struct diag *why)
{
	static const char *const names[] = { "postgrey.db", "postgrey_clients.db",
		                             "tarpit_clients.db" };
	char path[PATH_MAX_OURS];
	unsigned found = 0;
	enum status st = ST_OK;

	if (join(dir, "postgrey.lock", path) && locked(path))
		explain(im, "Postgrey is running on this folder.", dir);
	else if (join(dir, "__db.001", path) && there(path))
		explain(im, "There is a data base environment, so Postgrey may be running.", dir);
	if (join(dir, names[2], path) && there(path))
		im->options.targrey = true;
	for (unsigned i = 0; i < 3 && st == ST_OK; i++) {
		if (!join(dir, names[i], path) || !there(path))
			continue;
		found++;
		st = take_file(im, path, why);
	}
	if (st == ST_OK && found == 0) {
		diag_set(why, "no postgrey.db in %s", dir);
		st = ST_NOTFOUND;
	}
	return st;
}

static enum status take_word(struct import *im, const char *word, struct diag *why)
{
	struct stat st;

	if (strcmp(word, "-") != 0 && stat(word, &st) == 0 && S_ISDIR(st.st_mode))
		return take_folder(im, word, why);
	return take_file(im, word, why);
}

/* --- the sum --- */

static void put_count(uint64_t n, const char *what)
{
	if (n > 0)
		(void)printf("  %llu: %s\n", (unsigned long long)n, what);
}

static void put_sum(const struct import *im, const struct browse_put_counts *counts)
{
	uint64_t skipped = im->too_old + im->too_long + im->digests;

	for (unsigned i = 0; i < POSTGREY_SKIPS; i++)
		skipped += im->skipped[i];
	(void)printf("read %llu entries: %llu new, %llu merged, %llu skipped\n",
	             (unsigned long long)im->read, (unsigned long long)counts->added,
	             (unsigned long long)counts->merged, (unsigned long long)skipped);
	put_count(im->too_old, "too old (Postgrey's purge would remove them)");
	put_count(im->too_long, "too long");
	put_count(im->digests, "a digest");
	for (unsigned i = 0; i < POSTGREY_SKIPS; i++)
		put_count(im->skipped[i], postgrey_skip_text((enum postgrey_skip)i));
}

static int import(struct import *im)
{
	struct browse_put_counts counts = { 0 };
	struct diag why = { .file = NULL }, later = { .file = NULL };
	enum status st = ST_OK, wrote;

	for (unsigned i = 0; i < im->a->words && st == ST_OK; i++)
		st = take_word(im, im->a->word[i], &why);
	wrote = browse_flush(im->b, &counts, &later);
	put_sum(im, &counts);
	if (st != ST_OK)
		return tell_why(st, &why);
	if (wrote != ST_OK)
		return tell_why(wrote, &later);
	if (im->read > 0)
		return tell_end();
	explain(im, "There was nothing to import.", "FOLDER");
	return EX_DATAERR;
}

int cli_import_postgrey(const struct args *a)
{
	struct browse_options o = { .dir = a->dbdir, .change = true, .privacy = a->privacy };
	struct import im = { .a = a, .policy = tell_policy(a) };
	struct diag why = { .file = NULL };
	enum status st = tell_open(&o, &im.b, &why);
	int code;

	if (st != ST_OK)
		return tell_why(st, &why);
	im.text = buf_of(TUPLE_TEXT_MAX + NET_TEXT_MAX);
	im.options = (struct postgrey_options){ .targrey = a->targrey,
		                                .ipv4_bits = (unsigned)a->ipv4_bits,
		                                .ipv6_bits = (unsigned)a->ipv6_bits,
		                                .now = (int64_t)time(NULL) };
	code = import(&im);
	buf_free(&im.text);
	browse_close(&im.b);
	return code;
}
