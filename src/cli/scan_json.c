#include "cli/scan_json.h"

#include <stdlib.h>

json_t *scan_json(const struct browse_entry *e)
{
	struct view rest = spam_symbols_view(&e->scan.symbols), name;
	json_t *o, *symbols;

	if (!e->scanned)
		return json_null();
	o = json_object();
	symbols = json_array();
	while (rest.n > 0 && view_next(&rest, ',', &name))
		(void)json_array_append_new(symbols, json_stringn(name.p, name.n));
	(void)json_object_set_new(o, "score", json_real((double)e->scan.score_tenths / 10));
	(void)json_object_set_new(o, "verdict", json_string(e->scan.spam ? "spam" : "ham"));
	(void)json_object_set_new(o, "symbols", symbols);
	return o;
}
