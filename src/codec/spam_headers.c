#include "codec/spam_headers.h"

#include <stdlib.h>

/* In the order in which spamass-milter sends its changes. */
static const struct own {
	struct view name;
	unsigned part; /* 0: one of the X-Spam-* */
} own[] = {
	{ VIEW_INIT("X-Spam-Flag"), 0 },        { VIEW_INIT("X-Spam-Status"), 0 },
	{ VIEW_INIT("X-Spam-Report"), 0 },      { VIEW_INIT("X-Spam-Prev-Content-Type"), 0 },
	{ VIEW_INIT("X-Spam-Level"), 0 },       { VIEW_INIT("X-Spam-Checker-Version"), 0 },
	{ VIEW_INIT("Subject"), SPAM_SUBJECT }, { VIEW_INIT("Content-Type"), SPAM_CONTENT_TYPE },
};

#define OWN_COUNT (sizeof(own) / sizeof(own[0]))

/* A header of the mail that is called X-Spam-something, and its place. */
struct forged {
	struct view name;
	size_t at;
};

/* --- spamd's answer --- */

static bool folds(struct view rest)
{
	return rest.n > 0 && (rest.p[0] == ' ' || rest.p[0] == '\t');
}

/* The next header with its folds, without the line break at its end. */
static bool next_header(struct view *rest, struct view *out)
{
	struct view all = *rest, line;

	if (!view_next(rest, '\n', &line))
		return false;
	while (folds(*rest))
		(void)view_next(rest, '\n', &line);
	*out = view_first(all, (size_t)(line.p + line.n - all.p));
	if (out->n > 0 && out->p[out->n - 1] == '\r')
		out->n--;
	return true;
}

/* What stands behind the colon of the first header of this name; empty: there is none, or it is. */
static struct view find_value(struct view rewritten, struct view name)
{
	struct view header;

	while (next_header(&rewritten, &header) && header.n > 0) {
		size_t colon = view_find(header, ':');
		struct view value = view_from(header, colon < header.n ? colon + 1 : header.n);

		if (colon == VIEW_NONE || !view_eq_nocase(view_first(header, colon), name))
			continue;
		if (value.n > 0 && value.p[0] == ' ')
			value = view_from(value, 1);
		return view_trim(value).n > 0 ? value : VIEW("");
	}
	return VIEW("");
}

/* As a milter's value has to be. */
static struct view clean(struct view value, struct arena *arena)
{
	char *p = arena_alloc(arena, value.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];

		if (c == '\r' && i + 1 < value.n && value.p[i + 1] == '\n')
			continue;
		p[n++] = (char)(c == '\r' || c == '\0' ? '?' : c);
	}
	return (struct view){ p, n };
}

/* --- the mail's own --- */

bool spam_headers_has(struct view name)
{
	return name.n > 7 && view_eq_nocase(view_first(name, 7), VIEW("X-Spam-"));
}

bool spam_headers_matters(struct view name)
{
	for (size_t i = 0; i < OWN_COUNT; i++)
		if (view_eq_nocase(name, own[i].name))
			return true;
	return spam_headers_has(name);
}

