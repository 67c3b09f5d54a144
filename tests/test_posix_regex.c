#include "test.h"

#include <regex.h>

#include "util/posix_regex.h"
#include "util/regex.h"

/* What the C library says: 1 match, 0 none, -1 the pattern is refused. */
static int system_says(const char *pattern, const char *subject, unsigned flags)
{
	int cflags = REG_ICASE | REG_NOSUB;
	regex_t re;
	int found;

	cflags |= (flags & POSIX_EXTENDED) != 0 ? REG_EXTENDED : 0;
	cflags |= (flags & POSIX_LINES) != 0 ? REG_NEWLINE : 0;
	if (regcomp(&re, pattern, cflags) != 0)
		return -1;
	found = regexec(&re, subject, 0, NULL, 0);
	regfree(&re);
	return found == 0 ? 1 : 0;
}

static int we_say(const char *pattern, const char *subject, unsigned flags)
{
	struct buf perl = buf_of(REGEX_PATTERN_MAX);
	struct diag why = { 0 };
	struct regex *re = NULL;
	int answer = -1;

	if (posix_regex_convert(view_of(pattern), flags, &perl, &why) == ST_OK) {
		answer = -1;
		if (regex_new(buf_view(&perl), REGEX_CASELESS, &re, &why) == ST_OK)
			answer = regex_match(re, view_of(subject), NULL, 0) == ST_OK ? 1 : 0;
	}
	regex_free(&re);
	buf_free(&perl);
	return answer;
}

static void compare(const char *pattern, const char *subject, unsigned flags)
{
	int want = system_says(pattern, subject, flags);
	int got = we_say(pattern, subject, flags);

	if (got != want)
		fail_msg("/%s/ flags %u: %d, the system says %d, on \"%s\"", pattern, flags, got,
		         want, subject);
}

static void compare_all_flags(const char *pattern, const char *subject)
{
	for (unsigned flags = strchr(subject, '\n') != NULL ? POSIX_LINES : 0; flags < 4; flags++)
		compare(pattern, subject, flags);
}

static void test_known_patterns(void **state)
{
	static const char *const patterns[] = {
		"^\\[.+\\]$",
		"^[^.]*[0-9][^0-9.]+[0-9].*\\.",
		"^([^.]+\\.)?[0-9][^.]*\\.[^.]+\\..+\\.[a-z]",
		"^(dhcp|dialup|ppp|[achrsvx]?dsl)[^.]*[0-9]",
		"^\\(a\\|b\\)*$",
		"*a",
		"^*a",
		"\\(*a\\)",
		"a**",
		"a*+",
		"a+?",
		"a\\{2\\}",
		"a{2}",
		"a{,2}",
		"a{2,1}",
		"a{",
		"a{x}",
		"a{1",
		"{1}",
		"\\{1\\}",
		"()",
		"(|a)",
		"a||b",
		")",
		"a)b",
		"(",
		"\\(",
		"\\)",
		"a$b",
		"a^b",
		"a\\|^b",
		"$a",
		"[]a]",
		"[^]a]",
		"[a-]",
		"[-a]",
		"[a\\]",
		"[a\\]b]",
		"[z-a]",
		"[[:digit:]]",
		"[[:alpha:]-z]",
		"[[:nonsense:]]",
		"[[.-.]a]",
		"[[.hyphen.]]",
		"[[=a=]]",
		"[",
		"[a",
		"[^a]",
		"\\(a\\)\\1",
		"(a)\\1",
		"(a\\1)",
		"\\1",
		"a\\",
		"\\.",
		"\\bfoo\\b",
		"\\<foo\\>",
		"\\wo",
		"foo\\W",
		"\\`foo",
		"foo\\'",
		"(?:a)",
		"(*UTF)a",
		"a#b c",
		"\\Qa\\E",
		"foo$",
		"^foo",
		"o.b",
		"^$",
	};
	static const char *const subjects[] = {
		"",         "a",   "aa",  "aab",        "b",          "foo",        "foo\r\n",
		"foo\nbar", "\n",  "a]",  "-",          "\\",         "a)b",        "a^b",
		"a$b",      "*a",  "(",   "{1}",        "a{x}",       "a{",         "[203.0.113.7]",
		"nfoo",     "d",   "1",   "p1-2.x.net", "adsl77.x.y", "3com.m.x.y", "(?:a)",
		"A",        "FOO", "o_b", "x foo y",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		for (size_t k = 0; k < sizeof(subjects) / sizeof(subjects[0]); k++)
			compare_all_flags(patterns[i], subjects[k]);
}

static uint32_t next_random(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

static void make_text(uint32_t *seed, const char *const *pieces, size_t count, char *out,
                      size_t size)
{
	size_t n = next_random(seed) % 9;

	out[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		const char *piece = pieces[next_random(seed) % count];

		if (strlen(out) + strlen(piece) < size)
			strcat(out, piece);
	}
}

/* Short patterns out of the pieces that make trouble, against short texts of the same letters. */
static void test_random_patterns(void **state)
{
	static const char *const pieces[] = {
		"a",           "b",   "A",    ".",   "*",    "+",    "?",     "(",
		")",           "|",   "^",    "$",   "[ab]", "[^a]", "[^b]",  "\\(",
		"\\)",         "\\|", "\\{1", "\\}", "{2}",  "{",    "}",     "\\{1,2\\}",
		"\\+",         "\\?", "\\*",  "\\.", "\\1",  "\\b",  "[a-b]", "]",
		"[[:alpha:]]", "\\^", "\\$",  "\\w", "{,1}", "-",    "\\<",   "\\>",
	};
	static const char *const letters[] = { "a", "b", "A", "\n", "*", "^",
		                               "$", "{", ".", "+",  " " };
	uint32_t seed = 2463534242u;

	(void)state;
	for (int i = 0; i < 40000; i++) {
		char pattern[64], subject[64];

		make_text(&seed, pieces, sizeof(pieces) / sizeof(pieces[0]), pattern,
		          sizeof(pattern));
		make_text(&seed, letters, sizeof(letters) / sizeof(letters[0]), subject,
		          sizeof(subject));
		/* Without REG_NEWLINE the system finds a "^" behind some line feeds (glibc 2.36).
		 */
		compare(pattern, subject,
		        next_random(&seed) % 2 +
		                (strchr(subject, '\n') != NULL ? POSIX_LINES : 0u));
	}
}

static void test_limits(void **state)
{
	struct buf pattern = buf_of((size_t)1 << 20);
	struct buf out = buf_of(REGEX_PATTERN_MAX);
	struct diag why = { 0 };

	(void)state;
	for (int i = 0; i < 2000; i++)
		assert_int_equal(buf_append(&pattern, VIEW("a*(")), ST_OK);
	assert_int_equal(posix_regex_convert(buf_view(&pattern), POSIX_EXTENDED, &out, &why),
	                 ST_LIMIT);
	assert_int_equal(out.n, 0);
	buf_clear(&pattern);
	assert_int_equal(buf_byte(&pattern, 'a'), ST_OK);
	for (int i = 0; i < 100; i++)
		assert_int_equal(buf_append(&pattern, VIEW("*")), ST_OK);
	assert_int_equal(posix_regex_convert(buf_view(&pattern), POSIX_EXTENDED, &out, &why),
	                 ST_LIMIT);
	assert_true(why.column > 0);
	buf_free(&pattern);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_patterns),
		cmocka_unit_test(test_random_patterns),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
