#include "engine/client.h"

#include <stddef.h>

struct client_decision client_decide(const struct client_policy *p,
                                     const struct client_record *seen, enum client_event event,
                                     int64_t now)
{
	struct client_decision d = { .free = false };
	bool due;

	if (!p->on)
		return d;
	if (seen != NULL && client_expired(p, seen, now))
		seen = NULL;
	if (seen != NULL)
		d.next = *seen;
	d.free = seen != NULL && seen->count >= p->after;
	due = seen == NULL || now - seen->last >= p->interval_s;
	if (event == CLIENT_SEEN)
		due = d.free && (due || seen->last > now);
	if (!due)
		return d;
	d.store = true;
	d.next.last = now;
	if (d.next.count < UINT32_MAX)
		d.next.count++;
	d.freed = event == CLIENT_PASSED && d.next.count == p->after;
	return d;
}
