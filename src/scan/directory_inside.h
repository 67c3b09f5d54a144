/* For the files of directory*.c alone. */
#pragma once

#include "scan/directory.h"
#include "util/arena.h"

/* A search on its way: the loop's, a thread's, the loop's again. */
struct directory_job {
	struct directory_job *next;
	struct directory_search *search; /* the loop's alone; NULL: nobody waits any more */
	struct arena *arena;             /* of all its texts */
	const struct directory_server *servers;
	size_t server_count;
	const char *url;
	uint64_t until_ms; /* by directory_clock_ms */
	enum status st;
	struct directory_found found;
};

/* A thread's connection, which is kept for its next search. */
struct directory_line {
	void *ld;       /* LDAP *, or NULL */
	char *uri, *dn; /* to whom, and as whom; dn NULL: anonymous */
	char *pw;
};

/* Before a thread's first job. */
void directory_set_up(void);

/* Waits, up to the job's time and that of its servers. */
void directory_run_job(struct directory_job *j, struct directory_line *line);
void directory_line_close(struct directory_line *line);

uint64_t directory_clock_ms(void);
