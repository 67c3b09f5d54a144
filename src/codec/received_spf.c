#include "codec/received_spf.h"

#include "codec/header_text.h"

#define COMMENT_MAX (HEADER_TEXT_MAX * 2)

/* What the word means, for the reader of the mail. */
static const struct {
	const char *result, *before, *behind;
} meanings[] = {
	{ "pass", "designates", "as permitted sender" },
	{ "fail", "does not designate", "as permitted sender" },
	{ "softfail", "does not want to designate", "as permitted sender" },
	{ "neutral", "neither permits nor denies", "" },
	{ "none", "says nothing of", "" },
	{ "temperror", "could not be asked about", "" },
	{ "permerror", "has a wrong record for", "" },
};

/* The domain that was checked. */
static struct view domain_of(const struct received_spf *r)
{
	size_t at = r->helo_identity ? VIEW_NONE : view_rfind(r->mail_from, '@');

	if (r->helo_identity)
		return r->helo;
	return at == VIEW_NONE ? r->mail_from : view_from(r->mail_from, at + 1);
}

/* The domain is shown up to a length of which all names are. */
static enum status put_meaning(struct buf *out, const struct received_spf *r)
{
	char address[IP_TEXT_MAX] = "the client";
	struct buf text = buf_of(COMMENT_MAX);
	struct view domain = view_first(domain_of(r), 253), own = view_first(r->receiver, 253);
	enum status st = ST_OK;
	size_t i = 0;

	while (i < sizeof(meanings) / sizeof(meanings[0]) &&
	       strcmp(meanings[i].result, r->result) != 0)
		i++;
	if (i == sizeof(meanings) / sizeof(meanings[0]) || domain.n == 0)
		return ST_OK;
	if (r->client.family != IP_NONE)
		ip_format(&r->client, address);
	if (own.n > 0)
		st = buf_append(&text, own);
	if (st == ST_OK && own.n > 0)
		st = buf_append(&text, VIEW(": "));
	if (st == ST_OK)
		st = buf_append(&text, domain);
	if (st == ST_OK)
		st = buf_printf(&text, " %s %s%s%s", meanings[i].before, address,
		                meanings[i].behind[0] != '\0' ? " " : "", meanings[i].behind);
	if (st == ST_OK)
		st = buf_byte(out, ' ');
	if (st == ST_OK)
		st = header_put_comment(out, buf_view(&text));
	buf_free(&text);
	return st;
}

/* Keys that may be empty all the same are those of which that says something. */
static enum status put_pair(struct buf *out, const char *key, struct view value, bool *behind)
{
	enum status st = buf_printf(out, "%s%s=", *behind ? "; " : " ", key);

	*behind = true;
	return st == ST_OK ? header_put_word(out, HEADER_WORD, value) : st;
}

static enum status put_pairs(struct buf *out, const struct received_spf *r)
{
	char address[IP_TEXT_MAX] = "";
	const struct {
		const char *key;
		struct view value;
		bool always;
	} pairs[] = {
		{ "receiver", r->receiver, false },
		{ "identity", r->helo_identity ? VIEW("helo") : VIEW("mailfrom"), false },
		{ "client-ip", { address, 0 }, false },
		{ "envelope-from", r->mail_from, true },
		{ "helo", r->helo, false },
		{ "mechanism", r->mechanism, false },
		{ "problem", r->problem, false },
	};
	enum status st = ST_OK;
	bool behind = false;

	if (r->client.family != IP_NONE)
		ip_format(&r->client, address);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]) && st == ST_OK; i++) {
		struct view v = pairs[i].value;

		if (v.p == address)
			v.n = strlen(address);
		if (v.n > 0 || pairs[i].always)
			st = put_pair(out, pairs[i].key, v, &behind);
	}
	return st;
}

enum status received_spf_put(struct buf *out, const struct received_spf *r)
{
	size_t was = out->n;
	enum status st = buf_append(out, view_of(r->result));

	if (st == ST_OK)
		st = put_meaning(out, r);
	if (st == ST_OK)
		st = put_pairs(out, r);
	if (st != ST_OK)
		out->n = was;
	return st;
}
