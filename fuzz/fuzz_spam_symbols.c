/* What is kept of spamd's lists is short, and of its form. */
#include <stdlib.h>

#include "codec/spam_symbols.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view in = { (const char *)data, size };
	struct spam_symbols s;

	spam_symbols_of_list(in, &s);
	if (s.n > SPAM_SYMBOLS_MAX || !spam_symbols_valid(spam_symbols_view(&s)))
		abort();
	spam_symbols_of_headers(in, &s);
	if (s.n > SPAM_SYMBOLS_MAX || !spam_symbols_valid(spam_symbols_view(&s)))
		abort();
	(void)spam_symbols_valid(in);
	return 0;
}
