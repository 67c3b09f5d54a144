/* Values of any octets have one owner; and values made of any octets are ours, on lines of text. */
#include <stdint.h>
#include <stdlib.h>

#include "codec/authres.h"
#include "codec/received_spf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OUT_MAX ((size_t)16384)

static void check_line(const struct buf *out)
{
	for (size_t i = 0; i < out->n; i++)
		if (((unsigned char)out->p[i] < ' ' && out->p[i] != '\n' && out->p[i] != '\t') ||
		    (out->p[i] == '\n' && (i + 1 == out->n || out->p[i + 1] != '\t')))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view in = { (const char *)data, size };
	size_t cut = size > 0 ? data[0] % size : 0;
	struct view a = view_first(in, cut), b = view_from(in, cut);
	const struct authres_result r = { .method = "spf",
		                          .result = "none",
		                          .reason = b,
		                          .property = { { "smtp", "mailfrom", a } },
		                          .properties = 1 };
	const struct received_spf s = {
		.result = "none", .receiver = a, .mail_from = b, .helo = a
	};
	struct buf out = buf_of(OUT_MAX);
	enum authres_owner own;

	(void)authres_owner_of(in, VIEW("mx.example.org"));
	(void)authres_owner_of(a, b);
	if (authres_put(&out, AUTHRES_FOLDED, VIEW("mx.example.org"), &r, 1) != ST_OK)
		abort();
	own = authres_owner_of(buf_view(&out), VIEW("mx.example.org"));
	check_line(&out);
	buf_clear(&out);
	if (own != AUTHRES_OURS || received_spf_put(&out, &s) != ST_OK)
		abort();
	check_line(&out);
	buf_free(&out);
	return 0;
}
