/* A file that may change, come and go; for dns/ alone. */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

struct watch {
	char *path; /* NULL: nothing is watched */
	bool there;
	struct stat as; /* as it was when it was looked at */
};

void watch_begin(struct watch *w, const char *path);
void watch_end(struct watch *w);

/* Is it there, and another than the last time? Call it before the file is read: what changes
 * meanwhile is found the next time. */
bool watch_changed(struct watch *w);
