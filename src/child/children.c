#include "child/children.h"

#include <stdio.h>

#include "codec/milter_negotiate.h"
#include "util/mem.h"

#define LIST_MAX ((size_t)4096) /* octets of one list's names */

#define ALL_ACTIONS                                                                                \
	(MILTER_MAY_ADD_HEADERS | MILTER_MAY_CHANGE_BODY | MILTER_MAY_ADD_RCPT |                   \
	 MILTER_MAY_DELETE_RCPT | MILTER_MAY_CHANGE_HEADERS | MILTER_MAY_QUARANTINE |              \
	 MILTER_MAY_CHANGE_FROM | MILTER_MAY_ADD_RCPT_PAR)
#define NO_STEPS                                                                                   \
	(MILTER_NO_CONNECT | MILTER_NO_HELO | MILTER_NO_MAIL | MILTER_NO_RCPT | MILTER_NO_BODY |   \
	 MILTER_NO_HEADERS | MILTER_NO_EOH | MILTER_NO_UNKNOWN | MILTER_NO_DATA)
#define WITH_STEPS (MILTER_WITH_REJECTED | MILTER_WITH_BLANK)

/* --- wishes --- */

/* What is declined is not answered either. */
static uint32_t unanswered_by(uint32_t steps)
{
	static const uint32_t pairs[][2] = { { MILTER_NO_CONNECT, MILTER_NR_CONNECT },
		                             { MILTER_NO_HELO, MILTER_NR_HELO },
		                             { MILTER_NO_MAIL, MILTER_NR_MAIL } };
	uint32_t sum = 0;

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if ((steps & (pairs[i][0] | pairs[i][1])) != 0)
			sum |= pairs[i][1];
	return sum;
}

static void forget(struct wishes *w)
{
	for (unsigned i = 0; i < MILTER_STAGES; i++)
		buf_free(&w->macros[i]);
}

void wishes_learn(struct wishes *w, const struct milter_agreed *terms)
{
	w->known = true;
	w->actions = terms->actions;
	w->steps = terms->steps;
	for (unsigned i = 0; i < MILTER_STAGES; i++) {
		w->macros[i].max = LIST_MAX;
		buf_clear(&w->macros[i]);
		w->listed[i] = terms->macros[i].p != NULL;
		if (w->listed[i] && buf_append(&w->macros[i], terms->macros[i]) != ST_OK)
			w->listed[i] = false; /* nobody needs so many */
	}
}

static bool has_name(struct view list, struct view name, unsigned *count)
{
	struct view other;
	bool has = false;

	for (*count = 0; view_next(&list, ' ', &other); ++*count)
		has = has || view_eq(other, name);
	return has;
}

static void add_names(struct buf *list, struct view names)
{
	struct view name;
	unsigned count;

	while (view_next(&names, ' ', &name)) {
		struct view before = buf_view(list);

		if (name.n == 0 || has_name(before, name, &count) ||
		    count == MILTER_MACRO_NAMES_MAX)
			continue;
		if (before.n > 0 && buf_byte(list, ' ') != ST_OK)
			continue;
		if (buf_append(list, name) != ST_OK)
			list->n = before.n;
	}
}

static void add_wishes(struct wish_sum *sum, const struct wishes *w)
{
	sum->actions |= w->known ? w->actions : ALL_ACTIONS;
	sum->declined &= w->known ? w->steps : 0;
	sum->unanswered &= w->known ? unanswered_by(w->steps) : 0;
	sum->steps |= (w->known ? w->steps : WITH_STEPS) & WITH_STEPS;
	for (unsigned i = 0; i < MILTER_STAGES; i++) {
		if (w->known && w->listed[i])
			add_names(&sum->macros[i], buf_view(&w->macros[i]));
		else
			sum->own[i] = true;
	}
}

void wish_sum_begin(struct wish_sum *sum, const struct children *c)
{
	*sum = (struct wish_sum){ .declined = NO_STEPS, .unanswered = unanswered_by(NO_STEPS) };
	for (unsigned i = 0; i < MILTER_STAGES; i++)
		sum->macros[i] = buf_of(LIST_MAX);
	for (size_t i = 0; i < c->count; i++)
		add_wishes(sum, &c->child[i].known->wishes);
	sum->actions &= ALL_ACTIONS;
}

void wish_sum_end(struct wish_sum *sum)
{
	for (unsigned i = 0; i < MILTER_STAGES; i++)
		buf_free(&sum->macros[i]);
}

/* --- what is known of them --- */

