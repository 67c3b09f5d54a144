/* What the milter programs of the bench share: heads of packets, and who answers what. */
#pragma once

#include "codec/milter.h"
#include "util/view.h"

/* What greylagd agrees on with Postfix while no rule wants headers, body or a tarpit; the bounds
 * ask for the same, so that all are sent the same packets. */
#define MILTER_WORDS_STEPS                                                                         \
	(MILTER_NO_BODY | MILTER_NO_HEADERS | MILTER_NO_EOH | MILTER_NR_HEADER |                   \
	 MILTER_NO_UNKNOWN | MILTER_NO_DATA | MILTER_WITH_REJECTED | MILTER_NR_CONNECT |           \
	 MILTER_NR_HELO | MILTER_NR_MAIL | MILTER_NR_BODY)

static inline void milter_words_u32(char *out, uint32_t n)
{
	for (unsigned i = 0; i < 4; i++)
		out[i] = (char)(unsigned char)(n >> (24 - 8 * i));
}

static inline uint32_t milter_words_length(const char *in)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < 4; i++)
		n = n << 8 | (unsigned char)in[i];
	return n;
}

/* n: octets of data. */
static inline void milter_words_head(char *out, char letter, size_t n)
{
	milter_words_u32(out, (uint32_t)n + 1);
	out[4] = letter;
}

static inline uint32_t milter_words_unanswered(char letter)
{
	switch (letter) {
	case MILTER_CONNECT: return MILTER_NR_CONNECT;
	case MILTER_HELO: return MILTER_NR_HELO;
	case MILTER_MAIL: return MILTER_NR_MAIL;
	case MILTER_RCPT: return MILTER_NR_RCPT;
	case MILTER_DATA: return MILTER_NR_DATA;
	case MILTER_HEADER: return MILTER_NR_HEADER;
	case MILTER_EOH: return MILTER_NR_EOH;
	case MILTER_BODY: return MILTER_NR_BODY;
	default: return 0;
	}
}

static inline uint32_t milter_words_unsent(char letter)
{
	switch (letter) {
	case MILTER_CONNECT: return MILTER_NO_CONNECT;
	case MILTER_HELO: return MILTER_NO_HELO;
	case MILTER_MAIL: return MILTER_NO_MAIL;
	case MILTER_RCPT: return MILTER_NO_RCPT;
	case MILTER_DATA: return MILTER_NO_DATA;
	case MILTER_HEADER: return MILTER_NO_HEADERS;
	case MILTER_EOH: return MILTER_NO_EOH;
	case MILTER_BODY: return MILTER_NO_BODY;
	default: return 0;
	}
}

static inline bool milter_words_answered(char letter, uint32_t steps)
{
	return letter != MILTER_MACRO && letter != MILTER_ABORT && letter != MILTER_QUIT &&
	       (steps & milter_words_unanswered(letter)) == 0;
}
