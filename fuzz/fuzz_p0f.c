/* Answers of p0f: what comes out is printable, and fits. */
#include <stdint.h>
#include <stdlib.h>

#include "codec/p0f.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[P0F_TEXT_MAX + 1];

	if (p0f_answer((struct view){ (const char *)data, size }, text) != ST_OK)
		return 0;
	if (size != P0F_ANSWER_SIZE || strlen(text) == 0 || strlen(text) > P0F_TEXT_MAX)
		abort();
	for (size_t i = 0; text[i] != '\0'; i++)
		if (text[i] < ' ' || text[i] > '~')
			abort();
	return 0;
}
