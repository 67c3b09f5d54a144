/* Octets of a peer made fit for a log line or a terminal. */
#pragma once

#include "util/buf.h"

/* Appends v with backslash, control octets and octets above 126 written as \xNN and at most
 * max_octets of input; a longer input ends in "...". ST_LIMIT when the buffer is full (then nothing
 * was added). */
MUST_CHECK enum status escape_append(struct buf *out, struct view v, size_t max_octets);

/* Room for `octets` escaped octets, the dots and a NUL. */
#define ESCAPE_ROOM(octets) ((octets)*4 + 4)

/* The same into an array; what does not fit is marked by "...". Returns out. */
const char *escape_text(struct view v, char *out, size_t size);
