/* greylag spf: what its parts share. spf.c asks, spf_steps.c tells how the result came about. */
#pragma once

#include "spf/spf.h"
#include "util/buf.h"

/* Octets of all steps. A record of 16 KiB may have thousands of terms; what is beyond is left out,
 * and said to be. */
#define SPF_STEPS_MAX ((size_t)256 << 10)

struct spf_steps {
	struct buf text;
	bool cut;
};

/* A line; a struct spf_trace's function, whose argument is a struct spf_steps. */
void spf_steps_add(void *arg, const struct spf_event *event);

/* The identity, the steps, the counts, and why. Domains' texts are escaped as tell_escaped does. */
void spf_steps_print(struct spf_steps *steps, const struct spf_question *question,
                     const struct spf_result *result);
