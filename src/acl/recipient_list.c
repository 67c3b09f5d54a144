#include "acl/recipient_list.h"

#include "util/escape.h"
#include "util/ip.h"
#include "util/mem.h"
#include "util/nameset.h"

/* The four forms of a word differ by where their "@" stands, so one set holds them as they are
 * written. */
struct recipient_list {
	struct listfile *lines; /* and expressions */
	struct nameset *words;
	size_t longest; /* octets of the longest local part: no search beyond it */
};

struct recipient_list *recipient_list_new(void)
{
	struct recipient_list *l = mem_new(struct recipient_list);

	l->lines = listfile_new();
	l->words = nameset_new();
	return l;
}

void recipient_list_free(struct recipient_list **list)
{
	if (*list == NULL)
		return;
	listfile_free(&(*list)->lines);
	nameset_free(&(*list)->words);
	mem_free(*list);
	*list = NULL;
}

static bool is_literal(struct view domain)
{
	return domain.n > 2 && domain.p[0] == '[' && domain.p[domain.n - 1] == ']';
}

static struct view domain_of(struct view word)
{
	size_t at = view_rfind(word, '@');

	return at == VIEW_NONE ? word : view_from(word, at + 1);
}

static void check_word(const struct list_reader *r, const struct list_word *word)
{
	size_t at = view_find(word->text, '@');
	struct view domain = domain_of(word->text);
	char shown[LISTFILE_SHOWN];
	struct ip_net net;

	(void)escape_text(domain, shown, sizeof(shown));
	if (word->text.n == 1 && at == 0)
		listfile_warn(r, word, "matches nothing: it needs a local part or a domain");
	else if (at == VIEW_NONE && net_parse(word->text, &net) == ST_OK)
		listfile_warn(r, word, "matches nothing: a network belongs into a list of clients");
	else if (view_starts(word->text, VIEW("*@")))
		listfile_warn(r, word,
		              "matches nothing: write @%s, or %s to include its sub-domains", shown,
		              shown);
	else if (!is_literal(domain) && listfile_check_host(r, word, domain))
		return;
	else if (at == 0)
		listfile_warn(
			r, word,
			"matches every address of exactly this domain, where Postgrey took an "
			"empty local part: write %s to include its sub-domains",
			shown);
}

static enum status add_word(struct recipient_list *l, const struct list_reader *r,
                            const struct list_word *word)
{
	size_t at = view_find(word->text, '@');

	check_word(r, word);
	if (at != VIEW_NONE && at > l->longest)
		l->longest = at;
	return nameset_add(l->words, word->text, word->entry);
}

enum status recipient_list_add(struct recipient_list *l, struct view text, const char *file,
                               const struct list_warnings *warnings, struct diag *why)
{
	struct list_reader r = { .file = file, .warnings = warnings, .why = why };
	struct list_word word;
	enum status st;

	for (st = listfile_read(l->lines, &r, text); st == ST_OK;) {
		st = listfile_next(&r, &word);
		if (st == ST_NOTFOUND)
			return ST_OK;
		if (st == ST_OK)
			st = add_word(l, &r, &word);
	}
	return st;
}

/* Is it listed for this domain ("@example.org"), or for any? */
static bool find_local(const struct recipient_list *l, struct view local, struct view domain,
                       uint32_t *entry)
{
	return nameset_find(l->words, local, domain, entry) ||
	       nameset_find(l->words, local, VIEW("@"), entry);
}

/* The whole local part, then what stands before each "+" that an extension follows. */
static bool find_mailbox(const struct recipient_list *l, struct view address, uint32_t *entry)
{
	size_t at = view_find(address, '@');
	struct view domain = view_from(address, at);

	if (find_local(l, view_first(address, at), domain, entry))
		return true;
	for (size_t i = 0; i + 1 < at && i <= l->longest; i++)
		if (address.p[i] == '+' && find_local(l, view_first(address, i), domain, entry))
			return true;
	return false;
}

static bool find_word(const struct recipient_list *l, struct view address, uint32_t *entry)
{
	size_t at = view_rfind(address, '@');

	if (at == VIEW_NONE)
		return false;
	return find_mailbox(l, address, entry) ||
	       nameset_find(l->words, VIEW(""), view_from(address, at), entry) ||
	       nameset_find_domain(l->words, view_from(address, at + 1), entry);
}

bool recipient_list_find(const struct recipient_list *l, struct view address,
                         struct list_place *where)
{
	uint32_t entry;

	if (!find_word(l, address, &entry) && !listfile_match(l->lines, address, &entry))
		return false;
	*where = listfile_place(l->lines, entry);
	return true;
}

bool recipient_list_has(const struct recipient_list *l, struct view address)
{
	struct list_place where;

	return recipient_list_find(l, address, &where);
}
