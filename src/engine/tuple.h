/* What stands for one correspondence in the memory: (source, folded sender, folded recipient). */
#pragma once

#include "engine/fold.h"
#include "util/ip.h"

#define TUPLE_SEPARATOR '\t'

/* A key's text: source, sender and recipient, TUPLE_SEPARATOR between them, ASCII letters in lower
 * case as Postgrey has it. Control octets of the addresses become "?", so that the separator is
 * one. */
#define TUPLE_TEXT_MAX 16384

/* Appends the key. ST_LIMIT when it would pass the buffer's bound; then out is as before. */
MUST_CHECK enum status tuple_text(struct view source, struct view sender, struct view recipient,
                                  enum fold_options options, struct buf *out);

/* A mark of one sender from a network: SOURCE, MARK_SEPARATOR, the sender as in tuple_text().
 * Likewise. */
#define MARK_SEPARATOR ' '
MUST_CHECK enum status mark_text(struct view source, struct view sender, enum fold_options options,
                                 struct buf *out);

/* Splits a key's text. ST_INVALID when it hasn't three parts. */
MUST_CHECK enum status tuple_split(struct view text, struct view *source, struct view *sender,
                                   struct view *recipient);

/* The network that stands for a client: "203.0.113.0/24". */
void tuple_source_net(const struct ip *client, unsigned ipv4_bits, unsigned ipv6_bits,
                      char out[NET_TEXT_MAX]);
