#include "cli/milters.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/service_text.h"
#include "conf/conf.h"
#include "conf/options.h"
#include "conf/parse.h"
#include "util/file.h"

#define FILE_MAX   ((size_t)1 << 20) /* of one file of a package */
#define PATH_ROOM  4096
#define TEXT_ROOM  8192 /* of a command line with its variables */
#define SOCKET_MAX 200

/* As milter-manager 2.3 has them, in its order, which is that of the content; those that it does
 * not know behind their likes. */
static const struct milter_program known[MILTERS_KNOWN] = {
	{ "milter-greylist",
	  { "milter-greylist" },
	  { "/etc/milter-greylist/greylist.conf", "/etc/mail/greylist.conf" },
	  NULL,
	  'p',
	  NULL,
	  { "Sendmail Compatible", "Stress Notify", "Trust", "Remote Network", "S25R",
	    "Unauthenticated" } },
	{ "spfmilter",
	  { "spfmilter" },
	  { NULL },
	  "",
	  'p',
	  NULL,
	  { "Remote Network", "Unauthenticated", "No Stress" } },
	{ "smf-spf",
	  { "smf-spf" },
	  { "/etc/mail/smfs/smf-spf.conf", "/etc/smf-spf.conf" },
	  "Socket",
	  'p',
	  NULL,
	  { "Remote Network", "Unauthenticated", "No Stress" } },
	{ "pyspf-milter",
	  { "pyspf-milter" },
	  { "/etc/pyspf-milter/pyspf-milter.conf" },
	  "Socket",
	  '\0',
	  NULL,
	  { "Remote Network", "Unauthenticated", "No Stress" } },
	{ "clamav-milter",
	  { "clamav-milter" },
	  { "/etc/clamav/clamav-milter.conf", "/etc/mail/clamav-milter.conf",
	    "/etc/clamav-milter.conf" },
	  "MilterSocket",
	  '\0',
	  NULL,
	  { NULL } },
	{ "dkim-filter",
	  { "dkim-filter" },
	  { "/etc/dkim-filter.conf" },
	  "Socket",
	  'p',
	  NULL,
	  { NULL } },
	{ "opendkim",
	  { "opendkim" },
	  { "/etc/opendkim.conf", "/etc/opendkim/opendkim.conf" },
	  "Socket",
	  'p',
	  NULL,
	  { NULL } },
	{ "opendmarc",
	  { "opendmarc" },
	  { "/etc/opendmarc.conf", "/etc/opendmarc/opendmarc.conf" },
	  "Socket",
	  'p',
	  NULL,
	  { NULL } },
	{ "openarc",
	  { "openarc" },
	  { "/etc/openarc.conf", "/etc/openarc/openarc.conf" },
	  "Socket",
	  'p',
	  NULL,
	  { NULL } },
	{ "spamass-milter",
	  { "spamass-milter" },
	  { NULL },
	  "",
	  'p',
	  NULL,
	  { "Remote Network", "Unauthenticated", "No Stress" } },
	{ "amavisd-milter",
	  { "amavisd-milter", "amavisd-new-milter" },
	  { NULL },
	  "",
	  's',
	  NULL,
	  { NULL } },
	{ "rspamd",
	  { "rspamd" },
	  { "/etc/rspamd/override.d/worker-proxy.inc", "/etc/rspamd/local.d/worker-proxy.inc",
	    "/etc/rspamd/worker-proxy.inc" },
	  "bind_socket",
	  '\0',
	  "inet:11332@localhost",
	  { "Remote Network", "Unauthenticated", "No Stress" } },
	{ "milter-regex",
	  { "milter-regex" },
	  { NULL },
	  "",
	  'p',
	  NULL,
	  { "Remote Network", "Unauthenticated", "No Stress" } },
	{ "mimedefang", { "mimedefang", "mimedefang.pl" }, { NULL }, "", 'p', NULL, { NULL } },
	{ "enma",
	  { "enma" },
	  { "/etc/enma.conf", "/etc/enma/enma.conf" },
	  "milter.socket",
	  's',
	  NULL,
	  { "Remote Network", "Unauthenticated", "No Stress" } },
};

struct search {
	const char *root;
	struct arena *arena;
	const struct milter_program *program;
	struct milter_found *found;
};

/* --- files below the root --- */

static const char *below(const struct search *s, const char *path, char out[PATH_ROOM])
{
	int n = snprintf(out, PATH_ROOM, "%s%s", s->root, path);

	return n > 0 && n < PATH_ROOM ? out : "";
}

/* Only a file: a fifo would be waited for. */
static bool is_file(const struct search *s, const char *path)
{
	char whole[PATH_ROOM];
	struct stat st;

	return stat(below(s, path, whole), &st) == 0 && S_ISREG(st.st_mode);
}