static int compare(const void *a, const void *b)
{
	const struct forged *x = a, *y = b;
	size_t n = x->name.n < y->name.n ? x->name.n : y->name.n;

	for (size_t i = 0; i < n; i++) {
		char c = ascii_lower(x->name.p[i]), d = ascii_lower(y->name.p[i]);

		if (c != d)
			return c < d ? -1 : 1;
	}
	if (x->name.n != y->name.n)
		return x->name.n < y->name.n ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static enum status add_forged(struct forged out[SPAM_FORGED_MAX], size_t *count, struct view name,
                              size_t at)
{
	if (!spam_headers_has(name))
		return ST_OK;
	if (*count == SPAM_FORGED_MAX)
		return ST_LIMIT;
	out[(*count)++] = (struct forged){ name, at };
	return ST_OK;
}

/* Sorted by name, and by place where that is the same. */
static enum status find_forged(const struct mail *mail, struct forged out[SPAM_FORGED_MAX],
                               size_t *count)
{
	struct view behind = buf_view(&mail->behind), name;
	enum status st = ST_OK;
	size_t at = 0;

	*count = 0;
	for (; at < mail->header_count && st == ST_OK; at++)
		st = add_forged(out, count, mail->headers[at].name, at);
	for (; st == ST_OK && view_next(&behind, '\0', &name); at++)
		st = add_forged(out, count, name, at);
	if (st == ST_OK)
		qsort(out, *count, sizeof(*out), compare);
	return st;
}

/* --- the changes --- */

static void change(struct spam_changes *out, enum milter_reply_kind kind, uint32_t index,
                   struct view name, struct view value)
{
	out->list[out->count++] =
		(struct milter_reply){ .kind = kind, .index = index, .name = name, .value = value };
}

/* From the last of each name to its first: Postfix lets those behind move up. The first is spared
 * where a new value takes its place. */
static void delete_forged(const struct forged *forged, size_t count, const struct view *values,
                          struct spam_changes *out)
{
	for (size_t begin = 0, end; begin < count; begin = end) {
		size_t spared = 0;

		for (end = begin + 1; end < count; end++)
			if (!view_eq_nocase(forged[end].name, forged[begin].name))
				break;
		for (size_t i = 0; i < OWN_COUNT; i++)
			if (view_eq_nocase(own[i].name, forged[begin].name) && values[i].n > 0)
				spared = 1;
		for (size_t n = end - begin; n > spared; n--)
			change(out, MILTER_CHGHEADER, (uint32_t)n, forged[begin].name, VIEW(""));
	}
}

/* Without the line breaks' forms, which differ between the mail and spamd's answer. */
static bool same_value(struct view a, struct view b)
{
	size_t i = 0, k = 0;

	for (;;) {
		while (i < a.n && a.p[i] == '\r')
			i++;
		while (k < b.n && b.p[k] == '\r')
			k++;
		if (i == a.n || k == b.n)
			return i == a.n && k == b.n;
		if (a.p[i++] != b.p[k++])
			return false;
	}
}

/* Of several, spamd may name any. */
static bool has_value(const struct mail *mail, struct view name, struct view value)
{
	for (size_t i = 0; i < mail->header_count; i++)
		if (view_eq_nocase(mail->headers[i].name, name) &&
		    same_value(mail_value(mail, &mail->headers[i]), value))
			return true;
	return false;
}

static void set_own(const struct mail *mail, const struct own *o, struct view value,
                    struct arena *arena, struct spam_changes *out)
{
	bool kept = mail_find(mail, o->name, 1) != NULL;
	bool behind = !kept && mail_has_behind(mail, o->name);

	if (value.n == 0 || (o->part != 0 && (behind || has_value(mail, o->name, value))))
		return;
	change(out, kept || behind ? MILTER_CHGHEADER : MILTER_ADDHEADER, 1, o->name,
	       clean(value, arena));
}

enum status spam_headers(const struct mail *mail, struct view rewritten, unsigned parts,
                         struct arena *arena, struct spam_changes *out)
{
	struct forged *forged = arena_array(arena, SPAM_FORGED_MAX, sizeof(*forged));
	struct view values[OWN_COUNT];
	size_t count;
	enum status st = find_forged(mail, forged, &count);

	*out = (struct spam_changes){ .count = 0 };
	if (st != ST_OK)
		return st;
	for (size_t i = 0; i < OWN_COUNT; i++)
		values[i] = own[i].part == 0 || (own[i].part & parts) != 0
		                    ? find_value(rewritten, own[i].name)
		                    : VIEW("");
	out->list = arena_array(arena, count + OWN_COUNT, sizeof(*out->list));
	delete_forged(forged, count, values, out);
	for (size_t i = 0; i < OWN_COUNT; i++)
		set_own(mail, &own[i], values[i], arena, out);
	return ST_OK;
}
