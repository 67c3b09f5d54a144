/* The names of SpamAssassin's tests that a mail met, as spamd tells them, in a form that may be
 * kept. Pure. */
#pragma once

#include "util/view.h"

#define SPAM_SYMBOLS_MAX 200u /* octets */

/* "BAYES_99,URIBL_BLACK": letters, digits, underscores, a comma between two names. Of a list that
 * is longer the last name is "...". */
struct spam_symbols {
	size_t n;
	char p[SPAM_SYMBOLS_MAX];
};

static inline struct view spam_symbols_view(const struct spam_symbols *s)
{
	return (struct view){ s->p, s->n };
}

/* The body of a reply to SYMBOLS. What is no list, from there on, is left out. */
void spam_symbols_of_list(struct view list, struct spam_symbols *out);

/* The body of a reply to HEADERS: behind "tests=" in X-Spam-Status. */
void spam_symbols_of_headers(struct view headers, struct spam_symbols *out);

/* Has it the form? For what comes back from elsewhere. */
bool spam_symbols_valid(struct view text);
