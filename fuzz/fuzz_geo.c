/* Files in the MaxMind DB format: one that is opened can be asked, and its answers are codes. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "geo/geo.h"

/* LeakSanitizer's hook. libmaxminddb 1.7 keeps a list when it refuses a description whose languages
 * are wrong: some 5 kB for each such file that is opened, and not ours to free. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libmaxminddb";
}

static const char *const addresses[] = {
	"0.0.0.0",     "192.0.2.1",     "198.51.100.17", "255.255.255.255", "::",
	"2001:db8::1", "2001:db8:1::1", "ffff:ffff::ff", "8000::"
};

static void ask(const struct geo *g, const char *address)
{
	char code[GEO_CODE_SIZE];
	struct ip ip;
	enum status st;

	if (ip_parse(view_of(address), &ip) != ST_OK)
		abort();
	st = geo_country(g, &ip, code);
	if (st != ST_OK && st != ST_NOTFOUND && st != ST_DAMAGED)
		abort();
	if (view_of(code).n != (st == ST_OK ? GEO_CODE_SIZE - 1 : 0))
		abort();
}

/* In memory, as a file that can be mapped. */
static int file_of(const uint8_t *data, size_t size)
{
	int fd = memfd_create("geo", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = file_of(data, size);
	struct geo *g = NULL;
	struct diag why = { .text = "" };
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (geo_open(path, &g, &why) == ST_OK)
		for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
			ask(g, addresses[i]);
	else if (g != NULL || why.text[0] == '\0')
		abort();
	geo_close(&g);
	(void)close(fd);
	return 0;
}