static bool read_text(const struct search *s, const char *path, struct buf *out)
{
	char whole[PATH_ROOM];
	struct diag why;

	buf_clear(out);
	return is_file(s, path) && file_read(below(s, path, whole), out, &why) == ST_OK;
}

static const char *joined(const struct search *s, const char *folder, const char *name,
                          const char *end)
{
	char path[PATH_ROOM];

	(void)snprintf(path, sizeof(path), "%s%s%s", folder, name, end);
	return arena_text(s->arena, view_of(path));
}

/* --- sockets --- */

/* rspamd's "localhost:11332", "*:11332", "/run/x.sock mode=0660". */
static void translate_bind(struct view v, char out[SOCKET_MAX])
{
	size_t colon;

	v = view_first(v, view_find(v, ' '));
	colon = view_rfind(v, ':');
	if (v.n > 0 && v.p[0] == '/')
		(void)snprintf(out, SOCKET_MAX, "unix:%.*s", VIEW_ARG(v));
	else if (colon == VIEW_NONE)
		(void)snprintf(out, SOCKET_MAX, "inet:11332@%.*s", VIEW_ARG(v));
	else if (colon == 1 && v.p[0] == '*')
		(void)snprintf(out, SOCKET_MAX, "inet:%.*s", VIEW_ARG(view_from(v, 2)));
	else
		(void)snprintf(out, SOCKET_MAX, "inet:%.*s@%.*s", VIEW_ARG(view_from(v, colon + 1)),
		               VIEW_ARG(view_first(v, colon)));
}

/* Keeps the socket if it is one. */
static bool take_socket(struct search *s, struct view v, const char *from)
{
	struct conf_socket socket = { .kind = CONF_INET };
	char text[SOCKET_MAX];

	v = view_trim(v);
	if (v.n == 0 || v.n >= sizeof(text) - 40)
		return false;
	if (strcmp(s->program->name, "rspamd") == 0)
		translate_bind(v, text);
	else
		(void)snprintf(text, sizeof(text), "%s%.*s", v.p[0] == '/' ? "unix:" : "",
		               VIEW_ARG(v));
	for (const char *p = text; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || *p == '"' || *p == '\\')
			return false;
	if (conf_socket_read(s->arena, view_of(text), &socket) != NULL)
		return false;
	s->found->socket = arena_text(s->arena, view_of(text));
	s->found->from = from;
	return true;
}

/* --- where it is said --- */

static const char *const default_folders[] = { "/etc/default/", "/etc/sysconfig/" };

/* Variables that hold the socket in Debian's and Red Hat's files. */
static bool from_variables(struct search *s, struct view text, const char *path)
{
	static const char *const sockets[] = { "SOCKET", "SOCKFILE", "CONNECTION_SPEC",
		                               "MILTERSOCKET", "MILTER_SOCKET" };
	bool taken = false;
	struct view v;

	for (size_t i = 0; i < sizeof(sockets) / sizeof(sockets[0]) && !taken; i++) {
		struct buf whole = buf_of(TEXT_ROOM);

		taken = service_value(text, sockets[i], &v) &&
		        service_expand(v, text, &whole) == ST_OK &&
		        take_socket(s, buf_view(&whole), path);
		buf_free(&whole);
	}
	return taken;
}

/* The same, and variables that hold options. */
static bool from_defaults(struct search *s, struct buf *text)
{
	static const char *const options[] = { "OPTARGS", "DAEMON_ARGS", "DAEMON_OPTS", "PARAMS",
		                               "OPTIONS", "EXTRA_FLAGS", "ARGS" };
	struct view v;

	for (size_t f = 0; f < 2; f++) {
		const char *path = joined(s, default_folders[f], s->program->name, "");

		if (!read_text(s, path, text))
			continue;
		if (service_value(buf_view(text), "ENABLED", &v) &&
		    (view_eq(v, VIEW("0")) || view_eq_nocase(v, VIEW("no"))))
			s->found->why = "its file of defaults says ENABLED=0";
		if (from_variables(s, buf_view(text), path))
			return true;
		for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
			if (s->program->option != '\0' &&
			    service_value(buf_view(text), options[i], &v) &&
			    service_option(v, s->program->option, &v) && take_socket(s, v, path))
				return true;
	}
	return false;
}

/* A script has the socket where the file of defaults leaves it out; behind others that for Postfix,
 * in Debian's spamass-milter. */
static bool from_script(struct search *s, struct buf *text)
{
	static const char *const folders[] = { "/etc/init.d/", "/etc/rc.d/init.d/" };

	for (size_t f = 0; f < 2; f++) {
		const char *path = joined(s, folders[f], s->program->name, "");

		if (read_text(s, path, text) && from_variables(s, buf_view(text), path))
			return true;
	}
	return false;
}

