#include "cli/daemon_config.h"

#include "ctl/ctl.h"

/* "file=", "loaded=", "hostname=", an empty line, statements. */
static enum status read_answer(struct view rest, struct daemon_config *out)
{
	struct view line;

	*out = (struct daemon_config){ .loaded = 0 };
	while (view_next(&rest, '\n', &line) && line.n > 0) {
		struct view value = view_from(line, view_find(line, '=') + 1);

		if (view_starts(line, VIEW("file=")))
			out->file = value;
		else if (view_starts(line, VIEW("hostname=")))
			out->hostname = value;
		else if (view_starts(line, VIEW("loaded=")) &&
		         view_i64(value, &out->loaded) != ST_OK)
			return ST_INVALID;
	}
	out->statements = rest;
	return ST_OK;
}

enum status daemon_config_ask(const char *dbdir, struct buf *answer, struct daemon_config *out,
                              struct diag *why)
{
	enum status st = ctl_ask(dbdir, VIEW("config"), answer, why);

	if (st != ST_OK)
		return st;
	st = read_answer(buf_view(answer), out);
	if (st != ST_OK)
		diag_set(why, "the daemon's answer can't be read");
	return st;
}
