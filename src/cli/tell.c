#include "cli/tell.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "conf/conf.h"
#include "util/escape.h"

static void complain(const char *fmt, va_list ap) PRINTF_LIKE(1, 0);

static void complain(const char *fmt, va_list ap)
{
	(void)fflush(stdout);
	(void)fputs("greylag: ", stderr);
	(void)vfprintf(stderr, fmt, ap);
	(void)fputc('\n', stderr);
}

int tell_fail(int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(fmt, ap);
	va_end(ap);
	return code;
}

static int code_of(enum status st)
{
	switch (st) {
	case ST_OK: return EX_OK;
	case ST_NOTFOUND: return EX_NOINPUT;
	case ST_INVALID:
	case ST_LIMIT:
	case ST_DAMAGED: return EX_DATAERR;
	case ST_DENIED: return EX_NOPERM;
	case ST_FULL: return EX_CANTCREAT;
	case ST_LOCKED:
	case ST_AGAIN:
	case ST_TIMEOUT:
	case ST_UNAVAILABLE: return EX_UNAVAILABLE;
	case ST_IO: break;
	}
	return EX_IOERR;
}

int tell_why(enum status st, const struct diag *why)
{
	char text[512];

	diag_format(why, text, sizeof(text));
	return tell_fail(code_of(st), "%s", text);
}

int tell_end(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EX_OK;
	return tell_fail(EX_IOERR, "can't write: %s", strerror(errno));
}

const char *tell_time(int64_t t, bool epoch, char out[TELL_TIME_MAX])
{
	time_t seconds = (time_t)t;
	struct tm tm;

	if (epoch || localtime_r(&seconds, &tm) == NULL ||
	    strftime(out, TELL_TIME_MAX, "%Y-%m-%dT%H:%M:%S%z", &tm) == 0)
		(void)snprintf(out, TELL_TIME_MAX, "%lld", (long long)t);
	return out;
}

const char *tell_span(int64_t seconds, char out[TELL_TIME_MAX])
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };
	const unsigned last = sizeof(units) / sizeof(units[0]) - 1;
	unsigned i = 0;

	while (i < last && seconds < units[i].seconds)
		i++;
	if (i == last || seconds % units[i].seconds / units[i + 1].seconds == 0)
		(void)snprintf(out, TELL_TIME_MAX, "%lld %s",
		               (long long)(seconds / units[i].seconds), units[i].name);
	else
		(void)snprintf(out, TELL_TIME_MAX, "%lld %s %lld %s",
		               (long long)(seconds / units[i].seconds), units[i].name,
		               (long long)(seconds % units[i].seconds / units[i + 1].seconds),
		               units[i + 1].name);
	return out;
}

void tell_escaped(FILE *to, struct view v)
{
	struct buf text = buf_of(SIZE_MAX / 8);

	if (escape_append(&text, v, SIZE_MAX) == ST_OK)
		(void)fwrite(text.p != NULL ? text.p : "", 1, text.n, to);
	buf_free(&text);
}

enum status tell_open(const struct browse_options *options, struct browse **out, struct diag *why)
{
	struct stat dir;
	bool changed = geteuid() == 0 && stat(options->dir, &dir) == 0 && dir.st_uid != 0;
	enum status st;

	(void)umask(077);
	if (changed && (setegid(dir.st_gid) != 0 || seteuid(dir.st_uid) != 0)) {
		diag_set(why, "can't become the owner of %s: %s", options->dir, strerror(errno));
		return ST_DENIED;
	}
	st = browse_open(options, out, why);
	if (changed && (seteuid(0) != 0 || setegid(0) != 0)) {
		diag_set(why, "can't become root again: %s", strerror(errno));
		return ST_DENIED;
	}
	return st;
}

FILE *tell_create(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (file == NULL && fd >= 0)
		(void)close(fd);
	return file;
}

struct judge_policy tell_policy(const struct args *a)
{
	struct conf *c = conf_new();
	struct judge_policy p = {
		.grey = { .delay = a->delay >= 0 ? a->delay : c->delay,
		          .retry_window = a->retry_window,
		          .max_age = a->max_age,
		          .retry_count = a->retry_count },
		.client = { .on = true,
		            .after = a->auto_allow_after,
		            .interval_s = c->auto_allow_interval_s,
		            .max_age = a->max_age },
		.mark_age = a->retry_window,
	};

	conf_unref(&c);
	return p;
}
