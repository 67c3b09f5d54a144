/* Records of an answer: the type, then each with two octets of length before it. The same octets
 * are also taken as a name to be asked for, and as a whole message. */
#include <stdint.h>
#include <stdlib.h>

#include "dns/answer.h"
#include "dns/name.h"
#include "util/cursor.h"
#include "util/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST 200

static const enum dns_type types[] = { DNS_A, DNS_AAAA, DNS_PTR, DNS_MX, DNS_TXT };

/* Each record in memory of its own size, so that a read behind its end is seen. */
static size_t cut_records(struct view in, char *rdata[MOST + 1], int length[MOST])
{
	struct cursor c = cursor_of(in);
	size_t n = 0;

	while (c.left > 0 && n < MOST) {
		struct view v = cur_take(&c, cur_be(&c, 2) % 1024);

		if (c.bad)
			v = (struct view){ (const char *)c.p, c.left };
		rdata[n] = malloc(v.n + (v.n == 0));
		if (v.n > 0)
			memcpy(rdata[n], v.p, v.n);
		length[n++] = (int)v.n;
		if (c.bad)
			break;
	}
	rdata[n] = NULL;
	return n;
}

static void check(enum dns_type type, const struct dns_answer *a, size_t given)
{
	size_t octets = 0;

	if (a->status == DNS_FAILED ? a->count > 0 : a->status != DNS_OK)
		abort();
	if (a->count > DNS_RECORDS_MAX || a->count > given ||
	    (a->status == DNS_OK && a->count < given && !a->cut))
		abort();
	for (size_t i = 0; i < a->count; i++) {
		const struct dns_record *r = &a->records[i];

		octets += r->text.n;
		if ((type == DNS_A || type == DNS_AAAA) != (r->ip.family != IP_NONE))
			abort();
		for (size_t k = 0; k < r->text.n && type != DNS_TXT; k++)
			if (r->text.p[k] <= ' ' || r->text.p[k] > '~')
				abort();
	}
	if (octets > DNS_TEXT_MAX)
		abort();
}

static void ask_for(struct view text)
{
	char escaped[DNS_ESCAPED_MAX];
	struct dns_name name, again;

	if (dns_name_set(&name, text) != ST_OK)
		return;
	dns_name_escape(&name, escaped);
	if (dns_name_set(&again, dns_name_view(&name)) != ST_OK || again.n != name.n)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view in = { (const char *)data, size };
	char *rdata[MOST + 1];
	int length[MOST];
	struct answer_box *box;
	enum dns_type type;
	size_t n;

	ask_for(in);
	box = answer_box_decode_texts(in);
	check(DNS_TXT, answer_box_look(box), answer_box_look(box)->count);
	answer_box_free(&box);
	if (size == 0)
		return 0;
	type = types[data[0] % (sizeof(types) / sizeof(types[0]))];
	n = cut_records(view_from(in, 1), rdata, length);
	box = answer_box_decode(type, rdata, length);
	check(type, answer_box_look(box), n);
	answer_box_free(&box);
	for (size_t i = 0; i < n; i++)
		free(rdata[i]);
	return 0;
}
