/* Texts by which a service is started: assignments of a shell, lines of a unit, command lines, and
 * the like forms of programs' own configurations. Nothing is run: what only a shell could say is
 * left out. Views point into the texts that are given. */
#pragma once

#include "util/buf.h"

#define SERVICE_NAMES_MAX 64u /* of variables in one text */

/* What stands behind the name on the last line that begins with it: "NAME VALUE", "NAME: VALUE",
 * "NAME=VALUE", "export NAME=VALUE", without quotes, a comment or a ';' at the end. Names compare
 * without case. False: no line has it. */
bool service_value(struct view text, const char *name, struct view *out);

/* Appends v with $NAME and ${NAME} replaced by their values in the text, once: values are not
 * looked into. Those that it has not, and other forms, become nothing. ST_LIMIT: out is full, or
 * more than SERVICE_NAMES_MAX stand in v. */
MUST_CHECK enum status service_expand(struct view v, struct view variables, struct buf *out);

/* The value of "-p VALUE", "-pVALUE" or "-p=VALUE" among the words of a command line. */
bool service_option(struct view line, char option, struct view *out);

/* Appends A=b C=d, "E=f g", of a unit's Environment=, a line each. */
MUST_CHECK enum status service_assignments(struct view v, struct buf *out);

/* A backslash at the end of a line goes on in the next. */
void service_join_lines(struct buf *text);
