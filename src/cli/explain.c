/* greylag explain: what would become of a question, and why. */
#include "cli/explain.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/daemon_config.h"
#include "cli/tell.h"
#include "codec/mail.h"
#include "conf/options.h"
#include "conf/parse.h"
#include "engine/tuple.h"
#include "geo/geo.h"
#include "util/file.h"
#include "util/mem.h"

#define EXIT_STOPPED 1 /* it would not pass */
#define FILE_MAX     ((size_t)64 << 20)
#define SHOWN_MAX    ((size_t)65536)
#define TIME_MAX_S   INT64_C(253402300799) /* the end of the year 9999 */

/* --- the question --- */

static enum status read_clock(const char *text, int64_t *out)
{
	static const char *const forms[] = { "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M",
		                             "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M" };

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = { .tm_isdst = -1 }, asked;
		const char *end = strptime(text, forms[i], &tm);

		if (end == NULL || *end != '\0')
			continue;
		asked = tm;
		*out = (int64_t)mktime(&tm);
		/* There is no 30th of February. */
		return tm.tm_mday == asked.tm_mday && *out >= 0 && *out <= TIME_MAX_S ? ST_OK
		                                                                      : ST_INVALID;
	}
	return ST_INVALID;
}

static enum status read_time(const char *text, int64_t *out)
{
	int64_t now = (int64_t)time(NULL), more;
	uint64_t seconds;

	*out = now;
	if (text == NULL)
		return ST_OK;
	if (text[0] == '+') {
		if (args_seconds(view_of(text + 1), &more) != ST_OK || more > TIME_MAX_S - now)
			return ST_INVALID;
		*out = now + more;
		return ST_OK;
	}
	if (view_u64(view_of(text), (uint64_t)TIME_MAX_S, &seconds) == ST_OK) {
		*out = (int64_t)seconds;
		return ST_OK;
	}
	return read_clock(text, out);
}

static struct view mail_of(const char *word)
{
	return strcmp(word, "<>") == 0 ? (struct view){ "", 0 } : view_of(word);
}

static struct view text_of(const char *word)
{
	return view_of(word != NULL ? word : "");
}

/* 0, or an exit code after telling why. */
static int read_question(struct explain *e)
{
	const struct args *a = e->args;
	const struct {
		const char *name;
		const char *value;
		bool needed;
	} words[] = {
		{ "client-ip", a->client_ip, true },
		{ "from", a->from, true },
		{ "to", a->to, true },
		{ "client-name", a->client_name, false },
		{ "helo", a->helo, false },
		{ "auth", a->auth, false },
		{ "tls", a->tls, false },
		{ "reverse-name", a->reverse_name, false },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (words[i].needed && words[i].value == NULL)
			return tell_fail(EX_USAGE, "explain: --%s is missing", words[i].name);
		if (words[i].value != NULL && strlen(words[i].value) > EXPLAIN_INPUT_MAX)
			return tell_fail(EX_USAGE, "explain: --%s is longer than %zu octets",
			                 words[i].name, EXPLAIN_INPUT_MAX);
	}
	if (ip_parse(view_of(a->client_ip), &e->client) != ST_OK)
		return tell_fail(EX_USAGE, "explain: --client-ip is no address");
	if (read_time(a->at, &e->question.now) != ST_OK)
		return tell_fail(EX_USAGE,
		                 "explain: --at wants Unix seconds, \"2026-11-24 10:00\", or +5m");
	e->question.wall = e->question.now;
	e->question.client_address = view_of(a->client_ip);
	e->question.client_name = view_of(a->client_name != NULL ? a->client_name : "unknown");
	e->question.reverse_name = text_of(a->reverse_name);
	e->question.helo = text_of(a->helo);
	e->question.sender = mail_of(a->from);
	e->question.recipient = mail_of(a->to);
	e->question.auth = text_of(a->auth);
	e->question.tls = text_of(a->tls);
	return 0;
}

/* --- the configuration --- */

static void warn(struct explain *e, const char *text)
{
	(void)tell_fail(0, "%s", text);
	if (e->warnings < EXPLAIN_WARNINGS)
		e->warning[e->warnings++] = text;
}

/* The daemon has what it read when it started or was last told to reload. */
static void check_age(struct explain *e, const char *path)
{
	char loaded[TELL_TIME_MAX];
	struct stat st;

	if (!e->by_daemon || stat(path, &st) != 0 || (int64_t)st.st_mtime <= e->loaded)
		return;
	warn(e, explain_text(e->arena,
	                     "%s has changed since the daemon read it (%s): this is what the file "
	                     "says now",
	                     path, tell_time(e->loaded, e->args->epoch, loaded)));
}

