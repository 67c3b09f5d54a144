/* What spamd said of the mail by which a tuple began, for programs. */
#pragma once

#include <jansson.h>

#include "store/browse.h"

/* {"score": 7.5, "verdict": "spam", "symbols": ["BAYES_99", ...]}, or null. */
json_t *scan_json(const struct browse_entry *e);
