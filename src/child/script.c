#include "child/chain_inside.h"

#include "util/mem.h"

#define ENTRIES_FIRST 8u

/* How many of the entries stay when this comes. */
static size_t kept(const struct script *s, enum milter_command_kind kind)
{
	size_t n = s->session;

	if (kind == MILTER_CONNECT)
		return 0;
	if (kind == MILTER_MAIL)
		return n;
	if (kind != MILTER_HELO)
		return s->count;
	return n > 0 && s->entry[n - 1].kind == MILTER_HELO ? n - 1 : n;
}

void script_cut(struct script *s, size_t count)
{
	if (count < s->count) {
		s->octets.n = s->entry[count].at;
		s->count = count;
	}
	if (s->session > s->count)
		s->session = s->count;
}

enum status script_add(struct script *s, const struct milter_command *command, struct view macros)
{
	struct entry e = { .kind = command->kind };
	enum status st;

	script_cut(s, kept(s, command->kind));
	e.at = s->octets.n;
	e.macros_n = macros.n;
	st = buf_append(&s->octets, macros);
	if (st == ST_OK)
		st = milter_put_command(&s->octets, command);
	if (st != ST_OK) {
		s->octets.n = e.at;
		return st;
	}
	e.command_n = s->octets.n - e.at - e.macros_n;
	if (s->count == s->room) {
		s->room = s->room > 0 ? s->room * 2 : ENTRIES_FIRST;
		s->entry = mem_resize(s->entry, s->room, sizeof(*s->entry));
	}
	s->entry[s->count++] = e;
	if (command->kind == MILTER_CONNECT || command->kind == MILTER_HELO)
		s->session = s->count;
	return ST_OK;
}

struct view script_macros(const struct script *s, const struct entry *e)
{
	return (struct view){ s->octets.p + e->at, e->macros_n };
}

struct view script_command(const struct script *s, const struct entry *e)
{
	return (struct view){ s->octets.p + e->at + e->macros_n, e->command_n };
}

void script_free(struct script *s)
{
	buf_free(&s->octets);
	mem_free(s->entry);
	s->entry = NULL;
	s->count = s->room = s->session = 0;
}