static enum status read_file(void *arg, const char *path, struct buf *out, struct diag *why)
{
	check_age(arg, path);
	return file_read(path, out, why);
}

static int load(struct explain *e, struct view text, struct view more)
{
	struct conf_source source = {
		.text = text, .name = e->file, .more = more, .read_file = read_file, .arg = e
	};
	struct diag why = { .file = e->file };
	struct buf shown = buf_of(SHOWN_MAX);

	if (conf_parse(&source, &e->conf, &why) == ST_OK) {
		if (e->conf->options->geoip2db != NULL)
			check_age(e, e->conf->options->geoip2db);
		if (geo_attach(e->conf, &why) != ST_OK)
			warn(e, explain_text(e->arena, "%s", why.text));
		return 0;
	}
	if (conf_explain(&source, &why, &shown) == ST_OK)
		(void)fputs(buf_text(&shown), stderr);
	else
		(void)tell_fail(EX_CONFIG, "%s", why.text);
	buf_free(&shown);
	return EX_CONFIG;
}

static int load_file(struct explain *e, const char *path, struct view more)
{
	struct buf text = buf_of(FILE_MAX);
	struct diag why = { .file = NULL };
	enum status st = file_read(path, &text, &why);
	int code;

	if (st == ST_OK)
		code = load(e, buf_view(&text), more);
	else
		code = tell_why(st, &why);
	buf_free(&text);
	return code;
}

static void settle_hostname(struct explain *e, struct view hostname)
{
	char own[256] = "localhost";

	(void)gethostname(own, sizeof(own) - 1);
	if (e->conf->options->hostname == NULL)
		e->conf->hostname =
			arena_text(e->conf->arena, hostname.n > 0 ? hostname : view_of(own));
}

static int load_word(struct explain *e, const char *word)
{
	int code;

	e->file = word;
	code = load_file(e, strcmp(word, "-") == 0 ? "/dev/stdin" : word, (struct view){ "", 0 });
	if (code != 0)
		return code;
	settle_hostname(e, (struct view){ "", 0 });
	if (!e->args->dbdir_given && e->conf->options->store_dir != NULL)
		e->store_dir = e->conf->store_dir;
	return 0;
}

static int load_told(struct explain *e, const struct daemon_config *c)
{
	int code;

	e->by_daemon = true;
	e->loaded = c->loaded;
	e->file = c->file.n > 0 ? arena_text(e->arena, c->file) : NULL;
	if (e->file != NULL)
		check_age(e, e->file);
	code = e->file != NULL ? load_file(e, e->file, c->statements)
	                       : load(e, c->statements, (struct view){ "", 0 });
	if (code == 0)
		settle_hostname(e, c->hostname);
	return code;
}

static int ask_daemon(struct explain *e)
{
	struct buf answer = buf_of(DAEMON_CONFIG_MAX);
	struct daemon_config c;
	struct diag why = { .file = NULL };
	enum status st = daemon_config_ask(e->args->dbdir, &answer, &c, &why);
	int code;

	if (st == ST_OK)
		code = load_told(e, &c);
	else if (st == ST_DENIED || st == ST_INVALID)
		code = tell_why(st, &why);
	else
		code = tell_fail(EX_UNAVAILABLE, "%s\nName its file: greylag explain ... FILE",
		                 why.text);
	buf_free(&answer);
	return code;
}

/* --- the memory --- */

/* A damaged record is none to the daemon. */
static bool find(struct explain *e, struct browse *b, enum browse_table table, struct view text,
                 struct browse_entry *out)
{
	struct diag why = { .file = NULL };
	enum status st = text.n > 0 ? browse_find(b, table, text, out, &why) : ST_NOTFOUND;

	if (st != ST_OK && st != ST_NOTFOUND)
		warn(e, explain_text(e->arena, "%s: nothing is remembered", why.text));
	return st == ST_OK && !out->damaged;
}

static void look(struct explain *e, struct browse *b)
{
	struct browse_entry entry;

	for (unsigned i = 0; i < e->keys.sources && !e->has_tuple; i++) {
		e->has_tuple =
			find(e, b, BROWSE_TUPLES, buf_view(&e->keys.source[i].tuple), &e->tuple);
		if (e->has_tuple)
			e->source = buf_text(&e->keys.source[i].text);
	}
	e->has_client = find(e, b, BROWSE_CLIENTS, buf_view(&e->keys.client), &entry);
	if (e->has_client)
		e->client_record = entry.client;
	e->has_mark = find(e, b, BROWSE_MARKS, buf_view(&e->keys.mark), &entry);
	if (e->has_mark)
		e->mark = entry.mark;
}

