#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dns/resolver.h"
#include "util/file.h"

#define TCP_BESIDE 32 /* the resolver's, after truncated answers */
/* The store's, listeners', logs', epoll's; and the resolver's when nobody answers it. */
#define FILES_BESIDE (128 + RESOLVER_SOCKETS + TCP_BESIDE)

static void wait_for_child(pid_t child, int fd)
{
	char c;
	int result = 0;

	if (read(fd, &c, 1) == 1)
		_exit(0);
	(void)waitpid(child, &result, 0);
	_exit(WIFEXITED(result) ? WEXITSTATUS(result) : 1);
}

enum status process_daemonize(int *ready_fd, struct diag *why)
{
	int fd[2], null;
	pid_t child;

	if (pipe2(fd, O_CLOEXEC) != 0 || (child = fork()) < 0) {
		diag_set(why, "can't go into the background: %s", strerror(errno));
		return status_of_errno(errno);
	}
	if (child > 0) {
		(void)close(fd[1]);
		wait_for_child(child, fd[0]);
	}
	(void)close(fd[0]);
	*ready_fd = fd[1];
	(void)setsid();
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		(void)dup2(null, STDIN_FILENO);
		(void)dup2(null, STDOUT_FILENO);
		if (null > STDERR_FILENO)
			(void)close(null);
	}
	return ST_OK;
}

/* Standard error stays open until now, so that whoever starts us sees why it fails. */
void process_ready(int *ready_fd)
{
	int null;

	if (*ready_fd < 0)
		return;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		(void)dup2(null, STDERR_FILENO);
		if (null > STDERR_FILENO)
			(void)close(null);
	}
	if (write(*ready_fd, "r", 1) != 1)
		(void)0; /* nobody waits any more */
	(void)close(*ready_fd);
	*ready_fd = -1;
}

static bool number(const char *text, unsigned long *out)
{
	char *rest;

	errno = 0;
	*out = strtoul(text, &rest, 10);
	return rest != text && *rest == '\0' && errno == 0 && *out < (unsigned long)(uid_t)-1;
}

static enum status find_user(const char *user, uid_t *out, struct diag *why)
{
	const struct passwd *pw = getpwnam(user);
	unsigned long n;

	if (pw != NULL) {
		*out = pw->pw_uid;
		return ST_OK;
	}
	if (!number(user, &n)) {
		diag_set(why, "No such user \"%s\"", user);
		return ST_NOTFOUND;
	}
	*out = (uid_t)n;
	return ST_OK;
}

static enum status find_group(const char *group, gid_t *out, struct diag *why)
{
	const struct group *gr = getgrnam(group);
	unsigned long n;

	if (gr != NULL) {
		*out = gr->gr_gid;
		return ST_OK;
	}
	if (!number(group, &n)) {
		diag_set(why, "No such group \"%s\"", group);
		return ST_NOTFOUND;
	}
	*out = (gid_t)n;
	return ST_OK;
}

static long read_pid(const char *path)
{
	struct buf text = buf_of(64);
	struct diag ignored;
	uint64_t pid = 0;

	if (file_read(path, &text, &ignored) != ST_OK ||
	    view_u64(view_trim(buf_view(&text)), INT32_MAX, &pid) != ST_OK)
		pid = 0;
	buf_free(&text);
	return (long)pid;
}

/* As whom we run; NULL: as who starts us. Without a group it is the user's own: never root's by
 * chance. */
static enum status find_both(const char *user, const char *group, uid_t *uid, gid_t *gid,
                             struct diag *why)
{
	enum status st;

	*uid = geteuid();
	*gid = getegid();
	st = user != NULL ? find_user(user, uid, why) : ST_OK;
	if (st == ST_OK && group != NULL)
		return find_group(group, gid, why);
	if (st == ST_OK && user != NULL && getpwuid(*uid) != NULL)
		*gid = getpwuid(*uid)->pw_gid;
	return st;
}

/* Never through a link: the folder may be the user's own. */
static enum status give_to(const char *path, uid_t uid, gid_t gid, struct diag *why)
{
	if (geteuid() == 0 && lchown(path, uid, gid) != 0) {
		diag_set(why, "can't change the owner of %s: %s", path, strerror(errno));
		return status_of_errno(errno);
	}
	return ST_OK;
}

static enum status give(const char *path, const char *user, struct diag *why)
{
	uid_t uid;

	if (user == NULL || find_user(user, &uid, why) != ST_OK)
		return ST_OK; /* who there is not is told when we are to become that user */
	return give_to(path, uid, (gid_t)-1, why);
}

enum status process_give_socket(const char *path, const char *user, const char *group,
                                struct diag *why)
{
	uid_t uid;
	gid_t gid;
	enum status st;

	if (geteuid() != 0 || user == NULL)
		return ST_OK;
	st = find_both(user, group, &uid, &gid, why);
	return st == ST_OK ? give_to(path, uid, gid, why) : st;
}

enum status process_make_folder(const char *path, unsigned mode, const char *user, struct diag *why)
{
	if (mkdir(path, mode) != 0) {
		if (errno == EEXIST)
			return ST_OK;
		diag_set(why, "can't make the folder %s: %s", path, strerror(errno));
		return status_of_errno(errno);
	}
	if (chmod(path, mode) != 0) /* whatever the umask */
		return status_of_errno(errno);
	return give(path, user, why);
}

enum status process_write_pid(const char *path, const char *user, struct diag *why)
{
	char text[32];
	long old = read_pid(path);
	enum status st;

	if (old > 0 && old != (long)getpid() && (kill((pid_t)old, 0) == 0 || errno == EPERM)) {
		diag_set(why, "pid file %s names a living process (%ld)", path, old);
		return ST_LOCKED;
	}
	(void)unlink(path);
	(void)snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	st = file_write(path, view_of(text), 0644, why);
	if (st != ST_OK)
		return st;
	if (chmod(path, 0644) != 0)
		return status_of_errno(errno);
	return give(path, user, why);
}

enum status process_drop(const char *user, const char *group, bool *kept, struct diag *why)
{
	uid_t uid;
	gid_t gid;
	enum status st = find_both(user, group, &uid, &gid, why);

	if (st != ST_OK)
		return st;
	*kept = uid == geteuid() && gid == getegid();
	if (geteuid() != 0) {
		*kept = true;
		return ST_OK;
	}
	if (setgroups(1, &gid) != 0 || setgid(gid) != 0 || setuid(uid) != 0) {
		diag_set(why, "can't become %s:%s: %s", user != NULL ? user : "-",
		         group != NULL ? group : "-", strerror(errno));
		return status_of_errno(errno);
	}
	return ST_OK;
}

unsigned process_raise_files(unsigned most)
{
	struct rlimit limit;
	rlim_t want = (rlim_t)most + FILES_BESIDE;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 0;
	if (limit.rlim_cur < want) {
		limit.rlim_cur = limit.rlim_max < want ? limit.rlim_max : want;
		if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
			return 0;
	}
	return limit.rlim_cur > FILES_BESIDE ? (unsigned)(limit.rlim_cur - FILES_BESIDE) : 0;
}
