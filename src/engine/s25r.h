/* S25R, "selective SMTP rejection" (Hideo Asami, 2004): seven rules by which a client's reverse
 *name looks like an end user's line. Matched by hand, in one look at the first three labels.
 *
 *	0  ^\[.+\]$              or no name at all: empty, or the word "unknown" of the policy
 *protocol 1  ^[^.]*[0-9][^0-9.]+[0-9].*\. 2  ^[^.]*[0-9][0-9][0-9][0-9][0-9] 3
 *^([^.]+\.)?[0-9][^.]*\.[^.]+\..+\.[a-z] 4  ^[^.]*[0-9]\.[^.]*[0-9]-[0-9] 5
 *^[^.]*[0-9]\.[^.]*[0-9]\.[^.]+\..+\. 6  ^(dhcp|dialup|ppp|[achrsvx]?dsl)[^.]*[0-9]
 *
 * The final ".*\." of rule 1 is the revision of February 2009. ASCII letters are equal in either
 *case, as in a Postfix regexp table. */
#pragma once

#include "util/view.h"

#define S25R_RULES 7

/* The rules that match: bit n for rule n; 0: the name looks like a server's. */
unsigned s25r_match(struct view name);

/* The lowest rule of such a set, -1 for the empty one. */
int s25r_first(unsigned rules);
