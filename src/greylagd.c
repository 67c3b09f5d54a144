/* greylagd: from a command line to a running daemon. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/options.h"
#include "options.h"
#include "process.h"
#include "scan/directory.h"
#include "service.h"
#include "util/mem.h"

#define SHOWN_MAX ((size_t)8192)

/* What was odd, until there is a log to write it to. */
struct start {
	struct origin origin;
	struct buf warnings; /* a line each */
	unsigned umask;      /* of whoever started us */
	struct conf *conf;
};

/* What is said before the log is open: to whoever starts us. Postgrey's scripts look for "ERROR: ".
 */
static int fail(int code, const struct diag *why)
{
	char text[512];

	diag_format(why, text, sizeof(text));
	(void)fprintf(stderr, "ERROR: %s\n", text);
	return code;
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

static void keep_warning(void *arg, const char *text)
{
	struct start *s = arg;

	/* What does not fit is told by `greylag config check`. */
	(void)(buf_printf(&s->warnings, "%s\n", text) == ST_OK);
}

static void log_warnings(struct log *log, struct start *s)
{
	struct view rest = buf_view(&s->warnings), line;

	while (view_next(&rest, '\n', &line))
		log_warning(log, "%.*s", VIEW_ARG(line));
	buf_free(&s->warnings);
	if (s->conf->test_clock)
		log_warning(log, "--test-clock: whoever reaches a socket sets the clock of its "
		                 "requests; never use this with real mail");
}

static void make_folder(const char *path, unsigned mode, const struct conf *conf, struct log *log)
{
	struct diag why;

	if (process_make_folder(path, mode, conf->user, &why) != ST_OK)
		log_warning(log, "%s", why.text);
}

static void make_folder_of(const char *path, const struct conf *conf, struct log *log)
{
	const char *end = path != NULL ? strrchr(path, '/') : NULL;
	char *folder;

	if (end == NULL || end == path)
		return;
	folder = mem_text((struct view){ path, (size_t)(end - path) });
	make_folder(folder, 0755, conf, log);
	mem_free(folder);
}

/* The memory's own folder, and those that milter-greylist makes: its init scripts rely on it, since
 * /run is empty after a boot. */
static void make_folders(const struct conf *conf, struct log *log)
{
	if (conf->face != CONF_POSTGREY && conf->options->store_dir == NULL)
		make_folder(conf->store_dir, 0700, conf, log);
	if (conf->face != CONF_MILTER_GREYLIST)
		return;
	for (const struct conf_socket *s = conf->milter; s != NULL; s = s->next)
		make_folder_of(s->path, conf, log);
	make_folder_of(conf->pidfile, conf, log);
}

/* Sockets are bound with the privileges of the start, the store is opened without them. */
static enum status start_service(const struct start *s, struct log *log, struct service **service,
                                 struct diag *why)
{
	struct conf *conf = s->conf;
	bool kept = false;
	const struct service_parts parts = {
		.conf = conf, .origin = &s->origin, .log = log, .umask = s->umask
	};
	enum status st;

	make_folders(conf, log);
	st = service_bind(&parts, service, why);
	if (st == ST_OK && conf->daemonize && conf->pidfile != NULL)
		st = process_write_pid(conf->pidfile, conf->user, why);
	if (st == ST_OK && geteuid() == 0 && conf->user != NULL)
		st = process_drop(conf->user, conf->group, &kept, why);
	if (st == ST_OK)
		st = service_start(*service, why);
	if (st != ST_OK)
		service_free(service);
	return st;
}

static int serve(const struct start *s, struct log *log, int *ready_fd)
{
	struct conf *conf = s->conf;
	struct service *service = NULL;
	struct diag why = { .file = NULL };
	enum status st = start_service(s, log, &service, &why);

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

static int run(struct start *s)
{
	struct conf *conf = s->conf;
	struct diag why = { .file = NULL };
	struct log *log;
	int code, ready_fd = -1;

	s->umask = umask(077);
	(void)signal(SIGPIPE, SIG_IGN);
	if (conf->daemonize && process_daemonize(&ready_fd, &why) != ST_OK)
		return fail(EX_OSERR, &why);
	(void)process_raise_files(conf->max_connections);
	log = open_log(conf);
	log_warnings(log, s);
	if (conf->stdio)
		code = service_stdio(conf, log, &why) == ST_OK ? 0 : fail(EX_CONFIG, &why);
	else
		code = serve(s, log, &ready_fd);
	log_free(&log);
	return code;
}

/* Loads what the command line names, and runs; or only checks it. */
static int start(struct start *s, const struct options *o)
{
	struct buf shown = buf_of(SHOWN_MAX);
	struct diag why;
	int code = EX_CONFIG;

	s->origin = o->origin;
	for (const struct option_warning *w = o->warnings; w != NULL; w = w->next)
		keep_warning(s, w->text);
	if (origin_load(&s->origin, keep_warning, s, &s->conf, &why, &shown) != ST_OK) {
		(void)fprintf(stderr, "ERROR: %s", shown.n > 0 ? buf_text(&shown) : why.text);
	} else if (o->check) {
		(void)fputs(buf_text(&s->warnings), stderr);
		(void)fprintf(stderr, "config file \"%s\" is okay\n", s->origin.file);
		code = EX_OK;
	} else if (s->conf->policy == NULL && s->conf->milter == NULL && !s->conf->stdio &&
	           getenv("LISTEN_FDS") == NULL) {
		(void)fputs("ERROR: nothing to listen on: a statement policy \"inet:10023\" or "
		            "socket \"unix:/PATH\" is missing\n",
		            stderr);
	} else {
		code = run(s);
	}
	buf_free(&shown);
	conf_unref(&s->conf);
	return code;
}

int main(int argc, char **argv)
{
	struct start s = { .warnings = buf_of(SHOWN_MAX * 8) };
	char hostname[256] = "localhost";
	struct options o;
	int code;

	(void)gethostname(hostname, sizeof(hostname) - 1);
	options_read(argc, argv, hostname, &o);
	if (o.text != NULL) {
		(void)fputs(o.text, o.to_stderr ? stderr : stdout);
		code = o.exit_code;
	} else {
		code = start(&s, &o);
	}
	buf_free(&s.warnings);
	options_free(&o);
	if (directory_threads_left()) {
		(void)fflush(NULL);
		_exit(code);
	}
	return code;
}
