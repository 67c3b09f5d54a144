#include "codec/p0f.h"

#include "util/cursor.h"

/* p0f 3's README, "API access". */
#define QUERY_MAGIC  0x50304601u
#define ANSWER_MAGIC 0x50304602u
#define STATUS_OK    0x10u
#define STATUS_NONE  0x20u
#define NUMBERS_SIZE 32u /* times and counts between the status and the names */
#define NAME_SIZE    32u /* with its NUL */
#define NAMES_AFTER  4u  /* of what speaks HTTP, the link, the language */

void p0f_query(const struct ip *client, unsigned char out[P0F_QUERY_SIZE])
{
	uint32_t magic = QUERY_MAGIC;

	memcpy(out, &magic, sizeof(magic));
	out[sizeof(magic)] = (unsigned char)client->family;
	memcpy(out + sizeof(magic) + 1, client->octet, sizeof(client->octet));
}

static uint32_t host_u32(struct cursor *c)
{
	struct view v = cur_take(c, sizeof(uint32_t));
	uint32_t x = 0;

	if (v.n == sizeof(x))
		memcpy(&x, v.p, sizeof(x));
	return x;
}

/* A text in a place of its own; without a NUL it is none. */
static bool take_name(struct cursor *c, struct view *out)
{
	struct view place = cur_take(c, NAME_SIZE);
	size_t n = view_find(place, '\0');

	*out = view_first(place, n);
	return n != VIEW_NONE;
}

static size_t put_text(char *out, size_t at, struct view text)
{
	for (size_t i = 0; i < text.n; i++)
		out[at++] = text.p[i];
	for (size_t i = at - text.n; i < at; i++)
		if (out[i] < ' ' || out[i] > '~')
			out[i] = '?';
	return at;
}

enum status p0f_answer(struct view octets, char out[P0F_TEXT_MAX + 1])
{
	struct cursor c = cursor_of(octets);
	uint32_t magic = host_u32(&c);
	uint32_t status = host_u32(&c);
	struct view name, flavour;
	bool named;
	size_t n;

	(void)cur_take(&c, NUMBERS_SIZE);
	named = take_name(&c, &name);
	named = take_name(&c, &flavour) && named;
	(void)cur_take(&c, (size_t)NAMES_AFTER * NAME_SIZE);
	if (!cur_done(&c) || magic != ANSWER_MAGIC)
		return ST_INVALID;
	if (status == STATUS_NONE)
		return ST_NOTFOUND;
	if (status != STATUS_OK || !named)
		return ST_INVALID;
	if (name.n == 0)
		return ST_NOTFOUND; /* it saw the client, and made nothing of it */
	n = put_text(out, 0, name);
	if (flavour.n > 0) {
		out[n++] = ' ';
		n = put_text(out, n, flavour);
	}
	out[n] = '\0';
	return ST_OK;
}
