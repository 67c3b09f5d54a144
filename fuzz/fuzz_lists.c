/* The first octet chooses clients or recipients; the rest is the list's text, and its own lines and
 * words are what is looked up in it. */
#include <stdlib.h>

#include "acl/client_list.h"
#include "acl/recipient_list.h"
#include "util/ip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ASKED_MAX 50 /* so that an input of many lines and expressions stays quick */

static void count_warning(void *arg, const struct diag *warning)
{
	if (warning->line == 0 || warning->column == 0 || warning->text[0] == '\0')
		abort();
	++*(size_t *)arg;
}

static void ask_clients(const struct client_list *list, struct view text)
{
	struct view rest = text, name;
	struct ip ip;

	for (int i = 0; i < ASKED_MAX && view_next(&rest, '\n', &name); i++) {
		bool known = ip_parse(view_trim(name), &ip) == ST_OK;
		struct list_place where = { 0 };

		if (client_list_find(list, name, known ? &ip : NULL, &where) && where.line == 0)
			abort();
	}
}

static void ask_recipients(const struct recipient_list *list, struct view text)
{
	struct view rest = text, address;

	for (int i = 0; i < ASKED_MAX && view_next(&rest, '\n', &address); i++) {
		struct list_place where = { 0 };

		if (recipient_list_find(list, address, &where) && where.line == 0)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t warned = 0;
	const struct list_warnings warnings = { count_warning, &warned };
	struct view text;
	struct diag why = { 0 };

	if (size == 0)
		return 0;
	text = (struct view){ (const char *)data + 1, size - 1 };
	if (data[0] % 2 == 0) {
		struct client_list *list = client_list_new();

		if (client_list_add(list, text, "fuzz", &warnings, &why) == ST_OK) {
			client_list_seal(list);
			ask_clients(list, text);
		} else if (why.line == 0 || why.text[0] == '\0') {
			abort();
		}
		client_list_free(&list);
	} else {
		struct recipient_list *list = recipient_list_new();

		if (recipient_list_add(list, text, "fuzz", &warnings, &why) == ST_OK)
			ask_recipients(list, text);
		else if (why.line == 0 || why.text[0] == '\0')
			abort();
		recipient_list_free(&list);
	}
	return 0;
}
