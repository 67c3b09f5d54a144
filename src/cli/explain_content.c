/* The message that explain is told of: whole, or some of its headers, or its body. */
#include "cli/explain.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "cli/tell.h"
#include "codec/mail_text.h"
#include "util/file.h"

#define FILE_MAX  ((size_t)64 << 20)
#define SCORE_MAX 100000000 /* points; more than spamd says */

static int read_into(const char *path, struct mail *m,
                     void (*take)(struct mail *m, struct view text))
{
	struct buf text = buf_of(FILE_MAX);
	struct diag why = { .file = NULL };
	enum status st = file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, &text, &why);

	if (st == ST_OK)
		take(m, buf_view(&text));
	buf_free(&text);
	return st == ST_OK ? 0 : tell_why(st, &why);
}

static int take_headers(const struct args *a, struct mail *m)
{
	for (unsigned i = 0; i < a->headers; i++)
		if (strlen(a->header[i]) > EXPLAIN_INPUT_MAX ||
		    mail_text_header(m, view_of(a->header[i])) != ST_OK)
			return tell_fail(EX_USAGE, "explain: --header wants \"Name: value\"");
	return 0;
}

/* "-7.5" in tenths; more digits behind the point are cut. */
static enum status read_score(struct view v, int64_t *out)
{
	bool minus = v.n > 0 && v.p[0] == '-';
	struct view digits = view_from(v, minus ? 1 : 0);
	size_t point = view_find(digits, '.');
	struct view behind = view_from(digits, point < digits.n ? point + 1 : digits.n);
	uint64_t whole = 0, tenth = 0, rest;
	enum status st = view_u64(view_first(digits, point), SCORE_MAX, &whole);

	if (st == ST_OK && behind.n > 0)
		st = view_u64(behind, UINT64_MAX, &rest);
	if (st == ST_OK && behind.n > 0)
		st = view_u64(view_first(behind, 1), 9, &tenth);
	if (st == ST_OK)
		*out = (minus ? -1 : 1) * (int64_t)(whole * 10 + tenth);
	return st;
}

int explain_read_content(struct explain *e)
{
	const struct args *a = e->args;
	struct rehearsal_content *c = &e->content;
	int code = 0;

	if (a->message != NULL && a->body != NULL)
		return tell_fail(EX_USAGE, "explain: --message has a body; --body is another");
	if (a->score != NULL && read_score(view_of(a->score), &c->score_tenths) != ST_OK)
		return tell_fail(EX_USAGE, "explain: --score wants a number, as 7.5");
	c->scored = a->score != NULL;
	c->recipient = fact_mail(e->arena, e->question.recipient, MAIL_PRINTABLE);
	c->headers = a->message != NULL || a->headers > 0;
	c->body = a->message != NULL || a->body != NULL;
	if (!c->headers && !c->body)
		return 0;
	c->mail = mail_new(2 * FILE_MAX, false); /* line ends grow */
	if (a->message != NULL)
		code = read_into(a->message, c->mail, mail_text_take);
	if (code == 0)
		code = take_headers(a, c->mail);
	if (code == 0 && a->body != NULL)
		code = read_into(a->body, c->mail, mail_text_body);
	return code;
}
