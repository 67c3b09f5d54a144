/* For the files of net/ alone. */
#pragma once

#include <uv.h>

#include "net/loop.h"

uv_loop_t *loop_uv(struct loop *loop);

/* Memory that every connection of the loop reads into, one at a time. */
#define LOOP_READ_SIZE ((size_t)65536)
char *loop_read_space(struct loop *loop);
