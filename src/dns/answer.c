#include "dns/answer.h"

#include "dns/name.h"
#include "util/cursor.h"
#include "util/mem.h"

struct answer_box {
	struct dns_answer answer;
	struct dns_record *records;
	size_t count;
	struct buf text; /* of all records, one behind the other */
};

const char *dns_status_text(enum dns_status s)
{
	switch (s) {
	case DNS_OK: return "ok";
	case DNS_NODATA: return "no data";
	case DNS_NXDOMAIN: return "no such domain";
	case DNS_FAILED: return "failed";
	case DNS_TIMEOUT: return "time-out";
	}
	return "";
}

struct answer_box *answer_box_new(enum dns_status status, const char *why)
{
	struct answer_box *box = mem_new(struct answer_box);

	box->answer.status = status;
	box->answer.why = why;
	return box;
}

void answer_box_free(struct answer_box **box)
{
	struct answer_box *b = *box;

	if (b == NULL)
		return;
	*box = NULL;
	mem_free(b->records);
	buf_free(&b->text);
	mem_free(b);
}

const struct dns_answer *answer_box_look(const struct answer_box *box)
{
	return &box->answer;
}

static struct ip address(enum ip_family family, struct view octets)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	struct ip ip = { .family = family };

	if (family == IP_V6 && memcmp(octets.p, mapped, sizeof(mapped)) == 0) {
		octets = view_from(octets, sizeof(mapped));
		ip.family = IP_V4;
	}
	memcpy(ip.octet, octets.p, octets.n);
	return ip;
}

static enum status read_address(enum ip_family family, struct view rdata, struct dns_record *out)
{
	if (rdata.n != (family == IP_V4 ? 4u : 16u))
		return ST_INVALID;
	out->ip = address(family, rdata);
	return ST_OK;
}

/* One string at least, says RFC 1035 section 3.3.14; a record that has none says nothing, and is no
 * reason not to hear what stands beside it. */
static enum status read_strings(struct view rdata, struct buf *out)
{
	struct cursor c = cursor_of(rdata);
	enum status st = ST_OK;

	while (st == ST_OK && c.left > 0) {
		struct view s = cur_take(&c, cur_u8(&c));

		if (c.bad)
			return ST_INVALID;
		st = buf_append(out, s);
	}
	return st;
}

static enum status read_text(enum dns_type type, struct view rdata, struct buf *out,
                             struct dns_record *record)
{
	struct cursor c = cursor_of(rdata);

	if (type == DNS_TXT)
		return read_strings(rdata, out);
	if (type == DNS_MX)
		record->preference = (unsigned)cur_be(&c, 2);
	return c.bad ? ST_INVALID : dns_name_read((struct view){ (const char *)c.p, c.left }, out);
}

/* ST_LIMIT: there is no room for the record's text. */
static enum status read_record(enum dns_type type, struct view rdata, struct buf *text,
                               struct dns_record *out)
{
	size_t before = text->n;
	enum status st;

	if (type == DNS_A || type == DNS_AAAA)
		return read_address(type == DNS_A ? IP_V4 : IP_V6, rdata, out);
	st = read_text(type, rdata, text, out);
	if (st != ST_OK)
		text->n = before;
	out->text.n = text->n - before;
	return st;
}

static int compare_texts(struct view a, struct view b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n > 0 ? memcmp(a.p, b.p, n) : 0;

	if (order != 0 || a.n == b.n)
		return order;
	return a.n < b.n ? -1 : 1;
}

static int compare(const struct dns_record *a, const struct dns_record *b)
{
	int order = ip_compare(&a->ip, &b->ip);

	if (a->preference != b->preference)
		return a->preference < b->preference ? -1 : 1;
	return order != 0 ? order : compare_texts(a->text, b->text);
}

/* Servers and caches turn the records round with each answer; who asks twice shall see the same. */
static void sort(struct dns_record *r, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct dns_record moved = r[i];
		size_t at = i;

		for (; at > 0 && compare(&r[at - 1], &moved) > 0; at--)
			r[at] = r[at - 1];
		r[at] = moved;
	}
}

/* The texts lie one behind the other, in the order of the records. */
static void place_texts(struct answer_box *box)
{
	const char *at = box->text.p != NULL ? box->text.p : "";

	for (size_t i = 0; i < box->count; i++) {
		struct view *v = &box->records[i].text;

		*v = (struct view){ at, v->n };
		at += v->n;
	}
}

static size_t count_records(char *const *rdata)
{
	size_t n = 0;

	while (n < DNS_RECORDS_MAX && rdata[n] != NULL)
		n++;
	return n;
}

/* The data of so many records; more: there were others. */
static struct answer_box *decode(enum dns_type type, const struct view *rdata, size_t n, bool more)
{
	struct answer_box *box = answer_box_new(DNS_OK, "records");
	enum status st = ST_OK;

	box->answer.cut = more;
	box->records = mem_array(n, sizeof(struct dns_record));
	box->text = buf_of(DNS_TEXT_MAX);
	for (size_t i = 0; i < n && st != ST_INVALID; i++) {
		struct dns_record *r = &box->records[box->count];

		*r = (struct dns_record){ .ip = { .family = IP_NONE } };
		st = read_record(type, rdata[i], &box->text, r);
		box->answer.cut = box->answer.cut || st == ST_LIMIT;
		box->count += st == ST_OK;
	}
	if (st == ST_INVALID || n == 0) {
		answer_box_free(&box);
		return answer_box_new(DNS_FAILED, "malformed");
	}
	place_texts(box);
	sort(box->records, box->count);
	box->answer.records = box->records;
	box->answer.count = box->count;
	return box;
}

struct answer_box *answer_box_decode(enum dns_type type, char *const *rdata, const int *length)
{
	struct view v[DNS_RECORDS_MAX];
	size_t n = count_records(rdata);

	for (size_t i = 0; i < n; i++)
		v[i] = (struct view){ rdata[i], length[i] > 0 ? (size_t)length[i] : 0 };
	return decode(type, v, n, rdata[n] != NULL);
}

/* --- a whole message --- */

/* RFC 1035 section 4.1.4: labels, and then the root or a pointer. */
static void skip_name(struct cursor *c)
{
	for (uint8_t n = cur_u8(c); n > 0; n = cur_u8(c)) {
		if (n <= DNS_LABEL_MAX) {
			(void)cur_take(c, n);
			continue;
		}
		c->bad = c->bad || n < 0xc0;
		(void)cur_u8(c);
		return;
	}
}

struct answer_box *answer_box_decode_texts(struct view message)
{
	struct cursor c = cursor_of(message);
	struct view text[DNS_RECORDS_MAX];
	uint64_t questions, answers;
	size_t n = 0;
	bool more = false;

	(void)cur_take(&c, 4);
	questions = cur_be(&c, 2);
	answers = cur_be(&c, 2);
	(void)cur_take(&c, 4);
	for (; questions > 0 && !c.bad; questions--) {
		skip_name(&c);
		(void)cur_take(&c, 4);
	}
	for (; answers > 0 && !c.bad && !more; answers--) {
		struct view rdata;
		uint64_t type;

		skip_name(&c);
		type = cur_be(&c, 2);
		(void)cur_take(&c, 6);
		rdata = cur_take(&c, cur_be(&c, 2));
		more = type == DNS_TXT && n == DNS_RECORDS_MAX;
		if (type == DNS_TXT && !more)
			text[n++] = rdata;
	}
	return c.bad ? answer_box_new(DNS_FAILED, "malformed") : decode(DNS_TXT, text, n, more);
}
