/* Values of From headers and DMARC records: of any octets something is made within its bounds. */
#include <stdint.h>
#include <stdlib.h>

#include "codec/author.h"
#include "engine/dmarc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view in = { (const char *)data, size };
	size_t cut = view_find(in, '\n');
	struct view from = view_first(in, cut),
		    text = view_from(in, cut == VIEW_NONE ? size : cut + 1);
	const struct dmarc_evidence e = { .spf = text, .dkim = &from, .dkim_count = 1 };
	const struct dmarc_evidence open = { .spf_open = text,
		                             .dkim_open = &from,
		                             .dkim_open_count = 1 };
	struct buf domain = buf_of(1000);
	struct dmarc_record r;
	struct dmarc d;
	char name[DMARC_NAME_SIZE];

	if (author_domain(from, &domain) == ST_OK &&
	    (domain.n == 0 || domain.n > AUTHOR_DOMAIN_MAX))
		abort();
	if (dmarc_record_read(text, &r) == ST_OK && r.percent > 100)
		abort();
	if (dmarc_begin(&d, buf_view(&domain)) == ST_OK)
		for (unsigned n = 0; dmarc_wanted(&d, name); n++) {
			if (n == 2)
				abort(); /* two questions at the most */
			dmarc_answer(&d, DMARC_DNS_ANSWER, &text, n);
		}
	if (dmarc_judge(&d, &e).verdict == DMARC_VERDICT_TEMPERROR &&
	    d.verdict != DMARC_VERDICT_TEMPERROR)
		abort(); /* nothing is open */
	if (dmarc_judge(&d, &open).verdict == DMARC_VERDICT_PASS)
		abort();
	buf_free(&domain);
	return 0;
}
