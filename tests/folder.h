/* A folder of its own for a test that needs files, and children for what may end in a signal. */
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#define FOLDER_MAX 256

/* In memory where the system has such a place: a test must not wait for a disk. */
static inline void folder_new(char out[FOLDER_MAX])
{
	(void)snprintf(out, FOLDER_MAX, "%s/greylag-test-XXXXXX",
	               access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(out));
}

static inline void folder_path(char out[FOLDER_MAX * 2], const char *folder, const char *name)
{
	(void)snprintf(out, (size_t)FOLDER_MAX * 2, "%s/%s", folder, name);
}

/* Files whose names begin so. */
static inline unsigned folder_count(const char *folder, const char *start)
{
	DIR *dir = opendir(folder);
	unsigned n = 0;

	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir)) != NULL;)
		n += e->d_name[0] != '.' && strncmp(e->d_name, start, strlen(start)) == 0;
	(void)closedir(dir);
	return n;
}

static inline void folder_empty(const char *folder)
{
	char path[FOLDER_MAX * 2];
	DIR *dir = opendir(folder);

	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir)) != NULL;) {
		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		(void)unlink(path);
	}
	(void)closedir(dir);
}

static inline void folder_free(const char *folder)
{
	folder_empty(folder);
	(void)rmdir(folder);
}

/* Runs run(arg) in a child of at most `seconds`. What it returned, or minus the signal's number. */
static inline int in_child(int (*run)(void *arg), void *arg, unsigned seconds)
{
	pid_t pid;
	int result = 0;

	(void)fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)alarm(seconds);
		_exit(run(arg));
	}
	assert_int_equal(waitpid(pid, &result, 0), pid);
	return WIFSIGNALED(result) ? -WTERMSIG(result) : WEXITSTATUS(result);
}