static const char *const unit_folders[] = { "/etc/systemd/system/", "/run/systemd/system/",
	                                    "/lib/systemd/system/", "/usr/lib/systemd/system/" };

/* The unit's own, and what `systemctl edit` has put beside it. */
static const char *find_unit(const struct search *s)
{
	for (size_t i = 0; i < sizeof(unit_folders) / sizeof(unit_folders[0]); i++) {
		const char *path = joined(s, unit_folders[i], s->program->name, ".service");

		if (is_file(s, path))
			return path;
	}
	return NULL;
}

/* Variables of the unit: Environment=, and the files it names. */
static void read_variables(const struct search *s, struct view unit, struct buf *out)
{
	struct buf file = buf_of(FILE_MAX);
	struct view line;
	enum status st = ST_OK;

	while (st == ST_OK && view_next(&unit, '\n', &line)) {
		line = view_trim(line);
		if (view_starts(line, VIEW("Environment="))) {
			st = service_assignments(view_from(line, strlen("Environment=")), out);
		} else if (view_starts(line, VIEW("EnvironmentFile="))) {
			line = view_from(line, strlen("EnvironmentFile="));
			line = line.n > 0 && line.p[0] == '-' ? view_from(line, 1) : line;
			if (read_text(s, arena_text(s->arena, line), &file))
				st = buf_append(out, buf_view(&file));
		} else {
			continue;
		}
		if (st == ST_OK)
			st = buf_byte(out, '\n');
	}
	buf_free(&file);
}

static bool from_command(struct search *s, struct view unit, const char *path)
{
	struct buf variables = buf_of(FILE_MAX * 2), line = buf_of(TEXT_ROOM);
	struct view command, v;
	bool taken = false;

	read_variables(s, unit, &variables);
	if (s->program->option != '\0' && service_value(unit, "ExecStart", &command) &&
	    service_expand(command, buf_view(&variables), &line) == ST_OK &&
	    service_option(buf_view(&line), s->program->option, &v))
		taken = take_socket(s, v, path);
	buf_free(&variables);
	buf_free(&line);
	return taken;
}

static bool from_unit(struct search *s, const char *path, struct buf *text)
{
	const char *edited =
		joined(s, "/etc/systemd/system/", s->program->name, ".service.d/override.conf");
	struct buf more = buf_of(FILE_MAX);
	bool taken = false;

	if (read_text(s, path, text)) {
		bool has = read_text(s, edited, &more);

		if (has &&
		    (buf_byte(text, '\n') != ST_OK || buf_append(text, buf_view(&more)) != ST_OK))
			has = false;
		service_join_lines(text);
		taken = from_command(s, buf_view(text), has ? edited : path);
	}
	buf_free(&more);
	return taken;
}

/* Of a configuration of milter-greylist only its own words count here. */
static enum status no_file(void *arg, const char *path, struct buf *out, struct diag *why)
{
	(void)arg;
	(void)out;
	diag_set(why, "%s is not looked into", path);
	return ST_NOTFOUND;
}

static void format_socket(const struct conf_socket *socket, char out[SOCKET_MAX])
{
	if (socket->kind == CONF_UNIX)
		(void)snprintf(out, SOCKET_MAX, "unix:%s", socket->path);
	else if (socket->host == NULL)
		(void)snprintf(out, SOCKET_MAX, "inet:%s", socket->port);
	else
		(void)snprintf(out, SOCKET_MAX, "inet:%s@%s", socket->port, socket->host);
}

/* We read that language: its longest tarpit is what the answers may take longer. */
static bool from_greylist(struct search *s, const char *path, struct buf *text, bool want_socket)
{
	struct conf_source source = { .name = path, .read_file = no_file };
	char socket[SOCKET_MAX];
	struct conf *c = NULL;
	struct diag why;
	bool taken = false;

	if (!read_text(s, path, text))
		return false;
	source.text = buf_view(text);
	if (conf_parse(&source, &c, &why) != ST_OK)
		return false;
	for (const struct acl_rule *r = c->acl->rules[ACL_RCPT]; r != NULL; r = r->next)
		for (const struct acl_clause *k = r->clauses; k != NULL; k = k->next)
			if (k->kind->reason == REASON_TARPIT &&
			    k->operand.number > s->found->tarpit_s)
				s->found->tarpit_s = k->operand.number;
	if (want_socket && c->milter != NULL) {
		format_socket(c->milter, socket);
		taken = take_socket(s, view_of(socket), path);
	}
	conf_unref(&c);
	return taken;
}

