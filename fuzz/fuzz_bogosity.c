/* What Bogofilter may print: a score within its bounds, a header that is one line. */
#include <stdint.h>
#include <stdlib.h>

#include "codec/bogosity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[BOGOSITY_TEXT_MAX];
	struct bogosity b;

	if (bogosity_read((struct view){ (const char *)data, size }, &b) != ST_OK)
		return 0;
	if (b.score < 0 || b.score > BOGOSITY_ONE || b.header.n > BOGOSITY_LINE_MAX)
		abort();
	for (size_t i = 0; i < b.header.n; i++)
		if (b.header.p[i] < ' ' || b.header.p[i] > '~')
			abort();
	bogosity_format(&b, text);
	return 0;
}
