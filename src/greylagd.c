/* greylagd: from a command line to a running daemon. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "conf/postgrey.h"
#include "process.h"
#include "service.h"

/* What is said before the log is open: to whoever starts us. Postgrey's scripts look for "ERROR: ".
 */
static int fail(int code, const struct diag *why)
{
	char text[512];

	diag_format(why, text, sizeof(text));
	(void)fprintf(stderr, "ERROR: %s\n", text);
	return code;
}

static bool called(const char *argv0, const char *name)
{
	const char *slash = strrchr(argv0, '/');

	return strcmp(slash != NULL ? slash + 1 : argv0, name) == 0;
}

/* Takes "--as-postgrey" off the command line. */
static bool take_face(int *argc, char **argv)
{
	if (called(argv[0], "postgrey"))
		return true;
	if (*argc < 2 || strcmp(argv[1], "--as-postgrey") != 0)
		return false;
	memmove(argv + 1, argv + 2, (size_t)(*argc - 1) * sizeof(argv[0]));
	(*argc)--;
	return true;
}

static bool folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Standard error may be the very socket that a policy request comes from (Postfix's spawn(8)). */
static bool stderr_is_stdin(void)
{
	struct stat in, err;

	return fstat(STDIN_FILENO, &in) == 0 && fstat(STDERR_FILENO, &err) == 0 &&
	       in.st_dev == err.st_dev && in.st_ino == err.st_ino;
}

static struct log *open_log(const struct conf *conf)
{
	struct log_options o = { .program = conf->program,
		                 .sink = LOG_SINK_STDERR,
		                 .most = conf->log_level,
		                 .facility = conf->log_facility };

	if (conf->daemonize || (conf->stdio && stderr_is_stdin()))
		o.sink = LOG_SINK_SYSLOG;
	else if (getenv("JOURNAL_STREAM") != NULL)
		o.sink = LOG_SINK_JOURNAL;
	return log_new(&o);
}

static void log_warnings(struct log *log, const struct postgrey_result *r)
{
	for (const struct postgrey_warning *w = r->warnings; w != NULL; w = w->next)
		log_warning(log, "%s", w->text);
	if (r->conf->test_clock)
		log_warning(log, "--test-clock: whoever reaches a socket sets the clock of its "
		                 "requests; never use this with real mail");
}

/* Sockets are bound with the privileges of the start, the store is opened without them. */
static enum status start(struct conf *conf, struct log *log, struct service **service,
                         struct diag *why)
{
	bool kept = false;
	enum status st = service_bind(conf, log, service, why);

	if (st == ST_OK && conf->daemonize && conf->pidfile != NULL)
		st = process_write_pid(conf->pidfile, conf->user, why);
	if (st == ST_OK && geteuid() == 0)
		st = process_drop(conf->user, conf->group, &kept, why);
	if (st == ST_OK)
		st = service_start(*service, why);
	if (st != ST_OK)
		service_free(service);
	return st;
}

static int serve(struct conf *conf, struct log *log, int *ready_fd)
{
	struct service *service = NULL;
	struct diag why = { .file = NULL };
	enum status st = start(conf, log, &service, &why);

	if (st != ST_OK) {
		char text[512];

		diag_format(&why, text, sizeof(text));
		log_error(log, "ERROR: %s", text);
		if (conf->daemonize)
			(void)fail(EX_UNAVAILABLE, &why);
		return EX_UNAVAILABLE;
	}
	log_notice(log, "greylagd %s starting! pid(%ld)", GREYLAG_VERSION, (long)getpid());
	process_ready(ready_fd);
	service_run(service);
	service_free(&service);
	if (conf->daemonize && conf->pidfile != NULL && unlink(conf->pidfile) != 0)
		log_warning(log, "can't remove %s: %s", conf->pidfile, strerror(errno));
	return 0;
}

static int run(const struct postgrey_result *r)
{
	struct conf *conf = r->conf;
	struct diag why = { .file = NULL };
	struct log *log;
	int code, ready_fd = -1;

	(void)umask(077);
	(void)signal(SIGPIPE, SIG_IGN);
	if (conf->daemonize && !conf->stdio && process_daemonize(&ready_fd, &why) != ST_OK)
		return fail(EX_OSERR, &why);
	(void)process_raise_files(conf->max_connections);
	log = open_log(conf);
	log_warnings(log, r);
	if (conf->stdio)
		code = service_stdio(conf, log, &why) == ST_OK ? 0 : fail(EX_CONFIG, &why);
	else
		code = serve(conf, log, &ready_fd);
	log_free(&log);
	return code;
}

int main(int argc, char **argv)
{
	char hostname[256] = "localhost";
	bool postgrey = argc > 0 && take_face(&argc, argv);
	struct postgrey_defaults defaults;
	struct postgrey_result r;
	int code;

	(void)gethostname(hostname, sizeof(hostname) - 1);
	defaults = postgrey_defaults(folder(POSTGREY_DEBIAN_FOLDER) ? POSTGREY_DEBIAN
	                                                            : POSTGREY_UPSTREAM,
	                             postgrey ? CONF_POSTGREY : CONF_GREYLAG, hostname);
	postgrey_conf(argc, argv, &defaults, &r);
	if (r.outcome != POSTGREY_RUN) {
		(void)fputs(r.text, r.outcome == POSTGREY_STDOUT ? stdout : stderr);
		code = r.exit_code;
	} else {
		code = run(&r);
	}
	postgrey_result_free(&r);
	return code;
}
