#include "store/touch.h"

#include "util/mem.h"

struct touches *touches_new(void)
{
	return mem_new(struct touches);
}

void touches_free(struct touches **t)
{
	mem_free(*t);
	*t = NULL;
}

/* FNV-1a. The keys' own hash need not be strong: a full table is only handed over sooner. */
static uint32_t hash(enum touch_kind kind, struct view key)
{
	uint32_t h = 2166136261u ^ (uint32_t)kind;

	for (size_t i = 0; i < key.n; i++)
		h = (h ^ (unsigned char)key.p[i]) * 16777619u;
	return h;
}

bool touches_add(struct touches *t, enum touch_kind kind, struct view key, int64_t now)
{
	const uint32_t slots = TOUCHES_MAX * 2;
	uint32_t at = hash(kind, key) % slots;
	struct touch *item;

	for (; t->slot[at] != 0; at = (at + 1) % slots) {
		item = &t->item[t->slot[at] - 1];
		if (item->kind == kind && view_eq(key_view(&item->key), key)) {
			item->times++;
			item->last = now > item->last ? now : item->last;
			return true;
		}
	}
	if (t->count == TOUCHES_MAX)
		return false;
	item = &t->item[t->count++];
	t->slot[at] = (int16_t)t->count;
	item->kind = kind;
	item->times = 1;
	item->last = now;
	item->key.n = key.n;
	memcpy(item->key.p, key.p, key.n);
	return true;
}

static uint32_t add_up(uint32_t a, uint32_t b)
{
	return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

static enum status touch_tuple(const struct env *e, MDB_txn *txn, const struct touch *t)
{
	uint8_t head[TUPLE_RECORD_SIZE];
	char whole[TUPLE_RECORD_SIZE + 16384];
	struct grey_record r;
	struct view value, behind;
	enum status st = env_get(e, txn, ENV_TUPLES, key_view(&t->key), &value);

	if (st == ST_OK)
		st = record_get_tuple(value, &r, &behind);
	if (st != ST_OK || (r.passes > 0) != (t->kind == TOUCH_PASS) ||
	    behind.n > sizeof(whole) - sizeof(head))
		return st;
	r.last = t->last > r.last ? t->last : r.last;
	if (t->kind == TOUCH_PASS)
		r.passes = add_up(r.passes, t->times);
	else
		r.early = add_up(r.early, t->times);
	record_put_tuple(&r, head);
	memcpy(whole, head, sizeof(head));
	memcpy(whole + sizeof(head), behind.p,
	       behind.n); /* LMDB's own memory may move when we put */
	return env_put(e, txn, ENV_TUPLES, key_view(&t->key),
	               (struct view){ whole, sizeof(head) + behind.n });
}

static enum status touch_client(const struct env *e, MDB_txn *txn, const struct touch *t)
{
	uint8_t octets[CLIENT_RECORD_SIZE];
	struct client_record r;
	struct view value;
	enum status st = env_get(e, txn, ENV_CLIENTS, key_view(&t->key), &value);

	if (st == ST_OK)
		st = record_get_client(value, &r);
	if (st != ST_OK || r.last == t->last)
		return st;
	r.last = t->last;
	r.count = add_up(r.count,
	                 1); /* at most once an interval, however often it was seen in this one */
	record_put_client(&r, octets);
	return env_put(e, txn, ENV_CLIENTS, key_view(&t->key),
	               (struct view){ (const char *)octets, sizeof(octets) });
}

static enum status touch_mark(const struct env *e, MDB_txn *txn, const struct touch *t)
{
	uint8_t octets[MARK_RECORD_SIZE];
	struct mark_record r;
	struct view value;
	enum status st = env_get(e, txn, ENV_MARKS, key_view(&t->key), &value);

	if (st == ST_OK)
		st = record_get_mark(value, &r);
	if (st != ST_OK)
		return st;
	r.since = t->last;
	record_put_mark(&r, octets);
	return env_put(e, txn, ENV_MARKS, key_view(&t->key),
	               (struct view){ (const char *)octets, sizeof(octets) });
}

enum status touch_write(const struct env *e, MDB_txn *txn, const struct touch *t)
{
	enum status st = ST_OK;

	switch (t->kind) {
	case TOUCH_PASS:
	case TOUCH_EARLY: st = touch_tuple(e, txn, t); break;
	case TOUCH_CLIENT: st = touch_client(e, txn, t); break;
	case TOUCH_MARK: st = touch_mark(e, txn, t); break;
	}
	return st == ST_NOTFOUND ? ST_OK : st;
}
