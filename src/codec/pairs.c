#include "codec/pairs.h"

#include "codec/bdb.h"
#include "codec/dbdump.h"

struct rooms {
	struct buf key;
	struct buf value;
};

static enum status read_file(struct view file, struct rooms *rooms, pair_cb *cb, void *arg,
                             struct diag *why)
{
	struct view key, value;
	struct bdb db;
	struct bdb_walk walk;
	enum status st = bdb_open(file, &db, why);

	if (st != ST_OK)
		return st;
	walk = bdb_walk_of(&db, &rooms->key, &rooms->value);
	while ((st = bdb_next(&walk, &key, &value, why)) == ST_OK) {
		st = cb(arg, key, value);
		if (st != ST_OK)
			return st;
	}
	return st == ST_NOTFOUND ? ST_OK : st;
}

static enum status read_text(struct view text, struct rooms *rooms, pair_cb *cb, void *arg,
                             struct diag *why)
{
	struct view key, value;
	struct dbdump_walk walk = dbdump_walk_of(text, &rooms->key, &rooms->value);
	enum status st;

	while ((st = dbdump_next(&walk, &key, &value, why)) == ST_OK) {
		st = cb(arg, key, value);
		if (st != ST_OK)
			return st;
	}
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status pairs_read(struct view file, pair_cb *cb, void *arg, struct diag *why)
{
	struct rooms rooms = { buf_of(PAIR_ITEM_MAX), buf_of(PAIR_ITEM_MAX) };
	enum status st = dbdump_is(file) ? read_text(file, &rooms, cb, arg, why)
	                                 : read_file(file, &rooms, cb, arg, why);

	buf_free(&rooms.key);
	buf_free(&rooms.value);
	return st;
}
