/* A spamd for tests, on the loopback: one thread, one question after the other. What it says stands
 * in the mail, in a header "X-Fake: WORD":
 *
 *	a number such as 7.5    that score; 5.0 and more is spam
 *	garbage | cut | busy    no reply of spamd's; half of one; a refusal for now
 *	silent                  nothing, and the connection stays open
 *
 * Without one the score is 1.5. The test FAKE hit, and of spam FAKE_SPAM too. The headers of a
 *rewritten mail are X-Spam-Flag (of spam), X-Spam-Status, and its own. */
#pragma once

#include <stdbool.h>

struct fake_spamd;

struct fake_spamd *fake_spamd_new(void);
void fake_spamd_free(struct fake_spamd **f);

const char *fake_spamd_port(const struct fake_spamd *f);

/* From any thread: questions that came whole so far, and whether the last one holds the text. */
unsigned fake_spamd_asked(struct fake_spamd *f);
bool fake_spamd_got(struct fake_spamd *f, const char *text);
