/* An SPF check (src/spf/) whose questions are put to the DNS. */
#pragma once

#include "dns/resolver.h"
#include "spf/spf.h"

struct spf_lookup;

/* told(arg, result) once, from the loop, later than this call, at the latest after timeout_ms (RFC
 * 7208 section 4.6.4 wants 20 s at least); the result is lent for the time of the call, and the
 * handle is gone when it begins. Out of time is SPF_TEMPERROR. The question's views are used only
 * during this call. */
struct spf_lookup *spf_lookup(struct dns_port *port, const struct spf_question *question,
                              unsigned timeout_ms,
                              void (*told)(void *arg, const struct spf_result *result), void *arg);

/* Sets *lookup to NULL; told will not run. */
void spf_lookup_cancel(struct spf_lookup **lookup);
