#include "store/record.h"

#include <nettle/hmac.h>

#include "engine/tuple.h"
#include "util/cursor.h"

#define HASHED_PART 12 /* octets of a keyed hash that are kept */

static size_t put_hex(const uint8_t *octets, size_t n, char *out)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = hex[octets[i] >> 4];
		out[2 * i + 1] = hex[octets[i] & 15];
	}
	return 2 * n;
}

static size_t put_keyed_hash(const uint8_t *secret, struct view v, char *out)
{
	struct hmac_sha256_ctx ctx;
	uint8_t digest[HASHED_PART];

	hmac_sha256_set_key(&ctx, PRIVACY_SECRET_SIZE, secret);
	hmac_sha256_update(&ctx, v.n, (const uint8_t *)v.p);
	hmac_sha256_digest(&ctx, sizeof(digest), digest);
	return put_hex(digest, sizeof(digest), out);
}

static void hash_parts(const struct view part[3], const uint8_t *secret, struct store_key *out)
{
	out->n = 0;
	for (unsigned i = 0; i < 3; i++) {
		if (i > 0)
			out->p[out->n++] = TUPLE_SEPARATOR;
		out->n += put_keyed_hash(secret, part[i], out->p + out->n);
	}
}

static void hash_long(struct view source, char separator, struct view text, struct store_key *out)
{
	struct sha256_ctx ctx;
	uint8_t digest[SHA256_DIGEST_SIZE];
	size_t room = KEY_MAX - 2 - 2 * sizeof(digest);

	sha256_init(&ctx);
	sha256_update(&ctx, text.n, (const uint8_t *)text.p);
	sha256_digest(&ctx, sizeof(digest), digest);
	out->n = source.n < room ? source.n : room;
	memcpy(out->p, source.p, out->n);
	out->p[out->n++] = separator;
	out->p[out->n++] = '#';
	out->n += put_hex(digest, sizeof(digest), out->p + out->n);
}

enum status key_of_tuple(struct view text, const uint8_t *secret, struct store_key *out,
                         struct view *behind)
{
	struct view part[3];
	enum status st = tuple_split(text, &part[0], &part[1], &part[2]);

	*behind = (struct view){ "", 0 };
	if (st != ST_OK)
		return st;
	if (secret != NULL) {
		hash_parts(part, secret, out);
	} else if (text.n <= KEY_MAX) {
		memcpy(out->p, text.p, text.n);
		out->n = text.n;
	} else {
		hash_long(part[0], TUPLE_SEPARATOR, text, out);
		*behind = text;
	}
	return ST_OK;
}

enum status key_of_text(struct view text, const uint8_t *secret, struct store_key *out)
{
	if (secret != NULL) {
		out->n = put_keyed_hash(secret, text, out->p);
		return ST_OK;
	}
	if (text.n == 0)
		return ST_LIMIT;
	if (text.n > KEY_MAX) {
		hash_long(view_first(text, view_find(text, MARK_SEPARATOR)), MARK_SEPARATOR, text,
		          out);
		return ST_OK;
	}
	memcpy(out->p, text.p, text.n);
	out->n = text.n;
	return ST_OK;
}

enum status key_of_source(struct view source, const uint8_t *secret, struct store_key *out)
{
	if (source.n == 0 || source.n >= KEY_MAX)
		return ST_LIMIT;
	if (secret != NULL) {
		out->n = put_keyed_hash(secret, source, out->p);
	} else {
		memcpy(out->p, source.p, source.n);
		out->n = source.n;
	}
	out->p[out->n++] = TUPLE_SEPARATOR;
	return ST_OK;
}

static bool sane_time(int64_t t)
{
	return t >= 0 && t <= RECORD_TIME_MAX;
}

static uint8_t *put_le(uint8_t *at, uint64_t x, unsigned octets)
{
	for (unsigned i = 0; i < octets; i++)
		*at++ = (uint8_t)(x >> (8 * i));
	return at;
}

/* version, identity, 2 of a scan (0); first, last; wait, passes, early, retries, keep */
void record_put_tuple(const struct grey_record *r, uint8_t out[TUPLE_RECORD_SIZE])
{
	int64_t wait = r->wait < UINT32_MAX ? r->wait : UINT32_MAX;
	int64_t keep = r->keep < UINT32_MAX ? r->keep : UINT32_MAX;

	out = put_le(out, RECORD_VERSION, 1);
	out = put_le(out, (uint64_t)r->identity, 1);
	out = put_le(out, 0, 2);
	out = put_le(out, (uint64_t)r->first, 8);
	out = put_le(out, (uint64_t)r->last, 8);
	out = put_le(out, wait > 0 ? (uint64_t)wait : 0, 4);
	out = put_le(out, r->passes, 4);
	out = put_le(out, r->early, 4);
	out = put_le(out, r->retries, 4);
	(void)put_le(out, keep > 0 ? (uint64_t)keep : 0, 4);
}

/* In the head: octets of the symbols, spamd's verdict. Behind it: the score, the mail (4 each), the
 * symbols. */
