/* Any octets are a mail: none of its values has a line end that is no fold, its body only CR LF,
 * and it is no longer than the text with its line ends made whole. */
#include <stdlib.h>

#include "codec/mail_text.h"

static void check_value(struct view v)
{
	for (size_t i = 0; i + 1 < v.n; i++)
		if (v.p[i] == '\n' && v.p[i + 1] != ' ' && v.p[i + 1] != '\t')
			abort();
	if (v.n > 0 && v.p[v.n - 1] == '\n')
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view in = { (const char *)data, size };
	struct mail m;

	mail_begin(&m, SIZE_MAX, false);
	mail_text_take(&m, in);
	for (size_t i = 0; i < m.header_count; i++) {
		if (m.headers[i].name.n == 0)
			abort();
		check_value(m.headers[i].value);
	}
	for (size_t i = 0; i < m.body.n; i++)
		if (m.body.p[i] == '\n' && (i == 0 || m.body.p[i - 1] != '\r'))
			abort();
	if (m.kept > 6 * size + 2)
		abort();
	mail_end(&m);
	return 0;
}
