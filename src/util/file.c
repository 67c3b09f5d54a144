#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum status status_of_errno(int error)
{
	switch (error) {
	case 0: return ST_OK;
	case EAGAIN: return ST_AGAIN;
	case ENOENT:
	case ENOTDIR: return ST_NOTFOUND;
	case EACCES:
	case EPERM:
	case EROFS: return ST_DENIED;
	case ENOSPC:
	case EDQUOT:
	case EFBIG: return ST_FULL;
	case EISDIR:
	case EINVAL: return ST_INVALID;
	case ETIMEDOUT: return ST_TIMEOUT;
	default: return ST_IO;
	}
}

static enum status fail(const char *path, const char *verb, int error, struct diag *why)
{
	why->file = NULL;
	diag_set(why, "can't %s %s: %s", verb, path, strerror(error));
	return status_of_errno(error);
}

static enum status read_all(int fd, const char *path, struct buf *out, struct diag *why)
{
	char piece[16384];

	for (;;) {
		ssize_t n = read(fd, piece, sizeof(piece));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(path, "read", errno, why);
		if (n == 0)
			return ST_OK;
		if (buf_append(out, (struct view){ piece, (size_t)n }) != ST_OK) {
			why->file = NULL;
			diag_set(why, "%s is longer than %zu octets", path, out->max);
			return ST_LIMIT;
		}
	}
}

enum status file_read(const char *path, struct buf *out, struct diag *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum status st;

	if (fd < 0)
		return fail(path, "open", errno, why);
	st = read_all(fd, path, out, why);
	(void)close(fd);
	return st;
}

enum status file_write(const char *path, struct view text, unsigned mode, struct diag *why)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	enum status st = ST_OK;

	if (fd < 0)
		return fail(path, "write", errno, why);
	while (text.n > 0 && st == ST_OK) {
		ssize_t n = write(fd, text.p, text.n);

		if (n >= 0)
			text = view_from(text, (size_t)n);
		else if (errno != EINTR)
			st = fail(path, "write", errno, why);
	}
	if (close(fd) != 0 && st == ST_OK)
		st = fail(path, "write", errno, why);
	return st;
}
