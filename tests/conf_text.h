/* A configuration from text that is right, for tests. */
#pragma once

#include "test.h"

#include "conf/conf.h"
#include "conf/parse.h"

static inline struct conf *conf_of_text(const char *text)
{
	const struct conf_source source = { .text = view_of(text), .name = "test.conf" };
	struct diag why = { .file = NULL };
	struct conf *c = NULL;

	if (conf_parse(&source, &c, &why) != ST_OK)
		fail_msg("%s\n%u:%u: %s", text, why.line, why.column, why.text);
	return c;
}
