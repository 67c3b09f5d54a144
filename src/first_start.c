#include "first_start.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/options.h"
#include "takeover.h"
#include "util/log.h"

#define NOTE     VIEW("dumpfile")
#define BEGUN    VIEW("begun")
#define FINISHED VIEW("finished")

/* NULL: errno says why. Only a file has an end. */
static FILE *open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	FILE *file = NULL;
	struct stat st;

	if (fd < 0)
		return NULL;
	errno = EINVAL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		file = fdopen(fd, "r");
	if (file == NULL)
		(void)close(fd);
	return file;
}

static void tell_bad(void *arg, const struct diag *bad)
{
	char text[512];

	diag_format(bad, text, sizeof(text));
	log_warning(arg, "%s", text);
}

static void tell_sum(const struct takeover *t, const char *path, struct log *log)
{
	log_notice(log,
	           "dumpfile \"%s\": read %llu entries: %llu taken over, %llu of the same tuples, "
	           "%llu too old, %llu of no use, %llu too long, %llu bad lines",
	           path, (unsigned long long)t->read, (unsigned long long)t->added,
	           (unsigned long long)t->merged, (unsigned long long)t->too_old,
	           (unsigned long long)t->no_use, (unsigned long long)t->too_long,
	           (unsigned long long)t->bad);
	if (t->cut)
		log_warning(log,
		            "dumpfile \"%s\": not read to its end within %d s; the rest can be "
		            "read by `greylag import milter-greylist`",
		            path, FIRST_START_SECONDS);
}

/* A start that was interrupted is done again. */
static bool is_new(struct browse *store)
{
	struct diag ignored;

	if (browse_noted(store, NOTE, BEGUN, &ignored) == ST_OK)
		return true;
	return browse_noted(store, NOTE, FINISHED, &ignored) == ST_NOTFOUND &&
	       browse_count(store, BROWSE_TUPLES) == 0 &&
	       browse_count(store, BROWSE_CLIENTS) == 0 && browse_count(store, BROWSE_MARKS) == 0;
}

static enum status take(const struct conf *conf, struct browse *store, FILE *file, struct log *log,
                        struct diag *why)
{
	const char *path = conf->options->dumpfile;
	struct takeover t = { .conf = conf,
		              .store = store,
		              .now = (int64_t)time(NULL),
		              .seconds_max = FIRST_START_SECONDS,
		              .tell = tell_bad,
		              .arg = log };
	enum status st = browse_note(store, NOTE, BEGUN, why);

	if (st != ST_OK)
		return st;
	why->file = path;
	st = takeover_dump(&t, file, why);
	why->file = NULL;
	tell_sum(&t, path, log);
	return st == ST_OK ? browse_note(store, NOTE, FINISHED, why) : st;
}

static enum status into(const struct conf *conf, struct browse *store, struct log *log,
                        struct diag *why)
{
	const char *path = conf->options->dumpfile;
	FILE *file;
	enum status st;

	if (!is_new(store))
		return ST_OK;
	file = open_file(path);
	if (file == NULL) {
		log_warning(log, "cannot read dumpfile \"%s\": %s", path, strerror(errno));
		log_warning(log, "starting with an empty greylist");
		return ST_OK;
	}
	st = take(conf, store, file, log, why);
	(void)fclose(file);
	return st;
}

/* Whoever can't open the store here, can't below either, and it is said there. */
void first_start(const struct conf *conf, struct log *log)
{
	struct browse_options options = { .dir = conf->store_dir,
		                          .change = true,
		                          .privacy = conf->privacy };
	struct browse *store = NULL;
	struct diag why = { .file = NULL };

	if (conf->options->dumpfile == NULL || browse_open(&options, &store, &why) != ST_OK)
		return;
	if (into(conf, store, log, &why) != ST_OK)
		log_error(log, "dumpfile \"%s\" is not taken over: %s", conf->options->dumpfile,
		          why.text);
	browse_close(&store);
}
