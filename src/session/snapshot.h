/* One configuration with everything that belongs to it loaded: immutable, shared by the workers,
 * swapped whole on reload. A transaction keeps the one it began with. */
#pragma once

#include <stdatomic.h>

#include "acl/client_list.h"
#include "acl/recipient_list.h"
#include "conf/conf.h"

struct snapshot {
	atomic_uint refs;
	struct conf *conf;
	struct client_list *clients;
	struct recipient_list *recipients;
};

/* Reads the files that the configuration names, and takes a reference to it. A file that is not
 * there is warned of (unless it may miss) and left out. A file with an error: its status, why says
 * where, and *out is not set. Blocks on the disk. */
MUST_CHECK enum status snapshot_load(struct conf *conf, struct log *log, struct snapshot **out,
                                     struct diag *why);

struct snapshot *snapshot_ref(struct snapshot *s);
void snapshot_unref(struct snapshot **s);
