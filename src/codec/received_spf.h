/* The value of a Received-SPF header (RFC 7208 section 9.1), written on one line. Pure. */
#pragma once

#include "util/buf.h"
#include "util/ip.h"

/* Texts are any octets; an empty one is left out. */
struct received_spf {
	const char *result;    /* "pass" ... "permerror" */
	struct ip client;      /* IP_NONE: left out */
	struct view receiver;  /* our name */
	bool helo_identity;    /* HELO was checked, for a null sender */
	struct view mail_from; /* without brackets */
	struct view helo;
	struct view mechanism; /* that decided: "ip4:192.0.2.0/24" */
	struct view problem;   /* why an error is one */
};

/* Appends "pass (mx.example: domain of ...) receiver=mx.example; client-ip=..." ST_LIMIT: out is
 * full, and as before. */
MUST_CHECK enum status received_spf_put(struct buf *out, const struct received_spf *r);
