#include "engine/source.h"

#include <libpsl.h>

#include "engine/s25r.h"

bool source_plain_name(struct view name, char out[SOURCE_NAME_MAX + 1])
{
	if (name.n > 0 && name.p[name.n - 1] == '.')
		name.n--;
	if (name.n == 0 || name.n > SOURCE_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = ascii_lower(name.p[i]);

		if (!ascii_alpha(c) && !ascii_digit(c) && c != '-' && c != '.' && c != '_')
			return false;
		out[i] = c;
	}
	out[name.n] = '\0';
	return !ascii_digit(out[name.n - 1]); /* no top-level domain ends so: it is an address */
}

/* The list is the one that libpsl was built with: no file is read. */
static enum status append_domain(const char *prefix, struct view name, struct buf *out)
{
	char text[SOURCE_NAME_MAX + 1];
	const psl_ctx_t *psl = psl_builtin();
	const char *domain;

	if (psl == NULL || !source_plain_name(name, text))
		return ST_NOTFOUND;
	domain = psl_registrable_domain(psl, text);
	return domain != NULL ? buf_printf(out, "%s%s", prefix, domain) : ST_NOTFOUND;
}

enum status source_of_name(struct view confirmed, struct buf *out)
{
	if (s25r_match(confirmed) != 0)
		return ST_NOTFOUND;
	return append_domain("rdns:", confirmed, out);
}

enum status source_of_spf(struct view domain, struct buf *out)
{
	return append_domain("spf:", domain, out);
}

enum status source_registered(struct view name, struct buf *out)
{
	return append_domain("", name, out);
}