static int look_into_store(struct explain *e)
{
	struct browse_options o = { .dir = e->store_dir };
	struct browse *b = NULL;
	struct diag why = { .file = NULL };
	enum status st = tell_open(&o, &b, &why);

	if (st != ST_OK && st != ST_NOTFOUND) {
		browse_close(&b);
		return tell_why(st, &why);
	}
	e->has_store = st == ST_OK;
	if (e->has_store)
		look(e, b);
	else
		warn(e, explain_text(e->arena, "%s: nothing is remembered", why.text));
	browse_close(&b);
	return 0;
}

/* --- all of it --- */

void explain_show(struct explain *e, enum acl_stage stage)
{
	e->stage = stage;
	e->shown = stage == ACL_DATA ? &e->end : &e->r;
	e->shown_walk = stage == ACL_DATA ? &e->end_walk : &e->walk;
	e->teller = (struct record_teller){ .policy = e->shown->judged ? e->shown->policy
		                                                       : gather_policy(e->conf),
		                            .by_record = e->conf->promised,
		                            .now = e->question.now,
		                            .epoch = e->args->epoch,
		                            .address = e->address };
}

/* May its message be asked for, now or after a wait, and do rules look at it? */
static bool reaches_end(const struct explain *e)
{
	enum transaction_verdict verdict = e->r.outcome.verdict;

	return e->r.ruled && e->conf->acl->rules[ACL_DATA] != NULL && verdict != DO_REJECT &&
	       verdict != DO_TEMPFAIL;
}

static void decide(struct explain *e)
{
	struct acl_trace trace = explain_trace_of_walk;
	struct rehearsal_memory memory = { e->has_client ? &e->client_record : NULL,
		                           e->has_tuple ? &e->tuple.tuple : NULL,
		                           e->has_mark ? &e->mark : NULL };

	e->walk.arena = e->end_walk.arena = e->arena;
	trace.arg = &e->walk;
	rehearse(&e->r, &e->question, e->conf, &memory, &trace);
	explain_show(e, ACL_RCPT);
	explain_settle_walk(e);
	e->has_end = reaches_end(e);
	if (e->has_end) {
		trace.arg = &e->end_walk;
		rehearse_message(&e->end, &e->r, &e->content, &memory, &trace);
		explain_show(e, ACL_DATA);
		explain_settle_walk(e);
	}
	explain_settle_verdict(e);
	explain_find_ways(e);
	explain_find_children(e);
}

static int write_it(struct explain *e)
{
	int code;

	if (!e->args->json)
		explain_print(e);
	else if (explain_print_json(e) != ST_OK)
		return tell_fail(EX_SOFTWARE, "the explanation can't be written as JSON");
	code = tell_end();
	if (code != EX_OK)
		return code;
	return e->passes ? EX_OK : EXIT_STOPPED;
}

static int answer(struct explain *e)
{
	int code = look_into_store(e);

	if (code != 0)
		return code;
	decide(e);
	code = write_it(e);
	rehearsal_end(&e->r);
	rehearsal_end(&e->end);
	explain_free_walk(&e->walk);
	explain_free_walk(&e->end_walk);
	return code;
}

static int make_keys(struct explain *e)
{
	struct gather g;
	enum status st;

	gather_begin(&g, &e->question, e->conf);
	st = memory_keys(&g, &e->keys);
	gather_end(&g);
	ip_format(&e->client, e->address);
	if (st != ST_OK)
		return tell_fail(EX_USAGE,
		                 "explain: sender and recipient are too long for a tuple");
	e->source = buf_text(&e->keys.source[0].text);
	return 0;
}

int cli_explain(const struct args *a)
{
	struct explain *e = mem_new(struct explain);
	int code;

	e->args = a;
	e->arena = arena_new();
	e->store_dir = a->dbdir;
	code = read_question(e);
	if (code == 0)
		code = explain_read_content(e);
	if (code == 0)
		code = a->words > 0 ? load_word(e, a->word[0]) : ask_daemon(e);
	if (code == 0)
		code = make_keys(e);
	if (code == 0)
		code = answer(e);
	memory_keys_free(&e->keys);
	conf_unref(&e->conf);
	mail_unref(&e->content.mail);
	arena_free(&e->arena);
	mem_free(e);
	return code;
}
