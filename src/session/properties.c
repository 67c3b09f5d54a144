#include "session/properties.h"

#include "util/mem.h"

static void drop(struct properties *p, size_t at)
{
	p->octets -= p->of[at].name.n + p->of[at].value.n;
	mem_free(p->of[at].text);
	p->count--;
	memmove(&p->of[at], &p->of[at + 1], (p->count - at) * sizeof(p->of[0]));
}

/* Beside so many others, of so many octets? */
static bool fits(size_t count, size_t octets, struct view name, struct view value)
{
	return count < PROPERTIES_MAX && name.n <= PROPERTIES_OCTETS_MAX - octets &&
	       value.n <= PROPERTIES_OCTETS_MAX - octets - name.n;
}

static struct property copy_of(struct view name, struct view value, bool passing)
{
	struct property new = { .text = mem_alloc(name.n + value.n + 1), .passing = passing };

	if (name.n > 0)
		memcpy(new.text, name.p, name.n);
	if (value.n > 0)
		memcpy(new.text + name.n, value.p, value.n);
	new.name = (struct view){ new.text, name.n };
	new.value = (struct view){ new.text + name.n, value.n };
	return new;
}

static void insert(struct properties *p, size_t at, const struct property *new)
{
	if (p->count == p->room) {
		p->room = p->room > 0 ? p->room * 2 : 4;
		p->of = mem_resize(p->of, p->room, sizeof(p->of[0]));
	}
	memmove(&p->of[at + 1], &p->of[at], (p->count - at) * sizeof(p->of[0]));
	p->of[at] = *new;
	p->count++;
	p->octets += new->name.n + new->value.n;
}

enum status properties_add(struct properties *p, struct view name, struct view value, bool passing)
{
	struct property new;

	if (!fits(p->count, p->octets, name, value))
		return ST_LIMIT;
	new = copy_of(name, value, passing);
	insert(p, p->count, &new);
	return ST_OK;
}

enum status properties_set(struct properties *p, struct view name, struct view value, bool passing)
{
	size_t count = p->count, octets = p->octets, first = p->count;
	struct property new;

	for (size_t i = p->count; i > 0; i--) {
		if (!view_eq_nocase(p->of[i - 1].name, name))
			continue;
		octets -= p->of[i - 1].name.n + p->of[i - 1].value.n;
		count--;
		first = i - 1;
	}
	if (!fits(count, octets, name, value))
		return ST_LIMIT;
	new = copy_of(name, value, passing); /* the views may be of what goes */
	properties_remove(p, new.name);
	insert(p, first, &new);
	return ST_OK;
}

const struct property *properties_find(const struct properties *p, struct view name)
{
	for (size_t i = 0; i < p->count; i++)
		if (view_eq_nocase(p->of[i].name, name))
			return &p->of[i];
	return NULL;
}

void properties_remove(struct properties *p, struct view name)
{
	for (size_t i = p->count; i > 0; i--)
		if (view_eq_nocase(p->of[i - 1].name, name))
			drop(p, i - 1);
}

void properties_next_recipient(struct properties *p)
{
	for (size_t i = p->count; i > 0; i--)
		if (p->of[i - 1].passing)
			drop(p, i - 1);
}

void properties_clear(struct properties *p)
{
	while (p->count > 0)
		drop(p, p->count - 1);
	mem_free(p->of);
	*p = (struct properties){ .of = NULL };
}
