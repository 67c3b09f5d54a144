/* A mail as it lies in a file: line ends of any kind, perhaps an mbox's first line. Pure. */
#pragma once

#include "codec/mail.h"

/* A whole one. Its headers end at the empty line, or before the first line that is none (Postfix's
 * cleanup does so). */
void mail_text_take(struct mail *m, struct view text);

/* "Name: value"; the line ends of folds become LF. ST_INVALID: it is none. */
MUST_CHECK enum status mail_text_header(struct mail *m, struct view text);

/* The line ends become CR LF; the last line gets one. */
void mail_text_body(struct mail *m, struct view text);
