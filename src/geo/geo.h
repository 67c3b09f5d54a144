/* Countries of addresses, by a data base in the MaxMind DB format, which is mapped and not read
 * through. Whoever changes such a file replaces it by a new one of the same name: one that is cut
 * while it is mapped ends the process by SIGBUS. */
#pragma once

#include "util/ip.h"

struct conf;
struct geo;

/* Two letters, upper case as in ISO 3166-1, and a NUL. */
#define GEO_CODE_SIZE 3

/* A regular file. ST_NOTFOUND, ST_DENIED, ST_INVALID (no file, no such data base) or ST_IO; why
 * says more. Blocks on the disk: never from a worker. */
MUST_CHECK enum status geo_open(const char *path, struct geo **out, struct diag *why);
void geo_close(struct geo **geo);

/* The country where the address is, or else the one that it is registered in. May wait for a page
 * of the file, and for nothing else; any number of threads may ask. ST_NOTFOUND: the data base has
 * none for it; ST_DAMAGED: it can't be read there; ST_UNAVAILABLE: geo is NULL. */
MUST_CHECK enum status geo_country(const struct geo *geo, const struct ip *ip,
                                   char out[GEO_CODE_SIZE]);

/* Opens the data base that the configuration names and gives it to it: it is closed with its last
 * reference. Before anybody shares the configuration. Not ST_OK: there is none, though a rule or a
 * statement wants one, and why says what that means; the configuration works without. */
MUST_CHECK enum status geo_attach(struct conf *conf, struct diag *why);
