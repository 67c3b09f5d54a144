/* What the milter door asks an MTA for: the steps, macros and changes that the rules need. */
#pragma once

#include "codec/milter_negotiate.h"

struct conf;

struct wish {
	struct milter_wish milter; /* its views point to the lists */
	struct buf list[MILTER_STAGES];
};

void wish_begin(struct wish *w, const struct conf *conf);
/* Names of macros, with blanks between, that are wanted at this stage too, as far as a list has
 * room for them. */
void wish_add_list(struct wish *w, enum milter_stage stage, struct view names);
void wish_end(struct wish *w);
