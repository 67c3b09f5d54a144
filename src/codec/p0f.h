/* The questions that p0f 3 answers on its socket: which system does this client run? Whole numbers
 * are in the host's order, as p0f reads and writes them; it is asked on this machine. */
#pragma once

#include "util/ip.h"

#define P0F_QUERY_SIZE  21u
#define P0F_ANSWER_SIZE 232u
#define P0F_TEXT_MAX    63u /* two names of 31 octets and a blank */

/* About an address of one of both families. */
void p0f_query(const struct ip *client, unsigned char out[P0F_QUERY_SIZE]);

/* "Linux 3.x": the system's name, a blank, its flavour, when it has one. What can't be printed is
 * '?'. ST_NOTFOUND: p0f does not know; ST_INVALID: this is no answer to a good question. */
MUST_CHECK enum status p0f_answer(struct view octets, char out[P0F_TEXT_MAX + 1]);
