/* A label in UTF-8 as an A-label: "xn--" and its Punycode (RFC 3492). */
#pragma once

#include "util/view.h"

#define PUNYCODE_LABEL_MAX 63 /* octets of a label in the DNS */

/* ST_INVALID when the label is not UTF-8 or its A-label would be longer than a label may be. *n is
 * set on success only. */
MUST_CHECK enum status punycode_label(struct view label, char out[PUNYCODE_LABEL_MAX], size_t *n);
