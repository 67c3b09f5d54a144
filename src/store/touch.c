#include "store/touch.h"

#include "engine/tuple.h"
#include "util/mem.h"

#define SLOTS_FIRST 64

struct touches *touches_new(void)
{
	struct touches *t = mem_new(struct touches);

	t->slots = SLOTS_FIRST;
	t->slot = mem_array(t->slots, sizeof(*t->slot));
	t->item = mem_array(t->slots / 2, sizeof(*t->item));
	t->keys = buf_of((size_t)TOUCHES_MAX * KEY_MAX);
	return t;
}

void touches_free(struct touches **touches)
{
	struct touches *t = *touches;

	if (t == NULL)
		return;
	*touches = NULL;
	mem_free(t->slot);
	mem_free(t->item);
	buf_free(&t->keys);
	mem_free(t);
}

static struct view key_of(const struct touches *t, const struct touch *item)
{
	return (struct view){ t->keys.p + item->key_at, item->key_n };
}

/* FNV-1a. A sender who finds keys that collide slows down this table, which is bounded. */
static uint32_t hash(enum touch_kind kind, struct view key)
{
	uint32_t h = 2166136261u ^ (uint32_t)kind;

	for (size_t i = 0; i < key.n; i++)
		h = (h ^ (unsigned char)key.p[i]) * 16777619u;
	return h ^ h >> 15;
}

static uint32_t free_slot(const struct touches *t, uint32_t h)
{
	uint32_t at = h & (t->slots - 1);

	while (t->slot[at] != 0)
		at = (at + 1) & (t->slots - 1);
	return at;
}

static void grow(struct touches *t)
{
	mem_free(t->slot);
	t->slots *= 2;
	t->slot = mem_array(t->slots, sizeof(*t->slot));
	t->item = mem_resize(t->item, t->slots / 2, sizeof(*t->item));
	for (uint32_t i = 0; i < t->count; i++)
		t->slot[free_slot(t, hash(t->item[i].kind, key_of(t, &t->item[i])))] = i + 1;
}

bool touches_add(struct touches *t, enum touch_kind kind, struct view key, int64_t now)
{
	uint32_t h = hash(kind, key);
	struct touch *item;

	for (uint32_t at = h & (t->slots - 1); t->slot[at] != 0; at = (at + 1) & (t->slots - 1)) {
		item = &t->item[t->slot[at] - 1];
		if (item->kind == kind && view_eq(key_of(t, item), key)) {
			item->times++;
			item->last = now > item->last ? now : item->last;
			return true;
		}
	}
	if (t->count == TOUCHES_MAX)
		return false;
	if (t->count == t->slots / 2)
		grow(t);
	item = &t->item[t->count];
	*item = (struct touch){ .kind = kind, .times = 1, .last = now };
	item->key_at = (uint32_t)t->keys.n;
	item->key_n = (uint32_t)key.n;
	if (buf_append(&t->keys, key) != ST_OK)
		return false;
	t->slot[free_slot(t, h)] = ++t->count;
	return true;
}

static uint32_t add_up(uint32_t a, uint32_t b)
{
	return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

static enum status touch_tuple(const struct env *e, MDB_txn *txn, struct view key,
                               const struct touch *t)
{
	uint8_t head[TUPLE_RECORD_SIZE];
	char whole[TUPLE_RECORD_SIZE + RECORD_SCAN_MAX + TUPLE_TEXT_MAX + NET_TEXT_MAX];
	struct grey_record r;
	struct view value;
	enum status st = env_get(e, txn, ENV_TUPLES, key, &value);

	if (st != ST_OK)
		return st;
	if (record_get_tuple(value, &r, NULL) != ST_OK ||
	    (r.passes > 0) != (t->kind == TOUCH_PASS) || value.n > sizeof(whole))
		return ST_OK;
	r.last = t->last > r.last ? t->last : r.last;
	if (t->kind == TOUCH_PASS)
		r.passes = add_up(r.passes, t->times);
	else
		r.early = add_up(r.early, t->times);
	record_put_again(&r, value, head);
	memcpy(whole, value.p, value.n); /* LMDB's own memory may move when we put */
	memcpy(whole, head, sizeof(head));
	return env_put(e, txn, ENV_TUPLES, key, (struct view){ whole, value.n });
}

static enum status touch_client(const struct env *e, MDB_txn *txn, struct view key,
                                const struct touch *t)
{
	uint8_t octets[CLIENT_RECORD_SIZE];
	struct client_record r;
	struct view value;
	enum status st = env_get(e, txn, ENV_CLIENTS, key, &value);

	if (st != ST_OK)
		return st;
	if (record_get_client(value, &r) != ST_OK || r.last == t->last)
		return ST_OK;
	r.last = t->last;
	r.count = add_up(r.count,
	                 1); /* at most once an interval, however often it was seen in this one */
	record_put_client(&r, octets);
	return env_put(e, txn, ENV_CLIENTS, key,
	               (struct view){ (const char *)octets, sizeof(octets) });
}

static enum status touch_mark(const struct env *e, MDB_txn *txn, struct view key,
                              const struct touch *t)
{
	uint8_t octets[MARK_RECORD_SIZE];
	struct mark_record r;
	struct view value;
	enum status st = env_get(e, txn, ENV_MARKS, key, &value);

	if (st != ST_OK)
		return st;
	if (record_get_mark(value, &r) != ST_OK)
		return ST_OK;
	r.since = t->last;
	record_put_mark(&r, octets);
	return env_put(e, txn, ENV_MARKS, key,
	               (struct view){ (const char *)octets, sizeof(octets) });
}

enum status touch_write(const struct env *e, MDB_txn *txn, const struct touches *all,
                        const struct touch *t)
{
	struct view key = key_of(all, t);
	enum status st = ST_OK;

	switch (t->kind) {
	case TOUCH_PASS:
	case TOUCH_EARLY: st = touch_tuple(e, txn, key, t); break;
	case TOUCH_CLIENT: st = touch_client(e, txn, key, t); break;
	case TOUCH_MARK: st = touch_mark(e, txn, key, t); break;
	}
	return st == ST_NOTFOUND ? ST_OK : st;
}