size_t record_put_scan(const struct record_scan *s, uint8_t head[TUPLE_RECORD_SIZE],
                       uint8_t out[RECORD_SCAN_MAX])
{
	int64_t score = s->score_tenths;

	score = score < INT32_MIN ? INT32_MIN : score > INT32_MAX ? INT32_MAX : score;
	head[0] = RECORD_VERSION_SCANNED;
	head[2] = (uint8_t)s->symbols.n;
	head[3] = s->spam ? 1 : 0;
	out = put_le(out, (uint64_t)score, 4);
	out = put_le(out, s->mail, 4);
	memcpy(out, s->symbols.p, s->symbols.n);
	return 8 + s->symbols.n;
}

void record_put_again(const struct grey_record *r, struct view was, uint8_t out[TUPLE_RECORD_SIZE])
{
	uint8_t form[4];

	memcpy(form, was.p, sizeof(form)); /* out may be the same */
	record_put_tuple(r, out);
	out[0] = form[0];
	out[2] = form[2];
	out[3] = form[3];
}

/* False: it is none of ours. */
static bool take_scan(struct cursor *c, unsigned symbols, unsigned verdict, struct record_scan *out)
{
	uint32_t score = (uint32_t)cur_le(c, 4), mail = (uint32_t)cur_le(c, 4);
	struct view text = cur_take(c, symbols);

	if (c->bad || verdict > 1 || !spam_symbols_valid(text))
		return false;
	out->score_tenths = (int32_t)score;
	out->mail = mail;
	out->spam = verdict == 1;
	out->symbols.n = text.n;
	memcpy(out->symbols.p, text.p, text.n);
	return true;
}

enum status record_get_scan(struct view v, struct record_scan *out)
{
	struct cursor c = cursor_of(v);
	struct view head = cur_take(&c, TUPLE_RECORD_SIZE);

	if (c.bad)
		return ST_DAMAGED;
	if (head.p[0] != RECORD_VERSION_SCANNED)
		return ST_NOTFOUND;
	return take_scan(&c, (uint8_t)head.p[2], (uint8_t)head.p[3], out) ? ST_OK : ST_DAMAGED;
}

enum status record_get_tuple(struct view v, struct grey_record *out, struct view *behind)
{
	struct cursor c = cursor_of(v);
	struct grey_record r = { 0 };
	uint8_t version = cur_u8(&c), identity = cur_u8(&c);
	uint8_t symbols = cur_u8(&c), verdict = cur_u8(&c);
	struct record_scan scan;

	r.first = (int64_t)cur_le(&c, 8);
	r.last = (int64_t)cur_le(&c, 8);
	r.wait = (int64_t)cur_le(&c, 4);
	r.passes = (uint32_t)cur_le(&c, 4);
	r.early = (uint32_t)cur_le(&c, 4);
	r.retries = (uint32_t)cur_le(&c, 4);
	r.keep = (int64_t)cur_le(&c, 4);
	if (c.bad || (version != RECORD_VERSION && version != RECORD_VERSION_SCANNED) ||
	    identity > GREY_BY_SPF || !sane_time(r.first) || !sane_time(r.last))
		return ST_DAMAGED;
	if (version == RECORD_VERSION_SCANNED && !take_scan(&c, symbols, verdict, &scan))
		return ST_DAMAGED;
	r.identity = (enum grey_identity)identity;
	if (behind != NULL)
		*behind = cur_take(&c, c.left);
	*out = r;
	return ST_OK;
}

void record_put_client(const struct client_record *r, uint8_t out[CLIENT_RECORD_SIZE])
{
	out = put_le(out, RECORD_VERSION, 4);
	out = put_le(out, r->count, 4);
	(void)put_le(out, (uint64_t)r->last, 8);
}

enum status record_get_client(struct view v, struct client_record *out)
{
	struct cursor c = cursor_of(v);
	uint64_t version = cur_le(&c, 4);
	struct client_record r;

	r.count = (uint32_t)cur_le(&c, 4);
	r.last = (int64_t)cur_le(&c, 8);
	if (!cur_done(&c) || version != RECORD_VERSION || !sane_time(r.last))
		return ST_DAMAGED;
	*out = r;
	return ST_OK;
}

void record_put_mark(const struct mark_record *r, uint8_t out[MARK_RECORD_SIZE])
{
	out = put_le(out, RECORD_VERSION, 4);
	out = put_le(out, (uint64_t)r->since, 8);
	(void)put_le(out, r->instance, 8);
}

enum status record_get_mark(struct view v, struct mark_record *out)
{
	struct cursor c = cursor_of(v);
	uint64_t version = cur_le(&c, 4);
	struct mark_record r;

	r.since = (int64_t)cur_le(&c, 8);
	r.instance = cur_le(&c, 8);
	if (!cur_done(&c) || version != RECORD_VERSION || !sane_time(r.since))
		return ST_DAMAGED;
	*out = r;
	return ST_OK;
}
