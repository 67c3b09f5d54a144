/* What one worker remembers of the messages it was asked about lately, by their instance: that what
 * is said once a message was said, and that a refusal waits for the end of the message. The oldest
 * is forgotten first; a message's questions come within seconds of each other, and from one MTA
 * process over one connection, so to one worker. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define INSTANCES_MAX 1024

struct instances;

struct instances *instances_new(void);
void instances_free(struct instances **i);

/* True once for each instance. 0 (unknown) is always the first. */
bool instances_first(struct instances *i, uint64_t instance);

/* Keeps how long the message is held in a tarpit; 0 when it was not. */
void instances_hold(struct instances *i, uint64_t instance, int64_t seconds);
int64_t instances_held(struct instances *i, uint64_t instance);

/* Keeps a refusal: seconds that are missing. */
void instances_refuse(struct instances *i, uint64_t instance, int64_t missing);

/* True when a refusal was kept, and *missing. */
bool instances_refused(struct instances *i, uint64_t instance, int64_t *missing);