static bool from_file(struct search *s, const char *path, struct buf *text)
{
	struct view v;

	if (!read_text(s, path, text))
		return false;
	if (strcmp(s->program->name, "clamav-milter") == 0) {
		struct view rest = buf_view(text), line;

		while (view_next(&rest, '\n', &line))
			if (view_eq(view_trim(line), VIEW("Example")))
				s->found->why = "its configuration is still the example";
	}
	if (strcmp(s->program->name, "rspamd") == 0 &&
	    service_value(buf_view(text), "milter", &v) &&
	    (view_eq_nocase(v, VIEW("no")) || view_eq_nocase(v, VIEW("false")) ||
	     view_eq_nocase(v, VIEW("off"))))
		s->found->why = "its proxy is no milter (milter = no)";
	return service_value(buf_view(text), s->program->key, &v) && take_socket(s, v, path);
}

static bool from_files(struct search *s, struct buf *text)
{
	const struct milter_program *p = s->program;
	bool taken = s->found->socket != NULL;

	for (size_t i = 0; i < 4 && p->files[i] != NULL; i++) {
		if (p->key == NULL) {
			taken = from_greylist(s, p->files[i], text, !taken) || taken;
			if (s->found->tarpit_s > 0)
				break;
		} else if (!taken) {
			taken = from_file(s, p->files[i], text);
		}
	}
	return taken;
}

/* --- whether it runs --- */

/* Under the name of milter-greylist lies a link to our own daemon. */
static bool is_ours(const struct search *s, const char *path)
{
	char whole[PATH_ROOM], target[PATH_ROOM];
	ssize_t n = readlink(below(s, path, whole), target, sizeof(target));

	return n > 0 && view_ends_nocase((struct view){ target, (size_t)n }, VIEW("greylagd"));
}

static bool is_installed(const struct search *s, const char *unit)
{
	static const char *const folders[] = { "/usr/sbin/", "/usr/bin/", "/usr/local/sbin/",
		                               "/usr/local/bin/", "/usr/libexec/" };

	for (size_t f = 0; f < sizeof(folders) / sizeof(folders[0]); f++)
		for (size_t i = 0; i < 3 && s->program->programs[i] != NULL; i++) {
			const char *path = joined(s, folders[f], s->program->programs[i], "");

			if (is_file(s, path) && !is_ours(s, path))
				return true;
		}
	return unit != NULL;
}

/* A link may point to what is not below the root. */
static bool is_there(const struct search *s, const char *path)
{
	char whole[PATH_ROOM];
	struct stat st;

	return lstat(below(s, path, whole), &st) == 0;
}

/* S20NAME in a run level's folder. */
static bool in_run_level(const struct search *s, const char *folder)
{
	char whole[PATH_ROOM];
	DIR *dir = opendir(below(s, folder, whole));
	const struct dirent *e;
	bool found = false;

	while (dir != NULL && !found && (e = readdir(dir)) != NULL)
		found = e->d_name[0] == 'S' && ascii_digit(e->d_name[1]) &&
		        ascii_digit(e->d_name[2]) && strcmp(e->d_name + 3, s->program->name) == 0;
	if (dir != NULL)
		(void)closedir(dir);
	return found;
}

static bool is_started(const struct search *s)
{
	static const char *const levels[] = { "/etc/rc2.d", "/etc/rc3.d", "/etc/rc5.d",
		                              "/etc/rc.d/rc3.d", "/etc/rc.d/rc5.d" };

	if (is_there(s, joined(s, "/etc/systemd/system/multi-user.target.wants/", s->program->name,
	                       ".service")))
		return true;
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (in_run_level(s, levels[i]))
			return true;
	return false;
}

/* Where systemd starts it, the file of defaults often only says so and is not used. */
static void find_socket(struct search *s, const char *unit)
{
	struct buf text = buf_of(FILE_MAX * 3);
	bool taken = unit != NULL && from_unit(s, unit, &text);

	if (!taken && unit == NULL)
		taken = from_defaults(s, &text);
	taken = from_files(s, &text) || taken;
	if (!taken && unit != NULL)
		taken = from_defaults(s, &text);
	if (!taken && unit == NULL)
		taken = from_script(s, &text);
	if (!taken && s->program->usual != NULL)
		s->found->socket = s->program->usual;
	buf_free(&text);
}

size_t milters_find(const char *root, struct arena *arena, struct milter_found found[MILTERS_KNOWN])
{
	size_t n = 0;

	for (size_t i = 0; i < MILTERS_KNOWN; i++) {
		struct search s = { root, arena, &known[i], &found[n] };
		const char *unit = find_unit(&s);

		if (!is_installed(&s, unit))
			continue;
		found[n] = (struct milter_found){ .program = &known[i] };
		find_socket(&s, unit);
		if (found[n].why == NULL && !is_started(&s))
			found[n].why = "it is not started with the system";
		found[n].enabled = found[n].why == NULL;
		if (found[n].socket == NULL)
			found[n].why = "nobody says where it listens";
		n++;
	}
	return n;
}