void child_socket_text(const struct dial_address *a, char out[CHILD_SOCKET_TEXT_MAX])
{
	if (a->path != NULL)
		(void)snprintf(out, CHILD_SOCKET_TEXT_MAX, "unix:%s", a->path);
	else
		(void)snprintf(out, CHILD_SOCKET_TEXT_MAX, "inet:%s@%s",
		               a->port != NULL ? a->port : "", a->host != NULL ? a->host : "");
}

static struct child_history *first_of(const struct child_histories *all)
{
	return atomic_load_explicit(&all->first, memory_order_acquire);
}

static struct child_history *find(const struct child_histories *all, const char *name,
                                  const char *socket)
{
	struct child_history *a = first_of(all);

	while (a != NULL && (!view_eq(view_of(a->name), view_of(name)) ||
	                     !view_eq(view_of(a->socket), view_of(socket))))
		a = a->next;
	return a;
}

const struct child_history *child_history_find(const struct child_histories *all, const char *name,
                                               const char *socket)
{
	return find(all, name, socket);
}

struct child_history *child_history_of(struct child_histories *all, const struct child_conf *conf)
{
	char socket[CHILD_SOCKET_TEXT_MAX];
	struct child_history *a;

	child_socket_text(&conf->address, socket);
	a = find(all, conf->name, socket);
	if (a != NULL)
		return a;
	a = mem_new(struct child_history);
	a->name = mem_text(view_of(conf->name));
	memcpy(a->socket, socket, sizeof(a->socket));
	a->next = first_of(all);
	atomic_store_explicit(&all->first, a, memory_order_release);
	return a;
}

void child_histories_free(struct child_histories *all)
{
	for (struct child_history *a = first_of(all), *next; a != NULL; a = next) {
		next = a->next;
		forget(&a->wishes);
		mem_free(a->name);
		mem_free(a);
	}
	atomic_store_explicit(&all->first, NULL, memory_order_relaxed);
}

/* --- the children --- */

struct children *children_new(struct child_histories *known, const struct child_conf *confs,
                              size_t count)
{
	struct children *c = mem_new(struct children);

	c->refs = 1;
	c->count = count < CHILDREN_MAX ? count : CHILDREN_MAX;
	c->child = mem_array(c->count, sizeof(*c->child));
	for (size_t i = 0; i < c->count; i++)
		c->child[i] = (struct child){ &confs[i], child_history_of(known, &confs[i]) };
	return c;
}

struct children *children_ref(struct children *c)
{
	c->refs++;
	return c;
}

void children_unref(struct children **children)
{
	struct children *c = *children;

	*children = NULL;
	if (c == NULL || --c->refs > 0)
		return;
	mem_free(c->child);
	mem_free(c);
}

/* --- counters --- */

void child_answered(struct child *c, uint64_t us)
{
	child_count(c, CHILD_ANSWERS, 1);
	child_count(c, CHILD_US, us);
	if (us > child_counted(c, CHILD_MOST_US))
		atomic_store_explicit(&c->known->n[CHILD_MOST_US], us, memory_order_relaxed);
}

void child_heard(struct child *c, char letter, uint64_t now_us)
{
	c->known->heard_us[letter - 'A'] = now_us;
}

bool child_heard_since(const struct child *c, char letter, uint64_t us)
{
	return c->known->heard_us[letter - 'A'] > us;
}

const char *child_count_name(enum child_count which)
{
	static const char *const names[CHILD_COUNTS] = {
		[CHILD_SESSIONS] = "sessions",
		[CHILD_ANSWERS] = "answers",
		[CHILD_US] = "time_us",
		[CHILD_MOST_US] = "time_max_us",
		[CHILD_ACCEPTED] = "accepted",
		[CHILD_REJECTED] = "rejected",
		[CHILD_TEMPFAILED] = "tempfailed",
		[CHILD_DISCARDED] = "discarded",
		[CHILD_CHANGES] = "changes",
		[CHILD_FAULT + FAULT_CONNECT] = "fault_connect",
		[CHILD_FAULT + FAULT_TIMEOUT] = "fault_timeout",
		[CHILD_FAULT + FAULT_CLOSED] = "fault_closed",
		[CHILD_FAULT + FAULT_TERMS] = "fault_terms",
		[CHILD_FAULT + FAULT_GARBAGE] = "fault_garbage",
		[CHILD_FAULT + FAULT_LIMIT] = "fault_limit",
		[CHILD_FAULT + FAULT_LEFT_OUT] = "left_out",
	};
	const char *name = which < CHILD_COUNTS ? names[which] : NULL;

	return name != NULL ? name : "?";
}
