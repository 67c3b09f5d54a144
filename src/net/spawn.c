#include "net/spawn.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

static int set_attributes(posix_spawnattr_t *attr, bool group)
{
	static const int usual[] = { SIGPIPE, SIGCHLD, SIGHUP, SIGINT, SIGTERM };
	short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
	sigset_t none, set;

	(void)sigemptyset(&none);
	(void)sigemptyset(&set);
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		(void)sigaddset(&set, usual[i]);
	(void)posix_spawnattr_setsigmask(attr, &none);
	(void)posix_spawnattr_setsigdefault(attr, &set);
	if (group)
		flags = (short)(flags | POSIX_SPAWN_SETPGROUP); /* 0: its own */
	return posix_spawnattr_setflags(attr, flags);
}

static int set_descriptors(posix_spawn_file_actions_t *actions, const struct spawn *s)
{
	int error = posix_spawn_file_actions_adddup2(actions, s->input, STDIN_FILENO);

	if (error == 0 && s->output >= 0)
		error = posix_spawn_file_actions_adddup2(actions, s->output, STDOUT_FILENO);
	/* LMDB's file and libunbound's sockets would stay open otherwise. */
	if (error == 0)
		error = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
	return error;
}

int spawn_command(const struct spawn *s, pid_t *child)
{
	char sh[] = "sh", text_follows[] = "-c";
	char *const argv[] = { sh, text_follows, s->command, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int error;

	if ((error = posix_spawn_file_actions_init(&actions)) != 0)
		return error;
	if ((error = posix_spawnattr_init(&attr)) != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return error;
	}
	error = set_attributes(&attr, s->group);
	if (error == 0)
		error = set_descriptors(&actions, s);
	if (error == 0)
		error = posix_spawn(child, "/bin/sh", &actions, &attr, argv, environ);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&actions);
	return error;
}
