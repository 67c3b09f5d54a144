#include "geo/geo.h"

#include <errno.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>

#include "acl/rule.h"
#include "conf/conf.h"
#include "conf/options.h"
#include "util/file.h"
#include "util/mem.h"

struct geo {
	MMDB_s db;
};

/* A pipe would be waited for, and a folder can't be mapped. */
static enum status check_file(const char *path, struct diag *why)
{
	struct stat st;

	if (stat(path, &st) != 0) {
		int error = errno;

		diag_set(why, "%s: %s", path, strerror(error));
		return status_of_errno(error);
	}
	if (S_ISREG(st.st_mode))
		return ST_OK;
	diag_set(why, "%s: no file", path);
	return ST_INVALID;
}

enum status geo_open(const char *path, struct geo **out, struct diag *why)
{
	enum status st = check_file(path, why);
	struct geo *g;
	int result, error;

	if (st != ST_OK)
		return st;
	g = mem_new(struct geo);
	errno = 0;
	result = MMDB_open(path, MMDB_MODE_MMAP, &g->db);
	error = errno;
	if (result == MMDB_SUCCESS) {
		*out = g;
		return ST_OK;
	}
	mem_free(g);
	if ((result == MMDB_FILE_OPEN_ERROR || result == MMDB_IO_ERROR) && error != 0) {
		diag_set(why, "%s: %s", path, strerror(error));
		return status_of_errno(error);
	}
	diag_set(why, "%s: no data base in the MaxMind DB format, or a damaged one", path);
	return ST_INVALID;
}

void geo_close(struct geo **geo)
{
	struct geo *old = *geo;

	*geo = NULL;
	if (old == NULL)
		return;
	MMDB_close(&old->db);
	mem_free(old);
}

static MMDB_lookup_result_s look(const struct geo *g, const struct ip *ip, int *error)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} a;

	memset(&a, 0, sizeof(a));
	if (ip->family == IP_V4) {
		a.v4.sin_family = AF_INET;
		memcpy(&a.v4.sin_addr, ip->octet, sizeof(a.v4.sin_addr));
	} else {
		a.v6.sin6_family = AF_INET6;
		memcpy(&a.v6.sin6_addr, ip->octet, sizeof(a.v6.sin6_addr));
	}
	return MMDB_lookup_sockaddr(&g->db, &a.any, error);
}

static bool take_code(const MMDB_entry_data_s *d, char out[GEO_CODE_SIZE])
{
	char code[GEO_CODE_SIZE] = "";

	if (!d->has_data || d->type != MMDB_DATA_TYPE_UTF8_STRING ||
	    d->data_size != GEO_CODE_SIZE - 1)
		return false;
	for (size_t i = 0; i < GEO_CODE_SIZE - 1; i++) {
		char c = ascii_lower(d->utf8_string[i]);

		if (c < 'a' || c > 'z')
			return false;
		code[i] = (char)(c - 'a' + 'A');
	}
	memcpy(out, code, sizeof(code));
	return true;
}

/* What a record without such a key, or with another kind of value there, gives. */
static bool is_missing(int error)
{
	return error == MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR;
}

enum status geo_country(const struct geo *geo, const struct ip *ip, char out[GEO_CODE_SIZE])
{
	static const char *const places[] = { "country", "registered_country" };
	MMDB_lookup_result_s found;
	int error = MMDB_SUCCESS;

	out[0] = '\0';
	if (geo == NULL)
		return ST_UNAVAILABLE;
	if (ip->family == IP_NONE)
		return ST_NOTFOUND;
	found = look(geo, ip, &error);
	if (error == MMDB_IPV6_LOOKUP_IN_IPV4_DATABASE_ERROR)
		return ST_NOTFOUND;
	if (error != MMDB_SUCCESS)
		return ST_DAMAGED;
	for (size_t i = 0; found.found_entry && i < sizeof(places) / sizeof(places[0]); i++) {
		const char *const path[] = { places[i], "iso_code", NULL };
		MMDB_entry_data_s value;

		memset(&value, 0, sizeof(value));
		error = MMDB_aget_value(&found.entry, &value, path);
		if (error != MMDB_SUCCESS && !is_missing(error))
			return ST_DAMAGED;
		if (error == MMDB_SUCCESS && take_code(&value, out))
			return ST_OK;
	}
	return ST_NOTFOUND;
}

static bool rules_want_it(const struct acl *acl)
{
	for (unsigned i = 0; i < ACL_STAGES; i++)
		if ((acl->wanted[i] & FACT_BIT(FACT_COUNTRY)) != 0)
			return true;
	return false;
}

enum status geo_attach(struct conf *conf, struct diag *why)
{
	const char *path = conf->options->geoip2db;
	struct diag cause;
	enum status st;

	if (path == NULL) {
		if (!rules_want_it(conf->acl))
			return ST_OK;
		diag_set(why, "geoip never matches: no statement geoip2db names a data base");
		return ST_NOTFOUND;
	}
	st = geo_open(path, &conf->geo, &cause);
	if (st == ST_OK)
		conf->geo_close = geo_close;
	else
		diag_set(why, "%s: no client's country is known, and geoip never matches",
		         cause.text);
	return st;
}
