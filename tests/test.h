/* What cmocka 1.1.5 demands before its own header, in the order that it demands. */
#pragma once

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <string.h>

#include "util/view.h"

#define assert_view(v, text)                                                                       \
	do {                                                                                       \
		struct view view_ = (v);                                                           \
		assert_int_equal(view_.n, strlen(text));                                           \
		assert_memory_equal(view_.n > 0 ? view_.p : "", text, view_.n);                    \
	} while (0)
