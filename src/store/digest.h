/* Keys of entries that were taken over from a Postgrey with --privacy: "sha1:" and the SHA-1, in
 * hex, of the key that Postgrey would have made. Nobody can turn them back into addresses, so they
 * are looked up when the ordinary key is not there, and move to it when they are written. */
#pragma once

#include "util/view.h"

#define DIGEST_PREFIX   "sha1:"
#define DIGEST_KEY_SIZE (sizeof(DIGEST_PREFIX) - 1 + 40)
#define DIGEST_FORMS    3

/* The same thing as several versions of Postgrey wrote it. */
struct digests {
	unsigned count;
	char key[DIGEST_FORMS][DIGEST_KEY_SIZE];
};

static inline struct view digests_view(const struct digests *d, unsigned which)
{
	return (struct view){ d->key[which], DIGEST_KEY_SIZE };
}

/* Is it such a key? */
bool digest_is(struct view key);

/* Of a tuple's text (engine/tuple.h), of a client's address. None when the source is no network,
 * the client no address. */
void digests_of_tuple(struct view text, struct digests *out);
void digests_of_client(struct view address, struct digests *out);
