/* libunbound, set up as the resolver wants it; for dns/ alone. */
#pragma once

#include "util/status.h"

struct resolver_options;
struct ub_ctx;

/* *out is the caller's to ub_ctx_delete; NULL when it failed, as resolver_new says. */
MUST_CHECK enum status context_new(const struct resolver_options *options, struct ub_ctx **out,
                                   struct diag *why);

/* The file that names the servers; NULL: none does. */
const char *context_file(const struct resolver_options *options);
