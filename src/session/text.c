#include "session/text.h"

#include <stdio.h>

#include "conf/conf.h"

struct format_context text_context(struct gather *g, char program[TEXT_PROGRAM_ROOM])
{
	gather_texts(g);
	(void)snprintf(program, TEXT_PROGRAM_ROOM, "%s-%s",
	               g->conf->face == CONF_GREYLAG ? "greylag" : g->conf->program,
	               g->conf->version);
	return (struct format_context){ .facts = &g->facts,
		                        .program = program,
		                        .version = g->conf->version };
}

enum status text_expand(struct gather *g, const struct acl_eval *at, struct view format,
                        struct buf *out)
{
	char program[TEXT_PROGRAM_ROOM];
	struct format_context ctx = text_context(g, program);

	ctx.verdict = at != NULL ? &at->verdict : NULL;
	ctx.current = at != NULL ? at->next : NULL;
	return format_expand(format, &ctx, out);
}
