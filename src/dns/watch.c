#include "dns/watch.h"

#include "util/mem.h"
#include "util/view.h"

void watch_begin(struct watch *w, const char *path)
{
	*w = (struct watch){ .path = path != NULL ? mem_text(view_of(path)) : NULL };
}

void watch_end(struct watch *w)
{
	mem_free(w->path);
	w->path = NULL;
}

/* Who replaces a file gives it another inode, who writes into it another time or size. */
static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

bool watch_changed(struct watch *w)
{
	bool was = w->there;
	struct stat now;

	w->there = stat(w->path, &now) == 0;
	if (!w->there || (was && same(&w->as, &now)))
		return false;
	w->as = now;
	return true;
}
