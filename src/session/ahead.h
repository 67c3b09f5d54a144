/* What is looked up before anybody asks. A milter's MTA tells of the client, and of the sender,
 * long before the first recipient: what its rules will want to know of them is asked then, and what
 * is found stands for all recipients, so that none of them waits for it, or for the same silent
 * server again. */
#pragma once

#include "session/lookup.h"

enum ahead_part {
	AHEAD_CLIENT, /* its name, what the DNS lists say of it */
	AHEAD_SENDER, /* SPF, its domain */
};

struct ahead;

/* Begins the look-ups. The question's views are used only during this call; it has no recipient,
 * and of AHEAD_CLIENT no sender. client: what was begun of the client, or NULL. Nothing is begun,
 * and it is NULL, where the rules would decide without, as far as they can tell by now: rules about
 * what is still to come are taken not to hold. So for exempt clients, and without a resolver. */
struct ahead *ahead_new(struct worker *w, const struct question *q, enum ahead_part part,
                        const struct ahead *client);

/* What a message is signed with, at its end and before anybody changes it: the mail is used only
 * during this call. NULL: nobody wants to know, or nothing can be found. */
struct ahead *ahead_message(struct worker *w, const struct question *q);

/* What still runs is given up; a question that waits for it must be gone, or decided. */
void ahead_free(struct ahead **a);

/* May it stay for the next message? Not when the configuration is another, a look-up has failed, or
 * it is older than AHEAD_AGE_S. */
bool ahead_lasts(const struct ahead *a, const struct worker *w);

#define AHEAD_AGE_S 300

/* What is found of it goes to a question about the same client and sender; nothing if that has
 * another configuration. One question at a time. a may be NULL. */
void ahead_serve(struct ahead *a, struct lookups *to);
