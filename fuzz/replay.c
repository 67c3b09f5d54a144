/* Runs a fuzz target over the files of the folders and files that are named: a corpus as a test. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX ((size_t)16 << 20)

static unsigned run_file(const char *path)
{
	struct buf input = buf_of(INPUT_MAX);
	struct diag why = { 0 };

	if (file_read(path, &input, &why) != ST_OK) {
		(void)fprintf(stderr, "%s\n", why.text);
		buf_free(&input);
		return 0;
	}
	(void)LLVMFuzzerTestOneInput((const uint8_t *)buf_text(&input), input.n);
	buf_free(&input);
	return 1;
}

static unsigned run_folder(const char *path)
{
	DIR *dir = opendir(path);
	unsigned ran = 0;

	if (dir == NULL)
		return run_file(path);
	for (struct dirent *e; (e = readdir(dir)) != NULL;) {
		char name[4096];

		if (e->d_name[0] == '.')
			continue;
		if (snprintf(name, sizeof(name), "%s/%s", path, e->d_name) < (int)sizeof(name))
			ran += run_file(name);
	}
	(void)closedir(dir);
	return ran;
}

int main(int argc, char **argv)
{
	unsigned ran = 0;

	for (int i = 1; i < argc; i++)
		ran += run_folder(argv[i]);
	(void)printf("%u inputs\n", ran);
	return ran > 0 ? 0 : 1;
}
