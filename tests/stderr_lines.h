/* What a log on standard error writes, as text. */
#pragma once

#include <unistd.h>

#include "test.h"
#include "util/log.h"

struct stderr_lines {
	FILE *file;
	int kept; /* the true standard error */
	struct log *log;
};

static inline void stderr_begin(struct stderr_lines *s, enum log_level most)
{
	struct log_options o = { .program = "test", .sink = LOG_SINK_STDERR, .most = most };

	s->file = tmpfile();
	assert_non_null(s->file);
	s->kept = dup(STDERR_FILENO);
	assert_int_equal(dup2(fileno(s->file), STDERR_FILENO), STDERR_FILENO);
	s->log = log_new(&o);
}

/* What came since the last time; out is NUL-ended. */
static inline void stderr_take(struct stderr_lines *s, char *out, size_t size)
{
	ssize_t n;

	log_flush(s->log, 5000);
	n = pread(fileno(s->file), out, size - 1, 0);
	assert_true(n >= 0);
	out[n] = '\0';
	assert_int_equal(ftruncate(fileno(s->file), 0), 0);
	assert_int_equal(lseek(fileno(s->file), 0, SEEK_SET), 0);
}

static inline void stderr_end(struct stderr_lines *s)
{
	log_free(&s->log);
	assert_int_equal(dup2(s->kept, STDERR_FILENO), STDERR_FILENO);
	(void)close(s->kept);
	(void)fclose(s->file);
}
