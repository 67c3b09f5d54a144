/* Pages of a URL check: texts lie within the page and have no control characters. */
#include <stdint.h>
#include <stdlib.h>

#include "codec/check_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(struct view page, struct view text)
{
	if (text.n > 0 && (text.p < page.p || text.p + text.n > page.p + page.n))
		abort();
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < ' ' && text.p[i] != '\t')
			abort();
}

static void check_time(int64_t s)
{
	if (s != CHECK_UNSAID && (s < 0 || s > CHECK_TIME_MAX))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view page = { (const char *)data, size }, rest = page, key, value;
	struct check_reply r;

	check_reply_begin(&r);
	while (check_reply_line(&rest, &key, &value)) {
		if (key.n == 0 || value.n == 0)
			abort();
		check_text(page, key);
		check_text(page, value);
		(void)check_reply_take(&r, key, value);
	}
	check_text(page, r.code);
	check_text(page, r.ecode);
	check_text(page, r.msg);
	check_text(page, r.report);
	check_time(r.delay);
	check_time(r.autowhite);
	check_time(r.tarpit);
	return 0;
}
