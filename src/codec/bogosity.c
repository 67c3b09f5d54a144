#include "codec/bogosity.h"

#include <stdio.h>

#define NAME     VIEW("X-Bogosity:")
#define SCORE_AT VIEW("spamicity=")

static const struct {
	struct view word; /* of the header, bogofilter's spamicity_tags; and of older versions */
	struct view old;
	char letter; /* of its terse form */
} verdicts[] = {
	[BOGOSITY_SPAM] = { VIEW_INIT("Spam"), VIEW_INIT("Yes"), 'S' },
	[BOGOSITY_HAM] = { VIEW_INIT("Ham"), VIEW_INIT("No"), 'H' },
	[BOGOSITY_UNSURE] = { VIEW_INIT("Unsure"), VIEW_INIT("Unsure"), 'U' },
};

#define VERDICTS (sizeof(verdicts) / sizeof(verdicts[0]))

static size_t digits(struct view v)
{
	size_t n = 0;

	while (n < v.n && ascii_digit(v.p[n]))
		n++;
	return n;
}

/* "e-16" and nothing behind: *shift is how many places it goes to the right. */
static bool read_exponent(struct view v, unsigned *shift)
{
	uint64_t places;
	bool right;

	*shift = 0;
	if (v.n == 0)
		return true;
	if (v.n < 3 || ascii_lower(v.p[0]) != 'e')
		return false;
	right = v.p[1] == '-';
	if ((!right && v.p[1] != '+') || view_u64(view_from(v, 2), 9999, &places) != ST_OK)
		return false;
	*shift = (unsigned)places;
	return right || places == 0;
}

/* "1", "0.52", "1.000000", "3.33067e-16": from 0 to 1. */
static bool read_score(struct view v, int64_t *out)
{
	struct view fraction = { "", 0 };
	size_t whole_digits = digits(v), n = 0;
	int64_t score;
	unsigned shift;

	if (whole_digits != 1)
		return false;
	score = v.p[0] - '0';
	v = view_from(v, 1);
	if (v.n > 0 && v.p[0] == '.') {
		n = digits(view_from(v, 1));
		fraction = view_first(view_from(v, 1), n);
		v = view_from(v, n + 1);
	}
	if (!read_exponent(v, &shift))
		return false;
	for (size_t i = 0; i < 6; i++)
		score = score * 10 + (i < fraction.n ? fraction.p[i] - '0' : 0);
	for (; shift > 0 && score > 0; shift--)
		score /= 10;
	*out = score;
	return score <= BOGOSITY_ONE;
}

static bool read_word(struct view word, enum bogosity_verdict *out)
{
	for (size_t i = 0; i < VERDICTS; i++) {
		if (view_eq_nocase(word, verdicts[i].word) ||
		    view_eq_nocase(word, verdicts[i].old)) {
			*out = (enum bogosity_verdict)i;
			return true;
		}
	}
	return false;
}

static bool is_text(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] < ' ' || v.p[i] > '~')
			return false;
	return v.n <= BOGOSITY_LINE_MAX;
}

/* "Spam, tests=bogofilter, spamicity=0.999000, version=1.2.5" */
static enum status read_header(struct view value, struct bogosity *out)
{
	struct view rest = value, part;
	bool scored = false;

	if (!is_text(value) || !view_next(&rest, ',', &part) ||
	    !read_word(view_trim(part), &out->verdict))
		return ST_INVALID;
	while (!scored && view_next(&rest, ',', &part)) {
		part = view_trim(part);
		if (view_starts(part, SCORE_AT))
			scored = read_score(view_from(part, SCORE_AT.n), &out->score);
	}
	out->header = value;
	return scored ? ST_OK : ST_INVALID;
}

/* "S 0.999" */
static bool read_terse(struct view line, struct bogosity *out)
{
	if (line.n < 3 || line.p[1] != ' ' || !read_score(view_from(line, 2), &out->score))
		return false;
	for (size_t i = 0; i < VERDICTS; i++) {
		if (line.p[0] == verdicts[i].letter) {
			out->verdict = (enum bogosity_verdict)i;
			return true;
		}
	}
	return false;
}

enum status bogosity_read(struct view printed, struct bogosity *out)
{
	struct bogosity b = { .header = { "", 0 } };
	struct view line;

	while (view_next(&printed, '\n', &line)) {
		enum status st = ST_OK;

		line = view_trim(line);
		if (view_eq_nocase(view_first(line, NAME.n), NAME))
			st = read_header(view_trim(view_from(line, NAME.n)), &b);
		else if (!read_terse(line, &b))
			continue;
		if (st == ST_OK)
			*out = b;
		return st;
	}
	return ST_INVALID;
}

void bogosity_format(const struct bogosity *b, char out[BOGOSITY_TEXT_MAX])
{
	struct view word = verdicts[b->verdict].word;

	(void)snprintf(out, BOGOSITY_TEXT_MAX, "%.*s, tests=bogofilter, spamicity=%d.%06d",
	               VIEW_ARG(word), (int)(b->score / BOGOSITY_ONE),
	               (int)(b->score % BOGOSITY_ONE));
}
