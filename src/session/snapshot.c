#include "session/snapshot.h"

#include "util/file.h"
#include "util/mem.h"

#define LIST_FILE_MAX ((size_t)64 << 20)

static void warn(void *arg, const struct diag *warning)
{
	char text[512];

	diag_format(warning, text, sizeof(text));
	log_warning(arg, "%s", text);
}

/* ST_NOTFOUND: it is to be left out. */
static enum status read_list(const struct conf_file *file, struct log *log, struct buf *text,
                             struct diag *why)
{
	enum status st = file_read(file->path, text, why);

	if (st == ST_OK || st == ST_LIMIT)
		return st;
	if (st != ST_NOTFOUND || !file->may_miss)
		log_warning(log, "%s; going on without it", why->text);
	return ST_NOTFOUND;
}

static enum status load_lists(struct snapshot *s, struct log *log, struct diag *why)
{
	struct list_warnings warnings = { .take = warn, .arg = log };
	struct buf text = buf_of(LIST_FILE_MAX);
	enum status st = ST_OK;

	for (const struct conf_file *f = s->conf->client_lists; f != NULL && st == ST_OK;
	     f = f->next) {
		buf_clear(&text);
		st = read_list(f, log, &text, why);
		if (st == ST_OK)
			st = client_list_add(s->clients, buf_view(&text), f->path, &warnings, why);
		st = st == ST_NOTFOUND ? ST_OK : st;
	}
	for (const struct conf_file *f = s->conf->recipient_lists; f != NULL && st == ST_OK;
	     f = f->next) {
		buf_clear(&text);
		st = read_list(f, log, &text, why);
		if (st == ST_OK)
			st = recipient_list_add(s->recipients, buf_view(&text), f->path, &warnings,
			                        why);
		st = st == ST_NOTFOUND ? ST_OK : st;
	}
	buf_free(&text);
	return st;
}

enum status snapshot_load(struct conf *conf, struct log *log, struct snapshot **out,
                          struct diag *why)
{
	struct snapshot *s = mem_new(struct snapshot);
	enum status st;

	atomic_init(&s->refs, 1);
	s->conf = conf_ref(conf);
	s->clients = client_list_new();
	s->recipients = recipient_list_new();
	st = load_lists(s, log, why);
	if (st != ST_OK) {
		snapshot_unref(&s);
		return st;
	}
	client_list_seal(s->clients);
	*out = s;
	return ST_OK;
}

struct snapshot *snapshot_ref(struct snapshot *s)
{
	(void)atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	return s;
}

void snapshot_unref(struct snapshot **s)
{
	struct snapshot *old = *s;

	*s = NULL;
	if (old == NULL || atomic_fetch_sub_explicit(&old->refs, 1, memory_order_acq_rel) != 1)
		return;
	client_list_free(&old->clients);
	recipient_list_free(&old->recipients);
	conf_unref(&old->conf);
	mem_free(old);
}
