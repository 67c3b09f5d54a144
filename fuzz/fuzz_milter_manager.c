/* What milter-manager --show-config prints, or not: what is taken is a configuration of ours. */
#include <stdlib.h>

#include "conf/conf.h"
#include "conf/milter_manager.h"
#include "conf/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* The conditions that it names. */
static enum status read_file(void *arg, const char *path, struct buf *out, struct diag *why)
{
	(void)arg;
	(void)path;
	(void)why;
	return buf_append(out, VIEW("sm_macro \"no queue id\" \"i\" unset\n"
	                            "condition \"S25R\" s25r\n"
	                            "condition \"Remote Network\" s25r\n"
	                            "condition \"Authenticated\" auth /./\n"
	                            "condition \"Unauthenticated\" not auth /./\n"
	                            "condition \"No Stress\" not stress\n"
	                            "condition \"Stress Notify\" stress\n"
	                            "condition \"Trust\" s25r\n"
	                            "condition \"Sendmail Compatible\" s25r\n"
	                            "condition \"DNSBL Listed\" s25r\n"
	                            "condition \"Not DNSBL Listed\" s25r\n"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf out = buf_of((size_t)64 << 20);
	struct conf_source source = { .name = "fuzz.conf", .read_file = read_file };
	struct diag why = { .file = NULL };
	struct conf *c = NULL;

	if (milter_manager_read((struct view){ (const char *)data, size }, "/conditions", &out,
	                        &why) != ST_OK) {
		check(out.n == 0 && why.text[0] != '\0');
	} else {
		source.text = buf_view(&out);
		check(conf_parse(&source, &c, &why) == ST_OK);
		conf_unref(&c);
	}
	buf_free(&out);
	return 0;
}
