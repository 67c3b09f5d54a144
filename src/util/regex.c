#include "util/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "util/mem.h"

struct regex {
	pcre2_code *code;
	pcre2_match_context *limits;
	uint32_t groups;
};

static enum status explain(int error, size_t offset, struct diag *why)
{
	PCRE2_UCHAR text[256];

	if (pcre2_get_error_message(error, text, sizeof(text)) < 0)
		diag_at(why, 1, (unsigned)offset + 1, "error %d", error);
	else
		diag_at(why, 1, (unsigned)offset + 1, "%s", (const char *)text);
	return error == PCRE2_ERROR_PATTERN_TOO_LARGE ? ST_LIMIT : ST_INVALID;
}

enum status regex_new(struct view pattern, unsigned flags, struct regex **out, struct diag *why)
{
	/* "(*UTF)" in a pattern would make any subject that is not UTF-8 an error. */
	uint32_t options = PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;
	struct regex *re;
	int error;
	size_t offset;

	if (pattern.n > REGEX_PATTERN_MAX) {
		diag_at(why, 1, 1, "expression of more than %zu octets", REGEX_PATTERN_MAX);
		return ST_LIMIT;
	}
	if (flags & REGEX_CASELESS)
		options |= PCRE2_CASELESS;
	re = mem_new(struct regex);
	re->code = pcre2_compile((PCRE2_SPTR)(pattern.n > 0 ? pattern.p : ""), pattern.n, options,
	                         &error, &offset, NULL);
	re->limits = pcre2_match_context_create(NULL);
	if (re->code == NULL || re->limits == NULL) {
		regex_free(&re);
		return explain(error, offset, why);
	}
	(void)pcre2_set_match_limit(re->limits, REGEX_STEPS_MAX);
	(void)pcre2_set_depth_limit(re->limits, REGEX_DEPTH_MAX);
	(void)pcre2_set_heap_limit(re->limits, REGEX_HEAP_KIB);
	(void)pcre2_pattern_info(re->code, PCRE2_INFO_CAPTURECOUNT, &re->groups);
	/* May fail, as where no memory may be made executable: then the interpreter matches. */
	(void)pcre2_jit_compile(re->code, PCRE2_JIT_COMPLETE);
	*out = re;
	return ST_OK;
}

void regex_free(struct regex **re)
{
	if (*re == NULL)
		return;
	pcre2_code_free((*re)->code);
	pcre2_match_context_free((*re)->limits);
	mem_free(*re);
	*re = NULL;
}

size_t regex_groups(const struct regex *re)
{
	return re->groups;
}

/* \K can move the beginning of a match behind its end: such a group is an empty one. */
static struct view group(struct view subject, const PCRE2_SIZE *pair)
{
	if (pair[0] == PCRE2_UNSET || pair[0] > subject.n)
		return (struct view){ NULL, 0 };
	return (struct view){ subject.p + pair[0], pair[1] > pair[0] ? pair[1] - pair[0] : 0 };
}

static enum status status_of(int found)
{
	if (found >= 0)
		return ST_OK;
	return found == PCRE2_ERROR_NOMATCH ? ST_NOTFOUND : ST_LIMIT;
}

enum status regex_match(const struct regex *re, struct view subject, struct view *groups,
                        size_t count)
{
	uint32_t pairs = (uint32_t)(count > REGEX_GROUPS_MAX ? REGEX_GROUPS_MAX : count);
	/* The one thing that threads can't share; the system's allocator keeps such small pieces at
	 * hand. */
	pcre2_match_data *data = pcre2_match_data_create(pairs > 0 ? pairs : 1, NULL);
	int found = PCRE2_ERROR_NOMEMORY;

	if (data == NULL)
		return ST_LIMIT;
	if (subject.n == 0)
		subject.p = "";
	found = pcre2_match(re->code, (PCRE2_SPTR)subject.p, subject.n, 0, 0, data, re->limits);
	/* The machine code has 32 KiB of stack for what it may have to take back, the interpreter
	 * more. */
	if (found == PCRE2_ERROR_JIT_STACKLIMIT)
		found = pcre2_match(re->code, (PCRE2_SPTR)subject.p, subject.n, 0, PCRE2_NO_JIT,
		                    data, re->limits);
	for (size_t i = 0; found >= 0 && i < count; i++) {
		const PCRE2_SIZE *pair = pcre2_get_ovector_pointer(data) + 2 * i;

		groups[i] = i < pairs && i <= re->groups ? group(subject, pair)
		                                         : (struct view){ NULL, 0 };
	}
	pcre2_match_data_free(data);
	return status_of(found);
}
